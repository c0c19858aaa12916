"""What the kernels through time share: who takes which step, the way back through U and W, the weights' gradients.

A thread has every ``n_parts``-th row of the batch, longest sequences first, so that the rows still running are always
the first ones, and all threads have about the same to do.
"""

from typing import Any

from clearlstm.kernels.compiling import Kernel, compiled, inlined
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import NARROW_ROWS, WIDE_ROWS, multiply_narrow, multiply_wide
from clearlstm.kernels.vector import Floats, start
from clearlstm.shapes import FloatArray, IntArray

BLOCK_STEPS = 256
"""Steps whose gradients are summed in registers before they go to the total: short sums keep more digits."""


@inlined
def time_of(step: int, length: int, reverse: bool) -> int:
    """Where a sequence of this length is after ``step`` steps."""
    return length - 1 - step if reverse else step


@inlined
def tiles(rows: int, most: int) -> int:
    """How many tiles share the rows; tile k has rows ``rows * k // tiles`` to ``rows * (k + 1) // tiles``."""
    return (rows + most - 1) // most


@inlined
def copy(source: Floats, at: int, to: Floats, to_at: int, count: int) -> None:
    """``count`` numbers."""
    for k in range(count):
        to[to_at + k] = source[at + k]


@inlined
def clear(numbers: Floats, at: int, count: int) -> None:
    """``count`` numbers become 0."""
    for k in range(count):
        numbers[at + k] = 0


@inlined
def still_running(live: int, step: int, order: IntArray, lengths: IntArray, part: int, n_parts: int) -> int:
    """How many of the first ``live`` rows take this step."""
    while lengths[order[part + (live - 1) * n_parts]] <= step:
        live -= 1
    return live


@inlined
def copy_steps(
    source: Floats,
    source_shape: tuple[int, int],
    to: Floats,
    to_row: int,
    live: int,
    step: int,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    part: int,
    n_parts: int,
) -> None:
    """Bring each live row's x_t of this step, from (N, T, F) with source_shape (T, F), to ``to[r * to_row]``."""
    T, F = source_shape
    for r in range(live):
        n = order[part + r * n_parts]
        copy(source, (n * T + time_of(step, lengths[n], reverse)) * F, to, r * to_row, F)


@inlined
def back_through(dz_now: Floats, turned: FloatArray, out: Floats, live: int) -> None:
    """out (rows, G·2V) = dz_now (rows, M) · turned (G, M, 2V), for the first ``live`` rows."""
    G, M, width = turned.shape
    n_tiles = tiles(live, NARROW_ROWS)
    for g in range(G):
        panel = g * M * width
        for tile in range(n_tiles):
            first, last = live * tile // n_tiles, live * (tile + 1) // n_tiles
            to, at = (first * G + g) * width, first * M
            # fmt: off
            multiply_narrow(
                out, to, G * width,
                dz_now, at, M, 1,
                start(turned), panel, width, width // 2,
                M, last - first, False,
            )
            # fmt: on


@compiled
def weight_gradients_of_tiles(
    x: FloatArray,
    h: FloatArray,
    h_0: FloatArray,
    lengths: IntArray,
    reverse: bool,
    dz: FloatArray,
    dweights: FloatArray,
    block: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """dweights (P, K, Q, V) = Σ over all real steps of (1, x, h_prev)ᵀ dz, a part of its tiles.

    Each element is summed in the same order whoever computes it, so the number of threads doesn't matter.
    Scratch: block (n_parts, BLOCK_STEPS, K).
    """
    before = flush()
    (P, R, Q, V), K = dz.shape, dweights.shape[1]
    block_, dz_, to_ = start(block[part]), start(dz), start(dweights)
    n_tiles, n, t = tiles(K, WIDE_ROWS), 0, 0
    first, last = P * n_tiles * part // n_parts, P * n_tiles * (part + 1) // n_parts
    for begin in range(0, R, BLOCK_STEPS):
        count = min(BLOCK_STEPS, R - begin)
        for k in range(count):
            _input_of_step(block_, k * K, x, h, h_0, n, t, lengths[n], reverse)
            t += 1
            if t == lengths[n]:
                n, t = n + 1, 0
        for tile in range(first, last):
            p, m = tile // n_tiles, tile % n_tiles
            row, end = K * m // n_tiles, K * (m + 1) // n_tiles
            to, at = (p * K + row) * Q * V, (p * R + begin) * Q * V
            # fmt: off
            if Q == 4:
                multiply_wide(to_, to, Q * V, block_, row, 1, K, dz_, at, Q * V, V, count, end - row, begin > 0)
            else:
                multiply_narrow(to_, to, Q * V, block_, row, 1, K, dz_, at, Q * V, V, count, end - row, begin > 0)
            # fmt: on
    restore(before)


@Kernel
def weight_gradients(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`weight_gradients_of_tiles` for all parts."""
    share(mailboxes, n_parts, weight_gradients_of_tiles, arguments)


@inlined
def _input_of_step(
    row: Floats, at: int, x: FloatArray, h: FloatArray, h_0: FloatArray, n: int, t: int, length: int, reverse: bool
) -> None:
    """K numbers: 1, x_t, h_prev."""
    (_, T, F), H, t_prev = x.shape, h_0.shape[1], t + 1 if reverse else t - 1
    row[at] = 1
    copy(start(x), (n * T + t) * F, row, at + 1, F)
    if 0 <= t_prev < length:
        copy(start(h), (n * T + t_prev) * H, row, at + 1 + F, H)
    else:
        copy(start(h_0), n * H, row, at + 1 + F, H)
