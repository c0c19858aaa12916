"""What of a net is shown: some of its sequences, the last steps of each, and the states that these begin from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.layers import layers_of, places
from clearlstm.network.model import Network, States
from clearlstm.network.subject import Sequences, Subject
from clearlstm.report.net_data import net_data, traces_data
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
            "traces": traces_data(self.network, self.x, self.ids, self.steps, self.names, self.lengths, self.state),
            "notes": [*self.notes, *([] if self.has_weights else [_HEAVY])],
        }


_HEAVY: Final = (
    f"The net has more than {MAX_WEIGHTS:,} weights: they stay in Python, and what would need them in the page isn't "
    "shown."
)


def shown(
    network: Network,
    sequences: Sequences,
    names: Sequence[str] | None = None,
    notes: Sequence[str] = (),
) -> Shown:
    """As much of ``sequences`` as a page can take: the first ones, and of each the last steps.

    Sequences and steps are called by their numbers, counted from 0, and so are inputs without ``names``.
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
    steps = [str(t) for t in range(T)]
    return Shown(
        network,
        cut.x,
        cut.lengths,
        cut.state,
        ids=[f"sequence {n}" for n in range(count)],
        steps=[steps[start : start + wide] for start in starts.tolist()],
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
