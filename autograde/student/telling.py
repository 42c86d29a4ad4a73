"""What is handed back, as plain data: tensors, what stands where one should, exceptions in one
line."""

import base64
import linecache
import os
import re
import traceback
from functools import cache

import numpy as np
import torch

from .protocol import TENSOR_NUMBERS, sent_as

MESSAGE, LINE = 300, 200  # characters of an exception's message, and of a line of code
CELL = re.compile(r"<cell (\d+)>")  # the file of a cell of the notebook
KERNEL = f"{os.sep}ipykernel_"  # in what a notebook's kernel calls the file of a cell
HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = os.path.dirname(os.path.abspath(os.__file__))  # Python's own


def pack(value) -> dict:
    """A tensor as `protocol.pack` writes arrays; anything else as the name of its type. Of a tensor
    with complex numbers, or with too many, only its shape and dtype."""
    if not isinstance(value, torch.Tensor):
        return {"type": type(value).__name__}
    told = {"shape": list(value.shape), "dtype": name_of(value.dtype)}
    if not value.is_complex() and value.numel() <= TENSOR_NUMBERS:
        try:
            numbers = value.numpy(force=True)
        except TypeError:  # a type that NumPy does not have
            numbers = value.detach().double().numpy(force=True)
        numbers = numbers.astype(sent_as(told["dtype"]), copy=False)
        told["data"] = base64.b64encode(numbers.tobytes()).decode()
    return told


def unpack(packed: dict, dtype: torch.dtype) -> torch.Tensor:
    """A tensor, from what `protocol.pack` or `pack` made."""
    numbers = np.frombuffer(base64.b64decode(packed["data"]), sent_as(packed["dtype"]))
    return torch.tensor(numbers.reshape(packed["shape"]), dtype=dtype)


def after(tensor: torch.Tensor) -> dict:
    """An argument after the call, and whether anything was written into it."""
    return {**pack(tensor), "writes": tensor._version > 0}


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def describe(error: BaseException) -> dict:
    """One line for an exception, and the last line of the student's own code that it passed
    through."""
    text = str(error).strip().split("\n")[0][:MESSAGE].removesuffix(".")
    told = {"error": f"{type(error).__name__}: {text}" if text else type(error).__name__}
    frames = traceback.extract_tb(error.__traceback__) if error.__traceback__ else []
    own = [frame for frame in frames if is_own(frame.filename)]
    if own and (place := place_of(own[-1].filename, own[-1].lineno)):
        told["place"] = place
        told["error"] += left_over(error, place["text"])
    return told


def left_over(error: BaseException, line: str) -> str:
    """Of a line that raises a TypeError, what it names that a comma has made a tuple."""
    if not isinstance(error, TypeError):
        return ""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    held = next(f for f in reversed(frames) if is_own(f.f_code.co_filename)).f_locals
    for name in re.findall(r"\w+", line):
        if type(held.get(name)) is tuple and [*map(type, held[name])] == [torch.Tensor]:
            return f" ({name} is a tuple of one tensor, as a comma behind a value makes it)"
    return ""


def place_of(filename: str, line: int | None) -> dict | None:
    """A line of the student's as a person finds it, as verdict.Place has it; None where it has no
    text, or no number, as where code was not made from text."""
    cell = CELL.fullmatch(filename)
    text = linecache.getline(filename, line).strip()[:LINE] if line else ""
    return {"cell": int(cell[1]) if cell else 0, "line": line, "text": text} if text else None


def own_line(frame) -> tuple[str, int | None] | None:
    """The file and the line of the student's that runs in a frame, or has called it; None where
    that is only ours."""
    while frame is not None:
        file = frame.f_code.co_filename
        if is_ours(file):
            return None
        if is_own(file):
            return file, frame.f_lineno
        frame = frame.f_back
    return None


@cache
def working_folder() -> str:
    """Where the notebook works; asked for before its first cell, which may leave the folder, or
    remove it."""
    return os.getcwd()


@cache
def is_ours(filename: str) -> bool:
    """Whether a file is one of this room."""
    return filename.startswith(HERE)


@cache
def is_own(filename: str) -> bool:
    """Whether a file is the student's: no library, nothing of this room, nothing that lies in the
    working folder, where the kit is."""
    if filename.startswith("<"):
        return not filename.startswith("<frozen ")
    not_theirs = tuple(folder + os.sep for folder in (HERE, LIBRARY, working_folder()))
    path = os.path.abspath(filename)
    if KERNEL in path:
        return True
    return "site-packages" not in path and not path.startswith(not_theirs)


def attempt(work, *arguments) -> dict:
    """What `work` hands back, or the failure that it ends in."""
    try:
        return work(*arguments)
    except Exception as error:
        return {"failure": describe(error)}


def in_words(out) -> str:
    """What forward returned, in a few words: "3 values (Tensor, Tensor, Tensor)"."""
    if isinstance(out, tuple | list):
        names = [type(item).__name__ for item in out[:4]] + ["…"] * (len(out) > 4)
        several = "a list of " if isinstance(out, list) else ""
        return f"{several}{len(out)} values ({', '.join(names)})"
    return "None" if out is None else f"one {type(out).__name__}"
