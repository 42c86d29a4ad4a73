"""Mutants of a worked solution: one small change each, at the level of the syntax tree.

`mutants(source)` yields (what was changed, the changed source).
"""

import ast
import copy
import re
from collections.abc import Iterator

OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.MatMult),
    ast.MatMult: (ast.Mult,),
    ast.Div: (ast.Mult, ast.FloorDiv),
    ast.Pow: (ast.Mult,),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.Lt: (ast.LtE,),
    ast.Gt: (ast.GtE,),
}
FUNCTIONS = {  # name of a function or an attribute -> what stands in its place
    "sigmoid": ("tanh", "relu", "softmax"),
    "tanh": ("sigmoid", "relu", "sin"),
    "stack": ("cat",),
    "normal_": ("uniform_", "zeros_", "ones_"),
    "empty": ("zeros", "ones"),
    "Linear": ("Identity",),
    "ModuleList": ("ParameterList",),
    "mean": ("sum", "median"),
    "sum": ("mean", "max"),
    "max": ("min",),
    "min": ("max",),
    "exp": ("log", "square"),
    "log": ("exp",),
    "sqrt": ("abs", "square"),
    "sin": ("cos",),
    "cos": ("sin",),
    "count": ("nunique", "size"),
    "var": ("std",),
    "std": ("var",),
}
COPIES = {"copy", "clone", "dropna", "reset_index", "drop_duplicates", "sort_values"}
NOT_VALUES = set("self torch nn np pd super range enumerate zip list len".split())


def mutants(source: str) -> Iterator[tuple[str, str]]:
    """Every single mutant of a cell's source, no two alike."""
    tree, seen = ast.parse(source), {ast.unparse(ast.parse(source))}
    has_gradients = re.search(r"\b(torch|nn)\b", source)
    for what, *change in changes(tree):
        if what.endswith("detached") and not has_gradients:
            continue
        text = text_with(tree, *change)
        if text and text not in seen:
            seen.add(text)
            yield what, text


def changes(tree: ast.AST, within: ast.AST | None = None) -> Iterator[tuple]:
    """Every single change of the functions in a tree, or in a part of it, or of all of it where
    there are none: (what, parent, field, its new value)."""
    functions = [n for n in ast.walk(within or tree) if isinstance(n, ast.FunctionDef)]
    for place in functions or [tree]:
        local, own = names_in(place)
        own = sorted(set(own) | set(names_in(tree)[1]))
        for parent, field, index, node in list(places(place)):
            for what, new in replacements(node, field, local, own):
                kept = getattr(parent, field)
                value = new if index is None else [*kept[:index], new, *kept[index + 1 :]]
                yield f"{getattr(place, 'name', 'the cell')}: {what}", parent, field, value


def text_with(tree: ast.AST, parent: ast.AST, field: str, value) -> str | None:
    """The source with one change, which is taken back; None where that is no Python."""
    kept = getattr(parent, field)
    setattr(parent, field, value)
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
        compile(text, "mutant", "exec")
        return text
    except (SyntaxError, TypeError, ValueError, AttributeError):
        return None
    finally:
        setattr(parent, field, kept)


def places(tree: ast.AST) -> Iterator[tuple]:
    """(parent, field, index or None, node) of every node below `tree`."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    yield parent, field, index, node


def names_in(tree: ast.AST) -> tuple[list[str], list[str]]:
    """Local variables that are read, and attributes of self."""
    nodes = list(ast.walk(tree))
    local = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    own = {n.attr for n in nodes if of_self(n)}
    return sorted(name for name in local - NOT_VALUES if name[0].islower()), sorted(own)


def of_self(node: ast.AST) -> bool:
    owner = node.value if isinstance(node, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "self"


def replacements(node: ast.AST, field: str, local: list[str], own: list[str]) -> Iterator[tuple]:
    """(what, new node) for one node that stands in `field` of its parent."""
    text = ast.unparse(node)
    if isinstance(node, ast.BinOp):
        yield f"only the left of {text}", node.left
        yield f"only the right of {text}", node.right
        yield f"sides swapped in {text}", ast.BinOp(node.right, node.op, node.left)
    if isinstance(node, ast.BinOp | ast.Compare):
        yield from other_operators(node)
    if isinstance(node, ast.UnaryOp):
        yield f"{text} → {ast.unparse(node.operand)}", node.operand
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in local:
        for other in (name for name in local if name != node.id):
            yield f"{text} → {other}", ast.Name(other, ast.Load())
    if of_self(node):
        for other in (name for name in own if name != node.attr):
            yield f"{text} → self.{other}", ast.Attribute(node.value, other, node.ctx)
    if isinstance(node, ast.Attribute):
        for other in FUNCTIONS.get(node.attr, ()):
            yield f"{node.attr} → {other}", ast.Attribute(node.value, other, node.ctx)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{text} → {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        for other in (node.value + 1, node.value - 1):
            yield f"{text} → {other}", ast.Constant(other)
    if isinstance(node, ast.Call):
        yield from other_calls(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr in COPIES:
            yield f"{text} → {ast.unparse(node.func.value)}", node.func.value
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        yield f"{text} in reverse", ast.Tuple(node.elts[::-1], node.ctx)
        for part in node.elts if isinstance(node.ctx, ast.Load) else ():
            yield f"only {ast.unparse(part)} of {text}", part
    if isinstance(node, ast.IfExp):
        yield f"always {ast.unparse(node.body)}", node.body
        yield f"always {ast.unparse(node.orelse)}", node.orelse
    if isinstance(node, ast.Subscript):
        yield f"{ast.unparse(node.value)} without its index", node.value
    if isinstance(node, ast.Call | ast.BinOp) and field in ("left", "right", "value", "args"):
        yield f"minus {text}", ast.UnaryOp(ast.USub(), node)
        yield f"twice {text}", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        yield f"{text} detached", ast.Call(ast.Attribute(node, "detach", ast.Load()), [], [])
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    if isinstance(node, ast.stmt) and field == "body" and not docstring:
        yield f"without {text.splitlines()[0]}", ast.Pass()


def other_operators(node: ast.BinOp | ast.Compare) -> Iterator[tuple]:
    kind = node.ops[0] if isinstance(node, ast.Compare) else node.op
    for other in OPERATORS.get(type(kind), ()):
        new = copy.deepcopy(node)
        if isinstance(new, ast.Compare):
            new.ops[0] = other()
        else:
            new.op = other()
        yield f"{ast.unparse(node)} → {ast.unparse(new)}", new


def other_calls(node: ast.Call) -> Iterator[tuple]:
    text, args, keywords = ast.unparse(node), node.args, node.keywords
    with_args = lambda *changed: ast.Call(node.func, list(changed), keywords)
    for k, argument in enumerate(args):
        yield f"{text} → {ast.unparse(argument)}", argument
        yield f"{text} without argument {k}", with_args(*args[:k], *args[k + 1 :])
    for k in range(len(args) - 1):
        swapped = with_args(*args[:k], args[k + 1], args[k], *args[k + 2 :])
        yield f"{text} with arguments {k} and {k + 1} swapped", swapped
    for keyword in keywords:
        others = [other for other in keywords if other is not keyword]
        yield f"{text} without {keyword.arg}", ast.Call(node.func, args, others)
    if isinstance(node.func, ast.Name) and node.func.id == "range" and len(args) == 1:
        yield f"{text} from 1", with_args(ast.Constant(1), args[0])
        yield f"{text} one less", with_args(ast.BinOp(args[0], ast.Sub(), ast.Constant(1)))
