"""Attribution of a forecast: how much each step of a series' last window moved it away from where it would have been.

What is explained is the correction that the nets make to the simple forecast which they start from, times its size, so
in the target's units, or for a series that was modelled as its logarithm in those of the logarithm: there 0.01 means
about 1 %. The forecast is a straight line of that, so nothing is lost on the way. What the simple forecast itself owes
to the window is not part of it.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

from clearlstm.data.windows import thinned
from clearlstm.errors import InputError
from clearlstm.forecasting.model.forecast import Forecast, forecast, last_origins, last_windows
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.problem import Problem
from clearlstm.insight.attribution.answer_units import AnswerUnits
from clearlstm.insight.attribution.attribute import Attribution, Method, attributed, default_baseline
from clearlstm.insight.attribution.baseline import for_all, for_each
from clearlstm.insight.attribution.path_integral import Question, Read, Rows, Rule, Starts
from clearlstm.insight.words import share
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.data.panel import Panel
    from clearlstm.forecasting.forecaster import LSTMForecaster

ForecastBaseline: TypeAlias = Literal["last", "mean", "zero"]

WINDOWS_AVERAGED: Final = 2000
"""Windows that the mean is taken over, at most: an even selection."""

HELD_FIXED: Final = (
    "Each window is scaled around its own last value and by its series' usual changes: these are held fixed, and so is "
    "the simple forecast that the net corrects. What widens intervals or keeps values above 0 comes after."
)


def attribute_forecast(
    forecaster: "LSTMForecaster",
    *,
    series: Any = None,
    horizon: int = 1,
    quantile: float | Literal["median"] = "median",
    method: Method = "integrated",
    baseline: ForecastBaseline | None = None,
    tolerance: float = 0.01,
    points: int = 8,
    max_points: int = 2048,
) -> Attribution:
    """Split the net's part in the last ``predict`` over the steps of each series' window, and the inputs there.

    Parameters
    ----------
    forecaster
        One that has predicted: what is explained are those forecasts.
    series
        An id, a list of ids, or None for all. A series that the net doesn't model, or that is shorter than a window,
        has no attribution.
    horizon, quantile
        Which forecast: 1 is the first step ahead; a quantile is one of the net's own, such as 0.1 at level 80.
    method, tolerance, points, max_points
        As in :func:`~clearlstm.insight.attribution.attribute.attribute`.
    baseline
        "last" (the default of "integrated"): the series had stood still at its last value, its covariates as they are;
        "mean": the mean of the windows of the table that was fitted on, step by step; "zero": every input 0.

    The result has ``ids``, ``times`` and ``feature_names``. ``answer`` is the forecast itself, or its logarithm where
    ``units`` says so. Raises InputError for what can't be used.

    >>> import clearlstm as cl
    >>> f = cl.LSTMForecaster(h=2, max_steps=5).fit(cl.examples.stock_prices())
    >>> table = f.predict()
    >>> found = attribute_forecast(f, series="IBM")
    >>> found.units, found.by_step.shape, bool(np.isclose(np.exp(found.answer[0]), table["LSTM"][2]))
    (('log y',), (1, 20), True)
    """
    last = _last_forecast(forecaster)
    model, ids = forecaster.model_, _ids(last, series)
    windows = last_windows(model, last.panel)
    chosen = np.flatnonzero(np.isin(windows.ids.astype(str), ids))
    if (series is not None and len(chosen) < len(ids)) or not len(chosen):
        raise InputError(_why_not(last, sorted(set(ids) - set(windows.ids.astype(str))), model.settings.input_size))
    x, problem, rows = windows.x[chosen], *_origins(model, last.panel, windows.ids[chosen])
    starts = _starts(forecaster, x, default_baseline(method, "last") if baseline is None else baseline)
    k, q = _step_ahead(horizon, model.settings.h), _quantile(quantile, model.settings.quantiles)
    question = Question(
        tuple(member.network for member in model.members),
        np.full(len(x), x.shape[1], np.int64),
        _reader(model, k, q),
    )
    units = _units(model, problem, rows, k, forecaster.target_col)
    attribution = attributed(question, x, starts, method, Rule(tolerance, points, max_points), units)
    return replace(
        attribution,
        feature_names=windows.input_names,
        ids=windows.ids[chosen],
        times=last.panel.wall(windows.times[chosen]),
    )


def _last_forecast(forecaster: "LSTMForecaster") -> Forecast:
    """What ``predict`` gave last, if the forecaster is still the one that gave it."""
    from clearlstm.forecasting.forecaster import LSTMForecaster

    if not isinstance(forecaster, LSTMForecaster):
        raise InputError(f"the forecaster is a {type(forecaster).__name__}; of other models, attribute tells")
    last: Forecast | None = vars(forecaster).get("forecast_")
    if last is None:
        raise InputError("the forecaster hasn't predicted yet: call predict() first, its forecasts are explained")
    now = forecast(forecaster.model_, last.panel)
    if not np.array_equal(now.median, last.median, equal_nan=True):
        raise InputError("the forecaster was fitted again since its last predict(): call predict() again")
    return last


def _ids(last: Forecast, series: Any) -> list[str]:
    known = list(map(str, last.panel.ids))
    if series is None:
        return known
    wanted = [str(one) for one in ([series] if isinstance(series, str) or not np.iterable(series) else series)]
    if not wanted:
        raise InputError("series is empty; name an id or several, or leave it out for all")
    if unknown := sorted(set(wanted) - set(known)):
        raise InputError(f"series {unknown[0]!r} was not forecast; the last predict() was of {known[:10]}")
    return sorted(set(wanted))


def _why_not(last: Forecast, left_out: list[str], input_size: int) -> str:
    one = left_out[0]
    why = last.fallbacks.get(one, f"has fewer rows than a window, {input_size}")
    return f"series {one!r} {why}: its forecast can't be attributed to the steps of a window"


def _origins(model: ForecastModel, panel: "Panel", ids: Any) -> tuple[Problem, Rows]:
    """The problem, and the row at which each of the series ``ids`` (n,) was forecast, (n,)."""
    problem, last = last_origins(model, panel)
    place = {series_id: k for k, series_id in enumerate(panel.ids)}
    return problem, last[[place[series_id] for series_id in ids]]


def _step_ahead(horizon: int, h: int) -> int:
    whole = isinstance(horizon, (int, np.integer)) and not isinstance(horizon, bool)
    if not whole or not 1 <= horizon <= h:
        raise InputError(f"horizon is {horizon!r}; the forecaster says 1..{h} steps ahead")
    return int(horizon) - 1


def _quantile(quantile: float | Literal["median"], known: tuple[float, ...]) -> int:
    wanted = 0.5 if quantile == "median" else quantile
    if wanted not in known:
        raise InputError(f"quantile is {quantile!r}; the net's are {', '.join(f'{one:g}' for one in known)}")
    return known.index(float(wanted))


def _reader(model: ForecastModel, k: int, q: int) -> Read:
    """Quantile q of the correction k + 1 steps ahead, as :meth:`ForecastModel.scaled` makes it of a net's answer.

    The quantiles are sorted, and moved by the part of the median that the net hasn't earned.
    """
    h, Q, left_out = model.settings.h, len(model.settings.quantiles), model.earned[k] - 1

    def read(y: FloatArray, rows: Rows) -> tuple[FloatArray, FloatArray]:
        at = np.arange(len(rows))
        now = y.reshape(-1, h, Q)[:, k]
        order = np.argsort(now, axis=1)
        slope = np.zeros((len(rows), h, Q), y.dtype)
        # sorted_q + (earned_k − 1) sorted_median
        slope[at, k, order[:, q]] += 1
        slope[at, k, order[:, Q // 2]] += left_out
        quantile = now[at, order[:, q]] + left_out * now[at, order[:, Q // 2]].astype(np.float64)
        return quantile, slope.reshape(y.shape)

    return read


def _units(model: ForecastModel, problem: Problem, rows: Rows, k: int, target: str) -> AnswerUnits:
    # z_{t+k} = ẑ_{t+k} + size_k · correction
    series = problem.known.series(rows)
    base = problem.base_says(rows)[:, k]
    log = problem.table.transform.log[series]
    units = tuple(f"log {target}" if one else target for one in log)
    return AnswerUnits(problem.sizes.target[series, k], base, units, HELD_FIXED + _part_of_the_net(model, k))


def _part_of_the_net(model: ForecastModel, k: int) -> str:
    """How much the net has to say at all."""
    if model.kept_start:
        return " Training brought nothing, so the net says the same whatever the window: it accounts for nothing."
    earned = model.earned[k]
    return "" if earned == 1 else f" The net's point correction counts by {share(earned)}, here too."


def _starts(forecaster: "LSTMForecaster", x: FloatArray, baseline: str) -> Starts:
    if not isinstance(baseline, str):
        raise InputError(f"baseline is of type {type(baseline).__name__}; use 'last', 'mean' or 'zero'")
    if baseline == "zero":
        return for_all(np.zeros(x.shape[2]), x, "zero")
    if baseline == "last":
        still = x.copy()
        n_own = 3 + len(forecaster.model_.settings.seasons)
        # changes and distances from the last value are 0, and all of it is known
        still[:, :, : n_own - 1], still[:, :, n_own - 1] = 0, 1
        return for_each(still, "the series standing still at its last value")
    if baseline == "mean":
        problem = forecaster.model_.problem(forecaster.panel_)
        origins = problem.origins(0)
        windows = problem.x(thinned(origins, WINDOWS_AVERAGED / len(origins)))
        what = "the rows kept in the file" if forecaster.loaded_ else "the fitted table"
        return for_all(windows.mean(axis=0, dtype=np.float64), x, f"the mean of {len(windows)} windows of {what}")
    raise InputError(f"baseline is {baseline!r}; use 'last', 'mean' or 'zero'")
