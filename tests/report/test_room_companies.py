"""Room 4, used as a person uses it; its numbers against Python's."""

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.insight.words import sentence
from clearlstm.network.lstm import LSTMLayerTrace

pytest.importorskip("playwright")

from playwright.sync_api import Page, expect

from tests.report.rooms import OpenLab, expect_value, value

OPEN = "room=companies&companies-revealed=1"


def layer_of(*companies: list[float]) -> LSTMLayerTrace:
    x = np.array(companies)[..., None]
    return cl.examples.statquest_unit().trace(x).layer(0)


def type_days(page: Page, company: str, text: str) -> None:
    page.get_by_label(f"Days of company {company}").fill(text)
    page.get_by_label(f"Days of company {company}").blur()


def test_the_answers_come_after_the_guess(open_lab: OpenLab) -> None:
    page = open_lab("room=companies")
    expect(page.locator("[data-key=answer-A]")).to_have_count(0)
    for company, days in {"A": [0, 0.5, 0.25, 1], "B": [1, 0.5, 0.25, 1]}.items():
        assert [value(page, f"day-{company}-{day}") for day in range(1, 5)] == days
    expect(page.locator(".companies-story .apart")).to_have_count(2)
    page.get_by_label("Your guess for B, typed").fill("0.9")
    page.get_by_role("button", name="Show what it says").click()
    h = layer_of([0, 0.5, 0.25, 1], [1, 0.5, 0.25, 1]).h[:, -1, 0]
    expect_value(page, "answer-A", h[0])
    expect_value(page, "answer-B", h[1])
    expect_value(page, "miss-B", abs(h[1] - 0.9))


def test_every_number_of_every_day(open_lab: OpenLab) -> None:
    page = open_lab(OPEN)
    layer = layer_of([0, 0.5, 0.25, 1], [1, 0.5, 0.25, 1])
    for row, company in enumerate("AB"):
        for day in range(4):
            for part in "figoch":
                wanted = getattr(layer, part)[row, day, 0]
                assert value(page, f"{company}-{day + 1}-{part}") == pytest.approx(wanted, rel=1e-9)


def test_the_ribbon_is_the_ledger(open_lab: OpenLab) -> None:
    page = open_lab(OPEN)
    entries = cl.ledger(layer_of([0, 0.5, 0.25, 1], [1, 0.5, 0.25, 1])).entries[..., 0]
    for row, company in enumerate("AB"):
        assert value(page, f"c-{company}") == pytest.approx(entries[row].sum(), rel=1e-9)
        for day in range(1, 4):
            assert value(page, f"entry-{company}-{day + 1}") == pytest.approx(abs(entries[row, day]), rel=1e-9)
    assert value(page, "apart") == pytest.approx(np.diff(entries.sum(axis=1))[0], rel=1e-9)
    assert value(page, "apart-own") == pytest.approx(entries[1, 0] - entries[0, 0], rel=1e-9)
    page.get_by_label("Day that is lit").select_option("3")
    expect_value(page, "apart-own", entries[1, 2] - entries[0, 2])


def test_it_warns_in_the_words_of_the_terminal(open_lab: OpenLab) -> None:
    at_a_half = layer_of([0.5, 0.5, 0.25, 1]).h[0, -1, 0]
    words = f"{sentence('no_evidence')} {sentence('half', half='0.5', answer=f'{at_a_half:.2f}')}"
    expect(open_lab(OPEN).get_by_text(words)).to_be_visible()


def test_both_memories_carry_day_1(open_lab: OpenLab) -> None:
    page = open_lab(OPEN)
    unit, x = cl.examples.statquest_unit(), cl.examples.companies().x
    state = None
    for day in range(4):  # the short-term memory emptied before each day
        h, after = unit.step(x[:, day], state)
        state = (np.zeros_like(after[0]), after[1])
    page.get_by_label("Empty the short-term memory before every day").check()
    expect_value(page, "what-if-A", h[0, 0])
    expect_value(page, "what-if-B", h[1, 0])
    assert value(page, "what-if-A") == pytest.approx(0.22, abs=0.005)
    assert value(page, "what-if-B") == pytest.approx(0.44, abs=0.005)
    assert value(page, "half") == pytest.approx(layer_of([0.5, 0.5, 0.25, 1]).h[0, -1, 0], rel=1e-9)


def test_own_days_are_read_and_bad_ones_explained(open_lab: OpenLab) -> None:
    page = open_lab(OPEN)
    type_days(page, "A", "0.1, 0.9\n−0.5 1 0.3")
    expect_value(page, "answer-A", layer_of([0.1, 0.9, -0.5, 1, 0.3]).h[0, -1, 0])
    type_days(page, "B", "1 0,5x")
    expect(page.get_by_text("“5x” is not a number")).to_be_visible()
    assert value(page, "answer-B") == pytest.approx(layer_of([1, 0.5, 0.25, 1]).h[0, -1, 0], rel=1e-9)
    page.get_by_role("button", name="Add a day").first.click()
    expect_value(page, "answer-A", layer_of([0.1, 0.9, -0.5, 1, 0.3, 0.3]).h[0, -1, 0])


def test_a_hundred_days_from_a_link_and_hostile_links(open_lab: OpenLab) -> None:
    days = [round(0.5 + 0.5 * np.sin(k), 3) for k in range(100)]
    page = open_lab(f"{OPEN}&companies-a={'_'.join(map(str, days))}&companies-b=1e999_x&companies-lit=-3")
    expect_value(page, "answer-A", layer_of(days).h[0, -1, 0])
    expect_value(page, "answer-B", layer_of([1, 0.5, 0.25, 1]).h[0, -1, 0])
