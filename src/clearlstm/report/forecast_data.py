"""From a forecast, its comparison and the net's last windows to the data of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from clearlstm import __version__
from clearlstm.data.calendar import in_words
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.evaluate.comparison import Comparison
from clearlstm.forecasting.evaluate.verdict import Verdict, in_short
from clearlstm.forecasting.model.forecast import Forecast, LastWindows, last_windows
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.report.net_data import net_data, traces_data
from clearlstm.report.page_file import VERSION
from clearlstm.shapes import FloatArray

MAX_ROWS = 400
MAX_SERIES = 12


@dataclass(frozen=True)
class Findings:
    """All that a run of ``clearlstm forecast`` found; ``backtest`` and ``comparison`` are None if none was made.

    ``advised``: the name and the point forecasts (S, h) of the model that is to be used, where it isn't the one shown.
    """

    title: str
    source: str
    unit: str | None
    verdict: Verdict
    model: ForecastModel
    forecast: Forecast
    backtest: Backtest | None
    comparison: Comparison | None
    warnings: Sequence[str]
    advised: tuple[str, FloatArray] | None = None


def forecast_data(run: Findings, made: datetime) -> dict[str, Any]:
    """The JSON-able data of the page, at most 12 series and the last 400 rows of each."""
    series, left_out = series_data(run.forecast, run.unit, run.advised)
    return {
        "version": VERSION,
        "kind": "forecast",
        "title": run.title,
        "made": made.isoformat(timespec="seconds"),
        "clearlstm": __version__,
        "source": run.source,
        "verdict": {
            "headline": _unbroken(run.verdict.headline),
            "sentences": [_unbroken(sentence) for sentence in run.verdict.sentences],
        },
        "settings": _settings(run.model),
        "warnings": [*run.warnings, *left_out],
        "season_or_step": run.forecast.panel.frequency.sentence(),
        "series": series,
        "comparison": None if run.backtest is None else _comparison(run.backtest, run.comparison),
        "net": net_data(run.model.network),
        "traces": _traces(run),
    }


def _unbroken(sentence: str) -> str:
    """A number and its percent sign stay on one line."""
    return sentence.replace(" %", "\N{NO-BREAK SPACE}%")


def _settings(model: ForecastModel) -> list[list[Any]]:
    s = model.settings
    return [
        ["horizon", f"{s.h} steps"],
        ["window", f"{s.input_size} steps"],
        ["season", ", ".join(f"{season} steps" for season in s.seasons) or "none"],
        ["the net corrects", model.base.name],
        ["hidden units", s.hidden_size],
        ["training windows", model.n_training],
        ["validation windows, later than those", model.n_validation],
        ["updates", f"{0 if model.history is None else model.history.steps} of at most {s.max_steps}"],
        ["share of its correction that is used", _share_words(model)],
        ["calendar", _calendar_words(model)],
        ["intervals", model.interval_words],
        ["seed", s.seed],
    ]


def _calendar_words(model: ForecastModel) -> str:
    """Which parts of it the net looks at, and what they gave where that was tried."""
    trial = model.calendar_trial
    if trial is None:
        return in_words(model.settings.calendar) or "not looked at"
    used = "looked at" if trial.used else "too little or too unsure, so not looked at"
    return f"{trial.parts_words}: errors on later rows {trial.gain_words}; {used}"


def _share_words(model: ForecastModel) -> str:
    """One share, or the least and the most of all steps."""
    low, high = min(model.earned), max(model.earned)
    return f"{high:.0%}" if low == high else f"{low:.0%} to {high:.0%} by step"


def series_data(
    forecast: Forecast, unit: str | None, advised: tuple[str, FloatArray] | None = None
) -> tuple[list[dict[str, Any]], list[str]]:
    """Each series with its forecast, and a note where there are more of them than are shown."""
    count = min(len(forecast.panel), MAX_SERIES)
    notes = [f"Shown are the first {count} of {len(forecast.panel)} series."] if count < len(forecast.panel) else []
    return [_series(forecast, unit, advised, k) for k in range(count)], notes


def _series(forecast: Forecast, unit: str | None, advised: tuple[str, FloatArray] | None, k: int) -> dict[str, Any]:
    panel = forecast.panel
    part, series_id = panel.rows(k), str(panel.ids[k])
    why = forecast.fallbacks.get(series_id)
    ends = [(level, *forecast.interval(level)) for level in forecast.settings.levels]
    return {
        "id": series_id,
        "unit": unit,
        "ds": panel.texts(panel.times[part][-MAX_ROWS:]).tolist(),
        "y": _numbers(panel.values[part][-MAX_ROWS:]),
        "forecast": {
            "ds": panel.texts(forecast.times[k]).tolist(),
            "median": _numbers(forecast.median[k]),
            "intervals": [{"level": level, "lo": _numbers(lo[k]), "hi": _numbers(hi[k])} for level, lo, hi in ends],
            "advised": None if advised is None else {"name": advised[0], "median": _numbers(advised[1][k])},
        },
        "model": forecast.name if why is None else "Naive",
        "note": None if why is None else f"This series {why}: its last known value is repeated.",
    }


def _comparison(backtest: Backtest, comparison: Comparison | None) -> dict[str, Any] | None:
    if comparison is None:
        return None
    duels = {duel.baseline: duel for duel in comparison.duels}
    models = []
    for score in comparison.scores:
        duel = duels.get(score.name)
        models.append(
            {
                "name": score.name,
                "mae": score.mae,
                "mase": score.mase,
                "skill": None if duel is None else duel.skill,
                "interval": None if duel is None else duel.interval,
                "p_value": None if duel is None else duel.p_value,
                "verdict": None if duel is None else duel.judgement,
                "short": None if duel is None else in_short(duel),
            }
        )
    return {
        "n_origins": comparison.n_cutoffs,
        "first_cutoff": backtest.panel.text(backtest.cutoffs[0]),
        "last_cutoff": backtest.panel.text(backtest.cutoffs[-1]),
        "horizon": backtest.settings.h,
        "step_size": backtest.step_size,
        "models": models,
        "by_horizon": {score.name: list(score.by_horizon) for score in comparison.scores},
        "coverage": [
            {"level": one.level, "actual": one.coverage, "mean_width": one.mean_width} for one in comparison.intervals
        ],
        "series": [_backtest_series(backtest, int(k)) for k in np.unique(backtest.series)[:MAX_SERIES]],
    }


def _backtest_series(backtest: Backtest, k: int) -> dict[str, Any]:
    """The forecasts one step ahead of series ``k``."""
    rows = np.flatnonzero(backtest.series == k)[-MAX_ROWS:]
    return {
        "id": str(backtest.panel.ids[k]),
        "cutoff": backtest.panel.texts(backtest.cutoffs[rows]).tolist(),
        "ds": backtest.panel.texts(backtest.times[rows, 0]).tolist(),
        "y": _numbers(backtest.y[rows, 0]),
        "forecasts": {name: _numbers(values[rows, 0]) for name, values in backtest.forecasts.items()},
    }


def _traces(run: Findings) -> list[dict[str, Any]]:
    """Gates and memories of the last window of each series that the net models."""
    windows = shown_windows(run)
    if not len(windows.ids):
        return []
    ids, ds = [str(series_id) for series_id in windows.ids], run.forecast.panel.texts(windows.times).tolist()
    return traces_data(run.model.network, windows.x, ids, ds, windows.input_names)


def shown_windows(run: Findings) -> LastWindows:
    """The last windows of the series that are shown, of those that the net models."""
    panel = run.forecast.panel
    return last_windows(run.model, panel.take(np.arange(min(len(panel), MAX_SERIES))))


def _numbers(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
