"""Make docs/pictures/report.png, the README's picture: the first screen of a real report.

Needs Playwright and a Chromium (CLEARLSTM_CHROMIUM names it, or it is on the path)::

    clearlstm forecast --report report.html
    python scripts/make_picture.py report.html
"""

import os
import shutil
import sys
from pathlib import Path

from playwright.sync_api import ViewportSize, sync_playwright

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "report.png"
SCREEN: ViewportSize = {"width": 1520, "height": 900}


def main(report: Path) -> None:
    chromium = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport=SCREEN, color_scheme="light")
        page.goto(report.resolve().as_uri())
        page.locator("#forecast svg").first.wait_for()
        page.screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
