"""What torch's own files hold, read without torch and without running anything in them.

Four formats: archives of ``torch.save`` and of TorchScript, which are zips with a pickle and a member for each storage;
those of ``torch.export``, zips with the weights listed in JSON; and the one pickle after the other of torch before 1.6.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.torch.pickle import Global, Made, read_pickle
from clearlstm.interop.torch.tensors import BFLOAT16, MAKERS, TYPES, Storage, StoredTensor

MAGIC: Final = 0x1950A86A20F9469CFC6C
"""What a file of torch before 1.6 begins with."""

PACKED: Final = 16
"""How many times its own size an archive with compressed parts may unpack to: weights hardly shrink, and code does."""

LARGEST_PICKLE: Final = 2**28

EXPORTED: Final = ("serialized_exported_program.json", "serialized_state_dict.pt")
"""Of torch.export before 2.7: the program, and the weights as torch.save writes them."""

WEIGHTS: Final = "data/weights/"
CONFIG: Final = WEIGHTS + "model_weights_config.json"
"""Of torch.export since: the weights, and what they are called."""

PICKLED: Final = "torch.storage._load_from_bytes"
"""By it a pickle that torch.save didn't write holds the numbers of a tensor: as a file in the file."""

BY_NUMBER: Final = ("", "u1", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "", "c8", "c16", "?", BFLOAT16)
"""The types by the numbers that torch.export gives them."""


def read_archive(path: Path) -> Any:
    """What a zip of torch's holds: plain values, tensors, and records of what else it would make."""
    return _read_zip(lambda: open(path, "rb"), path.stat().st_size)


def read_content(content: bytes) -> Any:
    """The same of such a zip in memory."""
    return _read_zip(lambda: io.BytesIO(content), len(content))


def read_legacy(path: Path) -> Any:
    """The same of a file that torch before 1.6 wrote, or of a pickle."""
    return _read_legacy(lambda: open(path, "rb"), path.stat().st_size)


@dataclass(frozen=True)
class _Archive:
    """A zip, opened anew whenever something is read; ``folder`` is what its members' names begin with."""

    open: Callable[[], BinaryIO]
    sizes: Mapping[str, int]
    folder: str

    def has(self, name: str) -> bool:
        return self.folder + name in self.sizes

    def read(self, name: str) -> bytes:
        if not self.has(name):
            raise InputError(f"the archive has no part {name!r}; was it cut short?")
        with self.open() as file, zipfile.ZipFile(file) as archive:
            return archive.read(self.folder + name)

    def read_small(self, name: str) -> bytes:
        if self.sizes.get(self.folder + name, 0) > LARGEST_PICKLE:
            raise InputError(f"the archive's part {name!r} has more than {LARGEST_PICKLE} bytes: refused")
        return self.read(name)

    @property
    def big_endian(self) -> bool:
        return self.has("byteorder") and self.read_small("byteorder").strip() == b"big"


def _read_zip(open_file: Callable[[], BinaryIO], size: int) -> Any:
    with open_file() as file, zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    claimed, packed = sum(part.file_size for part in parts), any(part.compress_type for part in parts)
    if claimed > size * (PACKED if packed else 1):
        raise InputError(f"its parts claim {claimed} bytes, far more than is there: refused")
    names = {part.filename: part.file_size for part in parts}
    ways = ((CONFIG, _read_exported), (EXPORTED[0], _read_older_export), ("data.pkl", _read_saved))
    for sign, read in () if _is_package(names) else ways:
        result = [name for name in names if name == sign or name.endswith(f"/{sign}")]
        if result:  # the one nearest to the top
            return read(_Archive(open_file, names, min(result, key=len).removesuffix(sign)))
    raise InputError(_foreign(names))


def _is_package(names: Mapping[str, int]) -> bool:
    return any(name.endswith(".data/extern_modules") for name in names)


def _foreign(names: Mapping[str, int]) -> str:
    if any("aotinductor" in name for name in names):
        return (
            "holds compiled code and no weights that could be read: export the program itself, or save a state_dict()"
        )
    if _is_package(names):
        return "is a torch.package, which is code: load it with torch.package and save the module's state_dict()"
    if any(name.endswith("model.json") for name in names):
        return "is TorchScript of torch before 1.4: load it with torch.jit.load and save its state_dict()"
    return f"is an archive without weights of torch's: it holds {', '.join(list(names)[:5]) or 'nothing'}"


def _read_saved(archive: _Archive) -> Any:
    """``torch.save`` and TorchScript: data.pkl, and data/<key> for each storage."""
    read, big_endian = cache(archive.read), archive.big_endian

    def load(what: Any) -> Any:
        _, kind, key, _, count = what[:5]
        return Storage(_type_of(kind), int(count), lambda: read(f"data/{key}"), big_endian=big_endian)

    return read_pickle(io.BytesIO(archive.read_small("data.pkl")), MAKERS, load)


def _type_of(kind: Any) -> str | None:
    """NumPy's type of a storage's, such as torch.FloatStorage; None of those without a type of their own."""
    name = kind.name.rpartition(".")[2] if isinstance(kind, Global) else ""
    return TYPES.get(name.removesuffix("Storage"))


def _read_older_export(archive: _Archive) -> Any:
    name = EXPORTED[1]
    if not archive.has(name):
        raise InputError("is an exported program whose weights are kept in a way that isn't known: save a state_dict()")
    return read_content(archive.read(name))


def _read_exported(archive: _Archive) -> dict[str, StoredTensor]:
    read, big_endian = cache(archive.read), archive.big_endian
    config = json.loads(archive.read_small(CONFIG))["config"]
    return {
        str(name): _exported_tensor(entry, lambda at=entry["path_name"]: read(f"{WEIGHTS}{at}"), big_endian)  # type: ignore[misc]
        for name, entry in config.items()
        if not entry["use_pickle"] and entry["tensor_meta"]
    }


def _exported_tensor(entry: Mapping[str, Any], read: Callable[[], bytes], big_endian: bool) -> StoredTensor:
    meta = entry["tensor_meta"]
    sizes, strides = ([int(size["as_int"]) for size in meta[key]] for key in ("sizes", "strides"))
    number = int(meta["dtype"])
    kind = BY_NUMBER[number] if 0 <= number < len(BY_NUMBER) else ""
    storage = Storage(None, 0, read, big_endian=big_endian)
    return StoredTensor(storage, int(meta["storage_offset"]["as_int"]), tuple(sizes), tuple(strides), kind or None)


def _read_legacy(open_file: Callable[[], BinaryIO], size: int) -> Any:
    """Pickles: the format's number, its version, the system, the content, the storages' keys; then their bytes."""
    with open_file() as file:
        first = read_pickle(file, MAKERS | {PICKLED: _pickled_storage}, _no_storage)
        if first != MAGIC:
            return first
        version, system = (read_pickle(file, MAKERS, _no_storage) for _ in range(2))
        if version != 1001 or not isinstance(system, dict):
            raise InputError(f"is of a format {version!r} of torch's, which isn't known: save the state_dict() again")
        kept = _Kept(open_file, not system.get("little_endian", True))
        content = read_pickle(file, MAKERS, kept.load)
        kept.find(file, read_pickle(file, MAKERS, _no_storage), size)
    return content


def _pickled_storage(content: bytes) -> Any:
    return _read_legacy(lambda: io.BytesIO(content), len(content))


def _no_storage(_: Any) -> Any:
    return Made("something kept elsewhere", ())


class _Kept:
    """The storages of such a file: where each one's numbers are is known after the content."""

    def __init__(self, open_file: Callable[[], BinaryIO], big_endian: bool) -> None:
        self.open, self.big_endian = open_file, big_endian
        self.types: dict[str, str | None] = {}
        self.places: dict[str, tuple[int, int]] = {}
        self.read_once = cache(self.read)

    def load(self, what: Any) -> Any:
        if what[0] == "module":  # which comes with its source code
            return what[1]
        _, kind, key, _, count, view = what
        self.types[key] = _type_of(kind)
        start, count = (int(view[1]), int(view[2])) if view else (0, int(count))
        return Storage(self.types[key], count, lambda: self.read_once(key), start, self.big_endian)

    def find(self, file: BinaryIO, keys: list[str], size: int) -> None:
        for key in keys:
            count = int.from_bytes(file.read(8), "big" if self.big_endian else "little", signed=True)
            n_bytes = count * _item_size(self.types[key])
            if not 0 <= n_bytes <= size - file.tell():
                raise InputError(f"a storage claims {count} numbers, more than the file holds; was it cut short?")
            self.places[key] = file.tell(), n_bytes
            file.seek(n_bytes, io.SEEK_CUR)

    def read(self, key: str) -> bytes:
        place, n_bytes = self.places[key]
        with self.open() as file:
            file.seek(place)
            return file.read(n_bytes)


def _item_size(kind: str | None) -> int:
    if kind is None:
        raise InputError("it holds numbers of a type that isn't known: save the state_dict() with a newer torch")
    return {"?": 1, BFLOAT16: 2}.get(kind) or int(kind[1:])


def check_archive(path: Path) -> None:
    """Raise :class:`ModelFileError` for what is no zip, or no whole one."""
    try:
        with zipfile.ZipFile(path):
            return
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelFileError(
            f"{path}: not an archive of torch, or cut short ({error}); save the state dict again"
        ) from error
