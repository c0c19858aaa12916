"""Keras's cells in an RNN, merged directions and layers that read from the end, against Keras itself."""

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.keras import contents, from_keras
from tests.cell.cases import assert_close

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import keras
from keras import layers as kl

from tests.interop.keras_models import T, all_ways, answer, as_keras_2, assert_same, saved, sequential, x_for

pytestmark = [
    pytest.mark.torch,  # Keras's backend here
    # Keras itself hands torch's tensors to NumPy in the old way when it saves and loads.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]

Layers = Callable[[], list[Any]]

CELLS: dict[str, Layers] = {
    "LSTM": lambda: [kl.RNN(kl.LSTMCell(4, recurrent_activation="hard_sigmoid", dropout=0.2)), kl.Dense(2)],
    "GRU": lambda: [kl.RNN(kl.GRUCell(4, reset_after=False), return_sequences=True), kl.Dense(2)],
    "plain": lambda: [kl.RNN(kl.SimpleRNNCell(4, use_bias=False, activation="relu"), unroll=True)],
    "stack": lambda: [kl.RNN([kl.LSTMCell(4), kl.GRUCell(5), kl.LSTMCell(4)], return_sequences=True), kl.Dense(2)],
    "stack from the end": lambda: [kl.RNN([kl.LSTMCell(4), kl.LSTMCell(4)], go_backwards=True), kl.Dense(1)],
    "both ways": lambda: [kl.Bidirectional(kl.RNN(kl.GRUCell(4), return_sequences=True)), kl.Bidirectional(kl.LSTM(3))],
    "stacks both ways": lambda: [
        kl.Bidirectional(kl.RNN([kl.LSTMCell(4), kl.GRUCell(3), kl.LSTMCell(2)], return_sequences=True)),
        kl.LSTM(3),
    ],
}

MERGES: dict[str, Layers] = {
    "sum": lambda: [kl.Bidirectional(kl.LSTM(4, return_sequences=True), merge_mode="sum")],
    "sum of last": lambda: [kl.Bidirectional(kl.GRU(4), merge_mode="sum"), kl.Dense(2)],
    "mean below another": lambda: [
        kl.Bidirectional(kl.LSTM(4, return_sequences=True), merge_mode="ave"),
        kl.Bidirectional(kl.SimpleRNN(3, return_sequences=True), merge_mode="sum"),
        kl.GlobalAveragePooling1D(),
        kl.Dense(2),
    ],
    "mean of stacks": lambda: [kl.Bidirectional(kl.RNN([kl.LSTMCell(4), kl.LSTMCell(3)]), merge_mode="ave")],
}


def _back(layer: Any, units: int) -> Any:
    return layer(units, go_backwards=True, return_sequences=True)


TURNED: dict[str, Layers] = {
    "twice": lambda: [_back(kl.LSTM, 4), _back(kl.LSTM, 3), kl.Dense(2)],
    "below others": lambda: [_back(kl.LSTM, 4), kl.GRU(3, return_sequences=True), kl.LSTM(5), kl.Dense(1)],
    "below both ways": lambda: [_back(kl.LSTM, 4), kl.Bidirectional(kl.LSTM(4)), kl.Dense(2)],
    "below stacks": lambda: [
        _back(kl.GRU, 4),
        kl.Bidirectional(kl.RNN([kl.LSTMCell(3), kl.LSTMCell(2)], return_sequences=True)),
        kl.LSTM(3, go_backwards=True),
    ],
    "mean": lambda: [kl.LSTM(3, return_sequences=True), _back(kl.LSTM, 4), kl.GlobalAveragePooling1D()],
}


@pytest.mark.parametrize("case", [*CELLS, *MERGES, *TURNED])
def test_chains_come_over_whole(case: str, tmp_path: Path) -> None:
    model = sequential(*(CELLS | MERGES | TURNED)[case]())
    for network in all_ways(model, tmp_path):
        assert_same(network, model)
    from_keras(model, example=x_for(model))


@pytest.mark.parametrize("case", ["GRU", "stack", "stacks both ways", "mean below another"])
def test_as_keras_2_wrote_them(case: str, tmp_path: Path) -> None:
    model = sequential(*(CELLS | MERGES)[case]())
    assert_same(from_keras(as_keras_2(saved(model, tmp_path / "m.h5"))), model)


def test_each_cell_of_a_stack_is_a_net_and_the_one_above_sees_it() -> None:
    model = sequential(kl.RNN([kl.LSTMCell(4), kl.GRUCell(5)]))
    network = from_keras(model)
    assert [(type(net).__name__, net.input_size, net.hidden_size) for net in network.nets] == [
        ("LSTM", 3, 4),
        ("GRU", 4, 5),
    ]


def test_a_stateful_stack_starts_from_zeros() -> None:
    stack = kl.RNN([kl.LSTMCell(4), kl.GRUCell(5)], stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(4, T, 3)), stack])
    with pytest.warns(ClearLSTMWarning, match="stateful"):
        network = from_keras(model)
    assert_same(network, model)


def test_padding_of_a_stack_and_of_a_sum() -> None:
    for layer in (kl.RNN([kl.LSTMCell(4), kl.GRUCell(5)]), kl.Bidirectional(kl.LSTM(4), merge_mode="sum")):
        model = sequential(kl.Masking(-1.0), layer)
        with pytest.warns(ClearLSTMWarning, match="as padding"):
            network = from_keras(model)
        x, lengths = x_for(model), np.array([6, 2, 4, 1])
        x[np.arange(T) >= lengths[:, None]] = -1.0
        assert_close("answer", network(x, lengths), answer(model, x), 1e-5)


class Own(kl.LSTMCell):  # type: ignore[misc]  # Keras has no types
    """A cell that computes who knows what."""


class Other(Own):
    """Another."""


@pytest.mark.parametrize("stacked", [False, True])
def test_a_cell_of_the_users_own_is_refused_by_name(stacked: bool, tmp_path: Path) -> None:
    cell = Own(4)
    model = sequential(kl.RNN([kl.LSTMCell(3), cell] if stacked else cell, name="mine"), kl.Dense(2))
    for src in (model, saved(model, tmp_path / "m.keras"), saved(model, tmp_path / "m.h5")):
        with pytest.raises(InputError, match=r"'mine' holds a cell of class \S+Own.*set_weights"):
            from_keras(src)
        listed = contents(src)
        assert list(listed.refused) == ["mine"]
        assert not listed.nets


def test_halves_of_different_cells() -> None:
    back = kl.RNN(kl.GRUCell(4), go_backwards=True)
    with pytest.raises(InputError, match=r"two kinds \(cells\)"):
        from_keras(sequential(kl.Bidirectional(kl.RNN(kl.LSTMCell(4)), backward_layer=back)))


class TestMergesThatNoNetworkDoes:
    def test_multiplied(self, tmp_path: Path) -> None:
        model = sequential(kl.Bidirectional(kl.LSTM(4, return_sequences=True), merge_mode="mul", name="both"))
        for src in (model, saved(model, tmp_path / "m.keras"), saved(model, tmp_path / "m.h5")):
            with pytest.raises(InputError, match=r"'both' multiplies its two directions, which is not linear"):
                from_keras(src)
            with pytest.warns(ClearLSTMWarning, match=r"multiplies.*side by side, the forward one first"):
                network = from_keras(src, name="both")
            h = network(x_for(model))
            assert_close("product", h[..., :4] * h[..., 4:], answer(model, x_for(model)), 1e-5)
        with (
            warnings.catch_warnings(action="ignore", category=ClearLSTMWarning),
            pytest.raises(InputError, match="leave example out"),
        ):
            from_keras(model, name="both", example=x_for(model))

    def test_apart(self, tmp_path: Path) -> None:
        given = keras.Input((T, 3))
        ahead, back = kl.Bidirectional(kl.GRU(4, return_sequences=True), merge_mode=None, name="both")(given)
        model = keras.Model(given, [ahead, back])
        x = x_for(model)
        wanted = np.concatenate([keras.ops.convert_to_numpy(half) for half in model(x)], axis=-1)
        for src in (model, saved(model, tmp_path / "m.keras"), saved(model, tmp_path / "m.h5")):
            with pytest.raises(InputError, match=r"it has 2 outputs.*'both'"):
                from_keras(src)
            with pytest.warns(ClearLSTMWarning, match=r"gives its two directions apart \(merge_mode=None\)"):
                assert_close("both", from_keras(src, name="both")(x), wanted, 1e-5)

    def test_only_one_of_them_used(self) -> None:
        given = keras.Input((T, 3))
        ahead, _ = kl.Bidirectional(kl.GRU(4), merge_mode=None, name="both")(given)
        with pytest.raises(InputError, match=r"'both' gives its two directions apart"):
            from_keras(keras.Model(given, kl.Dense(2)(ahead)))


class TestAnswersInReverseOrder:
    def test_by_name_they_are_in_the_order_of_the_steps(self) -> None:
        model = sequential(kl.LSTM(4, go_backwards=True, return_sequences=True, name="back"))
        with pytest.raises(InputError, match=r"'back' has go_backwards=True and gives its answers in reverse order"):
            from_keras(model, pool="last")
        with pytest.warns(ClearLSTMWarning, match="here they are in the order of the steps"):
            network = from_keras(model, name="back")
        assert_close("turned", network(x_for(model))[:, ::-1], answer(model, x_for(model)), 1e-5)

    def test_what_is_masked_is_not_turned_with_them(self) -> None:
        model = sequential(kl.Masking(), *TURNED["below others"]())
        with pytest.raises(InputError, match=r"turns the steps round, but not what 'masking.*' masks"):
            from_keras(model)


class TestContents:
    @pytest.fixture
    def model(self) -> Any:
        given = keras.Input((T, 3))
        a = kl.Bidirectional(kl.RNN([kl.LSTMCell(2), kl.GRUCell(4)], return_sequences=True), merge_mode="sum", name="a")
        b = kl.LSTM(5, name="b", activation="softsign")
        c = kl.RNN(Other(2), name="c")
        d = kl.TimeDistributed(kl.LSTM(3), name="d")
        h = a(given)
        pictures = kl.Reshape((T, 2, 2))(h)
        e = kl.ConvLSTM1D(2, 1, name="e")(kl.Reshape((T, 2, 2))(h))
        joined = kl.Concatenate()([b(h), c(h), kl.Flatten()(d(pictures)), kl.Flatten()(e)])
        return keras.Model(given, kl.Dense(2, activation="softmax", name="out")(joined))

    def test_all_that_is_there(self, model: Any, tmp_path: Path) -> None:
        x = x_for(model)
        for src in (model, saved(model, tmp_path / "m.keras"), saved(model, tmp_path / "m.h5")):
            listed = contents(src)
            assert list(listed.nets) == ["a"]
            assert_close("a", listed.nets["a"](x), answer(model.get_layer("a"), x), 1e-5)
            assert sorted(listed.refused) == ["b", "c", "d", "e"]
            assert "activation='softsign'" in listed.refused["b"]
            assert ".Other, and only its code says" in listed.refused["c"]
            assert "is a TimeDistributed(LSTM)" in listed.refused["d"]
            assert "whose gates are convolutions" in listed.refused["e"]
            assert listed.heads == {"out": (5 + 2 + 3 * T + 4, 2)}

    def test_weights_that_are_missing_refuse_their_layer_alone(self, tmp_path: Path) -> None:
        import h5py

        path = saved(sequential(kl.LSTM(4, return_sequences=True, name="a"), kl.LSTM(3, name="b")), tmp_path / "m.h5")
        with h5py.File(path, "r+") as file:
            del file["model_weights/a"]
        listed = contents(path)
        assert list(listed.nets) == ["b"]
        assert "'a' lacks its kernel" in listed.refused["a"]

    def test_what_is_to_be_noted_of_each_is_said(self) -> None:
        layers = [kl.Bidirectional(kl.LSTM(4, return_sequences=True), merge_mode="mul", name=name) for name in "ab"]
        with pytest.warns(ClearLSTMWarning, match="multiplies") as caught:
            listed = contents(sequential(*layers))
        assert list(listed.nets) == ["a", "b"]
        said = [str(warning.message)[:3] for warning in caught if warning.category is ClearLSTMWarning]
        assert said == ["'a'", "'b'"]
