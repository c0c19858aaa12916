"""Features and targets brought to mean 0 and size 1, and back."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from clearlstm.shapes import FloatArray

# Below this share of the largest value, a spread is rounding: the column is constant.
CONSTANT: Final = 1e-12


@final
@dataclass(frozen=True, eq=False)
class Scaling:
    """z = (v − mean) / scale, column by column; mean and scale (F,). A constant column has scale 1."""

    mean: FloatArray
    scale: FloatArray

    @classmethod
    def of(cls, values: FloatArray, weight: FloatArray) -> "Scaling":
        """Mean and standard deviation of ``values`` (R, F), each row counting ``weight`` (R,) times.

        >>> Scaling.of(np.array([[1.0], [5.0]]), np.array([1.0, 3.0]))
        Scaling(mean=array([4.]), scale=array([1.73205081]))
        """
        peak = np.abs(values).max(axis=0)
        peak = np.where(peak > 0, peak, 1.0)
        # In units of the largest value, so that squares neither overflow nor vanish.
        u = values / peak
        share = (weight / weight.sum())[:, None]
        mean = (share * u).sum(axis=0)
        spread = np.sqrt((share * (u - mean) ** 2).sum(axis=0))
        return cls(mean * peak, np.where(spread > CONSTANT, spread * peak, 1.0))

    def repeated(self, times: int) -> "Scaling":
        """Of columns that stand there so many times, (times · F,)."""
        return Scaling(np.tile(self.mean, times), np.tile(self.scale, times))

    def forward(self, values: FloatArray) -> FloatArray:
        """Z of ``values`` (R, F)."""
        return (values - self.mean) / self.scale

    def back(self, z: FloatArray) -> FloatArray:
        """The values (R, F) whose z is ``z``."""
        return z * self.scale + self.mean
