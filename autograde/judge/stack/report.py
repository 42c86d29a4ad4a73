"""What is said of how a stack is wired, and of what it returns."""

from collections.abc import Callable

from ...exercise.declared import Stack
from ...exercise.wirings import RIGHT, Tables
from ..sheet import Sheet
from ..untouched import writes_into_arguments
from ..wiring import Found, Seen
from .asks import READ_OFF, whole
from .logs import goes_up, logs_say_more, more_often, not_as_often, other_shape, readable
from .places import NO_VALUE, departs
from .reading import idle

PARTS = {"reads": "wiring", "states": "states", "time": "outputs", "cells": "layers"}
LOGGED = {  # criterion -> what is wrong where the layers' calls show no wiring that we know
    "wiring": "The layers do not read what they should",
    "states": "The layers' states are not carried along as they should",
    "outputs": "outputs is not what the top layer returned, step by step",
    "final": "The final states are not what the layers returned last",
}
NOT_READABLE = "Your outputs and final states are not what the rule gives"
UNKNOWN = "no mistake that we know gives"
ROWS_OF = "the rows of "  # the one state of a stack that has one


def report(
    exercise: Stack, known: Tables, found: Found | None, seen: list[tuple[Seen, list]], sheet: Sheet
):
    """The criteria of the wiring and of what is returned."""
    key = criterion_of(exercise)
    no_finals = "final" in sheet.lost and found and found.outputs and not found.wiring.slips
    in_part = found and None in found and not no_finals  # their form says it: the rest is read
    if found is None or (not whole(exercise) and in_part and logs_say_more(seen)):
        lose_unknown(exercise, seen, sheet)
        return
    sheet.meet(*map(key, READ_OFF))
    returned, explained = {"outputs": found.outputs, "finals": found.finals}, set()
    for part, criterion in PARTS.items():
        bent = getattr(found.wiring, part)
        if bent != RIGHT:
            if ("reads", found.wiring.reads, part, bent) in known.at_once:
                criterion = PARTS["reads"]
            criterion = criterion if criterion == "layers" else key(criterion)
            says = known.parts[part][bent].says
            for name, reading in returned.items():
                if (part, bent, name, reading) in known.along:
                    explained.add(name)
                    says += f". For the same reason {getattr(known, name)[reading].says}"
            lose(exercise, criterion, says, sheet)
    if found.wiring.time == found.outputs == "backwards":
        explained.add("outputs")  # turned back again: its rows stand as asked
    if found.wiring.reads != RIGHT and all(goes_up(one) for one, _ in seen):
        explained.add("outputs")  # what stands there is what is passed up
    if writes_into_arguments(sheet) and found.outputs == "aliased":
        explained.add("outputs")
    report_returned(exercise, known, found, seen, explained, sheet)
    sheet.computes = not idle(found)
    if idle(found) and not whole(exercise):  # any wiring fits that: the layers alone show it
        from_logs(exercise, seen, sheet, ("wiring", "states"))


def report_returned(
    exercise: Stack,
    known: Tables,
    found: Found,
    seen: list[tuple[Seen, list]],
    explained: set[str],
    sheet: Sheet,
):
    """What is wrong with outputs and final states, where the wiring has not `explained` it."""
    key = criterion_of(exercise)
    if found.outputs != RIGHT and "outputs" not in explained:
        if found.outputs is None and (shape := other_shape(seen)):
            sheet.lose(key("outputs"), shape, "outputs has another shape")
        else:
            unknown = "outputs does not follow from the layers' states as the rule asks"
            says = known.outputs[found.outputs].says if found.outputs else unknown
            lose(exercise, key("outputs"), says, sheet)
    if (
        found.finals != RIGHT
        and "finals" not in explained
        and (found.finals or key("final") not in sheet.lost)
    ):
        unknown = f"{final_states(exercise)} are not the layers' last states"
        says = known.finals[found.finals].says if found.finals else unknown
        lose(exercise, key("final"), says, sheet)


def criterion_of(exercise: Stack) -> Callable[[str], str]:
    """A part of the judgement to the criterion that counts for it: all to one, where it has
    that."""
    return (lambda name: "works") if whole(exercise) else (lambda name: name)


def final_states(exercise: Stack) -> str:
    names = ", ".join(f"{state}_T" for state in exercise.states)
    return f"({names})" if len(exercise.states) > 1 else ROWS_OF + names


def lose(exercise: Stack, key: str, what: str, sheet: Sheet):
    sheet.lose(key, f"Your numbers show: {what}. The rule: {exercise.asks(key)}.", what)


def lose_unknown(exercise: Stack, seen: list[tuple[Seen, list]], sheet: Sheet):
    if not whole(exercise):
        from_logs(exercise, seen, sheet, READ_OFF)
        return
    sheet.lose(
        "works",
        f"outputs is not what the rule gives, and {UNKNOWN} these numbers. The rule:"
        f" {exercise.asks('works')}.",
        "outputs are wrong in a way that we do not know",
    )


def from_logs(exercise: Stack, seen: list[tuple[Seen, list]], sheet: Sheet, keys: tuple[str, ...]):
    """Criteria by what the layers were given and gave back: each by itself, so that one slip in a
    wiring that we do not know loses one."""
    logs = readable(seen)
    holds = lambda key, other: all(log and (log[key] or log[other].get(key)) for log in logs)
    by = "as kept" if "states" in sheet.lost or not holds("states", "as kept") else "strictly"
    both_wrong = not holds("wiring", by) and not holds("outputs", by)
    passed_up = {"outputs"} if both_wrong and holds("outputs", "goes up") else set()
    for key in keys:
        if key in passed_up or holds(key, by):
            sheet.meet(key)
            continue
        if key in ("outputs", "final") and key in sheet.lost:
            continue  # their form says it
        if key == "outputs" and (shape := other_shape(seen)):
            sheet.lose(key, shape, "outputs has another shape")
            continue
        what = LOGGED[key] if all(logs) else NOT_READABLE
        seen_there = f" {departs(exercise, seen, key)}".rstrip() if all(logs) else ""
        if key == "states":
            what = more_often(seen) + what
        if key == "wiring":
            what = not_as_often(seen) + what
        rule = f"The rule: {exercise.asks(key)}."
        named = seen_there and NO_VALUE not in seen_there
        unknown = "" if named else f", and {UNKNOWN} your numbers"
        along = " For the same reason outputs is not what the top layer returned."
        seen_there += along if key == "wiring" and "outputs" in passed_up else ""
        said = f"{what}{unknown}.{seen_there} {rule}"
        sheet.lose(key, said, what[0].lower() + what[1:])
    if not set(keys) & set(sheet.lost) and (often := more_often(seen)):
        said = f"{often}The rule: {exercise.asks('states')}."
        sheet.lose("states", said, "every layer is run more than once a step")
