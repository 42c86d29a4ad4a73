"""A verdict as a table of its criteria: what a test cell shows, as HTML and as text."""

from ..exercise.text import for_html
from ..exercise.verdict import Result, Verdict

HEAD = ("Criterion", "Result", "Points", "What was asked, or what your numbers show")


def points(value: float) -> str:
    return f"{value:g}"


def reasons(verdict: Verdict) -> dict[str, str]:
    """Key of a criterion to what is said of it: a reason that several share in full for the first
    of them, and by its title for the others."""
    said, first = {}, {}
    for result in verdict.results:
        title = first.setdefault(result.sentence, result.title)
        again = result.sentence and title != result.title
        said[result.key] = f"The same reason as for {title}." if again else result.sentence
    return said


def as_text(verdict: Verdict) -> str:
    lines = [f"{verdict.name}: {points(verdict.score)} of {points(verdict.points)} points"]
    said = reasons(verdict)
    for result in verdict.results:
        reason = f": {said[result.key]}" if result.sentence else ""
        mark = "met " if result.met else "lost"
        lines.append(f"  {mark}  {points(result.points):>5}  {result.title}{reason}")
    return "\n".join([*lines, *(f"  note: {note}" for note in verdict.notes)])


def as_html(verdict: Verdict, bonus: bool) -> str:
    unit = "bonus points" if bonus else "points"
    caption = f"{verdict.name}: {points(verdict.score)} of {points(verdict.points)} {unit}"
    head = "".join(f'<th scope="col">{title}</th>' for title in HEAD)
    said = reasons(verdict)
    body = "".join(table_row(result, said[result.key]) for result in verdict.results)
    notes = "".join(f"<p>{for_html(note)}</p>" for note in verdict.notes)
    return (
        f'<table class="criteria"><caption>{for_html(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{notes}"
    )


def table_row(result: Result, said: str) -> str:
    kind, mark = ("met", "✓ met") if result.met else ("lost", "✗ lost")
    earned = points(result.points) if result.met else "0"
    return (
        f'<tr class="{kind}"><th scope="row">{for_html(result.title)}</th><td>{mark}</td>'
        f"<td>{earned} of {points(result.points)}</td>"
        f"<td>{for_html(said or result.asks)}</td></tr>"
    )
