"""What is seen while a class runs: its intermediate results, PyTorch's own operators underneath,
memory that was never given values."""

import contextlib
import functools
import os
import re
import sys
import threading
import time
from pathlib import Path

import torch
from torch._C._autograd import _disable_profiler, _enable_profiler, _prepare_profiler
from torch.autograd.profiler import profile
from torch.overrides import TorchFunctionMode

from .telling import own_line, pack, place_of

if sys.platform == "linux":
    import resource  # which Windows has not

MOST_STEPS = 200  # of a computation that is kept
MOST_NUMBERS = 5000  # of those that are made one by one
MOST_IN_A_LINE = 8  # values of all units that one operation in one line makes
PATIENCE = 10  # times that the profiler may fail
AT_REST = 0.002  # seconds until the profiler's own thread sleeps; doubled each time it fails
OPERATOR = "aten::"  # before the name of each of PyTorch's own operators
COARSE = (torch.float16, torch.bfloat16)  # types in which few digits are left of a number
UNWATCHED = "unwatched"  # in place of a name, where what ran could not be seen
MARKS = ("lgamma_", "digamma_")  # operators of our own, before and after what is watched
RECORDING = profile(use_kineto=False)
RECORDED = RECORDING.config(), RECORDING.kineto_activities  # what the profiler is told
OF_THREADS = ("ru_nvcsw", "ru_nivcsw", "ru_minflt")  # switches, and pages first touched
in_a_box = False  # where all threads are the student's, who may hide what runs
MOST_VALUES = 16  # of an output that are compared


class Trace(TorchFunctionMode):
    """Keeps every intermediate result of `units` numbers, and the student's line that made it; and
    whether any was coarse. Single numbers are put together to such results, where one operation in
    one line has made them for every unit."""

    def __init__(self, units: int):
        super().__init__()
        self.units, self.values, self.lines, self.coarse = units, [], [], False
        self.numbers, self.count = {}, 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, tuple | list) else (out,):
            self.coarse |= getattr(value, "dtype", None) in COARSE
            if self.keeps(value):
                self.values.append(value.detach().reshape(-1).to(torch.float64, copy=True))
                self.lines.append(own_line(sys._getframe().f_back))
            elif self.keeps(value, 1) and self.count < MOST_NUMBERS:
                made_by = func, own_line(sys._getframe().f_back)
                self.numbers.setdefault(made_by, []).append(value.detach().item())
                self.count += 1
        return out

    def put_together(self):
        """The numbers that a loop over the units made, in a loop over the gates or around one."""
        for (_, line), numbers in self.numbers.items():
            often, rest = divmod(len(numbers), self.units)
            if rest or not 1 <= often <= MOST_IN_A_LINE:
                continue
            made = torch.tensor(numbers, dtype=torch.float64)
            rows = [*made.reshape(self.units, often).T, *made.reshape(often, self.units)]
            rows = rows[: MOST_STEPS - len(self.values)]
            self.values += rows
            self.lines += [line] * len(rows)
        self.numbers = {}

    def told(self) -> dict:
        """The results as one tensor (count, units), where there are any, with the lines that made
        them, as answers.Call has it."""
        self.put_together()
        if not self.values:
            return {"trace": None, "coarse": self.coarse}
        known = {line: place_of(*line) for line in dict.fromkeys(self.lines) if line}
        places = [line for line, place in known.items() if place]
        return {
            "trace": pack(torch.stack(self.values)),
            "coarse": self.coarse,
            "lines": [places.index(line) if known.get(line) else -1 for line in self.lines],
            "places": [known[line] for line in places],
        }

    def keeps(self, value, units: int | None = None) -> bool:
        return (
            isinstance(value, torch.Tensor)
            and value.device.type != "meta"  # it has no numbers
            and not torch._C._functorch.is_functorch_wrapped_tensor(value)  # of many calls at once
            and value.numel() == (units or self.units)
            and value.is_floating_point()
            and len(self.values) < MOST_STEPS
        )


def built_ins(pattern: str, work, *arguments) -> list[str]:
    """Which of PyTorch's own functions whose names begin as `pattern` says run when
    `work(*arguments)` is called, however they are reached; UNWATCHED where that could not be
    seen."""
    quiet, kept = os.open(os.devnull, os.O_WRONLY), os.dup(2)
    os.dup2(quiet, 2)  # the profiler writes to stderr
    try:
        for attempt in range(PATIENCE):
            names, all_of_it = watched(work, *arguments)
            found = [name for name in names if re.match(pattern, name)]
            if found or all_of_it:
                return found
            time.sleep(AT_REST * 2**attempt)
        return [UNWATCHED]
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(quiet)


def watched(work, *arguments) -> tuple[list[str], bool]:
    """The names of PyTorch's own operators that ran, and whether that is all of them.
    It may not be where the profiler fails, as while the system still clears away what a notebook
    has started; where it does not show MARKS around the work; where another thread ran meanwhile;
    and where the work came out otherwise than before and after. A name without PyTorch's prefix is
    somebody's own function or label."""
    start_profiler()
    began, number = elsewhere(), torch.ones(1)
    before = came_out(work, *arguments) if in_a_box else None
    try:
        with profiled() as names:
            number.lgamma_()
            during = came_out(work, *arguments)
            number.digamma_()
    except Exception:
        return [], False
    as_ever = before in (None, during) or before != came_out(work, *arguments)
    own = [name.removeprefix(OPERATOR) for name in names if name.startswith(OPERATOR)]
    all_of_it = as_ever and tuple(own[:1] + own[-1:]) == MARKS and elsewhere() == began
    return list(dict.fromkeys(name.strip("_") for name in own)), all_of_it


@functools.cache
def start_profiler():
    """In a box, where threads are counted: its own one starts when it is first used, and would look
    like one of the student's."""
    if in_a_box:
        with contextlib.suppress(Exception), profiled():
            pass
        time.sleep(AT_REST)


@contextlib.contextmanager
def profiled():
    """A list that gets the names of what ran inside, in their order. PyTorch's own class for it
    is within a student's reach, so what it calls is called here."""
    names = []
    _prepare_profiler(*RECORDED)
    _enable_profiler(*RECORDED)
    try:
        yield names
    finally:
        events = _disable_profiler().events()
        names += [event.name() for event in sorted(events, key=lambda event: event.start_ns())]


def elsewhere() -> int:
    """A count that changes when other threads of this process run, whom no profiler here sees:
    how often those that are there were put on a processor, and all of them off it."""
    if not in_a_box:
        return 0
    count = used_elsewhere()
    for thread in set(os.listdir("/proc/self/task")) - {str(threading.get_native_id())}:
        with contextlib.suppress(OSError):  # it has ended
            count += int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[2])
    return count


def used_elsewhere() -> int:
    """OF_THREADS of all threads but this one, read between two readings of its own that agree: a
    page that it touches in between would be taken for another's."""
    own = used(resource.RUSAGE_THREAD)
    for _ in range(PATIENCE):
        whole, before, own = used(resource.RUSAGE_SELF), own, used(resource.RUSAGE_THREAD)
        if own == before:
            break
    return whole - own


def used(whose: int) -> int:
    """OF_THREADS, added up, of this process or of this thread."""
    use = resource.getrusage(whose)
    return sum(getattr(use, name) for name in OF_THREADS)


def came_out(work, *arguments) -> list:
    """What work hands back, to be compared, or the error that it ends in."""
    try:
        out = work(*arguments)
        return [
            pack(value) for value in (out if isinstance(out, tuple | list) else [out])[:MOST_VALUES]
        ]
    except Exception as error:
        return [type(error).__name__]


@contextlib.contextmanager
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
