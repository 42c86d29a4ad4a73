"""nbgrader's own commands that need a hand for an assignment of ours: generate_feedback,
release_feedback and zip_collect. nbgrader_config.py names what is here. Any other assignment goes
nbgrader's own way.
"""

import fnmatch
import os
import sys
from datetime import timedelta
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.plugins import FileNameCollectorPlugin

from ..pages import feedback, graded
from ..pages.roster import Roster, people
from .account import TAKEN_AS
from .downloads import Item, Plan, plan
from .files import folders_of, is_litter, meant
from .release import NotReady
from .settings import is_ours
from .sharing import as_shared, refuse_closed

NEEDED = ("timestamp.txt", "submission_secret.txt")  # what a submission through the exchange has


def wanted_folders(coursedir, step: str) -> list[tuple[str, Path]]:
    """(student, folder) of everybody asked for who has one of this step."""
    wanted = coursedir.student_id
    return [
        (student, folder)
        for student, folder in folders_of(coursedir, step, coursedir.assignment_id).items()
        if student == wanted or fnmatch.fnmatchcase(student, wanted)
    ]


# ---------------------------------------------------------------- generate_feedback
class Feedback(feedback.Feedback):
    """The page of an assignment of ours; naming it brings what stands below."""


def of_the_gradebook(usual):
    """nbgrader takes a folder's name for a pattern, and fails on who is not in the gradebook."""

    def init_notebooks(self):
        folders = self.coursedir
        found = wanted_folders(folders, self._input_directory) if is_ours(self) else []
        if not found:
            usual(self)
            return
        self.assignments, self.notebooks = {}, []
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            known = {
                one.student.id for one in gradebook.assignment_submissions(folders.assignment_id)
            }
        for student, folder in found:
            if student not in known:
                self.log.warning(
                    "Left out: %s, of whom the gradebook has no marks in %s",
                    *(student, folders.assignment_id),
                )
                continue
            names = fnmatch.filter(sorted(os.listdir(folder)), f"{folders.notebook_id}.ipynb")
            if names:
                self.assignments[str(folder)] = [str(folder / name) for name in names]

    return init_notebooks


def shared(usual):
    """nbgrader's `groupshared` leaves the folders of students closed to a second instructor; and a
    page that it cannot write ends it with a traceback.
    """

    def convert_notebooks(self):
        if not is_ours(self):
            return usual(self)
        folders = self.coursedir
        with as_shared(folders):
            there = wanted_folders(folders, folders.feedback_directory)
            top = Path(folders.root, folders.feedback_directory)
            try:
                refuse_closed((top, *(folder for _, folder in there)), folders.assignment_id)
            except NotReady as problem:
                self.log.error(str(problem))
                sys.exit(1)
            return usual(self)

    return convert_notebooks


def anew(usual):
    """nbgrader leaves a page that is there, although a person may have changed its marks since, or
    a comment. Ours take no time to make.
    """

    def init_destination(self, assignment_id, student_id):
        excluded = student_id in self.coursedir.student_id_exclude.split(",")
        if self.force or excluded or not is_ours(self):
            return usual(self, assignment_id, student_id)
        folder = Path(self._format_dest(assignment_id, student_id))
        for notebook in self.notebooks:
            page = folder / f"{Path(notebook).stem}{self.exporter.file_extension}"
            page.unlink(missing_ok=True)  # it may be a colleague's
        return True

    return init_destination


GenerateFeedback.init_notebooks = of_the_gradebook(GenerateFeedback.init_notebooks)
GenerateFeedback.init_destination = anew(GenerateFeedback.init_destination)
GenerateFeedback.convert_notebooks = shared(GenerateFeedback.convert_notebooks)


# ---------------------------------------------------------------- release_feedback
class Release(ExchangeReleaseFeedback):
    """Leaves out who has not handed in through nbgrader's exchange: nobody could fetch it there."""

    def copy_files(self):
        folders = self.coursedir
        before, left = folders.student_id_exclude, []
        if is_ours(self):
            for student, folder in wanted_folders(folders, folders.feedback_directory):
                if not all((folder / name).is_file() for name in NEEDED):
                    left.append(student)
        if left:
            self.log.warning(
                "Left out, since they have not handed in through the exchange: %s. Give them their "
                "pages with `autograde return %s`, or by hand.",
                *(", ".join(left), folders.assignment_id),
            )
            folders.student_id_exclude = ",".join(filter(None, [before, *left]))
        try:
            super().copy_files()
        finally:
            folders.student_id_exclude = before
        if is_ours(self) and (unseen := self.under_other_names(left)):
            self.log.warning(
                "fetch_feedback does not find the page of a notebook that was handed in under "
                "another name: %s. Give these by hand.",
                ", ".join(unseen),
            )

    def under_other_names(self, left: list[str]) -> list[str]:
        """Students' notebooks of which nbgrader looks for a page by the name that they had."""
        folders = self.coursedir
        return [
            f"{student} ({path.stem})"
            for student, folder in wanted_folders(folders, folders.autograded_directory)
            if student not in left
            for path in sorted(folder.glob("*.ipynb"))
            if any(
                note.endswith(TAKEN_AS.format("", path.stem))
                for note in graded.run_of(graded.graded_at(path)).notes
            )
        ]


# ---------------------------------------------------------------- zip_collect
class Collector(FileNameCollectorPlugin):
    """Tells nbgrader's zip_collect whose a file of Canvas or Moodle is."""

    planned: dict[str, dict] | None = None

    def collect(self, submitted_file):
        app = self.parent
        if not is_ours(app):
            return super().collect(submitted_file)
        if self.planned is None:
            top = Path(app._format_collect_path(app.extracted_directory))
            self.planned = self.plan(top)
        return self.planned.get(submitted_file)

    def plan(self, top: Path) -> dict[str, dict]:
        """File to what nbgrader asks for."""
        folders = self.parent.coursedir
        name = folders.assignment_id
        files = [path.relative_to(top) for path in sorted(top.rglob("*")) if path.is_file()]
        items = [Item(meant(str(f)), at=top / f) for f in files if not is_litter(f.parts)]
        given = Path(folders.format_path(folders.release_directory, ".", name)).glob("*.ipynb")
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            roster = Roster(people(gradebook))
            due = next((one.duedate for one in gradebook.assignments if one.name == name), None)
        found = plan(items, roster, {path.stem for path in given}, folders_too=True)
        self.say(found)
        late = {"timestamp": str(due + timedelta(seconds=1))} if due else {}
        return {
            str(item.at): {"student_id": student, "file_id": path, **(late if one.late else {})}
            for student, one in found.students.items()
            for path, item in one.files.items()
        }

    def say(self, found: Plan):
        for path, why in found.left:
            self.log.warning("Left out: %s: %s", path, why)
        for one in found.students.values():
            for path in one.older:
                self.log.warning("Not taken, since a newer one is there: %s", path)
