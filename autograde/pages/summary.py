"""What a run came to, on the console: students by notebooks, and the first reason for every lost mark."""

from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

from ..course.release import Assignment
from ..exercise.verdict import Verdict


def read_verdicts(autograded: Path, assignment: Assignment) -> dict[str, dict[str, list[Verdict]]]:
    """student -> notebook -> verdicts, from the graded notebooks of nbgrader's folder `autograded/`."""
    rows = {}
    for folder in sorted(autograded.glob(f"*/{assignment.name}")):
        rows[folder.parent.name] = {
            name: verdicts_in(folder / f"{name}.ipynb") for name in assignment.notebooks
        }
    return rows


def verdicts_in(path: Path) -> list[Verdict]:
    if not path.exists():
        return []
    return [
        Verdict.from_dict(cell.metadata["autograde"])
        for cell in nbformat.read(path, as_version=4).cells
        if "autograde" in cell.metadata
    ]


def reasons(verdict: Verdict) -> list[tuple[float, str, str]]:
    """(points, criteria, first sentence) of what was lost; criteria that were lost for one and the same reason together."""
    by_reason = {}
    for result in verdict.results:
        if not result.met:
            by_reason.setdefault(result.sentence, []).append(result)
    return [
        (
            sum(r.points for r in rows),
            rows[0].title if len(rows) == 1 else f"{len(rows)} criteria",
            first_sentence(why),
        )
        for why, rows in by_reason.items()
    ]


def first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def print_table(
    verdicts: dict[str, dict[str, list[Verdict]]],
    assignment: Assignment,
    console: Console | None = None,
):
    console = console or Console(width=160)
    bonus = {
        name
        for name in assignment.notebooks
        if all(exercise.bonus for exercise in assignment.in_notebook(name))
    }
    full = {
        name: sum(exercise.points for exercise in assignment.in_notebook(name))
        for name in assignment.notebooks
    }
    table = Table(title=f"{assignment.name}: points")
    table.add_column("student")
    for name in assignment.notebooks:
        table.add_column(
            f"{name}\n{'bonus ' if name in bonus else 'of '}{full[name]:g}", justify="right"
        )
    table.add_column(
        f"total\nof {sum(points for name, points in full.items() if name not in bonus):g}",
        justify="right",
    )
    for student, notebooks in verdicts.items():
        scores = {name: sum(verdict.score for verdict in rows) for name, rows in notebooks.items()}
        table.add_row(
            student, *(f"{score:g}" for score in scores.values()), f"{sum(scores.values()):g}"
        )
    console.print(table)
    for student, notebooks in verdicts.items():
        for name, rows in notebooks.items():
            for verdict in rows:
                for points, criteria, why in reasons(verdict):
                    console.print(
                        f"{student}  {verdict.name}  [bold]−{points:g}[/bold]  {criteria}: {escape(why)}",
                        highlight=False,
                        soft_wrap=True,
                    )
                for note in verdict.notes:
                    console.print(
                        f"{student}  {verdict.name}  note: {escape(note)}",
                        highlight=False,
                        soft_wrap=True,
                    )


def escape(text: str) -> str:
    return text.replace("[", "\\[")
