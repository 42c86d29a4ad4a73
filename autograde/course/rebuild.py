"""Rebuilds a submitted notebook from the release: only what the student has written is taken over,
in the student's own order of cells. Pure.

Tags, metadata, outputs, edited tests and duplicates are then no cases at all. What was odd is noted
for the instructor in plain words; where work may be lost, a person is asked.
"""

import re
from copy import deepcopy
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from ..pages.graded import grade_id
from .account import Taken, defines, is_solution
from .cells import Text, read_sheet
from .ours import is_code

DESK_ONLY = "desk-only"  # tag in the release: a demonstration, which does not run at grading
OWN = "own-"  # begins the ids of cells that the student added
FENCE = re.compile(r"(?m)^(```+|~~~+).*\n?")
FENCED = re.compile(r"(?m)^(```+|~~~+).*\n((?s:.*?))(?:^\1|\Z)")
MARKS = ("points", "grade", "solution", "locked", "task", "schema_version")


@dataclass
class Rebuilt:
    """The notebook to grade. missing: for the student, that there was nothing to read; python: the
    version that the student ran it with, where it is known; notes, asks: as of a Taken.
    """

    notebook: NotebookNode
    missing: str | None = None
    python: str | None = None
    notes: list[str] = field(default_factory=list)
    asks: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Piece:
    """A cell of the rebuilt notebook: cell `at` of the release, with the student's text where it is
    for them to fill in; or one of the student's own, where `at` is None.
    """

    at: int | None
    text: Text | None = None


def rebuild(taken: Taken, release: NotebookNode) -> Rebuilt:
    """The release notebook with what the student has written in the one that was taken."""
    rebuilt = Rebuilt(deepcopy(release), taken.missing, None, list(taken.notes), list(taken.asks))
    for cell in rebuilt.notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if taken.data is None:
        return rebuilt
    try:
        sheet = read_sheet(taken.data)
    except ValueError as problem:
        rebuilt.missing = f"The notebook could not be read: {problem}."
        rebuilt.asks.append(rebuilt.missing)
        return rebuilt
    rebuilt.python = sheet.python
    order = Order(release.cells, rebuilt)
    rebuilt.notebook.cells = order.cells(list(sheet.texts))
    return rebuilt


class Order:
    """Finds for each of a student's cells what it is in the release, and puts them in order."""

    def __init__(self, release: list[NotebookNode], rebuilt: Rebuilt):
        self.release, self.notes, self.asks = release, rebuilt.notes, rebuilt.asks
        self.keys = {grade_id(cell): at for at, cell in enumerate(release) if grade_id(cell)}
        self.ids = {cell.id: at for at, cell in enumerate(release) if cell.get("id")}
        self.texts = {
            cell.source.strip(): at for at, cell in enumerate(release) if not is_solution(cell)
        }
        self.answers = {grade_id(cell): at for at, cell in enumerate(release) if is_solution(cell)}

    def cells(self, texts: list[Text]) -> list[NotebookNode]:
        pieces = [Piece(self.place(text), text) for text in texts]
        pieces = self.with_one_answer_each(pieces)
        pieces = self.without_copies(pieces)
        self.note_order(pieces)
        return self.made(self.complete(pieces))

    def place(self, text: Text) -> int | None:
        """The cell of the release that a student's cell was, or None for one of their own.

        Marks may be exchanged or doubled: a text that is as it was given out is what it was, and an
        answer is never taken for a cell that it does not answer.
        """
        if (given := self.texts.get(text.source.strip())) is not None:
            return given
        marks = (self.keys, text.key), (self.ids, text.id)
        marked = [table[key] for table, key in marks if key in table]
        named = [at for name, at in self.answers.items() if name and defines(text.source, name)]
        fitting = [at for at in marked if at in named] if named else marked
        return fitting[0] if fitting else None

    # ------------------------------------------------------------ answers
    def with_one_answer_each(self, pieces: list[Piece]) -> list[Piece]:
        """For each cell to fill in, the piece that answers it; others of its key become own cells,
        in their places, and those that are as given out go.
        """
        for at, cell in enumerate(self.release):
            if is_solution(cell):
                pieces = self.with_answer(pieces, at, cell)
        return pieces

    def with_answer(self, pieces: list[Piece], at: int, cell: NotebookNode) -> list[Piece]:
        name, blank = grade_id(cell), ("", cell.source.strip())
        marked = [piece for piece in pieces if piece.at == at]
        written = [piece for piece in marked if piece.text.source.strip() not in blank]
        if written:
            answer = written[-1]
            if len(written) > 1:
                self.notes.append(
                    f"The cell {name} is there more than once; all copies ran, in their order."
                )
        else:
            answer = self.found_elsewhere(pieces, name, marked)
        return [
            self.as_answer(piece, at, cell)
            if piece is answer
            else replace(piece, at=None)
            if piece in written
            else piece
            for piece in pieces
            if piece is answer or piece not in marked or piece in written
        ]

    def found_elsewhere(self, pieces: list[Piece], name: str, marked: list[Piece]) -> Piece | None:
        """An own cell that defines the name, of whatever kind; else the cell as it was given."""
        own = [piece for piece in pieces if piece.at is None and defines(piece.text.source, name)]
        if own:
            lost = "is as given out" if marked else "has lost its mark"
            self.notes.append(
                f"The cell {name} {lost}; the cell that defines {name} was taken in its place."
            )
            return own[-1]
        if other := self.within_another(pieces, name):
            self.notes.append(f"{name} is written in the cell {other}; it was taken from there.")
            return None
        if not marked:
            self.notes.append(f"The cell {name} is missing.")
            if f"test_{name}" in self.keys:
                self.asks.append(
                    f"The cell {name} is missing, and nothing defines {name}: look whether the "
                    "work is elsewhere in the notebook."
                )
        return marked[0] if marked else None

    def within_another(self, pieces: list[Piece], name: str) -> str | None:
        """The cell to fill in that defines `name` beside what it is for."""
        for piece in pieces:
            if piece.at is not None and piece.text and defines(piece.text.source, name):
                other = self.release[piece.at]
                if is_solution(other) and grade_id(other) != name:
                    return grade_id(other)
        return None

    def as_answer(self, piece: Piece, at: int, cell: NotebookNode) -> Piece:
        self.look_for_oddities(piece.text, cell)
        return replace(piece, at=at)

    # ------------------------------------------------------------ the other cells of the release
    def without_copies(self, pieces: list[Piece]) -> list[Piece]:
        """Each cell of the release once: a test where it stands last, any other where it stands
        first. A set-up cell that was edited stays beside the original, as one of the student's,
        and so does a text: an answer may have been typed below the question.
        """
        kept, seen = [], set()
        last = {piece.at: piece for piece in pieces if self.is_test(piece.at)}
        for piece in pieces:
            if piece.at is None or is_solution(self.release[piece.at]):
                kept.append(piece)
                continue
            cell = self.release[piece.at]
            self.look_for_oddities(piece.text, cell)
            if piece.at not in seen and last.get(piece.at, piece) is piece:
                seen.add(piece.at)
                kept.append(piece)
            if self.is_own_setup(piece.text, cell) or is_own_text(piece.text, cell):
                kept.append(Piece(None, piece.text))
        return kept

    def is_test(self, at: int | None) -> bool:
        return at is not None and bool(self.release[at].metadata.get("nbgrader", {}).get("grade"))

    def is_own_setup(self, text: Text, cell: NotebookNode) -> bool:
        """Whether a student has changed code that everything else stands on."""
        marks = cell.metadata.get("nbgrader", {})
        return (
            cell.cell_type == "code"
            and not marks.get("grade")
            and DESK_ONLY not in cell.metadata.get("tags", [])
            and text.source.strip() not in ("", cell.source.strip())
        )

    def complete(self, pieces: list[Piece]) -> list[Piece]:
        """With the cells of the release that are gone, each after the one that it stood behind."""
        there = {piece.at for piece in pieces}
        for at in range(len(self.release)):
            if at not in there:
                places = [k for k, piece in enumerate(pieces) if piece.at == at - 1]
                pieces.insert(places[0] + 1 if places else 0, Piece(at))
        return pieces

    def note_order(self, pieces: list[Piece]):
        code = [
            piece.at
            for piece in pieces
            if piece.at is not None and self.release[piece.at].cell_type == "code"
        ]
        if code != sorted(code):
            self.notes.append("Cells stand in another order than given out; they ran in it.")

    # ------------------------------------------------------------ cells of the rebuilt notebook
    def made(self, pieces: list[Piece]) -> list[NotebookNode]:
        own = iter(range(1, len(pieces) + 1))
        return [
            own_cell(piece.text, next(own)) if piece.at is None else self.given_cell(piece)
            for piece in pieces
        ]

    def given_cell(self, piece: Piece) -> NotebookNode:
        cell = deepcopy(self.release[piece.at])
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        if is_solution(cell):
            cell.source = as_code(piece.text, cell) if piece.text else ""
            if cell.cell_type != "code" and piece.text and piece.text.attached:
                cell.attachments = piece.text.attached
        return cell

    def look_for_oddities(self, text: Text, cell: NotebookNode):
        """Notes about a cell of the release that came back other than it was given out."""
        name, given = grade_id(cell) or cell.get("id"), cell.metadata.get("nbgrader", {})
        if text.kind != cell.cell_type:
            self.notes.append(
                f"The cell {name} was turned into a {text.kind} cell; it was taken as "
                f"{cell.cell_type}."
            )
        beside = of_fences(text.source)[1] if text.kind == "markdown" and is_solution(cell) else ""
        if beside and cell.cell_type == "code":
            self.asks.append(
                f"The cell {name} was turned into a text with code within fences; only that was "
                f"taken, and not {beside.splitlines()[0][:60]!r}: look whether it is part of the "
                "work."
            )
        elif text.kind == "markdown" and is_solution(cell) and cell.cell_type == "code":
            if not is_code(as_code(text, cell)):
                self.asks.append(
                    f"The cell {name} was turned into a text, and not all of it is code: look "
                    "whether it holds the work."
                )
        edited = text.source.strip() != cell.source.strip()
        if cell.cell_type == "code" and not is_solution(cell) and edited:
            self.notes.append(f"The cell {name} was edited; the original was used.")
        changed = [mark for mark in MARKS if text.marks.get(mark) != given.get(mark)]
        # and not another cell with the same text
        same_cell = text.marks.get("grade_id") == given.get("grade_id")
        if given and changed and same_cell:
            self.notes.append(
                f"The marks of the cell {name} were changed ({', '.join(changed)}); the original "
                "ones were used."
            )
        if extra := sorted(set(text.tags) - set(cell.metadata.get("tags", []))):
            tags = ", ".join(extra)[:80]
            self.notes.append(f"The cell {name} carries the tag {tags}; it was ignored.")


def is_own_text(text: Text, cell: NotebookNode) -> bool:
    """Whether a student has written into a text of the release; blanks are no writing."""
    written, given = text.source.split(), cell.source.split()
    return cell.cell_type == "markdown" and bool(written) and written != given


def as_code(text: Text, cell: NotebookNode) -> str:
    """The student's text for a cell; of Markdown with fences, what stands within them."""
    if text.kind == "markdown" and cell.cell_type == "code":
        return of_fences(text.source)[0]
    return text.source


def of_fences(source: str) -> tuple[str, str]:
    """What stands within the fences of a text, and what beside them; where nothing stands within,
    all of it is code."""
    within = "\n".join(inside for _, inside in FENCED.findall(source))
    if not within.strip():
        return FENCE.sub("", source), ""
    return within, FENCED.sub("", source).strip()


def own_cell(text: Text, number: int) -> NotebookNode:
    """A cell that the student added, with an id that is the same at every rebuild."""
    if text.kind == "code":
        return new_code_cell(text.source, id=f"{OWN}{number}")
    attached = {"attachments": text.attached} if text.attached else {}
    return new_markdown_cell(text.source, id=f"{OWN}{number}", **attached)
