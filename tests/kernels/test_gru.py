"""The GRU's kernels beside its equations: every array of both passes, whatever the sizes, threads and padding."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm import kernels
from clearlstm.cell.gru import GRU, GRUWeights
from clearlstm.kernels import threads
from tests.kernels.cases import TOLERANCE, Case, cases, difference, make_case

RECORDED = ("gates", "a", "h", "h_n")
DIFFERENTIATED = ("x", "W", "U", "b", "b_h", "h_0")


def weights_of(case: Case, dtype: str | None = None) -> GRUWeights:
    H = case.h_0.shape[1]
    W, U, b = case.arrays("W", "U", "b", dtype=dtype)
    W, U, b_3 = (np.ascontiguousarray(part[..., : 3 * H]) for part in (W, U, b))
    return GRUWeights(W, U, b_3, b[3 * H :])


def both_passes(case: Case, **options: Any) -> tuple[Any, Any]:
    x, h_0, dh, dh_n = case.arrays("x", "h_0", "dh", "dh_n")
    weights = weights_of(case)
    record = kernels.forward(GRU, x, weights, (h_0,), case.lengths, reverse=case.reverse)
    return record, kernels.backward(GRU, x, weights, record, dh, (dh_n,), **options)


@settings(deadline=None, max_examples=60)
@given(case=cases())
def test_both_passes_equal_the_reference(case: Case) -> None:
    record, gradients = both_passes(case)
    weights = weights_of(case, "float64")
    exact = GRU.forward(case.x, weights, case.h_0, case.lengths, reverse=case.reverse)
    exact_gradients = GRU.backward(case.x, weights, exact, case.dh, case.dh_n)
    for name in RECORDED:
        assert difference(getattr(record, name), getattr(exact, name)) <= TOLERANCE[case.dtype], name
    for name in DIFFERENTIATED:
        found, wanted = getattr(gradients, name), getattr(exact_gradients, name)
        # Where a gradient is a difference of larger terms, its error is a part of those.
        scale = max(np.abs(wanted).max(), 0.1) if case.dtype == "float32" else np.abs(wanted).max() or 1.0
        assert np.abs(found - wanted).max() <= TOLERANCE[case.dtype] * scale, name


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_threads_change_no_bit(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_chosen", None)
    case = make_case(65, 40, 3, 37, dtype=dtype, ragged=True, seed=1)
    kernels.set_num_threads(1)
    alone = both_passes(case)
    for n_threads in (2, 3):
        kernels.set_num_threads(n_threads)
        for one, other in zip(alone, both_passes(case), strict=True):
            for name in {*RECORDED, *DIFFERENTIATED} & set(vars(one)):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("reverse", [False, True])
def test_padding_reads_0_and_reaches_nothing(reverse: bool) -> None:
    case = make_case(7, 12, 3, 10, dtype="float32", ragged=True, reverse=reverse, seed=2)
    before = both_passes(case)
    padding = np.arange(12) >= case.lengths[:, None]
    assert padding.any()
    case.x[padding] = np.nan
    case.dh[padding] = np.nan
    for one, other in zip(before, both_passes(case), strict=True):
        for name in {*RECORDED, *DIFFERENTIATED} & set(vars(one)):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert not before[0].gates[padding].any()
    assert not before[1].x[padding].any()


def test_buffers_serve_again_and_dx_is_left_out() -> None:
    case = make_case(5, 9, 2, 21, dtype="float32", seed=3)
    record, gradients = both_passes(case)
    x, h_0 = case.arrays("x", "h_0")
    again = kernels.forward(GRU, x, weights_of(case), (h_0,), case.lengths, out=record)
    assert again.gates is record.gates
    np.testing.assert_array_equal(again.h_n, record.h_n)
    without = both_passes(case, need_dx=False)[1]
    assert without.x.shape == (0,)
    np.testing.assert_array_equal(without.W, gradients.W)
