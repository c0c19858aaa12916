"""Memory that is used again. Fresh memory costs more at its first touch than most of the arithmetic done in it.

An array from here keeps its block of memory until the last view of it is gone; then the block waits for the next array
of about its size.
"""

import math
import threading
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

ALIGNMENT: Final = 64
"""Bytes; a register's load must not straddle two lines of the cache."""

SMALL_BYTES: Final = 2**15
"""Below this the system's own memory allocator is quicker, and uses memory again by itself."""

KEPT_BYTES: Final = 128 * 2**20
"""The most that may wait unused."""


class _Lease:
    """Owns a block while arrays look at it, through NumPy's array interface."""

    def __init__(self, pool: "Pool", block: npt.NDArray[np.uint8], shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._pool, self._block = pool, block
        self.__array_interface__ = {
            "version": 3,
            "data": (block.ctypes.data, False),
            "shape": shape,
            "typestr": dtype.str,
        }

    def __del__(self) -> None:
        self._pool.give_back(self._block)


class Pool:
    """Blocks of memory by size. Safe to use from several threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._waiting: dict[int, list[npt.NDArray[np.uint8]]] = {}
        self._bytes = 0
        # Reentrant: a lease may end, by garbage collection, while its own thread is taking another.
        self._lock = threading.RLock()

    def empty(self, shape: tuple[int, ...], dtype: npt.DTypeLike) -> FloatArray:
        """An array with whatever its memory held."""
        of = np.dtype(dtype)
        needed = math.prod(shape) * of.itemsize
        if needed < SMALL_BYTES:
            return np.empty(shape, of)
        size = _rounded(needed)
        with self._lock:
            waiting = self._waiting.get(size)
            block = waiting.pop() if waiting else None
            self._bytes -= 0 if block is None else size
        array: FloatArray = np.asarray(_Lease(self, _aligned(size) if block is None else block, shape, of))
        return array

    def give_back(self, block: npt.NDArray[np.uint8]) -> None:
        """Keep a block for the next array of its size, unless much is waiting already."""
        with self._lock:
            if self._bytes + block.size <= self._kept_bytes:
                self._waiting.setdefault(block.size, []).append(block)
                self._bytes += block.size


def _rounded(size: int) -> int:
    """Up to a size of which there are few: four between one power of two and the next."""
    step = max(ALIGNMENT, 1 << max(0, size.bit_length() - 3))
    return -(-max(size, 1) // step) * step


def _aligned(size: int) -> npt.NDArray[np.uint8]:
    block = np.empty(size + ALIGNMENT, np.uint8)
    start = -block.ctypes.data % ALIGNMENT
    return block[start : start + size]


_pool = Pool()
empty = _pool.empty
