"""What people hand over as X, read into one form: the steps of all sequences end to end.

R is the number of all real steps. Nothing is padded here, so a mean over rows is a mean over real steps, and one long
sequence among short ones costs no more than its own steps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias, cast, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray, IntArray, as_array, check_lengths, real_steps

SequencesLike: TypeAlias = npt.ArrayLike | Sequence[npt.ArrayLike]

# Enough steps to keep every core busy, few enough for the traces of both directions to stay small.
STEPS_AT_ONCE: Final = 2**15


@final
@dataclass(frozen=True, eq=False)
class Sequences:
    """N sequences: ``values`` (R, F), and ``offsets`` (N + 1,) such that sequence n is the rows between two of them.

    padded_steps
        T of the array that they came from; None if they came as a list.
    uniform
        They came as an array without lengths: answers for each step go back as an array, else as a list.
    is_table
        That array was (N, T): one feature, the columns being steps.
    """

    values: FloatArray
    offsets: npt.NDArray[np.int64]
    padded_steps: int | None = None
    uniform: bool = False
    is_table: bool = False

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def n_features(self) -> int:
        """F."""
        return int(self.values.shape[1])

    @property
    def lengths(self) -> npt.NDArray[np.int64]:
        """The steps of each, (N,)."""
        return np.diff(self.offsets)

    def rows(self, chosen: IntArray) -> npt.NDArray[np.int64]:
        """The rows of the sequences ``chosen`` (n,), end to end in that order."""
        lengths = self.lengths[chosen]
        starts = offsets_of(lengths)
        return np.asarray(np.arange(starts[-1]) + np.repeat(self.offsets[chosen] - starts[:-1], lengths))

    def take(self, chosen: IntArray) -> "Sequences":
        """The sequences ``chosen`` (n,), in that order."""
        return replace(self, values=self.values[self.rows(chosen)], offsets=offsets_of(self.lengths[chosen]))

    def arrays(self) -> list[FloatArray]:
        """Each of them, (T_n, F)."""
        return np.split(self.values, self.offsets[1:-1])

    def padded(self, chosen: IntArray, flat: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """What ``flat`` (R, …) holds for ``chosen`` (n,), as (n, T, …): T steps, the longest's; 0 in the padding."""
        lengths = self.lengths[chosen]
        steps = np.arange(lengths.max())
        # A step in the padding reads a later sequence's, or past the end the last row: both are blanked.
        out = np.take(flat, self.offsets[chosen, None] + steps, axis=0, mode="clip")
        out[~real_steps(lengths, len(steps))] = 0
        return out

    def joined(self, steps: int) -> "Sequences":
        """The same with each ``steps`` steps in a row as one of ``steps`` · F features, the earliest first.

        Where a sequence ends before the last of them, its last step stands again.

        >>> read_sequences([[1.0, 2.0, 3.0]]).joined(2).values
        array([[1., 2.],
               [3., 3.]])
        """
        if steps == 1:
            return self
        counts = -(-self.lengths // steps)
        offsets = offsets_of(counts)
        sequence = np.repeat(np.arange(len(self)), counts)
        first = self.offsets[sequence] + steps * (np.arange(offsets[-1]) - offsets[sequence])
        rows = np.minimum(first[:, None] + np.arange(steps), self.offsets[sequence + 1][:, None] - 1)
        return Sequences(self.values[rows].reshape(len(rows), -1), offsets)

    def pieces(self) -> Iterator[npt.NDArray[np.int64]]:
        """The numbers of all sequences, the shortest first, in pieces of about ``STEPS_AT_ONCE`` padded steps."""
        order = np.argsort(self.lengths, kind="stable")
        start = 0
        while start < len(order):
            # Sorted: the last of a piece is its longest, so its padded size grows with every one that joins.
            padded = self.lengths[order[start:]] * np.arange(1, len(order) - start + 1)
            count = max(1, int(np.searchsorted(padded, STEPS_AT_ONCE, side="right")))
            yield order[start : start + count]
            start += count

    def shape_back(self, flat: npt.NDArray[Any]) -> Any:
        """``flat`` (R, …) as X came: an array (N, T, …), or a list of N arrays (T_n, …)."""
        if self.uniform:
            return flat.reshape(len(self), -1, *flat.shape[1:])
        return np.split(flat, self.offsets[1:-1])


def read_sequences(X: SequencesLike, lengths: npt.ArrayLike | None = None) -> Sequences:
    """Read X: (N, T, F); (N, T), one feature; or a list of arrays (T_n, F) or (T_n,), of any lengths.

    Lists of numbers in a list, all of one length, are such a table (N, T), as everywhere in scikit-learn.
    ``lengths`` (N,) are the real steps of an array's sequences; what stands beyond them is not looked at.

    >>> read_sequences([[1.0, 2.0, 3.0], [4.0]]).lengths
    array([3, 1])
    """
    sequences = _from_items(X, lengths) if is_ragged(X) and not _is_nested_table(X) else _from_array(X, lengths)
    bad = ~np.isfinite(sequences.values)
    if bad.any():
        row, feature = np.argwhere(bad)[0]
        n = int(np.searchsorted(sequences.offsets, row, side="right")) - 1
        value = "NaN" if np.isnan(sequences.values[row, feature]) else str(sequences.values[row, feature])
        raise InputError(
            f"X holds {value} in sequence {n} at step {row - sequences.offsets[n]}, feature {feature}: NaN and inf "
            "can't be learnt from; fill them, or leave such sequences out"
        )
    return sequences


def read_padded(
    X: SequencesLike, lengths: npt.ArrayLike | None, *, steps_at_once: int = 1
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """The same as one array (N, T, F) with padding, and the lengths (N,); ``steps_at_once`` steps are one."""
    read = read_sequences(X, lengths)
    sequences = read.joined(steps_at_once)
    values = sequences.padded(np.arange(len(sequences)), sequences.values)
    padding = max(0, -(-(read.padded_steps or 0) // steps_at_once) - values.shape[1])
    return np.pad(values, ((0, 0), (0, padding), (0, 0))), sequences.lengths


def is_ragged(value: Any) -> bool:
    """Whether a value is read item by item: a list, a tuple, or a 1-D array of objects."""
    if isinstance(value, list | tuple):
        return True
    array = value if isinstance(value, np.ndarray) else getattr(value, "values", None)
    return isinstance(array, np.ndarray) and array.dtype == object and array.ndim == 1


def _is_nested_table(X: Any) -> bool:
    """Whether X is a list of equally long lists of numbers."""
    inner = [item for item in X if isinstance(item, list | tuple)]
    return len(inner) == len(X) > 0 and len({len(item) for item in inner}) == 1 and np.ndim(X[0][:1]) == 1


def items(name: str, value: Any) -> list[npt.NDArray[Any]]:
    """The arrays of a list (or what :func:`is_ragged` takes for one), each named in what goes wrong with it."""
    return [as_array(f"{name}[{k}]", item) for k, item in enumerate(value)]


def numbers(name: str, value: npt.ArrayLike) -> FloatArray:
    """``value`` as float64, of any shape; objects are taken if each is a number."""
    if hasattr(value, "toarray"):
        raise InputError(f"{name} is sparse: sequences are dense; give {name}.toarray()")
    array = as_array(name, value)
    if array.dtype.kind == "c":
        raise InputError(f"Complex data not supported: {name} holds complex numbers; give two features for one")
    if array.dtype.kind not in "biufO":
        raise InputError(f"{name} holds {array.dtype.name} values; numbers are needed")
    try:
        with np.errstate(over="ignore"):  # what overflows is infinite, and reported as that
            return np.asarray(array, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{name} holds objects that can't be read as numbers ({error})") from error


def offsets_of(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Offsets (N + 1,) of sequences of the given lengths (N,).

    >>> offsets_of(np.array([3, 1]))
    array([0, 3, 4])
    """
    return np.concatenate([[0], np.cumsum(lengths)])


def _from_array(X: SequencesLike, lengths: npt.ArrayLike | None) -> Sequences:
    array = numbers("X", cast("npt.ArrayLike", X))
    if array.ndim not in (2, 3):
        raise InputError(
            f"X has shape {array.shape}; (sequences, steps, features), (sequences, steps) or a list of sequences is "
            "needed. Reshape your data: X[None, :] is one sequence of one feature"
        )
    if not array.size:
        axes = ("sample", "feature") if array.ndim == 2 else ("sequence", "step", "feature")
        none = axes[array.shape.index(0)]
        raise InputError(f"X has 0 {none}(s) (shape={array.shape}) while a minimum of 1 is required.")
    is_table, (N, T) = array.ndim == 2, array.shape[:2]
    steps = check_lengths(lengths, N, T)
    array = array.reshape(N, T, -1)
    values = array.reshape(N * T, -1) if lengths is None else array[np.arange(T) < steps[:, None]]
    return Sequences(values, offsets_of(steps), padded_steps=T, uniform=lengths is None, is_table=is_table)


def _from_items(X: Any, lengths: npt.ArrayLike | None) -> Sequences:
    if lengths is not None:
        raise InputError("X is a list, whose sequences have their own lengths: leave lengths out, or give an array")
    if not len(X):
        raise InputError("X is empty: at least one sequence is needed")
    items = [_as_steps(f"X[{k}]", item) for k, item in enumerate(X)]
    for k, one in enumerate(items):
        if one.shape[1] != items[0].shape[1]:
            raise InputError(
                f"X[{k}] has {one.shape[1]} features a step and X[0] has {items[0].shape[1]}: all need the same"
            )
    return Sequences(np.concatenate(items), offsets_of(np.array([len(one) for one in items], dtype=np.int64)))


def _as_steps(name: str, item: npt.ArrayLike) -> FloatArray:
    """One sequence as (T, F)."""
    array = numbers(name, item)
    if array.ndim not in (1, 2):
        raise InputError(f"{name} has shape {array.shape}; a sequence is (steps, features), or (steps,) of one feature")
    if not array.size:
        raise InputError(f"{name} has shape {array.shape}: at least 1 step and 1 feature are needed; leave it out")
    return array.reshape(len(array), -1)
