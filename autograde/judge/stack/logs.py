"""What a stack does right, by what its layers were given and gave back: for wirings that are in no
table."""

from itertools import product

import numpy as np

from ..agreement import NAMED, agree
from ..wiring import Seen
from .asks import READ_OFF
from .reading import together

MOST_RUNS = 10  # of a layer at each step, which the student is told


def logs_say_more(seen: list[tuple[Seen, list]]) -> bool:
    """Whether what the layers were given and gave back shows which criteria hold: more than a
    wiring from which only a part of what was returned follows."""
    logs = readable(seen)
    return all(logs) and any(all(log[key] for log in logs) for key in READ_OFF)


def readable(seen: list[tuple[Seen, list]]) -> list[dict[str, bool] | None]:
    """What is right of each build, or None. Where a layer is not run in a single step, and is in
    longer sequences, these show what the rest of the stack does."""
    logs = [logged(one, log) for one, log in seen]
    longer = [log for (one, _), log in zip(seen, logs) if len(one.x) > 1]
    if None in logs and longer and all(longer):
        return [log | {"wiring": False} for log in longer]
    return logs


def more_often(seen: list[tuple[Seen, list]]) -> str:
    """What is said of layers that are all run more often than there are steps; "" of others."""
    one, log = seen[0]
    often, steps = {len(calls) for calls in log}, len(one.x)
    if len(often) != 1 or not steps < min(often) <= MOST_RUNS * steps:
        return ""
    return f"Every layer is run {often.pop()} times for {steps} steps. "


def not_as_often(seen: list[tuple[Seen, list]]) -> str:
    """What is said of layers of which some are run at every step and others are not, or none is."""
    one, log = seen[0]
    runs, steps = [len(calls) for calls in log], len(one.x)
    if runs and not any(runs):
        return "None of the cells in layers is run. "
    other = next((k for k, count in enumerate(runs) if count != steps), None)
    if other is None or steps not in runs:
        return ""
    times = f"{runs[other]} time{'s' * (runs[other] != 1)}"
    return f"Layer {other} is run {times} in a sequence of {steps} steps. "


def other_shape(seen: list[tuple[Seen, list]]) -> str:
    """What is said of outputs in another shape than asked; "" where they have it."""
    for one, _ in seen:
        steps, m = len(one.x), one.given[0].shape[-1]
        if one.outputs is not None and one.outputs.shape != (steps, m):
            shape = ", ".join(map(str, one.outputs.shape))
            return (
                f"With {steps} step{'s' * (steps != 1)} and hidden_dim={m} outputs has shape"
                f" ({shape}); it should hold a tensor of shape ({m},) for every step."
            )
    return ""


def logged(seen: Seen, log: list) -> dict[str, bool] | None:
    """What is right: what every layer reads, the states that it goes on from, the outputs, the
    final states; also, by `as_kept`, and whether outputs is what one layer more would read. Of a
    stack that runs several times
    over the sequence, or not over all of it, every call is looked at; a layer that is called more
    or less often than the one below does not read that one. None where a layer was not called."""
    often, steps = {len(layer) for layer in log}, len(seen.x)
    if len(log) != seen.layers or not often or 0 in often:
        return None
    once, equally = often == {steps}, len(often) == 1
    given = [[[tensor.values for tensor in call] for call in layer] for layer in log]
    if any(value is None for layer in given for call in layer for value in call):
        return None
    try:
        made = [[seen.cell(k, x, tuple(s)) for x, *s in layer] for k, layer in enumerate(given)]
    except (TypeError, ValueError, IndexError):
        return None
    tops, starts = [states[-1] for states in made[-1]], seen.given_by_layer
    reads, carries = [], []
    for k, layer in enumerate(given):
        for t, (x, *states) in enumerate(layer):
            below = made[k - 1][t : t + 1] if k and len(made[k - 1]) == len(layer) else []
            if below and (runs := len(layer) // steps) > 1:  # several calls may belong to one step
                below += made[k - 1][t - t % runs :][:runs]
            right = [states[-1] for states in below] if k else [seen.x[t]] if once else seen.x
            reads.append(any(agree(x, one, NAMED) for one in right))
            before = [made[k][t - 1]] if t else [starts[k]]
            before += [starts[k]] if equally and not once else []
            carries.append(any(same_states(states, one) for one in before))
    finals = tuple(together([layer[-1][j] for layer in made]) for j in range(len(seen.given)))
    return {
        "wiring": all(reads),
        "states": all(carries),
        "outputs": seen.outputs is not None and shows(seen, [starts[-1][-1], *tops], equally),
        "final": seen.finals is not None and seen.gave(finals, seen.finals),
        "as kept": as_kept(seen, given, made) if once else {},
        "goes up": {"outputs": goes_up(seen)},
        "strictly": {},
    }


def goes_up(seen: Seen) -> bool:
    """Whether outputs is what one layer more would read."""
    known = seen.outputs is not None and seen.goes_up is not None
    return known and seen.gave(seen.goes_up, seen.outputs)


def as_kept(seen: Seen, given: list, made: list) -> dict[str, bool]:
    """What is right where the states of layers are kept in a wrong way: what stands for a layer
    after a step is what it gave back, or what it went on from, or what it goes on from next."""
    ends = zip(*seen.goes_on) if seen.goes_on is not None else [()] * seen.layers
    stands = [
        [[new, old, then] for new, (_, *old), then in zip(made[k], given[k], nexts)]
        for k, end in enumerate(ends)
        for nexts in [[*(states for _, *states in given[k][1:]), end]]
    ]
    shown = lambda value, k, t: any(
        len(one) and np.shape(one[-1]) == np.shape(value) and seen.gave(one[-1], value)
        for one in stands[k][t]
    )
    steps, finals, like = range(len(seen.x)), seen.finals, seen.given
    whole = finals is not None and [np.shape(one) for one in finals] == [one.shape for one in like]
    moves = whole and not seen.gave(like, finals)
    rows = product(range(seen.layers), steps)
    return {
        "wiring": moves
        and all(
            shown(given[k][t][0], k - 1, t) if k else agree(given[k][t][0], seen.x[t], NAMED)
            for k, t in rows
        ),
        "outputs": moves
        and np.shape(seen.outputs) == (len(seen.x), like[0].shape[1])
        and all(shown(seen.outputs[t], -1, t) for t in steps),
        "final": whole
        and all(
            any(len(one) and seen.gave(one[j], state[k]) for one in stands[k][-1])
            for j, state in enumerate(finals)
            for k in range(seen.layers)
        ),
    }


def shows(seen: Seen, tops: list[np.ndarray], equally: bool) -> bool:
    """Whether outputs is what the top layer held after each step: the given state is the first of
    `tops`. Where it is run less often than others it is not known in which steps."""
    steps, calls = len(seen.x), len(tops) - 1
    if calls % steps == 0:
        return seen.gave(together(tops[calls // steps :: calls // steps]), seen.outputs)
    place = 0
    for row in seen.outputs:
        place += next((k for k, top in enumerate(tops[place:]) if seen.gave(top, row)), len(tops))
    return not equally and len(seen.outputs) == steps and place == calls


def same_states(own: list[np.ndarray], right: tuple[np.ndarray, ...]) -> bool:
    return all(agree(one, other, NAMED) for one, other in zip(own, right))
