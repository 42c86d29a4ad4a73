"""Three small tasks on which the demonstrations train a cell, whoever wrote it.

Plain Adam, seconds on a laptop.
"""

import torch
from torch import nn
from torch.nn import functional as F

SYMBOLS = 8
torch.set_num_threads(1)  # the tensors here are small: more threads would only wait for one another


def scaled(cell, forget_bias):
    """Small random weights, as PyTorch's own layers have, and one forget bias for all units."""
    cell.to(torch.get_default_dtype())
    spread = len(cell.b_f) ** -0.5
    with torch.no_grad():
        for value in cell.parameters():
            value.uniform_(-spread, spread)
        cell.b_f.fill_(forget_bias)
    return cell


def together(cell):
    """The step of a cell for many sequences at once: PyTorch turns a step for one into it.

    The cell of the kit can do it by itself.
    """
    return cell if type(cell).__module__ == "lstm_kit.cell" else torch.vmap(cell)


def side_by_side(cell):
    """The same for any cell: one that PyTorch cannot turn runs sequence by sequence."""
    whole = together(cell)

    def step(*given):
        nonlocal whole
        if whole:
            try:
                return whole(*given)
            except Exception:  # a value is asked for, say, or written into a tensor
                whole = None
        every = zip(*(cell(*one) for one in zip(*given)))
        return [torch.stack(list(values)) for values in every]

    return step


def run(cell, x):
    """c and h after every step: x of shape (T, batch, input_dim) to two tensors of shape (T, batch,
    hidden_dim)."""
    step = side_by_side(cell)
    c = h = torch.zeros(x.shape[1], len(cell.b_f))
    states = []
    for x_t in x:
        c, h = step(x_t, c, h)
        states.append((c, h))
    return [torch.stack(states) for states in zip(*states)]


def reach(cell, x):
    """How much of the gradient of the last h arrives at the cell state of every step, relative to
    the last one; shape (T,).

    `cell` may be an nn.RNNCell too; its h stands for both states.
    """
    plain = isinstance(cell, nn.RNNCell)
    units = cell.hidden_size if plain else len(cell.b_f)
    step = (lambda x_t, c, h: [cell(x_t, h)] * 2) if plain else together(cell)
    try:
        return reached([x], step, units)
    except Exception:  # it cannot run so: sequence by sequence then
        return reached(x.unbind(1), cell, units)


def reached(parts, step, units):
    """The same over the `parts` of a batch, each with its steps first."""
    squares = 0.0
    for x in parts:
        c = h = torch.zeros(*x.shape[1:-1], units)
        states = []
        for x_t in x:
            c, h = step(x_t, c, h)
            c.retain_grad()
            states.append(c)
        h.sum().backward()
        squares += torch.stack([state.grad.double().square().sum() for state in states])
    return (squares / squares[-1]).sqrt()


def train(parameters, loss, steps, rate):
    """Minimise loss(), which draws fresh data at every call; returns what it says beside the loss,
    step by step."""
    optimizer = torch.optim.Adam(parameters, lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, eta_min=rate / 50)
    history = []
    for _ in range(steps):
        value, score = loss()
        optimizer.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        history.append(score)
    return history


def recall(cell, forget_bias, seed=0, lag=29, steps=200):
    """Train `cell` to name the first of 30 symbols at the end.

    Returns the share of right answers in each training step; chance is 1/8.
    """
    torch.manual_seed(seed)
    scaled(cell, forget_bias)
    read = nn.Linear(len(cell.b_f), SYMBOLS)

    def loss():
        first = torch.randint(0, SYMBOLS, (1, 32))
        x = F.one_hot(
            torch.cat([first, torch.randint(SYMBOLS, 2 * SYMBOLS, (lag, 32))]), 2 * SYMBOLS
        ).to(torch.get_default_dtype())
        guesses = read(run(cell, x)[1][-1])
        return F.cross_entropy(guesses, first[0]), (
            guesses.argmax(1) == first[0]
        ).float().mean().item()

    return train([*cell.parameters(), *read.parameters()], loss, steps, 1e-2)


def gaps(cell, seed=0, gap=9, steps=200, forget_bias=3.0):
    """Train `cell` to tell at the end whether two spikes were `gap` steps apart or one more.

    Returns the share of right answers in each training step.
    """
    torch.manual_seed(seed)
    scaled(cell, forget_bias)
    read = nn.Linear(len(cell.b_f), 1)

    def loss():
        longer, start = torch.randint(0, 2, (32,)), torch.randint(0, 10, (32,))
        x = torch.zeros(gap + 11, 32, 1)
        x[start, torch.arange(32)] = 1
        x[start + gap + longer, torch.arange(32)] = 1
        said = read(run(cell, x)[1][-1])[:, 0]
        return F.binary_cross_entropy_with_logits(said, longer.to(said.dtype)), (
            (said > 0) == (longer == 1)
        ).float().mean().item()

    return train([*cell.parameters(), *read.parameters()], loss, steps, 2e-2)


def votes(batch=32, length=40):
    """Sequences of +1 and −1, half of them random walks, half a run of one and then of the other;
    shape (length, batch, 1)."""
    walk = torch.where(torch.rand(length, batch) < 0.5, 1.0, -1.0)
    sign = torch.where(torch.rand(1, batch) < 0.5, 1.0, -1.0)
    block = torch.where(
        torch.arange(length)[:, None] < torch.randint(1, length, (1, batch)), sign, -sign
    )
    return torch.where(torch.rand(1, batch) < 0.5, walk, block)[..., None]


def majority(cell, seed=0, steps=200, forget_bias=3.0):
    """Train `cell` to say, after every vote, which side leads.

    Returns the function that reads its h: positive where +1 leads.
    """
    torch.manual_seed(seed)
    scaled(cell, forget_bias)
    read = nn.Linear(len(cell.b_f), 1)

    def loss():
        x = votes()
        count = x[..., 0].cumsum(0)
        said = read(run(cell, x)[1])[..., 0]
        open_race = (count != 0).to(said.dtype)
        value = (
            F.binary_cross_entropy_with_logits(
                said, (count > 0).to(said.dtype), weight=open_race, reduction="sum"
            )
            / open_race.sum()
        )
        return value, value.item()

    train([*cell.parameters(), *read.parameters()], loss, steps, 2e-2)
    return read


@torch.no_grad()
def accuracy(cell, read, length, batch=500):
    """Share of right answers on fresh votes, ties left out."""
    x = votes(batch, length)
    count = x[..., 0].cumsum(0)
    right = (read(run(cell, x)[1])[..., 0] > 0) == (count > 0)
    return right[count != 0].float().mean().item()


@torch.no_grad()
def up_and_down(cell, read, ups, downs):
    """c at every step of `ups` times +1 and then `downs` times −1, and after how many −1s the
    answer changes (None: never)."""
    x = torch.cat([torch.ones(ups, 1, 1), -torch.ones(downs, 1, 1)])
    c, h = run(cell, x)
    changed = (read(h[ups:])[:, 0, 0] < 0).nonzero()
    return c[:, 0], int(changed[0]) + 1 if len(changed) else None
