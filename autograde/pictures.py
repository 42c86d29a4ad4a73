"""A small picture beside the reasons: what a class gives over a few steps, and what the rule gives. No mark depends on it."""
import html

import numpy as np

from . import stacks, wiring
from .exercise import Exercise
from .questions import STAND_IN, normal, packed, unpack, weights
from .rules import columns

STEPS = {"cell": 8, "stack": 5}
INPUTS, UNITS, LAYERS = 3, 4, 3
PUSH = 1e-4  # by which one argument is changed, to see which outputs follow it
FEWEST = 1e-6  # of what counts as another number, or as following


# ---------------------------------------------------------------- questions
def questions(exercise: Exercise, seed: int) -> dict:
    """Whole runs: of a cell one, of a stack one and then one more for each argument that is changed a little."""
    rng, names, steps = np.random.default_rng(seed), list(exercise.rule.inputs), STEPS[exercise.kind]
    base = {name: normal(rng, (steps, INPUTS) if name == "x" else (UNITS,) if exercise.kind == "cell" else (LAYERS, UNITS)) for name in names}
    if exercise.kind == "cell":
        sizes, sets, runs = [INPUTS, UNITS], {"own": [drawn(exercise, rng, INPUTS)]}, [base]
    else:
        sizes, runs = [INPUTS, UNITS, LAYERS], [base, *(changed(base, names, row) for row in range(steps + LAYERS))]
        sets = {"stand-in": [weights(rng, STAND_IN, UNITS if k else INPUTS, UNITS) for k in range(LAYERS)], "own": [drawn(exercise, rng, UNITS if k else INPUTS) for k in range(LAYERS)]}
    return packed({
        "name": exercise.name, "kind": exercise.kind, "cell": exercise.cell, "sizes": sizes, "weights": sets, "runs": runs, "inputs": names,
        "outputs": len(exercise.rule.outputs), "diagonal": list(exercise.diagonal), "absent": list(exercise.absent or {}),
    })  # fmt: skip


def drawn(exercise: Exercise, rng, reads: int) -> dict[str, np.ndarray]:
    """Parameters of a cell; those that may be diagonal are, so that they fit either form."""
    rows = weights(rng, exercise.parameters | (exercise.absent or {}), reads, UNITS)
    return rows | {name: np.diag(np.diagonal(rows[name])) for name in exercise.diagonal}


def changed(base: dict, names: list[str], row: int) -> dict:
    """The same run with one row of x moved, or (after those) all given states of one layer."""
    steps = len(base["x"])
    moved = {"x": row} if row < steps else {name: row - steps for name in names if name != "x"}
    return {name: value + PUSH * (np.arange(len(value)) == moved.get(name, -1))[:, None] for name, value in base.items()}


# ---------------------------------------------------------------- comparing
def compare(exercise: Exercise, asked: dict, answers: dict) -> dict | None:
    """What to draw, as plain data; None where the numbers are right, or are none."""
    runs, mode = answers.get("runs"), answers.get("mode")
    if not isinstance(runs, list) or len(runs) != len(asked["runs"]) or mode not in asked["weights"]:
        return None
    given = [unpack(run) for run in runs]
    parameters = [{name: unpack(value) for name, value in layer.items()} for layer in asked["weights"][mode]]
    arguments = [{name: unpack(row[name]) for name in asked["inputs"]} for row in asked["runs"]]
    if exercise.kind == "cell":
        return compare_steps(exercise, given[0], follow(exercise, parameters[0], **arguments[0]))
    cell = stacks.cell_of(exercise, mode, parameters)
    right = [wiring.run(wiring.Stack(cell, row["x"], row["c"], row["h"]), wiring.Wiring()) for row in arguments]
    return compare_influence(given, [row["h"][-1] for row in right])


def follow(exercise: Exercise, parameters: dict, x: np.ndarray, **states) -> np.ndarray:
    """All states at every step by the rule, shape (steps, states, units)."""
    rows = []
    for x_t in x:
        env = exercise.rule.follow(columns({"x": x_t[None]} | {name: value[None] for name, value in states.items()}, parameters, UNITS), {})
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
    return {"kind": "steps", "name": list(exercise.rule.outputs)[state], "from": step, "right": rounded(right), "yours": rounded(yours)}


def compare_influence(yours: list, right: list) -> dict | None:
    """How much each output follows each argument, the largest of the right ones being 1."""
    if any(run is None or run.shape != right[0].shape or not np.isfinite(run).all() for run in yours):
        return None
    maps = [np.array([np.linalg.norm(run - runs[0], axis=1) / PUSH for run in runs[1:]]) for runs in (right, yours)]
    if np.abs(maps[1] - maps[0]).max() <= 1e-3 * maps[0].max():
        return None
    right_map, your_map = ([[round(float(value), 5) for value in row] for row in rows / maps[0].max()] for rows in maps)
    return {"kind": "influence", "steps": len(right[0]), "right": right_map, "yours": your_map}


# ---------------------------------------------------------------- drawing, for a page that defines the classes
def svg(picture: dict) -> str:
    """The picture as inline SVG with a description."""
    return svg_steps(picture) if picture["kind"] == "steps" else svg_influence(picture)


def frame(width: int, height: int, description: str, inside: str) -> str:
    return f'<svg class="picture" role="img" aria-label="{html.escape(description)}" viewBox="0 0 {width} {height}" width="{width}">{inside}</svg>'


def text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{kind}">{html.escape(words)}</text>'


def caption(picture: dict) -> str:
    """What to see in the picture, in words."""
    if picture["kind"] == "steps":
        return f"{picture['name']} of one unit over {len(picture['right'])} steps, with the same weights and inputs. Yours leaves the right one at step {picture['from']}."
    return f"Which outputs follow what goes in: each row is one thing that was changed a little (x at one step, or the given states of one layer), each column the output at one step. {difference(picture)}"


def svg_steps(picture: dict) -> str:
    right, yours = picture["right"], picture["yours"]
    low, high = min(right + yours), max(right + yours)
    place = lambda k, value: (44 + k * 260 / (len(right) - 1), 130 - 105 * (value - low) / (high - low or 1))
    inside = "".join(f'<line class="grid" x1="44" x2="304" y1="{y}" y2="{y}"/>' + text(38, y + 4, f"{value:.2f}".replace("-", "−"), "end") for y, value in ((25, high), (130, low)))
    inside += "".join(text(place(k, 0)[0], 150, str(k)) for k in range(len(right))) + text(174, 166, "step")
    for kind, values in (("right", right), ("yours", yours)):
        points = [place(k, value) for k, value in enumerate(values)]
        inside += f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        inside += "".join(f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points)
    inside += text(44, 12, "● right, solid", "start", "right") + text(304, 12, "● yours, dashed", "end", "yours")
    listed = lambda values: ", ".join(f"{value:.2f}" for value in values)
    return frame(320, 170, f"Line plot of {picture['name']}. Right: {listed(right)}. Yours: {listed(yours)}.", inside)


def rows_of(picture: dict) -> list[str]:
    """x at each step, then the given states of each layer."""
    return [f"x at {k}" if k < picture["steps"] else f"layer {k - picture['steps']}" for k in range(len(picture["right"]))]


def said(name: str) -> str:
    return name.replace(" at ", " at step ").replace("layer", "the given states of layer")


def follows(row: list[float]) -> list[int]:
    return [t for t, value in enumerate(row) if value > FEWEST]


def difference(picture: dict) -> str:
    """The first outputs that follow what they should not, or do not follow what they should."""
    pairs = [(name, set(follows(right)), set(follows(yours))) for name, right, yours in zip(rows_of(picture), picture["right"], picture["yours"])]
    lost = [f"output {min(right - yours)} does not follow {said(name)}, and should" for name, right, yours in pairs if right - yours]
    extra = [f"output {min(yours - right)} follows {said(name)}, and should not" for name, right, yours in pairs if yours - right]
    found = (lost + extra)[:3] if not (lost and extra) else [lost[0], extra[0]]
    return f"In yours, {'; '.join(found)}." if found else "In yours the same outputs follow, but not by the same amounts."


def svg_influence(picture: dict) -> str:
    names, size, inside = rows_of(picture), 22, ""
    for left, title, rows in ((64, "right", picture["right"]), (214, "yours", picture["yours"])):
        inside += text(left + size * picture["steps"] / 2, 12, title, kind=title)
        for y, row in enumerate(rows):
            inside += "".join(f'<rect class="cell" x="{left + x * size}" y="{20 + y * size}" width="{size}" height="{size}"/>' for x in range(len(row)))
            inside += "".join(f'<rect class="{title}" x="{left + x * size}" y="{20 + y * size}" width="{size}" height="{size}" fill-opacity="{min(1.0, 0.25 + 0.75 * row[x] ** 0.5):.2f}"/>' for x in follows(row))
        inside += "".join(text(left + x * size + size / 2, 34 + size * len(rows), str(x)) for x in range(picture["steps"]))
    inside += "".join(text(58, 35 + y * size, name, "end") for y, name in enumerate(names))
    bottom = 34 + size * len(names)
    inside += text(58, bottom, "output", "end")
    words = [f"{name}: right {listed(right)}, yours {listed(yours)}" for name, right, yours in zip(names, picture["right"], picture["yours"])]
    return frame(330, bottom + 8, "Two maps of which outputs follow what goes in. " + "; ".join(words) + ".", inside)


def listed(row: list[float]) -> str:
    return ", ".join(map(str, follows(row))) or "none"
