"""A real Jupyter kernel: one output for each call, of which a line remains in the notebook."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

ROOT: Final = Path(__file__).parents[2]
BEGIN: Final = """\
import clearlstm as cl
from clearlstm.training.loop import train
from tests.forecasting.series import walks
from tests.training.runs import model, sequences
"""
CELLS: Final = {
    "train": "history = train(model(), *sequences(), max_steps=20, validation=0.2, progress=True)",
    "fit": """\
f = cl.LSTMForecaster(2, 6, hidden_size=4, max_steps=5, n_models=2, calendar=False, progress=True)
f = f.fit(walks(80))""",
    "cross_validation": "frame = f.cross_validation(walks(80), n_windows=4, refit=2)",
    "audit": "found = cl.audit(model(), sequences()[0], progress=True)",
    "off": "history = train(model(), *sequences(), max_steps=20); found = cl.audit(model(), sequences()[0])",
    "stop": """\
def stop(step, loss):
    if step == 10:
        raise KeyboardInterrupt
train(model(), *sequences(), max_steps=20, progress=True, on_step=stop)""",
}


@pytest.fixture(scope="module")
def outputs() -> dict[str, list[dict[str, Any]]]:
    """What each cell leaves in the notebook; kernels that aren't compiled yet are no matter of progress."""
    sources = [BEGIN, *CELLS.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", allow_errors=True, resources={"metadata": {"path": str(ROOT)}}
    )
    client.execute()
    begin, *cells = notebook.cells
    assert [one for one in begin.outputs if one.output_type == "error"] == []
    return {name: [one for one in cell.outputs if not _is_notice(one)] for name, cell in zip(CELLS, cells, strict=True)}


def _is_notice(output: dict[str, Any]) -> bool:
    return str(output.get("text", "")).startswith("clearlstm: compiling its kernels")


@pytest.mark.parametrize(
    ("cell", "line"),
    [
        ("train", r"20 steps · loss [\d.]+ · best validation [\d.]+"),
        ("fit", r"2 nets · 10 steps · last loss [\d.]+"),
        ("cross_validation", r"4 cutoffs · 2 fits · 4 nets · 20 steps · last loss [\d.]+"),
        ("audit", "audit"),
    ],
)
def test_a_call_leaves_one_line(outputs: dict[str, list[dict[str, Any]]], cell: str, line: str) -> None:
    (output,) = outputs[cell]  # and nothing on stderr
    assert output["output_type"] == "display_data"
    assert re.fullmatch(line + r" · in [\d.]+ s", output["data"]["text/plain"])
    assert "progressbar" not in output["data"]["text/html"]


def test_a_call_that_is_stopped_says_so(outputs: dict[str, list[dict[str, Any]]]) -> None:
    output, error = outputs["stop"]
    assert re.fullmatch(r"stopped at 9/20 · .* · after [\d.]+ s", output["data"]["text/plain"])
    assert error["output_type"] == "error"


def test_nothing_is_shown_where_nobody_asked(outputs: dict[str, list[dict[str, Any]]]) -> None:
    assert outputs["off"] == []
