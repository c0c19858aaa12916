"""Recurrent layers from torch's named tensors, in clearlstm's layout."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import numpy as np

from clearlstm.cell.cells import CELLS
from clearlstm.cell.record import Weights
from clearlstm.errors import InputError
from clearlstm.interop import chain
from clearlstm.interop.torch.effective import Packed
from clearlstm.interop.torch.source import PARAMETER, Module, Source
from clearlstm.interop.torch.tensors import to_array
from clearlstm.network.head import Linear
from clearlstm.shapes import FloatArray

OWN: Final = re.compile(
    r"torch\.nn\.modules\.rnn\.(LSTM|GRU|RNN)(Cell)?|torch\.(ao\.)?nn\.quantized\.dynamic\.modules\.rnn\.\w+"
    r"|clearlstm\.torch\.layers\.\w+"
)
"""Classes whose answers are those of their weights."""

LINEAR: Final = re.compile(r"torch\.nn\.modules\.linear\.\w*Linear|torch\.(ao\.)?nn\.\w*quantized\..*\.Linear")

EMBEDDING: Final = re.compile(r"embed|(^|[._])emb([._]|$)", re.IGNORECASE)

Read = Callable[[], list[chain.Layer]]


def find_layers(source: Source, strict: bool = True) -> dict[str, Read]:
    """How to read the recurrent layers, by the name of the module that holds them.

    ``strict``: what isn't of torch's own classes is an :class:`InputError`; else its answers will be compared.
    """
    places: dict[str, dict[str, dict[str, Any]]] = {}
    for key, values in source.values.items():
        if match := PARAMETER.fullmatch(key):
            at = places.setdefault(match["module"], {}).setdefault(match["place"], {})
            at[match["kind"]] = values
    return {
        name: partial(_read_module, name, tensors, source.modules.get(name, Module()), strict)
        for name, tensors in places.items()
    }


def resolved(source: Source, name: str | None, known: Iterable[str]) -> str | None:
    """``name`` as the source has it, if it says where in a checkpoint that is, or leaves a prefix out."""
    names = list(known)
    if name is None or name in names:
        return name
    inner = name.removeprefix(f"{source.root}.") if source.root else name
    ending = [other for other in names if other == inner or other.endswith(f".{inner}")]
    return ending[0] if len(ending) == 1 else name


def choose(source: Source, name: str | None) -> tuple[str, Read]:
    """The layer called ``name``, or the only one there is; an :class:`InputError` says what there is instead."""
    result = find_layers(source)
    if not result:
        raise InputError(f"no recurrent layer is in the source, which holds {source.holds}")
    right = resolved(source, name, result)
    read = chain.choose(result, right)
    return next(known for known, other in result.items() if other is read), read


def assumption(source: Source, name: str, layers: list[chain.Layer], head: str | Linear | None) -> str | None:
    """What is taken for granted of a layer of which no class is known; None if there is nothing."""
    known = source.modules.get(name, Module())
    start = f"{name}." if name else ""
    inside = [key.removeprefix(start) for key in source.values if key.startswith(start)]
    others = [key for key in inside if not _is_own(key) and key not in (f"{head}.weight", f"{head}.bias")]
    if any(isinstance(source.values.get(start + key), Packed) for key in inside):
        return (
            f"{_named(name)} is quantized: its weights are taken as the numbers that they stand for. torch rounds what "
            "goes in, too, so its answers differ a little"
        )
    cell = layers[0].directions[0].cell.formats["torch"].name
    if known.kind is not None and (cell != "RNN" or known.activation):
        return None
    tanh = ", with tanh" if cell == "RNN" else ""
    one = "Cell" if any(key in ("weight_hh", "weight_ih") for key in inside) else ""
    text = f"{_named(name)} is read as torch's nn.{cell}{one}{tanh}: weights alone don't say what is done with them"
    if others:
        shown = ", ".join(map(repr, others[:3])) + (", …" if len(others) > 3 else "")
        text += f". Beside its own it has {shown}, which torch's hasn't and which are left out"
    return text


def _is_own(key: str) -> bool:
    match = PARAMETER.fullmatch(key)
    return match is not None and not match["module"]


def _read_module(module: str, places: dict[str, dict[str, Any]], known: Module, strict: bool) -> list[chain.Layer]:
    """The layers of one module; ``places`` are torch's endings, such as "_l0" and "_l0_reverse" ("" of a cell)."""
    if strict and known.kind is not None and not OWN.fullmatch(known.kind):
        raise InputError(
            f"{_named(module)} is a {known.kind}, which is none of torch's recurrent layers, though its weights are "
            "called like theirs: what it computes isn't known. Give a module with an example=…, by which its answers "
            "are compared; or, if you know that it computes what torch's does, its state_dict()"
        )
    both = any(place.endswith("_reverse") for place in places)
    forward = [place for place in places if not place.endswith("_reverse")]
    steps = sorted(forward, key=lambda place: int(place[2:] or 0))
    expected = {place + end for place in steps for end in (("", "_reverse") if both else ("",))}
    numbered = all(place in ("", f"_l{k}") for k, place in enumerate(steps))
    if set(places) != expected or not numbered:
        raise InputError(f"{_named(module)} has layers {sorted(places)}: some are missing, the source is incomplete")
    return [
        _layer(module, [places[place + end] for end in (("", "_reverse") if both else ("",))], known, len(steps) > 1)
        for place in steps
    ]


def _layer(module: str, parts: list[dict[str, Any]], known: Module, stacked: bool) -> chain.Layer:
    directions = tuple(_weights(module, tensors) for tensors in parts)
    options = {"activation": known.activation or "tanh"} if "activation" in directions[0].cell.options else {}
    dropout = known.dropout if stacked else 0.0
    return chain.Layer(module, directions, options, dropout=dropout, readout=_readout(module, parts))


def _named(module: str) -> str:
    return repr(module) if module else "the module"


def _weights(module: str, tensors: dict[str, Any]) -> Weights:
    """One layer in one direction, its shapes checked; the number of gates tells the cell."""
    if missing := {"weight_ih", "weight_hh"} - set(tensors):
        raise InputError(f"{_named(module)} lacks {sorted(missing)}: the source is incomplete")
    U = _recurrent(module, tensors)
    H, rows = U.shape
    cells = {len(cell.gates) * H: cell for cell in CELLS.values() if "torch" in cell.formats}
    if rows not in cells:
        known = ", ".join(f"({len(cell.gates)}H, H) of {cell.formats['torch'].name}" for cell in cells.values())
        raise InputError(f"{_named(module)}: weight_hh is {(rows, H)}; one of {known} is needed")
    W = to_array(f"{module}: weight_ih", tensors["weight_ih"], (rows, None))
    b_input, b_recurrent = (
        to_array(f"{module}: {kind}", tensors[kind], (rows,)) if kind in tensors else np.zeros(rows, U.dtype)
        for kind in ("bias_ih", "bias_hh")
    )
    weights: Weights = cells[rows].read("torch", W.T, U, b_input, b_recurrent, cells[rows].options)
    return weights


def _recurrent(module: str, tensors: dict[str, Any]) -> FloatArray:
    """U (H, kH): weight_hhᵀ, or weight_hrᵀ weight_hhᵀ where h goes through a projection weight_hr (P, H) first."""
    hidden = to_array(f"{module}: weight_hh", tensors["weight_hh"], (None, None))
    if "weight_hr" not in tensors:
        return hidden.T
    projection = _projection(module, tensors)
    if projection.shape[1] != hidden.shape[1]:
        raise InputError(
            f"{_named(module)} projects h to {projection.shape[1]} values, but weight_hh takes {hidden.shape[1]}"
        )
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused where it is put in
        return np.asarray(projection.astype(np.float64) @ hidden.T.astype(np.float64)).astype(hidden.dtype)


def _projection(module: str, tensors: dict[str, Any]) -> FloatArray:
    """weight_hrᵀ (H, P)."""
    return to_array(f"{module}: weight_hr", tensors["weight_hr"], (None, None)).T


def _readout(module: str, parts: list[dict[str, Any]]) -> FloatArray | None:
    """What is read off h (D·H) of a layer with projections, (D·H, D·P): each direction's own."""
    if not any("weight_hr" in tensors for tensors in parts):
        return None
    if not all("weight_hr" in tensors for tensors in parts):
        raise InputError(f"{_named(module)} has a projection in one direction only: the source is incomplete")
    blocks = [_projection(module, tensors) for tensors in parts]
    readout = np.zeros([sum(sizes) for sizes in zip(*(block.shape for block in blocks), strict=True)])
    row = column = 0
    for block in blocks:
        H, P = block.shape
        readout[row : row + H, column : column + P] = block
        row, column = row + H, column + P
    return readout


def named_head(source: Source, head: str | Linear | None) -> chain.Dense | Linear | None:
    """The linear layer of that name, or ``head`` itself."""
    if head is None or isinstance(head, Linear):
        return head
    heads = linear_names(source)
    name = chain.choose({name: name for name in heads}, resolved(source, head, heads), "linear layer", "head")
    return dense(source, name)


def linear_names(source: Source) -> list[str]:
    """Of all that may be a linear layer: its weight has two axes, and its class, if it is known, is torch's."""
    names = [key.removesuffix(".weight") for key in source.values if key.endswith(".weight")]
    flat = [name for name in names if getattr(source.values[f"{name}.weight"], "ndim", 0) == 2]
    kinds = {name: source.modules.get(name, Module()).kind for name in flat}
    return [name for name, kind in kinds.items() if kind is None or LINEAR.fullmatch(kind)]


def looks_embedded(source: Source, name: str) -> bool:
    """Whether of weights without a class it is rather an embedding: called so, and without a bias."""
    known = source.modules.get(name, Module()).kind is not None or f"{name}.bias" in source.values
    return not known and EMBEDDING.search(name) is not None


def dense(source: Source, name: str) -> chain.Dense:
    """That linear layer, y = h W + b."""
    W = to_array(f"{name}.weight", source.values[f"{name}.weight"], (None, None)).T
    bias = source.values.get(f"{name}.bias")
    b = np.zeros(W.shape[1], W.dtype) if bias is None else to_array(f"{name}.bias", bias, (W.shape[1],))
    return chain.Dense(W, b)
