"""A drawing of a net, without a page: what is set in Python, and what comes from the page as its address."""

import copy
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import clearlstm as cl
from clearlstm.errors import InputError
from tests.report.unpacking import unpacked

pytest.importorskip("anywidget")
traitlets = pytest.importorskip("traitlets")


@pytest.fixture
def net() -> cl.LSTM:
    return cl.LSTM(2, 4, num_layers=2, dtype="float64", seed=0)


@pytest.fixture
def x() -> npt.NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(3, 6, 2))


def _unit() -> Any:
    return cl.examples.statquest_unit().show(np.array([0.0, 0.5, 0.25, 1.0]).reshape(1, 4, 1))


def test_it_begins_with_what_was_given(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w = net.show(x)
    assert np.array_equal(w.x, x)
    assert set(w.weights) == set(net.parameters)
    assert all(np.array_equal(w.weights[name], values) for name, values in net.parameters.items())
    assert (w.held, w.place, w.address) == ({}, None, "")
    assert json.dumps(w._data)  # all of it can be sent


def test_what_the_reader_changes_is_heard_of(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w, heard = net.show(x), []
    w.observe(lambda change: heard.append(change["name"]), ["x", "weights", "held", "place"])
    w.address = "yours-series=sequence%201&yours-change=x.2.1%3A5_W.0.f.1.3%3A0.25_G.1.i.0.2%3A0.5&yours-place=3_2"
    assert heard == ["x", "weights", "held", "place"]
    assert w.x[1, 2, 1] == 5
    assert (w.x != x).sum() == 1
    assert w.weights["layer0.forward.W"][1, 3] == 0.25
    assert w.held == {(1, "i", 2): 0.5}
    assert w.place == (3, 2)


def test_the_trace_is_that_of_the_changed_net(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w = net.show(x)
    w.address = "yours-change=x.2.1%3A5_W.0.f.1.3%3A0.25"
    changed = copy.deepcopy(net).set_parameters(w.weights)
    assert np.array_equal(w.trace().y, changed.trace(w.x).h)
    w.held = {(0, "f", 1): 1.0}
    held: Any = w.trace().layer(0)
    assert (held.f[..., 1] == 1).all()
    assert (held.f[..., 0] != 1).all()


def test_python_changes_what_is_drawn(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w = net.show(x)
    w.address = "yours-change=x.2.1%3A5_W.0.f.1.3%3A0.25&yours-place=3_2"
    w.x = x + 1
    assert np.array_equal(w.x, x + 1)
    assert "x.2.1" not in w.address
    assert w.weights["layer0.forward.W"][1, 3] == 0.25  # what the reader has done to the weights stays
    assert np.allclose(unpacked(w._data["traces"][0]["x"]), x[0] + 1)
    w.weights = {"layer1.forward.b": np.zeros(16)}
    assert (w.weights["layer1.forward.b"] == 0).all()
    assert w.weights["layer0.forward.W"][1, 3] == 0.25
    assert w.address == "yours-place=3_2"
    w.held = {(1, "o", 3): 0.0}
    w.place = (1, 1)
    assert set(w.address.split("&")) == {"yours-place=1_1", "yours-change=G.1.o.0.3%3A0.0"}
    w.place = None
    assert "place" not in w.address


def test_equal_numbers_are_no_change(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w, heard = net.show(x), []
    w.observe(lambda change: heard.append(change["name"]))
    w.x, w.weights, w.held, w.place = x.copy(), net.parameters, {}, None
    assert heard == []


def test_two_drawings_can_be_linked(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    a, b = net.show(x), cl.LSTM(2, 3, dtype="float64", seed=1).show(x)
    traitlets.dlink((a, "x"), (b, "x"))
    traitlets.dlink((b, "x"), (a, "x"))
    a.address = "yours-change=x.0.0%3A2.5"
    assert b.x[0, 0, 0] == 2.5
    b.x = x * 2
    assert np.array_equal(a.x, x * 2)
    traitlets.link((a, "address"), (b, "address"))
    a.place = (4, 1)
    assert b.place == (4, 1)


def test_the_net_itself_is_left_alone(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w, before = net.show(x), {name: values.copy() for name, values in net.parameters.items()}
    w.weights = {name: values + 1 for name, values in before.items()}
    assert all(np.array_equal(net.parameters[name], values) for name, values in before.items())
    net.parameters["layer0.forward.b"][...] = 9
    assert (w.weights["layer0.forward.b"] == before["layer0.forward.b"] + 1).all()


def test_arrays_are_read_only(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w = net.show(x)
    with pytest.raises(ValueError, match="read-only"):
        w.x[0, 0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        w.weights["layer0.forward.b"][0] = 1


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("x", np.zeros((3, 6, 5)), "x has shape"),
        ("x", np.full((3, 6, 2), np.nan), "x holds nan"),
        ("weights", {"layer9.forward.W": 0}, "of these names: layer0.forward.W"),
        ("weights", {"layer0.forward.b": np.zeros(3)}, "layer0.forward.b has shape"),
        ("weights", 3, "arrays by name"),
        ("held", {(0, "x", 1): 1.0}, "is no gate"),
        ("held", {(7, "f", 1): 1.0}, "a layer of 0..1"),
        ("held", {(0, "f", 9): 1.0}, "units 0..3"),
        ("held", {(0, "f", 1): "much"}, "must be a finite number"),
        ("held", 5, "values by"),
        ("place", 3, "must be \\(step, unit\\)"),
        ("place", (1, -1), "counted from 0"),
    ],
)
def test_what_does_not_fit_is_refused(
    net: cl.LSTM, x: npt.NDArray[np.float64], name: str, value: Any, message: str
) -> None:
    w = net.show(x)
    before = (w.address, w._data)
    with pytest.raises(InputError, match=message):
        setattr(w, name, value)
    assert (w.address, w._data) == before
    assert np.array_equal(w.x, x)


def test_a_single_unit_is_room_3() -> None:
    w = _unit()
    assert w._data["kind"] == "unit"
    assert "unit-x=0.0_0.5_0.25_1.0" in w._data["start"]
    w.address = "unit-x=1_0_0_0_0.5&unit-day=2&unit-c=0.5"
    assert w.x.ravel().tolist() == [1, 0, 0, 0, 0.5]
    assert w.place == (2, 0)
    net = cl.examples.statquest_unit()
    expected = net.trace(w.x, state=(np.zeros((1, 1, 1)), np.full((1, 1, 1), 0.5)))
    assert np.array_equal(w.trace().layer(0).c, expected.layer(0).c)


def test_python_changes_the_unit() -> None:
    w = _unit()
    w.address = "unit-w=" + "_".join(["0.5"] * 12)
    w.x = np.ones((1, 7, 1))
    assert w.address.startswith("unit-w=")
    assert "unit-x=" + "_".join(["1.0"] * 7) in w._data["start"]
    w.weights = {"layer0.forward.b": np.zeros(4)}
    assert w.address == ""
    assert "unit-w=0.5_0.5_0.0_" in w._data["start"]
    with pytest.raises(InputError, match="no gate can be held"):
        w.held = {(0, "f", 0): 1.0}
    with pytest.raises(InputError, match="1 to 1000"):
        w.x = np.ones((1, 1001, 1))


def test_a_trace_is_drawn_with_the_weights_that_it_had(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    state = tuple(np.full((2, 3, 4), 0.3) for _ in range(2))
    trace = net.trace(x, [6, 3, 5], state)
    before = {name: values.copy() for name, values in net.parameters.items()}
    net.parameters["layer0.forward.b"][...] = 9
    w = trace.show()
    assert all(np.array_equal(w.weights[name], values) for name, values in before.items())
    shown: Any = w.trace().layer(1)
    assert np.array_equal(shown.c, trace.layer(1).c)
    assert unpacked(w._data["traces"][0]["layers"][0]["c_0"]) == pytest.approx([0.3] * 4)


def test_a_models_trace_keeps_the_head_that_it_had(x: npt.NDArray[np.float64]) -> None:
    model = cl.Network([cl.LSTM(2, 4, seed=0), cl.GRU(4, 3, seed=1)], head=2, seed=0)
    trace = model.trace(x)
    model.parameters["head.W"][...] = 0
    w = trace.show()
    assert np.array_equal(w.trace().y, trace.y)
    assert set(w.weights) == set(model.parameters)


def test_dropped_units_are_spoken_of(x: npt.NDArray[np.float64]) -> None:
    net = cl.LSTM(2, 4, num_layers=2, dropout=0.5, seed=0)
    w = net.trace(x, dropout_rng=np.random.default_rng(0)).show()
    assert any("dropped units at random" in note for note in w._data["notes"])


def test_the_kernel_answers_the_pages_questions(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w, sent = net.show(x), []
    w.send = lambda content, buffers=None: sent.append((content, buffers))
    w._answer(w, {"what": "question", "id": 7, "question": {"question": "memory", "trace": 1, "layer": 1}}, [])
    w._answer(w, {"what": "question", "id": 8, "question": {"question": "memory", "trace": 9, "layer": 0}}, [])
    w._answer(w, {"what": "code", "id": 9}, [])
    (answered, _), (refused, _), (code, buffers) = sent
    assert answered["id"] == 7
    expected = cl.memory_lengths(net.trace(x[1:2]).layer(1)).half_life[0]
    assert unpacked(answered["answer"]["half_life"]).tolist() == expected.tolist()
    assert refused == {"id": 8, "error": "trace 9 is asked for; there are 3, counted from 0"}
    assert code == {"id": 9}
    assert len(buffers[0]) > 10_000


def test_only_the_first_drawing_of_a_process_brings_the_modules(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    net.show(x)
    assert net.show(x)._code == b""


@pytest.mark.parametrize(
    "address", ["yours-place=a_b", "yours-change=x", "unit-x=1_q&unit-w=1_2&unit-h=&unit-c=1_2&unit-day=-1", "%%%&=&"]
)
def test_an_address_that_cannot_be_read_is_the_start(address: str, net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w, unit = net.show(x), _unit()
    w.address = unit.address = address
    assert np.array_equal(w.x, x)
    assert w.place is None
    assert unit.x.ravel().tolist() == [0, 0.5, 0.25, 1]
    assert unit.weights["layer0.forward.W"][0, 0] == 1.63


def test_the_picture_is_of_what_is_looked_at(
    net: cl.LSTM, x: npt.NDArray[np.float64], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []

    def note(*_: Any, **looked_at: Any) -> str:
        drawn.append(looked_at)
        return ""

    monkeypatch.setattr("clearlstm.widget.net_drawing.picture_of_net", note)
    w = net.show(x)
    w._picture()
    w.address = "yours-series=sequence%202&yours-layer=1&yours-place=3_2"
    w._picture()
    assert [(one["sequence"], one["place"].depth, one["unit"]) for one in drawn] == [(0, 0, None), (2, 1, 2)]


def test_a_picture_of_every_place_can_be_drawn(net: cl.LSTM, x: npt.NDArray[np.float64]) -> None:
    w = net.show(x, [6, 3, 5])
    w.address = "yours-series=sequence%201&yours-layer=7&yours-place=99_99"
    assert w._picture().startswith("<img")
