"""The GRU of the optional notebook: judged at the desk as the cells of 01 to 04 are, and never
marked."""

import re

from autograde.exercise.declared import BuiltIns, Recurrence
from autograde.exercise.rules import Part, Rule, names_in

from .criteria import COMMON, SUM_LATEX, with_points
from .exercises import BUILT_IN, OWN_BIAS, parameters
from .rules import everywhere, filled, gate_parts, squashes
from .tables import OTHER_SUM, SUM

LETTERS = "zrn"
RESET = "(r * h)"  # in place of h, where the candidate reads it

# ruff: disable[E501]
CANDIDATE = {  # beside the rows of SUM: what becomes of r
    "W_n @ h + U_n @ x + b_n": "r_t is not there",
    "r * (W_n @ h) + U_n @ x + b_n": "r_t weights W_n h_{t−1}, as in PyTorch's own GRU. Here it weights h_{t−1}, before W_n does",
    "r * (W_n @ h + b_n) + U_n @ x": "r_t weights W_n h_{t−1} + b_n, as in PyTorch's own GRU. Here it weights h_{t−1}, before W_n does",
    "r * (W_n @ h + U_n @ x + b_n)": "r_t weights the whole sum; it weights h_{t−1} alone",
    "r * (W_n @ h + U_n @ x) + b_n": "r_t weights U_n x_t as well; it weights h_{t−1} alone",
    "W_n @ ((1 - r) * h) + U_n @ x + b_n": "there is a 1 − too many",
    "W_n @ (z * h) + U_n @ x + b_n": "z_t stands in place of r_t",
    "W_n @ (r + h) + U_n @ x + b_n": "r_t and h_{t−1} are added; they are multiplied",
    "W_n @ r + U_n @ x + b_n": "r_t stands in place of r_t * h_{t−1}",
}
HIDDEN = {
    "(1 - z) * n + z * h": "",
    "z * n + (1 - z) * h": "the roles of z_t and 1 − z_t are swapped; here z_t says how much is kept",
    "z * n + z * h": "the candidate is weighted by z_t, not by 1 − z_t",
    "(1 - z) * n + (1 - z) * h": "the old state is weighted by 1 − z_t, not by z_t",
    "(1 - z) * n": "nothing is kept of h_{t−1}",
    "z * h": "nothing new is written",
    "n + z * h": "the candidate is not weighted by 1 − z_t",
    "(1 - z) * n + h": "the old state is not weighted by z_t",
    "n + h": "neither z_t nor 1 − z_t is there",
    "(1 - z) + z * h": "the candidate is not there",
    "(1 - z) * n + z": "z_t is not multiplied with h_{t−1}",
    "1 - z * n + z * h": "the brackets around 1 − z_t are missing",
    "(z - 1) * n + z * h": "the sign of 1 − z_t is turned round",
    "(1 + z) * n + z * h": "the candidate is weighted by 1 + z_t",
    "z * h - z * n": "1 − z_t has lost its 1",
    "(1 - z) * n - z * h": "the two products are added in the rule",
    "(1 - z) * n * z * h": "the two products are multiplied; they are added",
    "(1 - r) * n + r * h": "r_t stands in place of z_t",
    "(1 - r) * n + z * h": "the candidate is weighted by 1 − r_t, not by 1 − z_t",
    "r * n + z * h": "the candidate is weighted by r_t, not by 1 − z_t",
    "(1 - z) * n + r * h": "the old state is weighted by r_t, not by z_t",
    "(1 - z) * n + z * (r * h)": "r_t weights the old state once more; it belongs to the candidate alone",
    "(1 - z) * n + z * tanh(h)": "the old state is squashed",
    "(1 - z) * tanh(n) + z * h": "the candidate is squashed twice",
    "tanh((1 - z) * n + z * h)": "it goes through tanh once more",
    "((1 - z) * n + z * h) / 2": "it is halved",
    "(1 - z) * n + z * h + h": "h_{t−1} is added once more",
    "dot(1 - z, n) + dot(z, h) + zero": "* is elementwise, not @",
    "n": "it is the candidate alone",
    "h": "it does not change",
    "z": "",
    "zero": "",
}
WORDS = {
    "parameters": (
        "Parameters and shapes",
        "W_z W_r W_n map hidden to hidden, U_z U_r U_n input to hidden (nn.Linear without bias, or nn.Parameter of shape (out, in)); b_z b_r b_n are nn.Parameter of shape (hidden_dim,); nothing else trains, and any sizes work",
    ),
    "z": ("Update gate z_t", "z_t = σ(W_z h_{t−1} + U_z x_t + b_z)"),
    "r": ("Reset gate r_t", "r_t = σ(W_r h_{t−1} + U_r x_t + b_r)"),
    "n": ("Candidate n_t", "n_t = tanh(W_n (r_t * h_{t−1}) + U_n x_t + b_n)"),
    "hidden": ("New hidden state h_t", "h_t = (1 − z_t) * n_t + z_t * h_{t−1}"),
    "own": ("Your own work", "your own computation, not a call to PyTorch's GRU"),
}
# ruff: enable[E501]
EQUATIONS = {k: rf"{k}_t = \sigma({SUM_LATEX.format(k=k, peep='')})" for k in "zr"} | {
    "n": r"n_t = \tanh(W_n (r_t * h_{t-1}) + U_n x_t + b_n)",
    "hidden": r"h_t = (1 - z_t) * n_t + z_t * h_{t-1}",
}
KEYS = ("runs", "parameters", *LETTERS, "hidden", "gradients", "untouched", "own")


def sums(k: str) -> dict[str, str]:
    """Every sum inside a gate, the right one first: the rows of an LSTM's without its cell
    state."""
    rows = filled(SUM, k)
    for j in LETTERS.replace(k, ""):
        rows |= filled(OTHER_SUM, k, j=j)
    return {formula: said for formula, said in rows.items() if "c" not in names_in(formula)}


def candidate_sums() -> dict[str, str]:
    """The same inside the candidate, which reads r * h in place of h."""
    rows = {}
    for formula, said in sums("n").items():
        if not re.search(r"(?<!@ )\bh\b", formula):
            said = said.replace("h_{t−1}", "(r_t * h_{t−1})")
            rows[formula.replace("@ h", f"@ {RESET}")] = said
    return rows | CANDIDATE


def rule() -> Rule:
    inside = {"z": sums("z"), "r": sums("r"), "n": candidate_sums()}
    gates = [part for k in LETTERS for part in gate_parts(k, inside[k], squashes(k))]
    slips = everywhere("zr", "")
    return Rule(
        (*gates, Part("new", "h_t", "hidden", HIDDEN)),
        inputs={"x": "x_t", "h": "h_{t−1}"},
        outputs={"h_t": "new"},
        together=tuple(s for s in slips if not any("c" in names_in(f) for f in s.values())),
    )


GRU_CELL = Recurrence(
    "GRUCell",
    "further/gru",
    with_points(dict.fromkeys(KEYS, 1), COMMON | WORDS, EQUATIONS),
    rule=rule(),
    parameters=parameters(LETTERS),
    says={"bias": OWN_BIAS},
    built_ins=BuiltIns(
        "PyTorch's own GRU", BUILT_IN.names | {"gru", "gru_cell"}, BUILT_IN.operators
    ),
)
FURTHER = (GRU_CELL,)
