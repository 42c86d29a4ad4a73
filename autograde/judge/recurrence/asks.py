"""What is asked about one step: instances with weights put in, single calls, and a short
sequence."""

from dataclasses import dataclass, replace

import numpy as np

from ...exercise.declared import Recurrence
from ..answers import Build
from ..questions import Sequence, normal, sequence, weights

ASKED_SIZES = ((3, 5), (4, 4), (5, 3))  # input_dim below, equal to and above hidden_dim
WITH_SLOPES = ASKED_SIZES[::2]  # those of which gradients are asked for
SMALL_SIZES = ((1, 1),)  # a size of 1 hides what broadcasts, and breaks what squeezes
LARGE = (20.0, 60.0)  # of a state that is kept: it may grow over many steps
LARGE_INPUT = 8.0  # times: it drives gates to their ends, where what is clamped shows
STEPS = 3  # of the sequence behind the gradients
RESET_SIZES = (20, 80)  # so large that a draw's distribution shows, and no larger: all travels
FILLS = 2**31  # seeds for a class that keeps its parameters in a form of its own
PLAIN_CALLS = 5  # before those that differ from the first one in one state alone
LARGE_CALL, ZERO_CALL, START_CALL = 2, 3, 4
FEW_CALLS = 1  # of an instance of a small size
TAKEN_TWICE = 2  # of the calls: two equal ones must give the same


@dataclass(frozen=True)
class OneCall:
    """Arguments of one step, by name, with states of `units` numbers; whether it is taken twice."""

    arguments: dict[str, np.ndarray]
    units: int
    twice: bool


@dataclass(frozen=True)
class BuildAsked:
    """An instance made with `sizes`, with `weights` put in, and `extra` where the base class has
    them. sequence: None for an instance of a small size."""

    sizes: tuple[int, int]
    weights: dict[str, np.ndarray]
    extra: dict[str, np.ndarray]
    calls: tuple[OneCall, ...]
    sequence: Sequence | None


@dataclass(frozen=True)
class Questions:
    """About one step of a cell. base: the class that it is derived from, if any. watched: a pattern
    for the built-ins to look out for, if any. fill: a seed for numbers in parameters of a form of
    its own."""

    name: str
    base: str | None
    inputs: tuple[str, ...]
    outputs: int
    parameters: tuple[str, ...]
    diagonal: tuple[str, ...]
    absent: tuple[str, ...]
    watched: str | None
    builds: tuple[BuildAsked, ...]
    fill: int
    reset_sizes: tuple[int, int] = RESET_SIZES
    kind: str = "recurrence"


@dataclass(frozen=True)
class Pair:
    """A build as it was asked for, and what came of it."""

    asked: BuildAsked
    build: Build


def ask(exercise: Recurrence, rng: np.random.Generator) -> Questions:
    """The questions, drawn."""
    builds = [draw_build(exercise, rng, n, m, STEPS) for n, m in ASKED_SIZES]
    builds += [draw_build(exercise, rng, n, m, 0) for n, m in SMALL_SIZES]
    return Questions(
        exercise.name,
        exercise.base,
        tuple(exercise.rule.inputs),
        len(exercise.rule.outputs),
        tuple(exercise.parameters),
        exercise.diagonal,
        tuple(exercise.absent),
        exercise.built_ins.operators if exercise.built_ins else None,
        tuple(builds),
        int(rng.integers(FILLS)),
    )


def draw_build(exercise: Recurrence, rng, n: int, m: int, steps: int) -> BuildAsked:
    values = weights(rng, exercise.parameters, n, m)
    leaves = {name: value.shape for name, value in values.items()}
    extra, calls = weights(rng, exercise.absent, n, m), draw_calls(exercise, rng, n, m)
    if not steps:
        return BuildAsked((n, m), values, extra, calls[:FEW_CALLS], None)
    whole = sequence(rng, tuple(exercise.rule.inputs), leaves, n, (m,), steps)
    if (n, m) not in WITH_SLOPES:
        whole = replace(whole, directions={})
    return BuildAsked((n, m), values, extra, calls, whole)


def draw_calls(exercise: Recurrence, rng, n: int, m: int) -> tuple[OneCall, ...]:
    """Unrelated single steps, one of them with large numbers, one of zeros, and one from zero
    states, as a sequence begins; then the first once more for every state, with that one
    changed."""
    first, states = exercise.sequence_input, exercise.states
    count = PLAIN_CALLS + len(states)
    values = {name: normal(rng, (count, n if name == first else m)) for name in (first, *states)}
    for state in states[:-1]:
        large = rng.uniform(*LARGE, size=m) * np.sign(values[state][LARGE_CALL])
        values[state][LARGE_CALL] = large
    values[first][LARGE_CALL] *= LARGE_INPUT
    values[states[-1]] = np.tanh(values[states[-1]])  # as a state that came out of a tanh
    for name in values:
        values[name][ZERO_CALL] = 0.0
        if name != first:
            values[name][START_CALL] = 0.0
    for place, changed in enumerate(states):
        for name in values:
            if name != changed:
                values[name][call_with_other(place)] = values[name][0]
    return tuple(
        OneCall({name: value[k] for name, value in values.items()}, m, k < TAKEN_TWICE)
        for k in range(count)
    )


def call_with_other(place: int) -> int:
    """The call that is the first one but for the state at this place."""
    return PLAIN_CALLS + place
