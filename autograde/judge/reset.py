"""What reset_parameters() makes of parameters that all held one value before."""

import re
from dataclasses import replace

import numpy as np

from ..exercise.declared import ModuleExercise, Normal, Recurrence
from ..student.protocol import BEFORE_RESET, DRAWN_AGAIN
from .agreement import DEVIATIONS
from .answers import Answers, Reset, words
from .sheet import Sheet

ENOUGH = 30  # numbers, before their mean and spread say anything
ENOUGH_FOR_SHAPE = 1000  # numbers, before their distribution's shape does
OF_A_LAYER = re.compile(r"(\b\w+\.\d+)\.\w+")
NUMBER = re.compile(r"-?\d+\.\d+")


def judge_reset(exercise: ModuleExercise, answers: Answers, sheet: Sheet):
    """What reset_parameters() does to the student's own parameters; to the grader's cells in a
    stack, where the student's own cell is to blame for what it does to those."""
    elsewhere = layers_of_another_class(answers)
    unmade = {"parameters", "layers"} & sheet.lost.keys()
    resets = [by_itself(reset) if unmade else reset for reset in answers.resets]
    found = {reset.about: complaint(exercise, reset, elsewhere) for reset in resets}
    if found.get("stand-in"):  # whose parameters have no names that a student knows
        found["stand-in"] = OF_A_LAYER.sub(r"\1", found["stand-in"])
    wrong = found.get("own", "reset_parameters() gave no answer.")
    lacks_layers = "layers" in sheet.lost and "raised" in (wrong or "")
    if wrong and (found.get("cell") or lacks_layers):  # a fault that is judged where it is made
        wrong = found.get("stand-in")
    if wrong is None:
        sheet.meet("reset")
    else:
        mistake = NUMBER.sub("…", wrong.split(";")[0].rstrip("."))
        sheet.lose("reset", wrong, mistake)


def by_itself(reset: Reset) -> Reset:
    """What it does, whatever became of it in a constructor that has gone wrong already."""
    return replace(reset, failure=None) if reset.parameters else reset


def layers_of_another_class(answers: Answers) -> set[str]:
    """The numbers of layers that are not of the class that is asked for, which is judged by itself:
    how such a layer draws is not the student's to say."""
    layers = (layer for build in answers.builds for layer in enumerate(build.cells or ()))
    return {str(k) for k, layer in layers if not layer.right}


def complaint(exercise: ModuleExercise, reset: Reset, elsewhere: set[str]) -> str | None:
    """What is wrong with the parameters; None where nothing is. Parameters that should not be there
    are judged elsewhere. elsewhere: numbers of layers that must be drawn afresh, and no more."""
    if reset.failure:
        return f"reset_parameters() raised {reset.failure}."
    parameters = asked_for(exercise, reset)
    if not parameters:
        return "There are no parameters to draw."
    for name, value in parameters.items():
        if value is None or not np.isfinite(value).all():
            return f"After reset_parameters(), {name} holds values that are not numbers."
        if is_left(value):
            return f"reset_parameters() leaves {name} as it was; every parameter is drawn afresh."
        if is_added_to(value):
            return f"reset_parameters() adds to what {name} was; every parameter is drawn afresh."
    own = {name: v for name, v in parameters.items() if not elsewhere & set(name.split("."))}
    for name, value in with_biases_together(own).items():
        if value.size >= ENOUGH and (wrong := wrong_draw(value.ravel(), exercise.draws)):
            return f"After reset_parameters(), {name} {wrong}; the rule asks for {exercise.draws}."
    return not_afresh(parameters, reset)


def is_left(value: np.ndarray | None) -> bool:
    """Whether some of these numbers are as they were before reset_parameters()."""
    return value is not None and value.size > 0 and (value == BEFORE_RESET).mean() > 0.01


def is_added_to(value: np.ndarray) -> bool:
    """Whether these numbers lie about what they were before reset_parameters()."""
    return value.size > 0 and abs(value.mean() - BEFORE_RESET) < 1


def left_by_reset(answers: Answers) -> set[str]:
    """The student's own parameters that reset_parameters() leaves as they were, or adds to."""
    own = (reset.parameters for reset in answers.resets if reset.about == "own")
    return {
        words(name, 60)
        for parameters in own
        for name, tensor in parameters.items()
        if is_left(tensor.values) or (tensor.finite and is_added_to(tensor.values))
    }


def not_afresh(parameters: dict[str, np.ndarray], reset: Reset) -> str | None:
    """What comes out the same where it should be drawn afresh."""
    again = {words(name, 60): tensor.values for name, tensor in reset.again.items()}
    first = {name: value.ravel()[:DRAWN_AGAIN] for name, value in parameters.items()}
    if all(np.array_equal(value, again.get(name)) for name, value in first.items()):
        return "Two calls of reset_parameters() give the same numbers: a seed is set in it."
    seen: dict[bytes, str] = {}
    for name, value in parameters.items():
        other = seen.setdefault(value.tobytes(), name)
        if other != name and value.size > 1:
            return f"reset_parameters() gives {other} and {name} the same numbers."
    return None


def asked_for(exercise: ModuleExercise, reset: Reset) -> dict[str, np.ndarray | None]:
    """Name to values of the parameters that are asked for, or of all where there is none of those;
    nothing of one without numbers, whose shape says so."""
    values = {
        words(name, 60): tensor.values
        for name, tensor in reset.parameters.items()
        if tensor.values is None or tensor.values.size
    }
    ours = {name: value for name, value in values.items() if name.split(".")[0] in exercise.holds}
    there = {name.split(".")[0] for name in ours}
    if isinstance(exercise, Recurrence) and there >= exercise.parameters.keys():
        ours = {name: value for name, value in ours.items() if not name.endswith(".bias")}
    return ours or values


def with_biases_together(parameters: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One bias alone has too few numbers to tell how it was drawn."""
    biases = [value.ravel() for value in parameters.values() if value.ndim == 1]
    return parameters | {"the biases together": np.concatenate(biases or [np.zeros(0)])}


def wrong_draw(values: np.ndarray, draws: Normal) -> str | None:
    """How `values` differ from what that distribution gives, beyond chance; None where they do
    not."""
    n, mean, std = values.size, values.mean(), values.std()
    if not std:
        return "has standard deviation 0.00, one and the same number everywhere"
    if abs(mean - draws.mean) > DEVIATIONS * draws.std / np.sqrt(n):
        return f"has mean {mean:.2f}"
    if abs(std - draws.std) > DEVIATIONS * draws.std / np.sqrt(2 * n):
        return f"has standard deviation {std:.2f}"
    if n >= ENOUGH_FOR_SHAPE:
        squares = (values - mean) ** 2
        kurtosis = (squares * squares).mean() / squares.mean() ** 2
        if abs(kurtosis - 3) > DEVIATIONS * np.sqrt(24 / n):
            return "is not normally distributed"
    return None
