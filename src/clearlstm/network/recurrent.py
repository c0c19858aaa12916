"""What all nets share: layers on layers, both directions, dropout between them, and the way back."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.errors import InputError
from clearlstm.network import layers
from clearlstm.network.options import check_dropout, plain
from clearlstm.network.parameters import check_init, copy_parameters, draw, positions, prefix, shapes
from clearlstm.network.states import State, are_laid_out, check_states, stacked
from clearlstm.network.trace import LayerT, LayerTrace, Trace
from clearlstm.shapes import (
    FloatArray,
    check_array,
    check_dtype,
    check_lengths,
    check_positive,
    check_sequences,
    is_laid_out,
    random_generator,
)

if TYPE_CHECKING:
    from clearlstm.network.stream import Stream
    from clearlstm.widget.net_drawing import NetDrawing


class Output(NamedTuple):
    """h (N, T, D·H), the last layer's hidden state after each step; state, the final states, each (L·D, N, H)."""

    h: FloatArray
    state: State


@dataclass(frozen=True)
class Gradients:
    """Gradients of a loss: ``parameters`` by name, ``x`` (N, T, F), ``state`` by the initial states (L·D, N, H)."""

    parameters: dict[str, FloatArray]
    x: FloatArray
    state: State


class Recurrent(Generic[LayerT]):
    """Layers of one cell. A final class for each cell has its options; what a layer computes, its cell says."""

    cell: ClassVar[Cell]
    layer_trace: ClassVar[type[LayerTrace]]

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int,
        *,
        bidirectional: bool,
        dropout: float,
        dtype: npt.DTypeLike,
        seed: int | None,
        init: str,
    ) -> None:
        self.input_size = check_positive("input_size", input_size)
        self.hidden_size = check_positive("hidden_size", hidden_size)
        self.num_layers = check_positive("num_layers", num_layers)
        self.bidirectional = bool(bidirectional)
        self.dropout = check_dropout(dropout)
        self.dtype = check_dtype(dtype)
        sizes = (self.input_size, self.hidden_size, self.num_layers, self.num_directions)
        self._shapes = shapes(self.cell, *sizes, self.options)
        self._parameters = draw(self.cell, *sizes, self.options, check_init(init), random_generator(seed), self.dtype)

    @cached_property
    def options(self) -> dict[str, Any]:
        """The options that only nets of this cell have, by name."""
        return {name: getattr(self, name) for name in self.cell.options}

    @cached_property
    def engine(self) -> str:
        """What runs this net: "kernels", or "reference" (slower) for options that no kernel knows."""
        return self.cell.computed_by(self.options)

    @cached_property
    def functions(self) -> Any:
        """The names of the activation functions."""
        return self.options[self.cell.activations]

    @property
    def num_directions(self) -> int:
        """D: 2 if the net also reads each sequence backwards."""
        return 2 if self.bidirectional else 1

    @property
    def output_size(self) -> int:
        """D·H, the width of ``h``."""
        return self.num_directions * self.hidden_size

    @property
    def parameters(self) -> dict[str, FloatArray]:
        """The live arrays by name: write into one (``net.parameters[name][...] = values``) and the net has changed."""
        return dict(self._parameters)

    def set_parameters(self, values: Mapping[str, npt.ArrayLike]) -> Self:
        """Copy ``values`` into the parameters; all names must be there, with their shapes. Returns the net."""
        copy_parameters(values, self._parameters)
        return self

    def config(self) -> dict[str, Any]:
        """The arguments, besides ``seed``, that make a net of this shape again; plain values, ready for JSON."""
        return {
            "input_size": self.input_size,
            "hidden_size": self.hidden_size,
            "num_layers": self.num_layers,
            "bidirectional": self.bidirectional,
            "dropout": self.dropout,
            "dtype": self.dtype.name,
        } | {name: plain(value) for name, value in self.options.items()}

    def __call__(self, x: npt.ArrayLike, lengths: npt.ArrayLike | None = None, state: State | None = None) -> Output:
        """Run the net: x (N, T, F), lengths (N,) the real steps of each sequence, state the initial states.

        Gives h (N, T, D·H) and the final states, each (L·D, N, H). h is 0 in padding. Raises InputError for shapes,
        lengths and states that don't fit the net, and for numbers that aren't finite.
        """
        if lengths is None and self._layer is not None and self._is_ready(x, 3, state):
            given = self._layer.answer(x, None if state is None else tuple([values[0] for values in state]))
            if given is not None:
                return Output(given[0], tuple([values[None] for values in given[1]]))
        inputs = check_sequences(x, self.input_size, self.dtype)
        N, T, _ = inputs.shape
        given = None if state is None else self._check_state(state, N)
        return self._answer(inputs, check_lengths(lengths, N, T), given)

    def _answer(self, inputs: FloatArray, lengths: npt.NDArray[np.int64], first: State | None) -> Output:
        """:meth:`__call__` of what has been checked already; here a length may be 0, and such a row keeps its state."""
        if self.engine != "kernels":
            trace = self._run(inputs, lengths, self._check_state(first, len(inputs)))
            return Output(trace.h, trace.state)
        below, last = inputs, []
        for k in range(self.num_layers):
            answers = layers.answer(self, k, below, lengths, first)
            last += [states for _, states in answers]
            below = answers[0][0]
        return Output(below, tuple([stacked(parts) for parts in zip(*last, strict=True)]))

    def trace(
        self,
        x: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        state: State | None = None,
        *,
        out: Trace[LayerT] | None = None,
        dropout_rng: np.random.Generator | None = None,
    ) -> Trace[LayerT]:
        """Run the net and keep every gate and state; arguments and errors as of a call.

        ``out`` is an earlier trace of this net whose buffers may be used again where they fit (it is then void).
        Dropout acts only if ``dropout_rng`` is given, as in training.
        """
        inputs = check_sequences(x, self.input_size, self.dtype)
        N, T, _ = inputs.shape
        return self._run(inputs, check_lengths(lengths, N, T), self._check_state(state, N), out, dropout_rng)

    def trace_blocks(
        self,
        x: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        state: State | None = None,
        *,
        steps: int = 1024,
    ) -> Iterator[Trace[LayerT]]:
        """:meth:`trace` of so many steps at a time, each block from where the one before ended: for long sequences.

        Memory holds one block, unless more are kept. A block's ``lengths`` are the real steps in it, 0 for sequences
        that had ended. Raises InputError for a bidirectional net, which needs its sequences whole.

        >>> from clearlstm.network.lstm import LSTM
        >>> net, x = LSTM(1, 4, seed=0), np.sin(np.arange(10_000.0)).reshape(1, -1, 1)
        >>> c = np.concatenate([block.layer(0).c[0, :, 2] for block in net.trace_blocks(x)])
        >>> c.shape
        (10000,)
        """
        if self.bidirectional:
            raise InputError("trace_blocks() goes forward in time only; a bidirectional net needs whole sequences")
        inputs, many = check_sequences(x, self.input_size, self.dtype), check_positive("steps", steps)
        N, T, _ = inputs.shape
        real, before = check_lengths(lengths, N, T), self._check_state(state, N)
        return self._blocks(inputs, real, before, many)

    def _blocks(
        self, x: FloatArray, lengths: npt.NDArray[np.int64], before: State, steps: int
    ) -> Iterator[Trace[LayerT]]:
        for start in range(0, x.shape[1], steps):
            block = np.ascontiguousarray(x[:, start : start + steps])
            trace = self._run(block, np.clip(lengths - start, 0, block.shape[1]), before)
            before = trace.state
            yield trace
            del trace  # its memory is free for the next, if nobody kept it

    def _run(
        self,
        inputs: FloatArray,
        lengths: npt.NDArray[np.int64],
        first: State,
        out: Trace[LayerT] | None = None,
        dropout_rng: np.random.Generator | None = None,
    ) -> Trace[LayerT]:
        """:meth:`trace` of what has been checked already; here a length may be 0, and such a row keeps its state."""
        recorded: list[tuple[LayerT, ...]] = []
        masks: list[FloatArray | None] = []
        below = inputs
        for k in range(self.num_layers):
            mask = self._dropout_mask(below, dropout_rng) if k and dropout_rng is not None else None
            masks.append(mask)
            below = below if mask is None else below * mask
            layer, below = layers.record(self, k, below, lengths, first, out.layers[k] if out else None)
            recorded.append(layer)
        return Trace(inputs, lengths, tuple(recorded), tuple(masks), below, self._final_states(recorded))

    def final_state(self, x: npt.ArrayLike, lengths: npt.ArrayLike | None = None, state: State | None = None) -> State:
        """The final states alone, each (L·D, N, H), as ``net(x, lengths, state).state``, in little memory.

        The steps are taken in pieces, and nothing of a piece is kept. A bidirectional net needs its sequences whole.
        """
        if self.bidirectional:
            return self(x, lengths, state).state
        inputs = check_sequences(x, self.input_size, self.dtype)
        N, T, _ = inputs.shape
        return final_states([self], inputs, check_lengths(lengths, N, T), [self._check_state(state, N)])[0]

    def backward(
        self,
        trace: Trace[LayerT],
        dh: npt.ArrayLike | None,
        dstate: tuple[FloatArray | None, ...] | None = None,
        *,
        need_dx: bool = True,
    ) -> Gradients:
        """Gradients of a loss at the pass that ``trace`` recorded.

        dh (N, T, D·H) is the loss's gradient by every output (None: it depends on the final state only), dstate its
        gradients by the final states, each (L·D, N, H) or None. Without ``need_dx``, ``x`` is left out (empty).
        """
        self._check_trace(trace)
        N, T, _ = trace.x.shape
        dbelow = None if dh is None else check_array("dh", dh, (N, T, self.output_size), self.dtype)
        dlast = self._check_state(dstate, N, "dstate")
        dfirst = [np.empty_like(values) for values in dlast]
        parameters: dict[str, FloatArray] = {}
        for k in reversed(range(self.num_layers)):
            layer, wanted = trace.layers[k], need_dx or k > 0
            grads = layers.backward(self, k, layer, dbelow, dlast, need_dx=wanted)
            for d, one in enumerate(grads):
                self._keep(one, k, d, parameters, dfirst)
            dx = [one.x for one in grads]
            dbelow = dx[0] if len(dx) == 1 else dx[0] + dx[1]
            if (mask := trace.masks[k]) is not None:
                dbelow = dbelow * mask
        assert dbelow is not None
        return Gradients({name: parameters[name] for name in self._parameters}, dbelow, tuple(dfirst))

    def step(self, x_t: npt.ArrayLike, state: State | None = None) -> tuple[FloatArray, State]:
        """Stream: take one step x_t (N, F) from ``state`` and return (h (N, H), the new state)."""
        if self.bidirectional:
            raise InputError("step() goes forward in time only; a bidirectional net needs whole sequences: call net(x)")
        if self._layer is not None and self._is_ready(x_t, 2, state):
            given = self._layer.step(x_t, None if state is None else tuple([values[0] for values in state]))
            if given is not None:
                return given[0], tuple([values[None] for values in given])
        below = check_array("x_t", x_t, (None, self.input_size), self.dtype)
        before = None if state is None else self._check_state(state, len(below))
        after: list[Sequence[FloatArray]] = []
        for k in range(self.num_layers):
            after.append(layers.step(self, k, below, before))
            below = after[-1][0]
        return below, tuple([stacked(parts) for parts in zip(*after, strict=True)])

    def stream(self, N: int = 1, state: State | None = None) -> "Stream":
        """N sequences step by step, as fast as that goes, from ``state``, each (L, N, H), or zeros.

        ``stream(x_t)`` takes a step x_t (N, F) and gives h (N, H), without allocating memory or looking at the weights
        again: :class:`clearlstm.network.stream.Stream`. Raises InputError for a bidirectional net.
        """
        stream: Stream = import_module("clearlstm.network.stream").Stream(self, N, state)
        return stream

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the net to a safetensors file; the file appears whole or not at all. ``clearlstm.load`` reads it."""
        from clearlstm.network.storage import save

        save(self, path)

    def weights(self, layer: int, direction: int = 0) -> Any:
        """The live parameters of one layer in one direction."""
        return self._weights[layer, direction]

    @cached_property
    def _weights(self) -> dict[tuple[int, int], Any]:
        """Of all layers in all directions: the very arrays that stand in ``_parameters``."""
        return {
            place: self.cell.weights(**{part: self._parameters[name] for part, name in names})
            for place, names in self._names.items()
        }

    @cached_property
    def _names(self) -> dict[tuple[int, int], list[tuple[str, str]]]:
        """Of all layers in all directions: each parameter in its layer, and in the net."""
        names: dict[tuple[int, int], list[tuple[str, str]]] = {}
        for k, d in positions(self.num_layers, self.num_directions):
            given = [(part, prefix(k, d) + part) for part in ("W", "U", "b", *self.cell.optional)]
            names[k, d] = [(part, name) for part, name in given if name in self._parameters]
        return names

    def __getstate__(self) -> dict[str, Any]:
        """Without the weights by layer: a copy finds its own."""
        return {name: value for name, value in vars(self).items() if name not in ("_weights", "_layer")}

    def first_state(self, state: State | None, N: int) -> State:
        """What N sequences start from: ``state``, checked, or zeros if none is given."""
        return self._check_state(state, N)

    def _check_state(self, state: tuple[FloatArray | None, ...] | None, N: int, name: str = "state") -> State:
        shape = (self.num_layers * self.num_directions, N, self.hidden_size)
        return check_states(name, state, self.cell.states, shape, self.dtype)

    @cached_property
    def _layer(self) -> Any:
        """The only layer in the only direction, for short calls; None if there are more, or no kernels for them."""
        alone = self.engine == "kernels" and len(self._weights) == 1
        return kernels.layer(self.cell, self._weights[0, 0]) if alone else None

    def _is_ready(self, x: npt.ArrayLike, n_axes: int, state: State | None) -> bool:
        """Whether x and the states, if there are any, are right as they are, but for numbers that may not be finite."""
        if type(x) is not np.ndarray or x.ndim != n_axes:
            return False
        if not is_laid_out(x, (*x.shape[:-1], self.input_size), self.dtype):
            return False
        return are_laid_out(state, len(self.cell.states), (1, len(x), self.hidden_size), self.dtype)

    def _check_trace(self, trace: Trace[LayerT]) -> None:
        """Refuse a trace that a net of other sizes made."""
        made = {
            f"{prefix(k, d)}U": part.weights.U.shape
            for k, layer in enumerate(trace.layers)
            for d, part in enumerate(layer)
        }
        ours = {name: shape for name, shape in self._shapes.items() if name.endswith(".U")}
        if made != ours or trace.x.shape[2] != self.input_size:
            raise InputError(f"the trace is of another net than this one: {trace!r} is no trace of {self!r}")

    def _dropout_mask(self, values: FloatArray, rng: np.random.Generator) -> FloatArray | None:
        """Each value is dropped with probability ``dropout``; the rest grow so that the mean stays."""
        if self.dropout == 0:
            return None
        kept = rng.random(values.shape, dtype=np.float32) >= self.dropout
        return (kept / (1 - self.dropout)).astype(self.dtype)

    def _final_states(self, layers: list[tuple[LayerT, ...]]) -> State:
        records = [direction.record for layer in layers for direction in layer]
        return tuple([stacked([getattr(record, name) for record in records]) for name in self.cell.last_names])

    def _keep(
        self,
        grads: Any,
        k: int,
        d: int,
        parameters: dict[str, FloatArray],
        dfirst: list[FloatArray],
    ) -> None:
        for part, name in self._names[k, d]:
            parameters[name] = getattr(grads, part)
        for values, name in zip(dfirst, self.cell.first_names, strict=True):
            values[k * self.num_directions + d] = getattr(grads, name)

    def show(
        self,
        x: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        state: State | None = None,
        *,
        names: Sequence[str] | None = None,
    ) -> "NetDrawing":
        """The net on x (N, T, F) as a live drawing in a notebook, by the extra ``notebook``.

        The last line of a cell shows it. What is changed in it (inputs, weights, held gates) can be read and observed
        in Python (``w.x``, ``w.weights``, ``w.held``), and set there. ``names`` (F,) are those of the inputs.
        Arguments else as in :meth:`trace`. Raises InputError for x that doesn't fit, and MissingExtraError without the
        extra.
        """
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_model(self, x, lengths, state, names=names)
        return drawing

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.config().items())
        return f"{type(self).__name__}({shown})"


PIECE_STEPS = 128


def final_states(
    nets: Sequence[Recurrent[Any]], x: FloatArray, lengths: npt.NDArray[np.int64], states: list[State]
) -> list[State]:
    """The final states of a chain of nets that go forward in time; memory does not grow with T, the steps of x."""
    for start in range(0, x.shape[1], PIECE_STEPS):
        below = np.ascontiguousarray(x[:, start : start + PIECE_STEPS])
        left = np.clip(lengths - start, 0, below.shape[1])
        for k, net in enumerate(nets):
            below, states[k] = net._answer(below, left, states[k])
    return states
