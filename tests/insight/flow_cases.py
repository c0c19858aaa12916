"""Layers whose gradient flow is compared with torch's."""

from typing import Any

import numpy as np

import clearlstm as cl
from clearlstm.cell import lstm as reference
from clearlstm.cell import rnn as vanilla
from clearlstm.cell.lstm import STANDARD, Activations
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.rnn import RNNLayerTrace
from tests.cell.cases import Case, make_case

CASES: dict[str, tuple[str, tuple[int, int, int, int], bool]] = {
    f"{kind}, {shape[3]} units{', reverse' if reverse else ''}": (kind, shape, reverse)
    for kind in ("LSTM", "RNN")
    for shape in ((1, 12, 1, 1), (2, 20, 3, 8), (3, 9, 2, 33))
    for reverse in (False, True)
}
"""Kind, (N, T, F, H), and whether it reads backwards."""

WIDE_LENGTHS = (30, 11)


def lstm_layer(
    case: Case, *, reverse: bool = False, peepholes: bool = False, functions: Activations = STANDARD
) -> LSTMLayerTrace:
    weights = case.lstm_weights(peepholes=peepholes)
    record = reference.forward(
        case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse, functions=functions
    )  # fmt: skip
    return LSTMLayerTrace(case.x, weights, record, functions)


def rnn_layer(case: Case, *, reverse: bool = False, functions: str = "tanh") -> RNNLayerTrace:
    weights = case.rnn_weights()
    record = vanilla.forward(case.x, weights, case.h_0, case.lengths, reverse=reverse, functions=functions)
    return RNNLayerTrace(case.x, weights, record, functions)


def layer(kind: str, shape: tuple[int, int, int, int], reverse: bool) -> Any:
    """One of the layers that torch was asked about."""
    case = make_case(7, *shape)
    return lstm_layer(case, reverse=reverse) if kind == "LSTM" else rnn_layer(case, reverse=reverse)


def wide_layer(kind: str) -> Any:
    """72 units, with weights of the usual size: above 64 units norms are followed from step to step."""
    H, T = 72, max(WIDE_LENGTHS)
    rng = np.random.default_rng(1)
    net: Any = (cl.LSTM if kind == "LSTM" else cl.RNN)(2, H, dtype="float64", seed=0)
    for values in net.parameters.values():
        values[...] = rng.uniform(-1, 1, values.shape) / np.sqrt(H)
    return net.trace(rng.normal(size=(2, T, 2)), lengths=WIDE_LENGTHS).layer(0)


def taken(length: int, *, reverse: bool) -> list[int]:
    """The real steps in the order in which they were taken."""
    return list(range(length))[:: -1 if reverse else 1]


def some(length: int) -> tuple[int, ...]:
    """The steps of a wide layer's sequence that torch was asked about."""
    return 0, length // 2, length - 2
