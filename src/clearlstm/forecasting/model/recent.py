"""How large the base's errors have been of late, beside its usual ones: what the width of the intervals follows.

Calm and stormy times take turns in prices, weather and employment, so one width for all holds too much in the one and
too little in the other. At an origin t the interval is r_t times as wide as usual, and the scores that it rests on are
divided by the r of their own origins (locally weighted conformal prediction: Papadopoulos, Gammerman & Vovk 2008; Lei
et al. 2018):

    r_t = √( (h + Σ u) / (h + n) ),      u = |error at t − j s, k steps ahead| / its usual size,     s = max(1, ⌊h/4⌋)

over j = 1 … 16 and those of the h steps that are known at t, n of them. The root, since errors of late are themselves
half chance: a full proportion was worse, on series and horizons of all kinds, and so was none. The h in it draws the
r of a series of which little is known towards 1.
"""

from typing import Final

import numpy as np

from clearlstm.data.windows import Rows
from clearlstm.forecasting.model.problem import Problem, divisor
from clearlstm.shapes import FloatArray

LOOKS: Final = 16
"""Earlier origins, j = 1 … 16: four horizons back."""

PER_HORIZON: Final = 4

CELLS_AT_ONCE: Final = 2**20


def earlier_origins(problem: Problem, rows: Rows) -> Rows:
    """The origins whose errors count at ``rows`` (n,): (n, 16); rows before a series' start are left at its first."""
    return np.maximum(_before(rows, problem.settings.h), problem.known.first(rows)[:, None])


def _before(rows: Rows, h: int) -> Rows:
    """t − j s, (n, 16), whether or not the series has begun."""
    return np.asarray(rows[:, None] - max(1, h // PER_HORIZON) * np.arange(1, LOOKS + 1))


def recent_sizes(problem: Problem, rows: Rows, usual: FloatArray) -> FloatArray:
    """The r of the origins ``rows`` (n,), > 0, from what is known there; ``usual`` (h,): mean |error| of each step."""
    h = problem.settings.h
    at_once = max(1, CELLS_AT_ONCE // (LOOKS * h))
    parts = [_recent_sizes(problem, rows[begin : begin + at_once], usual) for begin in range(0, len(rows), at_once)]
    return np.concatenate(parts) if parts else np.ones(0)


def _recent_sizes(problem: Problem, rows: Rows, usual: FloatArray) -> FloatArray:
    h, origins = problem.settings.h, earlier_origins(problem, rows)
    ahead = origins[:, :, None] + np.arange(1, h + 1)
    base = problem.base_says(origins.ravel()).reshape(ahead.shape)
    size = divisor(problem.sizes.target[problem.known.series(rows)])[:, None, :]
    errors = np.abs(problem.z[np.minimum(ahead, rows[:, None, None])] - base) / size
    inside = (origins == _before(rows, h))[:, :, None]
    counts = inside & (ahead <= rows[:, None, None]) & np.isfinite(errors) & (usual > 0)
    total = np.where(counts, errors / divisor(usual), 0.0).sum(axis=(1, 2))
    return np.asarray(np.sqrt((h + total) / (h + counts.sum(axis=(1, 2)))))
