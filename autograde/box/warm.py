"""The warm process from which every notebook's process is forked: started, tried, and replaced."""

import re
import signal
from collections.abc import Iterable
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from . import group, probe
from .notebook import Limits, Student
from .sandbox import Unavailable
from .server import LOST, Server
from .watch import Watch

WAYS = ("notebook", "cold")  # to serve, the second where things cannot be loaded before a fork
NAMED = {  # what takes long to load and few need: how a notebook names it, and the command for it
    re.compile(r"\boptim\b"): b"o",
    re.compile(r"plot|\bplt\b|pylab|seaborn|\bsns\b|\.hist\(|\.tasks\b"): b"p",
}
ATTEMPTS = 2  # to fork a child: a server that has died is noticed when it is used


class Warm:
    """Started when first needed, again if it died.

    `sandbox`: "auto", "required" or "off". `hidden`: folders that no student's process may see.
    """

    def __init__(self, sandbox="required", hidden=()):
        self.sandbox, self.hidden = sandbox, tuple(str(Path(path).resolve()) for path in hidden)
        self.server, self.more, self.held = None, {}, None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    @property
    def box(self):
        """The box in force. Raises Unavailable where one is required and none holds."""
        return self.held or probe.choose(self.sandbox, self.hidden)

    @property
    def protections(self) -> str:
        """What is in force, in words. Raises Unavailable as `box`."""
        return f"{self.box.words}; {group.words()}"

    def begin(self, wire):
        """Fork a child that serves `wire`. Raises Unavailable."""
        for _ in range(ATTEMPTS):
            if self.server is None or not self.server.lives:
                self._start()
            try:
                for more in self.more:
                    self.server.load(more)
                return self.server.begin(wire)
            except LOST:
                self.close()
        raise Unavailable("the process that student processes are forked from died twice")

    def need(self, texts: Iterable[str]):
        """Before the next child is forked: what these texts of a notebook name is loaded."""
        texts = list(texts)
        for named, more in NAMED.items():
            if any(map(named.search, texts)):
                self.more[more] = None

    def watch(self) -> Watch:
        """A watch over what the child and all it starts use; it ends them when it is too much."""
        server = self.server
        folder = None if server.box.alone else server.folder / "work"
        return Watch(server.process.pid, server.usual, server.addresses, folder)

    def interrupt(self):
        """Ctrl-C for the child."""
        if self.server:
            self.server.interrupt()

    def clear(self):
        """End what the child has started, so that nothing of it disturbs the answers."""
        if self.server:
            try:
                self.server.tell(b"c")
            except LOST:
                self.close()

    def end(self, at_once: bool):
        """End the child and all it started; its exit status if it ended by itself, else None. Where
        the server is gone too, somebody has ended both."""
        if self.server is None:
            return None
        try:
            reply = self.server.tell(b"k" if at_once else b"e")
        except LOST:
            self.close()
            return -signal.SIGKILL
        if not reply.get("clean"):
            self.close()  # something of it is left: nobody else shall find it, nor have it counted
        return reply.get("ended")

    @contextmanager
    def student(self, kit=None, limits=Limits(), seed=0):
        """A `Student` whose working folder holds `kit`: relative path to text. seed: of what its
        own code draws at random."""
        student = Student(self, kit or {}, limits, seed)
        try:
            yield student
        finally:
            student.close()

    def close(self):
        """End the server and with it every student's process."""
        if self.server:
            self.server.close()
        self.server = None

    def _start(self):
        """Start a server and try its box before any student is in it. Raises Unavailable."""
        self.close()
        reasons = []
        boxes = [self.held] if self.held else probe.candidates(self.sandbox)
        for box, serve in product(boxes, WAYS):
            try:
                self.server = Server(box, list(self.hidden), serve)
                if box in probe.BOXES:
                    probe.demand(self.server)
                self.held = box
                return
            except Unavailable as problem:
                self.close()
                reasons.append(str(problem))
        _ = self.box  # raises with a remedy where none holds
        raise Unavailable("no process for students can be started: " + " / ".join(reasons))
