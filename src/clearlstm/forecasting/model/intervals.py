"""Conformal intervals: the net's own quantiles, moved outward or inward by how far they missed on later origins.

On calibration origins i, which lie later than all that the net was trained on, and for each horizon k and level 1 − α,

    E_i = max(lo_i − y_i, y_i − hi_i)                      how far y lay outside (> 0) or inside (< 0) its interval
    lo' = lo − Q,   hi' = hi + Q,                          Q the ⌈(1 − α)(1 + 1/m) n⌉-th smallest of the n scores E_i

(Romano, Patterson & Candès 2019, "Conformalized quantile regression", eq. 6–8, where m = n). Everything is in units of
the series' own size_k and of how large errors have been of late (:mod:`~.recent`): the y of an origin is moved towards
the median by that before it is scored, the interval away from it. So scores of several series can be pooled.

Two things keep this from being a guarantee, and it is never called one. Forecasts k steps ahead from neighbouring
origins overlap: n origins in a row hold about n/k separate stretches, so m = ⌈n/k⌉ takes the place of n in the
correction for a finite sample. And the future need not be like the past: under drift, by option, α follows what is
missed (Gibbs & Candès 2021, "Adaptive conformal inference under distribution shift", eq. 2):

    α_{t+1} = α_t + γ (α − err_t)                          err_t = 1 where the interval missed, else 0
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

Rows: TypeAlias = npt.NDArray[np.int64]
Ends: TypeAlias = Sequence[tuple[int, int]]
"""Where the lower and the upper end of each level stand among Q quantiles, the innermost level first."""

ADAPTATION_RATE: Final = 0.01
"""γ: twice what Gibbs & Candès use for daily prices, so that a hundred misses in a row are more than enough."""

KEPT_STRETCHES: Final = 40
"""While new scores come in, a series keeps at least this many horizons' worth of them: enough for 95 %."""

OWN: Final = 2
"""A series is calibrated by its own scores where it has so many times those that the widest level needs."""

ROUNDING: Final = 1e-9


def needed(level: float) -> int:
    """The fewest separate scores that carry an interval of ``level`` percent: ⌈1/α⌉ − 1.

    >>> [needed(level) for level in (50, 80, 95, 99)]
    [1, 4, 19, 99]
    """
    return max(1, math.ceil(level / (100 - level) - ROUNDING))


def stretches(counts: Rows, h: int) -> Rows:
    """How many separate stretches of k = 1 … h steps ``counts`` (S,) origins hold at least, ⌈n/k⌉: (S, h)."""
    return -(-counts[:, None] // np.arange(1, h + 1))


def conformal_scores(quantiles: FloatArray, y: FloatArray, ends: Ends) -> npt.NDArray[np.float32]:
    """E = max(lo − y, y − hi) of ``quantiles`` (n, h, Q) and what came, ``y`` (n, h): (n, h, L)."""
    each = [np.maximum(quantiles[:, :, lo] - y, y - quantiles[:, :, hi]) for lo, hi in ends]
    return np.stack(each, axis=2).astype(np.float32)


def conformal_margins(ordered: FloatArray, separate: Rows, alphas: FloatArray) -> FloatArray:
    """Q of rising scores ``ordered`` (n, h, L), of which ``separate`` (h,) are so, for ``alphas`` (S, h, L).

    Where there are too few, the largest score is taken, and it may only widen the interval.

    >>> ordered = np.arange(1.0, 20.0).reshape(19, 1, 1)
    >>> conformal_margins(ordered, np.array([19]), np.array([0.05, 0.2, 0.5]).reshape(3, 1, 1)).ravel()
    array([19., 16., 10.])
    """
    n = len(ordered)
    ranks = np.ceil((1 - alphas) * (1 + 1 / separate[:, None]) * n - ROUNDING).astype(np.int64)
    margins = np.take_along_axis(ordered, np.clip(ranks, 1, n) - 1, axis=0)
    return np.where(ranks > n, np.maximum(margins, 0.0), margins)


def moved_from_median(values: FloatArray, quantiles: FloatArray, factor: FloatArray) -> FloatArray:
    """``values`` (n, h, …) at ``factor`` (n,) times their distance from the median of ``quantiles`` (n, h, Q)."""
    middle = quantiles[:, :, quantiles.shape[2] // 2].reshape(quantiles.shape[:2] + (1,) * (values.ndim - 2))
    return np.asarray(middle + (values - middle) * factor.reshape(-1, *(1,) * (values.ndim - 1)))


def widen(quantiles: FloatArray, margins: FloatArray, ends: Ends) -> FloatArray:
    """Move the ends of ``quantiles`` (n, h, Q) outward by ``margins`` (n, h, L).

    Each interval holds the median and the one inside it: where a margin would make them cross, it goes no further in.
    Only ever wider than the margins say, so no coverage is lost.
    """
    out = np.array(quantiles, dtype=np.float64)
    low = high = out[:, :, out.shape[2] // 2]
    for j, (lo, hi) in enumerate(ends):
        low = np.minimum(low, quantiles[:, :, lo] - margins[:, :, j])
        high = np.maximum(high, quantiles[:, :, hi] + margins[:, :, j])
        out[:, :, lo], out[:, :, hi] = low, high
    return out


@dataclass(frozen=True)
class Calibration:
    """The scores of S series on the calibration origins, and the α that each works with.

    scores (n, h, L) in series' own sizes, series after series and each in order of time; series k has the rows
    ``offsets[k]:offsets[k + 1]``; ``alphas`` (S, h, L) are the levels' own until they are adapted. ``held_out``: the
    decision when to stop training was made on other origins. Otherwise there were too few to keep them apart. ``usual``
    (h,): the base's mean error on the calibration origins, beside which recent ones are large or small; None in older
    files, whose intervals don't follow them.

    A series is calibrated by its own scores where it has enough of them for the horizon and the widest level (twice
    what that needs: extremes of few are chance), else by those of all series.
    """

    scores: npt.NDArray[np.float32]
    offsets: Rows
    alphas: FloatArray
    levels: tuple[float, ...]
    held_out: bool
    usual: FloatArray | None = None

    @classmethod
    def of(
        cls,
        scores: npt.NDArray[np.float32],
        series: Rows,
        S: int,
        levels: tuple[float, ...],
        *,
        held_out: bool,
        usual: FloatArray | None = None,
    ) -> "Calibration":
        """From the scores (n, h, L) of origins in order of time, of which each belongs to a ``series`` (n,)."""
        order = np.argsort(series, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(series, minlength=S))]).astype(np.int64)
        alphas = np.tile(nominal_alphas(levels), (S, scores.shape[1], 1))
        return cls(scores[order], offsets, alphas, levels, held_out, usual)

    @property
    def counts(self) -> Rows:
        """Scores of each series, (S,)."""
        return np.diff(self.offsets)

    @cached_property
    def separate(self) -> Rows:
        """Separate stretches among the scores of all series together, for each horizon, (h,).

        Series are counted as separate from one another, though a shock may have hit all of them.
        """
        return np.asarray(stretches(self.counts, self.scores.shape[1]).sum(axis=0))

    @cached_property
    def _pool(self) -> FloatArray:
        return np.sort(self.scores, axis=0)

    def margins(self, series: Rows) -> FloatArray:
        """How far to move the ends of the intervals of ``series`` (n,), −1 for one that isn't known: (n, h, L)."""
        places, where = np.unique(series, return_inverse=True)
        known = places >= 0
        alphas = np.where(known[:, None, None], self.alphas[places], nominal_alphas(self.levels))
        return self._margins(places, alphas)[where]

    def _margins(self, series: Rows, alphas: FloatArray) -> FloatArray:
        """Margins of different series (n,) with ``alphas`` (n, h, L)."""
        margins = conformal_margins(self._pool, self.separate, alphas)
        separate = stretches(np.where(series >= 0, self.counts[series], 0), margins.shape[1])
        enough = separate >= OWN * needed(self.levels[-1])
        for at in np.flatnonzero(enough.any(axis=1)):
            own = np.sort(self.scores[self.offsets[series[at]] : self.offsets[series[at] + 1]], axis=0)
            mine = conformal_margins(own, separate[at], alphas[at : at + 1])[0]
            margins[at] = np.where(enough[at][:, None], mine, margins[at])
        return margins

    def observe(self, scores: npt.NDArray[np.float32], series: Rows, *, adaptive: bool) -> "Calibration":
        """Take in the scores (n, h, L) of later origins, in order of time, of known ``series`` (n,).

        With ``adaptive`` each α first follows what the intervals that it stands for would have missed. Then the new
        scores take the places of the oldest.
        """
        S, h = len(self.alphas), scores.shape[1]
        alphas = self._adapted(scores, series) if adaptive else self.alphas
        owners = np.concatenate([np.repeat(np.arange(S), self.counts), series])
        order = np.argsort(owners, kind="stable")
        together, owners = np.concatenate([self.scores, scores])[order], owners[order]
        totals = np.bincount(owners, minlength=S)
        kept = np.minimum(totals, np.maximum(self.counts, KEPT_STRETCHES * h))
        from_end = np.cumsum(totals)[owners] - np.arange(len(owners))
        offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
        return replace(self, scores=together[from_end <= kept[owners]], offsets=offsets, alphas=alphas)

    def _adapted(self, scores: npt.NDArray[np.float32], series: Rows) -> FloatArray:
        """The α of all series, (S, h, L), after ``scores`` (n, h, L) of ``series`` (n,), in order of time.

        Kept within 0 … 1: at 0 the interval is already as wide as the largest score, not infinite as in the paper.
        """
        aim, alphas = nominal_alphas(self.levels), self.alphas.copy()
        order = np.argsort(series, kind="stable")
        counts = np.bincount(series, minlength=len(alphas))
        turn = np.arange(len(series)) - np.repeat(np.cumsum(counts) - counts, counts)
        for each in range(int(counts.max(initial=0))):  # the first new score of every series, the second, …
            at = order[turn == each]
            places = series[at]
            # α_{t+1} = α_t + γ (α − err_t)
            missed = scores[at] > self._margins(places, alphas[places])
            alphas[places] = np.clip(alphas[places] + ADAPTATION_RATE * (aim - missed), 0.0, 1.0)
        return alphas

    def sentence(self) -> str:
        """What the intervals rest on, in words."""
        few = [
            f"{level:g} % needs {needed(level)}" for level in self.levels if int(self.separate.min()) < needed(level)
        ]
        apart = "later than those that decided when to stop" if self.held_out else "which also decided when to stop"
        words = (
            f"conformal, by {len(self.scores)} forecasts ({int(self.separate.min())} that don't overlap at the last "
            f"step) from origins later than the training part, {apart}; aimed at, not guaranteed"
        )
        return words + (f". Too few for that aim: {', '.join(few)}" if few else "")


def nominal_alphas(levels: tuple[float, ...]) -> FloatArray:
    """α of each level, (L,): 0.2 for 80."""
    return np.array([(100 - level) / 100 for level in levels])
