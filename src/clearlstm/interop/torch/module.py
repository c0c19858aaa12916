"""A Network as a torch module; the one file here that can't be read without torch."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from clearlstm.cell.cell import Options
from clearlstm.errors import InputError
from clearlstm.network.model import Net, Network
from clearlstm.network.options import plain
from clearlstm.network.parameters import positions
from clearlstm.shapes import FloatArray


class TorchNetwork(torch.nn.Module):
    """The same chain of nets, pool and head as ``model``, with copies of its weights; in eval mode."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.nets = torch.nn.ModuleList([_recurrent(net) for net in model.nets])
        self.pool = model.pool
        self.head: torch.nn.Linear | None = None
        if model.head is not None:
            self.head = torch.nn.Linear(model.head.input_size, model.head.output_size, dtype=_dtype(model))
            _fill(self.head.weight, model.head.W.T)
            _fill(self.head.bias, model.head.b)
        self.eval()

    def forward(self, x: torch.Tensor, lengths: torch.Tensor | None = None) -> torch.Tensor:
        """x (N, T, F), lengths (N,) the real steps, to (N, M), or (N, T, M) without a pool, 0 in padding."""
        T = x.shape[1]
        steps = torch.full((len(x),), T) if lengths is None else torch.as_tensor(lengths).cpu()
        below: Any = x if lengths is None else pack_padded_sequence(x, steps, batch_first=True, enforce_sorted=False)
        for net in self.nets:
            below, last = net(below)
        h_n = last[0] if isinstance(last, tuple) else last
        h = below if lengths is None else pad_packed_sequence(below, batch_first=True, total_length=T)[0]
        pooled = self._pooled(h, h_n[-2:] if net.bidirectional else h_n[-1:], steps.to(x.device))
        y = pooled if self.head is None else self.head(pooled)
        if self.pool is None and lengths is not None:
            y = y * (torch.arange(T, device=x.device) < steps.to(x.device)[:, None])[..., None]
        return torch.as_tensor(y)

    def _pooled(self, h: torch.Tensor, h_n: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        if self.pool == "last":
            return torch.cat(list(h_n), dim=-1)
        if self.pool == "mean":
            return h.sum(dim=1) / lengths[:, None].to(h.dtype)
        return h


def _dtype(part: Network | Net) -> torch.dtype:
    return torch.float64 if part.dtype == np.float64 else torch.float32


def _fill(target: torch.Tensor, values: FloatArray) -> None:
    with torch.no_grad():
        target.copy_(torch.from_numpy(np.ascontiguousarray(values)))


def _recurrent(net: Net) -> torch.nn.RNNBase:
    """torch's layer with the weights of ``net``."""
    sizes = (net.input_size, net.hidden_size, net.num_layers)
    common: dict[str, Any] = {
        "bidirectional": net.bidirectional,
        "dropout": net.dropout if net.num_layers > 1 else 0.0,
        "batch_first": True,
        "dtype": _dtype(net),
    }
    made = _empty_layer(net)(*sizes, **common)
    for layer, direction in positions(net.num_layers, net.num_directions):
        _fill_layer(made, net, layer, direction)
    return made


def _empty_layer(net: Net) -> Callable[..., torch.nn.RNNBase]:
    """torch's class for this cell; of a plain net, with its activation."""
    name = net.cell.formats["torch"].name
    kind: Callable[..., torch.nn.RNNBase] = getattr(torch.nn, name)
    if net.engine == "kernels":
        return kind
    if net.options.get("activation") == "relu":
        return partial(kind, nonlinearity="relu")
    raise InputError(
        f"this net can't go to torch, whose {name} computes {_shown(net.cell.options)}; it has {_shown(net.options)}"
    )


def _shown(options: Options) -> str:
    return ", ".join(f"{name}={plain(value)!r}" for name, value in options.items())


def _fill_layer(made: torch.nn.RNNBase, net: Net, layer: int, direction: int) -> None:
    ours = net.cell.write("torch", net.weights(layer, direction))
    end = f"_l{layer}" + ("_reverse" if direction else "")
    _fill(getattr(made, "weight_ih" + end), ours["W"].T)
    _fill(getattr(made, "weight_hh" + end), ours["U"].T)
    _fill(getattr(made, "bias_ih" + end), ours["b_input"])
    _fill(getattr(made, "bias_hh" + end), ours["b_recurrent"])
