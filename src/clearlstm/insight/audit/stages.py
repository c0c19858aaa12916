"""The audit stage by stage: each measures some of the facts, so that a stop loses only what comes after it."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.audit import answers as exchange
from clearlstm.insight.audit.answers import Probe, Skill
from clearlstm.insight.audit.facts import FeatureFacts
from clearlstm.insight.audit.findings import FEW
from clearlstm.insight.audit.layers import lag_grid, layer_facts
from clearlstm.insight.audit.missed import missed_by_reach
from clearlstm.insight.audit.plan import Plan
from clearlstm.insight.first_order import OUTPUTS
from clearlstm.insight.hiding import Watch
from clearlstm.insight.units import measured_units
from clearlstm.insight.words import quoted
from clearlstm.network.subject import Subject
from clearlstm.shapes import FloatArray

DISTINCT: Final = 10
"""How many last values must differ for a line of them to say something."""

EFFECTS: Final = 0.7
"""The share of the features' time that their effects take, about; slopes have the rest."""


@dataclass(frozen=True)
class Samples:
    """What is asked: ``probe`` all sequences that are looked at, and fewer of them for what costs more."""

    probe: Probe
    exchanged: Probe
    units: Probe
    gradient: Probe


@dataclass(frozen=True)
class Question:
    """What the stages work on; ``answers`` (N, K) of all sequences, ``spread`` theirs, 0 if it is rounding."""

    subject: Subject
    samples: Samples
    y: npt.NDArray[Any] | None
    names: Sequence[str]
    repeated: int | None
    plan: Plan
    rng: np.random.Generator
    answers: FloatArray
    spread: float


Measured: TypeAlias = dict[str, Any]
"""Some fields of :class:`~clearlstm.insight.audit.facts.Facts`."""


def look_back(question: Question, watch: Watch) -> Measured:
    """How many last steps the answers hang on, and what the older ones would have told."""
    probe = question.samples.exchanged
    longest = int(probe.lengths.max())
    if longest < 2 or not _varies(probe, question):
        return {}
    result = exchange.look_back(probe, lag_grid(longest, question.plan.look_back), question.rng, watch)
    y = question.y
    missed = None if y is None else missed_by_reach(question.samples.probe, question.answers, y, result.reach)
    return {"look_back": result, "missed": missed}


def features(question: Question, watch: Watch) -> Measured:
    """What hangs on each feature, on the last value of one of them, and whether a naive rule does as well."""
    probe, y = question.samples.probe, question.y
    result = _features(question, watch)
    line = _line(probe, question.answers, question.rng) if question.spread else None
    skill = None if y is None or len(probe.x) < FEW else _skill(question, y)
    return {"features": result, "line": line, "skill": skill}


def layers(question: Question, watch: Watch) -> Measured:
    """How long the layers hold, and how far a gradient reaches."""
    samples = question.samples
    return {"layers": tuple(layer_facts(samples.units, samples.gradient, question.plan.lags, watch))}


def units(question: Question, watch: Watch) -> Measured:
    """What each unit does."""
    if not question.spread:
        return {}
    probe = question.samples.probe
    return {"units": measured_units(probe.network, probe.sequences, question.plan.hiding, watch).to_frame()}


STAGES: Final[Mapping[str, Callable[[Question, Watch], Measured]]] = {
    "look-back": look_back,
    "features": features,
    "layers": layers,
    "units": units,
}
"""In their order; before them come the answers."""


def _varies(probe: Probe, question: Question) -> bool:
    """Whether the answers have a spread, to all sequences and to these few."""
    return bool(question.spread and exchange.spread(probe.answers()))


def _features(question: Question, watch: Watch) -> tuple[FeatureFacts, ...]:
    probe = question.samples.exchanged
    if not _varies(probe, question):
        return tuple(FeatureFacts(name, None, None) for name in question.names)
    differs = (probe.x != exchange.of_donors(probe, question.rng)).any(axis=(0, 1))
    result = exchange.feature_effects(probe, question.rng, lambda share: watch(EFFECTS * share))
    shares = _slope_shares(question.samples.units)
    return tuple(
        FeatureFacts(
            name,
            float(result.effect[k]) if differs[k] else None,
            None if shares is None else float(shares[k]),
            float(result.low[k]) if differs[k] else None,
            float(result.high[k]) if differs[k] else None,
        )
        for k, name in enumerate(question.names)
    )


def _slope_shares(probe: Probe) -> FloatArray | None:
    """Each feature's share of |slope × (input − mean)|, (F,)."""
    subject, M = Subject(probe.network, own=probe.sequences), probe.network.output_size
    outputs = np.unique(np.linspace(0, M - 1, min(M, OUTPUTS)).astype(int))
    total = np.zeros(probe.x.shape[2])
    for k in outputs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClearLSTMWarning)
            slopes = attribute(subject, output=int(k), method="gradient", baseline="mean")
        total += np.abs(slopes.values).sum(axis=(0, 1))
    return total / total.sum() if total.sum() > 0 else None


def _line(probe: Probe, answers: FloatArray, rng: np.random.Generator) -> exchange.Line | None:
    line = exchange.line_of_last(probe, answers, rng) if len(probe.x) >= FEW and probe.lengths.max() > 1 else None
    if line is None or len(np.unique(probe.last()[:, line.feature])) < DISTINCT:
        return None
    return line


def _skill(question: Question, y: npt.NDArray[Any]) -> Skill | None:
    own, answers, names, repeated = question.subject, question.answers, question.names, question.repeated
    if y.ndim == 1:
        return exchange.skill_of_classes(answers, y)
    if own.corrects is not None:
        words = f"what it corrects, {own.corrects.base}"
        return exchange.skill_of_numbers(np.asarray(own.corrects.earned) * answers, y, np.zeros_like(y), words)
    answers, y = own.answers(answers), own.answers(y)  # a regressor scales its features otherwise than its target
    if repeated is not None:
        last = np.repeat(own.back(question.samples.probe.last())[:, [repeated]], y.shape[1], axis=1)
        return exchange.skill_of_numbers(answers, y, last, f"the last value of {quoted(names[repeated])} repeated")
    median = np.broadcast_to(np.median(y, axis=0), y.shape)
    return exchange.skill_of_numbers(answers, y, median, "the median of the targets")
