"""Pages in headless Chromium: what they request, what axe finds in them, in light and in dark, wide and on a phone."""
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}


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


def faults(browser, path: Path, scheme: str, size: dict, shot: Path | None = None) -> list[str]:
    """Everything that is wrong with a page, opened from its file without a network."""
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(color_scheme=scheme, viewport=size, offline=True, bypass_csp=True)
    page, rows = context.new_page(), []
    page.on("request", lambda request: rows.append(f"requests {request.url[:80]}") if not request.url.startswith(("file:", "data:")) else None)
    page.on("pageerror", lambda error: rows.append(f"script error {error}"))
    page.goto(path.as_uri())
    if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"):
        rows.append("is wider than the window")
    for violation in Axe().run(page).response["violations"]:
        rows.append(f"axe {violation['id']}: {violation['nodes'][0]['html'][:160]}")
    if shot:
        page.screenshot(path=shot, full_page=True)
    context.close()
    return rows
