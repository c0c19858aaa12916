"""The second accuracy benchmark: what it does with its series, and with the forecasts of another library."""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.errors import ClearLSTMError, InputError


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As it is run: beside its own folder's modules."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    return import_module("other_packages")


LAST_VALUE = """
import json, sys
import pandas as pd
rows, h, n = pd.read_csv(sys.argv[1]), int(sys.argv[4]), int(sys.argv[6])
parts = []
for window in range(n):
    cutoff = 999_999 - h * (1 + window)
    last = rows[rows["ds"] == cutoff]
    for step in range(h):
        parts.append(last.assign(LSTM=last["y"], cutoff=cutoff, ds=cutoff + 1 + step).drop(columns="y"))
pd.concat(parts).to_csv(sys.argv[2], index=False)
print("a line of a library's")
print(json.dumps({"seconds": 1.5, "versions": {"other": "1.0"}}))
"""


@pytest.fixture
def group(benchmark: Any) -> Any:
    rng = np.random.default_rng(1)
    values = {name: 100 + rng.normal(size=length).cumsum() for name, length in (("a", 80), ("b", 64))}
    return benchmark.as_group(benchmark.Collection("walks", "QS", values, n_windows=2, h=4))


def test_rows_are_numbered_to_one_end(group: Any) -> None:
    assert group.table.groupby("unique_id")["ds"].agg(["min", "max", "size"]).to_numpy().tolist() == [
        [999_920, 999_999, 80],
        [999_936, 999_999, 64],
    ]
    assert (group.h, group.season, group.n_windows) == (4, 4, 2)


def test_the_peer_is_measured_on_the_same_windows(
    benchmark: Any, group: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("statsforecast")
    program = tmp_path / "peer.py"
    program.write_text(LAST_VALUE, encoding="utf-8")
    monkeypatch.setattr(benchmark, "PEER", program)
    monkeypatch.setattr(benchmark.accuracy, "SETTINGS", {"max_steps": 5})
    result = benchmark.measure(group, sys.executable)
    errors = result.errors.set_index(["model", "series"])[["smape", "mase"]]
    pd.testing.assert_frame_equal(errors.loc[benchmark.PEER_COLUMN], errors.loc["Naive"])
    assert result.seconds.keys() == {"LSTM", "AutoETS", "AutoTheta", benchmark.PEER_COLUMN}
    assert result.seconds[benchmark.PEER_COLUMN] == 1.5
    single = result.owa.drop(["Combined", benchmark.PEER_COLUMN])
    assert result.ratio == result.owa["Combined"] / single.min()
    text = benchmark._markdown([result], 60.0)
    assert "(other 1.0)" in text
    assert f"on average {result.ratio:.3f} times" in text


def test_a_forecast_that_the_peer_lacks_is_an_error(benchmark: Any) -> None:
    table = pd.DataFrame({"unique_id": ["a", "a"], "ds": [8, 9], "cutoff": [7, 7], "y": [1.0, 2.0]})
    theirs = table.rename(columns={"y": "LSTM"})
    assert benchmark.with_peer(table, theirs[::-1])[benchmark.PEER_COLUMN].tolist() == [1.0, 2.0]
    with pytest.raises(ClearLSTMError, match="no forecast of 1 of the 2 values"):
        benchmark.with_peer(table, theirs[:1])


def test_a_peer_that_fails_says_why(
    benchmark: Any, group: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "peer.py"
    program.write_text("import no_such_library", encoding="utf-8")
    monkeypatch.setattr(benchmark, "PEER", program)
    with pytest.raises(ClearLSTMError, match=r"walks: the peer's program ended with 1: .*no_such_library"):
        benchmark.peer_forecasts(sys.executable, group)


def test_an_unknown_collection_is_an_error(benchmark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    only = benchmark.Collection("x", "QS", {"a": np.ones(9)})
    monkeypatch.setattr(benchmark.other_packages_data, "collections", lambda: iter([only]))
    with pytest.raises(InputError, match="no collection is called y: there are x"):
        benchmark.report(["y"], None)
