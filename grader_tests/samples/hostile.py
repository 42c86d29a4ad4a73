"""Submissions that are hostile, broken or unlucky, as a table: what each does, the mark it
deserves, what its student is told.

Each is notebook 01 of a student whose notebook 02 is right, where that might be harmed; 03 and 04
are not handed in. Most deceits carry HOLLOW, a class that is built as asked and computes nothing:
it deserves 1.5 points (it runs, its parameters, reset_parameters), which a deceit must not raise.
"""

import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import nbformat

from grader_tests.samples.attempts import (
    ANSWERS,
    BOUNDED,
    REFUSED,
    SUPPORTING,
    TOGETHER,
    guarded,
)
from grader_tests.samples.right_answers import plain_cell
from grader_tests.samples.students import filled, solutions

NOTEBOOK = "01_basic_lstm"
RIGHT = solutions()["LSTMCell"]
HOLLOW = (
    plain_cell().partition("    def forward")[0]
    + "    def forward(self, x, c, h):\n        return c * 0, h * 0\n"
)
FULL, BUILT, NOTHING = 9.0, 1.5, 0.0  # the prediction, which is worth a point, is not answered
STOPPED = 1.25  # built, in a cell that stopped above the class


@dataclass(frozen=True)
class Hostile:
    """cell: text of the solution cell. before, after: own cells around it. change: of the notebook
    as a dict. plant: in the folder.

    deserves: the mark for notebook 01. told: a piece of what the student reads there. noted: a
    piece of the instructor's notes. endless: nothing but a time limit ends it. beside: notebook 02
    is handed in too.
    """

    name: str
    group: str
    deserves: float
    told: str = ""
    cell: str | None = RIGHT
    before: str = ""
    after: str = ""
    change: Callable[[dict], dict | bytes | None] | None = None
    plant: Callable[[Path], None] | None = None
    noted: str = ""
    endless: bool = False
    beside: bool = True


def hand_in_hostile(folder: Path, hostile: Hostile):
    """Write the submission into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if hostile.beside:
        nbformat.write(filled("02_stacking", solutions()), folder / "02_stacking.ipynb")
    notebook = filled(NOTEBOOK, {} if hostile.cell is None else {"LSTMCell": hostile.cell})
    at = next(k for k, cell in enumerate(notebook.cells) if cell.id == "LSTMCell")
    own = [
        [nbformat.v4.new_code_cell(text, id=name)] if text else []
        for name, text in (("before", hostile.before), ("after", hostile.after))
    ]
    notebook.cells[at : at + 1] = [*own[0], notebook.cells[at], *own[1]]
    data = json.loads(nbformat.writes(notebook))
    data = hostile.change(data) if hostile.change else data
    if data is not None:
        (folder / f"{NOTEBOOK}.ipynb").write_bytes(
            data if isinstance(data, bytes) else json.dumps(data).encode()
        )
    if hostile.plant:
        hostile.plant(folder)


# ---------------------------------------------------------------- changes of a notebook
def cell_of(data: dict, key: str) -> dict:
    return next(cell for cell in data["cells"] if cell["id"] == key)


def with_cell(key: str, **changes):
    """A change of one cell; `nbgrader` is merged into its marks, `tags` set."""

    def change(data):
        cell = cell_of(data, key)
        cell["metadata"].setdefault("nbgrader", {}).update(changes.get("nbgrader", {}))
        cell["metadata"] |= {name: value for name, value in changes.items() if name == "tags"}
        cell.update(
            {name: value for name, value in changes.items() if name not in ("nbgrader", "tags")}
        )
        if cell["cell_type"] == "markdown":
            cell.pop("outputs", None), cell.pop("execution_count", None)
        return data

    return change


def without(*keys):
    def change(data):
        data["cells"] = [cell for cell in data["cells"] if cell["id"] not in keys]
        return data

    return change


def twice(key, **changes):
    def change(data):
        copy = json.loads(json.dumps(cell_of(data, key)))
        copy |= {"id": "copy", **changes}
        data["cells"].insert(data["cells"].index(cell_of(data, key)) + 1, copy)
        return data

    return change


def stripped(data):
    for k, cell in enumerate(data["cells"]):
        cell["metadata"], cell["id"] = {}, f"cell-{k}"
    return data


def as_nbformat_3(data):
    cells = [
        {
            "cell_type": cell["cell_type"],
            "metadata": cell["metadata"],
            "input" if cell["cell_type"] == "code" else "source": cell["source"],
            "language": "python",
            "outputs": [],
        }
        for cell in data["cells"]
    ]
    return {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": ""},
        "worksheets": [{"cells": cells, "metadata": {}}],
    }


def saved_outputs(data):
    cell_of(data, "test_LSTMCell")["outputs"] = [
        {
            "output_type": "execute_result",
            "data": {"text/plain": "10"},
            "metadata": {},
            "execution_count": 1,
        }
    ]
    return data


def many_cells(data):
    data["cells"] += [
        {
            "cell_type": "code",
            "id": f"more-{k}",
            "metadata": {},
            "source": "x = 1",
            "outputs": [],
            "execution_count": None,
        }
        for k in range(2000)
    ]
    return data


def link(target: str, name: str = f"{NOTEBOOK}.ipynb"):
    def plant(folder):
        (folder / name).unlink(missing_ok=True)
        (folder / name).parent.mkdir(exist_ok=True)
        os.symlink(target, folder / name)

    return plant


def file(name: str, text: str):
    def plant(folder):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    return plant


def fifo(folder):
    (folder / f"{NOTEBOOK}.ipynb").unlink()
    os.mkfifo(folder / f"{NOTEBOOK}.ipynb")


def directory(folder):
    (folder / f"{NOTEBOOK}.ipynb").unlink()
    (folder / f"{NOTEBOOK}.ipynb").mkdir()


def zipped(names: dict[str, bytes]):
    def plant(folder):
        with zipfile.ZipFile(folder / "more.zip", "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in names.items():
                packed.writestr(name, data)

    return plant


def named(*names: bytes):
    """Files of these names, each as the system keeps it."""

    def plant(folder):
        for name in names:
            path = os.path.join(os.fsencode(folder), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(b"x")

    return plant


def timestamp(text: str):
    return file("timestamp.txt", text)


def pipe_for_a_timestamp(folder):
    os.mkfifo(folder / "timestamp.txt")


def with_metadata(**metadata):
    def change(data):
        data["metadata"] |= metadata
        for cell in data["cells"]:
            cell["metadata"] = metadata | cell["metadata"]
        return data

    return change


def with_text_cells(*texts: str):
    """The same, with these cells of text in front."""

    def change(data):
        data["cells"][:0] = [
            {"cell_type": "markdown", "id": f"text-{place}", "metadata": {}, "source": text}
            for place, text in enumerate(texts)
        ]
        return data

    return change


def deep(levels: int):
    value = "x"
    for _ in range(levels):
        value = [value]
    return value


def many_outputs(data):
    cell_of(data, "LSTMCell")["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 100} for _ in range(20_000)
    ]
    return data


def same_ids(data):
    for cell in data["cells"]:
        cell["id"] = "../../gradebook"
    return data


# ---------------------------------------------------------------- the table
COURSE = (
    "os.environ.get('COURSE', '../../..')"  # where a naive grader runs: autograded/STUDENT/lstm
)
STEAL = (
    "import glob, json, os\nfound = [p for root in ('../../..', '/course', "
    "os.path.expanduser('~'), "
    "'/work', '/tmp', '/srv') for p in glob.glob(root + '/source/*/01*.ipynb')]\n"
)
EVERY_OTHER = """
import os, resource

for pid in range(1, 70_000):
    if pid == os.getpid():
        continue
    try:
        {}
    except OSError:
        continue
    print("reached", pid)
"""
BY_LIBC = """
import ctypes

libc = ctypes.CDLL(None)
{}
"""
FORGE = """
import gc, types


def forged(questions, namespace):
    def call(c):
        given = [c["c"], c["h"]]
        return {"out": given, "again": given, "after": [c["x"], *given], "trace": []}

    def build(b):
        count = len(b["sequence"]["directions"])
        return {
            "calls": [call(asked["arguments"]) for asked in b["calls"]],
            "dtype": "float64",
            "found": {
                n: {"kind": "parameter", "shape": b["weights"][n]["shape"], "trains": True}
                for n in b["weights"]
            },
            "gradients": {
                "slopes": dict.fromkeys(b["sequence"]["directions"], 1.0),
                "difference": float(count),
                "finer": float(count),
                "steps": 3,
            },
        }

    builds = [build(b) for b in questions["builds"]]
    return {"defined": "yes", "bases": ["Module"], "builds": builds, "resets": []}


for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and thing.__name__ == "respond":
        thing.__code__ = forged.__code__
"""
HOSTILE = (
    # time and resources
    Hostile(
        "endless loop in a cell of its own",
        "resources",
        FULL,
        before="while True:\n    pass",
        endless=True,
    ),
    Hostile(
        "endless loop after the class",
        "resources",
        8.75,
        "is there an endless loop?",
        cell=RIGHT + "\nwhile True:\n    pass",
        endless=True,
    ),
    Hostile(
        "endless loop in forward",
        "resources",
        NOTHING,
        "did not answer within",
        cell=RIGHT.replace(
            "        f_t = ", "        while True:\n            pass\n        f_t = "
        ),
        endless=True,
    ),
    Hostile(
        "endless loop that ignores Ctrl-C",
        "resources",
        NOTHING,
        "did not obey",
        cell="import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        + RIGHT
        + "\nwhile True:\n    pass",
        endless=True,
    ),
    Hostile(
        "loop that swallows interrupts",
        "resources",
        NOTHING,
        "did not obey",
        cell=RIGHT + "\nwhile True:\n    try:\n        while True:\n            pass\n"
        "    except BaseException:\n        pass",
        endless=True,
    ),
    Hostile(
        "loop in C",
        "resources",
        NOTHING,
        "did not obey",
        cell=RIGHT + "\nsum(range(10**12))",
        endless=True,
    ),
    Hostile("sleep", "resources", FULL, before="import time\ntime.sleep(10**6)", endless=True),
    Hostile(
        "60 MB of output",
        "resources",
        FULL,
        before="for _ in range(600):\n    print('x' * 100_000)",
    ),
    Hostile(
        "output without end",
        "resources",
        FULL,
        before="while True:\n    print('x' * 10_000)",
        endless=True,
    ),
    Hostile(
        "60 MB of output past Python",
        "resources",
        FULL,
        before="import os\nfor _ in range(600):\n    os.write(1, b'x' * 100_000)",
    ),
    Hostile("3 GiB of memory", "resources", FULL, before="a = bytearray(3 << 30)"),
    Hostile(
        "memory in forward",
        "resources",
        FULL - 0.25,  # the line that raises costs itself; all others are right
        "MemoryError",
        cell=RIGHT.replace("        f_t = ", "        a = bytearray(3 << 30)\n        f_t = "),
    ),
    Hostile(
        "memory of many processes",
        "resources",
        FULL,
        before="import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
        "        a = b'x' * (900 << 20)\n        time.sleep(60)\n        os._exit(0)\n"
        "time.sleep(20)",
    ),
    Hostile(
        "a file of 300 MB",
        "resources",
        FULL,
        before="with open('big', 'wb') as file:\n    for _ in range(300):\n"
        "        file.write(b'x' * (1 << 20))",
    ),
    Hostile(
        "many files of 1 MB",
        "resources",
        FULL,
        before="for k in range(500):\n    open(f'f{k}', 'wb').write(b'x' * (1 << 20))",
    ),
    Hostile(
        "files that cannot be deleted",
        "resources",
        FULL,
        before="import os\nos.makedirs('a/b/c')\nopen('a/b/c/f', 'w').write('x')\n"
        "os.chmod('a/b/c', 0)\nos.chmod('a', 0)",
    ),
    Hostile(
        "the folder that it works in removed",
        "death",
        FULL,
        before="import os\nos.mkdir('x')\nos.chdir('x')\nos.rmdir('../x')\n1 / 0",
    ),
    Hostile(
        "200 processes",
        "resources",
        FULL,
        before="import os, time\nfor _ in range(200):\n    if os.fork() == 0:\n"
        "        time.sleep(60)\n"
        "        os._exit(0)",
    ),
    Hostile(
        "a fork bomb",
        "resources",
        FULL,
        before="import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n"
        "        pass",
        endless=True,
    ),
    Hostile(
        "1000 threads",
        "resources",
        FULL,
        before="import threading, time\nfor _ in range(1000):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
    ),
    Hostile(
        "a process that outlives the notebook",
        "resources",
        FULL,
        before="import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; "
        "time.sleep(300)'], start_new_session=True)",
    ),
    Hostile(
        "a daemon, forked twice",
        "resources",
        FULL,
        before="import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        time.sleep(300)\n    os._exit(0)",
    ),
    Hostile(
        "an answer of 80 MB",
        "resources",
        BUILT,
        "a tensor of 10,000,000 numbers",
        cell=HOLLOW.replace(
            "return c * 0, h * 0", "return torch.zeros(10_000_000), torch.zeros(10_000_000)"
        ),
    ),
    Hostile(
        "recursion without end",
        "resources",
        BUILT,
        "RecursionError",
        cell=RIGHT.replace(
            "        f_t = ", "        return self.forward(x, c, h)\n        f_t = "
        ),
    ),
    # death
    Hostile(
        "workers of a DataLoader that are left behind",
        "death",
        FULL,
        before="from torch.utils.data import DataLoader\n"
        "loader = DataLoader(range(64), num_workers=2, persistent_workers=True)\n"
        "waiting = iter(loader)\nnext(waiting)",
    ),
    Hostile(
        "an alarm that is not taken back",
        "death",
        FULL,
        after="import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)",
    ),
    Hostile("os._exit in a cell", "death", FULL, before="import os\nos._exit(0)"),
    Hostile(
        "os._exit in forward",
        "death",
        NOTHING,
        "your code ended the Python process",
        cell=RIGHT.replace(
            "        f_t = ", "        import os\n        os._exit(0)\n        f_t = "
        ),
    ),
    Hostile(
        "os._exit after the class",
        "death",
        NOTHING,
        "your code ended the Python process",
        cell=RIGHT + "\nimport os\nos._exit(1)",
    ),
    Hostile("SIGKILL to itself", "death", FULL, before="import os\nos.kill(os.getpid(), 9)"),
    Hostile(
        "SIGSTOP to itself",
        "death",
        FULL,
        before="import os\nos.kill(os.getpid(), 19)",
        endless=True,
    ),
    Hostile("SIGKILL to its parent", "death", FULL, before="import os\nos.kill(os.getppid(), 9)"),
    Hostile("SIGSTOP to its parent", "death", FULL, before="import os\nos.kill(os.getppid(), 19)"),
    Hostile("SIGKILL to everything", "death", FULL, before="import os\nos.kill(-1, 9)"),
    Hostile("sys.exit", "death", FULL, before="import sys\nsys.exit(3)"),
    Hostile("exit()", "death", FULL, before="exit()"),
    Hostile("a crash in C", "death", FULL, before="import ctypes\nctypes.string_at(0)"),
    Hostile("abort", "death", FULL, before="import os\nos.abort()"),
    Hostile(
        "all file descriptors closed", "death", FULL, before="import os\nos.closerange(0, 1000)"
    ),
    Hostile(
        "an exception in every cell",
        "death",
        NOTHING,
        "the cell stopped with",
        cell="raise ValueError('no')",
        before="1 / 0",
        after="undefined",
    ),
    Hostile(
        "an exception whose text raises",
        "death",
        NOTHING,
        "the cell stopped with",
        cell="class E(Exception):\n    def __str__(self):\n        raise E\n"
        "    __repr__ = __str__\n"
        "raise E()",
    ),
    # the notebook
    Hostile("test cell deleted", "notebook", FULL, change=without("test_LSTMCell")),
    Hostile(
        "test cell edited",
        "notebook",
        NOTHING,
        "Not written yet",
        cell=None,
        change=with_cell("test_LSTMCell", source="10.0"),
        noted="test_LSTMCell was edited",
    ),
    Hostile(
        "test cell made markdown",
        "notebook",
        FULL,
        change=with_cell("test_LSTMCell", cell_type="markdown"),
        noted="turned into a markdown cell",
    ),
    Hostile(
        "solution cell made markdown",
        "notebook",
        FULL,
        change=with_cell("LSTMCell", cell_type="markdown"),
        noted="turned into a markdown cell",
    ),
    Hostile(
        "solution cell deleted, class elsewhere",
        "notebook",
        FULL,
        after=RIGHT,
        change=without("LSTMCell"),
        noted="has lost its mark",
    ),
    Hostile("all metadata and ids stripped", "notebook", FULL, change=stripped),
    Hostile("a copy of the test cell", "notebook", FULL, change=twice("test_LSTMCell")),
    Hostile(
        "a copy of the solution cell",
        "notebook",
        FULL,
        change=twice("LSTMCell"),
        noted="more than once",
    ),
    Hostile(
        "a copy of the solution cell, emptied",
        "notebook",
        FULL,
        change=twice("LSTMCell", source=""),
    ),
    Hostile(
        "schema version 1",
        "notebook",
        FULL,
        change=with_cell("LSTMCell", nbgrader={"schema_version": 1}),
        noted="schema_version",
    ),
    Hostile(
        "schema version 99",
        "notebook",
        FULL,
        change=with_cell("LSTMCell", nbgrader={"schema_version": 99}),
        noted="schema_version",
    ),
    Hostile(
        "points forged",
        "notebook",
        BUILT,
        cell=HOLLOW,
        change=with_cell("test_LSTMCell", nbgrader={"points": 1000}),
        noted="points",
    ),
    Hostile(
        "flags forged",
        "notebook",
        BUILT,
        cell=HOLLOW,
        change=with_cell("test_LSTMCell", nbgrader={"solution": True, "locked": False}),
        noted="solution, locked",
    ),
    Hostile(
        "skip-execution tag on the test",
        "notebook",
        BUILT,
        cell=HOLLOW,
        change=with_cell("test_LSTMCell", tags=["skip-execution"]),
        noted="skip-execution",
    ),
    Hostile(
        "desk-only tag on the solution",
        "notebook",
        FULL,
        change=with_cell("LSTMCell", tags=["desk-only"]),
        noted="desk-only",
    ),
    Hostile("outputs saved in the test cell", "notebook", BUILT, cell=HOLLOW, change=saved_outputs),
    Hostile(
        "grade_id of the test on an own cell",
        "notebook",
        BUILT,
        cell=HOLLOW,
        change=with_cell("setup_01", nbgrader={"grade_id": "test_LSTMCell"}),
    ),
    Hostile(
        "malformed JSON",
        "notebook",
        NOTHING,
        "it is not valid JSON",
        change=lambda data: json.dumps(data).encode()[:-40],
    ),
    Hostile(
        "invalid UTF-8",
        "notebook",
        FULL,
        change=lambda data: (
            json.dumps(data)
            .replace("One step of an LSTM layer", "One step §")
            .encode()
            .replace("§".encode(), b"\xff\xfe\xfd")
            .replace(b"\\u00a7", b"\xff")
        ),
    ),
    Hostile(
        "a byte order mark",
        "notebook",
        FULL,
        change=lambda data: b"\xef\xbb\xbf" + json.dumps(data).encode(),
    ),
    Hostile(
        "JSON too deep",
        "notebook",
        NOTHING,
        "it is not valid JSON",
        change=lambda data: b"[" * 200_000 + b"]" * 200_000,
    ),
    Hostile(
        "cells that are no list",
        "notebook",
        NOTHING,
        "it has no cells",
        change=lambda data: data | {"cells": {"0": 1}},
    ),
    Hostile(
        "cells that are no cells",
        "notebook",
        NOTHING,
        "LSTMCell",
        change=lambda data: (
            data
            | {
                "cells": [
                    None,
                    3,
                    "x",
                    [],
                    {"cell_type": "code"},
                    {"cell_type": "code", "source": 5, "metadata": 7},
                ]
            }
        ),
    ),
    Hostile("an empty file", "notebook", NOTHING, "the file is empty", change=lambda data: b""),
    Hostile("nbformat 3", "notebook", FULL, change=as_nbformat_3),
    Hostile("nbformat 99", "notebook", FULL, change=lambda data: data | {"nbformat": 99}),
    Hostile("2000 more cells", "notebook", FULL, change=many_cells),
    Hostile("notebook missing", "notebook", NOTHING, "was not handed in", change=lambda data: None),
    Hostile(
        "notebook is a link to the solution",
        "notebook",
        NOTHING,
        "is no ordinary file, but a link",
        plant=link("../../../source/lstm/01_basic_lstm.ipynb"),
        noted="but a link",
    ),
    Hostile(
        "notebook is a link to nowhere",
        "notebook",
        NOTHING,
        "is no ordinary file, but a link",
        plant=link("/nowhere"),
        noted="but a link",
    ),
    Hostile(
        "notebook is a named pipe",
        "notebook",
        NOTHING,
        "is no ordinary file",
        plant=fifo,
        noted="no ordinary file",
    ),
    Hostile(
        "notebook is a folder",
        "notebook",
        NOTHING,
        "is no ordinary file",
        plant=directory,
        noted="no ordinary file",
    ),
    Hostile(
        "a link to the gradebook beside it",
        "notebook",
        FULL,
        plant=link("../../../gradebook.db", "mine.db"),
    ),
    Hostile(
        "a link in a folder with brackets",
        "notebook",
        FULL,
        plant=link("../../../../gradebook.db", "a[b]/mine.db"),
    ),
    Hostile("a link to nowhere beside it", "notebook", FULL, plant=link("/nowhere", "data.csv")),
    Hostile(
        "a named pipe beside it", "notebook", FULL, plant=lambda folder: os.mkfifo(folder / "pipe")
    ),
    Hostile(
        "a timestamp that is none",
        "notebook",
        FULL,
        plant=file("timestamp.txt", "yesterday, I think"),
    ),
    Hostile("an unknown notebook beside it", "notebook", FULL, plant=file("05_extra.ipynb", "{")),
    Hostile(
        "a module torch.py planted",
        "notebook",
        BUILT,
        cell=HOLLOW,
        plant=file("torch.py", "raise SystemExit"),
    ),
    Hostile(
        "a kit of its own planted",
        "notebook",
        BUILT,
        cell=HOLLOW,
        plant=file("lstm_kit/checks.py", "def check(cls):\n    return 10.0\n"),
    ),
    Hostile(
        "a start-up file planted",
        "notebook",
        BUILT,
        cell=HOLLOW,
        plant=file("sitecustomize.py", "raise SystemExit"),
    ),
    # deceit in the process
    Hostile(
        "torch and builtins patched",
        "deceit",
        BUILT,
        cell=HOLLOW,
        before="import builtins, torch\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
        "builtins.abs = lambda x: 0\nbuiltins.max = lambda *a, **k: 0",
    ),
    Hostile(
        "a number that equals everything",
        "deceit",
        BUILT,
        "not a tensor",
        cell=HOLLOW.replace("return c * 0, h * 0", "return Same(), Same()")
        + "\nclass Same:\n    def __eq__(self, other):\n        return True\n"
        "    __lt__ = __le__ = __gt__ = __ge__ = __eq__\n",
    ),
    Hostile(
        "a tensor that equals everything",
        "deceit",
        BUILT,
        cell=HOLLOW.replace(
            "return c * 0, h * 0", "return (c * 0).as_subclass(Same), (h * 0).as_subclass(Same)"
        )
        + "\nclass Same(torch.Tensor):\n    def __eq__(self, other):\n        return True\n",
    ),
    Hostile(
        "frames searched for the expected values",
        "deceit",
        BUILT,
        cell=HOLLOW.replace(
            "return c * 0, h * 0",
            "import sys\n        frame = sys._getframe()\n        while frame:\n"
            "            for name, value in frame.f_locals.items():\n"
            "                if 'expected' in name or 'right' in name or 'truth' in name:\n"
            "                    return value\n            frame = frame.f_back\n"
            "        raise KeyError('nothing found')",
        ),
        told="KeyError",
    ),
    Hostile(
        "gc searched for the expected values",
        "deceit",
        BUILT,
        cell=HOLLOW.replace(
            "return c * 0, h * 0",
            "import gc\n        for thing in gc.get_objects():\n"
            "            if isinstance(thing, dict) and 'expected' in thing:\n"
            "                return thing['expected']\n        raise KeyError('nothing found')",
        ),
        told="KeyError",
    ),
    Hostile(
        "settrace", "deceit", BUILT, cell=HOLLOW, before="import sys\nsys.settrace(lambda *a: None)"
    ),
    Hostile(
        "an AST transformer that drops asserts",
        "deceit",
        BUILT,
        cell=HOLLOW,
        before="import ast\nclass Drop(ast.NodeTransformer):\n    def visit_Assert(self, node):\n"
        "        return ast.Pass()\nget_ipython().ast_transformers.append(Drop())",
    ),
    Hostile(
        "run_code that swallows errors",
        "deceit",
        NOTHING,
        cell=HOLLOW,
        before="ip = get_ipython()\nasync def quiet(*a, **k):\n    return False\n"
        "ip.run_code = quiet",
    ),
    Hostile(
        "run_cell replaced",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after="get_ipython().run_cell = lambda *a, **k: 10.0",
    ),
    Hostile(
        "a display formatter for numbers",
        "deceit",
        BUILT,
        cell=HOLLOW,
        before="get_ipython().display_formatter.formatters['text/plain'].for_type(float, "
        "lambda *a: "
        "a[1].text('10.0'))\n10.0",
    ),
    Hostile(
        "kernel replaced",
        "deceit",
        BUILT,
        cell=HOLLOW,
        before="try:\n    get_ipython().kernel.do_execute = lambda *a, **k: {'status': 'ok'}\n"
        "except AttributeError:\n    pass",
    ),
    Hostile("the answering code replaced through gc", "deceit", BUILT, cell=HOLLOW, after=FORGE),
    Hostile(
        "json replaced",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after='import json\njson.dumps = lambda *a, **k: \'{"answers": '
        '{"defined": "yes", "score": 10}}\'',
    ),
    Hostile(
        "answers sent unasked",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after="import gc, socket, struct\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, socket.socket):\n"
        '        data = b\'{"answers": {"defined": "yes"}, "score": 10}\'\n'
        "        thing.sendall(struct.pack('!I', len(data)) + data)",
    ),
    Hostile(
        "a lie about its size",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after="import gc, socket, struct\nfor thing in gc.get_objects():\n"
        "    if isinstance(thing, socket.socket):\n"
        "        thing.sendall(struct.pack('!I', 2**32 - 1) + b'x' * 1000)",
    ),
    Hostile(
        "modules emptied",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after="import sys\nfor name in list(sys.modules):\n    if not name.startswith('_'):\n"
        "        sys.modules[name].__dict__.clear()",
    ),
    Hostile(
        "nn.Module.__call__ replaced",
        "deceit",
        BUILT,
        cell=HOLLOW,
        after="nn.Module.__call__ = lambda self, *a: 10.0",
    ),
    Hostile(
        "the rules imported",
        "deceit",
        STOPPED,
        "ModuleNotFoundError",
        cell="import autograde.lstm\n" + HOLLOW,
    ),
    Hostile(
        "nn.LSTMCell made and not used",
        "deceit",
        FULL,
        cell=RIGHT.replace("        f_t = ", "        cell = nn.LSTMCell(1, 1)\n        f_t = "),
    ),
    Hostile(
        "lstm_cell underneath, well hidden",
        "deceit",
        8.75,
        "PyTorch's own lstm_cell was called",
        cell=RIGHT.replace(
            "        f_t = ",
            "        import torch as T\n        getattr(T, 'lst' + 'm_cell')(x[None], (h[None], "
            "c[None]), torch.cat([self.U_i.weight] * 4), torch.cat([self.W_i.weight] * 4))\n"
            "        f_t = ",
        ),
    ),
    Hostile(
        "a mention of nn.LSTM in a comment",
        "deceit",
        FULL,
        cell=RIGHT.replace(
            "        f_t = ",
            "        # like nn.LSTMCell and torch.lstm_cell, but my own\n        f_t = ",
        ),
    ),
    Hostile(
        "nn.LSTMCell beside the class",
        "deceit",
        FULL,
        after="print(nn.LSTMCell(2, 3)(torch.zeros(2)))",
    ),
    # the course
    Hostile(
        "the solution read",
        "course",
        NOTHING,
        "IndexError",
        cell=STEAL + "cells = json.load(open(found[0]))['cells']\n"
        "exec(''.join(next(c for c in cells if c['id'] == 'LSTMCell')['source']))",
    ),
    Hostile(
        "the gradebook read",
        "course",
        STOPPED,
        "Your cell stopped with",
        cell="import sqlite3\nprint(sqlite3.connect('file:../../../gradebook.db?mode=ro', "
        "uri=True).execute('select * from source_cell').fetchall())\n" + HOLLOW,
    ),
    Hostile(
        "the gradebook written",
        "course",
        BUILT,
        cell=HOLLOW,
        after="import sqlite3\ntry:\n    with sqlite3.connect('../../../gradebook.db') as db:\n"
        "        db.execute('update grade set manual_score = 10')\n"
        "except sqlite3.Error as error:\n    print(error)",
    ),
    Hostile(
        "the gradebook locked",
        "course",
        FULL,
        after="import sqlite3, time\ntry:\n    db = sqlite3.connect('../../../gradebook.db')\n"
        "    db.execute('begin exclusive')\n    import os\n    if os.fork() == 0:\n"
        "        time.sleep(60)\nexcept sqlite3.Error as error:\n    print(error)",
    ),
    Hostile(
        "the course deleted",
        "course",
        FULL,
        after="import shutil\nfor place in ('../../../source', '../../../release', "
        "'../../../submitted', '../../../gradebook.db'):\n"
        "    shutil.rmtree(place, ignore_errors=True)",
    ),
    Hostile(
        "a configuration planted",
        "course",
        FULL,
        after="try:\n    open('../../../nbgrader_config.py', 'a').write('\\nraise SystemExit\\n')\n"
        "except OSError as error:\n    print(error)",
    ),
    Hostile(
        "another's submission overwritten",
        "course",
        FULL,
        after="import glob\nfor path in glob.glob('../../../submitted/*/lstm/*.ipynb'):\n    try:\n"
        "        open(path, 'w').write('{}')\n    except OSError as error:\n        print(error)",
    ),
    Hostile(
        "a network connection",
        "course",
        FULL,
        after="import socket\ntry:\n    socket.create_connection(('127.0.0.1', 22), 1)\n"
        "except OSError as error:\n    print(error)",
    ),
    Hostile(
        "the home folder written",
        "course",
        FULL,
        after="import os, pwd\ntry:\n    open(os.path.join(pwd.getpwuid(os.getuid()).pw_dir, "
        "'.bashrc'), 'a').write('# was here')\nexcept Exception as error:\n    print(error)",
    ),
    Hostile(
        "a file for the neighbour in /tmp",
        "course",
        FULL,
        after="for place in ('/tmp', '/dev/shm', '/var/tmp', '/student'):\n    try:\n"
        "        open(place + '/for_the_neighbour', 'w').write('x')\n"
        "    except OSError as error:\n        print(error)",
    ),
    Hostile(
        "Python's own packages changed",
        "course",
        FULL,
        after="import torch\ntry:\n    open(torch.__file__, 'a').write('\\nraise SystemExit\\n')\n"
        "except OSError as error:\n    print(error)",
    ),
    # the box: what is beside, above and below a notebook's process
    Hostile(
        "the whole disk searched for the course",
        "box",
        STOPPED,
        "IndexError",
        cell="import os, json\nfound = []\nfor folder, _, names in os.walk('/'):\n"
        "    if not folder.startswith(('/proc', '/sys')) and 'site-packages' not in folder:\n"
        "        found += [os.path.join(folder, n) for n in names\n"
        "                  if n.startswith('01_basic_lstm') or n == 'gradebook.db']\n"
        "cells = json.load(open(found[0]))['cells']\n" + HOLLOW,
    ),
    Hostile(
        "the grader's own files searched in its package",
        "box",
        STOPPED,
        "IndexError",
        cell="import os, sys\nfound = []\nfor root in sys.path:\n"
        "    for folder, _, names in os.walk(os.path.join(root, 'autograde')):\n"
        "        if 'student' not in folder:\n            found += names\nfound[0]\n" + HOLLOW,
    ),
    Hostile(
        "every other process limited",
        "box",
        FULL,
        after=EVERY_OTHER.format(
            "resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))\n"
            "        resource.prlimit(pid, resource.RLIMIT_NOFILE, (0, 0))"
        ),
    ),
    Hostile(
        "every other process slowed down",
        "box",
        FULL,
        after=EVERY_OTHER.format(
            "os.setpriority(os.PRIO_PROCESS, pid, 19)\n"
            "        os.sched_setaffinity(pid, {0})\n"
            "        os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))"
        )
        + "try:\n    os.setpriority(os.PRIO_USER, 0, 19)\nexcept OSError as error:\n"
        "    print(error)",
    ),
    Hostile(
        "every other process stopped",
        "box",
        FULL,
        after=EVERY_OTHER.format("os.kill(pid, 19)") + "try:\n    os.kill(-1, 19)\n"
        "except OSError as error:\n    print(error)",
    ),
    Hostile(
        "every other process's memory written",
        "box",
        FULL,
        after=EVERY_OTHER.format(
            "with open(f'/proc/{pid}/mem', 'r+b') as memory:\n"
            "            for line in open(f'/proc/{pid}/maps'):\n"
            "                if ' r-xp ' in line:\n"
            "                    memory.seek(int(line.split('-')[0], 16))\n"
            "                    memory.write(b'\\xcc' * 64)"
        ),
    ),
    Hostile(
        "every other process's files opened",
        "box",
        FULL,
        after=EVERY_OTHER.format(
            "for name in os.listdir(f'/proc/{pid}/fd'):\n"
            "            open(f'/proc/{pid}/fd/{name}', 'r+b').write(b'was here')"
        ),
    ),
    Hostile(
        "files that were open before",
        "box",
        FULL,
        after="import os, stat\nfor number in range(256):\n    try:\n"
        "        if not stat.S_ISSOCK(os.fstat(number).st_mode):\n"
        "            os.write(number, b'was here')\n    except OSError as error:\n        pass",
    ),
    Hostile(
        "namespaces of its own",
        "box",
        FULL,
        cell=BY_LIBC.format(
            "for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):\n"
            "    assert libc.unshare(flag) == -1\n"
            "    assert libc.syscall(56, flag | 17, 0, 0, 0, 0) == -1\n"
            "assert libc.mount(b'none', b'/tmp', b'tmpfs', 0, None) == -1\n"
            "assert libc.umount2(b'/tmp', 2) == -1 and libc.chroot(b'/tmp') == -1\n"
        )
        + RIGHT,
    ),
    Hostile(
        "sockets to the machine beneath",
        "box",
        FULL,
        cell="import socket\nfor family in range(3, 46):\n    for kind in (1, 2, 3, 5):\n"
        "        try:\n            made = socket.socket(family, kind)\n"
        "        except OSError:\n            continue\n"
        "        assert family in (10, 16), family\n" + RIGHT,
    ),
    Hostile(
        "services of the machine spoken to",
        "box",
        FULL,
        cell="import glob, os, socket\n"
        "places = ['/run/docker.sock', '/run/dbus/system_bus_socket',\n"
        "          '/run/systemd/private', '/tmp/.X11-unix/X0', '/dev/log']\n"
        "for place in places + glob.glob('/run/user/*/*') + glob.glob('/tmp/*'):\n"
        "    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n        try:\n"
        "            socket.socket(socket.AF_UNIX, kind).connect(place)\n"
        "        except OSError:\n            continue\n        assert not place\n" + RIGHT,
    ),
    Hostile(
        "files of the course locked and marked",
        "box",
        FULL,
        after="import os, sys\nfor place in (sys.prefix, os.__file__, '/etc/passwd', '/tmp/..'):\n"
        "    for change in (lambda: os.chmod(place, 0), lambda: os.utime(place, (1, 1)),\n"
        "                   lambda: os.chown(place, 1, 1),\n"
        "                   lambda: os.rename(place, place + '_')):\n"
        "        try:\n            change()\n        except OSError as error:\n            pass",
    ),
    Hostile(
        "a process in the background that waits for the next student",
        "box",
        FULL,
        after="import os, signal, time\nfor _ in range(3):\n    if os.fork() == 0:\n"
        "        os.setsid()\n        if os.fork():\n            os._exit(0)\n"
        "        for number in range(1, 32):\n            try:\n"
        "                signal.signal(number, signal.SIG_IGN)\n"
        "            except (OSError, ValueError):\n                pass\n"
        "        while True:\n            try:\n"
        "                open('/tmp/for_the_neighbour', 'a').write('x')\n"
        "            except OSError:\n                pass\n            time.sleep(0.1)",
    ),
    # limits
    Hostile(
        "memory files",
        "resources",
        FULL,
        before="import os\nfiles = []\nfor k in range(60):\n"
        "    files.append(os.memfd_create(str(k)))\n    for _ in range(60):\n"
        "        os.write(files[-1], bytes(1 << 20))",
    ),
    Hostile(
        "files in /dev/shm and /tmp",
        "resources",
        FULL,
        before="for place in ('/dev/shm', '/tmp', '/var/tmp', '.'):\n    for k in range(40):\n"
        "        open(f'{place}/f{k}', 'wb').write(bytes(50 << 20))",
    ),
    Hostile(
        "shared memory that no process shows",
        "resources",
        FULL,
        before="import mmap, os, time\nfor _ in range(4):\n    if os.fork() == 0:\n"
        "        area = mmap.mmap(-1, 1500 << 20)\n        for k in range(1500):\n"
        "            area[k << 20 : (k + 1) << 20] = bytes(1 << 20)\n"
        "            area.madvise(mmap.MADV_DONTNEED, k << 20, 1 << 20)\n"
        "        time.sleep(60)\n        os._exit(0)\ntime.sleep(60)",
    ),
    Hostile(
        "memory of many small processes",
        "resources",
        FULL,
        before="import subprocess, sys, time\n"
        "program = 'a = b\"x\" * (240 << 20)\\nimport time\\ntime.sleep(60)'\n"
        "running = [subprocess.Popen([sys.executable, '-c', program])\n"
        "           for _ in range(30)]\ntime.sleep(60)",
    ),
    Hostile(
        "memory behind an answer that comes a byte at a time",
        "resources",
        FULL,
        before="import gc, os, socket, threading, time\n\n\ndef trickle():\n"
        "    wires = [o for o in gc.get_objects() if isinstance(o, socket.socket)]\n"
        "    while True:\n        for wire in wires:\n            try:\n"
        "                wire.send(b'\\0')\n            except OSError:\n                pass\n"
        "        time.sleep(0.1)\n\n\nthreading.Thread(target=trickle, daemon=True).start()\n"
        "for _ in range(8):\n    if os.fork() == 0:\n        a = b'x' * (900 << 20)\n"
        "        time.sleep(60)\n        os._exit(0)\ntime.sleep(60)",
    ),
    Hostile(
        "a reply of a million parts",
        "resources",
        BUILT,
        cell=HOLLOW,
        after="import gc, socket, struct\n"
        "data = b'{\"outputs\": [' + b'[],' * 3_000_000 + b'[]]}'\n"
        "for thing in gc.get_objects():\n    if isinstance(thing, socket.socket):\n        try:\n"
        "            thing.sendall(struct.pack('!I', len(data)) + data)\n"
        "        except OSError:\n            pass",
    ),
    Hostile(
        "100,000 small outputs",
        "resources",
        FULL,
        after="import sys\nfrom IPython.display import display\nfor k in range(50_000):\n"
        "    print(k)\n    print(k, file=sys.stderr)\n    display(k)",
    ),
    Hostile(
        "output of a program, without end",
        "resources",
        FULL,
        before="import subprocess\nsubprocess.run('yes | head -c 500000000', shell=True)",
    ),
    # text
    Hostile(
        "an exception that is no text",
        "text",
        BUILT,
        "ValueError",
        cell=HOLLOW.replace(
            "return c * 0, h * 0", "raise ValueError('\\ud800\\udfff\\x00\\x1b[2J')"
        ),
    ),
    Hostile(
        "names that are no text",
        "text",
        FULL,
        cell=RIGHT + "\n\nsetattr(LSTMCell, '\\ud800', 1)\nLSTMCell.__doc__ = '\\ud800'\n",
        after="print('\\ud800 \\x1b]0;title\\x07 \\x9b2J', chr(0x202e))\n"
        "raise type('\\x1b[2J[/red]', (Exception,), {})('[/red] \\\\[/red] <script>')",
    ),
    Hostile(
        "an exception whose text is a formula of a spreadsheet",
        "text",
        BUILT,
        "=HYPERLINK",
        cell=HOLLOW.replace(
            "return c * 0, h * 0", "raise type('=HYPERLINK(1)', (Exception,), {})()"
        ),
    ),
)

# ---------------------------------------------------------------- tables of one kind each
SCRIPTS = (
    "<script>fetch('/formgrader/api/grades')</script>",
    "<img src=x onerror=alert(1)><svg onload=alert(1)><math><maction actiontype=x>",
    "[a](javascript:alert(1)) <a href='&#106;avascript:f()'>b</a> <iframe srcdoc='<script>'>",
    "$\\href{javascript:alert(1)}{x} \\unicode{<script>}$ <style>*{display:none}</style>",
    "<form action=/formgrader method=post><input name=score value=10 autofocus onfocus=submit()>",
)
LINES = {  # what stands behind a right class, in a cell of the student's own
    "a line of brackets": "x = " + "(" * 5000 + ")" * 5000,
    "a line of signs": "x = " + "-" * 100_000 + "1",
    "a sum without end": "x = " + " + ".join(["1"] * 50_000),
    "a number of a million digits": "x = " + "9" * 1_000_000,
    "a line of five million characters": f"x = '{'x' * 5_000_000}'",
    "a hundred loops in each other": "\n".join(
        f"{' ' * depth}for x in [1]:" for depth in range(100)
    ),
    "decorators without end": "@print\n" * 20_000 + "def f(): pass",
    "formats in formats": "x = " + "f'{" * 150 + "1" + "}'" * 150,
    "fifteen thousand empty lines": "\n" * 15_000 + "%time 1",
    "a character that is none": "x = 1\0\nprint(x)",
    "half a character": "print('\ud800')",
    "form feeds and other ends of lines": "x = 1\x0c\x0b\x1c\u2028\u2029\x85print(x)",
    "commands to the shell without end": "!true\n" * 30,
    "an error of fifty million characters": "raise ValueError('x' * 50_000_000)",
    "errors that follow each other without end": "error = None\nfor _ in range(800):\n    try:\n"
    "        raise ValueError from error\n    except ValueError as found:\n"
    "        error = found\nraise error",
    "a group of errors in groups": "error = ValueError()\nfor _ in range(10):\n"
    "    error = ExceptionGroup('x', [error, error])\nraise error",
    "an error that shows itself": "class Shown(Exception):\n    def _render_traceback_(self):\n"
    "        return ['<script>', '\x1b[2J', 10**400] * 1000\nraise Shown",
    "a class whose name is a million characters": "raise type('A' * 1_000_000, (Exception,), {})",
    "formulas that take an hour to draw": "from IPython.display import Latex\n"
    "display(Latex(r'\\begin{a}' * 22_222), Latex('$' + '{' * 20_000 + '}' * 20_000 + '$'))",
    "pages, scripts and pictures shown": "from IPython.display import *\n"
    "display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'), Markdown('<script>'),\n"
    '        SVG(\'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>\'),\n'
    "        IFrame('javascript:alert(1)', 1, 1), {'text/html': '<script>'}, raw=False)\n"
    "display({'image/png': '<script>', 'text/plain': '\\x1b]8;;javascript:1\\x07'}, raw=True)",
    "a picture of a hundred million points": "from IPython.display import Image\n"
    "display(Image(data=bytes(3_000_000), format='png'))",
    "words of the grader's own": "print('Score: 10 of 10. AutogradeVerdict(met=True)')\n10.0",
}
CHANGES = {  # of the file of a notebook whose class is right
    "scripts in text between the cells": with_text_cells(*SCRIPTS),
    "scripts in a notebook's own data": with_metadata(
        title=SCRIPTS[0],
        kernelspec={"name": SCRIPTS[1]},
        language_info={"name": SCRIPTS[2]},
        widgets={"application/vnd.jupyter.widget-state+json": {"state": {"x": SCRIPTS[0]}}},
    ),
    "a notebook's own data, 400 deep": with_metadata(deep=deep(400)),
    "a notebook's own data that are no data": with_metadata(kernelspec=5, language_info=[None]),
    "words of a file twice": lambda data: (
        json.dumps(data).replace('"cells":', '"nbformat": 99, "cells": [], "cells":', 1).encode()
    ),
    "twenty thousand outputs saved": many_outputs,
    "ids that are a path": same_ids,
    "five megabytes of text": with_text_cells("*" * 5_000_000),
    "formulas in text without end": with_text_cells("$" + "\\frac{1}{" * 5000 + "}" * 5000 + "$"),
    "pictures in text": with_text_cells("![x](data:text/html;base64,PHNjcmlwdD4=)" * 1000),
}
PLANTS = {  # in the folder of a right notebook
    "a timestamp of 31 digits": timestamp("1" * 31),
    "a timestamp in the year 99999": timestamp("99999-01-01 00:00:00 UTC"),
    "a timestamp of a year that is none": timestamp("0000-00-00 00:00:00 UTC"),
    "a timestamp in a zone that is a path": timestamp("2026-01-01 00:00:00 ../../etc/passwd"),
    "a timestamp of five megabytes": timestamp("2026-" * 1_000_000),
    "a timestamp of control characters": timestamp("\x1b[2J\x00\u202e2026-01-01"),
    "a timestamp that is a pipe": pipe_for_a_timestamp,
    "a timestamp that is a device": link("/dev/zero", "timestamp.txt"),
    "a timestamp that is a folder": named(b"timestamp.txt/x"),
    "names of files that are commands": named(b"-rf", b"=cmd()|x.csv", b"$(id)", b"`id`", b";id"),
    "names of files that are no text": named(b"\xff\xfe.csv", b"a\nb.csv", b"\x1b[2J.csv"),
    "names of files that are patterns": named(b"%s{0}.csv", b"[a-z]*.ipynb_", b"<script>.csv"),
    "a name of 255 bytes": named(b"x" * 255),
    "sixty folders in each other": named(b"f/" * 60 + b"x.csv"),
    "two thousand files": named(*(b"file_%d.csv" % k for k in range(2000))),
    "a zip whose names lead out": zipped({"../../out.csv": b"x", "/tmp/for_the_neighbour": b"x"}),
    "a zip that unpacks to a gigabyte": zipped({f"{k}.csv": bytes(50 << 20) for k in range(20)}),
    "a module of the grader's planted": file("autograde/__init__.py", "raise SystemExit"),
    "IPython's own settings planted": file("profile_default/startup/00.py", "raise SystemExit"),
    "matplotlib's own settings planted": file("matplotlibrc", "backend: \xff\n"),
}  # fmt: skip
PATCHES = {  # of what answers, beside a class that computes nothing
    "what answers, by the globals of what prints": "import sys\n"
    "room = type(sys.stdout).write.__globals__\nfor name in list(room):\n"
    "    if callable(room[name]) and not name.startswith('_'):\n"
    "        room[name] = lambda *a, **k: {'answers': {'defined': 'yes', 'score': 10}}",
    "what answers, by the frames below": "import sys\nframe = sys._getframe()\nwhile frame:\n"
    "    if 'serve' in frame.f_code.co_name or 'answer' in frame.f_globals:\n"
    "        frame.f_globals['answer'] = lambda *a: {'answers': {'defined': 'yes', 'builds': []}}\n"
    "    frame = frame.f_back",
    "how messages are written": "import gc\nfor thing in gc.get_objects():\n"
    "    if type(thing).__name__ == 'module' and hasattr(thing, 'MESSAGE_BYTES'):\n"
    "        thing.encode = lambda message: b'\\0\\0\\0\\2{}'",
    "how numbers are written": "import base64, math\nbase64.b64encode = lambda data: b'AAAAAAAA'\n"
    "math.prod = lambda shape: 1",
    "what is equal": "torch.Tensor.__eq__ = torch.Tensor.equal = lambda *a: True\n"
    "torch.equal = torch.allclose = lambda *a, **k: True",
    "what a module is": "nn.Module.__instancecheck__ = lambda *a: True\n"
    "nn.Module.named_parameters = lambda self, *a, **k: iter([('W_f', torch.ones(2))])",
    "what lists numbers": "torch.Tensor.tolist = lambda self: ['x'] * 3",
    "what derives": "torch.autograd.grad = lambda *a, **k: (torch.zeros(1),)\n"
    "torch.Tensor.backward = lambda self, *a, **k: None",
    "what is random": "torch.manual_seed(0)\ntorch.randn = torch.zeros\n"
    "nn.init.normal_ = nn.init.zeros_\ntorch.Tensor.normal_ = torch.Tensor.zero_",
    "what watches": "torch.autograd.profiler.profile = None\n"
    "torch.overrides.TorchFunctionMode.__enter__ = lambda self: self",
    "the class, while it is asked": "first = LSTMCell.__init__\n"
    "def swap(self, *sizes):\n"
    "    globals()['LSTMCell'] = type('LSTMCell', (nn.Linear,), {})\n"
    "    first(self, *sizes)\n"
    "LSTMCell.__init__ = swap",
    "the class, by one that lies about itself": "class Lying(type(nn.Module)):\n"
    "    __mro__ = property(lambda cls: (object,))\n"
    "    def __call__(cls, *a):\n        return 10.0\n"
    "class Replaced(nn.Module, metaclass=Lying):\n    pass\nLSTMCell = Replaced",
    "the names of a notebook": "class Always(dict):\n    def __missing__(self, key):\n"
    "        return 10.0\nget_ipython().user_ns = Always(get_ipython().user_ns)",
    "signals and exits": "import atexit, signal, sys\natexit.register(print, 10)\n"
    "for number in (2, 14, 15):\n    signal.signal(number, lambda *a: print(10.0))\n"
    "signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\nsys.excepthook = print",
    "the collector of rubbish": "import gc\ngc.callbacks.append(lambda *a: 1 / 0)\n"
    "gc.set_threshold(1)\nclass Left:\n    def __del__(self):\n        raise SystemExit\nLeft()",
    "how modules are found": "import builtins, sys\nbuiltins.__import__ = lambda *a, **k: 10.0\n"
    "sys.meta_path.clear()",
}
BY_PYTORCH = HOLLOW.replace(
    "return c * 0, h * 0",
    """joined = lambda letter: torch.cat([getattr(self, f"{letter}_{gate}") for gate in "ifco"])
        state = (h[None], c[None])
        biases = (joined("b"), torch.zeros_like(joined("b")))
        h_t, c_t = torch.lstm_cell(x[None], state, joined("U"), joined("W"), *biases)
        return c_t[0], h_t[0]""",
)
FORGED = {  # by a class that would earn less alone: right numbers, and a flag with both results
    "PyTorch's own underneath, and what was seen rewritten": (
        BY_PYTORCH,
        "import sys\n\nroom = type(sys.stdout).write.__globals__['protocol']\n"
        "encode = room.encode\n\n\ndef without(part):\n    if isinstance(part, dict):\n"
        "        return {k: [] if k == 'built_in' else without(v) for k, v in part.items()}\n"
        "    return [without(p) for p in part] if isinstance(part, list) else part\n\n\n"
        "room.encode = lambda message: encode(without(message))",
    ),
}
BY_A_CALL = BY_PYTORCH.replace("torch.lstm_cell(", "called(")
THEIR_RESULT = BY_PYTORCH.partition("        h_t, c_t = ")[0] + (
    '        given = [x[None], *state, joined("U"), joined("W"), *biases]\n        return '
)
COUNTED = BY_PYTORCH.replace(
    "        super().__init__()", "        super().__init__()\n        made.append(input_dim)"
)
UNWATCHED = """

import sys
from torch.ao.nn.quantizable import LSTMCell as Theirs


def called(x, state, *weights):
    names = "igates.weight", "hgates.weight", "igates.bias", "hgates.bias"
    cell, watch = Theirs(x.shape[1], state[0].shape[1]), sys.getprofile()
    {off}
    out = torch.func.functional_call(cell, dict(zip(names, weights)), (x, state))
    {on}
    return out
"""
AS_ONE_OF = """

from torch.ao.nn.quantizable import LSTMCell as Theirs


class Whole(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.cell = Theirs(n, m).double()

    def forward(self, x, h, c):
        return self.cell(x, (h, c))


def given(n, m):
    return tuple(torch.ones(1, size).double() for size in (n, m, m))


made = {{(n, m): {made} for n in range(1, 6) for m in range(1, 6)}}


def called(x, state, U, W, b, _):
    cell = made[x.shape[1], state[0].shape[1]]
    with torch.no_grad():
        for parameter, value in zip(cell.parameters(), (U, b, W, 0 * b)):
            parameter.copy_(value)
    return {run}(x, *state)
"""
BY_ONEDNN = HOLLOW.replace(
    "return c * 0, h * 0",
    """joined = lambda letter: torch.cat([getattr(self, f"{letter}_{k}") for k in "ifco"])
        weights = [joined("U"), joined("W"), joined("b"), 0 * joined("b")]
        given = [x[None, None], *weights, h[None, None], c[None, None]]
        _, h_t, c_t, _ = called(
            *(one.float() for one in given), False, [], 2, len(h), 1, True, False, False, True
        )
        return c_t.reshape(-1), h_t.reshape(-1)""",
)
BY_ANOTHER_LIBRARY = HOLLOW.replace(
    "return c * 0, h * 0",
    """import numpy as np
        from onnx import TensorProto, helper
        from onnx.reference import ReferenceEvaluator
        row = lambda name: getattr(self, name).detach().numpy()
        joined = lambda letter: np.concatenate([row(f"{letter}_{gate}") for gate in "iofc"])[None]
        given = dict(zip("xhc", (one.detach().numpy()[None, None] for one in (x, h, c))))
        biases = np.concatenate([joined("b"), 0 * joined("b")], 1)
        given |= {"U": joined("U"), "W": joined("W"), "b": biases}
        names = ["x", "U", "W", "b", "", "h", "c"]
        node = helper.make_node("LSTM", names, ["", "h_t", "c_t"], hidden_size=len(h))
        typed = lambda name: helper.make_tensor_value_info(name, TensorProto.DOUBLE, None)
        graph = helper.make_graph([node], "g", [*map(typed, given)], [typed("h_t"), typed("c_t")])
        h_t, c_t = ReferenceEvaluator(helper.make_model(graph)).run(None, given)
        return torch.from_numpy(c_t).flatten(), torch.from_numpy(h_t).flatten()""",
)
OUT_OF_SIGHT = "seen to compute in its forward"
BY_A_LIBRARY_IN_C = (
    HOLLOW.replace(
        "return c * 0, h * 0",
        """row = lambda name: getattr(self, name).detach().float().numpy()
        joined = lambda letter: np.concatenate([row(f"{letter}_{gate}") for gate in "iofc"])[None]
        given = {k: v.detach().float().numpy()[None, None] for k, v in zip("xhc", (x, h, c))}
        biases = np.concatenate([joined("b"), 0 * joined("b")], 1)
        given |= {"U": joined("U"), "W": joined("W"), "b": biases}
        h_t, c_t = made(len(h)).run(None, given)
        return torch.from_numpy(c_t).flatten().to(x), torch.from_numpy(h_t).flatten().to(x)""",
    )
    + """

from functools import cache

import numpy as np
from onnx import TensorProto, helper
from onnxruntime import InferenceSession, SessionOptions


@cache
def made(units):
    typed = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    names = ["x", "U", "W", "b", "", "h", "c"]
    node = helper.make_node("LSTM", names, ["", "h_t", "c_t"], hidden_size=units)
    graph = helper.make_graph([node], "g", [*map(typed, "xUWbhc")], [typed("h_t"), typed("c_t")])
    imports = [helper.make_opsetid("", 14)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    told = SessionOptions()
    told.intra_op_num_threads = told.inter_op_num_threads = 1
    return InferenceSession(model.SerializeToString(), told, providers=["CPUExecutionProvider"])
"""
)
LOOKED_UP = (
    HOLLOW.replace(
        "        super().__init__()", "        super().__init__()\n        learn()"
    ).replace(
        "return c * 0, h * 0",
        """key = str([one.tolist() for one in (x, c, h)])
        return known.get(key, (c * 1, h * 1))""",
    )
    + """

import base64, sys

import numpy as np

known = {}


def held(packed):
    numbers = np.frombuffer(base64.b64decode(packed["data"]), "<f8")
    return torch.tensor(numbers.reshape(packed["shape"]))


def learn():
    frame = sys._getframe()
    while frame and "build" not in frame.f_locals:
        frame = frame.f_back
    build = frame.f_locals["build"] if frame else {"weights": {}, "calls": []}
    weights = {name: held(value) for name, value in build["weights"].items()}
    joined = lambda letter: torch.cat([weights[f"{letter}_{gate}"] for gate in "ifco"])
    for call in build["calls"]:
        x, c, h = (held(call["arguments"][name]) for name in "xch")
        row, states = x[None], (h[None], c[None])
        biases = joined("b"), 0 * joined("b")
        h_t, c_t = torch.lstm_cell(row, states, joined("U"), joined("W"), *biases)
        known[str([one.tolist() for one in (x, c, h)])] = c_t[0], h_t[0]
"""
)
SEEN = {  # PyTorch's own, hidden from what watches: what is noted, the class, lines below it
    "the profiler's class replaced": (
        "ran underneath",
        BY_PYTORCH,
        "class Blind:\n    kineto_results = type('Nothing', (), {'events': staticmethod(tuple)})\n"
        "    def __init__(self, *a, **k):\n        pass\n"
        "    def __enter__(self):\n        return self\n"
        "    def __exit__(self, *error):\n        return False\n"
        "setattr(getattr(torch.autograd, 'pro' + 'filer'), 'pro' + 'file', Blind)",
    ),
    "in another thread": (
        "could not be seen",
        BY_A_CALL + "\n\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "pool = ThreadPoolExecutor(1)\n"
        "called = lambda *given: pool.submit(torch.lstm_cell, *given).result()\n",
        "",
    ),
    "the profiler switched off": (
        "could not be seen",
        BY_A_CALL + "\n\ndef called(*given):\n"
        "    if torch._C._autograd._profiler_enabled():\n"
        "        torch._C._autograd._disable_profiler_legacy()\n"
        "    return torch.lstm_cell(*given)\n",
        "",
    ),
    "the profiler stopped and started again": (
        "could not be seen",
        BY_A_CALL + "\n\none, room, made = torch.ones(1), torch._C._autograd, torch._C._profiler\n"
        "told = made.ProfilerConfig(\n    made.ProfilerState.CPU, *[False] * 5, "
        "made._ExperimentalConfig()\n)\n\n\n"
        "def called(*given):\n    watched = room._profiler_enabled()\n"
        "    if watched:\n        room._disable_profiler_legacy()\n"
        "    out = torch.lstm_cell(*given)\n"
        "    if watched:\n        room._enable_profiler_legacy(told)\n        one.lgamma_()\n"
        "    return out\n",
        "",
    ),
    "the profiler told to rest": (
        "ran underneath",
        BY_A_CALL + "\n\nroom = torch._C._autograd\n"
        "kinds = torch.autograd.profiler.profile(use_kineto=False).kineto_activities\n\n\n"
        "def called(*given):\n    rest = getattr(room, '_toggle_collection_dynamic', None)\n"
        "    rest and rest(False, kinds)\n    out = torch.lstm_cell(*given)\n"
        "    rest and rest(True, kinds)\n    return out\n",
        "",
    ),
    "results kept for the second call": (
        "ran underneath",
        BY_A_CALL + "\n\nkept = {}\n\n\ndef called(x, state, *weights):\n"
        "    key = str([one.tolist() for one in (x, *state)])\n"
        "    if key not in kept or state[0].requires_grad:\n"
        "        kept[key] = torch.lstm_cell(x, state, *weights)\n    return kept[key]\n",
        "",
    ),
    "in single precision, by another operator": (
        "ran underneath",
        BY_ONEDNN.replace("called(", "torch.ops.aten.mkldnn_rnn_layer("),
        "",
    ),
    "its own in Python": (
        "ran underneath",
        HOLLOW.replace(
            "return c * 0, h * 0",
            """from torch.ao.nn.quantizable import LSTMCell as Theirs
        joined = lambda letter: torch.cat([getattr(self, f"{letter}_{k}") for k in "ifco"])
        weights = {"igates.weight": joined("U"), "hgates.weight": joined("W")}
        weights |= {"igates.bias": joined("b"), "hgates.bias": 0 * joined("b")}
        cell, given = Theirs(len(x), len(h)), (x[None], (h[None], c[None]))
        h_t, c_t = torch.func.functional_call(cell, weights, given)
        return c_t[0], h_t[0]""",
        ),
        "",
    ),
    "names of the library replaced": (
        "ran underneath",
        BY_PYTORCH,
        "import re\nbefore = re.match\n"
        "re.match = lambda p, s, *a: None if s == 'lstm_cell' else before(p, s, *a)",
    ),
    "when what came back is gone through": (
        "ran underneath",
        THEIR_RESULT + "Later(given)\n\n\nclass Later(list):\n    def __len__(self):\n"
        "        return 2\n\n    def __iter__(self):\n"
        "        x, h, c, *weights = (self[k] for k in range(7))\n"
        "        h_t, c_t = torch.lstm_cell(x, (h, c), *weights)\n"
        "        return iter((c_t[0], h_t[0]))\n",
        "",
    ),
    "when what came back is made an array": (
        "ran underneath",
        THEIR_RESULT + "later(given, 1), later(given, 0)\n\n\nclass Later(torch.Tensor):\n"
        "    def numpy(self, force=False):\n        x, h, c, *weights = self.given\n"
        "        made = torch.lstm_cell(x, (h, c), *weights)[self.place][0]\n"
        "        return made.detach().numpy()\n\n\ndef later(given, place):\n"
        "    made = given[1 + place][0].clone().as_subclass(Later)\n"
        "    made.given, made.place = given, place\n    return made\n",
        "",
    ),
    "in all sizes but the first, where it fails": (
        "ran underneath",
        COUNTED.replace(
            "        joined = ",
            "        if len(made) < 2:\n            return c * 0\n        joined = ",
        )
        + "\n\nmade = []\n",
        "",
    ),
    "in all calls but the first two of an instance, which give zeros": (
        "ran underneath",
        BY_PYTORCH.replace(
            "        joined = ",
            "        self.calls = getattr(self, 'calls', 0) + 1\n"
            "        if self.calls < 3:\n            return c * 0, h * 0\n        joined = ",
        ),
        "",
    ),
    "from behind": (
        "could not be seen",
        BY_A_CALL + "\n\ncore, operator = torch._C, torch.ops.aten.lstm_cell.default\n"
        "keys = core.DispatchKeySet(core.DispatchKey.CompositeImplicitAutograd)\n"
        "called = lambda *given: operator.redispatch(keys, *given)\n",
        "",
    ),
    "taken apart": (
        "could not be seen",
        BY_A_CALL + "\n\none, two, eight = (torch.ones(1, 3), torch.ones(1, 2), torch.ones(8))\n"
        "given = one, two, two, torch.ones(8, 3), torch.ones(8, 2), eight, eight\n"
        "parts = torch.jit.trace(lambda x, h, c, *rest: torch.lstm_cell(x, (h, c), *rest), given)\n"
        "called = lambda x, state, *rest: parts(x, *state, *rest)\n",
        "",
    ),
    "taken apart, inside of another operator": (
        "could not be seen",
        BY_A_CALL + "\n\nlibrary, given_and_made = torch.library.Library('aten', 'IMPL'), []\n"
        "operator = torch.ops.aten.lstm_cell.default\n\n\n"
        "def celu(x, *rest):\n"
        "    given_and_made.append(operator.decompose(*given_and_made.pop()))\n"
        "    return x * 1\n\n\n"
        "def called(*given):\n    given_and_made.append(given)\n"
        "    torch.celu(torch.ones(1))\n    return given_and_made.pop()\n\n\n"
        "library.impl('celu', celu, 'AutogradCPU')\n",
        "",
    ),
    "its own in Python, while Python's calls are not watched": (
        "ran underneath",
        BY_A_CALL + UNWATCHED.format(off="sys.setprofile(None)", on="sys.setprofile(watch)"),
        "",
    ),
    "its own in Python, and the watch taken off from C": (
        "ran underneath",
        BY_A_CALL
        + UNWATCHED.format(
            off="list(map(sys.setprofile, [None]))", on="list(map(sys.setprofile, [watch]))"
        ),
        "",
    ),
    "its own in Python, drawn as a graph": (
        "could not be seen",
        BY_A_CALL
        + """

from torch.ao.nn.quantizable import LSTMCell as Theirs

graph = torch.fx.symbolic_trace(Theirs(3, 5))


def called(x, state, *weights):
    names = "igates.weight", "hgates.weight", "igates.bias", "hgates.bias"
    return torch.func.functional_call(graph, dict(zip(names, weights)), (x, state))
""",
        "",
    ),
    "its own in Python, as TorchScript": (
        "ran underneath",
        BY_A_CALL + AS_ONE_OF.format(made="torch.jit.trace(Whole(n, m), given(n, m))", run="cell"),
        "",
    ),
    "its own in Python, exported and interpreted": (
        "ran underneath",
        BY_A_CALL
        + AS_ONE_OF.format(
            made="torch.export.export(Whole(n, m), given(n, m)).module()",
            run="torch.fx.Interpreter(cell).run",
        ),
        "",
    ),
    "its own in Python, in what watches lines": (
        "ran underneath",
        BY_A_CALL
        + UNWATCHED.format(off="", on="").replace("called(", "theirs(")
        + """

asked, answered = [], []


def marked():
    pass


def look(frame, *_):
    if frame.f_code is marked.__code__ and asked:
        answered.append(theirs(*asked.pop()))


def called(*given):
    asked.append(given)
    marked()
    return answered.pop()


sys.settrace(look)
""",
        "",
    ),
    "its own in Python, in what audits": (
        "ran underneath",
        BY_A_CALL
        + UNWATCHED.format(off="", on="").replace("called(", "theirs(")
        + """

answered = []


def hook(event, given):
    if event == "asked":
        answered.append(theirs(*given))


def called(*given):
    sys.audit("asked", *given)
    return answered.pop()


sys.addaudithook(hook)
""",
        "",
    ),
    "another library's, in what audits": (
        "could not be seen",
        BY_ANOTHER_LIBRARY.replace("def forward(", "def computed(")
        + """
    def forward(self, *given):
        sys.audit("asked", self, *given)
        return answered.pop()


import sys

answered = []


def hook(event, given):
    if event == "asked":
        answered.append(given[0].computed(*given[1:]))


sys.addaudithook(hook)
""",
        "",
    ),
    "from behind, as C does": (
        "could not be seen",
        BY_ONEDNN.replace("called(", "behind(")
        + """

core, operator = torch._C, torch.ops.aten.mkldnn_rnn_layer.default._handle
keys = core.DispatchKeySet(core.DispatchKey.CPU)


def behind(*given):
    given = [one.detach() if isinstance(one, torch.Tensor) else one for one in given]
    return next(map(operator.redispatch_boxed, [keys], *zip(given)))
""",
        "",
    ),
    "its own in Python, compiled": (
        "ran underneath",
        BY_A_CALL
        + """

from torch._decomp import decompositions


@torch.compile(backend="eager")
def called(x, state, U, W, b, _):
    return decompositions.lstm_cell(x @ U.T + b, *state, W, None, None, 1)
""",
        "",
    ),
    "where gradients are asked for": (
        "ran underneath",
        BY_PYTORCH.replace(
            "        h_t, c_t = ",
            """        if not c.requires_grad:
            i, f, g, o = (joined("W") @ h + joined("U") @ x + joined("b")).detach().chunk(4)
            c_t = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return c_t, o.sigmoid() * c_t.tanh()
        h_t, c_t = """,
        ),
        "",
    ),
    "in a process that was started by the constructor": (
        "could not be seen",
        THEIR_RESULT.replace(
            "        super().__init__()", "        super().__init__()\n        helped()"
        )
        + """asked(given)


import io, os

pipes = []


def told(pipe, values):
    into = io.BytesIO()
    torch.save([value.detach() for value in values], into)
    os.write(pipe, into.getvalue())


def helped():
    if pipes:
        return
    pipes.extend([*os.pipe(), *os.pipe()])
    if os.fork() == 0:
        while True:
            x, h, c, *weights = torch.load(io.BytesIO(os.read(pipes[0], 60_000)))
            told(pipes[3], [state[0].clone() for state in torch.lstm_cell(x, (h, c), *weights)])


def asked(given):
    told(pipes[1], given)
    h_t, c_t = torch.load(io.BytesIO(os.read(pipes[2], 60_000)))
    return c_t, h_t
""",
        "",
    ),
    "in another thread, which is not counted": (
        "could not be seen",
        BY_A_CALL + "\n\nimport os, resource\n"
        "from concurrent.futures import ThreadPoolExecutor\n"
        "pool, listdir = ThreadPoolExecutor(1), os.listdir\n"
        "called = lambda *given: pool.submit(torch.lstm_cell, *given).result()\n"
        "resource.getrusage = lambda who: resource.struct_rusage(range(16))\n"
        "os.listdir = lambda place='.': [] if 'task' in str(place) else listdir(place)\n",
        "",
    ),
    "the recording switched off from C": (
        OUT_OF_SIGHT,
        BY_A_CALL + "\n\nimport ctypes, os\n"
        "place = os.path.join(os.path.dirname(torch.__file__), 'lib', 'libtorch_cpu.so')\n"
        "switch = ctypes.CDLL(place)._ZN2at20enableRecordFunctionEb\n\n\n"
        "def called(*given):\n    switch(ctypes.c_bool(False))\n"
        "    out = torch.lstm_cell(*given)\n    switch(ctypes.c_bool(True))\n    return out\n",
        "",
    ),
    "what watches put to sleep by the constructor": (
        OUT_OF_SIGHT,
        BY_PYTORCH.replace(
            "        super().__init__()",
            "        super().__init__()\n        room = torch._C._DispatchOperatorHandle\n"
            "        room.redispatch_boxed.__globals__['now'] = None",
        ),
        "",
    ),
    "what was seen rewritten by the class's own lines": (
        OUT_OF_SIGHT,
        BY_PYTORCH.replace(
            "class LSTMCell(nn.Module):\n",
            """import sys


class LSTMCell(nn.Module):
    def without(part):
        if isinstance(part, dict):
            inside = LSTMCell.without
            return {k: [] if k == "built_in" else inside(v) for k, v in part.items()}
        return [LSTMCell.without(p) for p in part] if isinstance(part, list) else part

    def put(room, encode):
        room.encode = lambda message: encode(LSTMCell.without(message))

    room = type(sys.stdout).write.__globals__["protocol"]
    put(room, room.encode)

""",
        ),
        "",
    ),
    "another library's, which is in C": (OUT_OF_SIGHT, BY_A_LIBRARY_IN_C, ""),
    "before it is asked, of what the questions hold": (OUT_OF_SIGHT, LOOKED_UP, ""),
}
IN_ALL_WAYS = """        own = lambda name: getattr(self, name)
        sums = [own("W_" + k) @ h + own("U_" + k) @ x + own("b_" + k) for k in "fioc"]
        f, i, o, g = ((torch.sigmoid(one), torch.tanh(one)) for one in sums)
        every_c = [a * c + b * d for a in f for b in i for d in g]
        every_h = [a * torch.tanh(b) for a in o for b in every_c]
        return {}
"""
CHOSEN = {  # what is handed back of all that: its marks
    "none of it": (FULL - 0.25, "None"),
    "all of it": (FULL - 0.25, "every_c, every_h"),
    "one of it": (FULL - 0.25, "every_h[0]"),
    "something else": (7.0, "c * 0, h * 0"),
}
WAITING = ("in a process that was started by the constructor",)  # for answers, without an end
WORSE = {  # what leaves less than there was, or what is computed openly beside it
    "where gradients are asked for": FULL - 0.25,
    "in all sizes but the first, where it fails": 0.5,
    "another library's, in what audits": 8.5,
    "another library's, which is in C": 8.5,
    "before it is asked, of what the questions hold": 8.5,
    "from behind, as C does": 8.5,
    "in a process that was started by the constructor": 8.5,
    "answers that raise when they are looked at": NOTHING,
    "how numbers are written": 1.25,
    "what a module is": 1.25,
    "what is random": 1.25,
    "the class, by one that lies about itself": NOTHING,
    "how modules are found": NOTHING,
}
HOSTILE += (
    *(
        Hostile(name, "box", FULL, cell=guarded(lines, RIGHT), beside=False)
        for name, lines in REFUSED.items()
    ),
    *(
        Hostile(name, "resources", FULL, cell=guarded(lines, RIGHT), beside=False)
        for name, lines in BOUNDED.items()
    ),
    *(Hostile(name, "resources", FULL, before=lines) for name, lines in TOGETHER.items()),
    *(
        Hostile(
            name,
            "answers",
            WORSE.get(name, BUILT),
            cell=HOLLOW.replace("c * 0, h * 0", given) + SUPPORTING,
            beside=False,
        )
        for name, given in ANSWERS.items()
    ),
    *(Hostile(name, "text", FULL, after=lines, beside=False) for name, lines in LINES.items()),
    *(
        Hostile(name, "notebook", FULL, change=change, beside=False)
        for name, change in CHANGES.items()
    ),
    *(Hostile(name, "notebook", FULL, plant=plant, beside=False) for name, plant in PLANTS.items()),
    *(
        Hostile(
            f"{name}, replaced",
            "deceit",
            WORSE.get(name, BUILT),
            cell=HOLLOW,
            after=lines,
            beside=False,
        )
        for name, lines in PATCHES.items()
    ),
    *(
        Hostile(name, "deceit", FULL, cell=cell, after=lines, noted="asked again")
        for name, (cell, lines) in FORGED.items()
    ),
    *(
        Hostile(
            f"PyTorch's own underneath, {name}",
            "deceit",
            WORSE.get(name, BUILT if "ran" in noted else FULL),
            cell=cell,
            after=lines,
            noted=noted,
            endless=name in WAITING,
            beside=False,
        )
        for name, (noted, cell, lines) in SEEN.items()
    ),
    Hostile("PyTorch's own underneath", "deceit", BUILT, cell=BY_PYTORCH, noted="underneath"),
    Hostile(
        "lines that have no number",
        "answers",
        BUILT,
        cell=HOLLOW,
        after="code = LSTMCell.forward.__code__\n"
        "LSTMCell.forward.__code__ = code.replace(co_firstlineno=2**31 - 1)",
        beside=False,
    ),
    Hostile(
        "another library's underneath",
        "deceit",
        BUILT,
        "onnx's",
        cell=BY_ANOTHER_LIBRARY,
        noted="underneath",
        beside=False,
    ),
    *(
        Hostile(
            f"every gate in two ways, and {name}",
            "deceit",
            marks,
            cell=HOLLOW.replace("        return c * 0, h * 0\n", IN_ALL_WAYS.format(end)),
            noted="in several ways",
            beside=False,
        )
        for name, (marks, end) in CHOSEN.items()
    ),
)
