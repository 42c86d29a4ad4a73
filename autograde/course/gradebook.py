"""Marks into nbgrader's gradebook, through nbgrader's own API: one transaction for each student,
and a copy before a run.
"""

import datetime
import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.engine import make_url

from ..pages.graded import grade_id
from . import release
from .files import READ_ONLY, is_read_only, owner_of, reason
from .grade import Graded
from .release import NotReady

BACKUPS = 3
CELLS_CHANGED = (
    "{0} has submissions, and its source has lost or gained graded cells since: {1}. Nothing was "
    "changed, and all marks stay. Give the cells their old names and number back; changed texts, "
    "points and solutions are taken as they are. For new cells all the same: `nbgrader db "
    "assignment remove {0} --force`, generate it, set its due date, and grade again. What is in "
    "submitted/ is then marked anew; marks and comments entered by hand are lost."
)


def begin_anew(gradebook: Gradebook):
    """After Ctrl-C, which may have come in the middle of a commit: what is asked from here on is
    asked of what is in the file."""
    gradebook.db.close()


def back_up(db_url: str) -> Path | None:
    """Copy an SQLite gradebook beside itself, the last few kept; None where there is none (other
    databases have their own ways).

    Raises NotReady where it cannot be copied or written.
    """
    url = make_url(db_url)
    path = Path(url.database or "")
    if url.get_backend_name() != "sqlite" or not path.is_file():
        return None
    for place, what in ((path, "The gradebook"), (path.parent, "The folder of the gradebook,")):
        if not os.access(place, os.W_OK):
            if is_read_only(place):
                raise NotReady(READ_ONLY.format(place))
            raise NotReady(
                f"{what} {place} cannot be written to: {owner_of(place)}, whose it is, can give it "
                "its rights (chmod ug+w). Nothing was graded."
            )
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
        with suppress(OSError):  # another's, in a folder where each may take away their own
            old.unlink()
    return copy


def remedy(db_url: str, problem: Exception) -> str:
    """What to do where the file of an SQLite gradebook is none; "" for other troubles."""
    if type(getattr(problem, "orig", None)) is not sqlite3.DatabaseError:
        return ""
    path = Path(make_url(db_url).database or "")
    return f" {path} is damaged: {put_back(path) or 'move it away, and grade again'}."


def put_back(path: Path) -> str:
    """What brings the newest copy of a gradebook back; empty where there is none."""
    copies = sorted(path.parent.glob(f"{path.name}.backup-*"))
    return f"put the newest copy in its place: cp {copies[-1].name} {path.name}" if copies else ""


def or_put_back(gradebook: Gradebook) -> str:
    """That beside another remedy, where a gradebook holds no assignment: it may be another one."""
    copy = put_back(Path(gradebook.engine.url.database or "")) if not gradebook.assignments else ""
    return f"; or, where the gradebook was lost, {copy}" if copy else ""


def writes(db_url: str) -> int:
    """How often an SQLite gradebook has been written to, by its own count, which begins anew in a
    copy of ours; 0 for another database.
    """
    try:
        with open(make_url(db_url).database or "", "rb") as file:
            head = file.read(28)
    except OSError:
        return 0
    return int.from_bytes(head[24:], "big") if head.startswith(b"SQLite") else 0


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


def check_assignment(gradebook: Gradebook, assignment: release.Assignment):
    """Raises NotReady where the gradebook does not know the released test cells, or not with our
    points.
    """
    remedy = f"run `nbgrader generate_assignment {assignment.name} --force`"
    for exercise in assignment.exercises.values():
        try:
            cell = gradebook.find_grade_cell(exercise.test_id, exercise.notebook, assignment.name)
        except MissingEntry:
            raise NotReady(
                f"The gradebook has no cell {exercise.test_id} in {assignment.name}: {remedy}"
                f"{or_put_back(gradebook)}."
            ) from None
        worth = 0 if exercise.bonus else exercise.points
        if cell.max_score != worth:
            raise NotReady(
                f"The cell {exercise.test_id} has {cell.max_score:g} points in the gradebook and "
                f"{worth:g} by its criteria: {remedy}."
            )


def check_cells(gradebook: Gradebook, name: str, sources: dict[str, NotebookNode]):
    """Raises NotReady where nbgrader would not take these sources into the gradebook: there are
    submissions, and the notebooks or their graded cells are others than then.
    """
    known = {one.name: one for one in gradebook.assignments}
    if name not in known or not known[name].submissions:
        return
    there = {notebook.name: cells_of(notebook) for notebook in known[name].notebooks}
    now = {notebook: cells_in(source) for notebook, source in sources.items()}
    changed = [
        f"{notebook} ({listed(now.get(notebook, set()) ^ there.get(notebook, set()))})"
        for notebook in sorted(now.keys() | there.keys())
        if now.get(notebook) != there.get(notebook)
    ]
    if changed:
        raise NotReady(CELLS_CHANGED.format(name, ", ".join(changed)))


def cells_of(notebook: Notebook) -> set[str]:
    kept = (notebook.grade_cells, notebook.solution_cells, notebook.task_cells)
    return {cell.name for cells in (*kept, notebook.source_cells) for cell in cells}


def cells_in(source: NotebookNode) -> set[str]:
    """grade_ids of what nbgrader keeps in its gradebook."""
    asked = (utils.is_grade, utils.is_solution, utils.is_locked, utils.is_task)
    return {grade_id(cell) for cell in source.cells if any(kept(cell) for kept in asked)}


def listed(names: set[str]) -> str:
    return ", ".join(sorted(names)) or "no cells"


def plain_tests(gradebook: Gradebook, assignment: release.Assignment) -> dict:
    """(notebook, grade_id) to text, of the tests that no exercise of ours judges: nbgrader keeps
    there what it took out of the release.
    """
    ours = {exercise.test_id for exercise in assignment.exercises.values()}
    return {
        (notebook.name, cell.name): source.source
        for notebook in gradebook.find_assignment(assignment.name).notebooks
        if notebook.name in assignment.notebooks
        for cell in notebook.grade_cells
        for source in notebook.source_cells
        if cell.name == source.name and source.cell_type == "code" and source.locked
        if cell.name not in ours
    }


def clear(
    gradebook: Gradebook,
    assignment: release.Assignment,
    student: str,
    names: list[str],
    flagged: list[str],
):
    """Marks of these notebooks that are in the gradebook already go to zero, for as long as nothing
    better is known; and so do the flags that we have set.
    """
    try:
        submission = gradebook.find_submission(assignment.name, student)
    except MissingEntry:
        return
    ours = {e.test_id for name in names for e in assignment.in_notebook(name)}
    ours |= {cell for notebook, cell in assignment.tests if notebook in names}
    with transaction(gradebook):
        for notebook in submission.notebooks:
            notebook.flagged = notebook.flagged and notebook.name not in flagged
            for grade in notebook.grades:
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
        submission = gradebook.update_or_create_submission(assignment, student)
        submission.timestamp = timestamp  # of this hand-in: an earlier one may have been late
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
        if late:
            gradebook.db.refresh(notebook)
        notebook.late_submission_penalty = penalty_of(notebook, submission, penalties)


def record_notebook(notebook: SubmittedNotebook, result: Graded):
    """What a person has entered stays: scores, extra credit, comments, and flags. As in nbgrader, a
    score of theirs asks to be looked at again; that of an answer only where it reads otherwise now.

    A bonus is an automatic score above the cell's maximum of 0, so that extra credit is the
    instructor's alone. Where a person is asked about the notebook as a whole, every mark that is
    not full waits for them.
    """
    for grade in notebook.grades:
        verdict = result.verdicts.get(grade.cell.name)
        if verdict is not None:
            lost = verdict.score < verdict.points
            grade.auto_score = verdict.score
            grade.needs_manual_grade = bool(
                grade.manual_score is not None or verdict.flags or (result.asks and lost)
            )
        elif grade.cell.name in result.tests:
            grade.auto_score = result.tests[grade.cell.name]
            lost = grade.auto_score is not None and grade.auto_score < grade.cell.max_score
            grade.needs_manual_grade = bool(
                grade.manual_score is not None or grade.auto_score is None or (result.asks and lost)
            )
        else:  # written answers, and code that a person marks
            blank = grade.cell.name in result.unchanged
            grade.auto_score = 0.0 if blank else None
            if grade.manual_score is None:
                grade.needs_manual_grade = not blank
            elif grade.cell.name not in result.same:
                grade.needs_manual_grade = True
    for comment in notebook.comments:
        comment.auto_comment = "No response." if comment.cell.name in result.unchanged else None
    notebook.flagged = notebook.flagged or bool(result.flags)


# ---------------------------------------------------------------- what the gradebook holds
@dataclass
class Held:
    """One notebook of a submission in the gradebook. id: nbgrader's own; waiting: cells whose mark
    waits for a person; marks: cell to automatic score.
    """

    id: str
    flagged: bool
    waiting: list[str] = field(default_factory=list)
    marks: dict[str, float | None] = field(default_factory=dict)

    @property
    def needs_person(self) -> bool:
        return self.flagged or bool(self.waiting)


def held(gradebook: Gradebook, assignment: str) -> dict[tuple[str, str], Held]:
    """(student, notebook) to what the gradebook holds of it, for a whole class at once."""
    about_notebook = (
        *(SubmittedAssignment.student_id, Notebook.name, SubmittedNotebook.id),
        SubmittedNotebook.flagged,
    )
    about_cell = (BaseCell.name, Grade.auto_score, Grade.needs_manual_grade)
    found = {}
    for student, notebook, key, flagged, cell, score, waits in (
        gradebook.db.query(*about_notebook, *about_cell)
        .select_from(SubmittedNotebook)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .outerjoin(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .outerjoin(BaseCell, BaseCell.id == Grade.cell_id)
        .filter(Assignment.name == assignment)
    ):
        about = found.setdefault((student, notebook), Held(key, bool(flagged)))
        if cell is not None:
            about.marks[cell] = score
            about.waiting += [cell] if waits else []
    return found


def penalty_of(
    notebook: SubmittedNotebook, submission: SubmittedAssignment, penalties: AssignLatePenalties
) -> float | None:
    """nbgrader's own plugin decides, as in its AssignLatePenalties."""
    if submission.total_seconds_late <= 0:
        return None
    penalty = penalties.plugin_inst.late_submission_penalty(
        submission.student.id, notebook.score, submission.total_seconds_late
    )
    return None if penalty is None else penalties._check_late_penalty(notebook, penalty)


def new_penalties(
    gradebook: Gradebook, assignment: str, student: str, names: list[str], penalties
) -> list[tuple[SubmittedNotebook, float | None]]:
    """The late penalties that have become others since these notebooks were graded: a person has
    granted an extension, or entered a mark."""
    submission = gradebook.find_submission(assignment, student)
    found = [
        (notebook, penalty_of(notebook, submission, penalties))
        for notebook in submission.notebooks
        if notebook.name in names
    ]
    return [(one, now) for one, now in found if (now or 0) != (one.late_submission_penalty or 0)]
