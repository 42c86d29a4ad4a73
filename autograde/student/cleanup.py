"""Ending what a notebook has started, and removing what it has written."""

import os
import secrets
import signal
import time
from contextlib import suppress
from pathlib import Path


def end(child, patience, alone):
    """End the child and everything that it started; where it is the first process of a world of
    its own, the kernel ends that world with it. Returns how the child ended by itself within
    `patience` seconds, or None if it did not; and whether nothing of it is left, which may take
    the kernel a while where there is much memory to give back."""
    status, deadline = None, time.monotonic() + patience
    while status is None and time.monotonic() < deadline:
        pid, raw = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(raw) if pid else time.sleep(0.002)
    left = [child] if status is None else []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        kill_all([-1] if alone else [*left, *strays(None, alone)])
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return status, True
        time.sleep(0.001)
    return status, False


def clear(child, alone):
    """End what the child has started; more than once, as one may fork while it is looked for."""
    for _ in range(200):
        left = [pid for pid in strays(child, alone) if lives(pid)]
        if not left:
            return
        kill_all(left)
        reap(left)
        time.sleep(0.005)


def strays(child, alone):
    """Ids of processes that students' code has started, but for the child itself. `alone`: all
    processes that this one sees are its own."""
    try:
        if alone:
            found = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {1, os.getpid()}
        else:
            found = descendants(os.getpid())
    except OSError:
        return []
    return [pid for pid in found if pid != child]


def descendants(pid):
    """Ids of the children of a process, and of theirs. Raises OSError where there is no /proc."""
    found = set()
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, path.read_text().split()):
            found.add(child)
            try:
                found |= descendants(child)
            except OSError:
                continue  # it has ended meanwhile
    return found


def lives(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def kill_all(pids):
    """SIGKILL for each, and for the group that it leads."""
    for pid in pids:
        for kill in (os.kill, os.killpg) if pid > 0 else (os.kill,):
            try:
                kill(pid, signal.SIGKILL)
            except OSError:
                pass


def reap(pids):
    """Processes that have ended count until somebody asks for them."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


def reap_all():
    """`reap` for every child."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def remove(folder):
    """Delete a notebook's folder, whatever rights it gave its files and however deep it is: each
    folder in it comes up to the top, so that no path is long. What cannot be deleted stays."""
    emptied, waiting, top = [], [str(folder)], f"{folder}/{secrets.token_hex(8)}"
    while waiting:
        place = waiting.pop()
        emptied.append(place)
        with suppress(OSError):
            os.chmod(place, 0o700)
            for number, entry in enumerate(list(os.scandir(place))):
                with suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        up = f"{top}_{len(emptied)}_{number}"
                        os.chmod(entry.path, 0o700)
                        os.rename(entry.path, up)
                        waiting.append(up)
                    else:
                        os.unlink(entry.path)
    for place in reversed(emptied):
        with suppress(OSError):
            os.rmdir(place)
