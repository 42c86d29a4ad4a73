"""What is graded and unchanged: a file for each student in the folder `.autograde/` of the course.

For each notebook it holds a digest of everything that decides its mark, and the marks that were
written. The gradebook is asked as well: marks that are no longer in it are no marks.
"""

import hashlib
import importlib.util
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from .account import HandedIn
from .files import write_whole

FOLDER = ".autograde"
PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    """One notebook as it was graded. marks: test cell to points; lacks: packages that were not
    there, and without which marks may have been lost; flagged: by us, for a person; book: which
    gradebook it was, and writes: how often that had been written to by then.
    """

    digest: str
    marks: dict[str, float]
    lacks: tuple[str, ...] = ()
    flagged: bool = False
    book: str = ""
    writes: int = 0

    def holds(self, digest: str, marks: dict[str, float | None]) -> bool:
        """Whether it still does: nothing has changed, and the marks are in the gradebook."""
        there = all(marks.get(cell) == points for cell, points in self.marks.items())
        return self.digest == digest and there and not any(map(importable, self.lacks))


def importable(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False


def digests(submission: HandedIn, around: str) -> dict[str, str]:
    """Notebook to a digest of everything that decides its mark. around: what is the same for a
    whole class, such as the release and the settings.
    """
    own = json.dumps(submission.own, sort_keys=True)
    common = f"{grader_digest()} {around} {submission.timestamp} {own}"
    found = {}
    for name, taken in submission.notebooks.items():
        said = [taken.missing, taken.notes, taken.asks]
        seen = hashlib.sha256(f"{common} {name} {said}".encode("utf-8", "replace"))
        seen.update(taken.data or b"")
        found[name] = seen.hexdigest()
    return found


@cache
def grader_digest() -> str:
    """Of the grader's own code."""
    files = (path.read_bytes() for path in sorted(PACKAGE.rglob("*.py")))
    return hashlib.sha256(b"".join(files)).hexdigest()


def place(root: Path, assignment: str, student: str) -> Path:
    return root / FOLDER / assignment / f"{student}.json"


def finished(root: Path, assignment: str, student: str) -> dict[str, Done]:
    """The notebooks that a run has finished, as they were graded last."""
    try:
        held = json.loads(place(root, assignment, student).read_text(encoding="utf-8"))
        return {name: Done(**done) for name, done in held.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def remember(root: Path, assignment: str, student: str, done: dict[str, Done]):
    write(root, assignment, student, finished(root, assignment, student) | done)


def forget(root: Path, assignment: str, student: str, names):
    """None of these notebooks counts as graded any more."""
    held = finished(root, assignment, student)
    if left_out := held.keys() & set(names):
        left = {name: done for name, done in held.items() if name not in left_out}
        write(root, assignment, student, left)


def write(root: Path, assignment: str, student: str, done: dict[str, Done]):
    held = {name: asdict(about) for name, about in done.items()}
    write_whole(place(root, assignment, student), json.dumps(held), 0o444)
