"""The lab's links, read and written in Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearlstm as cl
from clearlstm.widget import link
from clearlstm.widget.link import Changes

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.dictionaries(st.sampled_from(["words", "yours-place", "yours-series"]), st.text(min_size=1)))
def test_what_is_written_is_read_again(parts: dict[str, str]) -> None:
    assert link.read(link.write(parts)) == parts


@given(st.lists(finite, min_size=1))
def test_numbers_come_back_to_the_last_bit(values: list[float]) -> None:
    assert link.numbers(link.joined(np.array(values))) == values


@given(finite)
def test_a_change_does_too(value: float) -> None:
    changes = Changes({"W.0.f.1.3": value, "x.2.0": -value})
    assert Changes.read({link.CHANGES: changes.write()}) == changes


def test_changes_reach_the_arrays_that_they_name() -> None:
    model = cl.Network([cl.LSTM(2, 3, seed=0), cl.LSTM(3, 4, num_layers=2, bidirectional=True, seed=1)], head=1)
    changes = Changes({"W.0.i.1.2": 7.0, "U.2.g.3.1": 8.0, "b.4.o.0.0": 9.0, "x.1.0": 5.0, "G.0.f.0.2": 1.0})
    weights = changes.weights(model)
    moved = {name for name, values in weights.items() if not np.array_equal(values, model.parameters[name])}
    # of the second net, places 1 and 2 are its first layer forward and reverse, 3 and 4 its second
    assert moved == {"net0.layer0.forward.W", "net1.layer0.reverse.U", "net1.layer1.reverse.b"}
    assert weights["net0.layer0.forward.W"][1, 1 * 3 + 2] == 7
    assert weights["net1.layer0.reverse.U"][3, 2 * 4 + 1] == 8
    assert weights["net1.layer1.reverse.b"][3 * 4] == 9
    assert changes.inputs(np.zeros((3, 2)))[1, 0] == 5
    assert changes.held(model) == {(0, "f", 2): 1.0}


def test_the_twelve_weights_of_a_unit_stand_in_room_3s_order() -> None:
    network = cl.Network(cl.examples.statquest_unit(), pool=None)
    twelve = link.unit_weights(network.parameters)
    assert twelve == pytest.approx([2.7, 1.63, 1.62, 2.0, 1.65, 0.62, 1.41, 0.94, -0.32, 4.38, -0.19, 0.59])
    values = {name: np.zeros_like(array) for name, array in network.parameters.items()}
    link.set_unit_weights(values, twelve)
    assert all(np.array_equal(values[name], array) for name, array in network.parameters.items())


@pytest.mark.parametrize(
    "text",
    ["x", "W.0.f.0.0:", "W.0.f.0.0:nan", "q.1.2:3", "x.1.1:1_x", "x.-1.0:2", "b.0.f.1.0:1", "x.0.0:1e999"],
)
def test_what_cannot_be_read_is_no_change(text: str) -> None:
    assert Changes.read({link.CHANGES: text}) == Changes({})


def test_what_is_not_there_is_left_out() -> None:
    model = cl.Network([cl.LSTM(2, 3, seed=0), cl.GRU(3, 4, seed=0)], head=1)
    keys = ("x.9.0", "x.0.7", "W.0.f.9.0", "W.0.f.0.9", "W.7.f.0.0", "W.1.f.0.0", "G.0.f.0.9", "G.7.f.0.0", "G.1.f.0.0")
    changes = Changes(dict.fromkeys(keys, 5.0))
    assert (changes.inputs(np.zeros((3, 2))) == 0).all()
    weights = changes.weights(model)
    assert all(np.array_equal(weights[name], values) for name, values in model.parameters.items())
    assert changes.held(model) == {}
