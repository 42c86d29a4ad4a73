"""The wrong classes behind "Find the bug", and `python source/bugs.py`, which packs what is said of
them into the kit.

Each is a worked class with one line changed. What the pictures of the notebooks show was computed
with the one that is asked for (`source/diagrams.py`); the words are packed, so that nobody who
reads the kit is told by accident.
"""

import base64
import json
import textwrap
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from measure import worked

PACKED = Path(__file__).resolve().parent / "lstm" / "lstm_kit" / "bugs.py"


@dataclass(frozen=True)
class Wrong:
    """old, new: in the text of the worked class; says: what it makes, and why."""

    old: str
    new: str
    says: str


@dataclass(frozen=True)
class Bug:
    """A class `name` of a notebook; wrong: letter to what may be wrong with it, as the notebook
    offers it; asked: the letter of the one that made the picture."""

    notebook: str
    name: str
    asked: str
    wrong: dict[str, Wrong]

    def made(self, letter: str, **namespace) -> type:
        """The class with that one line changed."""
        change = self.wrong[letter]
        return worked(self.notebook, self.name, (change.old, change.new), **namespace)


READS = "                signal = h[k]\n"
STATES = "layer(signal, c[k], h[k])"
STORED = "f_t * c + (1 - f_t) * candidate"
BUGS = {
    "wiring_bug": Bug(
        "02_stacking",
        "LSTM",
        "C",
        {
            "A": Wrong(
                READS,
                "",
                "Every layer reads the raw x, so none hears of another, and each first h reaches "
                "the last h of its own layer alone: the diagonal.",
            ),
            "B": Wrong(
                STATES,
                "layer(signal, c[0], h[0])",
                "Every layer starts a step from the states of layer 0, so the first h of the "
                "others is read by nobody: their columns are 0, on the diagonal too.",
            ),
            "C": Wrong(
                READS,
                "                signal = h[0]\n",
                "Each layer keeps its own states: the diagonal. All layers above read the h of "
                "layer 0: the first column. But nobody reads the h of layers 1 and 2, so in their "
                "columns there is nothing but the diagonal.",
            ),
            "D": Wrong(
                "(torch.stack(c), torch.stack(h))",
                "(torch.stack(c[::-1]), torch.stack(h[::-1]))",
                "The last states are right, but come back in the wrong order: the right map upside "
                "down, with its diagonal from the lower left to the upper right.",
            ),
        },
    ),
    "gates_bug": Bug(
        "03_coupled_gates",
        "CoupledLSTMCell",
        "B",
        {
            "A": Wrong(
                STORED,
                "f_t * c + candidate",
                "The candidate is always written in full: where the gate is shut, c_t is the "
                "candidate, 0.8 here and not 0.",
            ),
            "B": Wrong(
                STORED,
                "f_t * c + f_t * candidate",
                "Where the gate is shut, the cell keeps nothing and writes nothing: c_t is near 0. "
                "Where it is open, the cell keeps all and writes all: c_t moves on by the "
                "candidate at every step, and leaves the range from -1 to 1, which no weighted "
                "mean can.",
            ),
            "C": Wrong(
                STORED,
                "(1 - f_t) * c + f_t * candidate",
                "The roles are swapped: where the gate is open, c_t is the candidate; where it is "
                "shut, c_t stands still. It is still a weighted mean, so it stays between -1 and "
                "1.",
            ),
            "D": Wrong(
                STORED,
                "(1 - f_t) * (c + candidate)",
                "Where the gate is shut, c_t moves on by the candidate at every step; where it is "
                "open, c_t is near 0. In the picture it is the other way round.",
            ),
        },
    ),
}

SIZES, STEPS = (5, 5, 4), 5  # of the stack whose map is drawn: layers may read x or h
SHUT, OPEN = 8, 10  # steps for which the forget gate of the cell that is drawn stays so
WRITTEN, OFFERED = 0.8, -0.5  # the candidate where the gate is shut, and where it is open


def influence(stack_class: type, seed: int = 0) -> torch.Tensor:
    """Largest derivative of a last h with respect to a first h: one row for each last one."""
    torch.manual_seed(seed)
    stack, layers = stack_class(*SIZES), SIZES[2]
    x, c, h = torch.randn(STEPS, 5), torch.randn(layers, 5), torch.randn(layers, 5)
    slopes = torch.autograd.functional.jacobian(lambda first: stack(x, c, first)[1][1], h).abs()
    return slopes.amax(dim=(1, 3))


@torch.no_grad()
def one_unit(cell_class: type) -> dict[str, list[float]]:
    """Forget gate f, candidate "new" and cell state c of one unit that is set by hand: its gate is
    shut, then open, then shut."""
    cell = cell_class(2, 1)
    for value in cell.parameters():
        value.zero_()
    cell.U_c[0, 0], cell.U_f[0, 1], cell.b_o[0] = 1, 1, 4
    gate = torch.tensor([-5.0] * SHUT + [5.0] * OPEN + [-5.0] * SHUT)
    offered = torch.where(gate > 0, OFFERED, WRITTEN).atanh()
    c = h = torch.zeros(1)
    seen = {"f": [], "new": [], "c": []}
    for x in torch.stack([offered, gate], dim=1):
        c, h = cell(x, c, h)
        seen["f"].append(torch.sigmoid(x[1]).item())
        seen["new"].append(torch.tanh(x[0]).item())
        seen["c"].append(c.item())
    return seen


TEMPLATE = '''\
"""Find the bug: `find("name")` looks at a letter in the notebook, and says what the class with that
line would have shown. The words are packed: reading them would spoil it."""

import base64
import html
import json
import sys
import zlib

from IPython import get_ipython
from IPython.display import display

from .predictions import say, warn_of_age

PACKED = (
{lines}
)


def find(name):
    """Compare the letter in the notebook's variable `name` with the line that is wrong."""
    bug = json.loads(zlib.decompress(base64.b85decode(PACKED)))[name]
    shell = get_ipython()
    given = shell.user_ns.get(name, ...) if shell else ...
    letter = given.strip().upper() if isinstance(given, str) else given
    warn_of_age(name)
    if given is None or given is ...:
        what = "Put a letter, in quotes, in the cell above."
        print(f"{{name}}: not written yet. {{what}}", file=sys.stderr)
        return
    if not isinstance(letter, str) or letter not in bug["says"]:
        say(f"{{name}}: one of the letters {{', '.join(bug['says'])}} is asked for, in quotes.")
    elif letter != bug["asked"]:
        say(f"{{letter}} is not it. With {{letter}}: {{bug['says'][letter]}}")
    else:
        print(f"{{letter}} is right.")
        told = [f"{{one}}: {{said}}" for one, said in sorted(bug["says"].items())]
        rows = "".join(f"<p>{{html.escape(row)}}</p>" for row in told)
        summary = "<summary>What each of the lines would have shown</summary>"
        page = f"<details>{{summary}}{{rows}}</details>"
        display({{"text/html": page, "text/plain": "\\n".join(told)}}, raw=True)
'''


def packed() -> str:
    """The text of lstm_kit/bugs.py."""
    told = {
        name: {"asked": bug.asked, "says": {key: one.says for key, one in bug.wrong.items()}}
        for name, bug in BUGS.items()
    }
    data = base64.b85encode(zlib.compress(json.dumps(told).encode(), 9)).decode()
    lines = textwrap.wrap(data, 94, break_on_hyphens=False)
    return TEMPLATE.format(lines="\n".join(f'    "{line}"' for line in lines))


if __name__ == "__main__":
    PACKED.write_text(packed(), encoding="utf-8")
    print(f"{PACKED.name} written.")
