"""A small picture beside the reasons: what a class gives over a few steps, and what the rule gives. No mark depends on it."""

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.rules import columns
from . import stack as stacks
from . import wiring
from .questions import STAND_IN, normal, packed, unpack, weights

STEPS = {"cell": 8, "stack": 5}
INPUTS, UNITS, LAYERS = 3, 4, 3
PUSH = 1e-4  # by which one argument is changed, to see which outputs follow it
FEWEST = 1e-6  # of what counts as another number, or as following


# ---------------------------------------------------------------- questions
def questions(exercise: Exercise, seed: int) -> dict:
    """Whole runs: of a cell one, of a stack one and then one more for each argument that is changed a little."""
    rng, names, steps = (
        np.random.default_rng(seed),
        list(exercise.rule.inputs),
        STEPS[exercise.kind],
    )
    base = {
        name: normal(
            rng,
            (steps, INPUTS)
            if name == "x"
            else (UNITS,)
            if exercise.kind == "cell"
            else (LAYERS, UNITS),
        )
        for name in names
    }
    if exercise.kind == "cell":
        sizes, sets, runs = [INPUTS, UNITS], {"own": [drawn(exercise, rng, INPUTS)]}, [base]
    else:
        sizes, runs = (
            [INPUTS, UNITS, LAYERS],
            [base, *(changed(base, names, row) for row in range(steps + LAYERS))],
        )
        sets = {
            "stand-in": [
                weights(rng, STAND_IN, UNITS if k else INPUTS, UNITS) for k in range(LAYERS)
            ],
            "own": [drawn(exercise, rng, UNITS if k else INPUTS) for k in range(LAYERS)],
        }
    return packed(
        {
            "name": exercise.name,
            "kind": exercise.kind,
            "cell": exercise.cell,
            "sizes": sizes,
            "weights": sets,
            "runs": runs,
            "inputs": names,
            "outputs": len(exercise.rule.outputs),
            "diagonal": list(exercise.diagonal),
            "absent": list(exercise.absent or {}),
        }
    )


def drawn(exercise: Exercise, rng, reads: int) -> dict[str, np.ndarray]:
    """Parameters of a cell; those that may be diagonal are, so that they fit either form."""
    rows = weights(rng, exercise.parameters | (exercise.absent or {}), reads, UNITS)
    return rows | {name: np.diag(np.diagonal(rows[name])) for name in exercise.diagonal}


def changed(base: dict, names: list[str], row: int) -> dict:
    """The same run with one row of x moved, or (after those) all given states of one layer."""
    steps = len(base["x"])
    moved = {"x": row} if row < steps else {name: row - steps for name in names if name != "x"}
    return {
        name: value + PUSH * (np.arange(len(value)) == moved.get(name, -1))[:, None]
        for name, value in base.items()
    }


# ---------------------------------------------------------------- comparing
def compare(exercise: Exercise, asked: dict, answers: dict) -> dict | None:
    """What to draw, as plain data; None where the numbers are right, or are none."""
    runs, mode = answers.get("runs"), answers.get("mode")
    if (
        not isinstance(runs, list)
        or len(runs) != len(asked["runs"])
        or mode not in asked["weights"]
    ):
        return None
    given = [unpack(run) for run in runs]
    parameters = [
        {name: unpack(value) for name, value in layer.items()} for layer in asked["weights"][mode]
    ]
    arguments = [{name: unpack(row[name]) for name in asked["inputs"]} for row in asked["runs"]]
    if exercise.kind == "cell":
        return compare_steps(exercise, given[0], follow(exercise, parameters[0], **arguments[0]))
    cell = stacks.cell_of(exercise, mode, parameters)
    right = [
        wiring.run(wiring.Stack(cell, row["x"], row["c"], row["h"]), wiring.Wiring())
        for row in arguments
    ]
    return compare_influence(given, [row["h"][-1] for row in right])


def follow(exercise: Exercise, parameters: dict, x: np.ndarray, **states) -> np.ndarray:
    """All states at every step by the rule, shape (steps, states, units)."""
    rows = []
    for x_t in x:
        env = exercise.rule.follow(
            columns(
                {"x": x_t[None]} | {name: value[None] for name, value in states.items()},
                parameters,
                UNITS,
            ),
            {},
        )
        rows.append([env[source][:, 0] for source in exercise.rule.outputs.values()])
        states = dict(zip(states, rows[-1]))
    return np.array(rows)


def compare_steps(exercise: Exercise, yours, right: np.ndarray) -> dict | None:
    """The first state that departs, in the unit in which it departs most."""
    if yours is None or yours.shape != right.shape or not np.isfinite(yours).all():
        return None
    gap = np.abs(yours - right)
    departs = (gap > FEWEST).any(axis=2)  # steps, states
    if not departs.any():
        return None
    step = int(np.argmax(departs.any(axis=1)))
    state = int(np.argmax(departs[step]))
    unit = int(np.argmax(gap[:, state].sum(axis=0)))
    rounded = lambda values: [round(float(value), 4) for value in values[:, state, unit]]
    return {
        "kind": "steps",
        "name": list(exercise.rule.outputs)[state],
        "from": step,
        "right": rounded(right),
        "yours": rounded(yours),
    }


def compare_influence(yours: list, right: list) -> dict | None:
    """How much each output follows each argument, the largest of the right ones being 1."""
    if any(
        run is None or run.shape != right[0].shape or not np.isfinite(run).all() for run in yours
    ):
        return None
    maps = [
        np.array([np.linalg.norm(run - runs[0], axis=1) / PUSH for run in runs[1:]])
        for runs in (right, yours)
    ]
    if np.abs(maps[1] - maps[0]).max() <= 1e-3 * maps[0].max():
        return None
    right_map, your_map = (
        [[round(float(value), 5) for value in row] for row in rows / maps[0].max()] for rows in maps
    )
    return {"kind": "influence", "steps": len(right[0]), "right": right_map, "yours": your_map}
