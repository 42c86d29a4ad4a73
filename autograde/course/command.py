"""`python -m autograde lstm`: grades a whole class, side by side, and goes on where it was stopped.

An nbgrader application: it reads nbgrader_config.py, knows nbgrader's options, and leaves an ordinary gradebook and an
ordinary folder `autograded/` behind.
"""

import logging
import os
import pickle
import sys
from collections import deque
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from nbgrader.preprocessors import AssignLatePenalties
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Bool, Integer, Unicode

from ..box.process import Unavailable
from ..pages.summary import print_table, read_verdicts
from . import farm, state
from .grade import Graded
from .gradebook import MARKS_NOT_WRITTEN, back_up, check_assignment, enter, reason
from .jobs import Job, warm_process
from .plugin import Judge
from .release import NotReady
from .submission import read_submission


class GradeClass(NbGrader):
    """Grades everything under submitted/."""

    name = "autograde"
    description = "Grade a class's submissions of an assignment, side by side, and go on where it was stopped."
    examples = (
        "autograde lstm\nautograde lstm --student 'a*' --force\nautograde lstm --jobs 8 --table"
    )
    force = Bool(False, help="Grade what is graded and unchanged as well.").tag(config=True)
    jobs = Integer(0, help="Worker processes on this machine; 0: one for each processor.").tag(
        config=True
    )
    scheduler = Unicode(
        "",
        help="Address of a Dask scheduler whose workers grade, in place of processes on this machine.",
    ).tag(config=True)
    table = Bool(
        False, help="Print every student's points, and the first reason for every lost mark."
    ).tag(config=True)
    aliases = {
        "student": "CourseDirectory.student_id",
        "notebook": "CourseDirectory.notebook_id",
        "course-dir": "CourseDirectory.root",
        "db": "CourseDirectory.db_url",
        "log-level": "Application.log_level",
        "jobs": "GradeClass.jobs",
        "scheduler": "GradeClass.scheduler",
        "sandbox": "Judge.sandbox",
    }
    flags = {
        "force": ({"GradeClass": {"force": True}}, "Grade what is graded and unchanged as well."),
        "table": (
            {"GradeClass": {"table": True}},
            "Print every student's points, and the first reason for every lost mark.",
        ),
    }
    classes = [Judge]

    def start(self):
        super().start()
        if len(self.extra_args) != 1:
            self.log.error("Name one assignment, as in: autograde lstm")
            sys.exit(2)
        try:
            sys.exit(Run(self, self.extra_args[0]).grade())
        except (NotReady, Unavailable) as problem:
            self.log.error(str(problem))
            sys.exit(2)
        except (OSError, SQLAlchemyError) as problem:
            self.log.error(
                f"Stopped: the course's files or its gradebook could not be read or written ({reason(problem)}). What is graded is kept."
            )
            sys.exit(2)


class Run:
    """One run over a class. Raises NotReady or Unavailable where it cannot begin."""

    def __init__(self, app: GradeClass, name: str):
        self.app, self.name, self.folders = app, name, app.coursedir
        self.root, self.console, self.judge = (
            Path(app.coursedir.root).resolve(),
            Console(),
            Judge(parent=app),
        )
        self.assignment = self.judge.assignment(self.folder("release", "."), name)
        self.penalties = AssignLatePenalties(parent=app)
        self.penalties.init_plugin()
        self.count, self.people = 0, []  # graded so far, and what needs a person

    def folder(self, step: str, student: str) -> Path:
        return Path(
            self.folders.format_path(getattr(self.folders, f"{step}_directory"), student, self.name)
        )

    def grade(self) -> int:
        """The process's exit code: 0, 1 where something needs a person, 130 where it was stopped from the keyboard."""
        students, stopped = self.submissions(), False
        with Gradebook(self.folders.db_url, self.folders.course_id) as gradebook:
            check_assignment(gradebook, self.assignment)
            jobs = self.to_do(students)
            self.console.print(
                f"{self.name}: {len(students)} submissions, {len(jobs)} to grade, {len(students) - len(jobs)} graded and unchanged."
            )
            if jobs:
                back_up(self.folders.db_url)
                protections = warm_process(self.judge.sandbox, self.root).protections
                self.app.log.log(
                    logging.WARNING if protections.startswith("no box") else logging.INFO,
                    "Protection in force: %s",
                    protections,
                )
                stopped = self.work(jobs, gradebook)
        return self.summarise(stopped)

    def submissions(self) -> list[str]:
        """Students with a folder for this assignment."""
        pattern = self.folder("submitted", self.folders.student_id).absolute()
        paths = [
            path
            for path in sorted(Path("/").glob(str(pattern).lstrip("/")))
            if path.is_dir() and not path.is_symlink()
        ]
        if not paths:
            raise NotReady(
                f"There are no submissions in {pattern}: get them with `nbgrader collect {self.name}`, or put them there."
            )
        excluded = self.folders.student_id_exclude.split(",")
        return [path.parent.name for path in paths if path.parent.name not in excluded]

    def to_do(self, students: list[str]) -> deque[str]:
        """Students whose submission is not graded yet, or has changed since."""
        if self.app.force:
            return deque(students)
        return deque(student for student in students if not self.is_graded(student))

    def read(self, student: str) -> tuple[dict[str, bytes | None], dict[str, str]]:
        """Name of a notebook to its bytes, and to what is odd about the file."""
        names = [
            name for name in self.assignment.notebooks if Path(name).match(self.folders.notebook_id)
        ]
        return read_submission(self.folder("submitted", student), names)

    def is_graded(self, student: str) -> bool:
        """Whether every notebook asked for is graded and unchanged since."""
        digests = state.digests(
            self.assignment,
            self.read(student)[0],
            state.timestamp(self.folder("submitted", student)),
        )
        return (
            digests.items() <= state.finished(self.root, self.name, student).items()
            and self.folder("autograded", student).exists()
        )

    def work(self, students: deque[str], gradebook: Gradebook) -> bool:
        """Grade them all; whether it was stopped from the keyboard."""
        pickled, total = pickle.dumps(self.assignment), len(students)

        def job_of(student: str) -> Job:
            return Job(
                student,
                *self.read(student),
                pickled,
                self.judge.sandbox,
                self.root,
                self.judge.limits,
            )

        start = (
            (lambda: farm.dask(self.app.scheduler))
            if self.app.scheduler
            else (lambda: farm.local(self.app.jobs or os.cpu_count() or 1))
        )
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[failures]} for a person"),
        )
        with Progress(*columns, console=self.console) as progress:
            bar = progress.add_task("grading", total=total, rate="", failures=0)
            try:
                for job, notebooks in farm.graded(students, job_of, start):
                    self.write(job, notebooks, gradebook)
                    speed = progress.tasks[0].speed
                    progress.update(
                        bar,
                        advance=1,
                        failures=len(self.people),
                        rate=f"{60 * speed:.0f} a minute" if speed else "",
                    )
            except KeyboardInterrupt:
                return True
        return False

    def write(self, job: Job, notebooks: list[Graded], gradebook: Gradebook):
        """A graded submission into `autograded/` and the gradebook; only then does it count as graded."""
        timestamp = state.timestamp(self.folder("submitted", job.student))
        try:
            state.forget(self.root, self.name, job.student, job.data)
            state.write_notebooks(
                self.assignment,
                self.folder("autograded", job.student),
                timestamp,
                {graded.name: graded.text for graded in notebooks},
            )
            state.copy_secret(
                self.folder("submitted", job.student), self.folder("autograded", job.student)
            )
            enter(gradebook, self.assignment, job.student, timestamp, notebooks, self.penalties)
            state.remember(
                self.root,
                self.name,
                job.student,
                state.digests(self.assignment, job.data, timestamp),
            )
        except (OSError, SQLAlchemyError) as problem:
            self.people.append(f"{job.student}: {MARKS_NOT_WRITTEN.format(reason(problem))}")
            return
        self.count += 1
        self.people += [f"{job.student}: {flag}" for graded in notebooks for flag in graded.flags]

    def summarise(self, stopped: bool) -> int:
        if self.app.table:
            print_table(
                read_verdicts(self.root / self.folders.autograded_directory, self.assignment),
                self.assignment,
            )
        self.console.print(f"{self.count} graded, {len(self.people)} to be looked at by a person.")
        for line in self.people:
            self.console.print(f"  {line}", highlight=False, soft_wrap=True, markup=False)
        if stopped:
            self.console.print(
                "Stopped. What is graded is written; the same command goes on with the rest."
            )
            return 130
        return 1 if self.people else 0
