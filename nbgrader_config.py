"""nbgrader's configuration of this course. Everything else is nbgrader's default."""

from pathlib import Path

from autograde.course.guest import join

c = get_config()  # noqa: F821
c.CourseDirectory.root = str(Path(__file__).resolve().parent)  # wherever JupyterLab was opened
c.CourseDirectory.course_id = "lstm_course"
c.CourseDirectory.ignore = [  # never handed out
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", ".ruff_cache", ".pytest_cache"),
]

# Grading: every submission is rebuilt from the release, its code runs in a box, and the judge
# decides in nbgrader's own process. Other assignments stay nbgrader's.
c.Judge.exercises = {"lstm": "autograde.lstm"}  # assignment to the module with its EXERCISES
c.Judge.sandbox = "required"  # no box, no grading; "auto": the best there is, "off": none
join(c, __file__)
