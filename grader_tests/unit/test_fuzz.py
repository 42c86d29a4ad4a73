"""What comes from a student is data: any answer is judged, and any file is rebuilt, without an
error and without a mark too many."""

import json
import math

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograde.course.account import Taken
from autograde.course.rebuild import rebuild
from autograde.exercise import Cell
from autograde.judge import draw, judge, read_answers
from autograde.pages.graded import grade_id
from grader_tests.samples.hostile import HOLLOW
from grader_tests.samples.students import EXERCISES, RELEASE, filled, solutions
from grader_tests.support.function_level import asked

SOLUTIONS = solutions()
CLASSES = [name for name, exercise in EXERCISES.items() if exercise.kind != "value"]
NUMBERS = st.one_of(
    st.integers(),
    st.integers(min_value=2**63),
    st.floats(),
    st.sampled_from([math.nan, math.inf, -math.inf, 1e308, -0.0, 10**400]),
)
TEXT = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["\ud800", "\x00", "AAAA", "float64", "parameter", "nan", "é" * 50]),
)
LEAVES = st.one_of(st.none(), st.booleans(), NUMBERS, TEXT)
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "shape": st.lists(NUMBERS, max_size=4),
        "dtype": TEXT,
        "data": TEXT,
        "writes": LEAVES,
        "type": TEXT,
    },
)
ANYTHING = st.recursive(
    st.one_of(LEAVES, TENSORS),
    lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(TEXT, inner, max_size=5)),
    max_leaves=15,
)
KEYS = st.sampled_from(
    [
        "defined",
        "bases",
        "builds",
        "found",
        "calls",
        "out",
        "again",
        "after",
        "trace",
        "gradients",
        "slopes",
        "resets",
        "layers",
        "failed",
        "built_in",
    ]
)
FUZZ = settings(
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=150
)


@pytest.mark.parametrize("name", CLASSES)
@FUZZ
@given(st.one_of(ANYTHING, st.dictionaries(KEYS, ANYTHING, max_size=8)))
def test_any_answer_is_judged_and_earns_nothing(name, found):
    verdict = judge(EXERCISES[name], draw(EXERCISES[name], 1), read_answers(found))
    assert all(result.sentence for result in verdict.results if not result.met)
    assert verdict.score <= sum(
        result.points for result in verdict.results if result.key in ("runs", "own")
    )


def places(value, at=()):
    """Every path into a nested answer, inner ones after outer ones."""
    yield at
    for key, part in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        yield from places(part, (*at, key))


def put(value, path, other):
    """A copy of `value` with `other` at `path`."""
    if not path:
        return other
    changed = dict(value) if isinstance(value, dict) else list(value)
    changed[path[0]] = put(changed[path[0]], path[1:], other)
    return changed


@pytest.mark.parametrize("name", ["LSTMCell", "LSTM", "CoupledLSTMCell"])
@settings(FUZZ, max_examples=40)
@given(data=st.data())
def test_a_piece_of_a_wrong_answer_replaced_by_anything_never_raises_the_mark(name, data):
    questions, found, cell = asked(name, wrong(name))
    before = judge(EXERCISES[name], questions, read_answers(found), cell)
    other = put(found, data.draw(st.sampled_from(list(places(found))[1:])), data.draw(ANYTHING))
    after = judge(EXERCISES[name], questions, read_answers(other), cell)
    gained = {each.key for each in after.results if each.met} - {
        each.key for each in before.results if each.met
    }
    assert not gained, "an answer that nothing computes has raised a mark"


def wrong(name: str) -> str:
    """A class whose numbers are wrong throughout."""
    return (
        HOLLOW
        if name == "LSTMCell"
        else SOLUTIONS[name]
        .replace("sigmoid", "relu")
        .replace("self.layers[k - 1]", "self.layers[k]")
    )


# ---------------------------------------------------------------- files
NOTEBOOK = "01_basic_lstm"
WHOLE = json.loads(nbformat.writes(filled(NOTEBOOK, SOLUTIONS)))
GIVEN = nbformat.read(RELEASE / f"{NOTEBOOK}.ipynb", as_version=4)


def fits(data: bytes):
    """A rebuilt notebook has every cell of the release once, its tests as they were given out, and
    what was said about it is text."""
    rebuilt = rebuild(Taken(data), GIVEN)
    nbformat.validate(rebuilt.notebook)
    kept = {key: cell for cell in rebuilt.notebook.cells if (key := grade_id(cell))}
    given_ = {key: cell for cell in GIVEN.cells if (key := grade_id(cell))}
    assert kept.keys() == given_.keys()
    assert len(rebuilt.notebook.cells) - sum(
        cell.id.startswith("own-") for cell in rebuilt.notebook.cells
    ) == len(GIVEN.cells)
    for key, theirs in given_.items():
        assert kept[key].metadata.nbgrader == theirs.metadata.nbgrader
        assert kept[key].source == theirs.source or theirs.metadata.nbgrader.solution
    assert all(isinstance(said, str) for said in [*rebuilt.notes, *rebuilt.asks])


@FUZZ
@given(
    st.one_of(
        st.binary(max_size=200),
        TEXT.map(lambda text: text.encode("utf-8", "surrogatepass")),
        ANYTHING.map(lambda value: json.dumps(value).encode()),
    )
)
def test_any_bytes_are_rebuilt(data):
    fits(data)


@FUZZ
@given(data=st.data())
def test_a_notebook_with_any_piece_replaced_is_rebuilt(data):
    fits(
        json.dumps(
            put(WHOLE, data.draw(st.sampled_from(list(places(WHOLE))[1:])), data.draw(ANYTHING))
        ).encode()
    )


def test_a_very_deep_answer():
    deep = "x"
    for _ in range(900):
        deep = [deep]
    for name in CLASSES:
        found = read_answers({"builds": deep, "defined": deep})
        assert judge(EXERCISES[name], draw(EXERCISES[name], 1), found, Cell()).score <= 2
    fits(b"[" * 100_000)
