"""A value that a student predicts: checked at the desk without being there.

What travels are digests: of the right value, of shorter ways to write a number that may be off a
little, and of slips with what is wrong with each.
"""

import hashlib
import math

from ..exercise.declared import Sealed, Value
from ..judge.value import kind_of, single

DIGITS = 12  # in which two ways to compute a number agree


def digest(name: str, value) -> str:
    return hashlib.sha256(f"{name} {in_one_way(value)}".encode()).hexdigest()[:24]


def in_one_way(value) -> str:
    """A value as a text, however it was written."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_one_way, value))}]"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return repr(value.strip() if isinstance(value, str) else value)
    return f"{value + 0.0:.{DIGITS}g}"


def shorter(value, within: float) -> list:
    """A number written with fewer digits, as long as it is about the same; anything else as it
    is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return [value]
    if not within:
        return [value, single(value)]
    texts = (f"{value:.{digits}g}" for digits in range(1, DIGITS + 1))
    return [short for short in map(float, texts) if math.isclose(short, value, rel_tol=within)]


def sealed(name: str, answer, slips: dict, within: float) -> Sealed:
    """The value and its slips, so that a student's can be compared with them and no more."""
    says = {digest(name, slip): said for slip, said in slips.items()}
    right = {digest(name, short): "" for short in shorter(answer, within)}
    return Sealed(says | right, kind_of(answer))


def seal_of(exercise: Value) -> Sealed:
    if isinstance(exercise.answer, Sealed):
        return exercise.answer
    return sealed(exercise.name, exercise.answer, exercise.slips, exercise.within)


def remark(exercise: Value, value) -> str | None:
    """ "" for the right value, what is wrong with a known slip, None for another one."""
    says = seal_of(exercise).says
    found = [says.get(digest(exercise.name, short)) for short in shorter(value, exercise.within)]
    return "" if "" in found else says.get(digest(exercise.name, value))
