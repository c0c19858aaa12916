"""``clearlstm lab --export``: the lab as a file. Nothing of a server is needed for it."""

import sys
from pathlib import Path

import pytest

from clearlstm.report.page import lab_page
from clearlstm.report.page_file import is_report
from tests.cli.calls import call


def test_the_lab_is_written_without_a_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("starlette", "uvicorn"):
        monkeypatch.setitem(sys.modules, name, None)  # as where the extra isn't installed
    page = tmp_path / "lab.html"
    result = call("lab", "--export", str(page))
    assert (result.exit_code, result.stdout) == (0, f"Written: {page}\n")
    assert page.read_text("utf-8") == lab_page()
    assert is_report(page)
    assert call("lab", "--export", str(page)).exit_code == 0  # an older one is replaced


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--export", "page.html", "--port", "8000"), "leave out --port and --folder"),
        (("--export", "page.html", "--folder", "work"), "leave out --port and --folder"),
        (("--export", "lab.pdf"), "lab.pdf has a suffix that can't be written here"),
        (("--export", "nowhere/lab.html"), "nowhere"),
        (("--export", "mine.html"), "mine.html is there already and is not a page of clearlstm's"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.html").write_text("mine")
    result = call("lab", *args)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
