"""What is asked for, in words and equations: the criteria of a cell and of a stack, without their
points."""

from autograde.exercise.declared import Criterion, Normal

DRAWS = Normal(0, 1)
GATES = {
    "f": "Forget gate f_t",
    "i": "Input gate i_t",
    "c": "Candidate c̃_t",
    "o": "Output gate o_t",
}

# ruff: disable[E501]
COMMON = {  # criterion -> (title, what a right answer does), for every class
    "runs": ("The cell runs", "the cell runs from its first line to its last, and defines the class"),
    "gradients": ("Gradients", "a backward pass over several steps gives the right gradient for every parameter and for the initial states"),
    "untouched": ("Inputs left as they are", "forward leaves the tensors passed to it as they were"),
    "reset": ("reset_parameters", f"reset_parameters() draws every parameter afresh from {DRAWS}"),
    "own": ("Your own work", "your own computation, not a call to PyTorch's LSTM"),
}  # fmt: skip
CELL = {
    "coupling": ("Coupled gates", "what is forgotten is replaced: the candidate is weighted by 1 − f_t"),
    "hidden": ("New hidden state h_t", "h_t = o_t * tanh(c_t)"),
    "order": ("Order of the returned pair", "forward returns the pair (c_t, h_t): the cell state comes first"),
}  # fmt: skip
STACK = {
    "wiring": ("What each layer reads", "layer 0 reads x_t; every other layer reads the new h of the layer below, of the same step"),
    "states": ("States carried along", "each layer starts from its own given state and goes on, at every step, from its own last state"),
    "works": ("Outputs and states", "the stack of your layers gives the right outputs and final states"),
    "outputs": ("Outputs", "outputs holds the top layer's h at every step, first step first"),
    "final": ("Final states", "(c_T, h_T) hold each layer's last states, in the shape of those passed in"),
}  # fmt: skip
SHAPES = {  # kind of cell -> its parameters
    "plain": "W_f W_i W_o W_c map hidden to hidden, U_f U_i U_o U_c input to hidden (nn.Linear without bias, or nn.Parameter of shape (out, in)); b_f b_i b_o b_c are nn.Parameter of shape (hidden_dim,); nothing else trains, and any sizes work",
    "coupled": "a subclass of LSTMCell with its parameters but without W_i, U_i and b_i (deleted, or None); nothing else trains, and any sizes work",
    "peephole": "a subclass of LSTMCell with its parameters and V_f V_i V_o, hidden to hidden without bias, full or diagonal; nothing else trains, and any sizes work",
}  # fmt: skip
LAYERS = "layers is an nn.ModuleList of n_layers {cells}: the first reads input_dim numbers, the others hidden_dim"
# ruff: enable[E501]
SUM = "W_{k} h_{{t−1}} + U_{k} x_t + b_{k}"
PEEPHOLE_SUM = "W_{k} h_{{t−1}} + U_{k} x_t + V_{k} c_{{t−1}} + b_{k}"
KEPT = {
    "plain": "c_t = f_t * c_{t−1} + i_t * c̃_t",
    "coupled": "c_t = f_t * c_{t−1} + (1 − f_t) * c̃_t",
}

# ---------------------------------------------------------------- the same as LaTeX
SUM_LATEX = "W_{k} h_{{t-1}} + U_{k} x_t + {peep}b_{k}"
COUPLED_LATEX = r"c_t = f_t * c_{t-1} + (1 - f_t) * \tilde c_t"
EQUATIONS = {  # criterion to its equation, as the notebooks have it
    "c": rf"\tilde c_t = \tanh({SUM_LATEX.format(k='c', peep='')})",
    "cell": r"c_t = f_t * c_{t-1} + i_t * \tilde c_t",
    "hidden": r"h_t = o_t * \tanh(c_t)",
    "wiring": r"z_t^{(0)} = x_t, \quad z_t^{(k)} = h_t^{(k-1)}",
    "states": r"(c_t^{(k)}, h_t^{(k)})"
    r" = \mathrm{cell}^{(k)}(z_t^{(k)}, c_{t-1}^{(k)}, h_{t-1}^{(k)})",
    "outputs": r"y_t = h_t^{(L-1)}",
}


def cell_criteria(points: dict[str, float], kind: str = "plain") -> tuple[Criterion, ...]:
    """The criteria of a cell, with their points. kind: "plain", "coupled" or "peephole"."""
    inside = PEEPHOLE_SUM if kind == "peephole" else SUM
    words = COMMON | CELL
    words |= {k: (GATES[k], f"{k}_t = σ({inside.format(k=k)})") for k in "fio"}
    words["parameters"] = "Parameters and shapes", SHAPES[kind]
    words["c"] = GATES["c"], f"c̃_t = tanh({SUM.format(k='c')})"
    words["cell"] = "New cell state c_t", KEPT["coupled" if kind == "coupled" else "plain"]
    equations = EQUATIONS | {k: gate_equation(k, kind == "peephole") for k in "fio"}
    if kind == "coupled":
        equations |= {"cell": COUPLED_LATEX, "coupling": COUPLED_LATEX}
    return with_points(points, words, equations)


def gate_equation(k: str, peephole: bool) -> str:
    peep = f"V_{k} c_{{t-1}} + " if peephole else ""
    return rf"{k}_t = \sigma({SUM_LATEX.format(k=k, peep=peep)})"


def stack_criteria(points: dict[str, float], of: str, base: str = "") -> tuple[Criterion, ...]:
    """The criteria of a stack of cells `of` a class, with their points."""
    layers = LAYERS.format(cells=of if base else "cells") + (
        f"; a subclass of {base}" if base else ""
    )
    return with_points(points, COMMON | STACK | {"layers": ("Layers", layers)}, EQUATIONS)


def with_points(points: dict, words: dict, equations: dict) -> tuple[Criterion, ...]:
    return tuple(Criterion(key, points[key], *words[key], equations.get(key, "")) for key in points)


def prediction(points: float, asks: str) -> tuple[Criterion, ...]:
    return (Criterion("value", points, "Prediction", asks),)
