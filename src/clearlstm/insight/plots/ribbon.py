"""The long-term memory as a ribbon: over time, what each step wrote that is still there, stacked like sediment."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure

from clearlstm.errors import InputError
from clearlstm.insight.plots.style import (
    GREY,
    INK,
    MANY_STEPS,
    WIDTHS,
    axes_for,
    name_ends,
    number,
    steps_axis,
    styled,
    title,
    zero_line,
)  # fmt: skip
from clearlstm.insight.plots.view import View
from clearlstm.shapes import FloatArray

MOST_STEPS = 1000
NAMED = 4  # entries that are named at the end
START = "#C5CAD1"

# Viridis rises evenly in lightness, also to colour-blind eyes; its palest end would not stand out from the page.
WRITERS: Colormap = ListedColormap(mpl.colormaps["viridis"](np.linspace(0.02, 0.94, 256)), "writers")


def writer_colours(n_steps: int) -> FloatArray:
    """A colour for each step, the first dark, the last light, (T, 4)."""
    return np.asarray(WRITERS(np.linspace(0, 1, n_steps)))


@styled
def plot_ribbon(view: View, *, unit: int | None = None, ax: Axes | None = None) -> Figure:
    """One unit's c over time, split by :func:`ledgers` into what each step wrote: above 0 what adds, below what takes.

    The strip under the plot is the key: a step wrote what has its colour.
    """
    _check(view)
    figure, ax = axes_for(ax, 8.4, 4.2)
    k, words = view.unit(unit)
    start, entries = unit_ledgers(view, k)
    writers = [t for t in _taken_order(view) if entries[:, t].any()]
    parts = np.stack([start, *(entries[:, t] for t in writers)])
    colours = [START, *(tuple(colour) for colour in writer_colours(view.n_steps)[writers])]
    _stack(ax, parts, colours)
    ax.plot(parts.sum(axis=0), color=INK, linewidth=WIDTHS["c"])
    zero_line(ax)
    steps_axis(ax, view.n_steps)
    _key(ax, view.n_steps)
    _name_largest(ax, view, start, entries)
    title(ax, "The long-term memory, by the step that wrote it", f"{view}, {words}; the line is {view.memory}")
    return figure


def unit_ledgers(view: View, unit: int) -> tuple[FloatArray, FloatArray]:
    """After each step, what is left of the first state (T,), and what each step wrote that is still there (T, T)."""
    T, H, record, memory = view.n_steps, view.n_units, view.layer.record, view.layer.cell.memory
    assert memory is not None
    parts = memory.parts(record)[view.sequence, :T].astype(np.float64)
    keep, write, candidate = (parts[:, k * H + unit] for k in range(3))
    left, held = float(getattr(record, f"{memory.state}_0")[view.sequence, unit]), np.zeros(T)
    start, entries = np.empty(T), np.empty((T, T))
    for t in _taken_order(view):
        # c = f c_prev + i g: all entries so far are multiplied by f, and i g joins them
        left, held = left * keep[t], held * keep[t]
        held[t] = write[t] * candidate[t]
        start[t], entries[t] = left, held
    return start, entries


def _check(view: View) -> None:
    if view.layer.cell.memory is None:
        raise InputError("a plain recurrent layer has no long-term memory to split: plot its 'memory' or 'heat'")
    if view.n_steps > MOST_STEPS:
        raise InputError(
            f"sequence {view.sequence} has {view.n_steps} steps, and a ribbon of more than {MOST_STEPS} can't be read: "
            "trace a shorter piece with the state before it, net.trace(x[:, a:b], state=…)"
        )


def _taken_order(view: View) -> range:
    T = view.n_steps
    return range(T - 1, -1, -1) if view.layer.record.reverse else range(T)


def _stack(ax: Axes, parts: FloatArray, colours: Sequence[Any]) -> None:
    """Parts (K, T): those above 0 stacked upwards, those below downwards, the oldest next to 0."""
    few = parts.shape[1] <= MANY_STEPS
    for values in (np.maximum(parts, 0), np.minimum(parts, 0)):
        tops = np.cumsum(values, axis=0)
        for value, top, colour in zip(values, tops, colours, strict=True):
            if value.any():
                # Edges that were smoothed would let the page shine through between thin layers.
                ax.fill_between(
                    range(len(top)), top - value, top, color=colour, linewidth=0.8 if few else 0,
                    edgecolor="white" if few else "none", antialiased=few, interpolate=False,
                )  # fmt: skip


def _key(ax: Axes, n_steps: int) -> None:
    """A strip under the plot with each step in its colour."""
    ax.bar(
        range(n_steps), 0.035, 1.0, bottom=-0.035, color=writer_colours(n_steps), transform=ax.get_xaxis_transform(),
        clip_on=False, label="key", zorder=3, antialiased=False,
    )  # fmt: skip
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0, pad=12)


def _name_largest(ax: Axes, view: View, start: FloatArray, entries: FloatArray) -> None:
    """At the end of the pass, which steps hold most of the memory."""
    order = _taken_order(view)
    last, kept = order[-1], np.array([start[order[-1]], *(entries[order[-1], t] for t in order)])
    names = ["start", *(f"step {t}" for t in order)]
    above, below = np.cumsum(np.maximum(kept, 0)), np.cumsum(np.minimum(kept, 0))
    middle = np.where(kept > 0, above, below) - kept / 2
    largest = [int(k) for k in np.argsort(-np.abs(kept))[:NAMED] if kept[k]]
    if last == view.n_steps - 1:  # in the reverse direction the end of the pass is on the left
        name_ends(ax, [(float(middle[k]), f"{names[k]}  {number(kept[k])}", GREY) for k in largest])
