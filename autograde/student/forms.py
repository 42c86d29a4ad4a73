"""What forward takes and returned, whatever its form: the values that can be told apart, and words
for a form that is not the asked one."""

import inspect
from collections.abc import Mapping

import torch

from .protocol import TENSOR_NUMBERS
from .telling import in_words

MOST_VALUES = 6  # that a returned thing is taken apart into


def takes_apart(module, inputs: list[str]) -> bool:
    """Whether forward takes its states together, in one argument: then the module is made to take
    them one by one, as it is asked to. inputs: names of what it is asked with, as in a question."""
    try:
        given = inspect.signature(module.forward).parameters.values()
    except Exception:  # of whatever a student has put there
        return False
    given = [one for one in given if one.kind != inspect.Parameter.VAR_KEYWORD]
    plain = {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD}
    if len(inputs) < 3 or len(given) != 2 or not plain.issuperset(one.kind for one in given):
        return False
    if given[1].name in inputs:  # one of the states alone, or self is left out
        return False
    forward = module.forward
    module.forward = lambda x, *states: forward(x, states)
    return True


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
