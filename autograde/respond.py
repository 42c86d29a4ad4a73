"""Answers the grader's questions inside the student's process: numbers in, numbers out, and no opinion.

This file is loaded beside a student's code. It knows the names of the contract and no rule: it builds the class, puts
the asked weights in, calls it, and hands back outputs, gradients, shapes and the texts of exceptions as plain data.
"""
import base64
import contextlib
import sys
import traceback

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

MOST_NUMBERS = 200_000  # of one tensor in an answer
STEP = {torch.float64: 1e-4, torch.float32: 1e-2}  # of the central differences
BUILT_IN = {"lstm", "lstm_cell", "quantized_lstm", "_thnn_fused_lstm_cell", "mkldnn_rnn_layer", "gru", "gru_cell", "rnn_tanh", "rnn_tanh_cell"}


def pack(value):
    """A tensor as plain data; anything else as the name of its type."""
    if not isinstance(value, torch.Tensor):
        return {"type": type(value).__name__}
    tensor = value.detach().cpu()
    row = {"shape": list(tensor.shape), "dtype": str(tensor.dtype).removeprefix("torch.")}
    if tensor.is_floating_point() and tensor.numel() <= MOST_NUMBERS:
        row["data"] = base64.b64encode(tensor.contiguous().to(torch.float64).numpy().astype("<f8").tobytes()).decode()
    return row


def unpack(tensor, dtype):
    data = torch.frombuffer(bytearray(base64.b64decode(tensor["data"])), dtype=torch.float64)
    return data.reshape(tensor["shape"]).to(dtype).clone()


def describe(error):
    """One line for an exception, and the last line of the student's own code that it passed through."""
    text = str(error).strip().split("\n")[0][:300]
    row = {"error": f"{type(error).__name__}: {text}" if text else type(error).__name__}
    frames = traceback.extract_tb(error.__traceback__) if error.__traceback__ else []
    own = [frame for frame in frames if "site-packages" not in frame.filename and "lstm_kit" not in frame.filename and frame.filename != __file__]
    if own and own[-1].line:
        row["at"] = own[-1].line.strip()[:200]
    return row


def after(tensor):
    """An input after the call, and whether anything was written into it."""
    return {**pack(tensor), "writes": tensor._version > 0}


class BuiltIns(TorchFunctionMode):
    """Writes down which of PyTorch's own recurrent functions ran, unless the kit that ships with the course called them."""

    def __init__(self):
        super().__init__()
        self.seen = set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = getattr(func, "__name__", "")
        if name in BUILT_IN and "lstm_kit" not in self.caller():
            self.seen.add(name)
        return func(*args, **(kwargs or {}))

    @staticmethod
    def caller():
        frame = sys._getframe(2)
        while frame and ("torch" in frame.f_code.co_filename.replace("\\", "/").split("/") or frame.f_code.co_filename == __file__):
            frame = frame.f_back
        return frame.f_code.co_filename if frame else ""


class StandIn(nn.Module):
    """A recurrent cell that is no LSTM, so that a stack can be judged whatever became of the student's cell."""

    def __init__(self, input_dim, hidden_dim, *_, **__):
        super().__init__()
        for name in ("A_x", "A_c", "A_h", "B_x", "B_c", "B_h"):
            setattr(self, name, nn.Parameter(torch.empty(hidden_dim, input_dim if name.endswith("x") else hidden_dim)))
        self.reset_parameters()

    def reset_parameters(self):
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    def forward(self, x, c, h):
        c = torch.tanh(self.A_x @ x + self.A_c @ c + self.A_h @ h)
        return c, torch.sin(self.B_x @ x + self.B_c @ c + self.B_h @ h)


def found(module, name):
    """What the attribute `name` of `module` is: its kind, its shape, whether it trains and has a bias of its own."""
    value = getattr(module, name, None)
    if value is None:
        return {"kind": "none" if hasattr(module, name) else "missing"}
    if isinstance(value, nn.Module):
        weight = getattr(value, "weight", None)
        if not isinstance(weight, torch.Tensor):
            return {"kind": "module", "type": type(value).__name__}
        return {"kind": "linear", "shape": list(weight.shape), "bias": getattr(value, "bias", None) is not None, "trains": bool(weight.requires_grad)}
    if isinstance(value, torch.Tensor):
        kind = "parameter" if isinstance(value, nn.Parameter) else "tensor"
        return {"kind": kind, "shape": list(value.shape), "trains": bool(value.requires_grad)}
    return {"kind": "other", "type": type(value).__name__}


GATE_WORDS = {"f": ("f", "forget"), "i": ("i", "in", "input"), "o": ("o", "out", "output"), "c": ("c", "g", "cell", "candidate", "ctilde")}


def namesake(module, name):
    """The attribute that plainly means `name` (Wf, w_forget, U_xi …) where the contract's name is missing."""
    wanted = {name[0].lower() + middle + word for middle in ("", "h", "x") for word in GATE_WORDS[name[-1]]}
    own = {key.split(".")[0] for key, _ in module.named_parameters()}
    return next((key for key in sorted(own) if "".join(filter(str.isalpha, key.lower())) in wanted and key != name), None)


def tensor_of(module, name):
    value = getattr(module, name)
    return value.weight if isinstance(value, nn.Module) else value


def install(module, name, value, like):
    """Put a parameter of the right shape where the student's own cannot hold it."""
    if name in module.__dict__:
        del module.__dict__[name]
    if like == "linear":
        linear = nn.Linear(value.shape[1], value.shape[0], bias=False)
        value, linear.weight = linear, nn.Parameter(value)
        for table in (module._parameters, module._buffers):
            table.pop(name, None)
        setattr(module, name, value)
    else:
        for table in (module._modules, module._buffers):
            table.pop(name, None)
        setattr(module, name, nn.Parameter(value))


def fitted(value, shape):
    """`value` in the form in which `shape` can hold it: as it is, the diagonal of it, or transposed; else None."""
    shape = list(shape)
    if list(value.shape) == shape:
        return value
    if value.dim() == 2 and value.shape[0] == value.shape[1] and shape == [value.shape[0]]:
        return value.diagonal().clone()
    return value.T.clone() if value.dim() == 2 and list(value.T.shape) == shape else None


def load(module, weights, dtype, repair):
    """Put `weights` into `module`; returns the names for which a new parameter had to be made."""
    kinds = [found(module, name)["kind"] for name in weights if name[0] != "b"]
    like, made = ("linear" if kinds.count("linear") > len(kinds) / 2 else "parameter"), []
    for name, packed_value in weights.items():
        value = unpack(packed_value, dtype)
        role, name = name, name if found(module, name)["kind"] != "missing" else namesake(module, name) or name
        row = found(module, name)
        usable = row["kind"] in ("linear", "parameter") and not (name[0] == "b" and row["kind"] == "linear")
        form = fitted(value, row["shape"]) if usable else None
        if form is None or (repair and list(form.shape) != list(value.shape) and not (name[0] == "V" and form.dim() == 1)):
            install(module, name, value, like if name[0] != "b" else "parameter")
            made.append(role)
            continue
        with torch.no_grad():
            tensor_of(module, name).copy_(form)
            if row.get("bias"):
                getattr(module, name).bias.zero_()
    return made


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
    deterministic = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        return cls(*sizes)
    finally:
        torch.use_deterministic_algorithms(deterministic[0], warn_only=deterministic[1])


def survey(module, question):
    """Everything about the parameters of a cell that the contract speaks of."""
    names = [*question["matrices"], *question["biases"]]
    held = {id(tensor_of(module, name)): name for name in names if found(module, name)["kind"] in ("linear", "parameter")}
    parameters = list(module.named_parameters())
    return {
        "found": {name: found(module, name) for name in [*names, *question["absent"]]},
        "others": [[name, list(p.shape)] for name, p in parameters if id(p) not in held and p.requires_grad and not own_bias(module, name, held)],
        "unset": [name for name, p in parameters if not bool(torch.isfinite(p).all())],
    }


def own_bias(module, name, held):
    return name.endswith(".bias") and name.split(".")[0] in held.values()


def pair(out):
    """The two tensors that forward returned, or a plain description of what it returned instead."""
    if isinstance(out, tuple | list) and len(out) == 2:
        return list(out)
    if isinstance(out, tuple | list):
        raise TypeError(f"forward returned {len(out)} values; it should return the pair (c_t, h_t)")
    raise TypeError(f"forward returned {'None' if out is None else 'one ' + type(out).__name__}; it should return the pair (c_t, h_t)")


def call(module, row, dtype):
    """One step of a cell: outputs, inputs afterwards, and the same call once more."""
    inputs = [unpack(row[key], dtype) for key in ("x", "c", "h")]
    try:
        outputs = pair(module(*inputs))
        outputs = [value.clone() if isinstance(value, torch.Tensor) else value for value in outputs]
        again = pair(module(*[unpack(row[key], dtype) for key in ("x", "c", "h")]))
    except Exception as error:
        return {**describe(error), "after": [after(value) for value in inputs]}
    return {"out": [pack(value) for value in outputs], "again": [pack(value) for value in again], "after": [after(value) for value in inputs]}


def run_cell(module, x, c, h, loss):
    total = 0.0
    for t in range(x.shape[0]):
        c, h = pair(module(x[t], c, h))
        total = total + (loss[t] * h).sum()
    return total + (loss[-2] * c).sum() + (loss[-1] * h).sum()


def top_outputs(outputs):
    return outputs if isinstance(outputs, torch.Tensor) else torch.stack(list(outputs))


def run_stack(module, x, c, h, loss):
    outputs, (c, h) = module(x, c, h)
    outputs, c, h = top_outputs(outputs), top_outputs(c), top_outputs(h)
    return (loss[: len(outputs)] * outputs).sum() + (loss[-2] * c).sum() + (loss[-1] * h).sum()


def leaves_of(sequence, held, dtype):
    """Group -> [(leaf tensor, direction)]: each parameter of a cell, each layer of a stack, x, c and h."""
    groups = {}
    for name, (owner, key) in held.items():
        leaf = tensor_of(owner, key)
        groups.setdefault(name.split(".")[0], []).append((leaf, fitted(unpack(sequence["directions"][name], dtype), leaf.shape)))
    for key in ("x", "c", "h"):
        groups[key] = [(unpack(sequence[key], dtype).requires_grad_(), unpack(sequence["directions"][key], dtype))]
    return groups


def runnable(module, run, sequence, loss, dtype):
    """The sequence, or its first step where the class cannot run several: that is judged by itself."""
    x, way = unpack(sequence["x"], dtype), unpack(sequence["directions"]["x"], dtype)
    first = {**sequence, "x": pack(x[:1]), "directions": {**sequence["directions"], "x": pack(way[:1])}}
    for part in (sequence, first):
        with contextlib.suppress(Exception), torch.no_grad():
            run(module, *[unpack(part[key], dtype) for key in ("x", "c", "h")], loss)
            return part
    return None


def gradients(module, run, sequence, held, dtype):
    """Gradients of a loss over several steps, and for each group the slope of the loss along a direction, by differences.

    Returns group -> [slope by backward, slope by central differences]; None where no gradient arrived.
    """
    loss, row = unpack(sequence["loss"], dtype), {}
    sequence = runnable(module, run, sequence, loss, dtype)
    if sequence is None:
        return {"forward": "raises"}
    groups = leaves_of(sequence, held, dtype)

    def value():
        return run(module, *[groups[key][0][0] * 1.0 for key in ("x", "c", "h")], loss)

    for _ in range(2):  # a state kept from call to call makes the second backward pass raise
        for leaf, _ in sum(groups.values(), []):
            leaf.grad = None
        value().backward()
    for name, leaves in groups.items():
        slopes = [float((leaf.grad * way).sum()) for leaf, way in leaves if leaf.grad is not None]
        row[name] = [sum(slopes) if slopes else None, difference(value, leaves, STEP[dtype])]
    return row


@torch.no_grad()
def difference(value, leaves, step):
    """The slope of `value` along the directions of `leaves`, which are put back as they were."""
    kept, ends = [leaf.detach().clone() for leaf, _ in leaves], []
    for sign in (1, -1):
        for (leaf, way), before in zip(leaves, kept):
            leaf.copy_(before + sign * step * way)
        ends.append(float(value()))
    for (leaf, _), before in zip(leaves, kept):
        leaf.copy_(before)
    return (ends[0] - ends[1]) / (2 * step)


def attempt(work, *args):
    try:
        return work(*args)
    except Exception as error:
        return describe(error)


def answer_cell(cls, question, build, dtype, repair=False):
    with default_dtype(dtype):
        try:
            module = construct(cls, build["input"], build["hidden"]).to(dtype)
            row = survey(module, question)
            row["made"] = load(module, build["weights"], dtype, repair)
        except Exception as error:
            return {"build": describe(error)}
        with BuiltIns() as built_ins:
            row["calls"] = [call(module, case, dtype) for case in build["calls"]]
        row["built_in"] = sorted(built_ins.seen)
        row["dtype"] = str(dtype).removeprefix("torch.")
        if build["sequence"]:
            held = {name: (module, name) for name in build["weights"]}
            row["gradients"] = attempt(gradients, module, run_cell, build["sequence"], held, dtype)
        return row


def failures(row):
    """How many calls of an answer raised or came back in another precision than asked."""
    if "calls" not in row:
        return 99
    return sum("error" in case or any(value.get("dtype") != row["dtype"] for value in case["out"]) for case in row["calls"])


def best_answer(cls, question, build):
    """Double precision as found; where that raises, with misshapen parameters replaced; then both in single precision."""
    best = None
    for dtype in (torch.float64, torch.float32):
        for repair in (False, True):
            row = answer_cell(cls, question, build, dtype, repair)
            if best is None or failures(row) < failures(best):
                best = row
            if not failures(best):
                return best
    return best


def layer_rows(module, namespace, question):
    layers = getattr(module, "layers", None)
    cell = namespace.get(question["cell"])
    row = {"layers": type(layers).__name__, "module_list": isinstance(layers, nn.ModuleList), "cells": []}
    held = set()
    for layer in layers if isinstance(layers, nn.ModuleList | list | tuple) else []:
        linear = {name: found(layer, name) for name in question["matrices"]}
        row["cells"].append({"type": type(layer).__name__, "right": isinstance(cell, type) and isinstance(layer, cell), "stand_in": isinstance(layer, StandIn),
                             "shapes": {name: item.get("shape") for name, item in linear.items()},
                             "input": getattr(getattr(layer, "A_x", None), "shape", [None, None])[1]})
        held |= {id(p) for p in layer.parameters()} if isinstance(layer, nn.Module) else set()
    row["count"] = len(list(module.parameters()))
    row["others"] = [[name, list(p.shape)] for name, p in module.named_parameters() if id(p) not in held]
    return row


@contextlib.contextmanager
def standing_in(namespace, name, mode):
    """With mode "stand-in", the name of the cell's class means the stand-in for a while."""
    before = namespace.get(name)
    if mode == "stand-in":
        namespace[name] = StandIn
    try:
        yield
    finally:
        if before is not None:
            namespace[name] = before
        else:
            namespace.pop(name, None)


def put_stand_ins(module, build):
    """Stand-ins in place of whatever cells the student's class made; layers that are shared stay shared."""
    made = {}
    for k, layer in enumerate(module.layers):
        if not isinstance(layer, StandIn):
            made.setdefault(id(layer), StandIn(build["input"] if k == 0 else build["hidden"], build["hidden"]))
            module.layers[k] = made[id(layer)]


def answer_stack(namespace, question, build, dtype):
    cls = namespace[question["name"]]
    with default_dtype(dtype), standing_in(namespace, question["cell"], build["mode"]):
        try:
            module = construct(cls, build["input"], build["hidden"], build["layers"]).to(dtype)
            row = layer_rows(module, namespace, question)
            if build["mode"] == "stand-in":
                put_stand_ins(module, build)
            module.to(dtype)
            for layer, weights in zip(module.layers, build["weights"]):
                load(layer, weights, dtype, repair=False)
        except Exception as error:
            return {"build": describe(error)} if "row" not in locals() else {**row, "build": describe(error)}
        with BuiltIns() as built_ins:
            row["calls"] = [call_stack(module, build["sequence"], dtype)]
        row["built_in"], row["dtype"] = sorted(built_ins.seen), str(dtype).removeprefix("torch.")
        held = {f"{k}.{name}": (layer, name) for k, layer in enumerate(module.layers) for name in build["weights"][k]} if len(module.layers) <= build["layers"] else {}
        row["gradients"] = attempt(gradients, module, run_stack, build["sequence"], held, dtype)
        return row


def flat(value):
    """A list of tensors stacked where they fit, else each as it is."""
    if isinstance(value, tuple | list):
        try:
            return torch.stack([item if isinstance(item, torch.Tensor) else torch.as_tensor(item) for item in value])
        except Exception:
            return value
    return value


def call_stack(module, sequence, dtype):
    inputs = [unpack(sequence[key], dtype) for key in ("x", "c", "h")]
    try:
        out = module(*inputs)
        if not (isinstance(out, tuple | list) and len(out) == 2 and isinstance(out[1], tuple | list) and len(out[1]) == 2):
            raise TypeError(f"forward returned {type(out).__name__}; it should return outputs, (c_T, h_T)")
        outputs = [flat(out[0]), flat(out[1][0]), flat(out[1][1])]
        outputs = [value.clone() if isinstance(value, torch.Tensor) else value for value in outputs]
        module(*[unpack(sequence[key], dtype) for key in ("x", "c", "h")])
        again = module(*[unpack(sequence[key], dtype) for key in ("x", "c", "h")])
        again = [flat(again[0]), flat(again[1][0]), flat(again[1][1])]
    except Exception as error:
        return {**describe(error), "after": [after(value) for value in inputs]}
    return {"out": [pack(value) for value in outputs], "again": [pack(value) for value in again], "after": [after(value) for value in inputs]}


def answer_stack_in_both(namespace, question, build):
    rows = [answer_stack(namespace, question, build, torch.float64)]
    if failures(rows[0]):
        rows.append(answer_stack(namespace, question, build, torch.float32))
    return min(rows, key=failures)


def answer_reset(namespace, question, mode):
    """Every parameter set to 7, then what reset_parameters() made of it."""
    sizes = question["reset"]
    with default_dtype(torch.float32), standing_in(namespace, question["cell"], mode):
        module = construct(namespace[question["name"]], *sizes.values())
        held = dict(module.named_parameters())
        for k, layer in enumerate(getattr(module, "layers", None) or []):
            held |= {f"layers.{k}.{name}": parameter for name, parameter in layer.named_parameters()}
        with torch.no_grad():
            for parameter in held.values():
                parameter.fill_(7.0)
        module.reset_parameters()
        held |= dict(module.named_parameters())
        return {"parameters": {name: pack(held[name]) for name in list(held)[:60]}}


def respond(questions, namespace):
    """Answers to `questions` (see questions.py) about the class in `namespace`. JSON-able; never raises an Exception."""
    name = questions["name"]
    cls = namespace.get(name)
    if not isinstance(cls, type) or not issubclass(cls, nn.Module):
        return {"defined": "no" if cls is None else "other"}
    row = {"defined": "yes", "bases": [base.__name__ for base in cls.__mro__[1:]]}
    if questions["kind"] == "cell":
        row["builds"] = [attempt(best_answer, cls, questions, build) for build in questions["builds"]]
        row["reset"] = attempt(answer_reset, namespace, questions, "own")
    else:
        row["builds"] = [attempt(answer_stack_in_both, namespace, questions, build) for build in questions["builds"]]
        row["reset"] = attempt(answer_reset, namespace, questions, "stand-in")
        row["reset_own"] = attempt(answer_reset, namespace, questions, "own")
    return row
