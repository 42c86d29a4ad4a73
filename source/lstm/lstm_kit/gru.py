"""`stack_of(GRUCell)`: cells with one state in the stack that `Writer` puts between its embedding
and its read-out."""

from torch import nn

from .stack import LSTM


class OneState(nn.Module):
    """A cell with one state where two are handed on: c comes and goes, and nobody reads it."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    @property
    def b_f(self):
        """The bias of the gate that says how much is kept: a forget gate in an LSTM."""
        return self.cell.b_z

    def forward(self, x, c, h):
        return c, self.cell(x, h)


def stack_of(cell_class):
    """What makes a stack of such cells: a function of (input_dim, hidden_dim, n_layers)."""

    def stack(input_dim, hidden_dim, n_layers):
        made = LSTM(input_dim, hidden_dim, n_layers)
        reads = [input_dim, *[hidden_dim] * (n_layers - 1)]
        made.layers = nn.ModuleList(OneState(cell_class(size, hidden_dim)) for size in reads)
        return made

    return stack
