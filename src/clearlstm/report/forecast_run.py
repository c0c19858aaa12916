"""What ``clearlstm forecast`` and the lab do with a forecaster: make it, choose origins, compare, gather findings."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.source import Source
from clearlstm.errors import DataError
from clearlstm.forecasting.evaluate.answer import forecast_by
from clearlstm.forecasting.evaluate.comparison import Comparison
from clearlstm.forecasting.evaluate.significance import MIN_CUTOFFS
from clearlstm.forecasting.evaluate.verdict import no_verdict, verdict
from clearlstm.forecasting.fit.refits import OnFit
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.simple_forecasts import COMBINED
from clearlstm.forecasting.model.statsforecast_baselines import Baselines, installed
from clearlstm.forecasting.notices import warn
from clearlstm.forecasting.options import as_freq
from clearlstm.forecasting.settings import USUAL_HORIZON, usual_horizon
from clearlstm.report.forecast_data import Findings
from clearlstm.shapes import FloatArray

MAX_WINDOWS = 260
FEWEST_APART = 10
"""Origins a horizon apart below which they are taken closer: fewer recommend nothing. At most 29 are, since those that
overlap are too alike to be tested as if they were so many."""
BACKTEST_SHARE = 0.4
BACKTEST_FITS = 3


def forecaster_for(source: Source, given: Mapping[str, Any], **others: Any) -> tuple[LSTMForecaster, Panel]:
    """One with the options that are ``given`` by name (None: as by default) and ``others``, and the table as it reads.

    Without ``h`` it forecasts a season, where there is one.
    """
    arguments = {name: value for name, value in given.items() if value is not None}
    columns = {"id_col": source.columns.id, "time_col": source.columns.time, "target_col": source.columns.target}
    arguments = {"h": USUAL_HORIZON, **arguments, "freq": as_freq(given.get("freq"))}
    forecaster = LSTMForecaster(**arguments | columns | others, progress=True)
    panel = forecaster.read(source.table)
    if given.get("h") is None:
        forecaster.h = usual_horizon(panel, forecaster.season_length)
    return forecaster, panel


def origins_for(
    forecaster: LSTMForecaster, panel: Panel, n_windows: int | None = None, step_size: int | None = None
) -> tuple[int, int]:
    """How many origins to compare on, and how many rows apart: what was given, the rest by the room that there is.

    They are a horizon apart, and as many as two fifths of the steps hold, 260 at most; closer, where too few would fit.
    """
    settings = forecaster.settings(panel)
    steps, h = len(np.unique(panel.times)), settings.h
    room = steps - settings.input_size - h
    between = room - h  # the first and the last origin, at most: before the first, a window and its targets are needed
    if n_windows is not None:
        return n_windows, max(1, min(h, between // max(n_windows - 1, 1))) if step_size is None else step_size
    room = min(room, int(BACKTEST_SHARE * steps))
    if step_size is None:
        step_size = h if room // h >= FEWEST_APART else max(1, -(-room // (MIN_CUTOFFS - 1)))
    return max(0, min(MAX_WINDOWS, room // step_size, between // step_size + 1)), step_size


def number_of_fits(n_windows: int) -> int:
    """How many trainings a comparison on ``n_windows`` origins takes; the one for the forecast is not among them."""
    return -(-n_windows // _refit(n_windows))


def compare(
    forecaster: LSTMForecaster,
    source: Source,
    n_windows: int,
    step_size: int,
    *,
    required: bool,
    baselines: Baselines = "auto",
    on_fit: OnFit | None = None,
) -> str | None:
    """Compare on so many past origins so many rows apart, with at most three fits; return why it wasn't done, or None.

    With ``required`` their number was given, and what can't be done raises instead.
    """
    if not n_windows:
        return "that was not asked for" if required else "there are too few rows"
    how: dict[str, Any] = {"step_size": step_size, "refit": _refit(n_windows), "on_fit": on_fit}
    try:
        forecaster.cross_validation(source.table, n_windows=n_windows, baselines=baselines, **how)
    except DataError as error:
        if required:
            raise
        return str(error)
    return None


def best_answer(forecaster: LSTMForecaster, *, compared: bool = True) -> str:
    """The model whose forecasts are the answer: where statistical ones took part in the comparison, all combined."""
    if not compared or forecaster.combination_ is None:
        return "LSTM"
    if installed():
        return COMBINED
    warn(
        f"the forecaster's own answer is {COMBINED}, its mean with {' and '.join(forecaster.combination_.names[1:])}, "
        "and those need the extra baselines (pip install 'clearlstm[baselines]'): these are the LSTM's alone"
    )
    return "LSTM"


def findings_so_far(forecaster: LSTMForecaster) -> Findings:
    """The same of a fitted forecaster, which predicts if it has not yet; compared or not."""
    if "forecast_" not in vars(forecaster):
        forecaster.predict()
    forecast, comparison = forecaster.forecast_, vars(forecaster).get("comparison_")
    why_not = "cross_validation() was not called"
    return Findings(
        title=f"Forecast of {forecast.settings.h} steps",
        source=f"{len(forecast.panel):,} series, {len(forecast.panel.values):,} rows",
        unit=None,
        verdict=no_verdict(why_not) if comparison is None else verdict(comparison, "value"),
        model=forecaster.model_,
        forecast=forecast,
        backtest=None if comparison is None else forecaster.backtest_,
        comparison=comparison,
        warnings=forecast.panel.notes,
    )


def _refit(n_windows: int) -> int:
    """Origins that share a fit."""
    return max(1, -(-n_windows // BACKTEST_FITS))


def findings(
    forecaster: LSTMForecaster, source: Source, panel: Panel, *, why_not: str | None, warnings: Sequence[str]
) -> Findings:
    """All that a fitted forecaster, which has predicted, found; ``why_not`` says why nothing was compared."""
    comparison = None if why_not else forecaster.comparison_
    return Findings(
        title=f"Forecast of {forecaster.h} steps",
        source=source.name,
        unit=source.unit,
        verdict=no_verdict(why_not or "") if comparison is None else verdict(comparison, source.noun),
        model=forecaster.model_,
        forecast=forecaster.forecast_,
        backtest=None if comparison is None else forecaster.backtest_,
        comparison=comparison,
        warnings=[*source.notes, *panel.notes, *dict.fromkeys(warnings)],
        advised=None if comparison is None else _advised(forecaster, comparison),
    )


def _advised(forecaster: LSTMForecaster, comparison: Comparison) -> tuple[str, FloatArray] | None:
    """The forecasts (S, h) of what the verdict says to use, where others are shown."""
    advice = comparison.recommendation
    shown = forecaster.forecast_
    if advice is None or advice.name in (COMBINED, shown.name):
        return None
    if advice.name == "LSTM":
        return "LSTM", np.asarray(forecaster.predicted_["LSTM"], dtype=np.float64).reshape(shown.median.shape)
    return advice.name, forecast_by(advice.name, forecaster.model_, forecaster.panel_)
