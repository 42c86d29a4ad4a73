"""Marks for a learning platform: `nbgrader export --exporter=autograde.pages.exporters.Canvas`, and
`Moodle`.

Each fills in a file that the platform has exported (`--Canvas.fill=FILE`, `--Moodle.fill=FILE`), so
that its own columns name the students and the assignment; without one it writes a file with the
columns that the platform's import asks for.
"""

import csv
import io
import sys
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry, Student, SubmittedAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Unicode

IDENTITY = (
    "SIS Login ID",
    "SIS User ID",
    "ID",
    "Username",
    "ID number",
    "Email address",
)  # a student's id, LMS id or e-mail stands in one of these


class Problem(Exception):
    """Why there is no file; the text says what to do."""


class Platform(ExportPlugin):
    """What the platforms have in common. A subclass names its columns and lines."""

    fill = Unicode("", help="A file that the platform has exported, to be filled in.").tag(
        config=True
    )
    columns = Dict(
        {},
        help="Assignment name to the title of its column, where that does not begin with the name.",
    ).tag(config=True)
    default = ""

    def export(self, gradebook: Gradebook):
        names = [str(name) for name in self.assignment] or [
            assignment.name for assignment in gradebook.assignments
        ]
        try:
            lines, dialect, mark = (
                self.filled(gradebook, names)
                if self.fill
                else (self.fresh(gradebook, names), csv.excel, "")
            )
        except (Problem, MissingEntry, OSError) as problem:
            self.log.error(str(problem))
            sys.exit(1)
        text = io.StringIO()
        csv.writer(text, dialect, lineterminator="\n").writerows(lines)
        path = Path(self.to or self.default)
        path.write_text(mark + text.getvalue(), encoding="utf-8")
        self.log.info("Marks of %s written to %s", ", ".join(names), path)

    def students(self, gradebook: Gradebook) -> list[Student]:
        wanted = [str(name) for name in self.student]
        return [
            student
            for student in sorted(gradebook.students, key=lambda s: s.id)
            if not wanted or student.id in wanted
        ]

    # ------------------------------------------------------------ a file of the platform's
    def filled(self, gradebook: Gradebook, names: list[str]):
        """The file with the marks put in, line by line; how it is written; its byte order mark."""
        text = Path(self.fill).read_text(encoding="utf-8")
        mark, text = text[: text.startswith("\ufeff")], text.removeprefix("\ufeff")
        dialect = csv.Sniffer().sniff(text.partition("\n")[0], ",;\t")
        head, *lines = csv.reader(io.StringIO(text), dialect)
        places = {name: self.place(head, name, len(names)) for name in names}
        known = {
            key.lower(): student
            for student in self.students(gradebook)
            for key in (student.id, student.lms_user_id, student.email)
            if key
        }
        left = {student.id for student in known.values()}
        for fields in lines:
            student = next(
                (
                    known[value.lower()]
                    for title, value in zip(head, fields)
                    if title.strip() in IDENTITY and value.lower() in known
                ),
                None,
            )
            if student:
                left.discard(student.id)
                for name, place in places.items():
                    self.put(head, fields, place, submission_of(gradebook, name, student))
        left = [
            name
            for name in sorted(left)
            if any(
                submission_of(gradebook, assignment, gradebook.find_student(name))
                for assignment in names
            )
        ]
        if left:
            self.log.warning(
                "%d students have marks, but no row in %s: %s",
                len(left),
                self.fill,
                ", ".join(left[:10]) + (" …" if len(left) > 10 else ""),
            )
        keep = self.kept(head, places)
        return (
            [[fields[k] for k in keep if k < len(fields)] for fields in (head, *lines)],
            dialect,
            mark,
        )

    def place(self, head: list[str], name: str, count: int) -> int:
        """The column of an assignment. Raises Problem."""
        title = self.columns.get(name, name).lower()
        found = [
            k
            for k, column in enumerate(head)
            if self.plain(column).lower().startswith(title) and column.strip() not in IDENTITY
        ]
        if len(found) != 1:
            raise Problem(
                f"{self.fill} has {len(found)} columns that begin with '{title}': name the right "
                f"one with --{type(self).__name__}.columns={name}=TITLE. There are: "
                f"{', '.join(head)}."
            )
        return found[0]

    def plain(self, column: str) -> str:
        return column.strip()

    def put(
        self, head: list[str], fields: list[str], place: int, submission: SubmittedAssignment | None
    ):
        """A mark into a line of the file; without a submission it stays as it is."""
        if submission:
            fields[place] = mark_of(submission)

    def kept(self, head: list[str], places: dict[str, int]) -> list[int]:
        return list(range(len(head)))

    def fresh(self, gradebook: Gradebook, names: list[str]) -> list[list[str]]:
        raise NotImplementedError


class Canvas(Platform):
    """For Canvas: Grades, Import. Only names and the marks are written, so that no other column is
    overwritten.
    """

    default = "canvas.csv"
    head = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")

    def kept(self, head, places):
        return [k for k, column in enumerate(head) if column in self.head or k in places.values()]

    def fresh(self, gradebook, names):
        lines = [[*self.head, *(self.columns.get(name, name) for name in names)]]
        lines.append(
            [
                "    Points Possible",
                "",
                "",
                "",
                "",
                *(f"{gradebook.find_assignment(name).max_score:g}" for name in names),
            ]
        )
        for student in self.students(gradebook):
            marks = [mark_of(submission_of(gradebook, name, student)) for name in names]
            lines.append(
                [
                    ", ".join(filter(None, (student.last_name, student.first_name))) or student.id,
                    student.lms_user_id or "",
                    "",
                    student.id,
                    "",
                    *marks,
                ]
            )
        return lines


class Moodle(Platform):
    """For Moodle: Grades, Import, CSV file; or, filled in, an assignment's offline grading
    worksheet.
    """

    default = "moodle.csv"
    head = ("Username", "ID number", "Email address", "First name", "Last name")

    def plain(self, column):
        return column.strip().removeprefix("Assignment: ")

    def place(self, head, name, count):
        if not worksheet(head):
            return super().place(head, name, count)
        if count > 1:
            raise Problem(
                f"{self.fill} is the worksheet of one assignment: name it, as in "
                f"--assignment '[\"{name}\"]'."
            )
        return head.index("Grade")

    def put(self, head, fields, place, submission):
        super().put(head, fields, place, submission)
        if submission and worksheet(head):
            self.look_at_maximum(head, fields, submission)
            if "Feedback comments" in head:
                fields[head.index("Feedback comments")] = comments_on(submission)

    def look_at_maximum(self, head, fields, submission):
        most = fields[head.index("Maximum Grade")] if "Maximum Grade" in head else ""
        if most and score_of(submission) > float(most.replace(",", ".")):
            self.log.warning(
                "%s has %s points where Moodle's maximum is %s: raise that to what can be reached "
                "with the bonus, or Moodle refuses the mark.",
                submission.student.id,
                mark_of(submission),
                most,
            )

    def fresh(self, gradebook, names):
        lines = [
            [
                *self.head,
                *(
                    title
                    for name in names
                    for title in (self.columns.get(name, name), f"{name} feedback")
                ),
            ]
        ]
        for student in self.students(gradebook):
            submissions = [submission_of(gradebook, name, student) for name in names]
            cells = [
                cell
                for submission in submissions
                for cell in (mark_of(submission), comments_on(submission))
            ]
            lines.append(
                [
                    student.id,
                    student.lms_user_id or "",
                    student.email or "",
                    student.first_name or "",
                    student.last_name or "",
                    *cells,
                ]
            )
        return lines


def worksheet(head: list[str]) -> bool:
    """Whether these are the columns of an offline grading worksheet."""
    return {"Identifier", "Grade"} <= set(head)


# ---------------------------------------------------------------- marks
def submission_of(gradebook: Gradebook, name: str, student: Student) -> SubmittedAssignment | None:
    try:
        return gradebook.find_submission(name, student.id)
    except MissingEntry:
        return None


def score_of(submission: SubmittedAssignment) -> float:
    """As nbgrader's own export counts: all scores and extra credit, less the penalty, never below
    0.
    """
    return max(0.0, submission.score - (submission.late_submission_penalty or 0.0))


def mark_of(submission: SubmittedAssignment | None) -> str:
    return f"{round(score_of(submission), 4):g}" if submission else ""


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
