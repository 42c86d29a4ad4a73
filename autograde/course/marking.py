"""The one path from a submission to a mark. `nbgrader autograde` and `autograde grade` both walk
it, each with a loop of its own.

    students -> read -> marked and unchanged? -> Job -> graded notebooks -> files, gradebook, digest

Everything of a student is written after the last notebook, the marks in one transaction: a run that
is killed leaves no half-written marks. Marks of an earlier hand-in go to zero before the new one is
graded, so that none survives. Whatever one submission raises stays with it; the others go on.
"""

import fnmatch
import inspect
import logging
import os
import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from ..box.sandbox import Unavailable
from ..pages.graded import graded_at, run_of, wanted
from . import autograded, state
from .account import HandedIn, squeezed
from .chance import secret_of_course
from .files import WORK, folders_of, reason, shown
from .grade import Graded, described
from .gradebook import (
    Held,
    back_up,
    check_assignment,
    clear,
    enter,
    held,
    new_penalties,
    plain_tests,
    transaction,
    writes,
)
from .jobs import Job, warm_process
from .release import NotReady
from .settings import Judge
from .sharing import alone
from .submission import read_submission, secret_of

NOT_READ = "could not be read ({}): look at its folder, then grade again."
STOPPED = "grading was stopped before its end: the same command goes on."
NOT_ASKED_FOR = "not graded yet: this run was for other notebooks. Grade again without --notebook."
LEFT = (
    "Left out: {0} was taken out of the gradebook after the last grading. If that was a mistake: "
    "`nbgrader db student add {0}`, then grade again."
)
UNKNOWN = (
    "is not in the gradebook, and c.Autograde.create_student is False: `nbgrader db student add {}`"
    ", then grade again; or rename the folder."
)
NEW = "New in the gradebook, though students were imported: %s. Is the folder's name right?"
GONE = (
    "In the gradebook, and not in %s/: %s. These marks stay. Where a folder was renamed, "
    "`nbgrader db student remove NAME --force` takes away the old name's marks, of all assignments."
)
BESIDE = (
    "{} was not read, since what is handed in lies in the folder {}: put it there if it counts, or "
    "take it away if not; then grade again."
)
NOT_WRITTEN = (
    "graded, but the marks could not be written ({}); the next run grades this submission again"
)


class Marking:
    """One assignment of a course, on its way. `app` is what nbgrader or a verb of ours runs with:
    it has a coursedir, a log, and the configuration. Raises NotReady or Unavailable where it cannot
    begin.

    marked, unchanged: how many students; faults: (student, sentence) of what went wrong on the way
    and is not in the gradebook.
    """

    def __init__(self, app, name: str):
        self.log, self.folders, self.name = app.log, app.coursedir, name
        self.root = Path(self.folders.root).resolve()
        self.judge = Judge(parent=app)
        self.assignment = self.judge.assignment(self.folder("release", "."), name)
        self.names = fnmatch.filter(self.assignment.notebooks, self.folders.notebook_id)
        self.penalties = AssignLatePenalties(parent=app)
        self.penalties.init_plugin()
        creates = app.config.Autograde.get("create_student", True)
        self.creates = str(getattr(app, "create_student", creates)) != "False"
        self.marked, self.unchanged, self.faults, self.said = 0, 0, [], set()
        self.copied = False

    def folder(self, step: str, student: str) -> Path:
        """nbgrader's folder of a step for one student."""
        directory = getattr(self.folders, f"{step}_directory")
        return Path(self.folders.format_path(directory, student, self.name))

    @contextmanager
    def with_gradebook(self):
        """The gradebook is open inside, and no other run is at work. Raises NotReady where one is,
        where nothing may be written, or the gradebook does not know the assignment as it is
        released.
        """
        written = [self.root / self.folders.autograded_directory]
        book = Gradebook(self.folders.db_url, self.folders.course_id)
        with alone(self.root, self.name, written), book as self.gradebook:
            check_assignment(self.gradebook, self.assignment)
            tests = plain_tests(self.gradebook, self.assignment)
            self.assignment = replace(self.assignment, tests=tests)
            self.pickled = pickle.dumps(self.assignment)
            self.book = self.gradebook.find_assignment(self.name).id  # another in a new one
            self.held, self.around = held(self.gradebook, self.name), self.common()
            self.enrolled = {student.id for student in self.gradebook.students}
            self.imported = any(student.last_name for student in self.gradebook.students)
            self.writes = writes(self.folders.db_url)
            self.say_who_is_gone()
            self.say_what_lies_beside()
            yield self

    def say_who_is_gone(self):
        """Marks without a hand-in: it may have been renamed, or taken back."""
        marked = {student for student, _ in self.held if self.is_wanted(student)}
        if gone := sorted(map(shown, marked - {*self.handed_in()})):
            self.log.warning(GONE, self.folders.submitted_directory, ", ".join(gone))

    def say_what_lies_beside(self):
        """What may be a hand-in, in a student's folder but not in the assignment's."""
        others = {one.name for one in self.gradebook.assignments}
        place = self.folder("submitted", "*")
        for path in sorted(place.parent.parent.glob("*/*")):
            student, name = path.parent.name, path.name
            alike = path.is_dir() and squeezed(self.name) in squeezed(name)
            meant = name not in others and (alike or name.lower().endswith(WORK))
            if meant and place.name == self.name and self.is_wanted(student):
                self.fault(student, BESIDE.format(shown(name), self.name))

    def fault(self, student: str, what: str):
        self.faults.append((shown(student), what))

    # ------------------------------------------------------------ what there is to do
    def students(self) -> list[str]:
        """Who has handed something in, of those asked for. Raises NotReady for nobody."""
        if students := self.handed_in():
            return students
        where = self.folder("submitted", self.folders.student_id)
        raise NotReady(
            f"There are no submissions in {where}: get them with `nbgrader collect {self.name}`, "
            "or put them there."
        )

    def handed_in(self) -> list[str]:
        found = folders_of(self.folders, self.folders.submitted_directory, self.name)
        return [student for student in found if self.is_wanted(student)]

    def is_wanted(self, student: str) -> bool:
        wanted = self.folders.student_id
        return (
            student == wanted or fnmatch.fnmatchcase(student, wanted)
        ) and student not in self.folders.student_id_exclude.split(",")

    def jobs(self, students: list[str], force: bool) -> Iterator[Job]:
        """What is not marked yet, or has changed since; all of it with `force`."""
        begun = False
        for student in students:
            try:
                job = self.job(student, force)
                if job is None:
                    continue
                if not begun:
                    self.begin()
                    begun = True
                self.forget(student)
            except (NotReady, Unavailable):
                raise
            except Exception as problem:
                self.fault(student, NOT_READ.format(why(problem)))
                continue
            yield job

    def forget(self, student: str):
        """Nothing of an earlier grading counts from here on."""
        done = state.finished(self.root, self.name, student)
        flagged = [name for name in self.names if name in done and done[name].flagged]
        state.forget(self.root, self.name, student, self.names)
        clear(self.gradebook, self.assignment, student, self.names, flagged)

    def job(self, student: str, force: bool) -> Job | None:
        """What is to be done for a student; None where it is done already, or cannot be."""
        if trouble := self.trouble_with(student):
            self.fault(student, trouble)
            return None
        if self.has_left(student):
            self.log.warning(LEFT.format(shown(student)))
            return None
        if student not in self.enrolled and not self.creates:
            self.fault(student, UNKNOWN.format(shown(student)))
            return None
        submission = self.read(student)
        if not force and self.is_marked(submission):
            self.unchanged += 1
            self.log.info("Graded and unchanged: %s", shown(student))
            self.renew_penalties(student)
            return None
        if student not in self.enrolled and self.imported:
            self.log.warning(NEW, shown(student))
        boundary, secret = self.judge.boundary(self.root), secret_of_course(self.root)
        return Job(submission, self.pickled, *boundary, self.judge.limits, secret)

    def renew_penalties(self, student: str):
        """Of a student whose marks are there already."""
        about = self.gradebook, self.name, student, self.names, self.penalties
        if not (new := new_penalties(*about)):
            return
        self.copy_gradebook()
        with transaction(self.gradebook):
            for notebook, now in new:
                before, notebook.late_submission_penalty = notebook.late_submission_penalty, now
                said = shown(student), notebook.name, before or 0, now or 0
                self.log.warning("Late penalty of %s, %s: %g points before, %g now", *said)

    def has_left(self, student: str) -> bool:
        """Whether a student was taken out of the gradebook after they were graded. One that was
        restored does not know them yet, and has been written to less often; nor does a new one.
        """
        done = state.finished(self.root, self.name, student).values()
        before = max((one.writes for one in done if one.book == self.book), default=0)
        return student not in self.enrolled and 0 < before <= self.writes

    def trouble_with(self, student: str) -> str | None:
        """Why there is no submission to read in a student's folder."""
        folder = self.folder("submitted", student)
        try:
            student.encode()
        except UnicodeEncodeError:
            return "the name of the folder is no UTF-8, so that it is no student's id: rename it."
        if not os.access(folder.parent, os.R_OK | os.X_OK):
            return "the folder cannot be opened: give it back its rights (chmod u+rx)."
        if folder.is_symlink():
            return f"{self.name} is a link: put the folder itself in its place."
        return None if folder.is_dir() else f"{self.name} is no folder: put the files into one."

    def begin(self):
        """Before the first submission is graded: a copy of the gradebook, and what protects, on the
        console.
        """
        self.copy_gradebook()
        self.say(warm_process(*self.judge.boundary(self.root)).protections)

    def copy_gradebook(self):
        """Once, before a run writes into it."""
        if not self.copied:
            back_up(self.folders.db_url)
            self.copied = True

    def say(self, protections: str):
        """What protects, once: the workers of a cluster may have another box than this machine."""
        if protections not in self.said:
            self.said.add(protections)
            level = logging.WARNING if protections.startswith("no box") else logging.INFO
            self.log.log(level, "Protection in force: %s", protections)

    def read(self, student: str) -> HandedIn:
        submission = read_submission(student, self.folder("submitted", student), self.assignment)
        asked = {name: submission.notebooks[name] for name in self.names}
        return replace(submission, notebooks=asked)

    def is_marked(self, submission: HandedIn) -> bool:
        """Whether every notebook asked for is graded, and nothing that decides its mark has changed
        since.
        """
        student = submission.student
        done = state.finished(self.root, self.name, student)
        folder, nothing = self.folder("autograded", student), Held("", False)
        return all(
            name in done
            and done[name].holds(digest, self.held.get((student, name), nothing).marks)
            and autograded.is_whole(folder / f"{name}.ipynb", done[name].marks)
            for name, digest in state.digests(submission, self.around).items()
        )

    def common(self) -> str:
        """What decides every mark of the class beside the submissions: the release, the limits, and
        when it was due.
        """
        due = self.gradebook.find_assignment(self.name).duedate
        late = self.penalties.plugin_class
        policy = f"{late.__qualname__} {written(late)} {self.penalties.config.get(late.__name__)}"
        tests = sorted(self.assignment.tests.items())
        return f"{self.book} {self.assignment.digest} {tests} {self.judge.limits} {due} {policy}"

    # ------------------------------------------------------------ what comes of it
    def enter(self, job: Job, graded: list[Graded]):
        """A graded submission into `autograded/` and the gradebook; only then does it count as
        graded.
        """
        for result in graded:
            self.say(result.protection)
        try:
            self.write(job.submission, graded)
            self.marked += 1
        except Exception as problem:
            self.fault(job.student, NOT_WRITTEN.format(why(problem)))

    def write(self, submission: HandedIn, graded: list[Graded]):
        student, when = submission.student, submission.timestamp
        secret = secret_of(self.folder("submitted", student))
        texts = {result.name: result.text for result in graded}
        folder = self.folder("autograded", student)
        shared = self.folders.groupshared
        for result in graded:
            result.same = autograded.same_texts(folder / f"{result.name}.ipynb", result)
        autograded.write_notebooks(self.assignment, folder, when, secret, texts, shared)
        try:
            enter(self.gradebook, self.name, student, when, graded, self.penalties)
        except BaseException:  # the next run is not to take these answers for those of before
            for name in texts:
                (folder / f"{name}.ipynb").unlink(missing_ok=True)
            raise
        digests = state.digests(submission, self.around)
        about = self.book, writes(self.folders.db_url)
        done = {result.name: done_as(result, digests[result.name], *about) for result in graded}
        state.remember(self.root, self.name, student, done)

    def people(self) -> list[tuple[str, str]]:
        """(student, sentence) of all that needs a person: faults of this run, and what the
        gradebook says, as long as nobody has cleared it there. What is said of several notebooks is
        said once.
        """
        found: dict[tuple[str, str], list[str]] = {}
        for (student, notebook), about in sorted(held(self.gradebook, self.name).items()):
            if about.needs_person and self.is_wanted(student):
                for what in self.wanted_of(student, notebook, about):
                    found.setdefault((shown(student), what), []).append(notebook)
        asked = [
            (student, f"{', '.join(names)}: {what}") for (student, what), names in found.items()
        ]
        return [*self.faults, *asked]

    def wanted_of(self, student: str, notebook: str, about: Held) -> list[str]:
        """Sentences about one notebook that needs a person."""
        ours = {exercise.test_id for exercise in self.assignment.in_notebook(notebook)}
        begun = notebook not in state.finished(self.root, self.name, student)
        if begun and ours & set(about.waiting):  # `forget` has cleared it
            return [STOPPED if notebook in self.names else NOT_ASKED_FOR]
        run = run_of(graded_at(self.folder("autograded", student) / f"{notebook}.ipynb"))
        return wanted(run, about.flagged, about.waiting)


def done_as(result: Graded, digest: str, *about) -> state.Done:
    marks = {cell: verdict.score for cell, verdict in result.verdicts.items()}
    return state.Done(digest, marks, result.lacks, bool(result.flags), *about)


def written(policy: type) -> str:
    """The text of a late policy's module, where it can be read."""
    try:
        return inspect.getsource(sys.modules[policy.__module__])
    except (OSError, TypeError, KeyError):
        return policy.__module__


def why(problem: Exception) -> str:
    """An error in one line: of the file system and the database as they say it, else with its
    place in our code.
    """
    if isinstance(problem, OSError) or hasattr(problem, "orig"):
        return reason(problem)
    return described(problem)
