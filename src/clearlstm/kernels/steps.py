"""What the kernels through time share: who takes which step, and the way back through U and W.

A thread has every ``n_parts``-th row of the batch, longest sequences first, so that the rows still running are always
the first ones, and all threads have about the same to do.
"""

import numpy as np

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import inlined
from clearlstm.kernels.tile import (
    FRESH,
    FROM_ROW,
    GOING_ON,
    MANY_REGISTERS,
    NARROW_ROWS,
    THIN_ROWS,
    WIDE_ROWS,
    multiply_narrow,
    multiply_thin,
    multiply_wide,
)
from clearlstm.kernels.vector import REGISTER_BYTES, Floats, Vector, lanes_of, load, past, start, store
from clearlstm.shapes import FloatArray, IntArray

ROWS_AT_ONCE = WIDE_ROWS if MANY_REGISTERS else 4 * WIDE_ROWS
"""Rows of the batch that a piece of the weights meets at a time. Small tiles would read the weights too often; larger
ones leave the products of some rows waiting while the gates of others are stored."""

PIECE_BYTES = 2**20 if MANY_REGISTERS else 2**14
"""Of a strip of weights: so much of it stays in the first-level cache while all these rows read it."""


@Kernel
def survey(lengths: IntArray, order: IntArray) -> int:
    """R, the sum of all lengths, and 0, 1, … as the order; −R if that is not longest first."""
    total, falling = 0, True
    for n in range(len(lengths)):
        order[n] = n
        total += lengths[n]
        falling = falling and (n == 0 or lengths[n] <= lengths[n - 1])
    return total if falling else -total


@Kernel
def arrange(lengths: IntArray, order: IntArray, n_groups: int, offsets: IntArray) -> None:
    """Say where the steps of each sequence start among all real steps, offsets (N,).

    Sequences lie group after group; group g is order[g::n_groups].
    """
    at = 0
    for g in range(n_groups):
        for k in range(g, len(order), n_groups):
            offsets[order[k]] = at
            at += lengths[order[k]]


@inlined
def all_finite(numbers: FloatArray) -> bool:
    """Whether none of them is infinite or not a number."""
    finite, values = True, start(numbers)
    for k in range(numbers.size):
        finite &= abs(values[k]) < np.inf
    return finite


@inlined
def time_of(step: int, length: int, reverse: bool) -> int:
    """Where a sequence of this length is after ``step`` steps."""
    return length - 1 - step if reverse else step


@inlined
def shared(N: int, part: int, n_parts: int) -> tuple[int, int, int, int]:
    """What a part of N rows has: which of how many members shares the units of its rows, then which of how many parts.

    Parts share the rows; only if there are more of them than rows do they share the units of one.
    """
    return (part, n_parts, 0, 1) if n_parts > N else (0, 1, part, n_parts)


@inlined
def tiles(rows: int, most: int) -> int:
    """How many tiles share the rows; tile k has rows ``rows * k // tiles`` to ``rows * (k + 1) // tiles``."""
    return (rows + most - 1) // most


@inlined
def copy(source: Floats, at: int, to: Floats, to_at: int, count: int) -> None:
    """``count`` numbers: whole registers, then one by one, since what is stored under a mask can't be read at once."""
    V = lanes_of(source)
    whole = count // V * V
    for k in range(0, whole, V):
        store(to, to_at + k, load(source, at + k, V), V)
    for k in range(whole, count):
        to[to_at + k] = source[at + k]


@inlined
def clear(numbers: Floats, at: int, count: int) -> None:
    """``count`` numbers become 0."""
    for k in range(count):
        numbers[at + k] = 0


@inlined
def take_rows(
    source: FloatArray, to: Floats, width: int, first: int, last: int, order: IntArray, part: int, n_parts: int
) -> None:
    """Bring a part's rows ``first`` to ``last`` of source (N, H) to ``to``, ``width`` numbers apart."""
    H = source.shape[1]
    for r in range(first, last):
        copy(start(source), order[part + r * n_parts] * H, to, r * width, H)


@inlined
def put_rows(source: Floats, width: int, to: FloatArray, rows: int, order: IntArray, part: int, n_parts: int) -> None:
    """The way back: all ``rows`` of a part into (N, H)."""
    H = to.shape[1]
    for r in range(rows):
        copy(source, r * width, start(to), order[part + r * n_parts] * H, H)


@inlined
def clear_padding(numbers: FloatArray, rows: int, order: IntArray, lengths: IntArray, part: int, n_parts: int) -> None:
    """Beyond each sequence's length, (N, T, …) reads 0."""
    _, T, width = numbers.shape
    for r in range(rows):
        n = order[part + r * n_parts]
        clear(start(numbers), (n * T + lengths[n]) * width, (T - lengths[n]) * width)


@inlined
def still_running(live: int, step: int, order: IntArray, lengths: IntArray, part: int, n_parts: int) -> int:
    """How many of the first ``live`` rows take this step."""
    while lengths[order[part + (live - 1) * n_parts]] <= step:
        live -= 1
    return live


@inlined
def joined(live: int, rows: int, step: int, order: IntArray, lengths: IntArray, part: int, n_parts: int) -> int:
    """On the way back: how many of the ``rows`` take this step, of which ``live`` took the one after it."""
    while live < rows and lengths[order[part + live * n_parts]] > step:
        live += 1
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
def begin_inputs(
    h_0: FloatArray, inputs: Floats, width: int, F: int, rows: int, order: IntArray, part: int, n_parts: int
) -> None:
    """Inputs (2, rows, width), a row (1, x_t, h_prev) for this step and one for the next: the ones, and the first h."""
    take_rows(h_0, past(inputs, 1 + F), width, 0, rows, order, part, n_parts)
    for r in range(2 * rows):
        inputs[r * width] = 1


@inlined
def end_inputs(
    inputs: Floats,
    width: int,
    F: int,
    h_n: FloatArray,
    rows: int,
    order: IntArray,
    lengths: IntArray,
    part: int,
    n_parts: int,
) -> None:
    """Bring what would have been each row's next h_prev, its last h, to h_n (N, H)."""
    H = h_n.shape[1]
    for r in range(rows):
        n = order[part + r * n_parts]
        copy(inputs, (lengths[n] % 2 * rows + r) * width + 1 + F, start(h_n), n * H, H)


@inlined
def weighted_sums(inputs: Floats, at: int, width: int, rows: int, weights: FloatArray, p: int, z: Floats) -> None:
    """z (rows, 4V) = rows (1, x_t, h_prev) of inputs, ``width`` numbers apart, times strip p.

    The strip goes through the first-level cache piece by piece: each is read by all rows before the next one comes.
    """
    (_, K, Q, V), n_tiles = weights.shape, tiles(rows, WIDE_ROWS)
    piece = PIECE_BYTES // (Q * REGISTER_BYTES)
    for k in range(0, K, piece):
        count, begin = min(piece, K - k), GOING_ON if k > 0 else FROM_ROW
        for tile in range(n_tiles):
            first, last = rows * tile // n_tiles, rows * (tile + 1) // n_tiles
            # fmt: off
            multiply_wide(
                z, first * Q * V, Q * V,
                inputs, at + first * width + k, width, 1,
                start(weights), (p * K + k) * Q * V, Q * V, V,
                count, last - first, begin,
            )
            # fmt: on


@inlined
def sums_of_unpacked(
    inputs: Floats, width: int, rows: int, W: FloatArray, U: FloatArray, b: FloatArray, unit: int, z: Floats
) -> None:
    """The same for V units from W (F, 4H), U (H, 4H) and b (4H,) as they are: whole registers, and rows of one tile."""
    (F, columns), H, V = W.shape, len(U), lanes_of(z)
    for r in range(rows):
        for q in range(4):
            store(z, (r * 4 + q) * V, load(start(b), q * H + unit, V), V)
    multiply_wide(z, 0, 4 * V, inputs, 1, width, 1, start(W), unit, columns, H, F, rows, GOING_ON)
    multiply_wide(z, 0, 4 * V, inputs, 1 + F, width, 1, start(U), unit, columns, H, H, rows, GOING_ON)


@inlined
def put_four(to: Floats, at: int, apart: int, first: Vector, second: Vector, third: Vector, fourth: Vector) -> None:
    """A register for each of a unit's four columns, ``apart`` numbers from one to the next."""
    V = lanes_of(to)
    store(to, at, first, V)
    store(to, at + apart, second, V)
    store(to, at + 2 * apart, third, V)
    store(to, at + 3 * apart, fourth, V)


@inlined
def back_through(dz_now: Floats, turned: FloatArray, columns: int, out: Floats, live: int) -> None:
    """out (rows, C·2V) = dz_now (rows, M) · turned (C, M, 2V), for the first ``live`` rows and ``columns`` of C·2V."""
    C, M, width = turned.shape
    for c in range(C):
        thin = columns - c * width <= width // 2
        n_tiles = tiles(live, THIN_ROWS if thin else NARROW_ROWS)
        for tile in range(n_tiles):
            first, last = live * tile // n_tiles, live * (tile + 1) // n_tiles
            to, at, strip = (first * C + c) * width, first * M, c * M * width
            # fmt: off
            if thin:
                multiply_thin(
                    out, to, C * width,
                    dz_now, at, M, 1,
                    start(turned), strip, width, 0,
                    M, last - first, FRESH,
                )
            else:
                multiply_narrow(
                    out, to, C * width,
                    dz_now, at, M, 1,
                    start(turned), strip, width, width // 2,
                    M, last - first, FRESH,
                )
            # fmt: on


@inlined
def put_steps(
    source: Floats,
    width: int,
    to: FloatArray,
    live: int,
    step: int,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    part: int,
    n_parts: int,
) -> None:
    """Bring this step of each live row, ``width`` numbers apart, into (N, T, F), or nowhere if that is (0, 0, 0)."""
    _, T, F = to.shape
    for r in range(live):
        n = order[part + r * n_parts]
        copy(source, r * width, start(to), (n * T + time_of(step, lengths[n], reverse)) * F, F)
