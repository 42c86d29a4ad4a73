"""Rights that an ordinary user has not, under both commands: said with the file and the reason,
exit code 1, never a plain 0 in silence; and all others are graded."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from grader_tests.samples.students import FULL, NOTEBOOKS, hand_in, solutions
from grader_tests.support.courses import make_course
from grader_tests.support.hostile_class import USER, open_folder, ordinary_python
from grader_tests.support.ledger import marks, scores

WAYS = {
    "autograde grade": ("-m", "autograde", "grade", "lstm"),
    "nbgrader autograde": ("-m", "nbgrader", "autograde", "lstm"),
}
FIRST = f"{NOTEBOOKS[0]}.ipynb"
HIDDEN = 0o000


def move_into(folder: Path, inner: str, rights: int):
    """The first notebook in a folder of its own, with these rights."""
    (folder / inner).mkdir()
    (folder / FIRST).rename(folder / inner / FIRST)
    (folder / inner).chmod(rights)


TROUBLES = {  # student: what is wrong in submitted/STUDENT/lstm, what is said, and the score
    "a_file": (
        lambda folder: (folder / FIRST).chmod(HIDDEN),
        f"{FIRST} cannot be read (Permission denied)",
        18,
    ),
    "folder_hidden": (
        lambda folder: move_into(folder, "work", HIDDEN),
        "work/ cannot be read (Permission denied)",
        18,
    ),
    "folder_without_x": (
        lambda folder: move_into(folder, "work", 0o600),
        f"work/{FIRST} cannot be read (Permission denied)",
        18,
    ),
    "folder_without_r": (
        lambda folder: move_into(folder, "work", 0o300),
        "work/ cannot be read (Permission denied)",
        18,
    ),
    "all_hidden": (lambda folder: folder.chmod(HIDDEN), "cannot be read (Permission denied)", 0),
    "all_without_x": (lambda folder: folder.chmod(0o600), "cannot be read (Permission denied)", 0),
    "time_hidden": (
        lambda folder: hide(folder / "timestamp.txt"),
        "timestamp.txt cannot be read (Permission denied): it counts as on time",
        FULL,
    ),
    "not_ours": (lambda folder: folder.parent.chmod(HIDDEN), "the folder cannot be opened", None),
    "no_place": (
        lambda folder: no_place_for(folder),
        "the marks could not be written (Permission denied)",
        None,
    ),
}


def hide(path: Path):
    path.write_text("2026-03-01 12:00:00 UTC")
    path.chmod(HIDDEN)


def no_place_for(folder: Path):
    """Nothing can be written into autograded/STUDENT/lstm."""
    place = folder.parents[2] / "autograded" / folder.parent.name / "lstm"
    place.mkdir(parents=True)
    place.chmod(0o500)


@dataclass
class Graded:
    course: Path
    code: int
    said: str


def grade(python: list[str], course: Path, way: str, *words: str) -> Graded:
    done = subprocess.run([*python, *WAYS[way], *words], cwd=course, capture_output=True, text=True)
    return Graded(course, done.returncode, done.stdout + done.stderr)


def own(python: list[str], course: Path):
    if python[0] == "setpriv":
        subprocess.run(["chown", "-R", "-h", f"{USER}:{USER}", course], check=True)


@pytest.fixture(scope="module", params=WAYS)
def graded(request) -> tuple[Graded, list[str], str]:
    folder = open_folder()
    python, course = ordinary_python(folder), folder / "course"
    make_course(course)
    for student in ("aa", *TROUBLES, "zz"):
        hand_in(course / "submitted" / student / "lstm", solutions())
    own(python, course)
    for student, (plant, *_) in TROUBLES.items():
        plant(course / "submitted" / student / "lstm")
    own(python, course)
    found = grade(python, course, request.param), python, request.param
    yield found
    for path in (course / "submitted", course / "autograded"):
        subprocess.run(["chmod", "-R", "u+rwX", path], check=True)


def test_it_goes_on_and_ends_with_one(graded):
    found, *_ = graded
    assert found.code == 1 and "Traceback" not in found.said, found.said
    assert scores(found.course)["aa"] == scores(found.course)["zz"] == FULL


@pytest.mark.parametrize("student", TROUBLES)
def test_the_file_and_the_reason_are_named(graded, student):
    found, *_ = graded
    _, says, score = TROUBLES[student]
    assert any(student in line and says in line for line in found.said.splitlines()), found.said
    if score is not None:
        assert scores(found.course)[student] == score
        place = student, NOTEBOOKS[0]
        assert marks(found.course)[place][2], "not flagged"
    else:
        assert not scores(found.course).get(student)


def test_a_gradebook_that_cannot_be_written_is_one_sentence(graded):
    """Nothing is graded, and it is no class of zeros."""
    found, python, way = graded
    book = found.course / "gradebook.db"
    before = book.read_bytes()
    book.chmod(0o400)
    try:
        again = grade(python, found.course, way, "--force")
        assert again.code == (1 if way.startswith("nbgrader") else 2), again.said
        assert "Traceback" not in again.said and "gradebook" in again.said
        assert book.read_bytes() == before
    finally:
        book.chmod(0o600)


def test_once_the_rights_are_back_the_marks_are_there(graded):
    found, python, way = graded
    course = found.course
    (course / "submitted" / "a_file" / "lstm" / FIRST).chmod(0o600)
    os.chmod(course / "autograded" / "no_place" / "lstm", 0o700)
    again = grade(python, course, way)
    asked = [line for line in again.said.splitlines() if "Autograding" not in line]
    assert not [line for line in asked if "a_file" in line or "no_place" in line]
    assert scores(course)["a_file"] == scores(course)["no_place"] == FULL
