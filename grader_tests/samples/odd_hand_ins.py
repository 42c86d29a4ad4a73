"""Hand-ins as they really come: a class's work, bent by mishaps that are put together by chance.

A mishap is a small function in one of the tables below. `odd_hand_in` takes the four notebooks of
some work and writes them into a folder with a few mishaps, the same ones for the same seed.
"""

import io
import json
import os
import random
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
    given = nbformat.read(RELEASE / f"{name}.ipynb", as_version=4).cells
    new = code(cell["source"], hand_in.chance)
    notebook["cells"].insert(place_of(notebook, f"test_{key}") + 1, new)
    cell["source"] = next(one.source for one in given if one.id == key)


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


def scratch_cells(hand_in: HandIn):
    for source in ("1 / 0", "print('x' * 10)", "%matplotlib inline", "help(len)", "time.sleep(1)"):
        notebook = hand_in.notebooks[hand_in.one()]
        at = hand_in.chance.randrange(len(notebook["cells"]))
        notebook["cells"].insert(at, code(source, hand_in.chance))


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


DESK = (
    package_not_needed,
    package_needed,
    magic_of_the_desk,
    graphics_card,
    newer_python,
    file_of_ones_own,
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


WRITTEN = (
    with_a_mark,
    in_utf_16,
    lines_of_windows,
    one_line,
    old_format,
    cut_off,
    merge_conflict,
    emptied,
)


# ---------------------------------------------------------------- names, places, copies
def other_name(hand_in: HandIn):
    path = hand_in.path()
    stem = path.removesuffix(".ipynb")
    names = (
        *(f"{stem} (1).ipynb", f"{stem}-1.ipynb", f"{stem}-Copy1.ipynb", f"Copy of {path}"),
        *(f"{stem.upper()}.ipynb", f"doejane_12345_678901_{path}", f"{stem}.ipynb.txt"),
        *(f"{stem}.json", f"{stem}_Jane_Doe_final.ipynb", f"Übung {path}", "Untitled.ipynb", stem),
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


PLACES = (
    other_name,
    other_name,
    deeper,
    zipped,
    zipped_twice,
    blank_beside,
    same_twice,
    checkpoints,
    other_files,
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


def a_pipe(folder: Path, chance: random.Random):
    os.mkfifo(folder / "pipe.ipynb")


def no_time(folder: Path, chance: random.Random):
    times = ["9" * 31, "yesterday", "", "9999-12-31 23:59:59 UTC", "\x00\x01", "0001-01-01"]
    (folder / "timestamp.txt").write_text(chance.choice(times))


def time_is_a_folder(folder: Path, chance: random.Random):
    (folder / "timestamp.txt").mkdir()


def a_file(folder: Path, chance: random.Random) -> Path:
    return chance.choice([path for path in sorted(folder.rglob("*")) if path.is_file()])


FOLDER = (no_rights, a_link, a_pipe, no_time, time_is_a_folder)
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
    except (StopIteration, KeyError, IndexError):  # its cell or file is gone already
        pass


def write(folder: Path, files: dict[str, bytes]):
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
