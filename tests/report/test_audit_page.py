"""The page of an audit, in a browser."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.cell.lstm import LSTMWeights
from clearlstm.errors import InputError
from clearlstm.insight.audit.audit import audit
from clearlstm.interop.chain import Layer, build
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.report.audit_data import audit_data, export_audit
from clearlstm.report.page_file import is_report
from tests.insight.audited import accumulating, forgetting, noise

pytest.importorskip("playwright")

from playwright.sync_api import Browser, Page, expect

Data = dict[str, Any]
MADE = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script><b>"


def told(model: Network, features: int = 1, steps: int = 40, names: list[str] | None = None) -> Data:
    result = audit(model, noise(60, steps, features), feature_names=names)
    return {"model": "m.pt", "made_by": "PyTorch", "data": ["60 sequences."], **result.to_dict()}


@pytest.fixture(scope="module")
def faulty() -> Data:
    return told(accumulating(unit=2))


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Write the page, open it from disk, and at the end see that nothing went wrong in it."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_it(data: Data, *, width: int = 1280, dark: bool = False) -> Page:
        path = tmp_path / f"audit{len(pages)}.html"
        export_audit(data, MADE, path)
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
        pages.append(page)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: complaints.append(request.url) if _foreign(request.url) else None)
        page.goto(path.as_uri())
        page.wait_for_selector("h1")
        return page

    yield open_it
    for page in pages:
        page.close()
    assert complaints == []


def _foreign(url: str) -> bool:
    return not url.startswith(("file:", "data:"))


def test_findings_stand_first_with_evidence_and_advice(faulty: Data, opened: Callable[..., Page]) -> None:
    page = opened(faulty)
    assert page.inner_text("h1").startswith("1 fault")
    finding = page.locator("li.fault[data-name=never_forgets]")
    assert "Unit 2 of net 0, layer 0, forward" in finding.inner_text()
    assert "What to try: Lower the forget gate's bias" in finding.inner_text()
    finding.locator("summary").click()
    evidence = dict(zip(finding.locator("dt").all_inner_texts(), finding.locator("dd").all_inner_texts(), strict=True))
    assert evidence["units"] == "2"
    assert float(evidence["c end"]) == pytest.approx(40 * np.tanh(2), rel=5e-3)


def test_the_units_sort_by_any_column_both_ways(faulty: Data, opened: Callable[..., Page]) -> None:
    page = opened(faulty)

    def column(place: int) -> list[str]:
        return page.locator(f"#units tbody td:nth-child({place})").all_inner_texts()

    assert column(2) == ["0", "1", "2", "3", "4", "5"]
    page.click("button[data-column=held]")
    assert (column(2)[0], column(3)[0]) == ("2", "longer")
    page.click("button[data-column=held]")
    assert column(2)[-1] == "2"
    page.click("button[data-column=ablation]")
    effects = [float(text) for text in column(4)]
    assert effects == sorted(effects, reverse=True)
    assert page.locator("th[aria-sort=descending]").inner_text() == "effect of hiding it ↓"


def test_reach_is_drawn_on_a_log_axis_with_its_numbers(opened: Callable[..., Page]) -> None:
    page = opened(told(forgetting(0.45), steps=60))
    levels = page.locator("#reach svg").first.locator("text.tick[text-anchor=end]").all_text_contents()
    assert "1" in levels
    assert any(text.startswith("1e−") for text in levels)
    page.locator("#reach summary").first.click()
    rows = page.locator("#reach table").first.locator("tbody tr")
    expect(rows.first).to_be_visible()
    first = rows.first.locator("td").all_inner_texts()
    assert rows.first.locator("th").inner_text() == "1"
    assert float(first[1]) == pytest.approx(0.45)


@pytest.mark.parametrize(("chart", "kept", "steps"), [("#reach", 0.45, 60), ("#reach", 0.05, 4), ("#memory", 0.9, 40)])
def test_log_axes_have_round_ticks(opened: Callable[..., Page], chart: str, kept: float, steps: int) -> None:
    page = opened(told(forgetting(kept), steps=steps))
    drawn = page.locator(f"{chart} svg").first.locator("text.tick[text-anchor=end]").all_text_contents()
    ticks = [float(text.replace("−", "-")) for text in drawn]
    assert len(ticks) >= 3
    assert {f"{tick:.2e}".split("e")[0] for tick in ticks} <= {"1.00", "2.00", "5.00"}


def test_the_headline_says_that_few_sequences_show_little(opened: Callable[..., Page]) -> None:
    result = audit(forgetting(0.9), noise(8))
    page = opened({"model": "m.pt", "made_by": "PyTorch", "data": [], **result.to_dict()})
    assert page.inner_text("h1").endswith("Only 8 sequences were looked at, and so few can't show much.")


def test_features_and_their_effects(opened: Callable[..., Page]) -> None:
    model = Network(LSTM(2, 4, seed=0), head=1, seed=0)
    model.parameters["net0.layer0.forward.W"][1] = 0
    page = opened(told(model, 2, names=["load", HOSTILE]))
    assert page.locator("#features tbody th").all_inner_texts() == ["load", HOSTILE]
    effects = [float(str(one.get_attribute("data-value"))) for one in page.locator("td[data-key=effect]").all()]
    assert effects[0] > 0.5
    assert effects[1] == 0


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_leaves_the_window(opened: Callable[..., Page], width: int) -> None:
    model = Network(LSTM(3, 40, 2, bidirectional=True, seed=0), head=2, seed=0)
    page = opened(told(model, 3, names=["a", "b" * 60, "c"]), width=width, dark=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    expect(page.locator("#units tbody tr")).to_have_count(100)
    page.click("#units > button")
    expect(page.locator("#units tbody tr")).to_have_count(160)
    page.locator("#memory label", has_text="net 0, layer 1, reverse").click()
    page.locator("#reach label", has_text="net 0, layer 1, reverse").click()
    expect(page.locator("#memory label.chosen")).to_have_text("net 0, layer 1, reverse")


def test_a_net_without_long_term_memory_and_an_audit_cut_short_are_shown_too(opened: Callable[..., Page]) -> None:
    model = Network(LSTM(1, 3, seed=0), head=1, seed=0)
    model.parameters["head.W"][...] = 0
    page = opened(told(model))
    assert page.inner_text("h1") == "1 fault"
    assert page.locator("#features").count() == 0
    assert page.locator("#units tbody tr").count() == 3


def test_the_data_are_those_of_the_audit(faulty: Data, tmp_path: Path) -> None:
    export_audit(faulty, MADE, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    [result] = re.findall(r'<script type="application/json" id="report-data">(.*?)</script>', text, re.S)
    data = json.loads(result)
    assert data["version"] == 1
    assert data["title"] == "What is inside m.pt"
    assert [one["unit"] for one in data["units"]] == list(range(6))
    assert data["units"][2]["held"] is None
    assert [one["name"] for one in data["findings"]] == [one["name"] for one in faulty["findings"]]
    assert is_report(tmp_path / "a.html")
    assert audit_data(faulty, MADE)["made"] == "2026-01-02T03:04:00+00:00"


def test_the_silent_half_of_a_net_read_backwards_is_left_out() -> None:
    rng = np.random.default_rng(0)
    weights = LSTMWeights(rng.normal(size=(1, 12)), rng.normal(size=(3, 12)), np.zeros(12))
    data = audit_data(told(build([Layer("backwards", (weights,), reverse=True)], pool="last")), MADE)
    assert [layer["name"] for layer in data["layers"]] == ["net 0, layer 0, reverse"]
    assert {unit["layer"] for unit in data["units"]} == {"net 0, layer 0, reverse"}
    assert [unit["held"] is not None for unit in data["units"]] == [True] * 3


def test_what_is_no_audit_is_refused(faulty: Data, tmp_path: Path) -> None:
    del (lacking := dict(faulty))["facts"]
    with pytest.raises(InputError, match="the audit lacks facts"):
        export_audit(lacking, MADE, tmp_path / "a.html")
    assert not (tmp_path / "a.html").exists()
