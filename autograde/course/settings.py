"""What nbgrader_config.py says about grading, under `c.Judge`."""

from pathlib import Path

from traitlets import Any, Bool, Dict, Enum, Float, Unicode
from traitlets.config import LoggingConfigurable

from ..box.notebook import Limits
from ..exercise.declared import Exercise
from ..exercise.points import WrongPoints, named
from .release import Assignment, NotReady, exercises_of, read_release

ASKS = "from autograde import ask"  # stands in the hidden test cells of our exercises


class Judge(LoggingConfigurable):
    """The settings of grading."""

    exercises = Dict(
        {"lstm": "autograde.lstm"}, help="Assignment name to the module that defines its EXERCISES."
    ).tag(config=True)
    points = Any(
        {},
        help="Assignment name to class (or number) to criterion to points, where they are not "
        "those of the exercise.",
    ).tag(config=True)
    sandbox = Enum(
        ("auto", "required", "off"),
        "required",
        help="The box around students' code: required (or the run is refused), the best there is "
        "or else none (auto), or none (off).",
    ).tag(config=True)
    box_others = Bool(False, help="Run the cells of all other assignments in the box as well.").tag(
        config=True
    )
    cell_seconds = Float(30, help="Time limit for one cell.").tag(config=True)
    notebook_seconds = Float(120, help="Time limit for all cells of a notebook.").tag(config=True)
    answer_seconds = Float(30, help="Time limit for the answers about one class.").tag(config=True)

    formgrader = Unicode(
        "http://localhost:8888/formgrader",
        help="Where the formgrader is, for links to what needs a person.",
    ).tag(config=True)

    @property
    def limits(self) -> Limits:
        return Limits(self.cell_seconds, self.notebook_seconds, self.answer_seconds)

    def boundary(self, root: Path) -> tuple[str, Path, tuple[str, ...]]:
        """The box that is asked for, and what no student's process may see: the course in `root`,
        and the modules of its exercises."""
        return self.sandbox, root, tuple(sorted(set(self.exercises.values())))

    def assignment(self, release: Path, name: str) -> Assignment:
        """The assignment `name` as it was released into the folder `release`. Raises NotReady."""
        return read_release(release, name, self.module(name), self.points_of(name))

    def exercises_of(self, name: str) -> dict[str, Exercise]:
        """Name to exercise of an assignment, with the course's own points. Raises NotReady."""
        return exercises_of(name, self.module(name), self.points_of(name))

    def module(self, name: str) -> str:
        """Where the exercises of an assignment are. Raises NotReady."""
        if name not in self.exercises:
            there = ", ".join(self.exercises)
            module = next(iter(self.exercises.values()), "MODULE")
            raise NotReady(
                f"{name} has no exercises in c.Judge.exercises of nbgrader_config.py; there are: "
                f"{there}. Where it is one of these by another name, say so there, above `join`: "
                f'c.Judge.exercises = {{"{name}": "{module}"}}. One without '
                f"exercises of ours is graded by `nbgrader autograde {name}`."
            )
        return self.exercises[name]

    def points_of(self, name: str) -> dict:
        """The course's own points for an assignment, as they were written. Raises NotReady."""
        try:
            named(self.points, "", self.exercises, "assignment")
        except WrongPoints as problem:
            raise NotReady(f"nbgrader_config.py: c.Judge.points{problem}") from None
        return self.points.get(name, {})


def is_ours(app) -> bool:
    """Whether the assignment of this run is judged by exercises. One whose hidden cells ask for
    them is, so that where they are not in the configuration, the run is refused with that reason.
    """
    folders = app.coursedir
    name = folders.assignment_id
    if name in Judge(parent=app).exercises:
        return True
    source = Path(folders.format_path(folders.source_directory, ".", name))
    return any(ASKS in path.read_text("utf-8", "replace") for path in source.glob("*.ipynb"))
