"""Step after step with as little as possible between them: for sound, sensors and other series that come live."""

from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.errors import InputError
from clearlstm.kernels.fallback import Stepper
from clearlstm.network.model import Network, States
from clearlstm.network.parameters import snapshot
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.states import State
from clearlstm.shapes import FloatArray, check_array, check_positive, is_ready


class Stream:
    """N sequences through a net, one step a call, in memory of the stream's own; made by :meth:`Recurrent.stream`.

    It computes with the weights as they were when it was made, and to the same bits as the net on whole sequences. Use
    it in one thread at a time.

    >>> from clearlstm.network.lstm import LSTM
    >>> net, x = LSTM(1, 4, seed=0), np.sin(np.arange(5.0, dtype="float32")).reshape(1, 5, 1)
    >>> stream = net.stream()
    >>> steps = [stream(x[:, t]).copy() for t in range(5)]
    >>> bool((np.stack(steps, 1) == net(x).h).all())
    True
    """

    def __init__(self, net: Recurrent[Any], N: int, state: State | None) -> None:
        if net.bidirectional:
            raise InputError(
                "stream() goes forward in time only; a bidirectional net needs whole sequences: call net(x)"
            )
        self._net, self.N = net, check_positive("N", N)
        self._shape = (self.N, net.input_size)
        weights = [snapshot(net.weights(k), None) for k in range(net.num_layers)]
        if net.engine == "kernels":
            self._layers = [kernels.stepper(net.cell, own, self.N) for own in weights]
        else:
            more = (net.functions, kernels.ARITHMETIC)
            self._layers = [Stepper(net.cell, own, self.N, *more) for own in weights]
        self.reset(state)

    def __call__(self, x_t: npt.ArrayLike) -> FloatArray:
        """Take one step, x_t (N, F); h (N, H), the last layer's, in an array that the next step writes to again.

        Raises InputError for x_t of another shape or with numbers that aren't finite; then no step was taken.
        """
        dtype = self._net.dtype
        below = x_t if is_ready(x_t, self._shape, dtype) else check_array("x_t", x_t, self._shape, dtype)
        for layer in self._layers:
            below = layer(below)
        return below

    @property
    def state(self) -> State:
        """The states after the last step, each (L, N, H), as the net takes them: a copy."""
        states = zip(*(layer.states for layer in self._layers), strict=True)
        return tuple([np.stack(parts) for parts in states])

    def reset(self, state: State | None = None) -> None:
        """Start anew from ``state``, each (L, N, H), or from zeros."""
        for values, k in zip(self._net.first_state(state, self.N), range(len(self._net.cell.states)), strict=True):
            for layer, start in zip(self._layers, values, strict=True):
                layer.states[k][...] = start

    def __repr__(self) -> str:
        return f"Stream(N={self.N}, {self._net!r})"


class NetworkStream:
    """N sequences through a whole model; made by :meth:`Network.stream`. As :class:`Stream`, with the model's head."""

    def __init__(self, model: Network, N: int, state: States | None) -> None:
        self._head = model.head and model.head.snapshot()
        self._nets = [Stream(net, N, given) for net, given in zip(model.nets, model.by_net(state), strict=True)]
        self._model = model

    def __call__(self, x_t: npt.ArrayLike) -> FloatArray:
        """Take one step, x_t (N, F); the answer (N, M): a new array if there is a head, else as :class:`Stream`'s."""
        below: Any = x_t
        for net in self._nets:
            below = net(below)
        answer: FloatArray = self._head(below) if self._head else below
        return answer

    @property
    def state(self) -> States:
        """The states of each net after the last step: a copy."""
        return tuple([net.state for net in self._nets])

    def reset(self, state: States | None = None) -> None:
        """Start anew from ``state``, a tuple of each net's, or from zeros."""
        for net, given in zip(self._nets, self._model.by_net(state), strict=True):
            net.reset(given)

    def __repr__(self) -> str:
        return f"NetworkStream(N={self._nets[0].N}, {self._model!r})"
