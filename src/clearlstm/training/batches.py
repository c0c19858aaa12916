"""Where a step's rows come from: sources that are read by index, and the order in which they are read."""

import hashlib
from functools import cached_property
from typing import Any, Final, NamedTuple, Protocol, TypeGuard, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import FLOAT_DTYPES, FloatArray, IntArray, as_array, check_array, check_lengths

MAX_PERMUTED_ROWS: Final = 2**20


class Batch(NamedTuple):
    """x (n, T, F); y as the loss wants it; lengths (n,), the real steps of each row; weight (n,), how much each counts.

    With a model that answers at every step, y must hold usable values in the padding too; they don't count.
    """

    x: FloatArray
    y: npt.NDArray[Any]
    lengths: npt.NDArray[np.int64] | None = None
    weight: FloatArray | None = None


class BatchSource(Protocol):
    """Rows in time order, the earliest first, read by index: what :func:`clearlstm.train` takes instead of arrays."""

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        ...

    @property
    def fingerprint(self) -> str:
        """A text that changes when the data do; asked for only when there is a checkpoint."""
        ...

    def batch(self, rows: IntArray) -> Batch:
        """The given rows (n,), in that order. The arrays may be used again by the next call."""
        ...


def is_source(value: object) -> TypeGuard[BatchSource]:
    """Whether ``value`` is read with ``batch(rows)``, as a BatchSource is."""
    return callable(getattr(value, "batch", None))


@final
class ArrayBatches:
    """Rows of arrays: x (N, T, F), y (N, …), lengths (N,), weight (N,).

    A batch is a gather by index into buffers that the next batch of its size fills again.

    >>> source = ArrayBatches(np.arange(6.0).reshape(3, 2, 1), np.array([10, 20, 30]))
    >>> source.batch(np.array([2, 0])).y
    array([30, 10])
    """

    def __init__(
        self,
        x: npt.ArrayLike,
        y: npt.ArrayLike,
        lengths: npt.ArrayLike | None = None,
        weight: npt.ArrayLike | None = None,
    ) -> None:
        given = np.asarray(x)
        dtype = given.dtype if given.dtype.name in FLOAT_DTYPES else np.dtype(np.float64)
        self._x = check_array("x", given, (None, None, None), dtype)
        N, T, _ = self._x.shape
        self._y = np.ascontiguousarray(as_array("y", y))
        if self._y.shape[:1] != (N,):
            raise InputError(f"x has {N} rows and y has shape {self._y.shape}; y's first size must be {N}")
        self._lengths = None if lengths is None else check_lengths(lengths, N, T)
        self._weight = None if weight is None else _check_weight(weight, N)
        self._buffers: list[npt.NDArray[Any]] = []

    @property
    def n_rows(self) -> int:
        """N."""
        return len(self._x)

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every array's shape, type and bytes."""
        digest = hashlib.blake2b(digest_size=16)
        for array in (self._x, self._y, self._lengths, self._weight):
            if array is None:
                digest.update(b"none")
            else:
                digest.update(f"{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def batch(self, rows: IntArray) -> Batch:
        """The given rows (n,), in that order; valid until the next call."""
        if rows.min() < 0 or rows.max() >= len(self._x):
            raise InputError(f"rows reach from {rows.min()} to {rows.max()}; there are rows 0..{len(self._x) - 1}")
        arrays = [array for array in (self._x, self._y, self._lengths, self._weight) if array is not None]
        if not self._buffers or len(self._buffers[0]) != len(rows):
            self._buffers = [np.empty((len(rows), *array.shape[1:]), array.dtype) for array in arrays]
        for array, buffer in zip(arrays, self._buffers, strict=True):
            # The rows are checked above; with mode="raise" NumPy would fill a copy of the buffer first.
            np.take(array, rows, axis=0, out=buffer, mode="clip")
        rest = iter(self._buffers[2:])
        return Batch(
            self._buffers[0],
            self._buffers[1],
            None if self._lengths is None else next(rest),
            None if self._weight is None else next(rest),
        )


@final
class Part:
    """The rows ``start`` … ``stop`` − 1 of another source."""

    def __init__(self, source: BatchSource, start: int, stop: int) -> None:
        self._source, self._start, self._stop = source, start, stop

    @property
    def n_rows(self) -> int:
        """The rows of this part."""
        return self._stop - self._start

    @property
    def fingerprint(self) -> str:
        """The whole's, and where the part stands in it."""
        return f"{self._source.fingerprint}[{self._start}:{self._stop}]"

    def batch(self, rows: IntArray) -> Batch:
        """The given rows, counted from the part's first."""
        return self._source.batch(rows + self._start)


@final
class RowOrder:
    """Which rows each step reads, from the step's number alone, so that a run can go on from any step.

    Epoch follows epoch without a gap, each a permutation of its own; a batch may span two. Above
    ``MAX_PERMUTED_ROWS`` rows are drawn at random instead: no permutation of all is ever held. Without ``shuffle`` the
    rows come in their own order, again and again.
    """

    def __init__(self, n_rows: int, batch_size: int, *, shuffle: bool, seed: int) -> None:
        self.n_rows = n_rows
        self.batch_size = min(batch_size, n_rows)
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = -1
        self._permutation: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def rows(self, step: int) -> npt.NDArray[np.int64]:
        """The rows of ``step``, counted from 0."""
        start = step * self.batch_size
        if not self._shuffle:
            return np.arange(start, start + self.batch_size) % self.n_rows
        if self.n_rows > MAX_PERMUTED_ROWS:
            return random_stream(self._seed, "rows", step).integers(self.n_rows, size=self.batch_size)
        epoch, first = divmod(start, self.n_rows)
        head = self._permuted(epoch)[first : first + self.batch_size]
        missing = self.batch_size - len(head)
        return np.concatenate([head, self._permuted(epoch + 1)[:missing]]) if missing else head

    def _permuted(self, epoch: int) -> npt.NDArray[np.int64]:
        if epoch != self._epoch:
            self._permutation = random_stream(self._seed, "rows", epoch).permutation(self.n_rows)
            self._epoch = epoch
        return self._permutation


_STREAMS: Final = {"rows": 0, "dropout": 1}


def random_stream(seed: int, purpose: str, index: int) -> np.random.Generator:
    """A generator for one epoch's or step's draws, the same whenever it is asked for."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(_STREAMS[purpose], index)))


def _check_weight(weight: npt.ArrayLike, n_rows: int) -> FloatArray:
    array = check_array("weight", weight, (n_rows,), np.float64)
    if array.min() < 0 or not array.any():
        raise InputError(
            f"weight reaches from {array.min():g} to {array.max():g}; weights are at least 0, and not all 0"
        )
    return array
