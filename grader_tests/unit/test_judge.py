"""The judge as a pure function: right answers, wrong ones, and answers that are none."""

import copy
import gc
import re
import sys

import pytest
import torch

from autograde.exercise import Cell, Verdict
from autograde.judge import draw, judge, plain, read_answers
from autograde.student.respond import respond
from grader_tests.samples.hostile import BY_A_LIBRARY_IN_C, HOLLOW
from grader_tests.samples.mistakes import code, named
from grader_tests.samples.right_answers import cell_source, plain_cell, stack_source
from grader_tests.samples.students import EVERY, EXERCISES, PREDICTIONS, answers, solutions
from grader_tests.support.function_level import asked, grade, lost

SOLUTIONS = solutions()
ANOMALY = "torch.autograd.set_detect_anomaly(True)"


def sentence(verdict: Verdict, key: str) -> str:
    return next(result.sentence for result in verdict.results if result.key == key)


@pytest.mark.parametrize("name", EXERCISES)
def test_worked_solutions_get_everything(name):
    verdict = grade(name, SOLUTIONS[name])
    assert not lost(verdict) and verdict.score == verdict.points == EXERCISES[name].points
    assert not verdict.flags and not verdict.notes


@pytest.mark.parametrize("name", EXERCISES)
def test_parameter_matrices_get_everything(name):
    assert not lost(grade(name, answers("parameter_matrices")[name]))


def test_points_of_the_notebooks():
    totals = {}
    for exercise in EVERY.values():
        totals[exercise.notebook] = round(totals.get(exercise.notebook, 0) + exercise.points, 6)
    assert totals == {
        "01_basic_lstm": 10,
        "02_stacking": 8,
        "03_coupled_gates": 6,
        "04_peepholes": 4,
    }


@pytest.mark.parametrize("name", PREDICTIONS)
def test_predictions(name):
    right = PREDICTIONS[name].answer
    for text in (
        SOLUTIONS[name],
        f"{name} = {right}",
        f"{name} = {right}.0",
        f"{name} = torch.tensor({right})",
        f"import numpy\n{name} = numpy.int64({right})",
    ):
        assert grade(name, text).score == 1, text
    for text, told in {
        "": "not filled in",
        f"{name} = None": "not filled in",
        f"{name} = ...": "not filled in",
        f"{name} = '{right}'": "is a str",
        f"{name} = True": "is a bool",
        f"{name} = [{right}]": "is a list",
        f"{name} = float('nan')": "is nan",
        f"{name} = {right + 1}": "not right",
        f"{name} = 1 / 0": "ZeroDivisionError",
    }.items():
        verdict = grade(name, text)
        assert verdict.score == 0 and told in verdict.results[0].sentence, text
    for wrong, why in PREDICTIONS[name].slips.items():
        assert wrong != right and why in grade(name, f"{name} = {wrong}").results[0].sentence


# A change of a right cell -> the criteria that it loses, and a piece of what the student is told.
RIGHT_CELL = plain_cell("Linear", "call")
CHANGES = {
    "W_f maps to input_dim": (
        (
            "self.W_f = nn.Linear(hidden_dim, hidden_dim",
            "self.W_f = nn.Linear(hidden_dim, input_dim",
        ),
        {"parameters"},
        "W_f has shape (input_dim, hidden_dim)",
    ),
    "U_i transposed": (
        (
            "self.U_i = nn.Linear(input_dim, hidden_dim",
            "self.U_i = nn.Linear(hidden_dim, input_dim",
        ),
        {"parameters"},
        "U_i has shape (input_dim, hidden_dim)",
    ),
    "a layer with a bias of its own": (
        (
            "self.W_o = nn.Linear(hidden_dim, hidden_dim, bias=False)",
            "self.W_o = nn.Linear(hidden_dim, hidden_dim)",
        ),
        {"parameters"},
        "W_o has a bias of its own",
    ),
    "a bias of size 1": (
        (
            "self.b_c = nn.Parameter(torch.zeros(hidden_dim))",
            "self.b_c = nn.Parameter(torch.zeros(1))",
        ),
        {"parameters"},
        "b_c has shape (1)",
    ),
    "a bias that does not train": (
        ("self.b_f = nn.Parameter(torch.zeros(hidden_dim))", "self.b_f = torch.zeros(hidden_dim)"),
        {"parameters"},
        "b_f is a plain tensor",
    ),
    "one more parameter": (
        ("super().__init__()", "super().__init__()\n        self.extra = nn.Linear(2, 2)"),
        {"parameters"},
        "extra.weight trains as well",
    ),
    "uninitialised": (
        ("self.reset_parameters()", "self.b_f = nn.Parameter(torch.empty(hidden_dim))"),
        {"parameters"},
        "b_f is never given values",
    ),
    "several of them uninitialised": (
        (
            "self.reset_parameters()",
            "self.b_f, self.b_i, self.b_o = (\n"
            "            nn.Parameter(torch.empty(hidden_dim)) for _ in 'fio'\n        )",
        ),
        {"parameters"},
        "at its end. The same holds for b_i and b_o.",
    ),
    "a name that differs": (("self.W_f", "self.Wf"), {"parameters"}, "W_f is missing"),
    "i and f swapped": (
        ("c_t = f * c + i * g", "c_t = i * c + f * g"),
        {"cell"},
        "f_t and i_t are swapped",
    ),
    "no memory": (("c_t = f * c + i * g", "c_t = i * g"), {"cell"}, "nothing is kept of c_{t−1}"),
    "the sum lost": (("c_t = f * c + i * g", "c_t = f * i * g"), {"cell"}, "no trace of c_{t−1}"),
    "candidate through σ": (
        ("g = torch.tanh(a_c)", "g = torch.sigmoid(a_c)"),
        {"c"},
        "it goes through σ",
    ),
    "no tanh on the output": (
        ("h_t = o * torch.tanh(c_t)", "h_t = o * c_t"),
        {"hidden"},
        "tanh is missing",
    ),
    "the pair the other way round": (
        ("return c_t, h_t", "return h_t, c_t"),
        {"order"},
        "Your forward returns (h_t, c_t)",
    ),
    "c written in place": (
        ("c_t = f * c + i * g", "c *= f\n        c += i * g\n        c_t = c * 1"),
        {"untouched"},
        "writes into the c",
    ),
    "c detached": (
        ("c_t = f * c + i * g", "c_t = f * c.detach() + i * g"),
        {"gradients"},
        "is cut",
    ),
    "no gradient": (
        ("    def forward", "    @torch.no_grad()\n    def forward"),
        {"gradients"},
        "nothing leads back from what forward returns",
    ),
    "another spread": (
        ("nn.init.normal_(parameter)", "nn.init.normal_(parameter, std=0.1)"),
        {"reset"},
        "has standard deviation 0.",
    ),
    "a uniform draw": (
        ("nn.init.normal_(parameter)", "nn.init.uniform_(parameter, -3**0.5, 3**0.5)"),
        {"reset"},
        "is not normally distributed",
    ),
    "a built-in cell": (
        (
            "return c_t, h_t",
            "h_t, c_t = torch.lstm_cell(x[None], (h[None], c[None]), "
            "*[torch.cat([(getattr(self, f'{l}_{k}').weight if l != 'b' else self.b_f * 0 + "
            "getattr(self, f'b_{k}')) for k in 'ifco']) for l in 'UWb'], None)\n"
            "        return c_t[0], h_t[0]",
        ),
        {"own"},
        "PyTorch's own",
    ),
    "* and @ mixed up": (
        ("c_t = f * c + i * g", "c_t = f @ c + i * g"),
        {"cell"},
        "* is elementwise, not @",
    ),
    "a comma left over": (
        ("o = torch.sigmoid(a_o)", "o = torch.sigmoid(a_o),"),
        {"hidden"},
        "o is a tuple of one tensor, as a comma behind a value makes it",
    ),
    "a bracket closed before the bias": (
        ("g = torch.tanh(a_c)", "g = torch.tanh(a_c - self.b_c) + self.b_c"),
        {"c"},
        "the bias b_c is added after tanh; it belongs inside",
    ),
    "a minus left out of 1 / (1 + exp(−…))": (
        ("f = torch.sigmoid(a_f)", "f = 1 / (1 + torch.exp(a_f))"),
        {"f"},
        "in 1 / (1 + exp(−…)) the minus is missing",
    ),
    "h written over before o_t": (
        (
            "h_t = o * torch.tanh(c_t)",
            "h = torch.tanh(c_t)\n"
            "        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)\n"
            "        h_t = o * h",
        ),
        {"o"},
        "W_o belongs to h_{t−1}, not to tanh(c_t)",
    ),
    # what no table has: the place is told all the same
    "c clamped": (
        ("c_t = f * c + i * g", "c_t = (f * c + i * g).clamp(-1, 1)"),
        {"cell"},
        "The right c_t is in your computation; what forward returns as c_t is another value",
    ),
    "c shifted": (
        ("c_t = f * c + i * g", "c_t = f * c + i * g + 0.01"),
        {"cell"},
        "The right c_t is in your computation; what forward returns as c_t is another value",
    ),
    "f clamped": (
        ("c_t = f * c + i * g", "c_t = f.clamp(0.2, 0.8) * c + i * g"),
        {"f"},
        "The right f_t is in your computation, but your c_t is made "
        "with another value in its place",
    ),
    "i times what f leaves": (
        ("c_t = f * c + i * g", "c_t = f * c + (1 - f) * i * g"),
        {"i"},
        "The right i_t is in your computation, but your c_t is made "
        "with another value in its place",
    ),
    "o reads f * h": (
        ("self.W_o(h)", "self.W_o(f * h)"),
        {"o"},
        "Your o_t follows the rule with other numbers in place of h_{t−1}. See your line",
    ),
    # what two slips together would give as well, of which the student made neither
    "i halved and raised": (
        ("i = torch.sigmoid(a_i)", "i = torch.sigmoid(a_i) * 0.5 + 0.5"),
        {"i"},
        "The right i_t is in your computation, but your c_t is made "
        "with another value in its place",
    ),
    "relu of the candidate": (
        ("c_t = f * c + i * g", "c_t = f * c + i * torch.relu(g)"),
        {"c"},
        "relu is there as well",
    ),
    "the candidate weighted in its own line": (
        ("g = torch.tanh(a_c)", "g = torch.tanh(a_c) * i"),
        {"c"},
        "The right c̃_t is in your computation, but your c_t is made "
        "with another value in its place",
    ),
    "c taken away again": (
        ("c_t = f * c + i * g", "c_t = f * c - c + i * g"),
        {"cell"},
        "f_t, i_t and c̃_t are right in your computation; the c_t that comes of them is not",
    ),
    "f * c kept as the candidate": (
        ("c_t = f * c + i * g", "c_t = f * c\n        c_t = c_t + i * c_t"),
        {"cell"},
        "f_t * c_{t−1} stands in place of the candidate",
    ),
    "h with a rest": (
        ("h_t = o * torch.tanh(c_t)", "h_t = o * torch.tanh(c_t) + 0.1 * h"),
        {"hidden"},
        "The right h_t is in your computation; what forward returns as h_t is another value",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_one_slip_loses_its_own_criterion(change):
    (old, new), keys, told = CHANGES[change]
    assert old in RIGHT_CELL
    verdict = grade("LSTMCell", RIGHT_CELL.replace(old, new))
    assert lost(verdict) == keys
    assert any(told in result.sentence for result in verdict.results), [
        r.sentence for r in verdict.results if r.sentence
    ]


RETURNS = {  # what forward returns -> a piece of what the student is told
    "None": "forward returns None: it has no return line",
    "'c', 'h'": "c_t is a str, not a tensor",
    "c_t * float('nan'), h_t": "c_t holds nan or infinite numbers",
    "c_t[:2], h_t": "c_t has shape (2)",
    "c_t, h_t.long()": "h_t holds int64, not floating-point numbers",
    "c_t, h_t + 1j": "h_t holds complex",
    "c_t": "forward returns one Tensor. End with: return c_t, h_t",
    "c_t, h_t, c_t": "returns 3 values (Tensor, Tensor, Tensor); it should return (c_t, h_t)",
    "c_t.unsqueeze(0), h_t": "c_t has shape (1, ",
    "c_t / 0, h_t": "c_t holds nan or infinite numbers",
}


@pytest.mark.parametrize("returned", RETURNS)
def test_returns_that_are_none(returned):
    verdict = grade("LSTMCell", RIGHT_CELL.replace("return c_t, h_t", f"return {returned}"))
    assert verdict.score < verdict.points
    assert any(RETURNS[returned] in result.sentence for result in verdict.results), [
        r.sentence for r in verdict.results if r.sentence
    ]


BROKEN = {  # a whole cell -> its score, and a piece of what the student is told
    "": (0, "LSTMCell is not defined after your cell has run"),
    "LSTMCell = 3": (0, "LSTMCell is not a class derived from nn.Module"),
    "class LSTMCell(nn.Module)": (0, "the cell stopped with SyntaxError"),
    "import no_such_module": (0, "the cell stopped with ModuleNotFoundError"),
    "class LSTMCell(nn.Module):\n    def __init__(self, a, b):\n"
    "        raise ValueError('sorry')": (
        0,
        "raised ValueError: sorry",
    ),
    "class LSTMCell(nn.Module):\n    def __init__(self):\n        super().__init__()": (
        0,
        "raised TypeError",
    ),
    "class LSTMCell(nn.Module):\n    pass": (0, "raised TypeError"),
    RIGHT_CELL + "\nprint(undefined)": (8.75, "Your cell stopped with NameError"),
}


@pytest.mark.parametrize("source", BROKEN)
def test_cells_that_do_not_run(source):
    verdict = grade("LSTMCell", source)
    score, told = BROKEN[source]
    assert verdict.score == score
    assert any(told in result.sentence for result in verdict.results), [
        r.sentence for r in verdict.results
    ]


@pytest.mark.parametrize(
    "name", ["CoupledLSTMCell", "CoupledLSTM", "PeepholeLSTMCell", "PeepholeLSTM"]
)
def test_base_classes_of_the_students_own(name):
    """Classes of the student's own, written with nn.Parameter and @, are as good a base as those
    that come with the notebook."""
    own = plain_cell("Parameter", "@") + "\n\n" + stack_source() + "\n\n"
    coupled = (
        answers("parameter_matrices")["CoupledLSTMCell"] + "\n\n" if name == "CoupledLSTM" else ""
    )
    peephole = (
        answers("parameter_matrices")["PeepholeLSTMCell"] + "\n\n" if name == "PeepholeLSTM" else ""
    )
    assert not lost(grade(name, own + coupled + peephole + answers("parameter_matrices")[name]))


def test_a_stack_is_judged_whatever_its_cells_are():
    for broken in (
        "class LSTMCell(nn.Module):\n    pass",
        "LSTMCell = None",
        plain_cell().replace("return c_t, h_t", "return h_t, c_t"),
    ):
        assert not lost(grade("LSTM", broken + "\n\n" + stack_source()))


def test_a_right_stack_of_pytorchs_own_cells_loses_those_alone():
    source = stack_source().replace("LSTMCell(", "nn.LSTMCell(")
    asked = "c[k], h[k] = cell(x_t, c[k], h[k])"
    assert asked in source
    as_pytorch = source.replace(asked, "h[k], c[k] = cell(x_t, (h[k], c[k]))")
    verdict = grade("LSTM", as_pytorch)
    assert "layers" in lost(verdict) <= {"layers", "reset"}
    assert "torch.nn.LSTMCell" in sentence(verdict, "layers")


# a change of a right stack that no table has -> the criteria that it loses, and a piece of what the
# student is told
UNKNOWN_WIRINGS = {
    "layers added up": (
        ("x_t = h[k]", "x_t = h[k] + x_t if k else h[k]"),
        {"wiring"},
        "The layers do not read what they should",
    ),
    "a function between the layers": (
        ("x_t = h[k]", "x_t = torch.sin(3 * h[k]) + 1"),
        {"wiring"},
        "For the same reason outputs is not what the top layer returned.",
    ),
    "a function in outputs alone": (
        ("outputs.append(x_t)", "outputs.append(torch.sin(3 * x_t) + 1)"),
        {"outputs"},
        "outputs is not what the top layer returned",
    ),
    "a function between the layers, another in outputs": (
        (
            "x_t = h[k]\n            outputs.append(x_t)",
            "x_t = torch.sin(3 * h[k]) + 1\n    outputs.append(x_t**2)",
        ),
        {"wiring", "outputs"},
        "outputs is not what the top layer returned",
    ),
    "x for x_t": (
        ("for x_t in x:", "for t in range(len(x)):\n    x_t = x"),
        {"wiring"},
        "With n_layers=3, at x[0] layer 0 reads all of x.",
    ),
    "x[0] for every layer": (
        ("= cell(x_t,", "= cell(x[0],"),
        {"wiring"},
        "every step reads the first x",
    ),
    "h kept as the last layer's": (
        ("c[k], h[k] = cell", "c[k], h[-1] = cell"),
        {"states"},
        "at x[0] layer 2 gets as its h the h that layer 1 gave back at x[0].",
    ),
    "h kept as that of the layer below": (
        ("c[k], h[k] = cell", "c[k], h[k - 1] = cell"),
        {"states"},
        "at x[0] layer 2 gets as its h the h that layer 0 gave back at x[0].",
    ),
    "c kept as that of the layer below": (
        ("c[k], h[k] = cell", "c[k - 1], h[k] = cell"),
        {"states"},
        "at x[0] layer 2 gets as its c the c that layer 0 gave back at x[0].",
    ),
    "c and h exchanged above the first layer": (
        (
            "c[k], h[k] = cell(x_t, c[k], h[k])",
            "new = cell(x_t, c[k], h[k])\n        c[k], h[k] = new[::-1] if k else new",
        ),
        {"states"},
        "at x[1] layer 1 gets as its c the h that layer 1 gave back at x[0].",
    ),
    "h kept as the last layer's, and outputs of c": (
        (
            "c[k], h[k] = cell(x_t, c[k], h[k])\n                x_t = h[k]\n"
            "            outputs.append(x_t)",
            "c[k], h[-1] = cell(x_t, c[k], h[k])\n        x_t = h[k]\n    outputs.append(2 * c[0])",
        ),
        {"states", "outputs"},
        "outputs is not what the top layer returned",
    ),
    "x scaled": (
        ("c[k], h[k] = cell(x_t,", "c[k], h[k] = cell(x_t if k else x_t / (1 + x_t.norm()),"),
        {"wiring"},
        "The layers do not read what they should",
    ),
    "the mean of h_0 for all": (
        ("for x_t in x:", "h = [sum(h) / len(h)] * len(h)\nfor x_t in x:"),
        {"states"},
        "not carried along as they should",
    ),
    "c clamped after the step": (
        ("x_t = h[k]", "c[k] = c[k].clamp(-0.5, 0.5)\n        x_t = h[k]"),
        {"states"},
        "The layers' states are not carried along as they should",
    ),
    "one call for c and one for h": (
        (
            "c[k], h[k] = cell(x_t, c[k], h[k])",
            "c[k] = cell(x_t, c[k], h[k])[0]\n        h[k] = cell(x_t, c[k], h[k])[1]",
        ),
        {"states", "final"},
        "Every layer is run 8 times for 4 steps.",
    ),
    "the upper layers rest at the last step": (
        (
            "c[k], h[k] = cell(x_t,",
            "if k and len(outputs) == len(x) - 1:\n            x_t = h[k]\n            continue\n"
            "        c[k], h[k] = cell(x_t,",
        ),
        {"wiring"},
        "Layer 1 is run 3 times in a sequence of 4 steps.",
    ),
    "the first layer twice at each step": (
        (
            "c[k], h[k] = cell(x_t,",
            "if k == 0:\n            c[k], h[k] = cell(x_t, c[k], h[k])\n"
            "        c[k], h[k] = cell(x_t,",
        ),
        {"wiring"},
        "Layer 0 is run 8 times in a sequence of 4 steps.",
    ),
    "the given h of the last layer in the first step": (
        ("c[k], h[k] = cell(x_t, c[k], h[k])", "c[k], h[k] = cell(x_t, c[k], h[-1])"),
        {"states"},
        "With n_layers=3, at x[0] layer 0 gets as its h the given h[2].",
    ),
    "x one step late": (
        ("for x_t in x:", "for t in range(len(x)):\n    x_t = x[max(t - 1, 0)]"),
        {"wiring"},
        "With n_layers=3, at x[1] layer 0 reads x[0].",
    ),
    "the first output last": (
        ("torch.stack(h)", "torch.stack(h)\noutputs = outputs[1:] + outputs[:1]"),
        {"outputs"},
        "With n_layers=3, outputs[0] is the h that layer 2 gave back at x[1].",
    ),
    "c_T alone in reverse": (
        ("torch.stack(c),", "torch.stack(c[::-1]),"),
        {"final"},
        "With n_layers=3, c_T[0] is the c that layer 2 gave back at x[3].",
    ),
    "c_T of the top layer alone": (
        ("torch.stack(c),", "c[-1],"),
        {"final"},
        "c_T has shape (5); it should be (3, 5).",
    ),
    "new cells at every step": (
        ("= cell(x_t,", "= LSTMCell(x_t.shape[0], c[k].shape[0])(x_t,"),
        {"wiring", "states", "outputs", "final", "gradients", "untouched", "own"},
        "None of the cells in layers is run.",
    ),
    "h_T halved": (
        ("torch.stack(c), torch.stack(h)", "torch.stack(c), torch.stack(h) / 2"),
        {"final"},
        "The final states are not what the layers returned last",
    ),
}


@pytest.mark.parametrize("change", UNKNOWN_WIRINGS)
def test_a_wiring_that_no_table_has_loses_what_the_calls_of_the_layers_show(change):
    (old, new), keys, told = UNKNOWN_WIRINGS[change]
    right = stack_source(run="time outside")
    verdict = grade("LSTM", right.replace(old, new.replace("\n", "\n        ")))
    assert lost(verdict) == keys, [r.sentence for r in verdict.results if not r.met]
    assert any(told in result.sentence for result in verdict.results), [
        r.sentence for r in verdict.results if r.sentence
    ]


def test_a_layer_that_passes_up_its_last_state_alone_loses_what_is_read_alone():
    right = stack_source(run="layers outside")
    last = re.sub(r" {4}( *above\.append)", r"\1", right)
    assert last != right and lost(grade("LSTM", last)) == {"wiring"}


def test_a_layer_that_passes_up_its_state_before_each_step_loses_what_is_read_alone():
    """The outputs of the top layer are what one layer more would read."""
    right = stack_source(run="layers outside")
    step, kept = "c_k, h_k = cell(x_t, c_k, h_k)\n", "above.append(h_k)\n"
    early = re.sub(f"( *){re.escape(step)} *{re.escape(kept)}", rf"\1{kept}\1{step}", right)
    assert early != right and lost(grade("LSTM", early)) == {"wiring"}


def test_a_cell_of_pytorchs_own_is_called_as_it_is_there():
    """What it says where it gets the states one by one is its own."""
    verdict = grade("LSTM", stack_source().replace("LSTMCell(", "nn.LSTMCell("))
    says = "LSTMCell.forward() takes from 2 to 3 positional arguments but 4 were given"
    assert says in sentence(verdict, "states"), sentence(verdict, "states")


def test_two_names_of_one_vector_cost_the_parameters_alone():
    """What is put in for the second name has the form of the first, in which it is used."""
    right = cell_source(
        *("PeepholeLSTMCell", "Parameter", "@", "one by one", "torch", "init"),
        *("c_t = f * c + i * g", ""),
        base="LSTMCell",
        peephole="diagonal",
    )
    own = "self.V_i = nn.Parameter(torch.randn(hidden_dim))"
    assert own in right
    verdict = grade("PeepholeLSTMCell", right.replace(own, "self.V_i = self.V_f"))
    assert lost(verdict) == {"parameters"}, sentence(verdict, "i")


def test_what_only_failing_sizes_would_show_is_lost():
    """A stack that raises from the second step on carries no state along, whatever one step shows:
    but for what it does where it goes on."""
    assert not lost(grade("LSTM", STACK_WITH_LISTS))
    for line, more, keys, said in (
        ("new_h.append(h_k)", "new_h.append(x)", {"states", "outputs", "final"}, "of 4 steps"),
        (
            "outputs.append(below)",
            "outputs += [below]; assert t == 0",
            {"outputs"},
            "went on after that line",
        ),
        ("below = h_k", "below = h_k; assert k == 0", {"wiring"}, "n_layers=3"),
        ("below = h_k", "below = h_k; assert k < 2", {"layers"}, "n_layers=3"),
    ):
        odd = STACK_WITH_LISTS.replace(line, more)
        verdict = grade("LSTM", odd)
        assert odd != STACK_WITH_LISTS and lost(verdict) == keys
        assert any(said in result.sentence for result in verdict.results)


def test_rows_that_the_cell_beside_the_stack_takes_are_right_for_one_unit_too():
    odd = STACK_WITH_LISTS.replace("c[k], h[k])", "c[k : k + 1], h[k : k + 1])")
    assert odd != STACK_WITH_LISTS and not lost(grade("LSTM", odd))


def test_a_stack_that_runs_no_layer_for_a_single_step_is_not_one_of_fewer_layers():
    """Whoever skips the last step runs nothing of a sequence of one."""
    odd = STACK_WITH_LISTS.replace("range(x.shape[0])", "range(x.shape[0] - 1)")
    verdict = grade("LSTM", odd.replace("return outputs", "return outputs + [h[-1]]"))
    assert "layers" not in lost(verdict)


@pytest.mark.parametrize("more", ["n_layers", "(n_layers - 2)"])
def test_a_layer_too_many_or_too_few_costs_no_more_where_forward_counts_them_itself(more):
    odd = STACK_WITH_LISTS.replace("(n_layers - 1)", more)
    odd = odd.replace("sizes = ", "self.n_layers = n_layers\n        sizes = ")
    odd = odd.replace("new_c, new_h = x[t], [], []", "new_c, new_h = x[t], list(c), list(h)")
    for name in "ch":
        odd = odd.replace(f"new_{name}.append({name}_k)", f"new_{name}[k] = {name}_k")
        odd = odd.replace(f"list({name})", f"[{name}[j] for j in range(self.n_layers)]")
    assert "self.n_layers)]" in odd and lost(grade("LSTM", odd)) == {"layers"}


UNIT_BY_UNIT = """
    def forward(self, x, c, h):
        new_c, new_h = [], []
        for j in range(len(h)):
            gate = {}
            for k in "fioc":
                W, U, b = (getattr(self, f"{letter}_{k}") for letter in "WUb")
                total = (W[j] * h).sum() + (U[j] * x).sum() + b[j]
                gate[k] = torch.tanh(total) if k == "c" else torch.sigmoid(total)
            new_c.append(gate["f"] * c[j] + gate["i"] * gate["c"])
            new_h.append(gate["o"] * torch.tanh(new_c[j]))
        return torch.stack(new_c), torch.stack(new_h)
"""
OF_ONE_UNIT = {  # a change of it -> what it loses
    "c[j] +": ("c[j - 1] +", {"cell"}),
    "torch.tanh(new_c[j])": ("torch.tanh(new_c[0])", {"hidden"}),
    "total = (W[j] * h)": ("total = (W[:, j] * h)", set("fioc")),
    "+ b[j]": ('+ (b[j] if k != "i" else 0)', {"i"}),
    "new_h = [], []": ("new_h = [], []  # nothing else", set()),
}


@pytest.mark.parametrize("old", OF_ONE_UNIT)
def test_gates_that_are_made_unit_by_unit_are_seen(old):
    new, keys = OF_ONE_UNIT[old]
    assert old in UNIT_BY_UNIT
    head = plain_cell("Parameter", "@")
    source = head[: head.index("    def forward")] + UNIT_BY_UNIT.replace(old, new)
    assert lost(grade("LSTMCell", source)) == keys


def test_states_of_an_odd_shape_raise_nothing():
    """The layers make matrices from the second step on, where the sizes let them."""
    odd = STACK_WITH_LISTS.replace("new_h.append(h_k)", "new_h.append(x)")
    odd = odd.replace("outputs.append(below)", "outputs.append(h[-1])")
    assert {"states", "outputs"} <= lost(grade("LSTM", odd))


STACK_WITH_LISTS = """
class LSTM(nn.Module):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        sizes = [input_dim] + [hidden_dim] * (n_layers - 1)
        self.layers = nn.ModuleList(LSTMCell(size, hidden_dim) for size in sizes)

    def reset_parameters(self):
        for parameter in self.parameters():
            nn.init.normal_(parameter)

    def forward(self, x, c, h):
        outputs = []
        for t in range(x.shape[0]):
            below, new_c, new_h = x[t], [], []
            for k in range(len(self.layers)):
                c_k, h_k = self.layers[k](below, c[k], h[k])
                new_c.append(c_k)
                new_h.append(h_k)
                below = h_k
            c, h = torch.stack(new_c), torch.stack(new_h)
            outputs.append(below)
        return outputs, (c, h)
"""


def test_a_gradient_that_is_no_number_is_not_called_cut():
    """√0 has an infinite slope, and 0 times that is none."""
    right = solutions()["LSTMCell"]
    odd = right.replace("torch.tanh(c_t)", "(torch.tanh(c_t) + 0 * torch.sqrt(c_t * 0))")
    verdict = grade("LSTMCell", odd)
    assert odd != right and lost(verdict) == {"gradients"}
    assert "nan or infinite" in sentence(verdict, "gradients")


def test_a_gradient_that_overflows_after_another_slip_loses_nothing():
    """exp for σ lets a state grow until the slope of the next step's function is none, under some
    weights."""
    right = solutions()["LSTMCell"]
    odd = right.replace("f_t = torch.sigmoid", "f_t = torch.exp")
    odd = odd.replace("torch.tanh(c_t)", "(2 / (1 + torch.exp(-2 * c_t)) - 1)")
    assert all(lost(grade("LSTMCell", odd, seed)) == {"f"} for seed in range(1, 13))


def test_a_gradient_that_overflows_in_an_unknown_formula_loses_nothing():
    """1 / (1 − a) has a pole: a state may grow until exp overflows in the function of the next
    step, whose values stay right and whose gradient is none."""
    right = solutions()["LSTMCell"]
    odd = right.replace(
        "f_t = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)",
        "f_t = 1 / (1 - (self.W_f(h) + self.U_f(x) + self.b_f))",
    ).replace("torch.tanh(c_t)", "(2 / (1 + torch.exp(-2 * c_t)) - 1)")
    assert odd.count("1 /") == 1 and all(
        lost(grade("LSTMCell", odd, seed)) == {"f"} for seed in range(1, 7)
    )


@pytest.mark.parametrize("kind", ["half", "bfloat16"])
def test_a_gradient_through_rounded_numbers_is_not_called_cut(kind):
    source = plain_cell().replace("torch.tanh(c_t)", f"torch.tanh(c_t.{kind}()).to(c_t.dtype)")
    assert source != plain_cell() and lost(grade("LSTMCell", source)) == {"hidden"}


def test_a_gradient_that_cannot_be_told_is_not_called_cut():
    """Cells that run twice a step: the loss bends so fast that differences over a small step are no
    measure. What they read is right, and how often they run is said."""
    verdict = grade(
        "LSTM",
        stack_source(run="time outside").replace(
            "        c[k], h[k] = cell(x_t",
            "        c[k], h[k] = cell(x_t, c[k], h[k])\n                c[k], h[k] = cell(x_t",
        ),
    )
    assert lost(verdict) == {"states"} and not any(
        "is cut" in result.sentence for result in verdict.results
    )


GARBAGE = [
    None,
    [],
    "x",
    3,
    {},
    {"failed": None},
    {"defined": "yes"},
    {"defined": "yes", "builds": 3},
    {"defined": "yes", "builds": [None, [], "x"]},
    {"defined": "yes", "builds": [{"calls": [{"out": [{"shape": [5], "data": "!!!"}]}]}] * 3},
    {"defined": "yes", "builds": [{"found": {"W_f": 3}, "calls": {}}] * 3},
    {
        "defined": "yes",
        "builds": [
            {"calls": [{"out": [{"shape": [10**9], "dtype": "float64", "data": ""}, 7]}] * 5}
        ]
        * 3,
    },
    {
        "defined": "yes",
        "builds": [
            {"mode": "stand-in", "cells": [1, {}], "calls": [{"out": [None, None, None], "log": 5}]}
        ]
        * 4,
        "resets": [{"parameters": {"x": 5}}],
    },
]


@pytest.mark.parametrize("name", EXERCISES)
def test_answers_that_are_none_earn_nothing(name):
    questions = draw(EXERCISES[name], 1)
    for garbage in GARBAGE:
        verdict = judge(EXERCISES[name], questions, read_answers(garbage))
        assert verdict.score == 0 and all(result.sentence for result in verdict.results)


@pytest.mark.parametrize("name", ["LSTMCell", "LSTM"])
def test_a_piece_of_an_answer_may_be_anything(name):
    """Every single value of a right answer replaced by something else: the judge goes on, and never
    gives more."""
    questions, right, cell = asked(name, SOLUTIONS[name])
    full = judge(EXERCISES[name], questions, read_answers(right), cell).score
    for path in paths(right):
        for other in (None, "x", -1, 1e300, [], {}, {"shape": [1, 2], "data": "AAAA"}):
            bent = copy.deepcopy(right)
            place(bent, path[:-1])[path[-1]] = other
            assert judge(EXERCISES[name], questions, read_answers(bent), cell).score <= full


def paths(value, at=(), depth=4):
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, part in list(items)[:3]:
        yield (*at, key)
        if depth:
            yield from paths(part, (*at, key), depth - 1)


def place(value, path):
    for key in path:
        value = value[key]
    return value


def test_verdicts_survive_the_trip_through_a_notebook():
    verdict = grade("LSTMCell", RIGHT_CELL.replace("o * torch", "torch"))
    assert Verdict.from_dict(verdict.to_dict()) == verdict


def test_questions_are_new_for_every_seed():
    for exercise in EXERCISES.values():
        first, again, other = (plain(draw(exercise, seed)) for seed in (1, 1, 2))
        assert first == again != other


def test_code_after_return_is_noticed():
    assert "stands after return" in grade("LSTM", answers("first_attempt")["LSTM"]).notes[0]


def test_respond_never_raises():
    for exercise in EXERCISES.values():
        for namespace in ({}, {exercise.name: 3}, {exercise.name: type}, {exercise.name: object()}):
            questions = draw(exercise, 3)
            answers = read_answers(respond(plain(questions), namespace))
            assert judge(exercise, questions, answers, Cell()).score == 0


@pytest.mark.parametrize("skipped", ["first step skipped", "last step skipped"])
def test_a_wiring_that_takes_no_step_of_a_short_sequence_has_no_loss(skipped):
    known = {mistake.name: mistake for mistake in named("LSTM")}
    for other in ("one row too many", "the final h as outputs"):
        verdict = grade("LSTM", code("LSTM", known[skipped], known[other]))
        assert {"outputs"} <= lost(verdict) and "gradients" not in lost(verdict)


HOLLOW_STACKS = {  # forward of a stack that runs no layer, or runs them all alike and goes on
    "nothing, in another shape": ("return x * 0, (c * 0, h * 0)",),
    "nothing": ("return c.new_zeros(len(x), c.shape[1]), (c * 0, h * 0)",),
    "the states as they came": ("return x * 0, (c, h)",),
    "an error in place of a result": (
        "for t in range(len(x)):",
        "    for layer in self.layers:",
        "        layer(x[t], c[0], h[0])",
        "        c_k, h_k = 1 / 0",
        "return [h_k], (c, h)",
    ),
    "one error for all steps and layers": (
        "c_k, h_k = 1 / 0",
        "n = len(self.layers)",
        "return [h_k for _ in x], (torch.stack([c_k] * n), torch.stack([h_k] * n))",
    ),
    "one error, and numbers of its own": (
        "c_k, h_k = 1 / 0",
        "own = lambda rows: 0.3 + 0.4 * torch.rand(rows, c.shape[1])",
        "return own(len(x)), (own(len(c)), own(len(h)))",
    ),
}


@pytest.mark.parametrize("lines", HOLLOW_STACKS.values(), ids=HOLLOW_STACKS)
def test_a_stack_that_computes_nothing_earns_its_form_alone(lines):
    head = stack_source().partition("    def forward")[0]
    forward = "    def forward(self, x, c, h):\n" + "".join(f"        {one}\n" for one in lines)
    verdict = grade("LSTM", head + forward)
    assert {key for key in EXERCISES["LSTM"].keys if key not in lost(verdict)} <= {
        "runs",
        "layers",
        "reset",
    }


INSIDE_A_LAYER = """

class Whole(LSTMCell):
    def forward(self, stack, x, c, h):
        of = lambda layer, letter: torch.cat([getattr(layer, f"{letter}_{k}") for k in "ifco"])
        held = lambda layer, letter: torch.cat(
            [getattr(layer, f"{letter}_{k}").weight for k in "ifco"]
        )
        flat = [
            made
            for layer in stack.layers
            for made in (held(layer, "U"), held(layer, "W"), of(layer, "b"), 0 * of(layer, "b"))
        ]
        given = x[:, None], (h[:, None], c[:, None]), flat, True, len(c), 0.0
        out, h_n, c_n = torch.lstm(*given, False, False, False)
        return out[:, 0], (c_n[:, 0], h_n[:, 0])


class LSTM(nn.Module):
    def __init__(self, n, m, layers):
        super().__init__()
        self.layers = nn.ModuleList(Whole(m if k else n, m) for k in range(layers))
        self.reset_parameters()

    def reset_parameters(self):
        for layer in self.layers:
            layer.reset_parameters()

    def forward(self, x, c, h):
        return self.layers[0](self, x, c, h)
"""


@pytest.mark.parametrize("above", ["", "    @torch.enable_grad()\n"], ids=["plain", "wrapped"])
def test_a_stack_of_pytorchs_own_inside_of_a_layer_is_seen(above):
    forward = "    def forward(self, stack"
    layer = INSIDE_A_LAYER.replace(forward, above + forward)
    verdict = grade("LSTM", SOLUTIONS["LSTMCell"] + layer)
    assert "PyTorch's lstm ran underneath" in verdict.flags[0]
    assert {"wiring", "states", "outputs", "final", "own"} <= lost(verdict)


AS_A_LAYERS_FORWARD = """
class LSTM(nn.Module):
    def __init__(self, n, m, layers):
        super().__init__()
        self.layers = nn.ModuleList(LSTMCell(m if k else n, m) for k in range(layers))
        self.layers[0].forward = torch.func.functional_call
        self.reset_parameters()

    def reset_parameters(self):
        for layer in self.layers:
            layer.reset_parameters()

    def forward(self, x, c, h):
        from torch.ao.nn.quantizable import LSTM as Theirs

        weights = {}
        for k, layer in enumerate(self.layers):
            cell = f"layers.{k}.layer_fw.cell."
            for kind, letter in ("igates", "U"), ("hgates", "W"):
                held = [getattr(layer, f"{letter}_{gate}").weight for gate in "ifco"]
                bias = torch.cat([getattr(layer, f"b_{gate}") for gate in "ifco"])
                weights[f"{cell}{kind}.weight"] = torch.cat(held)
                weights[f"{cell}{kind}.bias"] = bias if letter == "U" else 0 * bias
        given, theirs = (x[:, None], (h[:, None], c[:, None])), Theirs(*self.sizes(x, h))
        out, (h_n, c_n) = self.layers[0].forward(theirs, weights, given)
        return out[:, 0], (c_n[:, 0], h_n[:, 0])

    def sizes(self, x, h):
        return x.shape[1], h.shape[1], len(self.layers)
"""


def test_a_stack_of_pytorchs_own_in_python_as_a_layers_forward_is_seen():
    """Only single steps of PyTorch's own are left out of what a layer's forward runs."""
    verdict = grade("LSTM", SOLUTIONS["LSTMCell"] + AS_A_LAYERS_FORWARD)
    assert "rnn.LSTM.forward" in verdict.flags[0] and "LSTMCell" not in verdict.flags[0][5:]
    assert {"wiring", "states", "outputs", "final", "own"} <= lost(verdict)


@pytest.mark.parametrize("left_on", ["kept = cProfile.Profile()\nkept.enable()", ANOMALY])
def test_what_a_notebook_has_left_on_costs_nothing(left_on):
    verdict = grade("LSTMCell", f"import cProfile\n{SOLUTIONS['LSTMCell']}\n{left_on}\n")
    sys.setprofile(None)
    gc.collect()  # a cProfile takes off what watches when it goes, in a later test
    torch.autograd.set_detect_anomaly(False)
    assert not lost(verdict) and not verdict.flags


OF_TWO = """        a = lambda k: sum(getattr(self, n + k) @ v for n, v in (("W_", h), ("U_", x)))
        f, i, o, g = (a(k) + getattr(self, "b_" + k) for k in "fioc")
"""
DIVIDED = "c_t = c / (1 + torch.exp(-f)) + torch.tanh(g) / (1 + torch.exp(-i))\n"
IN_VMAP = """f, i, o = torch.vmap(torch.sigmoid)(torch.stack([f, i, o]))
        c_t = f * c + i * torch.tanh(g)
"""
ENDS = "        return c_t, torch.tanh(c_t) / (1 + torch.exp(-o))\n"
AS_A_SCRIPT = """
@torch.jit.script
def activated(f, i, o, g, c):
    c_t = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return c_t, torch.sigmoid(o) * torch.tanh(c_t)
"""


@pytest.mark.parametrize(
    "lines",
    [
        OF_TWO + "        " + DIVIDED + ENDS,
        OF_TWO + "        " + IN_VMAP + "        return c_t, o * torch.tanh(c_t)\n",
    ],
    ids=["divided", "vmap"],
)
def test_a_gate_that_shows_in_another_form_is_not_shown_to_a_person(lines):
    source = HOLLOW.replace("        return c * 0, h * 0\n", lines)
    verdict = grade("LSTMCell", source)
    assert verdict.score == verdict.points and not verdict.flags


def test_a_step_as_torchscript_is_not_shown_to_a_person():
    """It runs out of sight, and says of itself that it does."""
    lines = OF_TWO + "        return activated(f, i, o, g, c)\n"
    source = AS_A_SCRIPT + HOLLOW.replace("        return c * 0, h * 0\n", lines)
    verdict = grade("LSTMCell", source)
    assert verdict.score == verdict.points and not verdict.flags


def test_gates_that_run_out_of_sight_are_shown_to_a_person():
    assert "seen to compute" in grade("LSTMCell", BY_A_LIBRARY_IN_C).flags[0]
