"""The kind `function`: one or several results of drawn arguments, beside those of a reference.

What a module of any kind is asked and judged by is here too: it has weights besides.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ..exercise.declared import Computed, Function
from ..exercise.shapes import length, spec
from ..exercise.verdict import Cell
from .agreement import FOLLOWS, NAMED, RIGHT, agree, tolerance
from .answers import Answers, Build, Tensor, words
from .classes import judge_class
from .gradients import Asked as AskedSlopes
from .gradients import judge_gradients
from .pictures import Picture, rounded
from .questions import Single, argument, normal
from .sheet import Sheet
from .untouched import Asked, judge_untouched
from .variants import variants

DIFFERENT = (3, 5, 4, 6, 2, 7)  # sizes, in the order of their names
ALL_EQUAL, ALL_ONE = 4, 1
LARGE = 500.0  # times an ordinary number
WEIGHTS = 48  # of a loss
SMALLEST = 1e-3  # size of a result, below which it is compared with this
SHOWN, VISIBLE = 10, 1e-2  # numbers in a picture, and what is seen of a gap
FORM_KEYS = ("shape", "order", "dtype", "large")


@dataclass(frozen=True)
class Argument:
    """kind: "float", "int", "bool", or "size"; value: an array or a number."""

    kind: str
    value: np.ndarray | float


@dataclass(frozen=True)
class BuildAsked:
    """One call. case: "" for an ordinary one, "sizes" for one with sizes that hide or break
    something, "large" for large numbers. changed: the argument that it differs in from the first
    call. weights, made_with: of a module."""

    case: str
    changed: str
    sizes: dict[str, int]
    arguments: dict[str, Argument]
    weights: dict[str, np.ndarray]
    made_with: tuple[int, ...]
    slopes: Single | None

    @property
    def leaves(self) -> dict[str, np.ndarray]:
        """What goes in that a gradient can flow back to, but for weights."""
        given = {name: one.value for name, one in self.arguments.items() if one.kind == "float"}
        return {name: value for name, value in given.items() if isinstance(value, np.ndarray)}


@dataclass(frozen=True)
class Questions:
    """fill: a seed for numbers in parameters under other names. watched: a pattern for the
    built-ins to look out for, if any."""

    name: str
    kind: str
    arrays: str
    returns: tuple[str, ...]
    parameters: tuple[str, ...]
    watched: str | None
    fill: int
    builds: tuple[BuildAsked, ...]


# ---------------------------------------------------------------- what is asked
def ask(exercise: Computed, rng: np.random.Generator) -> Questions:
    """The questions, drawn: two calls with sizes that are all different, the first one once more
    with each argument changed, one with all sizes equal, one with ones, one with large numbers."""
    specs = {name: spec(text) for name, text in (exercise.inputs | weights_of(exercise)).items()}
    names = list(dict.fromkeys(name for one in specs.values() for name in one.names))
    different = dict(zip(names, DIFFERENT))
    turned = dict(zip(reversed(names), DIFFERENT))
    first = draw_build(exercise, rng, different)
    builds = [first, draw_build(exercise, rng, turned)]
    for name in (name for name in specs if specs[name].kind != "size"):
        new = draw_build(exercise, rng, different)
        builds.append(
            replace(
                first,
                changed=name,
                slopes=None,
                arguments=first.arguments | {n: a for n, a in new.arguments.items() if n == name},
                weights=first.weights | {n: w for n, w in new.weights.items() if n == name},
            )
        )
    for size in (ALL_EQUAL, ALL_ONE) if names else ():
        builds.append(draw_build(exercise, rng, dict.fromkeys(names, size), "sizes"))
    builds.append(draw_build(exercise, rng, different, "large"))
    watched = exercise.built_ins.operators if exercise.built_ins else None
    fill, arrays = int(rng.integers(2**31)), exercise.arrays
    parameters = tuple(weights_of(exercise))
    shared = exercise.name, exercise.kind, arrays, exercise.returns, parameters, watched, fill
    return Questions(*shared, tuple(builds))


def weights_of(exercise: Computed) -> dict[str, str]:
    return getattr(exercise, "parameters", {})


def draw_build(exercise: Computed, rng, sizes: dict[str, int], case: str = "") -> BuildAsked:
    given = {}
    for name, text in exercise.inputs.items():
        large = LARGE if case == "large" else 1.0
        given[name] = Argument(spec(text).kind, argument(rng, spec(text), sizes, large))
    weights = {n: argument(rng, spec(t), sizes) for n, t in weights_of(exercise).items()}
    made_with = (sizes.get(size, size) for size in getattr(exercise, "made_with", ()))
    build = BuildAsked(case, "", sizes, given, weights, tuple(made_with), None)
    leaves = build.leaves
    if case or exercise.arrays == "numpy" or not (leaves or weights):
        return build
    directions = {name: normal(rng, value.shape) for name, value in (weights | leaves).items()}
    return replace(build, slopes=Single(leaves, normal(rng, WEIGHTS), directions))


# ---------------------------------------------------------------- what references give
def computed(exercise: Computed, function: Callable, asked: BuildAsked, shift=None) -> list | None:
    """The results of a reference for one call, as arrays; None where it raises, or another number
    of them comes back. shift: of what goes in, by name."""
    shift, given = shift or {}, {}
    for name, one in asked.arguments.items():
        value = one.value
        if isinstance(value, np.ndarray):
            value = in_library(exercise.arrays, value + shift[name] if name in shift else value)
        given[name] = value
    weights = {
        name: in_library(exercise.arrays, value + shift.get(name, 0.0))
        for name, value in asked.weights.items()
    }
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            out = function(*given.values(), **weights)
        out = out if isinstance(out, tuple | list) and len(exercise.returns) > 1 else (out,)
        arrays = [np.asarray(part.detach() if hasattr(part, "detach") else part) for part in out]
        arrays = [array if array.dtype.kind in "biu" else array.astype(float) for array in arrays]
        if isinstance(function, Scaled):
            arrays = [function.factor(asked.sizes) * array for array in arrays]
    except Exception:
        return None
    return arrays if len(arrays) == len(exercise.returns) else None


def in_library(arrays: str, value: np.ndarray):
    """A fresh array of NumPy's or PyTorch's."""
    if arrays == "numpy":
        return value.copy()
    import torch  # only where a reference of its own has it loaded

    return torch.from_numpy(value.copy())


class Pair:
    """A call as it was asked for, and what came of it. place: of each result, its place in what
    came back."""

    def __init__(self, exercise: Computed, asked: BuildAsked, build: Build):
        self.exercise, self.asked, self.build = exercise, asked, build
        self.truth = cache(lambda function: computed(exercise, function, asked))

    @property
    def known(self) -> bool:
        """Whether the reference has something to compare with here."""
        truth = self.truth(self.exercise.right)
        return truth is not None and all(np.isfinite(array).all() for array in truth)

    @property
    def out(self) -> tuple[Tensor, ...]:
        return self.build.calls[0].out if self.build.calls else ()

    def form(self, k: int, place: int, function: Callable) -> str | None:
        """How what came back at a place is result k of a function: "" as it is, "transposed",
        "squeezed"; None where it is not."""
        truth = self.truth(function)
        if truth is None or place >= len(self.out) or self.out[place].values is None:
            return None
        within = tolerance(RIGHT if function is self.exercise.right else NAMED, self.build.single)
        return next(
            (s for s, v in forms(self.out[place], truth[k]) if close(v, truth[k], within, self)),
            None,
        )


def forms(got: Tensor, truth: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The forms in which an answer may be a result, as it is first."""
    values, alone = got.values, (1, *truth.shape)
    in_list = got.type in ("list", "tuple") and values.shape == alone
    if values.shape == truth.shape or in_list or values.size == 1 and not truth.ndim:
        yield "", values.reshape(truth.shape)
    if values.ndim > 1 and values.T.shape == truth.shape:
        yield "transposed", values.T
    if values.size == truth.size and np.squeeze(values).shape == np.squeeze(truth).shape:
        yield "with axes of length 1 too many or too few", values.reshape(truth.shape)


def close(values: np.ndarray, truth: np.ndarray, within: float, pair: Pair) -> bool:
    """Agreement in parts of the largest number, so that small results count as well."""
    ordinary = not pair.build.single and pair.asked.case != "large"
    size = max(np.abs(truth).max(initial=0.0), SMALLEST if ordinary else 1.0)
    return agree(values / size, truth / size, within) if np.isfinite(size) else False


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
    """Fills the sheet; returns a reason where nothing could be looked at."""
    main = [pair for pair in pairs if not pair.asked.case and pair.out]
    if not main:
        return why_not(exercise, pairs)
    if all(pair.build.calls[0].form == "None" or pair.out[0].type == "NoneType" for pair in main):
        return f"Not written yet: {called(exercise)} returns None."
    count = range(len(exercise.returns))
    places = [place_of(k, main) for k in count]
    found = [explained(k, places[k], main) for k in count]
    for k, name in enumerate(exercise.returns):
        judge_result(k, places[k], found[k], main, sheet)
        if name not in sheet.lost:
            judge_sizes(k, places[k], found[k], pairs, sheet)
    judge_forms(places, main, sheet)
    judge_large(places, found, pairs, sheet)
    sheet.computes = any(follows_all(k, places[k], found[k], main) for k in count)
    arrays = lambda asked: {
        n: a.value for n, a in asked.arguments.items() if isinstance(a.value, np.ndarray)
    }
    calls = [Asked(arrays(p.asked), p.build.calls[0]) for p in pairs if p.build.calls]
    who = "forward" if exercise.noun == "class" else exercise.noun
    judge_untouched(calls, sheet, who, "tensor" if exercise.arrays == "torch" else "array")
    slopes = [
        AskedSlopes(p.asked.slopes, p.build, loss_of(p, found)) for p in main if p.asked.slopes
    ]
    judge_gradients(slopes, sheet)
    unknown = [name for name, one in zip(exercise.returns, found) if one.function is None]
    return f"Could not be marked, since your {unknown[0]} is not right yet." if unknown else None


def called(exercise: Computed) -> str:
    return "forward" if exercise.noun == "class" else exercise.name


def why_not(exercise: Computed, pairs: list[Pair]) -> str:
    """Where no ordinary call gave anything back."""
    for pair in pairs:
        failure = pair.build.broken
        if failure and failure.error.startswith("NotImplementedError"):
            return f"Not written yet: {called(exercise)} raises NotImplementedError."
        if failure and pair.build.calls:
            return f"Could not be marked: {called(exercise)} raised {failure}."
        if failure:
            arguments = ", ".join(map(str, exercise.made_with))
            return f"{exercise.name}({arguments}) raised {failure}."
    return "Could not be marked: there was no answer."


def place_of(k: int, main: list[Pair]) -> int:
    """Where result k stands in what came back: in its place, or where its numbers are."""
    right = main[0].exercise.right
    places = sorted(range(max(len(pair.out) for pair in main)), key=lambda place: place != k)
    fits = (p for p in places if all(pair.form(k, p, right) is not None for pair in main))
    return next(fits, k)


@dataclass(frozen=True)
class Found:
    """What gives a result's numbers: a reference or a changed one, with what a sentence and a table
    say of it; and in which form they came back. function: None where that is not known."""

    function: Callable | None = None
    says: str = ""
    mistake: str = ""
    form: str = ""


@dataclass(frozen=True)
class Scaled:
    """A reference whose results are all too large, by a number or by a power of a size."""

    right: Callable
    times: float = 1.0
    size: str = ""
    power: float = 1.0

    def __call__(self, *given, **weights):
        return self.right(*given, **weights)

    def factor(self, sizes: dict[str, int]) -> float:
        return self.times * (sizes[self.size] ** self.power if self.size else 1.0)


def explained(k: int, place: int, main: list[Pair]) -> Found:
    for function, says, mistake in candidates(main[0], k, place):
        forms_seen = []
        for pair in main:
            forms_seen.append(pair.form(k, place, function))
            if forms_seen[-1] is None:
                break
        else:
            return Found(function, says, mistake, max(forms_seen, key=len))
    return Found()


def candidates(first: Pair, k: int, place: int) -> Iterator[tuple[Callable, str, str]]:
    """What may give a result, with words for it: the right reference, the wrong ones, multiples of
    the right one, and every variant of it with one change."""
    right = first.exercise.right
    yield right, "", ""
    yield from known_slips(first.exercise, multiples(first, k, place))


def known_slips(exercise: Computed, between=()) -> Iterator[tuple[Callable, str, str]]:
    for function, said in exercise.wrong.items():
        yield function, f"has the numbers of a known mistake: {said}", said
    yield from between
    for said, function in variants(exercise.right):
        yield function, f"has the numbers of the rule with one change: {said}", said


def multiples(first: Pair, k: int, place: int) -> Iterator[tuple[Callable, str, str]]:
    right, truth = first.exercise.right, first.truth(first.exercise.right)[k]
    got = first.out[place].values if place < len(first.out) else None
    if got is None or got.shape != truth.shape or not np.abs(truth).max(initial=0.0):
        return
    largest = np.unravel_index(np.abs(truth).argmax(), truth.shape)
    times = float(got[largest] / truth[largest])
    found = [(Scaled(right, times), f"{times:.4g}")] if times and np.isfinite(times) else []
    for size in first.asked.sizes:
        powers = {1.0: size, -1.0: f"1/{size}", 0.5: f"√{size}", -0.5: f"1/√{size}"}
        found += [(Scaled(right, 1.0, size, power), said) for power, said in powers.items()]
    for function, said in found:
        yield function, f"is {said} times the right one", f"{said} times the right one"


def lose(key: str, result: str, sheet: Sheet, sentence: str, mistake: str):
    """Of a result; on a criterion for its form where there is one."""
    key = key if key in sheet.exercise.keys else result
    if key == result:
        sentence = f"{sentence} The rule: {sheet.exercise.asks(result)}."
    sheet.lose(key, sentence, mistake)


def judge_result(k: int, place: int, found: Found, main: list[Pair], sheet: Sheet):
    name = sheet.exercise.returns[k]
    sheet.meet(name, "shape", "dtype")
    if found.function is None:
        said, mistake = departs(k, place, main)
        lose("shape" if mistake.endswith("shape") else name, name, sheet, said, mistake)
        if name not in sheet.lost:
            sheet.lose(name, said, mistake)
    elif found.says:
        lose(name, name, sheet, f"Your {name} {found.says}.", found.mistake)
    if found.form:
        shape = in_brackets(main[0].out[place].shape)
        said = f"Your {name} comes back {found.form}: it has shape {shape}; asked for is"
        lose("shape", name, sheet, f"{said} {asked_shape(k, main[0])}.", f"{name} {found.form}")


def departs(k: int, place: int, main: list[Pair]) -> tuple[str, str]:
    """What is wrong with a result that nothing known gives: (sentence, mistake)."""
    exercise, name = main[0].exercise, main[0].exercise.returns[k]
    for pair in main:
        truth = pair.truth(exercise.right)[k]
        if place >= len(pair.out):
            form = pair.build.calls[0].form
            return f"Your {exercise.noun} returns {form}: there is no {name}.", f"no {name}"
        got = pair.out[place]
        if got.type == "NoneType":
            why = "Is there a return line, and is it written yet?"
            return f"Your {name} is None. {why}", f"{name} is None"
        if got.values is None:
            kind = "a number" if not truth.ndim else "an array of numbers"
            return (
                f"Your {name} is a {words(got.type, 40)}; asked for is {kind}.",
                f"{name} is no number",
            )
        if got.shape != truth.shape:
            shape = in_brackets(got.shape)
            said = f"Your {name} has shape {shape}; asked for is {asked_shape(k, pair)}."
            return said, f"{name} has another shape"
        if truth.dtype.kind == "f" and "int" in got.dtype:
            return f"Your {name} holds whole numbers ({got.dtype}).", f"{name} is {got.dtype}"
        if not got.finite:
            return f"Your {name} holds nan or infinite numbers.", f"{name} is not finite"
    base = main[0]
    for pair in main[1:]:
        same = lambda one, other: close(one, other, FOLLOWS, base)
        moved = not same(pair.truth(exercise.right)[k], base.truth(exercise.right)[k])
        put_in = pair.asked.changed and pair.asked.changed not in pair.build.made
        if put_in and moved and same(pair.out[place].values, base.out[place].values):
            said = f"Your {name} does not change when {pair.asked.changed} does."
            return said, f"{name} does not follow {pair.asked.changed}"
    unknown = "is not what the rule gives, and no mistake that we know gives these numbers."
    unknown += where(base.out[place].values, base.truth(exercise.right)[k])
    return f"Your {name} {unknown}", f"{name} is wrong in a way that we do not know"


def where(got: np.ndarray, truth: np.ndarray) -> str:
    """The rows, columns or entries that are off in one call, where others are right."""
    off = np.abs(got - truth) > RIGHT * max(1.0, np.abs(truth).max(initial=0.0))
    for axis, called in enumerate(
        ("row", "column") if truth.ndim == 2 else ("entry",) * truth.ndim
    ):
        lines = np.flatnonzero(off.any(axis=tuple(a for a in range(truth.ndim) if a != axis)))
        if 0 < len(lines) <= truth.shape[axis] // 2:
            listed = ", ".join(map(str, lines))
            return (
                f" In one call with shape {in_brackets(truth.shape)} only {called} {listed} is off."
            )
    return ""


def in_brackets(shape: tuple) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def asked_shape(k: int, pair: Pair) -> str:
    """A shape in the names of sizes, as far as these tell, and in numbers."""
    shape, names = pair.truth(pair.exercise.right)[k].shape, {}
    if not shape:
        return "a single number"
    specs = map(spec, (pair.exercise.inputs | weights_of(pair.exercise)).values())
    for word in dict.fromkeys(word for one in specs for word in one.dims):
        size = length(word, pair.asked.sizes)
        names[size] = word if size not in names else str(size)
    called = in_brackets(tuple(names.get(size, size) for size in shape))
    return f"{called}, here {in_brackets(shape)}" if called != in_brackets(shape) else called


def judge_sizes(k: int, place: int, found: Found, pairs: list[Pair], sheet: Sheet):
    """A result that is right for ordinary sizes may fail for others."""
    name = sheet.exercise.returns[k]
    for pair in (pair for pair in pairs if pair.asked.case == "sizes" or not pair.out):
        form = pair.form(k, place, found.function)
        if pair.asked.case == "large" or (form is not None and (found.form or not form)):
            continue
        sizes = pair.asked.sizes
        when = f"every size {next(iter(sizes.values()))}" if sizes else "other numbers"
        what = f"your {sheet.exercise.noun} raises {pair.build.broken}"
        if pair.out:
            got = pair.out[place].shape if place < len(pair.out) else None
            truth = pair.truth(sheet.exercise.right)[k].shape
            off = got is not None and got != truth
            what = f"it has shape {in_brackets(got)}" if off else "it is not what the rule gives"
        said = f"Your {name} is right for some sizes only: with {when} {what}."
        lose("shape" if "shape" in what else name, name, sheet, said, "right for some sizes only")
        return


def judge_forms(places: list[int], main: list[Pair], sheet: Sheet):
    """Whether what came back has the asked form: as many results, in their order, as arrays."""
    exercise = sheet.exercise
    form = next((call.form for pair in main for call in pair.build.calls if call.form), "")
    asked = ", ".join(exercise.returns)
    if form and not any(name in sheet.lost for name in exercise.returns):
        said = f"Your {exercise.noun} returns {form}; asked for is {asked}."
        for name in exercise.returns:
            lose("shape", name, sheet, said, "another thing is returned")
    elif places != sorted(places):
        moved = [name for k, name in enumerate(exercise.returns) if places[k] != k]
        back = ", ".join(n for _, n in sorted(zip(places, exercise.returns)))
        for name in moved:
            said = f"Your {exercise.noun} returns {back}; the order asked for is {asked}."
            lose("order", name, sheet, said, "results in another order")
    sheet.meet("order")
    for k, name in enumerate(exercise.returns):
        truth = main[0].truth(exercise.right)[k]
        got = main[0].out[places[k]] if places[k] < len(main[0].out) else Tensor()
        kind = {"i": "int", "u": "int", "b": "bool"}.get(truth.dtype.kind, "float")
        if "dtype" in exercise.keys and got.dtype and kind not in got.dtype:
            said = f"Your {name} holds numbers of type {got.dtype}; asked for is {kind}."
            sheet.lose("dtype", said, f"{name} is {got.dtype}")
        if exercise.arrays == "torch" and got.values is not None and got.type == "ndarray":
            said = f"Your {name} is an array of NumPy's; asked for is a tensor."
            lose("shape", name, sheet, said, f"{name} is no tensor")


def judge_large(places: list[int], found: list[Found], pairs: list[Pair], sheet: Sheet):
    """Whether it is the same with large numbers. Where that is not asked for, a note."""
    for pair in (pair for pair in pairs if pair.asked.case == "large"):
        for name, place, one in zip(sheet.exercise.returns, places, found):
            if one.function is None:
                return
            got = pair.out[place] if place < len(pair.out) else Tensor()
            truth = pair.truth(one.function)
            holds = truth is not None and all(np.isfinite(array).all() for array in truth)
            if holds and pair.form(places.index(place), place, one.function) is None:
                what = "it is off" if got.finite else "it holds nan or infinite numbers"
                what = (
                    what if pair.out else f"your {sheet.exercise.noun} raises {pair.build.broken}"
                )
                said = f"With numbers around 500 your {name} is not right: {what}."
                if "large" in sheet.exercise.keys:
                    sheet.lose("large", said, "wrong for large numbers")
                else:
                    sheet.notes.append(f"{said} That costs nothing here.")
        sheet.meet("large")


def follows_all(k: int, place: int, found: Found, main: list[Pair]) -> bool:
    """Whether anything of what is asked shows: a result that is known, or one that follows all
    that the right one follows, and is none of what went in."""
    if found.function:
        return True
    base, right = main[0], main[0].exercise.right
    values = [p.out[place].values if place < len(p.out) else None for p in main]
    given = [one.value for one in base.asked.arguments.values()]
    if any(value is None or not np.isfinite(value).all() for value in values):
        return False
    if any(agree(values[0], value, NAMED) for value in given):
        return False
    return all(
        close(p.truth(right)[k], base.truth(right)[k], FOLLOWS, p)
        or not close(value, values[0], FOLLOWS, p)
        for p, value in zip(main, values)
        if p.asked.changed
    )


def loss_of(pair: Pair, found: list[Found]) -> Callable | None:
    """The loss of a call as a function of shifts, as what was found gives it; None where that is
    not known, or comes back in another form."""
    if any(one.function is None or one.form for one in found) or pair.build.calls[0].form:
        return None
    weigh = pair.asked.slopes.loss

    def loss(shift: dict[str, np.ndarray]) -> float:
        total = 0.0
        for k, one in enumerate(found):
            values = computed(pair.exercise, one.function, pair.asked, shift)
            flat = values[k].ravel() if values else np.array([np.nan])
            total += (flat * np.resize(weigh, len(flat))).sum() if flat.dtype.kind == "f" else 0.0
        return total

    return loss


# ---------------------------------------------------------------- the picture
def ask_runs(exercise: Computed, rng: np.random.Generator) -> Questions:
    """The same questions, with other numbers."""
    return ask(exercise, rng)


def compare_runs(exercise: Computed, questions: Questions, answers: Answers) -> Picture | None:
    """The first numbers of the first result that is off in the first call."""
    pairs = pairs_of(exercise, questions, answers.builds)
    for k, name in enumerate(exercise.returns if pairs and pairs[0].out else ()):
        got = pairs[0].out[k].values if k < len(pairs[0].out) else None
        truth = pairs[0].truth(exercise.right)[k]
        if got is None or got.shape != truth.shape or not np.isfinite(got).all() or not truth.ndim:
            continue
        gap, length = np.abs(got - truth).max(axis=-1).ravel(), truth.shape[-1]
        row = int(gap.argmax())
        right, yours = (a.reshape(-1, length)[row, :SHOWN].astype(float) for a in (truth, got))
        off = np.abs(right - yours) > VISIBLE * max(1.0, np.abs(right).max())
        if off.any() and length > 1:
            of = f"numbers in row {row} of {name}" if truth.ndim > 1 else f"numbers of {name}"
            lines = {"right": rounded(right, 4), "yours": rounded(yours, 4)}
            return {"kind": "steps", "name": name, "what": of, "from": int(off.argmax())} | lines
    return None
