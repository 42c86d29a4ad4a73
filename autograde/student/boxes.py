"""How a forked process gets into a box of its own, before it sees anything of a student.

Each kind of box has two steps: `fork` starts the process, `enter` shuts the door behind it. The
server that forks stays outside: it shares no memory, no process id and no folder that can be
written with what is inside.
"""

import contextlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from . import system
from .refusals import program, refuse

try:
    import sandlock
except (ImportError, OSError):
    sandlock = None  # not made for this system

PRIVATE = (  # what every notebook has for itself: place, file system, flags, options
    ("{work}", "tmpfs", 0, "size=128m,nr_inodes=20000,mode=0700,uid={user},gid={user}"),
    ("/tmp", "tmpfs", 0, "size=128m,nr_inodes=20000,mode=1777"),
    ("/var/tmp", "tmpfs", 0, "size=16m,nr_inodes=2000,mode=1777"),
    ("/dev/shm", "tmpfs", system.NO_PROGRAMS, "size=128m,nr_inodes=2000,mode=1777"),
    ("/dev/pts", "devpts", system.NO_PROGRAMS, "newinstance,ptmxmode=0666,mode=620,max=16"),
    ("/proc", "proc", system.NO_PROGRAMS, ""),
)
WRITTEN = ("/tmp", "/var/tmp", "/dev")  # beside the working folder
USER = 1000  # of every student inside; /etc/passwd has a name for it
FIRST_USER = 1_000_000_000  # outside, where the server is root: no person's, one for each notebook
USERS = 3_000_000_000  # so many that no two of them are the same
BUFFERS = {  # bytes of one connection, which no process shows: least, usual, most
    "tcp_rmem": "4096 65536 131072",
    "tcp_wmem": "4096 65536 131072",
}
OWN_WORLD = (
    system.NEW_MOUNTS
    | system.NEW_NETWORK
    | system.NEW_IPC
    | system.NEW_HOSTNAME
    | system.NEW_GROUPS
)


@dataclass
class Open:
    """No box: a folder, and the limits that every process has.

    work: where a notebook works. readable: folders, of which each box shows what it must.
    """

    work: str
    readable: tuple[str, ...] = ()

    alone = False  # whether all processes that the server sees are its own
    others = 0  # processes and threads of a notebook's user that may be somebody else's

    def fork(self) -> int:
        """Like os.fork. Raises OSError."""
        os.makedirs(self.work, mode=0o700)
        self.others = running()
        return os.fork()

    def enter(self):
        """In the child."""


class Landlock(Open):
    """Where namespaces are refused: files by Landlock, system calls by seccomp, and a user of its
    own where root starts it and others can read what Python needs."""

    def fork(self) -> int:
        """Raises OSError."""
        root = os.geteuid() == 0 and all(passable(path) for path in self.readable)
        self.outside = new_user() if root else None
        ready(outside=True)
        os.makedirs(self.work, mode=0o700)
        if self.outside is None:
            self.others = running()
        else:
            os.chown(self.work, self.outside, self.outside)
        return os.fork()

    def enter(self):
        """Raises OSError, or an error of sandlock, where the kernel does not do it."""
        system.prctl(system.DUMPABLE, 1)  # the grader counts the memory of what it can look into
        if self.outside is not None:
            become(self.outside)
        elif os.geteuid() == 0:
            system.drop_capabilities()
        restrict([*self.readable, *own_entries()], [self.work, "/dev/null"])
        refuse(outside=True)


class Namespaces(Open):
    """Users, processes, files, network and messages of its own, and this its first process."""

    alone = True

    def fork(self) -> int:
        """Raises OSError. The child is born in a process namespace of its own; after that, the next
        child of this process would be born where this one is."""
        self.outside = new_user() if os.geteuid() == 0 else os.geteuid()
        ready(outside=False)
        home = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            system.unshare(system.NEW_PROCESSES)
            child = os.fork()
            if child:
                system.enter_namespace(home, system.NEW_PROCESSES)
            return child
        finally:
            os.close(home)

    def enter(self):
        """Raises OSError, or an error of sandlock, where the kernel does not do it."""
        system.unshare(OWN_WORLD)
        system.mount("", "/", system.RECURSIVE | system.KEPT_PRIVATE)
        below = [(path, os.open(path, os.O_PATH)) for path in self.readable]
        for place, kind, flags, options in PRIVATE:
            flags |= system.NO_SETUID | (0 if kind == "devpts" else system.NO_DEVICES)
            filled = options.format(user=self.outside)
            system.mount(kind, place.format(work=self.work), flags, filled)
        for path, descriptor in below:
            system.show_again(descriptor, path)
            os.close(descriptor)
        socket.sethostname("box")
        system.raise_loopback()
        for name, sizes in BUFFERS.items():
            Path("/proc/sys/net/ipv4", name).write_text(sizes)
        if os.geteuid() == 0:
            become(self.outside)
        system.prctl(system.DUMPABLE, 1)  # what lies in /proc about us is ours
        group = os.getegid()
        system.unshare(system.NEW_USERS)
        map_user((USER, USER), (self.outside, group))
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        system.drop_capabilities()
        restrict(["/"], [self.work, *WRITTEN])
        refuse(outside=False)


KINDS = {"namespaces": Namespaces, "landlock": Landlock, "none": Open}


def ready(outside: bool):
    """What each child will load is made once. Where it cannot be made, a child will say so."""
    with contextlib.suppress(OSError):
        program(outside)


def new_user() -> int:
    """An id that is nobody's, for one notebook."""
    return FIRST_USER + int.from_bytes(os.urandom(4), "big") % USERS


def become(user: int):
    """From root to a user without any privilege. Raises OSError."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    system.prctl(system.DUMPABLE, 1)  # what lies in /proc about us is ours


def running() -> int:
    """Processes and threads of this user that run, and as many again: they come and go."""
    count = 0
    for task in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            count += task.stat().st_uid == os.getuid()
        except OSError:
            continue  # it has ended
    return 2 * count


def passable(path: str) -> bool:
    """Whether anybody may get to a place: all folders above it let others through."""
    return all(folder.stat().st_mode & 0o001 for folder in Path(path).resolve().parents)


def map_user(inside, outside):
    """In a new user namespace: who we are there (user, group), and who that is outside."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inside[0]} {outside[0]} 1")
    Path("/proc/self/gid_map").write_text(f"{inside[1]} {outside[1]} 1")


def restrict(readable, writable):
    """Landlock: nothing but these places, no signal and no abstract socket to the outside, for
    good. Raises OSError, or sandlock's errors where the kernel has none or too old a one."""
    if sandlock is None:
        raise OSError("the package sandlock cannot be imported")
    here = [path for path in readable if os.path.exists(path)]
    there = [path for path in writable if os.path.exists(path)]
    sandlock.confine(sandlock.Sandbox(fs_readable=here, fs_writable=there))


def own_entries():
    """What of /proc and /dev is no other process's."""
    names = ("cpuinfo", "meminfo", "stat", "filesystems", "sys/kernel", "sys/vm")
    devices = ("/dev/urandom", "/dev/random", "/dev/zero")
    return [f"/proc/{os.getpid()}", *(f"/proc/{name}" for name in names), *devices]
