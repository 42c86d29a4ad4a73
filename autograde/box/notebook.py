"""One notebook's process, seen from the grader: what happens in it becomes values.

    with Warm() as warm, warm.student(kit) as student:
        result = student.execute("class LSTMCell(nn.Module): ...")
        answers = student.ask(questions)

No death, no endless loop and no malformed message of a student's process raises here: it ends in
a `CellResult` or in `{"failed": sentence}`. What raises is `Unavailable`: our own side could not
start a process.
"""

import secrets
import signal
import socket
import time
from dataclasses import dataclass

from .result import CellResult, cell_result
from .sandbox import Unavailable
from .wire import Wire

MOST_REVIVALS = 6  # of one notebook's process
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)  # exit statuses


class Gone(Exception):
    """The student's process is no more.

    sentence: for the student; by_itself: whether it ended so, and was not stopped.
    """

    def __init__(self, sentence, by_itself):
        super().__init__(sentence)
        self.sentence, self.by_itself = sentence, by_itself


@dataclass(frozen=True)
class Limits:
    """Seconds: for one cell, for all cells of a notebook, for the answers about one class, to obey
    an interrupt, and for everything about a notebook: its cells, also where they run again after
    the process has ended, its answers, and our own work in between. In all but the last, what a
    process waits for a processor that others have does not count, up to `waits` times as long."""

    cell: float = 30
    notebook: float = 120
    answers: float = 30
    grace: float = 2
    whole: float = 480
    waits: float = 3


@dataclass(frozen=True)
class Ran:
    """A cell that ran. added: it is one of the student's own, beside the release's."""

    source: str
    number: int
    added: bool

    @property
    def message(self):
        return {"cell": self.source, "number": self.number}


class Turn:
    """The time in which a process has to reply: so many seconds, and those, up to `most` times as
    many, for which it waits for a processor."""

    def __init__(self, watch, seconds, most):
        self.watch, self.seconds, self.most = watch, seconds, most
        self.began, self.before = time.monotonic(), watch.waited

    @property
    def waited(self) -> float:
        """Seconds that do not count."""
        return max(0.0, min(self.watch.waited - self.before, self.most * self.seconds))

    @property
    def deadline(self) -> float:
        """On the monotonic clock."""
        return self.began + self.seconds + self.waited

    @property
    def spent(self) -> float:
        """Seconds that count."""
        return time.monotonic() - self.began - self.waited


class Student:
    """One notebook's process. Where it dies, it is started anew without the cell it died in, a few
    times.

    killed: whether one was ended by SIGKILL, and not by us; as by a machine short of memory.
    spent: the seconds that count of those that its code has had.
    """

    def __init__(self, warm, kit, limits, seed):
        self.warm, self.kit, self.limits, self.seed = warm, kit, limits, seed
        self.wire = self.watch = None
        self.done = []  # cells that ran, for a new process
        self.cells_left, self.deadline = limits.notebook, time.monotonic() + limits.whole
        self.revivals, self.given_up, self.killed, self.spent = 0, None, False, 0.0

    @property
    def left(self) -> float:
        """Seconds that are left for everything about this notebook."""
        return self.deadline - time.monotonic()

    def execute(self, source, number=0, added=False, timeout=None):
        """Run a cell; what it does raises nothing here, only Unavailable is raised.

        added: it is one of the student's own, beside the release's. timeout: in seconds.
        """
        seconds = min(timeout or self.limits.cell, self.cells_left, self.left)
        if seconds <= 0:
            allowed = self.limits.notebook if self.cells_left <= 0 else self.limits.whole
            return CellResult("not run", error="NotRun", message=used_up(allowed))
        began = self.spent
        try:
            reply = self._persist(Ran(source, number, added).message, seconds)
        except Gone as gone:
            return CellResult("died", error="ProcessEnded", message=gone.sentence)
        finally:
            self.cells_left -= self.spent - began
        if not reply.get("interrupted"):
            self.done.append(Ran(source, number, added))
        return cell_result(reply, seconds)

    def ask(self, questions, timeout=None):
        """Answers to questions, or {"failed": sentence}, within `timeout` seconds. Raises
        Unavailable."""
        seconds = min(timeout or self.limits.answers, self.left)
        if seconds <= 0:
            return failed(f"Your code could not be asked: {used_up(self.limits.whole)}.")
        try:
            reply = self._persist({"ask": questions}, seconds, before=self.warm.clear)
        except Gone as gone:
            return failed(f"Your code could not be asked: {gone.sentence}.")
        if reply.get("interrupted"):
            return failed(
                f"Your code did not answer within {seconds:g} seconds; is there an endless loop?"
            )
        answers = reply.get("answers")
        if not isinstance(answers, dict):
            return failed("Your code gave no answer that can be read.")
        return answers

    def _persist(self, message, seconds, before=lambda: None):
        """The reply to a message. Where the process ends over it, it is tried in a new one, and
        then without the student's added cells: one of those may have been the cause."""
        for attempt in range(3):
            try:
                self.ready()
                before()
                return self._exchange(message, seconds)
            except Gone as gone:
                if attempt == 2 or not gone.by_itself:
                    raise
            if attempt:
                self.done = [cell for cell in self.done if not cell.added]

    def ready(self):
        """A living process in which all earlier cells have run. Raises Gone or Unavailable."""
        if self.wire is not None:
            return
        if self.given_up:
            raise Gone(self.given_up, False)
        self.start()
        for cell in self.done:
            if self.left <= 0:
                self._stopped(used_up(self.limits.whole))
            self._exchange(cell.message, min(self.limits.cell, self.left))

    def start(self):
        """A fresh process. Raises Unavailable."""
        ours, theirs = socket.socketpair()
        deadline = time.monotonic() + 60
        with theirs:
            self.warm.begin(theirs)
        self.wire, self.watch = Wire(ours), self.warm.watch()
        try:
            ready = self.wire.greet({"kit": self.kit, "seed": self.seed}, deadline)
        except (OSError, EOFError, ValueError) as error:
            ready = {"fault": type(error).__name__}
        if "fault" in ready:
            self.close()
            raise Unavailable(f"a student's process could not be prepared ({ready['fault']})")

    def close(self):
        """End the process and all that it has started."""
        if self.wire is not None:
            self._end(at_once=True)

    def _exchange(self, message, seconds):
        """Send a message and wait for the reply. Raises Gone where there will be none."""
        turn, ticket = Turn(self.watch, seconds, self.limits.waits), secrets.token_hex(8)
        try:
            self.wire.send({**message, "ticket": ticket}, turn.deadline)
            try:
                return {**checked(self._reply(turn), ticket), "interrupted": False}
            except TimeoutError:
                self.warm.interrupt()
                reply = self.wire.receive(time.monotonic() + self.limits.grace)
                return {**checked(reply, ticket), "interrupted": True}
        except TimeoutError:
            self._stopped(f"your code was stopped after {seconds:g} seconds and did not obey")
        except ValueError:
            self._stopped("your code's process sent something that is no answer")
        except (OSError, EOFError):
            watch, status = self.watch, self._end(at_once=False)
            self.killed |= not watch.over and status in KILLED
            self._lost(watch.over or ending(status), by_itself=not watch.over)
        finally:
            self.spent += turn.spent

    def _reply(self, turn):
        """Raises as Wire.receive."""
        while True:
            deadline = min(turn.deadline, self.deadline)
            try:
                return self.wire.receive(deadline)
            except TimeoutError:
                if min(turn.deadline, self.deadline) <= deadline:
                    raise

    def _stopped(self, sentence):
        self._end(at_once=True)
        self._lost(sentence, by_itself=False)

    def _lost(self, sentence, by_itself):
        self.revivals += 1
        if self.revivals > MOST_REVIVALS:
            self.given_up = sentence
        raise Gone(sentence, by_itself)

    def _end(self, at_once):
        self.watch.close()
        self.wire.close()
        self.wire = self.watch = None
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


def checked(reply, ticket):
    """Raises ValueError where a reply is not to what was sent last."""
    if reply.get("ticket") != ticket:
        raise ValueError("a reply to nothing that was asked")
    return reply


def used_up(seconds):
    return f"the {seconds:g} seconds for this notebook were used up"


def failed(sentence):
    return {"failed": sentence}
