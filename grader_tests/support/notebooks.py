"""The notebooks as authored, and files by their content."""

import re
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config.loader import PyFileConfigLoader

from autograde.exercise import Exercise
from grader_tests.samples.students import ROOT, SOURCE

CONFIG = PyFileConfigLoader("nbgrader_config.py", str(ROOT)).load_config()
HIDDEN = """### BEGIN HIDDEN TESTS
from autograde import ask

ask("{name}")
### END HIDDEN TESTS
"""
IMAGE = re.compile(r"!\[(.*?)\]\((.*?)\)")


def read(name: str) -> nbformat.NotebookNode:
    return nbformat.read(SOURCE / f"{name}.ipynb", as_version=4)


def files(folder: Path) -> dict[str, bytes]:
    """Path below the folder -> content of every file."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


def source_notebook(
    setup: str, exercises: Iterable[Exercise], solutions: dict[str, str]
) -> nbformat.NotebookNode:
    """A source notebook: a locked setup, and for each exercise its worked solution and a test cell
    with a visible check."""
    usual = {"grade": False, "solution": False, "locked": True, "task": False, "schema_version": 3}

    def cell(key: str, text: str, **marks) -> nbformat.NotebookNode:
        metadata = {"nbgrader": usual | marks | {"grade_id": key}}
        return new_code_cell(text, id=key, metadata=metadata)

    cells = [cell("setup", f"{setup}from checks import check")]
    for exercise in exercises:
        asked = f'"{exercise.name}"' if exercise.kind == "value" else exercise.name
        hidden = HIDDEN.format(name=exercise.name)
        solution = f"### BEGIN SOLUTION\n{solutions[exercise.name]}\n### END SOLUTION"
        marks = {"grade": True, "points": exercise.points}
        cells += [
            cell(exercise.name, solution, solution=True, locked=False),
            cell(exercise.test_id, f"{hidden}check({asked})", **marks),
        ]
    return new_notebook(cells=cells)
