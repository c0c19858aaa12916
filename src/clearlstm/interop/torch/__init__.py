"""PyTorch's LSTMs, GRUs and plain nets: in from modules, state dicts and files, and out as a module.

torch packs the gates in rows, weight_ih (kH, F) and weight_hh (kH, H), with a bias (kH,) for each: here W is (F, kH)
and U (H, kH). In which order, and what becomes of the biases, each cell says (``formats``, ``biases``).
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.files import door
from clearlstm.interop import chain
from clearlstm.interop.torch.effective import Packed
from clearlstm.interop.torch.files import read_file
from clearlstm.interop.torch.layers import (
    assumption,
    choose,
    find_layers,
    linear_names,
    looks_embedded,
    named_head,
)
from clearlstm.interop.torch.objects import (
    evaluating,
    example_of,
    is_module,
    linear_layers,
    runner,
    source_of,
    torch_library,
    unwrapped,
)
from clearlstm.interop.torch.source import Source, find_source
from clearlstm.network.head import Linear
from clearlstm.network.model import Network, Pool

if TYPE_CHECKING:
    import torch

    from clearlstm.interop.torch.module import TorchNetwork


def from_torch(
    src: Any,
    *,
    name: str | None = None,
    head: str | Linear | None = None,
    pool: Pool = None,
    example: npt.ArrayLike | None = None,
) -> Network:
    """A Network with the weights, and the answers, of a PyTorch model.

    Parameters
    ----------
    src
        A module (an ``nn.LSTM``, ``nn.GRU``, ``nn.RNN``, one of their cells, or any that holds some; compiled,
        scripted, exported, quantized), a state dict, or the path of a file: safetensors, or what ``torch.save``,
        ``torch.jit.save`` or ``torch.export.save`` wrote. Files are read without torch and without running code.
        Weights alone don't say what is done with them: they are taken for torch's layer of that name, a plain net's
        activation for tanh, and a warning says so.
    name
        Of the recurrent layer to take, where there are several (``"encoder.lstm"``); without it, the only one. What it
        begins with may be left out where the rest is enough.
    head
        The name of a linear layer in the source, or a :class:`Linear`, to put on top; None: the answer is h.
    pool
        What is read off the layer: "last", "mean", or None for an answer a step.
    example
        An input as the module takes it, with at least 2 steps. The model then comes over whole, with its head and its
        pool, if a plain chain gives the same answers; name, head and pool are found and must not be given.

    Inputs are (N, T, F) here, whatever the module's ``batch_first``. Initial states are 0. A projection (``proj_size``)
    becomes a head, or part of what stands above: h in a trace is what it was *before* the projection, (N, T, H).

    Raises
    ------
    InputError
        if nothing fits, or several things do (it lists them), or for what can't be taken over, such as modules that
        call their weights as torch does and aren't torch's
    ModelFileError
        if a file is broken, foreign or hostile
    MissingExtraError
        if torch is needed and isn't installed; of files, only for bfloat16 in safetensors

    >>> import torch
    >>> lstm = torch.nn.LSTM(3, 4, batch_first=True)
    >>> x = np.ones((2, 5, 3), "float32")
    >>> np.allclose(from_torch(lstm)(x), lstm(torch.tensor(x))[0].detach(), atol=1e-6)
    True
    """
    if example is None:
        with _door(src):
            return _one_layer(src, _source(src), name, head, pool)
    if isinstance(src, (str, os.PathLike, Mapping)):
        raise InputError("an example can only be run by a module; of a state dict give name, head and pool")
    if not is_module(src):
        raise InputError(f"src is a {type(src).__name__}; give a torch module, a state dict, or the path of a file")
    if name is not None or head is not None or pool is not None:
        raise InputError("with an example, name, head and pool are found: leave them out")
    return _whole(unwrapped(src), example)


def to_torch(model: Network) -> "TorchNetwork":
    """The model as a ``torch.nn.Module`` with the same answers, in eval mode: ``module(x, lengths=None)``.

    x is (N, T, F). What torch's layers don't have, peepholes and other activations than theirs, is an
    :class:`InputError`.

    >>> from clearlstm.network.lstm import LSTM
    >>> model = Network(LSTM(1, 4, seed=0), head=2, seed=0)
    >>> import torch
    >>> to_torch(model)(torch.zeros(3, 5, 1)).shape
    torch.Size([3, 2])
    """
    torch_library()
    from clearlstm.interop.torch.module import TorchNetwork

    return TorchNetwork(model)


def contents(src: Any) -> chain.Contents:
    """What a torch model holds: a module, a state dict or a file, as :func:`from_torch` takes them.

    Raises :class:`ModelFileError` for what is no such file. Layers that can't come over are told, and raise nothing.
    """
    with _door(src):
        source = _source(src)
        nets, refused = {}, {}
        for name, read in find_layers(source).items():
            try:
                nets[name] = chain.build(read())
            except InputError as error:
                refused[name] = str(error)
        linear = [name for name in linear_names(source) if not looks_embedded(source, name)]
        shapes = {name: tuple(source.values[f"{name}.weight"].shape) for name in linear}
        absent = "" if nets or refused else f"the file holds {source.holds}"
        return chain.Contents(nets, refused, {name: (K, M) for name, (M, K) in shapes.items()}, absent=absent)


def _source(src: Any) -> Source:
    if isinstance(src, (str, os.PathLike)):
        return read_file(Path(src))
    if isinstance(src, (Mapping, list, tuple)):
        return find_source(src)
    if is_module(src):
        return source_of(unwrapped(src))
    raise InputError(f"src is a {type(src).__name__}; give a torch module, a state dict, or the path of a file")


@contextmanager
def _door(src: Any) -> Iterator[None]:
    """What is wrong with a file is a ModelFileError, of whatever its content makes of it."""
    if isinstance(src, (str, os.PathLike)):
        with door(src, ModelFileError):
            yield
    else:
        with door("the source", InputError) if not hasattr(src, "named_modules") else nullcontext():
            yield


def _one_layer(src: Any, source: Source, name: str | None, head: str | Linear | None, pool: Pool) -> Network:
    name, read = choose(source, name)
    with chain.naming(src):
        layers = read()
    model = chain.build(layers, named_head(source, head), pool)
    if (text := assumption(source, name, layers, head)) is not None:
        warnings.warn(text, ClearLSTMWarning, stacklevel=3)
    return model


def _whole(module: "torch.nn.Module", example: Any) -> Network:
    source = source_of(module)
    if any(isinstance(part, Packed) for part in source.values.values()):
        raise InputError(
            "the module is quantized: it rounds what goes in, too, so no chain of layers gives its answers: leave the "
            "example out, and give name, head and pool"
        )
    result = find_layers(source, strict=False)
    if not result:
        raise InputError(f"no recurrent layer is in the source, which holds {source.holds}")
    layers = [layer for read in result.values() for layer in read()]
    with evaluating(module):
        model, time_first = chain.matching(layers, linear_layers(source), runner(module), example_of(example))
    if time_first:
        T, N, _ = np.shape(example)
        warnings.warn(
            f"the module reads (T, N, F): the example was taken for {T} steps of {N} sequences. If it was meant as {T} "
            "sequences, batch_first=True is missing in the module. The model that is opened here reads (N, T, F)",
            ClearLSTMWarning,
            stacklevel=3,
        )
    return model
