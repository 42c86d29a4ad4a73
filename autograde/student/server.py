"""The warm process: loads torch and the rest once, then forks a child for every notebook.

It stays outside of the boxes that its children enter, and runs no code of a student.
Commands on the control socket (stdin), one byte each: `s` with an open socket starts a child that
is served through that socket; `i` interrupts it; `c` ends whatever it has started; `e` ends it (a
moment is left to it to end by itself); `k` ends it at once. Further ones load more before the next
fork: `MORE` in notebook.py.
"""

import gc
import os
import signal
import socket
import sys

from . import system
from .cleanup import clear, end, remove
from .wire import send

PATIENCE = 0.5  # seconds for a child to end by itself
DESCRIPTORS = 1024  # more than this process ever opens


def main(box, service, warm):
    """Serve until the control socket closes.

    box: what a child enters. service: its `prepare()` is called once before all forks where they
    are to be warm, its `serve(wire, box, prepared)` in every child.
    """
    control = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        system.prctl(system.SUBREAPER, 1)
        system.prctl(system.DUMPABLE, 0)  # a child cannot look into this process
    prepared = service.prepare() if warm else None
    freeze()
    send(control, {"ready": True})
    obey(control, box, lambda wire: service.serve(wire, box, prepared), service.MORE)


def freeze():
    """What is loaded stays as it is in every child. Ends this process where it cannot be forked."""
    if threads() != 1:
        sys.exit("a second thread exists, so that forking would not be safe")
    gc.collect()
    gc.freeze()


def obey(control, box, serve, more):
    """Do as the control socket says, until it closes. more: command to what it loads."""
    child = None
    while True:
        command, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if command == b"s":
            wire = socket.socket(fileno=descriptors[0])
            child = start(control, wire, box, serve)
            send(control, {"started": child})
        elif command == b"i":
            os.killpg(child, signal.SIGINT)
        elif command == b"c":
            clear(child, box.alone)
            send(control, {"cleared": True})
        elif command in more:
            more[command]()
            freeze()
            send(control, {"loaded": True})
        else:
            patience = PATIENCE if command == b"e" else 0
            status, gone = end(child, patience, box.alone) if child else (None, True)
            remove(box.work)
            if not command:
                return
            clean = gone and (box.alone or not os.path.exists(box.work))
            send(control, {"ended": status, "clean": clean})
            child = None


def start(control, wire, box, serve):
    """Fork a child for one notebook; returns its process id. Raises OSError."""
    child = box.fork()
    if child:
        wire.close()
        return child
    try:
        keep_only(wire, control)
        go_first()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        box.enter()
        serve(wire)
    except EOFError:
        os._exit(0)
    except Exception as problem:  # of our own: nothing of a student has run, or all of it is over
        send(wire, {"fault": f"{type(problem).__name__}: {problem}"})
    finally:
        os._exit(1)


def keep_only(wire, control):
    """In the child: nothing that the server has open, but for the wire. Who shares an open file
    can leave marks on it for each other, so that even of nothing each has its own."""
    control.close()
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    os.closerange(3, wire.fileno())
    os.closerange(wire.fileno() + 1, DESCRIPTORS)


def go_first():
    """Where the machine's memory ends, this process and what it starts end before any other."""
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:
        pass  # not Linux


def threads():
    """How many threads this process has."""
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1
