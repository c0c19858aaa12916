"""A recurrent layer that was caught at work inside a bigger model, with what it really got."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Final, TypeAlias, final

import numpy as np
import numpy.typing as npt

from clearlstm.errors import ClearLSTMWarning, InputError
from clearlstm.network.model import Network, NetworkTrace, States
from clearlstm.network.subject import Sequences, Subject
from clearlstm.shapes import FloatArray, counted, real_steps

if TYPE_CHECKING:
    from clearlstm.widget.net_drawing import NetDrawing

ROUNDING: Final = 1e-4
"""Beyond it, as a share of the largest value, two layers differ by more than the rounding of float32."""


@final
@dataclass(frozen=True, eq=False, repr=False)
class Captured:
    """One recurrent layer of a bigger model, as it ran there.

    name
        Of the layer in the model.
    network
        It alone, with an answer a step, (N, T, D·H); where it projects its h, the projection is the head.
    x, lengths, state
        What it got: x (N, T, F), the real steps (N,), and what it started from, as :meth:`Network.trace` takes them.
    output
        What the model's own layer gave, (N, T, D·H).

    Insight takes it as a model: ``cl.audit(captured)``, and ``captured.trace()`` has every gate.
    """

    name: str
    network: Network
    x: FloatArray
    lengths: npt.NDArray[np.int64]
    state: States
    output: FloatArray

    def trace(self) -> NetworkTrace:
        """Every gate and state of that run."""
        return self.network.trace(self.x, self.lengths, self.state)

    @cached_property
    def difference(self) -> float:
        """How far clearlstm's h is from the model's, at most, as a share of the largest: max|a − b| / max|b|."""
        real = real_steps(self.lengths, self.x.shape[1])[..., None]
        ours, theirs = self.network(self.x, self.lengths, self.state), np.where(real, self.output, 0)
        size = float(np.abs(theirs).max())
        return float(np.abs(ours - theirs).max()) / (size or 1.0)

    def show(self, *, names: Sequence[str] | None = None) -> "NetDrawing":
        """The layer at its work, as a live drawing in a notebook: see :meth:`clearlstm.Network.show`."""
        drawing: NetDrawing = import_module("clearlstm.widget.show").show_model(self, names=names)
        return drawing

    def subject(self) -> Subject:
        """What can be looked into: the layer, on what it got unless other sequences are given."""
        return Subject(self.network, own=Sequences(self.x, self.lengths, self.state))

    @property
    def sentence(self) -> str:
        """What it is, what it got, and whether clearlstm's h is the model's."""
        (N, T, F), net = self.x.shape, self.network.nets[0]
        axes = f"{counted(N, 'sequence')} of up to {counted(T, 'step')} with {counted(F, 'feature')}"
        start = "a state of its own" if any(part.any() for part in self.state[0]) else "0"
        return (
            f"{self.name or 'The layer'}, {type(net).__name__} of {counted(net.num_layers, 'layer')} of "
            f"{counted(net.hidden_size, 'unit')}{', both directions' * net.bidirectional}, got {axes} and started from "
            f"{start}. clearlstm's h is the model's to {self.difference:.1g} of its largest value."
        )

    def __repr__(self) -> str:
        return f"Captured({self.sentence})"


CapturedLayers: TypeAlias = Captured | dict[str, Captured]


def checked(captured: Mapping[str, Captured]) -> CapturedLayers:
    """The one, or all by name. A warning tells of one whose h isn't the model's."""
    for layer in captured.values():
        if not layer.difference <= ROUNDING:
            warnings.warn(
                f"{layer.name!r}: clearlstm's h differs from the model's by {layer.difference:.2g} of its largest "
                "value, more than rounding does: look at it with that in mind",
                ClearLSTMWarning,
                stacklevel=3,
            )
    return next(iter(captured.values())) if len(captured) == 1 else dict(captured)


def named(captured: Mapping[str, Captured], name: str | None) -> dict[str, Captured]:
    """All, or those of the layer called ``name``; an :class:`InputError` lists what there is."""
    if name is None:
        return dict(captured)
    chosen = {full: layer for full, layer in captured.items() if full == name or full.rpartition("[")[0] == name}
    if not chosen:
        listed = ", ".join(map(repr, captured)) or "none"
        raise InputError(f"name is {name!r}, and no such recurrent layer ran; those that did: {listed}")
    return chosen
