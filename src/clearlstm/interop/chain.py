"""From a plain description of recurrent layers to a Network: what the files of each framework share.

A framework's file reads its own format into :class:`Layer` records, in clearlstm's layout and gate order. What becomes
of them is the same for all: :func:`build` makes the Network, :func:`choose` picks by name, :func:`whole` finds the
chain that answers as the source does.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby, product
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Options
from clearlstm.cell.record import Weights
from clearlstm.errors import InputError, ModelFileError
from clearlstm.interop.mixing import mixing
from clearlstm.network.head import Linear
from clearlstm.network.model import Net, Network, Pool
from clearlstm.network.nets import NETS
from clearlstm.network.parameters import prefix
from clearlstm.shapes import FloatArray, as_array, check_array

POOLS: tuple[Pool, ...] = ("last", "mean", None)


@dataclass(frozen=True)
class Layer:
    """One recurrent layer as a source holds it.

    directions: one set of a cell's weights, or two (forward, reverse), in clearlstm's gate order. ``options``: what
    distinguishes nets of this cell, where it isn't the usual. ``reverse``: the one direction reads a sequence from its
    end, and its outputs stand in original time order. ``readout`` (D·H, P): what stands above reads h · readout, as
    of a projection, a merge of the two directions, or a choice of units; None: h itself. Neighbours of the same
    ``name`` become the layers of one net.
    """

    name: str
    directions: tuple[Weights, ...]
    options: Options = field(default_factory=dict)
    reverse: bool = False
    dropout: float = 0.0
    readout: FloatArray | None = None


@dataclass(frozen=True)
class Dense:
    """A linear layer, y = h W + b: W (K, M), b (M,)."""

    W: FloatArray
    b: FloatArray


@dataclass(frozen=True)
class Contents:
    """What a model file holds.

    Its recurrent layers by name, each a Network of it alone; those that can't come over, and why; its linear layers,
    (K, M) each; and of a model that can be run its inputs, each with its type and shape.

    ``whole``: without a name it opens whole. ``captured``: the name by which ``capture`` brings out one layer, "" where
    it takes none, None where no layer can be watched. ``reads``: what a model takes that reads data of one kind only.
    ``absent``: what is there where no recurrent layer is.
    """

    nets: dict[str, Network]
    refused: dict[str, str]
    heads: dict[str, tuple[int, int]]
    inputs: dict[str, str] = field(default_factory=dict)
    whole: bool = False
    captured: str | None = None
    reads: Literal["arrays", "tables"] | None = None
    absent: str = ""


def build(layers: Sequence[Layer], head: Dense | Linear | None = None, pool: Pool = None) -> Network:
    """The Network of these layers, one on the other, in float64 if any weight is, else in float32.

    Networks know no readout: h · readout goes into the W of the layer above it, W' = readout · W, or into the head, or,
    with nothing above, it is the head. Nor do they know a layer that only reads backwards: it becomes the reverse half
    of a net that reads both ways, whose forward half is silent (weights 0) and is left out by a readout of zeros and
    ones. Sizes that don't fit are an :class:`InputError`.

    >>> from clearlstm.cell.rnn import RNNWeights
    >>> weights = RNNWeights(np.ones((2, 3)), np.eye(3), np.zeros(3))
    >>> build([Layer("rnn", (weights,))], pool="last").output_size
    3
    """
    dtype = _common_dtype(layers, head)
    nets: list[Net] = []
    readout: FloatArray | None = None  # of the layer below
    for _, group in groupby(layers, lambda layer: layer.name):
        parts = [_both_ways(layer) for layer in group]
        nets.append(_net(parts, readout, dtype))
        readout = parts[-1].readout
    return Network(nets, _head(head, readout, dtype), pool)


def output_size(layer: Layer) -> int:
    """The width of what the layer gives: D·H, or its readout's P."""
    if layer.readout is not None:
        return int(layer.readout.shape[1])
    return sum(weights.U.shape[0] for weights in layer.directions)


@contextmanager
def naming(src: object) -> Iterator[None]:
    """What is wrong with the content of ``src`` is a ModelFileError that names the file, if it is one."""
    try:
        yield
    except InputError as error:
        if isinstance(src, (str, os.PathLike)):
            raise ModelFileError(f"{src}: {error}") from error
        raise


T = TypeVar("T")


def choose(candidates: Mapping[str, T], name: str | None, what: str = "recurrent layer", argument: str = "name") -> T:
    """The one called ``name``, or the only one there is; else an :class:`InputError` that lists them."""
    if name is not None and name in candidates:
        return candidates[name]
    if name is None and len(candidates) == 1:
        return next(iter(candidates.values()))
    listed = ", ".join(repr(known) for known in candidates) or "none"
    if not candidates:
        raise InputError(f"no {what} is in the source")
    why = "several could be meant" if name is None else f"{name!r} is not there"
    raise InputError(f"{what}s in the source: {listed}; {why}: give one of these as {argument}=…")


def whole(
    layers: Sequence[Layer],
    heads: Mapping[str, Dense],
    run: Callable[[FloatArray], FloatArray],
    example: npt.ArrayLike,
) -> Network:
    """The chain of all layers, with the head and the pool whose answers equal ``run``'s; an InputError if none do.

    ``example`` is an input as the source takes it, (N, T, F) or (T, N, F), with at least 2 steps; the answers are
    compared on it and on two noisy copies, so that what acts on some inputs only is noticed. A source's (N,) stands for
    (N, 1).
    """
    return matching(layers, heads, run, example)[0]


def matching(
    layers: Sequence[Layer],
    heads: Mapping[str, Dense],
    run: Callable[[FloatArray], FloatArray],
    example: npt.ArrayLike,
) -> tuple[Network, bool]:
    """The same chain, and whether the source takes its input as (T, N, F)."""
    if not layers:
        raise InputError("no recurrent layer is in the source")
    dtype = _common_dtype(layers, None)
    given = check_array("example", as_array("example", example), (None, None, None), dtype)
    chained = _try_build(layers, None, None)
    if chained is None or chained.input_size != given.shape[2]:  # which takes no run to know
        raise _no_chain(layers, heads, f"fits together and takes the example's {given.shape[2]} features")
    rng = np.random.default_rng(0)
    inputs = [given, *(given + rng.standard_normal(given.shape).astype(dtype) for _ in range(2))]
    answers = [_answer(run, x) for x in inputs]
    for head, pool, time_first in product([None, *heads.values()], POOLS, (False, True)):
        model = _try_build(layers, head, pool)
        if model is not None and all(
            answers_alike(model, x, y, time_first) for x, y in zip(inputs, answers, strict=True)
        ):
            return model, time_first
    why = _hint(layers, heads, inputs, answers) + mixing(run, inputs[0], answers[0])
    raise _no_chain(layers, heads, "gives its answers on the example", why)


def _no_chain(layers: Sequence[Layer], heads: Mapping[str, Dense], what: str, why: str = "") -> InputError:
    names = ", ".join(repr(name) for name in dict.fromkeys(layer.name for layer in layers))
    return InputError(
        f"the source is no plain chain of its layers ({names}) and one linear head: no such chain {what}. Pick one of "
        f"these layers by name=… (and the head by head=…, one of {sorted(heads) or 'none'}), or run it whole on its "
        f"own inputs with clearlstm.capture{why}"
    )


def _hint(
    layers: Sequence[Layer], heads: Mapping[str, Dense], inputs: list[FloatArray], answers: list[FloatArray]
) -> str:
    """What mostly stands in the way, where it does: a single step, or both directions read at the last one."""
    for name, head in heads.items():
        model = _try_build(layers, head, None)
        if model is not None and all(_last_alike(model, x, y) for x, y in zip(inputs, answers, strict=True)):
            return (
                f". With head {name!r} and pool None, an answer a step, that after the last step is the source's: it "
                "reads both directions there, the reverse one after a single step"
            )
    shape = inputs[0].shape
    return f". If {shape} is an example of 1 step, give one of more: a step tells no pool" if 1 in shape[:2] else ""


def _last_alike(model: Network, x: FloatArray, answer: FloatArray) -> bool:
    """Whether ``answer`` is the model's after the last step, whichever axis of x is time."""
    for given in (x, np.ascontiguousarray(x.swapaxes(0, 1))):
        if given.shape[1] > 1 and given.shape[2] == model.input_size:
            last = model(given)[:, -1]
            if answer.size == last.size and _alike(last.reshape(answer.shape), answer, model.dtype):
                return True
    return False


def _answer(run: Callable[[FloatArray], FloatArray], x: FloatArray) -> FloatArray:
    try:
        return np.asarray(run(x))
    except InputError:
        raise
    except Exception as error:  # each framework has errors of its own
        raise InputError(f"the source can't be run on an example of shape {x.shape}: {error}") from error


def answers_alike(model: Network, x: FloatArray, answer: FloatArray, time_first: bool = False) -> bool:
    """Whether the model gives ``answer`` for x: max|a − b| ≤ 1e-5 max|b|, in float64 1e-12."""
    x = np.ascontiguousarray(x.swapaxes(0, 1)) if time_first else x
    if x.shape[1] < 2 or x.shape[2] != model.input_size:  # of one step, all pools are alike
        return False
    ours = model(x)
    if time_first and ours.ndim == 3:
        ours = ours.swapaxes(0, 1)
    if answer.shape not in {ours.shape, ours.shape[:-1] if ours.shape[-1] == 1 else ours.shape}:
        return False
    return _alike(ours.reshape(answer.shape), answer, model.dtype)


def _alike(ours: FloatArray, answer: FloatArray, dtype: npt.DTypeLike) -> bool:
    limit = 1e-12 if dtype == np.float64 else 1e-5
    return bool(np.abs(ours - answer).max() <= limit * np.abs(answer).max())


def _try_build(layers: Sequence[Layer], head: Dense | None, pool: Pool) -> Network | None:
    try:
        return build(layers, head, pool)
    except InputError:
        return None


def _common_dtype(layers: Sequence[Layer], head: Dense | Linear | None) -> Literal["float32", "float64"]:
    arrays = [weights.U for layer in layers for weights in layer.directions] + ([] if head is None else [head.W])
    return "float64" if any(values.dtype == np.float64 for values in arrays) else "float32"


def _both_ways(layer: Layer) -> Layer:
    """A layer that only reads backwards as one that reads both ways, forward in silence."""
    if not layer.reverse:
        return layer
    (weights,) = layer.directions
    zeros = {name: np.zeros_like(values) for name, values in vars(weights).items() if values is not None}
    silent: Weights = weights.cell.weights(**zeros)
    H = weights.U.shape[0]
    read = np.eye(H) if layer.readout is None else layer.readout
    readout = np.concatenate([np.zeros((H, read.shape[1])), read])
    return replace(layer, directions=(silent, weights), reverse=False, readout=readout)


def _net(parts: list[Layer], readout: FloatArray | None, dtype: str) -> Net:
    """One net of these layers, of which the lowest is given h · ``readout``."""
    first = parts[0]
    directions, cell = len(first.directions), first.directions[0].cell
    if any(len(layer.directions) != directions for layer in parts):
        raise InputError(f"{first.name!r} has layers of one and of two directions: they need names of their own")
    if any(weights.cell is not cell for layer in parts for weights in layer.directions):
        raise InputError(f"{first.name!r} has layers of several kinds: they need names of their own")
    given: dict[str, FloatArray] = {}
    for k, layer in enumerate(parts):
        for d, weights in enumerate(layer.directions):
            given |= _named(weights, prefix(k, d), readout)
        readout = layer.readout
    present = {option: any(key.endswith(f".{name}") for key in given) for name, (option, _) in cell.optional.items()}
    options: dict[str, Any] = {"bidirectional": directions == 2, "dropout": first.dropout, "dtype": dtype, **present}
    options |= {"init": "zeros", **first.options}
    sizes = (*(given[prefix(0, 0) + part].shape[0] for part in "WU"), len(parts))
    net: Net = NETS[cell.name](*sizes, **options)
    zeros = {name: np.zeros_like(values) for name, values in net.parameters.items()}  # where one lacks an optional part
    return net.set_parameters(zeros | given)


def _named(weights: Weights, start: str, readout: FloatArray | None) -> dict[str, FloatArray]:
    """The weights by clearlstm's names, W for an input of which the layer was given input · ``readout``."""
    parts = vars(weights) | {"W": _above(readout, weights.W)}
    return {start + name: values for name, values in parts.items() if values is not None}


def _above(readout: FloatArray | None, W: FloatArray) -> FloatArray:
    """W' = readout · W, in float64: since h W' = (h · readout) W."""
    if readout is None:
        return W
    if readout.shape[1] != W.shape[0]:
        raise InputError(f"a layer gives {readout.shape[1]} values a step, but what stands on it takes {W.shape[0]}")
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused where it is put in
        return np.asarray(readout.astype(np.float64) @ W.astype(np.float64))


def _head(head: Dense | Linear | None, readout: FloatArray | None, dtype: str) -> Linear | None:
    """The head in the model's dtype, for h; without one, the readout is it."""
    if head is None:
        if readout is None:
            return None
        head = Dense(np.eye(readout.shape[1]), np.zeros(readout.shape[1]))
    W = _above(readout, head.W)
    made = Linear(*W.shape, dtype=dtype, zero=True)
    made.W[...] = check_array("the head's weights", W, made.W.shape, dtype)
    made.b[...] = check_array("the head's bias", head.b, made.b.shape, dtype)
    return made
