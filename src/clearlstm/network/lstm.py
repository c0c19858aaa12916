"""Layers of LSTM units."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy as np
import numpy.typing as npt

from clearlstm.cell import lstm
from clearlstm.cell.cell import Cell
from clearlstm.errors import InputError
from clearlstm.network.options import check_activations
from clearlstm.network.parameters import open_forget_gate
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray


@final
@dataclass(frozen=True, repr=False)
class LSTMLayerTrace(LayerTrace):
    """One LSTM layer in one direction: ``f i g o c h`` and ``z_f z_i z_g z_o``, each (N, T, H), in original time order.

    ============  ==========================================  =====
    the field     the video                                   here
    ============  ==========================================  =====
    cell state    long-term memory                            ``c``
    hidden state  short-term memory                           ``h``
    forget gate   % long-term to remember                     ``f``
    input gate    % potential memory to remember              ``i``
    candidate     potential long-term memory                  ``g``
    output gate   % potential short-term memory to remember   ``o``
    ============  ==========================================  =====

    All read 0 beyond a sequence's length. ``x`` (N, T, F) is what the layer was given, ``weights`` what it had then.
    """

    cell: ClassVar[Cell] = lstm.LSTM

    weights: lstm.LSTMWeights
    record: lstm.LSTMRecord
    functions: lstm.Activations

    @property
    def f(self) -> FloatArray:
        """Forget gate, (N, T, H)."""
        return self.record.f

    @property
    def i(self) -> FloatArray:
        """Input gate, (N, T, H)."""
        return self.record.i

    @property
    def g(self) -> FloatArray:
        """Candidate, (N, T, H)."""
        return self.record.g

    @property
    def o(self) -> FloatArray:
        """Output gate, (N, T, H)."""
        return self.record.o

    @property
    def c(self) -> FloatArray:
        """Cell state after each step, (N, T, H)."""
        return self.record.c

    @property
    def z_f(self) -> FloatArray:
        """Weighted sum before the forget gate's sigmoid, (N, T, H)."""
        return self.sums["f"]

    @property
    def z_i(self) -> FloatArray:
        """Weighted sum before the input gate's sigmoid, (N, T, H)."""
        return self.sums["i"]

    @property
    def z_g(self) -> FloatArray:
        """Weighted sum before the candidate's tanh, (N, T, H)."""
        return self.sums["g"]

    @property
    def z_o(self) -> FloatArray:
        """Weighted sum before the output gate's sigmoid, (N, T, H)."""
        return self.sums["o"]


@final
class LSTM(Recurrent[LSTMLayerTrace]):
    """A net of LSTM units (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).

    At each step ``f, i, o = sigmoid(z)``, ``g = tanh(z_g)``, ``c = f c_prev + i g``, ``h = o tanh(c)``: see
    :mod:`clearlstm.cell.lstm`.

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
        "orthogonal", "uniform" (torch's start) or "zeros": see :func:`clearlstm.network.parameters.draw`.
    forget_bias
        Added to the forget gate's biases at the start: 1 opens the gate, so memory lasts from the first update on;
        with 0 it is half shut.
    peepholes
        The gates also look at the cell state (Gers & Schmidhuber 2000). Such nets, and those with other
        ``activations`` than sigmoid and tanh, run on the NumPy reference: see :attr:`engine`.

    Raises InputError for a size, a name or a share that can't be.

    >>> net = LSTM(1, 4, seed=0)
    >>> h, (h_n, c_n) = net(np.zeros((2, 5, 1)))
    >>> h.shape, h_n.shape, c_n.shape                               # (N, T, D·H), and the final states (L·D, N, H)
    ((2, 5, 4), (1, 2, 4), (1, 2, 4))
    >>> net.trace(np.zeros((2, 5, 1))).layer(0).f.shape             # the forget gate, (N, T, H)
    (2, 5, 4)
    """

    cell: ClassVar[Cell] = lstm.LSTM
    layer_trace = LSTMLayerTrace

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
        activations: lstm.Activations | Mapping[str, str] = lstm.STANDARD,
    ) -> None:
        self.peepholes = bool(peepholes)
        self.activations = check_activations(activations, lstm.Activations)
        bias = _check_forget_bias(forget_bias)
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            dtype=dtype,
            seed=seed,
            init=init,
        )
        open_forget_gate(self._parameters, self.hidden_size, bias)


def _check_forget_bias(forget_bias: float) -> float:
    number = isinstance(forget_bias, (int, float, np.integer, np.floating)) and not isinstance(forget_bias, bool)
    if not number or not math.isfinite(forget_bias):
        raise InputError(f"forget_bias is {forget_bias!r}; it must be a finite number")
    return float(forget_bias)
