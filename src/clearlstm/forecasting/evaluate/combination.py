"""The mean of the LSTM's forecasts and the statistical models', weighted a little by how each did before.

Different kinds of models err in different ways, and their mean errs less than most of them: the plain mean is hard to
beat (Clemen 1989; Smith & Wallis 2009, "A simple explanation of the forecast combination puzzle"). So weights stay near
equal while errors are alike. With r_sm the mean scaled error of model m on the n_s earlier cutoffs of series s, over
that of all models there, and q_m the same of all series together, one number a cutoff, on N of them,

    r̄_m = (N q_m + 1) / (N + 1)                    all series, shrunk towards equal
    r̃_sm = (n_s r_sm + 5 r̄_m) / (n_s + 5)           each series, shrunk towards all
    weight ∝ r̃_sm⁻⁸

A forecast takes only errors that were known at its cutoff, so it is judged like every other. So that the first
ones don't take all for equal, up to three cutoffs before them are looked at, too. The numbers were chosen on
series of the M3 competition and the development series of ``benchmarks/accuracy_data.py``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm.data.times import TimeArray
from clearlstm.data.windows import Rows
from clearlstm.shapes import FloatArray

EVIDENCE: Final = 5.0
"""So many cutoffs of a series' own count as much as what is usual."""

FLOOR: Final = 1e-9
"""Added to relative errors, so that one that is 0 takes nearly the whole weight."""


@dataclass(frozen=True)
class Combination:
    """What is known of M models called ``names`` on S series called ``ids``.

    errors (S, M): sums of their mean scaled errors on ``counts`` (S,) cutoffs; shared (M,): sums of the means over
    series, on ``n_cutoffs``.
    """

    names: tuple[str, ...]
    ids: npt.NDArray[np.object_]
    errors: FloatArray
    counts: FloatArray
    shared: FloatArray
    n_cutoffs: int

    @classmethod
    def of(cls, names: tuple[str, ...], ids: npt.NDArray[np.object_]) -> "Combination":
        """When nothing is known yet."""
        S, M = len(ids), len(names)
        return cls(names, ids, np.zeros((S, M)), np.zeros(S), np.zeros(M), 0)

    def seen(self, series: Rows, errors: FloatArray, n_cutoffs: int) -> "Combination":
        """With the errors (n, M) of windows of ``series`` (n,), of ``n_cutoffs`` more cutoffs."""
        if not len(series):
            return self
        sums, counts = self.errors.copy(), self.counts.copy()
        np.add.at(sums, series, errors)
        np.add.at(counts, series, 1)
        shared = self.shared + n_cutoffs * errors.mean(axis=0)
        return Combination(self.names, self.ids, sums, counts, shared, self.n_cutoffs + n_cutoffs)

    def weights(self, series: Rows) -> FloatArray:
        """How much each model counts in ``series`` (n,), −1 for one that isn't known: (n, M), 1 together."""
        known = (series >= 0)[:, None]
        own, n = np.where(known, self.counts[series][:, None], 0.0), self.n_cutoffs
        usual = (n * _relative(self.shared) + 1) / (n + 1)
        errors = (own * _relative(self.errors[series]) + EVIDENCE * usual) / (own + EVIDENCE) + FLOOR
        shares = (errors.min(axis=1, keepdims=True) / errors) ** 8
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def mean(self, series: Rows, forecasts: Mapping[str, FloatArray]) -> FloatArray:
        """The weighted mean (n, h) of ``forecasts``, each (n, h), of ``series`` (n,): of equal ones exactly that."""
        weights, first = self.weights(series), forecasts[self.names[0]]
        combined = first.copy()
        for m, name in enumerate(self.names[1:], start=1):
            combined += weights[:, m, None] * (forecasts[name] - first)
        return combined


def _relative(errors: FloatArray) -> FloatArray:
    """Errors (…, M) over the mean of all models; 1 where none was wrong."""
    mean = errors.mean(axis=-1, keepdims=True)
    return np.asarray(np.divide(errors, mean, out=np.ones_like(errors), where=mean > 0))


def combine_in_turn(
    start: Combination,
    forecasts: Mapping[str, FloatArray],
    errors: FloatArray,
    series: Rows,
    cutoffs: TimeArray,
    ends: TimeArray,
) -> tuple[FloatArray, Combination]:
    """The combined forecasts (W, h) of windows in order of cutoff, each from errors known by then; and what is known.

    ``forecasts`` (W, h) and scaled errors (W, M) are those of the models of ``start``; series, cutoffs and ``ends``
    (W,): the last times of the windows.
    """
    combined, known, taken = np.empty_like(forecasts[start.names[0]]), start, np.zeros(len(series), dtype=bool)
    for cutoff in np.unique(cutoffs):
        new = ~taken & (ends <= cutoff)
        known = known.seen(series[new], errors[new], len(np.unique(cutoffs[new])))
        taken |= new
        now = cutoffs == cutoff
        combined[now] = known.mean(series[now], {name: forecasts[name][now] for name in start.names})
    rest = ~taken
    return combined, known.seen(series[rest], errors[rest], len(np.unique(cutoffs[rest])))


def moved_to(
    quantiles: FloatArray, median: FloatArray, log: npt.NDArray[np.bool_], *, nonnegative: bool = False
) -> FloatArray:
    """Quantiles (n, h, Q) of a model, moved to where the median is ``median`` (n, h); by a factor where ``log`` (n,).

    A median that can't be reached by a factor is reached by a shift.
    """
    own, target = quantiles[:, :, quantiles.shape[2] // 2, None], median[:, :, None]
    by_factor = log[:, None, None] & (own > 0) & (target > 0)
    factor = np.divide(target, own, out=np.ones_like(own), where=by_factor)
    moved = np.where(by_factor, quantiles * factor, quantiles + (target - own))
    moved[:, :, quantiles.shape[2] // 2] = median
    return np.maximum(moved, 0) if nonnegative else moved
