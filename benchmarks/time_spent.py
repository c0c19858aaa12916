"""Draw where the time of each row of the benchmark goes, forward and backward: docs/pictures/time-spent.svg.

Every kernel is timed from outside, on all threads, while a row is computed as a user would compute it; what is left of
the whole is Python. Of a kernel's time, what its products and activations need at this processor's own limits
(``clearlstm.bench.limits``) is drawn apart from the rest: memory, edges of arrays, threads that wait. Needs matplotlib.
Takes about a minute; leave the machine alone meanwhile::

    python benchmarks/time_spent.py
"""

import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

import clearlstm as cl
from clearlstm.bench.grid import TRAINED, Row
from clearlstm.bench.limits import Limits, measured_limits
from clearlstm.files import atomic_write
from clearlstm.kernels import engine, get_num_threads, plan
from clearlstm.kernels.team import run

PICTURE: Final = Path(__file__).parents[1] / "docs" / "pictures" / "time-spent.svg"
SECONDS: Final = 1.0
FEWEST: Final = 5
"""Runs of a row, however long each takes."""

KERNELS: Final = {
    "forward": "forward",
    "backward": "back",
    "weight_gradients": "weights",
    "turn": "layouts",
    "unpack": "layouts",
    "survey": "layouts",
    "arrange": "layouts",
}
"""What each kernel is for, by its name."""

PARTS: Final = {
    "Python": "#9CA3AF",
    "layouts of weights": "#F0E442",
    "forward: products": "#0072B2",
    "forward: activations": "#56B4E9",
    "forward: the rest": "#C7E3F5",
    "way back: products": "#D55E00",
    "way back: activations": "#E69F00",
    "way back: the rest": "#FBE3C5",
    "weights' gradients: products": "#009E73",
    "weights' gradients: the rest": "#BFE7DA",
}
"""In the order of the bars, with their colours."""

STYLE: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "svg.fonttype": "none",
    "svg.hashsalt": "clearlstm",
}


@contextmanager
def timed_kernels() -> Iterator[dict[str, float]]:
    """Seconds by what kernels are for, as long as the context lasts."""
    spent: dict[str, float] = defaultdict(float)

    def timed(kernel: Any, n_parts: int, *arguments: object) -> Any:
        start = time.perf_counter()
        result = run(kernel, n_parts, *arguments)
        spent[KERNELS[kernel.__name__]] += time.perf_counter() - start
        return result

    with mock.patch.object(engine, "run", timed), mock.patch.object(plan, "run", timed):
        yield spent


def work_of(row: Row) -> Callable[[], object]:
    """Forward and backward of a row, with the loss on all steps."""
    kind: Any = getattr(cl, row.cell)
    net = kind(row.F, row.H, row.layers, bidirectional=row.bidirectional, seed=0)
    rng, lengths = np.random.default_rng(0), row.lengths()
    x = rng.standard_normal((row.N, row.T, row.F)).astype(np.float32)
    trace = net.trace(x, lengths)
    dh = rng.standard_normal(trace.h.shape).astype(np.float32)
    return lambda: net.backward(net.trace(x, lengths, out=trace), dh, need_dx=False)


def measured(row: Row) -> dict[str, float]:
    """Seconds: the whole, and what each kind of kernel takes; medians."""
    work = work_of(row)
    runs: list[dict[str, float]] = []
    work()
    end = time.perf_counter() + SECONDS
    while len(runs) < FEWEST or time.perf_counter() < end:
        with timed_kernels() as spent:
            start = time.perf_counter()
            work()
            runs.append({"whole": time.perf_counter() - start, **spent})
    return {name: statistics.median(run.get(name, 0.0) for run in runs) for name in runs[0]}


def parts(row: Row, seconds: dict[str, float], limits: Limits) -> dict[str, float]:
    """The whole as a sum, by :data:`PARTS`."""
    threads = min(row.N, limits.n_threads)
    rate, speed = limits.operations.on(threads, limits.n_threads), limits.activations.on(threads, limits.n_threads)
    forward, both = row.operations("trace"), row.operations("all")
    there, all_of_them = row.activations("trace"), row.activations("all")
    # The weights' gradients have as many operations as the forward pass, the way back what is left.
    needed = {
        "forward": (forward / rate, there / speed),
        "way back": ((both - 2 * forward) / rate, (all_of_them - there) / speed),
        "weights' gradients": (forward / rate, None),
    }
    result = {"Python": seconds["whole"] - sum(seconds[name] for name in seconds if name != "whole")}
    result["layouts of weights"] = seconds["layouts"]
    for (name, (products, activations)), kernel in zip(needed.items(), ("forward", "back", "weights"), strict=True):
        result[f"{name}: products"] = products
        if activations is not None:
            result[f"{name}: activations"] = activations
        result[f"{name}: the rest"] = max(seconds[kernel] - products - (activations or 0.0), 0.0)
    return result


def draw(shares: dict[str, dict[str, float]]) -> Figure:
    """A bar for each row, from 0 to 100 %."""
    figure = Figure(figsize=(11, 0.34 * len(shares) + 1.6), layout="constrained")
    ax = figure.subplots()
    places = range(len(shares))
    left = np.zeros(len(shares))
    for name, colour in PARTS.items():
        widths = np.array([100 * each[name] / sum(each.values()) for each in shares.values()])
        ax.barh(places, widths, left=left, color=colour, label=name, height=0.72, edgecolor="white", linewidth=0.5)
        for place, width, start in zip(places, widths, left, strict=True):
            if width >= 6:
                dark = colour in ("#0072B2", "#D55E00", "#009E73")
                ax.text(
                    start + width / 2,
                    place,
                    f"{width:.0f}",
                    ha="center",
                    va="center",
                    color="white" if dark else "#1F2933",
                )
        left += widths
    ax.set_yticks(places, [f"{name}: {_milliseconds(sum(each.values()))}" for name, each in shares.items()])
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xlabel("% of the time of forward and backward, loss on all steps")
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(axis="y", length=0)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=5, frameon=False)
    return figure


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:,.0f} ms" if seconds >= 0.1 else f"{1000 * seconds:.3g} ms"


def main() -> None:
    """Measure, draw, write."""
    limits = measured_limits(get_num_threads(), repeats=30)
    shares = {row.name: parts(row, measured(row), limits) for row in TRAINED}
    with mpl.rc_context(STYLE), atomic_write(PICTURE) as temporary:
        draw(shares).savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
