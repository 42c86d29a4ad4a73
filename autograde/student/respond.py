"""Answers the grader's questions inside the student's process: numbers in, numbers out, and no opinion.

This file is loaded beside a student's code. It knows names and shapes from the questions and no rule: it builds the
class, puts the asked weights in, calls it, and hands back outputs, gradients, shapes and texts of exceptions as plain data.
"""

import base64
import contextlib
import os
import time
import traceback

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

MOST_NUMBERS = 200_000  # of one tensor in an answer
MOST_STEPS = 200  # of a computation
STEP = {
    torch.float64: 1e-4,
    torch.float32: 1e-2,
}  # of the central differences, over all leaves together
AGREE = 1e-5  # of a slope: closer, and no second look is needed
BUILT_IN = ("lstm", "gru", "rnn")
PATIENCE = 10  # times that the profiler may fail


# ---------------------------------------------------------------- plain data
def pack(value):
    """A tensor as plain data; anything else as the name of its type."""
    if not isinstance(value, torch.Tensor):
        return {"type": type(value).__name__}
    tensor = value.detach().cpu()
    row = {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
    if tensor.is_floating_point() and tensor.numel() <= MOST_NUMBERS:
        row["data"] = base64.b64encode(
            tensor.contiguous().to(torch.float64).numpy().astype("<f8").tobytes()
        ).decode()
    return row


def unpack(tensor, dtype):
    data = torch.frombuffer(bytearray(base64.b64decode(tensor["data"])), dtype=torch.float64)
    return data.reshape(tensor["shape"]).to(dtype).clone()


def describe(error):
    """One line for an exception, and the last line of the student's own code that it passed through."""
    text = str(error).strip().split("\n")[0][:300]
    row = {"error": f"{type(error).__name__}: {text}" if text else type(error).__name__}
    frames = traceback.extract_tb(error.__traceback__) if error.__traceback__ else []
    own = [
        frame
        for frame in frames
        if "site-packages" not in frame.filename
        and "lstm_kit" not in frame.filename
        and frame.filename != __file__
    ]
    if own and own[-1].line:
        row["at"] = own[-1].line.strip()[:200]
    return row


def attempt(work, *args):
    try:
        return work(*args)
    except Exception as error:
        return describe(error)


def after(tensor):
    """An argument after the call, and whether anything was written into it."""
    return {**pack(tensor), "writes": tensor._version > 0}


# ---------------------------------------------------------------- what is seen while a class runs
class Trace(TorchFunctionMode):
    """Keeps every intermediate result of `units` numbers."""

    def __init__(self, units):
        super().__init__()
        self.units, self.values = units, []

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, tuple | list) else (out,):
            if (
                isinstance(value, torch.Tensor)
                and value.numel() == self.units
                and value.is_floating_point()
                and len(self.values) < MOST_STEPS
            ):
                self.values.append(pack(value.detach().reshape(-1).clone()))
        return out


def built_ins(work, *args):
    """Which of PyTorch's own recurrent functions run when `work(*args)` is called, however they are reached; "unwatched" where
    that could not be seen."""
    quiet, kept = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    os.dup2(quiet, 2)  # the profiler writes to stderr
    try:
        names = next(filter(None, (watched(work, *args) for _ in range(PATIENCE))), None)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(quiet)
    return (
        ["unwatched"]
        if names is None
        else [name for name in names if name.startswith(BUILT_IN) or "fused_lstm" in name]
    )


def watched(work, *args):
    """The names of what ran; None where the profiler fails, as while the system still clears away what a notebook has started."""
    try:
        with (
            torch.autograd.profiler.profile(use_kineto=False) as profile,
            contextlib.suppress(Exception),
        ):
            work(*args)
        return [
            "nothing",
            *(event.name.removeprefix("aten::").strip("_") for event in profile.function_events),
        ]
    except Exception:
        time.sleep(0.1)
        return None


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def construct(cls, *sizes):
    """An instance of the class, made while uninitialised memory is filled with NaN, so that it shows."""
    before = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        return cls(*sizes)
    finally:
        torch.use_deterministic_algorithms(before[0], warn_only=before[1])


# ---------------------------------------------------------------- parameters
def found(module, name):
    """What the attribute `name` of `module` is: its kind, its shape, whether it trains and has a bias of its own."""
    value = getattr(module, name, None)
    if value is None:
        return {"kind": "none" if hasattr(module, name) else "missing"}
    if isinstance(value, nn.Module):
        weight = getattr(value, "weight", None)
        if not isinstance(weight, torch.Tensor):
            return {"kind": "module", "type": type(value).__name__}
        return {
            "kind": "linear",
            "shape": list(weight.shape),
            "bias": getattr(value, "bias", None) is not None,
            "trains": bool(weight.requires_grad),
        }
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, nn.Parameter) else "tensor"
        return {"kind": kind, "shape": list(value.shape), "trains": bool(value.requires_grad)}
    return {"kind": "other", "type": type(value).__name__}


def tensor_of(module, name):
    value = getattr(module, name)
    return value.weight if isinstance(value, nn.Module) else value


def own_name(module, name):
    """The attribute that plainly means `name` ("W_f" as "Wf" or "w_f") where the name itself is missing."""
    if found(module, name)["kind"] != "missing":
        return name
    own = {key.split(".")[0] for key, _ in module.named_parameters()}
    plain = name.replace("_", "").lower()
    return next((key for key in sorted(own) if key.replace("_", "").lower() == plain), name)


def install(module, name, value, like):
    """Put a new parameter where the student's own cannot hold what is asked."""
    for table in (module.__dict__, module._parameters, module._buffers, module._modules):
        table.pop(name, None)
    if like == "linear":
        linear = nn.Linear(value.shape[1], value.shape[0], bias=False)
        linear.weight, value = nn.Parameter(value), linear
        setattr(module, name, value)
    else:
        setattr(module, name, nn.Parameter(value))


def form_of(value, shape, diagonal):
    """`value` in the form that a parameter of `shape` can hold: as it is, its diagonal, or transposed; else None."""
    square = value.dim() == 2 and value.shape[0] == value.shape[1]
    if list(value.shape) == shape:
        return value
    if square and diagonal and shape == [value.shape[0]]:
        return value.diagonal().clone()
    return value.T.clone() if value.dim() == 2 and list(value.T.shape) == shape else None


def load(module, question, weights, dtype, repair=False):
    """Put `weights` into `module`; returns the names for which a new parameter had to be made."""
    kinds = [
        found(module, name)["kind"] for name, value in weights.items() if len(value["shape"]) == 2
    ]
    like, made, taken = (
        ("linear" if kinds.count("linear") > len(kinds) / 2 else "parameter"),
        [],
        set(),
    )
    for asked, value in weights.items():
        value, diagonal = unpack(value, dtype), asked in question["diagonal"]
        name = own_name(module, asked)
        row = found(module, name)
        usable = row["kind"] in ("linear", "parameter") and not (
            value.dim() == 1 and row["kind"] == "linear"
        )
        form = form_of(value, row["shape"], diagonal) if usable else None
        if (
            diagonal and usable and row["shape"] in ([], [1])
        ):  # one number for all units: the diagonal form of a mistake
            form, value = None, value.diagonal().clone()
        transposed = form is not None and form.dim() == 2 and list(form.shape) != list(value.shape)
        if form is None or (repair and transposed) or id(tensor_of(module, name)) in taken:
            install(module, name, value, like if value.dim() == 2 else "parameter")
            made.append(asked)
            continue
        taken.add(id(tensor_of(module, name)))
        with torch.no_grad():
            tensor_of(module, name).copy_(form)
            if row.get("bias"):
                getattr(module, name).bias.zero_()
    return made


def survey(module, question):
    """Everything about the parameters of a cell that is asked for."""
    names, parameters = question["parameters"], list(module.named_parameters())
    held = {
        id(tensor_of(module, name)): name
        for name in names
        if found(module, name)["kind"] in ("linear", "parameter")
    }
    biases = {f"{name}.bias" for name in held.values()}
    return {
        "found": {name: found(module, name) for name in [*names, *question["absent"]]},
        "others": [
            name
            for name, p in parameters
            if id(p) not in held and p.requires_grad and name not in biases
        ][:20],
        "unset": [name for name, p in parameters if not bool(torch.isfinite(p).all())][:20],
        "shared": len(held)
        < sum(found(module, name)["kind"] in ("linear", "parameter") for name in names),
    }


# ---------------------------------------------------------------- one step of a cell
def tensors(out, count):
    """The tensors that forward returned. Raises TypeError where there are more or fewer than `count`, ValueError where one is huge."""
    rows = [out] if isinstance(out, torch.Tensor) else out
    if isinstance(rows, tuple | list) and len(rows) == count:
        largest = max((row.numel() for row in rows if isinstance(row, torch.Tensor)), default=0)
        if largest > MOST_NUMBERS:
            raise ValueError(f"forward returned a tensor of {largest:,} numbers")
        return list(rows)
    raise TypeError(f"forward returned {in_words(out)}; it should return {count}")


def in_words(out):
    """What forward returned, in a few words: "3 values (Tensor, Tensor, Tensor)"."""
    if isinstance(out, tuple | list):
        names = [type(item).__name__ for item in out[:4]] + ["…"] * (len(out) > 4)
        return f"{len(out)} values ({', '.join(names)})"
    return "None" if out is None else f"one {type(out).__name__}"


def call(module, question, row, dtype):
    """One step: outputs, arguments afterwards, and the same call once more."""
    arguments = [unpack(row[name], dtype) for name in question["inputs"]]
    try:
        trace = Trace(row["units"])
        with trace if row["traced"] else contextlib.nullcontext():
            outputs = tensors(module(*arguments), question["outputs"])
        outputs = [value.clone() if isinstance(value, torch.Tensor) else value for value in outputs]
        again = tensors(
            module(*[unpack(row[name], dtype) for name in question["inputs"]]), question["outputs"]
        )
    except Exception as error:
        return {**describe(error), "after": [after(value) for value in arguments]}
    return {
        "out": [pack(value) for value in outputs],
        "again": [pack(value) for value in again],
        "after": [after(value) for value in arguments],
        "trace": trace.values,
    }


def answer_cell(cls, question, build, dtype, repair):
    row = {}
    with default_dtype(dtype):
        try:
            module = construct(cls, *build["sizes"]).to(dtype)
            row = survey(module, question)
            row["made"] = load(module, question, build["weights"], dtype, repair)
            for name in set(build["extra"]) & {
                name
                for name in question["absent"]
                if found(module, name)["kind"] in ("linear", "parameter")
            }:
                row["made"] += load(module, question, {name: build["extra"][name]}, dtype)
        except Exception as error:
            return row | {"build": describe(error)}
        row["calls"] = [call(module, question, case, dtype) for case in build["calls"]]
        row["dtype"] = str(dtype).removeprefix("torch.")
        row["built_in"] = (
            []
            if build["sizes"] != question["builds"][0]["sizes"]
            else built_ins(
                module, *[unpack(build["calls"][0][name], dtype) for name in question["inputs"]]
            )
        )
        leaves = {name: (module, own_name(module, name)) for name in build["weights"]}
        row["gradients"] = attempt(
            gradients, run_cell(module, question), build["sequence"], question, leaves, dtype
        )
        return row


def run_cell(module, question):
    """A loss over a sequence: all states at every step and at the end."""

    def run(x, *states, loss):
        total, states = 0.0, list(states)
        for t in range(x.shape[0]):
            states = tensors(module(x[t] * 1.0, *states), question["outputs"])
            total = total + (loss[t] * states[-1]).sum()
        return total + sum((loss[-1 - k] * state).sum() for k, state in enumerate(states))

    return run


def unbuilt(row):
    """Whether the constructor itself raised."""
    return "build" in row and "found" not in row


def faults(row):
    """How many calls of an answer raised or came back in another precision than asked."""
    if "calls" not in row:
        return 99
    return sum(
        "error" in case or any(value.get("dtype") != row["dtype"] for value in case["out"])
        for case in row["calls"]
    )


def best(answers, hopeless=lambda row: False):
    """The first answer without a fault, or else the one with the fewest; after a hopeless one nothing else is tried."""
    rows = []
    for work, *args in answers:
        row = attempt(work, *args)
        rows.append({"build": row} if "error" in row else row)
        if not faults(rows[-1]) or hopeless(rows[-1]):
            break
    return min(rows, key=faults)


# ---------------------------------------------------------------- gradients, against differences
def gradients(run, sequence, question, leaves, dtype):
    """{"slopes": group of leaves -> slope of a loss along a direction by backward (None: no gradient arrived), "difference": all of
    them together by central differences, "finer": the same with a smaller step where the two do not agree, "steps": of the sequence}.

    `leaves`: name in sequence["directions"] -> (module, attribute); names with a number in front belong to one group.
    """
    loss, groups = unpack(sequence["loss"], dtype), {}
    sequence = runnable(run, sequence, question, loss, dtype)
    if sequence is None:
        return {"forward": "raises"}
    for name, (owner, key) in leaves.items():
        leaf = tensor_of(owner, key)
        groups.setdefault(name.split(".")[0], []).append(
            (leaf, form_of(unpack(sequence["directions"][name], dtype), list(leaf.shape), True))
        )
    for name in question["inputs"]:
        groups[name] = [
            (
                unpack(sequence[name], dtype).requires_grad_(),
                unpack(sequence["directions"][name], dtype),
            )
        ]
    every = sum(groups.values(), [])

    def value():
        return run(*[groups[name][0][0] * 1.0 for name in question["inputs"]], loss=loss)

    for _ in range(2):  # a state kept from call to call makes the second backward pass raise
        for leaf, _ in every:
            leaf.grad = None
        value().backward()
    slopes = {
        name: [float((leaf.grad * way).sum()) for leaf, way in rows if leaf.grad is not None]
        for name, rows in groups.items()
    }
    rows = {name: sum(rows) if rows else None for name, rows in slopes.items()}
    total, whole = (
        sum(slope or 0.0 for slope in rows.values()),
        difference(value, every, STEP[dtype]),
    )
    finer = (
        whole
        if abs(total - whole) <= AGREE * max(1.0, abs(whole))
        else difference(value, every, STEP[dtype] / 3)
    )
    return {"slopes": rows, "difference": whole, "finer": finer, "steps": sequence["x"]["shape"][0]}


def runnable(run, sequence, question, loss, dtype):
    """The sequence, or its first step where the class cannot run several: that is judged by itself."""
    x, way = unpack(sequence["x"], dtype), unpack(sequence["directions"]["x"], dtype)
    first = {
        **sequence,
        "x": pack(x[:1]),
        "directions": {**sequence["directions"], "x": pack(way[:1])},
    }
    for part in (sequence, first):
        with contextlib.suppress(Exception), torch.no_grad():
            run(*[unpack(part[name], dtype) for name in question["inputs"]], loss=loss)
            return part
    return None


@torch.no_grad()
def difference(value, leaves, step):
    """The slope of `value` along the directions of `leaves`, which are put back as they were."""
    kept, ends = [leaf.detach().clone() for leaf, _ in leaves], []
    step /= sum(leaf.numel() for leaf, _ in leaves) ** 0.5
    for sign in (1, -1):
        for leaf, way in leaves:
            leaf.add_(sign * step * way)  # a leaf that is there twice moves twice
        ends.append(float(value()))
        for (leaf, _), before in zip(leaves, kept):
            leaf.copy_(before)
    return (ends[0] - ends[1]) / (2 * step)


# ---------------------------------------------------------------- stacks
class StandIn(nn.Module):
    """A recurrent cell that is no LSTM, so that a stack can be judged whatever became of the student's cell.

    `log`, where it is a list, takes down what the layer is given.
    """

    log = None

    def __init__(self, input_dim, hidden_dim, *_, **__):
        super().__init__()
        for name in ("A_x", "A_c", "A_h", "B_x", "B_c", "B_h"):
            setattr(
                self,
                name,
                nn.Parameter(
                    torch.empty(hidden_dim, input_dim if name.endswith("x") else hidden_dim)
                ),
            )
        self.reset_parameters()

    def reset_parameters(self):
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    def forward(self, x, c, h):
        if self.log is not None and len(self.log) < MOST_STEPS:
            self.log.append([pack(value) for value in (x, c, h)])
        c = torch.tanh(self.A_x @ x + self.A_c @ c + self.A_h @ h)
        return c, torch.sin(self.B_x @ x + self.B_c @ c + self.B_h @ h)


@contextlib.contextmanager
def standing_in(namespace, name, stand_in):
    """The name of the cell's class means the stand-in for a while."""
    before = namespace.get(name)
    if stand_in:
        namespace[name] = StandIn
    try:
        yield
    finally:
        namespace[name] = before
        if before is None:
            del namespace[name]


def put_stand_ins(module, sizes):
    """Stand-ins in place of whatever cells the student's class made; layers that are shared stay shared."""
    made = {}
    for k, layer in enumerate(module.layers):
        if not isinstance(layer, StandIn):
            made.setdefault(id(layer), StandIn(sizes[0] if k == 0 else sizes[1], sizes[1]))
            module.layers[k] = made[id(layer)]


def survey_layers(module, cell, question):
    """What `layers` is, what each layer is (`cell` is the class that it should be) and reads, and whatever else trains."""
    layers = getattr(module, "layers", None)
    held, rows = set(), []
    for layer in layers if isinstance(layers, nn.ModuleList | list | tuple) else []:
        reads = (
            getattr(layer, "A_x", None)
            if isinstance(layer, StandIn)
            else tensor_of(layer, "U_f")
            if hasattr(layer, "U_f")
            else None
        )
        rows.append(
            {
                "type": type(layer).__name__,
                "right": isinstance(layer, StandIn)
                or (isinstance(cell, type) and isinstance(layer, cell)),
                "reads": reads.shape[-1]
                if isinstance(reads, torch.Tensor) and reads.dim() == 2
                else None,
                "units": reads.shape[0]
                if isinstance(reads, torch.Tensor) and reads.dim() == 2
                else None,
                "diagonal": [
                    name
                    for name in question["diagonal"]
                    if len(found(layer, name).get("shape", "  ")) == 1
                ],
            }
        )
        held |= {id(p) for p in layer.parameters()} if isinstance(layer, nn.Module) else set()
    ids = [id(layer) for layer in layers] if rows else []
    return {
        "layers": type(layers).__name__,
        "module_list": isinstance(layers, nn.ModuleList),
        "cells": rows,
        "same": [ids.index(one) for one in ids],
        "others": [
            name for name, p in module.named_parameters() if id(p) not in held and p.requires_grad
        ][:20],
    }


def answer_stack(namespace, question, build, mode, dtype):
    """One build of a stack: of stand-in cells (mode "stand-in") or of the student's own cells (mode "own")."""
    row, weights, cell = {"mode": mode}, build["weights"][mode], namespace.get(question["cell"])
    with default_dtype(dtype), standing_in(namespace, question["cell"], mode == "stand-in"):
        try:
            module = construct(namespace[question["name"]], *build["sizes"]).to(dtype)
            row |= survey_layers(module, cell, question)
            if mode == "stand-in":
                put_stand_ins(module, build["sizes"])
            module.to(dtype)
            for k, first in enumerate(row["same"][: len(weights)]):
                if k == first:
                    load(module.layers[k], question, weights[k], dtype)
        except Exception as error:
            return row | {"build": describe(error)}
        row["calls"], row["dtype"] = (
            [call_stack(module, build["sequence"], question, dtype)],
            str(dtype).removeprefix("torch."),
        )
        row["built_in"] = (
            []
            if build["sizes"] != question["builds"][0]["sizes"]
            else stack_built_ins(
                module, *[unpack(build["sequence"][name], dtype) for name in question["inputs"]]
            )
        )
        leaves = (
            {
                f"{k}.{name}": (layer, name)
                for k, layer in enumerate(module.layers)
                for name in weights[k]
            }
            if len(module.layers) <= len(weights)
            else {}
        )
        row["gradients"] = attempt(
            gradients,
            run_stack(module),
            build["sequence"] | {"directions": build["sequence"]["directions"][mode]},
            question,
            leaves,
            dtype,
        )
        return row


def stack_built_ins(module, *arguments):
    """The same for the stack itself: its layers do nothing meanwhile, since cells that come with the course may call PyTorch's."""
    layers = [layer for layer in module.layers if isinstance(layer, nn.Module)]
    for layer in layers:
        layer.forward = lambda x, c, h: (c * 1, h * 1)
    try:
        return built_ins(module, *arguments)
    finally:
        for layer in set(layers):
            del layer.forward


def stacked(value):
    """A list of tensors as one tensor where they fit, else as it is."""
    if isinstance(value, tuple | list):
        with contextlib.suppress(Exception):
            return torch.stack(
                [
                    item if isinstance(item, torch.Tensor) else torch.as_tensor(item)
                    for item in value
                ]
            )
    return value


def returned(out):
    """outputs, c_T and h_T; raises TypeError where forward returned something else."""
    if not (
        isinstance(out, tuple | list)
        and len(out) == 2
        and isinstance(out[1], tuple | list)
        and len(out[1]) == 2
    ):
        raise TypeError(f"forward returned {in_words(out)}; it should return outputs, (c_T, h_T)")
    return [stacked(out[0]), *out[1]]


def call_stack(module, sequence, question, dtype):
    arguments = [unpack(sequence[name], dtype) for name in question["inputs"]]
    stand_ins = [layer for layer in module.layers if isinstance(layer, StandIn)]
    for layer in stand_ins:
        layer.log = []
    try:
        out = [
            value.clone() if isinstance(value, torch.Tensor) else value
            for value in returned(module(*arguments))
        ]
        log = [layer.log for layer in stand_ins]
        for layer in stand_ins:
            layer.log = None
        again = returned(module(*[unpack(sequence[name], dtype) for name in question["inputs"]]))
    except Exception as error:
        return {**describe(error), "after": [after(value) for value in arguments]}
    return {
        "out": [pack(value) for value in out],
        "again": [pack(value) for value in again],
        "after": [after(value) for value in arguments],
        "log": log,
    }


def run_stack(module):
    def run(x, c, h, loss):
        outputs, c, h = returned(module(x, c, h))
        return (loss[: len(outputs)] * outputs).sum() + (loss[-2] * c).sum() + (loss[-1] * h).sum()

    return run


# ---------------------------------------------------------------- reset_parameters
def answer_reset(namespace, question, stand_in):
    """Every parameter set to 7, then what reset_parameters() made of it."""
    with (
        default_dtype(torch.float32),
        standing_in(namespace, question["cell"], stand_in)
        if question["cell"]
        else contextlib.nullcontext(),
    ):
        module = construct(namespace[question["name"]], *question["reset"])
        held = dict(module.named_parameters())
        for k, layer in enumerate(
            getattr(module, "layers", None) or []
        ):  # a plain list hides its cells
            held |= {
                f"layers.{k}.{name}": parameter for name, parameter in layer.named_parameters()
            }
        with torch.no_grad():
            for parameter in held.values():
                parameter.fill_(7.0)
        module.reset_parameters()
        held |= dict(module.named_parameters())
        return {"parameters": {name: pack(held[name]) for name in list(held)[:60]}}


# ---------------------------------------------------------------- whole runs, for a picture
def show(question, namespace):
    """What the class gives over whole runs: of a cell its states at every step, of a stack its outputs."""
    row = {}
    for mode in question["weights"]:
        row = attempt(show_runs, question, namespace, mode)
        if "error" not in row:
            break
    return row


@torch.no_grad()
def show_runs(question, namespace, mode):
    dtype, stack = torch.float64, question["kind"] == "stack"
    with (
        default_dtype(dtype),
        standing_in(namespace, question["cell"], mode == "stand-in")
        if stack
        else contextlib.nullcontext(),
    ):
        module = construct(namespace[question["name"]], *question["sizes"]).to(dtype)
        if mode == "stand-in":
            put_stand_ins(module, question["sizes"])
        module.to(dtype)
        for k, weights in enumerate(question["weights"][mode]):
            owner = module.layers[k] if stack else module
            gone = [
                name
                for name in question["absent"]
                if found(owner, name)["kind"] not in ("linear", "parameter")
            ]
            load(
                owner,
                question,
                {name: value for name, value in weights.items() if name not in gone},
                dtype,
            )
        run = (
            (lambda *arguments: returned(module(*arguments))[0])
            if stack
            else (lambda *arguments: steps_of(module, question, *arguments))
        )
        return {
            "mode": mode,
            "runs": [
                pack(run(*[unpack(row[name], dtype) for name in question["inputs"]]))
                for row in question["runs"]
            ],
        }


def steps_of(module, question, x, *states):
    """All states at every step, shape (steps, states, units)."""
    rows = []
    for x_t in x:
        states = tensors(module(x_t * 1.0, *states), question["outputs"])
        rows.append(torch.stack([state * 1.0 for state in states]))
    return torch.stack(rows)


@torch.enable_grad()  # a cell may have switched gradients off
def respond(questions, namespace):
    """Answers to `questions` (see questions.py) about the name that they ask for. JSON-able; never raises an Exception."""
    if "_dynamo" in torch.__dict__:  # a compiled forward is asked as it is written
        torch.compiler.set_stance("force_eager")
    if "runs" in questions:
        return show(questions, namespace)
    asked = namespace.get(questions["name"])
    if questions["kind"] == "value":
        return {"value": attempt(plain_number, asked)}
    if not isinstance(asked, type) or not issubclass(asked, nn.Module):
        return {"defined": "no" if asked is None else "other"}
    row = {"defined": "yes", "bases": [base.__name__ for base in asked.__mro__[1:]]}
    if questions["kind"] == "cell":
        ways = [
            (dtype, repair) for dtype in (torch.float64, torch.float32) for repair in (False, True)
        ]
        row["builds"] = [
            best(((answer_cell, asked, questions, build, *way) for way in ways), unbuilt)
            for build in questions["builds"]
        ]
        row["reset"] = [attempt(answer_reset, namespace, questions, False)]
    else:
        ways = [
            (mode, dtype)
            for mode in ("stand-in", "own")
            for dtype in (torch.float64, torch.float32)
        ]
        row["builds"] = [
            best((answer_stack, namespace, questions, build, *way) for way in ways)
            for build in questions["builds"]
        ]
        row["reset"] = [
            attempt(answer_reset, namespace, questions, stand_in) for stand_in in (True, False)
        ]
    return row


def plain_number(value):
    if hasattr(value, "item"):  # a tensor or an array with one number in it
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int | float):
        return {"type": type(value).__name__}
    return float(value)
