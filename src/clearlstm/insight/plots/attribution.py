"""An attribution: bars over the steps, and with several features a heat map between the two margins."""

from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from clearlstm.insight.plots.style import (
    GREY,
    HAIR,
    HUES,
    INK,
    MANY_STEPS,
    SIGNED,
    axes_for,
    new_picture,
    number,
    steps_axis,
    styled,
    tidy,
    title,
    zero_line,
)  # fmt: skip
from clearlstm.insight.plots.view import check_index
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.insight.attribution.attribute import Attribution

MOST_FEATURES: Final = 24


@styled
def plot_attribution(attribution: "Attribution", *, sequence: int = 0, ax: Axes | None = None) -> Figure:
    """What raised one sequence's answer in vermilion, what lowered it in blue: by step, and by feature too.

    ``ax`` takes the bars over the steps alone.
    """
    N, _, F = attribution.values.shape
    check_index("sequence", sequence, N, "sequences")
    T = int(attribution.lengths[sequence])
    values = attribution.values[sequence, :T]
    if F == 1 or ax is not None:
        figure, ax = axes_for(ax, 8.4, 3.4)
        _step_bars(ax, values.sum(axis=1))
        _times(ax, attribution, sequence, T)
        _titles(ax, attribution, sequence)
        return figure
    return _map_with_margins(attribution, sequence, values)


def _map_with_margins(attribution: "Attribution", sequence: int, values: FloatArray) -> Figure:
    """values (T, F) as a heat map; above it the steps' sums, on its right the features', largest on top."""
    order = np.argsort(-np.abs(values).sum(axis=0), kind="stable")[:MOST_FEATURES]
    figure = new_picture(9.2, min(max(0.3 * len(order), 1.2), 5) + 2.6)
    axes = figure.subplots(
        2, 2, sharex="col", width_ratios=[4, 1], height_ratios=[1.4, max(0.3 * len(order), 1.2)]
    )  # fmt: skip
    (above, corner), (middle, right) = axes
    corner.remove()
    _step_bars(tidy(above), values.sum(axis=1))
    above.set_xlabel("")
    _heat(tidy(middle), values[:, order].T, [_feature(attribution, int(f)) for f in order])
    _feature_bars(tidy(right), values.sum(axis=0)[order])
    right.sharey(middle)
    _times(middle, attribution, sequence, len(values))
    left_out = values.shape[1] - len(order)
    _titles(above, attribution, sequence, f"; {left_out} smaller features not drawn" if left_out else "")
    return figure


def _signs(values: FloatArray) -> list[str]:
    return [HUES["h"] if value >= 0 else HUES["f"] for value in values]


def _step_bars(ax: Axes, by_step: FloatArray) -> None:
    T = len(by_step)
    zero_line(ax)
    ax.bar(range(T), by_step, 0.72 if T <= 60 else 1.0, color=_signs(by_step), label="steps")
    ax.margins(y=0.18)
    if T <= MANY_STEPS:
        for t, value in enumerate(by_step):
            ax.annotate(
                number(value, 2), (t, value), (0, 3 if value >= 0 else -3), textcoords="offset points", ha="center",
                va="bottom" if value >= 0 else "top", fontsize=9, color=INK,
            )  # fmt: skip
    steps_axis(ax, T)


def _heat(ax: Axes, values: FloatArray, names: list[str]) -> None:
    """values (F, T)."""
    high = float(np.abs(values).max()) or 1.0
    ax.imshow(values, cmap=SIGNED, vmin=-high, vmax=high, aspect="auto", interpolation="nearest")
    ax.spines[:].set_visible(False)
    ax.set_yticks(range(len(names)), names, color=INK)
    ax.tick_params(axis="y", length=0)


def _feature_bars(ax: Axes, by_feature: FloatArray) -> None:
    ax.axvline(0, color=HAIR, linewidth=1, zorder=0)
    ax.barh(range(len(by_feature)), by_feature, 0.72, color=_signs(by_feature), label="features")
    for f, value in enumerate(by_feature):
        ax.annotate(
            number(value, 2), (max(value, 0), f), (4, 0), textcoords="offset points", va="center", fontsize=9, color=INK
        )
    ax.margins(x=0.3)
    ax.xaxis.set_major_locator(MaxNLocator(2))
    ax.tick_params(axis="y", length=0, labelleft=False)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel("all steps", color=GREY, fontsize=9)


def _times(ax: Axes, attribution: "Attribution", sequence: int, n_steps: int) -> None:
    """The times under the steps, where they are known."""
    steps_axis(ax, n_steps)
    if attribution.times is not None:
        shown = np.unique(np.linspace(0, n_steps - 1, min(n_steps, 5)).astype(int))
        ax.set_xticks(shown, [_short(attribution.times[sequence, t]) for t in shown])
        ax.set_xlabel("")


def _short(time: object) -> str:
    """A date without a midnight."""
    words = str(np.datetime_as_string(time, unit="m")) if isinstance(time, np.datetime64) else str(time)
    return words.removesuffix("T00:00").replace("T", " ")


def _feature(attribution: "Attribution", f: int) -> str:
    return f"feature {f}" if attribution.feature_names is None else attribution.feature_names[f]


def _titles(ax: Axes, attribution: "Attribution", sequence: int, more: str = "") -> None:
    answer, start = float(attribution.answer[sequence]), float(attribution.baseline_answer[sequence])
    whose = (
        f"sequence {sequence % len(attribution.answer)}" if attribution.ids is None else str(attribution.ids[sequence])
    )
    title(
        ax, f"What moved the answer by {number(answer - start)}, to {number(answer, 4)}",
        f"{whose}: {attribution.units[sequence]}, compared with {attribution.baseline_name}{more}",
    )  # fmt: skip
