"""Make the pictures of drawings in JupyterLab: a short film for the README, and a still for docs/notebook.md.

Needs JupyterLab, Playwright, Pillow and a Chromium (CLEARLSTM_CHROMIUM names it, or it is on the path)::

    python -m scripts.make_notebook_pictures
"""

import io
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image
from playwright.sync_api import sync_playwright

from scripts.make_lab_pictures import PICTURES
from tests.browser import CHROMIUM, CHROMIUM_FLAGS
from tests.notebook.jupyter import OpenNotebook, jupyter_server

VIEW: Final = {"width": 1440, "height": 1340}
WIDTH: Final = 1000
COLOURS: Final = 160
SECONDS_A_FRAME: Final = 0.5
STILL_SECONDS: Final = 2.5

UNIT: Final = """import numpy as np
import clearlstm as cl

w = cl.examples.statquest_unit().show(np.array([1, 0.5, 0.25, 1]).reshape(1, 4, 1))
w"""
READ: Final = "w.weights['layer0.forward.W'], w.trace().y.ravel()"
NET: Final = """import clearlstm as cl

prices = cl.examples.stock_prices()
f = cl.LSTMForecaster(h=5, seed=0).fit(prices)
w = f.show()
w.address = "part=maps&yours-place=12_5"
w"""


def film(book: OpenNotebook) -> list[Image.Image]:
    """A weight is dragged; the cell below reads it."""
    book.open([UNIT, READ])
    alone(book)
    book.run(0)
    book.page.locator(".in-notebook").scroll_into_view_if_needed()
    number = book.output(0).locator("[data-key='f-x']").first
    number.wait_for()
    book.page.wait_for_timeout(600)
    frames = [frame(book)]
    box = number.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    book.page.mouse.move(x, y)
    book.page.mouse.down()
    for by in range(0, 121, 20):
        book.page.mouse.move(x - by, y)
        book.page.wait_for_timeout(150)
        frames.append(frame(book))
    book.page.mouse.up()
    book.run(1)
    book.page.wait_for_timeout(400)
    return [*frames, frame(book)]


def alone(book: OpenNotebook) -> None:
    """Without what stands beside the notebook."""
    book.page.evaluate("jupyterapp.commands.execute('application:toggle-left-area')")


def frame(book: OpenNotebook) -> Image.Image:
    shot = Image.open(io.BytesIO(book.page.locator(".jp-Notebook").first.screenshot())).convert("RGB")
    small = shot.resize((WIDTH, round(WIDTH * shot.height / shot.width)), Image.Resampling.LANCZOS)
    return small.quantize(COLOURS, dither=Image.Dither.NONE)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        with jupyter_server(Path(folder)) as server:
            first, *others = film(OpenNotebook(browser.new_page(viewport=VIEW), server))
            seconds = [STILL_SECONDS, *[SECONDS_A_FRAME] * (len(others) - 1), 2 * STILL_SECONDS]
            durations = [int(1000 * one) for one in seconds]
            how = {"save_all": True, "append_images": others, "loop": 0, "optimize": True}
            first.save(PICTURES / "notebook-unit.gif", duration=durations, **how)
            book = OpenNotebook(browser.new_page(viewport=VIEW), server)
            book.open([NET])
            alone(book)
            book.run(0)
            book.page.locator(".in-notebook").scroll_into_view_if_needed()
            book.output(0).locator(".heatmap").first.wait_for()
            book.page.wait_for_timeout(600)
            frame(book).save(PICTURES / "notebook.png", optimize=True)
        browser.close()


if __name__ == "__main__":
    main()
