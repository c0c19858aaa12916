"""The multiply's ways to begin, and tiles over several strips: the same chains of sums, to the bit."""

import numpy as np
import pytest

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.tile import (
    ADDED,
    FEW_ROWS,
    FRESH,
    FROM_ROW,
    GOING_ON,
    MOST_STRIPS,
    WIDE_ROWS,
    multiply_strips,
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


@Kernel
def alone(C: FloatArray, A: FloatArray, B: FloatArray, strip: int) -> None:
    """C (rows, 4V) = A B[strip], for B (strips, K, 4V)."""
    (rows, K), (_, _, width) = A.shape, B.shape
    multiply_strips(
        start(C), 0, start(A), 0, K, start(B), strip * K * width, width, width // 4, 0, K, rows, 1, FROM_ROW
    )


@Kernel
def strips_at_once(C: FloatArray, A: FloatArray, B: FloatArray) -> None:
    """C (rows, strips, 4V) = A B, for B (strips, K, 4V)."""
    (rows, K), (strips, _, width) = A.shape, B.shape
    multiply_strips(start(C), 0, start(A), 0, K, start(B), 0, width, width // 4, K * width, K, rows, strips, FROM_ROW)


def matrices(rows: int, K: int, dtype: str, strips: int = 1) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, whose first column is ones; B (strips, K, 4V); and C, full of what must not matter."""
    rng, V = np.random.default_rng(rows * K), REGISTER_BYTES // np.dtype(dtype).itemsize
    A, B = rng.standard_normal((rows, K)).astype(dtype), rng.standard_normal((strips, K, 4 * V)).astype(dtype)
    A[:, 0] = 1
    return A, B, np.full((rows, strips, 4 * V), 7, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rows", range(FEW_ROWS + 1, WIDE_ROWS + 1))
def test_a_sum_that_goes_on_is_the_whole_sum(rows: int, dtype: str) -> None:
    A, (B,), C = matrices(rows, 23, dtype)
    whole, fresh = C[:, 0].copy(), C[:, 0].copy()
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
    A, (B,), C = matrices(WIDE_ROWS, 23, "float32")
    halves = [np.empty_like(C[:, 0]) for _ in range(2)]
    one_tile(halves[0], A, B, 0, 11, FRESH)
    one_tile(halves[1], A, B, 11, 23, FRESH)
    both = halves[0].copy()
    one_tile(both, A, B, 11, 23, ADDED)
    np.testing.assert_array_equal(both, halves[0] + halves[1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("rows", "strips"),
    [(rows, strips) for rows in range(1, FEW_ROWS + 1) for strips in (1, 2, 4) if strips <= MOST_STRIPS // rows],
)
def test_several_strips_are_one_after_the_other(rows: int, strips: int, dtype: str) -> None:
    A, B, C = matrices(rows, 23, dtype, strips)
    strips_at_once(C, A, B)
    for strip in range(strips):
        single = np.empty((rows, C.shape[2]), dtype)
        alone(single, A, B, strip)
        np.testing.assert_array_equal(C[:, strip], single)
    exact = np.einsum("rk,skw->rsw", A.astype("float64"), B.astype("float64"))
    np.testing.assert_allclose(C, exact, rtol=1e-5, atol=1e-5)
