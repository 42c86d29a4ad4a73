"""`python source/measure.py`: the numbers of the text that come from training or hang on a seed,
over ten seeds, into measured.json.

It takes about fifteen minutes. A test compares the sentences of the notebooks with the file.
"""

import json
import re
import sys
from pathlib import Path

import nbformat
import torch
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "lstm"))
from lstm_kit import cell as kit  # noqa: E402
from lstm_kit.gru import stack_of  # noqa: E402
from lstm_kit.stack import LSTM, train  # noqa: E402
from lstm_kit.tasks import accuracy, gaps, majority, reach, recall, scaled, up_and_down  # noqa: E402
from lstm_kit.writing import Writer, batches, figures  # noqa: E402

SEEDS = range(10)


def worked(notebook: str, name: str, change: tuple[str, str] = ("", ""), **namespace):
    """What the worked solution calls `name`, with one piece of its text changed for another."""
    cell = next(
        cell
        for cell in nbformat.read(HERE / "lstm" / f"{notebook}.ipynb", as_version=4).cells
        if cell.id == name
    )
    source = re.sub(r"(?m)^ *### .*\n?", "", cell.source)
    if change[0] not in source:
        raise ValueError(f"{name} has no {change[0]!r}")
    exec(source.replace(*change, 1), namespace := namespace | {"torch": torch, "nn": nn})
    return namespace[name]


def spread(values) -> list:
    return [min(values), max(values)]


def gradients(cell_class) -> dict:
    """Share of the gradient that reaches 50 steps back, from the smallest to the largest of the
    seeds."""
    shares = {}
    for name, bias in (("RNN", None), ("0", 0), ("1", 1), ("3", 3), ("5", 5)):
        found = []
        for seed in SEEDS:
            torch.manual_seed(seed)
            cell = nn.RNNCell(16, 32) if bias is None else scaled(cell_class(16, 32), bias)
            found.append(float(reach(cell, torch.randn(100, 8, 16))[-51]))
        shares[name] = spread([float(f"{value:.1e}") for value in found])
    return shares


def recalled(cell_class) -> dict:
    """Share of right answers in the last ten training steps."""
    return {
        str(bias): spread(
            [round(sum(recall(cell_class(16, 32), bias, seed)[-10:]) / 10, 2) for seed in SEEDS]
        )
        for bias in (0, 1, 5)
    }


def voted(classes) -> dict:
    seen = {}
    for name, cell_class in classes.items():
        found = []
        for seed in SEEDS:
            cell = cell_class(1, 4)
            read = majority(cell, seed)
            c, after = up_and_down(cell, read, 80, 165)
            found.append(
                (
                    round(accuracy(cell, read, 20), 3),
                    up_and_down(cell, read, 10, 25)[1],
                    after,
                    round(float(c.abs().max()), 2),
                )
            )
        seen[name] = dict(
            zip(
                ("right in 20 steps", "changes after 10 ups", "changes after 80 ups", "largest c"),
                map(spread, zip(*found)),
            )
        )
    return seen


def told_apart(classes) -> dict:
    """Share of right answers in the last ten training steps, and on how many seeds it is 0.99 or
    more."""
    seen = {}
    for name, cell_class in classes.items():
        found = [round(sum(gaps(cell_class(1, 8), seed)[-10:]) / 10, 2) for seed in SEEDS]
        seen[name] = {"right": spread(found), "solved": sum(share >= 0.99 for share in found)}
    return seen


def wrote(classes) -> dict:
    """Of a network that writes names, with a stack of each class, trained as the notebooks do it:
    loss per letter before and at the end; shares of what it writes with an ending of the list,
    before and at the end, and of what is new; how many numbers of its stack train; ten names."""
    seen = {}
    for name, stack_class in classes.items():
        found, names = [], {}
        for seed in SEEDS:
            torch.manual_seed(seed)
            network = Writer(stack_class)
            with torch.random.fork_rng():
                before = figures(network)[0]
            network.write(5)
            optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
            losses = train(network, batches(300), optimizer)
            names[str(seed)] = " ".join(network.write(10))
            found.append((losses[0], before, sum(losses[-20:]) / 20, *figures(network)))
        told = ("loss before", "ended before", "loss", "ended", "new")
        seen[name] = {
            key: spread([round(value, 2) for value in values])
            for key, values in zip(told, zip(*found))
        }
        seen[name]["trained"] = sum(value.numel() for value in network.stack.parameters())
        seen[name]["names"] = names
    return seen


if __name__ == "__main__":
    plain = worked("01_basic_lstm", "LSTMCell")
    coupled = worked("03_coupled_gates", "CoupledLSTMCell", LSTMCell=kit.LSTMCell)
    peephole = worked("04_peepholes", "PeepholeLSTMCell", LSTMCell=plain)
    of_kit = worked("04_peepholes", "PeepholeLSTMCell", LSTMCell=kit.LSTMCell)
    measured = {
        "seeds": len(SEEDS),
        "gradient 50 steps back": gradients(plain),
        "recall": recalled(plain),
        "votes": voted({"plain": kit.LSTMCell, "coupled": coupled}),
        "gaps": told_apart({"plain": plain, "peepholes": peephole}),
        "names": wrote(
            {
                "plain": worked("02_stacking", "LSTM", LSTMCell=kit.LSTMCell),
                "coupled": worked(
                    "03_coupled_gates", "CoupledLSTM", LSTM=LSTM, CoupledLSTMCell=coupled
                ),
                "peepholes": worked(
                    "04_peepholes", "PeepholeLSTM", LSTM=LSTM, PeepholeLSTMCell=of_kit
                ),
                "GRU": stack_of(worked("further/gru", "GRUCell")),
            }
        ),
    }
    (HERE / "measured.json").write_text(json.dumps(measured, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(measured, indent=1))
