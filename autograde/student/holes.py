"""Where a cell's forward raises: the same forward with drawn numbers in place of what raises, so
that what comes before and after can be judged.

First they stand for the part of the line that raises, each time that it does; where that is not
enough, for all that the line makes.
"""

import ast
import itertools
import linecache
import re
import traceback
import types
import zlib
from dataclasses import dataclass

import torch

from .rewriting import (
    DRAW,
    LIKE,
    TRY,
    Span,
    Work,
    bound,
    codes_in,
    compiled,
    raised_at,
    tree_of,
    work_called,
)
from .telling import describe, is_own
from .watching import recorded

MOST_HOLES = 4  # parts or lines of one forward that raise
LONG = 80  # characters of a line
GATES = 2, 3, 4  # how many may be computed in one
NO_NUMBERS = {"NoneType", "ellipsis", "builtin_function_or_method", "method", "function"}
COMPUTES = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return, ast.Expr)
LOOKED_UP = (ast.Attribute, ast.Subscript, ast.Starred)  # none of them a result, but a part of one
BY_ELEMENT = ast.Add, ast.Sub, ast.Mult, ast.Div
USES = (ast.BinOp, ast.UnaryOp, ast.Call, ast.keyword, *LOOKED_UP)
NO_LAMBDA = (ast.NamedExpr, ast.Yield, ast.YieldFrom, ast.Await)  # work in their own function alone


def mend(
    module: torch.nn.Module, arguments: list[torch.Tensor], units: int, count: int
) -> tuple[list[dict], ast.FunctionDef | None]:
    """Gives `module` a forward in which what raises makes `units` drawn numbers instead. Returns
    what was raised, one after the other, and the tree of that forward; nothing and None where that
    cannot be done: then `module` is as it was."""
    vector, column, number = (units,), (units, 1), ()  # forward may go unit by unit
    several = [shape for k in GATES for shape in ((k * units,), (k, units))]  # of all gates in one
    shapes, own = (vector, column, number, *several), {*vars(module)}
    best = least = None
    for work in reversed(works_of(module, arguments)):
        for shape, parts in itertools.product(shapes, (True, False)):
            way = filled(work, arguments, shape, parts)
            if way is None:
                continue
            fails = bool(way.raised) and not as_asked(way.out, units, count)
            costs = fails, not parts, len(way.raised), shape == number
            if best is None or costs < least:
                best, least = way, costs
            if costs[:3] <= (False, False, 1):
                break
        for name in vars(module).keys() - own:
            delattr(module, name)
        if best and least[:3] <= (False, False, 1):
            break
    if not best or not best.raised:
        return [], None if best is None else best.function
    forward = best.work.put(compiled(best.function, best.work.function, *best.shape))
    ours = least[0] and getattr(best.out, "is_drawn", False)  # and nothing that the student returns
    module.forward = handing_back_nothing(forward) if ours else forward
    of_forward = best.work.function is type(module).forward
    return best.raised, best.function if of_forward and best.shape == vector else None


def handing_back_nothing(forward):
    def run(*given):
        forward(*given)

    return run


@dataclass(frozen=True)
class Filled:
    """What a forward does its step in, mended: what that raised, its tree, the shape of what is
    drawn in it, and what forward returned."""

    work: Work
    raised: list[dict]
    function: ast.FunctionDef
    shape: tuple[int, ...]
    out: object


def filled(
    work: Work, arguments: list[torch.Tensor], shape: tuple[int, ...], parts: bool
) -> Filled | None:
    """A forward that draws numbers of this shape where it raises; None where there is no way.
    parts: whether a part of a line is enough, or the whole line draws."""
    function, raised = tree_of(work.function), []
    while function is not None and len(raised) <= MOST_HOLES:
        mended = compiled(function, work.function, *shape)
        try:
            out = recorded(work.put(mended), *[argument.clone() for argument in arguments])
            return Filled(work, raised, function, shape, out)
        except Exception as error:
            inner = raised_at(error, codes_in(mended.__code__))
            raised.append(with_piece(describe(error), work.function, inner))
            its_call = raised_at(error, {mended.__code__})
            tried = parts and inner and not missing_name(error, function)
            if tried and put_try(function, inner, TRY, error):
                continue
            if not any(
                put_hole(function, place, error) if place else give_self(function, error)
                for place in dict.fromkeys((inner, its_call))
            ):
                break
    return None


def works_of(module: torch.nn.Module, arguments: list[torch.Tensor]) -> list[Work]:
    """A student's forward, and the functions that it hands its step on to, or all gates of it, one
    to the other, where it raises in the last of them."""
    forward = type(module).forward
    if not isinstance(forward, types.FunctionType) or not is_own(forward.__code__.co_filename):
        return []
    works, steps = [Work(forward, lambda new: bound(new, module))], []
    try:
        recorded(works[0].put(forward), *[argument.clone() for argument in arguments])
    except Exception as error:
        steps = [(f.f_code, line) for f, line in traceback.walk_tb(error.__traceback__)]
    codes = [code for code, _ in steps]
    first = codes.index(forward.__code__) if forward.__code__ in codes else len(codes)
    for (_, line), (code, _) in itertools.pairwise(steps[first:]):
        call = step_handed_on(tree_of(works[-1].function), line)
        inner = work_called(call, works[-1], module) if call else None
        if inner is None or inner.function.__code__ is not code:
            break
        works.append(inner)
    return works


def step_handed_on(tree: ast.FunctionDef | None, line: int) -> ast.Call | None:
    """The call, in the statement at a line, that makes several values, or what is returned, or what
    is kept without a name."""
    body, at = statement_at(tree, line) if tree else (None, 0)
    statement = body[at] if body else None
    target = getattr(statement, "targets", [None])[0]
    value = getattr(statement, "value", None)
    whole = isinstance(statement, ast.Return | ast.Expr)
    whole |= len(getattr(target, "elts", ())) > 1
    if isinstance(target, ast.Name):
        whole |= names_returned(tree) == {target.id} or is_taken_apart(tree, target.id)
    return value if whole and isinstance(value, ast.Call) else None


def as_asked(out, units: int, count: int) -> bool:
    """Whether so many vectors, or columns, came back: no hole has another shape than what should
    stand there."""
    values = out if isinstance(out, tuple | list) else (out,)
    vector = lambda value: isinstance(value, torch.Tensor) and value.numel() == units
    return len(values) == count and all(map(vector, values))


def with_piece(told: dict, forward: types.FunctionType, place: Span | None) -> dict:
    """A failure with the part of its line that did it, where that line is too long to be read."""
    line = linecache.getline(forward.__code__.co_filename, place[0]) if place else ""
    if "place" in told and told["place"]["line"] == place[0] and len(line.strip()) > LONG:
        last = None if place[2] > place[0] else place[3]
        piece = line.encode()[place[1] : last].decode(errors="replace").strip()
        told["place"] = {**told["place"], "text": piece}
    return told


def give_self(function: ast.FunctionDef, error: Exception) -> bool:
    """Puts the first parameter in where it was left out. False where that is not what is wrong."""
    missing = all(argument.arg != "self" for argument in function.args.args)
    if isinstance(error, TypeError) and missing:
        function.args.args.insert(0, ast.arg("self"))
    return isinstance(error, TypeError) and missing


# ---------------------------------------------------------------- in the syntax tree
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
    elif isinstance(statement, ast.Return) and not is_inside(function, statement):
        body[at] = or_nothing(statement)
    elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
        body[at] = assigned_drawn(statement, place[0])
    else:
        return False
    return True


def is_inside(function: ast.FunctionDef, statement: ast.stmt) -> bool:
    """Whether a statement is one of a function that is defined in this one."""
    inner = (one for one in ast.walk(function) if isinstance(one, ast.FunctionDef))
    return any(statement in ast.walk(one) for one in inner if one is not function)


def or_nothing(statement: ast.Return) -> ast.Try:
    """Returns the same, or None where that raises: what it has made until then is seen."""
    nothing = ast.ExceptHandler(ast.Name("Exception", ast.Load()), None, [ast.Return()])
    made = ast.Try([statement], [nothing], [], [])
    return ast.fix_missing_locations(ast.copy_location(made, statement))


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
    """The name of a value that was never made in this function; "" for other errors, and for a name
    that is called."""
    if not isinstance(error, NameError) or not raised_in(function, error):
        return ""
    name = error.name or str(error).partition("'")[2].partition("'")[0]
    return name if name.isidentifier() and name not in names_called(function) else ""


def raised_in(function: ast.FunctionDef, error: Exception) -> bool:
    """Whether it was this function of the student's that raised it, and not one that it calls."""
    lines = [line for _, line in traceback.walk_tb(error.__traceback__)]
    return function.lineno <= lines[-1] <= function.end_lineno


def names_called(function: ast.FunctionDef) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def put_try(
    function: ast.FunctionDef,
    place: Span,
    how: str,
    error: Exception | None = None,
    whole: bool = False,
) -> bool:
    """Has `how` look after the part of a statement at `place`, and make drawn numbers in its place
    where it must. False where there is no such part, or where it makes more than one value. whole:
    whether all that is returned is one."""
    body, at = statement_at(function, place[0])
    statement = body and body[at]
    if not isinstance(statement, COMPUTES):
        return False
    above = {child: node for node in ast.walk(statement) for child in ast.iter_child_nodes(node)}
    node = next((one for one in above if spans(one, place)), None)
    while isinstance(node, (*LOOKED_UP, ast.keyword)) and isinstance(above[node], USES):
        if isinstance(getattr(above[node], "op", None), BY_ELEMENT):
            break  # it stands for a vector, not for a matrix or a function
        node = above[node]
    while isinstance(above.get(node), ast.Call) and above[node].func is node:
        node = above[node]  # what is drawn cannot be called
    nothing = nothing_in(node, error)
    if isinstance(nothing, ast.Name) and nothing.id in names_assigned(function):
        value = called(TRY, later(ast.Name(nothing.id, ast.Load())), 1000 * place[0], statement)
        body.insert(at, assigned([ast.Name(nothing.id)], value, statement))
        return True  # the same numbers wherever it is used from here on
    node = nothing or node
    if node is None or any(isinstance(one, NO_LAMBDA) for one in ast.walk(node)):
        return False
    target = getattr(statement, "targets", [None])[0]
    if node is statement.value and isinstance(target, ast.Tuple | ast.List):
        return False
    if node is statement.value and isinstance(statement, ast.Return) and not whole:
        return False
    number = 1000 * node.lineno + node.col_offset
    if isinstance(node, LOOKED_UP):  # the same numbers wherever it is looked up
        number = zlib.crc32(ast.unparse(node).encode())
    several = node.args[0] if isinstance(node, ast.Call) and node.args else None
    if how == TRY and isinstance(several, ast.List | ast.Tuple) and len(several.elts) > 1:
        works = ast.List([later(one) for one in several.elts], ast.Load())
        node.args[0] = called(LIKE, works, number, several)
    else:
        replace(above[node], node, called(how, later(node), number, node))
    return True


def nothing_in(node: ast.AST | None, error: Exception | None) -> ast.AST | None:
    """Of an operator that raises since one of its operands is None, …, or a method that was not
    called: that operand; None for others."""
    if isinstance(node, ast.BinOp) and isinstance(error, TypeError):
        kinds = re.findall(r"'(\w+)'", str(error))[-2:]
        for operand, kind in zip((node.left, node.right), kinds):
            if kind in NO_NUMBERS:
                return operand
    return None


def names_assigned(function: ast.FunctionDef) -> set[str]:
    """The names that a function assigns to, but for those of loops and comprehensions."""
    statements = (node for node in ast.walk(function) if isinstance(node, ast.Assign))
    targets = (target for statement in statements for target in statement.targets)
    return {
        node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)
    }


def names_returned(function: ast.FunctionDef) -> set[str]:
    """The names of its own, arguments among them, that a function makes what it returns of."""
    returns = (node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value)
    used = (node for one in returns for node in ast.walk(one.value) if isinstance(node, ast.Name))
    arguments = {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}
    return {node.id for node in used} & (names_assigned(function) | arguments)


def is_taken_apart(function: ast.FunctionDef, name: str) -> bool:
    """Whether a function assigns what a name means to several others, or looks several of its
    parts up."""
    named = lambda node: getattr(node, "value", None) and getattr(node.value, "id", None) == name
    nodes = [node for node in ast.walk(function) if named(node)]
    called = {id(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)}
    parts = {
        ast.unparse(node)
        for node in nodes
        if isinstance(node, ast.Subscript | ast.Attribute) and id(node) not in called
    }
    unpacked = (len(getattr(n.targets[0], "elts", ())) for n in nodes if isinstance(n, ast.Assign))
    return len(parts) > 1 or max(unpacked, default=0) > 1


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
