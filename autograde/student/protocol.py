"""What both sides of the boundary share: how messages and arrays travel, and common numbers.

A message is a JSON object after its length in 4 bytes. Nothing here knows what a message says.
Needs the standard library and NumPy alone, so that the grader can import it and the student's
side can load it.
"""

import base64
import json
import math
import struct

import numpy as np

# ---------------------------------------------------------------- numbers and words of both sides
FILE_BYTES = 64 << 20  # of one file of a notebook
OPEN_FILES = 256  # of one process of a notebook
MESSAGE_BYTES = 32 << 20  # of one message; a longer one is none
TENSOR_NUMBERS = 200_000  # in one tensor of an answer; of a larger one only the shape is told
TENSOR_DIMENSIONS = 4  # of one tensor in an answer
DIMENSION_LENGTH = 10_000  # of a tensor in an answer, along one dimension
TABLE_ROWS = 1_000  # of a table in an answer
TABLE_COLUMNS = 50  # of it
KIND_OF = {"i": "int", "u": "int", "f": "float", "b": "bool", "M": "date"}  # of NumPy's kinds
CELL_TEXT = 100_000  # characters of printed output kept for one cell
CELL_OUTPUTS = 1_000  # outputs kept of one cell
CELL_PICTURES = 2_000_000  # characters kept of all that one cell displays (a PNG travels as base64)
ERROR_NAME = 200  # characters kept of the name of an exception's class
ERROR_TEXT = 2_000  # characters kept of an exception's message, and of each line of its traceback
TRACEBACK_TEXT = 20_000  # characters kept of a whole traceback
TRACEBACK_LINES = 200  # lines kept of a traceback
SHOWN = ("text/plain", "text/latex", "image/png", "image/jpeg")  # nothing that a browser would run
BEFORE_RESET = 7.0  # what every parameter holds before reset_parameters: a value it will not draw
HOLES = 0.25, 0.75  # between them lies what is drawn in place of what a line should have made
# How a stack goes on where it raises: past a line; by a loop, or a name or a call, as it is meant.
BY_LINE, BY_LOOP, BY_CALL = "line", "loop", "call"
COUNT_OF_A_CELL = "a cell takes"  # how the grader's cells begin where they get too few, or too many
MODES = ("stand-in", "own")  # whose cells a stack is asked with: the grader's, or the student's
UNWATCHED = "unwatched"  # in place of a built-in's name, where what ran could not be seen
SCRIPTED = "scripted"  # beside those names, where TorchScript ran: its numbers are not seen
DRAWN_AGAIN = 100  # numbers of each parameter, from a second call of it: enough to differ


# ---------------------------------------------------------------- messages
LENGTH = struct.Struct("!I")  # in front of every message: its length in bytes


def encode(message: dict) -> bytes:
    """A message as it travels. Raises TypeError or ValueError where it cannot."""
    data = json.dumps(message).encode()
    if len(data) > MESSAGE_BYTES:
        raise ValueError("message too large")
    return LENGTH.pack(len(data)) + data


def length(head: bytes) -> int:
    """The bytes that the first `LENGTH.size` bytes announce. Raises ValueError where too many."""
    (size,) = LENGTH.unpack(head)
    if size > MESSAGE_BYTES:
        raise ValueError("message too large")
    return size


def decode(data: bytes) -> dict:
    """The message in `data`. Raises ValueError where there is none."""
    try:
        message = json.loads(data)
    except RecursionError:
        raise ValueError("message too deep") from None
    if not isinstance(message, dict):
        raise ValueError("not a message")
    return message


# ---------------------------------------------------------------- arrays
SENT_AS = {"float32": np.dtype("<f4")}  # dtypes that travel as they are; all others as OTHERS
OTHERS = np.dtype("<f8")


def pack(array) -> dict:
    """Numbers as plain data: `shape`, `dtype`, and `data`: little-endian float64 in base64."""
    array = np.asarray(array, dtype="<f8")
    return {
        "shape": list(array.shape),
        "dtype": "float64",
        "data": base64.b64encode(array.tobytes()).decode(),
    }


def unpack(packed) -> np.ndarray | None:
    """The float array in what `pack` or telling.pack made, or None for anything else, however it
    lies about its size. Never raises."""
    try:
        shape, data, sent = packed["shape"], packed["data"], sent_as(packed["dtype"])
        if not is_shape(shape) or not isinstance(data, str):
            return None
        count = math.prod(shape)
        if count > TENSOR_NUMBERS or len(data) != base64_length(sent.itemsize * count):
            return None
        numbers = np.frombuffer(base64.b64decode(data, validate=True), dtype=sent)
        return numbers.reshape(shape).astype(float)
    except (KeyError, TypeError, ValueError):
        return None


def sent_as(dtype: str) -> np.dtype:
    """How numbers of this dtype travel. Raises TypeError for what cannot be looked up."""
    return SENT_AS.get(dtype, OTHERS)


def is_shape(value) -> bool:
    """Whether `value` is the shape of a tensor that an answer may hold."""
    return (
        isinstance(value, list)
        and len(value) <= TENSOR_DIMENSIONS
        and all(type(n) is int and 0 <= n <= DIMENSION_LENGTH for n in value)
    )


def base64_length(count: int) -> int:
    """Characters that base64 takes for `count` bytes."""
    return 4 * -(-count // 3)


# ---------------------------------------------------------------- tables
def pack_table(frame) -> dict:
    """A DataFrame as plain data: its columns, with an index that has a name or is no numbering in
    front of them, as JSON; anything else as its type. It is not changed."""
    told = {"type": type(frame).__name__}
    if told["type"] == "Series":
        frame = frame.to_frame(frame.name if frame.name is not None else "values")
    if not hasattr(frame, "iloc"):
        return told
    numbered = frame.index.dtype.kind == "i" and frame.index.name is None
    index = [] if numbered else list(frame.index.names)
    frame, named = frame.iloc[:TABLE_ROWS], [str(name or "index") for name in index]
    levels = [frame.index.get_level_values(k) for k in range(len(named))]
    columns = [frame.iloc[:, k] for k in range(min(len(frame.columns), TABLE_COLUMNS))]
    return told | {
        "index": named,
        "names": [*named, *(str(column.name) for column in columns)],
        "kinds": [KIND_OF.get(part.dtype.kind, "text") for part in (*levels, *columns)],
        "written": json.dumps([list(map(entry, part.tolist())) for part in (*levels, *columns)]),
    }


def entry(value):
    """What stands in a table, as JSON has it; what is missing as None."""
    if value is None or type(value).__name__ == "NAType" or value != value:
        return None
    plain = isinstance(value, bool | int | float | str)
    return value if plain and value not in (math.inf, -math.inf) else str(value)
