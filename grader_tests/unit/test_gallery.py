"""Exercises of every kind, judged as a pure function: right answers however they are written, and
typical wrong ones, which lose what they should and are named."""

import contextlib
import io
import linecache
import warnings

import pytest
import torch

from autograde.exercise import Cell, Verdict
from autograde.judge import examine
from autograde.student.respond import respond
from grader_tests.samples.gallery import EXERCISES
from grader_tests.samples.gallery_answers import RIGHT, SETUP, WORKED, WRONG, changed

GALLERY = {exercise.name: exercise for exercise in EXERCISES}


def grade(exercise, source: str, seed: int = 1) -> Verdict:
    """The verdict on the text of a cell."""
    torch.set_num_threads(1)
    namespace, error = {"__name__": "__main__"}, None
    exec(SETUP, namespace)
    linecache.cache["<cell>"] = len(source), None, source.splitlines(True), "<cell>"
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exec(compile(source, "<cell>", "exec"), namespace)
        except Exception as problem:
            error = f"{type(problem).__name__}: {problem}"
        ask = lambda questions: respond(questions, namespace)
        return examine(exercise, ask, Cell(source, error), seed)


def lost(verdict: Verdict) -> dict[str, str]:
    return {result.key: result.sentence for result in verdict.results if not result.met}


@pytest.mark.parametrize("name", GALLERY)
def test_right_answers_get_everything(name):
    for source in (WORKED[name], *RIGHT[name]):
        for seed in (1, 2, 3):
            assert not lost(grade(GALLERY[name], source, seed)), source


@pytest.mark.parametrize("name, k", [(name, k) for name in WRONG for k in range(len(WRONG[name]))])
def test_a_wrong_answer_loses_what_it_should_and_is_named(name, k):
    changes, keys, said = WRONG[name][k]
    for seed in (1, 2, 3):
        found = lost(grade(GALLERY[name], changed(name, changes), seed))
        assert set(found) == keys, found
        assert any(said in sentence for sentence in found.values()), found


INIT = "    def __init__(self, d):\n        super().__init__()\n"
STUBS = ("pass", "raise NotImplementedError()", "...")


@pytest.mark.parametrize("name", [name for name in GALLERY if name != "most_numbers"])
def test_nothing_written_earns_nothing(name):
    for stub in STUBS:
        head = WORKED[name].split("\n")[0]
        if name == "LayerNorm":
            head += f"\n{INIT}\n    def forward(self, x):"
        verdict = grade(GALLERY[name], f"{head}\n        {stub}")
        assert not verdict.score, verdict
        sentences = {result.sentence for result in verdict.results}
        assert any(sentence.startswith("Not written yet") for sentence in sentences)
