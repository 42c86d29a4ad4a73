"""Questions: fresh sizes, weights, states and sequences for one class, drawn from a seed that the student never sees.

Everything is plain data (JSON); tensors travel as `{"shape", "dtype", "data"}` with little-endian float64 in base64.
"""
import base64

import numpy as np

from .exercises import EXERCISES, Exercise

SIZES = ((3, 5), (4, 4), (5, 3))  # input_dim below, equal to and above hidden_dim
PROBES = {  # biases that make one gate visible in c_t: 60 opens a gate, −60 closes it
    "plain": {"f": {"b_i": -60.0}, "i": {"b_f": -60.0, "b_c": 60.0}, "c": {"b_f": -60.0, "b_i": 60.0}},
    "coupled": {"f": {"b_c": 60.0}, "c": {"b_f": -60.0}},
}
PROBES["peephole"] = PROBES["plain"]


def pack(array) -> dict:
    array = np.asarray(array, dtype="<f8")
    return {"shape": list(array.shape), "dtype": "float64", "data": base64.b64encode(array.tobytes()).decode()}


def unpack(tensor: dict) -> np.ndarray:
    """The array in `tensor`, float64. Raises ValueError where shape and data do not fit."""
    data = np.frombuffer(base64.b64decode(tensor["data"], validate=True), dtype="<f8")
    return data.reshape(tensor["shape"]).astype(float)


def shapes(exercise: Exercise, n: int, m: int) -> dict[str, tuple[int, ...]]:
    """Name to shape of every parameter of a cell with input_dim n and hidden_dim m. A full V stands for both forms."""
    rows = {f"W_{k}": (m, m) for k in exercise.gates} | {f"U_{k}": (m, n) for k in exercise.gates}
    rows |= {f"b_{k}": (m,) for k in exercise.gates}
    return rows | {f"V_{k}": (m, m) for k in exercise.peepholes}


def normal(rng: np.random.Generator, shape, spread: float = 1.0) -> np.ndarray:
    """Normal numbers, none of them near zero, so that no term of a rule is invisible."""
    draw = rng.normal(size=shape)
    return spread * (draw + 0.25 * np.sign(draw))


def draw_weights(rng, exercise: Exercise, n: int, m: int) -> dict[str, np.ndarray]:
    return {name: normal(rng, shape, 0.5 if len(shape) == 2 else 0.6) for name, shape in shapes(exercise, n, m).items()}


def draw_calls(rng, n: int, m: int) -> list[dict]:
    """Inputs of five single steps: three unrelated ones, then the first with another c, and with another h."""
    x, c, h = normal(rng, (5, n)), normal(rng, (5, m)), np.tanh(normal(rng, (5, m)))
    x[3:], c[4], h[3] = x[0], c[0], h[0]
    return [{"x": x[k], "c": c[k], "h": h[k]} for k in range(5)]


def draw_sequence(rng, parameters: dict, n: int, shape: tuple[int, ...], steps: int) -> dict:
    """A sequence of `steps` inputs with states of `shape`, the weights of a loss, and a direction for every leaf."""
    leaves = {name: array.shape for name, array in parameters.items()} | {"x": (steps, n), "c": shape, "h": shape}
    return {
        "x": normal(rng, (steps, n)), "c": normal(rng, shape), "h": np.tanh(normal(rng, shape)),
        "loss": normal(rng, (steps + 2, shape[-1])),
        "directions": {name: normal(rng, size) for name, size in leaves.items()},
    }


def draw_cell(exercise: Exercise, rng) -> list[dict]:
    builds = []
    for n, m in SIZES:
        weights = draw_weights(rng, exercise, n, m)
        builds.append({"input": n, "hidden": m, "probe": None, "weights": weights, "calls": draw_calls(rng, n, m), "sequence": draw_sequence(rng, weights, n, (m,), 3)})
    for gate, biases in PROBES[exercise.rule].items():
        for n, m in SIZES:
            weights = draw_weights(rng, exercise, n, m)
            weights |= {name: np.full(m, value) for name, value in biases.items()}
            builds.append({"input": n, "hidden": m, "probe": gate, "weights": weights, "calls": draw_calls(rng, n, m)[:2], "sequence": None})
    return builds


STAND_IN = {"A_x": "input", "A_c": "hidden", "A_h": "hidden", "B_x": "input", "B_c": "hidden", "B_h": "hidden"}


def draw_stand_in(rng, n: int, m: int) -> dict[str, np.ndarray]:
    """Weights of the stand-in cell (see respond.py): a recurrence that has nothing to do with an LSTM."""
    return {name: normal(rng, (m, n if size == "input" else m), 0.6) for name, size in STAND_IN.items()}


def draw_stack(exercise: Exercise, rng) -> list[dict]:
    """Stacks of 1 and 3 layers over 1 and 4 steps, once of the student's own cells, once of stand-in cells."""
    builds = []
    for mode, draw_layer in (("own", lambda n, m: draw_weights(rng, exercise, n, m)), ("stand-in", lambda n, m: draw_stand_in(rng, n, m))):
        for (n, m), layers, steps in zip((*SIZES, SIZES[0]), (3, 3, 1, 2), (4, 4, 4, 1)):
            weights = [draw_layer(n if k == 0 else m, m) for k in range(layers)]
            leaves = {f"{k}.{name}": array for k, layer in enumerate(weights) for name, array in layer.items()}
            builds.append({"input": n, "hidden": m, "layers": layers, "mode": mode, "weights": weights, "sequence": draw_sequence(rng, leaves, n, (layers, m), steps)})
    return builds


def packed(value):
    if isinstance(value, np.ndarray):
        return pack(value)
    if isinstance(value, dict):
        return {key: packed(item) for key, item in value.items()}
    return [packed(item) for item in value] if isinstance(value, list | tuple) else value


def draw(name: str, seed: int) -> dict:
    """The questions for the class `name`: JSON-able, the same for the same seed.

    Raises KeyError where `name` is no class of this assignment.
    """
    exercise = EXERCISES[name]
    rng = np.random.default_rng([seed & (2**63 - 1), list(EXERCISES).index(name)])
    builds = draw_cell(exercise, rng) if exercise.kind == "cell" else draw_stack(exercise, rng)
    return packed({
        "name": name, "kind": exercise.kind, "base": exercise.base, "cell": exercise.cell, "seed": seed,
        "matrices": [f"{letter}_{k}" for letter in "WU" for k in exercise.gates] + [f"V_{k}" for k in exercise.peepholes],
        "biases": [f"b_{k}" for k in exercise.gates],
        "absent": [f"{letter}_{k}" for letter in "WUb" for k in "fioc" if k not in exercise.gates],
        "builds": builds,
        "reset": {"input": 80, "hidden": 120} if exercise.kind == "cell" else {"input": 40, "hidden": 60, "layers": 2},
    })
