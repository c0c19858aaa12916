"""The kernels against the reference, and against themselves with another number of threads."""

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from clearlstm import kernels
from clearlstm.cell.cell import Cell
from clearlstm.cell.cells import CELLS
from clearlstm.cell.lstm import LSTM
from clearlstm.check import passes
from clearlstm.check.layers import Layer, Shape, draw
from clearlstm.check.passes import Arrays, Way
from clearlstm.check.result import Result, crashed, held_to, same
from clearlstm.errors import ClearLSTMWarning
from clearlstm.kernels import fallback
from clearlstm.shapes import FloatArray

LIMITS: Final = {"float32": 1e-5, "float64": 1e-12}
"""Of max|a − b| / max|b|, array by array, with b by the reference in float64."""

SHAPES: Final = (
    Shape(1, 1, 1, 1),
    Shape(1, 50, 1, 8),
    Shape(7, 13, 3, 5, ragged=True),
    Shape(3, 40, 2, 70, reverse=True),
    Shape(33, 20, 8, 37, ragged=True, reverse=True),
    Shape(64, 30, 1, 32),
    Shape(13, 180, 3, 21, ragged=True),  # its weights' gradients are summed in groups
)

SHARED: Final = (Shape(33, 40, 5, 37, ragged=True), Shape(64, 60, 8, 64, reverse=True))
"""Enough work for several threads to be woken."""

SAME_BITS: Final = "the same bits"
COMPILED: Final = "compiled"


class Worst(NamedTuple):
    """The largest difference of several arrays, and whose it was."""

    difference: float
    where: str


def kernel_checks() -> Iterator[Result]:
    """One result for each function of the kernels and each dtype; threads only where compiled code has some."""
    for cell in CELLS.values():
        for dtype, limit in LIMITS.items():
            yield _held(f"{_named(cell)} forward {dtype}", limit, _passes(passes.forward, cell, dtype))
            yield _held(f"{_named(cell)} backward {dtype}", limit, _passes(passes.backward, cell, dtype))
    for dtype, limit in LIMITS.items():
        yield _held(f"lstm step {dtype}", limit, _steps(dtype))
    for dtype in LIMITS:
        yield _held(f"memory entries {dtype}", LIMITS["float64"], _memory_entries(dtype))
    if kernels.this_machine().target is not None:
        yield from (_threads(cell, dtype) for cell in CELLS.values() for dtype in LIMITS)


def compile_check() -> Result:
    """Whether compiled kernels answer: failed where they should and can't, not promised without Numba."""
    name = "kernels compile"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ClearLSTMWarning)
        try:
            for cell in CELLS.values():
                for dtype in LIMITS:
                    passes.backward(cell, draw(SHAPES[0], dtype), "kernels")
        except Exception as error:
            return crashed(name, error, COMPILED)
    machine = kernels.this_machine()
    if machine.target is not None:
        return same(name, COMPILED, COMPILED, f"for {machine.target.processor}")
    why = str(caught[0].message) if caught else str(machine.why_reference)
    return Result(name, "failed" if machine.broken else "not promised", "not compiled", COMPILED, why)


def _held(name: str, limit: float, compared: Iterator[Worst]) -> Result:
    """A check of the worst of what ``compared`` works out."""
    try:
        worst = max(compared)
    except Exception as error:
        return crashed(name, error, limit)
    return held_to(name, worst.difference, limit, worst.where)


def _named(cell: Cell) -> str:
    return cell.name.lower()


def _passes(run: Callable[[Cell, Layer, Way], Arrays], cell: Cell, dtype: str) -> Iterator[Worst]:
    for seed, shape in enumerate(SHAPES):
        layer = draw(shape, dtype, seed)
        exact = run(cell, layer.astype("float64"), "reference")
        yield largest_difference(run(cell, layer, "kernels"), exact, str(shape))


def _steps(dtype: str) -> Iterator[Worst]:
    for seed, shape in enumerate(SHAPES):
        layer = draw(shape, dtype, seed)
        exact, first = layer.astype("float64"), np.ascontiguousarray(layer.x[:, 0])
        after = kernels.step(LSTM, first, layer.weights(LSTM), layer.first(LSTM))
        wanted = LSTM.step(exact.x[:, 0], *exact.first(LSTM), exact.weights(LSTM))
        yield largest_difference(_by_state(after), _by_state(wanted), str(shape))


def _by_state(states: Sequence[FloatArray]) -> Arrays:
    return dict(zip(LSTM.states, states, strict=True))


def _memory_entries(dtype: str) -> Iterator[Worst]:
    """Both in float64, from the same gates."""
    for seed, shape in enumerate(SHAPES):
        layer = draw(shape, dtype, seed)
        gates = passes.forward(LSTM, layer, "kernels")["gates"]
        begin = np.zeros_like(layer.lengths)
        computed = kernels.memory_entries(gates, shape.H, begin, layer.lengths, reverse=shape.reverse)
        exact = fallback.memory_entries(gates.astype(np.float64), shape.H, begin, layer.lengths, shape.reverse)
        names = ("entries", "kept")
        yield largest_difference(
            dict(zip(names, computed, strict=True)), dict(zip(names, exact, strict=True)), str(shape)
        )


def largest_difference(computed: Arrays, exact: Arrays, where: str) -> Worst:
    """The largest max|a − b| / max|b| of these arrays."""
    return max(Worst(_difference(computed[name], exact[name]), f"{name} of {where}") for name in exact)


def _difference(computed: FloatArray, exact: FloatArray) -> float:
    """Infinite where one is not a number or has another shape."""
    if computed.shape != exact.shape:
        return math.inf
    with np.errstate(invalid="ignore"):
        largest = float(np.abs(computed - exact).max(initial=0.0))
    return math.inf if math.isnan(largest) else largest / (float(np.abs(exact).max(initial=0.0)) or 1.0)


def _threads(cell: Cell, dtype: str) -> Result:
    """One thread and several must give the same bits."""
    name, several = f"{_named(cell)} threads {dtype}", max(2, kernels.get_num_threads())
    try:
        changed = [where for shape in SHARED for where in _changed_by(several, cell, draw(shape, dtype))]
    except Exception as error:
        return crashed(name, error, SAME_BITS)
    return same(name, "other bits" if changed else SAME_BITS, SAME_BITS, changed[0] if changed else "")


def _changed_by(n_threads: int, cell: Cell, layer: Layer) -> list[str]:
    """The arrays that are not the same with one thread and with ``n_threads``."""
    with kernels.using_threads(1):
        alone = {**passes.forward(cell, layer, "kernels"), **passes.backward(cell, layer, "kernels")}
    with kernels.using_threads(n_threads):
        shared = {**passes.forward(cell, layer, "kernels"), **passes.backward(cell, layer, "kernels")}
    return [
        f"{name} of {layer.shape} with {n_threads} threads"
        for name in alone
        if alone[name].tobytes() != shared[name].tobytes()
    ]
