"""Keras files that are broken or mean harm."""

import contextlib
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.keras import from_keras

os.environ.setdefault("KERAS_BACKEND", "torch")
pytest.importorskip("torch")
pytest.importorskip("keras")
pytest.importorskip("h5py")

import h5py
import keras
from keras import layers as kl

from tests.interop.keras_models import (
    F,
    layers_of,
    rewrite,
    saved,
    sequential,
    touching,
    write,
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
        model = sequential(kl.Lambda(touching(str(mark))), kl.LSTM(4, name="lstm"))
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
        rewrite(path, lambda config: layers_of(config)[1]["config"].update(units=units))
        with pytest.raises(ModelFileError, match=r"units|shape"):
            from_keras(path)

    def test_version_must_be_known_for_hard_sigmoid(self, path: Path) -> None:
        rewrite(path, lambda config: layers_of(config)[1]["config"].update(recurrent_activation="hard_sigmoid"))
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

    def test_other_files(self, tmp_path: Path) -> None:
        with pytest.raises(ModelFileError, match="doesn't exist"):
            from_keras(tmp_path / "nothing.keras")
        with pytest.raises(ModelFileError, match="a folder"):
            from_keras(tmp_path)
        (tmp_path / "text.keras").write_text("hello")
        with pytest.raises(ModelFileError, match="neither"):
            from_keras(tmp_path / "text.keras")
