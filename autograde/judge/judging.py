"""The judge: questions and answers in; for each criterion points, whether it is met, and a sentence
for the student out.

A pure function of values, in the grader's process. Nothing that a student's process says is
believed but numbers, and numbers only where they have the shape that was asked for. What is
particular to a kind of exercise is in the kind's own module.
"""

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict
from . import function, module, recurrence, stack, table, value
from .answers import Answers
from .questions import generator
from .sheet import Sheet

KINDS = {
    "function": function,
    "module": module,
    "recurrence": recurrence,
    "stack": stack,
    "table": table,
    "value": value,
}


def draw(exercise: Exercise, seed: int):
    """The questions for an exercise, as the record of its kind: the same for the same seed."""
    return KINDS[exercise.kind].ask(exercise, generator(exercise, seed))


@np.errstate(all="ignore")  # of a student's numbers, any may be huge or none
def judge(exercise: Exercise, questions, answers: Answers, cell: Cell = Cell()) -> Verdict:
    """The verdict on an exercise. `questions` come from `draw`, `answers` from `read_answers`, and
    `cell` says what became of the solution cell. Never raises for anything that was answered."""
    sheet = Sheet(exercise)
    otherwise = KINDS[exercise.kind].judge(exercise, questions, answers, cell, sheet)
    return sheet.verdict(otherwise)


def draw_runs(exercise: Exercise, seed: int):
    """Questions for a picture, or None for a kind that has none."""
    return KINDS[exercise.kind].ask_runs(exercise, generator(exercise, seed))


@np.errstate(all="ignore")
def compare_runs(exercise: Exercise, questions, answers: Answers) -> dict | None:
    """What to draw, as plain data; None where the numbers are right, or are none."""
    return KINDS[exercise.kind].compare_runs(exercise, questions, answers)
