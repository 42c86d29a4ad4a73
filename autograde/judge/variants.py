"""Wrong variants of a right formula, from the syntax tree of its reference: one change each, as a
slip of the pen makes it, with words for it."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache

MOST = 400  # variants of one reference
PIECE = 40  # characters of a piece that a sentence shows
# ruff: disable[E501]
OPERATORS = {  # an operator -> others, and what then happens to what stands on its right
    ast.Add: {ast.Sub: "subtracted, and should be added", ast.Mult: "multiplied, and should be added"},
    ast.Sub: {ast.Add: "added, and should be subtracted"},
    ast.Mult: {ast.Div: "divided by, and should be multiplied", ast.Add: "added, and should be multiplied"},
    ast.Div: {ast.Mult: "multiplied, and should be divided by"},
    ast.FloorDiv: {ast.Div: "divided by without rounding down"},
}  # fmt: skip
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}
OTHERS = {  # a function -> others that are taken for it
    **{"mean": ("sum", "median"), "sum": ("mean", "prod", "count"), "var": ("std",), "std": ("var",)},
    **{"max": ("min",), "min": ("max",), "argmax": ("argmin",), "amax": ("amin",), "size": ("sum",)},
    **{"tanh": ("sigmoid",), "sigmoid": ("tanh",), "softmax": ("log_softmax", "sigmoid")},
    **{"log_softmax": ("softmax",), "sin": ("cos",), "cos": ("sin",), "log": ("log2", "log10")},
    **{"first": ("last",), "last": ("first",), "count": ("nunique", "sum"), "nunique": ("count",)},
    **{"inner": ("outer", "left"), "left": ("inner", "right"), "cumsum": ("cumprod",)},
}  # fmt: skip
# ruff: enable[E501]
AXES = ("axis", "dim")


@lru_cache(maxsize=64)
def variants(right: Callable) -> tuple[tuple[str, Callable], ...]:
    """(what is changed, the changed function). None of a reference whose text is not to be had, or
    that has a `while`, which a change may keep from ending."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(right)))
    except (OSError, TypeError, SyntaxError):
        return ()
    function = tree.body[0]
    loops = any(isinstance(node, ast.While) for node in ast.walk(tree))
    if not isinstance(function, ast.FunctionDef) or loops or right.__code__.co_freevars:
        return ()
    function.decorator_list, found = [], []
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    for holder, key, place, node in places(function):
        for said, new in changed(node, names):
            put(holder, key, place, new)
            if len(found) < MOST and (made := compiled(tree, right)):
                found.append((said, made))
            put(holder, key, place, node)
    return tuple(found)


def places(function: ast.FunctionDef) -> list[tuple[ast.AST, str, int | None, ast.AST]]:
    """Every node of the body, with where it hangs."""
    found, waiting = [], list(function.body)
    while waiting:
        node = waiting.pop(0)
        for key, value in ast.iter_fields(node):
            inner = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
            for place, child in inner:
                if isinstance(child, ast.AST):
                    found.append((node, key, place, child))
                    waiting.append(child)
    return found


def put(holder: ast.AST, key: str, place: int | None, node: ast.AST):
    if place is None:
        setattr(holder, key, node)
    else:
        getattr(holder, key)[place] = node


def compiled(tree: ast.Module, right: Callable) -> Callable | None:
    """The function of a changed tree, among the names of `right`."""
    names = dict(right.__globals__)
    try:
        exec(compile(ast.fix_missing_locations(tree), "<variant>", "exec"), names)
    except (SyntaxError, ValueError, TypeError):
        return None
    return names[tree.body[0].name]


def shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return f"`{text if len(text) <= PIECE else text[:PIECE] + ' …'}`"


def changed(node: ast.AST, names: list[str]) -> Iterator[tuple[str, ast.AST]]:
    """(words for the change, what stands in the place of `node`)."""
    if isinstance(node, ast.BinOp):
        yield from changed_sum(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield f"the minus before {shown(node.operand)} is missing", node.operand
    elif isinstance(node, ast.Call):
        yield from changed_call(node)
    elif isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield f"{shown(node.value)} is not transposed", node.value
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        for other in (name for name in names if name != node.id):
            yield f"{other} stands where {node.id} should", ast.Name(other, ast.Load())
        yield f"{node.id} is transposed", ast.Attribute(node, "T", ast.Load())
        yield f"the sign of {node.id} is turned", ast.UnaryOp(ast.USub(), node)
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        other = ast.Compare(node.left, [COMPARED[type(node.ops[0])]()], node.comparators)
        yield f"{shown(other)} stands where {shown(node)} should", other
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{not node.value} stands where {node.value} should", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        for value in (node.value - 1, node.value + 1):
            yield f"{value} stands where {node.value} should", ast.Constant(value)
    elif isinstance(node, ast.Constant) and node.value in OTHERS:
        for other in OTHERS[node.value]:
            yield f"{other} stands where {node.value} should", ast.Constant(other)


def changed_sum(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    """A part dropped, doubled, or under another operator."""
    left, right = node.left, node.right
    if not isinstance(node.op, ast.MatMult):
        yield f"{shown(right)} is missing", left
        yield f"{shown(left)} is missing", right
    if isinstance(node.op, ast.Add | ast.Sub):
        twice = lambda part: ast.BinOp(ast.Constant(2), ast.Mult(), part)
        yield f"{shown(right)} counts twice", ast.BinOp(left, node.op, twice(right))
        yield f"{shown(left)} counts twice", ast.BinOp(twice(left), node.op, right)
    if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult | ast.Pow):
        yield f"{shown(left)} and {shown(right)} are swapped", ast.BinOp(right, node.op, left)
    for other, said in OPERATORS.get(type(node.op), {}).items():
        yield f"{shown(right)} is {said}", ast.BinOp(left, other(), right)


def changed_call(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    """Another function, none, or another axis."""
    named = node.func.attr if isinstance(node.func, ast.Attribute) else shown(node.func).strip("`")
    for other in OTHERS.get(named, ()):
        is_method = isinstance(node.func, ast.Attribute)
        func = (
            ast.Attribute(node.func.value, other, ast.Load())
            if is_method
            else ast.Name(other, ast.Load())
        )
        for keywords in (node.keywords, []):
            yield f"{other} stands where {named} should", ast.Call(func, node.args, keywords)
    if node.args and not isinstance(node.args[0], ast.Starred):
        yield f"{named} is left out", node.args[0]
    elif isinstance(node.func, ast.Attribute):
        yield f"{named} is left out", node.func.value
    for k, word in enumerate(node.keywords):
        rest = [*node.keywords[:k], *node.keywords[k + 1 :]]
        if word.arg in AXES:
            for axis in (0, 1, -1):
                said = f"{named} goes along another axis ({word.arg}={axis})"
                along = [*rest, ast.keyword(word.arg, ast.Constant(axis))]
                if ast.unparse(word.value) != str(axis):
                    yield said, ast.Call(node.func, node.args, along)
        elif word.arg:
            left_out = ast.Call(node.func, node.args, rest)
            yield f"{word.arg}={ast.unparse(word.value)} is missing in {named}", left_out
