"""Which submissions are graded, by content, in a folder `.autograde/` of the course; and what else a run needs of files."""
import hashlib
import json
import os
from functools import cache
from pathlib import Path

from nbgrader.utils import parse_utc

from .assignment import Assignment
from .submission import read_file

FOLDER = ".autograde"
HERE = Path(__file__).resolve().parent


def digest(assignment: Assignment, data: dict[str, bytes | None], timestamp: object) -> str:
    """Of everything that decides a mark: the submission, when it was handed in, the release, the grader."""
    seen = hashlib.sha256(f"{grader_digest()} {assignment.digest} {timestamp}".encode())
    for name in sorted(data):
        seen.update(f"{name} {data[name] is None} ".encode() + hashlib.sha256(data[name] or b"").digest())
    return seen.hexdigest()


@cache
def grader_digest() -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))).hexdigest()


def place(root: Path, assignment: str, student: str) -> Path:
    return root / FOLDER / assignment / f"{student}.json"


def finished(root: Path, assignment: str, student: str) -> str | None:
    """The digest of the submission as it was graded last; None where no run has finished it."""
    try:
        return json.loads(place(root, assignment, student).read_text(encoding="utf-8"))["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(root: Path, assignment: str, student: str, digest: str):
    path = place(root, assignment, student)
    replace(path, json.dumps({"digest": digest}))


def forget(root: Path, assignment: str, student: str):
    place(root, assignment, student).unlink(missing_ok=True)


def timestamp(folder: Path):
    """When the submission in `folder` was handed in, or None: nbgrader's timestamp.txt, where it can be read as one."""
    path = folder / "timestamp.txt"
    try:
        if path.is_symlink() or path.stat().st_size > 1000:
            return None
        return parse_utc(path.read_text(encoding="utf-8").strip())
    except (OSError, ValueError, OverflowError):
        return None


def copy_release(assignment: Assignment, folder: Path):
    """The kit beside the graded notebooks, so that an instructor can run them."""
    for path, text in assignment.kit.items():
        replace(folder / path, text)


def copy_receipt(submitted: Path, folder: Path):
    """What nbgrader's `release_feedback` needs beside the graded notebooks, where they came through its exchange."""
    for name in ("timestamp.txt", "submission_secret.txt"):
        data, _ = read_file(submitted / name)
        if data and len(data) < 1000:
            replace(folder / name, data.decode("utf-8", "replace"))


def write_notebooks(assignment: Assignment, folder: Path, texts: dict[str, str]):
    """Graded notebooks (name to JSON) into `folder`, each whole or not at all."""
    copy_release(assignment, folder)
    for name, text in texts.items():
        replace(folder / f"{name}.ipynb", text)


def replace(path: Path, text: str):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(0o444)
    os.replace(draft, path)
