"""Each base against its formula, written out as a loop; and the choice among them."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.panel import Panel
from clearlstm.data.scaling import Transform, Transformed
from clearlstm.data.windows import Known
from clearlstm.errors import ClearLSTMError
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.model.bases import Base, candidates, choose_base
from clearlstm.forecasting.options import Options
from clearlstm.forecasting.settings import resolve
from tests.forecasting.series import SMALL, as_panel, seasonal, walk

Values = npt.NDArray[np.float64]
H, SEASON = 5, 3


def last_known(z: Values, first: int, row: int) -> int | None:
    return next((r for r in range(row, first - 1, -1) if r >= 0 and not np.isnan(z[r])), None)


def says(kind: str, z: Values, first: int, t: int) -> list[float]:
    """The formulas of the module's docstring, step by step; not-a-number where one can't be told."""
    last = last_known(z, first, t)
    if last is None:
        return [np.nan] * H
    if kind == "last":
        return [z[last]] * H
    if kind == "drift":
        start = next(r for r in range(first, t + 1) if not np.isnan(z[r]))
        if t - first < H or last - start < H:
            return [np.nan] * H
        slope = (z[last] - z[start]) / (last - start)
        return [z[last] + slope * (t + k - last) for k in range(1, H + 1)]
    if kind == "usual change":
        return [z[last] + usual_change(z, first, t, k) for k in range(1, H + 1)] if t - first >= 6 else [np.nan] * H
    rows = [t + k - SEASON * -(-k // SEASON) for k in range(1, H + 1)]
    anchors = [last_known(z, first, row) if row >= first else None for row in rows]
    if None in anchors:
        return [np.nan] * H
    shift = 0.0
    if kind == "season and change":
        ago = last_known(z, first, t - SEASON) if t - SEASON >= first else None
        if ago is None:
            return [np.nan] * H
        shift = z[last] - z[ago]
    return [z[row] + shift for row in anchors if row is not None]


def usual_change(z: Values, first: int, t: int, k: int) -> float:
    """The mean of what followed in k steps, in up to 5 seasons that show it; 0 if none does."""
    starts = [t - SEASON * j for j in range(-(-k // SEASON), -(-k // SEASON) + 5)]
    changes = [z[start + k] - z[start] for start in starts if start >= first]
    shown = [change for change in changes if not np.isnan(change)]
    return float(np.mean(shown)) if shown else 0.0


@pytest.mark.parametrize("kind", ["last", "season", "season and change", "usual change", "drift"])
@given(lengths=st.lists(st.integers(1, 26), min_size=1, max_size=4), data=st.data())
def test_bases_say_what_their_formulas_say(kind: Any, lengths: list[int], data: st.DataObject) -> None:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    n = int(offsets[-1])
    holes = np.array(data.draw(st.lists(st.booleans(), min_size=n, max_size=n)))
    z = np.where(holes, np.nan, np.random.default_rng(0).normal(size=n))
    result = Base(kind, H, 0 if kind in ("last", "drift") else SEASON).says(z, Known.of(z, offsets), np.arange(n))
    first = np.repeat(offsets[:-1], lengths)
    expected = [says(kind, z, int(first[t]), t) for t in range(n)]
    np.testing.assert_allclose(result, expected, rtol=1e-12)


def chosen(values: Values, season: int = 12, **changes: Any) -> Base:
    panel = as_panel(walk("A", len(values), freq="MS").assign(y=values))
    options = replace(SMALL, season_length=season, max_steps=1)
    return fit_model(panel, resolve(panel, replace(options, **changes))).base


def test_what_a_series_is_made_of_decides() -> None:
    rng, t = np.random.default_rng(0), np.arange(240)
    wave = 10 * np.sin(2 * np.pi * t / 12)
    assert chosen(50 + np.cumsum(rng.normal(size=240))).kind == "last"
    assert chosen(50 + wave + rng.normal(size=240)).kind == "season"
    assert chosen(200 + wave + np.cumsum(rng.normal(0, 3, 240))).kind == "usual change"
    moving = np.cumsum(rng.normal(0, 5, (20, 12)), axis=0).ravel()
    assert chosen(200 + moving + np.cumsum(rng.normal(0, 3, 240))).kind == "season and change"
    assert chosen(50 * 1.01**t + rng.normal(0, 0.1, 240), season=1).kind == "drift"


def test_the_choice_is_made_on_the_validation_part() -> None:
    """A wave that gives way to a random walk for the last third: what was best before doesn't count."""
    rng, t = np.random.default_rng(1), np.arange(300)
    values = 100 + 20 * np.sin(2 * np.pi * t / 12)
    values[200:] = values[199] + np.cumsum(rng.normal(0, 5, 100))
    assert chosen(values[:200] + rng.normal(size=200)).kind == "season"
    assert chosen(values).kind == "last"


def test_a_base_that_is_hardly_better_does_not_displace_a_simpler_one() -> None:
    z = np.cumsum(np.random.default_rng(3).normal(0.05, 1, 400))
    table = Transformed(as_panel(walk("A", 400).assign(y=z)), Transform(np.array([False])))
    settings = resolve(table.panel, SMALL)
    rows = np.arange(300, 390)
    future = z[rows[:, None] + np.arange(1, 4)]
    errors = [np.mean(np.abs(future - base.says(z, table.known, rows))) for base in candidates(settings)]
    assert 0.99 < errors[1] / errors[0] < 1  # drift is better, by less than 1 %
    assert choose_base(z, table.known, settings, rows, np.ones(1), np.arange(20, 290)).kind == "last"


@pytest.mark.parametrize(
    ("freq", "season", "n", "h"),
    [
        *[("MS", 12, n, h) for n, h in ((66, 18), (78, 24), (84, 24), (102, 36), (126, 36), (150, 40), (150, 50))],
        *[("D", 7, 90, 28), ("D", 7, 90, 30)],
        *[("h", 24, n, h) for n, h in ((168, 48), (400, 168), (500, 168))],
    ],
)
def test_the_base_that_is_chosen_leaves_windows_to_train_on(freq: str, season: int, n: int, h: int) -> None:
    t = np.arange(n)
    wave = 50 + 10 * np.sin(2 * np.pi * t / season) + 0.1 * t + np.random.default_rng(0).normal(size=n)
    panel = as_panel(walk("A", n, freq=freq).assign(y=wave))
    model = fit_model(panel, resolve(panel, Options(h=h, hidden_size=2, max_steps=1)))
    assert model.n_training > 0
    assert model.history is not None


@pytest.mark.parametrize("options", [Options(h=1), Options(h=1, input_size=6), Options(h=1, season_length=4)])
def test_where_a_horizon_works_a_shorter_one_does_too(options: Options) -> None:
    for n in (8, 13, 21, 34, 55):
        panel = as_panel(seasonal(n))
        works = [_can_be_fitted(panel, replace(options, h=h, hidden_size=1, max_steps=1)) for h in range(1, n + 1)]
        assert any(works)
        assert not any(later and not earlier for earlier, later in pairwise(works))


def _can_be_fitted(panel: Panel, options: Options) -> bool:
    try:
        fit_model(panel, resolve(panel, options))
    except ClearLSTMError:
        return False
    return True


def test_the_shift_is_a_factor_under_a_logarithm() -> None:
    frame = seasonal(120)
    panel = as_panel(frame)
    model = fit_model(panel, resolve(panel, replace(SMALL, season_length=12, max_steps=1)))
    problem = replace(model.problem(panel), base=Base("season and change", 3, 12))
    y, t = panel.values, np.array([60])
    expected = y[t[:, None] + np.arange(-11, -8)] * y[t] / y[t - 12]
    np.testing.assert_allclose(problem.values(t, np.zeros((1, 3, 1)))[:, :, 0], expected, rtol=1e-12)
