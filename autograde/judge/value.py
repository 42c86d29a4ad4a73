"""The kind `value`: a number, a text, or a list of such, which a student works out and puts into a
variable."""

from dataclasses import dataclass

import numpy as np

from ..exercise.declared import Value
from ..exercise.verdict import Cell
from .agreement import EXACTLY
from .answers import Answers, from_json, words
from .sheet import Sheet

NOT_FILLED_IN = (
    "",
    "ellipsis",
    "NoneType",
)  # types of what stands there before anything is written
ASKED_FOR = {str: "a text", list: "a list", tuple: "a list", bool: "True or False"}


@dataclass(frozen=True)
class Questions:
    """Nothing but the name is asked for."""

    name: str
    kind: str = "value"


def ask(exercise: Value, rng) -> Questions:
    return Questions(exercise.name)


def judge(exercise: Value, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet) -> str:
    """Fills the sheet; returns the reason for a mark that is lost for want of an answer."""
    (criterion,) = exercise.criteria
    given = given_in(answers)
    asked = kind_of(exercise.answer)
    if given is not None and same(given, exercise.answer, exercise.within):
        sheet.meet(criterion.key)
    elif given is not None and kind_of(given) == asked:
        told = f"{given:g}" if isinstance(given, float) else words(repr(given), 60)
        slip = next(
            (s for wrong, s in exercise.slips.items() if same(given, wrong, exercise.within)), ""
        )
        why = f": {slip}" if slip else ", which is not right"
        sheet.lose(
            criterion.key,
            f"Your {exercise.name} is {told}{why}. Asked for: {criterion.asks}.",
            f"{exercise.name} = {told}",
        )
    if cell.error:
        return f"Your cell stopped with {words(cell.error)}."
    if answers.failed:
        return words(answers.failed)
    if given is None and answers.value_type in NOT_FILLED_IN:
        return f"{exercise.name} is not filled in yet."
    is_now = words(answers.value_type or type(given).__name__, 40)
    is_now = "number" if is_now == "float" else is_now
    if asked == "a list" and is_now in ("list", "tuple"):
        return f"{exercise.name} cannot be read: let it hold numbers and texts alone."
    return f"{exercise.name} is a {is_now}; {asked} is asked for."


def given_in(answers: Answers):
    """The value that was answered; None where there is none."""
    return answers.value if answers.value is not None else from_json(answers.written)


def kind_of(value) -> str:
    number = isinstance(value, int | float)
    return ASKED_FOR.get(type(value), "a number" if number else "another thing")


def same(given, answer, within: float) -> bool:
    """Whether a value is the asked one, in whatever way it is written; numbers to a part of the
    answer, however small that is."""
    if isinstance(answer, list | tuple):
        alike = isinstance(given, list) and len(given) == len(answer)
        return alike and all(same(*pair, within) for pair in zip(given, answer))
    if isinstance(answer, str):
        return isinstance(given, str) and given.strip() == answer.strip()
    if isinstance(answer, bool) or isinstance(given, bool) or not isinstance(given, int | float):
        return given is answer
    return given == single(answer) or abs(given - answer) <= (within + EXACTLY) * abs(answer)


def single(number: float) -> float:
    """A fraction as it is in single precision; a whole number as it is."""
    return float(np.float32(number)) if number % 1 else number


def ask_runs(exercise: Value, rng) -> None:
    """A value has no picture."""


def compare_runs(exercise: Value, questions: None, answers: Answers) -> None:
    """A value has no picture."""
