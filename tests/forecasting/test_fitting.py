"""What the net is shown, what it is asked, and that neither comes from the future."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform
from clearlstm.errors import DataError
from clearlstm.forecasting.fitting import Windows, fit_model, split_by_time
from clearlstm.forecasting.problem import Base, Problem, measure
from clearlstm.forecasting.settings import Settings, resolve
from tests.forecasting.series import as_panel, seasonal, walk, walks

ASKED: dict[str, Any] = {
    "h": 3,
    "input_size": 8,
    "level": (80, 95),
    "season_length": (),
    "hidden_size": 4,
    "batch_size": 16,
    "learning_rate": 5e-3,
    "max_steps": 20,
    "validation_share": 0.2,
    "seed": 0,
}


def settings_for(panel: Panel, **asked: Any) -> Settings:
    return resolve(panel, ASKED | asked)


def problem_of(panel: Panel, s: Settings, season: int = 0) -> Problem:
    transform = Transform.choose(panel.values, panel.offsets)
    base = Base(season, s.h)
    z = transform.forward(panel.values, panel.row_series)
    return Problem(panel, s, base, transform, measure(z, panel.offsets, s, base))


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
    problem = problem_of(panel, settings_for(panel, season_length=12), season)
    rows = problem.origins(3)
    back = problem.values(rows, problem.y(rows).astype(np.float64)[:, :, None])[:, :, 0]
    np.testing.assert_allclose(back, panel.values[rows[:, None] + np.arange(1, 4)], rtol=1e-5)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_inputs_do_not_change_with_any_later_row(data: st.DataObject) -> None:
    panel = as_panel(seasonal(80))
    s = settings_for(panel, season_length=12)
    problem = problem_of(panel, s, 12)
    row = data.draw(st.sampled_from(problem.origins(3).tolist()))
    later = panel.values.copy()
    later[row + 1 :] = data.draw(st.floats(1, 1e6))
    changed = replace(problem, panel=replace(panel, values=later))
    rows = np.array([row])
    np.testing.assert_array_equal(changed.x(rows), problem.x(rows))
    np.testing.assert_array_equal(changed.anchors(rows), problem.anchors(rows))


def test_level_is_relative_to_the_end_of_the_window() -> None:
    panel = as_panel(walks())
    problem = problem_of(panel, settings_for(panel))
    x = problem.x(problem.origins(3))
    assert x.shape[1:] == (8, 2)
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
    import pandas as pd

    late = walk("B", m, 1, start="2024-01-20")
    panel = as_panel(pd.concat([walk("A", n), late]))
    s = settings_for(panel, h=h, validation_share=share)
    split = split_by_time(panel, np.log(panel.values), s)
    if split.start is not None:
        assert panel.times[split.training + h].max() < split.start <= panel.times[split.validation].min()


def test_sizes_come_from_the_training_part_alone() -> None:
    panel = as_panel(walks())
    s = settings_for(panel)
    start = split_by_time(panel, np.log(panel.values), s).start
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
    problem = model.problem(panel)
    split = split_by_time(panel, np.log(panel.values), s)
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
def test_a_net_that_is_not_trusted_leaves_the_base_to_the_bit(season: tuple[int, ...]) -> None:
    panel = as_panel(seasonal())
    model = replace(fit_model(panel, settings_for(panel, season_length=season)), trust=0.0)
    problem = model.problem(panel)
    rows = problem.origins(3)
    expected = panel.values[rows[:, None] + model.base.lags]
    quantiles = model.quantiles(problem, rows)
    np.testing.assert_array_equal(quantiles[:, :, 2], expected)
    assert (np.diff(quantiles, axis=2) >= 0).all()


def test_a_strong_season_is_chosen_as_the_base() -> None:
    panel = as_panel(seasonal())
    assert fit_model(panel, settings_for(panel, season_length=12)).base.season == 12
    assert fit_model(as_panel(walks()), settings_for(as_panel(walks()), season_length=12)).base.season == 0


def test_windows_that_touch_a_missing_value_are_not_trained_on() -> None:
    frame = walks(60, 1)
    frame.loc[30, "y"] = np.nan
    panel = as_panel(frame)
    s = settings_for(panel)
    rows = problem_of(panel, s).origins(s.h)
    assert not [row for row in rows if row - s.input_size + 1 <= 30 <= row + s.h]
    assert len(rows) == (30 - 8 - 3 + 1) + (29 - 8 - 3 + 1)


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
    found = model.quantiles(problem, problem.origins(3))
    np.testing.assert_array_equal(
        found, np.repeat(panel.values[problem.origins(3)[:, None] + [1, 2, 3]][..., None], 5, 2)
    )


def test_one_window_does_not_make_an_interval_of_no_width() -> None:
    panel = as_panel(walk("A", 11))
    model = fit_model(panel, settings_for(panel))
    assert model.n_training == 1
    quantiles = model.quantiles(model.problem(panel), np.array([10]))
    sizes = model.sizes.target[0]
    assert (sizes > 0).all()
    spread = np.log(quantiles[0, :, 3] / quantiles[0, :, 1])  # between the 10 % and 90 % quantiles
    np.testing.assert_allclose(spread, 2 * 1.2815515 * sizes, rtol=1e-5)


def test_nothing_to_train_on() -> None:
    constant = as_panel(walk("A", 60).assign(y=7.0))
    with pytest.raises(DataError, match="no series changes enough to be modelled"):
        fit_model(constant, settings_for(constant))
    holes = walk("A", 60)
    holes.loc[::5, "y"] = np.nan
    with pytest.raises(DataError, match="no series has 11 rows in a stretch without a missing value"):
        fit_model(as_panel(holes), settings_for(as_panel(holes)))
