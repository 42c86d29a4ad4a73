"""Loops, picks and lists of a stack's forward that are not what is meant: a header that lacks its
range, enumerate or zip, or unpacks in another order; a layer or a state that is one too far; a list
that is never made, or filled in no way that lists have.

What a loop is over shows in what it does with its names: one that is called is a layer, one that
picks is a number, others are states, or the input of a step.
"""

import ast
import itertools
from collections.abc import Iterator

from .rewriting import copy_of

Header = tuple[ast.expr, ast.expr]  # what a loop assigns to, and what it goes over
ADDS = ("add", "push", "push_back", "put", "insert", "extend")  # what is tried in append's place
SIZES = ("len", "range", "enumerate", "zip", "reversed", "list", "tuple")  # no states themselves


def put_straight(
    function: ast.FunctionDef, lines: tuple[int, int], error: Exception, count: int
) -> Iterator[ast.FunctionDef]:
    """Copies of a function that raises in these lines, each with one loop around them, inner ones
    first, or with the picks in them as they may be meant. count: of what a layer is given."""
    missing = error.name if isinstance(error, NameError) else None
    other = copy_of(function)
    if missing and make_list(other, missing):
        yield other
    around = [number for number, loop in loops_of(function) if covers(loop, lines)]
    for number in reversed(around):
        other = copy_of(function)
        loop = dict(loops_of(other))[number]
        header = meant(loop, other, missing)
        if header and not same(header, (loop.target, loop.iter)):
            yield with_header(other, loop, header)
    for change in (pick_without_shift, pick_as_given, pick_a_step, *OTHERS):
        other = copy_of(function)
        if change(other, lines, count):
            yield other


def loops_of(function: ast.FunctionDef) -> Iterator[tuple[int, ast.For]]:
    return ((k, node) for k, node in enumerate(ast.walk(function)) if isinstance(node, ast.For))


def covers(loop: ast.For, lines: tuple[int, int]) -> bool:
    return loop.lineno <= lines[0] and lines[1] <= loop.end_lineno


def same(one: Header, other: Header) -> bool:
    return [ast.unparse(part).strip("()") for part in one] == [
        ast.unparse(part).strip("()") for part in other
    ]


def with_header(function: ast.FunctionDef, loop: ast.For, header: Header) -> ast.FunctionDef:
    near = loop.iter
    loop.target, loop.iter = header
    for part in header:
        for node in ast.walk(part):
            ast.copy_location(node, near)
    return function


# ---------------------------------------------------------------- headers
def meant(loop: ast.For, function: ast.FunctionDef, missing: str | None) -> Header | None:
    """What a loop over layers or over steps should say, by what it does with its names, and with
    one that is made nowhere; None where that does not show."""
    arguments = [argument.arg for argument in function.args.args]
    if len(arguments) < 2:
        return None
    own, x, *states = arguments
    names = [*dict.fromkeys([*names_in(loop.target), *([missing] if missing else [])])]
    body = [node for statement in loop.body for node in ast.walk(statement)]
    layers = [name for name in names if name in called_in(body)][:1]
    numbers = [name for name in names if name in picking_in(body) or not is_used(name, body)][:1]
    others = [name for name in names if name not in (*layers, *numbers)]
    if missing in layers and x in names_in(loop.iter):
        return None  # a layer of a loop around this one
    picked = lambda among: any(is_pick(node, numbers, among) for node in body)
    if not layers and "layers" in ast.unparse(loop.iter):  # one that is handed on
        given = {name for node in body for name in arguments_in(node)}
        layers = [name for name in names_in(loop.target) if name in given and name in others][:1]
        others = [name for name in others if name not in layers]
    of_layers, of_steps = picked(f"{own}.layers"), picked(x) or x in names_in(loop.iter)
    if missing in others and (of_layers or picked(x)):
        return None  # what it goes over is taken by number
    if layers or of_layers or not of_steps and "layers" in ast.unparse(loop.iter):
        over, rest = f"{own}.layers", sources(loop.iter, own)
    elif of_steps:
        over, rest = x, []
    else:
        return None
    handed_on = not layers and len(others) == len(rest) + 1  # to what runs it
    if over == x or handed_on:
        layers, others = others[:1], others[1:]
    if len(rest) != len(others):
        rest = states if len(states) == len(others) else []
    if len(rest) != len(others):
        return None
    return header_of(numbers, [*layers, *others], [over] if layers else [], rest, over)


def header_of(
    numbers: list[str], items: list[str], first: list[str], rest: list[str], over: str
) -> Header | None:
    """The header that gives a number, or items of `first` and `rest`, or both."""
    parts = [*first, *rest]
    several = f"zip({', '.join(parts)})" if len(parts) > 1 else "".join(parts)
    target = ", ".join(items)
    if numbers and items:
        target = f"{numbers[0]}, ({target})" if len(items) > 1 else f"{numbers[0]}, {target}"
        several = f"enumerate({several})"
    elif numbers:
        target, several = numbers[0], f"range(len({over}))"
    if not target:
        return None
    made = ast.parse(f"for {target} in {several}: pass").body[0]
    return made.target, made.iter


def names_in(node: ast.AST) -> list[str]:
    found = [one for one in ast.walk(node) if isinstance(one, ast.Name)]
    return [one.id for one in sorted(found, key=lambda one: (one.lineno, one.col_offset))]


def called_in(nodes: list[ast.AST]) -> set[str]:
    return {getattr(node.func, "id", "") for node in nodes if isinstance(node, ast.Call)}


def arguments_in(node: ast.AST) -> list[str]:
    """The names that a call is given."""
    given = node.args if isinstance(node, ast.Call) else []
    return [one.id for one in given if isinstance(one, ast.Name)]


def picking_in(nodes: list[ast.AST]) -> set[str]:
    """Names that pick one of several, alone or with a number added."""
    picks = (node.slice for node in nodes if isinstance(node, ast.Subscript))
    return {name for pick in picks for name in names_in(pick)}


def is_used(name: str, nodes: list[ast.AST]) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in nodes)


def is_pick(node: ast.AST, numbers: list[str], among: str) -> bool:
    """Whether it picks by one of these numbers from what is written so."""
    return (
        isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == among
        and any(name in numbers for name in names_in(node.slice))
    )


def sources(node: ast.expr, own: str) -> list[str]:
    """What a header goes over beside the layers, as it is written."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SIZES:
        return [one for part in node.args for one in sources(part, own)]
    if isinstance(node, ast.Tuple | ast.List):
        return [one for part in node.elts for one in sources(part, own)]
    if isinstance(node, ast.Constant) or own in names_in(node):
        return []
    return [ast.unparse(node)]


# ---------------------------------------------------------------- picks
def pick_without_shift(function: ast.FunctionDef, lines: tuple[int, int], count: int) -> bool:
    """Has picks in these lines, as `[k + 1]`, pick by the name alone, but for those in what a layer
    is given: numbers can be drawn for that. Whether there are any."""
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    given = [one for node in calls if len(node.args) == count for one in node.args]
    kept = {id(node) for one in given for node in ast.walk(one)}
    shifted = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript)
        and lines[0] <= node.lineno <= lines[1]
        and id(node) not in kept
        and isinstance(node.slice, ast.BinOp)
        and isinstance(node.slice.left, ast.Name)
        and isinstance(node.slice.right, ast.Constant)
    ]
    for node in shifted:
        node.slice = node.slice.left
    return bool(shifted)


def pick_as_given(function: ast.FunctionDef, _: tuple[int, int], count: int) -> bool:
    """Where a layer is given `c[k]`, and what it gives back is assigned to `c`, has it assigned to
    `c[k]`; and has `layers[k]` called in place of `layers`. Whether there is any of these."""
    found = False
    for node in ast.walk(function):
        call = node.value if isinstance(node, ast.Assign) else None
        spread = isinstance(call, ast.Call) and any(isinstance(n, ast.Starred) for n in call.args)
        if not isinstance(call, ast.Call) or len(call.args) != count and not spread:
            continue
        picks = {one.value.id: one for one in call.args if is_plain_pick(one)}
        if getattr(call.func, "attr", "") == "layers" and (picks or counters(function)):
            pick = next(iter(picks.values())).slice if picks else counters(function)[0]
            call.func, found = ast.Subscript(call.func, pick, ast.Load()), True
        pair = getattr(node.targets[0], "elts", [])
        for place, target in enumerate(pair):
            if isinstance(target, ast.Name) and target.id in picks:
                given = picks[target.id]
                pair[place], found = ast.Subscript(given.value, given.slice, ast.Store()), True
        ast.fix_missing_locations(node)
    return found


def counters(function: ast.FunctionDef) -> list[ast.Name]:
    """The names by which loops count what is no step, and pick."""
    loops = [loop for loop in loops_of_all(function) if isinstance(loop.target, ast.Name)]
    used = {name for loop in loops for name in picking_in([*ast.walk(loop)])}
    counting = (loop.target.id for loop in loops if "layers" in ast.unparse(loop.iter))
    return [ast.Name(name, ast.Load()) for name in counting if name in used]


def take_the_pair(function: ast.FunctionDef, _: tuple[int, int], count: int) -> bool:
    """Has what a layer gives back assigned to all the states that it is given, by name, where it is
    to one of them. Whether there is any."""
    found = False
    for node in ast.walk(function):
        call = node.value if isinstance(node, ast.Assign) else None
        names = [getattr(one, "id", "") for one in getattr(call, "args", ())][1:]
        if len(names) == count - 1 and getattr(node.targets[0], "id", None) in names:
            found, states = True, [ast.Name(name, ast.Store()) for name in names]
            node.targets = [ast.copy_location(ast.Tuple(states, ast.Store()), node.targets[0])]
            ast.fix_missing_locations(node)
    return found


def pick_a_step(function: ast.FunctionDef, _: tuple[int, int], count: int) -> bool:
    """Has a loop that counts the steps take `x[t]` where it takes all of `x`, as the input of a
    layer or under another name. Whether there is any of these."""
    arguments = [argument.arg for argument in function.args.args]
    x, found = arguments[1] if len(arguments) > 1 else "", False
    for _, loop in loops_of(function):
        counts = isinstance(loop.target, ast.Name) and "range(" in ast.unparse(loop.iter)
        if not counts or "layers" in ast.unparse(loop.iter):
            continue
        step = ast.Subscript(
            ast.Name(x, ast.Load()), ast.Name(loop.target.id, ast.Load()), ast.Load()
        )
        for node in ast.walk(loop):
            if isinstance(node, ast.Assign) and getattr(node.value, "id", "") == x:
                node.value, found = step, True
            elif isinstance(node, ast.Call) and len(node.args) == count:
                if getattr(node.args[0], "id", "") == x:
                    node.args[0], found = step, True
        ast.fix_missing_locations(loop)
    return found


def is_plain_pick(node: ast.expr) -> bool:
    """Whether it is as `c[k]`."""
    return isinstance(node, ast.Subscript) and all(
        isinstance(part, ast.Name) for part in (node.value, node.slice)
    )


def count_up(function: ast.FunctionDef, lines: tuple[int, int], _: int) -> bool:
    """Has a loop, or what is made by one inside of brackets, go over `range(n)` in place of `n`, a
    name or a length. Whether there is any."""
    inside = [
        one
        for node in ast.walk(function)
        for one in (node, *getattr(node, "generators", ()))
        if isinstance(one, ast.For | ast.comprehension)
        and is_size(one.iter)
        and lines[0] <= one.iter.lineno <= lines[1]
    ]
    for one in inside:
        one.iter = ast.Call(ast.Name("range", ast.Load()), [one.iter], [])
        ast.copy_location(one.iter, one.iter.args[0])
        ast.fix_missing_locations(one.iter)
    return bool(inside)


def as_many_states(function: ast.FunctionDef, *_) -> bool:
    """Has what is made of `c[k]` by a loop inside of brackets, before any other loop, go over all
    of `c`, an argument. Whether there is any of these."""
    given, found = [argument.arg for argument in function.args.args][2:], False
    for statement in itertools.takewhile(lambda one: not is_loop(one), function.body):
        for node in ast.walk(statement):
            loop = node.generators[0] if isinstance(node, ast.ListComp) else None
            number = getattr(loop and loop.target, "id", "")
            for state in given if number else ():
                if any(is_pick(one, [number], state) for one in ast.walk(node.elt)):
                    over, found = ast.parse(f"range(len({state}))", mode="eval").body, True
                    for part in ast.walk(over):
                        ast.copy_location(part, loop.iter)
                    loop.iter = over
    return found


# ---------------------------------------------------------------- lists
def make_list(function: ast.FunctionDef, name: str) -> bool:
    """Makes an empty list of this name before the innermost loop that appends to it. Whether there
    is one, and something but what forward returns is made of it: that may be drawn."""
    loops = [loop for _, loop in loops_of(function) if fills(loop, name)]
    if not loops:
        return False
    reading = [function] if function.name != "forward" else loops_of_all(function)
    uses = [n for one in reading for n in ast.walk(one) if getattr(n, "id", None) == name]
    if len({*uses}) == len({n for n in ast.walk(function) if is_filling(n, name)}):
        return False
    innermost = loops[-1]
    made = ast.parse(f"{name} = []").body[0]
    for node in ast.walk(made):
        ast.copy_location(node, innermost.iter)
    for node in ast.walk(function):
        for statements in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if isinstance(statements, list) and innermost in statements:
                statements.insert(statements.index(innermost), made)
    return True


def fill_lists(function: ast.FunctionDef, lines: tuple[int, int], rows: ast.expr) -> bool:
    """Has lists that are made empty, and are picked from in these lines though nothing is appended
    to them, begin with `rows`. Whether there is any."""
    picks = {
        getattr(node.value, "id", "")
        for node in ast.walk(function)
        if isinstance(node, ast.Subscript) and lines[0] <= node.lineno <= lines[1]
    }
    picks.discard("")
    found = False
    for node in ast.walk(function):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        parts = getattr(target, "elts", [target])
        values = getattr(node.value, "elts", ()) if len(parts) > 1 else [getattr(node, "value", 0)]
        for part, value in zip(parts, values):
            name, empty = getattr(part, "id", ""), isinstance(value, ast.List) and not value.elts
            if empty and name in picks and not fills(function, name):
                value.elts, found = [ast.Starred(rows, ast.Load())], True
        ast.fix_missing_locations(node)
    return found


def loops_of_all(function: ast.FunctionDef) -> list[ast.For]:
    return [loop for _, loop in loops_of(function)]


def fills(part: ast.AST, name: str | None) -> bool:
    """Whether it appends to a list of this name."""
    return any(is_filling(node, name) for node in ast.walk(part))


def is_filling(node: ast.AST, name: str | None) -> bool:
    """Whether it is as `name.append(…)` or `name += […]`."""
    if isinstance(node, ast.AugAssign):
        return getattr(node.target, "id", "") == name and isinstance(node.value, ast.List)
    method = node.func if isinstance(node, ast.Call) else None
    append = isinstance(method, ast.Attribute) and method.attr == "append"
    return append and getattr(method.value, "id", "") == name


def append_one(function: ast.FunctionDef, lines: tuple[int, int], _: int) -> bool:
    """Has `append(a, b)` append the pair, and what is tried in the place of `append(a)`, as `add`,
    append. Whether there is any in these lines."""
    found = False
    for node in ast.walk(function):
        method = node.func if isinstance(node, ast.Call) else None
        if not isinstance(method, ast.Attribute) or not lines[0] <= node.lineno <= lines[1]:
            continue
        if method.attr == "append" and len(node.args) > 1:
            node.args, found = [ast.Tuple(node.args, ast.Load())], True
        elif method.attr in ADDS and len(node.args) == 1:
            method.attr, found = "append", True
        ast.fix_missing_locations(node)
    return found


def is_loop(node: ast.stmt) -> bool:
    return isinstance(node, ast.For | ast.While)


def is_size(node: ast.expr) -> bool:
    """Whether it may be a number, as it is written."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(node, ast.Name | ast.Attribute) or getattr(called, "id", "") == "len"


OTHERS = take_the_pair, count_up, as_many_states, append_one
