"""The house: which room may import which, what needs nothing but NumPy and torch, and how it is
laid out."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader_tests.samples.students import ROOT, solutions

SHARED = "student.protocol"  # what both sides of the boundary must agree on
REMOVED = "student.cleanup"  # how what a student's process has written is deleted
TEXT = "exercise.text"  # how text of a student stays text, everywhere
MAY_IMPORT = {  # room of the grader -> rooms of the grader, or single modules of them
    "course": {"pages", "box", "desk", "judge", "student", "exercise"},
    "desk": {"judge", "student", "exercise", "pages.criteria", "pages.pictures"},
    "pages": {"judge", "exercise"},
    "box": {SHARED, REMOVED, TEXT},
    "judge": {"exercise", SHARED},
    "lstm": {"exercise"},
    "student": set(),
    "exercise": set(),
}
TESTS_MAY_IMPORT = {  # room of the tests -> rooms of the tests; no test imports a test
    "unit": {"samples", "support"},
    "judged": {"samples", "support"},
    "content": {"samples", "support", "evidence"},
    "course": {"samples", "support", "evidence"},
    "browser": {"samples", "support"},
    "evidence": {"samples", "support"},
    "support": {"samples"},
    "samples": set(),
}
PURE = ("judge", "student", "exercise", "lstm")
README = (ROOT / "README.md").read_text(encoding="utf-8")
BOXED = {"shell", "boxes", "refusals"}  # of the student's room: not needed to judge, and with
# needs of their own (IPython, sandlock, pyseccomp)


# ---------------------------------------------------------------- rooms
def imports(path: Path) -> Iterator[str]:
    """What a module imports of its own package and others, as dotted names from the top."""
    place = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = place[: len(place) + 1 - node.level] if node.level else ()
            whole = ".".join([*above, *filter(None, [node.module])])
            yield from (f"{whole}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize(
    "package, room, allowed",
    [("autograde", *item) for item in MAY_IMPORT.items()]
    + [("grader_tests", *item) for item in TESTS_MAY_IMPORT.items()],
)
def test_a_room_imports_only_what_stands_below_it(package, room, allowed):
    wrong = []
    for path in (ROOT / package / room).rglob("*.py"):
        if "submissions" in path.parts:
            continue  # students' own
        for name in imports(path):
            inner = name.removeprefix(f"{package}.")
            if inner == name or inner.split(".")[0] == room:
                continue
            if not any(f"{inner}.".startswith(f"{door}.") for door in allowed):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


@pytest.mark.parametrize(
    "package, rooms", [("autograde", MAY_IMPORT), ("grader_tests", TESTS_MAY_IMPORT)]
)
def test_every_module_is_in_a_room_that_says_what_it_is_for(package, rooms):
    found = {path.name for path in (ROOT / package).iterdir() if (path / "__init__.py").exists()}
    assert found == set(rooms)
    for room in rooms:
        text = (ROOT / package / room / "__init__.py").read_text(encoding="utf-8")
        assert ast.get_docstring(ast.parse(text)), room
    outside = {path.name for path in (ROOT / package).glob("*.py")}
    assert outside <= {"__init__.py", "__main__.py", "conftest.py"}


def picture() -> str:
    """Which room imports which, as the README draws it."""
    arrows = set()
    for path in (ROOT / "autograde").glob("*/*.py"):
        rooms = [name.split(".")[1] for name in imports(path) if name.startswith("autograde.")]
        arrows |= {(path.parent.name, room) for room in rooms if room != path.parent.name}
    return "\n".join(["graph TD", *(f"    {one} --> {other}" for one, other in sorted(arrows))])


def test_the_readme_draws_the_rooms_as_they_are():
    drawn = re.search(r"```mermaid\n(.*?)\n```", README, flags=re.DOTALL)[1]
    assert drawn == picture(), f"README.md draws other rooms than there are:\n{picture()}"


def defined(path: Path) -> set[str]:
    """Names at the top of a module, and names in its classes as CLASS.NAME."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign):
            found |= {node.target.id}
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            found |= {node.name}
            parts = [getattr(part, "name", None) or field_of(part) for part in node.body]
            found |= {f"{node.name}.{part}" for part in parts if part}
    return found


def field_of(part: ast.stmt) -> str | None:
    """The name of a field of a record."""
    return getattr(part.target, "id", None) if isinstance(part, ast.AnnAssign) else None


PLACE = re.compile(  # NAME in FILE; FILE (NAME and words, NAME), NAME; FILE
    r"(?:`(?P<before>[\w.]+)` in )?`(?P<file>[\w/]+\.py)`"
    r"(?: \((?P<within>[^()]*)\)|, `(?P<after>[\w.]+)`(?=\)))?"
)


def places(text: str) -> Iterator[tuple[str, set[str]]]:
    """The modules that a text names, and what it says is in them."""
    for found in PLACE.finditer(text):
        parts = re.findall(r"`([\w.]+)`", found["within"] or "")
        yield found["file"], {*parts, *filter(None, (found["before"], found["after"]))}


def test_every_place_that_the_readme_names_is_there():
    named = [*places(README)]
    assert len(named) > 90 and sum(len(names) for _, names in named) > 90
    for file, names in named:
        there = [place for place in (ROOT / "autograde" / file, ROOT / file) if place.exists()]
        assert there, f"README.md names {file}, which is not there"
        missing = names - defined(there[0])
        assert not missing, f"README.md names {missing} in {file}"


@pytest.mark.parametrize(
    "text, names",
    [
        ("`a/b.py`", set()),
        ("`a/b.py` (`X`, `Y.z`)", {"X", "Y.z"}),
        ("`a/b.py` (`X` decides; what is said: `Y`)", {"X", "Y"}),
        ("it is rebuilt (`a/b.py`, `rebuild`)", {"rebuild"}),
        ("`X.y` in `a/b.py`; `Z` stands for it", {"X.y"}),
    ],
)
def test_names_are_read_however_the_readme_gives_them(text, names):
    assert [*places(text)] == [("a/b.py", names)]


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_import_nothing_but_numpy_and_torch(room):
    allowed = sys.stdlib_module_names | {"numpy", "torch", "autograde"}
    wrong = [
        f"{path.name} imports {name}"
        for path in (ROOT / "autograde" / room).rglob("*.py")
        if path.stem not in BOXED
        for name in imports(path)
        if name.split(".")[0] not in allowed
    ]
    assert not wrong


NEEDED_BY_TORCH = (
    "filelock fsspec jinja2 markupsafe mpmath networkx sympy torchgen typing_extensions"
)
ALONE = """
import sys

sys.path.append(sys.argv[1])
import torch
from autograde.exercise.faults import load
from autograde.exercise.verdict import Cell
from autograde.judge import examine
from autograde.student.respond import respond

exercise = load("autograde.lstm")["LSTMCell"]
for source in sys.argv[2:]:
    namespace = {"__name__": "__main__", "torch": torch, "nn": torch.nn}
    exec(compile(source, "<cell>", "exec"), namespace)
    verdict = examine(exercise, lambda questions: respond(questions, namespace), Cell(source, None))
    print(f"{verdict.score:g}", *(each.sentence for each in verdict.results if not each.met))
print(*sorted(name for name in sys.modules if name.startswith("autograde.")))
"""


def test_pure_rooms_judge_where_there_is_nothing_else(tmp_path):
    """A right cell and a wrong one, in a process that sees no other room and no other library."""
    for room in PURE:
        shutil.copytree(ROOT / "autograde" / room, tmp_path / "autograde" / room)
    (tmp_path / "autograde" / "__init__.py").touch()
    for name in ("numpy", "torch", *NEEDED_BY_TORCH.split()):
        place = Path(importlib.util.find_spec(name).origin)
        place = place.parent if place.name == "__init__.py" else place
        (tmp_path / place.name).symlink_to(place)
    right = solutions()["LSTMCell"]
    wrong = right.replace("f_t * c + i_t * candidate", "f_t * c + candidate")
    command = [sys.executable, "-I", "-S", "-c", ALONE, tmp_path, right, wrong]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    first, second, modules = done.stdout.splitlines()
    assert first == "9" and second.startswith("8 Your c_t equals f_t * c_{t−1} + c̃_t")
    assert {name.split(".")[1] for name in modules.split()} == set(PURE)


# ---------------------------------------------------------------- layout
def ruff(*words: str) -> subprocess.CompletedProcess:
    command = [Path(sys.executable).parent / "ruff", *words, "--no-cache", ROOT]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_all_python_is_formatted():
    """At 100 columns, as pyproject.toml says; the kit that students get, too."""
    done = ruff("format", "--check")
    assert done.returncode == 0, done.stdout


def test_ruff_finds_nothing():
    done = ruff("check", "--output-format=concise")
    assert done.returncode == 0, done.stdout


RANGES = {"# fmt: off": "# fmt: on", "# ruff: disable[E501]": "# ruff: enable[E501]"}
EXCEPTIONS = re.compile(r"# fmt: ?\w+|# ruff: ?\w+.*|# noqa(: ?E501.*| *$)")


def python_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    found = [ROOT / name for name in listed.splitlines()]
    return [path for path in found if path.exists() and "submissions" not in path.parts]


DATA = (ast.Dict, ast.List, ast.Tuple, ast.Set, ast.Constant, ast.JoinedStr)


def is_table(node: ast.stmt) -> bool:
    """An assignment of what is written out, line by line; of each line, a record may be made."""
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        return False
    value = node.value
    return isinstance(value.generators[0].iter if isinstance(value, ast.ListComp) else value, DATA)


def exceptions(text: str) -> Iterator[str]:
    """What is wrong with the exceptions that a file makes from format and line length."""
    statements, inside, began = ast.parse(text).body, "", 0

    def not_tables(first: int, last: int) -> Iterator[str]:
        for node in statements:
            if node.lineno <= last and node.end_lineno >= first and not is_table(node):
                yield f"line {node.lineno}: no table of data, between {first} and {last}"

    for number, line in enumerate(text.splitlines(), 1):
        for found in EXCEPTIONS.finditer(line):
            word = found[0].strip()
            if word == "# fmt: skip":
                yield from not_tables(number, number)
            elif not inside and word in RANGES:
                inside, began = word, number
            elif inside and word == RANGES[inside]:
                yield from not_tables(began, number)
                inside = ""
            else:
                yield f"line {number}: {word}"
    if inside:
        yield f"line {began}: {inside} is never ended"


def test_exceptions_stand_around_tables_alone():
    """No `fmt: skip`, no `noqa: E501`; a range without format or line length holds tables of
    data."""
    wrong = {
        str(path.relative_to(ROOT)): found
        for path in python_files()
        if path.name != "test_house.py" and (found := list(exceptions(path.read_text("utf-8"))))
    }
    assert not wrong


@pytest.mark.parametrize(
    "text, right",
    [
        ("# fmt: off\nRULES = {'a': ('b', 3)}\n# fmt: on\n", True),
        ("# fmt: off\ndef rule(): pass\n# fmt: on\n", False),
        ("# ruff: disable[E501]\nX = [f(n) for n in y]\n# ruff: enable[E501]\n", False),
        ("# fmt: off\nRULES = {}\n", False),
        ("RULES = {}  # fmt: skip\n", True),
        ("def rule(): pass  # fmt: skip\n", False),
        ("X = [f(n) for n in ((1, 2), (3, 4))]  # fmt: skip\n", True),
        ("RULES = {}  # noqa: E501\n", False),
    ],
)
def test_the_test_of_exceptions_sees_them(text, right):
    assert right == (not list(exceptions(text)))
