"""Keras models with weights of their own, for the tests of clearlstm.interop.keras."""

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np

from clearlstm.interop.keras import from_keras
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close

N, T, F = 4, 6, 3


def x_for(model: Any, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(N, T, F)).astype(str(model.dtype))


def randomised(model: Any, seed: int = 1) -> Any:
    """Every weight drawn by itself: fresh biases are 0 and 1, in which gates can be swapped unseen."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(scale=0.6, size=values.shape) for values in model.get_weights()])
    return model


def sequential(*layers: Any) -> Any:
    return randomised(keras.Sequential([keras.Input((T, F)), *layers]))


def saved(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def answer(model: Any, x: FloatArray) -> FloatArray:
    return np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))


def assert_same(network: Network, model: Any, tolerance: float = 1e-5) -> None:
    x = x_for(model)
    assert_close("answer", network(x), answer(model, x), tolerance)


def all_ways(model: Any, folder: Path) -> list[Network]:
    """The network from the object, from a .keras file and from an .h5 file."""
    return [from_keras(src) for src in (model, saved(model, folder / "m.keras"), saved(model, folder / "m.h5"))]


def rewrite(path: Path, change: Callable[[Any], None], weights: Callable[[Path], None] | None = None) -> None:
    """Change the description, and perhaps the weights, of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    if weights:
        loose = path.with_suffix(".weights")
        loose.write_bytes(members["model.weights.h5"])
        weights(loose)
        members["model.weights.h5"] = loose.read_bytes()
    write(path, members)


def write(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def touching(path: str) -> Callable[[Any], Any]:
    return lambda x: (Path(path).write_text("ran", encoding="utf-8"), x)[1]


def layers_of(config: Any) -> Any:
    return config["config"]["layers"]


def as_keras_2(path: Path) -> Path:
    """Rewrite an .h5 file as Keras 2 laid it out: its version, ``:0`` behind weights, and calls as nested lists."""
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = file["model_weights"].attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = file["model_weights"].attrs["backend"] = "tensorflow"
        description = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(_older(description))
        for group in file["model_weights"].values():
            names = [str(name) for name in group.attrs["weight_names"]]
            for name in names:
                group.move(name, f"{name}:0")
            group.attrs["weight_names"] = [f"{name}:0".encode() for name in names]
    return path


def _older(node: Any) -> Any:
    """Tensors as [layer, call, output, {}]; ``batch_input_shape``; no inner names of a Bidirectional's halves."""
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "inbound_nodes" in node:
        calls = [
            [[*tensor["config"]["keras_history"], {}] for tensor in call["args"]] for call in node["inbound_nodes"]
        ]
        return {**_older({key: item for key, item in node.items() if key != "inbound_nodes"}), "inbound_nodes": calls}
    if "merge_mode" in node:
        inner = {**node["layer"], "config": {**node["layer"]["config"], "name": "lstm"}}
        node = {key: item for key, item in node.items() if key != "backward_layer"} | {"layer": inner}
    return {key: _older(item) for key, item in node.items() if key not in ("module", "registered_name")}
