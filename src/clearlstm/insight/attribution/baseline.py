"""What an answer is compared with: the baselines that attribution starts from."""

from typing import Final, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.insight.attribution.path_integral import Rows, Starts
from clearlstm.shapes import FloatArray, check_array, check_whole

BaselineName: TypeAlias = Literal["mean", "last", "zero", "windows"]
BASELINES: Final = get_args(BaselineName)
MOST_BYTES: Final = 2**30
"""What the windows that are averaged over may take."""


def starts_of(
    baseline: BaselineName | npt.ArrayLike,
    x: FloatArray,
    lengths: Rows,
    data: tuple[FloatArray, Rows] | None,
    *,
    n_windows: int,
    seed: int,
    zero: FloatArray,
) -> Starts:
    """The baselines of x (N, T, F), as they are named in :func:`clearlstm.insight.attribution.attribute.attribute`.

    data: sequences (N', T', F) with their lengths. zero (F,): what reads 0 in the user's units.
    """
    if not isinstance(baseline, str):
        return _given(baseline, x)
    whose = "x itself" if data is None else "the data"
    if baseline == "mean":
        values, real_steps = (x, lengths) if data is None else data
        real = np.arange(values.shape[1]) < real_steps[:, None]
        mean = values[real].mean(axis=0, dtype=np.float64)
        return for_all(mean, x, f"the mean of each feature over all steps of {whose}")
    if baseline == "zero":
        return for_all(zero, x, "zero")
    if baseline == "last":
        last = x[np.arange(len(x)), lengths - 1]
        return for_each(np.repeat(last[:, None], x.shape[1], axis=1), "each sequence's last value repeated")
    if baseline == "windows":
        return _random_windows(x, lengths, *(data or (x, lengths)), n_windows, seed, whose)
    raise InputError(f"baseline is {baseline!r}; use {', '.join(map(repr, BASELINES))} or an array")


def for_all(values: FloatArray, x: FloatArray, name: str) -> Starts:
    """A baseline of one step (F,), or of one sequence (T, F)."""
    one = np.broadcast_to(values, x.shape[1:]).astype(x.dtype)
    return Starts(one[None], np.zeros((len(x), 1), np.int64), name)


def for_each(values: FloatArray, name: str) -> Starts:
    """A baseline for each sequence, (N, T, F)."""
    return Starts(np.ascontiguousarray(values), np.arange(len(values))[:, None], name)


def _given(baseline: npt.ArrayLike, x: FloatArray) -> Starts:
    N, T, F = x.shape
    shape = np.shape(baseline)
    if shape not in ((F,), (T, F), (N, T, F)):
        raise InputError(f"baseline has shape {shape}; ({F},), ({T}, {F}) or ({N}, {T}, {F}) is needed, or a name")
    values = check_array("baseline", baseline, shape, x.dtype)
    if len(shape) == 3:
        return for_each(values, "the given sequences")
    return for_all(values, x, "the given sequence" if len(shape) == 2 else "the given values at each step")


def _random_windows(
    x: FloatArray, lengths: Rows, data: FloatArray, data_lengths: Rows, n_windows: int, seed: int, whose: str
) -> Starts:
    """Random stretches of the data, as long as the sequence that they stand in for.

    Sequences of one length share theirs, so what one is given doesn't hang on those beside it.
    """
    kinds, kind = np.unique(lengths, return_inverse=True)
    size = n_windows * (len(kinds) * x[0].nbytes + len(x) * kind.itemsize)
    if size > MOST_BYTES:
        raise InputError(
            f"n_windows is {n_windows:,}: windows of these sequences would take {size / 2**30:,.0f} GiB, of which "
            f"{MOST_BYTES / 2**30:.0f} are allowed; a hundred say as much as most"
        )
    values = np.zeros((len(kinds) * n_windows, *x.shape[1:]), x.dtype)
    for j, length in enumerate(kinds.tolist()):
        rng = np.random.default_rng([check_whole("seed", seed), length])
        long_enough = np.flatnonzero(data_lengths >= length)
        if not len(long_enough):
            raise InputError(
                f"no sequence of the data has {length} steps, as one of x has, for a window as long: give longer data"
            )
        chosen = rng.choice(long_enough, n_windows)
        first = rng.integers(0, data_lengths[chosen] - length + 1)
        values[j * n_windows : (j + 1) * n_windows, :length] = data[chosen[:, None], first[:, None] + np.arange(length)]
    index = kind[:, None] * n_windows + np.arange(n_windows)
    return Starts(values, index.astype(np.int64), f"{n_windows} random windows of {whose}, averaged over")
