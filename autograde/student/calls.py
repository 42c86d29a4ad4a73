"""Calls in a stack that are not as what they call is defined: too few values or too many, a `self`
that is not there, or twice, a function of another place, an object in the place of its method, what
comes back in another form than it is taken, or nothing, for want of a return."""

import ast
import inspect
import re
import traceback
import types
from collections.abc import Callable

import torch

from .holes import hole, later, replace, statement_at
from .rewriting import FIT, LEFT, Span
from .telling import is_own

NOT_THE_COUNT = re.compile(r"(\w+)\.?(\w*)\(\) (takes|missing)")
NO_METHOD = re.compile(r"'(\w+)' object is not callable|has no attribute|not defined|missing the")
FORM = re.compile(r"unpack|expected \d+")
TOGETHER = "stack", "cat"
Functions = dict[str, types.FunctionType]


def call_straight(
    function: ast.FunctionDef,
    place: Span,
    error: Exception,
    methods: Functions,
    tree: Callable[[str], ast.FunctionDef | None],
) -> str | None:
    """Has the call at `place`, or what it calls, be as it may be meant. The name of the function
    that is changed, "" for the one that calls; None where there is no way. tree: that of one of
    the methods, by its name there."""
    body, at = statement_at(function, place[0])
    if not body:
        return None
    statement, said = body[at], str(error)
    calls = [one for one in ast.walk(statement) if isinstance(one, ast.Call)]
    raising = [call for call in calls if spans_start(call, place)]
    names = frames_of(error)[-1].f_locals if frames_of(error) else {}
    if isinstance(error, TypeError) and (found := NOT_THE_COUNT.search(said)):
        wanted = found[1] if found[2] == "__init__" else found[2] or found[1]
        called = [call for call in raising if name_of(call) == wanted]
        return fitted(called[0], found, names, methods, tree) if called else None
    if isinstance(error, (AttributeError, TypeError, NotImplementedError)):
        itself = f"self.{function.name}"
        if NO_METHOD.search(said) and call_another(raising, error, names, methods, itself):
            return ""
    if "NoneType" in said and (key := return_given(function, methods, tree)):
        return key
    apart = "must be int, not list" in said and any(
        each_by_itself(statement, call) for call in raising
    )
    return "" if apart or FORM.search(said) and put_in_form(statement) else None


def call_another(
    calls: list[ast.Call], error: Exception, names: dict, methods: Functions, itself: str
) -> bool:
    """Has the first of the calls that may be meant otherwise call that. Whether one may."""
    for call in calls:
        other = meant_by(call, error, names, methods)
        if other and other != itself:
            call.func = ast.copy_location(ast.parse(other, mode="eval").body, call.func)
            ast.fix_missing_locations(call)
            return True
    return False


def return_given(function: ast.FunctionDef, methods: Functions, tree) -> str:
    """Has the first function that lacks a return have one; its name among the methods."""
    made = (name_of(one) for node in filter(None, map(tree, methods)) for one in calls_in(node))
    for name in dict.fromkeys(made):
        if (key := key_of(name, methods)) and give_return(tree(key), function, name):
            return key
    return ""


def frames_of(error: Exception) -> list[types.FrameType]:
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return [frame for frame in frames if is_own(frame.f_code.co_filename)]


def calls_in(node: ast.AST) -> list[ast.Call]:
    """Calls whose results are used."""
    alone = {id(one.value) for one in ast.walk(node) if isinstance(one, ast.Expr)}
    return [n for n in ast.walk(node) if isinstance(n, ast.Call) and id(n) not in alone]


def name_of(call: ast.Call) -> str:
    return getattr(call.func, "attr", None) or getattr(call.func, "id", "")


def key_of(name: str, methods: Functions) -> str:
    """Under which name a function of the student's stands among the methods."""
    keys = (key for key in methods if key.removesuffix("()").rpartition(".")[2] == name)
    return next(keys, "")


def spans_start(call: ast.Call, place: Span) -> bool:
    return (call.lineno, call.col_offset) == place[:2]


# ---------------------------------------------------------------- what is given
def fitted(call: ast.Call, found: re.Match, names: dict, methods: Functions, tree) -> str | None:
    """Has a call give as many values as what it calls takes, by the names of these or drawn; or
    has that take a `self`, where it does not."""
    is_method = bool(found[2])
    key = key_of(found[2] or found[1], methods)
    if found[2] == "__init__":
        key = next((k for k in methods if k == f"{found[1]}.__init__()"), "")
    definition = tree(key) if key else None
    if definition is None:
        return None
    takes = [argument.arg for argument in definition.args.args]
    given = len(call.args) + len(call.keywords)
    if is_method and takes[:1] != ["self"] and len(takes) == given:
        definition.args.args.insert(0, ast.arg("self"))
        return key
    before, by_name = ast.dump(call), {keyword.arg for keyword in call.keywords}
    if None in by_name or any(isinstance(one, ast.Starred) for one in call.args):
        return None  # how many are given does not show
    optional = takes[len(takes) - len(definition.args.defaults) :]
    takes = [name for name in takes[is_method:] if name not in by_name]
    if is_method and getattr(call.args[0] if call.args else None, "id", "") == "self":
        del call.args[0]
    given, needed = call.args, [name for name in takes if name not in optional]
    lacking = len(needed) > len(given)
    takes = needed if lacking else takes
    named = {one.id: one for one in given if isinstance(one, ast.Name) and one.id in takes}
    rest = iter([one for one in given if one not in named.values()])
    for k, name in enumerate(takes if lacking else ()):
        value = named.get(name) or next(rest, None)
        named[name] = value or stands_for(name, names, 100 * call.lineno + k)
    call.args = [named[name] for name in takes] if lacking else given[: len(takes)]
    ast.fix_missing_locations(call)
    return None if ast.dump(call) == before else ""


def stands_for(name: str, names: dict, k: int) -> ast.expr:
    """What a value that is not given may be: what has its name where it is called, or in the
    module; else it is drawn."""
    if name in names and is_one(names[name]):
        return ast.Name(name, ast.Load())
    if hasattr(names.get("self"), name):
        return ast.Attribute(ast.Name("self", ast.Load()), name, ast.Load())
    return hole(k)


def is_one(value) -> bool:
    """Whether it is no list and no matrix, as of all layers."""
    return not isinstance(value, list | tuple) and getattr(value, "ndim", 1) < 2


def meant_by(call: ast.Call, error: Exception, names: dict, methods: Functions) -> str:
    """What is meant by something that cannot be called: the same name at another object, or as a
    function; a cell by what it does not have; an object by the one method that it has."""
    name, what = name_of(call), getattr(error, "obj", None)
    if isinstance(call.func, ast.Attribute) and isinstance(error, AttributeError):
        if error.name != name:
            return ""
        if isinstance(what, list) and name in TOGETHER:  # `rows.stack()`
            call.args.insert(0, call.func.value)
            return f"torch.{name}"
        others = [
            key
            for key, one in names.items()
            if key != "self" and is_of_student(one) and hasattr(one, name)
        ]
        if others:
            return f"{others[0]}.{name}"
        if f"{name}()" in methods:
            return name
        if type(what).__module__ == "__main__" and isinstance(what, torch.nn.Module):
            return ast.unparse(call.func.value) if hasattr(what, "last") else ""
    else:
        what = names.get(getattr(call.func, "id", ""))
    own = [key for key in vars(type(what)) if isinstance(vars(type(what))[key], types.FunctionType)]
    own = [key for key in own if key != "__init__" and is_of_student(what)]
    itself = call.func.value if isinstance(error, AttributeError) else call.func
    return f"{ast.unparse(itself)}.{own[0]}" if len(own) == 1 else ""


def is_of_student(value) -> bool:
    init = getattr(type(value), "__init__", None)
    return inspect.isfunction(init) and is_own(init.__code__.co_filename)


# ---------------------------------------------------------------- what comes back
def put_in_form(statement: ast.stmt | None) -> bool:
    """Has a statement take what a call gives back in the form in which it takes it apart."""
    call = getattr(statement, "value", None)
    target = getattr(statement, "targets", [None])[0]
    if not isinstance(call, ast.Call) or not isinstance(target, ast.Tuple):
        return False
    if getattr(call.func, "id", "") == FIT:
        return False
    value = ast.Constant(form_of(target))
    args = [later(call), value, ast.Constant(1000 * statement.lineno)]
    new = ast.Call(ast.Name(FIT, ast.Load()), args, [])
    replace(statement, call, ast.fix_missing_locations(ast.copy_location(new, call)))
    return True


def each_by_itself(statement: ast.stmt, call: ast.Call) -> bool:
    """Has `stack(a, b)` be `(stack(a), stack(b))`. False of other calls."""
    if name_of(call) not in TOGETHER or len(call.args) != 2 or call.keywords:
        return False
    pair = ast.Tuple([ast.Call(call.func, [one], []) for one in call.args], ast.Load())
    above = next(n for n in ast.walk(statement) if call in ast.iter_child_nodes(n))
    replace(above, call, ast.fix_missing_locations(ast.copy_location(pair, call)))
    return True


def form_of(target: ast.expr):
    """Nested tuples, with None for each name, of what is assigned to."""
    return tuple(map(form_of, target.elts)) if isinstance(target, ast.Tuple) else None


def give_return(helper: ast.FunctionDef | None, caller: ast.FunctionDef, name: str) -> bool:
    """Has a function that returns nothing return what it has made: as many values as its caller
    takes, of those that it makes outside of its loops, or else of its arguments that it makes
    anew; or what its last line makes. False where it returns, or that does not show."""
    if helper is None or helper.name in ("forward", "__init__"):
        return False
    if any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(helper)):
        return False
    targets = [
        one.targets[0]
        for one in ast.walk(caller)
        if isinstance(one, ast.Assign) and name_of_value(one) == name
    ]
    count = len(getattr(targets[0], "elts", "1")) if targets else 1
    last = helper.body[-1]
    attributes = [ast.unparse(one) for one in assigned_in(helper) if isinstance(one, ast.Attribute)]
    outside = named(helper, (one for one in helper.body if isinstance(one, ast.Assign)))
    arguments = {argument.arg for argument in helper.args.args}
    anew = [one for one in named(helper, ast.walk(helper)) if one in arguments]
    ways = (outside, [*outside, *(one for one in anew if one not in outside)], attributes[-1:])
    made = next((way for way in ways if len(way) == count), None)
    if (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Call)
        and name_of(last.value) == name
    ):
        helper.body[-1] = ast.copy_location(ast.Return(last.value), last)
    elif made:
        text = f"return {LEFT}({', '.join(made)})"
        (new,) = ast.parse(text).body
        for node in ast.walk(new):
            ast.copy_location(node, last)
        helper.body.append(new)
    else:
        return False
    ast.fix_missing_locations(helper)
    return True


def name_of_value(statement: ast.Assign) -> str:
    return name_of(statement.value) if isinstance(statement.value, ast.Call) else ""


def assigned_in(function: ast.FunctionDef) -> list[ast.expr]:
    found = [one for node in ast.walk(function) for one in targets_of(node)]
    return sorted(found, key=lambda one: (one.lineno, one.col_offset))


def targets_of(node: ast.AST) -> list[ast.expr]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return [part for one in targets for part in getattr(one, "elts", [one])]


def named(function: ast.FunctionDef, nodes) -> list[str]:
    """The names that these statements assign to, in order."""
    found = [one for node in nodes for one in targets_of(node) if isinstance(one, ast.Name)]
    found.sort(key=lambda one: (one.lineno, one.col_offset))
    return [*dict.fromkeys(one.id for one in found)]
