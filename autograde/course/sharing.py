"""Several people in one course: what nbgrader's `groupshared` means for all that is written here,
who may write, and one run at a time.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy.engine import make_url

from .files import READ_ONLY, is_read_only, owner_of
from .release import NotReady
from .state import FOLDER

GROUP = stat.S_ISGID | stat.S_IRWXG
BUSY = "Another run is at work on {}: wait until it has ended. Nothing was changed."
CLOSED = (
    "{0} belongs to {1} and cannot be written to: let them set c.CourseDirectory.groupshared to "
    "True and run `autograde grade {2}` once. Nothing was changed."
)
CLOSED_TO_ITS_OWNER = "{} cannot be written to: chmod u+wx. Nothing was changed."


@contextmanager
def as_shared(folders):
    """With nbgrader's `groupshared`, the course's group may write into every folder that is made
    inside, and into those of ours that were there.
    """
    usual = os.umask(0)
    os.umask(usual & ~stat.S_IRWXG if folders.groupshared else usual)
    try:
        if folders.groupshared:
            open_to_group(folders)
        yield
    finally:
        os.umask(usual)


def open_to_group(folders):
    """The gradebook, and folders of before `groupshared` was set, or that nbgrader leaves out."""
    steps = (folders.submitted_directory, folders.autograded_directory, folders.feedback_directory)
    tops = [Path(folders.root, name) for name in (FOLDER, "reports", *steps)]
    for path in {Path(place) for top in tops for place, *_ in os.walk(top)}:
        give_rights(path, GROUP)
    open_gradebook(folders)


def open_gradebook(folders):
    """What nbgrader has made is its owner's alone."""
    if folders.groupshared and (book := make_url(folders.db_url).database):
        give_rights(Path(book), stat.S_IRGRP | stat.S_IWGRP)


def give_rights(path: Path, rights: int):
    with suppress(OSError):  # another's, who opens it in a run of theirs
        if (mode := path.stat().st_mode) & rights != rights:
            path.chmod(stat.S_IMODE(mode) | rights)


@contextmanager
def alone(root: Path, name: str, writes: Iterable[Path]):
    """No other run works on the assignment inside, and this user may write into these folders.
    Raises NotReady.
    """
    kept = root / FOLDER
    refuse_closed((kept if kept.exists() else root, kept / name, *writes), name)
    kept.mkdir(exist_ok=True)
    handle = os.open(kept / f"{name}.lock", os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o664)
    try:
        if not locked(handle):
            raise NotReady(BUSY.format(name))
        yield
    finally:
        os.close(handle)  # which unlocks it, as does any end of this process


def refuse_closed(places: Iterable[Path], name: str):
    """Raises NotReady where one of these folders is there, and this user may not write into it."""
    for place in places:
        if place.is_dir() and not os.access(place, os.W_OK | os.X_OK):
            own = place.stat().st_uid == os.geteuid()
            closed = CLOSED_TO_ITS_OWNER if own else CLOSED
            closed = READ_ONLY if is_read_only(place) else closed
            raise NotReady(closed.format(place, owner_of(place), name))


def locked(handle: int) -> bool:
    import fcntl  # not on every system on which a course can be adopted

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: nobody else has one either
        pass
    return True
