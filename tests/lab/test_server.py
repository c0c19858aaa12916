"""The lab's server asked as nobody should, and handed files that nobody should hand over."""

import base64
import contextlib
import gzip
import hashlib
import io
import json
import os
import pickle
import queue
import re
import socket
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import numpy as np
import pandas as pd
import pytest

from clearlstm.forecasting.options import form
from clearlstm.lab.requests import checked_task
from clearlstm.report.language import Language
from clearlstm.report.page import TITLE, lab_page, modules

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from clearlstm.lab import launch
from tests.lab.running import QUICK, Answer, Client, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CSV = b"day,sold\n" + b"".join(b"2024-01-%02d,%d\n" % (day, day * day) for day in range(1, 29))


@pytest.fixture(scope="module")
def lab() -> Iterator[Client]:
    with running(upload=2 * 2**20, body=2**16, uploads=8, parsing_memory=1536 * 2**20) as client:
        yield client


def sentence(answer: Answer, status: int) -> str:
    """What a refusal says."""
    assert answer.status == status, answer.content
    message = answer.json["error"]
    assert isinstance(message, str)
    return message


@pytest.mark.parametrize(("path", "files"), [("/", ""), ("/modules", "'self' ")])
def test_the_page_comes_with_its_policy_and_without_the_token(lab: Client, path: str, files: str) -> None:
    answer = lab.ask("GET", path, X_Clearlstm_Token=None)
    assert answer.status == 200
    page, policy = answer.content.decode(), answer.headers["content-security-policy"]
    assert '<meta name="clearlstm-served" content="yes">' in page
    assert lab.token not in page
    assert f"default-src 'none'; script-src {files}'sha256-" in policy
    for directive in (
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        f"style-src {files.strip() or chr(39)}",
    ):
        assert directive in policy
    assert "unsafe" not in policy
    inline = re.findall(r'<script(?: type="(?:importmap|module)")?>(.*?)</script>', page, re.DOTALL)
    for script in inline:
        assert _sha256(script.encode()) in policy
    assert len(inline) == 2


def test_a_page_whose_modules_are_files_holds_no_source(lab: Client) -> None:
    whole, page = (lab.ask("GET", path).content.decode() for path in ("/", "/modules"))
    assert '<a href="/modules">' in whole
    assert '<a href="/">' in page
    assert not re.search(r"<style|https?://(?!127)|data-module", page.replace(_licences(page), ""))


def _licences(page: str) -> str:
    return page[page.index("<footer>") : page.index("</footer>")]


def _sha256(content: bytes) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.parametrize("path", ["/", "/modules", "/static/lab.css", "/api/jobs/none", "/nowhere"])
def test_every_answer_forbids_guessing_storing_and_telling(lab: Client, path: str) -> None:
    headers = lab.ask("GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_every_module_is_served_as_it_is_with_its_hash(lab: Client) -> None:
    page = lab.ask("GET", "/modules").content.decode()
    result = re.search(r'<script type="importmap">(.*?)</script>', page)
    assert result is not None
    importmap = json.loads(result[1])
    assert set(importmap["imports"]) == set(modules())
    for name, url in importmap["imports"].items():
        answer = lab.ask("GET", url, X_Clearlstm_Token=None)
        assert answer.content.decode() == modules()[name]
        assert answer.headers["content-type"].startswith("text/javascript")
        assert importmap["integrity"][url] == _sha256(answer.content)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../server.py",
        "/static/../../version.py",
        "/static/%2e%2e/server.py",
        "/static/..%2fserver.py",
        "/static/..%5cserver.py",
        "/static//etc/passwd",
        "/static/lab/../lab/api.js",
        "/static/lab.html",
        "/static/",
        "/static/lab/%00",
    ],
)
def test_no_path_reaches_the_disk(lab: Client, path: str) -> None:
    assert lab.ask("GET", path).status == 404


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "evil.example:{port}", "[::1]:{port}", "", None]
)
@pytest.mark.parametrize("path", ["/", "/modules", "/static/lab.css", "/api/examples"])
def test_a_foreign_host_is_refused(lab: Client, host: str | None, path: str) -> None:
    named = None if host is None else host.format(port=lab.host.split(":")[1])
    assert lab.ask("GET", path, Host=named).status in (400, 403)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
def test_a_foreign_origin_is_refused(lab: Client, origin: str) -> None:
    assert "this machine" in sentence(lab.ask("GET", "/api/jobs/none", Origin=origin), 403)


def test_its_own_origin_and_the_name_localhost_are_let_in(lab: Client) -> None:
    local = lab.host.replace("127.0.0.1", "localhost")
    assert lab.ask("GET", "/api/jobs/none", Host=local, Origin=f"http://{local}").status == 404


@pytest.mark.parametrize("token", [None, "", "wrong", "é"])
def test_without_the_token_nothing_is_told(lab: Client, token: str | None) -> None:
    for method, path in [("GET", "/api/examples"), ("POST", "/api/jobs"), ("GET", "/api/nowhere")]:
        assert "link" in sentence(lab.ask(method, path, X_Clearlstm_Token=token), 403)


def test_the_browser_is_led_by_a_file_that_only_this_user_can_read(
    lab: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: queue.Queue[str] = queue.Queue()
    monkeypatch.setattr("webbrowser.open", shown.put)
    launch.open_browser(lab.launch)
    command = shown.get(timeout=10)
    assert lab.token not in command
    page = Path(unquote(urlsplit(command).path))
    assert lab.link in page.read_text(encoding="utf-8")
    if os.name == "posix":
        assert stat.S_IMODE(page.stat().st_mode) == 0o600
        assert stat.S_IMODE(page.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"{", 400, "isn't JSON"),
        (b"[" * 30_000, 400, "isn't JSON"),
        (b"[]", 400, "JSON object"),
        (b'{"kind": "forecast", "table": "prices", "freq": "\\ud800"}', 400, "half a character"),
        (b'{"kind": "' + b"x" * 2**16 + b'"}', 413, "larger than"),
        (b'{"kind": "shell"}', 400, "one of forecast, open, inside"),
        (b'{"kind": ["forecast"]}', 400, "one of forecast, open, inside"),
        (b'{"kind": "forecast"}', 400, "table is missing"),
        (b'{"kind": "forecast", "table": "prices", "checkpoint": "/etc"}', 400, "'checkpoint' is not known"),
        (b'{"kind": "forecast", "table": "prices", "h": "5"}', 400, "h is '5'; it must be a whole number"),
        (b'{"kind": "forecast", "table": "prices", "h": true}', 400, "h is True"),
        (b'{"kind": "forecast", "table": "prices", "level": [1e999]}', 400, "level is"),
        (b'{"kind": "forecast", "table": "prices", "level": [1' + b"0" * 400 + b"]}", 400, "level is"),
        (b'{"kind": "forecast", "table": "prices", "roles": {"x": "y"}}', 400, "roles is"),
        (b'{"kind": "forecast", "table": "../../etc/passwd"}', 404, "hand the file over again"),
        (b'{"kind": "open", "model": "prices"}', 404, "hand the file over again"),
        (b'{"kind": "inside", "job": "none", "question": "ledger"}', 404, "start it again"),
    ],
)  # fmt: skip
def test_a_bad_request_is_told_what_is_wrong(lab: Client, body: bytes, status: int, message: str) -> None:
    assert message in sentence(lab.ask("POST", "/api/jobs", body, Content_Type="application/json"), status)


def test_a_form_of_another_page_is_not_json(lab: Client) -> None:
    assert "Content-Type" in sentence(lab.ask("POST", "/api/jobs", b"{}", Content_Type="text/plain"), 415)


def test_an_upload_that_is_too_large_is_refused_whether_it_says_so_or_not(lab: Client) -> None:
    large = b"x" * (3 * 2**20)
    declared = lab.ask("POST", "/api/tables?name=a.csv", b"x", Content_Length=str(len(large)), Connection="close")
    assert "2 MB" in sentence(declared, 413)
    chunks = b"".join(b"%x\r\n%b\r\n" % (2**16, large[: 2**16]) for _ in range(48)) + b"0\r\n\r\n"
    streamed = _tolerant(lab, "/api/tables?name=a.csv", chunks)
    assert "2 MB" in sentence(streamed, 413)
    assert list(lab.lab.uploads_folder.iterdir()) == []


def _tolerant(lab: Client, path: str, chunks: bytes) -> Answer:
    """A streamed request, whose answer may come before all is sent."""
    host, port = lab.host.split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: {lab.host}\r\nX-Clearlstm-Token: {lab.token}\r\n"
        connection.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(chunks)
        content = b""
        while b"}" not in content and (piece := connection.recv(2**16)):
            content += piece
    head_text, _, body = content.partition(b"\r\n\r\n")
    return Answer(int(head_text.split()[1]), {}, body)


@pytest.mark.parametrize(
    ("kind", "name", "content", "status", "message"),
    [
        ("table", "a.exe", CSV, 415, "not a table that can be read"),
        ("table", "", CSV, 415, "not a table that can be read"),
        ("model", "a.csv", CSV, 415, "not a model that can be read"),
        ("table", "a.csv", b"", 400, "a.csv is empty"),
    ],
)
def test_an_upload_of_another_kind_is_refused(
    lab: Client, kind: str, name: str, content: bytes, status: int, message: str
) -> None:
    assert message in sentence(lab.upload(kind, name, content), status)


def test_a_table_is_described_as_the_command_line_would_guess_it(lab: Client) -> None:
    table = lab.good(lab.upload("table", "..%2F..%2Fshop%2Fsales.csv", CSV))
    assert table["name"] == "sales.csv"
    assert table["roles"] == {"time": "day", "target": "sold", "id": None, "dayfirst": None, "wide": False}
    assert not table["day_or_month"]
    assert table["columns"] == [{"name": "day", "kind": "time"}, {"name": "sold", "kind": "number"}]
    assert (table["rows"], table["series"], table["error"]) == (28, 1, None)
    assert "day" in table["frequency"]
    assert table["preview"][1] == ["2024-01-02", "4"]
    assert len(table["preview"]) == 20
    [shown] = table["chart"]
    assert (len(shown["ds"]), shown["ds"][0], shown["y"][1]) == (table["rows"], "2024-01-01", 4.0)
    stored = list(lab.lab.uploads_folder.rglob("*.csv"))
    assert [path.name for path in stored] == ["data.csv"]


def test_what_cannot_be_guessed_is_asked_for_and_then_taken(lab: Client) -> None:
    rows = "".join(f"2024-01-{day:02d},{day},{day % 5}\n" for day in range(1, 29))
    table = lab.good(lab.upload("table", "two.csv", f"when,left,right\n{rows}".encode()))
    assert "several columns of numbers" in table["error"]
    assert (table["series"], table["roles"]["time"]) == (None, "when")
    chosen = lab.post(f"/api/tables/{table['id']}", {"time": "when", "target": "right"})
    assert (chosen["roles"]["target"], chosen["series"], chosen["error"]) == ("right", 1, None)
    assert "no column 'up'" in lab.post(f"/api/tables/{table['id']}", {"time": "when", "target": "up"})["error"]


def test_columns_are_not_taken_as_series_where_times_repeat(lab: Client) -> None:
    rows = "".join(f"2024-01-{day:02d},{place},{day},{day % 5}\n" for place in ("NY", "LA") for day in range(1, 29))
    table = lab.good(lab.upload("table", "two.csv", f"when,place,left,right\n{rows}".encode()))
    assert "each column" not in table["error"]
    chosen = lab.post(f"/api/tables/{table['id']}", {"wide": True})
    assert chosen["error"].endswith("several rows of the same 'when': forecast one column of numbers")


def months() -> bytes:
    """Eleven firsts of months, of which nothing but the reader knows whether the day comes first."""
    rows = [f"01/{month:02d}/2015,{month * 2 % 7}" for month in range(2, 13)]
    return "\n".join(["day,sold", *rows]).encode()


def test_whether_the_day_comes_first_is_asked_in_the_words_of_the_page_and_then_taken(lab: Client) -> None:
    table = lab.good(lab.upload("table", "months.csv", months()))
    assert "say whether the day comes first (“Dates”, below), or write dates" in table["error"]
    assert table["day_or_month"]
    day, month = (
        lab.post(f"/api/tables/{table['id']}", table["roles"] | {"dayfirst": first}) for first in (True, False)
    )
    assert (day["error"], day["frequency"], day["roles"]["dayfirst"]) == (None, "A step is a row: a month.", True)
    assert (month["error"], month["frequency"]) == (None, "A step is a row: a day.")
    assert day["day_or_month"]
    task = {"kind": "forecast", "table": table["id"], "roles": day["roles"], **QUICK, "h": 1, "input_size": 2}
    job = lab.follow(lab.post("/api/jobs", task))
    assert job["state"] == "done", job
    assert lab.get(f"/api/jobs/{job['id']}/result")["series"][0]["forecast"]["ds"] == ["2016-01-01"]


def test_dates_that_say_it_themselves_are_not_asked_about(lab: Client) -> None:
    text = b"day,sold\n" + b"".join(b"%d/01/2024,%d\n" % (day, day % 3) for day in range(1, 29))
    table = lab.good(lab.upload("table", "days.csv", text))
    assert (table["error"], table["day_or_month"]) == (None, False)


def test_a_column_for_each_series(lab: Client) -> None:
    text = b"day,north,south,note\n" + b"".join(b"2024-01-%02d,%d,%d,x\n" % (k, k % 5, k % 3) for k in range(1, 29))
    table = lab.good(lab.upload("table", "wide.csv", text))
    assert "take each as a series of its own (“each column of numbers”, there)" in table["error"]
    wide = lab.post(f"/api/tables/{table['id']}", table["roles"] | {"wide": True})
    assert (wide["error"], wide["series"]) == (None, 2)
    assert wide["roles"] == {"time": "day", "target": None, "id": None, "dayfirst": None, "wide": True}
    assert [column["name"] for column in wide["columns"]] == ["day", "north", "south", "note"]
    assert wide["notes"][0] == "Each of 2 columns of numbers was taken as a series (north, south)."
    job = lab.follow(lab.post("/api/jobs", {"kind": "forecast", "table": table["id"], "roles": wide["roles"], **QUICK}))
    assert job["state"] == "done", job
    assert [one["id"] for one in lab.get(f"/api/jobs/{job['id']}/result")["series"]] == ["north", "south"]


def test_several_columns_tell_series_apart_together(lab: Client) -> None:
    rows = "".join(
        f"2024-01-{day:02d},{shop},{item},{(day * 7 + len(item)) % 11}\n"
        for shop in ("A", "B") for item in ("tea", "cake") for day in range(1, 29)
    )  # fmt: skip
    table = lab.good(lab.upload("table", "shops.csv", f"day,shop,item,sold\n{rows}".encode()))
    assert "name what does (“Series”, below: 'shop', 'item')" in table["error"]
    one = lab.post(f"/api/tables/{table['id']}", {"time": "day", "target": "sold", "id": "shop"})
    assert "name the columns that tell those apart (“Series”, below: 'shop', 'item')" in one["error"]
    both = lab.post(f"/api/tables/{table['id']}", {"time": "day", "target": "sold", "id": ["shop", "item"]})
    assert (both["error"], both["series"], both["roles"]["id"]) == (None, 4, ["shop", "item"])
    job = lab.follow(lab.post("/api/jobs", {"kind": "forecast", "table": table["id"], "roles": both["roles"], **QUICK}))
    assert job["state"] == "done", job


@pytest.mark.parametrize("roles", [{"id": [3]}, {"id": {}}, {"dayfirst": "yes"}, {"wide": 1}, {"times": "day"}])
def test_roles_that_cannot_be_meant_are_refused(lab: Client, roles: dict[str, Any]) -> None:
    table = lab.good(lab.upload("table", "sales.csv", CSV))
    sentence(lab.try_post(f"/api/tables/{table['id']}", roles), 400)
    sentence(lab.try_post("/api/jobs", {"kind": "forecast", "table": table["id"], "roles": roles}), 400)


def test_the_examples_are_ready_to_be_forecast(lab: Client) -> None:
    prices, load = lab.get("/api/examples")
    assert (prices["id"], prices["series"], prices["rows"], prices["h"]) == ("prices", 3, 9810, 5)
    assert (load["id"], load["series"], load["h"]) == ("load", 1, 48)
    assert prices["options"] == json.loads(json.dumps(form()))
    usual = {name: one["default"] for name, one in prices["options"].items() if one["default"] is not None}
    assert checked_task({"kind": "forecast", "table": "prices"} | usual)[1].keys() == {"table", *usual}


def bomb() -> bytes:
    """A Parquet file of some kilobytes with 60 million rows."""
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    file = io.BytesIO()
    parquet.write_table(pa.table({"ds": pa.nulls(60_000_000)}), file)
    return file.getvalue()


class Hostile:
    """A pickle that would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("bomb.parquet", None, "bomb.parquet holds 60000000 rows"),
        ("bomb.csv.gz", gzip.compress(b"a,b\n" + b"0" * 2**28, 1), "bomb.csv.gz unpacks to more than 200 MB"),
        ("not.parquet", b"PAR1" + b"\xff" * 999, "not.parquet is not a Parquet file"),
        ("line.csv", b"a" * 200_000, "line.csv is not a table: its first line"),
        ("noise.csv", np.random.default_rng(0).bytes(9999), "noise.csv"),
    ],
)
def test_a_hostile_table_gets_a_sentence_and_the_server_lives(
    lab: Client, name: str, content: bytes | None, message: str
) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    answer = sentence(lab.upload("table", name, bomb() if content is None else content), 422)
    assert message in answer
    assert "data." not in answer  # nor where it lies
    assert "fault" not in answer
    assert lab.ask("GET", "/api/jobs/none").status == 404


def test_a_pickle_called_a_model_is_never_run(lab: Client, tmp_path: Path) -> None:
    content = pickle.dumps(Hostile(tmp_path / "run"))
    model = lab.good(lab.upload("model", "net.pt", content))
    job = lab.follow(lab.post("/api/jobs", {"kind": "open", "model": model["id"]}))
    assert job["state"] == "failed"
    assert "net.pt" in job["error"]
    assert not (tmp_path / "run").exists()


def test_only_what_clearlstm_wrote_is_opened_as_a_report(lab: Client) -> None:
    data = {"version": 1, "title": "</script> & co", "net": {"W": [1.5, None]}}
    assert lab.good(lab.upload("report", "a.html", lab_page(data).encode())) == data
    assert "not written by clearlstm" in sentence(lab.upload("report", "b.html", b"<html>hello</html>"), 422)
    assert "nothing to open" in sentence(lab.upload("report", "c.html", lab_page().encode()), 422)


def test_a_report_that_was_changed_is_read_or_refused(lab: Client) -> None:
    page = lab_page({"version": 1, "title": "t"})
    deep = page.replace('"title":"t"', '"title":"t","notes":' + "[" * 200_000 + "]" * 200_000)
    assert "deep.html is damaged" in sentence(lab.upload("report", "deep.html", deep.encode()), 422)
    half = page.replace('"title":"t"', r'"title":"\ud800"')
    assert lab.good(lab.upload("report", "half.html", half.encode())) == {"version": 1, "title": "?"}


@pytest.mark.slow
def test_many_files_at_once_are_each_read_and_none_is_mixed_up(lab: Client) -> None:
    def read(k: int) -> Any:
        return lab.good(lab.upload("table", f"{k}.csv", CSV.replace(b"sold", b"sold%d" % k)))

    with ThreadPoolExecutor(12) as readers:
        tables = list(readers.map(read, range(12)))
    assert [(table["name"], table["roles"]["target"]) for table in tables] == [
        (f"{k}.csv", f"sold{k}") for k in range(12)
    ]


def test_a_new_file_takes_the_place_of_the_oldest(lab: Client) -> None:
    first, *_, last = [lab.good(lab.upload("model", f"{k}.onnx", b"x")) for k in range(9)]
    assert lab.try_post("/api/jobs", {"kind": "open", "model": first["id"]}).status == 404
    assert len(list(lab.lab.uploads_folder.iterdir())) == 8
    assert lab.follow(lab.post("/api/jobs", {"kind": "open", "model": last["id"]}))["state"] == "failed"


def test_the_lab_is_exported_at_the_address_that_is_asked_for(lab: Client) -> None:
    answer = lab.try_post("/api/export", {"address": 'room=unit&x="<b>'})
    assert answer.status == 200
    assert 'filename="clearlstm.html"' in answer.headers["content-disposition"]
    page = answer.content.decode()
    assert '<meta name="clearlstm-address" content="room=unit&amp;x=&quot;&lt;b&gt;">' in page
    assert "clearlstm-served" not in _head(page)
    assert lab.token not in page


def test_a_lab_in_another_language_serves_and_exports_itself_in_it() -> None:
    german = Language("de", {TITLE: "Das LSTM, durch das man hindurchsieht", "Share": "Teilen"})
    with running(language=german) as lab:
        pages = [lab.ask("GET", path) for path in ("/", "/modules")] + [lab.try_post("/api/export", {})]
        for answer in pages:
            page = answer.content.decode()
            assert answer.status == 200
            assert '<html lang="de">' in page
            assert f"<title>{german.text(TITLE)}</title>" in page
            assert '"Share":"Teilen"' in page


def _head(page: str) -> str:
    return page[: page.index("</head>")]


TRAIN = """async file => {
  const { api } = await import("lab/api.js");
  const table = await api.addTable(new File([file], "sales.csv"));
  const told = [];
  const task = { kind: "forecast", table: table.id, h: 2, max_steps: 20, hidden_size: 4, input_size: 5, windows: 0 };
  const job = await api.follow((await api.start(task)).id, (job) => told.push(job.state));
  const result = await api.result(job.id);
  const page = await api.exported(job.id, "room=yours");
  const refused = await api.job("none").catch((error) => [error.status, error.message]);
  return { told, result, page: await page.blob.text(), name: page.name, refused, available: api.available };
}"""


def test_the_page_in_a_browser_trains_by_its_own_api(lab: Client, browser: "Browser", tmp_path: Path) -> None:
    page = browser.new_page()
    complaints, requested = list[str](), list[str]()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    page.goto(lab.link)
    page.wait_for_selector("h1")
    assert complaints == []
    result = page.evaluate(TRAIN, CSV.decode())
    assert all(url.startswith(f"http://{lab.host}/") for url in requested)
    assert result["available"]
    assert (result["told"][-1], "running" in result["told"]) == ("done", True)
    assert result["refused"] == [404, "the lab doesn't know this job any more: start it again"]
    [series], [trace] = result["result"]["series"], result["result"]["traces"]
    assert (len(series["y"]), len(trace["x"]), len(trace["layers"][0]["f"][0])) == (28, 5, 4)
    (tmp_path / "page.html").write_text(result["page"], "utf-8")
    page.goto((tmp_path / "page.html").as_uri())
    page.wait_for_selector("h1")
    again = page.evaluate("async () => (await import('lab/data.js')).dataInPage()")
    assert again["traces"][0]["layers"] == trace["layers"]
    assert again["net"] == result["result"]["net"]
    assert page.evaluate("async () => (await import('lab/api.js')).api.available") is False
    page.close()


def test_a_table_with_days_only_is_previewed_as_it_is(lab: Client) -> None:
    pytest.importorskip("pyarrow")
    file = io.BytesIO()
    pd.DataFrame({"ds": pd.date_range("2024-01-01", periods=25), "y": range(25)}).to_parquet(file)
    table = lab.good(lab.upload("table", "days.parquet", file.getvalue()))
    assert table["preview"][0] == ["2024-01-01", "0"]


HALF = {
    "nothing at all": b"",
    "half a head": b"GET / HTTP/1.1\r\nHost: ",
    "half a body": b"POST /api/jobs HTTP/1.1\r\nHost: {host}\r\nX-Clearlstm-Token: {token}\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
}


@pytest.mark.parametrize("kind", HALF)
def test_half_a_request_is_not_waited_for_and_others_are_answered_meanwhile(kind: str) -> None:
    with running(head_seconds=1, request_seconds=1) as client, contextlib.ExitStack() as stack:
        address, port = client.host.split(":")
        sent = HALF[kind].replace(b"{host}", client.host.encode()).replace(b"{token}", client.token.encode())
        waiting = [stack.enter_context(socket.create_connection((address, int(port)))) for _ in range(40)]
        for one in waiting:
            one.sendall(sent)
            one.settimeout(20)
        assert client.ask("GET", "/").status == 200
        began = time.monotonic()
        for one in waiting:
            with contextlib.suppress(ConnectionResetError):
                while one.recv(2**16):
                    pass
        assert time.monotonic() - began < 10


def test_a_slow_but_steady_answer_is_not_cut_off() -> None:
    with running(head_seconds=0.4, request_seconds=0.4, news_seconds=2) as client:
        job = client.post("/api/jobs", {"kind": "forecast", "table": "prices", "max_steps": 10**6, "windows": 0})
        job = client.get(f"/api/jobs/{job['id']}?after={job['version']}")
        began = time.monotonic()
        while time.monotonic() - began < 1.5:
            job = client.get(f"/api/jobs/{job['id']}?after=999999")
        client.post(f"/api/jobs/{job['id']}/stop", {})


def test_connections_are_limited() -> None:
    with running(connections=5) as client, contextlib.ExitStack() as stack:
        address, port = client.host.split(":")
        waiting = [stack.enter_context(socket.create_connection((address, int(port)))) for _ in range(9)]
        time.sleep(0.3)
        closed = 0
        for one in waiting:
            one.setblocking(False)
            try:
                closed += one.recv(1) == b""
            except BlockingIOError:
                pass
            except ConnectionResetError:
                closed += 1
        assert closed == 4


def test_a_full_disk_is_told_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    with running() as client:
        monkeypatch.setattr("clearlstm.lab.uploads.Uploads._write", full)
        assert "is full" in sentence(client.upload("table", "a.csv", CSV), 507)
        monkeypatch.setattr("pathlib.Path.mkdir", full)
        answer = client.try_post("/api/jobs", {"kind": "forecast", "table": "prices"})
        assert "is full" in sentence(answer, 507)
