import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from clearlstm.errors import ClearLSTMError, InputError
from clearlstm.shapes import check_array, check_dtype, check_lengths, check_positive, check_sequences


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float32, np.dtype("float64")])
def test_dtypes_that_are_computed_with(dtype: str) -> None:
    assert check_dtype(dtype) == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "int64", "complex128", "no such type", "datetime64[s]", "\ud800"])
def test_other_dtypes_are_refused(dtype: str) -> None:
    with pytest.raises(InputError, match="use 'float32' or 'float64'"):
        check_dtype(dtype)


@pytest.mark.parametrize("value", [1, 7, np.int64(3), np.uint8(200)])
def test_positive_numbers(value: int) -> None:
    result = check_positive("hidden_size", value)
    assert result == value
    assert type(result) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", None, True, np.bool_(True), np.nan, [1]])
def test_not_positive_whole_numbers(value: object) -> None:
    with pytest.raises(InputError, match=r"hidden_size is .*; it must be a whole number of at least 1"):
        check_positive("hidden_size", value)


@given(array=hnp.arrays(np.float64, hnp.array_shapes(min_dims=2, max_dims=3), elements=st.floats(-9, 9, width=32)))
def test_a_good_array_comes_back_equal_and_contiguous(array: np.ndarray) -> None:
    for view in (array, array.T, array[::-1], np.asfortranarray(array), array.astype(">f8")):
        for dtype in ("float32", "float64"):
            result = check_array("x", view, (None,) * view.ndim, dtype)
            assert result.flags.c_contiguous
            assert result.dtype == dtype
            np.testing.assert_array_equal(result, view)


def test_lists_integers_and_booleans_are_numbers() -> None:
    np.testing.assert_array_equal(check_array("x", [[1, 2], [3, 4]], (2, 2), "float32"), [[1, 2], [3, 4]])
    np.testing.assert_array_equal(check_array("x", np.array([True, False]), (2,), "float64"), [1, 0])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[1.0, 2.0, 3.0]], r"x has shape \(1, 3\); \(any, 2\) is needed"),
        ([1.0, 2.0], r"x has shape \(2,\); \(any, 2\) is needed"),
        (np.zeros((0, 2)), r"x is empty: its shape is \(0, 2\)"),
        ([[1.0, np.nan]], r"x holds nan at index \(0, 1\): remove or replace"),
        ([[1.0, 2.0], [-np.inf, 1.0]], r"x holds -inf at index \(1, 0\)"),
        ([["a", "b"]], r"x holds str\d* values; numbers are needed"),
        ([[1j, 2j]], "x holds complex128 values"),
        ([[1.0, 2.0], [3.0]], "x is ragged: all its rows need the same length"),
        ([[1.0, None]], "x holds object values"),
        ([[1.0, 1e300]], r"x holds 1e\+300 at index \(0, 1\), too large for float32"),
    ],
)
def test_bad_arrays(value: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_array("x", value, (None, 2), "float32")  # type: ignore[arg-type]


def test_sequences() -> None:
    assert check_sequences(np.ones((2, 3, 4)), 4, "float32").shape == (2, 3, 4)
    with pytest.raises(InputError, match="x has 4 features a step; this net takes 1"):
        check_sequences(np.ones((2, 3, 4)), 1, "float32")
    with pytest.raises(InputError, match=r"x has shape \(2, 3\); \(sequences, steps, features\) is needed"):
        check_sequences(np.ones((2, 3)), 1, "float32")
    with pytest.raises(InputError, match="x is empty"):
        check_sequences(np.ones((0, 3, 1)), 1, "float32")


def test_lengths() -> None:
    np.testing.assert_array_equal(check_lengths(None, 3, 5), [5, 5, 5])
    result = check_lengths([1, 5], 2, 5)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(check_lengths(np.array([2, 3], dtype=np.uint8), 2, 3), [2, 3])


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([0, 2], r"lengths\[0\] is 0; it must lie in 1..5"),
        ([2, 6], r"lengths\[1\] is 6"),
        ([2, -1], r"lengths\[1\] is -1"),
        ([2], r"lengths has shape \(1,\)"),
        ([[2, 3]], r"lengths has shape \(1, 2\)"),
        ([2.0, 3.0], "type float64; 2 whole numbers are needed"),
        ([True, True], "type bool"),
        (["2", "3"], "2 whole numbers are needed"),
        ([[1], [2, 3]], "lengths is ragged"),
    ],
)
def test_bad_lengths(lengths: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_lengths(lengths, 2, 5)  # type: ignore[arg-type]


def test_every_error_can_be_caught_as_one() -> None:
    with pytest.raises(ClearLSTMError):
        check_positive("batch_size", 0)
    with pytest.raises(ValueError, match="batch_size"):
        check_positive("batch_size", 0)
