"""The LSTM's kernels: forward and backward through time for some rows of the batch.

A thread takes its rows through all steps by itself: threads never wait for each other inside a sequence, and a row's
result doesn't depend on who computed it. Layouts are those of ``panels``.
"""

from typing import Any

from clearlstm.kernels.activations import sigmoid, tanh
from clearlstm.kernels.compiling import Kernel, compiled, inlined
from clearlstm.kernels.steps import back_through, clear, copy, copy_steps, still_running, tiles, time_of
from clearlstm.kernels.subnormals import flush, restore
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.tile import WIDE_ROWS, multiply_wide
from clearlstm.kernels.vector import Floats, Vector, load, past, start, store
from clearlstm.shapes import FloatArray, IntArray


@compiled
def forward_rows(
    x: FloatArray,
    weights: FloatArray,
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
    scratch: FloatArray,
    part: int,
    n_parts: int,
) -> None:
    """Fill gates (N, T, 4H), c, h (N, T, H), h_n, c_n (N, H) for the rows order[part::n_parts].

    Scratch (n_parts, numbers): z (WIDE_ROWS, 4V); cells (rows, P·V), the state; inputs (2, rows, K), a row
    (1, x_t, h_prev) for this step and one for the next.
    """
    before = flush()
    (P, K, Q, V), (N, T, F), H = weights.shape, x.shape, h_0.shape[1]
    rows = tiles(N - part, n_parts)
    x_, weights_, gates_, c_, h_ = start(x), start(weights), start(gates), start(c), start(h)
    z_ = past(start(scratch), part * scratch.shape[1])
    cells_ = past(z_, WIDE_ROWS * Q * V)
    inputs_ = past(cells_, rows * P * V)
    _enter(h_0, c_0, order, part, n_parts, rows, inputs_, K, cells_, P * V)
    live = rows
    for step in range(lengths[order[part]]):
        live = still_running(live, step, order, lengths, part, n_parts)
        now, after = step % 2 * rows, (1 - step % 2) * rows
        copy_steps(x_, (T, F), past(inputs_, now * K + 1), K, live, step, order, lengths, reverse, part, n_parts)
        n_tiles = tiles(live, WIDE_ROWS)
        for p in range(P):
            for tile in range(n_tiles):
                first, last = live * tile // n_tiles, live * (tile + 1) // n_tiles
                # z_k = x W_k + h_prev U_k + b_k
                at, panel = (now + first) * K, p * K * Q * V
                multiply_wide(z_, 0, Q * V, inputs_, at, K, 1, weights_, panel, Q * V, V, K, last - first, False)
                for r in range(first, last):
                    n = order[part + r * n_parts]
                    row = n * T + time_of(step, lengths[n], reverse)
                    c_t, h_t = _update(z_, (r - first) * Q * V, cells_, (r * P + p) * V, gates_, row, H, p * V, V)
                    store(c_, row * H + p * V, c_t, H - p * V)
                    store(h_, row * H + p * V, h_t, H - p * V)
                    store(inputs_, (after + r) * K + 1 + F + p * V, h_t, H - p * V)
    for r in range(rows):
        n = order[part + r * n_parts]
        row, padding = n * T + lengths[n], T - lengths[n]
        copy(inputs_, (lengths[n] % 2 * rows + r) * K + 1 + F, start(h_n), n * H, H)
        copy(cells_, r * P * V, start(c_n), n * H, H)
        clear(gates_, row * 4 * H, padding * 4 * H)
        clear(c_, row * H, padding * H)
        clear(h_, row * H, padding * H)
    restore(before)


@Kernel
def forward(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`forward_rows` for all parts."""
    share(mailboxes, n_parts, forward_rows, arguments)


@inlined
def _enter(
    h_0: FloatArray,
    c_0: FloatArray,
    order: IntArray,
    part: int,
    n_parts: int,
    rows: int,
    inputs: Floats,
    K: int,
    cells: Floats,
    cells_row: int,
) -> None:
    """Each row's first state, and the 1 that b is multiplied with."""
    H = h_0.shape[1]
    for r in range(rows):
        n = order[part + r * n_parts]
        inputs[r * K] = inputs[(rows + r) * K] = 1
        copy(start(h_0), n * H, inputs, (r + 1) * K - H, H)
        clear(cells, r * cells_row, cells_row)
        copy(start(c_0), n * H, cells, r * cells_row, H)


@inlined
def _update(
    z: Floats, at: int, cells: Floats, cell: int, gates: Floats, row: int, H: int, unit: int, V: int
) -> tuple[Vector, Vector]:
    """From z to gates and new state (c_t, h_t), for one row and a register of units."""
    # f, i, o = sigmoid(z)      g = tanh(z_g)
    f = sigmoid(load(z, at, V))
    i = sigmoid(load(z, at + V, V))
    g = tanh(load(z, at + 2 * V, V))
    o = sigmoid(load(z, at + 3 * V, V))
    # c = f c_prev + i g        h = o tanh(c)
    c_t = f * load(cells, cell, V) + i * g
    h_t = o * tanh(c_t)
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
    U_turned: FloatArray,
    W_turned: FloatArray,
    order: IntArray,
    lengths: IntArray,
    offsets: IntArray,
    reverse: bool,
    dh: FloatArray,
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

    dh is (N, T, H), or (0, 0, 0) for no gradient by the single h; W_turned and dx have no elements if dx isn't wanted.
    Scratch (n_parts, numbers): dz_now (rows, P·4V), dc_now (rows, P·V), dh_now and dx_now, as wide as U_turned and
    W_turned have columns.
    """
    before = flush()
    (P, R, Q, V), (N, T, H), F = dz.shape, c.shape, dx.shape[2]
    rows, width, dx_width = tiles(N - part, n_parts), len(U_turned) * 2 * V, len(W_turned) * 2 * V
    gates_, c_, c_0_, dh_, dz_, dx_ = start(gates), start(c), start(c_0), start(dh), start(dz), start(dx)
    has_dh = dh.size > 0
    dz_now_ = past(start(scratch), part * scratch.shape[1])
    dc_now_ = past(dz_now_, rows * P * Q * V)
    dh_now_ = past(dc_now_, rows * P * V)
    dx_now_ = past(dh_now_, rows * width)
    clear(dh_now_, 0, rows * width)
    clear(dc_now_, 0, rows * P * V)
    live = 0
    for step in range(lengths[order[part]] - 1, -1, -1):
        # A sequence joins, from its end, with the gradients by its final state.
        while live < rows and lengths[order[part + live * n_parts]] > step:
            n = order[part + live * n_parts]
            copy(start(dh_n), n * H, dh_now_, live * width, H)
            copy(start(dc_n), n * H, dc_now_, live * P * V, H)
            live += 1
        for r in range(live):
            n = order[part + r * n_parts]
            t = time_of(step, lengths[n], reverse)
            row = n * T + t
            for p in range(P):
                unit, count, state = p * V, H - p * V, (r * P + p) * V
                c_prev = load(c_0_, n * H + unit, count)
                if step > 0:
                    c_prev = load(c_, (row + (1 if reverse else -1)) * H + unit, count)
                dh_t = load(dh_now_, r * width + unit, V)
                if has_dh:
                    dh_t = dh_t + load(dh_, row * H + unit, count)
                to = (p * R + offsets[n] + t) * Q * V
                c_t = load(c_, row * H + unit, count)
                _update_back(gates_, row, H, unit, c_t, c_prev, dh_t, dc_now_, state, dz_now_, dz_, to, V)
        # dh_prev = Σ_k dz_k U_kᵀ      dx = Σ_k dz_k W_kᵀ
        back_through(dz_now_, U_turned, dh_now_, live)
        if F > 0:
            back_through(dz_now_, W_turned, dx_now_, live)
            for r in range(live):
                n = order[part + r * n_parts]
                copy(dx_now_, r * dx_width, dx_, (n * T + time_of(step, lengths[n], reverse)) * F, F)
    for r in range(rows):
        n = order[part + r * n_parts]
        copy(dh_now_, r * width, start(dh_0), n * H, H)
        copy(dc_now_, r * P * V, start(dc_0), n * H, H)
        clear(dx_, (n * T + lengths[n]) * F, (T - lengths[n]) * F)
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
    dz: Floats,
    dz_at: int,
    V: int,
) -> None:
    """From dh to dz and dc_prev, for one row and a register of units; dz goes to this step's and to all steps'."""
    count, gate = H - unit, row * 4 * H + unit
    f, i = load(gates, gate, count), load(gates, gate + H, count)
    g, o = load(gates, gate + 2 * H, count), load(gates, gate + 3 * H, count)
    # h = o tanh(c)
    tanh_c = tanh(c_t)
    dz_o = dh_t * tanh_c * (o * (1 - o))
    dc_t = load(dc_now, state, V) + dh_t * o * (1 - tanh_c * tanh_c)
    # c = f c_prev + i g
    dz_f = dc_t * c_prev * (f * (1 - f))
    dz_i = dc_t * g * (i * (1 - i))
    dz_g = dc_t * i * (1 - g * g)
    store(dc_now, state, dc_t * f, V)
    _put_side_by_side(dz_now, 4 * state, V, dz_f, dz_i, dz_g, dz_o)
    _put_side_by_side(dz, dz_at, V, dz_f, dz_i, dz_g, dz_o)


@inlined
def _put_side_by_side(to: Floats, at: int, V: int, f: Vector, i: Vector, g: Vector, o: Vector) -> None:
    store(to, at, f, V)
    store(to, at + V, i, V)
    store(to, at + 2 * V, g, V)
    store(to, at + 3 * V, o, V)


@Kernel
def step(
    x_t: FloatArray,
    W: FloatArray,
    U: FloatArray,
    b: FloatArray,
    h_prev: FloatArray,
    c_prev: FloatArray,
    h: FloatArray,
    c: FloatArray,
    V: int,
) -> None:
    """One step for streaming: x_t (N, F), all states (N, H). The weights are read as they are: packing takes longer."""
    before = flush()
    (N, F), H = x_t.shape, h.shape[1]
    for n in range(N):
        for unit in range(0, H, V):
            at, count = n * H + unit, H - unit
            # z_k = x W_k + h_prev U_k + b_k
            z_f, z_i, z_g, z_o = _four(start(b), unit, H)
            z_f, z_i, z_g, z_o = _add_product(start(x_t), n * F, F, start(W), unit, H, z_f, z_i, z_g, z_o)
            z_f, z_i, z_g, z_o = _add_product(start(h_prev), n * H, H, start(U), unit, H, z_f, z_i, z_g, z_o)
            # c = f c_prev + i g        h = o tanh(c)
            c_t = sigmoid(z_f) * load(start(c_prev), at, count) + sigmoid(z_i) * tanh(z_g)
            store(start(c), at, c_t, count)
            store(start(h), at, sigmoid(z_o) * tanh(c_t), count)
    restore(before)


@inlined
def _four(numbers: Floats, at: int, H: int) -> tuple[Vector, Vector, Vector, Vector]:
    """The same units in all four gates."""
    count = H - at % H
    return (
        load(numbers, at, count),
        load(numbers, at + H, count),
        load(numbers, at + 2 * H, count),
        load(numbers, at + 3 * H, count),
    )


@inlined
def _add_product(
    a: Floats, first: int, K: int, B: Floats, unit: int, H: int, f: Vector, i: Vector, g: Vector, o: Vector
) -> tuple[Vector, Vector, Vector, Vector]:
    for k in range(K):
        b_f, b_i, b_g, b_o = _four(B, 4 * H * k + unit, H)
        f, i, g, o = f + a[first + k] * b_f, i + a[first + k] * b_i, g + a[first + k] * b_g, o + a[first + k] * b_o
    return f, i, g, o
