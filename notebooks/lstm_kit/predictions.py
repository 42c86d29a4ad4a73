"""Predictions before the code: `compare("name")` looks at a variable of the notebook, and compares
it with what PyTorch does, so that no answer stands in this file.

Those that carry a point are looked at by `check("name")`.
"""

import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import torch
from IPython import get_ipython
from torch import nn


@dataclass(frozen=True)
class Prediction:
    """truth: what PyTorch says. within: how far off a right answer may be, relatively. hint: for a
    wrong one. decimals: with how many the notebook prints it, where it does."""

    truth: Callable[[], float]
    within: float
    hint: str
    decimals: int | None = None

    def is_right(self, value):
        truth = self.truth()
        near = abs(value - truth) <= self.within * abs(truth) + 1e-9
        return near or (self.decimals is not None and value == round(truth, self.decimals))


def given(name):
    """The number in the notebook's variable `name`, or None with a line on stderr where there is
    none yet."""
    shell = get_ipython()
    value = shell.user_ns.get(name, ...) if shell else ...
    size = value.numel() if isinstance(value, torch.Tensor) else getattr(value, "size", 1)
    value = value.item() if hasattr(value, "item") and size == 1 else value
    warn_of_age(name)
    if value is None or value is ...:
        print(
            f"{name}: not written yet. Put your number in the cell above, "
            "run it, then run this cell again.",
            file=sys.stderr,
        )
    elif isinstance(value, bool) or not isinstance(value, int | float):
        print(
            f"{name}: a number is asked for, and this is a {type(value).__name__}.", file=sys.stderr
        )
    else:
        return value


def warn_of_age(name):
    """Say where the newest run of a cell may not have made what it was to set."""
    from .checks import check  # here, since it is that of the folder which one works in

    check.warn_of_age(name)


def say(text):
    """Print in lines that fit: a notebook would break them in the middle of a word."""
    print(textwrap.fill(text, 100))


def compare(name):
    """Compare a prediction with what PyTorch does."""
    value, prediction = given(name), PREDICTIONS[name]
    if value is None:
        return
    if prediction.is_right(value):
        say(f"{name} = {value:g} is right: PyTorch gives {prediction.truth():.6g}.")
    else:
        say(f"{name} = {value:g} is not what PyTorch gives. {prediction.hint}")


def seen(name, value):
    """Beside a demonstration: what was predicted, and what your class shows."""
    shell = get_ipython()
    guess = shell.user_ns.get(name) if shell else None
    print(
        f"{name}: your class shows {value}"
        + (
            f"; you predicted {guess}."
            if isinstance(guess, int | float)
            else "; you made no prediction."
        )
    )


# ---- what PyTorch says


def cell_with(**biases):
    """PyTorch's cell with one unit, all weights 0, and these biases (0 where nothing is said)."""
    cell = nn.LSTMCell(1, 1).double()
    with torch.no_grad():
        for value in cell.parameters():
            value.zero_()
        for place, gate in enumerate("ifco"):
            cell.bias_ih[place] = biases.get(gate, 0.0)
    return cell


@torch.no_grad()
def after(cell, steps, c):
    """The cell state after so many steps without input."""
    x = h = torch.zeros(1, dtype=torch.float64)
    c = torch.full_like(x, c)
    for _ in range(steps):
        h, c = cell(x, (h, c))
    return c.item()


def one_bias(module):
    """How many numbers train in a module of PyTorch, its second bias left out.

    A GRU has three groups of W, U and b, an LSTM four.
    """
    return sum(value.numel() for name, value in module.named_parameters() if "bias_hh" not in name)


def largest(first):
    """The largest cell state that coupled gates can reach from `first`: the forget gate open or
    shut, the candidate at its limits."""
    ends = [
        after(cell_with(f=gate, i=-gate, c=new), 50, first)
        for gate in (-50.0, 0.0, 50.0)
        for new in (-50.0, 50.0)
    ]
    return max(map(abs, ends))


@torch.no_grad()
def late_spike(climb=0.1, sharp=200.0, period=10, steps=60):
    """The largest h of the metronome when all gates see the cell state of the step before."""
    threshold, c, h, top = (period - 0.5) * climb, 0.0, 0.0, 0.0
    for _ in range(steps):
        push = sharp * (threshold - c)
        cell = cell_with(
            f=push, i=50.0, c=torch.atanh(torch.tensor(climb, dtype=torch.float64)), o=-push
        )
        h, c = (
            value.item()
            for value in cell(
                torch.zeros(1).double(), (torch.zeros(1).double(), torch.full((1,), c).double())
            )
        )
        top = max(top, h)
    return top


PREDICTIONS = {
    "kept": Prediction(
        lambda: after(cell_with(f=1.0, i=-50.0), 29, 1.0),
        0.05,
        "With all weights at 0 the forget gate has the same value at every step, and every step "
        "multiplies by it once more.",
        decimals=4,
    ),
    "stack_parameters": Prediction(
        lambda: one_bias(nn.LSTM(300, 20, 2)),
        0,
        "Count layer by layer. What size does the second layer read?",
    ),
    "share": Prediction(
        lambda: one_bias(nn.GRUCell(7, 5)) / one_bias(nn.LSTMCell(7, 5)),
        1e-3,
        "How many of the four groups W, U, b are left when one gate goes?",
    ),
    "ceiling": Prediction(
        lambda: largest(0.4),
        0.02,
        "The new state is a weighted mean of the old one and the candidate. "
        "Where can the candidate lie?",
    ),
    "spike": Prediction(
        late_spike,
        0.02,
        "One step after the top, what has the forget gate left, and what has been written?",
    ),
}
