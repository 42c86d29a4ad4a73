"""Which submissions are graded, by content, in a folder `.autograde/` of the course; and what else
a run needs of files.
"""

import hashlib
import json
import os
from functools import cache
from pathlib import Path

from nbgrader.utils import parse_utc

from .release import Assignment
from .submission import HandedIn, read_file

FOLDER = ".autograde"
PACKAGE = Path(__file__).resolve().parent.parent


def digests(assignment: Assignment, submission: HandedIn) -> dict[str, str]:
    """Notebook to a digest of everything that decides its mark: the file, when it was handed in,
    the release, the grader.
    """
    around = f"{grader_digest()} {assignment.digest} {submission.timestamp}"
    found = {}
    for name, content in submission.files.items():
        seen = hashlib.sha256(f"{around} {name} {content is None} ".encode())
        seen.update(content or b"")
        found[name] = seen.hexdigest()
    return found


@cache
def grader_digest() -> str:
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in sorted(PACKAGE.rglob("*.py")))
    ).hexdigest()


def place(root: Path, assignment: str, student: str) -> Path:
    return root / FOLDER / assignment / f"{student}.json"


def finished(root: Path, assignment: str, student: str) -> dict[str, str]:
    """The digests of the notebooks as they were graded last, without those that no run has
    finished.
    """
    try:
        return dict(json.loads(place(root, assignment, student).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def remember(root: Path, assignment: str, student: str, digests: dict[str, str]):
    replace(
        place(root, assignment, student), json.dumps(finished(root, assignment, student) | digests)
    )


def forget(root: Path, assignment: str, student: str, names):
    left = {
        name: digest
        for name, digest in finished(root, assignment, student).items()
        if name not in names
    }
    replace(place(root, assignment, student), json.dumps(left))


def timestamp(folder: Path):
    """When the submission in `folder` was handed in, or None: nbgrader's timestamp.txt, where it
    can be read as one.
    """
    path = folder / "timestamp.txt"
    try:
        if path.is_symlink() or path.stat().st_size > 1000:
            return None
        return parse_utc(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None


def copy_release(assignment: Assignment, folder: Path, timestamp):
    """The kit beside the graded notebooks, so that an instructor can run them; and nbgrader's
    timestamp.txt, which feedback needs.
    """
    for path, text in assignment.kit.items():
        replace(folder / path, text)
    if timestamp:
        replace(folder / "timestamp.txt", f"{timestamp} UTC\n")


def copy_secret(submitted: Path, folder: Path):
    """What nbgrader's `release_feedback` needs of a submission that came by its exchange."""
    data, _ = read_file(submitted / "submission_secret.txt")
    if data and len(data) < 1000:
        replace(folder / "submission_secret.txt", data.decode("utf-8", "replace"))


def write_notebooks(assignment: Assignment, folder: Path, timestamp, texts: dict[str, str]):
    """Graded notebooks (name to JSON) into `folder`, each whole or not at all."""
    copy_release(assignment, folder, timestamp)
    for name, text in texts.items():
        replace(folder / f"{name}.ipynb", text)


def replace(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o444)
    os.replace(draft, path)
