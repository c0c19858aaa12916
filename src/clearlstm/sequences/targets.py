"""What people hand over as y, read into one row an answer: N of them, or R where each step has one."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.sequences.inputs import Sequences, is_ragged, items, numbers
from clearlstm.sequences.scikit_learn import DataConversionWarning
from clearlstm.shapes import FloatArray, as_array, real_steps


def read_labels(y: Any, sequences: Sequences, *, per_step: bool) -> npt.NDArray[Any]:
    """The labels, (N,) or with ``per_step`` (R,); numbers, strings or other values that can be sorted."""
    labels = _rows(y, sequences, per_step=per_step)
    if labels.shape[1:] == (1,):
        if not per_step:
            warnings.warn(
                "A column-vector y was passed when a 1d array was expected: give y.ravel()",
                DataConversionWarning,
                stacklevel=4,
            )
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise InputError(f"y has {labels.shape[1:]} labels for each answer; one is needed")
    if labels.dtype.kind not in "biufUSO":
        raise InputError(f"y holds {labels.dtype.name} values; labels are whole numbers, truth values or strings")
    if labels.dtype.kind == "f":
        _check_float_labels(labels)
    return labels


def _check_float_labels(labels: npt.NDArray[Any]) -> None:
    bad = ~np.isfinite(labels)
    if bad.any():
        raise InputError(f"Input y contains {'NaN' if np.isnan(labels).any() else 'infinity'}: leave such answers out")
    if (labels != np.floor(labels)).any():
        raise InputError(
            f"Unknown label type: y holds numbers such as {labels[labels != np.floor(labels)][0]:g}; classes are whole "
            "numbers or strings. For numbers to predict there is LSTMRegressor"
        )


def distinct(labels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
    """The classes (K,), sorted, and the number in 0 … K − 1 of each of ``labels`` (n,)."""
    if labels.dtype == object and _any_missing(labels):
        raise InputError("Input y contains NaN or None: leave such answers out, or give them a label of their own")
    try:
        classes, at = np.unique(labels, return_inverse=True)
    except TypeError as error:
        raise InputError(f"y mixes labels that can't be sorted ({error}): use strings or numbers throughout") from error
    return classes, at.astype(np.int64)


def _any_missing(labels: npt.NDArray[Any]) -> bool:
    """Whether there is a None, a NaN or a pandas.NA among objects."""
    import pandas as pd

    return bool(pd.isna(labels).any())


def encode(labels: npt.NDArray[Any], classes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """The number of each label (n,) among ``classes``; −1 for those that aren't there.

    >>> encode(np.array(["b", "c"]), np.array(["a", "b"]))
    array([ 1, -1])
    """
    distinct_labels, at = distinct(labels)
    # Python's own equality: 1 is 1.0, and "1" is neither
    number = {label: k for k, label in enumerate(classes.tolist())}
    return np.array([number.get(label, -1) for label in distinct_labels.tolist()], dtype=np.int64)[at]


def read_numbers(y: Any, sequences: Sequences, *, per_step: bool) -> FloatArray:
    """The targets, (N,) or (N, K), with ``per_step`` (R,) or (R, K); finite."""
    rows = numbers("y", _rows(y, sequences, per_step=per_step))
    if rows.ndim > 2 or not rows.size:
        raise InputError(f"y has shape {rows.shape[1:]} for each answer; a number or a row of numbers is needed")
    if not np.isfinite(rows).all():
        what = "NaN" if np.isnan(rows).any() else "infinity"
        where = int(np.argwhere(~np.isfinite(rows))[0, 0])
        raise InputError(f"Input y contains {what} at answer {where}: fill such answers or leave them out")
    return rows


def _rows(y: Any, sequences: Sequences, *, per_step: bool) -> npt.NDArray[Any]:
    """One row an answer."""
    if y is None:
        raise InputError("this estimator requires y to be passed, but the target y is None: fit(X, y)")
    if per_step and is_ragged(y):
        return _stacked(items("y", y), sequences)
    array = as_array("y", y)
    if array.ndim < 1 + per_step:
        raise InputError(f"y has shape {array.shape}; {_wanted(sequences, per_step=per_step)} is needed")
    if len(array) != len(sequences):
        raise InputError(f"y has {len(array)} answers for {len(sequences)} sequences in X: give one for each")
    return _real_steps(array, sequences) if per_step else array


def _real_steps(y: npt.NDArray[Any], sequences: Sequences) -> npt.NDArray[Any]:
    """The rows (R, …) of y (N, T, …); what stands in the padding is left out."""
    lengths = sequences.lengths
    T = int(sequences.padded_steps or lengths.max())
    if y.shape[1] != T:
        raise InputError(
            f"y has {y.shape[1]} steps and X has {T}: give {_wanted(sequences, per_step=True)}, or pool='last' or "
            "'mean' for one answer a sequence"
        )
    return np.asarray(y[real_steps(lengths, T)])


def _stacked(answers: list[npt.NDArray[Any]], sequences: Sequences) -> npt.NDArray[Any]:
    """The rows (R, …) of a list of N arrays (T_n, …)."""
    if len(answers) != len(sequences):
        raise InputError(f"y has {len(answers)} answers for {len(sequences)} sequences in X: give one for each")
    for k, (one, steps) in enumerate(zip(answers, sequences.lengths, strict=True)):
        if one.shape[:1] != (steps,):
            raise InputError(f"y[{k}] has shape {one.shape} and X[{k}] has {steps} steps: with pool=None each has one")
        if one.shape[1:] != answers[0].shape[1:]:
            raise InputError(f"y[{k}] has shape {one.shape} and y[0] {answers[0].shape}: all need the same width")
    return np.concatenate(answers)


def _wanted(sequences: Sequences, *, per_step: bool) -> str:
    if not per_step:
        return f"one answer for each of {len(sequences)} sequences"
    return f"an answer for each step ({len(sequences)}, {sequences.padded_steps or 'steps'}), or a list of such"
