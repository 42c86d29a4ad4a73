"""Answers about a stack of cells."""

import contextlib

import torch
from torch import nn

from .parameters import MOST_NAMES, found, load, tensor_of
from .recurrence import DTYPES, arguments_of, best, reset_answer, without_gone
from .slopes import gradients
from .telling import after, attempt, describe, in_words, name_of, pack, unpack
from .watching import MOST_STEPS, built_ins, construct, default_dtype

MODES = ("stand-in", "own")  # whose cells the stack is asked with: the grader's, or the student's


def answer(namespace: dict, question: dict) -> dict:
    """Builds of the stack that is asked for, and what its reset_parameters() does."""
    ways = [(mode, dtype) for mode in MODES for dtype in DTYPES]
    builds = [
        best((build_answer, namespace, question, build, *way) for way in ways)
        for build in question["builds"]
    ]
    resets = [attempt(reset_in, namespace, question, mode) for mode in MODES]
    return {"builds": builds, "resets": resets}


def reset_in(namespace, question, mode) -> dict:
    with standing_in(namespace, question, mode):
        return reset_answer(namespace[question["name"]], question["reset_sizes"])


# ---------------------------------------------------------------- the grader's cells
class StandIn(nn.Module):
    """A recurrent cell that nobody would write, so that a stack can be judged whatever became of
    the student's cell.

    inputs: names of what a cell is given, as in a question. log, where it is a list, takes down
    what the layer is given.
    """

    inputs: tuple[str, ...] = ()
    log = None

    def __init__(self, input_dim, hidden_dim, *_, **__):
        super().__init__()
        first, *states = self.inputs
        for state in states:
            for name in self.inputs:
                size = input_dim if name == first else hidden_dim
                setattr(self, f"{state}_{name}", nn.Parameter(torch.empty(hidden_dim, size)))
        self.reset_parameters()

    def reset_parameters(self):
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    def forward(self, *given, **named):
        given = in_order(self.inputs, given, named)
        if self.log is not None and len(self.log) < MOST_STEPS:
            self.log.append([pack(value) for value in given])
        sums = [
            sum(getattr(self, f"{state}_{name}") @ value for name, value in zip(self.inputs, given))
            for state in self.inputs[1:]
        ]
        new = (*map(torch.tanh, sums[:-1]), torch.sin(sums[-1]))
        return new if len(new) > 1 else new[0]


def in_order(names: tuple[str, ...], given: tuple, named: dict) -> tuple:
    """The arguments of a cell in its order, however they were passed. Raises TypeError."""
    rest = names[len(given) :]
    if len(given) > len(names) or set(named) != set(rest):
        raise TypeError(f"a cell takes ({', '.join(names)})")
    return (*given, *(named[name] for name in rest))


def stand_in_for(question: dict) -> type[StandIn]:
    """The stand-in's class, for cells with these inputs."""
    return type("StandIn", (StandIn,), {"inputs": tuple(question["inputs"])})


@contextlib.contextmanager
def standing_in(namespace: dict, question: dict, mode: str):
    """In the mode "stand-in", the name of the cell's class means the stand-in for a while."""
    name = question["cell"]
    before = namespace.get(name)
    if mode == "stand-in":
        namespace[name] = stand_in_for(question)
    try:
        yield
    finally:
        namespace[name] = before
        if before is None:
            del namespace[name]


def put_stand_ins(module, question: dict, sizes: list[int]):
    """Stand-ins in place of whatever cells the student's class made; layers that are shared stay
    shared."""
    stand_in, made = stand_in_for(question), {}
    for k, layer in enumerate(module.layers):
        if not isinstance(layer, StandIn):
            if id(layer) not in made:
                made[id(layer)] = stand_in(sizes[0] if k == 0 else sizes[1], sizes[1])
            module.layers[k] = made[id(layer)]


# ---------------------------------------------------------------- one build
def build_answer(namespace, question, build, mode, dtype) -> dict:
    """What judge.answers.Build holds, of one instance with these cells in this precision."""
    told, weights, cell = {"mode": mode}, build["weights"][mode], namespace.get(question["cell"])
    with default_dtype(dtype), standing_in(namespace, question, mode):
        try:
            module = construct(namespace[question["name"]], *build["sizes"]).to(dtype)
            told |= survey_layers(module, cell, question)
            if mode == "stand-in":
                put_stand_ins(module, question, build["sizes"])
            module.to(dtype)
            for k, first in enumerate(told["same"][: len(weights)]):
                if k == first:
                    load(module.layers[k], weights[k], question["diagonal"], dtype)
        except Exception as error:
            return told | {"failure": describe(error)}
        sequence = build["sequence"]
        told["calls"] = [call(module, sequence, len(question["inputs"]) - 1, dtype)]
        told["dtype"] = name_of(dtype)
        if question["watched"] and build is question["builds"][0]:
            told["built_in"] = own_built_ins(module, question, arguments_of(sequence, dtype))
        sequence = sequence | {"directions": sequence["directions"][mode]}
        run, leaves = over_steps(module, question), leaves_of(module, weights)
        told["gradients"] = attempt(gradients, run, sequence, leaves, dtype)
        return told


def leaves_of(module, weights: list[dict]) -> dict[str, tuple[nn.Module, str]]:
    if len(module.layers) > len(weights):
        return {}
    return {
        f"{k}.{name}": (layer, name) for k, layer in enumerate(module.layers) for name in weights[k]
    }


def survey_layers(module, cell, question: dict) -> dict:
    """What `layers` is, what each layer is (`cell` is the class that it should be) and reads, and
    whatever else trains."""
    layers = getattr(module, "layers", None)
    held, surveyed = set(), []
    for layer in layers if isinstance(layers, nn.ModuleList | list | tuple) else []:
        surveyed.append(survey_layer(layer, cell, question))
        if isinstance(layer, nn.Module):
            held |= {id(parameter) for parameter in layer.parameters()}
    ids = [id(layer) for layer in layers] if surveyed else []
    others = [
        name for name, p in module.named_parameters() if id(p) not in held and p.requires_grad
    ]
    return {
        "layers": type(layers).__name__,
        "module_list": isinstance(layers, nn.ModuleList),
        "cells": surveyed,
        "same": [ids.index(one) for one in ids],
        "others": others[:MOST_NAMES],
    }


def survey_layer(layer, cell, question: dict) -> dict:
    told = {
        "type": type(layer).__name__,
        "right": isinstance(layer, StandIn) or (isinstance(cell, type) and isinstance(layer, cell)),
        "diagonal": [
            name for name in question["diagonal"] if len(found(layer, name).shape or "  ") == 1
        ],
    }
    reads = matrix_that_reads(layer, question)
    if isinstance(reads, torch.Tensor) and reads.dim() == 2:
        told |= {"units": reads.shape[0], "reads": reads.shape[1]}
    return told


def matrix_that_reads(layer, question: dict):
    """The parameter whose shape tells how many numbers a layer reads, if there is one."""
    first, *states = question["inputs"]
    if isinstance(layer, StandIn):
        return getattr(layer, f"{states[0]}_{first}")
    name = question["reads"]
    return tensor_of(layer, name) if name and hasattr(layer, name) else None


# ---------------------------------------------------------------- running it
def returned(out, states: int) -> list:
    """outputs and the final states. Raises TypeError where forward returned something else."""
    wanted = "outputs, (c_T, h_T)" if states == 2 else "outputs and the final states"
    pair = isinstance(out, tuple | list) and len(out) == 2
    finals = out[1] if pair else None
    if states == 1 and isinstance(finals, torch.Tensor):
        finals = (finals,)
    if not (isinstance(finals, tuple | list) and len(finals) == states):
        raise TypeError(f"forward returned {in_words(out)}; it should return {wanted}")
    return [stacked(out[0]), *finals]


def stacked(value):
    """A list of tensors as one tensor where they fit, else as it is."""
    if isinstance(value, tuple | list):
        with contextlib.suppress(Exception):
            tensors = (v if isinstance(v, torch.Tensor) else torch.as_tensor(v) for v in value)
            return torch.stack(list(tensors))
    return value


def call(module, sequence: dict, states: int, dtype: torch.dtype) -> dict:
    """A whole run: outputs, arguments afterwards, what stand-ins were given, and the run once
    more."""
    arguments = arguments_of(sequence, dtype)
    stand_ins = [layer for layer in module.layers if isinstance(layer, StandIn)]
    for layer in stand_ins:
        layer.log = []
    try:
        out = returned(module(*arguments), states)
        out = [value.clone() if isinstance(value, torch.Tensor) else value for value in out]
        log = [layer.log for layer in stand_ins]
        for layer in stand_ins:
            layer.log = None
        again = returned(module(*arguments_of(sequence, dtype)), states)
    except Exception as error:
        return {"failure": describe(error), "after": [after(value) for value in arguments]}
    return {
        "out": [pack(value) for value in out],
        "again": [pack(value) for value in again],
        "after": [after(value) for value in arguments],
        "log": log,
    }


def over_steps(module, question: dict):
    """A loss over a run: the outputs at every step, and all states at the end."""
    states = len(question["inputs"]) - 1

    def run(loss, x, *given):
        outputs, *finals = returned(module(x, *given), states)
        total = (loss[: len(outputs)] * outputs).sum()
        return total + sum((loss[-1 - k] * state).sum() for k, state in enumerate(finals))

    return run


def own_built_ins(module, question: dict, arguments: list) -> list[str]:
    """PyTorch's own in the stack itself: its layers do nothing meanwhile, since cells that come
    with the course may call it."""

    def idle(*given, **named):
        kept = tuple(state * 1 for state in in_order(names, given, named)[1:])
        return kept if len(kept) > 1 else kept[0]

    names = tuple(question["inputs"])
    layers = {layer for layer in module.layers if isinstance(layer, nn.Module)}
    for layer in layers:
        layer.forward = idle
    try:
        return built_ins(question["watched"], module, *arguments)
    finally:
        for layer in layers:
            del layer.forward


# ---------------------------------------------------------------- whole runs, for a picture
def show(namespace: dict, question: dict) -> dict:
    """The outputs of each run, in the first mode that can be run."""
    for mode in question["weights"]:
        told = attempt(show_in, namespace, question, mode)
        if "failure" not in told:
            break
    return told


@torch.no_grad()
def show_in(namespace, question, mode) -> dict:
    dtype, states = DTYPES[0], len(question["inputs"]) - 1
    with default_dtype(dtype), standing_in(namespace, question, mode):
        module = construct(namespace[question["name"]], *question["sizes"]).to(dtype)
        if mode == "stand-in":
            put_stand_ins(module, question, question["sizes"])
        module.to(dtype)
        for layer, weights in zip(module.layers, question["weights"][mode]):
            load(layer, without_gone(layer, weights, question), question["diagonal"], dtype)
        runs = [
            returned(module(*[unpack(v, dtype) for v in run.values()]), states)[0]
            for run in question["runs"]
        ]
    return {"mode": mode, "runs": [pack(run) for run in runs]}
