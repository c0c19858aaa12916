"""The rooms on paper: drawings whole, no shell, and nothing that is told by colour alone."""

import re

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Page, expect

from tests.report.rooms import OpenLab, eventually, expect_value

SHEET = 680  # CSS pixels: 180 mm
WHOLE_ROOMS = {
    "plain-net": "",
    "curves": "",
    "unit": "",
    "companies": "&companies-revealed=1",
    "training": "&training-epoch=700&training-back=1&training-line=48",
    "yours": "",
}


def to_paper(page: Page) -> None:
    """As the browser does it; Playwright's pdf() would leave the page as it was, with nothing to look at."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")


@pytest.mark.parametrize("room", WHOLE_ROOMS)
def test_a_room_is_as_wide_as_a_sheet_and_nothing_is_cut(open_lab: OpenLab, room: str) -> None:
    page = open_lab(f"room={room}{WHOLE_ROOMS[room]}", color_scheme="dark")
    to_paper(page)
    widest = """() => {
      const left = document.querySelector("main").getBoundingClientRect().left;
      const all = [...document.querySelectorAll("main :is(svg, table, canvas, p, pre)")];
      const shown = all.filter(one => one.checkVisibility());
      return Math.max(...shown.map(one => one.getBoundingClientRect().right)) - left;
    }"""
    assert eventually(page, lambda: page.evaluate(widest) <= SHEET + 1)
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    expect(page.locator(".lab-head")).to_be_hidden()
    expect(page.locator("main button:visible")).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    expect(page.locator(".lab-head")).to_be_visible()
    assert page.locator("main").evaluate("e => e.getBoundingClientRect().width") > SHEET


def test_bars_and_layers_differ_in_more_than_colour(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&unit-x=1_0.5_0.25_1")
    to_paper(page)
    look = """all => all.map(one => {
      const {fill, stroke, fillOpacity, strokeDasharray} = getComputedStyle(one);
      return [fill === stroke, fillOpacity, strokeDasharray].join();
    })"""
    assert len(set(page.locator(".unit-days .bars").evaluate_all(look))) == 4
    dashes = "all => all.map(one => getComputedStyle(one).strokeDasharray)"
    assert len(set(page.locator(".unit-days path.memory").evaluate_all(dashes))) == 2
    page = open_lab("room=companies&companies-revealed=1")
    to_paper(page)
    outlines = "all => all.map(one => [one.classList.contains('lit'), getComputedStyle(one).stroke !== 'none'])"
    found = page.locator(".layer").evaluate_all(outlines)
    assert {lit for lit, _ in found} == {True, False}
    assert all(lit == outlined for lit, outlined in found)


def test_questions_are_printed_with_room_for_the_answer(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&check=4711")
    to_paper(page)
    expect(page.get_by_text("Check what you understood")).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_role("button", name="Ask me").click()
    page.emulate_media(media="print")
    expect(page.get_by_role("textbox", name="Your answer")).to_have_count(3)
    expect(page.get_by_role("textbox", name="Your answer").first).to_be_visible()


def test_the_tour_is_printed_a_page_a_stop_and_leaves_the_rooms_alone(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&plain-weight=1.3")
    assert eventually(page, lambda: "plain-weight=1.3" in page.url)
    page.evaluate("location.hash = location.hash.replace('plain-net', 'slides')")
    stops = page.evaluate("async () => (await import('lab/tour/stops.js')).STOPS.length")
    expect(page.get_by_text(f"{stops} pages.")).to_be_visible(timeout=30_000)
    drawn = page.locator(".slide-drawing").evaluate_all("all => all.map(e => e.childElementCount)")
    assert drawn == [1] * stops
    assert page.locator(".slide").first.locator("[data-key='arrives']").inner_text() == "1.13 × 10¹⁵"
    learnt = page.get_by_label("Stop 4", exact=True).get_by_role("slider", include_hidden=True)
    texts = [str(one.get_attribute("aria-valuetext")).replace("−", "-") for one in learnt.all()]
    numbers = [[float(number) for number in re.findall(r"[AB] (-?[\d.]+)", text)] for text in texts]
    assert numbers == [pytest.approx([0.5, 0.5], abs=0.1), pytest.approx([0, 1], abs=0.25)]
    way_back = page.get_by_label("Stop 16", exact=True).locator(".unit-frame text")
    assert sum(bool(re.search(r"\d\.\d{3}", text)) for text in way_back.all_text_contents()) > 15
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True))
    assert len(pages) == stops
    page.get_by_role("link", name="1 Why not a plain net").click()
    expect(page.get_by_role("spinbutton", name="Weight on the loop, typed").first).to_have_value("1.3")
    expect_value(page, "race-updates", 0)
