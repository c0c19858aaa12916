"""Facts about every unit: how its gates stand, how long it holds, what it does, and whether the answer needs it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.insight.ablation import Unit, real_answers, units_of
from clearlstm.insight.hiding import Allowance, Hiding, Watch, traces, unwatched
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.insight.subject import check_finite
from clearlstm.insight.unit_labels import Sums, labels, shares, tally, total
from clearlstm.network.model import Network
from clearlstm.network.parameters import DIRECTIONS
from clearlstm.network.subject import Sequences, subject_of
from clearlstm.shapes import FloatArray, check_positive, counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

BoolArray = npt.NDArray[np.bool_]
Int64Array = npt.NDArray[np.int64]


@final
@dataclass(frozen=True, repr=False)
class UnitFacts(Shown):
    """A row for each unit of a model, R in all: net by net, layer by layer, forward before reverse; all arrays (R,).

    net, layer, direction, unit
        Where the unit stands; direction 0 is forward, 1 reverse.
    f_low, f_high, i_low, i_high, o_low, o_high
        The share of real steps at which a gate is below 0.1 or above 0.9 (Karpathy, Johnson & Li 2015). A fact rather
        than a fault: a unit that holds for long must keep its forget gate above 0.9.
    typical
        The half-life in steps at the unit's mean rate of forgetting, as in ``memory_lengths``.
    ablation, ablation_rms
        How far the answer moves when the unit's h reads 0 to all who read it: its own layer, the next one, the head.
        The largest change and the root mean square, over sequences, outputs and, with an answer a step, real steps.
        Both as a share of the output's spread: its standard deviation over the same, but at least √ε of its largest
        size (ε of the model's float type, so 0.03 % in float32), since less is rounding. That is also the spread of an
        output that is the same for all sequences; of one that is always 0, it is ε.
    ablated_on
        The sequences on which that was measured: a sample, or all for a unit that looked dead in the sample. In an
        audit with little time, fewer.
    first_order
        Whether the two numbers are estimates rather than runs, from one backward pass for all units
        (:mod:`clearlstm.insight.first_order`): in an audit with little time only. Of models with more than 4 answers,
        those of 4.
    dead
        ``ablation`` is below 0.1 %, by a run: an estimate never calls a unit dead. On the sequences ``ablated_on``;
        others may need the unit. Of units that no weight reads it is known without a run.
    counter
        Heuristic. It holds (f > 0.9 at 90 % of the steps or more), and over those steps c moves one way in many moves:
        where c travels by 1 or more in a sequence, 90 % of it or more comes out as the way from start to end, and no
        step makes more than a fifth of it; so in 90 % of such sequences, and those are 10 % of all or more. Weiss,
        Goldberg & Yahav (2018) show why an LSTM can count. A unit that counts up and down isn't seen.
    latch
        Heuristic. It holds (f > 0.95 at 90 % of the steps or more) and rarely takes in (i > 0.5 at 10 % or fewer):
        where c travels by 0.25 or more in a sequence, half of that or more is one jump, and then c stays within half a
        jump of where it landed; so in 90 % of such sequences, and those are 10 % of all or more.
    leaky
        Heuristic: a leaky integrator, which forgets at a steady rate (Tallec & Ollivier 2018). ``typical`` lies between
        4 steps and half the sequences' median length, −ln f has a standard deviation of at most a quarter of its mean,
        and i isn't below 0.1 at more than half of the steps. Such a unit isn't called a counter.

    For plain recurrent units, which have no gates, the shares and ``typical`` are nan and the heuristics False.
    """

    net: Int64Array
    layer: Int64Array
    direction: Int64Array
    unit: Int64Array
    f_low: FloatArray
    f_high: FloatArray
    i_low: FloatArray
    i_high: FloatArray
    o_low: FloatArray
    o_high: FloatArray
    typical: FloatArray
    ablation: FloatArray
    ablation_rms: FloatArray
    ablated_on: Int64Array
    first_order: BoolArray
    dead: BoolArray
    counter: BoolArray
    latch: BoolArray
    leaky: BoolArray

    @property
    def sentence(self) -> str:
        """The counts of dead units and of each habit."""
        named = ", ".join(f"{getattr(self, name).sum()} {word}" for name, word in _WORDS)
        return f"Of {counted(len(self.unit), 'unit')}, {self.dead.sum()} dead. By their habits (heuristics): {named}."

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: a row for each unit and a column for each fact; direction "forward" or "reverse"."""
        import pandas as pd

        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return pd.DataFrame(columns | {"direction": np.array(DIRECTIONS)[self.direction]})

    def plot(self) -> "Figure":
        """How often gates stand open or shut: :func:`clearlstm.insight.plots.plot_units`."""
        from clearlstm.insight.plots import plot_units

        return plot_units(self)

    def __repr__(self) -> str:
        counts = ", ".join(f"{getattr(self, name).sum()} {word}" for name, word in (("dead", "dead"), *_WORDS))
        return f"UnitFacts({counted(len(self.unit), 'unit')}: {counts})"

    def _repr_html_(self) -> str:
        return notebook_html(self.sentence, self.to_frame())


_WORDS: Final = (("counter", "counting"), ("latch", "latching"), ("leaky", "leaky"))


def unit_facts(model: Any, x: Any = None, lengths: npt.ArrayLike | None = None, *, sample: int = 128) -> UnitFacts:
    """What every unit of a model does on the sequences x (N, T, F), and whether the answer needs it.

    ``model`` is a Network, an LSTM, an RNN or a forecaster with the input of its net; or a classifier or a regressor
    with X as its ``predict`` takes it; a captured layer needs no x. A unit's ablation costs a forward pass from its
    layer on, over ``sample`` sequences spread evenly over the batch. The largest change in a sample can't exceed that
    over all, so a unit that moves the sample's answers is alive; the others are measured over all sequences, and
    ``dead`` is exact.

    Raises InputError if there is a single answer only, which has no spread, and where a pass holds NaN or infinity.

    >>> import clearlstm as cl
    >>> net = cl.LSTM(1, 4, dtype="float64", seed=0)
    >>> model = cl.Network(net, head=1, seed=0)
    >>> model.parameters["head.W"][2] = 0  # nobody reads unit 2 …
    >>> model.parameters["net0.layer0.forward.U"][2] = 0
    >>> unit_facts(model, np.random.default_rng(0).normal(size=(20, 12, 1)))
    UnitFacts(4 units: 1 dead, 0 counting, 0 latching, 0 leaky)
    """
    subject = subject_of(model)
    allowed = Allowance(check_positive("sample", sample))
    return measured_units(subject.network, subject.read(x, lengths), allowed)


def measured_units(network: Network, sequences: Sequences, allowed: Allowance, watch: Watch = unwatched) -> UnitFacts:
    """:func:`unit_facts` of a network, within what is allowed; ``watch`` is told how far it is."""
    gates, answers = _watch(network, sequences)
    units = units_of(network)
    result = Hiding(network, sequences, units, _spread(answers)).measure(allowed, watch)
    return UnitFacts(
        **dict(zip(Unit._fields, np.array(units).T, strict=True)),
        **gates,
        ablation=np.array([effect.largest for effect in result.effects]),
        ablation_rms=np.array([effect.rms for effect in result.effects]),
        ablated_on=result.measured_on,
        first_order=result.first_order,
        dead=result.dead,
    )


def _watch(network: Network, sequences: Sequences) -> tuple[dict[str, Any], FloatArray]:
    """What the gates and memories tell, each (R,), and all real answers (A, M)."""
    tallies: list[list[Sums | None]] = []
    answers = []
    for trace in traces(network, sequences):
        layers = [direction for net in trace.nets for layer in net.layers for direction in layer]
        for layer in layers:
            check_finite(layer)
        tallies.append([tally(layer) if "c" in layer.cell.states else None for layer in layers])
        answers.append(real_answers(trace.y, trace.lengths))
    widths = [layer.h.shape[-1] for layer in layers]
    window = float(np.median(sequences.lengths))
    parts = [_columns(batches, H, window) for batches, H in zip(zip(*tallies, strict=True), widths, strict=True)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.concatenate(answers)


def _columns(batches: Sequence[Sums | None], H: int, window: float) -> dict[str, Any]:
    """The columns of one layer's units, each (H,), from the tallies of its batches."""
    tallies = [sums for sums in batches if sums is not None]
    if not tallies:
        nothing = {name: np.full(H, math.nan) for name in _GATE_FACTS}
        return nothing | {name: np.zeros(H, np.bool_) for name, _ in _WORDS}
    sums = total(tallies)
    return shares(sums) | labels(sums, window)


_GATE_FACTS: Final = ("f_low", "f_high", "i_low", "i_high", "o_low", "o_high", "typical")


def _spread(answers: FloatArray) -> FloatArray:
    """What is a large change of each output: its standard deviation over answers (A, M), with a floor, (M,)."""
    if len(answers) < 2:
        raise InputError("there is 1 answer only, and its spread is what changes are measured by: give more sequences")
    epsilon = float(np.finfo(answers.dtype).eps)
    spread = np.maximum(answers.std(axis=0, dtype=np.float64), math.sqrt(epsilon) * np.abs(answers).max(axis=0))
    return np.where(spread > 0, spread, epsilon)
