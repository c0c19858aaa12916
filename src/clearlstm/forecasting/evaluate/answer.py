"""Forecasts of the future by any model of a comparison: a baseline, or the mean of several with the LSTM."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.errors import InputError
from clearlstm.forecasting.evaluate.backtest import base_forecast, model_columns
from clearlstm.forecasting.evaluate.combination import Combination, moved_to
from clearlstm.forecasting.evaluate.comparison import Comparison
from clearlstm.forecasting.model.forecast import Forecast
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.simple_forecasts import BASE, COMBINED, named_forecast
from clearlstm.shapes import FloatArray


def chosen(model: str, comparison: Comparison | None) -> str:
    """The name of the model that is asked for; "recommended" is what the comparison says."""
    if model != "recommended":
        return model
    if comparison is None or comparison.recommendation is None:
        raise InputError(
            "nothing is recommended, since too few cutoffs were compared: run cross_validation with at least 10 "
            "that don't overlap, or name a model"
        )
    return comparison.recommendation.name


def forecast_by(name: str, model: ForecastModel, panel: Panel) -> FloatArray:
    """Forecasts (S, h) from the last row of every series by the baseline called ``name``; "Base" is that of ``model``.

    A series from which it can't be made gets the last known value.
    """
    h, seasons = model.settings.h, model.settings.seasons
    if name != BASE:
        return named_forecast(panel, seasons, name, h)
    problem, last = model.problem(panel), panel.offsets[1:] - 1
    forecasts, possible = named_forecast(panel, seasons, "Naive", h), problem.askable(last, 0)
    forecasts[possible] = base_forecast(problem, last[possible])
    return forecasts


def forecast_columns(answers: Sequence[Forecast], steps: int) -> dict[str, FloatArray]:
    """Of each of ``answers`` its median and the ends of its intervals, the first ``steps`` steps, (S · steps,)."""
    columns: dict[str, FloatArray] = {}
    for answer in answers:
        columns |= model_columns(answer.name, answer.quantiles[:, :steps], answer.settings)
    return columns


def combined_forecast(
    of_lstm: Forecast, model: ForecastModel, panel: Panel, combination: Combination | None
) -> Forecast:
    """``of_lstm`` with its quantiles moved to where the median is the weighted mean of the models of ``combination``.

    A series that the net doesn't model keeps its forecast.
    """
    if combination is None:
        raise InputError(
            'there is nothing to combine: run cross_validation with baselines="auto", or with names of statistical '
            "models, first"
        )
    others = {
        name: named_forecast(panel, model.settings.seasons, name, model.settings.h) for name in combination.names[1:]
    }
    median = combination.mean(panel.places_in(combination.ids), {"LSTM": of_lstm.median, **others})
    log = model.problem(panel).table.transform.log
    moved = moved_to(of_lstm.quantiles, median, log, nonnegative=model.settings.nonnegative)
    kept = np.isin(panel.ids.astype(str), list(of_lstm.fallbacks))[:, None, None]
    return replace(of_lstm, quantiles=np.where(kept, of_lstm.quantiles, moved), name=COMBINED)
