"""The pages: an nbconvert exporter and a template of our own.

What it makes follows from `notebooks/*.ipynb` alone, byte for byte.
"""

import os
import re
from base64 import b64encode
from functools import cache
from html import escape, unescape
from pathlib import Path

import nbformat
from jinja2 import pass_context
from nbconvert import HTMLExporter
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograde.pages import mathml
from notebooks.builder.worked import FOLDER, NAMES

HERE = Path(__file__).resolve().parent
TEXT_FONTS = {
    "400-normal": "font-weight:400",
    "400-italic": "font-weight:400;font-style:italic",
    "600-normal": "font-weight:600 700",
}
PLAYED = "application/vnd.lstm.played+json"  # an output of lstm_kit/play.py
WORDS_A_MINUTE = 200
TAG = re.compile(r"<[^>]+>")
FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL)
FORMULA = re.compile(r"<math\b.*?</math>", re.DOTALL)
CLINGING = re.compile(r"(<math>(?:(?!</math>).)*</math>[,.;:?)]+)", re.DOTALL)
PERCENT = re.compile(r"(?<=\d) %(?! ?\d)")  # of a number, not the operator
PICTURE = re.compile(r"(?m)^!\[.*?\]\(.*?\)$")
UNSAID = re.compile(
    r'<a\b[^>]*class="anchor".*?</a>|<details class="(?:stub|given plumbing)">.*?</details>|<p '
    r'class="label">.*?</p>|<span class="unseen">.*?</span>',
    re.DOTALL,
)


class Renderer(mathml.Renderer):
    """Markdown of a page: formulas must be right, headings have anchors, links go to pages, tables
    may scroll."""

    convert = staticmethod(mathml.formula)

    def __init__(self, headings: list, folder: Path = FOLDER):
        """folder: of the notebook, below FOLDER."""
        super().__init__(escape=False, embed_images=True, path=str(FOLDER))
        self.headings, self.folder, self.latex = headings, folder, {}

    def heading(self, text: str, level: int, **_) -> str:
        title = plain(text)
        name = re.sub(r"\s+", "-", title)
        taken = {other["id"] for other in self.headings}
        name = next(
            way for way in (name, *(f"{name}-{n}" for n in range(2, 999))) if way not in taken
        )
        self.headings.append({"id": name, "title": title, "html": text, "level": level})
        return (
            f'<h{level} id="{name}">{text} <a class="anchor" href="#{name}" aria-hidden="true" '
            f'tabindex="-1">#</a></h{level}>\n'
        )

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, re.sub(r"\.ipynb(#|$)", r".html\1", url), title)

    def inline_math(self, body: str) -> str:
        made = super().inline_math(body)
        self.latex[made] = body
        return made

    def table_cell(self, text: str, align: str | None = None, head: bool = False) -> str:
        """A header that is a formula says it in letters too: checkers, and some screen readers,
        find no text in MathML."""
        if head and text in self.latex:
            hidden = text.replace("<math", '<math aria-hidden="true"', 1)
            text = f'<span class="unseen">{escape(self.latex[text])}</span>{hidden}'
        kind, style = (
            "th" if head and text else "td",
            f' style="text-align:{align}"' if align else "",
        )
        return f"<{kind}{style}>{text}</{kind}>\n"

    def table(self, text: str) -> str:
        return f'<div class="wide"><table>{text}</table></div>\n'

    def block_math(self, body: str) -> str:
        return f'<div class="wide">{super().block_math(body)}</div>'

    def _src_to_base64(self, src: str) -> str | None:
        """nbconvert takes no picture from outside of its `path`; those of FOLDER are all ours."""
        return super()._src_to_base64(os.path.relpath(self.folder / src, FOLDER))

    def _html_embed_images(self, html: str) -> str:
        return (
            super()._html_embed_images(html) if "<img" in html else html
        )  # nbconvert empties a plain <svg>


class PageExporter(HTMLExporter):
    """nbconvert's exporter to HTML, with our template and renderer.

    `headings` fills as the page is rendered.
    """

    def __init__(self, **options):
        super().__init__(template_name="template", extra_template_basedirs=[str(HERE)], **options)
        self.headings = []

    @pass_context
    def markdown2html(self, context, source: str) -> str:
        folder = Path(context["resources"]["metadata"]["path"])
        return held_together(mathml.render(source, Renderer(self.headings, folder)))

    def default_filters(self):
        yield from super().default_filters()
        yield "python", code
        yield "formula", mathml.formula

    def page(self, name: str, **about) -> str:
        """The page of the notebook `name`."""
        path = FOLDER / f"{name}.ipynb"
        resources = {
            "metadata": {"name": name, "path": str(path.parent)},
            "fonts": fonts(),
            "top": "../" * name.count("/"),
            **about,
        }
        self.environment.globals |= {"headings": self.headings, "played": PLAYED}
        return self.from_notebook_node(nbformat.read(path, as_version=4), resources)[0]


def held_together(html: str) -> str:
    """No line begins with the comma behind a formula, or with the % of a number."""
    html = CLINGING.sub(r'<span class="whole">\1</span>', html)
    return PERCENT.sub("\N{NO-BREAK SPACE}%", html)


def code(source: str, lines=()) -> str:
    """Python in colour; the `lines` with these numbers stand out."""
    return highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True, hl_lines=lines))


def plain(html: str) -> str:
    """The text of HTML, without what is said twice."""
    return re.sub(r"\s+", " ", unescape(TAG.sub("", UNSAID.sub("", html)))).strip()


@cache
def fonts() -> str:
    """The fonts as CSS that holds them, so that a page is one file."""
    rules = [mathml.font_face()]
    for name, style in TEXT_FONTS.items():
        data = b64encode((HERE / "fonts" / f"STIXTwoText-{name}.woff2").read_bytes()).decode()
        rules.append(
            f'@font-face{{font-family:"Course '
            f'Text";{style};src:url(data:font/woff2;base64,{data}) format("woff2")}}'
        )
    return "\n".join(rules)


def about(name: str) -> dict:
    """What the contents and the page say of a notebook: its first heading, the first paragraph
    below that, its first picture, and the minutes that the text takes to read."""
    texts = [
        cell.source
        for cell in nbformat.read(FOLDER / f"{name}.ipynb", as_version=4).cells
        if cell.cell_type == "markdown"
    ]
    title, _, rest = texts[0].partition("\n")
    picture = PICTURE.search("\n".join(texts))[0]
    return {
        "name": name,
        "file": f"{name}.html",
        "title": title.lstrip("# "),
        "summary": mathml.render(rest.strip().split("\n\n")[0]),
        "picture": mathml.render(picture, Renderer([], (FOLDER / name).parent)),
        "minutes": max(1, round(sum(map(words, texts)) / WORDS_A_MINUTE)),
    }


def words(text: str) -> int:
    """How many words a reader of Markdown reads: not what is folded; a formula is one."""
    return len(plain(FORMULA.sub(" formula ", FOLDED.sub("", mathml.render(text)))).split())


def sections(page: str) -> list[list[str]]:
    """Every section of a page as anchor, title and text, for the search."""
    main = page[page.index("<main") : page.index("</main>")]
    parts = re.split(r'<h[1-6] id="([^"]+)">(.*?)</h[1-6]>', main, flags=re.DOTALL)[1:]
    return [
        [anchor, plain(title), plain(text)]
        for anchor, title, text in zip(parts[::3], parts[1::3], parts[2::3])
    ]


def make() -> dict[str, str]:
    """File name -> page, for every notebook and the contents."""
    notebooks = [about(name) for name in NAMES]
    made, index = {}, []
    for notebook, before, after in zip(notebooks, [None, *notebooks], [*notebooks[1:], None]):
        exporter = PageExporter()
        made[notebook["file"]] = page = exporter.page(
            notebook["name"],
            title=notebook["title"],
            minutes=notebook["minutes"],
            pace=WORDS_A_MINUTE,
            before=before,
            after=after,
        )
        index += [[notebook["file"], notebook["title"], *section] for section in sections(page)]
        notebook["headings"] = [heading for heading in exporter.headings if heading["level"] == 2]
    resources = PageExporter()._init_resources({}) | {"fonts": fonts(), "title": "Build an LSTM"}
    made["index.html"] = (
        PageExporter()
        .environment.get_template("contents.html.j2")
        .render(resources=resources, notebooks=notebooks, index=index, pace=WORDS_A_MINUTE)
    )
    return made


def write(folder: Path):
    for name, page in make().items():
        (folder / name).write_text(page, encoding="utf-8")
