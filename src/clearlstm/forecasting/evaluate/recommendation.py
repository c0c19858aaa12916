"""Which forecast to use: chosen on the earlier half of the cutoffs, and told how it did on the later ones.

A choice is always flattered by the data that it was made on. So its record is taken from cutoffs that come after all
values that the choice looked at. Of models that are alike, within 2 % of the best, the simplest is chosen. Where on the
later half it is behind what it is measured by for more than that, the choice is made anew, on both halves, and has no
record of its own. The table and the tests of a comparison choose nothing, and use all cutoffs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearlstm.forecasting.model.simple_forecasts import BASE, COMBINED, SIMPLE
from clearlstm.forecasting.model.statsforecast_baselines import AUTO_MODELS
from clearlstm.judging import EQUIVALENT_WITHIN
from clearlstm.shapes import FloatArray

MIN_DECIDING = 5
"""Fewer cutoffs than these decide nothing."""
SAME = "the same size"
BY_SIMPLICITY: Final = (*SIMPLE, BASE, *AUTO_MODELS, "LSTM", COMBINED)
"""The simplest first; a seasonal forecast may have its season in its name."""


@dataclass(frozen=True)
class Recommendation:
    """A model's name, why it is recommended, and its record.

    n_deciding and n_later are the cutoffs that decided and those on which its record stands; against is the model that
    it is measured by: the LSTM, or, if the LSTM is recommended, the best of the others. gain_deciding and gain_later:
    by what share its errors were smaller than that model's, None where only that model was never wrong. instead_of is
    the choice of the deciding cutoffs, if the later ones contradicted it; tied: another had a little less error.
    """

    name: str
    against: str
    n_deciding: int
    n_later: int
    gain_deciding: float | None
    gain_later: float | None
    instead_of: str | None = None
    tied: bool = False

    @property
    def why(self) -> str:
        """In a sentence."""
        against = "the LSTM's" if self.against == "LSTM" else f"those of {self.against}, the best of the others"
        link = "as" if _words(self.gain_deciding) == SAME else "than"
        decided = "" if self.instead_of else ", which decided,"
        record = (
            f"On the first {self.n_deciding} origins{decided} its errors were {_words(self.gain_deciding)} "
            f"{link} {against}; on the last {self.n_later} they were {_words(self.gain_later)}."
        )
        if self.tied:
            record += " It is the simplest of those within 2 % of the best."
        if self.instead_of is None:
            return record
        first = "the LSTM" if self.instead_of == "LSTM" else self.instead_of
        return f"{record} By the first alone it would have been {first}, which did worse on the last."


def recommend(losses: Mapping[str, FloatArray], horizon: int) -> Recommendation | None:
    """Choose from the losses of each model, (C,), one a cutoff in order of time.

    ``horizon`` is how many cutoffs a forecast reaches across. None below 10 cutoffs that don't overlap.
    """
    C = len(next(iter(losses.values())))
    first_later = C // 2
    n_deciding = first_later - horizon + 1  # the values that decide lie at or before the first later cutoff
    if n_deciding < MIN_DECIDING:
        return None
    early = {name: float(np.mean(values[:n_deciding])) for name, values in losses.items()}
    late = {name: float(np.mean(values[first_later:])) for name, values in losses.items()}
    decisive, first = early, _simplest_of_best(early)
    name = first
    if late[name] > (1 + EQUIVALENT_WITHIN) * late[_rival(early, name)]:
        both = {one: float(np.mean([*losses[one][:n_deciding], *losses[one][first_later:]])) for one in losses}
        decisive, name = both, _simplest_of_best(both)
    against = _rival(early, name)
    return Recommendation(
        name=name,
        against=against,
        n_deciding=n_deciding,
        n_later=C - first_later,
        gain_deciding=_gain(early[name], early[against]),
        gain_later=_gain(late[name], late[against]),
        instead_of=first if first != name else None,
        tied=decisive[name] > min(decisive.values()),
    )


def _rival(early: Mapping[str, float], name: str) -> str:
    """What ``name`` is measured by: the LSTM, or the best of the others."""
    return "LSTM" if name != "LSTM" else min((one for one in early if one != "LSTM"), key=lambda one: early[one])


def _simplest_of_best(losses: Mapping[str, float]) -> str:
    """The simplest of those within 2 % of the least loss."""
    best = min(losses.values())
    alike = [name for name, loss in losses.items() if loss <= (1 + EQUIVALENT_WITHIN) * best]
    return min(alike, key=lambda name: BY_SIMPLICITY.index(name.partition("-")[0]))


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
