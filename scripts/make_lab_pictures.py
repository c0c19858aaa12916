"""Make the README's pictures of the lab: the unit stepping through a day, and stills of other rooms.

Needs Playwright, Pillow and a Chromium (CLEARLSTM_CHROMIUM names it, or it is on the path)::

    python scripts/make_lab_pictures.py
"""

import io
import os
import shutil
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from clearlstm.report.page import lab_page

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 900, 700
COLOURS = 40
SECONDS_A_STAGE = 1.6
STAGES = ("all", "inputs", "z_f", "f", "kept", "g", "i", "written", "c", "tanh_c", "o", "h")
STILLS = {
    "lab-companies": ("room=companies&companies-revealed=1", "h2 >> nth=1"),
    "lab-training": ("room=training&training-epoch=3000", ".training-controls"),
    "lab-letters": ("room=yours&yours-letters=1&yours-letters-at=120", ".letters-columns"),
}


def picture(png: bytes) -> Image.Image:
    """A screenshot with few colours, which these pages have anyway."""
    return Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)


def at(page: Page, file: Path, address: str) -> None:
    """Open the lab at ``address`` and wait until nothing moves any more."""
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}#{address}")
    page.wait_for_selector("h1")
    page.wait_for_timeout(900)


def main() -> None:
    chromium = os.environ.get("CLEARLSTM_CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "lab.html"
        file.write_text(lab_page(), encoding="utf-8", newline="\n")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        frames = []
        for stage in STAGES:
            at(page, file, f"room=unit&unit-x=1&unit-h=1&unit-c=2&unit-stage={stage}")
            frames.append(picture(page.locator(".unit-stage").screenshot()))
        height = min(frame.height for frame in frames)
        frames = [frame.crop((0, 0, frame.width, height)) for frame in frames]
        duration = int(1000 * SECONDS_A_STAGE)
        frames[0].save(
            PICTURES / "lab-unit.gif", save_all=True, append_images=frames[1:], duration=duration, loop=0, optimize=True
        )
        for name, (address, top) in STILLS.items():
            at(page, file, address)
            page.locator(top).first.evaluate("place => scrollTo(0, place.getBoundingClientRect().top + scrollY - 24)")
            page.wait_for_timeout(200)
            picture(page.screenshot()).save(PICTURES / f"{name}.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
