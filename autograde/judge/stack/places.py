"""Where a stack first departs from the rule: the layer, the step, and the value in the place of
the right one."""

from collections.abc import Iterator
from itertools import combinations_with_replacement, product

import numpy as np

from ...exercise.declared import Stack
from ...exercise.rules import FUNCTIONS
from ..agreement import NAMED, agree
from ..wiring import Seen

FUNCTIONS_BETWEEN = {"tanh": np.tanh, "σ": FUNCTIONS["sigmoid"], "relu": FUNCTIONS["relu"]}
NO_VALUE = "none of the values that were passed in or that a layer gave back"


def departs(exercise: Stack, every: list[tuple[Seen, list]], key: str) -> str:
    """Where a criterion first fails, by steps and then by layers, and what stands there, of the
    first build that shows it; "" where a layer is not run once a step."""
    for seen, log in every:
        if {len(calls) for calls in log} != {len(seen.x)}:
            continue
        finals = zip(exercise.states, seen.finals or (), seen.given) if key == "final" else ()
        for state, rows, like in finals:
            if np.shape(rows) != like.shape:
                shapes = (", ".join(map(str, np.shape(one))) for one in (rows, like))
                return "{}_T has shape ({}); it should be ({}).".format(state, *shapes)
        given, made = given_and_made(seen, log)
        for where, right, got in compared(exercise, seen, given, made, key):
            if not agree(got, right, NAMED):
                return (
                    f"With n_layers={seen.layers}, {where} {known_as(exercise, seen, made, got)}."
                )
    return ""


def given_and_made(seen: Seen, log: list) -> tuple[list, list]:
    """Of each layer at each call, what it was given and what it gave back."""
    given = [[[tensor.values for tensor in call] for call in layer] for layer in log]
    made = [[seen.cell(k, x, tuple(s)) for x, *s in layer] for k, layer in enumerate(given)]
    return given, made


def compared(
    exercise: Stack, seen: Seen, given: list, made: list, key: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """What a criterion is about: words for each place, what should stand there, and what does.
    given, made: of each layer at each step, what it was given and gave back."""
    finals = zip(exercise.states, seen.finals or ())
    if key == "outputs" and np.shape(seen.outputs) == (len(seen.x), *np.shape(made[-1][0][-1])):
        for t, states in enumerate(made[-1]):
            yield f"outputs[{t}] is", states[-1], seen.outputs[t]
    for place, (state, rows) in enumerate(finals if key == "final" else ()):
        if np.shape(rows) == seen.given[place].shape:
            for k, calls in enumerate(made):
                yield f"{state}_T[{k}] is", calls[-1][place], rows[k]
    for t, k in product(range(len(seen.x)), range(seen.layers)):
        x, *states = given[k][t]
        if key == "wiring":
            yield f"at x[{t}] layer {k} reads", made[k - 1][t][-1] if k else seen.x[t], x
        own = made[k][t - 1] if t else seen.given_by_layer[k]
        for state, right, got in zip(exercise.states, own, states) if key == "states" else ():
            yield f"at x[{t}] layer {k} gets as its {state}", right, got


def known_as(exercise: Stack, seen: Seen, made: list, value: np.ndarray) -> str:
    """Which value that the stack was given, or that a layer gave back, this is, or what of one or
    two of these."""
    names = {"all of x": seen.x} | {f"x[{t}]": x for t, x in enumerate(seen.x)}
    for place, state in enumerate(exercise.states):
        names[f"all of the given {state}"] = seen.given[place]
        names |= {f"the given {state}[{k}]": row for k, row in enumerate(seen.given[place])}
        names |= {
            f"the {state} that layer {k} gave back at x[{t}]": states[place]
            for k, calls in enumerate(made)
            for t, states in enumerate(calls)
        }
    alike = {name: one for name, one in names.items() if np.shape(one) == np.shape(value)}
    for named in (alike | {"zeros": np.zeros_like(value)}, made_of(value, alike)):
        if name := next((name for name, one in named.items() if agree(value, one, NAMED)), ""):
            return name
    return NO_VALUE


def made_of(value: np.ndarray, names: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What may be made of these values in a line, by words for it: a function, a multiple, a sum or
    product of two."""
    made = {}
    for shown, function in FUNCTIONS_BETWEEN.items():
        made |= {f"{shown} of {name}": function(one) for name, one in names.items()}
    for name, one in names.items():
        times = round(float(np.vdot(value, one) / np.vdot(one, one)), 3) if one.any() else 0.0
        made[f"{times:g} times {name}"] = times * one
    for (name, one), (other, two) in combinations_with_replacement(names.items(), 2):
        made |= {f"{name} plus {other}": one + two, f"{name} times {other}": one * two}
    return made
