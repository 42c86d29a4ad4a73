"""The one path from a submission to a mark. `nbgrader autograde` and `autograde grade` both walk
it, each with a loop of its own.

    students -> read -> marked and unchanged? -> Job -> graded notebooks -> files, gradebook, digest

Everything of a student is written after the last notebook, the marks in one transaction: a run that
is killed leaves no half-written marks. Marks of an earlier hand-in go to zero before the new one is
graded, so that none survives.
"""

import fnmatch
import glob
import logging
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy.exc import SQLAlchemyError

from . import state
from .grade import Graded
from .gradebook import MARKS_NOT_WRITTEN, back_up, check_assignment, clear, enter, reason
from .jobs import Job, warm_process
from .release import NotReady
from .settings import Judge
from .submission import HandedIn, read_notebooks


class Marking:
    """One assignment of a course, on its way. `app` is what nbgrader or a verb of ours runs with:
    it has a coursedir, a log, and the configuration. Raises NotReady or Unavailable where it cannot
    begin.

    `marked` and `unchanged` count students; `people` says what needs a person.
    """

    def __init__(self, app, name: str):
        self.log, self.folders, self.name = app.log, app.coursedir, name
        self.root = Path(self.folders.root).resolve()
        self.judge = Judge(parent=app)
        self.assignment = self.judge.assignment(self.folder("release", "."), name)
        self.pickled = pickle.dumps(self.assignment)
        self.names = fnmatch.filter(self.assignment.notebooks, self.folders.notebook_id)
        self.penalties = AssignLatePenalties(parent=app)
        self.penalties.init_plugin()
        self.marked, self.unchanged, self.people = 0, 0, []

    def folder(self, step: str, student: str) -> Path:
        """nbgrader's folder of a step for one student."""
        directory = getattr(self.folders, f"{step}_directory")
        return Path(self.folders.format_path(directory, student, self.name))

    @contextmanager
    def with_gradebook(self):
        """The gradebook is open inside. Raises NotReady where it does not know the assignment as it
        is released.
        """
        with Gradebook(self.folders.db_url, self.folders.course_id) as self.gradebook:
            check_assignment(self.gradebook, self.assignment)
            yield self

    # ------------------------------------------------------------ what there is to do
    def students(self) -> list[str]:
        """Who has handed something in, of those asked for. Raises NotReady for nobody."""
        step = self.folders.submitted_directory
        place = Path(self.folders.format_path(step, "*", glob.escape(self.name)))
        found = [
            path.parent.name
            for path in sorted(self.root.glob(str(place.relative_to(self.folders.root))))
            if path.is_dir() and not path.is_symlink()
        ]
        wanted = self.folders.student_id
        excluded = self.folders.student_id_exclude.split(",")
        students = [
            student
            for student in found
            if (student == wanted or fnmatch.fnmatchcase(student, wanted))
            and student not in excluded
        ]
        if not students:
            raise NotReady(
                f"There are no submissions in {self.folder('submitted', wanted)}: get them with "
                f"`nbgrader collect {self.name}`, or put them there."
            )
        return students

    def jobs(self, students: list[str], force: bool) -> Iterator[Job]:
        """What is not marked yet, or has changed since; all of it with `force`."""
        begun = False
        for student in students:
            submission = self.read(student)
            if not force and self.is_marked(submission):
                self.unchanged += 1
                self.log.info("Graded and unchanged: %s", student)
                continue
            if not begun:
                self.begin()
                begun = True
            state.forget(self.root, self.name, student, self.names)
            clear(self.gradebook, self.assignment, student, self.names)
            limits = self.judge.limits
            yield Job(submission, self.pickled, self.judge.sandbox, self.root, limits)

    def begin(self):
        """Before the first submission is graded: a copy of the gradebook, and what protects, on the
        console.
        """
        back_up(self.folders.db_url)
        protections = warm_process(self.judge.sandbox, self.root).protections
        level = logging.WARNING if protections.startswith("no box") else logging.INFO
        self.log.log(level, "Protection in force: %s", protections)

    def read(self, student: str) -> HandedIn:
        folder = self.folder("submitted", student)
        files, odd = read_notebooks(folder, self.names)
        return HandedIn(student, files, odd, state.timestamp(folder))

    def is_marked(self, submission: HandedIn) -> bool:
        """Whether every notebook asked for is graded, and nothing that decides its mark has changed
        since.
        """
        now = state.digests(self.assignment, submission)
        before = state.finished(self.root, self.name, submission.student)
        graded = self.folder("autograded", submission.student)
        return now.items() <= before.items() and graded.exists()

    # ------------------------------------------------------------ what comes of it
    def enter(self, job: Job, graded: list[Graded]):
        """A graded submission into `autograded/` and the gradebook; only then does it count as
        graded.
        """
        try:
            self.write(job.submission, graded)
        except (OSError, SQLAlchemyError) as problem:
            self.tell(job.student, MARKS_NOT_WRITTEN.format(reason(problem)))
            return
        self.marked += 1
        for flag in (flag for result in graded for flag in result.flags):
            self.tell(job.student, flag)

    def write(self, submission: HandedIn, graded: list[Graded]):
        student, submitted = submission.student, self.folder("submitted", submission.student)
        folder, when = self.folder("autograded", student), submission.timestamp
        texts = {result.name: result.text for result in graded}
        state.write_notebooks(self.assignment, folder, when, texts)
        state.copy_secret(submitted, folder)
        enter(self.gradebook, self.name, student, when, graded, self.penalties)
        digests = state.digests(self.assignment, submission)
        state.remember(self.root, self.name, student, digests)

    def tell(self, student: str, what: str):
        """Something needs a person."""
        self.people.append(f"{student}: {what}")
