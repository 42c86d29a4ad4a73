"""A course of a learning platform, by the real commands: a download becomes submitted/, and marks
and pages go back. From Canvas with a class of odd names, from Moodle, and by nbgrader's own
zip_collect."""

import csv
import functools
import io
import json
import os
import pty
import shutil
import tempfile
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader_tests.samples.students import NOTEBOOKS, filled, solutions
from grader_tests.support.courses import (
    DATABASE,
    autograde,
    checked,
    configure,
    make_course,
    module,
    nbgrader,
)

DUE = "2026-03-01 12:00:00 UTC"
PEOPLE = [  # id, first name, last name, e-mail, LMS id
    ("ada@uni.example", "Ada", "Lovelace", "ada@uni.example", "5001"),
    ("berg", "Jan", "van der Berg", "", ""),
    ("a[1]", "Sinéad", "O'Brien", "sob@uni.example", ""),
    ("jd1", "Jane", "Doe", "", ""),
    ("jd2", "Jane", "Doe", "", ""),
    ("idle", "No", "One", "", ""),
]
PENALTY = """
from nbgrader.plugins import LateSubmissionPlugin
class Two(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 if total_seconds_late else 0
c.AssignLatePenalties.plugin_class = Two
"""
LAYOUT = """
c.CourseDirectory.directory_structure = "{{nbgrader_step}}/{{assignment_id}}/{{student_id}}"
c.CourseDirectory.submitted_directory = {!r}
c.CourseDirectory.release_directory = "given out"
"""
SOLVED = solutions()


def notebook(name: str, solved: bool = True) -> bytes:
    return json.dumps(filled(name, SOLVED if solved else {})).encode()


def zipped(members: dict[str, bytes], path: Path | None = None) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    if path:
        path.write_bytes(data.getvalue())
    return data.getvalue()


def make_class(folder: Path) -> Path:
    make_course(folder)
    configure(folder, PENALTY)
    with Gradebook(DATABASE.format(folder), "lstm_course") as book:
        book.update_or_create_assignment("lstm", duedate=DUE)
        for student, first, last, email, lms in PEOPLE:
            book.add_student(
                student, first_name=first, last_name=last, email=email, lms_user_id=lms
            )
    return folder


def collect(course: Path, *words: str, **options):
    return module(course, "autograde", "collect", "lstm", *words, **options)


def submitted(course: Path) -> dict[str, bytes]:
    top = course / "submitted"
    return {str(p.relative_to(top)): p.read_bytes() for p in top.rglob("*") if p.is_file()}


def export(course: Path, platform: str, given: str) -> list[list[str]]:
    (course / "given.csv").write_text(given, encoding="utf-8")
    exporter = f"--exporter=autograde.pages.platforms.{platform}"
    words = (exporter, f"--{platform}.fill=given.csv", "--to=upload.csv")
    checked(nbgrader(course, "export", *words))
    with open(course / "upload.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def given_back(course: Path, platform: str, code: int) -> dict[str, str]:
    """Name in the zip to what is in it."""
    done = module(course, "autograde", "return", "lstm", "--to", platform)
    assert done.returncode == code, done.stdout + done.stderr
    with zipfile.ZipFile(course / "reports" / f"lstm-{platform}.zip") as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


# ---------------------------------------------------------------- Canvas
ADA, BERG, BRIEN = "lovelaceada_5001", "bergjanvander_LATE_5002", "obriensinéad_5003"


@functools.cache
def download() -> dict[str, bytes]:
    """What Canvas gives out: everything of Ada's, a second attempt at her first notebook; a late
    one; a zip; somebody with the name of two; a name that is nobody's."""
    first, second, *rest = NOTEBOOKS
    inner = zipped({f"lstm/{name}.ipynb": notebook(name) for name in NOTEBOOKS})
    return {
        f"{ADA}_901_{first}.ipynb": notebook(first, solved=False),
        f"{ADA}_911_{first}-1.ipynb": notebook(first),
        f"{ADA}_902_{second}.ipynb": notebook(second),
        **{f"{ADA}_91{k}_{name}.ipynb": notebook(name) for k, name in enumerate(rest, 2)},
        f"{BERG}_921_{first}.ipynb": notebook(first),
        f"{BRIEN}_931_My LSTM.zip": inner,
        f"doejane_5004_941_{first}.ipynb": notebook(first),
        f"strangera_5005_951_{first}.ipynb": notebook(first),
        "__MACOSX/._lovelaceada_5001_901_x": b"",
    }


CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,LSTM bonus (1),LSTM (2)
,,,,,,Manual Posting
    Points Possible,,,,,4,24
"Lovelace, Ada",5001,,ada@uni.example,Lab 1,3,
"Berg, Jan van der",5002,,jb1,Lab 1,,
"O'Brien, Sinéad",5003,,sob@uni.example,"Lab 1 and Lab ""2"" ",1,
"Doe, Jane",5004,,jd2,Lab 2,,
"One, No",5006,,idle,Lab 2,,
"Student, Test",5009,,,Lab 2,,
"""


@pytest.fixture(scope="module")
def canvas(tmp_path_factory) -> Path:
    base = tmp_path_factory.mktemp("canvas")
    zipped(download(), base / "submissions.zip")
    return make_class(base / "course")


def test_nothing_is_changed_before_somebody_agrees(canvas):
    before = {path for path in canvas.rglob("*") if path.name != "lstm_course"}
    done = collect(canvas, "../submissions.zip", stdin=None)
    assert done.returncode == 2 and "Nothing was changed: say --yes" in done.stderr
    assert "01_basic_lstm-1.ipynb: new." in done.stdout
    left = {path.relative_to(canvas) for path in canvas.rglob("*")} - {
        path.relative_to(canvas) for path in before
    }
    assert (
        left <= {Path(".autograde"), Path(".autograde/lstm.lock")}
        and not (canvas / "submitted").exists()
    )
    assert answered(canvas, "n") == 130 and not (canvas / "submitted").exists()


def answered(course: Path, answer: str) -> int:
    """The exit code, where a person at a terminal gives this answer."""
    ours, theirs = pty.openpty()
    os.write(ours, f"{answer}\n".encode())
    try:
        return collect(course, "../submissions.zip", stdin=theirs).returncode
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_download_of_canvas(canvas):
    assert answered(canvas, "y") == 1
    first, second, *_ = NOTEBOOKS
    data, found = download(), submitted(canvas)
    assert found == {
        f"ada@uni.example/lstm/{first}.ipynb": data[f"{ADA}_911_{first}-1.ipynb"],
        f"ada@uni.example/lstm/{second}.ipynb": data[f"{ADA}_902_{second}.ipynb"],
        **{
            f"ada@uni.example/lstm/{name}.ipynb": data[f"{ADA}_91{k}_{name}.ipynb"]
            for k, name in enumerate(NOTEBOOKS[2:], 2)
        },
        f"berg/lstm/{first}.ipynb": data[f"{BERG}_921_{first}.ipynb"],
        "berg/lstm/timestamp.txt": b"2026-03-01 12:00:01.000000 UTC\n",
        "a[1]/lstm/My LSTM.zip": data[f"{BRIEN}_931_My LSTM.zip"],
    }
    done = collect(canvas, "../submissions.zip", "--yes")
    assert done.returncode == 1 and submitted(canvas) == found
    for said in (
        "3 hand-ins of 6 students",
        f"not taken, since a newer one is there: submissions.zip/{ADA}_901_{first}.ipynb",
        "Nothing that is theirs beyond doubt: idle, jd1, jd2",
        f"doejane_5004_941_{first}.ipynb: it may be jd1 or jd2",
        f"strangera_5005_951_{first}.ipynb: nobody in the gradebook has its name",
        "Canvas does not say how late",
        "0 put into place, 3 there already.",
    ):
        assert said in done.stdout


def test_the_platforms_own_list_tells_two_of_one_name_apart(canvas, tmp_path):
    (tmp_path / "gradebook.csv").write_text(CANVAS, encoding="utf-8")
    roster = f"--roster={tmp_path / 'gradebook.csv'}"
    done = collect(canvas, "../submissions.zip", roster, "--yes")
    assert "jd2" in done.stdout and done.returncode == 1
    assert (canvas / "submitted" / "jd2" / "lstm").is_dir()


def test_a_later_attempt_takes_the_place_of_an_earlier(canvas, tmp_path):
    """In the folder that Canvas's zip was unpacked into."""
    first = NOTEBOOKS[0]
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / f"doejane_5004_999_{first}-3.ipynb").write_bytes(notebook(first))
    with Gradebook(DATABASE.format(canvas), "lstm_course") as book:
        book.update_or_create_student("jd2", lms_user_id="5004")
    before = (canvas / "submitted" / "jd2" / "lstm" / f"{first}.ipynb").read_bytes()
    (canvas / "submitted" / "jd2" / "lstm" / "mine.txt").write_text("x")
    done = collect(canvas, str(tmp_path / "late"), "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "replaces an earlier one, which is kept. No longer in it: mine.txt" in done.stdout
    (kept,) = (canvas / ".autograde" / "lstm.earlier").glob("*/jd2")
    assert (kept / f"{first}.ipynb").read_bytes() == before and (kept / "mine.txt").exists()
    assert "what is in submitted/ stays: a[1], ada@uni.example, berg" in done.stdout


@pytest.fixture(scope="module")
def graded(canvas) -> Path:
    """Graded, with pages."""
    assert (done := autograde(canvas)).returncode == 0, done.stdout + done.stderr
    checked(nbgrader(canvas, "generate_feedback", "lstm"))
    return canvas


def test_marks_go_back_into_canvas(graded):
    head, *lines = export(graded, "Canvas", CANVAS)
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "LSTM (2)"]
    assert {line[0]: line[-1] for line in lines} == {
        "": "Manual Posting",
        "    Points Possible": "24",
        "Lovelace, Ada": "28",
        "Berg, Jan van der": "9.5",
        "O'Brien, Sinéad": "28",
        "Doe, Jane": "10",
        "One, No": "",
        "Student, Test": "",
    }


def test_pages_go_back_into_canvas(graded):
    pages = given_back(graded, "canvas", 0)
    first, second, *_ = NOTEBOOKS
    assert len(pages) == 16
    assert f"{ADA}_911_{first}.html" in pages and f"{ADA}_902_{second}.html" in pages
    assert f"{BRIEN}_931_{second}.html" in pages and f"doejane_5004_999_{first}.html" in pages
    assert "Feedback for berg" in pages[f"{BERG}_921_{first}.html"]
    done = module(graded, "autograde", "return", "lstm", "--to=moodle")
    assert done.returncode == 2 and "There is no page of lstm to give back to moodle" in done.stderr


def test_pages_that_are_older_than_the_marks_are_named(graded):
    with Gradebook(DATABASE.format(graded), "lstm_course") as book:
        book.find_grade("test_LSTM", "02_stacking", "lstm", "berg").manual_score = 3
        book.db.commit()
    done = module(graded, "autograde", "return", "lstm", "--to=canvas")
    assert done.returncode == 1
    said = "older than the marks: `nbgrader generate_feedback lstm`: berg (02_stacking)"
    assert said in done.stdout


def test_feedback_that_was_not_handed_in_through_the_exchange(graded, tmp_path):
    """release_feedback says who cannot fetch it there, and gives the others theirs."""
    tmp_path.chmod(0o777)
    secret = graded / "feedback" / "berg" / "lstm" / "submission_secret.txt"
    secret.write_text("x")
    done = checked(nbgrader(graded, "release_feedback", "lstm", f"--Exchange.root={tmp_path}"))
    assert "Left out, since they have not handed in through the exchange: a[1], ada@" in done.stderr
    assert len(list((tmp_path / "lstm_course" / "feedback").glob("*.html"))) == 4
    assert "another name" not in done.stderr
    for name in ("timestamp.txt", "submission_secret.txt"):
        (graded / "feedback" / "a[1]" / "lstm" / name).write_text("2026-03-01 12:00:00 UTC")
    done = checked(nbgrader(graded, "release_feedback", "lstm", f"--Exchange.root={tmp_path}"))
    assert "handed in under another name: a[1] (01_basic_lstm), a[1] (02_st" in done.stderr


def test_who_has_left_the_course_is_left_out(graded):
    checked(nbgrader(graded, "db", "student", "remove", "jd2", "--force"))
    done = checked(autograde(graded, "--table"))
    assert "jd2 was taken out of the gradebook" in done.stderr and "jd2" not in done.stdout
    checked(nbgrader(graded, "db", "student", "remove", "a[1]", "--force"))
    done = checked(nbgrader(graded, "generate_feedback", "lstm", "--force"))
    assert "Left out: a[1], of whom the gradebook has no marks in lstm" in done.stderr
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- Moodle
def test_from_moodle_and_back(tmp_path):
    course = make_class(tmp_path / "course")
    first, second, *_ = NOTEBOOKS
    of = "{}_assignsubmission_file_".format
    zipped(
        {
            f"{of('Ada Lovelace_71')}/{first}.ipynb": notebook(first),
            f"{of('Ada Lovelace_71')}/work/{second}.ipynb": notebook(second),
            "Ada Lovelace_71_assignsubmission_onlinetext/onlinetext.html": b"<p>Hello</p>",
            f"{of('Sinéad OBrien_73')}{first}.ipynb": notebook(first),  # not in folders
            f"{of('Jane Doe_74')}/{first}.ipynb": notebook(first),
            f"{of('Team 1_75')}/{first}.ipynb": notebook(first),
        },
        tmp_path / "Course-LSTM-12.zip",
    )
    worksheet = (
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
        "Participant 71,Ada Lovelace,ADA@uni.example,Submitted for grading - ,,28.00,\n"
        "Participant 73,Sinéad O'Brien,sob@uni.example,Submitted for grading - ,,28.00,Good\n"
        "Participant 74,Jane Doe,jane@uni.example,Submitted for grading - ,,-,\n"
        "Participant 76,Jan van der Berg,,No submission - ,,28.00,\n"
    )
    (tmp_path / "worksheet.csv").write_text(worksheet, encoding="utf-8")
    with Gradebook(DATABASE.format(course), "lstm_course") as book:
        book.update_or_create_student("jd1", email="jane@uni.example")
    done = collect(course, "../Course-LSTM-12.zip", "--roster=../worksheet.csv", "--yes")
    assert done.returncode == 1 and "Team 1_75" in done.stdout and "Jane Doe" in done.stdout
    assert set(submitted(course)) == {
        f"ada@uni.example/lstm/{first}.ipynb",
        f"ada@uni.example/lstm/work/{second}.ipynb",
        "ada@uni.example/lstm/onlinetext.html",
        f"a[1]/lstm/{first}.ipynb",
        f"jd1/lstm/{first}.ipynb",
    }
    assert "but there is onlinetext.html: look" in autograde(course).stdout
    checked(nbgrader(course, "generate_feedback", "lstm"))
    lines = export(course, "Moodle", worksheet)
    assert [(line[0], line[4], line[6]) for line in lines[1:]] == [
        ("Participant 71", "18", ""),
        ("Participant 73", "10", "Good"),
        ("Participant 74", "10", ""),
        ("Participant 76", "", ""),
    ]
    pages = given_back(course, "moodle", 0)
    assert len(pages) == 12 and "Feedback for jd1" in pages[f"{of('Jane Doe_74')}{first}.html"]
    assert f"{of('Ada Lovelace_71')}{second}.html" in pages
    assert f"{of('Sinéad OBrien_73')}{first}.html" in pages


# ---------------------------------------------------------------- laid out otherwise
def test_another_layout_and_another_file_system(tmp_path, request):
    """submitted/ lies on a disk of its own, and folders of assignments have students in them. What
    is replaced is kept there; all goes on from there."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or shm.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("no second file system here")
    disk = Path(tempfile.mkdtemp(dir=shm))
    request.addfinalizer(lambda: shutil.rmtree(disk))
    course, first = make_class(tmp_path / "Übung 1"), NOTEBOOKS[0]
    configure(course, LAYOUT.format(str(disk)))
    (course / "release").rename(course / "given out")
    for solved in (False, True):
        members = {f"{ADA}_90{int(solved)}_{first}.ipynb": notebook(first, solved)}
        zipped(members, tmp_path / "submissions.zip")
        done = collect(course, "../submissions.zip", "--yes")
        assert done.returncode == 0, done.stderr
    assert f"What was there before is in {disk}" in done.stdout
    place = disk / "lstm" / "ada@uni.example" / f"{first}.ipynb"
    (kept,) = disk.glob(f".autograde/lstm.earlier/*/ada@uni.example/{first}.ipynb")
    assert place.read_bytes() == notebook(first) and kept.read_bytes() == notebook(first, False)
    done = autograde(course, "--table")
    assert done.returncode == 0 and "│ ada@uni.example │            10 │" in done.stdout
    done = module(course, "autograde", "report", "lstm")
    assert done.returncode == 0 and json.loads((course / "reports" / "lstm.json").read_text())


# ---------------------------------------------------------------- nbgrader's own
def test_nbgraders_zip_collect(tmp_path):
    """For our assignment, wherever the course lies; for any other it is what it was."""
    course = make_class(tmp_path / "venv" / "course")
    for name in ("lstm", "ps1"):
        (course / "downloaded" / name / "archive").mkdir(parents=True)
        zipped(download(), course / "downloaded" / name / "archive" / "submissions.zip")
    done = checked(nbgrader(course, "zip_collect", "lstm"))
    first = NOTEBOOKS[0]
    found, data = submitted(course), download()
    assert {path.partition("/")[0] for path in found} == {"ada@uni.example", "berg", "a[1]"}
    assert found[f"ada@uni.example/lstm/{first}.ipynb"] == data[f"{ADA}_911_{first}-1.ipynb"]
    assert found["berg/lstm/timestamp.txt"] == b"2026-03-01 12:00:01"
    assert found[f"a[1]/lstm/lstm/{first}.ipynb"] == notebook(first)
    assert "doejane_5004_941_01_basic_lstm.ipynb: it may be jd1 or jd2" in done.stderr
    done = checked(nbgrader(course, "zip_collect", "ps1"))
    assert "Regular expression not provided for plugin" in done.stderr
    assert submitted(course) == found


@pytest.mark.parametrize(
    "words, said",
    [
        ((), "Name an assignment and a download: autograde collect lstm submissions.zip"),
        (("nothing.zip",), "There is no file nothing.zip. Nothing was changed."),
        (("given.csv", "--roster=none.csv"), "none.csv cannot be read (No such file"),
        (("given.csv", "--shout"), "has no option --shout"),
    ],
)
def test_what_cannot_begin_says_why(canvas, words, said):
    done = collect(canvas, *words)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


def test_without_students_nothing_can_be_matched(tmp_path):
    make_course(tmp_path / "course")
    zipped(download(), tmp_path / "submissions.zip")
    done = collect(tmp_path / "course", "../submissions.zip", "--yes")
    assert done.returncode == 2 and "nbgrader db student import" in done.stderr
