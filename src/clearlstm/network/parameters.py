"""The names, shapes and first values of a net's parameters.

A parameter is called ``layer{k}.{forward|reverse}.{W|U|b|p}``: see :mod:`clearlstm.cell.layout` for how the gates stand
in it.
"""

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from clearlstm.cell.layout import gate_slice
from clearlstm.elementary import sine_and_cosine
from clearlstm.errors import InputError
from clearlstm.shapes import FloatArray

Init = Literal["orthogonal", "uniform"]
INITS = ("orthogonal", "uniform")
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
    n_gates: int, input_size: int, hidden_size: int, num_layers: int, num_directions: int, peepholes: bool = False
) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter, by name; from the second layer on, a step's input is the layer below."""
    found: dict[str, tuple[int, ...]] = {}
    for layer, direction in positions(num_layers, num_directions):
        features = input_size if layer == 0 else num_directions * hidden_size
        name = prefix(layer, direction)
        found[name + "W"] = (features, n_gates * hidden_size)
        found[name + "U"] = (hidden_size, n_gates * hidden_size)
        found[name + "b"] = (n_gates * hidden_size,)
        if peepholes:
            found[name + "p"] = (3 * hidden_size,)
    return found


def positions(num_layers: int, num_directions: int) -> Iterator[tuple[int, int]]:
    """(layer, direction) in the order in which states are stacked: layer by layer, forward before reverse."""
    for layer in range(num_layers):
        for direction in range(num_directions):
            yield layer, direction


def check_init(init: str) -> Init:
    """Return ``init`` if it names a known way to draw the first weights."""
    if init not in INITS:
        raise InputError(f"init {init!r} is not known: use 'orthogonal' or 'uniform'")
    return init  # type: ignore[return-value]  # the membership test above is not understood


def draw(
    wanted: dict[str, tuple[int, ...]], hidden_size: int, init: Init, rng: np.random.Generator, dtype: npt.DTypeLike
) -> dict[str, FloatArray]:
    """First values for all ``wanted`` shapes. They are drawn in float64, so a seed means the same net in both types.

    ``"orthogonal"``: W uniform as in Glorot & Bengio (2010), U orthogonal gate by gate (Saxe et al. 2014), b and p 0.
    ``"uniform"``: all from U(−1/√H, 1/√H), b the sum of two such draws, as torch starts its recurrent nets; p 0.
    """
    start = _orthogonal if init == "orthogonal" else _uniform
    return {name: start(name, shape, hidden_size, rng).astype(dtype) for name, shape in wanted.items()}


def open_forget_gate(parameters: dict[str, FloatArray], hidden_size: int, forget_bias: float) -> None:
    """Add ``forget_bias`` to the forget gate's biases, in place.

    A positive one opens the gate at the start, so that memory lasts from the first update on (Gers et al. 2000;
    Jozefowicz et al. 2015).
    """
    for name, values in parameters.items():
        if name.endswith(".b"):
            values[gate_slice("f", hidden_size)] += forget_bias


def _orthogonal(name: str, shape: tuple[int, ...], hidden_size: int, rng: np.random.Generator) -> FloatArray:
    if len(shape) == 1:
        return np.zeros(shape)
    blocks = shape[1] // hidden_size
    if name.endswith(".U"):
        return np.concatenate([_orthogonal_matrix(hidden_size, rng) for _ in range(blocks)], axis=1)
    bound = np.sqrt(6 / (shape[0] + hidden_size))
    return uniform(rng, bound, shape)


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


def _uniform(name: str, shape: tuple[int, ...], hidden_size: int, rng: np.random.Generator) -> FloatArray:
    bound = 1 / np.sqrt(hidden_size)
    if name.endswith(".p"):
        return np.zeros(shape)
    if name.endswith(".b"):
        return uniform(rng, bound, shape) + uniform(rng, bound, shape)
    return uniform(rng, bound, shape)


def uniform(rng: np.random.Generator, bound: float, shape: tuple[int, ...]) -> FloatArray:
    """Numbers from U(−bound, bound); NumPy's own may round differently where a compiler fuses its product and sum."""
    return rng.random(shape) * (2 * bound) - bound
