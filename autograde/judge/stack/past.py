"""A stack whose forward raises, by what it does where it goes on after that."""

from dataclasses import replace
from itertools import zip_longest

import numpy as np

from ...exercise.declared import Stack
from ...exercise.wirings import Tables
from ...student.protocol import BY_CALL, BY_LINE, BY_LOOP
from ..agreement import NAMED, agree
from ..sheet import Sheet
from ..untouched import judge_untouched
from .asks import READ_OFF, Pair, first_calls
from .numbers import judged_by_numbers
from .places import compared, given_and_made
from .reading import seen_of
from .report import LOGGED, NOT_READABLE, criterion_of

PUT_RIGHT = {
    BY_LINE: "it went on after that line",
    BY_CALL: "what is meant there stood there",
    BY_LOOP: "that were put right",
}


def judge_past_the_line(exercise: Stack, known: Tables, pairs: list[Pair], sheet: Sheet) -> bool:
    """Of a forward that raises, by what it does where it goes on after that. Whether less is lost
    so than by that line alone: else outputs and final states are where its layers have run by then,
    and everything where they have not."""
    failed = [pair for pair in pairs if pair.build.calls and pair.build.calls[0].failure]
    longer = [pair for pair in pairs if pair.asked.sequence.steps > 1]
    several = [pair for pair in pairs if pair.asked.sizes[2] > 1]
    which = ""
    if failed == longer:
        pairs = longer  # a single step has run by chance, as where x[t] is meant by x
    elif failed and failed == several != pairs and all(pair.complete for pair in several):
        pairs = several  # a single layer has, as where c[k] is meant by c
        which = f" with n_layers={failed[0].asked.sizes[2]}"
    elif failed != pairs:
        return False
    if not all(pair.build.passed for pair in pairs):
        return False
    past = [
        replace(p, build=replace(p.build, calls=p.build.passed, gradients=p.build.past))
        for p in pairs
    ]
    have_run = all(pair.build.answered for pair in pairs)
    by_numbers = judged_by_numbers(exercise, known, past)
    if by_numbers is None:
        return False
    # What stands in a line's place may write where the line did not.
    by_numbers.lost.pop("untouched", None)
    ran = any(calls for pair in past for calls in pair.build.calls[0].log)
    ways = {pair.build.way for pair in pairs}
    way = next((way for way in PUT_RIGHT if way in ways), BY_LINE)
    by_loop = ran and way == BY_LOOP
    failure = pairs[0].build.calls[0].failure
    said = f"Your forward{which} raises {failure}; the rest was marked as if {PUT_RIGHT[way]}."
    if by_loop:  # nothing was drawn: what is lost beside it is lost by itself
        sheet.lose(criterion_of(exercise)("wiring"), said, "forward raises")
        apart = by_numbers.lost
    else:
        apart = {"gradients": by_numbers.lost.pop("gradients", ())}
        keep_own(exercise, past, by_numbers)
        if len(by_numbers.lost) > (1 if have_run else 2):
            return False
        lose_past_the_line(by_numbers, pairs, said, sheet, bool(which))
    for key, sentences in apart.items():
        for sentence, mistake in zip_longest(sentences, by_numbers.mistakes.get(key, ())):
            sheet.lose(key, sentence, mistake)
    judge_untouched(first_calls(pairs), sheet)
    sheet.meet(*READ_OFF, "gradients", "untouched")
    sheet.openly = sheet.computes = True
    return True


def keep_own(exercise: Stack, past: list[Pair], by_numbers: Sheet):
    """Where several criteria are lost, leaves those out that are so by nothing but what was drawn
    in place of what the line should have made: that costs one. What was drawn is told by the
    student's process: it earns nothing where nothing is right."""
    several = [key for key in READ_OFF if key in by_numbers.lost]
    if len(several) == len(READ_OFF):
        return
    apart = [key for key in several if not all(by_what_was_drawn(exercise, p, key) for p in past)]
    kept = apart or several[:1]
    for key in several if len(several) > 1 else ():
        if key not in kept:
            del by_numbers.lost[key]


def by_what_was_drawn(exercise: Stack, pair: Pair, key: str) -> bool:
    """Whether a drawn vector stands at each place where what a criterion asks for does not."""
    seen, log = seen_of(exercise, pair, [*range(pair.count)])
    if {len(calls) for calls in log} != {len(seen.x)}:
        return False
    try:
        given, made = given_and_made(seen, log)
    except ValueError:  # of another size than it reads
        return False
    drawn = [row for one in pair.build.calls[0].drawn for row in rows_of(one.values)]
    there = [*compared(exercise, seen, given, made, key)]
    asked = {"outputs": len(seen.x), "final": seen.layers * len(exercise.states)}
    return len(there) == asked.get(key, len(there)) and all(
        any(agree(got, one, NAMED) for one in (right, *drawn)) for _, right, got in there
    )


def rows_of(values: np.ndarray | None) -> list[np.ndarray]:
    return [] if values is None else [*np.atleast_2d(values)]


def lose_past_the_line(
    by_numbers: Sheet, pairs: list[Pair], said: str, sheet: Sheet, between: bool
):
    """What its layers read and go on from shows what else is wrong; the line itself may show in
    nothing. between: whether it raises where there are several layers alone."""
    itself = "final" if all(map(ran_to_the_end, pairs)) else "outputs"
    itself = "wiring" if between else itself
    for key in [*by_numbers.lost] or [criterion_of(sheet.exercise)(itself)]:
        shows = by_numbers.lost.get(key, ()) if key in ("wiring", "states") else ()
        more = [one for one in shows if not one.startswith((NOT_READABLE, *LOGGED.values()))]
        sheet.lose(key, " ".join([said, *more]), "forward raises")


def ran_to_the_end(pair: Pair) -> bool:
    """Whether every layer had run at every step before forward raised."""
    log = pair.build.calls[0].log
    return bool(log) and all(len(calls) >= pair.asked.sequence.steps for calls in log)
