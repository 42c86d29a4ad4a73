"""Text of a student stays text, wherever it is shown."""

import csv
import io
import random
import re
from html.parser import HTMLParser

import pytest
from rich.console import Console
from rich.text import Text

from autograde.desk.ladder import with_code
from autograde.exercise import text
from autograde.exercise.verdict import Result, Verdict
from autograde.pages.criteria import as_html
from autograde.pages.feedback import notation
from autograde.pages.report import table_line
from autograde.pages.summary import line

NASTY = (
    "<script>alert(1)</script>",
    '" onmouseover="alert(1)',
    "'><img src=x onerror=alert(1)>",
    "\x1b]0;title\x07\x1b[2J\x1b[31mred",
    "[/red]",
    "\\[/red]",
    "\\",
    "[bold]x[/bold]\\",
    "[link=https://example.com]here[/link]",
    "=cmd|' /C calc'!A0",
    " +1",
    "@SUM(A1)",
    "\t=1",
    "\ud800 \udfff",
    "\u202edesrever",
    "$\\frac$",
    "\\input{/etc/passwd}",
    "100 % of {x}_1 ^2 ~ # &",
    "a\x00b\x9bc",
    "日本語 émoji 🙂 ✓",
)


def random_texts():
    rng = random.Random(7)
    pieces = [*NASTY, *map(chr, range(0x110)), "[", "]", "\\", "/", "\x1b[0m"]
    return ["".join(rng.choices(pieces, k=rng.randrange(1, 9))) for _ in range(2000)]


@pytest.fixture(scope="module")
def texts():
    return [*NASTY, *random_texts()]


def test_clean_text_can_be_written_and_moves_nothing(texts):
    for given in texts:
        cleaned = text.clean(given)
        cleaned.encode("utf-8")
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]", cleaned)
        assert text.clean(cleaned) == cleaned
    assert text.clean("日本語 émoji 🙂 ✓\n\tx") == "日本語 émoji 🙂 ✓\n\tx"


def test_colours_of_an_output_stay_and_nothing_else_of_a_terminal_does():
    given = "\x1b[31mred\x1b[0m \x1b[2J \x1b]0;title\x07"
    assert text.clean_output(given) == "\x1b[31mred\x1b[0m \ufffd[2J \ufffd]0;title\ufffd"


def test_data_is_cleaned_in_every_corner():
    given = {"\ud800": ["\x00", {"a": "\udfff"}, 1, None, True, 2.5]}
    assert text.cleaned(given) == {"\ufffd": ["\ufffd", {"a": "\ufffd"}, 1, None, True, 2.5]}


class Seen(HTMLParser):
    """What a browser would see: the tags, and the text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.attributes = [], "", []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data


def test_a_page_shows_it_and_runs_nothing(texts):
    for given in texts:
        page = Seen()
        shown = text.for_html(given)
        page.feed(f'<p title="{shown}">{shown}</p>')
        page.close()
        assert page.tags == ["p"] and [name for name, _ in page.attributes] == ["title"]
        assert page.text == text.clean(given)


def verdict_page(given: str) -> str:
    lost = Result("runs", "It runs", 1, False, "it runs", given)
    return as_html(Verdict("Cell", (lost,), notes=(given,)), bonus=False)


@pytest.mark.parametrize("made", [verdict_page, with_code, notation])
def test_pages_that_are_made_by_hand_hold_it_as_text(made, texts):
    ours = {"table", "caption", "thead", "tbody", "tr", "th", "td", "p", "code", "sub"}
    for given in texts:
        page = Seen()
        page.feed(made(given))
        page.close()
        assert ours.issuperset(page.tags) and page.text == text.clean(page.text)


def test_a_console_shows_one_line_of_it(texts):
    for given in texts:
        plain = text.for_terminal(given)
        assert "\x1b" not in plain and "\n" not in plain and "\r" not in plain
        console = Console(file=io.StringIO(), width=10_000, force_terminal=True)
        console.print(Text(plain) + "|")
        console.print(line("ada", Verdict("Cell", ()), given))
        printed = re.sub(r"\x1b\[[0-9;]*m", "", console.file.getvalue())
        assert printed == f"{plain}|\nada  Cell  {plain}\n", given


def test_a_spreadsheet_computes_nothing(texts):
    for given in texts:
        file = io.StringIO()
        csv.writer(file).writerow([text.for_csv(given)])
        ((field,),) = csv.reader(io.StringIO(file.getvalue(), newline=""))
        assert not field.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_report_has_names_as_text():
    student = {"student": "=1+1", "name": "@SUM(A1)", "scores": {}, "penalty": 0.0, "score": 1.0}
    student |= {"criteria": {}, "mistakes": [], "flags": [], "seconds": {}}
    assert table_line(student, [], [], 24)[:2] == ["'=1+1", "'@SUM(A1)"]
