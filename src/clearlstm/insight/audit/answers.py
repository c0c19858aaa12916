"""What a model's answers hang on, found by changing what goes in and looking at what comes out.

Nothing here looks inside: a feature, or all the older steps, are taken from another sequence of the same data, and the
answers before and after are compared. Half the mean square change over the variance of the answers is the share of
their variance that is lost, the total effect of Sobol' (estimator of Jansen 1999); its root is given, as a share of
the answers' spread. An answer that hangs on nothing else reads 1.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.insight.hiding import Watch, unwatched
from clearlstm.network.model import Network, States
from clearlstm.network.recurrent import PIECE_STEPS, final_states
from clearlstm.network.states import State
from clearlstm.network.subject import Sequences, Subject, states_of
from clearlstm.shapes import FloatArray, real_steps

UNFELT: Final = 1e-3
"""Less than a thousandth of the answers' spread: the convention for a dead unit, an ignored feature and old steps."""

CONSTANT: Final = 1e-6
"""A spread below this share of the answers' size is rounding."""

NUMBERS: Final = 2**27
"""In the passes that are made together: 512 MB in float32."""

NORMAL: Final = 1.959964
"""Standard errors on either side of a 95 % interval."""

Ask: TypeAlias = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Probe:
    """A network, the sequences that it is asked about, and how a row of its answer is read.

    x (N, T, F); lengths (N,); ``point`` makes the (N, K) numbers that count of the raw answers (N, M): all of them,
    or the medians of a forecaster's quantiles; ``state``, what each net starts from.
    """

    network: Network
    x: FloatArray
    lengths: npt.NDArray[np.int64]
    point: Ask
    state: States | None = None

    @classmethod
    def of(cls, subject: Subject, x: Any, lengths: npt.ArrayLike | None) -> "Probe":
        """Of what is looked into. Raises InputError where x and lengths don't fit it."""
        inputs, steps, state = subject.read(x, lengths)
        return cls(subject.network, inputs, steps, subject.point, state)

    @property
    def sequences(self) -> Sequences:
        """What the network reads."""
        return Sequences(self.x, self.lengths, self.state)

    def take(self, rows: npt.NDArray[np.int64]) -> "Probe":
        """The same of the sequences ``rows`` (n,), their padding cut to the longest."""
        lengths = self.lengths[rows]
        state = states_of(self.state, rows)
        return Probe(self.network, self.x[rows, : lengths.max()], lengths, self.point, state)

    def answers(self, x: FloatArray | None = None, state: States | None = None) -> FloatArray:
        """(N, K) in float64; with an answer a step, those after each sequence's last step.

        To x and from ``state``, or to the sequences and from the states that they are.
        """
        given = Sequences(self.x if x is None else x, self.lengths, self.state if state is None else state)
        size = self._at_once()
        blocks = [slice(start, start + size) for start in range(0, len(given.x), size)]
        return np.concatenate([self._answers(given.take(rows)) for rows in blocks])

    def _answers(self, given: Sequences) -> FloatArray:
        y, lengths = self.network(*given), given.lengths
        last = y[np.arange(len(y)), lengths - 1] if y.ndim == 3 else y
        return self.point(last.astype(np.float64))

    def _at_once(self) -> int:
        """How many sequences go through the network together, so that memory stays in bounds."""
        steps = min(self.x.shape[1], PIECE_STEPS) if self.network.pool == "last" else self.x.shape[1]
        units = sum(net.num_layers * net.num_directions * net.hidden_size for net in self.network.nets)
        return max(1, int(NUMBERS // (6 * steps * units)))

    def last(self) -> FloatArray:
        """What came in at each sequence's last step, (N, F), in float64."""
        return self.x[np.arange(len(self.x)), self.lengths - 1].astype(np.float64)


def spread(answers: FloatArray) -> float:
    """The root mean square distance of the answers (N, K) from their mean, over all outputs; 0 if it is rounding."""
    distance = float(np.sqrt(((answers - answers.mean(axis=0)) ** 2).sum(axis=1).mean()))
    size = float(np.sqrt((answers**2).sum(axis=1).mean()))
    return distance if distance > CONSTANT * size else 0.0


def effect(before: FloatArray, after: FloatArray, of: float) -> float:
    """The root of the share of variance that hangs on what was changed; ``of`` is the answers' spread."""
    change = float(np.sqrt(((after - before) ** 2).sum(axis=1).mean()))
    return change / (math.sqrt(2) * of)


def effect_interval(before: FloatArray, after: FloatArray) -> tuple[float, float]:
    """A 95 % interval for :func:`effect`, which is the root of a ratio of two means over the same sequences.

    Normal, with the ratio estimator's standard error (Cochran 1977, section 2.11).
    """
    lost = ((after - before) ** 2).sum(axis=1) / 2
    size = ((before - before.mean(axis=0)) ** 2).sum(axis=1)
    ratio = lost.mean() / size.mean()
    error = NORMAL * (lost - ratio * size).std(ddof=1) / (np.sqrt(len(lost)) * size.mean())
    return float(np.sqrt(max(ratio - error, 0))), float(np.sqrt(ratio + error))


def donors(n_sequences: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """For each sequence another one, drawn at random, (N,): all in one ring, so none is its own."""
    ring = rng.permutation(n_sequences)
    others = np.empty_like(ring)
    others[ring] = np.roll(ring, 1)
    return others


def of_donors(probe: Probe, rng: np.random.Generator) -> FloatArray:
    """x (N, T, F) with all steps from other sequences; a shorter donor starts anew where it ends."""
    return _from(probe, donors(len(probe.x), rng))


def _from(probe: Probe, chosen: npt.NDArray[np.int64]) -> FloatArray:
    step = np.arange(probe.x.shape[1]) % probe.lengths[chosen, None]
    return np.asarray(probe.x[chosen[:, None], step])


@dataclass(frozen=True)
class Effects:
    """Shares of the answers' spread that hang on each of several things (L,), and 95 % intervals of them."""

    effect: FloatArray
    low: FloatArray
    high: FloatArray

    @classmethod
    def of(cls, before: FloatArray, changed: Iterable[FloatArray], watch: Watch) -> "Effects":
        """Of answers (N, K), beside those of each change."""
        size, result = spread(before), []
        for after in changed:
            result.append((effect(before, after, size), *effect_interval(before, after)))
            watch(len(result))
        return cls(*np.transpose(result))


def feature_effects(probe: Probe, rng: np.random.Generator, watch: Watch = unwatched) -> Effects:
    """How much of the answers hangs on each feature: it alone is taken from other sequences, (F,)."""
    foreign, F = of_donors(probe, rng), probe.x.shape[2]

    def exchanged(k: int) -> FloatArray:
        x = probe.x.copy()
        x[:, :, k] = foreign[:, :, k]
        return x

    changed = (probe.answers(exchanged(k)) for k in range(F))
    return Effects.of(probe.answers(), changed, lambda done: watch(done / F))


@dataclass(frozen=True)
class LookBack:
    """How much of the answers hangs on what is older than the last so many steps: steps (L,), rising, effect (L,).

    low, high (L,): a 95 % interval.
    """

    steps: npt.NDArray[np.int64]
    effect: FloatArray
    low: FloatArray
    high: FloatArray

    @property
    def reach(self) -> int | None:
        """The fewest last steps that decide the answer to a thousandth of its spread; None if not even the most do."""
        felt = np.flatnonzero(self.effect >= UNFELT)
        if not len(felt):
            return int(self.steps[0])
        return int(self.steps[felt[-1] + 1]) if felt[-1] + 1 < len(self.steps) else None


def look_back(
    probe: Probe, steps: npt.NDArray[np.int64], rng: np.random.Generator, watch: Watch = unwatched
) -> LookBack:
    """Take all but the last k steps from other sequences, for each k of ``steps`` (L,)."""
    chosen = donors(len(probe.x), rng)
    if _goes_on_from_anywhere(probe):
        changed = _answers_after(probe, chosen, steps)
    else:
        foreign = _from(probe, chosen)
        changed = (probe.answers(*_with_older(probe, foreign, chosen, int(k))) for k in steps)
    result = Effects.of(probe.answers(), changed, lambda done: watch(done / len(steps)))
    return LookBack(steps, result.effect, result.low, result.high)


def _goes_on_from_anywhere(probe: Probe) -> bool:
    """Whether a pass may begin with the last k steps, from a state that another sequence left there."""
    forward = not any(net.bidirectional for net in probe.network.nets)
    return bool(forward and probe.network.pool == "last" and np.ptp(probe.lengths) == 0)


def _answers_after(probe: Probe, chosen: npt.NDArray[np.int64], steps: npt.NDArray[np.int64]) -> Iterator[FloatArray]:
    """The answers (N, K) with all but the last k steps from the sequences ``chosen``, for each k of ``steps``, rising.

    Those older steps leave the state that their own sequence left, so only k steps are run again.
    """
    (N, T, _), nets = probe.x.shape, probe.network.nets
    given: Sequence[State | None] = probe.state or [None] * len(nets)
    states, at, left = [net.first_state(state, N) for net, state in zip(nets, given, strict=True)], 0, {}
    for k in steps[::-1].tolist():
        states = final_states(nets, probe.x[:, at : T - k], np.full(N, T - k - at), list(states))
        at, left[k] = T - k, states
    for k in steps.tolist():
        before = [tuple(np.ascontiguousarray(state[:, chosen]) for state in net) for net in left[k]]
        h = final_states(nets, probe.x[:, T - k :], np.full(N, k), before)[-1][0][-1]
        y = probe.network.head(h) if probe.network.head else h
        yield probe.point(y.astype(np.float64))


def _with_older(
    probe: Probe, foreign: FloatArray, chosen: npt.NDArray[np.int64], kept: int
) -> tuple[FloatArray, States | None]:
    """x with what is older than the last ``kept`` steps from ``foreign`` (N, T, F), and first states alike."""
    older = real_steps(probe.lengths - kept, probe.x.shape[1])
    state = states_of(probe.state, np.where(older.any(axis=1), chosen, np.arange(len(chosen))))
    return np.where(older[:, :, None], foreign, probe.x), state


@dataclass(frozen=True)
class Line:
    """The answers as a straight line of one feature's last value: answers ≈ slope · last + offset.

    slope and offset (K,); r2 as the data are, r2_alone when everything but that value comes from other sequences.
    """

    feature: int
    slope: FloatArray
    offset: FloatArray
    r2: float
    r2_alone: float


def line_of_last(probe: Probe, answers: FloatArray, rng: np.random.Generator) -> Line | None:
    """The feature whose last value explains the answers (N, K) best by a straight line; None if none varies there."""
    last = probe.last()
    varying = [k for k in range(last.shape[1]) if np.ptp(last[:, k]) > 0]
    if not varying or not spread(answers):
        return None
    fits = {k: _fit(last[:, k], answers) for k in varying}
    best = min(fits, key=lambda k: _unexplained(answers, fits[k], last[:, k]))
    x, ends = of_donors(probe, rng), (np.arange(len(last)), probe.lengths - 1)
    x[(*ends, best)] = probe.x[(*ends, best)]
    alone = _unexplained(probe.answers(x), fits[best], last[:, best])
    size = spread(answers) ** 2
    r2 = 1 - _unexplained(answers, fits[best], last[:, best]) / size
    return Line(best, *fits[best], r2=r2, r2_alone=1 - alone / size)


def _fit(last: FloatArray, answers: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Least squares: the slope and the offset of each output, (K,)."""
    away = last - last.mean()
    slope = away @ (answers - answers.mean(axis=0)) / (away @ away)
    return slope, answers.mean(axis=0) - slope * last.mean()


def _unexplained(answers: FloatArray, line: tuple[FloatArray, FloatArray], last: FloatArray) -> float:
    """The mean square distance of the answers (N, K) from a line."""
    slope, offset = line
    return float(((answers - slope * last[:, None] - offset) ** 2).sum(axis=1).mean())


@dataclass(frozen=True)
class Skill:
    """Whether the answers are nearer the truth than a naive rule.

    ``error`` is the mean absolute error, or with classes the share that is wrong; ``naive_error`` that of ``naive``, a
    rule in words. z is the mean of the naive error less the model's, sequence by sequence, over its standard error.
    error_interval: 95 %, normal, from the errors' own spread over the ``sequences``.
    """

    kind: Literal["numbers", "classes"]
    naive: str
    error: float
    naive_error: float
    z: float
    sequences: int = 0
    error_interval: tuple[float, float] = (math.nan, math.nan)

    @property
    def skill(self) -> float:
        """The share of the naive error that the model saves; below 0 it is worse."""
        return 1 - self.error / self.naive_error


def skill_of_numbers(answers: FloatArray, y: FloatArray, naive: FloatArray, words: str) -> Skill | None:
    """Of answers (N, K) for y (N, K), beside ``naive`` (N, K); None if the naive rule is never wrong."""
    errors, others = (np.abs(values - y).mean(axis=1) for values in (answers, naive))
    return _skill("numbers", words, errors, others)


def skill_of_classes(answers: FloatArray, y: npt.NDArray[np.int64]) -> Skill | None:
    """Of the largest of answers (N, K) as the class y (N,), beside the class that is most frequent in y.

    None if that is the only one.
    """
    counts = np.bincount(y)
    wrong, others = answers.argmax(axis=1) != y, y != counts.argmax()
    words = f"the most frequent class, {int(counts.argmax())}"
    return _skill("classes", words, wrong.astype(np.float64), others.astype(np.float64))


def _skill(kind: Literal["numbers", "classes"], words: str, errors: FloatArray, others: FloatArray) -> Skill | None:
    """Of the errors of each sequence, (N,), beside those of the naive rule."""
    if not others.any():
        return None
    n, mean = len(errors), float(errors.mean())
    error = NORMAL * float(errors.std(ddof=min(1, n - 1))) / math.sqrt(n)
    interval = (max(mean - error, 0.0), mean + error)
    return Skill(kind, words, mean, float(others.mean()), _z(others - errors), n, interval)


def _z(gain: FloatArray) -> float:
    """The mean over its standard error; 0 where it can't be told."""
    if len(gain) < 2 or np.ptp(gain) == 0:
        return float(np.sign(gain.mean()) * np.inf) if len(gain) > 1 and gain.mean() else 0.0
    return float(gain.mean() / (gain.std(ddof=1) / np.sqrt(len(gain))))
