"""A net for each series, where one for all is not wanted: fitted on its own, forecast together.

Usually one net over all series learns more, since what it sees and answers is measured series by series. Where they
have nothing in common, each may do better with its own.
"""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np

from clearlstm.data.frames import Table
from clearlstm.data.panel import Panel
from clearlstm.errors import DataError, InputError
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.jobs import n_at_once, run_jobs
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.notices import warn_gaps, warn_left_out
from clearlstm.forecasting.options import Options
from clearlstm.forecasting.settings import resolve
from clearlstm.training.progress import task

if TYPE_CHECKING:
    from narwhals.typing import IntoFrame


@dataclass(frozen=True)
class SeriesForecasters:
    """What :func:`fit_each` leaves: ``forecasters`` by id, and why each of ``left_out`` could not be fitted."""

    forecasters: dict[Any, LSTMForecaster]
    left_out: dict[Any, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{len(self.forecasters)} forecasters, one a series; {len(self.left_out)} series left out"

    def predict(self, X_df: "IntoFrame | Table | None" = None, *, model: str = "LSTM") -> Any:
        """The forecasts of all, series by series, in one frame: see :meth:`LSTMForecaster.predict`."""
        forecasts = [each.predict(X_df=X_df, model=model) for each in self.forecasters.values()]
        frames = [nw.from_native(one, eager_only=True) for one in forecasts]
        return nw.maybe_reset_index(nw.concat(frames)).to_native()


def fit_each(df: "IntoFrame | Table", base: LSTMForecaster) -> SeriesForecasters:
    """Fit a forecaster like ``base`` to each series of ``df`` alone; ``base`` itself stays as it is.

    joblib runs ``base.n_jobs`` fits side by side, or as many as its ``parallel_config`` has room for; the result is the
    same to the bit. The frequency is that of the whole table. A series that can't be fitted alone (too short) is
    left out, and a warning names it; a :class:`DataError` is raised if none can.

    >>> from clearlstm.data.bundled import stock_prices
    >>> result = fit_each(stock_prices().tail(4000), LSTMForecaster(h=2, max_steps=2))
    >>> print(result)
    2 forecasters, one a series; 0 series left out
    >>> result.predict()["unique_id"].tolist()
    ['IBM', 'IBM', 'MSFT', 'MSFT']
    """
    panel, style = base.read_with_style(df)
    warn_gaps(panel)
    base.settings(panel)  # what no series could be fitted with is refused here, and not series by series
    parts = [panel.take(np.array([k])) for k in range(len(panel))]
    results = _fit_all(parts, base)
    fitted = {
        part.ids[0]: base.like().adopt(part, style, result)
        for part, result in zip(parts, results, strict=True)
        if isinstance(result, ForecastModel)
    }
    left_out = {part.ids[0]: r for part, r in zip(parts, results, strict=True) if isinstance(r, str)}
    if not fitted:
        raise DataError(f"no series can be fitted alone; the first, {str(parts[0].ids[0])!r}: {results[0]}")
    if left_out:
        warn_left_out(left_out)
    return SeriesForecasters(fitted, left_out)


def _fit_all(parts: list[Panel], base: LSTMForecaster) -> list[ForecastModel | str]:
    """A model for each of the one-series panels ``parts``, or why there is none."""
    how = base.how()
    if n_at_once(len(parts), base.n_jobs) > 1:
        how |= {"n_jobs": 1}
    with task(base.progress, len(parts), "series", done=f"{len(parts):,} series"):
        return run_jobs(partial(_fit_one, base.options, how), parts, base.n_jobs)


def _fit_one(options: Options, how: dict[str, Any], panel: Panel) -> ForecastModel | str:
    try:
        return fit_model(panel, resolve(panel, options), **how)
    except (DataError, InputError) as error:
        return str(error)
