"""What the net is shown, what it is asked, and that neither comes from the future."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.errors import DataError
from clearlstm.forecasting.evaluate.backtest import base_forecast
from clearlstm.forecasting.fit import fitting
from clearlstm.forecasting.fit.ensemble import Windows
from clearlstm.forecasting.fit.fitting import blend_before, fit_model, split_by_time
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.problem import Problem
from clearlstm.forecasting.model.sizes import measure
from clearlstm.forecasting.settings import Settings, resolve
from tests.forecasting.series import SMALL, as_panel, seasonal, walk, walks


def settings_for(panel: Panel, **changes: Any) -> Settings:
    return resolve(panel, replace(SMALL, **changes))


def table_of(panel: Panel) -> Transformed:
    return Transformed(panel, Transform.choose(panel.values, panel.offsets))


def problem_of(panel: Panel, s: Settings, base: Base | None = None) -> Problem:
    table, base = table_of(panel), base or Base("last", s.h)
    return Problem(table, s, base, measure(table, s, base))


def test_for_positive_series_the_target_is_the_log_change() -> None:
    panel = as_panel(walks())
    problem = problem_of(panel, settings_for(panel))
    rows = problem.origins(3)
    y = panel.values
    for k in (1, 2, 3):
        size = problem.sizes.target[problem.row_series[rows], k - 1]
        np.testing.assert_allclose(
            problem.y(rows)[:, k - 1] * size, np.log(y[rows + k] / y[rows]), rtol=1e-4, atol=1e-7
        )


@pytest.mark.parametrize("season", [0, 12])
def test_targets_mapped_back_are_the_values(season: int) -> None:
    panel = as_panel(seasonal())
    problem = problem_of(panel, settings_for(panel, season_length=12), Base("season", 3, 12) if season else None)
    rows = problem.origins(3)
    back = problem.values(rows, problem.y(rows).astype(np.float64)[:, :, None])[:, :, 0]
    np.testing.assert_allclose(back, panel.values[rows[:, None] + np.arange(1, 4)], rtol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_inputs_do_not_change_with_any_later_row(data: st.DataObject) -> None:
    panel = as_panel(seasonal(80))
    s = settings_for(panel, season_length=12)
    problem = problem_of(panel, s, Base("season", 3, 12))
    row = data.draw(st.sampled_from(problem.origins(3).tolist()))
    later = panel.values.copy()
    later[row + 1 :] = data.draw(st.floats(1, 1e6))
    changed = replace(problem, table=replace(problem.table, panel=replace(panel, values=later)))
    rows = np.array([row])
    np.testing.assert_array_equal(changed.x(rows), problem.x(rows))
    nothing = np.zeros((1, 3, 1))
    np.testing.assert_array_equal(changed.values(rows, nothing), problem.values(rows, nothing))


def test_level_is_relative_to_the_end_of_the_window() -> None:
    panel = as_panel(walks())
    problem = problem_of(panel, settings_for(panel))
    x = problem.x(problem.origins(3))
    assert x.shape[1:] == (8, 3)
    assert (x[:, -1, 1] == 0).all()


def test_scaling_makes_units_alike() -> None:
    one, other = as_panel(walk("A", 100)), as_panel(walk("A", 100).assign(y=lambda f: f["y"] * 1e6))
    s = settings_for(one)
    a, b = problem_of(one, s), problem_of(other, s)
    rows = a.origins(3)
    np.testing.assert_allclose(a.x(rows), b.x(rows), atol=2e-5)
    np.testing.assert_allclose(a.y(rows), b.y(rows), atol=2e-5)


@settings(deadline=None, max_examples=30)
@given(st.integers(30, 90), st.integers(30, 90), st.integers(1, 5), st.floats(0.1, 0.5))
def test_validation_lies_after_all_that_is_trained_on(n: int, m: int, h: int, share: float) -> None:
    late = walk("B", m, 1, start="2024-01-20")
    panel = as_panel(pd.concat([walk("A", n), late]))
    s = settings_for(panel, h=h, validation_share=share)
    split = split_by_time(table_of(panel), s)
    if split.start is not None:
        assert panel.times[split.training + h].max() < split.start <= panel.times[split.validation].min()


def test_sizes_come_from_the_training_part_alone() -> None:
    panel = as_panel(walks())
    s = settings_for(panel)
    start = split_by_time(table_of(panel), s).start
    wild = panel.values.copy()
    wild[panel.times >= start] *= np.exp(np.random.default_rng(0).normal(0, 3, int((panel.times >= start).sum())))
    other = Panel(panel.ids, panel.times, wild, panel.offsets, panel.frequency)
    a, b = fit_model(panel, s), fit_model(other, s)
    np.testing.assert_array_equal(a.sizes.change, b.sizes.change)
    np.testing.assert_array_equal(a.sizes.target, b.sizes.target)


def test_before_training_the_net_answers_the_base_and_its_usual_errors() -> None:
    panel = as_panel(walks())
    s = settings_for(panel, max_steps=1, learning_rate=1e-12)
    model = fit_model(panel, s)
    split = split_by_time(table_of(panel), s)
    problem = replace(model.problem(panel), base=blend_before(table_of(panel), s, split.start))
    errors = problem.y(split.training)
    answer = model.network(problem.x(problem.origins(3)[:5])).reshape(5, 3, 5)
    for row in answer:
        np.testing.assert_allclose(row, np.quantile(errors, s.quantiles, axis=0).T, rtol=1e-4, atol=1e-4)


def test_quantiles_never_cross_however_the_net_answers() -> None:
    panel = as_panel(walks())
    model = fit_model(panel, settings_for(panel))
    model.network.parameters["head.W"][:] = np.random.default_rng(0).normal(
        size=model.network.parameters["head.W"].shape
    )
    problem = model.problem(panel)
    quantiles = model.quantiles(problem, problem.origins(3))
    assert (np.diff(quantiles, axis=2) >= 0).all()


@pytest.mark.parametrize("season", [(), (12,)])
def test_a_net_that_has_earned_nothing_leaves_the_base_to_the_bit(season: tuple[int, ...]) -> None:
    panel = as_panel(seasonal())
    model = replace(fit_model(panel, settings_for(panel, season_length=season)), earned=(0.0,) * 3)
    problem = model.problem(panel)
    rows = problem.origins(3)
    expected = base_forecast(problem, rows)
    quantiles = model.quantiles(problem, rows)
    np.testing.assert_array_equal(quantiles[:, :, 2], expected)
    assert (np.diff(quantiles, axis=2) >= 0).all()


def test_only_missing_targets_and_empty_windows_keep_an_origin_from_training() -> None:
    frame = walks(60, 1)
    frame.loc[[30, *range(40, 52)], "y"] = np.nan
    panel = as_panel(frame)
    s = settings_for(panel)
    missing = np.isnan(panel.values)
    expected = [
        row
        for row in range(60 - 3)
        if not missing[row + 1 : row + 4].any() and (~missing[max(0, row - 7) : row + 1]).sum() >= 2
    ]
    assert problem_of(panel, s).origins(s.h).tolist() == expected
    assert 1 in expected  # a window of two rows, padded
    assert 30 in expected  # its own value is missing
    assert 51 not in expected  # nothing is known in its window


def test_of_very_many_windows_an_even_selection_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = as_panel(walks(1000))
    s = settings_for(panel)
    monkeypatch.setattr(fitting, "MAX_ORIGINS", 400)
    monkeypatch.setattr(fitting, "MAX_VALIDATION", 20)
    split = split_by_time(table_of(panel), s)
    used = np.concatenate([split.training, split.validation, split.calibration])
    assert 380 <= len(used) <= 420
    assert len(split.validation) == pytest.approx(20, abs=2)
    for part in (split.training, split.validation, split.calibration):
        assert np.mean(part < 1000) == pytest.approx(0.5, abs=0.1)  # both series have their share
    assert np.diff(np.sort(split.training[split.training < 1000])).max() <= 15  # and every stretch of time
    model = fit_model(panel, s)
    assert (model.n_training, model.n_validation) == (len(split.training), len(split.validation) + len(split.later))


def test_what_is_missing_or_before_the_start_enters_as_nothing_and_says_so() -> None:
    frame = walks(60, 2)
    frame.loc[[30, 33], "y"] = np.nan
    panel = as_panel(frame)
    problem = problem_of(panel, settings_for(panel, season_length=4))
    names = problem.input_names
    assert names == ("change", "level", "change over 4 steps", "known")
    x = problem.x(np.array([33, 62]))  # the second is the third row of its series
    np.testing.assert_array_equal(x[:, :, 3], [[1, 1, 1, 1, 0, 1, 1, 0], [0, 0, 0, 0, 0, 1, 1, 1]])
    assert (x[x[:, :, 3] == 0] == 0).all()
    z, size = problem.z, problem.sizes
    expected = [0 if np.isnan(z[s] - z[s - 1]) else (z[s] - z[s - 1]) / size.change[0] for s in range(26, 34)]
    np.testing.assert_allclose(x[0, :, 0], expected, rtol=1e-5)
    levels = np.nan_to_num((z[26:34] - z[32]) / size.level[0])  # z_33 is missing: the one before stands in
    np.testing.assert_allclose(x[0, :, 1], levels, rtol=1e-5)
    np.testing.assert_allclose(x[1, 5:, 0], [0, *(np.diff(z[60:63]) / size.change[1])], rtol=1e-5)
    assert (x[1, :, 2] == 0).all()


def test_padding_says_the_same_as_a_series_that_starts_later() -> None:
    """What stands in the table before a short series, in other series, doesn't reach its windows."""
    alone, among = as_panel(walk("B", 30, 1)), as_panel(pd.concat([walks(60, 1), walk("B", 30, 1)]))
    s = settings_for(alone)
    one, other = problem_of(alone, s), problem_of(among, s)
    rows = np.arange(30)
    np.testing.assert_array_equal(one.x(rows), other.x(60 + rows))


def test_a_batch_source_is_named_by_its_data() -> None:
    panel = as_panel(walks())
    problem = problem_of(panel, settings_for(panel))
    rows = problem.origins(3)
    changed = as_panel(walks().assign(y=lambda f: f["y"] + (f.index == 50)))
    same, other = problem_of(panel, problem.settings), problem_of(changed, problem.settings)
    assert Windows(problem, rows).fingerprint == Windows(same, rows).fingerprint
    assert Windows(problem, rows).fingerprint != Windows(other, rows).fingerprint
    assert Windows(problem, rows).fingerprint != Windows(problem, rows[1:]).fingerprint


def test_a_wave_that_repeats_itself_exactly_is_forecast_by_itself() -> None:
    frame = walk("A", 70).assign(y=np.tile([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0], 10))
    panel = as_panel(frame)
    model = fit_model(panel, settings_for(panel, season_length=7))
    problem = model.problem(panel)
    rows = problem.origins(3)
    rows = rows[rows >= 28]
    result = model.quantiles(problem, rows)
    np.testing.assert_array_equal(result[:, :, 2], panel.values[rows[:, None] + [1, 2, 3]])


def test_one_window_does_not_make_an_interval_of_no_width() -> None:
    panel = as_panel(walk("A", 5))
    model = fit_model(panel, replace(settings_for(as_panel(walk("A", 11))), input_size=2))
    assert model.n_training == 1
    quantiles = model.quantiles(model.problem(panel), np.array([4]))
    sizes = model.sizes.target[0]
    assert (sizes > 0).all()
    spread = np.log(quantiles[0, :, 3] / quantiles[0, :, 1])  # between the 10 % and 90 % quantiles
    np.testing.assert_allclose(spread, 2 * 1.2815515 * sizes, rtol=1e-5)


def test_nothing_to_train_on() -> None:
    empty = as_panel(walk("A", 60).assign(y=np.nan))
    with pytest.raises(DataError, match="no series has 3 known values in a row"):
        fit_model(empty, settings_for(empty))
    holes = walk("A", 60)
    holes.loc[::3, "y"] = np.nan
    with pytest.raises(DataError, match="no series has 3 known values in a row, as h 3 needs to learn from"):
        fit_model(as_panel(holes), settings_for(as_panel(holes)))
    mixed = as_panel(pd.concat([holes, walk("B", 60).assign(y=7.0)]))
    with pytest.raises(
        DataError, match=r"the series that have 3 known values in a row.* change too little or have too few values"
    ):
        fit_model(mixed, settings_for(mixed))
