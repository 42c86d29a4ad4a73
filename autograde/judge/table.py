"""The kind `table`: a function of pandas DataFrames that returns one, beside that of a reference.
pandas is imported where a reference needs it, and only then."""

import copy
import importlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..exercise.declared import WORDS, Table
from ..exercise.shapes import spec
from ..exercise.verdict import Cell
from ..student.protocol import pack_table
from .agreement import RIGHT, agree
from .answers import Answers, Frame, Tabled, read_record, words
from .classes import judge_class
from .function import declared, derived
from .questions import argument
from .sheet import Sheet
from .untouched import TWO_CALLS_DIFFER, lose_argument

ROWS = (12, 12, 12, 8, 8, 40, 3, 1)  # of the drawn tables
NUMBERS = ("int", "float", "bool")  # kinds of columns
MISSING = 0.2  # the part of what is missing where some is


@dataclass(frozen=True)
class Questions:
    """calls: for each, arguments by name; a table as a dict of columns."""

    name: str
    calls: tuple[dict, ...]
    kind: str = "table"


def ask(exercise: Table, rng: np.random.Generator) -> Questions:
    """The questions, drawn: small and larger tables, and one row. Whole numbers beside them are 0
    in the first call: a least or a number of rows to leave out then leaves out nothing."""
    calls = []
    for rows in ROWS:
        call = {n: draw_argument(rng, what, rows) for n, what in exercise.inputs.items()}
        calls.append(call if calls else {n: 0 if type(v) is int else v for n, v in call.items()})
    return Questions(exercise.name, tuple(calls))


def draw_argument(rng, what: dict | str, rows: int):
    return draw_table(rng, what, rows) if isinstance(what, dict) else argument(rng, spec(what), {})


def draw_table(rng, columns: dict[str, str | list | tuple], rows: int) -> dict[str, list]:
    """Columns of drawn entries; of shipped ones, whole rows of these; of those of a lookup table,
    which are tuples, all as they stand."""
    rows = next((len(one) for one in columns.values() if isinstance(one, tuple)), rows)
    shipped = max([len(one) for one in columns.values() if isinstance(one, list)], default=1)
    taken, drawn = rng.integers(0, shipped, rows), {}
    for name, what in columns.items():
        if isinstance(what, list | tuple):
            drawn[name] = [what[k] for k in taken] if isinstance(what, list) else [*what]
            continue
        one = spec(what)
        if one.kind == "text":
            entries = [one.choices[k] for k in rng.integers(0, len(one.choices), rows)]
        else:
            entries = [argument(rng, one, {}) for _ in range(rows)]
        gone = rng.random(rows) < (MISSING if one.missing else 0)
        gone[0] &= not gone.all()  # pandas takes a column of nothing for one of no numbers
        drawn[name] = [None if out else entry for entry, out in zip(entries, gone)]
    return drawn


def computed(function: Callable, call: dict) -> Frame:
    """What a reference returns, as it would have travelled; an empty record where it raises."""
    pandas = importlib.import_module("pandas")
    given = [
        pandas.DataFrame(copy.deepcopy(v)) if isinstance(v, dict) else v for v in call.values()
    ]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read_record(Frame, pack_table(function(*given)))
    except Exception:
        return Frame()


# ---------------------------------------------------------------- how it is judged
def judge(exercise: Table, questions: Questions, answers: Answers, cell: Cell, sheet: Sheet) -> str:
    """Fills the sheet; returns the reason for marks that are lost for want of a better one."""
    tables = answers.tables + (Tabled(),) * len(questions.calls)
    truths = [computed(exercise.right, call) for call in questions.calls]
    asked = [Asked(*one) for one in zip(questions.calls, tables, truths) if one[2].columns]

    def look() -> str | None:
        broken = [(one, why) for one in asked if (why := why_not(exercise, one))]
        if len(broken) < len(asked):
            there = [one for one in asked if one.out.columns]  # an empty one may have any columns
            with_rows = [one for one in there if one.truth.rows or one.out.rows]
            judge_tables(exercise, with_rows or there, sheet)
            for one, why in broken[:1]:
                tables = [table for table in one.call.values() if isinstance(table, dict)]
                rows = len(next(iter(tables[0].values()))) if tables else 0
                said = f"With {rows} row{'s' * (rows != 1)} in a table: {why}"
                lose("rows", said, "fails for some tables", sheet)
        return broken[0][1] if broken else None

    return judge_class(exercise, answers, cell, sheet, look)


@dataclass(frozen=True)
class Asked:
    """One call, what came of it, and the right table."""

    call: dict
    answer: Tabled
    truth: Frame

    @property
    def out(self) -> Frame:
        return self.answer.out or Frame()

    @cached_property
    def got(self) -> Frame:
        """What came back; where as many columns are missing as there are others, and hold numbers
        where these do, these stand for them."""
        missing = [name for name in self.truth.names if name not in self.out.names]
        known = (*self.truth.names, *self.out.index)
        others = [name for name in self.out.names if name not in known]
        numbers = lambda frame, name: dict(zip(frame.names, frame.kinds)).get(name) in NUMBERS
        new = dict(zip(others, missing)) if len(missing) == len(others) else {}
        if any(numbers(self.out, old) != numbers(self.truth, name) for old, name in new.items()):
            new = {}
        return replace(self.out, names=tuple(new.get(name, name) for name in self.out.names))


def why_not(exercise: Table, one: Asked) -> str:
    """Why there is no table to look at, if there is none."""
    failure = one.answer.failure
    if failure and failure.error.startswith("NotImplementedError"):
        return f"Not written yet: {exercise.name} raises NotImplementedError."
    if failure:
        return f"Could not be marked: {exercise.name} raised {failure}."
    if one.out.type == "NoneType":
        return f"Not written yet: {exercise.name} returns None."
    kind = f"{exercise.name} returns a {words(one.out.type, 40)}; a DataFrame is asked for."
    return "" if one.out.columns else kind


def judge_tables(exercise: Table, asked: list[Asked], sheet: Sheet) -> None:
    expected, why, mistake = [one.truth for one in asked], "", ""
    right = all(same_rows(one.got, one.truth) for one in asked)
    for function, says, said in () if right else (*declared(exercise), *derived(exercise)):
        frames = (computed(function, one.call) for one in asked)
        if all(explains(frame, one) for one, frame in zip(asked, frames)):
            expected = [computed(function, one.call) for one in asked]
            why, mistake, sheet.computes = f" Your table {says}.", said, True
            break
    keys = exercise.sorted_by or tuple(
        name for name in asked[0].truth.names if all(is_sorted(o.truth, name) for o in asked)
    )
    for one, frame in zip(asked, expected):
        judge_columns(one.out, one.truth, sheet)
        judge_entries(one.got, one.truth, why, mistake, sheet)
        judge_order(one.got, frame, keys, sheet)
        judge_left_alone(one, sheet)
    placed = [aligned(one.got, one.truth) for one in asked]
    for name in asked[0].truth.names if not any(placed) else ():
        lose(name, f"No row of yours stands for a right one.{why}", mistake or "no row", sheet)
    for one, places in ((one, by_texts(one.got, one.truth)) for one in asked):
        if places is not None and len(places) < one.got.rows == one.truth.rows:
            said = f"{row_beside_none(one, places)}.{why}"
            lose("rows", said, mistake or "a row under another name", sheet)
    follows = len({one.out.written for one in asked}) > 1  # and is not what went in
    sheet.computes |= follows and not all(one.out in one.answer.after for one in asked)
    sheet.meet(*(key for key in exercise.keys if key not in ("runs", "own")))


def explains(frame: Frame, one: Asked) -> bool:
    """Whether a table has the rows that came back, and all columns by which these can be right."""
    asked = one.truth.columns.keys() & one.got.columns.keys()
    return asked <= frame.columns.keys() and same_rows(one.got, frame)


def lose(key: str, sentence: str, mistake: str, sheet: Sheet):
    """Once for each criterion; of a column, on its own one where it has that."""
    key = key if key in (*sheet.exercise.keys, *WORDS) else "values"
    if key not in sheet.lost:
        rule = "" if key in WORDS else sheet.exercise.rule(key)
        sheet.lose(key, sentence + rule, mistake)


def judge_columns(out: Frame, truth: Frame, sheet: Sheet):
    listed = ", ".join(words(name, 40) for name in out.names)
    missing = ", ".join(name for name in truth.names if name not in out.names)
    others = [name for name in out.names if name not in (*truth.names, *out.index)]
    index = [name for name in out.index if name in truth.names and name not in truth.index]
    if out.type == "Series":
        asked = ", ".join(truth.names)
        said = f"A Series comes back; asked for is a DataFrame with the columns {asked}."
        lose("columns", said, "a Series in place of a table", sheet)
    elif missing:
        said = f"Your table has the columns {listed}; missing: {missing}."
        lose("columns", said, f"missing: {missing}", sheet)
    elif others:
        other = words(", ".join(others), 80)
        lose("columns", f"Not asked for, and in your table: {other}.", "a column too many", sheet)
    elif index:
        said = f"{index[0]} is the index of your table; it should be a column (reset_index())."
        lose("columns", said, f"{index[0]} is the index", sheet)


def judge_entries(got: Frame, truth: Frame, why: str, mistake: str, sheet: Sheet):
    """How many rows there are, and what stands in each column, rows in whatever order."""
    places = aligned(got, truth)
    others = shared(got, truth)[1] if by_texts(got, truth) == [] else []  # that costs the rows
    if got.rows != truth.rows:
        rows = f"Your table has {got.rows} row{'s' * (got.rows != 1)} where {truth.rows} should be."
        lose("rows", rows + why, mistake or "another number of rows", sheet)
    for name in truth.names:
        if name not in got.columns:
            lose(name, f"There is no column {name}.", f"no column {name}", sheet)
            continue
        off = sum(not same(got.columns[name][k], truth.columns[name][j]) for k, j in places)
        if off and name not in others:
            verb = "is" if off == 1 else "are"
            said = f"{off} of {len(places)} entries of {name} {verb} not right."
            said = ("No row of yours stands for a right one." if others else said) + why
            lose(name, said, mistake or f"{name} is not right", sheet)
        kind, asked = (dict(zip(one.names, one.kinds))[name] for one in (got, truth))
        if kind != asked:
            lose("dtype", f"{name} holds {kind}; asked for is {asked}.", f"{name} is {kind}", sheet)


def aligned(got: Frame, truth: Frame) -> list[tuple[int, int]]:
    """Which row of one table stands for which of the other: by the texts in them, where these tell
    any; else by their place once they are sorted, if there are as many."""
    if places := by_texts(got, truth):
        return places
    if got.rows != truth.rows:
        return []
    names, texts = shared(got, truth)
    in_place = all(all(map(same, got.columns[n], truth.columns[n])) for n in names)
    by = [range(f.rows) if in_place else sorted_places(f, texts, names) for f in (got, truth)]
    return list(zip(*by))


def shared(got: Frame, truth: Frame) -> tuple[list[str], list[str]]:
    """The columns that both have, and those of them that hold texts."""
    names = [name for name in truth.columns if name in got.columns]
    return names, [name for name in names if truth.kinds[truth.names.index(name)] == "text"]


def by_texts(got: Frame, truth: Frame) -> list[tuple[int, int]] | None:
    """The rows that have the same texts; None where texts do not tell all rows apart."""
    _, texts = shared(got, truth)
    keys = [list(zip(*(frame.columns[name] for name in texts))) for frame in (got, truth)]
    if texts and all(len(set(map(str, key))) == len(key) for key in keys):
        place = {str(key): j for j, key in enumerate(keys[1])}
        return [(k, place[str(key)]) for k, key in enumerate(keys[0]) if str(key) in place]
    return None


def row_beside_none(one: Asked, places: list[tuple[int, int]]) -> str:
    """The first row that has other texts than any right one, in words; or no texts at all."""
    k = min(set(range(one.got.rows)) - {k for k, _ in places})
    texts = [n for n, kind in zip(one.truth.names, one.truth.kinds) if kind == "text"]
    given = [
        f"{words(str(one.got.columns[n][k]), 40)} in {n}" for n in texts if n in one.got.columns
    ]
    kinds = [(n, kind) for n, kind in zip(one.got.names, one.got.kinds) if n in texts]
    other = next(
        (f": {n} holds {kind}; asked for is text" for n, kind in kinds if kind != "text"), ""
    )
    return f"Your row with {', '.join(given)} stands for no right one{other}"


def sorted_places(frame: Frame, texts: list[str], names: list[str]) -> list[int]:
    plain = lambda v: (0, round(v, 6), "") if isinstance(v, int | float) else (1, 0, str(v))
    first = [*texts, *(name for name in names if name not in texts)]
    return sorted(range(frame.rows), key=lambda k: [plain(frame.columns[n][k]) for n in first])


def judge_order(got: Frame, truth: Frame, keys: tuple[str, ...], sheet: Sheet):
    """The order of columns, and of rows where these are right: by the columns that are sorted in
    every right table, so that ties may stand in any order."""
    if set(got.names) == set(truth.names) and got.names != truth.names and not got.index:
        listed = ", ".join(truth.names)
        lose("order", f"Asked for is the order of columns {listed}.", "order of the columns", sheet)
    in_place = lambda name: all(map(same, got.columns[name], truth.columns[name]))
    if same_rows(got, truth) and not all(
        map(in_place, [name for name in keys if name in truth.names] or truth.names)
    ):
        by = f": by {', '.join(keys)}" if keys else ""
        lose(
            "order", f"The rows stand in another order than asked{by}.", "order of the rows", sheet
        )


def is_sorted(frame: Frame, name: str) -> bool:
    entries = frame.columns[name]
    try:
        return entries in (sorted(entries), sorted(entries, reverse=True))
    except TypeError:
        return False


def same_rows(got: Frame, truth: Frame) -> bool:
    """Whether two tables have the same rows, in whatever order, as far as the columns of the second
    go."""
    names = list(truth.columns)
    if not names or not set(names) <= set(got.columns) or got.rows != truth.rows:
        return False
    places = aligned(got, truth)
    pairs = ((got.columns[n][k], truth.columns[n][j]) for n in names for k, j in places)
    return len(places) == truth.rows and all(same(*pair) for pair in pairs)


def same(got, truth) -> bool:
    """Whether two entries are the same: numbers as closely as they can be computed."""
    numbers = [isinstance(value, int | float) for value in (got, truth)]
    return agree(got, truth, RIGHT) if all(numbers) else got == truth


def judge_left_alone(one: Asked, sheet: Sheet):
    sent = {name: value for name, value in one.call.items() if isinstance(value, dict)}
    for (name, columns), after in zip(sent.items(), one.answer.after):
        if list(after.columns) != list(columns) or not all(
            all(map(same, after.columns[n], entries)) for n, entries in columns.items()
        ):
            lose_argument(name, sheet, "function", "table")
    if one.answer.again != one.answer.out:
        sheet.lose("untouched", "The same call made twice gives two tables.", TWO_CALLS_DIFFER)


def ask_runs(exercise: Table, rng) -> None:
    """A table has no picture."""


def compare_runs(exercise: Table, questions: None, answers: Answers) -> None:
    """A table has no picture."""
