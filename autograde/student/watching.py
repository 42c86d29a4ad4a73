"""What is seen while a class runs: its intermediate results, PyTorch's own operators underneath,
memory that was never given values."""

import contextlib
import os
import re
import sys
import time

import torch
from torch.overrides import TorchFunctionMode

from .telling import own_line, pack, place_of

MOST_STEPS = 200  # of a computation that is kept
PATIENCE = 10  # times that the profiler may fail
OPERATOR = "aten::"  # before the name of each of PyTorch's own operators
COARSE = (torch.float16, torch.bfloat16)  # types in which few digits are left of a number
UNWATCHED = "unwatched"  # in place of a name, where what ran could not be seen


class Trace(TorchFunctionMode):
    """Keeps every intermediate result of `units` numbers, and the student's line that made it; and
    whether any was coarse."""

    def __init__(self, units: int):
        super().__init__()
        self.units, self.values, self.lines, self.coarse = units, [], [], False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for value in out if isinstance(out, tuple | list) else (out,):
            self.coarse |= getattr(value, "dtype", None) in COARSE
            if self.keeps(value):
                self.values.append(value.detach().reshape(-1).to(torch.float64, copy=True))
                self.lines.append(own_line(sys._getframe().f_back))
        return out

    def told(self) -> dict:
        """The results as one tensor (count, units), where there are any, with the lines that made
        them, as answers.Call has it."""
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

    def keeps(self, value) -> bool:
        return (
            isinstance(value, torch.Tensor)
            and value.device.type != "meta"  # it has no numbers
            and not torch._C._functorch.is_functorch_wrapped_tensor(value)  # of many calls at once
            and value.numel() == self.units
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
        names = next(filter(None, (watched(work, *arguments) for _ in range(PATIENCE))), None)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(quiet)
    return [UNWATCHED] if names is None else [name for name in names if re.match(pattern, name)]


def watched(work, *arguments) -> list[str] | None:
    """The names of PyTorch's own operators that ran; None where the profiler fails, as while the
    system still clears away what a notebook has started. A name without PyTorch's prefix is
    somebody's own function or label."""
    try:
        with (
            torch.autograd.profiler.profile(use_kineto=False) as profile,
            contextlib.suppress(Exception),
        ):
            work(*arguments)
        events = sorted(profile.kineto_results.events(), key=lambda event: event.start_ns())
        own = dict.fromkeys(event.name() for event in events if event.name().startswith(OPERATOR))
        return ["nothing", *(name.removeprefix(OPERATOR).strip("_") for name in own)]
    except Exception:
        time.sleep(0.1)
        return None


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
