"""Make docs/pictures/report.png, the README's picture: parts of a real report side by side.

Needs Playwright and a Chromium (CLEARLSTM_CHROMIUM names it, or it is on the path)::

    clearlstm forecast --report report.html
    python scripts/make_picture.py report.html
"""

import base64
import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "report.png"
WIDTH, HEIGHT, GAP = 760, 900, 24


def image(png: bytes) -> str:
    """An image element that holds ``png``."""
    data = base64.b64encode(png).decode()
    return f"<img style='display:block;margin-bottom:{GAP}px' src='data:image/png;base64,{data}'>"


def screenful(page: Page, selector: str) -> bytes:
    """The window with ``selector`` at its top: what sticks there while one scrolls is in it."""
    page.locator(selector).evaluate("section => window.scrollTo(0, section.offsetTop - 24)")
    return page.screenshot()


def main(report: Path) -> None:
    chromium = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.goto(report.resolve().as_uri())
        page.locator("#inside").wait_for()
        left = "".join(image(page.locator(selector).screenshot()) for selector in ("#verdict h1", "#forecast"))
        right = image(screenful(page, "#inside"))
        # A page of its own: the report's allows no pictures.
        page = browser.new_page(viewport={"width": 2 * WIDTH, "height": HEIGHT})
        page.set_content(
            f"<body style='margin:0;display:flex'><div style='padding:{GAP}px'>{left}</div><div>{right}</div>"
        )
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
