"""`python -m grader_tests.evidence.at_the_desk [N]`: every right answer and every mistake of the
proof, and a thousand random changes, at a desk and in grading (with N, one in N of them).

Each is graded in a notebook, in the box, by our command; and it is run in a shell beside the
release, below whose kit nothing of the grader is used, with `check(CLASS, all=True)` after it. Both
must say the same of each criterion. Takes about half an hour on two cores without N.
"""

import multiprocessing
import os
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from itertools import zip_longest
from pathlib import Path

from grader_tests.evidence.benchmark import OURS, measure
from grader_tests.evidence.changes import changed_answer
from grader_tests.evidence.every_way import sources
from grader_tests.samples.right_answers import HEAD
from grader_tests.samples.students import EXERCISES, RELEASE, hand_in, solutions
from grader_tests.support.courses import make_course
from grader_tests.support.desk import desk, met_in
from grader_tests.support.function_level import KIT, KIT_OF_LATER
from grader_tests.support.ledger import verdicts

CHANGES = 1000
NOTHING = ("older than your cell", "not written", "is there an endless loop")


def all_sources() -> dict[str, list[str]]:
    """Class to sources of it: those of the proof, and right answers changed at random."""
    found = {name: sources(name) for name in EXERCISES}
    for seed in range(CHANGES):
        changed = changed_answer(seed)
        found[changed.name].append(changed.source)
    return found


def sit_down(folder: Path):
    """This process works beside the release from here on."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))


def at_a_desk(name: str, source: str) -> tuple[dict[str, bool], str]:
    """Which criteria are met, as the check says; none where it says that there is no class, as
    Python does of a cell that is no Python, or that it does not come to an end. And all that it
    says."""
    with desk({}) as one:
        one.run(HEAD + KIT.get(name, KIT_OF_LATER) + "from lstm_kit.checks import Check, check\n")
        one.run("check = Check(check.exercises.values())")  # listens to this shell
        one.run(HEAD + source)
        said = one.run(f"check({name}, all=True)")
    undefined = f"{name} is not defined", f"'{name}' is not defined"
    if any(words in said for words in (*undefined, *NOTHING)):
        return dict.fromkeys(EXERCISES[name].keys, False), said
    return met_in(said, EXERCISES[name]), said


def in_grading(folder: Path, students: dict[str, dict[str, str]]) -> dict[tuple, dict[str, bool]]:
    """Each hands in the notebooks of these classes alone."""
    course, solved = folder / "course", solutions()
    make_course(course)
    for student, cells in students.items():
        filled = solved | {name: HEAD + source for name, source in cells.items()}
        notebooks = {EXERCISES[name].notebook for name in cells}
        hand_in(course / "submitted" / student / "lstm", filled, notebooks)
    measure(OURS, course, len(students))
    return {
        place: {key: met for key, (_, met) in results.items()}
        for place, results in verdicts(course).items()
    }


def main(one_in: int):
    columns = list(zip_longest(*all_sources().values()))[::one_in]
    students = {  # cells and stacks apart, since a stack's source has a cell in front of it
        f"student_{number:04}_{kind}": {
            name: source
            for name, source in zip(EXERCISES, column)
            if source and EXERCISES[name].kind == kind
        }
        for number, column in enumerate(columns)
        for kind in ("recurrence", "stack")
    }
    places = [(student, name) for student, cells in students.items() for name in cells]
    with tempfile.TemporaryDirectory(prefix="desks") as folder:
        folder = Path(folder)
        graded = in_grading(folder, students)
        shutil.copytree(RELEASE, folder / "lstm")
        new = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(2, new, sit_down, (folder / "lstm",)) as pool:
            told = pool.map(
                at_a_desk,
                [name for _, name in places],
                [students[student][name] for student, name in places],
                chunksize=8,
            )
            differ = {place: one for place, one in zip(places, told) if one[0] != graded[place]}
    for (student, name), (met, said) in differ.items():
        print(f"{name} of {student}:\n{students[student][name]}\n{said}")
        print(f"{met}\n{graded[student, name]}")
    print(f"{len(places)} answers: {len(differ)} judged otherwise at the desk than in grading.")
    return len(differ)


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1)))
