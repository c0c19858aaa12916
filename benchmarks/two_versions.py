"""Time two versions of clearlstm side by side, in turn, and write a file of benchmarks.

    git worktree add ../before 3aff7cb
    python benchmarks/two_versions.py ../before/src src BEFORE_AFTER.md

Each version runs in processes of its own, before and after in turn; a row's ratio is the median over the pairs, so that
it holds while the machine's speed drifts.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

PAIRS: Final = 9
SECONDS: Final = 0.7
FOLDER: Final = Path(__file__).parent
HEADINGS: Final = {
    "SAME_BITS.md": (
        "What the same bits cost",
        "before every fused multiply-add was written out and BLAS left training (commit `e1d794b`)",
    ),
    "BEFORE_AFTER.md": (
        "The engine before and after answers without a record",
        "before them (commit `3aff7cb`)",
    ),
}
"""Of each file that is written: what it is about, and which version was the first."""

PASSES: Final = (
    (1, 50, 1, 8),
    (1, 2000, 1, 64),
    (32, 50, 1, 32),
    (64, 100, 8, 64),
    (64, 50, 32, 128),
    (64, 50, 64, 256),
)
"""(N, T, F, H)"""

TRAINING: Final[tuple[tuple[int, int, int, int, int, str | None, str], ...]] = (
    (32, 50, 1, 32, 1, "last", "squared"),
    (64, 50, 8, 64, 12, "last", "squared"),
    (64, 100, 1, 64, 1, None, "squared"),
    (32, 50, 40, 128, 60, None, "cross_entropy"),
)
"""(N, T, F, H, M), pool, loss"""


def seconds_of(work: Callable[[], object]) -> float:
    """The lower decile over some runs."""
    work()
    times, end = [], time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[len(times) // 10]


def measure() -> dict[str, float]:
    """Seconds of every row, with the version that Python finds."""
    import clearlstm as cl

    rng, found = np.random.default_rng(0), {}
    for N, T, F, H in PASSES:
        net, x = cl.LSTM(F, H, seed=0), rng.standard_normal((N, T, F)).astype(np.float32)
        trace = net.trace(x)
        dh = rng.standard_normal(trace.h.shape).astype(np.float32)
        name = f"({N}, {T}, {F}, {H})"
        found[f"forward {name}"] = seconds_of(lambda net=net, x=x: net(x))
        found[f"trace and backward {name}"] = seconds_of(
            lambda net=net, x=x, trace=trace, dh=dh: net.backward(net.trace(x, out=trace), dh)
        )
    for N, T, F, H, M, pool, loss in TRAINING:
        model: Any = cl.Network([cl.LSTM(F, H, seed=0)], head=M, pool=pool, seed=0)
        x = rng.standard_normal((4 * N, T, F)).astype(np.float32)
        rows = (4 * N, T) if pool is None else (4 * N,)
        y = rng.integers(0, M, rows) if loss == "cross_entropy" else rng.standard_normal((*rows, M)).astype(np.float32)
        runs = [cl.train(model, x, y, loss=loss, batch_size=N, max_steps=25).seconds / 25 for _ in range(8)]
        found[f"training step ({N}, {T}, {F}, {H}), {M} answers, pool {pool}, {loss}"] = statistics.median(runs)
    return found


def run(source: str) -> dict[str, float]:
    """The same in a process that finds the version in ``source``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    environment = {**kept, "PYTHONPATH": str(Path(source).resolve())}
    command = [sys.executable, __file__, "--measure"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def table(before: list[dict[str, float]], after: list[dict[str, float]], file: str) -> str:
    """The medians of both, and the median ratio of the pairs."""
    from clearlstm import kernels

    machine, (title, first) = kernels.this_machine(), HEADINGS[file]
    lines = [
        f"# {title}",
        "",
        f"Median µs {first}, and",
        f"after; the ratio is the median over {PAIRS} pairs, below 1 where it is faster now. Rows of two threads move",
        "by some 15 % from one whole run to the next on a shared machine: read the mean. Written by",
        f"`python benchmarks/two_versions.py ../before/src src {file}`.",
        "",
        f"Machine: {kernels.processor_name()}, {machine.threads} threads, registers of "
        f"{machine.target.register_bits if machine.target else 0} bits.",
        "",
        "| (N, T, F, H), float32 | before | after | after / before |",
        "|---|---|---|---|",
    ]
    ratios = []
    for row in before[0]:
        old, new = [one[row] * 1e6 for one in before], [one[row] * 1e6 for one in after]
        ratios.append(statistics.median(b / a for a, b in zip(old, new, strict=True)))
        lines.append(f"| {row} | {statistics.median(old):.1f} | {statistics.median(new):.1f} | {ratios[-1]:.3f} |")
    lines.append(f"| geometric mean | | | {statistics.geometric_mean(ratios):.3f} |")
    return "\n".join(lines) + "\n"


def main(before_source: str, after_source: str, file: str) -> None:
    """Time two sources in turns."""
    for source in (before_source, after_source):
        run(source)  # compiles
    before, after = [], []
    for _ in range(PAIRS):
        before.append(run(before_source))
        after.append(run(after_source))
    text = table(before, after, file)
    (FOLDER / file).write_text(text, encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(measure()))
    else:
        main(*sys.argv[1:])
