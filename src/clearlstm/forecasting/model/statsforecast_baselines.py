"""AutoETS, AutoARIMA and AutoTheta as baselines, from the library statsforecast (extra ``baselines``).

Each model is fitted anew to the whole history of each series up to each origin: the strongest that usual practice has,
and slow. The fits are independent jobs of joblib: one process, unless a ``joblib.parallel_config`` asks for more.
"""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.errors import MissingExtraError
from clearlstm.forecasting.model.baselines import Rows, at_rows, last_known_rows
from clearlstm.shapes import FloatArray

AUTO_MODELS = ("AutoETS", "AutoARIMA", "AutoTheta")
JOBS_IN_A_BATCH = 16


def auto_forecasts(
    names: Sequence[str], panel: Panel, rows: Rows, h: int, season: int, n_jobs: int | None = None
) -> tuple[dict[str, FloatArray], dict[str, int]]:
    """Forecasts from the origins ``rows`` (n,) by name, each (n, h); and how many could not be fitted, by name.

    Gaps count as the last known value. Where a model can't be fitted (too short a history), its forecast is the last
    known value. Raises :class:`MissingExtraError` if the library isn't installed.
    """
    if not names:
        return {}, {}
    _check_installed(names)
    from joblib import Parallel, delayed

    histories = _histories(panel, rows)
    by_name, failed = {}, {}
    for name in names:
        jobs = (
            delayed(_fit_batch)(name, histories[start : start + JOBS_IN_A_BATCH], h, season)
            for start in range(0, len(rows), JOBS_IN_A_BATCH)
        )
        batches = Parallel(n_jobs=n_jobs)(jobs)
        by_name[name] = np.concatenate([forecasts for forecasts, _ in batches])
        failed[name] = sum(count for _, count in batches)
    return by_name, failed


def _check_installed(names: Sequence[str]) -> None:
    try:
        import statsforecast  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(
            f"{', '.join(names)} come from statsforecast, which isn't installed: pip install 'clearlstm[baselines]'"
        ) from error


def _histories(panel: Panel, rows: Rows) -> list[FloatArray]:
    """The known past of each origin, from its series' first known value on."""
    filled = at_rows(panel.values, last_known_rows(panel.values, panel.offsets))
    starts = np.repeat(panel.offsets[:-1], panel.lengths)[rows]
    pasts = [filled[start : row + 1] for start, row in zip(starts, rows, strict=True)]
    return [past[~np.isnan(past)] for past in pasts]


def _fit_batch(name: str, histories: Sequence[FloatArray], h: int, season: int) -> tuple[FloatArray, int]:
    """Forecasts of some histories (n, h), and how many of them are the last value for want of a fit."""
    forecasts = np.empty((len(histories), h))
    failed = 0
    for k, history in enumerate(histories):
        forecast = _forecast(name, history, h, season)
        failed += forecast is None
        last = history[-1] if len(history) else np.nan
        forecasts[k] = last if forecast is None else forecast
    return forecasts, failed


def _forecast(name: str, history: FloatArray, h: int, season: int) -> FloatArray | None:
    from statsforecast import models

    model: Any = getattr(models, name)(season_length=season)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the inside of its optimiser
        try:
            forecast = np.asarray(model.forecast(y=history, h=h)["mean"], dtype=np.float64)
        except Exception:  # the library raises bare Exceptions on series that it finds too short
            return None
    return forecast if np.isfinite(forecast).all() else None
