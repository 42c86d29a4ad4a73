"""What forward must not do, and what must flow back through it: arguments left alone, two equal calls, right gradients."""
from collections.abc import Callable

import numpy as np

from .questions import unpack
from .sheet import Sheet, dicts, equal, failure, good, single

SLOPE_WITHIN = {"float64": 1e-3, "float32": 5e-2}  # gradients against central differences


def judge_untouched(pairs, inputs, sheet: Sheet):
    """The tensors passed in, after the call, against what was passed; and the same call once more."""
    looked = False
    for build, row in pairs:
        asked = build.get("calls") or [build["sequence"]]
        for sent, case in zip(asked, dicts(row.get("calls"))):
            kept = case.get("after") if isinstance(case.get("after"), list) else []
            looked = looked or ("out" in case and len(kept) == len(inputs))
            for name, value in zip(inputs, kept):
                if not isinstance(value, dict) or not equal(unpack(value), unpack(sent[name]), 1e-6) or value.get("writes"):
                    sheet.lose("untouched", f"Your forward writes into the {name} that was passed in (as in {name}[k] = … or {name} += …), so the caller's tensor changes. Make new tensors instead.", f"writes into {name}")
            if "out" in case and not again(case):
                sheet.lose("untouched", "The same call made twice gives two different results: something is remembered, or drawn, between calls.", "two calls differ")
    if looked:
        sheet.meet("untouched")


def again(case: dict) -> bool:
    first, second = (case.get(key) if isinstance(case.get(key), list) else [] for key in ("out", "again"))
    pairs = [(unpack(a), unpack(b)) for a, b in zip(first, second)]
    return len(first) == len(second) and all(a is None or not np.isfinite(a).all() or equal(b, a, 1e-4) for a, b in pairs)


def judge_gradients(pairs, inputs, sheet: Sheet, losses: list[Callable | None]):
    """Slopes by backward against slopes by differences: right for whatever the class computes.

    `losses`: for each build the loss as a function of all leaves, as the rule gives it with the student's own slips; None
    where it is not known, and then the differences count that were taken in the student's process.
    """
    looked, complaint = False, None
    for (build, row), loss in zip(pairs, losses):
        slopes = row.get("gradients")
        if not isinstance(slopes, dict) or not good(row) or slopes.get("forward"):
            continue  # a forward pass that fails over several steps is judged elsewhere
        if "error" in slopes:
            complaint = complaint or backward_raised(slopes)
            continue
        looked = True
        complaint = complaint or slope_complaint(build, slopes, inputs, SLOPE_WITHIN["float32" if single(row) else "float64"], loss)
    if complaint:
        sheet.lose("gradients", complaint, "backward raises an error" if "raised an error" in complaint else "part of the gradient is cut off")
    elif looked:
        sheet.meet("gradients")


KNOWN_ERRORS = {  # a piece of PyTorch's message -> what it means here
    "modified by an inplace": "a tensor that it needs was overwritten in place (as in c[k] = … or h += …)",
    "a second time": "something is kept from one call of forward to the next",
    "a leaf Variable that requires grad": "a tensor that has a gradient is overwritten in place",
}


def backward_raised(row: dict) -> str:
    """A sentence for the exception of a backward pass."""
    reason = next((meaning for piece, meaning in KNOWN_ERRORS.items() if piece in str(row["error"])), failure(row))
    return f"A backward pass over several steps raised an error: {reason}."


def slope_complaint(build, slopes: dict, inputs, within: float, loss: Callable | None) -> str | None:
    for name in expected_groups(build):
        value = slopes.get(name)
        if value is None and name.isdigit():
            continue  # a layer that is not there
        if not (isinstance(value, list) and len(value) == 2 and isinstance(value[1], int | float)):
            return "The gradients could not be read."
        backward, truth = value[0], difference(build["sequence"], name, loss) if loss else value[1]
        what = "x" if name == "x" else f"the initial {name}" if name in inputs else f"the parameters of layer {name}" if name.isdigit() else name
        if backward is None and abs(truth) > within:
            return f"No gradient reaches {what}, although the result depends on it: something on the way is detached, or is made a plain number."
        if backward is not None and not (isinstance(backward, int | float) and abs(backward - truth) <= within * max(1.0, abs(truth))):
            return f"The gradient with respect to {what} is wrong: part of the way back from the loss to it is cut (detach, .data or no_grad, say), so the parameters would learn from a part of the error only."
    return None


def expected_groups(build) -> list[str]:
    return list(dict.fromkeys(name.split(".")[0] for name in build["sequence"]["directions"]))


def difference(sequence: dict, group: str, loss: Callable, step: float = 1e-5) -> float:
    """The slope of `loss` along the directions of one group of leaves, by central differences."""
    ways = {name: unpack(way) for name, way in sequence["directions"].items() if name.split(".")[0] == group}
    return (loss({name: step * way for name, way in ways.items()}) - loss({name: -step * way for name, way in ways.items()})) / (2 * step)
