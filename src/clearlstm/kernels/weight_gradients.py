"""The weights' gradients: one product over all real steps, dweights = Σ (1, x, h_prev)ᵀ dz.

The batch is cut into groups of sequences, and each group's sum is a sum of its own; then the groups are added in order.
The groups depend on the sizes alone, so every element is the same chain of additions whoever computes it. A group is
best summed by the thread that has just computed its dz, which lies in that processor's cache.
"""

from typing import Any

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled, inlined
from clearlstm.kernels.steps import copy, tiles
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import ADDED, FRESH, WIDE_ROWS, multiply_narrow, multiply_wide
from clearlstm.kernels.vector import Floats, past, start
from clearlstm.shapes import FloatArray, IntArray

BLOCK_STEPS = 256
"""Steps whose gradients are summed in registers before they go to the group's sum: short sums keep more digits."""


@compiled
def sum_tiles(
    x: FloatArray,
    h: FloatArray,
    h_0: FloatArray,
    order: IntArray,
    lengths: IntArray,
    offsets: IntArray,
    reverse: bool,
    dz: FloatArray,
    dweights: FloatArray,
    block: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill a part of the tiles of dweights (G, P, K, Q, V), for G groups. Scratch: block (n_parts, BLOCK_STEPS, K)."""
    before = flush()
    (P, R, _, _), (G, _, K, _, _) = dz.shape, dweights.shape
    (_, T, F), H = x.shape, h_0.shape[1]
    x_, h_, h_0_, block_ = start(x), start(h), start(h_0), past(start(block), part * BLOCK_STEPS * K)
    per_group = P * tiles(K, WIDE_ROWS)
    first, last = G * per_group * part // n_parts, G * per_group * (part + 1) // n_parts
    for place in range(first // per_group, tiles(last, per_group)):
        g = _group_at(place, G, n_parts)
        begin, end = offsets[order[g]], R
        if g + 1 < G:
            end = offsets[order[g + 1]]
        n, t, k = order[g], 0, g
        for at in range(begin, end, BLOCK_STEPS):
            count = min(BLOCK_STEPS, end - at)
            for row in range(count):
                _input_of_step(block_, row * K, x_, h_, h_0_, (T, F, H), n, t, lengths[n], reverse)
                t += 1
                if t == lengths[n] and k + G < len(order):
                    k += G
                    n, t = order[k], 0
            low, high = max(first - place * per_group, 0), min(last - place * per_group, per_group)
            for tile in range(low, high):
                _sum_tile(tile, block_, dz, at, count, dweights, g, ADDED if at > begin else FRESH)
    restore(before)


@inlined
def _group_at(place: int, n_groups: int, n_parts: int) -> int:
    """The group that is done ``place``-th: a thread's own sequences are those of its own groups, if they divide."""
    if n_groups % n_parts:
        return place
    return place * n_parts % n_groups + place * n_parts // n_groups


@inlined
def _sum_tile(
    tile: int, block: Floats, dz: FloatArray, at: int, count: int, dweights: FloatArray, g: int, begin: int
) -> None:
    """A tile of blockᵀ dz, for block (count, K) and the ``count`` rows of dz from ``at`` on."""
    (P, R, Q, V), K = dz.shape, dweights.shape[2]
    n_tiles = tiles(K, WIDE_ROWS)
    p, m = tile // n_tiles, tile % n_tiles
    row, end = K * m // n_tiles, K * (m + 1) // n_tiles
    to, of_dz = ((g * P + p) * K + row) * Q * V, (p * R + at) * Q * V
    sums, dz_ = start(dweights), start(dz)
    if Q == 4:
        multiply_wide(sums, to, Q * V, block, row, 1, K, dz_, of_dz, Q * V, V, count, end - row, begin)
    else:
        multiply_narrow(sums, to, Q * V, block, row, 1, K, dz_, of_dz, Q * V, V, count, end - row, begin)


@inlined
def _input_of_step(
    row: Floats,
    at: int,
    x: Floats,
    h: Floats,
    h_0: Floats,
    sizes: tuple[int, int, int],
    n: int,
    t: int,
    length: int,
    reverse: bool,
) -> None:
    """K numbers: 1, x_t, h_prev; sizes are T, F and H."""
    (T, F, H), t_prev = sizes, t + 1 if reverse else t - 1
    row[at] = 1
    copy(x, (n * T + t) * F, row, at + 1, F)
    if 0 <= t_prev < length:
        copy(h, (n * T + t_prev) * H, row, at + 1 + F, H)
    else:
        copy(h_0, n * H, row, at + 1 + F, H)


@Kernel
def weight_gradients(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`sum_tiles` for all parts."""
    share(mailboxes, n_parts, sum_tiles, arguments)
