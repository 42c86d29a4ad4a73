"""What a student's process may send: whatever it is, a cell's result is valid, clean and small."""

import json
import random
import socket
import threading
import time

import nbformat
import pytest

from autograde.box.notebook import Turn
from autograde.box.result import cell_result
from autograde.box.wire import MOST_PARTS, Wire
from autograde.student import protocol

KEYS = (
    "outputs error status interrupted answers ename evalue traceback line output_type name text "
    "data text/plain text/html image/png metadata execution_count ticket"
).split()
LEAVES = (
    *(None, True, False, 0, -1, 10**400, 1.5, float("nan"), float("inf"), "", "stdout", "stream"),
    *("display_data", "execute_result", "error", "\ud800", "\x1b[2J", "\u202e", "x" * 3000),
)


def anything(rng, depth=0):
    """A random piece of JSON made of the words that matter."""
    kind = rng.random()
    if depth > 4 or kind < 0.3:
        return rng.choice(LEAVES)
    if kind < 0.6:
        return [anything(rng, depth + 1) for _ in range(rng.randrange(5))]
    return {rng.choice(KEYS): anything(rng, depth + 1) for _ in range(rng.randrange(6))}


def over_the_wire(message):
    """The message as the grader receives it."""
    ours, theirs = socket.socketpair()
    with theirs:
        data = protocol.encode(message)
        sender = threading.Thread(target=theirs.sendall, args=(data,))
        sender.start()
        wire = Wire(ours)
        try:
            return wire.receive(time.monotonic() + 60)
        finally:
            wire.close()
            sender.join()


def test_ten_thousand_replies_become_valid_results():
    rng, cells = random.Random(5), []
    for _ in range(10_000):
        reply = {"outputs": [anything(rng) for _ in range(3)], "error": anything(rng)}
        result = cell_result(over_the_wire(reply), 1.0)
        assert result.sentence is None or result.sentence.encode("utf-8") is not None
        cells.append(
            nbformat.v4.new_code_cell("x", id=f"cell-{len(cells)}", outputs=result.outputs)
        )
    notebook = nbformat.from_dict(nbformat.v4.new_notebook(cells=cells))
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode("utf-8")


def test_a_result_is_no_larger_than_a_cell_may_show():
    stream = {"output_type": "stream", "name": "stdout", "text": "x" * 90_000}
    picture = {"output_type": "display_data", "data": {"image/png": "A" * 900_000}}
    reply = {"outputs": [stream, picture] * 10}
    size = len(json.dumps(cell_result(over_the_wire(reply), 1.0).outputs))
    assert size < protocol.CELL_TEXT + protocol.CELL_PICTURES + 10_000


@pytest.mark.parametrize("part", ["[", "0", "{}"])
def test_a_message_of_too_many_parts_is_none(part):
    value = [] if part == "[" else json.loads(part)
    with pytest.raises(ValueError):
        over_the_wire({"outputs": [value] * (MOST_PARTS + 1)})


def test_a_message_can_be_waited_for_again_wherever_it_stopped():
    ours, theirs = socket.socketpair()
    data = protocol.encode({"text": "a" * 100})
    with theirs:
        wire = Wire(ours)
        for part in (data[:2], data[2:4], data[4:50]):
            theirs.sendall(part)
            with pytest.raises(TimeoutError):
                wire.receive(time.monotonic() + 0.01)
        theirs.sendall(data[50:] + data)
        for _ in range(2):
            assert wire.receive(time.monotonic() + 60) == {"text": "a" * 100}
    wire.close()


class Looks:
    waited = 0.0


def test_a_turn_is_as_long_as_its_waits_and_no_longer_than_a_few_times_its_own():
    watch = Looks()
    turn = Turn(watch, 10, 3)
    first = turn.deadline
    watch.waited = 12.0
    assert turn.deadline - first == pytest.approx(12)
    turn.began -= 20
    assert 8 <= turn.spent < 10  # of 20 seconds and a little, 12 did not count
    turn.began += 20
    watch.waited = 1000.0
    assert turn.deadline - first == pytest.approx(30)
