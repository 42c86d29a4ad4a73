"""What is asked for, and what it is worth: the six classes, their criteria and their points, as data.

To change a mark, change a number here and the `points` of the class's test cell in `source/` (a test compares them).
"""
from dataclasses import dataclass

GATES = {"f": "forget gate f_t", "i": "input gate i_t", "o": "output gate o_t", "c": "candidate c̃_t"}


@dataclass(frozen=True)
class Criterion:
    """One thing that is marked: its key in the judge, its points, its name, and what a right answer does."""

    key: str
    points: float
    title: str
    asks: str


@dataclass(frozen=True)
class Exercise:
    """One class that students write.

    `gates` are the gates with parameters of their own, `peephole` those that also see c_{t−1}; `cell` is the class
    that a stack is made of; `provided` are the modules of the kit that the student's process gets in that notebook.
    """

    name: str
    notebook: str
    kind: str  # "cell" or "stack"
    rule: str  # "plain", "coupled" or "peephole"
    criteria: tuple[Criterion, ...]
    provided: tuple[str, ...]
    base: str | None = None
    cell: str | None = None
    bonus: bool = False

    @property
    def points(self) -> float:
        return sum(criterion.points for criterion in self.criteria)

    @property
    def gates(self) -> str:
        return "foc" if self.rule == "coupled" else "fioc"

    @property
    def peepholes(self) -> str:
        return "fio" if self.rule == "peephole" else ""


RUNS = "The cell runs from its first line to its last, and defines the class"
UNTOUCHED = "forward leaves the tensors passed to it as they were"
GRADIENTS = "a backward pass over several steps gives the right gradient for every parameter and for the initial states"
RESET = "reset_parameters() draws every parameter afresh from a normal distribution with mean 0 and standard deviation 1"
OWN = "your own computation, not a call to PyTorch's LSTM"
PAIR = "forward returns the pair (c_t, h_t): the cell state comes first"


def cell_criteria(points: dict[str, float], parameters: str, gates: dict[str, str], cell: str) -> tuple[Criterion, ...]:
    rows = {
        "runs": ("The cell runs", RUNS),
        "parameters": ("Parameters and shapes", parameters),
        **{key: (GATES[key][0].upper() + GATES[key][1:], text) for key, text in gates.items()},
        "cell": ("New cell state c_t", cell),
        "hidden": ("New hidden state h_t", "h_t = o_t * tanh(c_t)"),
        "order": ("Order of the returned pair", PAIR),
        "gradients": ("Gradients", GRADIENTS),
        "untouched": ("Inputs left as they are", UNTOUCHED),
        "reset": ("reset_parameters", RESET),
        "own": ("Your own work", OWN),
    }
    if "coupling" in points:
        rows["coupling"] = ("Coupled gates", "what is forgotten is replaced: the candidate is weighted by 1 − f_t")
    return tuple(Criterion(key, points[key], *rows[key]) for key in points)


def stack_criteria(points: dict[str, float], layers: str) -> tuple[Criterion, ...]:
    rows = {
        "runs": ("The cell runs", RUNS),
        "layers": ("Layers", layers),
        "wiring": ("What each layer reads", "layer 0 reads x_t; every other layer reads the new h of the layer below, of the same step"),
        "states": ("States carried along", "each layer starts from its own given state and goes on, at every step, from its own last state"),
        "works": ("Outputs and states", "the stack of your layers gives the right outputs and final states"),
        "outputs": ("Outputs", "outputs holds the top layer's h at every step, first step first"),
        "final": ("Final states", "(c_T, h_T) hold each layer's last states, in the shape of those passed in"),
        "gradients": ("Gradients", GRADIENTS),
        "untouched": ("Inputs left as they are", UNTOUCHED),
        "reset": ("reset_parameters", RESET),
        "own": ("Your own work", OWN),
    }
    return tuple(Criterion(key, points[key], *rows[key]) for key in points)


PARAMETERS = (
    "W_f W_i W_o W_c map hidden to hidden, U_f U_i U_o U_c input to hidden (nn.Linear without bias, or nn.Parameter of shape "
    "(out, in)); b_f b_i b_o b_c are nn.Parameter of shape (hidden_dim,); nothing else trains, and any sizes work"
)
RULES = {key: f"{key}_t = σ(W_{key} h_{{t−1}} + U_{key} x_t + b_{key})" for key in "fio"}
RULES["c"] = "c̃_t = tanh(W_c h_{t−1} + U_c x_t + b_c)"
PEEPHOLE_RULES = {key: f"{key}_t = σ(W_{key} h_{{t−1}} + U_{key} x_t + V_{key} c_{{t−1}} + b_{key})" for key in "fio"} | {"c": RULES["c"]}
LAYERS = "layers is an nn.ModuleList of n_layers cells: the first reads input_dim numbers, the others hidden_dim"

EXERCISES = {
    exercise.name: exercise
    for exercise in (
        Exercise(
            "LSTMCell", "01_basic_lstm", "cell", "plain",
            cell_criteria(
                dict(runs=0.5, parameters=1, f=1, i=1, c=1, o=1, cell=1, hidden=1, order=0.5, gradients=0.5, untouched=0.5, reset=0.5, own=0.5),
                PARAMETERS, RULES, "c_t = f_t * c_{t−1} + i_t * c̃_t",
            ),
            ("checks",),
        ),
        Exercise(
            "LSTM", "02_stacking", "stack", "plain",
            stack_criteria(dict(runs=0.5, layers=1.5, wiring=1, states=1, outputs=1, final=1, gradients=0.5, untouched=0.5, reset=0.5, own=0.5), LAYERS),
            ("checks", "cell"), cell="LSTMCell",
        ),
        Exercise(
            "CoupledLSTMCell", "03_coupled_gates", "cell", "coupled",
            cell_criteria(
                dict(runs=0.25, parameters=0.5, f=0.5, coupling=0.75, c=0.25, o=0.25, cell=0.5, hidden=0.25, order=0.25, gradients=0.25, untouched=0.25, reset=0.25, own=0.25),
                "a subclass of LSTMCell with its parameters but without W_i, U_i and b_i (deleted, or None); nothing else trains, and any sizes work",
                {key: RULES[key] for key in "foc"}, "c_t = f_t * c_{t−1} + (1 − f_t) * c̃_t",
            ),
            ("checks", "cell", "stack"), base="LSTMCell",
        ),
        Exercise(
            "CoupledLSTM", "03_coupled_gates", "stack", "coupled",
            stack_criteria(dict(runs=0.25, layers=0.5, works=0.5, reset=0.25), LAYERS.replace("cells", "CoupledLSTMCell") + "; a subclass of LSTM"),
            ("checks", "cell", "stack"), base="LSTM", cell="CoupledLSTMCell",
        ),
        Exercise(
            "PeepholeLSTMCell", "04_peepholes", "cell", "peephole",
            cell_criteria(
                dict(runs=0.25, parameters=0.25, f=0.25, i=0.25, o=0.25, c=0.25, cell=0.25, hidden=0.25, order=0.25, gradients=0.25, untouched=0.25, reset=0.25, own=0.25),
                "a subclass of LSTMCell with its parameters and V_f V_i V_o, hidden to hidden without bias, full or diagonal; nothing else trains, and any sizes work",
                PEEPHOLE_RULES, "c_t = f_t * c_{t−1} + i_t * c̃_t",
            ),
            ("checks", "cell", "stack"), base="LSTMCell", bonus=True,
        ),
        Exercise(
            "PeepholeLSTM", "04_peepholes", "stack", "peephole",
            stack_criteria(dict(runs=0.1, layers=0.25, works=0.25, reset=0.15), LAYERS.replace("cells", "PeepholeLSTMCell") + "; a subclass of LSTM"),
            ("checks", "cell", "stack"), base="LSTM", cell="PeepholeLSTMCell", bonus=True,
        ),
    )
}
NOTEBOOKS = tuple(dict.fromkeys(exercise.notebook for exercise in EXERCISES.values()))
