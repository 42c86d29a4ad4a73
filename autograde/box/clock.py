"""A clock for our own work: what a student sends can make it take very long."""

import signal
import threading
from contextlib import contextmanager


class Overrun(Exception):
    """Our own work on a notebook took longer than it may."""


@contextmanager
def clock(seconds: float):
    """Raises Overrun in the code inside when the seconds are over, wherever it is. Only a process's
    main thread can be interrupted so: in others (of a Dask worker) there is no such clock."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_):
        raise Overrun(f"it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
