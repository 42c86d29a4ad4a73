"""How the numbers of one step are read: in the order that is asked for, or with arguments or
outputs exchanged; with the parameters as they were put in, or as the class keeps them in a form of
its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle, permutations

import numpy as np

from ...exercise.declared import Recurrence
from ...exercise.rules import columns
from ...exercise.verdict import Place
from ..answers import Build, Call, Failure, Found, quoted
from ..diagnose import DEEPEST, Finding, Seen, diagnose
from .asks import OneCall, Pair
from .conventions import Convention, conventions

UNKNOWN = 9  # slips of an output that no reading gives
EXCHANGED = 0.9  # slips that values in another order count for: less than any other
MOST_ORDERS = 6  # in which returned values are read


@dataclass(frozen=True)
class Order:
    """In which order values are read: `outputs` has the place of each output among what was
    returned, `states` the place of each state among the arguments behind the first."""

    outputs: tuple[int, ...]
    states: tuple[int, ...]

    @property
    def outputs_moved(self) -> bool:
        return self.outputs != tuple(range(len(self.outputs)))

    @property
    def states_moved(self) -> bool:
        return self.states != tuple(range(len(self.states)))


def told(raised: tuple[Failure, ...]) -> list[Failure]:
    """The first error, and those after it that are like it or about a name. Another one may come
    of the drawn numbers that stand for what raised before it, and they are not the student's."""
    kind = lambda one: one.error.partition(":")[0]
    mine = (kind(raised[0]), "NameError", "UnboundLocalError") if raised else ()
    about_self = lambda one: kind(one) == "AttributeError" and "'Tensor'" not in one.error
    return [one for one in raised if kind(one) in mine or about_self(one)]


@dataclass(frozen=True)
class Reading:
    """What was found for each output of the usable builds, read in an order, with the parameters of
    a convention (None: as they were put in)."""

    pairs: list[Pair]
    order: Order
    convention: Convention | None
    findings: dict[str, Finding | None]
    seen: list[Seen]

    @property
    def broken(self) -> str:
        """What stands in the way in forward, where it was mended, if anything: what it does at each
        of these lines."""
        lines = {}
        for build in (pair.build for pair in self.pairs):
            for what, failures in (("raises", told(build.raised)), ("makes", build.spread)):
                for failure in failures:
                    lines.setdefault(failure.place, (what, failure))
        same: dict[tuple, str] = {}  # what several lines do alike is said once
        for place, (what, failure) in lines.items():
            does = what, failure.error
            again = f"{same[does]}, and {quoted(place)}" if place and does in same else ""
            same[does] = again or f"{what} {failure}"
        return ", and ".join(same.values())

    @property
    def breaks(self) -> str:
        """A short name for that; "" where there is nothing."""
        builds = [pair.build for pair in self.pairs]
        if any(build.raised for build in builds):
            return "a line of forward raises an error"
        return "a line of forward makes a matrix" if any(build.spread for build in builds) else ""

    @property
    def broken_at(self) -> Place | None:
        """The first of those lines."""
        builds = [pair.build for pair in self.pairs]
        return next((one.place for build in builds for one in (*build.raised, *build.spread)), None)

    @property
    def unknown(self) -> bool:
        return None in self.findings.values()

    @property
    def guessed(self) -> bool:
        """Whether an output is as nobody knows, and no other one is right, which would show that
        the order is."""
        found = self.findings.values()
        known = [finding for finding in found if finding and not finding.unknown]
        return len(known) < len(found) and all(finding.slips for finding in known)

    @property
    def shows_its_order(self) -> bool:
        """Whether an output is right in the asked order, which it would not be by chance."""
        right = any(found and found.slips == 0 for found in self.findings.values())
        return right and not (self.order.outputs_moved or self.order.states_moved)

    @property
    def slips(self) -> int:
        found = self.findings.values()
        return sum(finding.slips if finding else UNKNOWN for finding in found)

    @property
    def cost(self) -> float:
        return EXCHANGED * (self.order.outputs_moved + self.order.states_moved) + self.slips


def read(exercise: Recurrence, usable: list[Pair], kept: list[Pair]) -> Reading | None:
    """The reading with the fewest slips. `usable`: builds with the asked weights in them that
    answered; `kept`: builds of a class with parameters in a form of its own, as it is."""
    best = read_values(exercise, usable, None) if usable else None
    if not kept or (best and best.cost < 1):
        return best
    convention = likeliest(exercise, kept)
    found = read_values(exercise, kept, convention) if convention else None
    return min((r for r in (best, found) if r), key=lambda r: r.cost, default=None)


def likeliest(exercise: Recurrence, kept: list[Pair]) -> Convention | None:
    """The convention under which most outputs come out right in some order: a quick look. The first
    one where none does."""
    most, best = -1, None
    for convention in conventions(exercise, kept):
        right = max(
            outputs_right(exercise, kept, order, convention) for order in orders(exercise, kept)
        )
        if right > most:
            most, best = right, convention
        if right == len(exercise.rule.outputs):
            break
    return best


def outputs_right(
    exercise: Recurrence, kept: list[Pair], order: Order, convention: Convention
) -> int:
    found = diagnose(exercise.rule, seen_of(exercise, kept, order, convention), range(1))
    return sum(finding is not None for finding in found.values())


def read_values(exercise: Recurrence, pairs: list[Pair], convention: Convention | None) -> Reading:
    """First with few slips and values in any order, then deeper."""
    best = None
    shallow, deep = range(2), range(DEEPEST + 1)
    every = list(orders(exercise, pairs))
    as_asked = not any(call.form for pair in pairs for call in pair.build.calls)
    named = all(pair.build.taken == tuple(exercise.rule.inputs) for pair in pairs)
    for depths, among in ((shallow, every), (deep, every[:1]), (deep, every[1:2])):
        for order in among:
            seen = seen_of(exercise, pairs, order, convention)
            found = diagnose(exercise.rule, seen, depths)
            found |= dict.fromkeys(filter(lambda name: stands_still(seen, name), found))
            reading = Reading(pairs, order, convention, found, seen)
            moved = order.outputs_moved or order.states_moved
            most = 0 if named else 1  # slips beside states that are taken in another order
            if moved and reading.guessed or order.states_moved and reading.slips > most:
                continue  # such a reading says too much to be likely
            if moved and best and best.shows_its_order and reading.slips > 1:
                continue
            if best is None or reading.cost < best.cost:
                best = reading
            if reading.cost < 1 or (reading.cost < 2 and not moved and as_asked):
                return best
        if best.cost < UNKNOWN:
            break
    return best


def stands_still(seen: list[Seen], output: str) -> bool:
    """Whether an output has the same numbers in every call, other than 0: there is always a value
    of a gate that would give them, and nothing has computed it."""
    values = [one.outputs[output] for one in seen]
    return all(
        value is not None and value.any() and (value == value[:, :1]).all() for value in values
    )


def orders(exercise: Recurrence, pairs: list[Pair]) -> Iterator[Order]:
    """Orders in which values may be meant: the asked one first, then other outputs, then other
    states, then both."""
    count, states = len(exercise.rule.outputs), len(exercise.states)
    least = min((len(call.out) for pair in pairs for call in pair.build.calls), default=count)
    outputs = list(permutations(range(max(least, count)), count))[:MOST_ORDERS]
    exchanged = list(permutations(range(states)))[:2]  # two arguments in each other's place
    for given in exchanged:
        for returned in outputs:
            yield Order(returned, given)


# ---------------------------------------------------------------- values as columns
def seen_of(
    exercise: Recurrence, pairs: list[Pair], order: Order, convention: Convention | None = None
) -> list[Seen]:
    """Builds as columns: a column for each call."""
    return [seen_in(exercise, finite_calls(pair), order, convention) for pair in pairs]


def in_order(exercise: Recurrence) -> Order:
    """The order that is asked for."""
    return Order(tuple(range(len(exercise.rule.outputs))), tuple(range(len(exercise.states))))


def seen_in(exercise: Recurrence, pair: Pair, order: Order, convention: Convention | None) -> Seen:
    asked, build, m = pair.asked, pair.build, pair.asked.sizes[1]
    if convention is None:
        parameters = as_put_in(exercise, pair)
    else:
        parameters = convention.parameters(build, *asked.sizes)
    passed = {
        name: np.stack([call.arguments[name] for call in asked.calls])
        for name in exercise.rule.inputs
    }
    first, *states = exercise.rule.inputs
    inputs = {first: passed[first]}
    inputs |= {state: passed[states[place]] for state, place in zip(states, order.states)}
    outputs = {
        name: output_of(build, place, m)
        for name, place in zip(exercise.rule.outputs, order.outputs)
    }
    trace, places = zip(*(trace_of(call, m) for call in build.calls)) if build.calls else ((), ())
    return Seen(columns(inputs, parameters, m), outputs, list(trace), list(places), build.single)


def finite_calls(pair: Pair) -> Pair:
    """A build with calls that give numbers in place of those that give nan or infinity, for which
    that output is lost as it is: what else is wrong, and what is right, shows in the rest. Not in
    calls of states that are 0, where neither a gate nor its matrix shows."""
    calls = list(zip(pair.asked.calls, pair.build.calls))
    finite = [all(out.finite for out in call.out) for _, call in calls]
    tells = [call for call, kept in zip(calls, finite) if kept and has_states(call[0])]
    if all(finite) or not tells:
        return pair
    instead = cycle(tells)
    asked, made = zip(*(call if kept else next(instead) for call, kept in zip(calls, finite)))
    return Pair(replace(pair.asked, calls=asked), replace(pair.build, calls=made))


def has_states(asked: OneCall) -> bool:
    """Whether none of the states that are passed is 0."""
    _, *states = asked.arguments.values()
    return all(map(np.any, states))


def as_put_in(exercise: Recurrence, pair: Pair) -> dict[str, np.ndarray]:
    """The asked weights; diagonal ones are recognised by the shape that holds them, the student's
    own or, where one was missing, what was made in its place."""
    parameters = pair.asked.weights | pair.asked.extra
    for name in exercise.diagonal:
        found = (pair.build.found or {}).get(name, Found())
        own = found.shape if found.kind in ("parameter", "tensor") else None
        shape = pair.build.made.get(name, own)
        if shape is not None and sum(n > 1 for n in shape) < 2:
            parameters[name] = np.diag(np.diagonal(parameters[name]))
    return parameters


def output_of(build: Build, place: int, m: int) -> np.ndarray | None:
    """One output as columns (m, calls); None where it is no number in any call."""
    values = np.stack([as_units(call, place, m) for call in build.calls], axis=1)
    return values if np.isfinite(values).all() else None


def as_units(call: Call, place: int, m: int) -> np.ndarray:
    """One returned tensor as m numbers; nan where it has another size."""
    values = call.out[place].values if place < len(call.out) else None
    if values is None or values.size not in (1, m):
        return np.full(m, np.nan)
    return values.reshape(m) if values.size == m else np.full(m, values.item())


def trace_of(call: Call, m: int) -> tuple[np.ndarray, list[Place | None]]:
    """The student's own intermediate results in one call, (count, m), and the lines that made
    them."""
    values = call.trace.values if call.trace else None
    if values is None or values.ndim != 2 or values.shape[1] != m:
        return np.empty((0, m)), []
    known = dict(enumerate(call.places))
    lines = call.lines if len(call.lines) == len(values) else (-1,) * len(values)
    finite = np.isfinite(values).all(axis=1)
    return values[finite], [known.get(line) for line, keep in zip(lines, finite) if keep]


def from_trace(exercise: Recurrence, pairs: list[Pair]) -> list[Seen]:
    """Builds whose calls came to no end, or returned nothing: only what was computed on the way."""
    order = in_order(exercise)
    seen = [seen_in(exercise, pair, order, None) for pair in pairs]
    return [replace(one, outputs=dict.fromkeys(one.outputs)) for one in seen]
