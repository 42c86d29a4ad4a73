"""What forward returned, whatever its form: the values that can be told apart, and words for a form
that is not the asked one."""

from collections.abc import Mapping

import torch

from .protocol import TENSOR_NUMBERS
from .telling import in_words

MOST_VALUES = 6  # that a returned thing is taken apart into


def returned(out, count: int) -> tuple[list, str]:
    """The values that forward returned, and "" where they are `count` of them in a tuple or list,
    or one tensor alone; else the words for what came back, with its parts as far as there are any.

    Raises ValueError where a tensor is huge.
    """
    if isinstance(out, torch.Tensor) and count == 1:
        values, form = [out], ""
    elif isinstance(out, tuple | list) and len(out) == count:
        values, form = list(out), ""
    else:
        values, form = parts_of(out, count), in_words(out)
    sizes = [value.numel() for value in values if isinstance(value, torch.Tensor)]
    if max(sizes, default=0) > TENSOR_NUMBERS:
        raise ValueError(f"forward returned a tensor of {max(sizes):,} numbers")
    return values, form


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
