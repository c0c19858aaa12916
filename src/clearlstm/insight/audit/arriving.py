"""What arrives of a small change of a layer's state, over a grid of lags: the median over sequences, and how sure."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.insight.few_lags import is_quicker, norms_by_vectors
from clearlstm.insight.gradient_flow import VANISHED, gradient_flow
from clearlstm.insight.jacobians import last_steps
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray

TOLERANCE: Final = 1e-3
"""Relative, of norms that are found by vectors: the audit gives three digits."""

NOTHING: Final = VANISHED / 10
"""Of wide layers, lags over which no more than this arrives in any sequence are the last that are measured."""

SURE: Final = 0.95


class Arriving(NamedTuple):
    """By lag (L,): see :class:`~clearlstm.insight.audit.layers.LayerFacts`."""

    lags: npt.NDArray[np.int64]
    arrives: FloatArray
    arrives_low: FloatArray
    arrives_high: FloatArray
    direct: FloatArray | None


def arriving(layer: LayerTrace, lags: npt.NDArray[np.int64]) -> Arriving:
    """Of the joint state of one layer in one direction, and on its direct path."""
    whole, direct = _norms(layer, lags.tolist())
    known = ~np.isnan(whole).all(axis=0)
    lags, whole, direct = lags[known], whole[:, known], None if direct is None else direct[:, known]
    low, high = np.transpose([median_interval(norms[~np.isnan(norms)]) for norms in whole.T])
    return Arriving(lags, _median(whole), low, high, None if direct is None else _median(direct))


def _norms(layer: LayerTrace, lags: list[int]) -> tuple[FloatArray, FloatArray | None]:
    """The norms of the whole state's Jacobian and of the direct path, each (N, L); nan for sequences too short."""
    whole = "joint" if len(layer.cell.states) > 1 else "h"
    if is_quicker(layer, lags, 1):
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            norms = norms_by_vectors(layer, lags, [whole], TOLERANCE, least=NOTHING)[whole]
        return norms, _direct(layer, lags) if whole == "joint" else None
    flow = gradient_flow(layer, lags=lags)
    direct = flow.paths.get("direct")
    columns = [_at(values, flow.lag, lags) for values in (flow.paths[whole], direct) if values is not None]
    return columns[0], columns[1] if direct is not None else None


def _at(norms: FloatArray, lag: npt.NDArray[np.int64], lags: Sequence[int]) -> FloatArray:
    """The norms (N, T) by lag, (N, L)."""
    result = np.full((len(norms), len(lags)), np.nan)
    for column, one in enumerate(lags):
        sequence, step = np.nonzero(lag == one)
        result[sequence, column] = norms[sequence, step]
    return result


def _direct(layer: LayerTrace, lags: Sequence[int]) -> FloatArray:
    """The product of later forget gates of the unit that keeps most, (N, L)."""
    result = np.full((len(layer.h), len(lags)), np.nan)
    for n, length in enumerate(layer.record.lengths):
        part, _ = last_steps(layer, slice(n, n + 1), max(lags) + 1)
        there = [lag for lag in lags if lag < length]
        f = part.record.f[0, : part.record.lengths[0]].astype(np.float64)
        later = np.cumprod(f if part.record.reverse else f[::-1], axis=0)
        result[n, : len(there)] = [1.0 if lag == 0 else later[lag - 1].max() for lag in there]
    return result


def _median(values: FloatArray) -> FloatArray:
    """Over the sequences that have the lag, (L,)."""
    with np.errstate(invalid="ignore"):
        middle = np.nanquantile(values, 0.5, axis=0)
    return np.where(np.isnan(middle), np.inf, middle)  # between two infinities


def median_interval(values: FloatArray) -> tuple[float, float]:
    """A 95 % interval for the median of what ``values`` (n,) were drawn from, by order statistics.

    The k-th least and the k-th largest hold it but for the chance of fewer than k heads in n tosses, on either side
    (Thompson 1936); k is as large as 5 % allow, and at least 1.

    >>> median_interval(np.arange(1.0, 13.0))
    (3.0, 10.0)
    """
    n, ordered = len(values), np.sort(values)
    tails = np.cumsum([math.comb(n, heads) for heads in range(n // 2 + 1)]) * 2 / 2.0**n
    k = max(1, int((tails <= 1 - SURE).sum()))
    return float(ordered[k - 1]), float(ordered[n - k])
