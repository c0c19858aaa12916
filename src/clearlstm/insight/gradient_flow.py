"""Gradient flow: how much of a small change at an earlier step is still felt at the last one.

Every number is the spectral norm of an exact Jacobian along a recorded pass: the largest factor by which any small
change of the state after step k arrives in the state after the last step. It is found by walking the steps backwards
with one row for each unit of the last state. Row by row this is the backward pass of :mod:`clearlstm.cell.reference`,
so the equations here mirror the ones there.

An LSTM has two ways through time. The direct one multiplies c by the forget gate at every step; the other goes through
h and all four gates. The product of forget gates is the direct path alone. It bounds nothing: the whole may be larger
or smaller than it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, final, overload

import numpy as np
import numpy.typing as npt

from clearlstm.cell.activations import activation
from clearlstm.cell.layout import PEEPHOLES, split_gates
from clearlstm.cell.record import LSTMRecord, step_order
from clearlstm.errors import InputError
from clearlstm.network.trace import LSTMLayerTrace, RNNLayerTrace
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    import pandas as pd

VANISHED: Final = 1e-3
EXPLODED: Final = 1e3
"""A convention, so that the words mean the same everywhere: less than a thousandth arrives, or over a thousandfold."""

QUANTILES: Final = (0.1, 0.5, 0.9)
_CHUNK_NUMBERS: Final = 2**22  # in the largest array of a walk: 32 MB, so that long batches of wide nets fit too


@dataclass(frozen=True, repr=False)
class GradientFlow(ABC):
    """What every flow tells: ``h`` (N, T), the norm of ∂h_last/∂h_k for each step k; nan beyond a sequence's length.

    lengths (N,); with ``reverse`` the last step taken is step 0, and "earlier" means later in time.
    """

    h: FloatArray
    lengths: npt.NDArray[np.int64]
    reverse: bool

    @property
    @abstractmethod
    def paths(self) -> dict[str, FloatArray]:
        """The norms by name, each (N, T)."""

    @property
    def lag(self) -> npt.NDArray[np.int64]:
        """How many steps lie between each step and the last one that was taken, (N, T); -1 in padding."""
        t = np.arange(self.h.shape[1])
        lag = np.broadcast_to(t, self.h.shape) if self.reverse else self.lengths[:, None] - 1 - t
        return np.where(t < self.lengths[:, None], lag, -1)

    def summary(self) -> "FlowSummary":
        """Median and 10–90 % over the sequences, by lag."""
        by_lag = {name: self._by_lag(norms) for name, norms in self.paths.items()}
        count = (self.lengths[:, None] > np.arange(self.lengths.max())).sum(axis=0)
        quantiles = {name: _quantiles(values) for name, values in by_lag.items()}
        low, median, high = ({name: values[q] for name, values in quantiles.items()} for q in range(3))
        return FlowSummary(np.arange(len(count)), count, low, median, high)

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, step, lag`` and a column for each path, a row for each real step."""
        import pandas as pd

        lag = self.lag
        sequence, step = np.nonzero(lag >= 0)
        columns = {name: norms[sequence, step] for name, norms in self.paths.items()}
        return pd.DataFrame({"sequence": sequence, "step": step, "lag": lag[sequence, step]} | columns)

    def _by_lag(self, norms: FloatArray) -> FloatArray:
        """(N, longest length): sequences lined up at their last step, nan where one is too short."""
        lag = self.lag
        lined_up = np.full((len(norms), int(self.lengths.max())), np.nan)
        sequence, step = np.nonzero(lag >= 0)
        lined_up[sequence, lag[sequence, step]] = norms[sequence, step]
        return lined_up

    def __repr__(self) -> str:
        (N, T), summary = self.h.shape, self.summary()
        lag = int(summary.lag[-1])
        return f"{type(self).__name__}({N} sequences, {T} steps; {summary.median['h'][lag]:.3g} arrives {lag} steps on)"


@final
@dataclass(frozen=True, repr=False)
class RNNFlow(GradientFlow):
    """The flow through a plain recurrent layer: ``h`` is all of it."""

    @property
    def paths(self) -> dict[str, FloatArray]:
        """The norms by name: ``h``, (N, T)."""
        return {"h": self.h}


@final
@dataclass(frozen=True, repr=False)
class LSTMFlow(GradientFlow):
    """The flow through an LSTM layer; norms are (N, T), nan beyond a sequence's length.

    h
        ∂h_last/∂h_k with c_k held.
    c
        ∂c_last/∂c_k with h_k = o_k tanh(c_k) following (and o_k too, where it has a peephole).
    joint
        ∂(h_last, c_last)/∂(h_k, c_k): both memories as one state.
    kept
        The direct path unit by unit, (N, T, H): Π_{s=k+1..last} f_s.
    """

    c: FloatArray
    joint: FloatArray
    kept: FloatArray

    @property
    def direct(self) -> FloatArray:
        """The spectral norm of the direct path, (N, T): its matrix is diagonal, so this is the unit that keeps most."""
        return np.asarray(self.kept.max(axis=-1))

    @property
    def direct_median(self) -> FloatArray:
        """What the middle unit keeps on the direct path, (N, T)."""
        return np.asarray(np.median(self.kept, axis=-1))

    @property
    def paths(self) -> dict[str, FloatArray]:
        """The norms by name: ``h, c, joint, direct, direct_median``, each (N, T)."""
        names = ("h", "c", "joint", "direct", "direct_median")
        return {name: getattr(self, name) for name in names}


@final
@dataclass(frozen=True)
class FlowSummary:
    """Flow over the sequences by ``lag`` (L,), 0 being the last step; low (10 %), median and high (90 %) by path.

    count (L,): the sequences that are long enough for the lag.
    """

    lag: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    low: dict[str, FloatArray]
    median: dict[str, FloatArray]
    high: dict[str, FloatArray]

    def vanishes_at(self, path: str = "h", threshold: float = VANISHED) -> int | None:
        """The first lag at which the median is below ``threshold``; None if it never is."""
        return _first(self.median[path] < threshold)

    def explodes_at(self, path: str = "h", threshold: float = EXPLODED) -> int | None:
        """The first lag at which the median is above ``threshold``; None if it never is."""
        return _first(self.median[path] > threshold)

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``lag, count, path, low, median, high``."""
        import pandas as pd

        parts = [
            pd.DataFrame({"lag": self.lag, "count": self.count, "path": path, "low": self.low[path]})
            .assign(median=median, high=self.high[path])
            for path, median in self.median.items()
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)


@overload
def gradient_flow(layer: LSTMLayerTrace) -> LSTMFlow: ...
@overload
def gradient_flow(layer: RNNLayerTrace) -> RNNFlow: ...
def gradient_flow(layer: LSTMLayerTrace | RNNLayerTrace) -> GradientFlow:
    """How much of a small change after each earlier step arrives at the last one; exact, in float64.

    ``layer`` is one layer in one direction, such as ``net.trace(x).layer(0)``. Each sequence counts from its own last
    step. A norm too small for a float64 reads 0, one too large inf. Raises InputError for anything else than a layer.

    >>> import clearlstm as cl
    >>> company_b = cl.examples.companies().x[1:]
    >>> flow = gradient_flow(cl.examples.statquest_unit().trace(company_b).layer(0))
    >>> flow.c.round(2)
    array([[2.24, 1.39, 1.03, 1.  ]])
    >>> flow.direct.round(2)
    array([[0.93, 0.97, 1.  , 1.  ]])
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):  # told as inf and 0
        if isinstance(layer, LSTMLayerTrace):
            return _lstm_flow(layer)
        if isinstance(layer, RNNLayerTrace):
            return _rnn_flow(layer)
    raise InputError(
        f"gradient flow is measured along one layer, not a {type(layer).__name__}: give it net.trace(x).layer(k)"
    )


def fate(norm: float) -> str:
    """The word for what arrives: "vanishes" below 1/1000, "explodes" above 1000, else "arrives".

    >>> fate(1e-10), fate(0.18), fate(28.0), fate(1e15)
    ('vanishes', 'arrives', 'arrives', 'explodes')
    """
    if norm < VANISHED:
        return "vanishes"
    return "explodes" if norm > EXPLODED else "arrives"


def spectral_norm(J: FloatArray) -> FloatArray:
    """The largest singular value of each matrix, J (..., A, B) to (...); inf where it can't be held in a float64.

    It is the root of the largest eigenvalue of J Jᵀ, which is several times quicker than all singular values, and as
    exact for the largest one. Scaling first keeps the squares of tiny and huge entries from leaving float64's range.
    """
    scale = np.abs(J).max(axis=(-2, -1))
    finite = np.isfinite(scale)
    divisor = np.where(finite & (scale > 0), scale, 1.0)[..., None, None]
    unit = np.where(finite[..., None, None], J / divisor, 0.0)
    largest = np.linalg.eigvalsh(unit @ np.swapaxes(unit, -2, -1))[..., -1]
    return np.where(finite, scale * np.sqrt(largest), np.inf)


class _Slopes(NamedTuple):
    """The derivatives inside one step, unit by unit, each (N, T, H)."""

    f: FloatArray  # ∂c_t/∂z_f
    i: FloatArray  # ∂c_t/∂z_i
    g: FloatArray  # ∂c_t/∂z_g
    o: FloatArray  # ∂h_t/∂z_o
    h: FloatArray  # ∂h_t/∂c_t
    c: FloatArray  # ∂c_t/∂c_{t−1}, h_{t−1} held


def _lstm_flow(layer: LSTMLayerTrace) -> LSTMFlow:
    record, U = layer.record, layer.weights.U.astype(np.float64)
    (N, T, H), slopes = record.h.shape, _lstm_slopes(layer)
    h, c, joint = (np.full((N, T), np.nan) for _ in range(3))
    for rows in _chunks(N, 8 * H * H):
        part = _Slopes(*(values[rows] for values in slopes))
        norms = _walk_lstm(part, U, record.lengths[rows], record.reverse)
        h[rows], c[rows], joint[rows] = norms
    return LSTMFlow(h, record.lengths, record.reverse, c=c, joint=joint, kept=_kept(record))


def _lstm_slopes(layer: LSTMLayerTrace) -> _Slopes:
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


def _walk_lstm(
    slopes: _Slopes, U: FloatArray, lengths: npt.NDArray[np.int64], reverse: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The norms of ∂h_last/∂h_k, ∂c_last/∂c_k and the joint state's, each (N, T).

    Of (h_last, c_last), J_h (N, 2H, H) is the derivative by h_t with c_t held, J_c (N, 2H, H) by c_t with h_t held.
    """
    N, T, H = slopes.f.shape
    J = np.tile(np.eye(2 * H), (N, 1, 1))
    J_h, J_c = J[..., :H].copy(), J[..., H:].copy()
    h, c, joint = (np.full((N, T), np.nan) for _ in range(3))
    for t, live in _back(lengths, T, reverse):
        now = _Slopes(*(values[live, t, None] for values in slopes))
        by_h, by_c = J_h[live], J_c[live]
        # dc = J_c + J_h ∂h_t/∂c_t: c_t acts at once, and through the h_t that follows it.
        dc = by_c + by_h * now.h
        h[live, t] = spectral_norm(by_h[:, :H])
        c[live, t] = spectral_norm(dc[:, H:])
        joint[live, t] = spectral_norm(np.concatenate([by_h, by_c], axis=-1))
        # dz_k = dc ∂c_t/∂z_k      dz_o = J_h ∂h_t/∂z_o
        dz = np.concatenate([dc * now.f, dc * now.i, dc * now.g, by_h * now.o], axis=-1)
        # J_h = Σ_k dz_k U_kᵀ      J_c = dc ∂c_t/∂c_{t−1}      (now of the step before)
        J_h[live] = _times(dz, U.T)
        J_c[live] = dc * now.c
    return h, c, joint


def _rnn_flow(layer: RNNLayerTrace) -> RNNFlow:
    record, U = layer.record, layer.weights.U.astype(np.float64)
    N, T, H = record.h.shape
    slope = activation(layer.function).slope(layer.z.astype(np.float64), record.h.astype(np.float64))
    h = np.full((N, T), np.nan)
    for rows in _chunks(N, H * H):
        h[rows] = _walk_rnn(slope[rows], U, record.lengths[rows], record.reverse)
    return RNNFlow(h, record.lengths, record.reverse)


def _walk_rnn(slope: FloatArray, U: FloatArray, lengths: npt.NDArray[np.int64], reverse: bool) -> FloatArray:
    """The norms of J = ∂h_last/∂h_k, (N, T)."""
    N, T, H = slope.shape
    J = np.tile(np.eye(H), (N, 1, 1))
    h = np.full((N, T), np.nan)
    for t, live in _back(lengths, T, reverse):
        h[live, t] = spectral_norm(J[live])
        # dz = J tanh'(z)      J = dz Uᵀ
        J[live] = _times(J[live] * slope[live, t, None], U.T)
    return h


def _kept(record: LSTMRecord) -> FloatArray:
    """Π_{s=k+1..last} f_s for every step k, (N, T, H); nan in padding."""
    N, T, H = record.h.shape
    kept, product = np.full((N, T, H), np.nan), np.ones((N, H))
    for t, live in _back(record.lengths, T, record.reverse):
        kept[live, t] = product[live]
        product[live] *= record.f[live, t]
    return kept


def _peepholes(layer: LSTMLayerTrace) -> tuple[FloatArray, ...]:
    """The peephole weights of f, i and o, each (H,): zeros where there are none."""
    p = layer.weights.p
    packed = np.zeros(len(PEEPHOLES) * layer.h.shape[-1]) if p is None else p.astype(np.float64)
    parts = split_gates(packed, PEEPHOLES)
    return tuple(parts[gate] for gate in ("f", "i", "o"))


def _back(lengths: npt.NDArray[np.int64], n_steps: int, reverse: bool) -> Iterator[tuple[int, npt.NDArray[np.bool_]]]:
    """The steps against the order in which they were taken, and which sequences (N,) have each."""
    for t in step_order(n_steps, not reverse):
        live = lengths > t
        if live.any():
            yield t, live


def _times(rows: FloatArray, matrix: FloatArray) -> FloatArray:
    """rows (N, R, K) times matrix (K, H), as one multiply."""
    return np.asarray((rows.reshape(-1, rows.shape[-1]) @ matrix).reshape(*rows.shape[:-1], -1))


def _chunks(n_sequences: int, numbers_each: int) -> Iterator[slice]:
    size = max(1, _CHUNK_NUMBERS // numbers_each)
    for start in range(0, n_sequences, size):
        yield slice(start, start + size)


def _quantiles(values: FloatArray) -> FloatArray:
    """(3, L) of values (N, L), of the sequences that have the lag."""
    with np.errstate(invalid="ignore"):
        found = np.nanquantile(values, QUANTILES, axis=0)
    return np.where(np.isnan(found), np.inf, found)  # between two infinities


def _first(where: npt.NDArray[np.bool_]) -> int | None:
    return int(where.argmax()) if where.any() else None
