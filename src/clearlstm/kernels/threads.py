"""How many threads the kernels use."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from clearlstm.errors import InputError
from clearlstm.shapes import check_positive

ENVIRONMENT_VARIABLE = "CLEARLSTM_NUM_THREADS"

_chosen: int | None = None

_chosen_here: ContextVar[int | None] = ContextVar("clearlstm_threads", default=None)
"""Within :func:`using_threads`, and in its own thread alone."""

_lender: ContextVar[int | None] = ContextVar("clearlstm_lender", default=None)
"""The same within :func:`borrowing`."""


def set_num_threads(n: int) -> None:
    """Let the kernels use ``n`` threads from now on, at least 1. The results don't depend on it."""
    global _chosen
    _chosen = check_positive("n", n)


def get_num_threads() -> int:
    """How many threads kernels use: the number set, else CLEARLSTM_NUM_THREADS, else the processors available."""
    if (here := _chosen_here.get()) is not None:
        return here
    return _chosen if _chosen is not None else _from_environment() or available_processors()


@contextmanager
def borrowing(launcher: int | None) -> Iterator[None]:
    """Let the threads of an OpenMP library do the kernels' parts inside, in this thread's calls alone.

    ``launcher`` is the address of its GOMP_parallel; with None kernels have their own threads, as ever. The results are
    the same.
    """
    token = _lender.set(launcher)
    try:
        yield
    finally:
        _lender.reset(token)


def lender() -> int | None:
    """The library that lends its threads here, by that address; None if there is none."""
    return _lender.get()


@contextmanager
def using_threads(n: int) -> Iterator[None]:
    """Let the kernels use ``n`` threads inside, in this thread alone; others go on as they are."""
    token = _chosen_here.set(check_positive("n", n))
    try:
        yield
    finally:
        _chosen_here.reset(token)


def _from_environment() -> int | None:
    value = os.environ.get(ENVIRONMENT_VARIABLE, "").strip()
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        raise InputError(f"{ENVIRONMENT_VARIABLE} is {value!r}; it must be a whole number of at least 1, or unset")
    return int(value)


@functools.cache
def available_processors(root: Path = Path("/sys/fs/cgroup")) -> int:
    """Processors that this process may really use: its affinity, cut by a container's quota where there is one."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota(root)
    return allowed if quota is None else max(1, min(allowed, int(quota)))


def _cgroup_quota(root: Path) -> float | None:
    """Processors' worth of time that the control group grants, or None for no limit (version 2, then version 1)."""
    try:
        limit, period = (root / "cpu.max").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        try:
            limit = (root / "cpu/cpu.cfs_quota_us").read_text(encoding="ascii").strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text(encoding="ascii").strip()
        except OSError:
            return None
    return float(limit) / float(period) if limit.isdecimal() else None
