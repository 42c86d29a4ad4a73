"""Whether a box holds: tried from inside, by the same way that a notebook's process is started."""

import functools
import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

from .mounts import PACKAGE, STUDENT, lies_in, readable_trees
from .sandbox import BOXES, Box, Unavailable
from .server import LOST, Server
from .wire import Wire

PATIENCE = 60  # seconds for one probe
MOST_SECRETS = 50  # files of a course that are tried
REMEDY = (
    "Students' code runs only in a box, and no box holds on this machine. {reasons}. "
    "Grade on Linux with user namespaces (not switched off by the system or its container) and "
    "with libseccomp; or say --sandbox=off: then students' code can read and write what you can"
)


def candidates(mode: str) -> list[Box]:
    """Boxes to try, the best first. mode: "auto", "required", or "off"."""
    return [*(BOXES if mode != "off" else ()), *([] if mode == "required" else [Box()])]


@functools.lru_cache(maxsize=8)
def choose(mode: str, hidden: tuple[str, ...]) -> Box:
    """The best box that holds here. Raises Unavailable where one is required and there is none."""
    reasons = []
    for box in candidates(mode):
        if box not in BOXES:
            return box
        try:
            server = Server(box, list(hidden), "probe")
            try:
                demand(server)
                return box
            finally:
                server.close()
        except Unavailable as problem:
            reasons.append(f"{box.name}: {problem}")
    raise Unavailable(REMEDY.format(reasons="; ".join(reasons)))


def demand(server: Server):
    """Raises Unavailable where the server's box does not hold: then no student may be in it."""
    trace = f"trace_{secrets.token_hex(8)}"
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for first in (True, False):
            told = {**facts(server, listening), "trace": trace, "first": first}
            if possible := probe(server, told):
                raise Unavailable("code in it could " + ", ".join(possible))


def probe(server: Server, told: dict) -> list[str]:
    """What a child of the server can do and must not. Raises Unavailable."""
    ours, theirs = socket.socketpair()
    wire, deadline = Wire(ours), time.monotonic() + PATIENCE
    try:
        with theirs:
            server.begin(theirs)
        ready = wire.greet({"kit": {}, "seed": 0}, deadline)
        if "fault" in ready:
            raise Unavailable(str(ready["fault"]))
        wire.send({"probe": told, "ticket": None}, deadline)
        return [str(sentence) for sentence in wire.receive(deadline)["possible"]]
    except LOST as problem:
        raise Unavailable(f"the probe did not answer ({type(problem).__name__})") from None
    finally:
        wire.close()
        with suppress(*LOST):  # a server that has died is the reason already
            server.tell(b"k")


def facts(server: Server, listening: socket.socket) -> dict:
    """What a probe must know to try the right things: see student/probe.py."""
    shown = [tree for tree in readable_trees(server.hidden) if os.path.isdir(tree)]
    return {
        "secret": [path for path in secret(server.hidden) if os.path.exists(path)],
        "pid": os.getpid(),
        "port": listening.getsockname()[1],
        "outside": ["/", "/etc", str(Path.home()), str(STUDENT), *shown, *server.hidden],
    }


def secret(hidden: list[str]) -> list[str]:
    """Files and folders that nobody may open from inside a box."""
    shown = [*readable_trees(hidden), str(STUDENT)]
    found = [str(PACKAGE / "__init__.py"), "/etc/shadow", str(Path.home() / ".bashrc")]
    for path in (path for folder in hidden for path in entries(folder)[:MOST_SECRETS]):
        if path not in shown and not any(lies_in(tree, [path]) for tree in shown):
            found.append(path)
    return found


def entries(folder: str) -> list[str]:
    """What lies in a folder, or a file itself; nothing where it is not on this machine, or not for
    us to see."""
    try:
        return sorted(entry.path for entry in os.scandir(folder))
    except NotADirectoryError:
        return [folder]
    except OSError:
        return []
