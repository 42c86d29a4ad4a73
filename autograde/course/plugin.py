"""What nbgrader_config.py names, so that `nbgrader autograde` and the formgrader mark on our path.

nbgrader makes the exporter when a run starts. It then takes the place of nbgrader's loop over
submissions.
"""

from nbconvert.exporters import NotebookExporter
from nbgrader.converters.base import NbGraderException

from ..box.process import Unavailable
from .jobs import grade_submission
from .marking import Marking
from .release import NotReady


class Rebuild(NotebookExporter):
    """Stands for a whole run of `nbgrader autograde`."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.parent.convert_notebooks = self.grade

    def grade(self):
        """Raises NbGraderException where it cannot begin: nbgrader then ends with an error."""
        converter = self.parent
        try:
            marking = Marking(converter, converter.coursedir.assignment_id)
            students = marking.students()
            with marking.with_gradebook():
                for job in marking.jobs(students, converter.force):
                    converter.run_pre_convert_hook()
                    self.log.info("Autograding %s", job.student)
                    marking.enter(job, grade_submission(job))
                    converter.run_post_convert_hook()
        except (NotReady, Unavailable) as problem:
            self.log.error(str(problem))
            raise NbGraderException(str(problem)) from None
        for line in marking.people:
            self.log.warning("Needs a person: %s", line)
