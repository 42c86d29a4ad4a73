"""Our own work ends when its time or its memory is over, in whatever loop it is."""

import re
import resource
import signal
import threading

import pytest

from autograde.box.clock import OWN_BYTES, Overrun, clock


def endless():
    while True:
        pass


def backtracking():
    re.match(r"(a+)+$", "a" * 60 + "b")


@pytest.mark.parametrize("work", [endless, backtracking])
def test_work_that_does_not_end_is_ended(work):
    before = signal.getsignal(signal.SIGALRM)
    with pytest.raises(Overrun), clock(0.2):
        work()
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_work_that_does_not_end_is_ended_in_a_thread_too():
    """As on the worker of a cluster, which runs jobs beside its main thread."""
    said, later = [], []

    def work():
        try:
            with clock(0.2):
                endless()
        except Overrun as problem:
            said.append(str(problem))
        later.append(sum(range(200_000)))  # nothing rings once more

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == ["it took more than 0.2 seconds"] and len(later) == 1


def test_work_that_takes_all_memory_is_ended():
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), clock(60):
        bytearray(OWN_BYTES + (1 << 30))
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_work_in_time_is_left_alone_also_in_a_thread():
    done = []

    def work():
        with clock(600):
            done.append(sum(range(10)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    work()
    assert done == [45, 45]
