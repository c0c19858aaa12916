"""Layers of LSTM units."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from functools import cached_property
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell import reference
from clearlstm.cell.activations import activation
from clearlstm.cell.record import LSTMGradients, LSTMWeights
from clearlstm.errors import InputError
from clearlstm.network.parameters import prefix
from clearlstm.network.recurrent import Recurrent, State, snapshot
from clearlstm.network.trace import LSTMLayerTrace
from clearlstm.shapes import FloatArray


@final
class LSTM(Recurrent[LSTMLayerTrace]):
    """A net of LSTM units (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    At each step ``f, i, o = sigmoid(z)``, ``g = tanh(z_g)``, ``c = f c_prev + i g``, ``h = o tanh(c)``: see
    :mod:`clearlstm.cell.reference`.

    Parameters
    ----------
    input_size, hidden_size, num_layers
        F features a step, H units a layer, L layers.
    bidirectional
        Also read each sequence from its end; h is then (N, T, 2H), forward first.
    dropout
        The share of values dropped between layers, in training only.
    dtype
        "float32" or "float64".
    seed
        Of the first weights; None draws new ones each time.
    init
        "orthogonal" or "uniform" (torch's start): see :func:`clearlstm.network.parameters.draw`.
    forget_bias
        Added to the forget gate's biases at the start: 1 opens the gate, so memory lasts from the first update on;
        with 0 it is half shut.
    peepholes
        The gates also look at the cell state (Gers & Schmidhuber 2000). Such nets, and those with other
        ``activations`` than sigmoid and tanh, run on the NumPy reference: see :attr:`engine`.

    >>> net = LSTM(1, 4, seed=0)
    >>> net(np.zeros((2, 5, 1))).h.shape
    (2, 5, 4)
    """

    n_gates: ClassVar[int] = 4
    state_names: ClassVar[tuple[str, ...]] = ("h", "c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
        init: str = "orthogonal",
        forget_bias: float = 1.0,
        peepholes: bool = False,
        activations: reference.Activations | Mapping[str, str] = reference.STANDARD,
    ) -> None:
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            dtype=dtype,
            peepholes=peepholes,
        )
        self.peepholes = bool(peepholes)
        self.activations = _check_activations(activations)
        self._draw(seed, init, _check_forget_bias(forget_bias))

    @cached_property
    def engine(self) -> str:
        """What runs this net: "kernels", or "reference" (slower) for peepholes and other activations."""
        return "reference" if self.peepholes or self.activations != reference.STANDARD else "kernels"

    @property
    def _by_reference(self) -> dict[str, Any]:
        return {"functions": self.activations, "by": kernels.ARITHMETIC}

    def _options(self) -> dict[str, Any]:
        return {"peepholes": self.peepholes, "activations": asdict(self.activations)}

    def weights(self, layer: int, direction: int = 0) -> LSTMWeights:
        """The live parameters of one layer in one direction."""
        name, arrays = prefix(layer, direction), self._parameters
        return LSTMWeights(arrays[name + "W"], arrays[name + "U"], arrays[name + "b"], arrays.get(name + "p"))

    def _forward(
        self,
        k: int,
        d: int,
        x: FloatArray,
        first: State,
        lengths: npt.NDArray[np.int64],
        out: LSTMLayerTrace | None,
    ) -> LSTMLayerTrace:
        weights = snapshot(self.weights(k, d), out.weights if out else None)
        h_0, c_0 = first
        if self.engine == "reference":
            record = reference.forward(x, weights, h_0, c_0, lengths, reverse=d == 1, **self._by_reference)
        else:
            again = out.record if out is not None and out.h.shape[:2] == x.shape[:2] else None
            record = kernels.lstm_forward(x, weights, h_0, c_0, lengths, reverse=d == 1, out=again)
        return LSTMLayerTrace(x, weights, record, self.activations)

    def _backward(self, layer: LSTMLayerTrace, dh: FloatArray | None, dlast: State, *, need_dx: bool) -> LSTMGradients:
        dh_n, dc_n = dlast
        if self.engine == "kernels":
            return kernels.lstm_backward(layer.x, layer.weights, layer.record, dh, dh_n, dc_n, need_dx=need_dx)
        dh = np.zeros_like(layer.h) if dh is None else dh
        return reference.backward(layer.x, layer.weights, layer.record, dh, dh_n, dc_n, **self._by_reference)

    def _step(self, k: int, x_t: FloatArray, before: State) -> State:
        if self.engine == "kernels":
            return kernels.lstm_step(x_t, self.weights(k), *before)
        now = reference.step(x_t, before[0], before[1], self.weights(k), **self._by_reference)
        return now.h, now.c


def _check_activations(names: reference.Activations | Mapping[str, str]) -> reference.Activations:
    if isinstance(names, Mapping):
        if unknown := set(names) - {"gate", "candidate", "state"}:
            raise InputError(f"activations has {sorted(unknown)}; the keys are gate, candidate and state")
        names = reference.Activations(**names)
    if not isinstance(names, reference.Activations):
        raise InputError(f"activations is {names!r}; give names such as {{'gate': 'sigmoid', 'candidate': 'tanh'}}")
    for name in asdict(names).values():
        activation(name)
    return names


def _check_forget_bias(forget_bias: float) -> float:
    number = isinstance(forget_bias, (int, float, np.integer, np.floating)) and not isinstance(forget_bias, bool)
    if not number or not math.isfinite(forget_bias):
        raise InputError(f"forget_bias is {forget_bias!r}; it must be a finite number")
    return float(forget_bias)
