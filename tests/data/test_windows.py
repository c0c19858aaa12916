"""Origins are found in the right rows, and no window sees a row of its own targets."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.data.windows import origins
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
    found = origins(offsets, np.zeros(len(row_numbers), dtype=bool), before, after)
    series = np.repeat(np.arange(len(lengths)), lengths)
    windows = gather(row_numbers, found - before + 1, before).astype(int)
    targets = gather(row_numbers, found + 1, after).astype(int)
    for window, target in zip(windows, targets, strict=True):
        assert window.max() < target.min()
        assert target.min() == window.max() + 1
        assert len(set(series[window]) | set(series[target])) == 1
