"""Weights beside the model, as torch.onnx.export writes them: opened from the model's own folder and nowhere else."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.onnx import contents, from_onnx
from clearlstm.interop.open import load
from clearlstm.network.model import Network

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import onnx
from onnx.external_data_helper import set_external_data

from tests.interop.onnx_models import chain_model, lstm_inside, random_arrays
from tests.interop.test_onnx import assert_alike, inputs, session

BESIDE = "m.onnx.data"


def saved(folder: Path, **place: Any) -> Path:
    """A chain whose weights are beside it; ``place`` is what is said of where that of "upper.R" is."""
    model = chain_model()
    onnx.save(model, folder / "m.onnx", save_as_external_data=True, location=BESIDE, size_threshold=0)
    if place:
        model = onnx.load(folder / "m.onnx", load_external_data=False)
        tensor = next(tensor for tensor in model.graph.initializer if tensor.name == "upper.R")
        known = {entry.key: entry.value for entry in tensor.external_data}
        del tensor.external_data[:]
        for key, value in (known | place).items():
            tensor.external_data.add(key=key, value=str(value))
        (folder / "m.onnx").write_bytes(model.SerializeToString())
    return folder / "m.onnx"


def test_numbers_beside_the_model_are_read(tmp_path: Path) -> None:
    path, x = saved(tmp_path), inputs(4, 9, 3, seed=7)
    Y = session(chain_model()).run(None, {"x": x})[0]
    model: Any = load(path)
    assert isinstance(model, Network)
    assert_alike(model(x), Y)
    assert_alike(from_onnx(path, example=inputs(2, 6, 3))(x), Y)
    assert list(contents(path).nets) == ["lower", "upper"]
    assert_alike(from_onnx(onnx.load(path), example=inputs(2, 6, 3))(x), Y)
    with pytest.raises(InputError, match=r"give the path of the .onnx file, or what onnx.load\(path\) reads"):
        from_onnx(onnx.load(path, load_external_data=False), name="upper")


def test_numbers_beside_a_branch_are_read(tmp_path: Path) -> None:
    source, x = lstm_inside("then", random_arrays(3, 4, 1, "float32", 0)), inputs(2, 6, 3)
    expected = from_onnx(source)(x)
    inner = source.graph.node[0].attribute
    for tensor in (node.attribute[0].t for part in inner for node in part.g.node if node.op_type == "Constant"):
        (tmp_path / "beside").write_bytes(tensor.raw_data)
        set_external_data(tensor, "beside", 0, 128)
        tensor.ClearField("raw_data")
    (tmp_path / "m.onnx").write_bytes(source.SerializeToString())
    assert np.array_equal(from_onnx(tmp_path / "m.onnx")(x), expected)


PLACES: dict[str, tuple[dict[str, Any], str]] = {
    "above": ({"location": "../m.onnx.data"}, "only one in the model's own folder"),
    "below": ({"location": "sub/m.onnx.data"}, "only one in the model's own folder"),
    "below, Windows": ({"location": "sub\\m.onnx.data"}, "only one in the model's own folder"),
    "anywhere": ({"location": "/etc/passwd"}, "only one in the model's own folder"),
    "a drive": ({"location": "C:m.onnx.data"}, "only one in the model's own folder"),
    "the folder": ({"location": "."}, "only one in the model's own folder"),
    "nowhere": ({"location": ""}, "only one in the model's own folder"),
    "absent": ({"location": "other.data"}, "other.data doesn't exist"),
    "behind its end": ({"offset": 10**9}, "damaged or cut short"),
    "before its start": ({"offset": -4}, "it is damaged"),
    "no number": ({"offset": "x"}, "it is damaged"),
    "too short": ({"length": 8}, "damaged or cut short"),
    "too long": ({"length": 10**12}, "damaged or cut short"),
}


@pytest.mark.parametrize("place", PLACES)
def test_numbers_from_elsewhere_are_refused(place: str, tmp_path: Path) -> None:
    changed, message = PLACES[place]
    path = saved(tmp_path, **changed)
    for call in (from_onnx, contents):
        with pytest.raises(ModelFileError, match=message):
            call(path)


def folder(path: Path) -> None:
    path.mkdir()


def link(path: Path) -> None:
    path.symlink_to(path.with_name("data"))
    path.with_name("data").write_bytes(bytes(10_000))


def pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes are made otherwise on Windows")
@pytest.mark.parametrize(("make", "message"), [(folder, "is a folder"), (link, "is a link"), (pipe, "is a named pipe")])
def test_what_is_no_plain_file_beside_the_model_is_not_opened(
    make: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    path = saved(tmp_path)
    (tmp_path / BESIDE).unlink()
    make(tmp_path / BESIDE)
    with pytest.raises(ModelFileError, match=message):
        from_onnx(path, name="upper")


def test_a_file_beside_the_model_that_is_cut_short_or_claimed_again_and_again_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path)
    whole = (tmp_path / BESIDE).read_bytes()
    (tmp_path / BESIDE).write_bytes(whole[:-8])
    with pytest.raises(ModelFileError, match="damaged or cut short"):
        from_onnx(path, name="upper")
    (tmp_path / BESIDE).write_bytes(whole)
    model = onnx.load(path, load_external_data=False)
    for _ in range(3):
        model.graph.initializer.extend(list(model.graph.initializer))
    path.write_bytes(model.SerializeToString())
    with pytest.raises(ModelFileError, match=rf"its tensors claim [\d,]+ bytes of {BESIDE!r}"):
        from_onnx(path, name="upper")


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore")  # torch's own
@pytest.mark.parametrize(("kind", "both"), [("LSTM", False), ("GRU", True)])
def test_what_torchs_newer_exporter_writes_comes_over_whole(kind: str, both: bool, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript", reason="torch.onnx.export needs onnxscript for its newer exporter")

    class Forecaster(torch.nn.Module):  # type: ignore[misc, name-defined]  # torch may be absent
        def __init__(self) -> None:
            super().__init__()
            self.memory = getattr(torch.nn, kind)(3, 20, 1 if both else 2, batch_first=True, bidirectional=both)
            self.fc = torch.nn.Linear(40 if both else 20, 1)

        def forward(self, x: Any) -> Any:
            h, state = self.memory(x)
            h_n = state[0] if kind == "LSTM" else state
            return self.fc(torch.cat([h_n[0], h_n[1]], -1) if both else h[:, -1])

    torch.manual_seed(0)
    module, axes = Forecaster().eval(), ({0: torch.export.Dim("n"), 1: torch.export.Dim("t")},)
    example = (torch.zeros(2, 6, 3),)
    torch.onnx.export(module, example, tmp_path / "m.onnx", dynamo=True, dynamic_shapes=axes, verbose=False)
    assert (tmp_path / BESIDE).stat().st_size > 0
    model: Any = load(tmp_path / "m.onnx")
    x = inputs(4, 9, 3, seed=7)
    assert_alike(model(x), module(torch.from_numpy(x)).detach().numpy())
