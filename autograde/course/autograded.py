"""nbgrader's folder `autograded/`: the graded notebooks of a submission, and what the release has
beside them, so that an instructor can run them.
"""

import json
from datetime import datetime
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..pages.graded import grade_id, graded_at, verdicts
from .files import write_whole
from .grade import Graded
from .release import Assignment


def write_notebooks(
    assignment: Assignment,
    folder: Path,
    timestamp: datetime | None,
    secret: str | None,
    texts: dict[str, str],
    groupshared: bool,
):
    """Graded notebooks (name to JSON) into `folder`, each whole or not at all; and nbgrader's own
    two files, which its feedback needs. With nbgrader's rights, as its `groupshared` has them.
    """
    files = dict(assignment.kit)
    if timestamp:
        files["timestamp.txt"] = f"{timestamp} UTC\n"
    if secret:
        files["submission_secret.txt"] = secret
    for path in {"timestamp.txt", "submission_secret.txt"} - files.keys():
        (folder / path).unlink(missing_ok=True)  # of an earlier hand-in
    files |= {f"{name}.ipynb": text for name, text in texts.items()}
    for path, text in files.items():
        write_whole(folder / path, text, 0o664 if groupshared else 0o444)


def same_texts(path: Path, graded: Graded) -> frozenset[str]:
    """grade_ids of cells that a graded notebook has with the same text and pictures as the one that
    was graded before, at `path`."""
    before = texts_of(graded_at(path))
    now = texts_of(nbformat.reads(graded.text, as_version=4))
    return frozenset(key for key in now if before.get(key) == now[key])


def texts_of(notebook: NotebookNode) -> dict[str, object]:
    """What a student answers to a task stands in cells of their own, so in any of them."""
    said = [(cell.source, cell.get("attachments")) for cell in notebook.cells]
    return {
        key: said if cell.metadata.nbgrader.get("task") else said[number]
        for number, cell in enumerate(notebook.cells)
        if (key := grade_id(cell))
    }


def is_whole(path: Path, marks: dict[str, float]) -> bool:
    """Whether a graded notebook lies there with these marks: a person, or a full disk, may have
    been at it. Without nbformat's checks, which take four times as long."""
    try:
        notebook = nbformat.from_dict(json.loads(path.read_bytes()))
        return {grade_id(cell): verdict.score for cell, verdict in verdicts(notebook)} == marks
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return False
