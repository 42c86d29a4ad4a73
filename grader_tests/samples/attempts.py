"""What no box may let through, as tables: name -> lines of a cell that try it.

`attempt(what, call, ...)` notes what a call reached: it came back, and not with C's -1. `refused`
notes a system call that failed for another reason than that it is not allowed. `stuffed` says how
many bytes a socket takes that nobody reads. `guarded` puts the lines above a class, so that the
cell stops, and costs marks, where anything was reached.
"""

TRY = """
import ctypes, errno, fcntl, glob, mmap, os, resource, signal, socket, stat, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_long
room = ctypes.create_string_buffer(4096)
numbers = {
    "x86_64": {"keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "kcmp": 312,
               "perf_event_open": 298, "userfaultfd": 323, "io_setup": 206, "kexec_load": 246,
               "open_by_handle_at": 304, "finit_module": 313, "syslog": 103, "pivot_root": 155},
    "aarch64": {"keyctl": 219, "add_key": 217, "request_key": 218, "bpf": 280, "kcmp": 272,
                "perf_event_open": 241, "userfaultfd": 282, "io_setup": 0, "kexec_load": 104,
                "open_by_handle_at": 265, "finit_module": 273, "syslog": 116, "pivot_root": 41},
}[os.uname().machine]
reached, near = [], [1, os.getppid(), *range(max(2, os.getpid() - 40), os.getpid())]


def attempt(what, call, *arguments):
    try:
        result = call(*arguments)
    except (OSError, ValueError, AttributeError, subprocess.SubprocessError):
        return
    if result != -1:
        reached.append(what)


def refused(name, number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *arguments)
    if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.ENOSYS, errno.EACCES):
        reached.append((name, result, ctypes.get_errno()))


def there(place, how="rb"):
    with open(place, how) as file:
        return file.read(1) if how == "rb" else file.write("1")


def stuffed(sending):
    sending.setblocking(False)
    total = 0
    try:
        while True:
            total += sending.send(bytes(1 << 16))
    except BlockingIOError:
        return total


def others(*names):
    for pid in near:
        for name in names:
            place = f"/proc/{pid}/{name}"
            if pid not in (0, os.getpid()):
                look = os.listdir if name in ("fd", "task", "root", "cwd") else there
                attempt(place, look, place)

"""
# What one process could do to another, to the system or to the network.
REFUSED = {
    "shared memory of others, by its number": """
for number in range(64):
    found = libc.shmctl(number, 13, room)
    attempt(("shmctl", number), lambda: found)
    attempt(("shmat", number), libc.shmat, number if found < 0 else found, None, 0)
    attempt(("removed", number), libc.shmctl, number, 0, None)
""",
    "semaphores and messages of others, by their numbers": """
for number in range(64):
    attempt(("semctl", number), libc.semctl, number, 0, 16, room)
    attempt(("msgctl", number), libc.msgctl, number, 2, room)
    attempt(("msgrcv", number), libc.msgrcv, number, room, 100, 0, 0o4000)
""",
    "message queues of others": """
for name in (b"/queue", b"/grader"):
    attempt(name, libc.mq_open, name, 0o102, 0o600, None)
    refused(name, {"x86_64": 241, "aarch64": 181}[os.uname().machine], name)
""",
    "attributes of files, by calls that are new": """
file = os.__file__.encode()
told = struct.pack("QII", ctypes.addressof(room), 4, 0)
refused("setxattrat", 463, -100, file, 0, b"user.mark", told, 16)
refused("removexattrat", 466, -100, file, 0, b"user.mark")
refused("file_setattr", 469, -100, file, room, 32, 0)
""",
    "leases on files that all read": """
for module in list(sys.modules.values())[:200]:
    place = getattr(module, "__file__", None)
    try:
        number = os.open(place, os.O_RDONLY)
    except (OSError, TypeError):
        continue
    for kind in (fcntl.F_RDLCK, fcntl.F_WRLCK):
        attempt(place, fcntl.fcntl, number, fcntl.F_SETLEASE, kind)
    attempt(place, fcntl.fcntl, number, fcntl.F_NOTIFY, 1)
    os.close(number)
""",
    "memory of others, by calls for that": """
here = struct.pack("QQ", ctypes.addressof(room), 8)
for pid in near:
    attempt(("ptrace", pid), libc.ptrace, 16, pid, 0, 0)
    attempt(("seized", pid), libc.ptrace, 0x4206, pid, 0, 0)
    attempt(("read", pid), libc.process_vm_readv, pid, here, 1, here, 1, 0)
    attempt(("written", pid), libc.process_vm_writev, pid, here, 1, here, 1, 0)
""",
    "memory, files and places of others, in /proc": """
others("mem", "maps", "environ", "fd", "cwd", "root", "task", "auxv", "syscall", "stack")
""",
    "open files of others, taken over": """
for pid in near:
    try:
        number = os.pidfd_open(pid)
    except OSError:
        continue
    for theirs in range(10):
        refused("pidfd_getfd", 438, number, theirs, 0)
    os.close(number)
""",
    "signals to others, by descriptors": """
for pid in near:
    try:
        number = os.pidfd_open(pid)
    except OSError:
        continue
    if pid != os.getpid() and not (pid == 1 and os.getpid() == 1):
        attempt(pid, signal.pidfd_send_signal, number, 0)
""",
    "signals to others, in every way": """
mine = {os.getpid(), os.getpgid(0)}
for pid in near:
    if pid > 0 and pid not in mine:
        attempt(("kill", pid), os.kill, pid, 0)
        attempt(("group", pid), os.killpg, pid, 0) if pid > 1 else None
        attempt(("queue", pid), libc.sigqueue, pid, 0, None)
""",
    "limits, order and place of others": """
for pid in near:
    if pid > 0 and pid != os.getpid():
        attempt(("limits", pid), resource.prlimit, pid, resource.RLIMIT_NOFILE)
        attempt(("priority", pid), os.setpriority, os.PRIO_PROCESS, pid, 19)
        attempt(("processor", pid), os.sched_setaffinity, pid, {0})
        attempt(("idle", pid), os.sched_setscheduler, pid, os.SCHED_IDLE, os.sched_param(0))
""",
    "processes compared and freed": """
for pid in near:
    if pid > 0 and pid != os.getpid():
        attempt(pid, libc.syscall, numbers["kcmp"], pid, os.getpid(), 0, 0, 0)
refused("process_madvise", 440, 0, room, 1, 4, 0)
""",
    "keys of the system": """
refused("add_key", numbers["add_key"], b"user", b"mark", b"10", 2, -3)
refused("request_key", numbers["request_key"], b"user", b"mark", None, -3)
refused("keyctl", numbers["keyctl"], 0, -3, 1)
""",
    "programs in the kernel": """
refused("bpf", numbers["bpf"], 0, room, 48)
refused("perf_event_open", numbers["perf_event_open"], room, 0, -1, -1, 0)
refused("userfaultfd", numbers["userfaultfd"], 1)
refused("finit_module", numbers["finit_module"], 0, b"", 0)
refused("kexec_load", numbers["kexec_load"], 0, 0, None, 0)
refused("syslog", numbers["syslog"], 3, room, 100)
""",
    "reads and writes behind the system's back": """
refused("io_uring_setup", 425, 8, room)
refused("io_uring_enter", 426, 0, 0, 0, 0, None, 0)
refused("io_uring_register", 427, 0, 0, None, 0)
refused("io_setup", numbers["io_setup"], 8, room)
""",
    "calls with more in an argument than the kernel looks at": """
wide = lambda value: ctypes.c_long(value | 1 << 32)
prctl, setsockopt, fcntl_ = {"x86_64": (157, 54, 72), "aarch64": (167, 208, 25)}[os.uname().machine]
libc.syscall(prctl, wide(4), 0, 0, 0, 0)
if not libc.prctl(3, 0, 0, 0, 0):
    reached.append("memory out of sight")
one, other = socket.socketpair()
before = one.getsockopt(1, 7)
libc.syscall(setsockopt, one.fileno(), wide(1), wide(7), ctypes.byref(ctypes.c_int(1 << 24)), 4)
if one.getsockopt(1, 7) != before:
    reached.append("memory in sockets")
refused("a lease", fcntl_, os.open(os.__file__, os.O_RDONLY), wide(1024), 0)
""",
    "what others read, watched": """
watching = libc.inotify_init1(0)
for place in (os.__file__, "/usr", "/dev/null"):
    attempt(place, libc.inotify_add_watch, watching, place.encode(), 0x20)
""",
    "a namespace by the newest call": """
asked = ctypes.create_string_buffer(struct.pack("Q", 0x10000000 | 0x20000) + bytes(80), 88)
refused("clone3", 435, asked, 88)
for name in os.listdir("/proc/self/ns"):
    number = os.open(f"/proc/self/ns/{name}", os.O_RDONLY)
    attempt(name, libc.setns, number, 0)
    os.close(number)
""",
    "file systems by the newest calls": """
for name, number in {"open_tree": 428, "move_mount": 429, "fsopen": 430, "fsconfig": 431,
                     "fsmount": 432, "fspick": 433, "mount_setattr": 442}.items():
    refused(name, number, -100, b"/tmp", 1, 0, 0)
refused("pivot_root", numbers["pivot_root"], b"/tmp", b"/tmp")
attempt("bind", libc.mount, b"/usr", b"/tmp", None, 4096, None)
attempt("overlay", libc.mount, b"o", b"/tmp", b"overlay", 0, b"lowerdir=/usr:/lib")
""",
    "files by their handles": """
handle = struct.pack("Ii", 8, 1) + bytes(8)
refused("open_by_handle_at", numbers["open_by_handle_at"], 3, handle, 0)
attempt("name_to_handle_at", libc.name_to_handle_at, -100, b"/usr", room, room, 0)
""",
    "system calls of another kind of program": """
def ends_by_a_signal(run):
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        run()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def of_32_bits():
    area = mmap.mmap(-1, 4096, prot=7)
    area.write(bytes.fromhex("53b814000000cd805bc3"))
    ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()


if os.uname().machine == "x86_64":
    for run in (of_32_bits, lambda: libc.syscall(ctypes.c_long(0x40000000 | 39))):
        if not ends_by_a_signal(run):
            reached.append("it ran")
""",
    "the grader's place for secrets of the kernel": """
for place in ("kcore", "kmem", "sysrq-trigger", "keys", "timer_list", "slabinfo", "vmallocinfo"):
    if place != "keys" or os.path.getsize("/proc/keys"):
        attempt(place, there, f"/proc/{place}")
for place in ("kernel/debug", "kernel/tracing", "kernel/security", "fs/cgroup", "class"):
    attempt(place, os.listdir, f"/sys/{place}")
""",
    "settings of the kernel": """
for place in ("kernel/core_pattern", "kernel/hostname", "vm/drop_caches", "net/ipv4/ip_forward",
              "user/max_user_namespaces", "fs/protected_hardlinks", "kernel/modprobe"):
    attempt(place, there, f"/proc/sys/{place}", "w")
""",
    "settings of its own process": """
for place in ("oom_score_adj", "coredump_filter", "loginuid", "uid_map", "gid_map", "setgroups",
              "projid_map", "attr/current", "autogroup"):
    attempt(place, there, f"/proc/self/{place}", "w")
""",
    "devices": """
for name in ("mem", "kmem", "kmsg", "port", "sda", "vda", "nvme0n1", "kvm", "fuse", "net/tun",
             "loop-control", "mapper/control", "vsock", "vhost-vsock", "vhost-net", "console",
             "tty0", "ttyS0", "input/event0", "dri/card0", "nvidia0", "hpet", "rtc0", "snapshot"):
    for how in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
        attempt(name, os.open, f"/dev/{name}", how | os.O_NONBLOCK)
""",
    "devices made": """
for number in ((1, 1), (8, 0), (254, 0), (259, 0)):
    for kind in (stat.S_IFBLK, stat.S_IFCHR):
        attempt(number, os.mknod, f"device_{number}_{kind}", kind | 0o666, os.makedev(*number))
""",
    "programs that run as root": """
for program in (["su", "-c", "id"], ["sudo", "-n", "id"], ["newgrp", "root"],
                ["unshare", "-r", "id"], ["nsenter", "-t", "1", "-a", "id"], ["chroot", "/", "id"]):
    attempt(program, lambda: subprocess.run(
        program, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=5).returncode)
""",
    "other users and groups": """
others_ids = (1, 2, 65534, os.getuid() + 1) + ((0,) if os.getuid() else ())
for user in others_ids:
    attempt(("user", user), os.setuid, user)
    attempt(("group", user), os.setgid, user)
    attempt(("users", user), os.setresuid, user, user, user)
attempt("groups", os.setgroups, [27])
""",
    "capabilities had back": """
for number in range(41):
    attempt(("ambient", number), libc.prctl, 47, 2, number, 0, 0)
head = struct.pack("Ii", 0x20080522, 0)
call = {"x86_64": 126, "aarch64": 91}[os.uname().machine]
attempt("capset", libc.syscall, call, head, b"\\xff" * 24)
attempt("securebits", libc.prctl, 28, 1, 0, 0, 0)
""",
    "the filter taken off": """
attempt("new privileges", libc.prctl, 38, 0, 0, 0, 0)
attempt("filter off", libc.prctl, 22, 0, 0, 0, 0)
attempt("dumpable", libc.prctl, 4, 0, 0, 0, 0)
told = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)
if told["Seccomp"].strip() != "2" or told["NoNewPrivs"].strip() != "1":
    reached.append("it is off")
""",
    "limits raised": """
for name in dir(resource):
    if name.startswith("RLIMIT_") and name != "RLIMIT_NPROC":
        kind = getattr(resource, name)
        most = resource.getrlimit(kind)[1]
        if most != resource.RLIM_INFINITY:
            attempt(name, resource.setrlimit, kind, (most, most + 1))
            attempt(name, resource.prlimit, 0, kind, (most, resource.RLIM_INFINITY))
""",
    "its own process put first": """
attempt("nice", os.nice, -10)
attempt("fifo", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(50))
attempt("round robin", os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(1))
attempt("disk", libc.syscall, {"x86_64": 251, "aarch64": 30}[os.uname().machine], 1, 0, 1 << 13)
attempt("memory kept", lambda: (libc.mlockall(1), libc.munlockall())[0])
""",
    "the clock and the name of the machine": """
import time

attempt("clock", time.clock_settime, time.CLOCK_REALTIME, 0)
attempt("name", socket.sethostname, "mine")
attempt("domain", libc.setdomainname, b"mine", 4)
attempt("drift", libc.adjtimex, struct.pack("Q", 1) + bytes(200))
attempt("swap", libc.swapon, b"/tmp/swap", 0)
attempt("account", libc.acct, b"/tmp/account")
""",
    "libraries written through memory": """
number = os.open(os.__file__, os.O_RDONLY)
attempt("mapped", mmap.mmap, number, 10, mmap.MAP_SHARED, mmap.PROT_WRITE)
attempt("again", os.open, f"/proc/self/fd/{number}", os.O_RDWR)
attempt("truncated", os.truncate, os.__file__, 0)
attempt("filled", os.posix_fallocate, number, 0, 10)
attempt("written", os.write, number, b"x")
attempt("copied into", lambda: os.copy_file_range(os.open(os.__file__, 0), number, 10))
""",
    "libraries renamed, linked and replaced": """
folder = os.path.dirname(os.__file__)
for place in (os.__file__, folder, "/etc/passwd", "/usr/bin", "/usr/bin/env"):
    attempt(("link", place), os.link, place, "mine")
    attempt(("rename", place), os.rename, place, place + "_")
    attempt(("replace", place), os.replace, place, "mine")
    attempt(("unlink", place), os.unlink, place)
    attempt(("symlink", place), os.symlink, "/tmp", place + "/mine")
    attempt(("folder", place), os.mkdir, place + "/mine")
""",
    "start-up files for who comes next": """
import site

places = [*site.getsitepackages(), *sys.path, sys.prefix, "/etc/ld.so.preload", "/etc/profile.d"]
for place in places:
    for name in ("sitecustomize.py", "mine.pth", "usercustomize.py", "__pycache__/os.pyc"):
        if place != os.getcwd() and not place.startswith("/tmp"):
            attempt((place, name), there, os.path.join(place, name), "w")
""",
    "ways out by links and open folders": """
os.symlink("/etc/shadow", "shadow")
attempt("a link of its own", there, "shadow")
for way in ("../../../../..", "/proc/self/root", "/proc/self/cwd/../..", "/proc/thread-self/root"):
    attempt(way, there, f"{way}/etc/shadow")
    for place in ("home", "srv", "mnt", "var/lib", "var/log", "run", "boot", "oldroot"):
        attempt(way, os.listdir, f"{way}/{place}")
    attempt("a folder that is open", lambda: os.listdir(os.open(f"{way}/home", os.O_PATH)))
""",
    "raw packets and the network's settings": """
for family, kind in ((2, 3), (10, 3), (17, 3), (17, 2)):
    attempt((family, kind), socket.socket, family, kind, 1)
try:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
except OSError:
    made = None
if made:
    for call in (0x8914, 0x8916, 0x891C, 0x8924, 0x8922, 0x890B):
        attempt(hex(call), fcntl.ioctl, made, call, struct.pack("16sH22x", b"lo", 0))
    attempt("mark", made.setsockopt, 1, 36, 7)
    attempt("force", made.setsockopt, 1, 32, 1 << 24)
""",
    "other machines": """
for address in ("10.0.2.2", "169.254.169.254", "172.17.0.1", "192.168.0.1", "8.8.8.8"):
    for port in (53, 80, 443, 22):
        attempt((address, port), lambda: socket.create_connection((address, port), 0.2))
for address in ("::1", "fe80::1%lo", "2001:4860:4860::8888"):
    attempt(address, lambda: socket.create_connection((address, 80), 0.2))
attempt("a name", socket.getaddrinfo, "example.org", 80)
""",
    "sockets without a file": """
names = [line.split()[-1] for line in open("/proc/self/net/unix") if "@" in line]
for name in {*names, "@/tmp/.X11-unix/X0", "@/tmp/dbus", "@grader"}:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        attempt(name, lambda: socket.socket(socket.AF_UNIX, kind).connect("\\0" + name[1:]))
""",
    "ports of this machine": """
for port in [22, 25, 53, 80, 111, 443, 631, 3306, 5432, 6379, 8080, 8786, 8787, 8888, 11211]:
    attempt(port, lambda: socket.create_connection(("127.0.0.1", port), 0.1))
""",
    "what the grader was started with": """
words = " ".join([open("/proc/self/environ", errors="replace").read(), *sys.argv, *os.environ])
for word in ("SUDO", "TOKEN", "PASSWORD", "SECRET", "SSH_", "JUPYTERHUB", "DASK", "KUBERNETES"):
    if word in words.upper():
        reached.append(word)
""",
    "modules of the grader in memory": """
import gc, types

for thing in gc.get_objects():
    if isinstance(thing, types.ModuleType):
        parts = getattr(thing, "__name__", "").split(".")
        if {"judge", "lstm", "exercise", "course"} & set(parts[1:]) and "autograde" in parts[0]:
            reached.append(parts)
""",
}
# Memory and places that no process shows as its own: each must end early by itself.
BOUNDED = {
    "memory in sockets": """
held, total = [], 0
try:
    while True:
        pair = socket.socketpair()
        pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        pair[1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        held.append(pair)
        total += stuffed(pair[0])
except OSError:
    pass
if total > 100 << 20:
    reached.append(total)
del held
""",
    "memory in connections": """
held, total = [], 0
try:
    server = socket.create_server(("127.0.0.1", 0), backlog=100)
    while True:
        held.append(socket.create_connection(server.getsockname()))
        held.append(server.accept()[0])
        total += stuffed(held[-1])
except OSError:
    pass
if total > 100 << 20:
    reached.append(total)
del held
""",
    "memory in pipes": """
held, total = [], 0
try:
    while True:
        held += os.pipe2(os.O_NONBLOCK)
        try:
            fcntl.fcntl(held[-1], 1031, 1 << 20)
        except OSError:
            pass
        try:
            while True:
                total += os.write(held[-1], bytes(1 << 16))
        except BlockingIOError:
            pass
except OSError:
    pass
for number in held:
    os.close(number)
if total > 200 << 20:
    reached.append(total)
""",
    "memory in rules of its own": """
refused("a set of rules", 444, struct.pack("QQQ", 0, 2, 0), 16, 0)
refused("a rule", 445, 3, 2, struct.pack("QQ", 2, 1), 0)
""",
    "terminals": """
held = []
try:
    while len(held) < 200:
        held.append(os.openpty())
except OSError:
    pass
if len(held) >= 100:
    reached.append(len(held))
for one, other in held:
    os.close(one), os.close(other)
""",
    "files without a name": """
held = []
try:
    for number in range(60):
        held.append(open(f"file_{number}", "wb", buffering=0))
        os.unlink(f"file_{number}")
        for _ in range(50):
            held[-1].write(bytes(1 << 20))
except OSError:
    pass
if len(held) > 20:
    reached.append(len(held))
for file in held:
    file.close()
""",
    "names of files without end": """
count = 0
try:
    while count < 60_000:
        open(f"/tmp/{count}", "w").close()
        count += 1
except OSError:
    pass
if count >= 60_000:
    reached.append(count)
""",
    "folders in folders, deeper than a path may be": """
for depth in range(3000):
    os.mkdir("folder")
    os.chdir("folder")
open("file", "w").close()
""",
}
# Each process alone keeps to its limits; together they do not.
TOGETHER = {
    "open files of many processes": """
import os, socket, time
for _ in range(45):
    if os.fork() == 0:
        held = []
        try:
            while True:
                held.append(socket.socketpair())
        except OSError:
            time.sleep(60)
        os._exit(0)
time.sleep(60)
""",
    "memory of many processes, in small mappings": """
import mmap, os, time
for _ in range(12):
    if os.fork() == 0:
        held = []
        for _ in range(450):
            held.append(mmap.mmap(-1, 1 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
            held[-1].write(b"x" * (1 << 20))
        time.sleep(60)
        os._exit(0)
time.sleep(60)
""",
}


def guarded(lines: str, cell: str) -> str:
    """A cell whose class stands below these attempts, and below a line that fails where any of them
    reached something."""
    return f"{TRY}{lines}\nassert not reached, reached\n{cell}"


# ---------------------------------------------------------------- answers
# What a class that computes nothing hands back in place of its states.
ANSWERS = {
    "answers that are not finite": "c / 0, h * float('inf')",
    "answers that are as large as numbers get": "c * 0 + 1.7e308, h * 0 - 1.7e308",
    "the same answers whatever goes in": "c * 0 + 1e30, h * 0 + 1",
    "complex answers": "c * 1j, h * 1j",
    "answers of truth values": "c > 0, h > 0",
    "answers of half a number": "c.half() * 0, h.bfloat16() * 0",
    "answers with no numbers in them": "c[:0], h[:0]",
    "answers of ten dimensions": "(c * 0)[(None,) * 9], (h * 0)[(None,) * 9]",
    "answers that are spread out of one number": "c[:1].expand(10**9), h[:1].expand(10**9)",
    "sparse answers": "(c * 0).to_sparse(), (h * 0).to_sparse()",
    "answers on a device without memory": "c.to('meta'), h.to('meta')",
    "quantized answers": "torch.quantize_per_tensor(c.float(), 1, 0, torch.qint8), h * 0",
    "nested answers": "torch.nested.nested_tensor([c, h]), h * 0",
    "answers in lists in lists": "__import__('functools').reduce(lambda a, _: [a], range(900), c)",
    "an answer that contains itself": "(lambda a: a.append(a) or a)([c, h])",
    "a hundred thousand answers": "[c] * 100_000",
    "answers without an end": "(c for _ in iter(int, 1))",
    "numbers in place of answers": "10**400, float('nan')",
    "text in place of answers": "'\\ud800' * 1000, b'\\xff' * 1000",
    "answers by name": "{'c': c, 'h': h, 'score': 10, 'met': True}",
    "the class in place of answers": "type(self), self",
    "the arguments in place of answers": "x, c",
    "answers that raise when they are looked at": "Sly(), Sly()",
    "answers that say what they are": "Liar(c * 0), Liar(h * 0)",
    "answers that are tensors to some": "c.numpy() * 0, h.tolist()",
    "answers that the process has not computed yet": "torch.jit.fork(lambda: c), h",
    "answers that change after they were given": "later(c), later(h)",
}
SUPPORTING = """

class Sly:
    def __getattribute__(self, name):
        raise KeyboardInterrupt(name)

    def __repr__(self):
        raise SystemExit


class Liar(torch.Tensor):
    shape = property(lambda self: (10**9, -1))
    dtype = property(lambda self: "float64")

    def numel(self):
        return 10**400

    def detach(self):
        return self


def later(state):
    import threading, time

    def change():
        time.sleep(0.001)
        with torch.no_grad():
            state.fill_(1.0)

    state = state.clone()
    threading.Thread(target=change).start()
    return state
"""
