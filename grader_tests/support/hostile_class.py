"""The class of hostile submissions, the ordinary user who grades it, and what nothing in it may
change."""

import atexit
import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader_tests.samples.hostile import HOSTILE, Hostile, hand_in_hostile
from grader_tests.samples.students import ROOT, hand_in, solutions
from grader_tests.support.courses import DATABASE, configure, make_course

USER = "ordinary_grader"
HONEST = ("aa_honest", "mm_honest", "zz_honest")
REQUIRED = 'c.Judge.sandbox = "required"'
# Where a time limit has to end something, a small one does. All others have the limits of every
# course, which no busy neighbour of this machine makes them reach.
SHORT = """
c.Judge.cell_seconds = 4
c.Judge.notebook_seconds = 60
c.Judge.answer_seconds = 10
"""
UNDER_LANDLOCK = """
from autograde.box import probe, sandbox
probe.BOXES = (sandbox.Landlock(),)
from nbgrader.apps.nbgraderapp import NbGraderApp
NbGraderApp.launch_instance()
"""  # nbgrader, where there is no other box
EVERY_GROUP = dict.fromkeys((hostile.group for hostile in HOSTILE), 1)
HALVES = {"endless": SHORT, "others": ""}  # of the class: which submissions, and their limits


def students(half: str, groups: dict[str, int] = EVERY_GROUP) -> dict[str, Hostile]:
    """Student -> what that student handed in, of one half of the class. groups: group -> n, where
    every n-th of it is taken."""
    return {
        f"{chr(ord('a') + 26 * place // len(HOSTILE))}_{place:03}": hostile
        for place, hostile in enumerate(HOSTILE)
        if hostile.endless == (half == "endless")
        and hostile.group in groups
        and place % groups[hostile.group] == 0
    }


def make_class(folder: Path, half: str, groups: dict[str, int] = EVERY_GROUP):
    """A course with those hostile submissions among honest ones."""
    make_course(folder)
    configure(folder, REQUIRED + HALVES[half])
    for name in HONEST:
        hand_in(folder / "submitted" / name / "lstm", solutions())
    for name, hostile in students(half, groups).items():
        hand_in_hostile(folder / "submitted" / name / "lstm", hostile)


def open_folder() -> Path:
    """A folder that any user can get to, until this process ends. Those of pytest are its user's
    alone, and every session of tests that begins on the machine closes all of them."""
    folder = Path(tempfile.mkdtemp(prefix="open"))
    folder.chmod(0o711)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def ordinary_python(folder: Path) -> list[str]:
    """A command that runs Python as an ordinary user, with the packages of this one.

    Skips where that cannot be had.
    """
    if os.geteuid():
        return [sys.executable]
    if not shutil.which("useradd") or not Path("/usr/bin/python3").exists():
        pytest.skip("no useradd, or no Python outside of root's home: no ordinary user here")
    try:
        pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(["useradd", "--create-home", USER], check=True)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = next((folder / "venv" / "lib").glob("python*")) / "site-packages" / "course.pth"
    packages.write_text("".join(f"{place}\n" for place in sys.path if Path(place).is_dir()))
    for path in (folder, *folder.parents):
        os.chmod(path, os.stat(path).st_mode | 0o011)
    python = [
        "setpriv",
        f"--reuid={USER}",
        f"--regid={USER}",
        "--init-groups",
        "env",
        f"HOME=/home/{USER}",
        folder / "venv" / "bin" / "python",
    ]
    if subprocess.run(
        [*python, "-c", "import torch, nbgrader, autograde"], capture_output=True
    ).returncode:
        pytest.skip(f"an ordinary user cannot read the packages of {sys.executable}, or {ROOT}")
    return python


def seen(folder: Path) -> dict[str, str]:
    """What no submission may change: the course but for what grading writes, and what lies around
    it."""
    found = {}
    for name in ("source", "release", "submitted", "nbgrader_config.py"):
        for path in sorted([folder / name, *(folder / name).rglob("*")]):
            if path.is_symlink() or path.is_dir() or not path.is_file():
                found[str(path)] = str(path.is_symlink() and os.readlink(path))
            else:
                found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in (
        Path.home() / ".bashrc",
        Path(f"/home/{USER}/.bashrc"),
        Path(sysconfig.get_paths()["purelib"]) / "torch" / "__init__.py",
    ):
        found[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
    return found | {
        place: str(os.path.exists(f"{place}/for_the_neighbour"))
        for place in ("/tmp", "/var/tmp", "/dev/shm")
    }


@dataclass(frozen=True)
class Grading:
    """Half of the class, graded: students, course, what was there before and after, the log."""

    students: dict[str, Hostile]
    course: Path
    before: dict[str, str]
    after: dict[str, str]
    log: str


def grade_class(
    half: str, folder: Path, ordinary: bool, words: tuple[str, ...], groups: dict[str, int]
) -> Grading:
    """Half of the class graded in `folder` by `python WORDS`, as an ordinary user or as this
    one."""
    python = ordinary_python(folder) if ordinary else [sys.executable]
    course = folder / "course"
    make_class(course, half, groups)
    if ordinary and not os.geteuid():
        subprocess.run(["chown", "-R", "-h", f"{USER}:{USER}", course], check=True)
    before = seen(course)
    done = subprocess.run([*python, *words], cwd=course, capture_output=True, text=True)
    return Grading(students(half, groups), course, before, seen(course), done.stdout + done.stderr)


def marks(course: Path) -> dict[str, dict[str, float]]:
    with Gradebook(DATABASE.format(course), "lstm_course") as gradebook:
        return {
            submission.student.id: {
                notebook.name: notebook.score for notebook in submission.notebooks
            }
            for submission in gradebook.find_assignment("lstm").submissions
        }
