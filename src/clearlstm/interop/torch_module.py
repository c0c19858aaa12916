"""A Network as a torch module; the one file here that can't be read without torch."""

from typing import Any

import numpy as np
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from clearlstm.cell.layout import GATES, TORCH_GATES, reorder
from clearlstm.errors import InputError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Net, Network
from clearlstm.network.parameters import positions, prefix
from clearlstm.network.rnn import RNN
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
        h_n = last[0] if isinstance(net, torch.nn.LSTM) else last
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


def _recurrent(net: Net) -> torch.nn.LSTM | torch.nn.RNN:
    """torch's layer with the weights of ``net``; its second bias is left at 0."""
    sizes = (net.input_size, net.hidden_size, net.num_layers)
    common: dict[str, Any] = {
        "bidirectional": net.bidirectional,
        "dropout": net.dropout if net.num_layers > 1 else 0.0,
        "batch_first": True,
        "dtype": _dtype(net),
    }
    made: torch.nn.LSTM | torch.nn.RNN
    if isinstance(net, LSTM):
        if net.engine == "reference":
            raise InputError("torch's LSTM has no peepholes and only sigmoid and tanh: this net can't go to torch")
        made = torch.nn.LSTM(*sizes, **common)
    else:
        made = torch.nn.RNN(*sizes, nonlinearity=_nonlinearity(net), **common)
    for layer, direction in positions(net.num_layers, net.num_directions):
        _fill_layer(made, net, layer, direction)
    return made


def _nonlinearity(net: RNN) -> str:
    if net.activation not in ("tanh", "relu"):
        raise InputError(f"torch's RNN knows tanh and relu, not {net.activation!r}: this net can't go to torch")
    return net.activation


def _fill_layer(made: torch.nn.LSTM | torch.nn.RNN, net: Net, layer: int, direction: int) -> None:
    ours = {part: net.parameters[prefix(layer, direction) + part] for part in "WUb"}
    if isinstance(net, LSTM):
        ours = {part: reorder(values, GATES, TORCH_GATES) for part, values in ours.items()}
    end = f"_l{layer}" + ("_reverse" if direction else "")
    _fill(getattr(made, "weight_ih" + end), ours["W"].T)
    _fill(getattr(made, "weight_hh" + end), ours["U"].T)
    _fill(getattr(made, "bias_ih" + end), ours["b"])
    _fill(getattr(made, "bias_hh" + end), np.zeros_like(ours["b"]))
