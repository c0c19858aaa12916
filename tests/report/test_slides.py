"""The tour as slides: by keys, by a button, by a link."""

import pytest

pytest.importorskip("playwright")

from playwright.sync_api import expect

from tests.report.rooms import OpenLab, eventually, expect_value

VISIBLE = """() => [...document.querySelectorAll("main [data-slide]")].map((part) => {
    const { top, left, right, bottom } = part.getBoundingClientRect();
    const bar = document.querySelector(".tour").getBoundingClientRect().top;
    return top >= 0 && left >= 0 && right <= innerWidth + 1 && bottom <= bar + 1;
})"""


def test_the_stops_are_slides_that_the_arrow_keys_turn(open_lab: OpenLab) -> None:
    page = open_lab("", width=1600)
    page.evaluate("location.hash = 'room=unit&tour=9&slides=1&words=field'")
    expect(page.locator("main h1")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Rooms")).to_be_hidden()
    expect(page.locator("main .unit-frame")).to_be_visible()
    expect(page.locator("main .unit-arithmetic-view")).to_be_hidden()
    expect(page.locator(".tour-try")).to_be_hidden()
    for key, numbers in (("ArrowRight", range(10, 19)), ("ArrowLeft", range(17, 0, -1))):
        for number in numbers:
            page.keyboard.press(key)
            expect(page.get_by_text(f"{number} of 18", exact=True)).to_be_visible()
            assert eventually(page, lambda: page.evaluate(VISIBLE) == [True]), page.url
        page.keyboard.press(key)  # there is nothing beyond the last and before the first
        expect(page.get_by_text(f"{number} of 18", exact=True)).to_be_visible()
    expect_value(page, "arrives", 2.0**50)
    assert eventually(page, lambda: "slides=1" in page.url and "words=field" in page.url)


def test_slides_come_and_go_by_a_button_and_by_keys_and_leave_the_page_as_it_was(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&tour=1", width=1600)
    page.get_by_role("button", name="Slides").click()
    expect(page.locator("main h1")).to_be_hidden()
    page.get_by_label("Days, typed").press("f")
    expect(page.locator("main h1")).to_be_hidden()  # an f in a field is an f
    page.keyboard.press("Escape")
    expect(page.locator("main h1")).to_be_visible()
    assert page.locator("[data-slide]").count() == 0
    assert page.evaluate("document.querySelector('main section').style.zoom") == ""
    page.locator("main h1").click()
    page.keyboard.press("f")
    expect(page.locator("main h1")).to_be_hidden()
    page.get_by_role("button", name="Leave the tour").click()
    expect(page.locator("main h1")).to_be_visible()
    page.keyboard.press("f")
    expect(page.get_by_role("navigation", name="Rooms")).to_be_visible()
