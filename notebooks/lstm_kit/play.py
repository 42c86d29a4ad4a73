"""A cell to play with: sliders move the biases of one unit, and your class shows what comes of it.

The page of the worked notebook has the same sliders, and reads these tables from its output.
"""

import contextlib
import html
import io
from dataclasses import asdict, dataclass

import matplotlib.pyplot as plt
import torch
from IPython import get_ipython
from IPython.display import display, update_display

from .checks import demonstrate
from .plots import GREEN, ORANGE, draw_gates, follow, held, legends, pictured, put, silent

PLAYED = "application/vnd.lstm.played+json"  # the kind of output that a page makes sliders from
SIGNAL = [  # the input x_t: two calls up, one down between them, then a flutter
    *[0, 0, 0, 1, 1, 1, 0, 0, 0, 0],
    *[0, 0, 0, 0, -1, -1, -1, -1, 0, 0],
    *[0, 0, 0, 0, 1, 1, 0, 0, 0, 0],
    *[0, 0, 0.5, -0.5, 0.5, -0.5, 0, 0, 0, 0],
]
WEIGHTS = {
    **{"W_f": 0.5, "W_i": 0, "W_o": 1, "W_c": 0},
    **{"U_f": -1, "U_i": 2, "U_o": 0, "U_c": 2, "b_c": 0},
}
NAMED = "lstm-sliders"  # the class of the panel in the page
# ipywidgets gives a slider no name that a screen reader could read: it takes its field's
NAMES = f"""if (!window.namesSliders) {{
  window.namesSliders = new MutationObserver(() =>
    document.querySelectorAll(".{NAMED} .noUi-handle:not([aria-label])").forEach(handle => {{
      const row = handle.closest(".{NAMED} > *");
      handle.setAttribute("aria-label", row.querySelector("label").textContent);
    }})
  );
  window.namesSliders.observe(document.body, {{childList: true, subtree: true}});
}}"""
LIMIT = 5  # no place of the sliders takes the cell state further than this from 0


@dataclass(frozen=True)
class Slider:
    label: str
    start: float
    most: float  # and the least is as far below 0
    step: float


BIASES = {
    "b_f": Slider("forget bias", 2, 6, 0.5),
    "b_i": Slider("input bias", 0, 6, 0.5),
    "b_o": Slider("output bias", 1, 6, 0.5),
}
PEEPHOLES = {
    "V_f": Slider("forget peephole", 0, 4, 0.25),
    "V_i": Slider("input peephole", 0, 4, 0.25),
    "V_o": Slider("output peephole", 0, 4, 0.25),
}


class Toy:
    """One unit of a class of the exercise, with the biases where the sliders are."""

    def __init__(self, cell_class):
        self.cell = put(silent(cell_class(1, 1)), **WEIGHTS)
        self.sliders = BIASES | (PEEPHOLES if held(self.cell, "V_f") is not None else {})
        self.places = {name: slider.start for name, slider in self.sliders.items()}

    def seen(self):
        """What the gates f, i, o and the states c, h were: letter to tensor of shape (40, 1)."""
        put(self.cell, **self.places)
        return follow(self.cell, torch.tensor(SIGNAL, dtype=held(self.cell, "b_f").dtype)[:, None])

    def output(self):
        """What the notebook shows, and what is said of it: (data, metadata, sentence).

        Raises ValueError where a state is no number.
        """
        seen = self.seen()
        for name in "ch":
            for step, value in enumerate(seen[name][:, 0]):
                if not value.isfinite():
                    raise ValueError(f"{name}_t is {value} at step {step}")
        numbers = {
            name: [round(value, 6) for value in values[:, 0].tolist()]
            for name, values in seen.items()
        }
        said = described(self.places, numbers)
        data, about = pictured(drawn(seen), said)
        sliders = [{"name": name} | asdict(slider) for name, slider in self.sliders.items()]
        table = {"signal": SIGNAL, "weights": WEIGHTS, "sliders": sliders, "limit": LIMIT}
        return data | {PLAYED: table | {"seen": numbers, "said": said}}, about, said


def number(value):
    """As it stands in a sentence: with a minus that is one, and no minus before 0."""
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def described(places, seen):
    """The picture in words: `places` of the sliders, `seen` as lists of numbers."""
    at = ", ".join(f"{name} = {value:g}".replace("-", "−") for name, value in places.items())
    span = lambda name: f"{name}_t from {number(min(seen[name]))} to {number(max(seen[name]))}"
    state = lambda what, name: f"{what} {span(name)}, {number(seen[name][-1])} at the end"
    states = f"{state('the cell state', 'c')}; {state('the output', 'h')}"
    gates = ", ".join(span(name) for name in "fio")
    return f"Over {len(SIGNAL)} steps with {at}: {states}; the gates {gates}."


def drawn(seen):
    figure, axes = plt.subplots(3, 1, figsize=(8, 6), sharex=True, height_ratios=(2, 3, 4))
    axes[0].plot(SIGNAL, ".-", color="0.5", label="x_t")
    axes[0].set(ylabel="input (no unit)", ylim=(-1.2, 1.2))
    draw_gates(axes[1], seen)
    axes[2].plot(seen["c"], color=GREEN, label="c_t")
    axes[2].plot(seen["h"], ":", color=ORANGE, label="h_t")
    axes[2].set(ylabel="state (no unit)", xlabel="time t (steps)", ylim=(-LIMIT, LIMIT))
    legends(axes)
    return figure


def play(cell_class):
    """Show a picture of what `cell_class` makes of 40 steps, with sliders above it where ipywidgets
    is there."""
    toy = Toy(cell_class)
    data, about, said = toy.output()
    panel = sliders(toy, said)
    if panel:
        display({"application/javascript": NAMES}, raw=True)
        display(panel.box)
    shown = display(data, metadata=about, raw=True, display_id=True)
    if panel:
        panel.picture = shown.display_id
    else:
        print(
            "To move the sliders, this notebook needs ipywidgets: run `pip install ipywidgets`, "
            "open the notebook again, and run it from the top. The picture is that of their first "
            "places."
        )


def sliders(toy, said):
    """The panel above the picture; None without ipywidgets."""
    try:
        import ipywidgets
    except ImportError:
        return None
    return Panel(ipywidgets, toy, said)


class Panel:
    """Sliders, and below them a line that says what is seen, or why nothing is."""

    def __init__(self, widgets, toy, said):
        self.toy, self.picture, self.waits = toy, "", False
        self.line = widgets.HTML(status(said))
        self.sliders, rows = {}, []
        for name, slider in toy.sliders.items():
            place = {"value": slider.start, "min": -slider.most, "max": slider.most}
            field = widgets.BoundedFloatText(
                **place,
                step=slider.step,
                description=f"{slider.label} {name}",
                style={"description_width": "11em"},
                layout={"width": "16em"},
            )
            self.sliders[name] = widgets.FloatSlider(**place, step=slider.step, readout=False)
            rows.append(widgets.HBox([field, self.sliders[name]]))
            widgets.jslink((field, "value"), (self.sliders[name], "value"))
            self.sliders[name].observe(self.moved, "value")
        again = widgets.HTML(
            "After a change of your class, or where the picture stands still, run this cell again."
        )
        self.box = widgets.VBox([*rows, again, self.line]).add_class(NAMED)

    def moved(self, _):
        """A slider was moved: draw anew, once the kernel has nothing else to do.

        JupyterLab may call this beside a cell that runs, and two drawings at once would mix.
        """
        if not self.waits:
            self.waits = True
            get_ipython().kernel.io_loop.add_callback(self.draw)

    def draw(self):
        self.waits = False
        self.toy.places = {name: slider.value for name, slider in self.sliders.items()}
        with contextlib.redirect_stdout(io.StringIO()) as told:
            demonstrate(self.anew)
        if told.getvalue():
            self.line.value = status(told.getvalue())

    def anew(self):
        data, about, said = self.toy.output()
        update_display(data, metadata=about, raw=True, display_id=self.picture)
        self.line.value = status(said)


def status(text):
    style = "white-space: pre-wrap; line-height: 1.4"
    return f'<div role="status" style="{style}">{html.escape(text)}</div>'
