"""The names, shapes and first values of a net's parameters.

A parameter is called ``layer{k}.{forward|reverse}.{W|U|b}``, or ``….p`` and the like where a cell has more: see
:mod:`clearlstm.cell.layout` for how the gates stand in it.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypeVar

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell, Options
from clearlstm.cell.layout import gate_slice
from clearlstm.elementary import sine_and_cosine
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray, check_array

WeightsT = TypeVar("WeightsT")

Init = Literal["orthogonal", "uniform", "zeros"]
DIRECTIONS = ("forward", "reverse")

WALK_ROUNDS = 4
"""Of rotations, for each binary digit of H."""


def prefix(layer: int, direction: int) -> str:
    """The first part of a parameter's name.

    >>> prefix(1, 1)
    'layer1.reverse.'
    """
    return f"layer{layer}.{DIRECTIONS[direction]}."


def shapes(
    cell: Cell, input_size: int, hidden_size: int, num_layers: int, num_directions: int, options: Options
) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, by name; from the second layer on, a step's input is the layer below."""
    all_shapes: dict[str, tuple[int, ...]] = {}
    for layer, direction in positions(num_layers, num_directions):
        features = input_size if layer == 0 else num_directions * hidden_size
        for part, shape in cell.shapes(features, hidden_size, options).items():
            all_shapes[prefix(layer, direction) + part] = shape
    return all_shapes


def positions(num_layers: int, num_directions: int) -> Iterator[tuple[int, int]]:
    """(layer, direction) in the order in which states are stacked: layer by layer, forward before reverse."""
    for layer in range(num_layers):
        for direction in range(num_directions):
            yield layer, direction


def check_init(init: str) -> Init:
    """Return ``init`` if it names a known way to draw the first weights."""
    if init not in STARTS:
        raise InputError(f"init {init!r} is not known: use 'orthogonal', 'uniform' or 'zeros'")
    return init


def draw(
    cell: Cell,
    input_size: int,
    hidden_size: int,
    num_layers: int,
    num_directions: int,
    options: Options,
    init: Init,
    rng: np.random.Generator,
    dtype: npt.DTypeLike,
) -> dict[str, FloatArray]:
    """First values for all parameters. They are drawn in float64, so a seed means the same net in both types.

    ``"orthogonal"``: W uniform as in Glorot & Bengio (2010), U orthogonal gate by gate (Saxe et al. 2014), biases and
    peepholes 0. ``"uniform"``: all from U(−1/√H, 1/√H), with two biases, for x and for h_prev, as torch starts its
    recurrent nets; where they are only ever added up, b is their sum. Peepholes 0. ``"zeros"``: all 0, for weights that
    are set afterwards.
    """
    start = STARTS[init]
    parameters: dict[str, FloatArray] = {}
    for layer, direction in positions(num_layers, num_directions):
        features = input_size if layer == 0 else num_directions * hidden_size
        wanted = cell.shapes(features, hidden_size, options)
        W, U, b_input, b_recurrent = start(wanted["W"], wanted["U"], rng)
        drawn = {"W": W, "U": U, **cell.biases(b_input, b_recurrent, options)}
        for part, shape in wanted.items():
            parameters[prefix(layer, direction) + part] = drawn.get(part, np.zeros(shape)).astype(dtype)
    return parameters


def open_forget_gate(parameters: dict[str, FloatArray], hidden_size: int, forget_bias: float) -> None:
    """Add ``forget_bias`` to the forget gate's biases, in place.

    A positive one opens the gate at the start, so that memory lasts from the first update on (Gers et al. 2000;
    Jozefowicz et al. 2015).
    """
    for name, values in parameters.items():
        if name.endswith(".b"):
            values[gate_slice("f", hidden_size)] += forget_bias


def _orthogonal(W: tuple[int, ...], U: tuple[int, ...], rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """W, U and two biases of these shapes, (F, kH), (H, kH) and (kH,)."""
    H, width = U
    bound = np.sqrt(6 / (W[0] + H))
    first = uniform(rng, bound, W)
    recurrent = np.concatenate([_orthogonal_matrix(H, rng) for _ in range(width // H)], axis=1)
    return first, recurrent, np.zeros(width), np.zeros(width)


def _orthogonal_matrix(size: int, rng: np.random.Generator) -> FloatArray:
    """A random rotation or reflection: Kac's walk (1956), rotations of random pairs of rows by random angles.

    It comes close to a uniform draw, which a QR of normal numbers would be: but not with the same bits everywhere.
    """
    Q = np.diag(rng.integers(2, size=size) * 2.0 - 1)
    for _ in range(WALK_ROUNDS * size.bit_length()):
        pairs = rng.permutation(size)
        a, b = pairs[: size // 2], pairs[size // 2 : size // 2 * 2]
        sine, cosine = (of_angle[:, None] for of_angle in sine_and_cosine(rng.random(size // 2)))
        Q[a], Q[b] = cosine * Q[a] - sine * Q[b], sine * Q[a] + cosine * Q[b]
    return Q


def _uniform(W: tuple[int, ...], U: tuple[int, ...], rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """The same, all from one interval."""
    bound = 1 / np.sqrt(U[0])
    W_0, U_0, b_input, b_recurrent = (uniform(rng, bound, shape) for shape in (W, U, U[1:], U[1:]))
    return W_0, U_0, b_input, b_recurrent


def _zeros(W: tuple[int, ...], U: tuple[int, ...], _rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """The same, all 0."""
    return np.zeros(W), np.zeros(U), np.zeros(U[1]), np.zeros(U[1])


STARTS: Final[dict[Init, Callable[..., tuple[FloatArray, ...]]]] = {
    "orthogonal": _orthogonal,
    "uniform": _uniform,
    "zeros": _zeros,
}


def uniform(rng: np.random.Generator, bound: float, shape: tuple[int, ...]) -> FloatArray:
    """Numbers from U(−bound, bound); NumPy's own may round differently where a compiler fuses its product and sum."""
    return rng.random(shape) * (2 * bound) - bound


def snapshot(weights: WeightsT, again: WeightsT | None) -> WeightsT:
    """The weights as they are now, in the arrays of ``again`` if given: a trace must not change as training goes on."""
    if again is None:
        copies: Any = [None if values is None else values.copy() for values in vars(weights).values()]
        return type(weights)(*copies)
    for name, values in vars(weights).items():
        if values is not None:
            getattr(again, name)[...] = values
    return again


def copy_parameters(source: Mapping[str, npt.ArrayLike], target: Mapping[str, FloatArray]) -> None:
    """Copy all of ``source`` into the arrays of ``target``, or nothing: names and shapes are checked first."""
    missing, unknown = sorted(set(target) - set(source)), sorted(set(source) - set(target))
    if missing or unknown:
        raise InputError(f"parameters don't match: missing {missing or 'none'}, unknown {unknown or 'none'}")
    checked = {name: check_array(name, source[name], target[name].shape, target[name].dtype) for name in target}
    for name, values in checked.items():
        target[name][...] = values
