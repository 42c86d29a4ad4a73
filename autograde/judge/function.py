"""The kind `function`: results of drawn arguments, beside those of references. A module of any kind
is asked and judged in the same way: it has weights besides."""

import importlib
import warnings
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, replace
from functools import cache, partial

import numpy as np

from ..exercise.declared import Computed, Function
from ..exercise.shapes import Spec, length, spec
from ..exercise.verdict import Cell
from .agreement import FOLLOWS, NAMED, RIGHT, agree, tolerance
from .answers import Answers, Build, Tensor, words
from .classes import judge_class
from .gradients import Asked as AskedSlopes
from .gradients import judge_gradients
from .pictures import Picture, rounded
from .questions import Single, another, argument, normal
from .sheet import Sheet
from .untouched import Asked, judge_untouched
from .variants import variants

DIFFERENT = (3, 5, 4, 6, 2, 7)  # sizes, in the order of their names
SAME = (4, 1)  # of all sizes
LARGE = 500.0  # times an ordinary number
LARGE_CALLS = 3  # since one may overflow nowhere by chance
WEIGHTS = 48  # of a loss
SMALLEST = 1e-3  # size of a result, below which it is compared with this
SHOWN, VISIBLE = 10, 1e-2  # numbers in a picture, and what is seen of a gap


@dataclass(frozen=True)
class BuildAsked:
    """One call. case: "" for an ordinary one, "sizes" for one with sizes that hide or break
    something, "large" for large numbers, "alike" for whole numbers that are all alike. given:
    arguments and weights, by name. changed: the one in which it differs from the first call.
    made_with: by which a module is made."""

    case: str
    sizes: dict[str, int]
    given: dict[str, np.ndarray | float]
    made_with: tuple[int, ...] = ()
    slopes: Single | None = None
    changed: str = ""


@dataclass(frozen=True)
class Questions:
    """kinds: of all that is given, "float", "int", "bool" or "size". fill: a seed for numbers in
    parameters under other names. watched: a pattern for the built-ins to look out for, if any."""

    name: str
    kind: str
    arrays: str
    returns: tuple[str, ...]
    parameters: tuple[str, ...]
    watched: str | None
    fill: int
    kinds: dict[str, str]
    builds: tuple[BuildAsked, ...]


# ---------------------------------------------------------------- what is asked
def parameters_of(exercise: Computed) -> dict[str, str]:
    return getattr(exercise, "parameters", {})


def specs_of(exercise: Computed) -> dict[str, Spec]:
    return {n: spec(text) for n, text in (exercise.inputs | parameters_of(exercise)).items()}


def ask(exercise: Computed, rng: np.random.Generator) -> Questions:
    """The questions, drawn: two calls with sizes that are all different, the first one once more
    for everything that is given, with that changed; all sizes equal, and 1; large numbers; whole
    numbers that are all alike."""
    specs, draw = specs_of(exercise), partial(draw_build, exercise, rng)
    names = list(dict.fromkeys(name for one in specs.values() for name in one.names))
    different = dict(zip(names, DIFFERENT))
    builds = [draw("", different), draw("", dict(zip(reversed(names), DIFFERENT)))]
    for name in (name for name in specs if specs[name].kind != "size"):
        first = builds[0].given
        given = first | {name: another(rng, specs[name], different, first[name])}
        builds.append(replace(builds[0], given=given, changed=name, slopes=None))
    builds += [draw("sizes", dict.fromkeys(names, size)) for size in SAME if names]
    if any(specs[name].kind == "float" for name in exercise.inputs):
        builds += [draw("large", different) for _ in range(LARGE_CALLS)]
    whole = [name for name, one in specs.items() if one.kind == "int" and one.dims]
    if whole:  # which leave out most of what they might be, and the largest
        build = draw("alike", different)
        alike = {
            n: np.full_like(v, rng.integers(max(1, v.max())))
            for n, v in build.given.items()
            if n in whole
        }
        builds.append(replace(build, given=build.given | alike))
    return Questions(
        exercise.name,
        exercise.kind,
        exercise.arrays,
        exercise.returns,
        tuple(parameters_of(exercise)),
        exercise.built_ins.operators if exercise.built_ins else None,
        int(rng.integers(2**31)),
        {name: one.kind for name, one in specs.items()},
        tuple(builds),
    )


def draw_build(exercise: Computed, rng, case: str, sizes: dict[str, int]) -> BuildAsked:
    specs, weights = specs_of(exercise), parameters_of(exercise)
    times = {name: LARGE if case == "large" and name not in weights else 1.0 for name in specs}
    given = {name: argument(rng, one, sizes, times[name]) for name, one in specs.items()}
    made_with = tuple(sizes.get(size, size) for size in getattr(exercise, "made_with", ()))
    leaves = {n: v for n, v in given.items() if specs[n].kind == "float" and specs[n].dims}
    slopes = None
    if leaves and not case and exercise.arrays == "torch":
        directions = {name: normal(rng, value.shape) for name, value in leaves.items()}
        arguments = {name: value for name, value in leaves.items() if name not in weights}
        slopes = Single(arguments, normal(rng, WEIGHTS), directions)
    return BuildAsked(case, sizes, given, made_with, slopes)


# ---------------------------------------------------------------- what references give
def returned(exercise: Computed, function: Callable, asked: BuildAsked, shift=None):
    """What a reference returns in one call. shift: of what goes in, by name."""
    given = {name: copy(value) for name, value in asked.given.items()}  # it may be written into
    given |= {name: given[name] + by for name, by in (shift or {}).items()}
    if exercise.arrays == "torch":  # which no reference of NumPy's waits for
        tensor = importlib.import_module("torch").from_numpy
        given = {n: tensor(v) if isinstance(v, np.ndarray) else v for n, v in given.items()}
    weights = {name: given.pop(name) for name in parameters_of(exercise)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*given.values(), **weights)


def computed(exercise: Computed, function: Callable, asked: BuildAsked, shift=None) -> list | None:
    """The same as arrays; None where it raises, or where not as many numbers, or arrays of them,
    come back as are asked for."""
    try:
        out = returned(exercise, function, asked, shift)
        out = out if isinstance(out, tuple | list) and len(exercise.returns) > 1 else (out,)
        arrays = [np.asarray(part.detach() if hasattr(part, "detach") else part) for part in out]
        arrays = [array if array.dtype.kind in "biu" else array.astype(float) for array in arrays]
    except Exception:
        return None
    return arrays if len(arrays) == len(exercise.returns) else None


class Pair:
    """A call as it was asked for, and what came of it. truth: what a reference gives here."""

    def __init__(self, exercise: Computed, asked: BuildAsked, build: Build):
        self.exercise, self.asked, self.build = exercise, asked, build
        self.out = build.calls[0].out if build.calls else ()
        self.truth = cache(lambda function: computed(exercise, function, asked))

    @property
    def known(self) -> bool:
        """Whether the right reference has something to compare with."""
        right = self.truth(self.exercise.right)
        return right is not None and all(np.isfinite(array).all() for array in right)

    def right(self, k: int) -> np.ndarray:
        return self.truth(self.exercise.right)[k]

    def got(self, place: int) -> Tensor:
        return self.out[place] if place < len(self.out) else Tensor()

    def form(self, k: int, place: int, function: Callable) -> str | None:
        """In which form what came back at a place is result k of a function; None where it is
        not."""
        truth, got = self.truth(function), self.got(place)
        if truth is None or got.values is None:
            return None
        within = tolerance(RIGHT if function is self.exercise.right else NAMED, self.build.single)
        fits = (f for f, v in forms(got, truth[k]) if self.close(v, truth[k], within))
        return next(fits, None)

    def close(self, values: np.ndarray, truth: np.ndarray, within: float) -> bool:
        """Agreement in parts of the largest number, so that small results count as well."""
        ordinary = not self.build.single and self.asked.case != "large"
        size = max(np.abs(truth).max(initial=0.0), SMALLEST if ordinary else 1.0)
        return bool(np.isfinite(size)) and agree(values / size, truth / size, within)


def forms(got: Tensor, truth: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Words for the forms in which an answer may be a result, "" for the asked one."""
    values = got.values
    in_list = got.type in ("list", "tuple") and values.shape == (1, *truth.shape)
    if values.shape == truth.shape or in_list or values.size == 1 and not truth.ndim:
        yield "", values.reshape(truth.shape)
    if values.ndim > 1 and values.T.shape == truth.shape:
        yield "transposed", values.T
    if values.size == truth.size and np.squeeze(values).shape == np.squeeze(truth).shape:
        yield "with axes of length 1 too many or too few", values.reshape(truth.shape)


@dataclass(frozen=True)
class Found:
    """What gives a result's numbers, with what a sentence and a table say of it, and in which form
    they came back. function: None where that is not known."""

    function: Callable | None = None
    says: str = ""
    mistake: str = ""
    form: str = ""


def explained(k: int, place: int, main: list[Pair]) -> Found:
    """The first of all that we know which gives result k in every call; the right one in another
    form gives way to a declared mistake that has the asked one."""
    exercise, first = main[0].exercise, main[0]
    forms_of = lambda function: [pair.form(k, place, function) for pair in main]
    known = [(exercise.right, "", ""), *declared(exercise, main)]
    for function, says, mistake in known:
        if first.form(k, place, function) == "" and {*forms_of(function)} == {""}:
            return Found(function, says, mistake)
    for function, says, mistake in (*known, *derived(exercise, first, k, place)):
        if first.form(k, place, function) is not None:  # most are not even that
            if None not in (found := forms_of(function)):
                return Found(function, says, mistake, max(found, key=len))
    return Found()


Slips = Iterator[tuple[Callable, str, str]]  # with what a sentence says, and what a table does


def declared(exercise: Computed, main: list[Pair] = ()) -> Slips:
    """Wrong references, those first that give more of the results that came back."""
    gives = lambda function: sum(
        all(pair.form(k, k, function) == "" for pair in main) for k in range(len(exercise.returns))
    )
    most = sorted(exercise.wrong, key=gives, reverse=True) if main else exercise.wrong
    for function in most:
        said = exercise.wrong[function]
        yield function, f"has the numbers of a known mistake: {said}", said


def derived(exercise: Computed, first: Pair | None = None, k: int = 0, place: int = 0) -> Slips:
    """A multiple of the right reference, and the right one with one change."""
    if first and (times := ratio(first.got(place).values, first.right(k))):
        said = f"{times:.4g} times the right one"
        yield multiple(exercise.right, times), f"is {said}", said
    if first and (by := difference(first.got(place).values, first.right(k))):
        said = f"{abs(by)} {'more' if by > 0 else 'less'} than the right one everywhere"
        yield moved(exercise.right, by), f"is {said}", said
    for said, function in variants(exercise.right):
        yield function, f"has the numbers of the rule with one change: {said}", said


def ratio(got: np.ndarray | None, truth: np.ndarray) -> float:
    """By how many times the largest number is too large; 0 where that cannot be told."""
    if got is None or got.shape != truth.shape or not np.abs(truth).max(initial=0.0):
        return 0.0
    largest = np.unravel_index(np.abs(truth).argmax(), truth.shape)
    return float(np.nan_to_num(got[largest] / truth[largest], posinf=0.0, neginf=0.0))


def multiple(right: Callable, times: float) -> Callable:
    def function(*given, **weights):
        out = right(*given, **weights)
        return [times * part for part in out] if isinstance(out, tuple | list) else times * out

    return function


def difference(got: np.ndarray | None, truth: np.ndarray) -> int:
    """By how much the first of whole numbers is too large; 0 where that cannot be told."""
    same_form = got is not None and got.shape == truth.shape and got.size
    if not same_form or truth.dtype.kind not in "iu" or not np.isfinite(got).all():
        return 0
    return int(got.flat[0]) - int(truth.flat[0])


def moved(right: Callable, by: int) -> Callable:
    def function(*given, **weights):
        out = right(*given, **weights)
        return [part + by for part in out] if isinstance(out, tuple | list) else out + by

    return function


# ---------------------------------------------------------------- how it is judged
def judge(exercise: Function, questions, answers: Answers, cell: Cell, sheet: Sheet) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    look = lambda: judge_numbers(exercise, pairs_of(exercise, questions, answers.builds), sheet)
    return judge_class(exercise, answers, cell, sheet, look)


def pairs_of(exercise: Computed, questions: Questions, builds: tuple[Build, ...]) -> list[Pair]:
    builds = builds + (Build(),) * len(questions.builds)
    pairs = [Pair(exercise, *one) for one in zip(questions.builds, builds)]
    return [pair for pair in pairs if pair.known]


def judge_numbers(exercise: Computed, pairs: list[Pair], sheet: Sheet) -> str | None:
    """Fills the sheet; returns the reason for what is not known."""
    main = [pair for pair in pairs if not pair.asked.case and pair.out]
    if not main or all([one.type for one in pair.out] == ["NoneType"] for pair in main):
        return why_not(exercise, pairs)
    places = [place_of(k, main) for k in range(len(exercise.returns))]
    found = [explained(k, place, main) for k, place in enumerate(places)]
    for k, (name, place, one) in enumerate(zip(exercise.returns, places, found)):
        judge_result(k, place, one, main, sheet)
        if name not in sheet.lost:
            judge_sizes(k, place, one, pairs, sheet)
        judge_large(k, place, one, pairs, sheet)
        sheet.computes |= bool(one.function) or follows_all(k, place, main)
    judge_form(places, main, sheet)
    weights, is_class = parameters_of(exercise), exercise.noun == "class"
    sent = lambda given: {
        n: v for n, v in given.items() if isinstance(v, np.ndarray) and n not in weights
    }
    calls = [Asked(sent(p.asked.given), p.build.calls[0]) for p in pairs if p.build.calls]
    what = "tensor" if exercise.arrays == "torch" else "array"
    judge_untouched(calls, sheet, "forward" if is_class else exercise.noun, what)
    slopes = [AskedSlopes(p.asked.slopes, p.build, loss_of(p, found)) for p in main]
    judge_gradients([one for one in slopes if one.sequence], sheet)
    unknown = [name for name, one in zip(exercise.returns, found) if not one.function]
    if unknown and not sheet.computes:  # so that a desk, which shows the first, says what is wrong
        return " ".join(sheet.lost[unknown[0]])
    return f"Could not be marked, since your {unknown[0]} is not right yet." if unknown else None


def why_not(exercise: Computed, pairs: list[Pair]) -> str:
    """Where no ordinary call gave anything back."""
    called = "forward" if exercise.noun == "class" else exercise.name
    if any(pair.out and not pair.asked.case for pair in pairs):
        return f"Not written yet: {called} returns None."
    for pair in (pair for pair in pairs if pair.build.broken):
        failure = pair.build.broken
        if failure.error.startswith("NotImplementedError"):
            return f"Not written yet: {called} raises NotImplementedError."
        if not pair.build.calls:
            made_with = ", ".join(map(str, exercise.made_with))
            return f"{exercise.name}({made_with}) raised {failure}."
        return f"Could not be marked: {called} raised {failure}."
    return "Could not be marked: there was no answer."


def place_of(k: int, main: list[Pair]) -> int:
    """Where result k stands in what came back: in its place, or where its numbers are."""
    right, most = main[0].exercise.right, max(len(pair.out) for pair in main)
    fits = lambda place: all(pair.form(k, place, right) is not None for pair in main)
    return next(filter(fits, sorted(range(most), key=lambda place: place != k)), k)


def lose(key: str, result: str, sheet: Sheet, sentence: str, mistake: str):
    """Of a result; on a criterion for its form where there is one."""
    if key not in sheet.exercise.keys or key == result:
        key, sentence = result, sentence + sheet.exercise.rule(result)
    sheet.lose(key, sentence, mistake)


def judge_result(k: int, place: int, found: Found, main: list[Pair], sheet: Sheet):
    name, first = sheet.exercise.returns[k], main[0]
    sheet.meet(name, "shape", "dtype")
    if not found.function:
        key, said, mistake = departs(k, place, main)
        lose(key, name, sheet, said, mistake)
        if name not in sheet.lost:
            sheet.lose(name, said, mistake)
    elif found.says:
        lose(name, name, sheet, f"Your {name} {found.says}.", found.mistake)
    got = first.got(place)
    if found.form:
        shape = in_brackets(got.shape)
        seen = f": it has shape {shape}; asked for is {asked_shape(k, first)}"
        seen = seen if got.shape != first.right(k).shape else ""  # of a square, it says nothing
        said = f"Your {name} comes back {found.form}{seen}."
        lose("shape", name, sheet, said, f"{name} {found.form}")
    if sheet.exercise.arrays == "torch" and got.type == "ndarray":
        said = f"Your {name} is an array of NumPy's; asked for is a tensor."
        lose("shape", name, sheet, said, f"{name} is no tensor")
    kind = {"i": "int", "u": "int", "b": "bool"}.get(first.right(k).dtype.kind, "float")
    if "dtype" in sheet.exercise.keys and found.function and got.dtype and kind not in got.dtype:
        said = f"Your {name} holds numbers of type {words(got.dtype, 20)}; asked for is {kind}."
        sheet.lose("dtype", said, f"{name} is {got.dtype}")


def departs(k: int, place: int, main: list[Pair]) -> tuple[str, str, str]:
    """What is wrong with a result that nothing known gives: (key, sentence, mistake)."""
    base, exercise = main[0], main[0].exercise
    name = exercise.returns[k]
    for pair in main:
        truth, got = pair.right(k), pair.got(place)
        if place >= len(pair.out):
            said = f"Your {exercise.noun} returns {pair.build.calls[0].form}: there is no {name}."
            return name, said, f"no {name}"
        if got.shape is None:
            kind = "an array of numbers" if truth.ndim else "a number"
            said = f"Your {name} is a {words(got.type, 40)}; asked for is {kind}."
            return name, said, f"{name} is no number"
        if got.shape != truth.shape:
            still = next((p.asked.changed for p in main if keeps_shape(k, place, p, base)), "")
            whatever = f" whatever {still} is" if still else ""
            said = f"Your {name} has shape {in_brackets(got.shape)}{whatever}; asked for is"
            return "shape", f"{said} {asked_shape(k, pair)}.", f"{name} has another shape"
        if got.values is None:
            said = f"Your {name} holds {words(got.dtype, 20)} numbers."
            return name, said, f"{name} holds other numbers"
        if truth.dtype.kind == "f" and "int" in got.dtype:
            said = f"Your {name} holds whole numbers ({words(got.dtype, 20)})."
            return name, said, f"{name} is {got.dtype}"
        if not got.finite:
            return name, f"Your {name} holds nan or infinite numbers.", f"{name} is not finite"
    for pair in (pair for pair in main if pair.asked.changed not in ("", *pair.build.made)):
        truth = pair.right(k)  # whole numbers may stay the same by chance
        moved = truth.dtype.kind == "f" and not pair.close(truth, base.right(k), FOLLOWS)
        if moved and pair.close(pair.got(place).values, base.got(place).values, FOLLOWS):
            said = f"Your {name} does not change when {pair.asked.changed} does."
            return name, said, f"{name} does not follow {pair.asked.changed}"
    said = f"Your {name} is not what the rule gives, and no mistake that we know gives these"
    said = f"{said} numbers.{where(base.got(place).values, base.right(k))}"
    return name, said, f"{name} is wrong in a way that we do not know"


def keeps_shape(k: int, place: int, pair: Pair, base: Pair) -> bool:
    """Whether a result has the shape that it has in the first call, where the right one has not."""
    changes = pair.asked.changed and pair.right(k).shape != base.right(k).shape
    return bool(changes) and pair.got(place).shape == base.got(place).shape


def where(got: np.ndarray, truth: np.ndarray) -> str:
    """The rows, columns or entries that are off in one call, where most are right."""
    off = np.abs(got - truth) > RIGHT * max(1.0, np.abs(truth).max(initial=0.0))
    for axis in range(truth.ndim):
        called = {1: ("entry",), 2: ("row", "column")}.get(truth.ndim, ("slice",) * truth.ndim)[
            axis
        ]
        lines = np.flatnonzero(off.any(axis=tuple(a for a in range(truth.ndim) if a != axis)))
        if 0 < len(lines) <= truth.shape[axis] // 2:
            shape, listed = in_brackets(truth.shape), ", ".join(map(str, lines))
            many = {"entry": "entries"}.get(called, f"{called}s")
            which = f"{called} {listed} is" if len(lines) == 1 else f"{many} {listed} are"
            return f" In one call with shape {shape} only {which} off."
    return ""


def in_brackets(shape: tuple) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def asked_shape(k: int, pair: Pair) -> str:
    """A shape in the names of sizes, as far as these tell, and in numbers."""
    shape, names = pair.right(k).shape, {}
    for word in (word for one in specs_of(pair.exercise).values() for word in one.dims):
        names.setdefault(length(word, pair.asked.sizes), word)
    called, numbers = in_brackets(tuple(names.get(n, n) for n in shape)), in_brackets(shape)
    if not shape:
        return "a single number"
    return f"{called}, here {numbers}" if called != numbers else called


def judge_sizes(k: int, place: int, found: Found, pairs: list[Pair], sheet: Sheet):
    """A result that is right may not be so for sizes that are equal, or 1."""
    name, noun = sheet.exercise.returns[k], sheet.exercise.noun
    for pair in (pair for pair in pairs if pair.asked.case != "large"):
        form, got = pair.form(k, place, found.function), pair.got(place)
        if form is not None and (found.form or not form):
            continue
        when = {
            "": "other numbers",
            "alike": "whole numbers that are all alike",
            "sizes": f"every size {next(iter(pair.asked.sizes.values()), 1)}",
        }[pair.asked.case]
        off = got.shape is not None and got.shape != pair.right(k).shape
        what = f"it has shape {in_brackets(got.shape)}" if off else "it is not what the rule gives"
        what = what if pair.out else f"your {noun} raises {pair.build.broken}"
        said = f"Your {name} is right in some calls only: with {when} {what}."
        return lose("shape" if off else name, name, sheet, said, "right in some calls only")


def judge_large(k: int, place: int, found: Found, pairs: list[Pair], sheet: Sheet):
    """Whether it is the same with large numbers. Where that is not asked for, a note."""
    name = sheet.exercise.returns[k]
    for pair in (pair for pair in pairs if pair.asked.case == "large" and found.function):
        truth, got = pair.truth(found.function), pair.got(place)
        holds = truth is not None and all(np.isfinite(array).all() for array in truth)
        if holds and pair.form(k, place, found.function) is None:
            what = "it is off" if got.finite else "it holds nan or infinite numbers"
            what = what if pair.out else f"your {sheet.exercise.noun} raises {pair.build.broken}"
            said = f"With numbers around 500 your {name} is not right: {what}."
            sheet.lose("large", said, "wrong for large numbers")
            if "large" not in sheet.exercise.keys:
                sheet.notes.append(f"{said} That costs nothing here.")
        sheet.meet("large")


def judge_form(places: list[int], main: list[Pair], sheet: Sheet):
    """Whether as many results came back as asked for, and in their order."""
    names, noun = sheet.exercise.returns, sheet.exercise.noun
    form = next((call.form for pair in main for call in pair.build.calls if call.form), "")
    if form and not sheet.lost.keys() & set(names):
        said = f"Your {noun} returns {form}; asked for is {', '.join(names)}."
        for name in names:
            lose("shape", name, sheet, said, "another thing is returned")
    elif places != sorted(places):
        back = ", ".join(name for _, name in sorted(zip(places, names)))
        said = f"Your {noun} returns {back}; the order asked for is {', '.join(names)}."
        for name in (name for k, name in enumerate(names) if places[k] != k):
            lose("order", name, sheet, said, "results in another order")
    sheet.meet("order")


def follows_all(k: int, place: int, main: list[Pair]) -> bool:
    """Whether anything of what is asked shows in an unknown result: it follows all that the right
    one follows, and is none of what went in."""
    base, values = main[0], [pair.got(place).values for pair in main]
    if any(value is None or not np.isfinite(value).all() for value in values):
        return False
    return not any(agree(values[0], value, NAMED) for value in base.asked.given.values()) and all(
        pair.close(pair.right(k), base.right(k), FOLLOWS)
        or not pair.close(value, values[0], FOLLOWS)
        for pair, value in zip(main, values)
        if pair.asked.changed
    )


def loss_of(pair: Pair, found: list[Found]) -> Callable | None:
    """The loss of a call as a function of shifts, as what was found gives it; None where that is
    not known, or comes back in another form."""
    if any(one.function is None or one.form for one in found) or pair.build.calls[0].form:
        return None

    def loss(shift: dict[str, np.ndarray]) -> float:
        total = 0.0
        for k, one in enumerate(found):
            values = computed(pair.exercise, one.function, pair.asked, shift)
            flat = values[k].ravel() if values else np.array([np.nan])
            weights = np.resize(pair.asked.slopes.loss, len(flat))
            total += (flat * weights).sum() if flat.dtype.kind == "f" else 0.0
        return total

    return loss


# ---------------------------------------------------------------- the picture
ask_runs = ask  # the same questions, with other numbers


def compare_runs(exercise: Computed, questions: Questions, answers: Answers) -> Picture | None:
    """A row of the first result that is off in the first call, where it is off most."""
    pairs = pairs_of(exercise, questions, answers.builds)
    for k, name in enumerate(exercise.returns if pairs else ()):
        got, truth = pairs[0].got(k), pairs[0].right(k)
        if got.shape != truth.shape or not got.finite or not truth.ndim or truth.shape[-1] < 2:
            continue
        row = int(np.abs(got.values - truth).max(axis=-1).argmax())
        rows = (array.reshape(-1, truth.shape[-1])[row, :SHOWN] for array in (truth, got.values))
        right, yours = (one.astype(float) for one in rows)
        off = np.abs(right - yours) > VISIBLE * max(1.0, np.abs(right).max())
        if off.any():
            what = f"numbers in row {row} of {name}" if truth.ndim > 1 else f"numbers of {name}"
            lines = {"right": rounded(right, 4), "yours": rounded(yours, 4)}
            return {"kind": "steps", "name": name, "what": what, "from": int(off.argmax())} | lines
    return None
