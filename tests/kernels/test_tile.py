"""The multiply's ways to begin: the same chains of sums, to the bit."""

import numpy as np
import pytest

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.tile import (
    ADDED,
    FRESH,
    FROM_ROW,
    GOING_ON,
    WIDE_ROWS,
    multiply_wide,
)
from clearlstm.kernels.vector import REGISTER_BYTES, start
from clearlstm.shapes import FloatArray


@Kernel
def one_tile(C: FloatArray, A: FloatArray, B: FloatArray, first: int, last: int, begin: int) -> None:
    """C = A[:, first:last] B[first:last], for B four registers wide."""
    (rows, K), width = A.shape, B.shape[1]
    multiply_wide(
        start(C), 0, width, start(A), first, K, 1, start(B), first * width, width, width // 4, last - first, rows, begin
    )


def matrices(rows: int, K: int, dtype: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, whose first column is ones; B (K, 4V); and C, full of what must not matter."""
    rng, V = np.random.default_rng(rows * K), REGISTER_BYTES // np.dtype(dtype).itemsize
    A, B = rng.standard_normal((rows, K)).astype(dtype), rng.standard_normal((K, 4 * V)).astype(dtype)
    A[:, 0] = 1
    return A, B, np.full((rows, 4 * V), 7, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", range(1, WIDE_ROWS + 1))
def test_a_sum_that_goes_on_is_the_whole_sum(rows: int, dtype: str) -> None:
    A, B, C = matrices(rows, 23, dtype)
    whole, fresh = C.copy(), C.copy()
    one_tile(whole, A, B, 0, 23, FROM_ROW)
    one_tile(fresh, A, B, 0, 23, FRESH)
    np.testing.assert_array_equal(whole, fresh)
    np.testing.assert_allclose(whole, A.astype("float64") @ B.astype("float64"), rtol=1e-5, atol=1e-5)
    for ends in ((2, 23), (9, 22, 23), (22, 23)):
        pieces, k = np.full_like(whole, np.nan), 0
        for end in ends:
            one_tile(pieces, A, B, k, end, GOING_ON if k else FROM_ROW)
            k = end
        np.testing.assert_array_equal(pieces, whole)


def test_a_sum_that_is_added_is_rounded_on_its_own() -> None:
    A, B, C = matrices(WIDE_ROWS, 23, "float32")
    halves = [np.empty_like(C) for _ in range(2)]
    one_tile(halves[0], A, B, 0, 11, FRESH)
    one_tile(halves[1], A, B, 11, 23, FRESH)
    both = halves[0].copy()
    one_tile(both, A, B, 11, 23, ADDED)
    np.testing.assert_array_equal(both, halves[0] + halves[1])
