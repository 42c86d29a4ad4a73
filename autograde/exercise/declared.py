"""What an exercise is made of: its criteria with their points, and what its cell has to define. Data only.

The exercises of an assignment live in a module of their own (lstm.py, for instance) under the name EXERCISES.
"""

import importlib
from dataclasses import dataclass

from .rules import Rule


@dataclass(frozen=True)
class Criterion:
    """One thing that is marked: its key in the judge, its points, its name, what a right answer does, and the equation behind it in LaTeX."""

    key: str
    points: float
    title: str
    asks: str
    equation: str = ""


@dataclass(frozen=True)
class Exercise:
    """One graded cell. `name` is the class (or the variable) that it defines, and the cell's grade_id.

    kind: "cell" (one step of a recurrence), "stack" (cells on top of one another) or "value" (a number).
    parameters: name to shape in the sizes "n" (input_dim) and "m" (hidden_dim), ("m", "n") for instance.
    diagonal: parameters of shape (m, m) for which a vector of shape (m,) is right as well.
    absent: parameters of the base class that must be gone, with their shapes.
    kit: files of the release that the student's process gets in this notebook.
    answer: of a value, the right one; slips: wrong ones that are often given, and what is wrong with each.
    """

    name: str
    notebook: str
    kind: str
    criteria: tuple[Criterion, ...]
    rule: Rule | None = None
    parameters: dict[str, tuple[str, ...]] | None = None
    diagonal: tuple[str, ...] = ()
    absent: dict[str, tuple[str, ...]] | None = None
    base: str | None = None
    cell: str | None = None
    kit: tuple[str, ...] = ()
    bonus: bool = False
    answer: float | None = None
    slips: dict[float, str] | None = None

    @property
    def points(self) -> float:
        return round(sum(criterion.points for criterion in self.criteria), 6)

    def asks(self, key: str) -> str:
        return next((criterion.asks for criterion in self.criteria if criterion.key == key), "")

    @property
    def test_id(self) -> str:
        """The grade_id of the test cell that carries the points."""
        return f"test_{self.name}"


def load(module: str) -> dict[str, Exercise]:
    """Name to exercise, from a module that defines EXERCISES. Raises ImportError or AttributeError where there is none."""
    return {exercise.name: exercise for exercise in importlib.import_module(module).EXERCISES}
