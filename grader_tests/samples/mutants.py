"""Mutants of the worked solutions: one small change each, at the level of the syntax tree.

`mutants(source)` yields (what was changed, the changed source); `random_mutant` makes several
changes at once, of any right answer.
"""

import ast
import copy
import random

OPERATORS = {
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Add, ast.MatMult),
    ast.MatMult: (ast.Mult,),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.Lt: (ast.LtE,),
    ast.Gt: (ast.GtE,),
}
FUNCTIONS = {
    "sigmoid": ("tanh", "relu", "softmax"),
    "tanh": ("sigmoid", "relu", "sin"),
    "stack": ("cat",),
    "normal_": ("uniform_", "zeros_", "ones_"),
    "empty": ("zeros", "ones"),
    "enumerate": (),
    "Linear": ("Identity",),
    "ModuleList": ("ParameterList",),
}


def places(tree):
    """(parent, field, index or None, node) of every node below `tree`."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            for index, node in enumerate(value) if isinstance(value, list) else [(None, value)]:
                if isinstance(node, ast.AST):
                    yield parent, field, index, node


def names_in(tree) -> tuple[list[str], list[str]]:
    """Local variables that are read, and attributes of self."""
    local = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    } - {"self", "torch", "nn", "super", "range", "enumerate", "zip", "list", "len"}
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }
    return sorted(name for name in local if name[0].islower()), sorted(own)


def replacements(parent, field, node, local, own):
    """(what, new node or None to drop it) for one node."""
    if isinstance(node, ast.BinOp):
        yield f"only the left of {ast.unparse(node)}", node.left
        yield f"only the right of {ast.unparse(node)}", node.right
        yield f"sides swapped in {ast.unparse(node)}", ast.BinOp(node.right, node.op, node.left)
    for owner, kind in (
        (node, getattr(node, "op", None)),
        (node, node.ops[0] if isinstance(node, ast.Compare) else None),
    ):
        for other in OPERATORS.get(type(kind), ()):
            new = copy.deepcopy(owner)
            if isinstance(new, ast.Compare):
                new.ops[0] = other()
            else:
                new.op = other()
            yield f"{ast.unparse(node)} → {ast.unparse(new)}", new
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in local:
        for other in local:
            if other != node.id:
                yield f"{node.id} → {other}", ast.Name(other, ast.Load())
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ):
        for other in own:
            if other != node.attr:
                yield f"self.{node.attr} → self.{other}", ast.Attribute(node.value, other, node.ctx)
    if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS:
        for other in FUNCTIONS[node.attr]:
            yield f"{node.attr} → {other}", ast.Attribute(node.value, other, node.ctx)
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} → {not node.value}", ast.Constant(not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        for other in (node.value + 1, node.value - 1):
            yield f"{node.value} → {other}", ast.Constant(other)
    if isinstance(node, ast.Call):
        yield from call_replacements(node)
    if isinstance(node, ast.Tuple) and len(node.elts) > 1 and isinstance(node.ctx, ast.Load):
        yield f"{ast.unparse(node)} in reverse", ast.Tuple(node.elts[::-1], node.ctx)
        for k, part in enumerate(node.elts):
            yield f"only {ast.unparse(part)} of {ast.unparse(node)}", part
    if isinstance(node, ast.Tuple) and len(node.elts) > 1 and isinstance(node.ctx, ast.Store):
        yield f"{ast.unparse(node)} in reverse", ast.Tuple(node.elts[::-1], node.ctx)
    if isinstance(node, ast.IfExp):
        yield f"always {ast.unparse(node.body)}", node.body
        yield f"always {ast.unparse(node.orelse)}", node.orelse
    if isinstance(node, ast.Subscript):
        yield f"{ast.unparse(node.value)} without its index", node.value
    if (
        isinstance(node, ast.expr)
        and field in ("left", "right", "value", "args")
        and isinstance(node, ast.Call | ast.BinOp)
    ):
        yield f"minus {ast.unparse(node)}", ast.UnaryOp(ast.USub(), node)
        yield f"twice {ast.unparse(node)}", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        yield (
            f"{ast.unparse(node)} detached",
            ast.Call(ast.Attribute(node, "detach", ast.Load()), [], []),
        )
    if (
        isinstance(node, ast.stmt)
        and field == "body"
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
    ):
        yield f"without {ast.unparse(node).splitlines()[0]}", ast.Pass()


def call_replacements(node: ast.Call):
    text = ast.unparse(node)
    for k, argument in enumerate(node.args):
        yield f"{text} → {ast.unparse(argument)}", argument
        yield (
            f"{text} without argument {k}",
            ast.Call(node.func, node.args[:k] + node.args[k + 1 :], node.keywords),
        )
    for k in range(len(node.args) - 1):
        swapped = [*node.args[:k], node.args[k + 1], node.args[k], *node.args[k + 2 :]]
        yield (
            f"{text} with arguments {k} and {k + 1} swapped",
            ast.Call(node.func, swapped, node.keywords),
        )
    for keyword in node.keywords:
        yield (
            f"{text} without {keyword.arg}",
            ast.Call(
                node.func, node.args, [other for other in node.keywords if other is not keyword]
            ),
        )
    if isinstance(node.func, ast.Name) and node.func.id == "range" and len(node.args) == 1:
        yield f"{text} from 1", ast.Call(node.func, [ast.Constant(1), node.args[0]], [])
        yield (
            f"{text} one less",
            ast.Call(node.func, [ast.BinOp(node.args[0], ast.Sub(), ast.Constant(1))], []),
        )


def changes(tree, within=None):
    """Every single change of the methods in a tree, or in a part of it: (what, parent, field, its
    new value)."""
    for method in (n for n in ast.walk(within or tree) if isinstance(n, ast.FunctionDef)):
        local, own = names_in(method)
        own = sorted(set(own) | set(names_in(tree)[1]))
        for parent, field, index, node in list(places(method)):
            for what, new in replacements(parent, field, node, local, own):
                kept = getattr(parent, field)
                value = new if index is None else [*kept[:index], new, *kept[index + 1 :]]
                yield f"{method.name}: {what}", parent, field, value


def text_with(tree, parent, field, value) -> str | None:
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


def mutants(source: str):
    """Every single mutant of a class's source, no two alike."""
    tree, seen = ast.parse(source), {ast.unparse(ast.parse(source))}
    for what, *change in changes(tree):
        text = text_with(tree, *change)
        if text and text not in seen:
            seen.add(text)
            yield what, text


def random_mutant(name: str, source: str, count: int, rng: random.Random) -> tuple[str, str]:
    """A source with so many changes at random in its class `name`, one after the other; fewer
    where nothing is left to change."""
    said = []
    while len(said) < count:
        tree = ast.parse(source)
        cls = [node for node in tree.body if getattr(node, "name", "") == name][-1]
        found = list(changes(tree, cls))
        if not found:
            break
        what, *change = rng.choice(found)
        text = text_with(tree, *change)
        if text and text != ast.unparse(ast.parse(source)):
            source = text
            said.append(what)
    return " & ".join(said), source
