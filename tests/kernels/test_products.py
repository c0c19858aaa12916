"""The product of two matrices, and sigmoid, tanh and exp of arrays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm import kernels
from clearlstm.kernels import threads
from clearlstm.shapes import FloatArray
from tests.kernels.cases import TOLERANCE, difference


def matrix(rng: np.random.Generator, rows: int, columns: int, dtype: str, turned: bool) -> FloatArray:
    shape = (columns, rows) if turned else (rows, columns)
    array: FloatArray = rng.standard_normal(shape).astype(dtype)
    return array.T if turned else array


@given(
    *(st.integers(1, 70) for _ in range(3)),
    st.sampled_from(["float32", "float64"]),
    st.booleans(),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_it_is_the_product_of_matrices_and_of_their_transposes(
    R: int, K: int, M: int, dtype: str, a_turned: bool, b_turned: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    a, b = matrix(rng, R, K, dtype, a_turned), matrix(rng, K, M, dtype, b_turned)
    found = kernels.product(a, b)
    assert found.dtype == dtype
    # Sums that cancel are measured by their terms.
    terms = np.abs(a.astype(np.float64)) @ np.abs(b.astype(np.float64))
    assert np.all(np.abs(found - a.astype(np.float64) @ b) <= TOLERANCE[dtype] * terms)


def test_long_sums_are_cut_into_blocks() -> None:
    rng = np.random.default_rng(0)
    a, b = matrix(rng, 5, 1000, "float32", turned=False), matrix(rng, 1000, 3, "float32", turned=False)
    assert difference(kernels.product(a, b), a.astype(np.float64) @ b) < TOLERANCE["float32"]


@pytest.mark.parametrize(("R", "K", "M"), [(1, 3000, 300), (700, 40, 40), (3, 700, 500)])
def test_any_number_of_threads_gives_the_same_bits(R: int, K: int, M: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", 1)
    rng = np.random.default_rng(1)
    a, b = matrix(rng, R, K, "float32", turned=True), matrix(rng, K, M, "float32", turned=False)
    alone = kernels.product(a, b)
    for n_threads in (2, 3):
        kernels.set_num_threads(n_threads)
        np.testing.assert_array_equal(kernels.product(a, b), alone)


def test_steps_of_sequences_and_slices_of_arrays() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.standard_normal((4, 6, 10)), rng.standard_normal((5, 3))
    found = kernels.product(a[:, ::2, :5], b)
    np.testing.assert_allclose(found, a[:, ::2, :5] @ b, rtol=0, atol=1e-13)


def test_no_rows_give_no_rows() -> None:
    assert kernels.product(np.empty((0, 4)), np.ones((4, 3))).shape == (0, 3)


def test_not_a_number_goes_through() -> None:
    a = np.array([[1.0, np.nan], [1.0, 2.0]])
    np.testing.assert_array_equal(kernels.product(a, np.eye(2)), [[np.nan, np.nan], [1.0, 2.0]])


def test_arrays_of_any_shape() -> None:
    z = np.linspace(-9, 9, 35).reshape(5, 7)[:, ::2]
    np.testing.assert_allclose(kernels.sigmoid(z), 1 / (1 + np.exp(-z)), rtol=1e-14)
    np.testing.assert_allclose(kernels.tanh(z), np.tanh(z), rtol=1e-14, atol=1e-16)
    np.testing.assert_allclose(kernels.exp(-np.abs(z)), np.exp(-np.abs(z)), rtol=1e-14)


def test_a_step_has_the_bits_of_a_pass() -> None:
    from clearlstm.network.lstm import LSTM

    net = LSTM(3, 37, seed=0)
    x = np.random.default_rng(3).standard_normal((5, 4, 3)).astype(np.float32)
    h, _ = net(x)
    state = None
    for t in range(4):
        h_t, state = net.step(x[:, t], state)
        np.testing.assert_array_equal(h_t, h[:, t])
