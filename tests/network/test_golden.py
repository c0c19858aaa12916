"""Nets of two layers that read both ways give torch's answers, kept in tests/golden."""

from typing import Any

import pytest

from clearlstm.network.lstm import LSTM
from clearlstm.network.rnn import RNN
from tests.cell.cases import assert_close
from tests.torch_golden import net

TOLERANCE = 1e-12


@pytest.mark.parametrize("kind", [LSTM, RNN])
def test_outputs_and_every_gradient(kind: Any) -> None:
    asked = net(f"{kind.__name__} of two layers")
    ours = kind(asked.x.shape[2], asked.hidden_size, 2, bidirectional=True, dtype="float64", seed=0)
    ours.set_parameters(asked.weights)
    trace = ours.trace(asked.x, asked.lengths, tuple(asked.start))
    gradients = ours.backward(trace, asked.dh, tuple(asked.dend))

    assert_close("h", trace.h, asked.h, TOLERANCE)
    assert_close("dx", gradients.x, asked.dx, TOLERANCE)
    for k in range(len(asked.end)):
        assert_close(f"state {k}", trace.state[k], asked.end[k], TOLERANCE)
        assert_close(f"d of state {k}", gradients.state[k], asked.dstart[k], TOLERANCE)
    assert list(gradients.parameters) == list(asked.dweights)
    for name, wanted in asked.dweights.items():
        assert_close(f"d{name}", gradients.parameters[name], wanted, TOLERANCE)
