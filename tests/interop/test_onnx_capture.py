"""A recurrent node of an ONNX model at work: the oracle is ONNX Runtime, which runs the model whole."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.captured import Captured
from clearlstm.shapes import FloatArray

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.interop.onnx_models import lstm_inside, lstm_model, model_of, random_arrays

CLOSE = 2e-6


def numbers(*shape: int, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def one(model: Any, *inputs: Any, name: str | None = None) -> Captured:
    captured = cl.capture(model, *inputs, name=name)
    assert isinstance(captured, Captured)
    return captured


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
def test_what_the_node_got_and_gave(direction: str) -> None:
    D = 2 if direction == "bidirectional" else 1
    arrays = random_arrays(3, 4, D, "float32", 0)
    model = lstm_model(arrays, given=("sequence_lens", "initial_h", "initial_c"), hidden_size=4, direction=direction)
    x, first = numbers(6, 2, 3), (numbers(D, 2, 4, seed=1), numbers(D, 2, 4, seed=2))
    layer = one(model, x, np.array([6, 4]), *first)
    np.testing.assert_array_equal(layer.x, x.swapaxes(0, 1))
    assert layer.lengths.tolist() == [6, 4]
    np.testing.assert_array_equal(layer.state[0][0][-D:], first[0])
    assert layer.output.any()
    assert layer.difference < CLOSE
    assert len(model.graph.output) == 3, "the caller's model stays as it was"


def test_a_node_without_outputs_of_its_steps_and_without_states() -> None:
    model = lstm_model(random_arrays(3, 4, 1, "float32", 1), hidden_size=4)
    model.graph.node[0].output[0] = ""
    del model.graph.output[0]
    layer = one(model, numbers(5, 2, 3))
    assert not any(part.any() for part in layer.state[0])
    assert layer.difference < CLOSE


def branching(*, both: bool) -> Any:
    """``x`` (T, N, 3) through an LSTM in a branch, behind a product in the graph around it; else, or twice, another."""
    arrays = {side: random_arrays(3, 4, 1, "float32", seed) for seed, side in enumerate(("then", "else"))}
    constants = [numpy_helper.from_array(np.array(2, np.float32), "two")] + [
        numpy_helper.from_array(values, f"{side}.{name}")
        for side, own in arrays.items()
        for name, values in own.items()
    ]

    def branch(side: str, node: Any) -> Any:
        outputs = [helper.make_tensor_value_info(f"{side}.y", TensorProto.FLOAT, None)]
        return helper.make_graph([node], side, [], outputs)

    def lstm(side: str) -> Any:
        weights = [f"{side}.{name}" for name in ("W", "R", "B")]
        return helper.make_node("LSTM", ["scaled", *weights], [f"{side}.y"], name="memory", hidden_size=4)

    other = lstm("else") if both else helper.make_node("Identity", ["scaled"], ["else.y"])
    branches = {"then_branch": branch("then", lstm("then")), "else_branch": branch("else", other)}
    nodes = [
        helper.make_node("Mul", ["x", "two"], ["scaled"]),
        helper.make_node("If", ["which"], ["y"], **branches),
    ]
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, None),
        helper.make_tensor_value_info("which", TensorProto.BOOL, []),
    ]
    return model_of(nodes, inputs, [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)], constants)


@pytest.mark.parametrize("which", [True, False])
def test_of_two_branches_the_one_that_ran(which: bool) -> None:
    x = numbers(5, 2, 3)
    layer = one(branching(both=True), {"which": np.array(which), "x": x})
    assert layer.name == ("then/memory" if which else "else/memory")
    np.testing.assert_array_equal(layer.x, 2 * x.swapaxes(0, 1))
    assert layer.difference < CLOSE


def test_a_branch_that_was_not_taken_is_said() -> None:
    with pytest.raises(InputError, match="'then/memory' none ran on these inputs"):
        cl.capture(branching(both=False), numbers(5, 2, 3), np.array(False))


def test_a_file_and_inputs_of_other_types(tmp_path: Path) -> None:
    model = lstm_model(random_arrays(3, 4, 1, "float32", 2), given=("sequence_lens",), hidden_size=4)
    onnx.save(model, tmp_path / "m")
    layer = one(tmp_path / "m", {"X": numbers(5, 2, 3).astype("float64"), "sequence_lens": [5, 3]})
    assert layer.x.dtype == np.float32
    assert layer.difference < CLOSE


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ((), r"takes 2 inputs.*X float32 \(\); sequence_lens int32 \(\)\. Given are 0"),
        (({"X": [[[0.0]]]},), "Given are 'X'"),
        ((1, 2, 3), "Given are 3"),
        ((np.zeros((5, 2, 9)), np.array([5, 5])), r"can't be run on inputs of X \(5, 2, 9\), sequence_lens \(2,\)"),
    ],
)
def test_inputs_that_do_not_fit_are_said(inputs: Any, message: str) -> None:
    model = lstm_model(random_arrays(3, 4, 1, "float32", 2), given=("sequence_lens",), hidden_size=4)
    with pytest.raises(InputError, match=message):
        cl.capture(model, *inputs)


@pytest.mark.parametrize("where", ["then", "both", "deeper"])
def test_wherever_in_branches_it_stands(where: str) -> None:
    layer = one(lstm_inside(where, random_arrays(3, 4, 1, "float32", 0)), numbers(5, 2, 3), np.array(True))
    assert layer.difference < CLOSE


@pytest.mark.parametrize(("where", "message"), [("body", "body of a Loop, which runs many"), ("function", "inline it")])
def test_what_runs_many_times_or_is_a_function_cannot_be_watched(where: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        cl.capture(lstm_inside(where, random_arrays(3, 4, 1, "float32", 0)), numbers(5, 2, 3), np.array(True))


def test_a_name_that_no_node_has_and_a_file_that_is_broken(tmp_path: Path) -> None:
    model = branching(both=True)
    with pytest.raises(InputError, match="'else/memory', 'then/memory'; 'gru' is not there"):
        cl.capture(model, numbers(5, 2, 3), np.array(True), name="gru")
    (tmp_path / "m.onnx").write_bytes(model.SerializeToString()[:-30])
    with pytest.raises(ModelFileError, match=r"m\.onnx"):
        cl.capture(tmp_path / "m.onnx", numbers(5, 2, 3), np.array(True))
