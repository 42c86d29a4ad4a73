"""What is wrong with declarations, found at a glance: when the module of an assignment is loaded.

All of it is said at once: the file, the exercise, what is wrong, and what to do. What takes the
judge to find, or a notebook, is in course/checked.py.
"""

import importlib
import inspect
import sys
import traceback
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from keyword import iskeyword
from math import isfinite
from pathlib import Path
from textwrap import shorten

import numpy as np

from .declared import (
    SIZES,
    BuiltIns,
    Computed,
    Criterion,
    Exercise,
    Function,
    Module,
    Normal,
    Recurrence,
    Stack,
    Table,
    Value,
)
from .rules import KNOWN, Part, columns, names_in, value
from .shapes import spec

# ruff: disable[E501]
SAYS = {  # what is wrong: what to do
    "no module": "There is no module {module}: put {module}.py beside nbgrader_config.py, or mend c.Judge.exercises there.",
    "raises": "{place}: {error}: mend that.",
    "no exercises": "{file} has no exercises: end it with EXERCISES = (FIRST, SECOND), a tuple of what is declared above, with a comma behind a single one.",
    "unreadable": "it cannot be read as a {kind} ({error}): compare its fields with those of AUTHORS.md.",
    "kind": "a {kind} is no kind of exercise: there are {kinds}.",
    "twice": "two exercises have this name: rename one, with its cells.",
    "name": "that is no name of a variable, a function or a class: write it as one word that is no keyword of Python.",
    "notebook": 'notebook is "{given}": write the name of its file without .ipynb.',
    "field": "{field} is {given!r}: write {field}={written}.",
    "criteria": "it has no criteria, so that nothing is marked: list them with their points.",
    "criterion": "{given} is no Criterion: write Criterion(key, points, title, what is asked).",
    "points": "the criterion {key} has {points!r} points: give it a number, 0 or more.",
    "key twice": "two criteria have the key {key}: list it once.",
    "unknown key": "nothing decides the criterion {key}, so that nobody would get it: {meant}",
    "missing key": "no criterion has the key {key}, so that a mistake there would cost nothing: list it with its points.",
    "draws": "the criterion reset and draws=Normal(mean, std) need one another: give both, or none.",
    "built-ins": "the criterion own needs built_ins=BuiltIns(…), what would do a student's work: give both, or none.",
    "sizes": '{name} has the sizes {sizes!r}: write a tuple of "n" (input_dim) and "m" (hidden_dim).',
    "taken": "two things are called {name}, among inputs, parameters, parts and functions: rename one.",
    "states": "it takes {states} states and returns {outputs} outputs: return each state anew, in the order of the arguments.",
    "no part": "{field} names {name}, which it does not have: {meant}",
    "symbol": "the output {output} is the part {part}, whose symbol is {symbol}: write both alike.",
    "order": "its outputs stand in another order than their parts: put the parts in the order of return.",
    "after": "the part {part} comes after the last output, where nothing shows it: move it up.",
    "no formula": 'the part {part} has no formula: give it variants={{formula: ""}}, the right one first.',
    "syntax": "the formula `{formula}` of {part} is no Python ({error}): mend it.",
    "unknown name": "the formula `{formula}` of {part} names {name}, which is not known there: {meant}",
    "inline": "the part {part} is inline, and no part after it has the criterion {key} and is not, so that nothing decides it: give both the same criterion.",
    "shape": "the right formula `{formula}` of {part} {what} where input_dim is 2, hidden_dim 3 and a call one column: look at the shapes of {names}.",
    "of": "of is {of!r}: name the Recurrence of the step.",
    "argument": "the input {name}: {error}.",
    "keyword": "the input {name} is a keyword of Python, which nothing can be called: call it otherwise, there and in the references.",
    "bound": 'the input {name} lies below {size}, which is a size of nothing else: is it a slip? Else write a number, or hand it over as "size {size}".',
    "takes": "{called} does not take ({asked}), which are its inputs ({error}): write def {called}({asked}).",
    "no function": "{given} is no function with a name: write it with def.",
    "no parameter": 'the parameter {name} is "{given}": write its shape alone, such as "m n"; what trains are arrays of floats.',
    "unread": "no right formula has the parameter {name}: take it out, or mend the formula.",
    "made with": "{name} has the size {size}, which made_with does not name: name it there.",
    "nothing said": "nothing is said of {what}: write what a student is told.",
    "right and wrong": "{what} is right, and among the wrong ones: take it out there.",
    "answer": "answer is {given!r}: write a number, a text, True or False, or a list of these.",
    "one criterion": "a Value has one criterion: list what is asked for, with its points.",
    "within": "within={given} says nothing: it is the part of the answer by which a number may be off, such as 0.01; below 1.",
    "slip of a list": "the slip {slip!r} is no list, as the answer {given} is: write it as a tuple, such as (1, 2).",
    "no kit": "kit names {file}, which is not in {folder}: put it there, or take it out of kit.",
    # with the judge
    "no result": "right returns {given}; asked for is {asked}: of each an array of finite numbers or truth values, or a single one.",
    "random": "right returns other numbers when it is called once more with the same: let it draw nothing, or hand over what it draws as an input.",
    "not sorted": "sorted_by names {name}, and its right table is not sorted by it{within}: mend either.",
    "ties": 'right sorts those with the same {key} by {name} in every table: write sorted_by=("{key}", "{name}") where that is asked for, and sorted_by=("{key}",) where they may stand in any order.',
    "right loses": "its right reference gets {score} of {points} points ({why}): mend it, or what is declared of it.",
    "wrong passes": "{what} is wrong and gets all points, since it does the same as the right one in all that is asked: take it out, or ask for where they differ.",
    "not named": "{what} is not told “{said}” but other words ({why}): where another mistake does the same, take one of them out; else ask for inputs that show this one.",
    "same formula": "the wrong formula `{formula}` of {part} gives the same outputs as the right one: take it out.",
    "no value": "the wrong formula `{formula}` of {part} cannot be computed with any sizes: look at the shapes of {names}.",
    # in the notebooks
    "no notebook": "there is no {file}: make it, or name its notebook in the exercise; `autograde adopt` writes one to begin with.",
    "no cell": "{file} has no code cell with the grade_id {id}: add it, as {task}.",
    "no test": "the cell {id} of {file} is not what asks for {name}: make it {task}.",
    "asks": "{file} asks for {name}, which is no exercise: {meant}",
    "solution": "its worked solution in {file} gets {score} of {points} points ({why}): mend it, or what is declared.",
    "desk": "as students get it, {file} cannot be imported ({error}): {module} cannot read files there; write into it what they hold.",
    "stub": "as it is given out, {file} gets {score} of {points} points for it: put what earns them between BEGIN SOLUTION and END SOLUTION.",
}
# ruff: enable[E501]
FIELDS = {  # name of a field: its type, or the values that it may have, and how that is written
    "criteria": (tuple, "(Criterion(key, points, title, what is asked),)"),
    "kit": (tuple, '("data.csv",)'),
    "returns": (tuple, '("result",)'),
    "made_with": (tuple, '("n", "m")'),
    "inputs": (dict, '{"x": "N n"}'),
    "wrong": (dict, '{reference: "what is said of it"}'),
    "arrays": (("torch", "numpy"), '"torch" or "numpy"'),
    "sorted_by": (tuple, '("price",)'),
    "slips": (dict, '{30: "what is said of it"}'),
    "within": (int | float, "0.01"),
    "built_ins": (BuiltIns | None, 'BuiltIns("an LSTM", frozenset({"LSTM"}), "lstm")'),
    "draws": (Normal | None, "Normal(mean, std)"),
}
OF_RESULTS = {"runs", "shape", "dtype", "order", "large", "untouched", "gradients", "own"}
OF_TABLES = {"runs", "columns", "rows", "order", "values", "dtype", "untouched"}
OF_CLASSES = {"runs", "gradients", "untouched", "reset", "own"}
OF_STACKS = ("wiring", "states", "outputs", "final")  # together, or "works" in their place
TRIED = {"n": 2, "m": 3}  # sizes that show a shape which was turned round
Faults = Iterator[str]


class Faulty(Exception):
    """Exercises that cannot be used as they are declared. Its text has a line for every fault."""


def say(fault: str, **about) -> str:
    return SAYS[fault].format(**about)


def meant(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, known := sorted(known), 1)
    return f"is it {near[0]}?" if near else f"there are {', '.join(known)}."


def load(module: str) -> dict[str, Exercise]:
    """As of declared.py, and looked at. Raises Faulty."""
    try:
        found = importlib.import_module(module)
    except Exception as problem:
        if isinstance(problem, ModuleNotFoundError) and problem.name == module:
            raise Faulty(say("no module", module=module)) from None
        error = f"{type(problem).__name__}: {getattr(problem, 'msg', problem)}"
        raise Faulty(say("raises", place=place_of(problem), error=error)) from None
    exercises, file = getattr(found, "EXERCISES", None), file_of(module)
    whole = isinstance(exercises, tuple | list) and exercises
    if not whole or not all(isinstance(one, Exercise) for one in exercises):
        raise Faulty(say("no exercises", file=file))
    if said := [f"{file}: {fault}" for fault in faults(exercises)]:
        raise Faulty("\n".join(said))
    return {exercise.name: exercise for exercise in exercises}


def file_of(module: str) -> str:
    return Path(getattr(sys.modules.get(module), "__file__", None) or module).name


def place_of(problem: BaseException) -> str:
    """The file and the line that an error comes from: the last of the author's own."""
    if isinstance(problem, SyntaxError) and problem.filename:
        return f"{Path(problem.filename).name}, line {problem.lineno}"
    frames, ours = traceback.extract_tb(problem.__traceback__), Path(__file__).parents[1]
    own = [f for f in frames if not {ours, *LIBRARIES} & {*Path(f.filename).parents}]
    own = [frame for frame in own if frame.filename.endswith(".py")]  # else of compiled code
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else "what is declared"


LIBRARIES = {Path(np.__file__).parents[1], Path(inspect.__file__).parent}


# ---------------------------------------------------------------- every kind
def faults(exercises: Iterable[Exercise]) -> Faults:
    """What is wrong with them, each fault after the name of the exercise."""
    names = [exercise.name for exercise in exercises]
    for exercise in exercises:
        of_kind = KINDS.get(type(exercise), no_kind)
        try:
            said = [*common(exercise, names.count(exercise.name))] or [*of_kind(exercise)]
        except Exception as problem:  # of a field that holds what no check expects
            error = f"{type(problem).__name__}: {problem}"
            said = [say("unreadable", kind=type(exercise).__name__, error=error)]
        yield from (f"{exercise.name}: {fault}" for fault in said)


def common(exercise: Exercise, count: int) -> Faults:
    if count > 1:
        yield say("twice")
    if not exercise.name.isidentifier() or iskeyword(exercise.name):
        yield say("name")
    if not exercise.notebook or exercise.notebook.endswith(".ipynb") or "/" in exercise.notebook:
        yield say("notebook", given=exercise.notebook)
    for field, (of, written) in FIELDS.items():
        given = getattr(exercise, field, ...)
        if given is not ... and not (
            given in of if isinstance(of, tuple) else isinstance(given, of)
        ):
            yield say("field", field=field, given=given, written=written)
    if not isinstance(exercise.criteria, tuple):
        return
    if not exercise.criteria:
        yield say("criteria")
    for one in exercise.criteria:
        if not isinstance(one, Criterion):
            yield say("criterion", given=repr(one))
            return
        if not isinstance(one.points, int | float) or not one.points >= 0:
            yield say("points", key=one.key, points=one.points)
    for key in sorted({key for key in exercise.keys if exercise.keys.count(key) > 1}):
        yield say("key twice", key=key)


def no_kind(exercise: Exercise) -> Faults:
    kinds = ", ".join(kind.__name__ for kind in KINDS)
    yield say("kind", kind=type(exercise).__name__, kinds=kinds)


def of_keys(exercise: Exercise, decided: Iterable[str], needed: Iterable[str]) -> Faults:
    """Criteria that nothing decides; and those without which a mistake is free."""
    decided, needed = {*decided, *needed}, dict.fromkeys(needed)
    for key in exercise.keys:
        if key not in decided:
            yield say("unknown key", key=key, meant=meant(key, decided))
    yield from (say("missing key", key=key) for key in needed if key not in exercise.keys)
    if not isinstance(exercise, Value):
        if ("reset" in exercise.keys) != bool(exercise.draws):
            yield say("draws")
        if "own" in exercise.keys and not exercise.built_ins:
            yield say("built-ins")


# ---------------------------------------------------------------- recurrences and stacks
def of_recurrence(exercise: Recurrence) -> Faults:
    rule, shapes = exercise.rule, exercise.parameters | exercise.absent
    parts = {part.name: part for part in rule.parts}
    if empty := [part.name for part in rule.parts if not part.variants]:
        yield say("no formula", part=empty[0])
        return
    counts = [part.counts_for(formula) for part in rule.parts for formula in part.variants]
    counts += [part.also[0] for part in rule.parts if part.also]
    order = ["order"] if len(rule.outputs) > 1 else []
    yield from of_keys(exercise, OF_CLASSES | {"order"}, ["parameters", *order, *counts])
    bad = [n for n, of in shapes.items() if not isinstance(of, tuple) or not {*of} <= {*SIZES}]
    yield from (say("sizes", name=name, sizes=shapes[name]) for name in bad)
    taken = [*rule.inputs, *shapes, *(part.name for part in rule.parts)]
    for name in sorted({name for name in taken if taken.count(name) > 1 or name in KNOWN}):
        yield say("taken", name=name)
    if len(exercise.states) != len(rule.outputs):
        yield say("states", states=len(exercise.states), outputs=len(rule.outputs))
    said = [*of_outputs(exercise, parts)]
    said += [fault for part in rule.parts for fault in of_part(exercise, part)]
    if not said:
        read = {name for part in rule.parts for name in names_in(part.right)}
        said += [say("unread", name=name) for name in exercise.parameters if name not in read]
    yield from said or ([] if bad else of_right(exercise))


def of_outputs(exercise: Recurrence, parts: dict[str, Part]) -> Faults:
    rule = exercise.rule
    named = [("outputs", name) for name in rule.outputs.values() if name not in parts]
    named += [("found_in", name) for name, _ in rule.found_in if name not in parts]
    bent = {f"{part.name} = {f}" for part in rule.parts for f in part.variants}
    slips = [f"{name} = {formula}" for slip in rule.together for name, formula in slip.items()]
    named += [("together", slip) for slip in slips if slip not in bent]
    yield from (say("no part", field=f, name=name, meant=meant(name, parts)) for f, name in named)
    if named:
        return
    for output, name in rule.outputs.items():
        if parts[name].symbol != output:
            yield say("symbol", output=output, part=name, symbol=parts[name].symbol)
    places = [list(parts).index(name) for name in rule.outputs.values()]
    if places != sorted(places):
        yield say("order")
    after = list(parts)[max(places, default=-1) + 1 :]
    yield from (say("after", part=name) for name in after if name not in dict(rule.found_in))


def of_part(exercise: Recurrence, part: Part) -> Faults:
    rule, place = exercise.rule, exercise.rule.parts.index(part)
    before = {*rule.inputs, *exercise.parameters, *(one.name for one in rule.parts[:place])}
    every = {*before, *exercise.absent, *(one.name for one in rule.parts)}
    for formula in part.variants:
        try:
            names = names_in(formula)
        except (SyntaxError, ValueError) as problem:
            yield say("syntax", formula=formula, part=part.name, error=problem.args[0])
            continue
        there = before if formula == part.right else every
        for name in sorted({*names} - {*there, *KNOWN, "zero", "one", "T"}):
            about = {"name": name, "meant": meant(name, {*there, *KNOWN} - {"__builtins__"})}
            yield say("unknown name", formula=formula, part=part.name, **about)
    later = [one.criterion for one in rule.parts[place:] if not one.inline]
    if part.inline and part.criterion not in later:
        yield say("inline", part=part.name, key=part.criterion)


def of_right(exercise: Recurrence) -> Faults:
    """Right formulas computed once: a shape turned round shows."""
    first, m = exercise.sequence_input, TRIED["m"]
    inputs = {n: np.ones((1, TRIED["n"] if n == first else m)) for n in exercise.rule.inputs}
    shapes = {n: np.ones([TRIED[s] for s in sizes]) for n, sizes in exercise.parameters.items()}
    env = columns(inputs, shapes, m)
    for part in exercise.rule.parts:
        env[part.name] = got = value(part.right, env)
        if np.shape(got) != (m, 1):
            what = "cannot be computed" if got is None else f"has the shape {np.shape(got)}"
            names = ", ".join(name for name in names_in(part.right) if name not in KNOWN)
            yield say("shape", formula=part.right, part=part.name, what=what, names=names)
            return


def of_stack(exercise: Stack) -> Faults:
    if not isinstance(exercise.of, Recurrence):
        yield say("of", of=exercise.of)
        return
    whole = ["works"] if "works" in exercise.keys else OF_STACKS
    yield from of_keys(exercise, OF_CLASSES, ["layers", *whole])


# ---------------------------------------------------------------- references, and values
def of_computed(exercise: Computed) -> Faults:
    weights = getattr(exercise, "parameters", {})
    if not isinstance(exercise, Table):  # what columns there are shows when it is asked
        form = ["parameters"] if isinstance(exercise, Module) else []
        slopes = {"gradients"} if exercise.arrays == "numpy" else set()
        slopes |= {"order"} if len(exercise.returns) == 1 else set()
        yield from of_keys(exercise, OF_RESULTS - slopes, [*form, *exercise.returns])
    for field in ("asks_for", "equations"):
        for key in getattr(exercise, field).keys() - {*exercise.keys}:
            yield say("no part", field=field, name=key, meant=meant(key, exercise.keys))
    for reference in (exercise.right, *exercise.wrong):
        of_right = reference is exercise.right  # whose text becomes a solution, and mistakes
        if not inspect.isfunction(reference) or of_right and reference.__name__ == "<lambda>":
            given = getattr(reference, "__name__", " ".join(str(reference).split()))
            yield say("no function", given=shorten(given, 60, placeholder=" …"))
            return
    yield from of_wrong(exercise.right, exercise.wrong)
    if keywords := [name for name in (*exercise.inputs, *weights) if iskeyword(name)]:
        yield from (say("keyword", name=name) for name in keywords)
        return
    yield from of_inputs(exercise, weights)
    yield from of_signatures(exercise, weights)


def of_inputs(exercise: Computed, weights: dict[str, str]) -> Faults:
    """What is drawn, as it is written: inputs and parameters."""
    known = []
    for name, of in (exercise.inputs | weights).items():
        columns = isinstance(exercise, Table) and isinstance(of, dict)
        texts = of.values() if columns else [of]
        try:
            specs = [
                spec(text) for text in texts if not (columns and isinstance(text, list | tuple))
            ]
        except ValueError as problem:
            yield say("argument", name=name, error=problem)
            continue
        if columns and any(one.dims for one in specs):
            error = (
                'its columns have no sizes: what stands in a row is a number, such as "float", or'
                ' one of several texts, such as "red|green"'
            )
            yield say("argument", name=name, error=error)
        known += [(name, one) for one in specs]
        if name in weights and (specs[0].kind != "float" or not specs[0].dims):
            yield say("no parameter", name=name, given=of)
        lengths = [{len(one) for one in texts if type(one) is kind} for kind in (list, tuple)]
        if columns and any(len(found) > 1 for found in lengths):
            yield say("argument", name=name, error="its columns of values are not of one length")
        unknown = {size for one in specs for size in one.names} - {
            *getattr(exercise, "made_with", ())
        }
        for size in sorted(unknown if name in weights else ()):
            yield say("made with", name=name, size=size)
    sizes = [size for _, one in known for size in one.names]
    for name, one in known:
        if one.below in sizes and sizes.count(one.below) == 1:
            yield say("bound", name=name, size=one.below)


def of_signatures(exercise: Computed, weights: dict[str, str]) -> Faults:
    """What references take, against what they will get."""
    for reference in (exercise.right, *exercise.wrong):
        asked, error = ", ".join([*exercise.inputs, *weights]), ""
        try:
            taken = inspect.signature(reference).bind(*exercise.inputs, **weights).arguments
            others = [name for name, given in taken.items() if given in exercise.inputs]
            error = f"they are {', '.join(others)} there" if others != [*exercise.inputs] else ""
        except TypeError as problem:
            error = problem
        if error:
            yield say("takes", called=reference.__name__, asked=asked, error=error)


def of_wrong(right, wrong: dict) -> Faults:
    for one, said in wrong.items():
        what = getattr(one, "__name__", repr(one))
        if not isinstance(said, str) or not said.strip():
            yield say("nothing said", what=what)
        if one == right:
            yield say("right and wrong", what=what)


def of_value(exercise: Value) -> Faults:
    if len(exercise.criteria) != 1:
        yield say("one criterion")
    if not 0 <= exercise.within < 1:
        yield say("within", given=exercise.within)
    answer = exercise.answer
    if not plain(answer):
        yield say("answer", given=answer)
        return
    yield from of_wrong(answer, exercise.slips)
    if isinstance(answer, list | tuple):
        for slip in (slip for slip in exercise.slips if not isinstance(slip, tuple)):
            yield say("slip of a list", slip=slip, given=answer)


def plain(answer) -> bool:
    """Whether an answer is what students can be asked for."""
    if isinstance(answer, list | tuple):
        return all(map(plain, answer))
    return isinstance(answer, str) or isinstance(answer, int | float) and isfinite(answer)


KINDS = {
    Recurrence: of_recurrence,
    Stack: of_stack,
    Function: of_computed,
    Module: of_computed,
    Table: of_computed,
    Value: of_value,
}
