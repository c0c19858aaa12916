"""The picture of ``clearlstm gradients``: a plot for each net, all on one log axis, names beside the lines."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clearlstm.cli.flow.pages import draws_and_seeds, number
from clearlstm.errors import InputError
from clearlstm.files import atomic_write
from clearlstm.insight.gradient_flow import GradientFlow, fate
from clearlstm.insight.long_lag import Comparison
from clearlstm.insight.plots.flow import PATHS, draw_lines
from clearlstm.insight.plots.style import GREY, HUES, INK, SHADES, WIDTHS, new_picture, styled, tidy

if TYPE_CHECKING:  # clearlstm.insight.plots names the extra where matplotlib isn't there
    from matplotlib.axes import Axes

FORMATS: Final = ("svg", "pdf", "png")


def check_picture(path: Path) -> None:
    """Raise at once if no picture could be written to ``path``: what is drawn may take a minute to compute."""
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise InputError(f"--picture is {path}; its name must end in .svg, .pdf or .png")
    if path.is_dir():
        raise InputError(f"--picture is {path}, a folder: name a file")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is no folder: make it first, or give --picture another place")


@styled
def draw(nets: Comparison, path: Path) -> None:
    """Write the picture; the file appears whole or not at all."""
    rows = [[contender.before for contender in nets.contenders]]
    if nets.n_updates:
        rows.append([contender.after for contender in nets.contenders if contender.after is not None])
    figure = new_picture(13, 1.7 + 3.1 * len(rows))
    axes = figure.subplots(len(rows), len(nets.contenders), sharex=True, sharey=True, squeeze=False)
    for k, flows in enumerate(rows):
        for ax, flow in zip(axes[k], flows, strict=True):
            _panel(tidy(ax), flow)
        axes[k][0].set_ylabel("before learning" if k == 0 else f"after {nets.n_updates} updates", color=INK)
    _name_lines(axes[0][-1])
    _titles(nets, figure, axes)
    suffix = path.suffix.lower().lstrip(".")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(suffix)
    with atomic_write(path) as temporary:
        figure.savefig(temporary, format=suffix, dpi=160, metadata=metadata)


def _panel(ax: "Axes", flow: GradientFlow) -> None:
    """Median lines, and a band from 10 to 90 % of the draws."""
    summary, n_steps = flow.summary(), flow.h.shape[1]
    draw_lines(ax, summary, n_steps - summary.lag)
    ax.set_xlim(1, n_steps)
    last = float(summary.median["h"][-1])
    ax.set_title(f"{number(last)} from step 1: {fate(last)}", fontsize=9, color=GREY, loc="left")


def _name_lines(ax: "Axes") -> None:
    """The name of each line beside a piece of it, low in the ax of the net that keeps most: curves run above."""
    for at, (hue, name) in enumerate(PATHS.values()):
        y = 0.30 - 0.09 * at
        ax.plot([0.06, 0.16], [y, y], color=HUES[hue], linewidth=WIDTHS[hue], transform=ax.transAxes)
        ax.text(0.20, y, name, color=SHADES[hue], transform=ax.transAxes, va="center", fontsize=9)


def _titles(nets: Comparison, figure: Any, axes: Any) -> None:
    for ax, contender in zip(axes[0], nets.contenders, strict=True):
        below = ax.get_title(loc="left")
        ax.set_title(f"{contender.start.name}\n", fontsize=11, color=INK, loc="left", fontweight="bold")
        ax.text(0, 1.03, below, transform=ax.transAxes, fontsize=9, color=GREY)
    for ax in axes[-1]:
        ax.set_xlabel("step", color=GREY)
        ax.set_xticks([1, nets.n_steps // 2, nets.n_steps])
    figure.suptitle(
        f"How much of a small change after each step is felt after step {nets.n_steps}", x=0.01, ha="left", fontsize=14
    )
    figure.supxlabel(
        f"Spectral norms, exact; {nets.hidden_size} units; median and 10–90 % of {draws_and_seeds(nets)}; "
        f"weights uniform in ±1/√H or, where named, U orthogonal",
        x=0.01, ha="left", fontsize=9, color=GREY,
    )  # fmt: skip
