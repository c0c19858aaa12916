"""Made-up series for the tests of this folder, and options for a small, quick net."""

import numpy as np
import pandas as pd

from clearlstm.data.frames import Columns, Table, read_panel
from clearlstm.data.panel import Panel
from clearlstm.forecasting.options import Options

SMALL = Options(h=3, input_size=8, season_length=(), hidden_size=4, batch_size=16, learning_rate=5e-3, max_steps=20)


def walk(series_id: str, n: int, seed: int = 0, start: str = "2024-01-01", freq: str = "D") -> pd.DataFrame:
    """A random walk in logarithms, as a long table."""
    steps = np.random.default_rng(seed).normal(0.0, 0.02, n)
    times = pd.date_range(start, periods=n, freq=freq)
    return pd.DataFrame({"unique_id": series_id, "ds": times, "y": 100 * np.exp(np.cumsum(steps))})


def walks(n: int = 120, count: int = 2) -> pd.DataFrame:
    return pd.concat([walk(chr(65 + k), n, seed=k) for k in range(count)], ignore_index=True)


def seasonal(n: int = 240, season: int = 12, seed: int = 0) -> pd.DataFrame:
    """A monthly wave with noise."""
    rng = np.random.default_rng(seed)
    times = pd.date_range("2000-01-01", periods=n, freq="MS")
    y = 50 + 10 * np.sin(2 * np.pi * np.arange(n) / season) + rng.normal(0, 1.0, n)
    return pd.DataFrame({"unique_id": "S", "ds": times, "y": y})


def as_panel(frame: pd.DataFrame) -> Panel:
    return read_panel(Table.of(frame), Columns("ds", "y", "unique_id"))
