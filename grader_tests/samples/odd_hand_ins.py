"""Hand-ins as they really come: a class's work, bent by mishaps that are put together by chance.

A mishap is a small function in one of the tables below. `odd_hand_in` takes the four notebooks of
some work and writes them into a folder with a few mishaps, the same ones for the same seed.
"""

import base64
import io
import json
import os
import random
import tarfile
import textwrap
import unicodedata
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from grader_tests.samples.students import NOTEBOOKS, RELEASE, filled

MAIN = {"01_basic_lstm": "LSTMCell", "02_stacking": "LSTM"}  # notebook to the class it is about


@dataclass
class HandIn:
    """What a student hands in. notebooks: name to notebook, before it is written; files: path in
    the folder to bytes, afterwards; chance: where all choices come from; done: names of mishaps.
    """

    notebooks: dict[str, dict]
    chance: random.Random
    files: dict[str, bytes] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)

    def one(self) -> str:
        """A notebook of a class, by chance."""
        return self.chance.choice(list(MAIN))

    def path(self) -> str:
        """A file that is a notebook, by chance."""
        return self.chance.choice([path for path in self.files if "ipynb" in path.lower()])


def cell_of(notebook: dict, name: str) -> dict:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def code(source: str, chance: random.Random) -> dict:
    return {
        "cell_type": "code",
        "id": f"{chance.getrandbits(32):08x}",
        "metadata": {},
        "outputs": [],
        "execution_count": 7,
        "source": source,
    }


def given(name: str, key: str) -> str:
    """The text of a cell as it was given out."""
    cells = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells
    return next(cell.source for cell in cells if cell.id == key)


def place_of(notebook: dict, name: str) -> int:
    return notebook["cells"].index(cell_of(notebook, name))


# ---------------------------------------------------------------- cells
def metadata_lost(hand_in: HandIn):
    """A trip through another editor."""
    for cell in hand_in.notebooks[hand_in.one()]["cells"]:
        cell["metadata"] = {}
        cell["id"] = f"{hand_in.chance.getrandbits(32):08x}"


def raw_answer(hand_in: HandIn):
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["cell_type"] = "raw"
    del cell["outputs"], cell["execution_count"]


def answer_below(hand_in: HandIn):
    """Written into a new cell under the check; the cell itself stays as given out."""
    name = hand_in.one()
    notebook, key = hand_in.notebooks[name], MAIN[name]
    cell = cell_of(notebook, key)
    new = code(cell["source"], hand_in.chance)
    notebook["cells"].insert(place_of(notebook, f"test_{key}") + 1, new)
    cell["source"] = given(name, key)


def old_attempt(hand_in: HandIn):
    """A first attempt that was left above."""
    name = hand_in.one()
    notebook, key = hand_in.notebooks[name], MAIN[name]
    old = f"class {key}(nn.Module):\n    def forward(self, x, c, h):\n        return h, c\n"
    notebook["cells"].insert(place_of(notebook, key), code(old, hand_in.chance))


def copied_answer(hand_in: HandIn):
    """The cell copied with its metadata, and the copy left as it was."""
    name = hand_in.one()
    notebook, key = hand_in.notebooks[name], MAIN[name]
    copy = deepcopy(cell_of(notebook, key))
    copy["id"] = f"{hand_in.chance.getrandbits(32):08x}"
    notebook["cells"].insert(place_of(notebook, key) + 1, copy)


def helper_below(hand_in: HandIn):
    """A helper under a check that was typed once more, as the cells were run by hand."""
    notebook = hand_in.notebooks["01_basic_lstm"]
    cell = cell_of(notebook, "LSTMCell")
    cell["source"] = cell["source"].replace("torch.sigmoid(", "gate(")
    at = place_of(notebook, "LSTMCell") + 1
    helper = "def gate(values):\n    return torch.sigmoid(values)\n"
    notebook["cells"][at:at] = [
        code("check(LSTMCell)", hand_in.chance),
        code(helper, hand_in.chance),
    ]


def upside_down(hand_in: HandIn):
    hand_in.notebooks[hand_in.one()]["cells"].reverse()


def no_setup(hand_in: HandIn):
    """The set-up cell deleted after it had run."""
    name = hand_in.one()
    notebook = hand_in.notebooks[name]
    notebook["cells"].remove(cell_of(notebook, f"setup_{name[:2]}"))


def own_setup(hand_in: HandIn):
    """The set-up cell changed, and the change needed."""
    notebook = hand_in.notebooks["01_basic_lstm"]
    setup, cell = cell_of(notebook, "setup_01"), cell_of(notebook, "LSTMCell")
    setup["source"] += "\nfrom torch import sigmoid as squashed\n"
    cell["source"] = cell["source"].replace("torch.sigmoid(", "squashed(")


def class_renamed(hand_in: HandIn):
    """Under a name of one's own, and given the right one below."""
    name = hand_in.one()
    key, cell = MAIN[name], cell_of(hand_in.notebooks[name], MAIN[name])
    renamed = cell["source"].replace(f"class {key}(", "class MyVersion(")
    cell["source"] = f"{renamed}\n\n\n{key} = MyVersion\n"


def split_in_two(hand_in: HandIn):
    """The last method in a cell of its own, and put into the class there."""
    name = hand_in.one()
    notebook, key = hand_in.notebooks[name], MAIN[name]
    cell = cell_of(notebook, key)
    head, mark, forward = cell["source"].partition("    def forward(")
    if not head.strip() or "super()" in forward or "\n    def " in forward:
        raise KeyError(key)
    cell["source"] = head
    below = textwrap.dedent(mark + forward) + f"\n\n{key}.forward = forward\n"
    notebook["cells"].insert(place_of(notebook, key) + 1, code(below, hand_in.chance))


def merged(hand_in: HandIn):
    """Both classes of a notebook in the first cell; the second one deleted, or as given out."""
    notebook = hand_in.notebooks["03_coupled_gates"]
    first, second = cell_of(notebook, "CoupledLSTMCell"), cell_of(notebook, "CoupledLSTM")
    first["source"] += "\n\n\n" + second["source"]
    if hand_in.chance.random() < 0.5:
        notebook["cells"].remove(second)
    else:
        second["source"] = given("03_coupled_gates", "CoupledLSTM")


def marked_down(hand_in: HandIn):
    """Turned into Markdown, with fences around it or without."""
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["cell_type"] = "markdown"
    del cell["outputs"], cell["execution_count"]
    if hand_in.chance.random() < 0.5:
        cell["source"] = f"```python\n{cell['source']}\n```"


def timed(hand_in: HandIn):
    """A cell magic on its first line."""
    magic = hand_in.chance.choice(["%%time", "%%capture", "%%capture out\n", "  \n%%time"])
    in_answer(hand_in, magic)


def ids_exchanged(hand_in: HandIn):
    notebook = hand_in.notebooks[hand_in.one()]
    marked = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    one, other = hand_in.chance.sample(marked, 2)
    one, other = one["metadata"]["nbgrader"], other["metadata"]["nbgrader"]
    one["grade_id"], other["grade_id"] = other["grade_id"], one["grade_id"]


def ids_doubled(hand_in: HandIn):
    name = hand_in.one()
    for cell in hand_in.notebooks[name]["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] = MAIN[name]


def with_a_picture(hand_in: HandIn):
    """Pasted into a text."""
    notebook = hand_in.notebooks[hand_in.one()]
    text = next(cell for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    text["attachments"] = {"image.png": {"image/png": "iVBORw0KGgo="}}
    text["source"] += "\n![](attachment:image.png)"


def in_colab(hand_in: HandIn):
    """Ids in the metadata, and none at the cells."""
    notebook = hand_in.notebooks[hand_in.one()]
    notebook["nbformat_minor"] = 0
    notebook["metadata"] |= {"colab": {"provenance": []}, "accelerator": "GPU"}
    for cell in notebook["cells"]:
        cell["metadata"]["id"] = cell.pop("id")
        cell["source"] = cell["source"].splitlines(keepends=True)
    below = code("from google.colab import drive\ndrive.mount('/content/drive')", hand_in.chance)
    notebook["cells"].insert(0, below)


def in_vs_code(hand_in: HandIn):
    """No ids, no nbgrader, languages at the cells."""
    notebook = hand_in.notebooks[hand_in.one()]
    for cell in notebook["cells"]:
        del cell["id"]
        cell["metadata"] = {"vscode": {"languageId": "python"}}


def other_kernel(hand_in: HandIn):
    notebook = hand_in.notebooks[hand_in.one()]
    version, name = hand_in.chance.choice([("3.8.1", "conda-env-x"), ("2.7.18", "python2"), (3, 4)])
    notebook["metadata"] |= {
        "kernelspec": {"name": name, "display_name": name, "language": "julia"},
        "language_info": {"name": "julia", "version": version},
    }


def all_in_one(hand_in: HandIn):
    """Everything of a notebook copied into one cell at its top, the rest deleted."""
    name = hand_in.one()
    notebook = hand_in.notebooks[name]
    sources = [c["source"] for c in notebook["cells"] if c["cell_type"] == "code"]
    sources = [source for source in sources if "desk-only" not in source]
    notebook["cells"] = [code("\n\n".join(sources), hand_in.chance)]


def pasted_above(hand_in: HandIn):
    """The finished class in the first cell, and the cell itself deleted."""
    name = hand_in.one()
    notebook = hand_in.notebooks[name]
    cell = cell_of(notebook, MAIN[name])
    notebook["cells"].remove(cell)
    notebook["cells"].insert(0, cell | {"id": "pasted", "metadata": {}})


def texts_deleted(hand_in: HandIn):
    notebook = hand_in.notebooks[hand_in.one()]
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def only_the_answers(hand_in: HandIn):
    """Every cell but those to fill in deleted."""
    name = hand_in.one()
    notebook = hand_in.notebooks[name]
    keep = {MAIN[name], "cell_parameters", "zeros"}
    notebook["cells"] = [cell for cell in notebook["cells"] if cell["id"] in keep]


SCRATCH = (  # cells of the student's own, none of which the work needs
    *("1 / 0", "print('x' * 10)", "%matplotlib inline", "help(len)", "time.sleep(1)", "x = = 1"),
    *("%pip install einops", "!pip install torch==1.13", "!wget http://example.org/data.zip"),
    *("!nvidia-smi", "%cd /content", "import os; os.chdir('/content/drive/MyDrive')", "?len"),
    *("torch.zeros(2).cuda()", "model = nn.Linear(2, 3).to('mps')", "%debug", "%timeit sum([1])"),
    *("print('x' * 10_000_000)", "for k in range(100_000):\n    print(k)", "LSTMCell??"),
    *("import matplotlib.pyplot as plt\nplt.style.use('seaborn')\nplt.plot([1]); plt.show()",),
    *("import pandas as pd\npd.DataFrame({'a': [1]})", "assert False", "raise KeyboardInterrupt"),
    *("import tqdm.notebook\nfor k in tqdm.notebook.tqdm(range(3)):\n    pass", "%%html\n<b>x</b>"),
    *("try:\n    import wandb_x\nexcept ImportError:\n    wandb_x = None", "%%bash\nls /"),
    *("from sklearn_x import metrics", "open('/home/jane/data.csv')", "torch.manual_seed(0)"),
    *("torch.load('weights.pt')", "await_me = 1\nimport asyncio\nawait asyncio.sleep(0)", "\\"),
)
AT_THE_END = (
    *("input('Done? ')", "quit()", "exit", "import sys; sys.exit(0)", "%reset -f", "breakpoint()"),
    *("import os; os._exit(1)", "import pdb; pdb.set_trace()", "del LSTMCell, LSTM"),
    *("import getpass; getpass.getpass()", "raise SystemExit"),
)


def last_words(hand_in: HandIn):
    """A cell at the very end that asks, or ends everything."""
    notebook = hand_in.notebooks[hand_in.one()]
    notebook["cells"].append(code(hand_in.chance.choice(AT_THE_END), hand_in.chance))


def scratch_cells(hand_in: HandIn):
    for source in hand_in.chance.sample(SCRATCH, 5):
        notebook = hand_in.notebooks[hand_in.one()]
        at = hand_in.chance.randrange(len(notebook["cells"]))
        notebook["cells"].insert(at, code(source, hand_in.chance))


def cut_in_two(hand_in: HandIn):
    """A cell split in the middle of the class, after it had run."""
    name = hand_in.one()
    notebook, cell = hand_in.notebooks[name], cell_of(hand_in.notebooks[name], MAIN[name])
    cell["source"], mark, below = cell["source"].partition("    def forward(")
    notebook["cells"].insert(place_of(notebook, MAIN[name]) + 1, code(mark + below, hand_in.chance))


def commented_out(hand_in: HandIn):
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["source"] = textwrap.indent(cell["source"], "# ", lambda line: True)


def merged_into_text(hand_in: HandIn):
    """With the text above it."""
    name = hand_in.one()
    notebook, cell = hand_in.notebooks[name], cell_of(hand_in.notebooks[name], MAIN[name])
    cell_of(notebook, f"task_{MAIN[name]}")["source"] += f"\n\n{cell['source']}"
    notebook["cells"].remove(cell)


def within(hand_in: HandIn):
    """The class in a function, a branch, or a text that is run."""
    name = hand_in.one()
    key, cell = MAIN[name], cell_of(hand_in.notebooks[name], MAIN[name])
    inner = textwrap.indent(cell["source"], "    ")
    ways = (
        f"def make():\n{inner}\n    return {key}\n\n\n{key} = make()\n",
        f'if __name__ == "__main__":\n{inner}\n',
        f"exec(r'''\n{cell['source']}\n''')\n",
    )
    cell["source"] = hand_in.chance.choice(ways)


def continued(hand_in: HandIn):
    """The last method in a class that goes on with the first one."""
    name = hand_in.one()
    notebook, key = hand_in.notebooks[name], MAIN[name]
    cell = cell_of(notebook, key)
    cell["source"], mark, below = cell["source"].partition("    def forward(")
    new = code(f"class {key}({key}):\n{mark}{below}", hand_in.chance)
    notebook["cells"].insert(place_of(notebook, key) + 1, new)


CELLS = (
    metadata_lost,
    raw_answer,
    answer_below,
    old_attempt,
    copied_answer,
    helper_below,
    upside_down,
    no_setup,
    own_setup,
    scratch_cells,
    class_renamed,
    split_in_two,
    merged,
    marked_down,
    timed,
    ids_exchanged,
    ids_doubled,
    with_a_picture,
    in_colab,
    in_vs_code,
    other_kernel,
    all_in_one,
    pasted_above,
    texts_deleted,
    only_the_answers,
    last_words,
    cut_in_two,
    commented_out,
    merged_into_text,
    within,
    continued,
)


# ---------------------------------------------------------------- packages and places of the desk
def in_answer(hand_in: HandIn, line: str):
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["source"] = f"{line}\n{cell['source']}"


def package_not_needed(hand_in: HandIn):
    in_answer(hand_in, hand_in.chance.choice(["import wandb_x", "from rich_plots import plot"]))


def package_needed(hand_in: HandIn):
    in_answer(hand_in, "from einops_like import gate")
    cell = cell_of(hand_in.notebooks["01_basic_lstm"], "LSTMCell")
    cell["source"] = "from einops_like import gate\n" + cell["source"].replace("torch.", "gate.")


def magic_of_the_desk(hand_in: HandIn):
    in_answer(hand_in, hand_in.chance.choice(["%matplotlib widget", "%load_ext jupyter_black"]))


def graphics_card(hand_in: HandIn):
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["source"] += "\n\nprint(torch.zeros(2).to('cuda'))\n"


def newer_python(hand_in: HandIn):
    hand_in.notebooks["02_stacking"]["metadata"]["language_info"] = {"version": "3.12.4"}
    cell = cell_of(hand_in.notebooks["02_stacking"], "LSTM")
    cell["source"] = "print(f'{dict(a=1)['a']}')\n" + cell["source"]


def file_of_ones_own(hand_in: HandIn):
    cell = cell_of(hand_in.notebooks["01_basic_lstm"], "LSTMCell")
    cell["source"] = "from my_gates import gate\n" + cell["source"].replace(
        "torch.sigmoid(", "gate("
    )
    hand_in.files["my_gates.py"] = b"import torch\n\n\ndef gate(x):\n    return torch.sigmoid(x)\n"


LINES = (  # above a class, none of which it needs
    *("import wandb_x", "from rich_plots import plot", "from torchviz_x import make_dot as dot"),
    *("try:\n    import apex_x\nexcept ImportError:\n    apex_x = None", "%matplotlib notebook"),
    *("device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')", "%pylab inline"),
    *("!pip install -q einops", "%pip install tqdm", "!wget -q http://example.org/a.csv", "!ls"),
    *("import pandas as pd, seaborn as sns\nfrom tqdm.auto import tqdm", "%load_ext autoreload"),
    *("import matplotlib\nmatplotlib.use('TkAgg')", "%config InlineBackend.figure_format = 'svg'"),
    *("import matplotlib.pyplot as plt\nplt.style.use('seaborn')", "torch.set_num_threads(1)"),
    *("import numpy as np\nnp.random.seed(0)\nnp.set_printoptions(precision=3)", "%autoreload 2"),
    *("from typing import override", "import warnings\nwarnings.filterwarnings('ignore')"),
    *("torch.use_deterministic_algorithms(True)", "import os\nos.environ['CUDA_VISIBLE'] = '0'"),
    *("import logging\nlogging.basicConfig(level='DEBUG')", "torch.autograd.set_detect_anomaly(1)"),
    *("%env OMP_NUM_THREADS=1", "# -*- coding: latin-1 -*-", "from math import *"),
    *(
        "torch.set_default_device('cuda')",
        "torch.cuda.manual_seed_all(1)",
        "torch.set_printoptions(3)",
    ),
    *(
        "import tensorflow_x as tf",
        "import torch_x.nn.functional as F",
        "from IPython import display",
    ),
)


def a_line_above(hand_in: HandIn):
    in_answer(hand_in, hand_in.chance.choice(LINES))


BELOW = (  # in the cell of the class, under it
    *("LSTMCell(2, 3).cuda()", "print(torch.zeros(2).to('mps'))", "input('ok? ')", "breakpoint()"),
    *("import pdb; pdb.set_trace()", "print('x' * 1_000_000)", "import time; time.sleep(1)", "1;"),
    *("torch.save(torch.zeros(1), 'a.pt')", "open('/home/jane/a.txt')", "import getpass as g"),
    *("from IPython.display import display\ndisplay(torch.zeros(1))", "!echo done", "%whos"),
)


def a_line_below(hand_in: HandIn):
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    cell["source"] += f"\n\n{hand_in.chance.choice(BELOW)}\n"


def folder_of_ones_own(hand_in: HandIn):
    cell = cell_of(hand_in.notebooks["01_basic_lstm"], "LSTMCell")
    cell["source"] = "import sys\nsys.path.append('src')\nfrom parts.gates import gate\n" + cell[
        "source"
    ].replace("torch.sigmoid(", "gate(")
    text = b"import torch\n\n\ndef gate(x):\n    return torch.sigmoid(x)\n"
    hand_in.files |= {"src/parts/gates.py": text, "src/parts/__init__.py": b""}


def file_that_was_lost(hand_in: HandIn):
    """A file of one's own that was not handed in."""
    cell = cell_of(hand_in.notebooks["01_basic_lstm"], "LSTMCell")
    sigmoid = cell["source"].replace("torch.sigmoid(", "gate(")
    cell["source"] = f"from my_lost_gates import gate\n{sigmoid}"


def answer_in_a_file(hand_in: HandIn):
    """The class in a module that is handed in, imported in its cell."""
    cell = cell_of(hand_in.notebooks["01_basic_lstm"], "LSTMCell")
    if "%" in cell["source"]:
        raise KeyError("no file can hold a magic")
    text = f"import torch\nfrom torch import nn\n\n\n{cell['source']}"
    hand_in.files["my_cell.py"] = text.encode()
    cell["source"] = "from my_cell import LSTMCell"


def by_a_command(hand_in: HandIn):
    """The class in a file that is handed in, and in its cell what brings it here."""
    name = hand_in.one()
    cell = cell_of(hand_in.notebooks[name], MAIN[name])
    hand_in.files["my_class.py"] = f"import torch\nfrom torch import nn\n{cell['source']}".encode()
    words = ("%load {0}", "# %load {0}", "%run {0}", "%run -i {0}", "exec(open('{0}').read())")
    cell["source"] = hand_in.chance.choice([*words, "!cat {0}"]).format("my_class.py")


def older_python(hand_in: HandIn):
    """A module that newer Pythons have no more."""
    in_answer(
        hand_in, hand_in.chance.choice(["import asynchat_x", "from collections import Mapping"])
    )


DESK = (
    package_not_needed,
    package_needed,
    magic_of_the_desk,
    graphics_card,
    newer_python,
    file_of_ones_own,
    a_line_above,
    a_line_above,
    a_line_below,
    folder_of_ones_own,
    file_that_was_lost,
    answer_in_a_file,
    by_a_command,
    older_python,
)


# ---------------------------------------------------------------- how a file is written
def changed(hand_in: HandIn, change: Callable[[bytes], bytes]):
    path = hand_in.path()
    hand_in.files[path] = change(hand_in.files[path])


def with_a_mark(hand_in: HandIn):
    changed(hand_in, lambda data: b"\xef\xbb\xbf" + data)


def in_utf_16(hand_in: HandIn):
    encoding = hand_in.chance.choice(["utf-16", "utf-16-le", "utf-16-be"])
    changed(hand_in, lambda data: data.decode().encode(encoding))


def lines_of_windows(hand_in: HandIn):
    changed(hand_in, lambda data: data.replace(b"\n", b"\r\n"))


def one_line(hand_in: HandIn):
    changed(hand_in, lambda data: json.dumps(json.loads(data), ensure_ascii=False).encode())


def old_format(hand_in: HandIn):
    def change(data: bytes) -> bytes:
        cells = json.loads(data)["cells"]
        for cell in cells:
            if cell["cell_type"] == "code":
                cell["input"] = cell.pop("source")
        return json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}).encode()

    changed(hand_in, change)


def cut_off(hand_in: HandIn):
    changed(hand_in, lambda data: data[: len(data) // 2])


def merge_conflict(hand_in: HandIn):
    mark = b"<<<<<<< HEAD\n=======\n>>>>>>> theirs\n"
    changed(hand_in, lambda data: data.replace(b"\n", b"\n" + mark, 1))


def emptied(hand_in: HandIn):
    changed(hand_in, lambda data: b"")


def in_utf_32(hand_in: HandIn):
    changed(hand_in, lambda data: data.decode().encode("utf-32"))


def in_latin(hand_in: HandIn):
    """A letter that is no UTF-8, in a comment of the class."""

    def change(data: bytes) -> bytes:
        return data.replace(b'"class ', b'"# M\xfcller\\nclass ', 1)

    changed(hand_in, change)


def large_outputs(hand_in: HandIn):
    def change(data: bytes) -> bytes:
        notebook = json.loads(data)
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        text = {"output_type": "stream", "name": "stdout", "text": "x" * 30_000_000}
        cell["outputs"] = [text]
        return json.dumps(notebook).encode()

    changed(hand_in, change)


def many_outputs(hand_in: HandIn):
    """So many that there are too many values to read."""

    def change(data: bytes) -> bytes:
        notebook = json.loads(data)
        cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
        one = {"output_type": "stream", "name": "stdout", "text": ["x", "y"]}
        cell["outputs"] = [one] * 250_000
        return json.dumps(notebook).encode()

    changed(hand_in, change)


def with_numbers(hand_in: HandIn):
    """NaN, which is no JSON, and keys twice."""

    def change(data: bytes) -> bytes:
        return data.replace(b'"metadata": {', b'"metadata": {"loss": NaN, "loss": 1e999, ', 1)

    changed(hand_in, change)


def with_rubbish_behind(hand_in: HandIn):
    changed(hand_in, lambda data: data + hand_in.chance.choice([b"\x00" * 512, b"\n\n  \n", b"}"]))


def sent_by_mail(hand_in: HandIn):
    """As base64, or as a web page that says why there is no file."""
    page = b"<!DOCTYPE html><title>Sign in</title>"
    changed(hand_in, lambda data: hand_in.chance.choice([base64.encodebytes(data), page]))


WRITTEN = (
    with_a_mark,
    in_utf_16,
    lines_of_windows,
    one_line,
    old_format,
    cut_off,
    merge_conflict,
    emptied,
    in_utf_32,
    in_latin,
    large_outputs,
    many_outputs,
    with_numbers,
    with_rubbish_behind,
    sent_by_mail,
)


# ---------------------------------------------------------------- names, places, copies
def other_name(hand_in: HandIn):
    path = hand_in.path()
    stem = path.removesuffix(".ipynb")
    names = (
        *(f"{stem} (1).ipynb", f"{stem}-1.ipynb", f"{stem}-Copy1.ipynb", f"Copy of {path}"),
        *(f"{stem.upper()}.ipynb", f"doejane_12345_678901_{path}", f"{stem}.ipynb.txt"),
        *(f"{stem}.json", f"{stem}_Jane_Doe_final.ipynb", f"Übung {path}", "Untitled.ipynb", stem),
        *(
            f"{stem} .ipynb",
            f" {path}",
            f"{stem}.ipynb ",
            f"{stem}.IPYNB",
            f"{path}.ipynb",
            "-x.ipynb",
        ),
        *(
            f"{path}.bak",
            f"{path}~",
            f"{path}.download",
            f".{path}",
            f"{stem}\n.ipynb",
            f"{stem}.ipynb_",
        ),
        *(
            unicodedata.normalize("NFD", f"Lösung {path}"),
            f"{'x' * 240}.ipynb",
            f"\u202e{path}",
            "😀.ipynb",
        ),
        *(
            f"{stem}.py",
            f"{stem}.txt",
            f"{stem}.html",
            f"{stem}.md",
            "main.ipynb",
            "[a] {b} %s $x.ipynb",
        ),
    )
    hand_in.files[hand_in.chance.choice(names)] = hand_in.files.pop(path)


def moved(hand_in: HandIn, folder: str):
    hand_in.files = {f"{folder}/{path}": data for path, data in hand_in.files.items()}


def deeper(hand_in: HandIn):
    moved(hand_in, hand_in.chance.choice(["lstm", "lstm/lstm", "Jane Doe/Abgabe 1/lstm"]))


def zipped(hand_in: HandIn):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in hand_in.files.items():
            archive.writestr(f"lstm/{path}", data)
            archive.writestr(f"__MACOSX/lstm/._{path}", b"\x00\x05\x16\x07")
    hand_in.files = {"lstm.zip": file.getvalue()}


def zipped_twice(hand_in: HandIn):
    zipped(hand_in)
    zipped(hand_in)


def blank_beside(hand_in: HandIn):
    """Downloaded once more."""
    name = hand_in.chance.choice(NOTEBOOKS)
    data = (RELEASE / f"{name}.ipynb").read_bytes()
    hand_in.files[f"{name} (2).ipynb"] = data


def same_twice(hand_in: HandIn):
    path = hand_in.path()
    hand_in.files[f"backup/{path}"] = hand_in.files[path]


def checkpoints(hand_in: HandIn):
    for name in NOTEBOOKS:
        data = (RELEASE / f"{name}.ipynb").read_bytes()
        hand_in.files[f".ipynb_checkpoints/{name}-checkpoint.ipynb"] = data


def other_files(hand_in: HandIn):
    hand_in.files |= {"notes.pdf": b"%PDF-1.7", ".DS_Store": b"\x00", "plot.png": b"\x89PNG"}


def names_exchanged(hand_in: HandIn):
    one, other = "01_basic_lstm.ipynb", "02_stacking.ipynb"
    hand_in.files[one], hand_in.files[other] = hand_in.files[other], hand_in.files[one]


def other_archive(hand_in: HandIn):
    """Everything in an archive that is no zip."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for path, data in hand_in.files.items():
            about = tarfile.TarInfo(path)
            about.size = len(data)
            archive.addfile(about, io.BytesIO(data))
    name = hand_in.chance.choice(
        ["lstm.tar.gz", "lstm.7z", "lstm.rar", "lstm.tgz", "a.tar", "lstm"]
    )
    hand_in.files = {name: file.getvalue()}


def one_zipped(hand_in: HandIn):
    """Each file for itself, or one of them, and not always with the end of a zip."""
    path = hand_in.path()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(path, hand_in.files.pop(path))
    end = hand_in.chance.choice([".zip", ".ZIP", "", ".docx"])
    hand_in.files[f"{path}{end}"] = file.getvalue()


def half_done_beside(hand_in: HandIn):
    """An earlier state of the work, under another name or in another place."""
    name = hand_in.one()
    notebook = deepcopy(hand_in.notebooks[name])
    for cell in notebook["cells"]:
        if cell.get("id") == MAIN[name]:
            cell["source"] = cell["source"][: len(cell["source"]) // 2]
    path = hand_in.chance.choice([f"{name} (1).ipynb", f"old/{name}.ipynb", f"{name}_v1.ipynb"])
    hand_in.files[path] = json.dumps(notebook).encode()


def other_homework(hand_in: HandIn):
    """A notebook of another assignment."""
    cells = [code("print('another course')", hand_in.chance)]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    path = hand_in.chance.choice(["ps3.ipynb", "01_basics.ipynb", "lstm.ipynb", "other/ps3.ipynb"])
    hand_in.files[path] = json.dumps(notebook).encode()


def checkpoints_only(hand_in: HandIn):
    """The folder of the checkpoints was zipped in place of the notebook."""
    path = hand_in.path()
    hand_in.files[f".ipynb_checkpoints/{path}"] = hand_in.files.pop(path)


def lost(hand_in: HandIn):
    """One is not there, but something is that may be it."""
    path = hand_in.path()
    del hand_in.files[path]
    hand_in.files[f"{path}.pdf"] = b"%PDF-1.7"


LYING_AROUND = (
    *("Thumbs.db", "desktop.ini", ".git/HEAD", ".vscode/settings.json", "~$notes.docx", "a.tmp"),
    *("requirements.txt", "lstm_kit/cell.py", "data/train.csv", ".venv/lib/x.py", "old/torch.py"),
    *("lstm_kit/__pycache__/cell.pyc", "old/random.py", "lstm_kit/__init__.py", "checkpoint.pt"),
)


def whole_desk(hand_in: HandIn):
    """With all that lay around it."""
    hand_in.files |= dict.fromkeys(LYING_AROUND, b"x = 1")


PLACES = (  # in the order in which they can happen to the same hand-in
    other_name,
    other_name,
    names_exchanged,
    half_done_beside,
    other_homework,
    blank_beside,
    same_twice,
    checkpoints,
    checkpoints_only,
    lost,
    one_zipped,
    other_files,
    whole_desk,
    deeper,
    zipped,
    zipped_twice,
    other_archive,
)


# ---------------------------------------------------------------- what lies in the folder
def no_rights(folder: Path, chance: random.Random):
    """As root everything can be read: then it is a file that was lost on the way."""
    path = a_file(folder, chance)
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()
        path.symlink_to("/nowhere")


def a_link(folder: Path, chance: random.Random):
    path = a_file(folder, chance)
    path.unlink()
    path.symlink_to("/etc/passwd")


def folder_without_rights(folder: Path, chance: random.Random):
    """As root it is one that was emptied, with a file in its place."""
    inner = folder / "work"
    inner.mkdir()
    path = a_file(folder, chance)
    path.rename(inner / path.name)
    inner.chmod(chance.choice([0, 0o600, 0o300]))
    if os.access(inner, os.R_OK | os.X_OK):
        inner.chmod(0o700)
        (inner / path.name).unlink()
        inner.rmdir()
        inner.symlink_to("/nowhere")


def a_pipe(folder: Path, chance: random.Random):
    os.mkfifo(folder / "pipe.ipynb")


def no_time(folder: Path, chance: random.Random):
    times = ["9" * 31, "yesterday", "", "9999-12-31 23:59:59 UTC", "\x00\x01", "0001-01-01"]
    (folder / "timestamp.txt").write_text(chance.choice(times))


def time_is_a_folder(folder: Path, chance: random.Random):
    (folder / "timestamp.txt").mkdir()


def a_file(folder: Path, chance: random.Random) -> Path:
    return chance.choice([path for path in sorted(folder.rglob("*")) if path.is_file()])


FOLDER = (no_rights, folder_without_rights, a_link, a_pipe, no_time, time_is_a_folder)
TABLES = ((CELLS, 3), (DESK, 1), (WRITTEN, 1), (PLACES, 3), (FOLDER, 1))  # the most of each


def odd_hand_in(folder: Path, cells: dict[str, str], seed: int) -> list[str]:
    """Write the work `cells` (grade_id to text) into `folder` with one mishap or more; their
    names."""
    chance = random.Random(seed)
    notebooks = {name: json.loads(nbformat.writes(filled(name, cells))) for name in NOTEBOOKS}
    for notebook in notebooks.values():
        for cell in notebook["cells"]:
            cell["source"] = "".join(cell["source"])
    hand_in = HandIn(notebooks, chance)
    chosen = [
        chance.sample(table, chance.choice([0, 0, *range(most + 1)])) for table, most in TABLES
    ]
    chosen[3] = chosen[3] or [other_name]
    for mishap in chosen[0] + chosen[1]:
        bend(hand_in, mishap)
    texts = {f"{name}.ipynb": json.dumps(book, indent=1) for name, book in notebooks.items()}
    hand_in.files |= {path: text.encode() for path, text in texts.items()}
    for mishap in chosen[2] + sorted(chosen[3], key=PLACES.index):
        bend(hand_in, mishap)
    write(folder, hand_in.files)
    for mishap in chosen[4]:
        mishap(folder, chance)
        hand_in.done.append(mishap.__name__)
    return hand_in.done


def bend(hand_in: HandIn, mishap: Callable[[HandIn], None]):
    """One mishap, where it still can happen."""
    try:
        mishap(hand_in)
        hand_in.done.append(mishap.__name__)
    except (StopIteration, KeyError, IndexError, ValueError):  # its cell or file is gone already
        pass


def write(folder: Path, files: dict[str, bytes]):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
