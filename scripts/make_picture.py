"""Make docs/pictures/report.png, the README's picture: two parts of a real report side by side.

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
WIDTH, HEIGHT = 760, 900


def part(page: Page, report: Path, heading: str | None) -> str:
    """A screenful of the report from ``heading`` on (or its top), as a data: address."""
    page.goto(report.resolve().as_uri())
    page.wait_for_selector("h2")
    if heading:
        page.get_by_role("heading", name=heading).evaluate("h => window.scrollTo(0, h.offsetTop - 24)")
    return "data:image/png;base64," + base64.b64encode(page.screenshot()).decode()


def main(report: Path) -> None:
    chromium = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        pictures = "".join(f"<img src={part(page, report, heading)!r}>" for heading in (None, "Inside the last window"))
        page = browser.new_page(viewport={"width": 2 * WIDTH, "height": HEIGHT})  # the report's page allows no pictures
        page.set_content(f"<body style='margin:0;display:flex'>{pictures}")
        PICTURE.parent.mkdir(exist_ok=True)
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
