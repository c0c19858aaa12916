"""What the audit measures in each layer and direction: how long it holds, how full it runs, how far gradients reach."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.audit.answers import Probe
from clearlstm.insight.audit.arriving import Arriving, arriving
from clearlstm.insight.gradient_flow import EXPLODED, VANISHED
from clearlstm.insight.hiding import traces
from clearlstm.insight.memory import Writes
from clearlstm.network.model import NetworkTrace
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, real_steps

ALL_BUT_SHUT: Final = 0.01
"""A gate below this, or above one less this, hardly moves any more: its slope is under 4 % of the steepest."""

FLAT: Final = 3.0
"""Beyond ±3 tanh(c) is within half a percent of ±1: the unit's h no longer tells how much is in it."""

GROWTH: Final = 1.25
"""How much larger |c| must be at the end than half-way for a unit to count as still filling up."""

MEMORY: Final = 0.3
"""The share of the stage's time that memory takes, about; the gradient has the rest."""

Place = tuple[int, int, int]


@dataclass(frozen=True)
class LayerFacts:
    """One layer in one direction.

    net, layer, direction
        Where it is, each counted from 0; direction 0 is forward.
    kind, units, silent
        The name of the cell, H, and whether all weights are 0: the half that a net read backwards only doesn't have.
    held
        The median steps until half of what is written is gone, by unit (H,), inf where it lasts longer than the
        sequences; held_typical (H,) from the mean rate. None without a cell state, or for gates that leave 0..1.
    shut
        The share of gate values within 0.01 of 0 or 1; None without a cell state.
    c_middle, c_end
        The median ``|c|`` half-way and after the last step, by unit (H,); None without a tanh after it.
    lags, arrives
        Steps back (L,), and what arrives of a small change of the layer's state that many steps later, the median over
        sequences (L,): the spectral norm of the joint state's Jacobian.
    arrives_low, arrives_high
        A 95 % interval for that median, (L,): order statistics, whatever the distribution; of fewer than 6 sequences
        the least and the largest, which hold it less often.
    direct
        The product of forget gates of the unit that keeps most, (L,); None for a plain net.
    """

    net: int
    layer: int
    direction: int
    kind: str
    units: int
    silent: bool
    held: FloatArray | None
    held_typical: FloatArray | None
    shut: float | None
    c_middle: FloatArray | None
    c_end: FloatArray | None
    lags: npt.NDArray[np.int64]
    arrives: FloatArray
    arrives_low: FloatArray
    arrives_high: FloatArray
    direct: FloatArray | None

    @property
    def name(self) -> str:
        """The place in words."""
        return f"net {self.net}, layer {self.layer}, {DIRECTIONS[self.direction]}"

    @property
    def vanishes_at(self) -> int | None:
        """The first lag measured at which less than a thousandth arrives; None if there is none."""
        return _first(self.lags, self.arrives < VANISHED)

    @property
    def explodes_at(self) -> int | None:
        """The first lag measured at which more than a thousandfold arrives; None if there is none."""
        return _first(self.lags, self.arrives > EXPLODED)

    def never_forgetting(self, window: int) -> npt.NDArray[np.bool_]:
        """The units whose typical half-life is ten windows or more, (H,)."""
        if self.held_typical is None:
            return np.zeros(self.units, bool)
        return np.asarray(self.held_typical >= 10 * window)

    def filling(self, window: int) -> npt.NDArray[np.bool_]:
        """Those of them whose ``|c|`` still grows at the end, where tanh is flat already, (H,)."""
        if self.c_middle is None or self.c_end is None:
            return np.zeros(self.units, bool)
        grows = (self.c_end > FLAT) & (self.c_end >= GROWTH * self.c_middle)
        return np.asarray(self.never_forgetting(window) & grows)


def lag_grid(n_steps: int, per_decade: int = 10) -> npt.NDArray[np.int64]:
    """Steps back from 1 to the last that there is, so many to a decade or all of them, rising; of a single step, 0.

    >>> lag_grid(30)
    array([ 1,  2,  3,  4,  5,  6,  8, 10, 13, 16, 20, 25, 29])
    """
    last = n_steps - 1
    parts = np.arange(np.ceil(per_decade * np.log10(max(last, 1))))
    return np.unique(np.append(np.round(10 ** (parts / per_decade)).astype(np.int64), last))


def layer_facts(some: Probe, few: Probe, per_decade: int, watch: Callable[[float], None]) -> list[LayerFacts]:
    """Of all layers and directions; of ``few`` sequences what takes longest, the gradient, over so many lags."""
    facts: list[_Memory] = []
    for trace in traces(some.network, some.sequences):
        layers = list(_layers(trace))
        facts = facts or [_Memory(place, layer) for place, layer in layers]
        for own, (_, layer) in zip(facts, layers, strict=True):
            own.add(layer)
    watch(MEMORY)
    result, of_gradient = [], list(_layers(few.network.trace(*few.sequences)))
    for k, (own, (_, layer)) in enumerate(zip(facts, of_gradient, strict=True)):
        lags = lag_grid(int(layer.record.lengths.max()), per_decade)
        result.append(own.facts(arriving(layer, lags)))
        watch(MEMORY + (1 - MEMORY) * (k + 1) / len(facts))
    return result


def _layers(trace: NetworkTrace) -> Iterator[tuple[Place, LayerTrace]]:
    for n, net in enumerate(trace.nets):
        for k in range(len(net.layers)):
            for d in range(len(net.layers[k])):
                yield (n, k, d), net.layer(k, d)


class _Memory:
    """What a layer's gates and memories tell, added up over batches of sequences."""

    def __init__(self, place: Place, layer: LayerTrace) -> None:
        self._place, self._kind, (_, T, self._H) = place, layer.cell.name, layer.h.shape
        self._silent = not any(values.any() for values in (layer.weights.W, layer.weights.U, layer.weights.b))
        self._writes, self._forgets = Writes(T, self._H), "c" in layer.cell.states
        self._shut = self._gates = 0
        self._middle: list[FloatArray] = []
        self._end: list[FloatArray] = []

    def add(self, layer: LayerTrace) -> None:
        """One more batch."""
        if "c" not in layer.cell.states:
            return
        self._forgets = self._forgets and _forgets(layer)
        if self._forgets:
            self._writes.add_all(layer)
        shut, gates = _shut(layer)
        self._shut, self._gates = self._shut + shut, self._gates + gates
        if layer.functions.state == "tanh":
            middle, end = _sizes(layer)
            self._middle.append(middle)
            self._end.append(end)

    def facts(self, reach: "Arriving") -> LayerFacts:
        """All of the layer, with what arrives of a small change."""
        middle, end = (np.median(np.concatenate(one), axis=0) if one else None for one in (self._middle, self._end))
        return LayerFacts(
            *self._place,
            kind=self._kind,
            units=self._H,
            silent=self._silent,
            held=self._writes.median if self._forgets else None,
            held_typical=self._writes.typical if self._forgets else None,
            shut=self._shut / self._gates if self._gates else None,
            c_middle=middle,
            c_end=end,
            **reach._asdict(),
        )


def _forgets(layer: Any) -> bool:
    """Whether the forget gates stay within 0..1, so that a half-life can be told."""
    return bool(layer.f.min() >= 0 and layer.f.max() <= 1)


def _shut(layer: Any) -> tuple[int, int]:
    """How many gate values lie within 0.01 of 0 or 1, and of how many."""
    real = real_steps(layer.record.lengths, layer.h.shape[1])
    values = [getattr(layer, gate)[real] for gate in ("f", "i", "o")]
    shut = sum(int(((gate < ALL_BUT_SHUT) | (gate > 1 - ALL_BUT_SHUT)).sum()) for gate in values)
    return shut, sum(gate.size for gate in values)


def _sizes(layer: Any) -> tuple[FloatArray, FloatArray]:
    """``|c|`` half-way and at the end of the steps as they were taken, each (n, H)."""
    record = layer.record
    rows, last = np.arange(len(record.c)), record.lengths - 1
    middle = last - last // 2 if record.reverse else last // 2
    end = np.zeros_like(last) if record.reverse else last
    half, whole = (np.abs(record.c[rows, at].astype(np.float64)) for at in (middle, end))
    return half, whole


def _first(lags: npt.NDArray[np.int64], where: npt.NDArray[np.bool_]) -> int | None:
    return int(lags[where.argmax()]) if where.any() else None
