"""Everything through nbgrader's own commands, in a course of its own: marks, reasons, feedback,
export, and bad input."""

import csv
import html
import os
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograde.exercise.verdict import Verdict
from grader_tests.samples.students import (
    NOTEBOOKS,
    RELEASE,
    STUDENTS,
    answers,
    filled,
    hand_in,
    solutions,
)
from grader_tests.support.courses import (
    NBGRADER,
    by_nbgrader,
    checked,
    configure,
    make_course,
    nbgrader,
)

SOLVED = solutions()
# student -> name of a notebook and what stands in its place (None: nothing), and what the student
# is told
BAD_FILES = {
    "missing": ("02_stacking", None, "02_stacking.ipynb was not handed in."),
    "empty": ("02_stacking", b"", "02_stacking.ipynb could not be read: the file is empty."),
    "not_json": (
        "01_basic_lstm",
        b"{'cells': [",
        "01_basic_lstm.ipynb could not be read: it is not valid JSON: it is cut off before its "
        "end.",
    ),
    "no_notebook": (
        "03_coupled_gates",
        b"[1, 2, 3]",
        "03_coupled_gates.ipynb could not be read: it is not a notebook.",
    ),
}
BAD_CELLS = {  # student -> a cell of an otherwise right submission, and what the student is told
    "syntax_error": (
        "LSTM",
        "class LSTM(nn.Module):\n    def forward(self x):\n        pass",
        "the cell stopped with SyntaxError",
    ),
    "not_defined": ("LSTM", "x = 1", "LSTM is not defined after your cell has run."),
    "constructor_raises": (
        "LSTM",
        "class LSTM(nn.Module):\n    def __init__(self, *sizes):\n        raise RuntimeError('no')",
        "raised RuntimeError: no",
    ),
    "returns_none": (
        "LSTM",
        re.sub(r"return .*\)\n?$", "pass", SOLVED["LSTM"].rstrip()),
        "forward returns None; it should return outputs and (c_T, h_T).",
    ),
}
NEIGHBOURS = {"01_basic_lstm": 10, "02_stacking": 8, "03_coupled_gates": 6, "04_peepholes": 4}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    make_course(folder)
    for student in STUDENTS:
        hand_in(folder / "submitted" / student / "lstm", answers(student))
    for student, (name, data, _) in BAD_FILES.items():
        hand_in(folder / "submitted" / student / "lstm", SOLVED)
        path = folder / "submitted" / student / "lstm" / f"{name}.ipynb"
        path.unlink()
        if data is not None:
            path.write_bytes(data)
    for student, (cell, source, _) in BAD_CELLS.items():
        hand_in(folder / "submitted" / student / "lstm", SOLVED | {cell: source})
    by_nbgrader(folder)
    checked(nbgrader(folder, "generate_feedback", "lstm"))
    return folder


def scores(course: Path, student: str) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        return {
            notebook.name: notebook.score
            for notebook in gradebook.find_submission("lstm", student).notebooks
        }


def verdict(course: Path, student: str, name: str) -> Verdict:
    for path in (course / "autograded" / student / "lstm").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.metadata.get("nbgrader", {}).get("grade_id") == f"test_{name}":
                return Verdict.from_dict(cell.metadata["autograde"])


def feedback(course: Path, student: str, name: str) -> str:
    """A feedback page as a student reads it: subscripts written as in the judge's sentences."""
    page = (course / "feedback" / student / "lstm" / f"{name}.html").read_text(encoding="utf-8")
    return html.unescape(
        re.sub(r"<sub>(.{2,}?)</sub>", r"_{\1}", re.sub(r"<sub>(.)</sub>", r"_\1", page))
    )


@pytest.mark.parametrize("student", ["perfect", "parameter_matrices"])
def test_right_answers_have_everything(course, student):
    assert scores(course, student) == NEIGHBOURS


def test_a_bonus_is_on_top(course):
    """04 is worth nothing in nbgrader's total, so that 24 is 100 %; its points are a score above
    that, and extra credit is the instructor's alone."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        submission = gradebook.find_submission("lstm", "perfect")
        assert (submission.score, submission.max_score) == (28, 24)
        bonus = {
            grade.name: grade.auto_score
            for notebook in submission.notebooks
            for grade in notebook.grades
            if not grade.max_score
        }
        assert not any(
            grade.extra_credit for notebook in submission.notebooks for grade in notebook.grades
        )
    assert bonus == {"test_PeepholeLSTMCell": 3.25, "test_PeepholeLSTM": 0.75}


def test_the_blank_release_has_nothing_and_is_told_so_kindly(course):
    assert set(scores(course, "blank").values()) == {0}
    for name in NOTEBOOKS:
        page = feedback(course, "blank", name)
        assert "Not written yet" in page and "Traceback (most recent call last)" not in page


def test_no_double_jeopardy(course):
    assert scores(course, "first_notebook_broken") == NEIGHBOURS | {
        "01_basic_lstm": 1
    }  # for the prediction


FIRST_ATTEMPT = {  # what is wrong in the first attempt -> notebook, and what the student reads
    "W_f maps to the input size": (
        "01_basic_lstm",
        "W_f has shape (input_dim, hidden_dim); it should be (hidden_dim, hidden_dim).",
    ),
    "the product f·i·c̃": (
        "01_basic_lstm",
        "Your c_t equals f_t * i_t * c̃_t: no trace of c_{t−1}, and the sum is lost.",
    ),
    "code after return": ("02_stacking", "stands after return, so it never runs"),
    "states written in place": ("02_stacking", "Your forward writes into the c that was passed in"),
    "called without arguments": (
        "03_coupled_gates",
        "CoupledLSTM.__init__() missing 3 required positional arguments",
    ),
    "two biases counted": ("01_basic_lstm", "which has two biases where one would do"),
    "no peepholes": ("04_peepholes", "the peephole V_f c_{t−1} is missing"),
}


@pytest.mark.parametrize("mistake", FIRST_ATTEMPT)
def test_the_first_attempt_is_told_every_mistake(course, mistake):
    name, told = FIRST_ATTEMPT[mistake]
    assert told in feedback(course, "first_attempt", name)


def test_the_first_attempt_keeps_what_is_right(course):
    assert scores(course, "first_attempt") == {
        "01_basic_lstm": 7,
        "02_stacking": 6,
        "03_coupled_gates": 5.75,
        "04_peepholes": 3,
    }


@pytest.mark.parametrize("student", BAD_FILES)
def test_bad_files_cost_their_notebook_only(course, student):
    name, _, told = BAD_FILES[student]
    assert scores(course, student) == NEIGHBOURS | {name: 0}
    assert told in feedback(course, student, name)


@pytest.mark.parametrize("student", BAD_CELLS)
def test_bad_cells_cost_their_class_only(course, student):
    cell, _, told = BAD_CELLS[student]
    found = scores(course, student)
    assert (
        found | {"02_stacking": 0} == NEIGHBOURS | {"02_stacking": 0} and found["02_stacking"] < 8
    )
    assert any(told in result.sentence for result in verdict(course, student, cell).results)
    assert told in feedback(course, student, "02_stacking")


def test_feedback_hides_what_is_hidden(course):
    for student in (*STUDENTS, *BAD_FILES, *BAD_CELLS):
        for name in NOTEBOOKS:
            page = feedback(course, student, name)
            assert not [
                word
                for word in ("HIDDEN TESTS", "from autograde", "ask(", "autograde/", "/autograde")
                if word in page
            ]


def test_marks_are_exported(course):
    checked(nbgrader(course, "export"))
    with open(course / "grades.csv", newline="") as file:
        exported = {line["student_id"]: line for line in csv.DictReader(file)}
    assert (
        exported["perfect"]["score"],
        exported["perfect"]["max_score"],
        exported["first_attempt"]["score"],
    ) == ("28.0", "24.0", "21.75")


def test_graded_once_is_not_graded_again(course):
    before = {path: path.stat().st_mtime_ns for path in (course / "autograded").rglob("*.ipynb")}
    done = by_nbgrader(course)
    assert done.stderr.count("Graded and unchanged") == len(STUDENTS) + len(BAD_FILES) + len(
        BAD_CELLS
    )
    assert before == {
        path: path.stat().st_mtime_ns for path in (course / "autograded").rglob("*.ipynb")
    }


# ---------------------------------------------------------------- other commands, and bad commands
@pytest.mark.parametrize("name", ["02_stacking", "further/gru"])
def test_validate_at_the_students_desk(tmp_path, name):
    """A right notebook passes though the one before it is blank; a blank one says that it is."""
    shutil.copytree(RELEASE, tmp_path / "lstm")
    validated = lambda: nbgrader(tmp_path / "lstm", "validate", f"{name}.ipynb").stdout
    assert "not written yet" in validated()
    nbformat.write(filled(name, solutions((name,))), tmp_path / "lstm" / f"{name}.ipynb")
    assert "Success" in validated()


def test_validate_at_the_authors_desk(tmp_path):
    """The hidden cell judges in place: the worked solution passes, a wrong one does not. What
    stands below it is left out for the sake of time."""
    make_course(tmp_path / "course")
    folder = tmp_path / "course" / "source" / "lstm"
    path = folder / "01_basic_lstm.ipynb"
    notebook = nbformat.read(path, as_version=4)
    below = next(k for k, cell in enumerate(notebook.cells, 1) if cell.id == "test_LSTMCell")
    del notebook.cells[below:]
    nbformat.write(notebook, path)
    assert "Success" in nbgrader(folder, "validate", "01_basic_lstm.ipynb").stdout
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "f_t * c + i_t * candidate", "f_t * c + candidate"
        ),
        encoding="utf-8",
    )
    assert "MarksLost: 8 of 9 points" in nbgrader(folder, "validate", "01_basic_lstm.ipynb").stdout


def test_without_our_configuration_no_marks_are_given(tmp_path):
    folder = tmp_path / "course"
    make_course(folder)
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ClearSolutions.enforce_metadata = False\n"
    )
    hand_in(folder / "submitted" / "perfect" / "lstm", SOLVED)
    for name in NOTEBOOKS[1:]:
        (folder / "submitted" / "perfect" / "lstm" / f"{name}.ipynb").unlink()
    path = {**os.environ, "PATH": f"{NBGRADER.parent}{os.pathsep}{os.environ['PATH']}"}
    nbgrader(folder, "generate_assignment", "lstm", "--force", env=path)
    checked(nbgrader(folder, "autograde", "lstm", env=path))
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        assert gradebook.find_submission("lstm", "perfect").score == 0
    text = (folder / "autograded" / "perfect" / "lstm" / "01_basic_lstm.ipynb").read_text(
        encoding="utf-8"
    )
    assert "graded without the course's configuration, so no marks are given" in text


def test_an_assignment_that_was_never_generated(tmp_path):
    make_course(tmp_path)
    hand_in(tmp_path / "submitted" / "perfect" / "lstm", SOLVED)
    shutil.rmtree(tmp_path / "release")
    done = nbgrader(tmp_path, "autograde", "lstm")
    assert (
        done.returncode
        and "run `nbgrader generate_assignment lstm` first" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_an_assignment_without_exercises(tmp_path):
    """Its hidden cells ask for our exercises, and the course no longer names any for it."""
    make_course(tmp_path)
    configure(tmp_path, "c.Judge.exercises = {}")
    hand_in(tmp_path / "submitted" / "perfect" / "lstm", SOLVED)
    done = nbgrader(tmp_path, "autograde", "lstm")
    assert (
        done.returncode
        and "lstm has no exercises in c.Judge.exercises" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_points_that_were_changed_and_not_generated(tmp_path):
    make_course(tmp_path)
    configure(tmp_path, 'c.Judge.points = {"lstm": {"LSTMCell": {"f": 3}}}')
    hand_in(tmp_path / "submitted" / "perfect" / "lstm", SOLVED)
    done = nbgrader(tmp_path, "autograde", "lstm")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert (
        "test_LSTMCell has 9 points in the gradebook and 11 by its criteria: run "
        "`nbgrader generate_assignment lstm --force`"
    ) in done.stderr
