"""One class asked and judged, by whatever way the questions reach it."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict
from .answers import read_answers
from .judging import compare_runs, draw, draw_runs, judge
from .questions import plain

SEED_BITS = 62


def examine(
    exercise: Exercise, ask: Callable[[dict], dict], cell: Cell, seed: int | None = None
) -> Verdict:
    """The verdict on an exercise. `ask` takes questions to the student's process and brings answers
    back, plain data both; `cell` says what became of the solution cell; the same `seed` draws the
    same questions, and without one they are new.

    Once a mark is lost, the class is asked once more, for a picture of its numbers beside the right
    ones. No mark depends on that.
    """
    seed = secrets.randbits(SEED_BITS) if seed is None else seed
    questions = draw(exercise, seed)
    answers = read_answers(ask(plain(questions)))
    verdict = judge(exercise, questions, answers, cell)
    if verdict.score >= verdict.points or not answers.computes:
        return verdict
    runs = draw_runs(exercise, seed + 1)
    return replace(verdict, picture=compare_runs(exercise, runs, read_answers(ask(plain(runs)))))
