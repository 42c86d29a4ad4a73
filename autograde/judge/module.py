"""The kind `module`: a class with parameters and any inputs, beside a reference that gets the
parameters as further arguments."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, permutations

import numpy as np

from ..exercise.declared import Module
from ..exercise.shapes import length, spec
from ..exercise.verdict import Cell
from .answers import Answers, Found, words
from .classes import judge_class, judge_constructor
from .function import (
    Pair,
    Questions,
    ask,
    ask_runs,
    compare_runs,
    explained,
    in_brackets,
    judge_numbers,
    pairs_of,
)
from .sheet import Sheet

__all__ = ["ask", "ask_runs", "compare_runs", "judge"]
MOST_WAYS = 24  # in which parameters under other names may be meant


def judge(
    exercise: Module, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet
) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""

    def look() -> str | None:
        pairs = pairs_of(exercise, questions, answers.builds)
        judge_parameters(exercise, pairs, sheet)
        pairs = turned(exercise, pairs)
        named = renamed(exercise, pairs_of(exercise, questions, answers.kept))
        if named:
            meant, pairs = named
            said = ", ".join(
                f"{theirs} for {name}" for name, theirs in meant.items() if name != theirs
            )
            if said:
                sheet.lost["parameters"] = [f"Your parameters have other names: {words(said)}."]
                sheet.mistakes["parameters"] = ["parameters have other names"]
        return judge_numbers(exercise, pairs, sheet)

    return judge_class(exercise, answers, cell, sheet, look)


def renamed(exercise: Module, kept: list[Pair]) -> tuple[dict[str, str], list[Pair]] | None:
    """What the student's own names mean, where the numbers are right under that, and the calls of
    the class as it is."""
    right = lambda main: all(pair.form(0, 0, exercise.right) is not None for pair in main)
    for known in (right, lambda main: explained(0, 0, main).function):
        for meant in ways(exercise, kept):
            pairs = [with_held(pair, meant) for pair in kept if pair.build.held]
            main = [pair for pair in pairs if not pair.asked.case and pair.out]
            if main and known(main):
                return meant, [pair for pair in pairs if pair.known]
    return None


def turned(exercise: Module, pairs: list[Pair]) -> list[Pair]:
    """The calls with square parameters as the class means them, where it keeps them transposed, as
    those of other sizes show: that costs its form alone."""
    kept = lambda pair, name: (pair.build.found or {}).get(name, Found()).shape
    names = [
        name
        for name in exercise.parameters
        for given in [pairs[0].asked.given[name].shape if pairs else ()]
        if given != given[::-1] and kept(pairs[0], name) == given[::-1]
    ]
    other = []
    for pair in pairs if names else ():
        given = {n: pair.asked.given[n] for n in names}
        given = {n: v.T for n, v in given.items() if v.shape == v.T.shape}
        other.append(
            Pair(exercise, replace(pair.asked, given=pair.asked.given | given), pair.build)
        )
    return other or pairs


def ways(exercise: Module, kept: list[Pair]) -> Iterator[dict[str, str]]:
    """Each way in which tensors that the class holds may be the asked parameters."""
    pair = next((pair for pair in kept if pair.build.held), None)
    held = pair.build.held if pair else {}
    for names in islice(permutations(held, len(exercise.parameters)), MOST_WAYS):
        if all(
            fits(held[theirs].shape, pair.asked.given[name])
            for name, theirs in zip(exercise.parameters, names)
        ):
            yield dict(zip(exercise.parameters, names))


def fits(shape: tuple[int, ...] | None, given: np.ndarray) -> bool:
    """Whether a tensor has the shape of a parameter, but for axes of length 1."""
    long = lambda shape: [size for size in shape or () if size != 1]
    return long(shape) == long(given.shape)


def with_held(pair: Pair, meant: dict[str, str]) -> Pair:
    given, held = pair.asked.given, {n: pair.build.held[theirs] for n, theirs in meant.items()}
    held = {
        n: one.values.reshape(given[n].shape) if fits(one.shape, given[n]) else one.values
        for n, one in held.items()
    }
    return Pair(pair.exercise, replace(pair.asked, given=pair.asked.given | held), pair.build)


# ---------------------------------------------------------------- parameters
def judge_parameters(exercise: Module, pairs: list[Pair], sheet: Sheet):
    surveyed = [pair for pair in pairs if pair.build.found is not None]
    sizes = ["some sizes"] * len(surveyed)
    judge_constructor([pair.build for pair in surveyed], sizes, sheet, "parameters")
    for pair in surveyed:
        for name, text in exercise.parameters.items():
            found = pair.build.found.get(name, Found())
            said = complaint(name, text, found, pair)
            if pair.build.constructor and found.kind in ("missing", "none"):
                continue  # since it raises
            if said and said[1] not in sheet.mistakes.get("parameters", []):
                sheet.lose("parameters", *said)
        for other in pair.build.others:
            sheet.lose(
                "parameters",
                f"{words(other, 60)} trains as well; only {', '.join(exercise.parameters)} should.",
                "something else trains as well",
            )
        if pair.build.unset:
            name = words(pair.build.unset[0], 60)
            sheet.lose("parameters", f"{name} is never given values.", "a parameter without values")
        sheet.meet("parameters")


def complaint(name: str, text: str, found: Found, pair: Pair) -> tuple[str, str] | None:
    """(sentence, mistake) for what is wrong with a parameter, if anything."""
    dims = spec(text).dims
    right = tuple(length(word, pair.asked.sizes) for word in dims)
    if found.kind in ("missing", "none"):
        return f"{name} is missing.", f"{name} is missing"
    if found.kind not in ("linear", "parameter"):
        kind = "plain tensor" if found.kind == "tensor" else words(found.type or found.kind, 40)
        return f"{name} is a {kind}; it should be an nn.Parameter.", f"{name} is no parameter"
    if found.shape != right:
        shape = in_brackets(found.shape or ())
        asked = f"({', '.join(dims)}), here {in_brackets(right)}"
        return f"{name} has shape {shape}; it should be {asked}.", f"{name} has another shape"
    if found.bias:
        return f"{name} has a bias of its own; give nn.Linear bias=False.", f"{name} has a bias"
    if found.trains is False:
        return f"{name} does not train: requires_grad is False.", f"{name} does not train"
    return None
