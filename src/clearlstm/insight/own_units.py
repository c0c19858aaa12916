"""How a model's own input becomes its net's, and the net's answer becomes the model's."""

from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.network.model import Network
from clearlstm.sequences.inputs import read_sequences
from clearlstm.sequences.scaling import Scaling
from clearlstm.shapes import FloatArray, check_lengths, check_sequences

Rows: TypeAlias = npt.NDArray[np.int64]

AS_GIVEN: Final = (
    "The inputs are attributed as the net was given them; if they were scaled by numbers of their own window, those "
    "are held fixed."
)
BY_THE_TRAINING_PART: Final = (
    "Nothing is held fixed: features are scaled by the training part's mean and spread, not by their window's."
)


@final
@dataclass(frozen=True)
class Told:
    """The net's answers as they are told: times ``factor`` (N,) plus ``shift`` (N,), counted in ``units`` (N,).

    held_fixed: what an attribution of them takes as given, in a sentence.
    """

    factor: FloatArray
    shift: FloatArray
    units: tuple[str, ...]
    held_fixed: str


@final
@dataclass(frozen=True)
class OwnUnits:
    """The units of a classifier or a regressor of :mod:`clearlstm.sequences`; without features, those of the net."""

    features: Scaling | None = None
    target: Scaling | None = None
    classes: npt.NDArray[Any] | None = None

    @classmethod
    def of(cls, model: Any) -> "OwnUnits":
        """Those of a model that :func:`~clearlstm.insight.subject.network_of` takes."""
        names = ("feature_scaling_", "target_scaling_", "classes_")
        return cls(*(getattr(model, name, None) for name in names))

    def read(self, network: Network, x: Any, lengths: npt.ArrayLike | None) -> tuple[FloatArray, Rows]:
        """The net's input (N, T, F), and the real steps (N,)."""
        if self.features is not None:
            sequences = read_sequences(x, lengths)
            padded = sequences.padded(np.arange(len(sequences)), sequences.values)
            padding = max(0, (sequences.padded_steps or 0) - padded.shape[1])
            x, lengths = self.forward(np.pad(padded, ((0, 0), (0, padding), (0, 0)))), sequences.lengths
        inputs = check_sequences(x, network.input_size, network.dtype)
        return inputs, check_lengths(lengths, *inputs.shape[:2])

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

    def columns(self, network: Network, x: FloatArray, lengths: Rows, output: Any) -> Rows:
        """Which column of the net's answer is meant, (N,): by its number, of a classifier by a label."""
        if self.classes is not None:
            return _class_columns(self.classes, network, x, lengths, output)
        column = 0 if output is None else output
        whole = isinstance(column, (int, np.integer)) and not isinstance(column, bool)
        if not whole or not 0 <= column < network.output_size:
            raise InputError(f"output is {output!r}; this model's answer has columns 0..{network.output_size - 1}")
        return np.full(len(x), column, np.int64)

    def told(self, column: Rows) -> Told:
        """How the answers in the columns (N,) are told."""
        held_fixed = AS_GIVEN if self.features is None else BY_THE_TRAINING_PART
        if self.target is not None:
            return Told(self.target.scale[column], self.target.mean[column], ("y",) * len(column), held_fixed)
        units = ("the net's answer",) * len(column)
        if self.classes is not None:
            units = tuple(f"score of {label!r} before softmax" for label in self.classes[column].tolist())
        return Told(np.ones(len(column)), np.zeros(len(column)), units, held_fixed)


def _class_columns(classes: npt.NDArray[Any], network: Network, x: FloatArray, lengths: Rows, output: Any) -> Rows:
    if output is None:
        if network.pool is None:
            raise InputError(f"this model tells a class at each step: name one of {classes.tolist()} as output")
        return np.asarray(network(x, lengths).argmax(axis=1))
    found = np.flatnonzero([bool(label == output) for label in classes])
    if not len(found):
        raise InputError(f"output is {output!r}; the classes are {classes.tolist()}")
    return np.full(len(x), found[0], np.int64)
