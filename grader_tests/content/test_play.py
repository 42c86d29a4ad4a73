"""The unit to play with: any right class answers, with sliders and without, and what the text says
of it is to be seen."""

import itertools
import json
import math
import re
import sys
from types import SimpleNamespace

import nbformat
import pytest
import torch
from bs4 import BeautifulSoup
from IPython.core.pylabtools import select_figure_formats

from grader_tests.samples.right_answers import HEAD, right_answers
from grader_tests.samples.students import RELEASE, SOURCE, solutions
from grader_tests.support.desk import desk
from grader_tests.support.function_level import KIT_OF_LATER
from notebooks.builder import pages, worked

NOTEBOOK_OF = {"LSTMCell": "01_basic_lstm", "PeepholeLSTMCell": "04_peepholes"}
FORMS = [
    form for form in right_answers() if form[0] in NOTEBOOK_OF and form[1] != "float32 inside"
]  # that one could not be right with another default
EVERY = 40  # one in so many of them is tried
SHELL = {"LSTMCell": HEAD, "PeepholeLSTMCell": HEAD + KIT_OF_LATER}


@pytest.fixture(scope="module")
def shell():
    with desk({}) as one:
        select_figure_formats(one.shell, {"png"})
        yield one


@pytest.fixture
def play(shell, monkeypatch):
    """The module of the kit, in the source's folder, whose check it imports; `shown` is what it
    displays."""
    monkeypatch.chdir(SOURCE)
    from lstm_kit import play

    shown = []

    def display(data, **about):
        shown.append((data, about))
        return SimpleNamespace(display_id="a picture")

    monkeypatch.setattr(play, "display", display)
    monkeypatch.setattr(play, "update_display", display)
    monkeypatch.setattr(play, "shown", shown, raising=False)
    return play


def made(name: str, source: str):
    exec(SHELL[name] + source, namespace := {"__name__": "made"})
    return namespace[name]


def of_worked(play, name: str, **places):
    """A toy of the worked class, with its sliders there."""
    toy = play.Toy(made(name, solutions()[name]))
    toy.places |= places
    return toy


def by_hand(play, places: dict) -> list[dict]:
    """The equations, in plain Python."""
    p, c, h, steps = play.WEIGHTS | places, 0.0, 0.0, []
    for x in play.SIGNAL:
        total = {
            k: p[f"W_{k}"] * h + p[f"U_{k}"] * x + p.get(f"V_{k}", 0) * c + p[f"b_{k}"]
            for k in "fioc"
        }
        now = {k: 1 / (1 + math.exp(-total[k])) for k in "fio"}
        c = now["f"] * c + now["i"] * math.tanh(total["c"])
        h = now["o"] * math.tanh(c)
        steps.append(now | {"c": c, "h": h})
    return steps


# ---------------------------------------------------------------- what is shown
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize(
    "name, source",
    [(name, solutions()[name]) for name in NOTEBOOK_OF]
    + [(name, source) for name, _, source in FORMS[::EVERY]],
)
def test_any_right_class_answers(play, name, source, dtype):
    default = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        toy = play.Toy(made(name, source))
        toy.places |= {"b_f": -1.5, "b_i": 0.5, "b_o": 3}
        toy.places |= {"V_f": -2.25, "V_i": 1.5, "V_o": -0.5} if "V_f" in toy.places else {}
        seen = toy.seen()
    finally:
        torch.set_default_dtype(default)
    right = by_hand(play, toy.places)
    for letter, values in seen.items():
        asked = torch.tensor([[step[letter]] for step in right], dtype=values.dtype)
        torch.testing.assert_close(values, asked, atol=1e-5, rtol=1e-5)


def test_no_place_of_the_sliders_leaves_the_picture(play):
    sliders = play.BIASES | play.PEEPHOLES
    for ends in itertools.product(*[(-one.most, one.start, one.most) for one in sliders.values()]):
        steps = by_hand(play, dict(zip(sliders, ends)))
        assert max(abs(step["c"]) for step in steps) < play.LIMIT


@pytest.mark.parametrize("name", NOTEBOOK_OF)
def test_the_table_of_the_text(play, name):
    """Its rows say where the sliders are, and are what the worked class then shows."""
    cells = nbformat.read(SOURCE / f"{NOTEBOOK_OF[name]}.ipynb", as_version=4).cells
    (text,) = (cell.source for cell in cells if cell.id == "discussion_play")
    rows = re.findall(r"(?m)^\| (as it starts|\$.*?at.*?) \| (.*) \|$", text)
    assert len(rows) > 3
    for where, numbers in rows:
        moved = re.findall(r"\$([bV]_[fio])\$ at ([−\d.]+)", where)
        assert moved or where == "as it starts"
        places = {key: float(value.replace("−", "-")) for key, value in moved}
        seen = of_worked(play, name, **places).seen()
        for letter, step, said in zip(
            "ccchh", (3, 5, 13, 5, 13), numbers.split(" | "), strict=True
        ):
            assert said == play.number(seen[letter][step, 0].item()), (where, letter, step)


def test_numbers_in_a_sentence(play):
    seen = {letter: [-0.001, 1.0, -2.375] for letter in "fioch"}
    said = play.described({"b_f": -0.5, "b_i": 2.0}, seen)
    assert "b_f = −0.5, b_i = 2: the cell state c_t from −2.38 to 1.00, −2.38 at the end" in said
    assert play.number(-0.001) == "0.00" and "-" not in said


# ---------------------------------------------------------------- at the desk
CELL = """\
from lstm_kit.play import play
from lstm_kit.plots import demonstrate

demonstrate(lambda: play(LSTMCell))"""


def test_the_cell_of_the_notebook_is_this(play):
    for name, notebook in NOTEBOOK_OF.items():
        cells = nbformat.read(RELEASE / f"{notebook}.ipynb", as_version=4).cells
        (cell,) = (cell for cell in cells if cell.id == "demo_play")
        assert cell.source == CELL.replace("LSTMCell", name)
        assert "desk-only" in cell.metadata.tags and not cell.metadata.nbgrader.grade


def test_without_ipywidgets_there_is_the_picture_and_a_sentence(play, shell, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    said = shell.run(HEAD + solutions()["LSTMCell"] + "\n" + CELL)
    ((data, about),) = play.shown
    assert "this notebook needs ipywidgets" in said and "Traceback" not in said
    assert data["image/png"] and about["metadata"]["image/png"]["alt"] in data["text/html"]
    assert "b_f = 2, b_i = 0, b_o = 1" in about["metadata"]["image/png"]["alt"]


def test_nothing_is_tried_where_a_notebook_is_validated(play, shell, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    monkeypatch.setattr(play, "sliders", lambda *_: pytest.fail("it was tried"))
    assert shell.run(HEAD + solutions()["LSTMCell"] + "\n" + CELL) == "" and play.shown == []


def test_a_class_that_cannot_answer_is_told(play, shell):
    blank = (
        "class LSTMCell(nn.Module):\n    def __init__(self, n, m):\n        super().__init__()\n"
    )
    assert "Not written: LSTMCell." in shell.run(HEAD + blank + "        ...\n" + CELL)
    wrong = solutions()["LSTMCell"].replace(
        "        h_t = o_t", "        c_t = c_t / 0\n        h_t = o_t"
    )
    assert "c_t is nan at step 0" in shell.run(HEAD + wrong + "\n" + CELL)
    assert play.shown == []


def panel(play, source: str, monkeypatch):
    """A panel of ipywidgets' own, and what waits for the kernel."""
    import ipywidgets

    waiting = []
    kernel = SimpleNamespace(io_loop=SimpleNamespace(add_callback=waiting.append))
    monkeypatch.setattr(play, "get_ipython", lambda: SimpleNamespace(kernel=kernel))
    toy = play.Toy(made("LSTMCell", source))
    return play.Panel(ipywidgets, toy, "as it starts"), waiting


def test_sliders_move_the_picture_once_the_kernel_is_free(play, monkeypatch):
    mine, waiting = panel(play, solutions()["LSTMCell"], monkeypatch)
    mine.picture = "a picture"
    for place in (3, 4, 4.5):
        mine.sliders["b_f"].value = place
    assert len(waiting) == 1 and not play.shown
    waiting.pop()()
    ((data, about),) = play.shown
    assert about["display_id"] == "a picture" and "b_f = 4.5, b_i = 0" in data["text/html"]
    assert data[play.PLAYED]["said"] in mine.line.value.replace("&#x27;", "'")
    mine.sliders["b_o"].value = -6
    waiting.pop()()
    assert "b_f = 4.5, b_i = 0, b_o = −6" in mine.line.value


def test_what_goes_wrong_as_one_plays_is_said_below_the_sliders(play, monkeypatch):
    stop = "        if self.b_f > 2:\n            raise RuntimeError('too open')\n        c_t = f_t"
    source = solutions()["LSTMCell"].replace("        c_t = f_t", stop)
    mine, waiting = panel(play, source, monkeypatch)
    mine.sliders["b_f"].value = 3
    waiting.pop()()
    assert "This demonstration stopped: RuntimeError: too open" in mine.line.value
    mine.sliders["b_f"].value = 1
    waiting.pop()()
    assert "b_f = 1" in mine.line.value and "stopped" not in mine.line.value


def test_every_slider_has_a_field_with_its_name(play, monkeypatch):
    mine, _ = panel(play, solutions()["LSTMCell"], monkeypatch)
    names = [row.children[0].description for row in mine.box.children[:3]]
    assert names == ["forget bias b_f", "input bias b_i", "output bias b_o"]


# ---------------------------------------------------------------- on the page
@pytest.mark.parametrize("name", NOTEBOOK_OF)
def test_page_and_notebook_show_the_same(play, name):
    """The page has the tables and the numbers of the notebook's output, which are those of the
    worked class at the first places of the sliders."""
    assert pages.PLAYED == play.PLAYED
    notebook = nbformat.read(worked.FOLDER / f"{NOTEBOOK_OF[name]}.ipynb", as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "demo_play")
    (output,) = cell.outputs
    table = output.data[play.PLAYED]
    data, _, said = of_worked(play, name).output()
    fresh = json.loads(json.dumps(data[play.PLAYED]))
    close, near = dict(table.pop("seen")), fresh.pop("seen")
    assert table == fresh and said == table["said"]
    for letter, values in near.items():
        assert close[letter] == pytest.approx(values, abs=2e-6)
    page = (worked.FOLDER / f"{NOTEBOOK_OF[name]}.html").read_text(encoding="utf-8")
    page = BeautifulSoup(page, "html.parser")
    assert json.loads(page.find(id="play-table").string) == table | {"seen": close}
    assert page.find(id="play-said").string == table["said"]
    for letter, values in (close | {"x": play.SIGNAL}).items():
        points = page.find("polyline", class_=letter)["points"].split()
        assert [float(point.split(",")[1]) for point in points] == list(values)
