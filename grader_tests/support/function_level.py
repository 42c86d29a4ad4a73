"""Grades a class's source without a notebook: runs it, asks, judges, in this process.

For the proof and its tests.
"""

import contextlib
import io
import linecache
import sys
import warnings

import torch

from autograde.exercise import Cell, Verdict
from autograde.judge import Answers, draw, judge, plain, read_answers
from autograde.student.respond import respond
from grader_tests.samples.right_answers import HEAD
from grader_tests.samples.students import EVERY, SOURCE

sys.path.insert(0, str(SOURCE))
KIT = {"LSTMCell": "", "LSTM": "from lstm_kit.cell import LSTMCell\n"}
KIT_OF_LATER = "from lstm_kit.cell import LSTMCell\nfrom lstm_kit.stack import LSTM\n"


def grade(name: str, source: str, seed: int = 1) -> Verdict:
    """The verdict on `source` for the class `name`, with the classes in place that come with its
    notebook."""
    return judge(EVERY[name], *answer(name, source, seed))


def lost(verdict: Verdict) -> set[str]:
    """The criteria that are not met."""
    return {result.key for result in verdict.results if not result.met}


def told(verdict: Verdict) -> str:
    """All sentences."""
    return " ".join(result.sentence for result in verdict.results)


def answer(name: str, source: str, seed: int = 1) -> tuple[object, Answers, Cell]:
    """The questions, the answers, and what became of the cell."""
    questions, sent, cell = asked(name, source, seed)
    return questions, read_answers(sent), cell


def asked(name: str, source: str, seed: int = 1) -> tuple[object, dict, Cell]:
    """The same, with the answers as they were sent."""
    torch.set_num_threads(1)
    with quiet():
        namespace, error = {}, None
        try:
            namespace_of(name, source, namespace)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        questions = draw(EVERY[name], seed)
        return questions, respond(plain(questions), namespace), Cell(source, error)


def namespace_of(name: str, source: str, namespace: dict | None = None) -> dict:
    """What is defined after the notebook's setup and this cell have run.

    Raises whatever the cell raises.
    """
    namespace = {} if namespace is None else namespace
    namespace["__name__"] = "__main__"
    exec(HEAD + KIT.get(name, KIT_OF_LATER), namespace)
    linecache.cache["<cell>"] = len(source), None, source.splitlines(True), "<cell>"
    exec(compile(source, "<cell>", "exec"), namespace)
    return namespace


@contextlib.contextmanager
def quiet():
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield
