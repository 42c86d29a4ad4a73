"""What one process of a notebook must not exceed, whatever box is around it."""

import resource
import sys
from pathlib import Path

from .protocol import FILE_BYTES, OPEN_FILES

MIB = 1 << 20
LIMITS = {  # of each of a notebook's processes; the grader watches all of them together
    "AS": 2048 * MIB,  # bytes of addresses, beyond what is mapped before the first cell
    "CPU": 300,  # seconds of processor time
    "FSIZE": FILE_BYTES,
    "NOFILE": OPEN_FILES,
    "NPROC": 64,  # processes and threads of this user
    "CORE": 0,  # bytes of a core dump
    "MEMLOCK": 8 * MIB,  # bytes that cannot be swapped out
    "MSGQUEUE": 0,  # bytes of message queues
}
FOR_ANSWERS = 32  # processes more for our own questions, where a notebook has used up its own


def confine(others):
    """Set LIMITS for this process. `others`: how many processes and threads of this user may be
    somebody else's; they come on top.

    What the system does not know (macOS) stays unlimited. Raises nothing.
    """
    for name, most in LIMITS.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if kind is None or (name == "NPROC" and sys.platform != "linux"):
            continue  # not known here, or unknown how many there are
        most += mapped() if name == "AS" else 0
        most += others if name == "NPROC" else 0
        spare = FOR_ANSWERS if name == "NPROC" else 0
        before = resource.getrlimit(kind)[1]
        hard = most + spare if before == resource.RLIM_INFINITY else min(most + spare, before)
        try:
            resource.setrlimit(kind, (min(most, hard), hard))
        except (OSError, ValueError):
            pass  # macOS knows some names and refuses them


def mapped():
    """Bytes of addresses that this process has mapped: torch maps much more than it fills."""
    if sys.platform != "linux":
        return 0
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def make_room():
    """Before our own questions: the processes that were kept back for them."""
    most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
