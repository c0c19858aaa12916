"""`clearlstm.examples`: the bundled nets are what their README says, and have learnt what it says."""

from collections.abc import Callable

import numpy as np
import pytest

from clearlstm import examples, kernels
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from scripts.make_example_nets import FOLDER, NETS, trained

LOADED = {"electricity_net": examples.electricity_net, "electricity_plain_net": examples.electricity_plain_net}
LARGEST_BYTES = 10_000


def error(model: Network) -> float:
    """The mean absolute error on all windows, in spreads of the load."""
    x, y = examples.electricity_windows()
    return float(abs(model(x) - y).mean())


def test_windows_are_stretches_of_the_load_and_what_came_twelve_hours_later() -> None:
    x, y = examples.electricity_windows()
    load = examples.load()["y"].to_numpy()
    assert (x.shape, y.shape) == ((327, 96, 1), (327, 1))
    for n in (0, 1, 326):
        here = np.append(x[n, :, 0], y[n]) * load.std() + load.mean()
        np.testing.assert_allclose(here[:-1], load[12 * n : 12 * n + 96], rtol=1e-12)
        np.testing.assert_allclose(here[-1], load[12 * n + 95 + 24], rtol=1e-12)


@pytest.mark.parametrize(("name", "kind"), [("electricity_net", LSTM), ("electricity_plain_net", RNN)])
def test_the_bundled_nets_are_small_and_have_learnt(name: str, kind: type[LSTM] | type[RNN]) -> None:
    model = LOADED[name]()
    (net,) = model.nets
    assert isinstance(net, kind)
    assert (net.input_size, net.hidden_size, net.num_layers, model.output_size) == (1, 8, 1, 1)
    assert (FOLDER / f"{name}.safetensors").stat().st_size < LARGEST_BYTES
    x, y = examples.electricity_windows()
    same_time_yesterday = float(abs(x[:, 95 + 24 - 48] - y).mean())
    assert error(model) < 0.75 * same_time_yesterday


def test_every_net_that_the_script_writes_can_be_loaded_and_no_other_lies_there() -> None:
    elsewhere = {"letters_net"}  # scripts/letters_net and tests/test_letters.py
    assert set(NETS) == set(LOADED) == {path.stem for path in FOLDER.glob("*.safetensors")} - elsewhere


@pytest.mark.parametrize(("name", "kind"), NETS.items())
def test_the_script_trains_these_nets_to_the_bit(name: str, kind: type[LSTM] | type[RNN]) -> None:
    _, y = examples.electricity_windows()
    again = trained(kind)
    assert error(again) < 0.5 * float(abs(y - y.mean()).mean())
    if kernels.this_machine().no_promise is None:
        for parameter, values in LOADED[name]().parameters.items():
            np.testing.assert_array_equal(again.parameters[parameter], values, parameter)


@pytest.mark.parametrize("load", LOADED.values())
def test_whoever_changes_a_net_has_a_net_of_his_own(load: Callable[[], Network]) -> None:
    mine = load()
    mine.parameters["head.b"][...] = 7
    assert load().parameters["head.b"] != 7
