"""What a run makes small: a loss of a model's answers, on one batch with its gradient or over a whole source."""

import math
from collections.abc import Mapping
from typing import final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.network.model import Network, NetworkTrace
from clearlstm.shapes import FloatArray, check_lengths, check_sequences, real_steps
from clearlstm.training.batches import Batch, BatchSource
from clearlstm.training.losses import Loss


@final
class Objective:
    """A model and a loss. A number that isn't finite, in the loss or on the way, is a FloatingPointError."""

    def __init__(self, model: Network, loss: Loss) -> None:
        self._model = model
        self._loss = loss
        self._trace: NetworkTrace | None = None

    def value_and_gradient(
        self, batch: Batch, dropout_rng: np.random.Generator | None = None
    ) -> tuple[float, Mapping[str, FloatArray]]:
        """The loss of a batch, and its gradient by every parameter."""
        trace = self._answer(batch, dropout_rng)
        loss, dy = self._value(trace, batch)
        try:
            return loss, self._model.backward(trace, dy, need_dx=False).parameters
        except InputError as error:
            # dy fits the trace that it came from: all that can be wrong with it, on its way back, are its values.
            raise FloatingPointError("the gradient isn't finite") from error

    def mean(self, source: BatchSource, batch_size: int) -> float:
        """The loss over all rows of ``source``, without dropout, read ``batch_size`` at a time."""
        total = counted = 0.0
        for start in range(0, source.n_rows, batch_size):
            batch = source.batch(np.arange(start, min(start + batch_size, source.n_rows)))
            trace = self._answer(batch, None)
            counts = self._counts(trace, batch)
            total += counts * self._value(trace, batch)[0]
            counted += counts
        return total / counted if counted else 0.0

    def _answer(self, batch: Batch, dropout_rng: np.random.Generator | None) -> NetworkTrace:
        """The model's pass over a batch, in the buffers of the last one if they fit; that one is then void."""
        try:
            self._trace = self._model.trace(batch.x, batch.lengths, out=self._trace, dropout_rng=dropout_rng)
        except InputError as error:
            # What is wrong with the batch itself keeps its own message. Else one net gave the next what isn't finite.
            x = check_sequences(batch.x, self._model.input_size, self._model.dtype)
            check_lengths(batch.lengths, len(x), x.shape[1])
            raise FloatingPointError("the net's own numbers aren't finite") from error
        return self._trace

    def _value(self, trace: NetworkTrace, batch: Batch) -> tuple[float, FloatArray]:
        loss, dy = self._loss.value_and_gradient(trace.y, batch.y, self._weight(batch))
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss is {loss}")
        return loss, dy

    def _counts(self, trace: NetworkTrace, batch: Batch) -> float:
        """The sum of the weights of all answers."""
        weight = self._weight(batch)
        return math.prod(trace.y.shape[:-1]) if weight is None else float(weight.sum(dtype=np.float64))

    def _weight(self, batch: Batch) -> FloatArray | None:
        """How much each answer counts: (n,), or (n, T) for a model that answers at every step; padding counts 0."""
        if self._model.pool is not None or (batch.lengths is None and batch.weight is None):
            return batch.weight
        n, T, _ = batch.x.shape
        real = np.ones((n, T)) if batch.lengths is None else real_steps(batch.lengths, T).astype(np.float64)
        return real if batch.weight is None else real * batch.weight[:, None]
