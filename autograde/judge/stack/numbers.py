"""What a stack loses by its numbers: by what it returns, what its layers were given, its
gradients."""

from dataclasses import replace

import numpy as np

from ...exercise.declared import Stack
from ...exercise.wirings import Tables
from ...student.protocol import MODES
from ..agreement import NAMED, agree
from ..answers import Tensor
from ..gradients import judge_gradients
from ..sheet import Sheet
from ..untouched import judge_untouched
from ..wiring import Seen, diagnose_stack
from .asks import Pair, first_calls, whole
from .reading import idle, seen_of, telling
from .report import NOT_READABLE, report
from .returned import check_states
from .slopes import asked_slopes


def judged_by_numbers(exercise: Stack, known: Tables, pairs: list[Pair]) -> Sheet | None:
    """What these builds lose by what they return, by what their layers were given, and by their
    gradients; None where they return nothing to look at."""
    usable, sheet = most_in_one_mode(to_look_at(pairs)), Sheet(exercise)
    if not usable:
        return None
    seen = [seen_of(exercise, pair, [*range(pair.count)]) for pair in telling(usable)]
    found = diagnose_stack(known, [one for one, _ in seen])
    if not any(calls for _, log in seen for calls in log) or idle(found) and not all_run(seen):
        again = [replace(p, build=replace(p.build, calls=p.build.anew)) for p in telling(usable)]
        if not all(pair.build.answered for pair in again):
            return None
        for key in lost_unrun(exercise, again):
            sheet.lose(key, NOT_READABLE)
        return sheet
    check_states(exercise, usable, sheet)
    report(exercise, known, found, seen, sheet)
    judge_untouched(first_calls(usable), sheet)
    slopes = [asked_slopes(exercise, known, pair, found) for pair in usable]
    judge_gradients([one for one in slopes if one.loss], sheet)  # none flow through drawn numbers
    return sheet


def all_run(seen: list[tuple[Seen, list]]) -> bool:
    return all(calls for _, log in seen for calls in log)


def lost_unrun(exercise: Stack, pairs: list[Pair]) -> list[str]:
    """What is lost where layers were not run: nothing shows what they read and go on from. What is
    returned is right where it holds, at every step and of every layer, another vector that was
    drawn in place of what the raising line should have made; the last outputs are a final state of
    the top layer."""
    if whole(exercise):
        return ["works"]
    runs = [(seen_of(exercise, pair, [])[0], pair.build.calls[0].drawn) for pair in pairs]
    outputs = all(
        are_drawn(one.outputs, (len(one.x), one.given[0].shape[1]), drawn) for one, drawn in runs
    )
    final = all(
        one.finals is not None
        and all(are_drawn(state, one.given[0].shape, drawn) for state in one.finals)
        for one, drawn in runs
    )
    if outputs and final:
        ends = [any(agree(one.outputs[-1], s[-1], NAMED) for s in one.finals) for one, _ in runs]
        outputs = final = all(ends)
    return ["wiring", "states", *["outputs"] * (not outputs), *["final"] * (not final)]


def are_drawn(rows: np.ndarray | None, shape: tuple[int, int], drawn: tuple[Tensor, ...]) -> bool:
    """Whether these are rows of this shape, each of them another one of what was drawn."""
    if rows is None or rows.shape != shape:
        return False
    among = [[k for k, one in enumerate(drawn) if agree(row, one.values, NAMED)] for row in rows]
    return all(among) and len({place[0] for place in among}) == len(rows)


def to_look_at(pairs: list[Pair]) -> list[Pair]:
    """The builds that ran to their end; where none did, all of them, if each of their layers ran:
    what these were given until forward raised can be judged."""
    answered = [pair for pair in pairs if pair.build.answered]
    ended = [pair for pair in answered if not pair.build.broken]
    return ended or (answered if len(answered) == len(pairs) else [])


def most_in_one_mode(pairs: list[Pair]) -> list[Pair]:
    """The builds of the mode in which most could be answered."""
    return max(([p for p in pairs if p.build.mode == mode] for mode in MODES), key=len)
