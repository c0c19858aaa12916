import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.calendar import PARTS, calendar_features, fitting_parts


@given(st.datetimes(datetime.datetime(1960, 1, 1), datetime.datetime(2060, 1, 1)))
def test_the_parts_are_those_of_the_date(moment: datetime.datetime) -> None:
    result = calendar_features(np.array([moment], dtype="datetime64[us]"), tuple(PARTS))[0]
    midnight = datetime.datetime(moment.year, moment.month, moment.day)
    month = pd.Timestamp(moment)
    year = datetime.datetime(moment.year, 1, 1)
    days = (datetime.datetime(moment.year + 1, 1, 1) - year).days
    shares = [
        (moment - midnight).total_seconds() / 86400,
        moment.weekday() / 7,
        (moment.day - 1) / month.days_in_month,
        (moment - year).total_seconds() / 86400 / days,
    ]
    expected = [wave(2 * np.pi * share) for share in shares for wave in (np.sin, np.cos)]
    np.testing.assert_allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("freq", "expected"),
    [
        ("30min", tuple(PARTS)),
        ("h", tuple(PARTS)),
        ("D", ("day_of_week", "day_of_month", "time_of_year")),
        ("B", ("day_of_week", "day_of_month", "time_of_year")),
        ("W", ("day_of_month", "time_of_year")),
        ("MS", ("time_of_year",)),
        ("QS", ("time_of_year",)),
        ("YS", ()),
    ],
)
def test_the_parts_that_fit_a_step(freq: str, expected: tuple[str, ...]) -> None:
    times = pd.date_range("2000-01-01", periods=40, freq=freq).to_numpy().astype("datetime64[us]")
    assert fitting_parts(np.concatenate([times, times[:20]])) == expected
