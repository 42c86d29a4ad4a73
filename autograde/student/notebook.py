"""One notebook's process: runs its cells and answers the questions about its classes."""

import builtins
import os
import random
import sys
import tempfile
from pathlib import Path

from . import protocol
from .cleanup import reap_all
from .limits import confine, make_room
from .respond import respond
from .shell import Interruptible, Recorder, Stream, make_shell, run_cell, warm_up

KEPT = ("PATH", "LANG", "MPLBACKEND", "OMP_NUM_THREADS")  # environment variables of a notebook
UNREADABLE = {
    "answers": {"failed": "Your class gave an answer that is not plain numbers."},
    "outputs": [],
    "error": None,
    "status": "ok",
}


def prepare():
    """A shell that is warm, and its recorder: made before the fork where that is possible."""
    recorder = Recorder()
    shell = make_shell(recorder)
    warm_up(shell)
    return shell, recorder


def serve(wire, prepared, folder, alone):
    """In the forked child: cells and questions, until the grader is gone, which raises EOFError."""
    request = receive(wire)
    shell, recorder = prepared or prepare()
    settle(folder, request["kit"])
    confine(alone)
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    builtins.input = refuse_input
    send(wire, {"ready": True})
    me = os.getpid()
    while True:
        message = receive(wire)
        if "ask" in message:
            reply = answer(shell, recorder, message["ask"])
        else:
            reply = run_cell(shell, recorder, message["cell"], message["number"])
        if os.getpid() != me:
            os._exit(0)  # a copy of this process that a cell has forked
        try:
            send(wire, reply)
        except (TypeError, ValueError):
            send(wire, UNREADABLE)


def settle(folder, kit):
    """Clean surroundings: the kit in the working folder, which comes first on the path; fresh
    random numbers."""
    os.chdir(folder)
    for name, text in kit.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    sys.path.insert(0, folder)
    sys.argv = [""]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, IPYTHONDIR=folder)
    tempfile.tempdir = None  # what the server found is not this process's own
    random.seed()
    sys.modules["torch"].seed()
    sys.modules["numpy"].random.seed()


def answer(shell, recorder, questions):
    """The reply to questions, whatever becomes of them."""
    recorder.start(0)
    try:
        make_room()
        reap_all()
        with Interruptible():
            return {"answers": respond(questions, shell.user_ns)}
    except KeyboardInterrupt:
        return {"answers": {"failed": "Your class did not answer in time."}, "interrupted": True}
    except BaseException as error:
        why = f"{type(error).__name__}: {str(error)[:300]}"
        return {"answers": {"failed": f"Your class could not be asked: {why}"}}


def refuse_input(*args, **options):
    """In place of the built-in `input`."""
    raise RuntimeError("input() is not available while a notebook is graded")


def send(wire, message):
    """Raises TypeError or ValueError where it is not plain, OSError where nobody listens."""
    wire.sendall(protocol.encode(message))


def receive(wire):
    """The next message. Raises EOFError when the grader is gone."""
    return protocol.decode(exactly(wire, protocol.length(exactly(wire, protocol.LENGTH.size))))


def exactly(wire, count):
    """The next `count` bytes. Raises EOFError when the grader is gone."""
    data = b""
    while len(data) < count:
        part = wire.recv(count - len(data))
        if not part:
            raise EOFError
        data += part
    return data
