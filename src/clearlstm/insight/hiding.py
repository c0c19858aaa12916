"""The effect of hiding each unit, within a budget: by runs as far as it reaches, by estimate where it doesn't.

A unit is alive if hiding it moves any answer to any sequence, so a few sequences prove most units alive, and only those
that look dead need more. Where the budget isn't enough to run each unit on a few sequences, all are estimated to first
order (:mod:`clearlstm.insight.first_order`), and those that may be dead are run, then those that seem to do most.

Hiding many suspects at once would be cheaper, and proves nothing: what one of them does may cancel what another does.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.insight.ablation import Ablator, Effect, Unit, together
from clearlstm.insight.first_order import first_order_effects
from clearlstm.network.model import Network, NetworkTrace
from clearlstm.network.subject import Sequences
from clearlstm.shapes import FloatArray

Int64Array = npt.NDArray[np.int64]
Watch: TypeAlias = Callable[[float], None]
"""Is told how far the work is."""


DEAD: Final = 1e-3
"""A unit is dead if hiding it moves the answer by less than 0.1 % of the answer's spread, wherever it moves it most."""

SUSPECT: Final = 10 * DEAD
"""Below this, to first order, a unit may be dead."""

FEWEST: Final = 8
"""Sequences that a unit is hidden on at least; with less time than that, units are estimated first."""

AT_FIRST: Final = 0.7
"""The share of the budget that goes into the first look; the rest is for those that look dead."""

_CHUNK: Final = 128  # sequences that are traced at a time
_NUMBERS: Final = 2**27  # in a trace at most, 512 MB in float32, unless a single sequence has more


def unwatched(done: float) -> None:
    """For work that nobody waits for."""


@dataclass(frozen=True)
class Allowance:
    """What the effects may cost: ``sample`` sequences at first, and seconds in all.

    ``of_run``: what a run of one sequence takes without a unit, layer by layer of the whole model; ``of_estimate``, of
    one sequence for all units. Without a limit to the seconds nothing else counts.
    """

    sample: int
    seconds: float = math.inf
    of_run: tuple[float, ...] = ()
    of_estimate: float = 0.0

    def sequences(self, layers: Sequence[int], seconds: float, most: int) -> int:
        """How many sequences can be run without each of some units, which stand in these layers."""
        if math.isinf(self.seconds):
            return most
        each = sum(self.of_run[layer] for layer in layers)
        return most if each * most <= seconds else int(max(seconds, 0) / each)


class Effects(NamedTuple):
    """Of R units: the effect of each, on how many sequences that was (R,), and whether it is an estimate (R,)."""

    effects: list[Effect]
    measured_on: Int64Array
    first_order: npt.NDArray[np.bool_]

    @property
    def dead(self) -> npt.NDArray[np.bool_]:
        """Which moved no answer when they were hidden, (R,): never by an estimate."""
        return np.array([effect.largest < DEAD for effect in self.effects]) & ~self.first_order


class Hiding:
    """Runs of a network on N sequences without some of its units; ``spread`` (M,) is what changes are measured by."""

    def __init__(self, network: Network, sequences: Sequences, units: list[Unit], spread: FloatArray) -> None:
        self.network, self.sequences, self.units = network, sequences, units
        self.ablator = Ablator(network, spread)
        self.layers = [int(self.ablator.first[unit.net]) + unit.layer for unit in units]
        self.N = len(sequences.x)
        self.measured_on = np.full(len(units), self.N)
        self.first_order = np.zeros(len(units), np.bool_)
        # Whom nobody reads, nobody misses.
        self.effects = [Effect(0.0, 0.0, 1)] * len(units)
        self.read = [row for row, unit in enumerate(units) if self.ablator.is_read(unit)]

    def measure(self, allowed: Allowance, watch: Watch) -> Effects:
        """The effects of all units, within what is allowed."""
        N = self.N
        layers = [self.layers[row] for row in self.read]
        sample = allowed.sequences(layers, AT_FIRST * allowed.seconds, min(allowed.sample, N))
        if sample >= min(FEWEST, allowed.sample, N):
            self._run_all(allowed, sample, watch)
        else:
            self._estimate_all(allowed, watch)
        return Effects(self.effects, self.measured_on, self.first_order)

    def _run_all(self, allowed: Allowance, sample: int, watch: Watch) -> None:
        """All units on a sample, and those that look dead there on as many sequences as can be."""
        N = self.N
        self._run(self.read, sample, lambda share: watch(AT_FIRST * share))
        doubtful = [row for row in self.read if self.effects[row].largest < DEAD]
        spent = sample * sum(allowed.of_run[self.layers[row]] for row in self.read) if allowed.of_run else 0.0
        more = allowed.sequences([self.layers[row] for row in doubtful], allowed.seconds - spent, N)
        if doubtful and more > sample:
            self._run(doubtful, more, lambda share: watch(AT_FIRST + (1 - AT_FIRST) * share))

    def _estimate_all(self, allowed: Allowance, watch: Watch) -> None:
        """All units to first order, and some of them by runs: those that may be dead, then the leading ones."""
        N = self.N
        sample = int(np.clip((1 - AT_FIRST) * allowed.seconds / allowed.of_estimate, 1, min(allowed.sample, N)))
        rows = evenly(N, sample)
        traces = self._traces(rows)
        result = together_by_unit(first_order_effects(self.ablator, trace) for trace in traces)
        for row in self.read:
            self.effects[row], self.measured_on[row], self.first_order[row] = result[row], len(rows), True
        watch(1 - AT_FIRST)
        chosen = self._worth_a_run(AT_FIRST * allowed.seconds / min(FEWEST, N), allowed.of_run)
        self._run(chosen, min(FEWEST, N), lambda share: watch(1 - AT_FIRST + AT_FIRST * share))
        self.first_order[chosen] = False

    def _worth_a_run(self, seconds: float, of_run: Sequence[float]) -> list[int]:
        """The suspects, the least first, then the others, the largest first, as far as the seconds of a sequence go."""
        rising = sorted(self.read, key=lambda row: self.effects[row].largest)
        suspects = [row for row in rising if self.effects[row].largest < SUSPECT]
        order = suspects + rising[: len(suspects) - 1 if suspects else None : -1]
        cost = np.cumsum([of_run[self.layers[row]] for row in order])
        return order[: int(np.searchsorted(cost, seconds, side="right"))]

    def _run(self, chosen: list[int], sample: int, watch: Watch) -> None:
        """Measure some units on ``sample`` sequences, evenly spread over all."""
        rows, batches = evenly(self.N, sample), []
        for done, trace in self._counted(rows):
            batch = []
            for k, row in enumerate(chosen):
                batch.append(self.ablator.effect(self.units[row], trace))
                watch((done + len(trace.lengths) * (k + 1) / len(chosen)) / len(rows))
            batches.append(batch)
        for row, effect in zip(chosen, together_by_unit(batches), strict=True):
            self.effects[row], self.measured_on[row] = effect, len(rows)

    def _counted(self, rows: Int64Array) -> Iterator[tuple[int, NetworkTrace]]:
        done = 0
        for trace in self._traces(rows):
            yield done, trace
            done += len(trace.lengths)

    def _traces(self, rows: Int64Array) -> Iterator[NetworkTrace]:
        return traces(self.network, self.sequences.take(rows))


def together_by_unit(batches: "Iterator[list[Effect]] | list[list[Effect]]") -> list[Effect]:
    """The effect of each unit over several batches of sequences."""
    return [together(of_unit) for of_unit in zip(*batches, strict=True)]


def evenly(n: int, wanted: int) -> Int64Array:
    """So many of n rows, evenly spread."""
    return np.unique(np.linspace(0, n - 1, min(wanted, n)).astype(np.int64))


def traces(network: Network, sequences: Sequences) -> Iterator[NetworkTrace]:
    """A pass over the sequences in batches, so that memory doesn't grow with N, nor far with T and H."""
    numbers = sequences.x.shape[1] * sum(
        net.num_layers * net.num_directions * net.hidden_size * (len(net.cell.gates) + 2) for net in network.nets
    )
    size = max(1, min(_CHUNK, _NUMBERS // numbers))
    for start in range(0, len(sequences.x), size):
        yield network.trace(*sequences.take(slice(start, start + size)))
