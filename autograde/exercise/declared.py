"""What an exercise is made of: its criteria with their points, and what its cell has to define.

The exercises of an assignment live in a module of their own (`autograde.lstm`, for instance) under
the name EXERCISES. Everything here is data with a plain repr: what decides a mark can be compared
by it."""

import importlib
from dataclasses import dataclass, field
from typing import ClassVar

from .rules import Rule

SIZES = {"n": "input_dim", "m": "hidden_dim"}  # of a recurrence's parameters, as students call them


@dataclass(frozen=True)
class Criterion:
    """One thing that is marked: its key in the judge, its points, its name, what a right answer
    does, and the equation behind it in LaTeX."""

    key: str
    points: float
    title: str
    asks: str
    equation: str = ""


@dataclass(frozen=True)
class BuiltIns:
    """What PyTorch offers that would do the work in a student's place.

    called: how a student reads of it. names: attributes of `torch` and `nn`, as they stand in a
    text. operators: a pattern for the beginnings of the names of PyTorch's own operators."""

    called: str
    names: frozenset[str]
    operators: str


@dataclass(frozen=True)
class Normal:
    """The normal distribution from which reset_parameters() draws."""

    mean: float = 0.0
    std: float = 1.0

    def __str__(self):
        return f"a normal distribution with mean {self.mean:g} and standard deviation {self.std:g}"


@dataclass(frozen=True)
class Exercise:
    """One graded cell. `name` is the class (or the variable) that it defines, and the cell's
    grade_id.

    kit: files of the release that the student's process gets in this notebook.
    bonus: its points count on top of the notebook's total.
    """

    name: str
    notebook: str
    criteria: tuple[Criterion, ...]
    kit: tuple[str, ...] = field(default=(), kw_only=True)
    bonus: bool = field(default=False, kw_only=True)
    kind: ClassVar[str] = (
        ""  # names the judge's module for it, and the one in the student's process
    )

    @property
    def points(self) -> float:
        return round(sum(criterion.points for criterion in self.criteria), 6)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(criterion.key for criterion in self.criteria)

    def asks(self, key: str) -> str:
        return next((criterion.asks for criterion in self.criteria if criterion.key == key), "")

    @property
    def test_id(self) -> str:
        """The grade_id of the test cell that carries the points."""
        return f"test_{self.name}"


@dataclass(frozen=True)
class Sealed:
    """A number that travels to students' desks. says: digest of a number to what is wrong with it,
    "" for the right one (desk/numbers.py)."""

    says: dict[str, str]


@dataclass(frozen=True)
class Value(Exercise):
    """A number. `slips`: wrong ones that are often given, and what is wrong with each. At a
    student's desk the answer is sealed."""

    answer: float | Sealed
    slips: dict[float, str] = field(default_factory=dict)
    kind = "value"


@dataclass(frozen=True, kw_only=True)
class ModuleExercise(Exercise):
    """A class derived from nn.Module.

    base: the class of the course that it must be derived from, if any.
    draws: what reset_parameters() draws every parameter from, where that is asked.
    built_ins: what would do the work in the student's place, where that is asked.
    """

    base: str | None = None
    draws: Normal | None = None
    built_ins: BuiltIns | None = None

    @property
    def forward_is_asked(self) -> bool:
        """Whether a forward of one's own is asked for."""
        return True


@dataclass(frozen=True)
class Recurrence(ModuleExercise):
    """One step of a recurrence: a class made with (input_dim, hidden_dim), whose forward maps an
    input and states to new states, as the rule's `inputs` and `outputs` name them.

    parameters: name to shape in the sizes "n" (input_dim) and "m" (hidden_dim), ("m", "n") for
    instance. diagonal: parameters of shape (m, m) for which a vector of shape (m,) is right as
    well. absent: parameters of the base class that must be gone, with their shapes. says: sentences
    of this exercise's own, in place of the judge's: "bias" (a matrix with a bias of its own) and
    "absent" (a parameter that should be gone). In them {name} is the parameter, and {letter} what
    stands after its underscore."""

    rule: Rule
    parameters: dict[str, tuple[str, ...]]
    diagonal: tuple[str, ...] = ()
    absent: dict[str, tuple[str, ...]] = field(default_factory=dict)
    says: dict[str, str] = field(default_factory=dict)
    kind = "recurrence"

    @property
    def holds(self) -> tuple[str, ...]:
        """Attributes under which its parameters stand."""
        return (*self.parameters, *self.absent)

    @property
    def sequence_input(self) -> str:
        """The argument of forward that is new at every step: the first one."""
        return next(iter(self.rule.inputs))

    @property
    def states(self) -> tuple[str, ...]:
        """The arguments of forward that are states, in the order of the outputs that follow
        them."""
        return tuple(self.rule.inputs)[1:]


@dataclass(frozen=True)
class Stack(ModuleExercise):
    """Steps `of` a recurrence on top of one another: a class made with (input_dim, hidden_dim,
    n_layers) that keeps them in `layers`.

    Its forward maps a sequence (T, input_dim) and each state (n_layers, hidden_dim) to the outputs,
    the last state of the top layer at every step, and the final states: as a tuple, or as one
    tensor where there is one state. A layer reads the last state of the layer below it. called:
    state to the words for it, where its name does not say enough."""

    of: Recurrence
    called: dict[str, str] = field(default_factory=dict)
    kind = "stack"

    @property
    def forward_is_asked(self) -> bool:
        """A stack that is derived from another one inherits what it computes."""
        return self.base is None

    @property
    def holds(self) -> tuple[str, ...]:
        """Attributes under which its parameters stand."""
        return ("layers",)

    @property
    def cell(self) -> str:
        """The class of the layers."""
        return self.of.name

    @property
    def states(self) -> tuple[str, ...]:
        return self.of.states


def load(module: str) -> dict[str, Exercise]:
    """Name to exercise, from a module that defines EXERCISES.

    Raises ImportError or AttributeError where there is none.
    """
    return {exercise.name: exercise for exercise in importlib.import_module(module).EXERCISES}
