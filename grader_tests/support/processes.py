"""What a test has started, and nothing else: told by ancestry, whoever else runs the same code."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from grader_tests.support.forked import servers

ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of Linux' prctl


@contextmanager
def watched() -> Iterator[Callable[[], list[str]]]:
    """Yields a function that names what was started in here and still runs.

    While this lasts, a process whose parent ends becomes a child of this one, so that whatever a
    command starts and leaves behind is found among our descendants.
    """
    libc, me = ctypes.CDLL(None, use_errno=True), psutil.Process()
    before = set(me.children(recursive=True))
    if libc.prctl(ADOPT_ORPHANS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "orphans cannot be adopted here")

    def still_there() -> list[str]:
        return [
            described(child)
            for child in set(me.children(recursive=True)) - before
            if child.pid not in servers and alive(child)
        ]

    try:
        yield still_there
    finally:
        libc.prctl(ADOPT_ORPHANS, 0, 0, 0, 0)


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one of ours that has ended is buried on the way."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return True
        if process.ppid() == os.getpid():
            os.waitpid(process.pid, os.WNOHANG)
    except (psutil.NoSuchProcess, ChildProcessError):
        pass
    return False


def described(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.Error:
        return f"{process.pid}"


def of_course(course) -> list[psutil.Process]:
    """Processes of a run over this course: they work in its folder, or are told of it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd().startswith(str(course)) or str(course) in " ".join(process.cmdline()):
                found.append(process)
        except (psutil.Error, OSError):  # it has ended, or works deeper than a path can say
            pass
    return found
