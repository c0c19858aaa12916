"""Sequences of any length as rows of numbers, for models that read rows. Each row depends on its own sequence alone."""

from typing import Final

import numpy as np

from clearlstm.sequences.inputs import Sequences
from clearlstm.shapes import FloatArray

MOST_POINTS: Final = 100

SUMMARIES: Final = ("mean", "deviation", "lowest", "highest", "first", "last", "slope", "mean step")


def resampled(sequences: Sequences, n_points: int) -> FloatArray:
    """Each sequence at ``n_points`` times spread evenly from its first step to its last, (N, n_points · F).

    Between steps it is a straight line; sequences of ``n_points`` steps stay as they are.

    >>> from clearlstm.sequences.inputs import read_sequences
    >>> resampled(read_sequences([[0.0, 2.0], [1.0, 5.0, 3.0]]), 3)
    array([[0., 1., 2.],
           [1., 5., 3.]])
    """
    last = sequences.lengths - 1
    # (N, n_points), in steps; rounded, so that a point at a step is that step, and a constant column stays constant
    at = np.round(last[:, None] * np.linspace(0, 1, n_points), 9)
    below = np.minimum(np.floor(at).astype(np.int64), np.maximum(last - 1, 0)[:, None])
    share = (at - below)[:, :, None]
    rows = sequences.offsets[:-1, None] + below
    above = np.minimum(rows + 1, (sequences.offsets[1:] - 1)[:, None])
    points = (1 - share) * sequences.values[rows] + share * sequences.values[above]
    return np.asarray(points.reshape(len(sequences), -1))


def points_for(sequences: Sequences) -> int:
    """Points that keep what the longest of the sequences has, up to ``MOST_POINTS``."""
    return int(min(MOST_POINTS, sequences.lengths.max()))


def summaries(sequences: Sequences) -> FloatArray:
    """``SUMMARIES`` of each feature, and the number of steps: (N, 8 · F + 1)."""
    values, lengths = sequences.values, sequences.lengths
    starts, n = sequences.offsets[:-1], lengths[:, None]
    of_row = np.repeat(np.arange(len(sequences)), lengths)
    mean = np.add.reduceat(values, starts) / n
    centred = values - mean[of_row]
    # The slope of a straight line through x_t: Σ (t − t̄) x_t / Σ (t − t̄)²
    t = (np.arange(len(values)) - starts[of_row] - (lengths[of_row] - 1) / 2)[:, None]
    slope = np.add.reduceat(t * values, starts) / np.maximum(np.add.reduceat(t * t, starts), 1e-300)
    steps = np.abs(np.diff(values, axis=0, prepend=values[:1]))
    steps[starts] = 0  # a first step comes from nowhere
    parts = (
        mean,
        np.sqrt(np.add.reduceat(centred**2, starts) / n),
        np.minimum.reduceat(values, starts),
        np.maximum.reduceat(values, starts),
        values[starts],
        values[sequences.offsets[1:] - 1],
        slope,
        np.add.reduceat(steps, starts) / np.maximum(n - 1, 1),
        lengths[:, None].astype(np.float64),
    )
    return np.concatenate(parts, axis=1)
