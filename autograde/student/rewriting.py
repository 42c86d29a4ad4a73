"""A function of the student's with a change in it: its syntax tree, where in it something raised,
and the function that is compiled of a changed tree, in which drawn numbers stand in a part's place.
"""

import ast
import contextlib
import inspect
import itertools
import linecache
import types
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch

from .protocol import HOLES
from .telling import is_own

MOST_PASSED = 300  # times that a stack goes on after a statement that raises, or runs a layer then
ANEW = 10**9  # before the seeds of what is drawn anew
DRAW = "__drawn__"  # the name, inside a mended forward, of what draws
TRY = "__tried__"  # of what draws where something raises
LIKE = "__like__"  # of what draws where one of several tensors is not as the others
FLAT = "__flat__"  # of what draws where something makes a matrix
LAYER = "__layer__"  # of what calls a layer, and draws what cannot be passed to it
PASSED = "__passed__"  # of what counts how often a statement was passed over
FIT = "__fit__"  # of what puts values in the form in which they are taken apart
LEFT = "__left__"  # of what returns what a function has made
OURS = DRAW, TRY, LIKE, FLAT, LAYER, PASSED, FIT, LEFT
NOT_CALLED = types.FunctionType, types.MethodType, types.BuiltinMethodType
Span = tuple[int, int, int, int]  # first line, column, last line, column


@dataclass(frozen=True)
class Work:
    """A function of the student's that does a module's step. put: gives the module's forward with
    another function in its place."""

    function: types.FunctionType
    put: Callable[[types.FunctionType], Callable]


def work_called(call: ast.Call, work: Work, module: torch.nn.Module) -> Work | None:
    """The function, or the method, of the student's that `work` calls there."""
    called, name = call.func, getattr(call.func, "attr", None) or getattr(call.func, "id", "")
    if isinstance(called, ast.Name):
        found = names_of(work.function).get(name)
        put = lambda new: work.put(with_name(work.function, name, new))
    else:
        held = inspect.getattr_static(type(module), name, None)
        found = getattr(held, "__func__", held)

        def put(new):
            method = new if found is held else type(held)(new)
            vars(module)[name] = method.__get__(module, type(module))
            return work.put(work.function)

    own = isinstance(found, types.FunctionType) and is_own(found.__code__.co_filename)
    return Work(found, put) if own else None


def names_of(function: types.FunctionType) -> dict[str, object]:
    """What names from outside of a function mean in it."""
    names = {**function.__globals__}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        with contextlib.suppress(ValueError):  # nothing yet
            names[name] = cell.cell_contents
    return names


def with_name(function: types.FunctionType, name: str, value) -> types.FunctionType:
    """The same function, where a name from outside of it means another value."""
    code, names = function.__code__, {**function.__globals__, name: value}
    outside = zip(code.co_freevars, function.__closure__ or ())
    closure = tuple(types.CellType(value) if free == name else cell for free, cell in outside)
    other = types.FunctionType(
        code, names, function.__name__, function.__defaults__, closure or None
    )
    other.__kwdefaults__ = function.__kwdefaults__
    return other


def tree_of(function: types.FunctionType) -> ast.FunctionDef | None:
    """The syntax tree of a function of the student's, with its own line numbers."""
    try:
        tree = ast.parse("".join(linecache.getlines(function.__code__.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None  # a cell with magics, say
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == function.__code__.co_name:
            first = node.decorator_list[0] if node.decorator_list else node
            if first.lineno == function.__code__.co_firstlineno:
                return node
    return None


def copy_of(node):
    """A copy of a syntax tree, and of nothing that others have hung on it: Python has one object
    for all `Load`, of which IPython's tracebacks make a link into the tree of a whole module."""
    if isinstance(node, list):
        return [copy_of(one) for one in node]
    if not isinstance(node, ast.AST):
        return node
    return ast.copy_location(
        type(node)(**{name: copy_of(value) for name, value in ast.iter_fields(node)}), node
    )


def compiled(function: ast.FunctionDef, original: types.FunctionType, *shape: int):
    """The function of this tree, in the place of `original`: its globals, defaults, closure. shape:
    of what is drawn in it."""
    outside = original.__code__.co_freevars
    cells = dict(zip(outside, original.__closure__ or ()))
    names = [ast.arg(name) for name in (*outside, *OURS)]
    around = ast.FunctionDef(
        "around", ast.arguments([], names, None, [], [], None, []), [function], []
    )
    tree = ast.fix_missing_locations(ast.Module([around], []))
    code = compile(tree, original.__code__.co_filename, "exec")
    for name in ("around", original.__code__.co_name):
        code = next(c for c in code.co_consts if getattr(c, "co_name", None) == name)
    code = code.replace(co_qualname=original.__qualname__)  # as an exception says it
    cells[DRAW] = types.CellType(lambda k, *rows: drawn(k, *rows, *shape))
    cells[TRY] = types.CellType(lambda work, k: tried(work, k, *shape))
    cells[LIKE] = types.CellType(lambda works, k: alike(works, k, *shape))
    cells[FLAT] = types.CellType(lambda work, k: flat(work(), k, *shape))
    cells[LAYER] = types.CellType(lambda layer, works, k: layer_called(layer, works, k, *shape))
    cells[FIT] = types.CellType(lambda work, form, k: fit(work, form, k, *shape))
    cells[LEFT] = types.CellType(left)
    cells[PASSED] = types.CellType(counting())
    closure = tuple(cells[name] for name in code.co_freevars)
    mended = types.FunctionType(code, original.__globals__, code.co_name, None, closure)
    mended.__defaults__, mended.__kwdefaults__ = original.__defaults__, original.__kwdefaults__
    return mended


def bound(function: types.FunctionType, module: torch.nn.Module) -> types.MethodType:
    return types.MethodType(function, module)


# ---------------------------------------------------------------- where in it
def raised_at(error: Exception, codes: set[types.CodeType]) -> Span | None:
    """Where in `codes` it raised, innermost; None where it did not come so far."""
    found, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code in codes:
            found = span_at(step.tb_frame.f_code, step.tb_lasti) or found
        step = step.tb_next
    return found


def runs_at(frame: types.FrameType | None, codes: set[types.CodeType]) -> Span | None:
    """Where in `codes` a frame runs, or what has called it."""
    while frame is not None and frame.f_code not in codes:
        frame = frame.f_back
    return span_at(frame.f_code, frame.f_lasti) if frame else None


def span_at(code: types.CodeType, instruction: int) -> Span | None:
    line, last, column, end = list(code.co_positions())[instruction // 2]
    return (line, column or 0, last or line, end or 0) if line else None


def codes_in(code: types.CodeType) -> set[types.CodeType]:
    """A function's code, and that of all functions and comprehensions in it."""
    inner = (one for one in code.co_consts if isinstance(one, types.CodeType))
    return {code}.union(*map(codes_in, inner))


# ---------------------------------------------------------------- what draws, inside of it
noted: dict[tuple, torch.Tensor] | None = None  # what was drawn, by its seed and shape
afresh = False  # whether each draw is another


@contextlib.contextmanager
def noting(anew: bool):
    """Inside, what is drawn is noted, and is never the same twice where it is to be drawn `anew`;
    gives a dict of it."""
    global noted, afresh
    noted, afresh = {}, anew
    try:
        yield noted
    finally:
        noted, afresh = None, False


def drawn(k: int, *shape: int) -> torch.Tensor:
    """The numbers of hole k, the same at every call, like those of a gate, but where all is drawn
    anew."""
    seed = ANEW + len(noted) if afresh else k
    draws = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    made = (HOLES[0] + (HOLES[1] - HOLES[0]) * draws).to(torch.get_default_dtype()) * 1.0
    made.is_drawn = True
    if noted is not None:
        noted[seed, shape] = made.clone()
    return made


def tried(work, k: int, *shape: int):
    """What `work()` makes, or the numbers of hole k where it raises, or makes nothing to compute
    with: None, …, a method that was not called."""
    try:
        value = work()
    except Exception:
        return drawn(k, *shape)
    nothing = value is None or value is ... or isinstance(value, NOT_CALLED)
    return drawn(k, *shape) if nothing else value


def alike(works: list, k: int, *asked: int) -> list[torch.Tensor]:
    """What these make, to be put together; drawn numbers in place of one that raises, is no tensor,
    or has another shape than most of them. Raises what the first one raises where none is left."""
    values = [tried(work, k, *asked) for work in works]
    shapes = Counter(v.shape for v in values if isinstance(v, torch.Tensor))
    shape = max(shapes, key=lambda one: (shapes[one], one == asked), default=asked)
    return [
        value if isinstance(value, torch.Tensor) and value.shape == shape else drawn(k + j, *shape)
        for j, value in enumerate(values)
    ]


def flat(value, k: int, units: int):
    """What something makes, or the numbers of hole k where that is a matrix."""
    matrix = isinstance(value, torch.Tensor) and value.dim() > 1
    return drawn(k, units) if matrix else value


def layer_called(layer, works: list, k: int, units: int):
    """What a layer makes of what these make, with drawn numbers in place of one that raises, or
    that it could not read."""
    if not isinstance(layer, torch.nn.Module):
        return layer(*(work() for work in works))
    reads = next(layer.parameters()).shape[1]  # the first matrix of a stand-in is for its input
    given = [tried(work, k + j, reads if j == 0 else units) for j, work in enumerate(works)]
    fits = lambda j, value: (
        isinstance(value, torch.Tensor) and value.shape == (units if j else reads,)
    )
    return layer(
        *(v if fits(j, v) else drawn(k + j, units if j else reads) for j, v in enumerate(given))
    )


def fit(work, form: tuple, k: int, *shape: int):
    """What `work()` makes, in this form of nested tuples; drawn numbers for what is not there."""
    values = leaves(work())
    taken = iter([*values, *(drawn(k + j, *shape) for j in range(len(leaves(form))))])
    put = lambda part: tuple(map(put, part)) if isinstance(part, tuple) else next(taken)
    return put(form)


def leaves(value) -> list:
    return [one for part in value for one in leaves(part)] if isinstance(value, tuple) else [value]


def left(*values):
    """What a function without a return has made, its lists of tensors as one tensor each."""
    tensors = lambda one: (
        isinstance(one, list) and one and all(isinstance(part, torch.Tensor) for part in one)
    )
    values = tuple(torch.stack(one) if tensors(one) else one for one in values)
    return values if len(values) > 1 else values[0]


class Endless(BaseException):
    """A stack that goes on where it raises comes to no end so. No Exception, which would be passed
    over like the others."""


def counting():
    """What raises Endless from a number of calls on."""
    calls = itertools.count()

    def count(*_):
        if next(calls) >= MOST_PASSED:
            raise Endless

    return count
