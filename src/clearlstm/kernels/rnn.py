"""The plain recurrent unit's kernels, for comparison; arranged as in ``lstm``, with two registers of units a panel."""

from typing import Any

from clearlstm.kernels.activations import tanh
from clearlstm.kernels.compiling import Kernel, compiled
from clearlstm.kernels.steps import back_through, clear, copy, copy_steps, still_running, tiles, time_of
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import NARROW_ROWS, multiply_narrow
from clearlstm.kernels.vector import load, past, start, store
from clearlstm.shapes import FloatArray, IntArray


@compiled
def forward_rows(
    x: FloatArray,
    weights: FloatArray,
    h_0: FloatArray,
    order: IntArray,
    lengths: IntArray,
    reverse: bool,
    h: FloatArray,
    h_n: FloatArray,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill h (N, T, H) and h_n (N, H) for the rows order[part::n_parts].

    Scratch (n_parts, numbers): z (NARROW_ROWS, 2V); inputs (2, rows, K), a row (1, x_t, h_prev) for this step and one
    for the next.
    """
    before = flush()
    (P, K, Q, V), (N, T, F), H = weights.shape, x.shape, h_0.shape[1]
    rows = tiles(N - part, n_parts)
    z_ = past(start(scratch), part * scratch.shape[1])
    inputs_ = past(z_, NARROW_ROWS * Q * V)
    for r in range(rows):
        inputs_[r * K] = inputs_[(rows + r) * K] = 1
        copy(start(h_0), order[part + r * n_parts] * H, inputs_, r * K + 1 + F, H)
    live = rows
    for step in range(lengths[order[part]]):
        live = still_running(live, step, order, lengths, part, n_parts)
        now, after = step % 2 * rows, (1 - step % 2) * rows
        copy_steps(start(x), (T, F), past(inputs_, now * K + 1), K, live, step, order, lengths, reverse, part, n_parts)
        n_tiles = tiles(live, NARROW_ROWS)
        for p in range(P):
            for tile in range(n_tiles):
                first, last = live * tile // n_tiles, live * (tile + 1) // n_tiles
                # z = x W + h_prev U + b
                at, panel = (now + first) * K, p * K * Q * V
                multiply_narrow(
                    z_, 0, Q * V, inputs_, at, K, 1, start(weights), panel, Q * V, V, K, last - first, False
                )
                for r in range(first, last):
                    n = order[part + r * n_parts]
                    to = (n * T + time_of(step, lengths[n], reverse)) * H
                    for unit in range(p * Q * V, min(H, (p + 1) * Q * V), V):
                        # the new state: h = tanh(z)
                        h_t = tanh(load(z_, (r - first) * Q * V + unit - p * Q * V, V))
                        store(start(h), to + unit, h_t, H - unit)
                        store(inputs_, (after + r) * K + 1 + F + unit, h_t, H - unit)
    for r in range(rows):
        n = order[part + r * n_parts]
        copy(inputs_, (lengths[n] % 2 * rows + r) * K + 1 + F, start(h_n), n * H, H)
        clear(start(h), (n * T + lengths[n]) * H, (T - lengths[n]) * H)
    restore(before)


@Kernel
def forward(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`forward_rows` for all parts."""
    share(mailboxes, n_parts, forward_rows, arguments)


@compiled
def backward_rows(
    h: FloatArray,
    U_turned: FloatArray,
    W_turned: FloatArray,
    order: IntArray,
    lengths: IntArray,
    offsets: IntArray,
    reverse: bool,
    dh: FloatArray,
    dh_n: FloatArray,
    dz: FloatArray,
    dx: FloatArray,
    dh_0: FloatArray,
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill dz (P, R, 2, V), dx (N, T, F) and dh_0 (N, H) for the rows order[part::n_parts].

    dh is (N, T, H), or (0, 0, 0) for no gradient by the single h; W_turned and dx have no elements if dx isn't wanted.
    Scratch (n_parts, numbers): dz_now (rows, P·2V), dh_now and dx_now, as wide as U_turned and W_turned have columns.
    """
    before = flush()
    (P, R, Q, V), (N, T, H), F = dz.shape, h.shape, dx.shape[2]
    rows, width, dx_width = tiles(N - part, n_parts), len(U_turned) * 2 * V, len(W_turned) * 2 * V
    has_dh = dh.size > 0
    dz_now_ = past(start(scratch), part * scratch.shape[1])
    dh_now_ = past(dz_now_, rows * P * Q * V)
    dx_now_ = past(dh_now_, rows * width)
    clear(dh_now_, 0, rows * width)
    live = 0
    for step in range(lengths[order[part]] - 1, -1, -1):
        # A sequence joins, from its end, with the gradient by its final state.
        while live < rows and lengths[order[part + live * n_parts]] > step:
            copy(start(dh_n), order[part + live * n_parts] * H, dh_now_, live * width, H)
            live += 1
        for r in range(live):
            n = order[part + r * n_parts]
            t = time_of(step, lengths[n], reverse)
            for p in range(P):
                for q in range(Q):
                    unit = (p * Q + q) * V
                    at = (n * T + t) * H + unit
                    h_t = load(start(h), at, H - unit)
                    dh_t = load(dh_now_, r * width + unit, V)
                    if has_dh:
                        dh_t = dh_t + load(start(dh), at, H - unit)
                    # dz = dh · tanh'(z)
                    dz_t = dh_t * (1 - h_t * h_t)
                    store(dz_now_, r * P * Q * V + unit, dz_t, V)
                    store(start(dz), ((p * R + offsets[n] + t) * Q + q) * V, dz_t, V)
        # dh_prev = dz Uᵀ      dx = dz Wᵀ
        back_through(dz_now_, U_turned, dh_now_, live)
        if F > 0:
            back_through(dz_now_, W_turned, dx_now_, live)
            for r in range(live):
                n = order[part + r * n_parts]
                to = (n * T + time_of(step, lengths[n], reverse)) * F
                copy(dx_now_, r * dx_width, start(dx), to, F)
    for r in range(rows):
        n = order[part + r * n_parts]
        copy(dh_now_, r * width, start(dh_0), n * H, H)
        clear(start(dx), (n * T + lengths[n]) * F, (T - lengths[n]) * F)
    restore(before)


@Kernel
def backward(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`backward_rows` for all parts."""
    share(mailboxes, n_parts, backward_rows, arguments)
