"""What training makes small: a mean over everything that counts, and its slope at each prediction.

A prediction is (N, M) or, from a model that answers at every step, (N, T, M). ``weight`` has one number for each of its
rows, so (N,) or (N, T): a row with weight 2 counts twice, one with weight 0 (padding, for instance) not at all. With
w_r the weight of row r, ℓ_rm the loss of its element m and M elements a row,

    loss = Σ_r w_r Σ_m ℓ_rm / (M Σ_r w_r)
"""

import itertools
from dataclasses import dataclass
from typing import Any, Protocol, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from clearlstm import kernels
from clearlstm.elementary import log
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray, as_array, check_array

Target = npt.NDArray[Any]


@runtime_checkable
class Loss(Protocol):
    """What :func:`clearlstm.train` asks of a loss. Its ``repr`` must name its settings: checkpoints compare it."""

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:
        """All targets as :meth:`value_and_gradient` takes them, for predictions ``(*rows, output_size)``."""
        ...

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient by ``prediction``: same shape, same dtype, freshly allocated."""
        ...


@final
@dataclass(frozen=True)
class SquaredError:
    """Mean of (ŷ − y)²: its best constant answer is the mean. y has the prediction's shape, or lacks a last axis of 1.

    >>> SquaredError().value_and_gradient(np.array([[3.0]]), np.array([[1.0]]))
    (4.0, array([[4.]]))
    """

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:
        """Return y as an array ``(*rows, output_size)`` of finite numbers."""
        return _check_numbers(y, rows, output_size, dtype)

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient (2 / count) (ŷ − y)."""
        error = prediction - _fit(y, prediction, prediction.shape[-1])
        return _mean(error * error, 2 * error, weight)


@final
@dataclass(frozen=True)
class AbsoluteError:
    """Mean of ``|ŷ − y|``: its best constant answer is the median. The slope at ŷ = y is taken as 0.

    >>> AbsoluteError().value_and_gradient(np.array([[3.0]]), np.array([[1.0]]))
    (2.0, array([[1.]]))
    """

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:
        """Return y as an array ``(*rows, output_size)`` of finite numbers."""
        return _check_numbers(y, rows, output_size, dtype)

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient sign(ŷ − y) / count."""
        error = prediction - _fit(y, prediction, prediction.shape[-1])
        return _mean(np.abs(error), np.sign(error), weight)


@final
@dataclass(frozen=True)
class Pinball:
    """Mean of the quantile loss (Koenker & Bassett 1978): its best constant answers are the quantiles at ``levels``.

    For y of K numbers a row the model gives K·Q: all Q levels of the first, then of the second, and so on. With
    e = y − ŷ the loss at level τ is τ e where e ≥ 0 and (τ − 1) e elsewhere; the slope at e = 0 is taken as 0.

    >>> Pinball((0.1, 0.5)).value_and_gradient(np.array([[1.0, 3.0]]), np.array([[2.0]]))
    (0.3, array([[-0.05,  0.25]]))
    """

    levels: tuple[float, ...]

    def __post_init__(self) -> None:
        levels = tuple(float(level) for level in self.levels)
        inside = all(0 < level < 1 for level in levels)
        rising = all(low < high for low, high in itertools.pairwise(levels))
        if not levels or not inside or not rising:
            raise InputError(
                f"levels is {self.levels!r}; quantile levels lie between 0 and 1 and rise, such as (0.1, 0.5, 0.9)"
            )
        object.__setattr__(self, "levels", levels)

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:
        """Return y as an array ``(*rows, output_size / Q)`` of finite numbers."""
        return _check_numbers(y, rows, self._width(output_size), dtype)

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient: −τ / count where ŷ lies too low, (1 − τ) / count where it lies too high."""
        K = self._width(prediction.shape[-1])
        tau = np.array(self.levels, dtype=prediction.dtype)
        quantiles = prediction.reshape(*prediction.shape[:-1], K, len(self.levels))
        error = _fit(y, prediction, K)[..., None] - quantiles
        losses = np.maximum(tau * error, (tau - 1) * error).reshape(prediction.shape)
        slopes = (error < 0) - tau * (error != 0)
        return _mean(losses, slopes.reshape(prediction.shape), weight)

    def _width(self, output_size: int) -> int:
        K, rest = divmod(output_size, len(self.levels))
        if rest or not K:
            raise InputError(
                f"the model gives {output_size} numbers a row; {len(self.levels)} quantile levels need a multiple of "
                f"{len(self.levels)}, one for each level of each number in y: change the head"
            )
        return K


@final
@dataclass(frozen=True)
class CrossEntropy:
    """Mean of −log p(class), p = softmax(prediction): y holds whole numbers in 0 … M − 1, one a row, M classes.

    >>> value, gradient = CrossEntropy().value_and_gradient(np.zeros((1, 2)), np.array([1]))
    >>> round(value, 6), gradient
    (0.693147, array([[ 0.5, -0.5]]))
    """

    def check_target(self, y: npt.ArrayLike, rows: tuple[int, ...], output_size: int, dtype: npt.DTypeLike) -> Target:  # noqa: ARG002 - one signature for all losses
        """Return y as an int64 array of shape ``rows``."""
        classes = as_array("y", y)
        if classes.shape != rows or classes.dtype.kind not in "iub":
            raise InputError(
                f"y has shape {classes.shape} and type {classes.dtype.name}; cross-entropy needs one whole number, "
                f"the class, for each of {rows} rows"
            )
        _check_classes(classes, output_size)
        return np.ascontiguousarray(classes, dtype=np.int64)

    def value_and_gradient(
        self, prediction: FloatArray, y: Target, weight: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """The loss, and its gradient (softmax(prediction) − one-hot(y)) / count."""
        if y.shape != prediction.shape[:-1]:
            raise InputError(f"y has shape {y.shape}; predictions {prediction.shape} need {prediction.shape[:-1]}")
        _check_classes(y, prediction.shape[-1])
        # log p = s − log Σ exp(s), with s = prediction − its largest: no exp overflows, and the sum is at least 1
        shifted = prediction - prediction.max(axis=-1, keepdims=True)
        exp = kernels.exp(shifted)
        total = exp.sum(axis=-1, keepdims=True)
        at_class = y[..., None].astype(np.intp, copy=False)
        losses = log(total).astype(prediction.dtype) - np.take_along_axis(shifted, at_class, axis=-1)
        slopes = exp / total
        np.put_along_axis(slopes, at_class, np.take_along_axis(slopes, at_class, axis=-1) - 1, axis=-1)
        return _mean(losses, slopes, weight)


LOSSES: dict[str, Loss] = {
    "squared": SquaredError(),
    "absolute": AbsoluteError(),
    "cross_entropy": CrossEntropy(),
}


def as_loss(loss: str | Loss) -> Loss:
    """The loss called ``loss``, or ``loss`` itself if it already is one."""
    if isinstance(loss, str) and loss in LOSSES:
        return LOSSES[loss]
    if isinstance(loss, str) or not isinstance(loss, Loss):
        raise InputError(
            f"loss is {loss!r}; it must be one of {', '.join(map(repr, LOSSES))}, or an object such as "
            "Pinball((0.1, 0.5, 0.9))"
        )
    return loss


def _mean(losses: FloatArray, slopes: FloatArray, weight: FloatArray | None) -> tuple[float, FloatArray]:
    """The weighted mean of ``losses`` (*rows, M), and its gradient: ``slopes``, scaled in place.

    Where nothing counts there is nothing to learn: 0, and a gradient of 0.
    """
    if weight is None:
        slopes /= losses.size
        return float(losses.sum(dtype=np.float64)) / losses.size, slopes
    if weight.shape != losses.shape[:-1]:
        raise InputError(f"weight has shape {weight.shape}; {losses.shape[:-1]} is needed, one number a row")
    total = float(weight.sum(dtype=np.float64)) * losses.shape[-1]
    if total == 0:
        return 0.0, np.zeros_like(slopes)
    slopes *= (weight / total)[..., None]
    return float((losses * weight[..., None]).sum(dtype=np.float64)) / total, slopes


def _fit(y: Target, prediction: FloatArray, width: int) -> FloatArray:
    """y as an array (*rows, width) of the prediction's dtype; a missing last axis of 1 is put back."""
    rows = prediction.shape[:-1]
    if y.shape == rows and width == 1:
        y = y[..., None]
    if y.shape != (*rows, width):
        raise InputError(f"y has shape {y.shape}; {(*rows, width)} is needed beside predictions {prediction.shape}")
    return y.astype(prediction.dtype, copy=False)


def _check_numbers(y: npt.ArrayLike, rows: tuple[int, ...], width: int, dtype: npt.DTypeLike) -> Target:
    y = as_array("y", y)
    if width == 1 and y.shape == rows:
        y = y[..., None]
    return check_array("y", y, (*rows, width), dtype)


def _check_classes(classes: Target, n_classes: int) -> None:
    if classes.size and (classes.min() < 0 or classes.max() >= n_classes):
        worst = classes[(classes < 0) | (classes >= n_classes)][0]
        raise InputError(
            f"y holds class {worst}; the model gives {n_classes} numbers a row, so classes are 0..{n_classes - 1}"
        )
