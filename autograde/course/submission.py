"""Reads a submission's folder: everything that lies in it, and when it was handed in."""

import os
import re
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dateutil.parser import parse
from dateutil.tz import gettz
from nbgrader.utils import parse_utc

from .account import TIME, HandedIn, account
from .cells import decoded
from .files import Found, Reader, TooMuch, read_file, shown
from .release import Assignment

TIME_BYTES = 1000  # of a timestamp.txt
NEARLY_TIME = re.compile(r"\W*timestamp\W*\d*\W*(txt\W*)*", re.IGNORECASE)
CLOCKS = datetime(2000, 1, 2), datetime(2001, 3, 5)
FARTHEST = timedelta(days=50 * 365)  # from now, of a time that somebody may have meant


def read_submission(student: str, folder: Path, assignment: Assignment) -> HandedIn:
    """What a student has handed in, every file of it accounted for."""
    found, asks = [], []
    try:
        for file in Reader().folder(folder):
            found.append(file)
    except TooMuch as problem:
        asks.append(
            f"Not all of the folder was read, since {problem}: take out what is no work of the "
            "student's, then grade again."
        )
    timestamp, why = handed_in_at(folder) if os.access(folder, os.X_OK) else (None, None)
    if why:
        asks.append(f"{TIME} {why}: it counts as on time. Correct the file, or delete it.")
    elif not timestamp and (other := nearly_time(folder)):
        asks.append(
            f"{other} is not read, since a time has to be in {TIME}: it counts as on time. Rename "
            "the file, or delete it."
        )
    return account(
        student,
        found,
        assignment.notebooks,
        assignment.kit,
        timestamp,
        tuple(asks),
        assignment.further,
    )


def handed_in_at(folder: Path) -> tuple[datetime | None, str | None]:
    """nbgrader's timestamp.txt as UTC, and why it cannot be read as a time, where it cannot."""
    path = folder / TIME
    try:
        path.lstat()
    except FileNotFoundError:
        return None, None
    except OSError as problem:
        return None, f"cannot be read ({problem.strerror})"
    found = read_file(path, TIME_BYTES)
    if found.data is None:
        return None, found.why
    text = decoded(found.data).strip()
    when = time_in(text)
    if when is None:
        return None, f"holds no time ({text[:40]!r})" if text else "is empty"
    if len(day_or_month(text)) > 1:
        return None, f"does not say which number is the month ({text[:40]!r})"
    return when, None


def nearly_time(folder: Path) -> str | None:
    """A file that somebody may have meant to be nbgrader's timestamp.txt."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return None
    return next((shown(name) for name in names if NEARLY_TIME.fullmatch(name)), None)


def day_or_month(text: str) -> set[int]:
    """The numbers at the start of a time that may be its month, where its year comes last."""
    numbers = re.match(r"(\d\d?)[./-](\d\d?)[./-]\d", text)
    return {int(number) for number in numbers.groups() if int(number) <= 12} if numbers else set()


def time_in(text: str) -> datetime | None:
    """A time as nbgrader reads it, in UTC; None for what is none, or has no day or a zone that
    nobody knows, or lies too far away to be meant.
    """
    try:
        with warnings.catch_warnings(action="error"):
            whole = text and has_known_zone(text) and has_day(text)
            when = parse_utc(text) if whole else None
        now = datetime.now(UTC).replace(tzinfo=None)
        return when if when and abs(when - now) < FARTHEST else None
    except Exception:  # dateutil raises many things on what is no time
        return None


def has_known_zone(text: str) -> bool:
    """nbgrader takes the last of three words for a zone, and UTC in place of one unknown to it."""
    words = text.split(" ")
    number = len(words) == 3 and words[2].lstrip("+-").isdigit()
    return len(words) != 3 or number or gettz(words[2]) is not None


def has_day(text: str) -> bool:
    """dateutil takes from the clock what a date lacks."""
    text = " ".join(text.split(" ")[:2]) if len(text.split(" ")) == 3 else text
    days = {parse(text, default=clock, fuzzy=True).date() for clock in CLOCKS}
    return len(days) == 1


def secret_of(folder: Path) -> str | None:
    """nbgrader's submission_secret.txt, which its `release_feedback` needs."""
    found: Found = read_file(folder / "submission_secret.txt", TIME_BYTES)
    return found.data.decode("utf-8", "replace") if found.data else None
