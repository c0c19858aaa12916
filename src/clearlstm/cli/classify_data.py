"""The labelled sequences that ``clearlstm classify`` learns from: a long table, arrays, or an example that is drawn."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from clearlstm.cli.inspect_data import is_array_file, load_arrays
from clearlstm.data.cells import is_missing
from clearlstm.data.labelled import Kind, Labelled, Roles, read_labelled, targets
from clearlstm.data.source import read_table
from clearlstm.errors import DataError, InputError
from clearlstm.files import door
from clearlstm.shapes import FloatArray, check_lengths, counted

EXAMPLE_SEQUENCES: Final = 300


class Task(NamedTuple):
    """What there is to learn: sequences, their classes or numbers (N,), and sequences without a label."""

    data: Labelled
    kind: Kind
    target: npt.NDArray[Any]
    new: Labelled


def read_task(file: Path | None, roles: Roles, kind: Kind | None) -> Task:
    """The sequences of a file, or of the example, and what their labels are. Those without a label are kept apart."""
    if file is None:
        data = _example(roles)
    elif is_array_file(file):
        data = _from_arrays(file, roles)
    else:
        data = read_labelled(read_table(file), roles)
    labelled = data.take(np.flatnonzero(data.is_labelled))
    new = data.take(np.flatnonzero(~data.is_labelled))
    if len(labelled.X) < 2:
        raise DataError(
            f"{data.source} has {counted(len(labelled.X), 'sequence')} with a label: at least 2 are needed to learn "
            "from, better hundreds"
        )
    if len(new.X):
        labelled.notes.append(f"{counted(len(new.X), 'sequence')} without a label: --output gets an answer to each.")
    chosen, target, notes = targets(labelled.labels, kind, data.label)
    labelled.notes.extend(notes)
    return Task(labelled, chosen, target, new)


def _example(roles: Roles) -> Labelled:
    """Is the sum of the two marked numbers above 0? A task for a memory; always the same sequences."""
    from clearlstm.sequences.tasks import adding_problem

    if any(roles):
        raise InputError("--label, --id, --time and --feature name columns of a file: name the file first")
    task = adding_problem(EXAMPLE_SEQUENCES, 20, seed=0)
    X = [x[:length] for x, length in zip(task.x, task.lengths, strict=True)]
    labels = np.where(task.y[:, 0] > 0.5, "above", "below").astype(object)  # y = 0.5 + the sum / 4
    ids = np.array([str(n) for n in range(len(X))], dtype=object)
    notes = [
        "Example: is the sum of the two marked numbers above 0? (after Hochreiter & Schmidhuber 1997, experiment 4; "
        f"{len(X)} sequences of 20 to 22 steps, drawn)"
    ]
    return Labelled("the example", X, labels, ids, ("number", "mark"), "sum", notes)


def _from_arrays(path: Path, roles: Roles) -> Labelled:
    """X (N, T, F) or (N, T), y (N,), and perhaps lengths (N,), of an .npz file; capitals don't matter."""
    if any(roles):
        raise InputError(f"--label, --id, --time and --feature name columns of a table; {path} holds arrays")
    arrays = {name.lower(): array for name, array in load_arrays(path).items()}
    missing = [name for name in ("x", "y") if name not in arrays]
    if missing or set(arrays) - {"x", "y", "lengths"}:
        raise DataError(
            f"{path} holds the arrays {', '.join(sorted(arrays))}; X and y are needed, lengths may be there: save them "
            "with numpy.savez(path, X=X, y=y, lengths=lengths)"
        )
    X, lengths = _padded(path, arrays["x"], arrays.get("lengths"))
    labels = _labels(path, arrays["y"], len(X))
    ids = np.array([str(n) for n in range(len(X))], dtype=object)
    names = tuple(f"feature {k}" for k in range(X[0].shape[1]))
    steps = f"{lengths.min():,} to {lengths.max():,} steps" if lengths.min() < lengths.max() else f"{lengths[0]} steps"
    note = f"{counted(len(X), 'sequence')} of {steps} and {counted(len(names), 'feature')} from {path}."
    return Labelled(str(path), X, labels, ids, names, "y", [note])


def _padded(
    path: Path, x: npt.NDArray[Any], given: npt.NDArray[Any] | None
) -> tuple[list[FloatArray], npt.NDArray[np.int64]]:
    if x.dtype.kind not in "biuf" or x.ndim not in (2, 3) or not x.size:
        raise DataError(
            f"X in {path} is {x.shape} of {x.dtype.name}; numbers (N, T, F), or (N, T) of one feature, are needed"
        )
    x = x.astype(np.float64).reshape(*x.shape[:2], -1)
    lengths = check_lengths(given, len(x), x.shape[1])
    X = [one[:length] for one, length in zip(x, lengths, strict=True)]
    bad = next((n for n, one in enumerate(X) if not np.isfinite(one).all()), None)
    if bad is not None:
        raise DataError(
            f"X in {path} holds a value in sequence {bad} that isn't finite: fill it in, or give lengths if it is "
            "padding"
        )
    return X, lengths


def _labels(path: Path, y: npt.NDArray[Any], N: int) -> npt.NDArray[np.object_]:
    """One label a sequence; NaN and empty texts are none."""
    if y.shape not in ((N,), (N, 1)) or y.dtype.kind not in "biufUS":
        raise DataError(
            f"y in {path} is {y.shape} of {y.dtype.name}; a label for each of {N} sequences, ({N},), is needed"
        )
    y = np.char.decode(y, "utf-8", "replace") if y.dtype.kind == "S" else y
    labels = np.empty(N, dtype=object)
    with door(path, DataError):  # of texts that aren't
        labels[:] = [None if is_missing(label) else label for label in y.reshape(N).tolist()]
    return labels
