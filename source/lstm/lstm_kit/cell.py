"""A working LSTMCell, so that no notebook depends on your answer to an earlier one.

It hands its work to PyTorch, and keeps its parameters under the names of the exercise.
"""

import torch
from torch import nn


class Matrix(nn.Parameter):
    """A parameter of shape (out, in) for both ways of writing a product: `W @ h` and `W(h)`.

    Like an `nn.Linear` without bias it has a `weight` (itself) and a `bias` (None).
    """

    bias = None

    @property
    def weight(self):
        return self

    def __call__(self, vector):
        """`vector` of shape (..., in) to shape (..., out)."""
        return nn.functional.linear(vector, self)


class LSTMCell(nn.Module):
    """One step of an LSTM layer.

    W_k has shape (hidden_dim, hidden_dim), U_k (hidden_dim, input_dim), b_k (hidden_dim,).
    """

    def __init__(self, input_dim, hidden_dim):
        super().__init__()
        for gate in "fioc":
            setattr(self, f"W_{gate}", Matrix(torch.empty(hidden_dim, hidden_dim)))
            setattr(self, f"U_{gate}", Matrix(torch.empty(hidden_dim, input_dim)))
            setattr(self, f"b_{gate}", nn.Parameter(torch.empty(hidden_dim)))
        LSTMCell.reset_parameters(self)  # not a subclass's own: what that draws may not exist yet

    def reset_parameters(self):
        """Draw every parameter from a normal distribution with mean 0 and standard deviation 1."""
        values = list(self.parameters())
        nn.utils.vector_to_parameters(
            torch.randn(sum(map(torch.numel, values)), dtype=values[0].dtype), values
        )

    def joined(self, letter):
        """The parameters of all gates under one another, in PyTorch's order."""
        return torch.cat([getattr(self, f"{letter}_{gate}") for gate in "ifco"])

    def forward(self, x, c, h):
        """x (input_dim,), c and h (hidden_dim,), or a batch of each, to the pair (c_t, h_t)."""
        xs, cs, hs = (value if value.dim() == 2 else value[None] for value in (x, c, h))
        new_h, new_c = torch.lstm_cell(
            xs, (hs, cs), self.joined("U"), self.joined("W"), self.joined("b")
        )
        return (new_c, new_h) if x.dim() == 2 else (new_c[0], new_h[0])
