"""A fitted net with all that it needs to be asked about any panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.data.calendar import in_words
from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.windows import Rows
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.blend import Blend
from clearlstm.forecasting.model.covariates import Encoding
from clearlstm.forecasting.model.intervals import Calibration, moved_from_median, widen
from clearlstm.forecasting.model.problem import Problem, input_names
from clearlstm.forecasting.model.recent import earlier_origins, recent_sizes
from clearlstm.forecasting.model.sizes import Sizes, measure
from clearlstm.forecasting.settings import Settings
from clearlstm.network.model import Network
from clearlstm.network.subject import Corrects, Subject
from clearlstm.shapes import FloatArray
from clearlstm.training.history import History

ROWS_AT_ONCE, ROWS_IN_PART = 1024, 2**14
"""Origins that a net is asked at together, and those whose intervals are made together."""


class CalendarTrial(NamedTuple):
    """The ``parts`` of the calendar that were tried, the share of errors that they took away, and whether they stay."""

    parts: tuple[str, ...]
    gain: float
    used: bool

    @property
    def parts_words(self) -> str:
        """Such as "time of day, day of week"."""
        return in_words(self.parts)

    @property
    def gain_words(self) -> str:
        """Such as "4.9 % smaller"."""
        if round(self.gain, 3) == 0:
            return "the same"
        return f"{100 * abs(self.gain):.1f} % {'smaller' if self.gain > 0 else 'larger'}"


@dataclass(frozen=True)
class Member:
    """One net of an ensemble.

    history
        The course of training; None if there were too few windows to hold some back for validation: then there is none.
    kept_start
        Training brought nothing on the validation part, so the net answers as at its start: the base, and the usual
        errors of the base.
    checkpoint
        The file that training left, if it was asked to leave one.
    """

    network: Network
    history: History | None
    kept_start: bool
    checkpoint: Path | None


@dataclass(frozen=True)
class ForecastModel:
    """What a fit leaves behind.

    ids (S,) are the series that it was fitted on, ``transform`` and ``sizes`` theirs.

    members
        The nets, trained from different seeds; their answer is the mean of their quantiles.
    earned
        The share of the nets' point correction that is used at each of the h steps, 0 … 1: see ``fit/earning.py``.
    encoding
        How covariates become inputs; None if there are none.
    calibration
        What makes the intervals conformal; None if the net's own quantiles are the intervals.
    calendar_gain
        By what share the calendar made the point forecast's errors smaller on later origins; None if it was not tried.
    tried_checkpoint
        The file that the training of a net left that was tried and not taken.
    """

    members: tuple[Member, ...]
    settings: Settings
    base: Base | Blend
    ids: npt.NDArray[np.object_]
    transform: Transform
    sizes: Sizes
    n_training: int
    n_validation: int
    earned: tuple[float, ...]
    calibration: Calibration | None = None
    encoding: Encoding | None = None
    calendar_gain: float | None = None
    tried_checkpoint: Path | None = None

    @property
    def network(self) -> Network:
        """The first net."""
        return self.members[0].network

    @property
    def history(self) -> History | None:
        """The course of the first net's training."""
        return self.members[0].history

    @property
    def kept_start(self) -> bool:
        """Whether training brought nothing to any net."""
        return all(member.kept_start for member in self.members)

    @property
    def interval_words(self) -> str:
        """What the intervals are made of."""
        if self.calibration is not None:
            return self.calibration.sentence()
        return "the base's past errors" if self.history is None else "the net's own quantiles"

    @property
    def calendar_trial(self) -> CalendarTrial | None:
        """What came of trying the calendar; None where it was not tried."""
        if self.calendar_gain is None:
            return None
        return CalendarTrial(self.settings.calendar_tried, self.calendar_gain, bool(self.settings.calendar))

    def subject(self) -> Subject:
        """What can be looked into: the first net, which answers with quantiles of the scaled corrections."""
        h, Q = self.settings.h, len(self.settings.quantiles)
        names = input_names(self.settings, self.base, () if self.encoding is None else self.encoding.input_names(h))
        return Subject(
            self.network,
            "forecaster",
            names,
            corrects=Corrects(self.base.name, self.earned),
            point=lambda answers: np.sort(answers.reshape(-1, h, Q), axis=2)[:, :, Q // 2],
        )

    def problem(self, panel: Panel) -> Problem:
        """Put ``panel`` to the net. Series that it was fitted on keep their sizes; new ones get those of their past."""
        at = panel.places_in(self.ids)
        fitted = at >= 0
        chosen = Transform.choose(panel.values, panel.offsets, self.settings.transform)
        log = np.where(fitted, self.transform.log[at], chosen.log)
        table, sizes = Transformed(panel, Transform(log)), self.sizes.take(at)
        if not fitted.all():
            sizes = sizes.where(fitted, measure(table, self.settings, self.base, profile=self.sizes.profile))
        inputs = None if self.encoding is None else self.encoding.inputs(panel, self.settings.h)
        return Problem(table, self.settings, self.base, sizes, inputs)

    def quantiles(self, problem: Problem, rows: Rows) -> FloatArray:
        """Forecasts from the origins ``rows`` (n,): (n, h, Q), ordered as ``settings.quantiles``, never crossing."""
        places, order = problem.panel.places_in(self.ids), np.argsort(rows, kind="stable")
        quantiles = np.empty((len(rows), self.settings.h, len(self.settings.quantiles)))
        for start in range(0, len(rows), ROWS_IN_PART):
            part = order[start : start + ROWS_IN_PART]
            quantiles[part] = self._quantiles(self.prepared(problem, rows[part]), rows[part], places)
        return quantiles

    def prepared(self, problem: Problem, rows: Rows) -> Problem:
        """``problem`` with all that the base says to forecasts from ``rows`` (n,) worked out once."""
        if self.calibration is None or self.calibration.usual is None:
            return problem.prepared(rows)
        return problem.prepared(np.append(rows, earlier_origins(problem, rows)))

    def _quantiles(self, problem: Problem, rows: Rows, places: Rows) -> FloatArray:
        scaled = self.scaled(problem, rows)
        if self.calibration is not None:
            ends = [self.settings.interval(level) for level in self.settings.levels]
            widened = widen(scaled, self.calibration.margins(places[problem.known.series(rows)]), ends)
            if self.calibration.usual is not None:
                sizes = recent_sizes(problem, rows, self.calibration.usual)
                widened = moved_from_median(widened, scaled, sizes)
            scaled = widened
        return problem.values(rows, scaled)

    def scaled(self, problem: Problem, rows: Rows) -> FloatArray:
        """The net's own quantiles of the scaled correction, its point correction as far as it was earned: (n, h, Q)."""
        return tempered(mean_answers(self.members, problem, rows), self.earned)


def mean_answers(members: Sequence[Member], problem: Problem, rows: Rows) -> FloatArray:
    """The mean of the members' scaled quantiles, (n, h, Q), rising (Vincent 1912)."""
    total = answers(members[0].network, problem, rows)
    for member in members[1:]:
        total += answers(member.network, problem, rows)
    return total / len(members)


def answers(network: Network, problem: Problem, rows: Rows) -> FloatArray:
    """The net's scaled quantiles, (n, h, Q), rising: those that it gives in the wrong order are sorted.

    Sorting never makes the quantile loss larger (Chernozhukov, Fernández-Val & Galichon 2010).
    """
    h, Q = problem.settings.h, len(problem.settings.quantiles)
    quantiles = np.empty((len(rows), h, Q))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        quantiles[part] = network(problem.x(rows[part])).reshape(-1, h, Q)
    return np.sort(quantiles, axis=2)


def tempered(quantiles: FloatArray, earned: Sequence[float]) -> FloatArray:
    """Quantiles (n, h, Q) moved, all of a step by the same, to where the median is ``earned`` (h,) of what it was."""
    median = quantiles[:, :, quantiles.shape[2] // 2, None]
    return quantiles + (np.asarray(earned)[:, None] - 1) * median
