"""What comes from a student is data: any answer is judged, and any file is rebuilt, without an
error and without a mark too many."""

import functools
import json
import math
import os
import random
from copy import deepcopy

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograde.course.account import Taken, account
from autograde.course.files import Found, shown
from autograde.course.rebuild import rebuild
from autograde.course.submission import handed_in_at
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
    deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, max_examples=75
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
    questions, found, cell = asked_of_a_wrong_one(name)
    before = judge(EXERCISES[name], questions, read_answers(found), cell)
    other = put(found, data.draw(st.sampled_from(list(places(found))[1:])), data.draw(ANYTHING))
    after = judge(EXERCISES[name], questions, read_answers(other), cell)
    gained = {each.key for each in after.results if each.met} - {
        each.key for each in before.results if each.met
    }
    assert not gained, "an answer that nothing computes has raised a mark"


@functools.cache
def asked_of_a_wrong_one(name: str) -> tuple:
    return asked(name, wrong(name))


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


# ---------------------------------------------------------------- ten thousand of each
MANY = 10_000
WORDS = (
    "defined bases builds found calls out again after trace gradients slopes difference finer "
    "steps resets layers failed built_in kept shape dtype data writes kind trains type cells "
    "cell_type code markdown source metadata nbgrader grade_id schema_version points solution "
    "outputs id worksheets input attachments nbformat nbformat_minor kernelspec language_info "
    "tags yes LSTMCell test_LSTMCell float64 parameter AAAAAAAAAAA="
).split()
ODD = (
    *(None, True, False, 0, -1, 4, 10**400, 1.5, math.nan, math.inf, 1e308, -0.0, "", "\ud800"),
    *(
        "\x00",
        "\x1b[2J",
        "\u202e",
        "x" * 3000,
        "class LSTMCell:\n    pass",
        "%time",
        "{}",
        "[" * 99,
    ),
)


def anything(rng: random.Random, depth: int = 0):
    """A random piece of JSON made of words that matter."""
    kind = rng.random()
    if depth > 4 or kind < 0.35:
        return rng.choice(ODD) if rng.random() < 0.5 else rng.choice(WORDS)
    if kind < 0.6:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(5))]
    return {rng.choice(WORDS): anything(rng, depth + 1) for _ in range(rng.randrange(6))}


def bent(rng: random.Random, data: bytes) -> bytes:
    """The bytes with a few pieces cut out, doubled, or written over."""
    for _ in range(rng.randrange(1, 5)):
        start = rng.randrange(len(data) + 1)
        stop = min(len(data), start + rng.randrange(40))
        other = rng.choice((b"", data[start:stop] * 2, rng.randbytes(3), b"\xff\x00", b'"', b"{["))
        data = data[:start] + other + data[stop:]
    return data


SMALL = deepcopy(GIVEN)
SMALL.cells = [cell for cell in SMALL.cells if grade_id(cell)][:3]
TESTS = {exercise.test_id for exercise in EXERCISES.values()}
SMALL_WHOLE = nbformat.writes(SMALL).encode()


def test_ten_thousand_files_are_rebuilt():
    rng = random.Random(1)
    for number in range(MANY):
        odd = json.dumps(anything(rng)).encode() if number % 3 == 0 else bent(rng, SMALL_WHOLE)
        rebuilt = rebuild(Taken(odd), SMALL)
        tests = [cell.source for cell in rebuilt.notebook.cells if grade_id(cell) in TESTS]
        assert tests == [cell.source for cell in SMALL.cells if grade_id(cell) in TESTS]
        if number % 50 == 0:
            nbformat.validate(rebuilt.notebook)
            nbformat.writes(rebuilt.notebook).encode("utf-8")


def test_ten_thousand_answers_are_judged():
    rng = random.Random(2)
    questions = {name: draw(EXERCISES[name], 1) for name in EXERCISES}
    for number in range(MANY):
        name = rng.choice(list(EXERCISES))
        found = {rng.choice(WORDS): anything(rng) for _ in range(6)} | {"defined": "yes"}
        verdict = judge(EXERCISES[name], questions[name], read_answers(found), Cell())
        assert verdict.score <= 0.5, (number, name, found)
        json.dumps(verdict.to_dict()).encode("utf-8")


def test_ten_thousand_names_are_shown_and_taken():
    rng = random.Random(3)
    for _ in range(MANY):
        name = os.fsdecode(
            rng.randbytes(rng.randrange(1, 40)).replace(b"\0", b"").replace(b"/", b"")
        )
        said = shown(name)
        assert said.isprintable() and said.encode("utf-8") is not None
        handed = account("ada", [Found(said, SMALL_WHOLE), Found(f"{said}.py", b"x = 1")], {}, {})
        assert not handed.notebooks


def test_ten_thousand_timestamps_are_times_or_said(tmp_path):
    rng, file = random.Random(4), tmp_path / "timestamp.txt"
    usual = b"2026-11-26 12:30:59.123456 Europe/Zurich +01:00 UTC"
    for _ in range(MANY):
        odd = rng.randbytes(rng.randrange(30)) if rng.random() < 0.2 else bent(rng, usual)
        file.write_bytes(odd)
        when, why = handed_in_at(tmp_path)
        assert (when is None or when.tzinfo is None) and (when is not None or why), odd
