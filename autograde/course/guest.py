"""All that a course's nbgrader_config.py needs for assignments of ours, in two lines, and nothing
that another assignment would notice:

    from autograde.course.guest import join
    join(c, __file__)
"""

import os
import sys
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor
from traitlets.config import Config

from .settings import Judge
from .travel import CannotTravel, packed_files

OURS = {"lstm": "autograde.lstm"}  # assignment to the module with its EXERCISES
TEMPLATES = Path(__file__).resolve().parent.parent / "pages" / "jupyter"
STUBS = {  # in place of what nbgrader puts where a solution stood: a blank cell still runs
    "code_stub": {"python": "...  # YOUR CODE HERE"},
    "text_stub": "*Think first. An answer is in the worked notebook, given out after the hand-in.*",
    "enforce_metadata": False,  # answers to think about are in cells without a grade
}


class Stubs(ClearSolutions):
    """nbgrader's own, with our stubs in an assignment of ours."""

    def preprocess(self, nb, resources):
        if resources["nbgrader"]["assignment"] in Judge(config=self.config).exercises:
            for name, value in STUBS.items():
                setattr(self, name, value)
        return super().preprocess(nb, resources)


class Checks(NbGraderPreprocessor):
    """Gives out the judge with an assignment of ours, in place of the file of its source that
    imports it. packed: folder to its files; nbgrader makes one of this for a run over a folder's
    notebooks."""

    def __init__(self, **options):
        super().__init__(**options)
        self.packed = {}

    def preprocess(self, nb, resources):
        exercises = Judge(config=self.config).exercises
        name = resources["nbgrader"]["assignment"]
        if name in exercises:
            folder = Path(resources["metadata"]["path"])
            try:
                if folder not in self.packed:
                    self.packed[folder] = packed_files(folder, exercises[name])
            except CannotTravel as problem:
                raise NbGraderException(str(problem)) from None
            outputs = {path: text.encode() for path, text in self.packed[folder].items()}
            resources["outputs"] = dict(resources.get("outputs") or {}) | outputs
        return nb, resources


def as_given_out(notebook, config: Config, assignment: str = "lstm"):
    """A source notebook with stubs in place of its solutions."""
    about = {"nbgrader": {"assignment": assignment}}
    return Stubs(config=config).preprocess(notebook, about)[0]


def join(c: Config, config_file: str):
    """Add what grading, feedback and the formgrader need to a course's configuration `c`."""
    sys.path.insert(0, str(Path(config_file).resolve().parent))  # for exercises of the course's own
    before_all("PATH", str(Path(sys.executable).parent))  # nbgrader runs a bare `alembic`
    before_all("JUPYTER_PATH", str(TEMPLATES))  # the formgrader's formulas, without a network
    c.Judge.exercises = OURS | dict(c.Judge.get("exercises", {}))
    steps = c.GenerateAssignment.get("preprocessors") or GenerateAssignment().preprocessors
    steps = [Stubs if step is ClearSolutions else step for step in steps if step is not Checks]
    c.GenerateAssignment.preprocessors = [*steps, Checks]
    c.Autograde.exporter_class = "autograde.course.plugin.Rebuild"
    c.GenerateFeedback.exporter_class = "autograde.course.nbgraders.Feedback"
    unless_set(c.ExchangeFactory, "release_feedback", "autograde.course.nbgraders.Release")
    unless_set(c.ZipCollectApp, "collector_plugin", "autograde.course.nbgraders.Collector")
    c.HTMLExporter.filters = dict(c.HTMLExporter.get("filters", {})) | {
        "markdown2html": "autograde.pages.sanitised.markdown2html",
        "font_face": "autograde.pages.mathml.font_face",
    }


def unless_set(section: Config, name: str, value: str):
    """A course's own plug-in stays."""
    section[name] = section.get(name) or value


def before_all(variable: str, place: str):
    """Put a folder first into an environment variable that lists folders."""
    places = [p for p in os.environ.get(variable, "").split(os.pathsep) if p and p != place]
    os.environ[variable] = os.pathsep.join([place, *places])
