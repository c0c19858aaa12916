"""Room 3, used as a person uses it, and its numbers against Python's."""

import re
from importlib.resources import files
from urllib.parse import unquote

import numpy as np
import pytest

from clearlstm import examples
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cli.lesson.figures import StepNumbers, as_the_video_rounds, gate_weights, take_step, walk

pytest.importorskip("playwright")

from playwright.sync_api import Locator, Page, expect

from tests.report.rooms import OpenLab, eventually, expect_value, value

VIDEO = examples.statquest_unit().weights(0)
COMPANY_INPUTS = {"A": [0.0, 0.5, 0.25, 1.0], "B": [1.0, 0.5, 0.25, 1.0]}
SINGLE = take_step(VIDEO, x=1.0, h_prev=1.0, c_prev=2.0)
LINE = "1 × 2.70 + 1 × 1.63 + 1.62 = 5.95 → sigmoid → 0.997"
STAGES = ["inputs", "z_f", "f", "kept", "g", "i", "written", "c", "tanh_c", "o", "h"]


def drawing(page: Page) -> Locator:
    return page.locator("svg.unit-drawing")


def number(page: Page, key: str) -> Locator:
    return drawing(page).locator(f"[data-key='{key}']")


def link_to(xs: list[float], h: float = 0.0, c: float = 0.0, **more: object) -> str:
    parts = {"x": "_".join(f"{x:g}" for x in xs), "h": f"{h:g}", "c": f"{c:g}", "day": 0, **more}
    return "room=unit&" + "&".join(f"unit-{key}={one}" for key, one in parts.items())


def expect_step(page: Page, step: StepNumbers, weights: LSTMWeights = VIDEO) -> None:
    """Every number on the drawing: what comes in, weights, products, sums, gates, memories."""
    wanted = dict(vars(step))
    for gate, w in gate_weights(weights).items():
        wanted |= {f"{gate}-h": w.h, f"{gate}-x": w.x, f"{gate}-b": w.bias}
        wanted |= {f"{gate}-h-product": step.h_prev * w.h, f"{gate}-x-product": step.x * w.x}

    def found() -> dict[str, float]:
        all_of_them = "all => Object.fromEntries(all.map(({dataset}) => [dataset.key, Number(dataset.value)]))"
        return dict(drawing(page).locator("[data-key]").evaluate_all(all_of_them))

    eventually(page, lambda: found() == pytest.approx(wanted, rel=1e-9, abs=1e-15))
    assert found() == pytest.approx(wanted, rel=1e-9, abs=1e-15)


def with_weight(gate: str, row: str, wanted: float) -> LSTMWeights:
    weights = LSTMWeights(W=VIDEO.W.copy(), U=VIDEO.U.copy(), b=VIDEO.b.copy())
    old = getattr(gate_weights(VIDEO)[gate], {"U": "h", "W": "x", "b": "bias"}[row])
    changed = getattr(weights, row)
    changed[np.isclose(changed, old)] = wanted
    return weights


@pytest.mark.parametrize(("company", "digits"), [("A", "exact"), ("B", "rounded")])
def test_every_number_of_every_day_is_pythons(open_lab: OpenLab, company: str, digits: str) -> None:
    page = open_lab(f"room=unit&digits={digits}")
    page.get_by_role("button", name=f"Company {company}").click()
    days = page.get_by_role("slider", name="Day")
    days.focus()
    for day, wanted in enumerate(walk(VIDEO, COMPANY_INPUTS[company]), 1):
        expect(days).to_have_attribute("aria-valuenow", str(day - 1))
        expect_step(page, wanted)
        expect_value(page, f"day-{day}-h", wanted.h)
        page.keyboard.press("ArrowRight")


def test_the_single_step_and_the_one_that_forgets(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    page.get_by_role("button", name="The video's single step").click()
    expect_step(page, SINGLE)
    page.get_by_role("button", name="An input of −10").click()
    expect_step(page, take_step(VIDEO, x=-10.0, h_prev=1.0, c_prev=2.0))
    expect(page.locator("[data-key='share-kept']")).to_have_text("6.27 × 10⁻⁴ %")


def test_the_first_screen_asks_its_question_and_leads_to_the_companies(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    expect(page.get_by_text("Company B was at 1 on day 1. Who remembers it on day 4?")).to_be_in_viewport()
    expect(drawing(page)).to_be_in_viewport(ratio=0.5)
    expect(page.get_by_text("An LSTM reads one day after the other.")).to_be_in_viewport()
    expect_step(page, walk(VIDEO, COMPANY_INPUTS["B"])[3])
    page.get_by_role("button", name="Next").click()
    page.get_by_role("link", name="See two companies").click()
    expect(page.get_by_role("link", name="4 Two companies")).to_have_attribute("aria-current", "page")
    page.go_back()
    expect(page.locator(".unit-says")).to_contain_text("What comes in.")


def test_the_stages_by_buttons(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1, 0.5]))
    back, forward = page.get_by_role("button", name="Back"), page.get_by_role("button", name=re.compile("^Next"))
    expect(back).to_be_disabled()
    expect(drawing(page).locator(".unit-number.faded")).to_have_count(0)
    for k in range(len(STAGES)):
        forward.click()
        expect(page.locator(".unit-says small")).to_have_text(f"{k + 1} of {len(STAGES)}")
        lit = drawing(page).locator(f"[data-key='{STAGES[k]}']:not(.faded)") if k else number(page, "x")
        expect(lit).to_have_count(1)
        expect(number(page, "c" if k < 7 else "f")).to_have_class(re.compile("faded"))
    expect(forward).to_have_text("Next day")
    forward.click()
    expect(drawing(page)).to_have_attribute("aria-label", re.compile("day 2 of 2"))
    expect_value(drawing(page), "x", 0.5)
    back.click()
    expect_value(drawing(page), "x", 1)
    expect(number(page, "h")).to_have_class(re.compile("open"))
    page.get_by_role("button", name="All at once").click()
    expect(drawing(page).locator(".faded")).to_have_count(0)


def test_the_stages_by_keys(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    for key, title in (
        ("ArrowRight", "What comes in."),
        ("Space", "Forget: the sum."),
        ("ArrowLeft", "What comes in."),
    ):
        page.keyboard.press(key)
        expect(page.locator(".unit-says b")).to_contain_text(title)
    page.get_by_label("The input of each day").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    expect(page.locator(".unit-says b")).to_contain_text("What comes in.")


def test_a_value_travels_and_stops(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    seen = page.evaluate(
        """() => new Promise((resolve) => {
          const seen = [], started = performance.now();
          (function look() {
            seen.push(document.querySelectorAll(".under-way").length);
            const arrived = Math.max(...seen) > 0 && seen.at(-1) === 0;
            const late = performance.now() - started > 10_000; // a busy machine draws late
            if (arrived || late) resolve(seen);
            else requestAnimationFrame(look);
          })();
          dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowRight"}));
        })"""
    )
    assert max(seen) == 3  # the input and both memories at once
    assert seen[-1] == 0


def test_nothing_travels_where_motion_is_not_wanted(open_lab: OpenLab) -> None:
    page = open_lab("room=unit", reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".unit-travel circle")).to_have_count(3)
    for _ in range(10):
        assert page.locator(".under-way").count() == 0
        page.wait_for_timeout(20)


def test_a_number_opens_its_arithmetic(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    number(page, "f").click()
    panel = page.locator(".unit-arithmetic[data-of='f']")
    expect(panel.locator(".unit-values")).to_have_text(LINE)
    expect(panel).to_contain_text("The sigmoid turns the sum 5.95 into 0.997: 99.7 % of the long-term memory stays.")
    expect(panel.locator("math")).to_have_attribute("display", "block")
    source = files("clearlstm.report").joinpath("static/lstm/unit.js").read_text("utf-8")
    lines = panel.locator("code").inner_text().split("\n")
    assert [line.split(" =")[0] for line in lines] == ["const z_f", "const f"]
    assert all(line in source for line in lines)
    for name, wanted in (("z_f", SINGLE.z_f), ("f", SINGLE.f)):
        found = panel.locator(f".unit-values [data-term='{name}']").get_attribute("data-value")
        assert float(found or "nan") == pytest.approx(wanted, rel=1e-12)
    page.get_by_role("button", name="Back to the stage").click()
    expect(panel).to_have_count(0)


def test_every_arithmetic_ends_at_its_number(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    for key in ("z_i", "o", "kept", "written", "c", "tanh_c", "h", "g-h-product", "g-b"):
        number(page, key).click()
        panel = page.locator(f".unit-arithmetic[data-of='{key}']")
        expect(panel.locator("code")).to_contain_text("const ")
        found = panel.locator(f".unit-values [data-term='{key}']").last.get_attribute("data-value")
        assert float(found or "nan") == value(drawing(page), key)


def test_pointing_at_a_term_lights_it_up_everywhere(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2, number="z_f"))
    panel = page.locator(".unit-arithmetic[data-of='z_f']")
    for place in (".unit-values", "math", "code"):
        panel.locator(f"{place} [data-term='f-h']").hover()
        for other in (".unit-values", "math", "code", "p:not(.unit-values)"):
            expect(panel.locator(f"{other} [data-term='f-h']")).to_have_class(re.compile("hot"))
        expect(number(page, "f-h")).to_have_class(re.compile("hot"))
        expect(number(page, "f-x")).not_to_have_class(re.compile("hot"))
    panel.locator(".unit-values [data-term='x']").focus()
    expect(panel.locator("code [data-term='x']")).to_have_class(re.compile("hot"))
    expect(number(page, "x")).to_have_class(re.compile("hot"))


def test_a_weight_that_is_typed_changes_all_that_follows(open_lab: OpenLab) -> None:
    page = open_lab(link_to(COMPANY_INPUTS["B"], day=3))
    field = page.locator("input[data-key='weight-i-x']")
    field.fill("-0.75")
    weights = with_weight("i", "W", -0.75)
    expect_step(page, walk(weights, COMPANY_INPUTS["B"])[3], weights)
    page.get_by_role("button", name="Reset to the video's weights").click()
    expect_step(page, walk(VIDEO, COMPANY_INPUTS["B"])[3])
    expect(field).to_have_value("1.65")


def test_what_is_no_number_yet_changes_nothing(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    field = page.locator("input[data-key='weight-f-h']")
    field.fill("")
    field.press("-")
    expect_value(drawing(page), "f-h", 2.7)
    field.press("3")
    expect_value(drawing(page), "f-h", -3)


def test_a_weight_is_dragged_and_moved_with_keys(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    place = number(page, "f-h")
    box = place.locator("rect").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y, steps=3)
    page.mouse.up()
    expect_value(drawing(page), "f-h", 2.4)
    weights = with_weight("f", "U", 2.4)
    expect_step(page, take_step(weights, x=1.0, h_prev=1.0, c_prev=2.0), weights)
    expect(page.locator(".unit-arithmetic[data-of='f-h']")).to_have_count(0)  # a drag is not a click
    place.focus()
    page.keyboard.press("ArrowUp")
    expect_value(drawing(page), "f-h", 2.41)
    page.keyboard.press("PageDown")
    expect_value(drawing(page), "f-h", 2.31)
    page.keyboard.press("Enter")
    typed = page.locator("input[data-key='typed-f-h']")
    typed.fill("2.7")
    expect_step(page, SINGLE)


def test_memories_are_given_on_the_first_day_and_carried_later(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1, 1]))
    number(page, "c_prev").focus()
    page.keyboard.press("PageUp")
    expect_value(page, "start-c", 0.1)
    page.locator("input[data-key='start-c']").fill("2")
    page.locator("input[data-key='start-h']").fill("1")
    expect_step(page, SINGLE)
    page.get_by_role("slider", name="Day").press("ArrowRight")
    expect_step(page, take_step(VIDEO, x=1.0, h_prev=SINGLE.h, c_prev=SINGLE.c))
    number(page, "c_prev").click()
    expect_value(page, "carried-0-c_prev", SINGLE.c)
    page.get_by_role("button", name="See how").click()
    expect(page.locator(".unit-says")).to_contain_text("The new memory.")
    expect_step(page, SINGLE)


def test_own_days(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    field = page.get_by_label("The input of each day")
    own = [0.3, -1, 2, 0.7, 0.7, -0.2]
    field.fill("0.3, −1 2; 0.7 0.7 -0.2")
    page.get_by_role("slider", name="Day").press("End")
    expect_step(page, walk(VIDEO, own)[-1])
    field.fill("0.3 oops")
    expect(page.get_by_text("“oops” isn't a number")).to_be_visible()
    expect_step(page, walk(VIDEO, own)[-1])
    field.blur()
    expect(field).to_have_value("0.3  -1  2  0.7  0.7  -0.2")
    page.get_by_role("button", name="Take the last away").click()
    expect_step(page, walk(VIDEO, own)[-2])
    page.get_by_role("button", name="Add a day").click()
    expect_step(page, walk(VIDEO, [*own[:-1], 0.5])[-1])


def test_the_link_holds_it_all(open_lab: OpenLab) -> None:
    page = open_lab(link_to([0.3, 2], h=0.5, c=-1))
    page.locator("input[data-key='weight-o-b']").fill("0.25")
    page.get_by_role("slider", name="Day").press("End")
    for _ in range(3):
        page.get_by_role("button", name=re.compile("^Next")).click()
    number(page, "h").click()
    page.get_by_label("Carry the rounded numbers on").check()
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    again = open_lab(unquote(page.url.split("#")[1]))
    for key in ("x", "h", "c", "f", "o-b"):
        assert value(drawing(again), key) == value(drawing(page), key)
    expect(again.locator(".unit-says")).to_contain_text("Forget: the gate.")
    expect(again.locator(".unit-arithmetic[data-of='h']")).to_be_visible()
    expect(again.get_by_label("Carry the rounded numbers on")).to_be_checked()


def test_what_a_link_cannot_mean_is_as_at_the_start(open_lab: OpenLab) -> None:
    hostile = "unit-x=a_b&unit-w=1_2&unit-day=-3&unit-stage=nowhere&unit-number=<b>&unit-fill=x&unit-h=NaN&unit-c=1e999"
    page = open_lab(f"room=unit&{hostile}")
    expect_step(page, walk(VIDEO, COMPANY_INPUTS["B"])[3])


def test_numbers_beyond_all_bounds_break_nothing(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&unit-x=1e300_-1e300&unit-c=1e300&unit-h=-1e300&unit-w=" + "_".join(["1e300"] * 12))
    expect(number(page, "z_f")).to_contain_text("5.59")  # a link that can't be meant reads as none
    largest = "_".join(["1e99"] * 12)
    page = open_lab(f"room=unit&unit-x=1e99_-1e99&unit-c=1e99&unit-h=-1e99&unit-day=0&unit-w={largest}")
    expect(number(page, "z_f")).to_contain_text("1.00 × 10⁹⁹")
    page.get_by_role("slider", name="Day").press("End")
    expect(drawing(page)).to_be_visible()


def test_the_rounded_numbers_carried_on_are_the_videos(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    expect(number(page, "h")).to_contain_text("0.99")
    page.get_by_label("Carry the rounded numbers on").check()
    wanted = as_the_video_rounds(take_step(VIDEO, x=1.0, h_prev=1.0, c_prev=2.0))
    expect_step(page, wanted)
    texts = {
        "f": "0.997",
        "kept": "1.99",
        "g": "0.97",
        "i": "1.0",
        "c": "2.96",
        "tanh_c": "0.99",
        "o": "0.99",
        "h": "0.98",
    }
    for key, text in texts.items():
        expect(number(page, key).locator("text")).to_have_text(text)
    expect(page.locator(".unit-arithmetic code").first).to_contain_text('round("kept", f * c_prev)')


def test_where_exact_and_rounded_numbers_part(open_lab: OpenLab) -> None:
    page = open_lab(link_to(COMPANY_INPUTS["B"], day=2))
    page.get_by_text("Stage by stage").click()
    exact = walk(VIDEO, COMPANY_INPUTS["B"])[2]
    expect_value(page, "exact-c", exact.c)
    difference = value(page, "video-c") - exact.c
    adds = page.locator("[data-key^='adds-']").evaluate_all("all => all.map(one => Number(one.dataset.value))")
    carried = difference - sum(adds)  # what the roundings of days 1 and 2 left
    days = page.get_by_role("slider", name="Day")
    days.press("Home")
    expect_value(page, "exact-c", walk(VIDEO, COMPANY_INPUTS["B"])[0].c)
    first = page.locator("[data-key^='adds-']").evaluate_all("all => all.map(one => Number(one.dataset.value))")
    assert sum(first) == pytest.approx(value(page, "video-c") - value(page, "exact-c"), abs=1e-12)
    days.press("ArrowRight")
    before = walk(VIDEO, COMPANY_INPUTS["B"])[1].c
    expect_value(page, "exact-c", before)
    days.press("ArrowRight")
    expect_value(page, "exact-c", exact.c)
    f_rounded = value(page, "video-f-row")
    page.get_by_role("slider", name="Day").press("ArrowLeft")
    expect_value(page, "exact-c", before)
    assert carried == pytest.approx(f_rounded * (value(page, "video-c") - before), abs=1e-12)


def answer(page: Page, text: str) -> None:
    page.get_by_role("textbox", name=re.compile("what is")).fill(text)
    page.keyboard.press("Enter")


def test_the_reader_finds_the_numbers(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    page.get_by_role("button", name="Find the numbers yourself").click()
    expect(number(page, "z_f").locator("text")).to_have_text("?")
    assert number(page, "h").get_attribute("data-value") is None
    told = page.locator(".unit-fill [role=status]")
    answer(page, "4.33")
    expect(told).to_contain_text("Not 4.33. That is the sum without the bias.")
    answer(page, "soon")
    expect(told).to_contain_text("That isn't a number")
    answer(page, "5,95")
    expect_value(page, "found-z_f", SINGLE.z_f)
    expect(number(page, "z_f").locator("text")).to_have_text("5.95")
    answer(page, "99.7 %")
    expect_value(page, "found-f", SINGLE.f)
    answer(page, "0.01")
    expect(told).to_contain_text("That is what is forgotten")
    page.get_by_role("button", name="Reveal").click()
    expect_value(page, "found-kept", SINGLE.kept)
    answer(page, "2.03")
    answer(page, "0.88")
    expect(told).to_contain_text("That is the sigmoid of the sum; here it is the tanh.")
    for right in ("0.97", "4.27", "1.0", "0.97", "2.96", "0.99", "4.78", "0.99", "0.98"):
        answer(page, right)
        expect(page.get_by_text("✓ Right")).to_be_visible()
    expect(page.get_by_text("You found 10 of 13 at the first try.")).to_be_visible()
    expect_step(page, SINGLE)
    page.get_by_role("button", name="Back to the drawing").click()
    expect(page.get_by_role("button", name="Next")).to_be_visible()


def test_nothing_tells_the_numbers_that_are_to_be_found(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1, 0.5], h=1, c=2, fill="f", stage="f"))
    hidden = ["f", "kept", "z_g", "g", "z_i", "i", "written", "c", "tanh_c", "z_o", "o", "h"]
    shown = page.locator("main [data-value]").evaluate_all("all => all.map(one => Number(one.dataset.value))")
    for key in hidden:
        assert not np.isclose(shown, getattr(SINGLE, key), rtol=0, atol=1e-6).any(), key
    expect(page.locator("main")).not_to_contain_text("99.7")


def test_all_of_it_with_the_keyboard_alone(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    page.get_by_role("button", name="Next").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    expect(page.locator(".unit-says")).to_contain_text("Forget: the sum.")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.dataset?.key") == "z_f":
            break
    expect(number(page, "z_f")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".unit-arithmetic[data-of='z_f']")).to_be_visible()
    outline = number(page, "z_f").evaluate("one => getComputedStyle(one).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("width", [390, 1000, 1600])
def test_it_fits_and_can_be_read(open_lab: OpenLab, width: int) -> None:
    page = open_lab("room=unit&digits=exact", width=width, height=850)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    smallest = """() => {
      const svg = document.querySelector('.unit-drawing'), scale = svg.getScreenCTM().a;
      const texts = [...svg.querySelectorAll('text')];
      return Math.min(...texts.map(one => parseFloat(getComputedStyle(one).fontSize) * scale));
    }"""
    assert page.evaluate(smallest) >= 12


def test_a_stage_comes_into_view_on_a_narrow_screen(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&unit-stage=c", width=390, height=850, reduced_motion="reduce")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    frame = page.locator(".unit-frame")
    expect(page.locator(".unit-says")).to_contain_text("How much is told.")

    def in_frame() -> bool:
        outer, inner = frame.bounding_box(), number(page, "o").locator("rect").bounding_box()
        assert outer
        assert inner
        return inner["x"] >= outer["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]

    assert eventually(page, in_frame)


def test_the_fields_names(open_lab: OpenLab) -> None:
    page = open_lab("room=unit")
    expect(number(page, "f")).to_have_accessible_name("% long-term memory to remember: 0.996")
    page.get_by_role("radio", name="the field's").check()
    expect(number(page, "f")).to_have_accessible_name("forget gate: 0.996")
    expect(number(page, "tanh_c")).to_have_accessible_name(re.compile("tanh of the cell state"))


def test_the_drawing_shows_a_unit_with_many_inputs_too(open_lab: OpenLab) -> None:
    page = open_lab(link_to([1], h=1, c=2))
    page.evaluate(
        """async () => {
          const {html, render} = await import("htm/preact");
          const {termsOf, UnitDrawing} = await import("lab/rooms/unit/drawing.js");
          const {signal} = await import("@preact/signals");
          const unit = await import("lab/lstm/unit.js");
          const {x, h_prev, ...step} = unit.step(unit.VIDEO, 1, {h: 1, c: 2});
          const terms = termsOf(unit.VIDEO, {...step, x, h_prev});
          for (const gate of unit.GATES) {
            terms[gate].h = {label: "32 terms", product: terms[gate].h.product};
            terms[gate].x = {label: "3 terms", product: terms[gate].x.product};
          }
          const many = {x: "3 values", h_prev: "32 values"}, place = document.createElement("div");
          document.querySelector("main").append(place);
          render(html`<${UnitDrawing} label="unit 7" step=${step} terms=${terms} many=${many} hot=${signal("")}
            text=${(key, value) => value.toFixed(1)} onOpen=${() => {}} />`, place);
        }"""
    )
    other = page.get_by_role("group", name="unit 7")
    expect(other.locator("[data-key='f-h'] text")).to_have_text("32 terms")
    expect(other.locator("[data-key='x'] text")).to_have_text("3 values")
    expect_value(other, "f-h-product", 2.7)
    expect_value(other, "h", SINGLE.h)
    expect(other.get_by_role("spinbutton")).to_have_count(0)
