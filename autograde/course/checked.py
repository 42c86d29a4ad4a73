"""What is wrong with an assignment, found before a student meets it: by the judge on the references
of its exercises, and by grading the notebooks of its source, as they are solved and as they are
given out, in the box.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import nbformat
import numpy as np
from nbformat import NotebookNode
from traitlets.config import Config

from ..box.notebook import Limits
from ..box.warm import Warm
from ..exercise.declared import Exercise, Function, Module, Recurrence, Table, load_further
from ..exercise.faults import (
    OF_TABLES,
    Faults,
    Faulty,
    file_of,
    load,
    meant,
    of_keys,
    place_of,
    say,
)
from ..exercise.rules import KNOWN, columns, names_in
from ..exercise.verdict import Verdict
from ..judge import draw
from ..judge.agreement import NAMED, agree
from ..judge.answers import Frame
from ..judge.function import computed as results
from ..judge.function import returned
from ..judge.table import computed, is_sorted
from ..pages.graded import grade_id
from ..student.telling import in_words
from .chance import chance
from .grade import grade_rebuilt
from .guest import as_given_out
from .jobs import warm_process
from .rebuild import Rebuilt
from .references import references_of, verdict_on
from .release import Assignment, kit_in, no_kit
from .settings import Judge
from .travel import GRADER, MARK, CannotTravel, imports_grader, packed_files, top_of

SEEDS = (1, 2)  # with which right references are asked
FEW_BUILDS = 2  # in which formulas are compared: sizes that differ, and equal ones
BY_CHANCE = 8  # rows that follow one with the same key: fewer may stand in order by chance
ASKED = re.compile(r"(?m)^ *ask\(['\"](\w+)['\"]\)")
SOLUTION = "an autograded answer"
TEST = 'autograder tests, with `from autograde import ask` and `ask("{name}")` as hidden tests'


# ---------------------------------------------------------------- references
def faults_of_module(module: str) -> list[str]:
    """What is wrong with the exercises of a module, notebooks aside."""
    try:
        exercises = load(module) | load_further(module)
    except Faulty as problem:
        return str(problem).splitlines()
    found = []
    for exercise in exercises.values():
        try:
            said = list(faults_with_judge(exercise))
        except Exception as problem:  # of a reference, or of what is drawn for it
            said = [raises(problem)]
        found += [f"{file_of(module)}: {exercise.name}: {fault}" for fault in said]
    return found


def faults_with_judge(exercise: Exercise) -> Faults:
    """A right reference without full marks; a wrong one with them, or with other words."""
    right, wrong = references_of(exercise)
    if isinstance(exercise, Table) and (said := [*faults_of_columns(exercise)]):
        yield from said
        return
    for one, seed in ((one, seed) for one in right for seed in SEEDS):
        verdict = verdict_on(exercise, one, seed, raised := [])
        if raised:  # for one size alone, say, which would never be asked then
            yield raises(raised[0])
            return
        if verdict.score < verdict.points:
            yield no_result(exercise, seed) or say("right loses", **about(verdict))
            return
    if isinstance(exercise, Recurrence):  # too many to be graded one by one
        yield from faults_of_formulas(exercise)
        return
    for what, reference, said in wrong:
        verdict = verdict_on(exercise, reference, SEEDS[0], raised := [])
        if verdict.score == verdict.points:
            yield say("wrong passes", what=what)
        elif not any(said in result.sentence for result in verdict.results):
            told = say("not named", what=what, said=said, **about(verdict))
            yield raises(raised[0]) if raised else told


def no_result(exercise: Exercise, seed: int) -> str:
    """What is wrong with what a right reference returns, where nothing can be compared with it."""
    if not isinstance(exercise, Function | Module):
        return ""
    asked = draw(exercise, seed).builds[0]
    out, arrays = (
        returned(exercise, exercise.right, asked),
        results(exercise, exercise.right, asked),
    )
    if arrays and all(np.isfinite(array).all() for array in arrays):
        again = results(exercise, exercise.right, asked)
        return "" if again and all(map(np.array_equal, arrays, again)) else say("random")
    given = "nan or infinite numbers" if arrays and out is not None else in_words(out)
    return say("no result", given=given, asked=", ".join(exercise.returns))


def raises(problem: Exception) -> str:
    given = "".join(f" (called with {note})" for note in getattr(problem, "__notes__", [])[:1])
    error = f"{type(problem).__name__}: {problem}{given}"
    return say("raises", place=place_of(problem), error=error)


def faults_of_columns(exercise: Table) -> Faults:
    """Columns that are marked and not made; numbers that are made and not marked."""
    frame = computed(exercise.right, draw(exercise, SEEDS[0]).calls[0])
    if frame.names:  # else it raises, which is said when it is judged
        yield from of_keys(exercise, {*OF_TABLES, *frame.names}, [])
    for name, kind in zip(frame.names, frame.kinds):
        if kind != "text" and not {"values", name} & {*exercise.keys}:
            yield say("missing key", key=name)
    for name in exercise.sorted_by if frame.names else ():
        if name not in frame.names:
            about = {"field": "sorted_by", "name": name, "meant": meant(name, frame.names)}
            yield say("no part", **about)
    if "order" in exercise.keys:
        tables = [computed(exercise.right, call) for call in draw(exercise, SEEDS[0]).calls]
        tables = [table for table in tables if table.rows]
        yield from faults_of_sorting(exercise, tables)


def faults_of_sorting(exercise: Table, tables: list[Frame]) -> Faults:
    """A right table that is not sorted as it is said."""
    keys = exercise.sorted_by
    for k, name in enumerate(keys if all({*keys} <= {*one.names} for one in tables) else ()):
        groups = [group for one in tables for group in grouped(one.columns, keys[:k], name)]
        if not in_order([[v for v in group if v is not None] for group in groups]):
            within = f" among rows with the same {', '.join(keys[:k])}" if k else ""
            yield say("not sorted", name=name, within=within)
            return
    if not keys:
        yield from faults_of_ties(tables)


def faults_of_ties(tables: list[Frame]) -> Faults:
    """Where it is not said by what rows are sorted, and those with the same key stand in an order
    that may be meant or not."""
    names = (
        [n for n in tables[0].names if all(n in one.columns for one in tables)] if tables else []
    )
    keys = [name for name in names if all(is_sorted(one, name) for one in tables)]
    for name in (name for name in names if len(keys) == 1 and name not in keys):
        groups = [group for one in tables for group in grouped(one.columns, keys, name)]
        if sum(len(group) - 1 for group in groups) >= BY_CHANCE and in_order(groups):
            yield say("ties", key=keys[0], name=name)
            return


def in_order(groups: list[list]) -> bool:
    try:
        rising = [sorted(group) for group in groups]
    except TypeError:  # of what is missing
        return False
    return groups in (rising, [group[::-1] for group in rising])


def grouped(columns: dict, keys: Sequence[str], name: str) -> list[list]:
    """The entries of a column, of all rows with the same keys together."""
    found: dict = {}
    for k, entry in enumerate(columns[name]):
        found.setdefault(tuple(columns[key][k] for key in keys), []).append(entry)
    return [*found.values()]


def about(verdict: Verdict) -> dict[str, str]:
    """The words of a message about a verdict in which something is lost."""
    lost = next((result for result in verdict.results if not result.met), None)
    why = f"{lost.title}: {lost.sentence.rstrip('.')}" if lost else ""
    return {"score": f"{verdict.score:g}", "points": f"{verdict.points:g}", "why": why}


@np.errstate(all="ignore")
def faults_of_formulas(exercise: Recurrence) -> Faults:
    """Wrong formulas with which every output is as with the right one, or is none."""
    rule, builds = exercise.rule, draw(exercise, SEEDS[0]).builds[:FEW_BUILDS]
    envs = []
    for build in builds:
        given = [call.arguments for call in build.calls]
        inputs = {name: np.stack([one[name] for one in given]) for name in rule.inputs}
        envs.append(columns(inputs, build.weights | build.extra, build.sizes[1]))
    envs = [rule.follow(env, {}) for env in envs]
    of = lambda env: [env[part] for part in rule.outputs.values()]
    right = [of(env) for env in envs]
    for place, part in enumerate(rule.parts):
        for formula in list(part.variants)[1:]:
            bent = {part.name: formula}
            got = [of(rule.follow(env, bent, rule.parts[place:])) for env in envs]
            pairs = [pair for one, other in zip(got, right) for pair in zip(one, other)]
            if all(agree(value, truth, NAMED) for value, truth in pairs):
                yield say("same formula", formula=formula, part=part.name)
            elif all(any(value is None for value in one) for one in got):
                names = ", ".join(name for name in names_in(formula) if name not in KNOWN)
                yield say("no value", formula=formula, part=part.name, names=names)


# ---------------------------------------------------------------- notebooks
@dataclass(frozen=True)
class Source:
    """An assignment as its author has it: `folder` has its source, in a course in `root` with this
    configuration. Raises Faulty where its exercises cannot be loaded."""

    root: Path
    folder: Path
    name: str
    config: Config

    @property
    def module(self) -> str:
        return Judge(config=self.config).exercises[self.name]

    @cached_property
    def exercises(self) -> dict[str, Exercise]:
        return load(self.module)

    @cached_property
    def notebooks(self) -> dict[str, NotebookNode]:
        """With the worked solutions."""
        paths = sorted(self.folder.glob("*.ipynb"))
        return {path.stem: nbformat.read(path, as_version=4) for path in paths}

    @cached_property
    def assignment(self) -> Assignment:
        """As it will be released."""
        name, kit = self.name, kit_in(self.folder, self.exercises)
        kit = {path: MARK if imports_grader(text, path) else text for path, text in kit.items()}
        read = lambda path: nbformat.read(path, as_version=4)
        given = {
            stem: as_given_out(read(self.folder / f"{stem}.ipynb"), self.config, name)
            for stem in self.notebooks
        }
        return Assignment(name, given, kit, self.exercises)

    @cached_property
    def packed(self) -> dict[str, str]:
        """What goes out in place of files of the source. Raises CannotTravel."""
        return packed_files(self.folder, self.module)

    def graded(self, notebook: NotebookNode, exercises: list[Exercise], limits=Limits()) -> list:
        """Verdicts on these exercises of a notebook that was filled in. Raises Unavailable."""
        ours = {exercise.name: exercise for exercise in exercises}
        assignment, name = replace(self.assignment, exercises=ours), exercises[0].notebook
        drawn, warm = chance(b"", [cell.source for cell in notebook.cells]), self.warm()
        rebuilt = Rebuilt(notebook)
        graded = grade_rebuilt(name, rebuilt, {}, assignment, warm, drawn, limits)
        return [graded.verdicts[exercise.test_id] for exercise in exercises]

    def warm(self) -> Warm:
        """Of this thread. Raises Unavailable."""
        warm = warm_process(*Judge(config=self.config).boundary(self.root))
        _ = warm.box
        return warm

    def file(self, notebook: str) -> str:
        path = self.folder / f"{notebook}.ipynb"
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


def faults_of_source(source: Source) -> list[str]:
    """All that is wrong with an assignment. Raises Unavailable where there is no box to run its
    notebooks in."""
    found = faults_of_module(source.module)
    try:
        for exercise in source.exercises.values():
            found += [f"{exercise.name}: {fault}" for fault in in_place(source, exercise)]
        found += no_kit(source.folder, source.assignment.kit, source.exercises)
        found += unknown_asked(source)
        found += [] if found else [*faults_at_desks(source), *faults_when_graded(source)]
        _ = source.packed
    except Faulty:
        return found  # all that can be said
    except CannotTravel as problem:
        found.append(str(problem))
    except (SyntaxError, ValueError) as problem:  # of a file of the source
        found.append(raises(problem))
    return found


def in_place(source: Source, exercise: Exercise) -> Faults:
    """Whether its cells are there, and what they say."""
    file, notebook = source.file(exercise.notebook), source.notebooks.get(exercise.notebook)
    if notebook is None:
        yield say("no notebook", file=file)
        return
    cells = {grade_id(cell): cell for cell in notebook.cells if cell.cell_type == "code"}
    for key, mark, task in (
        (exercise.name, "solution", SOLUTION),
        (exercise.test_id, "grade", TEST.format(name=exercise.name)),
    ):
        if key not in cells:
            yield say("no cell", file=file, id=key, task=task)
        elif not cells[key].metadata.nbgrader.get(mark):
            yield say("no test", file=file, id=key, name=exercise.name, task=task)
    if test := cells.get(exercise.test_id):
        if exercise.name not in ASKED.findall(test.source.partition("BEGIN HIDDEN TESTS")[2]):
            yield say("no test", file=file, id=exercise.test_id, name=exercise.name, task=task)


def unknown_asked(source: Source) -> Iterator[str]:
    for notebook, node in source.notebooks.items():
        asked = {name for cell in node.cells for name in ASKED.findall(cell.source)}
        for name in sorted(asked - {*source.exercises}):
            about = {"name": name, "meant": meant(name, source.exercises)}
            yield say("asks", file=source.file(notebook), **about)


def faults_at_desks(source: Source) -> Iterator[str]:
    """Exercises of a course's own that cannot be imported where nothing is but what students get:
    they read a file, say."""
    if top_of(source.module) == GRADER:
        return
    with tempfile.TemporaryDirectory() as desk:
        shutil.copytree(source.folder, desk, dirs_exist_ok=True)
        for file, text in source.packed.items():
            Path(desk, file).write_text(text, encoding="utf-8")
            name = ".".join(Path(file).with_suffix("").parts)
            run = [sys.executable, "-c", f"import sys; sys.path[0] = {desk!r}; import {name}"]
            told = subprocess.run(run, cwd=desk, capture_output=True, text=True)
            if told.returncode:
                error = (told.stderr.strip().splitlines() or [f"exit code {told.returncode}"])[-1]
                yield say("desk", file=file, error=error, module=f"{source.module}.py")


def faults_when_graded(source: Source) -> Iterator[str]:
    """A worked solution without full marks, a blank one with some."""
    for name in dict.fromkeys(exercise.notebook for exercise in source.exercises.values()):
        worked, given = source.notebooks[name], source.assignment.notebooks[name]
        exercises = source.assignment.in_notebook(name)
        solved, blank = (source.graded(one, exercises) for one in (worked, given))
        for exercise, best, least in zip(exercises, solved, blank):
            if best.score < best.points:
                said = say("solution", file=source.file(name), **about(best))
                yield f"{exercise.name}: {said}"
            if least.score:
                yield f"{exercise.name}: {say('stub', file=source.file(name), **about(least))}"
