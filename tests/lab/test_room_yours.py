"""Room 6, used as a person uses it, on a lab that runs; its numbers against Python's."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm import LSTM
from clearlstm.cell.layout import gate_slice
from clearlstm.insight.altered import Hold, Zero
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.audit.audit import audit
from clearlstm.insight.gradient_flow import gradient_flow
from clearlstm.insight.what_if import what_if
from clearlstm.network.model import Network
from clearlstm.report.audit_data import export_audit
from clearlstm.report.net_data import net_data, traces_data
from clearlstm.report.packing import to_json
from clearlstm.report.page import lab_page
from tests.report.made_reports import Data, make_report
from tests.report.unpacking import unpacked

pytest.importorskip("playwright")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from playwright.sync_api import Browser, Locator, Page, expect

from tests.lab.running import Client, running
from tests.report.rooms import OpenLab, eventually, expect_value, value

Open = Callable[..., Page]
QUICK = "deeper=1&yours-h=2&yours-hidden=4&yours-window=5&yours-updates=20&yours-origins=0"
REFUSED = "Failed to load resource"
SECONDS = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(tmp_path_factory.mktemp("lab")) as client:
        yield client


@pytest.fixture
def open_room(browser: Browser, lab: Client) -> Iterator[Open]:
    """Open room 6 at an address; at the end, see that the page complained of nothing but of what was refused."""
    complaints: list[str] = []
    pages: list[Page] = []

    def open_it(address: str = "", *, path: Path | None = None, **context: Any) -> Page:
        page = browser.new_page(viewport={"width": 1280, "height": 900}, **context)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{lab.link}&room=yours&{address}" if path is None else f"{path.as_uri()}#{address}")
        page.wait_for_selector("h1")
        pages.append(page)
        return page

    yield open_it
    for page in pages:
        page.context.close()
    assert [one for one in complaints if REFUSED not in one] == []


@pytest.fixture(scope="module")
def model() -> Network:
    return two_layers()


def two_layers() -> Network:
    """In both directions, in float64."""
    return Network([LSTM(2, 5, num_layers=2, bidirectional=True, dtype="float64", seed=1)], head=3, seed=1)


@pytest.fixture(scope="module")
def opened(lab: Client, model: Network, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, np.ndarray[Any, Any]]:
    """The job of that model, opened on twelve steps, and the steps (1, 12, 2)."""
    path = tmp_path_factory.mktemp("model") / "net.safetensors"
    model.save(path)
    upload = lab.good(lab.upload("model", path.name, path.read_bytes()))
    x = np.random.default_rng(2).normal(size=(12, 2))
    job = lab.post("/api/jobs", {"kind": "open", "model": upload["id"], "x": x.tolist()})
    assert lab.follow(job)["state"] == "done"
    return job["id"], x[None]


def test_the_net_of_letters_is_fetched_when_somebody_opens_it(open_room: Open) -> None:
    page = open_room()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.rsplit("/", 1)[-1]))
    expect(page.get_by_role("heading", name="Or watch a net read")).to_be_visible()
    with page.expect_response("**/static/letters.json"):
        page.get_by_role("button", name="Open the net of letters").click()
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()
    assert requests.count("letters.json") == 1
    page.get_by_role("button", name="Take something else").click()
    expect(page.get_by_role("heading", name="Take data that are here")).to_be_visible()


def file_of(network: Network, steps: int, path: Path) -> Path:
    """A page with a model and what it did on random numbers inside."""
    x = np.random.default_rng(3).normal(size=(1, steps, network.input_size)).astype(network.dtype)
    names = [f"input {k}" for k in range(network.input_size)]
    traces = traces_data(network, x, ["sequence"], [[str(t) for t in range(steps)]], names)
    data = {"version": 1, "kind": "model", "title": "a net", "source": "", "net": net_data(network), "traces": traces}
    path.write_text(lab_page(json.loads(to_json(data))), "utf-8")
    return path


def expect_cell(page: Page, layer: Any, step: int, unit: int) -> None:
    """All numbers of a cell, and the four sums with their terms."""
    inside = page.locator("#inside")
    for part in "chfigo":
        expect_value(inside, part, getattr(layer, part)[0, step, unit])
    drawing = page.locator(".unit-drawing")
    for gate in "figo":
        z = getattr(layer, f"z_{gate}")[0, step, unit]
        expect_value(drawing, f"z_{gate}", z)
        drawing.locator(f"[data-key=z_{gate}]").click()
        expect_value(inside, "z", z)
        terms = inside.locator("[data-key=term]").all()
        assert sum(float(str(term.get_attribute("data-value"))) for term in terms) == pytest.approx(z, rel=1e-9)
        expect_value(inside, "recorded", getattr(layer, gate)[0, step, unit])


def type_change(page: Page, key: str, number: float) -> None:
    held, field = page.locator(f".yours-held[data-key='{key}']"), page.locator("[type=number][data-key=change]")
    held.click()
    expect(field).to_have_attribute("data-value", str(held.get_attribute("data-value")))
    field.fill(str(number))
    field.blur()


def test_bundled_prices_from_choice_to_export(open_room: Open, lab: Client, tmp_path: Path) -> None:
    page = open_room()
    page.get_by_role("button", name="Prices of shares").click()
    expect(page.get_by_text("9810 rows, 3 series")).to_be_visible(timeout=SECONDS)
    page.locator("[name=series-known][value=IBM]").check()
    expect(page.get_by_role("slider", name="IBM: the last 400 rows")).to_be_visible()
    page.get_by_label("Go deeper").check()
    fields = {"Steps ahead": 2, "Hidden units": 4, "Window, in steps": 5, "Updates at most": 20, "Past origins": 4}
    for label, number in fields.items():
        page.get_by_label(label).fill(str(number))
    page.get_by_label("Intervals").fill("80")
    page.get_by_role("button", name="Train and forecast").click()
    expect(page.locator("#verdict h1")).to_contain_text("4 origins are too few to say what to use", timeout=SECONDS)
    assert page.locator("main > *").first.get_attribute("id") == "verdict"
    expect(page.locator("main .keep")).to_have_text(re.compile("To keep .*[.]"))
    result = lab.get(f"/api/jobs/{job_of(page)}/result")
    unit = check_result(page, result)
    told = result["traces"][0]["forecast"]
    page.get_by_label("Follow those for").select_option("1")
    expect_value(page, "told-value", told["values"][1][len(told["quantiles"]) // 2])
    expect(page.locator("section.yours-answer thead tr").first).to_contain_text("5 Mar 2013")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save the model").click()
    assert saved.value.suggested_filename == "forecaster.safetensors"
    saved.value.save_as(tmp_path / "forecaster.safetensors")
    expect(page.get_by_text("clearlstm predict forecaster.safetensors")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as one HTML file").click()
    download.value.save_as(tmp_path / "exported.html")
    offline = open_room(path=tmp_path / "exported.html")
    assert check_result(offline, result) == unit
    expect(offline.get_by_text("works offline")).to_be_visible()
    for one in (page, offline):
        before = value(one.locator("#inside"), "c")
        type_change(one, f"b.0.f.0.{unit}", -1.5)
        assert value(one.locator("#inside"), "c") != before  # the answer stays if training brought nothing
    answers = range(len(unpacked(result["traces"][0]["y"])))
    assert [value(offline, f"changed-{k}") for k in answers] == [value(page, f"changed-{k}") for k in answers]
    again = open_room()
    again.get_by_label("Choose a report").set_input_files(tmp_path / "exported.html")
    expect(again.locator("#verdict")).to_be_visible(timeout=SECONDS)
    assert check_result(again, result) == unit
    again.get_by_role("button", name="Take something else").click()
    again.get_by_label("Choose a model").set_input_files(tmp_path / "forecaster.safetensors")
    again.get_by_role("button", name="Open the model").click()
    expect(again.locator("#forecast")).to_be_visible(timeout=SECONDS)
    expect_value(again.locator(".next"), "next-0", told["values"][0][len(told["quantiles"]) // 2])
    again.get_by_role("button", name="Take something else").click()
    expect(again.get_by_role("button", name="Prices of shares")).to_be_visible(timeout=SECONDS)


def test_the_page_of_an_audit_is_opened_too(open_room: Open, tmp_path: Path) -> None:
    model = Network(LSTM(1, 4, seed=0), head=1, seed=0)
    found = audit(model, np.random.default_rng(0).normal(size=(40, 12, 1)))
    told = {"model": "m.pt", "made_by": "PyTorch", "data": ["40 sequences."], **found.to_dict()}
    export_audit(told, datetime(2026, 1, 2, tzinfo=UTC), tmp_path / "audit.html")
    page = open_room()
    page.get_by_label("Choose a report").set_input_files(tmp_path / "audit.html")
    expect(page.get_by_text("What is inside m.pt")).to_be_visible(timeout=SECONDS)
    expect(page.locator("#units tbody tr")).to_have_count(4)


def job_of(page: Page) -> str:
    found = re.search(r"yours-job=([^&]+)", page.url)
    assert found
    return found[1]


def check_result(page: Page, result: dict[str, Any]) -> int:
    """Forecast, comparison and inside of the first series are the result's to the last bit; which unit is shown."""
    series, trace = result["series"][0], result["traces"][0]
    assert value(page, "median") == series["forecast"]["median"][0]
    assert value(page, "interval-80") == series["forecast"]["intervals"][0]["lo"][0]
    for model in result["comparison"]["models"]:
        assert value(page.locator(f"tr[data-model='{model['name']}']"), "mase") == model["mase"]
    answers = unpacked(trace["y"])
    assert [value(page, f"answer-{k}") for k in range(len(answers))] == answers.tolist()
    c = unpacked(trace["layers"][0]["c"])
    unit = int(np.abs(c[-1]).argmax())
    assert value(page.locator("#inside"), "c") == c[-1, unit]
    assert value(page, "apart") < 1e-6
    # Where training brought nothing, the head is still 0, and its answers are the same.
    assert page.get_by_text("they are the same").count() or value(page, "answers-apart") < 1e-6
    return unit


def test_every_number_of_an_opened_model_is_pythons(open_room: Open, model: Network, opened: tuple[str, Any]) -> None:
    job, x = opened
    page, trace = open_room(f"yours-job={job}"), model.trace(x)
    expect(page.locator("#inside")).to_be_visible(timeout=SECONDS)
    for k in range(3):
        assert value(page, f"answer-{k}") == pytest.approx(trace.y[0, k], rel=1e-9)
    layers = [trace.nets[0].layer(layer, direction) for layer in (0, 1) for direction in (0, 1)]
    for k, (step, unit) in enumerate([(11, 2), (4, 0), (7, 3), (0, 4)]):
        page.goto(f"{page.url.partition('#')[0]}#room=yours&yours-job={job}&yours-layer={k}&yours-place={step}_{unit}")
        expect_cell(page, layers[k], step, unit)


def test_what_if_in_the_page_is_what_python_answers(open_room: Open, opened: tuple[str, Any]) -> None:
    job, x = opened
    page = open_room(f"yours-job={job}&yours-layer=1&yours-place=3_2&yours-number=z_g")
    expect(page.locator("#inside")).to_be_visible(timeout=SECONDS)
    type_change(page, "U.1.g.4.2", 1.75)
    type_change(page, "x.3.1", 2.5)
    other, changed = two_layers(), x.copy()
    other.parameters["net0.layer0.reverse.U"][4, columns_of("g", 5)[2]] = 1.75
    changed[0, 3, 1] = 2.5
    trace = other.trace(changed)
    for k in range(3):
        expect_value(page, f"changed-{k}", trace.y[0, k])
    layer = trace.nets[0].layer(0, 1)
    for part in "chfigo":
        expect_value(page.locator("#inside"), part, getattr(layer, part)[0, 3, 2])
    expect(page).to_have_url(re.compile(r"x\.3\.1%3A2\.5"))
    page.reload()
    expect(page.locator("#inside")).to_be_visible(timeout=SECONDS)
    expect_value(page, "changed-0", trace.y[0, 0])
    page.get_by_role("button", name="Take all changes back").click()
    expect(page.locator("[data-key=changed-0]")).to_have_count(0)


def columns_of(gate: str, hidden: int) -> list[int]:
    first = gate_slice(gate, hidden).start
    return list(range(first, first + hidden))


def test_python_answers_questions_about_the_net(open_room: Open, model: Network, opened: tuple[str, Any]) -> None:
    job, x = opened
    page = open_room(f"yours-job={job}&yours-layer=2&yours-place=5_1&yours-output=1")
    expect(page.locator("#inside")).to_be_visible(timeout=SECONDS)
    for name in ("How far back", "What does the answer", "What if unit 1"):
        page.get_by_role("button", name=f"Ask: {name}").click()
    reach, rests, silent = (
        page.locator(f"[data-question={name}]") for name in ("gradient_flow", "attribution", "what_if")
    )
    expect(silent.locator("[data-key=after-0]")).to_be_visible(timeout=SECONDS)
    expect(rests.locator("[data-key=gap]")).to_be_visible(timeout=SECONDS)
    expect(reach.locator("[data-key=reach-h]")).to_be_visible(timeout=SECONDS)
    flow = gradient_flow(model.trace(x).nets[0].layer(1, 0))
    for name in ("h", "c", "joint", "direct"):
        assert value(reach, f"reach-{name}") == pytest.approx(flow.paths[name][0, 5], rel=1e-9)
    found = attribute(model, x, output=1)
    assert value(rests, "attribution") == pytest.approx(found.by_step[0, 5], rel=1e-9, abs=1e-12)
    assert value(rests, "attributed-1") == pytest.approx(found.by_feature[0, 1], rel=1e-9, abs=1e-12)
    place: Any = {"net": 0, "layer": 1, "direction": 0}
    after = what_if(model, x, zero=[Zero(1, **place)]).after
    for k in range(3):
        assert value(silent, f"after-{k}") == pytest.approx(after.y[0, k], rel=1e-9)
    silent.get_by_label("Make it").select_option("f1")
    silent.get_by_role("button", name="Ask").click()
    expect(silent.locator("[data-key=after-0]")).to_be_visible(timeout=SECONDS)
    after = what_if(model, x, hold=[Hold("f", 1.0, unit=1, **place)]).after
    assert value(silent, "after-2") == pytest.approx(after.y[0, 2], rel=1e-9)


def test_a_person_brings_a_table_and_changes_its_columns(open_room: Open, tmp_path: Path) -> None:
    days = np.arange("2024-01-01", "2024-03-21", dtype="datetime64[D]")
    rows = [f"{day},{20 + 5 * np.sin(k):.3f},{k}" for k, day in enumerate(days)]
    (tmp_path / "shop.csv").write_text("\n".join(["day,sold,visitors", *rows]))
    page = open_room()
    page.get_by_label("Choose a table").set_input_files(tmp_path / "shop.csv")
    expect(page.locator("h1")).to_have_text("shop.csv", timeout=SECONDS)
    expect(page.locator("tbody tr").first).to_contain_text("2024-01-01")
    page.get_by_label("What to forecast").select_option("visitors")
    expect(page.locator("th", has_text="visitors")).to_contain_text("what to forecast", timeout=SECONDS)
    page.get_by_label("Steps ahead").fill("two")
    expect(page.get_by_text("“two” isn't a whole number")).to_be_visible()
    expect(page.get_by_role("button", name="Train and forecast")).to_be_disabled()
    page.reload()
    expect(page.locator("h1")).to_have_text("shop.csv", timeout=SECONDS)


def choice(page: Page, label: str) -> Locator:
    """The list of that name among those that say what the columns of a table are."""
    name = page.locator("span", has_text=re.compile(f"^{label}$"))
    return page.locator("label.choice", has=name).locator("select")


def test_dates_that_may_be_days_or_months_are_asked_about_where_the_answer_can_be_given(
    open_room: Open, tmp_path: Path
) -> None:
    rows = [f"01/{month:02d}/2015,{month % 3}" for month in range(2, 13)]
    (tmp_path / "months.csv").write_text("\n".join(["day,sold", *rows]))
    page = open_room("deeper=1&yours-h=1&yours-hidden=4&yours-window=2&yours-updates=5&yours-origins=0")
    page.get_by_label("Choose a table").set_input_files(tmp_path / "months.csv")
    asked = page.locator(".yours-trouble").filter(has_text="say whether the day comes first (“Dates”, below)")
    expect(asked).to_be_visible(timeout=SECONDS)
    expect(page.get_by_role("button", name="Train and forecast")).to_be_disabled()
    choice(page, "Dates").select_option("the day first: 1/2 is 1 February")
    expect(asked).to_have_count(0, timeout=SECONDS)
    expect(page.get_by_text("A step is a row: a month.")).to_be_visible()
    page.get_by_role("button", name="Train and forecast").click()
    expect(page.locator("#forecast")).to_be_visible(timeout=SECONDS)
    expect(page.locator("#forecast")).to_contain_text("1 Jan 2016")


def test_series_are_told_apart_by_several_columns_or_stand_in_columns_of_their_own(
    open_room: Open, tmp_path: Path
) -> None:
    days = np.arange("2024-01-01", "2024-02-01", dtype="datetime64[D]")
    kinds = [(shop, item) for shop in "AB" for item in ("tea", "cake")]
    rows = [f"{day},{shop},{item},{k % 7},{k % 5}" for shop, item in kinds for k, day in enumerate(days)]
    (tmp_path / "shops.csv").write_text("\n".join(["day,shop,item,sold,seen", *rows]))
    page = open_room()
    page.get_by_label("Choose a table").set_input_files(tmp_path / "shops.csv")
    expect(page.locator("h1")).to_have_text("shops.csv", timeout=SECONDS)
    choice(page, "What to forecast").select_option("sold")
    expect(page.locator(".yours-trouble")).to_contain_text("(“Series”, below: 'shop', 'item')", timeout=SECONDS)
    choice(page, "Series").select_option("shop")
    choice(page, "Series, a second column").select_option("item")
    expect(page.get_by_text("124 rows, 4 series.")).to_be_visible(timeout=SECONDS)
    expect(page.locator(".yours-trouble")).to_have_count(0)
    expect(page.locator("th", has_text="item")).to_contain_text("series")
    choice(page, "Series, a second column").select_option("no other")
    expect(page.locator(".yours-trouble")).to_contain_text("has two rows for 2024-01-01", timeout=SECONDS)
    one = [f"{day},{k % 7},{k % 5}" for k, day in enumerate(days)]
    (tmp_path / "wide.csv").write_text("\n".join(["day,north,south", *one]))
    page.get_by_role("button", name="All that can be taken").click()
    page.get_by_label("Choose a table").set_input_files(tmp_path / "wide.csv")
    expect(page.locator("h1")).to_have_text("wide.csv", timeout=SECONDS)
    choice(page, "What to forecast").select_option("each column of numbers")
    expect(page.get_by_text("31 rows, 2 series.")).to_be_visible(timeout=SECONDS)
    expect(choice(page, "Series")).to_have_count(0)
    choice(page, "What to forecast").select_option("south")
    expect(page.get_by_text("31 rows, 1 series.")).to_be_visible(timeout=SECONDS)


@pytest.mark.parametrize(
    ("label", "name", "content", "says"),
    [
        ("Choose a table", "words.csv", b"a,b\nx,y\nz,w\n", "column"),
        ("Choose a model", "cut.safetensors", b"\x10\x00\x00", "safetensors"),
        ("Choose a report", "mine.html", b"<html>mine</html>", "not written by clearlstm"),
    ],
)
def test_a_broken_file_gets_its_sentence(
    open_room: Open, tmp_path: Path, label: str, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    page = open_room()
    page.get_by_label(label).set_input_files(tmp_path / name)
    if label == "Choose a model":
        page.get_by_role("button", name="Open the model").click()
    expect(page.get_by_role("alert").filter(has_text=says)).to_be_visible(timeout=SECONDS)


def test_a_reload_finds_the_training_again_and_it_stops_and_goes_on(open_room: Open) -> None:
    page = open_room(f"yours-table=prices&{QUICK.replace('updates=20', 'updates=1000000')}")
    page.get_by_role("button", name="Train and forecast").click()
    expect(page.locator("[data-key=step]")).to_be_visible(timeout=SECONDS)
    step = value(page, "step")
    page.reload()
    expect(page.locator("[data-key=step]")).to_be_visible(timeout=SECONDS)
    assert eventually(page, lambda: value(page, "step") > step)
    other = open_room()
    expect(other.get_by_role("button", name="Prices of shares")).to_be_visible(timeout=SECONDS)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("h1")).to_have_text("Stopped", timeout=SECONDS)
    stopped_at = value(page, "step")
    page.get_by_role("button", name="Go on from the checkpoint").click()
    expect(page.locator("h1")).to_have_text("At work", timeout=SECONDS)
    expect(page.locator("[data-key=step]")).to_be_visible(timeout=SECONDS)
    assert eventually(page, lambda: value(page, "step") >= stopped_at)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("h1")).to_have_text("Stopped", timeout=SECONDS)
    page.get_by_role("button", name="Change what is asked").click()
    expect(page.get_by_label("Updates at most")).to_have_value("1000000")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Stopped")


def test_the_keyboard_alone_suffices(open_room: Open, tmp_path: Path) -> None:
    net = Network([LSTM(1, 4, dtype="float64", seed=4)], head=1, seed=4)
    page = open_room(path=file_of(net, 9, tmp_path / "net.html"))
    tab_to(page, "[aria-label='Light |h| from']")
    page.keyboard.press("End")
    expect(page.locator("[data-key=least-h]")).to_have_attribute("data-value", "1")
    page.keyboard.press("Home")
    expect(page.locator("[data-key=least-h]")).to_have_count(0)
    tab_to(page, ".unit-number[data-key=c]")
    page.keyboard.press("Enter")
    expect(page.locator(".yours-line")).to_contain_text("=")
    tab_to(page, ".unit-number[data-key=z_o]", back=True)
    page.keyboard.press("Enter")
    tab_to(page, ".yours-held")
    page.keyboard.press("Enter")
    tab_to(page, "#slider-change")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(page.locator("[data-key=changed-0]")).to_be_visible()
    assert value(page, "moved-0") != 0


def tab_to(page: Page, selector: str, *, back: bool = False) -> None:
    for _ in range(120):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the tab key doesn't lead to {selector}")


def test_a_threshold_lights_the_large_numbers_alone(open_room: Open, tmp_path: Path) -> None:
    net = Network([LSTM(2, 6, dtype="float64", seed=5)], head=1, seed=5)
    page = open_room(path=file_of(net, 20, tmp_path / "net.html"))
    x = np.random.default_rng(3).normal(size=(1, 20, 2))
    c = net.trace(x).nets[0].layer(0).c[0]
    brush = page.get_by_role("slider", name="Light |c| from")
    box = brush.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 5)
    page.mouse.up()
    least = value(page, "least-c")
    assert least == pytest.approx(0.6 * np.abs(c).max(), rel=0.05)
    assert value(page, "lit-c") == pytest.approx((np.abs(c) >= least).mean())
    page.get_by_label("Units sorted by").select_option("lit")
    pixels = page.locator("canvas").first.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    lit = (np.array(pixels).reshape(6, 20, 4)[..., :3] < 250).any(axis=2)
    order = np.argsort(-(np.abs(c) >= least).sum(axis=0), kind="stable")
    assert (lit == (np.abs(c) >= least).T[order]).all()


def test_hostile_links_break_nothing(open_room: Open, tmp_path: Path) -> None:
    path = file_of(Network([LSTM(2, 3, seed=5)], head=1, seed=5), 5, tmp_path / "net.html")
    for hostile in (
        "yours-change=W.9.f.9.9:1_x.77.0:3_b.0.o.0.99:1&yours-place=999_999&yours-layer=99&yours-held=W.0.f.0",
        "yours-change=__proto__:1&yours-lit=c9&yours-place=-1_x&yours-order=constructor&yours-number=toString",
        "yours-change=W.0.f.0.0:1e999&yours-series=%3Cimg%3E&yours-held=x.0.__proto__&yours-output=999",
    ):
        page = open_room(hostile, path=path)
        expect(page.locator("#inside [data-key=c]").first).to_be_visible()
        expect(page.locator("[data-key=changed-0]")).to_have_count(0)


def tampered(path: Path, **parts: Any) -> Path:
    """A page with a report inside, of which parts were replaced by hand."""
    report = {**json.loads(to_json(make_report(("AAPL",)))), **parts}
    page = lab_page({"version": 1, "title": "t"}).replace('{"version":1,"title":"t"}', json.dumps(report))
    path.write_text(page, "utf-8")
    return path


def test_a_report_that_was_changed_leaves_a_way_out(open_room: Open, tmp_path: Path) -> None:
    spoilt: list[Data] = [{"verdict": None}, {"series": [None]}, {"traces": [None]}, {"net": "x", "kind": "model"}]
    for k, parts in enumerate(spoilt):
        page = open_room(path=tampered(tmp_path / f"{k}.html", **parts))
        expect(page.get_by_role("heading", name="This can't be shown")).to_be_visible()
        page.get_by_role("button", name="Start this room afresh").click()
        expect(page.get_by_role("heading", name="This can't be shown")).to_have_count(0)


def test_an_axis_without_numbers_needs_finite_room(open_room: Open, tmp_path: Path) -> None:
    page = open_room(path=tampered(tmp_path / "report.html"))
    # −∞ would leave infinite room for dates, and the page would draw them without end.
    assert page.evaluate("import('lab/charts/axes.js').then(({ labelRoom }) => labelRoom([]))") == 10


def test_moving_a_weight_of_a_hundred_days_and_32_units_takes_less_than_a_frame(
    open_room: Open, tmp_path: Path
) -> None:
    page = open_room(path=file_of(Network([LSTM(3, 32, seed=6)], head=5, seed=6), 100, tmp_path / "net.html"))
    best = page.evaluate("""async () => {
      const names = ['lab/what-if.js', 'lab/state.js'];
      const [{ changed, runNet }, { report, trace }] = await Promise.all(names.map((name) => import(name)));
      const times = [];
      for (let k = 0; k < 30; k++) {
        const start = performance.now();
        const { net, x } = changed(report.value.net, trace.value.x, { 'W.0.f.0.3': k / 10 });
        runNet(net, x);
        times.push(performance.now() - start);
      }
      return Math.min(...times);
    }""")
    assert best < 16


def test_a_long_trace_of_a_wide_net_opens_in_two_seconds(open_room: Open, tmp_path: Path) -> None:
    big = file_of(Network([LSTM(3, 64, num_layers=2, seed=6)], head=5, seed=6), 500, tmp_path / "big.html")
    data = json.loads(re.findall(r'id="report-data">(.*?)</script>', big.read_text("utf-8"))[0])
    page = open_room(path=file_of(Network([LSTM(1, 1, seed=6)], head=1, seed=6), 2, tmp_path / "small.html"))
    milliseconds = page.evaluate(
        """async (data) => {
      const names = ['lab/state.js', 'lab/packed.js'];
      const [{ shownResult }, { unpacked }] = await Promise.all(names.map((name) => import(name)));
      const start = performance.now();
      shownResult.value = unpacked(data);
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      return performance.now() - start;
    }""",
        data,
    )
    expect(page.locator("canvas").first).to_have_attribute("width", "500")
    assert milliseconds < 2000


def test_the_token_stays_with_the_tab_and_out_of_the_address(open_room: Open, lab: Client, browser: Browser) -> None:
    page = open_room()
    assert "room=yours" in page.url
    assert lab.token not in page.url
    page.reload()
    page.wait_for_selector("h1")
    assert page.evaluate("fetch('/api/examples', {headers: {'X-Clearlstm-Token': sessionStorage['clearlstm-token']}})"
                         ".then((answer) => answer.status)") == 200  # fmt: skip
    context = browser.new_context()
    stranger = context.new_page()  # as another user of this machine might, who guesses the port
    stranger.goto(f"http://{lab.host}/#room=yours")
    stranger.get_by_text("this page lacks the lab's token").wait_for(timeout=SECONDS)
    context.close()


def test_a_page_without_the_lab_says_what_needs_it(open_lab: OpenLab) -> None:
    page = open_lab("room=yours")
    expect(page.get_by_role("heading", name="This needs the running lab")).to_be_visible()
    expect(page.locator("pre", has_text="clearlstm lab").first).to_be_visible()
    expect(page.get_by_role("button", name="Prices")).to_have_count(0)
