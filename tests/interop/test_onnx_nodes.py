"""ONNX's own tests of its recurrent operators: their nodes, opened, must give the answers that stand beside them."""

import functools
import warnings
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning
from clearlstm.interop.onnx import from_onnx
from clearlstm.network.model import Net
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close

pytest.importorskip("onnx")

from onnx import helper, numpy_helper

KINDS = ("defaults", "with_initial_bias", "batchwise", "reverse", "bidirectional")
NAMES = [
    *(f"test_{cell}_{kind}" for cell in ("gru", "lstm", "simple_rnn") for kind in KINDS),
    *("test_gru_seq_length", "test_rnn_seq_length", "test_lstm_with_peepholes"),
]


@functools.cache
def cases() -> dict[str, Any]:
    """All of ONNX's tests of operators by name; making those of some others overflows, as it should."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        return {case.name: case for case in collect_testcases(None)}


def with_constants(case: Any) -> tuple[Any, dict[str, Any]]:
    """The model with its weights as constants, and all that its inputs are given."""
    model = case.model
    given = dict(zip([value.name for value in model.graph.input], case.data_sets[0][0], strict=True))
    fixed = {name: values for name, values in given.items() if name in ("W", "R", "B", "P")}
    kept = [value for value in model.graph.input if value.name not in fixed]
    constants = [numpy_helper.from_array(values, name) for name, values in fixed.items()]
    graph = helper.make_graph(model.graph.node, "one node", kept, model.graph.output, constants)
    return helper.make_model(graph, opset_imports=list(model.opset_import)), given


def answers(net: Net, given: dict[str, Any], batch_first: bool, first: int) -> dict[str, FloatArray]:
    """The outputs as ONNX has them, of the directions from ``first`` on: Y (T, D, N, H), Y_h and Y_c (D, N, H)."""
    x = given["X"] if batch_first else given["X"].swapaxes(0, 1)
    states = [given[f"initial_{state}"] for state in net.cell.states if f"initial_{state}" in given]
    output = net(x.astype("float32"), given.get("sequence_lens"), tuple(states) or None)
    halves = np.split(output.h, net.num_directions, axis=-1)[first:]
    last = {f"Y_{name}": values[first:] for name, values in zip(net.cell.states, output.state, strict=True)}
    if batch_first:
        return {"Y": np.stack(halves, axis=2)} | {name: values.swapaxes(0, 1) for name, values in last.items()}
    return {"Y": np.stack([half.swapaxes(0, 1) for half in halves], axis=1)} | last


@pytest.mark.parametrize("name", NAMES)
def test_a_node_gives_its_answer(name: str) -> None:
    case = cases()[name]
    model, given = with_constants(case)
    options = {option.name: option for option in model.graph.node[0].attribute}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ClearLSTMWarning)  # that initial states are the caller's
        net = from_onnx(model).nets[0]
    reverse = "direction" in options and options["direction"].s == b"reverse"
    ours = answers(net, given, "layout" in options and options["layout"].i == 1, 1 if reverse else 0)
    wanted = dict(zip([value.name for value in model.graph.output], case.data_sets[0][1], strict=True))
    wanted = {output: values for output, values in wanted.items() if output}
    assert wanted
    for output, values in wanted.items():
        assert_close(output, ours[output], values, 1e-6)
