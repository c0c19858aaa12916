"""The modules that a notebook gets are the page's own, and all that they lead to."""

import gzip
import json
import re

from clearlstm.report.page import modules, styles
from clearlstm.widget.code import FIRST, loader, packed_code, version

CODE = json.loads(gzip.decompress(packed_code()))
SOURCES: dict[str, str] = CODE["shared"] | CODE["own"]


def test_they_are_the_pages_modules_word_for_word() -> None:
    page = modules()
    apart = {name for name in SOURCES if name.startswith("d3-") or name == "lab/d3.js"}
    both = {name for name in SOURCES if name in page}
    assert len(both) > 80
    assert all(SOURCES[name] == page[name] for name in both - apart)
    assert all(SOURCES[name].endswith(page[name]) for name in apart)
    assert {name for name in SOURCES if name not in page} == {
        "lab/notebook/answered.js",
        "lab/notebook/drawing.js",
        "lab/notebook/parts.js",
    }
    assert CODE["styles"] == styles()


def test_every_import_leads_to_a_module_and_none_leads_back() -> None:
    pattern = re.compile(r'^import (?:[^;"]* from )?"([^"]+)";', re.MULTILINE)
    leads_to = {name: set(pattern.findall(source)) for name, source in CODE["own"].items()}
    assert all(targets <= set(SOURCES) for targets in leads_to.values())
    done: set[str] = set()
    while len(done) < len(leads_to):
        ready = {name for name, targets in leads_to.items() if name not in done and targets & set(leads_to) <= done}
        assert ready, f"modules lead back to themselves: {sorted(set(leads_to) - done)}"
        done |= ready


def test_what_every_drawing_shares_holds_no_state_of_the_page() -> None:
    assert all(not name.startswith("lab/") or name == "lab/d3.js" or name.endswith(".json") for name in CODE["shared"])
    assert FIRST in CODE["own"]


def test_the_loader_asks_nobody_for_anything() -> None:
    code = loader() + "".join(CODE["own"].values())
    assert not re.search(r"https?://(?!www\.w3\.org)", loader())
    assert "eval(" not in code
    assert "new Function" not in code


def test_it_is_small_and_has_a_name_of_its_own() -> None:
    assert len(packed_code()) < 200_000
    assert re.fullmatch("[0-9a-f]{16}", version())
