"""The proof is run as a command on a part of its cases; its page is about what it tries today. Some
dozen cases go through real notebooks."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from grader_tests.evidence import changes
from grader_tests.evidence.proof import (
    PAGE,
    classic,
    mistake_cases,
    mutant_cases,
    pair_cases,
    right_cases,
)
from grader_tests.samples.mistakes import code, named
from grader_tests.samples.right_answers import HEAD, right_answers
from grader_tests.samples.students import EVERY, EXERCISES, ROOT, hand_in, solutions
from grader_tests.support.courses import by_nbgrader, make_course
from grader_tests.support.function_level import grade


def head_of(text: str) -> dict[str, str]:
    """The table at the head of a page."""
    return dict(
        re.findall(
            r"^\| \**(.*?)\** \| \**(.*?)\** \|$", text.partition("\n## ")[0], flags=re.MULTILINE
        )
    )


def percent(table: dict[str, str], name: str) -> float:
    return float(re.search(r"\(([\d.]+) %\)", table[name])[1])


@pytest.fixture(scope="module")
def proof(tmp_path_factory) -> tuple[subprocess.CompletedProcess, dict[str, str]]:
    """The command, and the table at the head of the page that it writes."""
    page = tmp_path_factory.mktemp("page") / "page.md"
    command = [sys.executable, "-m", "grader_tests.evidence.proof", "--page", page, "--every=100"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return done, head_of(page.read_text(encoding="utf-8")) if page.exists() else {}


def test_what_must_be_perfect_is(proof):
    done, _ = proof
    assert done.returncode == 0, done.stdout + done.stderr


ALL_TRIED = {  # rows of the page, and the cases that they count
    "right answers": right_cases,
    "mistakes, one at a time": mistake_cases,
    "pairs of mistakes": pair_cases,
    "mutants": mutant_cases,
}


def test_its_page_is_of_all_that_is_tried_today(proof):
    page = head_of(PAGE.read_text(encoding="utf-8"))
    counts = {name: str(len(list(cases()))) for name, cases in ALL_TRIED.items()}
    assert {name: page[name] for name in counts} == counts, (
        "PROOF.md is out of step: run `make proof`."
    )
    same_in_both = ("right answers marked down", "mistakes and pairs passed")
    assert {name: page[name] for name in same_in_both} == {
        name: proof[1][name] for name in same_in_both
    }
    killed, same = page["mutants killed"], page["mutants shown to compute the same"]
    assert int(killed) + int(same) == int(page["mutants"])


def test_mistakes_are_named(proof):
    _, table = proof
    assert percent(table, "mistakes named as what they are") >= 95
    assert percent(table, "pairs of mistakes named as what they are") >= 80
    assert percent(table, "mistakes that lost exactly what they deserve") >= 99


@pytest.mark.parametrize("seed", range(6))
def test_random_changes_are_steady_and_none_passes(seed):
    """A few of those that `python -m grader_tests.evidence.changes` tries."""
    _, look, perfect = changes.table([changes.run(seed)])
    assert perfect, look


def some_submissions() -> dict[str, tuple[str, str]]:
    """student -> (class, its source): every 80th right answer, and a few mistakes of every
    class."""
    students = {
        f"right_{k:03}": (name, source)
        for k, (name, _, source) in enumerate(right_answers())
        if k % 80 == 0
    }
    for name in EXERCISES:
        chosen = named(name)[::20] + classic(name)[::30]
        students |= {
            f"wrong_{name}_{k:02}": (name, code(name, mistake))
            for k, mistake in enumerate(dict.fromkeys(chosen))
        }
    return students


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("proof")
    make_course(folder)
    for student, (name, source) in some_submissions().items():
        hand_in(folder / "submitted" / student / "lstm", solutions() | {name: HEAD + source})
    by_nbgrader(folder)
    return folder


def test_marks_in_notebooks_are_those_of_the_proof(course):
    """Through real nbgrader a class gets what it gets in the proof, and the other classes get full
    marks."""
    full = {exercise.test_id: exercise.points for exercise in EVERY.values()}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", "lstm_course") as gradebook:
        for student, (name, source) in some_submissions().items():
            submission = gradebook.find_submission("lstm", student)
            marks = {
                grade_.name: grade_.score
                for notebook in submission.notebooks
                for grade_ in notebook.grades
            }
            expected = grade(name, source).score
            assert marks[f"test_{name}"] == pytest.approx(expected), student
            assert {key: mark for key, mark in marks.items() if key != f"test_{name}"} == {
                key: points for key, points in full.items() if key != f"test_{name}"
            }, student
