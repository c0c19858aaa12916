"""Long tables of labelled sequences."""

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clearlstm.data.frames import Table
from clearlstm.data.labelled import MOST_CLASSES, Roles, read_labelled, targets
from clearlstm.errors import DataError


def frame(**changes: Any) -> pd.DataFrame:
    """Two sequences whose rows are interleaved and out of order."""
    columns = {
        "id": ["b", "a", "a", "b", "a"],
        "t": [2, 3, 1, 1, 2],
        "v": [5.0, 3.0, 1.0, 4.0, 2.0],
        "w": [50, 30, 10, 40, 20],
        "label": ["no", "yes", "yes", "no", "yes"],
    }
    return pd.DataFrame(columns | changes)


def read(table: pd.DataFrame, **roles: Any) -> Any:
    return read_labelled(Table.of(table), Roles(**roles))


def test_rows_are_gathered_by_sequence_and_in_order_of_time() -> None:
    data = read(frame())
    assert data.ids.tolist() == ["a", "b"]
    np.testing.assert_array_equal(data.X[0], [[1, 10], [2, 20], [3, 30]])
    np.testing.assert_array_equal(data.X[1], [[4, 40], [5, 50]])
    assert data.labels.tolist() == ["yes", "no"]
    assert data.names == ("v", "w")
    assert data.notes == [
        "Columns guessed: label = 'label', sequence = 'id', time = 't'.",
        "2 sequences of 2 to 3 steps and 2 features (v, w) from the table.",
    ]


def test_columns_by_name() -> None:
    table = frame().rename(columns={"id": "who", "label": "v2"})
    data = read(table, label="v2", id="who", time="t", features=("w",))
    np.testing.assert_array_equal(data.X[1], [[40], [50]])
    assert data.notes == ["2 sequences of 2 to 3 steps and 1 feature (w) from the table."]


def test_without_times_rows_count_as_they_stand() -> None:
    data = read(frame().drop(columns="t"))
    np.testing.assert_array_equal(data.X[0][:, 0], [3, 1, 2])
    assert "There is no column of times" in data.notes[1]


def test_several_columns_may_tell_sequences_apart() -> None:
    table = frame(id=[1, 1, 1, 1, 1], run=["b", "a", "a", "b", "a"])
    assert read(table, id=["id", "run"]).ids.tolist() == ["1 / a", "1 / b"]


@pytest.mark.parametrize("name", ["gesture_id", "Recording ID", "sequence"])
def test_a_plain_id_is_guessed(name: str) -> None:
    assert read(frame().rename(columns={"id": name})).ids.tolist() == ["a", "b"]


def test_sequences_without_a_label_are_kept_apart() -> None:
    data = read(frame(label=["", "yes", "yes", "", "yes"]))
    assert data.labels.tolist() == ["yes", None]
    assert data.is_labelled.tolist() == [True, False]
    assert data.take(np.array([1])).ids.tolist() == ["b"]


def test_texts_that_are_no_features_are_named() -> None:
    assert "Not numbers, so left out: note." in read(frame(note=["x"] * 5)).notes


@pytest.mark.parametrize(
    ("changes", "roles", "message"),
    [
        ({"label": list("nynny")}, {}, "two labels in sequence 'a': 'n' in row 2 and 'y' in row 4"),
        ({"label": ["n", "y", "", "n", "y"]}, {}, "nothing in row 2 and 'y' in row 4"),
        ({"v": [5.0, None, 1.0, 4.0, 2.0]}, {}, "column 'v' is empty in row 1"),
        ({"v": ["5", "x", "1", "4", "2"]}, {"features": ("v",)}, "column 'v' holds 'x', which is not a number"),
        ({"t": [2, 3, 3, 1, 2]}, {}, "sequence 'a' has two rows for 3 (row 1 and row 2)"),
        ({"id": ["b", None, "a", "b", "a"]}, {}, "column 'id' is empty in row 1"),
        ({}, {"label": "kind"}, "no column 'kind'"),
        ({}, {"features": ("u",)}, "no column 'u'"),
    ],
)
def test_what_can_t_be_read_is_refused_with_its_place(changes: Any, roles: Any, message: str) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        read(frame(**changes), **roles)


@pytest.mark.parametrize(
    ("drop", "message"),
    [("label", "--label"), ("id", "--id"), (["v", "w"], "no column of numbers that could be a feature")],
)
def test_what_isn_t_plain_is_asked_for(drop: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(frame().drop(columns=drop))


def objects(*labels: Any) -> Any:
    array = np.empty(len(labels), dtype=object)
    array[:] = labels
    return array


@pytest.mark.parametrize(
    ("labels", "kind", "chosen", "values"),
    [
        (["a", "b ", "a"], None, "classes", ["a", "b", "a"]),
        (["1", "2", "1", "2"], None, "classes", [1, 2, 1, 2]),
        ([1, 2, 3], None, "numbers", [1, 2, 3]),  # each once
        (["0,5", "1,5", "0,5", "1,5"], None, "numbers", [0.5, 1.5, 0.5, 1.5]),
        ([1, 2, 3], "classes", "classes", [1, 2, 3]),
        ([1, 2, 1, 2], "numbers", "numbers", [1.0, 2.0, 1.0, 2.0]),
        ([True, False, True], None, "classes", ["True", "False", "True"]),
        (list(range(MOST_CLASSES + 1)) * 2, None, "numbers", list(range(MOST_CLASSES + 1)) * 2),
    ],
)
def test_labels_are_classes_or_numbers(labels: Any, kind: Any, chosen: str, values: Any) -> None:
    found, target, notes = targets(objects(*labels), kind, "label")
    assert (found, target.tolist()) == (chosen, values)
    assert bool(notes) == (kind is None and target.dtype.kind in "if")


def test_texts_are_no_numbers() -> None:
    with pytest.raises(DataError, match="column 'y' holds 'x', which is no number"):
        targets(objects("1", "x"), "numbers", "y")
