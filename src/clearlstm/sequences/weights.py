"""How much each sequence counts, and each class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray, check_array
from clearlstm.training.losses import CrossEntropy, Target

ClassWeight: TypeAlias = str | Mapping[Any, float] | None


def check_sample_weight(sample_weight: npt.ArrayLike | None, N: int) -> FloatArray:
    """How much each of N sequences counts, (N,) in float64; at least 0, and not all 0. None: each once."""
    if sample_weight is None:
        return np.ones(N)
    weight = check_array("sample_weight", sample_weight, (N,), np.float64)
    if weight.min() < 0:
        raise InputError(f"sample_weight[{weight.argmin()}] is {weight.min():g}; weights are at least 0")
    if weight.max() > np.finfo(np.float64).max / N:
        raise InputError(f"sample_weight adds up to more than a number can be (one is {weight.max():g}): divide them")
    if not weight.any():
        raise InputError("sample_weight is zero for every sequence: nothing would count")
    return weight


def class_weights(
    class_weight: ClassWeight, classes: npt.NDArray[Any], labels: npt.NDArray[np.int64], weight: FloatArray
) -> FloatArray | None:
    """How much an answer of each class counts, (K,); None: all the same.

    "balanced" gives every class the same sum (King & Zeng 2001): total / (K × the sum of ``weight`` (n,) over the
    answers, numbered ``labels`` (n,), of the class).

    >>> class_weights("balanced", np.array(["a", "b"]), np.array([0, 0, 0, 1]), np.ones(4))
    array([0.66666667, 2.        ])
    """
    if class_weight is None:
        return None
    if isinstance(class_weight, Mapping):
        return _from_mapping(class_weight, classes)
    if class_weight != "balanced":
        raise InputError(f"class_weight is {class_weight!r}; use None, 'balanced' or a dict of label and weight")
    sums = np.bincount(labels, weights=weight, minlength=len(classes))
    return np.asarray(sums.sum() / (len(classes) * sums))


def _from_mapping(given: Mapping[Any, float], classes: npt.NDArray[Any]) -> FloatArray:
    """Classes that aren't named count once."""
    known = classes.tolist()
    if unknown := [label for label in given if label not in known]:
        raise InputError(f"class_weight names {unknown[0]!r}, which is not in y: its classes are {known}")
    weights = check_array("class_weight", [given.get(label, 1.0) for label in known], (len(known),), np.float64)
    if weights.min() < 0 or not weights.any():
        raise InputError(f"class_weight is {dict(given)!r}; weights are at least 0, and not all 0")
    return weights


@final
@dataclass(frozen=True)
class WeightedCrossEntropy:
    """Cross-entropy in which an answer of class k counts ``class_weight[k]`` times.

        loss = Σ_r w_r v_{y_r} ℓ_r / Σ_r w_r

    with v the class weights. The sum below is without v, so a batch that happens to hold rare classes moves the
    parameters by more: only so is the mean over batches that of all answers.

    >>> WeightedCrossEntropy((1.0, 3.0)).value_and_gradient(np.zeros((1, 2)), np.array([1]))[1]
    array([[ 1.5, -1.5]])
    """

    class_weight: tuple[float, ...]

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:
        """As :class:`CrossEntropy` does."""
        return CrossEntropy().check_target(y, rows, output_size, dtype)

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient w_r v_{y_r} (softmax(prediction) − one-hot(y)) / Σ_r w_r."""
        w = np.ones(y.shape) if weight is None else weight
        wv = w * np.array(self.class_weight)[y]
        value, gradient = CrossEntropy().value_and_gradient(prediction, y, wv)
        # That is a mean over Σ w v.
        factor = float(wv.sum() / w.sum())
        return value * factor, gradient * gradient.dtype.type(factor)
