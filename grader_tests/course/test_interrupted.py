"""Our own command stopped, killed and short of disk: nothing that is graded is lost, and the same
command goes on with the rest."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from autograde.course import farm, verbs
from autograde.course.gradebook import begin_anew
from grader_tests.samples.students import NOTEBOOKS, hand_in, hand_in_perfect, solutions
from grader_tests.support.courses import FOREVER, autograde, graded, make_course, wait_until
from grader_tests.support.ledger import new_gradebook, scores
from grader_tests.support.processes import of_course

TWO, FULL = NOTEBOOKS[:2], 10 + 8  # what is handed in, and its points
CALL = "class LSTMCell(nn.Module):\n    pass  # of my own\n"
SLOWLY = "\n\nimport time\n\ntime.sleep(1)"  # so that there is a middle of a run to stop it in


@pytest.fixture
def course(tmp_path) -> Path:
    make_course(tmp_path / "course")
    return tmp_path / "course"


def hear_ctrl_c():
    """As in a terminal; a job that a shell has put in the background, as these tests may be,
    ignores it, and so would what it starts."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_ctrl_c_keeps_what_is_graded(course):
    hand_in_perfect(course, 5, SLOWLY, TWO)
    run = subprocess.Popen(
        [sys.executable, "-m", "autograde", "grade", "lstm"],
        cwd=course,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    wait_until(lambda: len(graded(course)) >= 2)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does
    said, _ = run.communicate(timeout=FOREVER)
    assert run.returncode == 130 and "the same command goes on with the rest" in said
    wait_until(lambda: not of_course(course))
    kept = len(graded(course))
    assert 2 <= kept < 5 and set(scores(course).values()) == {FULL}
    assert f"{kept} unchanged" in autograde(course).stdout
    assert scores(course) == {f"student_{number:02}": FULL for number in range(5)}


def test_after_ctrl_c_within_a_commit_the_gradebook_can_be_read(tmp_path):
    """The session does not know that it has ended; what it wrote is in the file."""

    def interrupt(session):
        raise KeyboardInterrupt

    with new_gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        event.listen(gradebook.db, "after_commit", interrupt, once=True)
        with pytest.raises(KeyboardInterrupt):
            gradebook.add_student("ada")
        with pytest.raises(SQLAlchemyError):
            _ = gradebook.students
        begin_anew(gradebook)
        assert [student.id for student in gradebook.students] == ["ada"]


def test_what_was_begun_and_not_marked_is_said_to_be_that(course):
    hand_in_perfect(course, 2, SLOWLY, TWO)
    autograde(course)
    run = subprocess.Popen(
        [sys.executable, "-m", "autograde", "grade", "lstm", "--force"],
        cwd=course,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    wait_until(lambda: not graded(course))  # the marks of before do not count any more
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=FOREVER)
    assert "grading was stopped before its end" in said
    assert "waits for a person's mark" not in said
    assert "nothing for a person" in autograde(course).stdout


def test_ctrl_c_waits_while_a_worker_starts_and_does_not_reach_it():
    """In whichever thread of ours it is heard; and it wins over what goes wrong meanwhile."""
    deaf = "import signal\nprint(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
    before, seen = signal.getsignal(signal.SIGINT), []
    with pytest.raises(KeyboardInterrupt), farm.later_ctrl_c():
        thread = threading.Thread(target=signal.raise_signal, args=(signal.SIGINT,))
        thread.start()
        thread.join()
        os.kill(os.getpid(), signal.SIGINT)
        seen.append(subprocess.check_output([sys.executable, "-c", deaf], text=True).strip())
        raise OSError("this worker could not be started")
    assert seen == ["True"] and signal.getsignal(signal.SIGINT) is before


def test_what_ctrl_c_becomes_in_a_transaction_is_ctrl_c():
    try:
        try:
            raise KeyboardInterrupt
        finally:
            raise SQLAlchemyError("no further SQL can be emitted")
    except SQLAlchemyError as problem:
        assert verbs.began_with_ctrl_c(problem)
    assert not verbs.began_with_ctrl_c(SQLAlchemyError("the disk is full"))


STOPS_ITSELF = """import os, runpy, signal, sys, threading
stop = threading.Timer(float(sys.argv.pop()), os.killpg, (os.getpid(), signal.SIGINT))
stop.start()
runpy.run_module("autograde", run_name="__main__", alter_sys=True)
"""  # Ctrl-C so many seconds after our first line, however long Python took to come to it


@pytest.mark.parametrize("seconds", [0.3, 3.5])
def test_ctrl_c_ends_at_any_moment(course, seconds):
    """While Python imports, while workers start, while they mark: one Ctrl-C, no traceback."""
    hand_in_perfect(course, 2, SLOWLY, TWO)
    run = subprocess.run(
        [sys.executable, "-c", STOPS_ITSELF, "grade", "lstm", str(seconds)],
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=FOREVER,
        start_new_session=True,
        preexec_fn=hear_ctrl_c,
    )
    assert "Traceback" not in run.stdout
    assert run.returncode == 130 and "Stopped." in run.stdout, run.stdout
    wait_until(lambda: not of_course(course))


def test_ctrl_c_ends_nbgraders_command_too(course, tmp_path):
    hand_in_perfect(course, 2, SLOWLY, TWO)
    with open(tmp_path / "said", "w") as said:
        run = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", "lstm"],
            cwd=course,
            stdout=said,
            stderr=said,
            start_new_session=True,
            preexec_fn=hear_ctrl_c,
        )
    wait_until(lambda: "Autograding student_00" in (tmp_path / "said").read_text())
    os.killpg(run.pid, signal.SIGINT)
    assert run.wait(60) == 130
    text = (tmp_path / "said").read_text()
    assert "Stopped. What is graded is kept" in text and "Traceback" not in text
    wait_until(lambda: not of_course(course))


@pytest.mark.parametrize(
    "command",
    [("-m", "autograde", "grade", "lstm"), ("-m", "nbgrader", "autograde", "lstm")],
    ids=["own command", "nbgrader"],
)
def test_kill_9_keeps_what_is_graded(course, command):
    hand_in_perfect(course, 4, SLOWLY, TWO)
    for wanted in (1, 2):  # killed twice, once while the first is written
        run = subprocess.Popen(
            [sys.executable, *command],
            cwd=course,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(lambda wanted=wanted: len(graded(course)) >= wanted)
        run.kill()
        run.wait()
        wait_until(lambda: not of_course(course))
        found = scores(course)
        assert all(found[student] == FULL for student in graded(course))
        assert set(found.values()) <= {0, FULL}, (
            "a submission is in the gradebook whole, or not at all"
        )
    done = subprocess.run([sys.executable, *command], cwd=course, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert scores(course) == {f"student_{number:02}": FULL for number in range(4)}
    assert list(course.glob("gradebook.db.backup-*"))


def test_a_worker_that_is_killed_takes_nothing_with_it(course):
    hand_in_perfect(course, 5, SLOWLY, TWO)
    run = subprocess.Popen(
        [sys.executable, "-m", "autograde", "grade", "lstm", "--jobs=2"],
        cwd=course,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    wait_until(lambda: len(graded(course)) >= 1)
    workers = [
        child
        for child in psutil.Process(run.pid).children()
        if "spawn_main" in " ".join(child.cmdline())
    ]
    workers[0].kill()
    said, _ = run.communicate(timeout=FOREVER)
    assert run.returncode == 0, said
    assert scores(course) == {f"student_{number:02}": FULL for number in range(5)}


def deadly(job):
    """Stands for grading: the worker that grades `poison` dies."""
    if job.student == "poison":
        os._exit(1)
    return [SimpleNamespace(student=job.student, disturbed=False)]


def test_a_submission_that_kills_every_worker_takes_no_other_with_it(monkeypatch):
    monkeypatch.setattr(farm, "grade_submission", deadly)
    monkeypatch.setattr(farm, "given_up", lambda job, why: why)
    students = ["a", "b", "poison", "c", "d", "e", "f", "g"]
    jobs = (SimpleNamespace(student=student) for student in students)
    start = lambda: (ProcessPoolExecutor(2, mp_context=get_context("fork")), 2)  # noqa: E731
    found = {job.student: said for job, said in farm.graded(jobs, start)}
    assert "worker failed 3 times" in found.pop("poison")
    assert [found[student][0].student for student in sorted(found)] == list("abcdefg")


DEFINING = """import ctypes, time

name = ctypes.CDLL(None).prctl  # its option 15 is the name that others see of this process
name(15, b"defining", 0, 0, 0)
time.sleep(1)
name(15, b"defined", 0, 0, 0)
"""
FIRST_TRY = 3  # times that a cell is tried in one grading, each in another process


@pytest.mark.parametrize(
    "command",
    [("-m", "autograde", "grade", "lstm"), ("-m", "nbgrader", "autograde", "lstm")],
    ids=["own command", "nbgrader"],
)
def test_what_a_machine_short_of_memory_ends_is_tried_again(course, command):
    """Where memory runs out, the system ends students' processes before any other, whoever used
    it: here each one in which the class is just being defined, until no try of a first grading is
    left."""
    solved = solutions()
    solved["LSTMCell"] += "\n\n" + DEFINING
    hand_in(course / "submitted" / "student" / "lstm", solved, TWO)
    run = subprocess.Popen([sys.executable, *command], cwd=course, stdout=subprocess.DEVNULL)
    ended = set()
    while run.poll() is None:
        for process in psutil.Process(run.pid).children(recursive=True):
            with suppress(psutil.Error):
                if len(ended) < FIRST_TRY and process.name() == "defining":
                    process.kill()
                    ended.add(process)
        time.sleep(0.05)
    assert len(ended) == FIRST_TRY and run.returncode == 0
    assert scores(course) == {"student": FULL}


def test_a_full_disk_loses_nothing(course):
    """No file may grow beyond a few kilobytes: neither a copy of the gradebook nor its journal can
    be written, as on a full disk."""
    hand_in_perfect(course, 2, names=TWO)
    autograde(course)
    hand_in(course / "submitted" / "student_01" / "lstm", solutions() | {"LSTMCell": CALL}, TWO)
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))  # noqa: E731
    done = autograde(course, preexec_fn=full)
    assert done.returncode in (1, 2) and "Traceback" not in done.stdout + done.stderr, (
        done.stdout + done.stderr
    )
    assert "could not be" in done.stdout + done.stderr
    assert scores(course)["student_00"] == FULL
    assert autograde(course).returncode == 0
    assert scores(course)["student_00"] == FULL and scores(course)["student_01"] < FULL
