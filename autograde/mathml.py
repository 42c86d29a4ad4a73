"""Text with formulas to HTML with MathML: pages then show them without a network and without scripts."""
from html import escape

from math_core import LatexError, LatexToMathML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

CONVERTER = LatexToMathML(fancy_error=False)


def formula(latex: str, display: bool = False) -> str:
    """One formula as MathML. Raises LatexError where it cannot be read."""
    return CONVERTER.convert_with_local_state(latex.strip(), displaystyle=display)


def forgiving(latex: str, display: bool) -> str:
    """As `formula`, for what students write: a formula that cannot be read is shown as it was typed."""
    try:
        return formula(latex, display)
    except LatexError:
        return f"<code>{escape(latex.strip())}</code>"


class Renderer(IPythonRenderer):
    """nbconvert's renderer of Markdown, with formulas as MathML."""

    def block_math(self, body: str) -> str:
        return forgiving(body, True)

    def inline_math(self, body: str) -> str:
        return forgiving(body, False)


def render(text: str, renderer: IPythonRenderer | None = None) -> str:
    """Markdown with formulas as HTML."""
    return MarkdownWithMath(renderer=renderer or Renderer(escape=False)).render(text)
