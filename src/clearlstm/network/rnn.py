"""Layers of plain recurrent units: what the LSTM was invented to improve on."""

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell import vanilla
from clearlstm.cell.activations import activation
from clearlstm.cell.record import RNNGradients, RNNWeights
from clearlstm.network.parameters import prefix
from clearlstm.network.recurrent import Recurrent, State, snapshot
from clearlstm.network.trace import RNNLayerTrace
from clearlstm.shapes import FloatArray


@final
class RNN(Recurrent[RNNLayerTrace]):
    """A net of plain recurrent units, ``h = tanh(x W + h_prev U + b)`` (Elman 1990); calls as those of LSTM.

    Its state is ``(h_n,)``. ``activation`` may be "tanh" or another of :mod:`clearlstm.cell.activations`, such as
    "relu"; those run on the NumPy reference.

    >>> net = RNN(3, 4, seed=0)
    >>> h, (h_n,) = net(np.zeros((2, 5, 3)))
    >>> h.shape, h_n.shape
    ((2, 5, 4), (1, 2, 4))
    """

    n_gates: ClassVar[int] = 1
    state_names: ClassVar[tuple[str, ...]] = ("h",)

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
        super().__init__(input_size, hidden_size, num_layers, bidirectional=bidirectional, dropout=dropout, dtype=dtype)
        self.activation = _check_activation(activation)
        self._draw(seed, init)

    @property
    def engine(self) -> str:
        """What runs this net: "kernels", or "reference" (slower) for other activations than tanh."""
        return "kernels" if self.activation == "tanh" else "reference"

    @property
    def _by_reference(self) -> dict[str, Any]:
        return {"function": self.activation, "by": kernels.ARITHMETIC}

    def _options(self) -> dict[str, Any]:
        return {"activation": self.activation}

    def weights(self, layer: int, direction: int = 0) -> RNNWeights:
        """The live parameters of one layer in one direction."""
        name, arrays = prefix(layer, direction), self._parameters
        return RNNWeights(arrays[name + "W"], arrays[name + "U"], arrays[name + "b"])

    def _forward(
        self,
        k: int,
        d: int,
        x: FloatArray,
        first: State,
        lengths: npt.NDArray[np.int64],
        out: RNNLayerTrace | None,
    ) -> RNNLayerTrace:
        weights = snapshot(self.weights(k, d), out.weights if out else None)
        (h_0,) = first
        if self.engine == "reference":
            record = vanilla.forward(x, weights, h_0, lengths, reverse=d == 1, **self._by_reference)
        else:
            again = out.record if out is not None and out.h.shape[:2] == x.shape[:2] else None
            record = kernels.rnn_forward(x, weights, h_0, lengths, reverse=d == 1, out=again)
        return RNNLayerTrace(x, weights, record, self.activation)

    def _backward(self, layer: RNNLayerTrace, dh: FloatArray | None, dlast: State, *, need_dx: bool) -> RNNGradients:
        (dh_n,) = dlast
        if self.engine == "kernels":
            return kernels.rnn_backward(layer.x, layer.weights, layer.record, dh, dh_n, need_dx=need_dx)
        dh = np.zeros_like(layer.h) if dh is None else dh
        return vanilla.backward(layer.x, layer.weights, layer.record, dh, dh_n, **self._by_reference)

    def _step(self, k: int, x_t: FloatArray, before: State) -> State:
        return (vanilla.step(x_t, before[0], self.weights(k), **self._by_reference),)


def _check_activation(name: str) -> str:
    activation(name)
    return name
