"""Which line of the student's made a value, by the trace of the computation: evidence for reading,
never for marks.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np

from ...exercise.rules import Part, Rule, terms_of, value
from ...exercise.verdict import Place
from ..agreement import NAMED, RIGHT, agree, tolerance, which_agree
from ..diagnose import Env, Finding, Search, Seen, instead_of, lines_of, of_call, one_call

Places = list[Place | None]


def made_at(rule: Rule, seen: list[Seen], values: list[np.ndarray | None]) -> Place | None:
    """The line that makes `values` first, (units, calls) for every build. None where that is not
    the same one in all calls, and where they are the right values of something else: then the line
    that makes them is right."""
    if any(value is None for value in values) or right_elsewhere(rule, seen, values):
        return None
    return first_line(seen, values)


def first_line(seen: list[Seen], values: list[np.ndarray]) -> Place | None:
    """The same of whatever values."""
    return common(
        [
            [
                place
                for made, place in zip(one.made(of_call(value, call), call), one.places[call])
                if made
            ]
            for one, value in zip(seen, values)
            for call in range(len(one.trace))
        ]
    )


def term_at(
    rule: Rule, seen: list[Seen], envs: list[Env], part: Part, formula: str
) -> Place | None:
    """The line that brings the one wrong term into a sum that is made in steps: the first that
    makes it, or a part of the sum that has it, and nothing that is right. None where the formula is
    no such sum, or no such line is known."""
    right, terms = terms_of(part.right), terms_of(formula)
    odd = [term for term in terms if term not in right]
    if len(odd) != 1:
        return None
    others = [term for term in terms if term not in odd]
    pieces = [
        " + ".join((*odd, *chosen))
        for count in range(len(others))
        for chosen in combinations(others, count)
    ]
    pieces += [] if odd[0].lstrip("-") in right else [odd[0].lstrip("-")]
    lines = set().union(*(lines_with(seen, envs, piece) for piece in pieces))
    lines -= set().union(
        *(lines_with(seen, envs, o.right) for o in rule.parts if o.inline or o.traced)
    )
    return min(lines, key=lambda place: (place.cell, place.line), default=None)


def lines_with(seen: list[Seen], envs: list[Env], formula: str) -> set[Place]:
    """The lines that make a formula's values in every call."""
    values = [value(formula, env) for env in envs]
    return set() if any(one is None for one in values) else lines_of(seen, values)


def right_elsewhere(rule: Rule, seen: list[Seen], values: list[np.ndarray]) -> bool:
    """Whether these are what the rule gives for one of its gates, sums or states."""
    right = [one.right(rule) for one in seen]
    return any(
        all(
            agree(value, env[part.name], one.within(1))
            for one, env, value in zip(seen, right, values)
        )
        for part in rule.parts
    )


def unknown_at(
    rule: Rule, seen: list[Seen], output: str, part: Part, finding: Finding
) -> Place | None:
    """The line that makes the one wrong value of `part` from which the output follows; None where
    that is not the same one in all calls."""
    search, calls, wrong = Search(rule, seen, output, finding.envs), [], set()
    others = [other.name for other in rule.parts if not other.inline]
    for one, env in zip(search.seen, search.envs):
        within = tolerance(NAMED, one.single)
        for call, (kept, places) in enumerate(zip(one.trace, one.places)):
            now, values = one_call(env, call), kept[:, :, None]
            got = search.with_values(now, {part.name: values}, finding.choice)
            fits = which_agree(got, one.outputs[output][:, call : call + 1], within)
            within = tolerance(RIGHT, one.single)
            right = sum(which_agree(values, now[name], within) for name in others) > 0
            calls.append([place for place, fit in zip(places, fits) if fit])
            wrong.update(place for place, odd in zip(places, fits & ~right) if odd)
    return common([[place for place in places if place in wrong] for places in calls])


def another_state(
    rule: Rule, states: Sequence[str], seen: list[Seen], output: str, part: Part
) -> tuple[str, Place | None] | None:
    """The state in whose place another result of the student's gives `part` by its rule, as the
    computation or the output has it in every call; and the line that makes that result. In the
    gates before an output it may stand as well."""
    group, places = rule.group(output), [kept for one in seen for kept in one.places]
    alone = [one for one in group if one.criterion == part.criterion or one is part]
    right = list(right_results(rule, seen))
    for steps, state in product((alone,) if part.traced else (alone, group), states):
        fitting = list(instead_of(rule, seen, output, part, state, steps))
        if fitting and all(fits.any() for fits in fitting):
            calls = [
                [place for place, fit in zip(made, fits & ~known) if fit]
                for made, fits, known in zip(places, fitting, right)
            ]
            return state, common(calls)
    return None


def right_results(rule: Rule, seen: list[Seen]) -> Iterator[np.ndarray]:
    """For every call, which results of the student's are right gates or states: the line that makes
    such a one is not the one that puts it in another's place."""
    names = [part.name for part in rule.parts if not part.inline]
    for one in seen:
        env, within = rule.follow(one.env, {}), tolerance(RIGHT, one.single)
        for call, kept in enumerate(one.trace):
            now = one_call(env, call)
            yield sum(which_agree(kept[:, :, None], now[name], within) for name in names) > 0


def common(calls: list[Places]) -> Place | None:
    """The first place of the first call that all calls have."""
    first, *others = calls or [[]]
    return next((p for p in first if p and all(p in places for places in others)), None)
