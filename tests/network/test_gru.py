"""Nets of GRUs: streamed, saved, copied, trained, and looked into, as all nets are."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError
from tests.cell.cases import assert_close

OPTIONS: dict[str, dict[str, Any]] = {
    "kernels": {},
    "both directions": {"bidirectional": True},
    "reset before": {"reset_after": False},
    "other functions": {"activations": {"gate": "hard_sigmoid", "candidate": "relu"}},
}


def some_net(dtype: str = "float64", **options: Any) -> cl.GRU:
    net = cl.GRU(3, 5, 2, dtype=dtype, seed=1, **options)
    rng = np.random.default_rng(2)
    for values in net.parameters.values():
        values[...] = rng.normal(scale=0.5, size=values.shape)
    return net


def data() -> tuple[Any, Any]:
    return np.random.default_rng(3).normal(size=(4, 7, 3)), np.array([7, 1, 4, 6])


def test_it_runs_on_kernels_unless_its_options_are_unusual() -> None:
    engines = {name: some_net(**options).engine for name, options in OPTIONS.items()}
    assert engines == {name: "kernels" if name in ("kernels", "both directions") else "reference" for name in OPTIONS}


@pytest.mark.parametrize("name", OPTIONS)
def test_gradients_through_layers_are_central_differences(name: str) -> None:
    net, (x, lengths) = some_net(**OPTIONS[name]), data()
    rng = np.random.default_rng(4)
    trace = net.trace(x, lengths)
    dh, dstate = rng.normal(size=trace.h.shape), tuple(rng.normal(size=values.shape) for values in trace.state)

    def loss() -> float:
        out = net(x, lengths)
        return float((out.h * dh).sum() + (out.state[0] * dstate[0]).sum())

    grads = net.backward(trace, dh, dstate)
    assert grads.parameters.keys() == net.parameters.keys()
    for key, values in net.parameters.items():
        for index in {(0,) * values.ndim, tuple(size - 1 for size in values.shape)}:
            old, differences = values[index], []
            for by in (1e-6, -1e-6):
                values[index] = old + by
                differences.append(loss())
            values[index] = old
            difference = (differences[0] - differences[1]) / 2e-6
            assert grads.parameters[key][index] == pytest.approx(difference, rel=1e-5, abs=1e-7), key


@pytest.mark.parametrize("name", [name for name in OPTIONS if name != "both directions"])
def test_streamed_steps_are_those_of_the_whole(name: str) -> None:
    net, (x, _) = some_net(**OPTIONS[name]), data()
    h, state = net(x)
    now: Any = None
    for t in range(x.shape[1]):
        streamed, now = net.step(x[:, t], now)
        assert_close("h", streamed, h[:, t], 1e-13)
    assert_close("h_n", now[0], state[0], 1e-13)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_file_a_pickle_and_a_copy_answer_alike(name: str, tmp_path: Path) -> None:
    net, (x, lengths) = some_net("float32", **OPTIONS[name]), data()
    wanted = net(x, lengths).h
    net.save(tmp_path / "net.safetensors")
    twins: list[Any] = [cl.load(tmp_path / "net.safetensors"), pickle.loads(pickle.dumps(net)), copy.deepcopy(net)]
    for twin in twins:
        assert isinstance(twin, cl.GRU)
        assert twin.config() == net.config()
        np.testing.assert_array_equal(twin(x, lengths).h, wanted)


def test_a_trace_names_every_number() -> None:
    net, (x, lengths) = some_net(), data()
    layer: Any = net.trace(x, lengths).layer(1)
    assert list(layer.columns()) == ["r", "u", "g", "h", "z_r", "z_u", "z_g"]
    real = np.arange(7) < lengths[:, None]
    for gate in "ru":
        sigmoid = 1 / (1 + np.exp(-getattr(layer, f"z_{gate}")[real]))
        assert_close(gate, getattr(layer, gate)[real], sigmoid, 1e-13)
    assert_close("g", layer.g[real], np.tanh(layer.z_g[real]), 1e-13)
    weights = layer.weights
    z_g = layer.x @ weights.W[:, 10:] + weights.b[10:] + layer.r * layer.a
    assert_close("z_g", layer.z_g[real], z_g[real], 1e-13)
    frame = net.trace(x, lengths).to_frame()
    assert len(frame) == lengths.sum() * 2 * 5
    assert {"r", "u", "g", "h", "z_g"} <= set(frame.columns)


def test_a_model_of_all_three_kinds_learns_and_goes_to_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    x = rng.normal(size=(200, 8, 2)).astype("float32")
    y = x[:, :2, :1].sum(axis=1)  # what stood in the first two steps
    model = cl.Network([cl.GRU(2, 8, seed=1), cl.LSTM(8, 8, seed=2), cl.RNN(8, 8, seed=3)], head=1, seed=4)
    history = cl.train(model, x, y, max_steps=400, learning_rate=0.01)
    assert history.losses[-20:].mean() < 0.2 * history.losses[:5].mean()
    model.save(tmp_path / "model.safetensors")
    twin: Any = cl.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(twin(x), model(x))


def test_bad_options_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"activations has \['state'\]; the keys are gate and candidate"):
        cl.GRU(1, 2, activations={"state": "tanh"})
    with pytest.raises(InputError, match="activation 'swish' is not known"):
        cl.GRU(1, 2, activations={"gate": "swish"})
