"""How the net's answers become a forecast, as the page tells it: quantiles of a scaled correction, put on the base."""

from typing import Any

import numpy as np

from clearlstm.data.panel import Panel
from clearlstm.forecasting.model.forecast import last_origins
from clearlstm.forecasting.model.net import ForecastModel, mean_answers


def answers_data(model: ForecastModel, panel: Panel) -> list[dict[str, Any]]:
    """Of each window of :func:`~clearlstm.forecasting.model.forecast.last_windows`, in its order.

    quantiles (Q) are levels; nets is how many answer; scaled (h, Q) their mean, rising; earned (h) the share of its
    median that counts; size (h) what it is multiplied with; base (h) the values that it is put on, by a logarithm if
    ``log``; values (h, Q) what comes of it, the ends of intervals moved by how far they missed before.
    """
    problem, last = last_origins(model, panel)
    rows = last[problem.askable(last, 0) & (panel.lengths >= model.settings.input_size)]
    if not len(rows):
        return []
    problem = model.prepared(problem, rows)
    series = problem.known.series(rows)
    scaled, values = mean_answers(model.members, problem, rows), model.quantiles(problem, rows)
    base = problem.values(rows, np.zeros((len(rows), model.settings.h, 1)))[:, :, 0]
    ds = panel.texts(panel.future(model.settings.h))
    return [
        {
            "ds": ds[k].tolist(),
            "quantiles": list(model.settings.quantiles),
            "nets": len(model.members),
            "scaled": scaled[n].tolist(),
            "earned": list(model.earned),
            "size": problem.sizes.target[k].tolist(),
            "base": base[n].tolist(),
            "nonnegative": model.settings.nonnegative,
            "log": bool(problem.table.transform.log[k]),
            "values": values[n].tolist(),
        }
        for n, k in enumerate(series.tolist())
    ]
