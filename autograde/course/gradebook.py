"""Marks into nbgrader's gradebook, through nbgrader's own API: one transaction for each student,
and a copy before a run.
"""

import datetime
import shutil
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment, SubmittedNotebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.engine import make_url

from .grade import Graded
from .release import Assignment, NotReady

BACKUPS = 3
MARKS_NOT_WRITTEN = (
    "graded, but the marks could not be written ({}); the next run grades this submission again"
)


def back_up(db_url: str) -> Path | None:
    """Copy an SQLite gradebook beside itself, the last few kept; None where there is none (other
    databases have their own ways).

    Raises NotReady where it cannot be copied.
    """
    url = make_url(db_url)
    path = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or not path.is_file():
        return None
    copy = path.with_name(f"{path.name}.backup-{datetime.datetime.now():%Y%m%d-%H%M%S}")
    try:
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        shutil.copymode(path, copy)
    except (OSError, sqlite3.Error) as problem:
        copy.unlink(missing_ok=True)
        raise NotReady(
            f"{path.name} could not be copied before the run ({reason(problem)}): is the disk "
            "full? Nothing was graded."
        ) from None
    for old in sorted(path.parent.glob(f"{path.name}.backup-*"))[:-BACKUPS]:
        old.unlink()
    return copy


def reason(problem: Exception) -> str:
    """One line for an error of the file system or the database."""
    return (
        str(getattr(problem, "orig", None) or getattr(problem, "strerror", None) or problem)
        .strip()
        .split("\n")[0]
    )


@contextmanager
def transaction(gradebook: Gradebook):
    """Everything inside becomes one commit, whatever the API commits in between; or nothing, where
    something raises.
    """
    session = gradebook.db
    commit, session.commit = session.commit, session.flush
    try:
        with session.no_autoflush:
            yield
        commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.commit = commit


def check_assignment(gradebook: Gradebook, assignment: Assignment):
    """Raises NotReady where the gradebook does not know the released test cells, or not with our
    points.
    """
    remedy = f"run `nbgrader generate_assignment {assignment.name} --force`"
    for exercise in assignment.exercises.values():
        try:
            cell = gradebook.find_grade_cell(exercise.test_id, exercise.notebook, assignment.name)
        except MissingEntry:
            raise NotReady(
                f"The gradebook has no cell {exercise.test_id} in {assignment.name}: {remedy}."
            ) from None
        worth = 0 if exercise.bonus else exercise.points
        if cell.max_score != worth:
            raise NotReady(
                f"The cell {exercise.test_id} has {cell.max_score:g} points in the gradebook and "
                f"{worth:g} in the exercise: make them equal, then {remedy}."
            )


def clear(gradebook: Gradebook, assignment: Assignment, student: str, names):
    """Marks of these notebooks that are in the gradebook already go to zero, for as long as nothing
    better is known.
    """
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        return
    ours = {e.test_id for name in names for e in assignment.in_notebook(name)}
    with transaction(gradebook):
        for grade in (grade for notebook in submission.notebooks for grade in notebook.grades):
            if grade.cell.name in ours:
                grade.auto_score, grade.needs_manual_grade = 0.0, True


def enter(
    gradebook: Gradebook,
    assignment: str,
    student: str,
    timestamp: datetime.datetime | None,
    graded: list[Graded],
    penalties: AssignLatePenalties,
):
    """A submission and the marks of its graded notebooks, in one transaction. Manual scores,
    comments and other cells stay as they are.
    """
    with transaction(gradebook):
        gradebook.update_or_create_student(student)
        when = {"timestamp": timestamp} if timestamp else {}
        submission = gradebook.update_or_create_submission(assignment, student, **when)
        put_marks(gradebook, submission, graded, penalties)


def put_marks(
    gradebook: Gradebook,
    submission: SubmittedAssignment,
    graded: list[Graded],
    penalties: AssignLatePenalties,
):
    notebooks = {notebook.name: notebook for notebook in submission.notebooks}
    for result in graded:
        record_notebook(notebooks[result.name], result)
    late = submission.total_seconds_late > 0
    if late:
        gradebook.db.flush()
    for notebook in (notebooks[result.name] for result in graded):
        notebook.late_submission_penalty = None
        if late:
            gradebook.db.refresh(notebook)
            record_penalty(notebook, submission, penalties)


def record_notebook(notebook: SubmittedNotebook, result: Graded):
    """What a person has entered stays: scores, extra credit, comments, and flags. As in nbgrader, a
    score of theirs asks to be looked at again.

    A bonus is an automatic score above the cell's maximum of 0, so that extra credit is the
    instructor's alone.
    """
    for grade in notebook.grades:
        verdict = result.verdicts.get(grade.cell.name)
        if verdict is not None:
            grade.auto_score = verdict.score
            grade.needs_manual_grade = grade.manual_score is not None or bool(verdict.flags)
    for comment in notebook.comments:
        comment.auto_comment = "No response." if comment.cell.name in result.unchanged else None
    notebook.flagged = notebook.flagged or bool(result.flags)


def record_penalty(
    notebook: SubmittedNotebook, submission: SubmittedAssignment, penalties: AssignLatePenalties
):
    """nbgrader's own plugin decides, as in its AssignLatePenalties."""
    penalty = penalties.plugin_inst.late_submission_penalty(
        submission.student.id, notebook.score, submission.total_seconds_late
    )
    if penalty is not None:
        notebook.late_submission_penalty = penalties._check_late_penalty(notebook, penalty)
