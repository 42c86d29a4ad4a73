"""What is said of the parameters of one step: their names, kinds and shapes, and what else
trains."""

from collections.abc import Iterator

from ...exercise.declared import SIZES, Recurrence
from ..answers import Answers, Build, Found, words
from ..classes import judge_base, judge_constructor
from ..questions import shape_of
from ..reset import left_by_reset
from ..sheet import Sheet
from .asks import Pair
from .conventions import Convention

MOST_COMPLAINTS = 4  # about parameters, before the rest are only counted


def judge_parameters(
    exercise: Recurrence,
    pairs: list[Pair],
    answers: Answers,
    convention: Convention | None,
    sheet: Sheet,
):
    """Fills the criterion `parameters`. `convention`: how the class keeps them, where the numbers
    are right under that, and not with the asked weights put in."""
    surveyed = [pair for pair in pairs if pair.build.found is not None]
    if not surveyed:
        return
    sizes = ["input_dim={} and hidden_dim={}".format(*pair.asked.sizes) for pair in surveyed]
    judge_constructor([pair.build for pair in surveyed], sizes, sheet, "parameters")
    fixed, left = of_fixed_shape(exercise, surveyed), left_by_reset(answers)
    for pair in surveyed:
        before = {*sheet.mistakes.get("parameters", ())}  # of other sizes, in other numbers
        for sentence, mistake in complaints(exercise, pair, fixed, left):
            if mistake not in before:
                sheet.lose("parameters", sentence, mistake)
    for name in dict.fromkeys(name for reset in answers.resets for name in reset.coerced):
        sheet.lose(
            "parameters",
            f"{words(name, 60)} is not made of PyTorch's default numbers, float32: products with"
            " what is, x for one, raise an error, or give another type. Leave dtype out.",
            "parameters of another type",
        )
    judge_base(exercise, answers, sheet, "parameters")
    sheet.meet("parameters")
    if lost := said_once(sheet.lost.get("parameters", [])):
        sheet.lost["parameters"] = lost
    raises = any(pair.build.constructor for pair in surveyed)
    if (
        convention
        and not raises
        and (says := in_another_form(exercise, surveyed[0].build, convention))
    ):
        sheet.lost["parameters"] = [says]
        sheet.mistakes["parameters"] = ["parameters in another form"]
    elif len(lost) > MOST_COMPLAINTS:
        kept = lost[: MOST_COMPLAINTS - 1]
        sheet.lost["parameters"] = [*kept, f"(And {len(lost) - len(kept)} more like these.)"]


def said_once(sentences: list[str]) -> list[str]:
    """What is said of several parameters in the same words is said of the first of them, and the
    others are named."""
    names = {}
    for sentence in sentences:
        name, _, said = sentence.partition(" ")
        names.setdefault(said, []).append(name)
    return [
        f"{first} {said}" + (f" The same holds for {listed(others)}." if others else "")
        for said, (first, *others) in names.items()
    ]


def listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def in_another_form(exercise: Recurrence, build: Build, convention: Convention) -> str:
    """What is said of a convention: of names, which are missing; "" where none is."""
    found = build.found or {}
    missing = [name for name in exercise.parameters if found[name].kind in ("missing", "none")]
    if not convention.names_alone or len(missing) == len(exercise.parameters):
        return convention.says
    if len(missing) < 2:
        return f"{missing[0]} is missing; it stands under another name." if missing else ""
    return f"{listed(missing)} are missing; they stand under other names, or in containers."


def of_fixed_shape(exercise: Recurrence, pairs: list[Pair]) -> set[str]:
    """Parameters of the same shape in builds of several sizes, none of them 1: that no name of a
    size describes."""
    fixed = set()
    for name in exercise.parameters:
        shapes = {pair.build.found.get(name, Found()).shape for pair in pairs}
        shape = shapes.pop() if len(shapes) == 1 else None
        if shape and 1 not in shape and len({pair.asked.sizes for pair in pairs}) > 1:
            fixed.add(name)
    return fixed


def complaints(
    exercise: Recurrence, pair: Pair, fixed: set[str], left: set[str]
) -> Iterator[tuple[str, str]]:
    """(sentence, mistake) for everything that is wrong with the parameters of one build. fixed: see
    of_fixed_shape. left: what reset_parameters() leaves as it was, which is judged by itself."""
    build = pair.build
    for name, sizes in exercise.parameters.items():
        found = build.found.get(name, Found())
        if build.constructor and found.kind in ("missing", "none"):
            continue  # since it raises
        if name in fixed:
            wanted = ", ".join(SIZES[size] for size in sizes)
            yield (
                f"{name} has shape ({in_sizes(found.shape, 0, 0)}) whatever the sizes are; it"
                f" should be ({wanted}).",
                f"{name} has the wrong shape",
            )
        else:
            yield from about_parameter(exercise, name, sizes, found, pair)
    for name in exercise.absent:
        gone = build.found.get(name, Found()).kind in ("missing", "none")
        if not gone and not build.constructor:  # which may not have come so far
            still = exercise.says.get("absent", "{name} is still there; it should be gone.")
            yield in_own_words(still, name), f"{name} is still there"
    if build.shared:
        yield (
            "Two of the names hold one and the same parameter; each needs its own.",
            "a parameter under two names",
        )
    for other in build.others:
        if other.split(".")[0] not in exercise.absent:
            yield (
                f"{words(other, 60)} trains as well; only the parameters named above should.",
                "something else trains as well",
            )
    remedy = "Call reset_parameters() at its end." if exercise.draws else "Give it values there."
    for name in (name for name in build.unset if name not in left):
        yield (
            f"{words(name, 60)} is never given values: the constructor leaves it uninitialised. "
            f"{remedy}",
            "parameters are left uninitialised",
        )


def about_parameter(
    exercise: Recurrence, name: str, sizes: tuple[str, ...], found: Found, pair: Pair
) -> Iterator[tuple[str, str]]:
    n, m = pair.asked.sizes
    right = shape_of(sizes, n, m)
    vector = len(right) == 1
    if found.kind in ("missing", "none"):
        yield f"{name} is missing.", f"{name} is missing"
    elif found.kind not in ("linear", "parameter") or (vector and found.kind == "linear"):
        plain = found.kind == "tensor"
        is_now = "a plain tensor" if plain else f"a {words(found.type or found.kind, 40)}"
        wanted = "an nn.Parameter" if vector else "an nn.Linear without bias, or an nn.Parameter"
        yield (
            f"{name} is {is_now}, so it does not train as asked; it should be {wanted}.",
            f"{name} is no parameter",
        )
    elif found.shape != right and not (name in exercise.diagonal and found.shape == (m,)):
        if n != m or len(found.shape or ()) != len(right):  # else it only looks wrong elsewhere
            is_now, wanted = in_sizes(found.shape or (), n, m), ", ".join(SIZES[s] for s in sizes)
            or_vector = f", or ({SIZES['m']},)" if name in exercise.diagonal else ""
            yield (
                f"{name} has shape ({is_now}); it should be ({wanted}){or_vector}.",
                f"{name} has the wrong shape",
            )
    elif found.bias:
        own = exercise.says.get("bias", "{name} has a bias of its own; give nn.Linear bias=False.")
        yield in_own_words(own, name), f"{name} has a bias of its own"
    elif found.trains is False:
        yield f"{name} does not train: requires_grad is False.", f"{name} does not train"


def in_own_words(sentence: str, name: str) -> str:
    """A sentence of an exercise's own (see Recurrence.says) about one parameter."""
    return sentence.format(name=name, letter=name.rpartition("_")[2])


def in_sizes(shape: tuple[int, ...], n: int, m: int) -> str:
    """A shape in the names of the sizes, as far as it can be told which they are."""
    called = {n: SIZES["n"], m: SIZES["m"]} if n != m else {}
    return ", ".join(called.get(size, str(size)) for size in shape)
