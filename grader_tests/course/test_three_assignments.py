"""A course of three assignments: ours, a plain one with tests, one with a written answer. It is
generated, collected from Canvas and Moodle, graded, marked by hand, given feedback and exported;
and what is not ours is as if we were not there."""

import csv
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config, PyFileConfigLoader

from grader_tests.samples.students import NOTEBOOKS, filled, solutions
from grader_tests.support.courses import autograde, checked, configure, module, nbgrader

OURS, PLAIN, ESSAY = "lstm", "ps1", "essay"
COURSE = """
c.CourseDirectory.course_id = "guests"
c.ClearSolutions.code_stub = {"python": "# write here"}
c.Judge.points = {"lstm": {"LSTMCell": {"f": 3}}}
"""
TOTAL = "def total(values):\n    ### BEGIN SOLUTION\n    return sum(values)\n    ### END SOLUTION"
TESTS = (
    "assert total([1, 2]) == 3\n### BEGIN HIDDEN TESTS\nassert total([]) == 0\n### END HIDDEN TESTS"
)
TEXT = '# Sums of $x^2$\n<b onclick="x()">Look</b>: ![a picture](picture.png) <script>x()</script>'
HOSTILE = """
import glob, os
here = os.getcwd()
seen = [path for path in ({gradebook!r}, {source!r}, {neighbour!r}) if os.path.exists(path)]
print(open("data.bin", "rb").read() == bytes(range(256)), os.environ["NBGRADER_EXECUTION"], seen)
total = sum
"""
STUDENTS = """id,first_name,last_name,email,lms_user_id
ada,Ada,Lovelace,ada@uni.example,5001
bob,Bob,Babbage,bob@uni.example,5002
"""
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,lstm (1),ps1 (2),essay (3)
    Points Possible,,,,,26,2,3
"Lovelace, Ada",5001,,ada,,,,
"Babbage, Bob",5002,,bob,,,,
"""
MOODLE = """Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments
Participant 71,Ada Lovelace,ada@uni.example,Submitted for grading - ,,30.00,
Participant 72,Bob Babbage,bob@uni.example,Submitted for grading - ,,30.00,
"""


def cell(make, text: str, **marks):
    usual = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return make(text, metadata={"nbgrader": usual | marks})


def write_sources(course: Path):
    plain = [
        new_markdown_cell(TEXT),
        cell(new_code_cell, TOTAL, solution=True, grade_id="total"),
        cell(new_code_cell, TESTS, grade=True, locked=True, points=2, grade_id="test_total"),
    ]
    answer = [
        cell(new_markdown_cell, "Since.", solution=True, grade=True, points=3, grade_id="why")
    ]
    for name, cells in ((PLAIN, plain), (ESSAY, answer)):
        (course / "source" / name).mkdir()
        notebook = new_notebook(cells=cells)
        nbformat.write(notebook, course / "source" / name / f"{name}.ipynb")
    (course / "source" / PLAIN / "data.bin").write_bytes(bytes(range(256)))


def answered(course: Path, name: str, **answers: str) -> bytes:
    """The notebook as it was given out, with these texts in cells."""
    notebook = nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)
    for one in notebook.cells:
        one.source = answers.get(one.metadata.get("nbgrader", {}).get("grade_id"), one.source)
    return nbformat.writes(notebook).encode()


def zipped(path: Path, members: dict[str, bytes]):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """Generated and collected: Ada's from Canvas, Bob's from Moodle."""
    folder = tmp_path_factory.mktemp("three") / "my course"
    folder.mkdir()
    checked(module(folder, "autograde", "adopt", OURS))
    configure(folder, COURSE)
    write_sources(folder)
    for name in (OURS, PLAIN, ESSAY):
        checked(nbgrader(folder, "generate_assignment", name))
    (folder / "students.csv").write_text(STUDENTS)
    checked(nbgrader(folder, "db", "student", "import", "students.csv"))
    looks = HOSTILE.format(
        gradebook=str(folder / "gradebook.db"),
        source=str(folder / "source"),
        neighbour=str(folder / "submitted" / "ada"),
    )
    work = {
        OURS: {
            f"{name}.ipynb": json.dumps(filled(name, solutions())).encode() for name in NOTEBOOKS
        },
        PLAIN: {"ps1.ipynb": answered(folder, PLAIN, total="total = lambda values: 3")},
        ESSAY: {"essay.ipynb": answered(folder, ESSAY, why="Since gates add.")},
    }
    for name, files in work.items():
        from_canvas = {
            f"lovelaceada_5001_{k}_{file}": data for k, (file, data) in enumerate(files.items(), 10)
        }
        zipped(folder / "canvas.zip", from_canvas)
        if name == PLAIN:
            files = {"ps1.ipynb": answered(folder, PLAIN, total=looks)}
        from_moodle = {
            f"Bob Babbage_72_assignsubmission_file_/{file}": data for file, data in files.items()
        }
        zipped(folder / "moodle.zip", from_moodle)
        (folder / "worksheet.csv").write_text(MOODLE)
        words = ("canvas.zip", "moodle.zip", "--roster=worksheet.csv", "--yes")
        checked(module(folder, "autograde", "collect", name, *words))
    return folder


@pytest.fixture(scope="module")
def graded(course) -> Path:
    """Graded, then the answers marked as the formgrader does, then pages."""
    assert autograde(course).returncode == 0
    for name in (PLAIN, ESSAY):
        checked(nbgrader(course, "autograde", name))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "guests") as book:
        assert book.find_submission(ESSAY, "ada").needs_manual_grade
        for student, score in (("ada", 2.5), ("bob", 3)):
            grade = book.find_grade("why", ESSAY, ESSAY, student)
            grade.manual_score, grade.needs_manual_grade = score, False
        book.db.commit()
    for name in (OURS, PLAIN, ESSAY):
        checked(nbgrader(course, "generate_feedback", name))
    return course


# ---------------------------------------------------------------- the whole way
def test_the_gradebook_is_plain_nbgraders(graded, tmp_path):
    """Read without anything of ours; points that the course has changed are in it."""
    code = (
        "import sys; sys.modules['autograde'] = None\n"
        "from nbgrader.apps import NbGraderApp; NbGraderApp.launch_instance()"
    )
    url = f"--CourseDirectory.db_url=sqlite:///{graded / 'gradebook.db'}"
    words = [sys.executable, "-c", code, "export", url, "--CourseDirectory.course_id=guests"]
    checked(subprocess.run(words, cwd=tmp_path, capture_output=True, text=True))
    with open(tmp_path / "grades.csv", newline="") as file:
        found = {
            (line["assignment"], line["student_id"]): (float(line["score"]), line["max_score"])
            for line in csv.DictReader(file)
        }
    assert found == {
        (OURS, "ada"): (30, "26.0"),
        (OURS, "bob"): (30, "26.0"),
        (PLAIN, "ada"): (0, "2.0"),
        (PLAIN, "bob"): (2, "2.0"),
        (ESSAY, "ada"): (2.5, "3.0"),
        (ESSAY, "bob"): (3, "3.0"),
    }


def export(course: Path, platform: str, given: str, *words: str) -> list[dict[str, str]]:
    (course / "given.csv").write_text(given)
    exporter = f"--exporter=autograde.pages.platforms.{platform}"
    fill = f"--{platform}.fill=given.csv"
    checked(nbgrader(course, "export", exporter, fill, f"--to={platform}.csv", *words))
    with open(course / f"{platform}.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_all_marks_go_into_both_platforms(graded):
    _, ada, bob = export(graded, "Canvas", CANVAS)
    assert [ada[name] for name in ("lstm (1)", "ps1 (2)", "essay (3)")] == ["30", "0", "2.5"]
    assert [bob[name] for name in ("lstm (1)", "ps1 (2)", "essay (3)")] == ["30", "2", "3"]
    lines = export(graded, "Moodle", MOODLE, '--assignment=["essay"]')
    assert [line["Grade"] for line in lines] == ["2.5", "3"]


@pytest.mark.parametrize(
    "name, platform, start",
    [(OURS, "canvas", "lovelaceada_5001_10_"), (PLAIN, "moodle", "Bob Babbage_72_assign")],
)
def test_pages_go_back_where_they_came_from(graded, name, platform, start):
    done = module(graded, "autograde", "return", name, "--to", platform)
    assert done.returncode == 1 and f"no file collected from {platform}" in done.stdout
    with zipfile.ZipFile(graded / "reports" / f"{name}-{platform}.zip") as archive:
        assert len(archive.namelist()) == len(NOTEBOOKS if name == OURS else [name])
        assert all(page.startswith(start[:12]) for page in archive.namelist())
        assert archive.namelist()[0].startswith(start)


def test_points_of_the_course_are_everywhere(graded):
    """In the text that students read, on their pages, and in the report."""
    given = nbformat.read(graded / "release" / OURS / "01_basic_lstm.ipynb", as_version=4)
    text = "\n".join(one.source for one in given.cells)
    assert "**Points:** 12." in text and "## Your turn: `LSTMCell` (11 points)" in text
    page = (graded / "feedback" / "ada" / OURS / "01_basic_lstm.html").read_text("utf-8")
    assert "<strong>12</strong> of 12 points" in page


def test_a_source_that_does_not_fit_its_submissions_is_refused_whole(graded):
    """With what to do; the release and the marks stay."""
    path = graded / "source" / OURS / "02_stacking.ipynb"
    text = path.read_text("utf-8")
    before = sorted(path for path in (graded / "release").rglob("*"))
    path.write_text(text.replace('"grade_id": "LSTM"', '"grade_id": "Stack"'), "utf-8")
    done = nbgrader(graded, "generate_assignment", OURS, "--force")
    path.write_text(text, "utf-8")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "02_stacking (LSTM, Stack). Nothing was changed, and all marks stay." in done.stderr
    assert "nbgrader db assignment remove lstm --force" in done.stderr
    assert sorted(path for path in (graded / "release").rglob("*")) == before


# ---------------------------------------------------------------- what is not ours
def test_stubs_and_settings_of_the_course_hold_for_its_own(course):
    text = (course / "release" / PLAIN / "ps1.ipynb").read_text("utf-8")
    assert "# write here" in text and "YOUR CODE HERE" not in text


def opened(config: Config, path: Path) -> str:
    """A graded notebook as the formgrader shows it."""
    config.HTMLExporter.template_name = "formgrade"
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    about = dict.fromkeys(("assignment_id", "notebook_id", "submission_id", "student"), "x")
    about |= dict.fromkeys(("last_name", "first_name", "notebook_path", "base_url"), "")
    page, _ = HTMLExporter(config=config).from_filename(
        str(path), resources=about | {"index": 0, "total": 1}
    )
    return page


def configuration(course: Path) -> Config:
    return PyFileConfigLoader("nbgrader_config.py", path=str(course)).load_config()


def test_the_formgrader_shows_them_as_ever(graded, monkeypatch):
    """To the byte; ours is shown without scripts, and so is another one that goes into the box."""
    monkeypatch.setenv("JUPYTER_PATH", "")  # to be put back
    path = graded / "autograded" / "ada" / PLAIN / "ps1.ipynb"
    plain = opened(Config(), path)
    assert opened(configuration(graded), path) == plain and "<script>x()" in plain
    config = configuration(graded)
    config.Judge.box_others = True
    assert "<script>x()" not in opened(config, path)


def test_their_feedback_is_nbgraders_own(graded, tmp_path):
    """To the byte as well."""
    ours = (graded / "feedback" / "ada" / PLAIN / "ps1.html").read_text("utf-8")
    words = ["generate_feedback", PLAIN, "--CourseDirectory.course_id=guests", "--student=ada"]
    (graded / "feedback").rename(tmp_path / "kept")
    (graded / "nbgrader_config.py").rename(tmp_path / "kept.py")
    try:
        checked(nbgrader(graded, *words))
        assert (graded / "feedback" / "ada" / PLAIN / "ps1.html").read_text("utf-8") == ours
    finally:
        (tmp_path / "kept.py").rename(graded / "nbgrader_config.py")


def test_in_the_box_they_see_no_course(course):
    """With one setting: their cells have their files and nbgrader's variable, and nothing else."""
    words = ("--student=bob", "--force", "--Judge.box_others=True")
    done = checked(nbgrader(course, "autograde", PLAIN, *words))
    assert "Protection in force" in done.stderr
    path = course / "autograded" / "bob" / PLAIN / "ps1.ipynb"
    cells = {
        one.metadata.nbgrader.grade_id: one for one in nbformat.read(path, as_version=4).cells[1:]
    }
    assert cells["total"].outputs[0].text == "True autograde []\n"
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "guests") as book:
        assert book.find_submission(PLAIN, "bob").score == 2
