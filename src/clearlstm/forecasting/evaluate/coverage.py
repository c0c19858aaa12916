"""What intervals held, step by step, and how far that may lie from the truth by chance.

Values that share a date rise and fall together, and so do neighbouring dates. So the share is drawn anew from blocks of
consecutive cutoffs, each with all its series: the circular block bootstrap (Politis & Romano 1992).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.forecasting.evaluate.significance import MIN_CUTOFFS
from clearlstm.shapes import FloatArray, IntArray

DRAWS = 999


@dataclass(frozen=True)
class Share:
    """A share of values inside their intervals, and the range (95 %) in which the nominal share should lie.

    ``range`` is None below 30 cutoffs.
    """

    value: float
    range: tuple[float, float] | None


@dataclass(frozen=True)
class Coverage:
    """The share over all steps, and that of each step of the horizon."""

    overall: Share
    by_step: tuple[Share, ...]


def coverage_of(
    inside: npt.NDArray[np.bool_], cutoffs: IntArray, horizon: int = 1, *, draws: int = DRAWS, seed: int = 0
) -> Coverage:
    """How many values were inside their intervals, by step of the horizon.

    inside (W, h); cutoffs (W,): the number of each window's cutoff, 0 … C−1 in order of time. ``horizon`` is how many
    cutoffs a forecast reaches across, ⌈h / step_size⌉: blocks are at least as long.

    >>> coverage_of(np.array([[True, False], [True, True]]), np.array([0, 1])).overall
    Share(value=0.75, range=None)
    """
    if inside.ndim != 2 or cutoffs.shape != inside.shape[:1]:
        raise InputError(f"inside is {inside.shape} and cutoffs {cutoffs.shape}; (W, h) and (W,) are needed")
    windows = np.bincount(cutoffs)
    held: FloatArray = np.stack([np.bincount(cutoffs, weights=step) for step in inside.T], axis=1)
    shares = inside.mean(axis=0)
    if len(windows) < MIN_CUTOFFS:
        return Coverage(Share(float(inside.mean()), None), tuple(Share(float(share), None) for share in shares))
    drawn = _drawn_shares(held, windows, block_length(len(windows), horizon), draws, seed)
    lo, hi = np.quantile(drawn, [0.025, 0.975], axis=0)
    low, high = np.quantile(drawn.mean(axis=1), [0.025, 0.975])
    return Coverage(
        Share(float(inside.mean()), (float(low), float(high))),
        tuple(Share(float(share), (float(a), float(b))) for share, a, b in zip(shares, lo, hi, strict=True)),
    )


def block_length(n: int, horizon: int) -> int:
    """Cutoffs in a block: n^(1/3), the order that suits a variance (Künsch 1989), and at least the horizon."""
    return min(n, max(horizon, math.ceil(math.cbrt(n))))


def _drawn_shares(held: FloatArray, windows: IntArray, length: int, draws: int, seed: int) -> FloatArray:
    """Shares (draws, h) in series of C cutoffs put together from blocks; held (C, h) and windows (C,) count."""
    C = len(windows)
    counts = np.concatenate([held, windows[:, None]], axis=1, dtype=np.float64)
    # sums[s] is what the block that begins at cutoff s holds; after the last cutoff it goes on with the first
    total = np.concatenate([np.zeros((1, counts.shape[1])), np.cumsum(np.concatenate([counts, counts]), axis=0)])
    sums = total[length : length + C] - total[:C]
    starts = np.random.default_rng(seed).integers(C, size=(draws, -(-C // length)))
    drawn = np.zeros((draws, counts.shape[1]))
    for block in starts.T:
        drawn += sums[block]
    return np.asarray(drawn[:, :-1] / drawn[:, -1:])
