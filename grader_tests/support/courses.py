"""Courses to try things in, and the commands that grade them."""

import atexit
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from filelock import FileLock

from grader_tests.samples.students import NOTEBOOKS, ROOT
from grader_tests.support import forked

NBGRADER = Path(sys.executable).parent / "nbgrader"
FOREVER = 900  # seconds, after which something will not happen any more
DATABASE = "sqlite:///{}/gradebook.db"


# ---------------------------------------------------------------- commands
def nbgrader(folder: Path, *words: str, **options) -> subprocess.CompletedProcess:
    """A plain nbgrader command in the course `folder`; its output is kept."""
    return command(folder, NBGRADER, *words, **options)


def module(folder: Path, *words: str, **options) -> subprocess.CompletedProcess:
    """`python -m WORDS` in the course `folder`; its output is kept."""
    return command(folder, "-m", *words, **options)


def command(folder: Path, *words: str, **options) -> subprocess.CompletedProcess:
    """In a test from a process that is warm; elsewhere, where time is measured, as anybody's."""
    if "PYTEST_VERSION" in os.environ and not options:
        return forked.run(list(words), folder)
    words = [sys.executable, *words] if words[0] == "-m" else words
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, **options)


def autograde(folder: Path, *words: str, name: str = "lstm", **options):
    """Our own command for the assignment `name`; in one process, since tests run side by side."""
    alone = (
        [] if any(word.startswith(("--jobs", "--scheduler")) for word in words) else ["--jobs=1"]
    )
    return module(folder, "autograde", "grade", name, *words, *alone, **options)


def class_report(folder: Path, *words: str, name: str = "lstm"):
    """Our report on the assignment `name`."""
    return module(folder, "autograde", "report", name, *words)


def by_nbgrader(folder: Path, *words: str, name: str = "lstm") -> subprocess.CompletedProcess:
    """`nbgrader autograde`, which ends with 1 where something needs a person. Ends the program
    where it could not grade."""
    done = nbgrader(folder, "autograde", name, *words)
    asked = done.returncode == 1 and "Needs a person" in done.stderr
    return done if asked else checked(done)


def checked(done: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
    """The same; ends the program with all that it said where it failed."""
    if done.returncode:
        sys.exit(f"{' '.join(map(str, done.args))} failed:\n{done.stdout}{done.stderr}")
    return done


# ---------------------------------------------------------------- courses
@functools.cache
def generated() -> Path:
    """A course with its release, generated once for all processes of a test run. To be copied, not
    written to."""
    place, first = place_of_generated(), not os.environ.get("PYTEST_XDIST_WORKER")
    place.mkdir(mode=0o700, exist_ok=True)
    if first:
        atexit.register(shutil.rmtree, place, ignore_errors=True)
    with FileLock(place / "lock"):
        if not (place / "course" / "gradebook.db").exists():
            generate(place / "draft")
            (place / "draft").rename(place / "course")
    return place / "course"


def place_of_generated() -> Path:
    """Named after the process that the test run began with."""
    run = os.getppid() if os.environ.get("PYTEST_XDIST_WORKER") else os.getpid()
    return Path(tempfile.gettempdir()) / f"generated_{run}"


def generate(folder: Path):
    shutil.copytree(
        ROOT / "source",
        folder / "source",
        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
    )
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    checked(nbgrader(folder, "generate_assignment", "lstm"))


def make_course(folder: Path):
    """A course as an instructor has it: source, configuration, gradebook and the release."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(generated(), folder)


def configure(course: Path, lines: str):
    """Add these lines to the course's nbgrader_config.py."""
    with open(course / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"\n{lines}\n")


def graded(course: Path) -> list[str]:
    """Students that a run has finished."""
    return sorted(
        path.stem
        for path in (course / ".autograde" / "lstm").glob("*.json")
        if len(json.loads(path.read_text())) == len(NOTEBOOKS)
    )


def wait_until(condition):
    """Returns once `condition()` holds.

    Raises AssertionError for what never happens, however busy the machine.
    """
    deadline = time.monotonic() + FOREVER
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
