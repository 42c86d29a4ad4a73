"""What the README claims: its commands, its links and its figures."""

import re
from pathlib import Path

from grader_tests.evidence import benchmark, hostile_page, proof
from grader_tests.samples.hostile import HOSTILE
from grader_tests.samples.students import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def first_number(page: Path, label: str) -> float:
    """The first number in the row of a page's table that begins so."""
    text = page.read_text(encoding="utf-8")
    return float(re.search(rf"^\| \**{re.escape(label)}\** \| \**([\d.]+)", text, re.MULTILINE)[1])


def test_commands_are_there():
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`make ([\w-]+)`", README) + re.findall(r"^make ([\w-]+)", README, re.M)
    assert named and set(named) <= set(targets)
    for module in re.findall(r"python -m (grader_tests[\w.]+)", README):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists(), module


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links and all((ROOT / link).exists() for link in links)


def test_figures_are_those_of_the_pages():
    of_proof = lambda label: first_number(proof.PAGE, label)  # noqa: E731
    faster = lambda label: round(first_number(benchmark.PAGE, f"{label} to plain nbgrader"))  # noqa: E731
    wrong = of_proof("mistakes, one at a time") + of_proof("pairs of mistakes")
    for claim in (
        f"among {of_proof('right answers'):.0f} right answers, {wrong:,.0f} mistakes and pairs, "
        f"{of_proof('mutants'):,.0f} mutants",
        f"{faster('our command, 200 submissions,')} times as fast as plain nbgrader with 200 "
        f"submissions, {faster('our command, 12 submissions,')} times with 12",
        f"{faster('nbgrader with our configuration, 48 submissions,')} times",
        f"{len(HOSTILE)} hostile, broken or unlucky submissions",
    ):
        assert claim in README
    for label in ("right answers marked down", "mistakes and pairs passed", "mutants that survive"):
        assert of_proof(label) == 0


def test_the_hostile_page_has_the_marks_of_the_table():
    """Rows that are newer than the page are counted on it, and tested in course/test_hostile.py."""
    text = hostile_page.PAGE.read_text(encoding="utf-8")
    marks = r"^\| (.+?) \| ([\d.]+)(?: \(flagged\))? \| ([\d.]+) \|"
    shown = re.findall(marks, text.partition("## They want")[2], re.MULTILINE)
    deserved = {one.name: f"{one.deserves:g}" for one in HOSTILE}
    assert len(shown) > 100
    assert not [row for row in shown if row[1:] != (deserved.get(row[0]),) * 2]
    newer = len(HOSTILE) - len(shown)
    assert not newer or f"The {newer} that are new or changed since" in text
