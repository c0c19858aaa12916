"""The weights that a module computes with, where its state dict holds their parts: normed, pruned, packed.

Each follows torch's own: weight_norm w = g v / ‖v‖, spectral_norm w = W / (uᵀ W v), pruning w = W · mask, and of
dynamic quantization w = (q − zero point) · scale.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final

import numpy as np

from clearlstm.errors import InputError
from clearlstm.interop.torch.pickle import Made
from clearlstm.interop.torch.tensors import Derived, is_weights, raw_numbers
from clearlstm.shapes import FloatArray

PARAMETRIZED: Final = re.compile(r"(?P<where>.*?)parametrizations\.(?P<name>[^.]+)\.(?P<part>.+)")
PACKED_LAYER: Final = re.compile(r"(?P<where>.*?)_all_weight_values\.(?P<at>\d+)\.param")
PACKED_CELL: Final = re.compile(r"(?P<where>.*?)_packed_weight_(?P<end>ih|hh)")
PACKED_LINEAR: Final = re.compile(r"(?P<where>.*?)\.?_packed_params\._packed_params")


class Packed(Derived):
    """Weights of dynamic quantization, as what they stand for."""


def is_packed(value: Any) -> bool:
    """Whether it is a record of quantized weights, of a file or of torch."""
    if isinstance(value, Made):
        return value.name == "torch.ScriptObject" or value.name.startswith("__torch__.torch.classes.")
    if isinstance(value, tuple) and len(value) == 2:  # a weight and its bias
        return is_weights(value[0]) and (value[1] is None or is_weights(value[1]))
    return type(value).__name__ == "ScriptObject"


def effective(values: Mapping[str, Any], modules: Mapping[str, Any]) -> dict[str, Any]:
    """The same, each weight that is given in parts put together by its own name; what is no tensor is left out."""
    whole = {name: part for name, part in values.items() if is_weights(part)}
    made = dict(_packed(values, modules))
    for name in whole:
        made |= _joined(name, whole)
    made |= _parametrized(whole)
    used = {part for _, parts in made.values() for part in parts}
    kept = {name: part for name, part in whole.items() if name not in used}
    return {name: part for name, (part, _) in made.items()} | kept


Joined = dict[str, tuple[Derived, tuple[str, ...]]]
"""By name: the weight, and the names of its parts."""


def _joined(name: str, values: Mapping[str, Any]) -> Joined:
    """The weight that ``name`` is the first part of, by torch's endings."""
    for ends, make in PARTS:
        base = name.removesuffix(ends[0])
        parts = tuple(base + end for end in ends)
        if base != name and all(part in values for part in parts):
            return {base: (_derived(make, values, parts), parts)}
    return {}


def _derived(make: Callable[..., FloatArray], values: Mapping[str, Any], parts: tuple[str, ...]) -> Derived:
    def compute() -> FloatArray:
        with np.errstate(all="ignore"):  # what isn't finite is refused where it is put in
            return make(*(raw_numbers(values[part]) for part in parts))

    return Derived(tuple(values[parts[0]].shape), compute)


def _normed(v: FloatArray, g: FloatArray) -> FloatArray:
    """w = g v / ‖v‖, over the axes that g has not."""
    axes = tuple(axis for axis in range(v.ndim) if g.ndim != v.ndim or g.shape[axis] == 1)
    wide = v.astype(np.float64)
    return np.asarray(wide * (g / np.sqrt((wide**2).sum(axis=axes, keepdims=g.ndim == v.ndim))), v.dtype)


def _spectral(W: FloatArray, u: FloatArray, v: FloatArray) -> FloatArray:
    """w = W / (uᵀ W v); u is as long as the axis that torch took for the first one."""
    matrix = W if W.shape == (u.size, v.size) else W.T
    return np.asarray(W / (u.astype(np.float64) @ matrix.astype(np.float64) @ v), W.dtype)


def _pruned(W: FloatArray, mask: FloatArray) -> FloatArray:
    return np.asarray(W * mask, W.dtype)


PARTS: Final = (
    (("_v", "_g"), _normed),
    (("_orig", "_u", "_v"), _spectral),
    (("_orig", "_mask"), _pruned),
)
"""Of each: its endings in a state dict, and what is made of them."""


def _parametrized(values: Mapping[str, Any]) -> Joined:
    """Weights by ``torch.nn.utils.parametrizations``."""
    result: dict[str, dict[str, str]] = {}
    for name in values:
        if match := PARAMETRIZED.fullmatch(name):
            result.setdefault(match["where"] + match["name"], {})[match["part"]] = name
    return {name: _one_parametrized(name, parts, values) for name, parts in result.items()}


def _one_parametrized(name: str, parts: dict[str, str], values: Mapping[str, Any]) -> tuple[Derived, tuple[str, ...]]:
    for ends, make in KNOWN:
        if set(ends) == set(parts):
            used = tuple(parts[end] for end in ends)
            return _derived(make, values, used), used
    return Derived((), partial(_unknown, name)), tuple(parts.values())


KNOWN: Final[tuple[tuple[tuple[str, ...], Callable[..., FloatArray]], ...]] = (
    (("original1", "original0"), _normed),
    (("original", "0._u", "0._v"), _spectral),
)
"""What torch's own parametrizations keep."""


def _unknown(name: str) -> FloatArray:
    raise InputError(f"{name!r} is parametrized by what a state dict doesn't tell: give the module itself")


# Dynamic quantization


def _packed(
    values: Mapping[str, Any], modules: Mapping[str, Any]
) -> Iterator[tuple[str, tuple[Derived, tuple[str, ...]]]]:
    """The weights in packed records, each with no part that is a tensor."""
    layers: dict[str, dict[int, Any]] = {}
    for name, value in values.items():
        if match := PACKED_LAYER.fullmatch(name):
            layers.setdefault(match["where"], {})[int(match["at"])] = value
        elif match := PACKED_CELL.fullmatch(name):
            yield from _with_bias(match["where"], f"_{match['end']}", value)
        elif match := PACKED_LINEAR.fullmatch(name):
            yield from _with_bias(f"{match['where']}." if match["where"] else "", "", value)
    for where, records in layers.items():
        known = modules.get(where.removesuffix("."))
        for name, part in _packed_layers(where, records, getattr(known, "bidirectional", None)):
            yield name, (part, ())


def _with_bias(where: str, end: str, record: Any) -> Iterator[tuple[str, tuple[Derived, tuple[str, ...]]]]:
    """The weight in a record and the bias, which may be missing."""
    for name, part in zip(("weight", "bias"), record if isinstance(record, tuple) else _state(record), strict=True):
        if part is not None:
            yield f"{where}{name}{end}", (_unpacked(part), ())


def _unpacked(weight: Any) -> Derived:
    return Packed(tuple(getattr(weight, "shape", ())), lambda: raw_numbers(weight))


def _packed_layers(where: str, records: Mapping[int, Any], both: bool | None) -> Iterator[tuple[str, Derived]]:
    cells = [_cell(records[at]) for at in sorted(records)]
    both = _reads_both_ways(where, cells) if both is None else both
    for at, parts in enumerate(cells):
        place = f"_l{at // 2}{'_reverse' if at % 2 else ''}" if both else f"_l{at}"
        yield from ((f"{where}{name}{place}", _unpacked(part)) for name, part in parts.items() if part is not None)


def _cell(record: Any) -> dict[str, Any]:
    """weight_ih, weight_hh and the biases in a record of torch's CellParamsBase."""
    _, tensors, _, _, packed = _state(record)[:5]
    (w_ih, b_ih), (w_hh, b_hh) = (_state(part)[:2] for part in packed)
    b_ih, b_hh = tensors[:2] if len(tensors) >= 2 else (b_ih, b_hh)
    return {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}


def _state(record: Any) -> Any:
    """What a record holds; torch writes what type it is of beside it."""
    state = record.state if isinstance(record, Made) else record.__getstate__()
    return state[0] if len(state) == 2 and isinstance(state[1], str) else state


def _reads_both_ways(where: str, cells: list[dict[str, Any]]) -> bool:
    """Told by what the second record takes: as much as the first, or h."""
    if len(cells) < 2 or len(cells) % 2:
        return False
    F, H = (tuple(cells[0][name].shape)[1] for name in ("weight_ih", "weight_hh"))
    wide = tuple(cells[2]["weight_ih"].shape)[1] if len(cells) > 2 else None
    if wide is None and F == H:
        raise InputError(
            f"{where.removesuffix('.')!r} is quantized, and has two layers or two directions: its weights don't tell "
            "which; give the module itself"
        )
    return bool(wide == 2 * H if wide is not None else tuple(cells[1]["weight_ih"].shape)[1] == F)
