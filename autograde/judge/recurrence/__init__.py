"""The kind `recurrence`: one step of a cell. What is asked (`asks`), how the numbers are read
(`reading`, `conventions`), what is said of parameters, gates, states and the order in which they
are returned (`parameters`, `report`), the loss behind the gradients (`slopes`), and the picture.
"""

import numpy as np

from ...exercise.declared import Recurrence
from ...exercise.rules import names_in
from ...exercise.verdict import Cell
from ..agreement import LITTLE, agree
from ..answers import Answers, Build, Failure
from ..classes import NOT_COMPUTED, judge_class
from ..diagnose import shown_by_trace, shown_otherwise
from ..gradients import Asked as AskedSlopes
from ..gradients import judge_gradients
from ..sheet import Sheet
from ..untouched import Asked, judge_untouched
from .asks import ASKED_SIZES, Pair, Questions, ask
from .exchange import lose_exchange
from .parameters import judge_parameters
from .picture import ask_runs, compare_runs, drawn, right_step
from .reading import Reading, from_trace, read, seen_in
from .report import (
    check_forms,
    form_of,
    in_words,
    kept_between_calls,
    report,
    report_kept,
)
from .slopes import loss_of, on_diagonal
from .unreturned import completed

__all__ = [
    "ask",
    "ask_runs",
    "compare_runs",
    "drawn",
    "in_words",
    "judge",
    "on_diagonal",
    "right_step",
]


def judge(exercise: Recurrence, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet):
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    look = lambda: judge_numbers(exercise, questions, answers, sheet)
    return judge_class(exercise, answers, cell, sheet, look)


def judge_numbers(
    exercise: Recurrence, questions: Questions, answers: Answers, sheet: Sheet
) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    pairs, kept = paired(questions, answers.builds), paired(questions, answers.kept)
    main = pairs[: len(ASKED_SIZES)]
    usable = [pair for pair in main if gave_all(exercise, pair)]
    kept = [pair for pair in kept[: len(ASKED_SIZES)] if gave_all(exercise, pair)]
    whole = [] if usable else unreturned(exercise, main)
    if whole:
        main = usable = whole
    reading = read(exercise, usable, kept)
    if whole or reading is None or reading.slips:
        flag_several_ways(exercise, main, sheet)
    judge_parameters(exercise, main, answers, reading and reading.convention, sheet)
    if reading is None or others_returned(exercise, reading):
        return judge_unfinished(exercise, main, sheet)
    traced = [part for part in exercise.rule.parts if part.traced]
    sheet.openly = all(shown_by_trace(exercise.rule, reading.seen, part) for part in traced)
    sheet.shows_little = shows_little(reading)
    check_forms(exercise, reading, sheet)
    if reading.slips and (kept := kept_between_calls(exercise, reading)):
        report_kept(exercise, kept, sheet)
    else:
        exercise, reading = lose_exchange(exercise, reading, sheet)
        report(exercise, reading, sheet)
    sheet.computes |= does_work(exercise, reading) or follows_all(exercise, reading)
    asked = main if reading.convention is None else reading.pairs
    judge_untouched(
        (
            Asked(sent.arguments, call, sent.twice)
            for pair in asked
            for sent, call in zip(pair.asked.calls, pair.build.calls)
        ),
        sheet,
    )
    judge_gradients(
        [
            AskedSlopes(pair.asked.sequence, pair.build, loss_of(exercise, pair, seen, reading))
            for pair, seen in zip(reading.pairs, reading.seen)
        ],
        sheet,
    )
    if form_of(reading.pairs):
        sheet.meet("gradients")  # over several steps they cannot be asked for
    read_already = [pair.asked for pair in reading.pairs]
    lose_sizes(exercise, reading, [pair for pair in pairs if pair.asked not in read_already], sheet)
    return None


def paired(questions: Questions, builds: tuple[Build, ...]) -> list[Pair]:
    """Every build as it was asked for, with what came of it, if anything."""
    builds = builds + (Build(),) * len(questions.builds)
    return [Pair(asked, build) for asked, build in zip(questions.builds, builds)]


def gave_all(exercise: Recurrence, pair: Pair) -> bool:
    """Whether every call gave back as many values as there are outputs, in whatever form."""
    least = min((len(call.out) for call in pair.build.calls), default=0)
    return least >= len(exercise.rule.outputs)


def does_work(exercise: Recurrence, reading: Reading) -> bool:
    """Whether every output is known, right or not, and made of an argument and of a parameter."""
    rule, findings = exercise.rule, reading.findings.values()
    if any(finding is None or finding.unknown for finding in findings):
        return False
    choice, made_of = {}, {}
    for finding in findings:
        choice |= finding.choice
    for part in rule.parts:
        names = names_in(choice.get(part.name, part.right))
        made_of[part.name] = {*names}.union(*(made_of.get(name, ()) for name in names))
    known = exercise.parameters.keys() | exercise.absent.keys()
    return all(
        made_of[part] & known and made_of[part] & rule.inputs.keys()
        for part in rule.outputs.values()
    )


def follows_all(exercise: Recurrence, reading: Reading) -> bool:
    """Whether what comes back, known or not, follows all that the right one follows: every
    parameter and every argument has a slope."""
    used = {name for part in exercise.rule.parts for name in names_in(part.right)}
    leaves = used & {*exercise.parameters, *exercise.rule.inputs}
    slopes = [pair.build.gradients.slopes for pair in reading.pairs if pair.build.gradients]
    return any(all(one.get(name) for name in leaves) for one in slopes)


def shows_little(reading: Reading) -> bool:
    """Whether an output is next to nothing in the first call of every instance, which is the one
    that is watched, and not in others: what makes those may be something else."""
    sizes = [
        [np.abs(seen.outputs[name]).max(axis=0) for seen in reading.seen]
        for name in reading.findings
        if all(seen.outputs[name] is not None for seen in reading.seen)
    ]
    return any(all(one[0] < LITTLE < one.max() for one in builds) for builds in sizes)


# ---------------------------------------------------------------- calls that came to no end
def unreturned(exercise: Recurrence, pairs: list[Pair]) -> list[Pair]:
    """Builds that return less than is asked for, with the rest put in, where not all is right."""
    seen = from_trace(exercise, [pair for pair in pairs if pair.build.calls])
    outputs = set(exercise.rule.outputs.values())
    asked = [part for part in exercise.rule.parts if part.traced or part.name in outputs]
    if all(shown_by_trace(exercise.rule, seen, part) for part in asked):
        return []
    return completed(exercise, pairs)


def others_returned(exercise: Recurrence, reading: Reading) -> bool:
    """Whether everything asked for is computed, and something else comes back, in another form."""
    if not form_of(reading.pairs) or reading.slips < 2 or reading.convention:
        return False
    outputs = set(exercise.rule.outputs.values())
    return all(
        shown_by_trace(exercise.rule, reading.seen, part)
        for part in exercise.rule.parts
        if part.traced or part.name in outputs
    )


def judge_unfinished(exercise: Recurrence, pairs: list[Pair], sheet: Sheet) -> str:
    """Where no call gave anything back: what was right on the way counts. Returns the reason for
    the rest."""
    why = why_not(exercise, pairs)
    tried = [pair for pair in pairs if pair.build.calls]
    seen = from_trace(exercise, tried)
    if not seen:
        return why
    outputs = set(exercise.rule.outputs.values())
    for part in exercise.rule.parts:
        counts = part.traced or part.name in outputs
        if counts and shown_by_trace(exercise.rule, seen, part):
            sheet.meet(part.criterion)
    if form_of(pairs) and all(sheet.has(exercise.rule.part(name).criterion) for name in outputs):
        nothing_returned(exercise, tried, sheet)
    return why


def nothing_returned(exercise: Recurrence, tried: list[Pair], sheet: Sheet):
    """Everything is computed, and not all of it comes back: that costs its own criterion alone."""
    asked, form = ", ".join(exercise.rule.outputs), form_of(tried)
    nothing = ": it has no return line, or ends without one" if form == "None" else ""
    raised = form == "None" and raised_first(tried)
    ends = f"Your forward raises {raised}" if raised else f"forward returns {form}{nothing}"
    sheet.lose(
        "order",
        f"{ends}. End with: return {asked}.",
        "nothing is returned" if nothing else "another thing is returned",
    )
    for part in exercise.rule.parts:
        if part.also:
            sheet.meet(part.also[0])
    sheet.meet("gradients")  # what is not returned has none to ask for
    calls = (
        Asked(sent.arguments, call, sent.twice)
        for pair in tried
        for sent, call in zip(pair.asked.calls, pair.build.calls)
    )
    judge_untouched(calls, sheet)
    sheet.meet("untouched")


def flag_several_ways(exercise: Recurrence, pairs: list[Pair], sheet: Sheet):
    """Where what is right does not come back, but counts since it is computed: whoever computes it
    in several ways has chosen none. Of one part alone, a fused computation may do so."""
    seen = from_trace(exercise, [pair for pair in pairs if pair.build.calls])
    parts = shown_otherwise(exercise.rule, seen) if seen else []
    if len(parts) > 1:
        symbols = ", ".join(part.symbol for part in parts)
        sheet.flags.append(
            f"{exercise.name}: forward computes {symbols} in several ways, and what is right among"
            " them counts: read its code."
        )


def raised_first(pairs: list[Pair]) -> Failure | None:
    """What a mended forward raised first, if anything."""
    return next((failure for pair in pairs for failure in pair.build.raised), None)


def why_not(exercise: Recurrence, pairs: list[Pair]) -> str:
    for pair in pairs:
        if pair.build.failure:
            return f"{exercise.name}(input_dim, hidden_dim) raised {pair.build.failure}."
        for call in pair.build.calls:
            if call.failure:
                return f"Could not be marked: forward raised {call.failure}."
            if call.form == "None" and pair.build.raised:
                return f"Could not be marked: forward raised {raised_first([pair])}."
            if call.form == "None":
                return "Not written yet: forward returns None."
            if call.form:
                asked = ", ".join(exercise.rule.outputs)
                return f"Could not be marked: forward returns {call.form}; asked for is ({asked})."
    return "Could not be marked: there was no answer."


# ---------------------------------------------------------------- other sizes
def lose_sizes(exercise: Recurrence, reading: Reading, rest: list[Pair], sheet: Sheet):
    """A class that is right for some sizes alone loses its form, where nothing that it computes is
    lost."""
    computed = (key for key in exercise.keys if key not in NOT_COMPUTED)
    if reading.unknown or {"parameters", *computed} & set(sheet.lost):
        return
    for pair in rest:
        n, m = pair.asked.sizes
        what = wrong_with(exercise, reading, pair)
        if what:
            sheet.lose(
                "parameters",
                f"With input_dim={n} and hidden_dim={m} {what}.",
                "runs only for some sizes",
            )
            return


def wrong_with(exercise: Recurrence, reading: Reading, pair: Pair) -> str:
    """What is wrong with a build of another size, if anything."""
    build, m = pair.build, pair.asked.sizes[1]
    if not build.answered:
        return (
            f"your class fails: {build.broken or 'it gives no answer'}"
            if build.calls or build.failure
            else ""
        )
    for call in build.calls:
        for name, place in zip(exercise.rule.outputs, reading.order.outputs):
            if place < len(call.out) and call.out[place].shape != (m,):
                return f"your {name} has shape {shape_in_words(call.out[place].shape)}"
    if reading.convention:
        return ""
    seen = seen_in(exercise, pair, reading.order, None)
    env = exercise.rule.follow(seen.env, {})
    for name, source in exercise.rule.outputs.items():
        if not agree(env[source], seen.outputs[name], seen.within(0)):
            return f"your {name} is not what the rule gives"
    return ""


def shape_in_words(shape: tuple[int, ...] | None) -> str:
    return f"({', '.join(map(str, shape))})" if shape is not None else "of no tensor"
