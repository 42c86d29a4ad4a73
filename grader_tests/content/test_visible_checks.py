"""The checks at a student's desk never disagree with the grader: no right answer fails one, and
what passes all of them earns most of the marks.

Everything here is a class's source, run and checked without a notebook.
"""

import contextlib
import io

import pytest
import torch
from lstm_kit.checks import LADDERS, CheckFailed, check

from grader_tests.samples.mistakes import code, named, singles
from grader_tests.samples.right_answers import right_answers
from grader_tests.samples.students import EXERCISES, answers, cell_before, solutions
from grader_tests.support.function_level import grade, namespace_of, quiet

EVERY_RIGHT, EVERY_WRONG = 6, 12  # one in so many of the generated answers is tried
torch.set_num_threads(1)


def desk(name: str, source: str) -> str:
    """What a student reads who runs this cell and the check below it."""
    with quiet():
        try:
            cls = namespace_of(name, source)[name]
        except Exception as error:
            return f"the cell raised {type(error).__name__}: {error}"
    with contextlib.redirect_stdout(io.StringIO()) as said, contextlib.redirect_stderr(said):
        try:
            check(cls)
        except CheckFailed as failure:
            return f"{said.getvalue()}CheckFailed: {failure}"
    return said.getvalue()


def passes(name: str, source: str) -> bool:
    return desk(name, source).rstrip().endswith(f"{name}: all checks passed.")


@pytest.mark.parametrize("name", EXERCISES)
def test_right_answers_pass(name):
    generated = [(words, source) for cls, words, source in right_answers() if cls == name]
    worked, matrices = solutions(), answers("parameter_matrices")
    sources = [
        *generated[::EVERY_RIGHT],
        *generated[-10:],
        ("worked", cell_before(name) + worked[name]),
        ("parameter matrices", cell_before(name, matrices) + matrices[name]),
    ]
    assert not [
        (words, desk(name, source)) for words, source in sources if not passes(name, source)
    ]


@pytest.mark.parametrize("name", EXERCISES)
def test_what_passes_earns_most_of_the_marks(name):
    mistakes = dict.fromkeys(named(name) + singles(name)[::EVERY_WRONG])
    low = [
        mistake.name
        for mistake in mistakes
        if passes(name, code(name, mistake))
        and grade(name, code(name, mistake)).score < 0.8 * EXERCISES[name].points
    ]
    assert not low


@pytest.mark.parametrize("name", EXERCISES)
def test_a_ladder_stops_at_the_first_rung_that_does_not_hold(name):
    """Each mistake's message names the rungs below it as climbed, then the one that failed, and
    then nothing more."""
    titles, stops = [title for title, _ in LADDERS[name]], set()
    for mistake in named(name):
        said = desk(name, code(name, mistake))
        if "CheckFailed" in said:
            climbed = [
                line.removeprefix("  ✓ ") for line in said.splitlines() if line.startswith("  ✓ ")
            ]
            assert climbed == titles[: len(climbed)] and f"  ✗ {titles[len(climbed)]}" in said, said
            stops.add(titles[len(climbed)])
    assert len(stops) >= 2


# a change of the worked LSTMCell -> the rung that it fails, and a piece of what the student reads
TOLD = {
    ("f_t * c + i_t * candidate", "f_t * i_t * candidate"): (
        "f_t = 1 and i_t = 0 keep the cell state",
        "the cell must keep its state",
    ),
    ("self.W_f(h)", "self.W_i(h)"): ("forget gate f_t", "It does not change with W_f"),
    ("i_t = torch.sigmoid", "i_t = torch.tanh"): (
        "f_t = 1 and i_t = 0 keep the cell state",
        "Look at the functions of f_t and i_t",
    ),
    ("self.W_i(h) + self.U_i(x)", "self.W_i(h) + self.U_f(x)"): (
        "input gate i_t",
        "It is the logistic sigmoid",
    ),
    ("candidate = torch.tanh", "candidate = torch.sigmoid"): ("candidate c̃_t", "It is the tanh"),
    ("o_t * torch.tanh(c_t)", "o_t * c_t"): (
        "what of c_t can be shown",
        "the tanh of the new cell state",
    ),
    ("return c_t, h_t", "return h_t, c_t"): (
        "forward returns the pair (c_t, h_t)",
        "The pair comes in the wrong order",
    ),
    ("return c_t, h_t", "c.zero_()\n        return c_t, h_t"): (
        "x, c and h are left as they are",
        "forward changes the tensor c",
    ),
    ("f_t * c + i", "f_t * c.detach() + i"): (
        "gradients over several steps",
        "somewhere a state is cut off",
    ),
    ("nn.init.normal_(parameter)", "nn.init.zeros_(parameter)"): (
        "reset_parameters",
        "standard deviation",
    ),
    ("self.b_f = nn.Parameter(torch.empty(hidden_dim))", "self.b_f = torch.zeros(hidden_dim)"): (
        "parameters: names and shapes",
        "b_f is a plain tensor",
    ),
    (
        "        return c_t, h_t",
        "        h_t, c_t = torch.lstm_cell(x[None], (h[None], c[None]), "
        "*[torch.cat([getattr(self, l + k).weight for k in 'ifco']) for l in ('U_', 'W_')], "
        "torch.cat([self.b_i, self.b_f, self.b_c, self.b_o]))\n        return c_t[0], h_t[0]",
    ): ("your own computation", "PyTorch's own LSTM"),
}


@pytest.mark.parametrize("change", TOLD, ids=[rung for rung, _ in TOLD.values()])
def test_a_message_names_the_mistake(change):
    rung, told = TOLD[change]
    worked = solutions()["LSTMCell"]
    assert change[0] in worked
    said = desk("LSTMCell", worked.replace(*change))
    assert f"✗ {rung}" in said and told in said, said
