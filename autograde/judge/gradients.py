"""What must flow back through forward: slopes by backward against slopes by differences. Right for
whatever the class computes, so that a wrong formula loses no gradients."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from .agreement import DOUBT, OWN_SLOPE, SLOPE, agree
from .answers import Build, Failure, Gradients
from .questions import Sequence
from .sheet import Sheet
from .untouched import TWO_CALLS_DIFFER, writes_into_arguments

STEPS = (1e-5, 3e-6)  # of the differences of the rule
KNOWN_ERRORS = {  # a piece of PyTorch's message -> what it means here
    "modified by an inplace": "a tensor that it needs was overwritten in place (as in a[k] = … or"
    " a += …)",
    "a second time": "something is kept from one call of forward to the next",
    "a leaf Variable that requires grad": "a tensor that has a gradient is overwritten in place",
    "does not require grad and": "nothing leads back from what forward returns to the parameters"
    " (detach, .data or no_grad, say)",
}
CUT = (
    "is wrong: part of the way back from the loss to it is cut (detach, .data or no_grad, say), so"
    " the parameters would learn from a part of the error only."
)
DETACHED = "something on the way is detached, or is made a plain number."
NO_NUMBER = "is nan or infinite"
NOT_AGAIN = (
    "forward ran when it was called alone, and raised an error when the loss behind the gradients"
    " was computed."
)
RETURNED = {"outputs", "final", "works", "order"}  # criteria of what comes back
COMPLAINTS = {  # a piece of what a student is told -> its short name
    NOT_AGAIN: "forward raises where gradients are asked for",
    "raised an error": "backward raises an error",
    NO_NUMBER: "the gradient is nan or infinite",
    "": "part of the gradient is cut off",
}
Loss = Callable[[dict[str, np.ndarray]], float]


@dataclass(frozen=True)
class Asked:
    """One build's slopes: the sequence that they were asked on, the build, and the loss as a
    function of shifts of the leaves, as the rule gives it with the student's own slips; None where
    that is not known, and then the differences count that were taken in the student's process."""

    sequence: Sequence
    build: Build
    loss: Loss | None

    @property
    def still(self) -> set[str]:
        """Leaves that do not train at all, which is judged elsewhere."""
        found = self.build.found or {}
        return {
            name
            for name, attribute in found.items()
            if attribute.trains is False and name not in self.build.made
        }

    @property
    def groups(self) -> list[str]:
        """Leaves whose slopes are asked for together: a name, or the number of a layer."""
        names = (name for name in self.sequence.directions if name not in self.still)
        groups = dict.fromkeys(name.split(".")[0] for name in names)
        slopes, as_it_is = self.build.gradients.slopes, bool(self.build.held)
        return [name for name in groups if name in slopes or not (name.isdigit() or as_it_is)]


def judge_gradients(asked: Iterable[Asked], sheet: Sheet):
    """Fills the criterion `gradients`."""
    asked = [*asked]
    complaint, unknown, overflow = None, False, []
    for one in asked:
        unknown = unknown or one.loss is None
        answer = one.build.gradients
        if answer is None or not one.build.answered:
            continue
        shorter = answer.steps < one.sequence.steps and not answer.failure
        if shorter and one.loss is not None and in_form(one.build, sheet):
            complaint = complaint or NOT_AGAIN
        if not answer.runs:
            continue  # a forward pass that fails over several steps is judged elsewhere
        if answer.failure and (one.build.raised or one.build.spread):
            unknown = True  # numbers stand where forward was mended: nothing flows through them
        elif answer.failure:
            complaint = complaint or backward_raised(answer.failure, one.sequence)
        if answer.failure:
            continue
        said = slope_complaint(one)
        tells = said and NO_NUMBER in said and all_numbers(one.build)
        overflow.append(said if tells else None)
        complaint = complaint or (said if said and NO_NUMBER not in said else None)
    if all(overflow):  # else some weights, with another slip, have made a state grow beyond bounds
        complaint = complaint or next(iter(overflow), None)
    differs = TWO_CALLS_DIFFER in sheet.mistakes.get("untouched", [])
    raises = complaint not in (None, NOT_AGAIN) and "raised an error" in complaint
    if raises and writes_into_arguments(sheet) and all(map(of_writing, asked)):
        sheet.meet("gradients")  # the same slip, which is lost already
    elif (complaint or unknown) and differs and not raises:
        sheet.meet("gradients")  # they cannot be told where each call gives another result
    elif complaint:
        mistake = next(name for piece, name in COMPLAINTS.items() if piece in complaint)
        sheet.lose("gradients", complaint, mistake)
    else:  # right, or not to be asked for, since what is returned is judged elsewhere
        sheet.meet("gradients")


def all_numbers(build: Build) -> bool:
    """Whether no call gives nan or infinity: of one that does, the outputs have told it."""
    given = [one for call in build.calls for one in call.out if one.values is not None]
    return all(one.finite for one in given)


def of_writing(asked: Asked) -> bool:
    """Whether a backward pass did not raise, or only for a part of what was written into: none of
    the numbers that it needs has changed then."""
    answer = asked.build.gradients
    return not (answer and answer.failure) or "is a view and its base" in answer.failure.error


def in_form(build: Build, sheet: Sheet) -> bool:
    """Whether what comes back has the form that the loss needs: else that one raises."""
    return not any(call.form for call in build.calls) and not RETURNED & sheet.lost.keys()


def backward_raised(failure: Failure, sequence: Sequence) -> str:
    """A sentence for the exception of a backward pass."""
    meanings = (meaning for piece, meaning in KNOWN_ERRORS.items() if piece in failure.error)
    reason = next(meanings, str(failure))
    return f"{sequence.backward} raised an error: {reason}."


# ---------------------------------------------------------------- slopes
def slope_complaint(asked: Asked) -> str | None:
    """What is wrong with the gradients: all of them together first, and one by one where that is
    off."""
    answer, groups = asked.build.gradients, asked.groups
    if not readable(answer, groups):
        return "The gradients could not be read."
    if any(call.coarse for call in asked.build.calls):
        return None  # differences of rounded numbers tell nothing
    total = sum(answer.slopes[name] or 0.0 for name in groups)
    loss = asked.loss if answer.steps == asked.sequence.steps else None  # else the first step only
    precision = asked.build.precision
    if loss is None:
        if own_differences_agree(answer, total, OWN_SLOPE[precision]):
            return None
        return name_missing(answer, groups)
    within = SLOPE[precision]
    slope = difference(asked.sequence, groups, loss, STEPS[0])
    if not np.isfinite(slope) or agree(total, slope, within):
        return None  # as below: a doubt only widens what agrees
    truth = Truth.of(asked.sequence, groups, loss, within)
    if truth.agrees(total):
        return None  # right, or beyond what can be computed
    for name in groups:
        truth = Truth.of(asked.sequence, [name], loss, within)
        if wrong := wrong_slope(asked, name, truth):
            return wrong
    return name_missing(answer, groups)


def readable(answer: Gradients, groups: list[str]) -> bool:
    known = all(name in answer.slopes for name in groups)
    return bool(groups) and known and None not in (answer.difference, answer.finer)


def own_differences_agree(answer: Gradients, total: float, within: float) -> bool:
    """Whether the slopes are those of the student's own numbers, or beyond what can be told: of a
    formula that nobody knows, any may overflow."""
    truth, finer = answer.difference, answer.finer
    if not np.isfinite([truth, finer, total]).all():
        return True
    return agree(total, truth, doubt(truth, finer, within))


def wrong_slope(asked: Asked, name: str, truth: "Truth") -> str | None:
    """What is wrong with the slope of one group of leaves, if anything."""
    slope, called = asked.build.gradients.slopes[name], in_words(name, asked.sequence)
    if slope is None and abs(truth.slope) > truth.within:
        return f"No gradient reaches {called}, although the result depends on it: {DETACHED}"
    if not np.isfinite(slope or 0.0):
        return f"The gradient with respect to {called} {NO_NUMBER}, and the result is not."
    if not truth.agrees(slope or 0.0):
        return f"The gradient with respect to {called} {CUT}"
    return None


def in_words(name: str, sequence: Sequence) -> str:
    """What a group of leaves is called: an argument of forward, a layer, or a parameter."""
    states = [*sequence.arguments][1:]
    if name.isdigit():
        return f"the parameters of layer {name}"
    return f"{sequence.beside}{name}" if name in states else name


def name_missing(answer: Gradients, groups: list[str]) -> str:
    missing = [name for name in groups if answer.slopes[name] is None]
    return f"No gradient reaches {missing[0]}: {DETACHED}" if missing else f"The gradient {CUT}"


@dataclass(frozen=True)
class Truth:
    """The slope of a loss along the directions of some leaves, and how closely it is known."""

    slope: float
    within: float

    @classmethod
    def of(cls, sequence: Sequence, groups: list[str], loss: Loss, within: float) -> "Truth":
        one, other = (difference(sequence, groups, loss, step) for step in STEPS)
        return cls(one, doubt(one, other, within))

    def agrees(self, slope: float) -> bool:
        return agree(slope, self.slope, self.within)


def doubt(one: float, other: float, within: float) -> float:
    """How closely a slope is known from differences over two steps, in units of its size."""
    return max(within, DOUBT * abs(one - other) / max(1.0, abs(one)))


def difference(sequence: Sequence, groups: list[str], loss: Loss, step: float) -> float:
    """The slope of `loss` along the directions of these groups of leaves together, by central
    differences."""
    ways = {n: way for n, way in sequence.directions.items() if n.split(".")[0] in groups}
    ahead = loss({name: step * way for name, way in ways.items()})
    behind = loss({name: -step * way for name, way in ways.items()})
    return (ahead - behind) / (2 * step)
