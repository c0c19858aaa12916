"""Elementary functions made of + − × ÷ alone, in float64: the same bits on every machine.

NumPy's and the C library's own differ in the last bit from processor to processor and from system to system; whatever
a trained number depends on comes from here, or from the kernels. Each is within 2 units in the last place.
"""

import math
from collections.abc import Callable
from functools import wraps
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

LN_2_HIGH: Final = float.fromhex("0x1.62e42fee00000p-1")
"""ln 2, cut so short that n times it is exact; what was cut off is ``LN_2_LOW``."""

LN_2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")

EXP_TERMS: Final = 14
LOG_TERMS: Final = 11
CIRCLE_TERMS: Final = 9
"""Of each series: the first one left out is below half a unit in the last place."""


BLOCK: Final = 8192
"""So many numbers at a time: the steps in between then stay in the processor's cache, and memory doesn't grow."""


def _in_blocks(function: Callable[[Float64s], Float64s]) -> Callable[[npt.ArrayLike], Float64s]:
    """Apply an elementwise ``function`` piece by piece."""

    @wraps(function)
    def apply(x: npt.ArrayLike) -> Float64s:
        given = np.asarray(x)
        if given.size <= BLOCK:
            return function(np.asarray(given, dtype=np.float64))
        flat, values = given.reshape(-1), np.empty(given.size)
        for start in range(0, given.size, BLOCK):
            values[start : start + BLOCK] = function(np.asarray(flat[start : start + BLOCK], dtype=np.float64))
        return values.reshape(given.shape)

    return apply


@_in_blocks
def exp(x: Float64s) -> Float64s:
    """exp(x), any shape: 2ⁿ (1 + r + r²/2! + …) for x = n ln 2 + r with |r| ≤ ln 2 / 2.

    >>> exp([-1000.0, 0.0, 0.5, 1000.0]).tolist()
    [0.0, 1.0, 1.6487212707001282, inf]
    """
    x = np.clip(x, -800.0, 800.0)  # beyond, the answer is 0 or infinite
    n = np.rint(x / (LN_2_HIGH + LN_2_LOW))
    r = (x - n * LN_2_HIGH) - n * LN_2_LOW
    series = np.full_like(r, 1 / math.factorial(EXP_TERMS))
    for k in range(EXP_TERMS - 1, 0, -1):
        series *= r
        series += 1 / math.factorial(k)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.asarray(np.ldexp(series * r + 1, np.where(np.isfinite(n), n, 0).astype(np.int32)))


@_in_blocks
def log(x: Float64s) -> Float64s:
    """The natural logarithm of finite x > 0, any shape.

    For x = 2ⁿ m with √½ ≤ m < √2 and s = (m − 1) / (m + 1) it is n ln 2 + 2 (s + s³/3 + s⁵/5 + …).

    >>> log([1.0, 2.0, 1e-300]).tolist()
    [0.0, 0.6931471805599453, -690.7755278982137]
    """
    m, n = np.frexp(x)
    low = m < math.sqrt(0.5)
    m, n = np.where(low, 2 * m, m), n - low
    s = (m - 1) / (m + 1)
    square = s * s
    series = np.full_like(s, 1 / (2 * LOG_TERMS + 1))
    for k in range(LOG_TERMS - 1, 0, -1):
        series *= square
        series += 1 / (2 * k + 1)
    # 2 s = (m − 1) − s (m − 1): the large part of it is exact
    return np.asarray(n * LN_2_HIGH + ((m - 1) - s * ((m - 1) - 2 * square * series) + n * LN_2_LOW))


def sine_and_cosine(turns: npt.ArrayLike) -> tuple[Float64s, Float64s]:
    """The sine and cosine of so many full turns, any shape: sin 2πt and cos 2πt.

    Quarters of a turn are taken away, so that the rest is at most an eighth, where the Taylor series are short.

    >>> sine, cosine = sine_and_cosine([0.0, 0.25, 0.5, 1 / 12])
    >>> sine.round(12).tolist(), cosine.round(12).tolist()
    ([0.0, 1.0, 0.0, 0.5], [1.0, 0.0, -1.0, 0.866025403784])
    """
    t = np.asarray(turns, dtype=np.float64)
    t = t - np.rint(t)
    quarters = np.rint(4 * t)
    angle = (t - quarters / 4) * (2 * math.pi)
    square = angle * angle
    sine, cosine = np.zeros_like(angle), np.zeros_like(angle)
    for k in range(CIRCLE_TERMS, 0, -1):
        sine = (1 - sine) * square / (2 * k * (2 * k + 1))
        cosine = (1 - cosine) * square / (2 * k * (2 * k - 1))
    sine, cosine = angle - angle * sine, 1 - cosine
    swapped, back = quarters % 2 == 1, (quarters < 0) | (quarters == 2)
    sine, cosine = np.where(swapped, cosine, sine), np.where(swapped, -sine, cosine)
    # Adding 0 makes a 0 of −0.
    return np.where(back, -sine, sine) + 0.0, np.where(back, -cosine, cosine) + 0.0


def power(base: float, n: int) -> float:
    """The n-th power of a number by repeated squaring, n ≥ 0.

    >>> power(0.5, 50)
    8.881784197001252e-16
    """
    result = 1.0
    while n:
        if n & 1:
            result *= base
        base *= base
        n >>= 1
    return result
