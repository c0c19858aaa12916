"""The simple forecasts by name: the columns that stand beside the LSTM's in every comparison."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.errors import InputError
from clearlstm.forecasting.model import baselines
from clearlstm.forecasting.model.baselines import Rows
from clearlstm.forecasting.model.naive2 import naive2
from clearlstm.forecasting.model.statsforecast_baselines import AUTO_MODELS, auto_forecasts
from clearlstm.shapes import FloatArray

BASE = "Base"
"""The simple forecast that the net corrects."""
SIMPLE = ("Naive", "SeasonalNaive", "Naive2", "Drift", "HistoricMean")
COMBINED = "Combined"
"""The mean of the LSTM's forecasts and the statistical models'."""
RESERVED = ("LSTM", COMBINED, BASE, *SIMPLE, *AUTO_MODELS)
"""Names of columns of a result, which the user's own columns can't have."""


def seasonal_name(season: int, seasons: Sequence[int]) -> str:
    """``SeasonalNaive``; with several seasons the season is part of the name."""
    return "SeasonalNaive" if len(seasons) == 1 else f"SeasonalNaive-{season}"


def simple_forecasts(
    panel: Panel, seasons: Sequence[int], rows: Rows, h: int, only: str | None = None
) -> dict[str, FloatArray]:
    """What each of them says from the origins ``rows`` (n,), by name, each (n, h); or the one called ``only``."""
    values, offsets = panel.values, panel.offsets
    known = baselines.last_known_rows(values, offsets)

    def seasonal(m: int) -> FloatArray:
        return baselines.seasonal_naive(values, known, offsets, rows, h, m)

    makers: dict[str, Callable[[], FloatArray]] = {
        "Naive": lambda: baselines.naive(values, known, rows, h),
        **{seasonal_name(m, seasons): partial(seasonal, m) for m in seasons},
        "Naive2": lambda: naive2(values, known, offsets, rows, h, seasons[0] if seasons else 1),
        "Drift": lambda: baselines.drift(values, known, offsets, rows, h),
        "HistoricMean": lambda: baselines.historic_mean(values, offsets, rows, h),
    }
    return {name: make() for name, make in makers.items() if only in (None, name)}


def named_forecast(panel: Panel, seasons: Sequence[int], name: str, h: int) -> FloatArray:
    """Forecasts (S, h) from the last row of every series, by the baseline called ``name``.

    A series from which it can't be made (less than a season long) gets the last known value.
    """
    rows = panel.offsets[1:] - 1
    if name in AUTO_MODELS:
        forecasts = auto_forecasts([name], panel, rows, h, seasons[0] if seasons else 1).forecasts
    else:
        forecasts = simple_forecasts(panel, seasons, rows, h, only=name)
    if name not in forecasts:
        known = ", ".join((*simple_names(seasons), *AUTO_MODELS))
        raise InputError(f"there is no baseline {name!r} here; those that can be asked for are {known}")
    naive = simple_forecasts(panel, seasons, rows, h, only="Naive")["Naive"]
    complete = np.isfinite(forecasts[name]).all(axis=1, keepdims=True)
    return np.where(complete, forecasts[name], naive)


def simple_names(seasons: Sequence[int]) -> tuple[str, ...]:
    """The names of the simple forecasts for data with these seasons, in the order of the table."""
    return ("Naive", *(seasonal_name(m, seasons) for m in seasons), *SIMPLE[2:])
