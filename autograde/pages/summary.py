"""What a run came to, on the console: students by notebooks, and the first reason for every lost
mark.
"""

from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, SubmittedAssignment
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..exercise.declared import Exercise
from ..exercise.text import for_terminal
from ..exercise.verdict import Verdict
from . import graded

Verdicts = dict[str, dict[str, list[Verdict]]]  # student -> notebook -> verdicts


@dataclass(frozen=True)
class Worth:
    """What a notebook is worth in the gradebook; a bonus has no points there."""

    name: str
    points: float
    bonus: bool


def worths(gradebook: Gradebook, assignment: str, exercises: dict[str, Exercise]) -> list[Worth]:
    """All notebooks that are worth something, in the order of the exercises, those without any
    after them. A course may have cells of its own beside what is judged."""
    known = {one.name: one.notebooks for one in gradebook.assignments}
    most = {one.name: one.max_score for one in known.get(assignment, ())}
    bonus = {name: sum(e.points for e in exercises.values() if e.notebook == name) for name in most}
    found = [Worth(name, most[name] or bonus[name], not most[name]) for name in most]
    order = [*(exercise.notebook for exercise in exercises.values()), *sorted(most)]
    return sorted((one for one in found if one.points), key=lambda one: order.index(one.name))


def read_verdicts(folders: dict[str, Path], notebooks: list[str]) -> Verdicts:
    """The verdicts in graded notebooks. folders: student to the folder of theirs."""
    return {
        student: {name: verdicts_in(folder / f"{name}.ipynb") for name in notebooks}
        for student, folder in folders.items()
    }


def verdicts_in(path: Path) -> list[Verdict]:
    return [verdict for _, verdict in graded.verdicts(graded.graded_at(path))]


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
    gradebook: Gradebook, assignment: str, exercises: dict[str, Exercise], verdicts: Verdicts
):
    """Every student's points by notebook, as the gradebook has them, then the reasons."""
    console = Console(width=160)
    console.print(table_of(gradebook, assignment, worths(gradebook, assignment, exercises)))
    for student, notebooks in verdicts.items():
        for verdict in (verdict for found in notebooks.values() for verdict in found):
            for points, criteria, why in reasons(verdict):
                lost = f"−{points:g}  "
                console.print(line(student, verdict, f"{criteria}: {why}", lost), soft_wrap=True)
            for note in verdict.notes:
                console.print(line(student, verdict, f"note: {note}"), soft_wrap=True)


def line(student: str, verdict: Verdict, said: str, lost: str = "") -> Text:
    start = f"{for_terminal(student)}  {verdict.name}  "
    return Text.assemble(start, (lost, "bold"), for_terminal(said))


def table_of(gradebook: Gradebook, assignment: str, notebooks: list[Worth]) -> Table:
    table = Table(title=f"{assignment}: points")
    table.add_column("student")
    for one in notebooks:
        most = f"{'bonus' if one.bonus else 'of'} {one.points:g}"
        table.add_column(f"{one.name}\n{most}", justify="right")
    total = sum(one.points for one in notebooks if not one.bonus)
    table.add_column(f"total\nof {total:g}", justify="right")
    submissions = gradebook.find_assignment(assignment).submissions
    for submission in sorted(submissions, key=lambda submission: submission.student.id):
        scores = {notebook.name: notebook.score for notebook in submission.notebooks}
        points = [f"{scores.get(one.name, 0):g}" for one in notebooks]
        table.add_row(
            Text(for_terminal(submission.student.id)), *points, f"{score_of(submission):g}"
        )
    return table


def score_of(submission: SubmittedAssignment) -> float:
    """As nbgrader's own export counts: all scores and extra credit, less the penalty, never below
    0.
    """
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
