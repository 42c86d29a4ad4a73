"""`python source/diagrams.py` draws the diagrams of the notebooks into source/lstm/img/, as SVG on
a light card of their own.

A diagram is a list of shapes, drawn in order. Lines go at right angles; colours and line styles are
those of the plots.
"""

from pathlib import Path

from bugs import BUGS, influence, one_unit
from lstm_kit.cell import LSTMCell

IMG = Path(__file__).resolve().parent / "lstm" / "img"
GREEN, BLUE, ORANGE, PINK, INK, GREY = (
    "#009E73",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
    "#1a1a1a",
    "#6b6b6b",
)
FONT = "font-family='DejaVu Sans, Verdana, Helvetica, sans-serif'"


def text(x, y, words, color=INK, size=15, anchor="middle", weight="normal"):
    """Words; `c_{t-1}` sets what stands in the braces lower and smaller."""
    pieces = []
    for k, piece in enumerate(words.replace("_{", "\0").replace("}", "\0").split("\0")):
        down, back = (0.3 * size, 0.72 * size) if k % 2 else (-0.3 * size if k else 0, size)
        pieces.append(
            f"<tspan dy='{down:g}' "
            f"font-size='{back:g}'>{piece.replace('-1', '−1') if k % 2 else piece}</tspan>"
        )
    return (
        f"<text x='{x}' y='{y + 0.35 * size:g}' fill='{color}' text-anchor='{anchor}' "
        f"font-weight='{weight}'>{''.join(pieces)}</text>"
    )


def line(*points, color=INK, arrow=True, dash="", width=2):
    way = " ".join(f"{x},{y}" for x, y in points)
    end = f" marker-end='url(#{color[1:]})'" if arrow else ""
    return (
        f"<polyline points='{way}' fill='none' stroke='{color}' "
        f"stroke-width='{width}'{f' stroke-dasharray={dash!r}' if dash else ''}{end}/>"
    )


def box(x, y, words, color=INK, width=56, height=34, fill="#ffffff"):
    return (
        f"<rect x='{x - width / 2:g}' y='{y - height / 2:g}' width='{width}' height='{height}' "
        f"rx='6' fill='{fill}' stroke='{color}' stroke-width='2'/>"
        + text(x, y, words, color if color != PINK else "#8f3f6c")
    )


def knot(x, y, sign):
    """A small circle: × multiplies elementwise, + adds."""
    return (
        f"<circle cx='{x}' cy='{y}' r='13' fill='#ffffff' stroke='{INK}' stroke-width='2'/>"
        + text(x, y, sign, size=18)
    )


def dot(x, y, color=INK):
    return f"<circle cx='{x}' cy='{y}' r='3.5' fill='{color}'/>"


def picture(width, height, title, shapes):
    heads = "".join(
        f"<marker id='{color[1:]}' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='5.5' "
        f"markerHeight='5.5' orient='auto'><path d='M0,0 L8,4 L0,8 z' fill='{color}'/></marker>"
        for color in (GREEN, BLUE, ORANGE, PINK, INK, GREY)
    )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' "
        f"width='{width}' height='{height}' role='img' {FONT} font-size='15'>\n"
        f"<title>{title}</title>\n<defs>{heads}</defs>\n"
        f"<rect x='1' y='1' width='{width - 2}' height='{height - 2}' rx='12' fill='#ffffff' "
        "stroke='#c8c8c8'/>\n" + "\n".join(shapes) + "\n</svg>\n"
    )


# ---------------------------------------------------------------- one step of a cell
TOP, SHOW, GATE, BUS = (
    62,
    150,
    232,
    292,
)  # heights: the cell state, products, gates, and the line of what the gates read


def cell_frame(gates):
    """What every cell has: the line of the cell state, what the gates read, and the way out to
    h."""
    last = max(gates.values())
    for left, right, words in ((132, 262, "1 keep"), (266, 496, "2 write"), (500, 700, "3 show")):
        yield (
            f"<rect x='{left}' y='12' width='{right - left}' height='308' rx='8' fill='#f1f4f7'/>"
            + text((left + right) / 2, 28, words, GREY, 14, weight="bold")
        )
    yield line((64, TOP), (716, TOP), width=3)
    yield text(40, TOP, "c_{t-1}") + text(742, TOP, "c_{t}")
    yield line((64, BUS), (last, BUS), arrow=False) + text(40, BUS, "h_{t-1}")
    yield line((100, 330), (100, BUS), arrow=False) + dot(100, BUS) + text(100, 346, "x_{t}")
    for x in gates.values():
        yield line((x, BUS), (x, GATE + 19)) + (dot(x, BUS) if x != last else "")
    yield (
        line((640, TOP), (640, SHOW - 15))
        + dot(640, TOP)
        + box(640, 103, "tanh", width=50, height=26)
    )
    yield line((gates["o"], GATE - 18), (gates["o"], SHOW), (625, SHOW), color=ORANGE)
    yield knot(640, SHOW, "×") + line((653, SHOW), (716, SHOW), width=3) + text(742, SHOW, "h_{t}")
    yield box(gates["o"], GATE, "o_{t}", ORANGE)


def writing(gates):
    """Forget gate, input gate and candidate of a plain cell."""
    yield line((gates["f"], GATE - 18), (gates["f"], TOP + 15), color=GREEN) + knot(
        gates["f"], TOP, "×"
    )
    yield box(gates["f"], GATE, "f_{t}", GREEN)
    yield line((gates["i"], GATE - 18), (gates["i"], SHOW), (gates["c"] - 15, SHOW), color=BLUE)
    yield line((gates["c"], GATE - 18), (gates["c"], SHOW + 15), color=PINK) + line(
        (gates["c"], SHOW), (gates["c"], TOP + 15)
    )
    yield knot(gates["c"], SHOW, "×") + knot(gates["c"], TOP, "+")
    yield box(gates["i"], GATE, "i_{t}", BLUE)
    yield box(gates["c"], GATE, "c̃_{t}", PINK) + text(
        gates["c"] + 36, GATE, "new", GREY, 13, "start"
    )


FOUR = {"f": 190, "i": 310, "c": 430, "o": 545}


def cell():
    return picture(780, 370, "One step of an LSTM cell", [*cell_frame(FOUR), *writing(FOUR)])


def peepholes():
    spy = [
        line((126, TOP), (126, 268), (FOUR["o"] - 12, 268), color=GREY, dash="5 4", arrow=False)
        + dot(126, TOP, GREY)
    ]
    spy += [
        line((x - 12, 268), (x - 12, GATE + 19), color=GREY, dash="5 4")
        for x in (FOUR["f"], FOUR["i"], FOUR["o"])
    ]
    return picture(
        780,
        370,
        "One step of an LSTM cell with peepholes",
        [*cell_frame(FOUR), *writing(FOUR), *spy, text(120, 180, "peepholes", GREY, 13, "end")],
    )


def coupled():
    gates = {"f": 190, "c": 430, "o": 545}
    shapes = [*cell_frame(gates)]
    shapes += [
        line((gates["f"], GATE - 18), (gates["f"], TOP + 15), color=GREEN)
        + knot(gates["f"], TOP, "×"),
        box(gates["f"], GATE, "f_{t}", GREEN),
    ]
    shapes += [
        line((gates["f"], SHOW), (gates["c"] - 15, SHOW), color=GREEN)
        + dot(gates["f"], SHOW, GREEN)
        + box(310, SHOW, "1 − f_{t}", GREEN, width=74)
        + text(310, SHOW + 30, "what is left over", GREY, 13)
    ]
    shapes += [
        line((gates["c"], GATE - 18), (gates["c"], SHOW + 15), color=PINK)
        + line((gates["c"], SHOW), (gates["c"], TOP + 15))
        + knot(gates["c"], SHOW, "×")
        + knot(gates["c"], TOP, "+")
    ]
    shapes += [
        box(gates["c"], GATE, "c̃_{t}", PINK) + text(gates["c"] + 36, GATE, "new", GREY, 13, "start")
    ]
    return picture(780, 370, "One step of an LSTM cell with coupled gates", shapes)


def gru():
    """One state, and what the gates read on two lines: h below them, x at the bottom."""
    z, r, times, n = 190, 400, 480, 560
    h_line, x_line = 292, 330
    shapes = [
        f"<rect x='{left}' y='12' width='{right - left}' height='336' rx='8' fill='#f1f4f7'/>"
        + text((left + right) / 2, 28, words, GREY, 14, weight="bold")
        for left, right, words in ((132, 250, "1 keep"), (254, 640, "2 write"))
    ]
    shapes += [line((64, TOP), (716, TOP), width=3), text(40, TOP, "h_{t-1}")]
    shapes += [text(742, TOP, "h_{t}"), text(64, x_line, "x_{t}")]
    shapes += [line((100, TOP), (100, h_line), (times - 15, h_line)), dot(100, TOP)]
    shapes += [line((84, x_line), (n + 10, x_line), arrow=False)]
    shapes += [line((times + 13, h_line), (n - 10, h_line), arrow=False)]
    for x in (z, r, n):
        shapes += [line((x - 10, h_line), (x - 10, GATE + 19))]
        shapes += [line((x + 10, x_line), (x + 10, GATE + 19))]
        shapes += [dot(x - 10, h_line), dot(x + 10, x_line)] if x != n else []
    shapes += [line((z, GATE - 18), (z, TOP + 15), color=GREEN), knot(z, TOP, "×")]
    shapes += [line((z, SHOW), (n - 15, SHOW), color=GREEN), dot(z, SHOW, GREEN)]
    shapes += [box(330, SHOW, "1 − z_{t}", GREEN, width=74)]
    shapes += [text(330, SHOW + 30, "what is left over", GREY, 13)]
    shapes += [line((r + 29, GATE), (times, GATE), (times, h_line - 15), color=ORANGE)]
    shapes += [knot(times, h_line, "×")]
    shapes += [line((n, GATE - 18), (n, SHOW + 15), color=PINK), line((n, SHOW), (n, TOP + 15))]
    shapes += [knot(n, SHOW, "×"), knot(n, TOP, "+")]
    shapes += [box(z, GATE, "z_{t}", GREEN), box(r, GATE, "r_{t}", ORANGE)]
    shapes += [box(n, GATE, "n_{t}", PINK), text(n + 36, GATE, "new", GREY, 13, "start")]
    return picture(780, 370, "One step of a GRU", shapes)


# ---------------------------------------------------------------- stacks
def stack(layers=3, steps=4):
    wide, high, left, base = 135, 92, 170, 330
    shapes = []
    for k in range(layers):
        y = base - 60 - high * k
        shapes.append(text(58, y, f"layer {k}", GREY, 14))
        shapes.append(
            line((100, y), (left - 33, y), color=BLUE) + text(118, y - 14, "c, h", BLUE, 13)
        )
        for t in range(steps):
            x = left + wide * t
            shapes.append(
                box(x, y, f"cell {k}", (GREEN, ORANGE, "#8f3f6c")[k % 3], width=64, height=40)
            )
            shapes.append(
                line((x + 33, y), (x + wide - 33 if t < steps - 1 else x + 75, y), color=BLUE)
                + text(x + wide / 2, y - 14, "c, h", BLUE, 13)
            )
            below = base if k == 0 else y + high - 21
            shapes.append(
                line((x, below - (12 if k == 0 else 0)), (x, y + 22))
                + ("" if k == 0 else text(x + 12, (below + y) / 2 + 10, "h", INK, 13))
            )
    for t in range(steps):
        x, y = left + wide * t, base - 60 - high * (layers - 1)
        shapes.append(
            text(x, base, f"x_{{{t}}}")
            + line((x, y - 21), (x, y - 46))
            + text(x, y - 60, f"y_{{{t}}}")
        )
    shapes.append(
        text(left + wide * 1.5, 366, "time", GREY, 14)
        + line((left + wide * 1.5 + 28, 366), (left + wide * 1.5 + 90, 366), color=GREY)
    )
    return picture(700, 384, "A stack of three layers over four steps", shapes)


def influence_map(left, title, written):
    """A map of four layers; written: what stands in the field (last, first), "0" in a white one."""
    yield text(left + 80, 30, title, INK, 14, weight="bold")
    for last in range(4):
        yield text(left - 14, 72 + 40 * last, str(last), GREY, 13)
        yield text(left + 20 + 40 * last, 224, str(last), GREY, 13)
        for first in range(4):
            words = written[last, first]
            yield (
                f"<rect x='{left + 40 * first}' y='{52 + 40 * last}' width='40' height='40' "
                f"fill='{'#ffffff' if words == '0' else '#9ecae1'}' stroke='#8a8a8a'/>"
            )
            yield text(left + 20 + 40 * first, 72 + 40 * last, words, INK, 12) if words else ""
    yield text(left + 80, 246, "first h of layer", GREY, 13)
    words = text(left - 42, 132, "last h of layer", GREY, 13)
    yield f"<g transform='rotate(-90 {left - 42} 132)'>{words}</g>"


def maps():
    """Two wrong wirings as influence maps of four layers; a test computes them."""
    shapes = []
    for place, (title, reached) in enumerate(WRONG_MAPS.items()):
        fields = [(last, first) for last in range(4) for first in range(4)]
        written = {field: "" if field in reached else "0" for field in fields}
        shapes += influence_map(120 + 350 * place, title, written)
    return picture(700, 264, "Influence maps of two wrong stacks", shapes)


WRONG_MAPS = {  # title -> the fields (last, first) that are not zero
    "every layer reads the raw x": {(k, k) for k in range(4)},
    "all layers share one state": {(k, 0) for k in range(4)},
}


# ---------------------------------------------------------------- find the bug
def wiring_bug():
    """The map of the wrong stack of notebook 02, as it was computed."""
    bug = BUGS["wiring_bug"]
    reach = influence(bug.made(bug.asked, LSTMCell=LSTMCell))
    written = {
        (last, first): f"{value:.1g}"
        for last, row in enumerate(reach.tolist())
        for first, value in enumerate(row)
    }
    shapes = influence_map(110, "largest derivative", written)
    return picture(330, 264, "Influence map of a wrong stack", [*shapes])


def panel(top, height, low, high, marks, curves):
    """Curves over the steps of one unit. marks: ticks of the axis; curves: name to colour, dashes,
    values."""
    left, wide = 70, 19

    def at(step, value):
        return f"{left + wide * step:g},{top + height * (high - value) / (high - low):.1f}"

    for value in marks:
        y = at(0, value).partition(",")[2]
        yield (
            f"<line x1='{left}' y1='{y}' x2='{left + wide * 25}' y2='{y}' stroke='#d8d8d8'/>"
            + text(left - 8, float(y), f"{value:g}".replace("-", "−"), GREY, 13, "end")
        )
    for place, (name, (color, dash, values)) in enumerate(curves.items()):
        way = " ".join(at(step, value) for step, value in enumerate(values))
        yield (
            f"<polyline points='{way}' fill='none' stroke='{color}' stroke-width='2.5' "
            f"stroke-dasharray='{dash}'/>"
        )
        y = top + 18 + 26 * place
        yield (
            f"<line x1='560' y1='{y}' x2='590' y2='{y}' stroke='{color}' stroke-width='2.5' "
            f"stroke-dasharray='{dash}'/>" + text(598, y, name, INK, 14, "start")
        )


def gates_bug():
    """One unit of the wrong cell of notebook 03, as it was computed."""
    bug = BUGS["gates_bug"]
    seen = one_unit(bug.made(bug.asked, LSTMCell=LSTMCell))
    shapes = [
        *panel(24, 90, 0, 1, (0, 0.5, 1), {"f_{t} (0 to 1)": (GREEN, "none", seen["f"])}),
        *panel(
            140,
            180,
            -5,
            1,
            range(-5, 2),
            {
                "c_{t} (no unit)": (ORANGE, "none", seen["c"]),
                "c̃_{t}, the candidate": (PINK, "7 4", seen["new"]),
            },
        ),
    ]
    for step in range(0, 26, 5):
        shapes.append(text(70 + 19 * step, 338, str(step), GREY, 13))
    shapes.append(text(70 + 19 * 12.5, 360, "time t (steps)", GREY, 14))
    return picture(760, 380, "Gate and states of one unit of a wrong cell", shapes)


PICTURES = {
    "01_cell.svg": cell,
    "02_stack.svg": stack,
    "02_wrong_maps.svg": maps,
    "02_bug.svg": wiring_bug,
    "03_coupled.svg": coupled,
    "03_bug.svg": gates_bug,
    "04_peepholes.svg": peepholes,
    "gru.svg": gru,
}

if __name__ == "__main__":
    IMG.mkdir(exist_ok=True)
    for name, draw in PICTURES.items():
        (IMG / name).write_text(draw(), encoding="utf-8")
    print(f"{len(PICTURES)} diagrams written to {IMG.name}/.")
