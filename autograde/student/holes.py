"""Where forward raises: the same forward with drawn numbers in place of what raises, so that what
comes before and after can be judged.

First the part of the line that raises makes them, each time that it does; where that is not enough,
all that the line makes. The forward of a stack just goes on after it.
"""

import ast
import builtins
import contextlib
import difflib
import inspect
import itertools
import linecache
import re
import traceback
import types
from collections import Counter
from collections.abc import Sequence

import torch

from .loops import put_straight
from .protocol import BY_LINE, BY_LOOP, HOLES
from .telling import describe, is_own
from .watching import apart, recorded

MOST_HOLES = 4  # parts or lines of one forward that raise
MOST_PASSED = 300  # times that a stack goes on after a statement that raises, or runs a layer then
ANEW = 10**9  # before the seeds of what is drawn anew
NEAR = 0.75  # how alike two names are, of which one is meant by the other
LONG = 80  # characters of a line
DRAW = "__drawn__"  # the name, inside a mended forward, of what draws
TRY = "__tried__"  # of what draws where something raises
LIKE = "__like__"  # of what draws where one of several tensors is not as the others
FLAT = "__flat__"  # of what draws where something makes a matrix
LAYER = "__layer__"  # of what calls a layer, and draws what cannot be passed to it
PASSED = "__passed__"  # of what counts how often a statement was passed over
OURS = DRAW, TRY, LIKE, FLAT, LAYER, PASSED
COMPUTES = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
LOOKED_UP = (ast.Attribute, ast.Subscript, ast.Starred)  # none of them a result, but a part of one
USES = (ast.BinOp, ast.UnaryOp, ast.Call, ast.keyword, *LOOKED_UP)
NO_LAMBDA = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)  # work in their own function alone
Span = tuple[int, int, int, int]  # first line, column, last line, column


def mend(
    module: torch.nn.Module, arguments: list[torch.Tensor], units: int, count: int
) -> tuple[list[dict], ast.FunctionDef | None]:
    """Gives `module` a forward in which what raises makes `units` drawn numbers instead. Returns
    what was raised, one after the other, and the tree of that forward; nothing and None where that
    cannot be done: then `module` is as it was."""
    _, forward = own_forward(module)
    ways = (filled(module, arguments, units, parts) for parts in (True, False))
    found = [way for way in ways if way]
    straight = (way for way in found if as_asked(way[2], units, count))
    raised, function, _ = next(straight, (found or [([], None, None)])[0])
    if raised:
        module.forward = bound(compiled(function, forward, units), module)
    return raised, function


def filled(module: torch.nn.Module, arguments: list[torch.Tensor], units: int, parts: bool):
    """What was raised, the tree of a forward that draws in its place, and what that returned; None
    where there is no way. parts: whether a part of a line is enough, or the whole line draws."""
    (function, forward), raised = own_forward(module), []
    while function is not None and len(raised) <= MOST_HOLES:
        mended = compiled(function, forward, units)
        try:
            out = mended(module, *[argument.clone() for argument in arguments])
            return raised, function, out
        except Exception as error:
            place = place_of(error, codes_in(mended.__code__))
            raised.append(with_piece(describe(error), forward, place))
            tried = parts and place and not missing_name(error, function)
            if tried and put_try(function, place, TRY, error):
                continue
            if not (put_hole(function, place, error) if place else give_self(function, error)):
                break
    return None


@contextlib.contextmanager
def passed_over(module: torch.nn.Module, arguments: list[torch.Tensor], sizes: list[int]):
    """Inside, `module`, made with `sizes`, goes on where a statement of its forward, or of a method
    that this calls, raises, and draws what was never made. Gives BY_LOOP where all that it took was
    a loop or a pick as it is meant, BY_LINE for other ways, and "" where there is none."""
    before = {name: vars(module).pop(name) for name in [*vars(module)] if name == "forward"}
    with_own = dict(vars(module))
    try:
        yield recorded(going_on, module, arguments, sizes)
    finally:
        for name in vars(module).keys() - with_own.keys():
            delattr(module, name)
        vars(module).update(before)


def going_on(module, arguments: list[torch.Tensor], sizes: list[int]) -> str:
    """Gives `module` methods of its own that go on, as `passed_over` says."""
    detour, ways = Detour(module, arguments, sizes), set()
    for _ in range(MOST_HOLES + 1):
        try:
            error = detour.raised()
        except Endless:
            return ""
        if error is None:
            return BY_LINE if BY_LINE in ways else "".join(ways)
        if not (way := detour.around(error)):
            return ""
        ways.add(way)
    return ""


class Detour:
    """A module, made with `sizes`, whose methods go on where they raise: one change after the
    other."""

    def __init__(self, module, arguments: list[torch.Tensor], sizes: list[int]):
        self.module, self.arguments, self.sizes = module, arguments, sizes
        self.methods = {
            name: method
            for cls in reversed(type(module).__mro__)
            for name, method in vars(cls).items()
            if isinstance(method, types.FunctionType) and is_own(method.__code__.co_filename)
        }
        self.trees, self.mended = {}, dict(self.methods)

    def raised(self) -> Exception | None:
        """What it raises now. Raises Endless."""
        try:
            self.module(*[argument.clone() for argument in self.arguments])
        except Exception as error:
            return error

    def around(self, error: Exception) -> str:
        """Changes a method so that this does not show; by which way, or "" where there is none."""
        if keep_what_is_meant(self.module, self.sizes, error):
            return BY_LINE
        name, place = method_and_place(error, self.mended)
        function = name and self.trees.setdefault(name, text_of(self.methods[name]))
        if not function:
            return ""
        if not give_name(function, self.module, self.sizes, error):
            if self.straight(name, place, error):
                return BY_LOOP
            if not go_past(function, place, error, len(self.arguments)):
                return ""
        self.put(name, function)
        return BY_LINE

    def straight(self, name: str, place: Span, error: Exception) -> bool:
        """Whether a loop or a pick as it is meant does not raise there any more: then it stays."""
        function = self.trees[name]
        lines = lines_at(function, place)
        for other in put_straight(function, lines, error, len(self.arguments)):
            self.put(name, other)
            new = self.raised()
            again, place = method_and_place(new, self.mended) if new else ("", None)
            if new is None or again and (again != name or lines_at(other, place) != lines):
                return True
        self.put(name, function)
        return False

    def put(self, name: str, function: ast.FunctionDef):
        self.trees[name] = function
        self.mended[name] = compiled(function, self.methods[name], self.sizes[1])
        setattr(self.module, name, bound(self.mended[name], self.module))


def lines_at(function: ast.FunctionDef, place: Span) -> tuple[int, int]:
    """First and last line of the statement at a place; of a loop those of its header."""
    body, at = statement_at(function, place[0])
    if body is None:
        return place[0], place[0]
    return body[at].lineno, getattr(body[at], "iter", body[at]).end_lineno


def keep_what_is_meant(module, sizes: list[int], error: Exception) -> bool:
    """Keeps under a name that is missing, where nothing else is, an argument of the constructor, or
    what the module has under a name that is nearly the same ("layer" for "layers")."""
    if not isinstance(error, AttributeError) or error.obj is not module:
        return False
    given = arguments_by_name(module, sizes)
    own = [
        name for name in (*module._modules, *module._parameters, *vars(module)) if name[0] != "_"
    ]
    meant = nearest(error.name, own)
    if error.name in given:
        vars(module)[error.name] = given[error.name]
    elif meant:
        vars(module)[error.name] = getattr(module, meant)
    return error.name in vars(module)


def put_right(function: ast.FunctionDef, error: Exception) -> bool:
    """Has a function use the name that is meant by one that is not there. False where that is not
    what is wrong, or none is near."""
    if isinstance(error, NameError):
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        own = [frame for frame in frames if is_own(frame.f_code.co_filename)]
        called = () if missing_name(error, function) else dir(builtins)
        meant = nearest(error.name, [name for frame in own for name in frame.f_locals], called)
        kind, key = ast.Name, "id"
    elif isinstance(error, AttributeError):
        meant, kind, key = nearest(error.name, [], dir(error.obj)), ast.Attribute, "attr"
    else:
        return False
    for node in ast.walk(function) if meant else ():
        if isinstance(node, kind) and getattr(node, key) == error.name:
            setattr(node, key, meant)
    return bool(meant)


def nearest(name: str | None, known: list[str], more: Sequence[str] = ()) -> str | None:
    """The one of these names that a slip of the keyboard makes `name` of, if there is one. Another
    letter makes another name, as of c_k and h_k, but for those in `more`."""
    if not name:
        return None
    slips = (one for one in sorted({*known} - {name}) if is_slip(*sorted((one, name), key=len)))
    return next(iter((*slips, *difflib.get_close_matches(name, more, 1, NEAR))), None)


def is_slip(short: str, long: str) -> bool:
    """Whether two names differ by large letters, by a _, by the order of their letters, or by one
    letter more."""
    flat = lambda name: name.replace("_", "").lower()
    one_less = (long[:k] + long[k + 1 :] for k in range(len(long)))
    return flat(short) == flat(long) or sorted(short) == sorted(long) or short in one_less


def arguments_by_name(module, sizes: list[int]) -> dict[str, int]:
    """What a constructor was given."""
    return dict(zip(inspect.signature(type(module)).parameters, sizes))


def give_name(function: ast.FunctionDef, module, sizes: list[int], error: Exception) -> bool:
    """Has a name mean, in a method, what the module has under it, where `self.` was left out, or an
    argument of the constructor; else what is meant by a slip of the keyboard; else a drawn row for
    each layer where one of them is picked. False where it is not a name that is missing."""
    if type(error) is not NameError or not function.args.args:
        return put_right(function, error)
    given = arguments_by_name(module, sizes)
    if hasattr(module, error.name):
        own = ast.Name(function.args.args[0].arg, ast.Load())
        value = ast.Attribute(own, error.name, ast.Load())
    elif error.name in given:
        value = ast.Constant(given[error.name])
    elif put_right(function, error):
        return True
    elif picked_from(function, error.name) and len(sizes) > 2:
        value = hole(function.lineno, sizes[2])
    else:
        return False
    function.body.insert(0, assigned([ast.Name(error.name)], value, function.body[0]))
    return True


def picked_from(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function picks one of several under this name."""
    return any(
        isinstance(node, ast.Subscript) and getattr(node.value, "id", None) == name
        for node in ast.walk(function)
    )


def method_and_place(error: Exception, methods: dict) -> tuple[str | None, Span | None]:
    """The innermost of these methods that an error came through, and where in it."""
    found, step = (None, None), error.__traceback__
    codes = {code: name for name, one in methods.items() for code in codes_in(one.__code__)}
    while step is not None:
        if name := codes.get(step.tb_frame.f_code):
            found = name, span_at(step.tb_frame.f_code, step.tb_lasti)
        step = step.tb_next
    return found if found[1] else (None, None)


def as_asked(out, units: int, count: int) -> bool:
    """Whether so many vectors came back: no hole has another shape than what should stand there."""
    values = out if isinstance(out, tuple | list) else (out,)
    vector = lambda value: isinstance(value, torch.Tensor) and value.shape == (units,)
    return len(values) == count and all(map(vector, values))


def with_piece(told: dict, forward: types.FunctionType, place: Span | None) -> dict:
    """A failure with the part of its line that did it, where that line is too long to be read."""
    line = linecache.getline(forward.__code__.co_filename, place[0]) if place else ""
    if "place" in told and told["place"]["line"] == place[0] and len(line.strip()) > LONG:
        last = None if place[2] > place[0] else place[3]
        piece = line.encode()[place[1] : last].decode(errors="replace").strip()
        told["place"] = {**told["place"], "text": piece}
    return told


def own_forward(module: torch.nn.Module) -> tuple[ast.FunctionDef | None, types.FunctionType]:
    """The class's forward and the syntax tree of it; None for that of one that is not the
    student's, or has no text."""
    forward = type(module).forward
    if not isinstance(forward, types.FunctionType) or not is_own(forward.__code__.co_filename):
        return None, forward
    return text_of(forward), forward


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


def bound(function: types.FunctionType, module: torch.nn.Module) -> types.MethodType:
    return types.MethodType(function, module)


@apart
def text_of(forward: types.FunctionType) -> ast.FunctionDef | None:
    """The syntax tree of a function of the student's, with its own line numbers."""
    try:
        tree = ast.parse("".join(linecache.getlines(forward.__code__.co_filename)))
    except (SyntaxError, ValueError, RecursionError):
        return None  # a cell with magics, say
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == forward.__name__:
            first = node.decorator_list[0] if node.decorator_list else node
            if first.lineno == forward.__code__.co_firstlineno:
                return node
    return None


@apart
def compiled(function: ast.FunctionDef, forward: types.FunctionType, units: int):
    """The function of this tree, in the place of `forward`: its globals, defaults, closure."""
    outside = forward.__code__.co_freevars
    cells = dict(zip(outside, forward.__closure__ or ()))
    names = [ast.arg(name) for name in (*outside, *OURS)]
    around = ast.FunctionDef(
        "around", ast.arguments([], names, None, [], [], None, []), [function], []
    )
    tree = ast.fix_missing_locations(ast.Module([around], []))
    code = compile(tree, forward.__code__.co_filename, "exec")
    for name in ("around", forward.__name__):
        code = next(c for c in code.co_consts if getattr(c, "co_name", None) == name)
    code = code.replace(co_qualname=forward.__qualname__)  # as an exception says it
    cells[DRAW] = types.CellType(lambda k, *rows: drawn(k, *rows, units))
    cells[TRY] = types.CellType(lambda work, k: tried(work, k, units))
    cells[LIKE] = types.CellType(lambda works, k: alike(works, k, units))
    cells[FLAT] = types.CellType(lambda work, k: flat(work(), k, units))
    cells[LAYER] = types.CellType(lambda layer, works, k: layer_called(layer, works, k, units))
    cells[PASSED] = types.CellType(counting())
    closure = tuple(cells[name] for name in code.co_freevars)
    mended = types.FunctionType(code, forward.__globals__, code.co_name, None, closure)
    mended.__defaults__, mended.__kwdefaults__ = forward.__defaults__, forward.__kwdefaults__
    return mended


anew: list[torch.Tensor] | None = None  # what was drawn, where each draw is another


@contextlib.contextmanager
def drawn_anew():
    """Inside, what is drawn is never the same twice; gives the list of it."""
    global anew
    anew = []
    try:
        yield anew
    finally:
        anew = None


def drawn(k: int, *shape: int) -> torch.Tensor:
    """The numbers of hole k, the same at every call, like those of a gate, but for `drawn_anew`."""
    seed = k if anew is None else ANEW + len(anew)
    draws = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    made = (HOLES[0] + (HOLES[1] - HOLES[0]) * draws).to(torch.get_default_dtype()) * 1.0
    if anew is not None:
        anew.append(made.clone())
    return made


def tried(work, k: int, units: int):
    """What `work()` makes, or the numbers of hole k where it raises, or makes nothing."""
    try:
        value = work()
    except Exception:
        return drawn(k, units)
    return drawn(k, units) if value is None or value is ... else value


def alike(works: list, k: int, units: int) -> list[torch.Tensor]:
    """What these make, to be put together; drawn numbers in place of one that raises, is no tensor,
    or has another shape than most of them. Raises what the first one raises where none is left."""
    values = [tried(work, k, units) for work in works]
    shapes = Counter(v.shape for v in values if isinstance(v, torch.Tensor))
    shape = max(shapes, key=lambda one: (shapes[one], one == (units,)), default=(units,))
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


def place_of(error: Exception, codes: set[types.CodeType]) -> Span | None:
    """Where in `codes` it raised, innermost; None where it did not come so far."""
    found, step = None, error.__traceback__
    while step is not None:
        if step.tb_frame.f_code in codes:
            found = span_at(step.tb_frame.f_code, step.tb_lasti) or found
        step = step.tb_next
    return found


def place_in(frame: types.FrameType | None, codes: set[types.CodeType]) -> Span | None:
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


# ---------------------------------------------------------------- in the syntax tree
@apart
def put_hole(function: ast.FunctionDef, place: Span, error: Exception) -> bool:
    """Changes the statement at `place` so that it does not raise. False where there is no way."""
    body, at = statement_at(function, place[0])
    if body is None:
        return False
    statement, name = body[at], missing_name(error, function)
    if name:  # made just before, so that the line itself is kept
        body.insert(at, assigned([ast.Name(name, ast.Store())], hole(place[0]), statement))
    elif isinstance(statement, ast.Expr | ast.Assert):
        body[at] = ast.copy_location(ast.Pass(), statement)
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        body[at] = assigned_drawn(statement, place[0])
    else:
        return False
    return True


@apart
def go_past(function: ast.FunctionDef, place: Span, error: Exception, count: int) -> bool:
    """Changes the statement at `place` so that what it raises does not show, and a result is there
    all the same. count: of what a layer is given. False where there is no way."""
    body, at = statement_at(function, place[0])
    if missing_name(error, function):
        return put_hole(function, place, error)
    if body is not None and isinstance(body[at], ast.Return):
        return put_try(function, place, TRY, error)
    value = getattr(body and body[at], "value", None)
    if isinstance(value, ast.Tuple) and put_try(function, place, TRY, error):
        return True
    return put_layer(function, place, count) or step_over(function, place)


def put_layer(function: ast.FunctionDef, place: Span, count: int) -> bool:
    """Has a layer called with drawn numbers in place of what cannot be passed to it. False where no
    call of `count` values raises, or has raised in one of them."""
    body, at = statement_at(function, place[0])
    statement = body and body[at]
    if not isinstance(statement, COMPUTES) or any(
        isinstance(n, NO_LAMBDA) for n in ast.walk(statement)
    ):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and is_layer(node, count) and covers(node, place):
            works = ast.List([later(one) for one in node.args], ast.Load())
            node.args = [node.func, works, ast.Constant(100 * place[0])]
            node.func = ast.Name(LAYER, ast.Load())
            ast.fix_missing_locations(node)
            return True
    return False


def is_layer(node: ast.Call, count: int) -> bool:
    """Whether it may call a layer: it passes so many values, one by one."""
    plain = not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args)
    return plain and len(node.args) == count and getattr(node.func, "id", None) != LAYER


def covers(node: ast.expr, place: Span) -> bool:
    begins, ends = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return begins <= place[:2] and place[2:] <= ends


def step_over(function: ast.FunctionDef, place: Span, draw: bool = True) -> bool:
    """Has a function go on where the statement at `place` raises, and `draw` the pair that it
    should have made. False where there is no way."""
    body, at = statement_at(function, place[0])
    if body is None or not isinstance(body[at], (*COMPUTES, ast.Assert, ast.Delete)):
        return False
    count = ast.Expr(ast.Call(ast.Name(PASSED, ast.Load()), [], []))
    pair = getattr(getattr(body[at], "targets", [None])[0], "elts", ())
    drawing = [tried_out(assigned_drawn(body[at], place[0]))] if draw and len(pair) == 2 else []
    around = tried_out(body[at], count, *drawing)
    body[at] = ast.fix_missing_locations(ast.copy_location(around, body[at]))
    return True


def tried_out(statement: ast.stmt, *instead: ast.stmt) -> ast.Try:
    """The statement, and others where it raises."""
    body, kind = [*instead] or [ast.Pass()], ast.Name("Exception", ast.Load())
    return ast.Try([statement], [ast.ExceptHandler(kind, None, body)], [], [])


def give_self(function: ast.FunctionDef, error: Exception) -> bool:
    """Puts the first parameter in where it was left out. False where that is not what is wrong."""
    missing = all(argument.arg != "self" for argument in function.args.args)
    if isinstance(error, TypeError) and missing:
        function.args.args.insert(0, ast.arg("self"))
    return isinstance(error, TypeError) and missing


def statement_at(function: ast.FunctionDef, line: int) -> tuple[list | None, int]:
    """The innermost statement that covers a line, as its place in a list of statements."""
    body, at = None, 0
    for node in ast.walk(function):  # outer ones first
        for field in ("body", "orelse", "finalbody"):
            statements = getattr(node, field, None)
            for k, one in enumerate(statements if isinstance(statements, list) else ()):
                if isinstance(one, ast.stmt) and one.lineno <= line <= one.end_lineno:
                    body, at = statements, k
    return body, at


def missing_name(error: Exception, function: ast.FunctionDef) -> str:
    """The name of a value that was never made; "" for other errors, and for a name that is
    called."""
    if not isinstance(error, NameError):
        return ""
    name = error.name or str(error).partition("'")[2].partition("'")[0]
    return name if name.isidentifier() and name not in names_called(function) else ""


@apart
def names_called(function: ast.FunctionDef) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


@apart
def put_try(
    function: ast.FunctionDef, place: Span, how: str, error: Exception | None = None
) -> bool:
    """Has `how` look after the part of a statement at `place`, and make drawn numbers in its place
    where it must. False where there is no such part, or where it makes more than one value."""
    body, at = statement_at(function, place[0])
    statement = body and body[at]
    if not isinstance(statement, COMPUTES):
        return False
    above = {child: node for node in ast.walk(statement) for child in ast.iter_child_nodes(node)}
    node = next((one for one in above if spans(one, place)), None)
    while isinstance(node, (*LOOKED_UP, ast.keyword)) and isinstance(above[node], USES):
        node = above[node]
    node = nothing_in(node, error)
    if node is None or any(isinstance(one, NO_LAMBDA) for one in ast.walk(node)):
        return False
    target = getattr(statement, "targets", [None])[0]
    if node is statement.value and isinstance(target, ast.Tuple | ast.List):
        return False
    if node is statement.value and isinstance(statement, ast.Return):
        return False
    number = 1000 * node.lineno + node.col_offset
    several = node.args[0] if isinstance(node, ast.Call) and node.args else None
    if how == TRY and isinstance(several, ast.List | ast.Tuple) and len(several.elts) > 1:
        works = ast.List([later(one) for one in several.elts], ast.Load())
        node.args[0] = called(LIKE, works, number, several)
    else:
        replace(above[node], node, called(how, later(node), number, node))
    return True


def nothing_in(node: ast.AST | None, error: Exception | None) -> ast.AST | None:
    """Of an operator that raises since one of its operands is None, or …: that operand."""
    if isinstance(node, ast.BinOp) and isinstance(error, TypeError):
        kinds = re.findall(r"'(\w+)'", str(error))[-2:]
        for operand, kind in zip((node.left, node.right), kinds):
            if kind in ("NoneType", "ellipsis"):
                return operand
    return node


def later(node: ast.expr) -> ast.Lambda:
    return ast.Lambda(ast.arguments([], [], None, [], [], None, []), node)


def called(how: str, work: ast.expr, number: int, near: ast.expr) -> ast.Call:
    call = ast.Call(ast.Name(how, ast.Load()), [work, ast.Constant(number)], [])
    return ast.fix_missing_locations(ast.copy_location(call, near))


def spans(node: ast.AST, place: Span) -> bool:
    """Whether it is an expression that stands at `place`, and is not what is assigned to."""
    if not isinstance(node, ast.expr) or isinstance(getattr(node, "ctx", None), ast.Store):
        return False
    return (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset) == place


def replace(parent: ast.AST, node: ast.AST, new: ast.AST):
    """Puts `new` where `node` is a field of `parent`, or in one."""
    for field, value in ast.iter_fields(parent):
        if value is node:
            setattr(parent, field, new)
        elif isinstance(value, list):
            value[:] = [new if one is node else one for one in value]


def assigned(targets: list, value: ast.expr, near: ast.stmt) -> ast.Assign:
    new = ast.Assign(targets, value)
    for target in targets:
        if isinstance(target, ast.Name | ast.Attribute | ast.Subscript | ast.Tuple | ast.List):
            target.ctx = ast.Store()
    return ast.fix_missing_locations(ast.copy_location(new, near))


def assigned_drawn(statement: ast.stmt, line: int) -> ast.Assign:
    """Drawn numbers for all that a statement assigns."""
    targets = getattr(statement, "targets", None) or [statement.target]
    parts = getattr(targets[0], "elts", None)
    value = hole(line)
    if parts:
        value = ast.Tuple([hole(100 * line + k) for k in range(len(parts))], ast.Load())
    return assigned(targets, value, statement)


def hole(k: int, *rows: int) -> ast.Call:
    return ast.Call(ast.Name(DRAW, ast.Load()), [ast.Constant(one) for one in (k, *rows)], [])
