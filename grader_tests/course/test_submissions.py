"""Submissions as they really come, under both commands: found, judged, or said to a person; never
less in silence. And that a person's state is one of the gradebook."""

import functools
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_raw_cell
from nbgrader.api import Gradebook

from grader_tests.evidence.odd_class import by_notebook, wrong_in_silence
from grader_tests.samples.odd_hand_ins import odd_hand_in
from grader_tests.samples.students import (
    FULL,
    FURTHER,
    NOTEBOOKS,
    RELEASE,
    answers,
    filled,
    hand_in,
    solutions,
)
from grader_tests.support.courses import (
    autograde,
    by_nbgrader,
    checked,
    class_report,
    configure,
    make_course,
    nbgrader,
)
from grader_tests.support.ledger import marks, scores

FIRST = "01_basic_lstm"
FULL_OF_FIRST = 10
ODD = range(1000, 1002)  # seeds of odd hand-ins


def edited(change: Callable[[nbformat.NotebookNode], None]) -> Callable[[Path], None]:
    """A change to the first notebook, as a change to the folder."""

    def plant(folder: Path):
        path = folder / f"{FIRST}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        change(notebook)
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return plant


def cell_of(notebook, name: str):
    return next(cell for cell in notebook.cells if cell.id == name)


def above_the_class(line: str) -> Callable[[Path], None]:
    def change(notebook):
        cell = cell_of(notebook, "LSTMCell")
        cell.source = f"{line}\n{cell.source}"

    return edited(change)


def renamed(folder: Path):
    names = ("01_basic_lstm (1).ipynb", "Copy of 02_stacking.ipynb", "03_Coupled_Gates.ipynb")
    for name, other in zip(NOTEBOOKS, (*names, "homework.json")):
        (folder / f"{name}.ipynb").rename(folder / other)


def in_folders(folder: Path):
    (folder / "lstm" / "lstm").mkdir(parents=True)
    for path in folder.glob("*.ipynb"):
        path.rename(folder / "lstm" / "lstm" / path.name)


def in_a_zip(folder: Path):
    with zipfile.ZipFile(folder / "lstm.zip", "w") as archive:
        for path in sorted(folder.glob("*.ipynb")):
            archive.write(path, f"lstm/{path.name}")
            path.unlink()


def two_that_differ(folder: Path):
    path = folder / f"{FIRST}.ipynb"
    shutil.copy(path, folder / f"{FIRST} (1).ipynb")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("torch.tanh(", "torch.sigmoid(", 1), encoding="utf-8")


def written(name: str, change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def plant(folder: Path):
        path = folder / name
        path.write_bytes(change(path.read_bytes() if path.exists() else b""))

    return plant


def nothing(folder: Path):
    for path in folder.glob("*"):
        path.unlink()


def only_a_text(folder: Path):
    nothing(folder)
    (folder / "answer.pdf").write_bytes(b"%PDF-1.7")


def a_link(folder: Path):
    (folder / f"{FIRST}.ipynb").unlink()
    (folder / f"{FIRST}.ipynb").symlink_to("/etc/passwd")


def a_pipe_as_time(folder: Path):
    os.mkfifo(folder / "timestamp.txt")


@edited
def helper_below_a_check(notebook):
    cell = cell_of(notebook, "LSTMCell")
    cell.source = cell.source.replace("torch.sigmoid", "gate")
    at = notebook.cells.index(cell) + 1
    notebook.cells[at:at] = [
        new_code_cell("check(LSTMCell)"),
        new_code_cell("def gate(x):\n    return torch.sigmoid(x)"),
    ]


@edited
def metadata_lost_below_an_old_attempt(notebook):
    at = notebook.cells.index(cell_of(notebook, "LSTMCell"))
    notebook.cells.insert(at, new_code_cell("class LSTMCell(nn.Module):\n    pass  # to do"))
    for number, cell in enumerate(notebook.cells):
        cell.metadata, cell["id"] = {}, f"cell-{number}"


@edited
def answer_in_a_raw_cell(notebook):
    cell = cell_of(notebook, "LSTMCell")
    raw = new_raw_cell(cell.source, id=cell.id, metadata=cell.metadata)
    notebook.cells[notebook.cells.index(cell)] = raw


@edited
def answer_below_the_check(notebook):
    cell, given = cell_of(notebook, "LSTMCell"), nbformat.read(RELEASE / f"{FIRST}.ipynb", 4)
    at = notebook.cells.index(cell_of(notebook, "test_LSTMCell")) + 1
    notebook.cells.insert(at, new_code_cell(cell.source))
    cell.source = cell_of(given, "LSTMCell").source


@edited
def slow_cells_above(notebook):
    at = notebook.cells.index(cell_of(notebook, "LSTMCell"))
    for _ in range(4):
        notebook.cells.insert(at, new_code_cell("import time\ntime.sleep(60)"))


@edited
def newer_python(notebook):
    cell = cell_of(notebook, "LSTMCell")
    cell.source = cell.source.replace(
        "def forward(self, x, c, h):", "def forward(self, x, c, h):\n        f'{dict(a=1)['a']}'"
    )
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.4"}


@edited
def package_needed(notebook):
    cell = cell_of(notebook, "LSTMCell")
    cell.source = "from einops_like import gate\n" + cell.source.replace("torch.sigmoid", "gate")


@edited
def package_and_a_wrong_prediction(notebook):
    at = notebook.cells.index(cell_of(notebook, "LSTMCell"))
    notebook.cells.insert(at, new_code_cell("import not_there_2"))
    cell_of(notebook, "cell_parameters").source = "cell_parameters = 200"


def below_the_class(line: str) -> Callable[[Path], None]:
    def change(notebook):
        cell_of(notebook, "LSTMCell").source += f"\n\n{line}\n"

    return edited(change)


COMMON = """import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from tqdm import tqdm
from tqdm.auto import tqdm as other_tqdm

frame = pd.DataFrame({"step": range(3), "loss": [float(k) for k in tqdm(range(3))]})
sns.lineplot(data=frame, x="step", y="loss")
plt.plot(np.array(list(other_tqdm(range(3)))))
plt.show()
print(frame.describe().loc["mean", "loss"])"""


@edited
def packages_of_students(notebook):
    at = notebook.cells.index(cell_of(notebook, "LSTMCell"))
    notebook.cells.insert(at, new_code_cell(COMMON))


@edited
def timed_above_its_set_up(notebook):
    """Its error comes out of the magic, so that it runs once more when everything is there."""
    cell = cell_of(notebook, "LSTMCell")
    cell.source = f"%%capture\n{cell.source}"
    notebook.cells.remove(cell)
    notebook.cells.insert(0, cell)


def two_in_one_cell(folder: Path):
    path = folder / f"{NOTEBOOKS[2]}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    first, second = (cell_of(notebook, name) for name in ("CoupledLSTMCell", "CoupledLSTM"))
    first.source += f"\n\n\n{second.source}"
    given = nbformat.read(RELEASE / path.name, as_version=4)
    second.source = cell_of(given, "CoupledLSTM").source
    path.write_text(json.dumps(notebook), encoding="utf-8")


def slips_where_no_points_are(folder: Path):
    """A training loop that never ends, and a letter that is no Python."""
    slips = {
        (NOTEBOOKS[1], "train"): "import time\nwhile True:\n    time.sleep(1)",
        (NOTEBOOKS[1], "wiring_bug"): "wiring_bug = nonsense",
        (NOTEBOOKS[2], "gates_bug"): "gates_bug = B)",
    }
    for (name, cell), text in slips.items():
        path = folder / f"{name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        cell_of(notebook, cell).source = text
        path.write_text(json.dumps(notebook), encoding="utf-8")


def what_nobody_marks(folder: Path):
    """The notebook beside the four, filled in."""
    for exercise in FURTHER.values():
        place = folder / f"{exercise.notebook}.ipynb"
        place.parent.mkdir()
        nbformat.write(filled(exercise.notebook, solutions((exercise.notebook,))), place)


def file_of_ones_own(folder: Path):
    above_the_class("from mine import gate")(folder)
    (folder / "mine.py").write_text("import torch\n\ngate = torch.sigmoid\n")


def loaded_from_a_file(folder: Path):
    """The class in a file beside the notebook, and in its cell the command that puts it there."""

    def change(notebook):
        cell = cell_of(notebook, "LSTMCell")
        (folder / "my_cell.py").write_text(cell.source)
        cell.source = "%load my_cell.py"

    edited(change)(folder)


@edited
def cut_in_two(notebook):
    """In the middle of the class, after it had run."""
    cell = cell_of(notebook, "LSTMCell")
    cell.source, mark, below = cell.source.partition("    def forward(")
    notebook.cells.insert(notebook.cells.index(cell) + 1, new_code_cell(mark + below))


@edited
def pasted(notebook):
    """Out of a page that was made to be read."""
    cell = cell_of(notebook, "LSTMCell")
    cell.source = "\ufeff" + cell.source.replace("    ", "\xa0" * 4)


JUDGED = {  # what was handed in, and a piece of the note; all of it gets full marks
    "renamed": (renamed, "01_basic_lstm (1).ipynb was taken as 01_basic_lstm.ipynb."),
    "in_folders": (in_folders, "lstm/lstm/01_basic_lstm.ipynb was taken"),
    "in_a_zip": (in_a_zip, "lstm.zip/lstm/01_basic_lstm.ipynb was taken"),
    "helper_below": (helper_below_a_check, ""),
    "metadata_lost": (metadata_lost_below_an_old_attempt, "LSTMCell has lost its mark"),
    "raw": (answer_in_a_raw_cell, "turned into a raw cell"),
    "below": (answer_below_the_check, "LSTMCell is as given out; the cell that defines"),
    "slow": (slow_cells_above, ""),
    "magic": (above_the_class("%matplotlib widget"), "%matplotlib does not run here"),
    "own_file": (file_of_ones_own, ""),
    "further": (what_nobody_marks, ""),
    "packages": (packages_of_students, ""),
    "typing": (
        below_the_class("input('go on?')"),
        "The call of input() waits for somebody to type",
    ),
    "debugger": (
        above_the_class("breakpoint()"),
        "The call of breakpoint() waits for somebody to type",
    ),
    "machine": (
        above_the_class("assert torch.cuda.is_available(), 'Change the runtime'"),
        "Line 1 of a cell wants another machine or folder: look",
    ),
    "captured": (timed_above_its_set_up, "judged after all cells had run"),
    "two_in_one": (two_in_one_cell, ""),
    "pasted": (pasted, "LSTMCell was no Python until invisible characters"),
    "no_points": (slips_where_no_points_are, ""),
    "utf_16": (written(f"{FIRST}.ipynb", lambda data: data.decode().encode("utf-16")), ""),
}
ASKED = {  # what was handed in, what the person reads, and the score where it is known
    "two": (two_that_differ, "differ; the first was marked", None),
    "cut_off": (written(f"{FIRST}.ipynb", lambda data: data[:3000]), "cut off", 18),
    "conflict": (
        written(f"{FIRST}.ipynb", lambda data: b"<<<<<<< HEAD\n" + data),
        "merge conflict",
        0,
    ),
    "link": (a_link, "is no ordinary file, but a link", 18),
    "nothing": (nothing, "no notebook is in the folder, nothing at all", 0),
    "text": (only_a_text, "no notebook is in the folder, only answer.pdf", 0),
    "pipe_as_time": (
        a_pipe_as_time,
        "timestamp.txt is no ordinary file, but a named pipe",
        FULL_OF_FIRST,
    ),
    "no_time": (written("timestamp.txt", lambda _: b"1" * 31), "holds no time", FULL_OF_FIRST),
    "package": (package_needed, "the package einops_like is not there: install it", None),
    "import": (
        above_the_class("import not_there_1"),
        "The package not_there_1 is not",
        FULL_OF_FIRST,
    ),
    "loaded": (loaded_from_a_file, "but has '%load my_cell.py': look whether the work", 1),
    "cut_in_two": (cut_in_two, "begins with 'def forward(self, x, c, h):', as if cut off", None),
    "sentence": (
        above_the_class("Here it is:\n"),
        "cannot read its cell at 'Here it is:',",
        1,
    ),
    "newer": (newer_python, "written with Python 3.12, and graded with", None),
}
# Who hands in all four notebooks; what befalls the first alone is tried on the first alone.
SLIPS = {"slip": package_and_a_wrong_prediction}
ALL_FOUR = {
    *("renamed", "in_folders", "in_a_zip", "two_in_one", "no_points", "further"),
    *("cut_off", "link", "nothing", "text"),
}
WAYS = {"autograde grade": autograde, "nbgrader autograde": by_nbgrader}


@pytest.fixture(scope="module")
def courses(tmp_path_factory) -> dict[str, tuple[Path, str]]:
    """Way -> course and what was said, for the same class."""
    base = tmp_path_factory.mktemp("real")
    make_course(base / "course")
    with open(base / "course" / "nbgrader_config.py", "a") as config:
        config.write("\nc.Judge.cell_seconds = 5\nc.Judge.notebook_seconds = 20\n")
    submitted = base / "course" / "submitted"
    for student, (plant, *_) in (JUDGED | ASKED).items():
        names = NOTEBOOKS if student in ALL_FOUR else (FIRST,)
        hand_in(submitted / student / "lstm", solutions(), names)
        plant(submitted / student / "lstm")
    for student, plant in SLIPS.items():
        hand_in(submitted / student / "lstm", solutions(), (FIRST,))
        plant(submitted / student / "lstm")
    for kind, work in (("full", solutions()), ("half", answers("first_attempt"))):
        hand_in(submitted / kind / "lstm", work)
        for seed in ODD:
            odd_hand_in(submitted / f"{kind}_{seed}" / "lstm", work, seed)
    hand_in(Path(os.fsdecode(os.fsencode(submitted) + b"/M\xfcller")) / "lstm", solutions())
    places = [base / way.replace(" ", "_") for way in WAYS]
    for place in places:
        shutil.copytree(base / "course", place, symlinks=True, copy_function=copied)
    with ThreadPoolExecutor(len(WAYS)) as pool:  # much of it waits for time limits
        runs = list(pool.map(lambda command, place: command(place), WAYS.values(), places))
    assert [done.returncode for done in runs] == [1, 1], [done.stderr for done in runs]
    return {w: (p, done.stdout + done.stderr) for w, p, done in zip(WAYS, places, runs)}


def copied(one: str, other: str):
    """Pipes too."""
    if Path(one).is_fifo():
        os.mkfifo(other)
    else:
        shutil.copy2(one, other)


@functools.cache
def scores_in(course: Path) -> dict[str, float]:
    """Of one of the two courses, in which nothing is graded again: read once for all its tests."""
    return scores(course)


@functools.cache
def asked_in(course: Path) -> dict[str, dict]:
    return by_notebook(course)


@pytest.fixture(params=WAYS)
def course(request, courses) -> tuple[Path, str]:
    return courses[request.param]


def run_of(course: Path, student: str) -> dict:
    path = course / "autograded" / student / "lstm" / f"{FIRST}.ipynb"
    return nbformat.read(path, as_version=4).metadata["autograde_run"]


def needs_person(course: Path, student: str) -> bool:
    return any(asked for _, asked in asked_in(course)[student].values())


def test_both_commands_give_the_same(courses):
    one, other = (marks(course) for course, _ in courses.values())
    assert one == other


@pytest.mark.parametrize("student", JUDGED)
def test_what_can_be_found_is_judged_and_noted(course, student):
    folder, _ = course
    full = FULL if student in ALL_FOUR else FULL_OF_FIRST
    assert scores_in(folder)[student] == full, run_of(folder, student)
    assert not needs_person(folder, student)
    notes = run_of(folder, student)["notes"]
    assert any(JUDGED[student][1] in note for note in notes or [""]), notes


@pytest.mark.parametrize("student", ASKED)
def test_what_is_doubtful_asks_a_person(course, student):
    folder, said = course
    _, asks, score = ASKED[student]
    assert needs_person(folder, student)
    assert any(asks in flag for flag in run_of(folder, student)["flags"])
    assert any(student in line and asks in line for line in said.splitlines())
    assert score is None or scores_in(folder)[student] == score


def test_a_package_excuses_no_value_whose_own_cell_ran(course):
    folder, _ = course
    assert scores_in(folder)["slip"] == FULL_OF_FIRST - 1 and not needs_person(folder, "slip")
    assert any("not_there_2" in note for note in run_of(folder, "slip")["notes"])


def test_the_packages_of_students_work(course):
    """A frame, a progress bar and two plots, in a cell of the student's own."""
    path = course[0] / "autograded" / "packages" / "lstm" / f"{FIRST}.ipynb"
    cell = next(c for c in nbformat.read(path, as_version=4).cells if c.source == COMMON)
    kinds = [output.output_type for output in cell.outputs]
    assert "error" not in kinds and "display_data" in kinds
    assert any(out.get("text", "").strip().endswith("1.0") for out in cell.outputs)


def test_odd_hand_ins_lose_nothing_in_silence(course):
    done = {f"{kind}_{seed}": [] for kind in ("full", "half") for seed in ODD}
    assert not wrong_in_silence(course[0], done)


def test_a_name_that_is_no_text_is_said_and_stops_nobody(course):
    folder, said = course
    assert "M\\xfcller" in said and "no UTF-8" in said
    assert scores_in(folder)["full"] == FULL


@pytest.mark.parametrize("way", WAYS)
def test_what_lies_beside_the_folder_of_the_assignment_is_said(tmp_path, way):
    make_course(tmp_path / "course")
    submitted = tmp_path / "course" / "submitted"
    hand_in(submitted / "there" / "lstm", {})
    for place in ("upper/LSTM", "there/lstm (1)", "other/ps1"):
        (submitted / place).mkdir(parents=True)
    (submitted / "upper" / "01_basic_lstm.ipynb").touch()
    done = WAYS[way](tmp_path / "course")
    said = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1 and "Traceback" not in said
    for name in ("LSTM", "lstm (1)", "01_basic_lstm.ipynb"):
        assert f" {name} was not read, since what is handed in lies in the folder lstm" in said
    assert "ps1" not in said


# ---------------------------------------------------------------- nothing ends the class
RAISES = {  # on the way of a submission: the module, and what is called there
    "reading": ("autograde.course.marking", "read_submission"),
    "rebuilding": ("autograde.course.jobs", "rebuild"),
    "judging": ("autograde.course.jobs", "grade_rebuilt"),
    "writing": ("autograde.course.marking", "enter"),
}
RAISING = """
import importlib, sys
module, name = importlib.import_module(sys.argv[1]), sys.argv[2]
usual = getattr(module, name)

def raising(*arguments):
    if "oddly_named" in repr(arguments):
        raise RuntimeError("something unheard of")
    return usual(*arguments)

setattr(module, name, raising)
sys.argv = ["nbgrader", "autograde", "lstm"]
from nbgrader.apps.nbgraderapp import NbGraderApp
NbGraderApp.launch_instance()
"""


@pytest.mark.parametrize("where", RAISES)
def test_whatever_a_submission_raises_stays_with_it(tmp_path, where):
    make_course(tmp_path / "course")
    submitted = tmp_path / "course" / "submitted"
    for student in ("aa", "oddly_named", "zz"):
        folder = submitted / student / "lstm"
        hand_in(folder, solutions())
        for name in NOTEBOOKS[1:]:
            (folder / f"{name}.ipynb").unlink()
    path = submitted / "oddly_named" / "lstm" / f"{FIRST}.ipynb"
    path.rename(path.with_name("oddly_named.ipynb"))
    done = subprocess.run(
        [sys.executable, "-c", RAISING, *RAISES[where]],
        cwd=tmp_path / "course",
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stderr.splitlines() if "Needs a person" in line]
    assert said and all("oddly_named" in line for line in said)
    assert any("something unheard of" in line for line in said)
    found = scores(tmp_path / "course")
    assert (found["aa"], found["zz"], found.get("oddly_named", 0)) == (10, 10, 0)


# ---------------------------------------------------------------- a state of the gradebook
def copy_course(courses, folder: Path) -> Path:
    """The course that our command has graded, to go on with."""
    graded = courses["autograde grade"][0]
    shutil.copytree(graded, folder / "course", symlinks=True, copy_function=copied)
    return folder / "course"


def test_it_is_said_until_a_person_has_cleared_it(courses, tmp_path):
    """At every run and in the report; then no more, and its mark stays theirs."""
    course, only = copy_course(courses, tmp_path), "--student=cut_off"
    again = autograde(course, only)
    assert again.returncode == 1 and "0 graded, 1 unchanged" in again.stdout
    assert "cut_off  01_basic_lstm" in again.stdout
    class_report(course)
    page = (course / "reports" / "lstm.html").read_text(encoding="utf-8")
    assert "it is cut off before its end" in page and "/formgrader/submissions/" in page
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as book:
        notebook = book.find_submission_notebook(FIRST, "lstm", "cut_off")
        notebook.flagged = False
        for grade in notebook.grades:
            grade.manual_score, grade.needs_manual_grade = 1, False
        book.db.commit()
    again = autograde(course, only)
    assert again.returncode == 0 and "0 graded, 1 unchanged" in again.stdout
    class_report(course)
    data = json.loads((course / "reports" / "lstm.json").read_text(encoding="utf-8"))
    assert not next(s for s in data["students"] if s["student"] == "cut_off")["flags"]


def test_marks_that_the_gradebook_has_lost_are_given_again(courses, tmp_path):
    course = copy_course(courses, tmp_path)
    backup = sorted(course.glob("gradebook.db.backup-*"))[0]
    shutil.copy(backup, course / "gradebook.db")
    again = autograde(course, "--student=full")
    assert "1 graded, 0 unchanged" in again.stdout and scores(course)["full"] == FULL


def test_a_gradebook_that_is_damaged_is_named_with_its_newest_copy(courses, tmp_path):
    course = copy_course(courses, tmp_path)
    for copy in course.glob("gradebook.db.backup-*"):
        copy.unlink()
    (course / "gradebook.db").write_text("no gradebook")
    for copy in ("", "gradebook.db.backup-20260101-000000", "gradebook.db.backup-20260102-000000"):
        if copy:
            (course / copy).touch()
        stopped = autograde(course)
        said = f"cp {copy} gradebook.db" if copy else "move it away"
        assert stopped.returncode == 2 and "Traceback" not in stopped.stderr
        assert (
            f"{course / 'gradebook.db'} is damaged: " in stopped.stderr and said in stopped.stderr
        )


def test_a_gradebook_that_was_made_anew_is_filled(courses, tmp_path):
    """However often it has been written to: whom it does not know has not left the course."""
    course = copy_course(courses, tmp_path)
    (course / "gradebook.db").unlink()
    assert "where the gradebook was lost, put the newest copy" in autograde(course).stderr
    checked(nbgrader(course, "generate_assignment", "lstm", "--force"))
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as book:
        for number in range(100):
            book.add_student(f"student_{number}")
    again = autograde(course, "--student=full")
    assert "1 graded, 0 unchanged" in again.stdout and scores(course)["full"] == FULL


def test_what_decides_a_mark_makes_it_old(courses, tmp_path):
    """A due date, and a limit."""
    course = copy_course(courses, tmp_path)
    assert "0 graded, 1 unchanged" in autograde(course, "--student=full").stdout
    with open(course / "nbgrader_config.py", "a") as config:
        config.write("\nc.Judge.cell_seconds = 6\n")
    assert "1 graded, 0 unchanged" in autograde(course, "--student=full").stdout
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as book:
        book.update_or_create_assignment("lstm", duedate="2030-01-01 00:00:00")
    assert "1 graded, 0 unchanged" in autograde(course, "--student=full").stdout


POLICY = """
from nbgrader.plugins import BasePlugin
class Half(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score / 2
c.AssignLatePenalties.plugin_class = Half
"""


def test_a_penalty_follows_an_extension_and_a_mark_by_hand(tmp_path):
    """Both are entered after grading, and change nothing of what was handed in."""
    course = tmp_path / "course"
    make_course(course)
    configure(course, POLICY)
    hand_in(course / "submitted" / "full" / "lstm", solutions())
    (course / "submitted" / "full" / "lstm" / "timestamp.txt").write_text("2026-03-02 12:00:00 UTC")

    def penalty(change: Callable[[Gradebook], None]) -> tuple[float, str]:
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as book:
            change(book)
            book.db.commit()
        done = autograde(course)
        assert done.returncode == 0, done.stderr
        with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as book:
            return book.find_submission("lstm", "full").late_submission_penalty, done.stderr

    def by_hand(book: Gradebook):
        grade = book.find_grade("test_LSTMCell", FIRST, "lstm", "full")
        grade.manual_score, grade.needs_manual_grade = 0, False

    set_due = lambda book: book.update_or_create_assignment("lstm", duedate="2026-03-01 12:00")
    assert penalty(set_due)[0] == FULL / 2
    lost, said = penalty(by_hand)
    assert lost < FULL / 2 and "Late penalty of full, 01_basic_lstm: 5 points before" in said
    none, said = penalty(lambda book: book.grant_extension("lstm", "full", days=2))
    assert none == 0 and said.count("points before, 0 now") == 4
    assert "Late penalty" not in penalty(lambda book: None)[1]
