"""The mean of simple forecasts: the kernel against the reference, the members against their formulas, the weights."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm import kernels
from clearlstm.data.windows import Known
from clearlstm.forecasting.model.bases import Base
from clearlstm.forecasting.model.blend import BaseForecasts, Blend, members_for
from clearlstm.kernels import blends_reference

Values = npt.NDArray[np.float64]
SEASONS = [(), (4,), (3, 7)]


def table(seed: int = 0, n: int = 300) -> tuple[Values, npt.NDArray[np.int64]]:
    """Series of 100, 30, 1, 69 and 100 rows; some values missing, also first ones."""
    rng = np.random.default_rng(seed)
    z = np.cumsum(rng.normal(size=n)) + 3 * np.sin(np.arange(n) * np.pi / 2)
    z[rng.random(n) < 0.1] = np.nan
    z[[100, 101, 131, 200]] = np.nan
    return z, np.array([0, 100, 130, 131, 200, 300])


def blend_of(z: Values, offsets: npt.NDArray[np.int64], seasons: tuple[int, ...], h: int = 5) -> Blend:
    return Blend.of(z, h, seasons, offsets[:-1], offsets[1:])


def alone(blend: Blend, kind: int) -> Blend:
    """The same, with the whole weight on the members of one kind for as long as no error is known."""
    usual = np.array([1e-3 if one.kind == kind else np.nan for one in blend.members])
    return Blend(blend.h, blend.seasons, usual)


@pytest.mark.parametrize("seasons", SEASONS)
@pytest.mark.parametrize("h", [1, 5, 20])
def test_the_kernel_says_what_the_reference_says(seasons: tuple[int, ...], h: int) -> None:
    z, offsets = table()
    blend, rows = blend_of(z, offsets, seasons, h), np.arange(len(z))
    answers = kernels.blend(z, offsets[:-1], offsets[1:], rows, offsets, blend._arrays, h)
    expected = blends_reference.blend(z, offsets[:-1], offsets[1:], rows, offsets, blend._arrays, h)
    for one, other in zip(answers, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("kind", "base"),
    [
        (blends_reference.LAST, Base("last", 5)),
        (blends_reference.DRIFT, Base("drift", 5)),
        (blends_reference.SEASON, Base("season", 5, 4)),
        (blends_reference.MOVED_SEASON, Base("season and change", 5, 4)),
        (blends_reference.USUAL, Base("usual change", 5, 4)),
    ],
)
def test_the_members_that_need_no_smoothing_are_the_simple_forecasts(kind: int, base: Base) -> None:
    z, offsets = table()
    blank = blends_reference.Members(*blend_of(z, offsets, (4,))._arrays[:2], np.full(len(members_for((4,))), np.nan))
    at = blank.kinds == kind
    one = blends_reference.Members(
        blank.kinds[at], blank.about[at], np.ones(1)
    )  # the first is what errors are counted in
    rows = np.arange(len(z))
    forecasts, _, _ = kernels.blend(z, offsets[:-1], offsets[1:], rows, offsets, one, 5)
    expected = base.says(z, Known.of(z, offsets), rows)
    both = np.isfinite(expected).all(axis=1) & np.isfinite(forecasts).all(axis=1)
    assert both.sum() > 100
    np.testing.assert_allclose(forecasts[both], expected[both], rtol=1e-9, atol=1e-9)


def test_theta_is_the_method_of_the_papers() -> None:
    """Exponential smoothing, plus half the regression line's slope times (k − 1 + (1 − (1−α)ⁿ) / α)."""
    z, alpha, h = np.cumsum(np.random.default_rng(1).normal(0.3, 1, 40)), 0.4, 6
    about = np.array([[1, alpha, 0, 1, 0, 0.5]])
    one = blends_reference.Members(np.array([blends_reference.SMOOTH]), about, np.ones(1))
    bounds = np.array([0, 1])
    forecasts, _, _ = kernels.blend(z, np.array([0]), np.array([40]), np.array([39]), bounds, one, h)
    level = z[0]
    for value in z[1:]:
        level = alpha * value + (1 - alpha) * level
    slope = np.polyfit(np.arange(40), z, 1)[0]
    k = np.arange(1, h + 1)
    np.testing.assert_allclose(forecasts[0], level + slope / 2 * (k - 1 + (1 - (1 - alpha) ** 40) / alpha), rtol=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 1000), st.sampled_from(SEASONS), st.integers(20, 95))
def test_no_later_row_has_a_part_in_it(seed: int, seasons: tuple[int, ...], cutoff: int) -> None:
    z, _ = table(seed, 100 + 200)
    z, offsets = z[:100], np.array([0, 100])
    blend, rows = blend_of(z, offsets, seasons), np.arange(cutoff + 1)
    changed = z.copy()
    changed[cutoff + 1 :] = np.random.default_rng(seed).normal(0, 1e6, 99 - cutoff)
    known = Known.of(z, offsets)
    np.testing.assert_array_equal(blend.says(z, known, rows), blend.says(changed, Known.of(changed, offsets), rows))
    short = z[: cutoff + 1]
    cut = Known.of(short, np.array([0, cutoff + 1]))
    np.testing.assert_array_equal(blend.says(z, known, rows), blend.says(short, cut, rows))


def test_weights_go_to_what_was_least_wrong_and_sum_up_to_one() -> None:
    rng, t = np.random.default_rng(0), np.arange(400)
    kinds = {}
    for name, z in {
        "season": 10 * np.sin(2 * np.pi * t / 12) + 0.01 * rng.normal(size=400),
        "line": 5.0 * t + rng.normal(size=400),
        "walk": np.cumsum(rng.normal(size=400)),
    }.items():
        offsets = np.array([0, 400])
        blend = blend_of(z, offsets, (12,))
        weights = blend.weights(z, Known.of(z, offsets), t)
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-12)
        kinds[name] = {one.name: share for one, share in zip(blend.members, weights[-1], strict=True)}
    assert sum(share for name, share in kinds["season"].items() if "12 steps" in name) > 0.99
    assert kinds["line"]["drift"] > 0.4
    assert kinds["walk"]["the last value"] > 0.05 > kinds["walk"]["the season before (12 steps)"]


def test_a_wave_is_repeated_to_the_bit() -> None:
    z, offsets = np.tile([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0], 12), np.array([0, 84])
    blend, known, rows = blend_of(z, offsets, (7,), 3), Known.of(z, offsets), np.array([80])
    forecasts = blend.says(z, known, rows)
    np.testing.assert_array_equal(forecasts, z[[[81, 82, 83]]])
    np.testing.assert_array_equal(z[blend.anchors(z, known, rows, forecasts)], forecasts)


def test_what_is_usual_comes_from_series_that_change() -> None:
    z, offsets = table()
    with_still = np.concatenate([z, np.full(50, 7.0), np.full(20, np.nan)])
    more = np.append(offsets, [len(z) + 50, len(z) + 70])
    np.testing.assert_array_equal(blend_of(z, offsets, (4,)).usual, blend_of(with_still, more, (4,)).usual)


def test_forecasts_worked_out_once_are_given_again() -> None:
    z, offsets = table()
    blend, known = blend_of(z, offsets, ()), Known.of(z, offsets)
    forecasts = BaseForecasts.of(blend, z, known, np.array([70, 20, 50]))
    answer: Any = forecasts.at(np.array([50, 20]))
    np.testing.assert_array_equal(answer, blend.says(z, known, np.array([50, 20])))
    assert forecasts.at(np.array([50, 21])) is None
    assert BaseForecasts.of(blend, z, known, np.array([], dtype=np.int64)).at(np.array([3])) is None
