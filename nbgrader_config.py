"""nbgrader's configuration of this course. Everything else is nbgrader's default."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821
ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
os.environ["PATH"] = (
    f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"  # nbgrader runs a bare `alembic`
)

c.CourseDirectory.root = str(ROOT)
c.CourseDirectory.course_id = "lstm_course"
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    ".ruff_cache",
    ".pytest_cache",
]
c.ClearSolutions.code_stub = {"python": "...  # YOUR CODE HERE"}
c.ClearSolutions.text_stub = "*Think first. The answer is in the worked notebook.*"
c.ClearSolutions.enforce_metadata = (
    False  # the answers to the questions to think about are no graded cells
)

# Grading: every submission is rebuilt from the release, its code runs in a box, and the judge decides in this process.
c.Judge.exercises = {"lstm": "autograde.lstm"}
c.Judge.sandbox = "auto"  # "required" refuses to grade without a box, "off" uses none
c.Autograde.exporter_class = "autograde.course.plugin.Rebuild"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = ["autograde.course.plugin.Judge"]

# Feedback: pages of our own, which need no network. Marks for a learning platform: `nbgrader export --exporter=...`.
c.GenerateFeedback.exporter_class = "autograde.pages.feedback.Feedback"

# The formgrader: formulas without a network.
TEMPLATES, PATHS = (
    str(Path(find_spec("autograde").origin).parent / "pages" / "jupyter"),
    os.environ.get("JUPYTER_PATH", ""),
)
if TEMPLATES not in PATHS.split(os.pathsep):
    os.environ["JUPYTER_PATH"] = TEMPLATES + (os.pathsep + PATHS if PATHS else "")
c.HTMLExporter.filters = {
    "markdown2html": "autograde.pages.mathml.markdown2html",
    "font_face": "autograde.pages.mathml.font_face",
}
