"""How often the audit finds fault with nets that have none: small nets, each trained until it does its task.

A net counts as healthy if it does its task on sequences that it wasn't trained on, by the measure stated for the task.
Each net is audited on fresh sequences with their targets. A fault that the audit finds in a healthy net is false. A
notice is false if it isn't found again on other fresh sequences; all are listed, for readers to judge. What it finds in
nets that didn't learn their task is listed too. It writes benchmarks/HEALTHY.md::

    CLEARLSTM_NUM_THREADS=2 python benchmarks/healthy_nets.py
"""

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.data.bundled import load
from clearlstm.files import atomic_write
from clearlstm.insight.audit.audit import Audit, audit
from clearlstm.insight.audit.findings import Finding
from clearlstm.insight.long_lag import first_value
from clearlstm.kernels import get_num_threads, processor_name
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network, Pool
from clearlstm.sequences.tasks import adding_problem, embedded_reber, temporal_order
from clearlstm.shapes import FloatArray
from clearlstm.training.loop import train

PAGE: Final = Path(__file__).parent / "HEALTHY.md"
TRAINING: Final = 2000
FRESH: Final = 400


class Data(NamedTuple):
    """x (N, T, F); y: numbers (N, M), classes (N,), or a class a step (N, T); lengths (N,).

    legal (N, T, K): the classes that would be right too, where several are.
    """

    x: FloatArray
    y: npt.NDArray[Any]
    lengths: npt.NDArray[np.int64]
    legal: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Task:
    """What a net learns: fresh ``data`` of n sequences from a seed, and from which score on it is healthy.

    The score is the share of classes that are right or, of numbers, the share of their variance that is explained.
    """

    name: str
    data: Callable[[int, int], Data]
    outputs: int
    enough: float
    updates: int = 600
    pool: Pool = "last"


@dataclass(frozen=True)
class Result:
    """One net: its task, size and score; what two audits on different fresh sequences found."""

    task: Task
    net: str
    score: float
    first: Audit
    second: Audit

    @property
    def healthy(self) -> bool:
        """Whether it does its task."""
        return self.score >= self.task.enough

    @property
    def lasting(self) -> list[tuple[Finding, bool]]:
        """Each notice of the first audit, and whether the second has it too."""
        again = {finding.name for finding in self.second.notices}
        return [(finding, finding.name in again) for finding in self.first.notices]


def _whole(x: FloatArray, y: npt.NDArray[Any]) -> Data:
    return Data(x, y, np.full(len(x), x.shape[1]))


def remember_first(n: int, seed: int) -> Data:
    """The first of 40 values, +1 or −1, with noise after it."""
    return _whole(*first_value(n, 40, np.random.default_rng(seed)))


def add_two(n: int, seed: int) -> Data:
    """The sum of two marked numbers among 20."""
    return Data(*adding_problem(n, 20, seed=seed))


def order_of_two(n: int, seed: int) -> Data:
    """The order of two symbols among 30."""
    return Data(*temporal_order(n, 30, seed=seed))


def next_symbol(n: int, seed: int) -> Data:
    """The next symbol of Reber's strings, at each step: right if it is one that could have followed."""
    strings = embedded_reber(n, seed=seed)
    return Data(strings.x, strings.y, strings.lengths, strings.legal)


def second_order(n: int, seed: int) -> Data:
    """The next value of an oscillating series with noise, z_t = 1.6 z_{t−1} − 0.8 z_{t−2} + e_t."""
    rng = np.random.default_rng(seed)
    z = np.zeros((n, 80))
    for t in range(2, 80):
        z[:, t] = 1.6 * z[:, t - 1] - 0.8 * z[:, t - 2] + rng.normal(0, 0.4, n)
    return _whole(z[:, -41:-1, None], z[:, -1:])


def running_mean(n: int, seed: int) -> Data:
    """The mean of the first of two features over 30 steps, where the second one is 1."""
    rng = np.random.default_rng(seed)
    values, marked = rng.normal(size=(n, 30)), rng.random((n, 30)) < 0.5
    y = (values * marked).sum(axis=1, keepdims=True) / 5
    return _whole(np.stack([values, marked], axis=2), y)


def electric_load(n: int, seed: int) -> Data:
    """The next half-hour of the bundled electricity demand, from a day; training weeks come before the fresh ones."""
    y = load()["y"].to_numpy()
    y = (y - y.mean()) / y.std()
    split = int(0.7 * len(y))
    low, high = (0, split - 49) if seed % 1000 == 0 else (split, len(y) - 49)
    starts = np.random.default_rng(seed).integers(low, high, n)
    windows = y[starts[:, None] + np.arange(49)]
    return _whole(windows[:, :48, None], windows[:, 48:])


TASKS: Final = (
    Task("remember the first of 40 values", remember_first, 1, 0.9),
    Task("add two marked numbers of 20", add_two, 1, 0.9, 1200),
    Task("order of two symbols among 30", order_of_two, 4, 0.95, 600),
    Task("next symbol of Reber's strings", next_symbol, 7, 0.99, 500, None),
    Task("next value of an oscillation", second_order, 1, 0.85),
    Task("mean of marked values", running_mean, 1, 0.9),
    Task("next half-hour of demand", electric_load, 1, 0.95, 500),
)
NETS: Final[tuple[dict[str, Any], ...]] = (
    {"hidden_size": 8},
    {"hidden_size": 16},
    {"hidden_size": 32},
    {"hidden_size": 12, "num_layers": 2},
    {"hidden_size": 8, "bidirectional": True},
)


def examine(task: Task, size: dict[str, Any], seed: int) -> Result:
    """Train one net on the task, score it, and audit it twice, each time on other sequences."""
    training = task.data(TRAINING, 1000 * (seed + 1))
    net = LSTM(training.x.shape[2], **size, seed=seed)
    model = Network(net, head=task.outputs, pool=task.pool, seed=seed)
    classes = training.y.dtype.kind in "iu"
    train(
        model, training.x, training.y, lengths=training.lengths, loss="cross_entropy" if classes else "squared",
        batch_size=32, max_steps=task.updates, learning_rate=5e-3, seed=seed,
    )  # fmt: skip
    name = f"{net.num_layers} × {net.hidden_size}{', both ways' if net.bidirectional else ''}"
    score = _score(model, task.data(FRESH, 1000 * seed + 1))
    return Result(task, name, score, *(_audit(model, task.data(FRESH, 1000 * seed + k)) for k in (2, 3)))


def _audit(model: Network, data: Data) -> Audit:
    y = data.y
    if model.pool is None:
        y = y[np.arange(len(y)), data.lengths - 1]
    return audit(model, data.x, y, lengths=data.lengths)


def _score(model: Network, data: Data) -> float:
    answers = model(data.x, data.lengths)
    if data.legal is not None:
        return _share_legal(answers, data)
    if data.y.dtype.kind in "iu":
        return float((answers.argmax(axis=1) == data.y).mean())
    return float(1 - ((answers - data.y) ** 2).mean() / data.y.var())


def _share_legal(answers: FloatArray, data: Data) -> float:
    """The share of likeliest next symbols that could have followed."""
    assert data.legal is not None
    likeliest = np.take_along_axis(data.legal, answers.argmax(axis=2)[:, :, None], axis=2)[:, :, 0]
    return float(likeliest[np.arange(data.x.shape[1]) < data.lengths[:, None]].mean())


def run(tasks: Sequence[Task] = TASKS, nets: Sequence[dict[str, Any]] = NETS) -> list[Result]:
    """All tasks with all nets."""
    found = []
    for task in tasks:
        for seed, size in enumerate(nets):
            found.append(examine(task, size, seed))
            print(f"{task.name}, {found[-1].net}: {found[-1].score:.3f}", file=sys.stderr, flush=True)
    return found


def page(results: list[Result], seconds: float) -> str:
    """The page, in Markdown."""
    return "\n".join([*_heading(results, seconds), *_table(results), *_notices(results)]) + "\n"


def _heading(results: list[Result], seconds: float) -> Iterator[str]:
    healthy = [result for result in results if result.healthy]
    false = sum(len(result.first.faults) for result in healthy)
    lasting = [lasts for result in healthy for _, lasts in result.lasting]
    yield f"""\
# The audit on healthy nets

Written by `CLEARLSTM_NUM_THREADS=2 python benchmarks/healthy_nets.py`. {len(results)} small nets were trained, of
{len(NETS)} sizes on {len(TASKS)} tasks; {len(healthy)} of them do their task on fresh sequences and are taken for
healthy. Each was audited on {FRESH} fresh sequences with their targets.

- False faults: **{false}** in {len(healthy)} nets
- Notices: {len(lasting)}, of which {lasting.count(False)} were not found again on {FRESH} other fresh sequences
- Processor: {processor_name()}; {get_num_threads()} thread(s); {seconds:.0f} s in all
- Versions: clearlstm {version("clearlstm")}, numpy {version("numpy")}, Python {platform.python_version()}

The score is the share of right classes, or of numbers the share of their variance that is explained.
"""


def _table(results: list[Result]) -> Iterator[str]:
    yield "| task | net | score | enough | healthy | faults | notices |"
    yield "| --- | --- | ---: | ---: | --- | --- | --- |"
    for result in results:
        task, first = result.task, result.first
        healthy = "yes" if result.healthy else "**no**"
        found = f"{_names(first.faults)} | {_names(first.notices)}"
        yield f"| {task.name} | {result.net} | {result.score:.3f} | {task.enough:g} | {healthy} | {found} |"


def _names(findings: Sequence[Finding]) -> str:
    return ", ".join(finding.name for finding in findings) or "none"


def _notices(results: list[Result]) -> Iterator[str]:
    yield "\n## What was said\n"
    for result in results:
        for finding in result.first.faults:
            yield f"- {result.task.name}, {result.net}: **fault:** {finding.sentence}"
        for finding, lasts in result.lasting:
            again = "found again" if lasts else "not found again"
            yield f"- {result.task.name}, {result.net}: {finding.sentence} ({again} on other sequences)"


if __name__ == "__main__":
    begun = time.perf_counter()
    done = run()
    written = page(done, time.perf_counter() - begun)
    with atomic_write(PAGE) as temporary:
        temporary.write_text(written, encoding="utf-8")
    print(written)
