"""`python -m grader_tests.evidence.hostile_page`: every hostile submission under our grader and
under plain nbgrader, as a page.

Plain nbgrader runs each submission between two honest ones in a course of its own, in a container
of its own, since nothing else would protect this machine from it. Needs root (for the container's
user), bubblewrap, and about a quarter of an hour.
"""

import argparse
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry

from autograde.box.sandbox import bubblewrap
from autograde.course.second import SAMPLE
from grader_tests.evidence.plain import make_plain_course
from grader_tests.samples.hostile import HOSTILE, NOTEBOOK, Hostile, hand_in_hostile
from grader_tests.samples.students import hand_in, solutions
from grader_tests.support.courses import nbgrader
from grader_tests.support.hostile_class import (
    HALVES,
    HONEST,
    USER,
    make_class,
    marks,
    ordinary_python,
    students,
)

PAGE = Path(__file__).resolve().parent / "HOSTILE.md"
SECONDS = 120  # for three notebooks under plain nbgrader; a run that takes longer is stopped
PLAIN = "c.Execute.timeout = 8\n"
WANTS = {  # group of submissions -> what they want
    "course": "to read or change the course, other students' work, or the machine's files",
    "box": "to reach what is beside, above and below a notebook's process",
    "resources": "to use up time, memory, processes, files or output",
    "death": "to end, by chance or on purpose, what they run in",
    "notebook": "to mislead by the form of a notebook, or by what lies beside it",
    "answers": "to hand back something that no answer is",
    "deceit": "to be marked as right without computing what is right",
    "text": "to have their text read as code, markup or control characters",
}
NOT_PREVENTED = {  # what -> what is done instead
    "Answers come from the process that the student's code runs in: who computes right numbers in "
    "another way than asked, and hides that inside of the class itself, gets the marks; so does "
    "who copies the text or the code of somebody else's, a library's or another student's.": "What "
    "runs of PyTorch's own or in another library's Python is seen; a notebook that mentions more "
    f"than a class needs, and one in {SAMPLE} of all others, is looked at again in a fresh process "
    "from its definitions alone, and a difference goes to a person.",
    "A notebook keeps processors busy for as long as its limits allow.": "It costs others time, "
    "and no mark.",
    "Two notebooks that run at once can notice each other: by how busy the machine is, and by "
    "locks on files that both may only read.": "Nothing else is shared that one could write and "
    "the other read.",
    "A hole in the kernel.": "Calls that a notebook has no use for are refused, and all that are "
    "younger than the list.",
    "Where Landlock stands alone, names of files can be asked for, and a folder may grow for a "
    "moment before it is measured.": "The run says so.",
}


def ours(folder: Path) -> tuple[dict[str, tuple[float, bool]], str]:
    """name -> (mark for notebook 01, whether every other notebook of the class has its mark) under
    `nbgrader autograde` with our configuration; and the protection that the run said was in
    force."""
    honest = {"01_basic_lstm": 10, "02_stacking": 8, "03_coupled_gates": 6, "04_peepholes": 4}
    mine = {}
    for half in HALVES:
        make_class(folder / half, half)
        done = nbgrader(folder / half, "autograde", "lstm")
        found = marks(folder / half)
        kept = done.returncode in (0, 1) and all(found[name] == honest for name in HONEST)
        mine |= {
            hostile.name: (
                found[name][NOTEBOOK],
                kept and found[name]["02_stacking"] == 8 * hostile.beside,
            )
            for name, hostile in students(half).items()
        }
        protection = re.search(r"Protection in force: (.*)", done.stdout + done.stderr)[1]
    return mine, protection


def plain(hostile: Hostile, base: Path, folder: Path, python: list) -> tuple[float | None, str]:
    """(mark or None, what became of the neighbours and of the run) under plain nbgrader."""
    shutil.copytree(base, folder)
    for name in ("aa_honest", "zz_honest"):
        hand_in(folder / "submitted" / name / "lstm", solutions())
        for path in (folder / "submitted" / name / "lstm").glob("0[234]*.ipynb"):
            path.unlink()
    hand_in_hostile(folder / "submitted" / "mm_hostile" / "lstm", hostile)
    (folder / "submitted" / "mm_hostile" / "lstm" / "02_stacking.ipynb").unlink(missing_ok=True)
    subprocess.run(["chown", "-R", "-h", f"{USER}:{USER}", folder], check=True)
    *user, interpreter = python
    container = [
        bubblewrap(),
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--die-with-parent",
        "--ro-bind",
        "/",
        "/",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        str(1 << 30),
        "--perms",
        "1777",
        "--tmpfs",
        "/tmp",
        "--perms",
        "0755",
        "--dir",
        base.parents[1],
        "--perms",
        "0755",
        "--dir",
        folder.parent,
        "--ro-bind",
        python[-1].parents[1],
        python[-1].parents[1],
        "--bind",
        folder,
        folder,
        "--tmpfs",
        f"/home/{USER}",
        "--chdir",
        folder,
    ]
    command = [
        *container,
        "prlimit",
        "--nproc=300",
        "--fsize=2000000000",
        *user,
        f"HOME={folder}",
        "OMP_NUM_THREADS=1",
        f"PATH={Path(sys.executable).parent}:/usr/bin:/bin",
        interpreter,
        "-m",
        "nbgrader",
        "autograde",
        "lstm",
    ]
    try:
        code = subprocess.run(command, capture_output=True, timeout=SECONDS).returncode
    except subprocess.TimeoutExpired:
        code = None
    return read_plain(folder, code)


def read_plain(folder: Path, code: int | None) -> tuple[float | None, str]:
    ends = "the run never ends" if code is None else "the run stops with an error" if code else ""
    try:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
            found = {
                name: mark(gradebook, name) for name in ("aa_honest", "mm_hostile", "zz_honest")
            }
    except Exception:
        return None, "the gradebook is gone"
    lost = [name for name in ("aa_honest", "zz_honest") if found[name] != 10]
    return found["mm_hostile"], "; ".join(
        filter(None, [f"{len(lost)} of 2 neighbours lose their mark" if lost else "", ends])
    )


def mark(gradebook: Gradebook, name: str) -> float | None:
    try:
        notebook = gradebook.find_submission_notebook(NOTEBOOK, "lstm", name)
    except MissingEntry:
        return None
    return None if any(grade.needs_manual_grade for grade in notebook.grades) else notebook.score


@dataclass(frozen=True)
class Seen:
    """What came of one submission: its mark with us and whether all others kept theirs; and its
    mark under plain nbgrader (None: none) and what became of the others there."""

    hostile: Hostile
    ours: float
    others_kept: bool
    plain: float | None
    harm: str

    @property
    def as_deserved(self) -> bool:
        return self.ours == self.hostile.deserves and self.others_kept


def page(seen: list[Seen], protection: str) -> str:
    wrong = sum(one.ours != one.hostile.deserves for one in seen)
    cost = sum(not one.others_kept for one in seen)
    more = sum((one.plain or 0) > one.hostile.deserves for one in seen)
    less = sum(one.plain is None or one.plain < one.hostile.deserves for one in seen)
    theirs = f"{more + less} ({more} more, {less} less or none)"
    harmed = sum(bool(one.harm) for one in seen)
    text = f"""# Hostile, broken and unlucky submissions

Made by `python -m grader_tests.evidence.hostile_page`, which grades each of the {len(seen)}
submissions of `hostile.py` with our configuration, and with plain nbgrader (the same questions and
the same judge inside the student's kernel, no box), in one run. The tests grade each as root with
our own command or as an ordinary user with `nbgrader autograde`, some in both ways; those that
want to reach the course, and one in six of those that want what is around a box, also where
Landlock stands alone.

Ours ran here as {pwd.getpwuid(os.geteuid()).pw_name}, protected by {protection}.

| | ours | plain nbgrader |
| --- | --- | --- |
| submissions with another mark than they deserve | {wrong} | {theirs} |
| submissions that cost others their marks, or the run its end | {cost} | {harmed} |

Marks are for notebook 01, out of 10. A dash: no mark, or 'needs manual grading' for ever.

"""
    text += "## What is not prevented\n\n| what | what is done instead |\n| --- | --- |\n"
    text += "".join(f"| {what} | {instead} |\n" for what, instead in NOT_PREVENTED.items()) + "\n"
    for group, wants in WANTS.items():
        text += f"## They want {wants}\n\n" + table([o for o in seen if o.hostile.group == group])
    bad = [one.hostile.name for one in seen if not one.as_deserved]
    return text + (f"Not as deserved: {', '.join(bad)}\n" if bad else "")


def table(seen: list[Seen]) -> str:
    text = (
        "| submission | deserves | ours | plain nbgrader | what plain nbgrader does to the others "
        "|\n| --- | --- | --- | --- | --- |\n"
    )
    for one in seen:
        plain = "–" if one.plain is None else f"{one.plain:g}"
        flagged = " (flagged)" if one.hostile.noted else ""
        hostile = one.hostile
        text += (
            f"| {hostile.name} | {hostile.deserves:g}{flagged} | {one.ours:g} | {plain} "
            f"| {one.harm} |\n"
        )
    return text + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hostile") as name:
        folder = Path(name)
        mine, protection = ours(folder / "ours")
        python = ordinary_python(folder)
        make_plain_course(folder / "base" / "course", (NOTEBOOK,), PLAIN)
        with ThreadPoolExecutor(2) as pool:
            theirs = list(
                pool.map(
                    lambda pair: plain(
                        pair[1],
                        folder / "base" / "course",
                        folder / "plain" / f"{pair[0]:03}",
                        python,
                    ),
                    enumerate(HOSTILE),
                )
            )
    seen = [Seen(hostile, *mine[hostile.name], *others) for hostile, others in zip(HOSTILE, theirs)]
    options.page.write_text(page(seen, protection), encoding="utf-8")
    print(page(seen, protection).partition("## ")[0])
    sys.exit(not all(one.as_deserved for one in seen))


if __name__ == "__main__":
    main()
