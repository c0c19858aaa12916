"""``clearlstm lab --translate`` and ``--language``: the file of a translation, and the page in it."""

import json
from pathlib import Path

import pytest

from clearlstm.report.language import every_text, read_language
from clearlstm.report.page import lab_page
from tests.cli.calls import call


def test_a_translation_is_begun_filled_in_and_shown(tmp_path: Path) -> None:
    path, page = tmp_path / "de.json", tmp_path / "lab.html"
    every = f"{len(every_text()):,}"
    begun = call("lab", "--translate", str(path))
    assert begun.stdout == f"Written: {path}. Of {every} texts of the page, {every} have no translation yet.\n"

    content = json.loads(path.read_text("utf-8"))
    content["texts"]["shell/share.js"]["Share"] = "Teilen"
    content["texts"]["of my own"] = {"What the page never says": "Nie"}
    path.write_text(json.dumps(content), "utf-8")
    shown = call("lab", "--language", str(path), "--export", str(page))
    assert shown.stdout == (f"{path}: 1 of {every} texts are translated, the others stay English.\nWritten: {page}\n")
    assert page.read_text("utf-8") == lab_page(language=read_language(path))
    assert '"Share":"Teilen"' in page.read_text("utf-8")

    again = call("lab", "--translate", str(path))
    assert again.stdout.endswith("have no translation yet; 1 that it doesn't say any more are kept at the end.\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--translate", "de.json", "--export", "lab.html"), "give it alone"),
        (("--translate", "de.json", "--language", "de.json"), "give it alone"),
        (("--translate", "German.json"), "called by its language"),
        (("--language", "de.json"), "de.json doesn't exist"),
        (("--language", "mine.txt"), "mine.txt is no JSON"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.txt").write_text("mine")
    result = call("lab", *args)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]
