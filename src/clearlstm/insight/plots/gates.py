"""Gates and memories of one unit over time."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.cell.layout import GATES
from clearlstm.insight.plots.style import (
    HUES,
    MANY_STEPS,
    NAMES,
    SHADES,
    WIDTHS,
    axes_for,
    edges,
    name_ends,
    new_picture,
    steps_axis,
    styled,
    tidy,
    title,
    zero_line,
)  # fmt: skip
from clearlstm.insight.plots.view import View
from clearlstm.shapes import FloatArray

MOST_INPUTS = 3  # more lines than these say nothing
LANE, MEMORY = 0.62, 1.9  # inches


@styled
def plot_gates(view: View, *, unit: int | None = None) -> Figure:
    """What came in, what each gate let through, and both memories, one above the other."""
    k, words = view.unit(unit)
    inputs = ["x"] if view["x"].shape[-1] <= MOST_INPUTS else []
    gates = list(GATES) if view.has_cell_state else []
    heights = [LANE] * len(inputs + gates) + [MEMORY]
    figure = new_picture(8.4, sum(heights) + 0.8)
    *lanes, memory = figure.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)[:, 0]
    for lane, name in zip(lanes, inputs + gates, strict=True):
        _lane(tidy(lane), name, view["x"] if name == "x" else view[name][:, [k]])
    _memories(tidy(memory), view, k)
    title((lanes or [memory])[0], "Gates and memories" if gates else "Input and memory", f"{view}, {words}")
    return figure


@styled
def plot_memory(view: View, *, unit: int | None = None, ax: Axes | None = None) -> Figure:
    """Both memories of one unit in one plot; a plain unit has one."""
    figure, ax = axes_for(ax, 8.4, 3)
    k, words = view.unit(unit)
    _memories(ax, view, k)
    title(ax, "Both memories" if view.has_cell_state else "Memory", f"{view}, {words}")
    return figure


def _lane(lane: Axes, name: str, values: FloatArray) -> None:
    """A gate as an area from 0, T steps wide; the inputs (T, F) as lines."""
    T = len(values)
    if name == "x":
        lane.plot(values, color=HUES["x"], linewidth=1.2, marker="o" if T <= MANY_STEPS else "", markersize=4)
        lane.margins(y=0.5 if T <= MANY_STEPS else 0.1)
    else:
        lane.stairs(values[:, 0], edges(T), fill=True, color=HUES[name], alpha=0.35, linewidth=0)
        lane.stairs(values[:, 0], edges(T), color=HUES[name], linewidth=1.4 if T <= 200 else 0.8, baseline=None)
        _lane_limits(lane, name, values)
    if T <= MANY_STEPS and values.shape[1] == 1:
        _numbers(lane, name, values[:, 0])
    lane.set_ylabel(NAMES[name], rotation=0, ha="right", va="center", color=SHADES[name])
    lane.tick_params(axis="x", length=0)
    lane.spines["bottom"].set_visible(False)
    zero_line(lane)


def _lane_limits(lane: Axes, name: str, values: FloatArray) -> None:
    """0..1, for the candidate −1..1; wider for activations that go beyond."""
    low, high = min(-1.0 if name == "g" else 0.0, values.min()), max(1.0, values.max())
    lane.set_ylim(low, high * 1.04)
    lane.set_yticks([low, high] if name != "g" else [low, 0, high])


def _numbers(lane: Axes, name: str, values: FloatArray) -> None:
    """Each step's number: in a gate's area, above an input's dot, across 0 from a candidate, whose lane is flat."""
    for t, value in enumerate(values):
        at, offset, align = {
            "x": (value, 5, "bottom"),
            "g": (0.0, -2, "top") if value >= 0 else (0.0, 2, "bottom"),
        }.get(name, (value / 2, 0, "center") if value > 0.25 else (value, 2, "bottom"))
        lane.annotate(
            f"{value:.2f}", (t, at), (0, offset), textcoords="offset points", ha="center", va=align, fontsize=8,
            color=SHADES[name],
        )  # fmt: skip


def _memories(ax: Axes, view: View, unit: int) -> None:
    """c thick in ink, h in vermilion, with their names at their ends."""
    names = ("c", "h") if view.has_cell_state else ("h",)
    T, ends = view.n_steps, []
    for name in names:
        values = view[name][:, unit]
        ax.plot(values, color=HUES[name], linewidth=WIDTHS[name], marker="o" if T <= MANY_STEPS else "", markersize=5)
        ends.append((float(values[-1]), f"{name}  {NAMES[name]}", SHADES[name]))
    zero_line(ax)
    ax.margins(y=0.12)
    steps_axis(ax, T)
    name_ends(ax, ends)
