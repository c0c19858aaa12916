"""The data that come with clearlstm; ``bundled/README.md`` names sources and licences."""

import json
from contextlib import AbstractContextManager
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd

TWO_DAYS: Final = 96  # half-hours
HALF_A_DAY: Final = 24


class Companies(NamedTuple):
    """The video's two companies: four days in, the fifth day out.

    names (2,); x (2, 4, 1): the values of days 1 to 4; y (2, 1): the value of day 5.
    """

    names: tuple[str, str]
    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


class Windows(NamedTuple):
    """Stretches of a series and what came after each: x (N, T, 1) and y (N, 1)."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def companies() -> Companies:
    """Companies A and B of StatQuest's video: their days differ on day 1 alone, and so do their answers.

    >>> companies().x[:, :, 0]
    array([[0.  , 0.5 , 0.25, 1.  ],
           [1.  , 0.5 , 0.25, 1.  ]])
    """
    a, b = lesson()["companies"]
    days, targets = (np.array([a[key], b[key]]) for key in ("xs", "target"))
    return Companies((a["name"], b["name"]), days[:, :, None], targets[:, None])


@cache
def lesson() -> dict[str, Any]:
    """What the terminal, the lab and docs/lesson.md say of the video's unit: its numbers, names, and sentences.

    A name in braces inside a sentence is what each of them may put something else for: a number, or the same in colour.
    """
    loaded: dict[str, Any] = json.loads(lesson_json())
    return loaded


def lesson_json() -> str:
    """:func:`lesson` as the file has it, for the page."""
    with bundled_file("lesson.json") as path:
        return path.read_text(encoding="utf-8")


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


def electricity_windows() -> Windows:
    """Windows over :func:`load`: x (327, 96, 1), two days of half-hours; y (327, 1), the load twelve hours later.

    A window starts every six hours. Values are scaled to mean 0 and spread 1 over all twelve weeks.
    """
    values = load()["y"].to_numpy()
    scaled = (values - values.mean()) / values.std()
    windows = np.lib.stride_tricks.sliding_window_view(scaled, TWO_DAYS + HALF_A_DAY)[::12]
    return Windows(windows[:, :TWO_DAYS, None].copy(), windows[:, -1:].copy())


def letters_text() -> str:
    """The first 12,000 letters of The Tempest, which the net of letters hasn't seen."""
    import gzip

    with bundled_file("letters.txt.gz") as path:
        return gzip.decompress(path.read_bytes()).decode()


def letters_measured() -> dict[str, Any]:
    """What ``scripts/letters_net`` measured of the net of letters on the whole of The Tempest."""
    with bundled_file("letters.json") as path:
        measured: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return measured


def bundled_file(name: str) -> AbstractContextManager[Path]:
    """The path of a bundled file, good inside a ``with``: the package may lie in an archive."""
    return as_file(files("clearlstm") / "data" / "bundled" / name)


def _read(name: str) -> "pd.DataFrame":
    import pandas as pd

    with bundled_file(name) as path:
        return pd.read_csv(path, parse_dates=["ds"], dtype={"unique_id": str, "y": float})
