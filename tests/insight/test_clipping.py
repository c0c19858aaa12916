"""Clipping beside torch: the norms that clip_grad_norm_ sees, and autograd's gradients of every hidden state."""

from typing import Any

import numpy as np
import pytest
import torch

import clearlstm as cl
from clearlstm.cell.layout import GATES
from clearlstm.errors import InputError, TrainingError
from clearlstm.insight.clipping import Clipping, clipping
from clearlstm.network.model import Net, Network
from clearlstm.shapes import FloatArray
from clearlstm.training.batches import RowOrder
from clearlstm.training.losses import SquaredError

N, T, F, H, M = 11, 9, 3, 4, 2
LENGTHS = np.array([9, 1, 4, 9, 7, 2, 9, 5, 6, 3, 8])
POOLS: Any = ["last", "mean", None]


def data(pool: str | None) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(N, T, F)), rng.normal(size=(N, M) if pool else (N, T, M)) * 3


def model(kind: type[Net], pool: Any, *, bidirectional: bool, dtype: str = "float64") -> Network:
    """Two layers in one net and a third in another, with weights that no permutation could hide in."""
    width = H * (2 if bidirectional else 1)
    nets = [
        kind(F, H, 2, bidirectional=bidirectional, dtype=dtype, seed=1),
        kind(width, H, bidirectional=bidirectional, dtype=dtype, seed=2),
    ]
    made = Network(nets, head=M, pool=pool, seed=3)
    rng = np.random.default_rng(4)
    for values in made.parameters.values():
        values[...] = rng.normal(scale=0.6, size=values.shape)
    return made


class TorchModel:
    """The same model, step by step; ``states`` holds each h_t that was made, with its layer and its step."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.states: list[tuple[int, int, torch.Tensor]] = []
        self.parameters = {
            name: torch.from_numpy(values.astype(np.float64)).requires_grad_()
            for name, values in network.parameters.items()
        }

    def __call__(self, x: torch.Tensor, lengths: Any) -> torch.Tensor:
        below, layer = x, 0
        for n, net in enumerate(self.network.nets):
            for k in range(net.num_layers):
                sides = [self.direction(n, k, d, layer, below, lengths) for d in range(net.num_directions)]
                below, layer = torch.cat(sides, dim=-1), layer + 1
        return self.head(below, lengths)

    def direction(self, n: int, k: int, d: int, layer: int, x: torch.Tensor, lengths: Any) -> torch.Tensor:
        name = f"net{n}.layer{k}.{('forward', 'reverse')[d]}."
        weights = [self.parameters[name + part] for part in ("W", "U", "b")]
        rows = []
        for row, length in zip(x, lengths, strict=True):
            h = c = torch.zeros(H, dtype=torch.float64)
            found = [h] * len(row)
            for t in range(int(length))[:: -1 if d else 1]:
                h, c = step(row[t], h, c, *weights)
                h.retain_grad()
                self.states.append((layer, t, h))
                found[t] = h
            rows.append(torch.stack(found))
        return torch.stack(rows)

    def head(self, h: torch.Tensor, lengths: Any) -> torch.Tensor:
        pooled = h
        if self.network.pool == "last":
            last = torch.stack([row[int(length) - 1, :H] for row, length in zip(h, lengths, strict=True)])
            pooled = torch.cat([last, h[:, 0, H:]], dim=-1)
        elif self.network.pool == "mean":
            pooled = h.sum(dim=1) / torch.as_tensor(lengths)[:, None]
        return pooled @ self.parameters["head.W"] + self.parameters["head.b"]

    def state_norms(self, n_layers: int) -> FloatArray:
        """The norm of ∂L/∂h_t over rows and units, (K, T)."""
        squares = np.zeros((n_layers, T))
        for layer, t, h in self.states:
            squares[layer, t] += 0 if h.grad is None else float((h.grad**2).sum())
        return np.sqrt(squares)


def step(
    x: torch.Tensor, h: torch.Tensor, c: torch.Tensor, W: torch.Tensor, U: torch.Tensor, b: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    z = x @ W + h @ U + b
    if len(z) == H:
        return torch.tanh(z), c
    part = dict(zip(GATES, torch.split(z, H), strict=True))
    c = torch.sigmoid(part["f"]) * c + torch.sigmoid(part["i"]) * torch.tanh(part["g"])
    return torch.sigmoid(part["o"]) * torch.tanh(c), c


def torch_loss(network: Network, answer: torch.Tensor, y: torch.Tensor, lengths: Any) -> torch.Tensor:
    errors = (answer - y) ** 2
    if network.pool is not None:
        return errors.mean()
    real = torch.as_tensor(np.arange(T) < np.asarray(lengths)[:, None])
    return errors[real].mean()


def batches(size: int, seed: int) -> list[Any]:
    order = RowOrder(N, size, shuffle=True, seed=seed)
    return [order.rows(step) for step in range(-(-N // size))]


@pytest.mark.parametrize("bidirectional", [False, True], ids=["forward", "both"])
@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("kind", [cl.LSTM, cl.RNN])
def test_equals_torch(kind: type[Net], pool: Any, bidirectional: bool) -> None:
    network, (x, y) = model(kind, pool, bidirectional=bidirectional), data(pool)
    found = clipping(network, x, y, lengths=LENGTHS, max_norm=0.7, batch_size=4, seed=5)
    assert found.h.shape == (3, 3, T)
    for b, rows in enumerate(batches(4, 5)):
        peer = TorchModel(network)
        inputs = torch.from_numpy(x[rows]).requires_grad_()
        loss = torch_loss(network, peer(inputs, LENGTHS[rows]), torch.from_numpy(y[rows]), LENGTHS[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        assert inputs.grad is not None
        np.testing.assert_allclose(found.x[b], np.sqrt((inputs.grad.numpy() ** 2).sum(axis=(0, 2))), rtol=1e-10)
        np.testing.assert_allclose(found.h[b], peer.state_norms(3), rtol=1e-10, atol=1e-14)
        before = {name: values.grad.clone() for name, values in peer.parameters.items() if values.grad is not None}
        norm = torch.nn.utils.clip_grad_norm_(peer.parameters.values(), 0.7)
        assert found.losses[b] == pytest.approx(float(loss.detach()), rel=1e-12)
        assert found.norms[b] == pytest.approx(float(norm), rel=1e-12)
        for name, gradient in before.items():
            clipped = peer.parameters[name].grad
            assert clipped is not None
            np.testing.assert_allclose(clipped, found.factors[b] * gradient, rtol=1e-12)


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
    network, (x, y) = model(cl.LSTM, "last", bidirectional=True), data("last")
    before = {name: values.copy() for name, values in network.parameters.items()}
    clipping(network, x, y)
    for name, values in network.parameters.items():
        np.testing.assert_array_equal(values, before[name])


def test_what_cannot_be_used() -> None:
    network, (x, y) = model(cl.LSTM, "last", bidirectional=False), data("last")
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
