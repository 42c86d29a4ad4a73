"""Slopes of a loss over several steps: by backward, and by central differences beside them."""

import contextlib

import torch

from .parameters import form_of, tensor_of
from .telling import pack, unpack

STEP = {torch.float64: 1e-4, torch.float32: 1e-2}  # of the differences, over all leaves together
AGREE = 1e-5  # of a slope: closer, and no second look is needed


def gradients(run, sequence: dict, leaves: dict, dtype: torch.dtype) -> dict:
    """What judge.answers.Gradients holds. `run(loss, *arguments)` is the loss over the sequence.

    leaves: name in sequence["directions"] -> (module, attribute); names with a number in front
    belong to one group.
    """
    loss, groups = unpack(sequence["loss"], dtype), {}
    arguments, directions = runnable(run, sequence, loss, dtype)
    if arguments is None:
        return {"runs": False}
    for name, (owner, key) in leaves.items():
        leaf = tensor_of(owner, key)
        way = form_of(unpack(directions[name], dtype), list(leaf.shape), True)
        groups.setdefault(name.split(".")[0], []).append((leaf, way))
    for name, packed in arguments.items():
        leaf = unpack(packed, dtype).requires_grad_()
        groups[name] = [(leaf, unpack(directions[name], dtype))]
    every = sum(groups.values(), [])

    def value():
        return run(loss, *[groups[name][0][0] * 1.0 for name in arguments])

    for _ in range(2):  # a state kept from call to call makes the second backward pass raise
        for leaf, _ in every:
            leaf.grad = None
        value().backward()
    slopes = {name: slope_of(group) for name, group in groups.items()}
    total = sum(slope or 0.0 for slope in slopes.values())
    whole = difference(value, every, STEP[dtype])
    near = abs(total - whole) <= AGREE * max(1.0, abs(whole))
    return {
        "slopes": slopes,
        "difference": whole,
        "finer": whole if near else difference(value, every, STEP[dtype] / 3),
        "steps": len_of(arguments),
    }


def slope_of(group) -> float | None:
    """The slope along the ways of these leaves; None where no gradient arrived at any."""
    arrived = [float((leaf.grad * way).sum()) for leaf, way in group if leaf.grad is not None]
    return sum(arrived) if arrived else None


def len_of(arguments: dict) -> int:
    return next(iter(arguments.values()))["shape"][0]


def runnable(run, sequence: dict, loss, dtype) -> tuple[dict | None, dict]:
    """Arguments and directions of the sequence, or of its first step where the class cannot run
    several: that is judged by itself. (None, …) where it cannot run that either."""
    arguments, directions = sequence["arguments"], sequence["directions"]
    first = next(iter(arguments))
    cut = [
        {**packed, first: pack(unpack(packed[first], dtype)[:1])}
        for packed in (arguments, directions)
    ]
    for part in ((arguments, directions), cut):
        with contextlib.suppress(Exception):
            run(loss, *[unpack(packed, dtype) for packed in part[0].values()])
            return part
    return None, directions


@torch.no_grad()
def difference(value, leaves, step: float) -> float:
    """The slope of `value` along the directions of `leaves`, which are put back as they were."""
    kept, ends = [leaf.detach().clone() for leaf, _ in leaves], []
    step /= sum(leaf.numel() for leaf, _ in leaves) ** 0.5
    for sign in (1, -1):
        for leaf, way in leaves:
            leaf.add_(sign * step * way)  # a leaf that is there twice moves twice
        ends.append(float(value()))
        for (leaf, _), before in zip(leaves, kept):
            leaf.copy_(before)
    return (ends[0] - ends[1]) / (2 * step)
