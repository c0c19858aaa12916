"""What the grid doesn't show: a loop over single cells, one step, the start of a process, and memory.

Each is measured in a process of its own.
"""

import importlib.util
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from clearlstm.bench.grid import Row
from clearlstm.bench.measure import without_misleading_settings

CELL_LOOPS: Final = (Row(1, 50, 1, 8), Row(64, 50, 8, 64))
STEP: Final = Row(1, 1, 8, 64)
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

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        return self.measured <= self.aim if self.at_most else self.measured >= self.aim

    def cells(self) -> list[str]:
        """What, measured, aim."""
        relation = "at most" if self.at_most else "at least"
        return [self.what, f"{self.measured:.3g} {self.unit}", f"{relation} {self.aim:g} {self.unit}"]


def beyond_the_grid(n_threads: int, *, quick: bool) -> Iterator[Finding]:
    """Everything that can be measured here; ``quick`` leaves out compiling anew and the large table."""
    recorded = _apart(_recording_ratio, n_threads)
    yield Finding("Trace, against final states alone (64 50 8 64)", recorded, "times as long", 1.1, at_most=True)
    if importlib.util.find_spec("torch"):
        for row in CELL_LOOPS:
            ratio = _apart(_cell_loop_ratio, n_threads, row)
            what = f"Trace, against a loop over torch's LSTMCell that keeps h and c ({row.name})"
            yield Finding(what, ratio, "times as fast", 50, at_most=False)
    yield Finding("One streaming step (H = 64)", _apart(_step_microseconds, n_threads), "µs", 10, at_most=True)
    with tempfile.TemporaryDirectory() as folder:
        if not quick:
            yield Finding("First call ever, compiling", _start_seconds(folder), "s", 15, at_most=True)
        _start_seconds(folder)
        seconds = statistics.median(_start_seconds(folder) for _ in range(3))
        yield Finding("Later: process start to the first answer", seconds, "s", 1, at_most=True)
    if not quick and importlib.util.find_spec("resource"):
        what = f"Training on {SERIES:,} series × {POINTS:,} points: memory beyond the data"
        yield Finding(what, _apart(_training_megabytes, n_threads), "MB", 200, at_most=True)


def _apart(function: Callable[..., float], n_threads: int, *arguments: object) -> float:
    with without_misleading_settings(), multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, (n_threads, *arguments))


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


def _step_microseconds(n_threads: int) -> float:
    from clearlstm import LSTM, set_num_threads

    set_num_threads(n_threads)
    net, x_t = LSTM(STEP.F, STEP.H, seed=0), np.ones((STEP.N, STEP.F), np.float32)
    state = net.step(x_t)[1]
    return 1e6 * _seconds(lambda: net.step(x_t, state))


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
