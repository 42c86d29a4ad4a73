"""System calls that a notebook has no use for, and which fail in a box (seccomp, by libseccomp)."""

import errno
import os
from functools import lru_cache

from . import system

try:
    import pyseccomp as seccomp
except (ImportError, OSError, RuntimeError):
    seccomp = None  # or the library libseccomp beneath it is missing

NEVER = (
    "unshare setns mount umount2 pivot_root chroot open_tree move_mount fsopen fsmount fsconfig "
    "fspick mount_setattr ptrace process_vm_readv process_vm_writev process_madvise pidfd_getfd "
    "bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load kexec_file_load "
    "init_module finit_module delete_module open_by_handle_at name_to_handle_at "
    "io_uring_setup io_uring_enter io_uring_register io_setup io_submit mq_open mq_unlink "
    "shmget shmat shmctl msgget msgsnd msgrcv msgctl semget semop semtimedop semctl "
    "landlock_create_ruleset landlock_add_rule inotify_add_watch "
    "syslog reboot swapon swapoff settimeofday "
    "clock_settime clock_adjtime adjtimex acct quotactl fanotify_init iopl ioperm lookup_dcookie "
    "memfd_create memfd_secret vhangup nfsservctl sethostname setdomainname"
).split()
UNKNOWN = range(463, 512)  # numbers of calls that are younger than this list, on every machine
INT = 0xFFFFFFFF  # what the kernel looks at of an argument that is an int, whatever is above
WITH = (  # calls that are refused with this value of an argument: name, place, value
    ("fcntl", 1, 1024),  # F_SETLEASE: whoever opens the file must wait
    ("fcntl", 1, 1026),  # F_NOTIFY
    ("prctl", 0, system.DUMPABLE),  # the grader counts what it can look into
)
SEND_BUFFER, RECEIVE_BUFFER = 7, 8  # options of a socket: memory that no process shows
SPACES = (0x80, 0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000)
FAMILIES = (0, 1, 2, 10, 16)  # of sockets: none, local, internet, netlink
KIND, ADDRESSED = 0xF, (2, 5)  # of sockets: those that can send to an address later
ITSELF = {  # calls about a process: the argument that says which, where 0 is the caller
    "prlimit64": 0,
    "sched_setaffinity": 0,
    "sched_setscheduler": 0,
    "sched_setparam": 0,
    "sched_setattr": 0,
    "setpriority": 1,
    "ioprio_set": 1,
    "migrate_pages": 0,
    "move_pages": 0,
    "get_robust_list": 0,
    "kcmp": 0,
    "process_mrelease": 0,
}
OF_ONE = {"setpriority": 0, "ioprio_set": 1}  # the argument that means a process, and no user
MARKS = (  # who owns a file, who may read it: as if done, where not only files of the notebook
    # could be meant; Landlock does not look after these
    "chmod fchmod fchmodat fchmodat2 chown fchown lchown fchownat setxattr lsetxattr fsetxattr "
    "setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr"
).split()
TIMES = {  # likewise; but "now", for which an argument is 0, may ask whether a file is there
    "utime": 1,
    "utimes": 1,
    "utimensat": 2,
    "futimesat": 2,
}
# Refused where others can be reached by them, and where open files would be out of sight
OUTWARD = "socket connect bind listen sendmsg sendmmsg".split()


def refuse(outside: bool):
    """From here on these calls fail. `outside`: other processes can be named from in here.

    Raises OSError where the kernel does not do it.
    """
    system.prctl(system.NO_NEW_PRIVILEGES, 1)
    system.filter_calls(program(outside))


@lru_cache
def program(outside: bool) -> bytes:
    """The filter as the kernel takes it: made once, before all forks. Raises OSError where it
    cannot be made."""
    if seccomp is None:
        raise OSError("pyseccomp, or libseccomp beneath it, cannot be loaded")
    rules = seccomp.SyscallFilter(seccomp.ALLOW)

    def add(name, *conditions, error=errno.EPERM):
        try:
            rules.add_rule(seccomp.ERRNO(error), name, *conditions)
        except OSError:
            pass  # a call that this system does not know

    for name in NEVER:
        add(name)
    for number in UNKNOWN:
        add(number, error=errno.ENOSYS)
    for name, place, value in WITH:
        add(name, equal(place, value))
    for option in (SEND_BUFFER, RECEIVE_BUFFER):  # as if done: the system need not do all of it
        add("setsockopt", equal(1, 1), equal(2, option), error=0)
    for flag in SPACES:
        add("clone", seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag))
    add("clone3", error=errno.ENOSYS)  # the C library falls back to clone
    for family in set(range(max(FAMILIES))) - set(FAMILIES):
        add("socket", seccomp.Arg(0, seccomp.EQ, family), error=errno.EAFNOSUPPORT)
    add("socket", seccomp.Arg(0, seccomp.GT, max(FAMILIES)), error=errno.EAFNOSUPPORT)
    if outside:
        for name in OUTWARD:
            add(name)
        for kind in ADDRESSED:
            add("socketpair", seccomp.Arg(1, seccomp.MASKED_EQ, KIND, kind))
        for name in MARKS:
            add(name, error=0)
        for name, place in TIMES.items():
            add(name, seccomp.Arg(place, seccomp.EQ, 0))
            add(name, seccomp.Arg(place, seccomp.NE, 0), error=0)
        for name, one in OF_ONE.items():
            add(name, seccomp.Arg(0, seccomp.NE, one))
        for name, place in ITSELF.items():
            add(name, seccomp.Arg(place, seccomp.NE, 0))
    with open(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def equal(place: int, value: int):
    """That the argument at this place, an int, is this value."""
    return seccomp.Arg(place, seccomp.MASKED_EQ, INT, value)
