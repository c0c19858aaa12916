"""The kernels against the reference, array by array."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm import kernels
from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.lstm import LSTM, LSTMGradients, LSTMRecord
from clearlstm.cell.record import previous
from clearlstm.cell.rnn import RNNGradients, RNNRecord
from clearlstm.kernels.plan import strips_of
from clearlstm.shapes import FloatArray
from tests.kernels.cases import (
    TOLERANCE,
    Case,
    cases,
    difference,
    lstm_backward,
    lstm_forward,
    make_case,
    rnn_backward,
    rnn_forward,
)


def assert_equal_arrays(
    found: object,
    expected: object,
    rounded: Sequence[object],
    names: str,
    dtype: str,
    sums: dict[str, float] | None = None,
) -> None:
    """Equal by the measure max|a − b| / max|b|, or as near as one can be: within what one rounding changes.

    ``rounded`` is the reference in ``dtype`` with x, and what it recorded, off by one rounding, up and down. Where
    nearly all of a sum cancels, a slope is nearly 0 (1 − h² at an h of 0.999), or errors grow from step to step, no two
    ways to compute are nearer than that. ``sums`` is by name how large the terms of a sum are together, cancelled or
    not, times how often one is rounded: eps of that is what the sum is worth.
    """
    for name in names.split():
        array, exact = getattr(found, name), getattr(expected, name)
        assert array.dtype == dtype, name
        allowed = max(TOLERANCE[dtype], *(10 * difference(getattr(one, name), exact) for one in rounded))
        if sums and name in sums and (size := np.abs(exact).max(initial=0)) > 0:
            allowed = max(allowed, np.finfo(dtype).eps * sums[name] / size)
        assert difference(array, exact) <= allowed, name


def uncancelled(case: Case, kind: str) -> dict[str, float]:
    """What lies behind the gradients by W, U and b: |x|ᵀ|dz|, |h_prev|ᵀ|dz| and Σ|dz| at their largest, times T + 8.

    A term has come through up to T steps, each of which rounds it, and some roundings more. dz is read off as the
    gradient by inputs of 0 that go to one weighted sum each.
    """
    H, (N, T, F) = case.h_0.shape[1], case.x.shape
    width = 4 * H if kind == "lstm" else H
    wider = np.zeros((N, T, F + width))
    wider[..., :F] = case.x
    W = np.concatenate([case.W, np.eye(width, case.W.shape[1])])
    run = lstm_reference if kind == "lstm" else plain_reference
    record, gradients = run(replace(case, x=wider, W=W), "float64")
    dz = np.abs(gradients.x[..., F:]).reshape(-1, width)
    h_prev = np.abs(previous(record.h, record.h_0, case.lengths, case.reverse)).reshape(-1, H)
    x = np.abs(case.x).reshape(-1, F)
    sums = {"W": x.T @ dz, "U": h_prev.T @ dz, "b": dz.sum(axis=0)}
    return {name: float((T + 8) * values.max()) for name, values in sums.items()}


def lstm(case: Case, *, dh: FloatArray | None, need_dx: bool = True) -> tuple[LSTMRecord, LSTMGradients]:
    x, weights = case.array("x"), case.lstm_weights()
    h_0, c_0, dh_n, dc_n = case.arrays("h_0", "c_0", "dh_n", "dc_n")
    record = lstm_forward(x, weights, h_0, c_0, case.lengths, reverse=case.reverse)
    return record, lstm_backward(x, weights, record, dh, dh_n, dc_n, need_dx=need_dx)


def rounded_both_ways(run: Callable[..., tuple[Any, Any]], case: Case) -> tuple[list[Any], list[Any]]:
    """Records and gradients of the reference in the case's own dtype, with x and the record off by one rounding."""
    eps = float(np.finfo(case.dtype).eps)
    runs = [run(replace(case, x=case.x * (1 + by)), case.dtype, by) for by in (eps, -eps)]
    return [record for record, _ in runs], [gradients for _, gradients in runs]


def lstm_reference(case: Case, dtype: str, by: float = 0.0) -> tuple[LSTMRecord, LSTMGradients]:
    x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n", dtype=dtype)
    record = reference.forward(x, case.lstm_weights(dtype), h_0, c_0, case.lengths, reverse=case.reverse)
    moved = replace(record, gates=moved_by(record.gates, by), c=moved_by(record.c, by), h=moved_by(record.h, by))
    return record, reference.backward(x, case.lstm_weights(dtype), moved, dh, dh_n, dc_n)


def plain_reference(case: Case, dtype: str, by: float = 0.0) -> tuple[RNNRecord, RNNGradients]:
    x, h_0, dh, dh_n = case.arrays("x", "h_0", "dh", "dh_n", dtype=dtype)
    record = vanilla.forward(x, case.rnn_weights(dtype), h_0, case.lengths, reverse=case.reverse)
    return record, vanilla.backward(x, case.rnn_weights(dtype), replace(record, h=moved_by(record.h, by)), dh, dh_n)


def moved_by(array: FloatArray, by: float) -> FloatArray:
    return np.asarray(array * (1 + by), array.dtype)


@settings(deadline=None, max_examples=60)
@given(case=cases())
def test_the_lstm_equals_the_reference(case: Case) -> None:
    record, gradients = lstm(case, dh=case.array("dh"))
    expected, expected_gradients = lstm_reference(case, "float64")
    rounded, rounded_gradients = rounded_both_ways(lstm_reference, case)
    assert_equal_arrays(record, expected, rounded, "gates c h h_n c_n", case.dtype)
    names, sums = "x W U b h_0 c_0", uncancelled(case, "lstm")
    assert_equal_arrays(gradients, expected_gradients, rounded_gradients, names, case.dtype, sums)


@settings(deadline=None, max_examples=60)
@given(case=cases())
def test_the_plain_net_equals_the_reference(case: Case) -> None:
    x, h_0, dh, dh_n = case.arrays("x", "h_0", "dh", "dh_n")
    record = rnn_forward(x, case.rnn_weights(), h_0, case.lengths, reverse=case.reverse)
    gradients = rnn_backward(x, case.rnn_weights(), record, dh, dh_n)
    expected, expected_gradients = plain_reference(case, "float64")
    rounded, rounded_gradients = rounded_both_ways(plain_reference, case)
    assert_equal_arrays(record, expected, rounded, "h h_n", case.dtype)
    names, sums = "x W U b h_0", uncancelled(case, "plain")
    assert_equal_arrays(gradients, expected_gradients, rounded_gradients, names, case.dtype, sums)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("H", [5, 21, 40])
def test_weights_gradients_that_are_summed_in_groups_equal_the_reference(dtype: str, H: int) -> None:
    case = make_case(13, 180, 3, H, dtype=dtype, ragged=True)
    assert strips_of(3, H, case.x.itemsize, 4).groups(13, int(case.lengths.sum())) > 1
    _, gradients = lstm(case, dh=case.array("dh"))
    _, expected = lstm_reference(case, "float64")
    _, rounded = rounded_both_ways(lstm_reference, case)
    assert_equal_arrays(gradients, expected, rounded, "x W U b h_0 c_0", dtype)
    x, h_0, dh, dh_n = case.arrays("x", "h_0", "dh", "dh_n")
    plain = rnn_forward(x, case.rnn_weights(), h_0, case.lengths)
    plain_gradients = rnn_backward(x, case.rnn_weights(), plain, dh, dh_n)
    _, plain_expected = plain_reference(case, "float64")
    _, plain_rounded = rounded_both_ways(plain_reference, case)
    assert_equal_arrays(plain_gradients, plain_expected, plain_rounded, "x W U b h_0", dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reverse", [False, True])
def test_padding_reads_zero_whatever_the_buffers_held(dtype: str, reverse: bool) -> None:
    case = make_case(9, 12, 3, 21, dtype=dtype, reverse=reverse, ragged=True)
    x, h_0, c_0 = case.arrays("x", "h_0", "c_0")
    padding = np.arange(12) >= case.lengths[:, None]
    assert padding.any()
    x[padding] = np.nan
    record, gradients = lstm(case, dh=case.array("dh"))
    for array in (record.gates, record.c, record.h):
        array.fill(np.nan)
    again = lstm_forward(x, case.lstm_weights(), h_0, c_0, case.lengths, reverse=reverse, out=record)
    for array in (again.gates, again.c, again.h, gradients.x):
        assert (array[padding] == 0).all()
    plain = rnn_forward(x, case.rnn_weights(), h_0, case.lengths, reverse=reverse)
    assert (plain.h[padding] == 0).all()


def test_what_stands_in_the_padding_of_x_changes_no_gradient() -> None:
    case = make_case(9, 12, 3, 21, ragged=True)
    _, expected = lstm(case, dh=case.array("dh"))
    case.x[np.arange(12) >= case.lengths[:, None]] = 1e30
    _, found = lstm(case, dh=case.array("dh"))
    for name in ("x", "W", "U", "b", "h_0", "c_0"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_no_gradient_by_the_single_h_is_a_gradient_of_zeros() -> None:
    case = make_case(5, 11, 2, 18)
    _, expected = lstm(case, dh=np.zeros_like(case.dh))
    _, found = lstm(case, dh=None)
    for name in ("x", "W", "U", "b", "h_0", "c_0"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_without_need_dx_the_field_is_empty_and_the_rest_the_same() -> None:
    case = make_case(5, 11, 2, 18)
    _, expected = lstm(case, dh=case.array("dh"))
    _, found = lstm(case, dh=case.array("dh"), need_dx=False)
    assert found.x.shape == (0,)
    for name in ("W", "U", "b", "h_0", "c_0"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_out_gives_its_buffers_and_the_same_numbers() -> None:
    first, second = make_case(5, 11, 2, 18, seed=1), make_case(5, 11, 2, 18, seed=2)
    out, _ = lstm(first, dh=None)
    expected, _ = lstm(second, dh=None)
    found = lstm_forward(
        second.x, second.lstm_weights(), second.h_0, second.c_0, second.lengths, reverse=second.reverse, out=out
    )
    for name in ("gates", "c", "h", "h_n", "c_n"):
        assert (getattr(found, name) is getattr(out, name)) == (name in ("gates", "c", "h"))
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    np.testing.assert_array_equal(found.c_0, second.c_0)


def test_the_arguments_are_left_as_they_were() -> None:
    case = make_case(5, 11, 2, 18, ragged=True)
    before = {name: value.copy() for name, value in vars(case).items() if isinstance(value, np.ndarray)}
    lstm(case, dh=case.array("dh"))
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(case, name), value)


def test_not_a_number_spreads_as_in_numpy_and_only_along_its_row() -> None:
    case = make_case(4, 6, 2, 17)
    case.x[1, 3, 0] = np.nan
    record, _ = lstm(case, dh=None)
    assert np.isnan(record.h[1, 3:]).all()
    assert np.isfinite(record.h[1, :3]).all()
    assert np.isfinite(np.delete(record.h, 1, axis=0)).all()


@settings(deadline=None, max_examples=30)
@given(case=cases())
def test_a_streamed_step_equals_the_reference(case: Case) -> None:
    x, h_0, c_0 = case.arrays("x", "h_0", "c_0")
    h, c = kernels.step(LSTM, np.ascontiguousarray(x[:, 0]), case.lstm_weights(), (h_0, c_0))
    expected = reference.step(case.x[:, 0], case.h_0, case.c_0, case.lstm_weights("float64"))
    for found, exact in ((h, expected.h), (c, expected.c)):
        assert found.dtype == case.dtype
        assert difference(found, exact) <= TOLERANCE[case.dtype]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_states_that_are_no_numbers_go_the_same_way_as_in_the_reference(dtype: str) -> None:
    case = make_case(5, 6, 2, 9, dtype=dtype)
    x, h_0, c_0, dh, dh_n, dc_n = case.arrays("x", "h_0", "c_0", "dh", "dh_n", "dc_n")
    for row, value in enumerate((np.inf, -np.inf, np.nan, 1e30)):
        c_0[row] = value
    weights = case.lstm_weights()
    with np.errstate(all="ignore"):
        expected = reference.forward(x, weights, h_0, c_0, case.lengths)
        exact = reference.backward(x, weights, expected, dh, dh_n, dc_n)
    record = lstm_forward(x, weights, h_0, c_0, case.lengths)
    gradients = lstm_backward(x, weights, record, dh, dh_n, dc_n)
    for name in ("gates", "c", "h"):
        found, right = getattr(record, name), getattr(expected, name)
        np.testing.assert_allclose(found, right, rtol=TOLERANCE[dtype], atol=TOLERANCE[dtype], equal_nan=True)
    assert difference(gradients.c_0[4], exact.c_0[4]) <= TOLERANCE[dtype]
    assert np.array_equal(np.isnan(gradients.c_0), np.isnan(exact.c_0))
