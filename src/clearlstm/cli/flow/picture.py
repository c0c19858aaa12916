"""The picture of ``clearlstm gradients``: a panel for each net, all on one log axis, names beside the lines."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clearlstm.cli.flow.pages import draws_and_seeds, number
from clearlstm.errors import InputError, MissingExtraError
from clearlstm.insight.gradient_flow import GradientFlow, fate
from clearlstm.insight.long_lag import Comparison
from clearlstm.network.files import atomic_write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS: Final = ("svg", "pdf", "png")
INK, GREY, HAIR = "#1F2933", "#6B7280", "#E5E7EB"
# The hue of each path, a darker shade of it for words, how thick, and what it is called beside its line.
LINES: Final = {
    "c": (INK, INK, 2.4, "c, long-term memory"),
    "h": ("#D55E00", "#A84A00", 1.6, "h, short-term memory"),
    "direct": ("#0072B2", "#00578A", 1.6, "forget gates alone"),
}
STYLE: Final[dict[str, Any]] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "svg.hashsalt": "clearlstm",  # the same numbers give the same file
}


def check_picture(path: Path) -> None:
    """Raise at once if no picture could be written to ``path``: what is drawn may take a minute to compute."""
    if path.suffix.lower().lstrip(".") not in FORMATS:
        raise InputError(f"--picture is {path}; its name must end in .svg, .pdf or .png")
    if path.is_dir():
        raise InputError(f"--picture is {path}, a folder: name a file")
    if not path.parent.is_dir():
        raise InputError(f"{path.parent} is no folder: make it first, or give --picture another place")
    if find_spec("matplotlib") is None:
        raise MissingExtraError("a picture needs matplotlib: pip install 'clearlstm[plot]'")


def draw(nets: Comparison, path: Path) -> None:
    """Write the picture; the file appears whole or not at all."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    rows = [[contender.before for contender in nets.contenders]]
    if nets.n_updates:
        rows.append([contender.after for contender in nets.contenders if contender.after is not None])
    with mpl.rc_context(STYLE):  # type: ignore[arg-type]  # its keys are typed as the literal names of every setting
        figure = Figure(figsize=(13, 1.7 + 3.1 * len(rows)), layout="constrained")
        axes = figure.subplots(len(rows), len(nets.contenders), sharex=True, sharey=True, squeeze=False)
        for k, flows in enumerate(rows):
            for panel, flow in zip(axes[k], flows, strict=True):
                _panel(panel, flow)
            axes[k][0].set_ylabel("before learning" if k == 0 else f"after {nets.n_updates} updates", color=INK)
        _name_lines(axes[0][-1])
        _titles(nets, figure, axes)
        suffix = path.suffix.lower().lstrip(".")
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(suffix)
        with atomic_write(path) as temporary:
            figure.savefig(temporary, format=suffix, dpi=160, metadata=metadata)


def _panel(panel: "Axes", flow: GradientFlow) -> None:
    """Median lines, and a band from 10 to 90 % of the draws."""
    summary = flow.summary()
    steps = np.arange(flow.h.shape[1], 0, -1)
    panel.set_yscale("log")
    panel.axhline(1, color=HAIR, linewidth=1, zorder=0)
    for path, (hue, _, width, _) in LINES.items():
        if path in summary.median:
            panel.fill_between(steps, summary.low[path], summary.high[path], color=hue, alpha=0.14, linewidth=0)
            panel.plot(steps, summary.median[path], color=hue, linewidth=width)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlim(1, flow.h.shape[1])
    panel.tick_params(length=3, width=0.6)
    last = float(summary.median["h"][-1])
    panel.set_title(f"{number(last)} from step 1: {fate(last)}", fontsize=9, color=GREY, loc="left")


def _name_lines(panel: "Axes") -> None:
    """The name of each line beside a piece of it, low in the panel of the net that keeps most: curves run above."""
    for at, (hue, shade, width, name) in enumerate(LINES.values()):
        y = 0.30 - 0.09 * at
        panel.plot([0.06, 0.16], [y, y], color=hue, linewidth=width, transform=panel.transAxes)
        panel.text(0.20, y, name, color=shade, transform=panel.transAxes, va="center", fontsize=9)


def _titles(nets: Comparison, figure: Any, axes: Any) -> None:
    for panel, contender in zip(axes[0], nets.contenders, strict=True):
        below = panel.get_title(loc="left")
        panel.set_title(f"{contender.start.name}\n", fontsize=11, color=INK, loc="left", fontweight="bold")
        panel.text(0, 1.03, below, transform=panel.transAxes, fontsize=9, color=GREY)
    for panel in axes[-1]:
        panel.set_xlabel("step", color=GREY)
        panel.set_xticks([1, nets.n_steps // 2, nets.n_steps])
    figure.suptitle(
        f"How much of a small change after each step is felt after step {nets.n_steps}", x=0.01, ha="left", fontsize=14
    )
    figure.supxlabel(
        f"Spectral norms, exact; {nets.hidden_size} units; median and 10–90 % of {draws_and_seeds(nets)}; "
        f"weights uniform in ±1/√H or, where named, U orthogonal",
        x=0.01, ha="left", fontsize=9, color=GREY,
    )  # fmt: skip
