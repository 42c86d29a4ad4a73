"""What a stack is asked, and a build of it as it was asked for and answered."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from ...exercise.declared import Stack
from ...student.protocol import MODES
from ..answers import Build, Layer
from ..questions import Sequence, sequence, weights
from ..untouched import Asked

ASKED_SIZES = ((3, 5, 3, 4), (4, 4, 3, 4), (5, 3, 1, 4), (3, 5, 2, 1))  # n, m, layers, steps
WITH_SLOPES = ASKED_SIZES[::2]  # those of which gradients are asked for
LARGER_SIZES = ((2, 1, 5, 12),)  # what holds for a few layers and steps may end beyond them
FROM_ZEROS = (3, 4, 2, 3)  # of a stack whose states are zero, as where nobody gives others
RESET_SIZES = (20, 40, 2)
READ_OFF = ("wiring", "states", "outputs", "final")  # criteria that a known wiring decides


@dataclass(frozen=True)
class BuildAsked:
    """An instance made with `sizes` (input_dim, hidden_dim, n_layers); `weights` of every layer by
    mode. The sequence's directions are by mode as well. only_values: whether one run is all."""

    sizes: tuple[int, int, int]
    weights: dict[str, tuple[dict[str, np.ndarray], ...]]
    sequence: Sequence
    only_values: bool = False

    def sequence_in(self, mode: str) -> Sequence:
        """The sequence, with the directions for the cells that were used."""
        return replace(self.sequence, directions=self.sequence.directions[mode])


@dataclass(frozen=True)
class Questions:
    """About a stack. reads: the parameter whose shape tells how many numbers a layer reads.
    watched: a pattern for the built-ins to look out for, if any."""

    name: str
    base: str | None
    cell: str
    inputs: tuple[str, ...]
    reads: str | None
    diagonal: tuple[str, ...]
    watched: str | None
    builds: tuple[BuildAsked, ...]
    reset_sizes: tuple[int, int, int] = RESET_SIZES
    absent: tuple[str, ...] = ()
    kind: str = "stack"


def ask(exercise: Stack, rng: np.random.Generator) -> Questions:
    """The questions, drawn: stacks of stand-in cells, and the same of the student's own cells."""
    parameters = exercise.of.parameters
    return Questions(
        exercise.name,
        exercise.base,
        exercise.cell,
        tuple(exercise.of.rule.inputs),
        next((name for name, sizes in parameters.items() if sizes == ("m", "n")), None),
        exercise.of.diagonal,
        exercise.built_ins.operators if exercise.built_ins else None,
        (
            *(draw_build(exercise, rng, *sizes) for sizes in ASKED_SIZES),
            *(replace(draw_build(exercise, rng, *s), only_values=True) for s in LARGER_SIZES),
            from_zeros(replace(draw_build(exercise, rng, *FROM_ZEROS), only_values=True)),
        ),
    )


def draw_build(exercise: Stack, rng, *sizes: int) -> BuildAsked:
    """sizes: input_dim, hidden_dim, n_layers, steps."""
    (n, m, layers, steps), values, directions, drawn_sequence = sizes, {}, {}, None
    inputs = tuple(exercise.of.rule.inputs)
    for mode in MODES:
        parameters = stand_in_parameters(inputs) if mode == "stand-in" else exercise.of.parameters
        reads = [n if k == 0 else m for k in range(layers)]
        values[mode] = tuple(weights(rng, parameters, reads[k], m) for k in range(layers))
        leaves = {
            f"{k}.{name}": value.shape
            for k, layer in enumerate(values[mode])
            for name, value in layer.items()
        }
        drawn_sequence = sequence(rng, inputs, leaves, n, (layers, m), steps)
        directions[mode] = drawn_sequence.directions if sizes in WITH_SLOPES else {}
    return BuildAsked((n, m, layers), values, replace(drawn_sequence, directions=directions))


def from_zeros(build: BuildAsked) -> BuildAsked:
    """The same with states that are zero."""
    first, *states = build.sequence.arguments
    zeros = {name: 0 * build.sequence.arguments[name] for name in states}
    arguments = build.sequence.arguments | zeros
    return replace(build, sequence=replace(build.sequence, arguments=arguments))


def stand_in_parameters(inputs: tuple[str, ...]) -> dict[str, tuple[str, str]]:
    """Parameters of the stand-in cell: for every state a matrix for everything that it follows."""
    first, *states = inputs
    return {
        f"{state}_{name}": ("m", "n" if name == first else "m")
        for state in states
        for name in inputs
    }


@cache
def stand_in_names(inputs: tuple[str, ...]) -> list[list[str]]:
    """Their names, those of each state together."""
    return [[f"{state}_{name}" for name in inputs] for state in inputs[1:]]


def stand_in_step(inputs: tuple[str, ...], parameters: dict, x, states) -> tuple[np.ndarray, ...]:
    """The step of the student side's stand-in: no recurrence that anybody would write."""
    given, sums = (x, *states), []
    for row in stand_in_names(inputs):
        total = 0
        for name, value in zip(row, given):
            total = total + parameters[name] @ value
        sums.append(total)
    return (*map(np.tanh, sums[:-1]), np.sin(sums[-1]))


@dataclass(frozen=True)
class Pair:
    """A build as it was asked for, and what came of it."""

    asked: BuildAsked
    build: Build

    @property
    def layers(self) -> tuple[Layer, ...]:
        return self.build.cells or ()

    @property
    def complete(self) -> bool:
        """Whether there are as many layers as asked."""
        return len(self.layers) == self.asked.sizes[2]

    @property
    def count(self) -> int:
        """How many layers have answered."""
        return len(self.layers) if self.build.asked_of is None else self.build.asked_of

    @property
    def shares_a_cell(self) -> bool:
        return self.build.same != tuple(range(len(self.build.same)))

    @property
    def returned(self) -> tuple:
        return self.build.calls[0].out

    @property
    def gave_numbers(self) -> bool:
        """Whether all that came back can be read."""
        return self.build.answered and all(one.values is not None for one in self.returned)


def first_calls(pairs: list[Pair]) -> list[Asked]:
    """The arguments of each build's whole run, and what became of them."""
    return [
        Asked(pair.asked.sequence.arguments, call)
        for pair in pairs
        for call in pair.build.calls[:1]
    ]


def used_layers(pair: Pair) -> list[int]:
    """Which layers were run at all; all where that is not known."""
    log = pair.build.calls[0].log
    return [k for k, calls in enumerate(log) if calls] if log else [*range(pair.count)]


def whole(exercise: Stack) -> bool:
    """Whether outputs and states are one criterion."""
    return "works" in exercise.keys
