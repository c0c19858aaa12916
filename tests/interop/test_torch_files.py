"""Torch's files, of every format it has had, read without it; the oracle is torch, which wrote them."""

import copy
import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clearlstm.errors import ClearLSTMWarning, InputError, MissingExtraError, ModelFileError
from clearlstm.interop.content import maker_of
from clearlstm.interop.torch import contents, from_torch
from clearlstm.network.lstm import LSTM
from clearlstm.network.model import Network

pytest.importorskip("torch")

import torch
from safetensors.torch import save_file

from tests.interop.torch_models import Chain, assert_alike, assumed, inputs

pytestmark = [pytest.mark.torch, assumed]


def saved(content: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, **options)
    return buffer.getvalue()


def legacy(content: Any) -> bytes:
    return saved(content, _use_new_zipfile_serialization=False)


def deflated(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    return packed.getvalue()


def scripted(module: torch.nn.Module) -> bytes:
    buffer = io.BytesIO()
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        torch.jit.save(torch.jit.script(module), buffer)
    return buffer.getvalue()


def traced(module: torch.nn.Module) -> bytes:
    trace: Any = torch.jit.trace
    buffer = io.BytesIO()
    with pytest.warns(DeprecationWarning, match="is deprecated"):
        torch.jit.save(trace(module, example(module)), buffer)
    return buffer.getvalue()


def example(module: torch.nn.Module) -> torch.Tensor:
    return torch.zeros(2, 5, 3, dtype=next(module.parameters()).dtype)


def exported(module: torch.nn.Module) -> bytes:
    buffer = io.BytesIO()
    with pytest.warns(UserWarning, match="were assigned during export"):
        torch.export.save(torch.export.export(module, (example(module),)), buffer)
    return buffer.getvalue()


def exported_before(module: torch.nn.Module) -> bytes:
    """As torch.export wrote up to 2.6: the program as JSON, and the state dict as torch.save writes it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("version", "5.1")
        archive.writestr("serialized_exported_program.json", "{}")
        archive.writestr("serialized_state_dict.pt", saved(dict(module.state_dict())))
    return packed.getvalue()


def module_of_old(module: torch.nn.Module, *names: str) -> bytes:
    """As torch 0.4 pickled a module, with ``requires_grad``, or torch 0.3, without: a Parameter is a call of its class.

    Its layers lacked attributes that those of today have.
    """
    older = copy.deepcopy(module)
    for part in older.modules():
        for newer in ("proj_size", "_non_persistent_buffers_set", "_state_dict_hooks"):
            vars(part).pop(newer, None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.nn.Parameter, "__reduce_ex__", lambda part, _: (
            torch.nn.Parameter, (part.data, *(getattr(part, name) for name in names))
        ))  # fmt: skip
        return legacy(older)


FORMATS: dict[str, Callable[[torch.nn.Module], bytes]] = {
    "state dict": lambda module: saved(module.state_dict()),
    "packed state dict": lambda module: deflated(saved(module.state_dict())),
    "module": saved,
    "legacy state dict": lambda module: legacy(module.state_dict()),
    "legacy module": legacy,
    "module of torch 0.4": lambda module: module_of_old(module, "requires_grad"),
    "module of torch 0.3": module_of_old,
    "pickle": lambda module: pickle.dumps(module.state_dict()),
    "pickle of arrays": lambda module: pickle.dumps({name: part.numpy() for name, part in module.state_dict().items()}),
    "older pickle": lambda module: pickle.dumps({k: v.numpy() for k, v in module.state_dict().items()}, protocol=2),
    "scripted": scripted,
    "traced": traced,
    "exported": exported,
    "exported before": exported_before,
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.filterwarnings("ignore:.*is deprecated:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*were assigned during export")
@pytest.mark.filterwarnings("ignore:.*Converting a tensor to a Python")
def test_every_format_is_opened_by_its_content_and_without_torch(
    kind: str, dtype: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Chain(bidirectional=True).to(getattr(torch, dtype)).eval()
    path = tmp_path / "model.ckpt"
    path.write_bytes(FORMATS[kind](module))
    x = inputs(4, 6, 3, dtype)
    expected = module.fc(module.lstm(torch.from_numpy(x))[0]).detach()
    assert maker_of(path) == "torch"
    monkeypatch.setitem(sys.modules, "torch", None)
    assert_alike(from_torch(path, head="fc")(x), expected.numpy())
    assert contents(path).heads == {"fc": (8, 2)}


def test_a_whole_module_tells_its_classes_and_options(tmp_path: Path) -> None:
    module = torch.nn.ModuleDict(
        {"rnn": torch.nn.RNN(3, 4, 2, nonlinearity="relu", dropout=0.5, batch_first=True)}
    ).eval()
    torch.save(module, tmp_path / "m.pt")
    x = inputs(2, 5, 3)
    model = from_torch(tmp_path / "m.pt")
    assert model.nets[0].dropout == 0.5
    assert_alike(model(x), module["rnn"](torch.from_numpy(x))[0])


def test_a_scripted_plain_nets_activation_is_read_where_it_is_kept_and_else_said_to_be_assumed(tmp_path: Path) -> None:
    rnn, x = torch.nn.RNN(3, 4, nonlinearity="relu", batch_first=True), inputs(2, 5, 3)
    (tmp_path / "m").write_bytes(scripted(rnn))
    assert_alike(from_torch(tmp_path / "m")(x), rnn(torch.from_numpy(x))[0])
    (tmp_path / "m").write_bytes(scripted(torch.nn.RNNCell(3, 4, nonlinearity="relu")))
    with pytest.warns(ClearLSTMWarning, match=r"is read as torch's nn\.RNNCell, with tanh"):
        from_torch(tmp_path / "m")


class Strange:
    """A class of a checkpoint's own, such as hyper-parameters."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner


def state(seed: int = 0) -> dict[str, Any]:
    torch.manual_seed(seed)
    return dict(torch.nn.ModuleDict({"lstm": torch.nn.LSTM(3, 4), "fc": torch.nn.Linear(4, 1)}).state_dict())


NESTED: dict[str, Callable[[], Any]] = {
    "a loss beside": lambda: {"epoch": 3, "loss": torch.ones(2), "model_state_dict": state()},
    "net": lambda: {"net": state(), "acc": 0.5},
    "deeper": lambda: {"generator": {"weights": {"params": OrderedDict(state())}}},
    "in a list": lambda: [{"step": 3}, (1, {"ema": state()})],
    "an optimiser beside": lambda: {"optimizer": {"state": {0: {"exp_avg": torch.ones(16, 3)}}}, "model": state()},
    "hyper-parameters beside": lambda: {"hyper_parameters": Strange(Strange({1: 2})), "state_dict": state()},
    "in an object": lambda: Strange({"best": state()}),
}


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("write", [saved, legacy])
def test_a_state_dict_is_found_wherever_a_checkpoint_keeps_it(
    kind: str, write: Callable[[Any], bytes], tmp_path: Path
) -> None:
    content, x = NESTED[kind](), inputs(2, 5, 3)
    (tmp_path / "m").write_bytes(write(content))
    expected = from_torch(state(), name="lstm", head="fc")(x)
    assert np.array_equal(from_torch(tmp_path / "m", name="lstm", head="fc")(x), expected)
    assert np.array_equal(from_torch(tmp_path / "m", head="fc")(x), expected)
    if not isinstance(content, Strange):
        assert np.array_equal(from_torch(content, head="fc")(x), expected)


def test_of_two_copies_both_are_listed_and_one_is_picked(tmp_path: Path) -> None:
    torch.save({"model": state(0), "ema": {"shadow": state(1)}}, tmp_path / "m")
    with pytest.raises(InputError, match=r"'model\.lstm', 'ema\.shadow\.lstm'; several could be meant"):
        from_torch(tmp_path / "m")
    x = inputs(2, 5, 3)
    picked = from_torch(tmp_path / "m", name="ema.shadow.lstm", head="ema.shadow.fc")
    assert np.array_equal(picked(x), from_torch(state(1), head="fc")(x))
    assert list(contents(tmp_path / "m").nets) == ["model.lstm", "ema.shadow.lstm"]


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "model.net."])
def test_a_prefix_is_kept_in_names_and_may_be_left_out(prefix: str) -> None:
    arrays, x = {f"{prefix}{name}": part for name, part in state().items()}, inputs(2, 5, 3)
    assert list(contents(arrays).nets) == [f"{prefix}lstm"]
    expected = from_torch(state(), head="fc")(x)
    for name in ("lstm", f"{prefix}lstm"):
        assert np.array_equal(from_torch(arrays, name=name, head="fc")(x), expected)
    nested = {"state": arrays}
    assert np.array_equal(from_torch(nested, name=f"state.{prefix}lstm", head=f"state.{prefix}fc")(x), expected)


def test_weights_alone_are_opened_with_a_word_of_what_is_assumed(tmp_path: Path) -> None:
    torch.save(state(), tmp_path / "m.pt")
    with pytest.warns(ClearLSTMWarning, match=r"^'lstm' is read as torch's nn\.LSTM: weights alone don't say"):
        from_torch(tmp_path / "m.pt")
    with pytest.warns(ClearLSTMWarning, match=r"nn\.RNNCell, with tanh"):
        from_torch(torch.nn.RNNCell(3, 4).state_dict())
    normed = {"cell.weight_ih": np.ones((16, 3)), "cell.weight_hh": np.ones((16, 4)), "cell.ln.weight": np.ones(4)}
    with pytest.warns(ClearLSTMWarning, match=r"nn\.LSTMCell: .*Beside its own it has 'ln\.weight'"):
        from_torch(normed)
    on_top = dict(torch.nn.LSTM(3, 4).state_dict()) | {"fc.weight": torch.ones(2, 4), "h_0": torch.ones(4)}
    with pytest.warns(ClearLSTMWarning, match="Beside its own it has 'h_0', which torch's hasn't"):
        from_torch(on_top, head="fc")


@pytest.mark.parametrize("ending", ["safetensors", "pt", "pth"])
@pytest.mark.parametrize("nested", [False, True])
def test_files_and_state_dicts_give_the_same(ending: str, nested: bool, tmp_path: Path) -> None:
    module = Chain().eval()
    arrays, path = module.state_dict(), tmp_path / f"m.{ending}"
    if ending == "safetensors":
        save_file(arrays, path)
    else:
        torch.save({"epoch": 3, "model_state_dict": arrays} if nested else arrays, path)
    x = inputs(4, 9, 3)
    expected = module.lstm(torch.from_numpy(x))[0]
    for src in (path, str(path), arrays):
        assert_alike(from_torch(src, name="lstm")(x), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_float32(dtype: torch.dtype, tmp_path: Path) -> None:
    module = torch.nn.LSTM(3, 4, batch_first=True).to(dtype)
    save_file(module.state_dict(), tmp_path / "m.safetensors")
    torch.save(module.state_dict(), tmp_path / "m.pt")
    x = inputs(2, 5, 3)
    expected = module.float()(torch.from_numpy(x))[0]
    for name in ("m.safetensors", "m.pt"):
        assert_alike(from_torch(tmp_path / name)(x), expected)
    assert_alike(from_torch(module.to(dtype))(x), expected)


def test_a_checkpoint_in_memory_is_read_as_its_file_is(tmp_path: Path) -> None:
    kept = {"epoch": 3, "model": torch.nn.LSTM(3, 4).state_dict()}
    torch.save(kept, tmp_path / "kept.pt")
    x = inputs(2, 5, 3)
    assert np.array_equal(from_torch(kept)(x), from_torch(tmp_path / "kept.pt")(x))


class Attack:
    """Unpickled without care, it would write a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.target, "code ran")


def _cut(path: Path) -> None:
    torch.save(state(), path)
    path.write_bytes(path.read_bytes()[:-200])


BROKEN: dict[str, tuple[Any, str]] = {
    "attack": (lambda path: torch.save({"a": Attack(path.with_name("harm"))}, path), "holds a dict, and no weights"),
    "old pickle": (
        lambda path: path.write_bytes(pickle.dumps(Attack(path.with_name("harm")))),
        r"holds a pathlib\.Path\.write_text, and no weights in it: save module\.state_dict\(\)",
    ),
    "cut": (_cut, "cut short"),
    "empty": (lambda path: path.write_bytes(b""), "cut short"),
    "a list": (lambda path: torch.save([1, 2], path), "holds a list, and no weights in it"),
    "huge": (
        lambda path: torch.save({"weight_ih_l0": torch.zeros(1).expand(4 * 10**6, 10**6)}, path),
        "its tensors claim 4000000000000 numbers, far more than the file holds",
    ),
    "larger than it is": (
        lambda path: torch.save(
            {"weight_ih_l0": torch.ones(40, 1), "weight_hh_l0": torch.zeros(1).expand(40, 10)}, path
        ),
        r"claims shape \(40, 10\), more than the file holds",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_and_hostile_files_are_refused_and_run_nothing(name: str, tmp_path: Path) -> None:
    write, message = BROKEN[name]
    write(tmp_path / "m.pt")
    with pytest.raises(ModelFileError, match=message):
        from_torch(tmp_path / "m.pt")
    assert [path.name for path in tmp_path.iterdir()] == ["m.pt"]


def test_other_files_are_refused_by_name(tmp_path: Path) -> None:
    Network(LSTM(1, 2, seed=0)).save(tmp_path / "own.safetensors")
    (tmp_path / "cut.safetensors").write_bytes(b"\x08\x00\x00")
    (tmp_path / "m.pkl").write_bytes(b"")
    for file, message in {
        "own.safetensors": r"clearlstm\.load",
        "cut.safetensors": "cut short",
        "m.pkl": "cut short",
        "none.pt": "doesn't exist",
        "": "is a folder",
    }.items():
        with pytest.raises(ModelFileError, match=message):
            from_torch(tmp_path / file)


def test_only_what_needs_torch_asks_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    half = {name: part.bfloat16() for name, part in state().items()}
    save_file(half, tmp_path / "m.safetensors")
    monkeypatch.setitem(sys.modules, "torch", None)
    for call in (lambda: from_torch(tmp_path / "m.safetensors"), Network(LSTM(1, 2)).to_torch):
        with pytest.raises(MissingExtraError, match=r"clearlstm\[torch\]"):
            call()


def test_what_is_no_weights_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds 2 tensors \(weight \(4, 3\), bias \(4,\)\)"):
        from_torch(torch.nn.Linear(3, 4).state_dict())
    with pytest.raises(InputError, match=r"by their names a Mamba layer"):
        from_torch({"mixer.A_log": np.ones((4, 2)), "mixer.D": np.ones(4)})
    with zipfile.ZipFile(tmp_path / "m", "w") as archive:
        archive.writestr("pack/.data/extern_modules", "")
        archive.writestr("pack/.data/ts_code/0/data.pkl", b"\x80\x02).")
    with pytest.raises(ModelFileError, match=r"is a torch\.package, which is code"):
        from_torch(tmp_path / "m")
    (tmp_path / "t").write_bytes(bytes(257) + b"ustar" + bytes(300))
    with pytest.raises(ModelFileError, match="a tar: unpack it and name the model in it; if torch before"):
        from_torch(tmp_path / "t")
    for part, message in {
        "data/aotinductor/model.so": "compiled code",
        "model.json": "TorchScript of torch before 1.4",
    }.items():
        with zipfile.ZipFile(tmp_path / "old", "w") as archive:
            archive.writestr(f"pack/{part}", "")
        with pytest.raises(ModelFileError, match=message):
            from_torch(tmp_path / "old")
    assert maker_of(tmp_path / "t") == "torch"


def _pickle(*steps: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(b"\x80\x02" + b"".join(steps) + b".")


def _claims(n_bytes: int) -> Callable[[Path], None]:
    """A legacy file whose first storage is said to be of another size."""

    def write(path: Path) -> None:
        content, key = bytearray(legacy(state())), struct.pack("<q", 48)
        at = content.rindex(key)  # 16 × 3 numbers of weight_ih
        content[at : at + 8] = struct.pack("<q", n_bytes)
        path.write_bytes(bytes(content))

    return write


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}))
        archive.writestr("archive/data/0", bytes(10**7))


BOMBS: dict[str, tuple[Callable[[Path], object], str]] = {
    "a packed bomb": (_bomb, "far more than is there"),
    "a huge storage": (_claims(2**60), "more than the file holds"),
    "a storage of less than nothing": (_claims(-1), "more than the file holds"),
    "a huge note": (_pickle(b"]r\xff\xff\xff\xff"), "holds a list"),
    "a huge text": (_pickle(b"\x8d" + struct.pack("<Q", 2**62)), "damaged"),
    "an end at once": (_pickle(b""), "damaged"),
    "a list in itself": (_pickle(b"]q\x00h\x00a"), "holds a list"),
    "a list of lists of lists": (
        _pickle(b"]q\x00", *(b"](" + b"h%c" % k + b"h%c" % k + b"eq%c" % (k + 1) for k in range(99))),
        "holds a list",
    ),
    "a step of later pickles": (_pickle(b"\x97"), "a step NEXT_BUFFER"),
    "a call": (_pickle(b"cos\nsystem\nX\x02\x00\x00\x00ls\x85R"), r"holds a os\.system, and no weights"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_what_would_run_or_fill_the_memory_is_refused(kind: str, tmp_path: Path) -> None:
    write, message = BOMBS[kind]
    write(tmp_path / "m")
    with pytest.raises(ModelFileError, match=message):
        from_torch(tmp_path / "m")
