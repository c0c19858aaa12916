"""The reference beside torch.nn.LSTM and torch.nn.RNN in float64: both directions, lengths, start states, gradients."""

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.layout import GATES, reorder
from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cell.rnn import RNNWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases, make_case
from tests.orders import TORCH_GATES

pytest.importorskip("torch")

import torch

pytestmark = pytest.mark.torch

TOLERANCE = 1e-12
DIRECTIONS = ((False, ""), (True, "_reverse"))

FLAT = 1e-3
"""The slope of a saturated unit, 1 − h², is left over of numbers near 1 and exact to their rounding, not to its own:
smaller gradients are compared as if they were as large as this."""


def tensor(array: FloatArray, *, grad: bool = False) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(array), dtype=torch.float64, requires_grad=grad)


def array(tensor: torch.Tensor | None) -> FloatArray:
    assert tensor is not None
    return np.asarray(tensor.detach().numpy(), dtype=np.float64)


def load(net: torch.nn.RNNBase, suffix: str, W: FloatArray, U: FloatArray, b: FloatArray) -> None:
    """torch holds W and U transposed and adds two bias vectors; the sum is what counts."""
    part = np.linspace(-1, 1, b.size)
    values = {"weight_ih": W.T, "weight_hh": U.T, "bias_ih": part, "bias_hh": b - part}
    with torch.no_grad():
        for name, value in values.items():
            getattr(net, f"{name}_l0{suffix}").copy_(tensor(value))


def load_lstm(net: torch.nn.LSTM, suffix: str, weights: LSTMWeights) -> None:
    load(net, suffix, *(reorder(part, GATES, TORCH_GATES) for part in (weights.W, weights.U, weights.b)))


class Both:
    """One bidirectional torch net holding two layers of ours; start states and gradients differ by direction."""

    def __init__(self, case: Case, net: torch.nn.RNNBase, n_states: int) -> None:
        self.x = tensor(case.x, grad=True)
        N, H = case.h_0.shape
        self.start = [case.normal(2, N, H) for _ in range(n_states)]
        self.d_end = [case.normal(2, N, H) for _ in range(n_states)]
        self.dh = case.normal(N, case.x.shape[1], 2 * H)
        self.start_tensors = [tensor(state, grad=True) for state in self.start]
        self._run(case, net)

    def _run(self, case: Case, net: torch.nn.RNNBase) -> None:
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            self.x, torch.tensor(case.lengths), batch_first=True, enforce_sorted=False
        )
        start = tuple(self.start_tensors) if len(self.start_tensors) > 1 else self.start_tensors[0]
        out, end = net(packed, start)
        padded, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True, total_length=case.x.shape[1])
        self.h, self.end = padded, end if isinstance(end, tuple) else (end,)
        loss = (padded * tensor(self.dh)).sum()
        for state, gradient in zip(self.end, self.d_end, strict=True):
            loss = loss + (state * tensor(gradient)).sum()
        loss.backward()  # type: ignore[no-untyped-call]


def check_parameters(net: torch.nn.RNNBase, suffix: str, W: FloatArray, U: FloatArray, b: FloatArray) -> None:
    """Our gradients, already in torch's gate order, against torch's own; both of its biases get the same one."""
    assert_close("dW", W.T, array(getattr(net, f"weight_ih_l0{suffix}").grad), TOLERANCE, floor=FLAT)
    assert_close("dU", U.T, array(getattr(net, f"weight_hh_l0{suffix}").grad), TOLERANCE, floor=FLAT)
    assert_close("db", b, array(getattr(net, f"bias_ih_l0{suffix}").grad), TOLERANCE, floor=FLAT)
    assert_close("db", b, array(getattr(net, f"bias_hh_l0{suffix}").grad), TOLERANCE, floor=FLAT)


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_lstm_equals_torch(case: Case) -> None:
    F, H = case.x.shape[2], case.hidden_size
    net = torch.nn.LSTM(F, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    weights = [case.lstm_weights() for _ in DIRECTIONS]
    for (_, suffix), layer in zip(DIRECTIONS, weights, strict=True):
        load_lstm(net, suffix, layer)
    both = Both(case, net, n_states=2)

    dx = np.zeros_like(case.x)
    for d, (reverse, suffix) in enumerate(DIRECTIONS):
        half = slice(d * H, (d + 1) * H)
        record = reference.forward(
            case.x, weights[d], both.start[0][d], both.start[1][d], case.lengths, reverse=reverse
        )
        assert_close("h", record.h, array(both.h)[:, :, half], TOLERANCE)
        assert_close("h_n", record.h_n, array(both.end[0])[d], TOLERANCE)
        assert_close("c_n", record.c_n, array(both.end[1])[d], TOLERANCE)

        grads = reference.backward(case.x, weights[d], record, both.dh[:, :, half], both.d_end[0][d], both.d_end[1][d])
        packed = (reorder(part, GATES, TORCH_GATES) for part in (grads.W, grads.U, grads.b))
        check_parameters(net, suffix, *packed)
        assert_close("dh_0", grads.h_0, array(both.start_tensors[0].grad)[d], TOLERANCE, floor=FLAT)
        assert_close("dc_0", grads.c_0, array(both.start_tensors[1].grad)[d], TOLERANCE, floor=FLAT)
        dx += grads.x
    assert_close("dx", dx, array(both.x.grad), TOLERANCE, floor=FLAT)


@settings(max_examples=60, deadline=None)
@given(case=cases())
def test_rnn_equals_torch(case: Case) -> None:
    F, H = case.x.shape[2], case.hidden_size
    for function in ("tanh", "relu"):
        net = torch.nn.RNN(F, H, nonlinearity=function, batch_first=True, bidirectional=True, dtype=torch.float64)
        weights = [case.rnn_weights() for _ in DIRECTIONS]
        for (_, suffix), layer in zip(DIRECTIONS, weights, strict=True):
            load(net, suffix, layer.W, layer.U, layer.b)
        check_rnn(case, net, weights, Both(case, net, n_states=1), function)


def check_rnn(case: Case, net: torch.nn.RNN, weights: list[RNNWeights], both: Both, function: str) -> None:
    H, dx = case.hidden_size, np.zeros_like(case.x)
    for d, (reverse, suffix) in enumerate(DIRECTIONS):
        half = slice(d * H, (d + 1) * H)
        record = vanilla.forward(
            case.x, weights[d], both.start[0][d], case.lengths, reverse=reverse, functions=function
        )
        assert_close("h", record.h, array(both.h)[:, :, half], TOLERANCE)
        assert_close("h_n", record.h_n, array(both.end[0])[d], TOLERANCE)

        grads = vanilla.backward(case.x, weights[d], record, both.dh[:, :, half], both.d_end[0][d], functions=function)
        check_parameters(net, suffix, grads.W, grads.U, grads.b)
        assert_close("dh_0", grads.h_0, array(both.start_tensors[0].grad)[d], TOLERANCE, floor=FLAT)
        dx += grads.x
    assert_close("dx", dx, array(both.x.grad), TOLERANCE, floor=FLAT)


def test_equals_a_torch_cell() -> None:
    case = make_case(7, N=3, T=1, F=2, H=4)
    weights = case.lstm_weights()
    cell = torch.nn.LSTMCell(2, 4, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(reorder(weights.W, GATES, TORCH_GATES).T))
        cell.weight_hh.copy_(torch.tensor(reorder(weights.U, GATES, TORCH_GATES).T))
        cell.bias_ih.copy_(torch.tensor(reorder(weights.b, GATES, TORCH_GATES)))
        cell.bias_hh.zero_()
        h, c = cell(torch.tensor(case.x[:, 0]), (torch.tensor(case.h_0), torch.tensor(case.c_0)))
    found = reference.step(case.x[:, 0], case.h_0, case.c_0, weights)
    assert_close("h", found.h, h.numpy(), TOLERANCE)
    assert_close("c", found.c, c.numpy(), TOLERANCE)
