"""Brings an assignment of ours into a course that is there already: its source, and two lines of
configuration. What the course has changed of it is left as it is.
"""

import hashlib
import json
import site
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from ..exercise.faults import Faulty, load
from . import begin
from .files import write_whole
from .release import NotReady
from .state import FOLDER, PACKAGE

SHARED = "share/lstm-notebooks"  # pyproject.toml puts the sources of assignments there
GIVEN = (  # in the repository; installed, for everybody, for one user or by pip's --target
    PACKAGE.parent / "source",
    Path(sysconfig.get_path("data"), SHARED),
    Path(site.getuserbase(), SHARED),
    PACKAGE.parent / SHARED,
)
LEFT_OUT = ("__pycache__", ".ipynb_checkpoints")
CONFIG = "nbgrader_config.py"
JOINS = "from autograde.course.guest import join"
LINES = (
    f"\n# Assignments of `autograde`: added by `autograde adopt`.\n{JOINS}\n\njoin(c, __file__)\n"
)


@dataclass(frozen=True)
class Change:
    """What becomes of one file of the course. text: None where it stays as it is."""

    path: Path
    what: str
    text: str | None = None


def given(name: str) -> Path:
    """Where the source of an assignment of ours lies. Raises NotReady."""
    for place in GIVEN:
        if (place / name).is_dir():
            return place / name
    places = (path for place in GIVEN if place.is_dir() for path in place.iterdir())
    known = sorted({path.name for path in places if path.is_dir() and path.name not in LEFT_OUT})
    there = f"there is: {', '.join(known)}" if known else "install autograde anew for those it has"
    raise NotReady(f"There is no assignment {name} to adopt, and no {name}.py; {there}.")


def changes(root: Path, source: Path, name: str) -> list[Change]:
    """What adopting does to the course in `root`, whose folder for sources is `source`."""
    before, own = adopted(root, name), (root / f"{name}.py").is_file()
    texts = begun(root, name) if own else texts_of(given(name))
    found = [change_of(source / inner, text, before.get(inner)) for inner, text in texts.items()]
    line = f'c.Judge.exercises["{name}"] = "{name}"\n' if own else ""
    return [*found, change_of_config(root / CONFIG, line)]


def texts_of(folder: Path) -> dict[str, str]:
    """Path to text of what is in a folder."""
    paths = {path.relative_to(folder): path for path in sorted(folder.rglob("*")) if path.is_file()}
    kept = {inner: path for inner, path in paths.items() if not set(inner.parts) & set(LEFT_OUT)}
    return {str(inner): path.read_text(encoding="utf-8") for inner, path in kept.items()}


def begun(root: Path, name: str) -> dict[str, str]:
    """The source of an assignment whose exercises are in a module of the course's own, to begin
    with. Raises NotReady."""
    sys.path.insert(0, str(root))
    try:
        return begin.files(load(name), (root / f"{name}.py").read_text(encoding="utf-8"))
    except Faulty as problem:
        raise NotReady(str(problem)) from None


def change_of(place: Path, text: str, before: str | None) -> Change:
    """before: digest of what was put there last time, if anything was."""
    if not place.exists():
        return Change(place, "new", text)
    there = place.read_text(encoding="utf-8", errors="replace")
    if there == text:
        return Change(place, "as it is")
    if digest(there) == before:
        return Change(place, "updated", text)
    return Change(place, "LEFT: it was changed in this course")


def change_of_config(place: Path, line: str) -> Change:
    """line: what names an assignment of the course's own; "" for one of ours."""
    there = place.read_text(encoding="utf-8") if place.exists() else "c = get_config()\n"
    added = ("" if JOINS in there else LINES) + ("" if line in there else line)
    if not added:
        return Change(place, "as it is")
    what = "lines added at its end" if place.exists() else "new"
    return Change(place, what, there.rstrip("\n") + "\n" + added)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def record(root: Path, name: str) -> Path:
    return root / FOLDER / f"{name}.adopted.json"


def adopted(root: Path, name: str) -> dict[str, str]:
    """Path in the source to a digest of what was put there last time."""
    try:
        return json.loads(record(root, name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def adopt(root: Path, source: Path, name: str, planned: list[Change]):
    """Make these changes, and remember what was put where."""
    remembered = adopted(root, name)
    for change in planned:
        if change.text is not None:
            write_whole(change.path, change.text)
            if change.path.is_relative_to(source):
                remembered[str(change.path.relative_to(source))] = digest(change.text)
    write_whole(record(root, name), json.dumps(remembered, indent=1))
