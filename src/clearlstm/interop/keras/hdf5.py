"""An HDF5 file of a stranger's, read with care.

Each link is looked at before it is followed, so that no other file is opened; an array is read only if its numbers lie
in the file one after another, so that nothing larger than the file is ever made. The rest is parsed by the HDF5 library
itself, which on a file with crafted inner structures may take for ever: it is given limited time, in a process of its
own.
"""

import math
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import MissingExtraError, ModelFileError
from clearlstm.interop.keras.graph import MAX_DEPTH

MAX_ENTRIES: Final = 100_000


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


def import_h5py() -> ModuleType:
    """The library; a :class:`MissingExtraError` says how to get it."""
    try:
        import h5py
    except ImportError as error:
        raise MissingExtraError("Keras's files need h5py: pip install 'clearlstm[keras]'") from error
    return h5py  # type: ignore[no-any-return]
