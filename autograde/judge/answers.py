"""Answers: what a student's process sent, read once into typed records. After this, nothing is
checked for its form again.

Whatever was sent, `read_answers` makes a record of it and raises nothing: what has another form
than asked is left out, and the record's default stands in its place.
"""

import json
import math
import types
from collections.abc import Callable
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache, cached_property
from typing import Union, get_args, get_origin, get_type_hints

import numpy as np

from ..exercise.verdict import Place
from ..student.protocol import is_shape, unpack

MOST_ITEMS = 1000  # of any list or dict in an answer
WORDS = 300  # characters of a student's words that a sentence can bear
LINE = 120  # and of a line of code
SAFE_DIGITS = 16  # of a whole number that a float holds


def words(text: str, most: int = WORDS) -> str:
    """Words of a student's process, cut to a length that a page can bear."""
    return text if len(text) <= most else text[:most] + " …"


def quoted(place: Place) -> str:
    """A line of the student's, as a sentence shows it."""
    return f"`{words(place.text, LINE)}`"


# ---------------------------------------------------------------- the records
@dataclass(frozen=True)
class Failure:
    """An exception: its name and message in one line, and the student's line that it passed
    through."""

    error: str = "an error"
    place: Place | None = None

    def __str__(self):
        return words(self.error) + (f", at {quoted(self.place)}" if self.place else "")


@dataclass(frozen=True)
class Tensor:
    """What stood where a tensor was asked for.

    shape: None where it was none; then `type` is the name of its type. values: its numbers as
    float64, None where they cannot be read. writes: whether it was written into.
    """

    shape: tuple[int, ...] | None = None
    dtype: str = ""
    type: str = "thing that cannot be read"
    values: np.ndarray | None = None
    writes: bool = False

    @property
    def floating(self) -> bool:
        return "float" in self.dtype

    @property
    def finite(self) -> bool:
        return self.values is not None and bool(np.isfinite(self.values).all())


@dataclass(frozen=True)
class Call:
    """One call of forward: what it returned, the same once more, and the arguments afterwards.

    form: words for what it returned, where that has not the asked form. trace: of a step, every
    intermediate result of as many numbers as there are units, (count, units), whatever became of
    the call. lines: for each of those the line that made it, as an index into places, or -1.
    coarse: whether any of it was rounded to half precision. log: of a stack of stand-ins, what each
    layer was given at each of its calls; goes_on: the states that each would be given next, where
    these are not known from what it gave back; goes_up: what one layer more would be given to read
    at each of its calls, where outputs is not what the top layer gave back. drawn: what was drawn
    in it.
    """

    failure: Failure | None = None
    form: str = ""
    out: tuple[Tensor, ...] = ()
    again: tuple[Tensor, ...] = ()
    after: tuple[Tensor, ...] = ()
    trace: Tensor | None = None
    lines: tuple[int, ...] = ()
    places: tuple[Place, ...] = ()
    coarse: bool = False
    log: tuple[tuple[tuple[Tensor, ...], ...], ...] = ()
    goes_on: tuple[tuple[Tensor, ...], ...] = ()
    goes_up: tuple[Tensor, ...] = ()
    drawn: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Found:
    """What an attribute is: its kind ("linear", "parameter", "tensor", "module", "other", "none" or
    "missing"), its type, its shape, whether it has a bias of its own, and whether it trains."""

    kind: str = "missing"
    type: str = ""
    shape: tuple[int, ...] | None = None
    bias: bool = False
    trains: bool | None = None


@dataclass(frozen=True)
class Layer:
    """One layer of a stack: its class, whether that is the one asked for, the numbers that it reads
    and its units as far as they can be told, and which of its parameters are diagonal."""

    type: str = ""
    right: bool = False
    reads: int | None = None
    units: int | None = None
    diagonal: tuple[str, ...] = ()


@dataclass(frozen=True)
class Gradients:
    """Slopes of a loss along asked directions.

    runs: whether a forward pass over several steps ran at all. slopes: group of leaves to slope by
    backward, None where no gradient arrived. difference, finer: all of them together, by central
    differences in the student's process. steps: of the sequence that could be run.
    """

    failure: Failure | None = None
    runs: bool = True
    slopes: dict[str, float | None] = field(default_factory=dict)
    difference: float | None = None
    finer: float | None = None
    steps: int = 0


@dataclass(frozen=True)
class Build:
    """One instance of the class, with asked weights put in.

    failure: of the constructor, or of putting weights in. reset_failure: of reset_parameters(),
    where the constructor got no further and the instance was made without it. constructor: what it
    raised where it went on after that. held: of a class that
    was kept as it is, the numbers of everything that it holds. mode: whose cells a stack has,
    "stand-in" or "own". together: forward takes its states in one argument; bundled: a stack gives
    them to its cells so. taken: the names of what it takes, where these are the asked ones in any
    order. made: shapes of parameters that had to be made, or stand under a misspelt name, by the
    asked name. found: what the asked names are. others: whatever else trains.
    unset: what the constructor left without values. shared: two names
    hold one parameter. built_in: PyTorch's own that ran underneath. elsewhere: the attribute that
    holds the cells where `layers` is missing. astray: where cells are made and `layers` has others,
    how many of those that are made it has. layers, module_list: what `layers` is. cells: its
    layers; same: for each of them the first one that is the same object; asked_of: how many layers
    the instance has that answered, which is another where a constructor always makes one too many
    or too few. raised: what forward raised, each of which made drawn numbers instead when it was
    asked again; spread: the same of matrices that vectors became. passed: of a stack whose forward
    raises, the calls of one that goes on after each statement that does; anew: a call in which
    nothing is drawn twice; past: its gradients; way: "loop" where all that it took was a loop or a
    pick as it is meant, "call" where it was names or calls as well.
    """

    failure: Failure | None = None
    reset_failure: Failure | None = None
    constructor: Failure | None = None
    held: dict[str, Tensor] = field(default_factory=dict)
    mode: str = "own"
    dtype: str = ""
    together: bool = False
    bundled: bool = False
    taken: tuple[str, ...] = ()
    made: dict[str, tuple[int, ...]] = field(default_factory=dict)
    found: dict[str, Found] | None = None
    others: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    shared: bool = False
    built_in: tuple[str, ...] = ()
    layers: str = "NoneType"
    elsewhere: str = ""
    astray: int | None = None
    module_list: bool = False
    cells: tuple[Layer, ...] | None = None
    same: tuple[int, ...] = ()
    asked_of: int | None = None
    calls: tuple[Call, ...] = ()
    raised: tuple[Failure, ...] = ()
    spread: tuple[Failure, ...] = ()
    passed: tuple[Call, ...] = ()
    anew: tuple[Call, ...] = ()
    past: Gradients | None = None
    way: str = ""
    gradients: Gradients | None = None

    @property
    def answered(self) -> bool:
        """Whether every call returned what can be looked at."""
        return bool(self.calls) and all(call.out for call in self.calls)

    @property
    def single(self) -> bool:
        """Whether any of it was computed in single precision."""
        returned = (tensor.dtype for call in self.calls for tensor in call.out)
        return "float32" in (self.dtype, *returned)

    @property
    def precision(self) -> str:
        return "float32" if self.single else "float64"

    @property
    def broken(self) -> Failure | None:
        """The first failure: of a call, or else of the constructor."""
        return next((call.failure for call in self.calls if call.failure), self.failure)


@dataclass(frozen=True)
class Reset:
    """What reset_parameters() made of parameters that all held one value, and what another call of
    it made of those. about: whose parameters they are. coerced: those that the constructor makes of
    another type than PyTorch does by default."""

    failure: Failure | None = None
    about: str = "own"
    parameters: dict[str, Tensor] = field(default_factory=dict)
    again: dict[str, Tensor] = field(default_factory=dict)
    coerced: tuple[str, ...] = ()


def from_json(text: str):
    """What a text says, with whole numbers that no float holds as infinite; None where it is no
    JSON."""
    whole = lambda digits: int(digits) if len(digits) < SAFE_DIGITS else float(digits)
    try:
        return json.loads(text, parse_int=whole)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True)
class Frame:
    """A table, or the type of what stood in its place. index: those of its names that stand in the
    index. kinds: of the columns: "int", "float", "bool", "date" or "text". written: the columns, as
    JSON."""

    type: str = "thing that cannot be read"
    index: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    written: str = ""

    @cached_property
    def columns(self) -> dict[str, list]:
        """Name to entries; none of a table that cannot be read."""
        columns = from_json(self.written)
        lists = isinstance(columns, list) and all(isinstance(one, list) for one in columns)
        whole = lists and len(columns) == len(self.names) == len(self.kinds)
        return dict(zip(self.names, columns)) if whole and len({*map(len, columns)}) == 1 else {}

    @property
    def rows(self) -> int:
        return len(next(iter(self.columns.values()), ()))


@dataclass(frozen=True)
class Tabled:
    """One call of a function of tables: what it returned, the same once more, and the tables that
    went in, afterwards."""

    failure: Failure | None = None
    out: Frame | None = None
    again: Frame | None = None
    after: tuple[Frame, ...] = ()


@dataclass(frozen=True)
class Answers:
    """All answers about one exercise.

    failed: why there are none. defined: "yes", "no", or "other" where the name is no class of
    modules, or no function. alias: the class that was asked in its place, under a name much like
    it. bases: names of the classes that it is derived from. inherits: the class of the course or of
    PyTorch whose forward it has, where it has none of its own. kept: builds of a class that holds
    its parameters in another form, as it is. value, value_type: of a number; written: anything
    else, as JSON. tables: calls of a function of tables. runs, mode: whole runs for a picture, and
    whose cells were in them.
    """

    failed: str = ""
    defined: str = "no"
    alias: str = ""
    bases: tuple[str, ...] = ()
    inherits: str = ""
    builds: tuple[Build, ...] = ()
    kept: tuple[Build, ...] = ()
    resets: tuple[Reset, ...] = ()
    value: float | None = None
    value_type: str = ""
    written: str = ""
    tables: tuple[Tabled, ...] = ()
    runs: tuple[Tensor, ...] = ()
    mode: str = ""

    @property
    def computes(self) -> bool:
        """Whether any call returned anything."""
        return any(call.out for build in self.builds for call in build.calls)


# ---------------------------------------------------------------- reading
def read_answers(sent: object) -> Answers:
    """What a student's process sent, as a record. Never raises."""
    if not isinstance(sent, dict):
        return Answers(failed="The answers could not be read.")
    return read_record(Answers, sent)


def read_record(record: type, sent: object):
    """A record with what fits of `sent`; all its defaults where that is no dict."""
    return reader(record)(sent) if isinstance(sent, dict) else record()


@cache
def reader(kind) -> Callable[[object], object]:
    """What reads something sent as a value of type `kind`, or as None where it is none: made once
    for each type, since answers have thousands of parts."""
    if kind is Tensor:
        return read_tensor
    if is_dataclass(kind):
        return record_reader(kind)
    if get_origin(kind) is tuple:
        return list_reader(get_args(kind)[0])
    if get_origin(kind) is dict:
        return dict_reader(get_args(kind)[1])
    if kind is float:
        return read_number
    return lambda sent: sent if type(sent) is kind else None


def without_none(kind):
    """The type of what may be missing."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(part for part in get_args(kind) if part is not type(None))
    return kind


def record_reader(record: type) -> Callable:
    types_of = get_type_hints(record)
    names = [item.name for item in fields(record)]
    readers: dict[str, Callable] = {}

    def read(sent: object):
        if not isinstance(sent, dict):
            return None
        if not readers:  # late, since records may hold others of their own kind
            readers.update((name, reader(without_none(types_of[name]))) for name in names)
        read = {name: one(sent[name]) for name, one in readers.items() if name in sent}
        return record(**{name: value for name, value in read.items() if value is not None})

    return read


def list_reader(kind) -> Callable:
    """A list: each record in its place whatever stands there; of anything else only what fits."""
    one = reader(kind)
    empty = kind if is_dataclass(kind) else tuple if get_origin(kind) is tuple else None

    def read(sent: object):
        if not isinstance(sent, list):
            return None
        found = map(one, sent[:MOST_ITEMS])
        if empty is None:
            return tuple(item for item in found if item is not None)
        return tuple(empty() if item is None else item for item in found)

    return read


def dict_reader(kind) -> Callable:
    """A dict by name: each record in its place; `float | None` may be None; else only what fits."""
    optional, kind = get_origin(kind) in (Union, types.UnionType), without_none(kind)
    one, empty = reader(kind), kind if is_dataclass(kind) else None

    def read(sent: object):
        if not isinstance(sent, dict):
            return None
        found = {}
        for name, item in list(sent.items())[:MOST_ITEMS]:
            value = one(item)
            if value is None and empty:
                value = empty()
            if isinstance(name, str) and (value is not None or (optional and item is None)):
                found[name] = value
        return found

    return read


def read_number(sent: object) -> float | None:
    if not isinstance(sent, int | float) or isinstance(sent, bool):
        return None
    try:
        return float(sent)
    except OverflowError:  # a whole number that no float can hold
        return math.inf


def read_tensor(sent: object) -> Tensor | None:
    if not isinstance(sent, dict):
        return None
    shape, dtype, kind = sent.get("shape"), sent.get("dtype"), sent.get("type")
    return Tensor(
        tuple(shape) if is_shape(shape) else None,
        dtype if isinstance(dtype, str) else "",
        kind if isinstance(kind, str) else Tensor.type,
        unpack(sent),
        sent.get("writes") is True,
    )
