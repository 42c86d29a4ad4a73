"""Limits of our own work: what a student sends can make it take very long, or very much memory."""

import ctypes
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
    where it asks for more than OWN_BYTES. A limit of memory is a whole process's: in other threads
    than the main one (of a Dask worker, which has its own) there is none."""
    said = f"it took more than {seconds:g} seconds"
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "SIGALRM"):
        with bell_in_this_thread(seconds, said):
            yield
        return

    def ring(*_):
        raise Overrun(said)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with memory_limit():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def bell_in_this_thread(seconds: float, said: str):
    """Where no signal comes: Overrun is raised between two steps of Python's, so not while it waits
    for something, which has limits of its own."""
    ours, over, lock = ctypes.c_ulong(threading.get_ident()), False, threading.Lock()
    raised = type("Overrun", (Overrun,), {"__str__": lambda self: said})
    raise_in = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def ring():
        with lock:
            if not over:
                raise_in(ours, ctypes.py_object(raised))

    bell = threading.Timer(seconds, ring)
    bell.daemon = True
    bell.start()
    try:
        yield
    finally:
        with lock:  # one that has rung and was not heard yet is heard here
            over = True
        bell.cancel()


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
