"""The two directions of a layer that reads one sequence, side by side: nothing else fills a second thread."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Final, TypeVar

from clearlstm import kernels

WORTH_A_THREAD: Final = 1e7
"""Multiplications in one direction, about half a millisecond: to start a thread takes a tenth of one."""

_Result = TypeVar("_Result")


def in_both(one: Callable[[int], _Result], *, N: int, multiplications: int) -> list[_Result]:
    """What ``one`` gives for directions 0 and 1.

    Of several sequences, N, the kernels share the rows among threads, one direction after the other; of a single one
    they can't, so it has a thread for each direction if there is enough to do.
    """
    n_threads = kernels.get_num_threads()
    if N > 1 or multiplications < WORTH_A_THREAD or n_threads == 1:
        return [one(0), one(1)]
    with kernels.using_threads(n_threads // 2), ThreadPoolExecutor(1) as thread:
        reverse = thread.submit(copy_context().run, one, 1)  # with the settings of this thread
        return [one(0), reverse.result()]
