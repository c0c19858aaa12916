"""Arrays on their way to the page, as their bytes in base64: exact, and short. ``static/packed.js`` reads them."""

import base64
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError


def packed(values: npt.ArrayLike) -> dict[str, Any]:
    """An array of any shape; float16 and float32 stay what they are, all else becomes float64.

    >>> packed(np.zeros((2, 1), "float32"))
    {'packed': 'float32', 'shape': [2, 1], 'base64': 'AAAAAAAAAAA='}
    """
    array = np.asarray(values)
    kind = np.dtype({"float16": "<f2", "float32": "<f4"}.get(array.dtype.name, "<f8"))
    data = base64.b64encode(np.ascontiguousarray(array, dtype=kind).tobytes()).decode("ascii")
    return {"packed": f"float{8 * kind.itemsize}", "shape": list(array.shape), "base64": data}


def with_packed(value: Any) -> Any:
    """The same with every array packed, in whatever lists and dicts it stands."""
    if isinstance(value, np.ndarray):
        return packed(value)
    if isinstance(value, Mapping):
        return {name: with_packed(one) for name, one in value.items()}
    return [with_packed(one) for one in value] if isinstance(value, list) else value


def to_json(data: Mapping[str, Any], digits: int | None = None) -> str:
    """JSON with numbers in full, or with so many significant digits; one that isn't finite becomes null.

    Half a surrogate pair in a text from elsewhere becomes "?", since no file can hold it. Raises InputError for what
    JSON can't hold.
    """
    text = json.dumps(plain(data, "data", digits), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode("utf-8")


def plain(value: Any, where: str, digits: int | None = None) -> Any:
    """``value`` in JSON's own types, floats with ``digits`` significant ones; ``where`` tells messages the place."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (float, np.floating)):
        if not math.isfinite(value):
            return None
        return float(value) if digits is None else float(f"{value:.{digits}g}")
    if isinstance(value, (np.ndarray, np.integer, np.bool_)):
        return plain(value.tolist(), where, digits)
    if isinstance(value, Mapping):
        return {str(key): plain(one, f"{where}[{key!r}]", digits) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(one, f"{where}[{index}]", digits) for index, one in enumerate(value)]
    raise InputError(f"{where} is a {type(value).__name__}; numbers, texts, lists and dicts can be written")
