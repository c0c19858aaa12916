"""The fits of a backtest: independent of each other, so they may run side by side."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.times import TimeArray
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.jobs import in_turn, n_at_once, run_jobs
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.settings import Settings
from clearlstm.training.progress import task

OnFit = Callable[[int, int, Panel], None]
"""Called before each fit with its number (from 1), how many there will be, and the rows that it may see."""


def fit_before(
    panel: Panel,
    cutoffs: TimeArray,
    settings: Settings,
    *,
    on_fit: OnFit | None = None,
    checkpoints: Path | None = None,
    progress: bool = False,
    n_jobs: int | None = None,
) -> list[ForecastModel]:
    """A model for each of ``cutoffs``, fitted to the rows of ``panel`` up to it and no others.

    Several fits run side by side where joblib has room for them; the nets of each are then trained one after the
    other, the bar moves on fit by fit, and ``on_fit`` is called for all before the first starts. The models are the
    same, to the bit. A single fit passes ``n_jobs`` on to its nets.
    """
    spread = n_at_once(len(cutoffs), n_jobs) > 1
    how: dict[str, Any] = {"checkpoints": checkpoints, "progress": progress, "n_jobs": 1 if spread else n_jobs}
    fit = partial(_fit_before, panel, settings, how)
    announced = _announced(panel, cutoffs, on_fit)
    with task(progress, len(cutoffs), "fit"):
        return run_jobs(fit, list(announced), n_jobs) if spread else in_turn(fit, announced)


def _announced(panel: Panel, cutoffs: TimeArray, on_fit: OnFit | None) -> Iterator[Any]:
    """Each of ``cutoffs``, once ``on_fit`` has been told of it."""
    for number, cutoff in enumerate(cutoffs, start=1):
        if on_fit is not None:
            on_fit(number, len(cutoffs), rows_until(panel, cutoff))
        yield cutoff


def _fit_before(panel: Panel, settings: Settings, how: dict[str, Any], cutoff: Any) -> ForecastModel:
    return fit_model(rows_until(panel, cutoff), settings, **how)


def rows_until(panel: Panel, cutoff: Any) -> Panel:
    """The rows of ``panel`` up to ``cutoff``, without the series that have none yet."""
    past = panel.until(cutoff)
    return past if (past.lengths > 0).all() else past.take(np.flatnonzero(past.lengths > 0))
