"""The IPython shell that a student's cells run in, and what becomes of what they show."""

import ast
import contextlib
import fcntl
import io
import os
import signal
import subprocess
import tempfile
import traceback

from . import protocol
from .telling import working_folder

HIDES = "_enable_record_function", "_toggle_collection_dynamic"  # code from the profiler
DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom)


class Recorder:
    """What one cell shows, as nbformat outputs, up to a size."""

    def __init__(self):
        self.start(0)

    def start(self, number):
        """Forget what was shown; from here on it belongs to cell `number`."""
        self.outputs, self.number = [], number
        self.text_left, self.pictures_left = protocol.CELL_TEXT, protocol.CELL_PICTURES

    def stream(self, name, text):
        """Keep printed text, until there is too much of it."""
        if self.text_left <= 0:
            return
        kept = text[: self.text_left]
        self.text_left -= len(kept)
        if self.text_left <= 0:
            kept += "\n... output cut off here: too long ...\n"
        if self.outputs and self.outputs[-1].get("name") == name:
            self.outputs[-1]["text"] += kept
        elif len(self.outputs) < protocol.CELL_OUTPUTS:
            self.outputs.append({"output_type": "stream", "name": name, "text": kept})

    def show(self, kind, data):
        """Keep a displayed value: `data` is its forms by mime type."""
        kept = {
            mime: value
            for mime, value in data.items()
            if mime in protocol.SHOWN and isinstance(value, str)
        }
        self.pictures_left -= sum(len(value) for value in kept.values())
        if kept and self.pictures_left > 0 and len(self.outputs) < protocol.CELL_OUTPUTS:
            count = {"execution_count": self.number} if kind == "execute_result" else {}
            self.outputs.append({"output_type": kind, "data": kept, "metadata": {}, **count})


class Stream(io.TextIOBase):
    """sys.stdout or sys.stderr of the student's code, and the file descriptor of that name, which
    programs that a cell starts write to."""

    encoding, errors = "UTF-8", "replace"

    def __init__(self, recorder, name, number):
        self.recorder, self.name, self.number = recorder, name, number
        self.file = tempfile.TemporaryFile(buffering=0)
        fcntl.fcntl(self.file, fcntl.F_SETFL, os.O_APPEND)
        os.dup2(self.file.fileno(), number)

    def fileno(self):
        return self.number

    def collect(self):
        """Hand over what came through the file descriptor since the last time."""
        size = os.fstat(self.file.fileno()).st_size
        if size:
            data = os.pread(self.file.fileno(), min(size, protocol.CELL_TEXT * 4), 0)
            self.file.truncate(0)
            self.recorder.stream(self.name, data.decode(errors="replace"))

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self.recorder.stream(self.name, text)
        return len(text)


# Of a notebook's own front end: there is nothing to be done, and nothing wrong with asking.
HARMLESS = (
    "autosave",
    "clear",
    "cls",
    "connect_info",
    "qtconsole",
    "subshell",
    "less",
    "more",
    "man",
)


def make_shell(recorder):
    """An IPython shell that hands its outputs to the recorder; no history file, no thread."""
    from IPython.core.compilerop import CachingCompiler
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Compiler(CachingCompiler):
        def get_code_name(self, raw_code, transformed_code, number):
            return cell_file(recorder.number)

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

        def _format_exception_for_storage(self, *args, **options):
            """Nobody reads IPython's own record of errors; to write it may take half a minute."""
            return {}

        def ask_exit(self):
            """`exit` in a cell does not end the notebook."""

        def system(self, cmd):
            """`!command`, without a terminal: not every box has one."""
            command = self.var_expand(cmd, depth=1)
            done = subprocess.run(
                command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            print(done.stdout.decode(errors="replace"), end="")
            self.user_ns["_exit_code"] = done.returncode

        def enable_gui(self, gui=None):
            """`%matplotlib` asks for a window system's event loop: there is none."""

    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    for name in HARMLESS:
        shell.register_magic_function(lambda line: None, magic_name=name)
    shell.db = {}  # what `%cd` remembers, in place of files in the server's folder
    return shell


def cell_file(number):
    """What tracebacks call cell `number`."""
    return f"<cell {number}>"


def warm_up(shell):
    """Import and run what notebooks will need, so that the forked children find it done."""
    import numpy.random  # noqa: F401
    import torch

    torch.set_num_threads(1)
    with contextlib.suppress(ImportError):
        from tqdm import tqdm

        tqdm.monitor_interval = 0  # a thread of its own would be taken for a student's
    for place in (torch.autograd, torch._C._autograd, torch.autograd.profiler):
        for name in HIDES:
            vars(place).pop(name, None)
    model = torch.nn.Linear(2, 2)
    torch.nn.functional.mse_loss(model(torch.zeros(1, 2)), torch.ones(1, 2)).backward()
    repr((model, torch.ones(2)))
    for cell in (
        "def f(): assert False\nf()",
        "1 +",
        "print(1); 1",
        "exit()",
        "del f",
    ):
        describe(run(shell, cell), 0)
    shell.execution_count = 1


def load_optimizers():
    """Make one, so that the children forked from now on find all that it imports: a compiler, for
    instance, which takes a second."""
    import torch

    torch.optim.Adam(torch.nn.Linear(2, 2).parameters())


def load_pictures():
    """Draw one, so that the children forked from now on find what that takes: its fonts, for
    instance, which are looked for once."""
    import matplotlib.pyplot as plt
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    plt.figure().gca().plot([0, 1])
    describe(run(shell, "%matplotlib inline"), 0)
    plt.close("all")
    shell.execution_count = 1


def run(shell, source):
    """Run one cell; returns the exception that ended it, or None."""
    try:
        result = shell.run_cell(source, store_history=True)
        return result.error_before_exec or result.error_in_exec
    except BaseException as error:  # an interrupt between two lines of IPython's own
        return error


class Interruptible:
    """Ctrl-C reaches the student's code, and nothing else of this process."""

    def __enter__(self):
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *error):
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def run_cell(shell, recorder, streams, source, number):
    """Run cell `number`: its outputs, its error or None, and a status, as plain data."""
    recorder.start(number)
    try:
        with Interruptible():
            error = run(shell, source)
    except KeyboardInterrupt as interrupt:
        error = interrupt
    for stream in streams:
        stream.collect()
    described = describe(error, number)
    if described and described["line"]:
        define_what_is_left(shell, source, number, described["line"])
    status = "error" if described else "ok"
    return {"outputs": recorder.outputs, "error": described, "status": status}


def define_what_is_left(shell, source, number, line):
    """Run the definitions and imports of a cell that stopped at this line, below it: a class is
    there although something above it failed."""
    try:
        tree = ast.parse(shell.transform_cell(source), cell_file(number))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in tree.body:
        if isinstance(node, DEFINITIONS) and node.lineno > line:
            code = compile(ast.Module([node], []), cell_file(number), "exec")
            with contextlib.suppress(Exception), Interruptible():
                exec(code, shell.user_ns)


def describe(error, number):
    """An exception as an nbformat output, with the frames of the student's own code, and its line
    in cell `number`. None for None."""
    if error is None:
        return None
    frames = own_frames(error)
    text = rendered(error) or plain_traceback(error, frames)
    return {
        "ename": type(error).__name__,
        "evalue": message_of(error)[: protocol.ERROR_TEXT],
        "traceback": text[: protocol.TRACEBACK_LINES],
        "line": line_of(error, frames, cell_file(number)),
    }


def own_frames(error):
    """The frames of a traceback that lie in the student's cells or files."""
    return [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(("<cell ", working_folder() + os.sep))
    ]


def line_of(error, frames, file):
    """The line of the cell called `file` where the error came up, or None."""
    lines = [frame.lineno for frame in frames if frame.filename == file]
    if isinstance(error, SyntaxError) and error.filename == file:
        lines.append(error.lineno)
    return lines[-1] if lines else None


def message_of(error):
    """The text of an exception, whose class may be the student's own; of a file of theirs that is
    no Python, with its place: the line of the cell that imports it may be right."""
    try:
        if not isinstance(error, SyntaxError):
            return str(error)
        folder, file = working_folder() + os.sep, error.filename or ""
        beside = file.startswith(folder)
        where = f" in {file.removeprefix(folder)}, line {error.lineno}" if beside else ""
        return f"{error.msg}{where}"
    except Exception:
        return ""


def rendered(error):
    """The lines that an exception's own way of showing itself gives, or None where it has none."""
    try:
        return [str(line) for line in error._render_traceback_()]
    except Exception:
        return None


def plain_traceback(error, frames):
    """The lines of a traceback of the student's own frames."""
    head = ["Traceback (most recent call last):\n"] if frames else []
    text = "".join(
        [
            *head,
            *traceback.format_list(frames[-10:]),
            *traceback.format_exception_only(type(error), error),
        ]
    )
    return text[: protocol.TRACEBACK_TEXT].rstrip().split("\n")
