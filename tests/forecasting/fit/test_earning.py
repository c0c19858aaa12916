"""A correction counts as far as it has earned that, and not at all where nothing can be learnt."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.forecasting.fit.earning import earned_shares
from clearlstm.forecasting.forecaster import LSTMForecaster
from tests.forecasting.series import seasonal

QUIET = pytest.mark.filterwarnings("ignore::clearlstm.errors.ClearLSTMWarning")


def test_a_true_correction_is_used_and_a_false_one_is_not() -> None:
    rng = np.random.default_rng(0)
    c, groups = rng.normal(size=(600, 4)), np.arange(600) // 6
    noise = 0.3 * rng.normal(size=(600, 4))
    assert earned_shares(c + noise, c, groups) == pytest.approx([1.0] * 4, abs=0.1)
    assert earned_shares(0.5 * c + noise, c, groups) == pytest.approx([0.5] * 4, abs=0.1)
    assert not earned_shares(-c + noise, c, groups).any()
    assert not earned_shares(noise, c, groups).any()


def test_each_step_has_a_share_of_its_own() -> None:
    rng = np.random.default_rng(0)
    c, groups = rng.normal(size=(600, 20)), np.arange(600) // 6
    true = np.linspace(0, 1, 20)
    shares = earned_shares(true * c + 0.3 * rng.normal(size=(600, 20)), c, groups)
    assert (np.diff(shares) >= 0).all()
    assert shares[0] < shares[-1]


def test_two_stretches_are_no_evidence() -> None:
    c = np.ones((10, 3))
    assert not earned_shares(c, c, np.arange(10) // 5).any()
    assert earned_shares(c, c, np.arange(10) // 2).tolist() == [1.0] * 3


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60), st.integers(1, 8))
def test_what_overlaps_counts_once(seed: int, n_groups: int, h: int) -> None:
    """The same origins many times over show no more than once."""
    rng = np.random.default_rng(seed)
    c, y, groups = rng.normal(size=(n_groups, h)), rng.normal(size=(n_groups, h)), np.arange(n_groups)
    again = (np.repeat(y, 7, axis=0), np.repeat(c, 7, axis=0), np.repeat(groups, 7))
    np.testing.assert_array_equal(earned_shares(y, c, groups), earned_shares(*again))


def test_weights_count() -> None:
    c, groups = np.ones((40, 2)), np.arange(40) // 2
    right = np.arange(40) < 20
    y = np.where(right[:, None], c, -c)
    assert earned_shares(y, c, groups, np.where(right, 1.0, 0.0)).tolist() == [1.0, 1.0]
    assert not earned_shares(y, c, groups).any()


def worthless(kind: str, n_series: int, n: int, seed: int) -> pd.DataFrame:
    """Series of which the simple forecasts leave nothing to be learnt."""
    rng, t = np.random.default_rng(seed), np.arange(n)
    parts = []
    for k in range(n_series):
        shocks = rng.standard_t(3, n) if kind == "wild walk" else rng.normal(size=n)
        y = shocks if kind == "noise" else np.cumsum(shocks)
        y = y + (5 * np.sin(2 * np.pi * t / 12) if kind == "seasonal walk" else 0)
        parts.append(pd.DataFrame({"unique_id": str(k), "ds": t, "y": y}))
    return pd.concat(parts)


@QUIET
@pytest.mark.parametrize("kind", ["walk", "wild walk", "seasonal walk", "noise"])
@pytest.mark.parametrize(("n_series", "n"), [(1, 200), (10, 120)])
@pytest.mark.parametrize("seed", [0, 1])
def test_where_nothing_can_be_learnt_the_base_is_not_made_worse(kind: str, n_series: int, n: int, seed: int) -> None:
    """On rows that the fit has not seen, by no more than 1 %."""
    season = 12 if kind == "seasonal walk" else ()
    f = LSTMForecaster(6, freq=1, season_length=season, hidden_size=16, max_steps=300, seed=seed)
    f.cross_validation(worthless(kind, n_series, n, seed), n_windows=8)
    errors = {score.name: score.mase for score in f.comparison_.scores}
    assert errors["LSTM"] <= 1.01 * errors["Base"]


@QUIET
def test_what_can_be_learnt_is_used() -> None:
    """Each season's height decides about the next one's: no simple forecast knows that."""
    rng = np.random.default_rng(0)
    parts = []
    for k in range(20):
        turns = np.where((np.arange(30) + k) % 2, 1.0, 3.0)
        y = (turns[:, None] * np.sin(2 * np.pi * np.arange(12) / 12)).ravel() + 0.1 * rng.normal(size=360)
        parts.append(pd.DataFrame({"unique_id": str(k), "ds": np.arange(360), "y": y}))
    f = LSTMForecaster(12, freq=1, season_length=12, hidden_size=16, max_steps=600)
    f.cross_validation(pd.concat(parts), n_windows=3)
    errors = {score.name: score.mase for score in f.comparison_.scores}
    assert min(f.model_.earned if f.fitted else (1.0,)) > 0
    assert errors["LSTM"] < 0.6 * errors["Base"]


@QUIET
def test_the_verdict_says_that_the_net_added_nothing() -> None:
    f = LSTMForecaster(6, freq=1, season_length=(), hidden_size=4, max_steps=20)
    f.cross_validation(worthless("walk", 1, 90, 0), n_windows=3)
    assert not f.comparison_.net_added
    assert any(sentence.startswith("The net added nothing") for sentence in f.verdict_.sentences)


@QUIET
def test_a_short_series_alone_shows_nothing() -> None:
    assert LSTMForecaster(6, hidden_size=4, max_steps=20).fit(seasonal(60)).model_.earned == (0.0,) * 6
