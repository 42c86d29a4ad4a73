"""Commands of Python's as a shell starts them, forked from a process that has loaded what they all
load, which is most of the processor time that a test of some command takes."""

import atexit
import gc
import json
import os
import runpy
import subprocess
import sys
import tempfile
import threading
from importlib import import_module
from pathlib import Path

LOADED = (
    "nbgrader.apps.nbgraderapp",
    "nbconvert.exporters",
    "jupyter_client.manager",
    "sqlalchemy.dialects.sqlite",
    "matplotlib.figure",
    "autograde.course.plugin",
    "autograde.course.verbs",
    "autograde.course.farm",
    "autograde.course.collect",
    "autograde.course.guest",
    "autograde.course.nbgraders",
    "autograde.pages.report",
)
idle: list[subprocess.Popen] = []
servers: set[int] = set()  # process ids: they stay until the tests end
lock = threading.Lock()


def run(command: list, folder: Path) -> subprocess.CompletedProcess:
    """`python -m MODULE …` (as ["-m", MODULE, …]) or a script of Python's in `folder`; its output
    is kept."""
    words = [str(word) for word in command]
    with lock:
        server = idle.pop() if idle else start()
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        asked = {"words": words, "folder": str(folder), "environment": dict(os.environ)}
        server.stdin.write(json.dumps(asked | {"out": out.name, "err": err.name}) + "\n")
        server.stdin.flush()
        code = json.loads(server.stdout.readline())
        with lock:
            idle.append(server)
        said = [Path(file.name).read_text(encoding="utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(words, code, *said)


def start() -> subprocess.Popen:
    command = [sys.executable, __file__]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(server.stdin.close)
    servers.add(server.pid)
    return server


# ---------------------------------------------------------------- the process that is forked
def asked_of_a_child() -> dict:
    """What the next command is: returns in a child for each, and never in this process."""
    for name in LOADED:
        import_module(name)
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        if not (child := os.fork()):
            return json.loads(line)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)
    sys.exit()


def become(asked: dict):
    """Go on as this command."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, place in enumerate((os.devnull, asked["out"], asked["err"])):
        os.dup2(os.open(place, os.O_RDWR), number)
    as_module, *words = asked["words"]
    if as_module == "-m":
        sys.argv, sys.path[0] = words, os.getcwd()
        runpy.run_module(words[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = asked["words"], str(Path(as_module).parent)
        runpy.run_path(as_module, run_name="__main__")


if __name__ == "__main__":
    become(asked_of_a_child())
