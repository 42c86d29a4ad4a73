"""The kind `stack`: cells on top of one another, judged by their layers, by how they are wired over
time and over one another, and by what is returned."""

from ...exercise.declared import Stack
from ...exercise.verdict import Cell
from ...exercise.wirings import tables
from ..answers import Answers, Build
from ..classes import judge_class
from ..gradients import judge_gradients
from ..sheet import Sheet
from ..untouched import judge_untouched
from ..wiring import diagnose_stack
from .asks import ASKED_SIZES, Pair, Questions, ask, first_calls, used_layers
from .layers import judge_layers, lose_unused, proper
from .numbers import most_in_one_mode, to_look_at
from .past import judge_past_the_line
from .picture import ask_runs, compare_runs
from .reading import seen_of, telling
from .report import report
from .returned import check_states, lose_taken
from .sizes import lose_larger, lose_sizes
from .slopes import asked_slopes

__all__ = ["ask", "ask_runs", "compare_runs", "judge"]


def judge(exercise: Stack, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    look = lambda: judge_numbers(exercise, questions, answers, sheet)
    return judge_class(exercise, answers, cell, sheet, look)


def judge_numbers(
    exercise: Stack, questions: Questions, answers: Answers, sheet: Sheet
) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    builds = answers.builds + (Build(),) * len(questions.builds)
    every = [Pair(asked, build) for asked, build in zip(questions.builds, builds)]
    pairs, larger = every[: len(ASKED_SIZES)], every[len(ASKED_SIZES) :]
    judge_layers(exercise, pairs, answers, sheet)
    if exercise.base and any(pair.layers for pair in pairs) and not proper(pairs):
        return f"Could not be marked: no layer is a {exercise.cell}."
    known = tables(exercise.states, tuple(exercise.called.items()))
    if judge_past_the_line(exercise, known, pairs, sheet):
        return None
    usable = most_in_one_mode(to_look_at(pairs))
    if not usable:
        return why_not(exercise, pairs)
    sheet.openly = usable[0].build.mode == "stand-in"  # no built-in computes what these do
    chosen = telling(usable)
    seen = [seen_of(exercise, pair, [*range(pair.count)]) for pair in chosen]
    found = diagnose_stack(known, [one for one, _ in seen])
    fewer_are_run = False
    fewer = [seen_of(exercise, p, used_layers(p)) for p in chosen if used_layers(p)]
    if fewer and any(len(used_layers(pair)) < pair.count for pair in chosen):
        some = diagnose_stack(known, [one for one, _ in fewer])
        if some and (found is None or some.cost(known) < found.cost(known)):
            seen, found, fewer_are_run = fewer, some, True
            lose_unused(exercise, chosen, sheet)
    judge_untouched(first_calls(pairs), sheet)
    check_states(exercise, usable, sheet)
    lose_taken(exercise, usable, sheet)
    report(exercise, known, found, seen, sheet)
    through = None if fewer_are_run else found  # else the loss is not known
    judge_gradients([asked_slopes(exercise, known, pair, through) for pair in usable], sheet)
    if any(pair.build.calls[0].form for pair in usable):
        sheet.meet("gradients")  # of what is returned in another form they may not be asked for
    lose_sizes(pairs, sheet)
    lose_larger(exercise, known, larger, sheet)
    return None


def why_not(exercise: Stack, pairs: list[Pair]) -> str:
    for build in (pair.build for pair in pairs if pair.build.constructor and not pair.layers):
        return f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {build.constructor}."
    for failure in (call.failure for pair in pairs for call in pair.build.calls if call.failure):
        if "returned None" in failure.error:
            return "Not written yet: forward returns None."
        return f"Could not be marked: forward raised {failure}."
    failed = next((pair.build.failure for pair in pairs if pair.build.failure), None)
    if failed:
        return f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {failed}."
    return "Could not be marked: there was no answer."
