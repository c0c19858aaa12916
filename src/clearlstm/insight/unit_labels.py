"""What the gates and the long-term memory of a unit look like from outside: shares, and three names for habits.

Everything is told from sums over real steps and counts of sequences, so that batches add up. The names are heuristics:
each is a rule with the numbers below, chosen by us so that nets with ordinary first weights get none of them, and says
what the memory does on these sequences rather than what it is for. To have no name says little: nets that count or hold
perfectly well mostly spread it over several units and h.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm.cell.lstm import LSTMRecord
from clearlstm.insight.memory import BOUNDED_GATES, forgetting, typical_half_life
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, real_steps

BoolArray = npt.NDArray[np.bool_]

LOW: Final = 0.1
HIGH: Final = 0.9
"""A gate below 0.1 is shut, one above 0.9 open: Karpathy, Johnson & Li (2015), "left" and "right saturated"."""

MOST: Final = 0.9  # of the steps, or of the sequences in which anything happens
SOME: Final = 0.1  # of the sequences: in fewer, too little happens for a name

COUNTER_WAY: Final = 1.0  # how far c travels in a sequence, at least
COUNTER_ONE_WAY: Final = 0.9  # how much of that leads one way, at least
COUNTER_LARGEST: Final = 0.2  # how much of that is one step, at most: so it takes at least five

LATCH_HOLDS: Final = 0.95  # f is above it at most steps
LATCH_WAY: Final = 0.25  # how far c travels in a sequence, at least; at least half of it in one jump
LATCH_DRIFT: Final = 0.5  # how far c gets from where it landed, in jumps, at most
LATCH_WRITES: Final = 0.1  # the share of steps with i above a half, at most

LEAKY_SHORTEST: Final = 4.0  # half-life in steps; with a forget bias of 1 an untrained unit's is 2.2
LEAKY_UNSTEADY: Final = 0.25  # the standard deviation of −ln f over its mean, at most
LEAKY_SHUT: Final = 0.5  # the share of steps with i below 0.1, at most

Sums = dict[str, FloatArray]


def tally(layer: LayerTrace) -> Sums:
    """Sums over the real steps, and counts of sequences, of one LSTM layer in one direction, each (H,)."""
    record = layer.record
    real = real_steps(record.lengths, record.h.shape[1])
    gates = {gate: getattr(record, gate)[real] for gate in ("f", "i", "o")}
    H = record.h.shape[-1]
    sums: Sums = {"steps": np.full(H, real.sum()), "sequences": np.full(H, len(real))}
    for gate, values in gates.items():
        sums[f"{gate}_low"], sums[f"{gate}_high"] = (values < LOW).sum(axis=0), (values > HIGH).sum(axis=0)
    sums["f_holds"], sums["i_writes"] = (gates["f"] > LATCH_HOLDS).sum(axis=0), (gates["i"] > 0.5).sum(axis=0)
    return sums | _rates(layer) | _movements(record)


def total(tallies: list[Sums]) -> Sums:
    """Several batches' tallies as one."""
    return {name: np.sum([sums[name] for sums in tallies], axis=0) for name in tallies[0]}


def shares(sums: Sums) -> Sums:
    """The shares of steps ``f_low, f_high, i_low, …``, and the half-life ``typical`` in steps, each (H,)."""
    names = [f"{gate}_{end}" for gate in ("f", "i", "o") for end in ("low", "high")]
    parts = {name: sums[name] / sums["steps"] for name in names}
    return parts | {"typical": typical_half_life(sums["rate"] / sums["steps"])}


def labels(sums: Sums, window: float) -> dict[str, BoolArray]:
    """Which units are called ``leaky``, ``counter`` and ``latch``, each (H,); ``window``: the steps of a sequence."""
    steps, share = sums["steps"], shares(sums)
    rate = sums["rate"] / steps
    with np.errstate(invalid="ignore", divide="ignore"):  # a gate that shut for good, or never: not a leak
        unsteady = np.sqrt(np.maximum(sums["rate_squared"] / steps - rate**2, 0)) / rate
    leaky = (share["typical"] >= LEAKY_SHORTEST) & (share["typical"] <= window / 2)
    leaky &= (unsteady <= LEAKY_UNSTEADY) & (share["i_low"] <= LEAKY_SHUT)
    counter = ~leaky & (share["f_high"] >= MOST) & _mostly(sums, "counts", "travels")
    latch = (sums["f_holds"] / steps >= MOST) & (sums["i_writes"] / steps <= LATCH_WRITES)
    latch &= _mostly(sums, "latches", "moves")
    return {"counter": counter, "latch": latch, "leaky": leaky}


def _rates(layer: LayerTrace) -> Sums:
    """Sums of −ln f and of its square; nan for gates that may leave 0..1."""
    if layer.functions.gate not in BOUNDED_GATES:
        nowhere = np.full(layer.h.shape[-1], np.nan)
        return {"rate": nowhere, "rate_squared": nowhere}
    rate = forgetting(layer)
    return {"rate": rate.sum(axis=(0, 1)), "rate_squared": np.einsum("nth,nth->h", rate, rate)}


def _movements(record: LSTMRecord) -> Sums:
    """In how many sequences c goes anywhere, and in how many of those as a counter or a latch does."""
    move = record.c - record.c_prev()
    return _counting(move, record.f) | _latching(move, record)


def _counting(move: FloatArray, f: FloatArray) -> Sums:
    """Over the steps at which it holds, c goes one way in many small moves: a reset is not a move back."""
    held = np.where(f > HIGH, move, 0)
    size = np.abs(held)
    way, led, largest = size.sum(axis=1), np.abs(held.sum(axis=1)), size.max(axis=1)
    travels = way >= COUNTER_WAY
    counts = travels & (led >= COUNTER_ONE_WAY * way) & (largest <= COUNTER_LARGEST * way)
    return {"travels": travels.sum(axis=0), "counts": counts.sum(axis=0)}


def _latching(move: FloatArray, record: LSTMRecord) -> Sums:
    """At least half of c's way is one jump, and after it c stays near where it landed."""
    size = np.abs(move)
    at, way = size.argmax(axis=1)[:, None], size.sum(axis=1)
    jump, landed = (np.take_along_axis(values, at, axis=1) for values in (size, record.c))
    t = np.arange(move.shape[1])[:, None]
    after = (t < at if record.reverse else t > at) & (t < record.lengths[:, None, None])
    drift = np.where(after, np.abs(record.c - landed), 0).max(axis=1)
    jump, moves = jump[:, 0], way >= LATCH_WAY
    latches = moves & (jump >= way / 2) & (drift <= LATCH_DRIFT * jump)
    return {"moves": moves.sum(axis=0), "latches": latches.sum(axis=0)}


def _mostly(sums: Sums, what: str, where: str) -> BoolArray:
    """Whether it is so in most of the sequences where anything happens, and those are some."""
    return np.asarray((sums[what] >= MOST * sums[where]) & (sums[where] >= SOME * sums["sequences"]))
