"""nbgrader's configuration of this course. Everything else is nbgrader's default."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

c = get_config()  # noqa: F821
ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))  # exercises of your own may lie beside this file
# nbgrader runs a bare `alembic`, which lies beside this Python
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"

c.CourseDirectory.root = str(ROOT)  # JupyterLab may have been opened in another folder
c.CourseDirectory.course_id = "lstm_course"
c.CourseDirectory.ignore = [  # never handed out
    *(".ipynb_checkpoints", "*.pyc", "__pycache__", ".ruff_cache", ".pytest_cache"),
]
c.ClearSolutions.code_stub = {"python": "...  # YOUR CODE HERE"}  # a blank cell still runs
c.ClearSolutions.text_stub = "*Think first. The answer is in the worked notebook.*"
c.ClearSolutions.enforce_metadata = False  # answers to think about are in cells without a grade

# Grading: every submission is rebuilt from the release, its code runs in a box, and the judge
# decides in nbgrader's own process.
c.Judge.exercises = {"lstm": "autograde.lstm"}  # assignment to the module with its EXERCISES
c.Judge.sandbox = "required"  # no box, no grading; "auto": the best there is, "off": none
c.Autograde.exporter_class = "autograde.course.plugin.Rebuild"

# Feedback: one page for each notebook, which needs no network.
c.GenerateFeedback.exporter_class = "autograde.pages.feedback.Feedback"

# The formgrader: formulas without a network, by two filters and a template of ours.
TEMPLATES = str(Path(find_spec("autograde").origin).parent / "pages" / "jupyter")
PATHS = os.environ.get("JUPYTER_PATH", "").split(os.pathsep)
if TEMPLATES not in PATHS:
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, [TEMPLATES, *PATHS]))
c.HTMLExporter.filters = {
    "markdown2html": "autograde.pages.sanitised.markdown2html",
    "font_face": "autograde.pages.mathml.font_face",
}
