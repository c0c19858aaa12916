"""docs/lesson.md: what it shows is what the program prints, and its links lead to the lines that they name."""

import re

import pytest

from clearlstm.data.bundled import lesson
from scripts import lesson_page
from scripts.lesson_page import PAGE, REFERENCE, ROOT, renewed
from tests.cli.demo_runs import run

SOURCE = ROOT / "src" / "clearlstm"


@pytest.fixture(autouse=True)
def printed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands have run for other tests already; the training alone takes seconds."""
    monkeypatch.setattr(lesson_page, "printed", lambda command: run(*command.split()[2:]))


def text() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_is_what_the_program_prints() -> None:
    assert text() == renewed(text()), "docs/lesson.md is behind: run `make docs`"


def test_a_changed_number_output_or_line_would_be_noticed() -> None:
    line = re.findall(r"#L\d+", text())[0]
    for kind, inside in (("lesson", "0.0064"), ("output", "0.997401"), ("code", line)):
        assert inside in text(), kind
        assert renewed(text().replace(inside, "7")) == text(), kind


def test_every_sentence_of_the_lesson_is_said_in_two_places_at_least() -> None:
    """In lesson.json stands what is shared; what one place alone says stands there."""
    folders = (SOURCE / "cli", SOURCE / "report" / "static", ROOT / "scripts")
    texts = [
        path.read_text("utf-8") for folder in folders for path in folder.rglob("*") if path.suffix in (".py", ".js")
    ]
    for name in lesson()["sentences"]:
        used = re.compile(rf"""sentence\(["']{name}["']|sentences\.{name}\b""")
        assert sum(bool(used.search(text)) for text in texts) >= 2, name


def test_no_mark_inside_a_sentence_stands_at_the_start_of_a_line() -> None:
    """Markdown would take the rest of that line for HTML."""
    assert not re.search(r"^<!-- code", text(), flags=re.MULTILINE)


def test_the_links_lead_to_the_equations() -> None:
    lines = REFERENCE.read_text(encoding="utf-8").splitlines()
    links = re.findall(r"<!-- code: (.+?) -->\[line (\d+)\]\(\.\./src/clearlstm/cell/lstm\.py#L(\d+)\)", text())
    assert len(links) == 13
    for code, shown, anchor in links:
        assert shown == anchor
        assert lines[int(anchor) - 1].strip() == code


def test_a_mark_that_leads_nowhere_is_an_error() -> None:
    for mark in ("code: no such line", "output: clearlstm demo | No such page", "lesson: no such part"):
        with pytest.raises(LookupError):
            renewed(f"<!-- {mark} --><!-- end -->")
