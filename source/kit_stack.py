"""The stack and the training loop that ship with notebooks 03 and 04, and `python
source/kit_stack.py`, which packs them into the kit.

They are packed so that nobody who reads the kit for notebook 03 is told by accident how to write
notebook 02. The stack also goes another way than the worked solution: along the diagonals of the
grid of layers and steps.
"""

import base64
import textwrap
import zlib
from pathlib import Path

PACKED = Path(__file__).resolve().parent / "lstm" / "lstm_kit" / "stack.py"
STACK = '''\
class LSTM(nn.Module):
    """A stack of cells in `layers`; forward maps (x, c, h) to outputs, (c_T, h_T)."""

    def __init__(self, input_dim, hidden_dim, n_layers):
        super().__init__()
        reads = [input_dim, *[hidden_dim] * (n_layers - 1)]
        self.layers = nn.ModuleList(LSTMCell(size, hidden_dim) for size in reads)

    def reset_parameters(self):
        for cell in self.layers:
            cell.reset_parameters()

    def forward(self, x, c, h):
        layers, steps = len(self.layers), len(x)
        grid = {(k, -1): pair for k, pair in enumerate(zip(c, h))}
        grid |= {(-1, t): (None, x_t) for t, x_t in enumerate(x)}
        for diagonal in range(layers + steps - 1):
            for k in range(max(0, diagonal - steps + 1), min(layers, diagonal + 1)):
                t = diagonal - k
                grid[k, t] = tuple(self.layers[k](grid[k - 1, t][1], *grid[k, t - 1]))
        last = (torch.stack([grid[k, steps - 1][place] for k in range(layers)]) for place in (0, 1))
        return torch.stack([grid[layers - 1, t][1] for t in range(steps)]), tuple(last)


def train(network, batches, optimizer):
    """One step of learning for every batch; returns the mean loss of each."""
    said = []
    for names in batches:
        value = network(names).mean()
        network.zero_grad()
        value.backward()
        optimizer.step()
        said.append(value.item())
    return said
'''
TEMPLATE = '''\
"""A working LSTM stack, so that notebooks 03 and 04 do not depend on your answer to notebook 02.

It runs cells of any kind: `LSTM(input_dim, hidden_dim, n_layers)` puts an LSTMCell into each of
`layers`, and its forward maps (x, c, h) to outputs, (c_T, h_T). `train` is a training loop beside
it. The text of both is packed: reading it would spoil notebook 02.
"""

import base64
import zlib

import torch
from torch import nn

from .cell import LSTMCell

PACKED = (
{lines}
)
exec(compile(zlib.decompress(base64.b85decode(PACKED)), "lstm_kit/stack.py (packed)", "exec"))
'''


def packed() -> str:
    """The text of lstm_kit/stack.py."""
    data = base64.b85encode(zlib.compress(STACK.encode(), 9)).decode()
    return TEMPLATE.format(
        lines="\n".join(f'    "{line}"' for line in textwrap.wrap(data, 94, break_on_hyphens=False))
    )


if __name__ == "__main__":
    PACKED.write_text(packed(), encoding="utf-8")
    print(f"{PACKED.name} written.")
