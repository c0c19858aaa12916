"""Which number of a model's answer is explained, and in which units."""

from dataclasses import dataclass
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.insight.attribution.path_integral import Rows
from clearlstm.network.subject import Subject
from clearlstm.shapes import FloatArray

AS_GIVEN: Final = (
    "The inputs are attributed as the net was given them; if they were scaled by numbers of their own window, those "
    "are held fixed."
)
BY_THE_TRAINING_PART: Final = (
    "Nothing is held fixed: features are scaled by the training part's mean and spread, not by their window's."
)


@final
@dataclass(frozen=True)
class AnswerUnits:
    """The explained answers are the net's times ``factor`` (N,) plus ``shift`` (N,), counted in ``units`` (N,).

    held_fixed: what an attribution of them takes as given, in a sentence.
    """

    factor: FloatArray
    shift: FloatArray
    units: tuple[str, ...]
    held_fixed: str

    @classmethod
    def of(cls, subject: Subject, column: Rows) -> "AnswerUnits":
        """Those of the columns (N,) of a subject's answer."""
        held_fixed = AS_GIVEN if subject.features is None else BY_THE_TRAINING_PART
        if subject.target is not None:
            return cls(subject.target.scale[column], subject.target.mean[column], ("y",) * len(column), held_fixed)
        units = ("the net's answer",) * len(column)
        if subject.classes is not None:
            units = tuple(f"score of {label!r} before softmax" for label in subject.classes[column].tolist())
        return cls(np.ones(len(column)), np.zeros(len(column)), units, held_fixed)


def columns(subject: Subject, x: FloatArray, lengths: Rows, output: Any) -> Rows:
    """Which column of the net's answer is meant, (N,): by its number, of a classifier by a label."""
    network = subject.network
    if subject.classes is not None:
        return _class_columns(subject, subject.classes, x, lengths, output)
    column = 0 if output is None else output
    whole = isinstance(column, (int, np.integer)) and not isinstance(column, bool)
    if not whole or not 0 <= column < network.output_size:
        raise InputError(f"output is {output!r}; this model's answer has columns 0..{network.output_size - 1}")
    return np.full(len(x), column, np.int64)


def _class_columns(subject: Subject, classes: npt.NDArray[Any], x: FloatArray, lengths: Rows, output: Any) -> Rows:
    if output is None:
        if subject.network.pool is None:
            raise InputError(f"this model tells a class at each step: name one of {classes.tolist()} as output")
        return np.asarray(subject.network(x, lengths).argmax(axis=1))
    places = np.flatnonzero([bool(label == output) for label in classes])
    if not len(places):
        raise InputError(f"output is {output!r}; the classes are {classes.tolist()}")
    return np.full(len(x), places[0], np.int64)
