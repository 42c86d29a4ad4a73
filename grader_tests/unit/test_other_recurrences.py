"""Recurrences that are no LSTM, on the same judge: a right stack of them gets everything, and a
wrong one is told what is wrong, though no line of the judge knows them."""

from dataclasses import replace

import gru_exercises
import pytest
import torch
from torch import nn

from autograde.course.begin import solution
from autograde.course.checked import faults_with_judge
from autograde.exercise import Cell, Criterion, Part, Recurrence, Rule, Stack, Verdict
from autograde.exercise.faults import faults
from autograde.judge import draw, examine, judge, plain, read_answers
from autograde.student.respond import respond
from grader_tests.samples.students import ALL_NOTEBOOKS, EVERY, FURTHER, solutions
from grader_tests.support.function_level import lost

GRU = gru_exercises.STACK
CELL = """
class GRUCell(nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        for k in "zrn":
            setattr(self, f"W_{k}", nn.Linear(hidden_dim, hidden_dim, bias=False))
            setattr(self, f"U_{k}", nn.Linear(input_dim, hidden_dim, bias=False))
            setattr(self, f"b_{k}", nn.Parameter(torch.zeros(hidden_dim)))

    def forward(self, x, h):
        z = torch.sigmoid(self.W_z(h) + self.U_z(x) + self.b_z)
        r = torch.sigmoid(self.W_r(h) + self.U_r(x) + self.b_r)
        n = torch.tanh(self.W_n(r * h) + self.U_n(x) + self.b_n)
        return (1 - z) * n + z * h
"""
STACK = """
class GRU(nn.Module):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        sizes = [input_dim] + [hidden_dim] * (n_layers - 1)
        self.layers = nn.ModuleList(GRUCell(size, hidden_dim) for size in sizes)

    def forward(self, x, h):
        h, outputs = list(h), []
        for x_t in x:
            old, below = list(h), x_t
            for k, layer in enumerate(self.layers):
                h[k] = layer(below, h[k])
                below = h[k]
            outputs.append(h[-1])
        return torch.stack(outputs), torch.stack(h)
"""


def graded(exercise, source: str, seed: int = 1) -> Verdict:
    namespace = {"torch": torch, "nn": nn}
    exec(source, namespace)
    questions = draw(exercise, seed)
    answers = respond(plain(questions), namespace)
    return judge(exercise, questions, read_answers(answers), Cell(source))


@pytest.mark.parametrize(
    "change",
    [
        (),
        ("layer(below, h[k])", "layer(x=below, h=h[k])"),
        ("torch.stack(outputs), torch.stack(h)", "outputs, torch.stack(h)"),
        ("torch.stack(outputs), torch.stack(h)", "torch.stack(outputs), (torch.stack(h),)"),
        ("h[k] = layer(below, h[k])", "h = [*h[:k], layer(below, h[k]), *h[k + 1 :]]"),
    ],
    ids=["plain", "named arguments", "outputs as a list", "a tuple of one state", "new lists"],
)
def test_a_right_gru_stack_has_everything(change):
    verdict = graded(GRU, CELL + (STACK.replace(*change) if change else STACK))
    assert not lost(verdict) and not verdict.flags and verdict.score == GRU.points


WRONG = {  # a change of the right stack -> what it loses, and what is told
    ("below = h[k]", "below = old[k]"): ({"wiring"}, "one step late"),
    ("below = h[k]", "below = x_t"): ({"wiring"}, "every layer reads x_t itself"),
    ("layer(below, h[k])", "layer(below, h[0])"): ({"states"}, "the state of layer 0"),
    ("h, outputs = list(h), []", "h, outputs = [0 * s for s in h], []"): (
        {"states"},
        "the given states are ignored",
    ),
    ("for x_t in x:", "for x_t in x.flip(0):"): ({"outputs"}, "read backwards"),
    ("outputs.append(h[-1])", "outputs.append(h[0])"): ({"outputs"}, "holds the h of layer 0"),
    ("torch.stack(h)\n", "torch.stack(h[::-1])\n"): ({"final"}, "in reverse order"),
    ("torch.stack(h)\n", "h[-1]\n"): ({"final"}, "only the top layer's final states"),
    ("[input_dim] + [hidden_dim] * (n_layers - 1)", "[input_dim] * n_layers"): (
        {"layers"},
        "reads input_dim numbers",
    ),
    ("nn.ModuleList(", "list("): ({"layers"}, "layers is a list"),
}


@pytest.mark.parametrize("change", WRONG, ids=[told for _, told in WRONG.values()])
def test_a_wrong_gru_stack_is_told_what_is_wrong(change):
    assert change[0] in STACK
    keys, told = WRONG[change]
    verdict = graded(GRU, CELL + STACK.replace(*change))
    said = [result.sentence for result in verdict.results if result.sentence]
    assert lost(verdict) == keys and any(told in sentence for sentence in said), said


def test_a_gru_stack_of_pytorchs_is_told_by_its_own_name():
    own = STACK.replace(
        "layer(below, h[k])",
        "layer(below, h[k]) + 0 * nn.GRUCell(len(below), len(h[k]))(below, h[k])",
    )
    assert any("GRU" in flag for flag in graded(GRU, CELL + own).flags)
    assert not any("LSTM" in flag for flag in graded(GRU, CELL + own).flags)


# ---------------------------------------------------------------- the GRU outside of the marks
OPTIONAL = FURTHER["GRUCell"]
WORKED = solutions(ALL_NOTEBOOKS)["GRUCell"]
RIGHT = {  # other ways to write it
    "as worked": (),
    "a lerp": ("(1 - z_t) * n_t + z_t * h", "torch.lerp(n_t, h, z_t)"),
    "a difference": ("(1 - z_t) * n_t + z_t * h", "n_t + z_t * (h - n_t)"),
    "matrices": (
        "nn.Linear(hidden_dim, hidden_dim, bias=False)",
        "nn.Parameter(torch.randn(hidden_dim, hidden_dim))",
        *("self.W_z(h)", "self.W_z @ h", "self.W_r(h)", "self.W_r @ h"),
        *("self.W_n(r_t * h)", "self.W_n @ (r_t * h)"),
    ),
}
WRONG_CELLS = {  # what is changed -> what that loses, and what is told
    ("self.W_n(r_t * h)", "r_t * self.W_n(h)"): ({"n"}, "as in PyTorch's own GRU. Here it weights"),
    (
        "self.W_n(r_t * h) + self.U_n(x) + self.b_n",
        "r_t * (self.W_n(h) + self.b_n) + self.U_n(x)",
    ): (
        {"n"},
        "W_n h_{t−1} + b_n, as in PyTorch's own GRU",
    ),
    ("self.W_n(r_t * h)", "self.W_n(h)"): ({"n"}, "r_t is not there"),
    ("(1 - z_t) * n_t + z_t * h", "z_t * n_t + (1 - z_t) * h"): (
        {"hidden"},
        "here z_t says how much is kept",
    ),
    ("(1 - z_t) * n_t", "n_t"): ({"hidden"}, "the candidate is not weighted by 1 − z_t"),
    ("torch.sigmoid(self.W_z", "torch.tanh(self.W_z"): ({"z"}, "it goes through tanh"),
    ("self.W_r(h)", "self.W_z(h)"): ({"r"}, "it uses W_z in place of W_r"),
    ("self.U_n(x) + self.b_n", "self.U_n(x)"): ({"n"}, "the bias b_n is missing"),
    (" + self.b_z)", ")", " + self.b_r)", ")", " + self.b_n)", ")"): (
        {"z", "r", "n"},
        "the bias b_r is missing",
    ),
    ("bias=False", "bias=True"): ({"parameters"}, "give nn.Linear bias=False"),
    ("torch.zeros(hidden_dim)", "torch.zeros(input_dim)"): ({"parameters"}, "b_z has shape"),
    ("z_t * h\n", "z_t * h.detach()\n"): ({"gradients"}, "is cut"),
    ("        z_t = ", "        h.mul_(1)\n        z_t = "): (
        {"untouched"},
        "the h that was passed in",
    ),
    ("return ", "return 0 * nn.GRUCell(len(x), len(h))(x, h) + "): (
        {"own"},
        "PyTorch's own gru_cell was called",
    ),
    ("x, h):", "h, x):"): (
        {"hidden"},
        "Your forward takes (h, x); it should take (x, h). The rule: forward takes (x, h) and",
    ),
    ("torch.zeros(", "torch.empty("): ({"parameters"}, "uninitialised. Give it values there."),
}


def optional_gru(*changes: str) -> Verdict:
    source = WORKED + "\n"
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in source
        source = source.replace(old, new)
    return graded(OPTIONAL, source)


@pytest.mark.parametrize("way", RIGHT)
def test_a_right_gru_has_everything(way):
    assert not lost(optional_gru(*RIGHT[way]))


@pytest.mark.parametrize("changes", WRONG_CELLS, ids=[told for _, told in WRONG_CELLS.values()])
def test_a_wrong_gru_is_told_what_is_wrong(changes):
    keys, told = WRONG_CELLS[changes]
    verdict = optional_gru(*changes)
    said = [result.sentence for result in verdict.results if result.sentence]
    assert lost(verdict) == keys and any(told in sentence for sentence in said), said


def test_the_rows_of_the_gru_are_told_apart():
    """By the judge on the declaration, as for what is marked."""
    assert not list(faults_with_judge(OPTIONAL))
    assert not list(faults((replace(OPTIONAL, notebook="gru"),)))


# ---------------------------------------------------------------- three states
THREE = Recurrence(
    "Step",
    "none",
    tuple(
        Criterion(key, 1, key, f"{key} follows the rule") for key in ("parameters", "a", "b", "h")
    ),
    rule=Rule(
        (
            Part("new_a", "a_t", "a", {"tanh(W @ h + U @ x)": "", "tanh(W @ h)": "no x"}),
            Part("new_b", "b_t", "b", {"b + new_a": "", "b": "a_t is missing"}),
            Part("new_h", "h_t", "h", {"a * new_b": "", "a": "b_t is missing"}),
        ),
        inputs={"x": "x_t", "a": "a_{t−1}", "b": "b_{t−1}", "h": "h_{t−1}"},
        outputs={"a_t": "new_a", "b_t": "new_b", "h_t": "new_h"},
    ),
    parameters={"W": ("m", "m"), "U": ("m", "n")},
)
STACK_OF_THREE = Stack(
    "Steps",
    "none",
    tuple(
        Criterion(key, 1, key, key) for key in ("layers", "wiring", "states", "outputs", "final")
    ),
    of=THREE,
)
THREE_SOURCE = """
class Step(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.W, self.U = nn.Parameter(torch.zeros(m, m)), nn.Parameter(torch.zeros(m, n))

    def forward(self, x, a, b, h):
        new_a = torch.tanh(self.W @ h + self.U @ x)
        new_b = b + new_a
        return new_a, new_b, a * new_b


class Steps(nn.Module):
    def __init__(self, n, m, layers):
        super().__init__()
        self.layers = nn.ModuleList(Step(m if k else n, m) for k in range(layers))

    def forward(self, x, a, b, h):
        states, outputs = [list(layer) for layer in zip(a, b, h)], []
        for below in x:
            for k, layer in enumerate(self.layers):
                states[k] = layer(below, *states[k])
                below = states[k][2]
            outputs.append(below)
        return outputs, tuple(map(torch.stack, zip(*states)))
"""


def test_a_step_and_a_stack_with_three_states():
    assert not lost(graded(THREE, THREE_SOURCE)) and not lost(graded(STACK_OF_THREE, THREE_SOURCE))
    up = graded(
        STACK_OF_THREE, THREE_SOURCE.replace("below = states[k][2]", "below = states[k][0]")
    )
    assert "a layer reads the a of the layer below" in up.results[1].sentence
    bent = graded(THREE, THREE_SOURCE.replace("b + new_a", "b + 0 * new_a"))
    assert lost(bent) == {"b"} and "a_t is missing" in bent.results[2].sentence


LEAKY = Recurrence(
    "Leaky",
    "none",
    tuple(Criterion(key, 1, key, f"{key} follows the rule") for key in ("leak", "state")),
    rule=Rule(
        (
            Part("alpha", "α", "leak", {"sigmoid(a)": "", "a": "σ is missing"}, traced=True),
            Part("new", "k_t", "state", {"(1 - alpha) * k + alpha * tanh(U @ x)": ""}),
        ),
        inputs={"x": "x_t", "k": "k_{t−1}"},
        outputs={"k_t": "new"},
    ),
    parameters={"a": ("m",), "U": ("m", "n")},
)
LEAKIES = Stack("Leakies", "none", (Criterion("works", 1, "works", "works"),), of=LEAKY)


def test_a_part_of_parameters_alone_may_be_traced():
    """And a state may have the name that a loop would take, in what an assignment begins with."""
    worked = "\n".join(map(solution, (LEAKY, LEAKIES)))
    assert not lost(graded(LEAKY, worked)) and not lost(graded(LEAKIES, worked))
    verdict = graded(LEAKY, worked.replace("torch.sigmoid(a)", "a"))
    assert lost(verdict) == {"leak"} and "σ is missing" in verdict.results[0].sentence


NORMALISED = Recurrence(
    "Normalised",
    "none",
    tuple(Criterion(key, 1, key, f"{key} follows the rule") for key in ("f", "i", "c", "k", "h")),
    rule=Rule(
        (
            Part("f", "f_t", "f", {"sigmoid(W_f @ h + U_f @ x)": ""}, traced=True),
            Part("i", "i_t", "i", {"exp(W_i @ h + U_i @ x)": ""}, traced=True),
            Part("new_c", "c_t", "c", {"f * c + i * tanh(U_c @ x)": ""}),
            Part("new_k", "k_t", "k", {"f * k + i": "", "f * k - i": "i_t is subtracted"}),
            Part("new_h", "h_t", "h", {"new_c / new_k": ""}),
        ),
        inputs={"x": "x_t", "c": "c_{t−1}", "k": "k_{t−1}", "h": "h_{t−1}"},
        outputs={"c_t": "new_c", "k_t": "new_k", "h_t": "new_h"},
    ),
    parameters={f"W_{k}": ("m", "m") for k in "fi"} | {f"U_{k}": ("m", "n") for k in "fic"},
)


@pytest.mark.parametrize("state", ["k", "c"])
def test_a_gate_that_two_outputs_use_costs_itself_alone(state):
    """Whatever it is made from, the second of them follows from what the first was made with."""
    worked = solution(NORMALISED)
    assert not lost(graded(NORMALISED, worked))
    verdict = graded(NORMALISED, worked.replace("W_f @ h", f"W_f @ {state}"))
    assert lost(verdict) == {"f"}
    bent = worked.replace("W_f @ h", f"W_f @ {state}").replace("f * k + i", "f * k - i")
    assert lost(graded(NORMALISED, bent)) == {"f", "k"}


OTHER_NAMES = (  # a recurrence, a right answer, what is renamed in it, what is told
    (
        gru_exercises.CELL,
        CELL,
        (("W_", "hidden_"), ("U_", "given_"), ("b_", "shift_")),
        "The gates' parameters do not stand under their own names; W_z, U_z, b_z, … are asked for.",
    ),
    (
        THREE,
        THREE_SOURCE,
        (("self.W", "self.state"), ("self.U", "self.given")),
        "Your parameters stand under other names; W, U are asked for.",
    ),
)


@pytest.mark.parametrize("exercise, source, names, told", OTHER_NAMES)
def test_parameters_under_other_names_cost_their_own_criterion(exercise, source, names, told):
    assert not lost(graded(exercise, source))
    for asked, own in names:
        source = source.replace(asked, own)
    verdict = graded(exercise, source)
    assert lost(verdict) == {"parameters"}
    assert any(told in result.sentence for result in verdict.results)


# ---------------------------------------------------------------- what has no criterion of its own
def few_criteria(*keys: str) -> tuple[Criterion, ...]:
    return tuple(Criterion(key, 1, key, f"the rule of {key}") for key in keys)


SUM = {"W @ h + U @ x + b": "", "W @ h + U @ x": "the bias is missing"}
RNN = Recurrence(
    "Cell",
    "rnn",
    few_criteria("runs", "hidden"),
    rule=Rule(
        (
            Part("a", "sum", "hidden", SUM, inline=True),
            Part("new", "h_t", "hidden", {"tanh(a)": "", "a": "tanh is missing"}),
        ),
        inputs={"x": "x_t", "h": "h_{t−1}"},
        outputs={"h_t": "new"},
    ),
    parameters={"W": ("m", "m"), "U": ("m", "n"), "b": ("m",)},
)
GATED = Recurrence(
    "Cell",
    "gated",
    few_criteria("runs", "cell", "hidden"),
    rule=Rule(
        (
            Part("k", "k_t", "k", {"sigmoid(W @ h + U @ x)": ""}, traced=True),
            Part("new_c", "c_t", "cell", {"k * c": ""}),
            Part("new_h", "h_t", "hidden", {"tanh(new_c)": ""}),
        ),
        inputs={"x": "x_t", "c": "c_{t−1}", "h": "h_{t−1}"},
        outputs={"c_t": "new_c", "h_t": "new_h"},
    ),
    parameters={"W": ("m", "m"), "U": ("m", "n")},
)
AS_IT_IS = {"tanh(a)": "", "h": "the state is returned as it is"}
WITH_FORM = replace(  # a known mistake of the one criterion shows something, unless nothing is done
    RNN,
    criteria=few_criteria("runs", "hidden", "gradients", "untouched"),
    rule=replace(RNN.rule, parts=(RNN.rule.parts[0], Part("new", "h_t", "hidden", AS_IT_IS))),
)
CELL_TEXT = """class Cell(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.W, self.U = nn.Linear(m, m, bias=False), nn.Linear(n, m, bias=False)
        self.b = nn.Parameter(torch.zeros(m))

    def forward(self, {arguments}):
        {body}
"""
# ruff: disable[E501]
SILENT = (  # exercise, arguments, body, what is lost, what is read
    (RNN, "x, h", "return torch.tanh(self.W(h) + self.U(x) + self.b)", set(), ""),
    (RNN, "x, h", "return torch.tanh(self.W(h) + self.U(x))", {"hidden"}, "the bias is missing"),
    (WITH_FORM, "x, h", "return torch.tanh(self.W(h) + self.U(x))", {"hidden"}, "the bias is missing"),
    (WITH_FORM, "x, h", "return torch.sin(self.W(h) + self.U(x) + self.b)", {"hidden"}, "no mistake that we know"),
    (WITH_FORM, "x, h", "return -torch.tanh(self.W(h) + self.U(x) + self.b)", {"hidden"}, "The right h_t is in your"),
    (WITH_FORM, "x, h", "return torch.sin(h + x.sum())", {"hidden", "gradients", "untouched"}, "no mistake that we know"),
    (WITH_FORM, "x, h", "return h", {"hidden", "gradients", "untouched"}, "the state is returned as it is"),
    (GATED, "x, c, h", "c = torch.sigmoid(self.W(h) + self.U(x)) * c; return c, c.tanh()", set(), ""),
    (GATED, "x, c, h", "c = torch.sigmoid(self.W(h) + self.U(x)) * c; return c.tanh(), c", {"cell", "hidden"}, "forward returns (h_t, c_t). The rule: forward takes (x, c, h) and returns (c_t, h_t)."),
    (GATED, "x, c, h", "c = torch.sin(self.W(h) + self.U(x)) * c; return c, c.tanh()", {"cell"}, "The rule: the rule of cell."),
)  # fmt: skip
# ruff: enable[E501]


@pytest.mark.parametrize("exercise, arguments, body, lost, said", SILENT)
def test_what_is_wrong_costs_though_it_has_no_criterion_of_its_own(
    exercise, arguments, body, lost, said
):
    source = CELL_TEXT.format(arguments=arguments, body=body)
    if exercise is GATED:
        source = source.replace("        self.b = nn.Parameter(torch.zeros(m))\n", "")
    namespace = {"__name__": "__main__", "torch": torch, "nn": torch.nn}
    exec(source, namespace)
    verdict = examine(exercise, lambda asked: respond(asked, namespace), Cell(source), 1)
    sentences = {result.key: result.sentence for result in verdict.results if not result.met}
    assert set(sentences) == lost
    assert not lost or any(said in sentence for sentence in sentences.values())


def test_of_many_gates_two_are_looked_at_at_once():
    """All orders of ten gates would be three million."""
    rule = EVERY["LSTMCell"].rule
    gates = [part for part in rule.parts if part.traced]
    more = [replace(gate, name=f"{gate.name}_{k}") for k in (1, 2) for gate in gates]
    many = replace(rule, parts=(*rule.parts, *more))
    assert len(rule.exchanges) == 23 and len(many.exchanges) == 66
