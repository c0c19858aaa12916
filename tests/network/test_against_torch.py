"""Whole nets against torch.nn: outputs, final states and every gradient, in float64."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.cell.layout import GATES, reorder
from clearlstm.network.lstm import LSTM
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray
from tests.orders import TORCH_GATES

pytest.importorskip("torch")

import torch

pytestmark = pytest.mark.torch

SHAPES = st.fixed_dictionaries(
    {
        "N": st.integers(1, 6),
        "T": st.integers(1, 9),
        "F": st.integers(1, 4),
        "H": st.integers(1, 9),
        "L": st.integers(1, 3),
        "bidirectional": st.booleans(),
        "seed": st.integers(0, 2**31),
    }
)


def torch_twin(net: LSTM | RNN) -> torch.nn.LSTM | torch.nn.RNN:
    """The torch module with the same weights; its second bias is left at 0."""
    kind = torch.nn.LSTM if isinstance(net, LSTM) else torch.nn.RNN
    twin = kind(
        net.input_size,
        net.hidden_size,
        net.num_layers,
        batch_first=True,
        bidirectional=net.bidirectional,
        dtype=torch.float64,
    )
    with torch.no_grad():
        for name, values in twin.named_parameters():
            values.copy_(torch.from_numpy(twin_parameter(net, name)))
    return twin


def twin_parameter(net: LSTM | RNN, torch_name: str, source: dict[str, FloatArray] | None = None) -> FloatArray:
    """Our parameter (or its gradient in ``source``) in torch's layout, by torch's name."""
    kind, rest = torch_name.split("_l", 1)
    direction = "reverse" if rest.endswith("_reverse") else "forward"
    layer = int(rest.removesuffix("_reverse"))
    part = {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "b"}[kind]
    values = (source or net.parameters)[f"layer{layer}.{direction}.{part}"]
    if isinstance(net, LSTM):
        values = reorder(values, GATES, TORCH_GATES)
    if kind == "bias_hh" and source is None:
        values = np.zeros_like(values)
    return np.ascontiguousarray(values.T)


def close(ours: FloatArray, theirs: torch.Tensor) -> None:
    expected = theirs.detach().numpy()
    assert ours.shape == expected.shape
    assert np.abs(ours - expected).max() <= 1e-12 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("kind", [LSTM, RNN])
@given(shape=SHAPES)
@settings(max_examples=40, deadline=None)
def test_outputs_and_gradients_equal_torchs(kind: type[LSTM] | type[RNN], shape: dict[str, int]) -> None:
    rng = np.random.default_rng(shape["seed"])
    N, T, F, H, L = (shape[name] for name in "NTFHL")
    net = kind(F, H, L, bidirectional=bool(shape["bidirectional"]), dtype="float64", seed=shape["seed"], init="uniform")
    twin = torch_twin(net)
    x = rng.standard_normal((N, T, F))
    lengths = rng.integers(1, T + 1, N)
    lengths[rng.integers(N)] = T
    states = tuple(rng.standard_normal((L * net.num_directions, N, H)) for _ in net.cell.states)
    dh = rng.standard_normal((N, T, net.output_size))
    dstate = tuple(rng.standard_normal(values.shape) for values in states)

    any_net: Recurrent = net  # type: ignore[type-arg]
    trace = any_net.trace(x, lengths, states)
    grads = any_net.backward(trace, dh, dstate)

    x_torch = torch.from_numpy(x).requires_grad_()
    first = [torch.from_numpy(values).requires_grad_() for values in states]
    steps = torch.from_numpy(lengths)
    packed = torch.nn.utils.rnn.pack_padded_sequence(x_torch, steps, batch_first=True, enforce_sorted=False)
    out, last = twin(packed, tuple(first) if len(first) == 2 else first[0])
    h, _ = torch.nn.utils.rnn.pad_packed_sequence(out, batch_first=True)
    last = last if isinstance(last, tuple) else (last,)
    loss = (h * torch.from_numpy(dh)).sum()
    loss = loss + sum((part * torch.from_numpy(d)).sum() for part, d in zip(last, dstate, strict=True))
    loss.backward()

    close(trace.h, h)
    for ours, theirs in zip(trace.state, last, strict=True):
        close(ours, theirs)
    assert x_torch.grad is not None
    close(grads.x, x_torch.grad)
    for ours, theirs in zip(grads.state, first, strict=True):
        assert theirs.grad is not None
        close(ours, theirs.grad)
    for name, values in twin.named_parameters():
        assert values.grad is not None
        close(twin_parameter(net, name, grads.parameters), values.grad)
