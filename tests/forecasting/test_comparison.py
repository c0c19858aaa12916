"""The comparison against errors computed by hand, and what is said of it."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clearlstm.forecasting.backtest import Backtest
from clearlstm.forecasting.comparison import Comparison, Duel, compare, judge
from clearlstm.forecasting.settings import resolve
from clearlstm.forecasting.significance import diebold_mariano
from clearlstm.forecasting.verdict import expectation, no_verdict, verdict
from tests.forecasting.series import as_panel, walks
from tests.forecasting.test_fitting import ASKED

H, CUTOFFS = 3, 40
PER_WINDOW = ("series", "cutoffs", "rows", "times", "y", "forecasts", "quantiles")


def backtest_of(lstm_error: Any, naive_error: Any, *, cutoffs: int = CUTOFFS, step_size: int = H) -> Backtest:
    """A backtest of two series, of scale 1 and 10, in which the errors (cutoffs, 2, H) are as given."""
    panel = as_panel(walks(300))
    settings = resolve(panel, ASKED)
    scale = np.array([1.0, 10.0])
    series = np.tile([0, 1], cutoffs)
    rows = np.repeat(100 + H * np.arange(cutoffs), 2) + np.tile([0, 300], cutoffs)
    y = panel.values[rows[:, None] + np.arange(1, H + 1)]
    shape = (2 * cutoffs, H)
    errors = {
        "LSTM": np.broadcast_to(lstm_error, (cutoffs, 2, H)).reshape(shape),
        "Naive": np.broadcast_to(naive_error, (cutoffs, 2, H)).reshape(shape),
    }
    forecasts = {name: y + error * scale[series][:, None] for name, error in errors.items()}
    quantiles = forecasts["LSTM"][:, :, None] + np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    return Backtest(
        panel=panel,
        settings=settings,
        step_size=step_size,
        refits=1,
        series=series,
        cutoffs=panel.times[rows - np.tile([0, 300], cutoffs)],
        rows=rows,
        times=panel.times[rows[:, None] + np.arange(1, H + 1)],
        y=y,
        forecasts=forecasts,
        quantiles=quantiles,
        scale=scale,
        left_out=(),
    )


def noise(mean: float, spread: float = 0.1, seed: int = 0) -> Any:
    return mean + spread * np.random.default_rng(seed).normal(size=(CUTOFFS, 2, H))


def test_one_loss_difference_a_cutoff_averaged_over_series_and_horizon() -> None:
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.2, seed=1))
    comparison = compare(backtest_of(lstm, naive))
    d = (naive - lstm).mean(axis=(1, 2))
    expected = diebold_mariano(d, horizon=1)
    duel = comparison.duel("Naive")
    assert comparison.n_cutoffs == CUTOFFS
    assert duel.skill == pytest.approx(1 - lstm.mean() / naive.mean(), rel=1e-9)
    assert duel.p_value == pytest.approx(expected.p_value, rel=1e-6)
    low, high = duel.interval or (0.0, 0.0)
    assert low < duel.skill < high
    assert comparison.scores[0].mase == pytest.approx(lstm.mean(), rel=1e-9)
    assert comparison.scores[0].by_horizon == pytest.approx(lstm.mean(axis=(0, 1)), rel=1e-9)


def test_equal_errors_shared_by_both_series_do_not_count_twice() -> None:
    """Series that share their dates are one piece of evidence a date: doubling them leaves the p-value."""
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.05, seed=1))
    alike = compare(backtest_of(lstm[:, :1].repeat(2, axis=1), naive[:, :1].repeat(2, axis=1))).duel("Naive")
    d = (naive - lstm)[:, 0].mean(axis=1)
    assert alike.p_value == pytest.approx(diebold_mariano(d).p_value, rel=1e-6)


def test_overlapping_cutoffs_take_a_longer_lag() -> None:
    lstm, naive = np.abs(noise(1.0)), np.abs(noise(1.1, seed=1))
    d = (naive - lstm).mean(axis=(1, 2))
    duel = compare(backtest_of(lstm, naive, step_size=1)).duel("Naive")
    assert duel.p_value == pytest.approx(diebold_mariano(d, horizon=H).p_value, rel=1e-6)


@pytest.mark.parametrize(
    ("skill", "interval", "p", "judgement"),
    [
        (0.10, (0.05, 0.15), 0.001, "beats"),
        (-0.10, (-0.15, -0.05), 0.001, "loses to"),
        (0.004, (-0.01, 0.018), 0.5, "is equivalent to"),
        (0.010, (0.002, 0.018), 0.02, "is equivalent to"),
        (0.010, (-0.002, 0.022), 0.10, "can't be told from"),
        (-0.30, (-0.70, 0.10), 0.15, "can't be told from"),
    ],
)
def test_judgements(skill: float, interval: tuple[float, float], p: float, judgement: str) -> None:
    assert judge(skill, interval, p) == judgement


def test_no_p_value_below_30_cutoffs() -> None:
    few = compare(backtest_of(0.5, 1.0, cutoffs=29))
    skill = few.duel("Naive").skill
    assert skill == pytest.approx(0.5)
    assert few.duel("Naive") == Duel("Naive", skill, None, None, "can't be told from")
    assert "fewer than 30" in verdict(few).headline
    assert compare(backtest_of(0.5, 1.0, cutoffs=30)).duel("Naive").p_value is not None


def test_no_p_value_where_every_forecast_overlaps_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    backtest = backtest_of(0.5, 1.0, step_size=1)
    monkeypatch.setattr("clearlstm.forecasting.comparison.MIN_CUTOFFS", 2)
    few = compare(replace(backtest, **{name: _first(getattr(backtest, name), 3) for name in PER_WINDOW}))
    assert few.n_cutoffs == H
    assert few.duel("Naive").p_value is None


def _first(values: Any, cutoffs: int) -> Any:
    if isinstance(values, dict):
        return {name: _first(one, cutoffs) for name, one in values.items()}
    return values[: 2 * cutoffs]


@pytest.mark.parametrize(
    ("lstm", "skill", "headline"),
    [
        (1.0, -math.inf, "The LSTM (for this fitted model) lost to the last known value repeated, which was never"),
        (0.0, 0.0, "The LSTM (for this fitted model) did as well as the last known value repeated: neither was ever"),
    ],
)
def test_a_baseline_that_is_never_wrong_is_not_beaten(lstm: float, skill: float, headline: str) -> None:
    comparison = compare(backtest_of(lstm, 0.0))
    assert comparison.duel("Naive").skill == skill
    assert verdict(comparison).headline.startswith(headline)


@pytest.mark.parametrize(
    ("lstm", "naive", "headline"),
    [
        (
            noise(0.8),
            noise(1.0, seed=1),
            r"beat the last known price repeated: its errors are 19\.4 % smaller .*hardly",
        ),
        (noise(1.2), noise(1.0, seed=1), r"lost to the last known price repeated: .* larger .*hardly chance"),
        (
            noise(1.0, 0.01),
            noise(1.0, 0.01, seed=1),
            r"did not beat the last known price repeated, nor lose .*equivalent",
        ),
        (noise(1.0, 0.5), noise(1.0, 0.5, seed=1), r"did not demonstrably beat the last known price.*could be chance"),
    ],
)
def test_the_first_sentence(lstm: Any, naive: Any, headline: str) -> None:
    import re

    said = verdict(compare(backtest_of(np.abs(lstm), np.abs(naive))), "price").headline
    assert re.search(headline, said), said
    assert said.startswith("The LSTM (for this fitted model)")


def test_coverage_and_width_are_told_in_scaled_units() -> None:
    comparison = compare(backtest_of(0.0, 1.0))
    assert [score.coverage for score in comparison.intervals] == [1.0, 1.0]
    assert comparison.intervals[0].mean_width == pytest.approx((2 / 1 + 2 / 10) / 2)
    assert compare(backtest_of(1.5, 1.0)).intervals[0].coverage == 0.0


def test_a_copy_of_the_last_value_is_seen_and_a_forecast_that_moves_is_not() -> None:
    copied = compare(_shifted(0.02))
    assert copied.copies_last_value
    assert any("shifted" in sentence for sentence in verdict(copied, "price").sentences)
    assert not compare(_shifted(0.9)).copies_last_value


def _shifted(share: float) -> Backtest:
    """A backtest whose LSTM foresees ``share`` of each change from the last value, which Naive repeats."""
    backtest = backtest_of(0.0, 0.0)
    last = backtest.panel.values[backtest.rows][:, None].repeat(H, axis=1)
    backtest.forecasts["Naive"][:] = last
    backtest.forecasts["LSTM"][:] = last + share * (backtest.y - last)
    return backtest


def test_the_table() -> None:
    frame = compare(backtest_of(0.5, noise(1.0))).to_frame()
    assert frame["model"].tolist() == ["LSTM", "Naive"]
    assert math.isnan(frame["skill"][0])
    assert frame["verdict"].tolist()[1] == "beats"


def test_words_without_a_comparison() -> None:
    assert "not compared" in no_verdict("there are too few rows for it").headline
    assert "skill near 0" in expectation("price")
    assert "If these are prices" in expectation("value")


def test_a_refitted_model_is_not_called_this_fitted_one() -> None:
    import dataclasses

    comparison: Comparison = dataclasses.replace(compare(backtest_of(0.5, noise(1.0))), refitted=True)
    assert "fitted model" not in verdict(comparison).headline
