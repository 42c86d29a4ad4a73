"""Brings downloads of a learning platform into `submitted/`: read into a folder beside, shown, and
then moved. What an earlier hand-in was is kept; an interruption leaves the old or the new.
"""

import json
import os
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..pages.roster import Roster
from . import downloads, state
from .account import TIME, listed
from .downloads import HandIn, Item
from .files import (
    UNZIPPING,
    Found,
    Reader,
    TooMuch,
    head_of,
    is_zip,
    read_file,
    reason,
    shown,
    write_whole,
)
from .release import NotReady
from .sharing import alone

MOST_FILES, MOST_BYTES = 100_000, 32 << 30  # of a download
STOPPED = 130
LATE_WITH_DUE = (
    "LATE: Canvas does not say how late. timestamp.txt has the first second after the due date,\n"
    "the least that is certain: where hours count, correct it before you grade."
)
LATE = (
    "LATE: Canvas does not say when, and the gradebook has no due date. timestamp.txt has the date "
    "in the\ndownload: set the due date and collect again."
)
SHOWN = 3  # names of files in a line of the table


class Download(Reader):
    """Reads what a platform gives out for a whole class: every file in it, of whatever kind. What
    students have handed in stays closed; any other zip is opened.
    """

    def __init__(self):
        super().__init__()
        self.most_files, self.most_bytes = MOST_FILES, MOST_BYTES

    def given(self, place: Path, inner: str) -> Iterator[Found]:
        """What an instructor names is a download, unless nothing in it has a platform's name."""
        whole = zipfile.is_zipfile(place) or inner.lower().endswith(".zip")
        if whole and not (downloads.is_hand_in(inner) and not holds_hand_ins(place)):
            with open(place, "rb") as file:
                yield from self.members(inner, file, 0)
        else:
            yield from self.file(place, inner)

    def file(self, place: Path, inner: str) -> Iterator[Found]:
        if self.opens(inner, head_of(place) or b""):
            with open(place, "rb") as file:
                yield from self.members(inner, file, 0)
        else:
            changed = datetime.fromtimestamp(os.lstat(place).st_mtime)
            yield replace(read_file(place), path=inner, when=changed)

    def wants(self, path: str, head: bytes | None) -> bool:
        return True

    def opens(self, path: str, data: bytes) -> bool:
        return is_zip(path, data) and not downloads.is_hand_in(path)


def holds_hand_ins(place: Path) -> bool:
    """Whether a zip has hand-ins of a class in it, or downloads."""
    try:
        with zipfile.ZipFile(place) as archive:
            names = archive.namelist()
            return any(downloads.is_hand_in(name) or name.endswith(".zip") for name in names)
    except UNZIPPING:
        return False


def beside(root: Path, submitted: Path) -> Path:
    """A folder of ours on the file system of `submitted/`, which need not be the course's: what
    lies there is moved at once, and whole.
    """
    same = not submitted.exists() or submitted.stat().st_dev == root.stat().st_dev
    return (root if same else submitted) / state.FOLDER


@contextmanager
def staged(folder: Path, given: list[Path]):
    """The files of these downloads as items, with their bytes in `folder`, which is gone
    afterwards. Raises NotReady.
    """
    put_back(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder, [item for k, path in enumerate(given) for item in items_of(path, k, folder)]
    except TooMuch as problem:
        raise NotReady(f"Nothing was changed, since {problem}.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def items_of(path: Path, download: int, folder: Path) -> Iterator[Item]:
    reader = Download()
    name = path.resolve().name
    if path.is_dir():
        found = reader.folder(path.resolve(), f"{name}/")
    elif path.is_file():
        found = reader.given(path.resolve(), name)
    else:
        raise NotReady(f"There is no file {path}. Nothing was changed.")
    for number, file in enumerate(found):
        if file.path == name and file.why:
            raise NotReady(f"{path} {file.why}: download it again. Nothing was changed.")
        at = None
        if file.data is not None:
            at = folder / f"{download}.{number}"
            at.write_bytes(file.data)
        yield Item(file.path, download, file.why, file.when, at)


# ---------------------------------------------------------------- what there is
def names_file(root: Path, name: str) -> Path:
    return root / state.FOLDER / f"{name}.collected.json"


def collected(root: Path, name: str) -> dict[str, dict]:
    """Student to what was collected last: platform, whether late, and path to the start of the
    name that the platform has given it.
    """
    try:
        return dict(json.loads(names_file(root, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def contents(folder: Path) -> dict[str, bytes]:
    """What a hand-in consists of: its files but for the time."""
    found = {}
    for place, _, names in os.walk(folder):
        for file in (Path(place) / name for name in names):
            if (inner := str(file.relative_to(folder))) != TIME:
                found[inner] = read_file(file).data
    return found


def what_changes(hand_in: HandIn, new: Path, place: Path, before: dict) -> tuple[bool, str]:
    """Whether a hand-in has to be put into its place, and what is said of that."""
    late = " LATE." if hand_in.late else ""
    if not os.path.lexists(place):
        return True, f"new.{late}"
    there, files = contents(place), contents(new)
    if there == files and bool(before.get("late")) == hand_in.late:
        return False, f"there already.{late}"
    gone = sorted(set(there) - set(files))
    lost = f" No longer in it: {', '.join(gone)}." if gone else ""
    return True, f"replaces an earlier one, which is kept.{lost}{late}"


# ---------------------------------------------------------------- moving
def put(plan: downloads.Plan, course: "Course", folder: Path) -> dict[str, Path]:
    """Every hand-in into a folder of its own: student to folder. What cannot be written is left
    out of the plan.
    """
    found = {}
    for number, (student, hand_in) in enumerate(list(plan.students.items())):
        new = folder / f"new.{number}"
        try:
            for path, item in hand_in.files.items():
                (new / path).parent.mkdir(parents=True, exist_ok=True)
                os.rename(item.at, new / path)
        except OSError as problem:
            why = f"it cannot be written for {student} ({reason(problem)})"
            plan.left.append((item.shown, why))
            del plan.students[student]
            continue
        if when := handed_in_at(hand_in, course.due):
            write_whole(new / TIME, f"{when:%Y-%m-%d %H:%M:%S.%f} UTC\n")
        found[student] = new
    return found


def exchange(folder: Path, moves: list[tuple[Path, Path, Path]]):
    """(new, place, aside) of each hand-in: all of them are moved, or none. Raises OSError."""
    write_whole(folder / "moves.json", json.dumps([list(map(str, move)) for move in moves]))
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it takes no time
    try:
        for new, place, aside in moves:
            place.parent.mkdir(parents=True, exist_ok=True)
            if os.path.lexists(place):
                aside.parent.mkdir(parents=True, exist_ok=True)
                os.rename(place, aside)
            os.rename(new, place)
    except OSError:
        for new, place, aside in moves:
            if os.path.lexists(place) and not os.path.lexists(new):
                os.rename(place, new)
        put_back(folder)
        raise
    finally:
        signal.signal(signal.SIGINT, usual)


def put_back(folder: Path):
    """What a run has put aside and not replaced, because it ended there, goes back."""
    try:
        moves = json.loads((folder / "moves.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for new, place, aside in moves:
        if os.path.lexists(aside) and os.path.lexists(new) and not os.path.lexists(place):
            os.rename(aside, place)


# ---------------------------------------------------------------- the whole of it
@dataclass(frozen=True)
class Course:
    """What collecting needs to know. due: in UTC; submitted: student to the place of a hand-in;
    folder: the folder of all of these.
    """

    root: Path
    name: str
    notebooks: set[str]
    roster: Roster
    due: datetime | None
    submitted: Callable[[str], Path]
    folder: Path


def collect(course: Course, given: list[Path], agreed: Callable[[], bool]) -> int:
    """The exit code. agreed: asked once everything has been shown. Raises NotReady or OSError."""
    with alone(course.root, course.name, [course.folder]):
        return collect_alone(course, given, agreed)


def collect_alone(course: Course, given: list[Path], agreed: Callable[[], bool]) -> int:
    before = collected(course.root, course.name)
    ours = beside(course.root, course.folder)
    aside = ours / f"{course.name}.earlier" / f"{datetime.now():%Y%m%d-%H%M%S}"
    with staged(ours / f"{course.name}.collecting", given) as (folder, items):
        plan = downloads.plan(items, course.roster, course.notebooks)
        new, places = put(plan, course, folder), {s: course.submitted(s) for s in plan.students}
        changes = {
            student: what_changes(hand_in, new[student], places[student], before.get(student, {}))
            for student, hand_in in plan.students.items()
        }
        print("\n".join(table(course, plan, changes)))
        moved = [student for student, (changed, _) in changes.items() if changed]
        if moved and not agreed():
            return STOPPED
        exchange(folder, [(new[s], places[s], aside / s) for s in moved])
    for student, hand_in in plan.students.items():
        about = {"platform": hand_in.platform, "late": hand_in.late, "names": hand_in.prefixes}
        before[student] = about
    write_whole(names_file(course.root, course.name), json.dumps(before, indent=1))
    print(f"{len(moved)} put into place, {len(changes) - len(moved)} there already.")
    if aside.exists():
        inside = aside.is_relative_to(course.root)
        print(f"What was there before is in {aside.relative_to(course.root) if inside else aside}.")
    return 1 if plan.left else 0


def handed_in_at(hand_in: HandIn, due: datetime | None) -> datetime | None:
    """In UTC, where it is late. How late, nobody says: so late as is certain, a second; without a
    due date, when it lay in the download.
    """
    if not hand_in.late:
        return None
    if due:
        return due + timedelta(seconds=1)
    dates = [item.when for item in hand_in.files.values() if item.when] or [datetime.now()]
    return max(dates).astimezone(UTC)


def table(course: Course, plan: downloads.Plan, changes: dict[str, tuple[bool, str]]):
    """What there is, line by line, for a person to agree to."""
    yield f"{course.name}: {len(plan.students)} hand-ins of {len(course.roster.people)} students"
    wide = max((len(student) for student in plan.students), default=0)
    for student, hand_in in plan.students.items():
        person, (_, what) = course.roster.people[student], changes[student]
        first = next(iter(hand_in.files.values())).shown
        name = f"{person.name}: " if person.name else ""
        yield f"  {shown(student):<{wide}}  {name}{listed(sorted(hand_in.files), SHOWN)}"
        yield f"  {'':<{wide}}  from {first}: {what}"
        for path in hand_in.older:
            yield f"  {'':<{wide}}  not taken, since a newer one is there: {path}"
    none = [student for student in course.roster.people if student not in plan.students]
    there = [student for student in none if os.path.lexists(course.submitted(student))]
    if there:
        yield f"Not in the download; what is in submitted/ stays: {', '.join(map(shown, there))}"
    if none := [shown(student) for student in none if student not in there]:
        yield f"Nothing that is theirs beyond doubt: {', '.join(none)}"
    if plan.left:
        yield "Left out:"
        yield from (f"  {path}: {why}" for path, why in plan.left)
    if any(hand_in.late for hand_in in plan.students.values()):
        yield LATE_WITH_DUE if course.due else LATE
