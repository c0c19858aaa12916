"""Conformal intervals: ranks against exact arithmetic, coverage against fresh draws, never crossing, drift followed."""

from dataclasses import replace
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearlstm.data.scaling import Transformed
from clearlstm.errors import InputError
from clearlstm.forecasting.fit.calibrating import calibrate, observe
from clearlstm.forecasting.fit.fitting import split_by_time
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.forecasting.model.intervals import (
    Calibration,
    conformal_margins,
    conformal_scores,
    needed,
    nominal_alphas,
    stretches,
    widen,
)
from clearlstm.shapes import FloatArray
from tests.forecasting.series import walk, walks

ENDS = [(1, 3), (0, 4)]  # the 80 % and the 95 % interval among the quantiles 0.025, 0.1, 0.5, 0.9, 0.975
LEVELS = (80, 95)


def calibration(scores: FloatArray, series: Any = None, S: int = 1) -> Calibration:
    """One of scores (n, h), the same for both levels."""
    where = np.zeros(len(scores), dtype=np.int64) if series is None else np.asarray(series)
    both = np.repeat(scores[:, :, None], 2, axis=2).astype(np.float32)
    return Calibration.of(both, where, S, LEVELS, held_out=True)


@pytest.mark.parametrize("level", [50, 80, 90, 95, 99])
@pytest.mark.parametrize("n", [1, 4, 9, 19, 38, 99, 100, 257])
def test_the_rank_is_the_finite_sample_one_in_exact_arithmetic(level: int, n: int) -> None:
    rank = ceil((n + 1) * Fraction(level, 100))
    ordered = np.arange(1.0, n + 1).reshape(n, 1, 1)
    alpha = nominal_alphas((level,)).reshape(1, 1, 1)
    assert conformal_margins(ordered, np.array([n]), alpha).item() == min(rank, n)
    assert (rank <= n) == (n >= needed(level))


def test_too_few_scores_may_widen_and_never_narrow() -> None:
    inside = -np.arange(3.0, 0.0, -1.0).reshape(3, 1, 1)
    assert conformal_margins(inside, np.array([3]), np.full((1, 1, 1), 0.05)).item() == 0.0
    assert conformal_margins(inside + 9, np.array([3]), np.full((1, 1, 1), 0.05)).item() == 8.0


def test_overlapping_origins_count_once() -> None:
    np.testing.assert_array_equal(stretches(np.array([0, 1, 10]), 4), [[0, 0, 0, 0], [1, 1, 1, 1], [10, 5, 4, 3]])
    ordered = np.tile(np.arange(1.0, 101.0)[:, None, None], (1, 2, 1))
    alone, overlapping = conformal_margins(ordered, np.array([100, 10]), np.full((1, 2, 1), 0.2))[0, :, 0]
    assert (alone, overlapping) == (81.0, 88.0)  # ⌈101 · 0.8⌉ and ⌈0.8 · (1 + 1/10) · 100⌉


def test_scores_are_distances_to_the_nearer_end() -> None:
    quantiles = np.array([-2.0, -1.0, 0.0, 1.0, 2.0]).reshape(1, 1, 5)
    for y, expected in ((0.0, (-1, -2)), (1.5, (0.5, -0.5)), (-4.0, (3, 2))):
        assert conformal_scores(quantiles, np.array([[y]]), ENDS)[0, 0].tolist() == list(expected)


@given(
    arrays(np.float64, (3, 2, 5), elements=st.floats(-10, 10)),
    arrays(np.float64, (3, 2, 2), elements=st.floats(-20, 20)),
)
def test_intervals_are_nested_around_the_median_and_no_narrower_than_the_margins_say(
    quantiles: FloatArray, margins: FloatArray
) -> None:
    quantiles = np.sort(quantiles, axis=2)
    out = widen(quantiles, margins, ENDS)
    assert (np.diff(out, axis=2) >= 0).all()
    np.testing.assert_array_equal(out[:, :, 2], quantiles[:, :, 2])
    for j, (lo, hi) in enumerate(ENDS):
        assert (out[:, :, lo] <= quantiles[:, :, lo] - margins[:, :, j]).all()
        assert (out[:, :, hi] >= quantiles[:, :, hi] + margins[:, :, j]).all()


def test_margins_of_nothing_leave_rising_quantiles_as_they_are() -> None:
    quantiles = np.sort(np.random.default_rng(0).normal(size=(4, 3, 5)), axis=2)
    np.testing.assert_array_equal(widen(quantiles, np.zeros((4, 3, 2)), ENDS), quantiles)


def test_expected_coverage_is_the_nominal_one_however_wrong_the_quantiles_are() -> None:
    """The theorem of conformal prediction, by simulation: 2,000 calibrations of 19 draws and one fresh draw each."""
    rng = np.random.default_rng(0)
    y = rng.standard_t(3, size=(2000, 20))
    wrong = np.array([-0.3, -0.2, 0.0, 0.1, 0.2]).reshape(1, 1, 5)
    inside = np.zeros(2)
    for draw in y:
        scores = conformal_scores(np.tile(wrong, (20, 1, 1)), draw[:, None], ENDS)
        margins = Calibration.of(scores[:19], np.zeros(19, np.int64), 1, LEVELS, held_out=True).margins(np.array([0]))
        inside += scores[19, 0] <= margins[0, 0]
    standard_error = np.sqrt([0.8 * 0.2 / 2000, 0.95 * 0.05 / 2000])
    assert (np.abs(inside / 2000 - [0.8, 0.95]) < 3.5 * standard_error).all()


# --- whose scores a series is measured by ---


def test_a_series_with_enough_scores_has_its_own_and_others_those_of_all() -> None:
    scores = np.concatenate([np.full(40, 1.0), np.full(3, 9.0), np.full(40, 5.0)])[:, None]
    series = np.repeat([0, 1, 2], [40, 3, 40])
    result = calibration(scores, series, 4).margins(np.array([2, 1, 0, 3, -1]))[:, 0]
    assert result[0].tolist() == [5.0, 5.0]
    assert result[2].tolist() == [1.0, 1.0]
    pooled = np.sort(scores[:, 0])[[ceil(84 * 0.8) - 1, ceil(84 * 0.95) - 1]]
    for one in (1, 3, 4):
        assert result[one].tolist() == pooled.tolist()


def test_there_may_be_enough_for_one_step_ahead_and_too_few_for_three() -> None:
    scores = np.concatenate([np.full((40, 3), 1.0), np.full((600, 3), 7.0)])
    result = calibration(scores, np.repeat([0, 1], [40, 600]), 2).margins(np.array([0]))
    assert result[0, :, 0].tolist() == [1.0, 7.0, 7.0]
    assert result[0, :, 1].tolist() == [1.0, 7.0, 7.0]


def test_the_order_of_interleaved_series_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    scores, series = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)
    grouped = np.argsort(series, kind="stable")
    mixed = calibration(scores, series, 3)
    sorted_ = calibration(scores[grouped], series[grouped], 3)
    np.testing.assert_array_equal(mixed.margins(np.arange(3)), sorted_.margins(np.arange(3)))


def test_it_says_what_it_rests_on() -> None:
    assert "Too few" not in calibration(np.zeros((20, 1))).sentence()
    few = calibration(np.zeros((40, 10))).sentence()
    assert "40 forecasts (4 that don't overlap at the last step)" in few
    assert few.endswith("Too few for that aim: 95 % needs 19")
    assert "not guaranteed" in few


# --- drift ---


def test_new_scores_take_the_places_of_the_oldest_of_their_series() -> None:
    old = calibration(np.arange(100.0)[:, None], np.repeat([0, 1], 50), 2)
    new = old.observe(np.full((3, 1, 2), 99.0, np.float32), np.array([1, 1, 1]), adaptive=False)
    assert new.counts.tolist() == [50, 50]
    assert new.scores[:50, 0, 0].tolist() == list(range(50))
    assert new.scores[50:, 0, 0].tolist() == [*range(53, 100), 99, 99, 99]
    np.testing.assert_array_equal(new.alphas, old.alphas)


def test_few_scores_grow_until_there_are_enough() -> None:
    grown = calibration(np.zeros((2, 3)))
    for _ in range(130):
        grown = grown.observe(np.ones((1, 3, 2), np.float32), np.array([0]), adaptive=False)
    assert grown.counts.tolist() == [120]


def test_alpha_follows_the_published_recursion() -> None:
    """Gibbs & Candès 2021, eq. 2, by hand: margins 16 and 20 of the scores 1 … 20, missed and then not."""
    start = calibration(np.arange(1.0, 21.0)[:, None])
    new = np.array([18.0, 30.0, 0.0], np.float32).reshape(3, 1, 1).repeat(2, axis=2)
    result = start.observe(new, np.zeros(3, np.int64), adaptive=True).alphas[0, 0]
    assert result[0] == pytest.approx(0.2 - 0.01 * 0.8 - 0.01 * 0.8 + 0.01 * 0.2)
    assert result[1] == pytest.approx(0.05 + 0.01 * 0.05 - 0.01 * 0.95 + 0.01 * 0.05)


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 10_000))
def test_under_drift_the_adapted_intervals_miss_as_often_as_they_should(seed: int) -> None:
    """Errors grow fourfold. Fixed margins then miss far too often; adapted ones come back to their level."""
    rng = np.random.default_rng(seed)
    fixed = moving = calibration(np.abs(rng.normal(size=(100, 1))))
    missed = np.zeros((2, 600))
    for t in range(600):
        score = np.full((1, 1, 2), 4 * abs(rng.normal()), np.float32)
        at = np.array([0])
        missed[:, t] = [score[0, 0, 0] > one.margins(at)[0, 0, 0] for one in (fixed, moving)]
        moving = moving.observe(score, at, adaptive=True)
    assert missed[0].mean() > 0.6
    assert abs(missed[1, 200:].mean() - 0.2) < 0.08


# --- in a forecaster ---


def fitted(n: int = 300, **more: Any) -> LSTMForecaster:
    options: dict[str, Any] = {"hidden_size": 3, "max_steps": 10, "season_length": ()}
    return LSTMForecaster(3, 8, **(options | more)).fit(walks(n))


def test_calibration_lies_after_what_decided_when_to_stop_and_that_after_training() -> None:
    f = fitted()
    table = Transformed(f.panel_, f.model_.transform)
    split = split_by_time(table, f.model_.settings)
    times, h = f.panel_.times, f.model_.settings.h
    assert times[split.training + h].max() < times[split.validation].min()
    assert times[split.validation + h].max() < times[split.calibration].min()
    assert f.model_.calibration is not None
    assert f.model_.calibration.held_out
    assert len(f.model_.calibration.scores) == len(split.calibration)


def test_too_few_origins_serve_both_ends_and_it_says_so() -> None:
    calibration = fitted(100).model_.calibration
    assert calibration is not None
    assert not calibration.held_out
    assert "which also decided when to stop" in calibration.sentence()


def test_on_the_origins_that_calibrate_the_intervals_hold_what_they_should() -> None:
    f = fitted()
    calibration = f.model_.calibration
    assert calibration is not None
    problem = f.model_.problem(f.panel_)
    split = split_by_time(problem.table, f.model_.settings)
    quantiles = f.model_.quantiles(problem, split.calibration)
    y = f.panel_.values[split.calibration[:, None] + np.arange(1, 4)]
    for level, (lo, hi) in zip((80, 95), ENDS, strict=True):
        inside = (quantiles[:, :, lo] <= y) & (y <= quantiles[:, :, hi])
        assert (inside.mean(axis=0) >= level / 100).all()
        assert (inside.mean(axis=0) <= level / 100 + 0.1).all()


def test_the_method_changes_intervals_and_leaves_the_point_forecast() -> None:
    f = fitted()
    conformal = f.predict()
    f.model_ = replace(f.model_, calibration=None)
    own = f.predict()
    assert own["LSTM"].tolist() == conformal["LSTM"].tolist()
    assert (own["LSTM-lo-80"] != conformal["LSTM-lo-80"]).any()
    assert fitted(interval_method="quantile").model_.calibration is None


def test_one_series_alone_or_among_others_that_jump_is_calibrated_by_itself() -> None:
    calm = walk("calm", 400)
    wild = walk("wild", 400, 1).assign(y=lambda frame: frame["y"] * np.where(np.arange(400) % 7 == 0, 3.0, 1.0))
    f = LSTMForecaster(1, 8, hidden_size=3, max_steps=10, season_length=()).fit(pd.concat([calm, wild]))
    assert f.model_.calibration is not None
    margins = f.model_.calibration.margins(np.array([0, 1]))
    assert (f.model_.calibration.counts >= needed(95)).all()
    assert not np.array_equal(margins[0], margins[1])


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(InputError, match="interval_method is 'certain'; it must be one of 'conformal', 'adaptive'"):
        fitted(interval_method="certain")


def test_a_series_for_which_the_base_was_never_wrong_does_not_calibrate_the_others() -> None:
    model, panel = fitted().model_, fitted().panel_
    assert model.calibration is not None
    assert (model.calibration.counts > 0).all()
    sizes = replace(model.sizes, target=model.sizes.target * [[1.0], [0.0]])
    without = replace(model, sizes=sizes)
    problem = without.problem(panel)
    origins = split_by_time(problem.table, model.settings).calibration
    again = calibrate(without, problem, origins, stopping=origins[:0]).calibration
    assert again is not None
    assert again.counts.tolist() == [model.calibration.counts[0], 0]
    last = panel.offsets[1:] - 1 - model.settings.h
    assert observe(without, problem, last).calibration is not without.calibration
    observed = observe(replace(without, calibration=again), problem, last).calibration
    assert observed is not None
    assert observed.counts[1] == 0
