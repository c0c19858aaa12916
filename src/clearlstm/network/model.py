"""A whole model: a chain of nets, what is read off the last one, and a linear head."""

import itertools
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.head import Linear
from clearlstm.network.parameters import copy_parameters
from clearlstm.network.recurrent import Gradients, Recurrent, final_states
from clearlstm.network.states import State
from clearlstm.network.trace import LayerTrace, Trace
from clearlstm.shapes import FloatArray, check_array, check_lengths, check_sequences, counted, is_whole, real_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from clearlstm.network.stream import NetworkStream
    from clearlstm.widget.net_drawing import NetDrawing

Net: TypeAlias = Recurrent[Any]
AnyTrace: TypeAlias = Trace[Any]
States: TypeAlias = tuple[State, ...]
"""Of each net of a model its states, each (L·D, N, H)."""
Pool: TypeAlias = Literal["last", "mean"] | None


@dataclass(frozen=True)
class NetworkTrace:
    """A model's pass: y (N, M) or (N, T, M), a trace for each net, and what the head was given.

    ``head`` is the model's as it was then, ``pool`` what it was given.
    """

    y: FloatArray
    nets: tuple[AnyTrace, ...]
    pooled: FloatArray
    lengths: npt.NDArray[np.int64]
    head: Linear | None = None
    pool: Pool = "last"

    @property
    def state(self) -> States:
        """The final states of each net, from which the next piece of the same sequences goes on."""
        return tuple([trace.state for trace in self.nets])

    def layer(self, k: int, direction: int = 0, *, net: int = 0) -> LayerTrace:
        """The layer ``k`` of one net: as :meth:`Trace.layer`; nets, too, count from the end if negative."""
        if not is_whole(net) or not -len(self.nets) <= net < len(self.nets):
            raise InputError(f"net {net!r} is asked for; this model has nets 0..{len(self.nets) - 1}")
        layer: LayerTrace = self.nets[net].layer(k, direction)
        return layer

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: as :meth:`Trace.to_frame`, with the number of the ``net`` after the step."""
        import pandas as pd

        parts = [trace.to_frame() for trace in self.nets]
        for k, part in enumerate(parts):
            part.insert(list(part.columns).index("layer"), "net", k)
        return pd.concat(parts, ignore_index=True)

    def plot(self, kind: str = "gates", *, net: int = 0, **options: Any) -> "Figure":
        """Draw one sequence in one layer of one net: as :meth:`Trace.plot`, whose options follow."""
        figure: Figure = import_module("clearlstm.insight.plots").plot_network(self, kind, net=net, **options)
        return figure

    def show(self) -> "NetDrawing":
        """The pass as a live drawing in a notebook: see :meth:`Recurrent.show`."""
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_network_trace(self)
        return drawing

    def __repr__(self) -> str:
        return f"NetworkTrace(y {self.y.shape}, {self.y.dtype.name}; nets: {', '.join(map(repr, self.nets))})"


@final
class Network:
    """A chain of LSTM, GRU or RNN nets of any widths, pooled over time, with a linear head.

    Parameters
    ----------
    nets
        Each takes the one before's h as its input.
    head
        None (the answer is the pooled h itself), an output size M, or a :class:`Linear`.
    pool
        "last": the last net's final hidden state (N, D·H), so for the reverse direction that after the first step.
        "mean": the mean of h over a sequence's real steps. None: an answer for each step, (N, T, M).
    seed
        Of a head that is given by its size.

    >>> from clearlstm.network.lstm import LSTM
    >>> model = Network([LSTM(1, 8, seed=0)], head=2, seed=0)
    >>> model(np.zeros((5, 10, 1))).shape
    (5, 2)
    """

    def __init__(
        self,
        nets: Sequence[Net] | Net,
        head: int | Linear | None = None,
        pool: Pool = "last",
        *,
        seed: int | None = None,
    ) -> None:
        self.nets: tuple[Net, ...] = _check_chain(list(nets) if np.iterable(nets) else [nets])
        if pool not in ("last", "mean", None):
            raise InputError(f"pool is {pool!r}; use 'last', 'mean' or None (an answer a step)")
        self.pool: Pool = pool
        self.head = self._check_head(head, seed)

    def _check_head(self, head: int | Linear | None, seed: int | None) -> Linear | None:
        width = self.nets[-1].output_size
        if head is None:
            return None
        if isinstance(head, Linear):
            if head.input_size != width or head.dtype != self.dtype:
                raise InputError(f"the head is {head}; after this net it must take {width} values of {self.dtype.name}")
            return head
        return Linear(width, head, dtype=self.dtype, seed=seed)

    @property
    def dtype(self) -> np.dtype[Any]:
        """float32 or float64, the same for all parts."""
        return self.nets[0].dtype

    @property
    def input_size(self) -> int:
        """F, the features of a step."""
        return self.nets[0].input_size

    @property
    def output_size(self) -> int:
        """M, the width of the answer."""
        return self.head.output_size if self.head else self.nets[-1].output_size

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """The live arrays by name: ``net0.layer0.forward.W`` …, ``head.W`` (K, M) and ``head.b`` (M,)."""
        named = {f"net{k}.{name}": values for k, net in enumerate(self.nets) for name, values in net.parameters.items()}
        if self.head:
            named |= {"head.W": self.head.W, "head.b": self.head.b}
        return named

    def set_parameters(self, values: Mapping[str, npt.ArrayLike]) -> Self:
        """Copy ``values`` into the parameters; all names must be there, with their shapes. Returns the model."""
        copy_parameters(values, self.parameters)
        return self

    def __call__(
        self, x: npt.ArrayLike, lengths: npt.ArrayLike | None = None, state: States | None = None
    ) -> FloatArray:
        """The answer: x (N, T, F) to (N, M), or (N, T, M) with ``pool=None``, 0 in padding.

        ``state`` is what each net starts from, as :attr:`NetworkTrace.state` has it; None: zeros. With ``pool="last"``
        and nets that go forward only, memory does not grow with T.
        """
        if self.pool != "last" or any(net.bidirectional for net in self.nets):
            return self.trace(x, lengths, state).y
        inputs = check_sequences(x, self.input_size, self.dtype)
        N, T, _ = inputs.shape
        first = [net.first_state(given, N) for net, given in zip(self.nets, self.by_net(state), strict=True)]
        h = final_states(self.nets, inputs, check_lengths(lengths, N, T), first)[-1][0][-1]
        return self.head(h) if self.head else h

    def trace(
        self,
        x: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        state: States | None = None,
        *,
        out: NetworkTrace | None = None,
        dropout_rng: np.random.Generator | None = None,
    ) -> NetworkTrace:
        """Answer and keep every gate and state; arguments as in :meth:`Recurrent.trace`, a state for each net.

        A long recording can come in pieces: each starts from the state of the one before.

        >>> from clearlstm.network.lstm import LSTM
        >>> model, x = Network(LSTM(1, 4, seed=0), pool=None), np.sin(np.arange(100.0)).reshape(1, 100, 1)
        >>> first = model.trace(x[:, :60])
        >>> rest = model.trace(x[:, 60:], state=first.state)
        >>> bool((rest.y == model(x)[:, 60:]).all())
        True
        """
        traces: list[AnyTrace] = []
        below = x
        for k, (net, given) in enumerate(zip(self.nets, self.by_net(state), strict=True)):
            again: Any = out.nets[k] if out else None
            traces.append(net.trace(below, lengths, given, out=again, dropout_rng=dropout_rng))
            below = traces[-1].h
        return self.answer(tuple(traces))

    def by_net(self, state: States | None) -> Sequence[State | None]:
        """The states that were given, net by net; None for each if there are none."""
        if state is None:
            return [None] * len(self.nets)
        if not isinstance(state, tuple) or len(state) != len(self.nets):
            raise InputError(f"state must be a tuple with the states of each of {counted(len(self.nets), 'net')}")
        return state

    def answer(self, traces: tuple[AnyTrace, ...]) -> NetworkTrace:
        """What the model answers, given a trace of each of its nets: pooled over time and through the head."""
        steps = traces[0].lengths
        pooled = self._pool(traces[-1])
        y = self.head(pooled) if self.head else pooled
        if self.pool is None:
            y = np.where(_real(steps, y.shape[1]), y, 0).astype(self.dtype, copy=False)
        return NetworkTrace(y, traces, pooled, steps, self.head and self.head.snapshot(), self.pool)

    def backward(self, trace: NetworkTrace, dy: npt.ArrayLike, *, need_dx: bool = True) -> Gradients:
        """Gradients of a loss from its gradient by the answer, dy of y's shape; ``state`` of the result is empty."""
        dpooled = check_array("dy", dy, trace.y.shape, self.dtype)
        if self.pool is None:
            dpooled = dpooled * _real(trace.lengths, dpooled.shape[1])
        parameters: dict[str, FloatArray] = {}
        if self.head:
            dpooled, parameters["head.W"], parameters["head.b"] = self.head.backward(trace.pooled, dpooled)
        dh, dstate = self._unpool(trace, dpooled)
        for k in reversed(range(len(self.nets))):
            net: Any = self.nets[k]
            grads: Gradients = net.backward(trace.nets[k], dh, dstate, need_dx=need_dx or k > 0)
            parameters |= {f"net{k}.{name}": values for name, values in grads.parameters.items()}
            dh, dstate = grads.x, None
        return Gradients({name: parameters[name] for name in self.parameters}, grads.x, ())

    def _pool(self, trace: AnyTrace) -> FloatArray:
        if self.pool == "last":
            D = self.nets[-1].num_directions
            return np.concatenate(list(trace.state[0][-D:]), axis=-1)
        if self.pool == "mean":
            return np.asarray(trace.h.sum(axis=1) / trace.lengths[:, None].astype(self.dtype))
        return trace.h

    def _unpool(
        self, trace: NetworkTrace, dpooled: FloatArray
    ) -> tuple[FloatArray | None, tuple[FloatArray | None, ...] | None]:
        """The gradient by the last net's outputs, and by its final states."""
        last = trace.nets[-1]
        if self.pool == "last":
            dh_n = np.zeros_like(last.state[0])
            D, H = self.nets[-1].num_directions, self.nets[-1].hidden_size
            for d in range(D):
                dh_n[d - D] = dpooled[:, d * H : (d + 1) * H]
            return None, (dh_n, *(None for _ in last.state[1:]))
        if self.pool == "mean":
            share = dpooled / trace.lengths[:, None].astype(self.dtype)
            return share[:, None, :] * _real(trace.lengths, last.h.shape[1]), None
        return dpooled, None

    def step(self, x_t: npt.ArrayLike, state: States | None = None) -> tuple[FloatArray, States]:
        """Stream: the answer (N, M) after one more step x_t (N, F), and the states of the nets."""
        if self.pool == "mean":
            raise InputError("step() can't average over steps: use pool='last' or None")
        below, after = x_t, []
        for net, before in zip(self.nets, self.by_net(state), strict=True):
            h, now = net.step(below, before)
            after.append(now)
            below = h
        return (self.head(h) if self.head else h), tuple(after)

    def stream(self, N: int = 1, state: States | None = None) -> "NetworkStream":
        """N sequences step by step: ``stream(x_t)`` takes a step x_t (N, F) and gives the answer (N, M).

        The nets' steps allocate nothing: see :meth:`Recurrent.stream`. Raises InputError for a bidirectional net and
        for ``pool="mean"``.
        """
        if self.pool == "mean":
            raise InputError("stream() can't average over steps: use pool='last' or None")
        stream: NetworkStream = import_module("clearlstm.network.stream").NetworkStream(self, N, state)
        return stream

    def config(self) -> dict[str, Any]:
        """What makes a model of this shape again; plain values, ready for JSON."""
        nets = [{"kind": type(net).__name__, **net.config()} for net in self.nets]
        return {"nets": nets, "head": self.head.output_size if self.head else None, "pool": self.pool}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a safetensors file; the file appears whole or not at all. ``clearlstm.load`` reads it."""
        from clearlstm.network.storage import save

        save(self, path)

    def to_torch(self) -> Any:
        """The model as a ``torch.nn.Module`` with the same answers: :func:`clearlstm.interop.torch.to_torch`."""
        return import_module("clearlstm.interop.torch").to_torch(self)

    def to_onnx(self, path: str | os.PathLike[str]) -> None:
        """Write the model as an ONNX file with the same answers: :func:`clearlstm.interop.onnx.to_onnx`."""
        import_module("clearlstm.interop.onnx").to_onnx(self, path)

    def show(
        self,
        x: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        state: States | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> "NetDrawing":
        """The model on x (N, T, F) as a live drawing in a notebook: see :meth:`Recurrent.show`."""
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_model(self, x, lengths, state, names=names)
        return drawing

    def __repr__(self) -> str:
        return f"Network({list(self.nets)!r}, head={self.head!r}, pool={self.pool!r})"


def _check_chain(nets: list[Net]) -> tuple[Net, ...]:
    if not nets or not all(isinstance(net, Recurrent) for net in nets):
        raise InputError(f"nets is {nets!r}; at least one LSTM, GRU or RNN is needed")
    for k, (lower, upper) in enumerate(itertools.pairwise(nets)):
        if lower.output_size != upper.input_size:
            raise InputError(
                f"net {k} gives {lower.output_size} values a step, but net {k + 1} takes {upper.input_size}"
            )
        if lower.dtype != upper.dtype:
            raise InputError(f"net {k} is {lower.dtype.name}, but net {k + 1} is {upper.dtype.name}: use one dtype")
    return tuple(nets)


def _real(lengths: npt.NDArray[np.int64], T: int) -> npt.NDArray[np.bool_]:
    """Which steps are real, (N, T, 1)."""
    return real_steps(lengths, T)[..., None]
