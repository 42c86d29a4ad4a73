"""The grader's side of the process boundary: a student's code runs in a process of its own, and what happens becomes values.

    with Warm() as warm, warm.student(kit) as student:
        result = student.execute("class LSTMCell(nn.Module): ...")
        answers = student.ask(questions)

No death, no endless loop and no malformed message of a student's process raises here: it ends in a `CellResult` or in
`{"failed": sentence}`. What raises is `Unavailable`: our own side could not start a process.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from .sandbox import MEMORY_BYTES, STUDENT, WORK, Bubblewrap, Refused, choose

LARGEST = 32 << 20  # bytes of one message from a student's process
START = 120  # seconds until the warm process must be ready
MOST_REVIVALS = 6  # of one notebook's process
LOOK_EVERY = 0.25  # seconds between looks at the memory of a student's processes


class Unavailable(Exception):
    """No process for students can be started: a fault, or a missing protection, on our side."""


class Overuse(Exception):
    """A student's processes use too much memory together."""


class Gone(Exception):
    """The student's process is no more; the first argument is a sentence for the student, the second whether it ended by itself."""


@dataclass(frozen=True)
class Limits:
    """Seconds: for one cell, for all cells of a notebook, for the answers about one class, and to obey an interrupt."""

    cell: float = 30
    notebook: float = 120
    answers: float = 30
    grace: float = 2


@dataclass(frozen=True)
class CellResult:
    """What became of one cell. `status`: "ok", "error", "timeout", "died" or "not run"; `line` counts from 1."""

    status: str
    outputs: list = field(default_factory=list)
    error: str | None = None
    message: str | None = None
    line: int | None = None

    @property
    def sentence(self):
        """The error in one line, or None."""
        return f"{self.error}: {self.message}".removesuffix(": ") if self.error else None


class Wire:
    """Messages over a socket: JSON after a length of 4 bytes, never larger than LARGEST, never later than a deadline.

    `watch` is called now and then while nothing arrives; what it raises goes to the caller.
    """

    def __init__(self, sock, watch=lambda: None):
        self.sock, self.watch, self.data = sock, watch, bytearray()

    def send(self, message, deadline):
        data = json.dumps(message).encode()
        self.sock.settimeout(max(0.001, deadline - time.monotonic()))
        self.sock.sendall(struct.pack("!I", len(data)) + data)

    def receive(self, deadline):
        """The next message. Raises TimeoutError, EOFError, or ValueError where it is no message."""
        size = struct.unpack("!I", self._exactly(4, deadline))[0]
        if size > LARGEST:
            raise ValueError("message too large")
        try:
            message = json.loads(self._exactly(size, deadline))
        except RecursionError:
            raise ValueError("message too deep") from None
        if not isinstance(message, dict):
            raise ValueError("not a message")
        return message

    def _exactly(self, count, deadline):
        while len(self.data) < count:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self.sock.settimeout(min(left, LOOK_EVERY))
            try:
                part = self.sock.recv(1 << 20)
            except TimeoutError:
                self.watch()
                continue
            if not part:
                raise EOFError
            self.data += part
        data = bytes(self.data[:count])
        del self.data[:count]
        return data

    def close(self):
        self.sock.close()


class Warm:
    """A process that has torch loaded and forks one child at a time, in a box. Started when first needed, again if it died.

    `sandbox`: "auto", "required" or "off" (see box.py). `hidden`: folders that no student's process may see.
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
    def protections(self):
        """What is in force, in words. Raises Unavailable where a box is required and there is none."""
        if self.box is None:
            try:
                self.box = choose(self.sandbox)
            except Refused as refused:
                raise Unavailable(f"{refused}, and sandbox is 'required'") from None
        return self.box.words

    def begin(self, wire):
        """Fork a child that serves `wire`. Raises Unavailable."""
        for _ in range(2):  # a server that died is noticed when it is used
            if self.server is None or self.server.poll() is not None:
                self._start()
            try:
                socket.send_fds(self.control.sock, [b"s"], [wire.fileno()])
                return self.control.receive(time.monotonic() + 30)["started"]
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
            self.control.sock.settimeout(30)
            self.control.sock.sendall(b"c")
            self.control.receive(time.monotonic() + 30)

    def end(self, at_once):
        """End the child and all it started; returns its exit status if it ended by itself, else None."""
        try:
            self.control.sock.settimeout(30)
            self.control.sock.sendall(b"k" if at_once else b"e")
            reply = self.control.receive(time.monotonic() + 30)
        except (OSError, EOFError, ValueError, AttributeError):
            self.close()
            return None
        if not reply.get("clean"):
            self.close()  # something of it could not be removed: nobody else shall find it
        return reply.get("ended")

    @contextmanager
    def student(self, kit=None, limits=Limits()):
        """A `Student` whose working folder holds `kit`: relative path to text."""
        student = Student(self, kit or {}, limits)
        try:
            yield student
        finally:
            student.close()

    def memory(self):
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
        """Start the server; where it cannot load things before it forks, one that lets every child load them."""
        self.close()
        _ = self.protections
        reasons = []
        for options in ([], ["--cold"]):
            self.folder = tempfile.TemporaryDirectory(prefix="grader", ignore_cleanup_errors=True)
            os.chmod(self.folder.name, 0o711)
            ours, theirs = socket.socketpair()
            log = Path(self.folder.name, "log")
            with theirs, open(log, "wb") as stderr:
                self.server = self.box.start(
                    [sys.executable, "-I", "-B", str(STUDENT / "kernel.py"), *options],
                    environment(self.box, self.folder.name),
                    self.hidden,
                    stdin=theirs,
                    stdout=subprocess.DEVNULL,
                    stderr=stderr,
                    start_new_session=True,
                    cwd="/",
                )
            self.control = Wire(ours)
            try:
                self.control.receive(time.monotonic() + START)
                self.before = max((p.memory_info().rss for p in self._processes()), default=0)
                return
            except (OSError, EOFError, ValueError):
                self.server.kill()
                reasons.append(log.read_text(errors="replace").strip()[-500:])
                self.close()
        raise Unavailable("no process for students can be started: " + " / ".join(reasons))

    def _processes(self):
        server = psutil.Process(self.server.pid)
        return [server, *server.children(recursive=True)]


def environment(box, folder):
    """The variables of the server: nothing of the grader's own but what Python and its libraries need."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT")
        if name in os.environ
    }
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


class Student:
    """One notebook's process. Where it dies, it is started anew without the cell it died in, a few times."""

    def __init__(self, warm, kit, limits):
        self.warm, self.kit, self.limits = warm, kit, limits
        self.wire = None
        self.done = []  # (source, number, added) of the cells that ran, for a new process
        self.cells_left = limits.notebook
        self.revivals, self.given_up = 0, None

    def execute(self, source, number=0, added=False, timeout=None):
        """Run a cell; never raises because of what the cell does. `added`: it is one of the student's own, beside the release's."""
        if self.cells_left <= 0:
            return CellResult(
                "not run",
                error="NotRun",
                message=f"the {self.limits.notebook:g} seconds for this notebook were used up",
            )
        seconds = min(timeout or self.limits.cell, self.cells_left)
        began = time.monotonic()
        try:
            reply = self._persist({"cell": source, "number": number}, seconds)
        except Gone as gone:
            return CellResult("died", error="ProcessEnded", message=gone.args[0])
        finally:
            self.cells_left -= time.monotonic() - began
        if not reply.get("interrupted"):
            self.done.append((source, number, added))
        return cell_result(reply, seconds)

    def ask(self, questions, timeout=None):
        """Answers to questions, or {"failed": sentence}."""
        seconds = timeout or self.limits.answers
        try:
            reply = self._persist({"ask": questions}, seconds, before=self.warm.clear)
        except Gone as gone:
            return {"failed": f"Your class could not be asked: {gone.args[0]}."}
        if reply.get("interrupted"):
            return {
                "failed": f"Your class did not answer within {seconds:g} seconds; is there an endless loop?"
            }
        answers = reply.get("answers")
        return (
            answers
            if isinstance(answers, dict)
            else {"failed": "Your class gave no answer that can be read."}
        )

    def _persist(self, message, seconds, before=lambda: None):
        """The reply to a message. Where the process ends over it, it is tried in a new one, and then without the student's added
        cells: one of those may have been the cause."""
        for attempt in range(3):
            try:
                self.ready()
                before()
                return self._exchange(message, seconds)
            except Gone as gone:
                if attempt == 2 or not gone.args[1]:
                    raise
            if attempt:
                self.done = [cell for cell in self.done if not cell[2]]

    def ready(self):
        """A living process in which every cell that ran before has run. Raises Gone, or Unavailable."""
        if self.wire is not None:
            return
        if self.given_up:
            raise Gone(self.given_up, False)
        self.start()
        for source, number, _ in self.done:
            self._exchange({"cell": source, "number": number}, self.limits.cell)

    def start(self):
        """A fresh process. Raises Unavailable."""
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + 60
        with theirs:
            self.warm.begin(theirs)
        self.wire = Wire(ours, self.watch)
        try:
            self.wire.send({"kit": self.kit}, deadline)
            self.wire.receive(deadline)
        except (OSError, EOFError, ValueError) as error:
            self.close()
            raise Unavailable(
                f"a student's process could not be prepared ({type(error).__name__})"
            ) from error

    def watch(self):
        if self.warm.memory() > MEMORY_BYTES:
            raise Overuse

    def close(self):
        if self.wire is not None:
            self._end(at_once=True)

    def _exchange(self, message, seconds):
        """Send a message and wait for the reply. Raises Gone where there will be none."""
        deadline = time.monotonic() + seconds
        try:
            self.wire.send(message, deadline)
            try:
                return self.wire.receive(deadline)
            except TimeoutError:
                self.warm.interrupt()
                return {
                    **self.wire.receive(time.monotonic() + self.limits.grace),
                    "interrupted": True,
                }
        except Overuse:
            self._lost("your code's processes used too much memory", at_once=True)
        except TimeoutError:
            self._lost(
                f"your code was stopped after {seconds:g} seconds and did not obey", at_once=True
            )
        except ValueError:
            self._lost("your code's process sent something that is no answer", at_once=True)
        except (OSError, EOFError):
            self._lost(None, at_once=False)

    def _lost(self, sentence, at_once):
        status = self._end(at_once)
        by_itself, sentence = sentence is None, sentence or ending(status)
        self.revivals += 1
        if self.revivals > MOST_REVIVALS:
            self.given_up = sentence
        raise Gone(sentence, by_itself)

    def _end(self, at_once):
        self.wire.close()
        self.wire = None
        return self.warm.end(at_once)


def ending(status):
    """A sentence for the exit status of a student's process; more than 128 is a signal."""
    if status is not None and (status > 128 or status < 0):
        number = status - 128 if status > 128 else -status
        reasons = {
            signal.SIGKILL: "it may have used too much memory",
            signal.SIGXCPU: "it used too much processor time",
        }
        name = signal.Signals(number).name if number in iter(signal.Signals) else f"signal {number}"
        return f"your code's process was ended by {name}; {reasons.get(number, 'it crashed')}"
    return "your code ended the Python process"


def cell_result(reply, seconds):
    """A `CellResult` from what a student's process sent, which may be anything."""
    outputs = [output for output in map(clean_output, as_list(reply.get("outputs"))) if output]
    error = reply.get("error") if isinstance(reply.get("error"), dict) else None
    if reply.get("interrupted"):
        message = f"this cell was stopped after {seconds:g} seconds; is there an endless loop?"
        return CellResult(
            "timeout",
            [*outputs, error_output("Timeout", message)],
            "Timeout",
            message,
            as_line(error),
        )
    if error is None:
        return CellResult("ok", outputs)
    name, message = str(error.get("ename"))[:200], str(error.get("evalue"))[:2000]
    shown = [str(line)[:2000] for line in as_list(error.get("traceback"))[:200]]
    return CellResult(
        "error", [*outputs, error_output(name, message, shown)], name, message, as_line(error)
    )


def as_list(value):
    return value if isinstance(value, list) else []


def as_line(error):
    line = error.get("line") if error else None
    return line if isinstance(line, int) and 0 < line < 1_000_000 else None


def error_output(name, message, traceback=None):
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": traceback or [f"{name}: {message}"],
    }


def clean_output(output):
    """A valid nbformat output made from `output`, or None. Only text and pictures, nothing that a browser would run."""
    if not isinstance(output, dict):
        return None
    kind, data = output.get("output_type"), output.get("data")
    if (
        kind == "stream"
        and output.get("name") in ("stdout", "stderr")
        and isinstance(output.get("text"), str)
    ):
        return {"output_type": kind, "name": output["name"], "text": plain(output["text"])}
    if kind in ("display_data", "execute_result") and isinstance(data, dict):
        shown = ("text/plain", "text/latex", "image/png", "image/jpeg")
        kept = {mime: plain(data[mime]) for mime in shown if isinstance(data.get(mime), str)}
        count = {"execution_count": None} if kind == "execute_result" else {}
        return {"output_type": kind, "data": kept, "metadata": {}, **count} if kept else None
    return None


def plain(text):
    """Text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()
