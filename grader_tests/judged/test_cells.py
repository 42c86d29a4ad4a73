"""Cells that keep to other conventions than the asked ones, or raise: they lose what that costs,
once, and the rest is judged through them."""

import re

import pytest
import torch

from grader_tests.samples.hostile import HOLLOW
from grader_tests.samples.mistakes import code, singles
from grader_tests.samples.right_answers import STATE, cell_source, plain_cell
from grader_tests.samples.students import answers, solutions
from grader_tests.support.function_level import grade, lost, told

CELL = plain_cell("Linear", "call")
HEAD = """
class LSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        n, m = input_dim, hidden_dim
        {keep}
        self.reset_parameters()

    def reset_parameters(self):
        for p in self.parameters():
            nn.init.normal_(p)

    def forward({arguments}):
        {gates}
        c_t = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h_t = torch.sigmoid(o) * torch.tanh(c_t)
        {end}
"""


def cell(
    keep: str, gates: str, arguments: str = "self, x, c, h", end: str = "return c_t, h_t"
) -> str:
    indented = [text.replace("\n", "\n        ") for text in (keep, gates, end)]
    return HEAD.format(keep=indented[0], gates=indented[1], arguments=arguments, end=indented[2])


EACH = "for k in 'fioc':\n    "
GATES = "f, i, o, g = ({} for k in 'fioc')"
PARAMETERS = {  # what is other about the parameters -> how they are kept, used, and what is told
    "one layer over h and x": (
        EACH + "setattr(self, f'W_{k}', nn.Linear(m + n, m, bias=False))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.zeros(m)))",
        GATES.format("getattr(self, f'W_{k}')(torch.cat([h, x])) + getattr(self, f'b_{k}')"),
        "One layer takes the state and the input together",
    ),
    "one layer over x and h": (
        EACH + "setattr(self, f'W_{k}', nn.Linear(m + n, m))",
        GATES.format("getattr(self, f'W_{k}')(torch.cat([x, h]))"),
        "One layer takes the state and the input together",
    ),
    "shapes (in, out)": (
        EACH + "setattr(self, f'W_{k}', nn.Parameter(torch.zeros(m, m)))\n"
        "    setattr(self, f'U_{k}', nn.Parameter(torch.zeros(n, m)))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.zeros(m)))",
        GATES.format(
            "h @ getattr(self, f'W_{k}') + x @ getattr(self, f'U_{k}') + getattr(self, f'b_{k}')"
        ),
        "Your matrices have shape (in, out) and are used as x @ U_f",
    ),
    "U of shape (in, out) alone": (
        EACH + "setattr(self, f'W_{k}', nn.Parameter(torch.zeros(m, m)))\n"
        "    setattr(self, f'U_{k}', nn.Parameter(torch.zeros(n, m)))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.zeros(m)))",
        GATES.format(
            "getattr(self, f'W_{k}') @ h + x @ getattr(self, f'U_{k}') + getattr(self, f'b_{k}')"
        ),
        "U_f, … have shape (in, out) and are used as x @ U_f",
    ),
    "W and U exchanged": (
        EACH + "setattr(self, f'U_{k}', nn.Linear(m, m, bias=False))\n"
        "    setattr(self, f'W_{k}', nn.Linear(n, m, bias=False))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.zeros(m)))",
        GATES.format(
            "getattr(self, f'U_{k}')(h) + getattr(self, f'W_{k}')(x) + getattr(self, f'b_{k}')"
        ),
        "W_f and U_f are exchanged",
    ),
    "biases inside": (
        EACH + "setattr(self, f'W_{k}', nn.Linear(m, m, bias=False))\n"
        "    setattr(self, f'U_{k}', nn.Linear(n, m))",
        GATES.format("getattr(self, f'W_{k}')(h) + getattr(self, f'U_{k}')(x)"),
        "The biases are inside the layers",
    ),
    "containers": (
        "self.W = nn.ModuleDict({k: nn.Linear(m, m, bias=False) for k in 'fioc'})\n"
        "self.U = nn.ModuleDict({k: nn.Linear(n, m, bias=False) for k in 'fioc'})\n"
        "self.b = nn.ParameterDict({k: nn.Parameter(torch.zeros(m)) for k in 'fioc'})",
        GATES.format("self.W[k](h) + self.U[k](x) + self.b[k]"),
        "stand under other names, or in containers",
    ),
    "one in a container": (
        EACH + "setattr(self, f'W_{k}', nn.Linear(m, m, bias=False))\n"
        "    setattr(self, f'U_{k}', nn.Linear(n, m, bias=False))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.zeros(m)))\n"
        "self.kept = nn.ModuleDict({'W_f': self.W_f})\n"
        "del self.W_f",
        "W = {'W_f': self.kept['W_f']} | {f'W_{k}': getattr(self, f'W_{k}') for k in 'ioc'}\n"
        + GATES.format("W[f'W_{k}'](h) + getattr(self, f'U_{k}')(x) + getattr(self, f'b_{k}')"),
        "W_f is missing; it stands under another name.",
    ),
    "all gates in one, in another order": (
        "self.hidden, self.given = nn.Linear(m, 4 * m), nn.Linear(n, 4 * m)",
        "o, g, f, i = (self.hidden(h) + self.given(x)).chunk(4)",
        "The gates' parameters do not stand under their own names",
    ),
    "lists": (
        "self.a = nn.ModuleList(nn.Linear(n + m, m) for _ in range(4))",
        "i, f, o, g = (layer(torch.cat([x, h])) for layer in self.a)",
        "The gates' parameters do not stand under their own names",
    ),
}


@pytest.mark.parametrize("form", PARAMETERS)
def test_parameters_of_another_form_cost_their_own_criterion(form):
    keep, gates, says = PARAMETERS[form]
    verdict = grade("LSTMCell", cell(keep, gates))
    assert lost(verdict) == {"parameters"} and says in told(verdict), told(verdict)


KEEP, USE = PARAMETERS["containers"][:2]
RETURNS = {  # what is passed or returned -> the arguments, the end of forward, and what is told
    "x, h, c": ("self, x, h, c", "return c_t, h_t", "takes (x, h, c); it should take (x, c, h)"),
    "h, c back": ("self, x, c, h", "return h_t, c_t", "returns (h_t, c_t)"),
    "x last": ("self, c, h, x", "return c_t, h_t", "takes (c, h, x); it should take (x, c, h)"),
    "x between": ("self, h, x, c", "return h_t, c_t", "takes (h, x, c); it should take"),
    "both": ("self, x, h, c", "return h_t, c_t", "and returns (h_t, c_t)"),
    "as PyTorch's": ("self, x, c, h", "return h_t, (h_t, c_t)", "returns 2 values (Tensor, tuple)"),
    "three": ("self, x, c, h", "return c_t, h_t, o", "returns 3 values (Tensor, Tensor, Tensor)"),
    "three, the gate first": ("self, x, c, h", "return f, c_t, h_t", "returns 3 values"),
    "a dict": ("self, x, c, h", "return {'c': c_t, 'h': h_t}", "returns one dict"),
    "one tensor": ("self, x, c, h", "return torch.stack([c_t, h_t])", "returns one Tensor"),
    "the gates": ("self, x, c, h", "return f, i, o, g", "returns 4 values (Tensor, Tensor, "),
    "nothing": ("self, x, c, h", "pass", "forward returns None: it has no return line"),
    "only h": ("self, x, c, h", "return h_t", "returns one Tensor"),
}


@pytest.mark.parametrize("form", RETURNS)
def test_another_order_or_form_costs_the_order_alone(form):
    arguments, end, says = RETURNS[form]
    source = CELL.replace("self, x, c, h", arguments).replace("return c_t, h_t", end)
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {"order"} and says in told(verdict), told(verdict)


def test_names_that_say_more_than_the_asked_ones_tell_the_order_too():
    head, forward = CELL.replace("x, c, h", "h, c, x").split("def forward")
    names = {"x": "x_t", "c": "c_prev", "h": "h_prev"}
    longer = re.sub(r"(?<![.])\b[xch]\b", lambda name: names[name[0]], forward)
    verdict = grade("LSTMCell", f"{head}def forward{longer}")
    assert lost(verdict) == {"order"}, told(verdict)
    assert "takes (h_prev, c_prev, x_t); it should take (x, c, h)" in told(verdict)


SLICED = """
        z = torch.cat([self.W_f, self.W_i, self.W_o, self.W_c]) @ h
        z = z + torch.cat([self.U_f, self.U_i, self.U_o, self.U_c]) @ x
        z = z + torch.cat([self.b_f, self.b_i, self.b_o, self.b_c])
        n = len(h)
        s, g = torch.sigmoid(z[: 3 * n]), torch.tanh(z[3 * n :])
        c_t = s[:n] * c + s[n : 2 * n] * g
        return c_t, s[2 * n :] * torch.tanh(c_t)
"""
IN_SLICES = {  # what is changed in it -> what that costs, and what is told
    "s[:n] * c": ("s[n : 2 * n] * c", {"cell"}, "the old state is weighted by i_t, not by f_t"),
    "s[n : 2 * n] * g": ("s[:n] * g", {"cell"}, "the candidate is weighted by f_t, not by i_t"),
    "* g": ("* 0 + (1 - s[:n]) * g", {"cell"}, "the gates are coupled here"),
    "s[2 * n :]": ("s[:n]", {"hidden"}, "the forget gate stands in place of o_t"),
    "[self.b_f, self.b_i,": ("[self.b_i, self.b_f,", {"f", "i"}, "`z = z + torch.cat([self.b_i"),
}


@pytest.mark.parametrize("piece", IN_SLICES)
def test_gates_are_seen_inside_of_what_holds_several(piece):
    """Not each of them is cut out, or not alone."""
    source = plain_cell().partition("        a_f =")[0] + SLICED
    other, costs, says = IN_SLICES[piece]
    assert SLICED.count(piece) == 1 and not lost(grade("LSTMCell", source))
    verdict = grade("LSTMCell", source.replace(piece, other))
    assert lost(verdict) == costs and says in told(verdict), told(verdict)


UNRETURNED = {  # a slip beside it -> what it is in a right cell, and the criterion that it costs
    "self.W_i(h) + self.U_f(x)": ("self.W_f(h) + self.U_f(x)", "f"),
    "self.U_o(x) - self.b_o": ("self.U_o(x) + self.b_o", "o"),
    "f * c - i * g": ("f * c + i * g", "cell"),
    "o * torch.tanh(c)": ("o * torch.tanh(c_t)", "hidden"),
    "0.7 * f * c": ("f * c", "f"),
}


@pytest.mark.parametrize("returned", ["return h_t", "return c_t", "pass"])
@pytest.mark.parametrize("slip", UNRETURNED)
def test_what_is_not_returned_costs_the_order_beside_a_slip(slip, returned):
    right, key = UNRETURNED[slip]
    source = CELL.replace(right, slip).replace("return c_t, h_t", returned)
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {key, "order"} and slip in source, told(verdict)


def test_what_is_neither_returned_nor_made_is_said_so():
    source = CELL.replace("h_t = o * torch.tanh(c_t)", "h_t = o * c_t ** 3")
    verdict = grade("LSTMCell", source.replace("return c_t, h_t", "return c_t"))
    assert lost(verdict) == {"hidden", "order"}
    assert "h_t is not returned, and the right one is nowhere" in told(verdict)


RAISING = {  # what a line of forward becomes -> the one criterion that it costs, and what is told
    "an attribute that is not there": (
        "a_i = self.W_i(",
        "a_i = self.W_if(",
        "i",
        "has no attribute 'W_if', at `a_i = self.W_if(h)",
    ),
    "a name that is not there": (
        "h_t = o * torch.tanh(c_t)",
        "h_t = o * torch.tanh(c_new)",
        "hidden",
        "name 'c_new' is not defined",
    ),
    "a line left out": ("c_t = f * c + i * g\n", "\n", "cell", "name 'c_t' is not defined"),
    "a product of the wrong sizes": (
        "a_c = self.W_c(h)",
        "a_c = self.W_c(x.repeat(9))",
        "c",
        "shapes cannot be multiplied",
    ),
    "in what is returned": (
        "return c_t, h_t",
        "return c_t, h_t.no_such()",
        "hidden",
        "has no attribute 'no_such'",
    ),
    "an assertion that fails": (
        "return c_t, h_t",
        "assert h_t.dim() == 7\n        return c_t, h_t",
        "runs",
        "Your forward raises AssertionError, at `assert h_t.dim() == 7`",
    ),
    "a matrix that fits some sizes alone": (
        "+ self.b_c",
        "+ self.U_c.weight",
        "c",
        "The size of tensor a (5) must match the size of tensor b (3)",
    ),
    "a gate still to be written": (
        "f = torch.sigmoid(a_f)",
        "f = ...",
        "f",
        "for *: 'ellipsis' and 'Tensor'",
    ),
    "a gate that is None, on the right": (
        "h_t = o * torch.tanh(c_t)",
        "o = None\n        h_t = torch.tanh(c_t) * o",
        "o",
        "for *: 'Tensor' and 'NoneType'",
    ),
    "a method that is not called": (
        "f = torch.sigmoid(a_f)",
        "f = a_f.sigmoid",
        "f",
        "for *: 'builtin_function_or_method' and 'Tensor'",
    ),
    "what would have been called": (
        "f = torch.sigmoid(a_f)",
        "f = squash(self.W_f)(a_f)",
        "f",
        "name 'squash' is not defined, at `f = squash(self.W_f)(a_f)`, so f_t could",
    ),
    "self left out": ("def forward(self, x", "def forward(x", "runs", "takes 3 positional"),
}


@pytest.mark.parametrize("what", RAISING)
def test_a_line_that_raises_costs_what_it_should_have_made(what):
    """What comes before it and after it is judged all the same."""
    line, other, costs, says = RAISING[what]
    assert line in CELL
    verdict = grade("LSTMCell", CELL.replace(line, other))
    assert lost(verdict) == {costs}, told(verdict)
    assert says in told(verdict), told(verdict)


EVERY_GATE = """
        z = {k: getattr(self, f"W_{k}")(h) + getattr(self, f"U_{k}")(x) for k in "fioc"}
        for k in "fioc":
            z[k] += getattr(self, f"b_{k}")
        f, i, o, g = (torch.sigmoid(z["f"]), torch.sigmoid(z["i"]), torch.sigmoid(z["o"]),
                      torch.tanh(z["c"]))
        c_t = f * c + i * g
        return c_t, o * torch.tanh(c_t)
"""
PIECES = {  # what is changed in it -> the one gate that is spoilt
    'torch.sigmoid(z["i"])': ("torch.sigmoid(z)", "i"),
    'torch.tanh(z["c"])': ('torch.tanh(g["c"])', "c"),
    '(x) for k in "fioc"': ('(x, *([k] if k == "o" else [])) for k in "fioc"', "o"),
    'f"b_{k}")': ('f"b_{k}" if k != "f" else "bf")', "f"),
    'torch.sigmoid(z["f"])': ('torch.sigmoid(z["f"]).tanh', "f"),
    "o * torch.tanh(c_t)": ('z["σ"] * torch.tanh(c_t)', "o"),
}


@pytest.mark.parametrize("piece", PIECES)
def test_the_part_of_a_line_that_raises_costs_what_it_should_have_made(piece):
    """A line may make all gates, one after the other or at once: the others are judged."""
    other, costs = PIECES[piece]
    source = CELL.partition("        a_f =")[0] + EVERY_GATE.replace(piece, other)
    assert piece in EVERY_GATE and not lost(grade("LSTMCell", source.replace(other, piece)))
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {costs}, told(verdict)
    assert "Your forward raises" in told(verdict)


JOINED = """
        W = torch.cat([self.W_f.weight, self.W_i.weight, self.W_o.weight, self.W_c.weight])
        U = torch.cat([self.U_f.weight, self.U_i.weight, self.U_o.weight, self.U_c.weight])
        b = torch.cat([self.b_f, self.b_i, self.b_o, self.b_c])
        f, i, o, g = (W @ h + U @ x + b).chunk(4)
        f, i, o, g = torch.sigmoid(f), torch.sigmoid(i), torch.sigmoid(o), torch.tanh(g)
        c_t = torch.stack([f * c, i * g]).sum(0)
        return c_t, o * torch.tanh(c_t)
"""


@pytest.mark.parametrize(
    "part, other, costs",
    [
        ("self.W_o.weight,", "self.W_o,", "o"),
        ("self.b_i,", "self.label,", "i"),
        ("self.U_c.weight]", "self.b_c]", "c"),
        ("[f * c, i * g]", "[f * c, i * h.repeat(2)]", "cell"),
    ],
)
def test_one_of_several_that_does_not_fit_costs_itself(part, other, costs):
    """Nothing is said of shapes that what is drawn in its place has."""
    source = CELL.partition("        a_f =")[0] + JOINED
    assert source.count(part) == 1 and not lost(grade("LSTMCell", source))
    verdict = grade("LSTMCell", source.replace(part, other))
    assert lost(verdict) == {costs} and "has shape" not in told(verdict), told(verdict)


def test_one_of_several_that_raises_in_the_sum_of_all_costs_itself():
    """Though one draw in place of the whole line would do."""
    source = CELL.partition("        a_f =")[0] + JOINED
    joined = re.search(r"W = (torch.*)", source)[1]
    source = source.replace("W @ h", f"{joined} @ h")
    assert not lost(grade("LSTMCell", source))
    wrong = source.replace("o.weight, self.W_c.weight]) @", "o.wait, self.W_c.weight]) @")
    assert wrong != source and lost(grade("LSTMCell", wrong)) == {"o"}


@pytest.mark.parametrize(
    "part, other",
    [
        ("f, i, o, g = (W @ h + U @ x + b)", "z = W @ h + U @ x + bias\n        f, i, o, g = z"),
        ("f, i, o, g = (W @ h + U @ x + b)", "zs = W @ h + U @ x + b\n        f, i, o, g = z"),
        (
            "f, i, o, g = (W @ h + U @ x + b).chunk(4)",
            "z = (W @ h + U @ x + bias).view(4, -1)\n        f, i, o, g = z[0], z[1], z[2], z[3]",
        ),
    ],
)
def test_the_sum_of_all_gates_in_one_that_raises_costs_the_gates_alone(part, other):
    """What is drawn in its place can be cut as it would have been."""
    body = JOINED.replace(part, other)
    verdict = grade("LSTMCell", CELL.partition("        a_f =")[0] + body)
    assert body != JOINED and lost(verdict) == set("fioc"), told(verdict)
    assert "has shape" not in told(verdict) and "must match" not in told(verdict)


MATRICES = {  # where a vector becomes a matrix -> a line, what it becomes, and what that costs
    "a matrix in place of a bias": ("+ self.b_i", "+ self.W_c.weight", {"i"}),
    "a product of each with each": ("f * c +", "torch.outer(f, c) +", {"cell"}),
    "a column and a vector": (
        "a_o = self.W_o(h)",
        "a_o = (self.W_o.weight @ h[:, None] + self.b_o - self.b_o)",
        {"o"},
    ),
    "in every gate": None,
}


@pytest.mark.parametrize("what", MATRICES)
def test_a_vector_that_becomes_a_matrix_costs_what_it_should_have_made(what):
    source, costs = CELL, {"f", "i", "c", "o"}
    if MATRICES[what]:
        line, other, costs = MATRICES[what]
        assert line in CELL
        source = CELL.replace(line, other)
    else:
        source = re.sub(r"self\.W_(.)\(h\)", r"self.W_\1.weight * h", CELL)
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == costs, told(verdict)
    assert "Your forward makes a matrix of shape (" in told(verdict), told(verdict)


def test_a_matrix_and_a_line_that_raises_cost_one_value_each():
    source = CELL.replace("+ self.b_i", "+ self.W_c.weight").replace("torch.tanh(a_c)", "than(a_c)")
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {"i", "c"}, told(verdict)
    assert "raises NameError" in told(verdict) and "makes a matrix" in told(verdict)


def test_what_drawn_numbers_make_raise_is_not_told_as_the_students():
    """All gates in one, from a name that is not there; what stands for it cannot be cut in four."""
    gates = "torch.cat([self.W_f(h), self.W_i(h), self.W_o(h), self.W_c(h)])"
    body = (
        f"        gates = nobody.linear({gates})\n"
        "        f, i, o, g = gates.split(len(h))\n"
        "        c_t = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)\n"
        "        return c_t, torch.sigmoid(o) * torch.tanh(c_t)\n"
    )
    head = CELL.partition("    def forward")[0] + "    def forward(self, x, c, h):\n"
    said = told(grade("LSTMCell", head + body))
    assert "NameError: name 'nobody' is not defined" in said
    assert "ValueError" not in said and "and raises" not in said


def test_a_forward_in_which_every_line_raises_earns_its_form_alone():
    source = CELL.replace("torch.sigmoid(", "torch.sigmod(").replace("torch.tanh(", "torch.than(")
    assert grade("LSTMCell", source).score <= 1.5


def test_what_was_never_written_is_not_blamed_on_a_line_that_raises():
    lines = CELL.partition("    def forward")[0]
    verdict = grade("LSTMCell", f"{lines}    def forward(self, x, c, h):\n        return new, h\n")
    assert verdict.score <= 1.5
    assert "The right f_t is nowhere in your computation; your forward raises NameError" in told(
        verdict
    )
    assert "so f_t could not be marked" not in told(verdict)


def test_a_raising_line_in_a_forward_that_calls_super():
    source = """
class CoupledLSTMCell(LSTMCell):
    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)
        del self.W_i, self.U_i, self.b_i

    def forward(self, x, c, h, *, scale=1.0):
        super().train()
        f = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f) * scale
        g = torch.tanh(self.W_c(h) + self.U_c(x) + self.b_c)
        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_oo)
        c_t = f * c + (1 - f) * g
        return c_t, o * torch.tanh(c_t)
"""
    assert lost(grade("CoupledLSTMCell", source)) == {"o"}


INSTEAD = {"o": "c_t is o_t", "c_t + 1": "c_t is another value"}


@pytest.mark.parametrize("value", INSTEAD)
def test_another_value_returned_in_place_of_what_is_made(value):
    verdict = grade("LSTMCell", CELL.replace("return c_t, h_t", f"return {value}, h_t"))
    assert lost(verdict) == {"cell"}
    assert f"what forward returns as {INSTEAD[value]}" in told(verdict)


SUPER = "super().__init__()"
CONSTRUCTORS = {  # a piece of a right cell's constructor -> one that raises
    "nn.Parameter(torch.zeros(hidden_dim))": "nn.parameter(torch.zeros(hidden_dim))",
    "nn.Parameter(torch.zeros(hidden_dim)) #": "nn.Parameter(hidden_dim)",
    "nn.Linear(input_dim, hidden_dim, bias=False)": "nn.Linear(hidden_dim, bias=False)",
    "nn.Linear(hidden_dim, hidden_dim, bias=False)": "nn.Linear(hiden_dim, hidden_dim, bias=False)",
    "def __init__(self, ": "def __init__(",
    "        self.reset_parameters()": "        self.reset_paramters()",
}


@pytest.mark.parametrize("piece", CONSTRUCTORS)
def test_a_constructor_that_raises_costs_the_parameters_alone(piece):
    asked = piece.rstrip(" #")
    verdict = grade("LSTMCell", CELL.replace(asked, CONSTRUCTORS[piece]))
    assert asked in CELL and lost(verdict) == {"parameters"}, told(verdict)
    assert re.search(r"^ *Your constructor raises \w+: [^;]*; the rest was marked", told(verdict))


LAST = "        self.reset_parameters()\n"
NO_MODULE = {  # a piece of a right class -> what makes no module of it before it holds something
    "LSTMCell": {
        SUPER: "pass",
        f"{SUPER} #": "super().__init__",
        f"{SUPER} ##": "super().__init__(input_dim, hidden_dim)",
    },
    "CoupledLSTMCell": {
        "super().__init__(input_dim, hidden_dim)": "super().__init__()",
        "super().__init__(input_dim, hidden_dim) #": "pass",
    },
}


@pytest.mark.parametrize(
    ("name", "piece"), [(n, piece) for n in NO_MODULE for piece in NO_MODULE[n]]
)
def test_nothing_can_be_marked_of_what_is_no_module(name, piece):
    asked = piece.rstrip(" #")
    source = {"LSTMCell": CELL, "CoupledLSTMCell": COUPLED}[name]
    verdict = grade(name, source.replace(asked, NO_MODULE[name][piece]))
    assert asked in source and not verdict.score and "raised" in told(verdict), told(verdict)


def test_a_base_class_that_is_called_late_leaves_nothing_to_mark():
    source = CELL.replace(f"        {SUPER}\n", "").replace(LAST, f"        {SUPER}\n{LAST}", 1)
    verdict = grade("LSTMCell", source)
    assert not verdict.score
    assert "cannot assign module before Module.__init__() call" in told(verdict)


COUPLED = (
    CELL.replace("class LSTMCell(nn.Module)", "class CoupledLSTMCell(LSTMCell)").partition(
        "    def __init__"
    )[0]
    + """    def __init__(self, input_dim, hidden_dim):
        super().__init__(input_dim, hidden_dim)
        del self.W_i, self.U_i, self.b_i

    def forward(self, x, c, h):
        f, o, g = (
            getattr(self, f"W_{k}")(h) + getattr(self, f"U_{k}")(x) + getattr(self, f"b_{k}")
            for k in "foc"
        )
        f = torch.sigmoid(f)
        c_t = f * c + (1 - f) * torch.tanh(g)
        return c_t, torch.sigmoid(o) * torch.tanh(c_t)
"""
)


@pytest.mark.parametrize(
    "change",
    [
        ("del self.W_i, self.U_i, self.b_i", "del W_i, U_i, b_i"),
        ("del self.W_i", "del self.W_in"),
    ],
    ids=" ".join,
)
def test_a_constructor_of_a_subclass_that_raises_costs_the_parameters_alone(change):
    assert not lost(grade("CoupledLSTMCell", COUPLED)) and change[0] in COUPLED
    verdict = grade("CoupledLSTMCell", COUPLED.replace(*change))
    assert lost(verdict) == {"parameters"} and "still there" not in told(verdict), told(verdict)


def test_a_parameter_that_is_misspelt_in_the_constructor_costs_the_parameters_alone():
    source = CELL.replace("self.W_c = ", "self.W_C = ")
    verdict = grade("LSTMCell", source)
    assert source != CELL and lost(verdict) == {"parameters"} and "W_c is missing" in told(verdict)


def test_a_vector_that_is_misspelt_in_the_constructor_is_read_as_a_vector():
    source = cell_source(
        *("PeepholeLSTMCell", "Parameter", "@", "one by one", "torch", "init", STATE["plain"], ""),
        base="LSTMCell",
        peephole="diagonal",
    )
    wrong = source.replace("self.V_f = ", "self.Vf = ")
    verdict = grade("PeepholeLSTMCell", plain_cell() + "\n\n" + wrong)
    assert wrong != source and lost(verdict) == {"parameters"}, told(verdict)


@pytest.mark.parametrize("helper", ["gate(k)", "self.gate(k)"])
def test_a_helper_that_raises_for_every_gate_costs_the_gates_alone(helper):
    """Each line by itself, and said once where they raise alike."""
    lines = [
        f"{name} = torch.{act}({helper.replace('k', repr(k))})"
        for name, act, k in zip("fiog", ["sigmoid"] * 3 + ["tanh"], "fioc")
    ]
    body = "\n".join(f"        {line}" for line in lines)
    after = "\n        c_t = f * c + i * g\n        return c_t, o * torch.tanh(c_t)\n"
    head = CELL.partition("    def forward")[0]
    verdict = grade("LSTMCell", f"{head}    def forward(self, x, c, h):\n{body}{after}")
    assert lost(verdict) == set("fioc"), told(verdict)
    said, *others = [result.sentence for result in verdict.results if not result.met]
    assert said.count("raises") == 1 and all(f"`{line}`" in said for line in lines), said
    assert all("for the same reason as f_t" in one and len(one) < 200 for one in others), others


COLUMNS = """
        x, c, h = x[:, None], c[:, None], h[:, None]
        f = torch.sigmoid(self.W_f.weight @ h + self.U_f.weight @ x + self.b_f[:, None])
        i = torch.sigmoid(self.W_i.weight @ h + self.U_i.weight @ x + self.b_i[:, None])
        o = torch.sigmoid(self.W_o.weight @ h + self.U_o.weight @ x + self.b_o[:, None])
        g = torch.tanh(self.W_c.weight @ h + self.U_c.weight @ x + self.b_c[:, None])
        c_t = f * c + i * g
        h_t = o * torch.tanh(c_t)
        return c_t.squeeze(1), h_t.squeeze(1)
"""
UNITS = """
        gates = {k: (getattr(self, f"W_{k}")(h) + getattr(self, f"U_{k}")(x)
                     + getattr(self, f"b_{k}")) for k in "fioc"}
        new = []
        for k in range(len(c)):
            f = torch.sigmoid(gates["f"][k])
            i = torch.sigmoid(gates["i"][k])
            o = torch.sigmoid(gates["o"][k])
            c_k = f * c[k] + i * torch.tanh(gates["c"][k])
            new.append((c_k, o * torch.tanh(c_k)))
        return torch.stack([c_k for c_k, _ in new]), torch.stack([h_k for _, h_k in new])
"""
BY_HELPER = """
        return self.step(c, *[self.gate(k, x, h) for k in "fioc"])

    def gate(self, k, x, h):
        if k == "o":
            a = self.W_o(h) + self.U_o(x) + self.b_o
        else:
            a = getattr(self, f"W_{k}")(h) + getattr(self, f"U_{k}")(x) + getattr(self, f"b_{k}")
        return torch.tanh(a) if k == "c" else torch.sigmoid(a)

    def step(self, c, f, i, o, g):
        c_t = f * c + i * g
        return c_t, o * torch.tanh(c_t)
"""


@pytest.mark.parametrize(
    "body, piece, other, costs",
    [
        (COLUMNS, "self.U_c.weight", "self.Uc.weight", "c"),
        (COLUMNS, "h_t = ", "h_t += ", "hidden"),
        (COLUMNS, "c_t = f * c", "c_t = f @ c", "cell"),
        (UNITS, "torch.sigmoid(gates", "torch.sigmod(gates", "f"),
        (BY_HELPER, "self.U_o(x)", "self.U_o(x_t)", "o"),
    ],
)
def test_what_raises_costs_itself_in_columns_unit_by_unit_and_in_a_helper(
    body, piece, other, costs
):
    """What is drawn in its place has the shape that fits, and a name of a helper's is not sought in
    forward."""
    source = PLAIN + CELL.partition("        a_f =")[0] + body
    assert piece in source and not lost(grade("LSTMCell", source))
    verdict = grade("LSTMCell", source.replace(piece, other, 1))
    assert lost(verdict) == {costs}, told(verdict)
    assert "has shape" not in told(verdict), told(verdict)


@pytest.mark.parametrize("end", ["return State(c=c_t, h_t=h_t)", "return torch.stack(c_t, h_t)"])
def test_a_return_line_that_raises_costs_the_order_alone(end):
    state = "from collections import namedtuple\nState = namedtuple('State', 'c h')\n"
    verdict = grade("LSTMCell", state + CELL.replace("return c_t, h_t", end))
    assert lost(verdict) == {"order"}, told(verdict)
    assert "Your forward raises" in told(verdict) and "no return line" not in told(verdict)


def test_what_stands_for_a_step_that_raises_is_not_said_to_be_returned():
    body = BY_NAME.replace("out = self.step(", "out = [self.step][0](").replace("f * c", "f * cs")
    verdict = grade("LSTMCell", CELL.partition("        a_f =")[0] + body)
    assert "returns one Tensor" not in told(verdict) and "raised NameError" in told(verdict)


def test_what_pytorch_notes_of_every_operation_does_not_end_the_watch():
    """Where it is to tell which one made a gradient wrong: its own calls, thousands for a step."""
    source = CELL + "\n\ntorch.autograd.set_detect_anomaly(True)\n"
    try:
        verdict = grade("LSTMCell", source)
    finally:
        torch.autograd.set_detect_anomaly(False)
    assert not lost(verdict) and not verdict.flags


ELSEWHERE = """
        return step(dict(self.named_parameters()), x, c, h)


def gate(held, k, x, h):
    return held[f"W_{k}.weight"] @ h + held[f"U_{k}.weight"] @ x + held[f"b_{k}"]


def step(held, x, c, h):
    f, i = torch.sigmoid(gate(held, "f", x, h)), torch.sigmoid(gate(held, "i", x, h))
    o, g = torch.sigmoid(gate(held, "o", x, h)), torch.tanh(gate(held, "c", x, h))
    c_t = f * c + i * g
    return c_t, o * torch.tanh(c_t)
"""
BY_PAIR = BY_HELPER.replace("return self", "c_t, h_t = self", 1).replace(
    '"fioc"])', '"fioc"])\n        return c_t, h_t', 1
)
BY_NAME = BY_PAIR.replace("c_t, h_t = self", "out = self").replace(
    "return c_t, h_t", "return out", 1
)
BY_PARTS = BY_NAME.replace("return out", "return out['c'], out['h']").replace(
    "return c_t, o * torch.tanh(c_t)", "return {'c': c_t, 'h': o * torch.tanh(c_t)}"
)
GATES_BY_HELPER = """
        f, i, o, g = self.gates(x, h)
        c_t = f * c + i * g
        return c_t, o * torch.tanh(c_t)

    def gates(self, x, h):
        f = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)
        i = torch.sigmoid(self.W_i(h) + self.U_i(x) + self.b_i)
        o = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)
        g = torch.tanh(self.W_c(h) + self.U_c(x) + self.b_c)
        return f, i, o, g
"""
GATES_BY_NAME = (
    GATES_BY_HELPER.replace("f, i, o, g = self", "v = self")
    .replace("f * c + i * g", "v['f'] * c + v['i'] * v['g']")
    .replace("c_t, o *", "c_t, v['o'] *")
    .replace("return f, i, o, g", "return {'f': f, 'i': i, 'o': o, 'g': g}")
)
GATES_ONE_BY_ONE = re.sub(
    "[fio] = (torch.sig.*)|g = (torch.tanh.*)", r"yield \1\2", GATES_BY_HELPER
)
GATES_ONE_BY_ONE = GATES_ONE_BY_ONE.replace("        return f, i, o, g\n", "")
BY_WRAPPED = BY_HELPER.replace("    def step", "    @plain\n    def step")
PLAIN = """
def plain(work):
    def around(*given):
        return work(*given)

    return around

"""


@pytest.mark.parametrize(
    "body, piece, other, costs",
    [
        (BY_NAME, "c_t = f * c", "c_t = f * cs", "cell"),
        (
            BY_NAME.replace("return out", "c_t, h_t = out\n        return c_t, h_t"),
            *("c_t = f * c", "c_t = f * cs", "cell"),
        ),
        (BY_PARTS, "c_t = f * c", "c_t = f * cs", "cell"),
        (BY_WRAPPED, "c_t = f * c", "c_t = f * cs", "cell"),
        (GATES_BY_HELPER, "self.W_o(h)", "self.Wo(h)", "o"),
        (GATES_BY_HELPER, "return f, i, o, g", "return f, i, out, g", "o"),
        (GATES_BY_NAME, "self.W_o(h)", "self.Wo(h)", "o"),
        (GATES_ONE_BY_ONE, "self.W_o(h)", "self.Wo(h)", "o"),
        (BY_HELPER, "o * torch.tanh(c_t)", "o * torch.than(c_t)", "hidden"),
        (BY_HELPER, "c_t = f * c", "c_t = f * cs", "cell"),
        (BY_PAIR, "c_t = f * c", "c_t = f * cs", "cell"),
        (BY_PAIR.replace("def step(self", "def step(_"), "o * torch.tanh", "o * tanh", "hidden"),
        (ELSEWHERE, "o * torch.tanh(c_t)", "o * torch.than(c_t)", "hidden"),
        (ELSEWHERE, 'gate(held, "i", x, h)', 'gate(held, "i", x)', "i"),
        (ELSEWHERE, 'held[f"U_{k}.weight"]', 'held[f"X_{k}.weight"]', "fioc"),
    ],
)
def test_a_step_that_forward_hands_on_and_that_raises_costs_what_raises(body, piece, other, costs):
    source = PLAIN + CELL.partition("        a_f =")[0] + body
    assert piece in source and not lost(grade("LSTMCell", source))
    verdict = grade("LSTMCell", source.replace(piece, other, 1))
    assert lost(verdict) == (set(costs) if costs == "fioc" else {costs}), told(verdict)
    assert "returns None" not in told(verdict) and "raises" in told(verdict)


@pytest.mark.parametrize(
    "right, wrong",
    [
        ("self.b_i = nn", "b_i = nn"),
        ("self.W_o = nn.Linear(hidden_dim, hidden_dim, bias=False)", "pass"),
        ("self.U_c = nn.Linear(input_dim, hidden_dim, bias=False)", "pass"),
        (
            "self.W_f = nn.Linear(hidden_dim, hidden_dim, bias=False)",
            "self.W_f = nn.Linear(hidden_dim, hidden_dim)",
        ),
    ],
)
def test_a_wrong_parameter_does_not_cost_the_reset_that_names_it(right, wrong):
    """Missing, or with a bias of its own."""
    draws = [f"nn.init.normal_(self.b_{k})" for k in "fioc"]
    draws += [f"nn.init.normal_(self.{s}_{k}.weight)" for s in "WU" for k in "fioc"]
    loop = "for parameter in self.parameters():\n            nn.init.normal_(parameter)"
    source = CELL.replace(loop, "\n        ".join(draws))
    assert loop in CELL and right in source and not lost(grade("LSTMCell", source))
    verdict = grade("LSTMCell", source.replace(right, wrong))
    assert lost(verdict) == {"parameters"}, told(verdict)


@pytest.mark.parametrize("right, wrong", ["WU", "UW"])
def test_one_matrix_in_place_of_the_other_is_told(right, wrong):
    source = CELL.replace(f"self.{right}_o(", f"self.{wrong}_o(")
    verdict = grade("LSTMCell", source)
    assert source != CELL and lost(verdict) == {"o"}, told(verdict)
    assert f"{wrong}_o stands in place of {right}_o" in told(verdict), told(verdict)


def test_what_is_subtracted_in_brackets_is_told_as_one_slip():
    a = "self.W_i(h) + self.U_i(x) + self.b_i"
    verdict = grade("LSTMCell", CELL.replace(a, "self.W_i(h) - (self.U_i(x) + self.b_i)"))
    assert a in CELL and lost(verdict) == {"i"}
    assert "U_i x_t and b_i are subtracted" in told(verdict), told(verdict)


@pytest.mark.parametrize(
    "right, wrong, costs",
    [
        ("torch.sigmoid(f)", "torch.sigmod(f)", "f"),
        ("h_t = ", "h_t += ", "hidden"),
        ("torch.tanh(g)", "torch.tanh(z)", "c"),
    ],
)
def test_a_line_that_raises_costs_itself_beside_parameters_of_another_form(right, wrong, costs):
    keep = (
        "self.W = nn.ParameterDict({k: nn.Parameter(torch.zeros(m, m)) for k in 'fioc'})\n"
        "self.U = nn.ParameterDict({k: nn.Parameter(torch.zeros(m, n)) for k in 'fioc'})\n"
        "self.b = nn.ParameterDict({k: nn.Parameter(torch.zeros(m)) for k in 'fioc'})"
    )
    source = cell(keep, GATES.format("self.W[k] @ h + self.U[k] @ x + self.b[k]"))
    verdict = grade("LSTMCell", source.replace(right, wrong))
    assert right in source and lost(verdict) == {"parameters", costs}, told(verdict)


@pytest.mark.parametrize("letters", ["fioc", "cofi", "ifog"])
def test_letters_of_a_container_tell_which_gate_is_which(letters):
    keep = (
        f"self.hid = nn.ModuleDict({{k: nn.Linear(m, m, bias=False) for k in '{letters}'}})\n"
        f"self.inp = nn.ModuleDict({{k: nn.Linear(n, m) for k in '{letters}'}})"
    )
    last = "g" if "g" in letters else "c"
    source = cell(keep, f"f, i, o, g = (self.hid[k](h) + self.inp[k](x) for k in 'fio{last}')")
    assert lost(grade("LSTMCell", source)) == {"parameters"}
    exchanged = source.replace("(f) * c", "(i) * c").replace("(i) * torch.tanh", "(f) * torch.tanh")
    assert lost(grade("LSTMCell", exchanged)) == {"parameters", "cell"} and exchanged != source


def test_a_constructor_that_dies_of_reset_parameters_costs_reset_alone():
    source = CELL.replace("nn.init.normal_(parameter)", "parameter.normal_()")
    assert lost(grade("LSTMCell", source)) == {"reset"}


@pytest.mark.parametrize("body", ["pass", "del_"])
def test_what_is_inherited_earns_nothing(body):
    lines = {"pass": "    pass", "del_": "    def extra(self):\n        return 1"}
    verdict = grade("CoupledLSTMCell", f"class CoupledLSTMCell(LSTMCell):\n{lines[body]}")
    assert verdict.score == 0
    assert "forward is inherited from LSTMCell: nothing of this exercise is written" in told(
        verdict
    )


def test_a_forward_of_a_base_class_of_ones_own_is_ones_own():
    source = CELL.replace("class LSTMCell(nn.Module)", "class Base(nn.Module)")
    assert not lost(grade("LSTMCell", source + "\n\nclass LSTMCell(Base):\n    pass\n"))


def test_a_method_that_an_inherited_forward_comes_to_may_be_all_that_is_written():
    """A base of the student's own asks self.i for the input gate; a class may change that alone."""
    base = CELL.replace("i = torch.sigmoid(a_i)", "i = self.i(a_i, f)", 1)
    assert base != CELL
    base += "\n    def i(self, a, f):\n        return torch.sigmoid(a)\n"
    head = base + "\n\nclass CoupledLSTMCell(LSTMCell):\n"
    coupled = head + "    def i(self, a, f):\n        return 1 - f\n"
    assert lost(grade("CoupledLSTMCell", coupled)) == {"parameters"}  # W_i is still there
    assert grade("CoupledLSTMCell", head + "    def other(self):\n        return 1\n").score == 0


def test_a_state_that_is_kept_from_call_to_call_costs_no_gate():
    kept = CELL.replace("        a_f =", "        h = getattr(self, 'kept', h)\n        a_f =", 1)
    kept = kept.replace("return c_t, h_t", "self.kept = h_t.detach()\n        return c_t, h_t")
    verdict = grade("LSTMCell", kept)
    assert lost(verdict) == {"cell", "untouched"}
    assert "The first call of an object gives what the rule gives, and later calls do not" in told(
        verdict
    )


@pytest.mark.parametrize("own", ["h", "c", "c, h"])
def test_a_state_of_the_object_in_place_of_the_given_one_is_said(own):
    names = own.split(", ")
    first = [f"        {name} = getattr(self, 'kept_{name}', {name} * 0)\n" for name in names]
    kept = CELL.replace("        a_f =", "".join(first) + "        a_f =", 1)
    keeps = [f"self.kept_{name} = {name}_t.detach()\n        " for name in names]
    verdict = grade("LSTMCell", kept.replace("return c_t, h_t", "".join(keeps) + "return c_t, h_t"))
    assert lost(verdict) == {"cell", "untouched"}
    are, start = ("are", "start") if len(names) > 1 else ("is", "starts")
    assert (
        f"The {' and '.join(names)} that {are} passed in {are} not used: the object keeps its own, "
        f"which {start} from zeros." in told(verdict)
    )


@pytest.mark.parametrize(
    ("name", "constructor", "call"),
    [
        ("LSTMCell", "self.cell = nn.LSTMCell(input_dim, hidden_dim)", "self.cell"),
        ("LSTM", "self.layers = nn.LSTM(input_dim, hidden_dim, n_layers)", "self.layers"),
    ],
)
def test_who_lets_pytorch_do_it_all_is_told(name, constructor, call):
    """Not that nothing shows in the numbers."""
    stack = name == "LSTM"
    source = f"""class {name}(nn.Module):
    def __init__(self, input_dim, hidden_dim{", n_layers" if stack else ""}):
        super().__init__()
        {constructor}

    def forward(self, x, c, h):
        made = {call}(x, (h, c))
        return {"made[0], made[1][::-1]" if stack else "made[::-1]"}
"""
    (first, *_) = (one for one in grade(name, source).results if not one.met)
    assert first.key == "runs" and "PyTorch's own lstm" in first.sentence


def test_a_shape_that_does_not_follow_the_sizes_is_told_in_numbers():
    fixed = CELL.replace("super().__init__()", "super().__init__()\n        hidden_dim = 5")
    verdict = grade("LSTMCell", fixed)
    assert lost(verdict) == {"parameters"}
    assert "W_f has shape (5, 5) whatever the sizes are" in told(verdict)


def test_a_reset_that_adds_to_what_was_there_is_not_afresh():
    drawn = "parameter.data += torch.randn_like(parameter)"
    verdict = grade("LSTMCell", CELL.replace("nn.init.normal_(parameter)", drawn))
    assert lost(verdict) == {"reset"} and "adds to what b_f was" in told(verdict)


@pytest.mark.parametrize("draws", ["p = torch.randn_like(p)", "p.dim() == 2 and p.normal_()"])
def test_what_a_reset_leaves_without_values_costs_reset_alone(draws):
    """The constructor does call it."""
    source = cell(
        EACH + "setattr(self, f'W_{k}', nn.Parameter(torch.empty(m, m)))\n"
        "    setattr(self, f'U_{k}', nn.Parameter(torch.empty(m, n)))\n"
        "    setattr(self, f'b_{k}', nn.Parameter(torch.empty(m)))",
        GATES.format(
            "self.get_parameter(f'W_{k}') @ h + self.get_parameter(f'U_{k}') @ x"
            " + self.get_parameter(f'b_{k}')"
        ),
    )
    assert not lost(grade("LSTMCell", source))
    verdict = grade(
        "LSTMCell", source.replace("nn.init.normal_(p)", f"with torch.no_grad(): {draws}")
    )
    assert lost(verdict) == {"reset"} and "as it was" in told(verdict), told(verdict)
    verdict = grade(
        "LSTMCell", source.replace("nn.init.normal_(p)", "p.data += torch.randn_like(p)")
    )
    assert lost(verdict) == {"reset"} and "adds to what" in told(verdict), told(verdict)
    uncalled = source.replace("        self.reset_parameters()\n", "", 1)
    assert lost(grade("LSTMCell", uncalled)) == {"parameters"}


def test_a_reset_that_sets_a_seed_is_not_afresh():
    source = CELL.replace("for parameter in", "torch.manual_seed(0)\n        for parameter in")
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {"reset"} and "a seed is set in it" in told(verdict)


@pytest.mark.parametrize(
    "change, keys",
    [
        (("c_t = f * c + i * g", "c_t = (f * c + i * g).clamp(-5, 5)"), {"cell"}),
        (("f = torch.sigmoid(a_f)", "f = torch.sigmoid(a_f.clamp(-4, 4))"), {"f"}),
        (("return c_t, h_t", "return c_t.squeeze(), h_t.squeeze()"), {"parameters"}),
        (("a_i = self.W_i(h)", "a_i = (self.W_i(h) if h.any() else self.b_i)"), {"i"}),
    ],
    ids=["a clamped state", "a clamped sum", "a squeezed state", "another first step"],
)
def test_large_states_and_small_sizes_are_asked(change, keys):
    assert change[0] in CELL
    assert lost(grade("LSTMCell", CELL.replace(*change))) == keys


def test_one_output_can_show_the_order_where_the_other_is_as_nobody_knows():
    swapped = CELL.replace("return c_t, h_t", "return h_t, c_t")
    line = next(line for line in CELL.splitlines() if line.strip().startswith("c_t ="))
    odd = swapped.replace(line, f"        i = 0.7 * i\n{line}")
    assert odd != swapped and lost(grade("LSTMCell", odd)) == {"i", "order"}


def test_states_that_are_named_as_asked_are_not_said_to_be_taken_otherwise():
    """W_k(c) in place of W_k(h) in every gate is also one slip of arguments taken as (x, h, c)."""
    verdict = grade("LSTMCell", CELL.replace("(h)", "(c)"))
    assert lost(verdict) == {"f", "i", "o", "c"}
    assert "W_f belongs to h_{t−1}, not to c_{t−1}" in told(verdict)


STATES_IN_ONE = {  # the head of forward, how it ends, and what is told
    "self, x, state": ("c, h = state", "return c_t, h_t", "takes (x, (c, h)), the states in one"),
    "self, x, hc=None": ("h, c = hc", "return h_t, c_t", "takes (x, (h, c)), the states in one"),
}


@pytest.mark.parametrize("head", STATES_IN_ONE)
def test_states_taken_in_one_cost_the_order_alone(head):
    first, end, says = STATES_IN_ONE[head]
    source = CELL.replace("self, x, c, h):", f"{head}):\n        {first}")
    verdict = grade("LSTMCell", source.replace("return c_t, h_t", end))
    assert lost(verdict) == {"order"} and says in told(verdict)


@pytest.mark.parametrize(
    "line",
    [
        "torch.vmap(torch.neg)(torch.stack([c, h]))",
        "torch.empty(len(h), device='meta')",
        "torch.func.grad(lambda one: one.sum())(h)",
    ],
)
def test_what_cannot_be_kept_of_a_computation_costs_nothing(line):
    source = CELL.replace("self, x, c, h):", f"self, x, c, h):\n        {line}")
    assert source != CELL and not lost(grade("LSTMCell", source))


def test_a_reset_that_makes_new_parameters_draws_them_afresh():
    head, _, tail = CELL.partition("    def reset_parameters(self):")
    _, _, tail = tail.partition("    def forward")
    anew = (
        "    def reset_parameters(self):\n"
        "        for k in 'fioc':\n"
        "            for name in (f'W_{k}', f'U_{k}'):\n"
        "                getattr(self, name).weight = nn.Parameter(\n"
        "                    torch.randn_like(getattr(self, name).weight))\n"
        "            setattr(self, f'b_{k}', nn.Parameter(torch.randn(self.b_f.shape[0])))\n\n"
    )
    assert not lost(grade("LSTMCell", f"{head}{anew}    def forward{tail}"))


@pytest.mark.parametrize(
    "change, keys",
    [
        (("torch.sigmoid(a_f)", "torch.sigmoid(a_f.clamp(-6, 6))"), {"f"}),
        (("return c_t, h_t", "return c_t, h_t if self.training else o * c_t"), {"parameters"}),
    ],
)
def test_gates_at_their_ends_and_the_other_mode_are_asked(change, keys):
    assert change[0] in CELL
    assert lost(grade("LSTMCell", CELL.replace(*change))) == keys


def test_columns_in_place_of_vectors_are_said_once_and_cut_no_gradient():
    source = CELL.replace("return c_t, h_t", "return c_t[:, None], h_t[:, None]")
    source = source.replace(
        "def forward(self, x, c, h):",
        "def forward(self, x, c, h):\n        c, h = c.view(-1), h.view(-1)",
    )
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {"cell", "hidden"} and "[:, None]" in source
    assert told(verdict).count("c_t has shape") == 1 and "cut" not in told(verdict)


BUILT_IN = """
        W, U, b = (torch.cat([at(k) for k in "ifco"]) for at in (
            lambda k: getattr(self, f"W_{k}").weight,
            lambda k: getattr(self, f"U_{k}").weight,
            lambda k: getattr(self, f"b_{k}"),
        ))
        h_t, c_t = torch.lstm_cell(x[None], (h[None], c[None]), U, W, b)
        return c_t[0], h_t[0]
"""


def test_a_step_that_pytorch_computes_earns_its_form_alone():
    source = CELL.partition("    def forward")[0] + "    def forward(self, x, c, h):" + BUILT_IN
    verdict = grade("LSTMCell", source)
    assert {result.key for result in verdict.results if result.met} == {
        "runs",
        "parameters",
        "reset",
    }
    assert "PyTorch's own lstm_cell was called" in told(verdict) and verdict.flags


def test_what_the_text_mentions_decides_nothing():
    mention = "\n    def like(self) -> nn.LSTMCell:\n        return nn.LSTMCell(2, 3)\n"
    verdict = grade("LSTMCell", CELL + mention)
    assert not lost(verdict) and not verdict.flags


ONE_SLIP = {  # what no table has -> where it is, a change, the one criterion that it costs, words
    "a gate that is nothing we know": (
        "LSTMCell",
        ("i = torch.sigmoid(a_i)", "i = 0.5 * (1 + 2 * torch.tanh(0.5 * a_i))"),
        "i",
        "Your i_t is not what the rule gives, and no mistake that we know gives its numbers.",
    ),
    "another value behind the last tanh": (
        "LSTMCell",
        ("o * torch.tanh(c_t)", "o * torch.tanh(a_i)"),
        "hidden",
        "Your h_t does not change when c_{t−1} does.",
    ),
    "another value kept": (
        "CoupledLSTMCell",
        ("f_t * c ", "f_t * torch.cos(o_t) "),
        "cell",
        "Your c_t does not change when c_{t−1} does.",
    ),
    "another value returned": (
        "CoupledLSTMCell",
        ("return c_t,", "return f_t,"),
        "cell",
        "Your c_t equals f_t.",
    ),
    "the forget gate kept in place of the state": (
        "CoupledLSTMCell",
        ("f_t * c ", "f_t * f_t "),
        "cell",
        "f_t stands in place of c_{t−1}",
    ),
    "a state that is divided by": (
        "LSTMCell",
        ("f * c +", "f / c +"),
        "cell",
        "c_t holds nan or infinite numbers.",
    ),
    "what is no number in all that follows": (
        "LSTMCell",
        ("f * c +", "f % c +"),
        "cell",
        "c_t holds nan or infinite numbers.",
    ),
    "a gate that is divided by, and is right": (
        "LSTMCell",
        ("f * c +", "c / f +"),
        "cell",
        "f_t, i_t and c̃_t are right in your computation",
    ),
    "a parameter without numbers": (
        "LSTMCell",
        ("self.b_c = nn.Parameter(torch.zeros(hidden_dim))", "self.b_c = nn.Parameter()"),
        "parameters",
        "b_c has shape (0)",
    ),
}


@pytest.mark.parametrize("what", ONE_SLIP)
def test_one_slip_costs_one_criterion(what):
    name, (right, wrong), costs, says = ONE_SLIP[what]
    source = CELL if name == "LSTMCell" else solutions()[name]
    assert source.count(right) == 1
    verdict = grade(name, source.replace(right, wrong))
    assert lost(verdict) == {costs} and says in told(verdict), told(verdict)


def test_what_a_coupled_cell_adds_may_be_right_though_what_it_keeps_is_not():
    worked = solutions()["CoupledLSTMCell"]
    kept, added = re.search(r"c_t = (f_t \* c) \+ (\(1 - f_t\) \* \w+)", worked).groups()
    odd = {
        worked.replace(kept, f"{kept} * 0.5 + 0.1 * c ** 2"): {"cell"},
        worked.replace(added, f"torch.cos({added})"): {"coupling"},
        worked.replace(added, f"{added} * c"): {"coupling"},
        worked.replace(f"{kept} + {added}", f"torch.cos(f_t + c) * {added} ** 2"): {
            "cell",
            "coupling",
        },
    }
    assert len(odd) == 4 and worked not in odd
    for source, keys in odd.items():
        assert lost(grade("CoupledLSTMCell", source)) == keys


def test_an_exchange_of_gates_is_no_matter_of_names_where_these_are_plain():
    keep, gates, says = PARAMETERS["biases inside"]
    source = cell(keep, gates).replace("torch.sigmoid(f) * c", "torch.sigmoid(i) * c", 1)
    source = source.replace("+ torch.sigmoid(i)", "+ torch.sigmoid(f)", 1)
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {"parameters", "cell"} and says in told(verdict)
    assert "f_t and i_t are swapped" in told(verdict)


NAMES = {  # names of another kind -> what is told of them
    ("LSTMCell", "_c", "_g"): "W_c, U_c and b_c are missing; they stand under other names",
    ("PeepholeLSTMCell", "V_", "P_"): "V_f, V_i and V_o are missing; they stand under other names",
    ("LSTMCell", "b_o", "bias"): "b_o is missing; it stands under another name.",
}


@pytest.mark.parametrize("names", NAMES, ids=" ".join)
def test_other_names_are_told_by_those_that_are_missing(names):
    name, old, new = names
    source = CELL if name == "LSTMCell" else solutions()[name]
    source = re.sub(rf"\bself\.(\w*){old}", rf"self.\1{new}", source)
    verdict = grade(name, source)
    assert lost(verdict) == {"parameters"} and NAMES[names] in told(verdict), told(verdict)


def test_a_gate_whose_parameter_is_missing_is_said_to_be_unmarked():
    """The grader's weights cannot be put into what is not there, so its numbers say nothing."""
    worked = solutions()["PeepholeLSTMCell"]
    one_for_all = re.sub(r"self\.V_[fio]", "self.V", worked)
    verdict = grade("PeepholeLSTMCell", one_for_all)
    assert one_for_all != worked and lost(verdict) == {"parameters", "f", "i", "o"}
    assert "f_t could not be marked, since V_f is missing." in told(verdict)
    assert "no mistake that we know" not in told(verdict)


def test_a_missing_parameter_is_taken_to_be_as_its_like_are():
    worked = answers("parameter_matrices")["PeepholeLSTMCell"]
    lacking = worked.replace('in "fio":', 'in "fo":', 1)
    verdict = grade("PeepholeLSTMCell", lacking)
    assert lost(verdict) == {"parameters"} and "V_i is missing." in told(verdict)


def test_gradients_are_not_asked_for_through_numbers_that_stand_where_forward_raises():
    source = CELL.replace("return c_t, h_t", "c_t, h_t = c_t\n        return c_t, h_t")
    verdict = grade("LSTMCell", source)
    assert "gradients" not in lost(verdict) and "unpack" in told(verdict)


def test_layers_that_a_subclass_never_makes_earn_nothing():
    source = """
class CoupledLSTM(LSTM):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__(input_dim, hidden_dim, n_layers)
        self.layers = nn.ModuleList(CoupledCell(input_dim, hidden_dim) for k in range(n_layers))
"""
    assert not grade("CoupledLSTM", COUPLED + source).score


def test_parameters_in_a_plain_dict_cost_their_form_alone():
    keep = (
        "self.W = {k: nn.Parameter(torch.randn(m, m)) for k in 'fioc'}\n"
        "self.U = {k: nn.Parameter(torch.randn(m, n)) for k in 'fioc'}\n"
        "self.b = {k: nn.Parameter(torch.randn(m)) for k in 'fioc'}"
    )
    verdict = grade(
        "LSTMCell", cell(keep, GATES.format("self.W[k] @ h + self.U[k] @ x + self.b[k]"))
    )
    assert lost(verdict) == {"parameters", "reset"}, told(verdict)
    worked = solutions()["PeepholeLSTMCell"]
    in_dict = re.sub(r"self\.V_([fio])\(", r"self.V['\1'](", worked)
    in_dict = re.sub(r"self\.V_([fio]) = ", r"self.__dict__.setdefault('V', {})['\1'] = ", in_dict)
    verdict = grade("PeepholeLSTMCell", in_dict)
    assert in_dict != worked and "f" not in lost(verdict), told(verdict)


ROW = "nn.Parameter(torch.empty(1, hidden_dim))"  # in place of a diagonal peephole


@pytest.mark.parametrize("used", ["self.V_f[0]", "self.V_f"])
def test_a_diagonal_that_is_kept_as_a_row_makes_no_matrix(used):
    source = solutions()["PeepholeLSTMCell"]
    source = source.replace(
        "self.V_f = nn.Linear(hidden_dim, hidden_dim, bias=False)", f"self.V_f = {ROW}"
    )
    verdict = grade("PeepholeLSTMCell", source.replace("self.V_f(c)", f"{used} * c"))
    as_row = {"cell", "hidden"} if used == "self.V_f" else set()
    assert lost(verdict) == {"parameters"} | as_row, told(verdict)
    said = "V_f has shape (1, hidden_dim); it should be (hidden_dim, hidden_dim), or (hidden_dim,)."
    assert said in told(verdict) and "matrix" not in told(verdict)


def test_biases_that_are_nowhere_are_not_said_to_stand_elsewhere():
    source = re.sub(r"\n.*self\.b_\w = .*", "", re.sub(r" \+ self\.b_\w\b", "", CELL))
    verdict = grade("LSTMCell", source)
    assert "b_" not in source and lost(verdict) == {"parameters", *"fioc"}, told(verdict)
    assert "the bias b_f is missing" in told(verdict) and "other names" not in told(verdict)


def test_parameters_of_another_type_cost_their_form():
    """Asked in double precision alone, they would go unnoticed."""
    source = re.sub(r"(self\.b_f = .*?)hidden_dim\)", r"\1hidden_dim, dtype=torch.float64)", CELL)
    verdict = grade("LSTMCell", source)
    assert source != CELL and lost(verdict) == {"parameters"} and "float32" in told(verdict)


def test_a_missing_parameter_beside_others_of_two_forms_is_a_matrix():
    """What is put in its place is told, and not guessed from the others."""
    worked = answers("parameter_matrices")["PeepholeLSTMCell"]
    lacking = worked.replace('in "fio":', 'in "f":', 1).replace(
        "    def reset_parameters",
        "        self.V_o = nn.Linear(hidden_dim, hidden_dim, bias=False)\n\n"
        "    def reset_parameters",
    )
    lacking = lacking.replace("self.V_o * c", "self.V_o(c)").replace("V_i * c", "V_i @ c")
    verdict = grade("PeepholeLSTMCell", lacking)
    assert lost(verdict) == {"parameters"}, told(verdict)


NO_GRADIENTS = "if not torch.is_grad_enabled():\n            raise ValueError"
CUT_STACK = solutions()["LSTM"].replace("c[k], h[k])\n", "c[k].detach(), h[k].detach())\n")
SWAPPED = "(torch.stack(h), torch.stack(c))"


@pytest.mark.parametrize(
    "name, source, costs",
    [
        (
            "LSTMCell",
            CELL.replace("self, x, c, h):", f"self, x, c, h):\n        {NO_GRADIENTS}").replace(
                "f * c ", "f * c.detach() "
            ),
            {"gradients"},
        ),
        (
            "LSTMCell",
            CELL.replace(
                "self, x, c, h):",
                "self, x, c, h):\n        self.n = getattr(self, 'n', 0) + 1\n"
                "        assert self.n < 20",
            ).replace("f * c ", "f * c.detach() "),
            {"gradients"},
        ),
        (
            "LSTM",
            CUT_STACK.replace(
                "        c, h = list(c)", f"        {NO_GRADIENTS}\n        c, h = list(c)"
            ),
            {"gradients"},
        ),
        (
            "LSTM",
            CUT_STACK.replace("(torch.stack(c), torch.stack(h))", SWAPPED).replace(
                "        return torch", "        nothing.there\n        return torch"
            ),
            {"final", "gradients"},
        ),
    ],
)
def test_a_line_that_raises_saves_no_gradients(name, source, costs):
    assert "detach" in source and lost(grade(name, source)) == costs


CHANGED = {  # what a state becomes before it is used -> what that costs, and the state named
    "c = c + 0.1": ({"cell"}, "c"),
    "c = torch.tanh(c)": ({"cell"}, ""),  # a mistake that has a name
    "c = c * h": ({"cell"}, "c"),
    "h = h * 0.5": ({"f", "i", "c", "o"}, "h"),
    "h = h.relu()": ({"f", "i", "c", "o"}, "h"),
}


@pytest.mark.parametrize("line", CHANGED)
def test_the_line_that_changes_a_state_before_it_is_used_is_named(line):
    """And not the lines of the equations, which are right."""
    costs, state = CHANGED[line]
    first = "self, x, c, h):"
    verdict = grade("LSTMCell", CELL.replace(first, f"{first}\n        {line}"))
    assert lost(verdict) == costs
    for result in filter(lambda result: not result.met, verdict.results):
        assert result.place.text == line and f"`{line}`" in result.sentence
        assert f"other numbers in place of {state}_{{t−1}}" in result.sentence or not state


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_wrong_gate_is_seen_beside_a_state_that_is_not_finite(seed):
    """Where the state is 0, no gate shows: such a call stands in for no other."""
    source = CELL.replace("f * c +", "f * torch.sqrt(c) +")
    source = source.replace("self.W_i(h)", "-self.W_i(h)").replace("self.W_i @ h", "-self.W_i @ h")
    assert "sqrt" in source and "-self.W_i" in source
    verdict = grade("LSTMCell", source, seed)
    assert lost(verdict) == {"cell", "hidden", "i"}
    assert "h_t could not be marked, since your c_t could not" in told(verdict)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_state_that_the_formula_names_is_told_where_it_is_used(seed):
    """And not where it is made, which is in order."""
    wrong = "ao = W_o @ h + U_o @ x + b_o + V_o @ new"
    names = ("ai = W_f @ h + U_f @ x + b_f + V_i @ c", wrong)
    mistakes = {one.name: one for one in singles("PeepholeLSTMCell")}
    source = code("PeepholeLSTMCell", *(mistakes[name] for name in names))
    verdict = grade("PeepholeLSTMCell", source, seed)
    (place,) = (result.place for result in verdict.results if result.key == "o")
    assert place.text.startswith("ao = "), place


def test_the_line_of_a_right_gate_is_not_named_for_where_it_stands():
    """The gate stands in the place of a state, in another line."""
    verdict = grade("LSTMCell", CELL.replace("f * c +", "f * g +"))
    assert lost(verdict) == {"cell"} and "line" in told(verdict), told(verdict)
    assert "f * g + i * g" in told(verdict)


TWICE = "c_t = f * c + i * g"
BETWEEN = {  # what stands in place of it -> the line that is named
    f"kept = f * c\n        {TWICE.replace('* c ', '* kept ')}": "kept = f * c",
    f"c = f * c\n        {TWICE}": "c = f * c",
    f"c = c / 2\n        {TWICE}": "c = c / 2",
}


@pytest.mark.parametrize("between", BETWEEN)
def test_a_gate_that_is_right_is_not_called_squared_or_halved(between):
    """Where a state was changed, though the numbers would be the same."""
    source = solutions()["LSTMCell"].replace("candidate", "g").replace("f_t", "f")
    source = source.replace("i_t", "i")
    assert source.count(TWICE) == 1
    verdict = grade("LSTMCell", source.replace(TWICE, between))
    assert lost(verdict) == {"cell"} and f"`{BETWEEN[between]}`" in told(verdict), told(verdict)


GATE_OR_STATE = {  # a change -> what it costs, and the line that is named, where it is not the same
    ("f = torch.sigmoid(a_f)", "f = 2 * torch.sigmoid(a_f)"): "f",
    ("        c_t =", "        i = 1 - i\n        c_t ="): ("i", "i = 1 - i"),
    ("        c_t =", "        g = torch.tanh(g)\n        c_t ="): ("c", "g = torch.tanh(g)"),
    ("g = torch.tanh(a_c)", "g = torch.zeros_like(h)"): "c",
    ("        h_t =", "        o = o / 2\n        h_t ="): ("o", "o = o / 2"),
    ("        h_t =", "        o = 1 - o\n        h_t ="): ("o", "o = 1 - o"),
    ("c_t = f * c + i * g", "c_t = f * c + i * g / 2"): "cell",
    ("c_t = f * c + i * g", "c_t = f * c + 2 * i * g"): "cell",
    ("c_t = f * c + i * g", "c_t = f * c / 2 + i * g"): "cell",
    ("c_t = f * c + i * g", "c_t = f * c + i * g ** 2"): "cell",
    ("c_t = f * c + i * g", "c_t = f * f * c + i * g"): "cell",
    ("c_t = f * c + i * g", "c_t = i * c + o * g"): "cell",
    ("h_t = o * torch.tanh(c_t)", "h_t = (1 - o) * torch.tanh(c_t)"): "hidden",
}


@pytest.mark.parametrize("change", GATE_OR_STATE)
def test_the_line_tells_a_wrong_gate_from_a_state_that_is_wrong_by_as_much(change):
    """Where the numbers are the same: the gate is wrong if a line before makes it so."""
    costs, line = GATE_OR_STATE[change], change[1]
    costs, line = costs if isinstance(costs, tuple) else (costs, line)
    assert CELL.count(change[0]) == 1
    verdict = grade("LSTMCell", CELL.replace(*change))
    assert lost(verdict) == {costs}, told(verdict)
    assert f"`{line}`" in told(verdict) or "zeros" in line, told(verdict)


@pytest.mark.parametrize("weighted", ["i * c + f * g", "i * (c + g)", "o_t * c + (1 - o_t) * g"])
def test_what_the_rule_needs_on_a_line_of_its_own_is_no_wrong_gate(weighted):
    source = solutions()["CoupledLSTMCell"]
    right = "c_t = f_t * c + (1 - f_t) * candidate"
    assert source.count(right) == 1
    source = source.replace(right, f"f, i, g = f_t, 1 - f_t, candidate\n        c_t = {weighted}")
    verdict = grade("CoupledLSTMCell", source)
    assert lost(verdict) == {"coupling"} and f"`c_t = {weighted}`" in told(verdict), told(verdict)


# ---------------------------------------------------------------- gates in each other's place
STATES = """        g = torch.tanh(a_c)
        c_t = f * c + i * g
        return c_t, o * torch.tanh(c_t)
"""
OF_GATES = """        a = lambda k: sum(getattr(self, n + k) @ v for n, v in (("W_", h), ("U_", x)))
        a_f, a_i, a_o, a_c = (a(k) + getattr(self, "b_" + k) for k in "fioc")
        {}
"""
EXCHANGED = {
    "f, o, i = torch.stack([a_f, a_i, a_o]).sigmoid()": True,
    "i, f, o = map(torch.sigmoid, (a_f, a_i, a_o))": False,
    "o, i, f = (torch.sigmoid(s) for s in (a_f, a_i, a_o))": True,
    "i, o, f = torch.stack([a_f, a_i, a_o]).sigmoid()": True,
}


def of_gates(line: str) -> str:
    return HOLLOW.replace("        return c * 0, h * 0\n", (OF_GATES + STATES).format(line))


@pytest.mark.parametrize("line", EXCHANGED)
def test_gates_taken_apart_in_another_order_cost_one_criterion(line):
    """Whatever is made of them: both lines that may be meant are quoted."""
    verdict = grade("LSTMCell", of_gates(line))
    assert lost(verdict) == {"cell"} and not verdict.flags
    assert "`c_t = f * c + i * g`" in told(verdict) and f"`{line}`" in told(verdict)
    assert ("In the same way, your h_t" in told(verdict)) == EXCHANGED[line]


BESIDE = {  # another slip -> the criterion that it costs, and what is said of it
    ("tanh(a_c)", "tanh(a_c - self.b_c)"): ("c", "the bias b_c is missing"),
    ("tanh(a_c)", "relu(a_c)"): ("c", "relu stands in place of tanh"),
    ("[a_f,", "[a_f - self.b_f,"): ("f", "the bias b_f is missing"),
    ("a_i, a_o]", "a_i - self.b_i, a_o]"): ("i", "the bias b_i is missing"),
    ("* torch.tanh(c_t)", "* c_t"): ("hidden", "Your h_t equals i_t * c_t: tanh is missing"),
    ("f * c +", "f * c -"): ("cell", "Your c_t equals f_t * c_{t−1} − o_t * c̃_t"),
}


@pytest.mark.parametrize("slip", BESIDE)
def test_gates_taken_apart_in_another_order_cost_no_more_beside_another_slip(slip):
    line, (costs, says) = next(iter(EXCHANGED)), BESIDE[slip]
    source = of_gates(line)
    assert source.count(slip[0]) == 1
    verdict = grade("LSTMCell", source.replace(*slip))
    assert lost(verdict) == {costs, "cell"} and says in told(verdict), told(verdict)
    assert f"`{line.replace(*slip)}`" in told(verdict)


ALL_IN_ONE = """        all_of = lambda name: torch.cat([getattr(self, name + k) for k in "fioc"])
        W, U, b = map(all_of, ("W_", "U_", "b_"))
        a = W @ h + U @ x + b
        {} = a.chunk(4)
        f, i, o = a_f.sigmoid(), a_i.sigmoid(), a_o.sigmoid()
"""


@pytest.mark.parametrize("order, costs", [("fico", "c"), ("ifco", "f"), ("iofc", "cell")])
def test_sums_taken_apart_in_another_order_cost_one_criterion(order, costs):
    """As where they are in PyTorch's own order, which goes through another function."""
    names = ", ".join(f"a_{k}" for k in order)
    source = HOLLOW.replace("        return c * 0, h * 0\n", ALL_IN_ONE + STATES)
    source = source.format(names)
    assert lost(grade("LSTMCell", source.replace(names, "a_f, a_i, a_o, a_c"))) == set()
    verdict = grade("LSTMCell", source)
    assert lost(verdict) == {costs}, told(verdict)
    assert costs == "cell" or "`a = W @ h + U @ x + b`" in told(verdict)
    slip = source.replace("f * c +", "f * c -")
    assert lost(grade("LSTMCell", slip)) == {costs, "cell"}


def test_two_gates_that_use_each_others_parameters_cost_one_criterion_each():
    """In two lines, each of which is wrong, and through two functions."""
    source = solutions()["LSTMCell"]
    for one, other in (("self.{}_o", "self.{}_x"), ("self.{}_c", "self.{}_o"), ("_x", "_c")):
        for kind in ("W", "U", "b") if "{" in one else ("",):
            head, forward = source.split("def forward")
            source = head + "def forward" + forward.replace(one.format(kind), other.format(kind))
    assert lost(grade("LSTMCell", source)) == {"c", "o"}


def test_a_gate_that_is_made_anew_between_the_states_costs_no_gradients():
    """The first state is made with the right one, the second with another."""
    anew = "c_t = f * c + o * g\n        o = torch.tanh(a_o)"
    verdict = grade("LSTMCell", CELL.replace("c_t = f * c + i * g", anew))
    assert lost(verdict) == {"cell", "o"}, told(verdict)
