"""One notebook's process: runs its cells and answers the questions about its classes."""

import importlib
import os
import random
import signal
import sys
import tempfile
from pathlib import Path

from . import probe, system, watching
from .cleanup import reap_all
from .limits import confine, make_room
from .respond import respond
from .shell import (
    Interruptible,
    Recorder,
    Stream,
    load_optimizers,
    load_pictures,
    make_shell,
    run_cell,
    warm_up,
)
from .telling import working_folder
from .wire import receive, send

KEPT = ("PATH", "LANG", "MPLBACKEND", "OMP_NUM_THREADS")  # environment variables of a notebook
FOLDERS = ("HOME", "MPLCONFIGDIR", "IPYTHONDIR")  # variables: the working folder
NAMES = ("USER", "LOGNAME")  # variables: a name
TYPING = (  # what waits for a person to type, and where Python has it
    *(("builtins", "input"), ("getpass", "getpass"), ("sys", "breakpointhook")),
    *(("pdb", "set_trace"), ("IPython.core.debugger", "set_trace")),
)
TIMERS = signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF
MORE = {b"o": load_optimizers, b"p": load_pictures}  # what the server loads when it is told to
UNREADABLE = {
    "answers": {"failed": "Your code gave an answer that is not plain numbers."},
    "outputs": [],
    "error": None,
    "status": "ok",
}


def prepare():
    """A shell that is warm, and its recorder: made before the fork where that is possible."""
    recorder = Recorder()
    shell = make_shell(recorder)
    warm_up(shell)
    for place, _ in TYPING:
        importlib.import_module(place)
    watching.in_a_box = sys.platform == "linux"
    sys.addaudithook(watching.audit)
    watching.look_behind()
    return shell, recorder


def serve(wire, box, prepared):
    """In the forked child: cells and questions, until the grader is gone, which raises EOFError."""
    request = receive(wire)
    if sys.platform == "linux":
        system.prctl(system.DEATH_SIGNAL, signal.SIGKILL)
    shell, recorder = prepared or prepare()
    settle(box, request["kit"], request["seed"])
    confine(box.others)
    streams = Stream(recorder, "stdout", 1), Stream(recorder, "stderr", 2)
    sys.stdout, sys.stderr = streams
    refuse_typing()
    send(wire, {"ready": True})
    me = os.getpid()
    while True:
        message = receive(wire)
        if "probe" in message:
            reply = {"possible": probe.attempts(message["probe"], box)}
        elif "ask" in message:
            reply = answer(shell, recorder, message["ask"])
        else:
            reply = run_cell(shell, recorder, streams, message["cell"], message["number"])
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a DataLoader's raises: see Warm.clear
            for timer in TIMERS:  # of an alarm that the cell did not take back
                signal.setitimer(timer, 0)
        if os.getpid() != me:
            os._exit(0)  # a copy of this process that a cell has forked
        ticket = {"ticket": message["ticket"]}
        try:
            send(wire, reply | ticket)
        except (TypeError, ValueError):
            send(wire, UNREADABLE | ticket)


def settle(box, kit, seed):
    """Clean surroundings: the kit in the working folder, which comes first on the path; random
    numbers from `seed`, which a second grading has again."""
    folder = box.work
    os.chdir(folder)
    working_folder.cache_clear()
    working_folder()
    for name, text in kit.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(text.encode("utf-8", "surrogateescape"))  # it may be no text
    sys.path.insert(0, folder)
    sys.argv = [""]
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    os.environ.clear()
    os.environ.update(kept, **dict.fromkeys(FOLDERS, folder), **dict.fromkeys(NAMES, "student"))
    if not box.alone:
        os.environ["TMPDIR"] = folder  # elsewhere /tmp is this notebook's own
    tempfile.tempdir = None  # what the server found is not this process's own
    random.seed(seed)
    sys.modules["torch"].default_generator.manual_seed(seed)  # torch's own asks for every GPU
    sys.modules["numpy"].random.seed(seed % 2**32)


def answer(shell, recorder, questions):
    """The reply to questions, whatever becomes of them."""
    recorder.start(0)
    try:
        make_room()
        reap_all()
        with Interruptible():
            return {"answers": respond(questions, shell.user_ns)}
    except BaseException as error:
        return {"answers": {"failed": f"Your code could not be asked: {in_words(error)}"}}


def in_words(error):
    """One line for whatever was raised, whose text may raise again."""
    try:
        return f"{type(error).__name__}: {str(error)[:300]}".removesuffix(": ")
    except BaseException:
        return type(error).__name__


def refuse_typing():
    """Nobody types while a notebook is graded: an error at the student's own line, at once."""
    for place, name in TYPING:
        called = "breakpoint" if name == "breakpointhook" else name
        setattr(importlib.import_module(place), name, refusal(called))


def refusal(name):
    def refuse(*args, **options):
        raise RuntimeError(f"{name}() is not available while a notebook is graded")

    return refuse
