"""The audit: what a model remembers, hangs on and misses, on the data that it is given, and what looks like a fault.

It looks at samples, whose sizes it states, and which it chooses so that the seconds that it is given are enough
(:mod:`clearlstm.insight.audit.plan`). What it says of the answers holds for data such as these; of other data it says
nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.insight.audit import answers as exchange
from clearlstm.insight.audit.answers import Probe
from clearlstm.insight.audit.facts import Facts, Samples, Sizes
from clearlstm.insight.audit.findings import Finding, judge
from clearlstm.insight.audit.plan import Plan, clock, plan_for
from clearlstm.insight.audit.stages import STAGES, Question
from clearlstm.insight.audit.stages import Samples as Drawn
from clearlstm.insight.audit.summary import summarize
from clearlstm.insight.first_order import OUTPUTS
from clearlstm.insight.hiding import Watch
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.network.subject import Subject, subject_of
from clearlstm.shapes import FloatArray, as_array, check_array, counted, is_whole, random_generator
from clearlstm.training.progress import task, tell

if TYPE_CHECKING:
    import pandas as pd

Progress: TypeAlias = Callable[[str, float], None]
"""Is told which stage the audit is at, and what share of the whole is done, 0..1."""


@final
@dataclass(frozen=True, repr=False)
class Audit(Shown):
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
    def summary(self) -> tuple[str, ...]:
        """Three sentences for anyone: what it is, what it goes by, and whether anything is wrong."""
        return summarize(self.facts, self.findings)

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
            "summary": list(self.summary),
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


class AuditStopped(KeyboardInterrupt):
    """The audit was stopped; ``audit`` is what is known, and its ``facts.missing`` the stages that are not."""

    def __init__(self, audit: Audit) -> None:
        super().__init__()
        self.audit = audit


@dataclass(frozen=True)
class Pace:
    """How far the whole is, from how far each stage is: by the seconds that each will take, if they are known."""

    seconds: Mapping[str, float] | None
    tell: Progress

    def of(self, stage: str) -> Watch:
        """What a stage tells how far it is, 0..1."""
        known = self.seconds or dict.fromkeys(STAGES, 1.0)
        names = list(STAGES)
        before = sum(known[name] for name in names[: names.index(stage)])
        total = sum(known[name] for name in names)
        self.tell(stage, before / total)
        return lambda share: self.tell(stage, (before + share * known[stage]) / total)


def audit(
    model: Any,
    x: Any = None,
    y: npt.ArrayLike | None = None,
    *,
    lengths: npt.ArrayLike | None = None,
    feature_names: Sequence[str] | None = None,
    target_feature: int | str | np.integer[Any] | None = None,
    seed: int = 0,
    seconds: float = 60.0,
    progress: bool | Progress = False,
) -> Audit:
    """Look a model over on data such as it is used on.

    Parameters
    ----------
    model, x, lengths
        A Network, an LSTM, an RNN or a fitted forecaster with what its net reads, (N, T, F); or a classifier or a
        regressor with X as its ``predict`` takes it; a captured layer needs no x. A forecaster's answers are the
        medians of its first net, for its skill as far as they have earned it.
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
    seconds
        What it may take, about. Where all fits into it, the seed alone decides on every number. Where it doesn't,
        samples are made smaller by the speed of this machine: ``facts.samples`` says so and how large they were, and
        units may be estimated instead of run (``facts.units``, columns ``first_order`` and ``ablated_on``).
        ``math.inf`` sets no limit.
    progress
        Show a progress bar, on a terminal or in a notebook; or what is called instead, with the name of a stage and the
        share of the whole that is done, as often as there is news.

    Raises InputError for what doesn't fit, and for a single sequence: there is nothing to exchange it with. A stop
    (KeyboardInterrupt) after the first answers comes as AuditStopped, which holds what is known by then.

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
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float, np.number)) or not seconds > 0:
        raise InputError(f"seconds is {seconds!r}; a number above 0 is needed, or math.inf for no limit")
    with task(progress is True, done="audit"):
        tell("answers", 0.0)
        begun, rng, plan = clock(), random_generator(seed), plan_for(probe, float(seconds))
        rows = _sample(len(probe.x), plan.answers, rng)
        target = None if target is None else target[rows]
        samples = _samples(probe.take(rows), plan, rng)
        facts, answers = _first_facts(subject, samples, (len(probe.x), seed, float(seconds)), plan)
        if not facts.finite:
            return _judged(facts)
        question = Question(subject, samples, target, names, repeated, plan, rng, answers, facts.spread)
        return _staged(facts, question, progress if callable(progress) else tell, begun)


def _samples(probe: Probe, plan: Plan, rng: np.random.Generator) -> Drawn:
    sizes = (plan.exchanged, plan.memory, plan.gradient)
    return Drawn(probe, *(probe.take(_sample(len(probe.x), size, rng)) for size in sizes))


def _first_facts(subject: Subject, drawn: Drawn, given: tuple[int, int, float], plan: Plan) -> tuple[Facts, FloatArray]:
    """What is known before anything is exchanged, and the answers (N, K); ``given``: sequences, seed and seconds."""
    probe, (n_given, seed, seconds) = drawn.probe, given
    lengths, M = probe.lengths, probe.network.output_size
    samples = Samples(
        n_given, int(np.median(lengths)), int(lengths.min()), int(lengths.max()),
        len(probe.x), len(drawn.exchanged.x), len(drawn.units.x), len(drawn.gradient.x),
        seed, min(M, OUTPUTS), seconds, plan.cut,
    )  # fmt: skip
    answers = probe.answers()
    finite = bool(np.isfinite(answers).all())
    differ = bool((probe.x != probe.x[:1]).any() or np.ptp(lengths))
    spread = exchange.spread(answers) if finite else math.nan
    largest = float(np.abs(probe.x).max())
    facts = Facts(Sizes.of(probe.network), samples, finite, differ, spread, largest, corrects=subject.corrects)
    return facts, answers


def _staged(facts: Facts, question: Question, progress: Progress, begun: float) -> Audit:
    """Stage by stage; ``begun``: by the clock. Raises AuditStopped for a stop, with what the stages before it found."""
    pace = Pace(question.plan.seconds, progress)
    for name, measure in STAGES.items():
        try:
            watch = pace.of(name)
            if name == "units":
                question = replace(question, plan=question.plan.caught_up(clock() - begun, facts.samples.seconds))
            facts = replace(facts, **measure(question, watch))
            watch(1.0)
        except KeyboardInterrupt:
            known = list(STAGES)
            raise AuditStopped(_judged(replace(facts, missing=tuple(known[known.index(name) :])))) from None
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
