"""Slopes of a loss over several steps: by backward, and by central differences beside them."""

import contextlib

import torch

from .parameters import form_of, tensor_of
from .telling import unpack
from .watching import recorded

STEP = {torch.float64: 1e-4, torch.float32: 1e-2}  # of the differences, over all leaves together
BEFORE = 0.5  # times the numbers that are asked for, in the pass before
AGREE = 1e-5  # of a slope: closer, and no second look is needed


def gradients(run, sequence: dict, leaves: dict, dtype: torch.dtype, watched=False) -> dict:
    """What judge.answers.Gradients holds. `run(loss, *arguments)` is the loss over the sequence.

    leaves: name in sequence["directions"] -> (module, attribute); names with a number in front
    belong to one group. watched: whether what runs is recorded, since a class may compute otherwise
    where gradients are asked for; the pass before has other numbers then, so that nothing can have
    been kept from it.
    """
    loss, groups = unpack(sequence["loss"], dtype), {}
    arguments, first = runnable(run, sequence, loss, dtype, BEFORE if watched else 1.0)
    if first is None:
        return {"runs": False}
    for name, (owner, key) in leaves.items():
        leaf = tensor_of(owner, key)
        way = form_of(unpack(sequence["directions"][name], dtype), list(leaf.shape), True)
        groups.setdefault(name.split(".")[0], []).append((leaf, way))
    groups |= {name: [pair] for name, pair in arguments.items()}
    every = sum(groups.values(), [])

    def value():
        return run(loss, *[leaf * 1.0 for leaf, _ in arguments.values()])

    first.backward()  # a state kept from call to call makes the second backward pass raise
    for leaf, _ in every:
        leaf.grad = None
    recorded(passed, value) if watched else passed(value)
    slopes = {name: slope_of(group) for name, group in groups.items()}
    total = sum(slope or 0.0 for slope in slopes.values())
    whole = difference(value, every, STEP[dtype])
    near = abs(total - whole) <= AGREE * max(1.0, abs(whole))
    return {
        "slopes": slopes,
        "difference": whole,
        "finer": whole if near else difference(value, every, STEP[dtype] / 3),
        "steps": len(next(iter(arguments.values()), [()])[0]),
    }


def passed(value):
    value().backward()


def slope_of(group) -> float | None:
    """The slope along the ways of these leaves; None where no gradient arrived at any."""
    arrived = [float((leaf.grad * way).sum()) for leaf, way in group if leaf.grad is not None]
    return sum(arrived) if arrived else None


def runnable(run, sequence: dict, loss, dtype, part: float) -> tuple[dict, torch.Tensor | None]:
    """Arguments of the sequence, each with its direction, and the loss of such a part of them; or
    those of its first step, where the class cannot run several: that is judged by itself. None for
    a loss where it cannot run that either. Raises what it raises over gradients alone."""
    for steps in (None, 1):
        pairs = {
            name: [unpack(packed, dtype), unpack(sequence["directions"][name], dtype)]
            for name, packed in sequence["arguments"].items()
        }
        for x in [*pairs][:1]:  # there is none where a module gets whole numbers alone
            pairs[x] = [tensor[:steps].clone() for tensor in pairs[x]]
        for leaf, _ in pairs.values():
            leaf.requires_grad_()
        try:
            return pairs, run(loss, *[leaf * part for leaf, _ in pairs.values()])
        except Exception:
            if runs(run, loss, *[leaf.detach().clone() for leaf, _ in pairs.values()]):
                raise
    return pairs, None


def runs(work, *arguments) -> bool:
    with contextlib.suppress(Exception):
        work(*arguments)
        return True
    return False


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
