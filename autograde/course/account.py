"""Accounts for every file of a submission: taken as one of the notebooks, of the release, the
student's own, or not read and why. Pure: files in, values out.

A notebook is recognised by what is in it: the grade ids and texts that it shares with the release;
then by its name; then by the classes that it defines.
"""

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import PurePosixPath

from nbformat import NotebookNode

from ..pages.graded import NOT_HANDED_IN, grade_id
from .cells import Sheet, Text, read_sheet
from .files import (
    A_FOLDER,
    BEFORE_TEXT,
    DENIED,
    EMPTY_ZIP,
    NO_FILE,
    OWNER,
    TEXTS,
    Found,
    is_litter,
    of_tools,
)

TIME = "timestamp.txt"
NBGRADERS = (TIME, "submission_secret.txt", ".DS_Store", "Thumbs.db", "desktop.ini")
CHECKPOINTS = ".ipynb_checkpoints"
OF_EDITORS = (".history", ".virtual_documents")  # of VS Code, of JupyterLab's language servers
OWN_TEXT = 200_000  # characters of a file of the student's own that their code gets to see
OWN_TEXTS = 1_000_000  # of all of them
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".svg")
MADE = (  # by code that runs, and by programs for themselves; whatever else there is may hold work
    *(".pt", ".pth", ".ckpt", ".safetensors", ".onnx", ".h5", ".npy", ".npz", ".pkl", ".pickle"),
    *(".pyc", ".log", ".tmp", ".lock", ".db", ".ini"),
)
TAKEN_AS = "{} was taken as {}.ipynb."
NOTE = 2_000  # characters of a text that may be there for the link in it
LINK = re.compile(r"https?://\S+")
SIDES = re.compile(r"(<|&lt;){7} ?\w"), re.compile(r"(>|&gt;){7} ?\w")  # of a merge
LONGEST = 100  # characters of a name that a file of a student's own may have
LONG = 30  # characters of a text that tells which notebook it stands in
NO_BYTES = "could not be read: the file is empty"
IN_TOOLS = "in a folder of tools, or of what was thrown away"


@dataclass(frozen=True)
class Face:
    """What a notebook of the release is recognised by: keys and texts of cells that stand in no
    other one, the names that its solution cells define, and its texts as they were given out.
    """

    name: str
    keys: frozenset[str]
    texts: frozenset[str]
    defines: tuple[str, ...]
    given: frozenset[str]


@dataclass(frozen=True)
class Taken:
    """What is taken as one notebook: its bytes, or None and, for the student, why there are none.

    notes: oddities that were put right; asks: what a person must look at, with what to do.
    """

    data: bytes | None = None
    missing: str | None = None
    notes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


@dataclass(frozen=True)
class HandedIn:
    """A submission as plain values. notebooks: name to what is taken; own: path to text of files
    that the student's code may need; timestamp: when it was handed in, UTC, where that is known.
    """

    student: str
    notebooks: dict[str, Taken]
    own: dict[str, str] = field(default_factory=dict)
    timestamp: datetime | None = None


@dataclass(frozen=True)
class Candidate:
    """A file that may be a notebook. faces: the notebooks that it may be, with how sure that is."""

    path: str
    data: bytes
    sheet: Sheet
    faces: dict[str, float]

    @property
    def left_behind(self) -> str:
        """What makes it likely that nobody has meant to hand it in; empty where nothing does."""
        parts = self.path.split("/")
        if CHECKPOINTS in parts:
            return "a copy that Jupyter has made on the way"
        if not {*OF_EDITORS}.isdisjoint(parts) or parts[-1].startswith(".~"):
            return "a copy that an editor has made on the way"
        return IN_TOOLS if of_tools(parts) else ""


# ---------------------------------------------------------------- what a notebook looks like
def faces(release: dict[str, NotebookNode]) -> dict[str, Face]:
    """Name of a notebook of the release to what it is recognised by."""
    keys = {name: keys_in(notebook) for name, notebook in release.items()}
    texts = {name: texts_in(notebook) for name, notebook in release.items()}
    count_keys = Counter(key for found in keys.values() for key in found)
    count_texts = Counter(text for found in texts.values() for text in found)
    return {
        name: Face(
            name,
            frozenset(key for key in keys[name] if count_keys[key] == 1),
            frozenset(t for t in texts[name] if count_texts[t] == 1 and len(t) > LONG),
            tuple(grade_id(cell) for cell in notebook.cells if is_solution(cell)),
            frozenset(cell.source.strip() for cell in notebook.cells),
        )
        for name, notebook in release.items()
    }


def is_solution(cell: NotebookNode) -> bool:
    """Whether a cell of the release is for the student to fill in."""
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks.get("solution") or marks.get("task"))


def keys_in(notebook: NotebookNode) -> set[str]:
    return {key for cell in notebook.cells for key in (grade_id(cell), cell.get("id")) if key}


def texts_in(notebook: NotebookNode) -> set[str]:
    return {cell.source.strip() for cell in notebook.cells if not is_solution(cell)}


def defines(source: str, name: str) -> bool:
    """Whether a cell gives the name a value."""
    return bool(re.search(rf"(?m)^((class|def)\s+{name}\b|{name}\s*(:[^=\n]*)?=(?!=))", source))


def squeezed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def likeness(sheet: Sheet, face: Face) -> int:
    """How many cells say that this is the notebook."""
    return sum(
        text.key in face.keys or text.id in face.keys or text.source.strip() in face.texts
        for text in sheet.texts
    )


def recognised(path: str, sheet: Sheet, known: dict[str, Face]) -> dict[str, float]:
    """Which notebooks a file may be: by its cells; by its name; by what it defines."""
    alike = {name: likeness(sheet, face) for name, face in known.items()}
    best = max(alike.values(), default=0)
    if best:
        return {
            name: count
            for name, count in alike.items()
            if count == best or holds_work(sheet, known[name])
        }
    name = squeezed(PurePosixPath(path).name)
    if named := {face: 0.5 for face in known if squeezed(face) in name}:
        return named
    return {face.name: 0.25 for face in known.values() if defines_all(sheet, face)}


def holds_work(sheet: Sheet, face: Face) -> bool:
    """Whether a file that looks like another notebook holds solution cells of this one too."""
    return any(text.key in face.defines for text in sheet.texts)


def defines_all(sheet: Sheet, face: Face) -> bool:
    names = [name for name in face.defines if f"test_{name}" in face.keys and name[0].isupper()]
    return bool(names) and all(any(defines(text.source, n) for text in sheet.texts) for n in names)


def own_work(sheet: Sheet, face: Face) -> tuple[str, ...]:
    """The texts that a student has written or changed; copies are compared by it."""
    sources = (text.source.strip() for text in sheet.texts)
    return tuple(source for source in sources if source and source not in face.given)


# ---------------------------------------------------------------- the account of a submission
@dataclass
class Sorted:
    """The files of a submission by what they are. unread: path and why, of what may matter; own:
    texts of the student's own; other: paths of what is no text and no notebook; times: of
    nbgrader's times that lie deeper; changed: texts in the place of one of the release's, with
    something else in them.
    """

    candidates: list[Candidate] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    own: dict[str, str] = field(default_factory=dict)
    other: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    changed: dict[str, str] = field(default_factory=dict)

    @property
    def paths(self) -> list[str]:
        """Everything, but for what the release has too."""
        unread = [path for path, _ in self.unread]
        texts = [path for path in self.own if "/" not in path]
        return sorted([*(c.path for c in self.candidates), *unread, *texts, *self.other])


def account(
    student: str,
    found: list[Found],
    release: dict[str, NotebookNode],
    kit: dict[str, str],
    timestamp: datetime | None = None,
    asks: tuple[str, ...] = (),
    further: dict[str, NotebookNode] | None = None,
) -> HandedIn:
    """What lies in a submission's folder, as the notebooks of `release`.

    kit: path to text of what the release has beside its notebooks. asks: what a person must look at
    already. further: notebooks of the release that nobody marks, so that nobody misses them or need
    look at them.
    """
    known, unmarked = faces(release), further or {}
    files = without(unmarked, sort_out(found, faces(release | unmarked) | known, kit))
    notebooks = {name: taken_as(face, files) for name, face in known.items()}
    given = {text.strip() for text in kit.values()}.union(*(face.given for face in known.values()))
    blank = {name: blank_in(notebooks[name], face, files) for name, face in known.items()}
    anything = all(blank[name] == classes_of(face) for name, face in known.items())
    for name, face in known.items():
        asked = asks_elsewhere(notebooks[name], face, blank[name], files, given, anything)
        asked += asks_in_changed(notebooks[name], face, files)
        notebooks[name] = told(notebooks[name], asks=asked)
    if all(taken.data is None for taken in notebooks.values()):
        notebooks = nothing_taken(notebooks, files)
    if notebooks:
        first, *_ = notebooks
        notes, more = left_over(files, known)
        notebooks[first] = told(notebooks[first], notes, (*asks, *more))
    return HandedIn(student, notebooks, placeable(files.own), timestamp)


def placeable(own: dict[str, str]) -> dict[str, str]:
    """Those texts that can lie in one folder together; none where they are too many."""
    folders = {str(folder) for path in own for folder in PurePosixPath(path).parents}
    fitting = {
        path: text
        for path, text in own.items()
        if path not in folders and all(len(part) <= LONGEST for part in PurePosixPath(path).parts)
    }
    return fitting if sum(map(len, fitting.values())) <= OWN_TEXTS else {}


def sort_out(found: list[Found], known: dict[str, Face], kit: dict[str, str]) -> Sorted:
    files = Sorted()
    for file in found:
        path = PurePosixPath(file.path)
        if path.name == TIME and path.name != file.path:
            files.times.append(file.path)
        if (text := changed_text(file, kit)) is not None:
            files.changed[file.path] = text
        if path.name in NBGRADERS or is_given(path, kit) or is_litter(path.parts, file.data):
            continue
        if file.why and of_tools(path.parts):
            files.other.append(file.path)
        elif file.why:
            files.unread.append((file.path, file.why))
        elif file.data is not None and is_notebook(file):
            sort_notebook(file, known, files)
        elif (text := own_text(file)) is not None:
            files.own |= own_places(path, text)
        else:
            files.other.append(file.path)
    around = {str(folder) for one in files.candidates for folder in PurePosixPath(one.path).parents}
    files.unread = [  # a folder is what lies in it, whatever its name
        (path, why) for path, why in files.unread if not (why == A_FOLDER and path in around)
    ]
    return files


def without(unmarked: dict[str, NotebookNode], files: Sorted) -> Sorted:
    """All but the files that are one of these notebooks, by what is in them or else by their
    place."""
    places = {f"{name}.ipynb": "" for name in unmarked}
    lies_there = lambda path: is_given(PurePosixPath(path), places)
    candidates = [
        candidate
        for candidate in files.candidates
        if candidate.faces.keys() - unmarked.keys()
        or not (candidate.faces or lies_there(candidate.path))
    ]
    unread = [(path, why) for path, why in files.unread if not lies_there(path)]
    return replace(files, candidates=candidates, unread=unread)


def sort_notebook(file: Found, known: dict[str, Face], files: Sorted):
    tools = of_tools(file.path.split("/"))
    try:
        sheet = read_sheet(file.data)
    except ValueError as problem:
        if tools:
            files.other.append(file.path)
        else:
            files.unread.append((file.path, f"could not be read: {problem}"))
        return
    alike = recognised(file.path, sheet, known)
    if alike or not tools:
        files.candidates.append(Candidate(file.path, file.data, sheet, alike))


def is_given(path: PurePosixPath, kit: dict[str, str]) -> bool:
    """Whether a file has the place of one that the release has beside its notebooks."""
    return any(f"/{path}".endswith(f"/{given}") for given in kit)


def changed_text(file: Found, kit: dict[str, str]) -> str | None:
    """What is in a file that has the place of one of the release's, where it is not the same."""
    given = [text for place, text in kit.items() if f"/{file.path}".endswith(f"/{place}")]
    text = own_text(file) if given else None
    return None if text is None or any(packed(text) == packed(one) for one in given) else text


def packed(text: str) -> str:
    return "".join(text.split())


def is_notebook(file: Found) -> bool:
    if file.path.lower().endswith(".ipynb"):
        return True
    start = file.data.lstrip(BEFORE_TEXT)[:1]
    return start == b"{" and b"cell_type" in file.data.replace(b"\x00", b"")


def own_text(file: Found) -> str | None:
    """A file that the student's code may import or open; of other encodings, its very bytes."""
    if not file.path.lower().endswith(TEXTS) or file.data is None:
        return None
    text = file.data.decode("utf-8", "surrogateescape")
    return text if len(text) <= OWN_TEXT else None


def own_places(path: PurePosixPath, text: str) -> dict[str, str]:
    """Where code may look for a file of the student's own: the folders around it may be ours."""
    parts = [part for part in path.parts if part not in ("..", ".", "/")]
    return {"/".join(parts[k:]): text for k in range(len(parts))}


# ---------------------------------------------------------------- one notebook
def taken_as(face: Face, files: Sorted) -> Taken:
    """What is taken as this notebook, and what a person must look at for it."""
    candidates = [c for c in files.candidates if face.name in c.faces]
    unread = [(path, why) for path, why in files.unread if is_named(path, face)]
    asks = few([ask_unread(*one) for one in unread], "could not be read either")
    if not candidates:
        if unread:
            path, why = unread[0]
            return Taken(missing=f"{path} {why}.", asks=asks)
        return not_there(face, files)
    fullest, *rest = sorted(candidates, key=lambda c: rank(c, face), reverse=True)
    most = written(fullest, face)
    if own_work(fullest.sheet, face):  # then nobody looks for more in a file with nothing in it
        unread = [(path, why) for path, why in unread if why != NO_BYTES]
        asks = few([ask_unread(*one) for one in unread], "could not be read either")
    others = [c for c in rest if not c.left_behind or written(c, face) > most]
    if fullest.left_behind:
        why = f"more is written in it than in {listed([c.path for c in others])}" if others else ""
        asks += (
            f"{fullest.path}, {fullest.left_behind}, was marked, since "
            f"{why or 'only that is there'}: ask the student for the notebook itself.",
        )
    elif differ := [c.path for c in others if differs(c, fullest, face)]:
        asks += (
            f"{fullest.path} and {listed(differ)} differ; the first was marked. Look which one "
            "counts.",
        )
    elif differ := other_versions(fullest, face, files):
        asks += (
            f"{fullest.path} was marked, and its classes are others in {listed(differ)}. Look "
            "which one counts.",
        )
    texts = "\n".join(text.source for text in fullest.sheet.texts)
    if all(side.search(texts) for side in SIDES):
        asks += (f"{fullest.path} has both sides of an unfinished merge: look which one counts.",)
    return Taken(fullest.data, None, notes_on(fullest, others, rest, face), asks)


def other_versions(fullest: Candidate, face: Face, files: Sorted) -> list[str]:
    """Texts named like the notebook that have a class as none of its cells has it."""
    named = [(path, text) for path, text in files.own.items() if "/" not in path]
    named = [(path, text) for path, text in named if is_named(path, face)]
    sources = [text.source for text in fullest.sheet.texts if text.source.strip() not in face.given]
    return [
        path
        for path, text in named
        for name in classes_of(face)
        if (tries := [source for source in sources if defines(source, name)])
        and holds(text, [name])
        and not any(packed(one[one.find(name) :]) in packed(text) for one in tries)
    ]


def classes_of(face: Face) -> list[str]:
    return [name for name in face.defines if name[:1].isupper()]


def blank_in(taken: Taken, face: Face, files: Sorted) -> list[str]:
    """The classes that are as they were given out, or whose notebook is not there."""
    sheet = sheet_of(taken, files)
    work = [text for text in sheet.texts if text.source.strip() not in face.given]
    return [name for name in classes_of(face) if not any(answers(text, name) for text in work)]


def asks_elsewhere(
    taken: Taken, face: Face, blank: list[str], files: Sorted, given: set[str], anything: bool
) -> tuple[str, ...]:
    """Where classes are blank, but a file that is not this notebook may hold them. anything: where
    no notebook of the hand-in has a class, nobody knows what the files beside them are for.
    """
    if not blank or (taken.data is None and taken.asks):
        return ()
    own = [(path, text) for path, text in files.own.items() if "/" not in path]
    others = [c for c in files.candidates if face.name not in c.faces]
    texts = own + [(c.path, text.source) for c in others for text in c.sheet.texts]
    found = [
        *(path for path, text in texts if text.strip() not in given and holds(text, blank)),
        *(path for path in [*dict(own), *files.other] if is_named(path, face)),
    ]
    if blank == classes_of(face):
        found += [path for path, text in own if is_link(text)]
        found += [p for p in files.other if is_document(p) and not of_another(p, face, files)]
    if anything:
        found += [path for path, text in own if text.strip() not in given]
        found += [path for path in files.other if not of_tools(path.split("/"))]
    if not found:
        return ()
    return (
        f"{listed(blank)}: nothing is written in {face.name}.ipynb, but there is "
        f"{listed([*dict.fromkeys(found)])}: look whether the work is there.",
    )


def asks_in_changed(taken: Taken, face: Face, files: Sorted) -> tuple[str, ...]:
    """Where a class is not written in its notebook, but in a file that the release has too: of
    that, grading reads only the release's own."""
    work = own_work(sheet_of(taken, files), face)
    lacks = [n for n in classes_of(face) if not any(defines(source, n) for source in work)]
    found = [path for path, text in files.changed.items() if holds(text, lacks)]
    if not found:
        return ()
    return (
        f"{listed(lacks)}: not defined in {face.name}.ipynb, but {listed(found)} is not as in the "
        "release, and was not used: look whether the work is there.",
    )


def sheet_of(taken: Taken, files: Sorted) -> Sheet:
    return next((c.sheet for c in files.candidates if c.data is taken.data), Sheet(()))


def holds(text: str, names: list[str]) -> bool:
    """Whether a text defines one of the names, anywhere (an export may have put it into a
    function) and in UTF-16 too."""
    readable = re.sub(r"(?m)[\ufeff\udcff\udcfe]|^[ \t]+", "", text.replace("\x00", ""))
    return any(defines(readable, name) for name in names)


def is_named(path: str, face: Face) -> bool:
    return is_called(path, face.name)


def is_called(path: str, name: str) -> bool:
    return squeezed(name) in squeezed(PurePosixPath(path).name)


def rank(candidate: Candidate, face: Face) -> tuple:
    """The fullest comes first, then what looks like it, and is no copy of Jupyter's, and is longer
    and has the right name.
    """
    sources = own_work(candidate.sheet, face)
    answered = sum(
        any(
            text.source.strip() in sources and answers(text, name) for text in candidate.sheet.texts
        )
        for name in face.defines
    )
    right = candidate.path == f"{face.name}.ipynb"
    length = sum(map(len, sources))
    alike = candidate.faces[face.name] >= 1
    return answered, alike, length > 0, not candidate.left_behind, length, right, candidate.path


def written(candidate: Candidate, face: Face) -> int:
    """How many characters are in the cells that answer."""
    texts = candidate.sheet.texts
    return sum(len(t.source) for t in texts if any(answers(t, name) for name in face.defines))


def answers(text: Text, name: str) -> bool:
    return text.key == name or defines(text.source, name)


def differs(candidate: Candidate, fullest: Candidate, face: Face) -> bool:
    """Whether there is other work in it; one that is as given out holds none."""
    work = own_work(candidate.sheet, face)
    return bool(work) and work != own_work(fullest.sheet, face)


def notes_on(
    fullest: Candidate, others: list[Candidate], rest: list[Candidate], face: Face
) -> tuple[str, ...]:
    notes = []
    tools = [c.path for c in rest if c not in others and c.left_behind == IN_TOOLS]
    if fullest.path != f"{face.name}.ipynb":
        notes.append(TAKEN_AS.format(fullest.path, face.name))
    if others:
        notes.append(f"Not used beside it: {listed([c.path for c in others])}.")
    if tools:
        notes.append(f"Not used, since {IN_TOOLS}: {listed(tools)}.")
    if fullest.sheet.more:
        notes.append(f"{fullest.sheet.more} cells beyond the first are not read.")
    return tuple(notes)


def ask_unread(path: str, why: str) -> str:
    """What a person is to do about a file that could not be read."""
    if DENIED in why:
        how = "chmod a+rX, as its owner" if OWNER in why else "chmod u+rX"
        return f"{path} {why}: give it back its rights ({how}), then grade again."
    if why.endswith("a link"):
        return f"{path} {why}: what it leads to was not handed in. Ask whether it was work."
    return f"{path} {why}: open it yourself, or ask the student for it once more."


def not_there(face: Face, files: Sorted) -> Taken:
    """Nothing is this notebook. Where something may be, a person is asked."""
    may_be = [
        *(c.path for c in files.candidates if not c.faces or is_named(c.path, face)),
        *(path for path, _ in files.unread),
        *(p for p in files.other if may_be_of(p, face, files)),
        *(n for n, text in files.own.items() if "/" not in n and is_export(n, text, face)),
        *(n for n, text in files.own.items() if "/" not in n and is_link(text)),
    ]
    if not may_be:
        return Taken(missing=f"{face.name}.ipynb {NOT_HANDED_IN}")
    return Taken(
        missing=f"Nothing that you handed in could be read as {face.name}.ipynb; your instructor "
        "has been told.",
        asks=(
            f"no notebook was found for it, but there is {listed(may_be)}: look whether the work "
            "is there.",
        ),
    )


def may_be_of(path: str, face: Face, files: Sorted) -> bool:
    return is_named(path, face) or (may_hold_work(path) and not of_another(path, face, files))


def of_another(path: str, face: Face, files: Sorted) -> bool:
    """Whether a file is named like another notebook that is there: an export of it, or what an
    editor has left. Where that one is blank, it is asked about there."""
    others = {name for c in files.candidates for name in c.faces} - {face.name}
    return not is_named(path, face) and any(is_called(path, name) for name in others)


def may_hold_work(path: str) -> bool:
    return not path.lower().endswith(PICTURES) and not of_tools(path.split("/"))


def is_document(path: str) -> bool:
    """Whether people may have written answers in it, or keep them there."""
    hidden = any(part.startswith((".", "~")) for part in path.split("/"))
    return may_hold_work(path) and not hidden and not path.lower().endswith(MADE)


def is_link(text: str) -> bool:
    """Whether a text may stand for work that lies elsewhere."""
    return len(text) <= NOTE and LINK.search(text) is not None


def is_export(name: str, text: str, face: Face) -> bool:
    """Whether a text looks like a notebook that was saved as something else."""
    return is_named(name, face) or holds(text, [one for one in face.defines if one[:1].isupper()])


def few(sentences: list[str], like_them: str, most: int = 5) -> tuple[str, ...]:
    """The first sentences of those about one file each, and how many files there are more: no
    hand-in is to hide what is said of others."""
    more = len(sentences) - most
    return (*sentences[:most], *([f"{more} more {like_them}."] if more > 0 else ()))


def listed(paths: list[str], most: int = 5) -> str:
    more = f" and {len(paths) - most} more" if len(paths) > most else ""
    return ", ".join(paths[:most]) + more


# ---------------------------------------------------------------- the submission as a whole
def nothing_taken(notebooks: dict[str, Taken], files: Sorted) -> dict[str, Taken]:
    """A folder without any notebook that can be read: a person decides what that means for all of
    them, since the work of each may be there.
    """
    what = f"only {listed(files.paths)}" if files.paths else "nothing at all"
    ask = f"no notebook is in the folder, {what}: ask the student what was to be handed in."
    if len(files.paths) == 1 and files.unread and DENIED in files.unread[0][1]:
        ask = ask_unread(*files.unread[0])  # the folder itself: who knows what is in it
    named = tuple(path for path, _ in files.unread)
    return {
        name: taken
        if named and any(ask.startswith(named) for ask in taken.asks)
        else replace(taken, asks=(ask,))
        for name, taken in notebooks.items()
    }


def left_over(files: Sorted, known: dict[str, Face]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Notes and asks about what was not used and is no notebook's."""
    named = {path for path, _ in files.unread for face in known.values() if is_named(path, face)}
    lost = [(path, why) for path, why in files.unread if path not in named]
    empty = [(path, why) for path, why in lost if why.startswith((NO_FILE, EMPTY_ZIP, NO_BYTES))]
    links = [(path, why) for path, why in empty if why.endswith("a link") and beside(path, files)]
    strange = [
        f"{c.path} is no notebook of this assignment" for c in files.candidates if not c.faces
    ]
    deeper = [f"{path} is not the {TIME} of the hand-in" for path in files.times]
    wordless = [f"{path} {why}" for path, why in empty if (path, why) not in links]
    asks = [*(one for one in lost if one not in empty), *links]
    notes = [f"{what}; it was not used." for what in [*wordless, *strange, *deeper]]
    return (
        few(notes, "were not used"),
        few([ask_unread(*one) for one in asks], "could not be read either"),
    )


def beside(path: str, files: Sorted) -> bool:
    """Whether something stands where notebooks do: a link there may have led to work."""
    folders = {str(PurePosixPath(c.path).parent) for c in files.candidates if not c.left_behind}
    place = PurePosixPath(path)
    hidden = any(part.startswith(".") for part in place.parts)
    return not hidden and str(place.parent) in {".", *folders}


def told(taken: Taken, notes: tuple[str, ...] = (), asks: tuple[str, ...] = ()) -> Taken:
    return replace(taken, notes=(*taken.notes, *notes), asks=(*asks, *taken.asks))
