"""Marks where a course has cells of its own beside those that are judged: table, report and
feedback say what the gradebook has, and a person is asked again about an answer that reads
otherwise."""

from datetime import datetime
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from autograde.course.autograded import same_texts, write_notebooks
from autograde.course.grade import Graded, as_given
from autograde.course.gradebook import enter, record_notebook
from autograde.course.marking import written
from autograde.exercise.faults import load
from autograde.pages.feedback import decisions
from autograde.pages.graded import Run, wanted
from autograde.pages.summary import table_of, worths
from grader_tests.support.ledger import new_gradebook

EXERCISES = load("autograde.lstm")


@pytest.fixture
def url(tmp_path) -> str:
    """02 has an answer of the course's own; a notebook of its own stands first by its name."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with new_gradebook(url) as book:
        book.add_assignment("lstm")
        cells = [
            ("00_essay", "why", 5),
            ("01_basic_lstm", "test_LSTMCell", 10),
            ("02_stacking", "test_LSTM", 8),
            ("02_stacking", "own", 4),
            ("02_stacking", "drawing", 2),
            ("04_peepholes", "test_PeepholeLSTMCell", 0),
            ("05_nothing", "read", None),
        ]
        for notebook in dict.fromkeys(notebook for notebook, *_ in cells):
            book.add_notebook(notebook, "lstm")
        for notebook, cell, most in cells:
            if most is not None:
                kind = {"max_score": most, "cell_type": "code"}
                book.add_grade_cell(cell, notebook, "lstm", **kind)
        book.add_student("ada")
        with book.db.no_autoflush:
            notebooks = list(book.add_submission("lstm", "ada").notebooks)
        for notebook in notebooks:
            for grade in notebook.grades:
                grade.auto_score = {"own": None, "drawing": None}.get(grade.name, grade.max_score)
                grade.needs_manual_grade = grade.auto_score is None
        book.find_grade("drawing", "02_stacking", "lstm", "ada").manual_score = 1
        book.find_grade("test_PeepholeLSTMCell", "04_peepholes", "lstm", "ada").auto_score = 4
        book.db.commit()
    return url


def test_notebooks_are_worth_what_the_gradebook_says(url):
    with Gradebook(url) as book:
        found = [(one.name, one.points, one.bonus) for one in worths(book, "lstm", EXERCISES)]
        assert worths(book, "unheard_of", EXERCISES) == []
    assert found == [
        ("01_basic_lstm", 10, False),
        ("02_stacking", 14, False),
        ("04_peepholes", 4, True),
        ("00_essay", 5, False),
    ]


def test_the_table_counts_as_the_gradebook_does(url):
    with Gradebook(url) as book:
        table = table_of(book, "lstm", worths(book, "lstm", EXERCISES))
    assert [column.header.split("\n")[-1] for column in table.columns] == [
        *("student", "of 10", "of 14", "bonus 4", "of 5", "of 29"),
    ]
    assert [str(cell) for column in table.columns for cell in column.cells] == [
        *("ada", "10", "9", "4", "5", "28"),
    ]


def test_a_page_says_who_has_decided_a_mark(url):
    about = {"db_url": url, "notebook": "02_stacking", "assignment": "lstm", "student": "ada"}
    assert decisions(about) == {
        "own": "not marked yet by your instructor",
        "drawing": "marked by your instructor",
    }


# ---------------------------------------------------------------- answered once more
def answered(essay: str, drawn: str, picture: str = "") -> nbformat.NotebookNode:
    own = new_markdown_cell(drawn, id="own-1")
    cells = [new_markdown_cell(essay), new_markdown_cell("Draw it."), own]
    cells[0].metadata["nbgrader"] = {"grade_id": "own", "grade": True, "solution": True}
    cells[0]["attachments"] = {"a.png": {"image/png": picture}}
    cells[1].metadata["nbgrader"] = {"grade_id": "drawing", "task": True}
    return new_notebook(cells=cells)


@pytest.mark.parametrize(
    "again, asked",
    [
        (answered("gates add", "a sketch"), set()),
        (answered("gates multiply", "a sketch"), {"own", "drawing"}),
        (answered("gates add", "a sketch", "iVBO"), {"own", "drawing"}),
        (answered("gates add", "another"), {"drawing"}),
    ],
)
def test_a_mark_by_hand_asks_again_where_the_answer_is_another(url, tmp_path, again, asked):
    path = tmp_path / "02_stacking.ipynb"
    nbformat.write(answered("gates add", "a sketch"), path)
    result = Graded("02_stacking", None, {}, text=nbformat.writes(again))
    result.same = same_texts(path, result)
    with Gradebook(url) as book:
        notebook = book.find_submission_notebook("02_stacking", "lstm", "ada")
        own = {grade.name: grade for grade in notebook.grades if grade.name != "test_LSTM"}
        for grade in own.values():
            grade.manual_score, grade.needs_manual_grade = 2, False
        for _ in range(2):  # until a person has looked, whatever is graded meanwhile
            record_notebook(notebook, result)
            assert {name for name, grade in own.items() if grade.needs_manual_grade} == asked
            result.same = frozenset(own)


def test_what_was_never_graded_is_not_the_same(tmp_path):
    result = Graded("n", None, {}, text=nbformat.writes(answered("x", "y")))
    assert same_texts(tmp_path / "n.ipynb", result) == set()


def test_a_late_policy_decides_by_its_text():
    assert "class Gradebook" in written(Gradebook)
    assert written(type("Typed", (), {"__module__": "__main__x"})) == "__main__x"


def test_who_is_late_no_more_loses_nothing(url):
    """With a policy that takes nothing off, and with a hand-in that was in time."""

    def penalties(penalty: float | None):
        policy = SimpleNamespace(late_submission_penalty=lambda *about: penalty)
        return SimpleNamespace(plugin_inst=policy, _check_late_penalty=lambda _, found: found)

    with Gradebook(url) as book:
        book.update_or_create_assignment("lstm", duedate="2026-03-01 12:00:00 UTC")
        late, result = datetime(2026, 3, 1, 13), Graded("01_basic_lstm", None, {})
        for when, penalty, expected in (
            *((late, 2.0, 2), (late, None, 0), (late, 3.0, 3)),
            *((None, 3.0, 0), (late, 1.0, 1), (datetime(2026, 3, 1, 11), 1.0, 0)),
        ):
            enter(book, "lstm", "ada", when, [result], penalties(penalty))
            submission = book.find_submission("lstm", "ada")
            assert (submission.timestamp, submission.late_submission_penalty) == (when, expected)


def test_the_time_of_an_earlier_hand_in_does_not_stay(tmp_path):
    nothing = SimpleNamespace(kit={})
    write_notebooks(nothing, tmp_path, datetime(2026, 3, 1), "secret", {}, False)
    assert len(list(tmp_path.iterdir())) == 2
    write_notebooks(nothing, tmp_path, None, None, {}, False)
    assert not list(tmp_path.iterdir())


# ---------------------------------------------------------------- left blank, cleared
@pytest.mark.parametrize(
    "above, picture, below, blank",
    [
        ("", "", "", ["own"]),
        ("", "", "  ", ["own"]),
        ("", "", "gates add", []),
        ("gates add", "", "", []),
        ("", "iVBO", "", []),
    ],
)
def test_an_answer_in_words_is_blank_where_nothing_stands_beside_it(above, picture, below, blank):
    """Whoever leaves the stub and writes into a cell below it has answered."""
    release, notebook = answered("Write here.", ""), answered("Write here.", "", picture)
    notebook.cells[0:1] = [
        new_markdown_cell("The question.", id="text"),
        *([new_markdown_cell(above, id="own-7")] if above else []),
        notebook.cells[0],
        *([new_markdown_cell(below, id="own-8")] if below else []),
    ]
    assert as_given(notebook, release) == blank


def test_what_is_wanted_goes_step_by_step():
    run = Run(flags=("A package is not there.",))
    assert wanted(run, True, ["essay"]) == ["A package is not there."]
    assert wanted(run, False, ["essay"]) == ["essay waits for a person's mark."]
    assert wanted(run, False, []) == []
    assert wanted(Run(), True, []) == ["it is flagged in the formgrader."]
