"""`python -m grader_tests.evidence.every_way`: every right answer and every mistake of the proof,
in notebooks, by every way of grading.

Each submission carries one of them for every class. `nbgrader autograde` with our configuration and
our command must give the same marks, cell by cell and criterion by criterion, and both what the
proof gives. Takes about a quarter of an hour on two cores.
"""

import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import zip_longest
from pathlib import Path

from grader_tests.evidence.benchmark import NBGRADER, OURS, fresh, measure, same
from grader_tests.samples.mistakes import code, singles
from grader_tests.samples.right_answers import HEAD, right_answers
from grader_tests.samples.students import EXERCISES, solutions
from grader_tests.support.courses import make_course
from grader_tests.support.function_level import grade
from grader_tests.support.ledger import marks, verdicts


def sources(name: str) -> list[str]:
    """Every source of the proof for one class."""
    return [source for cls, _, source in right_answers() if cls == name] + [
        code(name, mistake) for mistake in singles(name)
    ]


def criteria(place: tuple[str, str]) -> dict[str, tuple]:
    return {result.key: (result.points, result.met) for result in grade(*place).results}


def main():
    names = [name for name, exercise in EXERCISES.items() if exercise.kind != "value"]
    columns = list(zip_longest(*[sources(name) for name in names]))
    students = {
        f"student_{number:04}": {name: source for name, source in zip(names, column) if source}
        for number, column in enumerate(columns)
    }
    with ProcessPoolExecutor() as pool:
        places = [(student, name) for student, cells in students.items() for name in cells]
        proof = dict(
            zip(
                places,
                pool.map(
                    criteria,
                    [(name, students[student][name]) for student, name in places],
                    chunksize=16,
                ),
            )
        )
    with tempfile.TemporaryDirectory(prefix="ways") as folder:
        folder = Path(folder)
        make_course(folder / "base")
        submitted = {
            student: solutions() | {name: HEAD + source for name, source in cells.items()}
            for student, cells in students.items()
        }
        found = {}
        for way, words in (("our command", OURS), ("nbgrader with our configuration", NBGRADER)):
            course = fresh(folder / "base", folder / "course", submitted)
            cost = measure(words, course, len(students))
            print(f"{way}: {len(students)} submissions in {cost.wall:.0f} s", flush=True)
            found[way] = marks(course), verdicts(course)
    same(
        *[found_there for found_there, _ in found.values()],
        "our command and of nbgrader with our configuration",
    )
    same(
        *[found_there for _, found_there in found.values()],
        "our command and of nbgrader with our configuration, by criterion",
    )
    same(proof, found["our command"][1], "the proof and of our command, by criterion")


if __name__ == "__main__":
    sys.exit(main())
