"""What a picture shows: one sequence of one layer, and one unit of it."""

from dataclasses import dataclass

import numpy as np

from clearlstm.errors import InputError
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray


@dataclass(frozen=True)
class View:
    """One sequence of one layer in one direction: its T real steps. ``where`` says which layer, if that is known."""

    layer: LayerTrace
    sequence: int
    where: str = ""

    @property
    def n_steps(self) -> int:
        """T."""
        return int(self.layer.record.lengths[self.sequence])

    @property
    def n_units(self) -> int:
        """H."""
        return int(self.layer.h.shape[-1])

    @property
    def has_cell_state(self) -> bool:
        """Whether there are an LSTM's gates and its long-term memory."""
        return "c" in self.layer.cell.states

    @property
    def memory(self) -> str:
        """The state that is the memory: c, or h where that is all there is."""
        return self.layer.cell.states[-1]

    def __getitem__(self, name: str) -> FloatArray:
        """x (T, F), or one of ``f i g o c h z_f …`` (T, H), in float64."""
        values: FloatArray = getattr(self.layer, name)
        return values[self.sequence, : self.n_steps].astype(np.float64)

    def unit(self, unit: int | None) -> tuple[int, str]:
        """The unit that is asked for, or the one whose memory ranges most; and words for it."""
        if unit is None:
            memory = self[self.memory]
            largest = int(np.ptp(memory, axis=0).argmax())
            return largest, f"unit {largest}" + (f", which of {self.n_units} ranges most" if self.n_units > 1 else "")
        check_index("unit", unit, self.n_units, "units")
        return unit % self.n_units, f"unit {unit % self.n_units}"

    def __str__(self) -> str:
        return ", ".join(part for part in (f"sequence {self.sequence}", self.where) if part)


def view(layer: LayerTrace, sequence: int, where: str = "") -> View:
    """The sequence, counted from 0 or from the end. Raises InputError for one that there isn't."""
    if not isinstance(layer, LayerTrace):
        raise InputError(f"a layer's trace is needed, not a {type(layer).__name__}: give net.trace(x).layer(k)")
    n_sequences = len(layer.h)
    check_index("sequence", sequence, n_sequences, "sequences")
    return View(layer, sequence % n_sequences, where)


def check_index(name: str, index: object, count: int, things: str) -> None:
    """Raise InputError unless ``index`` is a whole number that counts ``things`` from the start or from the end."""
    if isinstance(index, bool) or not isinstance(index, (int, np.integer)):
        raise InputError(f"{name} is {index!r}; it must be a whole number")
    if not -count <= index < count:
        raise InputError(f"{name} is {index}; there are {count} {things}: give 0..{count - 1}")
