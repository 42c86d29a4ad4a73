"""The pages on paper: Chromium prints them to tagged PDF files."""

import shutil
import subprocess
import sys
from pathlib import Path

CHROMIUM = next(
    filter(
        None,
        map(
            shutil.which,
            ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"),
        ),
    ),
    None,
)


def print_pages(pages: Path, folder: Path):
    if not CHROMIUM:
        sys.exit(
            "There is no Chromium or Chrome here to print with. Install one, or print the pages "
            "of notebooks/ from your browser."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for page in sorted(set(pages.rglob("*.html")) - {pages / "index.html"}):
        target = folder / f"{page.stem}.pdf"
        options = [
            "--headless",
            "--no-sandbox",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target.resolve()}",
        ]
        subprocess.run(
            [CHROMIUM, *options, page.resolve().as_uri()], check=True, capture_output=True
        )
        print(target)
