"""How arrays lie in memory while a layer is computed: in panels, as wide as a tile and read from end to end.

A panel is a register's worth of units, V of them, with all their Q gates side by side, so that one tile of the product
holds everything the state update of those units needs. Units beyond H are filled up with zeros. ::

    weights  (P, K, Q, V)   rows k: b, then W's F rows, then U's H rows, since z = (1, x, h_prev) · weights
    dweights (P, K, Q, V)   their gradients, the same
    dz       (P, R, Q, V)   the gradients by z of all R real steps of the batch, sequence after sequence
    turned   (G, M, 2V)     Wᵀ or Uᵀ for the way back: M = P·Q·V, in the order in which a step's dz lies

The plain net has one gate; its panels hold Q = 2 registers of units instead.
"""

from typing import Any

from clearlstm.kernels.compiling import Kernel, compiled, inlined
from clearlstm.kernels.team import Mailboxes, share
from clearlstm.kernels.vector import load, start, store
from clearlstm.shapes import FloatArray


@inlined
def first_unit(p: int, q: int, Q: int, V: int) -> int:
    """The first unit in register ``q`` of panel ``p``."""
    return p * V if Q == 4 else (p * Q + q) * V


@inlined
def first_column(p: int, q: int, Q: int, V: int, H: int) -> int:
    """The column of W, U and b that this register starts with."""
    return q * H + p * V if Q == 4 else (p * Q + q) * V


@compiled
def pack_panels(W: FloatArray, U: FloatArray, b: FloatArray, weights: FloatArray, part: int, n_parts: int) -> None:
    """Fill a part of the panels of weights (P, K, Q, V)."""
    (_, K, Q, V), (F, M), H = weights.shape, W.shape, U.shape[0]
    to, W_, U_, b_ = start(weights), start(W), start(U), start(b)
    for p in range(len(weights) * part // n_parts, len(weights) * (part + 1) // n_parts):
        for q in range(Q):
            column, count, at = first_column(p, q, Q, V, H), H - first_unit(p, q, Q, V), (p * K * Q + q) * V
            for k in range(K):
                if k == 0:
                    row = load(b_, column, count)
                elif k <= F:
                    row = load(W_, (k - 1) * M + column, count)
                else:
                    row = load(U_, (k - 1 - F) * M + column, count)
                store(to, at + k * Q * V, row, V)


@Kernel
def pack(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`pack_panels` for all parts."""
    share(mailboxes, n_parts, pack_panels, arguments)


@Kernel
def unpack(dweights: FloatArray, dW: FloatArray, dU: FloatArray, db: FloatArray) -> None:
    """Bring the gradients back into the shapes of W, U and b."""
    (P, K, Q, V), (F, M), H = dweights.shape, dW.shape, dU.shape[0]
    source, dW_, dU_, db_ = start(dweights), start(dW), start(dU), start(db)
    for p in range(P):
        for q in range(Q):
            column, count, at = first_column(p, q, Q, V, H), H - first_unit(p, q, Q, V), (p * K * Q + q) * V
            for k in range(K):
                row = load(source, at + k * Q * V, V)
                if k == 0:
                    store(db_, column, row, count)
                elif k <= F:
                    store(dW_, (k - 1) * M + column, row, count)
                else:
                    store(dU_, (k - 1 - F) * M + column, row, count)


@compiled
def turn_panels(W: FloatArray, turned: FloatArray, Q: int, V: int, part: int, n_parts: int) -> None:
    """Fill a part of the panels of turned (G, M, 2V) with the columns of Wᵀ, for W (R, columns)."""
    (R, columns), (_, M, width) = W.shape, turned.shape
    H = columns // 4 if Q == 4 else columns
    to, source = start(turned), start(W)
    for g in range(len(turned) * part // n_parts, len(turned) * (part + 1) // n_parts):
        for m in range(M):
            p, q, lane = m // (Q * V), m // V % Q, m % V
            column, real = first_column(p, q, Q, V, H) + lane, first_unit(p, q, Q, V) + lane < H
            at = (g * M + m) * width
            for k in range(width):
                row = g * width + k
                to[at + k] = source[row * columns + column] if real and row < R else 0


@Kernel
def turn(mailboxes: Mailboxes, n_parts: int, *arguments: Any) -> None:
    """:func:`turn_panels` for all parts."""
    share(mailboxes, n_parts, turn_panels, arguments)
