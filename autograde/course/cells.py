"""The cells of a submitted notebook, read from bytes in any format and state."""

import json
import re
from dataclasses import dataclass, field

from .files import other_kind

MOST_VALUES = 1_000_000  # in the JSON of a notebook: each takes a hundred bytes of memory
MOST_TEXT = 200_000  # characters of one cell
MOST_CELLS = 500
MOST_ATTACHED = 20 << 20  # characters of all pictures that one text has attached
KINDS = ("code", "markdown", "raw")
CONFLICT = re.compile(rb"(?m)^(<{7}|={7}|>{7})(\s|$)")


@dataclass(frozen=True)
class Text:
    """What is taken over of a student's cell. key: its grade_id; id: its cell id; marks: nbgrader's
    metadata; attached: name of a picture to its data by type.
    """

    kind: str
    source: str
    key: str | None = None
    id: str | None = None
    marks: dict = field(default_factory=dict)
    tags: tuple = ()
    attached: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Sheet:
    """A student's notebook. python: the version that it was last run with, where it says so; more:
    how many cells there are beyond those that are read.
    """

    texts: tuple[Text, ...]
    python: str | None = None
    more: int = 0


def read_sheet(data: bytes) -> Sheet:
    """Raises ValueError, with a reason for the student, where no cells can be read."""
    if not data.strip(b"\x00 \t\r\n"):
        empty = not data.strip(b" \t\r\n")
        raise ValueError("the file is empty" if empty else "it holds nothing but zero bytes")
    if sum(map(data.count, (b",", b"{", b"["))) > MOST_VALUES:
        raise ValueError(f"it holds more than {MOST_VALUES:,} values")
    try:
        notebook = json.loads(decoded(data).lstrip("\ufeff"), strict=False)
    except (ValueError, RecursionError) as problem:
        raise ValueError(why_no_json(data, str(problem))) from None
    if not isinstance(notebook, dict):
        raise ValueError("it is not a notebook")
    cells = cells_of(notebook)
    if cells is None:
        raise ValueError("it has no cells")
    texts = tuple(text for cell in cells[:MOST_CELLS] if (text := text_of(cell)))
    return Sheet(texts, python_of(notebook), max(0, len(cells) - MOST_CELLS))


def decoded(data: bytes) -> str:
    """Text in UTF-8, in UTF-16 or 32 with or without a mark, or in what Windows writes."""
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def why_no_json(data: bytes, problem: str) -> str:
    """problem: as json says it."""
    if what := other_kind(data):
        return what
    if CONFLICT.search(data):
        return "it is not valid JSON: it holds the marks of a merge conflict (<<<<<<<, >>>>>>>)"
    if problem.startswith("Extra data"):
        return "it is not valid JSON: there is more behind its end"
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and not data.rstrip().endswith(b"}"):
        return "it is not valid JSON: it is cut off before its end"
    return "it is not valid JSON"


def cells_of(notebook: dict) -> list | None:
    """The cells, where there are any; in nbformat 3 and older they lie in worksheets, and a server
    of Jupyter's hands out a notebook as the content of something."""
    if isinstance(notebook.get("content"), dict):
        notebook = notebook["content"]
    if isinstance(notebook.get("cells"), list):
        return notebook["cells"]
    if not isinstance(notebook.get("worksheets"), list):
        return None
    sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
    return [cell for sheet in sheets for cell in a_list(sheet.get("cells"))]


def python_of(notebook: dict) -> str | None:
    about = a_dict(a_dict(notebook.get("metadata")).get("language_info"))
    version = about.get("version")
    return (
        version if isinstance(version, str) and re.match(r"\d{1,3}\.\d{1,3}\b", version) else None
    )


def text_of(cell) -> Text | None:
    if not isinstance(cell, dict) or cell.get("cell_type") not in KINDS:
        return None
    metadata = a_dict(cell.get("metadata"))
    marks = a_dict(metadata.get("nbgrader"))
    return Text(
        cell["cell_type"],
        source_of(cell)[:MOST_TEXT],
        a_name(marks.get("grade_id")),
        a_name(cell.get("id")),
        marks,
        tuple(filter(None, map(a_name, a_list(metadata.get("tags"))))),
        attached_to(cell),
    )


def source_of(cell: dict) -> str:
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        lines = [line for line in source if isinstance(line, str)]
        ended = any("\n" in line for line in lines)  # scripts and old versions leave the ends out
        source = ("" if ended else "\n").join(lines)
    return clean(source.replace("\x00", "")) if isinstance(source, str) else ""  # nobody types it


def attached_to(cell: dict) -> dict[str, dict[str, str]]:
    """Pictures that a text shows; all of them, or none where they are too large."""
    found = {
        clean(name): {kind: clean(text) for kind, text in data.items() if is_picture(kind, text)}
        for name, data in a_dict(cell.get("attachments")).items()
        if isinstance(data, dict)
    }
    size = sum(len(text) for data in found.values() for text in data.values())
    return {name: data for name, data in found.items() if data} if size <= MOST_ATTACHED else {}


def is_picture(kind, text) -> bool:
    return kind in ("image/png", "image/jpeg", "image/gif") and isinstance(text, str)


def a_dict(value) -> dict:
    return value if isinstance(value, dict) else {}


def a_list(value) -> list:
    return value if isinstance(value, list) else []


def a_name(value) -> str | None:
    return clean(value) if isinstance(value, str) else None


def clean(text: str) -> str:
    """Text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode()
