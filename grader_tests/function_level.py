"""Grades a class's source without a notebook: runs it, asks, judges, in this process. For the proof and its tests."""
import contextlib
import io
import warnings

import torch

from autograde.exercise import load
from autograde.judge import judge
from autograde.questions import draw
from autograde.respond import respond
from autograde.sheet import Cell, Verdict
from grader_tests.right_answers import HEAD, plain_cell, stack_source

EXERCISES = load("autograde.lstm")
BASES = {"LSTMCell": "", "LSTM": plain_cell(), "CoupledLSTMCell": plain_cell("Linear", "call"), "CoupledLSTM": plain_cell() + "\n\n" + stack_source(), "PeepholeLSTMCell": plain_cell("Linear", "call"), "PeepholeLSTM": plain_cell() + "\n\n" + stack_source()}


def grade(name: str, source: str, seed: int = 1) -> Verdict:
    """The verdict on `source` for the class `name`, with working bases of the earlier notebooks in place."""
    torch.set_num_threads(1)
    return judge(EXERCISES[name], *answer(name, source, seed))


def answer(name: str, source: str, seed: int = 1) -> tuple[dict, dict, Cell]:
    namespace, error = {"__name__": "__main__"}, None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(HEAD + BASES[name], namespace)
        try:
            exec(compile(source, "<cell>", "exec"), namespace)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        questions = draw(EXERCISES[name], seed)
        return questions, respond(questions, namespace), Cell(source, error)
