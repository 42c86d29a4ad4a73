"""The student's side of the process boundary: `python -I kernel.py`, started in a box by process.py.

This process loads torch and the rest once, then forks a child for every notebook. The child runs cells in an IPython
shell and answers questions through respond.py. Nothing here imports the grader, and nothing here decides.

Commands on the control socket (stdin), one byte each: `s` with an open socket starts a child that is served through that
socket; `i` interrupts it; `c` ends whatever it has started; `e` ends it (a moment is left to it to end by itself); `k` ends it at once. Messages are JSON
after a length of 4 bytes. BOX_FOLDER is where children may write, BOX_ALONE says that all visible processes are ours.
"""

import builtins
import ctypes
import gc
import io
import json
import os
import random
import resource
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
import traceback
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent
FOLDER, ALONE = os.environ.get("BOX_FOLDER", ""), os.environ.get("BOX_ALONE") == "1"
USERS = 1000  # user ids of a server, one after the other for its notebooks
FIRST_USER = (
    1_000_000_000 + USERS * random.randrange(3_000_000)
)  # where this process is root; servers side by side have ids apart, as processes are counted by user
CELL_TEXT = 100_000  # characters of output kept for one cell
CELL_IMAGES = 2_000_000
SHOWN = ("text/plain", "text/latex", "image/png", "image/jpeg")  # nothing that a browser would run
MIB = 1 << 20
LIMITS = {
    "AS": 2048 * MIB,
    "CPU": 300,
    "FSIZE": 64 * MIB,
    "NOFILE": 256,
    "NPROC": 64,
    "CORE": 0,
}  # of a notebook's process; the box has those of all together
FOR_ANSWERS = 32  # processes more for our own questions, where a notebook has used up its own
DUMPABLE, DEATH_SIGNAL, SUBREAPER = 4, 1, 36  # prctl(2)


def respond_code():
    """respond.py, compiled before anything of a student's runs."""
    path = HERE / "respond.py"
    return compile(path.read_text(encoding="utf-8"), str(path), "exec")


def load(code):
    """A module made from `code`, without making the grader importable."""
    module = types.ModuleType(Path(code.co_filename).stem)
    module.__file__ = code.co_filename
    exec(code, module.__dict__)
    return module


def prctl(option, value):
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def send(wire, message):
    data = json.dumps(message).encode()
    wire.sendall(struct.pack("!I", len(data)) + data)


def receive(wire):
    """The next message. Raises EOFError when the grader is gone."""

    def exactly(count):
        data = b""
        while len(data) < count:
            part = wire.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    return json.loads(exactly(struct.unpack("!I", exactly(4))[0]))


def hide_the_grader():
    """Nothing of the grader can be imported from here on, however it was installed."""
    sys.path[:] = [path for path in sys.path if Path(path).resolve() != PACKAGE.parent]
    sys.meta_path[:] = [
        finder
        for finder in sys.meta_path
        if "editable" not in f"{finder!r}{getattr(finder, '__module__', '')}"
    ]
    sys.path_importer_cache.clear()

    class Refuse:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.partition(".")[0] == PACKAGE.name:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    sys.meta_path.insert(0, Refuse)


# ---------------------------------------------------------------- the shell and what it shows
class Recorder:
    """What one cell shows, as nbformat outputs, up to a size."""

    def __init__(self):
        self.start(0)

    def start(self, number):
        self.outputs, self.text, self.images, self.number = [], CELL_TEXT, CELL_IMAGES, number

    def stream(self, name, text):
        if self.text <= 0:
            return
        kept = text[: self.text]
        self.text -= len(kept)
        if self.text <= 0:
            kept += "\n... output cut off here: too long ...\n"
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += kept
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": kept})

    def show(self, kind, data):
        kept = {
            mime: value for mime, value in data.items() if mime in SHOWN and isinstance(value, str)
        }
        self.images -= sum(len(value) for value in kept.values())
        if kept and self.images > 0:
            count = {"execution_count": self.number} if kind == "execute_result" else {}
            self.outputs.append({"output_type": kind, "data": kept, "metadata": {}, **count})


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code."""

    encoding, errors = "UTF-8", "replace"

    def __init__(self, recorder, name):
        self.recorder, self.name = recorder, name

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.recorder.stream(self.name, text)
        return len(text)


def make_shell(recorder):
    """An IPython shell that hands its outputs to the recorder; no history file, no thread."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Compiler(CachingCompiler):
        def get_code_name(self, raw_code, transformed_code, number):
            return f"<cell {recorder.number}>"

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            recorder.show("execute_result", format_dict)

        def finish_displayhook(self):
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **options):
            recorder.show("display_data", data)

        def clear_output(self, wait=False):
            recorder.outputs.clear()

    class Shell(InteractiveShell):
        displayhook_class, display_pub_class, compiler_class = Hook, Publisher, Compiler

        def showtraceback(self, *args, **options):
            """Errors are described by `describe`, from the result of the cell."""

        showsyntaxerror = showtraceback

        def ask_exit(self):
            """`exit` in a cell does not end the notebook."""

        def enable_gui(self, gui=None):
            """`%matplotlib` asks for a window system's event loop: there is none."""

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    shell.db = {}  # what `%cd` remembers, in place of files in the server's folder
    return shell


def warm_up(shell):
    """Import and run what notebooks will need, so that the forked children find it done."""
    import matplotlib.pyplot as plt
    import numpy  # noqa: F401
    import torch

    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    model = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(model.parameters())
    torch.nn.functional.mse_loss(model(torch.zeros(1, 2)), torch.ones(1, 2)).backward()
    optimizer.step()
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.use_deterministic_algorithms(False)
    repr((model, torch.ones(2)))
    plt.figure().gca().plot([0, 1])
    for cell in (
        "%matplotlib inline",
        "def f(): assert False\nf()",
        "1 +",
        "print(1); 1",
        "exit()",
        "del f",
    ):
        describe(run(shell, cell), 0)
    plt.close("all")
    shell.execution_count = 1


def run(shell, source):
    """Run one cell; returns the exception that ended it, or None."""
    try:
        result = shell.run_cell(source, store_history=True)
        return result.error_before_exec or result.error_in_exec
    except BaseException as error:  # an interrupt between two lines of IPython's own
        return error


def describe(error, number):
    """An exception as an nbformat output, with the frames of the student's own code, and its line in cell `number`."""
    if error is None:
        return None
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(("<cell ", os.getcwd()))
    ]
    lines = [frame.lineno for frame in frames if frame.filename == f"<cell {number}>"]
    if isinstance(error, SyntaxError) and error.filename == f"<cell {number}>":
        lines.append(error.lineno)
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        message = ""
    try:
        text = [str(line) for line in error._render_traceback_()]
    except Exception:
        text = (
            ["Traceback (most recent call last):\n", *traceback.format_list(frames[-10:])]
            if frames
            else []
        )
        text = (
            "".join([*text, *traceback.format_exception_only(type(error), error)])[:20_000]
            .rstrip()
            .split("\n")
        )
    return {
        "ename": type(error).__name__,
        "evalue": message[:2000],
        "traceback": text[:200],
        "line": lines[-1] if lines else None,
    }


class Interruptible:
    """Ctrl-C reaches the student's code, and nothing else of this process."""

    def __enter__(self):
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *error):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_cell(shell, recorder, source, number):
    recorder.start(number)
    try:
        with Interruptible():
            error = run(shell, source)
    except KeyboardInterrupt as interrupt:
        error = interrupt
    row = describe(error, number)
    return {"outputs": recorder.outputs, "error": row, "status": "error" if row else "ok"}


def reap_all():
    """Children that have ended count as processes until somebody asks for them."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def answer(shell, recorder, respond, questions):
    recorder.start(0)
    try:
        most = resource.getrlimit(resource.RLIMIT_NPROC)[1]
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))
        reap_all()
        with Interruptible():
            return {"answers": respond(questions, shell.user_ns)}
    except KeyboardInterrupt:
        return {"answers": {"failed": "Your class did not answer in time."}, "interrupted": True}
    except BaseException as error:
        return {
            "answers": {
                "failed": f"Your class could not be asked: {type(error).__name__}: {str(error)[:300]}"
            }
        }


# ---------------------------------------------------------------- one notebook's process
def settle(folder, kit):
    """Clean surroundings: the kit in the working folder, which comes first on the path; fresh random numbers."""
    os.chdir(folder)
    for name, text in kit.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    sys.path.insert(0, folder)
    sys.argv = [""]
    kept = {
        name: os.environ[name]
        for name in ("PATH", "LANG", "MPLBACKEND", "OMP_NUM_THREADS")
        if name in os.environ
    }
    os.environ.clear()
    os.environ.update(kept, HOME=folder, TMPDIR=folder, MPLCONFIGDIR=folder, IPYTHONDIR=folder)
    tempfile.tempdir = None  # what the server found is not this process's own
    random.seed()
    sys.modules["torch"].seed()
    sys.modules["numpy"].random.seed()


def confine():
    """What a child must not exceed. Address space counts from what is mapped already: torch maps much more than it fills."""
    used = 0
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    for name, cap in LIMITS.items():
        kind, cap = getattr(resource, f"RLIMIT_{name}"), cap + used if name == "AS" else cap
        hard = resource.getrlimit(kind)[1]
        cap = cap if hard == resource.RLIM_INFINITY else min(cap, hard)
        try:
            if name != "NPROC" or ALONE:  # elsewhere the user's other processes would count
                resource.setrlimit(
                    kind,
                    (
                        cap,
                        cap + FOR_ANSWERS
                        if name == "NPROC" and hard == resource.RLIM_INFINITY
                        else cap,
                    ),
                )
        except (OSError, ValueError):
            pass  # macOS knows some names and refuses them


def refuse_input(*args, **options):
    raise RuntimeError("input() is not available while a notebook is graded")


def serve_student(wire, prepared, folder):
    """In the forked child: cells and questions until the grader hangs up. Does not return."""
    request = receive(wire)
    shell, recorder, respond = prepared or prepare()
    settle(folder, request["kit"])
    confine()
    sys.stdout, sys.stderr = Stream(recorder, "stdout"), Stream(recorder, "stderr")
    builtins.input = refuse_input
    send(wire, {"ready": True})
    me = os.getpid()
    while True:
        message = receive(wire)
        if "ask" in message:
            reply = answer(shell, recorder, respond, message["ask"])
        else:
            reply = run_cell(shell, recorder, message["cell"], message["number"])
        if os.getpid() != me:
            os._exit(0)  # a copy of this process that a cell has forked
        try:
            send(wire, reply)
        except (TypeError, ValueError):
            send(
                wire,
                {
                    "answers": {"failed": "Your class gave an answer that is not plain numbers."},
                    "outputs": [],
                    "error": None,
                    "status": "ok",
                },
            )


def prepare():
    """Shell, recorder and the function that answers questions."""
    recorder, respond = Recorder(), load(RESPOND).respond
    shell = make_shell(recorder)
    warm_up(shell)
    return shell, recorder, respond


# ---------------------------------------------------------------- the process that forks
def start(control, wire, prepared, folder, user):
    """Fork a child for one notebook, with a folder of its own; returns its process id."""
    os.mkdir(folder, 0o700)
    if user:
        os.chown(folder, user, user)
    child = os.fork()
    if child:
        wire.close()
        return child
    try:
        control.close()
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if user:
            os.setgroups([])
            os.setresgid(user, user, user)
            os.setresuid(user, user, user)
        prctl(DEATH_SIGNAL, signal.SIGKILL)
        prctl(DUMPABLE, 1)
        serve_student(wire, prepared, folder)
    except EOFError:
        os._exit(0)
    finally:
        os._exit(1)


def end(child, patience):
    """End the child and everything that it started. Returns how the child ended by itself, or None if it did not."""
    status, deadline = None, time.monotonic() + patience
    while status is None and time.monotonic() < deadline:
        pid, raw = os.waitpid(child, os.WNOHANG)
        status = os.waitstatus_to_exitcode(raw) if pid else time.sleep(0.002)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        kill_all([-1] if ALONE else [*([child] if status is None else []), *strays(None)])
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            break
        time.sleep(0.001)
    return status


def clear(child):
    """End what the child has started: more than once, since a process may fork while it is looked for."""
    for _ in range(200):
        left = [pid for pid in strays(child) if lives(pid)]
        if not left:
            return
        kill_all(left)
        reap(left)
        time.sleep(0.005)


def lives(pid):
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def reap(pids):
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            pass


def strays(child):
    """Processes that students' code has started, but for the child itself."""
    try:
        if ALONE:
            found = {int(name) for name in os.listdir("/proc") if name.isdigit()} - {1, os.getpid()}
        else:
            found = {
                int(text)
                for text in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            }
    except OSError:
        return []
    return [pid for pid in found if pid != child]


def kill_all(pids):
    for pid in pids:
        for kill in (os.kill, os.killpg) if pid > 0 else (os.kill,):
            try:
                kill(pid, signal.SIGKILL)
            except OSError:
                pass


def remove(folder):
    """Delete a notebook's folder, whatever rights it gave its files."""

    def unlock(function, path, problem):
        for place in (os.path.dirname(path), path):
            try:
                os.chmod(place, 0o700)
            except OSError:
                pass
        try:
            function(path)
        except OSError:
            pass

    shutil.rmtree(folder, onerror=unlock)


def threads():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 1


def main(cold):
    control = socket.socket(fileno=os.dup(0))
    quiet = os.open(os.devnull, os.O_RDWR)
    os.dup2(quiet, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(SUBREAPER, 1)
    hide_the_grader()
    prctl(DUMPABLE, 0)  # a child cannot look into this process
    prepared = None if cold else prepare()
    if threads() != 1:
        sys.exit("a second thread exists, so that forking would not be safe")
    gc.collect()
    gc.freeze()
    send(control, {"ready": True})
    child, count, folder, usual = None, 0, "", set(os.listdir(FOLDER))
    while True:
        command, descriptors, *_ = socket.recv_fds(control, 1, 1)
        if command == b"s":
            count += 1
            folder = os.path.join(FOLDER, str(count))
            child = start(
                control,
                socket.socket(fileno=descriptors[0]),
                prepared,
                folder,
                FIRST_USER + count % USERS if os.geteuid() == 0 and ALONE else 0,
            )
            send(control, {"started": True})
        elif command == b"i":
            os.killpg(child, signal.SIGINT)
        elif command == b"c":
            clear(child)
            send(control, {"cleared": True})
        else:
            status = end(child, 0.5 if command == b"e" else 0) if child else None
            if folder:
                remove(folder)
            if not command:
                return
            send(control, {"ended": status, "clean": set(os.listdir(FOLDER)) <= usual})
            child, folder = None, ""


RESPOND = respond_code()
if __name__ == "__main__":
    main("--cold" in sys.argv)
    os._exit(0)
