"""The GRU's kernels, for cells that reset after the product; arranged as in ``lstm``.

Its strips have the LSTM's four registers: r, u, what is new for the candidate (x W_g + b_g), and a, what the past gives
to it (h_prev U_g + b_h). So W is as wide as four gates here, with zeros where a is, and U with zeros where the new is.
"""

from typing import Any

import numpy as np

from clearlstm.cell.gru import GATES, GRUWeights
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

assert GATES == ("r", "u", "g"), "these kernels are written for this order"


@compiled
def forward_rows(
    mailboxes: Mailboxes,
    W: FloatArray,
    U: FloatArray,
    b: FloatArray,
    weights: FloatArray,
    x: FloatArray,
    h_0: FloatArray,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    gates: FloatArray,
    a: FloatArray,
    h: FloatArray,
    h_n: FloatArray,
    joint: FloatArray,
    joint_at: int,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill gates (N, T, 3H), a and h (N, T, H), h_n (N, H) for the rows order[part::n_parts].

    What is recorded has elements or none. joint (N, T, ≥ H), or (0, 0, 0): h goes there too, from column joint_at on.

    Scratch (n_parts, numbers): z (ROWS_AT_ONCE, 4V); inputs (2, rows, 1 + F + P·V), a row (1, x_t, h_prev) for this
    step and one for the next. Two parts of a single row share its units, as in ``lstm``.
    """
    before = flush()
    (N, T, F), H, recorded = x.shape, h_0.shape[1], gates.size > 0
    member, n_members, part, n_parts = shared(N, part, n_parts)
    rows = tiles(N - part, n_parts)
    x_, gates_, a_, h_ = start(x), start(gates), start(a), start(h)
    joint_, joint_width = past(start(joint), joint_at), joint.shape[2]
    Q, V = 4, lanes_of(x_)
    P, unpacked = tiles(H, V), weights.size == 0
    width = 1 + F + P * V
    z_ = past(start(scratch), (part + member) * scratch.shape[1])
    inputs_ = past(start(scratch), part * scratch.shape[1] + ROWS_AT_ONCE * Q * V)
    first_strip, last_strip = P * member // n_members, P * (member + 1) // n_members
    if member == 0:
        clear(inputs_, 0, 2 * rows * width)
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
                # z_k = x W_k + h_prev U_k + b_k        a = h_prev U_g + b_h
                if unpacked:
                    sums_of_unpacked(past(inputs_, now * width), width, live, W, U, b, p * V, z_)
                else:
                    weighted_sums(inputs_, (now + first) * width, width, last - first, weights, p, z_)
                for r in range(first, last):
                    n = order[part + r * n_parts]
                    row = n * T + time_of(step, lengths[n], reverse)
                    unit, at = p * V, (r - first) * Q * V
                    h_prev = load(inputs_, (now + r) * width + 1 + F + unit, V)
                    h_t = _update(z_, at, h_prev, gates_, a_, row, H, unit, V, recorded)
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
    clear_padding(gates, rows, order, lengths, part, n_parts)
    clear_padding(a, rows, order, lengths, part, n_parts)
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
    """:func:`forward_rows` for all parts, after W, U and b have been packed into weights, if it has any elements.

    With ``check``, only if all numbers of x and the first state are finite; returns whether they are.
    """
    if check and not (all_finite(x) and all_finite(h_0)):
        return False
    pack(mailboxes, n_parts, W, U, b, weights)
    if len(x) < n_parts:
        share_together(mailboxes, forward_rows, (mailboxes, W, U, b, weights, x, h_0, *rest))
    else:
        share(mailboxes, n_parts, forward_rows, (mailboxes, W, U, b, weights, x, h_0, *rest))
    return True


@inlined
def _update(
    z: Floats, at: int, h_prev: Vector, gates: Floats, a: Floats, row: int, H: int, unit: int, V: int, recorded: bool
) -> Vector:
    """From z to gates and the new state, for one row and a register of units."""
    # r, u = sigmoid(z)      z_g = x W_g + b_g + r a
    r = sigmoid(load(z, at, V))
    u = sigmoid(load(z, at + V, V))
    a_t = load(z, at + 3 * V, V)
    g = tanh(fma(r, a_t, load(z, at + 2 * V, V)))
    if recorded:
        gate, count = row * 3 * H + unit, H - unit
        store(gates, gate, r, count)
        store(gates, gate + H, u, count)
        store(gates, gate + 2 * H, g, count)
        store(a, row * H + unit, a_t, count)
    # h = u h_prev + (1 − u) g
    h_t: Vector = fma(u, h_prev - g, g)
    return h_t


@compiled
def backward_rows(
    gates: FloatArray,
    a: FloatArray,
    h: FloatArray,
    h_0: FloatArray,
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
    """Fill dz (P, R, 4, V), dx (N, T, F) and dh_0 (N, H) for the rows order[part::n_parts]; dz holds da in place of o.

    turned has Uᵀ, and Wᵀ if dx is wanted; else dx has no elements. dh is (N, T, ≥ H), of which ours begin at column
    dh_at, or (0, 0, 0) for no gradient by single h.
    Scratch (n_parts, numbers): dz_now (rows, 4, P·V), gate by gate as ``turned`` is in ``strips``; kept (rows, P·V),
    what goes back through u alone; dh_now, with this step's dx behind it, as wide as turned has columns.
    """
    before = flush()
    (P, R, _, _), (N, T, H) = dz.shape, h.shape
    gates_, a_, h_, dh_, dz_ = start(gates), start(a), start(h), start(dh), start(dz)
    Q, V, dh_width = 4, lanes_of(dz_), dh.shape[2]
    rows, width = tiles(N - part, n_parts), len(turned) * 2 * V
    dz_now_ = past(start(scratch), part * scratch.shape[1])
    kept_ = past(dz_now_, rows * P * Q * V)
    dh_now_ = past(kept_, rows * P * V)
    clear(kept_, 0, rows * (P * V + width))
    live = 0
    for step in range(lengths[order[part]] - 1, -1, -1):
        # A sequence joins, from its end, with the gradient by its final state.
        first, live = live, joined(live, rows, step, order, lengths, part, n_parts)
        take_rows(dh_n, dh_now_, width, first, live, order, part, n_parts)
        for r in range(live):
            n = order[part + r * n_parts]
            t = time_of(step, lengths[n], reverse)
            row = n * T + t
            h_prev_, before_row = h_, row + (1 if reverse else -1)
            if step == 0:
                h_prev_, before_row = start(h_0), n
            for p in range(P):
                unit, count, state = p * V, H - p * V, (r * P + p) * V
                # dh_prev = dh u + Σ_k dz_k U_kᵀ
                dh_t = load(dh_now_, r * width + unit, count) + load(kept_, state, V)
                if dh.size > 0:
                    dh_t = dh_t + load(dh_, row * dh_width + dh_at + unit, count)
                h_prev, a_t = load(h_prev_, before_row * H + unit, count), load(a_, row * H + unit, count)
                now, to = r * Q * P * V + unit, (p * R + offsets[n] + t) * Q * V
                _update_back(gates_, row, H, unit, a_t, h_prev, dh_t, kept_, state, dz_now_, now, dz_, to, P * V, V)
        back_through(dz_now_, turned, H + dx.shape[2], dh_now_, live)
        put_steps(past(dh_now_, H), width, dx, live, step, order, lengths, reverse, part, n_parts)
    for r in range(rows):
        for p in range(P):
            at = r * width + p * V
            store(dh_now_, at, load(dh_now_, at, V) + load(kept_, (r * P + p) * V, V), V)
    put_rows(dh_now_, width, dh_0, rows, order, part, n_parts)
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
    a_t: Vector,
    h_prev: Vector,
    dh_t: Vector,
    kept: Floats,
    state: int,
    dz_now: Floats,
    now_at: int,
    dz: Floats,
    dz_at: int,
    padded_H: int,
    V: int,
) -> None:
    """From dh to dz and da, for one row and a register of units; they go to this step's and to all steps'."""
    count, gate = H - unit, row * 3 * H + unit
    r, u, g = load(gates, gate, count), load(gates, gate + H, count), load(gates, gate + 2 * H, count)
    # h = u h_prev + (1 − u) g
    dz_u = dh_t * (h_prev - g) * (u * (1 - u))
    dz_g = dh_t * (1 - u) * fma(-g, g, 1)
    store(kept, state, dh_t * u, V)
    # z_g = x W_g + b_g + r a
    dz_r = dz_g * a_t * (r * (1 - r))
    da = dz_g * r
    put_four(dz_now, now_at, padded_H, dz_r, dz_u, dz_g, da)
    put_four(dz, dz_at, V, dz_r, dz_u, dz_g, da)


def _packed(weights: GRUWeights) -> tuple[FloatArray, FloatArray, FloatArray]:
    """W (F, 4H), U (H, 4H) and b (4H,), with the columns of a last."""
    W, U, H = weights.W, weights.U, len(weights.U)
    assert weights.b_h is not None
    W = np.concatenate([W, np.zeros((len(W), H), W.dtype)], axis=1)
    U = np.concatenate([U[:, : 2 * H], np.zeros((H, H), U.dtype), U[:, 2 * H :]], axis=1)
    return W, U, np.concatenate([weights.b, weights.b_h])


def _unpacked(dW: FloatArray, dU: FloatArray, db: FloatArray) -> tuple[FloatArray, ...]:
    """Gradients by W, U, b and b_h."""
    H = len(dU)
    U = np.concatenate([dU[:, : 2 * H], dU[:, 3 * H :]], axis=1)
    return np.ascontiguousarray(dW[:, : 3 * H]), U, db[: 3 * H].copy(), db[3 * H :].copy()


CELL = CellKernels(
    forward=forward,
    backward=backward,
    columns=4,
    read_back=("gates", "a", "h", "h_0"),
    backward_states=1,
    shares_units=True,
    packed=_packed,
    unpacked=_unpacked,
)
