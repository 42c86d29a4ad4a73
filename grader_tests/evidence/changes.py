"""`python -m grader_tests.evidence.changes`: right answers changed at random, in one to three
places, in ways that no table has.

Each is judged twice, with questions of its own each time, so that all that is said is said again
from fresh numbers. Prints a table, writes it to CHANGES.md, and ends with an error where one gets
full marks and computes something else, or gets another mark, or another sentence, the second time.
"""

import argparse
import ast
import os
import pickle
import random
import re
import resource
import sys
import time
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from autograde.course.mutants import changes, text_with
from autograde.course.prove import percent
from autograde.exercise.verdict import Verdict
from autograde.judge import judge
from grader_tests.samples.right_answers import right_answers
from grader_tests.samples.students import EXERCISES
from grader_tests.support.equal import same
from grader_tests.support.function_level import answer, quiet

PAGE = Path(__file__).resolve().parent / "CHANGES.md"
ANSWERS = list(right_answers())
TRIED = 5000
PLACES = (1, 2, 2, 3)  # that are changed, each of these as often
SEVERAL = 6  # criteria: whoever loses more has made a class that does not run
MEMORY = 4 << 30  # bytes of addresses, as in the box
TRIED_ROW, PASSED = "random changes tried", "passed in full, though different"
MOVED = "marks that differ between two runs"
COSTLY = f"one change that cost two to {SEVERAL} criteria"
RAISED = re.compile(r"(raise[sd]) \w+(?:: .*?)?(?=, at `)")  # PyTorch may word it by the numbers
DRAWN = re.compile(r" *-?\d+(?:\.\d+)?(?:e-?\d+)?")  # numbers in a sentence, drawn anew each time


@dataclass(frozen=True)
class Changed:
    """One changed answer, judged twice. equal: it has full marks and computes the same as before;
    seconds: of processor time that judging took at most."""

    name: str
    what: str
    places: int
    verdicts: tuple[Verdict, Verdict]
    equal: bool
    seconds: float

    @property
    def full(self) -> bool:
        return self.verdicts[0].score == self.verdicts[0].points

    @property
    def nothing(self) -> bool:
        """Whether nothing of it could be marked: it cannot be built, or there is nothing in it."""
        return self.verdicts[0].score == 0

    @property
    def lost(self) -> list[str]:
        return [result.key for result in self.verdicts[0].results if not result.met]

    @property
    def raises(self) -> bool:
        """Whether the changed class raises an error, which hides what would have come after it."""
        return any(re.search(r"\brais|fails:", r.sentence) for r in self.verdicts[0].results)

    @property
    def steady(self) -> bool:
        """Whether the marks are the same both times."""
        one, other = ([result.met for result in v.results] for v in self.verdicts)
        return one == other

    @property
    def repeats(self) -> bool:
        """Whether all that is said is said the second time as well, but for drawn numbers."""
        one, other = map(said, self.verdicts)
        return one == other


def said(verdict: Verdict) -> dict[str, str]:
    """Lost criteria with what is said of them, without drawn numbers, and without the words of an
    exception: that the line raises must be said again."""
    return {
        r.key: DRAWN.sub("0", RAISED.sub(r"\1", r.sentence))
        for r in verdict.results
        if not r.met and r.sentence
    }


def random_mutant(name: str, source: str, count: int, rng: random.Random) -> tuple[str, str]:
    """A source with so many changes at random in its class `name`, one after the other; fewer
    where nothing is left to change."""
    said = []
    while len(said) < count:
        tree = ast.parse(source)
        cls = [node for node in tree.body if getattr(node, "name", "") == name][-1]
        found = list(changes(tree, cls)) if has_methods(cls) else []
        if not found:
            break
        what, *change = rng.choice(found)
        text = text_with(tree, *change)
        if text and text != ast.unparse(ast.parse(source)):
            source = text
            said.append(what)
    return " & ".join(said), source


def has_methods(cls: ast.ClassDef) -> bool:
    return any(isinstance(node, ast.FunctionDef) for node in ast.walk(cls))


@dataclass(frozen=True)
class Answer:
    """A right answer's class, what was changed in it and in how many places, its source before and
    after."""

    name: str
    what: str
    places: int
    right: str
    source: str


def changed_answer(seed: int) -> Answer:
    rng = random.Random(seed)
    what, places = "", rng.choice(PLACES)
    while not what:  # some classes have no method of their own to change
        name, _, source = rng.choice(ANSWERS)
        what, changed = random_mutant(name, source, places, rng)
    return Answer(name, what, places, source, changed)


def run(seed: int) -> Changed:
    one, verdicts, seconds = changed_answer(seed), [], 0.0
    for drawn in (1, 2):
        questions, answered, cell = answer(one.name, one.source, drawn)
        began = time.process_time()
        verdicts.append(judge(EXERCISES[one.name], questions, answered, cell))
        seconds = max(seconds, time.process_time() - began)
    full = verdicts[0].score == verdicts[0].points
    with quiet():  # what a class prints
        equal = full and same(one.name, one.source, one.right)
    return Changed(one.name, one.what, one.places, tuple(verdicts), equal, seconds)


def run_apart(seed: int) -> Changed | None:
    """The same in a process of its own, with as much memory as in the box: a change may make a list
    that grows while it is gone through. None where that ends the process."""
    receiving, sending = os.pipe()
    child = os.fork()
    if not child:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))
        with os.fdopen(sending, "wb") as file:
            file.write(pickle.dumps(run(seed)))
        os._exit(0)
    os.close(sending)
    with os.fdopen(receiving, "rb") as file:
        sent = file.read()
    os.waitpid(child, 0)
    return pickle.loads(sent) if sent else None


def tried(pool: Executor, count: int, seed: int = 0) -> list[Changed]:
    """So many changed answers, but for those that ended their process."""
    every = pool.map(run_apart, range(seed, seed + count), chunksize=16)
    return [one for one in every if one]


def table(found: list[Changed]) -> tuple[list[tuple[str, str]], list[str], bool]:
    """Rows, what to look at, and whether all is as it must be."""
    passed = [one for one in found if one.full and not one.equal]
    moved = [one for one in found if not one.steady]
    unsaid = [one for one in found if one.steady and not one.repeats]
    single = [one for one in found if one.places == 1 and one.lost]
    costly = [one for one in single if 1 < len(one.lost) <= SEVERAL and not one.nothing]
    counts = Counter(min(one.places, 3) for one in found)
    rows = [
        (TRIED_ROW, f"{len(found)}"),
        *((f"of those in {k} places", f"{counts[k]}") for k in sorted(counts)),
        ("that compute the same as before", f"{sum(one.equal for one in found)}"),
        (PASSED, f"{len(passed)}"),
        (MOVED, f"{len(moved)}"),
        ("sentences said again from fresh numbers", f"{len(found) - len(moved) - len(unsaid)}"),
        ("sentences that were not", f"{len(unsaid)}"),
        (
            COSTLY,
            percent(len(costly), max(1, len(single))),
        ),
        ("of those, classes that raise an error", f"{sum(one.raises for one in costly)}"),
        ("one change after which nothing could be marked", f"{sum(one.nothing for one in single)}"),
        ("longest time to judge one, in seconds", f"{max(one.seconds for one in found):.1f}"),
    ]
    look = [
        f"{title}: {one.name}: {one.what}: {', '.join(one.lost)}"
        for title, which in (
            ("passed", passed),
            ("other marks", moved),
            ("other sentences", unsaid),
            ("costs several", costly),
        )
        for one in which
    ]
    return rows, look, not (passed or moved or unsaid)


def page(rows: list[tuple[str, str]], look: list[str]) -> str:
    text = (
        "# Right answers, changed at random\n\n"
        "Made by `python -m grader_tests.evidence.changes`: one to three changes at once, from the "
        "syntax tree, of answers that the proof knows to be right.\n\n| what | seen |\n| --- | --- "
        "|\n"
    )
    text += "".join(f"| {name} | {value} |\n" for name, value in rows)
    return (
        text
        + "\n## What is not as we would like it\n\n"
        + ("".join(f"- {line}\n" for line in look[:200]) or "Nothing.\n")
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--tried", type=int, default=TRIED)
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = tried(pool, options.tried, options.seed)
    rows, look, perfect = table(found)
    rows.append(("more, that ended their process", f"{options.tried - len(found)}"))
    for name, value in rows:
        print(f"{name:50} {value}")
    print(*look[:60], sep="\n")
    options.page.write_text(page(rows, look), encoding="utf-8")
    sys.exit(not perfect)


if __name__ == "__main__":
    main()
