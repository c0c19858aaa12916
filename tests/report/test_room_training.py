"""Room 5, used as a person uses it: the published training, and the way back in numbers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.report.rooms import OpenLab, eventually, expect_value, value

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parents[1] / "golden" / "statquest.json").read_text("utf-8"))
SNAPSHOTS = {snapshot["epoch"]: snapshot for snapshot in GOLDEN["training"]["snapshots"]}


def check_weights(page: Any, wanted: dict[str, list[float]]) -> None:
    for gate, three in wanted.items():
        for name, number in zip("hxb", three, strict=True):
            expect_value(page, f"w-{gate}-{name}", number)


def test_it_opens_at_the_published_start_and_ends_at_the_videos_weights(open_lab: OpenLab) -> None:
    page = open_lab("room=training")
    check_weights(page, GOLDEN["training"]["start"])
    assert value(page, "answer-A") == pytest.approx(-0.037653, abs=5e-7)
    page.get_by_role("button", name="To the end").click()
    check_weights(page, SNAPSHOTS[5000]["weights"])
    assert value(page, "answer-A") == pytest.approx(0.002168, abs=5e-7)
    assert value(page, "answer-B") == pytest.approx(0.969264, abs=5e-7)
    expect(page.get_by_role("button", name="Play")).to_be_disabled()


@pytest.mark.parametrize("epoch", [2000, 3000])
def test_a_link_leads_into_the_middle(open_lab: OpenLab, epoch: int) -> None:
    check_weights(open_lab(f"room=training&training-epoch={epoch}"), SNAPSHOTS[epoch]["weights"])


def test_play_pause_and_single_epochs(open_lab: OpenLab) -> None:
    page = open_lab("room=training&training-speed=10")
    page.get_by_role("button", name="Play").click()
    assert eventually(page, lambda: value(page, "epochs") > 3)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    stopped = value(page, "epochs")
    page.wait_for_timeout(300)
    assert value(page, "epochs") == stopped
    page.get_by_role("button", name="One epoch").click()
    expect_value(page, "epochs", stopped + 1)
    page.get_by_role("button", name="Back to the start").click()
    check_weights(page, GOLDEN["training"]["start"])


def test_a_random_start_is_another_one_each_draw(open_lab: OpenLab) -> None:
    page = open_lab("room=training")
    page.get_by_role("radio", name="a random one").check()
    page.get_by_role("button", name="Draw another").click()
    expect(page.get_by_text("draw 2")).to_be_visible()
    assert value(page, "w-f-h") != pytest.approx(GOLDEN["training"]["start"]["f"][0])
    assert value(page, "w-f-b") == 0


def test_the_way_back_ends_in_the_golden_gradient(open_lab: OpenLab) -> None:
    page = open_lab("room=training")
    expect(page.get_by_role("button", name="Next")).to_have_count(0)
    page.get_by_role("button", name="Walk it, number by number").click()
    page.get_by_role("radio", name="A", exact=True).check()
    page.get_by_role("button", name="All of it").click()
    for gate, three in GOLDEN["training"]["first_gradient_A"].items():
        for name, wanted in zip("hxb", three, strict=True):
            expect_value(page, f"sum-{gate}-{name}", wanted)
            parts = [value(page, f"part-{gate}-{name}-{day}") for day in range(1, 5)]
            assert sum(parts) == pytest.approx(wanted, rel=1e-9)
    page.get_by_role("radio", name="B", exact=True).check()
    expect_value(page, "sum-g-x", GOLDEN["training"]["first_gradient_B_at_start"]["g"][1])


def test_every_line_of_a_day_is_its_own_arithmetic(open_lab: OpenLab) -> None:
    """The numbers that a line names, put through its formula, give the number that it shows."""
    page = open_lab("room=training&training-epoch=700&training-back=1&training-company=B&training-line=35")
    body = """async () => {
      const [{DAY}, {pieces}, {passes, now}] = await Promise.all(
        ['lab/rooms/training/lines.js', 'lab/lesson.js', 'lab/rooms/training/state.js'].map(name => import(name)));
      const w = now.value.weights, day = 1, pass = passes.value[1];
      const values = {...pass.steps[day], ...pass.back.steps[day], w_f: w.f.h, w_i: w.i.h, w_g: w.g.h, w_o: w.o.h};
      return DAY.map(line => ({name: line.name, pieces: pieces(line.formula).map(p => [p.text, values[p.name]])}));
    }"""
    lines = page.evaluate(body)
    for line in lines:
        parts = [text + ("" if number is None else repr(number)) for text, number in line["pieces"]]
        formula = "".join(f"({part})" if part.startswith("-") else part for part in parts)
        worked = eval(formula.replace("×", "*").replace("−", "-").replace("²", "**2"))
        assert value(page, f"back-2-{line['name']}") == pytest.approx(worked, rel=1e-9), line["name"]


def test_the_way_back_is_drawn_on_the_unit(open_lab: OpenLab) -> None:
    """Each day, the gradients of its lines stand on the wires; those at the weights add up to the golden ones."""
    page = open_lab("room=training&training-back=1", reduced_motion="reduce")
    unit = page.locator("svg.unit-drawing")
    places = {"o": "do_", "tanh_c": "dtanh_c", "kept": "dc", "written": "dc", "f": "df", "i": "di", "g": "dg",
              "c_prev": "dc_prev", "h_prev": "dh_prev"} | {f"z_{gate}": f"dz_{gate}" for gate in "figo"}  # fmt: skip
    expect(unit.locator("[data-key]")).to_have_count(3)  # what arrives, and the first line
    sums = {f"{gate}-{name}": 0.0 for gate in "figo" for name in "hxb"}
    for day in range(4, 0, -1):
        page.get_by_role("slider", name="Day of the way back").press("End" if day == 4 else "ArrowLeft")
        unit.locator("[data-key=o]").focus()
        for _ in range(11):
            page.get_by_role("button", name="Next", exact=True).click()
        expect(unit).to_have_attribute("aria-label", re.compile(f"day {day}"))
        for place, line in places.items():
            assert value(unit, place) == value(page, f"back-{day}-{line}"), (day, place)
        carried = sum(value(unit, f"{gate}-h-product") for gate in "figo")
        assert carried == pytest.approx(value(unit, "h_prev"), rel=1e-9)
        sums = {key: total + value(unit, key) for key, total in sums.items()}
    for gate, three in GOLDEN["training"]["first_gradient_B_at_start"].items():
        assert [sums[f"{gate}-{name}"] for name in "hxb"] == pytest.approx(three, rel=1e-9), gate


def test_a_number_on_the_way_back_leads_to_its_line(open_lab: OpenLab) -> None:
    page = open_lab("room=training&training-back=1&training-line=11")
    page.locator("svg.unit-drawing [data-key=z_g]").click()
    expect(page.locator("li[aria-current=step]")).to_contain_text("∂z of g")


def test_gradients_travel_from_right_to_left(open_lab: OpenLab) -> None:
    page = open_lab("room=training&training-back=1&training-line=9")
    across = page.evaluate(
        """() => new Promise((resolve) => {
          const across = [], started = performance.now();
          (function look() {
            const dot = document.querySelector(".unit-drawing .under-way");
            if (dot) across.push(Number(dot.getAttribute("cx")));
            const gone = across.length > 1 && !dot;
            if (gone || performance.now() - started > 10_000) resolve(across);
            else requestAnimationFrame(look);
          })();
          document.querySelector(".training-back .main").click();
        })"""
    )
    assert across == sorted(across, reverse=True)
    assert across[-1] < across[0]


def test_the_way_back_is_walked_with_keys(open_lab: OpenLab) -> None:
    page = open_lab("room=training&training-back=1")
    page.get_by_role("button", name="Next").focus()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("heading", name="Day 3")).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("heading", name="Day 4")).to_be_visible()
    expect(page.locator("li[aria-current=step]")).to_contain_text("∂h before")


def test_learning_by_heart_is_seen_on_what_training_never_sees(open_lab: OpenLab) -> None:
    page = open_lab("room=training&task=parity&task-units=8")
    page.get_by_label("the same 16 again and again").check()
    page.get_by_role("button", name="Let it learn").click()
    expect(page.get_by_text("It has learnt by heart.")).to_be_visible(timeout=60_000)
    assert value(page, "task-updates") == 600
    assert value(page, "task-own") < 0.1 * value(page, "task-loss")
    page.get_by_role("button", name="From other weights").click()
    expect_value(page, "task-updates", 0)
    assert eventually(page, lambda: "task-draw=2" in page.url)


@pytest.mark.parametrize("room", ["plain-net", "curves", "unit", "companies&companies-revealed=1", "training"])
def test_each_room_has_one_sentence_to_keep(open_lab: OpenLab, room: str) -> None:
    expect(open_lab(f"room={room}").locator("main .keep")).to_have_text(re.compile("To keep .*[.]"))
