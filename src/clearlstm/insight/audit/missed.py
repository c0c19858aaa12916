"""Whether steps that a model can't hear would have told it something: a plain test against its own errors."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.insight.audit.answers import Probe
from clearlstm.shapes import FloatArray

LEAST: Final = 100
"""Sequences that a regression with a part held back needs."""

COLUMNS: Final = 40
"""Numbers that the older steps of a sequence are brought down to, at most."""

RIDGE: Final = 1.0
TELLS: Final = 0.05


def missed_by_reach(probe: Probe, answers: FloatArray, y: npt.NDArray[Any], reach: int | None) -> float | None:
    """The share of the errors' variance that the steps older than the last ``reach`` tell; None if below 5 %.

    A ridge regression (Hoerl & Kennard 1970) of the errors on those steps, averaged in blocks where they are many; it
    is fitted to each half of the sequences and judged on the other. It finds what is linear, so "None" proves nothing.
    """
    older = int(probe.lengths.min()) - (reach or 0)
    if reach is None or older < 1 or len(answers) < LEAST:
        return None
    if y.ndim == 1:  # of classes: how far the answer's class is from the true one
        y = np.eye(answers.shape[1])[y]
        answers = np.eye(answers.shape[1])[answers.argmax(axis=1)]
    columns = _older_steps(probe, older)
    halves = np.arange(len(answers)) < len(answers) // 2
    explained = np.mean([_explained(columns, y - answers, half) for half in (halves, ~halves)])
    return float(explained) if explained > TELLS else None


def _older_steps(probe: Probe, older: int) -> FloatArray:
    """The first ``older`` steps of each sequence, (N, blocks · F)."""
    F = probe.x.shape[2]
    blocks = np.array_split(np.arange(older), max(1, min(older, COLUMNS // F)))
    means = [probe.x[:, block].mean(axis=1, dtype=np.float64) for block in blocks]
    return np.concatenate(means, axis=1)


def _explained(columns: FloatArray, errors: FloatArray, fitted: npt.NDArray[np.bool_]) -> float:
    """The share of the variance of the errors (N, K) outside ``fitted`` that a ridge fitted inside explains."""
    size = columns[fitted].std(axis=0)
    z = (columns - columns[fitted].mean(axis=0)) / np.where(size > 0, size, 1)
    away = errors - errors[fitted].mean(axis=0)
    inside, outside = z[fitted], z[~fitted]
    weights = np.linalg.solve(inside.T @ inside + RIDGE * np.eye(z.shape[1]), inside.T @ away[fitted])
    rest = ((away[~fitted] - outside @ weights) ** 2).sum()
    whole = ((errors[~fitted] - errors[~fitted].mean(axis=0)) ** 2).sum()
    return 1 - float(rest / whole) if whole > 0 else 0.0
