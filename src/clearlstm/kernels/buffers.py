"""Memory that is used again. Fresh memory costs more at its first touch than most of the arithmetic done in it.

An array from here keeps its block of memory until the last view of it is gone; then the block waits for the next array
of about its size.
"""

import math
import os
import threading
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

Kind = TypeVar("Kind", bound=np.generic)

ALIGNMENT: Final = 64
"""Bytes; a register's load must not straddle two lines of the cache."""

SMALL_BYTES: Final = 2**16
"""Below this the system's own memory allocator is quicker, and uses memory again by itself."""

KEPT_BYTES: Final = 128 * 2**20
"""The most that may wait unused."""


class _Block(NamedTuple):
    """Memory, and where it starts."""

    memory: npt.NDArray[np.uint8]
    address: int


class _Lease:
    """Owns a block while arrays look at it, through NumPy's array interface."""

    __slots__ = ("__array_interface__", "_block", "_pool")

    def __init__(self, pool: "Pool", block: _Block, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        self._pool, self._block = pool, block
        where = {"version": 3, "data": (block.address, False), "shape": shape, "typestr": dtype.str}
        self.__array_interface__ = where

    def __del__(self) -> None:
        self._pool.give_back(self._block)


class Pool:
    """Blocks of memory by size. Safe to use from several threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._waiting: dict[int, list[_Block]] = {}
        self.waiting_bytes = 0
        # Reentrant: a lease may end, by garbage collection, while its own thread is taking another.
        self._lock = threading.RLock()

    def empty(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> FloatArray:
        """An array with whatever its memory held."""
        needed = math.prod(shape) * dtype.itemsize
        if needed < SMALL_BYTES:
            return np.empty(shape, dtype)
        size = _rounded(needed)
        array: FloatArray = np.asarray(_Lease(self, self._take(size) or _new_block(size), shape, dtype))
        return array

    def _take(self, size: int) -> _Block | None:
        with self._lock:
            if waiting := self._waiting.get(size):
                self.waiting_bytes -= size
                return waiting.pop()
        return None

    def give_back(self, block: _Block) -> None:
        """Keep a block for the next array of its size, unless much is waiting already."""
        with self._lock:
            if self.waiting_bytes + block.memory.size <= self._kept_bytes:
                self._waiting.setdefault(block.memory.size, []).append(block)
                self.waiting_bytes += block.memory.size

    def forget_other_threads(self) -> None:
        """After a fork: whoever held the lock is not here."""
        self._lock = threading.RLock()


def _rounded(size: int) -> int:
    """Up to a size of which there are few: four between one power of two and the next."""
    step = max(ALIGNMENT, 1 << max(0, size.bit_length() - 3))
    return -(-max(size, 1) // step) * step


def _new_block(size: int) -> _Block:
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    aligned = memory[start : start + size]
    return _Block(aligned, aligned.ctypes.data)


class _Unlocked:
    """The same memory, without the flag that forbids writing."""

    def __init__(self, array: npt.NDArray[Any]) -> None:
        self._array = array
        self.__array_interface__ = {**array.__array_interface__, "data": (array.ctypes.data, False)}


def unlocked(array: npt.NDArray[Kind]) -> npt.NDArray[Kind]:
    """``array``, for a kernel that only reads it, as if it could be written to.

    To Numba a read-only array is another type: kernels would be compiled a second time for it.
    """
    return array if array.flags.writeable else np.asarray(_Unlocked(array))


_pool = Pool()
empty = _pool.empty

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.forget_other_threads)
