"""What a run came to, on the console: students by notebooks, and the first reason for every lost
mark.
"""

from pathlib import Path

import nbformat
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..exercise.declared import Exercise
from ..exercise.verdict import Verdict
from . import graded

Verdicts = dict[str, dict[str, list[Verdict]]]  # student -> notebook -> verdicts


def by_notebook(exercises: dict[str, Exercise]) -> dict[str, list[Exercise]]:
    """Notebook to its exercises, in the order of the exercises."""
    found = {}
    for exercise in exercises.values():
        found.setdefault(exercise.notebook, []).append(exercise)
    return found


def read_verdicts(folders: dict[str, Path], notebooks: list[str]) -> Verdicts:
    """The verdicts in graded notebooks. folders: student to the folder of theirs."""
    return {
        student: {name: verdicts_in(folder / f"{name}.ipynb") for name in notebooks}
        for student, folder in folders.items()
    }


def verdicts_in(path: Path) -> list[Verdict]:
    if not path.exists():
        return []
    notebook = nbformat.read(path, as_version=4)
    return [verdict for _, verdict in graded.verdicts(notebook)]


def reasons(verdict: Verdict) -> list[tuple[float, str, str]]:
    """(points, criteria, first sentence) of what was lost; what was lost for one and the same
    reason together.
    """
    by_reason = {}
    for result in verdict.results:
        if not result.met:
            by_reason.setdefault(result.sentence, []).append(result)
    return [
        (
            sum(result.points for result in lost),
            lost[0].title if len(lost) == 1 else f"{len(lost)} criteria",
            first_sentence(why),
        )
        for why, lost in by_reason.items()
    ]


def first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def print_table(
    verdicts: Verdicts,
    assignment: str,
    exercises: dict[str, Exercise],
    console: Console | None = None,
):
    """Every student's points by notebook, then the reasons."""
    console = console or Console(width=160)
    console.print(table_of(verdicts, assignment, by_notebook(exercises)))
    say = lambda line: console.print(line, highlight=False, soft_wrap=True)
    for student, notebooks in verdicts.items():
        for verdict in (verdict for found in notebooks.values() for verdict in found):
            for points, criteria, why in reasons(verdict):
                lost = f"[bold]−{points:g}[/bold]  {criteria}: {escape(why)}"
                say(f"{escape(student)}  {verdict.name}  {lost}")
            for note in verdict.notes:
                say(f"{escape(student)}  {verdict.name}  note: {escape(note)}")


def table_of(verdicts: Verdicts, assignment: str, inside: dict[str, list[Exercise]]) -> Table:
    """`inside`: notebook to its exercises."""
    table = Table(title=f"{assignment}: points")
    table.add_column("student")
    total = 0.0
    for name, exercises in inside.items():
        most, bonus = sum(e.points for e in exercises), all(e.bonus for e in exercises)
        total += 0 if bonus else most
        table.add_column(f"{name}\n{'bonus ' if bonus else 'of '}{most:g}", justify="right")
    table.add_column(f"total\nof {total:g}", justify="right")
    for student, notebooks in verdicts.items():
        scores = [sum(verdict.score for verdict in notebooks.get(name, [])) for name in inside]
        table.add_row(escape(student), *(f"{score:g}" for score in scores), f"{sum(scores):g}")
    return table
