"""A verdict as a ladder of its criteria, and what the numbers show."""

import os
import re

from ..exercise.text import for_html
from ..exercise.verdict import Result, Verdict
from ..pages.criteria import as_html, as_text
from ..pages.pictures import caption, svg
from .notebook import shell

LATER = ("gradients", "reset", "own")  # known once the class was asked for slopes and draws
NO_NUMBERS = re.compile(  # in a sentence about none
    r"\braise[sd]\b|could not be|written yet|forward (takes|returns|uses)\b"
)
NAMED = 4  # criteria that are lost for one reason, and named
STYLE = """<style>
.desk-numbers summary { cursor: pointer; font-weight: 600 }
.desk-numbers p { margin: .5em 0; max-width: 46em }
.desk-numbers svg { color: inherit; font: 11px sans-serif; max-width: 100% }
.desk-numbers svg text { fill: currentColor }
.desk-numbers svg .grid, .desk-numbers svg .cell { stroke: currentColor; stroke-opacity: .3 }
.desk-numbers svg .cell, .desk-numbers svg polyline { fill: none; stroke-width: 2 }
.desk-numbers svg polyline.right { stroke: #009E73 }
.desk-numbers svg polyline.yours { stroke: #D55E00; stroke-dasharray: 6 4 }
.desk-numbers svg circle.right, .desk-numbers svg rect.right { fill: #009E73 }
.desk-numbers svg circle.yours, .desk-numbers svg rect.yours { fill: #D55E00 }
.desk-all :is(td, th) { text-align: left !important }  /* JupyterLab's own rule is narrower */
.desk-all td:nth-child(3) { white-space: nowrap }
</style>"""


def climb(verdict: Verdict, shown: list[str], until: tuple[str, ...] = ()) -> list[str]:
    """Print a line for every criterion that is met and not `shown` yet, up to the first that is
    lost or one of `until`; returns the keys that are shown now."""
    for result in verdict.results:
        if result.key in until or not result.met:
            break
        if result.key not in shown:
            print(f"  ✓ {result.title}", flush=True)
            shown = [*shown, result.key]
    return shown


def first_lost(verdict: Verdict) -> Result | None:
    return next((result for result in verdict.results if not result.met), None)


def of_numbers(lost: Result) -> bool:
    """Whether what is said comes from the class's numbers, so that a student may think first."""
    return bool(lost.equation) and not NO_NUMBERS.search(lost.sentence)


def in_front_end() -> bool:
    """Whether somebody looks at a page that can unfold: not while a notebook is validated."""
    return hasattr(shell(), "kernel") and not validates()


def validates() -> bool:
    return bool(os.environ.get("NBGRADER_EXECUTION"))


def fall(verdict: Verdict, lost: Result) -> str:
    """Print the line of a criterion that is lost, and show what the numbers show; returns what the
    box below says."""
    print(f"  ✗ {lost.title}", flush=True)
    drawn = verdict.picture if lost.equation else None
    if of_numbers(lost) and in_front_end():
        said = f"Not right yet: {lost.title}. Asked for: {lost.asks}."
        if lost.place:
            said += f"\nYour line {lost.place.line}: {lost.place.text}"
        display_html(unfolding(lost.sentence, drawn), lost.sentence)
    else:
        said = f"{lost.title}: {lost.sentence}"
        if drawn and in_front_end():
            display_html(unfolding("", drawn), caption(drawn))
    also = [r.title for r in verdict.results if r.sentence == lost.sentence and r is not lost]
    named = ", ".join(also) if len(also) <= NAMED else f"{len(also)} other criteria"
    return said + (f"\nLost for the same reason: {named}." if also else "")


def unfolding(sentence: str, picture: dict | None) -> str:
    """What a student may look at after thinking first."""
    drawn = f"{svg(picture)}<p>{for_html(caption(picture))}</p>" if picture else ""
    return (
        f'{STYLE}<details class="desk-numbers"><summary>What your numbers show</summary>'
        f"<p>{with_code(sentence)}</p>{drawn}</details>"
    )


def with_code(sentence: str) -> str:
    """As HTML, with the student's lines as code."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", for_html(sentence))


def show_all(verdict: Verdict, bonus: bool):
    """Every criterion with its points, as grading will."""
    if in_front_end():
        display_html(
            f'{STYLE}<div class="desk-all">{as_html(verdict, bonus)}</div>', as_text(verdict)
        )
    else:
        print(as_text(verdict))


def display_html(page: str, text: str):
    from IPython.display import display

    display({"text/html": page, "text/plain": text}, raw=True)
