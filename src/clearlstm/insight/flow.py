"""What a gradient flow tells: norms by step, their spread over sequences by lag, and where they vanish or explode."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.data.bundled import lesson
from clearlstm.insight.notebook import Shown, notebook_html
from clearlstm.shapes import FloatArray, IntArray, counted

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

VANISHED: Final[float] = lesson()["vanished"]
EXPLODED: Final[float] = lesson()["exploded"]
"""A convention, so that the words mean the same everywhere: less than a thousandth arrives, or over a thousandfold."""

QUANTILES: Final = (0.1, 0.5, 0.9)


@dataclass(frozen=True, repr=False)
class GradientFlow(Shown, ABC):
    """What every flow tells: ``h`` (N, T), the norm of ∂h_last/∂h_k for each step k.

    All norms are nan beyond a sequence's length and at lags that weren't asked for. lengths (N,); with ``reverse`` the
    last step taken is step 0, and "earlier" means later in time.
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
        return lags_of(self.lengths, self.h.shape[1], reverse=self.reverse)

    @property
    def measured(self) -> npt.NDArray[np.bool_]:
        """The steps that have norms, (N, T)."""
        return ~np.isnan(self.h)

    @property
    def sentence(self) -> str:
        """What the median over the sequences says, in words."""
        return self.summary().sentence

    def summary(self) -> "FlowSummary":
        """Median and 10–90 % over the sequences, by lag."""
        sequence, step = np.nonzero(self.measured)
        lag, place, count = np.unique(self.lag[sequence, step], return_inverse=True, return_counts=True)
        quantiles = {}
        for name, norms in self.paths.items():
            by_lag = np.full((len(norms), len(lag)), np.nan)  # sequences lined up at their last step
            by_lag[sequence, place] = norms[sequence, step]
            quantiles[name] = _quantiles(by_lag)
        low, median, high = ({name: values[q] for name, values in quantiles.items()} for q in range(3))
        return FlowSummary(lag, count, low, median, high)

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``sequence, step, lag`` and a column for each path, a row for each step that has norms."""
        import pandas as pd

        sequence, step = np.nonzero(self.measured)
        columns = {name: norms[sequence, step] for name, norms in self.paths.items()}
        return pd.DataFrame({"sequence": sequence, "step": step, "lag": self.lag[sequence, step]} | columns)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def plot(self, *, ax: "Axes | None" = None) -> "Figure":
        """Lines over the lags: :func:`clearlstm.insight.plots.plot_flow`; several side by side: ``plot_flows``."""
        from clearlstm.insight.plots import plot_flow

        return plot_flow(self, ax=ax)

    def __repr__(self) -> str:
        axes, summary = ", ".join(map(counted, self.h.shape, ("sequence", "step"))), self.summary()
        arrives = f"{summary.median['h'][-1]:.3g} arrives {counted(int(summary.lag[-1]), 'step')} on"
        return f"{type(self).__name__}({axes}; {arrives})"


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
    """The flow through an LSTM layer; norms are (N, T).

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
class FlowSummary(Shown):
    """Flow over the sequences by ``lag`` (L,), 0 being the last step; low (10 %), median and high (90 %) by path.

    lag rises, and holds what was measured; count (L,): the sequences that are long enough for the lag.
    """

    lag: npt.NDArray[np.int64]
    count: npt.NDArray[np.int64]
    low: dict[str, FloatArray]
    median: dict[str, FloatArray]
    high: dict[str, FloatArray]

    def vanishes_at(self, path: str = "h", threshold: float = VANISHED) -> int | None:
        """The first measured lag at which the median is below ``threshold``; None if it never is."""
        return self._first(self.median[path] < threshold)

    def explodes_at(self, path: str = "h", threshold: float = EXPLODED) -> int | None:
        """The first measured lag at which the median is above ``threshold``; None if it never is."""
        return self._first(self.median[path] > threshold)

    def _first(self, where: npt.NDArray[np.bool_]) -> int | None:
        return int(self.lag[where.argmax()]) if where.any() else None

    @property
    def sentence(self) -> str:
        """Where the median vanishes or explodes, what arrives over the longest lag, and the direct path beside it."""
        lag, count = int(self.lag[-1]), int(self.count[-1])
        low, median, high = (values["h"][-1] for values in (self.low, self.median, self.high))
        middle = f"{low:.3g} to {high:.3g} in the middle 80 % of {count} sequences" if count > 1 else "in one sequence"
        return (
            f"{self._course()} (spectral norm of ∂h_last/∂h_k, median over the sequences). From "
            f"{counted(lag, 'step')} back {median:.3g} arrives, {middle}. {self._beside()}"
        )

    def _course(self) -> str:
        vanishes, explodes = self.vanishes_at(), self.explodes_at()
        if vanishes is None and explodes is None:
            return f"The gradient arrives over all lags measured, up to {counted(int(self.lag[-1]), 'step')}"
        events = [(vanishes, f"vanishes (below {VANISHED:g})"), (explodes, f"explodes (above {EXPLODED:g})")]
        words = [f"{word} from {counted(lag, 'step')} back" for lag, word in events if lag is not None]
        return f"The gradient {' and '.join(words)}"

    def _beside(self) -> str:
        """The direct path of an LSTM, which is often taken for the whole."""
        if "direct" not in self.median:
            return "A plain net has no path beside this one."
        c, best, middle = (self.median[path][-1] for path in ("c", "direct", "direct_median"))
        return (
            f"For the long-term memory, ∂c_last/∂c_k, it is {c:.3g}; the direct path alone, the product of forget "
            f"gates, keeps {best:.3g} in the unit that keeps most and {middle:.3g} in the middle one. That product is "
            "no bound: c also acts through h and the gates, so the whole may be larger or smaller."
        )

    def _repr_html_(self) -> str:
        return notebook_html(self.sentence, self.to_frame())

    def to_frame(self) -> "pd.DataFrame":
        """A tidy table: ``lag, count, path, low, median, high``."""
        import pandas as pd

        parts = [
            pd.DataFrame({"lag": self.lag, "count": self.count, "path": path, "low": self.low[path]})
            .assign(median=median, high=self.high[path])
            for path, median in self.median.items()
        ]  # fmt: skip
        return pd.concat(parts, ignore_index=True)


def lags_of(lengths: IntArray, n_steps: int, *, reverse: bool) -> npt.NDArray[np.int64]:
    """How many steps lie between each step and the last one that was taken, (N, T); -1 in padding.

    >>> lags_of(np.array([2, 3]), 3, reverse=False)
    array([[ 1,  0, -1],
           [ 2,  1,  0]])
    """
    t = np.arange(n_steps)
    lag = np.broadcast_to(t, (len(lengths), n_steps)) if reverse else lengths[:, None] - 1 - t
    return np.where(t < lengths[:, None], lag, -1)


def fate(norm: float) -> str:
    """The word for what arrives: "vanishes" below 1/1000, "explodes" above 1000, else "arrives".

    >>> fate(1e-10), fate(0.18), fate(28.0), fate(1e15)
    ('vanishes', 'arrives', 'arrives', 'explodes')
    """
    if norm < VANISHED:
        return "vanishes"
    return "explodes" if norm > EXPLODED else "arrives"


def _quantiles(values: FloatArray) -> FloatArray:
    """(3, L) of values (N, L), of the sequences that have the lag."""
    with np.errstate(invalid="ignore"):
        quantiles = np.nanquantile(values, QUANTILES, axis=0)
    return np.where(np.isnan(quantiles), np.inf, quantiles)  # between two infinities
