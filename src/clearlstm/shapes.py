"""The axes, the array types and the checks that every stage shares.

Axes, everywhere: N sequences (batch), T steps, F input features, H hidden units, L layers, D directions.
Batch first: ``x`` is (N, T, F).
"""

import functools
import math
from typing import Any, TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError

FloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.integer[Any]]

FLOAT_DTYPES = ("float32", "float64")

FEW = 4096


def check_dtype(dtype: npt.DTypeLike) -> np.dtype[Any]:
    """Return ``dtype`` as a NumPy dtype; only float32 and float64 are computed with."""
    try:
        kind = np.dtype(dtype if dtype is not None else "none")  # NumPy takes None for float64
    except (TypeError, ValueError) as error:  # ValueError: half a character
        raise InputError(f"dtype {dtype!r} is not a number type: use 'float32' or 'float64'") from error
    if kind.name not in FLOAT_DTYPES:
        raise InputError(f"dtype {kind.name!r} can't be computed with: use 'float32' or 'float64'")
    return kind


def is_whole(value: object) -> bool:
    """Whether ``value`` is a whole number, which True and False are not."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def counted(number: int, noun: str) -> str:
    """A number and what it counts.

    >>> counted(1, "unit"), counted(1000, "step")
    ('1 unit', '1,000 steps')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def check_positive(name: str, value: object) -> int:
    """Return ``value`` as an int; it must be a whole number of at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise InputError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return int(value)


def check_whole(name: str, value: object) -> int:
    """Return ``value`` as an int; it must be a whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 0:
        raise InputError(f"{name} is {value!r}; it must be a whole number of at least 0")
    return int(value)


def random_generator(seed: object) -> np.random.Generator:
    """A generator that starts from ``seed``; None draws anew each time."""
    return np.random.default_rng(None if seed is None else check_whole("seed", seed))


def check_array(name: str, value: npt.ArrayLike, shape: tuple[int | None, ...], dtype: npt.DTypeLike) -> FloatArray:
    """Return ``value`` as a C-contiguous array of ``dtype``; ``None`` in ``shape`` stands for any size of at least 1.

    Not-a-number and infinities are refused: one of them would spread through the whole answer unseen.
    """
    if is_ready(value, shape, dtype):
        return value
    array = _as_number_array(name, value)
    _check_shape(name, array, shape)
    with np.errstate(over="ignore"):  # what overflows is reported below, by its own value
        ready = np.ascontiguousarray(array, dtype=dtype)
    if not _all_finite(ready):
        where = tuple(int(index) for index in np.argwhere(~np.isfinite(ready))[0])
        why = f", too large for {ready.dtype.name}" if np.isfinite(array[where]) else ""
        raise InputError(
            f"{name} holds {array[where]} at index {where}{why}: remove or replace values that aren't finite"
        )
    return ready


def is_ready(value: object, shape: tuple[int | None, ...], dtype: npt.DTypeLike) -> TypeGuard[FloatArray]:
    """Whether an array is right as it is, so that :func:`check_array` would return it.

    In a loop it mostly is, and all the checks cost more than a small net.
    """
    return is_laid_out(value, shape, dtype) and _all_finite(value)


def is_laid_out(value: object, shape: tuple[int | None, ...], dtype: npt.DTypeLike) -> TypeGuard[FloatArray]:
    """Whether an array is right as it is, but for numbers that may not be finite."""
    return (
        type(value) is np.ndarray
        and value.dtype == dtype
        and value.flags.c_contiguous
        and (value.shape == shape or _matches(value.shape, shape))
        and value.size > 0
    )


def _all_finite(array: FloatArray) -> bool:
    """Whether no number is infinite or not one; of a few numbers, their sum of squares mostly says so at once."""
    if array.size <= FEW and math.isfinite(np.vdot(array, array)):
        return True
    return bool(np.isfinite(array).all())


def _matches(actual: tuple[int, ...], shape: tuple[int | None, ...]) -> bool:
    if len(actual) != len(shape):
        return False
    for size, wanted in zip(actual, shape, strict=True):  # noqa: SIM110  # all(…) takes four times as long
        if wanted is not None and size != wanted:
            return False
    return True


def as_array(name: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    """Return ``value`` as an array of whatever it holds; rows of different lengths, or masks, are refused."""
    if np.ma.is_masked(value):
        raise InputError(f"{name} is masked in places, and the mask would be lost: fill them, or leave such rows out")
    try:
        return np.asarray(value)
    except ValueError as error:
        raise InputError(f"{name} is ragged: all its rows need the same length (or pass lengths)") from error


def _as_number_array(name: str, value: npt.ArrayLike) -> npt.NDArray[Any]:
    array = as_array(name, value)
    if array.dtype.kind not in "biuf":
        raise InputError(f"{name} holds {array.dtype.name} values; numbers are needed")
    return array


def _check_shape(name: str, array: npt.NDArray[Any], shape: tuple[int | None, ...]) -> None:
    if not _matches(array.shape, shape):
        wanted = ", ".join("any" if size is None else str(size) for size in shape)
        raise InputError(f"{name} has shape {array.shape}; ({wanted}{',' if len(shape) == 1 else ''}) is needed")
    if array.size == 0:
        raise InputError(f"{name} is empty: its shape is {array.shape}; every axis needs at least 1")


def check_sequences(x: npt.ArrayLike, input_size: int, dtype: npt.DTypeLike) -> FloatArray:
    """Check the input of a network: x (N, T, F) with F = ``input_size``."""
    shape = (None, None, input_size)
    if is_ready(x, shape, dtype):
        return x
    array = _as_number_array("x", x)
    if array.ndim == 3 and array.shape[2] != input_size:
        raise InputError(f"x has {array.shape[2]} features a step; this net takes {input_size}")
    if array.ndim != 3:
        raise InputError(
            f"x has shape {array.shape}; (sequences, steps, features) is needed, here (any, any, {input_size})"
        )
    return check_array("x", array, shape, dtype)


def check_lengths(lengths: npt.ArrayLike | None, n_sequences: int, n_steps: int) -> npt.NDArray[np.int64]:
    """Return the number of real steps of each sequence, (N,); ``None`` means that all T steps are real."""
    if lengths is None:
        return whole_lengths(n_sequences, n_steps)
    try:
        array = np.asarray(lengths)
    except ValueError as error:
        raise InputError(f"lengths is ragged: {n_sequences} whole numbers are needed, one a sequence") from error
    if array.shape != (n_sequences,) or array.dtype.kind not in "iu":
        raise InputError(
            f"lengths has shape {array.shape} and type {array.dtype.name}; {n_sequences} whole numbers are needed, "
            "one a sequence"
        )
    if n_sequences and (array.min() < 1 or array.max() > n_steps):
        worst = int(np.flatnonzero((array < 1) | (array > n_steps))[0])
        raise InputError(f"lengths[{worst}] is {int(array[worst])}; it must lie in 1..{n_steps}, the steps that x has")
    return np.ascontiguousarray(array, dtype=np.int64)


@functools.lru_cache(maxsize=16)
def whole_lengths(n_sequences: int, n_steps: int) -> npt.NDArray[np.int64]:
    """The lengths of sequences that are all T steps long, (N,): always the same array, which can't be written to."""
    whole = np.full(n_sequences, n_steps, np.int64)
    whole.flags.writeable = False
    return whole


def real_steps(lengths: IntArray, n_steps: int) -> npt.NDArray[np.bool_]:
    """Which of T steps are real and which padding, (N, T), from the real steps of each sequence, (N,).

    >>> real_steps(np.array([1, 3]), 3).astype(int)
    array([[1, 0, 0],
           [1, 1, 1]])
    """
    return np.asarray(np.arange(n_steps) < lengths[:, None])
