"""What forward takes and returned, whatever its form: the values that can be told apart, and words
for a form that is not the asked one."""

import inspect
from collections.abc import Mapping

import torch

from .protocol import TENSOR_NUMBERS
from .telling import in_words

MOST_VALUES = 6  # that a returned thing is taken apart into


def adapt(module, inputs: list[str]) -> dict:
    """Makes a module take what it is asked with, one by one and in the order of `inputs` (names, as
    in a question), where its forward has the states together in one argument, or not the first of
    `inputs` first. Returns what answers.Build holds of it."""
    try:
        given = inspect.signature(module.forward).parameters.values()
    except Exception:  # of whatever a student has put there
        return {}
    given = [one for one in given if one.kind != inspect.Parameter.VAR_KEYWORD]
    plain = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    taken = [one.name for one in given[: len(inputs)]]
    if not plain.issuperset(one.kind for one in given[: len(inputs)]):
        return {}
    forward = module.forward
    meant = [name.partition("_")[0] for name in taken]  # x_t is x, and h_prev is h
    if sorted(taken) == sorted(inputs) or sorted(meant) == sorted(inputs) and meant[0] != inputs[0]:
        places = [inputs.index(name) for name in meant]
        if places[0] != 0:
            module.forward = lambda *values: forward(*(values[place] for place in places))
        return {"taken": taken}
    if len(inputs) < 3 or len(given) != 2 or taken[1] in inputs:  # a state alone, or self left out
        return {}
    module.forward = lambda x, *states: forward(x, states)
    return {"together": True}


def returned(out, count: int) -> tuple[list, str]:
    """The values that forward returned, and "" where they are `count` of them in a tuple or list,
    or one tensor alone; else the words for what came back, with its parts as far as there are any.

    Raises ValueError where a tensor is huge.
    """
    if isinstance(out, torch.Tensor) and count == 1:
        values, form = [out], ""
    elif isinstance(out, tuple | list) and len(out) == count and not any(map(holds_tensors, out)):
        values, form = list(out), ""
    else:
        values, form = parts_of(out, count), in_words(out)
    sizes = [value.numel() for value in values if isinstance(value, torch.Tensor)]
    if max(sizes, default=0) > TENSOR_NUMBERS:
        raise ValueError(f"forward returned a tensor of {max(sizes):,} numbers")
    return values, form


def holds_tensors(value) -> bool:
    return isinstance(value, tuple | list) and any(isinstance(one, torch.Tensor) for one in value)


def parts_of(out, count: int) -> list:
    """The tensors inside of what came back in another form, in their order."""
    if isinstance(out, torch.Tensor) and out.dim() > 1 and out.shape[0] == count:
        return list(out)  # states stacked into one tensor
    if isinstance(out, torch.Tensor):
        return [out]
    if isinstance(out, Mapping):
        out = list(out.values())
    parts = []
    for item in out if isinstance(out, tuple | list) else ():
        inner = item if isinstance(item, tuple | list) else (item,)
        parts += [value for value in inner if isinstance(value, torch.Tensor)]
    return parts[:MOST_VALUES]
