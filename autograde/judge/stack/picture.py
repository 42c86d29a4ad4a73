"""The picture of a stack: which output follows which argument."""

import numpy as np

from ...exercise.declared import Stack
from ...exercise.wirings import tables
from ..answers import Answers
from ..pictures import Picture, Runs, rounded
from ..questions import normal, weights
from ..recurrence import drawn
from ..wiring import Seen, Wiring, run
from .asks import stand_in_parameters
from .reading import cell_of

PICTURE_SIZES, PICTURE_STEPS = (3, 4, 3), 5
PUSH = 1e-4  # by which one argument is changed, to see which outputs follow it
ALIKE = 1e-3  # of the largest: closer maps of influence are not worth a picture


def ask_runs(exercise: Stack, rng: np.random.Generator) -> Runs:
    """One run, and then one more for each argument that is changed a little."""
    n, m, layers = PICTURE_SIZES
    inputs = tuple(exercise.of.rule.inputs)
    shapes = {inputs[0]: (PICTURE_STEPS, n)} | dict.fromkeys(exercise.states, (layers, m))
    base = {name: normal(rng, shape) for name, shape in shapes.items()}
    reads = [n if k == 0 else m for k in range(layers)]
    parameters = stand_in_parameters(inputs)
    return Runs(
        exercise.name,
        "stack",
        PICTURE_SIZES,
        {
            "stand-in": tuple(weights(rng, parameters, reads[k], m) for k in range(layers)),
            "own": tuple(drawn(exercise.of, rng, reads[k], m) for k in range(layers)),
        },
        (base, *(changed(base, place) for place in range(PICTURE_STEPS + layers))),
        inputs,
        len(exercise.states),
        exercise.of.diagonal,
        tuple(exercise.of.absent),
        exercise.cell,
    )


def changed(base: dict[str, np.ndarray], place: int) -> dict[str, np.ndarray]:
    """The same run with one step of the sequence moved, or (after those) all given states of one
    layer."""
    first, *states = base
    steps = len(base[first])
    moved = {first: place} if place < steps else dict.fromkeys(states, place - steps)
    return {
        name: value + PUSH * (np.arange(len(value)) == moved.get(name, -1))[:, None]
        for name, value in base.items()
    }


def compare_runs(exercise: Stack, asked: Runs, answers: Answers) -> Picture | None:
    """How much each output follows each argument, the largest of the right ones being 1."""
    if answers.mode not in asked.weights or len(answers.runs) != len(asked.runs):
        return None
    cell = cell_of(exercise, answers.mode, asked.weights[answers.mode])
    known = tables(exercise.states, tuple(exercise.called.items()))
    right = []
    for one in asked.runs:
        x, *given = one.values()
        right.append(run(known, Seen(cell, x, tuple(given)), Wiring()).shown[-1])
    yours = [tensor.values for tensor in answers.runs]
    if not all(v is not None and v.shape == right[0].shape and np.isfinite(v).all() for v in yours):
        return None
    maps = [influence(runs) for runs in (right, yours)]
    largest = maps[0].max()
    if np.abs(maps[1] - maps[0]).max() <= ALIKE * largest:
        return None
    right_map, your_map = (rounded(values / largest, 5) for values in maps)
    return {
        "kind": "influence",
        "steps": PICTURE_STEPS,
        "right": right_map,
        "yours": your_map,
    }


def influence(runs: list[np.ndarray]) -> np.ndarray:
    """For each changed run, how far each output moved: (runs - 1, steps)."""
    return np.stack([np.linalg.norm(one - runs[0], axis=1) / PUSH for one in runs[1:]])
