"""Submissions graded side by side, on any concurrent.futures executor, and none lost to a worker
that dies.
"""

import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from multiprocessing import active_children, get_context, resource_tracker
from multiprocessing.util import Finalize

from ..box.sandbox import Unavailable
from .grade import Graded
from .jobs import Job, close_warm_processes, disturbed, given_up, grade_submission
from .state import grader_digest

ATTEMPTS = 3  # how often a submission is tried whose worker dies
AHEAD = 3  # jobs on their way for each worker; memory must not grow with the class


def local(count: int) -> tuple[Executor, int]:
    """Processes on this machine. Ctrl-C is for this one, from their first moment on."""
    executor = ProcessPoolExecutor(
        count, mp_context=get_context("spawn"), initializer=stay_with, initargs=(os.getpid(),)
    )
    resource_tracker.ensure_running()  # which else would let Ctrl-C through, later on
    return executor, count


@contextmanager
def later_ctrl_c():
    """Ctrl-C waits until the end, in whichever thread of this process the system delivers it, and
    does not reach processes that are started meanwhile."""
    heard = []
    before = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        signal.signal(signal.SIGINT, before)
        if heard:
            raise KeyboardInterrupt


def dask(address: str) -> tuple[Executor, int]:
    """The workers of a Dask cluster; they need this package, and no file of the course. Raises
    Unavailable.
    """
    from distributed import Client

    try:
        client = Client(address)
        client.wait_for_workers(1, timeout=60)
    except (OSError, ValueError) as problem:
        raise Unavailable(
            f"no Dask scheduler with workers answers at {address} ({type(problem).__name__})"
        ) from None
    graders = client.run(grader_digest, on_error="return").values()
    if set(graders) != {grader_digest()}:
        raise Unavailable(
            f"the workers at {address} do not have this version of the package autograde, or "
            "another Python"
        )
    return client.get_executor(), max(1, sum(client.nthreads().values()))


def stay_with(parent: int):
    """In a worker: Ctrl-C is for the main process, and when that is gone, however it went, so is
    this one.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])

    def watch():
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    Finalize(None, close_warm_processes, exitpriority=1)  # workers end without atexit


def graded(
    jobs: Iterator[Job], start: Callable[[], tuple[Executor, int]]
) -> Iterator[tuple[Job, list[Graded]]]:
    """Each job with its graded notebooks, as they come. `start` gives an executor and its width,
    and again where one broke.

    A job whose worker dies is tried again, after all others and alone, so that it takes none of
    them with it; the third time it is recorded as not graded, for a person to look at. One that was
    disturbed is tried a second time, likewise: its neighbours may have used all memory.
    """
    waiting, suspects, attempts = Waiting(jobs), deque(), Counter()
    while waiting or suspects:
        executor, width = start()
        running, broken, stopped = {}, False, False
        try:
            while running or ((waiting or suspects) and not broken):
                while not broken and (
                    (waiting and len(running) < AHEAD * width) or (suspects and not running)
                ):
                    job = waiting.next() if waiting else suspects.popleft()
                    try:
                        with later_ctrl_c():  # it may start another worker
                            running[executor.submit(grade_submission, job)] = job
                    except BrokenExecutor:  # a worker has died since the last answer
                        suspects.append(job)
                        broken = True
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job, problem = running.pop(future), future.exception()
                    attempts[job.student] += 1
                    if problem is None:
                        if attempts[job.student] == 1 and disturbed(future.result()):
                            suspects.append(job)
                        else:
                            yield job, future.result()
                        continue
                    broken |= isinstance(problem, BrokenExecutor)
                    if attempts[job.student] < ATTEMPTS:
                        suspects.append(job)
                    else:
                        yield job, given_up(job, worker_failed(problem))
        except KeyboardInterrupt:  # a worker may be in the middle of a notebook, or of its start
            running.clear()
            stopped = True
            for worker in active_children():
                worker.kill()
            raise
        finally:
            for future in running:
                future.cancel()
            at_rest = not (running or stopped)  # Python's own end waits as well, and may stumble
            executor.shutdown(wait=at_rest)


def worker_failed(problem: BaseException) -> str:
    return f"its worker failed {ATTEMPTS} times ({type(problem).__name__}: {problem})"


class Waiting:
    """Jobs that are made only when there is room for them; true while there is another one."""

    def __init__(self, jobs: Iterator[Job]):
        self.jobs, self.ahead = jobs, next(jobs, None)

    def __bool__(self):
        return self.ahead is not None

    def next(self) -> Job:
        job, self.ahead = self.ahead, next(self.jobs, None)
        return job
