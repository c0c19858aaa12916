"""A check from the first question to the teacher's table: answering, handing in, reading what was handed in."""

import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright")
pytest.importorskip("axe_playwright_python")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.report.rooms import OpenLab, eventually

SEED = 4711


def asked(page: Page) -> list[dict[str, Any]]:
    """The questions of room 3 for the seed, as the page computes them."""
    questions: list[dict[str, Any]] = page.evaluate(
        f"""async () => {{
          const {{questionsOf}} = await import("lab/understanding/questions.js");
          return questionsOf("unit", {SEED}, 1);
        }}"""
    )
    return questions


def question(page: Page, number: int) -> Locator:
    return page.locator(".check-question").nth(number - 1)


def answer(page: Page, number: int, text: str) -> None:
    field = question(page, number).get_by_role("textbox", name="Your answer")
    field.fill(text)
    field.press("Enter")


def said(page: Page, number: int) -> Locator:
    return question(page, number).locator(":scope > [role=status]")


def outcome(page: Page, idea: str) -> Locator:
    return page.locator(".understood-ideas > li").filter(has_text=idea)


def walk_through_room_3(page: Page) -> list[dict[str, Any]]:
    """The first at the first try, the second after two slips, the third shown."""
    page.get_by_role("button", name="Ask me").click()
    questions = asked(page)
    first, second, third = questions
    answer(page, 1, f"{first['answer']:.2f}".replace(".", ","))
    expect(said(page, 1)).to_contain_text("Right, at the first try.")
    answer(page, 2, "much")
    expect(question(page, 2).get_by_text("That isn't a number")).to_be_visible()
    slip = second["slips"][4]
    answer(page, 2, f"{slip['value']:.3f}")
    expect(said(page, 2)).to_contain_text(slip["says"])
    answer(page, 2, "77")
    expect(said(page, 2)).to_contain_text(f"Not 77. {second['hint']}")
    answer(page, 2, f"{second['answer']:.2f}")
    expect(said(page, 2)).to_contain_text(re.compile(r"Right\."))
    question(page, 3).get_by_role("button", name="Show me").click()
    expect(said(page, 3)).to_contain_text(f"It is {third['answer']:.2f}".replace("-", "−"))
    expect(page.get_by_text("1 at the first try, 1 after help, 1 not yet")).to_be_visible()
    return questions


def test_from_the_first_question_to_the_teachers_table(open_lab: OpenLab, tmp_path: Path) -> None:
    page = open_lab(f"room=unit&check={SEED}")
    first, second, third = walk_through_room_3(page)

    page.get_by_role("link", name="What you understood so far").click()
    expect(page.get_by_text("Of 18 ideas, 1 at the first try and 1 after help.")).to_be_visible()
    expect(outcome(page, first["idea"])).to_have_attribute("data-outcome", "first try")
    expect(outcome(page, second["idea"])).to_have_attribute("data-outcome", "after help")
    expect(outcome(page, third["idea"])).to_have_attribute("data-outcome", "not yet")
    page.get_by_label("Your name").fill("Ada_Lovelace")
    with page.expect_download() as saving:
        page.get_by_role("button", name="Save a file").click()
    assert saving.value.suggested_filename == "understood-Ada-Lovelace.txt"
    path = tmp_path / "ada.txt"
    saving.value.save_as(path)
    link = page.get_by_label("Your link").input_value()
    assert link in path.read_text("utf-8")

    again = open_lab(link.removeprefix("#"))
    expect(again.get_by_role("heading", level=1)).to_have_text("What Ada Lovelace understood")
    expect(outcome(again, second["idea"])).to_contain_text("after help, 3 tries")

    teacher = open_lab("room=hand-ins")
    other = path.with_name("damaged.txt")
    other.write_text(link.replace("_77_", "_78_"), "utf-8")
    teacher.get_by_label("Files").set_input_files([path, other])
    expect(teacher.get_by_text("2 handed in.")).to_be_visible()
    rows = teacher.locator(".hand-ins tbody tr")
    expect(rows.nth(0)).to_have_text(re.compile(rf"^Ada Lovelace\s*{SEED}––2 \(1\)–––2 \(1\)$"))
    expect(rows.nth(1)).to_contain_text("changed")
    details = teacher.locator("#learner-1 .understood-ideas > li").nth(1)
    details.locator("summary").click()
    expect(details).to_contain_text(second["slips"][4]["says"])
    teacher.get_by_label("Links").fill("nothing of the kind")
    teacher.get_by_label("Links").blur()
    expect(teacher.get_by_text("1 text holds nothing that was handed in")).to_be_visible()


def test_answers_outlive_reload_and_the_back_button(open_lab: OpenLab) -> None:
    page = open_lab("room=curves")
    page.get_by_role("link", name="3 The unit").click()
    page.get_by_role("button", name="Ask me").click()
    answer(page, 1, "1234")
    expect(said(page, 1)).to_contain_text("Not 1234.")
    assert eventually(page, lambda: "1234" in page.url)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two curves decide everything")
    page.get_by_role("link", name="3 The unit").click()
    expect(said(page, 1)).to_contain_text("Not 1234.")
    page.reload()
    expect(said(page, 1)).to_contain_text("Not 1234.")
    page.get_by_role("button", name="Ask again with other numbers").click()
    expect(said(page, 1)).to_be_empty()
    page.get_by_role("link", name="What you understood so far").click()
    expect(page.get_by_text("asked 2 times")).to_be_visible()


def test_a_choice_by_the_keyboard(open_lab: OpenLab) -> None:
    page = open_lab(f"room=companies&check={SEED}")
    page.get_by_role("button", name="Ask me").press("Enter")
    third = question(page, 3)
    third.get_by_role("button", name="Check").press("Enter")
    expect(third.get_by_text("Choose one of them first.")).to_be_visible()
    right = page.evaluate(
        f"""async () => {{
          const {{questionsOf}} = await import("lab/understanding/questions.js");
          return questionsOf("companies", {SEED}, 1)[2].right;
        }}"""
    )
    third.get_by_role("radio").first.focus()
    page.keyboard.press("Space")
    for _ in range(1 if right == 0 else 0):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(said(page, 3)).to_contain_text("Then it would answer")
    third.get_by_role("radio").nth(right).check()
    third.get_by_role("button", name="Check").click()
    expect(said(page, 3)).to_contain_text("Right.")
    third.get_by_role("button", name="See it in the room").click()
    assert "companies-a=" in page.url


def test_a_record_comes_back_whole_and_every_change_of_it_is_noticed(open_lab: OpenLab) -> None:
    page = open_lab("room=hand-ins")
    result = page.evaluate(
        """async () => {
          const {write, read} = await import("lab/understanding/record.js");
          const rooms = {
            "plain-net": {draw: 1, tries: [["0.83"], ["-1.20", "3"], ["b"]]},
            unit: {draw: 12, tries: [[], ["x"], []]},
          };
          const record = {seed: 4711, name: "Zoë 王 & Söhne", rooms, changed: false};
          const text = write(record);
          const unnoticed = [];
          for (let at = 0; at < text.length; at++) {
            for (const sign of ["", "7", "a", "_"]) {
              const other = text.slice(0, at) + sign + text.slice(at + 1);
              if (other !== text && read(other)?.changed === false) unnoticed.push(other);
            }
          }
          const marked = read(write(read(text.replace("0.83", "0.84"))));
          return {same: JSON.stringify(read(text)) === JSON.stringify(record), unnoticed, marked: marked.changed};
        }"""
    )
    assert result == {"same": True, "unnoticed": [], "marked": True}


NO_RECORDS = [
    "", "0", "x", "1_2", "1_4711", "1_4711_A_unit.1", "1_4711_A_unit.1_q_q_q_q", "1_4711_A_unit.0_q_q_q",
    "1_4711_A_cellar.1_q_q_q", "1_4711_A_unit.1_q_zzz_q_q", "9" * 30_000,
]  # fmt: skip


def test_what_is_no_record_is_refused(open_lab: OpenLab) -> None:
    page = open_lab("room=understood&check=1_4711_A_unit.1_q_q_q_q")
    expect(page.get_by_text("Nothing was asked so far.")).to_be_visible()
    result = page.evaluate(
        "async texts => { const {read} = await import('lab/understanding/record.js'); return texts.map(read); }",
        NO_RECORDS,
    )
    assert result == [None] * len(NO_RECORDS)


def test_tries_after_the_answer_give_a_record_away(open_lab: OpenLab) -> None:
    """With a sum that fits, too: whoever writes one by hand has to know how the page behaves."""
    page = open_lab("room=hand-ins")
    forged = page.evaluate(
        """async () => {
          const {write, read} = await import("lab/understanding/record.js");
          const {isForged} = await import("lab/understanding/results.js");
          const tries = [["x", "1"], [], []];
          return isForged(read(write({seed: 5, name: "", rooms: {unit: {draw: 1, tries}}, changed: false})));
        }"""
    )
    assert forged


@pytest.mark.parametrize(
    ("address", "scheme"), [("room=understood", "light"), ("room=companies", "dark"), ("room=hand-ins", "light")]
)
def test_axe_finds_nothing_serious_and_a_phone_shows_all(open_lab: OpenLab, address: str, scheme: Any) -> None:
    record = f"1_{SEED}_Ada_companies.1_q_7_q_x_q"
    page = open_lab(f"{address}&check={record}", width=390, color_scheme=scheme)
    if "hand-ins" in address:
        page.get_by_label("Links").fill(f"#room=understood&check={record}")
        page.get_by_label("Links").blur()
        expect(page.get_by_text("1 handed in.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    violations = Axe().run(page).response["violations"]
    assert [one["id"] for one in violations if one["impact"] in ("serious", "critical")] == []
