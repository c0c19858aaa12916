"""One door: every kind of model file, whatever it is called, gives the same network in Python, terminal and lab."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from clearlstm.cli.inspect import _load as load_by_inspect
from clearlstm.errors import ClearLSTMError, ClearLSTMWarning, InputError, ModelFileError
from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.interop.content import maker_of
from clearlstm.interop.open import load
from clearlstm.lab.tasks import saved_job
from clearlstm.lab.tasks.model import open_model
from clearlstm.lab.tasks.progress import News
from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.network.subject import network_of
from tests.forecasting.series import walks

NAMES = ("right", "model.csv", "model.onnx", "model.safetensors", "model.pt", "model.h5", "model")


def chain(F: int = 2) -> Network:
    return Network([LSTM(F, 3, seed=0), LSTM(3, 4, seed=1)], head=2, seed=0)


def torch_lstm() -> Any:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    return torch.nn.LSTM(2, 3, num_layers=2, bidirectional=True)


def _torch(path: Path) -> None:
    pytest.importorskip("torch").save(torch_lstm().state_dict(), path)


def _torch_arrays(path: Path) -> None:
    save_file({name: values.numpy() for name, values in torch_lstm().state_dict().items()}, path)


def _onnx(path: Path) -> None:
    pytest.importorskip("onnx")
    chain().to_onnx(path)


def _keras(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        keras_models = pytest.importorskip("tests.interop.keras_models", exc_type=ImportError)
        layers = pytest.importorskip("keras").layers
        model = keras_models.sequential(layers.LSTM(4, return_sequences=True), layers.LSTM(3), layers.Dense(2))
        model.save(path.with_name(name))
        path.with_name(name).rename(path)

    return write


FILES: dict[str, tuple[str, str, Callable[[Path], None]]] = {
    "net": ("clearlstm", "m.safetensors", lambda path: LSTM(2, 3, 2, bidirectional=True, seed=0).save(path)),
    "network": ("clearlstm", "m.safetensors", lambda path: chain().save(path)),
    "forecaster": (
        "clearlstm",
        "m.safetensors",
        lambda path: LSTMForecaster(h=2, input_size=6, hidden_size=3, max_steps=3).fit(walks(90)).save(path),
    ),
    "torch": ("torch", "m.pt", _torch),
    "torch arrays": ("torch", "m.safetensors", _torch_arrays),
    "keras": ("keras", "m.keras", _keras("m.keras")),
    "keras legacy": ("keras", "m.h5", _keras("m.h5")),
    "onnx": ("onnx", "m.onnx", _onnx),
}


def by_lab(path: Path, folder: Path) -> Any:
    folder.mkdir(exist_ok=True)
    open_model({}, (path, path.name), None, folder, News(io.StringIO()))
    return saved_job.read(folder)[0]


@pytest.mark.torch
@pytest.mark.parametrize("kind", FILES)
@pytest.mark.filterwarnings("ignore:.* is read as torch's nn:clearlstm.errors.ClearLSTMWarning")
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
def test_a_file_is_opened_by_its_content_through_every_door(kind: str, tmp_path: Path) -> None:
    maker, right, write = FILES[kind]
    write(tmp_path / right)
    content, answers = (tmp_path / right).read_bytes(), []
    for name in NAMES:
        path = tmp_path / (right if name == "right" else name)
        path.write_bytes(content)
        assert maker_of(path) == maker
        doors: list[Any] = [load(path)]
        if name in ("right", "model"):
            doors += [load_by_inspect(path, {}), by_lab(path, tmp_path / "job")]
        for model in map(network_of, doors):
            x = np.random.default_rng(0).normal(size=(4, 7, model.input_size)).astype(model.dtype)
            answers.append(model(x))
    for answer in answers:
        np.testing.assert_array_equal(answer, answers[0])


def test_an_onnx_file_of_two_lstms_and_a_head_comes_back_whole(tmp_path: Path) -> None:
    _onnx(tmp_path / "m.onnx")
    x = np.random.default_rng(0).normal(size=(5, 9, 2)).astype("float32")
    opened: Any = load(tmp_path / "m.onnx")
    assert (len(opened.nets), opened.pool) == (2, "last")
    np.testing.assert_array_equal(opened(x), chain()(x))
    opened = load(tmp_path / "m.onnx", example=x)
    np.testing.assert_array_equal(opened(x), chain()(x))


def test_layers_of_several_cells_come_in_the_order_in_which_they_run(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    model = Network([GRU(2, 3, seed=0), LSTM(3, 4, seed=1), RNN(4, 2, seed=2)], head=2, seed=0)
    model.to_onnx(tmp_path / "m")
    x = np.random.default_rng(0).normal(size=(5, 9, 2)).astype("float32")
    opened: Any = load(tmp_path / "m")
    np.testing.assert_allclose(opened(x), model(x), atol=1e-6)


def _softmaxed(path: Path, *nets: Any) -> None:
    onnx = pytest.importorskip("onnx")
    Network(list(nets), head=2, seed=0).to_onnx(path)
    model = onnx.load(path)
    last = model.graph.node[-1]
    answer = last.output[0]
    last.output[0] = "scores"
    model.graph.node.append(onnx.helper.make_node("Softmax", ["scores"], [answer]))
    onnx.save(model, path)


def test_what_is_no_chain_is_opened_by_name_or_the_only_lstm_alone(tmp_path: Path) -> None:
    _softmaxed(tmp_path / "one", LSTM(2, 3, seed=0))
    x = np.ones((2, 5, 2), "float32")
    with pytest.warns(ClearLSTMWarning, match="only the LSTM is opened"):
        alone: Any = load(tmp_path / "one")
    np.testing.assert_allclose(alone(x), LSTM(2, 3, seed=0)(x).h, atol=1e-6)
    with pytest.raises(InputError, match="no plain chain"):
        load(tmp_path / "one", example=x)
    _softmaxed(tmp_path / "two", LSTM(2, 3, seed=0), LSTM(3, 4, seed=1))
    with pytest.raises(InputError, match="Pick one of these layers by name=") as refusal:
        load(tmp_path / "two")
    name = str(refusal.value).split("'")[1]
    first: Any = load(tmp_path / "two", name=name, pool="mean")
    np.testing.assert_allclose(first(x), LSTM(2, 3, seed=0)(x).h.mean(axis=1), atol=1e-6)


@pytest.mark.parametrize("shape", [[1, 6, 2], ["N", "T", 2], [3, "T", "F"], None])
def test_an_onnx_models_own_shape_is_kept_to(shape: list[Any] | None, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    _onnx(tmp_path / "m")
    model = onnx.load(tmp_path / "m")
    made = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, shape)
    model.graph.input[0].CopyFrom(made)
    onnx.save(model, tmp_path / "m")
    opened: Any = load(tmp_path / "m")
    assert len(opened.nets) == 2


def test_an_endless_shape_is_not_tried(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    _onnx(tmp_path / "m")
    model = onnx.load(tmp_path / "m")
    model.graph.input[0].CopyFrom(onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [2**40, 2**20, 2]))
    onnx.save(model, tmp_path / "m")
    with pytest.raises(ClearLSTMError, match="claims shape"):
        load(tmp_path / "m")


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.txt", "no model")


def _cut(write: Callable[[Path], None], share: float) -> Callable[[Path], None]:
    def cut(path: Path) -> None:
        write(path)
        content = path.read_bytes()
        path.write_bytes(content[: int(share * len(content))])

    return cut


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda _: None, "doesn't exist"),
    "folder": (Path.mkdir, "is a folder: name a file"),
    "empty": (lambda path: path.write_bytes(b""), "is empty, by its content; was it cut short"),
    "text": (lambda path: path.write_text("no model"), "nor a model of PyTorch, Keras or ONNX"),
    "table": (lambda path: path.write_text("2024-01-01,3\n" * 99), "nor a model of PyTorch, Keras or ONNX"),
    "noise": (lambda path: path.write_bytes(np.random.default_rng(0).bytes(5000)), "nor a model of PyTorch"),
    "zip": (_zip, "a zip that holds x.txt; neither PyTorch nor Keras"),
    "cut network": (_cut(chain().save, 0.8), "cut short"),
    "cut torch": (_cut(_torch, 0.8), "cut short"),
    "cut onnx": (_cut(_onnx, 0.8), "cut short"),
    "cut early": (_cut(_onnx, 0.01), "cut short"),
}


@pytest.mark.torch
@pytest.mark.parametrize("kind", BROKEN)
def test_what_is_no_model_is_refused_through_every_door(kind: str, tmp_path: Path) -> None:
    write, message = BROKEN[kind]
    path = tmp_path / "model"
    write(path)
    for door in (load, lambda path: load_by_inspect(path, {}), lambda path: by_lab(path, tmp_path / "job")):
        with pytest.raises(ModelFileError, match=message):
            door(path)


def test_choices_that_a_file_does_not_leave_are_refused(tmp_path: Path) -> None:
    chain().save(tmp_path / "own")
    RNN(1, 2, seed=0).save(tmp_path / "rnn")
    assert isinstance(load(tmp_path / "rnn"), RNN)
    with pytest.raises(InputError, match="pool is given, but clearlstm wrote this file"):
        load(tmp_path / "own", pool="last")
    with pytest.raises(InputError, match=r"example is given, and .* is no ONNX model"):
        load(tmp_path / "own", example=np.ones((1, 2, 2)))
    with pytest.raises(InputError, match="--name is given, but"):
        load_by_inspect(tmp_path / "own", {"name": "lstm"})
    save_file({"x": np.zeros(1)}, tmp_path / "strange", metadata={"clearlstm": '{"format_version": 1, "kind": 3}'})
    with pytest.raises(ModelFileError, match="doesn't say what it holds"), pytest.warns(ClearLSTMWarning):
        load(tmp_path / "strange")
