"""The kind `value`: a number, which a student works out and puts into a variable."""

from dataclasses import dataclass

from ..exercise.declared import Value
from ..exercise.verdict import Cell
from .agreement import PREDICTED, agree
from .answers import Answers, words
from .sheet import Sheet

NOT_FILLED_IN = (
    "",
    "ellipsis",
    "NoneType",
)  # types of what stands there before anything is written


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
    given = answers.value
    if given is not None and is_right(given, exercise.answer):
        sheet.meet(criterion.key)
    elif given is not None:
        slip = exercise.slips.get(given)
        why = f": {slip}" if slip else ", which is not right"
        sheet.lose(
            criterion.key,
            f"Your {exercise.name} is {given:g}{why}. Asked for: {criterion.asks}.",
            f"{exercise.name} = {given:g}",
        )
    if cell.error:
        return f"Your cell stopped with {words(cell.error)}."
    if answers.failed:
        return words(answers.failed)
    if answers.value_type in NOT_FILLED_IN:
        return f"{exercise.name} is not filled in yet."
    return f"{exercise.name} is a {words(answers.value_type, 40)}; a number is asked for."


def is_right(given: float, answer: float) -> bool:
    """To a part of the answer, however small that is."""
    return agree(given / answer, 1.0, PREDICTED) if answer else given == 0


def ask_runs(exercise: Value, rng) -> None:
    """A number has no picture."""


def compare_runs(exercise: Value, questions: None, answers: Answers) -> None:
    """A number has no picture."""
