"""The hidden test cells at an author's desk: the judge in place, and a plain refusal anywhere else."""
import os
import secrets
from pathlib import Path

from IPython import get_ipython
from IPython.display import HTML, display

from .exercise import load
from .grade import as_html
from .judge import judge
from .questions import draw
from .respond import respond
from .sheet import Cell

MODULES = ("autograde.lstm",)


class NotGradedHere(Exception):
    """A hidden cell runs where it must not give marks."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


class MarksLost(NotGradedHere):
    """The worked solution does not get full marks."""


def ask_here(name: str, modules=MODULES) -> float:
    """Judge `name` in this kernel, show the criteria, return the score. Raises NotGradedHere in anything but a source notebook."""
    if os.environ.get("NBGRADER_EXECUTION") == "autograde" or Path.cwd().parent.name != "source":
        raise NotGradedHere("This cell was graded without the course's configuration, so no marks are given. Run nbgrader from the folder that holds nbgrader_config.py, with the package autograde installed.")
    exercise = next(exercises[name] for module in modules if name in (exercises := load(module)))
    questions = draw(exercise, secrets.randbits(62))
    verdict = judge(exercise, questions, respond(questions, get_ipython().user_ns), Cell())
    display(HTML(as_html(exercise, verdict)))
    if verdict.score < verdict.points:
        raise MarksLost(f"{verdict.score:g} of {verdict.points:g} points: see the table above.")
    return 0.0 if exercise.bonus else verdict.score
