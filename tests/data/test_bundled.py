"""The bundled data are what their README says."""

import numpy as np
import pytest

from clearlstm.data.bundled import companies, load, stock_prices


def test_companies() -> None:
    names, x, y = companies()
    assert names == ("A", "B")
    assert x.shape == (2, 4, 1)
    assert y.ravel().tolist() == [0, 1]


def test_stock_prices_are_the_source_s_rows() -> None:
    prices = stock_prices()
    assert prices["unique_id"].value_counts().to_dict() == {"AAPL": 3270, "IBM": 3270, "MSFT": 3270}
    assert prices["ds"].min() == np.datetime64("2000-03-01")
    assert prices["ds"].max() == np.datetime64("2013-03-01")
    assert not prices["ds"].dt.day_of_week.isin([5, 6]).any()
    assert not prices.duplicated(["unique_id", "ds"]).any()
    assert prices["y"].iloc[0] == 4.186663


def test_load_is_taylor_s() -> None:
    demand = load()
    assert len(demand) == 4032
    assert demand["ds"].diff().dropna().unique().tolist() == [np.timedelta64(30, "m")]
    assert demand["y"].iloc[[0, 1, -1]].tolist() == [22262, 21756, 23132]
    assert demand["ds"].iloc[0] == np.datetime64("2000-06-05")


def test_the_script_would_make_the_same_prices() -> None:
    pytest.importorskip("bokeh_sampledata")
    from bokeh_sampledata.stocks import data as source  # unpacks its tables, so only here

    apple = source[source["ticker"] == "AAPL"].sort_values("date")
    ours = stock_prices().query("unique_id == 'AAPL'")
    np.testing.assert_allclose(ours["y"], apple["adj_close"], atol=5e-7)
    assert ours["ds"].tolist() == apple["date"].tolist()
