"""How arrays lie in memory while a layer is computed: in strips, as wide as a tile and read from end to end.

A strip is a register's worth of units, V of them, with all their Q gates side by side, so that one tile of the product
holds everything the state update of those units needs. Units beyond H are filled up with zeros. ::

    weights  (P, K, Q, V)   rows k: b, then W's F rows, then U's H rows, since z = (1, x, h_prev) · weights
    dweights (G, P, K, Q, V)   their gradients, for each of G groups of sequences: see ``weight_gradients``
    dz       (P, R, Q, V)   the gradients by z of all R real steps of the batch, group after group
    turned   (C, M, 2V)     Uᵀ beside Wᵀ, for the way back: M = P·Q·V, a gate's units filled up with zeros to M / gates

The order of M is the order in which dz_k U_kᵀ is summed, so it is that of the gates and units, whatever V is: zeros add
nothing. A step's dz lies likewise while it goes back. U and W share strips: a few inputs need none of their own.

The plain net has one gate; its strips hold Q = 2 registers of units instead.
"""

from typing import Any

from clearlstm.kernels.compiling import Kernel
from clearlstm.kernels.parts import compiled, inlined
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.vector import Floats, load, start, store
from clearlstm.shapes import FloatArray

WORTH_SHARING_NUMBERS = 100_000
"""Numbers to be moved below which one thread is done before a second one has woken up."""


@inlined
def first_unit(p: int, q: int, Q: int, V: int) -> int:
    """The first unit in register ``q`` of strip ``p``."""
    return p * V if Q == 4 else (p * Q + q) * V


@inlined
def first_column(p: int, q: int, Q: int, V: int, H: int) -> int:
    """The column of W, U and b that this register starts with."""
    return q * H + p * V if Q == 4 else (p * Q + q) * V


@compiled
def pack_strips(W: FloatArray, U: FloatArray, b: FloatArray, weights: FloatArray, part: int, n_parts: int) -> None:
    """Fill a part of the rows of weights (P, K, Q, V)."""
    (P, K, Q, V), (F, M), H = weights.shape, W.shape, U.shape[0]
    to = start(weights)
    for k in range(K * part // n_parts, K * (part + 1) // n_parts):
        source, row = _row(k, F, M, start(W), start(U), start(b))
        for p in range(P):
            for q in range(Q):
                numbers = load(source, row + first_column(p, q, Q, V, H), H - first_unit(p, q, Q, V))
                store(to, ((p * K + k) * Q + q) * V, numbers, V)


@inlined
def _row(k: int, F: int, M: int, W: Floats, U: Floats, b: Floats) -> tuple[Floats, int]:
    """Which matrix the row ``k`` of the strips comes from, and where in it that row starts; M is its width."""
    if k == 0:
        return b, 0
    if k <= F:
        return W, (k - 1) * M
    return U, (k - 1 - F) * M


@inlined
def pack(mailboxes: Mailboxes, n_parts: int, W: FloatArray, U: FloatArray, b: FloatArray, weights: FloatArray) -> None:
    """:func:`pack_strips` for all parts, on one thread if there is little to move; not if one side has no elements."""
    if len(b) and weights.size:
        share(mailboxes, n_parts if weights.size >= WORTH_SHARING_NUMBERS else 1, pack_strips, (W, U, b, weights))


@compiled
def unpack_strips(
    dweights: FloatArray, dW: FloatArray, dU: FloatArray, db: FloatArray, part: int, n_parts: int
) -> None:
    """Add up the groups, for a part of the rows, and bring the sums back into the shapes of W, U and b."""
    (G, P, K, Q, V), (F, M), H = dweights.shape, dW.shape, dU.shape[0]
    source, size = start(dweights), P * K * Q * V
    for k in range(K * part // n_parts, K * (part + 1) // n_parts):
        to, row = _row(k, F, M, start(dW), start(dU), start(db))
        for p in range(P):
            for q in range(Q):
                at = ((p * K + k) * Q + q) * V
                total = load(source, at, V)
                for g in range(1, G):
                    total = total + load(source, g * size + at, V)
                store(to, row + first_column(p, q, Q, V, H), total, H - first_unit(p, q, Q, V))


@Kernel
def unpack(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`unpack_strips` for all parts."""
    share(mailboxes, n_parts, unpack_strips, arguments)


@compiled
def turn_strips(U: FloatArray, W: FloatArray, turned: FloatArray, Q: int, V: int, part: int, n_parts: int) -> None:
    """Fill a part of the strips of turned (C, M, 2V) with Uᵀ beside Wᵀ, for U (H, columns) and W (F, columns)."""
    (H, columns), F, (_, M, width) = U.shape, len(W), turned.shape
    padded_H = M // (4 if Q == 4 else 1)
    to = start(turned)
    for c in range(len(turned) * part // n_parts, len(turned) * (part + 1) // n_parts):
        for register in range(M // V):
            gate, unit = register * V // padded_H, register * V % padded_H
            column, count = gate * H + unit, min(max(H - unit, 0), V)
            # Each line of W is read once, and a few lines of the strip are filled side by side.
            for k in range(width):
                row, at = c * width + k, (c * M + register * V) * width + k
                source, real = start(U), count if row < H + F else 0
                if row >= H:
                    source, row = start(W), row - H
                for lane in range(real):
                    to[at + lane * width] = source[row * columns + column + lane]
                for lane in range(real, V):
                    to[at + lane * width] = 0


@Kernel
def turn(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`turn_strips` for all parts."""
    share(mailboxes, n_parts, turn_strips, arguments)
