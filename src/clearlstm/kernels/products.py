"""The product of two matrices, for all that doesn't run through time: the head, and the nets that the reference runs.

Each element is a sum in the order of k, cut into blocks of ``BLOCK`` that are added in order: the same bits for any
number of threads and on every processor with fused multiply-add, which no BLAS promises.
"""

from typing import Any, Final

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled, inlined
from clearlstm.kernels.steps import tiles
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import ADDED, FRESH, NARROW_ROWS, multiply_narrow
from clearlstm.kernels.vector import Floats, lanes_of, load, past, start, store
from clearlstm.shapes import FloatArray

BLOCK: Final = 256
"""Of k: so many rows of B are packed at a time, and stay in the processor's cache."""


@compiled
def product_rows(
    A: FloatArray,
    A_turned: bool,
    B: FloatArray,
    B_turned: bool,
    out: FloatArray,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill a part of the rows of out (R, M) = A B, from A (R, K) and B (K, M), or from either one transposed.

    Scratch (n_parts, numbers): a strip of B (BLOCK, 2V); the sums of the part's rows (rows, 2V).
    """
    before = flush()
    (R, M), K = out.shape, A.size // out.shape[0]
    A_, B_, out_ = start(A), start(B), start(out)
    V = lanes_of(A_)
    width = 2 * V
    a_row, a_k = (1, R) if A_turned else (K, 1)
    first, last = R * part // n_parts, R * (part + 1) // n_parts
    strip_ = past(start(scratch), part * scratch.shape[1])
    sums_ = past(strip_, BLOCK * width)
    for column in range(0, M, width):
        for k in range(0, K, BLOCK):
            count = min(BLOCK, K - k)
            if B_turned:
                _pack_turned(B_, column * K + k, K, strip_, count, min(width, M - column), width)
            else:
                _pack(B_, k * M + column, M, strip_, count, M - column, V)
            begin = ADDED if k > 0 else FRESH
            _add_up(sums_, A_, first * a_row + k * a_k, a_row, a_k, strip_, count, last - first, V, begin)
        for r in range(last - first):
            for v in range(0, width, V):
                at = column + v
                store(out_, (first + r) * M + at, load(sums_, r * width + v, V), M - at)
    restore(before)


@Kernel
def product(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`product_rows` for all parts."""
    share(mailboxes, n_parts, product_rows, arguments)


@inlined
def _add_up(
    sums: Floats, A: Floats, at: int, a_row: int, a_k: int, strip: Floats, count: int, rows: int, V: int, begin: int
) -> None:
    """Sums (rows, 2V) = or += the rows of A from ``at`` on times strip (count, 2V)."""
    n_tiles = tiles(rows, NARROW_ROWS)
    for tile in range(n_tiles):
        first, last = rows * tile // n_tiles, rows * (tile + 1) // n_tiles
        # fmt: off
        multiply_narrow(
            sums, first * 2 * V, 2 * V,
            A, at + first * a_row, a_row, a_k,
            strip, 0, 2 * V, V,
            count, last - first, begin,
        )
        # fmt: on


@inlined
def _pack(B: Floats, at: int, M: int, strip: Floats, count: int, columns: int, V: int) -> None:
    """Strip (count, 2V) from ``count`` rows of B, M numbers apart; zeros beyond ``columns``."""
    for k in range(count):
        store(strip, 2 * k * V, load(B, at + k * M, columns), V)
        store(strip, (2 * k + 1) * V, load(B, at + k * M + V, columns - V), V)


@inlined
def _pack_turned(B: Floats, at: int, K: int, strip: Floats, count: int, columns: int, width: int) -> None:
    """The same from the columns of B, whose rows are K numbers apart."""
    for column in range(width):
        for k in range(count):
            strip[k * width + column] = B[at + column * K + k] if column < columns else 0
