"""All that grading leaves behind for a class, as plain rows, to compare one way of grading with
another."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograde.course.release import read_release
from autograde.pages.summary import read_verdicts


@contextmanager
def new_gradebook(url: str, course: str = "course"):
    """One that is made here: nbgrader runs a bare `alembic` for it, which lies beside this
    Python."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        with Gradebook(url, course) as book:
            yield book


def assignment(course: Path):
    return read_release(course / "release" / "lstm", "lstm", "autograde.lstm")


def marks(course: Path, db_url: str = "") -> dict[tuple[str, ...], tuple]:
    """(student, notebook, cell) -> what the gradebook holds of it."""
    found = {}
    with Gradebook(db_url or f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        for submission in gradebook.find_assignment("lstm").submissions:
            for notebook in submission.notebooks:
                place = submission.student.id, notebook.name
                found[place] = notebook.score, notebook.late_submission_penalty, notebook.flagged
                found |= {
                    (*place, grade.name): (
                        grade.auto_score,
                        grade.manual_score,
                        grade.extra_credit,
                        grade.needs_manual_grade,
                    )
                    for grade in notebook.grades
                }
                found |= {
                    (*place, f"comment on {comment.name}"): (
                        comment.auto_comment,
                        comment.manual_comment,
                    )
                    for comment in notebook.comments
                }
    return found


def verdicts(course: Path) -> dict[tuple[str, ...], dict[str, tuple]]:
    """(student, class) -> criterion -> (points, met), from the graded notebooks."""
    found = {}
    folders = {path.parent.name: path for path in sorted((course / "autograded").glob("*/lstm"))}
    names = list(assignment(course).notebooks)
    for student, notebooks in read_verdicts(folders, names).items():
        for verdict in sum(notebooks.values(), []):
            found[student, verdict.name] = {
                result.key: (result.points, result.met) for result in verdict.results
            }
    return found


def scores(course: Path, db_url: str = "") -> dict[str, float]:
    """student -> score, the bonus on top."""
    found = {}
    for place, mark in marks(course, db_url).items():
        if len(place) == 2:
            found[place[0]] = found.get(place[0], 0) + mark[0]
    return found
