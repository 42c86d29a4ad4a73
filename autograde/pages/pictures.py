"""A small picture beside the reasons, drawn: what a class gives over a few steps, and what the rule
gives (data: judge/pictures.py).
"""

from ..exercise.text import for_html
from ..judge.pictures import FEWEST


def svg(picture: dict) -> str:
    """The picture as inline SVG with a description."""
    return svg_steps(picture) if picture["kind"] == "steps" else svg_influence(picture)


def frame(width: int, height: int, description: str, inside: str) -> str:
    return (
        f'<svg class="picture" role="img" aria-label="{for_html(description)}" '
        f'viewBox="0 0 {width} {height}" width="{width}">{inside}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "middle", kind: str = "") -> str:
    place = f'x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" class="{kind}"'
    return f"<text {place}>{for_html(words)}</text>"


def caption(picture: dict) -> str:
    """What to see in the picture, in words."""
    if what := picture.get("what"):
        return (
            f"The {what} in one call, with the same inputs. Yours leave the right ones at number "
            f"{picture['from']}."
        )
    if picture["kind"] == "steps":
        return (
            f"{picture['name']} of one unit over {len(picture['right'])} steps, with the same "
            f"weights and inputs. Yours leaves the right one at step {picture['from']}."
        )
    return (
        "Which outputs follow what goes in: each row is one thing that was changed a little (x at "
        "one step, or the given states of one layer), each column the output at one step. "
        f"{difference(picture)}"
    )


def svg_steps(picture: dict) -> str:
    right, yours = picture["right"], picture["yours"]
    low, high = min(right + yours), max(right + yours)
    place = lambda k, value: (
        44 + k * 260 / (len(right) - 1),
        130 - 105 * (value - low) / (high - low or 1),
    )
    inside = "".join(
        f'<line class="grid" x1="44" x2="304" y1="{y}" y2="{y}"/>'
        + text(38, y + 4, f"{value:.2f}".replace("-", "−"), "end")
        for y, value in ((25, high), (130, low))
    )
    inside += "".join(text(place(k, 0)[0], 150, str(k)) for k in range(len(right))) + text(
        174, 166, "number" if "what" in picture else "step"
    )
    for kind, values in (("right", right), ("yours", yours)):
        points = [place(k, value) for k, value in enumerate(values)]
        inside += (
            f'<polyline class="{kind}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>'
        )
        inside += "".join(
            f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in points
        )
    inside += text(44, 12, "● right, solid", "start", "right") + text(
        304, 12, "● yours, dashed", "end", "yours"
    )
    listed = lambda values: ", ".join(f"{value:.2f}" for value in values)
    return frame(
        320,
        170,
        f"Line plot of {picture['name']}. Right: {listed(right)}. Yours: {listed(yours)}.",
        inside,
    )


def changed(picture: dict) -> list[str]:
    """x at each step, then the given states of each layer."""
    return [
        f"x at {k}" if k < picture["steps"] else f"layer {k - picture['steps']}"
        for k in range(len(picture["right"]))
    ]


def said(name: str) -> str:
    return name.replace(" at ", " at step ").replace("layer", "the given states of layer")


def follows(influence: list[float]) -> list[int]:
    """The steps at which the output follows what was changed."""
    return [t for t, value in enumerate(influence) if value > FEWEST]


def difference(picture: dict) -> str:
    """The first outputs that follow what they should not, or do not follow what they should."""
    pairs = [
        (name, set(follows(right)), set(follows(yours)))
        for name, right, yours in zip(changed(picture), picture["right"], picture["yours"])
    ]
    lost = [
        f"output {min(right - yours)} does not follow {said(name)}, and should"
        for name, right, yours in pairs
        if right - yours
    ]
    extra = [
        f"output {min(yours - right)} follows {said(name)}, and should not"
        for name, right, yours in pairs
        if yours - right
    ]
    found = (lost + extra)[:3] if not (lost and extra) else [lost[0], extra[0]]
    return (
        f"In yours, {'; '.join(found)}."
        if found
        else "In yours the same outputs follow, but not by the same amounts."
    )


def svg_influence(picture: dict) -> str:
    names, size = changed(picture), 22
    inside = influence_map(picture["right"], "right", 64, size)
    inside += influence_map(picture["yours"], "yours", 214, size)
    inside += "".join(text(58, 35 + y * size, name, "end") for y, name in enumerate(names))
    bottom = 34 + size * len(names)
    inside += text(58, bottom, "output", "end")
    words = [
        f"{name}: right {listed(right)}, yours {listed(yours)}"
        for name, right, yours in zip(names, picture["right"], picture["yours"])
    ]
    return frame(
        330,
        bottom + 8,
        "Two maps of which outputs follow what goes in. " + "; ".join(words) + ".",
        inside,
    )


def influence_map(influences: list[list[float]], kind: str, left: int, size: int) -> str:
    """One of the two maps: a square for each step, filled the more, the more the output follows."""
    steps = len(influences[0])
    inside = text(left + size * steps / 2, 12, kind, kind=kind)
    square = lambda x, y: (
        f'x="{left + x * size}" y="{20 + y * size}" width="{size}" height="{size}"'
    )
    for y, influence in enumerate(influences):
        inside += "".join(f'<rect class="cell" {square(x, y)}/>' for x in range(steps))
        for x in follows(influence):
            opacity = min(1.0, 0.25 + 0.75 * influence[x] ** 0.5)
            inside += f'<rect class="{kind}" {square(x, y)} fill-opacity="{opacity:.2f}"/>'
    bottom = 34 + size * len(influences)
    return inside + "".join(text(left + x * size + size / 2, bottom, str(x)) for x in range(steps))


def listed(influence: list[float]) -> str:
    return ", ".join(map(str, follows(influence))) or "none"
