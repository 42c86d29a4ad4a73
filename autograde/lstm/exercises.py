"""The graded cells of the four notebooks, with their points.

To change a mark, change a number here and the `points` of the class's test cell in `source/` (a
test compares them).
"""

from autograde.exercise.declared import BuiltIns, Recurrence, Stack, Value

from .criteria import DRAWS, cell_criteria, prediction, stack_criteria
from .rules import COUPLED_GATES, PEEPHOLES, PLAIN

BUILT_IN = BuiltIns(
    "PyTorch's own LSTM",
    names=frozenset(
        "LSTM LSTMCell RNN RNNCell RNNBase GRU GRUCell lstm lstm_cell _VF".split(),
    ),
    operators=".*(lstm|gru|rnn)",
)
OWN_BIAS = "{name} has a bias of its own on top of b_{letter}; give nn.Linear bias=False."
KEPT_GATE = (
    "{name} is still there: with coupled gates there is no input gate, and none of its parameters."
)
ABOUT = 1e-3  # part by which a prediction may be off
COMMON = {"draws": DRAWS, "built_ins": BUILT_IN}


def parameters(gates: str, peepholes: str = "") -> dict[str, tuple[str, ...]]:
    """Name to shape: "m" is hidden_dim, "n" is input_dim."""
    shapes = {f"W_{k}": ("m", "m") for k in gates} | {f"U_{k}": ("m", "n") for k in gates}
    return shapes | {f"V_{k}": ("m", "m") for k in peepholes} | {f"b_{k}": ("m",) for k in gates}


def kit(*modules: str) -> tuple[str, ...]:
    """Files of the kit that a notebook's process gets: those for all, and `modules`."""
    everywhere = "__init__ bugs checks loop names plots predictions tasks writing".split()
    return tuple(f"lstm_kit/{module}.py" for module in (*everywhere, *modules))


# ---------------------------------------------------------------- 01 and 02
CELL_PARAMETERS = Value(
    "cell_parameters",
    "01_basic_lstm",
    prediction(
        1,
        "how many numbers an LSTMCell with input_dim=3 and hidden_dim=5 trains: W (5, 5), U (5, 3)"
        " and b (5), for each of the letters f, i, o, c",
    ),
    answer=180,
    within=ABOUT,
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
    kit=kit(),
)
LSTM_CELL = Recurrence(
    "LSTMCell",
    "01_basic_lstm",
    cell_criteria(
        {
            "runs": 0.25,
            "parameters": 1,
            "f": 1,
            "i": 1,
            "c": 1,
            "o": 1,
            "cell": 1,
            "hidden": 1,
            "order": 0.25,
            "gradients": 0.5,
            "untouched": 0.5,
            "reset": 0.25,
            "own": 0.25,
        }
    ),
    rule=PLAIN,
    parameters=parameters("fioc"),
    says={"bias": OWN_BIAS},
    kit=kit(),
    **COMMON,
)
ZEROS = Value(
    "zeros",
    "02_stacking",
    prediction(
        1,
        "for how many of the 16 pairs of layers the first h of one has no influence on the last h"
        " of the other",
    ),
    answer=6,
    within=ABOUT,
    slips={
        10: "that is how many pairs have influence",
        12: "that would be so if every layer read the raw x, or if all shared one state",
        3: "that is a stack of three layers; this one has four",
        0: "layers further up cannot reach those below them",
    },
    kit=kit("cell"),
)
LSTM = Stack(
    "LSTM",
    "02_stacking",
    stack_criteria(
        {
            "runs": 0.25,
            "layers": 1,
            "wiring": 1,
            "states": 1,
            "outputs": 1,
            "final": 1,
            "gradients": 0.5,
            "untouched": 0.5,
            "reset": 0.5,
            "own": 0.25,
        },
        of="LSTMCell",
    ),
    of=LSTM_CELL,
    called={"c": "cell state c"},
    kit=kit("cell"),
    **COMMON,
)

# ---------------------------------------------------------------- 03: coupled gates
COUPLED_CELL = Recurrence(
    "CoupledLSTMCell",
    "03_coupled_gates",
    cell_criteria(
        {
            "runs": 0.25,
            "parameters": 0.5,
            "f": 0.5,
            "coupling": 0.5,
            "c": 0.5,
            "o": 0.25,
            "cell": 0.5,
            "hidden": 0.25,
            "order": 0.25,
            "gradients": 0.25,
            "untouched": 0.25,
            "reset": 0.25,
            "own": 0.25,
        },
        "coupled",
    ),
    rule=COUPLED_GATES,
    parameters=parameters("foc"),
    absent=parameters("i"),
    says={"bias": OWN_BIAS, "absent": KEPT_GATE},
    base="LSTMCell",
    kit=kit("cell", "stack"),
    **COMMON,
)
COUPLED_LSTM = Stack(
    "CoupledLSTM",
    "03_coupled_gates",
    stack_criteria(
        {"runs": 0.25, "layers": 0.5, "works": 0.5, "reset": 0.25},
        of="CoupledLSTMCell",
        base="LSTM",
    ),
    of=COUPLED_CELL,
    called={"c": "cell state c"},
    base="LSTM",
    kit=kit("cell", "stack"),
    **COMMON,
)

# ---------------------------------------------------------------- 04: peepholes, the bonus
PEEPHOLE_CELL = Recurrence(
    "PeepholeLSTMCell",
    "04_peepholes",
    cell_criteria(
        dict.fromkeys(
            "runs parameters f i c o cell hidden order gradients untouched reset own".split(), 0.25
        ),
        "peephole",
    ),
    rule=PEEPHOLES,
    parameters=parameters("fioc", "fio"),
    diagonal=("V_f", "V_i", "V_o"),
    says={"bias": OWN_BIAS},
    base="LSTMCell",
    kit=kit("cell", "stack"),
    bonus=True,
    **COMMON,
)
PEEPHOLE_LSTM = Stack(
    "PeepholeLSTM",
    "04_peepholes",
    stack_criteria(
        {"runs": 0.1, "layers": 0.25, "works": 0.25, "reset": 0.15},
        of="PeepholeLSTMCell",
        base="LSTM",
    ),
    of=PEEPHOLE_CELL,
    called={"c": "cell state c"},
    base="LSTM",
    kit=kit("cell", "stack"),
    bonus=True,
    **COMMON,
)

EXERCISES = (
    CELL_PARAMETERS,
    LSTM_CELL,
    ZEROS,
    LSTM,
    COUPLED_CELL,
    COUPLED_LSTM,
    PEEPHOLE_CELL,
    PEEPHOLE_LSTM,
)
