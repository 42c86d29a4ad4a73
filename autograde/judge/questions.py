"""Questions: fresh sizes, weights, states and sequences for one exercise, drawn from a seed that the student never sees.

Everything is plain data (JSON); tensors travel as `{"shape", "dtype", "data"}` with little-endian float64 in base64.
"""

import base64
import zlib

import numpy as np

from ..exercise.declared import Exercise

SIZES = ((3, 5), (4, 4), (5, 3))  # input_dim below, equal to and above hidden_dim
STACKS = (
    (3, 5, 3, 4),
    (4, 4, 3, 4),
    (5, 3, 1, 4),
    (3, 5, 2, 1),
)  # input_dim, hidden_dim, n_layers, steps
CALLS = 5
MOST = 300_000  # numbers in one tensor of an answer


def pack(array) -> dict:
    array = np.asarray(array, dtype="<f8")
    return {
        "shape": list(array.shape),
        "dtype": "float64",
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def unpack(tensor) -> np.ndarray | None:
    """The float array in a packed tensor, or None for anything else, however it lies about its size."""
    try:
        shape, data = tensor["shape"], tensor["data"]
        if (
            not isinstance(shape, list)
            or len(shape) > 4
            or any(type(n) is not int or not 0 <= n <= 10_000 for n in shape)
            or len(data) > MOST * 12
        ):
            return None
        return (
            np.frombuffer(base64.b64decode(data, validate=True), dtype="<f8")
            .reshape(shape)
            .astype(float)
        )
    except (KeyError, TypeError, ValueError):
        return None


def shape_of(sizes: tuple[str, ...], n: int, m: int) -> tuple[int, ...]:
    return tuple({"n": n, "m": m}[size] for size in sizes)


def normal(rng: np.random.Generator, shape, spread: float = 1.0) -> np.ndarray:
    """Normal numbers, none of them near zero, so that no term of a rule is invisible."""
    draw = rng.normal(size=shape)
    return spread * (draw + 0.25 * np.sign(draw))


def weights(rng, parameters: dict[str, tuple[str, ...]], n: int, m: int) -> dict[str, np.ndarray]:
    shapes = {name: shape_of(sizes, n, m) for name, sizes in parameters.items()}
    return {
        name: normal(rng, shape, 0.5 if len(shape) == 2 else 0.6) for name, shape in shapes.items()
    }


def calls(rng, inputs: list[str], n: int, m: int) -> list[dict]:
    """Arguments of five single steps: unrelated ones, then the first once more with one other state each."""
    states = inputs[1:]
    rows = {name: normal(rng, (CALLS, n if name == "x" else m)) for name in inputs}
    rows[states[-1]] = np.tanh(rows[states[-1]])
    for place, changed in enumerate(states):
        for name in inputs:
            if name != changed:
                rows[name][CALLS - 1 - place] = rows[name][0]
    return [
        {name: rows[name][k] for name in inputs} | {"units": m, "traced": k == 0}
        for k in range(CALLS)
    ]


def sequence(
    rng, inputs: list[str], leaves: dict[str, tuple], n: int, state: tuple[int, ...], steps: int
) -> dict:
    """A sequence with initial states, the weights of a loss, and a direction for every leaf that has a gradient."""
    shapes = {name: (steps, n) if name == "x" else state for name in inputs}
    return {name: normal(rng, shape) for name, shape in shapes.items()} | {
        "loss": normal(rng, (steps + len(inputs) - 1, state[-1])),
        "directions": {name: normal(rng, shape) for name, shape in (leaves | shapes).items()},
    }


def cell_builds(exercise: Exercise, rng) -> list[dict]:
    rows, inputs = [], list(exercise.rule.inputs)
    for n, m in SIZES:
        values = weights(rng, exercise.parameters, n, m)
        leaves = {name: value.shape for name, value in values.items()}
        rows.append(
            {
                "sizes": [n, m],
                "weights": values,
                "extra": weights(rng, exercise.absent or {}, n, m),
                "calls": calls(rng, inputs, n, m),
                "sequence": sequence(rng, inputs, leaves, n, (m,), 3),
            }
        )
    return rows


STAND_IN = {
    name: ("m", "n" if name.endswith("x") else "m")
    for name in ("A_x", "A_c", "A_h", "B_x", "B_c", "B_h")
}  # see respond.py


def stack_builds(exercise: Exercise, rng) -> list[dict]:
    """Stacks of stand-in cells, and the same of the student's own cells."""
    rows, inputs = [], list(exercise.rule.inputs)
    for n, m, layers, steps in STACKS:
        values, directions, row = {}, {}, None
        for mode, parameters in (("stand-in", STAND_IN), ("own", exercise.parameters)):
            values[mode] = [weights(rng, parameters, n if k == 0 else m, m) for k in range(layers)]
            leaves = {
                f"{k}.{name}": value.shape
                for k, layer in enumerate(values[mode])
                for name, value in layer.items()
            }
            row = sequence(rng, inputs, leaves, n, (layers, m), steps)
            directions[mode] = row["directions"]
        rows.append(
            {
                "sizes": [n, m, layers],
                "weights": values,
                "sequence": row | {"directions": directions},
            }
        )
    return rows


def packed(item):
    if isinstance(item, np.ndarray):
        return pack(item)
    if isinstance(item, dict):
        return {key: packed(part) for key, part in item.items()}
    return [packed(part) for part in item] if isinstance(item, list | tuple) else item


def draw(exercise: Exercise, seed: int) -> dict:
    """The questions for an exercise: JSON-able, the same for the same seed."""
    if exercise.kind == "value":
        return {"name": exercise.name, "kind": "value"}
    rng = np.random.default_rng([seed & (2**63 - 1), zlib.crc32(exercise.name.encode())])
    rule = exercise.rule
    return packed(
        {
            "name": exercise.name,
            "kind": exercise.kind,
            "cell": exercise.cell,
            "seed": seed,
            "inputs": list(rule.inputs),
            "outputs": len(rule.outputs),
            "parameters": list(exercise.parameters),
            "diagonal": list(exercise.diagonal),
            "absent": list(exercise.absent or {}),
            "builds": cell_builds(exercise, rng)
            if exercise.kind == "cell"
            else stack_builds(exercise, rng),
            "reset": [80, 120] if exercise.kind == "cell" else [40, 60, 2],
        }
    )
