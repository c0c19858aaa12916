"""What of a net goes to the page."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import clearlstm as cl
from clearlstm.insight.ledger import ledger
from clearlstm.network.subject import Sequences
from clearlstm.widget import shown as parts
from clearlstm.widget.shown import Shown, shown
from tests.report.unpacking import unpacked

LENGTHS = np.array([500, 30, 420])


def _x(N: int, T: int, F: int = 2) -> npt.NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=(N, T, F)).astype(np.float32)


def _shown(model: cl.Network, x: npt.NDArray[Any], lengths: npt.NDArray[np.int64], **names: Any) -> Shown:
    return shown(model, Sequences(x, lengths), **names)


@pytest.mark.parametrize("net", [cl.LSTM, cl.GRU, cl.RNN])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_last_steps_go_on_from_the_states_before_them(net: Any, bidirectional: bool) -> None:
    """To the bit: nothing is computed otherwise than in the whole pass."""
    model = cl.Network(net(2, 5, num_layers=2, bidirectional=bidirectional, seed=0), pool=None)
    x = _x(3, 500)
    part = _shown(model, x, LENGTHS)
    assert part.x.shape == (3, 400, 2)
    whole, cut = model.trace(x, LENGTHS), model.trace(part.x, part.lengths, part.state)
    for n, start in enumerate([100, 0, 20]):
        length = int(part.lengths[n])
        assert part.steps[n][0] == str(start)
        assert np.array_equal(cut.y[n, :length], whole.y[n, start : start + length])
    assert any("last 400 steps" in note for note in part.notes)


def test_many_sequences_are_the_first_ones() -> None:
    model = cl.Network(cl.LSTM(1, 4, seed=0), head=1)
    part = _shown(model, _x(50, 20, 1), np.full(50, 20))
    assert len(part.x) == parts.MAX_SEQUENCES
    assert part.notes == ("Shown are the first 12 of 50 sequences.",)


def test_a_wide_net_is_shown_on_fewer_steps_and_without_its_weights() -> None:
    model = cl.Network(cl.LSTM(1, 1024, seed=0, init="uniform"), head=1)
    part = _shown(model, _x(3, 300, 1), np.full(3, 300))
    data = part.data("wide")
    assert data["net"] is None
    layers = [layer for trace in data["traces"] for layer in trace["layers"]]
    assert sum(math.prod(layer[name]["shape"]) for layer in layers for name in "figoch") < parts.MAX_NUMBERS
    assert any("weights" in note for note in data["notes"])


def test_padding_stays_out_and_names_are_as_given() -> None:
    model = cl.Network(cl.LSTM(2, 3, seed=0), head=1)
    part = _shown(model, _x(2, 9), np.array([9, 4]), names=["price", "volume"])
    second = part.data("")["traces"][1]
    assert second["id"] == "sequence 1"
    assert [one["name"] for one in second["inputs"]] == ["price", "volume"]
    assert len(unpacked(second["x"])) == len(second["ds"]) == len(unpacked(second["layers"][0]["f"])) == 4


@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_still_there_is_the_ledger(reverse: bool) -> None:
    model = cl.Network(cl.LSTM(2, 3, bidirectional=True, seed=0), head=1)
    part = _shown(model, _x(1, 7), np.array([7]))
    layer = part.network.trace(part.x).layer(0, int(reverse))
    entries = unpacked(part.data("")["traces"][0]["layers"][int(reverse)]["ledger"])
    np.testing.assert_allclose(entries, ledger(layer, 0 if reverse else -1).entries[0], rtol=1e-5, atol=1e-7)
