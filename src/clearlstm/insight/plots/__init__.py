"""Pictures of what an LSTM does, as matplotlib figures; the extra ``plot`` brings matplotlib.

Nothing here touches pyplot: a figure belongs to who asked for it, is freed with it, and needs no screen. Colours mean
the same in every picture (:mod:`clearlstm.insight.plots.style`).

Results draw themselves: ``trace.plot()``, ``ledger(layer).plot()``, ``gradient_flow(layer).plot()`` and so on call what
stands here, and load it then.
"""

from importlib.util import find_spec

from clearlstm.errors import MissingExtraError

if find_spec("matplotlib") is None:
    raise MissingExtraError("a picture needs matplotlib: pip install 'clearlstm[plot]'")

from clearlstm.insight.plots.attribution import plot_attribution
from clearlstm.insight.plots.flow import plot_flow, plot_flows
from clearlstm.insight.plots.ledger import plot_ledger
from clearlstm.insight.plots.lengths import plot_lengths
from clearlstm.insight.plots.traces import KINDS, plot_layer, plot_network, plot_trace
from clearlstm.insight.plots.units import plot_units
from clearlstm.insight.plots.what_if import plot_what_if

__all__ = [
    "KINDS",
    "plot_attribution",
    "plot_flow",
    "plot_flows",
    "plot_layer",
    "plot_ledger",
    "plot_lengths",
    "plot_network",
    "plot_trace",
    "plot_units",
    "plot_what_if",
]
