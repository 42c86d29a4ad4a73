"""Runs the cells of one rebuilt notebook as the student did, and asks at its test cells.

Cells run from top to bottom. Where something is not right then, cells that failed run once more, as
a person at the desk would do, and the class is asked again after all cells: a helper may stand
below what needs it. What cannot run on this machine is left out, and said.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nbformat import NotebookNode
from nbformat.v4 import new_output

from ..box.notebook import Limits, Student
from ..box.result import CellResult
from ..exercise.declared import Exercise
from ..exercise.verdict import Cell, Verdict, zero
from ..judge import examine
from ..pages.graded import NOT_WRITTEN, grade_id
from .account import defines
from .chance import Chance
from .files import printable
from .ours import (
    SYNTAX,
    TRIES,
    above_class,
    another_try,
    as_typed,
    crushed,
    in_its_place,
    left_out,
    machine_trouble,
    magic_trouble,
    package_of,
    renamed,
    set_aside,
    syntax_trouble,
    trouble,
    unwrapped,
    without_line,
    without_statement,
)
from .rebuild import DESK_ONLY, OWN

NOT_RUN = "Not run."
TOLD = "This may not be your mistake, and your instructor has been asked to look:"
NOT_DEFINED = "is not defined after your cell has run"  # as the judge says it
PART_OF_CLASS = re.compile(r"(\s*\n)?[ \t]+(?!class\b)\S(?s:.*)\bself\b")
AS_TYPED = (
    "{} was no Python until invisible characters, tabs, fences, HTML, Markdown or printed "
    "characters in it were put right."
)
PUT_RIGHT = "its cell was no Python until tabs or characters in it were put right"
LOOK = "look whether the work is there"
PYTHON = "Python {}.{}".format(*sys.version_info)
HOPELESS = (*SYNTAX, "Timeout", "ProcessEnded", "NotRun")


def is_run(cell: NotebookNode) -> bool:
    """Whether it is code that grading runs."""
    desk_only = DESK_ONLY in cell.metadata.get("tags", [])
    return cell.cell_type == "code" and not desk_only and bool(cell.source.strip())


def quoted(line: str) -> str:
    return repr(printable(line[:60]))


class Running:
    """The run of one notebook. graded: gets verdicts, outputs and notes; exercises: by test cell;
    drawn: what its questions come from; python: the student's version; shipped: packages of the
    release.

    cells: what became of each cell to fill in; put_right: those that were no Python as they came;
    lacks: packages that were not there; troubles: what of ours kept cells from running.
    """

    def __init__(
        self,
        graded,
        exercises: dict[str, Exercise],
        limits: Limits,
        drawn: Chance,
        python: str | None,
        shipped: set[str],
    ):
        self.graded, self.exercises, self.limits = graded, exercises, limits
        self.drawn, self.python, self.shipped = drawn, python, shipped
        self.cells, self.lacks, self.troubles = {}, set(), {}
        self.put_right = set()
        self.failed, self.below, self.asked = [], set(), Counter()
        self.own_left = limits.notebook

    @property
    def student_limits(self) -> Limits:
        """The student's own cells have as much time as all others, and never take it from them."""
        return replace(self.limits, notebook=2 * self.limits.notebook)

    def run(self, student: Student):
        """Raises Unavailable."""
        self.student = student
        code = [cell for cell in self.graded.notebook.cells if cell.cell_type == "code"]
        to_come = {grade_id(cell) for cell in code}
        for number, cell in enumerate(code, 1):
            cell.execution_count = number
            key = grade_id(cell)
            to_come.discard(key)
            if key in self.exercises:
                if self.exercises[key].name not in to_come:
                    self.judge(key)
            elif is_run(cell):
                self.execute(cell)
                self.note_below(cell, to_come)
        self.try_again()
        self.say_troubles()

    @property
    def sources(self) -> list[str]:
        """The cells that are to run."""
        return [cell.source for cell in self.graded.notebook.cells if is_run(cell)]

    def note_below(self, cell: NotebookNode, to_come: set):
        """The test cells above it for which a cell may matter: one of the student's own may for
        all, another one where it defines the class.
        """
        for key, exercise in self.exercises.items():
            if key not in to_come and (
                grade_id(cell) is None or defines(cell.source, exercise.name)
            ):
                self.below.add(key)

    # ------------------------------------------------------------ asking
    def examined(self, key: str) -> Verdict:
        exercise = self.exercises[key]
        cell, seed = self.cells.get(exercise.name, Cell()), self.drawn.seed(key, self.asked[key])
        self.asked[key] += 1
        verdict = examine(exercise, self.student.ask, cell, seed)
        return zero(exercise, NOT_WRITTEN) if self.is_blank(key, verdict) else verdict

    def is_blank(self, key: str, verdict: Verdict) -> bool:
        return self.exercises[key].name in self.graded.unchanged and not verdict.score

    def judge(self, key: str):
        self.graded.verdicts[key] = self.examined(key)

    def lost(self) -> list[str]:
        """Test cells whose class has not got everything."""
        verdicts = self.graded.verdicts
        return [key for key in self.exercises if verdicts[key].score < verdicts[key].points]

    def try_again(self):
        """Cells that failed once more, and the questions once more where that may help."""
        lost = self.lost()
        healed = self.run_failed() if lost else False
        for key in lost:
            before = self.graded.verdicts[key]
            if before.results and before.results[0].sentence == NOT_RUN:
                self.judge(key)
            elif healed or key in self.below:
                after = self.examined(key)
                if after.score > before.score:
                    self.graded.verdicts[key] = after
                    self.graded.notes.append(
                        f"{after.name} was judged after all cells had run: cells below its check "
                        "make a difference."
                    )

    def run_failed(self) -> bool:
        """Whether one of the cells that failed runs the second time."""
        failed, self.failed = self.failed, []
        for cell in failed:
            self.execute(cell)
        return len(self.failed) < len(failed)

    # ------------------------------------------------------------ running
    def execute(self, cell: NotebookNode):
        """A cell; where a statement in it cannot run on this machine, the cell without it."""
        own, source = grade_id(cell) is None, unwrapped(cell.source)
        result = self.attempt(source, cell.execution_count, own)
        if result.error in SYNTAX and (plain := as_typed(source)):
            again = self.attempt(plain, cell.execution_count, own)
            if again.error not in SYNTAX:
                source, result = plain, again
                self.put_right.add(grade_id(cell))
                self.graded.notes.append(AS_TYPED.format(grade_id(cell) or "A cell"))
        for _ in range(0 if grade_id(cell) in self.graded.tests else TRIES):
            left = self.without_trouble(source, result, own)
            if left is None:
                break
            source = left
            result = self.attempt(source, cell.execution_count, own)
        cell.outputs = [new_output(**output) for output in result.outputs]
        if grade_id(cell) in self.graded.tests:
            self.score(cell, result)
        if result.status == "error" and result.error not in HOPELESS:
            self.failed.append(cell)
        if not own:
            self.cells[grade_id(cell)] = Cell(cell.source, result.sentence, result.line)

    def score(self, cell: NotebookNode, result: CellResult):
        """A test of nbgrader's own, by nbgrader's own rule."""
        from nbgrader.utils import determine_grade  # takes longer to import than all of a worker

        ran = result.status == "ok"
        self.graded.tests[grade_id(cell)] = determine_grade(cell)[0] if ran else 0.0
        if result.sentence and (said := trouble(result.sentence, self.shipped, self.python)):
            self.graded.asks.append(f"{grade_id(cell)}: {said}.")

    def without_trouble(self, source: str, result: CellResult, own: bool) -> str | None:
        """What is left of a cell without the statement that met a trouble of ours, if it did."""
        if not result.sentence:
            return None
        said = trouble(result.sentence, self.shipped, self.python)
        said = said or syntax_trouble(result.sentence, source, result.line)
        said = said or magic_trouble(source, result.line) or machine_trouble(source, result.line)
        if not said:
            return None
        self.note_trouble(said, result.sentence, own)
        cut = without_line if result.error in SYNTAX else without_statement
        left = cut(source, result.line) if result.status == "error" else None
        return left if left != source else None

    def attempt(self, source: str, number: int, own: bool) -> CellResult:
        if not own:
            return self.student.execute(source, number)
        if self.own_left <= 0:
            why = f"the {self.limits.notebook:g} seconds for this notebook were used up"
            return CellResult("not run", error="NotRun", message=why)
        began = self.student.spent
        seconds = min(self.limits.cell, self.own_left)
        result = self.student.execute(source, number, added=True, timeout=seconds)
        self.own_left -= self.student.spent - began
        return result

    # ------------------------------------------------------------ troubles of our side
    def note_trouble(self, said: str, error: str, own: bool):
        """A package or a Python that is not there concerns a person even where no mark was lost:
        what was judged is not quite what was written.
        """
        package = package_of(error)
        if package:
            self.lacks.add(package)
        changed = not own and bool(package or error.startswith(SYNTAX))
        self.troubles[said] = self.troubles.get(said, False) or changed

    def say_troubles(self):
        """Where marks are lost and something of ours may be behind it, a person is asked."""
        asked = set()
        for key in self.lost():
            verdict = self.graded.verdicts[key]
            if self.is_blank(key, verdict):
                self.graded.asks += self.elsewhere(key)
            else:
                found = dict.fromkeys([*self.met_by(key), *self.troubles_in(verdict)])
                flags = tuple(f"{verdict.name}: {said}." for said in found)
                flags += tuple(self.out_of_place(key))
                told = tuple(f"{TOLD} {said.partition(':')[0]}." for said in found)
                said = (left_out(result.sentence, self.shipped) for result in verdict.results)
                told += tuple(dict.fromkeys(filter(None, said)))
                self.graded.verdicts[key] = replace(
                    verdict, notes=(*verdict.notes, *told), flags=(*verdict.flags, *flags)
                )
                asked |= set(found)
        for said, changed in self.troubles.items():
            if said not in asked:
                to = self.graded.asks if changed else self.graded.notes
                to.append(f"{said[0].upper()}{said[1:]}. No mark was lost by it.")

    def met_by(self, key: str) -> Iterable[str]:
        """Troubles that may be behind what is lost: of a value whose own cell ran, none."""
        exercise = self.exercises[key]
        ran = exercise.name in self.cells and self.cells[exercise.name].error is None
        return () if ran and exercise.noun == "value" else self.troubles

    @property
    def own_and_given(self) -> tuple[list[NotebookNode], str]:
        """The cells that the student added, and the text of all others."""
        own, given = [], []
        for cell in self.graded.notebook.cells:
            (own if cell.get("id", "").startswith(OWN) else given).append(cell)
        return own, "\n".join(cell.source for cell in given)

    def elsewhere(self, key: str) -> list[str]:
        """Where the work may be, in the notebook, of a class that is as it was given out."""
        exercise = self.exercises[key]
        found = exercise.noun == "class" and in_its_place(*self.own_and_given)
        said = f"{exercise.name}: its cell is as it was given out, but another one has {found}"
        return [f"{said}: {LOOK}."] if found else []

    def out_of_place(self, key: str) -> Iterator[str]:
        """Where work may be that did not run as the student meant it."""
        exercise, verdict = self.exercises[key], self.graded.verdicts[key]
        name, cell = exercise.name, self.cells.get(exercise.name, Cell())
        own, given = self.own_and_given
        undefined = any(NOT_DEFINED in result.sentence for result in verdict.results)
        if undefined and (line := set_aside(cell.source, name)):
            yield f"{name}: its cell does not define it, but has {quoted(line)}: {LOOK}."
        if name in self.put_right:
            yield f"{name}: {PUT_RIGHT}: look whether that is what was meant."
        broken = (cell.error or "").startswith(SYNTAX)
        if broken and (line := above_class(cell.source, cell.line, name)):
            where = f"{quoted(line)}, where no class begins"
            yield f"{name}: {PYTHON} cannot read its cell at {where}: {LOOK}."
        if broken and (lost := crushed(cell.source, name)):
            yield f"{name}: its cell is no Python, as if it had lost {lost} on its way: {LOOK}."
        if exercise.noun == "class" and (line := another_try(own, given, name)):
            yield f"{name}: another cell has {quoted(line)}: look which one counts."
        if line := renamed(own, name):
            yield f"{name}: another cell has {quoted(line)}, which takes its name: {LOOK}."
        if len(re.findall(rf"(?m)^class\s+{name}\b", cell.source)) > 1:
            yield f"{name}: its cell defines it more than once, and the last one counts: {LOOK}."
        for cell in filter(is_run, self.graded.notebook.cells):
            if PART_OF_CLASS.match(cell.source):
                line = cell.source.strip().split("\n")[0]
                cut_off = f"a cell begins with {quoted(line)}, as if cut off from a class"
                yield f"{name}: {cut_off}: {LOOK}."

    def troubles_in(self, verdict: Verdict) -> list[str]:
        """Those that the judge met when it asked."""
        found = []
        for result in verdict.results:
            if said := trouble(result.sentence, self.shipped, self.python):
                found.append(said)
                if package := package_of(result.sentence):
                    self.lacks.add(package)
        return found
