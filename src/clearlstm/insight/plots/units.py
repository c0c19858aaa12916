"""How often the gates of each unit stand open or shut, after Karpathy, Johnson & Li (2015)."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from clearlstm.errors import InputError
from clearlstm.insight.plots.style import GREY, HAIR, HUES, INK, NAMES, new_picture, styled, tidy, title
from clearlstm.shapes import counted

if TYPE_CHECKING:
    from clearlstm.insight.units import UnitFacts

SHARES = ("f", "i", "o")


@styled
def plot_units(facts: "UnitFacts") -> Figure:
    """A dot for each unit: across, how often the gate is below 0.1; up, how often above 0.9; dead units as rings."""
    if np.isnan(facts.f_low).all():
        raise InputError("these units are plain and have no gates: there is nothing to draw")
    figure = new_picture(9.6, 4)
    for ax, gate in zip(figure.subplots(1, len(SHARES), sharex=True, sharey=True), SHARES, strict=True):
        _gate(tidy(ax), gate, facts)
    title(figure.axes[0], NAMES[SHARES[0]], f"{counted(len(facts.unit), 'unit')}, {facts.dead.sum()} dead (rings)")
    figure.axes[0].set_ylabel("share of steps above 0.9 (open)", color=GREY, fontsize=9)
    figure.axes[1].set_xlabel("share of steps below 0.1 (shut)", color=GREY, fontsize=9)
    return figure


def _gate(ax: Axes, gate: str, facts: "UnitFacts") -> None:
    low, high = getattr(facts, f"{gate}_low"), getattr(facts, f"{gate}_high")
    ax.plot([0, 1], [1, 0], color=HAIR, linewidth=1, zorder=0)  # all steps are one or the other
    alive, dead = ~facts.dead, facts.dead
    ax.plot(low[alive], high[alive], "o", color=HUES[gate], alpha=0.7, markeredgewidth=0, markersize=7, label="alive")
    ax.plot(low[dead], high[dead], "o", color="none", markeredgecolor=INK, markersize=7, label="dead")
    ax.set_xlim(-0.04, 1.04)
    ax.set_ylim(-0.04, 1.04)
    ax.set_box_aspect(1)
    title(ax, NAMES[gate], " ")
