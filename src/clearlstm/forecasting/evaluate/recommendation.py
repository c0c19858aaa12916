"""Which forecast to use: chosen on the earlier half of the cutoffs, and told how it did on the later ones.

A choice is always flattered by the data that it was made on. So its record is taken from cutoffs that come after all
values that the choice looked at. The table and the tests of a comparison choose nothing, and use all cutoffs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.forecasting.evaluate.backtest import base_forecast
from clearlstm.forecasting.model.net import ForecastModel
from clearlstm.forecasting.model.simple_forecasts import BASE, named_forecast
from clearlstm.shapes import FloatArray

MIN_DECIDING = 5
"""Fewer cutoffs than these decide nothing."""
SAME = "the same size"


@dataclass(frozen=True)
class Recommendation:
    """A model's name, why it is recommended, and its record.

    n_deciding and n_later are the cutoffs that decided and those on which its record stands; against is the model that
    it is measured by: the LSTM, or, if the LSTM is recommended, the best of the others. gain_deciding and gain_later:
    by what share its errors were smaller than that model's, None where only that model was never wrong.
    """

    name: str
    against: str
    n_deciding: int
    n_later: int
    gain_deciding: float | None
    gain_later: float | None

    @property
    def why(self) -> str:
        """In a sentence."""
        against = "the LSTM's" if self.against == "LSTM" else f"those of {self.against}, the best of the others"
        link = "as" if _words(self.gain_deciding) == SAME else "than"
        return (
            f"On the first {self.n_deciding} origins, which decided, its errors were {_words(self.gain_deciding)} "
            f"{link} {against}; on the last {self.n_later} they were {_words(self.gain_later)}."
        )


def recommend(losses: Mapping[str, FloatArray], horizon: int) -> Recommendation | None:
    """Choose from the losses of each model, (C,), one a cutoff in order of time; of equals the first in ``losses``.

    ``horizon`` is how many cutoffs a forecast reaches across. None below 10 cutoffs that don't overlap.
    """
    C = len(next(iter(losses.values())))
    first_later = C // 2
    n_deciding = first_later - horizon + 1  # the values that decide lie at or before the first later cutoff
    if n_deciding < MIN_DECIDING:
        return None
    early = {name: float(np.mean(values[:n_deciding])) for name, values in losses.items()}
    late = {name: float(np.mean(values[first_later:])) for name, values in losses.items()}
    name = min(early, key=lambda one: early[one])
    against = "LSTM" if name != "LSTM" else min((one for one in early if one != "LSTM"), key=lambda one: early[one])
    return Recommendation(
        name=name,
        against=against,
        n_deciding=n_deciding,
        n_later=C - first_later,
        gain_deciding=_gain(early[name], early[against]),
        gain_later=_gain(late[name], late[against]),
    )


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


def _gain(loss: float, reference: float) -> float | None:
    if reference > 0:
        return 1 - loss / reference
    return None if loss > 0 else 0.0


def _words(gain: float | None) -> str:
    if gain is None:
        return "larger"
    if abs(gain) < 0.0005:
        return SAME
    return f"{abs(gain):.1%} {'smaller' if gain > 0 else 'larger'}".replace("%", " %")
