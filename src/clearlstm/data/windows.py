"""Where in a long table a forecast can be made.

An *origin* is the row at which a forecast is made. Its window is the ``T`` rows that end with it; its targets are the
``h`` rows that follow. No window holds a row of its own targets.
"""

import numpy as np
import numpy.typing as npt


def origins(
    offsets: npt.NDArray[np.int64], missing: npt.NDArray[np.bool_], before: int, after: int
) -> npt.NDArray[np.int64]:
    """All rows that have ``before`` rows up to and including themselves, and ``after`` rows beyond, none missing.

    Both in the row's own series; ``missing`` (rows,) marks rows without a usable value. In row order.
    """
    rows = np.arange(len(missing))
    lengths = np.diff(offsets)
    first, end = np.repeat(offsets[:-1], lengths), np.repeat(offsets[1:], lengths)
    fits = (rows - before + 1 >= first) & (rows + after < end)
    candidates = rows[fits]
    count = np.concatenate([[0], np.cumsum(missing)])
    gaps = count[candidates + after + 1] - count[candidates - before + 1]
    usable: npt.NDArray[np.int64] = candidates[gaps == 0]
    return usable
