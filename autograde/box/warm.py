"""The process that has torch loaded and forks a child for every notebook, seen from the grader."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from .mounts import STUDENT, WORK
from .notebook import Limits, Student
from .sandbox import Bubblewrap, Unavailable, choose
from .wire import Wire

START = STUDENT / "start.py"
READY = 120  # seconds until the server must be ready
OBEY = 30  # seconds for the server to do as it is told
KEPT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")  # of our own environment


class Warm:
    """Started when first needed, again if it died.

    `sandbox`: "auto", "required" or "off" (see sandbox.py). `hidden`: folders that no student's
    process may see.
    """

    def __init__(self, sandbox="auto", hidden=()):
        self.sandbox, self.hidden = sandbox, [str(Path(path).resolve()) for path in hidden]
        self.server, self.control, self.folder, self.box = None, None, None, None
        self.before = 0  # bytes of memory of the server before it forks

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    @property
    def protections(self) -> str:
        """What is in force, in words. Raises Unavailable where a box is required but not had."""
        if self.box is None:
            self.box = choose(self.sandbox)
        return self.box.words

    def begin(self, wire):
        """Fork a child that serves `wire`. Raises Unavailable."""
        for _ in range(2):  # a server that died is noticed when it is used
            if self.server is None or self.server.poll() is not None:
                self._start()
            try:
                socket.send_fds(self.control.sock, [b"s"], [wire.fileno()])
                return self.control.receive(time.monotonic() + OBEY)["started"]
            except (OSError, EOFError, ValueError, KeyError):
                self.close()
        raise Unavailable("the process that student processes are forked from died twice")

    def interrupt(self):
        """Ctrl-C for the child."""
        with suppress(OSError):
            self.control.sock.sendall(b"i")

    def clear(self):
        """End what the child has started, so that nothing of it disturbs the answers."""
        with suppress(OSError, EOFError, ValueError, AttributeError):
            self._tell(b"c")

    def end(self, at_once: bool):
        """End the child and all it started; its exit status if it ended by itself, else None."""
        try:
            reply = self._tell(b"k" if at_once else b"e")
        except (OSError, EOFError, ValueError, AttributeError):
            self.close()
            return None
        if not reply.get("clean"):
            self.close()  # something of it could not be removed: nobody else shall find it
        return reply.get("ended")

    def _tell(self, command):
        self.control.sock.settimeout(OBEY)
        self.control.sock.sendall(command)
        return self.control.receive(time.monotonic() + OBEY)

    @contextmanager
    def student(self, kit=None, limits=Limits()):
        """A `Student` whose working folder holds `kit`: relative path to text."""
        student = Student(self, kit or {}, limits)
        try:
            yield student
        finally:
            student.close()

    def memory(self) -> int:
        """Bytes that the child and all its processes use beyond what they share with the server."""
        total = 0
        with suppress(psutil.Error, AttributeError):
            for process in psutil.Process(self.server.pid).children(recursive=True):
                with suppress(psutil.Error):
                    total += max(0, process.memory_info().rss - self.before)
        return total

    def close(self):
        """End the server and with it every student's process."""
        if self.control:
            self.control.close()
        if self.server:
            try:
                self.server.wait(15)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()
        if self.folder:
            self.folder.cleanup()
        self.server = self.control = self.folder = None

    def _start(self):
        """Start the server; where it cannot load things before it forks, one that lets every child
        load them. Raises Unavailable."""
        self.close()
        _ = self.protections
        reasons = []
        for options in ([], ["--cold"]):
            log = self._launch(options)
            try:
                self.control.receive(time.monotonic() + READY)
                self.before = max((p.memory_info().rss for p in self._processes()), default=0)
                return
            except (OSError, EOFError, ValueError):
                self.server.kill()
                reasons.append(log.read_text(errors="replace").strip()[-500:])
                self.close()
        raise Unavailable("no process for students can be started: " + " / ".join(reasons))

    def _launch(self, options):
        """Start a server with these options; returns the file that it writes its errors to."""
        self.folder = tempfile.TemporaryDirectory(prefix="grader", ignore_cleanup_errors=True)
        os.chmod(self.folder.name, 0o711)
        ours, theirs = socket.socketpair()
        log = Path(self.folder.name, "log")
        with theirs, open(log, "wb") as stderr:
            self.server = self.box.start(
                [sys.executable, "-I", "-B", str(START), *options],
                environment(self.box, self.folder.name),
                self.hidden,
                stdin=theirs,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                start_new_session=True,
                cwd="/",
            )
        self.control = Wire(ours)
        return log

    def _processes(self):
        server = psutil.Process(self.server.pid)
        return [server, *server.children(recursive=True)]


def environment(box, folder: str) -> dict[str, str]:
    """The variables of the server: nothing of the grader's own but what Python and its libraries
    need."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    place = WORK if isinstance(box, Bubblewrap) else tempfile.mkdtemp(dir=folder)
    return {
        **kept,
        **threads,
        "BOX_FOLDER": place,
        "BOX_ALONE": str(int(box.alone)),
        "HOME": place,
        "TMPDIR": place,
        "IPYTHONDIR": place,
        "MPLCONFIGDIR": place,
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
