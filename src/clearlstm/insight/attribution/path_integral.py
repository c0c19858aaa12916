"""How much of one number in a model's answer each input accounts for, along a straight path from a baseline.

Integrated gradients (Sundararajan, Taly & Yan 2017, equation 1): with the baseline x' and the input x,

    attribution = (x − x') ∫₀¹ ∂y/∂x (x' + α (x − x')) dα

Completeness: the attributions add up to y(x) − y(x'). Several baselines are averaged over (Erion et al. 2021,
"expected gradients"). The integral is taken by Gauss and Legendre's rule: a net is smooth along the path, so the error
falls much faster with each point than that of an even grid.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.model import Network, NetworkTrace, States
from clearlstm.network.subject import states_of
from clearlstm.shapes import FloatArray, check_positive

Rows: TypeAlias = npt.NDArray[np.int64]
Read: TypeAlias = Callable[[FloatArray, Rows], tuple[FloatArray, FloatArray]]
"""From answers y (B, …) to the sequences ``rows`` (B,): the numbers that are explained (B,), their slopes by y."""

NUMBERS_AT_ONCE: Final = 2**22
"""Of the passes that are made together, in all recorded arrays: 16 MB in float32, which is still near the cores."""

FLOOR: Final = 0.1
"""The absolute floor of the gap, as a part of the tolerance, of Σ|attributions|."""

PIECE: Final = 64
"""Points of one rule; more make several, side by side."""

ROUNDINGS: Final = 8
"""The gap that a difference of two answers may have from rounding, in units of the answers' last digit."""


@dataclass(frozen=True)
class Question:
    """One number of the answer to each sequence: the mean over ``networks`` of what ``read`` takes from theirs.

    lengths (N,): the real steps of the sequences; ``state``, what each network starts from.
    """

    networks: tuple[Network, ...]
    lengths: Rows
    read: Read
    state: States | None = None

    def answers(self, x: FloatArray, rows: Rows) -> FloatArray:
        """The answers to x (B, T, F), inputs for the sequences ``rows`` (B,): (B,), in float64."""
        total = np.zeros(len(rows))
        for network in self.networks:
            total += self.read(network(x, self.lengths[rows], states_of(self.state, rows)), rows)[0]
        return total / len(self.networks)

    def slopes(self, x: FloatArray, rows: Rows) -> FloatArray:
        """∂answer/∂x at x (B, T, F), 0 in padding."""
        total = np.zeros_like(x)
        for network in self.networks:
            trace: NetworkTrace = network.trace(x, self.lengths[rows], states_of(self.state, rows))
            total += network.backward(trace, self.read(trace.y, rows)[1]).x
        total /= len(self.networks)
        return total

    def at_once(self, T: int) -> int:
        """How many sequences of T steps go through the net together."""
        # The record holds 6 H numbers a step in each direction, and the way back 5 H more.
        units = [net.num_layers * net.num_directions * net.hidden_size for net in self.networks[0].nets]
        numbers = T * (11 * sum(units) + 3 * self.networks[0].input_size)
        return max(1, NUMBERS_AT_ONCE // numbers)


@dataclass(frozen=True)
class Starts:
    """The baselines: sequence n starts from ``values[index[n, k]]`` for each k; values (W, T, F), index (N, K)."""

    values: FloatArray
    index: Rows
    name: str


@dataclass(frozen=True)
class Rule:
    """How exact the integral must be (the gap as a share of the difference), and with how many points on each path."""

    tolerance: float
    points: int
    max_points: int

    def __post_init__(self) -> None:
        share = self.tolerance
        if isinstance(share, bool) or not isinstance(share, (int, float, np.floating)) or not 0 < share < 1:
            raise InputError(f"tolerance is {share!r}; it is a share above 0 and below 1, such as 0.01")
        check_positive("points", self.points)
        if check_positive("max_points", self.max_points) < self.points:
            raise InputError(
                f"max_points is {self.max_points}, below points, which is {self.points}: raise it, or lower points"
            )


@dataclass(frozen=True)
class Integral:
    """What the paths brought, in float64.

    values (N, T, F); answer and baseline_answer (N,), the latter the mean over a sequence's baselines; points (N,), on
    each of its paths; converged (N,): whether the gap is small enough.
    """

    values: FloatArray
    answer: FloatArray
    baseline_answer: FloatArray
    points: Rows
    converged: npt.NDArray[np.bool_]

    @property
    def gap(self) -> FloatArray:
        """Σ attributions − (answer − baseline answer), (N,): 0 where the attribution is complete."""
        return completeness_gap(self.values, self.answer, self.baseline_answer)


def completeness_gap(values: FloatArray, answer: FloatArray, baseline_answer: FloatArray) -> FloatArray:
    """Σ values − (answer − baseline_answer), (N,)."""
    return np.asarray(values.sum(axis=(1, 2)) - (answer - baseline_answer))


def at_the_input(question: Question, x: FloatArray, starts: Starts, tolerance: float) -> Integral:
    """(x − x') times the slope at x itself, averaged over the baselines."""
    end, start = _ends(question, x, starts)
    values = _along_paths(question, x, starts, np.arange(len(x)), np.ones(1), np.ones(1))
    return _integral(values, end, start, np.ones(len(x), np.int64), x.dtype, tolerance)


def integrate(question: Question, x: FloatArray, starts: Starts, rule: Rule) -> Integral:
    """The integral along the paths of x (N, T, F).

    Where the gap is above the tolerance of the difference between the two answers (and above the floor) the points are
    doubled, sequence by sequence.
    """
    N, points = len(x), rule.points
    end, start = _ends(question, x, starts)
    values, taken = np.zeros(x.shape), np.zeros(N, np.int64)
    open_rows = np.arange(N)
    while True:
        nodes, weights = _points_on_path(points)
        values[open_rows] = _along_paths(question, x, starts, open_rows, nodes, weights)
        taken[open_rows] = len(nodes)
        integral = _integral(values, end, start, taken, x.dtype, rule.tolerance)
        open_rows = np.flatnonzero(~integral.converged)
        if not len(open_rows) or points >= rule.max_points:
            return integral
        points = min(2 * points, rule.max_points)


def _points_on_path(points: int) -> tuple[FloatArray, FloatArray]:
    """Nodes in 0..1 and their weights: Gauss and Legendre's, of more than ``PIECE`` points piece by piece.

    One rule of thousands of points would take longer to make than the passes through a small net.
    """
    pieces = max(1, points // PIECE)
    nodes, weights = np.polynomial.legendre.leggauss(points // pieces)
    # from [−1, 1] to [0, 1], and there to each piece
    starts = np.arange(pieces)[:, None]
    return ((starts + (nodes + 1) / 2) / pieces).ravel(), np.tile(weights / 2 / pieces, pieces)


def _integral(
    values: FloatArray, end: FloatArray, start: FloatArray, points: Rows, dtype: npt.DTypeLike, tolerance: float
) -> Integral:
    gap = np.abs(completeness_gap(values, end, start))
    floor = FLOOR * tolerance * np.abs(values).sum(axis=(1, 2))
    rounding = ROUNDINGS * np.finfo(dtype).eps * np.maximum(np.abs(end), np.abs(start))
    allowed = np.maximum(tolerance * np.abs(end - start), floor) + rounding
    return Integral(values, end, start, points.copy(), gap <= allowed)


def _ends(question: Question, x: FloatArray, starts: Starts) -> tuple[FloatArray, FloatArray]:
    """The answers to x and, averaged, to its baselines, each (N,)."""
    N, K = starts.index.shape
    end, start = np.empty(N), np.zeros(N)
    for rows in _blocks(N, question.at_once(x.shape[1])):
        end[rows] = question.answers(x[rows], np.arange(N)[rows])
    for paths in _blocks(N * K, question.at_once(x.shape[1])):
        n, k = np.divmod(np.arange(N * K)[paths], K)
        np.add.at(start, n, question.answers(starts.values[starts.index[n, k]], n) / K)
    if (bad := np.flatnonzero(~np.isfinite(end - start))).size:
        raise InputError(
            f"the answer to sequence {bad[0]}, or to its baseline, is NaN or infinite: check the weights and the input"
        )
    return end, start


def _along_paths(
    question: Question, x: FloatArray, starts: Starts, rows: Rows, nodes: FloatArray, weights: FloatArray
) -> FloatArray:
    """Σ_j weight_j (x − x') ∂y/∂x (x' + node_j (x − x')) of the sequences ``rows``, averaged over their baselines.

    As many points as fit go through the net together, of several paths, or a path by pieces.
    """
    K, at_once = starts.index.shape[1], question.at_once(x.shape[1])
    values = np.zeros((len(rows), *x.shape[1:]))
    for paths in _blocks(len(rows) * K, max(1, at_once // len(nodes))):
        at, k = np.divmod(np.arange(len(rows) * K)[paths], K)
        n = rows[at]
        start = starts.values[starts.index[n, k]]
        way = x[n] - start
        slope = np.zeros(way.shape)
        for some in _blocks(len(nodes), at_once):
            slope += _weighted_slopes(question, start, way, n, nodes[some], weights[some])
        np.add.at(values, at, slope * way / K)
    return values


def _weighted_slopes(
    question: Question, start: FloatArray, way: FloatArray, n: Rows, nodes: FloatArray, weights: FloatArray
) -> FloatArray:
    """Σ_j weight_j ∂y/∂x (start + node_j way), (P, T, F), of P paths of the sequences ``n`` (P,)."""
    P, T, F = way.shape
    along = nodes.astype(way.dtype)[:, None, None]
    points = start[:, None] + along * way[:, None]
    slopes = question.slopes(points.reshape(-1, T, F), np.repeat(n, len(nodes)))
    return np.asarray((weights @ slopes.reshape(P, len(nodes), T * F)).reshape(P, T, F))


def _blocks(n: int, size: int) -> Iterator[slice]:
    for start in range(0, n, size):
        yield slice(start, start + size)
