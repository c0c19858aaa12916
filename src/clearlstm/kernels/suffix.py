"""What each step wrote into the long-term memory and the later forget gates have kept, in float64.

::

    entry_k = (Π_{s=k+1..t} f_s) i_k g_k

A thread walks back through the steps of its rows; the product so far stays in the cache.
"""

from typing import Any

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.shapes import FloatArray, IntArray


@compiled
def entries_rows(
    gates: FloatArray,
    begin: IntArray,
    end: IntArray,
    reverse: bool,
    entries: FloatArray,
    kept: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill entries (N, T, H) and kept (N, H) for every ``n_parts``-th row, from gates (N, T, 4H).

    Row n took the steps begin[n] to end[n] − 1, with ``reverse`` from the last to the first; its other entries are 0.
    """
    before = flush()
    N, T, H = entries.shape
    for n in range(part, N, n_parts):
        kept_n = kept[n]
        kept_n[:] = 1
        entries[n, : begin[n]] = 0
        entries[n, end[n] : T] = 0
        for back in range(end[n] - begin[n]):
            t = begin[n] + back if reverse else end[n] - 1 - back
            f, i, g, entry = gates[n, t, :H], gates[n, t, H : 2 * H], gates[n, t, 2 * H : 3 * H], entries[n, t]
            # Two loops: in one, the compiler could not tell that kept is none of the gates, and would go unit by unit.
            for unit in range(H):
                entry[unit] = kept_n[unit] * i[unit] * g[unit]
            for unit in range(H):
                kept_n[unit] *= f[unit]
    restore(before)


@Kernel
def entries(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`entries_rows` for all parts."""
    share(mailboxes, n_parts, entries_rows, arguments)
