"""Examples to start from: the video's unit and its two companies, and real data that come with the package."""

from typing import TYPE_CHECKING

import numpy as np

from clearlstm.cell.layout import GATES
from clearlstm.network.lstm import LSTM

if TYPE_CHECKING:
    import pandas as pd

    from clearlstm.data.bundled import Companies

VIDEO_WEIGHTS = {  # (on h, on x, bias), as StatQuest's video shows them
    "f": (2.70, 1.63, 1.62),
    "i": (2.00, 1.65, 0.62),
    "g": (1.41, 0.94, -0.32),
    "o": (4.38, -0.19, 0.59),
}


def statquest_unit() -> LSTM:
    """The trained unit of StatQuest's "Long Short-Term Memory (LSTM), Clearly Explained": one input, one hidden unit.

    >>> h, _ = statquest_unit()(companies().x)
    >>> h[:, -1, 0].round(4)
    array([0.0064, 0.9694])
    """
    return unit(VIDEO_WEIGHTS)


def unit(weights: dict[str, tuple[float, float, float]]) -> LSTM:
    """An LSTM with one input and one hidden unit from (weight on h, weight on x, bias) of each gate f, i, g, o."""
    on_h, on_x, bias = np.array([weights[gate] for gate in GATES]).T
    net = LSTM(1, 1, dtype="float64", seed=0)
    name = "layer0.forward."
    return net.set_parameters({name + "U": on_h[None], name + "W": on_x[None], name + "b": bias})


def companies() -> "Companies":
    """The video's companies A and B: x (2, 4, 1), their values on days 1 to 4, and y (2, 1), day 5."""
    from clearlstm.data import bundled

    return bundled.companies()


def stock_prices() -> "pd.DataFrame":
    """Daily closing prices of AAPL, IBM and MSFT, 2000–2013, adjusted: ``unique_id, ds, y``, 3270 days each."""
    from clearlstm.data import bundled

    return bundled.stock_prices()


def load() -> "pd.DataFrame":
    """Half-hourly electricity load in England and Wales, 12 weeks (Taylor 2003): ``unique_id, ds, y``, 4032 rows."""
    from clearlstm.data import bundled

    return bundled.load()
