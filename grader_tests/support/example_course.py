"""`python -m grader_tests.support.example_course [FOLDER]`: a course with the example students, graded by plain nbgrader commands."""

import shutil
import subprocess
import sys
from pathlib import Path

from autograde.course.release import read_release
from autograde.pages.summary import print_table, read_verdicts
from grader_tests.samples.students import ROOT, STUDENTS, answers, hand_in

NBGRADER = Path(sys.executable).parent / "nbgrader"


def nbgrader(folder: Path, *words: str, **options) -> subprocess.CompletedProcess:
    """A plain nbgrader command in the course `folder`. Its output is kept unless it fails."""
    return subprocess.run([NBGRADER, *words], cwd=folder, capture_output=True, text=True, **options)


def checked(done: subprocess.CompletedProcess) -> subprocess.CompletedProcess:
    if done.returncode:
        sys.exit(f"{' '.join(map(str, done.args))} failed:\n{done.stdout}{done.stderr}")
    return done


def make_course(folder: Path):
    """A course as an instructor has it: source, configuration, and the generated release."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copytree(
        ROOT / "source",
        folder / "source",
        ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"),
    )
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    checked(nbgrader(folder, "generate_assignment", "lstm"))


def main(folder: Path):
    make_course(folder)
    for student in STUDENTS:
        hand_in(folder / "submitted" / student / "lstm", answers(student))
    done = checked(nbgrader(folder, "autograde", "lstm"))
    print(
        next(line for line in done.stderr.splitlines() if "Protection" in line)
        .partition("| ")[2]
        .partition("] ")[2]
    )
    assignment = read_release(folder / "release" / "lstm", "lstm", "autograde.lstm")
    print_table(read_verdicts(folder / "autograded", assignment), assignment)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "build/examples"))
