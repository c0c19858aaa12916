"""Layers held to torch's answers in tests/golden: both directions, lengths, start states, every gradient."""

from collections.abc import Callable
from typing import Any

import numpy as np

from clearlstm.cell.lstm import LSTMWeights
from clearlstm.cell.rnn import RNNWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close
from tests.torch_golden import TorchNet, net

DIRECTIONS = ("forward", "reverse")


def check_lstm(
    forward: Callable[..., Any], backward: Callable[..., Any], *, dtype: str = "float64", tolerance: float
) -> None:
    """``forward`` and ``backward`` are called as those of :mod:`clearlstm.cell.lstm` are."""
    asked = net("LSTM")
    _check(asked, LSTMWeights, forward, backward, dtype, tolerance)


def check_rnn(
    function: str,
    forward: Callable[..., Any],
    backward: Callable[..., Any],
    *,
    dtype: str = "float64",
    tolerance: float,
) -> None:
    """The same for :mod:`clearlstm.cell.rnn`."""
    _check(net(f"RNN, {function}"), RNNWeights, forward, backward, dtype, tolerance)


def _check(
    asked: TorchNet, kind: Any, forward: Callable[..., Any], backward: Callable[..., Any], dtype: str, tolerance: float
) -> None:
    def given(array: FloatArray) -> FloatArray:
        return np.ascontiguousarray(array, dtype)

    dx = np.zeros_like(asked.x)
    for d, direction in enumerate(DIRECTIONS):
        half = slice(d * asked.hidden_size, (d + 1) * asked.hidden_size)
        weights = kind(*(given(asked.weights[f"layer0.{direction}.{part}"]) for part in "WUb"))
        x, start, dend = given(asked.x), map(given, asked.start[:, d]), map(given, asked.dend[:, d])
        record = forward(x, weights, *start, asked.lengths, reverse=direction == "reverse")
        gradients = backward(x, weights, record, given(asked.dh[..., half]), *dend)

        assert_close("h", record.h, asked.h[..., half], tolerance)
        for k in range(len(asked.end)):
            state = "hc"[k]
            assert_close(f"{state}_n", getattr(record, f"{state}_n"), asked.end[k, d], tolerance)
            assert_close(f"d{state}_0", getattr(gradients, f"{state}_0"), asked.dstart[k, d], tolerance)
        for part in "WUb":
            wanted = asked.dweights[f"layer0.{direction}.{part}"]
            assert_close(f"d{part}", getattr(gradients, part), wanted, tolerance)
        dx += gradients.x
    assert_close("dx", dx, asked.dx, tolerance)
