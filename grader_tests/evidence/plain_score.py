"""What the hidden test cells of the plain course call (plain.py): the same questions and the same
judge, in the student's kernel."""

import os
import secrets
from contextlib import redirect_stderr, redirect_stdout

from IPython import get_ipython

from autograde.exercise.faults import load
from autograde.judge import draw, judge, plain, read_answers
from autograde.student.respond import respond


def score(name: str) -> float:
    """The points of one class; nothing for a bonus, which plain nbgrader cannot express in a cell
    of 0 points."""
    exercise = load("autograde.lstm")[name]
    questions = draw(exercise, secrets.randbits(62))
    with (
        open(os.devnull, "w") as quiet,
        redirect_stdout(quiet),
        redirect_stderr(quiet),
    ):  # nbgrader takes a warning for a failure
        answers = respond(plain(questions), get_ipython().user_ns)
    found = judge(exercise, questions, read_answers(answers)).score
    return 0.0 if exercise.bonus else found
