"""How much of the net's correction is used: as much as it has earned, on origins that nothing else was decided on.

A share λ of the correction c changes the absolute error of a scaled value y by |y − λ c| − |y|. Added up over a group,
the origins of all series in one stretch of h steps, that is d_g(λ): neighbouring origins share their values, and series
of the same dates their shocks, so groups are what is counted, G of them. Of all shares the one is taken whose gain is
surest, the least upper bound of the loss

    λ = argmin  Σ_g d_g(λ) + t · √(G s²(λ))        s²(λ): the variance of d_g(λ);  t: the 98 % quantile of Student's t

Where no share has a bound below 0, it is 0: what a net has learnt from chance is not used. Each step ahead has a share
of its own, for which the errors of the other steps count too, the less the further off.
"""

from typing import Final

import numpy as np

from clearlstm.data.windows import Rows
from clearlstm.forecasting.model.problem import Problem
from clearlstm.judging import EQUIVALENT_WITHIN
from clearlstm.shapes import FloatArray

NORMAL_QUANTILE: Final = 2.0537489106318225
"""98 %."""

MIN_GROUPS: Final = 3

SHARES: Final = np.linspace(0, 1, 21)


def earned(problem: Problem, origins: Rows, corrections: FloatArray) -> tuple[float, ...]:
    """The share of the point corrections (n, h) at ``origins`` (n,) that is used at each of the h steps."""
    if not len(origins):
        return (0.0,) * problem.settings.h
    weight = problem.weight(origins)
    return tuple(earned_shares(problem.y(origins), corrections, _stretches(problem, origins), weight).tolist())


def calendar_gain(problem: Problem, origins: Rows, plain: FloatArray, other: FloatArray) -> tuple[float, bool]:
    """By what share the corrections ``other`` (n, h) make errors smaller than ``plain`` do, and whether that is earned.

    It is where it is 2 % or more, and sure as in :func:`earned_shares`, by the least upper bound of the loss.
    """
    y, groups, weight = problem.y(origins), _stretches(problem, origins), problem.weight(origins)
    before, after = (np.abs(y - corrections).sum(axis=1, dtype=np.float64) for corrections in (plain, other))
    if weight is not None:
        before, after = before * weight, after * weight
    losses = np.bincount(groups, weights=after - before).astype(np.float64)
    gain = -losses.sum() / max(before.sum(), np.finfo(np.float64).tiny)
    return float(gain), bool(_least_upper_bounds(losses[:, None])[0] < 0 and gain >= EQUIVALENT_WITHIN)


def enough_to_tell(problem: Problem, origins: Rows) -> bool:
    """Whether there are stretches enough to tell gain from chance."""
    return len(origins) > 0 and int(_stretches(problem, origins).max()) + 1 >= MIN_GROUPS


def _stretches(problem: Problem, origins: Rows) -> Rows:
    """The group of each of ``origins`` (n,): stretches of h times each, numbered from 0."""
    return np.unique(problem.panel.times[origins], return_inverse=True)[1].reshape(-1) // problem.settings.h


def earned_shares(y: FloatArray, corrections: FloatArray, groups: Rows, weight: FloatArray | None = None) -> FloatArray:
    """λ of each step, (h,): y and corrections (n, h), groups (n,) from 0, weight (n,).

    >>> rng = np.random.default_rng(0)
    >>> c, groups = rng.normal(size=(200, 3)), np.arange(200) // 4
    >>> earned_shares(rng.normal(size=(200, 3)), c, groups)                 # nothing of it is true
    array([0., 0., 0.])
    >>> earned_shares(0.7 * c + rng.normal(size=(200, 3)), c, groups).round(2)
    array([0.55, 0.55, 0.55])
    """
    h, n_groups = y.shape[1], int(groups.max()) + 1
    if n_groups < MIN_GROUPS:
        return np.zeros(h)
    plain, bounds = np.abs(y), np.empty((len(SHARES), h))
    for at, share in enumerate(SHARES):
        change = np.abs(y - share * corrections) - plain
        change = change if weight is None else change * weight[:, None]
        by_step = [np.bincount(groups, weights=step, minlength=n_groups) for step in change.T]
        bounds[at] = _least_upper_bounds(_with_neighbours(np.stack(by_step, axis=1).astype(np.float64)))
    return np.asarray(SHARES[np.argmin(bounds, axis=0)])


def _least_upper_bounds(losses: FloatArray) -> FloatArray:
    """Σ_g d_g + t · √(G s²) of each column of ``losses`` (G, m) by stretches: (m,)."""
    G, total = len(losses), losses.sum(axis=0)
    spread = np.sqrt(G / (G - 1) * ((losses - total / G) ** 2).sum(axis=0))
    return np.asarray(total + _student_quantile(G - 1) * spread)


def _with_neighbours(losses: FloatArray) -> FloatArray:
    """The losses (G, h) of each step and, less and less down to a half, of those around it."""
    h = losses.shape[1]
    summed = np.zeros_like(losses)
    for step, column in enumerate(losses.T):
        summed += column[:, None] * (1 - np.abs(np.arange(h) - step) / (2 * h))
    return summed


def _student_quantile(degrees: int) -> float:
    """The 98 % quantile of Student's t, by its expansion around the normal one (Abramowitz & Stegun 26.7.5).

    >>> [round(_student_quantile(degrees), 2) for degrees in (4, 10, 100)]
    [2.99, 2.36, 2.08]
    """
    z = NORMAL_QUANTILE
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    return z + first / degrees + second / degrees**2 + third / degrees**3
