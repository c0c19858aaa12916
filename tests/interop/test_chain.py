"""Chains with layers that only read backwards; the oracle is a forward net on sequences turned round."""

import numpy as np
import pytest

from clearlstm.cell.lstm import LSTMWeights
from clearlstm.errors import InputError
from clearlstm.insight.audit.audit import audit
from clearlstm.interop.chain import Dense, Layer, build, output_size
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Pool
from clearlstm.shapes import FloatArray


def random_weights(F: int, H: int, seed: int, peepholes: bool = False) -> LSTMWeights:
    rng = np.random.default_rng(seed)
    W, U, b = (rng.standard_normal(shape) * 0.5 for shape in ((F, 4 * H), (H, 4 * H), (4 * H,)))
    return LSTMWeights(W, U, b, rng.standard_normal(3 * H) if peepholes else None)


def forward(weights: LSTMWeights, x: FloatArray) -> FloatArray:
    F, H = weights.W.shape[0], weights.U.shape[0]
    net = LSTM(F, H, peepholes=weights.p is not None, dtype="float64")
    named = {f"layer0.forward.{part}": values for part, values in vars(weights).items() if values is not None}
    return net.set_parameters(named)(x).h


def backwards(weights: LSTMWeights, x: FloatArray) -> FloatArray:
    return forward(weights, x[:, ::-1])[:, ::-1]


@pytest.mark.parametrize("names", [("a", "a", "b"), ("a", "b", "c")])
@pytest.mark.parametrize("with_head", [False, True])
@pytest.mark.parametrize("pool", ["mean", None])
def test_layers_that_read_backwards_stand_among_others(names: tuple[str, ...], with_head: bool, pool: Pool) -> None:
    rng = np.random.default_rng(9)
    parts = [random_weights(2, 4, 0), random_weights(4, 4, 1), random_weights(4, 3, 2, peepholes=True)]
    head = Dense(rng.standard_normal((3, 2)), rng.standard_normal(2)) if with_head else None
    x = rng.standard_normal((3, 6, 2))
    for last_is_reverse in (False, True):
        reverse = (True, True, last_is_reverse)
        layers = [Layer(n, (w,), reverse=r) for n, w, r in zip(names, parts, reverse, strict=True)]
        h: FloatArray = x
        for weights, backward in zip(parts, reverse, strict=True):
            h = backwards(weights, h) if backward else forward(weights, h)
        h = h.mean(axis=1) if pool == "mean" else h
        expected = h if head is None else h @ head.W + head.b
        assert np.allclose(build(layers, head, pool)(x), expected, rtol=1e-12, atol=1e-14)


def test_the_last_state_of_a_layer_that_reads_backwards_is_after_the_first_step() -> None:
    weights, x = random_weights(2, 4, 0), np.random.default_rng(1).standard_normal((3, 6, 2))
    model = build([Layer("a", (weights,), reverse=True)], pool="last")
    assert np.allclose(model(x), backwards(weights, x)[:, 0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("names", [("a", "a"), ("a", "b")])
@pytest.mark.parametrize("with_head", [False, True])
@pytest.mark.parametrize("reverse", [False, True])
def test_what_stands_above_a_readout_reads_h_through_it(names: tuple[str, ...], with_head: bool, reverse: bool) -> None:
    rng = np.random.default_rng(9)
    lower, upper = random_weights(2, 4, 0), random_weights(3, 4, 1)
    first, second = rng.standard_normal((4, 3)), rng.standard_normal((4, 2))
    head = Dense(rng.standard_normal((2, 5)), rng.standard_normal(5)) if with_head else None
    layers = [
        Layer(name, (weights,), reverse=reverse, readout=readout)
        for name, weights, readout in zip(names, (lower, upper), (first, second), strict=True)
    ]
    run, x = backwards if reverse else forward, rng.standard_normal((3, 6, 2))
    answer = run(upper, run(lower, x) @ first) @ second
    expected = answer if head is None else answer @ head.W + head.b
    model = build(layers, head)
    assert np.allclose(model(x), expected, rtol=1e-12, atol=1e-14)
    assert [output_size(layer) for layer in layers] == [3, 2]
    assert len(model.nets) == len(set(names))


def test_directions_are_merged_by_a_readout() -> None:
    """The sum of both, as Keras has it: a readout of two identities."""
    ways, x = (random_weights(2, 4, 0), random_weights(2, 4, 1)), np.random.default_rng(1).standard_normal((3, 6, 2))
    model = build([Layer("a", ways, readout=np.concatenate([np.eye(4), np.eye(4)]))])
    expected = forward(ways[0], x) + backwards(ways[1], x)
    assert np.allclose(model(x), expected, rtol=1e-12, atol=1e-14)


def test_the_silent_half_stays_silent_for_the_audit() -> None:
    parts = [random_weights(2, 4, 0), random_weights(4, 4, 1)]
    model = build([Layer(name, (weights,), reverse=True) for name, weights in zip("ab", parts, strict=True)])
    x = np.random.default_rng(1).standard_normal((3, 6, 2))
    assert [layer.silent for layer in audit(model, x).facts.layers] == [True, False, True, False]


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="gives 4 values a step, but net 1 takes 5"):
        build([Layer("a", (random_weights(2, 4, 0),)), Layer("b", (random_weights(5, 4, 1),))])
    with pytest.raises(InputError, match="the head is"):
        build([Layer("a", (random_weights(2, 4, 0),))], Dense(np.ones((5, 1)), np.ones(1)))
    with pytest.raises(InputError, match="gives 3 values a step, but what stands on it takes 5"):
        build([Layer("a", (random_weights(2, 4, 0),), readout=np.ones((4, 3))), Layer("b", (random_weights(5, 4, 1),))])
    both = (random_weights(4, 4, 1), random_weights(4, 4, 2))
    with pytest.raises(InputError, match="layers of one and of two directions"):
        build([Layer("a", (random_weights(2, 4, 0),)), Layer("a", both)])
