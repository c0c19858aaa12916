"""Products and largest singular values of many small matrices: exact, and without waiting for the threads of a BLAS.

NumPy's BLAS hands all but the smallest products to its threads, and eigenvalues of a matrix above some 64 rows in many
pieces. A piece takes microseconds; where the processors are busy with something else, it waits for milliseconds.
:func:`product` stays below that size, and so :class:`FollowedNorms` finds the norm by products, and proves it.
"""

from typing import Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray, IntArray

ALONE: Final = 2**18  # multiply-adds, up to which OpenBLAS computes a product on the thread that asks for it
FEWEST_ROWS: Final = 16  # of a piece of a product; with fewer the threads are quicker

SMALL: Final = 64  # rows, up to which all eigenvalues are as quick
COLUMNS: Final = 16
ROUNDS: Final = 4
PROVEN: Final = 1e-14  # relative, of the square of a norm


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """The matrix products a (…, R, K) by b (…, K, C), in pieces of so few rows that each is computed at once."""
    R, K, C = a.shape[-2], *b.shape[-2:]
    rows = ALONE // (K * C)
    if rows >= R or rows < FEWEST_ROWS:
        return np.asarray(a @ b)
    return np.concatenate([a[..., start : start + rows, :] @ b for start in range(0, R, rows)], axis=-2)


def spectral_norm(J: FloatArray) -> FloatArray:
    """The largest singular value of each matrix, J (..., A, B) to (...); inf where it can't be held in a float64.

    It is the root of the largest eigenvalue of J Jᵀ, which is several times quicker than all singular values, and as
    exact for the largest one. Scaling first keeps the squares of tiny and huge entries from leaving float64's range.
    """
    unit, scale = _scaled(J)
    return np.asarray(scale * np.sqrt(_largest_eigenvalue(unit)))


@final
class FollowedNorms:
    """Spectral norms of N matrices (n, n) that are asked for again and again, each time a little changed.

    For each it keeps an orthonormal basis that follows the leading left singular vectors, so that a few products settle
    the next one (subspace iteration; Rutishauser 1970). With C columns Q, the Ritz values θ_1 ≥ θ_2 ≥ … and residuals
    r_1, r_2, … of G = J Jᵀ, what lies beside Q has eigenvalues of at most c = tr G − Σ θ. So G has no eigenvalue beside
    the first above γ = max(θ_2, c) + |(r_2, …, r_C)|, and where θ_1 > γ

        θ_1  ≤  λ_max(G)  ≤  θ_1 + |r_1|² / (θ_1 − γ)            (Kato 1949; Temple 1928)

    A norm counts as found if that is closed to 1e-14; all others come from all eigenvalues.
    """

    def __init__(self, n_matrices: int, size: int) -> None:
        self._basis = np.tile(np.eye(size, COLUMNS), (n_matrices, 1, 1)) if size > SMALL else None

    def of(self, J: FloatArray, rows: IntArray) -> FloatArray:
        """The norms (R,) of J (R, n, n), which are now the matrices ``rows`` (R,) of the N."""
        if self._basis is None:
            return spectral_norm(J)
        unit, scale = _scaled(J)
        squares, proven, self._basis[rows] = _follow(unit, self._basis[rows])
        if not proven.all():
            squares[~proven] = _largest_eigenvalue(unit[~proven])
        return np.asarray(scale * np.sqrt(squares))


def _follow(J: FloatArray, Q: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_], FloatArray]:
    """The largest eigenvalues (R,) of G = J Jᵀ, which of them are proven, and the basis (R, n, C) after them."""
    J_T = np.swapaxes(J, -2, -1)
    trace = np.square(J).sum(axis=(-2, -1))
    for _ in range(ROUNDS):
        # Two products a round: the vectors beside the leading one fade with the fourth power of σ_k / σ_1.
        Q = np.linalg.qr(product(J, product(J_T, Q))).Q
        Y = product(J_T, Q)
        GQ = product(J, Y)
        values, proven = _ritz(Q, Y, GQ, trace)
        Q = np.linalg.qr(GQ).Q
        if proven.all():
            break
    return values, proven, Q


def _ritz(Q: FloatArray, Y: FloatArray, GQ: FloatArray, trace: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """The first Ritz value (R,) of G on Q, Y being Jᵀ Q, and whether it is proven to be G's largest eigenvalue."""
    theta, S = np.linalg.eigh(np.swapaxes(Y, -2, -1) @ Y)  # rising
    residuals = GQ @ S - (Q @ S) * theta[:, None]
    squares = np.square(residuals).sum(axis=-2)
    beside = trace - theta.sum(axis=-1)
    gap = theta[:, -1] - np.maximum(theta[:, -2], beside) - np.sqrt(squares[:, :-1].sum(axis=-1))
    return theta[:, -1], (gap > 0) & (squares[:, -1] <= PROVEN * theta[:, -1] * gap)


def _scaled(J: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Matrices whose largest entry is 1, and what to multiply their norms by: inf where an entry isn't finite."""
    scale = np.abs(J).max(axis=(-2, -1))
    finite = np.isfinite(scale)
    divisor = np.where(finite & (scale > 0), scale, 1.0)[..., None, None]
    unit = np.where(finite[..., None, None], J / divisor, np.eye(*J.shape[-2:]))
    return unit, np.where(finite, scale, np.inf)


def _largest_eigenvalue(J: FloatArray) -> FloatArray:
    """Of J Jᵀ."""
    # A copy: NumPy asks the BLAS for a product of one array with itself by another name, which has threads at any size.
    J_T = np.swapaxes(J, -2, -1).copy()
    return np.asarray(np.linalg.eigvalsh(product(J, J_T))[..., -1])
