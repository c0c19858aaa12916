"""What of a net is shown: some of its sequences, the last steps of each, and the states that these begin from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.layers import layers_of, places
from clearlstm.network.model import Network, NetworkTrace, States
from clearlstm.network.subject import Sequences, Subject
from clearlstm.report.net_data import net_data
from clearlstm.report.packing import packed, with_packed
from clearlstm.shapes import FloatArray, counted

MAX_SEQUENCES: Final = 12
MAX_STEPS: Final = 400
MAX_NUMBERS: Final = 1_000_000
"""Of all traces together: some 5 MB on their way to the page."""
MAX_WEIGHTS: Final = 500_000
NUMBERS_OF_A_UNIT: Final = 7
"""At a step: four gates, two memories, and what is still there of what it wrote."""


@final
@dataclass(frozen=True, eq=False)
class Shown:
    """A network on sequences x (N, T, F) of ``lengths`` (N,) real steps, from ``state`` (None: zeros).

    ids (N,), steps (N, T) and names (F,) are what sequences, steps and inputs are called; ``notes`` what the reader is
    to know, such as what was left out.
    """

    network: Network
    x: FloatArray
    lengths: npt.NDArray[np.int64]
    state: States | None
    ids: Sequence[str]
    steps: Sequence[Sequence[str]]
    names: Sequence[str]
    notes: tuple[str, ...] = ()

    def on(self, x: FloatArray) -> "Shown":
        """The same with other inputs."""
        return replace(self, x=x)

    @property
    def subject(self) -> Subject:
        """For the questions of :mod:`clearlstm.insight.views`."""
        return Subject(self.network, names=tuple(self.names), own=Sequences(self.x, self.lengths, self.state))

    @property
    def has_weights(self) -> bool:
        """Whether the page gets the weights, so that it can compute with them."""
        return sum(values.size for values in self.network.parameters.values()) <= MAX_WEIGHTS

    def data(self, title: str) -> dict[str, Any]:
        """What the page draws as an opened model."""
        return {
            "version": 1,
            "kind": "model",
            "title": title,
            "source": "",
            "net": net_data(self.network) if self.has_weights else None,
            "traces": self._traces(),
            "notes": [*self.notes, *([] if self.has_weights else [_HEAVY])],
        }

    def _traces(self) -> list[dict[str, Any]]:
        trace = self.network.trace(self.x, self.lengths, self.state)
        lengths, named = [int(length) for length in self.lengths], list(enumerate(self.names))
        return [
            {
                "id": self.ids[n],
                "ds": list(self.steps[n][:length]),
                "inputs": [{"name": name, "values": packed(self.x[n, :length, k])} for k, name in named],
                "x": packed(self.x[n, :length]),
                "y": packed(trace.y[n] if self.network.pool is not None else trace.y[n, :length]),
                "layers": with_packed(_layers(self.network, trace, n)),
            }
            for n, length in enumerate(lengths)
        ]


_HEAVY: Final = (
    f"The net has more than {MAX_WEIGHTS:,} weights: they stay in Python, and what would need them in the page isn’t "
    "shown."
)


def shown(
    network: Network,
    sequences: Sequences,
    *,
    ids: Sequence[str] | None = None,
    steps: Sequence[Sequence[str]] | None = None,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Shown:
    """As much of ``sequences`` as a page can take: the first ones, and of each the last steps.

    Names that aren't given are numbers, counted from 0.
    """
    N, T, F = sequences.x.shape
    units = sum(network.nets[place.net].hidden_size for place in places(network))
    room = max(MAX_NUMBERS // (NUMBERS_OF_A_UNIT * units), 2)
    most_steps = min(MAX_STEPS, room, T)
    count = min(N, MAX_SEQUENCES, max(room // most_steps, 1))
    chosen = sequences.take(slice(0, count))
    starts = np.maximum(chosen.lengths - most_steps, 0)
    cut = _cut(network, chosen, starts) if starts.any() else chosen
    said = list(notes)
    if count < N:
        said.append(f"Shown are the first {count} of {counted(N, 'sequence')}.")
    if starts.any():
        said.append(f"Shown are the last {most_steps} steps; what came before is in the memories that they begin with.")
    wide = cut.x.shape[1]
    all_steps = [[str(t) for t in range(T)]] * count if steps is None else steps
    return Shown(
        network,
        cut.x,
        cut.lengths,
        cut.state,
        ids=[f"sequence {n}" for n in range(count)] if ids is None else list(ids[:count]),
        steps=[list(all_steps[n][start : start + wide]) for n, start in enumerate(starts.tolist())],
        names=[f"input {k}" for k in range(F)] if names is None else list(names),
        notes=tuple(said),
    )


def _cut(network: Network, sequences: Sequences, starts: npt.NDArray[np.int64]) -> Sequences:
    """Sequences without the steps before ``starts`` (N,), and the states that the rest begins from."""
    trace = network.trace(sequences.x, sequences.lengths, sequences.state)
    lengths = sequences.lengths - starts
    x = np.zeros((len(starts), int(lengths.max()), sequences.x.shape[2]), sequences.x.dtype)
    for n, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        x[n, :length] = sequences.x[n, start : start + length]
    before: list[list[list[FloatArray]]] = [[[] for _ in net.cell.states] for net in network.nets]
    rows = np.arange(len(starts))
    for place, layer in layers_of(network, trace):
        for parts, name in zip(before[place.net], layer.cell.states, strict=True):
            record = layer.record
            parts.append(getattr(record, f"{name}_0") if place.direction else record.before(name)[rows, starts])
    state = tuple([tuple([np.array(parts) for parts in states]) for states in before])
    return Sequences(x, lengths, state)


def _layers(network: Network, trace: NetworkTrace, n: int) -> list[dict[str, Any]]:
    """The layers of sequence ``n``: arrays (T, H) by name over its real steps, and the memories before the first."""
    length = int(trace.lengths[n])
    layers = []
    for place, layer in layers_of(network, trace):
        record, cell = layer.record, layer.cell
        known: dict[str, Any] = {"name": place.name, "reverse": place.direction == 1, "h": record.h[n, :length]}
        known["h_0"] = record.h_0[n]
        if "c" in cell.states:
            gates = {gate: record.gate(gate)[n, :length] for gate in cell.gates}
            known |= gates | {"c": record.c[n, :length], "c_0": record.c_0[n]}
            known["ledger"] = still_there(gates["f"], gates["i"] * gates["g"], reverse=place.direction == 1)
        layers.append(known)
    return layers


def still_there(f: FloatArray, written: FloatArray, *, reverse: bool) -> FloatArray:
    """What each step wrote (T, H) that the forget gates f (T, H) of all later ones have kept.

    >>> still_there(np.full((3, 1), 0.5), np.ones((3, 1)), reverse=False).ravel()
    array([0.25, 0.5 , 1.  ])
    """
    way = slice(None, None, -1) if reverse else slice(None)
    later = np.ones_like(f)
    later[:-1] = np.cumprod(f[way][:0:-1], axis=0)[::-1]
    return written * later[way]
