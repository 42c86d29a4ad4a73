"""Whole submissions as jobs that can go to any process on any machine: plain bytes in, graded
notebooks out.
"""

import atexit
import pickle
import threading
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import nbformat

from ..box.mounts import files_of
from ..box.notebook import Limits
from ..box.sandbox import Unavailable
from ..box.warm import Warm
from .account import HandedIn, Taken
from .chance import chance
from .grade import Graded, described, grade_rebuilt, not_graded
from .rebuild import rebuild
from .release import Assignment


@dataclass(frozen=True)
class Job:
    """A submission to grade, as plain bytes, so that it can go to any process on any machine.

    assignment: pickled, once for all jobs. root, modules: the course's folder, and the modules of
    its exercises, wherever they are installed: no student's process may see them. secret: of the
    course, from which questions are drawn.
    """

    submission: HandedIn
    assignment: bytes
    sandbox: str
    root: Path
    modules: tuple[str, ...]
    limits: Limits
    secret: bytes

    @property
    def student(self) -> str:
        return self.submission.student


unpickled = lru_cache(maxsize=4)(pickle.loads)
own = threading.local()
every: list[Warm] = []


def warm_process(sandbox: str, root: Path, modules: tuple[str, ...]) -> Warm:
    """The process from which this thread's student processes are forked; it stays for the next
    submission.
    """
    mine, key = own.__dict__, (sandbox, root, modules)
    if key not in mine:
        mine[key] = Warm(sandbox, [root, *files_of(modules)])
        every.append(mine[key])
    return mine[key]


@atexit.register
def close_warm_processes():
    while every:
        every.pop().close()


def grade_submission(job: Job) -> list[Graded]:
    """All notebooks of a submission. A pure function of the job, as far as the student's code is.
    Whatever one of them raises stays with it; raises Unavailable.
    """
    assignment = unpickled(job.assignment)
    warm = warm_process(job.sandbox, job.root, job.modules)
    graded = []
    for name, taken in job.submission.notebooks.items():
        try:
            rebuilt, own = rebuild(taken, assignment.notebooks[name]), job.submission.own
            drawn = chance(job.secret, [cell.source for cell in rebuilt.notebook.cells])
            result = grade_rebuilt(name, rebuilt, own, assignment, warm, drawn, job.limits)
            result = as_text(result)
        except Unavailable:
            raise
        except Exception as problem:
            result = given_up_on(name, assignment, described(problem))
        graded.append(result)
    return graded


def disturbed(graded: list[Graded]) -> bool:
    """Whether a submission is worth another try."""
    return any(result.disturbed for result in graded)


def given_up(job: Job, why: str) -> list[Graded]:
    """What is recorded for a submission that could not be graded at all."""
    assignment = unpickled(job.assignment)
    return [given_up_on(name, assignment, why) for name in job.submission.notebooks]


def given_up_on(name: str, assignment: Assignment, why: str) -> Graded:
    return as_text(not_graded(name, rebuild(Taken(), assignment.notebooks[name]), assignment, why))


def as_text(graded: Graded) -> Graded:
    """Ready to travel."""
    return replace(graded, notebook=None, text=nbformat.writes(graded.notebook))
