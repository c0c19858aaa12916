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
from typing import Any, Final, NamedTuple, overload

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.layout import PEEPHOLES, split_gates
from clearlstm.cell.lstm import LSTMRecord
from clearlstm.cell.record import step_order
from clearlstm.errors import InputError
from clearlstm.insight.flow import EXPLODED, VANISHED, FlowSummary, GradientFlow, LSTMFlow, RNNFlow, fate, lags_of
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
    """How much of a small change after each earlier step arrives at the last one; exact, in float64.

    ``layer`` is one layer in one direction, such as ``net.trace(x).layer(0)``. Each sequence counts from its own last
    step. A norm too small for a float64 reads 0, one too large inf.

    ``lags``: how many steps back to look, such as ``(1, 10, 50)``; None for every step. Most of the time goes into the
    norms, so a few lags are found much sooner than all. Raises InputError for anything else than a layer, for a lag
    that no sequence is long enough for, and for a pass that holds NaN or infinity.

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
        if (walk_back := layer.cell.walk_back) is not None:
            return _one_state_flow(layer, plan, walk_back)
        return _lstm_flow(layer, plan)


class _Plan(NamedTuple):
    """Where to walk: ``lag`` (N, T), -1 in padding, and whether norms are ``wanted`` there, (N, T)."""

    lag: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.bool_]
    reverse: bool

    def of(self, rows: slice) -> "_Plan":
        return _Plan(self.lag[rows], self.wanted[rows], self.reverse)

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


class _Slopes(NamedTuple):
    """The derivatives inside one step, unit by unit, each (N, T, H)."""

    f: FloatArray  # ∂c_t/∂z_f
    i: FloatArray  # ∂c_t/∂z_i
    g: FloatArray  # ∂c_t/∂z_g
    o: FloatArray  # ∂h_t/∂z_o
    h: FloatArray  # ∂h_t/∂c_t
    c: FloatArray  # ∂c_t/∂c_{t−1}, h_{t−1} held


def _lstm_flow(layer: Any, plan: _Plan) -> LSTMFlow:
    record, U = layer.record, layer.weights.U.astype(np.float64)
    (N, T, H), slopes = record.h.shape, _lstm_slopes(layer)
    h, c, joint = (np.full((N, T), np.nan) for _ in range(3))
    for rows in _chunks(N, 8 * H * H):
        part = _Slopes(*(values[rows] for values in slopes))
        h[rows], c[rows], joint[rows] = _walk_lstm(part, U, plan.of(rows))
    return LSTMFlow(h, record.lengths, record.reverse, c=c, joint=joint, kept=_kept(record, plan))


def _lstm_slopes(layer: Any) -> _Slopes:
    record = layer.record
    names = layer.functions
    gate, candidate, state = activation(names.gate), activation(names.candidate), activation(names.state)
    f, i, g, o, c, c_prev = (
        values.astype(np.float64)
        for values in (record.f, record.i, record.g, record.o, record.c, record.c_prev())
    )  # fmt: skip
    z_f, z_i, z_g, z_o = (values.astype(np.float64) for values in (layer.z_f, layer.z_i, layer.z_g, layer.z_o))
    p_f, p_i, p_o = _peepholes(layer)
    tanh_c = state.value(c)

    # c = f c_prev + i g
    by_f = c_prev * gate.slope(z_f, f)
    by_i = g * gate.slope(z_i, i)
    by_g = i * candidate.slope(z_g, g)
    by_c_prev = f + by_f * p_f + by_i * p_i

    # h = o tanh(c)
    by_o = tanh_c * gate.slope(z_o, o)
    by_c = o * state.slope(c, tanh_c) + by_o * p_o
    return _Slopes(by_f, by_i, by_g, by_o, by_c, by_c_prev)


def _walk_lstm(slopes: _Slopes, U: FloatArray, plan: _Plan) -> tuple[FloatArray, FloatArray, FloatArray]:
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
        now = _Slopes(*(values[live, t, None] for values in slopes))
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


def _one_state_flow(layer: LayerTrace, plan: _Plan, walk_back: Callable[..., Any]) -> RNNFlow:
    """Of a cell whose one state is h: its own way back carries a row for each unit of the last h."""
    record = layer.record
    N, T, H = record.h.shape
    back = walk_back(layer.sums, record, layer.weights, layer.functions, product)
    h = np.full((N, T), np.nan)
    for rows in _chunks(N, H * H):
        h[rows] = _walk(back, rows.start, plan.of(rows), H)
    return RNNFlow(h, record.lengths, record.reverse)


def _walk(back: Callable[[IntArray, int, FloatArray], FloatArray], first: int, plan: _Plan, H: int) -> FloatArray:
    """The norms of J = ∂h_last/∂h_k, (N, T), for sequences from ``first`` on."""
    N, T = plan.lag.shape
    J = np.tile(np.eye(H), (N, 1, 1))
    h, norm = np.full((N, T), np.nan), FollowedNorms(N, H)
    for t, live, wanted in plan.back():
        now = J[live]
        if len(rows := live[wanted]):
            h[rows, t] = norm.of(now[wanted], rows)
        J[live] = back(first + live, t, now)
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


def _peepholes(layer: Any) -> tuple[FloatArray, ...]:
    """The peephole weights of f, i and o, each (H,): zeros where there are none."""
    p = layer.weights.p
    packed = np.zeros(len(PEEPHOLES) * layer.h.shape[-1]) if p is None else p.astype(np.float64)
    parts = split_gates(packed, PEEPHOLES)
    return tuple(parts[gate] for gate in ("f", "i", "o"))


def _chunks(n_sequences: int, numbers_each: int) -> Iterator[slice]:
    size = max(1, _CHUNK_NUMBERS // numbers_each)
    for start in range(0, n_sequences, size):
        yield slice(start, start + size)
