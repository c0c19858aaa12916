"""LSTMs in branches, loops and functions of an ONNX model, and weights that it computes. Oracle: ONNX Runtime."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.onnx import contents, from_onnx, initial_states
from clearlstm.shapes import FloatArray

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.interop.onnx_models import chain_model, folded_model, lstm_inside, lstm_model, model_of, random_arrays
from tests.interop.test_onnx import assert_alike, inputs, session, side_by_side

ARRAYS = random_arrays(3, 4, 1, "float32", 0)
NAMES = {
    "then": ["then/rnn/LSTM"],
    "both": ["else/rnn/LSTM", "then/rnn/LSTM"],
    "deeper": ["then/then/rnn/LSTM"],
    "body": ["body/rnn/LSTM"],
    "function": ["encoder/rnn/LSTM"],
}


@pytest.mark.parametrize("where", NAMES)
def test_an_lstm_inside_is_listed_by_its_way_and_opened(where: str) -> None:
    source, x = lstm_inside(where, ARRAYS), inputs(2, 6, 3)
    Y = session(source).run(None, {"X": x.swapaxes(0, 1), "go": np.array(True)})[0]
    listed = contents(source)
    assert list(listed.nets) == NAMES[where]
    assert not listed.refused
    for name in NAMES[where]:
        assert_alike(from_onnx(source, name=name)(x), side_by_side(Y))
        assert_alike(listed.nets[name](x), side_by_side(Y))
    assert_alike(from_onnx(source)(x), side_by_side(Y))  # the same in both branches is one


def test_lstms_of_two_branches_that_differ_have_to_be_named() -> None:
    source = lstm_inside("both", ARRAYS)
    source.graph.node[0].attribute[1].g.node[2].attribute[0].t.raw_data = bytes(32 * 4)
    with pytest.raises(InputError, match="'else/rnn/LSTM', 'then/rnn/LSTM'; several could be meant"):
        from_onnx(source)
    with pytest.raises(InputError, match=r"has the inputs \['X', 'go'\].*name=…: 'else/rnn/LSTM', 'then/rnn/LSTM'"):
        from_onnx(source, example=inputs(2, 6, 3))


def test_the_same_names_twice_are_told_apart() -> None:
    source = lstm_inside("then", ARRAYS)
    again = onnx.NodeProto()
    again.CopyFrom(source.graph.node[0])
    source.graph.node.extend([again, again])
    assert list(contents(source).nets) == ["then/rnn/LSTM", "then/Y_in", "then/rnn/LSTM#3"]


def node(kind: str, inputs: str, outputs: str, **options: Any) -> Any:
    return helper.make_node(kind, inputs.split(), outputs.split(), **options)


def tensor16(values: FloatArray, name: str) -> Any:
    """As bfloat16, cut to its 8 bits of precision."""
    return helper.make_tensor(
        name, TensorProto.BFLOAT16, values.shape, (values.view(np.uint32) >> 16).astype(np.uint16).tobytes(), raw=True
    )


RNG = np.random.default_rng(5)
R = ARRAYS["R"]
CODES = RNG.integers(-127, 127, R.shape).astype(np.int8)
SCALE, ZERO = np.array(0.01, "float32"), np.array(3, np.int8)
SCALES, ZEROS = RNG.uniform(0.005, 0.02, 16).astype("float32"), RNG.integers(-9, 9, 16).astype(np.int8)

FOLDED: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "identity": ([node("Identity", "a", "R")], {"a": R}),
    "transposed": ([node("Transpose", "a", "R", perm=[0, 2, 1])], {"a": R.swapaxes(1, 2)}),
    "half": ([node("Cast", "a", "R", to=TensorProto.FLOAT)], {"a": R.astype("float16")}),
    "bfloat16": ([node("Cast", "a", "R", to=TensorProto.FLOAT)], {"a": tensor16(R, "a")}),
    "double": ([node("Cast", "a", "R", to=TensorProto.FLOAT)], {"a": R.astype("float64")}),
    "squeezed": ([node("Squeeze", "a axis", "R")], {"a": R[None], "axis": np.array([0])}),
    "flat": ([node("Reshape", "a shape", "R")], {"a": R.ravel(), "shape": np.array(R.shape)}),
    "other order": ([node("Gather", "a order", "R", axis=1)], {"a": R, "order": np.arange(16)[::-1].copy()}),
    "gate by gate": (  # as torch.jit and silero-vad have it: from torch's order of gates to ONNX's
        [
            *(node("Slice", f"a k{k} k{k + 1} zero", f"g{k}") for k in range(4)),
            node("Concat", "g0 g3 g1 g2", "b", axis=0),
            node("Unsqueeze", "b zero", "R"),
        ],
        {"a": R[0], "zero": np.array([0])} | {f"k{k}": np.array([4 * k]) for k in range(5)},
    ),
    "split": (
        [node("Split", "a", "f g h i", axis=1, num_outputs=4), node("Concat", "i g f h", "R", axis=1)],
        {"a": R},
    ),
    "scaled": (
        [node("Mul", "a s", "b"), node("Sub", "b m", "c"), node("Div", "c s", "d"), node("Add", "d d", "R")],
        {"a": R, "s": SCALE, "m": R.mean(axis=2, keepdims=True)},
    ),
    "8 bits": ([node("DequantizeLinear", "a s z", "R")], {"a": CODES, "s": SCALE, "z": ZERO}),
    "8 bits by rows": ([node("DequantizeLinear", "a s z", "R", axis=1)], {"a": CODES, "s": SCALES, "z": ZEROS}),
    "8 bits, Microsoft's": (
        [node("DequantizeLinear", "a s z", "R", domain="com.microsoft")],
        {"a": CODES, "s": SCALE, "z": ZERO},
    ),
    "there and back": (
        [node("QuantizeLinear", "a s z", "b"), node("DequantizeLinear", "b s z", "R")],
        {"a": R, "s": SCALE, "z": ZERO},
    ),
    "expanded": ([node("Expand", "a shape", "R")], {"a": R[:, :1], "shape": np.array([1, 16, 1])}),
    "tiled": ([node("Tile", "a times", "R")], {"a": R[:, :4], "times": np.array([1, 4, 1])}),
    "filled": (
        [
            node("Constant", "", "shape", value_ints=[1, 16, 4]),
            node("ConstantOfShape", "shape", "R", value=numpy_helper.from_array(np.array([0.25], "float32"))),
        ],
        {},
    ),
    "chosen": ([node("Where", "which a b", "R")], {"which": R > 0, "a": R, "b": -R}),
}


@pytest.mark.parametrize("how", FOLDED)
def test_weights_that_the_model_computes_are_folded(how: str) -> None:
    nodes, constants = FOLDED[how]
    source, x = folded_model(ARRAYS, "R", nodes, constants), inputs(2, 6, 3)
    Y = session(source).run(None, {"X": x.swapaxes(0, 1)})[0]
    assert_alike(from_onnx(source)(x), side_by_side(Y))


LARGE = np.array([2**20, 2**20])
UNFOLDED: dict[str, tuple[list[Any], dict[str, Any], str]] = {
    "expand": ([node("Expand", "a n", "R")], {"a": SCALE, "n": LARGE}, "claims 1,099,511,628,776 numbers"),
    "tile": ([node("Tile", "a n", "R")], {"a": SCALE.reshape(1, 1), "n": LARGE}, "claims 1,099,511,628,776 numbers"),
    "fill": ([node("ConstantOfShape", "n", "R")], {"n": LARGE}, "claims 1,099,511,628,776 numbers"),
    "gather": (
        [node("Gather", "a i", "b"), node("Gather", "b i", "R")],
        {"a": np.ones((1, 3_000), "float32"), "i": np.zeros(1_500, np.int64)},
        "damaged or made to exhaust memory",
    ),
    "broadcast": (
        [node("Add", "a b", "R")],
        {"a": np.ones((1, 3_000), "float32"), "b": np.ones((3_000, 1), "float32")},
        "claims 9,001,000 numbers",
    ),
    "doubled": (
        [node("Concat", f"c{k} c{k}", f"c{k + 1}", axis=0) for k in range(40)] + [node("Identity", "c40", "R")],
        {"c0": np.ones(9, "float32")},
        "damaged or made to exhaust memory",
    ),
    "long": (
        [node("Neg", f"c{k}", f"c{k + 1}") for k in range(9_000)] + [node("Identity", "c9000", "R")],
        {"c0": R},
        "must be a constant",
    ),
    "split": ([node("Split", "a", "R", num_outputs=2**40)], {"a": R}, "other parts than its 1 outputs"),
    "texts": ([node("Cast", "a", "R", to=TensorProto.STRING)], {"a": R}, "a type that weights don't have"),
    "whole": ([node("Cast", "a", "R", to=TensorProto.INT32)], {"a": R}, "R is int32"),
    "circle": ([node("Neg", "b", "R"), node("Neg", "R", "b")], {}, "must be a constant"),
    "other": ([node("Softmax", "a", "b"), node("Neg", "b", "R")], {"a": R}, "is computed by Softmax"),
    "shape": ([node("Reshape", "a n", "R")], {"a": R, "n": np.array([7, 7])}, "can't be computed"),
    "axes": ([node("Tile", "a n", "R")], {"a": SCALE, "n": np.ones(99, np.int64)}, "99 sizes"),
}


@pytest.mark.parametrize("how", UNFOLDED)
def test_what_cannot_be_folded_is_refused_before_it_is_made(how: str) -> None:
    nodes, constants, message = UNFOLDED[how]
    source = folded_model(ARRAYS, "R", nodes, constants)
    with pytest.raises(InputError, match=message):
        from_onnx(source)
    assert list(contents(source).refused) == ["memory"]


def test_functions_that_call_each_other_without_end_are_refused() -> None:
    source = lstm_inside("function", ARRAYS)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("mine", 1)]
    for k in range(40):
        calls = [helper.make_node(f"F{k + 1}", ["x"], [y], domain="mine") for y in ("y", "z")]
        source.functions.append(helper.make_function("mine", f"F{k}", ["x"], ["y"], calls, opsets))
    source.graph.node.append(helper.make_node("F0", ["X"], ["end"], domain="mine"))
    with pytest.raises(InputError, match="nodes so far; up to 32 and 200,000"):
        from_onnx(source)


def with_states(make: Callable[[], tuple[list[Any], dict[str, Any]]]) -> Any:
    nodes, constants = make()
    tensors = [numpy_helper.from_array(values, name) for name, values in (ARRAYS | constants).items()]
    lstm = helper.make_node("LSTM", ["X", "W", "R", "B", "", "h", "h"], ["Y"], name="memory", hidden_size=4)
    given = [helper.make_tensor_value_info(name, 1, None) for name in ("X", "state")]
    return model_of([*nodes, lstm], given, [helper.make_tensor_value_info("Y", 1, None)], tensors)


def of_the_batch(value: FloatArray) -> tuple[list[Any], dict[str, Any]]:
    """As torch's exporters have it: a constant, as often as there are sequences."""
    nodes = [
        node("Shape", "X", "all"),
        node("Gather", "all one", "n"),
        node("Concat", "two n size", "shape", axis=0),
        node("Expand", "value shape", "wide"),
        node("Slice", "wide zero one zero", "h"),
    ]
    numbers = {"one": [1], "two": [2], "size": [4], "zero": [0]}
    return nodes, {name: np.array(values) for name, values in numbers.items()} | {"value": value}


def test_initial_states_are_followed_to_where_they_come_from(recwarn: pytest.WarningsRecorder) -> None:
    zeros = np.zeros((2, 1, 4), "float32")
    taken = [node("Gather", "state one", "h")], {"one": np.array([1])}
    for source in (with_states(lambda: of_the_batch(zeros)), with_states(lambda: taken)):
        from_onnx(source)
    assert not recwarn.list  # zeros, and what the caller gives
    chosen = with_states(lambda: of_the_batch(zeros + np.arange(4, dtype="float32")))
    with pytest.warns(ClearLSTMWarning, match="initial_h is computed"):
        from_onnx(chosen)
    filled = [node("Constant", "", "n", value_ints=[1, 5, 4]), node("ConstantOfShape", "n", "h")]
    assert initial_states(with_states(lambda: (filled, {})))[0].shape == (1, 5, 4)


def test_lengths_that_the_model_fixes_are_told_of() -> None:
    lengths = numpy_helper.from_array(np.array([3, 6], "int32"), "sequence_lens")
    source = lstm_model(ARRAYS, tensors={"sequence_lens": lengths}, hidden_size=4)
    with pytest.warns(ClearLSTMWarning, match=r"sequence_lens are the constants \[3, 6\]"):
        model = from_onnx(source)
    x = inputs(2, 6, 3)
    Y = session(source).run(None, {"X": x.swapaxes(0, 1)})[0]
    assert_alike(model(x, [3, 6]), side_by_side(Y))


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
def test_half_precision_comes_over_whole(kind: int) -> None:
    """Which ONNX Runtime doesn't run: it answers in float32 from the same weights."""
    source = chain_model()
    for part in source.graph.initializer:
        values = numpy_helper.to_array(part)
        if values.dtype == np.float32:
            half = numpy_helper.from_array(values.astype("float16"), part.name)
            part.CopyFrom(half if kind == TensorProto.FLOAT16 else tensor16(values, part.name))
    for value in (*source.graph.input, *source.graph.output):
        value.type.tensor_type.elem_type = kind
    model = from_onnx(source, example=inputs(2, 6, 3))
    assert model.pool == "last"
    assert model.dtype == np.float32
    assert model.head is not None


ABSENT = {
    "none": ([node("Relu", "X", "y"), node("Relu", "y", "z"), node("Neg", "z", "Y")], r"Relu \(2\), Neg \(1\)$"),
    "kindred": ([node("AttnLSTM", "X W R", "Y", domain="com.microsoft")], "'AttnLSTM' of the domain 'com.microsoft'"),
    "step by step": (
        [node("MatMul", "X R", "a"), node("Tanh", "a", "b"), node("MatMul", "b R", "c"), node("Tanh", "c", "Y")],
        "Tanh, MatMul step by step may be a recurrent layer",
    ),
    "tanh of a product": ([node("MatMul", "X R", "a"), node("Tanh", "a", "Y")], r"MatMul \(1\), Tanh \(1\)$"),
}


@pytest.mark.parametrize("case", ABSENT)
def test_what_is_there_in_place_of_a_recurrent_layer_is_told(case: str) -> None:
    nodes, message = ABSENT[case]
    x, y = (helper.make_tensor_value_info(name, 1, None) for name in ("X", "Y"))
    constants = [numpy_helper.from_array(values[0], name) for name, values in ARRAYS.items()]
    source = model_of(nodes, [x], [y], constants)
    with pytest.raises(InputError, match=message):
        from_onnx(source)
    assert re.search(message, contents(source).absent)


def test_a_step_in_a_loops_body_is_told_of() -> None:
    source = lstm_inside("body", ARRAYS)
    body = next(n for n in source.graph.node if n.op_type == "Loop").attribute[0].g
    del body.node[1:]
    body.node.extend([node("MatMul", "X W", "a"), node("Sigmoid", "a", "b"), node("Tanh", "b", "Y_in")])
    with pytest.raises(InputError, match="Sigmoid, Tanh, MatMul in 'body' may be a recurrent layer"):
        from_onnx(source)


@pytest.mark.parametrize(("where", "name"), [("then", ""), ("both", ""), ("body", None)])
def test_which_name_capture_takes_is_told(where: str, name: str | None) -> None:
    assert contents(lstm_inside(where, ARRAYS)).captured == name
    assert contents(chain_model()).captured == "lower"
    assert contents(lstm_model(ARRAYS, hidden_size=4)).captured == ""


def test_one_layer_that_cannot_be_read_hides_no_other() -> None:
    source = chain_model()
    source.graph.node[1].attribute.append(helper.make_attribute("clip", 3.0))
    listed = contents(source)
    assert list(listed.nets) == ["upper"]
    assert "clip=3.0" in listed.refused["lower"]
    assert listed.heads == {"fc": (8, 2)}


def test_nodes_that_name_the_standard_domain_and_leave_outputs_out_are_read() -> None:
    source, x = lstm_model(ARRAYS, hidden_size=4), inputs(2, 6, 3)
    expected = from_onnx(source)(x)
    lstm = source.graph.node[0]
    lstm.domain, lstm.name = "ai.onnx", ""
    lstm.output[:] = ["", "last"]
    assert np.array_equal(from_onnx(source, name="last")(x), expected)
