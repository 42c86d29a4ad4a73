"""Grades notebooks: rebuilt, run in the student's process, asked, judged. What goes in and what comes out are values."""

import html
import time
import traceback
from dataclasses import dataclass, field

from nbformat import NotebookNode
from nbformat.v4 import new_output

from ..box.process import CellResult, Limits, Student, Unavailable, Warm
from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict, zero
from ..judge import examine
from .release import Assignment
from .submission import Rebuilt, grade_id

DESK_ONLY = "desk-only"  # tag in the release: a demonstration, which does not run at grading
NOT_RUN = "Not run."
NOT_WRITTEN = "Not written yet: the cell is as it was given out."


@dataclass
class Graded:
    """The notebook with outputs and verdicts; `verdicts`: grade_id of the test cell to verdict; `notes` for the instructor;
    `unchanged`: solution cells that are as they were given out; `text`: the notebook as JSON, where it has travelled."""

    name: str
    notebook: NotebookNode | None
    verdicts: dict[str, Verdict]
    notes: list[str] = field(default_factory=list)
    unchanged: tuple[str, ...] = ()
    text: str = ""

    @property
    def flags(self) -> list[str]:
        """What a person should look at."""
        return [flag for verdict in self.verdicts.values() for flag in verdict.flags]


def grade_rebuilt(
    name: str, rebuilt: Rebuilt, assignment: Assignment, warm: Warm, limits: Limits = Limits()
) -> Graded:
    """Every test cell starts at zero, 'not run', so that nothing that goes wrong can leave a mark behind."""
    exercises, began = (
        {exercise.test_id: exercise for exercise in assignment.in_notebook(name)},
        time.monotonic(),
    )
    graded = Graded(
        name,
        rebuilt.notebook,
        {key: zero(exercise, rebuilt.missing or NOT_RUN) for key, exercise in exercises.items()},
        rebuilt.notes,
    )
    graded.unchanged = tuple(as_given(rebuilt.notebook, assignment.notebooks[name]))
    if rebuilt.missing is None:
        try:
            with warm.student(assignment.kit_for(name), limits) as student:
                run(graded, exercises, student)
        except Unavailable as problem:
            fault(graded, exercises, f"no process could be started for it ({problem})")
        except Exception as problem:
            last = traceback.extract_tb(problem.__traceback__)[-1]
            fault(
                graded,
                exercises,
                f"{type(problem).__name__} in {last.filename.rpartition('/')[2]}, line {last.lineno}: {problem}",
            )
    finish(graded, exercises, warm.protections, time.monotonic() - began)
    return graded


def finish(graded: Graded, exercises: dict[str, Exercise], protection: str, seconds: float):
    """Verdicts into the test cells, and what an instructor may want to know into the notebook's metadata."""
    for cell in graded.notebook.cells:
        if grade_id(cell) in exercises:
            show(cell, exercises[grade_id(cell)], graded.verdicts[grade_id(cell)])
    graded.notebook.metadata["autograde"] = {
        "notes": graded.notes,
        "flags": graded.flags,
        "protection": protection,
        "seconds": round(seconds, 2),
    }


def as_given(notebook: NotebookNode, release: NotebookNode):
    given = {grade_id(cell): cell.source for cell in release.cells if grade_id(cell)}
    return [
        key
        for cell in notebook.cells
        if (key := grade_id(cell))
        and cell.metadata.nbgrader.get("solution")
        and cell.source.strip() == given[key].strip()
    ]


def fault(graded: Graded, exercises: dict[str, Exercise], what: str):
    """Our side failed: what is judged already stays, the rest is zero until a person looks."""
    for key, exercise in exercises.items():
        if any(result.sentence == NOT_RUN for result in graded.verdicts[key].results):
            graded.verdicts[key] = zero(
                exercise,
                "This could not be marked, through a fault of the grader's; your instructor has been told.",
                (f"{exercise.name}: not marked, {what}.",),
            )


def run(graded: Graded, exercises: dict[str, Exercise], student: Student):
    """All cells in order: the student's run, the demonstrations do not, and at a test cell the class is asked for."""
    cells, count = {}, 0
    for cell in graded.notebook.cells:
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        key = grade_id(cell)
        if key in exercises:
            exercise = exercises[key]
            verdict = examine(exercise, student.ask, cells.get(exercise.name, Cell()))
            blank = exercise.name in graded.unchanged and not verdict.score
            graded.verdicts[key] = zero(exercise, NOT_WRITTEN) if blank else verdict
        elif DESK_ONLY not in cell.metadata.get("tags", []) and cell.source.strip():
            result = student.execute(cell.source, count, added=key is None)
            cell.outputs = [new_output(**output) for output in result.outputs]
            cells[key] = became(cell.source, result)


def became(source: str, result: CellResult) -> Cell:
    return Cell(source, result.sentence, result.line)


# ---------------------------------------------------------------- what the test cell shows
def show(cell: NotebookNode, exercise: Exercise, verdict: Verdict):
    """Criteria as a table, in the output of the test cell; the verdict as data, in its metadata."""
    cell.metadata["autograde"] = verdict.to_dict()
    cell.outputs = [
        new_output(
            "display_data",
            {"text/html": as_html(exercise, verdict), "text/plain": as_text(verdict)},
        )
    ]


def points(value: float) -> str:
    return f"{value:g}"


def as_text(verdict: Verdict) -> str:
    rows = [f"{verdict.name}: {points(verdict.score)} of {points(verdict.points)} points"]
    rows += [
        f"  {'met ' if row.met else 'lost'}  {points(row.points):>5}  {row.title}{': ' + row.sentence if row.sentence else ''}"
        for row in verdict.results
    ]
    return "\n".join(rows + [f"  note: {note}" for note in verdict.notes])


def as_html(exercise: Exercise, verdict: Verdict) -> str:
    heading = f"{verdict.name}: {points(verdict.score)} of {points(verdict.points)} {'bonus points' if exercise.bonus else 'points'}"
    rows = "".join(
        f'<tr class="{"met" if row.met else "lost"}"><th scope="row">{escape(row.title)}</th><td>{"✓ met" if row.met else "✗ lost"}</td>'
        f"<td>{points(row.points) if row.met else 0} of {points(row.points)}</td>"
        f"<td>{escape(row.sentence) if row.sentence else escape(row.asks)}</td></tr>"
        for row in verdict.results
    )
    notes = "".join(f"<p>{escape(note)}</p>" for note in verdict.notes)
    return (
        f'<table class="criteria"><caption>{escape(heading)}</caption><thead><tr><th scope="col">Criterion</th><th scope="col">Result</th>'
        f'<th scope="col">Points</th><th scope="col">What was asked, or what your numbers show</th></tr></thead><tbody>{rows}</tbody></table>{notes}'
    )


def escape(text: str) -> str:
    return html.escape(text.encode("utf-8", "replace").decode())
