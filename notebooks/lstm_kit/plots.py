"""Help for the demonstrations: set a cell's parameters, read its gates, show a picture with a description."""
import copy

import matplotlib.pyplot as plt
import torch
from IPython.display import display
from torch import nn

BLUE, ORANGE, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"  # told apart by colour-blind readers too
PUSH = 1e4  # a bias that opens a gate fully, or shuts it


def put(cell, **values):
    """Set parameters of `cell` by name, to a number or to nested lists; returns the cell.

    Works for nn.Linear and for nn.Parameter. Raises AttributeError where the cell has no such parameter.
    """
    with torch.no_grad():
        for name, value in values.items():
            held = getattr(cell, name)
            held = held.weight if isinstance(held, nn.Module) else held
            held.copy_(torch.as_tensor(value, dtype=held.dtype).expand_as(held))
    return cell


def silent(cell):
    """The cell with every parameter at zero."""
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
    return cell


def pushed(cell, **biases):
    return put(copy.deepcopy(cell), **biases)


@torch.no_grad()
def read_gates(cell, x, c, h):
    """The gates of a cell without peepholes at one step, as {"f", "i", "o"}, each of shape (hidden_dim,).

    A gate is seen from outside: copies of the cell have their other gates pushed open or shut, so that only it is left.
    """
    one = torch.ones_like(c)
    return {
        "f": pushed(cell, b_i=-PUSH)(x, one, h)[0],
        "i": pushed(cell, b_f=-PUSH, b_c=PUSH)(x, c, h)[0],
        "o": pushed(cell, b_f=-PUSH, b_i=PUSH, b_c=PUSH)(x, c, h)[1] / torch.tanh(one),
    }


def show(figure, alt):
    """Display a figure with `alt`, the description for readers who do not see it."""
    figure.tight_layout()
    display(figure, metadata={"image/png": {"alt": alt}})
    plt.close(figure)


def demonstrate(draw):
    """Call `draw`; where the class that it shows does not work yet, print one line instead."""
    try:
        draw()
    except Exception:
        plt.close("all")
        print("Nothing to show yet: this demonstration needs a class that passes its check.")
