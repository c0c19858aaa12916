"""The states of a net, each (L·D, N, H): as they are given, and checked."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray, check_array, is_laid_out, is_ready

State = tuple[FloatArray, ...]


def check_states(
    name: str,
    states: tuple[FloatArray | None, ...] | None,
    parts: Sequence[str],
    shape: tuple[int, int, int],
    dtype: npt.DTypeLike,
) -> State:
    """A state for each of ``parts``, all of one shape (L·D, N, H); None stands for zeros, as a whole and in part."""
    if states is None:
        return tuple([np.zeros(shape, dtype) for _ in parts])
    if not isinstance(states, tuple) or len(states) != len(parts):
        raise InputError(f"{name} must be a tuple ({', '.join(parts)}), each of shape {shape}")
    return tuple(
        [_checked(f"{name}: {part}", values, shape, dtype) for part, values in zip(parts, states, strict=True)]
    )


def _checked(name: str, values: FloatArray | None, shape: tuple[int, int, int], dtype: npt.DTypeLike) -> FloatArray:
    if values is None:
        return np.zeros(shape, dtype)
    return values if is_ready(values, shape, dtype) else check_array(name, values, shape, dtype)


def are_laid_out(states: object, count: int, shape: tuple[int, int, int], dtype: npt.DTypeLike) -> bool:
    """Whether states, or None, are right as they are, but for numbers that may not be finite."""
    if states is None:
        return True
    if type(states) is not tuple or len(states) != count:
        return False
    for values in states:  # noqa: SIM110  # all(…) takes longer
        if not is_laid_out(values, shape, dtype):
            return False
    return True


def stacked(states: Sequence[FloatArray]) -> FloatArray:
    """(L·D, N, H); of one layer alone, without a copy."""
    return states[0][None] if len(states) == 1 else np.array(states)
