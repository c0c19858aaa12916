"""An estimator beside simple models: every number of the table and of the verdict."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.judging import SIGNIFICANT, Judgement, holm
from clearlstm.sequences.comparing.baselines import (
    Answer,
    Kind,
    baselines_of,
    chosen_baselines,
    neighbour,
    why_no_neighbour,
)
from clearlstm.sequences.comparing.chance import Difference, of_signs, over_folds
from clearlstm.sequences.comparing.folds import Plan
from clearlstm.sequences.inputs import Sequences
from clearlstm.shapes import FloatArray, counted
from clearlstm.training.progress import part, task

if TYPE_CHECKING:
    import pandas as pd

OURS: Final = "LSTM"
EQUIVALENT_WITHIN: Final = 0.02
"""A difference in the share of right answers, or in R², that makes no difference."""

OnFit: TypeAlias = Callable[[int, int, int], None]
"""Called before each fit of the estimator as ``on_fit(number, of, n_training)``, counted from 1."""


@final
@dataclass(frozen=True)
class Score:
    """One model on all folds.

    score: the share of right answers; of numbers R², the mean over outputs. loss: the Brier score (0 is best, 2 worst);
    of numbers the root of the mean squared error, in y's units (of several outputs their mean). balanced: the mean over
    classes of the share that is right, None for numbers. seconds: its time, learning and answering.
    """

    name: str
    score: float
    loss: float
    balanced: float | None
    seconds: float


@final
@dataclass(frozen=True)
class Duel:
    """The LSTM against one baseline: by how much its score is higher, whether that could be chance.

    ``p_value`` is adjusted for the number of baselines (Holm 1979), ``raw_p_value`` is not.
    """

    baseline: str
    gain: float
    interval: tuple[float, float]
    p_value: float
    raw_p_value: float
    judgement: Judgement


@final
@dataclass(frozen=True)
class Calibration:
    """How sure the LSTM was of its answers, on average, and the share of them that was right; both 0 … 1."""

    confidence: float
    right: float
    n_sequences: int

    @property
    def gap(self) -> float:
        """Above 0: too sure of itself."""
        return self.confidence - self.right

    @property
    def is_chance(self) -> bool:
        """Whether two standard errors of the share that was right reach as far."""
        share = min(max(self.right, 0.5 / self.n_sequences), 1 - 0.5 / self.n_sequences)
        return abs(self.gap) < 2 * math.sqrt(share * (1 - share) / self.n_sequences)


@final
@dataclass(frozen=True, eq=False)
class Tests:
    """Every answer to a sequence that a model hadn't seen, m of them, fold after fold.

    sequence, fold (m,): which was tested, where. truth: numbers of classes (m,), or numbers (m, K). answers: of each
    model (m, K), probabilities of the classes or numbers.
    """

    sequence: npt.NDArray[np.int64]
    fold: npt.NDArray[np.int64]
    truth: npt.NDArray[Any]
    answers: dict[str, FloatArray]


@final
@dataclass(frozen=True, eq=False, repr=False)
class SequenceComparison:
    """All that a comparison shows; ``print`` gives the table.

    scores: the LSTM's first, then the baselines', simplest first. duels: the LSTM against each. gains: what each model
    has over the simplest, and whether that could be chance, adjusted for their number. classes: the labels (K,), None
    for numbers. notes: what was left out, and why. recommended: the simplest model that is within 2 points, or one
    standard error of the difference (Breiman et al. 1984), of the best; where nothing is shown, the simplest of all.
    """

    kind: Kind
    plan: Plan
    scores: tuple[Score, ...]
    duels: tuple[Duel, ...]
    gains: dict[str, Difference]
    tests: Tests
    classes: npt.NDArray[Any] | None
    notes: tuple[str, ...]
    calibration: Calibration | None
    recommended: str

    def score(self, name: str) -> Score:
        """Of one model."""
        return next(score for score in self.scores if score.name == name)

    def duel(self, baseline: str) -> Duel:
        """The LSTM against ``baseline``."""
        return next(duel for duel in self.duels if duel.baseline == baseline)

    def strongest(self) -> Duel:
        """Against the simplest baseline of those that are within 2 points of the best."""
        least = min(duel.gain for duel in self.duels)
        return next(duel for duel in self.duels if duel.gain - least <= EQUIVALENT_WITHIN)

    @property
    def simplest(self) -> str:
        """The baseline that looks at no sequence."""
        return self.duels[0].baseline

    @property
    def shows_anything(self) -> bool:
        """Whether any model demonstrably beats the one that looks at no sequence."""
        return _any_beats(self.gains)

    @property
    def words(self) -> dict[str, str]:
        """Each baseline as sentences call it."""
        return {one.name: one.words for one in (*baselines_of(self.kind), neighbour(self.kind))}

    @property
    def confusion(self) -> npt.NDArray[np.int64]:
        """How often the LSTM answered class j where i was right, (K, K), over all answers."""
        K = self.tests.answers[OURS].shape[1]
        counts = np.zeros((K, K), np.int64)
        np.add.at(counts, (self.tests.truth, self.tests.answers[OURS].argmax(axis=1)), 1)
        return counts

    def to_frame(self) -> "pd.DataFrame":
        """A row a model: its scores, and the LSTM's gain over it with interval and p-value."""
        import pandas as pd

        names = ("accuracy", "brier") if self.kind == "classes" else ("r2", "rmse")
        duels = {duel.baseline: duel for duel in self.duels}
        rows = []
        for score in self.scores:
            row: dict[str, Any] = {"model": score.name, names[0]: score.score, names[1]: score.loss}
            if score.balanced is not None:
                row["balanced_accuracy"] = score.balanced
            duel = duels.get(score.name)
            low, high = (np.nan, np.nan) if duel is None else duel.interval
            row |= {
                "gain": np.nan if duel is None else duel.gain,
                "gain_lo_95": low,
                "gain_hi_95": high,
                "p_value": np.nan if duel is None else duel.p_value,
                "lstm": "" if duel is None else duel.judgement,
                "seconds": score.seconds,
            }
            rows.append(row)
        return pd.DataFrame(rows)

    def __str__(self) -> str:
        table: str = self.to_frame().drop(columns="seconds").to_string(index=False, float_format="%.3f")
        return table

    def __repr__(self) -> str:
        scores = ", ".join(f"{score.name} {score.score:.3f}" for score in self.scores)
        return f"SequenceComparison({scores}; recommended: {self.recommended})"


def compare(
    kind: Kind,
    sequences: Sequences,
    target: npt.NDArray[Any],
    plan: Plan,
    ours: Answer,
    *,
    classes: npt.NDArray[Any] | None = None,
    on_fit: OnFit | None = None,
    progress: bool = False,
) -> SequenceComparison:
    """The estimator ``ours`` and the baselines on the folds of ``plan``.

    target: numbers of classes (N,), or numbers (N, K). Each model gets the training part and the test part's sequences,
    and nothing else. progress: show one bar for all folds.
    """
    K = target.shape[1] if classes is None else len(classes)
    models = {OURS: _announced(ours, len(plan.folds), on_fit)}
    models |= {one.name: one.answer for one in chosen_baselines(kind, sequences, plan)}
    seconds = dict.fromkeys(models, 0.0)
    parts: dict[str, list[FloatArray]] = {name: [] for name in models}
    with task(progress, len(plan.folds), "fold", done=counted(len(plan.folds), "fold")):
        for fold in plan.folds:
            training, test = sequences.take(fold.training), sequences.take(fold.test)
            with part():
                for name, answer in models.items():
                    start = time.perf_counter()
                    parts[name].append(answer(training, target[fold.training], test, K))
                    seconds[name] += time.perf_counter() - start
    tested = np.concatenate([fold.test for fold in plan.folds])
    folds = np.repeat(np.arange(len(plan.folds)), [len(fold.test) for fold in plan.folds])
    tests = Tests(tested, folds, target[tested], {name: np.concatenate(part) for name, part in parts.items()})
    return _judged(kind, plan, tests, classes, seconds, list(_notes(kind, sequences, target, plan)))


def _announced(ours: Answer, n_fits: int, on_fit: OnFit | None) -> Answer:
    numbers: Iterator[int] = iter(range(1, n_fits + 1))

    def answer(training: Sequences, target: npt.NDArray[Any], test: Sequences, K: int) -> FloatArray:
        if on_fit is not None:
            on_fit(next(numbers), n_fits, len(training))
        return ours(training, target, test, K)

    return answer


def _notes(kind: Kind, sequences: Sequences, target: npt.NDArray[Any], plan: Plan) -> Iterator[str]:
    why = why_no_neighbour(sequences, plan)
    if why is not None:
        yield why
    if kind == "classes":
        counts = np.bincount(target)
        rare = int((counts < 5).sum())
        if rare:
            has = "has" if rare == 1 else "have"
            yield f"{rare} of {len(counts)} classes {has} fewer than 5 sequences: what is said of them rests on little."


def _judged(
    kind: Kind,
    plan: Plan,
    tests: Tests,
    classes: npt.NDArray[Any] | None,
    seconds: dict[str, float],
    notes: list[str],
) -> SequenceComparison:
    losses = {name: _losses(kind, tests.truth, answers) for name, answers in tests.answers.items()}
    scores = tuple(_score(kind, name, tests, losses[name], seconds[name]) for name in losses)
    names = [name for name in losses if name != OURS]
    against = {name: _difference(kind, plan, tests, losses[name] - losses[OURS]) for name in names}
    adjusted = holm([difference.p_value for difference in against.values()])
    duels = tuple(
        Duel(name, one.mean, one.interval, p, one.p_value, _judgement(one, p))
        for (name, one), p in zip(against.items(), adjusted, strict=True)
    )
    simplest = names[0]
    gains = {name: _difference(kind, plan, tests, losses[simplest] - losses[name]) for name in (OURS, *names[1:])}
    corrected = holm([one.p_value for one in gains.values()])
    gains = {name: one._replace(p_value=p) for (name, one), p in zip(gains.items(), corrected, strict=True)}
    calibration = _calibration(tests) if kind == "classes" else None
    recommended = _recommended(kind, plan, tests, losses) if _any_beats(gains) else simplest
    return SequenceComparison(kind, plan, scores, duels, gains, tests, classes, tuple(notes), calibration, recommended)


def _any_beats(gains: dict[str, Difference]) -> bool:
    return any(one.p_value < SIGNIFICANT and one.mean > 0 for one in gains.values())


def _recommended(kind: Kind, plan: Plan, tests: Tests, losses: dict[str, FloatArray]) -> str:
    """The simplest model that is hardly worse than the best; the LSTM is the least simple."""
    by_simplicity = [*(name for name in losses if name != OURS), OURS]
    best = min(by_simplicity, key=lambda name: float(losses[name].mean()))
    for name in by_simplicity:
        behind = _difference(kind, plan, tests, losses[name] - losses[best])
        if behind.mean <= max(EQUIVALENT_WITHIN, behind.standard_error):
            return name
    return best


def _losses(kind: Kind, truth: npt.NDArray[Any], answers: FloatArray) -> FloatArray:
    """Of each answer (m,): 1 if it is wrong, else 0; of numbers its squared error over their variance."""
    if kind == "classes":
        return np.asarray((answers.argmax(axis=1) != truth).astype(np.float64))
    variance = truth.var(axis=0)
    return np.asarray(((answers - truth) ** 2 / np.where(variance > 0, variance, 1.0)).mean(axis=1))


def _score(kind: Kind, name: str, tests: Tests, losses: FloatArray, seconds: float) -> Score:
    answers, truth = tests.answers[name], tests.truth
    if kind == "numbers":
        rmse = np.sqrt(((answers - truth) ** 2).mean(axis=0)).mean()
        return Score(name, 1 - float(losses.mean()), float(rmse), None, seconds)
    # Brier (1950): Σ_k (p_k − 1[k = y])²
    brier = ((answers - np.eye(answers.shape[1])[truth]) ** 2).sum(axis=1).mean()
    by_class = [1 - losses[truth == k].mean() for k in np.unique(truth)]
    return Score(name, 1 - float(losses.mean()), float(brier), float(np.mean(by_class)), seconds)


def _difference(kind: Kind, plan: Plan, tests: Tests, gains: FloatArray) -> Difference:
    """The mean of ``gains`` (m,), and whether it could be chance."""
    ends = np.flatnonzero(np.diff(tests.fold)) + 1
    first = plan.folds[0]
    result = over_folds(np.split(gains, ends), len(first.test) / len(first.training))
    if kind == "classes":
        # A difference between right and wrong is never surer than its few sequences.
        result = result._replace(p_value=max(result.p_value, of_signs(tests.sequence, gains)))
    return result


def _judgement(difference: Difference, p_value: float) -> Judgement:
    low, high = difference.interval
    if max(-low, high) < EQUIVALENT_WITHIN:
        return "is equivalent to"
    if p_value >= SIGNIFICANT:
        return "can't be told from"
    return "beats" if difference.mean > 0 else "loses to"


def _calibration(tests: Tests) -> Calibration:
    shares = tests.answers[OURS]
    right = shares.argmax(axis=1) == tests.truth
    return Calibration(float(shares.max(axis=1).mean()), float(right.mean()), len(np.unique(tests.sequence)))
