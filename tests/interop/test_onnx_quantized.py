"""LSTMs and linear layers whose weights ONNX Runtime's tools made whole numbers of 8 bits."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.onnx import contents, from_onnx
from clearlstm.interop.open import load
from clearlstm.network.model import Net
from clearlstm.shapes import FloatArray

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime.quantization")

import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from tests.interop.onnx_models import chain_model, lstm_model, model_of, random_arrays
from tests.interop.test_onnx import assert_alike, inputs, session, side_by_side

KINDS = [(QuantType.QInt8, False), (QuantType.QInt8, True), (QuantType.QUInt8, False), (QuantType.QUInt8, True)]


def quantized(model: Any, folder: Path, kind: Any = QuantType.QInt8, by_column: bool = False) -> Path:
    """By ONNX Runtime's tool, to 7 of the 8 bits: with all, sums overflow on processors without VNNI."""
    onnx.save(model, folder / "float.onnx")
    options = {"weight_type": kind, "per_channel": by_column, "reduce_range": True}
    quantize_dynamic(folder / "float.onnx", folder / "m.onnx", **options)
    return folder / "m.onnx"


def rounded(values: FloatArray) -> FloatArray:
    """To 8 bits as the runtime rounds what comes in: 256 steps from the least to the largest, 0 among them."""
    low, high = min(values.min(), 0), max(values.max(), 0)
    step = (high - low) / 255
    zero = np.round(-low / step)
    return np.asarray((np.clip(np.round(values / step) + zero, 0, 255) - zero) * step)


def answers_rounding(net: Net, x: FloatArray) -> FloatArray:
    """The net's h (N, T, D·H) where x is rounded as a whole and h_prev at each step, direction by direction."""
    N, T, H, D = *x.shape[:2], net.hidden_size, net.num_directions
    x_rounded, h = rounded(x), np.zeros((N, T, D, H), "float32")
    for d in range(D):
        h_prev, c_prev = np.zeros((2, D, N, H), "float32")
        for t in range(T) if d == 0 else range(T)[::-1]:
            if h_prev.any():
                h_prev[d] = rounded(h_prev[d])
            _, (h_prev, c_prev) = net(x_rounded[:, t : t + 1], state=(h_prev, c_prev))
            h[:, t, d] = h_prev[d]
    return h.reshape(N, T, D * H)


@pytest.mark.parametrize(("kind", "by_column"), KINDS)
@pytest.mark.parametrize("direction", ["forward", "bidirectional"])
def test_the_weights_are_those_that_the_runtime_computes_with(
    kind: Any, by_column: bool, direction: str, tmp_path: Path
) -> None:
    """Its answer is ours where x and h are rounded as it rounds them, and near ours where they aren't.

    Of one sequence: of several it rounds h together for as many as each of its threads has.
    """
    D = 2 if direction == "bidirectional" else 1
    arrays = random_arrays(3, 8, D, "float32", 3)
    path = quantized(lstm_model(arrays, direction=direction, hidden_size=8), tmp_path, kind, by_column)
    assert onnx.load(path).graph.node[0].op_type == "DynamicQuantizeLSTM"
    with pytest.warns(ClearLSTMWarning, match="'memory_quant': its weights are whole numbers of 8 bits"):
        model = from_onnx(path)
    x = inputs(1, 9, 3, seed=7)
    Y = side_by_side(session(onnx.load(path)).run(None, {"X": x.swapaxes(0, 1)})[0])
    assert_alike(answers_rounding(model.nets[0], x), Y)
    assert 1e-4 < np.abs(model(x) - Y).max() < 0.05


@pytest.mark.parametrize(("kind", "by_column"), KINDS)
def test_the_weights_are_within_half_a_step_of_those_before(kind: Any, by_column: bool, tmp_path: Path) -> None:
    arrays = random_arrays(3, 8, 1, "float32", 3, peepholes=True)
    plain = from_onnx(lstm_model(arrays, hidden_size=8)).nets[0].parameters
    path = quantized(lstm_model(arrays, hidden_size=8), tmp_path, kind, by_column)
    nets = contents(path).nets
    assert list(nets) == ["memory_quant"]
    ours = nets["memory_quant"].nets[0].parameters
    scales = {tensor.name: numpy_helper.to_array(tensor) for tensor in onnx.load(path).graph.initializer}
    for name, theirs in {"layer0.forward.W": "W", "layer0.forward.U": "R"}.items():
        step = scales[f"{theirs}_scale"].max()
        assert 0 < np.abs(ours[name] - plain[name]).max() <= 0.501 * step
    for name in ("layer0.forward.b", "layer0.forward.p"):
        assert np.array_equal(ours[name], plain[name])


@pytest.mark.parametrize("by_column", [False, True])
@pytest.mark.parametrize("dense", ["Gemm", "MatMul"])
def test_a_quantized_head_is_listed_and_taken(dense: str, by_column: bool, tmp_path: Path) -> None:
    plain = contents(chain_model(dense=dense)).heads
    path = quantized(chain_model(dense=dense), tmp_path, by_column=by_column)
    listed = contents(path)
    assert list(listed.heads.values()) == list(plain.values())
    head = next(iter(listed.heads))
    with pytest.warns(ClearLSTMWarning, match="8 bits"):
        model = from_onnx(path, name="upper_quant", head=head, pool="last")
    theirs = from_onnx(chain_model(dense=dense), name="upper", head="fc", pool="last").head
    assert model.head is not None
    assert theirs is not None
    step = np.abs(theirs.W).max() / 63  # 0 where the tool leaves a Gemm with an alpha as it is
    assert np.abs(model.head.W - theirs.W).max() <= 0.51 * step
    assert np.any(model.head.W != theirs.W) == (dense == "MatMul")
    assert np.allclose(model.head.b, theirs.b)


FUSED: dict[str, list[str]] = {
    "DynamicQuantizeMatMul": ["h", "W", "scale", "zero", "b"],
    "MatMulIntegerToFloat": ["h", "W", "one", "scale", "", "zero", "b"],
}


@pytest.mark.parametrize("kind", FUSED)
def test_heads_that_the_runtime_fuses_are_listed(kind: str) -> None:
    rng = np.random.default_rng(0)
    W, zero = rng.integers(-99, 99, (8, 2)).astype("int8"), np.array([1, 2], "int8")
    scale, b = np.array([0.1, 0.2], "float32"), np.ones(2, "float32")
    arrays: dict[str, Any] = {"W": W, "scale": scale, "zero": zero, "b": b, "one": b[:1]}
    node = helper.make_node(kind, FUSED[kind], ["y"], name="fc", domain="com.microsoft")
    lstm = lstm_model(random_arrays(3, 8, 1, "float32", 0))
    source = model_of(
        [*lstm.graph.node, node],
        lstm.graph.input,
        lstm.graph.output,
        [
            *(tensor for tensor in lstm.graph.initializer),
            *(numpy_helper.from_array(values, f"fc.{name}") for name, values in arrays.items()),
        ],
    )
    source.graph.node[-1].input[:] = [f"fc.{name}" if name in arrays else name for name in FUSED[kind]]
    model = from_onnx(source, head="fc")
    assert model.head is not None
    assert np.allclose(model.head.W, (W - zero.astype("float32")) * scale)
    assert np.array_equal(model.head.b, b)


def test_a_quantized_chain_is_no_plain_one_and_its_one_lstm_is_opened(tmp_path: Path) -> None:
    source = chain_model()
    with pytest.raises(InputError, match="'lower_quant', 'upper_quant'"):
        load(quantized(source, tmp_path))


SCALES: dict[str, dict[str, Any]] = {
    "scale has shape": {"W_scale": np.ones(5, "float32")},
    "zero point int32": {"W_zero_point": np.zeros(1, "int32")},
    "whole numbers of 8 bits by rows": {"W": np.zeros((1, 3, 32), "float32")},
    "holds nan": {"W_scale": np.full(1, np.nan, "float32")},
    "R has shape": {"R": np.zeros((1, 9, 32), "int8")},
}


@pytest.mark.parametrize("message", SCALES)
def test_damaged_quantization_is_refused(message: str, tmp_path: Path) -> None:
    path = quantized(lstm_model(random_arrays(3, 8, 1, "float32", 3), hidden_size=8), tmp_path)
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        for name, values in SCALES[message].items():
            if tensor.name in (name, f"{name}_quantized"):
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    with pytest.raises(InputError, match=message):
        from_onnx(model)
