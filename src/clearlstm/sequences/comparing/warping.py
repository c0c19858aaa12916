"""The nearest neighbour when time may be warped: dtaidistance computes the distances."""

from importlib.util import find_spec
from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm.sequences.inputs import Sequences
from clearlstm.sequences.scaling import Scaling
from clearlstm.shapes import FloatArray

MOST_CELLS: Final = 2e9
"""Pairs of steps, times features, that are compared at most: about half a minute."""


def cells(training: Sequences, test: Sequences) -> float:
    """Pairs of steps that the distances between all test and training sequences take, times features."""
    return float(training.lengths.sum()) * float(test.lengths.sum()) * training.n_features


def is_installed() -> bool:
    """Whether dtaidistance is there, with its compiled part; without it a comparison would take hours."""
    if find_spec("dtaidistance") is None:
        return False
    from dtaidistance import dtw

    return bool(dtw.try_import_c())


def distances(training: Sequences, test: Sequences) -> FloatArray:
    """How far each test sequence is from each training one, (n, N), features of the training part's size 1.

    The least √Σ |x_i − o_j|² along a path through both that only goes forward (Sakoe & Chiba 1978), all features
    warped together, without a window.
    """
    from dtaidistance import dtw_ndim

    scaling = Scaling.of(training.values, np.ones(len(training.values)))
    both = [*_scaled(test, scaling), *_scaled(training, scaling)]
    n = len(test)
    block = ((0, n), (n, len(both)))
    whole = dtw_ndim.distance_matrix_fast(both, ndim=training.n_features, block=block, parallel=False)
    return np.asarray(whole[:n, n:])


def nearest(training: Sequences, test: Sequences) -> npt.NDArray[np.int64]:
    """The number of each test sequence's nearest training sequence, (n,); of equals the first."""
    return np.asarray(distances(training, test).argmin(axis=1))


def _scaled(sequences: Sequences, scaling: Scaling) -> list[FloatArray]:
    return [np.ascontiguousarray(scaling.forward(one), dtype=np.float64) for one in sequences.arrays()]
