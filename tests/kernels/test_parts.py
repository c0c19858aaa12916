"""Parts of kernels: linked into what calls them, and machine code only there."""

from typing import Any

import numba
import numpy as np
import pytest

from clearlstm.kernels.parts import OPTIONS, compiled, inlined
from clearlstm.shapes import FloatArray


@inlined
def _doubled(number: float) -> float:
    return 2 * number


@compiled
def _first_doubled(numbers: FloatArray) -> float:
    return _doubled(numbers[0])


@compiled
def _all_doubled(numbers: FloatArray) -> float:
    total = _first_doubled(numbers)
    for k in range(1, len(numbers)):
        total += _doubled(numbers[k])
    return total


def _twice_the_sum(numbers: FloatArray) -> float:
    return _all_doubled(numbers) + 0 * _first_doubled(numbers)


twice_the_sum: Any = numba.njit(_twice_the_sum, **OPTIONS)
"""What a kernel is, without its cache: so it is compiled here."""


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_parts_of_parts_do_in_a_kernel_what_they_say(dtype: str) -> None:
    assert twice_the_sum(np.array([1, 2, 4], dtype)) == 14


def test_only_the_kernel_is_made_machine_code() -> None:
    twice_the_sum(np.ones(2))
    assert all(result.library._get_compiled_object() for result in twice_the_sum.overloads.values())
    parts: list[Any] = [_doubled, _first_doubled, _all_doubled]
    for part in parts:
        assert part.overloads
        for result in part.overloads.values():
            with pytest.raises(RuntimeError, match="no compiled object yet"):
                result.library._get_compiled_object()
