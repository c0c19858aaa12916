"""GRUs from torch, Keras and ONNX, and back: the answers of those who made them."""

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import ClearLSTMWarning
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")

import torch

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),  # Keras's own
]

N, T, F, H = 4, 6, 3, 5


def inputs(dtype: str = "float32") -> FloatArray:
    return np.random.default_rng(0).normal(size=(N, T, F)).astype(dtype)


@pytest.mark.filterwarnings("ignore:.* is read as torch's nn:clearlstm.errors.ClearLSTMWarning")
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_module_of_torch_and_back(bias: bool, bidirectional: bool, tmp_path: Path) -> None:
    options: dict[str, Any] = {"bias": bias, "bidirectional": bidirectional, "dtype": torch.float64}
    module = torch.nn.GRU(F, H, 2, batch_first=True, **options)
    x = inputs("float64")
    wanted = module(torch.tensor(x))[0].detach().numpy()
    torch.save(module.state_dict(), tmp_path / "gru.pt")
    for source in (module, module.state_dict(), tmp_path / "gru.pt"):
        network = cl.from_torch(source)
        assert isinstance(network.nets[0], cl.GRU)
        assert_close("h", network(x), wanted, 1e-13)
    lengths = np.array([6, 1, 4, 2])
    twin = network.to_torch()(torch.tensor(x), torch.tensor(lengths)).detach().numpy()
    assert_close("of torch's twin", twin, network(x, lengths), 1e-13)


def test_a_cell_of_torch() -> None:
    cell = torch.nn.GRUCell(F, H)
    x, h = inputs(), torch.zeros(N, H)
    for t in range(T):
        h = cell(torch.tensor(x[:, t]), h)
    assert_close("h_n", cl.from_torch(cell, pool="last")(x), h.detach().numpy(), 1e-6)


@pytest.mark.parametrize("options", [{"reset_after": False}, {"activations": {"gate": "hard_sigmoid"}}])
def test_what_torch_has_not_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(cl.errors.InputError, match="can't go to torch, whose GRU computes reset_after=True"):
        cl.Network(cl.GRU(1, 2, **options)).to_torch()


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("use_bias", [True, False])
def test_a_model_of_keras(reset_after: bool, use_bias: bool, tmp_path: Path) -> None:
    pytest.importorskip("keras")
    pytest.importorskip("h5py")
    from keras import layers as kl

    from tests.interop.keras_models import all_ways, assert_same, sequential

    options: dict[str, Any] = {"reset_after": reset_after, "use_bias": use_bias}
    model = sequential(
        kl.GRU(H, return_sequences=True, recurrent_activation="hard_sigmoid", **options),
        kl.Bidirectional(kl.GRU(4, **options)),
        kl.Dense(2),
    )
    for network in all_ways(model, tmp_path):
        assert [net.options["reset_after"] for net in network.nets] == [reset_after] * 2
        assert_same(network, model)


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_to_onnx_and_its_runtime_and_back(reset_after: bool, bidirectional: bool, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    net = cl.GRU(F, H, 2, bidirectional=bidirectional, reset_after=reset_after, seed=1, init="uniform")
    model = cl.Network(net, head=2, seed=2)
    model.to_onnx(tmp_path / "gru.onnx")
    x = inputs()
    session = runtime.InferenceSession(str(tmp_path / "gru.onnx"), providers=["CPUExecutionProvider"])
    assert_close("of the runtime", session.run(None, {"x": x})[0], model(x), 1e-6)
    twin = cl.from_onnx(tmp_path / "gru.onnx", example=x)
    assert {net.options["reset_after"] for net in twin.nets} == {reset_after}
    assert_close("twin", twin(x), model(x), 1e-6)


def test_a_gru_that_torch_exported(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    module = torch.nn.GRU(F, H, batch_first=True).eval()
    x = inputs()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the exporter says of itself
        torch.onnx.export(module, (torch.tensor(x),), str(tmp_path / "g.onnx"), dynamo=False)
        network = cl.from_onnx(tmp_path / "g.onnx")
    assert_close("h", network(x), module(torch.tensor(x))[0].detach().numpy(), 1e-6)


def test_a_backward_reader_of_keras_is_the_reverse_half() -> None:
    pytest.importorskip("keras")
    from keras import layers as kl

    from tests.interop.keras_models import assert_same, sequential

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClearLSTMWarning)
        model = sequential(kl.GRU(H, go_backwards=True), kl.Dense(1))
        assert_same(cl.from_keras(model), model)
