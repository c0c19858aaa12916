"""Gate orders beside the frameworks that use them: torch, ONNX (two evaluators) and Keras's documented equations."""

from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
import torch
from hypothesis import given, settings
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from clearlstm.cell import reference
from clearlstm.cell.layout import (
    GATES,
    KERAS_GATES,
    ONNX_GATES,
    ONNX_PEEPHOLES,
    PEEPHOLES,
    TORCH_GATES,
    gate_slice,
    reorder,
    split_gates,
)
from clearlstm.cell.record import LSTMRecord, LSTMWeights
from clearlstm.shapes import FloatArray
from tests.cell.cases import Case, assert_close, cases, make_case


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


def test_equals_a_torch_cell() -> None:
    case = make_case(7, N=3, T=1, F=2, H=4)
    weights = case.lstm_weights()
    cell = torch.nn.LSTMCell(2, 4, dtype=torch.float64)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.tensor(reorder(weights.W, GATES, TORCH_GATES).T))
        cell.weight_hh.copy_(torch.tensor(reorder(weights.U, GATES, TORCH_GATES).T))
        cell.bias_ih.copy_(torch.tensor(reorder(weights.b, GATES, TORCH_GATES)))
        cell.bias_hh.zero_()
        h, c = cell(torch.tensor(case.x[:, 0]), (torch.tensor(case.h_0), torch.tensor(case.c_0)))
    found = reference.step(case.x[:, 0], case.h_0, case.c_0, weights)
    assert_close("h", found.h, h.numpy(), 1e-12)
    assert_close("c", found.c, c.numpy(), 1e-12)


def test_keras_order_follows_its_equations() -> None:
    """Keras cuts ``x·kernel + h·recurrent_kernel + bias`` into four: input, forget, cell and output, in this order."""
    case = make_case(11, N=3, T=1, F=2, H=4)
    x, h, c, H = case.x[:, 0], case.h_0, case.c_0, 4
    kernel, recurrent, bias = case.normal(2, 4 * H), case.normal(H, 4 * H), case.normal(4 * H)

    def sigmoid(z: FloatArray) -> FloatArray:
        return np.asarray(1 / (1 + np.exp(-z)))

    z0, z1, z2, z3 = np.split(x @ kernel + h @ recurrent + bias, 4, axis=1)
    c_new = sigmoid(z1) * c + sigmoid(z0) * np.tanh(z2)
    ours = LSTMWeights(*(reorder(array, KERAS_GATES, GATES) for array in (kernel, recurrent, bias)))
    found = reference.step(x, h, c, ours)
    assert_close("c", found.c, c_new, 1e-14)
    assert_close("h", found.h, sigmoid(z3) * np.tanh(c_new), 1e-14)


@pytest.mark.parametrize("order", [TORCH_GATES, KERAS_GATES, ONNX_GATES])
def test_reorder_there_and_back(order: tuple[str, ...]) -> None:
    packed = np.arange(24.0).reshape(2, 12)
    there = reorder(packed, GATES, order)
    for gate in GATES:
        np.testing.assert_array_equal(there[:, gate_slice(gate, 3, order)], packed[:, gate_slice(gate, 3)])
    np.testing.assert_array_equal(reorder(there, order, GATES), packed)
    assert not np.shares_memory(there, packed)


def test_split_gates_gives_views() -> None:
    packed = np.zeros((2, 8))
    split_gates(packed)["i"][:] = 1
    np.testing.assert_array_equal(packed[0], [0, 0, 1, 1, 0, 0, 0, 0])
