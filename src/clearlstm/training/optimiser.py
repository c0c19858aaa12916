"""AdamW: Adam (Kingma & Ba 2015) with decoupled weight decay (Loshchilov & Hutter 2019).

With the gradient g of step t (counted from 1), the learning rate η and the decay λ::

    m = β1 m + (1 − β1) g               where the gradient tends to point
    v = β2 v + (1 − β2) g²              how large it tends to be
    m̂ = m / (1 − β1ᵗ)   v̂ = v / (1 − β2ᵗ)
    θ = (1 − η λ) θ − η m̂ / (√v̂ + ε)    λ = 0 for biases
"""

import math
from collections.abc import Mapping
from typing import Final, final

import numpy as np

from clearlstm.elementary import power
from clearlstm.shapes import FloatArray
from clearlstm.training.flat import FlatParameters

BETA_1: Final = 0.9
BETA_2: Final = 0.999
EPSILON: Final = 1e-8

# torch's clip_grad_norm_ adds this to the norm; so do we, to stay equal to it.
CLIP_MARGIN: Final = 1e-6


@final
class AdamW:
    """Updates the live arrays of ``parameters`` in place. With ``weight_decay`` 0 it is Adam.

    ``clip_norm``: a gradient whose norm over all parameters is larger is scaled down to it first (Pascanu, Mikolov &
    Bengio 2013); None clips nothing. ``first_moment`` and ``second_moment`` (P,) and ``steps_taken`` are its state.
    """

    def __init__(
        self, parameters: FlatParameters, *, weight_decay: float = 0.0, clip_norm: float | None = None
    ) -> None:
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.steps_taken = 0
        self.first_moment = np.zeros(parameters.size, parameters.dtype)
        self.second_moment = np.zeros(parameters.size, parameters.dtype)
        self._parameters = parameters
        self._decayed = _decayed(parameters)
        self._gradient = parameters.empty()
        self._squares = np.empty(parameters.size, np.float64)
        self._before, self._after, self._scratch = (parameters.empty() for _ in range(3))
        self._before_views, self._after_views = parameters.views(self._before), parameters.views(self._after)
        parameters.read(out=self._before)

    def step(self, gradients: Mapping[str, FloatArray], learning_rate: float) -> float:
        """Make one update; returns the gradient's norm before clipping. If that isn't finite, nothing is changed."""
        g = self._parameters.gather(gradients, out=self._gradient)
        norm = self._norm(g)
        if not math.isfinite(norm):
            return norm
        if self.clip_norm is not None and norm + CLIP_MARGIN > self.clip_norm:
            g *= self.clip_norm / (norm + CLIP_MARGIN)
        self.steps_taken += 1
        self._update_moments(g)
        self._update_parameters(learning_rate)
        return norm

    def restore(self, first_moment: FloatArray, second_moment: FloatArray, steps_taken: int) -> None:
        """Go on from a state of the optimiser; call it when the parameters have been put back already."""
        np.copyto(self.first_moment, first_moment)
        np.copyto(self.second_moment, second_moment)
        self.steps_taken = steps_taken
        self._parameters.read(out=self._before)

    def undo(self) -> None:
        """Put the parameters (not the moments) back to what they were before the last :meth:`step`."""
        self._parameters.write(self._before_views)

    def _norm(self, g: FloatArray) -> float:
        # Squares in float64: they don't overflow for any float32, and NumPy's sum has one fixed order.
        np.multiply(g, g, out=self._squares, dtype=np.float64)
        return math.sqrt(self._squares.sum())

    def _update_moments(self, g: FloatArray) -> None:
        m, v, scratch = self.first_moment, self.second_moment, self._scratch
        # m = β1 m + (1 − β1) g
        m *= BETA_1
        m += np.multiply(g, 1 - BETA_1, out=scratch)
        # v = β2 v + (1 − β2) g²
        v *= BETA_2
        np.multiply(g, g, out=scratch)
        scratch *= 1 - BETA_2
        v += scratch

    def _update_parameters(self, learning_rate: float) -> None:
        t, before, after, scratch = self.steps_taken, self._before, self._after, self._scratch
        # √v̂ + ε
        np.sqrt(self.second_moment, out=scratch)
        scratch /= math.sqrt(1 - power(BETA_2, t))
        scratch += EPSILON
        # η m̂ / (√v̂ + ε)
        np.divide(self.first_moment, scratch, out=scratch)
        scratch *= learning_rate / (1 - power(BETA_1, t))
        # θ = (1 − η λ) θ − η m̂ / (√v̂ + ε)
        self._parameters.read(out=before)
        if self.weight_decay:
            np.multiply(before, 1 - learning_rate * self.weight_decay * self._decayed, out=after)
            after -= scratch
        else:
            np.subtract(before, scratch, out=after)
        self._parameters.write(self._after_views)


def _decayed(parameters: FlatParameters) -> FloatArray:
    """1 for each weight, 0 for each bias, (P,)."""
    kinds = zip(parameters.names, parameters.arrays, strict=True)
    return np.concatenate([np.full(array.size, not name.endswith(".b"), array.dtype) for name, array in kinds])
