"""Parameters and gradients that an optimiser is led by in the tests."""

import numpy as np
import numpy.typing as npt

from clearlstm.shapes import FloatArray

SHAPES = {
    "net0.layer0.forward.W": (3, 8),
    "net0.layer0.forward.U": (2, 8),
    "net0.layer0.forward.b": (8,),
    "head.b": (1,),
}
STEPS = 300


def draw(seed: int, dtype: npt.DTypeLike = np.float64) -> dict[str, FloatArray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(dtype) for name, shape in SHAPES.items()}


def of_step(step: int, dtype: npt.DTypeLike = np.float64) -> dict[str, FloatArray]:
    """Of very different sizes from step to step, so that some are clipped and some are not."""
    return {name: (values * 10.0 ** (step % 4 - 2)).astype(dtype) for name, values in draw(step + 1).items()}


def rate(step: int) -> float:
    return 0.01 / (1 + step % 7)
