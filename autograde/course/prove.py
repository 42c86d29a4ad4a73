"""A small proof of an assignment: worked solutions, single changes of them, and what is declared as
wrong, all of it graded. What passes and is not right is found here, and not by a student.
"""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np
from nbformat import NotebookNode

from ..box.notebook import Limits
from ..exercise.declared import Exercise
from ..exercise.verdict import Verdict
from ..judge import draw, plain
from ..pages.graded import grade_id
from ..student.protocol import unpack
from .checked import SEEDS, Source
from .mutants import mutants
from .rebuild import DESK_ONLY
from .references import references_of, verdict_on
from .second import COMMANDS

HEAD = [
    "| class | mistake | criteria lost | points lost | named |",
    "| --- | --- | --- | --- | --- |",
]
MANY = 8  # criteria: who loses as many has lost all that depends on one thing
UNKNOWN = "no mistake that we know"
QUICK = Limits(cell=10, notebook=40, answers=10, whole=120)  # seconds: a mutant may have no end
DRAWS = range(100, 110)  # questions in which a mutant is compared with what it was made from
EXACT = 1e-9
ASIDE = {"trace", "lines", "places", "place", "log", "form"}  # of answers: not what is computed


@dataclass(frozen=True)
class Tried:
    """One answer, graded. said: what its student is to be told, if anything; same: it has full
    marks, and computes what the worked solution does."""

    exercise: Exercise
    what: str
    verdict: Verdict
    said: str = ""
    same: bool = False

    @property
    def full(self) -> bool:
        return self.verdict.score == self.verdict.points

    @property
    def named(self) -> bool:
        told = " ".join(result.sentence for result in self.verdict.results)
        return not self.full and (self.said in told if self.said else UNKNOWN not in told)

    @property
    def row(self) -> str:
        lost = {result.key for result in self.verdict.results if not result.met}
        points = self.verdict.points - self.verdict.score
        return row(self.exercise.name, self.what, lost, points, self.named)


def row(name: str, mistake: str, lost: set[str], points: float, named: bool) -> str:
    """A row for one mistake, as HEAD has it."""
    keys = ", ".join(sorted(lost)) if len(lost) < MANY else "all that depend on it"
    return f"| {name} | {mistake} | {keys} | {points:g} | {'yes' if named else 'no'} |"


def percent(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / max(whole, 1):.1f} %)"


def prove(source: Source, every: int, workers: int) -> tuple[list[str], bool]:
    """(lines of the table, whether nothing passed that is not right). every: each such mutant is
    tried. Raises Unavailable."""
    exercises, changed = list(source.exercises.values()), []
    wrong = [tried for exercise in exercises for tried in try_wrong(exercise)]
    with ThreadPoolExecutor(workers) as pool:
        right = list(pool.map(lambda one: try_cell(source, one, "right", None), exercises))
        for exercise in exercises:
            texts = list(mutants(worked(source, exercise)))[::every]
            print(f"{exercise.name}: {len(texts)} changes …", file=sys.stderr, flush=True)
            changed += pool.map(lambda two, one=exercise: try_cell(source, one, *two), texts)
    down = [one for one in right if not one.full]
    passed = [one for one in wrong if one.full]
    alive = [one for one in changed if one.full and not one.same]
    equal = sum(one.same for one in changed)
    seen = {
        "right answers": len(right),
        "right answers marked down": len(down),
        "mistakes, one at a time": len(wrong),
        "mistakes passed": len(passed),
        "mistakes named as what they are": percent(sum(t.named for t in wrong), len(wrong)),
        "mutants": len(changed),
        "mutants killed": len(changed) - equal - len(alive),
        "mutants shown to compute the same": equal,
        "mutants that survive": len(alive),
    }
    lines = ["| what | seen |", "| --- | --- |", *(f"| {k} | {v} |" for k, v in seen.items()), ""]
    for title, found in ("marked down", down), ("passed", passed), ("survives", alive):
        lines += [f"{title}: {one.exercise.name}: {one.what}" for one in found]
    return [*lines, "", *HEAD, *(one.row for one in wrong)], not (down or passed or alive)


def try_wrong(exercise: Exercise) -> Iterator[Tried]:
    """Each reference that is declared as wrong, in this process: it is the author's own."""
    for what, reference, said in references_of(exercise)[1]:
        yield Tried(exercise, what, verdict_on(exercise, reference, SEEDS[0]), said)


# ---------------------------------------------------------------- changed cells, in the box
def worked(source: Source, exercise: Exercise) -> str:
    """The worked cell, without commands to IPython."""
    cells = source.notebooks[exercise.notebook].cells
    text = next(cell.source for cell in cells if grade_id(cell) == exercise.name)
    return COMMANDS.sub("pass", text)


def with_cell(source: Source, exercise: Exercise, text: str | None) -> NotebookNode:
    """The worked notebook up to the test of an exercise, with this text in its cell; without the
    tests of others."""
    notebook = deepcopy(source.notebooks[exercise.notebook])
    keys = [grade_id(cell) for cell in notebook.cells]
    others = {one.test_id for one in source.exercises.values()} - {exercise.test_id}
    upto = notebook.cells[: keys.index(exercise.test_id) + 1]
    notebook.cells = [cell for cell in upto if grade_id(cell) not in others]
    for cell in notebook.cells:
        if text is not None and grade_id(cell) == exercise.name:
            cell.source = text
    return notebook


def try_cell(source: Source, exercise: Exercise, what: str, text: str | None) -> Tried:
    """A worked notebook with a changed cell, or as it is."""
    notebook = with_cell(source, exercise, text)
    (verdict,) = source.graded(notebook, [exercise], QUICK)
    tried = Tried(exercise, what, verdict)
    if text is None or not tried.full:
        return tried
    given = with_cell(source, exercise, None)
    return replace(tried, same=alike(*(asked(source, exercise, one) for one in (notebook, given))))


def asked(source: Source, exercise: Exercise, notebook: NotebookNode) -> list:
    """Answers to many questions about the class of a notebook."""
    kit = source.assignment.kit_for(exercise.notebook)
    with source.warm().student(kit, replace(QUICK, notebook=200, whole=200)) as student:
        for cell in notebook.cells[:-1]:
            if cell.cell_type == "code" and DESK_ONLY not in cell.metadata.get("tags", []):
                student.execute(cell.source)
        return [student.ask(plain(draw(exercise, seed))) for seed in DRAWS]


def alike(one, other) -> bool:
    """Whether two answers hold the same, as far as it was computed."""
    if isinstance(one, dict) and isinstance(other, dict):
        if "failed" in one:
            return False  # nobody knows
        if "data" in one:
            a, b = unpack(one), unpack(other)
            same = a is not None and b is not None and a.shape == b.shape
            return same and np.allclose(a, b, EXACT, EXACT, equal_nan=True)
        keys = one.keys() - ASIDE
        return keys == other.keys() - ASIDE and all(alike(one[key], other[key]) for key in keys)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.isclose(one, other, EXACT, EXACT, equal_nan=True))
    return one == other
