"""Several people in one course, each with a umask of 022: nbgrader's `groupshared` holds for all
that is written, two runs at once say so, and whoever may not write is told in one sentence."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest

from autograde.course.gradebook import back_up
from autograde.course.release import NotReady
from autograde.course.sharing import alone
from grader_tests.samples.students import filled, solutions
from grader_tests.support.courses import autograde, configure, make_course, nbgrader
from grader_tests.support.hostile_class import open_folder, ordinary_python
from grader_tests.support.ledger import scores

ADA, BOB, GROUP = 20001, 20002, 20000  # of nobody on this machine
FIRST, MARK = "01_basic_lstm.ipynb", 10  # all that anybody hands in here
Run = Callable[..., subprocess.CompletedProcess]


def hand_in_first(course: Path, student: str):
    place = course / "submitted" / student / "lstm"
    place.mkdir(parents=True)
    nbformat.write(filled("01_basic_lstm", solutions()), place / FIRST)


def hand_in_as_ada(course: Path, student: str):
    hand_in_first(course, student)
    subprocess.run(["chown", "-R", f"{ADA}:{GROUP}", course], check=True)


@pytest.fixture(scope="module")
def course() -> Path:
    """Ada's, with one hand-in, and not shared yet."""
    if os.geteuid():
        pytest.skip("only root can be two people here")
    folder = open_folder() / "course"
    make_course(folder)
    hand_in_as_ada(folder, "first")
    folder.chmod(0o2775)
    return folder


@pytest.fixture(scope="module")
def run(course) -> Run:
    """Who, and the words of a command."""
    *_, python = ordinary_python(course.parent)

    def command(who: int, *words: str) -> subprocess.CompletedProcess:
        user = ["setpriv", f"--reuid={who}", f"--regid={GROUP}", "--clear-groups"]
        command = [*user, "env", f"HOME={course.parent}", python, "-m", *words]
        return subprocess.run(command, cwd=course, capture_output=True, text=True, umask=0o022)

    return command


def test_what_is_not_shared_is_said_in_one_sentence(course, run):
    assert run(ADA, "autograde", "grade", "lstm").returncode == 0
    done = run(BOB, "autograde", "grade", "lstm", "--force")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"{course}/.autograde belongs to user {ADA} and cannot be written to" in done.stderr
    assert scores(course) == {"first": MARK}


def test_groupshared_opens_it_to_a_second_instructor(course, run):
    """What lies there from before as well, with Ada's next run."""
    configure(course, "c.CourseDirectory.groupshared = True")
    hand_in_as_ada(course, "second")
    for who, *words in (
        (ADA, "autograde", "grade", "lstm"),
        (ADA, "nbgrader", "generate_feedback", "lstm"),
        (BOB, "nbgrader", "autograde", "lstm", "--force"),
        (BOB, "autograde", "report", "lstm"),
        (BOB, "nbgrader", "generate_feedback", "lstm"),
    ):
        done = run(who, *words)
        assert done.returncode == 0, done.stderr
    assert scores(course) == {"first": MARK, "second": MARK}
    graded = course / "autograded" / "second" / "lstm" / FIRST
    assert graded.stat().st_uid == BOB and graded.stat().st_mode & 0o777 == 0o664


def test_pages_that_cannot_be_written_are_one_sentence(course, run):
    for place in (course / "feedback", course / "feedback" / "first" / "lstm"):
        rights = place.stat().st_mode
        place.chmod(0o555)
        who = place.stat().st_uid
        done = run(who, "nbgrader", "generate_feedback", "lstm")
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert f"{place} cannot be written to: chmod u+wx" in done.stderr
        place.chmod(rights)
    assert run(ADA, "nbgrader", "generate_feedback", "lstm").returncode == 0


def test_groupshared_opens_a_gradebook_that_nothing_was_graded_in(course, run):
    """nbgrader closes what it makes; and a colleague may be the first to grade."""
    (course / "gradebook.db").chmod(0o644)
    done = run(ADA, "nbgrader", "generate_assignment", "lstm", "--force")
    assert done.returncode == 0, done.stderr
    assert (course / "gradebook.db").stat().st_mode & 0o777 == 0o664


def test_a_gradebook_to_read_only_and_a_new_student(course, run):
    hand_in_as_ada(course, "third")
    (course / "gradebook.db").chmod(0o440)
    done = run(BOB, "autograde", "grade", "lstm")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"gradebook.db cannot be written to: user {ADA}, whose it is, can give" in done.stderr
    assert "third" not in scores(course)


def test_no_rights_help_where_the_disk_is_read_only(tmp_path, monkeypatch):
    (tmp_path / "gradebook.db").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_flag=os.ST_RDONLY))
    with pytest.raises(NotReady, match="mounted read-only"), alone(tmp_path, "lstm", []):
        pass
    with pytest.raises(NotReady, match="mounted read-only"):
        back_up(f"sqlite:///{tmp_path}/gradebook.db")


def test_two_runs_at_once(tmp_path):
    """The second one says so, whichever command it is; and the marks are right."""
    course = tmp_path / "course"
    make_course(course)
    hand_in_first(course, "student")
    with alone(course, "lstm", []):
        for done in (autograde(course), nbgrader(course, "autograde", "lstm")):
            assert done.returncode and "Another run is at work on lstm: wait" in done.stderr
            assert "Traceback" not in done.stderr and not scores(course)
    words = [sys.executable, "-m", "autograde", "grade", "lstm"]
    runs = [subprocess.Popen(words, cwd=course, stderr=subprocess.PIPE, text=True) for _ in "ab"]
    for each in runs:
        _, said = each.communicate()
        assert each.returncode == 0 or "Another run is at work" in said, said
    assert any(each.returncode == 0 for each in runs)
    assert scores(course) == {"student": MARK}
