"""A net of another kind than an LSTM: what the page knows of it, and what it shows."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from clearlstm.cell.cells import CELLS
from clearlstm.network.gru import GRU
from clearlstm.network.model import Network
from clearlstm.report.net_data import net_data, traces_data
from clearlstm.report.page import lab_page
from tests.report.unpacking import unpacked

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NETWORK = Network([GRU(2, 3, 2, seed=0)], head=1, seed=0)
X = np.random.default_rng(0).normal(size=(1, 5, 2)).astype(np.float32)
DAYS = [f"2026-01-0{day}" for day in range(1, 6)]


def test_every_parameter_and_the_memory_of_a_gru_are_in_its_data() -> None:
    [layer, _] = net_data(NETWORK)["layers"]
    assert layer["kind"] == "GRU"
    assert sorted(layer["weights"]) == sorted(CELLS["GRU"].shapes(2, 3, NETWORK.nets[0].options))
    for name, values in layer["weights"].items():
        np.testing.assert_array_equal(unpacked(values), NETWORK.parameters[f"net0.layer0.forward.{name}"])
    [trace] = traces_data(NETWORK, X, ["one"], [DAYS], ["a", "b"])
    h = NETWORK.trace(X).nets[0].layer(1).h
    np.testing.assert_array_equal(unpacked(trace["layers"][1]["h"]), h[0])


def test_the_page_shows_a_grus_memory_and_says_what_it_leaves_out(browser: "Browser", tmp_path: Path) -> None:
    data = {
        "version": 1,
        "kind": "model",
        "title": "a GRU",
        "source": "a GRU",
        "net": net_data(NETWORK),
        "traces": traces_data(NETWORK, X, ["one"], [DAYS], ["a", "b"]),
        "notes": [],
    }
    (tmp_path / "page.html").write_text(lab_page(data), "utf-8")
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    page.get_by_text("This is a GRU layer: it has one memory").wait_for()
    why = page.evaluate("async () => (await import('lab/what-if.js')).whyNot({layers: [{kind: 'GRU'}]})")
    assert why == "The page computes LSTMs only; this net has GRU layers."
    assert page.locator("#inside .maps figure").count() == 1
    assert errors == []
    page.close()
