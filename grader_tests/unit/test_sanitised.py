"""Students' Markdown in the formgrader: it is shown, and nothing of it runs."""

import random
import re
from html.parser import HTMLParser

import pytest

from autograde.pages.sanitised import ATTRIBUTES, TAGS, sanitised

MATHML = {"math", "semantics", "menclose", "none"}
NASTY = (
    "<script>alert(1)</script>",
    "<SCRIPT src=//example.com/x.js></SCRIPT>",
    "<img src=x onerror=alert(1)>",
    "<img src='/formgrader/api/submission/1/autograde'>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table>",
    "<math href='javascript:alert(1)'>x</math>",
    "[x](javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' javascript:alert(1)'>x</a>",
    "![x](javascript:alert(1))",
    "![x](https://example.com/seen.png)",
    "![x](../../api/seen.png)",
    "![x](img/../../seen.png)",
    "<img src='//example.com/seen.png'>",
    "<img src='\\\\example.com/seen.png'>",
    "![x](attachment:a.png)",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<form action=/formgrader/api><button>press</button><input name=a></form>",
    "<div style='position:fixed;inset:0' class='modal'>x</div>",
    "<meta http-equiv=refresh content='0;url=//example.com'>",
    "<base href=//example.com>",
    "<object data=x></object><embed src=x>",
    "<link rel=stylesheet href=//example.com/x.css><style>*{display:none}</style>",
    "<details open ontoggle=alert(1)><summary>x</summary></details>",
    "<a title='$x$' href='$\\text{\" onmouseover=alert(1) }$'>x</a>",
    '<p title="$x \\text{\'>}$">',
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$$\\operatorname{<script>}$$",
    "\\begin{a}<script>alert(1)</script>\\end{a}",
    "<!--><script>alert(1)</script>-->",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><p id=x></textarea><img src=x onerror=alert(1)>",
    "`<script>`",
    "```html\n<script>alert(1)</script>\n```",
    "# <img src=x onerror=alert(1)>",
    "| <script> | $a$ |\n|---|---|\n| <b onclick=alert(1)>x</b> | 2 |",
    "<img name=getElementById><form id=document>",
)


class Seen(HTMLParser):
    """The tags and attributes that a browser would make of a page."""

    def __init__(self):
        super().__init__()
        self.found, self.depth = [], 0

    def handle_starttag(self, tag, attributes):
        self.depth += tag == "math"
        self.found.append((tag, dict(attributes), self.depth > 0))

    def handle_endtag(self, tag):
        self.depth -= tag == "math"


def complaints(source: str) -> list[str]:
    page = Seen()
    page.feed(sanitised(source, {"a.png": {"image/png\" onerror='x'": "AAAA"}}))
    page.close()
    wrong = []
    for tag, attributes, in_math in page.found:
        if in_math:
            names = [name for name in attributes if name.startswith("on") or name == "href"]
            if names or not (tag.startswith("m") or tag in MATHML):
                wrong.append(f"{tag} {attributes}")
        elif tag not in TAGS or set(attributes) - set(ATTRIBUTES.get(tag, ())):
            wrong.append(f"{tag} {attributes}")
        elif not attributes.get("href", "#").startswith(("#", "http://", "https://", "mailto:")):
            wrong.append(f"{tag} {attributes}")
        elif not re.match(r"data:image/|(\w+/)*\w+\.png$", attributes.get("src", "data:image/")):
            wrong.append(f"{tag} {attributes}")
    return wrong


@pytest.mark.parametrize("source", NASTY)
def test_nothing_of_it_runs(source):
    assert not complaints(source)


def test_nothing_of_any_mixture_runs():
    rng = random.Random(3)
    pieces = [*NASTY, "<p>", "</p>", "$", "\n\n", "`", "<", ">", '"', "'", "&lt;", "<!--", "-->"]
    for _ in range(1500):
        source = "".join(rng.choices(pieces, k=rng.randrange(2, 6)))
        assert not complaints(source), source


@pytest.mark.parametrize(
    "source, shown",
    [
        ("**bold** and `code`", "<strong>bold</strong> and <code>code</code>"),
        ("$x^2$", "<msup>"),
        ("<details><summary>A hint: $x$</summary>\n\nHere\n\n</details>", "<summary>A hint: <math"),
        ("[a](https://example.com/b?c=d)", 'href="https://example.com/b?c=d"'),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "<td>1</td>"),
        ("![p](img/01_cell.svg)", 'src="img/01_cell.svg"'),
        ("![p](attachment:a.png)", 'src="data:image/png;base64,AAAA"'),
        ("```python\nx = 1\n```", 'class="highlight"'),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
    ],
)
def test_what_an_author_writes_is_shown_as_it_was(source, shown):
    assert shown in sanitised(source, {"a.png": {"image/png": "AAAA"}})
