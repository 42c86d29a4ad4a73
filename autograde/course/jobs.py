"""Whole submissions as jobs that can go to any process on any machine: plain bytes in, graded notebooks out."""

import atexit
import pickle
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import nbformat

from ..box.process import Limits, Warm
from ..exercise.verdict import zero
from .grade import NOT_RUN, Graded, fault, finish, grade_rebuilt
from .submission import rebuild


@dataclass(frozen=True)
class Job:
    """A submission to grade, as plain bytes, so that it can go to any process on any machine.

    data: name of a notebook to its bytes, None where it was not handed in. odd: name to what was odd about the file.
    assignment: pickled, once for all jobs. hidden: folders that no student's process may see.
    """

    student: str
    data: dict[str, bytes | None]
    odd: dict[str, str]
    assignment: bytes
    sandbox: str
    root: Path
    limits: Limits


unpickled = lru_cache(maxsize=4)(pickle.loads)
own = threading.local()
every: list[Warm] = []


def warm_process(sandbox: str, root: Path) -> Warm:
    """The process from which this thread's student processes are forked; it stays for the next submission."""
    mine = own.__dict__
    if (sandbox, root) not in mine:
        mine[sandbox, root] = Warm(sandbox, [root])
        every.append(mine[sandbox, root])
    return mine[sandbox, root]


@atexit.register
def close_warm_processes():
    while every:
        every.pop().close()


def grade_submission(job: Job) -> list[Graded]:
    """All notebooks of a submission. A pure function of the job, but for the questions, which are drawn afresh."""
    assignment, warm, rows = unpickled(job.assignment), warm_process(job.sandbox, job.root), []
    for name, data in job.data.items():
        rebuilt = rebuild(data, assignment.notebooks[name], name)
        if name in job.odd:
            rebuilt.missing = job.odd[name]
            rebuilt.notes.insert(0, job.odd[name])
        graded = grade_rebuilt(name, rebuilt, assignment, warm, job.limits)
        rows.append(replace(graded, notebook=None, text=nbformat.writes(graded.notebook)))
    return rows


def not_graded(job: Job, why: str) -> list[Graded]:
    """What is recorded for a submission that could not be graded at all: zeros with a reason, and a flag."""
    assignment, rows = unpickled(job.assignment), []
    for name, data in job.data.items():
        exercises = {exercise.test_id: exercise for exercise in assignment.in_notebook(name)}
        graded = Graded(
            name,
            rebuild(data, assignment.notebooks[name], name).notebook,
            {key: zero(exercise, NOT_RUN) for key, exercise in exercises.items()},
        )
        fault(graded, exercises, why)
        finish(graded, exercises, "none", 0.0)
        rows.append(replace(graded, notebook=None, text=nbformat.writes(graded.notebook)))
    return rows
