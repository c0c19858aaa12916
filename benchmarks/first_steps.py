"""A newcomer's first steps, timed: from a clone to a forecast, an opened model and a finished exercise.

    python -m benchmarks.first_steps                                  # writes FIRST_STEPS.md

Everything is new, as for somebody who comes for the first time: a clone of the last commit, its environment, one for
``pip install``, Numba's cache. What pip downloads may be at hand, as it says. The model is made with torch, beforehand;
the exercise is done in a Chromium by Playwright, which reads the numbers that are given and computes the answers by
hand. A person reads and thinks besides: these are the times that they wait.
"""

import math
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import torch
from playwright.sync_api import Page, expect, sync_playwright

import clearlstm as cl
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name
from tests.browser import CHROMIUM, CHROMIUM_FLAGS

RESULTS: Final = Path(__file__).with_name("FIRST_STEPS.md")
HERE: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path("own") / ("Scripts" if os.name == "nt" else "bin")


class Clock:
    """The steps in their order, each with the seconds that it took."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []
        self.restart()

    def restart(self) -> None:
        """What was done since the last step is none of the next."""
        self._start = time.perf_counter()

    def lap(self, step: str) -> None:
        """A step is done."""
        self.steps.append((step, time.perf_counter() - self._start))
        print(f"{step}: {self.steps[-1][1]:.1f} s")
        self.restart()


def run(folder: Path, *command: str | Path) -> None:
    """Run a command in ``folder`` to its end, with a cache of its own; what it says is shown if it fails."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(folder.absolute() / "numba")}
    words = [*map(str, command)]
    ended = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        sys.exit(f"{' '.join(words)}\n{ended.stdout}\n{ended.stderr}")


def bring(folder: Path) -> None:
    """What a newcomer has: a table of prices, and a model of torch with what it reads."""
    prices = cl.examples.stock_prices().rename(columns={"unique_id": "ticker", "ds": "date", "y": "close"})
    prices.to_csv(folder / "prices.csv", index=False)
    torch.manual_seed(0)
    torch.save(torch.nn.LSTM(3, 16, 2, batch_first=True).state_dict(), folder / "model.pt")
    np.savez(folder / "windows.npz", x=np.random.default_rng(0).normal(size=(200, 30, 3)).astype(np.float32))


def first_forecast(clock: Clock, folder: Path) -> None:
    """As the README begins."""
    run(folder, "git", "clone", "--quiet", HERE, "clone")
    clock.lap("`git clone` (from this disk)")
    run(folder / "clone", "make", "run")
    clock.lap("`make run`: environment, first compilation, forecast, `report.html`")


def with_data_of_ones_own(clock: Clock, folder: Path) -> None:
    """As it goes on."""
    run(folder, sys.executable, "-m", "venv", "own")
    run(folder, BIN / "python", "-m", "pip", "install", "--quiet", f"{folder / 'clone'}[lab]")
    clock.lap("`pip install '.[lab]'` into an environment of one's own")
    run(folder, BIN / "clearlstm", "check")
    clock.lap("`clearlstm check`")
    columns = ("--target", "close", "--time", "date", "--id", "ticker", "--horizon", "5")
    run(folder, BIN / "clearlstm", "forecast", "prices.csv", *columns, "--output", "forecasts.csv")
    clock.lap("`clearlstm forecast prices.csv …`: a first forecast of one's own, 9,810 rows")
    run(folder, BIN / "clearlstm", "inspect", "model.pt")
    clock.lap("`clearlstm inspect model.pt`: a first opened model")
    run(folder, BIN / "clearlstm", "inspect", "model.pt", "--data", "windows.npz", "--html", "audit.html")
    clock.lap("the same with `--data windows.npz --html audit.html`")


def first_exercise(clock: Clock, folder: Path) -> None:
    """In the lab: three questions, one of them answered with the bias forgotten at first."""
    command = [str(folder / BIN / "clearlstm"), "lab", "--no-browser"]
    lab = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert lab.stdout is not None
    link = re.search(r"http\S+", lab.stdout.readline())
    assert link is not None
    clock.lap("`clearlstm lab`, until it prints its link")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            clock.restart()
            page.goto(link[0])
            page.wait_for_selector("h1")
            clock.lap("its page, until it is drawn")
            answer_all(page)
            clock.lap("three questions asked, answered and understood")
            browser.close()
    finally:
        lab.terminate()
        lab.wait()


def answer_all(page: Page) -> None:
    """Compute what is asked in the room of the unit, from what is given."""
    page.get_by_role("button", name="Ask me").click()
    gate = given(page, 0)
    terms = gate["short-term memory before"] * gate["weight on the short-term memory"]
    terms += gate["input"] * gate["weight on the input"]
    answer(page, 0, terms, "without the bias")
    answer(page, 0, terms + gate["bias"], "Right")
    memory = given(page, 1)
    kept = memory["% long-term memory to remember"] * memory["long-term memory before"]
    added = memory["% potential memory to remember"] * memory["potential long-term memory"]
    answer(page, 1, kept + added, "Right")
    said = given(page, 2)
    squashed = math.tanh(said["new long-term memory"])
    answer(page, 2, said["% potential short-term memory to remember"] * squashed, "Right")
    expect(page.get_by_text("That was all: 2 at the first try, 1 after help")).to_be_visible()


def given(page: Page, place: int) -> Mapping[str, float]:
    """The numbers of a question by their names."""
    lines = [line for line in page.locator(".check-questions > li").nth(place).inner_text().split("\n") if line]
    number = re.compile(r"−?\d+(\.\d+)?")
    return {name: float(text.replace("−", "-")) for name, text in pairwise(lines) if number.fullmatch(text)}


def answer(page: Page, place: int, value: float, reply: str) -> None:
    """Give an answer, and see what is said of it."""
    question = page.locator(".check-questions > li").nth(place)
    question.get_by_label("Your answer").fill(f"{value:.3f}")
    question.get_by_role("button", name="Check").click()
    expect(question.get_by_text(re.compile(reply))).to_be_visible()


def page_of(steps: list[tuple[str, float]]) -> str:
    """What is written."""
    lines = [
        "# First steps",
        "",
        f"Written by `python -m benchmarks.first_steps` on {processor_name()}, {os.cpu_count()} cores, clearlstm",
        f"{version('clearlstm')}: what a newcomer waits for, from a clone to a forecast, an opened model and a",
        "finished exercise. All is new, but for the packages that pip downloads, which were at hand; a person reads",
        "and thinks besides.",
        "",
        "| step | seconds |",
        "|---|--:|",
        *(f"| {step} | {seconds:.1f} |" for step, seconds in steps),
        f"| **all** | **{sum(seconds for _, seconds in steps):.0f}** |",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Do it, and write."""
    clock = Clock()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        bring(folder)
        clock.restart()
        first_forecast(clock, folder)
        with_data_of_ones_own(clock, folder)
        first_exercise(clock, folder)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(page_of(clock.steps), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
