"""What a student's processes use together, looked at on a clock of its own.

Memory is counted for each process, and besides for what processes share without showing it: a piece
of shared memory counts once, as a whole, for as long as one of them can reach it. Open files are
counted, because each can hold memory that no process shows; a file without a name counts with the
folder that it was written in, for as long as it is open.
"""

import os
import re
import stat
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import psutil

from ..student.protocol import FILE_BYTES, OPEN_FILES

MEMORY_BYTES = 4 << 30  # of all processes of a notebook together
PROCESSES = 96  # of a notebook; where the system can count them, it stops them earlier
FOLDER_BYTES = 512 << 20  # of files of a notebook, where the system does not count them
FILES = 20_000  # of a notebook, likewise
DEPTH = 100  # of folders in folders, likewise: further down nothing could be measured
ALL_OPEN_FILES = 4_000  # of all processes of a notebook together
EVERY = 0.25  # seconds between two looks
SHARE = 4  # times longer than a look takes, we wait for the next one at least
MAPPING = re.compile(  # of /proc/PID/maps: shared memory that no file system limits
    r"^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ (\S+ [1-9]\d*) +(?:/dev/zero|/memfd:|/SYSV)", re.MULTILINE
)
NAMELESS = re.compile(  # likewise: a file that has lost its name; its inode
    r"^(?:\S+ ){4}([1-9]\d*) +/(?!dev/zero|memfd:|SYSV).* \(deleted\)$", re.MULTILINE
)


class Watch:
    """Looks at all processes below a server's, until it is closed, and ends them where they use too
    much; `over` then says so: a sentence, else None. `waited` is for how many seconds the first of
    them was ready to run while others had the processor.

    usual: ids of those that belong to the server itself; addresses: bytes that it has mapped, which
    a child has too and which are no use of its own; folder: what is measured, where that is needed.
    """

    def __init__(self, server: int, usual: set[int], addresses: int, folder: Path | None):
        self.server, self.usual, self.addresses = server, usual, addresses
        self.folder, self.over, self.waited = folder, None, 0.0
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self._look_on, daemon=True)
        self.thread.start()

    def close(self):
        """Look no more."""
        self.closed.set()
        self.thread.join()

    def _look_on(self):
        pause = EVERY
        while not self.closed.wait(pause):
            began = time.monotonic()
            started = [one for one in family(self.server) if one.pid not in self.usual]
            self.waited = max(self.waited, waited(started[0].pid)) if started else self.waited
            try:
                self.over = self.over or self._too_much(living(started))
            except Exception as problem:  # nobody shall get out of sight
                self.over = f"your code's processes could not be watched ({problem})"
            if self.over:
                end(started)
            pause = max(EVERY, SHARE * (time.monotonic() - began))

    def _too_much(self, started):
        if len(started) > PROCESSES:
            return "your code started too many processes"
        if memory(started, self.addresses) > MEMORY_BYTES:
            return "your code's processes used too much memory"
        if sum(map(open_files, started)) > ALL_OPEN_FILES:
            return "your code opened too many files"
        if self.folder and not fits(self.folder, nameless(started)):
            return "your code wrote too much into its folder"
        return None


def family(server: int) -> list[psutil.Process]:
    """A server's process and all below it, parents first."""
    with suppress(psutil.Error):
        parent = psutil.Process(server)
        return [parent, *parent.children(recursive=True)]
    return []


def waited(pid: int) -> float:
    """Seconds for which a process's first thread was ready to run and had no processor; 0 where
    the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that run, each seen through a thread that does: where the first thread has ended, the
    process shows nothing any more, and its other threads may still hold all it has. One that has
    ended as a whole holds nothing, however long nobody asks for it."""
    found = []
    for process in processes:
        with suppress(psutil.Error):
            threads = [process]
            if ended(process):
                threads = [psutil.Process(thread.id) for thread in process.threads()]
            found += [thread for thread in threads if not ended(thread)][:1]
    return found


def ended(process: psutil.Process) -> bool:
    """Whether a process, or a thread, has ended and only waits for somebody to ask for it."""
    try:
        return process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return True


def hides(process: psutil.Process) -> bool:
    """Whether one that could not be looked into has something to hide: nobody can look into one
    that is just ending, and that has given its memory back."""
    try:
        return process.memory_info().vms > 0
    except psutil.Error:
        return False


def end(processes: list[psutil.Process]):
    """SIGKILL for each; those that have ended meanwhile are no error."""
    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def memory(processes: list[psutil.Process], addresses: int) -> int:
    """Bytes that these processes use together: never less than they do, and exact where a rough
    look finds too much."""
    rough = 0
    for process in processes:
        with suppress(psutil.Error):
            rough += most(process, addresses)
    return rough if rough <= MEMORY_BYTES else exact_memory(processes, addresses)


def most(process: psutil.Process, addresses: int) -> int:
    """What a process may use at most: what is there, and what it has mapped of its own and may have
    filled before. Raises psutil.Error where it has ended."""
    used = process.memory_info()
    grown = used.vms - addresses if sys.platform == "linux" else 0  # elsewhere that says nothing
    return used.rss + max(0, grown)


def exact_memory(processes: list[psutil.Process], addresses: int) -> int:
    """What each has for itself, its share of what was there before the fork, and all pieces of
    shared memory; of one that cannot be looked into, all that it may have. Reads the page tables,
    which takes milliseconds for each process."""
    own, shared = 0, {}
    for process in processes:
        try:
            own += anonymous(process)
            for identity, size in shared_memory(process):
                shared[identity] = max(size, shared.get(identity, 0))
        except OSError:
            with suppress(psutil.Error):
                own += most(process, addresses)
    return own + sum(shared.values())


def anonymous(process: psutil.Process) -> int:
    """Bytes of a process that no file backs. Raises OSError where it cannot be looked into."""
    text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss_Anon: +(\d+) kB", text, re.MULTILINE)
    if found is None:
        raise OSError("this kernel does not tell")
    return int(found[1]) << 10


def shared_memory(process: psutil.Process) -> list[tuple[str, int]]:
    """Pieces that a process can reach: identity and bytes. Raises OSError as `anonymous`."""
    maps = Path(f"/proc/{process.pid}/maps").read_text()
    return [
        (identity, int(stop, 16) - int(start, 16))
        for start, stop, identity in MAPPING.findall(maps)
    ]


def open_files(process: psutil.Process) -> int:
    """How many a process has open; of one that cannot be looked into, as many as it may have."""
    try:
        return process.num_fds()
    except psutil.AccessDenied:
        return OPEN_FILES if hides(process) else 0
    except psutil.Error:
        return 0  # it has ended


def nameless(processes: list[psutil.Process]) -> int:
    """Bytes of the files without a name that these processes hold, each counted once: those that
    are open, and those that are only mapped, which may be as large as a file can be. One that
    cannot be looked into may hold all that there may be."""
    opened, mapped = {}, set()
    for process in processes:
        try:
            opened |= opened_nameless(process.pid)
            maps = Path(f"/proc/{process.pid}/maps").read_text()
            mapped |= set(map(int, NAMELESS.findall(maps)))
        except OSError as error:
            if isinstance(error, PermissionError) and hides(process):
                return FOLDER_BYTES + 1
    return sum(opened.values()) + FILE_BYTES * len(mapped - opened.keys())


def opened_nameless(pid: int) -> dict[int, int]:
    """Inode to bytes of each file without a name that a process has open. Raises OSError."""
    sizes = {}
    for entry in os.scandir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            found = entry.stat()
            if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                sizes[found.st_ino] = found.st_size
    return sizes


def fits(folder: Path, besides: int) -> bool:
    """Whether a folder is within its limits, with so many bytes more that are in no folder; what
    cannot be read is not counted."""
    waiting, total, count = [(str(folder), 0)], besides, 0
    while waiting:
        place, depth = waiting.pop()
        with suppress(OSError):
            for entry in os.scandir(place):
                count += 1
                total += entry.stat(follow_symlinks=False).st_size
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((entry.path, depth + 1))
        if total > FOLDER_BYTES or count > FILES or depth > DEPTH:
            return False
    return total <= FOLDER_BYTES
