"""Help for the demonstrations: set a cell's parameters, read its gates, show a picture with a
description."""

import base64
import copy
import html
import math
import textwrap

import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.display import display
from torch import nn

from .checks import demonstrate  # noqa: F401
from .writing import LETTERS, figures

BLUE, ORANGE, GREEN, PINK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
)  # told apart by colour-blind readers too
GATES = {
    "f": (GREEN, "-"),
    "i": (BLUE, "--"),
    "o": (ORANGE, ":"),
}  # colour and line of each gate, in every plot
PUSH = 1e4  # a bias that opens a gate fully, or shuts it
plt.rcParams.update(
    {
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
        "figure.dpi": 100,
        "lines.linewidth": 1.8,
        "axes.grid": True,
        "grid.alpha": 0.3,
    }
)


def held(cell, name):
    """The tensor behind a parameter's name, be it an nn.Linear or an nn.Parameter; None where there
    is none."""
    value = getattr(cell, name, None)
    return value.weight if isinstance(value, nn.Module) else value


def put(cell, **values):
    """Set parameters of `cell` by name, to a number or to nested lists; returns the cell.

    Raises AttributeError where the cell has no such parameter.
    """
    with torch.no_grad():
        for name, value in values.items():
            getattr(cell, name)
            tensor = held(cell, name)
            tensor.copy_(torch.as_tensor(value, dtype=tensor.dtype).expand_as(tensor))
    return cell


def silent(cell):
    """The cell with every parameter at zero."""
    cell.to(torch.get_default_dtype())
    with torch.no_grad():
        for parameter in cell.parameters():
            parameter.zero_()
    return cell


def pushed(cell, **biases):
    return put(copy.deepcopy(cell), **biases)


@torch.no_grad()
def read_gates(cell, x, c, h):
    """The gates of any cell of the exercise at one step: letter to a tensor of shape (hidden_dim,).

    A gate is seen from outside. In copies of the cell the other gates are pushed open or shut, so
    that only it is left; the cell state is 1, and what a peephole would make of the real one is put
    into its gate's bias.
    """
    one, coupled = torch.ones_like(c), held(cell, "b_i") is None
    for k in "fio":
        peep = held(cell, f"V_{k}")
        if peep is not None:
            cell = pushed(
                cell,
                **{
                    f"b_{k}": held(cell, f"b_{k}")
                    + (peep @ (c - one) if peep.dim() == 2 else peep * (c - one))
                },
            )
    shown = {"b_f": -PUSH, "b_c": PUSH} | (
        {} if coupled else {"b_i": PUSH}
    )  # these make the new cell state 1
    gates = {"o": pushed(cell, **shown)(x, one, h)[1] / torch.tanh(one)}
    if coupled:
        gates["f"] = (pushed(cell, b_c=-PUSH)(x, one, h)[0] + 1) / 2
    else:
        gates["f"] = pushed(cell, b_i=-PUSH)(x, one, h)[0]
        gates["i"] = pushed(cell, b_f=-PUSH, b_c=PUSH)(x, one, h)[0]
    return gates


@torch.no_grad()
def follow(cell, x, gates=True):
    """Run a cell over the rows of x, from zero: letter to what the gates f, i, o and the states c,
    h were, each of shape (T, hidden_dim)."""
    c = h = torch.zeros_like(cell.b_f)
    steps = []
    for x_t in x:
        now = read_gates(cell, x_t, c, h) if gates else {}
        c, h = cell(x_t, c, h)
        steps.append(now | {"c": c, "h": h})
    return {name: torch.stack([now[name] for now in steps]) for name in steps[0]}


def draw_gates(axis, seen, unit=0):
    """The gates of one unit over time."""
    for gate, (color, style) in GATES.items():
        if gate in seen:
            axis.plot(seen[gate][:, unit], style, color=color, label=f"{gate}_t")
    axis.set(ylabel="gate (0 to 1)", ylim=(-0.05, 1.05))


def legends(axes):
    """A legend beside each of the axes."""
    for axis in axes:
        axis.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)


def show_learning(right, name, chance=1 / 8, over=10):
    """Plot the share of right answers in each training step, as the mean of the last ten."""
    means = torch.tensor(right).unfold(0, over, 1).mean(1)
    figure, axis = plt.subplots(figsize=(8, 3))
    axis.plot(range(over, len(right) + 1), means, color=ORANGE, label=name)
    axis.axhline(chance, color="0.4", linestyle=":", label="guessing")
    axis.set(xlabel="time (training steps)", ylabel="right answers (share)", ylim=(0, 1.05))
    legends([axis])
    show(
        figure,
        f"{name}: the share of right answers over {len(right)} training steps. It starts at "
        f"{means[0]:.2f} and ends at {means[-1]:.2f}; guessing gives {chance:.2f}.",
    )
    print(f"{name}: right answers in the last {over} training steps: {means[-1]:.2f}")


def show_writing(losses, before, after, network):
    """Plot the loss over the training steps; show what was written, and how good it is.

    Shown, not printed: a loop may print at every step, and of prints only a few lines are kept.
    """
    if losses is None or not len(losses):
        print("Nothing to show yet: the training loop has returned no losses.")
        return
    losses = [torch.as_tensor(loss).item() for loss in losses]  # whatever keeps its gradient
    figure, axis = plt.subplots(figsize=(8, 3))
    axis.plot(range(1, len(losses) + 1), losses, color=BLUE, label="loss")
    even = math.log(len(LETTERS))
    axis.axhline(even, color="0.4", linestyle=":", label="all letters\nalike")
    axis.set(xlabel="time (training steps)", ylabel="loss per letter (nats)", ylim=(0, None))
    legends([axis])
    last = sum(losses[-20:]) / len(losses[-20:])
    show(
        figure,
        f"The loss per letter over {len(losses)} training steps: it starts at {losses[0]:.2f}, and "
        f"the mean of the last twenty is {last:.2f}. Where all letters are alike it is {even:.2f}.",
    )
    ended, new = figures(network)
    said = [
        f"before: {listed(before)}",
        textwrap.fill(f"after: {listed(after)}", 100),
        f"loss at the end {last:.2f}; of 500 more names {ended:.0%} have an ending of the list, "
        f"{new:.0%} are new",
    ]
    display({"text/plain": "\n".join(said)}, raw=True)


def listed(names):
    return ", ".join(name.capitalize() or "(nothing)" for name in names)


def show(figure, alt):
    """Display a figure with `alt`, the description for readers who do not see it."""
    data, about = pictured(figure, alt)
    display(data, metadata=about, raw=True)


def pictured(figure, alt):
    """A figure as the data and the metadata of an output with `alt`; closes it.

    JupyterLab takes no description from a picture's metadata, but from the page's own element.
    """
    figure.set_layout_engine("constrained")
    data, about = get_ipython().display_formatter.format(figure)
    for kind in data:
        about[kind] = {**about.get(kind, {}), "alt": alt}
    if picture := data.get("image/png"):
        coded = picture if isinstance(picture, str) else base64.b64encode(picture).decode()
        page = f'<img alt="{html.escape(alt)}" src="data:image/png;base64,{coded}">'
        data["text/html"] = page
    plt.close(figure)
    return data, about
