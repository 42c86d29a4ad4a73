"""Who a row or a file of a learning platform belongs to: the one student on whom all agrees that
names one; else nobody, and why.
"""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook

IDENTITY = (
    *("SIS Login ID", "SIS User ID", "ID", "Integration ID"),
    *("Username", "ID number", "Email address"),
)  # columns in which a student's id, LMS id or e-mail may stand
NAMES = (  # columns that make up a name
    *(("Student",), ("Full name",), ("FirstName", "LastName")),
    *(("First name", "Last name"), ("First name", "Surname")),
)
NUMBERS = {"canvas": "ID", "moodle": "Identifier"}  # column of a platform's own number of a student
OURS = {  # column of the list that nbgrader imports -> of a platform's
    **{"id": "Username", "lms_user_id": "ID", "email": "Email address"},
    **{"first_name": "First name", "last_name": "Last name"},
}
PARTICIPANT = re.compile(r"\D*(\d+)")  # Moodle's 'Participant 123'
NO_TABLES = {  # how other files begin
    b"PK\x03\x04": "a workbook of Excel's or a zip: save it as CSV (UTF-8)",
    b"\xd0\xcf\x11\xe0": "an old workbook of Excel's: save it as CSV (UTF-8)",
    b"<": "a web page: export the file again",
}
EXCELS = re.compile(r'"?sep=[,;\t]"?[,;\t]*\r?\n', re.IGNORECASE)  # a first line for Excel alone
ESCAPED = re.compile(
    r"\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\U[0-9a-f]{8}"
)  # what cannot be printed, as it is shown


class Problem(Exception):
    """Why there is no file; the text says what to do."""


@dataclass(frozen=True)
class Person:
    """A student of the gradebook. lms: the platform's own id."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    lms: str = ""

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()


def people(gradebook: Gradebook) -> list[Person]:
    return [
        Person(s.id, s.first_name or "", s.last_name or "", s.email or "", s.lms_user_id or "")
        for s in sorted(gradebook.students, key=lambda s: s.id)
    ]


# ---------------------------------------------------------------- names
def folded(text: str) -> str:
    """Letters and digits alone, small."""
    text = unicodedata.normalize("NFC", ESCAPED.sub(" ", text)).casefold()
    return "".join(c for c in text if c.isalnum())


def unaccented(text: str) -> str:
    text = unicodedata.normalize("NFKD", ESCAPED.sub(" ", text))
    return folded("".join(c for c in text if not unicodedata.combining(c)))


FOLDS = (folded, unaccented)  # the first that finds anybody decides


def words(name: str, fold=unaccented) -> list[str]:
    return list(filter(None, map(fold, re.split(r"[\s,]+", name))))


def spellings(name: str, fold) -> set[str]:
    """A name in one word, from whichever of its words a platform may begin: 'van der Berg, Jan'
    stands as vanderbergjan or as bergjanvander.
    """
    found = words(name, fold)
    return {"".join(found[k:] + found[:k]) for k in range(len(found))}


def name_in(row: dict[str, str]) -> str:
    whole = (" ".join(row.get(title, "").strip() for title in titles) for titles in NAMES)
    return next((name for name in whole if name.strip()), "").strip()


# ---------------------------------------------------------------- one student
class Roster:
    """The students of a course, by everything that may name one."""

    def __init__(self, people: list[Person]):
        self.people = {person.id: person for person in people}
        self.keys = defaultdict(set)  # id, LMS id, e-mail -> ids
        self.numbers = {platform: defaultdict(set) for platform in NUMBERS}  # number -> ids
        self.names = {fold: defaultdict(set) for fold in FOLDS}  # spelling -> ids
        for person in people:
            for key in filter(None, (person.id, person.lms, person.email)):
                self.keys[key.strip().casefold()].add(person.id)
            for key in filter(None, (person.id, person.email)):
                self.names[folded][folded(key)].add(person.id)
            if person.lms:
                self.numbers["canvas"][person.lms.strip()].add(person.id)
            self.call(person, person.name)

    def call(self, person: Person, name: str):
        for fold, known in self.names.items():
            for spelling in spellings(name, fold):
                known[spelling].add(person.id)

    def named(self, name: str) -> set[str]:
        """Whose name it may be, in any order of its words; without accents where nobody's fits."""
        for fold, known in self.names.items():
            if (spelling := fold(name)) and known.get(spelling):
                return set(known[spelling])
        return set()

    # ------------------------------------------------------------ a row of a platform's file
    def of_row(self, row: dict[str, str]) -> tuple[Person | None, str]:
        """Whose row it is; or None, and why."""
        said = {title: row[title].strip() for title in IDENTITY if row.get(title, "").strip()}
        votes = {
            f"{title} {value}": self.keys.get(value.casefold()) for title, value in said.items()
        }
        if name := name_in(row):
            votes[name] = self.named(name)
        found = {what: ids for what, ids in votes.items() if ids}
        if not found:
            said = " or ".join(votes)
            return None, f"nobody in the gradebook is {said}" if said else "it names no student"
        agreed = set.intersection(*found.values())
        if len(agreed) != 1:
            who = "; ".join(f"{what} is {' or '.join(sorted(ids))}" for what, ids in found.items())
            return None, f"it is not one student on whom all agrees: {who}"
        person = self.people[agreed.pop()]
        why = differs(person, said, name if len(found) < 2 else "")
        return (None, why) if why else (person, "")

    def learn(self, rows: list[dict[str, str]]):
        """What a platform's own list says of students whom it names beyond doubt: their numbers,
        and how it spells their names. nbgrader's own list will do. Raises Problem for one that
        names nobody.
        """
        rows = [{OURS.get(title, title): value for title, value in row.items()} for row in rows]
        named = [(row, person) for row in rows if (person := self.of_row(row)[0])]
        if not named:
            raise Problem("The list that --roster gives names no student of the gradebook.")
        for row, person in named:
            self.call(person, name_in(row))
            for platform, title in NUMBERS.items():
                if number := PARTICIPANT.fullmatch(row.get(title, "").strip()):
                    self.numbers[platform][number[1]].add(person.id)

    # ------------------------------------------------------------ a file of a download
    def of_file(self, platform: str, name: str, number: str, trusted: bool) -> tuple[str, str]:
        """Whose hand-in it is; or "", and why. trusted: whether the platform's numbers of students
        are known, so that who has another number is somebody else.
        """
        by_number = self.numbers[platform].get(number, set()) if trusted else set()
        by_name = self.named(name)
        known = set().union(*self.numbers[platform].values()) if trusted else set()
        found = by_number & by_name if by_number and by_name else by_number or by_name - known
        if len(found) == 1:
            return found.pop(), ""
        of = lambda ids: " or ".join(sorted(ids))
        if by_number and by_name and not found:
            return "", f"its number {number} is {of(by_number)}, its name {of(by_name)}"
        if found:
            return "", f"it may be {of(found)}: {REMEDY[platform].format(number=number)}"
        if by_name:
            return "", f"it has the name of {of(by_name)}, whose number is another than {number}"
        return "", (
            f"nobody in the gradebook has its name or its number {number}: "
            f"{REMEDY[platform].format(number=number)}"
        )


REMEDY = {  # where a name tells no student, or more than one
    "canvas": "`nbgrader db student add ID --lms-user-id {number}` says who has Canvas's number "
    "{number}, or --roster with Canvas's gradebook export",
    "moodle": "give --roster with the assignment's grading worksheet, where Participant {number} "
    "has an e-mail address (of anonymous submissions, once identities are revealed in Moodle)",
}


def differs(person: Person, said: dict[str, str], name: str) -> str:
    """What of a row contradicts the gradebook, though it is nobody else's. name: where nothing but
    one number speaks for this student.
    """
    email = said.get("Email address", "")
    if email and person.email and email.casefold() != person.email.strip().casefold():
        return f"its e-mail address is {email}, and {person.id} has {person.email} in the gradebook"
    number, lms = said.get("ID", ""), person.lms.strip()
    if number.isdigit() and lms.isdigit() and lms not in said.values():
        return f"its ID is {number}, and {person.id} has the lms_user_id {lms} in the gradebook"
    if name and person.name and not set(words(name)) & set(words(person.name)):
        return f"its name is {name}, and {person.id} is {person.name} in the gradebook"
    return ""


# ---------------------------------------------------------------- a file of a platform's
@dataclass
class Table:
    """A CSV file. delimiter: as it was written; mark: its byte order mark, if it had one."""

    head: list[str]
    lines: list[list[str]]
    delimiter: str
    mark: str

    def row(self, fields: list[str]) -> dict[str, str]:
        return {title.strip(): value for title, value in zip(self.head, fields)}


def read_table(path: Path) -> Table:
    """Raises Problem."""
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise Problem(f"{path} cannot be read ({problem.strerror}).") from None
    if kind := next((kind for start, kind in NO_TABLES.items() if data.startswith(start)), None):
        raise Problem(f"{path} is no CSV file, but {kind}.")
    text = decoded(data)
    if "\n" not in text:
        text = text.replace("\r", "\n")  # as old programs end lines
    mark, text = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
    if named := EXCELS.match(text):
        text = text[named.end() :]
    if not text.strip():
        raise Problem(f"{path} is empty.")
    try:
        first = lambda delimiter: next(csv.reader(io.StringIO(text), delimiter=delimiter), [])
        delimiter = max(",;\t", key=lambda one: len(first(one)))
        head, *lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    except (csv.Error, ValueError) as problem:
        raise Problem(f"{path} is no CSV file that can be read ({problem}).") from None
    return Table(head, lines, delimiter, mark)


def decoded(data: bytes) -> str:
    """UTF-8, UTF-16, or else what Excel writes on Windows."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\x00" in data[:200]:
        return data.decode("utf-16-be" if data[:1] == b"\x00" else "utf-16-le", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
