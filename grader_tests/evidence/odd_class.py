"""`python -m grader_tests.evidence.odd_class [COUNT]`: a class of odd hand-ins of full-mark work,
and the same of half-right work.

Full-mark work must end with its full mark, or with a line for a person; half-right work with what
the same work gets when it is handed in plainly, or with a line. Prints what does not hold.
"""

import sys
import tempfile
from pathlib import Path

from grader_tests.samples.odd_hand_ins import odd_hand_in
from grader_tests.samples.students import answers, hand_in, solutions
from grader_tests.support.courses import autograde, by_nbgrader, make_course
from grader_tests.support.ledger import marks

COUNT = 300
WAYS = {"autograde grade": autograde, "nbgrader autograde": by_nbgrader}


def by_notebook(course: Path) -> dict[str, dict[str, tuple[float, bool]]]:
    """student -> notebook -> its score, and whether a person is asked about it."""
    found, waiting = {}, {}
    for (student, notebook, *cell), values in marks(course).items():
        if not cell:
            found.setdefault(student, {})[notebook] = values[0], bool(values[2])
        elif not cell[0].startswith("comment") and values[-1]:
            waiting[student, notebook] = True
    return {
        student: {
            notebook: (score, flagged or waiting.get((student, notebook), False))
            for notebook, (score, flagged) in notebooks.items()
        }
        for student, notebooks in found.items()
    }


def make_class(course: Path, count: int) -> dict[str, list[str]]:
    """student -> mishaps; full_NNN and half_NNN have the same ones, `full` and `half` none."""
    make_course(course)
    done = {}
    for kind, work in (("full", solutions()), ("half", answers("first_attempt"))):
        hand_in(course / "submitted" / kind / "lstm", work)
        for seed in range(count):
            student = f"{kind}_{seed:03}"
            done[student] = odd_hand_in(course / "submitted" / student / "lstm", work, seed)
    return done


def wrong_in_silence(course: Path, done: dict[str, list[str]]) -> dict[tuple[str, str], tuple]:
    """(student, notebook) -> score, what the plain work gets, and the mishaps, where they differ
    and no person is asked."""
    found = by_notebook(course)
    wrong = {}
    for student, mishaps in done.items():
        plain = found[student.partition("_")[0]]
        for notebook, (right, _) in plain.items():
            score, asked = found.get(student, {}).get(notebook, (None, False))
            if score != right and not asked:
                wrong[student, notebook] = score, right, mishaps
    return wrong


def main(count: int):
    with tempfile.TemporaryDirectory(prefix="odd") as folder:
        course = Path(folder) / "course"
        done = make_class(course, count)
        autograde(course)
        wrong = wrong_in_silence(course, done)
        found = by_notebook(course)
        asked = sum(any(asks for _, asks in found.get(student, {}).values()) for student in done)
        print(f"{len(done)} odd hand-ins: {asked} ask a person, {len(wrong)} are wrong in silence.")
        for place, about in wrong.items():
            print(*place, *about)
        return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
