"""What an exercise is made of: its criteria with their points, and what its cell has to define.

The exercises of an assignment live in a module of their own (`autograde.lstm`, for instance) under
the name EXERCISES. Everything here is data with a plain repr: what decides a mark can be compared
by it."""

import importlib
import inspect
from collections.abc import Callable
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
    noun: ClassVar[str] = "class"  # what it is, to a student

    @property
    def points(self) -> float:
        return round(sum(criterion.points for criterion in self.criteria), 6)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(criterion.key for criterion in self.criteria)

    def asks(self, key: str) -> str:
        keys = (key,) if key in self.keys else self.instead_of(key)
        return next((criterion.asks for criterion in self.criteria if criterion.key in keys), "")

    def instead_of(self, key: str) -> tuple[str, ...]:
        """The criteria that lose what is wrong about one that has none of its own, and counts."""
        return ()

    @property
    def test_id(self) -> str:
        """The grade_id of the test cell that carries the points."""
        return f"test_{self.name}"


@dataclass(frozen=True)
class Sealed:
    """A value that travels to students' desks. says: digest of a value to what is wrong with it, ""
    for the right one. kind: of value, in words. offsets: of the steps of numbers that may be off
    (desk/numbers.py), of the right value and of each slip; one for each part of a list."""

    says: dict[str, str]
    kind: str
    offsets: tuple[float | list, ...] = ()


@dataclass(frozen=True)
class Value(Exercise):
    """A number, a text, or a list of such, in a variable.

    `slips`: wrong ones that are often given, and what is wrong with each. `within`: the part of a
    number by which it may be off; 0 for exactly this one, in whatever way it is written (12,
    12.0, a tensor of one number; a tuple or an array for a list; spaces around a text). At a
    student's desk the answer is sealed."""

    answer: float | str | bool | list | Sealed
    slips: dict[float | str, str] = field(default_factory=dict)
    within: float = 0.0
    kind = noun = "value"


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

    def instead_of(self, key: str) -> tuple[str, ...]:
        """Of the order of the outputs, theirs; of a part, that of the next part that has one."""
        if key == "order":
            return tuple(self.rule.part(name).criterion for name in self.rule.outputs.values())
        parts = self.rule.parts
        place = max(
            (k for k, part in enumerate(parts) if part.criterion == key), default=len(parts)
        )
        return tuple(part.criterion for part in parts[place:] if part.criterion in self.keys)[:1]

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


# ---------------------------------------------------------------- what references compute
# ruff: disable[E501]
WORDS = {  # key -> title, what a right answer does
    "runs": ("The cell runs", "the cell runs from its first line to its last, and defines {name}"),
    "parameters": ("Parameters and shapes", "{parameters}; nothing else trains, and any sizes work"),
    "shape": ("Shape and type", "{results}: of the type and the shape that are asked for"),
    "dtype": ("Type of the numbers", "whole numbers, numbers, texts and truth values, as asked"),
    "order": ("Order", "{order}"),
    "large": ("Large numbers", "the same with numbers around 500, where nothing may overflow"),
    "gradients": ("Gradients", "gradients flow back to every tensor that goes in, and are right"),
    "untouched": ("Inputs left as they are", "what is passed in is the same after the call, and two equal calls give the same"),
    "own": ("Your own work", "your own computation, not a call to what does all of it"),
    "columns": ("Columns", "the columns that are asked for, under their names, and no others"),
    "rows": ("Rows", "the rows that are asked for, and no others"),
}  # fmt: skip
# ruff: enable[E501]


NOTHING_SAID = "{} is right"  # where there is no docstring, either


@dataclass(frozen=True, kw_only=True)
class Computed(Exercise):
    """What is judged beside references, which are ordinary Python functions of the same arguments.

    criteria: key to points, in the order in which one works; or whole Criterions; left out, they
    are derived. Each name in `returns` is a key; the others are those of WORDS that concern the
    kind. What has no criterion is not asked for, but for the form of a result (`shape`, `order`),
    which counts with the result then.
    inputs: name of each argument to what it is (exercise/shapes.py says how that is written).
    right: the reference, which is never shown. Where it returns several results, their names are in
    `returns`. wrong: references that make a mistake, each with what a student is told of it, as
    what stands after a colon: {no_scale: "the scores are not divided by √d"}. Mistakes that one
    change of a line of `right` makes need none: they are found without.
    asks_for, equations: key to what a right answer does, and to LaTeX. Where nothing is said of a
    result, it is the first paragraph of the docstring of `right`.
    built_ins: what would do the work in the student's place, where that is asked (`own`)."""

    criteria: dict[str, float] | tuple[Criterion, ...] = field(default=(), kw_only=False)
    inputs: dict
    right: Callable
    wrong: dict[Callable, str] = field(default_factory=dict)
    returns: tuple[str, ...] = ("result",)
    asks_for: dict[str, str] = field(default_factory=dict)
    equations: dict[str, str] = field(default_factory=dict)
    built_ins: BuiltIns | None = None
    by_default: ClassVar[tuple[str, ...]] = ()  # keys of criteria beside runs and the results
    noun: ClassVar[str] = "function"
    forward_is_asked: ClassVar[bool] = True
    base: ClassVar[None] = None
    draws: ClassVar[None] = None

    def __post_init__(self):
        if not isinstance(self.criteria, tuple):
            derived = tuple(self.criterion(*item) for item in self.criteria.items())
        else:
            keys = ("runs", *self.returns, *self.by_default)
            derived = self.criteria or tuple(self.criterion(key, 1) for key in keys)
        object.__setattr__(self, "criteria", derived)

    def criterion(self, key: str, points: float) -> Criterion:
        """The criterion of this key, in the words of WORDS or of `asks_for`."""
        said = (inspect.getdoc(self.right) or NOTHING_SAID.format(key)).split("\n\n")[0]
        said = " ".join(said.split()).rstrip(".")
        title, asks = WORDS.get(key, (key, said))
        known = {"name": self.name, "results": ", ".join(self.returns)} | self.known
        asks = self.asks_for.get(key) or (asks.format(**known) if key in WORDS else asks)
        return Criterion(key, points, title, asks, self.equations.get(key, ""))

    def rule(self, key: str) -> str:
        """What stands behind a sentence about a result, if anything is said of it."""
        asks = self.asks(key)
        return "" if asks == NOTHING_SAID.format(key) else f" The rule: {asks}."

    def instead_of(self, key: str) -> tuple[str, ...]:
        """Of a result, or of how much comes back, the results that have a criterion."""
        results = tuple(key for key in self.keys if key not in WORDS)
        return results if key in (*self.returns, "rows", "columns") else ()

    @property
    def known(self) -> dict[str, str]:
        """What the words of criteria name beside the exercise and its results."""
        return {"order": f"{', '.join(self.returns)} are returned in this order"}


@dataclass(frozen=True, kw_only=True)
class Function(Computed):
    """A function of arrays and numbers.

    inputs: {"Q": "T d", "y": "int n < c", "rate": "float > 0"}, as exercise/shapes.py has it.
    arrays: "torch" or "numpy": what arguments are, and what references compute with. Gradients are
    asked for where that is torch."""

    arrays: str = "torch"
    kind = "function"

    @property
    def by_default(self) -> tuple[str, ...]:
        return ("untouched",) if self.arrays == "numpy" else ("untouched", "gradients")


@dataclass(frozen=True, kw_only=True)
class Module(Computed):
    """A class derived from nn.Module, with forward(*inputs).

    made_with: the arguments of its constructor, each a size by name or a number. parameters: name
    of each attribute that holds weights to its shape: an nn.Parameter, or, where there are two
    sizes, an nn.Linear of as many. References get them as further arguments, by name."""

    made_with: tuple[str | int, ...]
    parameters: dict[str, str] = field(default_factory=dict)
    arrays: ClassVar[str] = "torch"
    noun: ClassVar[str] = "class"
    by_default: ClassVar[tuple[str, ...]] = ("parameters", "untouched", "gradients")
    kind = "module"

    @property
    def known(self) -> dict[str, str]:
        shapes = [f"{name} ({', '.join(of.split())})" for name, of in self.parameters.items()]
        return super().known | {"parameters": ", ".join(shapes)}

    @property
    def holds(self) -> tuple[str, ...]:
        """Attributes under which its parameters stand."""
        return tuple(self.parameters)


@dataclass(frozen=True, kw_only=True)
class Table(Computed):
    """A function of pandas DataFrames, and of single numbers, that returns one.

    inputs: of each table, column to what stands in it: "int < 50", "float > 0", "a|b|c" for one of
    these texts, with " ?" behind it where some are missing; or the list of its values in data that
    is shipped, and then rows are drawn from that; or a tuple of its values, all of which stand
    there in every call, as in a lookup table.
    Its criteria are runs, columns, rows, order (of the rows and of the columns), untouched, and
    `values`, or single columns by name in its place; dtype where it is asked for. Without `order`,
    rows and columns may come in any. sorted_by: the columns by which rows are sorted, so that rows
    with the same there may stand in any order; left out, those that are sorted in every table that
    was asked for."""

    sorted_by: tuple[str, ...] = ()

    returns: tuple[str, ...] = ("values",)
    by_default: ClassVar[tuple[str, ...]] = ("columns", "rows", "order", "untouched")
    kind = "table"

    @property
    def known(self) -> dict[str, str]:
        return {"order": "rows and columns stand in the order that is asked for"}


def load(module: str) -> dict[str, Exercise]:
    """Name to exercise, from a module that defines EXERCISES.

    Raises ImportError or AttributeError where there is none.
    """
    return {exercise.name: exercise for exercise in importlib.import_module(module).EXERCISES}


def load_further(module: str) -> dict[str, Exercise]:
    """The same from FURTHER, where a module has it: exercises that are checked at students' desks,
    and never marked. Their notebook lies in a folder of the assignment's own.
    """
    further = getattr(importlib.import_module(module), "FURTHER", ())
    return {exercise.name: exercise for exercise in further}
