"""Could the difference between two models on the same folds be chance? Nadeau & Bengio's corrected t-test, and signs.

Folds share most of what they learn from, so their differences agree more than independent ones would. Nadeau & Bengio
(2003), "Inference for the Generalization Error", Machine Learning 52, eq. 9, widen the variance for it; Bouckaert &
Frank (2004) found that this holds what it promises where cross-validation is repeated.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray


class Difference(NamedTuple):
    """A mean difference, its 95 % interval, the probability of one as large if there is none, its standard error."""

    mean: float
    interval: tuple[float, float]
    p_value: float
    standard_error: float


def over_folds(differences: Sequence[FloatArray], test_over_training: float) -> Difference:
    """The mean of ``differences``, an array of one a test sequence for each fold.

    With J > 1 folds the variance of the mean of fold means is (1/J + n_test/n_training) σ². With one fold its sequences
    take the place of the folds, and nothing is shared between them.
    """
    from scipy.stats import t

    one = len(differences) == 1
    values = differences[0] if one else np.array([part.mean() for part in differences])
    J, mean = len(values), float(values.mean())
    error = math.sqrt((1 / J + (0.0 if one else test_over_training)) * float(values.var(ddof=1)))
    reach = error * float(t.ppf(0.975, J - 1))
    if error == 0:  # every fold says the same
        return Difference(mean, (mean, mean), float(mean == 0), 0.0)
    return Difference(mean, (mean - reach, mean + reach), 2 * float(t.sf(abs(mean) / error, J - 1)), error)


def of_signs(sequence: npt.NDArray[np.int64], difference: FloatArray) -> float:
    """The exact sign test over sequences, (m,) with their differences, of which repeats are added up.

    Of right and wrong answers it is McNemar's. It knows how few sequences there are, where every fold says the same.
    """
    from scipy.stats import binomtest

    sums = np.bincount(sequence, weights=difference)
    more, less = int((sums > 0).sum()), int((sums < 0).sum())
    return 1.0 if more + less == 0 else float(binomtest(more, more + less).pvalue)
