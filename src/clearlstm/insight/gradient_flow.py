"""Gradient flow: how much of a small change at an earlier step is still felt at the last one.

Every number is the spectral norm of an exact Jacobian along a recorded pass: the largest factor by which any small
change of the state after step k arrives in the state after the last step. It is found by walking the steps backwards
with one row for each unit of the last state. Row by row this is the backward pass of :mod:`clearlstm.cell.lstm`,
so the equations here mirror the ones there.

An LSTM has two ways through time. The direct one multiplies c by the forget gate at every step; the other goes through
h and all four gates. The product of forget gates is the direct path alone. It bounds nothing: the whole may be larger
or smaller than it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias, overload

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import split_gates
from clearlstm.cell.lstm import LSTMRecord
from clearlstm.cell.record import step_order
from clearlstm.errors import InputError
from clearlstm.insight import few_lags
from clearlstm.insight.flow import EXPLODED, VANISHED, FlowSummary, GradientFlow, LSTMFlow, RNNFlow, fate, lags_of
from clearlstm.insight.jacobians import Slopes, last_steps, lstm_slopes
from clearlstm.insight.spectral import FollowedNorms, product, spectral_norm
from clearlstm.insight.subject import check_finite
from clearlstm.network.lstm import LSTMLayerTrace
from clearlstm.network.rnn import RNNLayerTrace
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray, IntArray, check_whole

__all__ = [
    "EXPLODED",
    "VANISHED",
    "FlowSummary",
    "GradientFlow",
    "LSTMFlow",
    "RNNFlow",
    "fate",
    "gradient_flow",
    "spectral_norm",
]

_CHUNK_NUMBERS: Final = 2**22  # in the largest array of a walk: 32 MB, so that long batches of wide nets fit too


@overload
def gradient_flow(layer: LSTMLayerTrace, *, lags: Iterable[int] | None = None) -> LSTMFlow: ...
@overload
def gradient_flow(layer: RNNLayerTrace, *, lags: Iterable[int] | None = None) -> RNNFlow: ...
@overload
def gradient_flow(layer: LayerTrace, *, lags: Iterable[int] | None = None) -> GradientFlow: ...
def gradient_flow(layer: LayerTrace, *, lags: Iterable[int] | None = None) -> GradientFlow:
    """How much of a small change after each earlier step arrives at the last one, in float64.

    ``layer`` is one layer in one direction, such as ``net.trace(x).layer(0)``. Each sequence counts from its own last
    step. A norm too small for a float64 reads 0, one too large inf.

    ``lags``: how many steps back to look, such as ``(1, 10, 50)``; None for every step. Most of the time goes into the
    norms, so a few lags are found much sooner than all. Norms are exact, to 1e-14, but for a few lags of a wide layer
    (128 units or more, where it is quicker) whose Jacobians are never written down: those are within 1e-6 of a singular
    value, which is the largest (:mod:`clearlstm.insight.lanczos` says how sure that is).

    Raises InputError for anything else than a layer, for a lag that no sequence is long enough for, and for a pass that
    holds NaN or infinity.

    >>> import clearlstm as cl
    >>> company_b = cl.examples.companies().x[1:]
    >>> flow = gradient_flow(cl.examples.statquest_unit().trace(company_b).layer(0))
    >>> flow.c.round(2)
    array([[2.24, 1.39, 1.03, 1.  ]])
    >>> flow.direct.round(2)
    array([[0.93, 0.97, 1.  , 1.  ]])
    """
    if not isinstance(layer, LayerTrace):
        raise InputError(
            f"gradient flow is measured along one layer, not a {type(layer).__name__}: give it net.trace(x).layer(k)"
        )
    check_finite(layer)
    plan = _plan(layer.record.lengths, layer.h.shape[1], layer.record.reverse, lags)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # told as inf and 0
        paths = ("h",) if layer.cell.walk_back is not None else ("h", "c", "joint")
        if lags is not None and few_lags.is_quicker(layer, plan.lags, len(paths)):
            norms = _by_vectors(layer, plan, paths)
        else:
            norms = _one_state_norms(layer, plan) if paths == ("h",) else _lstm_norms(layer, plan)
        return _flow(layer, plan, norms)


class _Plan(NamedTuple):
    """Where to walk: ``lag`` (N, T), -1 in padding, and whether norms are ``wanted`` there, (N, T)."""

    lag: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.bool_]
    reverse: bool

    def of(self, rows: slice, steps: slice = slice(None)) -> "_Plan":
        return _Plan(self.lag[rows, steps], self.wanted[rows, steps], self.reverse)

    @property
    def lags(self) -> list[int]:
        """What is asked for, rising."""
        values: list[int] = np.unique(self.lag[self.wanted]).tolist()
        return values

    def back(self) -> Iterator[tuple[int, IntArray, npt.NDArray[np.bool_]]]:
        """The steps against the order in which they were taken, as far as any norm is asked for.

        With each come the sequences that have it, (R,), and which of those are asked for, (R,).
        """
        farthest = self.lag[self.wanted].max(initial=-1)
        for t in step_order(self.lag.shape[1], not self.reverse):
            rows = np.flatnonzero((self.lag[:, t] >= 0) & (self.lag[:, t] <= farthest))
            if len(rows):
                yield t, rows, self.wanted[rows, t]


def _plan(lengths: IntArray, n_steps: int, reverse: bool, lags: Iterable[int] | None) -> _Plan:
    lag = lags_of(lengths, n_steps, reverse=reverse)
    if lags is None:
        return _Plan(lag, lag >= 0, reverse)
    if not np.iterable(lags) or isinstance(lags, str):
        raise InputError(f"lags is {lags!r}; give whole numbers of steps, such as (1, 10, 50), or None for every step")
    wanted = [check_whole("a lag", value) for value in lags]
    if not wanted or max(wanted) >= lengths.max():
        raise InputError(
            f"lags is {wanted}; the longest sequence has {lengths.max()} steps, so at least one lag in "
            f"0..{lengths.max() - 1} is needed, and none beyond"
        )
    return _Plan(lag, np.isin(lag, wanted), reverse)


Norms: TypeAlias = dict[str, FloatArray]
"""By path, each (N, T), nan where none is asked for."""


def _flow(layer: LayerTrace, plan: _Plan, norms: Norms) -> GradientFlow:
    record: Any = layer.record
    if "joint" not in norms:
        return RNNFlow(norms["h"], record.lengths, record.reverse)
    return LSTMFlow(lengths=record.lengths, reverse=record.reverse, kept=_kept(record, plan), **norms)


def _by_vectors(layer: LayerTrace, plan: _Plan, paths: tuple[str, ...]) -> Norms:
    result, lags = few_lags.norms_by_vectors(layer, plan.lags, paths), np.array(plan.lags)
    norms = {path: np.full(plan.lag.shape, np.nan) for path in paths}
    sequence, step = np.nonzero(plan.wanted)
    column = np.searchsorted(lags, plan.lag[sequence, step])
    for path in paths:
        norms[path][sequence, step] = result[path][sequence, column]
    return norms


def _lstm_norms(layer: Any, plan: _Plan) -> Norms:
    U, (N, T, H) = layer.weights.U.astype(np.float64), layer.h.shape
    norms = {path: np.full((N, T), np.nan) for path in ("h", "c", "joint")}
    for rows in _chunks(N, max(8 * H * H, 16 * H * (max(plan.lags) + 1))):
        part, steps = last_steps(layer, rows, max(plan.lags) + 1)
        result = _walk_lstm(lstm_slopes(part), U, plan.of(rows, steps))
        for values, own in zip(norms.values(), result, strict=True):
            values[rows, steps] = own
    return norms


def _walk_lstm(slopes: Slopes, U: FloatArray, plan: _Plan) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The norms of ∂h_last/∂h_k, ∂c_last/∂c_k and the joint state's, each (N, T).

    J (N, 2H, 2H) is the derivative of (h_last, c_last): its left half J_h by h_t with c_t held, its right half J_c by
    c_t with h_t held.
    """
    N, T, H = slopes.f.shape
    J = np.tile(np.eye(2 * H), (N, 1, 1))
    h, c, joint = (np.full((N, T), np.nan) for _ in range(3))
    U_T = {gate: U_k.T for gate, U_k in split_gates(U).items()}
    h_norm, c_norm, joint_norm = FollowedNorms(N, H), FollowedNorms(N, H), FollowedNorms(N, 2 * H)
    for t, live, wanted in plan.back():
        now = Slopes(*(values[live, t, None] for values in slopes))
        whole = J[live]
        by_h, by_c = whole[..., :H], whole[..., H:]
        # dc = J_c + J_h ∂h_t/∂c_t: c_t acts at once, and through the h_t that follows it.
        dc = by_c + by_h * now.h
        if len(rows := live[wanted]):
            h[rows, t] = h_norm.of(by_h[wanted, :H], rows)
            c[rows, t] = c_norm.of(dc[wanted, H:], rows)
            joint[rows, t] = joint_norm.of(whole[wanted], rows)
        # With dz_k = dc ∂c_t/∂z_k and dz_o = J_h ∂h_t/∂z_o, of the step before,
        # J_h = Σ_k dz_k U_kᵀ = dc (Σ_{f,i,g} ∂c_t/∂z_k U_kᵀ) + J_h (∂h_t/∂z_o U_oᵀ)      J_c = dc ∂c_t/∂c_{t−1}
        f, i, g, o = (by_z.mT * U_T[gate] for gate, by_z in (("f", now.f), ("i", now.i), ("g", now.g), ("o", now.o)))
        J[live, :, :H] = product(dc, f + i + g) + product(by_h, o)
        J[live, :, H:] = dc * now.c
    return h, c, joint


def _one_state_norms(layer: LayerTrace, plan: _Plan) -> Norms:
    """Of a cell whose one state is h: its own way back carries a row for each unit of the last h."""
    (N, T, H), walk_back = layer.h.shape, layer.cell.walk_back
    assert walk_back is not None
    h = np.full((N, T), np.nan)
    for rows in _chunks(N, max(H * H, 16 * H * (max(plan.lags) + 1))):
        part, steps = last_steps(layer, rows, max(plan.lags) + 1)
        back = walk_back(part.sums, part.record, part.weights, part.functions, product)
        h[rows, steps] = _walk(back, plan.of(rows, steps), H)
    return {"h": h}


def _walk(back: Callable[[IntArray, int, FloatArray], FloatArray], plan: _Plan, H: int) -> FloatArray:
    """The norms of J = ∂h_last/∂h_k, (N, T)."""
    N, T = plan.lag.shape
    J = np.tile(np.eye(H), (N, 1, 1))
    h, norm = np.full((N, T), np.nan), FollowedNorms(N, H)
    for t, live, wanted in plan.back():
        now = J[live]
        if len(rows := live[wanted]):
            h[rows, t] = norm.of(now[wanted], rows)
        J[live] = back(live, t, now)
    return h


def _kept(record: LSTMRecord, plan: _Plan) -> FloatArray:
    """Π_{s=k+1..last} f_s for every step k that is asked for, (N, T, H); nan elsewhere."""
    N, T, H = record.h.shape
    kept, product = np.full((N, T, H), np.nan), np.ones((N, H))
    for t, live, wanted in plan.back():
        rows = live[wanted]
        kept[rows, t] = product[rows]
        product[live] *= record.f[live, t]
    return kept


def _chunks(n_sequences: int, numbers_each: int) -> Iterator[slice]:
    size = max(1, _CHUNK_NUMBERS // numbers_each)
    for start in range(0, n_sequences, size):
        yield slice(start, start + size)
