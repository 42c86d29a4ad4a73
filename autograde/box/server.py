"""A server of students' processes, seen from the grader: a program, its control socket, its log."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from ..student.cleanup import remove
from .group import group
from .mounts import STUDENT, import_folders
from .sandbox import Box, Unavailable
from .watch import family
from .wire import Wire

START = STUDENT / "start.py"
READY = 120  # seconds until it must be ready
OBEY = 30  # seconds for it to do as it is told
END = 15  # seconds for it to end
LOG = 500  # characters of its last words that are told
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")  # of our own environment
LOST = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    psutil.Error,
)  # what talking to one that has died raises


class Server:
    """`serve` as in student/start.py: "notebook", "cold" or "probe". Raises Unavailable where it
    cannot be started."""

    def __init__(self, box: Box, hidden: list[str], serve: str):
        self.process = self.control = None
        self.warm, self.loaded = serve == "notebook", set()
        self.group = group()
        self.box, self.hidden = box, hidden
        self.temporary = tempfile.TemporaryDirectory(prefix="grader", ignore_cleanup_errors=True)
        self.folder = Path(self.temporary.name)
        self.folder.chmod(0o711)
        try:
            self._launch(serve)
            self.control.receive(time.monotonic() + READY)
            self._remember()
        except LOST as problem:
            log = self.folder / "log"
            last = log.read_text(errors="replace").strip()[-LOG:] if log.exists() else ""
            self.close()
            raise Unavailable(last or f"{type(problem).__name__}: {problem}") from None

    def _launch(self, serve):
        told = self.box.settings(self.folder, self.hidden)
        told |= {"libraries": import_folders(), "serve": serve}
        program = [sys.executable, "-I", "-B", str(START), json.dumps(told)]
        command = [*self.box.command(self.folder, self.hidden), *program]
        ours, theirs = socket.socketpair()
        self.control = Wire(ours)
        with theirs, open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                self.group.command(command) if self.group else command,
                env=environment(self.box.home(self.folder)),
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )

    def _remember(self):
        """What is there before the first child: process ids, and the bytes of addresses mapped."""
        processes = family(self.process.pid)
        self.usual = {process.pid for process in processes}
        self.addresses = max(process.memory_info().vms for process in processes)

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def begin(self, wire: socket.socket):
        """Fork a child that serves `wire`. Raises one of LOST."""
        socket.send_fds(self.control.sock, [b"s"], [wire.fileno()])
        self.control.receive(time.monotonic() + OBEY)["started"]

    def load(self, more: bytes):
        """Once, where things are loaded before a fork at all; `more` as in student/notebook.py.
        Raises one of LOST."""
        if self.warm and more not in self.loaded:
            self.tell(more)
            self._remember()
            self.loaded.add(more)

    def interrupt(self):
        """Ctrl-C for the child."""
        with suppress(OSError):
            self.control.sock.sendall(b"i")

    def tell(self, command: bytes) -> dict:
        """One of the commands of student/server.py; its reply. Raises one of LOST."""
        self.control.sock.settimeout(OBEY)
        self.control.sock.sendall(command)
        return self.control.receive(time.monotonic() + OBEY)

    def close(self):
        """End it, and with it every student's process."""
        if self.control:
            self.control.close()
        if self.process:
            try:
                self.process.wait(END)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.group:
            self.group.close()
        remove(self.folder)  # what a student's process has left may be of any shape
        self.temporary.cleanup()


def environment(home: str) -> dict[str, str]:
    """The variables of a server: nothing of the grader's own but what Python and its libraries
    need."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    places = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), home)
    return {**kept, **threads, **places, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
