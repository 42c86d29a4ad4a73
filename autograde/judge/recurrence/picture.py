"""The picture of one step: a state over a few steps, the student's and the right one."""

import numpy as np

from ...exercise.declared import Recurrence
from ...exercise.rules import columns
from ..answers import Answers
from ..pictures import FEWEST, Picture, Runs, rounded
from ..questions import normal, weights

PICTURE_SIZES, PICTURE_STEPS = (3, 4), 8


def ask_runs(exercise: Recurrence, rng: np.random.Generator) -> Runs:
    """One run over several steps."""
    n, m = PICTURE_SIZES
    shapes = {exercise.sequence_input: (PICTURE_STEPS, n)} | dict.fromkeys(exercise.states, (m,))
    run = {name: normal(rng, shape) for name, shape in shapes.items()}
    weights_of_one = {"own": (drawn(exercise, rng, n, m),)}
    return Runs(
        exercise.name,
        "recurrence",
        PICTURE_SIZES,
        weights_of_one,
        (run,),
        tuple(exercise.rule.inputs),
        len(exercise.rule.outputs),
        exercise.diagonal,
        tuple(exercise.absent),
    )


def drawn(exercise: Recurrence, rng, n: int, m: int) -> dict[str, np.ndarray]:
    """Parameters of a cell; those that may be diagonal are, so that they fit either form."""
    values = weights(rng, exercise.parameters | exercise.absent, n, m)
    return values | {name: np.diag(np.diagonal(values[name])) for name in exercise.diagonal}


def compare_runs(exercise: Recurrence, asked: Runs, answers: Answers) -> Picture | None:
    """The first state that departs from the rule, in the unit in which it departs most."""
    ours = right_states(exercise, asked.weights["own"][0], asked.runs[0])
    yours = answers.runs[0].values if len(answers.runs) == 1 else None
    if yours is None or yours.shape != ours.shape or not np.isfinite(yours).all():
        return None
    gap = np.abs(yours - ours)
    departed = (gap > FEWEST).any(axis=2)  # steps, states
    if not departed.any():
        return None
    step = int(np.argmax(departed.any(axis=1)))
    state = int(np.argmax(departed[step]))
    unit = int(np.argmax(gap[:, state].sum(axis=0)))
    return {
        "kind": "steps",
        "name": list(exercise.rule.outputs)[state],
        "from": step,
        "right": rounded(ours[:, state, unit], 4),
        "yours": rounded(yours[:, state, unit], 4),
    }


def right_states(exercise: Recurrence, parameters: dict, run: dict) -> np.ndarray:
    """All states at every step by the rule, shape (steps, states, units)."""
    x, *states = run.values()
    every = []
    for x_t in x:
        states = right_step(exercise, parameters, x_t, states)
        every.append(np.stack(states))
    return np.stack(every)


def right_step(exercise: Recurrence, parameters: dict, x, states) -> tuple[np.ndarray, ...]:
    """One step of the rule on vectors. Raises ValueError where the sizes do not fit."""
    given = dict(zip(exercise.rule.inputs, (x, *states)))
    env = columns({name: value[None] for name, value in given.items()}, parameters, len(states[-1]))
    env = exercise.rule.follow(env, {})
    outputs = [env[source] for source in exercise.rule.outputs.values()]
    if any(value is None for value in outputs):
        raise ValueError("the sizes do not fit")
    return tuple(value[:, 0] for value in outputs)
