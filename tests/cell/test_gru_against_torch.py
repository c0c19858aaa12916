"""The GRU beside torch.nn.GRU in float64: both directions, lengths, start states, every gradient."""

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm.cell import gru
from clearlstm.cell.gru import GRU, GRUWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases

pytest.importorskip("torch")

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

pytestmark = pytest.mark.torch

TOLERANCE, FLAT = 1e-12, 1e-3
ENDS = ("_l0", "_l0_reverse")


def tensor(values: FloatArray) -> torch.Tensor:
    return torch.tensor(np.ascontiguousarray(values), dtype=torch.float64, requires_grad=True)


def ours(W: FloatArray, U: FloatArray, b_input: FloatArray, b_recurrent: FloatArray) -> GRUWeights:
    weights: GRUWeights = GRU.read("torch", W, U, b_input, b_recurrent, {"reset_after": True})
    return weights


@settings(max_examples=40, deadline=None)
@given(case=cases())
def test_a_layer_in_both_directions(case: Case) -> None:
    (_, T, F), H = case.x.shape, case.hidden_size
    module = torch.nn.GRU(F, H, batch_first=True, bidirectional=True, dtype=torch.float64)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.tensor(case.normal(*parameter.shape)))
    x, h_0 = tensor(case.x), tensor(np.stack([case.h_0, case.h_0 + 0.5]))
    lengths = torch.tensor(case.lengths)
    packed, h_n = module(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), h_0)
    h = pad_packed_sequence(packed, batch_first=True, total_length=T)[0]
    dh, dh_n = np.concatenate([case.dh, case.dh[::-1]], axis=-1), np.stack([case.dh_n, -case.dh_n])
    ((h * torch.tensor(dh)).sum() + (h_n * torch.tensor(dh_n)).sum()).backward()
    dx = np.zeros_like(case.x)
    for d, end in enumerate(ENDS):
        parts = {name: getattr(module, name + end) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
        weights = ours(*[part.detach().numpy().T for part in parts.values()])
        half = slice(d * H, (d + 1) * H)
        record = gru.forward(case.x, weights, h_0[d].detach().numpy(), case.lengths, reverse=d == 1)
        assert_close("h", record.h, h[:, :, half].detach().numpy(), TOLERANCE)
        assert_close("h_n", record.h_n, h_n[d].detach().numpy(), TOLERANCE)
        grads = gru.backward(case.x, weights, record, dh[:, :, half], dh_n[d])
        dx += grads.x
        assert h_0.grad is not None
        assert_close("dh_0", grads.h_0, h_0.grad[d].numpy(), TOLERANCE, floor=FLAT)
        theirs = ours(*[part.grad.numpy().T for part in parts.values()])
        assert theirs.b_h is not None
        assert_close("dW", grads.W, theirs.W, TOLERANCE, floor=FLAT)
        assert_close("dU", grads.U, theirs.U, TOLERANCE, floor=FLAT)
        # torch keeps two biases for r and u, each with the whole gradient.
        assert_close("db", grads.b, theirs.b / np.repeat([2, 2, 1], H), TOLERANCE, floor=FLAT)
        assert grads.b_h is not None
        assert_close("db_h", grads.b_h, theirs.b_h, TOLERANCE, floor=FLAT)
    assert x.grad is not None
    assert_close("dx", dx, x.grad.numpy(), TOLERANCE, floor=FLAT)
