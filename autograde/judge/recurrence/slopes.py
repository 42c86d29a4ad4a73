"""The loss behind the gradients of one step, as the rule gives it with the student's own slips."""

import numpy as np

from ...exercise.declared import Recurrence
from ..agreement import agree
from ..diagnose import Seen
from ..gradients import Loss
from .asks import Pair
from .reading import Reading


def loss_of(exercise: Recurrence, pair: Pair, seen: Seen, reading: Reading) -> Loss | None:
    """The loss of this build's sequence as a function of shifts of the leaves, under the student's
    own slips; None where those are not known, or where what comes back has another shape."""
    findings = reading.findings.values()
    if any(found is None or found.unknown or not found.follows for found in findings):
        return None
    asked, rule, order = pair.asked, exercise.rule, reading.order
    if reading.convention or asked.sequence is None:
        return None
    out = (tensor for call in pair.build.calls for tensor in call.out[: len(order.outputs)])
    if any(tensor.shape != (asked.sizes[1],) for tensor in out):
        return None
    choice = {name: formula for found in findings for name, formula in found.choice.items()}
    env = rule.follow(seen.env, choice)
    for name, source in rule.outputs.items():
        if not agree(env[source], seen.outputs[name], seen.within(1)):
            return None  # a gate is not the same in all of them
    first, *names = rule.inputs  # the names of forward's arguments, as they were passed
    meant = [names[order.states.index(place)] for place in range(len(names))]
    x, *given = asked.sequence.arguments.values()
    weigh, units = asked.sequence.loss, len(seen.env["one"])
    constants = {name: seen.env[name][:, :1] for name in ("zero", "one")}
    constants |= {name: seen.env[name] for name in exercise.absent}

    def loss(shift: dict[str, np.ndarray]) -> float:
        env = constants | {
            name: seen.env[name] + in_form(shift.get(name, 0), seen.env[name])
            for name in exercise.parameters
        }
        states = [state + shift.get(name, 0) for name, state in zip(names, given)]
        total = 0.0
        for t, x_t in enumerate(x + shift.get(first, 0)):
            now = {first: x_t[:, None]} | {n: s[:, None] for n, s in zip(meant, states)}
            step = rule.follow(env | now, choice)
            new = [step[source] for source in rule.outputs.values()]
            new = [np.full(units, np.nan) if s is None else s[:, 0] for s in new]
            states = [new[order.outputs.index(place)] for place in sorted(order.outputs)]
            total += (weigh[t] * states[-1]).sum()
        return total + sum((weigh[-1 - k] * state).sum() for k, state in enumerate(states))

    return loss if np.isfinite(loss({})) else None


def in_form(shift, like: np.ndarray):
    """A direction in the form of the parameter that it moves: a column, a matrix, or a matrix with
    nothing beside its diagonal."""
    if np.ndim(shift) == 1:
        return shift[:, None]
    return on_diagonal(shift, like)


def on_diagonal(shift, like: np.ndarray):
    """A shift of a matrix; of its diagonal alone, where it has nothing beside that."""
    square = np.ndim(shift) == 2 and like.shape[0] == like.shape[1]
    if square and not np.any(like - np.diag(np.diagonal(like))):
        return np.diag(np.diagonal(shift))
    return shift
