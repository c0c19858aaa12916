"""Gradient reach on a log axis: medians, bands from 10 to 90 %, the direct path beside the whole."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clearlstm.errors import InputError
from clearlstm.insight.flow import EXPLODED, VANISHED, FlowSummary, GradientFlow, fate
from clearlstm.insight.plots.style import (
    GREY,
    HAIR,
    HUES,
    MANY_STEPS,
    NAMES,
    SHADES,
    WIDTHS,
    axes_for,
    name_ends,
    new_picture,
    number,
    styled,
    tidy,
    title,
)  # fmt: skip
from clearlstm.shapes import FloatArray, counted

# Each path that is drawn: whose hue it has, and what it is called beside its line.
PATHS: Final = {"c": ("c", f"c  {NAMES['c']}"), "h": ("h", f"h  {NAMES['h']}"), "direct": ("f", "forget gates alone")}
LOWEST: Final = 1e-30
HIGHEST: Final = 1e30
"""What is smaller or larger is drawn at the edge: for its sake everything else would lie flat."""


@styled
def plot_flow(flow: GradientFlow, *, ax: Axes | None = None) -> Figure:
    """How much of a small change arrives, by how many steps ago it was made."""
    figure, ax = axes_for(ax, 8.4, 4)
    summary = _checked(flow).summary()
    _measured_lines(ax, summary)
    ax.set_ylim(*_limits([summary]))
    _name_lines(ax, summary)
    title(ax, "How much of a small change arrives", f"{_verdict(summary)}; {_made(flow)}")
    return figure


@styled
def plot_flows(flows: Mapping[str, GradientFlow]) -> Figure:
    """Several flows side by side on one scale, such as ``{"LSTM": flow, "plain": other}``."""
    if not flows:
        raise InputError("flows is empty: give at least one, as {'a name': gradient_flow(layer)}")
    summaries = {name: _checked(flow).summary() for name, flow in flows.items()}
    figure = new_picture(1.6 + 4.2 * len(flows), 4)
    axes = figure.subplots(1, len(flows), sharey=True, squeeze=False)[0]
    axes[0].set_ylim(*_limits(list(summaries.values())))
    for ax, (name, summary) in zip(axes, summaries.items(), strict=True):
        _measured_lines(tidy(ax), summary)
        _name_lines(ax, summary)
        title(ax, name, f"{_verdict(summary)}\n{_made(flows[name])}")
    for ax in axes[1:]:
        ax.set_ylabel("")
    return figure


def draw_lines(ax: Axes, summary: FlowSummary, x: npt.NDArray[np.int64]) -> None:
    """A median line and a 10–90 % band for each path, at ``x`` (L,)."""
    ax.set_yscale("log")
    ax.axhline(1, color=HAIR, linewidth=1, zorder=0)
    for path, (hue, _) in PATHS.items():
        if path in summary.median:
            low, median, high = (_drawable(part[path]) for part in (summary.low, summary.median, summary.high))
            ax.fill_between(x, low, high, color=HUES[hue], alpha=0.14, linewidth=0)
            dots = "o" if len(x) <= MANY_STEPS else ""
            ax.plot(x, median, color=HUES[hue], linewidth=WIDTHS[hue], marker=dots, markersize=5, label=path)


def _measured_lines(ax: Axes, summary: FlowSummary) -> None:
    draw_lines(ax, summary, summary.lag)
    for threshold in (VANISHED, EXPLODED):
        ax.axhline(threshold, color=GREY, linewidth=0.6, linestyle=(0, (1, 3)), zorder=0)
    ax.set_xlim(0, max(int(summary.lag[-1]), 1))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("steps before the last", color=GREY, fontsize=9)
    ax.set_ylabel("factor, at most", color=GREY, fontsize=9)


def _name_lines(ax: Axes, summary: FlowSummary) -> None:
    there = [path for path in PATHS if path in summary.median]
    ends = [(float(_drawable(summary.median[path])[-1]), PATHS[path]) for path in there]
    name_ends(ax, [(height, name, SHADES[hue]) for height, (hue, name) in ends])


def _verdict(summary: FlowSummary) -> str:
    last, back = float(summary.median["h"][-1]), int(summary.lag[-1])
    return f"h from {counted(back, 'step')} back: {number(last, 2)}, {fate(last)}"


def _made(flow: GradientFlow) -> str:
    n = len(flow.h)
    over = "one sequence" if n == 1 else f"median and 10–90 % of {n} sequences"
    return f"spectral norms, exact; {over}"


def _drawable(norms: FloatArray) -> FloatArray:
    return np.clip(norms, LOWEST, HIGHEST)


def _limits(summaries: list[FlowSummary]) -> tuple[float, float]:
    """Room for all bands and for 1."""
    bands = [
        _drawable(part[path])
        for summary in summaries
        for part in (summary.low, summary.high)
        for path in PATHS
        if path in part
    ]
    return float(min(np.nanmin(values) for values in bands)) / 2, max(
        2.0, 2 * float(max(np.nanmax(values) for values in bands))
    )


def _checked(flow: object) -> GradientFlow:
    if not isinstance(flow, GradientFlow):
        raise InputError(f"a flow is needed, not a {type(flow).__name__}: gradient_flow(net.trace(x).layer(k))")
    return flow
