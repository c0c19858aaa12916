"""Could the difference between two forecasts be chance? Diebold & Mariano's test, in its small-sample form.

Diebold & Mariano (1995), "Comparing Predictive Accuracy", JBES 13; Harvey, Leybourne & Newbold (1997), "Testing the
equality of prediction mean squared errors", IJF 13. The variance is Newey & West's (1987), which can't be negative.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from clearlstm.errors import InputError
from clearlstm.judging import holm as holm
from clearlstm.shapes import FloatArray

MIN_CUTOFFS = 30
"""Below this number of cutoffs no p-value is given."""


@dataclass(frozen=True)
class DieboldMariano:
    """A test of mean loss difference 0: the mean, its standard error, the statistic, its degrees of freedom, p."""

    mean: float
    standard_error: float
    statistic: float
    degrees: int
    p_value: float


def diebold_mariano(differences: FloatArray, horizon: int = 1, lag: int | None = None) -> DieboldMariano:
    """Test whether the mean of ``differences`` (n,), one a cutoff in order of time, is 0.

    ``horizon`` is how many cutoffs a forecast reaches across: ⌈h / step_size⌉. ``lag`` is how many autocovariances
    the variance takes in, at least horizon − 1 (see :func:`default_lag`).
    """
    n = len(differences)
    mean = float(np.mean(differences))
    error = math.sqrt(variance_of_mean(differences, horizon, lag))
    statistic = mean / error if error > 0 else math.copysign(math.inf, mean) if mean else 0.0
    return DieboldMariano(mean, error, statistic, n - 1, 2 * student_t_tail(abs(statistic), n - 1))


def variance_of_mean(losses: FloatArray, horizon: int, lag: int | None = None) -> float:
    """The variance of the mean of ``losses`` (n,), with Harvey, Leybourne & Newbold's (1997) correction, eq. 9."""
    n = len(losses)
    lag = default_lag(n, horizon) if lag is None else lag
    small_sample = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    if n < 2 or lag < horizon - 1 or lag >= n or small_sample <= 0:
        raise InputError(f"{n} cutoffs and lag {lag} don't fit a horizon of {horizon} cutoffs: give more cutoffs")
    return newey_west(losses, lag) / n / small_sample


def skill_interval(
    model: FloatArray, baseline: FloatArray, horizon: int = 1, level: float = 0.95
) -> tuple[float, float] | None:
    """The interval of 1 − mean(model) / mean(baseline), from the losses of both (n,), one a cutoff.

    It holds every skill s for which :func:`diebold_mariano` would not reject that (1 − s) times the baseline's loss
    equals the model's (Fieller 1954), so it leaves out 0 exactly when p is below 1 − ``level``. With the ratio of
    losses r = 1 − s, that is (r B − M)² ≤ q² Var(r B − M): a quadratic in r. None if B may as well be 0.
    """
    q2 = student_t_quantile(0.5 + level / 2, len(model) - 1) ** 2
    M, B = float(np.mean(model)), float(np.mean(baseline))
    var_M, var_B, var_sum = (variance_of_mean(losses, horizon) for losses in (model, baseline, model + baseline))
    covariance = (var_sum - var_M - var_B) / 2
    # a r² − 2 b r + c ≤ 0
    a, b, c = B * B - q2 * var_B, B * M - q2 * covariance, M * M - q2 * var_M
    if a <= 0:
        return None
    reach = math.sqrt(max(b * b - a * c, 0.0)) / a
    return 1 - b / a - reach, 1 - b / a + reach


def default_lag(n: int, horizon: int) -> int:
    """At least horizon − 1, for forecasts that overlap; at least ⌊4 (n / 100)^(2/9)⌋, for errors that come in spells.

    The second is Newey & West's (1994) rule of thumb.
    """
    return min(max(horizon - 1, int(4 * (n / 100) ** (2 / 9))), n - 1)


def newey_west(differences: FloatArray, lag: int) -> float:
    """The long-run variance γ_0 + 2 Σ_{k=1..lag} (1 − k / (lag + 1)) γ_k of a series (n,)."""
    n = len(differences)
    centred = differences - np.mean(differences)
    autocovariances = [float(centred[k:] @ centred[: n - k]) / n for k in range(lag + 1)]
    return autocovariances[0] + 2 * sum((1 - k / (lag + 1)) * autocovariances[k] for k in range(1, lag + 1))


def student_t_tail(t: float, degrees: int) -> float:
    """P(T > t) for t ≥ 0 of Student's t.

    With t = √ν tan θ the density is cos^(ν−1) θ, up to a constant that the gamma function gives; what is left is an
    integral over a bounded range, taken by Gauss-Legendre quadrature.
    """
    lower = math.atan(t / math.sqrt(degrees))
    # cos^(ν−1) has fallen below any double before this angle, so the nodes go where the area is
    upper = min(math.pi / 2, lower + 40 / math.sqrt(degrees))
    nodes, weights = _gauss_legendre()
    theta = lower + (upper - lower) * (nodes + 1) / 2
    area = float(weights @ np.cos(theta) ** (degrees - 1)) * (upper - lower) / 2
    log_whole = 0.5 * math.log(math.pi) + math.lgamma(degrees / 2) - math.lgamma((degrees + 1) / 2)
    return area / math.exp(log_whole)


@cache
def _gauss_legendre() -> tuple[FloatArray, FloatArray]:
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return nodes, weights


def student_t_quantile(probability: float, degrees: int) -> float:
    """The t ≥ 0 with P(T ≤ t) = ``probability`` ≥ 0.5, by bisection."""
    low, high = 0.0, 1.0
    while student_t_tail(high, degrees) > 1 - probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_t_tail(middle, degrees) > 1 - probability else (low, middle)
    return (low + high) / 2
