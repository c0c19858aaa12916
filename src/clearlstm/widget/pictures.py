"""The picture that stays in a saved notebook, where no Python answers."""

import html
import io
from base64 import b64encode
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from clearlstm.forecasting.model.forecast import Forecast
    from clearlstm.insight.layers import Place
    from clearlstm.widget.shown import Shown

DOTS: Final = 110
"""An inch."""
ROWS: Final = 120


def picture_of(result: Any, words: str) -> str:
    """That of a result of insight: its plot, or the words and the table that it has for notebooks."""
    if not hasattr(result, "plot") or find_spec("matplotlib") is None:
        return str(result._repr_html_())
    return picture(result.plot(), words)


def picture_of_net(shown: "Shown", words: str, *, sequence: int, place: "Place", unit: int | None) -> str:
    """Gates and memories of a unit, by default of the one that stands out, over one sequence."""
    if find_spec("matplotlib") is None:
        return without(words)
    sequences = shown.subject.read().take(slice(sequence, sequence + 1))
    layer = shown.network.trace(*sequences).layer(place.layer, place.direction, net=place.net)
    return picture(layer.plot("gates", unit=unit), words)


def picture_of_forecast(forecast: "Forecast", words: str) -> str:
    """The first series: its last rows, the forecast and its intervals."""
    if find_spec("matplotlib") is None:
        return without(words)
    return picture(_forecast_figure(forecast), words)


def _forecast_figure(forecast: "Forecast") -> "Figure":
    from clearlstm.insight.plots.style import HUES, INK, axes_for, styled, tidy, title

    @styled
    def draw() -> "Figure":
        figure, ax = axes_for(None, 8.4, 3.4)
        tidy(ax)
        panel = forecast.panel
        rows = panel.rows(0)
        known = panel.values[rows][-ROWS:]
        n, h = len(known), forecast.median.shape[1]
        ax.plot(np.arange(n), known, color=HUES["x"], linewidth=1.2)
        ahead = np.arange(n, n + h)
        for level in forecast.settings.levels:
            lo, hi = forecast.interval(level)
            ax.fill_between(ahead, lo[0], hi[0], color="#56B4E9", alpha=0.3, linewidth=0)
        ax.plot(ahead, forecast.median[0], color=INK, linewidth=2)
        texts = [*panel.texts(panel.times[rows][-ROWS:]).tolist(), *panel.texts(forecast.times[0]).tolist()]
        places = sorted({0, n - 1, n + h - 1})
        ax.set_xticks(places, [texts[k] for k in places])
        levels = " and ".join(f"{level:g}" for level in forecast.settings.levels)
        title(ax, f"Forecast by {forecast.name}", f"{panel.ids[0]}; median, and intervals of {levels} %")
        return figure

    return draw()


def picture(figure: "Figure", words: str) -> str:
    """A figure as an element that holds it as a PNG."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=DOTS, metadata={"Software": None})
    source = f"data:image/png;base64,{b64encode(file.getvalue()).decode('ascii')}"
    return f'<img src="{source}" alt="{html.escape(words)}" style="max-width: 100%">'


def without(words: str) -> str:
    """What stands there where nothing can draw."""
    return f"<p>{html.escape(words)}: a picture for readers without Python takes matplotlib (clearlstm[notebook])</p>"
