"""How long the units of a layer hold what is written: survival curves, and a row for each unit."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.insight.plots.style import GREY, HAIR, HUES, INK, SHADES, new_picture, styled, tidy, title
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.insight.memory import MemoryLengths

MOST_NAMED = 32  # units whose number has room beside its row


@styled
def plot_lengths(lengths: "MemoryLengths") -> Figure:
    """Left, the share of each unit's writes still held after n steps; right, its median, and ln 2 / its mean rate.

    An arrow stands where half is still held when the sequences end: the median lies beyond it.
    """
    H, window = len(lengths.median), int(lengths.lengths.max())
    figure = new_picture(9.6, min(max(0.16 * H + 1.4, 3.4), 7.5))
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.25])
    _curves(tidy(left), lengths.survival, window)
    title(
        left,
        "Writes still held by more than half",
        f"a line for each of {H} units; {_words(lengths.layer_median, window)}",
    )
    _rows(tidy(right), lengths, window)
    title(right, "How long each unit holds", "half-life in steps; longest on top")
    return figure


def _words(median: float, window: int) -> str:
    return (
        f"in all, half are gone after {median:.0f}" if np.isfinite(median) else f"in all, most outlast {window} steps"
    )


def _curves(ax: Axes, survival: FloatArray, window: int) -> None:
    """survival (T, H)."""
    H = survival.shape[1]
    ax.axhline(0.5, color=HAIR, linewidth=1, zorder=0)
    ax.plot(survival, color=HUES["f"], linewidth=1.2, alpha=max(0.25, 1 / H**0.5), drawstyle="steps-post")
    ax.set_ylim(0, 1.02)
    ax.set_yticks([0, 0.5, 1], ["0", "½", "1"])
    _steps_scale(ax, window)
    ax.set_xlabel("steps since the write", color=GREY, fontsize=9)


def _rows(ax: Axes, lengths: "MemoryLengths", window: int) -> None:
    """A row for each unit: a dot at its median, or an arrow at the longest that was seen; a ring at ``typical``."""
    held = np.where(np.isfinite(lengths.median), lengths.median, lengths.longest)
    order = np.lexsort((lengths.typical, held))
    row, reached = np.arange(len(order)), np.isfinite(lengths.median[order])
    edge = 4.0 * max(window, 2)
    ax.axvline(window, color=INK, linewidth=0.8)
    ax.hlines(row, 0, held[order], color=HAIR, linewidth=1, zorder=0)
    ax.plot(
        np.minimum(lengths.typical[order], edge),
        row,
        "o",
        color="none",
        markeredgecolor=GREY,
        markersize=5,
        label="typical",
    )
    ax.plot(held[order][reached], row[reached], "o", color=HUES["f"], markersize=6, label="median")
    ax.plot(held[order][~reached], row[~reached], ">", color=HUES["f"], markersize=6, label="at least")
    _steps_scale(ax, edge)
    ax.set_ylim(-0.8, len(order) - 0.2)
    ax.set_yticks(row, [str(unit) for unit in order], fontsize=8) if len(order) <= MOST_NAMED else ax.set_yticks([])
    ax.set_ylabel("unit", color=GREY, fontsize=9)
    ax.set_xlabel("●  median of its writes   ▶  at least   ○  ln 2 / mean rate of forgetting", color=GREY, fontsize=9)
    ax.annotate("the window", (window, 1), (4, -2), xycoords=("data", "axes fraction"), textcoords="offset points",
                fontsize=9, va="top", color=SHADES["c"])  # fmt: skip


def _steps_scale(ax: Axes, last: float) -> None:
    """From 0 on: evenly up to 1, then by powers of ten."""
    ax.set_xscale("symlog", linthresh=1, linscale=0.3)
    ax.set_xlim(0, max(last, 2))
    ax.xaxis.set_major_formatter("{x:,.0f}")
