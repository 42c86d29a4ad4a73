"""The judge's rules against implementations that are not ours: PyTorch's LSTM, ONNX Runtime's, and
PyTorch's gradients."""

from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch import nn

from autograde.exercise.rules import columns
from autograde.exercise.wirings import tables
from autograde.judge.gradients import difference
from autograde.judge.recurrence import right_step
from autograde.judge.stack.asks import Pair
from autograde.judge.stack.slopes import loss_of
from autograde.judge.wiring import Found, Seen, Wiring, run
from grader_tests.samples.students import EXERCISES, solutions
from grader_tests.support.function_level import answer, namespace_of

SIZES = [(3, 5), (4, 4), (5, 2), (1, 1)]
RNG = np.random.default_rng(7)


def drawn(exercise, n, m):
    sizes = {"n": n, "m": m}
    return {
        name: RNG.normal(size=[sizes[size] for size in shape])
        for name, shape in exercise.parameters.items()
    }


def step(exercise, weights, x, c, h, choice={}):  # noqa: B006
    env = exercise.rule.follow(
        columns({"x": x[None], "c": c[None], "h": h[None]}, weights, len(c)), choice
    )
    return [env[source][:, 0] for source in exercise.rule.outputs.values()]


def joined(weights, letter, order="ifco"):
    return torch.tensor(np.concatenate([weights[f"{letter}_{k}"] for k in order]))


@pytest.mark.parametrize("n, m", SIZES)
def test_the_plain_rule_is_pytorchs_cell(n, m):
    exercise = EXERCISES["LSTMCell"]
    weights, (x, c, h) = drawn(exercise, n, m), (RNG.normal(size=size) for size in (n, m, m))
    theirs = nn.LSTMCell(n, m).double()
    with torch.no_grad():
        for name, letter in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b")):
            getattr(theirs, name).copy_(joined(weights, letter))
        theirs.bias_hh.zero_()
        h_t, c_t = theirs(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
    np.testing.assert_allclose(step(exercise, weights, x, c, h), [c_t, h_t], rtol=1e-12)


@pytest.mark.parametrize("n, m, layers, steps", [(3, 5, 3, 6), (4, 4, 2, 1), (5, 2, 1, 4)])
def test_a_right_stack_is_pytorchs_lstm(n, m, layers, steps):
    exercise = EXERCISES["LSTM"]
    weights = [drawn(exercise.of, n if k == 0 else m, m) for k in range(layers)]
    x, c, h = (
        RNG.normal(size=(steps, n)),
        RNG.normal(size=(layers, m)),
        RNG.normal(size=(layers, m)),
    )
    known = tables(exercise.states)
    cell = lambda k, x, states: right_step(exercise.of, weights[k], x, states)
    ours = run(known, Seen(cell, x, (c, h)), Wiring())
    theirs = nn.LSTM(n, m, layers).double()
    with torch.no_grad():
        for k, layer in enumerate(weights):
            for name, letter in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b")):
                getattr(theirs, f"{name}_l{k}").copy_(joined(layer, letter))
            getattr(theirs, f"bias_hh_l{k}").zero_()
        outputs, (h_T, c_T) = theirs(torch.tensor(x), (torch.tensor(h), torch.tensor(c)))
    np.testing.assert_allclose(known.outputs["right"].read(ours), outputs, rtol=1e-10)
    for mine, other in zip(known.finals["right"].read(ours), (c_T, h_T)):
        np.testing.assert_allclose(mine, other, rtol=1e-10)


def onnx_step(weights, x, c, h, *, peepholes=False, coupled=False):
    """(c_t, h_t) of ONNX Runtime's LSTM, in single precision.

    Its gates come in the order i, o, f, c.
    """
    m = len(c)
    filled = {
        f"{letter}_i": weights.get(f"{letter}_i", -weights[f"{letter}_f"]) for letter in "WUb"
    } | weights
    stack = lambda letter: np.concatenate([filled[f"{letter}_{k}"] for k in "iofc"])[None].astype(
        np.float32
    )  # noqa: E731
    tensors = {
        "W": stack("U"),
        "R": stack("W"),
        "B": np.concatenate([stack("b"), np.zeros((1, 4 * m), np.float32)], axis=1),
    }
    if peepholes:
        tensors["P"] = np.concatenate([np.diagonal(weights[f"V_{k}"]) for k in "iof"])[None].astype(
            np.float32
        )
    inputs = ["X", "W", "R", "B", "", "h0", "c0", "P" if peepholes else ""]
    node = helper.make_node(
        "LSTM", inputs, ["", "h", "c"], hidden_size=m, input_forget=int(coupled)
    )
    given = {"X": x[None, None], "h0": h[None, None], "c0": c[None, None]}
    graph = helper.make_graph(
        [node],
        "step",
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape)
            for name, value in given.items()
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 1, m]) for name in "hc"],
        [
            helper.make_tensor(name, TensorProto.FLOAT, value.shape, value.ravel())
            for name, value in tensors.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    h_t, c_t = session.run(
        ["h", "c"], {name: value.astype(np.float32) for name, value in given.items()}
    )
    return c_t.ravel(), h_t.ravel()


@pytest.mark.parametrize("n, m", SIZES)
def test_coupled_gates_are_onnxs_input_forget(n, m):
    exercise = EXERCISES["CoupledLSTMCell"]
    weights, (x, c, h) = drawn(exercise, n, m), (RNG.normal(size=size) for size in (n, m, m))
    ours = step(exercise, weights, x, c, h)
    np.testing.assert_allclose(
        ours, onnx_step(coupled_for_onnx(weights), x, c, h, coupled=True), rtol=2e-5, atol=2e-6
    )


def coupled_for_onnx(weights):
    """ONNX Runtime couples the other way round, f = 1 − i: with the parameters of f turned round
    and put in the place of i it is the same."""
    return weights | {f"{letter}_i": -weights[f"{letter}_f"] for letter in "WUb"}


@pytest.mark.parametrize("n, m", SIZES)
def test_diagonal_peepholes_in_their_original_form_are_onnxs(n, m):
    """The original lets the output gate see the new c_t: the very formula that the judge names as
    such."""
    exercise = EXERCISES["PeepholeLSTMCell"]
    weights, (x, c, h) = drawn(exercise, n, m), (RNG.normal(size=size) for size in (n, m, m))
    weights |= {name: np.diag(np.diagonal(weights[name])) for name in exercise.diagonal}
    original = next(
        formula for formula in exercise.rule.part("ao").variants if formula.endswith("V_o @ new")
    )
    ours = step(exercise, weights, x, c, h, {"ao": original})
    np.testing.assert_allclose(
        ours, onnx_step(weights, x, c, h, peepholes=True), rtol=2e-5, atol=2e-6
    )
    assert not np.allclose(ours, step(exercise, weights, x, c, h), atol=1e-4) or m == 1


@pytest.mark.parametrize("name", ["LSTMCell", "CoupledLSTMCell", "PeepholeLSTMCell"])
def test_worked_cells_pass_gradcheck(name):
    cell = namespace_of(name, solutions()[name])[name](3, 4).double()
    given = [torch.randn(size, dtype=torch.float64, requires_grad=True) for size in (3, 4, 4)]
    assert torch.autograd.gradcheck(lambda *inputs: cell(*inputs), given)


def test_worked_stacks_pass_gradcheck():
    stack = namespace_of("LSTM", solutions()["LSTM"])["LSTM"](3, 4, 2).double()
    given = [
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((5, 3), (2, 4), (2, 4))
    ]

    def flat(x, c, h):
        outputs, (c, h) = stack(x, c, h)
        return torch.stack(list(outputs)), c, h

    assert torch.autograd.gradcheck(flat, given)


def test_the_judges_slopes_are_pytorchs_gradients():
    """Differences of our rules against backward through PyTorch's own LSTM, along every direction
    of a question."""
    exercise = EXERCISES["LSTM"]
    questions, answers, _ = answer("LSTM", solutions()["LSTM"], 5)
    known, right = tables(exercise.states), Found(Wiring(), "right", "right")
    for asked, build in zip(questions.builds, answers.builds):
        pair = Pair(asked, replace(build, mode="own"))
        loss, sequence = loss_of(exercise, known, pair, right), asked.sequence_in("own")
        if not sequence.directions:
            continue
        for group, slope in pytorchs_slopes(asked, sequence).items():
            ours = difference(sequence, [group], loss, 1e-5)
            assert ours == pytest.approx(slope, rel=1e-6, abs=1e-6)


def pytorchs_slopes(asked, sequence) -> dict[str, float]:
    """Group of leaves to the slope of the same loss along the same ways, by PyTorch's own LSTM."""
    (n, m, layers), ways = asked.sizes, sequence.directions
    theirs = nn.LSTM(n, m, layers).double()
    given = {
        name: torch.tensor(value, requires_grad=True) for name, value in sequence.arguments.items()
    }
    with torch.no_grad():
        for k, layer in enumerate(asked.weights["own"]):
            for name, letter in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b")):
                getattr(theirs, f"{name}_l{k}").copy_(joined(layer, letter))
            getattr(theirs, f"bias_hh_l{k}").zero_()
    outputs, (h_T, c_T) = theirs(given["x"], (given["h"], given["c"]))
    weigh = torch.tensor(sequence.loss)
    total = (weigh[: len(outputs)] * outputs).sum()
    (total + (weigh[-1] * c_T).sum() + (weigh[-2] * h_T).sum()).backward()
    slopes = {
        name: float((value.grad * torch.tensor(ways[name])).sum()) for name, value in given.items()
    }
    for k in range(layers):
        parts = {
            letter: getattr(theirs, f"{name}_l{k}").grad
            for name, letter in (("weight_ih", "U"), ("weight_hh", "W"), ("bias_ih", "b"))
        }
        own = {name.split(".")[1]: way for name, way in ways.items() if name.startswith(f"{k}.")}
        slopes[str(k)] = sum(
            float((grad * joined(own, letter)).sum()) for letter, grad in parts.items()
        )
    return slopes
