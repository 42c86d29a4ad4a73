"""Text with formulas to HTML with MathML: pages then show them without a network and without
scripts.

`nbgrader_config.py` names a filter of nbconvert's here, and the folder `jupyter` with the template
that uses it, so that the formgrader shows formulas too; what it shows is made in `sanitised.py`.
"""

import re
from base64 import b64encode
from functools import cache
from html import escape, unescape
from pathlib import Path

from math_core import LatexError, LatexToMathML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

FONT = Path(__file__).resolve().parent / "fonts" / "STIXTwoMath.woff2"
CONVERTER = LatexToMathML(fancy_error=False)
LONGEST = 4_000  # characters of one formula of a student: longer ones can take very long
INLINE = re.compile(r"(?<![\\$\w])\$(?=\S)([^$\n]+?)(?<=\S)\$(?!\w)")


def formula(latex: str, display: bool = False) -> str:
    """One formula as MathML. Raises LatexError where it cannot be read."""
    return CONVERTER.convert_with_local_state(latex.strip(), displaystyle=display)


def forgiving(latex: str, display: bool) -> str:
    """As `formula`, for what students write: a formula that cannot be read is shown as it was
    typed.
    """
    try:
        if len(latex) > LONGEST:
            raise ValueError("a formula that nobody reads")
        return formula(latex, display)
    except (LatexError, ValueError, RecursionError):
        return f"<code>{escape(latex.strip())}</code>"


class Renderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with formulas as MathML."""

    convert = staticmethod(forgiving)

    def block_math(self, body: str) -> str:
        return self.convert(body, True)

    def inline_math(self, body: str) -> str:
        return self.convert(body, False)

    def latex_environment(self, name: str, body: str) -> str:
        return self.convert(rf"\begin{{{name}}}{body}\end{{{name}}}", True)

    def block_html(self, html: str) -> str:
        """HTML of the author's own, such as the summary of a hint, may hold formulas too."""
        made = (
            html
            if self._escape
            else INLINE.sub(lambda found: self.convert(unescape(found[1]), False), html)
        )
        return super().block_html(made)


def render(text: str, renderer: IPythonRenderer | None = None) -> str:
    """Markdown with formulas as HTML."""
    return MarkdownWithMath(renderer=renderer or Renderer(escape=False)).render(text)


@cache
def font_face(selector: str = "math") -> str:
    """The maths font as CSS that holds the font itself, for what the selector finds."""
    data = b64encode(FONT.read_bytes()).decode()
    source = f'url(data:font/woff2;base64,{data}) format("woff2")'
    face = f'@font-face{{font-family:"Course Math";src:{source}}}'
    return f'{face}{selector}{{font-family:"Course Math",math}}'
