"""Student's t against published tables, the test against its published formula and against its promise."""

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.forecasting.evaluate.significance import (
    default_lag,
    diebold_mariano,
    holm,
    newey_west,
    skill_interval,
    student_t_quantile,
    student_t_tail,
)


@pytest.mark.parametrize(
    ("probability", "degrees", "t"),
    [  # NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
        (0.95, 1, 6.314),
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 10, 2.228),
        (0.975, 29, 2.045),
        (0.99, 30, 2.457),
        (0.995, 60, 2.660),
        (0.999, 100, 3.174),
    ],
)
def test_student_t_is_the_published_table_s(probability: float, degrees: int, t: float) -> None:
    assert student_t_quantile(probability, degrees) == pytest.approx(t, abs=6e-4)
    assert student_t_tail(student_t_quantile(probability, degrees), degrees) == pytest.approx(1 - probability, rel=1e-9)


@given(st.floats(0, 50), st.integers(1, 5000))
def test_student_t_is_scipy_s(t: float, degrees: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert student_t_tail(t, degrees) == pytest.approx(float(stats.t.sf(t, degrees)), rel=1e-8, abs=1e-290)


@given(st.floats(0.5, 0.9999), st.integers(1, 5000))
def test_quantiles_are_scipy_s(probability: float, degrees: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    assert student_t_quantile(probability, degrees) == pytest.approx(
        float(stats.t.ppf(probability, degrees)), rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize(("horizon", "lag"), [(1, 0), (1, 4), (5, 4), (5, 9)])
def test_the_variance_is_that_of_statsmodels_and_the_correction_the_published_one(horizon: int, lag: int) -> None:
    """OLS on a constant with a HAC covariance is the mean with its Newey-West error."""
    OLS = pytest.importorskip("statsmodels.regression.linear_model").OLS
    stats = pytest.importorskip("scipy.stats")
    noise = np.random.default_rng(horizon + lag).normal(0.1, 1.0, 100 + horizon)
    d = np.convolve(noise, np.ones(horizon), "valid")
    fit = OLS(d, np.ones(len(d))).fit(cov_type="HAC", cov_kwds={"maxlags": lag, "use_correction": False})
    n = len(d)
    correction = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    test = diebold_mariano(d, horizon, lag)
    assert test.mean == pytest.approx(fit.params[0], rel=1e-12)
    assert test.statistic == pytest.approx(correction * fit.tvalues[0], rel=1e-10)
    assert test.p_value == pytest.approx(2 * stats.t.sf(abs(correction * fit.tvalues[0]), n - 1), rel=1e-8)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_statsmodels_s(p_values: list[float]) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    with mock.patch("gc.collect"):  # statsmodels calls it each time, which takes longer than all the rest
        expected = multitest.multipletests(p_values, method="holm")[1]
    np.testing.assert_allclose(holm(p_values), expected, rtol=1e-12)


def test_where_nothing_differs_one_of_five_tests_is_rarely_below_five_percent() -> None:
    rng = np.random.default_rng(2)
    p = [[diebold_mariano(d).p_value for d in rng.normal(size=(5, 60))] for _ in range(400)]
    raw, adjusted = (np.mean([min(one) < 0.05 for one in result]) for result in (p, [holm(one) for one in p]))
    assert adjusted < 0.09
    assert raw > 0.18


def test_student_t_where_there_is_a_closed_form() -> None:
    for t in (0.0, 0.3, 1.0, 7.0, 300.0):
        assert student_t_tail(t, 1) == pytest.approx(0.5 - math.atan(t) / math.pi, rel=1e-9)  # Cauchy
        assert student_t_tail(t, 2) == pytest.approx(0.5 - t / (2 * math.sqrt(2 + t * t)), rel=1e-9)


def test_far_tails_keep_their_size() -> None:
    # For many degrees Student's t is nearly normal; Mills' ratio brackets the normal tail.
    t, degrees = 6.0, 10**7
    density = math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    assert density * t / (1 + t * t) < student_t_tail(t, degrees) < 1.001 * density / t


def test_the_statistic_is_harvey_leybourne_and_newbold_s() -> None:
    d = np.array([0.3, -0.1, 0.4, 0.2, -0.3, 0.5, 0.1, 0.0, 0.25, -0.05])
    n, horizon, lag = len(d), 3, 2
    mean = sum(d) / n
    gamma = [sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n for k in range(lag + 1)]
    variance = (gamma[0] + 2 * sum((1 - k / (lag + 1)) * gamma[k] for k in (1, 2))) / n
    factor = math.sqrt((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n)
    test = diebold_mariano(d, horizon, lag)
    assert test.statistic == pytest.approx(factor * mean / math.sqrt(variance), rel=1e-12)
    assert test.degrees == n - 1
    assert test.p_value == pytest.approx(2 * student_t_tail(abs(test.statistic), n - 1), rel=1e-12)


def test_with_one_step_and_no_lag_it_is_the_t_test() -> None:
    d = np.random.default_rng(3).normal(0.2, 1.0, 40)
    test = diebold_mariano(d, horizon=1, lag=0)
    assert test.statistic == pytest.approx(d.mean() / (d.std(ddof=1) / math.sqrt(40)), rel=1e-12)


def test_the_interval_of_skill_holds_what_the_test_would_not_reject() -> None:
    rng = np.random.default_rng(0)
    for shift in np.linspace(-0.3, 0.3, 30):
        baseline = np.abs(rng.normal(2.0, 0.5, 35))
        model = np.abs(baseline * (1 + shift) + rng.normal(0, 0.3, 35))
        low, high = skill_interval(model, baseline, horizon=2) or (0.0, 0.0)
        assert low < 1 - model.mean() / baseline.mean() < high <= 1
        for end in (low, high):
            assert diebold_mariano((1 - end) * baseline - model, horizon=2).p_value == pytest.approx(0.05, rel=1e-6)
        assert (low > 0 or high < 0) == (diebold_mariano(baseline - model, horizon=2).p_value < 0.05)


def test_the_interval_of_skill_covers_as_it_says() -> None:
    rng = np.random.default_rng(5)
    inside = 0
    for _ in range(400):
        baseline = rng.gamma(4.0, 0.5, 60)
        low, high = skill_interval(rng.gamma(4.0, 0.4, 60), baseline) or (-np.inf, np.inf)
        inside += low <= 0.2 <= high
    assert 0.91 < inside / 400 < 0.98


def test_a_baseline_whose_loss_may_be_0_gives_no_interval() -> None:
    rare = np.zeros(40)
    rare[7] = 1.0
    assert skill_interval(np.ones(40), rare) is None


def test_where_nothing_differs_few_tests_say_so() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(400, 203))
    overlapping = noise[:, 3:] + noise[:, 2:-1] + noise[:, 1:-2]  # forecasts that overlap by two cutoffs
    wrong = np.mean([diebold_mariano(d, horizon=3).p_value < 0.05 for d in overlapping])
    ignoring = np.mean([diebold_mariano(d, horizon=1, lag=0).p_value < 0.05 for d in overlapping])
    assert wrong < 0.12
    assert ignoring > 2 * wrong  # what the variance of lag ≥ horizon − 1 is for


def test_lag_covers_what_overlaps() -> None:
    assert default_lag(260, 1) == 4
    assert default_lag(260, 48) == 47
    for h, step in ((5, 1), (5, 2), (5, 5), (48, 24), (7, 3), (1, 10)):
        assert default_lag(1000, math.ceil(h / step)) >= math.ceil(h / step) - 1
    assert default_lag(3, 1) <= 2
    assert newey_west(np.array([1.0, -1.0, 1.0, -1.0]), 0) == 1.0


def test_differences_that_are_all_alike() -> None:
    assert diebold_mariano(np.zeros(40)).p_value == pytest.approx(1)
    assert diebold_mariano(np.full(40, 0.5)).p_value == 0


@pytest.mark.parametrize(("n", "horizon", "lag"), [(1, 1, 0), (40, 5, 3), (10, 1, 10), (5, 9, None)])
def test_what_cannot_be_tested_is_refused(n: int, horizon: int, lag: int | None) -> None:
    with pytest.raises(InputError, match="cutoffs"):
        diebold_mariano(np.arange(float(n)), horizon, lag)
