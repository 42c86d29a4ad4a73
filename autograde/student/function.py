"""Answers about a function of arrays and numbers: what it returns for drawn arguments, and the
slopes of a loss through it."""

import inspect
from collections.abc import Mapping

import numpy as np
import torch

from .forms import MOST_VALUES
from .slopes import gradients
from .telling import after, attempt, describe, in_words, name_of, pack, unpack
from .watching import default_dtype, recorded, with_built_ins

DTYPES = {"torch": (torch.float64, torch.float32), "numpy": (torch.float64,)}  # the first that runs
KINDS = {"int": torch.int64, "bool": torch.bool}


def answer(namespace: dict, question: dict) -> dict:
    """The calls of the function that is asked for."""
    function = namespace.get(question["name"])
    if not callable(function) or isinstance(function, type):
        return {"defined": "no" if function is None else "other"}
    made = lambda build, dtype: asked_about(function, question, build, {}, dtype)
    return {"defined": "yes", "builds": best_builds(made, question)}


def best_builds(made, question: dict) -> list[dict]:
    """What `made(build, dtype)` tells of every build, in the first precision in which it runs."""
    every = []
    for build in question["builds"]:
        tried = []
        for dtype in DTYPES[question["arrays"]]:
            with default_dtype(dtype):
                tried.append(with_built_ins(question, build, attempt, made, build, dtype))
            if all(call.get("out") for call in tried[-1].get("calls", [{}])):
                break
        runs = [told for told in tried if all(call.get("out") for call in told.get("calls", [{}]))]
        ran = [name for told in tried for name in told.get("built_in", ())]
        every.append((runs or tried)[0] | {"built_in": ran})
    return every


def asked_about(target, question: dict, build: dict, leaves: dict, dtype: torch.dtype) -> dict:
    """What judge.answers.Build holds of one call of `target`, a function or an instance."""
    told = {"calls": [recorded(call, target, question, build, dtype)], "dtype": name_of(dtype)}
    slopes = build["slopes"] if question.get("task") != "values" else None
    if slopes and (leaves or slopes["arguments"]):
        run = loss_through(target, question, build, dtype)
        told["gradients"] = attempt(gradients, run, slopes, leaves, dtype)
    return told


def arguments_of(question: dict, build: dict, dtype: torch.dtype) -> dict:
    """Arguments by name, made afresh: numbers as they are, arrays of the asked library."""
    given = {n: v for n, v in build["given"].items() if n not in question["parameters"]}
    for name, value in given.items():
        if isinstance(value, dict):
            value = unpack(value, KINDS.get(question["kinds"][name], dtype))
            given[name] = value.numpy() if question["arrays"] == "numpy" else value
    return given


def call(target, question: dict, build: dict, dtype: torch.dtype) -> dict:
    """What comes back, the arrays afterwards, and what comes back from the same call once more."""
    given, told = arguments_of(question, build, dtype), {}
    try:
        values, told["form"] = results(invoke(target, given), question["returns"])
        told["out"] = [packed(value) for value in values]  # now: the next call may change them
        again, _ = results(
            invoke(target, arguments_of(question, build, dtype)), question["returns"]
        )
        told["again"] = [packed(value) for value in again]
    except Exception as error:
        told = {"failure": describe(error)}
    arrays = [value for value in given.values() if hasattr(value, "shape")]
    return told | {"after": [after(torch.as_tensor(value)) for value in arrays]}


def invoke(target, given: dict):
    """By name where its parameters have the asked names, in whatever order; else by position."""
    try:
        inspect.signature(getattr(target, "forward", target)).bind(**given)
    except (TypeError, ValueError):
        return target(*given.values())
    return target(**given)


def results(out, names: list[str]) -> tuple[list, str]:
    """The results in a returned thing, and "" where they are as many as asked; else its parts, and
    words for it."""
    if isinstance(out, Mapping) and set(names) <= set(out):
        return [out[name] for name in names], ""
    several = isinstance(out, tuple | list)
    if len(names) > 1 and several and len(out) == len(names):
        return list(out), ""
    if len(names) == 1 and not (isinstance(out, tuple) and len(out) > 1):
        return [out], ""  # a list may be one array, row by row
    return list(out[:MOST_VALUES] if several else [out]), in_words(out)


def as_tensor(value):
    """Numbers in whatever they stand, as a tensor; anything else as it is."""
    if isinstance(value, tuple | list) and any(isinstance(v, torch.Tensor) for v in value):
        return torch.stack([torch.as_tensor(part) for part in value])
    if isinstance(value, torch.Tensor):
        return value
    array = np.array(value)
    if array.dtype.kind not in "biufc":
        return value
    return torch.from_numpy(array.astype(float) if array.dtype.char == "g" else array)


def packed(value) -> dict:
    """As `pack`, with the type of what it stood in."""
    return pack(as_tensor(value)) | {"type": type(value).__name__}


def loss_through(target, question: dict, build: dict, dtype: torch.dtype):
    """A loss of all that comes back: its numbers, weighted. It has a gradient whatever that has."""

    def run(weights, *floats):
        given = arguments_of(question, build, dtype)
        given |= dict(zip(build["slopes"]["arguments"], floats))
        values, _ = results(invoke(target, given), question["returns"])
        total = torch.zeros((), requires_grad=True) * 1.0
        for value in map(as_tensor, values):
            if isinstance(value, torch.Tensor) and value.is_floating_point():
                flat = value.reshape(-1)
                total = total + (flat * weights[torch.arange(len(flat)) % len(weights)]).sum()
        return total

    return run
