"""Exercises of one's own, as data: one step of a GRU, and a stack of such steps. Their notebook is
in source/gru; the judge knows nothing of them but these tables."""

from autograde.exercise import BuiltIns, Criterion, Part, Recurrence, Rule, Stack

Variants = dict[str, str]


def gate(k: str, symbol: str, right: str, other: str, sums: Variants) -> list[Part]:
    """The sum inside a gate, and the function around it; the right formula first, then those that
    students write instead."""
    functions = {
        f"{right}(a{k})": "",
        f"a{k}": f"{right} is missing",
        f"{other}(a{k})": f"it goes through {other}",
    }
    return [
        Part(f"a{k}", f"sum of {symbol}", k, sums, inline=True),
        Part(k, symbol, k, functions, traced=True),
    ]


def plain(k: str) -> Variants:
    return {
        f"W_{k} @ h + U_{k} @ x + b_{k}": "",
        f"U_{k} @ x + b_{k}": f"W_{k} h_{{t−1}} is missing",
        f"W_{k} @ h + U_{k} @ x": f"the bias b_{k} is missing",
    }


CANDIDATE = {
    "W_n @ (r * h) + U_n @ x + b_n": "",
    "W_n @ h + U_n @ x + b_n": "r_t does not weight h_{t−1}",
    "r * (W_n @ h) + U_n @ x + b_n": "r_t belongs inside, before W_n",
}
HIDDEN = {
    "(1 - z) * n + z * h": "",
    "z * n + (1 - z) * h": "the roles of z_t and 1 − z_t are swapped",
    "z * n + z * h": "1 − z_t is missing",
    "(1 - z) * n": "nothing is kept of h_{t−1}",
}
RULE = Rule(
    (
        *gate("z", "z_t", "sigmoid", "tanh", plain("z")),
        *gate("r", "r_t", "sigmoid", "tanh", plain("r")),
        *gate("n", "n_t", "tanh", "sigmoid", CANDIDATE),
        Part("new", "h_t", "hidden", HIDDEN),
    ),
    inputs={"x": "x_t", "h": "h_{t−1}"},
    outputs={"h_t": "new"},
)
# ruff: disable[E501]
CRITERIA = {  # key -> points, title, what is asked, equation
    "runs": (0.5, "The cell runs", "the cell runs from its first line to its last, and defines the class"),
    "parameters": (1, "Parameters and shapes", "W_z W_r W_n map hidden to hidden, U_z U_r U_n input to hidden, b_z " "b_r b_n have shape (hidden_dim,)"),
    "z": (1, "Update gate z_t", "z_t = σ(W_z h_{t−1} + U_z x_t + b_z)", r"z_t = \sigma(W_z h_{t-1} + U_z x_t + b_z)"),
    "r": (1, "Reset gate r_t", "r_t = σ(W_r h_{t−1} + U_r x_t + b_r)", r"r_t = \sigma(W_r h_{t-1} + U_r x_t + b_r)"),
    "n": (1, "Candidate n_t", "n_t = tanh(W_n (r_t * h_{t−1}) + U_n x_t + b_n)", r"n_t = \tanh(W_n (r_t * h_{t-1}) + U_n x_t + b_n)"),
    "hidden": (1, "New state h_t", "h_t = (1 − z_t) * n_t + z_t * h_{t−1}", r"h_t = (1 - z_t) * n_t + z_t * h_{t-1}"),
    "gradients": (0.5, "Gradients", "a backward pass over several steps gives the right gradients"),
}  # fmt: skip
STACK_CRITERIA = {
    "runs": (0.5, "The cell runs", "the cell runs from its first line to its last, and defines the class"),
    "layers": (1, "Layers", "layers is an nn.ModuleList of n_layers GRUCells: the first " "reads input_dim numbers, the " "others hidden_dim"),
    "wiring": (1, "What each layer reads", "layer 0 reads x_t; every other layer reads the new h of the layer below"),
    "states": (1, "States carried along", "each layer starts from its own given state and goes on from its own last one"),
    "outputs": (1, "Outputs", "outputs holds the top layer's h at every step"),
    "final": (0.5, "Final states", "h_T holds each layer's last state"),
}  # fmt: skip
# ruff: enable[E501]
BUILT_IN = BuiltIns(
    "PyTorch's own GRU", frozenset({"GRU", "GRUCell", "gru_cell"}), "gru|.*fused_gru"
)


def criteria(table: dict[str, tuple]) -> tuple[Criterion, ...]:
    return tuple(Criterion(key, *words) for key, words in table.items())


CELL = Recurrence(
    "GRUCell",
    "gru",
    criteria(CRITERIA),
    rule=RULE,
    parameters={f"W_{k}": ("m", "m") for k in "zrn"}
    | {f"U_{k}": ("m", "n") for k in "zrn"}
    | {f"b_{k}": ("m",) for k in "zrn"},
    built_ins=BUILT_IN,
)
STACK = Stack("GRU", "gru", criteria(STACK_CRITERIA), of=CELL, built_ins=BUILT_IN)
EXERCISES = (CELL, STACK)
