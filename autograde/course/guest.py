"""All that a course's nbgrader_config.py needs for assignments of ours, in two lines, and nothing
that another assignment would notice:

    from autograde.course.guest import join
    join(c, __file__)
"""

import os
import sys
from pathlib import Path

from nbformat import NotebookNode, read, writes
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import ClearSolutions, NbGraderPreprocessor, SaveCells
from sqlalchemy.engine import make_url
from traitlets.config import Config
from traitlets.utils.importstring import import_item

from ..box.sandbox import Unavailable
from ..exercise.declared import load
from .gradebook import check_cells
from .points import differing, give_points
from .release import NotReady, further_in
from .settings import Judge, is_ours
from .sharing import open_gradebook
from .travel import CannotTravel, packed_files

OURS = {"lstm": "autograde.lstm"}  # assignment to the module with its EXERCISES
TEMPLATES = Path(__file__).resolve().parent.parent / "pages" / "jupyter"
AS_USUAL = "autograde.pages.sanitised.AsUsual"
STUBS = {  # in place of what nbgrader puts where a solution stood: a blank cell still runs
    "code_stub": {"python": "...  # YOUR CODE HERE"},
    "text_stub": "*Think first. An answer is in the worked notebook, given out after the hand-in.*",
    "enforce_metadata": False,  # answers to think about are in cells without a grade
}


UNHEARD = (
    "%s of %s has %s points in source/; the release gets the %g of its criteria. To change that, "
    "change these, or say it with c.Judge.points in nbgrader_config.py."
)


class Stubs(ClearSolutions):
    """nbgrader's own, with our stubs in an assignment of ours."""

    def preprocess(self, nb, resources):
        if resources["nbgrader"]["assignment"] in Judge(config=self.config).exercises:
            for name, value in STUBS.items():
                setattr(self, name, value)
        return super().preprocess(nb, resources)


class Points(NbGraderPreprocessor):
    """Writes into an assignment of ours what its cells are worth: into the test cells, and into the
    texts that say so. The points are those of the exercises, as the course weighs them.

    Whatever nbgrader could not generate is said before it touches the release, which it would else
    remove: it makes one of this when a run starts.
    """

    def __init__(self, **options):
        super().__init__(**options)
        self.judge = Judge(config=self.config)
        run = getattr(self.parent, "parent", None)
        if hasattr(run, "coursedir") and is_ours(run):
            self.check(run.coursedir)

    def check(self, folders):
        """Raises NbGraderException."""
        name, book = folders.assignment_id, make_url(folders.db_url)
        source = Path(folders.format_path(folders.source_directory, ".", name))
        try:
            sources = {path.stem: source_at(path) for path in source.glob("*.ipynb")}
            self.judge.exercises_of(name)
            for path in further_in(source, self.judge.module(name)).values():
                source_at(path)
            if book.get_backend_name() != "sqlite" or Path(book.database or "").is_file():
                with Gradebook(folders.db_url, folders.course_id) as gradebook:
                    check_cells(gradebook, name, sources)
        except NotReady as problem:
            self.log.error(str(problem))
            raise NbGraderException(str(problem)) from None
        self.look_at(Path(folders.root).resolve(), source.resolve(), name)

    def look_at(self, root: Path, source: Path, name: str):
        """Raises NbGraderException where an author has made a mistake."""
        from .checked import Source, faults_of_source  # all of grading, for this step alone

        found = []
        try:
            found = faults_of_source(Source(root, source, name, self.config))
        except Unavailable as problem:  # an author may have no box; who grades has one
            self.log.warning("What the worked cells get was not looked at: %s", problem)
        for fault in found:
            self.log.error(fault)
        if found:
            raise NbGraderException(f"{len(found)} faults of the assignment: see above.")

    def preprocess(self, nb, resources):
        about = resources["nbgrader"]
        name = about["assignment"]
        exercises = self.judge.exercises_of(name) if name in self.judge.exercises else {}
        here = [one for one in exercises.values() if one.notebook == about["notebook"]]
        usual = load(self.judge.exercises[name]) if here else {}
        for cell, there, points in differing(nb, here, usual):
            self.log.warning(UNHEARD, cell, about["notebook"], there, points)
        give_points(nb, here)
        return nb, resources


def source_at(path: Path) -> NotebookNode:
    """Raises NotReady for what is no notebook."""
    try:
        return read(path, as_version=4)
    except (OSError, ValueError) as problem:
        why = str(problem).partition(":")[0]
        raise NotReady(f"{path} cannot be read ({why}): mend it. Nothing was changed.") from None


class Checks(NbGraderPreprocessor):
    """Gives out the judge with an assignment of ours, in place of the file of its source that
    imports it; and the notebooks outside of the marks, which nbgrader leaves out, since they lie in
    a folder of their own. given: folder to its files; nbgrader makes one of this for a run over a
    folder's notebooks."""

    def __init__(self, **options):
        super().__init__(**options)
        self.given = {}

    def preprocess(self, nb, resources):
        judge, name = Judge(config=self.config), resources["nbgrader"]["assignment"]
        if name in judge.exercises:
            folder, module = Path(resources["metadata"]["path"]), judge.exercises[name]
            try:
                if folder not in self.given:
                    packed = packed_files(folder, module, judge.points_of(name))
                    self.given[folder] = packed | self.further(folder, module, resources)
            except CannotTravel as problem:
                raise NbGraderException(str(problem)) from None
            outputs = {path: text.encode() for path, text in self.given[folder].items()}
            resources["outputs"] = dict(resources.get("outputs") or {}) | outputs
            run = getattr(self.parent, "parent", None)
            if hasattr(run, "coursedir"):
                open_gradebook(run.coursedir)  # a colleague may be the first to grade
        return nb, resources

    def further(self, folder: Path, module: str, resources) -> dict[str, str]:
        """Path to text of the notebooks outside of the marks, by the steps of all others but for
        those about marks."""
        steps = [
            (import_item(step) if isinstance(step, str) else step)(parent=self.parent)
            for step in self.config.GenerateAssignment.preprocessors
            if step not in (Points, SaveCells, Checks)
        ]
        found = {}
        for name, path in further_in(folder, module).items():
            nb = read(path, as_version=4)
            about = dict(resources["nbgrader"]) | {"notebook": name}
            for step in steps:
                nb, _ = step(nb, {"nbgrader": about, "metadata": resources["metadata"]})
            found[f"{name}.ipynb"] = writes(nb) + "\n"
        return found


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
    steps = [Stubs if step is ClearSolutions else step for step in steps]
    steps = [step for step in steps if step not in (Points, Checks)]
    c.GenerateAssignment.preprocessors = [Points, *steps, Checks]
    c.Autograde.exporter_class = "autograde.course.plugin.Rebuild"
    c.GenerateFeedback.exporter_class = "autograde.course.nbgraders.Feedback"
    unless_set(c.ExchangeFactory, "release_feedback", "autograde.course.nbgraders.Release")
    unless_set(c.ZipCollectApp, "collector_plugin", "autograde.course.nbgraders.Collector")
    steps = [step for step in c.HTMLExporter.get("preprocessors", []) if step != AS_USUAL]
    c.HTMLExporter.preprocessors = [*steps, AS_USUAL]
    c.HTMLExporter.filters = dict(c.HTMLExporter.get("filters", {})) | {
        "markdown2html": "autograde.pages.sanitised.markdown2html",
        "as_usual": "autograde.pages.sanitised.as_usual",
        "font_face": "autograde.pages.mathml.font_face",
    }


def unless_set(section: Config, name: str, value: str):
    """A course's own plug-in stays."""
    section[name] = section.get(name) or value


def before_all(variable: str, place: str):
    """Put a folder first into an environment variable that lists folders."""
    places = [p for p in os.environ.get(variable, "").split(os.pathsep) if p and p != place]
    os.environ[variable] = os.pathsep.join([place, *places])
