"""Limits of our own work: what a student sends can make it take very long, or very much memory."""

import resource
import signal
import sys
import threading
from contextlib import contextmanager

import psutil

OWN_BYTES = 4 << 30  # of addresses, beyond those that are mapped when the work begins


class Overrun(Exception):
    """Our own work on a notebook took longer than it may."""


@contextmanager
def clock(seconds: float):
    """Raises Overrun in the code inside when the seconds are over, wherever it is, and MemoryError
    where it asks for more than OWN_BYTES. Only a process's main thread can be interrupted so, and
    a limit is a whole process's: in other threads (of a Dask worker) there is neither."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_):
        raise Overrun(f"it took more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with memory_limit():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def memory_limit():
    """The soft limit, which what is started meanwhile takes back (student/start.py)."""
    soft, hard = before = resource.getrlimit(resource.RLIMIT_AS)
    most = psutil.Process().memory_info().vms + OWN_BYTES
    if sys.platform == "linux" and (soft == resource.RLIM_INFINITY or soft > most):
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
