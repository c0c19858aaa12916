"""Sources and the order of rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.training.batches import MAX_PERMUTED_ROWS, ArrayBatches, Part, RowOrder


def _source(n_rows: int = 6) -> ArrayBatches:
    x = np.arange(n_rows * 3 * 2, dtype=np.float32).reshape(n_rows, 3, 2)
    return ArrayBatches(x, np.arange(n_rows), 1 + np.arange(n_rows) % 3, 1 + np.arange(n_rows))


@given(n_rows=st.integers(1, 50), batch_size=st.integers(1, 60), seed=st.integers(0, 2**40), shuffle=st.booleans())
def test_every_epoch_reads_every_row_once(n_rows: int, batch_size: int, seed: int, shuffle: bool) -> None:
    order = RowOrder(n_rows, batch_size, shuffle=shuffle, seed=seed)
    steps = -(-3 * n_rows // order.batch_size)
    read = np.concatenate([order.rows(step) for step in range(steps)])
    assert len(read) == steps * min(batch_size, n_rows)
    for epoch in read[: 3 * n_rows].reshape(3, n_rows):
        assert sorted(epoch) == list(range(n_rows))
        if not shuffle:
            assert list(epoch) == list(range(n_rows))


@given(n_rows=st.integers(1, 50), batch_size=st.integers(1, 60), steps=st.permutations(range(12)))
def test_the_rows_follow_from_the_step_alone(n_rows: int, batch_size: int, steps: list[int]) -> None:
    order = RowOrder(n_rows, batch_size, shuffle=True, seed=3)
    for step in steps:
        fresh = RowOrder(n_rows, batch_size, shuffle=True, seed=3)
        np.testing.assert_array_equal(order.rows(step), fresh.rows(step))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    def epoch(number: int, seed: int) -> list[int]:
        return [int(row) for row in RowOrder(100, 100, shuffle=True, seed=seed).rows(number)]

    assert epoch(0, 0) != epoch(1, 0)
    assert epoch(0, 0) != epoch(0, 1)
    assert epoch(1, 0) != epoch(0, 1)


def test_above_the_limit_rows_are_drawn_from_all_of_them() -> None:
    order = RowOrder(MAX_PERMUTED_ROWS + 1, 50_000, shuffle=True, seed=0)
    first, second = order.rows(0), order.rows(1)
    assert not np.array_equal(first, second)
    assert first.min() >= 0
    assert first.max() <= MAX_PERMUTED_ROWS
    assert np.mean(first) == pytest.approx(MAX_PERMUTED_ROWS / 2, rel=0.01)
    np.testing.assert_array_equal(order.rows(0), first)
    # Far more than memory could hold a permutation of.
    assert len(RowOrder(10**15, 64, shuffle=True, seed=0).rows(7)) == 64


@given(
    rows=st.lists(st.integers(0, 5), min_size=1, max_size=9), more=st.lists(st.integers(0, 5), min_size=1, max_size=9)
)
def test_a_batch_is_the_rows_asked_for(rows: list[int], more: list[int]) -> None:
    source = _source()
    for wanted in (np.array(rows), np.array(more), np.array(rows)):
        batch = source.batch(wanted)
        assert batch.x.dtype == np.float32
        np.testing.assert_array_equal(batch.x[:, 0, 0], 6 * wanted)
        np.testing.assert_array_equal(batch.y, wanted)
        np.testing.assert_array_equal(batch.lengths, 1 + wanted % 3)
        np.testing.assert_array_equal(batch.weight, 1 + wanted)


def test_a_batch_without_lengths_may_have_weights() -> None:
    batch = ArrayBatches(np.zeros((3, 2, 1)), np.zeros(3), weight=[1.0, 2.0, 3.0]).batch(np.array([2, 0]))
    assert batch.lengths is None
    assert batch.weight is not None
    assert batch.weight.tolist() == [3.0, 1.0]


def test_batches_of_one_size_share_their_buffers() -> None:
    source = _source()
    assert source.batch(np.array([0, 1])).x is source.batch(np.array([2, 3])).x


@pytest.mark.parametrize("rows", [[0, 6], [-1, 2]])
def test_rows_that_are_not_there_are_refused(rows: list[int]) -> None:
    with pytest.raises(InputError, match=r"there are rows 0\.\.5"):
        _source().batch(np.array(rows))


def test_a_part_counts_from_its_own_first_row() -> None:
    part = Part(_source(), 2, 5)
    assert part.n_rows == 3
    assert part.batch(np.array([0, 2])).y.tolist() == [2, 4]
    assert part.fingerprint != _source().fingerprint
    assert part.fingerprint == Part(_source(), 2, 5).fingerprint


def test_the_fingerprint_changes_with_the_data() -> None:
    x, y, lengths, weight = np.ones((4, 3, 1)), np.zeros(4), np.array([3, 3, 2, 1]), np.ones(4)
    x2, y2 = x.copy(), y.copy()
    x2[3, 2, 0] = y2[3] = np.nextafter(1, 2)
    others = [
        ArrayBatches(x, y),
        ArrayBatches(x2, y),
        ArrayBatches(x, y2),
        ArrayBatches(x.astype(np.float32), y),
        ArrayBatches(x.reshape(4, 1, 3), y),
        ArrayBatches(x, y, lengths),
        ArrayBatches(x, y, lengths, weight),
        ArrayBatches(x, y, lengths, 2 * weight),
    ]
    assert len({source.fingerprint for source in others}) == len(others)
    assert ArrayBatches(x.copy(), y.copy()).fingerprint == others[0].fingerprint


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": np.zeros((3, 2))}, r"x has shape \(3, 2\)"),
        ({"y": np.zeros(4)}, r"x has 3 rows and y has shape \(4,\)"),
        ({"lengths": [2, 2, 3]}, r"lengths\[2\] is 3"),
        ({"weight": [1.0, -1.0, 1.0]}, "weights are at least 0"),
        ({"weight": [0.0, 0.0, 0.0]}, "not all 0"),
        ({"weight": [1.0, 1.0]}, "weight has shape"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(arguments: dict[str, object], message: str) -> None:
    good: dict[str, object] = {"x": np.zeros((3, 2, 1)), "y": np.zeros(3)}
    with pytest.raises(InputError, match=message):
        ArrayBatches(**{**good, **arguments})  # type: ignore[arg-type]
