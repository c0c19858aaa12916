"""What drawings in a notebook take: bytes that are sent, time until they are seen, the page's memory.

    python -m benchmarks.notebook                                     # writes NOTEBOOK.md

It needs Playwright and a Chromium (CLEARLSTM_CHROMIUM names it, or it is on the path). The page is that of
tests/widget/host.py, which does for a drawing what a notebook does; the kernel's own time isn't in it.
"""

import json
import os
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from playwright.sync_api import Browser, sync_playwright

import clearlstm as cl
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name
from clearlstm.widget.code import packed_code
from tests.browser import CHROMIUM, CHROMIUM_FLAGS
from tests.widget.host import Host

RESULTS: Final = Path(__file__).with_name("NOTEBOOK.md")
MANY, ROUNDS, RERUNS = 20, 5, 50
TALL: Final = {"width": 1000, "height": 30_000}  # all drawings are in sight
DRAWN: Final = """() => models.length === document.querySelectorAll("section").length &&
  [...document.querySelectorAll("section > div")].every(({ shadowRoot }) => shadowRoot.querySelector("canvas"))"""


def drawing() -> Any:
    """A net of 32 units on 100 steps."""
    x = np.cumsum(np.random.default_rng(0).normal(size=(1, 100, 2)), axis=1)
    return cl.LSTM(2, 32, seed=0).show(x)


def opened(browser: Browser, count: int) -> tuple[Host, float]:
    """A page with so many drawings, and the seconds from its start until all of them are seen."""
    host = Host(browser, [drawing() for _ in range(count)], viewport=TALL)
    host.page.wait_for_function(DRAWN)
    return host, host.page.evaluate("performance.now()") / 1000


def heap(host: Host) -> float:
    """MB of JavaScript's memory in use."""
    session = host.page.context.new_cdp_session(host.page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def seconds_until_seen(browser: Browser, count: int) -> float:
    """The median of some pages."""
    times = []
    for _ in range(ROUNDS):
        host, seconds = opened(browser, count)
        times.append(seconds)
        host.close()
    return median(times)


def growth(host: Host) -> float:
    """MB that are left of running a cell again, many times."""
    before = heap(host)
    for _ in range(RERUNS):
        host.page.evaluate("leaves.at(-1)()")
        host.page.evaluate("show(0)")
        host.page.wait_for_function(DRAWN)
    return heap(host) - before


def rows(browser: Browser) -> list[str]:
    """The table, line by line."""
    first, all_of_them = seconds_until_seen(browser, 1), seconds_until_seen(browser, MANY)
    one, many = opened(browser, 1)[0], opened(browser, MANY)[0]
    memory = (heap(many) - heap(one)) / (MANY - 1)
    many.close()
    sent = len(json.dumps(drawing()._data))
    facts = {
        "the page's modules, once a page": f"{len(packed_code()) / 1000:.0f} kB",
        "a drawing's numbers": f"{sent / 1000:.0f} kB",
        "the first drawing is seen after": f"{first:.2f} s",
        f"{MANY} drawings, all in sight, after": f"{all_of_them:.2f} s",
        "memory of each further one": f"{memory:.1f} MB",
        f"left of running its cell again {RERUNS} times": f"{growth(one):.1f} MB",
    }
    one.close()
    return [f"| {name} | {value} |" for name, value in facts.items()]


def page(lines: list[str]) -> str:
    """What is written."""
    return "\n".join(
        [
            "# Drawings in a notebook",
            "",
            f"Written by `python -m benchmarks.notebook` on {processor_name()}, {os.cpu_count()} cores, clearlstm",
            f"{version('clearlstm')}, in a page that does for a drawing what a notebook does; times are medians of",
            f"{ROUNDS} pages. A net of 32 units on 100 steps of 2 inputs.",
            "",
            "| | |",
            "|---|--:|",
            *lines,
            "",
        ]
    )


def main() -> None:
    """Measure and write."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        text = page(rows(browser))
        browser.close()
    print(text)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
