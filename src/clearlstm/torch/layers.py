"""``LSTM`` and ``GRU``: torch's own modules, but for who computes."""

from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from clearlstm.network.gru import GRULayerTrace
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.trace import LayerTrace, Trace
from clearlstm.torch.function import Layer, Pass, array, check_here

States = tuple[torch.Tensor, ...]


class _OnKernels(nn.RNNBase):
    """What both layers share: torch's calls and checks around the kernels. States are (L·D, N, H), as in torch."""

    layer_trace: ClassVar[type[LayerTrace]]

    record = False
    """Whether :attr:`last_trace` is kept."""

    last_trace: Trace[Any] | None = None
    """Every gate and state of the last recorded pass, (N, T, H) each whatever ``batch_first``; None before."""

    def __init__(self, *args: Any, record: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.record = record

    def forward(self, input: Any, hx: Any = None) -> Any:  # noqa: A002 (torch's name)
        """The output and the final states, as torch's module of this name gives them."""
        return super().forward(input, hx) if _torch_follows() else self._on_kernels(input, hx)

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def _on_kernels(self, input: Any, hx: Any) -> Any:  # noqa: A002 (torch's name)
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        if input.dim() not in (2, 3):
            raise ValueError(f"{self.mode}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        batched, axis = input.dim() == 3, 0 if self.batch_first else 1
        given = None if hx is None else self._states(hx, 3 if batched else 2)
        x = input if batched else input.unsqueeze(axis)
        given = given if batched or given is None else tuple(state.unsqueeze(1) for state in given)
        self._check(x, given, None)
        if not x.numel():
            return super().forward(input, hx)
        x = x if self.batch_first else x.transpose(0, 1)
        lengths = np.full(len(x), x.shape[1], dtype=np.int64)
        output, states = self._run(x, given, lengths)
        if not self.batch_first:
            output = output.transpose(0, 1).contiguous()
        elif self.record:  # what is done to it in place must not change the trace
            output = output.clone()
        if not batched:
            output, states = output.squeeze(axis), tuple(state.squeeze(1) for state in states)
        return output, _as_torch_has_them(states)

    def _packed(self, packed: PackedSequence, hx: Any) -> tuple[PackedSequence, Any]:
        """Sequences of different lengths; the states are in the order of the sequences, as those that are given."""
        given = None if hx is None else self._states(hx, 3)
        x, lengths = pad_packed_sequence(packed, batch_first=True)
        self._check(packed.data, given, packed.batch_sizes)
        output, states = self._run(x, given, lengths.numpy())
        if packed.sorted_indices is not None:
            output, lengths = output[packed.sorted_indices], lengths[packed.sorted_indices]
        data = pack_padded_sequence(output, lengths, batch_first=True).data
        again = PackedSequence(data, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
        return again, _as_torch_has_them(states)

    def _run(
        self, x: torch.Tensor, given: States | None, lengths: npt.NDArray[np.int64]
    ) -> tuple[torch.Tensor, States]:
        """All layers: x (N, T, F), lengths (N,); the output (N, T, D·H) and the final states."""
        if torch.is_autocast_enabled("cpu"):  # half precision would gain nothing here
            own = cast(torch.Tensor, self.weight_ih_l0).dtype
            given = None if given is None else tuple(state.to(own) for state in given)
            with torch.autocast("cpu", enabled=False):
                return self._run(x.to(own), given, lengths)
        D = 2 if self.bidirectional else 1
        below, last, traces, masks = x, [], [], []
        for k in range(self.num_layers):
            below, mask = self._dropped(below) if k else (below, None)
            ways = [self._direction(k * D + d, below, given, lengths, reverse=d == 1) for d in range(D)]
            below = ways[0][0] if D == 1 else torch.cat([way[0] for way in ways], dim=2)
            last += [way[1] for way in ways]
            traces.append(tuple(way[2] for way in ways))
            masks.append(None if mask is None else array(mask))
        states = tuple(torch.stack(parts) for parts in zip(*last, strict=True))
        if self.record:
            arrays = array(below), tuple(array(state) for state in states)
            self.last_trace = Trace(array(x), lengths, tuple(traces), tuple(masks), *arrays)
        return below, states

    def _direction(
        self, place: int, x: torch.Tensor, given: States | None, lengths: npt.NDArray[np.int64], *, reverse: bool
    ) -> tuple[torch.Tensor, States, LayerTrace]:
        """One layer in one direction: its output (N, T, H), its final states (N, H), and its trace."""
        parts = {name.partition("_l")[0]: getattr(self, name) for name in self._all_weights[place]}
        N, H = len(x), self.hidden_size
        first = (
            [x.new_zeros(N, H) for _ in self.layer_trace.cell.states]
            if given is None
            else [state[place] for state in given]
        )
        projection = parts.get("weight_hr")
        if projection is not None:
            x, parts = self._unprojected(x, parts, None if given is None else first[0], lengths, reverse=reverse)
            first[0] = x.new_zeros(N, H)
        asked = Pass(self.layer_trace, lengths, reverse)
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        h, *states = Layer.apply(  # type: ignore[no-untyped-call]
            asked, x, *(parts.get(name) for name in names), *first
        )
        if projection is not None:
            h, states[0] = h @ projection.T, states[0] @ projection.T
        return h, tuple(states), asked.trace

    def _unprojected(
        self,
        x: torch.Tensor,
        parts: dict[str, torch.Tensor],
        first: torch.Tensor | None,
        lengths: npt.NDArray[np.int64],
        *,
        reverse: bool,
    ) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """The layer without its projection: h goes through it within the recurrent weights.

        A first state (N, P) has none behind it, so it enters as inputs of the first step, with the recurrent weights.
        """
        recurrent, projection = parts["weight_hh"], parts["weight_hr"]
        parts = parts | {"weight_hh": recurrent @ projection}
        if first is None:
            return x, parts
        start = torch.zeros(*x.shape[:2], first.shape[1], dtype=x.dtype)
        rows = torch.arange(len(x))
        start[rows, torch.from_numpy(lengths - 1) if reverse else torch.zeros_like(rows)] = first
        return torch.cat([x, start], dim=2), parts | {"weight_ih": torch.cat([parts["weight_ih"], recurrent], dim=1)}

    def _dropped(self, below: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Dropout between layers, by torch's generator: the same numbers that torch's own module would drop."""
        if not self.training or not self.dropout:
            return below, None
        steps_first = below.transpose(0, 1)
        kept = torch.empty_like(steps_first, memory_format=torch.contiguous_format)
        mask = kept.bernoulli_(1 - self.dropout).div_(1 - self.dropout).transpose(0, 1)
        return below * mask, mask

    def _states(self, hx: Any, dims: int) -> States:
        """The first states that are given, of ``dims`` axes."""
        states = tuple(hx) if isinstance(hx, tuple | list) else (hx,)
        if any(state.dim() != dims for state in states):
            shown = ", ".join(f"{state.dim()}-D" for state in states)
            what = "batched 3-D" if dims == 3 else "unbatched 2-D"
            raise RuntimeError(f"For {what} input, hx should also be {dims}-D but got ({shown}) tensors")
        return states

    def _check(self, x: torch.Tensor, given: States | None, batch_sizes: torch.Tensor | None) -> None:
        """Refuse what the kernels can't compute, and what torch refuses, in its words."""
        inputs = () if torch.is_autocast_enabled("cpu") else (x,)
        check_here(type(self).__name__, *self.parameters(), *inputs)
        if given is None:
            self.check_input(x, batch_sizes)
        else:
            self.check_forward_args(x, _as_torch_has_them(given), batch_sizes)

    def __getstate__(self) -> dict[str, Any]:
        """Without the trace, which is of a pass and no part of the layer."""
        state = super().__getstate__()  # type: ignore[no-untyped-call]
        return {name: value for name, value in state.items() if name != "last_trace"}


def _torch_follows() -> bool:
    """Whether torch follows its operations, to repeat or to transform them: then they must be torch's own.

    So it is under ``torch.jit.trace``, ``torch.export``, both ONNX exporters and the transforms of ``torch.func``.
    """
    exporting = getattr(torch.compiler, "is_exporting", bool)  # since torch 2.7
    transforming = torch._C._are_functorch_transforms_active
    return exporting() or torch.jit.is_tracing() or transforming()  # type: ignore[attr-defined, no-untyped-call]


def _as_torch_has_them(states: States) -> Any:
    """A GRU's one state stands by itself."""
    return states if len(states) > 1 else states[0]


class LSTM(_OnKernels, nn.LSTM):
    """``torch.nn.LSTM`` on clearlstm's kernels: the same arguments, calls, parameters and state dict.

    ``record=True`` keeps every gate and state of the last pass in :attr:`last_trace`, at no further cost but memory:
    a :class:`clearlstm.network.trace.Trace`, which insight's views take. With ``proj_size`` its layers have the h
    before the projection.

    On another device than the CPU, and in half precision, a call is an :class:`~clearlstm.errors.InputError`.
    Traced, exported or transformed by ``torch.func``, it is torch's own for that call.

    >>> layer = LSTM(3, 5, batch_first=True, record=True)
    >>> output, (h_n, c_n) = layer(torch.zeros(2, 7, 3))
    >>> output.shape, layer.last_trace.layer(0).f.shape
    (torch.Size([2, 7, 5]), (2, 7, 5))
    """

    layer_trace = LSTMLayerTrace


class GRU(_OnKernels, nn.GRU):
    """``torch.nn.GRU`` on clearlstm's kernels; see :class:`LSTM`."""

    layer_trace = GRULayerTrace


torch.serialization.add_safe_globals([LSTM, GRU])  # beside what else a module holds, ``weights_only`` lets them through
