"""docs/extending.md shows changes: each must fit the sources as they are, and what it adds must work."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clearlstm.cell.cells import CELLS
from clearlstm.network.nets import NETS

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
DIFFS = re.findall(r"^```diff\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

VIEW = """
import numpy as np
import clearlstm as cl
from clearlstm.insight.views import VIEWS, Request
x = np.random.default_rng(0).normal(size=(2, 6, 1))
result = VIEWS["changes"].compute(Request(cl.Network(cl.LSTM(1, 3, seed=0)), x))
assert len(result.to_frame()) == 6
assert result.sentence == f"h moves most at step {result.size.argmax()}, by {result.size.max():.3g}."
"""
BASE = """
import numpy as np
import pandas as pd
from clearlstm.data.panel import Panel
from clearlstm.forecasting.model import baselines
values, offsets = np.array([1.0, np.nan, 3.0, 8.0, 6.0]), np.array([0, 5])
known = baselines.last_known_rows(values, offsets)
assert baselines.recent_mean(values, known, offsets, np.array([2, 4]), 3).tolist() == [[5 / 3] * 3, [17 / 3] * 3]
import clearlstm as cl
forecaster = cl.LSTMForecaster(h=2, hidden_size=4, max_steps=5, seed=0)
table = forecaster.cross_validation(cl.examples.stock_prices(), n_windows=3)
assert "RecentMean" in table.columns and table["RecentMean"].notna().all()
"""
COMMAND = """
import sys
from clearlstm.cli import main
sys.argv = ["clearlstm", "cells"]
main()
"""


def block_of(word: str) -> str:
    blocks: list[str] = [diff for diff in DIFFS if word in diff]
    assert len(blocks) == 1
    return blocks[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("word", "program"),
    [("step_changes", VIEW), ("recent_mean", BASE), ("cli/cells.py", COMMAND)],
    ids=["view", "base forecast", "command"],
)
def test_a_change_fits_the_sources_and_what_it_adds_works(word: str, program: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    applied = subprocess.run(command, input=block_of(word), cwd=tmp_path, text=True, capture_output=True, check=False)
    assert applied.returncode == 0, f"docs/extending.md no longer fits the sources: {applied.stderr}"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "src")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], env=environment, text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    if word == "cli/cells.py":
        assert [line.partition(":")[0] for line in done.stdout.splitlines()] == list(CELLS)


def test_every_cell_has_the_files_that_the_page_names() -> None:
    assert list(NETS) == list(CELLS)
    for name in (name.lower() for name in CELLS):
        for folder in ("cell", "kernels", "network"):
            assert (ROOT / "src" / "clearlstm" / folder / f"{name}.py").is_file()
    for path in re.findall(r"\]\((\.\./[^)#]+)\)", PAGE):
        assert (ROOT / "docs" / path).exists(), path
