"""The search for the wiring that gives a student's numbers. The cells are known here (the stand-in
of the student's side, or a right cell), so only the wiring is unknown: `exercise.wirings` has the
tables.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np

from ..exercise.wirings import RIGHT, Moment, Reading, Run, States, Tables
from .agreement import NAMED, agree, tolerance

MOST_SLIPS = 2
Step = Callable[[int, np.ndarray, States], States]  # layer, what it reads, its states: the new ones


class Wiring(NamedTuple):
    """One way to wire a stack: a key in each of `Tables.parts`."""

    reads: str = RIGHT
    states: str = RIGHT
    time: str = RIGHT
    cells: str = RIGHT

    @property
    def slips(self) -> int:
        return sum(key != RIGHT for key in self)


@dataclass(frozen=True)
class Seen:
    """What one build was given and gave back.

    cell: runs one step of a layer's cell. x: (T, n). given, finals: each state, (layers, m).
    outputs: (T, m). Both of the last are None where they are no numbers. goes_on: what the layers
    would start from in one more step, as finals has it, where that was asked. goes_up: what one
    layer more would read, call by call, likewise.
    """

    cell: Step
    x: np.ndarray
    given: States
    outputs: np.ndarray | None = None
    finals: tuple[np.ndarray | None, ...] | None = None
    single: bool = False
    goes_on: tuple[np.ndarray | None, ...] | None = None
    goes_up: np.ndarray | None = None

    @property
    def layers(self) -> int:
        return len(self.given[0])

    @property
    def given_by_layer(self) -> list[States]:
        return list(zip(*self.given))

    def gave(self, guess, truth) -> bool:
        """Whether two things that were returned, one array or one for each state, are the same."""
        if isinstance(guess, tuple):
            return all(self.gave(one, other) for one, other in zip(guess, truth, strict=True))
        return agree(guess, truth, tolerance(NAMED, self.single))


class Found(NamedTuple):
    """A wiring that gives what was seen, and how outputs and final states are read off it: None
    where one of them follows from it in no way that we know."""

    wiring: Wiring
    outputs: str | None
    finals: str | None

    def cost(self, tables: Tables) -> int:
        """How many slips it takes; what one of them makes along with it costs nothing."""
        bent = [(part, key) for part, key in self.wiring._asdict().items() if key != RIGHT]
        free = {row[2:] for row in tables.along if row[:2] in bent}
        readings = {"outputs": self.outputs, "finals": self.finals}
        costs = (
            3 if key is None else key != RIGHT and (name, key) not in free
            for name, key in readings.items()
        )
        return self.wiring.slips + sum(costs)


@cache
def wirings(tables: tuple[tuple[str, ...], ...], slips: int) -> list[Wiring]:
    """Every wiring with so many slips, of the keys of the four tables."""
    return [w for w in map(Wiring._make, product(*tables)) if w.slips == slips]


# ---------------------------------------------------------------- running
def run(tables: Tables, seen: Seen, wiring: Wiring) -> Run | None:
    """What a stack goes through under this wiring, or None where it cannot run."""
    chosen = {name: table[getattr(wiring, name)] for name, table in tables.parts.items()}
    used, steps = list(chosen["cells"].used(seen.layers)), chosen["time"].steps(seen.x)
    if not len(steps):
        return None
    given = chosen["states"].start(seen.given_by_layer)
    now, noted = given, []
    try:
        for x in steps:
            now = one_step(chosen, seen.cell, used, Moment(0, None, x, given, now, list(now)))
            now = chosen["states"].noted(now, used[-1])
            noted.append(now)
            now = chosen["states"].carried(now)
    except (ValueError, IndexError):  # of sizes, or of the layers: such code cannot have run here
        return None
    states = tuple(
        np.stack([[layers[k][j] for layers in noted] for k in range(seen.layers)])
        for j in range(len(seen.given))
    )
    if used[-1] != seen.layers - 1:  # the top layer that is used is what is shown
        states[-1][-1] = states[-1][used[-1]]
    return Run(seen.x, seen.given, states)


def one_step(chosen: dict, cell: Step, used: list[int], at: Moment) -> list[States]:
    """The states of all layers after one step."""
    for at.k in used:
        reads = at.x if at.below is None else chosen["reads"].read(at)
        own = chosen["states"].own(at)
        made = cell(chosen["cells"].cell(at.k), reads, own)
        at.now[at.k] = chosen["states"].new(made, own)
        at.below = at.k
    return at.now


# ---------------------------------------------------------------- searching
def diagnose_stack(tables: Tables, every: list[Seen]) -> Found | None:
    """The wiring with the fewest slips that gives outputs or final states in every build; None
    where nothing does."""
    best = None
    keys = tuple(tuple(table) for table in tables.parts.values())
    for slips in range(MOST_SLIPS + 1):
        for wiring in wirings(keys, slips):
            found = try_wiring(tables, every, wiring)
            if found and (best is None or found.cost(tables) < best.cost(tables)):
                best = found
        if best and best.cost(tables) <= slips + 1:
            break
    return best


def try_wiring(tables: Tables, every: list[Seen], wiring: Wiring) -> Found | None:
    """What this wiring explains, if anything; most are ruled out by the first build."""
    first = run(tables, every[0], wiring)
    if first is None or not any(read_off(tables, [first], every[:1])):
        return None
    runs = [first, *(run(tables, seen, wiring) for seen in every[1:])]
    if None in runs:
        return None
    outputs, finals = read_off(tables, runs, every)
    return Found(wiring, outputs, finals) if outputs or finals else None


def read_off(tables: Tables, runs: list[Run], every: list[Seen]) -> tuple[str | None, str | None]:
    """How outputs and final states are read off these runs."""
    return (
        readout(tables.outputs, runs, every, [seen.outputs for seen in every]),
        readout(tables.finals, runs, every, [seen.finals for seen in every]),
    )


def readout(
    table: dict[str, Reading], runs: list[Run], every: list[Seen], returned: list
) -> str | None:
    """The first key of the table whose reading gives what was returned in every build."""
    if any(value is None for value in returned):
        return None
    for key, reading in table.items():
        builds = zip(every, runs, returned)
        if all(seen.gave(reading.read(one), value) for seen, one, value in builds):
            return key
    return None
