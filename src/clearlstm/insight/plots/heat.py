"""Heat maps: all units of a layer over time."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure

from clearlstm.errors import InputError
from clearlstm.insight.plots.style import (
    GREY,
    HUES,
    NAMES,
    SIGNED,
    axes_for,
    new_picture,
    steps_axis,
    styled,
    tidy,
    title,
)  # fmt: skip
from clearlstm.insight.plots.view import View
from clearlstm.shapes import FloatArray, counted

SHARES = ("f", "i", "o")  # gates, from 0 to 1
SHOWN = ("f", "c", "h")
MOST_NAMED = 24  # units whose number has room beside its row


@styled
def plot_heat(view: View, *, show: str | Sequence[str] | None = None, ax: Axes | None = None) -> Figure:
    """A row for each unit, a column for each step; the same order of units in all of them.

    ``show`` names what: one or several of ``f i g o c h``. Units are sorted by where their memory ends up.
    """
    names = _names(view, show)
    order = np.argsort(-view[view.memory][-1], kind="stable")
    if ax is None:
        height = min(max(0.12 * view.n_units, 1.3), 3.2)
        figure: Figure = new_picture(8.4, (height + 0.35) * len(names) + 0.8)
        axes = [tidy(ax) for ax in figure.subplots(len(names), sharex=True, squeeze=False)[:, 0]]
    elif len(names) > 1:
        raise InputError(f"{len(names)} heat maps don't fit in one Axes: give show one of {', '.join(names)}, or no ax")
    else:
        figure, ax = axes_for(ax, 8.4, 3)
        axes = [ax]
    for name, ax in zip(names, axes, strict=True):
        _map(ax, name, view[name][:, order].T)
        _units_axis(ax, order)
        title(ax, f"{name}  {NAMES[name]}")
    steps_axis(axes[-1], view.n_steps)
    title(axes[0], f"{names[0]}  {NAMES[names[0]]}", f"{view}; units sorted by the memory that they end with")
    return figure


def _names(view: View, show: str | Sequence[str] | None) -> list[str]:
    there = ["f", "i", "g", "o", "c", "h"] if view.has_cell_state else ["h"]
    names = [name for name in SHOWN if name in there] if show is None else list(show)
    wrong = [name for name in names if name not in there]
    if wrong or not names:
        raise InputError(f"show is {show!r}; this layer has {', '.join(there)}: give one or several of them")
    return names


def _map(ax: Axes, name: str, values: FloatArray) -> None:
    """values (H, T): gates from white to their own colour, signed numbers from blue over white to vermilion."""
    if name in SHARES:
        colours: Colormap = LinearSegmentedColormap.from_list(name, ["#FFFFFF", HUES[name]])
        low, high = min(0.0, values.min()), max(1.0, values.max())
    else:
        colours = SIGNED
        high = float(np.abs(values).max()) or 1.0
        low = -high
    T = values.shape[1]
    image = ax.imshow(
        values, cmap=colours, vmin=low, vmax=high, aspect="auto", interpolation="nearest",
        extent=(-0.5, T - 0.5, len(values) - 0.5, -0.5),
    )  # fmt: skip
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.015, aspect=14)
    bar.outline.set_visible(False)
    tidy(bar.ax).tick_params(length=0)
    bar.ax.spines[:].set_visible(False)
    bar.set_ticks([low, high] if low == 0 else [low, 0, high])
    bar.ax.yaxis.set_major_formatter("{x:.2g}")


def _units_axis(ax: Axes, order: npt.NDArray[np.intp]) -> None:
    """The numbers of the units beside their rows, while there is room."""
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
    if len(order) <= MOST_NAMED:
        ax.set_yticks(range(len(order)), [str(unit) for unit in order], fontsize=7 if len(order) > 8 else 9)
        ax.set_ylabel("unit", color=GREY, fontsize=9)
    else:
        ax.set_yticks([])
        ax.set_ylabel(counted(len(order), "unit"), color=GREY, fontsize=9)
