"""A network that writes names, letter by letter: an embedding, a stack of anybody's, a read-out."""

import torch
from torch import nn
from torch.nn import functional as F

from .names import ENDINGS, NAMES
from .tasks import scaled

LETTERS = ".abcdefghijklmnopqrstuvwxyz"  # the dot stands before and after every name
LONGEST = 16  # letters of a name that the network writes
EMBEDDED, UNITS, LAYERS = 16, 48, 2


def letters_of(name):
    """The name with a dot before and after it, as places in LETTERS."""
    return torch.tensor([LETTERS.index(letter) for letter in f".{name}."])


def batches(steps, size=32):
    """So many lists of `size` names, drawn at random."""
    drawn = torch.randint(len(NAMES), (steps, size)).tolist()
    return [[NAMES[place] for place in places] for places in drawn]


class Writer(nn.Module):
    """Reads a name letter by letter, and says at each letter which one may come next.

    stack: a class such as LSTM; it gets small random weights and a forget bias of 1.
    """

    def __init__(self, stack):
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), EMBEDDED)
        self.stack = stack(EMBEDDED, UNITS, LAYERS)
        self.read_out = nn.Linear(UNITS, len(LETTERS))
        for layer in self.stack.layers:
            scaled(layer, 1.0)
        self.run = side_by_side(self.stack)

    def forward(self, names):
        """The loss of every letter of every name in a list, and of the dots that end them: one
        tensor of shape (number of letters,)."""
        read = nn.utils.rnn.pad_sequence([letters_of(name) for name in names])
        real = torch.arange(len(read) - 1)[:, None] <= torch.tensor([len(name) for name in names])
        first = torch.zeros(LAYERS, len(names), UNITS)
        outputs, _, _ = self.run(self.embedding(read[:-1]), first, first)
        return F.cross_entropy(self.read_out(outputs)[real], read[1:][real], reduction="none")

    @torch.no_grad()
    def write(self, count):
        """`count` new names: each letter is drawn as likely as the network takes it to be, and is
        what the network reads next."""
        c = h = torch.zeros(LAYERS, count, UNITS)
        letters = torch.zeros(1, count, dtype=torch.long)
        written = []
        for _ in range(LONGEST):
            outputs, c, h = self.run(self.embedding(letters[-1:]), c, h)
            letters = torch.multinomial(self.read_out(outputs[0]).softmax(1), 1).T
            written.append(letters[0])
        names = ("".join(LETTERS[place] for place in one) for one in torch.stack(written).T)
        return [name.partition(".")[0] for name in names]


def side_by_side(stack):
    """The stack for many sequences at once: x of shape (T, batch, input_dim), c and h of shape
    (n_layers, batch, hidden_dim), to outputs, c_T and h_T.

    torch.vmap makes that of a stack for one sequence; the cells of the kit can do it by themselves.
    Where neither gives what the stack gives for each sequence alone, they run one by one.
    """

    def alone(x, c, h):
        outputs, (c, h) = stack(x, c, h)
        return [torch.stack(list(values)) for values in (outputs, c, h)]

    def one_by_one(*given):
        every = [alone(*one) for one in zip(*(values.unbind(1) for values in given))]
        return [torch.stack(values, 1) for values in zip(*every)]

    of_kit = all(type(layer).__module__ == "lstm_kit.cell" for layer in stack.layers)
    whole, tried = alone if of_kit else torch.vmap(alone, in_dims=1, out_dims=1), False

    def run(*given):
        nonlocal whole, tried
        if whole:
            try:
                made = whole(*given)
                if not tried:
                    expected = one_by_one(*(values[:, :2] for values in given))
                    torch.testing.assert_close([values[:, :2] for values in made], expected)
                tried = True
                return made
            except Exception:  # a value is asked for, say, or written into a tensor
                pass
        made = one_by_one(*given)  # raises where the stack cannot run at all
        if whole:
            whole = None
            print("PyTorch cannot run your stack on a batch: it reads name by name, more slowly.")
        return made

    return run


def figures(network, count=500):
    """Of `count` names that the network writes: the share with one of the endings of the list, and
    the share of names that are not in it."""
    written = network.write(count)
    ended = sum(name.endswith(ENDINGS) for name in written) / count
    return ended, sum(name not in NAMES for name in written) / count
