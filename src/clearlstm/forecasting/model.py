"""A fitted net with all that it needs to be asked about any panel."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform
from clearlstm.forecasting.problem import Base, Problem, Rows, Sizes, measure
from clearlstm.forecasting.settings import Settings
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from clearlstm.training.history import History

ROWS_AT_ONCE = 1024


@dataclass(frozen=True)
class ForecastModel:
    """What a fit leaves behind.

    ids (S,) are the series that it was fitted on, ``transform`` and ``sizes`` theirs.

    kept_start
        Training brought nothing on the validation part, so the net answers as at its start: the base, and the usual
        errors of the base.
    history
        The course of training; None if there were too few windows to hold some back for validation: then there is none.
    trust
        The share of the net's point correction, 0 … 1, that did best on the validation part; 0 without one.
    checkpoint
        The file that training left, if it was asked to leave one.
    """

    network: Network
    settings: Settings
    base: Base
    ids: npt.NDArray[np.object_]
    transform: Transform
    sizes: Sizes
    history: History | None
    n_training: int
    n_validation: int
    kept_start: bool
    trust: float
    checkpoint: Path | None

    def problem(self, panel: Panel) -> Problem:
        """Put ``panel`` to the net. Series that it was fitted on keep their sizes; new ones get those of their past."""
        place = {series_id: k for k, series_id in enumerate(self.ids)}
        at = np.array([place.get(series_id, -1) for series_id in panel.ids], dtype=np.int64)
        fitted = at >= 0
        log = np.where(fitted, self.transform.log[at], Transform.choose(panel.values, panel.offsets).log)
        transform, sizes = Transform(log), self.sizes.take(at)
        if not fitted.all():
            z = transform.forward(panel.values, panel.row_series)
            sizes = sizes.where(fitted, measure(z, panel.offsets, self.settings, self.base))
        return Problem(panel, self.settings, self.base, transform, sizes)

    def quantiles(self, problem: Problem, rows: Rows) -> FloatArray:
        """Forecasts from the origins ``rows`` (n,): (n, h, Q), ordered as ``settings.quantiles``, never crossing."""
        return problem.values(rows, trusted(answers(self.network, problem, rows), self.trust))


def answers(network: Network, problem: Problem, rows: Rows) -> FloatArray:
    """The net's scaled quantiles, (n, h, Q), rising: those that it gives in the wrong order are sorted.

    Sorting never makes the quantile loss larger (Chernozhukov, Fernández-Val & Galichon 2010).
    """
    h, Q = problem.settings.h, len(problem.settings.quantiles)
    found = np.empty((len(rows), h, Q))
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        found[part] = network(problem.x(rows[part])).reshape(-1, h, Q)
    return np.sort(found, axis=2)


def trusted(quantiles: FloatArray, trust: float) -> FloatArray:
    """Quantiles (n, h, Q) moved, all by the same, to where their median is ``trust`` times what it was."""
    median = quantiles[:, :, quantiles.shape[2] // 2, None]
    return quantiles + (trust - 1) * median
