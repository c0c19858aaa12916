"""The kinds of nets that there are, one for each cell."""

from typing import Any, Final

from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.parameters import prefix
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.rnn import RNN
from clearlstm.network.trace import Trace

NETS: Final[dict[str, type[Recurrent[Any]]]] = {net.cell.name: net for net in (LSTM, RNN, GRU)}
"""By the name of their cell, which stands in files. A new one is added here."""


def net_of(trace: Trace[Any]) -> Recurrent[Any]:
    """The net that made ``trace``, with the weights that it had then.

    >>> import numpy as np
    >>> net = LSTM(2, 3, num_layers=2, bidirectional=True, seed=0)
    >>> again = net_of(net.trace(np.zeros((1, 4, 2))))
    >>> all((again.parameters[name] == values).all() for name, values in net.parameters.items())
    True
    """
    first = trace.layers[0][0]
    cell, weights = first.cell, first.weights
    options = {option: getattr(weights, name) is not None for name, (option, _) in cell.optional.items()}
    net = NETS[cell.name](
        trace.x.shape[2],
        len(weights.U),
        len(trace.layers),
        bidirectional=len(trace.layers[0]) == 2,
        dtype=trace.x.dtype,
        init="zeros",
        **options | {cell.activations: first.functions},
    )
    layers = [(k, d, layer) for k, directions in enumerate(trace.layers) for d, layer in enumerate(directions)]
    parts = ("W", "U", "b", *cell.optional)
    return net.set_parameters(
        {
            prefix(k, d) + part: getattr(layer.weights, part)
            for k, d, layer in layers
            for part in parts
            if getattr(layer.weights, part) is not None
        }
    )
