"""Marks for a learning platform: `nbgrader export --exporter=autograde.pages.platforms.Canvas`, and
`Moodle`.

Each fills in a file that the platform has exported (`--Canvas.fill=FILE`, `--Moodle.fill=FILE`), so
that its own columns name the students and the assignment; without one it writes a file with the
columns that the platform's import asks for. A cell is written where one student and one column are
meant beyond doubt; all else is left as it is, and said.
"""

import csv
import io
import re
import sys
from collections import defaultdict
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

from . import graded
from .roster import (
    IDENTITY,
    NAMES,
    NUMBERS,
    Person,
    Problem,
    Roster,
    Table,
    name_in,
    people,
    read_table,
)
from .summary import score_of
from .whole import whole

CHANGES = "Grade can be changed"
NO_POINTS = ("(Percentage)", "(Letter)", "(Feedback)")  # Moodle's columns beside "(Real)"
NO_ROW = "{} students have marks, but no row in {}"


class Platform(ExportPlugin):
    """What the platforms have in common. A subclass names its columns and lines."""

    fill = Unicode("", help="A file that the platform has exported, to be filled in.").tag(
        config=True
    )
    columns = Dict(
        {}, help="Assignment name to the title of its column, where that is another."
    ).tag(config=True)
    default, added = "", ()  # file that is written; what is added to a title, as patterns

    def export(self, gradebook: Gradebook):
        self.written: list[SubmittedAssignment] = []
        names = [str(name) for name in self.assignment] or [
            assignment.name for assignment in gradebook.assignments
        ]
        path = Path(self.to or self.default)
        try:
            table = self.filled(gradebook, names) if self.fill else self.fresh(gradebook, names)
            self.refuse_to_overwrite(path)
            text = io.StringIO()
            writer = csv.writer(text, delimiter=table.delimiter, lineterminator="\n")
            writer.writerows([table.head, *table.lines])
            with whole(path) as draft:
                draft.write_text(table.mark + text.getvalue(), encoding="utf-8")
        except (Problem, MissingEntry) as problem:
            self.log.error(str(problem))
            sys.exit(1)
        except OSError as problem:
            self.log.error("%s could not be written (%s).", path, problem.strerror)
            sys.exit(1)
        self.log.info("Marks written to %s", path)
        if waiting := self.waiting():
            self.log.warning(
                "Written as they are, though a person is still asked about them: %s",
                ", ".join(waiting),
            )

    def refuse_to_overwrite(self, path: Path):
        """Neither the file that was given, nor any that was not named, nor what is none. Raises
        Problem."""
        if path.exists() and not path.is_file():
            raise Problem(f"{path} is no file: name one with --to.")
        given = bool(self.fill) and path.exists() and path.samefile(self.fill)
        if given or (path.exists() and not self.to):
            raise Problem(
                f"{path} is there already and is not overwritten: name another file with --to."
            )

    def waiting(self) -> list[str]:
        """Whose marks that were written are not the last word yet, by what the gradebook says."""
        return [
            f"{submission.student.id} ({submission.name})"
            for submission in self.written
            if any(one.needs_manual_grade or one.flagged for one in submission.notebooks)
        ]

    def students(self, gradebook: Gradebook) -> list[Person]:
        wanted = [str(name) for name in self.student]
        return [person for person in people(gradebook) if not wanted or person.id in wanted]

    # ------------------------------------------------------------ a file of the platform's
    def filled(self, gradebook: Gradebook, names: list[str]) -> Table:
        """The platform's file with the marks put in. What is left out is said. Raises Problem."""
        table, roster = read_table(Path(self.fill)), Roster(people(gradebook))
        if not {title.strip() for title in table.head} & {*IDENTITY, *sum(NAMES, ())}:
            raise Problem(
                f"{self.fill} has no column that names students ({', '.join(IDENTITY)}, or their "
                "names): export it with names shown, and the platform's language set to English."
            )
        places, left = self.places(table.head, names), defaultdict(list)
        rows = dict(zip(range(len(table.lines)), whose(table, roster)))
        for student in self.students(gradebook):
            mine = [number for number, (person, _) in rows.items() if person == student]
            for name, place in places.items():
                submission = submission_of(gradebook, name, student.id)
                if mine and not submission:
                    left[f"nothing of {name} is marked, so that the cell stays"].append(student.id)
                elif len(mine) > 1:
                    left[f"more than one row in {self.fill}"].append(student.id)
                elif submission and not mine:
                    left[NO_ROW].append(student.id)
                elif submission:
                    fields = table.lines[mine[0]]
                    fields += [""] * (len(table.head) - len(fields))
                    if why := self.keeps(table.head, fields, place):
                        left[why].append(student.id)
                        continue
                    self.put(table.head, fields, place, submission)
        for number, (_, why) in rows.items():
            if why:
                left[why].append(f"line {number + 2}")
        for why, which in left.items():
            which = list(dict.fromkeys(which))
            why = why.format(len(which), self.fill) if why == NO_ROW else why
            self.log.warning("Left out: %s: %s", why, ", ".join(which))
        if left and not self.written:
            raise Problem(f"No mark could be put into {self.fill}; nothing was written.")
        for name, place in places.items():
            self.compare(gradebook, name, self.most(table, place))
        return self.kept(table, places)

    def most(self, table: Table, place: int) -> float:
        """The platform's maximum of a column, where its file says it; infinite where not."""
        return float("inf")

    def compare(self, gradebook: Gradebook, name: str, there: float):
        """Marks are written as points, so that another maximum makes other marks of them. What can
        be reached with a bonus, or somebody has reached, may be the maximum as well."""
        here = gradebook.find_assignment(name).max_score
        written = [one for one in self.written if one.name == name]
        best = max([here + self.bonus(written), *map(score_of, written)])
        if 0 < there < here or best < there < float("inf"):
            self.log.warning(
                "%s has a maximum of %g points for %s, the gradebook %g without a bonus: marks are "
                "written as points and not scaled. Is the platform's maximum right?",
                *(self.fill, there, name, here),
            )

    def bonus(self, submissions: list[SubmittedAssignment]) -> float:
        """What can be reached beside the gradebook's maximum, as graded notebooks of the first
        submission that has any say it."""
        course = getattr(self.parent, "coursedir", None)
        for one in submissions if course else ():
            step, student = course.autograded_directory, one.student.id
            folder = Path(course.format_path(step, student, one.name))
            if paths := sorted(folder.glob("*.ipynb")):
                cells = (cell for path in paths for cell in graded.verdicts(graded.graded_at(path)))
                return sum(v.points for cell, v in cells if not cell.metadata.nbgrader.points)
        return 0.0

    def places(self, head: list[str], names: list[str]) -> dict[str, int]:
        """Assignment to its column. One without a column is left out, if any has one. Raises
        Problem.
        """
        found = {name: self.columns_of(head, name) for name in names}
        for name, columns in found.items():
            if len(columns) > 1 or not any(found.values()):
                raise Problem(
                    f"{self.fill} has {len(columns) or 'no'} columns '{self.title(name)}': name "
                    f"the right one with --{type(self).__name__}.columns={name}=TITLE. There are: "
                    f"{', '.join(head)}."
                )
            if not columns:
                self.log.warning("Left out: %s: no column in %s", name, self.fill)
        return {name: columns[0] for name, columns in found.items() if columns}

    def title(self, name: str) -> str:
        return self.columns.get(name, name)

    def columns_of(self, head: list[str], name: str) -> list[int]:
        """Columns with this title, whole; else those that have it but for what is added to it."""
        wanted, titles = self.title(name).strip().casefold(), [title.strip() for title in head]
        for pattern in ("^$", *self.added):
            titles = [re.sub(pattern, "", title) for title in titles]
            if found := [k for k, title in enumerate(titles) if title.casefold() == wanted]:
                return found
        return []

    def keeps(self, head: list[str], fields: list[str], place: int) -> str:
        """Why the platform has no mark in a line: somebody has decided so there."""
        return ""

    def put(self, head: list[str], fields: list[str], place: int, submission: SubmittedAssignment):
        """A mark into a line of the file."""
        fields[place] = self.mark(submission)

    def mark(self, submission: SubmittedAssignment | None) -> str:
        """As it is written; what is written is remembered."""
        self.written += filter(None, [submission])
        return mark_of(submission)

    def kept(self, table: Table, places: dict[str, int]) -> Table:
        return table

    def fresh(self, gradebook: Gradebook, names: list[str]) -> Table:
        raise NotImplementedError


def whose(table: Table, roster: Roster) -> list[tuple[Person | None, str]]:
    """Of each line whose it is, or why that cannot be said; neither, where it is no student's."""
    titles = {*IDENTITY, *NUMBERS.values(), *sum(NAMES, ())}
    rows = [
        {title: value for title, value in table.row(fields).items() if title in titles and value}
        for fields in table.lines
    ]
    return [roster.of_row(row) if row and not of_points(row) else (None, "") for row in rows]


def of_points(row: dict[str, str]) -> bool:
    """Whether a row of Canvas's has its maxima."""
    return "Points Possible" in name_in(row)


class Canvas(Platform):
    """For Canvas: Grades, Import. Only names and the marks are written, so that no other column is
    overwritten.
    """

    default, added = "canvas.csv", (r" \(\d+\)$",)
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    others = ("LastName", "FirstName", "Integration ID", "Root Account")  # of a student as well

    def most(self, table, place):
        lines = [line for line in table.lines if of_points(table.row(line)) and place < len(line)]
        return number_in(lines[0][place]) if lines else super().most(table, place)

    def keeps(self, head, fields, place):
        excused = fields[place].strip().upper() == "EX"
        return "excused in Canvas (EX), so that the cell stays" if excused else ""

    def kept(self, table, places):
        names = {*self.head, *self.others}
        if missing := {"Student", "ID"}.difference(title.strip() for title in table.head):
            self.log.warning(
                "%s has no column %s, which Canvas's import asks for: export it with the "
                "platform's language set to English.",
                *(self.fill, " and no ".join(sorted(missing))),
            )
        keep = [k for k, column in enumerate(table.head) if column.strip() in names]
        keep += sorted(places.values())
        head, *lines = [
            [fields[k] for k in keep if k < len(fields)] for fields in (table.head, *table.lines)
        ]
        return Table(head, lines, table.delimiter, table.mark)

    def fresh(self, gradebook, names):
        points = [f"{gradebook.find_assignment(name).max_score:g}" for name in names]
        lines = [["    Points Possible", "", "", "", "", *points]]
        for person in self.students(gradebook):
            marks = [self.mark(submission_of(gradebook, name, person.id)) for name in names]
            shown = ", ".join(filter(None, (person.last, person.first))) or person.id
            lines.append([shown, person.lms, "", person.id, "", *marks])
        return Table([*self.head, *map(self.title, names)], lines, ",", "")


class Moodle(Platform):
    """For Moodle: Grades, Import, CSV file; or, filled in, an assignment's offline grading
    worksheet.
    """

    default, added = "moodle.csv", (r" \([^()]*\)$", "^[^:]+: ")
    head = ("Username", "ID number", "Email address", "First name", "Last name")

    def columns_of(self, head, name):
        if worksheet(head):
            return [head.index("Grade")]
        whole = self.title(name).strip().casefold()
        return [
            k
            for k in super().columns_of(head, name)
            if head[k].strip().casefold() == whole or not head[k].strip().endswith(NO_POINTS)
        ]

    def places(self, head, names):
        if worksheet(head) and len(names) > 1:
            raise Problem(
                f"{self.fill} is the worksheet of one assignment: name it, as in "
                f"--assignment '[\"{names[0]}\"]'."
            )
        return super().places(head, names)

    def most(self, table, place):
        maxima = [table.row(line).get("Maximum Grade", "") for line in table.lines[:1]]
        return number_in(maxima[0]) if worksheet(table.head) and maxima else float("inf")

    def keeps(self, head, fields, place):
        locked = worksheet(head) and dict(zip(head, fields)).get(CHANGES, "").strip() == "No"
        return "Moodle takes no mark for them ('Grade can be changed': No)" if locked else ""

    def put(self, head, fields, place, submission):
        super().put(head, fields, place, submission)
        if not worksheet(head):
            return
        most = fields[head.index("Maximum Grade")] if "Maximum Grade" in head else ""
        if score_of(submission) > number_in(most):
            self.log.warning(
                "%s has %s points where Moodle's maximum is %s: raise that to what can be reached "
                "with the bonus, or Moodle refuses the mark.",
                *(submission.student.id, mark_of(submission), most),
            )
        if "Feedback comments" in head:
            said, ours = fields[head.index("Feedback comments")], comments_on(submission)
            if ours not in said:
                fields[head.index("Feedback comments")] = "\n".join(filter(None, (said, ours)))

    def fresh(self, gradebook, names):
        titles = [title for name in names for title in (self.title(name), f"{name} feedback")]
        lines = []
        for person in self.students(gradebook):
            submissions = [submission_of(gradebook, name, person.id) for name in names]
            cells = [cell for one in submissions for cell in (self.mark(one), comments_on(one))]
            about = [person.id, person.lms, person.email, person.first, person.last]
            lines.append([*about, *cells])
        return Table([*self.head, *titles], lines, ",", "")


def worksheet(head: list[str]) -> bool:
    """Whether these are the columns of an offline grading worksheet."""
    return {"Identifier", "Grade"} <= set(head)


def number_in(text: str) -> float:
    """A maximum as Moodle writes it; there is none where it is no number."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return float("inf")


# ---------------------------------------------------------------- marks
def submission_of(gradebook: Gradebook, name: str, student: str) -> SubmittedAssignment | None:
    try:
        return gradebook.find_submission(name, student)
    except MissingEntry:
        return None


def mark_of(submission: SubmittedAssignment | None) -> str:
    return f"{score_of(submission):.4f}".rstrip("0").rstrip(".") if submission else ""


def comments_on(submission: SubmittedAssignment | None) -> str:
    """What the instructor wrote in the formgrader, and whether a penalty is taken off."""
    if not submission:
        return ""
    lines = [
        f"{comment.name}: {comment.manual_comment}"
        for notebook in submission.notebooks
        for comment in notebook.comments
        if comment.manual_comment
    ]
    late = submission.late_submission_penalty
    return "\n".join(
        lines + ([f"{late:g} points are taken off for handing in late."] if late else [])
    )
