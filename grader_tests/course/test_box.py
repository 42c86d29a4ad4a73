"""The box from outside: what runs in it as at a desk, what cannot be seen from it, and that a box
which does not hold is refused. For root and for an ordinary user, in both boxes, and installed."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from autograde.box import Limits, Warm, probe
from autograde.box.sandbox import Box, Landlock, Unavailable
from autograde.course.account import HandedIn, Taken
from autograde.course.jobs import Job, disturbed, grade_submission
from autograde.course.release import read_release
from grader_tests.samples.attempts import BOUNDED, TRY
from grader_tests.samples.hostile import SEEN
from grader_tests.samples.right_answers import plain_cell
from grader_tests.samples.students import RELEASE, ROOT, filled
from grader_tests.support.hostile_class import open_folder, ordinary_python

RUN = """
import json, sys
from autograde.box import Warm, probe, sandbox
from autograde.box.mounts import files_of
kind, hidden, cells, *modules = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), *sys.argv[4:]
probe.BOXES = tuple(box for box in sandbox.BOXES if box.kind == kind)
with Warm("required", [hidden, *files_of(tuple(modules))]) as warm, warm.student({}) as student:
    results = [student.execute(cell, number) for number, cell in enumerate(cells)]
print(json.dumps([[r.sentence, "".join(o.get("text", "") for o in r.outputs)] for r in results]))
"""
KINDS = ("namespaces", "landlock")


def run(python: list, kind: str, hidden: Path, cells: list[str], *modules: str) -> list:
    """For each cell its error, or None, and what it printed."""
    command = [*python, "-c", RUN, kind, str(hidden), json.dumps(cells), *modules]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["root", "ordinary user"])
def python(request) -> list:
    if request.param == "root":
        if os.geteuid():
            pytest.skip("these tests do not run as root here")
        return [sys.executable]
    return ordinary_python(open_folder())


AT_A_DESK = [
    "import torch\ntorch.set_num_interop_threads(1)",
    "import faulthandler\nfaulthandler.enable()",
    "%autosave 60\n%clear",
    "import os, tempfile\nprint(open(tempfile.mkstemp()[1], 'w').write('abc'))",
    "import getpass\nprint(getpass.getuser())",
    "import subprocess, sys\nsubprocess.run(['echo', 'printed'], stdout=sys.stdout, check=True)",
    "!echo printed",
    "import threading\nt = threading.Thread(target=print, args=('printed',))\nt.start(); t.join()",
    "from concurrent.futures import ThreadPoolExecutor\n"
    "print(list(ThreadPoolExecutor(8).map(abs, [-1])))",
    "import pathlib, shutil\nopen('a', 'w').write('x')\nshutil.copy('a', 'b')\n"
    "shutil.copy2('a', 'c')\n"
    "shutil.copytree('.', 'copy', ignore=lambda *_: ['copy'])\npathlib.Path('a').touch()\n"
    "pathlib.Path('new').touch()\nassert os.path.exists('new')",
    "import asyncio, socket\nawait asyncio.sleep(0.01)\nawait asyncio.to_thread(print)\n"
    "asyncio.new_event_loop().close()\none, other = socket.socketpair()\n"
    "one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 16)\none.sendall(b'x')",
    "import tarfile, zipfile\nwith zipfile.ZipFile('a.zip', 'w') as file:\n    file.write('a')\n"
    "zipfile.ZipFile('a.zip').extractall('from_zip')\nwith tarfile.open('a.tar', 'w') as file:\n"
    "    file.add('a')\ntarfile.open('a.tar').extractall('from_tar')",
    "import numpy, sqlite3\nnumpy.save('a.npy', numpy.ones(3))\n"
    "numpy.memmap('a.map', mode='w+', shape=1000).flush()\n"
    "sqlite3.connect('a.db').execute('create table a(b)')",
    "with tempfile.TemporaryDirectory() as folder:\n    open(f'{folder}/a', 'w').write('x')",
    "done = await asyncio.create_subprocess_exec('echo', stdout=asyncio.subprocess.PIPE)\n"
    "assert (await done.communicate())[0] == b'\\n'",
]
WITH_ITS_OWN_WORLD = [  # what needs a /tmp, a /dev/shm, a network or users of one's own
    "torch.save({}, '/tmp/a.pt')",
    "from multiprocessing.pool import ThreadPool\nprint(ThreadPool(2).map(abs, [-1]))",
    "import multiprocessing\nwith multiprocessing.get_context('fork').Pool(2) as pool:\n"
    "    print(pool.map(abs, [-1]))",
    "from torch.utils.data import DataLoader\n"
    "print(len(list(DataLoader(torch.arange(6), batch_size=2, num_workers=2))))",
    "import pwd\nassert pwd.getpwuid(os.getuid()).pw_name == getpass.getuser()",
    "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n"
    "socket.create_connection(server.getsockname())",
    "subprocess.run([sys.executable, '-c', 'import numpy'], check=True)",
]


@pytest.mark.parametrize("kind", KINDS)
def test_lines_that_run_at_a_desk_run_in_a_box(python, kind, tmp_path):
    cells = AT_A_DESK + (WITH_ITS_OWN_WORLD if kind == "namespaces" else [])
    results = run(python, kind, tmp_path, cells)
    assert not {cell: error for cell, (error, _) in zip(cells, results) if error}
    assert results[5][1] == results[6][1].replace("\r", "") == "printed\n"


SEES = """
import os
found = []
for folder, folders, names in os.walk({root!r}):
    found += [os.path.join(folder, name) for name in names if name.endswith({ending!r})]
readable = []
for path in found:
    try:
        readable.append((path, open(path).read(1)))
    except OSError:
        pass
print(readable)
"""


LEAVES = {  # what a cell does to the folder that the notebook works in
    "another one": "import os\nos.chdir('/')",
    "one that is removed": "import os\nos.mkdir('x')\nos.chdir('x')\nos.rmdir('../x')",
}


@pytest.mark.parametrize("leaves", LEAVES)
def test_errors_are_told_wherever_a_cell_has_gone(leaves):
    """With the student's own line, not that of a library; and a file of theirs that is no Python
    with its own."""
    with Warm() as warm, warm.student({"gates.py": "x = 1\n<<<<<<< HEAD\n"}) as student:
        assert student.execute(LEAVES[leaves]).status == "ok"
        beside = student.execute("import gates")
        assert beside.sentence.endswith(" in gates.py, line 2") and beside.line == 1
        result = student.execute("import numpy\nx = 2\nnumpy.linalg.inv(x)", 1)
    assert result.sentence.startswith("LinAlgError: ") and result.line == 3


@pytest.mark.parametrize("kind", KINDS)
def test_a_course_on_the_path_is_not_seen(python, kind, tmp_path_factory):
    """A configuration puts its course on sys.path, by which Python's libraries are not found."""
    course = tmp_path_factory.mktemp("course")
    (course / "gradebook.db").write_text("marks")
    for folder in (course, *course.parents):
        os.chmod(folder, os.stat(folder).st_mode | 0o011)
    os.chmod(course, 0o755)
    cell = SEES.format(root=str(course), ending=".db")
    ((error, printed),) = run(python, kind, course, [f"import sys\n{cell}"])
    assert error is None and printed == "[]\n"


def install(copy: Path, packages: Path):
    """This project by pip, from a copy, as it was before any tool wrote into its folder."""
    shutil.copytree(ROOT / "autograde", copy / "autograde")
    shutil.copy(ROOT / "pyproject.toml", copy)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--quiet")
    pip = [sys.executable, "-m", "pip", "install", *offline, "--target", packages, copy]
    subprocess.run(pip, check=True, capture_output=True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_installed_grader_is_not_seen_and_its_neighbours_are(kind, tmp_path):
    """From site-packages, where torch's folder is its neighbour's. Nor are exercises of one's own
    that are installed there, in whatever form Python keeps them."""
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    packages = next((environment / "lib").glob("python*")) / "site-packages"
    install(tmp_path / "source", packages)
    (packages / "neighbour.py").write_text("value = 7\n")
    (packages / "rules_of_mine.py").write_text("EXERCISES = {}\n")
    (packages / "rules").mkdir()
    (packages / "rules" / "of_mine.py").write_text("EXERCISES = {}\n")
    installed = [environment / "bin" / "python"]
    subprocess.run([*installed, "-c", "import rules_of_mine, rules.of_mine"], check=True)
    beside = [place for place in sys.path if place.endswith("packages") and Path(place).is_dir()]
    (packages / "others.pth").write_text("\n".join(beside) + "\n")
    cells = [
        "import neighbour, torch\nprint(neighbour.value)",
        "import autograde",
        SEES.format(root=str(packages / "autograde"), ending="recurrence.py"),
        SEES.format(
            root=str(packages), ending=("mine.py", f"mine.{sys.implementation.cache_tag}.pyc")
        ),
    ]
    modules = ("rules_of_mine", "rules.of_mine")
    results = run(installed, kind, tmp_path / "course", cells, *modules)
    assert results[0] == [None, "7\n"]
    assert results[1][0] == "ModuleNotFoundError: No module named 'autograde'"
    assert "lstm" not in results[2][1] and "judge" not in results[2][1]
    assert results[3] == [None, "[]\n"]


class Leaky(Box):
    """Says that it is a box, and is none."""

    name = "leaky"


class Careless(Landlock):
    """Shows a course to everybody."""

    name = "careless"

    def settings(self, folder, hidden):
        told = super().settings(folder, hidden)
        return told | {"readable": [*told["readable"], *hidden]}


@pytest.mark.parametrize(
    "box, could", [(Leaky(), "connect to this machine"), (Careless(), "read the course")]
)
def test_a_box_that_does_not_hold_is_refused(box, could, tmp_path, monkeypatch):
    (tmp_path / "gradebook.db").write_text("marks")
    monkeypatch.setattr(probe, "BOXES", (box,))
    with Warm("required", [tmp_path]) as warm, pytest.raises(Unavailable) as refused:
        _ = warm.protections
    assert could in str(refused.value) and "--sandbox=off" in str(refused.value)
    with Warm("required", [tmp_path]) as warm, warm.student() as student:
        with pytest.raises(Unavailable, match=could):
            student.ready()


def test_a_server_that_dies_over_its_probe_is_said_to_be_unavailable():
    with Warm("required") as warm, warm.student() as student:
        student.execute("1")
        warm.server.process.kill()
        warm.server.process.wait()
        with pytest.raises(Unavailable):
            probe.demand(warm.server)


def test_nothing_is_left_of_a_notebook_for_the_next_one():
    plant = (
        "import fcntl, os, time\nfcntl.fcntl(0, fcntl.F_SETFL, os.O_APPEND)\n"
        "for place in ('.', '/tmp', '/var/tmp', '/dev/shm'):\n"
        "    try:\n        open(f'{place}/left', 'w').write('x')\n"
        "    except OSError:\n        pass\n"
        "if os.fork() == 0:\n    os.setsid()\n    time.sleep(600)\n    os._exit(0)"
    )
    look = (
        "import fcntl, os\nprint([place for place in ('.', '/tmp', '/var/tmp', '/dev/shm')\n"
        "       if os.path.exists(f'{place}/left')],\n"
        "      len([n for n in os.listdir('/proc') if n.isdigit()]), os.getcwd(), os.getpid(),\n"
        "      [fcntl.fcntl(number, fcntl.F_GETFL) for number in (0, 1, 2)])"
    )
    seen = []
    with Warm("required", []) as warm:
        for _ in range(2):
            with warm.student({}) as student:
                seen.append(student.execute(look).outputs[0]["text"])
                assert student.execute(plant).status == "ok"
    assert seen[0] == seen[1] and seen[0].startswith("[] 1 ")


def job_of(cells: dict[str, str], course: Path) -> Job:
    """The first notebook, with these cells filled in, and nothing else."""
    assignment = read_release(RELEASE, "lstm", "autograde.lstm")
    work = nbformat.writes(filled("01_basic_lstm", cells)).encode()
    handed_in = HandedIn("ada", {"01_basic_lstm": Taken(work)}, {}, None)
    return Job(handed_in, pickle.dumps(assignment), "required", course, (), Limits(), b"")


@pytest.mark.parametrize("hidden", [True, False])
def test_where_it_could_not_be_seen_what_ran_a_notebook_is_tried_once_more(hidden, tmp_path):
    """Somebody else's work may have hidden it."""
    source = SEEN["in another thread"][1]
    called = (
        source
        if hidden
        else source.replace(
            "pool.submit(torch.lstm_cell, *given).result()", "torch.lstm_cell(*given)"
        )
    )
    graded = grade_submission(job_of({"LSTMCell": called}, tmp_path))
    assert disturbed(graded) == hidden and len(graded[0].flags) == 1


def test_what_forward_imports_does_not_end_the_watch(tmp_path):
    """Some functions of PyTorch's load a compiler when they are first used, by a million calls."""
    source = plain_cell().replace("def forward(self", "def step(self") + (
        "\n    def forward(self, x, c, h):\n"
        "        return checkpoint(self.step, x, c, h, use_reentrant=False)\n\n\n"
        "from torch.utils.checkpoint import checkpoint\n"
    )
    (graded,) = grade_submission(job_of({"LSTMCell": source}, tmp_path))
    assert not graded.flags and graded.verdicts["test_LSTMCell"].score == 9


def test_a_worker_without_a_box_grades_nobody_and_says_so(monkeypatch, tmp_path):
    """Wherever a job comes to: what is required is required there."""
    monkeypatch.setattr(probe, "BOXES", ())
    probe.choose.cache_clear()
    (graded,) = grade_submission(job_of({}, tmp_path))
    assert disturbed([graded]) and not any(verdict.score for verdict in graded.verdicts.values())
    assert "no box holds on this machine" in " ".join(graded.flags)
    assert graded.protection.startswith("no box")
    probe.choose.cache_clear()


LEFT_BEHIND = {  # what one that stands alone with Landlock has to measure from outside
    "files without a name": BOUNDED["files without a name"],
    "folders too deep for a path": BOUNDED["folders in folders, deeper than a path may be"],
    "files without a name, that are only mapped": """
held = []
for number in range(12):
    file = open(f"file_{number}", "w+b")
    os.unlink(file.name)
    file.truncate(60 << 20)
    held.append(mmap.mmap(file.fileno(), 4096))
    file.close()
""",
}
WHILE_WATCHED = "\nimport time\ntime.sleep(30)\n"


@pytest.mark.parametrize("kind", LEFT_BEHIND)
def test_what_landlock_lets_a_notebook_write_is_measured_and_removed(kind, monkeypatch):
    monkeypatch.setattr(probe, "BOXES", (Landlock(),))
    with Warm("required", ["/nowhere"]) as warm:
        with warm.student({}) as student:
            result = student.execute(TRY + LEFT_BEHIND[kind] + WHILE_WATCHED)
            assert result.sentence.endswith("your code wrote too much into its folder")
        folder = warm.server.folder
        with warm.student({}) as student:
            assert student.execute("import os\nassert not os.listdir('.')").status == "ok"
    assert not folder.exists()


NAMED = {  # line of a notebook, and what is loaded before its process is forked
    "nn.Linear(1, 1)": [],
    "torch.optim.Adam": ["torch._dynamo"],
    "plt.plot([0, 1])": ["matplotlib.pyplot"],
}


@pytest.mark.parametrize("line", NAMED)
def test_what_takes_long_is_loaded_where_a_notebook_names_it(line):
    with Warm() as warm:
        warm.need([line])
        with warm.student() as student:
            look = "import sys\nprint(*{'torch._dynamo', 'matplotlib.pyplot'} & {*sys.modules})"
            ran = student.execute(look)
    assert ran.error is None and ran.outputs[0]["text"].split() == NAMED[line]


def test_what_a_process_waits_for_a_processor_does_not_count():
    """Beside busy neighbours a right answer takes much longer, by no fault of its own."""
    work = "import time\nwhile time.process_time() < {}:\n    pass\nprint('done')"
    allowed, before, busy = Limits(cell=2, waits=20), os.sched_getaffinity(0), []
    os.sched_setaffinity(0, {min(before)})  # the server, what it forks and the neighbours: one
    try:
        with Warm() as warm, warm.student(limits=allowed) as student:
            student.ready()
            busy += [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in "1234"]
            began = time.monotonic()
            result = student.execute(work.format(1))
            took, spent = time.monotonic() - began, student.spent
            endless = student.execute(work.format(1000))
    finally:
        os.sched_setaffinity(0, before)
        for process in busy:
            process.kill()
            process.wait()
    assert result.status == "ok" and spent < min(2, took), (result, spent, took)
    assert endless.status == "timeout"
