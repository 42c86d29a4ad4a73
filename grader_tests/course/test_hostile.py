"""Every hostile, broken or unlucky submission through real nbgrader and through our own command, in the box, as root and as an ordinary user."""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from autograde.box import sandbox as box
from grader_tests.samples.hostile import HOSTILE, NOTEBOOK, hand_in_hostile
from grader_tests.samples.students import ROOT, hand_in, solutions
from grader_tests.support.example_course import make_course
from grader_tests.support.ledger import marks as marks_by_cell
from grader_tests.support.ledger import verdicts

LIMITS = '\nc.Judge.sandbox = "required"\nc.Judge.cell_seconds = 2\nc.Judge.notebook_seconds = 25\nc.Judge.answer_seconds = 5\n'
USER = "ordinary_grader"
COMMANDS = {
    "nbgrader": ("-m", "nbgrader", "autograde", "lstm"),
    "own command": ("-m", "autograde", "lstm"),
}
HONEST = ("aa_honest", "mm_honest", "zz_honest")


def student(place: int) -> str:
    return f"{'abcdefghijklmnopqrstuvwxy'[place // 5]}_{place:03}"


def make_class(folder: Path):
    make_course(folder)
    with open(folder / "nbgrader_config.py", "a") as config:
        config.write(LIMITS)
    for name in HONEST:
        hand_in(folder / "submitted" / name / "lstm", solutions())
    for place, hostile in enumerate(HOSTILE):
        hand_in_hostile(folder / "submitted" / student(place) / "lstm", hostile)


def ordinary_python(folder: Path) -> list[str]:
    """A command that runs Python as an ordinary user, with the packages of this one. Skips where that cannot be had."""
    if os.geteuid():
        return [sys.executable]
    if not shutil.which("useradd") or not Path("/usr/bin/python3").exists():
        pytest.skip(
            "no useradd, or no Python outside of root's home, so that there can be no ordinary user here"
        )
    try:
        pwd.getpwnam(USER)
    except KeyError:
        subprocess.run(["useradd", "--create-home", USER], check=True)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--without-pip", folder / "venv"], check=True)
    packages = next((folder / "venv" / "lib").glob("python*")) / "site-packages" / "course.pth"
    packages.write_text(f"{sysconfig.get_paths()['purelib']}\n{ROOT}\n")
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
        pytest.skip(f"an ordinary user cannot read {sysconfig.get_paths()['purelib']} or {ROOT}")
    return python


def seen(folder: Path) -> dict[str, str]:
    """What no submission may change: the course but for what grading writes, and what lies around it."""
    rows = {}
    for name in ("source", "release", "submitted", "nbgrader_config.py"):
        for path in sorted([folder / name, *(folder / name).rglob("*")]):
            if path.is_symlink() or path.is_dir() or not path.is_file():
                rows[str(path)] = str(path.is_symlink() and os.readlink(path))
            else:
                rows[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in (
        Path.home() / ".bashrc",
        Path(f"/home/{USER}/.bashrc"),
        Path(sysconfig.get_paths()["purelib"]) / "torch" / "__init__.py",
    ):
        rows[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
    return rows | {
        place: str(os.path.exists(f"{place}/for_the_neighbour"))
        for place in ("/tmp", "/var/tmp", "/dev/shm")
    }


def students_processes() -> list[str]:
    """Processes that students' code runs in, or has left."""
    rows = []
    for process in psutil.process_iter(["cmdline", "uids"]):
        words, uids = process.info["cmdline"] or [], process.info["uids"]
        if str(ROOT / "autograde" / "kernel.py") in words or (uids and uids.real >= 10**9):
            rows.append(f"{process.pid} {' '.join(words)[:200]}")
    return rows


@pytest.fixture(
    scope="module",
    params=[(who, how) for who in ("root", "ordinary user") for how in COMMANDS],
    ids=lambda p: " ".join(p),
)
def graded(request, tmp_path_factory):
    """The class, graded; (folder, what was seen before and after, what the command printed)."""
    who, how = request.param
    if who == "root" and os.geteuid():
        pytest.skip("these tests do not run as root here")
    folder = tmp_path_factory.mktemp("hostile")
    python = [sys.executable] if who == "root" else ordinary_python(folder)
    course = folder / "course"
    make_class(course)
    if who != "root" and not os.geteuid():
        subprocess.run(["chown", "-R", "-h", f"{USER}:{USER}", course], check=True)
    before = seen(course)
    done = subprocess.run(
        [*python, *COMMANDS[how]], cwd=course, capture_output=True, text=True, timeout=1500
    )
    return course, before, seen(course), done.stdout + done.stderr, students_processes()


def marks(course: Path) -> dict[str, dict[str, float]]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        return {
            submission.student.id: {
                notebook.name: notebook.score for notebook in submission.notebooks
            }
            for submission in gradebook.find_assignment("lstm").submissions
        }


first_ledger = {}


def test_every_way_gives_the_same_marks_to_the_cell(graded):
    """Whoever grades, and with which command."""
    found = marks_by_cell(graded[0]) | verdicts(graded[0])
    before = first_ledger or first_ledger.update(found) or found
    assert found.keys() == before.keys()
    assert not {
        place: (before[place], found[place]) for place in found if found[place] != before[place]
    }


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
    return cell.outputs[0]["data"]["text/plain"], notebook.metadata["autograde"]["notes"]


def test_every_submission_has_the_mark_it_deserves(graded):
    found = marks(graded[0])
    wrong = {
        hostile.name: (found.get(student(place), {}).get(NOTEBOOK), hostile.deserves)
        for place, hostile in enumerate(HOSTILE)
    }
    assert not {name: pair for name, pair in wrong.items() if pair[0] != pair[1]}


def test_no_other_notebook_is_harmed(graded):
    found = marks(graded[0])
    assert {name: found[name] for name in HONEST} == dict.fromkeys(
        HONEST, {"01_basic_lstm": 10, "02_stacking": 8, "03_coupled_gates": 6, "04_peepholes": 4}
    )
    assert not {
        hostile.name: found[student(place)]
        for place, hostile in enumerate(HOSTILE)
        if found[student(place)]["02_stacking"] != 8
    }


def test_students_are_told_why_and_instructors_what_was_odd(graded):
    missing = {}
    for place, hostile in enumerate(HOSTILE):
        told, noted = notebook_of(graded[0], student(place))
        if hostile.told not in told:
            missing[hostile.name] = told
        if not any(hostile.noted in note for note in noted or [""]):
            missing[hostile.name, "note"] = noted
    assert not missing


def test_nothing_outside_is_changed_and_nothing_left_behind(graded):
    _, before, after, _, processes = graded
    assert before == after
    assert not processes


def test_nothing_of_the_course_is_copied_out(graded):
    course = graded[0]
    shipped = {
        path.read_bytes() for path in (course / "release" / "lstm").rglob("*") if path.is_file()
    }
    for path in (course / "autograded").rglob("*"):
        assert not path.is_symlink() and (
            path.is_dir() or path.suffix == ".ipynb" or path.read_bytes() in shipped
        ), path


def test_the_console_says_what_protects(graded):
    assert "Protection in force: bubblewrap" in graded[3]


# ---------------------------------------------------------------- the other box
WITHOUT_NAMESPACES = """
from autograde.box import sandbox as box
usual = box.works
box.works = lambda kind: isinstance(kind, box.Sandlock) and usual(kind)
import sys
sys.argv = ["nbgrader", "autograde", "lstm"]
from nbgrader.apps.nbgraderapp import NbGraderApp
NbGraderApp.launch_instance()
"""


def test_where_namespaces_are_refused_landlock_protects(tmp_path):
    """What submissions try against the course and other processes, in the box that takes bubblewrap's place."""
    if not box.works(box.Sandlock("sandlock", False)):
        pytest.skip("this kernel has no Landlock")
    course = tmp_path / "course"
    make_course(course)
    with open(course / "nbgrader_config.py", "a") as config:
        config.write(LIMITS)
    tried = [hostile for hostile in HOSTILE if hostile.group == "course"]
    for number, hostile in enumerate(tried):
        hand_in_hostile(course / "submitted" / f"student_{number:02}" / "lstm", hostile)
    before = seen(course)
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_NAMESPACES], cwd=course, capture_output=True, text=True
    )
    assert "Protection in force: sandlock" in done.stderr
    found = marks(course)
    assert [
        (hostile.name, found[f"student_{number:02}"][NOTEBOOK])
        for number, hostile in enumerate(tried)
    ] == [(hostile.name, hostile.deserves) for hostile in tried]
    assert seen(course) == before and not students_processes()
