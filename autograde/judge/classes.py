"""What is judged alike for every class, whatever it computes: that its cell runs, that it is the
student's own, what reset_parameters() does, and what nobody earns without computing anything."""

import ast
import re
from collections.abc import Callable

from ..exercise.declared import Exercise
from ..exercise.verdict import Cell
from ..student.protocol import SCRIPTED, UNWATCHED
from .answers import Answers, Build, words
from .reset import judge_reset
from .sheet import Sheet

NOTHING = "Not marked: nothing of what was asked shows in your numbers yet."
FORM = {"parameters", "layers", "columns"}  # criteria of how a class is built
# Not earned where nothing right is computed
NEED_NUMBERS = {"order", "gradients", "untouched", "shape", "dtype", "large", "rows"}
NOT_COMPUTED = {"runs", "reset", "own"} | FORM | NEED_NUMBERS  # no part of what is computed
BUILT_WITHOUT_COMPUTING = {"runs", "reset"} | FORM  # what a class earns by its form alone
NOT_SEEN = "could not be seen"  # what a person is told then


def judge_class(
    exercise: Exercise,
    answers: Answers,
    cell: Cell,
    sheet: Sheet,
    look: Callable[[], str | None],
) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one.

    `look` judges the numbers: it returns a reason where there are none to look at.
    """
    defined = answers.defined == "yes"
    if cell.error:
        where = f" (line {cell.line} of the cell)" if cell.line else ""
        tried_out = ""
        if defined and stops_below(exercise, cell):
            noun = exercise.noun
            tried_out = f" Code that tries the {noun} out belongs in a cell of its own."
        sheet.lose(
            "runs",
            f"Your cell stopped with {words(cell.error)}{where}.{tried_out}",
            "the cell stops with an error",
        )
    if answers.alias:
        sheet.lose(
            "runs",
            f"{exercise.name} is not defined; your class is called {words(answers.alias, 60)}.",
            "the class has another name",
        )
    if answers.failed:
        otherwise = words(answers.failed)
    elif not defined:
        otherwise = missing_class(exercise, answers, cell)
    else:
        otherwise = without_return(exercise, look() or NOTHING, cell.source)
        if answers.inherits and exercise.forward_is_asked:
            otherwise = lose_inherited(exercise, answers, sheet)
    read_source(exercise, cell.source, sheet)
    judge_rest(exercise, answers, sheet)
    if otherwise == NOTHING and (names := built_ins_seen(answers)):
        return called_instead(exercise, names)
    return otherwise


def stops_below(exercise: Exercise, cell: Cell) -> bool:
    """Whether the error came after what is asked for, as far as that is known."""
    place = re.search(rf"(?m)^(class|def) {exercise.name}\b", cell.source)
    return not (place and cell.line) or cell.line > cell.source[: place.start()].count("\n") + 1


def lose_inherited(exercise: Exercise, answers: Answers, sheet: Sheet) -> str:
    """What a class has from its base earns nothing; its form may."""
    said = (
        f"forward is inherited from {words(answers.inherits, 60)}: nothing of this exercise is"
        " written yet."
    )
    sheet.computes = False
    for key in exercise.keys:
        if key not in BUILT_WITHOUT_COMPUTING:
            sheet.lost[key], sheet.mistakes[key] = [said], ["forward is inherited"]
    return said


def missing_class(exercise: Exercise, answers: Answers, cell: Cell) -> str:
    if cell.error:
        return (
            f"{exercise.name} could not be marked: the cell stopped with"
            f" {words(cell.error, 160)} before the {exercise.noun} was defined."
        )
    if answers.defined == "other":
        kind = "class derived from nn.Module" if exercise.noun == "class" else exercise.noun
        return f"{exercise.name} is not a {kind}."
    return f"{exercise.name} is not defined after your cell has run."


def judge_base(exercise: Exercise, answers: Answers, sheet: Sheet, key: str):
    """Whether the class is derived from the one that it is to be derived from."""
    if exercise.base and exercise.base not in answers.bases:
        sheet.lose(key, f"{exercise.name} is not a subclass of {exercise.base}.", "no subclass")


def judge_constructor(builds: list[Build], sizes: list[str], sheet: Sheet, key: str):
    """A constructor that raises, where the rest was marked all the same. sizes: those of each build
    in words, for one that raises with some alone."""
    raising = [k for k, build in enumerate(builds) if build.constructor]
    if raising:
        given = "" if len(raising) == len(builds) else f" with {sizes[raising[0]]}"
        sheet.lose(
            key,
            f"Your constructor raises {builds[raising[0]].constructor}{given}; the rest was marked"
            " all the same.",
            "the constructor raises",
        )


def judge_rest(exercise: Exercise, answers: Answers, sheet: Sheet):
    """Criteria that a class earns only when it computes something of what was asked, or is at least
    built as asked."""
    computes = sheet.computes or sheet.has(
        *(key for key in exercise.keys if key not in NOT_COMPUTED)
    )
    if computes or sheet.has(*FORM):
        if exercise.draws:
            judge_reset(exercise, answers, sheet)
        sheet.meet("runs")
    if computes:
        if exercise.built_ins:
            judge_built_ins(exercise, answers, sheet)
        sheet.meet("own")
    else:
        sheet.met -= NEED_NUMBERS


# ---------------------------------------------------------------- the student's own work
def judge_built_ins(exercise: Exercise, answers: Answers, sheet: Sheet):
    """Whether PyTorch's own did the work, as it was seen to run: then nothing that is computed is
    the student's, but for what is computed openly beside it. What the text of a class mentions
    decides nothing."""
    ran, seen = built_ins_that_ran(answers), built_ins_seen(answers)
    if ran - {SCRIPTED} == {UNWATCHED} or sheet.shows_little and not seen:
        flag_unseen(exercise, sheet)
    elif seen:
        openly = sheet.openly and not any("." in name for name in seen)  # Python's show their steps
        for key in exercise.keys:
            if key == "own" or not (openly or key in BUILT_WITHOUT_COMPUTING):
                said = called_instead(exercise, seen)
                sheet.lose(key, said, f"{exercise.built_ins.called} is called")
        sheet.flags.append(f"{exercise.name}: {whose(seen)} ran underneath.")
    elif sheet.unseen and SCRIPTED not in ran:
        symbols = ", ".join(sheet.unseen)
        sheet.flags.append(
            f"{exercise.name}: its outputs show the right {symbols}, and nothing that PyTorch was"
            " seen to compute in its forward does: read its code."
        )


def built_ins_that_ran(answers: Answers) -> set[str]:
    builds = (*answers.builds, *answers.kept)
    return {words(name, 40) for build in builds for name in build.built_in}


def built_ins_seen(answers: Answers) -> list[str]:
    return sorted(built_ins_that_ran(answers) - {UNWATCHED, SCRIPTED})


def called_instead(exercise: Exercise, names: list[str]) -> str:
    base = exercise.base
    by = f", by it or by the forward of {base} that it calls" if base else ""
    return (
        f"While your {exercise.noun} ran, {whose(names, own=' own')} was called{by}. Write the"
        " computation yourself."
    )


def whose(names: list[str], own: str = "") -> str:
    """Names of what ran; those of another library say whose they are."""
    of_others = [name for name in names if "'s " in name]
    of_pytorch = ", ".join(name for name in names if name not in of_others)
    return ", ".join([f"PyTorch's{own} {of_pytorch}"] * bool(of_pytorch) + of_others)


def flag_unseen(exercise: Exercise, sheet: Sheet):
    called = exercise.built_ins.called
    sheet.flags.append(
        f"{exercise.name}: whether {called} ran underneath {NOT_SEEN}: look at its code."
    )


def read_source(exercise: Exercise, source: str, sheet: Sheet):
    """From the text of the cell: code after return, for a note."""
    for found in nodes(source):
        if isinstance(found, ast.ClassDef) and found.name == exercise.name:
            note_code_after_return(found, sheet)


def nodes(source: str) -> list[ast.AST]:
    """Of the syntax tree of a cell; none of what cannot be read."""
    try:
        return [*ast.walk(ast.parse(re.sub(r"(?m)^[ \t]*[%!].*$", "pass", source)))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def without_return(exercise: Exercise, why: str, source: str) -> str:
    """The same reason; of what returns None and has more than a blank cell has, another."""
    called = "forward" if exercise.noun == "class" else exercise.name
    if why != f"Not written yet: {called} returns None.":
        return why
    bodies = [n.body for n in nodes(source) if isinstance(n, ast.FunctionDef) and n.name == called]
    blank = lambda line: (
        isinstance(line, ast.Pass) or isinstance(getattr(line, "value", None), ast.Constant)
    )
    if all(blank(line) for body in bodies for line in body):
        return why
    return (
        f"Could not be marked: {called} returns None: it has no return line, or ends without one."
    )


def note_code_after_return(found: ast.ClassDef, sheet: Sheet):
    for function in (node for node in found.body if isinstance(node, ast.FunctionDef)):
        for node, after in zip(function.body, function.body[1:]):
            if isinstance(node, ast.Return):
                sheet.notes.append(
                    f"In {function.name}, the code from line {after.lineno} of the cell on stands"
                    " after return, so it never runs. Code that tries the class out belongs outside"
                    " the class, in a cell of its own."
                )
