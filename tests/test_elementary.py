"""exp, log, sine and cosine of exact operations: within 2 units in the last place of the true values."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearlstm import elementary
from clearlstm.elementary import Float64s

mpmath = pytest.importorskip("mpmath")

WORST_ULP = 2.0
"""What the module's docstring states."""

RNG = np.random.default_rng(0)
NUMBERS = {
    "exp": np.concatenate([RNG.uniform(-700, 700, 2000), RNG.uniform(-1, 1, 2000), RNG.uniform(-1e-8, 1e-8, 200)]),
    "log": np.concatenate(
        [np.exp(RNG.uniform(-700, 700, 2000)), RNG.uniform(0.5, 2, 2000), 1 + RNG.uniform(-1e-5, 1e-5, 500)]
    ),
    "sine": RNG.uniform(-1, 1, 4000),
    "cosine": RNG.uniform(-1, 1, 4000),
}
FUNCTIONS: dict[str, tuple[Callable[[Any], Float64s], Callable[[Any], Any]]] = {
    "exp": (elementary.exp, mpmath.exp),
    "log": (elementary.log, mpmath.log),
    "sine": (lambda t: elementary.sine_and_cosine(t)[0], lambda t: mpmath.sin(2 * mpmath.pi * t)),
    "cosine": (lambda t: elementary.sine_and_cosine(t)[1], lambda t: mpmath.cos(2 * mpmath.pi * t)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_error_stays_below_what_is_stated(name: str) -> None:
    function, true = FUNCTIONS[name]
    numbers = NUMBERS[name]
    with mpmath.workdps(40):
        for number, found in zip(numbers, function(numbers), strict=True):
            expected = true(mpmath.mpf(float(number)))
            unit = float(np.spacing(abs(float(expected))))
            assert abs(mpmath.mpf(float(found)) - expected) <= WORST_ULP * unit, number


def test_exp_at_its_ends() -> None:
    ends = [-np.inf, -746.0, -740.0, 0.0, 709.0, 710.0, np.inf, np.nan]
    np.testing.assert_allclose(elementary.exp(ends), [0, 0, 4.2e-322, 1, np.exp(709.0), np.inf, np.inf, np.nan], 1e-2)


def test_every_eighth_of_a_turn() -> None:
    eighths = np.arange(-16, 17) / 8
    sine, cosine = elementary.sine_and_cosine(eighths)
    np.testing.assert_allclose(sine, np.sin(2 * np.pi * eighths), rtol=0, atol=1e-15)
    np.testing.assert_allclose(cosine, np.cos(2 * np.pi * eighths), rtol=0, atol=1e-15)
    assert set(sine[::2]) | set(cosine[::2]) == {-1.0, 0.0, 1.0}


@pytest.mark.parametrize("base", [0.9, 0.999])
@pytest.mark.parametrize("n", [0, 1, 2, 7, 1000, 123_456])
def test_powers(base: float, n: int) -> None:
    assert elementary.power(base, n) == pytest.approx(base**n, rel=1e-11, abs=0)
