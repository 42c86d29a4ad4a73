"""The judge of a stack: its layers, how they are wired over time and over one another, and what it returns."""

import numpy as np

from ..exercise.declared import Exercise
from . import wiring
from .purity import judge_gradients, judge_untouched
from .questions import unpack
from .sheet import Sheet, builds_of, dicts, equal, failure, good, single, words
from .wiring import FINALS, OUTPUTS, RIGHT, Stack

LOGGED = {  # criterion -> what is wrong where the layers' calls show no wiring that we know
    "wiring": "The layers do not read what they should",
    "states": "The layers' states are not carried along as they should",
    "outputs": "outputs is not what the top layer returned, step by step",
    "final": "The final states are not what the layers returned last",
}
PARTS = {
    "reads": "wiring",
    "states": "states",
    "time": "outputs",
    "cells": "layers",
}  # part of a wiring -> criterion


def judge_stack(exercise: Exercise, questions: dict, answers: dict, sheet: Sheet) -> str | None:
    """Fills the sheet; returns a reason where nothing could be looked at."""
    pairs = builds_of(questions, answers)
    judge_layers(exercise, pairs, answers, sheet)
    if exercise.base and any(row.get("cells") for _, row in pairs) and not proper(pairs):
        return f"Could not be marked: no layer is a {exercise.cell}."
    by_mode = [
        [pair for pair in pairs if good(pair[1]) and pair[1].get("mode") == mode]
        for mode in ("stand-in", "own")
    ]
    usable = max(by_mode, key=len)
    if not usable:
        return why_not(exercise, pairs)
    stacks = [stack_of(exercise, *pair) for pair in telling(usable)]
    found = wiring.diagnose_stack(stacks)
    check_states(usable, sheet)
    report(exercise, found, stacks, sheet)
    judge_untouched(pairs, questions["inputs"], sheet)
    judge_gradients(
        [(build | {"sequence": asked(build, row)}, row) for build, row in usable],
        questions["inputs"],
        sheet,
        [loss_of(exercise, pair, found) for pair in usable],
    )
    broken = [pair for pair in pairs if not good(pair[1])]
    if broken and not {"layers", *PARTS.values(), "final", "works"} & set(sheet.lost):
        lose_sizes(broken[0], sheet)


def why_not(exercise: Exercise, pairs) -> str:
    for _, row in pairs:
        for case in dicts(row.get("calls")):
            if "returned None" in str(case.get("error")):
                return "Not written yet: forward returns None."
            if "error" in case:
                return f"Could not be marked: forward raised {failure(case)}."
    built = next((row["build"] for _, row in pairs if isinstance(row.get("build"), dict)), None)
    return (
        f"{exercise.name}(input_dim, hidden_dim, n_layers) raised {failure(built)}."
        if built
        else "Could not be marked: there was no answer."
    )


def lose_sizes(pair, sheet: Sheet):
    build, row = pair
    case = next(
        (case for case in dicts(row.get("calls")) if "error" in case), row.get("build") or {}
    )
    n, m, layers = build["sizes"]
    sheet.lose(
        "layers",
        f"With input_dim={n}, hidden_dim={m} and n_layers={layers} your class fails: {failure(case)}.",
        "runs only for some sizes",
    )


# ---------------------------------------------------------------- layers
def proper(pairs) -> bool:
    return any(item.get("right") for _, row in pairs for item in dicts(row.get("cells")))


def judge_layers(exercise: Exercise, pairs, answers: dict, sheet: Sheet):
    rows = [(build, row) for build, row in pairs if isinstance(row.get("cells"), list)]
    for build, row in rows:
        for sentence, mistake in complaints(exercise, build, row):
            sheet.lose("layers", sentence, mistake)
    if exercise.base and rows and exercise.base not in (answers.get("bases") or []):
        sheet.lose(
            "layers", f"{exercise.name} is not a subclass of {exercise.base}.", "no subclass"
        )
    if rows and proper(rows):
        sheet.meet("layers")


def complaints(exercise: Exercise, build: dict, row: dict):
    """(sentence, mistake) for everything that is wrong with the layers of one build."""
    (n, m, layers), cells = build["sizes"], dicts(row["cells"])
    if row.get("layers") in ("NoneType", None):
        yield "layers is missing.", "layers is missing"
        return
    if not row.get("module_list"):
        yield (
            f"layers is a {words(row.get('layers'), 40)}; only an nn.ModuleList lets the cells' parameters train.",
            "layers is no nn.ModuleList",
        )
    if len(cells) != layers:
        yield (
            f"With n_layers={layers} there are {len(cells)} layers.",
            "the number of layers is wrong",
        )
    for k, item in enumerate(cells):
        reads = item.get("reads")
        if not item.get("right"):
            yield (
                f"Layer {k} is a {words(item.get('type'), 40)}; every layer is a {exercise.cell}.",
                f"a layer is no {exercise.cell}",
            )
        elif reads is not None and reads != (n if k == 0 else m):
            yield (
                f"Layer {k} reads {'input_dim' if reads == n else words(str(reads), 9)} numbers; {'layer 0 reads input_dim' if k == 0 else 'it reads the h of the layer below, hidden_dim numbers'}.",
                "a layer is made for the wrong size of input",
            )
        elif item.get("units") not in (None, m):
            yield (
                f"Layer {k} has {item['units']} units where hidden_dim is {m}.",
                "a layer has the wrong number of units",
            )
    if shared(row):
        yield (
            "Some layers are one and the same cell; each layer has a cell of its own.",
            "layers share a cell",
        )
    for other in row.get("others") if isinstance(row.get("others"), list) else []:
        yield (
            f"{words(other, 60)} trains outside of layers; only the cells should.",
            "something else trains as well",
        )


def shared(row: dict) -> bool:
    same = row.get("same") or []
    return same != list(range(len(same)))


# ---------------------------------------------------------------- reading the numbers
def telling(usable):
    """The builds to read: those with as many layers as asked, where two of them lie on top of one another; else all. None that
    gave nothing back, where others did (a single step, for a class that skips one)."""
    rows = [(build, row) for build, row in usable if len(row.get("cells", [])) == build["sizes"][2]]
    rows = rows if any(build["sizes"][2] > 1 for build, _ in rows) else usable
    whole = [
        (build, row)
        for build, row in rows
        if all(unpack(value) is not None for value in row["calls"][0]["out"])
    ]
    return whole or rows


def asked(build: dict, row: dict) -> dict:
    """The sequence with the directions for the cells that were used."""
    return build["sequence"] | {"directions": build["sequence"]["directions"][row["mode"]]}


def weights_of(build: dict, row: dict) -> list[dict]:
    """Each layer's parameters as they were put in; diagonal ones as matrices."""
    layers = [
        {name: unpack(value) for name, value in layer.items()}
        for layer in build["weights"][row["mode"]]
    ]
    for k, first in enumerate((row.get("same") or [])[: len(layers)]):
        layers[k] = dict(layers[min(max(first, 0), k)])
    for item, layer in zip(dicts(row.get("cells")), layers):
        for name in item.get("diagonal") or []:
            if name in layer:
                layer[name] = np.diag(np.diagonal(layer[name]))
    return layers


def cell_of(exercise: Exercise, mode: str, layers: list[dict]):
    """`cell(k, x, c, h) -> (c, h)` with these parameters."""
    if mode == "stand-in":
        return lambda k, x, c, h: wiring.stand_in(layers[k], x, c, h)
    return lambda k, x, c, h: wiring.right_cell(exercise.rule, layers[k], x, c, h)


def stack_of(exercise: Exercise, build: dict, row: dict) -> Stack:
    """One build as arrays. A stack of fewer layers than asked is taken as one that was asked for so many: that is judged by itself."""
    outputs, c, h = ([unpack(value) for value in row["calls"][0]["out"]] + [None] * 3)[:3]
    x, *given = (unpack(build["sequence"][name]) for name in ("x", "c", "h"))
    layers, count = weights_of(build, row), len(dicts(row.get("cells")))
    if 0 < count < len(layers):
        layers, given = layers[:count], [states[:count] for states in given]
        c, h = (
            states if states is None or states.ndim != 2 else states[:count] for states in (c, h)
        )
    return Stack(
        cell_of(exercise, row["mode"], layers),
        x,
        *given,
        outputs,
        None if c is None or h is None else (c, h),
        single(row),
        row["calls"][0].get("log"),
    )


# ---------------------------------------------------------------- criteria
def check_states(usable, sheet: Sheet):
    """The final states are tensors, like those passed in; outputs may be a list."""
    key = (
        "works"
        if any(criterion.key == "works" for criterion in sheet.exercise.criteria)
        else "final"
    )
    for _, row in usable:
        for name, value in zip(("c_T", "h_T"), row["calls"][0]["out"][1:]):
            if "shape" not in value:
                sheet.lose(
                    key,
                    f"{name} is a {words(value.get('type'), 40)}; it should be one tensor of shape (n_layers, hidden_dim), like the one passed in.",
                    "the final states are no tensors",
                )


def report(exercise: Exercise, found, stacks: list[Stack], sheet: Sheet):
    whole = any(criterion.key == "works" for criterion in exercise.criteria)
    key = (lambda name: "works") if whole else (lambda name: name)
    if found is None:
        if whole:
            sheet.lose(
                "works",
                f"outputs is not what the rule gives, and no mistake that we know gives these numbers. The rule: {exercise.asks('works')}.",
                "outputs are wrong in a way that we do not know",
            )
        else:
            from_logs(stacks, sheet, LOGGED)
        return
    w, outputs, finals = found
    sheet.meet(*({"works"} if whole else {"wiring", "states", "outputs", "final"}))
    for part, criterion in PARTS.items():
        bent = getattr(w, part)
        if bent != RIGHT:
            lose(
                exercise,
                "layers" if criterion == "layers" else key(criterion),
                wiring.TABLES[part][bent],
                sheet,
            )
    if outputs != RIGHT:
        lose(
            exercise,
            key("outputs"),
            OUTPUTS[outputs][1]
            if outputs
            else "outputs does not follow from the layers' states as the rule asks",
            sheet,
        )
    if finals != RIGHT:
        lose(
            exercise,
            key("final"),
            FINALS[finals][1] if finals else "(c_T, h_T) are not the layers' last states",
            sheet,
        )
    if not whole and outputs in ("x", "zeros") and finals in ("given", "zeros"):
        from_logs(stacks, sheet, ("wiring", "states"))


def lose(exercise: Exercise, key: str, what: str, sheet: Sheet):
    sheet.lose(key, f"Your numbers show: {what}. The rule: {exercise.asks(key)}.", what)


def from_logs(stacks: list[Stack], sheet: Sheet, keys):
    """The criteria `keys`, by what the layers were given and gave back: each by itself, so that one slip in a wiring that we do not know loses one."""
    rows = [logged(s) for s in stacks]
    for key in keys:
        if all(row and row[key] for row in rows):
            sheet.meet(key)
            continue
        what = (
            LOGGED[key]
            if all(rows)
            else "Your outputs and final states are not what the rule gives"
        )
        sheet.lose(
            key,
            f"{what}, and no mistake that we know gives your numbers. The rule: {sheet.exercise.asks(key)}.",
            what[0].lower() + what[1:],
        )


def logged(s: Stack) -> dict[str, bool] | None:
    """What is right: what every layer reads, the state that it goes on from, the outputs, the final states. None where the log does not have every step."""
    try:
        log = [[[unpack(value) for value in call] for call in layer] for layer in s.log]
        if [len(layer) for layer in log] != [len(s.x)] * len(s.c):
            return None
        made = [[s.cell(k, *call) for call in layer] for k, layer in enumerate(log)]
        calls = [(k, t, call) for k, layer in enumerate(log) for t, call in enumerate(layer)]
        finals = tuple(np.stack([layer[-1][which] for layer in made]) for which in (0, 1))
        return {
            "wiring": all(
                equal(call[0], made[k - 1][t][1] if k else s.x[t], 1e-6) for k, t, call in calls
            ),
            "states": all(
                equal(own, given, 1e-6)
                for k, t, call in calls
                for given, own in zip(made[k][t - 1] if t else (s.c[k], s.h[k]), call[1:])
            ),
            "outputs": wiring.same(np.stack([h for _, h in made[-1]]), s.outputs, s.single),
            "final": s.finals is not None
            and all(wiring.same(right, own, s.single) for right, own in zip(finals, s.finals)),
        }
    except (TypeError, ValueError, IndexError):
        return None


# ---------------------------------------------------------------- the loss behind the gradients
def loss_of(exercise: Exercise, pair, found):
    """respond.run_stack's loss for this build as a function of shifts of the leaves, under the wiring found; None if unknown."""
    if found is None or None in found[1:]:
        return None
    (build, row), (w, outputs, finals) = pair, found
    if len(dicts(row.get("cells"))) != build["sizes"][2] or shared(row):
        return None
    layers, weights = weights_of(build, row), unpack(build["sequence"]["loss"])
    given = {name: unpack(build["sequence"][name]) for name in ("x", "c", "h")}

    def loss(shift):
        moved = [
            {
                name: value + diagonal_like(shift.get(f"{k}.{name}", 0), value)
                for name, value in layer.items()
            }
            for k, layer in enumerate(layers)
        ]
        x, c, h = (given[name] + shift.get(name, 0) for name in ("x", "c", "h"))
        rows = wiring.run(Stack(cell_of(exercise, row["mode"], moved), x, c, h), w)
        out, (last_c, last_h) = OUTPUTS[outputs][0](rows), FINALS[finals][0](rows)
        return float(
            (weights[: len(out)] * out).sum()
            + (weights[-2] * last_c).sum()
            + (weights[-1] * last_h).sum()
        )

    return loss


def diagonal_like(shift, value: np.ndarray):
    """The shift of a matrix, or of its diagonal where it has nothing beside it."""
    plain = (
        np.ndim(shift) == 2
        and value.shape[0] == value.shape[1]
        and not np.any(value - np.diag(np.diagonal(value)))
    )
    return np.diag(np.diagonal(shift)) if plain else shift
