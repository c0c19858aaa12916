"""The memory's entries beside the plain ones, for any share of a sequence's steps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm import kernels
from clearlstm.kernels import fallback, suffix, threads
from clearlstm.shapes import FloatArray


def some_gates(dtype: str, N: int, T: int, H: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).uniform(-1, 1, (N, T, 4 * H)).astype(dtype)


@settings(deadline=None, max_examples=60)
@given(
    dtype=st.sampled_from(["float32", "float64"]),
    sizes=st.tuples(st.integers(1, 8), st.integers(1, 12), st.integers(1, 40)),
    reverse=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
)
def test_entries_equal_the_plain_ones(dtype: str, sizes: tuple[int, int, int], reverse: bool, seed: int) -> None:
    (N, T, H), rng = sizes, np.random.default_rng(seed)
    gates = some_gates(dtype, N, T, H, seed)
    begin = rng.integers(0, T + 1, N)
    end = rng.integers(begin, T + 1)
    found = kernels.memory_entries(gates, H, begin, end, reverse=reverse)
    wanted = fallback.memory_entries(gates, H, begin, end, reverse)
    for a, b in zip(found, wanted, strict=True):
        assert a.dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=1e-14, atol=0)


def test_threads_and_read_only_gates_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", None)
    gates = some_gates("float32", 7, 500, 33, 0)
    begin, end = np.zeros(7, np.int64), np.array([500, 1, 499, 3, 500, 250, 77])
    kernels.set_num_threads(1)
    expected = kernels.memory_entries(gates, 33, begin, end)
    compiled = suffix.entries.n_signatures
    gates.flags.writeable = False
    for n_threads in (2, 3):
        kernels.set_num_threads(n_threads)
        for a, b in zip(kernels.memory_entries(gates, 33, begin, end), expected, strict=True):
            np.testing.assert_array_equal(a, b)
    assert suffix.entries.n_signatures == compiled
