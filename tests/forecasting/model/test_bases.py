"""Each base against its formula, written out as a loop."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.panel import Panel
from clearlstm.data.windows import Known
from clearlstm.errors import ClearLSTMError
from clearlstm.forecasting.fit.fitting import fit_model
from clearlstm.forecasting.model.bases import Base
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


@pytest.mark.parametrize(
    ("freq", "season", "n", "h"),
    [
        *[("MS", 12, n, h) for n, h in ((66, 18), (78, 24), (84, 24), (102, 36), (126, 36), (150, 40), (150, 50))],
        *[("D", 7, 90, 28), ("D", 7, 90, 30)],
        *[("h", 24, n, h) for n, h in ((168, 48), (400, 168), (500, 168))],
    ],
)
def test_the_base_leaves_windows_to_train_on(freq: str, season: int, n: int, h: int) -> None:
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
