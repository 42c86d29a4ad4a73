"""Rebuilds a submitted notebook from the release: only the text of the student's cells is taken
over.

Tags, metadata, outputs, edited tests, duplicates, unreadable files and the rest are then no cases
at all. What was odd is noted for the instructor in plain words.
"""

import json
import os
import re
import stat
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from ..pages.graded import NOT_HANDED_IN, grade_id

MOST_BYTES = 200 << 20
MOST_TEXT = 200_000  # characters of one cell
MOST_CELLS = 500


@dataclass(frozen=True)
class HandedIn:
    """A submission as plain values. `files`: name of a notebook to its bytes, None where it was not
    handed in; `odd`: name to what was odd about the file; `timestamp`: when it was handed in, UTC,
    where that is known.
    """

    student: str
    files: dict[str, bytes | None]
    odd: dict[str, str]
    timestamp: datetime | None


@dataclass
class Rebuilt:
    """The notebook to grade; `notes` for the instructor; `missing` says, for the student, that
    there was nothing to read.
    """

    notebook: NotebookNode
    notes: list[str] = field(default_factory=list)
    missing: str | None = None


@dataclass
class Text:
    """What is taken over of a student's cell."""

    kind: str
    source: str
    key: str | None = None
    marks: dict = field(default_factory=dict)
    tags: tuple = ()


def is_solution(cell: NotebookNode) -> bool:
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("solution")) and cell.cell_type == "code"


def read_notebooks(
    folder: Path, names: list[str]
) -> tuple[dict[str, bytes | None], dict[str, str]]:
    """Name of a notebook to its bytes in the submission `folder`, and to what is odd about the
    file.
    """
    found = {name: read_file(folder / f"{name}.ipynb") for name in names}
    files = {name: data for name, (data, _) in found.items()}
    return files, {name: odd for name, (_, odd) in found.items() if odd}


def rebuild(
    data: bytes | None, release: NotebookNode, name: str, odd: str | None = None
) -> Rebuilt:
    """The release notebook `name` with the texts of the submitted one in `data`; None where nothing
    was handed in, or nothing that could be read, as `odd` says.
    """
    rebuilt = Rebuilt(deepcopy(release))
    for cell in rebuilt.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if data is None:
        rebuilt.missing = odd or f"{name}.ipynb {NOT_HANDED_IN}"
        rebuilt.notes += [odd] if odd else []
        return rebuilt
    try:
        texts = read_texts(data)
    except ValueError as problem:
        rebuilt.missing = f"{name}.ipynb could not be read: {problem}."
        rebuilt.notes.append(rebuilt.missing)
        return rebuilt
    take_over(texts, rebuilt)
    return rebuilt


# ---------------------------------------------------------------- reading
def read_file(path: Path) -> tuple[bytes | None, str | None]:
    """The bytes of a submitted file, and what was odd about it. Links are not followed, and nothing
    but a file is opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None, None
    except OSError as problem:
        return (
            None,
            f"{path.name} is a link or cannot be opened ({problem.strerror}); it was not used.",
        )
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MOST_BYTES:
        os.close(handle)
        return None, f"{path.name} is no ordinary file, or too large; it was not used."
    with open(handle, "rb") as file:
        return file.read(), None


def read_texts(data: bytes) -> list[Text]:
    """The cells of a notebook in any format and state. Raises ValueError with a reason where there
    are none to read.
    """
    if not data.strip():
        raise ValueError("the file is empty")
    if len(data) > MOST_BYTES:
        raise ValueError(f"the file is larger than {MOST_BYTES >> 20} MB")
    try:
        notebook = json.loads(
            data.decode(
                "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig",
                errors="replace",
            )
        )
    except (ValueError, RecursionError):
        raise ValueError("it is not valid JSON") from None
    if not isinstance(notebook, dict):
        raise ValueError("it is not a notebook")
    cells = notebook.get("cells")
    if not isinstance(cells, list):  # nbformat 3 and older
        sheets = notebook.get("worksheets")
        cells = (
            [
                cell
                for sheet in sheets
                if isinstance(sheet, dict)
                for cell in sheet.get("cells") or []
            ]
            if isinstance(sheets, list)
            else None
        )
    if not isinstance(cells, list):
        raise ValueError("it has no cells")
    return [text for cell in cells[:MOST_CELLS] if (text := text_of(cell))]


def text_of(cell) -> Text | None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in ("code", "markdown"):
        return None
    source = cell.get("source", cell.get("input", ""))
    source = (
        "".join(line for line in source if isinstance(line, str))
        if isinstance(source, list)
        else source
    )
    source = source.encode("utf-8", "replace").decode() if isinstance(source, str) else ""
    metadata = cell["metadata"] if isinstance(cell.get("metadata"), dict) else {}
    marks = metadata["nbgrader"] if isinstance(metadata.get("nbgrader"), dict) else {}
    key = marks.get("grade_id") if isinstance(marks.get("grade_id"), str) else cell.get("id")
    tags = metadata["tags"] if isinstance(metadata.get("tags"), list) else []
    return Text(
        cell["cell_type"],
        source[:MOST_TEXT],
        key if isinstance(key, str) else None,
        marks,
        tuple(tag for tag in tags if isinstance(tag, str)),
    )


# ---------------------------------------------------------------- taking over
def take_over(texts: list[Text], rebuilt: Rebuilt):
    cells = rebuilt.notebook.cells
    known = {
        key: place
        for place, cell in enumerate(cells)
        for key in (grade_id(cell), cell.get("id"))
        if key
    }
    by_text = {
        cell.source.strip(): place for place, cell in enumerate(cells) if not is_solution(cell)
    }
    answers, own, place = {}, {}, -1
    for text in texts:
        at = known.get(text.key, by_text.get(text.source.strip()))
        if at is None:
            own.setdefault(place, []).append(text)
            continue
        look_for_oddities(text, cells[at], rebuilt.notes)
        place = at
        if is_solution(cells[at]):
            if at in answers:
                rebuilt.notes.append(
                    f"The cell {grade_id(cells[at])} is there more than once; the copies ran "
                    "after it, in their order."
                )
                own.setdefault(at, []).append(text)
            else:
                answers[at] = text
    for at, cell in enumerate(cells):
        if is_solution(cell):
            cell.source = answer(at, cell, answers, own, rebuilt.notes)
    count = iter(range(1, len(texts) + 1))
    rebuilt.notebook.cells = [
        row
        for at in range(-1, len(cells))
        for row in [
            *cells[max(at, 0) : at + 1],
            *(own_cell(text, next(count)) for text in own.get(at, [])),
        ]
    ]


def answer(
    at: int,
    cell: NotebookNode,
    answers: dict[int, Text],
    own: dict[int, list[Text]],
    notes: list[str],
) -> str:
    """The student's text for a solution cell; where the cell is gone, another one that defines its
    name.
    """
    if at in answers:
        return answers[at].source
    name = grade_id(cell)
    for rows in own.values():
        for text in rows:
            if re.search(rf"(?m)^(class\s+{name}\b|{name}\s*=)", text.source):
                rows.remove(text)
                notes.append(
                    f"The cell {name} has lost its mark; the cell that defines "
                    f"{name} was taken in its place."
                )
                return text.source
    notes.append(f"The cell {name} is missing.")
    return ""


def own_cell(text: Text, number: int) -> NotebookNode:
    """A cell that the student added, with an id that is the same at every rebuild."""
    new = new_code_cell if text.kind == "code" else new_markdown_cell
    return new(text.source, id=f"own-{number}")


MARKS = ("points", "grade", "solution", "locked", "task", "schema_version")


def look_for_oddities(text: Text, cell: NotebookNode, notes: list[str]):
    """Notes about a cell of the release that came back other than it was given out."""
    name, given = grade_id(cell) or cell.get("id"), cell.metadata.get("nbgrader", {})
    if text.kind != cell.cell_type:
        notes.append(
            f"The cell {name} was turned into a {text.kind} cell; it was taken as {cell.cell_type}."
        )
    if (
        cell.cell_type == "code"
        and not is_solution(cell)
        and text.source.strip() != cell.source.strip()
    ):
        notes.append(f"The cell {name} was edited; the original was used.")
    if (
        given
        and text.marks
        and (changed := [mark for mark in MARKS if text.marks.get(mark) != given.get(mark)])
    ):
        notes.append(
            f"The marks of the cell {name} were changed ({', '.join(changed)}); "
            "the original ones were used."
        )
    if extra := sorted(set(text.tags) - set(cell.metadata.get("tags", []))):
        notes.append(f"The cell {name} carries the tag {', '.join(extra)[:80]}; it was ignored.")
