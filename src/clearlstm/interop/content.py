"""Who wrote a model file: told by what is in it, whatever it is called."""

import os
import zipfile
from pathlib import Path
from typing import BinaryIO, Final, Literal, TypeAlias

from clearlstm.errors import ModelFileError
from clearlstm.files import check_plain, door
from clearlstm.interop.foreign import foreign
from clearlstm.interop.pickled import is_pickled_keras
from clearlstm.network.storage import HEADER

Maker: TypeAlias = Literal["clearlstm", "torch", "keras", "onnx"]

ZIP: Final = b"PK\x03\x04"
HDF5: Final = b"\x89HDF\r\n\x1a\n"
PICKLE: Final = b"\x80"
"""With it begin files of torch before 1.6, and pickles."""

TAR: Final = b"ustar"
TAR_AT: Final = 257
EXPORTED: Final = ("archive_format", "serialized_exported_program.json")
"""Members of what torch.export saves; all else that torch writes has a data.pkl."""

LONGEST_HEADER: Final = 100_000_000  # of safetensors, as the library has it
MOST_FIELDS: Final = 100_000

VARINT, SIZED = 0, 2
VERSION, GRAPH = (1, VARINT), (7, SIZED)
MODEL_FIELDS: Final = {
    *((field, VARINT) for field in (1, 5)),
    *((field, SIZED) for field in (2, 3, 4, 6, 7, 8, 14, 20, 25, 26)),
}
"""What ONNX's ModelProto may hold: numbers of fields, and how each is written."""


def maker_of(path: str | os.PathLike[str]) -> Maker:
    """Whose model a file holds. Raises :class:`ModelFileError` for what is no model, or no plain file."""
    where = check_plain(path, ModelFileError, "name a file (a SavedModel has to be saved as .keras first)")
    with door(path, ModelFileError), open(where, "rb") as file:
        start = file.read(9)
        if start.startswith(ZIP):
            return _of_zip(where)
        if start.startswith(HDF5):
            return "keras"
        if is_safetensors(where):
            return _of_safetensors(where)
        if start.startswith(PICKLE) or is_tar(where):
            return "keras" if is_pickled_keras(where) else "torch"
        file.seek(0)
        if _is_onnx(file, where.stat().st_size):
            return "onnx"
        if (known := foreign(where)) is not None:
            raise ModelFileError(f"{path}: {known}")
    what = "is empty" if not start else "not a whole safetensors file, nor a model of PyTorch, Keras or ONNX"
    raise ModelFileError(f"{path}: {what}, by its content; was it cut short?")


def is_tar(path: Path) -> bool:
    """Whether it is a tar, as the first versions of torch wrote."""
    with open(path, "rb") as file:
        return file.read(TAR_AT + len(TAR))[TAR_AT:] == TAR


def begins_with(path: Path, *starts: bytes) -> bool:
    """Whether a file begins with one of these."""
    with open(path, "rb") as file:
        return file.read(max(map(len, starts))).startswith(starts)


def is_safetensors(path: Path) -> bool:
    """Whether it begins as such a file does: the header's length, and an object of JSON."""
    with open(path, "rb") as file:
        start = file.read(9)
    return start[8:] == b"{" and int.from_bytes(start[:8], "little") <= LONGEST_HEADER


def _of_safetensors(path: Path) -> Maker:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            return "clearlstm" if HEADER in (file.metadata() or {}) else "torch"
    except (SafetensorError, OSError) as error:
        raise ModelFileError(f"{path}: not a whole safetensors file ({error}); it may have been cut short") from error


def _of_zip(path: Path) -> Maker:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ModelFileError(
            f"{path}: an archive such as PyTorch and Keras write, but not a whole one ({error}); was it cut short?"
        ) from error
    if any(name.rpartition("/")[2] in ("data.pkl", *EXPORTED) for name in names):
        return "torch"
    if "config.json" in names or any(name.endswith(".weights.h5") for name in names):
        return "keras"
    if names and all(name.endswith(".npy") for name in names):
        raise ModelFileError(
            f"{path}: NumPy's arrays {', '.join(names[:5])} …, which don't say what model they are of: give them the "
            'names that torch has, from_torch({"weight_ih_l0": arrays[…], "weight_hh_l0": …, "bias_ih_l0": …})'
        )
    raise ModelFileError(
        f"{path}: a zip that holds {', '.join(names[:5]) or 'nothing'}; neither PyTorch nor Keras writes models so"
    )


def _is_onnx(file: BinaryIO, size: int) -> bool:
    """Whether the fields are those of an ONNX model, its version first or later; the last one may be cut short."""
    seen: set[tuple[int, int]] = set()
    for _ in range(MOST_FIELDS):
        if file.tell() >= size:
            break
        tag = _varint(file)
        field = (tag >> 3, tag & 7)
        if field not in MODEL_FIELDS:
            return False
        seen.add(field)
        value = _varint(file)
        if field[1] == SIZED:
            file.seek(min(file.tell() + max(value, 0), size))
    return {VERSION, GRAPH} <= seen


def _varint(file: BinaryIO) -> int:
    """A number as protobuf writes it, seven bits a byte; −1 where the file ends."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            return -1
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    return -1
