"""sigmoid and tanh of the kernels, in units in the last place, over their whole range."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm import kernels
from clearlstm.shapes import FloatArray

WORST_ULP = 3.0
"""What docs/engine.md states."""


def run(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    return kernels.sigmoid(z), kernels.tanh(z)


def exact(z: FloatArray, mpmath: Any) -> tuple[list[Any], list[Any]]:
    values = [mpmath.mpf(float(number)) for number in z]
    return [1 / (1 + mpmath.exp(-number)) for number in values], [mpmath.tanh(number) for number in values]


def worst_ulp(found: FloatArray, expected: list[Any]) -> float:
    """The largest error in units in the last place; results below the smallest normal number may be 0."""
    tiny = float(np.finfo(found.dtype).tiny)
    units = np.spacing(np.maximum(np.abs(np.array([float(value) for value in expected])), tiny).astype(found.dtype))
    errors = [
        abs(float(float(number) - value)) / float(unit)
        for number, value, unit in zip(found, expected, units, strict=True)
        if abs(value) >= tiny or number != 0
    ]
    return max(errors)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_error_of_exp_too(dtype: str) -> None:
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(1)
    first = -100.0 if dtype == "float32" else -720.0
    y = np.concatenate([rng.uniform(first, 0, 4000), rng.uniform(-1, 0, 4000), [0.0]]).astype(dtype)
    with mpmath.workdps(50):
        assert worst_ulp(kernels.exp(y), [mpmath.exp(mpmath.mpf(float(number))) for number in y]) <= WORST_ULP


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_error_stays_below_what_is_stated(dtype: str) -> None:
    mpmath = pytest.importorskip("mpmath")
    rng = np.random.default_rng(0)
    last = 100.0 if dtype == "float32" else 720.0
    smallest = np.log10(np.finfo(dtype).tiny)
    tiny = 10 ** rng.uniform(smallest, 0, 4000) * rng.choice([-1, 1], 4000)
    z = np.concatenate([rng.uniform(-last, last, 4000), rng.uniform(-6, 6, 8000), tiny]).astype(dtype)
    with mpmath.workdps(50):
        for found, expected in zip(run(z), exact(z, mpmath), strict=True):
            assert worst_ulp(found, expected) <= WORST_ULP


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_ends_of_the_range_are_those_of_numpy(dtype: str) -> None:
    z = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -1e30, -20.0], dtype)
    sigmoid, tanh = run(z)
    np.testing.assert_array_equal(sigmoid[:7], np.array([np.nan, 1, 0, 0.5, 0.5, 1, 0], dtype))
    np.testing.assert_array_equal(tanh[:7], np.tanh(z[:7]))
    assert np.signbit(tanh[4])
    assert sigmoid[7] == pytest.approx(2.061153622e-9, rel=1e-6)


@given(z=st.floats(-1000, 1000))
def test_sigmoid_mirrors_and_tanh_is_odd(z: float) -> None:
    sigmoid, tanh = run(np.array([z, -z]))
    assert 0 <= sigmoid.min() <= sigmoid.max() <= 1
    assert sigmoid.sum() == pytest.approx(1, abs=1e-15)
    assert tanh[0] == -tanh[1]
