"""Models and data whose clipping is compared with torch's."""

from typing import Any

import numpy as np

import clearlstm as cl
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import RowOrder

N, T, F, H, M = 11, 9, 3, 4, 2
LENGTHS = np.array([9, 1, 4, 9, 7, 2, 9, 5, 6, 3, 8])
MAX_NORM, BATCH_SIZE, SEED = 0.7, 4, 5

CASES: dict[str, tuple[str, Any, bool]] = {
    f"{kind}, pool {pool}{', both ways' if both else ''}": (kind, pool, both)
    for kind in ("LSTM", "RNN")
    for pool in ("last", "mean", None)
    for both in (False, True)
}
"""Kind, pool, and whether it reads both ways."""


def data(pool: str | None) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(N, T, F)), rng.normal(size=(N, M) if pool else (N, T, M)) * 3


def model(name: str, pool: Any, bidirectional: bool) -> Network:
    """Two layers in one net and a third in another, with weights that no permutation could hide in."""
    kind = getattr(cl, name)
    width = H * (2 if bidirectional else 1)
    nets = [
        kind(F, H, 2, bidirectional=bidirectional, dtype="float64", seed=1),
        kind(width, H, bidirectional=bidirectional, dtype="float64", seed=2),
    ]
    made = Network(nets, head=M, pool=pool, seed=3)
    rng = np.random.default_rng(4)
    for values in made.parameters.values():
        values[...] = rng.normal(scale=0.6, size=values.shape)
    return made


def batches() -> list[Any]:
    """The rows of each mini-batch."""
    order = RowOrder(N, BATCH_SIZE, shuffle=True, seed=SEED)
    return [order.rows(step) for step in range(-(-N // BATCH_SIZE))]
