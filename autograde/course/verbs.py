"""The verbs of the command line: nbgrader applications, so that nbgrader_config.py counts; help and
errors are our own.
"""

import math
import os
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGrader
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Bool, Enum, Integer, Unicode

from ..box.sandbox import Unavailable
from ..exercise.text import for_terminal
from ..pages import summary
from ..pages.roster import Person, Problem, Roster, people, read_table
from . import adopt, farm
from .command import EXIT_CODES
from .files import folders_of, reason, shown
from .gradebook import begin_anew, remedy
from .marking import Marking
from .release import NotReady
from .settings import Judge
from .sharing import as_shared

WORTH_A_WORKER = 8  # submissions, which take about as long as a worker takes to start


@dataclass(frozen=True)
class Option:
    """`sets`: the trait that it gives a value; a switch has no `value` and sets it to True."""

    name: str
    value: str
    says: str
    sets: str


COMMON = [Option(*about) for about in (
    ("course-dir", "FOLDER", "the course, if not the current folder", "CourseDirectory.root"),
    ("db", "URL", "the gradebook, if not the course's gradebook.db", "CourseDirectory.db_url"),
    ("log-level", "LEVEL", "DEBUG, INFO, WARNING or ERROR", "Application.log_level"),
)]  # fmt: skip
GRADE = [Option(*about) for about in (
    ("student", "NAME", "only these students; * is any letters", "CourseDirectory.student_id"),
    ("notebook", "NAME", "only these notebooks", "CourseDirectory.notebook_id"),
    ("force", "", "mark what is marked and unchanged as well", "Grade.force"),
    ("jobs", "N", "processes on this machine; without it, as many as help", "Grade.jobs"),
    ("scheduler", "ADDRESS", "a Dask scheduler whose workers mark instead", "Grade.scheduler"),
    ("sandbox", "KIND", "auto: the best box; required: refuse without one; off", "Judge.sandbox"),
    ("table", "", "print every student's points, and why points were lost", "Grade.table"),
)]  # fmt: skip


class Verb(NbGrader):
    """`autograde VERB ASSIGNMENT [options]`. A verb's own class does the work."""

    verb, words, options = "", "ASSIGNMENT", tuple(COMMON)
    classes = [Judge]

    def __init_subclass__(cls, **words):
        super().__init_subclass__(**words)
        cls.aliases = {option.name: option.sets for option in cls.options if option.value}
        cls.flags = {
            option.name: (switched_on(option.sets), option.says)
            for option in cls.options
            if not option.value
        }

    @classmethod
    def run(cls, verb: str, words: list[str]) -> int:
        """The process's exit code."""
        cls.verb = verb
        if wrong := cls.unknown_option(words):
            return refuse(f"autograde {verb} has no option {wrong}: see `autograde {verb} --help`.")
        app = cls.instance()
        try:
            app.initialize(words)
        except SystemExit as stop:  # of traitlets: its help, or a value that it does not take
            return 2 if stop.code else 0
        if wrong := app.wrong_words():
            return refuse(wrong)
        try:
            app.start()
            with as_shared(app.coursedir):
                return app.work(app.extra_args[0])
        except (NotReady, Unavailable) as problem:
            return refuse(str(problem))
        except (OSError, SQLAlchemyError) as problem:
            if began_with_ctrl_c(problem):
                raise KeyboardInterrupt from None
            where = f"{shown(name)}: " if (name := getattr(problem, "filename", None)) else ""
            return refuse(
                "Stopped: the course's files or its gradebook could not be read or written "
                f"({where}{reason(problem)}). What is marked is kept."
                f"{remedy(app.coursedir.db_url, problem)}"
            )

    @classmethod
    def unknown_option(cls, words: list[str]) -> str | None:
        """The first option that there is not. nbgrader's own settings, with a dot, are its to
        judge.
        """
        known = {f"--{option.name}" for option in cls.options} | {"-h", "--help", "--help-all"}
        names = (word.partition("=")[0] for word in words if word.startswith("-"))
        return next((name for name in names if name not in known and "." not in name), None)

    def load_config_file(self, **options):
        """A folder without a configuration is no cause for a warning: who needs one says so."""
        self.log.addFilter(lambda record: not str(record.msg).startswith("No nbgrader_config.py"))
        super().load_config_file(**options)

    def emit_help(self, classes=False):
        if classes:
            yield from super().emit_help(classes)
            return
        yield f"autograde {self.verb} {self.words} [options]\n"
        yield f"{self.description}\n"
        for option in self.options:
            shown = f"--{option.name}={option.value}".removesuffix("=")
            yield f"  {shown:<20} {option.says}"
        yield "\nWhatever nbgrader_config.py sets can be given too, as in --Judge.cell_seconds=60"
        yield EXIT_CODES

    def wrong_words(self) -> str | None:
        """What is wrong with the words that are no options."""
        one = len(self.extra_args) == 1
        return None if one else f"Name one assignment, as in: autograde {self.verb} lstm"

    def work(self, assignment: str) -> int:
        """The exit code. Raises NotReady or Unavailable where it cannot begin."""
        raise NotImplementedError


def switched_on(trait: str) -> dict:
    owner, _, name = trait.partition(".")
    return {owner: {name: True}}


def began_with_ctrl_c(problem: BaseException | None) -> bool:
    """Whether an error is what Ctrl-C in the middle of a transaction has become."""
    while problem is not None and not isinstance(problem, KeyboardInterrupt):
        problem = problem.__cause__ or problem.__context__
    return problem is not None


def refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


class Grade(Verb):
    """Marks everything under submitted/."""

    description = (
        "Marks the submissions of an assignment, side by side, and goes on where it stopped."
    )
    options = (*GRADE, *COMMON)
    force = Bool(False, help="Mark what is marked and unchanged as well.").tag(config=True)
    jobs = Integer(0, help="Processes on this machine; 0: as many as help.").tag(config=True)
    scheduler = Unicode("", help="Address of a Dask scheduler whose workers mark.").tag(config=True)
    table = Bool(False, help="Print every student's points, and why points were lost.").tag(
        config=True
    )

    def work(self, name: str) -> int:
        marking, console = Marking(self, name), Console()
        students = marking.students()
        with marking.with_gradebook():
            stopped = self.mark(marking, students, console)
            people = marking.people()
            if self.table:
                print_points(marking)
        print_outcome(marking, len(students), people, console)
        if stopped:
            console.print(
                "Stopped. What is graded is kept; the same command goes on with the rest."
            )
            return 130
        return 1 if people else 0

    def mark(self, marking: Marking, students: list[str], console: Console) -> bool:
        """Mark them all; whether it was stopped from the keyboard."""
        asked = 0
        with Progress(*columns(), console=console, transient=True) as progress:
            bar = progress.add_task("marking", total=len(students), rate="", people=0)
            try:
                workers = lambda: self.workers(len(students))
                for job, graded in farm.graded(marking.jobs(students, self.force), workers):
                    marking.enter(job, graded)
                    asked += any(result.flags for result in graded)
                    speed = progress.tasks[0].speed
                    progress.update(
                        bar,
                        completed=marking.marked + marking.unchanged,
                        people=asked,
                        rate=f"{60 * speed:.0f} a minute" if speed else "",
                    )
            except KeyboardInterrupt:
                begin_anew(marking.gradebook)
                return True
        return False

    def workers(self, submissions: int):
        if self.scheduler:
            return farm.dask(self.scheduler)
        needed = math.ceil(submissions / WORTH_A_WORKER)
        return farm.local(self.jobs or max(1, min(os.cpu_count() or 1, needed)))


def columns() -> list:
    """What the bar shows while a class is marked."""
    return [
        TextColumn("marking"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[people]} for a person"),
    ]


def print_points(marking: Marking):
    """Of those who are in the gradebook: folders of others may still be there."""
    assignment = marking.assignment
    folders = folders_of(marking.folders, marking.folders.autograded_directory, marking.name)
    verdicts = summary.read_verdicts(folders, list(assignment.notebooks))
    students = {student.id for student in marking.gradebook.students}
    verdicts = {student: found for student, found in verdicts.items() if student in students}
    summary.print_table(marking.gradebook, assignment.name, assignment.exercises, verdicts)


def print_outcome(marking: Marking, count: int, people: list[tuple[str, str]], console: Console):
    """How many, what needs a person, and what to do next."""
    say = lambda line: console.print(Text(line), soft_wrap=True)
    say(
        f"{marking.name}: {count} submission{'s' * (count != 1)}, {marking.marked} graded, "
        f"{marking.unchanged} unchanged; {len(people) or 'nothing'} for a person to look at."
    )
    for student, said in people:
        say(f"  {for_terminal(student)}  {for_terminal(said)}")
    if people:
        say(
            f"What is marked waits in the formgrader ({marking.judge.formgrader}) "
            "until you clear it there."
        )
    say(f"Next: autograde report {marking.name}; nbgrader generate_feedback {marking.name}")


class Collect(Verb):
    """Fills submitted/ from downloads of a learning platform."""

    description = (
        "Brings downloads of Canvas or Moodle into submitted/: FILE is the zip with everybody's\n"
        "hand-ins, or the folder that it was unpacked into; several are read as one. Shows whose\n"
        "each is before it changes anything. Nothing is guessed: what is nobody's is left out."
    )
    options = (
        Option("yes", "", "do not ask, once everything is shown", "Collect.yes"),
        Option("roster", "FILE", "a platform's own list: gradebook, worksheet", "Collect.roster"),
        *COMMON,
    )
    words = "ASSIGNMENT FILE…"
    yes = Bool(False, help="Do not ask.").tag(config=True)
    roster = Unicode("", help="A platform's list of students, as CSV.").tag(config=True)

    def wrong_words(self):
        if len(self.extra_args) < 2:
            return "Name an assignment and a download: autograde collect lstm submissions.zip"

    def work(self, name: str) -> int:
        from . import collect

        folders = self.coursedir
        place = lambda step, student: Path(folders.format_path(step, student, name))
        given = place(folders.release_directory, ".").glob("*.ipynb")
        notebooks = {path.stem for path in given}
        if not notebooks:
            raise NotReady(
                f"{name} has not been generated: run `nbgrader generate_assignment {name}` first."
            )
        students, due = about_class(folders, name)
        try:
            roster = Roster(students)
            if self.roster:
                listed = read_table(Path(self.roster))
                roster.learn(list(map(listed.row, listed.lines)))
        except Problem as problem:
            raise NotReady(str(problem)) from None
        submitted = lambda student: place(folders.submitted_directory, student)
        root = Path(folders.root).resolve()
        folder = root / folders.submitted_directory
        course = collect.Course(root, name, notebooks, roster, due, submitted, folder)
        return collect.collect(course, [Path(word) for word in self.extra_args[1:]], self.agreed)

    def agreed(self) -> bool:
        """Raises NotReady where nobody can be asked."""
        if self.yes:
            return True
        if not sys.stdin.isatty():
            raise NotReady("Nothing was changed: say --yes, or answer at a terminal.")
        return input("Put these into place? [y/N] ").strip().lower() in ("y", "yes")


class Return(Verb):
    """Writes a zip of feedback pages for a learning platform."""

    description = (
        "Writes reports/ASSIGNMENT-PLATFORM.zip: every student's feedback pages, named as the\n"
        "platform takes them all at once, for those whom `autograde collect` brought from there."
    )
    options = (Option("to", "PLATFORM", "moodle or canvas", "Return.to"), *COMMON)
    to = Enum(("moodle", "canvas"), None, allow_none=True, help="The platform.").tag(config=True)

    def wrong_words(self):
        needed = None if self.to else "Name a platform: autograde return lstm --to moodle|canvas"
        return super().wrong_words() or needed

    def work(self, name: str) -> int:
        from . import giving_back

        folders = self.coursedir
        folder = lambda step, student: Path(
            folders.format_path(getattr(folders, f"{step}_directory"), student, name)
        )
        about_class(folders, name)
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            root = Path(folders.root).resolve()
            return giving_back.give_back(gradebook, root, name, self.to, folder)


def about_class(folders, name: str) -> tuple[list[Person], datetime | None]:
    """The students of the gradebook, and when the assignment is due. Raises NotReady."""
    url = make_url(folders.db_url)
    if url.get_backend_name() != "sqlite" or Path(url.database or "").is_file():
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            due = [one.duedate for one in gradebook.assignments if one.name == name]
            if found := people(gradebook):
                return found, next(iter(due), None)
    raise NotReady(
        "The gradebook has no students to match a download with: `nbgrader db student import "
        "students.csv`."
    )


class Report(Verb):
    """Writes reports/ASSIGNMENT.html, .csv and .json."""

    description = "Writes a page about what a class has got right and wrong, into reports/."

    def work(self, name: str) -> int:
        from ..pages import report  # brings matplotlib, which no other verb needs

        marking = Marking(self, name)
        assignment, folders = marking.assignment, marking.folders
        with Gradebook(folders.db_url, folders.course_id) as gradebook:
            data = report.gather(
                gradebook,
                assignment.name,
                assignment.exercises,
                assignment.given,
                lambda student: marking.folder("autograded", student),
                marking.judge.formgrader,
            )
        if not data["students"]:
            raise NotReady(f"Nothing of {name} is marked yet: run `autograde grade {name}` first.")
        data["unread"] = [
            {"student": shown(student), "why": trouble}
            for student in marking.handed_in()
            if (trouble := marking.trouble_with(student))
        ]
        path = report.write(data, marking.root / "reports")
        print(f"{path}, and the same as .csv and .json")
        return 0


class Adopt(Verb):
    """Writes source/ASSIGNMENT and two lines into nbgrader_config.py."""

    description = (
        "Adds an assignment of ours to the course in this folder: its source, and two lines of\n"
        "nbgrader_config.py. Says what it writes. What you have changed of it is left as it\n"
        "is, so that it can be run again after an update."
    )
    options = (
        Option("dry-run", "", "only say what would be written", "Adopt.dry_run"),
        *COMMON,
    )
    dry_run = Bool(False, help="Only say what would be written.").tag(config=True)

    def work(self, name: str) -> int:
        folders = self.coursedir
        root = Path(folders.root).absolute()  # not resolved: nbgrader's own paths are not either
        source = root / folders.format_path(folders.source_directory, ".", name)
        planned = adopt.changes(root, source, name)
        for change in planned:
            path, inside = change.path, change.path.is_relative_to(root)
            print(f"  {str(path.relative_to(root) if inside else path):<40} {change.what}")
        if self.dry_run:
            return 0
        adopt.adopt(root, source, name, planned)
        print(f"Next: nbgrader generate_assignment {name}")
        return 0


class CheckExercise(Verb):
    """Looks for an author's mistakes."""

    words = "ASSIGNMENT|MODULE"
    description = (
        "Says what is wrong with an assignment before a student meets it: its declarations, its\n"
        "references as the judge asks them, its notebooks in source/, and what their worked and\n"
        "their blank cells get in the box. Of a module that is no assignment yet, the first two.\n"
        "`nbgrader generate_assignment` does the same, and refuses where anything is wrong."
    )

    def work(self, name: str) -> int:
        from . import checked  # brings torch

        source = source_of(self, name)
        found = checked.faults_of_source(source) if source else checked.faults_of_module(name)
        for fault in found:
            print(fault)
        if not found:
            what = "its notebooks, too" if source else f"no assignment yet: autograde adopt {name}"
            print(f"{name}: nothing is wrong; {what}.")
        return 1 if found else 0


class Prove(Verb):
    """Grades a worked solution, its mutants, and what is declared as wrong."""

    description = (
        "Grades, in the box, the worked solutions of an assignment and every single change of\n"
        "them (an operator, an argument, a line left out), and what is declared as wrong. Prints\n"
        "what passed, and which mistakes were named. Exit code 1: something passed that computes\n"
        "something else, or a worked solution lost marks."
    )
    options = (
        Option("every", "N", "only each Nth change, for a quick look", "Prove.every"),
        *COMMON,
    )
    every = Integer(1, min=1, help="Each such change is tried.").tag(config=True)

    def work(self, name: str) -> int:
        from . import checked, prove

        source = source_of(self, name)
        if source is None:
            raise NotReady(f"{name} is no assignment of c.Judge.exercises: autograde adopt {name}")
        if found := checked.faults_of_source(source):
            raise NotReady("\n".join(found))
        lines, perfect = prove.prove(source, self.every, os.cpu_count() or 1)
        print(*lines, sep="\n")
        return 0 if perfect else 1


def source_of(verb: Verb, name: str):
    """The source of an assignment of ours, or None."""
    from .checked import Source

    folders = verb.coursedir
    place = Path(folders.format_path(folders.source_directory, ".", name)).resolve()
    ours = name in Judge(parent=verb).exercises
    return Source(Path(folders.root).resolve(), place, name, verb.config) if ours else None
