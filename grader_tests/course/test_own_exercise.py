"""An exercise of one's own, a GRU, on the same judge: a module of rules and a notebook, and nothing
in the grader that knows of it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook

from autograde.exercise import Verdict
from grader_tests.samples.students import ROOT
from grader_tests.support.courses import (
    autograde,
    by_nbgrader,
    checked,
    class_report,
    configure,
    nbgrader,
)

GRU = ROOT / "grader_tests" / "samples" / "gru_course"
CLASSES = ("GRUCell", "GRU")
FORWARD = "return (1 - z) * n + z * h"
WRONG = {  # student -> (what is changed in the solutions, the mark, what the student reads)
    "right": ((), 11, ""),
    "swapped": (
        (FORWARD, "return z * n + (1 - z) * h"),
        10,
        "Your h_t equals z_t * n_t + (1 − z_t) * h_{t−1}: the roles "
        "of z_t and 1 − z_t are swapped.",
    ),
    "reset_outside": (("self.W_n(r * h)", "r * self.W_n(h)"), 10, "r_t belongs inside, before W_n"),
    "no_reset_and_no_bias": (
        ("self.W_n(r * h)", "self.W_n(h)", "+ self.b_z)", ")"),
        9,
        "the bias b_z is missing",
    ),
    "shape": (
        ('self, f"W_{k}", nn.Linear(hidden_dim', 'self, f"W_{k}", nn.Linear(input_dim'),
        10,
        "W_z has shape (hidden_dim, input_dim); it should be (hidden_dim, hidden_dim).",
    ),
    "detached": ((FORWARD, FORWARD + ".detach()"), 10.5, "is cut"),
    "one_state_for_all": (
        ("layer(below, h[k])", "layer(below, h[0])"),
        10,
        "every layer goes on from the state of layer 0; each layer has its own",
    ),
    "outputs_of_the_bottom": (
        ("outputs.append(h[-1])", "outputs.append(h[0])"),
        10,
        "outputs holds the h of layer 0; it should be the top layer's",
    ),
    "blank": (None, 0, "Not written yet"),
}
TOTAL = """def total(values):
    ### BEGIN SOLUTION
    return sum(values)
    ### END SOLUTION"""
TESTS = """assert total([1, 2]) == 3
### BEGIN HIDDEN TESTS
assert total([]) == 0
### END HIDDEN TESTS"""
PLAIN = {  # cells of nbgrader's own kinds: the metadata of nbgrader, and the text
    "total": (new_code_cell, {"solution": True}, TOTAL),
    "test_total": (new_code_cell, {"grade": True, "locked": True, "points": 2}, TESTS),
    "why": (new_markdown_cell, {"solution": True, "grade": True, "points": 3}, "Because."),
}
BESIDE = {  # student -> an answer to each of them, and the score of the test
    "right": ({"total": "total = sum", "why": "Since gates add."}, 2),
    "swapped": ({"total": "total = lambda values: 3"}, 0),
    "shape": ({"total": "total = lambda values: nobody"}, 0),
}


def plain_cells() -> list[nbformat.NotebookNode]:
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return [
        make(text, id=name, metadata={"nbgrader": usual | marks | {"grade_id": name}})
        for name, (make, marks, text) in PLAIN.items()
    ]


def answered(notebook: nbformat.NotebookNode, student: str) -> nbformat.NotebookNode:
    for cell in notebook.cells:
        cell.source = BESIDE.get(student, ({}, 0))[0].get(cell.id, cell.source)
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gru")
    shutil.copytree(GRU, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    configure(folder, 'c.Judge.exercises = {"gru": "gru_exercises"}')
    path = folder / "source" / "gru" / "gru.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += plain_cells()
    nbformat.write(notebook, path)
    checked(nbgrader(folder, "generate_assignment", "gru"))
    source = nbformat.read(folder / "source" / "gru" / "gru.ipynb", as_version=4)
    solutions = {
        cell.id: re.sub(r" *### (BEGIN|END) SOLUTION\n?", "", cell.source)
        for cell in source.cells
        if cell.id in CLASSES
    }
    for student, (changes, _, _) in WRONG.items():
        notebook = nbformat.read(folder / "release" / "gru" / "gru.ipynb", as_version=4)
        if changes is not None:
            texts = changed(solutions, changes)
            for cell in notebook.cells:
                cell.source = texts.get(cell.id, cell.source)
        (folder / "submitted" / student / "gru").mkdir(parents=True)
        place = folder / "submitted" / student / "gru" / "gru.ipynb"
        nbformat.write(answered(notebook, student), place)
    by_nbgrader(folder, name="gru")
    return folder


def changed(solutions: dict[str, str], changes: tuple[str, ...]) -> dict[str, str]:
    """The solutions with each old piece replaced by the new one behind it."""
    for old, new in zip(changes[::2], changes[1::2]):
        assert any(old in text for text in solutions.values())
        solutions = {name: text.replace(old, new) for name, text in solutions.items()}
    return solutions


def verdicts(course: Path, student: str) -> list[Verdict]:
    notebook = nbformat.read(course / "autograded" / student / "gru" / "gru.ipynb", as_version=4)
    return [
        Verdict.from_dict(cell.metadata["autograde"])
        for cell in notebook.cells
        if "autograde" in cell.metadata
    ]


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        return {
            student: sum(
                grade.auto_score or 0
                for notebook in gradebook.find_submission("gru", student).notebooks
                for grade in notebook.grades
                if grade.name not in PLAIN
            )
            for student in WRONG
        }


@pytest.mark.parametrize("student", WRONG)
def test_marks_and_reasons(course, student):
    _, mark, told = WRONG[student]
    assert scores(course)[student] == mark
    results = [result for one in verdicts(course, student) for result in one.results]
    assert told in " ".join(result.sentence for result in results)


# ---------------------------------------------------------------- what is nbgrader's
@pytest.mark.parametrize("student", [*BESIDE, "detached", "blank"])
def test_tests_and_written_answers_beside_it_are_nbgraders(course, student):
    """A test scores by its outcome, hidden lines among it; an answer waits for a person, and one
    that is as given out does not."""
    answers, score = BESIDE.get(student, ({}, 0))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        notebook = gradebook.find_submission_notebook("gru", "gru", student)
        grades = {grade.name: grade for grade in notebook.grades}
        assert grades["test_total"].score == score
        assert grades["why"].needs_manual_grade == ("why" in answers)
        assert grades["test_total"].max_score == 2 and grades["why"].max_score == 3
    place = course / "autograded" / student / "gru" / "gru.ipynb"
    cells = {cell.get("id"): cell for cell in nbformat.read(place, as_version=4).cells}
    assert "assert total([]) == 0" in cells["test_total"].source
    assert "why" not in answers or cells["why"].source == answers["why"]


ALONE = """
import sys
sys.modules["autograde"] = sys.modules["gru_exercises"] = None
import torch
from torch import nn
from checks import check
{source}
check(GRUCell, all=True)
"""


def test_students_have_a_check_of_it(course):
    """Generated with the release, and needing nothing beside it."""
    notebook = nbformat.read(course / "source" / "gru" / "gru.ipynb", as_version=4)
    (source,) = (cell.source for cell in notebook.cells if cell.id == "GRUCell")
    code = ALONE.format(source=source.replace(*WRONG["swapped"][0]))
    folder = course / "release" / "gru"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert "GRUCell: 5 of 6 points" in done.stdout, done.stderr
    assert "the roles of z_t and 1 − z_t are swapped" in done.stdout


def test_an_assignment_that_asks_us_and_is_not_configured_is_refused(course):
    """And its hidden cells do not end as zeros."""
    for folder in ("source/gru2", "submitted/right/gru2"):
        shutil.copytree(course / "source" / "gru", course / folder)
    done = nbgrader(course, "autograde", "gru2")
    assert done.returncode == 1 and "gru2 has no exercises in c.Judge.exercises" in done.stderr


def test_feedback_and_report(course):
    checked(nbgrader(course, "generate_feedback", "gru"))
    page = (course / "feedback" / "swapped" / "gru" / "gru.html").read_text(encoding="utf-8")
    assert "GRUCell: 5 of 6 points" in page and '<svg class="picture"' in page and "<math>" in page
    checked(class_report(course, name="gru"))
    assert "the roles of z" in (course / "reports" / "gru.html").read_text(encoding="utf-8")


def test_the_authors_desk(course):
    folder = course / "source" / "gru"
    assert "Success" in nbgrader(folder, "validate", "gru.ipynb").stdout


def test_our_own_command_gives_the_same(course):
    before = scores(course)
    done = autograde(course, "--force", name="gru")
    assert done.returncode == 1 and "why waits for a person's mark" in done.stdout
    assert scores(course) == before


def test_the_grader_knows_nothing_of_it():
    assert not [
        path.name
        for path in (ROOT / "autograde").rglob("*.py")
        if "gru_exercises" in path.read_text(encoding="utf-8")
        or "GRUCell(" in path.read_text(encoding="utf-8")
    ]
