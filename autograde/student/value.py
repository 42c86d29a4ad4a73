"""Answers about a number in a variable."""

from .telling import attempt


def answer(namespace: dict, question: dict) -> dict:
    return attempt(plain_number, namespace.get(question["name"]))


def plain_number(value) -> dict:
    """The number, or the name of the type of what stands there."""
    if hasattr(value, "item"):  # a tensor or an array with one number in it
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {"value_type": type(value).__name__}
    return {"value": float(value)}
