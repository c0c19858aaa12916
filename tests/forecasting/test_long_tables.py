"""Very long tables are held in less memory, and forecast to the same bit."""

import copy
import pickle
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data import columns, windows
from clearlstm.data.columns import SharedTimes, Widened
from clearlstm.forecasting import settings
from clearlstm.forecasting.fit import calibrating, ensemble, fitting
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model import net, sizes
from tests.forecasting.series import walks

MIB = 2**20


def forecaster(**more: Any) -> LSTMForecaster:
    return LSTMForecaster(3, 8, **({"hidden_size": 4, "max_steps": 10} | more))


def table(case: str) -> pd.DataFrame:
    """Random walks of float32: positive, or not, or with gaps."""
    frame = walks(90, 3).iloc[7:].reset_index(drop=True)
    y = frame["y"].astype(np.float32)
    if case == "below 0":
        y = y - y[0]
    if case == "gaps":
        y[[3, 40, 41, 120, 250]] = np.nan
    return frame.assign(y=y)


@pytest.mark.filterwarnings("ignore:missing values")
@pytest.mark.parametrize("case", ["positive", "below 0", "gaps"])
def test_long_tables_are_forecast_as_short_ones_are(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = table(case)
    short = forecaster().fit(frame)
    wide = forecaster().fit(frame.astype({"y": np.float64}))
    monkeypatch.setattr(columns, "PLAIN_ROWS", 0)
    long = forecaster().fit(frame)
    assert isinstance(long.panel_.values, Widened)
    assert isinstance(long.panel_.times, SharedTimes)
    pd.testing.assert_frame_equal(long.predict(), short.predict(), check_exact=True)
    pd.testing.assert_frame_equal(long.predict(), wide.predict(), check_exact=True)
    pd.testing.assert_frame_equal(long.predict(frame[:120]), short.predict(frame[:120]), check_exact=True)
    pd.testing.assert_frame_equal(long.base_weights(), short.base_weights(), check_exact=True)


def test_what_else_a_forecaster_does_with_a_long_table(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    frame = table("positive")
    last = frame["ds"] == frame["ds"].max()

    def answers() -> list[pd.DataFrame]:
        """After the last rows came, from a file, from copies, and from past cutoffs."""
        updated = forecaster().fit(frame[~last]).update(frame[last])
        updated.save(tmp_path / "f.safetensors")
        others = [LSTMForecaster.load(tmp_path / "f.safetensors"), copy.deepcopy(updated)]
        others.append(pickle.loads(pickle.dumps(forecaster().fit(frame))))
        past = forecaster().cross_validation(frame, n_windows=2)
        return [past, *(one.predict() for one in (updated, *others))]

    short = answers()
    monkeypatch.setattr(columns, "PLAIN_ROWS", 0)
    for one, other in zip(answers(), short, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def peak_bytes(n_series: int) -> int:
    """Of reading, fitting and predicting series of 300 rows, beyond the frame."""
    rng = np.random.default_rng(0)
    y = np.exp(np.cumsum(rng.normal(0, 0.02, (n_series, 300)), axis=1)).astype(np.float32)
    ids = pd.Categorical(np.repeat([f"s{k:04d}" for k in range(n_series)], 300))
    days = pd.date_range("2024-01-01", periods=300)
    frame = pd.DataFrame({"unique_id": ids, "ds": np.tile(days, n_series), "y": y.ravel()})
    tracemalloc.start()
    try:
        forecaster(max_steps=2).fit(frame).predict()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_grows_with_the_values_as_float32_and_hardly_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """4 bytes a row are the values themselves; what there is for each series is spread over its 300 rows."""
    for module in (windows, sizes):
        monkeypatch.setattr(module, "BLOCK_ROWS", 2**13)
    for module, name, most in (
        (columns, "PLAIN_ROWS", 2**12),
        (sizes, "MAX_MEASURED", 2**16),
        (fitting, "MAX_MEASURED", 2**16),
        (fitting, "MAX_ORIGINS", 2**10),
        (fitting, "MAX_VALIDATION", 2**8),
        (calibrating, "MAX_ORIGINS", 2**8),
        (ensemble, "QUANTILE_SAMPLE", 2**8),
        (net, "ROWS_IN_PART", 2**6),
        (settings, "MAX_TRIED", 2**12),
    ):
        monkeypatch.setattr(module, name, most)
    peak_bytes(200)  # what is imported and compiled at the first time
    few, many = peak_bytes(500), peak_bytes(1500)
    assert (many - few) / (1000 * 300) < 10
