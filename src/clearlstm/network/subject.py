"""What can be looked into: a network, and how its numbers stand to those of whoever uses it.

Nets and networks are looked into as they are; an estimator hands over a :class:`Subject` by its method ``subject``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, final, runtime_checkable

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.model import Network, States
from clearlstm.network.recurrent import Recurrent
from clearlstm.shapes import FloatArray, check_lengths, check_sequences, counted

Lengths: TypeAlias = npt.NDArray[np.int64]
Kind: TypeAlias = Literal["network", "forecaster", "classifier", "regressor"]


class Scale(Protocol):
    """z = (v − mean) / scale, column by column."""

    @property
    def mean(self) -> FloatArray:
        """Of each column, (F,)."""

    @property
    def scale(self) -> FloatArray:
        """Of each column, (F,)."""

    def forward(self, values: FloatArray, /) -> FloatArray:
        """Z of ``values`` (…, F)."""

    def back(self, z: FloatArray, /) -> FloatArray:
        """The values whose z is ``z``."""


@final
@dataclass(frozen=True)
class Corrects:
    """Of a forecaster: what its net corrects, in words, and how much of its point correction is used, by step, (h,)."""

    base: str
    earned: tuple[float, ...]


class Sequences(NamedTuple):
    """What a net reads: x (N, T, F), the real steps (N,), and the states that it starts from; None: zeros."""

    x: FloatArray
    lengths: Lengths
    state: States | None = None

    def take(self, rows: npt.NDArray[np.int64] | slice) -> "Sequences":
        """Some of them."""
        return Sequences(self.x[rows], self.lengths[rows], states_of(self.state, rows))


def states_of(state: States | None, rows: npt.NDArray[np.int64] | slice) -> States | None:
    """The states of some sequences."""
    if state is None:
        return None
    return tuple([tuple([np.ascontiguousarray(part[:, rows]) for part in parts]) for parts in state])


@final
@dataclass(frozen=True, eq=False)
class Subject:
    """What is looked into.

    network
        The Network; of several, the first.
    names
        Of its F inputs, where they have names.
    features, target
        How x becomes the net's input, and the net's answer what it stands for; None: they are the same.
    classes
        The labels that the columns of the answer stand for.
    corrects, point
        What the answers correct; which numbers (N, K) count of the raw answers (N, M).
    own
        The sequences that it was seen at, where it was; they are looked at if no others are given.
    pad
        Makes one array (N, T, F) and the lengths (N,) of whatever ``features`` scales; None: x is one already.
    """

    network: Network
    kind: Kind = "network"
    names: tuple[str, ...] | None = None
    features: Scale | None = None
    target: Scale | None = None
    classes: npt.NDArray[Any] | None = None
    corrects: Corrects | None = None
    point: Callable[[FloatArray], FloatArray] = lambda answers: answers
    own: Sequences | None = None
    pad: Callable[[Any, npt.ArrayLike | None], tuple[FloatArray, Lengths]] | None = None

    def read(self, x: Any = None, lengths: npt.ArrayLike | None = None) -> Sequences:
        """The net's input (N, T, F) of x in the user's units, the real steps (N,), and what it starts from.

        Without x its own sequences. Of as many others the first states are theirs; of another number they can only be
        what all of its own have.
        """
        if x is None:
            if self.own is None:
                raise InputError("x is missing: give the sequences (N, T, F) that the model is to be looked at on")
            return self.own
        if self.pad is not None:
            values, lengths = self.pad(x, lengths)
            x = self.forward(values)
        inputs = check_sequences(x, self.network.input_size, self.network.dtype)
        return Sequences(inputs, check_lengths(lengths, *inputs.shape[:2]), self._first(len(inputs)))

    def _first(self, N: int) -> States | None:
        if self.own is None or self.own.state is None:
            return None
        state = self.own.state
        if len(self.own.x) == N:
            return state
        if any((part != part[:, :1]).any() for parts in state for part in parts):
            raise InputError(
                f"x holds {counted(N, 'sequence')}, and the layer was caught at {len(self.own.x)}, each of which "
                "starts from a state of its own: give as many, or leave x out"
            )
        return states_of(state, np.zeros(N, np.int64))

    def forward(self, values: FloatArray) -> FloatArray:
        """Values (…, F) in the user's units as the net reads them; of another F unchanged, for a check to find."""
        if self.features is None or values.shape[-1:] != self.features.mean.shape:
            return values
        return self.features.forward(values)

    def back(self, values: FloatArray) -> FloatArray:
        """Values (…, F) as the net reads them in the user's units."""
        return values if self.features is None else self.features.back(values)

    def answers(self, y: FloatArray) -> FloatArray:
        """The net's answers (…, M) in the units of y as it was fitted on."""
        return y if self.target is None else self.target.back(y)


@runtime_checkable
class HasSubject(Protocol):
    """An estimator that can be looked into."""

    def subject(self) -> Subject:
        """What can be looked into. Raises InputError before ``fit``."""


def subject_of(model: Any) -> Subject:
    """What can be looked into of a net (with an answer a step), a Network, a fitted estimator or a captured layer.

    Raises InputError for anything else, and for an estimator that isn't fitted.

    >>> from clearlstm.network.lstm import LSTM
    >>> subject_of(LSTM(1, 4, seed=0)).network.pool is None
    True
    """
    if isinstance(model, Subject):
        return model
    if isinstance(model, Network):
        return Subject(model)
    if isinstance(model, Recurrent):
        return Subject(Network(model, pool=None))
    if isinstance(model, HasSubject) and not isinstance(model, type):
        return model.subject()
    raise InputError(
        f"the model is a {type(model).__name__}; a Network, an LSTM, a GRU, an RNN or a fitted estimator of clearlstm "
        "is needed. from_torch, from_keras and from_onnx make a Network of other models"
    )


def network_of(model: Any) -> Network:
    """The Network in ``model``: see :func:`subject_of`."""
    return subject_of(model).network
