"""Measured: what is explained, drawn and shown by the tour is in the window, on a phone and on a small laptop."""

from typing import Any

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import Page, expect

from tests.report.rooms import OpenLab, eventually

PHONE = {"width": 390, "height": 844}
LAPTOP = {"width": 1280, "height": 800}
STOPS = 18
STILL: dict[str, Any] = {"reduced_motion": "reduce"}


def show(page: Page, address: str) -> None:
    """Another address in the same page, drawn."""
    page.evaluate("address => { location.hash = address }", address)
    expect(page.locator(f"nav [aria-current][href*='{address.split('&')[0]}']")).to_be_visible()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_no_explanation_of_a_term_is_cut_off(open_lab: OpenLab, size: dict[str, int]) -> None:
    page = open_lab("room=plain-net", **size, **STILL)
    seen = 0
    for room in ("plain-net", "curves", "unit", "training"):
        show(page, f"room={room}")
        for term in page.locator(".term").filter(visible=True).all():
            term.focus()
            box = term.locator(".gloss").bounding_box()
            assert box is not None
            assert box["x"] >= 0, (room, term.inner_text())
            assert box["x"] + box["width"] <= size["width"], (room, term.inner_text())
            assert box["y"] >= 0, (room, term.inner_text())
            seen += 1
    assert seen > 8


def test_an_explanation_at_the_windows_top_stands_below_its_term(open_lab: OpenLab) -> None:
    page = open_lab("room=training", **PHONE, **STILL)
    term = page.locator(".term").first
    term.evaluate("term => scrollTo(0, term.getBoundingClientRect().top + scrollY - 2)")
    term.hover()
    box, word = term.locator(".gloss").bounding_box(), term.bounding_box()
    assert box is not None
    assert word is not None
    assert box["y"] >= word["y"]


SIDES = """() => {
    const bar = document.querySelector(".tour").getBoundingClientRect();
    return import("lab/tour/stops.js").then(({ STOPS }) => {
        const number = Number(new URLSearchParams(location.hash.slice(1)).get("tour"));
        const part = document.querySelector(`main :is(${STOPS[number - 1].look})`).getBoundingClientRect();
        return [STOPS.length, number, part.top, part.bottom, bar.top, bar.height];
    });
}"""


def test_the_tours_bar_covers_nothing_that_it_speaks_of(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net", **LAPTOP, **STILL)
    page.get_by_role("button", name="Take the tour").click()
    for number in range(1, STOPS + 1):
        expect(page.get_by_text(f"{number} of {STOPS}", exact=True)).to_be_visible()
        placed = eventually(page, lambda number=number: inside(page, number))  # type: ignore[misc]
        assert placed, page.evaluate(SIDES)
        if number < STOPS:
            page.get_by_role("button", name="Next stop").click()


def inside(page: Page, number: int) -> bool:
    count, at, top, bottom, bar, _ = page.evaluate(SIDES)
    return (count, at) == (STOPS, number) and top >= 0 and bottom <= bar


def test_on_a_phone_the_tour_leaves_three_quarters_of_the_screen(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&tour=1", **PHONE, **STILL)
    for number in range(1, STOPS + 1):
        expect(page.get_by_text(f"{number} of {STOPS}", exact=True)).to_be_visible()
        *_, height = page.evaluate(SIDES)
        assert height <= PHONE["height"] / 4, number
        expect(page.locator(".tour-try")).to_be_hidden()
        if number < STOPS:
            page.get_by_role("button", name="Next stop").click()
    page.get_by_role("button", name="Try it").click()
    expect(page.locator(".tour-try")).to_be_visible()


def test_a_drawing_that_is_wider_than_the_screen_says_so(open_lab: OpenLab) -> None:
    page = open_lab("room=unit", **PHONE, **STILL)
    hint = page.get_by_text("slide it sideways")
    expect(hint).to_be_visible()
    page.set_viewport_size({"width": LAPTOP["width"], "height": LAPTOP["height"]})
    expect(hint).to_be_hidden()


@pytest.mark.parametrize("size", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_no_two_letters_on_the_curves_lie_on_each_other(open_lab: OpenLab, size: dict[str, int]) -> None:
    page = open_lab("room=curves", **size, **STILL)
    overlaps = """() => {
        const boxes = [...document.querySelectorAll(".curves-mark text")].map((text) => text.getBoundingClientRect());
        return [boxes.length, boxes.flatMap((a, k) => boxes.slice(k + 1).filter((b) =>
            a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)).length];
    }"""
    for company in "AB":
        for day in range(1, 5):
            show(page, f"room=curves&curves-company={company}&curves-day={day}")
            assert page.evaluate(overlaps) == [5, 0], (company, day)
