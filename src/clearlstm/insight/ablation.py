"""Ablation: how far the answer moves when a unit's h is seen by nobody.

The readers of h are rows of weights: in U of its own layer, in W of the next one, in the head. With those rows at 0 the
unit is hidden, and what is left is a plain forward pass. Nothing below the unit's layer changes, so each pass starts
there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.network.head import Linear
from clearlstm.network.model import Net, Network, NetworkTrace, States
from clearlstm.network.parameters import prefix
from clearlstm.shapes import FloatArray, real_steps

Int64Array = npt.NDArray[np.int64]


class Unit(NamedTuple):
    """Where a unit stands: its net, layer, direction and number."""

    net: int
    layer: int
    direction: int
    unit: int


@dataclass(frozen=True)
class Effect:
    """How far hiding a unit moves the answer, in spreads: the largest change and the root mean square of all."""

    largest: float
    rms: float
    n_answers: int


class Ablator:
    """A model taken apart into its layers, with weights of its own that can be set to 0.

    ``spread`` (M,) is what the changes of each output are measured by.
    """

    def __init__(self, model: Network, spread: FloatArray) -> None:
        self.layers = [part for net in model.nets for part in _single_layers(net)]
        self.head = _head(model)
        self.spread = spread
        # From each layer on, the rest of the model; all share the weights above.
        self.rest = [Network(self.layers[p:], self.head, model.pool) for p in range(len(self.layers))]
        self.first = np.cumsum([0, *(net.num_layers for net in model.nets)])

    def is_read(self, unit: Unit) -> bool:
        """Whether anything reads the unit: a weight in U, in the layer above or in the head."""
        return any(row.any() for row in self._readers(int(self.first[unit.net]) + unit.layer, unit))

    def effect(self, unit: Unit, trace: NetworkTrace) -> Effect:
        """The effect of hiding ``unit`` on the sequences of ``trace``."""
        p = int(self.first[unit.net]) + unit.layer
        with _zero(self._readers(p, unit)):
            y = self.rest[p](trace.nets[unit.net].layers[unit.layer][0].x, trace.lengths, _first_states(trace)[p:])
        change = np.abs(y.astype(np.float64) - trace.y) / self.spread
        answers = real_answers(change, trace.lengths)
        return Effect(float(answers.max()), float(np.sqrt(np.mean(answers**2))), len(answers))

    def _readers(self, p: int, unit: Unit) -> Iterator[FloatArray]:
        """The rows of weights that read the unit."""
        own = self.layers[p]
        yield own.parameters[prefix(0, unit.direction) + "U"][unit.unit]
        place = unit.direction * own.hidden_size + unit.unit  # in h of both directions side by side
        if p + 1 == len(self.layers):
            yield self.head.W[place]
            return
        above = self.layers[p + 1]
        for direction in range(above.num_directions):
            yield above.parameters[prefix(0, direction) + "W"][place]


def _first_states(trace: NetworkTrace) -> States:
    """What each layer started from, (D, N, H) each, in the layers' order."""
    layers = [layer for net in trace.nets for layer in net.layers]
    return tuple(
        [
            tuple([np.stack([getattr(part.record, name) for part in layer]) for name in layer[0].cell.first_names])
            for layer in layers
        ]
    )


def units_of(model: Network) -> list[Unit]:
    """Every unit of the model: net by net, layer by layer, forward before reverse."""
    return [
        Unit(k, layer, direction, unit)
        for k, net in enumerate(model.nets)
        for layer in range(net.num_layers)
        for direction in range(net.num_directions)
        for unit in range(net.hidden_size)
    ]


def real_answers(values: FloatArray, lengths: Int64Array) -> FloatArray:
    """Values (N, M) as they are; of (N, T, M), an answer a step, those of real steps, (A, M)."""
    return values if values.ndim == 2 else values[real_steps(lengths, values.shape[1])]


def together(effects: Iterable[Effect]) -> Effect:
    """The effect over several batches of sequences, weighing each by its answers."""
    parts = list(effects)
    n = sum(part.n_answers for part in parts)
    mean_square = sum(part.rms**2 * part.n_answers for part in parts) / n
    return Effect(max(part.largest for part in parts), float(np.sqrt(mean_square)), n)


def _single_layers(net: Net) -> Iterator[Net]:
    """The layers of ``net`` as nets of their own, with copies of their weights."""
    for k in range(net.num_layers):
        below = net.input_size if k == 0 else net.output_size
        layer = type(net)(**(net.config() | {"input_size": below, "num_layers": 1, "dropout": 0.0}), init="zeros")
        names = {prefix(0, d): prefix(k, d) for d in range(net.num_directions)}
        yield layer.set_parameters(
            {
                here + part: net.parameters[there + part]
                for here, there in names.items()
                for part in ("W", "U", "b", *net.cell.optional)
                if there + part in net.parameters
            }
        )


def _head(model: Network) -> Linear:
    """A copy of the head; where the answer is h itself, the head that changes nothing."""
    width = model.nets[-1].output_size
    head = Linear(width, model.output_size, dtype=model.dtype, zero=True)
    head.W[...] = model.head.W if model.head else np.eye(width)
    head.b[...] = model.head.b if model.head else 0
    return head


@contextmanager
def _zero(rows: Iterable[FloatArray]) -> Iterator[None]:
    """Set rows of live weights to 0, and back afterwards."""
    live = list(rows)
    kept = [row.copy() for row in live]
    for row in live:
        row[...] = 0
    try:
        yield
    finally:
        for row, values in zip(live, kept, strict=True):
            row[...] = values
