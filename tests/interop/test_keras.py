"""Networks from Keras, against Keras itself on its torch backend; and files that are broken or mean harm."""

import contextlib
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "torch")

import h5py
import keras
import numpy as np
import pytest
import torch
from keras import layers as kl

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.interop.keras import from_keras
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.shapes import FloatArray
from tests.cell.cases import assert_close

# Keras itself hands torch's tensors to NumPy in the old way when it saves and loads.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

N, T, F = 4, 6, 3


@pytest.fixture(autouse=True)
def _usual_float() -> Iterator[None]:
    yield
    keras.config.set_floatx("float32")
    keras.utils.clear_session()


def x_for(model: Any, seed: int = 0) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(N, T, F)).astype(str(model.dtype))


def randomised(model: Any, seed: int = 1) -> Any:
    """Every weight drawn by itself: fresh biases are 0 and 1, in which gates can be swapped unseen."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(scale=0.6, size=values.shape) for values in model.get_weights()])
    return model


def sequential(*layers: Any) -> Any:
    return randomised(keras.Sequential([keras.Input((T, F)), *layers]))


def saved(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def answer(model: Any, x: FloatArray) -> FloatArray:
    return np.asarray(keras.ops.convert_to_numpy(model(x, training=False)))


def assert_same(network: Network, model: Any, tolerance: float = 1e-5) -> None:
    x = x_for(model)
    assert_close("answer", network(x), answer(model, x), tolerance)


def all_ways(model: Any, folder: Path) -> list[Network]:
    """The network from the object, from a .keras file and from an .h5 file."""
    return [from_keras(src) for src in (model, saved(model, folder / "m.keras"), saved(model, folder / "m.h5"))]


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

    def test_frozen_layers(self, tmp_path: Path) -> None:
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


def as_keras_2(path: Path) -> Path:
    """Rewrite an .h5 file as Keras 2 laid it out: its version, ``:0`` behind weights, and calls as nested lists."""
    with h5py.File(path, "r+") as file:
        file.attrs["keras_version"] = file["model_weights"].attrs["keras_version"] = "2.11.0"
        file.attrs["backend"] = file["model_weights"].attrs["backend"] = "tensorflow"
        description = json.loads(file.attrs["model_config"])
        file.attrs["model_config"] = json.dumps(_older(description))
        for group in file["model_weights"].values():
            names = [str(name) for name in group.attrs["weight_names"]]
            for name in names:
                group.move(name, f"{name}:0")
            group.attrs["weight_names"] = [f"{name}:0".encode() for name in names]
    return path


def _older(node: Any) -> Any:
    """Tensors as [layer, call, output, {}]; ``batch_input_shape``; no inner names of a Bidirectional's halves."""
    if isinstance(node, list):
        return [_older(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "inbound_nodes" in node:
        calls = [
            [[*tensor["config"]["keras_history"], {}] for tensor in call["args"]] for call in node["inbound_nodes"]
        ]
        return {**_older({key: item for key, item in node.items() if key != "inbound_nodes"}), "inbound_nodes": calls}
    if "merge_mode" in node:
        inner = {**node["layer"], "config": {**node["layer"]["config"], "name": "lstm"}}
        node = {key: item for key, item in node.items() if key != "backward_layer"} | {"layer": inner}
    return {key: _older(item) for key, item in node.items() if key not in ("module", "registered_name")}


class TestPicking:
    @pytest.fixture
    def branched(self) -> Any:
        given = keras.Input((T, F))
        a, b = kl.LSTM(4, name="a")(given), kl.LSTM(5, name="b")(given)
        answers = kl.Dense(3, name="out", activation="softmax")(b)
        return randomised(keras.Model(given, [kl.Concatenate()([a, b]), answers]))

    def test_no_chain_lists_its_layers(self, branched: Any, tmp_path: Path) -> None:
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
            (lambda: [kl.Masking(), kl.LSTM(4)], "is a Masking"),
            (lambda: [kl.GRU(4)], "is a GRU"),
            (lambda: [kl.LSTM(4), kl.Dense(2), kl.Dense(1)], "is a Dense"),
            (lambda: [kl.LSTM(4), kl.RepeatVector(3), kl.LSTM(4)], "is a RepeatVector"),
            (lambda: [kl.LSTM(4, go_backwards=True, return_sequences=True)], "go_backwards=True"),
            (lambda: [kl.LSTM(4, activation="softsign")], "activation='softsign'"),
            (lambda: [kl.Bidirectional(kl.LSTM(4), merge_mode="sum")], "merge_mode='sum'"),
            (lambda: [kl.Bidirectional(kl.GRU(4))], "holds a GRU"),
            (
                lambda: [kl.Bidirectional(kl.LSTM(4), backward_layer=kl.LSTM(5, go_backwards=True))],
                r"two kinds \(units\)",
            ),
            (lambda: [kl.Flatten(), kl.Dense(2)], "no LSTM"),
        ],
    )
    def test_by_name(self, layers: Callable[[], list[Any]], message: str, tmp_path: Path) -> None:
        model = sequential(*layers())
        for src in (model, saved(model, tmp_path / "m.keras")):
            with pytest.raises(InputError, match=message):
                from_keras(src)

    def test_cudnn_lstm(self, tmp_path: Path) -> None:
        path = saved(sequential(kl.LSTM(4, name="fast")), tmp_path / "m.keras")
        rewrite(path, lambda config: _layers(config)[1].update(class_name="CuDNNLSTM"))
        with pytest.raises(InputError, match="CuDNNLSTM, whose weights are packed"):
            from_keras(path)
        with pytest.raises(InputError, match="CuDNNLSTM, whose weights are packed"):
            from_keras(path, name="fast")

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
        rewrite(path, lambda config: _layers(config)[1].update(module="evil"))
        with pytest.raises(InputError, match=r"is a evil\.LSTM"):
            from_keras(path)

    def test_not_a_model(self) -> None:
        with pytest.raises(InputError, match="src is a dict"):
            from_keras({})

    def test_stateful_is_said(self) -> None:
        model = keras.Sequential([keras.Input(batch_shape=(N, T, F)), kl.LSTM(4, stateful=True)])
        with pytest.warns(ClearLSTMWarning, match="stateful"):
            from_keras(model)
        with pytest.raises(InputError, match="leave example out"):
            from_keras(model, example=x_for(model))

    def test_half_precision_is_said(self) -> None:
        model = sequential(kl.LSTM(4, dtype="mixed_float16"))
        with pytest.warns(ClearLSTMWarning, match="mixed_float16"):
            assert from_keras(model).dtype == np.float32


def rewrite(path: Path, change: Callable[[Any], None], weights: Callable[[Path], None] | None = None) -> None:
    """Change the description, and perhaps the weights, of a .keras file."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    change(config)
    members["config.json"] = json.dumps(config).encode()
    if weights:
        loose = path.with_suffix(".weights")
        loose.write_bytes(members["model.weights.h5"])
        weights(loose)
        members["model.weights.h5"] = loose.read_bytes()
    write(path, members)


def write(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _touching(path: str) -> Callable[[Any], Any]:
    return lambda x: (Path(path).write_text("ran"), x)[1]


def _layers(config: Any) -> Any:
    return config["config"]["layers"]


KERNEL = "layers/lstm/cell/vars/0"


def spoil(change: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def spoiled(path: Path) -> None:
        with h5py.File(path, "r+") as file:
            change(file)

    return spoiled


def replaced(make: Callable[[h5py.File], None]) -> Callable[[Path], None]:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        make(file)

    return spoil(change)


def _virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((F, 16), "f4")
    layout[:] = h5py.VirtualSource("secret.h5", "data", (F, 16))
    file.create_virtual_dataset(KERNEL, layout)


def _unallocated(file: h5py.File) -> None:
    file.create_dataset(KERNEL, (10**6, 10**6), "f4")


def _loop(file: h5py.File) -> None:
    file["layers/lstm/cell/vars/0"] = file["layers"]


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "external link": (
        replaced(lambda file: file.__setitem__(KERNEL, h5py.ExternalLink("secret.h5", "data"))),
        "ExternalLink",
    ),
    "soft link": (replaced(lambda file: file.__setitem__(KERNEL, h5py.SoftLink("/layers"))), "SoftLink"),
    "virtual dataset": (replaced(_virtual), "another file"),
    "external storage": (
        replaced(lambda file: file.create_dataset(KERNEL, (F, 16), "f4", external=[("secret.bin", 0, 192)])),
        "another file",
    ),
    "absurd shape": (replaced(_unallocated), "not all there"),
    "compressed": (
        replaced(lambda file: file.create_dataset(KERNEL, data=np.zeros((F, 16), "f4"), compression="gzip")),
        "compressed",
    ),
    "wrong shape": (
        replaced(lambda file: file.create_dataset(KERNEL, data=np.zeros((F, 15), "f4"))),
        r"shape \(3, 15\)",
    ),
    "whole numbers": (replaced(lambda file: file.create_dataset(KERNEL, data=np.zeros((F, 16), int))), "int64"),
    "texts": (replaced(lambda file: file.create_dataset(KERNEL, data=["a", "b"])), "floating-point"),
    "not finite": (
        replaced(lambda file: file.create_dataset(KERNEL, data=np.full((F, 16), np.nan, "f4"))),
        "isn't finite",
    ),
    "missing": (replaced(lambda file: None), "lacks its kernel"),
    "a group": (replaced(_loop), "lacks its kernel"),
    "another layer's": (spoil(lambda file: file["layers/lstm/vars"].attrs.__setitem__("name", "other")), "of 'other'"),
    "no weights": (_emptied, "can't be read"),
}


class TestFiles:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return saved(sequential(kl.LSTM(4, name="lstm")), tmp_path / "m.keras")

    @pytest.mark.parametrize("case", HOSTILE)
    def test_hostile_weights(self, case: str, path: Path) -> None:
        with h5py.File(path.parent / "secret.h5", "w") as secret:
            secret["data"] = np.ones((F, 16), "f4")
        change, message = HOSTILE[case]
        rewrite(path, lambda config: None, change)
        with pytest.raises(ModelFileError, match=message):
            from_keras(path)

    def test_cut_off_anywhere(self, path: Path, tmp_path: Path) -> None:
        for source in (path, saved(sequential(kl.LSTM(4)), tmp_path / "m.h5")):
            whole = source.read_bytes()
            for share in np.linspace(0, 0.98, 25):
                source.write_bytes(whole[: int(len(whole) * share)])
                with pytest.raises(ModelFileError):
                    from_keras(source)

    def test_flipped_bytes_raise_nothing_else(self, path: Path) -> None:
        rng = np.random.default_rng(0)
        whole = path.read_bytes()
        for _ in range(60):
            spoiled = bytearray(whole)
            for at in rng.integers(0, len(whole), size=20):
                spoiled[at] = rng.integers(256)
            path.write_bytes(spoiled)
            with contextlib.suppress(ModelFileError, InputError):
                from_keras(path)

    def test_lambda_is_never_run(self, tmp_path: Path) -> None:
        mark = tmp_path / "ran"
        model = sequential(kl.Lambda(_touching(str(mark))), kl.LSTM(4, name="lstm"))
        paths = [saved(model, tmp_path / "m.keras"), saved(model, tmp_path / "m.h5")]
        mark.unlink()
        for path in paths:
            with pytest.raises(InputError, match=r"is a Lambda.*never run here.*'lstm' \(LSTM\)"):
                from_keras(path)
            assert from_keras(path, name="lstm").output_size == 4
        assert not mark.exists()

    @pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a/../../b", "C:\\evil"])
    def test_names_that_lead_out(self, name: str, path: Path) -> None:
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(name, b"evil")
        with pytest.raises(ModelFileError, match="leads out of the archive"):
            from_keras(path)

    def test_zip_bomb(self, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist() if name != "config.json"}
        write(path, members)
        with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("config.json", b" " * 10**7)
        with pytest.raises(ModelFileError, match="would grow from"):
            from_keras(path)

    def test_member_missing(self, path: Path) -> None:
        write(path, {"config.json": b"{}", "metadata.json": b"{}"})
        with pytest.raises(ModelFileError, match=r"has no model\.weights\.h5"):
            from_keras(path)

    @pytest.mark.parametrize(
        "text", [b"{", b"[]", b"{}", b"null", b"[" * 10**5, b'{"class_name": "Sequential", "config": 3}', b"\xff"]
    )
    def test_description_damaged(self, text: bytes, path: Path) -> None:
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        write(path, members | {"config.json": text})
        with pytest.raises(ModelFileError, match=r"m\.keras"):
            from_keras(path)

    @pytest.mark.parametrize("units", [0, -1, 10**9, 2.5, "4", None, True])
    def test_absurd_units(self, units: object, path: Path) -> None:
        rewrite(path, lambda config: _layers(config)[1]["config"].update(units=units))
        with pytest.raises(ModelFileError, match=r"units|shape"):
            from_keras(path)

    def test_version_must_be_known_for_hard_sigmoid(self, path: Path) -> None:
        rewrite(path, lambda config: _layers(config)[1]["config"].update(recurrent_activation="hard_sigmoid"))
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        write(path, members | {"metadata.json": b"{}"})
        with pytest.raises(ModelFileError, match="differs between Keras 2 and 3"):
            from_keras(path)

    def test_groups_in_a_loop(self, tmp_path: Path) -> None:
        path = saved(sequential(kl.LSTM(4, name="lstm")), tmp_path / "m.h5")
        with h5py.File(path, "r+") as file:
            group = file["model_weights/lstm"]
            group["again"] = group
        with pytest.raises(ModelFileError, match=r"hold each other|two arrays"):
            from_keras(path)

    def test_external_link_in_an_h5_file(self, tmp_path: Path) -> None:
        path = saved(sequential(kl.LSTM(4, name="lstm")), tmp_path / "m.h5")
        with h5py.File(path, "r+") as file:
            file["model_weights/lstm/more"] = h5py.ExternalLink("secret.h5", "data")
        with pytest.raises(ModelFileError, match="ExternalLink"):
            from_keras(path)

    def test_weights_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "m.weights.h5"
        sequential(kl.LSTM(4)).save_weights(path)
        with pytest.raises(ModelFileError, match="no description of the model"):
            from_keras(path)

    def test_other_files(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match="not there"):
            from_keras(tmp_path / "nothing.keras")
        with pytest.raises(ModelFileError, match="a folder"):
            from_keras(tmp_path)
        (tmp_path / "text.keras").write_text("hello")
        with pytest.raises(ModelFileError, match="neither"):
            from_keras(tmp_path / "text.keras")
