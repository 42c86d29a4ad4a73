"""The numbers of a stack, as the table of wirings is compared with them."""

import numpy as np

from ...exercise.declared import Stack
from ..recurrence import right_step
from ..wiring import Found, Seen, Step
from .asks import Pair, stand_in_step, used_layers


def idle(found: Found | None) -> bool:
    """Whether nothing that is returned shows what any layer does."""
    outputs, finals = (found.outputs, found.finals) if found else (None, None)
    return outputs in (None, "x", "zeros") and finals in (None, "given", "zeros")


def telling(usable: list[Pair]) -> list[Pair]:
    """The builds to read: those with as many layers as asked, where two of them lie on top of one
    another; else all. None that gave no numbers back or ran no layer, where others did (a single
    step, for a class that skips one)."""
    complete = [pair for pair in usable if pair.count == pair.asked.sizes[2]]
    chosen = complete if any(pair.asked.sizes[2] > 1 for pair in complete) else usable
    chosen = [pair for pair in chosen if pair.gave_numbers] or chosen
    return [pair for pair in chosen if used_layers(pair)] or chosen


def weights_of(pair: Pair) -> list[dict[str, np.ndarray]]:
    """Each layer's parameters as they were put in; diagonal ones as matrices."""
    layers = [dict(layer) for layer in pair.asked.weights[pair.build.mode]]
    for k, first in enumerate(pair.build.same[: len(layers)]):
        layers[k] = dict(layers[min(max(first, 0), k)])
    for layer, values in zip(pair.layers, layers):
        for name in layer.diagonal:
            if name in values:
                values[name] = np.diag(np.diagonal(values[name]))
    return layers


def cell_of(exercise: Stack, mode: str, layers: list[dict] | tuple[dict, ...]) -> Step:
    """One step of layer k with these parameters: stand-ins, or right cells of the rule."""
    inputs = tuple(exercise.of.rule.inputs)
    if mode == "stand-in":
        return lambda k, x, states: stand_in_step(inputs, layers[k], x, states)
    return lambda k, x, states: right_step(exercise.of, layers[k], x, states)


def seen_of(exercise: Stack, pair: Pair, used: list[int]) -> tuple[Seen, list]:
    """One build as arrays, and what its layers were given at each call. A stack that uses fewer
    layers than asked is taken as one that was asked for these: that is judged by itself."""
    x, *given = pair.asked.sequence.arguments.values()
    outputs, *finals = [tensor.values for tensor in pair.returned]
    layers = weights_of(pair)
    log = pair.build.calls[0].log
    if 0 < len(used) < len(layers):
        finals = [
            s if s is None or s.ndim != 2 else s[used] if len(s) == len(layers) else s[: len(used)]
            for s in finals
        ]
        layers, given = [layers[k] for k in used], [state[used] for state in given]
        log = [log[k] for k in used if k < len(log)]
    finals = [in_shape(state, one) for state, one in zip(finals, given)]
    complete = len(finals) == len(given) and not any(state is None for state in finals)
    goes_on = [[tensor.values for tensor in layer] for layer in pair.build.calls[0].goes_on]
    known = len(goes_on) == len(layers) and all(one is not None for own in goes_on for one in own)
    goes_up = [tensor.values for tensor in pair.build.calls[0].goes_up]
    read = len(goes_up) > 0 and all(one is not None for one in goes_up)
    return Seen(
        cell_of(exercise, pair.build.mode, layers),
        x,
        tuple(given),
        outputs,
        tuple(finals) if complete else None,
        pair.build.single,
        tuple(map(together, zip(*goes_on))) if known else None,
        together(goes_up) if read else None,
    ), log


def in_shape(state: np.ndarray | None, like: np.ndarray) -> np.ndarray | None:
    """A final state of another shape with as many numbers in the asked shape: that is judged by
    itself."""
    if state is None or 1 in like.shape:
        return state
    same_but_for_ones = tuple(n for n in state.shape if n > 1) == like.shape
    return state.reshape(like.shape) if same_but_for_ones else state


def together(arrays: list[np.ndarray]) -> np.ndarray | None:
    """Arrays under one another; None where a layer that was given other shapes made others."""
    return np.stack(arrays) if len({one.shape for one in arrays}) == 1 else None
