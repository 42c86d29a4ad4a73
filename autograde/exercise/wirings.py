"""How a stack may be wired, right and wrong, as tables of small functions. The first row of a table
is the right one.

The tables hold for a stack of any step. The last state is the one that a layer passes up and that
`outputs` holds: {h} in the words below. A row whose key holds {state} stands for one row for each
state, one with {other} for one for each state but the last, and its function gets that state's
place as well; a row with `two` is for steps with two states, {c} and {h}. `tables` puts the names
in. To add a mistake, add a row: the words for it, and what such code does.

Arrays: a state of one layer has shape (m,); `States` is one array for each state, in the order in
which a cell takes and returns them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import numpy as np

RIGHT = "right"
States = tuple[np.ndarray, ...]


@dataclass
class Moment:
    """Layer k at one step of a run.

    below: the layer whose result it reads (None for the first one that is used). x: what the stack
    reads at this step. given, old, now: the states of all layers as they were passed in, before
    this step, and so far."""

    k: int
    below: int | None
    x: np.ndarray
    given: list[States]
    old: list[States]
    now: list[States]


@dataclass
class Run:
    """What a stack went through: `x` (T, n), the `given` states (layers, m) each, and every layer's
    `states` at every step, (layers, T, m) each."""

    x: np.ndarray
    given: States
    states: States

    @property
    def shown(self) -> np.ndarray:
        """The state that is passed up: (layers, T, m)."""
        return self.states[-1]

    @property
    def last(self) -> States:
        """Every layer's states after the last step: (layers, m) each."""
        return tuple(state[:, -1] for state in self.states)


# ---------------------------------------------------------------- what a row says, and what it does
class Reads(NamedTuple):
    """What a layer reads of the one below it."""

    says: str
    read: Callable[..., np.ndarray]
    two: bool = False


class Carries(NamedTuple):
    """Which states the layers go on from: at the start, at each step, what is made of what the cell
    gave and of what it went on from, after a step as it is noted, and on the way to the next
    one."""

    says: str
    start: Callable[[list[States]], list[States]] = lambda given: given
    own: Callable[..., States] = lambda at: at.now[at.k]
    new: Callable[[States, States], States] = lambda made, own: made
    noted: Callable[[list[States], int], list[States]] = lambda now, top: now
    carried: Callable[[list[States]], list[States]] = lambda now: now
    two: bool = False


class Steps(NamedTuple):
    """Which steps are taken of a sequence (T, n)."""

    says: str
    steps: Callable[[np.ndarray], np.ndarray] = lambda x: x
    two: bool = False


class Cells(NamedTuple):
    """Which layers are used, of how many, and whose cell each of them runs."""

    says: str
    used: Callable[[int], range] = range
    cell: Callable[[int], int] = lambda k: k
    two: bool = False


class Reading(NamedTuple):
    """What is returned of a run: one array, or one for each state."""

    says: str
    read: Callable[..., np.ndarray | States]
    two: bool = False


def swapped(layers: list[States]) -> list[States]:
    return [layer[::-1] for layer in layers]


def put(states: States, place: int, other: States) -> States:
    """`states` with the one at `place` taken from `other`."""
    return (*states[:place], other[place], *states[place + 1 :])


def repeated(state: np.ndarray, layer: int) -> np.ndarray:
    """One layer's row in every row."""
    return np.repeat(state[[layer]], len(state), axis=0)


# ---------------------------------------------------------------- the tables
# ruff: disable[E501]
READS = {
    RIGHT: Reads(
        "each layer reads the new {h} of the layer below", lambda at: at.now[at.below][-1]
    ),
    "late": Reads(
        "a layer reads the layer below one step late: its {h} of step t−1, not of step t",
        lambda at: at.old[at.below][-1],
    ),
    "raw": Reads(
        "every layer reads x_t itself; only layer 0 does, the others read the {h} of the layer below",
        lambda at: at.x,
    ),
    "{other}": Reads(
        "a layer reads the {called} of the layer below; it should read its {h}",
        lambda at, place: at.now[at.below][place],
    ),
    "given": Reads(
        "a layer reads the given {h} of the layer below at every step, not its new one",
        lambda at: at.given[at.below][-1],
    ),
    "of layer 0": Reads(
        "every layer above the first reads the new {h} of layer 0; it should read that of the layer below",
        lambda at: at.now[0][-1],
    ),
    "squashed": Reads(
        "a layer reads tanh of the {h} of the layer below; it should read its {h}",
        lambda at: np.tanh(at.now[at.below][-1]),
    ),
    "rectified": Reads(
        "a layer reads relu of the {h} of the layer below; it should read its {h}",
        lambda at: np.maximum(at.now[at.below][-1], 0),
    ),
    "sum": Reads(
        "a layer reads {c} + {h} of the layer below; it should read its {h} alone",
        lambda at: at.now[at.below][0] + at.now[at.below][-1],
        two=True,
    ),
}
STATES = {
    RIGHT: Carries("each layer has its own state, carried from step to step"),
    "shared": Carries(
        "one state goes through all the layers; each layer has its own",
        own=lambda at: at.now[at.k if at.below is None else at.below],
        noted=lambda now, top: [now[top]] * len(now),
    ),
    "reset": Carries(
        "every step starts from the given states again; each step goes on from the states of the step before",
        own=lambda at: at.given[at.k],
    ),
    "zeros": Carries(
        "the given states are ignored: it starts from zeros",
        start=lambda given: [tuple(0 * state for state in layer) for layer in given],
    ),
    "zeros each step": Carries(
        "every step starts from zeros; each step goes on from the states of the step before",
        own=lambda at: tuple(0 * state for state in at.now[at.k]),
    ),
    "{state} zeros": Carries(
        "the given {state} is ignored: it starts from zeros",
        start=lambda given, place: [
            put(layer, place, tuple(0 * state for state in layer)) for layer in given
        ],
    ),
    "{state} first": Carries(
        "all layers start from the given {state} of layer 0; layer k starts from {state}[k]",
        start=lambda given, place: [put(layer, place, given[0]) for layer in given],
    ),
    "{state} alone": Carries(
        "every state starts from the given {state}; {rest} not looked at",
        start=lambda given, place: [(layer[place],) * len(layer) for layer in given],
    ),
    "first": Carries(
        "all layers start from the given state of layer 0; layer k starts from {layer_k}",
        start=lambda given: [given[0]] * len(given),
    ),
    "last": Carries(
        "all layers start from the given state of the last layer; layer k starts from {layer_k}",
        start=lambda given: [given[-1]] * len(given),
    ),
    "reversed": Carries(
        "the layers start from the given states in reverse order",
        start=lambda given: given[::-1],
    ),
    "both from {state}": Carries(
        "{c} and {h} both start from the given {state}, and the new {h} is kept as both",
        start=lambda given, place: [(layer[place],) * len(layer) for layer in given],
        new=lambda made, own: (made[-1],) * len(made),
        two=True,
    ),
    "{state} reset": Carries(
        "every step starts from the given {state} again; {rest} carried on",
        own=lambda at, place: put(at.now[at.k], place, at.given[at.k]),
    ),
    "swapped": Carries("{c} and {h} of the given states are swapped", start=swapped, two=True),
    "arguments": Carries(
        "the cells get {c} and {h} in each other's place: a cell takes (x, {c}, {h})",
        start=swapped,
        carried=swapped,
        two=True,
    ),
    "exchanged": Carries(
        "a cell takes (x, {c}, {h}) and returns ({c}_t, {h}_t); here {c} and {h} are exchanged in both",
        own=lambda at: at.now[at.k][::-1],
        new=lambda made, own: made[::-1],
        two=True,
    ),
    "{state} not updated": Carries(
        "the new {state} of a layer is not kept: each step goes on from the given one",
        new=lambda made, own, place: put(made, place, own),
    ),
    "of layer 0": Carries(
        "every layer goes on from the state of layer 0; each layer has its own",
        own=lambda at: at.now[0],
    ),
    "old of layer 0": Carries(
        "every layer goes on from the state that layer 0 had before this step; each layer has its own",
        own=lambda at: at.old[0],
    ),
    "shared from the last": Carries(
        "one state, the last layer's, goes through all the layers; each layer has its own",
        start=lambda given: [given[-1]] * len(given),
        own=lambda at: at.now[at.k if at.below is None else at.below],
        noted=lambda now, top: [now[top]] * len(now),
    ),
    "of the layer above": Carries(
        "a layer goes on from another layer's state; each layer has its own",
        own=lambda at: at.now[(at.k + 1) % len(at.now)],
    ),
    "unpacked": Carries(
        "a cell returns ({c}_t, {h}_t); here they are taken as {h} and {c}",
        new=lambda made, own: made[::-1],
        two=True,
    ),
    "c for h": Carries(
        "the new {c} of a layer is kept in place of its {h}",
        carried=lambda now: [(layer[0],) * len(layer) for layer in now],
        two=True,
    ),
    "h for c": Carries(
        "the new {h} of a layer is kept in place of its {c}",
        carried=lambda now: [(layer[-1],) * len(layer) for layer in now],
        two=True,
    ),
    "crossed": Carries(
        "{c} and {h} are swapped each time they are carried on: the cell returns ({c}_t, {h}_t)",
        carried=swapped,
        two=True,
    ),
}
TIME = {
    RIGHT: Steps("the steps are taken in order"),
    "backwards": Steps("the sequence is read backwards, last step first", lambda x: x[::-1]),
    "no last": Steps("the last step is left out", lambda x: x[:-1]),
    "no first": Steps("the first step is left out", lambda x: x[1:]),
    "only first": Steps("only the first step is taken", lambda x: x[:1]),
    "same x": Steps("every step reads the first x", lambda x: repeated(x, 0)),
    "columns": Steps("the loop goes over the columns of x; every step reads a row", lambda x: x.T),
}
CELLS = {
    RIGHT: Cells("every layer uses its own cell"),
    "first": Cells("all layers use the cell of layer 0", cell=lambda k: 0),
    "upper": Cells(
        "all layers above the first share the cell of layer 1", cell=lambda k: min(k, 1)
    ),
    "of the layer below": Cells(
        "every layer uses the cell of the layer below it, and layer 0 that of the last one",
        cell=lambda k: k - 1,
    ),
    "of two layers below": Cells(
        "every layer uses the cell of two layers below it, counted on from the last one",
        cell=lambda k: k - 2,
    ),
    "the other way round": Cells(
        "the cells are taken in reverse order, that of the last layer first", cell=lambda k: -1 - k
    ),
    "last": Cells("all layers use the cell of the last layer", cell=lambda k: -1),
    "no top": Cells("the last layer is never used", used=lambda layers: range(max(layers - 1, 1))),
    "no bottom": Cells("layer 0 is never used", used=lambda layers: range(layers > 1, layers)),
}
OUTPUTS = {
    RIGHT: Reading("outputs holds the top layer's {h} at every step", lambda run: run.shown[-1]),
    "bottom": Reading(
        "outputs holds the {h} of layer 0; it should be the top layer's", lambda run: run.shown[0]
    ),
    "{other}": Reading(
        "outputs holds the top layer's {called}; it should be its {h}",
        lambda run, place: run.states[place][-1],
    ),
    "squashed": Reading(
        "outputs holds tanh of the top layer's {h}; it should be its {h}",
        lambda run: np.tanh(run.shown[-1]),
    ),
    "rectified": Reading(
        "outputs holds relu of the top layer's {h}; it should be its {h}",
        lambda run: np.maximum(run.shown[-1], 0),
    ),
    "sum": Reading(
        "outputs holds {c} + {h} of the top layer; it should be its {h} alone",
        lambda run: run.states[0][-1] + run.shown[-1],
        two=True,
    ),
    "aliased": Reading(
        "every row of outputs equals the last step's {h}; it should hold each step's own",
        lambda run: repeated(run.shown[-1], -1),
    ),
    "shifted": Reading(
        "outputs is off by one: its first row is the given {h}, and the last step's is missing",
        lambda run: np.concatenate([run.given[-1][-1:], run.shown[-1][:-1]]),
    ),
    "and given": Reading(
        "outputs has one row too many: it begins with the given {h}",
        lambda run: np.concatenate([run.given[-1][-1:], run.shown[-1]]),
    ),
    "last only": Reading(
        "outputs is the last step's {h} alone; it should hold one for every step",
        lambda run: run.shown[-1][-1],
    ),
    "last row": Reading(
        "outputs holds the last step alone; it should hold one for every step",
        lambda run: run.shown[-1][-1:],
    ),
    "no last": Reading("the last step is missing from outputs", lambda run: run.shown[-1][:-1]),
    "no first": Reading("the first step is missing from outputs", lambda run: run.shown[-1][1:]),
    "backwards": Reading(
        "outputs is in reverse order: the last step comes first", lambda run: run.shown[-1][::-1]
    ),
    "every layer": Reading(
        "outputs holds every layer's {h}; it should be the top layer's alone",
        lambda run: run.shown.swapaxes(0, 1),
    ),
    "layers first": Reading(
        "outputs holds every layer's {h}; it should be the top layer's alone", lambda run: run.shown
    ),
    "finals": Reading(
        "outputs holds the final {h} of every layer; it should be the top layer's {h} at every step",
        lambda run: run.shown[:, -1],
    ),
    "x": Reading("outputs is x itself", lambda run: run.x),
    "zeros": Reading("outputs is all zeros", lambda run: 0 * run.shown[-1]),
}
FINALS = {
    RIGHT: Reading("{finals} every layer's last states", lambda run: run.last),
    "swapped": Reading(
        "the final states come as ({h}_T, {c}_T); {c}_T comes first",
        lambda run: run.last[::-1],
        two=True,
    ),
    "reversed": Reading(
        "the final states are in reverse order: row k belongs to layer k",
        lambda run: tuple(state[::-1] for state in run.last),
    ),
    "top": Reading(
        "only the top layer's final states are returned; every layer's are asked for",
        lambda run: tuple(state[-1] for state in run.last),
    ),
    "top row": Reading(
        "only the top layer's final states are returned; every layer's are asked for",
        lambda run: tuple(state[-1:] for state in run.last),
    ),
    "bottom": Reading(
        "only layer 0's final states are returned; every layer's are asked for",
        lambda run: tuple(state[0] for state in run.last),
    ),
    "top for all": Reading(
        "the top layer's final states stand in every row; row k belongs to layer k",
        lambda run: tuple(repeated(state, -1) for state in run.last),
    ),
    "bottom for all": Reading(
        "layer 0's final states stand in every row; row k belongs to layer k",
        lambda run: tuple(repeated(state, 0) for state in run.last),
    ),
    "given": Reading(
        "the given states come back unchanged as the final ones", lambda run: run.given
    ),
    "given {state}": Reading(
        "the given {state} comes back unchanged as the final one",
        lambda run, place: put(run.last, place, run.given),
    ),
    "first step": Reading(
        "the states after the first step are returned, not those after the last",
        lambda run: tuple(state[:, 0] for state in run.states),
    ),
    "only h": Reading(
        "{h}_T is returned twice; {c}_T is missing", lambda run: (run.last[1],) * 2, two=True
    ),
    "only c": Reading(
        "{c}_T is returned twice; {h}_T is missing", lambda run: (run.last[0],) * 2, two=True
    ),
    "all steps": Reading(
        "the states of every step are returned; only the last ones are asked for",
        lambda run: tuple(state.swapaxes(0, 1) for state in run.states),
    ),
    "all steps, layers first": Reading(
        "the states of every step are returned; only the last ones are asked for",
        lambda run: run.states,
    ),
    "zeros": Reading(
        "the final states are all zeros", lambda run: tuple(0 * state for state in run.last)
    ),
}
# ruff: enable[E501]
ALONG = (  # a part of a wiring and its row, what is returned and its row, where one slip makes both
    ("reads", "{other}", "outputs", "{other}"),
    ("reads", "raw", "outputs", "x"),
    ("reads", "of layer 0", "outputs", "bottom"),
    ("reads", "squashed", "outputs", "squashed"),
    ("reads", "rectified", "outputs", "rectified"),
    ("reads", "sum", "outputs", "sum"),
    ("states", "c for h", "finals", "only c"),
    ("states", "h for c", "finals", "only h"),
    ("states", "c for h", "outputs", "c"),
    ("states", "reset", "finals", "given"),
    ("states", "{state} reset", "finals", "given {state}"),
    ("states", "{state} not updated", "finals", "given {state}"),
    ("states", "{state} not updated", "finals", "given"),
    ("states", "crossed", "finals", "swapped"),
    ("states", "crossed", "outputs", "c"),
)
AT_ONCE = (  # two parts of a wiring and their rows, where one slip makes both: the first one counts
    ("reads", "raw", "time", "same x"),
    ("reads", "{other}", "states", "c for h"),
)


# ---------------------------------------------------------------- for the states of one step
@dataclass(frozen=True)
class Tables:
    """Every way to wire a stack that we know. `parts` are the four tables that make up a wiring;
    `along`: (part, its row, "outputs" or "finals", its row) that one slip makes; `at_once`: two
    parts likewise."""

    parts: dict[str, dict[str, Reads | Carries | Steps | Cells]]
    outputs: dict[str, Reading]
    finals: dict[str, Reading]
    along: frozenset[tuple[str, str, str, str]]
    at_once: frozenset[tuple[str, str, str, str]]


@cache
def tables(states: tuple[str, ...], called: tuple[tuple[str, str], ...] = ()) -> Tables:
    """The tables for a stack of cells with these states. `called`: pairs of a state and words for
    it."""
    parts = {"reads": READS, "states": STATES, "time": TIME, "cells": CELLS}
    named = lambda table: with_names(table, states, dict(called))
    rows = lambda table: frozenset(
        tuple(key.format(state=s, other=s) for key in row) for row in table for s in states
    )
    return Tables(
        {name: named(table) for name, table in parts.items()},
        named(OUTPUTS),
        named(FINALS),
        rows(ALONG),
        rows(AT_ONCE),
    )


def with_names(table: dict, states: tuple[str, ...], called: dict[str, str]) -> dict:
    """A table with the names of the states put in, and its rows for single states written out."""
    finals = [f"{state}_T" for state in states]
    words = {
        "c": states[0],
        "h": states[-1],
        "layer_k": " and ".join(f"{state}[k]" for state in states),
        "finals": f"({', '.join(finals)}) hold" if len(states) > 1 else f"{finals[0]} holds",
    }
    written = {}
    for key, wiring in table.items():
        for place in places(key, wiring, len(states)):
            about = words | about_one(states, place, called)
            changes = {"says": wiring.says.format(**about)}
            if place is not None:
                fields = ("start", "own", "new") if isinstance(wiring, Carries) else ("read",)
                for field in fields:
                    if "place" in getattr(wiring, field).__code__.co_varnames:
                        changes[field] = partial(getattr(wiring, field), place=place)
            written[key.format(**about)] = wiring._replace(**changes)
    return written


def places(key: str, wiring, count: int) -> list[int | None]:
    """For which states a row is written out: their places, or once for none of them in
    particular."""
    if "{state}" in key:
        return list(range(count if count > 1 and (count == 2 or not wiring.two) else 0))
    if "{other}" in key:
        return list(range(count - 1))
    return [None] if count == 2 or not wiring.two else []


def about_one(states: tuple[str, ...], place: int | None, called: dict[str, str]) -> dict[str, str]:
    """What the words of a row say of the state that it is about."""
    if place is None:
        return {}
    name, rest = states[place], [state for k, state in enumerate(states) if k != place]
    return {
        "state": name,
        "other": name,
        "called": called.get(name, name),
        "rest": " and ".join(rest) + (" is" if len(rest) == 1 else " are"),
    }
