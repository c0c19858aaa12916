"""The plain recurrent unit's kernels, for comparison; arranged as in ``lstm``, with two registers of units a strip."""

from typing import Any

from clearlstm.kernels.activations import tanh
from clearlstm.kernels.cell_kernels import CellKernels
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled
from clearlstm.kernels.steps import (
    all_finite,
    back_through,
    begin_inputs,
    clear,
    clear_padding,
    copy_steps,
    end_inputs,
    joined,
    put_rows,
    put_steps,
    still_running,
    take_rows,
    tiles,
    time_of,
)
from clearlstm.kernels.strips import pack
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import FROM_ROW, NARROW_ROWS, multiply_narrow
from clearlstm.kernels.vector import fma, load, past, start, store
from clearlstm.shapes import FloatArray, IntArray


@compiled
def forward_rows(
    weights: FloatArray,
    x: FloatArray,
    h_0: FloatArray,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    h: FloatArray,
    h_n: FloatArray,
    joint: FloatArray,
    joint_at: int,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill h (N, T, H) and h_n (N, H) for the rows order[part::n_parts].

    What is recorded has elements or none. joint (N, T, ≥ H), or (0, 0, 0): h goes there too, from column joint_at on.

    Scratch (n_parts, numbers): z (NARROW_ROWS, 2V); inputs (2, rows, K), a row (1, x_t, h_prev) for this step and one
    for the next.
    """
    before = flush()
    (P, K, Q, V), (N, T, F), H = weights.shape, x.shape, h_0.shape[1]
    rows = tiles(N - part, n_parts)
    z_ = past(start(scratch), part * scratch.shape[1])
    inputs_ = past(z_, NARROW_ROWS * Q * V)
    begin_inputs(h_0, inputs_, K, F, rows, order, part, n_parts)
    joint_, live = past(start(joint), joint_at), rows
    for step in range(lengths[order[part]]):
        live = still_running(live, step, order, lengths, part, n_parts)
        now, after = step % 2 * rows, (1 - step % 2) * rows
        copy_steps(start(x), (T, F), past(inputs_, now * K + 1), K, live, step, order, lengths, reverse, part, n_parts)
        n_tiles = tiles(live, NARROW_ROWS)
        for p in range(P):
            for tile in range(n_tiles):
                first, last = live * tile // n_tiles, live * (tile + 1) // n_tiles
                # z = x W + h_prev U + b
                at, strip = (now + first) * K, p * K * Q * V
                multiply_narrow(
                    z_, 0, Q * V, inputs_, at, K, 1, start(weights), strip, Q * V, V, K, last - first, FROM_ROW
                )
                for r in range(first, last):
                    n = order[part + r * n_parts]
                    row = n * T + time_of(step, lengths[n], reverse)
                    for unit in range(p * Q * V, min(H, (p + 1) * Q * V), V):
                        # the new state: h = tanh(z)
                        h_t = tanh(load(z_, (r - first) * Q * V + unit - p * Q * V, V))
                        if h.size > 0:
                            store(start(h), row * H + unit, h_t, H - unit)
                        if joint.size > 0:
                            store(joint_, row * joint.shape[2] + unit, h_t, H - unit)
                        store(inputs_, (after + r) * K + 1 + F + unit, h_t, H - unit)
    end_inputs(inputs_, K, F, h_n, rows, order, lengths, part, n_parts)
    clear_padding(h, rows, order, lengths, part, n_parts)
    clear_padding(joint, rows, order, lengths, part, n_parts)
    restore(before)


@Kernel
def forward(
    mailboxes: Mailboxes,
    n_parts: int,
    check: bool,
    W: FloatArray,
    U: FloatArray,
    b: FloatArray,
    weights: FloatArray,
    x: FloatArray,
    h_0: FloatArray,
    *rest: Any,
) -> bool:
    """:func:`forward_rows` for all parts, after W, U and b have been packed into weights.

    With ``check``, only if all numbers of x and the first state are finite; returns whether they are.
    """
    if check and not (all_finite(x) and all_finite(h_0)):
        return False
    pack(mailboxes, n_parts, W, U, b, weights)
    share(mailboxes, n_parts, forward_rows, (weights, x, h_0, *rest))
    return True


@compiled
def backward_rows(
    h: FloatArray,
    turned: FloatArray,
    order: IntArray,
    lengths: IntArray,
    offsets: IntArray,
    reverse: bool,
    dh: FloatArray,
    dh_at: int,
    dh_n: FloatArray,
    dz: FloatArray,
    dx: FloatArray,
    dh_0: FloatArray,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill dz (P, R, 2, V), dx (N, T, F) and dh_0 (N, H) for the rows order[part::n_parts].

    turned has Uᵀ, and Wᵀ if dx is wanted; else dx has no elements. dh is (N, T, ≥ H), of which ours begin at column
    dh_at, or (0, 0, 0) for no gradient by single h.
    Scratch (n_parts, numbers): dz_now (rows, P·2V); dh_now, with this step's dx behind it, as wide as turned.
    """
    before = flush()
    (P, R, Q, V), (N, T, H) = dz.shape, h.shape
    rows, width = tiles(N - part, n_parts), len(turned) * 2 * V
    dz_now_ = past(start(scratch), part * scratch.shape[1])
    dh_now_ = past(dz_now_, rows * P * Q * V)
    clear(dh_now_, 0, rows * width)
    live = 0
    for step in range(lengths[order[part]] - 1, -1, -1):
        # A sequence joins, from its end, with the gradient by its final state.
        first, live = live, joined(live, rows, step, order, lengths, part, n_parts)
        take_rows(dh_n, dh_now_, width, first, live, order, part, n_parts)
        for r in range(live):
            n = order[part + r * n_parts]
            t = time_of(step, lengths[n], reverse)
            for register in range(P * Q):
                unit = register * V
                at, count = (n * T + t) * H + unit, H - unit
                h_t, dh_t = load(start(h), at, count), load(dh_now_, r * width + unit, count)
                if dh.size > 0:
                    dh_t = dh_t + load(start(dh), (n * T + t) * dh.shape[2] + dh_at + unit, count)
                # dz = dh · tanh'(z)
                dz_t = dh_t * fma(-h_t, h_t, 1)
                store(dz_now_, r * P * Q * V + unit, dz_t, V)
                store(start(dz), ((register // Q * R + offsets[n] + t) * Q + register % Q) * V, dz_t, V)
        # dh_prev = dz Uᵀ      dx = dz Wᵀ
        back_through(dz_now_, turned, H + dx.shape[2], dh_now_, live)
        put_steps(past(dh_now_, H), width, dx, live, step, order, lengths, reverse, part, n_parts)
    put_rows(dh_now_, width, dh_0, rows, order, part, n_parts)
    clear_padding(dx, rows, order, lengths, part, n_parts)
    restore(before)


@Kernel
def backward(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`backward_rows` for all parts."""
    share(mailboxes, n_parts, backward_rows, arguments)


CELL = CellKernels(forward, backward, columns=1, read_back=("h",))
