"""What students are told and instructors see, in a class of 40: feedback, class report, files for a
learning platform, marks by hand."""

import csv
import json
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograde.pages.report import alike
from grader_tests.evidence import class_of_forty
from grader_tests.samples.students import EXERCISES, NOTEBOOKS, ROOT, hand_in, solutions
from grader_tests.support.browser import PHONE, WIDE, chromium, window
from grader_tests.support.courses import (
    DATABASE,
    autograde,
    by_nbgrader,
    checked,
    class_report,
    nbgrader,
)
from grader_tests.support.wheel import wheel_environment

# What learning platforms give out, to be filled in.
# ruff: disable[E501]
CANVAS = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Quiz (11),lstm (4711),Current Score
    Points Possible,,,,,10,24,(read only)
"Fect, Per",5001,S-1,perfect,Lab 1,7,,70
"Late, Very",5002,S-2,late_zero,Lab 1,8,,80
"Sent, Ab",5003,S-3,absent,Lab 2,9,,90
"Student, Test",5004,,test_student,Lab 2,,,
"""
MOODLE = """First name;Last name;ID number;Email address;Assignment: lstm (Real);Quiz: one (Real);Last downloaded from this course
Per;Fect;77;per.fect@uni.example;-;7,00;1772000000
Ab;Sent;78;ab.sent@uni.example;-;8,00;1772000000
"""
WORKSHEET = """Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed","Last modified (submission)","Last modified (grade)","Feedback comments"
"Participant 101","Per Fect",PER.FECT@uni.example,"Submitted for grading - ",,24.00,Yes,"Sunday, 1 March 2026, 11:00 AM",-,
"Participant 102","Ab Sent",ab.sent@uni.example,"No submission - ",3.00,24.00,Yes,-,-,"Spoke to me."
"""
# ruff: enable[E501]
MOODLE_NAME = "Ada L_7_assignsubmission_file"


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("forty") / "course"
    names = class_of_forty.main(folder)
    assert len(names) == class_of_forty.SIZE
    return folder


@pytest.fixture(scope="module")
def report(course) -> dict:
    return json.loads((course / "reports" / "lstm.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def gradebook(course: Path) -> Gradebook:
    return Gradebook(DATABASE.format(course), "lstm_course")


def page(course: Path, student: str, name: str) -> str:
    return (course / "feedback" / student / "lstm" / f"{name}.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------- feedback
def test_every_student_has_every_page(course):
    assert len(list((course / "feedback").glob("*/lstm/*.html"))) == class_of_forty.SIZE * len(
        NOTEBOOKS
    )


def test_a_page_says_what_was_asked_and_what_is_wrong(course):
    text = page(course, "loses_the_state_0", "01_basic_lstm")
    assert "no trace of c<sub>t−1</sub>, and the sum is lost" in text
    assert "12 of 13 criteria met" in text and "<strong>9</strong> of 10 points" in text
    assert text.count("<math>") >= 6
    assert re.search(
        r'<svg class="picture" role="img" aria-label="Line plot of c_t\. Right: .*Yours: ', text
    )


def test_a_stack_has_a_map_of_influence(course):
    assert "Two maps of which outputs follow what goes in" in page(
        course, "first_attempt", "02_stacking"
    )
    assert "<svg" not in page(course, "perfect", "02_stacking")


def test_no_page_shows_hidden_tests_or_the_solution_as_code(course):
    """A student who has not written a class reads its equations, and no line of the worked
    solution."""
    lines = {
        line.strip()
        for text in solutions().values()
        for line in text.splitlines()
        if "self." in line and "=" in line
    }
    for name in NOTEBOOKS:
        text = page(course, "blank", name)
        assert not [word for word in ("HIDDEN", "autograde", "ask(", "Traceback") if word in text]
        assert not {line for line in lines if line in text}


def test_late_points_are_named(course):
    assert "points are taken off, since this was handed in late" in page(
        course, "late_zero", "01_basic_lstm"
    )


def name_of(path: Path) -> str:
    return f"{path.parent.parent.name}/{path.stem}"


def test_every_page_opens_without_a_network(course, browser):
    """Nothing is fetched, no script of a student's runs, nothing is wider than a phone."""
    with window(browser, "dark", PHONE) as look:
        wrong = {
            name_of(path): found
            for path in [
                *sorted((course / "feedback").glob("*/lstm/*.html")),
                course / "reports" / "lstm.html",
            ]
            if (found := look(path, axe=False))
        }
    assert not wrong


def test_no_name_is_broken_in_the_table_of_scores(course, browser):
    """It scrolls sideways instead."""
    page = browser.new_page(viewport=PHONE)
    page.goto((course / "reports" / "lstm.html").as_uri())
    names = page.locator(".wide th:first-child")
    lines = names.evaluate_all(
        "all => all.map(one => { const range = document.createRange();"
        " range.selectNodeContents(one.firstChild); return range.getClientRects().length })"
    )
    page.close()
    assert len(lines) > 1 and set(lines) == {1}


@pytest.mark.parametrize("scheme, size", [("light", WIDE), ("dark", PHONE)], ids=["light", "dark"])
def test_axe_finds_nothing(course, browser, scheme, size):
    """A page of each kind; `python -m grader_tests.evidence.class_of_forty FOLDER` looks at all of
    them."""
    kinds = [
        ("first_attempt", 0),
        ("first_attempt", 1),
        ("blank", 3),
        ("hostile_page", 0),
        ("hostile_page", 1),
        ("late_zero", 0),
        ("hostile_an_exception_whose_text_raises", 0),
    ]
    paths = [course / "reports" / "lstm.html"] + [
        course / "feedback" / student / "lstm" / f"{NOTEBOOKS[k]}.html" for student, k in kinds
    ]
    with window(browser, scheme, size) as look:
        wrong = {name_of(path): found for path in paths if (found := look(path))}
    assert not wrong


# ---------------------------------------------------------------- class report
def test_the_report_counts_as_the_gradebook_does(course, report):
    with gradebook(course) as book:
        submissions = {s.student.id: s for s in book.find_assignment("lstm").submissions}
        scores = {
            name: max(0, s.score - s.late_submission_penalty) for name, s in submissions.items()
        }
        notebooks = {
            name: {n.name: n.score for n in s.notebooks} for name, s in submissions.items()
        }
        waiting = {name for name, s in submissions.items() if s.needs_manual_grade}
    assert {s["student"]: s["score"] for s in report["students"]} == pytest.approx(scores)
    assert {s["student"]: s["scores"] for s in report["students"]} == notebooks
    assert (
        report["absent"] == ["absent"]
        and waiting
        and waiting <= {s["student"] for s in report["students"] if s["flags"]}
    )
    with open(course / "reports" / "lstm.csv", newline="", encoding="utf-8-sig") as file:
        assert {
            line["student"]: float(line["score"]) for line in csv.DictReader(file)
        } == pytest.approx(scores)


def test_points_and_criteria_agree(report):
    """A notebook's score is the sum of the criteria that were met in it."""
    for student in report["students"]:
        earned = sum(
            criterion["points"]
            for criterion in report["criteria"]
            if student["criteria"].get(criterion["key"])
        )
        assert earned == pytest.approx(sum(student["scores"].values())), student["student"]


def test_the_report_says_who_made_which_mistake(course, report):
    told = next(
        told
        for told in report["mistakes"]
        if "no trace of c_{t−1}, and the sum is lost" in told["mistake"]
    )
    assert told["students"] == [
        "first_attempt",
        "loses_the_state_0",
        "loses_the_state_1",
        "loses_the_state_2",
    ] and told["criteria"] == ["New cell state c_t"]
    text = (course / "reports" / "lstm.html").read_text(encoding="utf-8")
    assert "4 of 40" in text and text.count("<img") == 2 == text.count(' alt="H')


def test_built_ins_need_a_person(report):
    flags = {s["student"]: s["flags"] for s in report["students"] if s["flags"]}
    assert any(
        "PyTorch's lstm_cell ran underneath" in flag
        for flag in flags["hostile_lstm_cell_underneath__well_hidden"]
    )
    assert "perfect" not in flags and "hostile_nn_LSTMCell_made_and_not_used" not in flags


def test_pairs_are_named_on_strong_grounds_only():
    """Three remarks of their own in common, which nobody else has: neither the same code, nor
    remarks of many, nor what was given out."""
    code, given = (
        solutions()["LSTMCell"],
        "# a remark that stands in the notebook as it was given out",
    )
    own = [
        f"# {number} thing that I thought about while writing this line"
        for number in ("first", "second", "third")
    ]
    cells = {"a": own, "b": own, "c": own[:1], "d": [], "e": [], "f": own[1:2], "g": []}
    cells = {name: ["\n".join([*lines, given, code])] for name, lines in cells.items()}
    assert alike(cells, given) == []  # the first two are others' as well
    unique = [
        "# fourth thing that nobody else will ever come to think of",
        "x = 'a text of some length that nobody else has written'",
    ]
    for name in "ab":
        cells[name] += unique
    assert [(pair["students"], len(pair["shared"])) for pair in alike(cells, given)] == [
        (["a", "b"], 3)
    ]


# ---------------------------------------------------------------- files for a learning platform
def export(course: Path, name: str, *options: str, given: str = "") -> tuple[list[dict], str]:
    """The rows of the written file by column, and what was logged."""
    (course / "given.csv").write_text(given, encoding="utf-8")
    fill = [f"--{name}.fill=given.csv"] if given else []
    done = checked(
        nbgrader(
            course,
            "export",
            f"--exporter=autograde.pages.platforms.{name}",
            "--to=out.csv",
            *fill,
            *options,
        )
    )
    text = (course / "out.csv").read_text(encoding="utf-8").removeprefix("\ufeff")
    return list(
        csv.DictReader(text.splitlines(), delimiter=";" if ";" in text.splitlines()[0] else ",")
    ), done.stderr


@pytest.fixture
def addresses(course):
    with gradebook(course) as book:
        book.update_or_create_student("perfect", email="per.fect@uni.example")
        book.update_or_create_student("absent", email="ab.sent@uni.example")


def test_canvas_filled_in(course):
    lines, logged = export(course, "Canvas", given=CANVAS)
    assert list(lines[0]) == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        "lstm (4711)",
    ]  # no other column can be overwritten
    assert [(line["Student"], line["ID"], line["lstm (4711)"]) for line in lines] == [
        ("    Points Possible", "", "24"),
        ("Fect, Per", "5001", "28"),
        ("Late, Very", "5002", "19.6"),
        ("Sent, Ab", "5003", ""),
        ("Student, Test", "5004", ""),
    ]
    (missing,) = re.findall("38 students have marks, but no row in given.csv: (.*)", logged)
    assert len(missing.split(", ")) == 38


def test_canvas_from_nothing(course):
    lines, _ = export(course, "Canvas")
    assert lines[0]["Student"].strip() == "Points Possible" and lines[0]["lstm"] == "24"
    marks = {line["SIS Login ID"]: line["lstm"] for line in lines[1:]}
    assert len(marks) == 41 and (
        marks["late_little"],
        marks["perfect"],
        marks["blank"],
        marks["absent"],
    ) == ("25.2", "28", "0", "")


def test_moodle_filled_in(course, addresses):
    lines, _ = export(course, "Moodle", given=MOODLE)
    assert [
        (line["ID number"], line["Assignment: lstm (Real)"], line["Quiz: one (Real)"])
        for line in lines
    ] == [("77", "28", "7,00"), ("78", "-", "8,00")]


def test_moodle_worksheet(course, addresses):
    lines, logged = export(course, "Moodle", "--assignment", '["lstm"]', given=WORKSHEET)
    assert [(line["Identifier"], line["Grade"], line["Feedback comments"]) for line in lines] == [
        ("Participant 101", "28", ""),
        ("Participant 102", "3.00", "Spoke to me."),
    ]
    assert "perfect has 28 points where Moodle's maximum is 24.00" in logged


def test_moodle_from_nothing(course):
    lines, _ = export(course, "Moodle")
    assert next(
        (line["lstm"], line["lstm feedback"]) for line in lines if line["Username"] == "late_zero"
    ) == ("19.6", "8.4 points are taken off for handing in late.")


@pytest.mark.parametrize(
    "name, given", [("Canvas", CANVAS), ("Moodle", MOODLE), ("Moodle", WORKSHEET)]
)
def test_a_written_file_can_be_filled_in_again(course, addresses, name, given):
    first, _ = export(course, name, "--assignment", '["lstm"]', given=given)
    again, _ = export(
        course,
        name,
        "--assignment",
        '["lstm"]',
        given=(course / "out.csv").read_text(encoding="utf-8"),
    )
    assert again == first


def test_a_file_without_the_column_is_named(course):
    (course / "given.csv").write_text(CANVAS.replace("lstm (4711)", "Build an LSTM (4711)"))
    command = (
        "export",
        "--exporter=autograde.pages.platforms.Canvas",
        "--Canvas.fill=given.csv",
        "--to=out.csv",
    )
    done = nbgrader(course, *command)
    assert (
        done.returncode
        and "given.csv has no columns 'lstm'" in done.stderr
        and "Traceback" not in done.stderr
    )
    checked(nbgrader(course, *command, "--Canvas.columns=lstm=Build an LSTM"))


# ---------------------------------------------------------------- marks by hand
def test_what_a_person_enters_survives_a_regrade_and_shows(course, tmp_path):
    """As the formgrader writes it: a score, extra credit on a bonus cell and on another, a comment,
    a flag."""
    copy, entered = tmp_path / "course", 28 - EXERCISES["LSTMCell"].points + 7 + 1 + 0.5
    shutil.copytree(course, copy)
    with gradebook(copy) as book:
        grades = {
            name: book.find_grade(f"test_{name}", notebook, "lstm", "perfect")
            for name, notebook in (
                ("LSTMCell", "01_basic_lstm"),
                ("LSTM", "02_stacking"),
                ("PeepholeLSTM", "04_peepholes"),
            )
        }
        (
            grades["LSTMCell"].manual_score,
            grades["LSTM"].extra_credit,
            grades["PeepholeLSTM"].extra_credit,
        ) = 7, 1, 0.5
        book.find_comment(
            "LSTMCell", "01_basic_lstm", "lstm", "perfect"
        ).manual_comment = "Come and see me, about **$c_t$**. <script>x</script>"
        book.find_submission_notebook("03_coupled_gates", "lstm", "perfect").flagged = True
        book.db.commit()
    again = ("--student", "perfect", "--force")
    for command in (
        lambda folder: by_nbgrader(folder, *again),
        lambda folder: autograde(folder, *again),
    ):
        assert command(copy).returncode == 1  # a mark of theirs asks to be looked at again
        with gradebook(copy) as book:
            submission = book.find_submission("lstm", "perfect")
            assert submission.score == entered
            assert book.find_grade(
                "test_LSTMCell", "01_basic_lstm", "lstm", "perfect"
            ).needs_manual_grade  # to be looked at again, as in nbgrader
            assert not book.find_grade(
                "test_LSTM", "02_stacking", "lstm", "perfect"
            ).needs_manual_grade
            assert book.find_submission_notebook("03_coupled_gates", "lstm", "perfect").flagged
    checked(nbgrader(copy, "generate_feedback", "lstm", "--student", "perfect"))
    text = page(copy, "perfect", "01_basic_lstm")
    assert (
        "Your instructor has set this to 7 points." in text
        and "Come and see me" in text
        and "<script" not in text
    )
    lines, _ = export(copy, "Moodle", given="")
    line = next(line for line in lines if line["Username"] == "perfect")
    assert float(line["lstm"]) == entered and line["lstm feedback"].startswith(
        "LSTMCell: Come and see me"
    )


def test_nothing_graded_yet(course):
    done = class_report(course, "--db", "sqlite:///empty.db")
    assert done.returncode == 2 and "run `autograde grade lstm` first" in done.stderr


# ---------------------------------------------------------------- the instructor's page
def test_from_an_empty_folder_to_marks(tmp_path):
    """Every command of the page, in a new folder, with two students; from Canvas and back, then the
    same from Moodle. With the page's own points, and its copy of our tables; installed from the
    wheel, in an environment that does not know this folder."""
    commands = wheel_environment(tmp_path.parent / f"{tmp_path.name}_installed")
    page = (ROOT / "autograde" / "INSTRUCTORS.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", page, flags=re.DOTALL | re.MULTILINE)
    first, canvas, moodle, tables = (text for kind, text in blocks if not kind)
    (points,) = (text for kind, text in blocks if kind == "python")
    (copied,) = re.findall(r'`(c.Judge.exercises = {"lstm": "my_lstm"})`', page)
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\n{points}{copied}\n")
    (tmp_path / "students.csv").write_text(
        "id,first_name,last_name,email,lms_user_id\nada,Ada,L,ada@uni.example,5001\n"
        "bob,Bob,B,bob@uni.example,5002\n"
    )
    (tmp_path / "canvas.csv").write_text(
        "Student,ID,SIS User ID,SIS Login ID,Section,lstm (1)\n    Points Possible,,,,,24\n"
        '"L, Ada",5001,,al1,,\n"B, Bob",5002,,bb1,,\n'
    )
    (tmp_path / "worksheet.csv").write_text(
        "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Feedback comments\n"
        "Participant 7,Ada L,ada@uni.example,,,28.00,\nParticipant 8,Bob B,,,,28.00,\n"
    )
    hand_in(tmp_path / "work", solutions())
    for name, prefix in (("submissions", "lada_5001_9_"), ("moodle", f"{MOODLE_NAME}/")):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w") as archive:
            for path in (tmp_path / "work").glob("*.ipynb"):
                archive.write(path, prefix + path.name)
    environment = {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": "",
    }
    shell = lambda block: checked(
        subprocess.run(
            ["bash", "-e", "-c", block.replace("collect lstm", "collect --yes lstm")],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
        )
    )
    shell(tables)
    shell(first)
    shell(canvas)
    assert (tmp_path / "feedback" / "ada" / "lstm" / "01_basic_lstm.html").exists() and (
        tmp_path / "reports" / "lstm.html"
    ).exists()
    with open(tmp_path / "upload.csv", newline="", encoding="utf-8") as file:
        assert [line["lstm (1)"] for line in csv.DictReader(file)] == ["24", "29", ""]
    assert "there already" in shell(moodle).stdout
    with open(tmp_path / "marked.csv", newline="", encoding="utf-8") as file:
        assert [line["Grade"] for line in csv.DictReader(file)] == ["29", ""]
    for platform, prefix in (("canvas", "lada_5001_9_"), ("moodle", f"{MOODLE_NAME}_")):
        with zipfile.ZipFile(tmp_path / "reports" / f"lstm-{platform}.zip") as archive:
            assert archive.namelist() == [f"{prefix}{name}.html" for name in NOTEBOOKS]
