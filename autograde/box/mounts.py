"""What is to be seen in a box: what Python needs, to read, and one small folder to write."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
STUDENT = PACKAGE / "student"  # all of ours that is to be seen in a box
WORK = "/student"  # where the process may write
FOLDER_BYTES = 128 << 20
ETC = ("ld.so.cache", "localtime", "fonts", "passwd", "group", "nsswitch.conf", "alternatives")
SYSTEM = (
    *("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/sys/devices/system/cpu"),
    *(f"/etc/{name}" for name in ETC),
)


@dataclass(frozen=True)
class Mount:
    """One argument of bubblewrap: `kind` of a mount at `path`, of `source` where it has one."""

    path: str
    kind: str
    source: str | None = None

    @property
    def words(self) -> list[str]:
        return [self.kind, *([self.source] if self.source else []), self.path]


def mounts(hidden: list[str]) -> list[str]:
    """Bubblewrap's arguments: the readable trees, our own folder, and an empty folder to write."""
    shown = [*map(as_it_is, readable_trees()), Mount(str(STUDENT), "--ro-bind", str(STUDENT))]
    trees = [mount.path for mount in shown if mount.kind == "--ro-bind"]
    covered = [
        Mount(path, "--tmpfs") for path in hidden if any(inside(path, tree) for tree in trees)
    ]
    ordered = sorted([*shown, *covered], key=lambda mount: mount.path.count("/"))
    return [
        *parents_and_mounts(ordered),
        *("--proc", "/proc", "--dev", "/dev", "--remount-ro", "/dev"),
        *("--perms", "0711", "--size", str(FOLDER_BYTES), "--tmpfs", WORK, "--remount-ro", "/"),
    ]


def as_it_is(path: str) -> Mount:
    """A link as a link, anything else to read."""
    if os.path.islink(path):
        return Mount(path, "--symlink", os.readlink(path))
    return Mount(path, "--ro-bind", path)


def parents_and_mounts(ordered: list[Mount]) -> list[str]:
    """The mounts, and before each the folders above it that no mount brings, which anybody may
    pass through."""
    arguments, made = [], {"/"}
    for mount in ordered:
        for parent in map(str, reversed(Path(mount.path).parents)):
            if parent not in made and not brought(parent, ordered):
                arguments += ["--perms", "0755", "--dir", parent]
            made.add(parent)
        arguments += mount.words
    return arguments


def brought(path: str, ordered: list[Mount]) -> bool:
    """Whether `path` is there because of a mount at it or above it."""
    return any(path == mount.path or inside(path, mount.path) for mount in ordered)


def readable_trees() -> list[str]:
    """The folders that Python needs, links among them, without those that lie in another one."""
    named = [
        path
        for path in (*SYSTEM, sys.prefix, sys.base_prefix, *sys.path)
        if path and os.path.exists(path) and Path(path).resolve() != PACKAGE.parent
    ]
    paths = list(dict.fromkeys([*named, *(os.path.realpath(path) for path in named)]))
    trees = [path for path in paths if not os.path.islink(path)]
    return [
        path
        for path in paths
        if os.path.islink(path) or not any(inside(path, tree) for tree in trees)
    ]


def inside(path: str, tree: str) -> bool:
    """Whether `path` lies in `tree`, and is not `tree` itself."""
    path, tree = os.path.realpath(path), os.path.realpath(tree)
    return path != tree and os.path.commonpath([path, tree]) == tree
