"""Train on a table, compare, forecast: as ``clearlstm forecast`` does, with news for the page as it goes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.data.source import Source, example_source
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.forecast import last_origins, last_windows
from clearlstm.forecasting.options import OPTIONS
from clearlstm.lab.tasks import saved_job
from clearlstm.lab.tasks.progress import News, TrainingProgress
from clearlstm.lab.tasks.table import read_upload, source_of
from clearlstm.report.forecast_data import MAX_SERIES, forecast_data
from clearlstm.report.forecast_run import (
    best_answer,
    compare,
    findings,
    forecaster_for,
    number_of_fits,
    origins_for,
)
from clearlstm.shapes import FloatArray
from clearlstm.training.progress import listening

BATCH_WINDOWS: Final = 256


def forecast(
    task: Mapping[str, Any], table: tuple[Path, str] | None, checkpoints: Path, folder: Path, news: News
) -> dict[str, Any]:
    """The result of a forecast task; ``table`` is an uploaded file and its name, None for a bundled one.

    What ``inside`` will need is kept in ``folder``.
    """
    news.phase("Reading the table")
    source = _source(task, table)
    options = {name: task.get(name) for name in OPTIONS} | {"dayfirst": (task.get("roles") or {}).get("dayfirst")}
    with news.warnings() as caught:
        forecaster, panel = forecaster_for(source, options, checkpoint=checkpoints)
        why_not = _train(forecaster, source, panel, task, news)
        news.phase("Forecasting")
        forecaster.predict(model=best_answer(forecaster, compared=not why_not))
    news.phase("Looking inside")
    result = findings(forecaster, source, panel, why_not=why_not, warnings=caught)
    saved_job.write(forecaster, _many_windows(forecaster), folder)
    return forecast_data(result, datetime.now(UTC))


def _source(task: Mapping[str, Any], table: tuple[Path, str] | None) -> Source:
    if table is None:
        return example_source(task["table"])
    path, name = table
    return source_of(read_upload(path, name), name, task.get("roles") or {})


def _train(forecaster: LSTMForecaster, source: Source, panel: Panel, task: Mapping[str, Any], news: News) -> str | None:
    """Compare on past origins and fit on everything; return why nothing was compared, or None."""
    wanted = task.get("windows")
    n_windows, step_size = origins_for(forecaster, panel, wanted)
    progress = TrainingProgress(news, number_of_fits(n_windows) + 1)

    def on_fit(number: int, of: int, rows: Panel) -> None:
        progress.next_fit(f"Training for the comparison, {number} of {of}, on rows up to {_last(rows)}")

    with listening(progress.step):
        why_not = compare(forecaster, source, n_windows, step_size, required=wanted is not None, on_fit=on_fit)
        progress.next_fit(f"Training for the forecast, on all rows, up to {_last(panel)}")
        forecaster.fit(source.table)
    return why_not


def _last(panel: Panel) -> str:
    return panel.text(panel.times.max())


def _many_windows(forecaster: LSTMForecaster) -> FloatArray:
    """The windows of the traces, (n, T, F), and others spread evenly over the data, so that units can be compared."""
    panel, model = forecaster.forecast_.panel, forecaster.model_
    first = last_windows(model, panel.take(np.arange(min(len(panel), MAX_SERIES)))).x
    problem, last = last_origins(model, panel)
    rows = np.arange(len(problem.panel.values))
    rows = rows[problem.askable(rows, 0)]
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), BATCH_WINDOWS)).astype(np.int64)] if len(rows) else last
    return np.concatenate([first, problem.x(rows)]) if len(first) else problem.x(rows)
