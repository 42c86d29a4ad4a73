"""Hidden test cells at an author's desk: the judge in place, and a refusal anywhere else."""

import os
from pathlib import Path

from IPython import get_ipython
from IPython.display import HTML, display
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config, ConfigFileNotFound, PyFileConfigLoader

from ..desk.check import Check
from ..exercise.declared import Exercise, load_further
from ..exercise.verdict import Cell
from ..judge import examine
from ..pages.criteria import as_html
from ..student.respond import respond
from .release import NotReady
from .settings import Judge


class NotGradedHere(Exception):
    """A hidden cell runs where it must not give marks."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


class MarksLost(NotGradedHere):
    """The worked solution does not get full marks."""


def exercises_here() -> dict[str, Exercise]:
    """Name to exercise of the assignment in whose source folder we are, by the course's
    configuration. Raises NotGradedHere.
    """
    folder = Path.cwd()
    try:
        return Judge(config=configuration()).exercises_of(folder.name)
    except (ConfigFileNotFound, NotReady) as problem:
        raise NotGradedHere(f"There are no exercises of {folder.name} here: {problem}") from None


def configuration() -> Config:
    """Of the course in whose source folder we are. Raises ConfigFileNotFound."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(Path.cwd().parents[1])).load_config()


def in_source() -> bool:
    """Whether this is a folder of the course's sources, whatever they are called there."""
    try:
        name = CourseDirectory(config=configuration()).source_directory
    except ConfigFileNotFound:
        name = "source"
    return Path.cwd().parent.name == name


def check_here() -> Check:
    """The check of that assignment's exercises, marked or not. Raises NotGradedHere."""
    exercises = exercises_here()
    further = load_further(Judge(config=configuration()).module(Path.cwd().name))
    return Check([*exercises.values(), *further.values()])


def ask_here(name: str) -> float:
    """Judge `name` in this kernel, show the criteria, return the score. Raises NotGradedHere in
    anything but a source notebook.
    """
    if os.environ.get("NBGRADER_EXECUTION") == "autograde" or not in_source():
        raise NotGradedHere(
            "This cell was graded without the course's configuration, so no marks are given. Run "
            "nbgrader from the folder that holds nbgrader_config.py, with the package autograde "
            "installed."
        )
    exercise = exercises_here().get(name)
    if exercise is None:
        raise NotGradedHere(f"There is no exercise {name} in {', '.join(exercises_here())}.")
    verdict = examine(exercise, lambda questions: respond(questions, get_ipython().user_ns), Cell())
    display(HTML(as_html(verdict, exercise.bonus)))
    if verdict.score < verdict.points:
        raise MarksLost(f"{verdict.score:g} of {verdict.points:g} points: see the table above.")
    return 0.0 if exercise.bonus else verdict.score
