"""Keras's files: the description of a model and its weights, without Keras and without running anything in them.

A file may be hostile: see :mod:`clearlstm.interop.keras.hdf5` for how its arrays are read.
"""

import io
import json
import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path, PurePosixPath
from types import ModuleType
from typing import Any, BinaryIO, Final, Protocol

import numpy.typing as npt

from clearlstm.errors import ClearLSTMError, ModelFileError
from clearlstm.interop.foreign import foreign
from clearlstm.interop.keras.graph import HALVES, Graph, Node, Place, half_of, read_graph
from clearlstm.interop.keras.hdf5 import Store, import_h5py
from clearlstm.interop.keras.weights import named_weights, placed_weights
from clearlstm.interop.pickled import is_pickled_keras, keras_archive

HDF5_SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
WEIGHTS: Final = "model.weights.h5"
MAX_TEXT: Final = 64 * 2**20
MAX_RATIO: Final = 100
"""Trained weights hardly shrink in a zip, and a description 30 times at most."""

DAMAGED: Final = (
    *(OSError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError),  # of the zip
    *(KeyError, ValueError, TypeError, AttributeError, RuntimeError, RecursionError),  # of HDF5 and of the description
)

Arrays = dict[str, npt.NDArray[Any]]


class Source(Protocol):
    """A model whose layers can be asked for their weights; ``version`` is that of the Keras that made it."""

    version: str | None

    def graph(self) -> Graph:
        """The model's layers."""

    def arrays(self, node: Node, place: Place, names: tuple[str, ...]) -> Arrays:
        """The weights at that place in the layer, by name."""


class KerasFile:
    """The weights of a ``.keras`` file, by place: ``layers/lstm/cell/vars/0`` and so on."""

    def __init__(self, store: Store, graph: Graph, version: str | None) -> None:
        self._store = store
        self._graph = graph
        self.version = version

    def graph(self) -> Graph:
        """The layers, as the description or the weights alone tell them."""
        return self._graph

    def arrays(self, node: Node, place: Place, names: tuple[str, ...]) -> Arrays:
        """The weights at that place in the layer."""
        group = self._group(self._store.file, node.slot)
        self._check_name(group, node)
        cell = ("cell",) if "recurrent_kernel" in names else ()
        stacked = () if place.number is None else ("cells", place.slot)
        values = self._group(group, (*place.way, *cell, *stacked, "vars"))
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

    def __init__(self, store: Store, layers: Any, graph: Graph, version: str | None) -> None:
        self._store = store
        self._layers = layers
        self._graph = graph
        self.version = version

    def graph(self) -> Graph:
        """The layers, as the description or the weights alone tell them."""
        return self._graph

    def arrays(self, node: Node, place: Place, names: tuple[str, ...]) -> Arrays:
        """The weights at that place in the layer."""
        group = self._layers
        for name in node.path[0].split("/"):
            group = self._store.child(group, name)
        arrays: Arrays = {}
        for path, dataset in self._store.datasets(group) if group is not None else ():
            name = path[-1].partition(":")[0]
            if name in names and _belongs(path[:-1], node, place):
                if name in arrays:
                    raise ModelFileError(f"the file has two arrays {name!r} for layer {node.name!r}")
                arrays[name] = self._store.read(dataset, f"{node.name} {name}")
        return arrays


def _belongs(groups: tuple[str, ...], node: Node, place: Place) -> bool:
    """Whether groups lead to that layer inside a nested model, to that half of a Bidirectional, and to that cell."""
    if len(node.path) > 1 and node.path[-1] not in groups:
        return False
    if place.number is not None:
        if groups[-1:] != (place.name,):
            return False
        groups = groups[:-1]
    return place.way not in HALVES or half_of(groups) == place.way[0]


@contextmanager
def open_file(path: str | os.PathLike[str]) -> Iterator[Source]:
    """The model in a ``.keras`` or ``.h5`` file or a pickle; what is else, cut off or hostile is a ModelFileError."""
    where = Path(path)
    h5py = import_h5py()
    try:
        with _open(where, h5py) as source:
            yield source
    except ModelFileError as error:
        raise ModelFileError(f"{path}: {error}") from error
    except ClearLSTMError:  # what is asked for, rather than the file, is at fault
        raise
    except DAMAGED as error:
        raise ModelFileError(f"{path}: can't be read ({error}); it is damaged or was cut short") from error


def _open(path: Path, h5py: ModuleType) -> AbstractContextManager[Source]:
    if is_pickled_keras(path):
        return _open_zip(io.BytesIO(keras_archive(path)), h5py)
    return _open_zip(path, h5py) if zipfile.is_zipfile(path) else _open_hdf5(path, h5py)


@contextmanager
def _open_zip(file: Path | BinaryIO, h5py: ModuleType) -> Iterator[Source]:
    with zipfile.ZipFile(file) as archive:
        _check_members(archive)
        description = _parse(_member(archive, "config.json", MAX_TEXT))
        version = _version(_parse(_member(archive, "metadata.json", MAX_TEXT)))
        weights = _member(archive, WEIGHTS, None)
    with h5py.File(io.BytesIO(weights), "r") as file:
        yield KerasFile(Store(file, len(weights), h5py), read_graph(description), version)


def _version(metadata: Any) -> str | None:
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return version if isinstance(version, str) else None


@contextmanager
def _open_hdf5(path: Path, h5py: ModuleType) -> Iterator[Source]:
    with open(path, "rb") as raw:
        if raw.read(len(HDF5_SIGNATURE)) != HDF5_SIGNATURE:
            raise ModelFileError(foreign(path) or "neither a .keras file (a zip) nor an .h5 file")
    with h5py.File(path, "r") as file:
        yield _source(Store(file, path.stat().st_size, h5py))


def _source(store: Store) -> Source:
    """An older model, with its description; or the weights alone, in one of two layouts."""
    text = store.text(store.file, "model_config")
    whole = store.child(store.file, "model_weights")
    layers = store.file if whole is None else whole
    version = store.text(store.file, "keras_version") or store.text(layers, "keras_version")
    if (version or "").startswith("1."):
        raise ModelFileError(
            f"was written by Keras {version}, whose layers are others: load it with Keras 2 and save it again"
        )
    if text is not None:
        return LegacyFile(store, layers, read_graph(_parse(text)), version)
    if "layer_names" in layers.attrs:
        return LegacyFile(store, layers, named_weights(store, layers, version), version)
    return KerasFile(store, placed_weights(store), version)


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
