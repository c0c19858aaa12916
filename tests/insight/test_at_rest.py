"""Gates at rest: what a pass over zeros from states of 0 shows at its first step."""

import numpy as np
import pytest

from clearlstm.insight.at_rest import at_rest
from clearlstm.network.gru import GRU
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_the_gates_are_those_of_a_first_step_of_zeros(kind: type[LSTM | GRU]) -> None:
    net = kind(2, 5, bidirectional=True, dtype="float64", seed=0)
    rng = np.random.default_rng(1)
    for name, values in net.parameters.items():
        values[...] = rng.standard_normal(values.shape) if name.endswith(".b") else values
    trace = net.trace(np.zeros((1, 1, 2)))
    layers = at_rest(Network(net))
    assert [layer.place.direction for layer in layers] == [0, 1]
    for layer in layers:
        record = trace.layer(0, layer.place.direction).record
        for gate, values in layer.gates.items():
            np.testing.assert_allclose(values, record.gate(gate)[0, 0], rtol=1e-14)


def test_the_half_life_is_what_the_gate_would_leave() -> None:
    net = LSTM(1, 2, dtype="float64", seed=0)
    net.parameters["layer0.forward.b"][:2] = [np.log(9), 800]  # f = 0.9 and exactly 1
    [layer] = at_rest(Network(net))
    assert layer.half_life is not None
    assert 0.9 ** layer.half_life[0] == pytest.approx(0.5)
    assert layer.half_life[1] == np.inf


def test_a_plain_net_has_no_gates_and_the_upper_layers_count_on() -> None:
    layers = at_rest(Network([RNN(1, 2, 2, seed=0), LSTM(2, 3, seed=1)]))
    assert [layer.place.depth for layer in layers] == [0, 1, 2]
    assert layers[0].gates == {}
    assert layers[0].half_life is None
    assert list(layers[2].gates) == ["f", "i", "o"]
