"""Wrong variants of a right formula, from the syntax tree of its reference: one change each, as a
slip of the pen makes it, with words for it."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import combinations

MOST = 400  # variants of one reference
PIECE = 40  # characters of a piece that a sentence shows
# ruff: disable[E501]
OPERATORS = {  # an operator -> others, and what then happens to what stands on its right
    ast.Add: {ast.Sub: "subtracted, and should be added", ast.Mult: "multiplied, and should be added"},
    ast.Sub: {ast.Add: "added, and should be subtracted"},
    ast.Mult: {ast.Div: "divided by, and should be multiplied", ast.Add: "added, and should be multiplied"},
    ast.Div: {ast.Mult: "multiplied, and should be divided by"},
}  # fmt: skip
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq}
OTHERS = {  # a function -> others that are taken for it
    **{"mean": ("sum", "median"), "sum": ("mean", "prod", "count"), "var": ("std",), "std": ("var",)},
    **{"max": ("min",), "min": ("max",), "argmax": ("argmin",), "cumsum": ("cumprod",), "size": ("sum",)},
    **{"tanh": ("sigmoid",), "sigmoid": ("tanh",), "softmax": ("log_softmax", "sigmoid"), "log_softmax": ("softmax",)},
    **{"sin": ("cos",), "cos": ("sin",), "log": ("log2", "log10"), "inner": ("outer", "left"), "left": ("inner", "right")},
    **{"first": ("last",), "last": ("first",), "count": ("nunique", "sum"), "nunique": ("count",)},
}  # fmt: skip
# ruff: enable[E501]
Changes = Iterator[tuple[str, ast.AST]]  # words for a change, and what stands in a node's place


@lru_cache(maxsize=64)
def variants(right: Callable) -> tuple[tuple[str, Callable], ...]:
    """(what is changed, the changed function). None of a reference whose text is not to be had, or
    that has a `while`, which a change may keep from ending."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(right)))
    except (OSError, TypeError, SyntaxError):
        return ()
    function, found = tree.body[0], []
    ends = not any(isinstance(node, ast.While) for node in ast.walk(tree))
    if not isinstance(function, ast.FunctionDef) or not ends or right.__code__.co_freevars:
        return ()
    function.decorator_list = []
    names = [argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)]
    beside = {n for n, of in right.__globals__.items() if inspect.isfunction(of)}
    for part in [node for line in function.body for node in ast.walk(line)]:
        for key, value in list(ast.iter_fields(part)):
            for k, node in enumerate(value if isinstance(value, list) else [value]):
                within = where(part, node)
                for said, new in changes(node, names, beside):
                    put(part, key, k, new)
                    if len(found) < MOST and (made := compiled(tree, right)):
                        found.append((said + within, made))
                    put(part, key, k, node)
    for one, other in combinations(names, 2):
        exchange(function, one, other)
        if len(found) < MOST and (made := compiled(tree, right)):
            found.append((f"`{one}` and `{other}` are exchanged", made))
        exchange(function, one, other)
    return tuple(found)


def exchange(function: ast.FunctionDef, one: str, other: str):
    """Each of two names in the place of the other, in the body of a function."""
    for node in (node for line in function.body for node in ast.walk(line)):
        if isinstance(node, ast.Name) and node.id in (one, other):
            node.id = other if node.id == one else one


def put(part: ast.AST, key: str, k: int, node: ast.AST):
    if isinstance(getattr(part, key), list):
        getattr(part, key)[k] = node
    else:
        setattr(part, key, node)


def compiled(tree: ast.Module, right: Callable) -> Callable | None:
    """The function of a changed tree, among the names of `right`."""
    names = dict(right.__globals__)
    try:
        exec(compile(ast.fix_missing_locations(tree), "<variant>", "exec"), names)
    except (SyntaxError, ValueError, TypeError):
        return None
    return names[tree.body[0].name]


def where(part: ast.AST, node: ast.AST) -> str:
    """Words for the call or the index that a number stands in, which says little by itself."""
    bare = node.operand if isinstance(node, ast.UnaryOp) else node
    if isinstance(part, ast.Subscript) and isinstance(bare, ast.Constant):
        return f", in {shown(part)}"
    if not isinstance(part, ast.Call) or not isinstance(bare, ast.Constant):
        return ""
    return f", in {name_of(part)}(…)"


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)


def shown(node: ast.AST) -> str:
    text = ast.unparse(node)
    return f"`{text if len(text) <= PIECE else text[:PIECE] + ' …'}`"


def instead(node: ast.AST, *others: ast.AST) -> Changes:
    for other in others:
        yield f"{shown(other)} stands where {shown(node)} should", other


def changes(node, names: list[str], beside: set[str]) -> Changes:
    """beside: names of functions of the author's own, which students do not know."""
    match node:
        case ast.BinOp():
            yield from of_operator(node)
        case ast.Call():
            ours = isinstance(node.func, ast.Name) and node.func.id in beside
            for said, new in of_call(node):
                yield from instead(node, new) if ours else [(said, new)]
        case ast.UnaryOp(op=ast.USub()):
            yield f"the minus before {shown(node.operand)} is missing", node.operand
        case ast.UnaryOp(op=ast.Invert() | ast.Not()):
            yield f"{shown(node)} is turned round", node.operand
        case ast.Attribute(attr="T" | "mT"):
            yield f"{shown(node.value)} is not transposed", node.value
        case ast.Name(id=name, ctx=ast.Load()) if name in names:
            yield from instead(node, *(ast.Name(n, ast.Load()) for n in names if n != name))
            yield f"{shown(node)} is transposed", ast.Attribute(node, "T", ast.Load())
            yield f"the sign of {shown(node)} is turned", ast.UnaryOp(ast.USub(), node)
        case ast.Compare(left=left, ops=[op]) if type(op) in COMPARED:
            yield from instead(node, ast.Compare(left, [COMPARED[type(op)]()], node.comparators))
        case ast.Constant(value=bool() as value):
            yield from instead(node, ast.Constant(not value))
        case ast.Constant(value=int() as value):
            yield from instead(node, ast.Constant(value - 1), ast.Constant(value + 1))
        case ast.Constant(value=str() as value):
            yield from instead(node, *map(ast.Constant, OTHERS.get(value, ())))


def of_operator(node: ast.BinOp) -> Changes:
    """A part dropped, doubled, swapped with the other, or under another operator."""
    left, op, right = node.left, node.op, node.right
    if not isinstance(op, ast.MatMult):
        for gone, rest in ((right, left), (left, right)):
            bare = isinstance(gone, ast.Constant)  # which says little by itself
            yield from instead(node, rest) if bare else [(f"{shown(gone)} is missing", rest)]
    if isinstance(op, ast.Add | ast.Sub):
        twice = lambda part: ast.BinOp(ast.Constant(2), ast.Mult(), part)
        yield f"{shown(right)} counts twice", ast.BinOp(left, op, twice(right))
        yield f"{shown(left)} counts twice", ast.BinOp(twice(left), op, right)
    if not isinstance(op, ast.Add | ast.Mult):
        yield f"{shown(left)} and {shown(right)} are swapped", ast.BinOp(right, op, left)
    for other, said in OPERATORS.get(type(op), {}).items():
        yield f"{shown(right)} is {said}", ast.BinOp(left, other(), right)


def of_call(node: ast.Call) -> Changes:
    """Another function, none, another axis, or a named argument left out."""
    method = isinstance(node.func, ast.Attribute)
    name = name_of(node)
    for other in OTHERS.get(name, ()):
        on = node.func.value if method else None
        func = ast.Attribute(on, other, ast.Load()) if method else ast.Name(other, ast.Load())
        for keywords in (node.keywords, []):
            yield f"{other} stands where {name} should", ast.Call(func, node.args, keywords)
    if node.args or method:
        yield f"{name} is left out", node.args[0] if node.args else node.func.value
    for k, arg in enumerate(node.args):
        if k >= (not method):  # what is worked on is no setting
            rest = [*node.args[:k], *node.args[k + 1 :]]
            said = f"{shown(arg)} is missing in {name}(…)"
            yield said, ast.Call(node.func, rest, node.keywords)
    for k, word in enumerate(node.keywords):
        rest = [*node.keywords[:k], *node.keywords[k + 1 :]]
        for axis in (0, 1, -1) if word.arg in ("axis", "dim") else ():
            along = [*rest, ast.keyword(word.arg, ast.Constant(axis))]
            said = f"{name} goes along another axis ({word.arg}={axis})"
            yield said, ast.Call(node.func, node.args, along)
        said = f"{word.arg}={ast.unparse(word.value)} is missing in {name}"
        yield said, ast.Call(node.func, node.args, rest)
