"""What the audit measures in each layer and direction: how long it holds, how full it runs, how far gradients reach."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.gradient_flow import EXPLODED, VANISHED, gradient_flow
from clearlstm.insight.memory import memory_lengths
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
        The median |c| half-way and after the last step, by unit (H,); None without a tanh after it.
    lags, arrives
        Steps back (L,), and what arrives of a small change of the layer's state that many steps later, the median over
        sequences (L,): the spectral norm of the joint state's Jacobian.
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
        """Those of them whose |c| still grows at the end, where tanh is flat already, (H,)."""
        if self.c_middle is None or self.c_end is None:
            return np.zeros(self.units, bool)
        grows = (self.c_end > FLAT) & (self.c_end >= GROWTH * self.c_middle)
        return np.asarray(self.never_forgetting(window) & grows)


def lag_grid(n_steps: int) -> npt.NDArray[np.int64]:
    """Steps back from 1 to the last that there is, ten to a decade or all of them, rising; of a single step, 0.

    >>> lag_grid(30)
    array([ 1,  2,  3,  4,  5,  6,  8, 10, 13, 16, 20, 25, 29])
    """
    last = n_steps - 1
    tenths = np.arange(np.ceil(10 * np.log10(max(last, 1))))
    return np.unique(np.append(np.round(10 ** (tenths / 10)).astype(np.int64), last))


def layer_facts(trace: NetworkTrace, of_gradient: NetworkTrace) -> list[LayerFacts]:
    """Of all layers and directions. ``of_gradient`` is the trace of fewer sequences, for what takes longest."""
    parts = _layers(of_gradient)
    return [_facts(place, layer, next(parts)[1], trace.lengths) for place, layer in _layers(trace)]


def _layers(trace: NetworkTrace) -> Iterator[tuple[Place, LayerTrace]]:
    for n, net in enumerate(trace.nets):
        for k in range(len(net.layers)):
            for d in range(len(net.layers[k])):
                yield (n, k, d), net.layer(k, d)


def _facts(
    place: Place,
    layer: LayerTrace,
    few: LayerTrace,
    lengths: npt.NDArray[np.int64],
) -> LayerFacts:
    H, (lags, arrives, direct) = layer.h.shape[-1], _reach(few)
    silent = not any(values.any() for values in (layer.weights.W, layer.weights.U, layer.weights.b))
    if "c" not in layer.cell.states:
        return LayerFacts(*place, layer.cell.name, H, silent, None, None, None, None, None, lags, arrives, None)
    held = memory_lengths(layer) if _forgets(layer) else None
    middle, end = _sizes(layer) if layer.functions.state == "tanh" else (None, None)
    return LayerFacts(
        *place,
        kind=layer.cell.name,
        units=H,
        silent=silent,
        held=None if held is None else held.median,
        held_typical=None if held is None else held.typical,
        shut=_shut(layer, lengths),
        c_middle=middle,
        c_end=end,
        lags=lags,
        arrives=arrives,
        direct=direct,
    )


def _reach(layer: LayerTrace) -> tuple[npt.NDArray[np.int64], FloatArray, FloatArray | None]:
    """The lags, what arrives over them, and on the direct path."""
    lags = lag_grid(int(layer.record.lengths.max()))
    summary = gradient_flow(layer, lags=lags).summary()
    whole = "joint" if len(layer.cell.states) > 1 else "h"
    return summary.lag, summary.median[whole], summary.median.get("direct")


def _forgets(layer: Any) -> bool:
    """Whether the forget gates stay within 0..1, so that a half-life can be told."""
    return bool(layer.f.min() >= 0 and layer.f.max() <= 1)


def _shut(layer: Any, lengths: npt.NDArray[np.int64]) -> float:
    real = real_steps(lengths, layer.h.shape[1])
    gates = np.stack([values[real] for values in (layer.f, layer.i, layer.o)])
    return float(((gates < ALL_BUT_SHUT) | (gates > 1 - ALL_BUT_SHUT)).mean())


def _sizes(layer: Any) -> tuple[FloatArray, FloatArray]:
    """The median |c| half-way and at the end of the steps as they were taken, each (H,)."""
    record = layer.record
    rows, last = np.arange(len(record.c)), record.lengths - 1
    middle = last - last // 2 if record.reverse else last // 2
    end = np.zeros_like(last) if record.reverse else last
    half, whole = (np.median(np.abs(record.c[rows, at].astype(np.float64)), axis=0) for at in (middle, end))
    return half, whole


def _first(lags: npt.NDArray[np.int64], where: npt.NDArray[np.bool_]) -> int | None:
    return int(lags[where.argmax()]) if where.any() else None
