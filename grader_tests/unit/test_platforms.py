"""Marks into a platform's own file: one student and one column that are meant beyond doubt, or a
sentence."""

import csv
import errno
import logging
import os
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.apps import ExportApp
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import CsvExportPlugin

from autograde.exercise.verdict import Result, Verdict
from autograde.pages.graded import VERDICT
from autograde.pages.platforms import Canvas, Moodle, mark_of
from autograde.pages.roster import Person, Roster, decoded
from grader_tests.support.ledger import new_gradebook

PEOPLE = [  # id, first name, last name, e-mail, LMS id, score, penalty
    ("ada", "Ada", "Lovelace", "ada@uni.example", "5001", 10.25, 0),
    ("bob", 'Bob "Bobby"', "van der Berg", "bob@uni.example", "", 8, 3),
    ("7001", "Zoe", "Zander", "", "", 3, 0),  # an id that may be another's number
    ("jd1", "Jane", "Doe", "", "", 7, 0),
    ("jd2", "Jane", "Doe", "", "5005", 2, 9),
    ("idle", "No", "One", "", "5006", None, 0),
]
CANVAS = "Student,ID,SIS User ID,SIS Login ID,Section,LSTM bonus (9),LSTM (7),Current Score\n"
POINTS = "    Points Possible,,,,,4,10,(read only)\n"
WORKSHEET = "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory):
    path = tmp_path_factory.mktemp("platforms") / "gradebook.db"
    with new_gradebook(f"sqlite:///{path}") as book:
        for name in ("lstm", "ps1"):
            book.add_assignment(name)
            book.add_notebook("n", name)
            book.add_grade_cell("c", "n", name, max_score=10, cell_type="code")
        for student, first, last, email, lms, score, penalty in PEOPLE:
            book.add_student(
                student, first_name=first, last_name=last, email=email, lms_user_id=lms
            )
            if score is not None:
                with book.db.no_autoflush:
                    (notebook,) = book.add_submission("lstm", student).notebooks
                notebook.grades[0].auto_score = score
                notebook.grades[0].needs_manual_grade = False
                notebook.late_submission_penalty = penalty
                book.db.commit()
        yield book


def export(gradebook, folder: Path, given: bytes | str, plugin=Canvas, caplog=None, **settings):
    """The lines of the written file; None where nothing was written."""
    path, to = folder / "given.csv", folder / "upload.csv"
    path.write_bytes(given if isinstance(given, bytes) else given.encode())
    about = {"fill": str(path), "to": str(to), "assignment": ["lstm"], **settings}
    try:
        plugin(log=logging.getLogger("export"), **about).export(gradebook)
    except SystemExit:
        return None
    with open(to, newline="", encoding="utf-8-sig") as file:
        text = file.read()
    return list(csv.reader(text.splitlines(), delimiter=";" if ";" in text else ","))


# ---------------------------------------------------------------- the right student
# ruff: disable[E501]
ROWS = [  # a line of Canvas's file, the mark in it (None: as it was), what is said of it
    ('"Lovelace, Ada",5001,,al9,,1,x,', "10.25", ""),
    ('"Lovelace, Ada",,ada,,,1,x,', "10.25", ""),
    ('"L., Ada",,,ADA@uni.example,,1,x,', "10.25", ""),
    ('"van der Berg, Bob ""Bobby""",,,bob,,1,x,', "5", ""),
    ('"Berg, Bob Bobby van der",,,,,1,x,', "5", ""),
    ('"Nickname, Any",5001,,ada,,1,x,', "10.25", ""),  # two numbers agree
    ('"Doe, Jane",5005,,,,1,x,', "0", ""),  # the penalty is more than the score
    ('"Doe, Jane",99,,jd1,,1,x,', "7", ""),
    (
        '"Doe, Jane",,,,,1,x,',
        None,
        "it is not one student on whom all agrees: Doe, Jane is jd1 or jd2",
    ),
    ('"Lovelace, Ada",5005,,ada,,1,x,', None, "SIS Login ID ada is ada; ID 5005 is jd2"),
    ('"Doe, Jane",,ada,,,1,x,', None, "SIS User ID ada is ada; Doe, Jane is jd1 or jd2"),
    ('"Someone, Else",7001,,,,1,x,', None, "its name is Someone, Else, and 7001 is Zoe Zander"),
    ('"Lovelace, Ada",6001,,ada,,1,x,', None, "its ID is 6001, and ada has the lms_user_id 5001"),
    ('"Lovelace, Ada",6001,5001,ada,,1,x,', "10.25", ""),  # the gradebook has the other number
    ('"Student, Test",8,,test,,1,x,', None, "nobody in the gradebook is"),
    ('"One, No",5006,,idle,,1,x,', None, "nothing of lstm is marked, so that the cell stays: idle"),
]
# ruff: enable[E501]


@pytest.mark.parametrize("line, mark, said", ROWS)
def test_a_mark_goes_to_one_student_or_nowhere(gradebook, tmp_path, caplog, line, mark, said):
    """zed's row shows that the rest goes on."""
    zed = '"Zander, Zoe",,,7001,,1,x,\n'
    with caplog.at_level(logging.INFO, "export"):
        lines = export(gradebook, tmp_path, f"{CANVAS}{POINTS}{line}\n{zed}")
    assert [fields[-1] for fields in lines] == ["LSTM (7)", "10", mark or "x", "3"]
    assert said in caplog.text
    assert not said or "line 3" in caplog.text or "idle" in caplog.text


@pytest.mark.parametrize(
    "maximum, said",
    [("10", False), ("10,00", False), ("4", True), ("100.00", True), ("0", False), ("-", False)]
    + [("10.25", False)],  # what ada has reached with a bonus
)
@pytest.mark.parametrize("plugin", [Canvas, Moodle])
def test_another_maximum_is_said(gradebook, tmp_path, caplog, plugin, maximum, said):
    """A mark of 7 in a column of 100 points is 7 % there."""
    given = {
        Canvas: f'{CANVAS}    Points Possible,,,,,4,"{maximum}",\n"Lovelace, Ada",5001,,,,1,,\n',
        Moodle: f'{WORKSHEET}Participant 1,Ada Lovelace,,,,"{maximum}",\n',
    }[plugin]
    assert export(gradebook, tmp_path, given, plugin)
    assert ("points for lstm, the gradebook 10 without a bonus" in caplog.text) == said


def test_a_maximum_with_the_bonus_is_right_though_nobody_has_reached_it(
    gradebook, tmp_path, caplog
):
    """As graded notebooks say what a cell without points may give."""
    course = ExportApp(coursedir=CourseDirectory(root=str(tmp_path)))
    notebook = new_notebook(cells=[new_code_cell(metadata={"nbgrader": {"points": 0}})])
    verdict = Verdict("Peepholes", (Result("v", "Peepholes", 4.0, False, "peepholes"),))
    notebook.cells[0].metadata[VERDICT] = verdict.to_dict()
    folder = tmp_path / "autograded" / "ada" / "lstm"
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / "n.ipynb")
    for maximum, said in (("14", False), ("12", False), ("15", True)):
        caplog.clear()
        given = f'{WORKSHEET}Participant 1,Ada Lovelace,,,,"{maximum}",\n'
        assert export(gradebook, tmp_path, given, Moodle, parent=course)
        assert ("the gradebook 10 without a bonus" in caplog.text) == said


def test_who_is_excused_stays_so(gradebook, tmp_path, caplog):
    rows = '"Lovelace, Ada",5001,,,,1,EX,\n"Zander, Zoe",,,7001,,1,x,\n'
    lines = export(gradebook, tmp_path, CANVAS + rows)
    assert [fields[-1] for fields in lines[1:]] == ["EX", "3"]
    assert "excused in Canvas (EX), so that the cell stays: ada" in caplog.text


def test_two_rows_of_one_student_are_both_left(gradebook, tmp_path, caplog):
    rows = '"Lovelace, Ada",5001,,,,1,x,\n"Zander, Zoe",,,7001,,1,x,\n"Lovelace, Ada",,,ada,,1,y,\n'
    lines = export(gradebook, tmp_path, CANVAS + rows)
    assert [fields[-1] for fields in lines[1:]] == ["x", "3", "y"]
    assert f"more than one row in {tmp_path / 'given.csv'}: ada" in caplog.text


@pytest.mark.parametrize("waits", ["a mark", "a flag"])
@pytest.mark.parametrize("student", ["ada", "bob"])  # bob is not in the file
def test_marks_that_still_wait_for_a_person_are_named(gradebook, tmp_path, caplog, waits, student):
    (notebook,) = gradebook.find_submission("lstm", student).notebooks
    notebook.flagged, notebook.grades[0].needs_manual_grade = waits == "a flag", waits == "a mark"
    gradebook.db.commit()
    lines = export(gradebook, tmp_path, CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n')
    notebook.flagged, notebook.grades[0].needs_manual_grade = False, False
    gradebook.db.commit()
    assert lines[1][-1] == "10.25"
    said = "though a person is still asked about them: ada (lstm)" in caplog.text
    assert said == ("a person is still asked" in caplog.text) == (student == "ada")


def test_everybody_without_a_row_is_named(gradebook, tmp_path, caplog):
    export(gradebook, tmp_path, CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n')
    assert (
        "4 students have marks, but no row in " in caplog.text
        and ": 7001, bob, jd1, jd2" in caplog.text
    )


def test_nothing_is_written_where_nobody_is_found(gradebook, tmp_path, caplog):
    assert export(gradebook, tmp_path, CANVAS + '"Else, Someone",1,,x,,1,x,\n') is None
    assert "No mark could be put into" in caplog.text and not (tmp_path / "upload.csv").exists()


def test_only_those_asked_for(gradebook, tmp_path):
    rows = '"Lovelace, Ada",5001,,,,1,x,\n"Zander, Zoe",,,7001,,1,x,\n'
    lines = export(gradebook, tmp_path, CANVAS + rows, student=["ada"])
    assert [fields[-1] for fields in lines[1:]] == ["10.25", "x"]


# ---------------------------------------------------------------- the right column
@pytest.mark.parametrize(
    "plugin, head, title, expected",
    [
        (Canvas, "ID,LSTM bonus (9),LSTM (7)", "", 2),
        (Canvas, "ID,lstm,LSTM (7)", "", 1),  # the whole title before all else
        (Canvas, "ID,Quiz: lstm (3),lstm (7)", "", 2),
        (Canvas, "ID,lstm (3),lstm (7)", "", "has 2 columns 'lstm'"),
        (Canvas, "ID,lstm (3),lstm (7)", "lstm (7)", 2),
        (Canvas, "ID,Build an LSTM (5)", "", "has no columns 'lstm'"),
        (Canvas, "ID,Build an LSTM (5)", "build an lstm", 1),
        (Moodle, "ID number,Assignment: lstm bonus (Real),Assignment: lstm (Real)", "", 2),
        (Moodle, "ID number,Assignment: lstm (Real),Assignment: lstm (Feedback)", "", 1),
        (Moodle, "ID number,Assignment: lstm (Percentage),Assignment: lstm (Real)", "", 2),
        (Moodle, "ID number,Assignment: lstm (Percentage)", "", "has no columns 'lstm'"),
        (Moodle, "ID number,Assignment: lstm (Feedback)", "", "has no columns 'lstm'"),
        (Moodle, "ID number,lstm (Letter)", "lstm (Letter)", 1),  # somebody's own name for it
        (Moodle, "ID number,Aufgabe: LSTM (Punkte)", "", 1),
        (Moodle, "ID number,Assignment: lstm (Real),Quiz: lstm (Real)", "", "has 2 columns"),
        (Moodle, "ID number,Assignment: LSTM: part 1 (Real)", "LSTM: part 1", 1),
        (Moodle, "ID number,LSTM: part 1 (Real)", "LSTM: part 1", 1),
    ],
)
def test_the_column_is_the_right_one(gradebook, tmp_path, caplog, plugin, head, title, expected):
    given = f"{head}\nada{',x' * head.count(',')}\n"
    lines = export(gradebook, tmp_path, given, plugin, columns={"lstm": title} if title else {})
    if isinstance(expected, str):
        assert lines is None and expected in caplog.text and "=TITLE" in caplog.text
        return
    title = head.split(",")[expected]
    assert {lines[0][k] for k, cell in enumerate(lines[1]) if cell == "10.25"} == {title}


def test_assignments_without_a_column_are_left_out(gradebook, tmp_path, caplog):
    given = CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n'
    lines = export(gradebook, tmp_path, given, assignment=[])
    assert lines[1][-1] == "10.25" and "Left out: ps1: no column" in caplog.text


# ---------------------------------------------------------------- the file
BERG = '"van der Berg, Bob ""Bobby"" Müller",,,bob,,1,x,\n'


@pytest.mark.parametrize(
    "code", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_encoding_is_read(gradebook, tmp_path, code, delimiter):
    text = f"{CANVAS}{POINTS}{BERG}".replace("van der Berg, Bob", "van der Berg~ Bob")
    text = text.replace(",", delimiter).replace("~", ",")
    lines = export(gradebook, tmp_path, text.encode(code))
    assert decoded(text.encode(code)).removeprefix("\ufeff") == text
    if delimiter != "\t":
        assert lines[2][0] == 'van der Berg, Bob "Bobby" Müller' and lines[2][-1] == "5"


@pytest.mark.parametrize("first", ["sep={}\n", '"sep={}"\r\n', "\ufeffSEP={}{}{}\n"])
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_first_line_for_excel_is_no_line_of_the_file(gradebook, tmp_path, first, delimiter):
    rows = f"{CANVAS}Lovelace,5001,,ada,,1,x,\n".replace(",", delimiter)
    lines = export(gradebook, tmp_path, first.replace("{}", delimiter) + rows)
    assert lines[0][0] == "Student" and lines[1][-1] == "10.25"


def test_lines_that_end_as_on_old_macs_are_read(gradebook, tmp_path):
    rows = f"{CANVAS}Lovelace,5001,,ada,,1,x,\n".replace("\n", "\r")
    assert export(gradebook, tmp_path, rows.encode())[1][-1] == "10.25"


def test_a_column_that_canvas_asks_for_is_named(gradebook, tmp_path, caplog):
    rows = f"{CANVAS}Lovelace,5001,,ada,,1,x,\n"
    assert export(gradebook, tmp_path, rows) and "asks for" not in caplog.text
    assert export(gradebook, tmp_path, rows.replace("Student", "Estudiante"))
    assert "has no column Student, which Canvas's import asks for" in caplog.text


@pytest.mark.parametrize(
    "rows",
    [
        '"Lovelace, Ada",5001,,ada\n',  # short
        '\n\n"Lovelace, Ada",5001,,ada,,1,x,\n\n',  # empty lines
        '    Points Possible,,,,,4\n"Lovelace, Ada",5001,,ada,,1,x,\n',
        ',,,,,,Manual Posting,\n    Points Possible,,,,,4,10\n"L, Ada",5001,,ada,,,,\n',
        '"Lovelace, Ada",5001,,ada,"Lab 1 and\nLab 2",1,x,\n',
        '"Lovelace, Ada",5001,,ada,,1,x,,,,\n',  # long
    ],
)
def test_odd_lines_are_no_trouble(gradebook, tmp_path, caplog, rows):
    lines = export(gradebook, tmp_path, CANVAS + rows)
    (line,) = [fields for fields in lines if fields and fields[0].startswith("L")]
    assert line[-1] == "10.25"
    assert "nobody in the gradebook" not in caplog.text and "Left out: line" not in caplog.text


@pytest.mark.parametrize(
    "given, said",
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "has no column that names students"),
        (b"PK\x03\x04\x00\x00", "a workbook of Excel's or a zip: save it as CSV"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old workbook of Excel's: save it as CSV"),
        (b"<!DOCTYPE html><title>Sign in", "a web page: export the file again"),
        (b"Vorname,Nachname,lstm\n1,2,3\n", "set to English"),
        (b'ID,lstm\n1,"' + b"x" * 200_000 + b'"\n', "is no CSV file that can be read"),
    ],
)
def test_what_is_no_file_of_a_platform_is_refused(gradebook, tmp_path, caplog, given, said):
    assert export(gradebook, tmp_path, given) is None and said in caplog.text


def test_nothing_of_the_instructors_is_overwritten(gradebook, tmp_path, caplog, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n'
    Path("canvas.csv").write_text(given)
    Path("link.csv").symlink_to(tmp_path / "given.csv")
    for to in ("given.csv", "link.csv", ""):
        assert export(gradebook, tmp_path, given, to=to) is None
        assert "is there already and is not overwritten: name another file with --to" in caplog.text
        caplog.clear()
    assert Path("given.csv").read_text() == Path("canvas.csv").read_text() == given
    for _ in range(2):  # what was named with --to is
        assert export(gradebook, tmp_path, given)[1][-1] == "10.25"


def test_a_full_disk_leaves_the_file_of_before(gradebook, tmp_path, caplog, monkeypatch):
    """Not a part of the class, which could be imported."""
    given, write = CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n', Path.write_text
    before = export(gradebook, tmp_path, given)

    def half(path, text, **options):
        write(path, text[: len(text) // 2], **options)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", half)
    assert export(gradebook, tmp_path, given) is None
    upload = tmp_path / "upload.csv"
    assert f"{upload} could not be written (No space left on device)." in caplog.text
    assert list(csv.reader(upload.read_text().splitlines())) == before
    assert {path.name for path in tmp_path.iterdir()} == {"given.csv", "upload.csv"}


def test_a_folder_is_no_file(gradebook, tmp_path, caplog):
    given = CANVAS + '"Lovelace, Ada",5001,,ada,,1,x,\n'
    assert export(gradebook, tmp_path, given, to=str(tmp_path)) is None
    assert f"{tmp_path} is no file: name one with --to." in caplog.text


# ---------------------------------------------------------------- Moodle's worksheet
@pytest.mark.parametrize(
    "line, mark",
    [
        ("Participant 12,Ada Lovelace,ADA@uni.example,,,10.00,", "10.25"),
        ("Participant 12,Ada Lovelace,,,,10.00,", "10.25"),
        ("Participant 7001,Ada Lovelace,ada@uni.example,,,10.00,", "10.25"),  # no user's number
        ("Participant 12,Jane Doe,,,y,10.00,", "y"),
        ("Participant 12,Ada Lovelace,other@uni.example,,y,10.00,", "y"),
        ("Participant 12,Jane Doe,ada@uni.example,,y,10.00,", "y"),
        ("Participant 12,,,,y,10.00,", "y"),
    ],
)
def test_a_worksheet(gradebook, tmp_path, caplog, line, mark):
    zed = "Participant 13,Zoe Zander,,,,-,Well done\n"
    lines = export(gradebook, tmp_path, f"{WORKSHEET}{line}\n{zed}", Moodle)
    assert lines[1][4] == mark and lines[2][4] == "3"
    assert (mark == "y") == (": line 2" in caplog.text)
    assert (mark == "10.25") == ("where Moodle's maximum is 10.00" in caplog.text)


def test_a_grade_that_moodle_has_locked_is_left(gradebook, tmp_path, caplog):
    head = WORKSHEET.replace("Maximum Grade", "Maximum Grade,Grade can be changed")
    rows = "Participant 12,Ada Lovelace,,,y,-,No,\nParticipant 13,Zoe Zander,,,y,-,Yes,\n"
    lines = export(gradebook, tmp_path, head + rows, Moodle)
    assert [fields[4] for fields in lines[1:]] == ["y", "3"]
    assert "'Grade can be changed': No): ada" in caplog.text


def test_comments_in_a_worksheet_stay(gradebook, tmp_path):
    rows = "Participant 1,Zoe Zander,,,,-,Well done\nParticipant 2,,bob@uni.example,,,,Hm\n"
    given = WORKSHEET + rows
    first = export(gradebook, tmp_path, given, Moodle)
    late = "3 points are taken off for handing in late."
    text = (tmp_path / "upload.csv").read_text()
    assert first[1][-1] == "Well done" and f'"Hm\n{late}"' in text
    export(gradebook, tmp_path, text, Moodle, to=str(tmp_path / "again.csv"))
    assert (tmp_path / "again.csv").read_text() == text


# ---------------------------------------------------------------- the mark
def test_marks_are_those_of_nbgraders_own_export(gradebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    CsvExportPlugin(assignment=["lstm"], log=logging.getLogger("export")).export(gradebook)
    with open("grades.csv", newline="") as file:
        theirs = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    for platform in (Canvas, Moodle):
        platform(to="own.csv", assignment=["lstm"], log=logging.getLogger("export")).export(
            gradebook
        )
        with open("own.csv", newline="") as file:
            rows = [
                row
                for row in csv.DictReader(file)
                if row.get("Student", "").strip()[:6] != "Points"
            ]
        key = "SIS Login ID" if platform is Canvas else "Username"
        ours = {row[key]: row["lstm"] for row in rows}
        assert {name: float(mark or 0) for name, mark in ours.items()} == theirs
        assert ours["idle"] == ""
        Path("own.csv").unlink()


@pytest.mark.parametrize(
    "score, shown",
    [(19.6, "19.6"), (1 / 3, "0.3333"), (123456.75, "123456.75"), (20, "20"), (0, "0")],
)
def test_a_mark_is_written_plainly(score, shown):
    submission = type("Submission", (), {"score": score, "late_submission_penalty": None})
    assert mark_of(submission) == shown


def test_an_e_mail_that_two_share_names_nobody():
    roster = Roster([Person("a", email="x@y"), Person("b", email="x@y")])
    assert roster.of_row({"Email address": "x@y"})[0] is None
