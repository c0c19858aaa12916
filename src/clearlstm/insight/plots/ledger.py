"""A ledger as bars: what each step wrote into the memory that stands now."""

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.insight.plots.ribbon import START, writer_colours
from clearlstm.insight.plots.style import (
    GREY,
    INK,
    MANY_STEPS,
    axes_for,
    number,
    steps_axis,
    styled,
    title,
    zero_line,
)  # fmt: skip
from clearlstm.insight.plots.view import check_index
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.insight.ledger import Ledger

TINY: Final = 0.01  # of the largest bar: what is smaller has no number


@styled
def plot_ledger(book: "Ledger", *, sequence: int = 0, unit: int | None = None, ax: Axes | None = None) -> Figure:
    """Bars over the steps for one unit, each in the colour that it has in the ribbon; c_0's left of them, in grey.

    ``unit=None`` takes the unit whose entries are largest in all.
    """
    N, _, H = book.entries.shape
    check_index("sequence", sequence, N, "sequences")
    if unit is None:
        unit = int(np.abs(book.entries[sequence]).sum(axis=0).argmax())
    check_index("unit", unit, H, "units")
    figure, ax = axes_for(ax, 8.4, 3.2)
    taken = np.flatnonzero(book.taken[sequence])
    entries, start = book.entries[sequence, :, unit], float(book.start[sequence, unit])
    _bars(ax, entries[: taken[-1] + 1])
    if start:
        forward = taken[-1] == book.step[sequence]  # the step that is explained was taken last
        _start(ax, start, -1 if forward else int(taken[-1]) + 1)
    total = float(book.total[sequence, unit])
    title(
        ax, f"Who wrote the {number(total, 4)} in the long-term memory after step {book.step[sequence]}",
        f"sequence {sequence % N}, unit {unit % H}; the bars add up to it{_reach(entries, int(book.step[sequence]))}",
    )  # fmt: skip
    return figure


def _reach(entries: FloatArray, step: int) -> str:
    """How few steps hold nine tenths of what was written, by size."""
    distance = np.abs(np.arange(len(entries)) - step)
    by_distance = np.bincount(distance, np.abs(entries)).cumsum()
    if not by_distance[-1] or np.count_nonzero(entries) <= MANY_STEPS:
        return ""
    reach = int((by_distance >= 0.9 * by_distance[-1]).argmax()) + 1
    return f"; nine tenths, by size, from {reach} of {int(np.count_nonzero(entries))} steps"


def _bars(ax: Axes, entries: FloatArray) -> None:
    """A bar for each step, with its number while there is room."""
    T = len(entries)
    zero_line(ax)
    ax.bar(range(T), entries, 0.72 if T <= 60 else 1.0, color=writer_colours(T), label="entries")
    if T <= MANY_STEPS:
        for t in np.flatnonzero(np.abs(entries) > TINY * np.abs(entries).max()):
            _number(ax, int(t), float(entries[t]))
    ax.margins(y=0.15)
    steps_axis(ax, T)
    ax.set_xlabel("step that wrote", color=GREY, fontsize=9)


def _start(ax: Axes, start: float, at: int) -> None:
    """What is left of c_0, on the side where the pass began."""
    ax.bar([at], [start], 0.72, color=START, label="start")
    _number(ax, at, start)
    low, high = ax.get_xlim()
    ax.set_xlim(min(low, at - 0.5), max(high, at + 0.5))
    ax.annotate("c_0", (at, 0), (0, -4 if start > 0 else 4), textcoords="offset points", ha="center", fontsize=9,
                va="top" if start > 0 else "bottom", color=GREY)  # fmt: skip


def _number(ax: Axes, at: int, value: float) -> None:
    ax.annotate(
        number(value), (at, value), (0, 3 if value >= 0 else -3), textcoords="offset points", ha="center",
        va="bottom" if value >= 0 else "top", fontsize=9, color=INK,
    )  # fmt: skip
