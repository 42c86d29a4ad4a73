"""Answers about a number, a text, or a list of such in a variable."""

import json
import math

from .telling import attempt

MOST = 10_000  # characters of what is written out


def answer(namespace: dict, question: dict) -> dict:
    return attempt(plain_value, namespace.get(question["name"]))


def plain_number(value):
    """Of an array or a tensor with one; of a fraction or a decimal."""
    return value.item() if hasattr(value, "item") else float(value)


def plain_value(value) -> dict:
    """The number, or anything else as JSON; the name of its type where that cannot be."""
    told = {"value_type": type(value).__name__}
    try:
        if hasattr(value, "tolist"):  # a tensor or an array; of one number, that number
            count = value.numel() if hasattr(value, "numel") else getattr(value, "size", 0)
            value = value.tolist() if count != 1 else value.item()
    except Exception:  # no numbers are there, or none that can be had
        return told
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"value": as_float(value)}
    try:
        written = json.dumps(value, default=plain_number)
    except Exception:  # of a part that is none of these, whatever it raises then
        return told
    return told if value is None or len(written) > MOST else told | {"written": written}


def as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:  # an integer of more digits than a float has
        return math.inf if value > 0 else -math.inf
