"""`check(YourClass)`: the judge of grading, in the student's kernel."""

import contextlib
import difflib
import secrets
import sys
import textwrap

import torch

from ..exercise.declared import Exercise, Value
from ..exercise.verdict import Cell, Place, Verdict
from ..judge import draw, examine, judge, plain, read_answers
from ..judge.value import given_in, kind_of
from ..student.respond import respond
from ..student.telling import describe
from ..student.value import plain_value
from . import ladder
from .cells import Cells, source_of
from .notebook import namespace, shell
from .numbers import in_one_way, remark, seal_of
from .prints import FewDisplays, FewLines
from .watch import SECONDS, at_line_of, in_words, within
from .written import borrowed, file_of_another, functions_of, is_written

SEED_BITS = 62
METHODS = ("__init__", "forward", "reset_parameters")
NOT_WRITTEN = "Not written yet"  # how the reason for a stub begins
NEAR = 0.8  # how alike two names are where one may be a slip for the other
stopped: list[type] = []  # classes that did not come to an end


class CheckFailed(AssertionError):
    """What a check has found. Notebooks show its message without a traceback."""

    def _render_traceback_(self):
        lines = f"CheckFailed: {self}".splitlines()
        return [textwrap.fill(line, 100, subsequent_indent="  ") for line in lines]


class TimeOver(Exception):
    """A question that the class did not come to an end with."""

    def __init__(self, place: Place):
        self.place = place


def endless() -> str:
    """The name of a class of the notebook that did not come to an end in its check; "" if none."""
    there = [cls.__name__ for cls in stopped if namespace().get(cls.__name__) is cls]
    return there[0] if there else ""


class Check:
    """What a notebook calls: `check(YourClass)`, `check("your_number")`, and
    `check(YourClass, all=True)` for every criterion with its points.

    exercises: those of the assignment; the name of what is checked says which one it is.
    """

    def __init__(self, exercises):
        self.exercises = {exercise.name: exercise for exercise in exercises}
        self.cells = Cells(shell())

    def __call__(self, asked, all: bool = False):
        """Climbs the ladder of what is asked: prints a line for every criterion that is met, in
        the order in which one works.

        Where nothing is written yet, says so on stderr. Raises CheckFailed at the first criterion
        that is lost; with `all` it shows every one, and raises only where nothing can be judged.
        """
        exercise = self.exercise_of(asked)
        if isinstance(exercise, Value):
            return self.number(exercise)
        cls = namespace().get(asked) if isinstance(asked, str) else asked
        is_class = exercise.noun == "class"
        if cls is None:
            return not_yet(exercise.name, self.slip_for(exercise.name))
        if not callable(cls) or isinstance(cls, type) != is_class:
            made = ", not an object made from it" if is_class else ""
            raise CheckFailed(
                f"{exercise.name} is a {type(cls).__name__}; check takes a {exercise.noun}{made}."
            )
        if file := file_of_another(cls, namespace(), self.files_of_others(exercise)):
            raise CheckFailed(
                f"{exercise.name} uses {file}, which is not there when this notebook is graded."
            )
        cell = self.cell_of(exercise.name, cls)
        if is_class and not is_written(cls, self.exercises):
            return not_yet(exercise.name, self.slip_for(exercise.name))
        self.warn(exercise.name, cls, cell)
        asking = Asking(exercise, cls)
        try:
            if all:
                return ladder.show_all(asking.verdict(cell), exercise.bonus)
            self.climb(exercise, asking, cell)
        except TimeOver as over:
            stopped.append(cls)
            raise CheckFailed(f"{exercise.name}: {in_words(over.place, SECONDS)}") from None
        except KeyboardInterrupt as stop:
            said = f"{exercise.name}: stopped by you{at_line_of(stop)}."
            raise CheckFailed(said) from None
        finally:
            for kept in (asking.prints, asking.errors, asking.displays):
                kept.say_rest()

    def climb(self, exercise: Exercise, asking: "Asking", cell: Cell):
        print(exercise.name, flush=True)
        first = asking.values(cell)
        if exercise.noun == "function" and all(
            one.sentence.startswith(NOT_WRITTEN) for one in first.results
        ):
            return not_yet(exercise.name)
        shown = ladder.climb(first, [], until=ladder.LATER)
        verdict = asking.verdict(cell)
        ladder.climb(verdict, shown)
        lost = ladder.first_lost(verdict)
        if lost:
            raise CheckFailed(ladder.fall(verdict, lost))
        print(f"{exercise.name}: all checks passed.")

    # ------------------------------------------------------------ what is asked for
    def exercise_of(self, asked) -> Exercise:
        """Raises CheckFailed for what is no exercise of this assignment."""
        names = [asked] if isinstance(asked, str) else [getattr(asked, "__name__", "")]
        names += [name for name in self.exercises if namespace().get(name, self) is asked]
        found = [self.exercises[name] for name in names if name in self.exercises]
        if found:
            return found[-1]
        takes = {n: one.noun for n, one in self.exercises.items() if not isinstance(one, Value)}
        nouns = " or a ".join(dict.fromkeys(takes.values()))
        near = alike(names[0], takes)
        slip = f" Is {names[0]} a slip for {near}?" if near else ""
        raise CheckFailed(
            f"check takes a {nouns} itself, not an object made from it, and one of these: "
            f"{', '.join(takes)}.{slip}"
        )

    def number(self, exercise: Value):
        """Check a number without giving the right one away."""
        value = namespace().get(exercise.name, ...)
        given = given_in(read_answers(plain_value(value)))
        self.warn_of_age(exercise.name)
        if value is None or value is ...:
            return not_yet(exercise.name)
        asked = seal_of(exercise).kind
        if given is None or kind_of(given) != asked:
            is_now = value_in_words(value)
            raise CheckFailed(f"{exercise.name} is {is_now}; {asked} is asked for.")
        said = remark(exercise, given)
        shown = f"{exercise.name} = {in_one_way(given)}"
        if said != "":
            about = " about what is counted" if asked == "a number" else ""
            why = f": {said}" if said else f". Think again{about}"
            raise CheckFailed(f"{shown} is not right{why}.")
        print(f"{shown} is right.")

    def warn_of_age(self, name: str):
        """Of a value that the newest run of its cell may not have made."""
        run = self.cells.runs.get(name)
        if run and run.cell.error and not run.made:
            told(f"{name} may be older than your cell, which {stopped_with(run.cell)}.")
        if name in self.cells.gone:
            told(f"{name} is older than your cell, which does not define it any more.")

    def cell_of(self, name: str, cls: type) -> Cell:
        """What became of the cell of this class. Raises CheckFailed where the class is older than
        what the cell was last run with."""
        run = self.cells.runs.get(name)
        if run is None:
            return Cell(source_of(functions_of(cls)))
        if run.cell.error and not run.made:
            raise CheckFailed(
                f"The {self.exercises[name].noun} that was checked is older than your cell: the "
                f"cell {stopped_with(run.cell)}, before {name} was defined anew. Mend that, run "
                "the cell, then run this one again."
            )
        return run.cell

    def files_of_others(self, exercise: Exercise) -> set[str]:
        """Files that were given out for other notebooks alone, since they would answer this one."""
        others = {file for one in self.exercises.values() for file in one.kit}
        return others - {
            file
            for one in self.exercises.values()
            for file in one.kit
            if one.notebook == exercise.notebook
        }

    def slip_for(self, name: str) -> str:
        """The name of a class of the student's that is nearly this one."""
        runs = self.cells.runs.items()
        own = [other for other, run in runs if run.defines and other not in self.exercises]
        return alike(name, own)

    def warn(self, name: str, cls: type, cell: Cell):
        """What is the matter with the desk, though it may not be with the class."""
        slip, runs = self.slip_for(name), self.cells.runs
        if (
            slip
            and slip != getattr(cls, "__name__", name)
            and name in runs
            and runs[slip].number > runs[name].number
        ):
            told(f"{name} may be older than your cell: your newest cell defines {slip}.")
        if name in self.cells.gone:
            self.warn_of_age(name)
        if names := borrowed(cls, namespace(), cell.source):
            told(
                f"{name} uses {', '.join(names)} from outside of its cell. After a restart "
                "that is there only where another cell makes it first."
            )
        for own, meant in misspelt(cls) if isinstance(cls, type) else ():
            told(f"{cls.__name__} has a method {own}: is that a slip for {meant}?")
        device = torch.get_default_device()
        if device.type != "cpu":
            told(f"PyTorch's default device is {device}; your code is checked on the CPU.")


class Asking:
    """The judge's questions to one class, each with its time."""

    def __init__(self, exercise: Exercise, cls: type):
        names = namespace()
        self.exercise = exercise
        self.namespace = names if names.get(exercise.name) is cls else around(cls, exercise.name)
        self.prints, self.errors = FewLines(sys.stdout), FewLines(sys.stderr)
        self.displays = FewDisplays(getattr(shell(), "display_pub", None))

    def ask(self, question: dict) -> dict:
        """Raises TimeOver."""
        quiet = contextlib.redirect_stdout(self.prints)
        still = contextlib.redirect_stderr(self.errors)
        few = self.displays.at_work()
        with quiet, still, few, torch.random.fork_rng(devices=[]), torch.device("cpu"):
            try:
                answers, place = within(SECONDS, respond, question, self.namespace)
            except SystemExit as stop:
                told = f"Your code could not be asked: {describe(stop)['error']}"
                answers, place = {"failed": told}, None
            finally:
                self.prints.end_line()
        if place is not None and question.get("task") != "show":
            raise TimeOver(place)
        return answers or {}

    def values(self, cell: Cell) -> Verdict:
        """What can be said before gradients and reset_parameters() are asked for."""
        questions = draw(self.exercise, secrets.randbits(SEED_BITS))
        answers = self.ask(plain(questions) | {"task": "values"})
        return judge(self.exercise, questions, read_answers(answers), cell)

    def verdict(self, cell: Cell) -> Verdict:
        """As grading has it. Raises TimeOver."""
        return examine(self.exercise, self.ask, cell)


def around(cls: type, name: str) -> dict:
    """The names that a class was defined among, where that is not the notebook."""
    names = next((function.__globals__ for function in functions_of(cls)), {})
    return names if names.get(name) is cls else names | {name: cls}


def misspelt(cls: type) -> list[tuple[str, str]]:
    """Methods of a class whose names are nearly those that PyTorch calls, with these."""
    own = [function.__name__ for function in functions_of(cls)]
    missing = [name for name in METHODS if name not in own]
    found = [(alike(name, own), name) for name in missing]
    return [(near, name) for near, name in found if near and near not in METHODS]


def alike(name: str, names) -> str:
    """The one of these names that is nearly this one, in large letters or small; "" for none."""
    written = {one.lower(): one for one in names}
    found = difflib.get_close_matches(name.lower(), written, 1, NEAR)
    return written[found[0]] if found else ""


def stopped_with(cell: Cell) -> str:
    return f"stopped with {cell.error}" + (f" in line {cell.line}" if cell.line else "")


def value_in_words(value) -> str:
    kind = type(value).__name__
    many = isinstance(value, torch.Tensor) and value.numel() != 1
    return f"a {kind} of shape {tuple(value.shape)}" if many else f"a {kind}"


def not_yet(name: str, slip: str = ""):
    """Say that nothing is written. Raises CheckFailed where a notebook is validated."""
    what = f"Your newest cell defines {slip}: is that a slip in the name?" if slip else ""
    what = what or "Fill in the cell above, run it, then run this cell again."
    if ladder.validates():
        raise CheckFailed(f"{name}: not written yet.")
    told(f"{name}: not written yet. {what}")


def told(text: str):
    print(textwrap.fill(text, 100, subsequent_indent="  "), file=sys.stderr)
