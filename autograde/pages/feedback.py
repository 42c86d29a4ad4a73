"""Feedback pages: what `nbgrader generate_feedback` writes for a student, as one file that needs no
network and no script.
"""

import html
import re
from pathlib import Path

import jinja2
from nbconvert.exporters import Exporter, HTMLExporter
from nbformat import NotebookNode
from nbgrader.api import Grade, Gradebook
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from ..exercise.text import clean, for_html
from ..exercise.verdict import Result, Verdict
from . import graded, mathml, pictures
from .criteria import points
from .graded import grade_id

SCORE = '<p class="score"><strong>'  # stands before the score of a page
PICTURES = ("image/png", "image/jpeg")
MOST_OUTPUT = 4000  # characters of one output
SUBSCRIPT = re.compile(r"(?<![\w\u0303.'\"])([A-Za-z]\u0303?)_(?:\{([^}]+)\}|(\w))(?![\w'])")
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).resolve().parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=jinja2.StrictUndefined,
)


class Feedback(Exporter):
    """nbgrader hands it every graded notebook, with scores and comments from the gradebook. One
    that this grader has not graded gets nbgrader's own page.
    """

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(self, nb: NotebookNode, resources=None, **options):
        nb, resources = super().from_notebook_node(nb, resources, **options)
        if not graded.is_ours(nb):
            return HTMLExporter(config=self.config).from_notebook_node(nb, resources)
        page = PAGES.get_template("feedback.html.j2").render(
            grades=resources["nbgrader"],
            title=title_of(nb) or resources["nbgrader"]["notebook"],
            results=(results := graded.verdicts(nb)),
            to_read=lines_to_read([verdict for _, verdict in results]),
            cells=[cell for cell in nb.cells if shown(cell)],
            read_as=graded.run_of(nb).notes,
            decided=decisions(resources["nbgrader"]),
        )
        return page, resources


def shows(page: str, score: float) -> bool:
    """Whether a page that was written earlier has this score at its head. One that is not ours does
    not say."""
    return SCORE not in page or f"{SCORE}{points(score)}</strong>" in page


def decisions(about: dict) -> dict[str, str]:
    """grade_id to what is said of its mark beside the points, where a person decides it."""
    with Gradebook(about["db_url"]) as gradebook:
        key = about["notebook"], about["assignment"], about["student"]
        grades = gradebook.find_submission_notebook(*key).grades
        return {grade.name: said for grade in grades if (said := decision(grade))}


def decision(grade: Grade) -> str:
    if grade.manual_score is not None:
        return "marked by your instructor"
    return "not marked yet by your instructor" if grade.needs_manual_grade else ""


# ---------------------------------------------------------------- what is on the page
def title_of(notebook: NotebookNode) -> str | None:
    lines = [
        line
        for cell in notebook.cells[:1]
        if cell.cell_type == "markdown"
        for line in cell.source.splitlines()
    ]
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), None)


def shown(cell: NotebookNode) -> bool:
    """Cells that a student writes, or that a person marks; not the texts, nor our test cells."""
    marks = cell.metadata.get("nbgrader", {})
    written = marks.get("solution") or marks.get("task") or cell.get("id", "").startswith("own-")
    return bool(written and cell.source.strip())


def lines_to_read(verdicts: list[Verdict]) -> dict[int, list[int]]:
    """Number of a cell to the lines of it that made something wrong."""
    found = {}
    for place in (result.place for verdict in verdicts for result in verdict.results):
        if place:
            found.setdefault(place.cell, []).append(place.line)
    return found


def name_of(cell: NotebookNode) -> str:
    return grade_id(cell) or "A cell that you added"


def comment_on(cell: NotebookNode) -> str:
    """What the instructor wrote about a cell; nbgrader's own remark on an empty one is left out."""
    text = cell.metadata.get("nbgrader", {}).get("comment") or ""
    return "" if text == "No response." else text


def reasons(verdict: Verdict) -> list[tuple[str, list[Result]]]:
    """What was lost, as (sentence, criteria); the rule is left out of a sentence, since it stands
    beside it.
    """
    lost = {}
    for result in verdict.results:
        if not result.met:
            rule = rf" (The rule|Asked for): {re.escape(result.asks)}\."
            lost.setdefault(re.sub(rule, "", result.sentence), []).append(result)
    return list(lost.items())


# ---------------------------------------------------------------- text to HTML
def notation(text: str) -> str:
    """A sentence of the judge: `code` as code, c_{t−1} with a subscript."""
    parts = re.split(r"`([^`]*)`", clean(text))
    lowered = lambda text: SUBSCRIPT.sub(r"\1<sub>\2\3</sub>", html.escape(text, quote=False))
    return "".join(
        f"<code>{for_html(part)}</code>" if k % 2 else lowered(part) for k, part in enumerate(parts)
    )


def asked(result: Result) -> str:
    """What a criterion asks, with its equation, where the words are not the equation themselves."""
    equation = mathml.formula(result.equation) if result.equation else ""
    is_equation = equation and re.match(r"\S+ = ", result.asks)
    return equation if is_equation else f"{notation(result.asks)} {equation}".strip()


def code(cell: NotebookNode, to_read: dict[int, list[int]]) -> str:
    """A code cell in colours, with numbered lines; those to read are marked."""
    shown = HtmlFormatter(
        linespans=f"{cell.get('id', 'cell')}-line",
        hl_lines=to_read.get(cell.execution_count, ()),
        wrapcode=False,
        stripnl=False,
    )
    return highlight(cell.source, PythonLexer(), shown)


class Plain(mathml.Renderer):
    """Markdown of students and instructors: HTML stays text, and nothing is fetched."""

    def image(self, text, *arguments, **attributes):
        return f"[picture: {for_html(str(text))}]"

    def heading(self, text, level, **attributes):
        return f"<p><strong>{text}</strong></p>"


def markdown(text: str) -> str:
    """A student's own text: its HTML shown as it is typed, its links leading to no script."""
    return mathml.render(text, Plain(escape=True, allow_harmful_protocols=False))


def outputs(cell: NotebookNode) -> list[tuple[str, str]]:
    """(kind, data) of what a cell has put out: "text", or a picture's type. The box has left
    nothing else (box/result.py, `clean_output`).
    """
    return [shown for output in cell.get("outputs", []) if (shown := shown_output(output))]


def shown_output(output: NotebookNode) -> tuple[str, str] | None:
    if output.output_type == "error":
        return "text", cut(f"{output.ename}: {output.evalue}")
    if output.output_type == "stream":
        return ("text", cut(output.text)) if output.text else None
    data = output.get("data", {})
    for kind in PICTURES:
        if kind in data:
            return kind, re.sub(r"[^A-Za-z0-9+/=]", "", data[kind])
    return ("text", cut(data["text/plain"])) if data.get("text/plain") else None


def cut(text: str) -> str:
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return text if len(text) <= MOST_OUTPUT else text[:MOST_OUTPUT] + "\n… (shortened)"


PAGES.globals["SCORE"] = jinja2.utils.markupsafe.Markup(SCORE)
safe = lambda function: lambda *arguments: jinja2.utils.markupsafe.Markup(function(*arguments))
PAGES.filters |= {
    "points": points,
    "reasons": reasons,
    "outputs": outputs,
    "name_of": name_of,
    "comment_on": comment_on,
    "caption": pictures.caption,
    "notation": safe(notation),
    "asked": safe(asked),
    "code": safe(code),
    "markdown": safe(markdown),
    "svg": safe(pictures.svg),
}
