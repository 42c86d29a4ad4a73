"""What a graded notebook carries beside its cells: written and read here alone.

A test cell has its verdict under `autograde`, the schema that other tools read: name, score,
points, results, flags. The notebook itself has what the run saw of it under `autograde_run`.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode, ValidationError
from nbformat.v4 import new_notebook, new_output

from ..exercise.declared import Exercise
from ..exercise.verdict import Verdict
from . import criteria

VERDICT, RUN = "autograde", "autograde_run"
NOT_WRITTEN = "Not written yet: the cell is as it was given out."
NOT_HANDED_IN = "was not handed in."


@dataclass(frozen=True)
class Run:
    """What a run saw of a notebook. `notes`: oddities that were put right; `flags`: what needs a
    person; `protection`: the box around the student's code, in words; `seconds` that grading took.
    """

    notes: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    protection: str = ""
    seconds: float = 0.0


def grade_id(cell: NotebookNode) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def put_verdict(cell: NotebookNode, exercise: Exercise, verdict: Verdict):
    """The verdict into a test cell: as data into its metadata, as a table into its output."""
    cell.metadata[VERDICT] = verdict.to_dict()
    shown = {
        "text/html": criteria.as_html(verdict, exercise.bonus),
        "text/plain": criteria.as_text(verdict),
    }
    cell.outputs = [new_output("display_data", shown)]


def verdicts(notebook: NotebookNode) -> list[tuple[NotebookNode, Verdict]]:
    """The test cells of a graded notebook with their verdicts."""
    return [
        (cell, Verdict.from_dict(cell.metadata[VERDICT]))
        for cell in notebook.cells
        if VERDICT in cell.metadata
    ]


def put_run(notebook: NotebookNode, run: Run):
    notebook.metadata[RUN] = asdict(run)


def graded_at(path: Path) -> NotebookNode:
    """A graded notebook; one without cells where none can be read: the next run makes it anew."""
    try:
        return nbformat.read(path, as_version=4)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ValidationError):
        return new_notebook()


def is_ours(notebook: NotebookNode) -> bool:
    """Whether this grader has graded it."""
    return RUN in notebook.metadata


def run_of(notebook: NotebookNode) -> Run:
    return Run(**notebook.metadata.get(RUN, {}))


def wanted(run: Run, flagged: bool, waiting: list[str]) -> list[str]:
    """What is wanted of a person, where the gradebook says that something is: the notebook is
    flagged, or marks of cells are waiting. Nothing once it is cleared there.
    """
    if flagged:
        return list(run.flags) or ["it is flagged in the formgrader."]
    return [f"{cell} waits for a person's mark." for cell in waiting]


def has_nothing(sentence: str) -> bool:
    """Whether this reason for a lost mark says that there was nothing to judge."""
    return sentence == NOT_WRITTEN or sentence.endswith(NOT_HANDED_IN)
