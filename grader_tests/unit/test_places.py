"""The line of the student's that a sentence points at: the one that made the wrong value, and none
where that cannot be told."""

import pytest

from grader_tests.samples.students import solutions
from grader_tests.support.function_level import grade

INSIDE = "self.W_f(h) + self.U_f(x) - self.b_f"
FUSED = (
    "a = torch.cat([self.W_f.weight, self.W_i.weight]) @ h"
    " + torch.cat([self.U_f(x) - self.b_f, self.U_i(x)])"
)
CUT = "a_f, a_i = a.chunk(2)\n        f_t = torch.sigmoid(a_f)"
CELL = "c_t = f_t * c + i_t * candidate"
HIDDEN = "h_t = o_t * torch.tanh(c_t)"
RETURN = "return c_t, h_t"
FORGET = "f_t = torch.sigmoid(self.W_f(h) + self.U_f(x) + self.b_f)"
IN_STEPS = (
    "z = self.W_f(h)\n        z = z + self.U_f(x)\n        z = z + self.b_f\n"
    "        f_t = torch.sigmoid(z)"
)
OUTPUT = "o_t = torch.sigmoid(self.W_o(h) + self.U_o(x) + self.b_o)"
SHOWN = {  # what stands in place of a line, the criterion that is lost, and the line that is shown
    "a state": (CELL, "c_t = f_t + c + i_t * candidate", "cell", "c_t = f_t + c + i_t * candidate"),
    "a gate": (FORGET, FORGET.replace("sigmoid", "tanh"), "f", FORGET.replace("sigmoid", "tanh")),
    "a sum inside of a gate": (
        *(FORGET, f"a_f = {INSIDE}\n        f_t = torch.sigmoid(a_f)", "f"),
        f"a_f = {INSIDE}",
    ),
    "a term that is subtracted, of a sum in steps": (
        *(FORGET, IN_STEPS.replace("+ self.U_f", "- self.U_f"), "f"),
        "z = z - self.U_f(x)",
    ),
    "a term of another state, of a sum in steps": (
        *(FORGET, IN_STEPS.replace("W_f(h)", "W_f(c)"), "f"),
        "z = self.W_f(c)",
    ),
    "a term of another gate, of a sum in steps": (
        *(FORGET, IN_STEPS.replace("W_f", "W_i"), "f"),
        "z = self.W_i(h)",
    ),
    "the last term, of a sum in steps": (
        *(FORGET, IN_STEPS.replace("+ self.b", "- self.b"), "f"),
        "z = z - self.b_f",
    ),
    "a gate that no table has": (
        *(FORGET, FORGET.replace("sigmoid", "cos"), "f"),
        FORGET.replace("sigmoid", "cos"),
    ),
    "one number for all units": (FORGET, f"{FORGET}.mean()", "f", f"{FORGET}.mean()"),
    "sums that are cut into gates afterwards": (FORGET, f"{FUSED}\n        {CUT}", "f", FUSED),
    "a value that comes in between": (
        *(CELL, f"{CELL}\n        c_t = c_t.clamp(-1, 1)", "cell"),
        "c_t = c_t.clamp(-1, 1)",
    ),
    "a gate made once more": (
        *(CELL, f"{CELL}\n        {OUTPUT.replace('(h)', '(h.flip(0))')}", "o"),
        OUTPUT.replace("(h)", "(h.flip(0))"),
    ),
    "a line that raises": (
        FORGET,
        "f_t = torch.sigmoid(self.f)",
        "f",
        "f_t = torch.sigmoid(self.f)",
    ),
    "a right value in another's place": (RETURN, "return c_t, o_t", "hidden", None),
    "a right state in another's place": (RETURN, "return c_t, c_t", "hidden", None),
}


@pytest.mark.parametrize("what", SHOWN)
def test_the_line_that_made_it_is_shown(what):
    line, by, key, wanted = SHOWN[what]
    source = solutions()["LSTMCell"]
    assert source.count(line) == 1
    source = source.replace(line, by)
    (lost,) = [result for result in grade("LSTMCell", source).results if not result.met]
    assert lost.key == key
    if wanted is None:
        assert lost.place is None and "your line" not in lost.sentence
    else:
        assert lost.place.text == wanted == source.splitlines()[lost.place.line - 1].strip()
        assert f"`{wanted}`" in lost.sentence


def test_beside_a_gate_that_no_table_has_a_slip_is_told_where_it_was_made():
    """A minus before the candidate would give the same numbers, and there is none."""
    source = solutions()["LSTMCell"].replace(CELL, "c_t = f_t * c - i_t * candidate")
    source = source.replace("i_t = torch.sigmoid(", "i_t = torch.cos(")
    results = grade("LSTMCell", source).results
    lost = {r.key: r.place and r.place.text for r in results if not r.met}
    assert lost.keys() == {"i", "cell"} and lost["cell"] == "c_t = f_t * c - i_t * candidate"


def test_one_slip_in_a_state_is_not_taken_for_two_where_every_gate_is_right():
    source = solutions()["LSTMCell"].replace(CELL, "c_t = f_t * c ** 2 + i_t * candidate")
    assert [r.key for r in grade("LSTMCell", source).results if not r.met] == ["cell"]


def test_a_state_that_is_right_from_a_wrong_one_costs_nothing():
    """h_t follows from the student's own c_t, which is twice the right one."""
    source = solutions()["LSTMCell"].replace(CELL, f"c_t = 2 * ({CELL.partition(' = ')[2]})")
    assert [r.key for r in grade("LSTMCell", source).results if not r.met] == ["cell"]
