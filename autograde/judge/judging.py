"""The judge: questions and answers in; for each criterion points, whether it is met, and a sentence for the student out.

A pure function of plain data, in the grader's process. Nothing that a student's process says is believed but numbers,
and numbers only where they have the shape that was asked for. What is particular to one step of a cell is in cells.py,
to a stack in stacks.py.
"""

import ast
import re

import numpy as np

from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict
from . import recurrence as cells
from . import stack as stacks
from .questions import unpack
from .sheet import ANSWERS, Sheet, dicts, failure, fitted, words

DEVIATIONS = 7.0  # how many standard errors a draw of reset_parameters may be off
LEFT = 7.0  # what respond.py puts into every parameter before it calls reset_parameters
BUILT_IN = {
    "LSTM",
    "LSTMCell",
    "RNN",
    "RNNCell",
    "RNNBase",
    "GRU",
    "GRUCell",
    "lstm",
    "lstm_cell",
    "_VF",
}
NOTHING = "Not marked: nothing of what was asked shows in your numbers yet."


# ---------------------------------------------------------------- what is the same for every kind
def judge(exercise: Exercise, questions: dict, answers: dict, cell: Cell = Cell()) -> Verdict:
    """The verdict on an exercise.

    `questions` come from questions.draw, `answers` from the student's process (respond.respond, or {"failed": why});
    `cell` says what became of the solution cell. Never raises for anything in `answers`.
    """
    sheet = Sheet(exercise)
    answers = (
        fitted(answers, ANSWERS)
        if isinstance(answers, dict)
        else {"failed": "The answers could not be read."}
    )
    if exercise.kind == "value":
        return judge_value(exercise, answers, cell, sheet)
    if cell.error:
        where = f" (line {cell.line} of the cell)" if cell.line else ""
        sheet.lose(
            "runs",
            f"Your cell stopped with {words(cell.error)}{where}. Code that tries the class out belongs in a cell of its own.",
            "the cell stops with an error",
        )
    if isinstance(answers.get("failed"), str):
        otherwise = words(answers["failed"])
    elif answers.get("defined") != "yes":
        otherwise = missing_class(exercise, answers, cell)
    else:
        look = cells.judge_cell if exercise.kind == "cell" else stacks.judge_stack
        otherwise = look(exercise, questions, answers, sheet) or NOTHING
    read_source(exercise, cell.source, sheet)
    judge_rest(exercise, answers, sheet)
    return sheet.verdict(otherwise)


def judge_value(exercise: Exercise, answers: dict, cell: Cell, sheet: Sheet) -> Verdict:
    value, (criterion,) = answers.get("value"), exercise.criteria
    if (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and abs(value - exercise.answer) <= 1e-3 * abs(exercise.answer)
    ):
        sheet.meet(criterion.key)
    elif isinstance(value, int | float):
        slip = (exercise.slips or {}).get(value)
        why = f": {slip}" if slip else ", which is not right"
        sheet.lose(
            criterion.key,
            f"Your {exercise.name} is {value:g}{why}. Asked for: {criterion.asks}.",
            f"{exercise.name} = {value:g}",
        )
    kind = value.get("type") if isinstance(value, dict) else None
    reason = (
        f"{exercise.name} is not filled in yet."
        if kind in (None, "ellipsis", "NoneType")
        else f"{exercise.name} is a {words(kind, 40)}; a number is asked for."
    )
    return sheet.verdict(
        f"Your cell stopped with {words(cell.error)}."
        if cell.error
        else words(answers["failed"])
        if isinstance(answers.get("failed"), str)
        else reason
    )


def missing_class(exercise: Exercise, answers: dict, cell: Cell) -> str:
    if cell.error:
        return f"{exercise.name} could not be marked: the cell stopped with {words(cell.error, 160)} before the class was defined."
    if answers.get("defined") == "other":
        return f"{exercise.name} is not a class derived from nn.Module."
    return f"{exercise.name} is not defined after your cell has run."


EARNED_BY_OTHERS = {
    "runs",
    "parameters",
    "layers",
    "reset",
    "own",
    "order",
    "gradients",
    "untouched",
}


def judge_rest(exercise: Exercise, answers: dict, sheet: Sheet):
    """Criteria that a class earns only when it computes something of what was asked, or at least is built as asked."""
    computes = sheet.has(
        *[criterion.key for criterion in exercise.criteria if criterion.key not in EARNED_BY_OTHERS]
    )
    if computes or sheet.has("parameters", "layers"):
        judge_reset(exercise, answers, sheet)
        sheet.meet("runs")
    if computes:
        seen = sorted(
            {
                words(name, 40)
                for row in dicts(answers.get("builds"))
                for name in row.get("built_in") or []
            }
        )
        if seen == ["unwatched"]:
            sheet.flags.append(
                f"{exercise.name}: whether PyTorch's own LSTM ran underneath could not be seen."
            )
        elif seen:
            sheet.lose(
                "own",
                f"While your class ran, PyTorch's own {', '.join(seen)} was called. Write the computation yourself.",
                "PyTorch's own LSTM is called",
            )
            sheet.flags.append(f"{exercise.name}: PyTorch's {', '.join(seen)} ran underneath.")
        sheet.meet("own")
    else:
        sheet.met -= {"order", "gradients", "untouched"}


def read_source(exercise: Exercise, source: str, sheet: Sheet):
    """From the text of the cell: a built-in LSTM inside the class, code after return."""
    try:
        tree = ast.parse(re.sub(r"(?m)^\s*[%!].*$", "pass", source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for cls in (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name == exercise.name
    ):
        for node in ast.walk(cls):
            name = (
                ast.unparse(node)
                if isinstance(node, ast.Attribute) and node.attr in BUILT_IN
                else ""
            )
            if re.match(r"(torch\.|nn\.)|.*\b_VF\b", name):
                sheet.lose(
                    "own",
                    f"Your class uses {name}. Write the computation yourself.",
                    "PyTorch's own LSTM is called",
                )
                sheet.flags.append(
                    f"{exercise.name}: {name} stands in the class (line {node.lineno})."
                )
                break
        for function in (node for node in cls.body if isinstance(node, ast.FunctionDef)):
            for place, node in enumerate(function.body[:-1]):
                if isinstance(node, ast.Return):
                    line = function.body[place + 1].lineno
                    sheet.notes.append(
                        f"In {function.name}, the code from line {line} of the cell on stands after return, so it never runs. Code that tries the class out belongs outside the class, in a cell of its own."
                    )


# ---------------------------------------------------------------- reset_parameters
def judge_reset(exercise: Exercise, answers: dict, sheet: Sheet):
    complaints = [reset_complaint(exercise, row) for row in dicts(answers.get("reset"))] or [
        "reset_parameters() gave no answer."
    ]
    if None in complaints:
        sheet.meet("reset")
    else:
        sheet.lose(
            "reset",
            complaints[-1],
            re.sub(r"-?\d+\.\d+", "…", complaints[-1].split(";")[0].rstrip(".")),
        )


def reset_complaint(exercise: Exercise, row: dict) -> str | None:
    """What is wrong with the parameters after reset_parameters(); None where nothing is. Parameters that should not be there are judged elsewhere."""
    if "error" in row:
        return f"reset_parameters() raised {failure(row)}."
    parameters = row.get("parameters")
    values = (
        {words(name, 60): unpack(value) for name, value in parameters.items()}
        if isinstance(parameters, dict)
        else {}
    )
    known = (
        ("layers",)
        if exercise.kind == "stack"
        else (*exercise.parameters, *(exercise.absent or {}))
    )
    values = {
        name: value for name, value in values.items() if name.split(".")[0] in known
    } or values
    if not values:
        return "There are no parameters to draw."
    for name, value in values.items():
        if value is None or not value.size or not np.isfinite(value).all():
            return f"After reset_parameters(), {name} holds values that are not numbers."
        if (value == LEFT).mean() > 0.01:
            return f"reset_parameters() leaves {name} as it was; every parameter is drawn afresh."
    biases = [value.ravel() for value in values.values() if value.ndim == 1]
    for name, value in [
        *values.items(),
        ("the biases together", np.concatenate(biases or [np.zeros(0)])),
    ]:
        complaint = draw_complaint(value.ravel()) if value.size >= 30 else None
        if complaint:
            return f"After reset_parameters(), {name} {complaint}; the rule asks for a normal distribution with mean 0 and standard deviation 1."
    return None


def draw_complaint(value: np.ndarray) -> str | None:
    n = value.size
    if abs(value.mean()) > DEVIATIONS / np.sqrt(n):
        return f"has mean {value.mean():.2f}"
    if abs(value.std() - 1) > DEVIATIONS / np.sqrt(2 * n):
        return f"has standard deviation {value.std():.2f}"
    if n >= 1000:
        squares = (value - value.mean()) ** 2
        kurtosis = (squares * squares).mean() / squares.mean() ** 2
        if abs(kurtosis - 3) > DEVIATIONS * np.sqrt(24 / n):
            return "is not normally distributed"
    return None
