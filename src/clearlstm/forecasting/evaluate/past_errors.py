"""Quantiles for the simple forecasts, so that the LSTM's can be weighed against something: their own past errors.

A simple forecast gives no interval. Its errors on origins before the first cutoff, scaled by series and taken over all
of them, give one: ŷ plus the quantiles of such errors, for each step of the horizon.
"""

from collections.abc import Sequence

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.windows import origins
from clearlstm.forecasting.model.simple_forecasts import simple_forecasts
from clearlstm.shapes import FloatArray
from clearlstm.training.windows import gather

MOST_ORIGINS = 20_000
MIN_ERRORS = 19


def error_quantiles(
    past: Panel, seasons: Sequence[int], h: int, levels: Sequence[float], scale: FloatArray
) -> dict[str, FloatArray]:
    """The quantiles (h, Q) of each simple forecast's scaled errors in ``past``, by name; scale (S,).

    A forecast with fewer than 19 errors is left out: they don't show their tails.
    """
    rows = origins(past.offsets, np.isnan(past.values), 1, h)
    rows = rows[:: max(1, -(-len(rows) // MOST_ORIGINS))]
    size = scale[past.row_series[rows]][:, None]
    y = gather(past.values, rows + 1, h)
    found: dict[str, FloatArray] = {}
    for name, forecast in simple_forecasts(past, seasons, rows, h).items():
        errors = (y - forecast) / np.where(size > 0, size, np.nan)
        errors = errors[np.isfinite(errors).all(axis=1)]
        if len(errors) >= MIN_ERRORS:
            found[name] = np.asarray(np.quantile(errors, levels, axis=0).T)
    return found
