"""The audit: what a model remembers, hangs on and misses, on the data that it is given, and what looks like a fault.

It looks at samples, whose sizes it states, so that a model of 2 layers of 64 units on 1,000 sequences of 100 steps
takes seconds. What it says of the answers holds for data such as these; of other data it says nothing.
"""

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.insight.attribution.attribute import attribute
from clearlstm.insight.audit import answers as exchange
from clearlstm.insight.audit.answers import Probe, Skill
from clearlstm.insight.audit.facts import Facts, FeatureFacts, Samples, Sizes
from clearlstm.insight.audit.findings import FEW, Finding, judge
from clearlstm.insight.audit.layers import lag_grid, layer_facts
from clearlstm.insight.audit.missed import missed_by_reach
from clearlstm.insight.notebook import notebook_html
from clearlstm.insight.units import unit_facts
from clearlstm.insight.words import quoted
from clearlstm.network.model import NetworkTrace
from clearlstm.network.subject import Subject, subject_of
from clearlstm.shapes import FloatArray, as_array, check_array, counted, is_whole, random_generator

if TYPE_CHECKING:
    import pandas as pd

ANSWERS: Final = 1000
EXCHANGED: Final = 256
UNITS: Final = 128
GRADIENT: Final = 12
"""Sequences that are looked at, at most: for the answers; with parts exchanged; unit by unit; for the gradient."""

OUTPUTS: Final = 4
"""The outputs, evenly spread over all, whose slopes are shared out among the features."""

DISTINCT: Final = 10
"""How many last values must differ for a line of them to say something."""


@final
@dataclass(frozen=True, repr=False)
class Audit:
    """What :func:`audit` found: ``findings``, the worst first, and ``facts``, the numbers that they rest on."""

    findings: tuple[Finding, ...]
    facts: Facts

    @property
    def faults(self) -> tuple[Finding, ...]:
        """The findings that say the model can hardly do what it is for."""
        return self._of("fault")

    @property
    def notices(self) -> tuple[Finding, ...]:
        """The findings worth knowing, and no faults where they are meant so."""
        return self._of("notice")

    def _of(self, severity: str) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.severity == severity)

    @property
    def headline(self) -> str:
        """How many faults and notices, and the first; and whether that was of few sequences."""
        counts = [
            counted(len(findings), word)
            for findings, word in ((self.faults, "fault"), (self.notices, "notice"))
            if findings
        ]
        first = next(iter((*self.faults, *self.notices)), None)
        return ("No fault found." if first is None else f"{' and '.join(counts)}. {first.sentence}") + self.caution

    @property
    def caution(self) -> str:
        """A sentence, after a space, where so few sequences were given that they can't show much; else nothing."""
        return "".join(f" {finding.sentence}" for finding in self.findings if finding.name == "few_sequences")

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain values, ready for JSON."""
        return {
            "headline": self.headline,
            "findings": [finding.to_dict() for finding in self.findings],
            "facts": self.facts.to_dict(),
        }

    def to_frame(self) -> "pd.DataFrame":
        """A row for each finding: ``severity, name, sentence, advice``."""
        import pandas as pd

        names = ("severity", "name", "sentence", "advice")
        return pd.DataFrame([{name: getattr(one, name) for name in names} for one in self.findings])

    def __repr__(self) -> str:
        faults, notices = counted(len(self.faults), "fault"), counted(len(self.notices), "notice")
        return f"Audit({faults}, {notices}; {self.facts.sizes.description})"

    def _repr_html_(self) -> str:
        return notebook_html(self.headline, self.to_frame())


def audit(
    model: Any,
    x: Any,
    y: npt.ArrayLike | None = None,
    *,
    lengths: npt.ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    target_feature: int | str | np.integer[Any] | None = None,
    seed: int = 0,
) -> Audit:
    """Look a model over on data such as it is used on.

    Parameters
    ----------
    model, x, lengths
        A Network, an LSTM, an RNN or a fitted forecaster with what its net reads, (N, T, F); or a classifier or a
        regressor with X as its ``predict`` takes it. A forecaster's answers are the medians of its first net, for its
        skill as far as they are trusted.
    y
        What the answers should be: (N, K) numbers as the model answers, of a forecaster the scaled corrections (N, h);
        classes (N,), whole numbers or a classifier's labels; or what a regressor was fitted on. Of a model that answers
        at each step, what it should say after each sequence's last one.
    feature_names
        Of the F features, for the words.
    target_feature
        The feature, by number or name, whose last value is repeated as the naive answer: the target's own past, in the
        target's units. Without it numbers are compared with their own median, of a forecaster with its base. Skill is
        told of 30 sequences or more.
    seed
        Of the samples, and of the sequences that others are exchanged with.

    Raises InputError for what doesn't fit, and for a single sequence: there is nothing to exchange it with.

    >>> import clearlstm as cl
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(100, 30, 1))
    >>> net = cl.LSTM(1, 4, dtype="float64", seed=0)
    >>> net.parameters["layer0.forward.b"][:4] = -20                             # forget gates that are shut
    >>> found = audit(cl.Network(net, head=1, seed=0), x)
    >>> [finding.name for finding in found.notices]
    ['short_reach']
    """
    subject = subject_of(model)
    probe = Probe.of(subject, x, lengths)
    names = _names(feature_names, subject.network.input_size)
    target = _target(y, subject, probe)
    repeated = _feature(target_feature, names)
    if len(probe.x) < 2:
        raise InputError("x holds 1 sequence; the audit exchanges sequences with each other: give 2 or more")
    rng = random_generator(seed)
    rows = _sample(len(probe.x), ANSWERS, rng)
    target = None if target is None else target[rows]
    return _audited(subject, probe.take(rows), target, names, repeated, (len(probe.x), seed), rng)


def _audited(
    subject: Subject,
    probe: Probe,
    y: npt.NDArray[Any] | None,
    names: Sequence[str],
    repeated: int | None,
    drawn: tuple[int, int],
    rng: np.random.Generator,
) -> Audit:
    N, lengths = len(probe.x), probe.lengths
    some, few, fewest = (probe.take(_sample(N, size, rng)) for size in (EXCHANGED, UNITS, GRADIENT))
    steps = (int(np.median(lengths)), int(lengths.min()), int(lengths.max()))
    samples = Samples(drawn[0], *steps, N, len(some.x), len(few.x), len(fewest.x), drawn[1])
    answers = probe.answers()
    finite = bool(np.isfinite(answers).all())
    differ = bool((probe.x != probe.x[:1]).any() or np.ptp(lengths))
    known = (Sizes.of(probe.network), samples, finite, differ)
    largest = float(np.abs(probe.x).max())
    if not finite:
        return _judged(Facts(*known, math.nan, largest))
    size = exchange.spread(answers)
    look_back = _look_back(some, rng) if size else None
    facts = Facts(
        *known,
        spread=size,
        largest_input=largest,
        layers=tuple(layer_facts(_trace(few), _trace(fewest))),
        units=unit_facts(probe.network, probe.x, probe.lengths, sample=UNITS).to_frame() if size else None,
        features=_features(some, few, names, size, rng),
        look_back=look_back,
        line=_line(probe, rng) if size else None,
        skill=None if y is None or N < FEW else _skill(subject, probe, answers, y, names, repeated),
        corrects=subject.corrects,
        missed=None if y is None or look_back is None else missed_by_reach(probe, answers, y, look_back.reach),
    )
    return _judged(facts)


def _judged(facts: Facts) -> Audit:
    return Audit(judge(facts), facts)


def _names(names: Sequence[str] | None, F: int) -> tuple[str, ...]:
    if names is None:
        return tuple(f"feature {k}" for k in range(F))
    if isinstance(names, str) or not np.iterable(names):
        raise InputError(f"feature_names is {names!r}; {F} names are needed")
    if len(names) != F:
        raise InputError(f"feature_names holds {len(names)} names; the model takes {F} features")
    return tuple(str(name) for name in names)


def _feature(given: int | str | np.integer[Any] | None, names: tuple[str, ...]) -> int | None:
    if given is None:
        return None
    if is_whole(given) and 0 <= int(given) < len(names):
        return int(given)
    if isinstance(given, str) and given in names:
        return names.index(given)
    raise InputError(
        f"target_feature is {given!r}; it must be one of {', '.join(map(repr, names))}, or its number from 0"
    )


def _target(y: npt.ArrayLike | None, own: Subject, probe: Probe) -> npt.NDArray[Any] | None:
    """Classes (N,) as whole numbers, or numbers (N, K) as the net answers."""
    if y is None:
        return None
    values, N = as_array("y", y), len(probe.x)
    if values.ndim == 0:
        raise InputError(f"y is {y!r}; {N} rows are needed, one a sequence")
    if len(values) != N:
        raise InputError(f"y has {len(values)} rows and x {N} sequences: one is needed for each")
    if own.classes is not None:
        return _numbered(values, own.classes)
    K = probe.take(np.arange(1)).answers().shape[1]
    if values.ndim == 1 and values.dtype.kind in "iu" and K > 1:
        if values.min() < 0 or values.max() >= K:
            worst = values.min() if values.min() < 0 else values.max()
            raise InputError(f"y holds the class {worst}; the model tells 0..{K - 1}")
        return values.astype(np.int64)
    numbers = check_array("y", values.reshape(N, -1), (N, K), np.float64)
    return numbers if own.target is None else own.target.forward(numbers)


def _numbered(labels: npt.NDArray[Any], classes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    place = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    if (classes[place] != labels).any():
        new = labels[classes[place] != labels].tolist()[0]
        raise InputError(f"y holds {new!r}, which the classifier was not fitted on; it knows {classes.tolist()}")
    return place


def _sample(n: int, most: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    return np.arange(n) if n <= most else np.sort(rng.choice(n, most, replace=False))


def _trace(probe: Probe) -> NetworkTrace:
    return probe.network.trace(probe.x, probe.lengths)


def _look_back(probe: Probe, rng: np.random.Generator) -> exchange.LookBack | None:
    longest = int(probe.lengths.max())
    return exchange.look_back(probe, lag_grid(longest), rng) if longest > 1 else None


def _features(
    probe: Probe, few: Probe, names: Sequence[str], size: float, rng: np.random.Generator
) -> tuple[FeatureFacts, ...]:
    if not size:
        return tuple(FeatureFacts(name, None, None) for name in names)
    differs = (probe.x != exchange.of_donors(probe, rng)).any(axis=(0, 1))
    effects, shares = exchange.feature_effects(probe, rng), _slope_shares(few)
    return tuple(
        FeatureFacts(name, float(effects[k]) if differs[k] else None, None if shares is None else float(shares[k]))
        for k, name in enumerate(names)
    )


def _slope_shares(probe: Probe) -> FloatArray | None:
    """Each feature's share of |slope × (input − mean)|, (F,)."""
    M = probe.network.output_size
    outputs = np.unique(np.linspace(0, M - 1, min(M, OUTPUTS)).astype(int))
    total = np.zeros(probe.x.shape[2])
    for k in outputs:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ClearLSTMWarning)
            slopes = attribute(probe.network, probe.x, probe.lengths, output=int(k), method="gradient", baseline="mean")
        total += np.abs(slopes.values).sum(axis=(0, 1))
    return total / total.sum() if total.sum() > 0 else None


def _line(probe: Probe, rng: np.random.Generator) -> exchange.Line | None:
    line = exchange.line_of_last(probe, rng) if len(probe.x) >= FEW and probe.lengths.max() > 1 else None
    if line is None or len(np.unique(probe.last()[:, line.feature])) < DISTINCT:
        return None
    return line


def _skill(
    own: Subject,
    probe: Probe,
    answers: FloatArray,
    y: npt.NDArray[Any],
    names: Sequence[str],
    repeated: int | None,
) -> Skill | None:
    if y.ndim == 1:
        return exchange.skill_of_classes(answers, y)
    if own.corrects is not None:
        words = f"what it corrects, {own.corrects.base}"
        return exchange.skill_of_numbers(own.corrects.trust * answers, y, np.zeros_like(y), words)
    answers, y = own.answers(answers), own.answers(y)  # a regressor scales its features otherwise than its target
    if repeated is not None:
        last = np.repeat(own.back(probe.last())[:, [repeated]], y.shape[1], axis=1)
        return exchange.skill_of_numbers(answers, y, last, f"the last value of {quoted(names[repeated])} repeated")
    median = np.broadcast_to(np.median(y, axis=0), y.shape)
    return exchange.skill_of_numbers(answers, y, median, "the median of the targets")
