"""A real browser without a network: what it asks of other machines is refused, and listed. And servers for it to look at."""
import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from website.paper import chromium

needs_chromium = pytest.mark.skipif(not chromium(), reason="There is no Chromium on this machine (Debian's package is called chromium).")
NO_NETWORK = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
PATIENCE = 180  # seconds that a slow, busy machine may take for any one thing


@contextmanager
def open_browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=NO_NETWORK)
        yield browser
        browser.close()


def new_page(browser, **options) -> tuple[Page, list[str]]:
    """A page, and the list of the requests that it has made to other machines."""
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


def complaints(page: Page) -> list[str]:
    """What axe-core finds, as lines."""
    found = Axe().run(page).response["violations"]
    return [f"{row['id']}: {row['help']}: {json.dumps([node['html'][:200] for node in row['nodes'][:5]])}" for row in found]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def fetch(server: subprocess.Popen, address: str) -> str:
    """What a server that is just starting says at this address; nothing where it stops, or never answers."""
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
