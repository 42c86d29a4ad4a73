"""The loss behind the gradients that a stack is asked for."""

import numpy as np

from ...exercise.declared import Stack
from ...exercise.wirings import Run, Tables
from ..gradients import Asked as AskedSlopes
from ..gradients import Loss
from ..recurrence import on_diagonal
from ..wiring import Found, Seen, run
from .asks import Pair
from .reading import cell_of, weights_of


def asked_slopes(exercise: Stack, known: Tables, pair: Pair, found: Found | None) -> AskedSlopes:
    loss = loss_of(exercise, known, pair, found)
    return AskedSlopes(pair.asked.sequence_in(pair.build.mode), pair.build, loss)


def loss_of(exercise: Stack, known: Tables, pair: Pair, found: Found | None) -> Loss | None:
    """The loss of this build's sequence as a function of shifts of the leaves, under the wiring
    that was found; None where that is not known."""
    if found is None or None in found or not pair.complete or pair.shares_a_cell:
        return None
    layers, weigh = weights_of(pair), pair.asked.sequence.loss
    x_name, *names = pair.asked.sequence.arguments
    x, *given = pair.asked.sequence.arguments.values()

    def gone(shift: dict[str, np.ndarray]) -> Run | None:
        moved = [
            {name: v + on_diagonal(shift.get(f"{k}.{name}", 0), v) for name, v in layer.items()}
            for k, layer in enumerate(layers)
        ]
        cell = cell_of(exercise, pair.build.mode, moved)
        states = tuple(state + shift.get(name, 0) for name, state in zip(names, given))
        return run(known, Seen(cell, x + shift.get(x_name, 0), states), found.wiring)

    def loss(shift: dict[str, np.ndarray]) -> float:
        outputs, finals = read_found(known, gone(shift), found)
        total = (weigh[: len(outputs)] * outputs).sum()
        total += sum((weigh[-1 - k] * one).sum() for k, one in enumerate(finals))
        return float(total)

    if gone({}) is None:  # a wiring that takes no step of a short sequence
        return None
    outputs, _ = read_found(known, gone({}), found)
    return loss if outputs.shape[1:] == weigh.shape[1:] else None


def read_found(known: Tables, gone: Run, found: Found) -> tuple[np.ndarray, tuple]:
    return known.outputs[found.outputs].read(gone), known.finals[found.finals].read(gone)
