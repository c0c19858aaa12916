"""Clipping: the norms that torch's clip_grad_norm_ sees, and its gradients of every hidden state."""

from typing import Any

import numpy as np
import pytest

import clearlstm as cl
from clearlstm.errors import InputError, TrainingError
from clearlstm.insight.clipping import Clipping, clipping
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from clearlstm.training.losses import SquaredError
from tests.insight.clipping_cases import BATCH_SIZE, CASES, LENGTHS, MAX_NORM, SEED, F, H, M, T, data, model
from tests.torch_golden import golden


@pytest.mark.parametrize("name", CASES)
def test_norms_are_torchs(name: str) -> None:
    kind, pool, both = CASES[name]
    x, y = data(pool)
    options: Any = {"lengths": LENGTHS, "max_norm": MAX_NORM, "batch_size": BATCH_SIZE, "seed": SEED}
    found = clipping(model(kind, pool, both), x, y, **options)
    assert found.h.shape == (3, 3, T)
    for b, wanted in enumerate(golden("insight")["clipping"][name]):
        np.testing.assert_allclose(found.x[b], wanted["x"], rtol=1e-10)
        np.testing.assert_allclose(found.h[b], wanted["h"], rtol=1e-10, atol=1e-14)
        assert found.losses[b] == pytest.approx(wanted["loss"], rel=1e-12)
        assert found.norms[b] == pytest.approx(wanted["norm"], rel=1e-12)
        assert found.factors[b] == pytest.approx(wanted["factor"], rel=1e-12)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_a_batch_is_what_training_meets_first(dropout: float) -> None:
    x, y = (values.astype(np.float32) for values in data("last"))
    network = Network([cl.LSTM(F, H, 2, dropout=dropout, seed=1)], head=M, seed=1)
    found, losses = clipping(network, x, y, batch_size=4, seed=9), []
    cl.train(network, x, y, batch_size=4, seed=9, max_steps=1, on_step=lambda _, loss: losses.append(loss))
    assert found.losses[0] == pytest.approx(losses[0], rel=1e-6)


def test_dropout_acts_on_the_way_back_too() -> None:
    """Where all that the first layer gives is dropped, no gradient reaches it."""
    x, y = data("last")
    network = Network([cl.LSTM(F, H, 2, dropout=1 - 1e-9, seed=1, dtype="float64")], head=M, seed=1)
    found = clipping(network, x, y)
    assert not found.x.any()
    assert not found.h[:, 0].any()
    assert found.h[:, 1].any()


@pytest.mark.parametrize("options", [{"peepholes": True}, {"activations": {"gate": "hard_sigmoid"}}])
def test_nets_on_the_reference(options: Any) -> None:
    """∂L/∂h_t by central differences: a change of h at one step is a change of what the next one starts from."""
    network = Network([cl.LSTM(F, H, dtype="float64", seed=1, **options)], head=M, seed=2)
    x, y = data("last")
    found = clipping(network, x[:1], y[:1], batch_size=1)
    net, t = network.nets[0], T - 3
    state = net(x[:1, : t + 1]).state

    def loss(h: FloatArray) -> float:
        _, after = net(x[:1, t + 1 :], state=(h, state[1]))
        assert network.head is not None
        return SquaredError().value_and_gradient(network.head(after[0][-1]), y[:1])[0]

    differences = [(loss(state[0] + e) - loss(state[0] - e)) / 2e-6 for e in 1e-6 * np.eye(H)]
    assert found.h[0, 0, t] == pytest.approx(np.linalg.norm(differences), rel=1e-6)


def small() -> Clipping:
    return Clipping(
        max_norm=1.0,
        norms=np.array([0.5, 2.0, 4.0]),
        losses=np.array([1.0, 2.0, 3.0]),
        layers=("layer 0", "layer 1"),
        h=np.array([[[0.0, 1e-5, 1.0], [1e-4, 0.1, 2.0]]] * 3),
        x=np.array([[0.0, 0.5, 0.3]] * 3),
    )


def test_words_and_tables() -> None:
    found = small()
    np.testing.assert_allclose(found.factors, [1, 0.5, 0.25], rtol=1e-5)
    assert found.share == pytest.approx(2 / 3)
    assert repr(found) == "Clipping(2 of 3 mini-batches above 1; 3 steps)"
    assert found.sentence == (
        "Clipping at 1 would scale down 2 of 3 mini-batches, to 0.375 of their size (median): their gradients' norms "
        "are 0.5 to 4, median 2. ∂L/∂h in layer 1 is largest at step 2, and over 0.001 of that from step 1 to 2; "
        "∂L/∂x is largest at step 1, and over 0.001 of that from step 1 to 2."
    )
    table = found.to_frame()
    assert list(table.columns) == ["batch", "loss", "norm", "clipped", "factor"]
    assert table["clipped"].tolist() == [False, True, True]
    steps = found.by_step()
    assert steps[steps["of"] == "h of layer 1"]["norm"].tolist() == [1e-4, 0.1, 2.0]
    assert "2 of 3 mini-batches" in found._repr_html_()


def test_nothing_to_clip_and_nothing_that_flows() -> None:
    x = np.random.default_rng(0).normal(size=(4, 5, 1))
    network = Network([cl.LSTM(1, 2, seed=0)], head=1, seed=0)
    network.set_parameters({name: np.zeros_like(values) for name, values in network.parameters.items()})
    found = clipping(network, x, np.zeros(4))
    assert (found.share, found.norms.tolist()) == (0.0, [0.0])
    assert "scale down 0 of 1 mini-batches:" in found.sentence
    assert "∂L/∂x is 0 at every step" in found.sentence


def test_a_bare_net_and_padded_targets() -> None:
    """A bare net answers at every step; what stands in y's padding doesn't count."""
    net = cl.LSTM(1, 1, seed=0)
    x, y = np.ones((2, 3, 1)), np.ones((2, 3, 1))
    blank = y.copy()
    blank[1, 1:] = np.nan
    found, wanted = (clipping(net, x, target, lengths=[3, 1]) for target in (blank, y))
    np.testing.assert_array_equal(found.norms, wanted.norms)
    assert found.layers == ("layer 0",)


def test_the_model_is_left_as_it_was() -> None:
    network, (x, y) = model("LSTM", "last", True), data("last")
    before = {name: values.copy() for name, values in network.parameters.items()}
    clipping(network, x, y)
    for name, values in network.parameters.items():
        np.testing.assert_array_equal(values, before[name])


def test_what_cannot_be_used() -> None:
    network, (x, y) = model("LSTM", "last", False), data("last")
    with pytest.raises(InputError, match="max_norm is 0; it must be a number above 0"):
        clipping(network, x, y, max_norm=0)
    with pytest.raises(InputError, match="batch_size is 0"):
        clipping(network, x, y, batch_size=0)
    with pytest.raises(InputError, match="y has shape"):
        clipping(network, x, y[:3])
    with pytest.raises(InputError, match="the model is a str"):
        clipping("net", x, y)
    with pytest.raises(TrainingError, match="isn't finite at these weights"):
        clipping(network, x, y * 1e200)


def test_a_model_that_scales_for_itself_is_refused() -> None:
    x = np.random.default_rng(0).normal(size=(12, 8, 1))
    model = cl.LSTMRegressor(hidden_size=3, max_steps=2, seed=0).fit(x, x[:, -1, 0])
    with pytest.raises(InputError, match=r"a LSTMRegressor, which scales x and y for itself.*model\.network_"):
        clipping(model, x, x[:, -1])
    own = model.feature_scaling_.forward(x), model.target_scaling_.forward(x[:, -1])
    assert len(clipping(model.network_, *own).norms) == 1
