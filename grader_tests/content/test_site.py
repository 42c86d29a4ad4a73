"""The rendered solutions: in step with the source, and each page whole in itself."""

import posixpath
import re
from html import unescape
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from autograde.pages import mathml
from grader_tests.support.notebooks import files
from notebooks.builder import pages, worked

PAGES = ["index", *worked.NAMES]
STALE = "notebooks/ is behind source/ in {}: run `make site`."


def text_of(name: str) -> str:
    return (worked.FOLDER / f"{name}.html").read_text(encoding="utf-8")


# ---------------------------------------------------------------- in step
@pytest.mark.parametrize("name", worked.NAMES)
def test_notebook_is_in_step(name):
    """The same cells as in the source; what they printed and drew may differ in the last digit from
    machine to machine."""
    path = worked.FOLDER / f"{name}.ipynb"
    assert path.is_file(), STALE.format(path.name)
    fresh, committed = worked.worked(name), nbformat.read(path, as_version=4)
    cells = [
        [(cell.cell_type, cell.id, cell.source, cell.metadata) for cell in notebook.cells]
        for notebook in (fresh, committed)
    ]
    assert cells[0] == cells[1], STALE.format(path.name)


@pytest.mark.parametrize("name", worked.NAMES)
def test_no_line_of_a_demonstration_is_left_out(name):
    """Of what is printed in one only a few lines are kept."""
    assert "more lines that your code prints" not in text_of(name)


def test_no_line_begins_with_a_comma_or_a_percent_sign():
    formula, display = "<math><mi>h</mi></math>", '<math display="block"><mi>c</mi></math>'
    assert pages.held_together(f"{formula}, {display}. {formula} is 5 % 3, 51 % to 67 %") == (
        f'<span class="whole">{formula},</span> {display}. {formula} is 5 % 3, 51\xa0% to 67\xa0%'
    )


def test_what_lies_beside_is_in_step():
    """The kit and the pictures."""
    fresh = worked.beside()
    committed = {
        name: data
        for name, data in files(worked.FOLDER).items()
        if not name.endswith((".ipynb", ".html")) and not name.startswith("builder/")
    }
    behind = sorted(
        name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name)
    )
    assert not behind, STALE.format(", ".join(behind))


def test_pages_are_in_step():
    made = pages.make()
    there = (path.relative_to(worked.FOLDER) for path in worked.FOLDER.rglob("*.html"))
    assert sorted(map(str, there)) == sorted(made), (
        "The pages of notebooks/ are not those that `make site` makes: run it."
    )
    behind = [
        name
        for name, page in made.items()
        if (worked.FOLDER / name).read_text(encoding="utf-8") != page
    ]
    assert not behind, STALE.format(", ".join(behind))


@pytest.mark.parametrize("name", worked.NAMES)
def test_notebook_was_run_whole(name):
    cells = [
        cell
        for cell in nbformat.read(worked.FOLDER / f"{name}.ipynb", as_version=4).cells
        if cell.cell_type == "code"
    ]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs and not [
        output
        for output in outputs
        if output.output_type == "error" or output.get("name") == "stderr"
    ]


def test_a_stale_page_is_found(monkeypatch):
    """The comparison above is no formality: another word in a notebook makes another page."""
    before = pages.make()["02_stacking.html"]
    read = nbformat.read

    def changed(*words, **options):
        notebook = read(*words, **options)
        notebook.cells[0].source += " Indeed."
        return notebook

    monkeypatch.setattr(nbformat, "read", changed)
    assert pages.make()["02_stacking.html"] != before


# ---------------------------------------------------------------- what is on a page
@pytest.mark.parametrize("name", PAGES)
def test_page_is_small_and_clean(name):
    page = text_of(name)
    assert len(page.encode()) < 1_000_000
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not [
        word
        for word in (
            "BEGIN SOLUTION",
            "END SOLUTION",
            "HIDDEN TESTS",
            "from autograde",
            "$$",
            r"\begin{",
            "No description has been provided",
        )
        if word in body
    ]
    assert not re.findall(
        r"<(?:img|script|link|source|iframe)\b[^>]*(?:src|href)=\"(?!data:)[^\"]*\"", body
    ), "a page is one file"
    assert all(
        re.search(r'\balt="[^"]{20,}"', image) for image in re.findall(r"<img\b[^>]*>", body)
    ), "a picture without a description"


@pytest.mark.parametrize("name", worked.NAMES)
def test_solutions_are_told_from_what_is_given(name):
    notebook, page = worked.worked(name), text_of(name)
    solutions = [cell for cell in notebook.cells if "worked" in cell.metadata]
    assert solutions and page.count('<details class="stub">') == len(solutions)
    assert page.count('<span class="hll">') == sum(
        len(cell.metadata.worked.lines) for cell in solutions
    )
    for cell in solutions:
        assert "YOUR CODE HERE" in cell.metadata.worked.stub and "YOUR CODE HERE" not in cell.source


@pytest.mark.parametrize("name", worked.NAMES)
def test_what_is_plumbing_is_folded(name):
    """Code that JupyterLab folds away is folded here too, and what it shows is not."""
    page = BeautifulSoup(text_of(name), "html.parser")
    cells = nbformat.read(worked.FOLDER / f"{name}.ipynb", as_version=4).cells
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        shown = page.find(id=f"cell-{cell.id}")
        fold = shown.find("pre", class_="code").find_parent("details", class_="given")
        assert bool(fold) == cell.metadata.get("jupyter", {}).get("source_hidden", False), cell.id
        drawn = [output for output in cell.outputs if "image/svg+xml" in output.get("data", {})]
        assert len(shown.find_all(["img", "figure"])) == len(drawn), cell.id
        assert not fold or not fold.find(["img", "figure"]), cell.id
    assert page.select("details.plumbing > summary")[0].string == "Plumbing: are the files here?"
    assert "google.colab" not in text_of("index")


def test_the_contents_show_each_notebook():
    """By the picture of its idea, and by the minutes that it takes to read."""
    contents = BeautifulSoup(text_of("index"), "html.parser")
    rows = contents.select(".notebooks > li")
    for name, row in zip(worked.NAMES, rows, strict=True):
        page = BeautifulSoup(text_of(name), "html.parser")
        assert row.img["alt"] == page.main.img["alt"] and row.img["src"] == page.main.img["src"]
        for fold in page.main.find_all(["details", "pre", "figure"]):
            fold.decompose()
        for formula in page.main.find_all("math"):
            formula.replace_with("formula")
        for unread in page.main.select(".cell, .anchor, .unseen"):
            unread.decompose()
        minutes = round(len(page.main.get_text().split()) / pages.WORDS_A_MINUTE)
        said = f"{minutes} minutes to read"
        assert minutes > 2 and said in row.get_text() and said in page.header.get_text()
    assert f"{pages.WORDS_A_MINUTE} a minute" in contents.main.get_text()


def test_words_that_are_read():
    text = (
        "# Two words\n\nThen $a + b$.\n\n<details><summary>Not this</summary>\n\nnor\n\n</details>"
    )
    assert pages.words(text) == 4


def test_links_lead_somewhere():
    ids = {name: set(map(unescape, re.findall(r'\bid="([^"]+)"', text_of(name)))) for name in PAGES}
    for name in PAGES:
        links = [
            urlsplit(unescape(link))
            for link in re.findall(r'<a\b[^>]*\bhref="([^"]+)"', text_of(name))
        ]
        assert links
        for link in links:
            if link.scheme not in ("http", "https", "mailto"):
                place = posixpath.join(posixpath.dirname(name), link.path)
                target = posixpath.normpath(place).removesuffix(".html") if link.path else name
                assert target in ids, f"{name}: {link.geturl()}"
                assert not link.fragment or unquote(link.fragment) in ids[target], (
                    f"{name}: {link.geturl()}"
                )


def test_one_can_walk_through():
    for before, after in zip(worked.NAMES, worked.NAMES[1:]):
        up = "../" * after.count("/")
        assert f'href="{after}.html" rel="next"' in text_of(before)
        assert f'href="{up}{before}.html" rel="prev"' in text_of(after)
    assert all(f'<a href="{name}.html">' in text_of("index") for name in worked.NAMES)


# ---------------------------------------------------------------- formulas
def test_formulas_of_students_never_stop_a_page():
    page = mathml.render(
        "Right: $c_t$, $x < y$. Wrong: $\\nonsense{$ and\n\n$$\n\\begin{aligned} a &= b\n$$"
    )
    assert page.count("<math") == 2 and "<code>\\nonsense{</code>" in page


def test_formulas_in_the_summary_of_a_hint():
    assert "<math" in mathml.render(
        "<details><summary>What is $c_t$?</summary>\n\nIt costs $5 or $6.\n\n</details>"
    )


def test_a_formula_of_ours_that_cannot_be_read_stops_the_site():
    with pytest.raises(mathml.LatexError):
        mathml.render(r"$\nonsense$", pages.Renderer([]))
