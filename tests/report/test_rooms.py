"""The lab as a whole: rooms, link, tour, names, keyboard, widths, and what axe-core has to say."""

from typing import Any

import pytest

pytest.importorskip("playwright")
pytest.importorskip("axe_playwright_python")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.report.rooms import OpenLab, eventually, expect_value, value

STOPS = 18
ROOMS = ("plain-net", "curves", "unit", "companies", "training", "yours")
OPEN = {
    "plain-net": "",
    "curves": "",
    "unit": "&unit-stage=kept",
    "companies": "&companies-revealed=1",
    "training": "&training-epoch=700&training-back=1&training-line=48",
    "yours": "",
}


def numbers(page: Page) -> dict[str, str]:
    """Every number that the page shows, by its key."""
    result: dict[str, str] = page.evaluate(
        "() => Object.fromEntries([...document.querySelectorAll('main [data-key]')]"
        ".map(e => [e.dataset.key, e.dataset.value]))"
    )
    return result


def test_it_opens_with_the_unit_and_a_question(open_lab: OpenLab) -> None:
    page = open_lab("")
    expect(page.get_by_text("Company B was at 1 on day 1. Who remembers it on day 4?")).to_be_visible()
    expect(page.get_by_role("link", name="3 The unit")).to_have_attribute("aria-current", "page")


def test_rooms_and_the_back_button(open_lab: OpenLab) -> None:
    page = open_lab("room=plain-net&plain-weight=0.5")
    page.get_by_role("link", name="2 Two curves").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two curves decide everything")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_contain_text("plain net")
    expect_value(page, "arrives", 0.5**50)
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two curves decide everything")


@pytest.mark.parametrize("room", ROOMS)
def test_a_link_brings_back_the_same_numbers(open_lab: OpenLab, room: str) -> None:
    page = open_lab(f"room={room}{OPEN[room]}")
    before = numbers(page)
    page.get_by_role("radio", name="exact").check()
    assert eventually(page, lambda: "digits=exact" in page.url)
    assert numbers(page) == before
    again = open_lab(page.url.split("#")[1])
    expect(again.get_by_role("radio", name="exact")).to_be_checked()
    assert numbers(again) == before


def test_a_hostile_link_is_only_a_link(open_lab: OpenLab) -> None:
    evil = "%3Cscript%3Ealert(1)%3C/script%3E"
    address = f"room={evil}&plain-weight=1e999&unit-x={evil}&unit-w=NaN&tour=99&training-epoch=-1&companies-a=&%E0%A4%A"
    scripts = open_lab("").locator("script").count()
    page = open_lab(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert page.locator("script").count() == scripts
    page.get_by_role("link", name="1 Why not a plain net").click()
    expect_value(page, "arrives", 2.0**50)


def test_numbers_of_a_link_that_would_overflow_are_as_at_the_start(open_lab: OpenLab) -> None:
    page = open_lab("room=unit&unit-x=1e308_-1e308&unit-h=1e200&unit-c=1.5&unit-day=0")
    expect_value(page.locator(".unit-drawing"), "c_prev", 1.5)
    expect_value(page.locator(".unit-drawing"), "h_prev", 0)
    expect_value(page.locator(".unit-drawing"), "x", 1)


def test_the_fields_names_replace_the_videos(open_lab: OpenLab) -> None:
    page = open_lab("room=companies&companies-revealed=1")
    expect(page.get_by_role("columnheader", name="long-term memory", exact=True)).to_be_visible()
    page.get_by_role("radio", name="the field's").check()
    expect(page.get_by_role("columnheader", name="cell state")).to_be_visible()
    expect(page.get_by_role("columnheader", name="long-term memory", exact=True)).to_have_count(0)


def test_a_term_is_explained_on_focus(open_lab: OpenLab) -> None:
    page = open_lab("room=training")
    term = page.locator(".term", has_text="epoch").first
    expect(term.locator(".gloss")).to_be_hidden()
    term.focus()
    expect(term.locator(".gloss")).to_have_text("One pass through all the training data.")


def test_the_tour_leads_through_all_rooms(open_lab: OpenLab) -> None:
    page = open_lab("words=field")
    page.get_by_role("button", name="Take the tour").click()
    seen = set()
    for number in range(1, STOPS + 1):
        expect(page.get_by_text(f"{number} of {STOPS}")).to_be_visible()
        seen.add(page.locator("nav [aria-current=page]").inner_text().split(maxsplit=1)[1])
        if number < STOPS:
            page.get_by_role("button", name="Next stop").click()
    assert len(seen) == 6
    expect(page.get_by_role("radio", name="the field's")).to_be_checked()
    page.go_back()
    expect(page.get_by_text(f"{STOPS - 1} of {STOPS}")).to_be_visible()
    page.get_by_role("button", name="Leave the tour").click()
    expect(page.get_by_text(f"{STOPS - 1} of {STOPS}")).to_have_count(0)


def test_the_tour_is_walked_with_the_enter_key_alone(open_lab: OpenLab) -> None:
    page = open_lab("")
    page.get_by_role("button", name="Take the tour").focus()
    for number in range(1, STOPS + 1):
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"{number} of {STOPS}")).to_be_visible()
    expect(page.get_by_role("button", name="Stay here")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take the tour")).to_be_focused()


def test_every_stop_sets_the_page_as_its_words_say(open_lab: OpenLab) -> None:
    page = open_lab("tour=1&room=plain-net&plain-weight=1.3")
    assert value(page, "arrives") == pytest.approx(1.3**50, rel=1e-9)  # the reader's own move, in the link
    page.get_by_role("button", name="Next stop").click()
    expect_value(page, "arrives", 0.5**50)
    page.get_by_role("button", name="Previous stop").click()
    expect_value(page, "arrives", 2.0**50)
    for number in range(2, 15):
        page.get_by_role("button", name="Next stop").click()
        expect(page.get_by_text(f"{number} of {STOPS}")).to_be_visible()
    assert value(page, "what-if-A") == pytest.approx(0.22, abs=0.005)
    assert value(page, "what-if-B") == pytest.approx(0.44, abs=0.005)


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_scrolls_sideways_on_a_phone(open_lab: OpenLab, room: str) -> None:
    page = open_lab(f"room={room}{OPEN[room]}", width=390, height=800)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("room", ROOMS)
def test_axe_finds_nothing_serious(open_lab: OpenLab, room: str, scheme: Any) -> None:
    page = open_lab(f"room={room}{OPEN[room]}&deeper=1", color_scheme=scheme)
    result = Axe().run(page).response["violations"]
    serious = [
        (one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in result
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_the_tab_key_reaches_everything(open_lab: OpenLab) -> None:
    page = open_lab("room=companies&companies-revealed=1")
    controls = "a[href], button:not(:disabled), input, select, textarea, summary, [tabindex='0']"
    count = page.locator(controls).count()
    reached = set()
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(f"[...document.querySelectorAll({controls!r})].indexOf(document.activeElement)"))
    radios = page.locator("input[type=radio]").count()  # of a group only the chosen one is a stop
    groups = page.locator("fieldset").count()
    assert len(reached - {-1}) == count - (radios - groups)
