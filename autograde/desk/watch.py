"""Time at the desk: work that does not come to an end is stopped, on any system, and the student is
told at which line of theirs."""

import contextlib
import ctypes
import itertools
import linecache
import sys
import threading
import traceback

from ..exercise.verdict import Place
from ..student.telling import is_own

SECONDS = 10.0  # of one rung of the ladder
AGAIN = 0.2  # seconds to the next try, where the student's own code has caught the first one
TRIES = 15  # before it is said that a single call does not come back


class Stopped(BaseException):
    """Raised in the student's code where its time is over; no `except Exception` of theirs or of
    ours takes it for a mistake."""


class Watch:
    """Raises Stopped in this thread once `seconds` have passed since `thread` was started, again
    and again until it is over.

    That needs no signal, which Windows lacks; it waits for a call into a library to come back.
    """

    def __init__(self, seconds: float):
        self.seconds, self.main, self.over = seconds, threading.get_ident(), threading.Event()
        self.place = Place()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        if self.over.wait(self.seconds):
            return
        self.place = place_in(sys._current_frames().get(self.main))
        for tries in itertools.count(1):
            raise_in(self.main, Stopped)
            if self.over.wait(AGAIN):
                return
            if tries == TRIES:
                print(does_not_come_back(self.place), file=sys.stderr, flush=True)

    def end(self):
        """No more of it. What was about to be raised is raised here: to take it back would leave
        this thread marked as interrupted, and the next debugger or profiler in it would hang."""
        self.over.set()
        self.thread.join()


def raise_in(thread: int, error: type[BaseException]):
    """Raise `error` in a thread, at its next line."""
    asked = ctypes.py_object(error)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), asked)


def within(seconds: float, work, *arguments):
    """(what `work` returns, None), or (None, the line of the student's at which it was stopped).
    Raises what `work` raises."""
    watch = Watch(seconds)
    try:
        try:
            watch.thread.start()
            return work(*arguments), None
        finally:
            watch.end()
    except Stopped:
        while not watch.over.is_set() or watch.thread.is_alive():
            with contextlib.suppress(Stopped):
                watch.end()
        return None, watch.place


def place_in(frame) -> Place:
    """The innermost line of the student's own that runs in a stack of frames."""
    while frame is not None:
        file, line = frame.f_code.co_filename, frame.f_lineno
        if is_own(file):
            return Place(line=line, text=linecache.getline(file, line).strip())
        frame = frame.f_back
    return Place()


def place_of(error: BaseException) -> Place:
    """The innermost line of the student's own that an error went through."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((place for frame in frames[::-1] if (place := place_in(frame)).line), Place())


def at_line_of(error: BaseException) -> str:
    """ " at your line 7", where it is one of the student's."""
    line = place_of(error).line
    return f" at your line {line}" if line else ""


def does_not_come_back(place: Place) -> str:
    """What a student is told whose line waits for one call."""
    where = f"Your line {place.line} ({place.text})" if place.line else "A line"
    return f"{where} waits for a single call, which no check can stop: restart the kernel."


def in_words(place: Place, seconds: float) -> str:
    """What a student is told who waited so long."""
    where = f"your line {place.line}" if place.line else "a place that is not in your cells"
    line = f"  {place.text}\n" if place.text else ""
    return (
        f"stopped at {where}: is there an endless loop?\n{line}It was given {seconds:g} seconds; "
        "a right one needs a fraction of one."
    )
