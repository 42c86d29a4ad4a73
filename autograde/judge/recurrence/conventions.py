"""Parameters in another form than asked, as students keep them: under other names, in containers, W
and U exchanged, shapes turned round, biases inside the layers, one layer over h and x together, all
gates in one matrix. Such a class is asked as it is, and judged through what it holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, permutations

import numpy as np

from ...exercise.declared import Recurrence
from ..answers import Build
from .asks import Pair

MOST_WAYS = 720  # in which names are tried: all of six
Held = dict[str, np.ndarray]  # what a class holds, by its own names
Roles = Callable[[Held, int, int], Held]  # held, input_dim, hidden_dim: the asked parameters


@dataclass(frozen=True)
class Convention:
    """A way to read the asked parameters off what a class holds, and the words for it. names_alone:
    whether nothing but names, or containers, is other than asked."""

    says: str
    roles: Roles
    names_alone: bool = False

    def parameters(self, build: Build, n: int, m: int) -> Held:
        return self.roles(held_by(build), n, m)


def held_by(build: Build) -> Held:
    return {name: tensor.values for name, tensor in build.held.items() if tensor.finite}


def conventions(exercise: Recurrence, kept: list[Pair]) -> Iterator[Convention]:
    """Those that are possible with what is held, the plainest first. Where parameters are named
    W_k, U_k and b_k as it were (a matrix on a state, one on the input, and a vector, for every
    letter), all that the sentences below say; else other names alone. Where names tell which is
    which, no other order of the gates is tried: an exchange of two is a mistake."""
    fits = lambda one: all(possible(exercise, one, pair) for pair in kept)
    if letters := letters_of(exercise):
        named = list(filter(fits, by_name(exercise, letters, kept)))
        yield from named or filter(fits, in_one(exercise, letters, kept))
    else:
        yield from filter(fits, renamed(exercise, kept))


def possible(exercise: Recurrence, convention: Convention, pair: Pair) -> bool:
    """Whether all asked parameters come out in their shapes."""
    n, m = pair.asked.sizes
    sizes = {"n": n, "m": m}
    try:
        roles = convention.parameters(pair.build, n, m)
    except (KeyError, TypeError, ValueError, IndexError):
        return False
    return all(
        name in roles and roles[name].shape == tuple(sizes[size] for size in shape)
        for name, shape in exercise.parameters.items()
    )


@dataclass(frozen=True)
class Gate:
    """The asked names of one gate's parameters: on the state, on the input, the vector, and
    others."""

    letter: str
    state: str
    given: str
    bias: str
    others: tuple[str, ...] = ()


def letters_of(exercise: Recurrence) -> list[Gate]:
    """The gates, where every one has a matrix for the state, one for the input, and a vector."""
    gates: dict[str, dict[tuple, list[str]]] = {}
    for name, shape in exercise.parameters.items():
        letter = name.rpartition("_")[2] if "_" in name else ""  # W, U, b: of a single gate
        gates.setdefault(letter, {}).setdefault(shape, []).append(name)
    found = []
    for letter, names in gates.items():
        state, given, bias = (names.get(s, []) for s in (("m", "m"), ("m", "n"), ("m",)))
        if not (state and len(given) == len(bias) == 1):
            return []
        found.append(Gate(letter, state[0], given[0], bias[0], tuple(state[1:])))
    return found


# ---------------------------------------------------------------- names
def renamed(exercise: Recurrence, kept: list[Pair]) -> Iterator[Convention]:
    """Each way in which what is held may be the asked parameters, one by one."""
    asked = list(exercise.parameters)
    says = f"Your parameters stand under other names; {', '.join(asked)} are asked for."
    for own in islice(permutations(held_by(kept[0].build), len(asked)), MOST_WAYS):
        roles = lambda held, n, m, own=own: {name: held[o] for name, o in zip(asked, own)}
        yield Convention(says, roles)


def plain(name: str) -> str:
    """A name without what tells nothing: "gates.W_f.weight" and "Wf" are alike."""
    parts = [part for part in name.split(".") if part != "weight"]
    return "".join(ch for ch in "".join(parts).lower() if ch.isalnum())


def find(held: Held, name: str) -> str:
    """The own name of what is asked for as `name`, in a container or by itself. Raises KeyError."""
    asked = plain(name)
    in_container = lambda own: own.removesuffix(".weight").rpartition(".")[2]
    for alone in (str, in_container):
        for own in held:
            if plain(alone(own)) in (asked, asked[::-1]):
                return own
    raise KeyError(name)


def is_there(held: Held, name: str) -> bool:
    return any(plain(own) == plain(name) for own in held)


def bias_of(held: Held, gate: Gate) -> np.ndarray:
    """All biases of a gate together: its own, and those inside its layers. Raises KeyError."""
    inside = [f"{name}.bias" for name in (gate.state, gate.given)]
    own = []
    for name in (gate.bias, *inside):
        try:
            own.append(held[find(held, name)].reshape(-1))
        except KeyError:
            continue
    if not own:
        raise KeyError(gate.bias)
    return sum(own)


Read = Callable[[Held, Gate, int, int], tuple[np.ndarray, np.ndarray]]


def two(held: Held, gate: Gate) -> tuple[np.ndarray, np.ndarray]:
    """A gate's matrices under their names. Raises KeyError."""
    return held[find(held, gate.state)], held[find(held, gate.given)]


def joined(held: Held, gate: Gate) -> np.ndarray:
    """One matrix over the state and the input together, under either name. Raises KeyError."""
    for name in (gate.state, gate.given, gate.letter):
        try:
            return held[find(held, name)]
        except KeyError:
            continue
    raise KeyError(gate.state)


TURNED = (
    "Your matrices have shape (in, out) and are used as x @ {U}; they should be (out, in), used as"
    " {U} @ x."
)
U_TURNED = (
    "{U}, … have shape (in, out) and are used as x @ {U}; they should be (out, in), used as"
    " {U} @ x."
)
EXCHANGED = "{W} and {U} are exchanged: {W} belongs to the state, and {U} to the input."
TOGETHER = (
    "One layer takes the state and the input together; there should be two matrices, {W} for the"
    " state and {U} for the input."
)
NAMED = "{W}, {U}, … stand under other names, or in containers; they are asked for as these."
INSIDE = "The biases are inside the layers; they should be nn.Parameters {b}, …."
MATRICES: tuple[
    tuple[str, Read], ...
] = (  # what is said, and a gate's two matrices as they are asked
    (NAMED, lambda held, gate, n, m: two(held, gate)),
    (TURNED, lambda held, gate, n, m: tuple(value.T for value in two(held, gate))),
    (U_TURNED, lambda held, gate, n, m: (two(held, gate)[0], two(held, gate)[1].T)),
    (EXCHANGED, lambda held, gate, n, m: two(held, gate)[::-1]),
    (EXCHANGED, lambda held, gate, n, m: tuple(value.T for value in two(held, gate))[::-1]),
    (TOGETHER, lambda held, gate, n, m: np.split(joined(held, gate), [m], axis=1)),
    (TOGETHER, lambda held, gate, n, m: np.split(joined(held, gate), [n], axis=1)[::-1]),
)


def by_name(exercise: Recurrence, gates: list[Gate], kept: list[Pair]) -> Iterator[Convention]:
    """Each parameter under a name that plainly means it."""
    first = gates[0]
    names = {"W": first.state, "U": first.given, "b": first.bias}
    own = {plain(name) for name in held_by(kept[0].build)}
    inside = {plain(f"{name}.bias") for name in (first.state, first.given)} & own
    without_own = not {plain(first.bias), plain(first.bias)[::-1]} & own
    for says, read in MATRICES:
        says = INSIDE if says is NAMED and inside and without_own else says
        yield Convention(says.format(**names), in_every_gate(gates, read), says is NAMED)


def in_every_gate(gates: list[Gate], read: Read) -> Roles:
    def roles(held: Held, n: int, m: int) -> Held:
        asked = {}
        for gate in gates:
            asked[gate.state], asked[gate.given] = read(held, gate, n, m)
            asked[gate.bias] = bias_of(held, gate)
            for name in gate.others:
                value = held[of_letter(held, name, gate, gates)]
                asked[name] = np.diag(value) if value.ndim == 1 else value
        return asked

    return roles


def of_letter(held: Held, name: str, gate: Gate, gates: list[Gate]) -> str:
    """The own name of another parameter of a gate, or else the one that has the gate's letter and
    is no parameter that is asked for. Raises KeyError."""
    try:
        return find(held, name)
    except KeyError:
        asked = {plain(one) for g in gates for one in (g.state, g.given, g.bias)}
        own = [o for o in held if plain(o)[-1:] == gate.letter and plain(o) not in asked]
        if len(own) != 1 or len(gate.others) != 1:
            raise
        return own[0]


# ---------------------------------------------------------------- all gates together
def in_one(exercise: Recurrence, gates: list[Gate], kept: list[Pair]) -> Iterator[Convention]:
    """All gates in one matrix, or in containers of matrices, in whatever order their names leave
    open."""
    if any(gate.others for gate in gates):
        return
    says = (
        f"The gates' parameters do not stand under their own names; {gates[0].state},"
        f" {gates[0].given}, {gates[0].bias}, … are asked for."
    )
    on_input = names_on_input(kept)
    told = told_order(gates, held_by(kept[0].build))
    for order in [told] if told else permutations(range(len(gates))):
        for state_first in (True, False):
            yield Convention(says, fused(gates, order, state_first, on_input), True)


def told_order(gates: list[Gate], held: Held) -> tuple[int, ...]:
    """The place of each gate where every name ends in a gate's letter, or, for one gate alone, in
    another letter: "hidden.f.weight". () where names do not tell."""
    ends = [plain(name.removesuffix(".bias"))[-1:] for name in held]
    letters, asked = list(dict.fromkeys(ends)), [gate.letter for gate in gates]
    other = [letter for letter in letters if letter not in asked]
    if len(letters) != len(asked) or len(other) > 1:
        return ()
    return tuple(letters.index(k if k in letters else other[0]) for k in asked)


def names_on_input(kept: list[Pair]) -> set[str]:
    """Own names of what is as wide as the input, as far as builds of other sizes tell."""
    return {
        name
        for pair in kept
        for name, value in held_by(pair.build).items()
        if pair.asked.sizes[0] != pair.asked.sizes[1] and value.shape == pair.asked.sizes[::-1]
    }


def fused(
    gates: list[Gate], order: tuple[int, ...], state_first: bool, on_input: set[str]
) -> Roles:
    """Blocks of rows, one for each gate in this order; a matrix over both has the state's columns
    first, or the input's. on_input: names of matrices for the input, where shapes do not tell."""

    def roles(held: Held, n: int, m: int) -> Held:
        rows = len(gates) * m
        stacked = dict.fromkeys(((m, m), (m, n), (m, n + m), (m,)))
        named = on_input if n == m else set()
        blocks = {"state": None, "given": None, "bias": np.zeros(rows)}
        biased = False
        singles: dict[tuple | str, list[np.ndarray]] = {}
        for name, value in held.items():
            value = value.reshape(-1) if value.ndim == 2 and 1 in value.shape[:1] else value
            if value.shape == (rows,):
                blocks["bias"], biased = blocks["bias"] + value, True
            elif value.shape == (rows, n + m):
                parts = (
                    (value[:, :m], value[:, m:]) if state_first else (value[:, n:], value[:, :n])
                )
                blocks["state"], blocks["given"] = parts
            elif value.shape == (rows, m) and (blocks["state"] is None) == state_first:
                blocks["state"] = value
            elif value.shape == (rows, n):
                blocks["given"] = value
            elif value.shape == (rows, m):
                blocks["state"] = value
            elif value.shape in stacked:
                kind = "on the input" if name in named else value.shape
                singles.setdefault(kind, []).append(value)
        in_lists(blocks, singles, len(gates), n, m, state_first)
        if singles.get((m,)) and not biased:
            blocks["bias"] = blocks["bias"] + stack_biases(singles[(m,)], len(gates))
        elif not biased and is_there(held, gates[0].state):
            raise KeyError(gates[0].bias)  # no bias stands anywhere, which is a mistake
        asked = {}
        for place, gate in zip(order, gates):
            cut = slice(place * m, (place + 1) * m)
            asked[gate.state], asked[gate.given] = blocks["state"][cut], blocks["given"][cut]
            asked[gate.bias] = blocks["bias"][cut]
        return asked

    return roles


def in_lists(blocks: dict, singles: dict, count: int, n: int, m: int, state_first: bool):
    """Matrices of single gates, one after the other, as blocks of one matrix."""
    both, states = singles.get((m, n + m)), singles.get((m, m))
    given = singles.get("on the input") or singles.get((m, n))
    if both and len(both) == count:
        whole = np.concatenate(both)
        parts = (whole[:, :m], whole[:, m:]) if state_first else (whole[:, n:], whole[:, :n])
        blocks["state"], blocks["given"] = parts
    if n == m and given is states and states and len(states) == 2 * count:
        states, given = states[:count], states[count:]
        if not state_first:
            states, given = given, states
    if states and len(states) == count:
        blocks["state"] = np.concatenate(states)
    if given and len(given) == count:
        blocks["given"] = np.concatenate(given)


def stack_biases(vectors: list[np.ndarray], count: int) -> np.ndarray:
    """Vectors of single gates in turn, added up where there are several of each."""
    groups = [vectors[k : k + count] for k in range(0, len(vectors), count)]
    return sum(np.concatenate(group) for group in groups)
