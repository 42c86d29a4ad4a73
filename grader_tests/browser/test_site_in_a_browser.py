"""The rendered solutions in Chromium: whole without a network, and readable for everybody, on a
phone and on paper."""

import json
from functools import cache

import measure
import pytest
import torch
from lstm_kit.cell import LSTMCell

from grader_tests.support.browser import chromium, complaints, new_page
from notebooks.builder import paper, worked

PAGES = ["index", *worked.NAMES]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


def address(name: str) -> str:
    return (worked.FOLDER / f"{name}.html").as_uri()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_without_a_network(browser, name, colours):
    page, asked = new_page(browser, color_scheme=colours)
    faults = []
    page.on("pageerror", lambda fault: faults.append(fault))
    page.goto(address(name))
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert complaints(page) == []
    assert (
        page.evaluate(
            "document.fonts.ready.then(fonts => [...fonts].filter(font => font.status === "
            "'error').length)"
        )
        == 0
    )
    assert asked == [] and faults == []
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_on_a_phone(browser, name):
    page, _ = new_page(browser, viewport={"width": 360, "height": 740})
    page.goto(address(name))
    page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


def test_formulas_are_set_in_their_font(browser):
    page, _ = new_page(browser)
    page.goto(address(worked.NAMES[0]))
    page.locator("math").first.scroll_into_view_if_needed()
    assert page.evaluate(
        "document.fonts.ready.then(() => document.fonts.check('20px "
        "\"Course Math\"', '\\u{1D453}'))"
    )
    box = page.locator("math[display=block]").first.bounding_box()
    assert box["height"] > 100 and box["width"] > 200
    page.context.close()


def test_search(browser):
    page, _ = new_page(browser)
    page.goto(address("index"))
    page.get_by_label("Search in all notebooks").fill("forget gate")
    page.locator("#found a").first.wait_for()
    assert page.locator("#count").inner_text().endswith("sections")
    page.locator("#found a").first.click()
    page.wait_for_url("**/notebooks/0*.html#*")
    assert "forget" in page.locator("main").inner_text()
    page.go_back()
    page.get_by_label("Search in all notebooks").fill("xylophone")
    page.get_by_text("0 sections").wait_for()
    page.context.close()


def test_keyboard(browser):
    """The first key press offers to skip to the content; what scrolls sideways can be reached."""
    page, _ = new_page(browser, viewport={"width": 360, "height": 740})
    page.goto(address(worked.NAMES[0]))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    assert page.locator("pre.code[tabindex='0']").count()
    page.context.close()


def test_paper(browser, tmp_path):
    paper.print_pages(worked.FOLDER, tmp_path)
    papers = sorted(tmp_path.glob("*.pdf"))
    assert [path.stem for path in papers] == [name.rpartition("/")[2] for name in worked.NAMES]
    for path in papers:
        data = path.read_bytes()
        assert data.startswith(b"%PDF") and b"/MarkInfo" in data and b"/StructTreeRoot" in data


# ---------------------------------------------------------------- a unit to play with
PLAYED = {"01_basic_lstm": "LSTMCell", "04_peepholes": "PeepholeLSTMCell"}
STEPS = 1000
POINTS = "letter => document.querySelector('polyline.' + letter).getAttribute('points')"


@cache
def worked_cell(name: str):
    """One unit of the worked class, and its parameters by name, with 64 bits."""
    own = {"LSTMCell": LSTMCell} if name == "04_peepholes" else {}
    cell = measure.worked(name, PLAYED[name], **own)(1, 1).double()
    held = {key.removesuffix(".weight"): value for key, value in cell.named_parameters()}
    return cell, held


@torch.no_grad()
def stepped(name: str, places: dict, x: float, c: float, h: float) -> list[float]:
    """c_t and h_t of the worked class with these parameters."""
    cell, held = worked_cell(name)
    assert set(held) == set(places)
    for key, value in places.items():
        held[key].fill_(value)
    values = (torch.tensor([value], dtype=torch.float64) for value in (x, c, h))
    return [state.item() for state in cell(*values)]


@pytest.mark.parametrize("name", PLAYED)
def test_the_step_of_the_page_is_that_of_the_worked_class(browser, name):
    draw = torch.Generator().manual_seed(19)
    keys = sorted(worked_cell(name)[1])
    drawn = 2 * torch.randn(STEPS, len(keys) + 3, generator=draw, dtype=torch.float64)
    steps = [(dict(zip(keys, row)), *row[len(keys) :]) for row in drawn.tolist()]
    page, _ = new_page(browser)
    page.goto(address(name))
    theirs = page.evaluate("steps => steps.map(step => lstmStep(...step))", steps)
    page.context.close()
    ours = torch.tensor([stepped(name, *step) for step in steps], dtype=torch.float64)
    asked = torch.tensor([[now["c"], now["h"]] for now in theirs], dtype=torch.float64)
    torch.testing.assert_close(asked, ours, atol=1e-6, rtol=0)


def shown(page) -> dict[str, list[float]]:
    """What the picture has: letter to numbers."""
    points = {letter: page.evaluate(POINTS, letter).split() for letter in "fioch"}
    return {key: [float(point.split(",")[1]) for point in row] for key, row in points.items()}


@pytest.mark.parametrize("name", PLAYED)
def test_sliders_move_the_picture(browser, name):
    """By the keyboard. The text below says the same once they rest, and all goes back."""
    page, asked = new_page(browser)
    page.goto(address(name))
    said, still = page.locator("#play-said"), shown(page)
    at_first = said.inner_text()
    slider = page.get_by_role("slider", name="forget bias")
    slider.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert shown(page)["c"] == pytest.approx(still["c"], abs=2e-6)  # the still picture is its own
    page.keyboard.press("Home")
    page.get_by_role("slider", name="output bias").press("End")
    page.wait_for_function("document.getElementById('play-said').textContent.includes('b_f = −6')")
    assert "b_o = 6" in said.inner_text()
    table = json.loads(page.locator("#play-table").inner_text())
    places = table["weights"] | {one["name"]: one["start"] for one in table["sliders"]}
    c = h = 0.0
    for x, *moved in zip(table["signal"], *(shown(page)[letter] for letter in "ch"), strict=True):
        c, h = stepped(name, places | {"b_f": -6, "b_o": 6}, x, c, h)
        assert [c, h] == pytest.approx(moved, abs=1e-6)
    page.get_by_role("button", name="Back to the start").click()
    page.wait_for_function(
        "words => document.getElementById('play-said').textContent === words", arg=at_first
    )
    assert shown(page)["h"] == pytest.approx(still["h"], abs=2e-6) and asked == []
    page.context.close()


@pytest.mark.parametrize("name", PLAYED)
def test_the_still_picture_without_scripts_and_on_paper(browser, name):
    for options, medium in (({"java_script_enabled": False}, "screen"), ({}, "print")):
        page, _ = new_page(browser, **options)
        page.emulate_media(media=medium)
        page.goto(address(name))
        picture = page.locator("#play svg").bounding_box()
        assert picture["height"] > 200 and page.locator("#play-said").is_visible()
        assert not page.locator("#play form").is_visible()
        page.context.close()
