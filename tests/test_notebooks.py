"""examples/: each notebook runs as it stands, says what its file says, and leaves a picture of every drawing."""

import re
import time
from pathlib import Path
from typing import Any, Final

import pytest

pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("anywidget")
pytest.importorskip("matplotlib")

import nbformat

from clearlstm import kernels
from scripts.notebooks import (
    NOTEBOOKS,
    NOTICE,
    ROOT,
    STILL,
    TIMES,
    TORCH,
    VIEW,
    executed,
    quiet,
    read,
    tags_of,
    text_of,
    without_numbers,
)

SECONDS: Final = 60
LARGEST_BYTES: Final = 700_000
PROMISED: Final = not kernels.this_machine().no_promise
BEHIND: Final = "run `python -m scripts.notebooks`"


def _parameter(path: Path) -> Any:
    """Those that ask torch are skipped without it."""
    marks = [pytest.mark.torch] if "import torch" in path.read_text(encoding="utf-8") else []
    return pytest.param(path, marks=marks, id=path.stem)


each = pytest.mark.parametrize("path", [_parameter(path) for path in NOTEBOOKS])


@pytest.mark.slow
@each
def test_it_runs_and_says_what_its_file_says(path: Path, tmp_path: Path) -> None:
    saved = read(path)
    start = time.monotonic()
    raw = executed(saved, tmp_path)
    seconds = time.monotonic() - start
    assert seconds < SECONDS or _compiled(raw), f"it took {seconds:.0f} s"
    fresh = quiet(raw)
    assert [text for cell in fresh.cells for text in _errors(cell)] == []
    assert [text for cell in raw.cells for text in _drawings_without_a_still(cell)] == []
    differing = [line for cells in zip(saved.cells, fresh.cells, strict=True) for line in _differences(*cells)]
    assert differing == [], BEHIND


@each
def test_it_is_written_as_the_script_writes_it(path: Path) -> None:
    """No ids of a run, no times of cells, no state of drawings, no ends of lines but \\n."""
    notebook = read(path)
    nbformat.validate(notebook)
    assert path.read_bytes().decode("utf-8") == text_of(quiet(notebook)), BEHIND


@each
def test_its_links_lead_somewhere(path: Path) -> None:
    words = "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", words) if not re.match(r"[a-z]+:", target)]
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_they_are_five_and_small() -> None:
    assert len(NOTEBOOKS) == 5
    assert sum(path.stat().st_size for path in NOTEBOOKS) < LARGEST_BYTES
    readme = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in NOTEBOOKS if f"({path.name})" not in readme] == []


def _compiled(notebook: Any) -> bool:
    """Whether the run had to wait for the compiler."""
    streams = [one for cell in notebook.cells for one in cell.get("outputs", ()) if one.output_type == "stream"]
    return any(NOTICE.search(stream.text) for stream in streams)


def _errors(cell: Any) -> list[str]:
    """What went to stderr, warnings among it."""
    return [one.text for one in cell.get("outputs", ()) if one.output_type == "stream" and one.name == "stderr"]


def _drawings_without_a_still(cell: Any) -> list[str]:
    """Right above each drawing stands its picture, or the words and the table of a result that has none."""
    outputs = cell.get("outputs", [])
    drawings = [k for k, one in enumerate(outputs) if one.output_type == "display_data" and VIEW in one.data]
    return [f"{cell.id}, output {k}" for k in drawings if k == 0 or not _still(outputs[k - 1])]


def _still(output: Any) -> str | None:
    found = STILL.fullmatch(output.get("data", {}).get("text/html", ""))
    return found[1] if found and re.search(r"<img src=\"data:image/png;base64,\w|<table", found[1]) else None


def _differences(saved: Any, fresh: Any) -> list[str]:
    """What a cell says elsewhere than in its file, and the pictures that it lacks here or there."""
    if TIMES in tags_of(saved):
        return []
    exactly = PROMISED and TORCH not in tags_of(saved)
    old, new = (_said(cell, exactly=exactly) for cell in (saved, fresh))
    return [] if old == new else [f"{saved.id}: saved {old}, now {new}"]


def _said(cell: Any, *, exactly: bool) -> list[str]:
    """The texts of a cell, and "a picture" for each of its stills and plots."""
    said = []
    for one in cell.get("outputs", ()):
        data = one.get("data", {})
        text = one.text if one.output_type == "stream" else data.get("text/plain", "")
        said.append(text if exactly else without_numbers(text))
        if _still(one) or "image/png" in data:
            said.append("a picture")
    return said


CELL: Final = {"cell_type": "code", "id": "a-cell", "source": "1 / 3", "execution_count": 1}
STILL_HTML: Final = '<div class="clearlstm-still"><img src="data:image/png;base64,iVBORw0KGgo=" alt="a net"></div>'


def _cell(text: str, *tags: str, page: str = "", stream: str = "") -> Any:
    data = {"text/plain": text} | ({"text/html": page} if page else {})
    outputs: list[dict[str, Any]] = [{"output_type": "display_data", "data": data, "metadata": {}}]
    outputs += [{"output_type": "stream", "name": stream, "text": "text\n"}] if stream else []
    return nbformat.from_dict(CELL | {"metadata": {"tags": list(tags)}, "outputs": outputs})  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("saved", "fresh", "same"),
    [
        (_cell("0.333"), _cell("0.333"), True),
        (_cell("0.333"), _cell("0.334"), not PROMISED),
        (_cell("0.333 s", TIMES), _cell("a quarter of an hour", TIMES), True),
        (_cell("unit 3 says  0.33", TORCH), _cell("unit 12 says −0.1", TORCH), True),
        (_cell("unit 3 says 0.33", TORCH), _cell("no unit says 0.33", TORCH), False),
        (_cell("0.333"), _cell("0.333", stream="stdout"), False),
        (_cell("a net", page=STILL_HTML), _cell("a net", page=STILL_HTML.replace("Kgo", "Kg4")), True),
        (_cell("a net", page=STILL_HTML), _cell("a net"), False),
        (_cell("a net", TORCH, page=STILL_HTML), _cell("a net", TORCH), False),
    ],
)
def test_what_counts_as_a_difference(saved: Any, fresh: Any, same: bool) -> None:
    assert (_differences(saved, fresh) == []) == same


def test_stderr_and_a_drawing_without_its_picture_are_seen() -> None:
    assert _errors(_cell("", stream="stderr")) == ["text\n"]
    view = {"output_type": "display_data", "data": {VIEW: {"model_id": "1"}, "text/html": ""}, "metadata": {}}
    for page, missing in ((STILL_HTML, 0), (STILL_HTML.replace("img", "i"), 1), ("", 1)):
        cell = _cell("a net", page=page)
        cell.outputs.append(nbformat.from_dict(view))  # type: ignore[no-untyped-call]
        assert len(_drawings_without_a_still(cell)) == missing


def test_a_quiet_notebook_has_lost_what_is_of_one_run() -> None:
    still = '<div class="clearlstm-still clearlstm-0a1b"><p>A net</p><table></table><style>.a { b }</style></div>'
    cell = _cell("a net", TIMES, page=still, stream="stderr")
    cell.metadata["execution"] = {"iopub.status.busy": "2026-11-29"}
    view = {"output_type": "display_data", "data": {VIEW: {"model_id": "1"}}, "metadata": {}}
    notice = {"output_type": "stream", "name": "stderr", "text": "clearlstm: compiling its kernels (once) …\n"}
    cell.outputs += [nbformat.from_dict(one) for one in (view, notice)]  # type: ignore[no-untyped-call]
    notebook = {"cells": [cell], "metadata": {"widgets": {}}, "nbformat": 4, "nbformat_minor": 5}
    result = quiet(nbformat.from_dict(notebook))  # type: ignore[no-untyped-call]
    (found,) = result.cells
    assert found.metadata == {"tags": [TIMES]}
    assert [one.output_type for one in found.outputs] == ["display_data", "stream"]
    assert found.outputs[0].data["text/html"] == '<div class="clearlstm-still"><p>A net</p><table></table></div>'
    assert "widgets" not in result.metadata
