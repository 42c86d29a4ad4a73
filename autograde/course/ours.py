"""Troubles of our side: what an error of a student's code says that the grader's machine lacks or
limits, and what to do about it. Such an error is no mistake, and a person is told.
"""

import ast
import html
import re
import sys
import textwrap

from nbformat import NotebookNode

from .account import LINK, defines
from .files import printable

LACKS = (  # what an error says, what is lacking, and the remedy
    (r"No module named '(?P<module>[\w.]+)'",
     "the package {module} is not there: install it where grading runs, or where it is a file of "
     "the student's own, ask for that; then grade again"),
    (r"cannot import name '(?P<what>\w+)' from '(?P<module>[\w.]+)'",
     "{module} has no {what} in the grader's version: compare versions, then grade again"),
    (r"ImportError: (?!cannot import name)",
     "something that it imports does not work here: look whether it runs elsewhere"),
    (r"was removed in the NumPy|was a deprecated alias for the builtin",
     "it was written for an older NumPy than the grader's: look whether it runs there"),
    (r"is not a valid package style",
     "it asks for a style of an older matplotlib: look whether it runs there"),
    (r"(?P<asks>\w+\(\)) is not available while a notebook is graded",
     "the call of {asks} waits for somebody to type, and nobody does: look at what it is for"),
    (r"Torch not compiled with CUDA|requires CUDA support|No CUDA GPUs|nvidia-smi|"
     r"NVIDIA driver|CUDA error|MPS backend|not linked with support for|"
     r"Found no .* device|Cannot access accelerator|"
     r"device type at start of device string",
     "it asks for a GPU, and there is none: look at it with the device set to the CPU"),
    (r"FileNotFoundError: (?:.*?'(?P<file>[^']+)'|(?P<name>\S+))",
     "the file {file}{name} was not there when it ran: where it was not handed in, ask for it"),
    (r"Read-only file system|PermissionError: ",
     "it reads or writes a file that the box keeps closed: look whether it needs to"),
    (r"URLError|gaierror|ConnectionError|NameResolutionError|Network is unreachable|"
     r"Temporary failure in name resolution",
     "it needs the network, which the box has not: ask for the file that it fetches"),
    (r"No space left|File too large|Too many open files|Resource temporarily unavailable|"
     r"Cannot allocate memory|MemoryError|not enough memory|start new thread|too much memory",
     "it met a limit of the box on memory, processes or files: look whether it needs more"),
    (r"stopped after (?P<seconds>[\d.]+) seconds|not answer within (?P<within>[\d.]+) seconds|"
     r"too much processor time|answer in time|seconds for this notebook were used up",
     "it took longer than the limits c.Judge.*_seconds: raise them if it may need more"),
    (r"UsageError: .*?(?P<magic>%+\w+)",
     "the magic {magic} is not there: install what brings it, then grade again"),
)  # fmt: skip
SYNTAX = ("SyntaxError", "IndentationError", "TabError")
OTHER_PYTHONS = re.compile(  # 3.12: class A[T], def f[T], type A = B; 3.14: t"", except A, B; 2
    r"\s*(class|(async\s+)?def)\s+\w+\s*\[|\s*type\s+\w+\s*(\[.*\]\s*)?=|(.*[=(,\s])?[tT][\"']"
    r"|\s*except\s+[\w.]+\s*,|\s*(print|exec|raise\s+\w+,)\s+[\"'\w]"
)
OPENS = re.compile(r"\s*(class\b|(async\s+)?def\b|@)|.*:\s*(#.*)?$")  # what others hang on
ON_MACHINE = re.compile(  # in a condition
    r"\b(cuda|mps|accelerator|__version__|version_info|platform|cwd|getcwd|environ|exists)\b"
)
INVISIBLE = {  # what pasting brings along, and Python does not read
    **dict.fromkeys({*range(0x20)} - {*map(ord, "\t\n\x0c\r")}),
    **dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u200e\u200f\u2060\u00ad")),
    **dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u202f\u3000"), " "),
    **dict.fromkeys(map(ord, "\u2028\u2029\u0085\x0b"), "\n"),
}
TYPESET = {
    **dict(zip(map(ord, "\u2018\u2019\u201a\u201c\u201d\u201e"), "'''\"\"\"")),
    ord("\u2026"): "...",
    **dict(zip(map(ord, "\u2010\u2011\u2013\u2212\u2217"), "----*")),
    **{wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)},  # as East Asian keyboards have them
}
COLOUR = re.compile(r"\x1b\[[\d;]*m")
ESCAPED = re.compile(r"\\([_*#<>\[\]])")
BOLD = re.compile(r"(?<=[.\s])\*\*(\w+)\*\*(?=\()")  # what Markdown makes of __init__
FENCE = re.compile(r"(?m)^[ \t]*(```|~~~)[\w{} ]*$")
LOADS = re.compile(r"(?m)^[ \t#]*%+(load|loadpy|run|pycat)\b.*")
RUNNERS = re.compile(r"\s*%%(?:time|capture|prun)\b.*")  # cell magics that run the cell as it is
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
TRIES = 6  # how often a cell is run again without a statement that cannot run here


def trouble(error: str, shipped: set[str], python: str | None) -> str | None:
    """What of ours is behind an error, with the remedy; None where it is the student's own.

    error: its name and its text, or a sentence that holds them; shipped: packages of the release,
    which are there as far as they may be; python: the student's version, where it is known.
    """
    for pattern, says in LACKS:
        if match := re.search(pattern, error):
            found = {name: printable(text or "") for name, text in match.groupdict().items()}
            if found.get("module", "").partition(".")[0] in shipped:
                return None
            return says.format(**found)
    return version_trouble(error, python)


def left_out(error: str, shipped: set[str]) -> str | None:
    """Of a module that the release has and grading leaves out, that it does."""
    match = re.search(LACKS[0][0], error)
    if match and "." in match["module"] and match["module"].partition(".")[0] in shipped:
        return f"{match['module']} is not there when this notebook is graded."
    return None


def version_trouble(error: str, python: str | None) -> str | None:
    """A syntax that the grader's Python may be too old for."""
    if not error.startswith(SYNTAX):
        return None
    ours = sys.version_info[:2]
    theirs = tuple(map(int, re.findall(r"\d+", python or "")[:2]))
    if theirs > ours:
        return (
            f"it was written with Python {theirs[0]}.{theirs[1]}, and graded with "
            f"{ours[0]}.{ours[1]}: look whether it runs there"
        )
    if not theirs and "f-string" in error:
        return (
            f"it may be written for a newer Python than {ours[0]}.{ours[1]}: look whether it runs "
            "there"
        )
    return None


def syntax_trouble(error: str, source: str, line: int | None) -> str | None:
    """A line that another Python may read, where nothing says which one it was written with."""
    if error.startswith(SYNTAX) and OTHER_PYTHONS.match(line_of(source, line)):
        major, minor = sys.version_info[:2]
        return (
            f"it may be written for another Python than {major}.{minor}: look whether it runs there"
        )
    return None


def package_of(error: str) -> str | None:
    """The package that an error says is not there."""
    match = re.search(LACKS[0][0], error)
    return match["module"].partition(".")[0] if match else None


def magic_trouble(source: str, line: int | None) -> str | None:
    """Where the line that failed is a command to IPython: it is no part of what is asked for."""
    text = line_of(source, line).strip()
    return (
        f"{printable(text.split()[0])} does not run here: look whether it matters"
        if is_magic(text)
        else None
    )


def machine_trouble(source: str, line: int | None) -> str | None:
    """Where what failed is a condition on the machine that the code runs on, or asks for its
    settings."""
    statement = statement_at(source, line)
    if isinstance(statement, DEFINITIONS):
        return None
    condition = isinstance(statement, ast.Assert | ast.If) and ast.unparse(statement.test)
    if (condition and ON_MACHINE.search(condition)) or "environ[" in line_of(source, line):
        return f"line {line} of a cell wants another machine or folder: look whether it matters"
    return None


def line_of(source: str, line: int | None) -> str:
    lines = source.split("\n")
    return lines[line - 1] if line and line <= len(lines) else ""


def unwrapped(source: str) -> str:
    """The cell without a magic that runs it as it is, which would hide its errors and their lines;
    all lines in their places.
    """
    magic = RUNNERS.match(source)
    return "\n" * magic[0].count("\n") + source[magic.end() :] if magic else source


def without_statement(source: str, line: int | None) -> str | None:
    """The cell without the statement at `line`, all other lines in their places; None where that
    statement defines something, or none is found.
    """
    lines = source.split("\n")
    if is_magic(line_of(source, line).strip()):
        return blanked(lines, line, line)
    statement = statement_at(source, line)
    if statement is None or isinstance(statement, DEFINITIONS):
        return None
    return blanked(lines, statement.lineno, statement.end_lineno)


def statement_at(source: str, line: int | None) -> ast.stmt | None:
    plain = ["pass" if is_magic(text) else text for text in source.split("\n")]
    try:
        statements = ast.parse("\n".join(plain)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return next((s for s in statements if s.lineno <= (line or 0) <= s.end_lineno), None)


def is_code(source: str) -> bool:
    """Whether all of it is Python, or commands to IPython."""
    lines = source.strip("\n").split("\n")
    try:
        ast.parse(textwrap.dedent("\n".join("" if is_magic(line) else line for line in lines)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def as_typed(source: str) -> str | None:
    """A cell that is no Python without what other programs have put into it, as little of that as
    will do; None where it is none then either."""
    steps = (
        lambda text: COLOUR.sub("", text).translate(INVISIBLE),
        untabbed,
        lambda text: FENCE.sub("", text),
        html.unescape,
        lambda text: text.translate(TYPESET),
        lambda text: BOLD.sub(r"__\1__", ESCAPED.sub(r"\1", text)),
    )
    for step in steps:
        source = step(source)
        if is_code(source):
            return source
    return None


def untabbed(source: str) -> str:
    """With blanks for tabs, of a width that makes it Python where one does."""
    widths = [source.expandtabs(width) for width in (4, 8)]
    return next(filter(is_code, widths), widths[0])


def above_class(source: str, line: int | None, name: str) -> str | None:
    """The line of a cell that is no Python, where it is not the class's own: it stands above, or
    the class begins behind something else."""
    begins = re.search(rf"(?m)^(.*?)\bclass\s+{name}\b", source)
    if not begins or not line:
        return None
    above = line <= source[: begins.start()].count("\n")
    return line_of(source, line).strip() if above or begins[1].strip() else None


def crushed(source: str, name: str) -> str | None:
    """What a class that is no Python has lost on its way, where it looks like that."""
    begins = re.search(rf"\bclass\s+{name}\b", source)
    first, *below = source[begins.start() :].rstrip().split("\n") if begins else [""]
    if re.search(r":.*\bdef\s", first):
        return "its line ends"
    inside = any(line.startswith("def ") for line in below)
    return "its indentation" if inside and not any(map(is_indented, below)) else None


def is_indented(line: str) -> bool:
    return line[:1].isspace() and bool(line.strip())


def set_aside(source: str, name: str) -> str | None:
    """A line of a cell that has not defined `name` when it ran, where that may stand for the work:
    a command, also one that Jupyter has made a comment; a definition in a comment or a text; a
    class of another name.
    """
    lines = source.split("\n")
    bare = [re.sub(r"^[\s#>]+", "", line) for line in lines]
    may_be = (n for n, line in enumerate(bare) if is_magic(line) or defines(line, name))
    return next((lines[n].strip() for n in may_be), None) or class_line(source)


def class_line(source: str) -> str | None:
    """The first line of a class that a cell defines."""
    begins = re.search(r"(?m)^class\s+\w+[ \t]*[(:].*", source)
    return begins[0].strip() if begins else None


def in_its_place(cells: list[NotebookNode], given: str) -> str | None:
    """What cells of a student's own have that may stand for a class that is not written: a class
    of another name, a command that loads a file, a picture, or a link that is not in `given`.
    """
    for cell in cells:
        if cell.cell_type == "code":
            loads = LOADS.search(cell.source)
            if line := class_line(cell.source) or (loads and loads[0].strip()):
                return repr(printable(line[:60]))
        elif cell.get("attachments"):
            return "a picture"
        if links := [link for link in LINK.findall(cell.source) if link not in given]:
            return f"the link {printable(links[0][:60])}"
    return None


def another_try(cells: list[NotebookNode], given: str, name: str) -> str | None:
    """The line of a class in the student's own cells that is named after `name`, and not after a
    longer name in `given`; it is no other try where it was given the name itself."""
    known = set(re.findall(r"\w+", given)) | {name}
    for cell in cells:
        known |= set(re.findall(rf"(?m)^{name}\s*=\s*(\w+)", cell.source))
    for line in filter(None, (class_line(c.source) for c in cells if c.cell_type == "code")):
        called = re.match(r"class\s+(\w+)", line)[1]
        within = [word for word in known if word in called]
        if called not in known and name in within and name == max(within, key=len):
            return line
    return None


def renamed(cells: list[NotebookNode], name: str) -> str | None:
    """The line of the student's own cells that gives the name of a class to something of others, or
    to an object of it."""
    takes = re.compile(rf"(?m)^(?:from\s.+\simport\s.*\b{name}\b|{name}\s*=\s*{name}\().*")
    found = (takes.search(cell.source) for cell in cells if cell.cell_type == "code")
    return next((match[0] for match in found if match), None)


def without_line(source: str, line: int | None) -> str | None:
    """The cell without one line that this Python cannot read; None where others hang on it."""
    text = line_of(source, line)
    goes = text.strip() and not OPENS.match(text)
    return blanked(source.split("\n"), line, line) if goes else None


def is_magic(line: str) -> bool:
    return line.startswith(("%", "!"))


def blanked(lines: list[str], first: int, last: int) -> str:
    """The cell with `pass` in place of these lines, as far in as the first of them was."""
    indent = lines[first - 1][: len(lines[first - 1]) - len(lines[first - 1].lstrip())]
    kept = [*lines[: first - 1], *[f"{indent}pass"] * (last - first + 1), *lines[last:]]
    return "\n".join(kept)
