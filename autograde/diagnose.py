"""Diagnosis by numbers: which variants of the rule reproduce what a student's cell returned.

`diagnose` looks for the fewest slips whose rule gives the student's numbers: none, one, the same slip in every gate,
two, then one in each gate. What it returns is always true of the numbers; where nothing fits it says so with None.
"""
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations, product

import numpy as np

from .rules import RIGHT, Gate, Rulebook, Step

NAMED = 1e-6  # how close a variant must come, relative to the size of the numbers, in double precision
SINGLE = 2e-4  # the same for numbers that were computed in single precision


@lru_cache
def rulebook(kind: str) -> Rulebook:
    return Rulebook(kind)


@dataclass
class Seen:
    """One build's inputs and what the student's cell made of them: c and h are (B, m), nan where unusable."""

    step: Step
    c: np.ndarray
    h: np.ndarray
    single: bool = False


@dataclass
class Cause:
    """The variants that reproduce the numbers: gate letter -> Gate, and the keys in the tables of the other parts."""

    gates: dict = field(default_factory=dict)
    cell: str = RIGHT
    stored: str = RIGHT
    hidden: str = RIGHT
    new_state: list = field(default_factory=list)  # the new c of every build, before it is stored

    @property
    def slips(self) -> int:
        return sum(way.slips for way in self.gates.values()) + (self.cell != RIGHT) + (self.stored != RIGHT) + (self.hidden != RIGHT)


def close(guess, truth, single=False) -> np.ndarray:
    """Whether `guess` (..., B, m) equals `truth` (B, m) everywhere; one boolean for each leading index."""
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs(guess - truth).max(axis=(-1, -2))
    return error <= (SINGLE if single else NAMED) * max(1.0, float(np.abs(truth).max(initial=0.0)))


class Search:
    """The values of every way to compute every gate, for all builds, and the search over their combinations."""

    def __init__(self, kind: str, seen: list[Seen]):
        self.book, self.seen = rulebook(kind), seen
        self.right = {k: Gate(k, RIGHT, RIGHT) for k in "fioc"}
        self.values: dict = {}
        self.tables: dict = {}

    def value(self, way: Gate):
        """The gate's values in every build, or None where it cannot be computed in one of them."""
        if way not in self.values:
            rows = [self.book.gate(s.step, way) for s in self.seen] if self.computable(way) else None
            self.values[way] = None if rows is None or any(row is None for row in rows) else rows
        return self.values[way]

    def computable(self, way: Gate) -> bool:
        return self.book.kind != "coupled" or way.gate != "i" or "W_i" in self.seen[0].step.p

    def table(self, k: str, slips: int) -> tuple[list[Gate], list[np.ndarray]]:
        """All ways with exactly `slips` slips to compute gate k, and their values stacked, build by build."""
        if (k, slips) not in self.tables:
            self.tables[k, slips] = gate_values(self.book, k, slips, [s.step for s in self.seen]) if self.computable(self.right[k]) else ([], [])
        return self.tables[k, slips]

    def cells(self, cell: str, stored: str, **gates):
        """The returned c for stacked gate values, with broadcasting, in every build; None where there is none."""
        rows = []
        for n, s in enumerate(self.seen):
            f, i, o, g = (gates[k][n] if gates.get(k) is not None else None for k in "fioc")
            c = self.book.cell[cell][0](s.step, f, i, o, g)
            if c is None:
                return None
            rows.append(c if stored == RIGHT else self.book.stored[stored][0](s.step, c, o))
        return rows

    def plain(self, changed: dict) -> dict:
        return {k: self.value(changed.get(k, self.right[k])) for k in "fioc"}

    def match(self, changed: dict, cell=RIGHT, stored=RIGHT):
        """A Cause, where these ways give the returned c in every build."""
        gates = self.plain(changed)
        if any(gates[k] is None for k in self.book.gates):
            return None
        with np.errstate(all="ignore"):
            rows = self.cells(cell, stored, **gates)
        if rows is None or not all(close(row, s.c, s.single) for row, s in zip(rows, self.seen)):
            return None
        return Cause({k: way for k, way in changed.items() if k != "o"}, cell, stored, new_state=self.cells(cell, RIGHT, **gates))

    def axis(self, letters: str, changed: dict, slips: int, cell: str, stored: str):
        """Causes in which each gate of `letters` slips exactly `slips` times, found with one broadcast for all."""
        tables = {k: self.table(k, slips) for k in letters}
        if not all(ways for ways, _ in tables.values()):
            return None
        base = self.plain(changed)
        if any(base[k] is None for k in self.book.gates):
            return None
        hits = None
        for n, s in enumerate(self.seen):
            gates = {k: base[k] and {n: base[k][n]} for k in "fioc"}
            for place, k in enumerate(letters):
                stack = tables[k][1][n]
                gates[k] = {n: stack.reshape([-1 if axis == place else 1 for axis in range(len(letters))] + list(stack.shape[1:]))}
            f, i, o, g = (gates[k][n] if gates[k] else None for k in "fioc")
            with np.errstate(all="ignore"):
                c = self.book.cell[cell][0](s.step, f, i, o, g)
                if c is None:
                    return None
                c = c if stored == RIGHT else self.book.stored[stored][0](s.step, c, o)
                good = np.broadcast_to(close(c, s.c, s.single), [len(tables[k][0]) for k in letters])
            hits = good if hits is None else hits & good
            if not hits.any():
                return None
        for index in np.argwhere(hits):
            ways = {k: tables[k][0][j] for k, j in zip(letters, index)}
            cause = self.match(changed | ways, cell, stored)
            if cause:
                return cause
        return None

    def find(self, depth: int) -> Cause | None:
        """The cause of the returned c with exactly `depth` slips (a slip made in every gate counts as one)."""
        gates = self.book.gates.replace("o", "")
        cells, stores = list(self.book.cell), list(self.book.stored)
        if depth == 0:
            return self.match({})
        if depth == 1:
            return self.first(
                (self.match, {}, cell) for cell in cells[1:]
            ) or self.first((self.axis, k, {}, 1, RIGHT, RIGHT) for k in gates) or self.first(
                (self.match, {}, RIGHT, stored) for stored in stores[1:]
            ) or self.first((self.match, moved) for moved in self.book.everywhere())
        if depth == 2:
            return self.pairs(gates, cells, stores)
        return self.first((self.axis, "".join(three), {}, 1, RIGHT, RIGHT) for three in combinations(gates, 3)) or self.first(
            (self.axis, "".join(two), {}, 1, cell, RIGHT) for two in combinations(gates, 2) for cell in cells[1:]
        )

    def pairs(self, gates, cells, stores):
        return (
            self.first((self.axis, k, {}, 1, cell, RIGHT) for k, cell in product(gates, cells[1:]))
            or self.first((self.axis, "".join(two), {}, 1, RIGHT, RIGHT) for two in combinations(gates, 2))
            or self.first((self.axis, k, {}, 2, RIGHT, RIGHT) for k in gates)
            or self.first((self.axis, k, {}, 1, RIGHT, stored) for k, stored in product(gates, stores[1:]))
            or self.first((self.match, {}, cell, stored) for cell, stored in product(cells[1:], stores[1:]))
            or self.first((self.match, moved, cell) for moved, cell in product(self.book.everywhere(), cells[1:]))
            or self.first((self.match, moved, RIGHT, stored) for moved, stored in product(self.book.everywhere(), stores[1:]))
            or self.first((self.axis, k, {key: way for key, way in moved.items() if key != k}, 1, RIGHT, RIGHT) for moved in self.book.everywhere() for k in gates)
        )

    @staticmethod
    def first(calls):
        return next((cause for work, *args in calls if (cause := work(*args))), None)


def find_hidden(search: Search, new_state: list, gates: dict):
    """(the output gate's Gate, the key in HIDDEN) that give the returned h from `new_state`, or None."""
    book, seen = search.book, search.seen
    steps = [Step(s.step.x, s.step.c, s.step.h, s.step.p, s.step.peephole, c) for s, c in zip(seen, new_state)]
    candidate = search.value(gates.get("c", search.right["c"])) or [np.zeros_like(c) for c in new_state]
    for slips in (0, 1, 2):
        ways, stacks = gate_values(book, "o", slips, steps)
        if not ways:
            continue
        for key, (formula, _) in book.hidden.items():
            with np.errstate(all="ignore"):
                rows = [close(formula(step, o, c, g), s.h, s.single) for step, o, c, g, s in zip(steps, stacks, new_state, candidate, seen)]
            hits = np.flatnonzero(np.logical_and.reduce(np.broadcast_arrays(*rows, np.ones(len(ways), bool))))
            if len(hits):
                return ways[hits[0]], key
    return None


def gate_values(book, k, slips, steps):
    """All ways with exactly `slips` slips to compute gate k from these steps, and their values, stacked build by build."""
    with np.errstate(all="ignore"):
        rows = [(way, [book.gate(step, way) for step in steps]) for way in book.ways(k) if way.slips == slips]
    rows = [(way, values) for way, values in rows if all(value is not None for value in values)]
    return [way for way, _ in rows], [np.stack([values[n] for _, values in rows]) for n in range(len(steps))] if rows else []


def diagnose(kind: str, seen: list[Seen], deep: bool = True):
    """(Cause or None for c, Cause or None for h) for what a cell returned in every build of `seen`.

    The hidden state is looked at from the student's own c, so that one slip there is not counted again.
    """
    search = Search(kind, seen)
    cause = next((found for depth in range(4 if deep else 2) if (found := search.find(depth))), None)
    new_state = cause.new_state if cause else [s.c for s in seen]
    hidden = find_hidden(search, new_state, cause.gates if cause else {})
    if cause is None and hidden is None and all(search.plain({})[k] for k in search.book.gates):
        hidden = find_hidden(search, search.cells(RIGHT, RIGHT, **search.plain({})), {})
    return cause, hidden


def unseen(kind: str, cause: Cause, seen: list[Seen]) -> set[str]:
    """The gates that do not show in the new cell state of this cause."""
    book, search = rulebook(kind), Search(kind, seen)
    gates = search.plain(cause.gates)
    base = search.cells(cause.cell, RIGHT, **gates)
    rows = set()
    for k in book.gates.replace("o", ""):
        moved = search.cells(cause.cell, RIGHT, **gates | {k: [0.9 * value + 0.03 for value in gates[k]]})
        if all(np.allclose(a, b) for a, b in zip(base, moved)):
            rows.add(k)
    return rows


def o_unseen(kind: str, key: str, seen: list[Seen], new_state: list | None) -> bool:
    """Whether the output gate does not show in h_t with this way to compute it from these states."""
    formula = rulebook(kind).hidden[key][0]
    states = new_state or [s.c for s in seen]
    return all(np.allclose(formula(s.step, 0.3 + 0 * c, c, s.step.h), formula(s.step, 0.7 + 0 * c, c, s.step.h)) for s, c in zip(seen, states))
