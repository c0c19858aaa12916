"""``clearlstm.torch.LSTM`` beside ``torch.nn.LSTM`` in one training script. Writes TORCH.md.

    python benchmarks/torch_layer.py

Forward, loss, backward, Adam, by torch's own loop and with its default settings: its threads are not held back. Two
tasks: the adding problem (Hochreiter & Schmidhuber 1997: of T numbers, add the two that are marked) and the bundled
load (96 half-hours in, 48 out). Both layers start from the same weights and see the same batches, in turn: a step of
the one, then a step of the other.
"""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import nn

import clearlstm as cl
from clearlstm.files import atomic_write
from clearlstm.kernels import processor_name
from clearlstm.torch import LSTM

RESULTS: Final = Path(__file__).with_name("TORCH.md")
STEPS, WARM_UP, LAST = 240, 20, 40

Batch = Callable[[torch.Generator], tuple[torch.Tensor, torch.Tensor]]


class Case(NamedTuple):
    """A task at one size."""

    name: str
    batch: Batch
    features: int
    hidden: int
    layers: int
    outputs: int


def adding(n: int, steps: int) -> Batch:
    """Batches of the adding problem: x (n, steps, 2), y (n, 1)."""

    def batch(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        numbers, marks = torch.rand(n, steps, generator=generator), torch.zeros(n, steps)
        for half in (0, steps // 2):
            marks[torch.arange(n), half + torch.randint(steps // 2, (n,), generator=generator)] = 1
        return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(dim=1, keepdim=True)

    return batch


def load(n: int) -> Batch:
    """Batches of the bundled load, standardised: x (n, 96, 1), y (n, 48)."""
    values = cl.examples.load()["y"].to_numpy()
    series = torch.tensor((values - values.mean()) / values.std(), dtype=torch.float32)

    def batch(generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        starts = torch.randint(len(series) - 144, (n, 1), generator=generator)
        windows = series[starts + torch.arange(144)]
        return windows[:, :96, None], windows[:, 96:]

    return batch


CASES: Final = (
    Case("adding problem, 100 steps", adding(64, 100), 2, 64, 1, 1),
    Case("adding problem, 100 steps", adding(64, 100), 2, 128, 1, 1),
    Case("adding problem, 400 steps", adding(32, 400), 2, 128, 1, 1),
    Case("load", load(64), 1, 32, 1, 48),
    Case("load", load(64), 1, 64, 2, 48),
    Case("load", load(256), 1, 128, 1, 48),
)


class Contestant:
    """A layer with a linear head, and Adam."""

    def __init__(self, kind: type[nn.LSTM], case: Case) -> None:
        torch.manual_seed(0)
        self.layer = kind(case.features, case.hidden, case.layers, batch_first=True)
        self.head = nn.Linear(case.hidden, case.outputs)
        self.optimiser = torch.optim.Adam([*self.layer.parameters(), *self.head.parameters()], lr=2e-3)
        self.seconds: list[float] = []
        self.losses: list[float] = []

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        """One update, timed."""
        start = time.perf_counter()
        self.optimiser.zero_grad()
        loss = (self.head(self.layer(x)[0][:, -1]) - y).square().mean()
        loss.backward()
        self.optimiser.step()
        self.seconds.append(time.perf_counter() - start)
        self.losses.append(loss.item())


def measure(case: Case) -> tuple[Contestant, Contestant]:
    """Both, after all steps: torch's and ours."""
    theirs, ours = Contestant(nn.LSTM, case), Contestant(LSTM, case)
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        x, y = case.batch(generator)
        theirs.step(x, y)
        ours.step(x, y)
    return theirs, ours


def _loss(contestant: Contestant) -> str:
    return f"{np.mean(contestant.losses[-LAST:]):.4f}"


def main() -> None:
    """Measure all, and write."""
    lines, ratios = [], []
    for case in CASES:
        theirs, ours = measure(case)
        times = [1e3 * median(one.seconds[WARM_UP:]) for one in (theirs, ours)]
        ratios.append(times[0] / times[1])
        size = f"{case.layers} × {case.hidden}"
        n = len(case.batch(torch.Generator())[0])
        lines.append(
            f"| {case.name} | {n} | {size} | {times[0]:.1f} | {times[1]:.1f} | {ratios[-1]:.2f} | "
            f"{_loss(theirs)} | {_loss(ours)} |"
        )
        print(lines[-1], flush=True)
    mean = float(np.exp(np.mean(np.log(ratios))))
    with atomic_write(RESULTS) as temporary:
        temporary.write_text(
            "# In the place of torch.nn.LSTM\n\n"
            f"Written by `python benchmarks/torch_layer.py` on {processor_name()}, {torch.get_num_threads()} threads "
            f"each,\ntorch {torch.__version__}, Python {platform.python_version()}. Milliseconds of a training step "
            f"(forward, loss, backward, Adam),\nmedians of {STEPS - WARM_UP}; both layers from the same weights on the "
            f"same batches, in turn. Loss: the mean of the last {LAST}\nsteps; the two differ by rounding, which "
            "training makes larger (in double precision the curves agree).\n\n"
            f"**torch's steps took {mean:.2f} times as long** (geometric mean; aim 2, none below 1.2; the least is "
            f"{min(ratios):.2f}).\n\n"
            "| task | batch | layers × units | torch.nn | clearlstm.torch | ratio | loss, torch.nn | loss, "
            "clearlstm.torch |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n" + "\n".join(lines) + "\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
