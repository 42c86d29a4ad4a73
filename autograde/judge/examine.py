"""One class asked and judged, by whatever way the questions reach it."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict
from . import pictures
from .judging import judge
from .questions import draw
from .sheet import dicts


def examine(exercise: Exercise, ask: Callable[[dict], dict], cell: Cell) -> Verdict:
    """The verdict on an exercise. `ask` takes questions to the student's process and brings answers
    back, plain data both; `cell` says what became of the solution cell.

    Once a mark is lost, the class is asked once more, for a picture of its numbers beside the right ones.
    """
    questions = draw(exercise, secrets.randbits(62))
    answers = ask(questions)
    verdict = judge(exercise, questions, answers, cell)
    computes = any(
        "out" in case
        for build in dicts(answers.get("builds"))
        for case in dicts(build.get("calls"))
    )
    if not computes or verdict.score >= verdict.points:
        return verdict
    runs = pictures.questions(exercise, secrets.randbits(62))
    return replace(verdict, picture=pictures.compare(exercise, runs, ask(runs)))
