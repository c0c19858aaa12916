"""PyTorch's LSTMs, GRUs and plain nets: in from modules, state dicts and files, and out as a module.

torch packs the gates in rows, weight_ih (kH, F) and weight_hh (kH, H), with a bias (kH,) for each: here W is (F, kH)
and U (H, kH). In which order, and what becomes of the biases, each cell says (``formats``, ``biases``).
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cells import CELLS
from clearlstm.cell.record import Weights
from clearlstm.errors import InputError, MissingExtraError, ModelFileError
from clearlstm.files import door
from clearlstm.interop import chain
from clearlstm.interop.torch_files import read_file, state_dict
from clearlstm.network.head import Linear
from clearlstm.network.model import Network, Pool
from clearlstm.shapes import FloatArray, check_array

if TYPE_CHECKING:
    import torch

    from clearlstm.interop.torch_module import TorchNetwork

PARAMETER = re.compile(
    r"(?P<module>.*?)\.?(?P<kind>weight_ih|weight_hh|weight_hr|bias_ih|bias_hh)(?P<place>(_l\d+)?(_reverse)?)"
)


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
        A module (an ``nn.LSTM``, ``nn.GRU``, ``nn.RNN``, one of their cells, or any that holds some), a state dict, or
        the path of a ``.safetensors``, ``.pt`` or ``.pth`` file that holds a state dict. Files are read without running
        code.
        A plain net's activation can't be told from a state dict: there it is taken for tanh.
    name
        Of the recurrent layer to take, where there are several (``"encoder.lstm"``); without it, the only one.
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
        if nothing fits, or several things do (it lists them), or for what can't be taken over
    ModelFileError
        if a file is broken, foreign or hostile
    MissingExtraError
        if torch is needed and isn't installed; a ``.safetensors`` file doesn't need it

    >>> import torch
    >>> lstm = torch.nn.LSTM(3, 4, batch_first=True)
    >>> x = np.ones((2, 5, 3), "float32")
    >>> np.allclose(from_torch(lstm)(x), lstm(torch.tensor(x))[0].detach(), atol=1e-6)
    True
    """
    if isinstance(src, (str, os.PathLike, Mapping)):
        return _from_arrays(src, name, head, pool, example)
    if hasattr(src, "named_modules") and hasattr(src, "state_dict"):
        return _from_module(src, name, head, pool, example)
    raise InputError(f"src is a {type(src).__name__}; give a torch module, a state dict, or the path of a file")


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
    _torch()
    from clearlstm.interop.torch_module import TorchNetwork

    return TorchNetwork(model)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingExtraError("PyTorch's models need torch: pip install 'clearlstm[torch]'") from error
    return torch


def _from_arrays(
    src: Any, name: str | None, head: str | Linear | None, pool: Pool, example: npt.ArrayLike | None
) -> Network:
    if example is not None:
        raise InputError("an example can only be run by a module; of a state dict give name, head and pool")
    what, error = ("the state dict", InputError) if isinstance(src, Mapping) else (str(src), ModelFileError)
    with door(what, error):
        arrays = (state_dict(src) or src) if isinstance(src, Mapping) else read_file(Path(src))
        read = chain.choose(find_layers(arrays), name)
        with chain.naming(src):
            layers = read()
        return chain.build(layers, _named_head(arrays, head), pool)


def _from_module(
    module: "torch.nn.Module", name: str | None, head: str | Linear | None, pool: Pool, example: npt.ArrayLike | None
) -> Network:
    arrays = dict(module.state_dict())
    options = {where: _Options(part) for where, part in module.named_modules()}
    layers_by_name = find_layers(arrays, options)
    if example is None:
        return chain.build(chain.choose(layers_by_name, name)(), _named_head(arrays, head), pool)
    if name is not None or head is not None or pool is not None:
        raise InputError("with an example, name, head and pool are found: leave them out")
    layers = [layer for read in layers_by_name.values() for layer in read()]
    with _evaluating(module):
        return chain.whole(layers, _linear_layers(module, arrays), lambda x: _run(module, x), example)


class _Options:
    """What a module says of itself that its weights don't: dropout, and a plain net's activation."""

    def __init__(self, module: "torch.nn.Module | None" = None) -> None:
        dropout = getattr(module, "dropout", 0.0)
        self.dropout = float(dropout) if isinstance(dropout, (int, float)) else 0.0
        self.activation = str(getattr(module, "nonlinearity", "tanh"))


def find_layers(
    arrays: Mapping[str, Any], options: Mapping[str, _Options] | None = None
) -> dict[str, Callable[[], list[chain.Layer]]]:
    """How to read the recurrent layers of a state dict, by the name of the module that holds them."""
    places: dict[str, dict[str, dict[str, Any]]] = {}
    for key, values in arrays.items():
        if match := PARAMETER.fullmatch(str(key)):
            at = places.setdefault(match["module"], {}).setdefault(match["place"], {})
            at[match["kind"]] = values
    known = options or {}
    return {
        module: partial(_read_module, module, tensors, known.get(module, _Options()))
        for module, tensors in places.items()
    }


def _read_module(module: str, places: dict[str, dict[str, Any]], options: _Options) -> list[chain.Layer]:
    """The layers of one module; ``places`` are torch's endings, such as "_l0" and "_l0_reverse" ("" of a cell)."""
    both = any(place.endswith("_reverse") for place in places)
    forward = [place for place in places if not place.endswith("_reverse")]
    steps = sorted(forward, key=lambda place: int(place[2:] or 0))
    expected = {place + end for place in steps for end in (("", "_reverse") if both else ("",))}
    numbered = all(place in ("", f"_l{k}") for k, place in enumerate(steps))
    if set(places) != expected or not numbered:
        raise InputError(f"{_named(module)} has layers {sorted(places)}: some are missing, the source is incomplete")
    layers = []
    for place in steps:
        parts = [places[place + end] for end in (("", "_reverse") if both else ("",))]
        directions = tuple(_weights(module, tensors) for tensors in parts)
        dropout = options.dropout if len(steps) > 1 else 0.0
        known = {"activation": options.activation} if "activation" in directions[0].cell.options else {}
        layers.append(chain.Layer(module, directions, known, dropout=dropout, readout=_readout(module, parts)))
    return layers


def _named(module: str) -> str:
    return repr(module) if module else "the module"


def _weights(module: str, tensors: dict[str, Any]) -> Weights:
    """One layer in one direction, its shapes checked; the number of gates tells the cell."""
    if missing := {"weight_ih", "weight_hh"} - set(tensors):
        raise InputError(f"{_named(module)} lacks {sorted(missing)}: the source is incomplete")
    U = _recurrent(module, tensors)
    H, rows = U.shape
    cells = {len(cell.gates) * H: cell for cell in CELLS.values() if "torch" in cell.formats}
    if rows not in cells:
        known = ", ".join(f"({len(cell.gates)}H, H) of {cell.formats['torch'].name}" for cell in cells.values())
        raise InputError(f"{_named(module)}: weight_hh is {(rows, H)}; one of {known} is needed")
    W = to_array(f"{module}: weight_ih", tensors["weight_ih"], (rows, None))
    b_input, b_recurrent = (
        to_array(f"{module}: {kind}", tensors[kind], (rows,)) if kind in tensors else np.zeros(rows, U.dtype)
        for kind in ("bias_ih", "bias_hh")
    )
    weights: Weights = cells[rows].read("torch", W.T, U, b_input, b_recurrent, cells[rows].options)
    return weights


def _recurrent(module: str, tensors: dict[str, Any]) -> FloatArray:
    """U (H, kH): weight_hhᵀ, or weight_hrᵀ weight_hhᵀ where h goes through a projection weight_hr (P, H) first."""
    hidden = to_array(f"{module}: weight_hh", tensors["weight_hh"], (None, None))
    if "weight_hr" not in tensors:
        return hidden.T
    projection = _projection(module, tensors)
    if projection.shape[1] != hidden.shape[1]:
        raise InputError(
            f"{_named(module)} projects h to {projection.shape[1]} values, but weight_hh takes {hidden.shape[1]}"
        )
    return np.asarray(projection.astype(np.float64) @ hidden.T.astype(np.float64)).astype(hidden.dtype)


def _projection(module: str, tensors: dict[str, Any]) -> FloatArray:
    """weight_hrᵀ (H, P)."""
    return to_array(f"{module}: weight_hr", tensors["weight_hr"], (None, None)).T


def _readout(module: str, parts: list[dict[str, Any]]) -> FloatArray | None:
    """What is read off h (D·H) of a layer with projections, (D·H, D·P): each direction's own."""
    if not any("weight_hr" in tensors for tensors in parts):
        return None
    if not all("weight_hr" in tensors for tensors in parts):
        raise InputError(f"{_named(module)} has a projection in one direction only: the source is incomplete")
    blocks = [_projection(module, tensors) for tensors in parts]
    readout = np.zeros([sum(sizes) for sizes in zip(*(block.shape for block in blocks), strict=True)])
    row = column = 0
    for block in blocks:
        H, P = block.shape
        readout[row : row + H, column : column + P] = block
        row, column = row + H, column + P
    return readout


def to_array(name: str, values: Any, shape: tuple[int | None, ...]) -> FloatArray:
    """A tensor or an array as float32 or float64 (half precision as float32), its shape and its numbers checked."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        if values.is_quantized or values.is_sparse or values.is_complex():
            raise InputError(f"{name} is quantized, sparse or complex; ordinary floating-point numbers are needed")
        values = (values.double() if values.itemsize == 8 else values.float()).numpy()
    array = np.asarray(values)
    return check_array(name, array, shape, "float64" if array.dtype.itemsize == 8 else "float32")


def _named_head(arrays: Mapping[str, Any], head: str | Linear | None) -> chain.Dense | Linear | None:
    if head is None or isinstance(head, Linear):
        return head
    heads = {
        str(key).removesuffix(".weight"): values
        for key, values in arrays.items()
        if str(key).endswith(".weight") and getattr(values, "ndim", 0) == 2
    }
    return _dense(head, chain.choose(heads, head, "linear layer", "head"), arrays.get(f"{head}.bias"))


def _dense(name: str, weight: Any, bias: Any) -> chain.Dense:
    W = to_array(f"{name}.weight", weight, (None, None)).T
    b = np.zeros(W.shape[1], W.dtype) if bias is None else to_array(f"{name}.bias", bias, (W.shape[1],))
    return chain.Dense(W, b)


def _linear_layers(module: "torch.nn.Module", arrays: Mapping[str, Any]) -> dict[str, chain.Dense]:
    torch = _torch()
    places = [where for where, part in module.named_modules() if isinstance(part, torch.nn.Linear)]
    return {
        where: _dense(where, arrays[f"{where}.weight"], arrays.get(f"{where}.bias"))
        for where in places
        if f"{where}.weight" in arrays
    }


@contextmanager
def _evaluating(module: "torch.nn.Module") -> Iterator[None]:
    """Dropout off and no gradients; afterwards every part trains or not as before."""
    before = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with _torch().no_grad():
            yield
    finally:
        for part, training in before:
            part.training = training


def _run(module: "torch.nn.Module", x: FloatArray) -> FloatArray:
    """The module's answer, or the first part of it where it gives several, as an ``nn.LSTM`` does."""
    where = next(module.parameters()).device
    answer = module(_torch().from_numpy(x).to(where))
    while isinstance(answer, (tuple, list)) and answer:
        answer = answer[0]
    if not hasattr(answer, "detach"):
        raise InputError(f"the module answers with a {type(answer).__name__}; a tensor, or a tuple of them, is needed")
    return np.asarray(answer.detach().cpu().numpy())
