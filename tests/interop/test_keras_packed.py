"""CuDNNLSTM and CuDNNGRU: layers of Keras 2, packed here as Keras 2 did it, against the LSTM and GRU of Keras."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, ModelFileError
from clearlstm.interop.keras import from_keras
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import h5py
from keras import layers as kl

from tests.interop.keras_models import answer, as_keras_2, assert_same, saved, sequential, x_for

pytestmark = [
    pytest.mark.torch,  # Keras's backend here
    # Keras itself hands torch's tensors to NumPy in the old way when it saves and loads.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]

GATES = {"LSTM": 4, "GRU": 3}


def _pack(name: str, values: FloatArray, n_gates: int) -> FloatArray:
    """As ``_convert_rnn_weights`` of Keras 2 does from the plain layer's."""
    gates = np.hsplit(values, n_gates) if values.ndim == 2 else []
    if name == "kernel":
        return np.hstack([gate.T.reshape(gate.shape, order="C") for gate in gates])
    if name == "recurrent_kernel":
        return np.hstack([gate.T for gate in gates])
    # Of an LSTM the biases for x and for h_prev are added up; how they were split is not to matter.
    return np.concatenate([0.3 * values, 0.7 * values]) if n_gates == 4 else values.reshape(-1)


def packed(model: Any, kind: str, folder: Path) -> Path:
    """The model's .h5 file with its layers of that kind as CuDNN's."""
    path = as_keras_2(saved(model, folder / "m.h5"))
    with h5py.File(path, "r+") as file:
        description = json.loads(file.attrs["model_config"])
        for entry in description["config"]["layers"]:
            entry = entry["config"].get("layer", entry)
            if entry["class_name"] == kind:
                kept = {key: entry["config"][key] for key in ("name", "units", "return_sequences", "go_backwards")}
                entry.update(class_name=f"CuDNN{kind}", config=kept)
        file.attrs["model_config"] = json.dumps(description)
        _pack_all(file, GATES[kind])
    return path


def _pack_all(file: Any, n_gates: int) -> None:
    names: list[str] = []
    file.visit(names.append)
    for name in names:
        last = name.rpartition("/")[2].partition(":")[0]
        if f"{kind_of(n_gates)}_cell" in name and last in ("kernel", "recurrent_kernel", "bias"):
            values = file[name][()]
            del file[name]
            file[name] = _pack(last, values, n_gates)


def kind_of(n_gates: int) -> str:
    return {4: "lstm", 3: "gru"}[n_gates]


@pytest.mark.parametrize("kind", GATES)
class TestPacked:
    def test_a_model(self, kind: str, tmp_path: Path) -> None:
        layer = getattr(kl, kind)
        model = sequential(kl.Bidirectional(layer(4, return_sequences=True)), layer(5), kl.Dense(2))
        network = from_keras(packed(model, kind, tmp_path))
        assert_same(network, model)
        assert network.nets[0].engine == "kernels"

    def test_weights_alone_whatever_the_version(self, kind: str, tmp_path: Path) -> None:
        model = sequential(getattr(kl, kind)(4, return_sequences=True))
        path = packed(model, kind, tmp_path)
        with h5py.File(path, "r+") as file:
            del file.attrs["model_config"]
            file["model_weights"].attrs["keras_version"] = file.attrs["keras_version"] = "2.2.4-tf"
        with pytest.warns(ClearLSTMWarning, match="no description"):
            network = from_keras(path)
        assert_close("h", network(x_for(model)), answer(model, x_for(model)), 1e-5)

    def test_a_bias_of_the_plain_layer_is_noticed(self, kind: str, tmp_path: Path) -> None:
        path = packed(sequential(getattr(kl, kind)(4)), kind, tmp_path)
        with h5py.File(path, "r+") as file:
            names: list[str] = []
            file.visit(names.append)
            (bias,) = (name for name in names if name.endswith("bias:0"))
            del file[bias]
            file[bias] = np.zeros(4 * GATES[kind], "f4")
        with pytest.raises(ModelFileError, match="a bias of shape"):
            from_keras(path)
