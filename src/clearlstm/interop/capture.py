"""The LSTM inside a bigger model: the model runs once as it is, and what its LSTM really got comes out."""

import os
from typing import Any

from clearlstm.errors import InputError
from clearlstm.interop.captured import CapturedLayers, checked
from clearlstm.interop.content import maker_of


def capture(model: Any, *inputs: Any, name: str | None = None) -> CapturedLayers:
    """Run a PyTorch module or an ONNX model once, and bring out its recurrent layers with what they really got.

    Whatever stands before the LSTM or behind it, an embedding, convolutions, attention, a learned first state, doesn't
    matter: the whole model runs, in evaluation mode and without gradients, and its layers are watched.

    Parameters
    ----------
    model
        A ``torch.nn.Module`` that calls nn.LSTM, nn.GRU, nn.RNN, their cells, or clearlstm's layers in their place; or
        an ONNX model, by its path or as a ``ModelProto``, which runs in ONNX Runtime in a process of its own.
    inputs
        What the model takes, in its order: arrays, or for a module whatever it takes. A mapping as the last one holds
        inputs by name.
    name
        Of the layer that is meant; None: all that ran.

    Returns the :class:`~clearlstm.interop.captured.Captured` layer, or a dict of them by name, where several ran or
    one did on several sequences, ``"decoder[0]"``, ``"decoder[1]"``. Calls that go on from each other's state, such as
    those of a cell in a loop, are one sequence. clearlstm's h is held to the model's: see ``difference``; a warning
    tells where it is beyond rounding.

    Raises
    ------
    InputError
        if the model doesn't run on the inputs, or no layer of that name runs, or one is of a kind that can't come over
    ModelFileError
        for a file that is no ONNX model: what else is in files are weights, which don't run
    MissingExtraError
        if onnx or onnxruntime is needed and isn't installed

    >>> import numpy as np
    >>> import torch
    >>> class Tagger(torch.nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.words = torch.nn.Embedding(50, 6)
    ...         self.lstm = torch.nn.LSTM(6, 8, batch_first=True)
    ...     def forward(self, ids):
    ...         return self.lstm(self.words(ids))[0].relu()
    >>> captured = capture(Tagger(), np.arange(10).reshape(2, 5))
    >>> captured.x.shape, captured.trace().layer(0).f.shape, captured.difference < 1e-6
    ((2, 5, 6), (2, 5, 8), True)
    """
    if hasattr(model, "named_modules"):
        from clearlstm.interop.torch.capture import capture_torch

        return checked(capture_torch(model, inputs, name))
    if isinstance(model, (str, os.PathLike)):
        maker = maker_of(model)
        if maker != "onnx":
            raise InputError(
                f"{model} is a file of {maker}'s, which holds weights and can't be run: capture(module, …) takes a "
                "torch module in Python, capture(path, …) an ONNX model"
            )
    elif not hasattr(model, "graph"):
        raise InputError(
            f"model is a {type(model).__name__}; give a torch module, or the path of an ONNX model or a ModelProto"
        )
    from clearlstm.interop.onnx.capture import capture_onnx

    return checked(capture_onnx(model, inputs, name))
