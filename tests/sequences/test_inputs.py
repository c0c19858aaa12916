"""X in each of its forms, and what is refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearlstm.errors import InputError
from clearlstm.sequences import inputs
from clearlstm.sequences.batches import SequenceBatches
from clearlstm.sequences.inputs import Sequences, read_sequences
from tests.sequences.made import padded, ragged


def as_list(sequences: Sequences) -> list[np.ndarray[Any, Any]]:
    return np.split(sequences.values, sequences.offsets[1:-1])


def assert_same(sequences: Sequences, wanted: list[Any]) -> None:
    assert len(sequences) == len(wanted)
    for result, one in zip(as_list(sequences), wanted, strict=True):
        np.testing.assert_array_equal(result, one)


def test_a_list_and_a_padded_array_are_the_same() -> None:
    X = ragged()
    assert_same(read_sequences(X), X)
    assert_same(read_sequences(*padded(X)), X)
    assert_same(read_sequences(np.array(X, dtype=object)), X)
    assert_same(read_sequences([pd.DataFrame(x) for x in X]), X)


def test_one_feature_may_lack_its_axis() -> None:
    table = np.arange(6.0).reshape(2, 3)
    for X in (table, table.tolist(), pd.DataFrame(table), table[:, :, None], list(table), table.astype(object)):
        assert_same(read_sequences(X), list(table[:, :, None]))


def test_lists_of_numbers_are_a_table_only_if_equally_long() -> None:
    assert read_sequences([[1, 2], [3, 4]]).is_table
    assert not read_sequences([[1, 2], [3]]).is_table
    assert not read_sequences([np.array([1, 2]), np.array([3, 4])]).is_table


def test_small_integers_are_not_computed_with_as_such() -> None:
    """Nothing wraps round: int8 ends at 127."""
    values = read_sequences(np.array([[100, 100]], dtype=np.int8)).values
    assert values.dtype == np.float64
    assert values.sum() == 200


@given(st.lists(st.integers(1, 6), min_size=1, max_size=12), st.data())
def test_taking_and_padding_keep_every_step(lengths: list[int], data: st.DataObject) -> None:
    X = [np.full((T, 1), 10.0 * n) + np.arange(T)[:, None] + 1 for n, T in enumerate(lengths)]
    sequences = read_sequences(X)
    chosen = np.array(data.draw(st.lists(st.integers(0, len(X) - 1), min_size=1, max_size=8)))
    wanted = [X[n] for n in chosen]
    assert_same(sequences.take(chosen), wanted)
    np.testing.assert_array_equal(sequences.padded(chosen, sequences.values), padded(wanted, fill=0.0)[0])


@given(st.lists(st.integers(1, 500), min_size=1, max_size=60))
def test_pieces_hold_every_sequence_once_and_stay_small(lengths: list[int]) -> None:
    sequences = read_sequences([np.zeros(T) for T in lengths])
    pieces = list(sequences.pieces())
    assert sorted(np.concatenate(pieces).tolist()) == list(range(len(lengths)))
    for piece in pieces:
        assert len(piece) == 1 or len(piece) * sequences.lengths[piece].max() <= inputs.STEPS_AT_ONCE


def test_a_batch_is_padded_to_its_own_longest() -> None:
    X = [np.ones((2, 1)), np.ones((9, 1)), np.ones((3, 1))]
    rows = SequenceBatches(read_sequences(X), np.array([5, 6, 7]), np.array([1.0, 2.0, 3.0]), per_step=False)
    x, y, lengths, weight = rows.batch(np.array([2, 0]))
    assert x.shape == (2, 3, 1)
    assert lengths is not None
    assert weight is not None
    assert (y.tolist(), lengths.tolist(), weight.tolist()) == ([7, 5], [3, 2], [3.0, 1.0])


def test_the_fingerprint_changes_with_the_data() -> None:
    def fingerprint(value: float, weight: float) -> str:
        return SequenceBatches(read_sequences([[value]]), np.array([1]), np.array([weight]), per_step=False).fingerprint

    assert fingerprint(1.0, 1.0) == fingerprint(1.0, 1.0)
    assert len({fingerprint(1.0, 1.0), fingerprint(2.0, 1.0), fingerprint(1.0, 2.0)}) == 3


NAN = float("nan")
BAD: dict[str, tuple[Any, str]] = {
    "an empty list": ([], "X is empty"),
    "no sequences": (np.zeros((0, 3, 2)), r"X has 0 sequence\(s\)"),
    "no steps": (np.zeros((3, 0, 2)), r"X has 0 step\(s\)"),
    "no features": (np.zeros((3, 4, 0)), r"X has 0 feature\(s\)"),
    "a sequence without steps": ([np.zeros((3, 1)), np.zeros((0, 1))], r"X\[1\] has shape \(0, 1\).*at least 1 step"),
    "other features": ([np.zeros((3, 2)), np.zeros((3, 1))], r"X\[1\] has 1 features a step and X\[0\] has 2"),
    "NaN in a list": ([np.zeros(3), np.array([0.0, NAN])], "NaN in sequence 1 at step 1, feature 0"),
    "NaN in an array": (np.array([[[0.0, 1.0], [NAN, 0.0]]]), "NaN in sequence 0 at step 1, feature 0"),
    "infinity": ([np.array([0.0, -np.inf])], "-inf in sequence 0 at step 1"),
    "one axis": (np.zeros(5), r"X has shape \(5,\)"),
    "four axes": (np.zeros((2, 2, 2, 2)), "X has shape"),
    "a sequence of three axes": ([np.zeros((2, 2, 2))], r"X\[0\] has shape"),
    "strings": ([np.array(["a", "b"])], r"X\[0\] holds str"),
    "objects": (np.array([[{}, 1.0]], dtype=object), "X holds objects that can't be read as numbers"),
    "None among objects": ([np.array([1.0, None])], "NaN in sequence 0 at step 1"),
    "dates": (np.array([["2024-01-01"]], dtype="datetime64[D]"), "X holds datetime64"),
    "complex numbers": (np.array([[1j]]), "Complex data not supported"),
    "a whole number beyond float64": ([np.array([10**400], dtype=object)], "can't be read as numbers"),
    "masks": ([np.ma.masked_greater(np.array([1.0, 9.0]), 5.0)], r"X\[0\] is masked"),
    "None": (None, "X has shape"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_sequences_are_refused(what: str) -> None:
    X, message = BAD[what]
    with pytest.raises(InputError, match=message):
        read_sequences(X)


@pytest.mark.parametrize(
    ("X", "lengths", "message"),
    [
        (np.zeros((2, 3, 1)), [3], "lengths has shape"),
        (np.zeros((2, 3, 1)), [3, 4], r"lengths\[1\] is 4"),
        (np.zeros((2, 3, 1)), [0, 3], r"lengths\[0\] is 0"),
        ([np.zeros(3)], [3], "X is a list"),
    ],
)
def test_bad_lengths_are_refused(X: Any, lengths: list[int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_sequences(X, lengths)
