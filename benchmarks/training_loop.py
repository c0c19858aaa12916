"""The same net, the same number of updates, the same data: ``clearlstm.train`` beside a plain torch training loop.

    python benchmarks/training_loop.py          # writes TRAINING.md

Needs torch (``make test`` installs it). The task is the bundled half-hourly load: from ``STEPS`` values to the next
``HORIZON``, everything scaled by the training part. Each library trains in a process of its own, in turns, from
several seeds; both start as torch starts its nets, clip gradients at 1, and use Adam. What is timed is the training
alone, from arrays in memory to the last update; errors are on the last fifth of the windows, which nobody trains on.
"""

import multiprocessing
import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from clearlstm.bench.measure import without_misleading_settings
from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads, processor_name

STEPS, HORIZON, HIDDEN, BATCH, UPDATES, RATE = 96, 48, 32, 64, 2400, 2e-3
SEEDS: Final = range(5)
RESULTS: Final = Path(__file__).with_name("TRAINING.md")

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Run:
    """Seconds of training, and the mean absolute error on the windows held back, in standard deviations."""

    seconds: float
    error: float


def windows() -> tuple[Array, Array, Array, Array]:
    """x (N, STEPS, 1) and y (N, HORIZON) to train on, and the same to test on, which begins where the other ends."""
    from clearlstm.data.bundled import load

    values = load()["y"].to_numpy(np.float64)
    cut = len(values) * 4 // 5
    scaled = ((values - values[:cut].mean()) / values[:cut].std()).astype(np.float32)
    view = np.lib.stride_tricks.sliding_window_view(scaled, STEPS + HORIZON)
    training, test = view[: cut - STEPS - HORIZON + 1], view[cut - STEPS :]
    x, y, x_test, y_test = (np.ascontiguousarray(part) for w in (training, test) for part in np.split(w, [STEPS], 1))
    return x[:, :, None], y, x_test[:, :, None], y_test


def train_clearlstm(seed: int, n_threads: int) -> Run:
    """``clearlstm.train``."""
    from clearlstm import LSTM, Network, set_num_threads, train

    set_num_threads(n_threads)
    x, y, x_test, y_test = windows()
    model = Network([LSTM(1, HIDDEN, seed=seed, init="uniform", forget_bias=0)], head=HORIZON, seed=seed)
    train(model, x[:BATCH], y[:BATCH], max_steps=2, batch_size=BATCH)  # compiled code is read before the clock starts
    model = Network([LSTM(1, HIDDEN, seed=seed, init="uniform", forget_bias=0)], head=HORIZON, seed=seed)
    start = time.perf_counter()
    train(model, x, y, batch_size=BATCH, max_steps=UPDATES, learning_rate=RATE, seed=seed)
    seconds = time.perf_counter() - start
    return Run(seconds, float(np.abs(model(x_test) - y_test).mean()))


def train_torch(seed: int, n_threads: int) -> Run:
    """The loop that torch's own tutorials teach, batches gathered by index from one tensor."""
    import torch

    torch.set_num_threads(n_threads)
    torch.manual_seed(seed)
    x, y, x_test, y_test = (torch.from_numpy(part) for part in windows())
    lstm, head = torch.nn.LSTM(1, HIDDEN, batch_first=True), torch.nn.Linear(HIDDEN, HORIZON)
    parameters = [*lstm.parameters(), *head.parameters()]
    optimiser, criterion = torch.optim.Adam(parameters, RATE), torch.nn.MSELoss()

    def answer(batch: torch.Tensor) -> torch.Tensor:
        made: torch.Tensor = head(lstm(batch)[1][0][-1])
        return made

    answer(x[:BATCH]).sum().backward()
    start, done = time.perf_counter(), 0
    while done < UPDATES:
        for rows in torch.randperm(len(x)).split(BATCH):
            if done == UPDATES:
                break
            optimiser.zero_grad()
            criterion(answer(x[rows]), y[rows]).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            done += 1
    seconds = time.perf_counter() - start
    with torch.no_grad():
        return Run(seconds, float((answer(x_test) - y_test).abs().mean()))


PEERS: Final = {"clearlstm": train_clearlstm, "torch": train_torch}


def main() -> None:
    """Train in turns, print, and write the results."""
    n_threads, runs = get_num_threads(), {peer: [] for peer in PEERS}
    for seed in SEEDS:
        for peer, function in PEERS.items():
            with without_misleading_settings(), multiprocessing.get_context("spawn").Pool(1) as pool:
                runs[peer].append(pool.apply(function, (seed, n_threads)))
            print(f"{peer}, seed {seed}: {runs[peer][-1]}", flush=True)
    text = _markdown(runs, n_threads)
    print(text)
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _markdown(runs: dict[str, list[Run]], n_threads: int) -> str:
    seconds = {peer: statistics.median(run.seconds for run in found) for peer, found in runs.items()}
    lines = "\n".join(
        f"| {peer} | {seconds[peer]:.2f} | {min(r.seconds for r in found):.2f} … {max(r.seconds for r in found):.2f} "
        f"| {statistics.mean(r.error for r in found):.4f} | {statistics.stdev(r.error for r in found):.4f} |"
        for peer, found in runs.items()
    )
    return f"""# Training, beside a plain torch loop

Written by `python benchmarks/training_loop.py` on {processor_name()}, {os.cpu_count()} cores, {n_threads} threads each.
One LSTM of {HIDDEN} units and a linear head; {STEPS} half-hours of load in, {HORIZON} out; {UPDATES} updates of {BATCH}
windows; {len(SEEDS)} seeds.

**clearlstm's training took 1/{seconds["torch"] / seconds["clearlstm"]:.1f} of torch's time** (medians; the aim is 1/5).
Under a profiler about three quarters of it went into the kernels, whose own ratios are in RESULTS.md: at this size
they leave torch 2 to 3 times behind.

| | seconds | from … to | mean absolute error, in standard deviations | its spread over seeds |
| --- | ---: | ---: | ---: | ---: |
{lines}
"""


if __name__ == "__main__":
    main()
