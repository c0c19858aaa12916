"""ONNX models as they come: a ``ModelProto``, or a file and the numbers that it keeps in files beside it.

torch writes the weights of ``model.onnx`` into ``model.onnx.data``. Such a file is opened only if it is a plain file in
the same folder, and only as much of it is read as the model's tensors have room for.
"""

import math
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final

from clearlstm.errors import InputError, MissingExtraError, ModelFileError
from clearlstm.files import check_plain, door

MOST_BYTES: Final = 2**31
"""Of numbers beside a model: no more fit into one message of protobuf, as ONNX Runtime takes it."""


def library() -> Any:
    """The onnx library."""
    try:
        import onnx
    except ImportError as error:
        raise MissingExtraError("ONNX models need onnx: pip install 'clearlstm[onnx]'") from error
    return onnx


def read_model(src: Any) -> Any:
    """The ``ModelProto`` that ``src`` is, or that is in that file, with the numbers from the files beside it."""
    onnx = library()
    if isinstance(src, onnx.ModelProto):
        return src
    if not isinstance(src, (str, os.PathLike)):
        raise InputError(f"src is a {type(src).__name__}; give an onnx ModelProto or the path of an .onnx file")
    path = check_plain(src, ModelFileError)
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except Exception as error:  # protobuf's own type of error changes with its implementation
        raise ModelFileError(f"{path}: not an ONNX model, or cut short ({error})") from error
    if not model.graph.node:
        raise ModelFileError(f"{path}: not an ONNX model: it has no nodes")
    _fill(path, model)
    return model


def door_for(src: Any) -> AbstractContextManager[None]:
    """The :func:`~clearlstm.files.door` of a file, or of a model in memory."""
    return door(src, ModelFileError) if isinstance(src, (str, os.PathLike)) else door("the ONNX model", InputError)


def check_self_contained(model: Any) -> None:
    """Refuse a model with any tensor, in whatever part of it, that is kept in another file."""
    for tensor in tensors_in(model):
        refuse_external(repr(tensor.name), tensor)


def refuse_external(what: str, tensor: Any) -> None:
    """Raise an :class:`InputError` if a tensor's numbers are in another file."""
    if is_external(tensor):
        raise InputError(
            f"{what} is kept in another file (external data), and a ModelProto doesn't say in which folder: give the "
            "path of the .onnx file, or what onnx.load(path) reads"
        )


def is_external(tensor: Any) -> bool:
    """Whether a tensor says that its numbers are in another file."""
    return bool(tensor.data_location == library().TensorProto.EXTERNAL or len(tensor.external_data))


def tensors_in(model: Any) -> Iterator[Any]:
    """All tensors of a model, in whatever part of it."""
    training = chain.from_iterable((info.initialization, info.algorithm) for info in model.training_info)
    for part in (model.graph, *model.functions, *training):
        yield from _tensors_in(part)


def _tensors_in(part: Any) -> Iterator[Any]:
    yield from getattr(part, "initializer", [])
    yield from _halves(getattr(part, "sparse_initializer", []))
    defaults = getattr(part, "attribute_proto", [])
    for attribute in chain(defaults, (attribute for node in part.node for attribute in node.attribute)):
        yield from (attribute.t, *attribute.tensors)
        yield from _halves([attribute.sparse_tensor, *attribute.sparse_tensors])
        for inner in (attribute.g, *attribute.graphs):
            yield from _tensors_in(inner)


def _halves(sparse: Iterable[Any]) -> Iterator[Any]:
    """A sparse tensor's values and where they stand."""
    return chain.from_iterable((tensor.values, tensor.indices) for tensor in sparse)


def _fill(path: Path, model: Any) -> None:
    """Put the numbers from the files beside ``path`` into the model; nothing is read before all of it is checked."""
    by_file = defaultdict(list)
    for tensor in tensors_in(model):
        if is_external(tensor):
            place = {entry.key: entry.value for entry in tensor.external_data}
            by_file[place.get("location", "")].append((tensor, place))
    for location, wanted in by_file.items():
        with _open_beside(path, location, wanted[0][0].name) as file:
            size = os.fstat(file.fileno()).st_size
            parts = [_part(path, tensor, place, size) for tensor, place in wanted]
            total = sum(n_bytes for _, n_bytes in parts)
            if total > min(2 * size, MOST_BYTES):
                raise ModelFileError(
                    f"{path}: its tensors claim {total:,} bytes of {location!r}, which has {size:,}; up to "
                    f"{min(2 * size, MOST_BYTES):,} are read"
                )
            for (tensor, _), (offset, n_bytes) in zip(wanted, parts, strict=True):
                _read_into(tensor, file, offset, n_bytes)


def _open_beside(path: Path, location: str, name: str) -> BinaryIO:
    """The plain file ``location`` in the model's folder; anything else is refused unopened."""
    if location in ("", ".", "..") or any(sign in location for sign in "/\\:\0"):
        raise ModelFileError(
            f"{path}: {name!r} is kept in another file, {location!r}; only one in the model's own folder is opened: "
            "load the model with onnx.load where it was made, and save it as one file"
        )
    beside = path.parent / location
    if beside.is_symlink():
        raise ModelFileError(f"{path}: {location!r} is a link, and is not followed: put the file itself there")
    check_plain(beside, ModelFileError, f"{path} keeps {name!r} in it, so it must be a file")
    file = os.fdopen(os.open(beside, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it was exchanged just now
        file.close()
        raise ModelFileError(f"{beside} is no plain file")
    return file


def _part(path: Path, tensor: Any, place: dict[str, str], size: int) -> tuple[int, int]:
    """Where in a file of ``size`` bytes a tensor stands: offset and number of bytes, as many as its shape has."""
    offset, length = (place.get(key, "") for key in ("offset", "length"))
    n_bytes = bytes_of(tensor)
    if not all(text.isdecimal() or not text for text in (offset, length)) or any(n < 0 for n in tensor.dims):
        raise ModelFileError(f"{path}: {tensor.name!r} is said to be at {offset!r}, {length!r} bytes: it is damaged")
    start = int(offset or 0)
    if (length and int(length) != n_bytes) or start + n_bytes > size:
        raise ModelFileError(
            f"{path}: {tensor.name!r} of shape {tuple(tensor.dims)} takes {n_bytes:,} bytes, and is said to be "
            f"{length or 'all'} bytes from {start:,} on in a file of {size:,}: one of them is damaged or cut short"
        )
    return start, n_bytes


def bytes_of(tensor: Any) -> int:
    """How many bytes the shape and type of a tensor take; an :class:`InputError` for a type of no fixed size."""
    helper, kinds = library().helper, library().TensorProto
    if tensor.data_type not in kinds.DataType.values() or tensor.data_type in (kinds.UNDEFINED, kinds.STRING):
        raise InputError(f"{tensor.name!r} holds numbers of an unknown type ({tensor.data_type})")
    numbers: int = math.prod(tensor.dims)
    name = kinds.DataType.Name(tensor.data_type)
    if name.endswith("INT4") or name.startswith("FLOAT4"):
        return (numbers + 1) // 2
    if name.endswith("INT2"):
        return (numbers + 3) // 4
    return int(numbers * helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)


def _read_into(tensor: Any, file: BinaryIO, offset: int, n_bytes: int) -> None:
    file.seek(offset)
    tensor.raw_data = file.read(n_bytes)
    tensor.ClearField("external_data")
    tensor.data_location = library().TensorProto.DEFAULT
