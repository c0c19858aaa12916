"""Windows that are read from a long table, beside a list of all of them made by loops."""

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from clearlstm.training.loop import train
from clearlstm.training.windows import TableWindows, gather


@given(
    lengths=st.lists(st.integers(0, 12), min_size=1, max_size=6),
    steps=st.integers(1, 5),
    horizon=st.integers(1, 4),
    features=st.integers(1, 3),
)
def test_every_window_comes_once_with_the_values_that_follow_it(
    lengths: list[int], steps: int, horizon: int, features: int
) -> None:
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    table = np.arange(offsets[-1] * features, dtype=np.float64).reshape(-1, features)
    expected = {
        start: (table[start : start + steps], table[start + steps : start + steps + horizon, features - 1])
        for first, last in pairwise(offsets)
        for start in range(first, last - steps - horizon + 1)
    }
    if not expected:
        with pytest.raises(InputError, match="need"):
            TableWindows(table, offsets, steps=steps, horizon=horizon, target=features - 1)
        return
    source = TableWindows(table, offsets, steps=steps, horizon=horizon, target=features - 1)
    assert source.n_rows == len(expected)
    rows = np.arange(source.n_rows)
    starts, (x, y, *_) = source.starts(rows), source.batch(rows)
    assert sorted(starts) == sorted(expected)
    for start, window, answer in zip(starts, x, y, strict=True):
        assert np.array_equal(window, expected[start][0])
        assert np.array_equal(answer, expected[start][1])
    ends = offsets[1:][np.searchsorted(offsets, starts, side="right") - 1]
    ages = ends - starts
    assert (np.diff(ages) <= 0).all(), "the oldest windows come first"


def test_gather_fills_the_buffer_it_is_given() -> None:
    buffer = np.empty((2, 2))
    assert gather(np.arange(4.0), np.array([0, 2]), 2, out=buffer) is buffer
    assert buffer.tolist() == [[0.0, 1.0], [2.0, 3.0]]


def test_training_on_a_table_equals_training_on_copied_windows() -> None:
    rng = np.random.default_rng(0)
    table, offsets = rng.standard_normal((90, 2)).astype("float32"), np.array([0, 40, 90])
    source = TableWindows(table, offsets, steps=6, horizon=3, target=1)
    whole = source.batch(np.arange(source.n_rows))

    def trained(*data: object) -> FloatArray:
        model = Network(LSTM(2, 4, seed=0), head=3, seed=0)
        train(model, *data, max_steps=20, batch_size=8, validation=0.25, validate_every=5, seed=1)  # type: ignore[arg-type]
        return model(whole.x)

    assert np.array_equal(trained(source), trained(whole.x.copy(), whole.y.copy()))


def test_memory_does_not_grow_with_the_number_of_windows() -> None:
    model = Network(LSTM(1, 4, seed=0), head=1, seed=0)
    table = np.zeros(4_000_000, np.float32)
    train(model, TableWindows(table[:1000], [0, 1000], steps=60), max_steps=2)  # what a first use needs is there now
    tracemalloc.start()
    source = TableWindows(table, np.arange(0, 4_000_001, 1000), steps=60)
    train(model, source, max_steps=5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert source.n_rows > 3_700_000
    assert peak < 4e6, "8 bytes for each window would already be 30 MB"


def test_the_fingerprint_knows_every_value_and_setting() -> None:
    table = np.arange(20.0)
    changed = table.copy()
    changed[7] += 1e-9
    sources = [
        TableWindows(table, [0, 20], steps=3),
        TableWindows(changed, [0, 20], steps=3),
        TableWindows(table, [0, 9, 20], steps=3),
        TableWindows(table, [0, 20], steps=4),
        TableWindows(table, [0, 20], steps=3, horizon=2),
    ]
    assert len({source.fingerprint for source in sources}) == len(sources)
    assert sources[0].fingerprint == TableWindows(table.copy(), [0, 20], steps=3).fingerprint


HOLE = np.array([1.0, 2.0, np.nan, 4.0])


@pytest.mark.parametrize(
    ("table", "offsets", "named", "message"),
    [
        (np.arange(4), [0, 4], {}, "table is .* of int64"),
        (np.zeros((2, 2, 2)), [0, 2], {}, r"table is \(2, 2, 2\)"),
        (HOLE, [0, 4], {}, "isn't finite in row 2"),
        (np.zeros(4), [0, 3], {}, "rise from 0 to 4"),
        (np.zeros(4), [0, 3, 2, 4], {}, "rise from 0 to 4"),
        (np.zeros(4), [0.0, 4.0], {}, "whole numbers"),
        (np.zeros(4), [0, 4], {"steps": 0}, "steps is 0"),
        (np.zeros(4), [0, 4], {"horizon": 2.5}, "horizon is 2.5"),
        (np.zeros(4), [0, 4], {"target": 1}, r"target is 1; it must be a column of the table, 0\.\.0"),
        (np.zeros(4), [0, 4], {"steps": 4}, "the longest series has 4 rows; a window of 4 steps"),
    ],
)
def test_bad_input_is_refused_by_name(table: object, offsets: object, named: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TableWindows(table, offsets, **({"steps": 2} | named))  # type: ignore[arg-type]
