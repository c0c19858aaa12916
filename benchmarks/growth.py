"""Draw how training time grows with N, T and H, beside torch and the attainable time: docs/pictures/growth.svg.

The dashed line is what this processor could do at best (``clearlstm.bench.limits``). Needs torch and matplotlib
(``make test`` installs both). Takes about a minute; leave the machine alone meanwhile::

    python benchmarks/growth.py
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure

from clearlstm.bench.grid import Row
from clearlstm.bench.limits import Limits, attainable, measured_limits
from clearlstm.bench.measure import Effort, Measurement, measure
from clearlstm.files import atomic_write
from clearlstm.kernels import get_num_threads

PICTURE: Final = Path(__file__).parents[1] / "docs" / "pictures" / "growth.svg"
BASE: Final = Row(64, 100, 8, 64, tasks=("all",))
GROWTH: Final = {
    "N": ("sequences N", (1, 2, 4, 8, 16, 32, 64, 128, 256)),
    "T": ("steps T", (10, 20, 50, 100, 200, 500, 1000)),
    "H": ("hidden units H", (8, 16, 32, 64, 128, 256, 512)),
}
PEERS: Final = ("torch", "clearlstm")
LIMIT: Final = "limit"
# Colour, width, the line's and the dots' kind, and how many points above its last dot a line's name stands.
LINES: Final = {
    "torch": ("#6B7280", 1.6, "o-", 4),
    "clearlstm": ("#0072B2", 2.4, "o-", -3),
    LIMIT: ("#111827", 1.2, "--", -14),
}
STYLE: Final[dict[Any, Any]] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.linewidth": 0.6,
    "svg.hashsalt": "clearlstm",
}


def sized(axis: str, size: int) -> Row:
    """The base with another size along one axis."""
    other: dict[str, Any] = {axis: size}
    return replace(BASE, **other)


def measured(axis: str) -> list[Measurement]:
    """Forward and backward, loss on all steps, along one axis."""
    rows = [sized(axis, size) for size in GROWTH[axis][1]]
    return list(measure(rows, PEERS, get_num_threads(), Effort(rounds=3, seconds=0.05)))


def lines(axis: str, limits: Limits) -> dict[str, list[float]]:
    """Milliseconds along one axis, by line."""
    results = measured(axis)
    times = {peer: [1000 * one.seconds[peer] for one in results] for peer in PEERS}
    return times | {LIMIT: [1000 * attainable(one.row, one.task, limits) for one in results]}


def draw() -> Figure:
    """A plot for each size that grows, a line for each library and one for the limit."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    axes = figure.subplots(1, len(GROWTH), sharey=True)
    limits = measured_limits(get_num_threads(), repeats=30)
    for ax, (axis, (label, sizes)) in zip(axes, GROWTH.items(), strict=True):
        for name, milliseconds in lines(axis, limits).items():
            colour, width, kind, above = LINES[name]
            ax.loglog(sizes, milliseconds, kind, color=colour, linewidth=width, markersize=3.5)
            if ax is axes[-1]:
                ax.annotate(name, (sizes[-1], milliseconds[-1]), (8, above), textcoords="offset points", color=colour)
        rest = ", ".join(f"{name} = {getattr(BASE, name)}" for name in "NTFH" if name != axis)
        ax.set_xticks(sizes, [str(size) for size in sizes], minor=False)
        ax.minorticks_off()
        ax.set_xlabel(label)
        ax.set_title(rest, loc="left", fontsize=9, color="#6B7280")
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#E5E7EB", linewidth=0.6)
    axes[0].yaxis.set_major_formatter("{x:g}")
    axes[0].set_ylabel("forward + backward, ms")
    return figure


if __name__ == "__main__":
    with mpl.rc_context(STYLE), atomic_write(PICTURE) as temporary:
        draw().savefig(temporary, format="svg", metadata={"Date": None})
