"""What the grid doesn't show: a loop over single cells, one step, the start of a process, and memory.

Each is measured in a process of its own.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from clearlstm.bench.grid import Row
from clearlstm.bench.measure import apart
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm import LSTM

CELL_LOOPS: Final = (Row(1, 50, 1, 8), Row(64, 50, 8, 64))
STEPS_AIMED_AT: Final = {Row(1, 1, 1, 8): 6.0, Row(1, 1, 8, 64): 10.0}
"""Single steps of a stream, and the µs that each may take."""

CALLS, WARM_UP_CALLS = 30_000, 1_000
"""Of a stream: enough for a percentile of 99.9."""

SERIES, POINTS, STEPS = 100_000, 1_000, 20
"""Of the table that is trained on, and the updates made."""

FIRST_CALL: Final = """
import numpy as np, clearlstm
clearlstm.LSTM(3, 16, seed=0)(np.ones((4, 10, 3), np.float32))
"""


@dataclass(frozen=True)
class Finding:
    """One number, and what it should be: at least ``aim``, or at most."""

    what: str
    measured: float
    unit: str
    aim: float
    at_most: bool
    besides: str = ""
    """What else is to be known of what was found."""

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.measured <= self.aim if self.at_most else self.measured >= self.aim

    def cells(self) -> list[str]:
        """What, measured, aim."""
        relation = "at most" if self.at_most else "at least"
        besides = f"; {self.besides}" if self.besides else ""
        return [self.what, f"{self.measured:.3g} {self.unit}{besides}", f"{relation} {self.aim:g} {self.unit}"]


class Latency(NamedTuple):
    """µs of single calls: half of them take no longer than the first number, 99 and 99.9 % than the others."""

    median: float
    of_99: float
    of_999: float


def beyond_the_grid(n_threads: int, *, quick: bool) -> Iterator[Finding]:
    """Everything that can be measured here; ``quick`` leaves out compiling anew and the large table."""
    recorded = apart(_recording_ratio, n_threads)
    yield Finding("Trace, against final states alone (64 50 8 64)", recorded, "times as long", 1.1, at_most=True)
    if importlib.util.find_spec("torch"):
        for row in CELL_LOOPS:
            ratio = apart(_cell_loop_ratio, n_threads, row)
            what = f"Trace, against a loop over torch's LSTMCell that keeps h and c ({row.name})"
            yield Finding(what, ratio, "times as fast", 50, at_most=False)
    for how in STREAMS:
        for row, aim in STEPS_AIMED_AT.items():
            took = apart(step_latency, n_threads, how, row)
            besides = f"99 % within {took.of_99:.3g}, 99.9 % within {took.of_999:.3g}"
            yield Finding(f"One streaming step by {how} ({row.name}), median", took.median, "µs", aim, True, besides)
    with tempfile.TemporaryDirectory() as folder:
        if not quick:
            yield Finding("First call ever, compiling", _start_seconds(folder), "s", 5, at_most=True)
        _start_seconds(folder)
        seconds = statistics.median(_start_seconds(folder) for _ in range(3))
        yield Finding("Later: process start to the first answer", seconds, "s", 0.7, at_most=True)
    if not quick and importlib.util.find_spec("resource"):
        what = f"Training on {SERIES:,} series × {POINTS:,} points: memory beyond the data"
        yield Finding(what, apart(_training_megabytes, n_threads), "MB", 200, at_most=True)


def _seconds(call: Callable[[], object], budget: float = 0.5) -> float:
    """The median of as many calls as fit, after one that doesn't count."""
    call()
    seconds: list[float] = []
    while sum(seconds) < budget:
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def _recording_ratio(n_threads: int) -> float:
    from clearlstm import LSTM, set_num_threads

    set_num_threads(n_threads)
    net, x = LSTM(8, 64, seed=0), np.random.default_rng(0).standard_normal((64, 50, 8), dtype=np.float32)
    return _seconds(lambda: net.trace(x)) / _seconds(lambda: net.final_state(x))


def _cell_loop_ratio(n_threads: int, row: Row) -> float:
    import torch

    from clearlstm import LSTM, set_num_threads

    set_num_threads(n_threads)
    torch.set_num_threads(n_threads)
    net, cell = LSTM(row.F, row.H, seed=0), torch.nn.LSTMCell(row.F, row.H)
    x = np.random.default_rng(0).standard_normal((row.N, row.T, row.F), dtype=np.float32)
    steps = torch.from_numpy(x).unbind(1)

    def loop() -> None:
        state, states = None, []
        with torch.inference_mode():
            for x_t in steps:
                state = cell(x_t, state)
                states.append(state)
            [torch.stack(part, 1) for part in zip(*states, strict=True)]

    return _seconds(loop) / _seconds(lambda: net.trace(x))


def step_latency(n_threads: int, how: str, row: Row, calls: int = CALLS) -> Latency:
    """Time each of so many calls, every one with the state that the one before left."""
    from clearlstm import LSTM, set_num_threads

    set_num_threads(n_threads)
    take = STREAMS[how](LSTM(row.F, row.H, seed=0))
    x = np.random.default_rng(0).standard_normal((WARM_UP_CALLS + calls, row.N, row.F), dtype=np.float32)
    nanoseconds = np.empty(len(x))
    for k, x_t in enumerate(x):
        start = time.perf_counter_ns()
        take(x_t)
        nanoseconds[k] = time.perf_counter_ns() - start
    return Latency(*(np.percentile(nanoseconds[WARM_UP_CALLS:], [50, 99, 99.9]) / 1000).tolist())


def _by_step(net: "LSTM") -> Callable[[FloatArray], object]:
    state: tuple[FloatArray, ...] | None = None

    def take(x_t: FloatArray) -> object:
        nonlocal state
        h, state = net.step(x_t, state)
        return h

    return take


STREAMS: Final[dict[str, Callable[["LSTM"], Callable[[FloatArray], object]]]] = {
    "net.step": _by_step,
    "net.stream": lambda net: net.stream(),
}
"""Ways to stream: from a net, what takes one x_t (N, F) after another and knows its state."""


def _start_seconds(cache: str) -> float:
    """From the start of a process to its end, which comes right after its first answer."""
    environment = {**os.environ, "CLEARLSTM_CACHE_DIR": cache}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", FIRST_CALL], check=True, env=environment, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def _training_megabytes(n_threads: int) -> float:
    """The process's peak while it trains, less the table's own size."""
    import resource

    from clearlstm import LSTM, Network, TableWindows, set_num_threads, train

    set_num_threads(n_threads)
    rng, table = np.random.default_rng(0), np.empty(SERIES * POINTS, np.float32)
    for series in table.reshape(SERIES // 100, -1):
        series[:] = rng.standard_normal(len(series), dtype=np.float32)
    source = TableWindows(table, np.arange(SERIES + 1) * POINTS, steps=60, horizon=5)
    train(Network([LSTM(1, 32, seed=0)], head=5, seed=0), source, batch_size=256, max_steps=STEPS)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return (peak - table.nbytes) / 2**20
