"""The data that come with clearlstm; ``bundled/README.md`` names sources and licences."""

from importlib.resources import as_file, files
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd


class Companies(NamedTuple):
    """The video's two companies: four days in, the fifth day out.

    names (2,); x (2, 4, 1): the values of days 1 to 4; y (2, 1): the value of day 5.
    """

    names: tuple[str, str]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def companies() -> Companies:
    """Companies A and B of StatQuest's video: their days differ on day 1 alone, and so do their answers.

    >>> companies().x[:, :, 0]
    array([[0.  , 0.5 , 0.25, 1.  ],
           [1.  , 0.5 , 0.25, 1.  ]])
    """
    days = np.array([[0.0, 0.5, 0.25, 1.0], [1.0, 0.5, 0.25, 1.0]])
    return Companies(("A", "B"), days[:, :, None], np.array([[0.0], [1.0]]))


def stock_prices() -> "pd.DataFrame":
    """Daily adjusted closing prices of AAPL, IBM and MSFT in US dollars, 2000-03-01 to 2013-03-01.

    A long table ``unique_id, ds, y`` of 3 × 3270 rows; days without trading have no row. Three companies that
    survived are not a market, and an adjusted price is not one that anybody traded at.
    """
    return _read("stock_prices.csv.gz")


def load() -> "pd.DataFrame":
    """Half-hourly demand for electricity in England and Wales, in megawatts, 5 June to 27 August 2000 (Taylor 2003).

    A long table ``unique_id, ds, y`` of 4032 rows, with a season of a day (48 steps) and one of a week (336).
    """
    return _read("load.csv.gz")


def _read(name: str) -> "pd.DataFrame":
    import pandas as pd

    with as_file(files("clearlstm") / "data" / "bundled" / name) as path:
        return pd.read_csv(path, parse_dates=["ds"], dtype={"unique_id": str, "y": float})
