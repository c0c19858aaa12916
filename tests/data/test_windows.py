"""Origins are found in the right rows, and no window sees a row of its own targets."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.windows import Known, origins, thinned
from clearlstm.training.windows import gather

Lengths = st.lists(st.integers(0, 30), min_size=1, max_size=5)


def offsets_of(lengths: list[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


@given(Lengths, st.integers(1, 8), st.integers(0, 6), st.data())
def test_origins_are_exactly_those_that_a_loop_finds(
    lengths: list[int], before: int, after: int, data: st.DataObject
) -> None:
    offsets = offsets_of(lengths)
    rows = int(offsets[-1])
    missing = np.array(data.draw(st.lists(st.booleans(), min_size=rows, max_size=rows)), dtype=bool)
    expected = [
        row
        for start, end in pairwise(offsets)
        for row in range(start, end)
        if row - before + 1 >= start and row + after < end and not missing[row - before + 1 : row + after + 1].any()
    ]
    assert origins(offsets, missing, before, after).tolist() == expected


@given(Lengths, st.integers(1, 8), st.integers(1, 6))
def test_no_window_sees_its_own_target_nor_another_series(lengths: list[int], before: int, after: int) -> None:
    offsets = offsets_of(lengths)
    row_numbers = np.arange(float(offsets[-1]))
    result = origins(offsets, np.zeros(len(row_numbers), dtype=bool), before, after)
    series = np.repeat(np.arange(len(lengths)), lengths)
    windows = gather(row_numbers, result - before + 1, before).astype(int)
    targets = gather(row_numbers, result + 1, after).astype(int)
    for window, target in zip(windows, targets, strict=True):
        assert window.max() < target.min()
        assert target.min() == window.max() + 1
        assert len(set(series[window]) | set(series[target])) == 1


@given(Lengths, st.data())
def test_what_is_known_is_what_a_loop_finds(lengths: list[int], data: st.DataObject) -> None:
    offsets = offsets_of(lengths)
    n = int(offsets[-1])
    holes = data.draw(st.lists(st.booleans(), min_size=n, max_size=n))
    values = np.where(holes, np.nan, 1.0)
    known = Known.of(values, offsets)
    rows = np.arange(n)
    series = np.repeat(np.arange(len(lengths)), lengths)
    first = offsets[series]
    assert known.series(rows).tolist() == series.tolist()
    assert known.first(rows).tolist() == first.tolist()
    last = [
        next((r for r in range(row, start - 1, -1) if not holes[r]), -1) for row, start in zip(rows, first, strict=True)
    ]
    assert known.last(rows).tolist() == last
    assert known.last(rows[:, None]).tolist() == [[row] for row in last]
    counts = [sum(not hole for hole in holes[start : row + 1]) for row, start in zip(rows, first, strict=True)]
    assert known.count(first, rows).tolist() == counts
    for row in rows[~np.isnan(values)]:
        assert known.next(rows[: row + 1])[row] == row
        assert values[known.next(rows[: row + 1])].tolist() == [1.0] * (row + 1)


@given(st.integers(1, 5000), st.floats(0.001, 1), st.integers(0, 1000))
def test_a_thinned_selection_is_even_and_rising(n: int, share: float, begin: int) -> None:
    rows = np.arange(begin, begin + n)
    kept = thinned(rows, share)
    assert set(kept) <= set(rows)
    assert (np.diff(kept) > 0).all()
    assert abs(len(kept) - share * n) <= 3 + 0.02 * n * share + np.log2(n + 1)
    if len(kept) > 2:
        assert np.diff(kept).max() <= np.ceil(3 / share)
    np.testing.assert_array_equal(thinned(rows, share), kept)
    np.testing.assert_array_equal(len(thinned(kept, 0.5)), len(thinned(np.arange(len(kept)), 0.5)))
