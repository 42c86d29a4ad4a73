"""Tries, in a box and before any student is in it, what no student must be able to do.

`attempts` is what the grader asks for with {"probe": facts}; the answer is {"possible": sentences}.
facts: `secret` (files and folders of the course, the grader and the person who grades), `pid` (the
grader's process), `port` (where it listens on its own machine), `outside` (folders that must not be
written to), `trace` (a name that the first probe leaves behind, and the second looks for), `first`.
Run as a service it lets a server answer without torch in it.
"""

import os
import resource
import socket
import threading
from pathlib import Path

from . import system
from .limits import LIMITS, confine
from .wire import receive, send

SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/run/lock")  # places that are everybody's, elsewhere
MOST_THREADS = 2 * LIMITS["NPROC"]


MORE: dict = {}  # there is nothing more to load


def prepare():
    """Nothing is needed."""


def serve(wire, box, prepared):
    """In the forked child: probes, until the grader is gone, which raises EOFError."""
    receive(wire)
    confine(box.others)
    system.prctl(system.DEATH_SIGNAL, 9)
    send(wire, {"ready": True})
    while True:
        message = receive(wire)
        found = attempts(message["probe"], box)
        send(wire, {"possible": found, "ticket": message["ticket"]})


def attempts(facts, box):
    """Sentences: what can be done in this process and must not be. Empty where the box holds."""
    possible = []
    for attempt, sentence in ATTEMPTS.items():
        try:
            if attempt(facts, box):
                possible.append(sentence)
        except Exception:  # refused, in whatever way
            continue
    return possible


def read_a_secret(facts, box):
    return any(opens(path) for path in facts["secret"])


def opens(path):
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
        return True
    except OSError:
        return False


def write_outside(facts, box):
    return any(writes(Path(folder)) for folder in facts["outside"])


def writes(folder):
    try:
        (folder / "written_by_the_probe").touch()
        return True
    except OSError:
        return False


def find_a_trace(facts, box):
    places = [Path(place, facts["trace"]) for place in (*SHARED, box.work)]
    if not facts["first"]:
        return any(place.exists() for place in places)
    for place in places:
        try:
            place.touch()
        except OSError:
            continue
    return False


def reach_the_network(facts, box):
    with socket.create_connection(("127.0.0.1", facts["port"]), timeout=1):
        return True


def send_a_datagram(facts, box):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("192.0.2.1", 9))  # an address that nobody has
        return True


def reach_the_host(facts, box):
    with socket.socket(40, socket.SOCK_STREAM):  # AF_VSOCK
        return True


def see_the_grader(facts, box):
    return facts["pid"] != os.getpid() and opens(f"/proc/{facts['pid']}/cmdline")


def see_another(facts, box):
    return {int(name) for name in os.listdir("/proc") if name.isdigit()} != {os.getpid()}


def signal_the_grader(facts, box):
    if facts["pid"] == os.getpid():
        return False
    os.kill(facts["pid"], 0)
    return True


def limit_the_grader(facts, box):
    if facts["pid"] == os.getpid():
        return False
    resource.prlimit(facts["pid"], resource.RLIMIT_CORE)
    return True


def become_root(facts, box):
    if os.geteuid() == 0:
        return False  # Landlock's box, without a capability
    os.setuid(0)
    return True


def enter_namespaces(facts, box):
    system.unshare(system.NEW_USERS)
    return True


def mount_something(facts, box):
    system.mount("tmpfs", box.work)
    return True


def hold_a_capability(facts, box):
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").open() if "\t" in line)
    names = ("CapEff", "CapPrm", "CapAmb", *(("CapBnd",) if box.alone else ()))
    held = any(int(status[name], 16) for name in names)
    return held or status["NoNewPrivs"].strip() != "1" or status["Seccomp"].strip() != "2"


def raise_a_limit(facts, box):
    for name, most in LIMITS.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        if name == "NPROC" and box.others:
            continue  # others count with it
        hard = resource.getrlimit(kind)[1]
        if hard == resource.RLIM_INFINITY or hard > most and name not in ("AS", "NPROC"):
            return True
        try:
            resource.setrlimit(kind, (hard, hard + 1))
            return True
        except (OSError, ValueError):
            continue
    return False


def fill_the_disk(facts, box):
    found = os.statvfs(box.work)
    return box.alone and found.f_blocks * found.f_frsize > 1 << 30


def start_too_many(facts, box):
    if box.others:
        return False  # there are more, and the grader counts
    enough, started = threading.Event(), 0
    try:
        while started < MOST_THREADS:
            threading.Thread(target=enough.wait, daemon=True).start()
            started += 1
    finally:
        enough.set()
    return True


ATTEMPTS = {
    read_a_secret: "read the course, the grader or a home folder",
    write_outside: "write outside of its own folder",
    find_a_trace: "find what an earlier notebook has left",
    reach_the_network: "connect to this machine",
    send_a_datagram: "send to the network",
    reach_the_host: "reach the machine that this one runs on",
    see_the_grader: "look at the grader's process",
    see_another: "see other processes",
    signal_the_grader: "signal the grader's process",
    limit_the_grader: "change the grader's limits",
    become_root: "become root",
    enter_namespaces: "make namespaces",
    mount_something: "mount a file system",
    hold_a_capability: "use a privilege",
    raise_a_limit: "exceed its limits",
    fill_the_disk: "fill the disk",
    start_too_many: "start processes without end",
}
