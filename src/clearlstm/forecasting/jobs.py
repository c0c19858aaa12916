"""Independent jobs: one after the other or, through joblib, side by side on processes or a cluster."""

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from clearlstm.kernels import get_num_threads, set_num_threads
from clearlstm.training.progress import is_shown, part, part_done, task

Input = TypeVar("Input")
Result = TypeVar("Result")


def n_at_once(n: int, n_jobs: int | None) -> int:
    """How many of ``n`` jobs run side by side, at least 1: as ``n_jobs`` and joblib's ``parallel_config`` say.

    One, where ``n_jobs`` is 1, whatever the backend has room for: so a job keeps its own parts to itself.
    """
    if n_jobs == 1 or n < 2:
        return 1
    from joblib import effective_n_jobs

    return max(1, min(int(effective_n_jobs(n_jobs)), n))


def run_jobs(work: Callable[[Input], Result], inputs: Sequence[Input], n_jobs: int | None) -> list[Result]:
    """``work`` of each of ``inputs``, in their order; both must pickle unless the jobs run one after the other.

    Each is a part of the task that is shown; what runs side by side shows nothing itself.
    """
    parallel = n_at_once(len(inputs), n_jobs)
    if parallel == 1:
        return in_turn(work, inputs)
    from joblib import delayed

    # Together the processes use as many threads as one would alone.
    threads, here = max(1, get_num_threads() // parallel), os.getpid()
    return side_by_side((delayed(run_elsewhere)(work, one, threads, here) for one in inputs), n_jobs)


def in_turn(work: Callable[[Input], Result], inputs: Iterable[Input]) -> list[Result]:
    """``work`` of one after the other, each a part of the task that is shown."""
    results = []
    for one in inputs:
        with part():
            results.append(work(one))
    return results


def side_by_side(jobs: Iterable[Any], n_jobs: int | None) -> list[Any]:
    """What joblib's ``jobs`` return, in their order; each that is back moves the bar on, if there is one."""
    from joblib import Parallel

    if not is_shown():
        return list(Parallel(n_jobs=n_jobs)(jobs))
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator")
    except ValueError:  # a backend that gives back all at once, such as multiprocessing
        parallel = Parallel(n_jobs=n_jobs)
    results = []
    for result in parallel(jobs):
        results.append(result)
        part_done()
    return results


def run_elsewhere(work: Callable[[Input], Result], one: Input, threads: int, origin: int) -> Result:
    """``work`` of one input in another process (or in a thread of this one, whose settings are left alone)."""
    with task(enabled=False):
        if os.getpid() == origin:
            return work(one)
        before = get_num_threads()
        set_num_threads(threads)
        try:
            return work(one)
        finally:
            set_num_threads(before)
