"""``clearlstm inspect FILE`` prints what to do next; here that is done, word for word, with data that fit."""

import os
import re
import shlex
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.sequences.classifier import LSTMClassifier
from tests.cli import calls
from tests.forecasting.series import walks

pytestmark = [
    pytest.mark.usefixtures("own_folder"),
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]
call = partial(calls.call, "inspect")
rng = np.random.default_rng


def _keras(build: Callable[[Any], Any], path: Path) -> None:
    pytest.importorskip("h5py")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    build(keras).save(path)


def _keras_chain(keras: Any) -> Any:
    lower, upper = keras.layers.LSTM(4, return_sequences=True), keras.layers.LSTM(5)
    return keras.Sequential([keras.Input((6, 3)), lower, upper, keras.layers.Dense(2)])


def _keras_bent(keras: Any) -> Any:
    layers = [keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)]
    return keras.Sequential([keras.Input((6, 3)), keras.layers.LSTM(4, name="memory"), *layers])


def _keras_softmax(keras: Any) -> Any:
    return keras.Sequential(
        [keras.Input((6, 3)), keras.layers.LSTM(4), keras.layers.Dense(2, activation="softmax", name="probabilities")]
    )


def _keras_side_by_side(keras: Any) -> Any:
    x = keras.Input((6, 3))
    both = keras.layers.Concatenate()([keras.layers.LSTM(4)(x), keras.layers.GRU(4)(x)])
    return keras.Model(x, keras.layers.Dense(1)(both))


def _onnx(*nets: Any) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        pytest.importorskip("onnxruntime")
        Network(list(nets), head=2, seed=0).to_onnx(path)

    return write


def _old_onnx(path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    Network(LSTM(3, 4, seed=0)).to_onnx(path)
    model = onnx.load(path)
    model.opset_import[0].version = 1
    onnx.save(model, path)


def _torch(path: Path) -> None:
    torch = pytest.importorskip("torch")
    parts = {"days": torch.nn.LSTM(3, 4), "a week": torch.nn.LSTM(3, 4), "out": torch.nn.Linear(8, 1)}
    torch.save(torch.nn.ModuleDict(parts), path)


def _torch_refused(path: Path) -> None:
    torch = pytest.importorskip("torch")
    state = {f"a.{name}": part for name, part in torch.nn.LSTM(3, 4).state_dict().items()}
    torch.save(state | {"b.weight_ih_l0": torch.zeros(16, 3)}, path)


def _classifier(path: Path) -> None:
    x, y = rng(0).standard_normal((12, 8, 3)), np.repeat([0, 1], 6)
    LSTMClassifier(hidden_size=3, max_steps=3).fit(x, y).save(path)


def _forecaster(path: Path) -> None:
    LSTMForecaster(h=2, input_size=6, max_steps=5).fit(walks(60, 2)).save(path)


MODELS: dict[str, tuple[Callable[[Path], None], int]] = {
    "a chain of Keras's": (partial(_keras, _keras_chain), 2),
    "Keras's with two dense layers": (partial(_keras, _keras_bent), 1),
    "Keras's with a softmax": (partial(_keras, _keras_softmax), 1),
    "Keras's with two side by side": (partial(_keras, _keras_side_by_side), 1),
    "ONNX of one": (_onnx(LSTM(3, 4, seed=0)), 2),
    "ONNX of two": (_onnx(LSTM(3, 4, seed=0), LSTM(4, 5, seed=1)), 2),
    "ONNX that nothing runs any more": (_old_onnx, 1),
    "a torch module of two": (_torch, 1),
    "one of torch's and one that is broken": (_torch_refused, 1),
    "a network": (Network([LSTM(3, 4, seed=0), LSTM(4, 5, seed=1)], head=2, seed=0).save, 1),
    "a classifier": (_classifier, 1),
    "a forecaster": (_forecaster, 1),
}
"""How each is written, and how many commands are printed for it."""


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore::clearlstm.errors.ClearLSTMWarning")
@pytest.mark.parametrize("kind", MODELS)
def test_what_is_printed_works_when_it_is_followed(kind: str) -> None:
    write, n_commands = MODELS[kind]
    write(Path("my model.keras"))
    printed = call("my model.keras")
    assert printed.exit_code == 0, printed.output
    commands = re.findall(r"^  clearlstm inspect (.*)$", printed.stdout, re.MULTILINE)
    assert len(commands) == n_commands
    _write_data(" ".join(printed.stdout.split()))
    for command in commands:
        done = call(*shlex.split(command), "--seconds", "1")
        assert done.exit_code == 0, (command, done.output)


def _write_data(text: str) -> None:
    """What the commands name, of the shapes that the text gives."""
    if size := re.search(r"x \(N, T, (\d+)\)", text):
        np.save("x.npy", rng(0).standard_normal((4, 6, int(size[1]))))
    inputs = re.findall(r"(\w+) float32 \(([^)]*)\)", text)
    shapes = {name: [int(size) if size.isdecimal() else 6 for size in shape.split(", ")] for name, shape in inputs}
    arrays: dict[str, Any] = {name: rng(0).standard_normal(shape) for name, shape in shapes.items()}
    np.savez("inputs.npz", **arrays)
    walks(60, 2).to_csv("table.csv", index=False)


@pytest.mark.torch
@pytest.mark.filterwarnings("always::clearlstm.errors.ClearLSTMWarning")
def test_the_whole_of_a_chain_comes_first_and_the_only_layer_of_another_model_comes_with_a_word() -> None:
    _keras(_keras_chain, Path("chain.keras"))
    _keras(_keras_bent, Path("bent.keras"))
    np.save("x.npy", rng(0).standard_normal((4, 6, 3)))
    lines = call("chain.keras").stdout.splitlines()
    assert lines[-3] == "  clearlstm inspect chain.keras --data x.npy"
    assert "gives 2 answers" in " ".join(call("chain.keras", "--data", "x.npy").stdout.split())
    bent = call("bent.keras", "--data", "x.npy")
    assert bent.exit_code == 0
    assert "Of it only 'memory' is opened, whose answer is h after the last step" in bent.output
    assert "gives 4 answers" in " ".join(bent.stdout.split())


@pytest.mark.torch
@pytest.mark.filterwarnings("always::clearlstm.errors.ClearLSTMWarning")
def test_its_warning_names_options() -> None:
    _keras(_keras_softmax, Path("m.keras"))
    np.save("x.npy", rng(0).standard_normal((4, 6, 3)))
    assert re.search(
        r"--head 'probabilities' takes it without that function, --name … a recurrent layer alone\. Of it only",
        call("m.keras", "--data", "x.npy").output,
    )


def test_of_a_model_that_is_too_old_to_run_that_is_said() -> None:
    _old_onnx(Path("m.onnx"))
    pytest.importorskip("onnxruntime")
    np.save("x.npy", rng(0).standard_normal((4, 6, 3)))
    refused = " ".join(call("m.onnx", "--capture", "--data", "x.npy").output.split())
    assert "It is of opset 1, and ONNX Runtime runs models from opset 7 on" in refused
