"""`python -m grader_tests.evidence.benchmark`: what grading costs, side by side in one run: plain
nbgrader, nbgrader with our configuration, our command.

Plain nbgrader runs the same questions and the same judge inside the student's kernel, without a
box. It takes so long that it grades a part of the class in every round; costs are then compared for
one submission. Ratios are of one round; the table shows the median round and the spread. Needs a
machine that does nothing else, and half an hour; with `--growth 10 100 1000 10000`, an hour and a
half.
"""

import argparse
import contextlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nbformat
import psutil

from autograde.box.notebook import Student
from autograde.course import autograded, grade, jobs, marking, running, verbs
from grader_tests.evidence.plain import ENVIRONMENT, make_plain_course
from grader_tests.samples.mistakes import code, named
from grader_tests.samples.right_answers import HEAD, right_answers
from grader_tests.samples.students import EXERCISES, NOTEBOOKS, ROOT, hand_in, solutions
from grader_tests.support.courses import make_course
from grader_tests.support.ledger import marks

PAGE = Path(__file__).resolve().parent / "BENCHMARK.md"
OURS, NBGRADER = ("-m", "autograde", "grade", "lstm"), ("-m", "nbgrader", "autograde", "lstm")
WAYS = {  # what to run, and on how many submissions
    "plain": (NBGRADER, "few"),
    "few": (OURS, "few"),
    "nbgrader": (NBGRADER, "some"),
    "limit": (("-m", "grader_tests.evidence.bare"), "some"),
    "all": (OURS, "all"),
}
WORDS = {
    "plain": "plain nbgrader",
    "few": "our command",
    "nbgrader": "`nbgrader autograde` with our configuration",
    "limit": "the limit",
    "all": "our command",
}


# ---------------------------------------------------------------- the class
def submissions(count: int) -> dict[str, dict[str, str]]:
    """student -> grade_id -> text: right answers in many hands, every fourth cell with a mistake in
    it, some left as they were given out. None defines the class of another cell once more: there
    plain nbgrader, which judges each class at its check, and ours differ."""
    chance, own = random.Random(1), solutions()
    right = {
        name: [
            HEAD + source
            for cls, _, source in right_answers()
            if cls == name and stands_alone(name, source)
        ]
        for name in EXERCISES
    }
    seen_in_source = {
        "runs",
        "own",
    }  # criteria for which plain nbgrader's tests would need the source of another cell
    wrong = {
        name: [
            HEAD + code(name, mistake)
            for mistake in named(name)
            if not mistake.loses & seen_in_source and stands_alone(name, code(name, mistake))
        ]
        for name in EXERCISES
    }
    students = {}
    for number in range(count):
        cells = dict(own)
        for name in EXERCISES:
            if right[name] and chance.random() < 0.95:
                cells[name] = chance.choice(wrong[name] if chance.random() < 0.25 else right[name])
            elif right[name]:
                del cells[name]
        students[f"student_{number:05}"] = cells
    return students


def stands_alone(name: str, source: str) -> bool:
    return not any(f"class {other}(" in source for other in EXERCISES if other != name)


def fresh(base: Path, course: Path, students: dict[str, dict[str, str]]) -> Path:
    """A copy of the course `base` with these submissions, nothing graded."""
    shutil.rmtree(course, ignore_errors=True)
    shutil.copytree(base, course)
    for student, cells in students.items():
        hand_in(course / "submitted" / student / "lstm", cells)
    return course


# ---------------------------------------------------------------- what a command costs
@dataclass
class Cost:
    """Seconds of wall and of CPU (of the whole machine), and the most memory: of all its processes
    together, and of the main one (bytes)."""

    wall: float
    cpu: float
    memory: int
    main_memory: int
    count: int

    @property
    def wall_each(self) -> float:
        return self.wall / self.count

    @property
    def cpu_each(self) -> float:
        return self.cpu / self.count


def measure(words, course: Path, count: int, **options) -> Cost:
    """CPU is what the whole machine has computed meanwhile: boxed processes end as nobody's, or as
    somebody's, and would be counted never, or twice, among those of the command."""
    began, before, seen = time.monotonic(), computed(), Seen()
    run = subprocess.Popen(
        [sys.executable, *words],
        cwd=course,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )
    watch = threading.Thread(target=seen.follow, args=(run,), daemon=True)
    watch.start()
    run.wait()
    wall, cpu = time.monotonic() - began, computed() - before
    watch.join()
    if run.returncode not in (0, 1):
        sys.exit(f"{' '.join(map(str, words))} ended with {run.returncode}")
    return Cost(wall, cpu, seen.memory, seen.main_memory, count)


def computed() -> float:
    """Seconds that this machine's processors have worked."""
    times = psutil.cpu_times()
    return times.user + times.nice + times.system


class Seen:
    """The most memory of a command's processes while it runs (proportional, so that what a fork
    shares counts once)."""

    def __init__(self):
        self.memory, self.main_memory = 0, 0

    def follow(self, run: subprocess.Popen):
        while run.returncode is None:
            with contextlib.suppress(psutil.Error):
                main = psutil.Process(run.pid)
                processes = [main, *main.children(recursive=True)]
                self.main_memory = max(self.main_memory, main.memory_info().rss)
                self.memory = max(self.memory, sum(map(pss, processes)))
            time.sleep(2)  # looking takes processor time from who works on all processors


def pss(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except psutil.Error:
        return 0


# ---------------------------------------------------------------- side by side
def compare(
    base: Path, plain: Path, folder: Path, class_: dict, rounds: int, few: int, some: int
) -> dict[str, list[Cost]]:
    """Each round: plain nbgrader on a few submissions, our command on the same, nbgrader with our
    configuration and the limit on some, our command on all."""
    costs = {name: [] for name in WAYS}
    for number in range(rounds):
        parts = {
            "few": part(class_, number, few),
            "some": part(class_, number, some),
            "all": class_,
        }
        for way, (words, size) in WAYS.items():
            students, course = parts[size], folder / way.replace(" ", "_")
            fresh(plain if way == "plain" else base, course, students)
            more = [course, *students] if way == "limit" else []
            costs[way].append(
                measure(
                    [*words, *more],
                    ROOT if more else course,
                    len(students),
                    env=ENVIRONMENT if way == "plain" else None,
                )
            )
            print(
                f"round {number + 1}: {way}: {len(students)} submissions, "
                f"{costs[way][-1].wall_each:.2f} s each, {costs[way][-1].cpu_each:.2f} s of CPU",
                flush=True,
            )
        found = {way: marks(folder / way.replace(" ", "_")) for way in WAYS if way != "limit"}
        same(scored(found["plain"]), scored(found["few"]), "plain nbgrader and of our command")
        for way in ("few", "nbgrader"):
            same(found[way], found["all"], f"our command on all and of {way}")
    return costs


def part(class_: dict, number: int, size: int) -> dict:
    names = list(class_)
    start = number * size % len(names)
    return {name: class_[name] for name in (names + names)[start : start + size]}


def scored(found: dict) -> dict:
    """Automatic scores alone, without the bonus, which plain nbgrader cannot express."""
    return {
        place: mark[0]
        for place, mark in found.items()
        if len(place) == 3 and not place[2].startswith("comment") and place[1] != "04_peepholes"
    }


def same(one: dict, other: dict, what: str):
    different = [place for place in one if one[place] != other[place]]
    if different or not one:
        sys.exit(
            f"{len(different)} of {len(one)} marks are not the same: of {what}: "
            f"{[(place, one[place], other[place]) for place in different[:3]]}"
        )
    print(f"{len(one)} marks are the same: of {what}.", flush=True)


def ratio(above: list[Cost], below: list[Cost], what: str) -> str:
    ratios = sorted(getattr(one, what) / getattr(other, what) for one, other in zip(above, below))
    return f"{statistics.median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})"


# ---------------------------------------------------------------- where the time goes
STAGES = (
    (jobs, "rebuild", "rebuild the notebook"),
    (Student, "start", "fork a process in the box"),
    (Student, "execute", "run the student's cells"),
    (Student, "ask", "answer the questions"),
    (running, "examine", "judge the answers"),
    (grade, "second_look", "look a second time at one in twenty, and at what is suspicious"),
    (Student, "close", "end the process and all it started"),
    (nbformat, "writes", "notebooks to JSON"),
    (autograded, "write_notebooks", "write the notebooks"),
    (marking, "enter", "write the gradebook"),
)


def split(course: Path) -> dict[str, float]:
    """Seconds for one notebook by stage, in one process, warm."""
    spent, stack = dict.fromkeys([name for *_, name in STAGES], 0.0), []

    def timed(work, name):
        def wrapper(*args, **options):
            began = time.perf_counter()
            stack.append(0.0)
            try:
                return work(*args, **options)
            finally:
                seconds = time.perf_counter() - began
                spent[name] += seconds - stack.pop()
                if stack:
                    stack[-1] += seconds

        return wrapper

    usual = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in STAGES]
    os.chdir(course)
    app = verbs.Grade()
    app.initialize(["lstm"])
    run = marking.Marking(app, "lstm")
    with run.with_gradebook():
        submissions = list(run.jobs(run.students(), force=True))
    jobs.grade_submission(submissions[0])
    for (owner, attribute, work), (*_, name) in zip(usual, STAGES):
        setattr(owner, attribute, timed(work, name))
    try:
        with run.with_gradebook():
            for job in submissions:
                run.enter(job, jobs.grade_submission(job))
    finally:
        for owner, attribute, work in usual:
            setattr(owner, attribute, work)
        jobs.close_warm_processes()
        os.chdir(ROOT)
    return {name: seconds / len(submissions) / len(NOTEBOOKS) for name, seconds in spent.items()}


# ---------------------------------------------------------------- growth
def growth(base: Path, folder: Path, class_: dict, sizes: list[int]) -> Iterator[Cost]:
    """Our command on classes of these sizes; where a class is larger than ours, its submissions
    come again, and none is known."""
    for size in sizes:
        names = list(class_)
        course = fresh(base, folder / "growth", {})
        for number in range(size):
            hand_in(
                course / "submitted" / f"student_{number:05}" / "lstm",
                class_[names[number % len(names)]],
            )
        cost = measure(OURS, course, size)
        print(
            f"{size} submissions: {cost.wall:.0f} s, {cost.cpu_each:.2f} s of CPU each, main "
            f"process {cost.main_memory >> 20} MB",
            flush=True,
        )
        yield cost
        shutil.rmtree(course)


# ---------------------------------------------------------------- the page
def table(head: list[str], body: list[list]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines) + "\n"


def middle(costs: list[Cost], what: str) -> float:
    return statistics.median(getattr(cost, what) for cost in costs)


def growth_table(grown: list[Cost]) -> list[str]:
    more = [
        (large.wall - small.wall) / (large.count - small.count) for small, large in pairwise(grown)
    ]
    costs = [
        [
            cost.count,
            f"{cost.wall:.0f}",
            f"{cost.wall_each:.3f}",
            one,
            f"{cost.cpu_each:.3f}",
            cost.main_memory >> 20,
            cost.memory >> 20,
        ]
        for cost, one in zip(grown, ["", *(f"{one:.3f}" for one in more)])
    ]
    lines = [
        f"Growth of our command (`--growth {' '.join(str(cost.count) for cost in grown)}`; "
        "submissions come again in the larger classes; nothing is remembered):",
        "",
        table(
            [
                "submissions",
                "wall, s",
                "wall, s each",
                "s for one more",
                "CPU, s each",
                "main process, MB",
                "all processes, MB",
            ],
            costs,
        ),
    ]
    if more:
        lines += [
            "What one submission more costs is flat; the mean of a small class is not, since "
            f"{grown[0].wall - grown[0].count * more[0]:.1f} s of the first row are start-up: "
            "the command and every worker load Python and nbgrader,",
            "and every worker's process in the box loads torch. To be flat from the first "
            "submission on, these would have to stay loaded from run to run.",
            "",
        ]
    return lines


def page(costs: dict[str, list[Cost]], stages: dict[str, float], grown: list[Cost]) -> str:
    count = {way: rounds[0].count for way, rounds in costs.items()}
    ways = [
        [
            WORDS[way],
            count[way],
            f"{middle(rounds, 'wall_each'):.2f}",
            f"{middle(rounds, 'cpu_each'):.2f}",
            f"{max(cost.memory for cost in rounds) >> 20}",
        ]
        for way, rounds in costs.items()
    ]
    ratios = [
        [
            f"our command, {count['all']} submissions, to plain nbgrader",
            ratio(costs["plain"], costs["all"], "wall_each"),
            ratio(costs["plain"], costs["all"], "cpu_each"),
        ],
        [
            f"our command, {count['few']} submissions, to plain nbgrader",
            ratio(costs["plain"], costs["few"], "wall_each"),
            ratio(costs["plain"], costs["few"], "cpu_each"),
        ],
        [
            f"nbgrader with our configuration, {count['nbgrader']} submissions, to plain nbgrader",
            ratio(costs["plain"], costs["nbgrader"], "wall_each"),
            ratio(costs["plain"], costs["nbgrader"], "cpu_each"),
        ],
        [
            "our command's CPU in units of the limit's",
            "",
            ratio(costs["all"], costs["limit"], "cpu_each"),
        ],
    ]
    return "\n".join(
        [
            "# What grading costs",
            "",
            f"Made by `python -m grader_tests.evidence.benchmark` on {os.cpu_count()} cores, "
            f"box on, {len(costs['plain'])} rounds in which the ways took turns. A submission "
            "is four notebooks, all different:",
            "right answers in many hands, mistakes, blanks. Every round checks that the marks "
            "are the same, cell by cell.",
            "",
            table(
                ["way", "submissions", "wall, s each", "CPU, s each", "memory at most, MB"], ways
            ),
            "How many times as fast, and how many times less CPU (median of "
            "the rounds, and their spread):",
            "",
            table(["", "wall", "CPU"], ratios),
            "The limit: the same cells, questions and judge, in forks of a process that has "
            "everything imported; no box, no nbgrader, no file written.",
            "",
            "Where a notebook's time goes, in one process, warm:",
            "",
            table(
                ["stage", "ms"],
                [[name, f"{1000 * seconds:.1f}"] for name, seconds in stages.items()],
            ),
            *(growth_table(grown) if grown else []),
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=200)
    parser.add_argument(
        "--few",
        type=int,
        default=12,
        help="submissions for plain nbgrader, and for ours where start-up weighs most",
    )
    parser.add_argument(
        "--some", type=int, default=48, help="submissions for nbgrader with our configuration"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--growth", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--page", type=Path, default=PAGE)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark") as name:
        folder, class_ = Path(name), submissions(options.submissions)
        make_course(folder / "base")
        make_plain_course(folder / "base_plain")
        costs = compare(
            folder / "base",
            folder / "base_plain",
            folder,
            class_,
            options.rounds,
            options.few,
            options.some,
        )
        stages = split(fresh(folder / "base", folder / "split", part(class_, 0, options.some)))
        write, grown = (
            lambda: options.page.write_text(page(costs, stages, grown), encoding="utf-8"),
            [],
        )
        write()
        for cost in growth(folder / "base", folder, class_, options.growth):
            grown.append(cost)
            write()
    print(options.page.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
