"""Headless Chromium without a network: what pages ask of other machines, what axe finds, in light
and in dark, wide and on a phone; and servers."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from notebooks.builder.paper import CHROMIUM

NO_NETWORK = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
WIDE, PHONE = {"width": 1200, "height": 900}, {"width": 390, "height": 844}
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
PATIENCE = 180  # seconds that a slow, busy machine may take for any one thing


@contextmanager
def chromium():
    """A running Chromium; skips where there is none."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=NO_NETWORK)
        yield browser
        browser.close()


# ---------------------------------------------------------------- pages from files
@contextmanager
def window(browser, scheme: str, size: dict):
    """A function that opens a page from its file and says everything that is wrong with it: it
    fetches something, has a script, is wider than the window, or breaks a rule of axe; with a
    picture of it into `shot`."""
    page, fetched = (
        browser.new_page(color_scheme=scheme, viewport=size, offline=True, bypass_csp=True),
        [],
    )
    page.on(
        "request",
        lambda request: (
            fetched.append(f"fetches {request.url[:80]}")
            if not request.url.startswith(("file:", "data:"))
            else None
        ),
    )

    def look(path: Path, axe: bool = True, shot: Path | None = None) -> list[str]:
        fetched.clear()
        page.goto(path.as_uri())
        wrong = (
            ["is wider than the window"] * page.evaluate(TOO_WIDE)
            + ["has a script"] * bool(page.evaluate("document.scripts.length"))
            + fetched
        )
        if axe:
            wrong += complaints(page)
        if shot:
            page.screenshot(path=shot, full_page=True)
        return wrong

    yield look
    page.close()


def complaints(page) -> list[str]:
    """What axe-core finds, as lines."""
    return [
        f"axe {violation['id']}: {violation['nodes'][0]['html'][:160]}"
        for violation in Axe().run(page).response["violations"]
    ]


# ---------------------------------------------------------------- pages from servers of ours
def new_page(browser, **options):
    """A page, and the list of the requests that it has made to other machines, all of which are
    refused."""
    context, asked = browser.new_context(**options), []

    def answer(route):
        where = urlsplit(route.request.url)
        if where.scheme in ("http", "https", "ws", "wss") and where.hostname != "127.0.0.1":
            asked.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    context.route("**/*", answer)
    return context.new_page(), asked


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def fetch(server: subprocess.Popen, address: str) -> str:
    """What a server that is just starting says at this address; nothing where it stops, or never
    answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=30) as page:
                return page.read().decode()
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.2)
    return ""
