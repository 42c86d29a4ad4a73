"""A value that a student predicts: checked at the desk without being there.

What travels are digests: of the right value, of slips with what is wrong with each, and, of a
number that may be off a little, of the step that it is on. Steps are as wide as what is right, and
of how they are moved to end with it, the rest of a division is told.
"""

import hashlib
import math

from ..exercise.declared import Sealed, Value
from ..judge.agreement import EXACTLY
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


def steps(within: float) -> float:
    """The logarithm by which numbers that are off by as much in either direction lie apart."""
    return math.log((1 + within + EXACTLY) / (1 - within - EXACTLY))


def offset_of(answer, within: float):
    """Where a step of numbers begins that ends where what is about right does."""
    if isinstance(answer, list | tuple):
        return [offset_of(part, within) for part in answer]
    if not is_number(answer) or not answer:
        return 0.0
    return math.log(abs(answer) * (1 - within - EXACTLY)) % steps(within)


def about(value, offset, within: float):
    """The step that a number is on; of anything else itself."""
    if isinstance(value, list | tuple) and isinstance(offset, list) and len(value) == len(offset):
        return [about(*pair, within) for pair in zip(value, offset)]
    if not is_number(value) or not value or not math.isfinite(value) or isinstance(offset, list):
        return value
    step = math.floor((math.log(abs(value)) - offset) / steps(within))
    return f"{step} {'+' if value > 0 else '-'}"


def is_number(value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def sealed(name: str, answer, slips: dict, within: float) -> Sealed:
    """The value and its slips, so that a student's can be compared with them and no more."""
    says = {digest(name, slip): said for slip, said in slips.items()}
    right = [digest(name, answer)]
    right += [digest(name, single(answer))] if is_number(answer) else []
    near, offsets = {}, []
    for k, (one, said) in enumerate([(answer, ""), *slips.items()] if within else []):
        offsets.append(offset_of(one, within))
        near[digest(f"{name} about {k}", about(one, offsets[k], within))] = said
    return Sealed(says | near | dict.fromkeys(right, ""), kind_of(answer), tuple(offsets))


def seal_of(exercise: Value) -> Sealed:
    if isinstance(exercise.answer, Sealed):
        return exercise.answer
    return sealed(exercise.name, exercise.answer, exercise.slips, exercise.within)


def remark(exercise: Value, value) -> str | None:
    """ "" for the right value, what is wrong with a known slip, None for another one."""
    seal, within = seal_of(exercise), exercise.within
    near = [
        digest(f"{exercise.name} about {k}", about(value, offset, within))
        for k, offset in enumerate(seal.offsets)
    ]
    found = [seal.says.get(one) for one in (digest(exercise.name, value), *near)]
    return "" if "" in found else next((said for said in found if said), None)
