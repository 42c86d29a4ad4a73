"""The watch over a student's processes counts what each of them holds, and nothing else."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from autograde.box.watch import living, memory, open_files

HOLDS = """
import sys, threading, time
block = bytearray(200 << 20)
files = [open("/dev/null") for _ in range(50)]
threading.Thread(target=time.sleep, args=(600,)).start()
print("ready", flush=True)
"""
LEADER_ENDS = HOLDS + "import ctypes\nctypes.CDLL(None).pthread_exit(None)\n"
WAITS = HOLDS + "time.sleep(600)\n"

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows threads so")


def started(code: str) -> subprocess.Popen:
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


@linux
@pytest.mark.parametrize("code", [WAITS, LEADER_ENDS], ids=["all threads", "the first has ended"])
def test_what_a_process_holds_is_seen_whichever_of_its_threads_has_ended(code):
    with started(code) as process:
        seen = psutil.Process(process.pid)
        while code == LEADER_ENDS and seen.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        found = living([seen])
        held = memory(found, 0), sum(map(open_files, found))
        process.kill()
    assert held[0] > 200 << 20 and held[1] >= 50


@linux
def test_a_process_that_has_ended_holds_nothing_however_long_nobody_asks_for_it():
    """64 of those, in a box on a busy machine, were once taken for 64 that hide their files."""
    process = started(WAITS)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # all of its threads have ended
    try:
        assert living([psutil.Process(process.pid)]) == []
    finally:
        process.wait()
        process.stdout.close()
