"""LSTMs from ONNX and back. Oracles: ONNX Runtime in float32; onnx's reference evaluator for float64, which the
runtime's LSTM doesn't run, and for layout 1, which it refuses. The runtime also has the activations and sequence_lens
that the evaluator passes over.
"""

import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearlstm.errors import ClearLSTMWarning, InputError, MissingExtraError, ModelFileError
from clearlstm.interop.apart import run_apart
from clearlstm.interop.onnx import from_onnx, initial_states, to_onnx
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network, Pool
from clearlstm.network.rnn import RNN
from clearlstm.shapes import FloatArray

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
import onnxruntime
from onnx import TensorProto
from onnx.reference import ReferenceEvaluator

from tests.interop.onnx_models import chain_model, external_tensor, lstm_model, random_arrays

LIMITS = {"float32": 1e-5, "float64": 1e-12}
DIRECTIONS = st.sampled_from(["forward", "reverse", "bidirectional"])


def assert_alike(ours: FloatArray, theirs: FloatArray) -> None:
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    # Outputs are sums and products of numbers near 1, whose rounding remains where they cancel.
    remains = 8 * np.finfo(ours.dtype).eps
    assert np.abs(ours - theirs).max() <= max(LIMITS[ours.dtype.name] * np.abs(theirs).max(), remains)


def session(model: Any) -> Any:
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def evaluated(model: Any, fed: dict[str, FloatArray]) -> FloatArray:
    """The first output, by onnx's reference evaluator."""
    answers: Any = ReferenceEvaluator(model).run(None, fed)
    return np.asarray(answers[0])


def side_by_side(Y: FloatArray) -> FloatArray:
    """Y (T, D, N, H) as (N, T, D·H)."""
    T, D, N, H = Y.shape
    return Y.transpose(2, 0, 1, 3).reshape(N, T, D * H)


def inputs(N: int, T: int, F: int, dtype: str = "float32", seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).standard_normal((N, T, F)).astype(dtype)


OPTIONS: list[dict[str, Any]] = [
    {},
    {"activations": ["HardSigmoid", "Tanh", "Relu"], "activation_alpha": [0.2], "activation_beta": [0.5]},
    {"activations": ["HardSigmoid", "Affine", "Tanh"], "activation_alpha": [1 / 6, 1], "activation_beta": [0.5, 0]},
]


@given(
    DIRECTIONS,
    st.sampled_from(OPTIONS),
    st.booleans(),
    st.booleans(),
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(0, 999),
)
@settings(max_examples=40, deadline=None)
def test_outputs_equal_the_runtimes(
    direction: str, options: dict[str, Any], peepholes: bool, typed: bool, F: int, H: int, seed: int
) -> None:
    D = 2 if direction == "bidirectional" else 1
    more = {name: values * D for name, values in options.items()}
    arrays = random_arrays(F, H, D, "float32", seed, peepholes)
    source = lstm_model(
        arrays,
        given=("sequence_lens", "initial_h", "initial_c"),
        typed=typed,
        direction=direction,
        hidden_size=H,
        **more,
    )
    x, lengths = inputs(3, 7, F, seed=seed), np.random.default_rng(seed).integers(1, 8, 3)
    h_0, c_0 = inputs(D, 3, H, seed=seed + 1), inputs(D, 3, H, seed=seed + 2)

    model = from_onnx(source)
    runtime = session(source)
    fed = {"X": x.swapaxes(0, 1), "sequence_lens": lengths.astype(np.int32)}
    zeros = {"initial_h": np.zeros_like(h_0), "initial_c": np.zeros_like(c_0)}
    assert_alike(model(x, lengths), side_by_side(runtime.run(None, fed | zeros)[0]))

    silent = np.zeros_like(h_0)
    states = (h_0, c_0) if direction != "reverse" else (np.concatenate([silent, h_0]), np.concatenate([silent, c_0]))
    h, (h_n, c_n) = model.nets[0](x, lengths, states)
    Y, Y_h, Y_c = runtime.run(None, fed | {"initial_h": h_0, "initial_c": c_0})
    assert_alike(h[..., -D * H :], side_by_side(Y))
    assert_alike(h_n[-D:], Y_h)
    assert_alike(c_n[-D:], Y_c)
    assert model.nets[0].engine == ("reference" if peepholes or options else "kernels")


@given(DIRECTIONS, st.sampled_from(sorted(LIMITS)), st.booleans(), st.booleans(), st.integers(0, 999))
@settings(max_examples=30, deadline=None)
def test_outputs_equal_the_reference_evaluators(
    direction: str, dtype: str, peepholes: bool, layout: bool, seed: int
) -> None:
    D = 2 if direction == "bidirectional" else 1
    source = lstm_model(
        random_arrays(3, 4, D, dtype, seed, peepholes), direction=direction, hidden_size=4, layout=int(layout)
    )
    x = inputs(3, 7, 3, dtype, seed)
    Y = evaluated(source, {"X": x if layout else x.swapaxes(0, 1)})
    assert_alike(from_onnx(source)(x), side_by_side(Y.transpose(1, 2, 0, 3) if layout else Y))


def test_constant_initial_states_are_told_of_and_can_be_given() -> None:
    states = {"initial_h": inputs(2, 3, 4, seed=5), "initial_c": inputs(2, 3, 4, seed=6)}
    source = lstm_model(random_arrays(3, 4, 2, "float32", 1) | states, direction="bidirectional", hidden_size=4)
    x = inputs(3, 7, 3)
    with pytest.warns(ClearLSTMWarning, match="initial_[hc] is constant and may not be 0") as caught:
        model = from_onnx(source)
    assert len(caught) == 2
    Y = session(source).run(None, {"X": x.swapaxes(0, 1)})[0]
    assert_alike(model.nets[0](x, state=initial_states(source)).h, side_by_side(Y))
    with pytest.raises(InputError, match="no constant initial states"):
        initial_states(lstm_model(random_arrays(3, 4, 2, "float32", 1), direction="bidirectional"))


@pytest.mark.parametrize(("how", "pool"), [("last", "last"), ("mean", "mean"), ("each", None)])
@pytest.mark.parametrize("in_file", [False, True])
def test_a_plain_chain_comes_over_whole(how: str, pool: Pool, in_file: bool, tmp_path: Path) -> None:
    source = chain_model(how, "MatMul" if how == "each" else "Gemm")
    onnx.save(source, tmp_path / "m.onnx")
    model = from_onnx(tmp_path / "m.onnx" if in_file else source, example=inputs(2, 6, 3))
    assert model.pool == pool
    assert [net.bidirectional for net in model.nets] == [False, True]
    x = inputs(4, 9, 3, seed=7)
    assert_alike(model(x), session(source).run(None, {"x": x})[0])


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")  # torch's own, about its older exporter; the newer needs onnxscript
def test_what_torch_exports_comes_over_whole(tmp_path: Path) -> None:
    """As forecasters are often built: two layers, and a head on the last step's h."""
    import torch

    class Forecaster(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.memory = torch.nn.LSTM(3, 8, 2, batch_first=True)
            self.fc = torch.nn.Linear(8, 1)

        def forward(self, x: torch.Tensor) -> Any:
            return self.fc(self.memory(x)[0][:, -1])

    torch.manual_seed(0)
    module, axes = Forecaster().eval(), {"x": {0: "n", 1: "t"}}
    example = (torch.zeros(2, 6, 3),)
    torch.onnx.export(module, example, tmp_path / "m.onnx", dynamo=False, input_names=["x"], dynamic_axes=axes)
    model = from_onnx(tmp_path / "m.onnx", example=inputs(2, 6, 3))
    x = inputs(4, 9, 3, seed=7)
    assert_alike(model(x), module(torch.from_numpy(x)).detach().numpy())


def test_a_model_that_is_no_plain_chain_is_listed_and_picked_by_name() -> None:
    source = chain_model(middle="Relu")
    with pytest.raises(InputError, match=r"no plain chain of its layers \('lower', 'upper'\).*'fc'"):
        from_onnx(source, example=inputs(2, 6, 3))
    with pytest.raises(InputError, match="'lower', 'upper'; several could be meant"):
        from_onnx(source)
    x = inputs(4, 9, 5)
    inner = onnx.ModelProto()
    inner.CopyFrom(source)
    del inner.graph.node[:4]  # all below the upper LSTM
    inner.graph.input[0].name = "a_m"
    inner.graph.input[0].type.tensor_type.ClearField("shape")
    theirs = session(inner).run(None, {"a_m": x.swapaxes(0, 1)})[0]
    assert_alike(from_onnx(source, name="upper", head="fc", pool="last")(x), theirs)
    with pytest.raises(InputError, match="leave them out"):
        from_onnx(source, name="upper", example=x)


def changed(**values: FloatArray) -> dict[str, FloatArray]:
    return random_arrays(3, 4, 1, "float32", 0) | values


def tensor(**fields: Any) -> dict[str, Any]:
    return {"W": onnx.TensorProto(name="W", data_type=fields.pop("data_type", TensorProto.FLOAT), **fields)}


REFUSED: dict[str, tuple[Any, str]] = {
    "clip": (lstm_model(changed(), clip=3.0), "clip=3.0"),
    "input_forget": (lstm_model(changed(), input_forget=1), "input_forget"),
    "direction": (lstm_model(changed(), direction="sideways"), "direction 'sideways'"),
    "unknown activation": (lstm_model(changed(), activations=["Softsign", "Tanh", "Tanh"]), "'softsign'"),
    "alpha": (lstm_model(changed(), activations=["HardSigmoid", "Tanh", "Tanh"], activation_alpha=[0.3]), "alpha 0.3"),
    "two activations": (lstm_model(changed(), activations=["Sigmoid", "Tanh"]), "3 are needed"),
    "hidden size": (lstm_model(changed(), hidden_size=5), "with H the hidden_size"),
    "R": (lstm_model(changed(R=np.ones((1, 12, 4), "float32"))), "R has shape"),
    "W": (lstm_model(changed(W=np.ones((1, 12, 3), "float32"))), "W has shape"),
    "directions": (lstm_model(changed(), direction="bidirectional"), r"R has shape \(1, 16, 4\); \(2"),
    "not finite": (lstm_model(changed(B=np.full((1, 32), np.inf, "float32"))), "holds inf"),
    "integers": (lstm_model(changed(), tensors=tensor(dims=(1, 16, 3), data_type=TensorProto.INT8)), "holds INT8"),
    "computed": (lstm_model({name: changed()[name] for name in ("R", "B")}, given=("W",)), "must be a constant"),
    "external": (lstm_model(changed(), tensors={"W": external_tensor("W", (1, 16, 3))}), "another file"),
    "huge": (lstm_model(changed(), tensors=tensor(dims=(1, 16, 10**12), raw_data=b"1234")), "holds 1 numbers"),
    "huge, typed": (lstm_model(changed(), tensors=tensor(dims=(1, 16, 10**12), float_data=[1.0])), "holds 1 numbers"),
    "negative": (lstm_model(changed(), tensors=tensor(dims=(-1, -1), raw_data=b"1234")), "the model is damaged"),
    "no lstm": (onnx.ModelProto(), "no recurrent layer is in the source"),
    "a number": (3, "src is a int"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_come_over_is_named(name: str, tmp_path: Path) -> None:
    src, message = REFUSED[name]
    with pytest.raises(InputError, match=message):
        from_onnx(src)
    if name not in ("a number", "no lstm"):
        (tmp_path / "m.onnx").write_bytes(src.SerializeToString())
        with pytest.raises(ModelFileError, match=message):
            from_onnx(tmp_path / "m.onnx")


def test_broken_files_are_refused(tmp_path: Path) -> None:
    whole = lstm_model(changed()).SerializeToString()
    for name, content in {"cut": whole[:-40], "text": b"not a model at all", "empty": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ModelFileError, match="not an ONNX model"):
            from_onnx(tmp_path / name)
    for path, message in [(tmp_path / "none.onnx", "doesn't exist"), (tmp_path, "is a folder")]:
        with pytest.raises(ModelFileError, match=message):
            from_onnx(path)


def test_an_example_is_run_only_where_no_other_file_is_opened() -> None:
    source = chain_model()
    source.graph.initializer.append(external_tensor("unused", (1,)))
    with pytest.raises(InputError, match="'unused' is kept in another file"):
        from_onnx(source, example=inputs(2, 6, 3))
    with pytest.raises(InputError, match="no such chain fits together and takes the example's 4 features"):
        from_onnx(chain_model(), example=inputs(2, 6, 4))
    with pytest.raises(InputError, match=r"can't be run on an example of shape \(2, 6, 3\)"):
        from_onnx(chain_model(middle="Strange"), example=inputs(2, 6, 3))
    with pytest.raises(InputError, match="has the inputs"):
        from_onnx(lstm_model(changed(), given=("sequence_lens",)), example=inputs(2, 6, 3))


def test_an_example_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    source = chain_model()
    same = [onnx.helper.make_node("Identity", [before], [after]) for before, after in (("go", "goes"), ("v", "w"))]
    go, v, goes, w, turn = (
        onnx.helper.make_tensor_value_info(name, kind, shape)
        for name, kind, shape in (
            ("go", TensorProto.BOOL, []),
            ("v", TensorProto.FLOAT, None),
            ("goes", TensorProto.BOOL, []),
            ("w", TensorProto.FLOAT, None),
            ("turn", TensorProto.INT64, []),
        )
    )
    body = onnx.helper.make_graph(same, "body", [turn, go, v], [goes, w])
    turns = onnx.numpy_helper.from_array(np.array(2**62), "turns")
    source.graph.initializer.extend([turns, onnx.numpy_helper.from_array(np.array(True), "always")])
    loop = onnx.helper.make_node("Loop", ["turns", "always", "x"], ["looped"], body=body)
    for node in source.graph.node:
        node.input[:] = ["looped" if name == "x" else name for name in node.input]
    source.graph.node.insert(0, loop)
    monkeypatch.setattr("clearlstm.interop.onnx.run.run_apart", partial(run_apart, seconds=4))
    with pytest.raises(InputError, match="more than 4 seconds"):
        from_onnx(source, example=inputs(2, 6, 3))


def test_half_precision_is_computed_in_float32() -> None:
    halves = {name: values.astype("float16") for name, values in changed().items()}
    whole = {name: values.astype("float32") for name, values in halves.items()}
    x = inputs(2, 5, 3)
    expected = session(lstm_model(whole, hidden_size=4)).run(None, {"X": x.swapaxes(0, 1)})[0]
    for typed in (False, True):
        assert_alike(from_onnx(lstm_model(halves, hidden_size=4, typed=typed))(x), side_by_side(expected))


NETS: list[LSTM | RNN] = [
    LSTM(2, 5, 2, bidirectional=True, seed=0),
    LSTM(2, 5, seed=1),
    LSTM(2, 5, bidirectional=True, peepholes=True, seed=2),
    LSTM(2, 5, activations={"gate": "hard_sigmoid_6", "candidate": "linear", "state": "relu"}, seed=3),
    RNN(2, 5, 2, bidirectional=True, activation="relu", seed=4),
]


def with_random_weights(model: Network, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    return model.set_parameters(
        {name: rng.standard_normal(part.shape) * 0.4 for name, part in model.parameters.items()}
    )


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("head", [None, 3])
@pytest.mark.parametrize("pool", ["last", "mean", None])
def test_the_runtime_gives_the_same_answers_from_what_was_written(
    net: LSTM | RNN, head: int | None, pool: Pool, tmp_path: Path
) -> None:
    upper = LSTM(net.output_size, 4, seed=9)
    model = with_random_weights(Network([net, upper], head, pool), 1)
    to_onnx(model, tmp_path / "m.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["m.onnx"]
    x = inputs(3, 6, 2)
    runtime = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert_alike(model(x), runtime.run(None, {"x": x})[0])
    if isinstance(net, LSTM):
        assert_alike(from_onnx(tmp_path / "m.onnx", example=x)(x), model(x))


@pytest.mark.parametrize("pool", ["last", "mean", None])
def test_float64_is_written_as_such(pool: Pool, tmp_path: Path) -> None:
    nets = [
        LSTM(2, 5, bidirectional=True, dtype="float64", seed=0),
        LSTM(10, 4, peepholes=True, dtype="float64", seed=1),
    ]
    model = with_random_weights(Network(nets, 3, pool), 1)
    to_onnx(model, tmp_path / "m.onnx")
    x = inputs(3, 6, 2, "float64")
    assert_alike(model(x), evaluated(str(tmp_path / "m.onnx"), {"x": x}))
    assert_alike(from_onnx(tmp_path / "m.onnx", example=x)(x), model(x))


def test_without_onnx_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    for call in (lambda: from_onnx(tmp_path), lambda: Network(NETS[1]).to_onnx(tmp_path / "m.onnx")):
        with pytest.raises(MissingExtraError, match=r"clearlstm\[onnx\]"):
            call()
    assert not list(tmp_path.iterdir())
