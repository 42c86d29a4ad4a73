"""The one careful reader of what others have put into a folder, and the one careful writer.

No link is followed, nothing but ordinary files is opened, and what is read has limits: a submission
may hold anything.
"""

import glob
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from ..pages.whole import whole

FILE_BYTES = 64 << 20  # of one file
ALL_BYTES = 256 << 20  # of all files of a submission that are read
MOST_FILES = 2000  # of a submission, those inside of zips among them
MOST_FOLDERS = 12  # one inside the other
MOST_ZIPS = 3  # one inside the other
TOOLS = ("__MACOSX", "__pycache__", ".git", ".venv", "venv", "node_modules", ".Trash")
OF_SYSTEMS = (
    re.compile(  # files beside the work: a folder's icon and settings, where a file is from
        r"\._.*|Icon(\r|\\r)|\.directory|\.localized|ehthumbs\.db|Thumbs\.db:.*|.*:Zone\.Identifier"
        r"|\.dropbox|\.dropbox\.attr|\.gitkeep|\.gitignore|\.gitattributes|\.jupyter_ystore\.db"
        r"|\.#.*|\.~lock\..*#"  # locks of editors: who has a file open
    )
)
BEFORE_TEXT = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"  # in any encoding
WORK = (".ipynb", ".zip")
OTHER_ARCHIVES = (".7z", ".rar", ".tar", ".tgz", ".gz", ".bz2", ".xz")
TEXTS = (".py", ".txt", ".csv", ".tsv", ".json", ".md", ".yaml", ".yml")
NO_FILE = "is no ordinary file"
A_FOLDER = f"{NO_FILE}, but a folder"
EMPTY_ZIP = "is a zip with no file in it"
DENIED, OWNER = "Permission denied", "whose owner is"
ZIP_ENTRY = b"PK\x01\x02"  # stands in a zip once for each file in it
SAYS_UTF8 = 0x800  # flag of a file in a zip: its name is UTF-8
OTHER_KINDS = (  # how a file begins that has a wrong name or is no file, and what it is
    (rb"(?i:<!doctype html|<html|<head|<body)",
     "it is a web page (an export, or what a site shows in place of a file)"),
    (rb"version https://git-lfs", "it is a pointer of Git LFS, without the file itself"),
    (rb"%PDF-", "it is a PDF"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", "it is a picture"),
    (rb"7z\xbc\xaf|Rar!|\x1f\x8b|BZh|\xfd7zXZ", "it is an archive, but no zip"),
    (rb"#!.*python|#.*coding:|# ?%%|# In\[|(import|from) \w+|class \w+ *[(:]",
     "it is a script, and not a notebook"),
)  # fmt: skip
UNZIPPING = (  # what Python raises on a zip that is none, or a broken one
    *(zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, RuntimeError),
)
READ_ONLY = "{} cannot be written to: its disk is mounted read-only. Nothing was changed."
LONGEST = 2000  # characters of a path in a zip; whose name is longer is not read
HEAD = 4096  # bytes that tell whether a file is worth reading


@dataclass(frozen=True)
class Found:
    """A file of a submission. path: as it is shown, with the folders and zips around it; data: what
    is in it, None where it was not read; why: what kept it from being read, empty where nothing did
    and it is only of no interest; when: the date beside it, as far as one is known.
    """

    path: str
    data: bytes | None = None
    why: str = ""
    when: datetime | None = None


class TooMuch(Exception):
    """A submission exceeds what is read of one; the text says which limit."""


def shown(name: str | bytes) -> str:
    """A file's name as text that can be printed and stored, whatever its bytes are."""
    return printable(os.fsencode(name).decode("utf-8", "backslashreplace"))


def of_tools(parts: Sequence[str]) -> bool:
    """Whether a path, part by part, leads into a folder of systems and tools."""
    return not set(TOOLS).isdisjoint(parts)


def is_litter(parts: Sequence[str], head: bytes | None = None) -> bool:
    """Whether a path leads to what systems and tools have left behind, where nobody's work is.
    head: how the file begins, where that is known: a notebook or a zip is none of these, whatever
    its name.
    """
    name = parts[-1] if parts else ""  # there is none of a file that is called "."
    if OF_SYSTEMS.fullmatch(name):
        return not (head or b"").lstrip(BEFORE_TEXT).startswith((b"{", b"PK\x03\x04"))
    return of_tools(parts) and not name.lower().endswith(WORK)


def printable(text: str) -> str:
    """Text that does nothing to a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def reason(problem: Exception) -> str:
    """One line for an error of the file system or the database."""
    text = getattr(problem, "orig", None) or getattr(problem, "strerror", None) or problem
    return str(text).strip().split("\n")[0]


# ---------------------------------------------------------------- one file
def read_file(path: Path, most: int = FILE_BYTES) -> Found:
    """An ordinary file of at most `most` bytes; anything else is said to be what it is."""
    name = shown(path.name)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as problem:
        return Found(name, why=unopened(path, problem))
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode) or status.st_size > most:
        os.close(handle)
        large = f"is larger than {megabytes(most)}"
        other = f"{NO_FILE}, but {kind_of(status.st_mode)}"
        return Found(name, why=large if stat.S_ISREG(status.st_mode) else other)
    with open(handle, "rb") as file:
        try:
            data = file.read(most + 1)
        except OSError as problem:
            return Found(name, why=f"cannot be read ({reason(problem)})")
    return Found(name, data) if len(data) <= most else Found(name, why="grows while it is read")


def unopened(path: Path, problem: OSError) -> str:
    if os.path.islink(path):
        return f"{NO_FILE}, but a link"
    with suppress(OSError):  # nothing is known of it where its folder is closed
        if isinstance(problem, PermissionError) and os.lstat(path).st_uid != os.geteuid():
            return f"{OWNER} {owner_of(path)}, cannot be read ({reason(problem)})"
    return f"cannot be read ({reason(problem)})"


def kind_of(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def megabytes(count: int) -> str:
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count} bytes"


# ---------------------------------------------------------------- nbgrader's folders
def folders_of(coursedir, directory: str, assignment: str) -> dict[str, Path]:
    """Student to the folder that nbgrader has of this step for them, by name, whatever letters are
    in it, and however the course lays out its folders. Of no link is asked where it leads.
    """
    shape = coursedir.format_path(
        re.escape(directory), "(?P<student>[^/]+)", re.escape(assignment), escape=True
    )
    layout = coursedir.directory_structure.format(
        nbgrader_step=glob.escape(directory), student_id="*", assignment_id=glob.escape(assignment)
    )
    place = os.path.join(glob.escape(str(coursedir.root)), layout)
    found = glob.glob(place, include_hidden=True)
    closed = glob.glob(os.path.dirname(place), include_hidden=True)
    found += [  # who knows what is in a folder that cannot be opened
        os.path.join(path, os.path.basename(layout.rstrip("/")))
        for path in closed
        if os.path.isdir(path) and not os.access(path, os.R_OK | os.X_OK)
    ]
    students = {match["student"]: path for path in found if (match := re.fullmatch(shape, path))}
    return {student: Path(students[student]) for student in sorted(students)}


# ---------------------------------------------------------------- a whole folder
class Reader:
    """Reads one submission; counts what it has read. What it reads of it, a subclass may say."""

    def __init__(self):
        self.most_files, self.most_bytes = MOST_FILES, ALL_BYTES
        self.files, self.bytes = 0, 0

    def folder(self, folder: Path, path: str = "", depth: int = 0) -> Iterator[Found]:
        """Every file in `folder`, those in folders and zips inside of it among them, in the order
        of their names. Raises TooMuch.
        """
        try:
            names = sorted(os.listdir(folder))
        except OSError as problem:
            yield Found(path or shown(folder.name), why=unopened(folder, problem))
            return
        for name in names:
            place, inner = folder / name, f"{path}{shown(name)}"
            is_folder = os.path.isdir(place) and not os.path.islink(place)  # pathlib raises
            head = head_of(place) if OF_SYSTEMS.fullmatch(name) else None
            litter = is_litter(inner.split("/"), head)
            if litter and not is_folder:
                continue
            if not litter:
                self.count(inner)
            if is_folder:
                if name.lower().endswith(".ipynb"):
                    yield Found(inner, why=A_FOLDER)
                if depth == MOST_FOLDERS:
                    yield Found(inner, why="lies too deep")
                else:
                    yield from self.folder(place, f"{inner}/", depth + 1)
            else:
                yield from self.file(place, inner)

    def file(self, place: Path, inner: str) -> Iterator[Found]:
        """What is no folder. inner: its path, as it is shown."""
        if self.wants(inner, head_of(place)):
            yield from self.opened(inner, read_file(place), 0)
        else:
            yield Found(inner, why=why_not(inner))

    def wants(self, path: str, head: bytes | None) -> bool:
        return interesting(path, head)

    def opens(self, path: str, data: bytes) -> bool:
        """Whether what lies in it is read in place of the file."""
        return is_zip(path, data)

    def opened(self, path: str, found: Found, zips: int) -> Iterator[Found]:
        """A file, or where it is a zip, what is in it."""
        self.spend(len(found.data or b""))
        if found.data is not None and self.opens(path, found.data):
            yield from self.zip(path, found.data, zips)
        else:
            yield replace(found, path=path)

    def zip(self, path: str, data: bytes, zips: int) -> Iterator[Found]:
        if zips == MOST_ZIPS:
            yield Found(path, why="is a zip that lies too deep in other zips")
            return
        if data.count(ZIP_ENTRY) > self.most_files:
            yield Found(path, why=f"is a zip of more than {self.most_files} files")
            return
        yield from self.members(path, io.BytesIO(data), zips)

    def members(self, path: str, file: BinaryIO, zips: int) -> Iterator[Found]:
        """What lies in the zip `file`."""
        try:
            with zipfile.ZipFile(file) as archive:
                if all(member.is_dir() for member in archive.infolist()):
                    yield Found(path, why=EMPTY_ZIP)
                for member in sorted(archive.infolist(), key=lambda member: member.filename):
                    yield from self.member(path, archive, member, zips)
        except UNZIPPING as problem:
            file.seek(0)
            kind = other_kind(file.read(HEAD))
            opened = f"is a zip that cannot be opened ({reason(problem)})"
            yield Found(path, why=f"could not be read: {kind}" if kind else opened)

    def member(self, path: str, archive, member: zipfile.ZipInfo, zips: int) -> Iterator[Found]:
        inner = f"{path}/{shown(name_of(member))}"
        parts = inner.split("/")
        head = head_in(archive, member) if OF_SYSTEMS.fullmatch(parts[-1]) else None
        if member.is_dir() or is_litter(parts, head):
            return
        self.count(inner)
        if len(inner) > LONGEST:
            yield Found(f"{inner[: LONGEST // 10]}…", why="has too long a name")
        elif member.flag_bits & 1:
            yield Found(inner, why="has a password")
        elif stat.S_ISLNK(member.external_attr >> 16):
            yield Found(inner, why=f"{NO_FILE}, but a link")
        else:
            yield from self.unpacked(inner, archive, member, zips)

    def unpacked(self, inner: str, archive, member: zipfile.ZipInfo, zips: int) -> Iterator[Found]:
        """A file of a zip. What is said of its size may be a lie, so that it is read piecemeal."""
        try:
            with archive.open(member) as file:
                data = file.read(HEAD)
                wanted = self.wants(inner, data)
                data += file.read(FILE_BYTES + 1 - HEAD) if wanted else b""
        except UNZIPPING as problem:
            yield Found(inner, why=f"cannot be unpacked ({reason(problem)})")
            return
        if len(data) > FILE_BYTES:
            self.spend(len(data))
            yield Found(inner, why=f"is larger than {megabytes(FILE_BYTES)}")
        elif wanted:
            yield from self.opened(inner, Found(inner, data, when=when_of(member)), zips + 1)
        else:
            yield Found(inner, why=why_not(inner))

    def spend(self, count: int):
        self.bytes += count
        if self.bytes > self.most_bytes:
            raise TooMuch(f"there are more than {megabytes(self.most_bytes)} in it")

    def count(self, path: str):
        self.files += 1
        if self.files > self.most_files:
            raise TooMuch(f"there are more than {self.most_files} files in it")


def name_of(member: zipfile.ZipInfo) -> bytes:
    """A file's name in a zip, in UTF-8."""
    said = member.flag_bits & SAYS_UTF8
    name = member.filename if said else meant(member.filename)
    return name.encode("utf-8", "surrogateescape")


def meant(name: str) -> str:
    """Many write a name into a zip in UTF-8 and do not say so; then it is read as if it were of
    1981.
    """
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def when_of(member: zipfile.ZipInfo) -> datetime | None:
    """The date beside a file in a zip, which is the local time of whoever has made it."""
    try:
        return datetime(*member.date_time)
    except ValueError:
        return None


def head_of(path: Path) -> bytes | None:
    """The first bytes of an ordinary file, None for anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    with open(handle, "rb") as file:
        try:
            return file.read(HEAD)
        except OSError:
            return None


def head_in(archive, member: zipfile.ZipInfo) -> bytes | None:
    """The same of a file in a zip."""
    try:
        with archive.open(member) as file:
            return file.read(HEAD)
    except UNZIPPING:
        return None


def interesting(path: str, head: bytes | None) -> bool:
    """Whether a file may be a notebook or a zip, or a text that a notebook may need. One that
    cannot be opened is: then it is said why.
    """
    end = os.path.splitext(path.lower())[1]
    if head is None or end in (".ipynb", ".zip", *TEXTS):
        return True
    start = head.lstrip(BEFORE_TEXT)[:1]
    return (start == b"{" and b'"' in head) or (end == "" and head.startswith(b"PK"))


def is_zip(path: str, data: bytes) -> bool:
    end = os.path.splitext(path.lower())[1]
    return end == ".zip" or (end in ("", ".ipynb") and data.startswith(b"PK\x03\x04"))


def other_kind(data: bytes) -> str | None:
    """What a file is that was taken for a notebook or a zip, where its beginning tells."""
    if not data.strip(b" \t\r\n"):
        return "the file is empty"
    begins = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((what for start, what in OTHER_KINDS if re.match(start, begins)), None)


def why_not(path: str) -> str:
    """What keeps a file that was not read from being of no interest."""
    if path.lower().endswith(OTHER_ARCHIVES) and not path.lower().endswith(".synctex.gz"):
        return "is an archive, but no zip"
    return ""


def is_read_only(path: Path) -> bool:
    """Whether no rights would help: the disk that a path lies on is mounted to be read."""
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def owner_of(path: Path) -> str:
    """Whose a file is: a name, or the number of a user that has none here."""
    try:
        return path.owner()
    except (KeyError, NotImplementedError):
        return f"user {path.stat().st_uid}"


# ---------------------------------------------------------------- writing
def write_whole(path: Path, text: str, rights: int | None = None):
    """A whole file, or nothing: it is written beside its place, and then put there, with these
    rights; without them, with those that it has, or that new files get.
    """
    with whole(path) as draft:
        draft.write_text(text, encoding="utf-8", errors="replace")
        if rights is not None:
            draft.chmod(rights)
        elif path.exists():
            draft.chmod(path.stat().st_mode)
