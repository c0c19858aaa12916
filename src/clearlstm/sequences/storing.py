"""A fitted classifier or regressor as a safetensors file, and back. What is in a file is data and never a pickle."""

import inspect
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError, ModelFileError
from clearlstm.files import door
from clearlstm.network.model import Network
from clearlstm.network.storage import FORMAT_VERSION, model_from, read_whole, write_tensors
from clearlstm.sequences.scaling import Scaling
from clearlstm.shapes import FloatArray, check_positive

if TYPE_CHECKING:
    from clearlstm.sequences.classifier import LSTMClassifier
    from clearlstm.sequences.estimator import SequenceEstimator
    from clearlstm.sequences.regressor import LSTMRegressor

Tensors: TypeAlias = dict[str, FloatArray]

KINDS: Final = ("LSTMClassifier", "LSTMRegressor")
_LABELS: Final[dict[str, type]] = {"texts": str, "whole numbers": int, "truth values": bool, "numbers": float}


def save(model: "SequenceEstimator", path: str | os.PathLike[str]) -> None:
    """Write a fitted estimator to ``path``, whole or not at all. The course of its training is not in it."""
    network, scaling = model.network_, model.feature_scaling_
    tensors = {f"network.{name}": values for name, values in network.parameters.items()}
    tensors |= {"features.mean": scaling.mean, "features.scale": scaling.scale}
    description: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "kind": type(model).__name__,
        "network": network.config(),
        "parameters": {name: _plain(name, getattr(model, name)) for name in _names(type(model))},
        "steps_at_once": model._read_at_once,
        "n_features_in": model.n_features_in_,
        "table": model._fitted_on_table,
    }
    if description["kind"] == "LSTMClassifier":
        description["classes"] = _labels(getattr(model, "classes_"))  # noqa: B009
    else:
        target: Scaling = getattr(model, "target_scaling_")  # noqa: B009
        tensors |= {"target.mean": target.mean, "target.scale": target.scale}
        description["output_shape"] = list(getattr(model, "_output_shape"))  # noqa: B009
    write_tensors(path, tensors, description)


def load(path: str | os.PathLike[str]) -> "LSTMClassifier | LSTMRegressor":
    """Read what :func:`save` wrote; anything else is a :class:`ModelFileError`."""
    tensors, description = read_whole(path)
    with door(path, ModelFileError):
        try:
            estimator: LSTMClassifier | LSTMRegressor = _estimator(tensors, description)
            return estimator
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise ModelFileError(
                f"{Path(path)}: its description and its arrays are no classifier's or regressor's ({error}); the file "
                "is damaged"
            ) from error


def _estimator(tensors: Tensors, description: dict[str, Any]) -> Any:
    from clearlstm.sequences.classifier import LSTMClassifier
    from clearlstm.sequences.regressor import LSTMRegressor

    kinds: dict[str, type[Any]] = {"LSTMClassifier": LSTMClassifier, "LSTMRegressor": LSTMRegressor}
    kind = kinds[description["kind"]]
    model: Any = kind(**_parameters(kind, description["parameters"]))
    start = "network."
    own = {name.removeprefix(start): values for name, values in tensors.items() if name.startswith(start)}
    network = model_from("Network", description["network"], own)
    at_once = check_positive("steps_at_once", description["steps_at_once"])
    features = _scaling(tensors, "features")
    if not isinstance(network, Network) or network.input_size != at_once * len(features.mean):
        raise InputError(f"its net does not read {at_once} times {len(features.mean)} features")
    if network.pool != model.pool:
        raise InputError(f"its net has pool {network.pool!r}, and {model.pool!r} is described")
    model.network_, model.feature_scaling_, model.steps_at_once_ = network, features, at_once
    model.n_features_in_ = check_positive("n_features_in", description["n_features_in"])
    model._fitted_on_table = description["table"] is True
    if kind is LSTMClassifier:
        model.classes_ = _array_of(description["classes"])
        n_answers = len(model.classes_)
    else:
        model.target_scaling_ = _scaling(tensors, "target")
        model._output_shape = tuple(check_positive("output_shape", size) for size in description["output_shape"])
        n_answers = len(model.target_scaling_.mean)
        if model._output_shape not in ((), (n_answers,)) or (model._output_shape == () and n_answers != 1):
            raise InputError(f"output_shape is {model._output_shape} for {n_answers} answers")
    if network.output_size != n_answers:
        raise InputError(f"its net gives {network.output_size} answers, and {n_answers} are described")
    return model


def _names(kind: type[Any]) -> list[str]:
    """The parameters of an estimator."""
    return [name for name in inspect.signature(kind.__init__).parameters if name != "self"]


def _plain(name: str, value: Any) -> Any:
    """A parameter as JSON has it; weights of classes as pairs, since labels need not be texts."""
    if isinstance(value, dict):
        return [[_plain(name, label), float(weight)] for label, weight in value.items()]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise InputError(f"{name} is a {type(value).__name__}, which can't be saved; numbers, texts and dicts of them can")


def _parameters(kind: type[Any], given: dict[str, Any]) -> dict[str, Any]:
    """Those that the estimator knows, as its ``__init__`` takes them."""
    known = _names(kind)
    if unknown := [name for name in given if name not in known]:
        raise InputError(f"it has the parameter {unknown[0]!r}, which isn't known")
    return {name: dict(value) if isinstance(value, list) else value for name, value in given.items()}


def _scaling(tensors: Tensors, name: str) -> Scaling:
    mean, scale = (tensors[f"{name}.{part}"] for part in ("mean", "scale"))
    if mean.ndim != 1 or mean.shape != scale.shape or not len(mean) or mean.dtype.kind != "f" != scale.dtype.kind:
        raise InputError(f"{name} has a mean {mean.shape} and a scale {scale.shape}")
    if not (np.isfinite(mean).all() and np.isfinite(scale).all() and (scale > 0).all()):
        raise InputError(f"{name} has a mean or a scale that no numbers have")
    return Scaling(mean, scale)


def _labels(classes: npt.NDArray[Any]) -> dict[str, Any]:
    items = classes.tolist()
    for name, kind in _LABELS.items():
        if all(type(item) is kind for item in items):
            return {"kind": name, "labels": items, "object": classes.dtype == object}
    kinds = sorted({type(item).__name__ for item in items})
    raise InputError(f"classes of type {' and '.join(kinds)} can't be saved: make them texts before fitting")


def _array_of(described: dict[str, Any]) -> npt.NDArray[Any]:
    """The classes, sorted and each once."""
    labels, kind = described["labels"], _LABELS[described["kind"]]
    if len(labels) < 2 or any(type(label) is not kind for label in labels) or labels != sorted(set(labels)):
        raise InputError("its classes are not different labels of one kind, in order")
    return np.array(labels, dtype=object if described["object"] is True else None)
