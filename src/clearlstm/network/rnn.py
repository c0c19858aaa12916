"""Layers of plain recurrent units: what the LSTM was invented to improve on."""

from dataclasses import dataclass
from typing import ClassVar, final

import numpy.typing as npt

from clearlstm.cell import rnn
from clearlstm.cell.activations import activation as known
from clearlstm.cell.cell import Cell
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray


@final
@dataclass(frozen=True, repr=False)
class RNNLayerTrace(LayerTrace):
    """One plain recurrent layer in one direction: ``h`` and ``z`` (N, T, H), in original time order."""

    cell: ClassVar[Cell] = rnn.RNN

    weights: rnn.RNNWeights
    record: rnn.RNNRecord
    functions: str

    @property
    def z(self) -> FloatArray:
        """Weighted sum before tanh, (N, T, H)."""
        return self.sums["h"]


@final
class RNN(Recurrent[RNNLayerTrace]):
    """A net of plain recurrent units, ``h = tanh(x W + h_prev U + b)`` (Elman 1990); calls as those of LSTM.

    Its state is ``(h_n,)``. ``activation`` may be "tanh" or another of :mod:`clearlstm.cell.activations`, such as
    "relu"; those run on the NumPy reference.

    >>> import numpy as np
    >>> net = RNN(3, 4, seed=0)
    >>> h, (h_n,) = net(np.zeros((2, 5, 3)))
    >>> h.shape, h_n.shape
    ((2, 5, 4), (1, 2, 4))
    """

    cell: ClassVar[Cell] = rnn.RNN
    layer_trace = RNNLayerTrace

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
        activation: str = "tanh",
    ) -> None:
        known(activation)
        self.activation = activation
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
