import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clearlstm.data.scaling import Transform

OFFSETS = np.array([0, 5, 10])
SERIES = np.repeat([0, 1], 5)


@given(arrays(np.float64, 10, elements=st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-6)))
def test_the_transform_inverts(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> None:
    transform = Transform.choose(values, OFFSETS)
    z = transform.forward(values, SERIES)
    start = values[[0, 5]].repeat(5)
    back = transform.move(start, z - z[[0, 5]].repeat(5), SERIES)
    np.testing.assert_allclose(back, values, rtol=1e-12, atol=1e-9)
    np.testing.assert_array_equal(transform.move(values, np.zeros(10), SERIES), values)


def test_only_series_that_are_positive_throughout_get_a_logarithm() -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0, 4.0, 1.0, 0.0, 1.0, 2.0, 3.0])
    assert Transform.choose(values, OFFSETS).log.tolist() == [True, False]


def test_a_value_that_has_no_logarithm_becomes_missing_and_only_that() -> None:
    z = Transform(np.array([True, False])).forward(np.array([1.0, 0.0, -3.0, 1, 1, 0.0, -1.0, 1, 1, 1]), SERIES)
    assert np.isnan(z).tolist() == [False, True, True] + [False] * 7
    assert z[5:7].tolist() == [0.0, -1.0]
