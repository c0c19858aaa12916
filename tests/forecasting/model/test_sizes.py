"""Sizes against a loop over series, and what they are taken from."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.scaling import Transform, Transformed
from clearlstm.forecasting.model import sizes as module
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.sizes import Sizes, change_sizes, measure
from clearlstm.forecasting.settings import resolve
from tests.forecasting.series import SMALL, as_panel, walk


def table_of(frame: pd.DataFrame) -> Transformed:
    panel = as_panel(frame)
    return Transformed(panel, Transform(np.zeros(len(panel), dtype=bool)))


def rms(values: npt.NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else np.nan


def ragged(seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.concat([walk(f"{k}", int(n), k) for k, n in enumerate(rng.integers(2, 60, 5))], ignore_index=True)
    frame.loc[rng.random(len(frame)) < 0.1, "y"] = np.nan
    return frame


@given(st.integers(0, 50), st.integers(1, 9))
def test_change_sizes_are_root_mean_squares_of_what_is_known(seed: int, lag: int) -> None:
    table = table_of(ragged(seed))
    result, counts = change_sizes(table, (1, lag))
    for k, (a, b) in enumerate(pairwise(table.panel.offsets)):
        z = table.z[a:b]
        for j, one in enumerate((1, lag)):
            changes = z[one:] - z[:-one]
            assert counts[k, j] == np.count_nonzero(~np.isnan(changes))
            assert result[k, j] == pytest.approx(rms(changes), rel=1e-12, nan_ok=True)


@pytest.mark.parametrize("base", [Base("last", 3), Base("season", 3, 4), Base("drift", 3)])
def test_target_sizes_are_those_of_the_base_s_errors(base: Base) -> None:
    table = table_of(pd.concat([walk("A", 90), walk("B", 70, 1)]))
    settings = resolve(table.panel, replace(SMALL, season_length=4))
    start = table.panel.times[60]
    result = measure(table, settings, base, start=start)
    for k, (a, b) in enumerate(pairwise(table.panel.offsets)):
        for step in (1, 2, 3):
            errors = [
                table.z[t + step] - base.says(table.z, table.known, np.array([t]))[0, step - 1]
                for t in range(a, b - step)
                if table.panel.times[t + step] < start
            ]
            assert result.target[k, step - 1] == pytest.approx(rms(np.array(errors)), rel=1e-12)


def test_no_row_from_the_start_on_is_measured() -> None:
    frame = walk("A", 90)
    wild = frame.assign(y=np.where(frame.index >= 60, 1e9 * frame["y"], frame["y"]))
    start = np.datetime64(frame["ds"][60])
    settings = resolve(table_of(frame).panel, SMALL)
    one, other = (measure(table_of(f), settings, Base("last", 3), start=start) for f in (frame, wild))
    for name in ("change", "level", "target"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_what_a_short_series_can_t_show_is_taken_from_the_others() -> None:
    frame = pd.concat([walk("A", 200), walk("B", 200, 1), walk("short", 6, 2)])
    table = table_of(frame)
    settings = resolve(table.panel, SMALL)
    result = measure(table, settings, Base("last", 3))
    usual = np.median(result.target[:2] / result.change[:2, None], axis=0)
    np.testing.assert_allclose(result.target[2], result.change[2] * usual, rtol=1e-12)
    assert result.usable.all()
    alone = measure(table_of(walk("short", 6, 2)), settings, Base("last", 3), profile=result.profile)
    np.testing.assert_allclose(alone.target[0], result.target[2], rtol=0.1)
    assert not measure(table_of(walk("short", 3, 2)), settings, Base("last", 3), profile=result.profile).usable.any()


def measured(table: Transformed) -> Sizes:
    return measure(table, resolve(table.panel, SMALL), Base("last", 3))


def test_a_long_table_is_measured_block_by_block_and_by_an_even_selection(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(pd.concat([walk("A", 3000), walk("B", 2000, 1)]))
    whole = measured(table)
    monkeypatch.setattr(module, "BLOCK_ROWS", 700)
    np.testing.assert_allclose(measured(table).target, whole.target, rtol=1e-12)
    monkeypatch.setattr(module, "MAX_MEASURED", 1000)
    some = measured(table)
    np.testing.assert_allclose(some.target, whole.target, rtol=0.15)
    assert (some.target != whole.target).all()


def test_a_short_series_in_a_long_table_is_measured_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    table = table_of(pd.concat([walk("A", 3000), walk("B", 12, 1)]))
    whole = measured(table)
    monkeypatch.setattr(module, "MAX_MEASURED", 100)
    some = measured(table)
    assert some.usable.all()
    assert some.change[1] == whole.change[1]
    assert some.change[0] != whole.change[0]
    np.testing.assert_array_equal(some.target[1], whole.target[1])
