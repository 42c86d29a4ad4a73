"""The second look at a class: what it runs of a cell, what makes it look, and that no right answer
comes out otherwise."""

import pytest

from autograde.course.chance import chance
from autograde.course.second import compared, definitions, suspicious
from autograde.exercise import Cell
from autograde.judge import examine
from autograde.student.respond import respond
from grader_tests.samples.hostile import BY_PYTORCH, HOLLOW, PATCHES
from grader_tests.samples.right_answers import right_answers
from grader_tests.samples.students import EXERCISES, solutions
from grader_tests.support.function_level import grade, namespace_of, quiet

EVERY = 23  # of the right answers one in so many is looked at here, and all of them for the proof
RIGHT = solutions()["LSTMCell"]


class InThisProcess:
    """Stands for a fresh student's process that has run a cell."""

    def __init__(self, name: str, source: str):
        with quiet():
            self.namespace = namespace_of(name, source)

    def ask(self, questions: dict) -> dict:
        with quiet():
            return respond(questions, self.namespace)


def looked_at_again(name: str, first: str, then: str) -> str | None:
    """What a person is told where the class was `first` at first, and `then` in a fresh process."""
    exercise = EXERCISES[name]
    before = examine(exercise, InThisProcess(name, first).ask, Cell(first))
    second = InThisProcess(name, definitions(then))
    return compared(before, exercise, second, ["gc"], chance(b"", []))


@pytest.mark.parametrize(
    "name, source", [(name, source) for name, _, source in list(right_answers())[::EVERY]]
)
def test_definitions_alone_of_a_right_answer_are_right(name, source):
    verdict = grade(name, definitions(source))
    assert verdict.score == verdict.points and not suspicious(source)


def test_a_right_answer_is_right_the_second_time():
    assert looked_at_again("LSTMCell", RIGHT, RIGHT) is None


def test_a_class_that_was_helped_by_what_stood_beside_it_is_shown_with_both_results():
    said = looked_at_again("LSTMCell", RIGHT, HOLLOW)
    assert "1.5 points instead of 9" in said and "Forget gate" in said and "mentions gc" in said
    assert looked_at_again("LSTMCell", RIGHT, BY_PYTORCH)


@pytest.mark.parametrize("then", ["", RIGHT.replace("torch.sigmoid", "helper_made_by_a_call"), "("])
def test_what_needs_more_than_definitions_says_nothing(then):
    assert looked_at_again("LSTMCell", RIGHT, then) is None


def test_only_definitions_are_left_of_a_cell():
    cell = (
        "import gc\n%time 1\nx = 3\ntorch.equal = print\nprint(x)\nclass A:\n    pass\n"
        "for k in range(3):\n    pass\n@print\ndef f():\n    return x\nA.y = 1\n"
    )
    assert definitions(cell) == (
        "import gc\nx = 3\n\nclass A:\n    pass\n\n@print\ndef f():\n    return x"
    )
    assert definitions("x = " + "-" * 100_000 + "1") == definitions("class") == ""


@pytest.mark.parametrize("name", PATCHES)
def test_what_replaces_what_answers_is_looked_at(name):
    assert suspicious(PATCHES[name])
