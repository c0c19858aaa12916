"""``clearlstm inspect`` without data, which tells what is in a file, and with a whole model's own inputs."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from clearlstm.forecasting.forecaster import LSTMForecaster
from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from tests.cli import calls
from tests.forecasting.series import walks

pytestmark = pytest.mark.usefixtures("own_folder")
call = partial(calls.call, "inspect")


def shown(*args: str) -> str:
    result = call(*args)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def mixed() -> Network:
    lstm = LSTM(3, 4, 2, bidirectional=True, seed=0)
    for name, values in lstm.parameters.items():
        if name.endswith("reverse.b"):
            values[:4] = np.log(9)  # forget gates at 0.9
    return Network([lstm, GRU(8, 5, seed=1), RNN(5, 2, seed=2)], head=2, seed=0)


class TestContents:
    def test_each_net_with_its_gates_at_rest(self) -> None:
        mixed().save("m.safetensors")
        text = shown("m.safetensors")
        assert "m.safetensors (clearlstm): 3 recurrent nets with" in text
        assert "LSTM: 3 features, 2 layers of 4 units, both directions." in text
        assert "layer 1, backward: at rest 0.90: half of a memory is gone after 6.6 steps" in text
        assert "GRU: 8 features, 1 layer of 5 units. layer 0, forward: at rest 0.50" in text
        assert "RNN: 5 features, 1 layer of 2 units." in text
        assert "Linear layers: head (2 to 2)." in text
        assert "clearlstm inspect m.safetensors --data x.npy" in text

    def test_as_json(self) -> None:
        mixed().save("m.safetensors")
        data = json.loads(call("m.safetensors", "--json", "-").stdout)
        assert [layer["cell"] for layer in data["layers"]] == ["LSTM"] * 4 + ["GRU", "RNN"]
        assert data["layers"][1]["gates"]["f"] == pytest.approx([0.9] * 3)
        assert data["layers"][-1]["half_life"] is None
        assert data["heads"] == {"head": {"inputs": 2, "outputs": 2}}

    def test_a_forecaster_wants_a_table(self) -> None:
        LSTMForecaster(h=2, input_size=6, max_steps=5).fit(walks(60, 2)).save("f.safetensors")
        assert "clearlstm inspect f.safetensors --data" in shown("f.safetensors")

    @pytest.mark.torch
    def test_torch_with_several_and_one_that_cannot_come_over(self) -> None:
        import torch

        module = torch.nn.ModuleDict({"encoder": torch.nn.LSTM(2, 3), "again": torch.nn.LSTM(2, 3)})
        module["again"].load_state_dict(module["encoder"].state_dict())
        module["out"] = torch.nn.Linear(3, 1)
        state = module.state_dict() | {"broken.weight_ih_l0": torch.zeros(12, 2)}
        torch.save({"epoch": 3, "model": state}, "m.ckpt")
        text = shown("m.ckpt")
        assert "The same weights as " in text
        assert "encoder" in text
        assert "Not opened: 'model.broken'" in text or "Not opened: 'broken'" in text
        assert "--name" in text

    @pytest.mark.torch
    def test_what_is_there_in_place_of_a_recurrent_layer(self) -> None:
        import torch

        torch.save({"fc.weight": torch.zeros(2, 3)}, "m.pt")
        assert "No recurrent layer is in it: the file holds 1 tensor (fc.weight (2, 3))." in shown("m.pt")

    @pytest.mark.torch
    def test_embeddings_are_no_linear_layers(self) -> None:
        import torch

        named = {"word_embeddings": torch.nn.Embedding(9, 3), "emb": torch.nn.Embedding(9, 3)}
        state = torch.nn.ModuleDict(named | {"embed_in": torch.nn.Linear(3, 4), "out": torch.nn.Linear(3, 1)})
        torch.save(state.state_dict(), "m.pt")
        assert "Linear layers: embed_in (3 to 4), out (3 to 1)." in shown("m.pt")

    @pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")
    def test_keras(self) -> None:
        pytest.importorskip("h5py")
        from tests.fuzz.keras_files import keras_files

        Path("m").write_bytes(keras_files()[0])
        assert "m (Keras): " in shown("m")

    def test_an_onnx_model_tells_its_inputs_too(self) -> None:
        pytest.importorskip("onnx")
        mixed().to_onnx("m.onnx")
        text = shown("m.onnx")
        assert "x float32 (" in text
        assert "clearlstm inspect m.onnx --capture --name net0.layer0 --data inputs.npz" in text

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("nowhere.pt",), "nowhere.pt doesn't exist"),
            (("m.safetensors", "--window", "5"), "--window needs --data"),
            (("m.safetensors", "--view", "gates"), "--view needs --data"),
            (("m.safetensors", "--id", "shop"), "--id needs --data"),
            (("m.safetensors", "--fail-on", "fault"), "--fail-on needs --data"),
            (("m.safetensors", "--name", "net 0"), "--name needs --data"),
            (("m.safetensors", "--capture"), "--capture needs --data"),
            (("m.safetensors", "--json", "m.safetensors"), ".json"),
        ],
    )
    def test_what_cannot_be_used_is_said(self, args: tuple[str, ...], message: str) -> None:
        mixed().save("m.safetensors")
        result = call(*args)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())


class TestCapture:
    @pytest.fixture(autouse=True)
    def _model(self, own_folder: Path) -> None:
        pytest.importorskip("onnx")
        pytest.importorskip("onnxruntime")
        Network(LSTM(2, 3, seed=0), head=2, seed=0).to_onnx(own_folder / "m.onnx")
        mixed().to_onnx(own_folder / "several.onnx")
        rng = np.random.default_rng(0)
        np.savez(own_folder / "inputs.npz", x=rng.standard_normal((8, 12, 2)))
        np.save(own_folder / "x.npy", rng.standard_normal((8, 12, 3)))

    def test_the_audit_is_of_what_the_layer_got(self) -> None:
        text = shown("m.onnx", "--capture", "--data", "inputs.npz")
        assert "got 8 sequences of up to 12 steps with 2 features and started from 0" in text
        assert "clearlstm's h is the model's to" in text

    def test_a_view_of_it(self) -> None:
        assert "clearlstm's h is the model's" in shown(
            "m.onnx", "--capture", "--data", "inputs.npz", "--view", "gates", "--sequence", "3"
        )

    def test_of_several_one_is_named(self) -> None:
        listed = call("several.onnx", "--capture", "--data", "x.npy")
        assert listed.exit_code == 2
        said = " ".join(listed.output.split())
        assert "several recurrent layers ran; give one as --name" in said
        name = said.partition("--name ")[2].partition(" ")[0]
        assert "got 8 sequences" in shown("several.onnx", "--capture", "--data", "x.npy", "--name", name)

    @pytest.mark.parametrize(
        ("args", "message"),
        [
            (("m.onnx", "--capture", "--data", "x.csv"), "save them by name in an .npz file"),
            (("m.onnx", "--capture", "--data", "inputs.npz", "--head", "fc"), "leave --head and --pool out"),
            (("m.onnx", "--capture", "--data", "inputs.npz", "--window", "3"), "leave the options that cut a table"),
            (("m.safetensors", "--capture", "--data", "inputs.npz"), "a file of clearlstm's, which"),
        ],
    )
    def test_what_cannot_be_captured_is_said(self, args: tuple[str, ...], message: str) -> None:
        mixed().save("m.safetensors")
        Path("x.csv").write_text("a\n1\n", encoding="utf-8")
        result = call(*args)
        assert result.exit_code == 2
        assert message in " ".join(result.output.split())
