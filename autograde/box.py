"""The box: what keeps a student's process away from everything that is not its own. Linux, standard library only.

`enter` is called in a freshly forked process, before any of the student's code, and tries every protection in turn:
limits on resources; namespaces with a file tree of their own; the user nobody where the grader is root; no
capabilities; a Landlock allow-list of files; a seccomp list of refused system calls. What this machine does not offer is left
out, and the report says what is in force.

This file is loaded by path beside kernel.py and imports nothing of the grader.
"""
import ctypes
import errno
import os
import platform
import resource
import shutil
import signal
import struct
import sys
import tempfile

NOBODY = 65534
WORK = "/work"  # the private folder, inside a file tree of its own
MIB = 1 << 20
LIMITS = {"memory": 2048 * MIB, "cpu": 300, "file": 64 * MIB, "folder": 128 * MIB, "processes": 64, "open files": 256}

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/sys/devices/system/cpu") + tuple(
    f"/etc/{name}" for name in ("ld.so.cache", "localtime", "fonts", "passwd", "group", "nsswitch.conf", "alternatives")
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")

# unshare(2), mount(2), mount_setattr(2), prctl(2)
NEW_MOUNTS, NEW_NAMES, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
READ_ONLY, NO_SUID, NO_DEV, NO_EXEC, BIND, RECURSIVE, PRIVATE = 1, 2, 4, 8, 0x1000, 0x4000, 0x40000
DETACH, EMPTY_PATH_RECURSIVE = 2, 0x8000
PDEATHSIG, SECCOMP, DROP_BOUND, NO_NEW_PRIVILEGES, SUBREAPER = 1, 22, 24, 38, 36

# System call numbers that differ between machines: (x86_64, aarch64).
CALLS = {
    "ptrace": (101, 117), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97), "setns": (308, 268), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "keyctl": (250, 219), "add_key": (248, 217),
    "request_key": (249, 218), "kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273),
    "open_by_handle_at": (304, 265), "socket": (41, 198), "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138),
    "clone": (56, 220), "capset": (126, 91),
}  # fmt: skip
SAME_CALLS = {  # numbers that all machines share
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "clone3": 435, "pidfd_getfd": 438,
    "mount_setattr": 442, "landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446,
}  # fmt: skip
SIGNALS = ("kill", "tkill", "rt_sigqueueinfo", "pidfd_send_signal")  # refused only where the process can see other processes
NOT_REFUSED = {*SIGNALS, "clone", "clone3", "capset", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # column of CALLS, audit number


class Refused(Exception):
    """No sufficient protection on this machine, and the grader was told to require one."""


libc = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def number_of(name):
    """The number of a system call here. Raises OSError on a machine that is not in the table."""
    if sys.platform != "linux" or platform.machine() not in MACHINES:
        raise OSError(errno.ENOSYS, f"no table of system calls for {platform.machine()}")
    return SAME_CALLS[name] if name in SAME_CALLS else CALLS[name][MACHINES[platform.machine()][0]]


def system_call(name, *args):
    longs = [ctypes.c_long(arg) if isinstance(arg, int) else arg for arg in args]
    return checked(libc.syscall(ctypes.c_long(number_of(name)), *longs), name)


def die_with_parent():
    if sys.platform == "linux":
        libc.prctl(PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans():
    """Processes whose parent has died become children of this one, so that it can end them."""
    if sys.platform == "linux":
        libc.prctl(SUBREAPER, 1, 0, 0, 0)


def readable_trees():
    """The folders that Python needs, links among them, without those that lie inside another one."""
    named = [path for path in (*SYSTEM, sys.prefix, sys.base_prefix, *sys.path) if path and os.path.exists(path)]
    paths = list(dict.fromkeys([*named, *(os.path.realpath(path) for path in named)]))
    trees = [path for path in paths if not os.path.islink(path)]
    return [path for path in paths if os.path.islink(path) or not any(inside(path, tree) for tree in trees)]


def inside(path, tree):
    path, tree = os.path.realpath(path), os.path.realpath(tree)
    return path != tree and os.path.commonpath([path, tree]) == tree


def address_space():
    """Bytes of address space that this process uses by now; torch maps much more than it fills."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 16 << 30


def limit_resources(used, own_count):
    """Caps for this process and what it starts; `own_count`: its processes are counted apart from the user's others."""
    caps = {
        resource.RLIMIT_AS: used + LIMITS["memory"], resource.RLIMIT_CPU: LIMITS["cpu"], resource.RLIMIT_FSIZE: LIMITS["file"],
        resource.RLIMIT_NOFILE: LIMITS["open files"], resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NPROC: LIMITS["processes"] if own_count else 4096,
    }  # fmt: skip
    for kind, cap in caps.items():
        hard = resource.getrlimit(kind)[1]
        cap = cap if hard == resource.RLIM_INFINITY else min(cap, hard)
        try:
            resource.setrlimit(kind, (cap, cap))
        except (OSError, ValueError):
            pass  # macOS knows the name of the limit and refuses it


def unshare():
    """New namespaces for mounts, processes, network, messages and host name; a user namespace as well unless root."""
    spaces = NEW_MOUNTS | NEW_PIDS | NEW_NET | NEW_IPC | NEW_NAMES
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0:
        try:
            return checked(libc.unshare(spaces), "unshare")
        except OSError:
            pass  # root of a container, without the capability: as an ordinary user would
    checked(libc.unshare(spaces | NEW_USER), "unshare")
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def mount(source, target, kind=None, flags=0, options=None):
    raw = [text.encode() if text else None for text in (source, target, kind)]
    checked(libc.mount(*raw, ctypes.c_ulong(flags), options.encode() if options else None), f"mount {target}")


def make_read_only(path):
    try:
        attributes = struct.pack("QQQQ", READ_ONLY | NO_SUID, 0, 0, 0)
        system_call("mount_setattr", -100, path.encode(), EMPTY_PATH_RECURSIVE, attributes, len(attributes))
    except OSError:
        pass  # a kernel before 5.12: ownership and Landlock still forbid writing


def own_files(hidden, folder):
    """A file tree that holds Python, the system's libraries and an empty private folder, and nothing else.

    `hidden` are folders to be blanked out where they lie inside one of those. Raises OSError where it is not allowed.
    """
    mount(None, "/", flags=RECURSIVE | PRIVATE)
    root = tempfile.mkdtemp(prefix="work", dir=folder)
    mount("box", root, "tmpfs", NO_SUID | NO_DEV, "size=1m,mode=0755")
    trees = readable_trees()
    for path in (*trees, *DEVICES):
        place = root + path
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.islink(path):
            os.symlink(os.readlink(path), place)
        else:
            os.makedirs(place, exist_ok=True) if os.path.isdir(path) else open(place, "x").close()
            mount(path, place, flags=BIND | RECURSIVE)
    for path in hidden:
        if any(inside(path, tree) for tree in trees if not os.path.islink(tree)) and os.path.isdir(root + path):
            mount("hidden", root + path, "tmpfs", NO_SUID | NO_DEV, "size=4k,mode=0755")
    os.makedirs(root + "/proc")
    try:
        mount("proc", root + "/proc", "proc", NO_SUID | NO_DEV | NO_EXEC)
    except OSError:
        pass  # refused inside some containers: then there is no /proc at all
    os.makedirs(root + WORK)
    make_read_only(root)
    owner, group = (NOBODY, NOBODY) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
    mount("work", root + WORK, "tmpfs", NO_SUID | NO_DEV, f"size={LIMITS['folder']},mode=0700,uid={owner},gid={group}")
    os.chdir(root)
    system_call("pivot_root", b".", b".")
    checked(libc.umount2(b".", DETACH), "umount2")
    os.chdir(WORK)


def become_nobody():
    """Root gives itself up, unless nobody could not read Python then. Returns whether it did."""
    if os.geteuid() != 0:
        return False
    try:
        os.seteuid(NOBODY)
        open(os.__file__).close()
        os.listdir(sys.prefix)
        os.chdir(os.getcwd())
    except OSError:
        return False
    finally:
        os.seteuid(0)
    try:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    except OSError:
        return False
    return True


def drop_capabilities():
    for capability in range(64):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)
    system_call("capset", struct.pack("Ii", 0x20080522, 0), bytes(24))


def landlock(work, own_proc):
    """Files: the allow-list and nothing else; no TCP; no signals and no sockets out of the box. Raises OSError."""
    version = system_call("landlock_create_ruleset", None, 0, 1)
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    rules = struct.pack("QQQ", files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    rules = rules[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = system_call("landlock_create_ruleset", rules, len(rules), 0)
    execute, write, read, listing, truncate, device_control = 1, 2, 4, 8, 1 << 14, 1 << 15
    make_devices = 1 << 6 | 1 << 11
    look = execute | read | listing
    rows = [(path, look) for path in (*readable_trees(), "/proc" if own_proc else "/proc/self", *DEVICES)]
    for path, allowed in (*rows, (work, files & ~make_devices), ("/dev/null", read | write)):
        if not os.path.exists(path):
            continue
        if not os.path.isdir(path):
            allowed &= execute | write | read | truncate | device_control
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        system_call("landlock_add_rule", ruleset, 1, struct.pack("=Qi", allowed & files, handle), 0)
        os.close(handle)
    checked(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")
    system_call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)
    return version


def refuse_calls(others_visible):
    """A seccomp filter: every call of the tables that a notebook has no use for fails with EPERM. Raises OSError."""
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, refuse, no_such_call, end = 0x7FFF0000, 0x50000 | errno.EPERM, 0x50000 | errno.ENOSYS, 0x80000000
    names = [name for name in (*CALLS, *SAME_CALLS) if name not in NOT_REFUSED] + list(SIGNALS if others_visible else ())
    program = [(load, 0, 0, 4), (equal, 1, 0, MACHINES[platform.machine()][1]), (give, 0, 0, end), (load, 0, 0, 0)]
    if platform.machine() == "x86_64":
        program += [(at_least, 0, 1, 0x40000000), (give, 0, 0, refuse)]  # the x32 numbers
    program += [(equal, 0, 1, number_of("clone3")), (give, 0, 0, no_such_call)]  # libc falls back to clone
    for name in names:
        program += [(equal, 0, 1, number_of(name)), (give, 0, 0, refuse)]
    program += [(equal, 0, 3, number_of("clone")), (load, 0, 0, 16), (any_bit, 0, 1, NEW_USER), (give, 0, 0, refuse), (give, 0, 0, allow)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *row) for row in program))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(program), ctypes.addressof(code)))
    checked(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "no_new_privs")
    checked(libc.prctl(SECCOMP, 2, header, 0, 0), "seccomp")


def attempt(step, *args):
    """What `step` returned (True for nothing or 0), or None where this machine does not offer it."""
    try:
        return step(*args) or True
    except (OSError, AttributeError, KeyError):
        return None


def fork_inside(keep):
    """The first process of the new process namespace; the process outside waits for it, and ends as it ended."""
    child = os.fork()
    if child == 0:
        return
    os.close(keep)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else 128 - status)


def enter(mode, hidden, folder, keep):
    """Confine this process for good; the working folder becomes its private one. Returns the protections in force.

    mode "auto" takes what there is, "off" takes only the limits, "required" raises Refused unless files and network are
    shut off. `folder` holds the private folder where there is no file tree of its own. The process that returns
    may be another one than the one that called: `keep` is the open socket that goes over to it.
    """
    die_with_parent()
    used = address_space()
    apart = attempt(unshare) if mode != "off" and sys.platform == "linux" else None
    if apart:
        fork_inside(keep)
        die_with_parent()
    files = apart and attempt(own_files, hidden, folder)
    if not files:
        os.chdir(tempfile.mkdtemp(prefix="work", dir=folder))
        if os.geteuid() == 0 and mode != "off":
            os.chown(".", NOBODY, NOBODY)
    if mode == "off":
        limit_resources(used, False)
        return ["limits on memory, processor time and file size"]
    nobody = become_nobody()
    counted = apart and (os.geteuid() != NOBODY or attempt(lambda: checked(libc.unshare(NEW_USER), "unshare")))
    die_with_parent()
    attempt(drop_capabilities)
    limit_resources(used, bool(counted))
    rules = attempt(landlock, os.getcwd(), bool(apart))
    calls = attempt(refuse_calls, not apart)
    if mode == "required" and not ((files or rules) and calls):
        raise Refused("this machine offers neither namespaces nor Landlock with seccomp")
    return [text for text, there in (
        ("own namespaces (processes, network)", apart), ("a file tree of its own", files), (f"Landlock {rules}", rules),
        ("seccomp", calls), ("the user nobody", nobody), ("limits on memory, processor time, files and processes", True),
    ) if there]  # fmt: skip


def remove(folder):
    """Delete what a notebook left in a private folder that was not a file tree of its own."""
    for entry in os.scandir(folder):
        if entry.is_dir(follow_symlinks=False) and entry.name.startswith("work"):
            shutil.rmtree(entry.path, ignore_errors=True)
