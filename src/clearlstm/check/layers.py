"""Layers of one cell with all that arrives at them, drawn so that every machine draws the same."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clearlstm.cell.cell import Cell
from clearlstm.cell.layout import GATES
from clearlstm.shapes import FloatArray


@dataclass(frozen=True)
class Shape:
    """The sizes of a layer; with ``ragged`` lengths differ, with ``reverse`` steps are taken from the last back."""

    N: int
    T: int
    F: int
    H: int
    ragged: bool = False
    reverse: bool = False

    def __str__(self) -> str:
        """As in ``N 7 T 13 F 3 H 5, ragged``."""
        marks = "".join(f", {name}" for name in ("ragged", "reverse") if getattr(self, name))
        return f"N {self.N} T {self.T} F {self.F} H {self.H}{marks}"


@dataclass(frozen=True)
class Layer:
    """x (N, T, F), weights, states before the first step (N, H), and gradients from above, all in one dtype."""

    shape: Shape
    x: FloatArray
    W: FloatArray
    U: FloatArray
    b: FloatArray
    h_0: FloatArray
    c_0: FloatArray
    dh: FloatArray
    dh_n: FloatArray
    dc_n: FloatArray
    lengths: npt.NDArray[np.int64]

    def weights(self, cell: Cell) -> Any:
        """Those of a cell: of all columns as many as it has gates, and of b what is left for its other parameters."""
        H, (F, _) = self.shape.H, self.W.shape
        width = len(cell.gates) * H
        main = {name: np.ascontiguousarray(getattr(self, name)[..., :width]) for name in ("W", "U", "b")}
        more = [name for name in cell.shapes(F, H, cell.options) if name not in main]
        return cell.weights(**main, **{name: self.b[width + k * H :][:H] for k, name in enumerate(more)})

    def first(self, cell: Cell) -> tuple[FloatArray, ...]:
        """The states before the first step."""
        return tuple(getattr(self, name) for name in cell.first_names)

    def by_last(self, cell: Cell) -> tuple[FloatArray, ...]:
        """Gradients by the states after the last step."""
        return tuple(getattr(self, f"d{name}") for name in cell.last_names)

    def astype(self, dtype: npt.DTypeLike) -> "Layer":
        """The same numbers in another dtype."""
        kept = ("shape", "lengths")
        return replace(self, **{name: array.astype(dtype) for name, array in vars(self).items() if name not in kept})


def draw(shape: Shape, dtype: npt.DTypeLike, seed: int = 0) -> Layer:
    """A layer of random numbers: weights of the usual size, within ±1/√H, all else within ±2."""
    N, T, F, H = shape.N, shape.T, shape.F, shape.H
    source, width = Source(seed, np.dtype(dtype)), len(GATES) * H
    largest = 1 / np.sqrt(H)
    return Layer(
        shape=shape,
        x=source.uniform(2, N, T, F),
        W=source.uniform(largest, F, width),
        U=source.uniform(largest, H, width),
        b=source.uniform(largest, width),
        h_0=source.uniform(2, N, H),
        c_0=source.uniform(2, N, H),
        dh=source.uniform(2, N, T, H),
        dh_n=source.uniform(2, N, H),
        dc_n=source.uniform(2, N, H),
        lengths=source.lengths(N, T) if shape.ragged else np.full(N, T, np.int64),
    )


class Source:
    """Random numbers by exact operations from the raw bits of PCG64, which NumPy promises never to change."""

    def __init__(self, seed: int, dtype: np.dtype[Any]) -> None:
        self._bits, self._dtype = np.random.PCG64(seed), dtype

    def uniform(self, largest: float, *shape: int) -> FloatArray:
        """Numbers from −largest to largest."""
        raw = self._bits.random_raw(int(np.prod(shape)))
        unit = (raw >> np.uint64(11)) * 2.0**-52 - 1.0
        numbers: FloatArray = (largest * unit).astype(self._dtype).reshape(shape)
        return numbers

    def lengths(self, N: int, T: int) -> npt.NDArray[np.int64]:
        """Whole numbers from 1 to T."""
        return (self._bits.random_raw(N) % np.uint64(T)).astype(np.int64) + 1
