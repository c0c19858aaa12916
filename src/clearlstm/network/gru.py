"""Layers of gated recurrent units."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, final

import numpy.typing as npt

from clearlstm.cell import gru
from clearlstm.cell.cell import Cell
from clearlstm.network.options import check_activations
from clearlstm.network.recurrent import Recurrent
from clearlstm.network.trace import LayerTrace
from clearlstm.shapes import FloatArray


@final
@dataclass(frozen=True, repr=False)
class GRULayerTrace(LayerTrace):
    """One GRU layer in one direction: ``r u g h`` and ``z_r z_u z_g``, each (N, T, H), in original time order.

    The update gate is ``u`` here, torch's z, for z is a weighted sum; the candidate ``g``, torch's n. ``a`` is what the
    past gives to the candidate's sum. All read 0 beyond a sequence's length.
    """

    cell: ClassVar[Cell] = gru.GRU

    weights: gru.GRUWeights
    record: gru.GRURecord
    functions: gru.Activations

    @property
    def r(self) -> FloatArray:
        """Reset gate, (N, T, H): what of the past the candidate is told."""
        return self.record.gate("r")

    @property
    def u(self) -> FloatArray:
        """Update gate, (N, T, H): what of the state stays."""
        return self.record.gate("u")

    @property
    def g(self) -> FloatArray:
        """Candidate, (N, T, H): what replaces the rest."""
        return self.record.gate("g")

    @property
    def a(self) -> FloatArray:
        """The past's part of the candidate's sum, (N, T, H): before the reset gate if that comes after the product."""
        return self.record.a

    @property
    def z_r(self) -> FloatArray:
        """Weighted sum before the reset gate's sigmoid, (N, T, H)."""
        return self.sums["r"]

    @property
    def z_u(self) -> FloatArray:
        """Weighted sum before the update gate's sigmoid, (N, T, H)."""
        return self.sums["u"]

    @property
    def z_g(self) -> FloatArray:
        """Sum before the candidate's tanh, (N, T, H)."""
        return self.sums["g"]


@final
class GRU(Recurrent[GRULayerTrace]):
    """A net of gated recurrent units (Cho et al. 2014): ``h = u h_prev + (1 − u) g``; see :mod:`clearlstm.cell.gru`.

    Calls as those of LSTM; its state is ``(h_n,)``.

    Parameters
    ----------
    input_size, hidden_size, num_layers, bidirectional, dropout, dtype, seed, init
        As those of :class:`LSTM`.
    reset_after
        Whether the reset gate acts after the product with U, as in cuDNN, torch and Keras; or before it, as in the
        paper. Nets that reset before, and those with other ``activations`` than sigmoid and tanh, run on the NumPy
        reference: see :attr:`engine`.

    >>> import numpy as np
    >>> net = GRU(3, 4, seed=0)
    >>> h, (h_n,) = net(np.zeros((2, 5, 3)))
    >>> h.shape, h_n.shape
    ((2, 5, 4), (1, 2, 4))
    """

    cell: ClassVar[Cell] = gru.GRU
    layer_trace = GRULayerTrace

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        dropout: float = 0.0,
        dtype: npt.DTypeLike = "float32",
        seed: int | None = None,
        init: str = "orthogonal",
        reset_after: bool = True,
        activations: gru.Activations | Mapping[str, str] = gru.STANDARD,
    ) -> None:
        self.reset_after = bool(reset_after)
        self.activations = check_activations(activations, gru.Activations)
        super().__init__(
            input_size,
            hidden_size,
            num_layers,
            bidirectional=bidirectional,
            dropout=dropout,
            dtype=dtype,
            seed=seed,
            init=init,
        )
