"""Our own command for a class, from outside: what it grades, what it skips, and how it ends."""

import html
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from autograde.pages.graded import verdicts as verdicts_in
from grader_tests.samples.hostile import HOSTILE, hand_in_hostile
from grader_tests.samples.students import (
    FULL,
    NOTEBOOKS,
    ROOT,
    STUDENTS,
    answers,
    hand_in,
    hand_in_perfect,
    solutions,
)
from grader_tests.support.courses import (
    autograde,
    by_nbgrader,
    checked,
    graded,
    make_course,
    module,
    nbgrader,
)
from grader_tests.support.ledger import marks, scores, verdicts

TWO, FULL_OF_TWO = NOTEBOOKS[:2], 10 + 8  # what some hand in, and its points
CALL = "class LSTMCell(nn.Module):\n    pass  # of my own\n"


@pytest.fixture
def course(tmp_path) -> Path:
    make_course(tmp_path / "course")
    return tmp_path / "course"


# ---------------------------------------------------------------- the same as plain nbgrader, and
# what is done again
@pytest.fixture(scope="module")
def both(tmp_path_factory) -> tuple[Path, Path, subprocess.CompletedProcess]:
    """The same class (examples, and a few odd ones: all of these are compared in test_hostile.py)
    graded by `nbgrader autograde` and by our command."""
    odd = [one for one in HOSTILE if one.group == "notebook"][::6]
    odd += [one for one in HOSTILE if "LSTM" in one.name]
    base = tmp_path_factory.mktemp("both")
    for how in ("nbgrader", "own"):
        make_course(base / how)
        for student in STUDENTS:
            hand_in(base / how / "submitted" / student / "lstm", answers(student))
        for number, hostile in enumerate(odd):
            hand_in_hostile(base / how / "submitted" / f"odd_{number:02}" / "lstm", hostile)
        late = base / how / "submitted" / "perfect" / "lstm" / "timestamp.txt"
        late.write_text("2030-01-01 10:00:00 UTC\n")
    by_nbgrader(base / "nbgrader")
    (base / "own" / ".autograde").mkdir()  # the same secret, so that the same questions are asked
    shutil.copy2(base / "nbgrader" / ".autograde" / "secret", base / "own" / ".autograde")
    return base / "nbgrader", base / "own", autograde(base / "own", "--jobs=2")


def test_marks_are_those_of_plain_nbgrader_to_the_cell(both):
    assert marks(both[0]) == marks(both[1])
    assert verdicts(both[0]) == verdicts(both[1])


def test_the_same_bytes_get_the_same_questions(both):
    """To the last digit of what is drawn of a student's numbers, whoever grades, and when."""
    one, other = (
        [
            cell.metadata["autograde"]
            for student in STUDENTS
            for path in sorted((course / "autograded" / student / "lstm").glob("*.ipynb"))
            for cell in nbformat.read(path, as_version=4).cells
            if "autograde" in cell.metadata
        ]
        for course in both[:2]
    )
    assert one == other and any(told["picture"] for told in one)


def test_it_ends_with_1_where_a_person_is_needed(both):
    done = both[2]
    assert done.returncode == 1, done.stdout + done.stderr
    assert "for a person to look at" in done.stdout
    assert any(
        mark[-1]
        for place, mark in marks(both[1]).items()
        if len(place) == 3 and not place[2].startswith("comment")
    )


def test_nbgrader_goes_on_from_our_command_and_the_other_way_round(both):
    """What one of them has graded, the other one counts as graded."""
    before = marks(both[1])
    done = by_nbgrader(both[1])
    assert "Autograding" not in done.stderr and marks(both[1]) == before
    assert ", 0 graded," in autograde(both[0]).stdout
    checked(nbgrader(both[1], "generate_feedback", "lstm"))
    assert (both[1] / "feedback" / "perfect" / "lstm" / "01_basic_lstm.html").exists()
    checked(nbgrader(both[1], "export"))
    assert len((both[1] / "grades.csv").read_text().splitlines()) == 1 + len(scores(both[1]))


def test_the_page_marks_the_lines_that_the_sentences_quote(both):
    """After the pages were made above."""
    read = 0
    for path in sorted((both[1] / "autograded" / "first_attempt" / "lstm").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        code = {cell.execution_count: cell for cell in notebook.cells if cell.cell_type == "code"}
        page = (both[1] / "feedback" / "first_attempt" / "lstm" / f"{path.stem}.html").read_text()
        marked = [
            " ".join(re.sub("<[^>]*>", "", line).split())
            for line in re.findall('<span class="hll">(.*)', page)
        ]
        results = [r for _, verdict in verdicts_in(notebook) for r in verdict.results]
        for place in (result.place for result in results if result.place):
            line = code[place.cell].source.splitlines()[place.line - 1]
            assert line.strip() == place.text
            assert " ".join(html.escape(line, quote=False).split()) in " ".join(marked)
            read += 1
    assert read


def test_the_page_says_how_files_were_read(both):
    """Each note that an instructor sees of it; after the pages were made above."""
    said = 0
    for path in both[1].glob("autograded/*/lstm/*.ipynb"):
        student = path.parent.parent.name
        page = (both[1] / "feedback" / student / "lstm" / f"{path.stem}.html").read_text()
        text = " ".join(html.unescape(re.sub("<[^>]*>", "", page)).split())
        for note in nbformat.read(path, as_version=4).metadata["autograde_run"]["notes"]:
            plain = lambda words: re.sub(r"[_`{}]", "", words)
            assert plain(note) in plain(text) and "How your files were read" in text
            said += 1
    assert said


def test_what_is_unchanged_is_skipped(course):
    hand_in_perfect(course, 3, names=TWO)
    done = autograde(course)
    assert (
        done.returncode == 0
        and "3 submissions, 3 graded" in done.stdout
        and scores(course) == dict.fromkeys(graded(course), FULL_OF_TWO)
    )
    done = autograde(course)
    assert done.returncode == 0 and "3 submissions, 0 graded, 3 unchanged" in done.stdout
    hand_in(course / "submitted" / "student_01" / "lstm", solutions() | {"LSTMCell": CALL}, TWO)
    done = autograde(course)
    assert "3 submissions, 1 graded" in done.stdout and scores(course)["student_01"] < FULL_OF_TWO
    done = autograde(course, "--force", "--student=student_0[02]")
    assert "2 submissions, 2 graded" in done.stdout
    hand_in(course / "submitted" / "student_01" / "lstm", solutions(), TWO)
    assert (
        "3 submissions, 0 graded" in autograde(course, "--notebook=02_stacking").stdout
        and scores(course)["student_01"] < FULL_OF_TWO
    )
    assert (
        "3 submissions, 1 graded"
        in autograde(course, "--notebook=01_basic_lstm", "--jobs=1").stdout
    )
    assert scores(course) == dict.fromkeys(graded(course), FULL_OF_TWO)


def test_a_graded_notebook_that_is_damaged_is_made_anew(course):
    """Deleted, emptied or cut off, by a person or a full disk; no page is lost for good."""
    hand_in_perfect(course, 4, names=TWO)
    autograde(course)
    place = lambda number: course / "autograded" / f"student_0{number}/lstm/01_basic_lstm.ipynb"
    whole = {number: place(number).read_text(encoding="utf-8") for number in range(3)}
    for number in whole:
        place(number).unlink()
    place(1).write_text("{}")
    place(2).write_text(whole[2][:9000])
    checked(module(course, "autograde", "report", "lstm"))
    data = json.loads((course / "reports" / "lstm.json").read_text(encoding="utf-8"))
    assert [bool(student["notes"]) for student in data["students"]] == [True, True, True, False]
    assert "3 graded, 1 unchanged" in autograde(course, "--table").stdout
    for number, text in whole.items():
        there = nbformat.reads(place(number).read_text(encoding="utf-8"), as_version=4)
        assert there.cells == nbformat.reads(text, as_version=4).cells


def test_old_marks_do_not_survive(course):
    """A submission that was right and now is no notebook, and one that is gone."""
    hand_in_perfect(course, 2, names=TWO)
    autograde(course)
    (course / "submitted" / "student_00" / "lstm" / "01_basic_lstm.ipynb").write_text("{")
    (course / "submitted" / "student_01" / "lstm" / "02_stacking.ipynb").unlink()
    autograde(course)
    assert scores(course) == {"student_00": FULL_OF_TWO - 10, "student_01": FULL_OF_TWO - 8}


# ---------------------------------------------------------------- what people write in notebooks
# beside the class
HABITS = {
    "plots_inline": ("%matplotlib inline\n%config InlineBackend.figure_format = 'retina'\n", ""),
    "reloads": ("%load_ext autoreload\n%autoreload 2\n", ""),
    "looks_around": ("!ls\n%cd .\n%pwd\n", "\n%timeit -n1 -r1 LSTMCell(3, 4)\nLSTMCell?\n"),
    "times_the_cell": ("%%time\n", ""),
    "waits": ("", "\nimport asyncio\nawait asyncio.sleep(0.01)\n"),
    "keeps_files": (
        "import tempfile\ntempfile.mkdtemp()\n",
        "\ntorch.save(LSTMCell(3, 4).state_dict(), 'cell.pt')\n",
    ),
    "switches_gradients_off": ("", "\ntorch.set_grad_enabled(False)\n"),
    "computes_in_float64": ("", "\ntorch.set_default_dtype(torch.float64)\n"),
    "compiles": ("", "\nLSTMCell.forward = torch.compile(LSTMCell.forward, backend='eager')\n"),
    "traces": (
        "",
        "\nprint(torch.jit.trace(LSTMCell(3, 4), (torch.zeros(3), torch.zeros(4), "
        "torch.zeros(4))))\n",
    ),
}


def test_habits_cost_nothing(course):
    for student, (before, after) in HABITS.items():
        hand_in(
            course / "submitted" / student / "lstm",
            solutions() | {"LSTMCell": before + solutions()["LSTMCell"] + after},
            NOTEBOOKS[:1],
        )
    done = autograde(course)
    assert scores(course) == dict.fromkeys(HABITS, 10), done.stdout


# ---------------------------------------------------------------- what it refuses
def test_the_box_can_be_required(course):
    """Where there is neither kind of box, a run refuses and grades nothing, and says how to get
    one; where none is wanted, it says that there is none."""
    hand_in_perfect(course, 1)
    bare = [
        sys.executable,
        "-c",
        "from autograde.box import probe; probe.BOXES = (); from autograde.__main__ import main; "
        "main()",
        "grade",
        "lstm",
    ]
    done = subprocess.run(bare, cwd=course, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no box holds on this machine" in done.stderr and "--sandbox=off" in done.stderr
    assert not (course / "autograded").exists() and not scores(course)
    done = autograde(course, "--sandbox=off", "--jobs=1")
    assert (
        done.returncode == 0 and "no box" in done.stderr and scores(course) == {"student_00": FULL}
    )


WRONG = {
    "no such assignment": (
        ("grade", "lstn"),
        "lstn has no exercises in c.Judge.exercises of nbgrader_config.py; there are: lstm.",
    ),
    "no submission": (("grade", "lstm", "--student=nobody"), "There are no submissions in"),
    "no name": (("grade",), "Name one assignment, as in: autograde grade lstm"),
    "no such verb": (("lstm",), "autograde has no verb lstm. There are: grade, report"),
    "no such option": (
        ("grade", "lstm", "--stundent=a"),
        "autograde grade has no option --stundent",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_begin_says_why(course, what):
    words, sentence = WRONG[what]
    done = module(course, "autograde", *words)
    assert done.returncode == 2 and sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_folder_of_nobody_who_was_imported_is_named(course):
    """And left out where nbgrader's own setting says so."""
    hand_in(course / "submitted" / "typo" / "lstm", {}, NOTEBOOKS[:1])
    checked(nbgrader(course, "db", "student", "add", "ada", "--last-name=Lovelace"))
    done = autograde(course, "--Autograde.create_student=False")
    assert done.returncode == 1 and "typo  is not in the gradebook" in done.stdout
    assert not scores(course)
    done = checked(autograde(course))
    assert "New in the gradebook, though students were imported: typo" in done.stderr
    (course / "submitted" / "typo").rename(course / "submitted" / "ada")
    done = checked(autograde(course))
    assert "In the gradebook, and not in submitted/: typo. These marks stay." in done.stderr
    checked(nbgrader(course, "db", "student", "remove", "typo", "--force"))
    assert "not in submitted" not in checked(autograde(course)).stderr


def test_an_assignment_that_was_never_generated(tmp_path):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    done = autograde(tmp_path)
    assert (
        done.returncode == 2
        and "nbgrader generate_assignment lstm" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_the_notebooks_are_ordinary_nbgrader_notebooks(both):
    for path in (both[1] / "autograded" / "first_attempt" / "lstm").glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=4))
    assert (both[1] / "autograded" / "perfect" / "lstm" / "lstm_kit" / "checks.py").exists()
