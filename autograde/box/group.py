"""Memory limited by the kernel: a control group (version 2) for a server and all below it, where
this process may make one. Elsewhere the watch alone looks on.
"""

import functools
import os
import secrets
from contextlib import suppress
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
OWN = Path("/proc/self/cgroup")
# Of a server and of what a notebook may use: a little above the watch.
KERNEL_MEMORY_BYTES = 5 << 30
ENTER = 'echo 0 > "$0/cgroup.procs" && exec "$@"'  # a shell joins, and becomes the command


class Group:
    """A control group. Raises OSError where there can be none: no version 2, no memory in it, or no
    right to divide the one that this process is in."""

    def __init__(self, root: Path = ROOT, own: Path = OWN):
        above = root / own_path(own.read_text())
        if "memory" not in (above / "cgroup.subtree_control").read_text().split():
            (above / "cgroup.subtree_control").write_text("+memory")
        self.folder = above / f"grader_{os.getpid()}_{secrets.token_hex(4)}"
        self.folder.mkdir()
        try:
            for name, value in (("memory.max", KERNEL_MEMORY_BYTES), ("memory.swap.max", 0)):
                if name == "memory.max" or (self.folder / name).exists():
                    (self.folder / name).write_text(str(value))
        except OSError:
            self.close()
            raise

    def command(self, command: list[str]) -> list[str]:
        """The command, started inside of the group."""
        return ["/bin/sh", "-c", ENTER, str(self.folder), *command]

    def close(self):
        """Away with it, once its processes have ended."""
        with suppress(OSError):
            self.folder.rmdir()


def own_path(text: str) -> str:
    """Where this process is in the tree of version 2, from /proc/self/cgroup. Raises OSError where
    it is in none."""
    for line in text.splitlines():
        if line.startswith("0::/"):
            return line.removeprefix("0::/")
    raise OSError("no control groups of version 2")


def group() -> Group | None:
    """A group, where there can be one."""
    try:
        return Group()
    except OSError:
        return None


@functools.lru_cache
def words() -> str:
    """Which of the two limits memory here."""
    found = group()
    if found is None:
        return "memory limited by a watch, as there is no control group of version 2 to be had"
    found.close()
    return "memory limited by a control group, and by a watch"
