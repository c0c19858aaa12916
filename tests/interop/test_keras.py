"""Networks from Keras, against Keras itself on its torch backend."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.interop.keras import from_keras
from clearlstm.network.lstm import LSTM
from tests.cell.cases import assert_close

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import keras
import torch
from keras import layers as kl

from tests.interop.keras_models import (
    F,
    N,
    T,
    all_ways,
    answer,
    as_keras_2,
    assert_same,
    layers_of,
    randomised,
    rewrite,
    saved,
    sequential,
    x_for,
)

pytestmark = [
    pytest.mark.torch,  # Keras's backend here
    # Keras itself hands torch's tensors to NumPy in the old way when it saves and loads.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning"),
]


@pytest.fixture(autouse=True)
def _usual_float() -> Iterator[None]:
    yield
    keras.config.set_floatx("float32")
    keras.utils.clear_session(free_memory=False)  # to collect garbage takes longer than the test


CHAINS: dict[str, Callable[[], list[Any]]] = {
    "one": lambda: [kl.LSTM(5)],
    "every step": lambda: [kl.LSTM(5, return_sequences=True)],
    "head": lambda: [kl.LSTM(5), kl.Dense(2)],
    "head a step": lambda: [kl.LSTM(5, return_sequences=True), kl.TimeDistributed(kl.Dense(2))],
    "mean": lambda: [kl.LSTM(5, return_sequences=True), kl.GlobalAveragePooling1D(), kl.Dense(2, use_bias=False)],
    "stacked": lambda: [
        kl.Dropout(0.3),
        kl.LSTM(4, return_sequences=True, dropout=0.2),
        kl.LSTM(3, return_sequences=True, recurrent_dropout=0.1, name="b"),
        kl.LSTM(6),
        kl.Activation("linear"),
        kl.Dense(1),
    ],
    "both ways": lambda: [
        kl.Bidirectional(kl.LSTM(4, return_sequences=True)),
        kl.Bidirectional(kl.LSTM(3)),
        kl.Dense(2),
    ],
    "no bias": lambda: [kl.Bidirectional(kl.LSTM(4, use_bias=False))],
    "from the end": lambda: [kl.LSTM(4, return_sequences=True), kl.LSTM(5, go_backwards=True), kl.Dense(2)],
    "plain": lambda: [kl.Bidirectional(kl.SimpleRNN(4, return_sequences=True)), kl.SimpleRNN(3, activation="relu")],
    "relu": lambda: [kl.LSTM(4, activation="relu"), kl.Dense(1)],
    "hard_sigmoid": lambda: [kl.LSTM(4, recurrent_activation="hard_sigmoid"), kl.Dense(1)],
    "named alike": lambda: [kl.Bidirectional(kl.LSTM(4, name="backward_x"), name="forward_y")],
    "inner": lambda: [
        keras.Sequential([kl.LSTM(4, return_sequences=True, name="a"), kl.LSTM(4, return_sequences=True, name="b")]),
        kl.LSTM(4, name="a"),
    ],
}


class TestAgainstKeras:
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    @pytest.mark.parametrize("chain", CHAINS)
    def test_chains_come_over_whole(
        self, chain: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Keras's own product of torch's matrices (and its mean) is float32 whatever the type: no oracle to 1e-12.
        monkeypatch.setattr(keras.src.ops, "matmul", torch.matmul)
        keras.config.set_floatx(dtype)
        model = sequential(*CHAINS[chain]())
        for network in all_ways(model, tmp_path):
            assert network.dtype == dtype
            assert_same(network, model, 1e-12 if dtype == "float64" and chain != "mean" else 1e-5)
        from_keras(model, example=x_for(model))

    @pytest.mark.parametrize("seed", range(6))
    def test_random_shapes(self, seed: int, tmp_path: Path) -> None:
        rng = np.random.default_rng(seed)
        units = [int(size) for size in rng.integers(1, 20, size=rng.integers(1, 4))]
        stack = [kl.LSTM(size, return_sequences=True) for size in units[:-1]] + [kl.LSTM(units[-1])]
        model = randomised(sequential(*stack, kl.Dense(int(rng.integers(1, 5)))), seed)
        for network in all_ways(model, tmp_path):
            assert_same(network, model)

    def test_functional_chain_whose_layers_are_listed_out_of_order(self, tmp_path: Path) -> None:
        top, bottom = kl.LSTM(3, name="top"), kl.LSTM(3, return_sequences=True, name="bottom")
        given = keras.Input((T, 3))
        model = randomised(keras.Model(given, kl.Dense(2)(top(bottom(given)))))
        for network in all_ways(model, tmp_path):
            assert_same(network, model)

    def test_frozenlayers_of(self, tmp_path: Path) -> None:
        both = kl.Bidirectional(kl.LSTM(3))
        model = sequential(both, kl.Dense(1))
        both.forward_layer.trainable = False
        for network in all_ways(model, tmp_path):
            assert_same(network, model)

    def test_other_functions_run_on_the_reference(self) -> None:
        net = from_keras(sequential(kl.LSTM(4, recurrent_activation="hard_sigmoid"))).nets[0]
        assert isinstance(net, LSTM)
        assert net.engine == "reference"
        assert net.activations.gate == "hard_sigmoid_6"

    def test_keras_2_had_another_hard_sigmoid(self, tmp_path: Path) -> None:
        model = sequential(kl.LSTM(4, recurrent_activation="hard_sigmoid"))
        path = as_keras_2(saved(model, tmp_path / "m.h5"))
        old = kl.LSTM(4, recurrent_activation=lambda z: keras.ops.clip(0.2 * z + 0.5, 0, 1))
        oracle = keras.Sequential([keras.Input((T, F)), old])
        oracle.set_weights(model.get_weights())
        assert_same(from_keras(path), oracle)

    def test_keras_2_names_and_nodes(self, tmp_path: Path) -> None:
        given = keras.Input((T, F))
        h = kl.Bidirectional(kl.LSTM(4, return_sequences=True, name="lstm"), name="both")(given)
        model = randomised(keras.Model(given, kl.Dense(2, name="out")(kl.LSTM(3, name="top")(h))))
        path = as_keras_2(saved(model, tmp_path / "m.h5"))
        assert_same(from_keras(path), model)


class TestPicking:
    @pytest.fixture
    def branched(self) -> Any:
        given = keras.Input((T, F))
        a, b = kl.LSTM(4, name="a")(given), kl.LSTM(5, name="b")(given)
        answers = kl.Dense(3, name="out", activation="softmax")(b)
        return randomised(keras.Model(given, [kl.Concatenate()([a, b]), answers]))

    def test_no_chain_lists_itslayers_of(self, branched: Any, tmp_path: Path) -> None:
        for src in (branched, saved(branched, tmp_path / "m.keras"), saved(branched, tmp_path / "m.h5")):
            with pytest.raises(InputError, match=r"2 outputs.*'a' \(LSTM\), 'b' \(LSTM\)"):
                from_keras(src)

    def test_one_layer_by_name(self, branched: Any, tmp_path: Path) -> None:
        x = x_for(branched)
        for src in (branched, saved(branched, tmp_path / "m.keras"), saved(branched, tmp_path / "m.h5")):
            found = from_keras(src, name="b")(x)
            assert_close("h", found, answer(branched.get_layer("b"), x), 1e-5)
        from_keras(branched, name="b", example=x)
        with pytest.raises(InputError, match="'c' is not there"):
            from_keras(branched, name="c")

    def test_head_by_name_is_taken_without_its_function(self, branched: Any) -> None:
        x = x_for(branched)
        logits = from_keras(branched, name="b", head="out")(x)
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert_close("softmax", shares, np.asarray(keras.ops.convert_to_numpy(branched(x)[1])), 1e-5)
        with pytest.raises(InputError, match="takes 5 values; 'a' gives 4"):
            from_keras(branched, name="a", head="out")

    def test_a_layer_of_an_inner_model(self, tmp_path: Path) -> None:
        model = sequential(*CHAINS["inner"]())
        inner = model.layers[0]
        network = from_keras(saved(model, tmp_path / "m.keras"), name=f"{inner.name}/a")
        assert_close("h", network(x_for(model)), answer(inner.get_layer("a"), x_for(model)), 1e-5)

    def test_head_of_a_chain(self) -> None:
        model = sequential(kl.LSTM(4), kl.Dense(2, activation="sigmoid", name="out"))
        with pytest.raises(InputError, match=r"ends in 'sigmoid'.*head='out' takes it without"):
            from_keras(model)
        logits = from_keras(model, head="out")(x_for(model))
        assert_close("sigmoid", 1 / (1 + np.exp(-logits)), answer(model, x_for(model)), 1e-5)
        with pytest.raises(InputError, match="head='nothing' is not a Dense layer"):
            from_keras(model, head="nothing")

    def test_pool(self) -> None:
        model = sequential(kl.LSTM(4, return_sequences=True))
        assert_close("mean", from_keras(model, pool="mean")(x_for(model)), answer(model, x_for(model)).mean(1), 1e-5)
        with pytest.raises(InputError, match="pool is 'max'"):
            from_keras(model, pool="max")  # type: ignore[arg-type]

    def test_a_class_of_the_users_own(self) -> None:
        class Own(keras.Model):  # type: ignore[misc]  # Keras has no types
            def __init__(self) -> None:
                super().__init__()
                self.lstm = kl.LSTM(4, name="memory")

            def call(self, x: Any) -> Any:
                return -self.lstm(x)

        model = Own()
        x = np.ones((N, T, F), np.float32)
        model(x)
        with pytest.raises(InputError, match=r"Own, a class of its own.*'memory' \(LSTM\)"):
            from_keras(model)
        assert_close("h", from_keras(model, name="memory", example=x + x_for(model))(x), -answer(model, x), 1e-5)

    def test_example_finds_a_layer_that_does_other_than_it_says(self) -> None:
        model = sequential(kl.LSTM(4))
        layer, x = model.layers[0], x_for(model)
        usual = layer.call
        layer.call = lambda *args, **kwargs: -usual(*args, **kwargs)
        with pytest.raises(InputError, match="answers on example are not the model's"):
            from_keras(model, example=x)

    def test_example_is_for_objects_as_they_are(self, tmp_path: Path) -> None:
        model = sequential(kl.LSTM(4, return_sequences=True))
        with pytest.raises(InputError, match="files aren't run"):
            from_keras(saved(model, tmp_path / "m.keras"), example=x_for(model))
        with pytest.raises(InputError, match="leave out head and pool"):
            from_keras(model, pool="mean", example=x_for(model))
        with pytest.raises(InputError, match="1 step"):
            from_keras(model, example=x_for(model)[:, :1])


class TestRefused:
    @pytest.mark.parametrize(
        ("layers", "message"),
        [
            (lambda: [kl.LSTM(4, return_sequences=True), kl.Masking(), kl.LSTM(4)], "is a Masking"),
            (lambda: [kl.Conv1D(4, 3)], "is a Conv1D"),
            (
                lambda: [kl.LSTM(4), kl.Dense(2), kl.Dense(1)],
                r"'dense_\d+' is a Dense; a chain is .* then at most one Dense",
            ),
            (lambda: [kl.LSTM(4), kl.RepeatVector(3), kl.LSTM(4)], "is a RepeatVector"),
            (lambda: [kl.LSTM(4, go_backwards=True, return_sequences=True)], "answers in reverse order"),
            (lambda: [kl.LSTM(4, activation="softsign")], "activation='softsign'"),
            (lambda: [kl.Bidirectional(kl.LSTM(4), merge_mode="mul")], "multiplies its two directions"),
            (
                lambda: [kl.Bidirectional(kl.LSTM(4), backward_layer=kl.LSTM(5, go_backwards=True))],
                r"two kinds \(units\)",
            ),
            (
                lambda: [
                    kl.Bidirectional(
                        kl.GRU(4, use_bias=False),
                        backward_layer=kl.GRU(4, use_bias=False, reset_after=False, go_backwards=True),
                    )
                ],
                r"two kinds \(reset_after\)",
            ),
            (lambda: [kl.LSTM(4), kl.Dense(2), kl.Activation("softmax")], r"ends in 'softmax'.*takes it without"),
            (lambda: [kl.Flatten(), kl.Dense(2)], "no recurrent layer"),
        ],
    )
    def test_by_name(self, layers: Callable[[], list[Any]], message: str, tmp_path: Path) -> None:
        model = sequential(*layers())
        for src in (model, saved(model, tmp_path / "m.keras")):
            with pytest.raises(InputError, match=message):
                from_keras(src)

    def test_embedding(self) -> None:
        model = keras.Sequential([keras.Input((T,)), kl.Embedding(9, F, mask_zero=True), kl.LSTM(4, name="a")])
        with pytest.raises(InputError, match="is an Embedding"):
            from_keras(model)
        assert from_keras(model, name="a").input_size == F

    def test_dropout_that_always_acts(self) -> None:
        given = keras.Input((T, F))
        model = keras.Model(given, kl.LSTM(4)(kl.Dropout(0.5)(given, training=True)))
        with pytest.raises(InputError, match="training=True"):
            from_keras(model)

    def test_initial_states(self) -> None:
        given, h = keras.Input((T, F)), keras.Input((4,))
        model = keras.Model([given, h], kl.LSTM(4)(given, initial_state=[h, h]))
        with pytest.raises(InputError, match="has 3 inputs"):
            from_keras(model)

    def test_a_state_that_is_the_answer(self) -> None:
        given = keras.Input((T, F))
        model = keras.Model(given, kl.LSTM(4, return_state=True)(given)[2])
        with pytest.raises(InputError, match="a state that layer"):
            from_keras(model)

    def test_a_namesake(self, tmp_path: Path) -> None:
        path = saved(sequential(kl.LSTM(4)), tmp_path / "m.keras")
        rewrite(path, lambda config: layers_of(config)[1].update(module="evil"))
        with pytest.raises(InputError, match=r"is a evil\.LSTM"):
            from_keras(path)

    @pytest.mark.parametrize("origin", [None, __name__])  # a script's own, a package's
    def test_a_namesake_of_the_users_own(self, origin: str | None, tmp_path: Path) -> None:
        class LSTM(kl.LSTM):  # type: ignore[misc]  # Keras has no types
            def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
                return -super().call(sequences, initial_state, mask, training)

        LSTM.__module__ = origin or "builtins"
        for src in (model := sequential(LSTM(4)), saved(model, tmp_path / "m.keras")):
            with pytest.raises(InputError, match=r"is a (Custom>|\S+\.)LSTM"):
                from_keras(src)

    def test_what_is_added_to_a_kernel_or_packed_in_it(self) -> None:
        model = sequential(kl.LSTM(4), kl.Dense(2))
        model.layers[1].enable_lora(1)
        with pytest.raises(InputError, match="lora_rank=1"):
            from_keras(model)
        model = sequential(kl.LSTM(4), kl.Dense(2))
        model.layers[1].quantize("int8")
        with pytest.raises(InputError, match="is quantised"):
            from_keras(model)

    def test_not_a_model(self) -> None:
        with pytest.raises(InputError, match="src is a dict"):
            from_keras({})

    def test_stateful_is_said(self) -> None:
        model = keras.Sequential([keras.Input(batch_shape=(N, T, F)), kl.LSTM(4, stateful=True)])
        with pytest.warns(ClearLSTMWarning, match="stateful"):
            from_keras(model)
        with pytest.raises(InputError, match="leave example out"):
            from_keras(model, example=x_for(model))

    @pytest.mark.parametrize(
        "layers",
        [
            lambda: [kl.LSTM(4), kl.Dense(2)],
            lambda: [kl.Bidirectional(kl.LSTM(4))],
            lambda: [kl.LSTM(4, return_sequences=True), kl.GlobalAveragePooling1D()],
        ],
    )
    def test_masking_first_is_lengths_here(self, layers: Callable[[], list[Any]]) -> None:
        model = sequential(kl.Masking(-1.0), *layers())
        with pytest.warns(ClearLSTMWarning, match=r"steps of -1.0 alone as padding: here call the network"):
            network = from_keras(model, example=x_for(model))
        x, lengths = x_for(model), np.array([6, 2, 4, 1])
        x[np.arange(T) >= lengths[:, None]] = -1.0
        assert_close("answer", network(x, lengths), answer(model, x), 1e-5)

    def test_half_precision_is_said(self) -> None:
        model = sequential(kl.LSTM(4, dtype="mixed_float16"))
        with pytest.warns(ClearLSTMWarning, match="mixed_float16"):
            assert from_keras(model).dtype == np.float32
