"""What is seen while a class runs: its intermediate results, PyTorch's own operators underneath,
memory that was never given values."""

import os
import sys
from contextlib import contextmanager, suppress  # names of our own: a notebook may change a module
from functools import wraps
from importlib._bootstrap import _find_and_load
from os import getpid, listdir, sep
from os.path import basename
from re import IGNORECASE, findall
from re import match as matches
from sys import _getframe, getprofile, gettrace, setprofile
from threading import get_native_id
from time import sleep, time_ns

import torch
from numpy import ndarray
from torch import Tensor, ones
from torch._C._autograd import _disable_profiler_legacy, _enable_profiler_legacy
from torch._C._functorch import get_unwrapped
from torch._C._functorch import is_functorch_wrapped_tensor as is_wrapped  # of many calls at once
from torch._C._profiler import ProfilerConfig, ProfilerState, _ExperimentalConfig
from torch.fx import Interpreter
from torch.fx.traceback import format_stack
from torch.overrides import TorchFunctionMode

from .protocol import SCRIPTED, UNWATCHED, pack
from .telling import own_line, place_of

if sys.platform == "linux":  # Windows has none of it
    from resource import RUSAGE_SELF, RUSAGE_THREAD, getrusage

MOST_STEPS = 200  # of a computation that is kept
MOST_CALLS = 100_000  # of functions that are watched
MOST_NUMBERS = 5000  # of those that are made one by one
MOST_IN_A_LINE = 8  # values of all units that one operation makes, or one in one line for each
PATIENCE = 10  # times that the profiler may fail
AT_REST = 0.002  # seconds until it is tried again; doubled each time it fails
OPERATOR = "aten::"  # before the name of each of PyTorch's own operators
PREFIX = len(OPERATOR)
COARSE = (torch.float16, torch.bfloat16)  # types in which few digits are left of a number
OF_TORCH = os.path.dirname(torch.__file__) + sep  # where what PyTorch has in Python lies
LIBRARIES = os.path.dirname(OF_TORCH.rstrip(sep)) + sep  # and what others have
UNSAFE = "unsafe_"  # before the names of operators that only PyTorch's own put together use
STEP = "cell"  # in the names of those that layers of the course's own may call
MARKS = ("lgamma_", "digamma_")  # operators of our own, before and after what is watched
# What PyTorch's older profiler is told: it ends in a third of the time that the newer one takes,
# starts no thread and writes nothing. With stacks, each event takes eight times as long, so that
# they are asked for from when TorchScript was first seen to run, or Python's calls were hidden: who
# would have numbers in either way has to have them in every recording.
WITHOUT_STACKS, WITH_STACKS = (
    ProfilerConfig(ProfilerState.CPU, False, False, stacks, False, False, _ExperimentalConfig())
    for stacks in (False, True)
)
OF_THREADS = ("ru_nvcsw", "ru_nivcsw", "ru_minflt")  # switches, and pages first touched
SCRIPT = 2  # what the profiler calls the scope of a function of TorchScript's
IMPORTS = _find_and_load.__code__  # what Python imports a module by that is not there yet
INTERPRETS = Interpreter.run.__code__  # runs a graph without code written from it
STACKS = format_stack.__code__  # what PyTorch keeps of an operation, to tell where one went wrong
JOINS = {torch.cat, torch.concat, torch.concatenate, torch.stack}
JOINS |= {torch.hstack, torch.vstack, torch.dstack, torch.row_stack, torch.column_stack}
NUMBERS, SEVERAL = (Tensor, ndarray), (tuple, list)
HANDED_BACK = (*NUMBERS, tuple)
HERE = globals()  # of whatever here puts on what watches, and takes it off
# What Python audits then, whoever calls it, and from where. Python's calls are not watched inside
# of what watches its lines, nor inside of what audits.
PUT_ON_OR_OFF, AUDITS = ("sys.setprofile", "sys.settrace"), "sys.addaudithook"
LOOKED_OUT_FOR = frozenset({*PUT_ON_OR_OFF, AUDITS})
GRAPH = "<eval_with_key>"  # begins the file's name of code that PyTorch writes from a graph
LINE = r'File "(.+?)", line \d+, in (\w+)'  # of a traceback
IN_STACK = r"(.+)\(\d+\): (\w+)"  # of what the profiler has of it
in_a_box = False  # where all threads are the student's, who may hide what runs


class Trace(TorchFunctionMode):
    """Keeps every intermediate result of `units` numbers, and the student's line that made it; and
    whether any was coarse. Single numbers are put together to such results, where one operation in
    one line has made them for every unit; one that is alone stands for all of them."""

    def __init__(self, units: int):
        super().__init__()
        self.units, self.vector = units, (units,)
        self.values, self.lines, self.coarse = [], [], False
        self.numbers, self.count = {}, 0
        self.wholes = {}  # place in memory and size of what holds several such results, to its line

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        if args and (out is None or out is args[0]):  # written in place, perhaps a part alone
            self.wholes.pop(place_in_memory(args[0]), None)
        if isinstance(out, Tensor):
            self.take(func, out)
        elif isinstance(out, SEVERAL):
            for value in out:
                if isinstance(value, Tensor):
                    self.take(func, value)
        return out

    def take(self, func, value):
        """What a function has made that was called two frames above. Run at each operation, where
        every call of its own is watched too: so attributes, in place of methods."""
        while is_wrapped(value):
            value = get_unwrapped(value)  # the numbers of all calls, as in torch.vmap
        dtype, is_vector = value.dtype, value.shape == self.vector
        self.coarse |= dtype in COARSE
        if value.is_meta:
            return
        count = self.units if is_vector else value.numel()
        if count > self.units:
            if value._base is None:  # results may be cut out of it: its line has made them
                line = self.wholes[place_in_memory(value)] = own_line(_getframe(2))
                if func not in JOINS:  # what these put together was made before
                    self.cut(value, count // self.units, line)
        elif not dtype.is_floating_point or len(self.values) >= MOST_STEPS:
            return
        elif count == self.units:
            flat = value if is_vector else value.reshape(-1)
            self.values.append(flat.tolist())  # quicker than any tensor that could be kept
            whole = self.wholes.get(place_in_memory(value._base)) if self.wholes else None
            self.lines.append(whole or own_line(_getframe(2)))
        elif count == 1 and self.count < MOST_NUMBERS:
            made_by = func, own_line(_getframe(2))
            self.numbers.setdefault(made_by, []).append(value.item())
            self.count += 1

    def cut(self, value, often: int, line):
        """Keeps what holds several results side by side: not each is cut out, or not alone."""
        rows = value.shape[-1] == self.units or value.shape == (often * self.units,)
        few = often <= MOST_IN_A_LINE and len(self.values) + often <= MOST_STEPS
        if rows and few and value.is_floating_point() and value.layout is torch.strided:
            self.values += value.reshape(often, self.units).tolist()
            self.lines += [line] * often

    def over(self, work, *arguments):
        with self:
            return work(*arguments)

    def put_together(self):
        """The numbers that a loop over the units made, in a loop over the gates or around one."""
        for (_, line), numbers in self.numbers.items():
            often, rest = divmod(len(numbers), self.units)
            if len(numbers) == 1 < self.units and len(self.values) < MOST_STEPS:
                self.values.append(numbers * self.units)
                self.lines.append(line)
            if rest or not 1 <= often <= MOST_IN_A_LINE:
                continue
            rows = [numbers[k::often] for k in range(often)]
            rows += [numbers[k : k + self.units] for k in range(0, len(numbers), self.units)]
            rows = rows[: MOST_STEPS - len(self.values)]
            self.values += rows
            self.lines += [line] * len(rows)
        self.numbers = {}

    def told(self) -> dict:
        """The results as one tensor (count, units), where there are any, with the lines that made
        them, as answers.Call has it."""
        self.put_together()
        try:
            trace = pack(self.values) if self.values else None
        except (TypeError, ValueError):  # no numbers: by a tolist() of a student's own
            trace = None
        if trace is None:
            return {"trace": None, "coarse": self.coarse}
        places, number = [], {None: -1}
        for line in dict.fromkeys(self.lines):
            place = place_of(*line) if line else None
            number[line] = len(places) if place else -1
            places += [place] if place else []
        lines = [number[line] for line in self.lines]
        return {"trace": trace, "coarse": self.coarse, "lines": lines, "places": places}


def has_numbers(value) -> bool:
    return isinstance(value, Tensor) and not (value.is_meta or is_wrapped(value))


def place_in_memory(value) -> tuple[int, int] | None:
    """Where a tensor, or what it was cut out of, lies, and how large that is; None of others."""
    if not has_numbers(value) or value.is_sparse:
        return None
    whole = value if value._base is None else value._base
    return whole.data_ptr(), whole.numel()


def with_built_ins(question: dict, build: dict, work, *arguments) -> dict:
    """What `work(*arguments)` tells of a build, and which of PyTorch's own functions that the
    question looks out for ran while a call of it was recorded (`built_in`). Of every build: a class
    can fail in one, and lose little by it.

    It is a call that is judged, and the first that is given its arguments: nothing can be handed
    back that was computed before, or otherwise.
    """
    if not question["watched"]:
        return work(*arguments)
    if build is question["builds"][0]:
        wait_to_see()
    told, names = built_ins(question["watched"], work, *arguments)
    return told | {"built_in": [*told.get("built_in", []), *names]}


def wait_to_see():
    """Until the profiler works here, as far as it ever does."""
    for attempt in range(PATIENCE):
        if watched(recorded, ones, 1)[1].all_of_it:
            break
        sleep(AT_REST * 2**attempt)


def built_ins(pattern: str, work, *arguments) -> tuple:
    """What `work(*arguments)` hands back, and which of PyTorch's own functions whose names begin as
    `pattern` says ran in what was recorded, however they are reached; UNWATCHED where that could
    not be seen; and SCRIPTED where TorchScript ran."""
    out, seen = watched(work, *arguments)
    ran = [*seen.operators, *(name for name in seen.apart if not is_step(name))]
    found = [name for name in dict.fromkeys(ran) if matches(pattern, name)]
    found = found or [name for name in seen.in_python if is_meant(pattern, name)]
    found = found or ([] if seen.all_of_it else [UNWATCHED])
    return out, found + [SCRIPTED] * seen.scripted


def is_step(name: str) -> bool:
    return STEP in name.lower()


def is_meant(pattern: str, qualified: str) -> bool:
    """Whether a function of a library's that is written in Python is one that `pattern` means, or
    the forward of such a class."""
    *_, cls, name = qualified.split(".")
    return bool(matches(pattern, cls if name == "forward" else name, IGNORECASE))


class Watch:
    """What is seen of PyTorch's own between MARKS, while the profiler runs: in one recording, or in
    several. What a class hands back may compute when it is looked at, so that all of a recording is
    watched, but for Python's calls while `another` looks; single steps are left out of what runs
    `apart`.

    operators, in_python: the names of what ran, operators without their prefix, functions of
    Python's with their module's, and whose they are. apart: operators in what runs so.
    stacks: lines that operators were called in, of Python's functions and of TorchScript's, where
    that is recorded: they are seen in spite of whatever keeps Python's calls from being watched.
    all_of_it: whether that is all of them. It may not be where the profiler fails, as while the
    system still clears away what a notebook has started; where it does not show the marks as they
    were made, or what watches Python was taken off; where an operator was called from behind, or
    parts of one ran that nobody else uses; and where another thread or process ran meanwhile.
    """

    def __init__(self):
        self.number, self.left, self.look = ones(1), MOST_CALLS, self.note
        self.operators, self.all_of_it, self.scripted = {}, True, False
        self.too_deep = False  # whether what runs has ended in that
        # Code by its id, as hashing it takes long: where it is now, and where not: apart, or else.
        self.codes, self.others = {}, {}
        self.drawn: set[tuple[str, str]] = set()  # files, functions: steps of a graph are theirs
        self.stacks: set[str] = set()
        self.apart: dict[str, None] = {}
        self.is_open = self.is_apart = False
        self.pairs, self.first, self.last, self.as_put = 0, None, None, True
        self.ending = 0  # calls that have an end, one inside of the other

    def begin(self):
        """Another recording."""
        self.pairs, self.first = 0, None
        began = elsewhere(), start(WITH_STACKS if closely else WITHOUT_STACKS)
        self.open()
        return began

    def end(self, began: int | None, on: bool):
        self.close()
        events = stop() if on else []
        self.read(events, began is not None and elsewhere() == began)

    def note(self, frame, event: str, value):
        """Takes down functions of Python's that hand back tensors or arrays. What goes on without
        an end is not watched to its end: that takes memory. An import has one, however long it
        takes. Called for every call and every end of one, most of them C's, and Python audits each
        look at a frame's code, so that there is one at most, and none without need."""
        if event == "c_return":
            return
        if event == "return":
            handed_back = isinstance(value, HANDED_BACK)
            if not handed_back and not self.ending:
                return
            code = frame.f_code
            if code is IMPORTS or code is STACKS:
                self.ending -= 1
            elif handed_back and id(code) not in self.codes:
                values = value if isinstance(value, tuple) else (value,)
                if any(isinstance(one, NUMBERS) for one in values):
                    self.codes[id(code)] = code
            return
        if event == "call":
            code = frame.f_code
            if code is IMPORTS or code is STACKS:
                self.ending += 1
            elif code is INTERPRETS or code.co_filename.startswith(GRAPH):
                self.take_down(frame.f_locals.get("self"))
        elif event != "c_call":
            return
        if not self.ending:
            self.left -= 1
            if self.left < 0:
                stop()
                setprofile(None)

    def take_down(self, module):
        """Of a graph, from which lines its steps come, as those of torch.compile tell; what was
        drawn of PyTorch's own by other means tells none of the notebook's."""
        steps = getattr(getattr(module, "graph", None), "nodes", ())
        lines = {line for step in steps for line in findall(LINE, str(step.stack_trace))}
        drawn = {line for line in lines if line[0].startswith(OF_TORCH)}
        self.drawn |= drawn
        self.all_of_it &= any(not file.startswith(GRAPH) for file, _ in lines - drawn)

    def turn(self):
        """To what runs apart, or back from there."""
        self.is_apart = not self.is_apart
        self.codes, self.others = self.others, self.codes
        if self.is_apart:
            self.number.digamma_()
        else:
            self.pairs += 1
            self.number.lgamma_()

    def open(self):
        self.pairs += 1
        self.number.lgamma_()
        self.first = self.first or time_ns()
        self.before = profile_function()
        setprofile(self.look)
        self.is_open = True

    def close(self):
        self.as_put &= getprofile() is self.look and not (in_a_box and (gettrace() or audited))
        setprofile(self.before)
        self.last = time_ns()
        self.number.digamma_()
        self.is_open = False

    def read(self, threads: list[list], quiet_elsewhere: bool):
        """What the profiler has seen in each thread. A name without PyTorch's prefix is somebody's
        own function or label."""
        global closely
        marks = []
        for events in threads:
            self.scripted |= SCRIPT in {event.scope() for event in events}
            named = zip(events, [event.name() for event in events])  # of thousands
            own = [(name[PREFIX:], event) for event, name in named if name.startswith(OPERATOR)]
            marked = [(name, event) for name, event in own if name in MARKS]
            self.sort(own, between=not marked)
            marks += marked
        as_made = [name for name, _ in marks] == [*MARKS] * self.pairs
        if as_made and marks and in_a_box:
            # and not made again, by who has stopped the profiler meanwhile
            (_, first), *_, (_, last) = marks
            as_made = first.cpu_elapsed_us(last) * 1000 >= self.last - self.first
        self.all_of_it &= as_made and self.as_put and quiet_elsewhere
        closely |= self.scripted or not (self.as_put or self.too_deep)

    def sort(self, own: list[tuple], between: bool):
        """Operators as they ran in one thread: whether apart; and what has called the others."""
        where = {True: {}, False: {}}
        for name, event in own:
            if name in MARKS:
                between = name == MARKS[0]
            where[between][name] = None  # whatever it is inside of: that may be a student's too
            if between and closely:
                self.stacks.update(event.stack())
        self.all_of_it &= not any(name.startswith(UNSAFE) for name in where[True])
        self.operators |= {name.strip("_"): None for name in where[True]}
        self.apart |= {name.strip("_"): None for name in where[False]}

    @property
    def in_python(self) -> list[str]:
        ran, others = (
            {(code.co_filename, code.co_qualname) for code in codes.values()}
            for codes in (self.codes, self.others)
        )
        ran |= {(file, name) for file, name in others if not is_step(name)}
        known = {(file, name.rpartition(".")[2]) for file, name in ran}
        found = (matches(IN_STACK, line) for line in self.stacks if line.startswith(LIBRARIES))
        every = ran | self.drawn | ({one.groups() for one in found if one} - known)
        return sorted({told_as(*one) for one in every if one[0].startswith(LIBRARIES)})


def told_as(file: str, function: str) -> str:
    """A library's function and its module; of another library than PyTorch whose it is, and of a
    method its class alone."""
    module = basename(file).removesuffix(".py")
    if file.startswith(OF_TORCH):
        return f"{module}.{function}"
    library = file.removeprefix(LIBRARIES).partition(sep)[0]
    return f"{library}'s {module}.{function.partition('.')[0]}"


def is_of_torch(code) -> bool:
    return code.co_filename.startswith(OF_TORCH)


def look_behind():
    """From here on whoever calls an operator so that it is not recorded is taken down. PyTorch's
    own may do so."""
    kind = torch._C._DispatchOperatorHandle
    work = kind.redispatch_boxed

    def redispatch_boxed(*given, **named):
        if now is not None and now.is_open:
            now.as_put &= is_of_torch(_getframe(1).f_code) and is_of_torch(_getframe(2).f_code)
        return work(*given, **named)

    kind.redispatch_boxed = redispatch_boxed


def audit(event: str, _):
    """Takes down whoever else puts on what watches Python's calls, or takes it off, or audits."""
    global audited
    if event not in LOOKED_OUT_FOR:
        return  # as for each look at a frame's code
    if event in PUT_ON_OR_OFF and now is not None and now.is_open:
        now.as_put &= _getframe(1).f_globals is HERE
    audited |= event == AUDITS


def profile_function():
    """What watches Python's calls here; None for what C has put there, such as cProfile, which
    Python cannot put back."""
    before = getprofile()
    return before if callable(before) else None


@contextmanager
def another(look):
    """Inside, `look` is told of Python's calls, in place of what watches them."""
    before = profile_function()
    setprofile(look)
    try:
        yield
    finally:
        setprofile(before)


def watched(work, *arguments) -> tuple[object, Watch]:
    """What `work(*arguments)` hands back, and what was seen of what was recorded meanwhile."""
    global now
    seen = now = Watch()
    try:
        return work(*arguments), seen
    finally:
        now = None


now: Watch | None = None  # what watches
audited = False  # by others: they are asked for ever
closely = False  # whether the profiler is to tell from where each operator came


def recorded(work, *arguments):
    """What `work(*arguments)` hands back, in which a student's functions are called: what runs in
    it is told."""
    if now is None or now.is_open:
        return work(*arguments)
    watch, (began, on) = now, now.begin()
    try:
        return work(*arguments)
    finally:
        watch.end(began, on)


def end_in(error: Exception):
    """What is recorded has ended in this. Where it went too deep, Python has taken off what watches
    by itself: no reason to tell of each operator in what comes where it came from, as deep."""
    if now is not None and isinstance(error, RecursionError):
        now.too_deep = True


def apart(work):
    """`work`, of which no single step of PyTorch's own that runs in it is told: whatever it is, it
    takes the student's to make a whole of these."""

    @wraps(work)
    def unseen(*given, **named):
        if now is None or not now.is_open or now.is_apart:
            return work(*given, **named)
        now.turn()
        try:
            return work(*given, **named)
        finally:
            now.turn()

    return unseen


def start(config: ProfilerConfig) -> bool:
    """Whether the profiler runs from here on. PyTorch's own class for it is within a student's
    reach, so what it calls is called here."""
    with suppress(Exception):
        _enable_profiler_legacy(config)
        return True
    return False


def stop() -> list[list]:
    """What it has seen in each thread since it was started, in its order; nothing where it was
    stopped before."""
    with suppress(Exception):
        return _disable_profiler_legacy()
    return []


def elsewhere() -> int | None:
    """A count that changes when other threads of this process run, whom no profiler here sees: how
    often those that are there were put on a processor, and all of them off it; and when, in a world
    of its own, a process is started. None where it cannot be had."""
    try:
        return count_elsewhere() if in_a_box else 0
    except OSError:
        return None


def count_elsewhere() -> int:
    """Raises OSError."""
    count = used_elsewhere()
    for thread in threads() - {str(get_native_id())}:
        with suppress(OSError):  # it has ended
            count += turns(thread)
    if getpid() == 1:
        count += int(contents("/proc/loadavg").split()[-1]) + count_processes()
    return count


def count_processes() -> int:
    """How often other processes of this world were put on a processor: one that was started before
    may be asked. Raises OSError."""
    count = 0
    for process in filter(str.isdigit, listdir("/proc")):
        with suppress(OSError):  # it has ended
            for thread in threads(process) if process != "1" else ():
                count += turns(thread, process)
    return count


def threads(process: str = "self") -> set[str]:
    """The numbers of all threads of a process. Raises OSError."""
    return {*listdir(f"/proc/{process}/task")}


def turns(thread: str, process: str = "self") -> int:
    """How often a thread was put on a processor. Raises OSError."""
    return int(contents(f"/proc/{process}/task/{thread}/schedstat").split()[2])


def contents(path: str) -> str:
    with open(path) as file:
        return file.read()


def used_elsewhere() -> int:
    """OF_THREADS of all threads but this one, read between two readings of its own that agree: a
    page that it touches in between would be taken for another's."""
    own = used(RUSAGE_THREAD)
    for _ in range(PATIENCE):
        whole, before, own = used(RUSAGE_SELF), own, used(RUSAGE_THREAD)
        if own == before:
            break
    return whole - own


def used(whose: int) -> int:
    """OF_THREADS, added up, of this process or of this thread."""
    use = getrusage(whose)
    return sum(getattr(use, name) for name in OF_THREADS)


@contextmanager
def default_dtype(dtype: torch.dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def construct(cls: type, *sizes: int):
    """An instance of the class, made while uninitialised memory is filled with NaN, so that it
    shows."""
    before = torch.get_deterministic_debug_mode()  # torch.use_… imports a compiler: a second
    torch.set_deterministic_debug_mode("warn")
    try:
        return cls(*sizes)
    finally:
        torch.set_deterministic_debug_mode(before)


def construct_without_reset(cls: type, *sizes: int):
    """The same with a reset_parameters() that does nothing, where the class's own one raises."""
    quiet = type(cls.__name__, (cls,), {"reset_parameters": lambda self, *_: None})
    module = construct(quiet, *sizes)
    module.__class__ = cls
    return module
