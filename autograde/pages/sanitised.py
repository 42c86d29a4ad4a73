"""Markdown of students where a person of the course opens it with a password in the browser: the
formgrader shows it without anything that a browser runs or submits, or fetches but pictures that
lie beside the notebook.

`nbgrader_config.py` names `markdown2html` in place of nbconvert's filter. What is not allowed is
shown as the text that it is. Notebooks of other assignments are shown as nbconvert shows them,
unless the course wants those in the box too.
"""

import re
import secrets

import bleach
from jinja2 import pass_context, pass_environment
from nbconvert.preprocessors import Preprocessor

from .graded import is_ours
from .mathml import Renderer, forgiving, render

TAGS = frozenset(
    "a b blockquote br caption cite code col colgroup dd del details dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub "
    "summary sup table tbody td tfoot th thead tr tt u ul var".split()
)
ATTRIBUTES = {  # tag -> attribute -> what its whole value may be
    "a": {"href": r"(https?://|mailto:|#).*", "title": r".*", "class": r"anchor-link"},
    "img": {
        "src": r"data:image/(png|jpeg|gif|webp|svg\+xml);base64,[\w+/=\s]*"
        r"|([\w-]+/)*[\w-]+\.(png|jpe?g|gif|webp|svg)",  # no dot before the last one: none leads up
        "alt": r".*",
        "title": r".*",
        "width": r"\d{1,4}%?",
        "height": r"\d{1,4}%?",
    },
    "ol": {"start": r"\d{1,6}"},
    "details": {"open": r".*"},
    "div": {"class": r"highlight( hl-[\w-]+)?"},
    "span": {"class": r"[a-z]{1,2}[a-z0-9]?|\s*"},  # of Pygments
} | dict.fromkeys(("td", "th"), {"colspan": r"\d{1,2}", "rowspan": r"\d{1,2}"})
ATTRIBUTES |= {f"h{level}": {"id": r"[^\s<>]{1,200}"} for level in range(1, 7)}
PROTOCOLS = ("http", "https", "mailto", "data")


class Apart(Renderer):
    """Formulas wait outside while the rest is sanitised; each leaves a mark that nobody can guess.
    What `forgiving` makes of a formula holds nothing but MathML or escaped text."""

    def __init__(self, **options):
        super().__init__(**options)
        self.name, self.formulas = f"formula-{secrets.token_hex(16)}", []

    def convert(self, body: str, display: bool) -> str:
        self.formulas.append(forgiving(body, display))
        return f"{self.name}-{len(self.formulas) - 1};"

    def together(self, html: str) -> str:
        """`html`, with each formula in the place of its mark."""
        mark = re.compile(rf"{self.name}-(\d+);")
        return mark.sub(lambda found: self.formulas[int(found[1])], html)

    def allows(self, tag: str, name: str, value: str) -> bool:
        """Whether an attribute may stay. One with a formula in it may not."""
        pattern = ATTRIBUTES.get(tag, {}).get(name)
        return (
            pattern is not None
            and self.name not in value
            and re.fullmatch(pattern, value, re.IGNORECASE | re.DOTALL) is not None
        )


def sanitised(source: str, attachments: dict | None = None) -> str:
    """Markdown as HTML in which nothing can be run, submitted, or fetched from elsewhere."""
    renderer = Apart(escape=False, attachments=attachments or {})
    rendered = render(source, renderer)
    cleaner = bleach.Cleaner(tags=TAGS, attributes=renderer.allows, protocols=PROTOCOLS)
    return renderer.together(cleaner.clean(rendered))


class AsUsual(Preprocessor):
    """Remembers, in the environment of the exporter's templates, whether a notebook is not ours, so
    that its page is nbconvert's own.
    """

    def preprocess(self, nb, resources):
        sanitises = is_ours(nb) or self.config.Judge.get("box_others")
        self.parent.environment.usual = None if sanitises else self.parent.markdown2html
        return nb, resources


@pass_environment
def as_usual(environment, _) -> bool:
    """What the template `mathjax.html.j2` asks."""
    return bool(getattr(environment, "usual", None))


@pass_context
def markdown2html(context, source: str) -> str:
    """nbconvert's filter of this name."""
    if usual := getattr(context.environment, "usual", None):
        return usual(context, source)
    return sanitised(source, context.get("cell", {}).get("attachments", {}))
