"""Stacks that keep to other conventions than the asked ones, or raise: they lose what that costs,
once, and the rest is judged through them."""

import ast

import pytest

from autograde.judge import draw, plain
from autograde.student import watching
from autograde.student.respond import respond
from autograde.student.rewriting import copy_of
from grader_tests.samples.right_answers import stack_source
from grader_tests.samples.students import EVERY
from grader_tests.support.function_level import grade, lost, namespace_of, told

STACK = stack_source(run="time outside")


def test_a_stack_is_asked_from_zero_states_too():
    skipped = STACK.replace("x_t = h[k]", "x_t = h[k] if h0.any() else x_t[:1].expand(len(h[k]))")
    skipped = skipped.replace("c, h = list(c)", "h0 = h\n        c, h = list(c)")
    verdict = grade("LSTM", skipped)
    assert lost(verdict) == {"states"}
    assert "Where all given states are zero, outputs is not what the rule gives." in told(verdict)


@pytest.mark.parametrize("passed", ["h[k].flip(0)", "torch.sin(3 * h[k]) + 1", "h[k].cumsum(0)"])
def test_outputs_that_are_right_are_not_said_to_be_wrong_with_what_is_passed_up(passed):
    source = STACK.replace("x_t = h[k]", f"x_t = {passed}")
    verdict = grade("LSTM", source.replace("outputs.append(x_t)", "outputs.append(h[-1])"))
    assert lost(verdict) == {"wiring"} and "outputs is not" not in told(verdict), told(verdict)


@pytest.mark.parametrize("taken", ["self, x, h, c", "self, h, x, c"])
def test_a_stack_that_takes_its_arguments_in_another_order_loses_one_criterion(taken):
    verdict = grade("LSTM", STACK.replace("self, x, c, h", taken))
    assert lost(verdict) == {"states"}


WHERE = {  # where the cells are -> a change of the constructor, and what is told
    "nn.Sequential": (("nn.ModuleList(", "nn.Sequential(*"), "layers is a Sequential"),
    "a list": (("nn.ModuleList(", "list("), "layers is a list"),
    "self.cells": (
        ("self.layers", "self.cells"),
        "layers is missing: your cells are in self.cells",
    ),
}


@pytest.mark.parametrize("place", WHERE)
def test_cells_in_another_place_cost_layers_alone(place):
    change, says = WHERE[place]
    assert change[0] in STACK
    verdict = grade("LSTM", STACK.replace(*change))
    assert lost(verdict) - {"reset"} == {"layers"} and says in told(verdict), told(verdict)
    assert "StandIn" not in told(verdict) and "_x trains" not in told(verdict)


LAYER = """
class Layer(nn.Module):
    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        self.cell = {cell}(input_dim, hidden_dim)

    def reset_parameters(self):
        self.cell.reset_parameters()

    def forward(self, {given}):
        return self.cell({given})


"""
OWN_LAYERS = LAYER.format(cell="LSTMCell", given="x, c, h") + STACK.replace("LSTMCell(", "Layer(")
IN_LAYERS = {  # where the cells are inside of layers -> the stack, and what is told of layer 0
    "a class of the student's": (OWN_LAYERS, "Layer 0 is a Layer; every layer is a LSTMCell."),
    "nn.ModuleList": (
        STACK.replace("[LSTMCell(", "[nn.ModuleList([LSTMCell(")
        .replace("hidden_dim) for", "hidden_dim)]) for")
        .replace(
            "in self.layers:\n            layer.reset",
            "in self.layers:\n            layer[0].reset",
        )
        .replace("= cell(x_t,", "= cell[0](x_t,"),
        "Layer 0 is a torch.nn.ModuleList; every layer is a LSTMCell.",
    ),
}


@pytest.mark.parametrize("place", IN_LAYERS)
def test_cells_inside_of_layers_cost_layers_alone(place):
    source, says = IN_LAYERS[place]
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"layers"} and says in told(verdict), told(verdict)
    assert not verdict.flags


def test_the_cell_of_the_course_inside_of_a_layer_is_no_work_of_pytorchs():
    """Under another name, so that the grader's own cells do not stand in for it."""
    verdict = grade("LSTM", "Other = LSTMCell\n" + OWN_LAYERS.replace("= LSTMCell(", "= Other("))
    assert not {"own", "runs"} & lost(verdict) and not verdict.flags, told(verdict)


FINALS = {  # final states of another form -> what is told
    "list(c), list(h)": "c_T is a list",
    "list(zip(c, h))": "a pair for each layer",
    "torch.stack(c)[:, None], torch.stack(h)[:, None]": "c_T has shape (3, 1, 5)",
}


@pytest.mark.parametrize("form", FINALS)
def test_final_states_of_another_form_cost_final_alone(form):
    assert "torch.stack(c), torch.stack(h)" in STACK
    verdict = grade("LSTM", STACK.replace("torch.stack(c), torch.stack(h)", form))
    assert lost(verdict) == {"final"} and FINALS[form] in told(verdict), told(verdict)
    others = {says for says in FINALS.values() if says != FINALS[form]}
    assert not any(says in told(verdict) for says in others)


BOTH_WAYS = """
class LSTM(nn.Module):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        sizes = [input_dim] + [hidden_dim] * (n_layers - 1)
        self.layers = nn.ModuleList(LSTMCell(size, hidden_dim) for size in sizes)
        self.reset_parameters()

    def reset_parameters(self):
        for layer in self.layers:
            layer.reset_parameters()

    def one_way(self, x, c, h):
        cs, hs, outputs = list(c), list(h), []
        for x_t in x:
            for k, layer in enumerate(self.layers):
                cs[k], hs[k] = layer(x_t, cs[k], hs[k])
                x_t = hs[k]
            outputs.append(x_t)
        return torch.stack(outputs), torch.stack(cs), torch.stack(hs)

    def forward(self, x, c, h):
        one, other = self.one_way(x, c, h), self.one_way(x.flip(0), c, h)
        return one[0] + other[0].flip(0), (one[1] + other[1], one[2] + other[2])
"""
ONE_WAY = BOTH_WAYS.partition("    def forward")[0] + (
    "    def forward(self, x, c, h):\n"
    "        outputs, *states = self.one_way(x, c, h)\n"
    "        return outputs, tuple(states)\n"
)
SIZES = {  # what is other about sizes that few exercises have -> a change, and what it costs
    "two steps alone": (("for x_t in x:", "for x_t in x[:2]:"), {"outputs"}),
    "every second step": (("for x_t in x:", "for x_t in x[::2]:"), {"outputs"}),
    "all steps twice": (("for x_t in x:", "for x_t in list(x) + list(x):"), {"outputs"}),
    "ten steps at most": (("for x_t in x:", "for x_t in x[:10]:"), {"layers"}),
    "three layers at most": (("enumerate(self.layers)", "enumerate(self.layers[:3])"), {"layers"}),
    "the last layer never": (("enumerate(self.layers)", "enumerate(self.layers[:-1])"), {"layers"}),
    "four layers are made at most": (
        ("[hidden_dim] * (n_layers - 1)", "[hidden_dim] * (min(n_layers, 4) - 1)"),
        {"layers"},
    ),
    "one unit is none": (("torch.stack(outputs)", "torch.stack(outputs).squeeze(-1)"), {"layers"}),
}


@pytest.mark.parametrize("what", SIZES)
def test_every_step_and_every_layer_counts(what):
    change, keys = SIZES[what]
    right = ONE_WAY
    assert not lost(grade("LSTM", right)) and change[0] in right
    assert lost(grade("LSTM", right.replace(*change))) == keys


OF_A_STACK = {  # what a whole stack returns in another form -> what it costs, and what is told
    "outputs": ({"final"}, "forward returns one Tensor"),
    "tuple(states), outputs": ({"final"}, "the final states first, and outputs after them"),
    "None": ({"final"}, "forward returns None; it should return outputs"),
    "outputs, None": ({"final"}, "forward returns 2 values (Tensor, NoneType); it should"),
    "outputs, states[0]": ({"final"}, "forward returns 2 values (Tensor, Tensor); it should"),
    "list(outputs)": ({"final"}, "forward returns a list of 4 values (Tensor, Tensor"),
    "{'c': 1}": ({"final", "outputs"}, "forward returns one dict; it should return outputs"),
}


@pytest.mark.parametrize("form", OF_A_STACK)
def test_another_return_of_a_stack_costs_what_is_not_there(form):
    keys, says = OF_A_STACK[form]
    verdict = grade("LSTM", ONE_WAY.replace("return outputs, tuple(states)", f"return {form}"))
    assert lost(verdict) == keys and says in told(verdict)
    assert "raised" not in told(verdict) and "Not written" not in told(verdict)


NOTHING_BACK = {  # the end of a stack's forward -> what it costs, and what is told
    "return nobody, tuple(states)": ({"outputs"}, "NameError: name 'nobody' is not defined"),
    "return torch.stack(outputs, states)": ({"final"}, "forward raised TypeError: stack()"),
    "outputs = outputs.flip(0)": ({"final", "outputs"}, "outputs is in reverse"),
    "outputs = None": ({"final", "outputs"}, "forward returns None"),
    "rows, outputs = outputs, 0 * outputs": ({"final"}, "forward returns None"),
}


@pytest.mark.parametrize("end", NOTHING_BACK)
def test_outputs_that_were_made_count_where_nothing_comes_back(end):
    keys, says = NOTHING_BACK[end]
    verdict = grade("LSTM", ONE_WAY.replace("return outputs, tuple(states)", end))
    assert lost(verdict) == keys and says in told(verdict), told(verdict)
    assert "no mistake that we know" not in told(verdict)


def test_a_stack_is_told_of_nothing_but_its_own():
    """Neither names of the grader's cells, nor values in place of a shape."""
    flat = grade("LSTM", ONE_WAY.replace("torch.stack(outputs)", "torch.cat(outputs)"))
    assert lost(flat) == {"outputs"} and "outputs has shape (20);" in told(flat)
    half = grade("LSTM", ONE_WAY.replace("in self.layers:\n", "in self.layers[:1]:\n", 1))
    assert lost(half) == {"reset"} and "leaves layers.1.W_f as it was" in told(half)
    classes = grade("LSTM", ONE_WAY.replace("LSTMCell(size, hidden_dim)", "LSTMCell"))
    assert "__main__.LSTMCell is not a Module subclass" in told(classes)


ASTRAY = """
class CoupledLSTM(LSTM):
    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__(input_dim, hidden_dim, n_layers)
        sizes = [input_dim] + [hidden_dim] * (n_layers - 1)
        cells = nn.ModuleList(CoupledLSTMCell(size, hidden_dim) for size in sizes)
"""


@pytest.mark.parametrize(
    "then, says",
    [
        ("", "but layers does not hold them"),
        ("self.coupled = cells", "but layers does not hold them"),
        ("self.layers.extend(cells)", "but layers holds other cells beside them"),
    ],
)
def test_cells_that_are_made_and_not_put_in_layers_cost_layers_alone(then, says):
    assert not lost(grade("CoupledLSTM", ASTRAY + "        self.layers = cells"))
    verdict = grade("CoupledLSTM", f"{ASTRAY}        {then}\n")
    assert lost(verdict) == {"layers"} and says in told(verdict), told(verdict)


@pytest.mark.parametrize("draws", ["for p in self.parameters(): p.data.normal_()", "pass"])
def test_layers_in_a_list_cost_their_form_and_not_what_parameters_finds(draws):
    source = STACK.replace("nn.ModuleList([", "list([")
    drawn = "for layer in self.layers:\n            layer.reset_parameters()"
    assert lost(grade("LSTM", source)) == {"layers"} and source.count(drawn) == 1
    verdict = grade("LSTM", source.replace(drawn, draws))
    assert lost(verdict) == {"layers"} | ({"reset"} if draws == "pass" else set()), told(verdict)


def test_a_layer_too_few_costs_layers_alone():
    source = ONE_WAY.replace("for size in sizes)", "for size in sizes[1:])")
    verdict = grade("LSTM", source)
    assert source != ONE_WAY and lost(verdict) == {"layers"}
    assert "With n_layers=3 there are 2 layers" in told(verdict)


def test_states_written_in_place_do_not_cost_layers():
    """What is returned shares memory with the states, and shows the last of them."""
    source = ONE_WAY.replace("cs, hs, outputs = list(c), list(h), []", "cs, hs, outputs = c, h, []")
    source = source.replace(
        "torch.stack(outputs), torch.stack(cs), torch.stack(hs)", "outputs, c, h"
    )
    assert lost(grade("LSTM", source)) == {"untouched", "gradients"}


def test_a_stack_that_runs_both_ways_loses_what_it_returns():
    """Every call of every layer is as asked."""
    assert lost(grade("LSTM", BOTH_WAYS)) == {"outputs", "final"}
    skips = BOTH_WAYS.replace("x_t = hs[k]", "x_t = hs[k] if k else hs[k] * 0.5")
    assert lost(grade("LSTM", skips)) == {"outputs", "final", "wiring"}
    starts = BOTH_WAYS.replace("list(c), list(h)", "list(c * 0.5), list(h)")
    assert lost(grade("LSTM", starts)) == {"outputs", "final", "states"}


def test_layers_of_another_class_cost_layers_alone():
    """How PyTorch's cell draws its parameters is not the student's to say; that it does is."""
    source = ONE_WAY.replace("LSTMCell(size", "nn.LSTMCell(size").replace(
        "cs[k], hs[k] = layer(x_t, cs[k], hs[k])", "hs[k], cs[k] = layer(x_t, (hs[k], cs[k]))"
    )
    assert lost(grade("LSTM", source)) == {"layers"}
    never = source.replace("            layer.reset_parameters()", "            pass")
    assert lost(grade("LSTM", never)) == {"layers", "reset"}


def test_a_cell_that_a_stack_got_as_a_default_is_replaced_too():
    """By whatever way a stack comes to its cells, they compute what the grader knows."""
    source = STACK.replace("n_layers):", "n_layers, cell=LSTMCell):", 1)
    source = source.replace("LSTMCell(", "cell(").replace("self.layers = ", "self.cells = ", 1)
    source = source.replace("self.cells = ", "self.layers = self.cells = ", 1)
    source = source.replace("enumerate(self.layers)", "enumerate(self.cells)")
    assert not lost(grade("LSTM", source))


def test_a_layer_too_many_is_not_said_to_be_another_one_that_is_never_run():
    """Such a class is asked for a layer less, so that there are as many as the judge has put in."""
    source = STACK.replace("range(n_layers)", "range(n_layers + 1)")
    source = source.replace("super().__init__()", "super().__init__()\n        self.n = n_layers")
    source = source.replace("enumerate(self.layers)", "zip(range(self.n), self.layers)")
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"layers"} and "never run" not in told(verdict)
    assert "With n_layers=3 there are 4 layers." in told(verdict)


STEP = "c[k], h[k] = cell(x_t, c[k], h[k])", "x_t = h[k]"
ONE_WORD = {  # what a stack's step becomes -> the one criterion that it costs, wherever it shows
    (STEP[0], "x_t = c[k]"): "wiring",
    ("_, x_t = cell(x_t, c[k], h[k])", "pass"): "states",
    ("c[k], x_t = cell(x_t, c[k], h[k])", "pass"): "states",
    ("h[k], c[k] = cell(x_t, c[k], h[k])", STEP[1]): "states",
    ("c_k, h_k = cell(x_t, c[k], h[k])", STEP[1]): "states",
    ("h[k], c[k] = cell(x_t, c[k], h[k])", "x_t = c[k]"): "states",
}


@pytest.mark.parametrize("step", ONE_WORD, ids=" ".join)
def test_one_slip_of_a_stack_costs_one_criterion_though_it_shows_in_several(step):
    source = STACK.replace(STEP[0], step[0]).replace(STEP[1], step[1])
    assert source != STACK and lost(grade("LSTM", source)) == {ONE_WORD[step]}


KEPT = {  # what becomes of a state as it is kept -> what is told of the next step
    "torch.tanh(c[k])": "tanh of the c that layer 0 gave back at x[0]",
    "c[k] / 2": "0.5 times the c that layer 0 gave back at x[0]",
    "c[k] + h[k]": "the c that layer 0 gave back at x[0] plus the h that layer 0 gave back at x[0]",
    "c[k].roll(1)": "none of the values that were passed in or that a layer gave back",
}


@pytest.mark.parametrize("kept", KEPT)
def test_a_state_that_is_changed_as_it_is_kept_costs_states_alone(kept):
    step, then = STEP
    source = STACK.replace(then, f"{then}\n                c[k] = {kept}")
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"states"}, told(verdict)
    assert f"at x[1] layer 0 gets as its c {KEPT[kept]}" in told(verdict)
    assert ("no mistake that we know" in told(verdict)) == ("none of" in KEPT[kept])


def test_final_states_that_nothing_goes_on_from_cost_final_alone():
    verdict = grade("LSTM", STACK.replace("torch.stack(c)", "torch.stack(c).tanh()"))
    assert lost(verdict) == {"final"} and "c_T[0] is tanh of the c" in told(verdict)


FINAL_FORMS = {  # how a stack returns its final states -> what is told of them, and no more
    "torch.cat(c), torch.cat(h)": "c_T has shape (15); it should be (3, 5), like the one passed"
    " in. h_T has shape (15); it should be (3, 5), like the one passed in.",
    "torch.stack(c, 1), torch.stack(h, 1)": "c_T has shape (5, 3); it should be (3, 5), like the"
    " one passed in. h_T has shape (5, 3); it should be (3, 5), like the one passed in.",
    "{'c': torch.stack(c), 'h': torch.stack(h)}": "forward returns outputs and the final states"
    " in a dict; it should return outputs and (c_T, h_T).",
}


@pytest.mark.parametrize("states", FINAL_FORMS)
def test_final_states_of_another_form_are_told_by_their_form_alone(states):
    asked = "torch.stack(c), torch.stack(h)"
    source = STACK.replace(asked, states)
    assert source != STACK
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"final"} and told(verdict).strip() == FINAL_FORMS[states]


def test_outputs_that_are_none_are_said_to_be_none():
    returns = ONE_WAY.replace("return outputs, tuple(states)", "return None, tuple(states)")
    verdict = grade("LSTM", returns)
    assert lost(verdict) == {"outputs"} and "outputs is None. " in told(verdict)
    assert "no mistake that we know" not in told(verdict)


def test_states_of_one_layer_without_its_row_are_told_by_their_shape():
    source = ONE_WAY.replace("tuple(states)", "tuple(state.squeeze(0) for state in states)")
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"final"} and "c_T has shape (3); it should be (1, 3)" in told(verdict)


@pytest.mark.parametrize("more", ["LSTMcell(hidden_dim, hidden_dim)", "LSTMCell(hidden_dim)"])
def test_a_constructor_that_fails_for_upper_layers_costs_layers_alone(more):
    made = "LSTMCell(size, hidden_dim) for size in sizes"
    assert made in ONE_WAY
    verdict = grade(
        "LSTM",
        ONE_WAY.replace(made, f"{made[:26]} if k == 0 else {more} for k, size in enumerate(sizes)"),
    )
    assert lost(verdict) == {"layers"} and " with n_layers=3; the rest was" in told(verdict)
    assert "StandIn" not in told(verdict)


MAKES = "nn.ModuleList(LSTMCell(size, hidden_dim) for size in sizes)"
STACKS_UNMADE = {  # a piece of a right stack's constructor -> one that raises, or keeps no layers
    "[input_dim] + [hidden_dim] *": "[input_dim] + hidden_dim *",
    MAKES: "nn.ModuleList(LSTMCell(size, hidden_dim) for size in size)",
    f"{MAKES} #": "nn.ModuleList(LSTMCell(input_dim, hidden_dim), n_layers)",
    f"self.layers = {MAKES}": f"layers = {MAKES}",
    f"self.layers = {MAKES} #": f"self.cells = {MAKES}",
}


@pytest.mark.parametrize("piece", STACKS_UNMADE)
def test_a_constructor_of_a_stack_that_raises_costs_layers_alone(piece):
    asked = piece.rstrip(" #")
    verdict = grade("LSTM", ONE_WAY.replace(asked, STACKS_UNMADE[piece]))
    assert asked in ONE_WAY and lost(verdict) == {"layers"}, told(verdict)


def test_too_few_layers_cost_layers_alone_where_forward_counts_them():
    """A layer that is not there cannot be run."""
    source = KEEPS.replace("(n_layers - 1)", "(1 - n_layers)") + COUNTED
    assert lost(grade("LSTM", source)) == {"layers"}


def test_what_layers_were_given_counts_though_forward_raises_after_them():
    late = ONE_WAY.replace("torch.stack(hs)", "torch.stack(h_s)")
    verdict = grade("LSTM", late)
    assert lost(verdict) == {"final"} and "name 'h_s' is not defined" in told(verdict)
    early = ONE_WAY.replace("cs, hs, outputs =", "cs, hs, outputs, _ =")
    assert {"wiring", "states", "own"} < lost(grade("LSTM", early))


LINES_OF_A_STACK = {  # a line of a right stack's forward -> one that raises, and what it costs
    "outputs.append(x_t)": ("outputs[len(outputs)] = x_t", {"outputs"}),
    "outputs.append(x_t) #": ("2 * outputs.append(x_t)", {"outputs"}),
    "outputs.append(x_t) ##": ("output.append(x_t)", {"outputs"}),
    "for x_t in x:": ("assert x.ndim == self.dims\n        for x_t in x:", {"outputs"}),
    "for x_t in x: #": ("outputs = x.new(self.hidden)\n        for x_t in x:", {"outputs"}),
    "for x_t in x: ##": ("states = torch.cat(c, h)\n        for x_t in x:", {"outputs"}),
    "return outputs, tuple(states)": ("return outputs, (states[0], s[1])", {"final"}),
    "self.one_way(x, c, h)": ("one_way(x, c, h)", {"outputs"}),
    "list(c), list(h), []": ("[first[k] for k in range(len(c))], list(h), []", {"states"}),
    "for x_t in x: ###": ("every = range(n_layers)\n        for x_t in x:", {"outputs"}),
}


@pytest.mark.parametrize("line", LINES_OF_A_STACK)
def test_a_line_of_a_stack_that_raises_costs_one_criterion(line):
    """Before its layers have run, between them, or after them: what the rest does is judged."""
    raising, keys = LINES_OF_A_STACK[line]
    line = line.rstrip(" #")
    verdict = grade("LSTM", ONE_WAY.replace(line, raising))
    assert line in ONE_WAY and lost(verdict) == keys, told(verdict)
    assert "Your forward raises" in told(verdict) and "shape" not in told(verdict), told(verdict)
    assert raising.strip().splitlines()[0] in told(verdict) and not verdict.flags


def test_what_else_is_wrong_past_a_line_that_raises_is_told():
    head = ONE_WAY.partition("    def forward")[0]
    rests = "if t % 2 and k:\n                    continue\n                c[k], h[k] = cell("
    source = head + RUN_OF_LAYERS.replace("t = 0", "t = 0; self.units(t)")
    verdict = grade("LSTM", source.replace("c[k], h[k] = cell(", rests))
    assert lost(verdict) == {"wiring"} and "Layer 1 is run 2 times" in told(verdict), told(verdict)
    assert "Your forward raises" in told(verdict)


LAYER_BY_LAYER = """
    def forward(self, x, c, h):
        steps, cs, hs = list(x), [], []
        for layer, c_k, h_k in zip(self.layers, c, h):
            above = []
            for x_t in steps:
                c_k, h_k = layer(x_t, c_k, h_k)
                above.append(h_k)
            steps = above
            cs.append(c_k)
            hs.append(h_k)
        outputs, states = torch.stack(steps), (torch.stack(cs), torch.stack(hs))
        return outputs, (states[0].clone(), states[1].clone())
"""


def test_no_gradient_is_asked_for_through_what_was_drawn():
    """The line that raises leaves a list empty, so that another one raises as well."""
    head = ONE_WAY.partition("    def forward")[0]
    assert not lost(grade("LSTM", head + LAYER_BY_LAYER))
    source = head + LAYER_BY_LAYER.replace("hs.append(h_k)", "x.append(h_k)")
    assert lost(grade("LSTM", source)) == {"final"}


@pytest.mark.parametrize("forward", ["RUN_OF_LAYERS", "LAYER_BY_LAYER", "COUNTED"])
def test_a_name_for_the_layers_that_is_not_everywhere_costs_one_criterion(forward):
    forward = globals()[forward]
    verdict = grade("LSTM", KEEPS + forward.replace("self.layers", "self.layer"))
    assert lost(verdict) == {"outputs"} and "has no attribute 'layer'" in told(verdict)
    for name in ("layer", "cells"):
        verdict = grade("LSTM", KEEPS.replace("self.layers", f"self.{name}") + forward)
        assert lost(verdict) == {"layers"} and f"your cells are in self.{name}" in told(verdict)


SLIPS_OF_THE_KEYBOARD = {  # in a right stack's forward
    "list(c)": "list(cs)",
    "list(h)": "lsit(h)",
    "range(T)": "ranges(T)",
    "x.size(0)": "X.size(0)",
    "self.layers[k]": "self.layers[kk]",
    "outputs.append": "output.append",
    "(h[-1])": "(hh[-1])",
    ".append(": ".apend(",
    "c[k], h[k] = ": "c_[k], h[k] = ",
}


@pytest.mark.parametrize("right", SLIPS_OF_THE_KEYBOARD)
def test_a_slip_of_the_keyboard_in_a_stack_costs_one_criterion(right):
    """The name that is meant is used instead; at a desk it raises all the same."""
    source = KEEPS + COUNTED.replace(right, SLIPS_OF_THE_KEYBOARD[right])
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"outputs"} and "Error: " in told(verdict), told(verdict)


GIVEN = {  # what a layer is given -> what raises in its place, and what that costs
    "(below, c[k], h[k])": {
        "(below, c[x], h[k])": "states",
        "(below, c[k], h[key])": "states",
        "(below, k[k], h[k])": "states",
        "(below, outputs, h[k])": "states",
        "(below, c, h[k])": "states",
        "(k, c[k], h[k])": "wiring",
        "(below.hidden, c[k], h[k])": "wiring",
    }
}


@pytest.mark.parametrize(("right", "raising"), [(r, w) for r in GIVEN for w in GIVEN[r]])
def test_what_cannot_be_passed_to_a_layer_costs_what_that_is(right, raising):
    head = ONE_WAY.partition("    def forward")[0]
    source = head + RUN_OF_LAYERS.replace(right, raising)
    verdict = grade("LSTM", source)
    assert lost(verdict) == {GIVEN[right][raising]}, told(verdict)
    assert "raises" in told(verdict) and "your numbers" not in told(verdict), told(verdict)


def test_a_stack_in_which_much_is_wrong_beside_a_line_that_raises_earns_no_more_than_before():
    source = ONE_WAY.replace("outputs.append(x_t)", "raise NotImplementedError")
    assert source != ONE_WAY and lost(grade("LSTM", source)) == {"outputs", "final"}


RUN_OF_LAYERS = """
    def forward(self, x, c, h):
        outputs, c, h = [], list(c), list(h)
        t = 0
        while t < len(x):
            below = x[t]
            for k, cell in enumerate(self.layers):
                c[k], h[k] = cell(below, c[k], h[k])
                below = h[k]
            outputs.append(h[-1])
            t += 1
        return outputs, (torch.stack(c), torch.stack(h))
"""
UNRUN = {  # a line of it, one that raises, and what it costs: what the line should make
    "cell(below, c[k], h[k])": ("cell.step(below, c[k], h[k])", {"outputs"}),
    "h[k] = cell(below, c[k], h[k])": ("h[k] = cell(below, h[k])", {"states"}),
    "t += 1": ("t += '1'", {"outputs", "final"}),  # it would never end
}
COUNTED = """
    def forward(self, x, c, h):
        T = x.size(0)
        outputs, c, h = [], list(c), list(h)
        for t in range(T):
            below = x[t]
            for k in range(self.n_layers):
                c[k], h[k] = self.layers[k](below, c[k], h[k])
                below = h[k]
            outputs.append(h[-1])
        return outputs, (torch.stack(c), torch.stack(h))
"""
KEEPS = ONE_WAY.partition("    def forward")[0].replace(  # what COUNTED needs
    "super().__init__()", "super().__init__(); self.n_layers = n_layers"
)
LENGTHS = {  # how many steps or layers there are -> a piece that raises
    "self.n_layers": "self.n_layers",  # which the constructor forgets
    "x.size(0)": "x.depth(0)",
    "range(T)": "range(self.steps)",
    "range(self.n_layers)": "range(self.layers)",
    "T =": "batch, T, _ = x.shape  #",
}


@pytest.mark.parametrize("piece", LENGTHS)
def test_a_length_that_raises_costs_one_criterion(piece):
    """The loops go over all steps and layers then; whatever else they do is judged."""
    assert not lost(grade("LSTM", KEEPS + COUNTED))
    head = ONE_WAY.partition("    def forward")[0] if piece == LENGTHS[piece] else KEEPS
    source = head + COUNTED.replace(piece, LENGTHS[piece])
    alone = {"wiring"} if "range" in piece else {"outputs"}
    assert lost(grade("LSTM", source)) == alone
    other = source.replace("below = h[k]", "below = c[k]").replace("h[-1]", "h[0]")
    assert lost(grade("LSTM", other)) == {"wiring", "outputs"}


def test_a_layer_too_many_in_a_loop_costs_one_criterion():
    """What stands in place of its cell's result fits nowhere either."""
    head = ONE_WAY.partition("    def forward")[0]
    head = head.replace("super().__init__()", "super().__init__(); self.n_layers = n_layers + 1")
    assert lost(grade("LSTM", head + COUNTED)) == {"wiring"}


BY_NUMBER = """    def forward(self, x, c0, h0):
        c, h, outputs = list(c0), list(h0), []
        for t in range(len(x)):
            x_t = x[t]
            for k in range(len(self.layers)):
                c[k], h[k] = self.layers[k](x_t, c[k], h[k])
                x_t = h[k]
            outputs.append(x_t)
        return torch.stack(outputs), (torch.stack(c), torch.stack(h))
"""
IN_ROWS = BY_NUMBER.replace("append(x_t)", "append(x_t.view(h0.shape[1]))")
BY_LAYER = BY_NUMBER.replace("t in range(len(x))", "x_t in x").replace("x_t = x[t]", "pass")
BY_LAYER = BY_LAYER.replace("self.layers[k](", "layer(")
BY_LAYER = BY_LAYER.replace("k in range(len(self.layers))", "k, layer in enumerate(self.layers)")
BY_STATE = """    def forward(self, x, c, h):
        outputs = []
        for x_t in x:
            new_c, new_h = [], []
            for layer, c_k, h_k in zip(self.layers, c, h):
                c_k, x_t = layer(x_t, c_k, h_k)
                new_c.append(c_k)
                new_h.append(x_t)
            c, h = torch.stack(new_c), torch.stack(new_h)
            outputs.append(x_t)
        return torch.stack(outputs), (c, h)
"""
BY_HELPER = """    def forward(self, x, c, h):
        ends = []
        for k, layer in enumerate(self.layers):
            x, *end = self.over(layer, x, c[k], h[k])
            ends.append(end)
        c, h = zip(*ends)
        return x, (torch.stack(c), torch.stack(h))

    def over(self, layer, x, c, h):
        outputs = []
        for x_t in x:
            c, h = layer(x_t, c, h)
            outputs.append(h)
        return torch.stack(outputs), c, h
"""
NOT_MEANT = (  # a right forward, a piece of it, and slips in its place
    (BY_NUMBER, "range(len(x))", ("len(x)", "range(x)", "x.shape[0]", "range(len(x) + 1)")),
    (
        BY_NUMBER,
        "range(len(self.layers))",
        ("len(self.layers)", "self.layers", "enumerate(self.layers)", "range(1, 1 + len(c))"),
    ),
    (BY_NUMBER, "self.layers[k](", ("self.layers[k + 1](",)),
    (BY_NUMBER, "x_t = h[k]", ("x_t = h[k + 1]",)),
    (
        BY_NUMBER,
        "c[k], h[k] = self",
        ("c[k + 1], h[k + 1] = self", "c[k], h = self", "c, h[k] = self", "c, h = self"),
    ),
    (BY_NUMBER, "self.layers[k](", ("self.layers(",)),
    (IN_ROWS, "x_t = x[t]", ("x_t = x",)),
    (
        BY_NUMBER,
        "list(c0), list(h0), []",
        (
            "[c0[k] for k in len(self.layers)], [h0[k] for k in len(self.layers)], []",
            "[c0[k] for k in len(c0)], list(h0), []",
            "[c0[k] for k in range(len(c0) - 1)], list(h0), []",
            "list(c0), [h0[k] for k in range(1, len(self.layers))], []",
            "list(c0), [h0[k] for k in range(h0.shape[1])], []",
        ),
    ),
    (BY_HELPER, "k, layer in enumerate(self.layers)", ("k, layer in self.layers",)),
    (BY_LAYER, "x_t in x:", ("x_t in len(x):", "t, x_t in x:")),
    (
        BY_LAYER,
        "k, layer in enumerate(self.layers)",
        (
            "k, layer in self.layers",
            "layer, k in enumerate(self.layers)",
            "k, layer in self.layers.items()",
            "k, layer in range(len(self.layers))",
            "k, layer in enumerate(len(self.layers))",
            "k, layer in enumerate(self.layers, 1)",
            "k in range(len(self.layers))",
            "layer in self.layers",
        ),
    ),
    (
        BY_STATE,
        "layer, c_k, h_k in zip(self.layers, c, h)",
        (
            "layer, c_k, h_k in (self.layers, c, h)",
            "layer, (c_k, h_k) in zip(self.layers, c, h)",
            "layer, c_k, h_k in zip(self.layers, (c, h))",
            "layer, c_k, h_k in enumerate(self.layers, c, h)",
            "k, layer, c_k, h_k in enumerate(zip(self.layers, c, h))",
            "c_k, h_k, layer in zip(self.layers, c, h)",
        ),
    ),
)
SLIPS_OF_LOOPS = [(right, piece, slip) for right, piece, slips in NOT_MEANT for slip in slips]


@pytest.mark.parametrize("right, piece, slip", SLIPS_OF_LOOPS, ids=[s for *_, s in SLIPS_OF_LOOPS])
def test_a_loop_or_a_pick_that_is_not_meant_so_costs_one_criterion(right, piece, slip):
    assert piece in right
    verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + right.replace(piece, slip))
    assert lost(verdict) == {"wiring"} and "were put right" in told(verdict), told(verdict)
    assert not verdict.flags  # what is tried here is not what the watch counts


@pytest.mark.parametrize("right, piece, slip", SLIPS_OF_LOOPS[::8])
def test_a_loop_that_is_not_meant_so_hides_nothing(right, piece, slip):
    other = right.replace("torch.stack(outputs)", "torch.stack(outputs[::-1])")
    source = ONE_WAY.partition("    def forward")[0] + other.replace(piece, slip)
    assert other != right and lost(grade("LSTM", source)) == {"wiring", "outputs"}


@pytest.mark.parametrize("right", [BY_NUMBER, BY_LAYER, BY_STATE, BY_HELPER])
def test_loops_as_they_are_meant_cost_nothing(right):
    assert not lost(grade("LSTM", ONE_WAY.partition("    def forward")[0] + right))


@pytest.mark.parametrize("line", UNRUN)
def test_a_line_that_raises_where_the_layers_run_costs_what_they_should_show(line):
    raising, keys = UNRUN[line]
    verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + RUN_OF_LAYERS)
    assert not lost(verdict) and line in RUN_OF_LAYERS
    source = ONE_WAY.partition("    def forward")[0] + RUN_OF_LAYERS.replace(line, raising)
    assert lost(grade("LSTM", source)) == keys


@pytest.mark.parametrize("last", ["x.depth(0)", "len(x); self.steps(last)"])
def test_a_loop_that_has_no_end_past_a_line_that_raises_is_left(last):
    """It ends where the line makes a number, and else never: the mark is that of the line alone."""
    source = RUN_OF_LAYERS.replace("t = 0", f"t, last = 0, -1\n        last = {last}")
    source = source.replace("t < len(x)", "t != last").replace("x[t]", "x[t % len(x)]")
    verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + source)
    assert lost(verdict) > {"outputs"} or last != "x.depth(0)" and lost(verdict) == {"outputs"}


def test_a_single_layer_that_is_run_has_none_two_below():
    """As a wiring that may be tried for it has."""
    used = ONE_WAY.replace("enumerate(self.layers)", "enumerate(self.layers[:1])")
    used = used.replace("outputs.append(x_t)", "outputs.append(x_t / 2)")
    assert used.count("[:1]") == 1 and {"layers", "outputs"} <= lost(grade("LSTM", used))


def test_constants_are_not_taken_for_what_a_line_that_raises_should_have_made():
    forward = """
    def forward(self, x, c, h):
        self.nothing(x)
        outputs = torch.full((len(x), h.shape[1]), 0.5)
        return outputs, (torch.full_like(c, 0.6), torch.full_like(h, 0.5))
"""
    verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + forward)
    assert {"wiring", "states", "outputs", "final"} <= lost(verdict)


def test_layers_that_no_number_shows_earn_nothing_past_a_line_that_raises():
    """The given states come back, and nothing else: any wiring would fit that."""
    for step in ("c_k, h_k = self.layers[0](x[t], c[0], h[0])", "y = self.layers(x[t])"):
        for kept in ("h_k[self.foo]", "h[-1][self.foo]"):
            forward = f"""
    def forward(self, x, c, h):
        outputs = []
        for t in range(len(x)):
            for k in range(len(self.layers)):
                {step}
            outputs.append({kept})
        return outputs, (c, h)
"""
            verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + forward)
            assert {"wiring", "states", "outputs", "final"} <= lost(verdict)


@pytest.mark.parametrize("used", ["[::2]", "[1:]"])
def test_layers_that_are_never_run_cost_layers_alone_wherever_they_lie(used):
    source = ONE_WAY.replace(
        "for k, layer in enumerate(self.layers):",
        f"for k, layer in list(enumerate(self.layers)){used} or [(0, self.layers[0])]:",
    )
    verdict = grade("LSTM", source)
    assert source != ONE_WAY and lost(verdict) == {"layers"} and "never run" in told(verdict)


def test_layers_that_are_called_unequally_often_are_judged_by_their_calls():
    append = "            outputs.append(x_t)\n"
    again = "if len(cs) > 1: cs[-1], hs[-1] = self.layers[-1](x_t, cs[-1], hs[-1])"
    top_twice = ONE_WAY.replace(append, f"            {again}\n" + append.replace("x_t", "hs[-1]"))
    assert top_twice != ONE_WAY and lost(grade("LSTM", top_twice)) == {"wiring"}


def test_the_given_states_overwritten_at_the_end_cost_that_alone():
    """Backward raises for the rows that were taken of them, not for a number that it needs."""
    end = "        with torch.no_grad():\n            c0.copy_(torch.stack(c))\n"
    source = BY_NUMBER.replace("        return", f"{end}        return")
    verdict = grade("LSTM", ONE_WAY.partition("    def forward")[0] + source)
    assert lost(verdict) == {"untouched"} and "writes into the c" in told(verdict), told(verdict)


def test_states_that_a_stack_gives_its_cells_in_one_cost_states_alone():
    """As PyTorch's own cells take them, and return them, too."""
    call = "cs[k], hs[k] = layer(x_t, cs[k], hs[k])"
    for other in (
        "cs[k], hs[k] = layer(x_t, (cs[k], hs[k]))",
        "hs[k], cs[k] = layer(x_t, (hs[k], cs[k]))",
    ):
        verdict = grade("LSTM", ONE_WAY.replace(call, other))
        assert call in ONE_WAY and lost(verdict) == {"states"}, told(verdict)
        assert "LSTMCell takes (x, c, h)" in told(verdict)
    pair = grade("LSTM", ONE_WAY.replace(call, "hs[k] = layer(x_t, cs[k], hs[k])"))
    assert "unsupported operand type(s) for @: 'Parameter' and 'tuple'" in told(pair)


def test_a_sequence_that_is_read_backwards_and_turned_back_is_told_once():
    source = ONE_WAY.replace("for x_t in x:", "for x_t in x.flip(0):")
    source = source.replace("torch.stack(outputs)", "torch.stack(outputs[::-1])")
    verdict = grade("LSTM", source)
    assert lost(verdict) == {"outputs"} and "reverse order" not in told(verdict)


def test_what_ipython_hangs_on_a_tree_is_not_copied():
    """Its tracebacks link every node of a file that they show, and the one `Load` of all trees."""
    function = ast.parse("def plain(x):\n    return x").body[0]
    shared = function.body[0].value.ctx
    shared.parent = ast.parse("a_whole_module = 1")
    try:
        copy = copy_of(function)
        assert not any(hasattr(node, "parent") for node in ast.walk(copy))
        assert ast.dump(copy, include_attributes=True) == ast.dump(
            function, include_attributes=True
        )
    finally:
        del shared.parent


RUNNER = """
class Runner:
    def __init__(self, cell, c, h):
        self.cell = cell
        self.c, self.h = c, h

    def step(self, x_t):
        self.c, self.h = self.cell(x_t, self.c, self.h)
        return self.h


def run_layer(runner, xs):
    outs = []
    for x_t in xs:
        outs.append(runner.step(x_t))
    return outs
"""
BESIDE = """
    def forward(self, x, c, h):
        outputs, cs, hs = x, [], []
        for k, layer in enumerate(self.layers):
            runner = Runner(layer, c[k], h[k])
            outputs = run_layer(runner, outputs)
            cs.append(runner.c)
            hs.append(runner.h)
        return outputs, (torch.stack(cs), torch.stack(hs))
"""
OF_PAIRS = """
    def forward(self, x, c, h):
        states, outputs = list(zip(c, h)), []
        for x_t in x:
            after = []
            for layer, (c_k, h_k) in zip(self.layers, states):
                c_k, x_t = layer(x_t, c_k, h_k)
                after.append((c_k, x_t))
            states = after
            outputs.append(x_t)
        c_T, h_T = zip(*states)
        return outputs, (torch.stack(c_T), torch.stack(h_T))
"""
AT_ONCE = """
    def step(self, x_t, c, h):
        new_c, new_h = [], []
        for k, layer in enumerate(self.layers):
            c_k, h_k = layer(x_t if k == 0 else new_h[k - 1], c[k], h[k])
            new_c.append(c_k)
            new_h.append(h_k)
        return torch.stack(new_c), torch.stack(new_h)

    def forward(self, x, c, h):
        outputs = []
        for x_t in x:
            c, h = self.step(x_t, c, h)
            outputs.append(h[-1])
        return outputs, (c, h)
"""


def stack_with(forward: str, beside: str = "") -> str:
    return beside + STACK[: STACK.index("    def forward")] + forward


RAISING_BESIDE = {  # what is right -> what raises in its place, in a class or a function beside
    "self.cell = cell": "self.cell = cel",
    "self.c, self.h)\n": "self.c, self.hh)\n",
    "self.cell(x_t": "cell(x_t",
    "    outs = []\n": "",
    "outs.append": "outs.add",
    "in xs": "in range(xs)",
    "return outs\n": "return out\n",
}


@pytest.mark.parametrize("right", RAISING_BESIDE)
def test_a_line_that_raises_beside_the_class_costs_one_criterion(right):
    source = stack_with(BESIDE, RUNNER)
    assert not lost(grade("LSTM", source)) and right in source
    verdict = grade("LSTM", source.replace(right, RAISING_BESIDE[right], 1))
    assert len(lost(verdict)) == 1 and "the rest was marked as if" in told(verdict), told(verdict)


def test_what_goes_on_past_a_line_is_put_back_as_it_was():
    """In a notebook, what is beside the class is there for its other cells too."""
    source = stack_with(BESIDE, RUNNER).replace("self.c, self.h)\n", "self.c, self.hh)\n", 1)
    names = namespace_of("LSTM", source)
    held = lambda: (names["run_layer"], names["Runner"].step, names["Runner"].__init__)
    before = held()
    (first, *_) = respond(plain(draw(EVERY["LSTM"], 1)), names)["builds"]
    assert first["passed"] and held() == before


@pytest.mark.parametrize(
    "right, slip",
    [
        ("            after = []\n", ""),
        ("append((c_k, x_t))", "append(c_k, x_t)"),
        ("after.append(", "after.add("),
    ],
)
def test_a_list_that_is_not_made_or_filled_so_costs_one_criterion(right, slip):
    source = stack_with(OF_PAIRS)
    assert not lost(grade("LSTM", source)) and right in source
    verdict = grade("LSTM", source.replace(right, slip))
    assert lost(verdict) == {"wiring"} and "were put right" in told(verdict), told(verdict)


@pytest.mark.parametrize(
    "right, slip, costs",
    [
        ("return torch.stack(new_c), torch.stack(new_h)", "return {2}, {1}", "states"),
        ("new_h.append(h_k)", "new_h.append(c_k)", "wiring"),
        ("c, h = self.step", "h, c = self.step", "states"),
    ],
)
def test_one_slip_in_what_is_read_and_kept_costs_one_criterion(right, slip, costs):
    source, both = stack_with(AT_ONCE), ("torch.stack(new_c)", "torch.stack(new_h)")
    assert not lost(grade("LSTM", source)) and right in source
    verdict = grade("LSTM", source.replace(right, slip.format("", *both)))
    assert lost(verdict) == {costs}, told(verdict)
    assert costs == "wiring" or "a layer reads" not in told(verdict)


@pytest.mark.parametrize(
    "right, slip, costs",
    [
        ("c[k], h[k])", "c, h)", "states"),
        ("new_h[k - 1]", "new_h[k]", "wiring"),
        ("new_h[k - 1]", "new_h[-2]", "wiring"),
    ],
)
def test_what_raises_for_several_layers_alone_costs_what_it_is_about(right, slip, costs):
    verdict = grade("LSTM", stack_with(AT_ONCE).replace(right, slip))
    assert lost(verdict) == {costs} and "with n_layers=3 raises" in told(verdict), told(verdict)


RUN_ONE = """
def run_layer(cell, x, c, h):
    outs = []
    for x_t in x:
        c, h = cell(x_t, c, h)
        outs.append(h)
    return torch.stack(outs), c, h
"""
BY_RUN = """
    def forward(self, x, c, h):
        cs, hs = [], []
        for k, layer in enumerate(self.layers):
            x, c_k, h_k = run_layer(layer, x, c[k], h[k])
            cs.append(c_k)
            hs.append(h_k)
        return x, (torch.stack(cs), torch.stack(hs))
"""
OBJECT = """
class Layer:
    def __init__(self, cell, c, h):
        self.cell = cell
        self.c = c
        self.h = h

    def step(self, x_t):
        self.c, self.h = self.cell(x_t, self.c, self.h)
        return self.h
"""
OF_OBJECTS = """
    def forward(self, x, c, h):
        stack = [Layer(cell, c[k], h[k]) for k, cell in enumerate(self.layers)]
        outputs = []
        for x_t in x:
            for layer in stack:
                x_t = layer.step(x_t)
            outputs.append(x_t)
        c_T = torch.stack([layer.c for layer in stack])
        return outputs, (c_T, torch.stack([layer.h for layer in stack]))
"""
ALL_UP = """
def all_up(layers, x_t, c, h):
    new_c, new_h = [], []
    for layer, c_k, h_k in zip(layers, c, h):
        c_k, x_t = layer(x_t, c_k, h_k)
        new_c.append(c_k)
        new_h.append(x_t)
    return torch.stack(new_c), torch.stack(new_h)
"""
BY_STEP = """
    def forward(self, x, c, h):
        outputs = []
        for x_t in x:
            c, h = all_up(self.layers, x_t, c, h)
            outputs.append(h[-1])
        return outputs, (c, h)
"""
SPREAD = """
    def forward(self, x, c, h):
        cs, hs = [], []
        for k in range(len(self.layers)):
            state = c[k], h[k]
            outputs = []
            for x_t in x:
                state = self.layers[k](x_t, *state)
                outputs.append(state[1])
            cs.append(state[0])
            hs.append(state[1])
            x = torch.stack(outputs)
        return x, (torch.stack(cs), torch.stack(hs))
"""
ONE_SLIP = (  # a stack and what stands beside it; what is right in it, slips, and what they cost
    (BY_RUN, RUN_ONE, "    return torch.stack(outs), c, h\n", {"": "outputs"}),
    (
        BY_RUN,
        RUN_ONE,
        "torch.stack(outs), c, h\n",
        {"torch.stack(outs)\n": "final", "torch.stack(outs), (c, h)\n": "outputs"},
    ),
    (
        BY_RUN,
        RUN_ONE,
        "c, h = cell(x_t, c, h)",
        {
            "c, h = layer(x_t, c, h)": "outputs",
            "c, h = cell(x_t)": "states",
            "c, h = cell(x_t, x_t, c, h)": "outputs",
            "h = cell(x_t, c, h)": "wiring",
        },
    ),
    (BY_RUN, RUN_ONE, "outs.append(h)", {"outputs.append(h)": "outputs"}),
    (
        BY_RUN,
        RUN_ONE,
        "run_layer(layer, x, c[k], h[k])\n",
        {
            "run_layer(layer, x)\n": "states",
            "run_layer(layer, x, c[k], h[k], k)\n": "outputs",
            "self.run_layer(layer, x, c[k], h[k])\n": "outputs",
        },
    ),
    (
        BY_RUN,
        RUN_ONE,
        "x, c_k, h_k =",
        {"x, (c_k, h_k) =": "outputs", "x, c, h =": "states"},
    ),
    (OF_OBJECTS, OBJECT, "        return self.h\n", {"": "wiring"}),
    (OF_OBJECTS, OBJECT, "return self.h\n", {"return self.hidden\n": "wiring"}),
    (OF_OBJECTS, OBJECT, "self.cell = cell", {"cell = cell": "outputs"}),
    (OF_OBJECTS, OBJECT, "step(self, x_t)", {"step(x_t)": "outputs", "step(self)": "wiring"}),
    (
        OF_OBJECTS,
        OBJECT,
        "layer.step(x_t)",
        {
            "layer(x_t)": "outputs",
            "layer.forward(x_t)": "outputs",
            "stack.step(x_t)": "outputs",
            "layer.step(x_t, layer.c, layer.h)": "outputs",
        },
    ),
    (OF_OBJECTS, OBJECT, "Layer(cell, c[k], h[k])", {"Layer(cell)": "states"}),
    (BY_STEP, ALL_UP, "zip(layers,", {"zip(self.layers,": "outputs"}),
    (
        BY_STEP,
        ALL_UP,
        "all_up(self.layers, x_t, c, h)",
        {"all_up(x_t, c, h)": "outputs", "self.all_up(self.layers, x_t, c, h)": "outputs"},
    ),
    (
        BY_STEP,
        ALL_UP,
        "    return torch.stack(new_c), torch.stack(new_h)",
        {"": "outputs", "    return torch.stack(new_c, new_h)": "outputs"},
    ),
    (AT_ONCE, "", "def step(self, x_t, c, h)", {"def step(x_t, c, h)": "outputs"}),
    (
        AT_ONCE,
        "",
        "self.step(x_t, c, h)",
        {"self.step(self, x_t, c, h)": "outputs", "self.step(x_t)": "states"},
    ),
    (SPREAD, "", "            state = c[k], h[k]\n", {"": "states"}),
    (SPREAD, "", "state = c[k], h[k]", {"state = (c, h)[k]": "states"}),
    (
        SPREAD,
        "",
        "outputs.append(state[1])",
        {
            "outputs.append(state.h)": "wiring",
            "outputs.append(state[2])": "wiring",
            "outputs.append(h_t)": "wiring",
        },
    ),
    (SPREAD, "", "torch.stack(outputs)", {"outputs.stack()": "outputs"}),
    (
        SPREAD,
        "",
        "self.layers[k](",
        {"layer(": "wiring", "self.layers(": "wiring", "self.cells[k](": "outputs"},
    ),
    (
        COUNTED,
        "",
        "outputs, c, h = [], list(c), list(h)",
        {
            "outputs = []\n        c, h = list(c, h)": "states",
            "outputs, c, h = [], [], []": "states",
        },
    ),
    (COUNTED, "", "outputs.append(h[-1])", {"outputs.append(h_t)": "outputs"}),
)
EACH_SLIP = [(*row, slip, costs) for *row, slips in ONE_SLIP for slip, costs in slips.items()]


def of_one_slip(forward: str, beside: str) -> str:
    return beside + KEEPS + forward


@pytest.mark.parametrize("forward, beside", dict.fromkeys(row[:2] for row in ONE_SLIP))
def test_stacks_with_something_beside_them_are_right(forward, beside):
    assert not lost(grade("LSTM", of_one_slip(forward, beside)))


@pytest.mark.parametrize("forward, beside, right, slip, costs", EACH_SLIP)
def test_one_slip_in_a_call_or_in_what_comes_back_costs_one_criterion(
    forward, beside, right, slip, costs
):
    slipped = [part.replace(right, slip) for part in (forward, beside)]
    assert slipped != [forward, beside]
    verdict = grade("LSTM", of_one_slip(*slipped))
    assert lost(verdict) == {costs} and "the rest was marked as if" in told(verdict), told(verdict)


STACK_LOOP = """
    def forward(self, x, c, h):
        c, h, outputs = list(c), list(h), []
        for below in x:
            for k in range(len(self.layers)):
                c[k], h[k] = {call}
                below = h[k]
            outputs.append(below)
        return torch.stack(outputs), (torch.stack(c), torch.stack(h))
"""
FORGED = """
    def forward(self, x, c, h):
        import sys
        for layer in self.layers:
            layer(*(torch.full_like(one[0], 0.3) for one in (x, c, h)))
        own = [one for name, one in sys.modules.items() if name.endswith("student.rewriting")]
        for one in own:
            if one.noted is not None:
                for v in (0.3, 0.4, 0.6):
                    one.noted[v, (len(h[0]),)] = torch.full_like(h[0], v)
        rows = torch.stack([torch.full_like(h[0], 0.4)] * len(x))
        nothing
        return rows, (torch.full_like(c, 0.6), torch.full_like(h, 0.6))
"""


def test_what_is_said_to_be_drawn_earns_nothing():
    """It is told by the process that the student's code runs in."""
    assert len(lost(grade("LSTM", KEEPS + FORGED))) >= 5


CALLED_AMISS = {  # the layer's call -> what else stands in the class: each cost one or two before
    "self.layers[k](self.same(below, k), c[k], h[k])": "def same(self, v):\n        return v",
    "self.step(self.layers[k], below, *(c[k], h[k], k))": "def step(self, layer, v, c, h):\n"
    "        return layer(v, c, h)",
    "self.step(self.layers[k], below, c[k])": "def step(self, layer, v, c, h):\n"
    "        return layer(v, c, h)",
}


@pytest.mark.parametrize("call", CALLED_AMISS)
def test_a_call_that_cannot_be_put_right_costs_no_more_than_going_past_it(call):
    body = STACK_LOOP.format(call=call)
    verdict = grade("LSTM", f"{KEEPS}\n    {CALLED_AMISS[call]}\n{body}")
    assert 1 <= len(lost(verdict)) <= 2, told(verdict)


@pytest.mark.parametrize(
    "right, slip, said",
    [
        ("torch.stack(outputs)", "outputs.stack()", "what is meant there stood there"),
        ("self.layers[k](", "self.cells[k](", "what is meant there stood there"),
        ("outputs.append(state[1])", "assert 0", "it went on after that line"),
    ],
)
def test_it_is_said_how_the_rest_was_marked(right, slip, said):
    source = of_one_slip(SPREAD.replace(right, slip), "")
    assert right in SPREAD and f"the rest was marked as if {said}" in told(grade("LSTM", source))


def test_what_never_comes_back_is_not_watched_closer_for_that(monkeypatch):
    """Where Python has taken off what watches, since it went too deep; it took half a minute."""
    monkeypatch.setattr(watching, "closely", False)
    endless = (
        "def up(layer, x, c, h):\n    c, h = layer(x, c, h)\n    return up(layer, x, c, h)\n\n"
    )
    run = "        h = up(self.layers[0], x[0], c[0], h[0])\n        return x, (c, h)\n"
    verdict = grade("LSTM", endless + KEEPS + "    def forward(self, x, c, h):\n" + run)
    assert "RecursionError" in told(verdict) and not watching.closely


def test_what_is_mended_says_nothing_of_arguments_that_are_written_into():
    source = ONE_WAY.partition("    def forward")[0] + LAYER_BY_LAYER.replace(
        "c_k, h_k = layer(x_t, c_k, h_k)", "c, h = layer(x_t, c_k, h_k)"
    )
    assert "writes into" not in told(grade("LSTM", source))


@pytest.mark.parametrize("right, slip", [("self.layers[k](", "self.cells[k]("), ("[k](", "(")])
def test_a_stack_with_one_criterion_for_all_is_told_what_raises(right, slip):
    head = KEEPS.replace("class LSTM(nn.Module)", "class CoupledLSTM(LSTM)")
    head = head.replace("__init__()", "__init__(input_dim, hidden_dim, n_layers)")
    source = head.replace("(LSTMCell(", "(CoupledLSTMCell(") + COUNTED
    verdict = grade("CoupledLSTM", source.replace(right, slip))
    assert lost(verdict) == {"works"} and "Your forward raises" in told(verdict), told(verdict)
