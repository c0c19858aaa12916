"""Keras's files: the description of a model and its weights, without Keras and without running anything in them.

A file may be hostile. Each link is looked at before it is followed, so that no other file is opened; an array is read
only if its numbers lie in the file one after another, so that nothing larger than the file is ever made. The rest is
parsed by the HDF5 library itself, which on a file with crafted inner structures may take for ever: it is given limited
time, in a process of its own.
"""

import io
import json
import math
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMError, MissingExtraError, ModelFileError
from clearlstm.interop.keras_graph import MAX_DEPTH, Node

HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
WEIGHTS: Final = "model.weights.h5"
MAX_TEXT: Final = 64 * 2**20
MAX_RATIO: Final = 100
"""Trained weights hardly shrink in a zip, and a description 30 times at most."""
MAX_ENTRIES: Final = 100_000

DAMAGED: Final = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError),  # of the zip
    *(KeyError, ValueError, TypeError, AttributeError, RuntimeError, RecursionError),  # of HDF5 and of the description
)

Arrays = dict[str, npt.NDArray[Any]]


class Source(Protocol):
    """A model whose layers can be asked for their weights; ``version`` is that of the Keras that made it."""

    version: str | None

    def arrays(self, node: Node, part: tuple[str, ...], names: tuple[str, ...]) -> Arrays:
        """The weights by name; ``part`` is the way from the layer to the one inside it that holds them."""


class Store:
    """An open HDF5 file that is read with care: hard links, and whole arrays of numbers, only."""

    def __init__(self, file: Any, size: int, h5py: ModuleType) -> None:
        self.file = file
        self._budget = size
        self._h5py = h5py

    def child(self, group: Any, name: str) -> Any:
        """What ``name`` in ``group`` is, or None; a link to elsewhere is refused."""
        if not isinstance(group, self._h5py.Group) or not name:
            return None
        link = group.get(name, getlink=True)
        if link is None:
            return None
        if not isinstance(link, self._h5py.HardLink):
            raise ModelFileError(f"{name!r} is a {type(link).__name__}, which leads elsewhere; links aren't followed")
        return group.get(name)

    def is_dataset(self, item: Any) -> bool:
        """Whether it is an array, rather than nothing or a group."""
        return isinstance(item, self._h5py.Dataset)

    def datasets(self, group: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
        """All arrays below ``group``, each with the names that lead to it."""
        waiting: list[tuple[tuple[str, ...], Any]] = [((), group)]
        seen = 0
        while waiting:
            path, here = waiting.pop()
            for name in here:
                seen += 1
                if seen > MAX_ENTRIES or len(path) > MAX_DEPTH:
                    raise ModelFileError("the file's groups hold each other, or far too many names")
                item, inside = self.child(here, name), (*path, name)
                if isinstance(item, self._h5py.Group):
                    waiting.append((inside, item))
                elif self.is_dataset(item):
                    yield inside, item

    def read(self, dataset: Any, name: str) -> npt.NDArray[Any]:
        """The numbers of an array, once it is sure that they are in the file."""
        if dataset.is_virtual or dataset.external:
            raise ModelFileError(f"{name!r} keeps its numbers in another file, which isn't opened")
        dtype, shape = dataset.dtype, dataset.shape
        if dtype.kind != "f" or dtype.itemsize > 8 or shape is None or not 1 <= len(shape) <= 2:
            raise ModelFileError(f"{name!r} is {shape} of {dtype}; one or two axes of floating-point numbers are read")
        n_bytes = math.prod(shape) * dtype.itemsize
        if dataset.chunks is not None or dataset.id.get_storage_size() != n_bytes:
            raise ModelFileError(f"{name!r} is compressed, in pieces or not all there; Keras writes it in one piece")
        if n_bytes > self._budget:
            raise ModelFileError(f"{name!r} claims {n_bytes} bytes, more than the file has: it is cut short or made up")
        self._budget -= n_bytes
        return np.asarray(dataset[()])

    def text(self, group: Any, name: str) -> str | None:
        """A text that stands in an attribute, or None."""
        if name not in group.attrs:
            return None
        attribute = group.attrs.get_id(name)
        if attribute.shape != () or self._h5py.check_string_dtype(attribute.dtype) is None:
            raise ModelFileError(f"attribute {name!r} isn't a text")
        value = group.attrs[name]
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)


class KerasFile:
    """The weights of a ``.keras`` file, by place: ``layers/lstm/cell/vars/0`` and so on."""

    def __init__(self, store: Store, description: Any, version: str | None) -> None:
        self._store = store
        self.description = description
        self.version = version

    def arrays(self, node: Node, part: tuple[str, ...], names: tuple[str, ...]) -> Arrays:
        """The weights of the layer, or of the one inside it that ``part`` leads to."""
        group = self._group(self._store.file, node.slot)
        self._check_name(group, node)
        cell = ("cell",) if "recurrent_kernel" in names else ()
        values = self._group(group, (*part, *cell, "vars"))
        arrays: Arrays = {}
        for k, name in enumerate(names):
            dataset = self._store.child(values, str(k))
            if self._store.is_dataset(dataset):
                arrays[name] = self._store.read(dataset, f"{node.name} {name}")
        return arrays

    def _group(self, group: Any, path: tuple[str, ...]) -> Any:
        for name in path:
            below = self._store.child(group, name)
            if below is None and name == "layers":  # Keras 2.12 to 2.14
                below = self._store.child(group, "_layer_checkpoint_dependencies")
            group = below
        return group

    def _check_name(self, group: Any, node: Node) -> None:
        """Newer Keras 3 writes the layer's name beside its weights: if it is another, the places don't fit."""
        values = self._store.child(group, "vars")
        written = None if values is None else self._store.text(values, "name")
        if written not in (None, node.path[-1]):
            raise ModelFileError(f"the weights in {'/'.join(node.slot)} are of {written!r}, not of {node.name!r}")


class LegacyFile:
    """The weights of an ``.h5`` file, by name: ``model_weights/<layer>/…/kernel``, in Keras 2 with ``:0`` behind."""

    def __init__(self, store: Store, description: Any, version: str | None) -> None:
        self._store = store
        self.description = description
        self.version = version

    def arrays(self, node: Node, part: tuple[str, ...], names: tuple[str, ...]) -> Arrays:
        """The weights of the layer, or of the one inside it that ``part`` leads to."""
        group = self._store.file
        for name in ("model_weights", *node.path[0].split("/")):
            group = self._store.child(group, name)
        arrays: Arrays = {}
        for path, dataset in self._store.datasets(group) if group is not None else ():
            name = path[-1].partition(":")[0]
            if name in names and _belongs(path[:-1], node, part):
                if name in arrays:
                    raise ModelFileError(f"the file has two arrays {name!r} for layer {node.name!r}")
                arrays[name] = self._store.read(dataset, f"{node.name} {name}")
        return arrays


def _belongs(groups: tuple[str, ...], node: Node, part: tuple[str, ...]) -> bool:
    """Whether groups lead to that layer inside a nested model, and to that half of a Bidirectional."""
    if len(node.path) > 1 and node.path[-1] not in groups:
        return False
    if part not in (("forward_layer",), ("backward_layer",)):
        return True
    half = next((name for name in reversed(groups) if name.startswith(("forward_", "backward_"))), "")
    return half.startswith(part[0].removesuffix("layer"))


@contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[KerasFile | LegacyFile]:
    """The model in a ``.keras`` or ``.h5`` file; what is neither, cut off or hostile is a :class:`ModelFileError`."""
    where = Path(path)
    h5py = _h5py()
    try:
        with _open_zip(where, h5py) if zipfile.is_zipfile(where) else _open_legacy(where, h5py) as source:
            yield source
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except ClearLSTMError:  # what is asked for, rather than the file, is at fault
        raise
    except DAMAGED as error:
        raise ModelFileError(f"{path}: can't be read ({error}); it is damaged or was cut short") from error


@contextmanager
def _open_zip(path: Path, h5py: ModuleType) -> Iterator[KerasFile]:
    with zipfile.ZipFile(path) as archive:
        _check_members(archive)
        description = _parse(_member(archive, "config.json", MAX_TEXT))
        version = _version(_parse(_member(archive, "metadata.json", MAX_TEXT)))
        weights = _member(archive, WEIGHTS, None)
    with h5py.File(io.BytesIO(weights), "r") as file:
        yield KerasFile(Store(file, len(weights), h5py), description, version)


def _version(metadata: Any) -> str | None:
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


@contextmanager
def _open_legacy(path: Path, h5py: ModuleType) -> Iterator[LegacyFile]:
    with open(path, "rb") as raw:
        if raw.read(len(HDF5_SIGNATURE)) != HDF5_SIGNATURE:
            raise ModelFileError("neither a .keras file (a zip) nor an .h5 file")
    with h5py.File(path, "r") as file:
        store = Store(file, path.stat().st_size, h5py)
        text = store.text(file, "model_config")
        if text is None:
            raise ModelFileError(
                "holds weights and no description of the model (save_weights?): save the whole model with "
                "model.save('….keras')"
            )
        yield LegacyFile(store, _parse(text), store.text(file, "keras_version"))


def _check_members(archive: zipfile.ZipFile) -> None:
    names = [info.filename for info in archive.infolist()]
    for name in names:
        if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts or ":" in name:
            raise ModelFileError(f"holds a file named {name!r}, which leads out of the archive")
    if len(set(names)) != len(names):
        raise ModelFileError("holds two files of the same name")


def _member(archive: zipfile.ZipFile, name: str, limit: int | None) -> bytes:
    if name not in archive.namelist():
        held = ", ".join(archive.namelist()[:5])
        raise ModelFileError(f"has no {name} (it holds {held}); one of Keras's whole models in one file is needed")
    info = archive.getinfo(name)
    if info.file_size > MAX_RATIO * max(info.compress_size, 1) or (limit is not None and info.file_size > limit):
        raise ModelFileError(f"{name} would grow from {info.compress_size} to {info.file_size} bytes, which isn't read")
    return archive.read(info)


def _parse(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ModelFileError(f"the description of the model isn't whole JSON ({error})") from error


def _h5py() -> ModuleType:
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("Keras's files need h5py: pip install 'clearlstm[keras]'") from error
    return h5py  # type: ignore[no-any-return]
