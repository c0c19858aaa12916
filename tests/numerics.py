"""Central differences, the oracle that knows no algebra."""

from collections.abc import Callable
from typing import Any

from clearlstm.shapes import FloatArray


def central_difference(loss: Callable[[], float], values: FloatArray, index: Any, step: float = 1e-5) -> float:
    """The slope of ``loss()`` by one number of ``values``, which is put back afterwards."""
    kept = values[index]
    values[index] = kept + step
    above = loss()
    values[index] = kept - step
    below = loss()
    values[index] = kept
    return (above - below) / (2 * step)
