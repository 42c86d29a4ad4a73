"""What forward must not do: write into the tensors that it was given, or remember anything."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .agreement import EQUAL_CALLS, LEFT_ALONE, agree
from .answers import Call
from .sheet import Sheet

TWO_CALLS_DIFFER = "two equal calls give different results"
WRITES = "writes into"  # the argument whose name follows


@dataclass(frozen=True)
class Asked:
    """One call: the arguments that were passed, by name, what became of it, and whether it was to
    be made twice."""

    arguments: dict[str, np.ndarray]
    call: Call
    twice: bool = True


def judge_untouched(
    calls: Iterable[Asked], sheet: Sheet, who: str = "forward", what: str = "tensor"
):
    """The tensors passed in, after the call, against what was passed; and the same call once
    more."""
    looked = False
    for asked in calls:
        kept = asked.call.after
        looked = looked or bool(asked.call.out and len(kept) == len(asked.arguments))
        for (name, sent), after in zip(asked.arguments.items(), kept):
            if after.writes or not agree(after.values, sent, LEFT_ALONE):
                lose_argument(name, sheet, who, what)
        if asked.twice and asked.call.out and not same_again(asked.call):
            sheet.lose(
                "untouched",
                "The same call made twice gives two different results: something is remembered, or"
                " drawn, between calls.",
                TWO_CALLS_DIFFER,
            )
    if looked:
        sheet.meet("untouched")


def lose_argument(name: str, sheet: Sheet, who: str, what: str):
    sheet.lose(
        "untouched",
        f"Your {who} writes into the {name} that was passed in (as in {name}[k] = … or {name} +="
        f" …), so the caller's {what} changes. Make new {what}s instead.",
        f"{WRITES} {name}",
    )


def writes_into_arguments(sheet: Sheet) -> bool:
    return any(name.startswith(WRITES) for name in sheet.mistakes.get("untouched", []))


def same_again(call: Call) -> bool:
    """Whether the second call returned what the first one did; what is no number cannot differ."""
    return len(call.out) == len(call.again) and all(
        not first.finite or agree(again.values, first.values, EQUAL_CALLS)
        for first, again in zip(call.out, call.again)
    )
