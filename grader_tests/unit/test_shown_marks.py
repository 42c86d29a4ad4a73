"""What the table, the report and the feedback say of marks, where a course has cells of its own
beside those that are judged: what the gradebook has."""

import pytest
from nbgrader.api import Gradebook

from autograde.exercise.faults import load
from autograde.pages.feedback import decisions
from autograde.pages.summary import table_of, worths

EXERCISES = load("autograde.lstm")


@pytest.fixture
def url(tmp_path) -> str:
    """02 has an answer of the course's own; a notebook of its own stands first by its name."""
    url = f"sqlite:///{tmp_path / 'gradebook.db'}"
    with Gradebook(url, "course") as book:
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
    assert [cell for column in table.columns for cell in column.cells] == [
        *("ada", "10", "9", "4", "5", "28"),
    ]


def test_a_page_says_who_has_decided_a_mark(url):
    about = {"db_url": url, "notebook": "02_stacking", "assignment": "lstm", "student": "ada"}
    assert decisions(about) == {
        "own": "not marked yet by your instructor",
        "drawing": "marked by your instructor",
    }
