"""The page in other languages: the list of its texts, a translation's file, and what the browser makes of it.

A made-up language puts an accent on every letter, so whatever has none in the page was not given to translators.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from clearlstm.errors import DataError, InputError
from clearlstm.insight.audit.audit import audit
from clearlstm.report.audit_data import audit_data
from clearlstm.report.language import ENGLISH, Language, every_text, listed, read_language, update_translation
from clearlstm.report.page import IN_IT, TITLE, lab_page
from scripts import lab_texts
from tests.insight.audited import accumulating, noise
from tests.report.made_reports import Data

if TYPE_CHECKING:
    from playwright.sync_api import Page

OpenIn = Callable[..., "Page"]

ACCENT = "\u0301"
WORD = re.compile("[A-Za-z]{3,}")
PLACE = re.compile(r"\{[^}]*\}|</?[a-z]+\d*/?>")
NOT_TRANSLATED = {"LSTM", "GRU", "MAE", "MASE", "Transformer", "tanh", "sigmoid"}
"""Names, the same in every language."""

# What a reader or a screen reader is told: the texts and labels of what can be seen, without formulas and file texts.
READ = """() => {
    const said = [];
    const read = (node) => {
        if (node.nodeType === Node.TEXT_NODE) return said.push(node.data);
        if (!(node instanceof Element) || node.matches("script, style, pre, code, math, textarea, [hidden]")) return;
        for (const name of ["aria-label", "title", "placeholder"]) said.push(node.getAttribute(name) ?? "");
        node.childNodes.forEach(read);
    };
    read(document.body);
    return said;
}"""


def accented(text: str) -> str:
    """Every letter but those in places with its accent."""
    parts = re.split(f"({PLACE.pattern})", text)
    return "".join(part if k % 2 else re.sub("[A-Za-z]", rf"\g<0>{ACCENT}", part) for k, part in enumerate(parts))


@pytest.fixture
def open_in(open_lab: OpenIn, tmp_path: Path) -> OpenIn:
    """The lab, or a report, in a language."""

    def open_it(language: Language, address: str = "room=unit", data: Data | None = None) -> "Page":
        path = tmp_path / "lab.html"
        path.write_text(lab_page(data, language=language), "utf-8")
        return open_lab(address, file=path)

    return open_it


def test_the_list_is_what_the_sources_say() -> None:
    assert lab_texts.texts() == listed(), "the page's texts changed: make docs writes their list anew"
    every = every_text()
    assert len(set(every)) == len(every) > 1000


def test_the_page_writes_apostrophes_as_python_does() -> None:
    assert [text for text in every_text() if "’" in text] == []


def test_the_tags_of_a_text_are_closed_and_its_values_counted(tmp_path: Path) -> None:
    """Every English text passes as its own translation."""
    path = tmp_path / "en.json"
    path.write_text(
        json.dumps({"language": "en", "texts": {name: {t: t for t in ts} for name, ts in listed().items()}})
    )
    assert read_language(path).coverage() == f"{len(every_text()):,} of {len(every_text()):,} texts are translated"


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        ("html`<p>Of ${a} units, <b>${b}</b>\n  are lit.</p>`", ["Of {0} units, <b>{1}</b> are lit."]),
        ("html`<h1>Two</h1><p>texts</p>`", ["Two", "texts"]),
        ("html`<p>A <${Term} word=${w} /> and a<br />line</p>`", ["A {0} and a<br/>line"]),
        ('html`<p><a href="x">one</a> <a href=${y}>two</a></p>`', ["<a>one</a> <a2>two</a2>"]),
        ('html`<${Slider} name="w" label="Weight" />`', ["Weight"]),
        ("html`<p>${a && html`inner ${b}`} outer</p>`", ["{0} outer", "inner {0}"]),
        ("html`<p>${a} − ${b}</p>`", []),  # without a letter
        ("msg`low < high, \\u00a0${msg`in it`}`", ["low < high, \u00a0{0}", "in it"]),
        ('plural(n, "unit|units")', ["unit|units"]),
        ('other`no text` + "nor this"', []),
    ],
)
def test_texts_are_found_in_sources(source: str, keys: list[str]) -> None:
    assert list(lab_texts.texts_in(source.encode())) == keys


def test_a_sentence_that_is_torn_apart_is_refused() -> None:
    with pytest.raises(ValueError, match="opened in one text and closed in another"):
        list(lab_texts.texts_in(b"html`<p><b>bold<p>torn</p></b></p>`"))


def write(path: Path, texts: dict[str, str], tag: str = "de") -> Path:
    path.write_text(json.dumps({"language": tag, "texts": {"some file": texts}}), "utf-8")
    return path


def test_a_translation_is_begun_and_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "pt-BR.json"
    every = len(every_text())
    assert update_translation(path) == (every, every, 0)
    assert read_language(path) == Language("pt-BR", {})

    write(path, {"Share": "Partilhar", "A text of last year": "Um texto", "Another": ""}, "pt-BR")
    assert update_translation(path) == (every, every - 1, 1)
    content = json.loads(path.read_text("utf-8"))
    assert content["texts"]["shell/share.js"]["Share"] == "Partilhar"
    assert content["texts"]["no longer used"] == {"A text of last year": "Um texto"}
    before = path.read_bytes()
    assert update_translation(path) == (every, every - 1, 1)
    assert path.read_bytes() == before

    language = read_language(path)
    assert language.text("Share") == "Partilhar"
    assert language.text("Another") == "Another"
    assert language.coverage() == f"1 of {every:,} texts are translated, the others stay English"


@pytest.mark.parametrize(
    ("english", "text", "complaint"),
    [
        ("{0} of {1}", "von {1}", "lacks {0}"),
        ("{0} of {1}", "{0} von {1}, {2}", "has {2}, which the English text doesn't"),
        ("<b>{0}</b> days", "{0} Tage", "lacks </b>, <b>"),
        ("<b>{0}</b> days", "</b>{0}<b> Tage", "closes </b> where it isn't open"),
        ("<b>{0}</b> days", "<b>{0}</b> Tage<b>", "doesn't close <b>"),
        ("{share} of {c} stays", "von {c} bleibt", "lacks {share}"),
        ("days", "<img src=x>", "has a < that opens no tag"),
        ("days", "<script>", "has <script>, which the English text doesn't"),
    ],
)
def test_what_would_break_a_text_is_refused(tmp_path: Path, english: str, text: str, complaint: str) -> None:
    path = write(tmp_path / "de.json", {english: text})
    with pytest.raises(DataError, match=re.escape(f"the translation of {english!r} {complaint}")):
        read_language(path)


@pytest.mark.parametrize(
    "content",
    [
        '{"language": "de-12", "texts": {}}', '{"language": "de", "texts": {"a": 1}}',
        "[]", "{}", '{"language": "de"}', '{"language": "../de", "texts": {}}', '{"language": "de", "texts": []}',
        '{"language": "de", "texts": {"a": ["b"]}}', '{"language": "de", "texts": {"a": {"b": "\\ud800"}}}',
        '{"language": "de", "texts": {"a": {"b": "\\ue000"}}}', '{"language": "de", "texts": {"a": {"b": 1}}}',
    ],
)  # fmt: skip
def test_another_file_is_refused_and_stays(tmp_path: Path, content: str) -> None:
    path = tmp_path / "de.json"
    path.write_text(content)
    for use in (read_language, update_translation):
        with pytest.raises(DataError, match="is no translation of the lab"):
            use(path)
    assert path.read_text() == content


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="doesn't exist"):
        read_language(tmp_path / "de.json")
    (tmp_path / "de.json").write_text("{")
    with pytest.raises(DataError, match="is no JSON"):
        read_language(tmp_path / "de.json")
    with pytest.raises(InputError, match="called by its language"):
        update_translation(tmp_path / "German.json")
    with pytest.raises(InputError, match="suffix"):
        update_translation(tmp_path / "de.po")


def test_the_page_holds_its_language_as_data() -> None:
    hostile = Language("de", {TITLE: "Das <LSTM>", IN_IT: "Darin & drin", "Share": "</script><b>"})
    page = lab_page(language=hostile)
    assert '<html lang="de">' in page
    assert "<title>Das &lt;LSTM&gt;</title>" in page
    assert "Darin &amp; drin" in page
    assert "</script><b>" not in page
    assert lab_page(language=ENGLISH) == lab_page()
    assert 'id="language-texts"' in page
    assert 'id="language-texts"' not in lab_page()


ADDRESSES = (
    "room=plain-net&deeper=1", "room=curves&deeper=1&curves-z=1", "room=unit&deeper=1", "room=unit&unit-stage=z_f",
    "room=companies&deeper=1&companies-revealed=1", "room=training&deeper=1&training-back=1",
    "room=training&task=parity", "room=yours", "room=yours&yours-letters=1", "room=understood", "room=hand-ins",
    "room=unit&words=field&tour=3",
)  # fmt: skip


def untranslated(page: "Page", more: str = "") -> dict[str, str]:
    """Words of the page without an accent, but for names, what the reader typed and what stands in ``more``."""
    typed = " ".join([more, *(field.input_value() for field in page.locator("textarea").all())])
    known = NOT_TRANSLATED | set(WORD.findall(typed))
    words: dict[str, str] = {}
    for said in page.evaluate(READ):
        plain = re.sub(f"[A-Za-z]{ACCENT}", "", said)
        words |= {word: said.strip() for word in WORD.findall(plain) if word not in known}
    return words


def made_up() -> Language:
    """An accent on every letter; dates as Japanese has them, without any."""
    return Language("ja", {text: accented(text) for text in every_text()})


def test_every_text_of_the_rooms_is_given_to_translators(open_in: OpenIn) -> None:
    page = open_in(made_up())
    for address in ADDRESSES:
        page.evaluate("(address) => { location.hash = address; }", address)
        page.wait_for_timeout(150)
        for asked in page.locator(".check > button").all():
            asked.click()
        assert untranslated(page) == {}, address


def test_every_text_of_a_report_that_python_has_not_written_is_given_to_translators(
    open_in: OpenIn, report: Data
) -> None:
    page = open_in(made_up(), "deeper=1", report)
    page.locator("#inside").wait_for()
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.locator("#inside table").first.wait_for()
    assert untranslated(page, json.dumps(report, default=str, ensure_ascii=False)) == {}


def test_every_text_of_an_audit_that_is_not_pythons_is_given_to_translators(open_in: OpenIn) -> None:
    found = audit(accumulating(unit=2), noise(60, 40, 1))
    told = {"model": "m.pt", "made_by": "PyTorch", "data": ["60 sequences."], **found.to_dict()}
    data = audit_data(told, datetime(2026, 1, 2, tzinfo=UTC))
    page = open_in(made_up(), "deeper=1", data)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    evidence = json.dumps(data, default=str, ensure_ascii=False)
    assert untranslated(page, f"{evidence} {evidence.replace('_', ' ')}") == {}


GERMAN = {
    "The unit": "Die Einheit",
    "<small>{0} of {1}</small> <b>{2}</b>": "<b>{2}</b> <small>Halt {0} von {1}</small>",
    "day|days": "Tag|Tagen",
    "{0}, typed": "{0}, getippt",
    "After {0} {1}, <span>{2}</span> makes <b>{3}</b> of 1{4}.":
        "<b>{3}</b> macht <span>{2}</span> nach {0} {1} aus 1{4}.",
    "Whatever the sum, {sigmoid} gives a number between 0 and 1: a percentage, a {gate}.":
        "Ein {gate} ist, was {sigmoid} aus einer Summe macht.",
    "gate": "Tor",
}  # fmt: skip


def test_a_translation_may_put_values_and_tags_in_another_order(open_in: OpenIn) -> None:
    assert set(GERMAN) <= set(every_text())
    page = open_in(Language("de", GERMAN), "room=plain-net&plain-weight=0.5&tour=1")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert "Die Einheit" in page.inner_text("nav")
    assert page.inner_text(".tour-title") == "One loop, fifty days Halt 1 von 18"
    growth = page.locator("p", has_text="macht 0.50").first
    for days, word in ((1, "Tag"), (3, "Tagen")):
        page.evaluate("(days) => { location.hash = `room=plain-net&plain-weight=0.5&plain-growth=${days}`; }", days)
        growth.get_by_text(f"nach {days} {word} aus 1").wait_for()
    page.evaluate("location.hash = 'room=curves'")
    lead = page.locator("p", has_text="aus einer Summe macht")
    lead.wait_for()
    assert lead.inner_text().startswith("Ein Tor ist, was sigmoid aus einer Summe macht.")
