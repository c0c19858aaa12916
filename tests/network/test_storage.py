"""Model files: the same model comes back, and nothing else is taken for one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from clearlstm.errors import ClearLSTMWarning, InputError, ModelFileError
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network
from clearlstm.network.rnn import RNN
from clearlstm.network.storage import DIGEST, HEADER, Model, digest_of, load

MODELS = [
    LSTM(2, 3, 2, bidirectional=True, dropout=0.25, dtype="float64", seed=0),
    LSTM(2, 3, peepholes=True, activations={"gate": "hard_sigmoid"}, seed=0),
    RNN(2, 4, activation="relu", seed=0),
    Network([LSTM(2, 3, seed=0), RNN(3, 2, seed=1)], head=4, pool="mean", seed=0),
    Network(LSTM(2, 3, seed=0), pool=None),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_saved_model_comes_back_the_same(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    model.save(path)
    twin = load(path)
    assert type(twin) is type(model)
    assert twin.config() == model.config()
    assert all(np.array_equal(values, twin.parameters[name]) for name, values in model.parameters.items())
    assert [p.name for p in tmp_path.iterdir()] == ["m.safetensors"], "no temporary file is left"


def test_equal_models_are_equal_files(tmp_path: Path) -> None:
    path, files = tmp_path / "net.safetensors", set()
    for _ in range(20):  # the library keeps a header's texts in no order
        LSTM(2, 3, seed=0).save(path)
        files.add(path.read_bytes())
    assert len(files) == 1
    [content] = files
    header = content[8 : 8 + int.from_bytes(content[:8], "little")]
    assert len(header) % 8 == 0
    assert list(json.loads(header)["__metadata__"]) == ["clearlstm", "clearlstm.sha256"]


def test_arrays_that_are_not_contiguous_are_stored_right(tmp_path: Path) -> None:
    net = LSTM(2, 3, seed=0)
    net._parameters["layer0.forward.W"] = np.asfortranarray(net._parameters["layer0.forward.W"])
    net.save(tmp_path / "m")
    assert np.array_equal(load(tmp_path / "m").parameters["layer0.forward.W"], net.parameters["layer0.forward.W"])


def _hostile(path: Path, arrays: dict[str, Any], config: dict[str, Any] | None = None, kind: str = "LSTM") -> None:
    """A file of what doesn't fit together, with the digest that whoever made it could make too."""
    text = _description(kind, config=config)[HEADER]
    save_file(arrays, path, {HEADER: text, DIGEST: digest_of(text, arrays)})


def _description(kind: str = "LSTM", version: int = 1, config: dict[str, Any] | None = None) -> dict[str, str]:
    return {"clearlstm": json.dumps({"format_version": version, "kind": kind, "config": config})}


def _save_and_cut(path: Path) -> None:
    LSTM(2, 3, seed=0).save(path)
    path.write_bytes(path.read_bytes()[:-5])


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "empty": (lambda path: path.write_bytes(b""), "cut short"),
    "text": (lambda path: path.write_text("not a model at all"), "cut short"),
    "cut": (_save_and_cut, "cut short"),
    "foreign": (lambda path: save_file({"a": np.zeros(2)}, path), "not one that clearlstm wrote"),
    "no json": (lambda path: save_file({"a": np.zeros(2)}, path, {"clearlstm": "{"}), "damaged"),
    "newer": (lambda path: save_file({"a": np.zeros(2)}, path, _description(version=99)), "update clearlstm"),
    "other kind": (lambda path: _hostile(path, {"a": np.zeros(2)}, kind="os"), "don't fit together"),
    "huge": (
        lambda path: _hostile(path, {"layer0.forward.U": np.zeros((2, 8))}, _config(10**9)),
        "don't fit together",
    ),
    "many layers": (
        lambda path: _hostile(path, {"a": np.zeros(2)}, _config(2) | {"num_layers": 10**12}),
        "don't fit together",
    ),
    "wrong types": (
        lambda path: _hostile(path, {"a": np.zeros(2)}, _config(2) | {"num_layers": "x"}),
        "don't fit together",
    ),
}


def _config(hidden_size: int) -> dict[str, Any]:
    return LSTM(1, 2).config() | {"hidden_size": hidden_size}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_and_hostile_files_are_refused(name: str, tmp_path: Path) -> None:
    write, message = BROKEN[name]
    path = tmp_path / "m.safetensors"
    write(path)
    before = path.read_bytes()
    with pytest.raises(ModelFileError, match=message):
        load(path)
    assert path.read_bytes() == before


def test_any_byte_that_is_changed_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    Network([LSTM(2, 3, seed=0)], head=1, seed=0).save(path)
    whole = path.read_bytes()
    noticed = 0
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        try:
            load(path)
        except (ModelFileError, ClearLSTMWarning):
            noticed += 1
        else:
            assert whole[at : at + 1] == b" "  # one of the blanks that fill up the header
    assert noticed >= len(whole) - 8
    path.write_bytes(whole)
    load(path)


def test_a_file_without_a_digest_opens_with_a_word(tmp_path: Path) -> None:
    path, net = tmp_path / "m.safetensors", LSTM(2, 3, seed=0)
    save_file(dict(net.parameters), path, _description(config=net.config()))
    with pytest.warns(ClearLSTMWarning, match="damage to its numbers can't be seen"):
        old = load(path)
    assert isinstance(old, LSTM)
    old.save(path)
    assert np.array_equal(load_file(path)["layer0.forward.W"], net.parameters["layer0.forward.W"])
    load(path)


def test_a_type_that_numpy_lacks_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.safetensors"
    LSTM(2, 4, dtype="float64", seed=0).save(path)
    whole = path.read_bytes()
    for wrong in (b"F8_E4M3", b"BF16", b"F8_E5M2", b"U64"):
        path.write_bytes(whole.replace(b'"dtype":"F64"', b'"dtype":"' + wrong + b'"' + b" " * (3 - len(wrong))))
        with pytest.raises(ModelFileError):
            load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"nothing\.here doesn't exist"):
        load(tmp_path / "nothing.here")


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="is a folder: name a file"):
        load(tmp_path)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    LSTM(1, 2, seed=0).save(path)
    before = path.read_bytes()
    monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_args: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        LSTM(1, 3, seed=0).save(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_save_to_a_folder_or_into_none_is_refused(tmp_path: Path) -> None:
    for path, message in [
        (tmp_path, "is a folder: give the name"),
        (tmp_path / "no" / "m", "doesn't exist: make it first"),
    ]:
        with pytest.raises(InputError, match=message):
            LSTM(1, 2, seed=0).save(path)


def test_a_full_disk_is_told_as_such_and_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.safetensors"
    LSTM(1, 2, seed=0).save(path)
    before = path.read_bytes()

    def full(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        LSTM(1, 3, seed=0).save(path)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
