"""From a forecast, its comparison and the net's last windows to the data of its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm import __version__
from clearlstm.data.calendar import in_words
from clearlstm.data.panel import Panel
from clearlstm.forecasting.evaluate.backtest import Backtest
from clearlstm.forecasting.evaluate.comparison import Comparison
from clearlstm.forecasting.evaluate.verdict import Verdict, in_short
from clearlstm.forecasting.model.forecast import Forecast, LastWindows, last_windows
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.report.answers_data import answers_data
from clearlstm.report.net_data import net_data, traces_data
from clearlstm.report.page_file import VERSION
from clearlstm.shapes import FloatArray
from clearlstm.training.history import History

MAX_ROWS = 400
MAX_SERIES = 12
MAX_POINTS = 200


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
        "training": None if run.model.history is None else training_data(run.model.history),
        "net": net_data(run.model.network),
        "traces": _traces(run),
    }


def training_data(history: History) -> dict[str, Any]:
    """The course of a training: of each stretch up to a validation its mean loss, and the validation's; 200 at most."""
    starts = [0, *(step for step, _ in history.validations)]
    curve = [
        {"step": step, "loss": float(np.mean(history.losses[start:step])), "validation": loss}
        for start, (step, loss) in zip(starts, history.validations, strict=False)
    ]
    every = -(-len(curve) // MAX_POINTS) or 1
    return {"curve": curve[::every], "best_step": history.best_step, "steps": history.steps}


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
        ["windows an update", s.batch_size],
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


def known_series(panel: Panel) -> list[dict[str, Any]]:
    """The last rows of the first series of a table."""
    return [_known(panel, k) for k in range(min(len(panel), MAX_SERIES))]


def _known(panel: Panel, k: int) -> dict[str, Any]:
    part = panel.rows(k)
    return {
        "id": str(panel.ids[k]),
        "ds": panel.texts(panel.times[part][-MAX_ROWS:]).tolist(),
        "y": _numbers(panel.values[part][-MAX_ROWS:]),
    }


def _series(forecast: Forecast, unit: str | None, advised: tuple[str, FloatArray] | None, k: int) -> dict[str, Any]:
    panel = forecast.panel
    series_id = str(panel.ids[k])
    why = forecast.fallbacks.get(series_id)
    ends = [(level, *forecast.interval(level)) for level in forecast.settings.levels]
    return {
        **_known(panel, k),
        "unit": unit,
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
    """The last rows of series ``k``, each with what was forecast from the last origin before it."""
    windows, panel = np.flatnonzero(backtest.series == k), backtest.panel
    windows = windows[np.argsort(backtest.rows[windows])]
    origins = backtest.rows[windows]
    rows = np.arange(origins[0], origins[-1] + backtest.settings.h + 1)[-MAX_ROWS:]
    before = np.searchsorted(origins, rows) - 1  # −1: the first origin itself, or what lies before it
    steps = rows - origins[before] - 1
    said = (before >= 0) & (steps < backtest.settings.h)
    window, steps = windows[before[said]], steps[said]
    return {
        "id": str(panel.ids[k]),
        "cutoff": _at(said, panel.texts(backtest.cutoffs[window])),
        "ds": panel.texts(panel.times[rows]).tolist(),
        "y": _numbers(panel.values[rows]),
        "forecasts": {name: _at(said, values[window, steps]) for name, values in backtest.forecasts.items()},
    }


def _at(places: npt.NDArray[np.bool_], values: Any) -> list[Any]:
    """``values`` at ``places``, and None elsewhere."""
    given = iter(np.asarray(values).tolist())
    return [next(given) if place else None for place in places]


def _traces(run: Findings) -> list[dict[str, Any]]:
    """Gates and memories of the last window of each series that the net models."""
    windows = shown_windows(run)
    if not len(windows.ids):
        return []
    ids, ds = [str(series_id) for series_id in windows.ids], run.forecast.panel.texts(windows.times).tolist()
    traces = traces_data(run.model.network, windows.x, ids, ds, windows.input_names)
    told = answers_data(run.model, shown_panel(run.forecast.panel))
    return [trace | {"forecast": one} for trace, one in zip(traces, told, strict=True)]


def shown_windows(run: Findings) -> LastWindows:
    """The last windows of the series that are shown, of those that the net models."""
    return last_windows(run.model, shown_panel(run.forecast.panel))


def shown_panel(panel: Panel) -> Panel:
    """The series that are shown of all."""
    return panel.take(np.arange(min(len(panel), MAX_SERIES)))


def _numbers(values: Any) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
