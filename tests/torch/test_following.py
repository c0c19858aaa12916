"""Where torch follows its operations, to repeat or to transform them, the layers are torch's own, for any size."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from clearlstm.torch import GRU, LSTM  # noqa: E402

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # torch's exporters warn of themselves

F, H = 3, 5
LAYERS = [pytest.param(nn.LSTM, LSTM, id="LSTM"), pytest.param(nn.GRU, GRU, id="GRU")]
OTHER_SIZES = [(11, 4), (5, 4), (7, 9), (7, 2)]


def both(theirs: type[nn.Module], ours: type[nn.Module]) -> tuple[Any, Any, Any]:
    """Of the same weights, and an example (T, N, F)."""
    torch.manual_seed(0)
    one, other = (kind(F, H, num_layers=2, bidirectional=True).eval() for kind in (theirs, ours))
    other.load_state_dict(one.state_dict())
    return one, other, torch.randn(7, 4, F)


@pytest.mark.parametrize(("theirs", "ours"), LAYERS)
@pytest.mark.parametrize("frozen", [False, True])
def test_a_traced_layer_answers_for_sequences_of_any_length(theirs: Any, ours: Any, frozen: bool) -> None:
    one, other, example = both(theirs, ours)
    other.requires_grad_(not frozen)
    file = io.BytesIO()
    torch.jit.save(torch.jit.trace(other, example), file)
    file.seek(0)
    traced = torch.jit.load(file)
    for size in OTHER_SIZES:
        x = torch.randn(*size, F)
        assert torch.equal(traced(x)[0], one(x)[0])


@pytest.mark.parametrize(("theirs", "ours"), LAYERS)
@pytest.mark.parametrize("strict", [False, True])
def test_an_exported_program_computes_the_same(theirs: Any, ours: Any, strict: bool) -> None:
    one, other, example = both(theirs, ours)
    program = torch.export.export(other, (example,), strict=strict)
    torch.testing.assert_close(program.module()(example)[0], one(example)[0])


@pytest.mark.parametrize(("theirs", "ours"), LAYERS)
@pytest.mark.parametrize("frozen", [False, True])
def test_the_older_exporter_to_onnx_writes_a_layer(theirs: Any, ours: Any, frozen: bool, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    one, other, example = both(theirs, ours)
    other.requires_grad_(not frozen)
    axes = {"x": {0: "steps", 1: "sequences"}}
    path = tmp_path / "layer.onnx"
    torch.onnx.export(other, (example,), path, dynamo=False, input_names=["x"], dynamic_axes=axes)
    session = onnxruntime.InferenceSession(path)
    for size in OTHER_SIZES:
        x = torch.randn(*size, F)
        np.testing.assert_allclose(session.run(None, {"x": x.numpy()})[0], one(x)[0].detach(), atol=1e-6)


@pytest.mark.parametrize(("theirs", "ours"), LAYERS)
def test_the_newer_exporter_to_onnx_writes_a_layer(theirs: Any, ours: Any, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    one, other, example = both(theirs, ours)
    path = tmp_path / "layer.onnx"
    torch.onnx.export(other, (example,), path, dynamo=True, verbose=False)
    session = onnxruntime.InferenceSession(path)
    answers = session.run(None, {session.get_inputs()[0].name: example.numpy()})
    np.testing.assert_allclose(answers[0], one(example)[0].detach(), atol=1e-6)


@pytest.mark.parametrize(("theirs", "ours"), LAYERS)
def test_torch_funcs_transforms_go_through(theirs: Any, ours: Any) -> None:
    one, other, x = both(theirs, ours)

    def gradients(layer: Any) -> dict[str, Any]:
        def loss(parameters: dict[str, Any]) -> Any:
            return torch.func.functional_call(layer, parameters, (x,))[0].square().sum()

        found: dict[str, Any] = torch.func.grad(loss)(dict(layer.named_parameters()))
        return found

    expected, found = gradients(one), gradients(other)
    assert expected.keys() == found.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    of_sums = (torch.func.jacrev(lambda x, layer=layer: layer(x)[0].sum(dim=(0, 2)))(x) for layer in (one, other))
    assert torch.equal(*of_sums)


def test_afterwards_the_kernels_compute_again() -> None:
    _, other, x = both(nn.LSTM, LSTM)
    other.record = True
    torch.jit.trace(other, x, check_trace=False)  # the check would call it
    assert other.last_trace is None
    other(x)
    assert other.last_trace is not None


def test_a_whole_module_opens_where_only_weights_may_be_read(tmp_path: Path) -> None:
    _, other, x = both(nn.LSTM, LSTM)
    torch.save(other, tmp_path / "layer.pt")
    again = torch.load(tmp_path / "layer.pt", weights_only=True)
    assert torch.equal(again(x)[0], other(x)[0])
