"""The warm process: loads torch and the rest once, then forks a child for every notebook.

Commands on the control socket (stdin), one byte each: `s` with an open socket starts a child that
is served through that socket; `i` interrupts it; `c` ends whatever it has started; `e` ends it (a
moment is left to it to end by itself); `k` ends it at once.
BOX_FOLDER is where children may write, BOX_ALONE says that all visible processes are ours.
"""

import ctypes
import gc
import os
import random
import signal
import socket
import sys

from .cleanup import clear, end, remove
from .notebook import prepare, send, serve

FOLDER, ALONE = os.environ.get("BOX_FOLDER", ""), os.environ.get("BOX_ALONE") == "1"
USERS = 1000  # user ids of a server, one after the other for its notebooks
# Where this process is root. Processes are counted by user: servers side by side have ids apart.
FIRST_USER = 1_000_000_000 + USERS * random.randrange(3_000_000)
DUMPABLE, DEATH_SIGNAL, SUBREAPER = 4, 1, 36  # prctl(2)
PATIENCE = 0.5  # seconds for a child to end by itself


def main(cold):
    """Serve until the control socket closes. `cold`: every child loads things itself."""
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(SUBREAPER, 1)
    prctl(DUMPABLE, 0)  # a child cannot look into this process
    prepared = None if cold else prepare()
    if threads() != 1:
        sys.exit("a second thread exists, so that forking would not be safe")
    gc.collect()
    gc.freeze()
    send(control, {"ready": True})
    obey(control, prepared)


def obey(control, prepared):
    """Do as the control socket says, until it closes."""
    child, count, folder, usual = None, 0, "", set(os.listdir(FOLDER))
    while True:
        command, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if command == b"s":
            count += 1
            folder = os.path.join(FOLDER, str(count))
            user = FIRST_USER + count % USERS if os.geteuid() == 0 and ALONE else 0
            wire = socket.socket(fileno=descriptors[0])
            child = start(control, wire, prepared, folder, user)
            send(control, {"started": True})
        elif command == b"i":
            os.killpg(child, signal.SIGINT)
        elif command == b"c":
            clear(child, ALONE)
            send(control, {"cleared": True})
        else:
            status = end(child, PATIENCE if command == b"e" else 0, ALONE) if child else None
            if folder:
                remove(folder)
            if not command:
                return
            send(control, {"ended": status, "clean": set(os.listdir(FOLDER)) <= usual})
            child, folder = None, ""


def start(control, wire, prepared, folder, user):
    """Fork a child for one notebook, with a folder of its own; returns its process id."""
    os.mkdir(folder, 0o700)
    if user:
        os.chown(folder, user, user)
    child = os.fork()
    if child:
        wire.close()
        return child
    try:
        control.close()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        prctl(DUMPABLE, 1)
        serve(wire, prepared, folder, ALONE)
    except EOFError:
        os._exit(0)
    finally:
        os._exit(1)


def prctl(option, value):
    """prctl(2), where there is one."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def threads():
    """How many threads this process has."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
