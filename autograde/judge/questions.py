"""Questions: fresh sizes, weights, states and sequences, drawn from a seed that the student never
sees. What every kind of exercise draws from is here; what a kind asks is in its own module.

On this side questions are records of arrays; `plain` makes the data of them that travels.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import ClassVar

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.shapes import Spec, length
from ..student.protocol import pack


def generator(exercise: Exercise, seed: int) -> np.random.Generator:
    """Random numbers for one exercise: the same for the same seed."""
    return np.random.default_rng([seed & (2**63 - 1), zlib.crc32(exercise.name.encode())])


def plain(question):
    """A question as JSON-able data: records as dicts, arrays packed."""
    if isinstance(question, np.ndarray):
        return pack(question)
    if is_dataclass(question):
        return {field.name: plain(getattr(question, field.name)) for field in fields(question)}
    if isinstance(question, Mapping):
        return {key: plain(part) for key, part in question.items()}
    if isinstance(question, list | tuple):
        return [plain(part) for part in question]
    return question


# ---------------------------------------------------------------- numbers
def shape_of(sizes: tuple[str, ...], n: int, m: int) -> tuple[int, ...]:
    """A declared shape in numbers: ("m", "n") with input_dim n and hidden_dim m."""
    return tuple({"n": n, "m": m}[size] for size in sizes)


def normal(rng: np.random.Generator, shape, spread: float = 1.0) -> np.ndarray:
    """Normal numbers, none of them near zero, so that no term of a rule is invisible."""
    draw = rng.normal(size=shape)
    return spread * (draw + np.copysign(0.25, draw))


def weights(
    rng, parameters: Mapping[str, tuple[str, ...]], n: int, m: int
) -> dict[str, np.ndarray]:
    """Values for parameters that are declared with their shapes."""
    shapes = {name: shape_of(sizes, n, m) for name, sizes in parameters.items()}
    return {
        name: normal(rng, shape, 0.5 if len(shape) == 2 else 0.6) for name, shape in shapes.items()
    }


ANY_INT, SOME = 10, 0.7  # whole numbers without a bound lie below; the part of True among booleans
WITHIN = 0.05, 0.95  # parts of a bound, between which numbers are drawn that stay below it


def argument(rng: np.random.Generator, spec: Spec, sizes: dict[str, int], large: float = 1.0):
    """What an argument is drawn as: an array, or a number. large: how many times as large floats
    are."""
    shape = spec.shape(sizes)
    if spec.kind == "size":
        return shape[0]
    if spec.kind == "int":
        drawn = rng.integers(0, length(spec.below, sizes) if spec.below else ANY_INT, shape)
    elif spec.kind == "bool":
        drawn = rng.random(shape) < SOME
        drawn = some_of_each(drawn) if shape else drawn
    elif spec.below:
        drawn = float(spec.below) * rng.uniform(*WITHIN, shape)
    else:
        drawn = large * normal(rng, shape)
        drawn = np.abs(drawn) if spec.positive else drawn
    return drawn if shape else np.asarray(drawn).item()


def another(rng: np.random.Generator, spec: Spec, sizes: dict[str, int], value):
    """An argument drawn once more: whole numbers and truth values are all other ones, as far as
    that goes, so that the change shows wherever they are read."""
    if spec.kind == "int":
        below = length(spec.below, sizes) if spec.below else ANY_INT
        drawn = (value + rng.integers(1, max(below, 2), np.shape(value))) % below
        return drawn if np.ndim(value) else int(drawn)
    if spec.kind == "bool":
        return some_of_each(~value) if np.ndim(value) else not value
    return argument(rng, spec, sizes)


def some_of_each(drawn: np.ndarray) -> np.ndarray:
    """Truth values that begin with True, so that a mask leaves something; and not all of them are
    so, where there are several, so that it hides something."""
    drawn = drawn | (np.arange(drawn.shape[-1]) == 0)
    if drawn.all() and drawn.shape[-1] > 1:
        drawn[..., -1].flat[-1] = False
    return drawn


# ---------------------------------------------------------------- a run over several steps
@dataclass(frozen=True)
class Sequence:
    """A run over several steps, and a loss whose gradients are asked for.

    arguments: what forward gets, by name: the sequence (T, n), and the initial states. loss:
    weights (T + states, m): of the shown state at every step, then of the final states, the first
    state's last. directions: for every leaf that has a gradient, the way along which its slope is
    asked for; none where no slopes are asked for.
    """

    arguments: dict[str, np.ndarray]
    loss: np.ndarray
    directions: dict
    backward: ClassVar[str] = "A backward pass over several steps"
    beside: ClassVar[str] = "the initial "  # before the names of arguments but for the first

    @property
    def steps(self) -> int:
        return len(next(iter(self.arguments.values()), ()))


@dataclass(frozen=True)
class Single(Sequence):
    """One call, with what it gets that has a gradient. loss: weights of all that comes back, over
    and over."""

    backward: ClassVar[str] = "A backward pass"
    beside: ClassVar[str] = ""


def sequence(
    rng,
    inputs: tuple[str, ...],
    leaves: Mapping[str, tuple[int, ...]],
    n: int,
    state: tuple[int, ...],
    steps: int,
) -> Sequence:
    """A sequence drawn. `inputs`: names of forward's arguments, the sequence first; `leaves`:
    shapes of the parameters by name; `state`: the shape of an initial state."""
    first, *states = inputs
    shapes = {first: (steps, n)} | dict.fromkeys(states, state)
    arguments = {name: normal(rng, shape) for name, shape in shapes.items()}
    loss = normal(rng, (steps + len(states), state[-1]))
    directions = {name: normal(rng, shape) for name, shape in (dict(leaves) | shapes).items()}
    return Sequence(arguments, loss, directions)
