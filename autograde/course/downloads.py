"""What Canvas and Moodle give out for a whole class, told by the names in it: which file is whose,
which attempt counts, what is late. Pure: names in, a plan out.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from ..pages.roster import ESCAPED, Roster
from .account import NBGRADERS

# doejane_LATE_12345_678901_01_basic_lstm.ipynb: name, mark, student, file, the file's own name
CANVAS = re.compile(
    r"(?P<prefix>(?P<name>.*?)(?P<late>_LATE)?_(?P<number>\d+)_((?P<file>\d+)_)?)"
    r"(?P<rest>(?(file).+|(text|link)\.html))"
)
HIDDEN = re.compile(r"(LATE_)?anon_\w+?_(\d+_.+|(text|link)\.html)")  # anonymous grading
# Jane Doe_123456_assignsubmission_file_/…: a folder of a student; or the start of a file's name
MOODLE = re.compile(
    r"(?P<prefix>(?P<name>[^_]*)_(?P<number>\d+)_assignsubmission_[a-z0-9]+)(_(?P<rest>.*))?"
)
COPY = re.compile(r"-\d{1,3}(?=(\.\w+)?$)")  # what Canvas adds to a name that was there before
SEPARATOR = re.compile(rf"/|(?!{ESCAPED.pattern})\\")  # some write zips with Windows's
TIMES = ("timestamp.txt", "submission_secret.txt")  # nbgrader's, and no student's to hand in
NO_NAME = "its name is none that Canvas or Moodle give to a hand-in"
ANONYMOUS = "Canvas has left out the name: turn off anonymous grading there, and download again"


@dataclass(frozen=True)
class Entry:
    """A file of a download by its name. who, number: the student's name and the platform's number;
    prefix: what stands before the file's own name; path: its place in the student's folder; file:
    Canvas's number of the file, which rises with time.
    """

    platform: str
    who: str
    number: str
    prefix: str
    path: str
    late: bool = False
    file: int = 0


@dataclass(frozen=True)
class Item:
    """A file of a download. shown: its path there; download: which of those that were given; why:
    what kept it from being read; at: where its bytes lie meanwhile, if anywhere.
    """

    shown: str
    download: int = 0
    why: str = ""
    when: datetime | None = None
    at: object = None


@dataclass
class HandIn:
    """What goes into a student's folder. files: path to item; prefixes: path to what the platform
    calls it; older: what newer files have taken the place of.
    """

    files: dict[str, Item] = field(default_factory=dict)
    prefixes: dict[str, str] = field(default_factory=dict)
    platform: str = ""
    late: bool = False
    older: list[str] = field(default_factory=list)


@dataclass
class Plan:
    """left: (path in the download, why) of what is nobody's or cannot be read; incomplete: students
    of whom a notebook or a zip cannot.
    """

    students: dict[str, HandIn] = field(default_factory=dict)
    left: list[tuple[str, str]] = field(default_factory=list)
    incomplete: set[str] = field(default_factory=set)


# ---------------------------------------------------------------- one name
def entry_of(shown: str, folders_too: bool = False) -> Entry | None:
    """What a path in a download says; None where it is no platform's. folders_too: whether a zip
    that a student handed in may have been unpacked into a folder of its name.
    """
    parts = [part for part in SEPARATOR.split(shown) if part not in ("", ".")]
    for k, part in enumerate(parts):
        inner = parts[k + 1 :]
        if found := MOODLE.fullmatch(part):
            path = "/".join([*filter(None, [found["rest"]]), *inner])
            if path:
                said = (found["name"], found["number"], f"{found['prefix']}_")
                return Entry("moodle", *said, path)
        if (not inner or folders_too) and (found := CANVAS.fullmatch(part)):
            if not HIDDEN.fullmatch(part):
                said = (found["name"], found["number"], found["prefix"])
                path = "/".join(inner) or found["rest"]
                late, file = bool(found["late"]), int(found["file"] or 0)
                return Entry("canvas", *said, path, late, file)
    return None


def is_hand_in(shown: str) -> bool:
    return entry_of(shown) is not None or is_anonymous(shown)


def is_anonymous(shown: str) -> bool:
    return bool(HIDDEN.fullmatch(PurePosixPath(shown).name))


# ---------------------------------------------------------------- a class
def plan(items: list[Item], roster: Roster, notebooks: set[str], folders_too=False) -> Plan:
    """What of a download goes where. notebooks: names of those that were given out."""
    found, mine = Plan(), defaultdict(list)
    entries = [(item, entry_of(item.shown, folders_too)) for item in items]
    owners = owners_of([entry for _, entry in entries if entry], roster)
    for item, entry in entries:
        if not entry and PurePosixPath(item.shown).name in NBGRADERS:
            continue
        student, why = owners[entry.platform, entry.who, entry.number] if entry else ("", NO_NAME)
        if why := refused(item, entry) or why:
            found.left.append((item.shown, why))
        else:
            mine[student].append((item, entry))
        if item.why and student and item.shown.lower().endswith((".ipynb", ".zip")):
            found.incomplete.add(student)
    for student in sorted(mine):
        if student in found.incomplete:
            why = f"it is {student}'s, of whom another file is left out"
            found.left += [(item.shown, why) for item, _ in mine[student]]
        else:
            found.students[student] = hand_in(mine[student], notebooks)
    return found


def refused(item: Item, entry: Entry | None) -> str:
    """Why a file is taken for nobody, whoever it belongs to."""
    if item.why:
        return item.why
    if ".." in SEPARATOR.split(item.shown):
        return "its path leads out of the folder"
    if is_anonymous(item.shown):
        return ANONYMOUS
    if entry and entry.path.casefold() in TIMES:  # some disks tell no small letters
        return "only nbgrader may write a file of this name; when it was handed in is not in it"
    return ""


def owners_of(entries: list[Entry], roster: Roster) -> dict[tuple[str, str, str], tuple[str, str]]:
    """(platform, name, number) to whose that is; or to "" and why."""
    trusted = {e.platform for e in entries if roster.numbers[e.platform].get(e.number)}
    keys = dict.fromkeys((entry.platform, entry.who, entry.number) for entry in entries)
    owners = {key: roster.of_file(*key, trusted=key[0] in trusted) for key in keys}
    claims = defaultdict(set)  # two numbers that claim one student: neither has it
    for (platform, _, number), (student, _) in owners.items():
        claims[platform, student].add(number)
    for key, (student, _) in owners.items():
        if student and len(numbers := claims[key[0], student]) > 1:
            both = " and ".join(sorted(numbers))
            owners[key] = "", f"it may be {student}, who cannot have both numbers {both}"
    return owners


# ---------------------------------------------------------------- a student
def hand_in(mine: list[tuple[Item, Entry]], notebooks: set[str]) -> HandIn:
    """The newest of each file, wherever several are attempts at the same one."""
    attempts, found = defaultdict(list), HandIn()
    for item, entry in mine:
        slot, place = slot_of(item, entry, mine, notebooks)
        attempts[slot.casefold()].append((place, item, entry))
    for several in attempts.values():
        *older, (place, item, entry) = sorted(several, key=lambda one: age(*one[1:]))
        found.files[place], found.prefixes[place] = item, entry.prefix
        found.platform, found.late = entry.platform, found.late or entry.late
        found.older += [item.shown for _, item, _ in older]
    return found


def slot_of(item: Item, entry: Entry, mine, notebooks: set[str]) -> tuple[str, str]:
    """What a file is an attempt at, and its place in the student's folder. Canvas adds -1, -2, … to
    a name that was handed in before; but a student may do so as well, and mean another file.
    """
    first = COPY.sub("", entry.path) if entry.platform == "canvas" else entry.path
    if PurePosixPath(first).stem in notebooks:
        return first, first
    before = {other.path for one, other in mine if one.download != item.download}
    return (first if first in before else entry.path), entry.path


def age(item: Item, entry: Entry) -> tuple:
    return entry.file, item.when or datetime.min, item.download
