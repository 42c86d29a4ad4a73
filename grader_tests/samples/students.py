"""Example submissions: each is the release with some cells filled in. `submissions/NAME/CELL.py`
holds what differs.

`make grade` hands them in and prints the table; the tests hand them in too.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat

from autograde.exercise.declared import Stack, load_further
from autograde.exercise.faults import load

ROOT = Path(__file__).resolve().parents[2]
SOURCE, RELEASE, SUBMISSIONS = (
    ROOT / "source" / "lstm",
    ROOT / "release" / "lstm",
    Path(__file__).resolve().parent / "submissions",
)
EVERY = load("autograde.lstm")
EXERCISES = {
    name: exercise for name, exercise in EVERY.items() if exercise.kind != "value"
}  # the classes
PREDICTIONS = {name: exercise for name, exercise in EVERY.items() if exercise.kind == "value"}
FULL = 28  # points of a submission without a mistake, the bonus on top
NOTEBOOKS = tuple(dict.fromkeys(exercise.notebook for exercise in EXERCISES.values()))
FURTHER = load_further("autograde.lstm")  # outside of the marks
ALL_NOTEBOOKS = (*NOTEBOOKS, *(exercise.notebook for exercise in FURTHER.values()))


def solutions(notebooks: tuple[str, ...] = NOTEBOOKS) -> dict[str, str]:
    """grade_id -> the worked solution of that cell, without its markers."""
    solved = {}
    for name in notebooks:
        for cell in nbformat.read(SOURCE / f"{name}.ipynb", as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                solved[cell.metadata.nbgrader.grade_id] = re.sub(
                    r"^ *### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.MULTILINE
                )
    return solved


def cell_before(name: str, solved: dict[str, str] | None = None) -> str:
    """The class of the layers as it is solved, where it stands before the stack `name` in its own
    notebook; else nothing."""
    exercise = EXERCISES[name]
    layers_are_own = isinstance(exercise, Stack) and exercise.base
    return (solved or solutions())[exercise.cell] + "\n\n" if layers_are_own else ""


def answers(name: str) -> dict[str, str]:
    """grade_id -> text of what the example student `name` wrote; cells that are not there stay as
    they were given out."""
    own = {
        path.stem: path.read_text(encoding="utf-8").rstrip("\n")
        for path in (SUBMISSIONS / name).glob("*.py")
    }
    return (solutions() if name in ("perfect", "first_notebook_broken") else {}) | own


STUDENTS = ("perfect", "parameter_matrices", "blank", "first_notebook_broken", "first_attempt")


def hand_in(folder: Path, cells: dict[str, str], names: Iterable[str] = NOTEBOOKS):
    """Write the notebooks, all four as a rule, with these cells filled in into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        nbformat.write(filled(name, cells), folder / f"{name}.ipynb")


def hand_in_perfect(course: Path, count: int, after: str = "", names=NOTEBOOKS):
    """Perfect submissions for student_00, student_01, …; the first class has `after` below it."""
    for number in range(count):
        hand_in(
            course / "submitted" / f"student_{number:02}" / "lstm",
            solutions() | {"LSTMCell": solutions()["LSTMCell"] + after},
            names,
        )


def filled(name: str, cells: dict[str, str]) -> nbformat.NotebookNode:
    notebook = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if cell.metadata.get("nbgrader", {}).get("solution") and grade_id in cells:
            cell.source = cells[grade_id]
    return notebook
