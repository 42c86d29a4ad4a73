"""Exercises of every kind graded as a course grades them, by nbgrader and by our own command, and
checked at the students' desks. Nothing in the grader knows them."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from distributed import LocalCluster
from nbgrader.api import Gradebook

from autograde.exercise import Verdict
from grader_tests.samples.gallery import EXERCISES
from grader_tests.samples.gallery_answers import SETUP, WORKED, WRONG, changed
from grader_tests.samples.students import ROOT
from grader_tests.support.courses import (
    autograde,
    by_nbgrader,
    checked,
    class_report,
    configure,
    nbgrader,
)
from grader_tests.support.notebooks import source_notebook

STUDENTS = ("right", *(f"wrong_{k}" for k in range(5)), "blank")


def answer(student: str, name: str) -> str:
    if student == "right":
        return WORKED[name]
    return changed(name, WRONG[name][int(student[-1])][0])


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("gallery")
    samples = ROOT / "grader_tests" / "samples"
    shutil.copytree(
        samples / "gallery", folder / "gallery", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    configure(folder, 'c.Judge.exercises = {"ps": "gallery"}')
    source = folder / "source" / "ps"
    source.mkdir(parents=True)
    shutil.copy(samples / "gru_course" / "source" / "gru" / "checks.py", source)
    for name in dict.fromkeys(exercise.notebook for exercise in EXERCISES):
        inside = [exercise for exercise in EXERCISES if exercise.notebook == name]
        nbformat.write(source_notebook(SETUP, inside, WORKED), source / f"{name}.ipynb")
    checked(nbgrader(folder, "generate_assignment", "ps"))
    for student in STUDENTS:
        place = folder / "submitted" / student / "ps"
        place.mkdir(parents=True)
        for path in (folder / "release" / "ps").glob("*.ipynb"):
            notebook = nbformat.read(path, as_version=4)
            for cell in notebook.cells:
                if student != "blank" and cell.id in WORKED:
                    cell.source = answer(student, cell.id)
            nbformat.write(notebook, place / path.name)
    by_nbgrader(folder, name="ps")
    return folder


def verdicts(course: Path, student: str) -> dict[str, Verdict]:
    paths = sorted((course / "autograded" / student / "ps").glob("*.ipynb"))
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    found = [Verdict.from_dict(c.metadata["autograde"]) for c in cells if "autograde" in c.metadata]
    return {verdict.name: verdict for verdict in found}


def scores(course: Path) -> dict[str, float]:
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        return {s: gradebook.find_submission("ps", s).score for s in STUDENTS}


def lost(verdict: Verdict) -> dict[str, str]:
    return {result.key: result.sentence for result in verdict.results if not result.met}


def test_marks_and_reasons(course):
    for student in STUDENTS:
        found = verdicts(course, student)
        assert set(found) == set(WORKED)
        for name, verdict in found.items():
            if student == "right":
                assert not lost(verdict)
            elif student == "blank":
                assert not verdict.score
            else:
                _, keys, said = WRONG[name][int(student[-1])]
                assert set(lost(verdict)) == keys, (name, lost(verdict))
                assert any(said in sentence for sentence in lost(verdict).values())


def test_feedback_and_report(course):
    checked(nbgrader(course, "generate_feedback", "ps", "--student=wrong_0"))
    page = (course / "feedback" / "wrong_0" / "ps" / "attention.html").read_text(encoding="utf-8")
    assert "the scores are not divided by √d" in page and '<svg class="picture"' in page
    checked(class_report(course, name="ps"))
    report = (course / "reports" / "ps.html").read_text(encoding="utf-8")
    assert "units are summed where rows are to be counted" in report


def test_our_own_command_gives_the_same_here_and_on_a_cluster(course):
    """Whose workers have no file of the course."""
    before = scores(course)
    kept = {student: verdicts(course, student) for student in STUDENTS}
    assert "1 graded" in autograde(course, "--force", "--student=wrong_0", name="ps").stdout
    assert scores(course) == before
    assert {student: verdicts(course, student) for student in STUDENTS} == kept
    with LocalCluster(n_workers=1, processes=True, dashboard_address=None) as cluster:
        words = ("--force", f"--scheduler={cluster.scheduler_address}", "--student=wrong_1")
        done = autograde(course, *words, name="ps")
    assert "1 graded" in done.stdout, done.stdout + done.stderr
    assert verdicts(course, "wrong_1") == kept["wrong_1"]


ALONE = """
import sys
sys.modules["autograde"] = sys.modules["gallery"] = None
{setup}
from checks import check
{source}
{checks}
import checks
print("1880 is given away:", "1880" in checks.TEXTS["gallery.positions"])
"""


def test_students_have_a_check_of_it(course):
    """Generated with the release, needing nothing beside it, and without the values that students
    predict."""
    names = [name for name in WORKED if name != "most_numbers"]
    source = "\n".join(answer("wrong_0", name) for name in names)
    calls = "\n".join(
        f"try: check({name})\nexcept AssertionError as said: print(said)" for name in names
    )
    code = ALONE.format(setup=SETUP, source=source, checks=calls)
    folder = course / "release" / "ps"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert "Traceback" not in done.stderr, done.stderr
    for name in names:
        assert WRONG[name][0][2] in done.stdout, done.stdout
    assert "1880 is given away: False" in done.stdout
