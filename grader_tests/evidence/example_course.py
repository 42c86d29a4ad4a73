"""`python -m grader_tests.evidence.example_course [FOLDER]`: the example students, graded.

With the commands that an instructor uses. Ends with the two pages to open: a student's feedback and
the report on the class.
"""

import sys
from pathlib import Path

from nbgrader.api import Gradebook

from autograde.course.release import read_release
from autograde.pages.summary import print_table, read_verdicts
from grader_tests.samples.students import STUDENTS, answers, hand_in
from grader_tests.support.courses import (
    DATABASE,
    by_nbgrader,
    checked,
    class_report,
    make_course,
    nbgrader,
)

SHOWN = "first_attempt"  # the student whose pages have the most to say


def protection(log: str) -> str:
    """What nbgrader's log says of the box."""
    line = next(line for line in log.splitlines() if "Protection" in line)
    return line.partition("| ")[2].partition("] ")[2]


def main(folder: Path):
    make_course(folder)
    for student in STUDENTS:
        hand_in(folder / "submitted" / student / "lstm", answers(student))
    print(protection(by_nbgrader(folder).stderr))
    assignment = read_release(folder / "release" / "lstm", "lstm", "autograde.lstm")
    graded = {student: folder / "autograded" / student / "lstm" for student in STUDENTS}
    verdicts = read_verdicts(graded, list(assignment.notebooks))
    with Gradebook(DATABASE.format(folder), "lstm_course") as book:
        print_table(book, "lstm", assignment.exercises, verdicts)
    checked(nbgrader(folder, "generate_feedback", "lstm"))
    checked(class_report(folder))
    print("\nTwo pages to open:")
    print(f"  {folder / 'feedback' / SHOWN / 'lstm' / '01_basic_lstm.html'}")
    print(f"  {folder / 'reports' / 'lstm.html'}")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/examples"))
