"""Tensors as torch's files hold them, without torch: a view of a storage, whose numbers are read when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import InputError
from clearlstm.interop.torch.pickle import Global, Made, is_key
from clearlstm.shapes import FloatArray, check_array

BFLOAT16: Final = "bfloat16"
"""Which NumPy lacks: the upper half of a float32."""

TYPES: Final = {
    "Float": "f4",
    "Double": "f8",
    "Half": "f2",
    "BFloat16": BFLOAT16,
    "Long": "i8",
    "Int": "i4",
    "Short": "i2",
    "Char": "i1",
    "Byte": "u1",
    "Bool": "?",
    "QInt8": "i1",
    "QUInt8": "u1",
    "QInt32": "i4",
    "ComplexFloat": "c8",
    "ComplexDouble": "c16",
}
"""Torch's names of storages, each with NumPy's type."""

BY_DTYPE: Final = {
    **{"float32": "f4", "float64": "f8", "float16": "f2", "half": "f2", "float": "f4", "double": "f8"},
    **{"bfloat16": BFLOAT16, "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1", "uint8": "u1", "bool": "?"},
    **{"uint16": "u2", "uint32": "u4", "uint64": "u8", "complex64": "c8", "complex128": "c16"},
}


NUMBERS: Final = tuple("fiub")
"""What NumPy's types of numbers begin with."""


@dataclass(frozen=True)
class Storage:
    """Numbers of one type: ``read()`` gives all their bytes; of them, ``count`` from ``start`` on are meant."""

    type: str | None
    count: int
    read: Callable[[], bytes]
    start: int = 0
    big_endian: bool = False

    def raw(self, kind: str) -> npt.NDArray[Any]:
        """All of them, (count,), as they are in the file."""
        dtype = np.dtype("u2" if kind == BFLOAT16 else kind).newbyteorder(">" if self.big_endian else "<")
        content = self.read()
        count = self.count if self.type else len(content) // dtype.itemsize
        if not 0 <= (self.start + count) * dtype.itemsize <= len(content):
            raise InputError(f"a tensor of {count} numbers has {len(content)} bytes in the file; was it cut short?")
        return np.frombuffer(content, dtype, count, self.start * dtype.itemsize)


@dataclass(frozen=True)
class StoredTensor:
    """A tensor in a file: shape and strides, in numbers, over a storage; ``quantizer``: (scale, zero point, axis)."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str | None = None
    quantizer: tuple[Any, Any, int | None] | None = None

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    def array(self) -> npt.NDArray[Any]:
        """Its numbers, of ``shape``, and as what they stand for where they are quantized."""
        kind = self.storage.type or self.dtype
        if kind is None:
            raise InputError("numbers of a type that isn't known here (8-bit floats, for example) can't be read")
        raw = self.storage.raw(kind)
        self._check_within(raw.size)
        strides = [step * raw.itemsize for step in self.strides]
        view = np.lib.stride_tricks.as_strided(raw[self.offset :], self.shape, strides, writeable=False)
        numbers = view.astype(raw.dtype.newbyteorder("="), order="C")
        if kind == BFLOAT16:
            return (numbers.astype("u4") << 16).view("f4")
        return _dequantized(numbers, self.quantizer) if self.quantizer else numbers

    def _check_within(self, size: int) -> None:
        """A few numbers may pose as a huge tensor, by steps of 0; it would be huge once copied."""
        total = last = 1
        for n, step in zip(self.shape, self.strides, strict=True):
            total, last = total * n, last + (n - 1) * step
        wrong = min((*self.shape, *self.strides, self.offset), default=0) < 0
        if wrong or total > size or (total and self.offset + last > size):
            raise InputError(f"a tensor claims shape {self.shape}, more than the file holds")


def _dequantized(numbers: npt.NDArray[Any], quantizer: tuple[Any, Any, int | None]) -> FloatArray:
    """(q − zero point) · scale, which may be of one axis."""
    scale, zero, axis = quantizer
    if axis is not None:
        shape = [1] * numbers.ndim
        shape[axis] = -1
        scale, zero = (raw_numbers(part).reshape(shape) for part in (scale, zero))
    return np.asarray((numbers.astype("f8") - zero) * scale, "f4")


def is_weights(value: Any) -> bool:
    """Whether it is a tensor: of a file, of torch, or an array."""
    return isinstance(value, (StoredTensor, Derived, np.ndarray)) or hasattr(value, "untyped_storage")


@dataclass(frozen=True)
class Derived:
    """A tensor that is computed of others when asked for."""

    shape: tuple[int, ...]
    array: Callable[[], npt.NDArray[Any]]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)


def weights_in(value: Any) -> Any:
    """The same; but for the record of an array of NumPy's in a pickle, the array."""
    if not (isinstance(value, Made) and value.name.endswith(".multiarray._reconstruct")):
        return value
    if not (isinstance(value.state, tuple) and len(value.state) == 5):
        return value
    _, shape, kind, by_columns, content = value.state
    if not isinstance(kind, Made) or str(kind.args[0])[:1] not in NUMBERS:
        return value
    order = ">" if isinstance(kind.state, tuple) and kind.state[1] == ">" else "<"
    dtype = np.dtype(order + str(kind.args[0]))
    numbers = content.encode("latin-1") if isinstance(content, str) else content  # a text where Python 2 wrote it

    def array() -> npt.NDArray[Any]:
        flat = np.frombuffer(numbers, dtype).astype(dtype.newbyteorder("="))
        return flat.reshape(shape, order="F" if by_columns else "C")

    return Derived(tuple(shape), array)


def raw_numbers(values: Any) -> npt.NDArray[Any]:
    """A tensor of whatever kind as an array; quantized ones as what they stand for, half precision as float32."""
    if isinstance(values, (StoredTensor, Derived)):
        return values.array()
    if hasattr(values, "detach"):
        values = values.detach().cpu()
        values = values.dequantize() if values.is_quantized else values
        if values.layout.__repr__() != "torch.strided" or values.is_complex():
            raise InputError("the tensor is sparse or complex; ordinary floating-point numbers are needed")
        values = (values.double() if values.itemsize == 8 else values.float()).numpy()
    return np.asarray(values)


def to_array(name: str, values: Any, shape: tuple[int | None, ...]) -> FloatArray:
    """A tensor as float32 or float64 (half precision as float32), its shape and its numbers checked."""
    if not is_weights(values) and isinstance(values, (str, bytes, dict)):
        raise InputError(f"{name} is a {type(values).__name__}; a tensor is needed")
    array = raw_numbers(values)
    if array.dtype.kind == "c":
        raise InputError(f"{name} is complex; ordinary floating-point numbers are needed")
    return check_array(name, array, shape, "float64" if array.dtype.itemsize == 8 else "float32")


# What a pickle would call to make tensors


def _tensor(storage: Any, offset: int, shape: Any, strides: Any, *_: Any, dtype: str | None = None) -> StoredTensor:
    if not isinstance(storage, Storage):
        raise InputError("a tensor without numbers: it was saved on the meta device, or is of a kind that isn't known")
    sizes = tuple(int(size) for size in shape)
    return StoredTensor(storage, int(offset), sizes, tuple(int(step) for step in strides), dtype)


def _tensor_of_dtype(
    storage: Any, offset: int, shape: Any, strides: Any, _g: Any, _h: Any, dtype: Global, *_: Any
) -> Any:
    return _tensor(storage, offset, shape, strides, dtype=BY_DTYPE.get(dtype.name.removeprefix("torch.")))


def _quantized(storage: Any, offset: int, shape: Any, strides: Any, how: tuple[Any, ...], *_: Any) -> StoredTensor:
    made = _tensor(storage, offset, shape, strides)
    axis = int(how[3]) if len(how) > 3 else None
    return StoredTensor(made.storage, made.offset, made.shape, made.strides, None, (how[1], how[2], axis))


def _of_subclass(what: Any, _type: Any, args: tuple[Any, ...], *_: Any) -> Any:
    return MAKERS[what.name](*args)


def _first(value: Any, *_: Any) -> Any:
    return value


def _ordered(pairs: Any = (), *_: Any) -> dict[Any, Any]:
    entries = pairs.items() if isinstance(pairs, dict) else pairs
    return {key: value for key, value in entries if is_key(key)}


MAKERS: Final[dict[str, Callable[..., Any]]] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_dtype,
    "torch._utils._rebuild_qtensor": _quantized,
    "torch._utils._rebuild_parameter": _first,
    "torch._utils._rebuild_parameter_with_state": _first,
    "torch.nn.parameter.Parameter": _first,  # up to torch 0.4, and Variable up to 0.3
    "torch.autograd.variable.Variable": _first,
    "torch._tensor._rebuild_from_type_v2": _of_subclass,
    "torch._tensor._rebuild_from_type": _of_subclass,
    "torch.jit._pickle.restore_type_tag": _first,
    "torch.jit._pickle.build_tensorlist": _first,
    "torch.jit._pickle.build_intlist": _first,
    "_codecs.encode": lambda text, *_: text.encode("latin-1"),  # bytes, as protocol 2 has them
    "torch.Size": lambda sizes=(): tuple(sizes),
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": lambda *_: {},
    "builtins.dict": _ordered,
    "builtins.set": lambda items=(): list(items),
    "builtins.list": lambda items=(): list(items),
}
"""By the names under which torch has them; all else in a pickle is only named."""
