"""A what-if: one unit's memories as they were and as they would be."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.insight.plots.gates import MOST_INPUTS
from clearlstm.insight.plots.style import (
    HUES,
    MANY_STEPS,
    NAMES,
    SHADES,
    WIDTHS,
    name_ends,
    new_picture,
    number,
    steps_axis,
    styled,
    tidy,
    title,
    zero_line,
)  # fmt: skip
from clearlstm.insight.plots.view import View, check_index, view
from clearlstm.shapes import FloatArray

if TYPE_CHECKING:
    from clearlstm.insight.what_if import WhatIf

INPUT, MEMORY = 0.9, 1.9  # inches
WRAP = 88  # letters in a line of the title


@styled
def plot_what_if(
    both: "WhatIf", *, sequence: int = 0, net: int = 0, layer: int = 0, direction: int = 0, unit: int | None = None
) -> Figure:
    """Dotted as it was, in full as it would be: the inputs that were changed, c and h of one unit.

    ``unit=None`` takes the unit whose memory moves most.
    """
    check_index("net", net, len(both.before.nets), "nets")
    was, would_be = (
        view(trace.nets[net].layer(layer, direction), sequence) for trace in (both.before, both.after)
    )  # fmt: skip
    names = ["c", "h"] if was.has_cell_state else ["h"]
    k = _moved_most(was, would_be, names[0]) if unit is None else was.unit(unit)[0]
    inputs = _changed_inputs(both, was.sequence, was.n_steps)
    heights = [INPUT] * bool(inputs) + [MEMORY] * len(names)
    figure = new_picture(8.4, sum(heights) + 1.0)
    axes = [tidy(ax) for ax in figure.subplots(len(heights), sharex=True, height_ratios=heights, squeeze=False)[:, 0]]
    for name, ax in zip(["x"] * bool(inputs) + names, axes, strict=True):
        pairs = inputs if name == "x" else [(was[name][:, k], would_be[name][:, k])]
        _pair(ax, name, pairs)
    steps_axis(axes[-1], was.n_steps)
    title(axes[0], fill(both.sentences[0], WRAP), f"{_answers(both, was)}; unit {k} below; dotted: as it was")
    return figure


def _pair(ax: Axes, name: str, pairs: list[tuple[FloatArray, FloatArray]]) -> None:
    """Each pair (T,), (T,): dotted before, full after, the gap between them tinted."""
    hue, width = HUES[name], WIDTHS[name]
    for before, after in pairs:
        marker = "o" if len(after) <= MANY_STEPS else ""
        ax.fill_between(range(len(after)), before, after, color=hue, alpha=0.12, linewidth=0)
        ax.plot(before, color=hue, linewidth=width * 0.7, linestyle=(0, (1, 1.6)), label="before")
        ax.plot(after, color=hue, linewidth=width, marker=marker, markersize=4, label="after")
    zero_line(ax)
    ax.margins(y=0.12)
    ax.set_ylabel(f"{name}\n{NAMES[name]}", rotation=0, ha="right", va="center", color=SHADES[name])
    if name != "x":
        before, after = pairs[0]
        name_ends(ax, [(before[-1], "as it was", SHADES[name]), (after[-1], "what if", SHADES[name])], gap=0.12)


def _moved_most(was: View, would_be: View, name: str) -> int:
    return int(np.abs(would_be[name] - was[name]).max(axis=0).argmax())


def _changed_inputs(both: "WhatIf", sequence: int, n_steps: int) -> list[tuple[FloatArray, FloatArray]]:
    """The features of the model's input that are others now, each before and after (T,); none if they are too many."""
    before, after = (x[sequence, :n_steps] for x in both.inputs)
    changed = np.flatnonzero((before != after).any(axis=0))
    return [(before[:, f], after[:, f]) for f in changed] if len(changed) <= MOST_INPUTS else []


def _answers(both: "WhatIf", seen: View) -> str:
    """The first output after the last step, before and after."""
    before, after = both.answers
    at: Any = (seen.sequence, 0) if before.ndim == 2 else (seen.sequence, seen.n_steps - 1, 0)
    return f"the answer goes from {number(before[at], 4)} to {number(after[at], 4)}"
