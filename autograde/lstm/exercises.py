"""The exercises of the assignment `lstm`: rules, right and bent, the criteria and their points.

To change a mark, change a number here and the `points` of the class's test cell in `source/` (a test compares them).
In the tables below `k` stands for the letter of a gate, and `peep` for the peephole term where there is one.
"""

import re
from itertools import permutations

from ..exercise.declared import Criterion, Exercise
from ..exercise.rules import Part, Rule

SYMBOLS = {"f": "f_t", "i": "i_t", "o": "o_t", "c": "c̃_t"}
NAMES = {
    "f": "f",
    "i": "i",
    "o": "o",
    "c": "g",
}  # in formulas, where c is the cell state and g the candidate
GATES = {
    "f": "Forget gate f_t",
    "i": "Input gate i_t",
    "c": "Candidate c̃_t",
    "o": "Output gate o_t",
}

# ---------------------------------------------------------------- the sum inside a gate
SUM = {
    "W_k @ h + U_k @ x + b_k + peep": "",
    "U_k @ x + b_k + peep": "W_k h_{t−1} is missing",
    "W_k @ h + b_k + peep": "U_k x_t is missing",
    "W_k @ h + U_k @ x + peep": "the bias b_k is missing",
    "W_k @ h + U_k @ x + 2 * b_k + peep": "the bias b_k is added twice",
    "2 * W_k @ h + U_k @ x + b_k + peep": "W_k h_{t−1} is added twice",
    "W_k @ h + 2 * U_k @ x + b_k + peep": "U_k x_t is added twice",
    "-W_k @ h + U_k @ x + b_k + peep": "W_k h_{t−1} is subtracted",
    "W_k @ h - U_k @ x + b_k + peep": "U_k x_t is subtracted",
    "W_k @ h + U_k @ x - b_k + peep": "the bias b_k is subtracted",
    "b_k + zero": "W_k h_{t−1} and U_k x_t are missing",
    "W_k @ h": "U_k x_t and b_k are missing",
    "U_k @ x": "W_k h_{t−1} and b_k are missing",
    "W_k @ c + U_k @ x + b_k + peep": "W_k belongs to h_{t−1}, not to c_{t−1}",
    "W_k @ h + U_k @ h + b_k + peep": "U_k belongs to x_t, not to h_{t−1}",
    "W_k @ h + U_k @ c + b_k + peep": "U_k belongs to x_t, not to c_{t−1}",
    "W_k @ x + U_k @ x + b_k + peep": "W_k belongs to h_{t−1}, not to x_t",
    "W_k @ x + U_k @ h + b_k + peep": "the matrices are swapped: W_k belongs to h_{t−1} and U_k to x_t",
    "W_k.T @ h + U_k @ x + b_k + peep": "W_k is used transposed",
    "W_k @ h + U_k.T @ x + b_k + peep": "U_k is used transposed, which runs only where input_dim equals hidden_dim",
    "-(W_k @ h + U_k @ x + b_k + peep)": "the sign of the sum is turned round; for σ that is the same as 1 − σ(…)",
    "W_k @ h * (U_k @ x) + b_k + peep": "W_k h_{t−1} and U_k x_t are multiplied; they are added",
    "W_k @ h + U_k @ x * b_k + peep": "U_k x_t and b_k are multiplied; they are added",
    "W_k @ (h * h) + U_k @ x + b_k + peep": "h_{t−1} is squared",
    "W_k @ tanh(h) + U_k @ x + b_k + peep": "h_{t−1} goes through tanh once more",
    "W_k @ h + U_k @ x + b_k + W_k @ c + peep": "W_k c_{t−1} is added as well",
}
OTHER_SUM = {  # j is the letter of another gate
    "W_j @ h + U_k @ x + b_k + peep": "it uses W_j in place of W_k",
    "W_k @ h + U_j @ x + b_k + peep": "it uses U_j in place of U_k",
    "W_k @ h + U_k @ x + b_j + peep": "it uses b_j in place of b_k",
    "W_j @ h + U_j @ x + b_j + peep": "it uses W_j, U_j and b_j",
    "W_j @ h + U_j @ x + b_k + peep": "it uses W_j and U_j",
    "W_j @ h + U_k @ x + b_j + peep": "it uses W_j and b_j",
    "W_k @ h + U_j @ x + b_j + peep": "it uses U_j and b_j",
    "W_k @ h + U_k @ x + b_k + b_j + peep": "b_j is added as well",
}
PEEP_SUM = {
    "W_k @ h + U_k @ x + b_k": "the peephole V_k c_{t−1} is missing",
    "W_k @ h + U_k @ x + b_k + V_k @ h": "a peephole sees the cell state c_{t−1}, not h_{t−1}",
    "W_k @ h + U_k @ x + b_k + V_k @ tanh(c)": "a peephole sees c_{t−1} itself, not its tanh",
    "W_k @ h + U_k @ x + b_k + V_k @ sigmoid(c)": "a peephole sees c_{t−1} itself, not its σ",
    "W_k @ h + U_k @ x + b_k - V_k @ c": "the peephole is subtracted; it is added",
    "W_k @ h + U_k @ x + b_k + 2 * V_k @ c": "the peephole is added twice",
    "U_k @ x + b_k + V_k @ c": "the peephole stands in place of W_k h_{t−1}; both are needed",
    "W_k @ h + b_k + V_k @ c": "the peephole stands in place of U_k x_t; both are needed",
    "V_k @ c": "the peephole is all there is",
    "W_k @ h + U_k @ x + V_k @ c": "the peephole stands in place of the bias; both are needed",
    "W_k @ h + U_k @ x + b_k + total(V_k @ c)": "V_k c_{t−1} is added up over the units; each unit has its own",
    "W_k @ h + U_k @ x + b_k + average(V_k @ c)": "V_k c_{t−1} is averaged over the units; each unit has its own",
    "W_k @ h + U_k @ x + b_k + V_k.T @ c": "V_k is used transposed",
    "W_k @ h + U_k @ x + b_k + diagonal(V_k) * c": "only the diagonal of the full matrix V_k is used",
    "W_k @ h + U_k @ x + b_k + V_k[0, 0] * c": "one entry of V_k serves all units",
    "(W_k @ h + U_k @ x + b_k) * (V_k @ c)": "the peephole is multiplied; it is added",
}
OTHER_PEEP_SUM = {
    "W_k @ h + U_k @ x + b_k + V_j @ c": "it uses V_j in place of V_k",
    "W_k @ h + U_k @ x + b_k + V_k @ c + V_j @ c": "V_j c_{t−1} is added as well",
    "W_j @ h + U_j @ x + b_j + V_j @ c": "it uses W_j, U_j, b_j and V_j",
}
OUTPUT_SUM = {
    "W_o @ (sigmoid(W_o @ h + U_o @ x + b_o + peep) * tanh(new)) + U_o @ x + b_o + peep": "it is computed once more, from the new h_t"
}
OUTPUT_PEEP = {
    "W_o @ h + U_o @ x + b_o + V_o @ new": "the peephole sees the new c_t. In the original papers it does; in this exercise it sees c_{t−1}, as the other gates do"
}
CANDIDATE_PEEP = {"W_k @ h + U_k @ x + b_k + V_j @ c": "the candidate has no peephole"}

# ---------------------------------------------------------------- the function around the sum; `right` is sigmoid or tanh
SQUASH = {
    "right(a)": "",
    "other(a)": "it goes through other",
    "a": "right is missing",
    "relu(a)": "relu stands in place of right",
    "softmax(a)": "softmax stands in place of right; each unit decides by itself",
    "right(right(a))": "right is applied twice",
    "sigmoid(tanh(a))": "it goes through tanh and then σ",
    "tanh(sigmoid(a))": "it goes through σ and then tanh",
    "1 - right(a)": "there is a 1 − too many",
    "1 - other(a)": "there is a 1 − too many, and other stands in place of right",
    "right(1 - a)": "there is a 1 − too many inside right",
    "one": "it is always 1, as if there were no gate",
    "zero": "it is always 0",
    "one / 2": "it is always ½",
    "exp(a)": "exp stands in place of right",
    "right(a) ** 2": "it is squared",
    "hard_sigmoid(a)": "a piecewise linear function stands in place of right",
    "softplus(a)": "softplus stands in place of right",
    "right(a) / 2": "it is halved",
    "2 * right(a)": "it is doubled",
    "1 + right(a)": "1 is added",
    "sin(a)": "sin stands in place of right",
    "right(2 * a)": "the sum is doubled",
    "right(a / 2)": "the sum is halved",
}
PEEP_SQUASH = {
    "sigmoid(W_k @ h + U_k @ x + b_k) + V_k @ c": "the peephole is added after σ; it belongs inside",
    "sigmoid(W_k @ h + U_k @ x + b_k) * (V_k @ c)": "the peephole multiplies the gate; it is added inside σ",
    "sigmoid(W_k @ h + U_k @ x + b_k) + sigmoid(V_k @ c)": "the peephole has a σ of its own; it is added inside the gate's σ",
}

# ---------------------------------------------------------------- the new cell state; g is the candidate
CELL = {
    "f * c + i * g": "",
    "i * g": "nothing is kept of c_{t−1}",
    "f * c": "nothing new is written",
    "f + i * g": "f_t is not multiplied with c_{t−1}",
    "c + i * g": "there is no forget gate",
    "f * c + g": "there is no input gate",
    "c + g": "neither gate is there",
    "f * c + i": "the candidate is not there",
    "i * c + f * g": "f_t and i_t are swapped",
    "f * c + f * g": "the candidate is weighted by f_t, not by i_t",
    "i * c + i * g": "the old state is weighted by i_t, not by f_t",
    "f * c + o * g": "the candidate is weighted by o_t, not by i_t",
    "o * c + i * g": "the old state is weighted by o_t, not by f_t",
    "f * c + i + g": "i_t and c̃_t are added; they are multiplied",
    "f + c + i * g": "f_t and c_{t−1} are added; they are multiplied",
    "f * i * g": "no trace of c_{t−1}, and the sum is lost",
    "f * c * i * g": "the two products are multiplied; they are added",
    "f * c - i * g": "the two products are added in the rule",
    "i * g - f * c": "the two products are added in the rule",
    "f * h + i * g": "h_{t−1} is kept in place of c_{t−1}",
    "f * tanh(c) + i * g": "the old state is squashed",
    "f * c + i * tanh(g)": "the candidate is squashed twice",
    "f * (c + i * g)": "f_t weights the new part as well",
    "i * (f * c + g)": "i_t weights the old part as well",
    "(f + i) * c * g": "",
    "(f + i) * (c + g)": "",
    "(f * c + i) * g": "the parts are grouped the wrong way",
    "f * c + i * g + c": "c_{t−1} is added once more",
    "f * c + i * g + g": "c̃_t is added once more",
    "f * c + i * g + h": "h_{t−1} is added as well",
    "f * c + (1 - f) * g": "the gates are coupled here, which is the rule of notebook 3",
    "f * c + (1 - i) * g": "there is a 1 − too many",
    "(1 - f) * c + i * g": "there is a 1 − too many",
    "f + i": "neither c_{t−1} nor c̃_t is there",
    "f * c + c * g": "",
    "f * c + i * c": "the candidate is not there",
    "f * g + i * g": "c_{t−1} is not there",
    "f * c + i * h": "the candidate is not there",
    "f * c + i * x": "the candidate is not there",
    "dot(f, c) + i * g": "* is elementwise, not @",
    "f * c + dot(i, g)": "* is elementwise, not @",
    "dot(f, c) + dot(i, g) + zero": "* is elementwise, not @",
    "g": "it is the candidate alone",
    "c": "it does not change",
    "f": "",
    "i": "",
    "(f * c + i * g) / 2": "it is halved",
    "tanh(i * g)": "nothing is kept of c_{t−1}, and it is squashed",
    "zero": "",
}
COUPLED = {  # 1 − f weights the candidate; what is wrong about that counts for the criterion "coupling"
    "f * c + (1 - f) * g": "",
    "(1 - f) * c + f * g": ("the roles of f_t and 1 − f_t are swapped", "coupling"),
    "(1 - f) * (c + g)": ("1 − f_t weights both parts", "coupling"),
    "f * c + 1 - f * g": ("the brackets around 1 − f_t are missing", "coupling"),
    "f * c + (1 + f) * g": ("the candidate is weighted by 1 + f_t", "coupling"),
    "f * c + (f - 1) * g": ("the sign of 1 − f_t is turned round", "coupling"),
    "f * c - f * g": ("1 − f_t has lost its 1", "coupling"),
    "f * c + (1 - o) * g": ("it is coupled to the output gate", "coupling"),
    "f * c + (1 - sigmoid(f)) * g": ("σ is applied to f_t once more", "coupling"),
    "f * c + (1 - tanh(af)) * g": ("1 − tanh(…) stands in place of 1 − f_t", "coupling"),
    "f * c + sigmoid(1 - af) * g": (
        "the 1 − goes outside of σ: 1 − σ(…), not σ(1 − …)",
        "coupling",
    ),
    "f * c + tanh(-af) * g": ("tanh of the sum stands in place of 1 − f_t", "coupling"),
    "f * c + (1 - f) * g / 2": ("the candidate is weighted by half of 1 − f_t", "coupling"),
    "f * c + (2 - f) * g": ("the candidate is weighted by 2 − f_t", "coupling"),
    "f * c + (1 - f) ** 2 * g": ("1 − f_t is squared", "coupling"),
    "f * c + f * g": ("the candidate is weighted by f_t, not by 1 − f_t", "coupling"),
    "f * c + g": ("the candidate is not weighted by 1 − f_t", "coupling"),
    "f * c + o * g": ("the candidate is weighted by o_t, not by 1 − f_t", "coupling"),
    "f * c + sigmoid(W_i @ h + U_i @ x + b_i) * g": (
        "a separate input gate is still there",
        "coupling",
    ),
    "f * c + (1 - sigmoid(W_i @ h + U_i @ x + b_i)) * g": (
        "a separate input gate is still there",
        "coupling",
    ),
    "sigmoid(W_i @ h + U_i @ x + b_i) * g + (1 - sigmoid(W_i @ h + U_i @ x + b_i)) * c": (
        "the input gate is kept in place of the forget gate",
        "coupling",
    ),
    "(1 - f) * g": "nothing is kept of c_{t−1}",
    "f * c": "nothing new is written",
    "f + (1 - f) * g": "f_t is not multiplied with c_{t−1}",
    "c + (1 - f) * g": "the old state is not weighted by f_t",
    "f * c + (1 - f)": "the candidate is not there",
    "f * c + (1 - f) + g": "1 − f_t and c̃_t are added; they are multiplied",
    "f * c * (1 - f) * g": "the two products are multiplied; they are added",
    "(1 - f) * g - f * c": "the two products are added in the rule",
    "f * h + (1 - f) * g": "h_{t−1} is kept in place of c_{t−1}",
    "f * (1 - f) * g": "no trace of c_{t−1}, and the sum is lost",
    "f * tanh(c) + (1 - f) * g": "the old state is squashed",
    "f * c + (1 - f) * tanh(g)": "the candidate is squashed twice",
    "f * c + (1 - f) * h": "h_{t−1} stands in place of the candidate",
    "o * c + (1 - f) * g": "the old state is weighted by o_t, not by f_t",
    "dot(f, c) + dot(1 - f, g) + zero": "* is elementwise, not @",
    "f * c + (1 - f) * g + c": "c_{t−1} is added once more",
    "(f * c + (1 - f) * g) / 2": "it is halved",
    "f * c + c * g": "",
    "c + g": "neither f_t nor 1 − f_t is there",
    "g": "it is the candidate alone",
    "c": "it does not change",
    "f": "",
    "1 - f": "",
    "zero": "",
}
STORED = {
    "new": "",
    "tanh(new)": "it is squashed",
    "o * new": "the output gate belongs to h_t",
    "o * tanh(new)": "that is h_t",
    "sigmoid(new)": "",
    "-new": "",
    "2 * new": "",
}
PEEP_STORED = {
    "new + V_o @ c": "the peephole of the output gate is added to the cell state; it belongs inside the gate's σ"
}

# ---------------------------------------------------------------- the new hidden state
HIDDEN = {
    "o * tanh(new)": "",
    "o * new": "tanh is missing",
    "tanh(o * new)": "tanh goes around c_t alone",
    "o * sigmoid(new)": "it is tanh, not σ",
    "o * tanh(c)": "the old cell state is used",
    "o * c": "the old cell state is used, and tanh is missing",
    "tanh(new)": "the output gate is missing",
    "sigmoid(new)": "the output gate is missing, and it is tanh, not σ",
    "o * tanh(g)": "the candidate stands in place of c_t",
    "o * g": "the candidate stands in place of tanh(c_t)",
    "o * tanh(tanh(new))": "tanh is applied twice",
    "sigmoid(o * new)": "",
    "o + tanh(new)": "o_t and tanh(c_t) are multiplied",
    "o - tanh(new)": "o_t and tanh(c_t) are multiplied",
    "-o * tanh(new)": "its sign is turned round",
    "(1 - o) * tanh(new)": "there is a 1 − too many",
    "o * relu(new)": "it is tanh, not relu",
    "o * sin(new)": "it is tanh, not sin",
    "o * tanh(h)": "h_{t−1} stands in place of c_t",
    "o * tanh(x)": "x_t stands in place of c_t",
    "o * h": "h_{t−1} stands in place of tanh(c_t)",
    "f * tanh(new)": "the forget gate stands in place of o_t",
    "i * tanh(new)": "the input gate stands in place of o_t",
    "h": "it does not change",
    "new": "",
    "o": "tanh(c_t) is missing",
    "tanh(o) * new": "tanh goes around c_t",
    "tanh(o) * tanh(new)": "o_t goes through tanh as well",
    "dot(o, tanh(new)) + zero": "* is elementwise, not @",
    "o * tanh(new) + h": "h_{t−1} is added as well",
    "o * tanh(new) + x": "x_t is added as well",
    "o * tanh(new) / 2": "it is halved",
    "o * tanh(2 * new)": "c_t is doubled",
    "o * tanh(new) * new": "c_t multiplies once more",
    "o * tanh(new) * tanh(new)": "tanh(c_t) multiplies once more",
    "o * o * tanh(new)": "o_t multiplies once more",
    "sigmoid(o) * tanh(new)": "σ is applied to o_t once more",
    "o * tanh(new + c)": "c_{t−1} is added to c_t",
    "zero": "",
}


# ---------------------------------------------------------------- tables into rules
def fill(text: str, k: str, peep: bool = False, j: str = "") -> str:
    """A row of a table for gate k: `_k` and `_j` become letters, and the peephole term is put in or left out."""
    return (
        text.replace(" + peep", " + V_k @ c" if peep else "")
        .replace("_k", f"_{k}")
        .replace("_j", f"_{j}")
    )


def filled(table: dict, k: str, peep: bool = False, j: str = "") -> dict:
    return {
        fill(formula, k, peep, j): fill(remark, k, peep, j) for formula, remark in table.items()
    }


def sums(k: str, peepholes: str) -> dict[str, str]:
    peep = k in peepholes
    rows = filled(SUM, k, peep) | (filled(PEEP_SUM, k) if peep else {})
    for j in "fioc".replace(k, ""):
        rows |= filled(OTHER_SUM, k, peep, j)
    rows |= filled(OUTPUT_SUM | (OUTPUT_PEEP if peep else {}), k, peep) if k == "o" else {}
    for j in peepholes.replace(k, ""):
        rows |= filled(OTHER_PEEP_SUM if peep else CANDIDATE_PEEP, k, j=j)
    return rows


def squash(text: str, k: str) -> str:
    """A row of SQUASH for gate k: `right` and `other` become functions, `a` the sum inside the gate."""
    right, other = ("tanh", "sigmoid") if k == "c" else ("sigmoid", "tanh")
    return re.sub(r"\ba\b", f"a{k}", text.replace("right", right).replace("other", other))


def squashes(k: str, peepholes: str) -> dict[str, str]:
    rows = {}
    for formula, remark in SQUASH.items():
        words = (
            remark.replace(
                ", as if there were no gate", "" if k == "c" else ", as if there were no gate"
            )
            .replace("right", "tanh" if k == "c" else "σ")
            .replace("other", "σ" if k == "c" else "tanh")
        )
        rows.setdefault(squash(formula, k), words)
    return rows | (filled(PEEP_SQUASH, k) if k in peepholes else {})


def gate_parts(k: str, peepholes: str) -> list[Part]:
    return [
        Part(f"a{k}", f"sum of {SYMBOLS[k]}", k, sums(k, peepholes), inline=True),
        Part(NAMES[k], SYMBOLS[k], k, squashes(k, peepholes), traced=True),
    ]


def everywhere(gates: str, peepholes: str) -> tuple[dict[str, str], ...]:
    """Slips that are made in several gates at once: part to formula, as the tables have it.

    The same slip in every gate; the parameters of the gates in another order; one gate's parameters in all of them.
    """

    def summed(template, letters):  # letters: gate to the letter j of another one
        return {f"a{k}": fill(template, k, k in peepholes, j) for k, j in letters.items() if j != k}

    same = dict.fromkeys(gates, "")
    rows = [summed(template, same) for template in list(SUM)[1:]]
    rows += [summed(template, dict.fromkeys(peepholes, "")) for template in PEEP_SUM]
    for among in (gates.replace("c", ""), gates):
        rows += [{NAMES[k]: squash(template, k) for k in among} for template in list(SQUASH)[1:]]
    for templates, among in ((OTHER_SUM, gates), (OTHER_PEEP_SUM, peepholes)):
        for template in templates:
            rows += [summed(template, dict(zip(among, order))) for order in permutations(among)]
            rows += [summed(template, dict.fromkeys(among, j)) for j in among]
    return tuple(
        dict(row)
        for row in dict.fromkeys(tuple(sorted(row.items())) for row in rows if len(row) > 1)
    )


def rule(gates: str, cell: dict, peepholes: str = "") -> Rule:
    gate = {k: gate_parts(k, peepholes) for k in gates}
    parts = [part for k in "fico" if k in gates for part in gate[k]]
    parts += [
        Part("new", "c_t", "cell", cell, also=("coupling", "1 - f") if cell is COUPLED else None),
        Part(
            "stored",
            "c_t",
            "cell",
            STORED | (PEEP_STORED if peepholes else {}),
            says="In place of c_t your forward returns {formula}",
        ),
        Part(
            "hidden",
            "h_t",
            "hidden",
            {
                formula: remark
                for formula, remark in HIDDEN.items()
                if "i" in gates or not formula.startswith("i ")
            },
        ),
    ]
    return Rule(
        tuple(parts),
        {"x": "x_t", "c": "c_{t−1}", "h": "h_{t−1}"},
        {"c_t": "stored", "h_t": "hidden"},
        everywhere(gates, peepholes),
        (("ao", "h_t"), ("o", "h_t")),
    )


# ---------------------------------------------------------------- criteria
RUNS = "the cell runs from its first line to its last, and defines the class"
UNTOUCHED = "forward leaves the tensors passed to it as they were"
GRADIENTS = "a backward pass over several steps gives the right gradient for every parameter and for the initial states"
RESET = "reset_parameters() draws every parameter afresh from a normal distribution with mean 0 and standard deviation 1"
OWN = "your own computation, not a call to PyTorch's LSTM"
PAIR = "forward returns the pair (c_t, h_t): the cell state comes first"
COMMON = {
    "runs": ("The cell runs", RUNS),
    "gradients": ("Gradients", GRADIENTS),
    "untouched": ("Inputs left as they are", UNTOUCHED),
    "reset": ("reset_parameters", RESET),
    "own": ("Your own work", OWN),
}
SUMS = {
    "plain": "W_{0} h_{{t−1}} + U_{0} x_t + b_{0}",
    "peephole": "W_{0} h_{{t−1}} + U_{0} x_t + V_{0} c_{{t−1}} + b_{0}",
}
KEPT = {
    "plain": "c_t = f_t * c_{t−1} + i_t * c̃_t",
    "coupled": "c_t = f_t * c_{t−1} + (1 − f_t) * c̃_t",
}
SUM_LATEX = "W_{0} h_{{t-1}} + U_{0} x_t + {1}b_{0}"
EQUATIONS = {  # criterion to LaTeX, as the notebooks have it
    "c": rf"\tilde c_t = \tanh({SUM_LATEX.format('c', '')})",
    "cell": r"c_t = f_t * c_{t-1} + i_t * \tilde c_t",
    "hidden": r"h_t = o_t * \tanh(c_t)",
    "wiring": r"z_t^{(0)} = x_t, \quad z_t^{(k)} = h_t^{(k-1)}",
    "states": r"(c_t^{(k)}, h_t^{(k)}) = \mathrm{cell}^{(k)}(z_t^{(k)}, c_{t-1}^{(k)}, h_{t-1}^{(k)})",
    "outputs": r"y_t = h_t^{(L-1)}",
}
COUPLED_LATEX = r"c_t = f_t * c_{t-1} + (1 - f_t) * \tilde c_t"
SHAPES = (
    "W_f W_i W_o W_c map hidden to hidden, U_f U_i U_o U_c input to hidden (nn.Linear without bias, or nn.Parameter of shape "
    "(out, in)); b_f b_i b_o b_c are nn.Parameter of shape (hidden_dim,); nothing else trains, and any sizes work"
)
LAYERS = "layers is an nn.ModuleList of n_layers cells: the first reads input_dim numbers, the others hidden_dim"


def cell_criteria(
    points: dict[str, float], parameters: str, kind: str = "plain"
) -> tuple[Criterion, ...]:
    inside = SUMS["peephole" if kind == "peephole" else "plain"]
    rows = COMMON | {
        "parameters": ("Parameters and shapes", parameters),
        **{k: (GATES[k], f"{k}_t = σ({inside.format(k)})") for k in "fio"},
        "c": (GATES["c"], f"c̃_t = tanh({SUMS['plain'].format('c')})"),
        "coupling": (
            "Coupled gates",
            "what is forgotten is replaced: the candidate is weighted by 1 − f_t",
        ),
        "cell": ("New cell state c_t", KEPT["coupled" if kind == "coupled" else "plain"]),
        "hidden": ("New hidden state h_t", "h_t = o_t * tanh(c_t)"),
        "order": ("Order of the returned pair", PAIR),
    }
    gates = {
        k: rf"{k}_t = \sigma({SUM_LATEX.format(k, f'V_{k} c_{{t-1}} + ' if kind == 'peephole' else '')})"
        for k in "fio"
    }
    equations = (
        EQUATIONS
        | gates
        | ({"cell": COUPLED_LATEX, "coupling": COUPLED_LATEX} if kind == "coupled" else {})
    )
    return tuple(Criterion(key, points[key], *rows[key], equations.get(key, "")) for key in points)


def stack_criteria(points: dict[str, float], layers: str = LAYERS) -> tuple[Criterion, ...]:
    rows = COMMON | {
        "layers": ("Layers", layers),
        "wiring": (
            "What each layer reads",
            "layer 0 reads x_t; every other layer reads the new h of the layer below, of the same step",
        ),
        "states": (
            "States carried along",
            "each layer starts from its own given state and goes on, at every step, from its own last state",
        ),
        "works": (
            "Outputs and states",
            "the stack of your layers gives the right outputs and final states",
        ),
        "outputs": ("Outputs", "outputs holds the top layer's h at every step, first step first"),
        "final": (
            "Final states",
            "(c_T, h_T) hold each layer's last states, in the shape of those passed in",
        ),
    }
    return tuple(Criterion(key, points[key], *rows[key], EQUATIONS.get(key, "")) for key in points)


def parameters(gates: str, peepholes: str = "") -> dict[str, tuple[str, ...]]:
    rows = {f"W_{k}": ("m", "m") for k in gates} | {f"U_{k}": ("m", "n") for k in gates}
    return rows | {f"V_{k}": ("m", "m") for k in peepholes} | {f"b_{k}": ("m",) for k in gates}


def kit(*modules: str) -> tuple[str, ...]:
    return tuple(
        f"lstm_kit/{module}.py"
        for module in ("__init__", "checks", "plots", "predictions", "tasks", *modules)
    )


def prediction(points: float, asks: str) -> tuple[Criterion, ...]:
    return (Criterion("value", points, "Prediction", asks),)


EXERCISES = (
    Exercise(
        "cell_parameters",
        "01_basic_lstm",
        "value",
        prediction(
            1,
            "how many numbers an LSTMCell with input_dim=3 and hidden_dim=5 trains: W (5, 5), U (5, 3) and b (5), for each of the letters f, i, o, c",
        ),
        kit=kit(),
        answer=180,
        slips={
            200: "that is what PyTorch's own cell trains, which has two biases where one would do",
            160: "the biases are left out",
            45: "that is one letter; there are four",
            135: "that is three letters; there are four, with the candidate's",
            108: "input_dim and hidden_dim are swapped",
            120: "U is left out",
            80: "W is left out",
            12: "that is how many matrices and biases there are, not how many numbers",
        },
    ),
    Exercise(
        "LSTMCell",
        "01_basic_lstm",
        "cell",
        cell_criteria(
            dict(
                runs=0.25,
                parameters=1,
                f=1,
                i=1,
                c=1,
                o=1,
                cell=1,
                hidden=1,
                order=0.25,
                gradients=0.5,
                untouched=0.5,
                reset=0.25,
                own=0.25,
            ),
            SHAPES,
        ),
        rule("fico", CELL),
        parameters("fioc"),
        kit=kit(),
    ),
    Exercise(
        "zeros",
        "02_stacking",
        "value",
        prediction(
            1,
            "for how many of the 16 pairs of layers the first h of one has no influence on the last h of the other",
        ),
        kit=kit("cell"),
        answer=6,
        slips={
            10: "that is how many pairs have influence",
            12: "that would be so if every layer read the raw x, or if all shared one state",
            3: "that is a stack of three layers; this one has four",
            0: "layers further up cannot reach those below them",
        },
    ),
    Exercise(
        "LSTM",
        "02_stacking",
        "stack",
        stack_criteria(
            dict(
                runs=0.25,
                layers=1,
                wiring=1,
                states=1,
                outputs=1,
                final=1,
                gradients=0.5,
                untouched=0.5,
                reset=0.5,
                own=0.25,
            )
        ),
        rule("fico", CELL),
        parameters("fioc"),
        cell="LSTMCell",
        kit=kit("cell"),
    ),
    Exercise(
        "CoupledLSTMCell",
        "03_coupled_gates",
        "cell",
        cell_criteria(
            dict(
                runs=0.25,
                parameters=0.5,
                f=0.5,
                coupling=0.5,
                c=0.5,
                o=0.25,
                cell=0.5,
                hidden=0.25,
                order=0.25,
                gradients=0.25,
                untouched=0.25,
                reset=0.25,
                own=0.25,
            ),
            "a subclass of LSTMCell with its parameters but without W_i, U_i and b_i (deleted, or None); nothing else trains, and any sizes work",
            "coupled",
        ),
        rule("fco", COUPLED),
        parameters("foc"),
        absent={name: shape for name, shape in parameters("i").items()},
        base="LSTMCell",
        kit=kit("cell", "stack"),
    ),
    Exercise(
        "CoupledLSTM",
        "03_coupled_gates",
        "stack",
        stack_criteria(
            dict(runs=0.25, layers=0.5, works=0.5, reset=0.25),
            LAYERS.replace("cells", "CoupledLSTMCell") + "; a subclass of LSTM",
        ),
        rule("fco", COUPLED),
        parameters("foc"),
        base="LSTM",
        cell="CoupledLSTMCell",
        kit=kit("cell", "stack"),
    ),
    Exercise(
        "PeepholeLSTMCell",
        "04_peepholes",
        "cell",
        cell_criteria(
            dict(
                runs=0.25,
                parameters=0.25,
                f=0.25,
                i=0.25,
                c=0.25,
                o=0.25,
                cell=0.25,
                hidden=0.25,
                order=0.25,
                gradients=0.25,
                untouched=0.25,
                reset=0.25,
                own=0.25,
            ),
            "a subclass of LSTMCell with its parameters and V_f V_i V_o, hidden to hidden without bias, full or diagonal; nothing else trains, and any sizes work",
            "peephole",
        ),
        rule("fico", CELL, "fio"),
        parameters("fioc", "fio"),
        ("V_f", "V_i", "V_o"),
        base="LSTMCell",
        kit=kit("cell", "stack"),
        bonus=True,
    ),
    Exercise(
        "PeepholeLSTM",
        "04_peepholes",
        "stack",
        stack_criteria(
            dict(runs=0.1, layers=0.25, works=0.25, reset=0.15),
            LAYERS.replace("cells", "PeepholeLSTMCell") + "; a subclass of LSTM",
        ),
        rule("fico", CELL, "fio"),
        parameters("fioc", "fio"),
        ("V_f", "V_i", "V_o"),
        base="LSTM",
        cell="PeepholeLSTMCell",
        kit=kit("cell", "stack"),
        bonus=True,
    ),
)
