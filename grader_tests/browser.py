"""Pages in headless Chromium, without a network: what they fetch, what axe finds, in light and in dark, wide and on a phone."""
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


@contextmanager
def chromium():
    """A running Chromium; skips where there is none."""
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def window(browser, scheme: str, size: dict):
    """A function that opens a page from its file and says everything that is wrong with it: it fetches something, has a
    script, is wider than the window, or breaks a rule of axe; with a picture of it into `shot`."""
    from axe_playwright_python.sync_playwright import Axe

    page, fetched, axe_core = browser.new_page(color_scheme=scheme, viewport=size, offline=True, bypass_csp=True), [], Axe()
    page.on("request", lambda request: fetched.append(f"fetches {request.url[:80]}") if not request.url.startswith(("file:", "data:")) else None)

    def look(path: Path, axe: bool = True, shot: Path | None = None) -> list[str]:
        fetched.clear()
        page.goto(path.as_uri())
        rows = ["is wider than the window"] * page.evaluate(TOO_WIDE) + ["has a script"] * bool(page.evaluate("document.scripts.length")) + fetched
        if axe:
            rows += [f"axe {row['id']}: {row['nodes'][0]['html'][:160]}" for row in axe_core.run(page).response["violations"]]
        if shot:
            page.screenshot(path=shot, full_page=True)
        return rows

    yield look
    page.close()
