"""The few Linux system calls that Python has no name for, as functions that raise OSError."""

import ctypes
import fcntl
import os
import platform
import socket
import struct

# unshare(2)
NEW_MOUNTS, NEW_GROUPS, NEW_HOSTNAME, NEW_IPC = 0x20000, 0x02000000, 0x04000000, 0x08000000
NEW_USERS, NEW_PROCESSES, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
# mount(2)
NO_SETUID, NO_DEVICES, NO_PROGRAMS, BIND = 2, 4, 8, 0x1000
RECURSIVE, KEPT_PRIVATE = 0x4000, 0x40000
# prctl(2)
DEATH_SIGNAL, DUMPABLE, DROP_BOUND, SUBREAPER, NO_NEW_PRIVILEGES, AMBIENT = 1, 4, 24, 36, 38, 47
CLEAR_ALL = 4
FILTER_CALLS, BY_PROGRAM, INSTRUCTION = 22, 2, 8  # the last: bytes
CAPABILITIES = 41  # how many there are, or may come to be
CAPSET = {"x86_64": 126, "aarch64": 91}  # capset(2), which the C library does not offer
CAPABILITY_VERSION = 0x20080522
SET_FLAGS, UP = 0x8914, 1  # ioctl(2) on a network interface

libc = ctypes.CDLL(None, use_errno=True)


def checked(result: int, what: str) -> int:
    """Raises OSError where a call failed."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags: int):
    """Leave the namespaces that are named; a new process namespace is for the next child."""
    checked(libc.unshare(flags), "unshare")


def enter_namespace(descriptor: int, kind: int):
    """The one that an open file of /proc stands for; one of processes is for the next child."""
    checked(libc.setns(descriptor, kind), "setns")


def mount(kind: str, place: str, flags: int = 0, options: str = ""):
    """A new file system of a kind at a place; kind "" changes the flags of what is there."""
    name = kind.encode() or None
    data = options.encode() or None
    checked(libc.mount(name, place.encode(), name, flags, data), f"mount {kind} {place}")


def show_again(descriptor: int, place: str):
    """What was opened before a mount hid it stands in its place again."""
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(place, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        open(place, "x").close()
    checked(
        libc.mount(source.encode(), place.encode(), None, BIND | RECURSIVE, None), f"bind {place}"
    )


def prctl(option: int, value: int = 0):
    """Change something about this process."""
    checked(libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def filter_calls(program: bytes):
    """A seccomp filter for this process and all it starts, for good."""
    held = ctypes.create_string_buffer(program, len(program))
    told = struct.pack("HxxxxxxP", len(program) // INSTRUCTION, ctypes.addressof(held))
    checked(libc.prctl(FILTER_CALLS, BY_PROGRAM, told, 0, 0), "prctl seccomp")


def drop_capabilities():
    """None is left, and none can be had again."""
    for capability in range(CAPABILITIES):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)  # the kernel may know fewer
    libc.prctl(AMBIENT, CLEAR_ALL, 0, 0, 0)
    head = ctypes.create_string_buffer(struct.pack("Ii", CAPABILITY_VERSION, 0))
    none = ctypes.create_string_buffer(24)
    checked(libc.syscall(CAPSET[platform.machine()], head, none), "capset")


def raise_loopback():
    """The network of this namespace, which reaches nothing but itself."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH22x", b"lo", UP))
