"""The backward pass beside central differences: peepholes, every activation, reverse, lengths."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.activations import ACTIVATIONS
from clearlstm.cell.lstm import Activations, LSTMWeights
from clearlstm.cell.rnn import RNNWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases

STEP = 1e-5
TOLERANCE = 1e-7
FLOOR = 0.1
"""Rounding of the loss, some 1e-15, over 2·STEP: a difference knows a slope to 1e-8 at best, however small it is."""
KINKS = {"relu": [0.0], "hard_sigmoid": [-2.5, 2.5], "hard_sigmoid_6": [-3.0, 3.0]}
"""Where a slope jumps: a difference taken across one says nothing, so such draws are passed over."""

SETS = (
    Activations(),
    Activations("hard_sigmoid", "tanh", "tanh"),
    Activations("hard_sigmoid_6", "relu", "tanh"),
    Activations("sigmoid", "linear", "linear"),
    Activations("sigmoid", "tanh", "relu"),
)

small_cases = cases(max_sequences=3, max_steps=4, max_features=2, max_hidden=3)


def away_from_kinks(name: str, values: FloatArray, margin: float = 1e-3) -> bool:
    return all(bool((np.abs(values - kink) > margin).all()) for kink in KINKS.get(name, []))


def central_differences(loss: Callable[[], float], array: FloatArray) -> FloatArray:
    """d loss / d array, one entry at a time; ``array`` is moved in place and put back."""
    slope = np.zeros_like(array)
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + STEP
        above = loss()
        array[index] = kept - STEP
        below = loss()
        array[index] = kept
        slope[index] = (above - below) / (2 * STEP)
    return slope


def real_steps(case: Case) -> npt.NDArray[np.bool_]:
    return np.arange(case.x.shape[1]) < case.lengths[:, None]


@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
@pytest.mark.parametrize("functions", SETS, ids=lambda names: f"{names.gate}-{names.candidate}-{names.state}")
@settings(max_examples=15, deadline=None)
@given(case=small_cases, reverse=st.booleans())
def test_lstm_gradients(functions: Activations, peepholes: bool, case: Case, reverse: bool) -> None:
    weights = case.lstm_weights(peepholes=peepholes)

    def run() -> Any:
        return reference.forward(
            case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse, functions=functions
        )

    def loss() -> float:
        record = run()
        return float((record.h * case.dh).sum() + (record.h_n * case.dh_n).sum() + (record.c_n * case.dc_n).sum())

    record = run()
    z = reference.preactivations(case.x, weights, record, functions)
    real = real_steps(case)
    assume(all(away_from_kinks(functions.gate, z[gate][real]) for gate in "fio"))
    assume(away_from_kinks(functions.candidate, z["g"][real]) and away_from_kinks(functions.state, record.c[real]))

    grads = reference.backward(case.x, weights, record, case.dh, case.dh_n, case.dc_n, functions=functions)
    owners: dict[str, FloatArray] = {"x": case.x, "h_0": case.h_0, "c_0": case.c_0}
    owners |= {field.name: getattr(weights, field.name) for field in fields(LSTMWeights)}
    for name, array in owners.items():
        if array is None:
            assert getattr(grads, name) is None
        else:
            assert_close(f"d{name}", getattr(grads, name), central_differences(loss, array), TOLERANCE, floor=FLOOR)


@pytest.mark.parametrize("function", sorted(ACTIVATIONS))
@settings(max_examples=15, deadline=None)
@given(case=small_cases, reverse=st.booleans())
def test_rnn_gradients(function: str, case: Case, reverse: bool) -> None:
    weights = case.rnn_weights()

    def loss() -> float:
        record = vanilla.forward(case.x, weights, case.h_0, case.lengths, reverse=reverse, functions=function)
        return float((record.h * case.dh).sum() + (record.h_n * case.dh_n).sum())

    record = vanilla.forward(case.x, weights, case.h_0, case.lengths, reverse=reverse, functions=function)
    assume(away_from_kinks(function, vanilla.preactivations(case.x, weights, record)["h"][real_steps(case)]))
    grads = vanilla.backward(case.x, weights, record, case.dh, case.dh_n, functions=function)
    owners: dict[str, FloatArray] = {"x": case.x, "h_0": case.h_0}
    owners |= {field.name: getattr(weights, field.name) for field in fields(RNNWeights)}
    for name, array in owners.items():
        assert_close(f"d{name}", getattr(grads, name), central_differences(loss, array), TOLERANCE, floor=FLOOR)


@settings(max_examples=20, deadline=None)
@given(case=cases())
def test_padding_changes_nothing(case: Case) -> None:
    """What stands beyond a sequence's length reaches neither the states nor the gradients."""
    weights = case.lstm_weights(peepholes=True)
    noisy = replace(case, x=np.where(real_steps(case)[:, :, None], case.x, 1e3))
    for reverse in (False, True):
        clean, other = (
            reference.forward(one.x, weights, one.h_0, one.c_0, one.lengths, reverse=reverse) for one in (case, noisy)
        )
        for name in ("gates", "c", "h", "h_n", "c_n"):
            np.testing.assert_array_equal(getattr(clean, name), getattr(other, name))
        assert not clean.gates[~real_steps(case)].any()
        assert not clean.h[~real_steps(case)].any()
        grads = [
            reference.backward(one.x, weights, record, one.dh, one.dh_n, one.dc_n)
            for one, record in ((case, clean), (noisy, other))
        ]
        for name in ("x", "W", "U", "b", "p", "h_0", "c_0"):
            np.testing.assert_array_equal(getattr(grads[0], name), getattr(grads[1], name))


@settings(max_examples=20, deadline=None)
@given(case=cases())
def test_a_short_sequence_equals_itself_alone(case: Case) -> None:
    """A row of a padded batch gives what the same row gives cut to its length, forward and back."""
    weights = case.lstm_weights()
    for reverse in (False, True):
        record = reference.forward(case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse)
        for n, length in enumerate(case.lengths):
            row = slice(n, n + 1)
            alone = reference.forward(
                case.x[row, :length], weights, case.h_0[row], case.c_0[row], case.lengths[row], reverse=reverse
            )
            assert_close("c", record.c[row, :length], alone.c, 1e-13)
            assert_close("h_n", record.h_n[row], alone.h_n, 1e-13)
            before, after = (slice(1, None), slice(-1)) if not reverse else (slice(-1), slice(1, None))
            np.testing.assert_array_equal(alone.c_prev()[:, before], alone.c[:, after])
