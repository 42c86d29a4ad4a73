"""How a stack may be wired, right and wrong, as data, and the search for the wiring that gives a student's numbers.

The cells are known here (the stand-in of respond.py, or a right cell), so only the wiring is unknown. The first row of
every table is the right one.
"""

from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from ..exercise.rules import Rule, columns
from .diagnose import NAMED_WITHIN, SINGLE_WITHIN

RIGHT = "right"

READS = {
    RIGHT: "each layer reads the new h of the layer below",
    "late": "a layer reads the layer below one step late: its h of step t−1, not of step t",
    "raw": "every layer reads x_t itself; only layer 0 does, the others read the h of the layer below",
    "c": "a layer reads the cell state c of the layer below; it should read its h",
    "given": "a layer reads the given h of the layer below at every step, not its new one",
}
STATES = {
    RIGHT: "each layer has its own state, carried from step to step",
    "shared": "one state goes through all the layers; each layer has its own",
    "reset": "every step starts from the given states again; each step goes on from the states of the step before",
    "zeros": "the given states are ignored: it starts from zeros",
    "first": "all layers start from the given state of layer 0; layer k starts from c[k] and h[k]",
    "last": "all layers start from the given state of the last layer; layer k starts from c[k] and h[k]",
    "reversed": "the layers start from the given states in reverse order",
    "c reset": "every step starts from the given c again; h is carried on",
    "h reset": "every step starts from the given h again; c is carried on",
    "swapped": "c and h of the given states are swapped",
    "arguments": "the cells get c and h in each other's place: a cell takes (x, c, h)",
    "of layer 0": "every layer goes on from the state of layer 0; each layer has its own",
    "old of layer 0": "every layer goes on from the state that layer 0 had before this step; each layer has its own",
    "of the layer above": "a layer goes on from another layer's state; each layer has its own",
    "crossed": "c and h are swapped each time they are carried on: the cell returns (c_t, h_t)",
}
TIME = {
    RIGHT: "the steps are taken in order",
    "backwards": "the sequence is read backwards, last step first",
    "no last": "the last step is left out",
    "no first": "the first step is left out",
    "only first": "only the first step is taken",
    "same x": "every step reads the first x",
    "columns": "the loop goes over the columns of x; every step reads a row",
}
CELLS = {
    RIGHT: "every layer uses its own cell",
    "first": "all layers use the cell of layer 0",
    "upper": "all layers above the first share the cell of layer 1",
    "no top": "the last layer is never used",
    "no bottom": "layer 0 is never used",
}
OUTPUTS = {
    RIGHT: (lambda r: r["h"][-1], "outputs holds the top layer's h at every step"),
    "bottom": (lambda r: r["h"][0], "outputs holds the h of layer 0; it should be the top layer's"),
    "c": (lambda r: r["c"][-1], "outputs holds the top layer's cell state c; it should be its h"),
    "aliased": (
        lambda r: np.repeat(r["h"][-1][-1:], len(r["h"][-1]), axis=0),
        "every row of outputs equals the last step's h: the same tensor was written over and over",
    ),
    "shifted": (
        lambda r: np.concatenate([r["h0"][-1:], r["h"][-1][:-1]]),
        "outputs is off by one: its first row is the given h, and the last step's is missing",
    ),
    "and given": (
        lambda r: np.concatenate([r["h0"][-1:], r["h"][-1]]),
        "outputs has one row too many: it begins with the given h",
    ),
    "last only": (
        lambda r: r["h"][-1][-1],
        "outputs is the last step's h alone; it should hold one for every step",
    ),
    "last row": (
        lambda r: r["h"][-1][-1:],
        "outputs holds the last step alone; it should hold one for every step",
    ),
    "no last": (lambda r: r["h"][-1][:-1], "the last step is missing from outputs"),
    "no first": (lambda r: r["h"][-1][1:], "the first step is missing from outputs"),
    "backwards": (
        lambda r: r["h"][-1][::-1],
        "outputs is in reverse order: the last step comes first",
    ),
    "every layer": (
        lambda r: np.stack(r["h"], axis=1),
        "outputs holds every layer's h; it should be the top layer's alone",
    ),
    "layers first": (
        lambda r: np.stack(r["h"]),
        "outputs holds every layer's h; it should be the top layer's alone",
    ),
    "finals": (
        lambda r: np.stack([h[-1] for h in r["h"]]),
        "outputs holds the final h of every layer; it should be the top layer's h at every step",
    ),
    "x": (lambda r: r["x"], "outputs is x itself"),
    "zeros": (lambda r: 0 * r["h"][-1], "outputs is all zeros"),
}


def last(r, key):
    return np.stack([layer[-1] for layer in r[key]])


FINALS = {
    RIGHT: (lambda r: (last(r, "c"), last(r, "h")), "(c_T, h_T) hold every layer's last states"),
    "swapped": (
        lambda r: (last(r, "h"), last(r, "c")),
        "the final states come as (h_T, c_T); the cell state comes first",
    ),
    "reversed": (
        lambda r: (last(r, "c")[::-1], last(r, "h")[::-1]),
        "the final states are in reverse order: row k belongs to layer k",
    ),
    "top": (
        lambda r: (last(r, "c")[-1], last(r, "h")[-1]),
        "only the top layer's final states are returned; every layer's are asked for",
    ),
    "top row": (
        lambda r: (last(r, "c")[-1:], last(r, "h")[-1:]),
        "only the top layer's final states are returned; every layer's are asked for",
    ),
    "bottom": (
        lambda r: (last(r, "c")[0], last(r, "h")[0]),
        "only layer 0's final states are returned; every layer's are asked for",
    ),
    "top for all": (
        lambda r: tuple(np.repeat(last(r, k)[-1:], len(r[k]), axis=0) for k in "ch"),
        "the top layer's final states stand in every row; row k belongs to layer k",
    ),
    "bottom for all": (
        lambda r: tuple(np.repeat(last(r, k)[:1], len(r[k]), axis=0) for k in "ch"),
        "layer 0's final states stand in every row; row k belongs to layer k",
    ),
    "given": (
        lambda r: (r["c0"], r["h0"]),
        "the given states come back unchanged as the final ones",
    ),
    "given c": (
        lambda r: (r["c0"], last(r, "h")),
        "the given c comes back unchanged as the final one",
    ),
    "given h": (
        lambda r: (last(r, "c"), r["h0"]),
        "the given h comes back unchanged as the final one",
    ),
    "first step": (
        lambda r: tuple(np.stack([layer[0] for layer in r[k]]) for k in "ch"),
        "the states after the first step are returned, not those after the last",
    ),
    "only h": (lambda r: (last(r, "h"), last(r, "h")), "h_T is returned twice; c_T is missing"),
    "only c": (lambda r: (last(r, "c"), last(r, "c")), "c_T is returned twice; h_T is missing"),
    "all steps": (
        lambda r: tuple(np.stack(r[k], axis=1) for k in "ch"),
        "the states of every step are returned; only the last ones are asked for",
    ),
    "all steps, layers first": (
        lambda r: tuple(np.stack(r[k]) for k in "ch"),
        "the states of every step are returned; only the last ones are asked for",
    ),
    "zeros": (lambda r: tuple(0 * last(r, k) for k in "ch"), "the final states are all zeros"),
}
TABLES = {"reads": READS, "states": STATES, "time": TIME, "cells": CELLS}


class Wiring(NamedTuple):
    """One way to wire a stack: a key in each of the tables."""

    reads: str = RIGHT
    states: str = RIGHT
    time: str = RIGHT
    cells: str = RIGHT

    @property
    def slips(self) -> int:
        return sum(value != RIGHT for value in (self.reads, self.states, self.time, self.cells))


MOST_SLIPS = 2
WIRINGS = [
    [w for w in map(Wiring._make, product(*TABLES.values())) if w.slips == slips]
    for slips in range(MOST_SLIPS + 1)
]  # by slips


@dataclass
class Stack:
    """What one build was given and gave back: `cell(k, x, c, h) -> (c, h)` runs layer k's cell; `log`: see respond.StandIn."""

    cell: object
    x: np.ndarray
    c: np.ndarray
    h: np.ndarray
    outputs: np.ndarray | None = None
    finals: tuple | None = None
    single: bool = False
    log: list | None = None


def stand_in(p: dict, x, c, h):
    """The stand-in of respond.py."""
    c = np.tanh(p["A_x"] @ x + p["A_c"] @ c + p["A_h"] @ h)
    return c, np.sin(p["B_x"] @ x + p["B_c"] @ c + p["B_h"] @ h)


def right_cell(rule: Rule, p: dict, x, c, h):
    """One step of the rule. Raises ValueError where the sizes do not fit."""
    env = rule.follow(columns({"x": x[None], "c": c[None], "h": h[None]}, p, len(c)), {})
    outputs = [env[source] for source in rule.outputs.values()]
    if any(value is None for value in outputs):
        raise ValueError("the sizes do not fit")
    return tuple(value[:, 0] for value in outputs)


def steps_of(time: str, x: np.ndarray) -> np.ndarray:
    rows = {
        "backwards": x[::-1],
        "no last": x[:-1],
        "no first": x[1:],
        "only first": x[:1],
        "same x": np.repeat(x[:1], len(x), axis=0),
        "columns": x.T,
    }
    return rows.get(time, x)


def given_states(states: str, c: np.ndarray, h: np.ndarray):
    rows = {
        "zeros": (0 * c, 0 * h),
        "first": (c[[0] * len(c)], h[[0] * len(h)]),
        "last": (c[[-1] * len(c)], h[[-1] * len(h)]),
        "reversed": (c[::-1], h[::-1]),
        "swapped": (h, c),
        "arguments": (h, c),
    }
    return rows.get(states, (c, h))


def run(stack: Stack, wiring: Wiring) -> dict | None:
    """h and c of every layer at every step under this wiring: layer -> (T, m); None where it cannot run."""
    layers, xs = len(stack.c), steps_of(wiring.time, stack.x)
    if not len(xs):
        return None
    start_c, start_h = given_states(wiring.states, stack.c, stack.h)
    c, h = list(start_c), list(start_h)
    used = [
        k
        for k in range(layers)
        if not (wiring.cells == "no top" and k == layers - 1 and k)
        and not (wiring.cells == "no bottom" and k == 0 and layers > 1)
    ]
    which = {"first": lambda k: 0, "upper": lambda k: min(k, 1)}.get(wiring.cells, lambda k: k)
    seen = {
        "c": [[] for _ in range(layers)],
        "h": [[] for _ in range(layers)],
        "c0": stack.c,
        "h0": stack.h,
        "x": stack.x,
    }
    try:
        for x in xs:
            before, before_c = list(h), list(c)
            for place, k in enumerate(used):
                below = used[place - 1] if place else None
                read = (
                    x
                    if below is None
                    else {
                        "late": before[below],
                        "raw": x,
                        "c": c[below],
                        "given": start_h[below],
                    }.get(wiring.reads, h[below])
                )
                c_in, h_in = own_state(
                    wiring.states, k, below, c, h, start_c, start_h, before_c, before
                )
                c[k], h[k] = stack.cell(which(k), read, c_in, h_in)
            if wiring.states == "shared":
                c[0:], h[0:] = [c[used[-1]]] * layers, [h[used[-1]]] * layers
            for k in range(layers):
                seen["c"][k].append(c[k])
                seen["h"][k].append(h[k])
            if wiring.states in ("crossed", "arguments"):
                c, h = h, c
    except ValueError:  # the sizes do not fit: such code cannot have run here
        return None
    if wiring.cells == "no top":
        seen["h"][-1] = seen["h"][used[-1]] if layers > 1 else seen["h"][-1]
    return seen | {key: [np.stack(rows) for rows in seen[key]] for key in "ch"}


def own_state(states, k, below, c, h, start_c, start_h, old_c, old_h):
    if states == "shared" and below is not None:
        return c[below], h[below]
    rows = {
        "of layer 0": (c[0], h[0]),
        "old of layer 0": (old_c[0], old_h[0]),
        "of the layer above": (c[k - len(c) + 1], h[k - len(h) + 1]),
        "reset": (start_c[k], start_h[k]),
        "c reset": (start_c[k], h[k]),
        "h reset": (c[k], start_h[k]),
    }
    return rows.get(states, (c[k], h[k]))


def same(guess, truth, single) -> bool:
    if guess is None or truth is None or np.shape(guess) != np.shape(truth):
        return False
    return bool(
        np.abs(guess - truth).max(initial=0.0)
        <= (SINGLE_WITHIN if single else NAMED_WITHIN) * max(1.0, np.abs(truth).max(initial=0.0))
    )


def readout(table, rows, stacks, given) -> str | None:
    """The first key of the table whose reading gives what was returned in every build."""
    for key, (read, _) in table.items():
        if all(
            row is not None
            and all(
                same(a, b, s.single)
                for a, b in zip(as_tuple(read(row)), as_tuple(given(s)), strict=True)
            )
            for row, s in zip(rows, stacks)
        ):
            return key
    return None


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


def runs(stacks: list[Stack], wiring: Wiring) -> list[dict] | None:
    """What this wiring gives in every build, or None where it cannot run in one, or none of what it gives fits the first."""
    first = run(stacks[0], wiring)
    one = stacks[:1]
    if first is None or (
        readout(OUTPUTS, [first], one, lambda s: s.outputs) is None
        and readout(FINALS, [first], one, lambda s: s.finals) is None
    ):
        return None
    rows = [first] + [run(s, wiring) for s in stacks[1:]]
    return None if any(row is None for row in rows) else rows


def diagnose_stack(stacks: list[Stack]):
    """(Wiring, key in OUTPUTS or None, key in FINALS or None) with the fewest slips; None where nothing fits."""
    best = None
    for most in range(MOST_SLIPS + 1):
        for wiring in WIRINGS[most]:
            rows = runs(stacks, wiring)
            if rows is None:
                continue
            outputs = readout(OUTPUTS, rows, stacks, lambda s: s.outputs)
            finals = readout(FINALS, rows, stacks, lambda s: s.finals)
            if outputs is None and finals is None:
                continue
            cost = (
                most
                + (outputs != RIGHT)
                + (finals != RIGHT)
                + 2 * ((outputs is None) + (finals is None))
            )
            if best is None or cost < best[0]:
                best = cost, wiring, outputs, finals
        if best and best[0] <= most + 1:
            break
    return best[1:] if best else None
