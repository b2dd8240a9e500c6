"""Take a picture of a run's report: ``python docs/screenshot.py RUN OUTPUT.png [WIDTH [HEIGHT [light|dark]]]``.

RUN is a run folder; its report is made anew. HEIGHT ``full`` takes the whole page.
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from ftdojo.report import write
from ftdojo.store import RunFolder

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--hide-scrollbars"]


def main(
    run: str, output: str, width: str = "1280", height: str = "800", theme: str = "light"
) -> None:
    """Open the report in headless Chromium and save what it looks like."""
    page_path = write(RunFolder(Path(run))).resolve()
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        tall = 800 if height == "full" else int(height)
        page = browser.new_page(
            viewport={"width": int(width), "height": tall},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page.goto(page_path.as_uri())
        page.screenshot(path=output, full_page=height == "full")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
