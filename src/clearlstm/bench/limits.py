"""What this processor could do at best, measured: products, sigmoid and tanh, and the wait of one step for another.

Each is measured alone, in a process of its own; sigmoid and tanh with their numbers in the first-level cache. What a
row of the grid takes by these limits is the attainable time, to which the engine's design holds it::

    attainable = products / their rate + max(activations / their rate, links · latency)

Products and activations are shared by as many threads as there are sequences; the links are sigmoid-then-tanh that wait
for each other, step after step (``Row.links``). Memory, the sums' own latency and Python are left out: it is a bound.
"""

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearlstm.bench.grid import Row, Task
from clearlstm.bench.measure import apart
from clearlstm.kernels.failure import CompileError

BLAS_THREADS: Final = "OPENBLAS_NUM_THREADS"

PRODUCT_SIZE: Final = 1536
NUMBERS: Final = 1920
"""Of float32 that each thread activates: 7.5 KB, and a multiple of five registers of any width."""

PASSES: Final = 2_000
"""Over these numbers in one call: some milliseconds."""

LINKS: Final = 20_000


@dataclass(frozen=True)
class Rate:
    """So many a second: on one thread, and on all."""

    one: float
    all: float

    def on(self, threads: int, n_threads: int) -> float:
        """On some of n_threads threads; between one and all in proportion."""
        if threads == n_threads or math.isinf(self.all):
            return self.all
        return self.one + (self.all - self.one) * (threads - 1) / (n_threads - 1)

    def better(self, other: "Rate") -> "Rate":
        """The higher of both."""
        return Rate(max(self.one, other.one), max(self.all, other.all))


@dataclass(frozen=True)
class Limits:
    """What the processor reaches with ``n_threads`` threads."""

    n_threads: int
    operations: Rate
    """Floating-point operations of NumPy's float32 matrix product (multiply and add count as two)."""

    activations: Rate
    """sigmoid and tanh of float32, three to two, as the kernels compute them; endless where they can't be compiled."""

    link_seconds: float
    """A sigmoid and then a tanh of one register, each waiting for what is before it; 0 where they can't be compiled."""

    def better(self, other: "Limits") -> "Limits":
        """The better of two measurements: a limit is only ever missed."""
        return Limits(
            self.n_threads,
            self.operations.better(other.operations),
            self.activations.better(other.activations),
            min(self.link_seconds, other.link_seconds),
        )


def attainable(row: Row, task: Task, limits: Limits) -> float:
    """Seconds that a row takes if nothing but its products, activations and steps' waits takes any."""
    threads = min(row.N, limits.n_threads)
    products = row.operations(task) / limits.operations.on(threads, limits.n_threads)
    activations = row.activations(task) / limits.activations.on(threads, limits.n_threads)
    return products + max(activations, row.links() * limits.link_seconds)


def measured_limits(n_threads: int, repeats: int) -> Limits:
    """Measure all of them: the best of so many calls each, some seconds in all."""
    return Limits(
        n_threads,
        _rate(sgemm_peak, n_threads, repeats),
        _rate(activations_a_second, n_threads, repeats),
        apart(_link_seconds, repeats),
    )


def _rate(measure: Callable[[int, int], float], n_threads: int, repeats: int) -> Rate:
    one = measure(1, repeats)
    return Rate(one, one if n_threads == 1 else measure(n_threads, repeats))


def sgemm_peak(n_threads: int, repeats: int) -> float:
    """Floating-point operations a second of NumPy's float32 matrix product."""
    with _blas_threads(n_threads):
        return 2 * PRODUCT_SIZE**3 / apart(_product_seconds, repeats)


def activations_a_second(n_threads: int, repeats: int) -> float:
    """Single numbers' sigmoid and tanh a second, on so many threads at once."""
    seconds = apart(_activations_seconds, n_threads, repeats)
    return n_threads * NUMBERS * PASSES / seconds if seconds else math.inf


@contextlib.contextmanager
def _blas_threads(n_threads: int) -> Iterator[None]:
    """For processes that are started inside."""
    before = os.environ.get(BLAS_THREADS)
    os.environ[BLAS_THREADS] = str(n_threads)
    try:
        yield
    finally:
        os.environ.pop(BLAS_THREADS)
        if before is not None:
            os.environ[BLAS_THREADS] = before


def _product_seconds(repeats: int) -> float:
    a = np.random.default_rng(0).standard_normal((PRODUCT_SIZE, PRODUCT_SIZE), dtype=np.float32)
    out = np.empty_like(a)
    return _best(lambda: np.matmul(a, a, out=out), repeats)


def _activations_seconds(n_threads: int, repeats: int) -> float:
    """Of one call; 0 where there is no compiled code."""
    numbers = np.full(n_threads * NUMBERS, 0.5, np.float32)
    try:
        from clearlstm.bench.probes import activate
        from clearlstm.kernels.team import run

        return _best(lambda: run(activate, n_threads, numbers, PASSES), repeats)
    except (ImportError, CompileError):
        return 0.0


def _link_seconds(repeats: int) -> float:
    """Of one link; 0 where there is no compiled code."""
    numbers = np.full(NUMBERS, 0.5, np.float32)
    try:
        from clearlstm.bench.probes import chain

        return _best(lambda: chain(numbers, LINKS), repeats) / LINKS
    except (ImportError, CompileError):
        return 0.0


def _best(call: Callable[[], object], repeats: int) -> float:
    """Seconds of the quickest call, after one that doesn't count."""
    call()
    quickest = math.inf
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        quickest = min(quickest, time.perf_counter() - start)
    return quickest
