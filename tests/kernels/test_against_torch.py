"""The kernels against torch.nn.LSTM and torch.nn.RNN: outputs and every gradient, packed sequences included."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm.cell.layout import GATES, reorder
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
from tests.orders import TORCH_GATES

pytest.importorskip("torch")

import torch

pytestmark = pytest.mark.torch


def as_parameter(array: FloatArray, n_gates: int) -> torch.Tensor:
    """Torch's order of gates, transposed; a plain net has one part."""
    packed = reorder(array, GATES, TORCH_GATES) if n_gates == len(GATES) else array
    return torch.tensor(np.ascontiguousarray(packed.T), requires_grad=True)


def as_gradient(tensor: torch.Tensor, n_gates: int) -> FloatArray:
    array = gradient_of(tensor).T
    return reorder(array, TORCH_GATES, GATES) if n_gates == len(GATES) else array


def gradient_of(tensor: torch.Tensor) -> FloatArray:
    assert tensor.grad is not None
    array: FloatArray = tensor.grad.numpy()
    return array


def run_torch(case: Case, module: torch.nn.RNNBase, n_gates: int) -> dict[str, FloatArray]:
    """One layer in torch, from the same numbers, in the case's own type."""
    weights = case.lstm_weights() if n_gates == len(GATES) else case.rnn_weights()
    W, U, b = (as_parameter(array, n_gates) for array in (weights.W, weights.U, weights.b))
    zero = torch.zeros_like(b)
    parameters = {"weight_ih_l0": W, "weight_hh_l0": U, "bias_ih_l0": b, "bias_hh_l0": zero}
    x, h_0, c_0 = (torch.tensor(array, requires_grad=True) for array in case.arrays("x", "h_0", "c_0"))
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x, torch.tensor(case.lengths), batch_first=True, enforce_sorted=False
    )
    state = (h_0[None], c_0[None]) if n_gates == len(GATES) else h_0[None]
    output, last = torch.func.functional_call(module, parameters, (packed, state))
    h, _ = torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=True, total_length=x.shape[1])
    h_n, c_n = last if n_gates == len(GATES) else (last, None)
    loss = (h * torch.tensor(case.array("dh"))).sum() + (h_n[0] * torch.tensor(case.array("dh_n"))).sum()
    if c_n is not None:
        loss = loss + (c_n[0] * torch.tensor(case.array("dc_n"))).sum()
    loss.backward()
    found = {"h": h, "h_n": h_n[0]} | ({} if c_n is None else {"c_n": c_n[0]})
    gradients = {"x": x, "h_0": h_0} | ({} if c_n is None else {"c_0": c_0})
    return (
        {name: tensor.detach().numpy() for name, tensor in found.items()}
        | {f"d{name}": gradient_of(tensor) for name, tensor in gradients.items()}
        | {f"d{name}": as_gradient(tensor, n_gates) for name, tensor in {"W": W, "U": U, "b": b}.items()}
    )


def assert_equals(case: Case, expected: dict[str, FloatArray], record: object, gradients: object) -> None:
    for name, array in expected.items():
        found = getattr(gradients, name[1:]) if name.startswith("d") else getattr(record, name)
        # Torch sums in an order of its own: with a few units, what cancels leaves an error of some roundings.
        assert difference(found, array) <= 10 * TOLERANCE[case.dtype], name


@settings(deadline=None, max_examples=25)
@given(case=cases(dtypes=("float64",)))
def test_the_lstm_equals_torch(case: Case) -> None:
    # Torch knows no single layer that runs backwards: both directions are tested against the reference.
    assert_lstm_equals(replace(case, reverse=False))


def assert_lstm_equals(case: Case) -> None:
    module = torch.nn.LSTM(case.x.shape[2], case.h_0.shape[1], batch_first=True)
    expected = run_torch(case, module, len(GATES))
    x, weights = case.array("x"), case.lstm_weights()
    record = lstm_forward(x, weights, case.array("h_0"), case.array("c_0"), case.lengths)
    dh, dh_n, dc_n = case.arrays("dh", "dh_n", "dc_n")
    gradients = lstm_backward(x, weights, record, dh, dh_n, dc_n)
    assert_equals(case, expected, record, gradients)


@pytest.mark.parametrize(("N", "T", "F", "H"), [(1, 50, 1, 8), (7, 33, 3, 20), (33, 20, 9, 70)])
def test_the_lstm_equals_torch_in_float32(N: int, T: int, F: int, H: int) -> None:
    assert_lstm_equals(make_case(N, T, F, H, dtype="float32", ragged=True))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_plain_net_equals_torch(dtype: str) -> None:
    case = make_case(13, 17, 3, 37, dtype=dtype, ragged=True)
    module = torch.nn.RNN(case.x.shape[2], case.h_0.shape[1], batch_first=True)
    expected = run_torch(case, module, 1)
    x, weights = case.array("x"), case.rnn_weights()
    record = rnn_forward(x, weights, case.array("h_0"), case.lengths)
    gradients = rnn_backward(x, weights, record, *case.arrays("dh", "dh_n"))
    assert_equals(case, expected, record, gradients)
