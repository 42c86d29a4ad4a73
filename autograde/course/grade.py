"""Grades one notebook: run in the student's process, asked, judged. Values in, values out."""

import time
import traceback
from dataclasses import dataclass, field
from itertools import takewhile

from nbformat import NotebookNode

from ..box.clock import clock
from ..box.notebook import Limits
from ..box.sandbox import Unavailable
from ..box.warm import Warm
from ..exercise.declared import Exercise
from ..exercise.verdict import Verdict, zero
from ..judge.classes import NOT_SEEN
from ..pages.graded import Run, grade_id, put_run, put_verdict
from .chance import Chance
from .rebuild import Rebuilt
from .release import Assignment
from .running import NOT_RUN, Running
from .second import look_again

NO_BOX = "no box holds here, so that nothing of a student ran"
NOT_STARTED = "none needed: nothing of a student ran"
JUDGING = 60  # seconds for our own work, where a notebook has used up all of its time


@dataclass
class Graded:
    """A graded notebook.

    notebook: with outputs and verdicts in it; verdicts: grade_id of the test cell to verdict;
    notes, asks: for the instructor, what was put right and what needs a person; unchanged: cells to
    fill in that are as they were given out; lacks: packages that were not there; tests: grade_id of
    a plain nbgrader test to its score; text: the notebook as JSON, where it has travelled; same:
    cells with the text that they had when they were graded last; protection: the box that it ran
    in; disturbed: whether something that is not the student's may have cost marks, or have hidden
    what ran, so that it is worth another try.
    """

    name: str
    notebook: NotebookNode | None
    verdicts: dict[str, Verdict]
    notes: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)
    unchanged: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    tests: dict[str, float | None] = field(default_factory=dict)
    text: str = ""
    same: frozenset[str] = frozenset()
    protection: str = ""
    disturbed: bool = False

    @property
    def flags(self) -> list[str]:
        """What a person should look at."""
        said = [flag for verdict in self.verdicts.values() for flag in verdict.flags]
        return list(dict.fromkeys([*self.asks, *said]))


def grade_rebuilt(
    name: str,
    rebuilt: Rebuilt,
    own: dict[str, str],
    assignment: Assignment,
    warm: Warm,
    drawn: Chance,
    limits: Limits = Limits(),
) -> Graded:
    """Every test cell starts at zero, 'not run', so that nothing that goes wrong can leave a mark
    behind. own: the student's own files.
    """
    began = time.monotonic()
    graded = not_yet(name, rebuilt, assignment)
    if rebuilt.missing is None:
        exercises = by_test(assignment, name)
        shipped = assignment.packages | {path.partition("/")[0].removesuffix(".py") for path in own}
        running = Running(graded, exercises, limits, drawn, rebuilt.python, shipped)
        try:
            kit = own | assignment.kit_for(name)
            warm.need([*running.sources, *own.values()])
            with warm.student(kit, running.student_limits, drawn.seed("student")) as student:
                with clock(limits.whole + JUDGING):
                    running.run(student)
            graded.disturbed = student.killed and bool(running.lost())
            graded.disturbed |= any(NOT_SEEN in flag for flag in graded.flags)
            graded.asks += second_look(graded, exercises, warm, kit, limits, drawn)
        except Unavailable as problem:
            fault(graded, exercises, f"no process could be started for it ({problem})")
            graded.disturbed = True
        except Exception as problem:
            fault(graded, exercises, described(problem))
        graded.lacks = tuple(sorted(running.lacks))
    try:
        protection = warm.protections
    except Unavailable:
        protection = NO_BOX
    finish(graded, assignment, protection, time.monotonic() - began)
    return graded


def second_look(graded: Graded, exercises, warm: Warm, kit: dict[str, str], limits, drawn: Chance):
    """What a person is told of it. No mark depends on it, nor on whether it comes to an end."""
    try:
        with clock(limits.notebook + JUDGING):
            return look_again(graded, exercises, warm, kit, limits, drawn)
    except Exception as problem:
        return [f"{graded.name} could not be looked at a second time: {described(problem)}."]


def not_graded(name: str, rebuilt: Rebuilt, assignment: Assignment, why: str) -> Graded:
    """What is recorded where a notebook could not be graded at all: zeros with a reason, and a
    flag.
    """
    graded = not_yet(name, rebuilt, assignment)
    fault(graded, by_test(assignment, name), why)
    finish(graded, assignment, NOT_STARTED, 0.0)
    return graded


def by_test(assignment: Assignment, notebook: str) -> dict[str, Exercise]:
    """grade_id of the test cell to exercise."""
    return {exercise.test_id: exercise for exercise in assignment.in_notebook(notebook)}


def not_yet(name: str, rebuilt: Rebuilt, assignment: Assignment) -> Graded:
    why = rebuilt.missing or NOT_RUN
    verdicts = {key: zero(exercise, why) for key, exercise in by_test(assignment, name).items()}
    unchanged = tuple(as_given(rebuilt.notebook, assignment.notebooks[name]))
    graded = Graded(name, rebuilt.notebook, verdicts, rebuilt.notes, rebuilt.asks, unchanged)
    put_tests(graded, assignment)
    return graded


def put_tests(graded: Graded, assignment: Assignment):
    """nbgrader's own tests with their hidden lines, each at zero until it has run."""
    for cell in graded.notebook.cells:
        if (graded.name, grade_id(cell)) in assignment.tests:
            cell.source = assignment.tests[graded.name, grade_id(cell)]
            graded.tests[grade_id(cell)] = 0.0


def described(problem: Exception) -> str:
    """An error of ours, with its place in our code."""
    last = traceback.extract_tb(problem.__traceback__)[-1]
    file = last.filename.rpartition("/")[2]
    return f"{type(problem).__name__} in {file}, line {last.lineno}: {problem}"


def finish(graded: Graded, assignment: Assignment, protection: str, seconds: float):
    """Verdicts into the test cells, and what the run saw into the notebook."""
    exercises = by_test(assignment, graded.name)
    for cell in graded.notebook.cells:
        if grade_id(cell) in exercises:
            put_verdict(cell, exercises[grade_id(cell)], graded.verdicts[grade_id(cell)])
    graded.protection = protection
    seen = Run(tuple(graded.notes), tuple(graded.flags), protection, round(seconds, 2))
    put_run(graded.notebook, seen)


def as_given(notebook: NotebookNode, release: NotebookNode) -> list[str]:
    """grade_ids of the solution cells that are as they were given out. An answer in words may be a
    picture alone, or stand in a cell of the student's own beside its place."""
    given = {grade_id(cell): what_is_in(cell) for cell in release.cells if grade_id(cell)}
    return [
        key
        for number, cell in enumerate(notebook.cells)
        if (key := grade_id(cell))
        and cell.metadata.nbgrader.get("solution")
        and what_is_in(cell) == given[key]
        and not (cell.cell_type == "markdown" and own_beside(notebook.cells, number))
    ]


def what_is_in(cell: NotebookNode) -> tuple:
    return cell.source.strip(), cell.get("attachments") or {}


def own_beside(cells: list[NotebookNode], number: int) -> bool:
    """Whether something is written in cells of the student's own right above or below a cell."""
    is_own = lambda cell: cell.get("id", "").startswith("own-")
    beside = [*takewhile(is_own, cells[number + 1 :]), *takewhile(is_own, cells[:number][::-1])]
    return any(cell.source.strip() for cell in beside)


def fault(graded: Graded, exercises: dict[str, Exercise], what: str):
    """Our side failed: what is judged already stays, the rest is zero until a person looks."""
    told = (
        "This could not be marked, through a fault of the grader's; your instructor has been told."
    )
    for key, exercise in exercises.items():
        if any(result.sentence == NOT_RUN for result in graded.verdicts[key].results):
            flags = (f"{exercise.name}: not marked, {what}.",)
            graded.verdicts[key] = zero(exercise, told, flags)
