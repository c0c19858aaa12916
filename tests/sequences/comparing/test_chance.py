"""The corrected t-test and the sign test."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.sequences.comparing.chance import of_signs, over_folds

pytest.importorskip("scipy")
from scipy import stats


def test_nadeau_and_bengio_s_formula() -> None:
    folds = [np.array([0.0, 1.0]), np.array([1.0, 1.0]), np.array([0.0, -1.0])]
    means = np.array([0.5, 1.0, -0.5])
    error = math.sqrt((1 / 3 + 0.25) * means.var(ddof=1))
    result = over_folds(folds, 0.25)
    assert result.mean == pytest.approx(1 / 3)
    assert result.p_value == pytest.approx(2 * stats.t.sf((1 / 3) / error, 2))
    assert result.interval == pytest.approx(
        (1 / 3 - error * stats.t.ppf(0.975, 2), 1 / 3 + error * stats.t.ppf(0.975, 2))
    )


def test_one_part_held_out_is_a_plain_t_test() -> None:
    values = np.random.default_rng(0).normal(0.2, 1, 50)
    expected = stats.ttest_1samp(values, 0)
    result = over_folds([values], 0.5)
    assert result.p_value == pytest.approx(expected.pvalue)
    assert result.interval == pytest.approx(tuple(expected.confidence_interval()))


@pytest.mark.parametrize(("value", "p"), [(0.0, 1.0), (0.5, 0.0)])
def test_folds_that_all_say_the_same(value: float, p: float) -> None:
    assert over_folds([np.full(4, value)] * 5, 0.25) == (value, (value, value), p, 0.0)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_the_sign_test_is_mcnemar_s(right: list[tuple[bool, bool]]) -> None:
    tables = pytest.importorskip("statsmodels.stats.contingency_tables")
    one, other = np.array(right).T
    table = [[(one & other).sum(), (one & ~other).sum()], [(~one & other).sum(), (~one & ~other).sum()]]
    expected = tables.mcnemar(table, exact=True).pvalue
    p = of_signs(np.arange(len(one)), one.astype(float) - other.astype(float))
    assert p == pytest.approx(float(expected))


def test_repeats_are_not_taken_for_more_sequences() -> None:
    sequence, difference = np.arange(8), np.ones(8)
    assert of_signs(np.tile(sequence, 3), np.tile(difference, 3)) == of_signs(sequence, difference) == 2 * 0.5**8


def test_folds_that_share_training_data_reject_as_seldom_as_promised() -> None:
    """Two models that learn a mean from halves of the features, on noise: neither is better."""
    rejected = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        x, y = rng.normal(size=(60, 2)), rng.normal(size=60)
        parts = np.array_split(rng.permutation(60), 5)
        gains = []
        for test in parts:
            training = np.setdiff1d(np.arange(60), test)
            slopes = x[training].T @ y[training] / (x[training] ** 2).sum(axis=0)
            losses = (y[test, None] - x[test] * slopes) ** 2
            gains.append(losses[:, 0] - losses[:, 1])
        rejected += over_folds(gains, 0.25).p_value < 0.05
    assert rejected <= 300 * 0.05 + 2 * math.sqrt(300 * 0.05 * 0.95)
