"""Answers about one step of a recurrence."""

import contextlib
from collections.abc import Iterable

import torch

from .parameters import found, load, own_name, survey
from .protocol import BEFORE_RESET, TENSOR_NUMBERS
from .slopes import gradients
from .telling import after, attempt, describe, in_words, name_of, pack, unpack
from .watching import Trace, built_ins, construct, default_dtype

DTYPES = (torch.float64, torch.float32)  # the first one in which the class runs is taken
MOST_PARAMETERS = 60


def answer(namespace: dict, question: dict) -> dict:
    """Builds of the class that is asked for, and what its reset_parameters() does."""
    ways = [(dtype, repair) for dtype in DTYPES for repair in (False, True)]
    builds = [
        best(((build_answer, namespace, question, build, *way) for way in ways), unbuilt)
        for build in question["builds"]
    ]
    reset = attempt(reset_answer, namespace[question["name"]], question["reset_sizes"])
    return {"builds": builds, "resets": [reset]}


def build_answer(namespace, question, build, dtype, repair) -> dict:
    """What judge.answers.Build holds, of one instance in this precision."""
    told, weights = {}, build["weights"]
    with default_dtype(dtype):
        try:
            module = construct(namespace[question["name"]], *build["sizes"]).to(dtype)
            told = survey(module, question["parameters"], question["absent"])
            told["made"] = load(module, weights, question["diagonal"], dtype, repair)
            for name, value in build["extra"].items():
                if found(module, name).holds_weights:
                    told["made"] += load(module, {name: value}, question["diagonal"], dtype)
        except Exception as error:
            return told | {"failure": describe(error)}
        told["calls"] = [call(module, question, asked, dtype) for asked in build["calls"]]
        told["dtype"] = name_of(dtype)
        if question["watched"] and build is question["builds"][0]:
            first = arguments_of(build["calls"][0], dtype)
            told["built_in"] = built_ins(question["watched"], module, *first)
        leaves = {name: (module, own_name(module, name)) for name in weights}
        run = over_steps(module, question["outputs"])
        told["gradients"] = attempt(gradients, run, build["sequence"], leaves, dtype)
        return told


def arguments_of(asked: dict, dtype: torch.dtype) -> list[torch.Tensor]:
    return [unpack(packed, dtype) for packed in asked["arguments"].values()]


def call(module, question: dict, asked: dict, dtype: torch.dtype) -> dict:
    """One step: outputs, arguments afterwards, and the same call once more."""
    arguments = arguments_of(asked, dtype)
    try:
        trace = Trace(asked["units"])
        with trace if asked["traced"] else contextlib.nullcontext():
            outputs = tensors(module(*arguments), question["outputs"])
        outputs = [v.clone() if isinstance(v, torch.Tensor) else v for v in outputs]
        again = tensors(module(*arguments_of(asked, dtype)), question["outputs"])
    except Exception as error:
        return {"failure": describe(error), "after": [after(value) for value in arguments]}
    return {
        "out": [pack(value) for value in outputs],
        "again": [pack(value) for value in again],
        "after": [after(value) for value in arguments],
        "trace": trace.values,
    }


def tensors(out, count: int) -> list:
    """The tensors that forward returned. Raises TypeError where there are more or fewer than
    `count`, ValueError where one is huge."""
    returned = [out] if isinstance(out, torch.Tensor) else out
    if isinstance(returned, tuple | list) and len(returned) == count:
        sizes = [value.numel() for value in returned if isinstance(value, torch.Tensor)]
        if max(sizes, default=0) > TENSOR_NUMBERS:
            raise ValueError(f"forward returned a tensor of {max(sizes):,} numbers")
        return list(returned)
    raise TypeError(f"forward returned {in_words(out)}; it should return {count}")


def over_steps(module, count: int):
    """A loss over a sequence: the shown state at every step, and all states at the end."""

    def run(loss, x, *states):
        total, states = 0.0, list(states)
        for t in range(x.shape[0]):
            states = tensors(module(x[t] * 1.0, *states), count)
            total = total + (loss[t] * states[-1]).sum()
        return total + sum((loss[-1 - k] * state).sum() for k, state in enumerate(states))

    return run


# ---------------------------------------------------------------- the best of several tries
def unbuilt(told: dict) -> bool:
    """Whether the constructor itself raised."""
    return "failure" in told and "found" not in told


def faults(told: dict) -> int:
    """How many calls of an answer raised or came back in another precision than asked."""
    if "calls" not in told:
        return 99
    return sum("failure" in call or other_precision(call, told) for call in told["calls"])


def other_precision(call: dict, told: dict) -> bool:
    return any(value.get("dtype") != told["dtype"] for value in call["out"])


def best(tries: Iterable[tuple], hopeless=lambda told: False) -> dict:
    """The first answer without a fault, or else the one with the fewest; after a hopeless one
    nothing else is tried."""
    answers = []
    for work, *arguments in tries:
        answers.append(attempt(work, *arguments))
        if not faults(answers[-1]) or hopeless(answers[-1]):
            break
    return min(answers, key=faults)


# ---------------------------------------------------------------- reset_parameters
def reset_answer(cls: type, sizes: list[int]) -> dict:
    """Every parameter set to one value, then what reset_parameters() made of it."""
    with default_dtype(torch.float32):
        module = construct(cls, *sizes)
        held = every_parameter(module)
        with torch.no_grad():
            for parameter in held.values():
                parameter.fill_(BEFORE_RESET)
        module.reset_parameters()
        held |= dict(module.named_parameters())
        return {"parameters": {name: pack(held[name]) for name in list(held)[:MOST_PARAMETERS]}}


def every_parameter(module) -> dict[str, torch.nn.Parameter]:
    """All parameters by name, those of cells in a plain list among them."""
    held = dict(module.named_parameters())
    for k, layer in enumerate(getattr(module, "layers", None) or []):
        held |= {f"layers.{k}.{name}": value for name, value in layer.named_parameters()}
    return held


# ---------------------------------------------------------------- whole runs, for a picture
@torch.no_grad()
def show(namespace: dict, question: dict, mode: str = "own") -> dict:
    """All states at every step of each run: (steps, states, units)."""
    dtype = DTYPES[0]
    with default_dtype(dtype):
        module = construct(namespace[question["name"]], *question["sizes"]).to(dtype)
        (weights,) = question["weights"][mode]
        load(module, without_gone(module, weights, question), question["diagonal"], dtype)
        runs = [
            states_of(module, question["outputs"], *[unpack(v, dtype) for v in run.values()])
            for run in question["runs"]
        ]
    return {"mode": mode, "runs": [pack(run) for run in runs]}


def without_gone(module, weights: dict, question: dict) -> dict:
    """Weights but for those of parameters that should be gone, and are."""
    gone = [name for name in question["absent"] if not found(module, name).holds_weights]
    return {name: value for name, value in weights.items() if name not in gone}


def states_of(module, count: int, x, *states) -> torch.Tensor:
    every = []
    for x_t in x:
        states = tensors(module(x_t * 1.0, *states), count)
        every.append(torch.stack([state * 1.0 for state in states]))
    return torch.stack(every)
