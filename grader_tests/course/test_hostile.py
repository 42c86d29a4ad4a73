"""Every hostile, broken or unlucky submission, graded in the box: by root with our own command, and
by an ordinary user with nbgrader's."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

import nbformat
import pytest

from grader_tests.samples.hostile import HOSTILE, NOTEBOOK, hand_in_hostile
from grader_tests.support.courses import configure, make_course
from grader_tests.support.hostile_class import (
    EVERY_GROUP,
    HALVES,
    HONEST,
    REQUIRED,
    UNDER_LANDLOCK,
    Grading,
    grade_class,
    marks,
    open_folder,
    seen,
)
from grader_tests.support.ledger import marks as marks_by_cell
from grader_tests.support.ledger import verdicts
from grader_tests.support.processes import watched

# How answers are judged and told does not hang on who grades, nor how a notebook is read, nor what
# its limits are. All of them in every way: `python -m grader_tests.evidence.hostile_everywhere`.
WAYS = {  # whether an ordinary user grades, with which command, and every how-manieth of a group
    "root, own command": (
        False,
        ("-m", "autograde", "grade", "lstm", "--jobs=2"),
        {"deceit": 1, "answers": 1, "text": 1, "course": 3, "box": 6, "death": 6},
    ),
    "ordinary user, nbgrader": (
        True,
        ("-m", "nbgrader", "autograde", "lstm"),
        dict.fromkeys(("box", "course", "resources", "death", "notebook"), 1),
    ),
}
assert {group for way in WAYS.values() for group in way[2]} == {*EVERY_GROUP}
CLASSES = list(product(WAYS, HALVES))


@pytest.fixture(scope="module")
def gradings() -> tuple[dict[tuple[str, str], Grading], list[str]]:
    """Both halves of the class, graded in every way, and the processes that were left behind."""
    runs = [(way, half, open_folder()) for way, half in CLASSES]
    with watched() as still_there, ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda run: grade_class(*run[1:], *WAYS[run[0]]), runs))
        left = still_there()
    return dict(zip(CLASSES, found)), left


@pytest.fixture(params=CLASSES, ids=", ".join)
def grading(request, gradings) -> Grading:
    return gradings[0][request.param]


@pytest.mark.parametrize("half", HALVES)
def test_every_way_gives_the_same_marks_to_the_cell(gradings, half):
    """Whoever grades, and with which command."""
    one, other = (
        marks_by_cell(gradings[0][way, half].course) | verdicts(gradings[0][way, half].course)
        for way in WAYS
    )
    both = set.intersection(*({*HONEST, *gradings[0][way, half].students} for way in WAYS))
    one, other = ({p: m for p, m in way.items() if p[0] in both} for way in (one, other))
    assert one == other and {place[0] for place in one} == both


def test_no_process_is_left_behind(gradings):
    assert not gradings[1]


def notebook_of(course: Path, name: str) -> tuple[str, list[str]]:
    """What the student is told in notebook 01, and what was noted for the instructor."""
    notebook = nbformat.read(
        course / "autograded" / name / "lstm" / f"{NOTEBOOK}.ipynb", as_version=4
    )
    cell = next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "test_LSTMCell"
    )
    run = notebook.metadata["autograde_run"]
    return cell.outputs[0]["data"]["text/plain"], [*run["notes"], *run["flags"]]


def test_every_submission_has_the_mark_it_deserves(grading):
    found = marks(grading.course)
    assert not {
        hostile.name: (mark, hostile.deserves, *notebook_of(grading.course, name))
        for name, hostile in grading.students.items()
        if (mark := found.get(name, {}).get(NOTEBOOK)) != hostile.deserves
    }


def test_no_other_notebook_is_harmed(grading):
    found = marks(grading.course)
    assert {name: found[name] for name in HONEST} == dict.fromkeys(
        HONEST, {"01_basic_lstm": 10, "02_stacking": 8, "03_coupled_gates": 6, "04_peepholes": 4}
    )
    assert not {
        hostile.name: found[name]
        for name, hostile in grading.students.items()
        if hostile.beside and found[name]["02_stacking"] != 8
    }


def test_students_are_told_why_and_instructors_what_was_odd(grading):
    missing = {}
    for name, hostile in grading.students.items():
        told, noted = notebook_of(grading.course, name)
        if hostile.told not in told:
            missing[hostile.name] = told
        if not any(hostile.noted in note for note in noted or [""]):
            missing[hostile.name, "note"] = noted
    assert not missing


def test_nothing_outside_is_changed(grading):
    assert grading.before == grading.after


def test_nothing_of_the_course_is_copied_out(grading):
    course = grading.course
    shipped = {
        path.read_bytes() for path in (course / "release" / "lstm").rglob("*") if path.is_file()
    }
    for path in (course / "autograded").rglob("*"):
        assert not path.is_symlink() and (
            path.is_dir() or path.suffix == ".ipynb" or path.read_bytes() in shipped
        ), path


def test_the_console_says_what_protects(grading):
    assert "Protection in force: bubblewrap" in grading.log


# ---------------------------------------------------------------- the other box
def test_where_namespaces_are_refused_landlock_protects(tmp_path):
    """What submissions try against the course, and some of what they try against other processes,
    in the box that takes bubblewrap's place. `hostile_everywhere.py` tries all of them there."""
    course = tmp_path / "course"
    make_course(course)
    configure(course, REQUIRED)
    tried = [hostile for hostile in HOSTILE if hostile.group == "course"]
    tried += [hostile for hostile in HOSTILE if hostile.group == "box"][::6]
    for number, hostile in enumerate(tried):
        hand_in_hostile(course / "submitted" / f"student_{number:02}" / "lstm", hostile)
    before = seen(course)
    command = [sys.executable, "-c", UNDER_LANDLOCK, "autograde", "lstm"]
    with watched() as still_there:
        done = subprocess.run(command, cwd=course, capture_output=True, text=True)
        left = still_there()
    assert "Protection in force: Landlock" in done.stderr
    found = marks(course)
    assert [
        (hostile.name, found[f"student_{number:02}"][NOTEBOOK])
        for number, hostile in enumerate(tried)
    ] == [(hostile.name, hostile.deserves) for hostile in tried]
    assert seen(course) == before and not left
