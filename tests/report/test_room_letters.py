"""Room 6's net of letters: the page's numbers against Python's, and what a reader does with it."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearlstm import examples, letters
from clearlstm.data.bundled import letters_measured
from clearlstm.network.model import Network
from clearlstm.report.page import lab_page

pytest.importorskip("playwright")
pytest.importorskip("axe_playwright_python")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.report.made_reports import Data
from tests.report.rooms import OpenLab, eventually, expect_value, value

LETTERS = "room=yours&yours-letters=1"
SPEECH = "LADY B.\nIt's [Aside.\nX] so? No,\nand\n\nB O. Go.\n"
ADDRESS = f"{LETTERS}&yours-letters-text={SPEECH.replace(chr(10), '%0A')}"


@pytest.fixture(scope="module")
def net() -> Network:
    return examples.letters_net()


def uniform(seed: int) -> Callable[[], float]:
    """mulberry32, as lstm/random.js has it."""
    state = seed

    def draw() -> float:
        nonlocal state
        state = (state + 0x6D2B79F5) % 2**32
        mixed = (state ^ (state >> 15)) * (state | 1) % 2**32
        mixed ^= (mixed + (mixed ^ (mixed >> 7)) * (mixed | 61)) % 2**32
        return float((mixed ^ (mixed >> 14)) / 2**32)

    return draw


def written(net: Network, text: str, count: int, temperature: float, seed: int) -> str:
    """What the page should write, by Python's net and the page's random numbers."""
    draw, begun = uniform(seed), len(text)
    for _ in range(count):
        chances = letters.softmax(net(letters.one_hot(text))[0, -1], temperature)
        text += letters.ALPHABET[int(np.searchsorted(np.cumsum(chances), draw(), side="right"))]
    return text[begun:]


def best(name: str, part: str = "c") -> int:
    return int(np.abs(letters_measured()["following"][part][name]).argmax())


def text_in(page: Page) -> str:
    return page.get_by_label("Text to read").input_value()


def test_the_modules_read_score_and_follow_as_python_does(open_lab: OpenLab, net: Network) -> None:
    page = open_lab("")
    body = """async text => {
      const [{loadNet, known, read, chances}, {FEATURES, correlation}] =
        await Promise.all([import('lab/rooms/letters/net.js'), import('lab/rooms/letters/features.js')]);
      const net = await loadNet();
      const half = read(net, text.slice(0, 20) + "Zz");
      const {run} = read(net, text, half);
      const place = FEATURES["place in the line"](text);
      return {
        run: Object.fromEntries(Object.entries(run).map(([name, rows]) => [name, rows.map(row => [...row])])),
        next: run.h.map(h => chances(net, h)),
        cold: chances(net, run.h[0], 0.5),
        features: Object.fromEntries(Object.entries(FEATURES).map(([name, of]) => [name, of(text)])),
        follows: run.c[0].length && [...run.c[0]].map((_, j) => correlation(run.c.map(row => row[j]), place)),
        known: known("‘Né’\\t3—…\\r\\n", net.alphabet),
      };}"""
    result: dict[str, Any] = page.evaluate(body, SPEECH)
    layer = net.trace(letters.one_hot(SPEECH)).layer(0)
    for name in ("f", "i", "g", "o", "c", "h"):
        np.testing.assert_allclose(result["run"][name], getattr(layer, name)[0], rtol=0, atol=1e-12, err_msg=name)
    np.testing.assert_allclose(result["next"], letters.chances(net, SPEECH), rtol=1e-9)
    y = net(letters.one_hot(SPEECH))[0]
    np.testing.assert_allclose(result["cold"], letters.softmax(y[0], 0.5), rtol=1e-9)
    assert result["features"] == {name: of(SPEECH) for name, of in letters.FEATURES.items()}
    follows = letters.following(net, SPEECH)["place in the line"]
    np.testing.assert_allclose(result["follows"], follows, rtol=0, atol=1e-10)
    assert result["known"] == letters.known("‘Né’\t3—…\r\n")


def test_the_unit_that_follows_best_is_shown_with_its_gates_and_what_comes_next(
    open_lab: OpenLab, net: Network
) -> None:
    page = open_lab(f"{ADDRESS}&yours-letters-at=10")
    unit, layer = best("place in the line"), net.trace(letters.one_hot(SPEECH)).layer(0)
    expect(page.get_by_role("heading", name=f"What unit {unit} remembers")).to_be_visible()
    for name in ("f", "i", "g", "o", "c", "h"):
        expect_value(page.locator("main"), name, getattr(layer, name)[0, 10, unit])
    expect(page.get_by_role("heading", name="At letter 11, “'”")).to_be_visible()
    chances = letters.chances(net, SPEECH)[10]
    for a in np.argsort(-chances)[:8]:
        expect_value(page.locator("main"), f"next-{a}", chances[a])
    expect_value(page.locator("main"), f"here-{unit}", letters.following(net, SPEECH)["place in the line"][unit])


def test_another_feature_and_memory_bring_other_units(open_lab: OpenLab) -> None:
    page = open_lab(ADDRESS)
    page.get_by_label("Sorted by how well they follow").select_option("in a stage direction")
    page.get_by_role("radio", name="h, short-term memory").check()
    unit = best("in a stage direction", "h")
    expect(page.get_by_role("heading", name=f"What unit {unit} remembers")).to_be_visible()
    page.get_by_label("Or any unit").fill("5")
    page.get_by_label("Or any unit").blur()
    expect(page.get_by_role("heading", name="What unit 5 remembers")).to_be_visible()
    assert eventually(page, lambda: "yours-letters-unit=5" in page.url)
    again = open_lab(page.url.split("#")[1])
    expect(again.get_by_role("heading", name="What unit 5 remembers")).to_be_visible()
    expect(again.get_by_role("radio", name="h, short-term memory")).to_be_checked()


def test_typing_reads_on_and_says_what_is_left_out(open_lab: OpenLab, net: Network) -> None:
    page = open_lab(f"{LETTERS}&yours-letters-unit=3")
    page.get_by_label("Text to read").fill("“2 be")
    text = '" be'
    expect_value(page.locator("main"), "c", net.trace(letters.one_hot(text)).layer(0).record.c[0, -1, 3])
    expect(page.get_by_text("4 letters. It knows A to Z")).to_be_visible()
    page.get_by_label("Text to read").fill("77")
    expect(page.get_by_text("Give it at least one letter.")).to_be_visible()
    expect(page.get_by_role("button", name="One letter")).to_be_disabled()


def test_the_text_is_walked_by_keys_and_told_to_who_does_not_see_it(open_lab: OpenLab, net: Network) -> None:
    page = open_lab(f"{ADDRESS}&yours-letters-unit=7")
    slider = page.get_by_role("slider", name="The text, letter by letter")
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    c = net.trace(letters.one_hot(SPEECH)).layer(0).record.c[0, 1, 7]
    told = f"Letter 2 of {len(SPEECH)}, “A”: c of unit 7 is {c:.3f}.".replace("-", "−")
    expect(slider).to_have_attribute("aria-valuetext", told)
    page.locator(".letters-text [data-at='4']").hover()
    expect(slider).to_have_attribute("aria-valuenow", "5")
    page.get_by_role("heading", level=1).hover()
    expect(slider).to_have_attribute("aria-valuenow", "2")


def test_it_writes_letter_by_letter_what_its_chances_and_the_seed_say(open_lab: OpenLab, net: Network) -> None:
    page = open_lab(f"{ADDRESS}&yours-letters-seed=7")
    wanted = written(net, SPEECH, 12, 0.7, 7)
    for _ in range(3):
        page.get_by_role("button", name="One letter").click()
    assert eventually(page, lambda: text_in(page) == SPEECH + wanted[:3])
    expect(page.locator(".letter.own")).to_have_count(3)
    expect(page.get_by_text("3 written. The last draw,")).to_be_visible()
    assert eventually(page, lambda: "yours-letters-written=3" in page.url)
    again = open_lab(page.url.split("#")[1])  # goes on as if it had not been left
    again.get_by_role("button", name="Run").click()
    assert eventually(again, lambda: len(text_in(again)) >= len(SPEECH) + 12)
    again.get_by_role("button", name="Pause").click()
    assert text_in(again)[len(SPEECH) :][:12] == wanted
    again.get_by_role("button", name="Another seed").click()
    assert text_in(again) == SPEECH
    expect(again.get_by_text("seed 8")).to_be_visible()


def test_temperature_changes_what_is_written(open_lab: OpenLab, net: Network) -> None:
    page = open_lab(f"{ADDRESS}&yours-letters-temperature=2")
    assert value(page, "temperature") == 2
    for _ in range(4):
        page.get_by_role("button", name="One letter").click()
    hot = written(net, SPEECH, 4, 2.0, 1)
    assert hot != written(net, SPEECH, 4, 0.7, 1)
    assert eventually(page, lambda: text_in(page) == SPEECH + hot)


def test_a_text_that_is_too_long_for_a_link_is_not_taken_from_one(open_lab: OpenLab) -> None:
    page = open_lab(f"{LETTERS}&yours-letters-text={'a' * 2001}")
    assert text_in(page).startswith("MASTER.")
    full = open_lab(f"{LETTERS}&yours-letters-text={'a' * 2000}")
    expect(full.get_by_text("The text has 2000 letters, the most that it can have.")).to_be_visible()
    expect(full.get_by_role("button", name="One letter")).to_be_disabled()


def test_one_comes_to_it_from_room_6_without_a_server_and_goes_back(open_lab: OpenLab) -> None:
    page = open_lab("room=yours")
    page.get_by_role("button", name="Open the net of letters").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("A net that reads letters")
    bits = letters_measured()["bits"]["held_out"]
    expect(page.get_by_text(f"it needs {bits['net']:.2f} bits a letter")).to_be_visible()
    page.get_by_role("button", name="Take something else").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your data, your model")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("A net that reads letters")


def test_a_page_with_a_report_does_without_the_net(report: Data) -> None:
    alone, with_report = lab_page(), lab_page(json.loads(json.dumps(report, default=str)))
    assert '"alphabet"' in alone
    assert '"alphabet"' not in with_report


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(open_lab: OpenLab, scheme: Any, width: int) -> None:
    page = open_lab(f"{ADDRESS}&deeper=1", color_scheme=scheme, width=width)
    expect(page.get_by_role("heading", name="How good is it?")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"][:160]) for one in violations if one["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
