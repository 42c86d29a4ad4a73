"""What became of the cell that defines a class, a function or a number that is asked for: told by
the kernel after each run."""

import linecache
import re
import symtable
import traceback
from dataclasses import dataclass

from ..exercise.verdict import Cell

DEFINED = re.compile(r"(?m)^(?:class|def)\s+(\w+)")  # at the margin of a cell
SET = re.compile(r"(?m)^(\w+)\s*=(?!=)")


@dataclass(frozen=True)
class Run:
    """The last run of a cell that has a class of this name in it, or sets a value of this name.
    made: whether it came of it; a value may also have been the same before. defines: whether it is
    a class or a function. id: of the cell, where the front end tells it."""

    cell: Cell
    made: bool
    number: int
    defines: bool
    id: str | None = None


class Cells:
    """Listens to a kernel. runs: name of a class or a value to the last run of a cell with it.
    gone: names that the cell which they come from has no more."""

    def __init__(self, shell):
        self.shell = shell
        self.runs, self.before, self.count, self.gone = {}, {}, 0, set()
        if shell is not None:
            shell.events.register("pre_run_cell", self.begin)
            shell.events.register("post_run_cell", self.note)

    def begin(self, info):
        """What the names that the cell defines mean before it runs."""
        self.before = {name: self.shell.user_ns.get(name) for name in named(text_of(info))}

    def note(self, result):
        """What became of them."""
        self.count += 1
        info = getattr(result, "info", None)
        source, cell_id = text_of(info), getattr(info, "cell_id", None)
        error = result.error_before_exec or result.error_in_exec
        cell = Cell(source, in_words(error), line_of(error)) if error else Cell(source)
        here = {name for name, run in self.runs.items() if run.id == cell_id is not None}
        self.gone = (self.gone | here) - bound_in(source)
        for name, defines in named(source).items():
            now = self.shell.user_ns.get(name)
            made = now is not None and now is not self.before.get(name)
            self.runs[name] = Run(cell, made, self.count, defines, cell_id)


def named(source: str) -> dict[str, bool]:
    """Names that a cell defines or sets, with which of the two."""
    return dict.fromkeys(SET.findall(source), False) | dict.fromkeys(DEFINED.findall(source), True)


def bound_in(source: str) -> set[str]:
    """Names that a cell gives a meaning to, in whatever way; all its words where that is no Python,
    or has magics in it."""
    try:
        symbols = symtable.symtable(source, "<cell>", "exec").get_symbols()
    except (SyntaxError, ValueError, RecursionError):
        return set(re.findall(r"\w+", source))
    return {one.get_name() for one in symbols if one.is_assigned() or one.is_imported()}


def text_of(info) -> str:
    return getattr(info, "raw_cell", None) or ""


def in_words(error: BaseException) -> str:
    """The error in one line, as grading has it."""
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message}".removesuffix(": ")


def line_of(error: BaseException) -> int | None:
    """The line of the cell at which it stopped."""
    if isinstance(error, SyntaxError):
        return error.lineno
    frames = traceback.extract_tb(error.__traceback__)
    top = (f.filename for f in frames if f.name.startswith(("<module>", "<cell line")))
    file = next(top, None)
    return next((f.lineno for f in reversed(frames) if f.filename == file), None)


def source_of(functions) -> str:
    """The text of the cell, or the file, that these functions were written in."""
    return next(
        (
            "".join(lines)
            for f in functions
            if (lines := linecache.getlines(f.__code__.co_filename))
        ),
        "",
    )
