"""What the hidden test cells of the plain course call (plain.py): the same questions and the same judge, in the student's kernel."""
import secrets

from IPython import get_ipython

from autograde.exercise import load
from autograde.judge import judge
from autograde.questions import draw
from autograde.respond import respond


def score(name: str) -> float:
    """The points of one class; nothing for a bonus, which plain nbgrader cannot express in a cell of 0 points."""
    exercise = load("autograde.lstm")[name]
    questions = draw(exercise, secrets.randbits(62))
    found = judge(exercise, questions, respond(questions, get_ipython().user_ns)).score
    return 0.0 if exercise.bonus else found
