"""Where a stack's forward raises: it goes on, past the statement or by a loop as it is meant, with
drawn numbers in place of what was never made, so that the rest can be judged."""

import ast
import builtins
import contextlib
import difflib
import inspect
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from .calls import call_straight
from .holes import (
    COMPUTES,
    MOST_HOLES,
    NO_LAMBDA,
    assigned,
    assigned_drawn,
    called,
    hole,
    later,
    missing_name,
    names_called,
    put_hole,
    put_try,
    replace,
    statement_at,
)
from .loops import fill_lists, fills, put_straight
from .protocol import BY_CALL, BY_LINE, BY_LOOP, COUNT_OF_A_CELL
from .rewriting import (
    LAYER,
    PASSED,
    TRY,
    Endless,
    Span,
    bound,
    codes_in,
    compiled,
    span_at,
    tree_of,
)
from .telling import is_own
from .watching import recorded

NEAR = 0.75  # how alike two names are, of which one is meant by the other


@contextlib.contextmanager
def passed_over(module: torch.nn.Module, arguments: list[torch.Tensor], sizes: list[int]):
    """Inside, `module`, made with `sizes`, goes on where a statement of its forward, or of what of
    the student's this calls, raises, and draws what was never made. Gives BY_LOOP where all that it
    took was a loop or a pick as it is meant, BY_CALL where it was names and calls as well, BY_LINE
    for other ways, and "" where there is none."""
    before = {name: vars(module).pop(name) for name in [*vars(module)] if name == "forward"}
    with_own, helpers = dict(vars(module)), helpers_of(type(module))
    try:
        yield going_on(module, arguments, sizes)
    finally:
        for helper in helpers:
            helper.put(helper.function)
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
            return next((way for way in (BY_LINE, BY_CALL, BY_LOOP) if way in ways), "")
        if not (way := detour.around(error)):
            return ""
        ways.add(way)
    return ""


@dataclass(frozen=True)
class Helper:
    """A function of the student's that a stack may call, outside of its class. put: has another one
    called in its place."""

    function: types.FunctionType
    put: Callable[[types.FunctionType], None]


def helpers_of(cls: type) -> list[Helper]:
    """The functions beside a class, and the methods of the other classes there."""
    names = getattr(cls.forward, "__globals__", {})
    helpers = [
        Helper(function, partial(names.__setitem__, name))
        for name, function in own_functions(names).items()
    ]
    for other in [one for one in names.values() if isinstance(one, type)]:
        if other.__module__ == cls.__module__ and not issubclass(cls, other):
            helpers += [
                Helper(function, partial(setattr, other, name))
                for name, function in own_functions(vars(other)).items()
            ]
    return helpers


def own_functions(names: Mapping[str, object]) -> dict[str, types.FunctionType]:
    return {
        name: one
        for name, one in names.items()
        if isinstance(one, types.FunctionType) and is_own(one.__code__.co_filename)
    }


class Detour:
    """A module, made with `sizes`, whose methods, and what these call, go on where they raise: one
    change after the other."""

    def __init__(self, module, arguments: list[torch.Tensor], sizes: list[int]):
        self.module, self.arguments, self.sizes = module, arguments, sizes
        self.methods = {}
        for cls in reversed(type(module).__mro__):
            self.methods |= own_functions(vars(cls))
        self.helpers = {
            f"{helper.function.__qualname__}()": helper for helper in helpers_of(type(module))
        }
        self.methods |= {name: helper.function for name, helper in self.helpers.items()}
        self.trees, self.mended = {}, dict(self.methods)
        self.kept = set()  # constructors that keep an argument now, and which

    def raised(self) -> Exception | None:
        """What it raises now. Raises Endless."""
        try:
            recorded(self.module, *[argument.clone() for argument in self.arguments])
        except Exception as error:
            return error

    def around(self, error: Exception) -> str:
        """Changes a method so that this does not show; by which way, or "" where there is none."""
        if keep_what_is_meant(self.module, self.sizes, error):
            return BY_CALL
        name, place = method_and_place(error, self.mended)
        function = name and self.tree(name)
        if not function:
            return ""
        if self.keep_argument(error):
            return BY_CALL
        changed = call_straight(function, place, error, self.methods, self.tree)
        if changed is not None:
            self.put(changed or name, self.trees[changed or name])
            return BY_CALL
        own = self.module if name not in self.helpers else first_given(function, error)
        if give_name(function, self.module, own, self.sizes, error):
            way = BY_CALL
        elif self.straight(name, place, error):
            return BY_LOOP
        elif go_past(function, place, error, len(self.arguments), self.sizes[2]):
            way = BY_LINE
        else:
            return ""
        self.put(name, function)
        return way

    def keep_argument(self, error: Exception) -> bool:
        """Has an object of the student's keep an argument of its constructor that is asked of it
        later."""
        name = f"{type(getattr(error, 'obj', None)).__name__}.__init__()"
        function = self.tree(name) if name in self.helpers else None
        arguments = [argument.arg for argument in function.args.args] if function else []
        if not isinstance(error, AttributeError) or error.name not in arguments[1:]:
            return False
        if (name, error.name) in self.kept:
            return False  # of an object that was made before
        self.kept.add((name, error.name))
        kept = ast.Attribute(ast.Name(arguments[0], ast.Load()), error.name, ast.Store())
        value = ast.Name(error.name, ast.Load())
        function.body.insert(0, assigned([kept], value, function.body[0]))
        self.put(name, function)
        return True

    def tree(self, name: str) -> ast.FunctionDef | None:
        if name not in self.trees:
            self.trees[name] = tree_of(self.methods[name])
        return self.trees[name]

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
        if name in self.helpers:
            self.helpers[name].put(self.mended[name])
        else:
            setattr(self.module, name, bound(self.mended[name], self.module))


def lines_at(function: ast.FunctionDef, place: Span) -> tuple[int, int]:
    """First and last line of the statement at a place; of a loop those of its header."""
    body, at = statement_at(function, place[0])
    if body is None:
        return place[0], place[0]
    return body[at].lineno, getattr(body[at], "iter", body[at]).end_lineno


def method_and_place(error: Exception, methods: dict) -> tuple[str | None, Span | None]:
    """The innermost of these methods that an error came through, and where in it."""
    found, step = (None, None), error.__traceback__
    codes = {code: name for name, one in methods.items() for code in codes_in(one.__code__)}
    while step is not None:
        if name := codes.get(step.tb_frame.f_code):
            found = name, span_at(step.tb_frame.f_code, step.tb_lasti)
        step = step.tb_next
    return found if found[1] else (None, None)


# ---------------------------------------------------------------- names that are not there
def keep_what_is_meant(module, sizes: list[int], error: Exception) -> bool:
    """Keeps under a name that is missing, where nothing else is, an argument of the constructor, or
    what the module has under a name that is nearly the same ("layer" for "layers"); the layers,
    where one of several is called by a number."""
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
    elif f".{error.name}[" in line_of(error) and "](" in line_of(error) and "layers" in own:
        vars(module)[error.name] = module.layers
    return error.name in vars(module)


def line_of(error: Exception) -> str:
    """The line that raises."""
    return traceback.extract_tb(error.__traceback__)[-2].line or ""


def first_given(function: ast.FunctionDef, error: Exception):
    """What a method of one of the student's own objects was called on; None for other functions."""
    name = function.args.args[0].arg if function.args.args else ""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    given = [frame.f_locals[name] for frame in frames if name in frame.f_locals][-1:]
    return next((one for one in given if callable(getattr(type(one), function.name, None))), None)


def give_name(function: ast.FunctionDef, module, own, sizes: list[int], error: Exception) -> bool:
    """Has a name mean, in a method of `own`, what that has under it, where `self.` was left out, or
    an argument of the constructor; else what is meant by a slip of the keyboard; else a drawn row
    for each layer where one of them is picked. False where it is not a name that is missing."""
    if unself(function, error):
        return True
    if type(error) is not NameError or not function.args.args:
        return respell(function, error)
    given = arguments_by_name(module, sizes)
    if own is not None and hasattr(own, error.name):
        itself = ast.Name(function.args.args[0].arg, ast.Load())
        value = ast.Attribute(itself, error.name, ast.Load())
    elif error.name in given:
        value = ast.Constant(given[error.name])
    elif respell(function, error):
        return True
    elif picked_from(function, error.name) and len(sizes) > 2:
        value = rows_drawn(function.lineno, sizes[2])
    else:
        return False
    function.body.insert(0, assigned([ast.Name(error.name)], value, function.body[0]))
    return True


def rows_drawn(k: int, count: int) -> ast.expr:
    """A list of drawn vectors."""
    return ast.List([ast.Starred(hole(k, count), ast.Load())], ast.Load())


def picked_from(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function picks one of several under this name."""
    return any(
        isinstance(node, ast.Subscript) and getattr(node.value, "id", None) == name
        for node in ast.walk(function)
    )


def unself(function: ast.FunctionDef, error: Exception) -> bool:
    """Has a function that takes no self take what it looks up there, `self.layers`, from its own
    arguments. False where that is not what is wrong, or there are none."""
    if not isinstance(error, NameError) or error.name != "self":
        return False
    arguments = {argument.arg for argument in function.args.args}
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "self"
    ]
    for node in found:
        if node.attr in arguments:
            for parent in ast.walk(function):
                replace(parent, node, ast.copy_location(ast.Name(node.attr, ast.Load()), node))
    return any(node.attr in arguments for node in found)


def respell(function: ast.FunctionDef, error: Exception) -> bool:
    """Has a function use the name that is meant by one that is not there. False where that is not
    what is wrong, or none is near."""
    if isinstance(error, NameError):
        frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
        own = [frame for frame in frames if is_own(frame.f_code.co_filename)]
        called = () if missing_name(error, function) else dir(builtins)
        kinds = list if fills(function, error.name) else object
        known = [
            name
            for frame in own
            for name, value in frame.f_locals.items()
            if isinstance(value, kinds)
        ]
        meant = nearest(error.name, known, called) or the_only_one(function, error, own[-1:])
        kind, key = ast.Name, "id"
    elif isinstance(error, AttributeError):
        meant, kind, key = nearest(error.name, [], dir(error.obj)), ast.Attribute, "attr"
    else:
        return False
    for node in ast.walk(function) if meant else ():
        if isinstance(node, kind) and getattr(node, key) == error.name:
            setattr(node, key, meant)
    return bool(meant)


def the_only_one(function: ast.FunctionDef, error: NameError, frames: list) -> str | None:
    """Of a name that is called, or appended to, the one cell, or list that is not filled, that is
    there, where there is no other."""
    there = frames[0].f_locals if frames and frames[0].f_code.co_name == function.name else {}
    cells = [k for k, one in there.items() if isinstance(one, torch.nn.Module) and k != "self"]
    lists = [k for k, one in there.items() if one == [] and not fills(function, k)]
    of_kind = lists if fills(function, error.name) else cells
    if fills(function, error.name) or error.name in names_called(function):
        return of_kind[0] if len(of_kind) == 1 else None
    return None


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


# ---------------------------------------------------------------- past a statement
def go_past(
    function: ast.FunctionDef, place: Span, error: Exception, count: int, layers: int
) -> bool:
    """Changes the statement at `place` so that what it raises does not show, and a result is there
    all the same. count: of what a layer is given; layers: how many. False where there is no way."""
    body, at = statement_at(function, place[0])
    if isinstance(error, IndexError):
        lines = lines_at(function, place)
        if fill_lists(function, lines, hole(place[0], layers)):
            return True
    if name := missing_name(error, function):
        if body is not None and is_spread(body[at], name):
            body.insert(at, assigned([ast.Name(name)], rows_drawn(place[0], count - 1), body[at]))
            return True
        return put_hole(function, place, error)
    if body is not None and isinstance(body[at], ast.Return):
        whole = function.name != "forward" and isinstance(error, AttributeError)
        return put_try(function, place, TRY, error, whole)
    if body is not None and draw_appended(body[at], place):
        return True
    value = getattr(body and body[at], "value", None)
    if isinstance(value, ast.Tuple) and put_try(function, place, TRY, error):
        return True
    return put_layer(function, place, error, count) or step_over(function, place, layers=layers)


def is_spread(statement: ast.stmt, name: str) -> bool:
    """Whether a name stands there as `*name`."""
    starred = (node for node in ast.walk(statement) if isinstance(node, ast.Starred))
    return any(getattr(node.value, "id", "") == name for node in starred)


def draw_appended(statement: ast.stmt, place: Span) -> bool:
    """Has `name.append(…)` append drawn numbers where it is what stands in the brackets that
    raises. False where it is not."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    appends = isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "append"
    if not appends or len(call.args) != 1 or not covers(call.args[0], place):
        return False
    number = 1000 * place[0] + place[1]
    call.args[0] = called(TRY, later(call.args[0]), number, call.args[0])
    return True


def put_layer(function: ast.FunctionDef, place: Span, error: Exception, count: int) -> bool:
    """Has a layer called with `count` values, with drawn numbers in place of what cannot be passed
    to it. False where no call of a layer raises, or has raised in one of these."""
    body, at = statement_at(function, place[0])
    statement = body and body[at]
    if not isinstance(statement, COMPUTES) or any(
        isinstance(n, NO_LAMBDA) for n in ast.walk(statement)
    ):
        return False
    for node in ast.walk(statement):
        if isinstance(node, ast.Call) and is_layer(node, count, error) and covers(node, place):
            works = ast.List([later(one) for one in as_many(node.args, count)], ast.Load())
            node.args = [node.func, works, ast.Constant(100 * place[0])]
            node.func = ast.Name(LAYER, ast.Load())
            ast.fix_missing_locations(node)
            return True
    return False


def is_layer(node: ast.Call, count: int, error: Exception) -> bool:
    """Whether it may call a layer: it passes so many values, or the layer says that it does not."""
    if node.keywords or not node.args or getattr(node.func, "id", None) == LAYER:
        return False
    *first, last = (isinstance(one, ast.Starred) for one in node.args)
    says = str(error).startswith(COUNT_OF_A_CELL)
    return not any(first) and (last or says or len(node.args) == count)


def as_many(given: list[ast.expr], count: int) -> list[ast.expr]:
    """So many values for a layer: what it reads, and its states, which are the last ones. What is
    lacking is None, for which numbers are drawn."""
    *first, last = given
    if isinstance(last, ast.Starred):
        number = lambda k: ast.Constant(k)
        parts = range(count - len(first))
        given = [*first, *(ast.Subscript(last.value, number(k), ast.Load()) for k in parts)]
    nothing = [ast.Constant(None) for _ in range(count - 1)]
    states = (
        given[1:] if len(given) == count else nothing if len(given) < count else given[1 - count :]
    )
    return [given[0], *states]


def covers(node: ast.expr, place: Span) -> bool:
    begins, ends = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return begins <= place[:2] and place[2:] <= ends


def step_over(function: ast.FunctionDef, place: Span, draw: bool = True, layers: int = 0) -> bool:
    """Has a function go on where the statement at `place` raises, and `draw` the pair that it
    should have made, as a vector for each of the `layers` where these are picked. False where there
    is no way."""
    body, at = statement_at(function, place[0])
    if body is None or not isinstance(body[at], (*COMPUTES, ast.Assert, ast.Delete)):
        return False
    count = ast.Expr(ast.Call(ast.Name(PASSED, ast.Load()), [], []))
    pair = getattr(getattr(body[at], "targets", [None])[0], "elts", ())
    instead = assigned_drawn(body[at], place[0]) if draw and len(pair) == 2 else None
    for k, name in enumerate(getattr(one, "id", "") for one in pair) if instead else ():
        if layers and picked_from(function, name):
            instead.value.elts[k] = rows_drawn(100 * place[0] + k, layers)
    drawing = [tried_out(instead)] if instead else []
    around = tried_out(body[at], count, *drawing)
    body[at] = ast.fix_missing_locations(ast.copy_location(around, body[at]))
    return True


def tried_out(statement: ast.stmt, *instead: ast.stmt) -> ast.Try:
    """The statement, and others where it raises."""
    body, kind = [*instead] or [ast.Pass()], ast.Name("Exception", ast.Load())
    return ast.Try([statement], [ast.ExceptHandler(kind, None, body)], [], [])
