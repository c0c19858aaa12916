"""The file that export_report writes, read as a browser reads it."""

import base64
import gzip
import hashlib
import json
import math
import os
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from clearlstm.data.bundled import lesson_json
from clearlstm.errors import InputError
from clearlstm.report.page import lab_page, licences
from clearlstm.report.page_file import export_report

Data = dict[str, Any]
STATIC = Path(str(files("clearlstm.report"))) / "static"
HOSTILE = "</script><script>alert(1)</script><!-- <script> {{boot}} {{data}} & \u2028\u2029 ' \" \\ \x00 ]]> é 漢"


class Elements(HTMLParser):
    """Every element with its attributes, the raw text of scripts and styles, and the modules."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, str] = {}
        self.modules: dict[str, str] = {}
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = dict(attrs).get("data-module") or dict(attrs).get("type") or tag

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            into = self.modules if "data-module" in self.found[-1][1] else self.raw
            into[self._inside] = into.get(self._inside, "") + data

    def attributes(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def exported(data: Data, folder: Path) -> Elements:
    export_report(data, folder / "report.html")
    return Elements((folder / "report.html").read_text("utf-8"))


def data_in(elements: Elements) -> Data:
    result: Data = json.loads(elements.raw["application/json"])
    return result


def sha256(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def policy_of(elements: Elements) -> dict[str, set[str]]:
    [meta] = [one for one in elements.attributes("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    directives = [directive.split() for directive in str(meta["content"]).split(";")]
    return {name: set(sources) for name, *sources in directives}


def test_hostile_text_comes_back_as_it_was_and_adds_no_element(report: Data, tmp_path: Path) -> None:
    plain = [tag for tag, _ in exported(report, tmp_path).found]
    report["title"] = report["verdict"]["headline"] = report["series"][0]["id"] = HOSTILE
    report["warnings"] = [HOSTILE, "half a pair: \ud83d"]
    elements = exported(report, tmp_path)
    result = data_in(elements)
    assert result["title"] == result["verdict"]["headline"] == result["series"][0]["id"] == HOSTILE
    assert result["warnings"] == [HOSTILE, "half a pair: ?"]
    assert [tag for tag, _ in elements.found] == plain


def test_policy_allows_exactly_what_is_in_the_file(report: Data, tmp_path: Path) -> None:
    elements = exported(report, tmp_path)
    hashes = {sha256(source) for source in elements.modules.values()}
    urls = {
        name: f"data:text/javascript,{quote(source, chr(39) + '!()*')}" for name, source in elements.modules.items()
    }
    integrity = {url: sha256(elements.modules[name]) for name, url in urls.items()}
    linked = json.dumps({"imports": urls, "integrity": integrity}, separators=(",", ":"))  # as the page makes it
    inline = {sha256(text) for text in (elements.raw["script"], elements.raw["module"], linked)}
    policy = policy_of(elements)
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {f"'{digest}'" for digest in inline | hashes}
    assert policy["style-src"] == {f"'{sha256(elements.raw['style'])}'"}


def test_every_module_stands_in_the_file_as_its_source_with_its_hash(report: Data, tmp_path: Path) -> None:
    elements = exported(report, tmp_path)
    sources = elements.modules
    tags = [one for one in elements.attributes("script") if "data-module" in one]
    assert {one["data-module"]: one["data-hash"] for one in tags} == {name: sha256(sources[name]) for name in sources}
    assert {one["type"] for one in tags} == {"text/plain"}
    others = {"vendor", "notebook", "boot"}  # what only notebooks need, and what runs first, are none of its modules
    own = {f"lab/{path.relative_to(STATIC).as_posix()}" for path in STATIC.rglob("*.js") if not others & {*path.parts}}
    assert own | {"lab/lesson.json", "lab/views.json"} == {name for name in sources if name.startswith("lab/")}
    assert sources["lab/lesson.json"] == f"export default {lesson_json()};"
    for name in own:
        assert sources[name] == (STATIC / name.removeprefix("lab/")).read_text("utf-8")
    imported = {name for source in sources.values() for name in re.findall(r'(?:from|import) ?"([\w@/.-]+)"', source)}
    assert imported <= set(sources)


def test_nothing_in_the_file_asks_for_anything_outside_it(report: Data, tmp_path: Path) -> None:
    elements = exported(report, tmp_path)
    outside = {"src", "href", "srcset", "action", "data", "poster"}
    asked = [value or "" for _, attributes in elements.found for name, value in attributes.items() if name in outside]
    assert [value.partition(",")[0] for value in asked] == ["data:image/svg+xml"]  # the tab's icon
    assert not re.search(r"url\(|@import", elements.raw["style"])


def test_numbers_keep_six_significant_digits_and_gaps_are_null(report: Data, tmp_path: Path) -> None:
    report["series"][0]["y"] = np.array([123.4567891, 0.000123456789, math.nan, -math.inf], dtype=np.float64)
    report["series"][0]["forecast"]["median"] = [np.float32(0.1), 12345678, None, np.int64(3)]
    series = data_in(exported(report, tmp_path))["series"][0]
    assert series["y"] == [123.457, 0.000123457, None, None]
    assert series["forecast"]["median"] == [0.1, 12345678, None, 3]


def test_size_is_that_of_the_page_and_seven_digits_a_number(build: Callable[..., Data], tmp_path: Path) -> None:
    sizes = []
    for hidden in (8, 64):
        export_report(build(names=("A",), hidden=hidden), tmp_path / "report.html")
        sizes.append(os.path.getsize(tmp_path / "report.html"))
    numbers = 2 * 7 * 60 * (64 - 8)
    assert (sizes[1] - sizes[0]) / numbers < 12


def test_a_page_holds_its_source_once_and_travels_as_less_than_half_a_megabyte(report: Data, tmp_path: Path) -> None:
    elements = exported(report, tmp_path)
    parts = [*elements.modules.values(), elements.raw["style"], elements.raw["application/json"], licences()]
    tags = 200 * len(elements.modules)  # each module's element, and its hash in the policy
    whole = (tmp_path / "report.html").stat().st_size
    assert whole < sum(len(part.encode()) for part in parts) + tags + 5_000
    assert len(gzip.compress(lab_page().encode())) < 500_000  # as web servers send it


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 2}, "version 2"),
        ({"series": object()}, r"data\['series'\] is a object"),
        ({"settings": [["a", b"bytes"]]}, r"data\['settings'\]\[0\]\[1\] is a bytes"),
    ],
)
def test_what_is_no_report_is_refused_and_the_old_file_stays(
    report: Data, tmp_path: Path, change: Data, message: str
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(InputError, match=message):
        export_report(report | change, path)
    assert path.read_text() == "old"


def test_missing_keys_are_named(report: Data, tmp_path: Path) -> None:
    del report["verdict"], report["series"]
    with pytest.raises(InputError, match="lacks verdict, series"):
        export_report(report, tmp_path / "report.html")


def test_a_failed_write_leaves_the_old_file_and_no_other(
    report: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        export_report(report, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_does_not_exist_is_named(report: Data, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere"):
        export_report(report, tmp_path / "nowhere" / "report.html")


def test_the_same_data_give_the_same_file(report: Data, tmp_path: Path) -> None:
    export_report(report, tmp_path / "a.html")
    export_report(report, tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_vendored_files_are_the_ones_that_are_listed() -> None:
    vendor = STATIC / "vendor"
    listed = json.loads((vendor / "vendor.json").read_text("utf-8"))["libraries"]
    digests = {file["path"]: file["sha256"] for library in listed for file in library["files"]}
    for path, digest in digests.items():
        assert hashlib.sha256((vendor / path).read_bytes()).hexdigest() == digest
    licences = {library["licence_path"] for library in listed}
    there = {path.relative_to(vendor).as_posix() for path in vendor.rglob("*") if path.is_file()}
    assert there == {*digests, *licences, "vendor.json"}


def test_the_libraries_licences_are_in_the_file(report: Data, tmp_path: Path) -> None:
    export_report(report, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text("utf-8")
    for holder in ("Jason Miller", "Mike Bostock", "Apache License", "Preact Team"):
        assert holder in text
