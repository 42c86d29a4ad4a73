"""Answers about a number, a text, or a list of such in a variable."""

import json

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
    if hasattr(value, "tolist"):  # a tensor or an array; of one number, that number
        value = value.tolist() if getattr(value, "size", 0) != 1 else value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"value": float(value)}
    try:
        written = json.dumps(value, default=plain_number)
    except (AttributeError, TypeError, ValueError, RecursionError):
        return told
    return told if value is None or len(written) > MOST else told | {"written": written}
