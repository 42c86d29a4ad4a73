"""The rendered solutions in Chromium: whole without a network, and readable for everybody, on a
phone and on paper."""

import pytest

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
    assert [path.stem for path in papers] == list(worked.NAMES)
    for path in papers:
        data = path.read_bytes()
        assert data.startswith(b"%PDF") and b"/MarkInfo" in data and b"/StructTreeRoot" in data
