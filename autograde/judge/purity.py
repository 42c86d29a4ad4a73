"""What forward must not do, and what must flow back through it: arguments left alone, two equal calls, right gradients."""

from collections.abc import Callable

import numpy as np

from .questions import unpack
from .sheet import Sheet, dicts, equal, failure, good, single

SLOPE_WITHIN = {"float64": 1e-5, "float32": 5e-3}  # gradients against differences of the rule
TWO_CALLS_DIFFER = "two equal calls give different results"
OWN_WITHIN = {
    "float64": 1e-5,
    "float32": 5e-2,
}  # and against differences that were taken in the student's process


def judge_untouched(pairs, inputs, sheet: Sheet):
    """The tensors passed in, after the call, against what was passed; and the same call once more."""
    looked = False
    for build, row in pairs:
        asked = build.get("calls") or [build["sequence"]]
        for sent, case in zip(asked, dicts(row.get("calls"))):
            kept = case.get("after") if isinstance(case.get("after"), list) else []
            looked = looked or ("out" in case and len(kept) == len(inputs))
            for name, value in zip(inputs, kept):
                if (
                    not isinstance(value, dict)
                    or not equal(unpack(value), unpack(sent[name]), 1e-6)
                    or value.get("writes")
                ):
                    sheet.lose(
                        "untouched",
                        f"Your forward writes into the {name} that was passed in (as in {name}[k] = … or {name} += …), so the caller's tensor changes. Make new tensors instead.",
                        f"writes into {name}",
                    )
            if "out" in case and not again(case):
                sheet.lose(
                    "untouched",
                    "The same call made twice gives two different results: something is remembered, or drawn, between calls.",
                    TWO_CALLS_DIFFER,
                )
    if looked:
        sheet.meet("untouched")


def again(case: dict) -> bool:
    first, second = (
        case.get(key) if isinstance(case.get(key), list) else [] for key in ("out", "again")
    )
    pairs = [(unpack(a), unpack(b)) for a, b in zip(first, second)]
    return len(first) == len(second) and all(
        a is None or not np.isfinite(a).all() or equal(b, a, 1e-4) for a, b in pairs
    )


def judge_gradients(pairs, inputs, sheet: Sheet, losses: list[Callable | None]):
    """Slopes by backward against slopes by differences: right for whatever the class computes.

    `losses`: for each build the loss as a function of all leaves, as the rule gives it with the student's own slips; None
    where it is not known, and then the differences count that were taken in the student's process.
    """
    looked, complaint = False, None
    for (build, row), loss in zip(pairs, losses):
        answer = row.get("gradients")
        if not isinstance(answer, dict) or not good(row) or answer.get("forward"):
            continue  # a forward pass that fails over several steps is judged elsewhere
        if "error" in answer:
            complaint = complaint or backward_raised(answer)
            continue
        looked = True
        still = {
            name
            for name, item in row.get("found", {}).items()
            if item.get("trains") is False and name not in row.get("made", [])
        }
        complaint = complaint or slope_complaint(
            build["sequence"], answer, inputs, "float32" if single(row) else "float64", loss, still
        )
    if (complaint or None in losses) and TWO_CALLS_DIFFER in sheet.mistakes.get("untouched", []):
        sheet.lose(
            "gradients",
            "The gradients could not be checked, since two equal calls of your class give different results.",
        )
    elif complaint:
        sheet.lose(
            "gradients",
            complaint,
            "backward raises an error"
            if "raised an error" in complaint
            else "part of the gradient is cut off",
        )
    elif looked:
        sheet.meet("gradients")


KNOWN_ERRORS = {  # a piece of PyTorch's message -> what it means here
    "modified by an inplace": "a tensor that it needs was overwritten in place (as in c[k] = … or h += …)",
    "a second time": "something is kept from one call of forward to the next",
    "a leaf Variable that requires grad": "a tensor that has a gradient is overwritten in place",
}


def backward_raised(row: dict) -> str:
    """A sentence for the exception of a backward pass."""
    reason = next(
        (meaning for piece, meaning in KNOWN_ERRORS.items() if piece in str(row["error"])),
        failure(row),
    )
    return f"A backward pass over several steps raised an error: {reason}."


CUT = "is wrong: part of the way back from the loss to it is cut (detach, .data or no_grad, say), so the parameters would learn from a part of the error only."


def slope_complaint(
    sequence: dict, answer: dict, inputs, dtype: str, loss: Callable | None, still: set[str]
) -> str | None:
    """What is wrong with the gradients; all of them together first, and one by one where that is off. `still`: what does not train at all."""
    slopes, groups = (
        answer.get("slopes"),
        list(
            dict.fromkeys(
                name.split(".")[0] for name in sequence["directions"] if name not in still
            )
        ),
    )
    groups = (
        [name for name in groups if name in slopes or not name.isdigit()]
        if isinstance(slopes, dict)
        else []
    )
    if (
        not groups
        or not all(
            name in slopes and (slopes[name] is None or is_number(slopes[name])) for name in groups
        )
        or not all(is_number(answer.get(key)) for key in ("difference", "finer"))
    ):
        return "The gradients could not be read."
    loss = (
        loss if answer.get("steps") == sequence["x"]["shape"][0] else None
    )  # else the first step only
    total, within = (
        sum(slopes[name] or 0.0 for name in groups),
        (SLOPE_WITHIN if loss else OWN_WITHIN)[dtype],
    )
    if not loss:
        truth, finer = answer["difference"], answer["finer"]
        if not np.isfinite([truth, finer]).all() or right(
            total, truth, doubt(truth, finer, within)
        ):
            return None
    elif not np.isfinite(truth := truth_of(sequence, groups, loss, within)).all() or right(
        total, *truth
    ):
        return None  # right, or beyond what can be computed
    for name in groups if loss else ():
        what = (
            "x"
            if name == "x"
            else f"the initial {name}"
            if name in inputs
            else f"the parameters of layer {name}"
            if name.isdigit()
            else name
        )
        truth, allowed = truth_of(sequence, [name], loss, within)
        if slopes[name] is None and abs(truth) > allowed:
            return f"No gradient reaches {what}, although the result depends on it: something on the way is detached, or is made a plain number."
        if not right(slopes[name] or 0.0, truth, allowed):
            return f"The gradient with respect to {what} {CUT}"
    missing = [name for name in groups if slopes[name] is None]
    return (
        f"No gradient reaches {missing[0]}: something on the way is detached, or is made a plain number."
        if missing
        else f"The gradient {CUT}"
    )


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def right(slope: float, truth: float, within: float) -> bool:
    return abs(slope - truth) <= within * max(1.0, abs(truth))


def truth_of(
    sequence: dict, groups: list[str], loss: Callable, within: float
) -> tuple[float, float]:
    """The slope of `loss` along the directions of these groups of leaves together, and how closely it is known."""
    one, other = (difference(sequence, groups, loss, step) for step in (1e-5, 3e-6))
    return one, doubt(one, other, within)


def doubt(one: float, other: float, within: float) -> float:
    """How closely a slope is known from differences over two steps, in units of its size."""
    return max(within, 30 * abs(one - other) / max(1.0, abs(one)))


def difference(sequence: dict, groups: list[str], loss: Callable, step: float) -> float:
    """By central differences."""
    ways = {
        name: unpack(way)
        for name, way in sequence["directions"].items()
        if name.split(".")[0] in groups
    }
    with np.errstate(all="ignore"):
        return (
            loss({name: step * way for name, way in ways.items()})
            - loss({name: -step * way for name, way in ways.items()})
        ) / (2 * step)
