"""What nbgrader_config.py names, so that `nbgrader autograde` rebuilds, boxes and judges: an exporter and a preprocessor.

nbgrader makes the exporter when a run starts, hands it every submitted notebook (to be rebuilt), and hands the rebuilt one
to the preprocessor (to be graded). Marks are written once for each student, after the last notebook.
"""

import logging
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import AssignLatePenalties, NbGraderPreprocessor
from nbgrader.utils import rmtree
from sqlalchemy.exc import SQLAlchemyError
from traitlets import Dict, Enum, Float

from ..box.process import Limits, Unavailable
from . import state
from .grade import grade_rebuilt
from .gradebook import MARKS_NOT_WRITTEN, back_up, begin, check_assignment, reason, record
from .jobs import warm_process
from .release import Assignment, NotReady, read_release
from .submission import Rebuilt, read_file, read_submission, rebuild


class Judge(NbGraderPreprocessor):
    """Runs a rebuilt notebook in the student's process and judges the answers in this one."""

    exercises = Dict(
        {"lstm": "autograde.lstm"}, help="Assignment name to the module that defines its EXERCISES."
    ).tag(config=True)
    sandbox = Enum(
        ("auto", "required", "off"),
        "auto",
        help="The box around students' code: the best there is, or none is refused, or none is used.",
    ).tag(config=True)
    cell_seconds = Float(30, help="Time limit for one cell.").tag(config=True)
    notebook_seconds = Float(120, help="Time limit for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(30, help="Time limit for the answers about one class.").tag(config=True)

    @property
    def limits(self) -> Limits:
        return Limits(self.cell_seconds, self.notebook_seconds, self.answer_seconds)

    def assignment(self, release: Path, name: str) -> Assignment:
        """Raises NotReady."""
        if name not in self.exercises:
            raise NotReady(
                f"{name} has no exercises in c.Judge.exercises of nbgrader_config.py; there are: {', '.join(self.exercises)}."
            )
        return read_release(release, name, self.exercises[name])

    def preprocess(self, nb, resources):
        run, (notes, missing) = (
            self.parent,
            (nb.metadata["autograde"][key] for key in ("notes", "missing")),
        )
        name = resources["nbgrader"]["notebook"]
        graded = grade_rebuilt(
            name,
            Rebuilt(nb, notes, missing),
            run.assignment,
            warm_process(self.sandbox, run.root),
            self.limits,
        )
        run.graded.append(graded)
        for flag in graded.flags:
            self.log.warning("%s: needs a person: %s", resources["nbgrader"]["student"], flag)
        return graded.notebook, resources


class Rebuild(NotebookExporter):
    """Stands for a whole run of `nbgrader autograde`; in its place as an exporter it reads submissions whatever their state."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.converter, self.graded, self.data = self.parent, [], {}
        self.judge = Judge(parent=self.converter)
        folders = self.converter.coursedir
        self.root = Path(folders.root).resolve()
        try:
            name = folders.assignment_id
            release = Path(folders.format_path(folders.release_directory, ".", name))
            self.assignment = self.judge.assignment(release, name)
            back_up(folders.db_url)
            self.gradebook = Gradebook(folders.db_url, folders.course_id)
            check_assignment(self.gradebook, self.assignment)
            protections = warm_process(self.judge.sandbox, self.root).protections
            self.log.log(
                logging.WARNING if protections.startswith("no box") else logging.INFO,
                "Protection in force: %s",
                protections,
            )
        except (NotReady, Unavailable) as problem:
            self.log.error(str(problem))
            raise NbGraderException(str(problem)) from None
        self.penalties = AssignLatePenalties(parent=self.converter)
        self.penalties.init_plugin()
        self.take_over()

    def take_over(self):
        """The converter's steps around each submission: ours copy no student's file, and open the gradebook once."""
        converter, usual = self.converter, self.converter.init_destination
        pattern = converter.coursedir.notebook_id
        self.names = [name for name in self.assignment.notebooks if Path(name).match(pattern)]
        source = converter._format_source(
            converter.coursedir.assignment_id, converter.coursedir.student_id
        )
        for folder in (
            Path().glob(source)
            if not Path(source).is_absolute()
            else [Path(path) for path in converter.assignments]
        ):
            if folder.is_dir() and not folder.is_symlink():
                converter.assignments[str(folder)] = [
                    str(folder / f"{name}.ipynb") for name in self.names
                ]
        converter.init_assignment = self.begin
        converter.init_destination = lambda assignment, student: self.wanted(
            usual, assignment, student
        )
        converter.post_convert_hook = self.finish

    def wanted(self, usual, assignment: str, student: str) -> bool:
        """Whether to grade a submission: not where it is graded and unchanged, by content. nbgrader would compare timestamps."""
        folder, submitted = (
            Path(form(assignment, student))
            for form in (self.converter._format_dest, self.converter._format_source)
        )
        if folder.exists() and not self.converter.force:
            now = state.digests(
                self.assignment,
                read_submission(submitted, self.names)[0],
                state.timestamp(submitted),
            )
            if now.items() <= state.finished(self.root, assignment, student).items():
                self.log.info("Graded and unchanged: %s", student)
                return False
            if student not in self.converter.coursedir.student_id_exclude.split(","):
                self.log.warning(
                    "Grading %s again: it has changed, or the last run did not finish it", student
                )
                for name in self.names:  # then nbgrader takes them for not graded yet
                    (folder / f"{name}.ipynb").unlink(missing_ok=True)
                if self.names == list(self.assignment.notebooks):
                    rmtree(str(folder))
        return usual(assignment, student)

    def begin(self, assignment: str, student: str):
        state.forget(self.root, assignment, student, self.names)
        self.graded.clear()
        self.data.clear()
        submitted, folder = (
            Path(form(assignment, student))
            for form in (self.converter._format_source, self.converter._format_dest)
        )
        self.timestamp = state.timestamp(submitted)
        begin(self.gradebook, self.assignment, student, self.timestamp, self.names)
        state.copy_release(self.assignment, folder, self.timestamp)
        state.copy_secret(submitted, folder)

    def finish(self, **_):
        """After the last notebook of a submission: its marks, in one transaction."""
        student, assignment = self.student, self.assignment
        try:
            record(self.gradebook, assignment, student, self.graded, self.penalties)
            state.remember(
                self.root,
                assignment.name,
                student,
                state.digests(assignment, self.data, self.timestamp),
            )
        except (OSError, SQLAlchemyError) as problem:
            self.log.error("%s: %s", student, MARKS_NOT_WRITTEN.format(reason(problem)))

    def from_filename(self, filename: str, resources=None, **options):
        self.student = resources["nbgrader"]["student"]
        if not self.converter._sanitizing:
            return self.from_notebook_node(nbformat.read(filename, as_version=4), resources)
        name = resources["nbgrader"]["notebook"]
        self.data[name], oddity = read_file(Path(filename))
        rebuilt = rebuild(self.data[name], self.assignment.notebooks[name], name)
        notes = [oddity, *rebuilt.notes] if oddity else rebuilt.notes
        rebuilt.notebook.metadata["autograde"] = {
            "notes": notes,
            "missing": oddity or rebuilt.missing,
        }
        return self.from_notebook_node(rebuilt.notebook, resources)
