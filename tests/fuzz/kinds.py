"""What a stranger may hand over, how it is damaged, and how it is opened: each kind of file, tables, and requests."""

import codecs
import io
import json
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from clearlstm.errors import ClearLSTMError
from tests.fuzz.mutations import Rng, damaged, damaged_tree


class Kind(NamedTuple):
    """``whole()`` are right contents; ``damage`` makes a case of one; ``open`` does what a user would."""

    suffix: str
    whole: Callable[[], list[bytes]]
    damage: Callable[[Rng, bytes], bytes]
    open: Callable[[Path], object]
    extra: str | None = None


def try_one(kind: str, seed: int, folder: Path) -> str:
    """Open the case of that number: "opened", or what it was refused with. Any other error passes through."""
    how, rng = KINDS[kind], np.random.default_rng([seed, len(kind), *kind.encode()])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries that make the right contents
        contents = how.whole()
        content = how.damage(rng, contents[rng.integers(0, len(contents))])
    return open_content(kind, content, folder)


def open_content(kind: str, content: bytes, folder: Path) -> str:
    """The same for a content."""
    path = folder / f"case{KINDS[kind].suffix}"
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            KINDS[kind].open(path)
        except ClearLSTMError as error:
            return str(error)
    return "opened"


def _saved(write: Callable[[Path], object], suffix: str) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"whole{suffix}"
        write(path)
        return path.read_bytes()


# clearlstm's own files


@cache
def _nets() -> list[bytes]:
    from clearlstm import LSTM, RNN, Network

    models: list[Any] = [
        LSTM(2, 3, 2, bidirectional=True, seed=0),
        LSTM(1, 2, peepholes=True, activations={"gate": "hard_sigmoid"}, dtype="float64", seed=0),
        Network([LSTM(2, 3, seed=0), RNN(3, 2, seed=1)], head=2, pool="mean", seed=0),
    ]
    return [_saved(model.save, ".safetensors") for model in models]


@cache
def _forecasters() -> list[bytes]:
    import pandas as pd

    from clearlstm import LSTMForecaster

    rows = 60
    frame = pd.DataFrame(
        {
            "unique_id": np.repeat(["a", "b"], rows),
            "ds": np.tile(pd.date_range("2020-01-01", periods=rows, freq="MS"), 2),
            "y": np.sin(np.arange(2 * rows)) + 5,
        }
    )
    forecaster = LSTMForecaster(h=2, input_size=4, hidden_size=2, max_steps=3, seed=0).fit(frame)
    return [_saved(forecaster.save, ".safetensors")]


@cache
def _estimators() -> list[bytes]:
    from clearlstm import LSTMClassifier, LSTMRegressor

    X, steps = np.sin(np.arange(240.0)).reshape(8, 15, 2), np.arange(8)
    models: list[Any] = [
        LSTMClassifier(2, max_steps=2, steps_at_once=2, class_weight={"a": 2.0}).fit(X, np.array(list("abababab"))),
        LSTMClassifier(2, max_steps=2, pool="mean").fit(X[:, :, 0], steps % 3),
        LSTMRegressor(2, max_steps=2, bidirectional=False).fit(X, np.stack([steps, -steps], axis=1)),
    ]
    return [_saved(model.save, ".safetensors") for model in models]


@cache
def _checkpoints() -> list[bytes]:
    from clearlstm import train

    def write(path: Path) -> None:
        x = np.sin(np.arange(60)).reshape(6, 10, 1)
        train(_small(), x, x[:, 0], max_steps=3, checkpoint=path, seed=0)

    return [_saved(write, ".safetensors")]


def _small() -> Any:
    from clearlstm import LSTM, Network

    return Network([LSTM(1, 2, seed=0)], head=1, seed=0)


def _with_header(rng: Rng, content: bytes) -> bytes:
    """Damage to the header of a safetensors file: to its JSON, or to the JSON in it, whose digest is then right."""
    from safetensors.numpy import load, save

    from clearlstm.network.storage import DIGEST, HEADER, digest_of

    size = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + size])
    choice = rng.random()
    if choice < 0.2:
        return damaged(rng, content)
    if choice < 0.4:
        _retype(rng, header)
        return _with(json.dumps(header), content[8 + size :])
    if choice < 0.5 or HEADER not in header.get("__metadata__", {}):
        return _with(json.dumps(damaged_tree(rng, header)), content[8 + size :])
    arrays = load(content)
    text = json.dumps(damaged_tree(rng, json.loads(header["__metadata__"][HEADER])))
    if choice > 0.8:
        name = sorted(arrays)[rng.integers(0, len(arrays))]
        arrays[name] = _strange_array(rng, arrays[name])
    return save(arrays, {HEADER: text, DIGEST: digest_of(text, arrays)})


def _with(header: str, arrays: bytes) -> bytes:
    text = header.encode()
    return len(text).to_bytes(8, "little") + text + arrays


def _retype(rng: Rng, header: dict[str, Any]) -> None:
    """Let one or two arrays be of another type or shape that takes as many bytes."""
    names = sorted(name for name in header if name != "__metadata__")
    for _ in range(rng.integers(1, 3)):
        told = header[names[rng.integers(0, len(names))]]
        if rng.random() < 0.6:
            same = next(types for types in TYPES if told["dtype"] in types)
            told["dtype"] = str(rng.choice(same))
        else:
            shape = told["shape"]
            told["shape"] = [shape[::-1], [1, *shape], [int(np.prod(shape))]][rng.integers(0, 3)]


TYPES: Final = (
    ("F64", "I64", "U64"),
    ("F32", "I32", "U32"),
    ("F16", "BF16", "I16", "U16"),
    ("BOOL", "I8", "U8", "F8_E5M2", "F8_E4M3", "F8_E8M0"),
)
"""What safetensors calls its types, by size."""


def _strange_array(rng: Rng, array: Any) -> Any:
    strange = [
        array[:0],
        array.reshape(-1),
        array[None],
        array.astype(np.int64),
        array.astype(np.float64),
        np.full_like(array, np.nan) if array.dtype.kind == "f" else array[::-1],
        np.full_like(array, 1e38) if array.dtype.kind == "f" else array[::-1].copy(),
        np.full_like(array, -(2**62)) if array.dtype == np.int64 else array * 0,
    ]
    return np.ascontiguousarray(strange[rng.integers(0, len(strange))])


def _load(path: Path) -> object:
    from clearlstm import load

    return load(path)


def _forecast(path: Path) -> object:
    from clearlstm import load

    loaded: Any = load(path)
    return loaded.predict() if hasattr(loaded, "predict") else loaded


def _answer(path: Path) -> object:
    from clearlstm import load

    loaded: Any = load(path)
    return loaded.predict(np.ones((2, 15, 2))) if hasattr(loaded, "classes_") else loaded


def _go_on(path: Path) -> object:
    from clearlstm import train

    x = np.sin(np.arange(60)).reshape(6, 10, 1)
    return train(_small(), x, x[:, 0], max_steps=3, checkpoint=path, seed=0)


# Other frameworks'


@cache
def _torch_arrays() -> list[bytes]:
    from safetensors.numpy import save

    rng = np.random.default_rng(0)
    arrays = {
        "lstm.weight_ih_l0": rng.normal(size=(12, 2)),
        "lstm.weight_hh_l0": rng.normal(size=(12, 3)),
        "lstm.bias_ih_l0": rng.normal(size=12),
        "lstm.bias_hh_l0": rng.normal(size=12),
    }
    return [save({name: values.astype(np.float32) for name, values in arrays.items()})]


def _torch_saved(content: Any, **options: Any) -> bytes:
    import torch

    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


@cache
def _torch_files() -> list[bytes]:
    import torch

    state = torch.nn.LSTM(2, 3).state_dict()
    nested = {"epoch": 3, "optimizer": {"state": {0: {"step": torch.ones(1)}}}, "model_state_dict": {"net": state}}
    return [_torch_saved(state), _torch_saved(nested), _torch_saved(torch.nn.LSTM(2, 3, proj_size=2))]


@cache
def _torch_programs() -> list[bytes]:
    """TorchScript, of a plain and of a quantized module, and what torch.export writes."""
    import torch

    scripted, exported = io.BytesIO(), io.BytesIO()
    module = torch.nn.LSTM(2, 3)
    torch.jit.save(torch.jit.script(module), scripted)
    torch.export.save(torch.export.export(module, (torch.zeros(4, 1, 2),)), exported)
    quantize: Any = torch.ao.quantization.quantize_dynamic
    small = quantize(torch.nn.ModuleDict({"lstm": module}), {torch.nn.LSTM}, dtype=torch.qint8)
    return [scripted.getvalue(), exported.getvalue(), _torch_saved(small.state_dict())]


@cache
def _torch_legacy() -> list[bytes]:
    """As torch before 1.6 wrote, and pickles that it didn't."""
    import pickle

    import torch

    state = torch.nn.LSTM(2, 3, bidirectional=True).state_dict()
    arrays = {name: values.numpy() for name, values in state.items()}
    return [
        _torch_saved({"model": state}, _use_new_zipfile_serialization=False),
        _torch_saved(torch.nn.LSTM(2, 3), _use_new_zipfile_serialization=False),
        pickle.dumps(arrays),
        pickle.dumps(state, protocol=2),
    ]


def _repacked(rng: Rng, content: bytes) -> bytes:
    """Damage inside a zip's members, so that its checksums are right."""
    if rng.random() < 0.3:
        return damaged(rng, content)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w") as other:
        names = archive.namelist()
        chosen = names[rng.integers(0, len(names))]
        for name in names:
            inside = archive.read(name)
            if name == chosen:
                inside = _text_or_bytes(rng, inside)
            other.writestr(name, inside)
    return packed.getvalue()


def _text_or_bytes(rng: Rng, content: bytes) -> bytes:
    if rng.random() < 0.8:
        try:
            return json.dumps(damaged_tree(rng, json.loads(content))).encode()
        except ValueError:
            pass
    return damaged(rng, content)


def _from_torch(path: Path) -> object:
    from clearlstm.interop.torch import contents, from_torch

    contents(path)
    return from_torch(path)


@cache
def _onnx_files() -> list[bytes]:
    from clearlstm import LSTM, Network
    from clearlstm.interop.onnx import to_onnx
    from tests.fuzz.onnx_files import onnx_files

    models = [
        Network([LSTM(2, 3, seed=0)], head=2, seed=0),
        Network([LSTM(2, 3, bidirectional=True, seed=0), LSTM(6, 2, seed=1)], pool=None),
    ]
    written = [_saved(lambda path, model=model: to_onnx(model, path), ".onnx") for model in models]  # type: ignore[misc]
    return written + onnx_files()


def _graph(rng: Rng, content: bytes) -> bytes:
    """Damage to the fields of an ONNX graph, so that it still parses."""
    if rng.random() < 0.3:
        return damaged(rng, content)
    from tests.fuzz.onnx_files import damaged_model

    return damaged_model(rng, content)


def _from_onnx(path: Path) -> object:
    """By name if need be, and whatever it holds."""
    from clearlstm.interop.onnx import contents, from_onnx

    listed = contents(path)
    return from_onnx(path, name=next(iter(listed.nets), None))


@cache
def _any_files() -> list[bytes]:
    """Of several makers, through the one door; Keras's are read in another process, case by case, and left out."""
    return [*_nets(), *_torch_arrays(), *_onnx_files()]


@cache
def _keras_files() -> list[bytes]:
    from tests.fuzz.keras_files import keras_files

    return keras_files()


@cache
def _legacy_files() -> list[bytes]:
    from tests.fuzz.keras_files import legacy_files

    return legacy_files()


def _from_keras(path: Path) -> object:
    from clearlstm.interop.keras import list_file, read_file

    list_file((str(path),), {})
    return read_file((str(path), None, None, None, True), {})


# Tables, arrays, and what the program writes besides


@cache
def _tables() -> list[bytes]:
    days = [f"2024-01-{day:02d}" for day in range(1, 29)]
    return [
        ("ds,y\n" + "".join(f"{day},{k * k}\n" for k, day in enumerate(days))).encode(),
        ("when;shop;sold\n" + "".join(f"{day};{shop};{k},5\n" for shop in "ab" for k, day in enumerate(days))).encode(),
        ("step,id,y,w\n" + "".join(f"{k},a,{k / 7},1\n" for k in range(30))).encode(),
        ("ds,Köln\n" + "".join(f"{day},{k}\n" for k, day in enumerate(days))).encode("utf-16"),
    ]


CELLS: Final = (
    *("", "nan", "inf", "-inf", "1e400", "0x10", "9999-12-31", "0001-01-01", "10000-01-01", "1677-01-01", "2262-05-01"),
    *(
        "9223372036854775807",
        "-9223372036854775808",
        "99999999999999999999",
        "1e18",
        "=1+1",
        '"',
        "'",
        "\x00",
        "é",
        "𝟙",
    ),
    *(
        "2024-02-30",
        "24:00",
        "1/2/3",
        "2024-W01",
        "now",
        "today",
        "NaT",
        "None",
        "True",
        "1_000",
        "1 000",
        "-0",
        "12:00",
    ),
)


def _cells(rng: Rng, content: bytes) -> bytes:
    """Damage to a few cells of a table, or to its bytes."""
    if rng.random() < 0.3:
        return damaged(rng, content)
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8"
    lines = content.decode(encoding).split("\n")
    for _ in range(rng.integers(1, 6)):
        at = rng.integers(0, len(lines))
        cells = lines[at].replace(";", ",").split(",")
        column = rng.integers(0, len(cells))
        if rng.random() < 0.3:  # all of a column
            for k, line in enumerate(lines[1:-1], 1):
                parts = line.split(";" if ";" in line else ",")
                if column < len(parts):
                    parts[column] = CELLS[rng.integers(0, len(CELLS))]
                lines[k] = (";" if ";" in line else ",").join(parts)
        else:
            cells[column] = CELLS[rng.integers(0, len(CELLS))]
            lines[at] = (";" if ";" in lines[at] else ",").join(cells)
    return "\n".join(lines).encode(encoding, errors="replace")


@cache
def _parquet_tables() -> list[bytes]:
    import pandas as pd

    frame = pd.DataFrame(
        {"ds": pd.date_range("2024-01-01", periods=30), "y": np.arange(30.0), "id": ["a"] * 30, "n": np.arange(30)}
    )
    return [_saved(frame.to_parquet, ".parquet")]


def _panel(path: Path) -> object:
    from clearlstm.data.frames import read_panel
    from clearlstm.data.source import file_source

    source = file_source(path, time=None, target=None, series_id=None)
    return read_panel(source.table, source.columns).future(3)


@cache
def _labelled_tables() -> list[bytes]:
    rows = [(n, t, n * t / 7) for n in range(6) for t in range(2 + n)]
    return [
        ("id,t,v,w,label\n" + "".join(f"{n},{t},{v},1,{'ab'[n % 2]}\n" for n, t, v in rows)).encode(),
        ("take_id;x;target\n" + "".join(f"{n};{t},5;{n / 3}\n" for n, t, _ in rows)).encode(),
    ]


@cache
def _labelled_arrays() -> list[bytes]:
    kinds: list[Any] = [np.arange(6) % 2, np.arange(6) / 7, np.array(list("ababab")), np.array([b"a", b"b"] * 3)]
    buffers = [io.BytesIO() for _ in kinds]
    for buffer, y in zip(buffers, kinds, strict=True):
        np.savez(buffer, X=np.ones((6, 4, 2)), y=y, lengths=np.array([4, 3, 2, 1, 4, 4]))
    return [buffer.getvalue() for buffer in buffers]


def _labelled(path: Path) -> object:
    from clearlstm.cli.classify_data import read_task
    from clearlstm.data.labelled import Roles

    return read_task(path, Roles(), None)


@cache
def _arrays() -> list[bytes]:
    buffer, packed = io.BytesIO(), io.BytesIO()
    np.save(buffer, np.zeros((3, 4, 2)))
    np.savez(packed, x=np.zeros((3, 4, 2)), y=np.zeros(3))
    return [buffer.getvalue(), packed.getvalue()]


def _sequences(path: Path) -> object:
    from clearlstm.cli.inspect_data import load_arrays

    return load_arrays(path)


@cache
def _reports() -> list[bytes]:
    from clearlstm.report.page import lab_page

    data = {"version": 1, "title": "t", "made": "now", "series": [{"id": "a", "y": [1.0, 2.0], "ds": ["x", "y"]}]}
    return [lab_page(data, title="t").encode()]


def _page(rng: Rng, content: bytes) -> bytes:
    if rng.random() < 0.5:
        return damaged(rng, content)
    start = content.index(b'id="report-data">') + len(b'id="report-data">')
    end = content.index(b"</script>", start)
    return content[:start] + _text_or_bytes(rng, content[start:end]) + content[end:]


def _report(path: Path) -> object:
    from clearlstm.report.page_file import read_report

    return read_report(path, "report.html")


@cache
def _requests() -> list[bytes]:
    tasks: list[dict[str, Any]] = [
        {"kind": "forecast", "table": "prices", "h": 2, "level": [80, 95], "roles": {"time": "ds"}, "freq": "D"},
        {"kind": "forecast", "table": "prices", "roles": {"id": ["a", "b"], "dayfirst": True, "wide": False}},
        {"kind": "open", "model": "m", "name": "lstm", "x": [[[0.5]]], "pool": "last"},
        {"kind": "inside", "job": "j", "question": "what_if", "trace": 0, "changes": [{"unit": 1, "gate": "f"}]},
    ]
    return [json.dumps(task).encode() for task in tasks]


def _request(path: Path) -> object:

    from clearlstm.lab.requests import Refused, checked_task

    try:
        body = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None  # which the server looks at before
    if not isinstance(body, dict):
        return None
    try:
        return checked_task(body)
    except Refused as refusal:
        raise ClearLSTMError(str(refusal)) from refusal


@cache
def _translations() -> list[bytes]:
    texts = {"{0} of <b>{1}</b>": "<b>{1}</b>, {0}", "day|days": "Tag|Tage", "Share": ""}
    return [json.dumps({"language": "pt-BR", "texts": {"a.js": texts, "b.js": {}}}).encode()]


def _language(path: Path) -> object:
    from clearlstm.report.language import read_language, update_translation

    language = read_language(path)
    update_translation(path)
    again = read_language(path)
    if (again.tag, again.texts) != (language.tag, language.texts):
        raise AssertionError("what was translated is not what it was")
    return language


KINDS: Final = {
    "net": Kind(".safetensors", _nets, _with_header, _load),
    "forecaster": Kind(".safetensors", _forecasters, _with_header, _forecast),
    "estimator": Kind(".safetensors", _estimators, _with_header, _answer),
    "checkpoint": Kind(".safetensors", _checkpoints, _with_header, _go_on),
    "torch arrays": Kind(".safetensors", _torch_arrays, _with_header, _from_torch),
    "any model": Kind("", _any_files, damaged, _load, "onnx"),
    "torch": Kind(".pt", _torch_files, _repacked, _from_torch, "torch"),
    "torch program": Kind("", _torch_programs, _repacked, _from_torch, "torch"),
    "torch legacy": Kind(".pt", _torch_legacy, damaged, _from_torch, "torch"),
    "onnx": Kind(".onnx", _onnx_files, _graph, _from_onnx, "onnx"),
    "keras": Kind(".keras", _keras_files, _repacked, _from_keras, "h5py"),
    "keras legacy": Kind(".h5", _legacy_files, damaged, _from_keras, "h5py"),
    "table": Kind(".csv", _tables, _cells, _panel),
    "labelled table": Kind(".csv", _labelled_tables, _cells, _labelled),
    "labelled arrays": Kind(".npz", _labelled_arrays, _repacked, _labelled),
    "parquet": Kind(".parquet", _parquet_tables, damaged, _panel, "pyarrow"),
    "arrays": Kind(".npz", _arrays, damaged, _sequences),
    "report": Kind(".html", _reports, _page, _report),
    "translation": Kind(".json", _translations, _text_or_bytes, _language),
    "request": Kind(".json", _requests, _text_or_bytes, _request, "starlette"),
}
