"""The LSTM's kernels: forward and backward through time for some rows of the batch.

A thread takes its rows through all steps by itself, and a row's result doesn't depend on who computed it. Of a single
long sequence two threads share the units, and wait for each other at every step. Layouts are those of ``strips``.
"""

from typing import Any

from clearlstm.cell.layout import GATES
from clearlstm.kernels.activations import sigmoid, tanh
from clearlstm.kernels.cell_kernels import CellKernels
from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled, inlined
from clearlstm.kernels.steps import (
    ROWS_AT_ONCE,
    all_finite,
    back_through,
    begin_inputs,
    clear,
    clear_padding,
    copy_steps,
    end_inputs,
    joined,
    put_four,
    put_rows,
    put_steps,
    shared,
    still_running,
    sums_of_unpacked,
    take_rows,
    tiles,
    time_of,
    weighted_sums,
)
from clearlstm.kernels.strips import pack
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, meet, share, share_together
from clearlstm.kernels.vector import Floats, Vector, fma, lanes_of, load, past, start, store
from clearlstm.shapes import FloatArray, IntArray

assert GATES == ("f", "i", "g", "o"), "these kernels are written for this order"


@compiled
def forward_rows(
    mailboxes: Mailboxes,
    W: FloatArray,
    U: FloatArray,
    b: FloatArray,
    weights: FloatArray,
    x: FloatArray,
    h_0: FloatArray,
    c_0: FloatArray,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    gates: FloatArray,
    c: FloatArray,
    h: FloatArray,
    h_n: FloatArray,
    c_n: FloatArray,
    joint: FloatArray,
    joint_at: int,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill gates (N, T, 4H), c, h (N, T, H), h_n, c_n (N, H) for the rows order[part::n_parts].

    What is recorded has elements or none. joint (N, T, ≥ H), or (0, 0, 0): h goes there too, from column joint_at on.

    Scratch (n_parts, numbers): z (ROWS_AT_ONCE, 4V); cells (rows, P·V), the state; inputs (2, rows, 1 + F + P·V), a row
    (1, x_t, h_prev) for this step and one for the next.

    Two parts of a single row share its units instead, and meet after each step: cells and inputs are both's, in part
    0's scratch, which part 0 alone fills at the start and takes x to.
    """
    before = flush()
    (N, T, F), H, recorded = x.shape, h_0.shape[1], gates.size > 0
    member, n_members, part, n_parts = shared(N, part, n_parts)
    rows = tiles(N - part, n_parts)
    x_, gates_, c_, h_ = start(x), start(gates), start(c), start(h)
    joint_, joint_width = past(start(joint), joint_at), joint.shape[2]
    Q, V = 4, lanes_of(x_)
    P, unpacked = tiles(H, V), weights.size == 0
    width = 1 + F + P * V
    z_ = past(start(scratch), (part + member) * scratch.shape[1])
    cells_ = past(start(scratch), part * scratch.shape[1] + ROWS_AT_ONCE * Q * V)
    inputs_ = past(cells_, rows * P * V)
    first_strip, last_strip = P * member // n_members, P * (member + 1) // n_members
    if member == 0:
        clear(cells_, 0, rows * P * V)
        take_rows(c_0, cells_, P * V, 0, rows, order, part, n_parts)
        begin_inputs(h_0, inputs_, width, F, rows, order, part, n_parts)
    live, n_steps = rows, lengths[order[part]]
    for step in range(n_steps):
        live = still_running(live, step, order, lengths, part, n_parts)
        now, after = step % 2 * rows, (1 - step % 2) * rows
        if member == 0:
            copy_steps(
                x_, (T, F), past(inputs_, now * width + 1), width, live, step, order, lengths, reverse, part, n_parts
            )
        if n_members > 1:
            meet(mailboxes, member, step + 1)
        n_blocks = tiles(live, ROWS_AT_ONCE)
        for p in range(first_strip, last_strip):
            for block in range(n_blocks):
                first, last = live * block // n_blocks, live * (block + 1) // n_blocks
                # z_k = x W_k + h_prev U_k + b_k
                if unpacked:
                    sums_of_unpacked(past(inputs_, now * width), width, live, W, U, b, p * V, z_)
                else:
                    weighted_sums(inputs_, (now + first) * width, width, last - first, weights, p, z_)
                for r in range(first, last):
                    n = order[part + r * n_parts]
                    row = n * T + time_of(step, lengths[n], reverse)
                    unit, at = p * V, (r - first) * Q * V
                    c_t, h_t = _update(z_, at, cells_, (r * P + p) * V, gates_, row, H, unit, V, recorded)
                    if recorded:
                        store(c_, row * H + unit, c_t, H - unit)
                    if h.size > 0:
                        store(h_, row * H + unit, h_t, H - unit)
                    if joint.size > 0:
                        store(joint_, row * joint_width + unit, h_t, H - unit)
                    store(inputs_, (after + r) * width + 1 + F + unit, h_t, V)
    if n_members > 1:
        meet(mailboxes, member, n_steps + 1)
    if member > 0:
        restore(before)
        return
    end_inputs(inputs_, width, F, h_n, rows, order, lengths, part, n_parts)
    put_rows(cells_, P * V, c_n, rows, order, part, n_parts)
    clear_padding(gates, rows, order, lengths, part, n_parts)
    clear_padding(c, rows, order, lengths, part, n_parts)
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
    c_0: FloatArray,
    *rest: Any,
) -> bool:
    """:func:`forward_rows` for all parts, after W, U and b have been packed into weights, if it has any elements.

    With ``check``, only if all numbers of x and the first states are finite; returns whether they are.
    """
    if check and not (all_finite(x) and all_finite(h_0) and all_finite(c_0)):
        return False
    pack(mailboxes, n_parts, W, U, b, weights)
    if len(x) < n_parts:
        share_together(mailboxes, forward_rows, (mailboxes, W, U, b, weights, x, h_0, c_0, *rest))
    else:
        share(mailboxes, n_parts, forward_rows, (mailboxes, W, U, b, weights, x, h_0, c_0, *rest))
    return True


@inlined
def _update(
    z: Floats, at: int, cells: Floats, cell: int, gates: Floats, row: int, H: int, unit: int, V: int, recorded: bool
) -> tuple[Vector, Vector]:
    """From z to gates and new state (c_t, h_t), for one row and a register of units."""
    # f, i, o = sigmoid(z)      g = tanh(z_g)
    f = sigmoid(load(z, at, V))
    i = sigmoid(load(z, at + V, V))
    g = tanh(load(z, at + 2 * V, V))
    o = sigmoid(load(z, at + 3 * V, V))
    # c = f c_prev + i g        h = o tanh(c)
    c_t = fma(f, load(cells, cell, V), i * g)
    h_t = o * tanh(c_t)
    if recorded:
        gate, count = row * 4 * H + unit, H - unit
        store(gates, gate, f, count)
        store(gates, gate + H, i, count)
        store(gates, gate + 2 * H, g, count)
        store(gates, gate + 3 * H, o, count)
    store(cells, cell, c_t, V)
    return c_t, h_t


@compiled
def backward_rows(
    gates: FloatArray,
    c: FloatArray,
    c_0: FloatArray,
    turned: FloatArray,
    order: IntArray,
    lengths: IntArray,
    offsets: IntArray,
    reverse: bool,
    dh: FloatArray,
    dh_at: int,
    dh_n: FloatArray,
    dc_n: FloatArray,
    dz: FloatArray,
    dx: FloatArray,
    dh_0: FloatArray,
    dc_0: FloatArray,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill dz (P, R, 4, V), dx (N, T, F), dh_0 and dc_0 (N, H) for the rows order[part::n_parts].

    turned has Uᵀ, and Wᵀ if dx is wanted; else dx has no elements. dh is (N, T, ≥ H), of which ours begin at column
    dh_at, or (0, 0, 0) for no gradient by single h.
    Scratch (n_parts, numbers): dz_now (rows, 4, P·V), gate by gate as ``turned`` is in ``strips``; dc_now (rows, P·V);
    dh_now, with this step's dx behind it, as wide as turned has columns.
    """
    before = flush()
    (P, R, _, _), (N, T, H) = dz.shape, c.shape
    gates_, c_, dh_, dz_ = start(gates), start(c), start(dh), start(dz)
    Q, V, dh_width = 4, lanes_of(dz_), dh.shape[2]
    rows, width = tiles(N - part, n_parts), len(turned) * 2 * V
    dz_now_ = past(start(scratch), part * scratch.shape[1])
    dc_now_ = past(dz_now_, rows * P * Q * V)
    dh_now_ = past(dc_now_, rows * P * V)
    clear(dc_now_, 0, rows * (P * V + width))
    live = 0
    for step in range(lengths[order[part]] - 1, -1, -1):
        # A sequence joins, from its end, with the gradients by its final state.
        first, live = live, joined(live, rows, step, order, lengths, part, n_parts)
        take_rows(dh_n, dh_now_, width, first, live, order, part, n_parts)
        take_rows(dc_n, dc_now_, P * V, first, live, order, part, n_parts)
        for r in range(live):
            n = order[part + r * n_parts]
            t = time_of(step, lengths[n], reverse)
            row = n * T + t
            c_prev_, before_row = c_, row + (1 if reverse else -1)
            if step == 0:
                c_prev_, before_row = start(c_0), n
            for p in range(P):
                unit, count = p * V, H - p * V
                dh_t = load(dh_now_, r * width + unit, count)
                if dh.size > 0:
                    dh_t = dh_t + load(dh_, row * dh_width + dh_at + unit, count)
                c_t, c_prev = load(c_, row * H + unit, count), load(c_prev_, before_row * H + unit, count)
                state, now = (r * P + p) * V, r * Q * P * V + unit
                to = (p * R + offsets[n] + t) * Q * V
                _update_back(gates_, row, H, unit, c_t, c_prev, dh_t, dc_now_, state, dz_now_, now, dz_, to, P * V, V)
        # dh_prev = Σ_k dz_k U_kᵀ      dx = Σ_k dz_k W_kᵀ
        back_through(dz_now_, turned, H + dx.shape[2], dh_now_, live)
        put_steps(past(dh_now_, H), width, dx, live, step, order, lengths, reverse, part, n_parts)
    put_rows(dh_now_, width, dh_0, rows, order, part, n_parts)
    put_rows(dc_now_, P * V, dc_0, rows, order, part, n_parts)
    clear_padding(dx, rows, order, lengths, part, n_parts)
    restore(before)


@Kernel
def backward(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`backward_rows` for all parts."""
    share(mailboxes, n_parts, backward_rows, arguments)


@inlined
def _update_back(
    gates: Floats,
    row: int,
    H: int,
    unit: int,
    c_t: Vector,
    c_prev: Vector,
    dh_t: Vector,
    dc_now: Floats,
    state: int,
    dz_now: Floats,
    now_at: int,
    dz: Floats,
    dz_at: int,
    padded_H: int,
    V: int,
) -> None:
    """From dh to dz and dc_prev, for one row and a register of units; dz goes to this step's and to all steps'."""
    count, gate = H - unit, row * 4 * H + unit
    f, i = load(gates, gate, count), load(gates, gate + H, count)
    g, o = load(gates, gate + 2 * H, count), load(gates, gate + 3 * H, count)
    # h = o tanh(c)
    tanh_c = tanh(c_t)
    dz_o = dh_t * tanh_c * (o * (1 - o))
    dc_t = fma(dh_t * o, fma(-tanh_c, tanh_c, 1), load(dc_now, state, V))
    # c = f c_prev + i g
    dz_f = dc_t * c_prev * (f * (1 - f))
    dz_i = dc_t * g * (i * (1 - i))
    dz_g = dc_t * i * fma(-g, g, 1)
    store(dc_now, state, dc_t * f, V)
    put_four(dz_now, now_at, padded_H, dz_f, dz_i, dz_g, dz_o)
    put_four(dz, dz_at, V, dz_f, dz_i, dz_g, dz_o)


CELL = CellKernels(
    forward,
    backward,
    columns=4,
    read_back=("gates", "c", "c_0"),
    forward_states=1,
    backward_states=1,
    shares_units=True,
)
