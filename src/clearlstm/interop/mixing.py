"""Which axis of its input a model takes for the sequences: one is changed, and no other's answer may move."""

from collections.abc import Callable
from typing import Final

import numpy as np

from clearlstm.shapes import FloatArray

Run = Callable[[FloatArray], FloatArray]

MOVED: Final = 1e-5
"""In parts of the largest answer: rounding moves less."""


def mixing(run: Run, x: FloatArray, answer: FloatArray) -> str:
    """What is to be said, in an error, of a model that mixes the sequences of x (N, T, F); "" if it doesn't.

    ``answer`` is the model's to x.
    """
    if min(x.shape[:2]) < 2 or keeps_apart(run, x, answer, 0):
        return ""
    if keeps_apart(run, x, answer, 1):
        return (
            f". The source takes axis 0 of the example, of {x.shape[0]}, for time, and axis 1, of {x.shape[1]}, for "
            "the sequences; if it should be the other way round, it was made without batch_first=True"
        )
    return (
        ". The source mixes batch and time: when one sequence of the example changes, others' answers move. A view or "
        "a reshape in place of a transpose does so (such as h_n.view(N, -1), which isn't h_n.transpose(0, 1).reshape("
        "N, -1)), and so does a missing batch_first=True"
    )


def keeps_apart(run: Run, x: FloatArray, answer: FloatArray, axis: int) -> bool:
    """Whether what changes at one place of an axis of x moves the answers there alone.

    Both ends are tried: a model that reads one way doesn't notice what comes after.
    """
    return all(_moves_alone(run, x, answer, axis, place) for place in (0, x.shape[axis] - 1))


def _moves_alone(run: Run, x: FloatArray, answer: FloatArray, axis: int, place: int) -> bool:
    changed = np.array(x)
    part = changed.swapaxes(0, axis)[place]
    part += np.random.default_rng(1).standard_normal(part.shape).astype(x.dtype)
    moved = np.abs(np.asarray(run(changed)) - answer)
    limit = MOVED * float(np.abs(answer).max(initial=0))
    return any(
        np.delete(moved, place, axis=k).max(initial=0) <= limit
        for k, size in enumerate(answer.shape)
        if size == x.shape[axis]
    )
