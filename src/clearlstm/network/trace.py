"""A trace: every gate and state of every step, as the forward pass left them.

The backward pass needs these numbers anyway, so recording them costs nothing: a trace is the forward pass's own
buffers, named. Only the pre-activations ``z_*`` are computed again, when first asked for.
"""

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.errors import InputError
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.shapes import FloatArray, counted, is_whole, real_steps

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from clearlstm.widget.net_drawing import NetDrawing


@dataclass(frozen=True)
class LayerTrace:
    """One layer in one direction: its gates, states and weighted sums, each (N, T, H), in original time order.

    All read 0 beyond a sequence's length. ``x`` (N, T, F) is what the layer was given, ``weights`` what it had then,
    ``functions`` the names of its activations. A class for each cell names the gates; ``cell`` says which it is.
    """

    cell: ClassVar[Cell]

    x: FloatArray
    weights: Any
    record: Any
    functions: Any

    @property
    def h(self) -> FloatArray:
        """Hidden state after each step, (N, T, H)."""
        values: FloatArray = self.record.h
        return values

    @cached_property
    def sums(self) -> dict[str, FloatArray]:
        """The weighted sums by gate, each (N, T, H), computed again when first asked for."""
        return self.cell.preactivations(self.x, self.weights, self.record, self.functions, kernels.ARITHMETIC)

    def columns(self) -> dict[str, FloatArray]:
        """Every number of the layer by name, each (N, T, H)."""
        gates = {gate: self.record.gate(gate) for gate in self.cell.gates if "gates" in self.cell.recorded}
        states = {state: getattr(self.record, state) for state in reversed(self.cell.states)}
        return gates | states | {self._sum_name(gate): values for gate, values in self.sums.items()}

    def _sum_name(self, gate: str) -> str:
        """``z`` alone where there are no gates."""
        return f"z_{gate}" if "gates" in self.cell.recorded else "z"

    def plot(self, kind: str = "gates", *, sequence: int = 0, **options: Any) -> "Figure":
        """Draw one sequence as "gates", "memory", "ribbon", "heat", "ledger" or "flow".

        What they show, and their options: :func:`clearlstm.insight.plots.plot_layer`.
        """
        return _picture("plot_layer", self, kind, sequence=sequence, **options)

    def __repr__(self) -> str:
        way = DIRECTIONS[int(self.record.reverse)]
        axes = ", ".join(map(counted, self.h.shape, ("sequence", "step", "unit")))
        return f"{type(self).__name__}({axes}; {way})"


LayerT = TypeVar("LayerT", bound=LayerTrace)


@dataclass(frozen=True)
class Trace(Generic[LayerT]):
    """A net's pass over a batch of sequences, layer by layer.

    x (N, T, F) and lengths (N,) as given (x is kept, not copied); h (N, T, D·H) is the last layer's output; state holds
    the final states, each (L·D, N, H). ``masks`` are the dropout masks between the layers, where dropout acted.

    >>> import clearlstm as cl
    >>> trace = cl.examples.statquest_unit().trace(cl.examples.companies().x)
    >>> trace.layer(0).c[:, -1, 0].round(2)                         # what A and B hold in memory after day 4
    array([0.02, 2.41])
    >>> trace.to_frame().columns.tolist()[:6]
    ['sequence', 'step', 'layer', 'direction', 'unit', 'f']
    """

    x: FloatArray
    lengths: npt.NDArray[np.int64]
    layers: tuple[tuple[LayerT, ...], ...]
    masks: tuple[FloatArray | None, ...]
    h: FloatArray
    state: tuple[FloatArray, ...]

    def layer(self, k: int, direction: int = 0) -> LayerT:
        """The layer ``k``, counted from 0 (or from the end if negative); direction 0 is forward, 1 reverse."""
        n_layers, n_directions = len(self.layers), len(self.layers[0])
        if not is_whole(k) or not -n_layers <= k < n_layers:
            raise InputError(f"layer {k!r} is asked for; this net has layers 0..{n_layers - 1}")
        if not is_whole(direction) or not 0 <= direction < n_directions:
            raise InputError(f"direction {direction!r} is asked for; this net has {_named(n_directions)}")
        return self.layers[k][direction]

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: a row for each sequence, real step, layer, direction and unit, a column for each number."""
        import pandas as pd

        parts = [
            _layer_frame(layer, self.lengths, k, DIRECTIONS[d])
            for k, directions in enumerate(self.layers)
            for d, layer in enumerate(directions)
        ]
        return pd.concat(parts, ignore_index=True)

    def plot(
        self, kind: str = "gates", *, sequence: int = 0, layer: int = 0, direction: int = 0, **options: Any
    ) -> "Figure":
        """Draw one sequence in one layer as "gates", "memory", "ribbon", "heat", "ledger" or "flow".

        What they show, and their options: :func:`clearlstm.insight.plots.plot_layer`.
        """
        return _picture("plot_trace", self, kind, sequence=sequence, layer=layer, direction=direction, **options)

    def show(self) -> "NetDrawing":
        """The pass as a live drawing in a notebook: see :meth:`clearlstm.network.recurrent.Recurrent.show`."""
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_trace(self)
        return drawing

    def __repr__(self) -> str:
        axes = ", ".join(map(counted, self.x.shape, ("sequence", "step", "feature")))
        return f"Trace({axes}; {counted(len(self.layers), 'layer')}, {_named(len(self.layers[0]))})"


def _picture(name: str, *args: Any, **options: Any) -> "Figure":
    """What a function of the plots gives: they stand above networks, and load matplotlib."""
    figure: Figure = getattr(import_module("clearlstm.insight.plots"), name)(*args, **options)
    return figure


def _named(n_directions: int) -> str:
    return "direction 0 (forward) only" if n_directions == 1 else "directions 0 (forward) and 1 (reverse)"


def _layer_frame(layer: LayerTrace, lengths: npt.NDArray[np.int64], k: int, direction: str) -> "pd.DataFrame":
    import pandas as pd

    _, T, H = layer.h.shape
    real = real_steps(lengths, T)
    sequence, step = np.nonzero(real)
    index = {
        "sequence": np.repeat(sequence, H),
        "step": np.repeat(step, H),
        "layer": k,
        "direction": direction,
        "unit": np.tile(np.arange(H), len(step)),
    }
    return pd.DataFrame(index | {name: values[real].ravel() for name, values in layer.columns().items()})
