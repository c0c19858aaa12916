"""The reference beside ONNX's own evaluator and ONNX Runtime."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from clearlstm.cell import lstm as reference
from clearlstm.cell.layout import GATES, PEEPHOLES, reorder
from clearlstm.cell.lstm import LSTMRecord, LSTMWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases, make_case
from tests.orders import ONNX_GATES, ONNX_PEEPHOLES

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
import onnxruntime as ort
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def onnx_inputs(case: Case, weights: LSTMWeights) -> dict[str, FloatArray]:
    """ONNX wants (T, N, F), gates stacked along the rows, two biases, and a leading axis for the direction."""
    b = reorder(weights.b, GATES, ONNX_GATES)
    part = np.linspace(-1, 1, b.size)
    inputs = {
        "X": case.x.swapaxes(0, 1),
        "W": reorder(weights.W, GATES, ONNX_GATES).T[None],
        "R": reorder(weights.U, GATES, ONNX_GATES).T[None],
        "B": np.concatenate([b - part, part])[None],
        "initial_h": case.h_0[None],
        "initial_c": case.c_0[None],
    }
    if weights.p is not None:
        inputs["P"] = reorder(weights.p, PEEPHOLES, ONNX_PEEPHOLES)[None]
    return inputs


def onnx_model(inputs: dict[str, FloatArray], hidden_size: int, *, reverse: bool, element: int) -> onnx.ModelProto:
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
    node = helper.make_node(
        "LSTM",
        [name if name in inputs else "" for name in names],
        ["Y", "Y_h", "Y_c"],
        hidden_size=hidden_size,
        direction="reverse" if reverse else "forward",
    )
    kinds = {name: TensorProto.INT32 if name == "sequence_lens" else element for name in inputs}
    graph = helper.make_graph(
        [node],
        "lstm",
        [helper.make_tensor_value_info(name, kinds[name], array.shape) for name, array in inputs.items()],
        [helper.make_tensor_value_info(name, element, None) for name in ("Y", "Y_h", "Y_c")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)


def check_onnx(record: LSTMRecord, answers: Any, tolerance: float) -> None:
    Y, Y_h, Y_c = (np.asarray(answer, dtype=np.float64) for answer in answers)
    assert_close("h", record.h.swapaxes(0, 1)[:, None], Y, tolerance)
    assert_close("h_n", record.h_n[None], Y_h, tolerance)
    assert_close("c_n", record.c_n[None], Y_c, tolerance)


@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@settings(max_examples=20, deadline=None)
@given(case=cases())
def test_equals_the_onnx_reference_evaluator(reverse: bool, peepholes: bool, case: Case) -> None:
    """In float64. That evaluator knows no lengths, so all steps are real here."""
    weights = case.lstm_weights(peepholes=peepholes)
    full = np.full_like(case.lengths, case.x.shape[1])
    record = reference.forward(case.x, weights, case.h_0, case.c_0, full, reverse=reverse)
    inputs = onnx_inputs(case, weights)
    model = onnx_model(inputs, case.hidden_size, reverse=reverse, element=TensorProto.DOUBLE)
    check_onnx(record, ReferenceEvaluator(model).run(None, inputs), 1e-12)


@pytest.mark.parametrize("peepholes", [False, True], ids=["plain", "peepholes"])
@pytest.mark.parametrize("reverse", [False, True], ids=["forward", "reverse"])
@pytest.mark.parametrize("seed", range(5))
def test_equals_onnx_runtime(seed: int, reverse: bool, peepholes: bool) -> None:
    """In float32, the only type its LSTM takes, with lengths."""
    case = make_case(seed, N=4, T=7, F=3, H=5)
    weights = case.lstm_weights(peepholes=peepholes)
    record = reference.forward(case.x, weights, case.h_0, case.c_0, case.lengths, reverse=reverse)
    inputs: dict[str, Any] = {name: array.astype(np.float32) for name, array in onnx_inputs(case, weights).items()}
    inputs["sequence_lens"] = case.lengths.astype(np.int32)
    model = onnx_model(inputs, case.hidden_size, reverse=reverse, element=TensorProto.FLOAT)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    check_onnx(record, session.run(None, inputs), 3e-6)
