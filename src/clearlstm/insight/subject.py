"""What can be looked into: a net, a model, or the net inside a fitted estimator."""

from typing import Any

import numpy as np

from clearlstm.errors import InputError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.network.trace import LSTMLayerTrace, RNNLayerTrace


def network_of(model: Any) -> Network:
    """The Network in ``model``: itself, the first net of a fitted estimator, or a bare net with an answer a step.

    Raises InputError for anything else, and for an estimator that isn't fitted.

    >>> network_of(LSTM(1, 4, seed=0)).pool is None
    True
    """
    if isinstance(model, Network):
        return model
    if isinstance(model, (LSTM, RNN)):
        return Network(model, pool=None)
    if (network := getattr(model, "network_", None)) is not None:  # a classifier or a regressor
        return network_of(network)
    if (fitted := getattr(model, "model_", None)) is not None:  # a forecaster
        return network_of(fitted.network)
    if hasattr(model, "fit"):
        raise InputError(f"this {type(model).__name__} isn't fitted yet: call fit first")
    raise InputError(
        f"the model is a {type(model).__name__}; a Network, an LSTM, an RNN or a fitted estimator of clearlstm is "
        "needed. from_torch, from_keras and from_onnx make a Network of other models"
    )


def check_finite(layer: LSTMLayerTrace | RNNLayerTrace) -> None:
    """Refuse a pass that holds NaN or infinity: nothing that is counted or compared there would mean anything."""
    for name in ("c", "h") if isinstance(layer, LSTMLayerTrace) else ("h",):
        good = np.isfinite(getattr(layer, name)).all(axis=(1, 2))
        if not good.all():
            n = int((~good).argmax())
            raise InputError(
                f"the pass holds NaN or infinity in sequence {n} ({name}): check the weights and the input"
            )
