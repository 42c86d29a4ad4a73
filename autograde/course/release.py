"""An assignment as it was released: its notebooks, the kit beside them, and its exercises."""

import hashlib
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from ..exercise.declared import Exercise, load_further
from ..exercise.faults import Faulty, load, say
from ..exercise.points import WrongPoints, weighed
from ..pages.graded import grade_id
from .carried import load_carried, texts_of
from .travel import AT_GRADING, travels

SHIPPED = (".py", ".svg", ".csv")  # what the release has beside its notebooks: the kit, its
# pictures and tables


class NotReady(Exception):
    """There is nothing to grade with; the text says which command to run."""


@dataclass(frozen=True)
class Assignment:
    """`notebooks`: name to release notebook; `kit`: path in the release to text, the pictures among
    them; `exercises`: name to exercise; `tests`: (notebook, grade_id) to the whole text of a plain
    nbgrader test, hidden lines and all; `further`: notebooks of the release that nobody marks.
    """

    name: str
    notebooks: dict[str, NotebookNode]
    kit: dict[str, str]
    exercises: dict[str, Exercise]
    module: str = ""  # of the exercises, which travel as its texts: references are no data
    texts: dict[str, str] = field(default_factory=dict)
    points: dict = field(default_factory=dict)  # the course's own, for `weighed`
    digest: str = ""  # of the release and the exercises
    tests: dict[tuple[str, str], str] = field(default_factory=dict)
    further: dict[str, NotebookNode] = field(default_factory=dict)

    def __getstate__(self):
        return {name: value for name, value in vars(self).items() if name != "exercises"}

    def __setstate__(self, state):
        carried = load_carried(state["module"], state["texts"])
        self.__dict__.update(state, exercises=weighed(carried, state["points"]))

    def in_notebook(self, notebook: str) -> list[Exercise]:
        return [exercise for exercise in self.exercises.values() if exercise.notebook == notebook]

    @property
    def given(self) -> str:
        """All texts that students were given."""
        cells = [cell.source for notebook in self.notebooks.values() for cell in notebook.cells]
        return "\n".join([*cells, *self.kit.values()])

    @property
    def packages(self) -> set[str]:
        """What a notebook can import of the files beside it, as far as it may; and the grader,
        which it may not.
        """
        return {"autograde", *(path.partition("/")[0].removesuffix(".py") for path in self.kit)}

    def kit_for(self, notebook: str) -> dict[str, str]:
        """The files that a student's process gets: never those that would answer this very
        notebook, and of the judge that went to the desks nothing but its name.
        """
        allowed = {path for exercise in self.in_notebook(notebook) for path in exercise.kit}
        judges = {path: AT_GRADING for path, text in self.kit.items() if travels(text)}
        return {path: text for path, text in self.kit.items() if path in allowed} | judges


def source_of(module: str) -> str:
    """The text of a module: a course may have exercises of its own."""
    path = getattr(sys.modules[module], "__file__", None)
    return Path(path).read_text(encoding="utf-8") if path else ""


def exercises_of(name: str, module: str, points: dict) -> dict[str, Exercise]:
    """Name to exercise, from a module, with a course's own points. Raises NotReady."""
    try:
        return weighed(load(module), points)
    except WrongPoints as problem:
        raise NotReady(f'nbgrader_config.py: c.Judge.points["{name}"]{problem}') from None
    except Faulty as problem:
        raise NotReady(str(problem)) from None


def kit_in(folder: Path, exercises: dict[str, Exercise]) -> dict[str, str]:
    """Path to text of what a folder has beside its notebooks: what is shipped, and what an exercise
    names."""
    named = {name for exercise in exercises.values() for name in exercise.kit}
    files = [path for path in sorted(folder.rglob("*")) if "__pycache__" not in path.parts]
    places = {path.relative_to(folder).as_posix(): path for path in files if path.is_file()}
    kept = {n: path for n, path in places.items() if path.suffix in SHIPPED or n in named}
    return {name: path.read_text(encoding="utf-8") for name, path in kept.items()}


def further_in(folder: Path, module: str) -> dict[str, Path]:
    """Name (`further/gru`) to path of the notebooks outside of the marks that are there."""
    names = dict.fromkeys(exercise.notebook for exercise in load_further(module).values())
    paths = {name: folder / f"{name}.ipynb" for name in names}
    return {name: path for name, path in paths.items() if path.is_file()}


def no_kit(folder: Path, kit: dict[str, str], exercises: dict[str, Exercise]) -> list[str]:
    """Files that an exercise names and that are not there."""
    return [
        f"{exercise.name}: {say('no kit', file=name, folder=folder)}"
        for exercise in exercises.values()
        for name in exercise.kit
        if name not in kit
    ]


def read_release(folder: Path, name: str, module: str, points: dict | None = None) -> Assignment:
    """The assignment released in `folder`, with the exercises of `module` and a course's own
    points. Raises NotReady.
    """
    paths = sorted(folder.glob("*.ipynb"))
    if not paths:
        raise NotReady(
            f"The assignment {name} has not been generated (there are no notebooks in {folder}): "
            f"run `nbgrader generate_assignment {name}` first."
        )
    points = points or {}
    exercises = exercises_of(name, module, points)
    notebooks = {path.stem: nbformat.read(path, as_version=4) for path in paths}
    for exercise in exercises.values():
        ids = set(map(grade_id, getattr(notebooks.get(exercise.notebook), "cells", [])))
        if not {exercise.name, exercise.test_id} <= ids:
            raise NotReady(
                f"{folder / exercise.notebook}.ipynb has no cells {exercise.name} and "
                f"{exercise.test_id}: run `nbgrader generate_assignment {name} --force`."
            )
    kit = kit_in(folder, exercises)
    if missing := no_kit(folder, kit, exercises):
        raise NotReady("\n".join(missing))
    # an exercise may hold sets and functions, whose texts differ from run to run
    words = sorted(re.findall(r"\w+", re.sub(r" at 0x[0-9a-f]+", "", repr(exercises))))
    texts = texts_of(module)
    parts = [kit, notebooks, words, texts or source_of(module)]
    seen = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    places = further_in(folder, module)
    further = {inner: nbformat.read(path, as_version=4) for inner, path in places.items()}
    about = {"points": points, "digest": seen, "further": further}
    return Assignment(name, notebooks, kit, exercises, module, texts, **about)
