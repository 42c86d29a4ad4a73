"""A number that a student predicts: checked at the desk without being there.

What travels are digests: of the right number, of shorter ways to write it, and of slips with what
is wrong with each.
"""

import hashlib
import math

from ..exercise.declared import Sealed, Value
from ..judge.agreement import PREDICTED

DIGITS = 12  # in which two ways to compute a number agree


def digest(name: str, number: float) -> str:
    return hashlib.sha256(f"{name} {number + 0.0:.{DIGITS}g}".encode()).hexdigest()[:24]


def shorter(number: float) -> set[float]:
    """The number written with fewer digits, as long as it is about the same."""
    texts = (f"{number:.{digits}g}" for digits in range(1, DIGITS + 1))
    return {short for short in map(float, texts) if math.isclose(short, number, rel_tol=PREDICTED)}


def sealed(name: str, answer: float, slips: dict[float, str]) -> Sealed:
    """The number and its slips, so that a student's can be compared with them and no more."""
    says = {digest(name, slip): said for slip, said in slips.items()}
    return Sealed(says | {digest(name, short): "" for short in shorter(answer)})


def remark(exercise: Value, number: float) -> str | None:
    """ "" for the right number, what is wrong with a known slip, None for another number."""
    if isinstance(exercise.answer, Sealed):
        says = exercise.answer.says
    else:
        says = sealed(exercise.name, exercise.answer, exercise.slips).says
    found = [says.get(digest(exercise.name, short)) for short in shorter(number)]
    return "" if "" in found else says.get(digest(exercise.name, number))
