"""How pictures look: one meaning a colour, names beside what they name, hair lines only where they separate."""

import io
from collections.abc import Sequence
from typing import Any, Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import get_font_names
from matplotlib.ticker import MaxNLocator

from clearlstm.errors import InputError

INK, GREY, HAIR = "#1F2933", "#6B7280", "#E5E7EB"

# Okabe & Ito's colour-blind-safe set; a darker shade of each hue for words, so that they keep a contrast of 4.5 : 1.
HUES: Final = {
    "f": "#0072B2", "i": "#009E73", "g": "#E69F00", "o": "#CC79A7", "c": INK, "h": "#D55E00", "x": GREY,
}  # fmt: skip
SHADES: Final = {
    "f": "#00578A", "i": "#00704F", "g": "#8A5F00", "o": "#9C4376", "c": INK, "h": "#A84A00", "x": "#4B5563",
}  # fmt: skip
NAMES: Final = {
    "f": "forget gate",
    "i": "input gate",
    "g": "candidate",
    "o": "output gate",
    "c": "long-term memory",
    "h": "short-term memory",
    "x": "input",
}
WIDTHS: Final = {"f": 1.6, "i": 1.6, "g": 1.6, "o": 1.6, "c": 2.6, "h": 1.6, "x": 1.3}

SIGNED: Final[Colormap] = LinearSegmentedColormap.from_list("signed", [HUES["f"], "#FFFFFF", HUES["h"]])
"""Blue below 0, white at 0, vermilion above."""

MANY_STEPS: Final = 12
"""Up to here a picture has room for a number at each step."""

FAMILY: Final = [
    name
    for name in ("Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")  # the last one comes with matplotlib
    if name in get_font_names()
]
STYLE: Final[dict[str, Any]] = {
    "font.family": FAMILY,
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": GREY,
    "axes.linewidth": 0.6,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "lines.solid_capstyle": "round",
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "svg.hashsalt": "clearlstm",  # the same numbers give the same file
}

styled = mpl.rc_context(STYLE)  # type: ignore[arg-type]  # its keys are typed as the literal names of every setting
"""Decorates what makes a figure: the settings of whoever asked for it stay as they are, and don't get into it."""


class Picture(Figure):
    """A figure that a notebook shows by itself, without pyplot having been loaded."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=130)
        return file.getvalue()


def new_picture(width: float, height: float) -> Picture:
    """An empty figure, in inches."""
    return Picture(figsize=(width, height), layout="constrained")


def axes_for(ax: Axes | None, width: float, height: float) -> tuple[Figure, Axes]:
    """The Axes to draw in: the given one, or that of a new figure; and its figure."""
    if ax is None:
        figure: Figure = new_picture(width, height)
        ax = figure.subplots()
    elif isinstance(ax, Axes):
        figure = ax.figure.canvas.figure  # the whole figure, also where it stands in a part of it
    else:
        raise InputError(f"ax is a {type(ax).__name__}; it must be a matplotlib Axes, such as figure.subplots()")
    return figure, tidy(ax)


def tidy(ax: Axes) -> Axes:
    """Axes with nothing in it that says nothing."""
    ax.spines[["top", "right"]].set_visible(False)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(lambda value, _: number(value, 4))
    # Said here although STYLE says it: Axes that are given was made under other settings.
    ax.tick_params(length=3, width=0.6, colors=GREY, labelsize=9, labelfontfamily=FAMILY)
    return ax


def title(ax: Axes, text: str, below: str = "") -> None:
    """What a plot shows, and under it in grey how it was made."""
    ax.set_title(text + "\n" * len(below.splitlines()), fontsize=12, color=INK, loc="left", linespacing=1.5)
    if below:
        ax.annotate(
            below,
            (0, 1),
            (0, 6),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=9,
            color=GREY,
            va="bottom",
        )


def number(value: float, digits: int = 3) -> str:
    """A number as it stands in a picture.

    >>> number(-0.25241), number(2409.1, 4), number(1.3e-6, 2), number(31250)
    ('−0.252', '2409', '1.3e−6', '31,250')
    """
    large = 1e4 <= abs(value) < 1e7
    text = f"{value:,.0f}" if large else f"{value:.{digits}g}".replace("e-0", "e-").replace("e+0", "e")
    return text.replace("-", "−")


def steps_axis(ax: Axes, n_steps: int, label: str = "step") -> None:
    """Whole steps, the first and the last ones at the edges of the plot."""
    ax.set_xlim(-0.5, n_steps - 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if n_steps <= MANY_STEPS:
        ax.set_xticks(range(n_steps))
    ax.set_xlabel(label, color=GREY, fontsize=9)


def zero_line(ax: Axes) -> None:
    """A hair line at 0, behind everything."""
    ax.axhline(0, color=HAIR, linewidth=1, zorder=0)


def edges(n_steps: int) -> npt.NDArray[np.float64]:
    """Where steps begin and end, (T + 1,)."""
    return np.asarray(np.arange(n_steps + 1) - 0.5)


def name_ends(ax: Axes, ends: Sequence[tuple[float, str, str]], gap: float = 0.085) -> None:
    """Words (height, text, colour) at the right edge, each beside its height, spread where they would touch."""
    ax.autoscale_view()  # limits are settled late, and the words shall stand where these leave them
    to_axes = ax.transData + ax.transAxes.inverted()
    heights = [float(to_axes.transform((0, y))[1]) for y, _, _ in ends]
    order = sorted(range(len(ends)), key=heights.__getitem__)
    wanted = np.array([heights[k] for k in order])
    for k, at in zip(order, spread(wanted, gap), strict=True):
        ax.annotate(
            ends[k][1],
            (1, at),
            (6, 0),
            xycoords="axes fraction",
            textcoords="offset points",
            va="center",
            fontsize=9,
            color=ends[k][2],
        )


def spread(heights: npt.NDArray[np.float64], gap: float) -> npt.NDArray[np.float64]:
    """Ascending heights moved as little as needed to lie ``gap`` apart, and within 0..1 while there is room.

    >>> spread(np.array([0.5, 0.5]), 0.1).round(2).tolist()
    [0.45, 0.55]
    """
    # Apart by a gap means that height − rank · gap never descends: average neighbours that do (isotonic regression).
    groups: list[list[float]] = []
    for rank, height in enumerate(heights):
        groups.append([float(height) - rank * gap])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            last = groups.pop()
            groups[-1] += last
    free = np.array([np.mean(group) for group in groups for _ in group])
    slots = np.arange(len(heights)) * gap
    return np.asarray(np.clip(free, 0, max(0.0, 1 - (len(heights) - 1) * gap)) + slots)
