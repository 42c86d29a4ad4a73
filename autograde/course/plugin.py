"""What nbgrader_config.py names, so that `nbgrader autograde` and the formgrader mark on our path.

nbgrader makes the exporter when a run starts. Where the assignment has exercises of ours, it takes
the place of nbgrader's loop over submissions; every other assignment goes nbgrader's own way.
"""

import os
import sys
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from traitlets.config import Application

from ..box.sandbox import Unavailable
from .command import STOPPED, leave
from .files import shown
from .jobs import close_warm_processes, disturbed, grade_submission, warm_process
from .marking import Marking
from .others import in_the_box
from .release import NotReady
from .settings import Judge, is_ours
from .sharing import as_shared


class Rebuild(NotebookExporter):
    """Stands for a whole run of `nbgrader autograde` of an assignment with exercises of ours."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        converter = self.parent
        if is_ours(converter):
            converter.convert_notebooks = self.grade
        elif (judge := Judge(parent=converter)).box_others:
            self.demand_box(judge)
            converter.autograde_preprocessors = in_the_box(converter.autograde_preprocessors)

    def demand_box(self, judge: Judge):
        """Raises NbGraderException before the first student where there is no box to be had."""
        try:
            root = Path(self.parent.coursedir.root).resolve()
            self.log.info(
                "Protection in force: %s", warm_process(*judge.boundary(root)).protections
            )
        except Unavailable as problem:
            self.log.error(str(problem))
            raise NbGraderException(str(problem)) from None

    def grade(self):
        with as_shared(self.parent.coursedir):
            self.mark()

    def mark(self):
        """Raises NbGraderException where it cannot begin, or where a command of the console ends
        and something needs a person: nbgrader then ends with exit code 1.
        """
        converter = self.parent
        try:
            marking = Marking(converter, converter.coursedir.assignment_id)
            students = marking.students()
            with marking.with_gradebook():
                for job in marking.jobs(students, converter.force):
                    converter.run_pre_convert_hook()
                    self.log.info("Autograding %s", shown(job.student))
                    graded = grade_submission(job)
                    marking.enter(job, grade_submission(job) if disturbed(graded) else graded)
                    converter.run_post_convert_hook()
                people = marking.people()
        except (NotReady, Unavailable) as problem:
            self.log.error(str(problem))
            raise NbGraderException(str(problem)) from None
        except KeyboardInterrupt:
            self.log.error("Stopped. What is graded is kept; the same command goes on.")
            if isinstance(converter.parent, Application):
                leave()
                close_warm_processes()
                os._exit(STOPPED)  # Python's own end takes more than a second
            sys.exit(STOPPED)
        for student, said in people:
            self.log.warning("Needs a person: %s: %s", student, said)
        if people and isinstance(converter.parent, Application):
            raise NbGraderException(f"{len(people)} for a person to look at")


def look_at_all(usual):
    """nbgrader looks for notebooks by their names, and ends where it finds none. The path looks at
    whatever lies in a submission's folder.
    """

    def init_notebooks(self):
        if issubclass(self.exporter_class, Rebuild) and is_ours(self):
            self.assignments, self.notebooks = {}, []
        else:
            usual(self)

    return init_notebooks


# nbgrader's own code is changed here and in nbgraders.py alone: it has no settings for these.
Autograde.init_notebooks = look_at_all(Autograde.init_notebooks)
