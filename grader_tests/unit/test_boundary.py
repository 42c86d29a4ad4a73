"""The boundary: how messages travel, and how the student's side hides the grader."""

import json
import subprocess
import sys

import numpy as np
import pytest

from autograde.box.mounts import STUDENT
from autograde.box.server import START
from autograde.student import protocol

LOADED = """
import json, runpy, sys
sys.argv = [{start!r}]
start = runpy.run_path({start!r}, run_name="loaded")
start["hide_the_grader"]()
server, notebook = start["load"]("server", "notebook")
start["forget"]()
found = [name for name in sys.modules if "beside" in name or name.startswith("autograde")]
try:
    import autograde
    found.append("autograde")
except ModuleNotFoundError:
    pass
import torch
print(json.dumps([found, server.__file__]))
"""


def test_the_students_side_is_where_the_grader_starts_it():
    assert START.is_file() and START.parent == STUDENT
    assert (STUDENT / "__init__.py").is_file()


def test_no_name_leads_from_a_students_code_to_the_grader():
    """All of the student's side is loaded, and afterwards neither it nor the grader can be
    imported, while the libraries that lie beside the grader still can."""
    program = [sys.executable, "-I", "-c", LOADED.format(start=str(START))]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    found, server = json.loads(done.stdout)
    assert not found and server == str(STUDENT / "server.py")


def test_a_worker_imports_little():
    """It starts in every run: what takes a second to import is not for it."""
    heavy = ("torch", "nbgrader", "matplotlib", "sqlalchemy", "lark")
    code = (
        "import sys, autograde.course.farm\n"
        f"print([name for name in {heavy} if sys.modules.get(name)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_file_of_the_students_side_is_no_silence(tmp_path):
    for path in STUDENT.glob("*.py"):
        if path.name != "limits.py":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    settings = {"box": "none", "work": "", "readable": [], "libraries": [], "serve": "notebook"}
    program = [sys.executable, "-I", str(tmp_path / "start.py"), json.dumps(settings)]
    done = subprocess.run(program, capture_output=True, text=True)
    assert done.returncode and "limits" in done.stderr


@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0), (2, 3, 4, 5)])
def test_an_array_travels(shape):
    array = np.random.default_rng(1).normal(size=shape)
    back = protocol.unpack(json.loads(json.dumps(protocol.pack(array))))
    assert back.shape == shape and (back == array).all()


HALF = protocol.pack([1.0, 2.0])


@pytest.mark.parametrize(
    "packed",
    [
        None,
        7,
        [],
        {},
        {"shape": [2]},
        {"shape": [3], "data": HALF["data"]},
        {"shape": [-1], "data": HALF["data"]},
        {"shape": [True, 2], "data": HALF["data"]},
        {"shape": [10_000, 10_000], "data": HALF["data"]},
        {"shape": [1, 1, 1, 1, 2], "data": HALF["data"]},
        {"shape": [2], "data": HALF["data"][:-1] + "\ud800"},
        {"shape": [2], "data": list(HALF["data"])},
        {"shape": "2", "data": HALF["data"]},
    ],
)
def test_what_lies_about_being_an_array_is_none(packed):
    assert protocol.unpack(packed) is None


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000, b'{"a": 1' + b"1" * 9999 + b"}"]
)
def test_what_is_no_message_raises_value_error(data):
    with pytest.raises(ValueError):
        protocol.decode(data)


def test_a_message_travels_and_a_large_one_does_not():
    data = protocol.encode({"text": "\ud800 é"})
    assert protocol.length(data[: protocol.LENGTH.size]) == len(data) - protocol.LENGTH.size
    assert protocol.decode(data[protocol.LENGTH.size :]) == {"text": "\ud800 é"}
    with pytest.raises(ValueError):
        protocol.encode({"text": "a" * protocol.MESSAGE_BYTES})
    with pytest.raises(ValueError):
        protocol.length(protocol.LENGTH.pack(protocol.MESSAGE_BYTES + 1))
