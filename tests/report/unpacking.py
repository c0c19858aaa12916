"""Arrays as they stand in a page, read back."""

import base64
from typing import Any

import numpy as np
import numpy.typing as npt


def unpacked(packed: dict[str, Any]) -> npt.NDArray[Any]:
    """An array as clearlstm.report.packing put it into a page."""
    values = np.frombuffer(base64.b64decode(packed["base64"]), np.dtype(packed["packed"]).newbyteorder("<"))
    return values.reshape(packed["shape"])
