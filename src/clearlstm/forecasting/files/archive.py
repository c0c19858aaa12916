"""Frozen data classes as arrays and JSON, and back: what a forecaster's file is made of. No pickle.

:func:`pack` turns a value into a JSON tree, in which each array is a reference to a named tensor. :func:`unpack` is led
by the type that is expected, field by field, and builds nothing else: a file can't choose what is made of it.

Ids are tensors of their UTF-8 bytes and the offsets between them, since the JSON stands in a header of limited size.
"""

import hashlib
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from itertools import pairwise
from pathlib import PurePath
from typing import Any, Final, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import numpy as np
import numpy.typing as npt

from clearlstm.data.frame_style import FrameStyle
from clearlstm.data.frequency import Frequency
from clearlstm.data.times import TIME_DTYPE
from clearlstm.errors import InputError
from clearlstm.forecasting.files.foreign import (
    Damaged,
    backend_from,
    backend_text,
    dtype_from,
    dtype_text,
    offset_from,
    offset_text,
)
from clearlstm.network.model import Network
from clearlstm.network.storage import model_from

Tensors: TypeAlias = dict[str, npt.NDArray[Any]]
Node: TypeAlias = Any
"""What JSON can hold."""


MANY: Final = 100
"""More texts than this, such as the names of categories, become a tensor too."""

# Fields that hold objects of other libraries: how each becomes text, and what is made of the text.
FOREIGN: Final[dict[tuple[type, str], tuple[Callable[[Any], Any], Callable[[Any], Any]]]] = {
    (Frequency, "offset"): (offset_text, offset_from),
    (FrameStyle, "backend"): (backend_text, backend_from),
    (FrameStyle, "id_dtype"): (dtype_text, dtype_from),
    (FrameStyle, "time_dtype"): (dtype_text, dtype_from),
}


def pack(value: Any, tensors: Tensors, name: str) -> Node:
    """The JSON tree of ``value``; its arrays are added to ``tensors`` under names that begin with ``name``."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, PurePath):  # a place on the machine that wrote
        return None
    if isinstance(value, np.ndarray):
        return _pack_array(value, tensors, name)
    if isinstance(value, Network):
        tensors.update({f"{name}.{key}": array for key, array in value.parameters.items()})
        return value.config()
    if isinstance(value, Mapping):
        return {str(key): pack(item, tensors, f"{name}.{key}") for key, item in value.items()}
    if isinstance(value, tuple) and len(value) > MANY and all(isinstance(item, str) for item in value):
        return _pack_objects(np.array(value, dtype=object), tensors, name)
    if isinstance(value, (tuple, list, set, frozenset)):
        return [pack(item, tensors, f"{name}.{k}") for k, item in enumerate(value)]
    if is_dataclass(value):
        return _pack_fields(value, tensors, name)
    raise InputError(f"{name} is a {type(value).__name__}, which can't be saved; numbers, texts and lists of them can")


def _pack_fields(value: Any, tensors: Tensors, name: str) -> Node:
    tree = {}
    for field in fields(value):
        part = getattr(value, field.name)
        foreign = FOREIGN.get((type(value), field.name))
        tree[field.name] = foreign[0](part) if foreign else pack(part, tensors, f"{name}.{field.name}")
    return tree


def _pack_array(array: npt.NDArray[Any], tensors: Tensors, name: str) -> Node:
    if array.dtype.kind == "M":
        tensors[name] = array.astype(TIME_DTYPE).view(np.int64)
        return {"tensor": name, "kind": "times"}
    if array.dtype.kind in "OU":
        return _pack_objects(array, tensors, name)
    tensors[name] = array
    return {"tensor": name, "kind": "numbers"}


def _pack_objects(array: npt.NDArray[Any], tensors: Tensors, name: str) -> Node:
    """Ids: all texts, or all whole numbers, or all numbers."""
    items = [item.item() if isinstance(item, np.generic) else item for item in array.ravel()]
    if all(isinstance(item, str) for item in items):
        encoded = [item.encode("utf-8") for item in items]
        tensors[name] = np.frombuffer(b"".join(encoded), dtype=np.uint8)
        tensors[f"{name}.offsets"] = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return {"tensor": name, "kind": "texts"}
    for kind, dtype in ((int, np.int64), (float, np.float64)):
        if all(isinstance(item, kind) and not isinstance(item, bool) for item in items):
            tensors[name] = np.array(items, dtype=dtype)
            return {"tensor": name, "kind": "objects"}
    kinds = sorted({type(item).__name__ for item in items})
    raise InputError(f"ids of type {' and '.join(kinds)} can't be saved: make them texts before fitting")


def unpack(expected: Any, node: Node, tensors: Tensors, name: str) -> Any:
    """The value of type ``expected`` that :func:`pack` made ``node`` and ``tensors`` of; else :class:`Damaged`."""
    expected = _spelt_out(expected)
    origin = get_origin(expected)
    if origin in (Union, types.UnionType):
        return _unpack_union(get_args(expected), node, tensors, name)
    if expected is Any:
        return _plain(node)
    if origin is Literal:
        _check(node in get_args(expected), name)
        return node
    if origin is np.ndarray:
        return _unpack_array(node, tensors, name, get_args(expected)[1])
    if origin is tuple:
        return _unpack_tuple(get_args(expected), node, tensors, name)
    if origin in (dict, Mapping):
        _check(isinstance(node, dict), name)
        return {key: unpack(get_args(expected)[1], item, tensors, f"{name}.{key}") for key, item in node.items()}
    if expected is Network:
        return _unpack_network(node, tensors, name)
    if is_dataclass(expected):
        return _unpack_fields(expected, node, tensors, name)
    if isinstance(expected, type) and issubclass(expected, tuple):  # a NamedTuple
        return expected(*_unpack_tuple(tuple(_hints(expected).values()), node, tensors, name))
    return _unpack_scalar(expected, node, name)


def _spelt_out(expected: Any) -> Any:
    """From NumPy 2.5 on ``NDArray[…]`` is an alias that Python keeps as such: what it stands for."""
    alias = getattr(get_origin(expected), "__value__", None)
    return expected if alias is None else alias[get_args(expected)]


def _unpack_scalar(expected: Any, node: Node, name: str) -> Any:
    accepted = {float: (float, int)}.get(expected, expected)
    right = isinstance(node, accepted) and (expected is bool or not isinstance(node, bool))
    _check(right, name)
    return node


def _unpack_union(options: tuple[Any, ...], node: Node, tensors: Tensors, name: str) -> Any:
    if node is None and type(None) in options:
        return None
    for option in options:
        if option is not type(None):
            try:
                return unpack(option, node, tensors, name)
            except Damaged:
                continue
    raise Damaged(f"{name} is not what it should be")


def _unpack_tuple(items: tuple[Any, ...], node: Node, tensors: Tensors, name: str) -> tuple[Any, ...]:
    if isinstance(node, dict):
        node = _unpack_array(node, tensors, name, np.dtype[np.object_]).tolist()
    _check(isinstance(node, list), name)
    expected = (items[0],) * len(node) if len(items) == 2 and items[1] is ... else items
    _check(len(expected) == len(node), name)
    return tuple(unpack(kind, item, tensors, f"{name}.{k}") for k, (kind, item) in enumerate(zip(expected, node)))  # noqa: B905


def _unpack_fields(expected: Any, node: Node, tensors: Tensors, name: str) -> Any:
    _check(isinstance(node, dict), name)
    known = {field.name: field for field in fields(expected)}
    lacking = [
        field.name
        for field in known.values()
        if field.name not in node and field.default is MISSING and field.default_factory is MISSING
    ]
    if lacking or set(node) - set(known):
        raise Damaged(f"{name} has {', '.join(sorted(node))} and should have {', '.join(known)}")
    values = {}
    for field_name, item in node.items():
        foreign = FOREIGN.get((expected, field_name))
        full = f"{name}.{field_name}"
        values[field_name] = foreign[1](item) if foreign else unpack(_hints(expected)[field_name], item, tensors, full)
    return expected(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _unpack_array(node: Node, tensors: Tensors, name: str, dtype: Any) -> npt.NDArray[Any]:
    _check(isinstance(node, dict) and set(node) == {"tensor", "kind"} and node["tensor"] in tensors, name)
    array, kind = tensors[node["tensor"]], node["kind"]
    if kind == "texts":
        array = _texts(array, tensors.get(f"{node['tensor']}.offsets"), name)
    elif kind == "objects":
        _check(array.ndim == 1, name)
        array = np.array(array.tolist(), dtype=object)
    elif kind == "times":
        _check(array.dtype == np.int64, name)
        array = array.view(TIME_DTYPE)
    wanted = get_args(dtype)
    _check(not wanted or wanted[0] is Any or _is_dtype(array.dtype, wanted[0]), name)
    return array


def _is_dtype(dtype: np.dtype[Any], wanted: Any) -> bool:
    options = get_args(wanted) if get_origin(wanted) in (Union, types.UnionType) else (wanted,)
    return any(np.issubdtype(dtype, get_origin(option) or option) for option in options)


def _texts(data: npt.NDArray[Any], offsets: npt.NDArray[Any] | None, name: str) -> npt.NDArray[np.object_]:
    _check(data.dtype == np.uint8 and data.ndim == 1, name)
    if offsets is None or offsets.dtype != np.int64 or offsets.ndim != 1 or not len(offsets):
        raise Damaged(f"{name} has no usable offsets")
    _check(offsets[0] == 0 and offsets[-1] == len(data) and bool((np.diff(offsets) >= 0).all()), name)
    whole = data.tobytes()
    texts = np.empty(len(offsets) - 1, dtype=object)
    try:
        texts[:] = [whole[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    except UnicodeDecodeError as error:
        raise Damaged(f"{name} is not UTF-8 text") from error
    return texts


def _unpack_network(node: Node, tensors: Tensors, name: str) -> Network:
    own = {key.removeprefix(f"{name}."): array for key, array in tensors.items() if key.startswith(f"{name}.")}
    _check(isinstance(node, dict), name)
    try:
        model = model_from("Network", node, own)
    except (KeyError, TypeError, AttributeError, InputError) as error:
        raise Damaged(f"{name} and its arrays don't fit together ({error})") from error
    assert isinstance(model, Network)
    return model


def _plain(node: Node) -> Any:
    """Lists come back as tuples: arguments are compared by value and never changed."""
    return tuple(_plain(item) for item in node) if isinstance(node, list) else node


def _check(right: bool, name: str) -> None:
    if not right:
        raise Damaged(f"{name} is not what it should be")


def fingerprint(value: Any) -> str:
    """A text that changes whenever anything that :func:`pack` would keep of ``value`` does."""
    tensors: Tensors = {}
    tree = pack(value, tensors, "")
    digest = hashlib.blake2b(json.dumps(tree, sort_keys=True).encode(), digest_size=16)
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        digest.update(f"{name} {array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()
