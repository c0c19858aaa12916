"""The report in a real browser, opened from disk and used as a person uses it."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Locator, Page, expect

Data = dict[str, Any]
Open = Callable[..., Any]

PARTS = ("c", "h", "f", "i", "g", "o")
ASYMMETRIC_PLACE = (17, 3)


def shown(scope: Page | Locator, key: str) -> float:
    """The full number behind the text of the place that is marked with ``key``."""
    value = scope.locator(f"[data-key='{key}']").first.get_attribute("data-value")
    assert value
    return float(value)


def written(number: float) -> str:
    return f"{number:.4f}".replace("-", "−")


def slider(page: Page, label: str) -> Locator:
    return page.get_by_role("slider", name=label)


def click_cell(page: Page, label: str, step: int, row: int, steps: int, rows: int) -> None:
    box = slider(page, label).bounding_box()
    assert box
    position = {"x": box["width"] * (step + 0.5) / steps, "y": box["height"] * (row + 0.5) / rows}
    slider(page, label).click(position=position)  # type: ignore[arg-type]


def test_the_verdict_comes_first_and_says_what_the_data_say(report: Data, open_report: Open) -> None:
    page = open_report(report).page
    assert page.locator("h1").inner_text() == report["verdict"]["headline"]
    for summary in page.locator("#why summary").all():
        summary.click()
    text = page.locator("#why").inner_text()
    for sentence in [*report["verdict"]["sentences"], *report["warnings"], report["source"]]:
        assert sentence in text
    for name, value in report["settings"]:
        assert f"{name}\n{value}" in text
    assert page.locator("main > *").first.get_attribute("id") == "verdict"


def test_the_table_holds_every_model_with_its_numbers(report: Data, open_report: Open) -> None:
    page = open_report(report).page
    page.get_by_text("Why: every comparison").click()
    for model in report["comparison"]["models"]:
        row = page.locator(f"tr[data-model='{model['name']}']")
        assert shown(row, "mae") == pytest.approx(model["mae"], rel=1e-5)
        assert shown(row, "mase") == pytest.approx(model["mase"], rel=1e-5)
    naive, drift = (page.locator(f"tr[data-model='{name}']").inner_text() for name in ("Naive", "Drift"))
    assert "−0.4 %" in naive
    assert "equals it could well be chance, p\u00a0=\u00a00.31" in naive
    assert "+0.9 %" in drift
    assert "beats it hardly chance, p\u00a0=\u00a00.004" in drift
    for level in report["comparison"]["coverage"]:
        assert shown(page, f"coverage-{level['level']}") == level["actual"]


def test_the_first_screen_holds_verdict_chart_next_numbers_and_rivals(
    build: Callable[..., Data], open_report: Open
) -> None:
    report = build(names=("passengers",), horizon=12)
    models = report["comparison"]["models"]
    for name in ("SeasonalNaive", "Naive2", "HistoricMean", "Base", "AutoETS", "AutoTheta", "Combined"):
        models.append({**models[2], "name": name, "verdict": "can't be told from", "short": "too few origins"})
    page = open_report(report, width=1600, height=1000).page
    for part in ("#verdict h1", "#forecast .scrubber", ".next", ".skill"):
        box = page.locator(part).bounding_box()
        assert box
        assert box["y"] + box["height"] <= 1000, part
    chart, numbers = (page.locator(part).bounding_box() for part in ("#forecast .scrubber", ".next"))
    assert chart
    assert numbers
    assert chart["width"] > 600
    assert numbers["x"] > chart["x"] + chart["width"]


def test_the_next_numbers_stand_beside_the_chart_with_what_is_advised(report: Data, open_report: Open) -> None:
    forecast = report["series"][0]["forecast"]
    forecast["advised"] = {"name": "Naive", "median": [123.0] * 5}
    page = open_report(report).page
    for k, median in enumerate(forecast["median"]):
        assert shown(page.locator(".next"), f"next-{k}") == pytest.approx(median, rel=1e-5)
    assert page.locator(".next th").all_inner_texts()[:3] == ["Naive, advised", "LSTM", "80 % interval"]
    assert page.locator(".next strong").all_inner_texts()[1:] == ["123.00"] * 5
    assert shown(page.locator("#forecast"), "advised") == 123.0


def test_each_rival_is_drawn_with_its_interval_on_its_side_of_zero(report: Data, open_report: Open) -> None:
    naive, drift = report["comparison"]["models"][1:]
    naive["interval"], drift["interval"] = [-0.012, 0.004], [0.003, 0.015]
    page = open_report(report).page
    rivals = page.locator(".skill li[data-rival]")
    assert [one.get_attribute("data-rival") for one in rivals.all()] == ["Naive", "Drift"]  # the hardest first
    for one, model in zip(rivals.all(), (naive, drift), strict=True):
        place = {
            name: float(str(one.locator(part).get_attribute(end)).rstrip("%"))
            for name, part, end in [
                ("zero", "line.zero", "x1"),
                ("low", ".skill-interval", "x1"),
                ("skill", ".skill-dot", "cx"),
                ("high", ".skill-interval", "x2"),
            ]
        }
        low, high = model["interval"]
        numbers = {"zero": 0, "low": low, "skill": model["skill"], "high": high}
        assert sorted(place, key=place.__getitem__) == sorted(numbers, key=numbers.__getitem__)
    assert "sure" not in str(rivals.nth(0).locator("circle").get_attribute("class"))
    assert "sure" in str(rivals.nth(1).locator("circle").get_attribute("class"))
    assert re.sub(r"\s+", " ", rivals.nth(1).inner_text()).endswith("+0.9 % 95 % interval +0.3 % to +1.5 %, beats it")


def test_what_was_said_from_an_origin_is_one_stroke(report: Data, open_report: Open) -> None:
    """The days after the first origin, in two strokes, and none from one to the other."""
    tested = report["comparison"]["series"][0]
    days, y = tested["ds"][-7:], tested["y"][-7:]
    tested |= {"ds": days, "y": y, "cutoff": [None, *[days[0]] * 3, *[days[3]] * 2, None]}
    tested["forecasts"] = {"LSTM": [None, *(y[1:6] + 1), None]}
    page = open_report(report).page
    path = page.locator("[aria-labelledby=backtest-title] path.line.forecast").get_attribute("d")
    places = [
        [float(n) for n in stroke.replace(",", " ").replace("L", " ").split()] for stroke in str(path).split("M")[1:]
    ]
    assert [len(stroke) for stroke in places] == [2 * 4, 2 * 3]
    assert places[0][6] == places[1][0]  # the second leaves from the day on which the first ends
    assert places[0][7] != places[1][1]  # but from what came


@pytest.mark.parametrize(
    ("validations", "words"),
    [
        ([1.0, 1.1, 1.2], "Validation has risen from its first point on"),
        ([1.0, 0.8, 0.9], "Validation was lowest at update 20 and has risen since, while training went on falling"),
        ([1.0, 0.9, 0.8], "Validation falls, or stays where it was lowest"),
        ([1.0, 0.9], ""),
    ],
)
def test_the_course_of_training_is_put_into_words(
    report: Data, open_report: Open, validations: list[float], words: str
) -> None:
    curve = [{"step": 10 * k, "loss": 1 / k, "validation": one} for k, one in enumerate(validations, start=1)]
    report["training"] = {"curve": curve, "best_step": 10, "steps": 30}
    report["settings"] += [["training windows", 640], ["windows an update", 64]]
    page = open_report(report).page
    learnt = page.locator("[aria-labelledby=learnt-title]")
    said = learnt.locator("[data-remark]")
    assert (said.inner_text() if said.count() else "").startswith(words)
    learnt.get_by_text("How many updates, or epochs?").click()
    assert f"that is {len(validations)}.0 epochs" in learnt.inner_text()


def test_arrow_keys_walk_along_the_forecast(report: Data, open_report: Open) -> None:
    page, series = open_report(report).page, report["series"][0]
    chart = slider(page, "AAPL: the last 40 rows and the forecast")
    forecast = page.locator("#forecast")
    assert shown(forecast, "median") == pytest.approx(series["forecast"]["median"][0], rel=1e-5)
    chart.focus()
    page.keyboard.press("End")
    assert shown(forecast, "median") == pytest.approx(series["forecast"]["median"][-1], rel=1e-5)
    assert shown(forecast, "interval-80") == pytest.approx(series["forecast"]["intervals"][0]["lo"][-1], rel=1e-5)
    low, high = (series["forecast"]["intervals"][1][end][-1] for end in ("lo", "hi"))
    expect(chart).to_have_attribute("aria-valuetext", re.compile(f"95 % interval {low:.2f} to {high:.2f}"))
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    assert shown(forecast, "y") == pytest.approx(series["y"][-1], rel=1e-5)
    page.keyboard.press("Home")
    assert shown(forecast, "y") == pytest.approx(series["y"][-40], rel=1e-5)


def test_pointing_at_a_day_reads_its_price(report: Data, open_report: Open) -> None:
    page, series = open_report(report).page, report["series"][0]
    page.locator("#forecast").get_by_text("all 320").click()
    chart = slider(page, "AAPL: the last 320 rows and the forecast")
    chart.scroll_into_view_if_needed()
    tip = chart.locator("path.line.x").bounding_box()
    assert tip
    page.mouse.move(tip["x"], tip["y"] + 10)
    assert shown(page.locator("#forecast"), "y") == pytest.approx(series["y"][0], rel=1e-5)
    page.mouse.move(tip["x"] + tip["width"], tip["y"] + 10)
    assert shown(page.locator("#forecast"), "y") == pytest.approx(series["y"][-1], rel=1e-5)


def test_a_series_is_chosen_by_keyboard_and_changes_every_section(report: Data, open_report: Open) -> None:
    page = open_report(report).page
    page.locator("#forecast").get_by_role("radio", name="AAPL").focus()
    page.keyboard.press("ArrowRight")
    median = report["series"][1]["forecast"]["median"][0]
    assert shown(page.locator("#forecast"), "median") == pytest.approx(median, rel=1e-5)
    came = report["comparison"]["series"][1]["y"][-1]
    assert shown(page.locator("#comparison"), "backtest-what came") == pytest.approx(came, rel=1e-5)
    c = np.array(report["traces"][1]["layers"][0]["c"])[-1]
    assert shown(page.locator("#inside"), "c") == pytest.approx(c[np.abs(c).argmax()], rel=1e-5)


@pytest.mark.parametrize("layer", [0, 1])
def test_a_cell_shows_its_six_numbers_and_their_arithmetic(report: Data, open_report: Open, layer: int) -> None:
    page, values = open_report(report).page, report["traces"][0]["layers"][layer]
    inside = page.locator("#inside")
    inside.get_by_role("radio", name=values["name"]).check()
    inside.get_by_label("Units sorted by").select_option("number")
    (steps, units), (step, unit) = np.shape(values["c"]), ASYMMETRIC_PLACE
    click_cell(page, "forget gate", step, unit, steps, units)
    page.mouse.move(0, 0)
    for part in PARTS:
        assert shown(inside, part) == pytest.approx(values[part][step][unit], rel=1e-5)
    numbers = [float(str(one.get_attribute("data-value"))) for one in inside.locator("mn").all()]
    c, f, before, i, g, h, o, c_again = numbers
    assert before == pytest.approx(values["c"][step + (1 if values["reverse"] else -1)][unit], rel=1e-5)
    assert f * before + i * g == pytest.approx(c, rel=1e-4, abs=1e-5)
    assert o * np.tanh(c_again) == pytest.approx(h, rel=1e-4, abs=1e-5)
    assert shown(inside, "ledger") == pytest.approx(values["ledger"][step][unit], rel=1e-5)


def test_the_first_step_starts_from_nothing(report: Data, open_report: Open) -> None:
    page = open_report(report).page
    slider(page, "cell state").focus()
    page.keyboard.press("Home")
    assert page.locator("#inside mn").nth(2).get_attribute("data-value") == "0"


def test_arrow_keys_walk_over_steps_and_units_as_they_are_sorted(report: Data, open_report: Open) -> None:
    page, values = open_report(report).page, report["traces"][0]["layers"][0]
    c = np.array(values["c"])
    by_size = np.argsort(-np.abs(c[-1]))
    slider(page, "cell state").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowLeft"):
        page.keyboard.press(key)
    assert shown(page.locator("#inside"), "c") == pytest.approx(c[-2, by_size[2]], rel=1e-5)
    page.get_by_label("Units sorted by").select_option("kept")
    slider(page, "input gate").focus()
    for _ in range(len(by_size)):
        page.keyboard.press("ArrowUp")
    keeper = np.array(values["f"]).mean(axis=0).argmax()
    assert shown(page.locator("#inside"), "f") == pytest.approx(values["f"][-2][keeper], rel=1e-5)


def test_the_pointer_looks_without_moving_what_was_chosen(report: Data, open_report: Open) -> None:
    page, values = open_report(report).page, report["traces"][0]["layers"][0]
    page.get_by_label("Units sorted by").select_option("number")
    steps, units = np.shape(values["c"])
    click_cell(page, "output gate", 5, 7, steps, units)
    box = slider(page, "output gate").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 20.5 / steps, box["y"] + box["height"] * 11.5 / units)
    assert shown(page.locator("#inside"), "o") == pytest.approx(values["o"][20][11], rel=1e-5)
    page.mouse.move(0, 0)
    assert shown(page.locator("#inside"), "o") == pytest.approx(values["o"][5][7], rel=1e-5)


def test_a_map_is_coloured_by_its_numbers(report: Data, open_report: Open) -> None:
    """The pixel of the largest long-term memory is the darkest of its hue, that of 0 next to white."""
    page, c = open_report(report).page, np.array(report["traces"][0]["layers"][0]["c"])
    page.get_by_label("Units sorted by").select_option("number")
    pixels = (
        slider(page, "cell state")
        .locator("canvas")
        .evaluate("canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]")
    )
    image = np.array(pixels).reshape(c.shape[1], c.shape[0], 4)
    size = np.abs(c) / np.abs(c).max()
    step, unit = np.unravel_index(size.argmax(), size.shape)
    assert tuple(image[unit, step, :3]) in {(0, 69, 108), (125, 55, 0)}
    step, unit = np.unravel_index(size.argmin(), size.shape)
    assert image[unit, step, :3].min() > 245
    rising, falling = (c > 0.2 * np.abs(c).max()).T, (c < -0.2 * np.abs(c).max()).T
    assert (image[rising][:, 0] > image[rising][:, 2]).all()
    assert (image[falling][:, 2] > image[falling][:, 0]).all()


def test_the_bars_of_the_ledger_add_up_to_the_memory(report: Data, open_report: Open) -> None:
    page, values = open_report(report).page, report["traces"][0]["layers"][0]
    c = np.array(values["c"])[-1]
    unit = np.abs(c).argmax()
    text = page.locator("section[aria-labelledby=ledger-title]").inner_text()
    assert f"add up to {written(c[unit])}, the long-term memory of unit {unit}" in text
    assert "bookkeeping, not cause" in text
    page.get_by_role("radio", name="all units together").check()
    assert shown(page, "ledger") == pytest.approx(np.abs(values["ledger"][-1]).sum(), rel=1e-5)


def test_tables_stand_behind_the_drawings(report: Data, open_report: Open) -> None:
    page, series = open_report(report).page, report["series"][0]
    page.locator("#forecast summary").click()
    rows = page.locator("#forecast details tbody tr")
    expect(rows).to_have_count(len(series["y"]) + len(series["forecast"]["ds"]))
    assert f"{series['forecast']['median'][-1]:.2f}" in rows.first.inner_text()
    assert f"{series['y'][0]:.2f}" in rows.last.inner_text()
    page.get_by_text("All numbers of unit").click()
    expect(page.locator("#inside details tbody tr")).to_have_count(60)


def test_every_control_is_reached_with_the_tab_key(report: Data, open_report: Open) -> None:
    page = open_report(report).page
    controls = "a[href], button:enabled, fieldset, input:not([type=radio]), select, summary, [tabindex='0']"
    focused = f"""() => [...document.querySelectorAll({controls!r})]
        .indexOf(document.activeElement.closest({controls!r}))"""
    reached = []
    for _ in range(page.locator(controls).count()):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert reached == list(range(len(reached)))
    assert len(reached) > 40


def test_gaps_are_gaps(report: Data, open_report: Open) -> None:
    report["series"][0]["y"] = [None if row in (300, 301, 319) else y for row, y in enumerate(report["series"][0]["y"])]
    page = open_report(report).page
    path = page.locator("#forecast path.line.x").get_attribute("d")
    assert path is not None
    assert path.count("M") == 2
    assert "NaN" not in path
    slider(page, "AAPL: the last 40 rows").focus()
    page.keyboard.press("Home")
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    assert page.locator("#forecast [data-key=y]").inner_text() == "–"


def test_what_is_missing_is_said(report: Data, open_report: Open) -> None:
    del report["comparison"]
    report["traces"] = report["traces"][:1]
    report["series"][1]["model"] = "Naive"
    page = open_report(report).page
    assert "nothing here says how good the forecast is" in page.locator("#comparison").inner_text()
    page.locator("#inside").get_by_role("radio", name="IBM").check()
    assert "IBM was forecast by Naive, not by an LSTM" in page.locator("#inside").inner_text()
    bare = open_report(report | {"comparison": None, "traces": []}).page
    assert "no record of what the LSTM did" in bare.locator("#inside").inner_text()


def test_fifty_series_are_chosen_from_a_list(build: Callable[..., Data], open_report: Open) -> None:
    data = build(names=tuple(f"S{k}" for k in range(50)), rows=60, steps=10, hidden=2)
    page = open_report(data).page
    page.locator("#forecast").get_by_label("Series").select_option("S49")
    assert shown(page.locator("#forecast"), "median") == pytest.approx(
        data["series"][49]["forecast"]["median"][0], rel=1e-5
    )


def test_one_short_series_of_one_unit(build: Callable[..., Data], open_report: Open) -> None:
    page = open_report(build(names=("A",), rows=12, horizon=1, steps=3, hidden=1)).page
    assert page.locator("#forecast input").count() == 0
    assert page.locator("canvas").first.get_attribute("height") == "1"


def test_a_long_window_of_many_units(build: Callable[..., Data], open_report: Open) -> None:
    data = build(names=("A",), rows=520, horizon=48, steps=500, hidden=128)
    page = open_report(data, width=390).page
    page.get_by_label("Units sorted by").select_option("number")
    values = data["traces"][0]["layers"][0]
    click_cell(page, "forget gate", 250, 64, 500, 128)
    step = int(str(slider(page, "forget gate").get_attribute("aria-valuenow")))
    assert abs(step - 250) <= 1
    assert np.isclose(values["f"][step][63:66], shown(page.locator("#inside"), "f"), rtol=1e-5).any()


def test_hostile_texts_are_only_text(report: Data, open_report: Open) -> None:
    evil = "</script><img src=x onerror=alert(1)><b>{{data}}"
    report["title"] = report["verdict"]["headline"] = evil
    report["series"][0]["id"] = report["traces"][0]["id"] = evil
    report["traces"][0]["inputs"][0]["name"] = evil
    opened = open_report(report)
    assert opened.page.locator("h1").inner_text() == evil
    assert opened.page.title() == evil
    assert opened.page.locator("img").count() == 0


def test_the_policy_stops_a_script_that_was_slipped_in(report: Data, open_report: Open) -> None:
    opened = open_report(report)
    opened.page.evaluate(
        """() => {
            const inline = document.createElement("script");
            inline.textContent = "window.slippedIn = true";
            const linked = document.createElement("script");
            linked.src = "data:text/javascript,window.slippedIn = true";
            document.body.append(inline, linked);
        }"""
    )
    opened.page.wait_for_timeout(200)
    assert opened.page.evaluate("window.slippedIn") is None
    assert len(opened.complaints) >= 2
    assert all("Content Security Policy" in one for one in opened.complaints)
    opened.complaints.clear()


def test_an_hour_that_the_clocks_show_twice_has_its_offset(report: Data, open_report: Open) -> None:
    forecast = report["series"][0]["forecast"]
    forecast["ds"][-2:] = ["2024-10-27 02:00 +02:00", "2024-10-27 02:00 +01:00"]
    page = open_report(report).page
    chart = slider(page, "AAPL: the last 40 rows and the forecast")
    chart.focus()
    page.keyboard.press("End")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^Sun 27 Oct 2024, 02:00 \+01:00"))
    page.keyboard.press("ArrowLeft")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"^Sun 27 Oct 2024, 02:00 \+02:00"))
