"""A run on disk: everything that it needs to go on to the same result to the bit.

The file is safetensors with one JSON text in its header, like a model file. What a step draws at random follows from
the seed and the step's number, so no generator's state is kept. ``run`` describes the run that it belongs to: a
checkpoint only ever goes on with that one.
"""

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError, ModelFileError
from clearlstm.files import check_target
from clearlstm.network.storage import FORMAT_VERSION, read_tensors, write_tensors
from clearlstm.shapes import FloatArray
from clearlstm.training.history import REASONS, Validation

KIND: Final = "checkpoint"

# Told instead of two fingerprints, which mean nothing to a reader.
_CHANGES: Final = {
    "data": "the training data were others",
    "validation_data": "the validation data were others",
    "start": "the model started from other weights",
}


@final
@dataclass(frozen=True, eq=False)
class Snapshot:
    """The state of a run between two steps; vectors (P,) in the order of the model's parameters.

    ``best_parameters`` is empty as long as nothing was validated; ``reason`` is None as long as the run goes on.
    """

    parameters: FloatArray
    first_moment: FloatArray
    second_moment: FloatArray
    best_parameters: FloatArray
    losses: FloatArray
    validations: tuple[Validation, ...]
    seconds: float
    reason: str | None


def check_checkpoint_path(path: str | os.PathLike[str]) -> Path:
    """Return the path if a checkpoint can be written there: better said now than after hours of training."""
    try:
        return check_target(path)
    except InputError as error:
        raise InputError(f"checkpoint: {error}") from error


def write_checkpoint(path: Path, run: Mapping[str, Any], snapshot: Snapshot) -> None:
    """Write the state of ``run`` to ``path``, whole or not at all."""
    tensors = {
        "parameters": snapshot.parameters,
        "first_moment": snapshot.first_moment,
        "second_moment": snapshot.second_moment,
        "best_parameters": snapshot.best_parameters,
        "losses": snapshot.losses,
        "validations": np.array(snapshot.validations, dtype=np.float64).reshape(-1, 2),
    }
    rest = {"run": dict(run), "seconds": snapshot.seconds, "reason": snapshot.reason}
    write_tensors(path, tensors, {"format_version": FORMAT_VERSION, "kind": KIND, **rest})


def read_checkpoint(path: Path) -> tuple[dict[str, Any], Snapshot]:
    """The run that the checkpoint belongs to, and its state. A damaged or foreign file is a ModelFileError."""
    tensors, description = read_tensors(path)
    if description.get("kind") != KIND:
        raise ModelFileError(f"{path}: not a checkpoint but a model's file; give the checkpoint another name")
    try:
        run = dict(description["run"])
        snapshot = Snapshot(
            tensors["parameters"],
            tensors["first_moment"],
            tensors["second_moment"],
            tensors["best_parameters"],
            tensors["losses"],
            tuple(Validation(int(step), float(loss)) for step, loss in tensors["validations"]),
            float(description["seconds"]),
            description["reason"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    return run, snapshot


def check_same_run(path: Path, saved: Mapping[str, Any], run: Mapping[str, Any]) -> None:
    """Refuse a checkpoint of another run, by an InputError that names what differs."""
    before, now = dict(_leaves(saved)), dict(_leaves(run))
    names = [name for name in before | now if before.get(name) != now.get(name)]
    if names:
        changes = [
            _CHANGES.get(name) or f"{name} was {before.get(name)!r} and is now {now.get(name)!r}" for name in names
        ]
        raise InputError(
            f"checkpoint {path} belongs to another run: {'; '.join(changes)}. Give the arguments of that run to go on "
            "with it, another file name to start afresh, or remove the file"
        )


def check_fits(path: Path, snapshot: Snapshot, parameters: FloatArray, max_steps: int) -> None:
    """Refuse, as damaged, a state that can't be one of a run of ``max_steps`` with ``parameters`` (P,)."""
    vectors = (snapshot.parameters, snapshot.first_moment, snapshot.second_moment)
    best = parameters if snapshot.validations else parameters[:0]
    steps = [validation.step for validation in snapshot.validations]
    whole = (
        all(_like(vector, parameters) for vector in vectors)
        and _like(snapshot.best_parameters, best)
        and 1 <= snapshot.losses.size <= max_steps
        and _like(snapshot.losses, np.empty(snapshot.losses.size))
        and steps == sorted(set(steps))
        and all(1 <= step <= snapshot.losses.size for step in steps)
        and all(math.isfinite(validation.loss) for validation in snapshot.validations)
        and snapshot.reason in (None, *REASONS)
        and snapshot.seconds >= 0
    )
    if not whole:
        raise _damaged(path)


def _like(vector: npt.NDArray[Any], wanted: FloatArray) -> bool:
    return vector.shape == wanted.shape and vector.dtype == wanted.dtype and bool(np.isfinite(vector).all())


def _damaged(path: Path) -> ModelFileError:
    return ModelFileError(f"{path}: a checkpoint whose parts don't fit together; the file is damaged: remove it")


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every plain value in nested dictionaries and lists, by a dotted name.

    >>> list(_leaves({"model": {"nets": [{"hidden_size": 8}], "pool": "last"}}))
    [('model.nets.0.hidden_size', 8), ('model.pool', 'last')]
    """
    if isinstance(value, Mapping):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value))
    else:
        yield name, value
        return
    for key, child in children:
        yield from _leaves(child, f"{name}.{key}" if name else str(key))
