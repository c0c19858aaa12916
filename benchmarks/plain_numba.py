"""The LSTM in plain Numba, as one would write it first: ``np.dot``, loops, and ``prange`` over blocks of sequences.

``benchmarks/ablation.py`` shows how much of clearlstm's speed this has already. Arrays are float32; W (F, 4H),
U (H, 4H) and b (4H,) lie as in ``clearlstm.LSTM``, with the gates in the order f, i, g, o. Numba's ``np.dot`` calls the
BLAS of SciPy, which has to be installed; with OPENBLAS_NUM_THREADS=1 blocks don't fight for threads.

    python -m benchmarks.plain_numba        # compares it with clearlstm
"""

import math
from typing import Final

import numba
import numpy as np

import clearlstm as cl
from clearlstm.shapes import FloatArray

Arrays = tuple[FloatArray, FloatArray, FloatArray]

ONE: Final = np.float32(1)
"""A bare 1 would turn float32 into float64."""

TOLERANCE: Final = 1e-4


@numba.njit(inline="always")
def sigmoid(z: np.float32) -> np.float32:
    """1 / (1 + exp(−z)) of one number."""
    return ONE / (ONE + math.exp(-z))


@numba.njit(parallel=True, cache=True)
def forward(x: FloatArray, W: FloatArray, U: FloatArray, b: FloatArray, n_blocks: int) -> Arrays:
    """Gates (N, T, 4H), c and h (N, T, H) for x (N, T, F), from states of zeros."""
    (N, T, F), H = x.shape, len(U)
    gates = np.empty((N, T, 4 * H), x.dtype)
    c, h = np.empty((N, T, H), x.dtype), np.empty((N, T, H), x.dtype)
    for block in numba.prange(n_blocks):
        first, last = N * block // n_blocks, N * (block + 1) // n_blocks
        of_x = np.dot(x[first:last].reshape(-1, F), W) + b
        h_prev, c_prev = np.zeros((last - first, H), x.dtype), np.zeros((last - first, H), x.dtype)
        for t in range(T):
            of_h = np.dot(h_prev, U)
            for r in range(last - first):
                # z_k = x W_k + h_prev U_k + b_k
                z, gate = of_x[r * T + t] + of_h[r], gates[first + r, t]
                for k in range(H):
                    f, i = sigmoid(z[k]), sigmoid(z[H + k])
                    g, o = math.tanh(z[2 * H + k]), sigmoid(z[3 * H + k])
                    gate[k], gate[H + k], gate[2 * H + k], gate[3 * H + k] = f, i, g, o
                    # c = f c_prev + i g        h = o tanh(c)
                    c_prev[r, k] = f * c_prev[r, k] + i * g
                    h_prev[r, k] = o * math.tanh(c_prev[r, k])
                c[first + r, t], h[first + r, t] = c_prev[r], h_prev[r]
    return gates, c, h


@numba.njit(parallel=True, cache=True)
def backward(
    x: FloatArray, U: FloatArray, gates: FloatArray, c: FloatArray, h: FloatArray, dh: FloatArray, n_blocks: int
) -> Arrays:
    """Gradients by W, U and b, for those by every h: dh (N, T, H)."""
    (N, T, F), H = x.shape, len(U)
    dW, dU = np.empty((n_blocks, F, 4 * H), x.dtype), np.empty((n_blocks, H, 4 * H), x.dtype)
    db = np.empty((n_blocks, 4 * H), x.dtype)
    for block in numba.prange(n_blocks):
        first, last = N * block // n_blocks, N * (block + 1) // n_blocks
        rows = last - first
        dz_all, h_before = np.empty((rows, T, 4 * H), x.dtype), np.zeros((rows, T, H), x.dtype)
        h_before[:, 1:] = h[first:last, :-1]
        dz = np.empty((rows, 4 * H), x.dtype)
        dh_next, dc_next = np.zeros((rows, H), x.dtype), np.zeros((rows, H), x.dtype)
        for t in range(T - 1, -1, -1):
            for r in range(rows):
                n = first + r
                for k in range(H):
                    f, i, g, o = gates[n, t, k], gates[n, t, H + k], gates[n, t, 2 * H + k], gates[n, t, 3 * H + k]
                    dh_t, tanh_c = dh_next[r, k] + dh[n, t, k], math.tanh(c[n, t, k])
                    # h = o tanh(c)        c = f c_prev + i g
                    dc = dc_next[r, k] + dh_t * o * (ONE - tanh_c * tanh_c)
                    c_prev = c[n, t - 1, k] if t > 0 else ONE - ONE
                    dz[r, k], dz[r, H + k] = dc * c_prev * f * (ONE - f), dc * g * i * (ONE - i)
                    dz[r, 2 * H + k], dz[r, 3 * H + k] = dc * i * (ONE - g * g), dh_t * tanh_c * o * (ONE - o)
                    dc_next[r, k] = dc * f
                dz_all[r, t] = dz[r]
            dh_next = np.dot(dz, U.T)
        flat = dz_all.reshape(-1, 4 * H)
        dW[block] = np.dot(x[first:last].reshape(-1, F).T, flat)
        dU[block] = np.dot(h_before.reshape(-1, H).T, flat)
        db[block] = flat.sum(axis=0)
    return dW.sum(axis=0), dU.sum(axis=0), db.sum(axis=0)


def largest_difference(N: int, T: int, F: int, H: int, n_blocks: int) -> float:
    """Between this and ``clearlstm.LSTM``, in h, c, gates and gradients, relative where numbers are above 1."""
    net, rng = cl.LSTM(F, H, seed=0), np.random.default_rng(0)
    x, dh = (rng.standard_normal((N, T, size), dtype=np.float32) for size in (F, H))
    W, U, b = net.parameters.values()
    gates, c, h = forward(x, W, U, b, n_blocks)
    trace = net.trace(x)
    layer = trace.layers[0][0]
    expected = [layer.record.gates, layer.c, trace.h, *net.backward(trace, dh, need_dx=False).parameters.values()]
    results = [gates, c, h, *backward(x, U, gates, c, h, dh, n_blocks)]
    pairs = zip(results, expected, strict=True)
    return max(float((np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1)).max()) for ours, theirs in pairs)


def main() -> None:
    """Compare both on sequences of some sizes."""
    for sizes in ((3, 7, 2, 5, 2), (1, 50, 1, 8, 1), (32, 50, 1, 32, 2), (64, 50, 8, 64, 4)):
        difference = largest_difference(*sizes)
        print(f"(N, T, F, H, blocks) = {sizes}: {difference:.1e}")
        if difference > TOLERANCE:
            raise SystemExit(f"plain Numba and clearlstm differ by more than {TOLERANCE}")


if __name__ == "__main__":
    main()
